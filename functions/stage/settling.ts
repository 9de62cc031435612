/** Settling: which days of a ledger are closed, and whether they are still as they were when their digests were made. */

import { sha256 } from '#core/hash.ts'
import type { KnownTarget } from '#core/hour-record.ts'
import type { BillPlace, DeclarationPlace } from '#core/keys.ts'
import { DAY_MS, eachDay, isoDate, parseDate } from '#core/time.ts'
import type { LedgerTarget } from './ledger.ts'

/** From a day's end: so long a target that is behind is waited for. One that goes on later opens its days again. */
const PATIENCE_MS = DAY_MS

/** Every date from the first hour of any target to the newest watermark. */
export function datesOf(targets: readonly LedgerTarget[]): string[] {
  if (targets.length === 0) return []
  const first = Math.min(...targets.map(({ firstHour }) => firstHour))
  return [...eachDay(first, newestTime(targets))].map(isoDate)
}

/** How far the ledger has come, in ms since epoch. */
export function newestTime(targets: readonly LedgerTarget[]): number {
  return Math.max(0, ...targets.map(({ watermark, closedThrough }) => Math.max(watermark, closedThrough)))
}

/** Of dates, dense and oldest first, those before the first that is not closed. */
export function settledDates(dates: readonly string[], targets: readonly LedgerTarget[]): string[] {
  const newest = newestTime(targets)
  const isSettled = (date: string) => {
    const end = parseDate(date) + DAY_MS
    return (
      newest >= end + PATIENCE_MS || targets.every((target) => target.firstHour >= end || target.closedThrough >= end)
    )
  }
  const first = dates.findIndex((date) => !isSettled(date))
  return first === -1 ? [...dates] : dates.slice(0, first)
}

/** A hash of where every target of a day stands: the digest of a settled day is right as long as this is the same. */
export function stateOfDay(date: string, targets: readonly LedgerTarget[]): string {
  const day = parseDate(date)
  const end = day + DAY_MS
  const begun = targets.filter(({ firstHour }) => firstHour < end)
  return stateHash(
    begun.map(({ target, firstHour, closedThrough, dueThrough, seq }) => {
      // Never past the day, or a target that stopped would change all its days since with every scrape of another one.
      const state = closedThrough < end ? [seq, closedThrough, Math.min(dueThrough, end)] : 'closed'
      return [target, Math.max(firstHour, day), state]
    }),
  )
}

/** All that pages are made from. */
export interface LedgerState {
  targets: readonly LedgerTarget[]
  sealed: readonly string[]
  declared: readonly DeclarationPlace[]
  billed: readonly BillPlace[]
}

/** A hash of where the whole ledger stands: while it is the same, so are the days from `from` on, in ms since epoch. */
export function stateOfLedger({ targets, sealed, declared, billed }: LedgerState, from: number): string {
  const ofTargets = targets.map(({ target, firstHour, closedThrough, dueThrough, seq, rollups, finished }) => {
    const hours = [...rollups.keys(), ...finished.keys()].filter((hour) => hour >= from)
    return [target, firstHour, closedThrough, dueThrough, seq, hours.sort((a, b) => a - b)]
  })
  return stateHash([ofTargets, sealed.length, declared, billed])
}

/** What the next publish need not list again. */
export function knownTargets(targets: readonly LedgerTarget[]): Record<string, KnownTarget> {
  return Object.fromEntries(
    targets.map(({ target, firstHour, closedThrough, finished }) => [
      target,
      { firstHour, listFrom: Math.min(closedThrough, ...finished.keys()) },
    ]),
  )
}

function stateHash(value: unknown): string {
  return sha256(Buffer.from(JSON.stringify(value))).slice(0, 16)
}
