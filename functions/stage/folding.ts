/** Folding: the digests of closed days, oldest first, into the history; and those of open days upon it, for this publish alone. */
import {
  changesAddress,
  dayAddress,
  destinationAddress,
  graphAddress,
  monthAddress,
  monthDownloadsAddress,
  workloadAddress,
} from '#core/addresses.ts'
import type { DayDigest } from '#core/digest.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory, type History } from '#core/history.ts'
import { historyKey } from '#core/keys.ts'
import { decodeHistory, encodeHistory } from '#core/packed-history.ts'
import { isAsWritten, type Published } from '#core/published.ts'
import type { Download } from '#core/report.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import { mapConcurrently } from '../concurrency.ts'
import type { Store } from '../store/store.ts'
import { Digests } from './digests.ts'
import { type HistoryKind, readKept, writeKept } from './kept-history.ts'
import type { LedgerTarget } from './ledger.ts'
import { stateOfDay } from './settling.ts'
import type { SiteFiles } from './site-files.ts'

export interface FoldSettings {
  store: Store // of the ledger
  targets: readonly LedgerTarget[]
  files: SiteFiles
  published: Published // what is read of days is put in
  dates: readonly string[] // YYYY-MM-DD; every day of the ledger, dense, oldest first
  settled: readonly string[] // of them, those that are closed
  all: boolean // read every day again
  outOfTime(): boolean // asked before each closed day
  read(done: number, of: number): void // told of each closed day
  save(): Promise<void>
}

export interface FoldedDays {
  digests: Digests
  history: History // of the closed days
  current: History // of the open days, too
  foldedFrom: string | null // the first day that was folded in now; null when none was
  failures: Map<string, string> // by date: why it cannot be read
  remaining: number // closed days that were not read for want of time
}

const HISTORY: HistoryKind<History> = { key: historyKey, encode: encodeHistory, decode: decodeHistory }

/** Each is held in memory with all its flows; two, so that one is read while the other is summed up. */
const DAYS_AT_A_TIME = 2
const DAYS_A_SAVE = 20

/** Reads the days that are new, or not as they were. Of days after one that cannot be read none is kept. */
export async function foldDays(settings: FoldSettings): Promise<FoldedDays> {
  const { store, published, dates, settled, all, outOfTime } = settings
  const { areRight, ...days } = readDays(settings)
  const digests = new Digests({ store, targets: settings.targets, ...days })
  const failures = new Map<string, string>()

  const firstWrong = all ? dates[0] : settled.find((date) => !areRight(date))
  const last = settled.at(-1) ?? ''
  const right = firstWrong === undefined ? last : isoDate(parseDate(firstWrong) - DAY_MS)
  const stored = await readKept(store, HISTORY, published.history)
  const isRight = stored !== null && stored.through <= right && stored.days[0]?.date === dates[0]
  const start = isRight ? stored : emptyHistory()
  // Or a publish that is cut off once all days are read would leave them right, and the wrong history beside them.
  if (!isRight) published.history = ''

  const folding = startFolding(start)
  const due = settled.filter((date) => date > start.through)
  const read = async (date: string): Promise<DayDigest | null> => {
    if (failures.size > 0 || outOfTime()) return null
    return digests[all ? 'remake' : 'of'](date).catch((error: Error) => {
      failures.set(date, error.message)
      return null
    })
  }
  let done = 0
  for await (const digest of mapConcurrently(due, DAYS_AT_A_TIME, read)) {
    if (digest === null) break
    folding.add(digest)
    settings.read(++done, due.length)
    if (done % DAYS_A_SAVE === 0) await settings.save()
  }
  const history = folding.history()
  const foldedFrom = due[0] ?? null
  if (!isRight || done > 0) published.history = await writeKept(store, HISTORY, history, published.history)
  if (failures.size === 0 && done < due.length) {
    return { digests, history, current: history, foldedFrom, failures, remaining: due.length - done }
  }

  const ahead = startFolding(history)
  const open = dates.filter((date) => date > history.through)
  const readOpen = (date: string) =>
    digests.open(date).catch((error: Error) => {
      failures.set(date, error.message)
      return null
    })
  let isBroken = false
  for await (const digest of mapConcurrently(open, DAYS_AT_A_TIME, readOpen)) {
    isBroken ||= digest === null
    if (digest !== null && !isBroken) ahead.add(digest)
  }
  return { digests, history, current: ahead.history(), foldedFrom, failures, remaining: 0 }
}

/**
 * What is known of days that were read: their flows, written as rollups are read, since only then are they at hand, and
 * the state of the ledger they were read in. With a new digest all pages are stale that may have been made from another.
 */
function readDays({ targets, files, published: { pages } }: FoldSettings) {
  const keyOf = (date: string) => `${dayAddress(date)}flows.csv`
  const etags = new Map<string, string>() // by date: of flows that were written now, or are there already
  const areRight = (date: string) => {
    const known = pages[keyOf(date)]
    return known !== undefined && known.frame === stateOfDay(date, targets) && isAsWritten(known, files.there)
  }
  return {
    areRight,
    isRight: ({ date, day }: DayDigest) =>
      areRight(date) && day.downloads.some(({ sha256: digest }) => digest === pages[keyOf(date)].report),
    async writeFlows(date: string, bytes: Uint8Array, { sha256: digest }: Download): Promise<void> {
      const key = keyOf(date)
      const known = pages[key]
      const isThere = known?.report === digest && isAsWritten(known, files.there)
      etags.set(date, isThere ? known.files[key] : await files.write(key, bytes))
    },
    made({ date, day, edges }: DayDigest, isClosed: boolean): void {
      const [{ sha256: report }] = day.downloads
      pages[keyOf(date)] = { frame: stateOfDay(date, targets), report, files: { [keyOf(date)]: etags.get(date) ?? '' } }
      if (!isClosed) return
      const addresses = [
        ...[dayAddress(date), graphAddress(date), changesAddress(date), monthAddress(date.slice(0, 7))],
        monthDownloadsAddress(date.slice(0, 7)),
        ...edges.flatMap((edge) => [
          destinationAddress(edge.host),
          workloadAddress(edge.target, edge.namespace, edge.workload),
        ]),
      ]
      for (const address of addresses) if (pages[address] !== undefined) pages[address].stale = true
    },
  }
}
