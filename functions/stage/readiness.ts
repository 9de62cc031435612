/** Readiness: what REGISTRY_ONLY would break, from a ledger's newest closed days. Reads, and writes nothing. */
import { dayReport } from '#core/day.ts'
import type { InForce } from '#core/declarations.ts'
import { type DayDigest, digestOf } from '#core/digest.ts'
import { emptyHistory, type History } from '#core/history.ts'
import type { IstioConfigs } from '#core/istio/config.ts'
import { type JudgedDay, judging } from '#core/judged-day.ts'
import { historyKey } from '#core/keys.ts'
import { decodeHistory } from '#core/packed-history.ts'
import { type ReadinessReport, readinessReport } from '#core/reports/readiness.ts'
import { DAY_MS, parseDate } from '#core/time.ts'
import type { Store } from '../store/store.ts'
import { Declarations } from './declarations.ts'
import { type LedgerTarget, readLedger, readRecords } from './ledger.ts'
import { datesOf, settledDates } from './settling.ts'

export interface ReadinessRequest {
  title: string // of the site
  target?: string // only this one
  days: number // how many of the newest closed days to look at
  windowDays: number // for which the set of hosts must stay the same
  istio: IstioConfigs | null // as the files say now; null: as it was recorded last
  clusterDomains: Readonly<Record<string, string>> // by target
  progress?: (date: string) => void
}

/** Throws one sentence when the ledger has no such target, or no day of it is over. */
export async function readReadiness(store: Store, request: ReadinessRequest): Promise<ReadinessReport> {
  const { title, target, days, windowDays, clusterDomains, progress = () => {} } = request
  const targets = await readLedger(store, target)
  if (targets.length === 0) {
    const what = target === undefined ? 'the ledger has no target yet' : `the ledger has no target "${target}"`
    throw new Error(`${what}; run "wharfage scrape" first`)
  }
  const dates = settledDates(datesOf(targets), targets).slice(-days)
  const last = dates.at(-1)
  if (last === undefined) throw new Error('no day of the ledger is over yet; readiness is told of whole days')

  const declarations = await Declarations.read(store)
  const istio = request.istio ?? (await declarations.inForce(last)).istio
  const judgements = new Map<InForce, (digest: DayDigest) => JudgedDay>()
  const recent: JudgedDay[] = []
  for (const date of dates) {
    progress(date)
    const inForce = await declarations.inForce(date)
    const judge = judgements.get(inForce) ?? judging(inForce.istio === null ? { ...inForce, istio } : inForce)
    judgements.set(inForce, judge)
    recent.push(judge(await digestOn(store, targets, date)))
  }
  const history = (await storedHistory(store)) ?? emptyHistory()
  const known = target === undefined ? history : ofTarget(history, target)
  return readinessReport({ title, recent, istio, history: known, windowDays, clusterDomains })
}

async function digestOn(store: Store, targets: readonly LedgerTarget[], date: string): Promise<DayDigest> {
  const day = parseDate(date)
  const records = []
  for (const target of targets) records.push(...(await readRecords(store, target, { from: day, to: day + DAY_MS })))
  return digestOf(date, dayReport({ title: '', previous: null, next: null, day, targets, records }), records)
}

/** What publish has folded; without it hosts count as new on the first of the days looked at. */
async function storedHistory(store: Store): Promise<History | null> {
  const stored = await store.get(historyKey)
  if (stored === null) return null
  try {
    return decodeHistory(stored.bytes, historyKey)
  } catch {
    return null // damaged, or of another version: publish makes it again
  }
}

function ofTarget(history: History, target: string): History {
  return {
    ...history,
    workloads: history.workloads.filter((workload) => workload.target === target),
    pairs: history.pairs.filter((pair) => pair.target === target),
  }
}
