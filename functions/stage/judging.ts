/**
 * Judging: closed days, by what was declared on each, folded into the compliance history, oldest first; and open days upon
 * it, for this publish alone. When a day would be judged by other declarations than it was, all days are judged again.
 */
import { startJudgedFolding } from '#core/compliance-fold.ts'
import { type ComplianceHistory, emptyComplianceHistory, judgedByAfter } from '#core/compliance-history.ts'
import type { InForce } from '#core/declarations.ts'
import type { DayDigest } from '#core/digest.ts'
import { type JudgedDay, judging } from '#core/judged-day.ts'
import { complianceHistoryKey } from '#core/keys.ts'
import { decodeComplianceHistory, encodeComplianceHistory } from '#core/packed-compliance.ts'
import type { Published } from '#core/published.ts'
import type { Store } from '../store/store.ts'
import type { Declarations } from './declarations.ts'
import type { FoldedDays } from './folding.ts'
import { type HistoryKind, readKept, writeKept } from './kept-history.ts'

export interface JudgeSettings {
  store: Store // of the ledger
  declarations: Declarations
  folded: FoldedDays
  published: Published // what is judged is put in
  dates: readonly string[] // YYYY-MM-DD; every day of the ledger, dense, oldest first
  outOfTime(): boolean // asked before each closed day
  judged(done: number, of: number): void // told of each closed day
}

export interface JudgedDays {
  judge: Judge
  compliance: ComplianceHistory // of the closed days
  current: ComplianceHistory // of the open days, too, as far as they could be read
  remaining: number // closed days that were not judged for want of time
}

const COMPLIANCE_HISTORY: HistoryKind<ComplianceHistory> = {
  key: complianceHistoryKey,
  encode: encodeComplianceHistory,
  decode: decodeComplianceHistory,
}

const DAYS_A_SAVE = 200

/** Judges days by what was in force on each. */
export class Judge {
  readonly #declarations: Declarations
  readonly #judgements = new Map<InForce, (digest: DayDigest) => JudgedDay>()
  readonly #judged = new WeakMap<DayDigest, JudgedDay>()

  constructor(declarations: Declarations) {
    this.#declarations = declarations
  }

  async day(digest: DayDigest): Promise<{ judged: JudgedDay; inForce: InForce }> {
    const inForce = await this.#declarations.inForce(digest.date)
    const judgement = this.#judgements.get(inForce) ?? judging(inForce)
    this.#judgements.set(inForce, judgement)
    const judged = this.#judged.get(digest) ?? judgement(digest)
    this.#judged.set(digest, judged)
    return { judged, inForce }
  }
}

/** Judges the days that are new, or were judged by other declarations than hold for them now. */
export async function judgeDays(settings: JudgeSettings): Promise<JudgedDays> {
  const { store, declarations, folded, published, dates, outOfTime } = settings
  const { digests, history } = folded
  const judge = new Judge(declarations)
  const stored = await readKept(store, COMPLIANCE_HISTORY, published.compliance)
  const isRight = stored !== null && isStillRight(stored, settings)
  const start = isRight ? stored : emptyComplianceHistory()
  if (!isRight) {
    published.compliance = ''
    for (const page of Object.values(published.pages)) page.stale = true
  }

  const before = start.through === '' ? null : await digests.of(start.through)
  const folding = startJudgedFolding(start, before)
  const add = async (digest: DayDigest) => {
    const { judged, inForce } = await judge.day(digest)
    folding.add(judged, inForce)
  }
  const due = dates.filter((date) => date > start.through && date <= history.through)
  let done = 0
  for (const date of due) {
    if (outOfTime()) break
    await add(await digests.of(date))
    settings.judged(++done, due.length)
    if (done % DAYS_A_SAVE === 0)
      published.compliance = await writeKept(store, COMPLIANCE_HISTORY, folding.history(), published.compliance)
  }
  const compliance = folding.history()
  if (!isRight || done > 0)
    published.compliance = await writeKept(store, COMPLIANCE_HISTORY, compliance, published.compliance)
  // Days that were not read for want of time are not open: to judge them now would read them all.
  if (done < due.length || folded.remaining > 0)
    return { judge, compliance, current: compliance, remaining: due.length - done }

  for (const date of dates.filter((one) => one > history.through)) {
    if (folded.failures.has(date)) break
    await add(await digests.open(date))
  }
  return { judge, compliance, current: folding.history(), remaining: 0 }
}

/** True when every day in it is still as it was folded, and would be judged by the same declarations. */
function isStillRight(stored: ComplianceHistory, { declarations, folded, dates }: JudgeSettings): boolean {
  const { through, days, judgedBy } = stored
  if (through === '') return true
  const { history, foldedFrom } = folded
  if (days[0].date !== dates[0] || through > history.through || (foldedFrom !== null && through >= foldedFrom))
    return false
  return judgedBy === days.reduce((before, { date }) => judgedByAfter(before, date, declarations.on(date)), '')
}
