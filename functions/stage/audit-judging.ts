/** Judging an audit's days: digests made from rollups anew, judged by what was declared on each, and folded from the ledger's beginning. */
import type { AuditDay, CoveredHour, HeldRegister } from '#core/audit/audit.ts'
import { startTally, type Tally } from '#core/audit/tally.ts'
import { startJudgedFolding } from '#core/compliance-fold.ts'
import { type ComplianceHistory, emptyComplianceHistory } from '#core/compliance-history.ts'
import type { DeclaredOn, InForce } from '#core/declarations.ts'
import { expectedMs } from '#core/hour-record.ts'
import type { JudgedDay } from '#core/judged-day.ts'
import { observationOf } from '#core/observation.ts'
import { DAY_MS, eachDay, eachHour, isoDate, parseDate, SECOND_MS } from '#core/time.ts'
import { mapConcurrently } from '../concurrency.ts'
import type { Store } from '../store/store.ts'
import { type AuditPart, daysOf } from './audit-part.ts'
import { digestOfRecords } from './digests.ts'
import { Judge } from './judging.ts'
import { type ReadRecord, readRecords } from './ledger.ts'

/** What the days of a span were judged to be. */
export interface JudgedSpan {
  compliance: ComplianceHistory // of all days of the ledger through the span's last
  days: AuditDay[]
  coverage: CoveredHour[] // by target, then by hour
  tally: Tally
  registers: HeldRegister[]
}

/** A day is held in memory with all its flows; two, so that one is read while the other is judged. */
const DAYS_AT_A_TIME = 2

/**
 * Reads and judges every day of the ledger through the span's last, yields those of the span in turn, and returns what they
 * are together. What was found before the span is needed to know what is new in it.
 */
export async function* judgeSpan(
  store: Store,
  part: AuditPart,
  progress: (done: number, of: number) => void,
): AsyncGenerator<JudgedDay, JudgedSpan> {
  const { targets, declarations, ledgerFrom, span } = part
  const due = [...eachDay(parseDate(ledgerFrom), parseDate(span.to))].map(isoDate)
  const inSpan = new Set(daysOf(part))
  const folding = startJudgedFolding(emptyComplianceHistory(), null)
  const judge = new Judge(declarations)
  const tally = startTally()
  const declared: { date: string; on: DeclaredOn }[] = []
  const coverage: CoveredHour[] = []
  const registers = new Map<string, HeldRegister>()
  let done = 0
  const read = async (date: string) => {
    const day = parseDate(date)
    const records: ReadRecord[] = []
    for (const target of targets) records.push(...(await readRecords(store, target, { from: day, to: day + DAY_MS })))
    return { date, records }
  }
  for await (const { date, records } of mapConcurrently(due, DAYS_AT_A_TIME, read)) {
    const { judged, inForce } = await judge.day(digestOfRecords(targets, date, records))
    folding.add(judged, inForce)
    progress(++done, due.length)
    if (!inSpan.has(date)) continue
    tally.add(judged)
    declared.push({ date, on: judged.declared })
    coverage.push(...coveredHours(part, date, records))
    holdRegister(registers, date, inForce)
    yield judged
  }
  const compliance = folding.history()
  const byDate = new Map(compliance.days.map((day) => [day.date, day]))
  const order = new Map(targets.map(({ target }, at) => [target, at]))
  return {
    compliance,
    days: declared.flatMap(({ date, on }) => {
      const day = byDate.get(date)
      return day === undefined ? [] : [{ compliance: day, declared: on }]
    }),
    coverage: coverage.sort((a, b) => (order.get(a.target) ?? 0) - (order.get(b.target) ?? 0) || a.hour - b.hour),
    tally: tally.tally(),
    registers: [...registers.values()],
  }
}

function coveredHours({ targets }: AuditPart, date: string, records: readonly ReadRecord[]): CoveredHour[] {
  const day = parseDate(date)
  const byPlace = new Map(records.map((record) => [`${record.target} ${record.hour}`, record]))
  return targets.flatMap((state) =>
    [...eachHour(Math.max(day, state.firstHour), day + DAY_MS)].map((hour): CoveredHour => {
      const { target } = state
      const record = byPlace.get(`${target} ${hour}`) ?? null
      const observedSeconds = seconds(record?.coverage.observedMs ?? 0)
      const expectedSeconds = seconds(expectedMs(state, hour))
      const gaps = record?.coverage.gaps ?? []
      return {
        ...{ target, hour, observedSeconds, expectedSeconds },
        observation: observationOf({ observedSeconds, expectedSeconds }),
        scrapes: record?.coverage.scrapes ?? null,
        gapSeconds: record && seconds(gaps.reduce((sum, { from, to }) => sum + to - from, 0)),
        gapReasons: [...new Set(gaps.map(({ reason }) => reason).filter((reason) => reason !== ''))],
        rollup: record?.rollup ? { number: record.rollup.number, sha256: record.rollup.sha256 } : null,
      }
    }),
  )
}

function holdRegister(held: Map<string, HeldRegister>, date: string, { links, register }: InForce): void {
  const link = links.register
  if (link === null || register === null) return
  const { from: declaredFrom, recorded, sha256, isLater } = link
  const known = held.get(sha256)
  if (known === undefined)
    held.set(sha256, { first: date, last: date, declaredFrom, recorded, sha256, isLater, register })
  else known.last = date
}

function seconds(ms: number): number {
  return Math.floor(ms / SECOND_MS)
}
