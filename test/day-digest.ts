/** Digests of small days for tests of what is made from them. */
import { dayReport } from '#core/day.ts'
import { type DayDigest, digestOf } from '#core/digest.ts'
import type { FlowRow } from '#core/flow.ts'
import { startFolding } from '#core/fold.ts'
import type { History } from '#core/history.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { hourRecord, targetState } from './flow-rows.ts'

export interface SmallDay {
  target?: string
  hour?: number // of day, in which all rows fall
  observedMs?: number // of each hour
  closedHours?: number // 24 unless the day is still open; hours after them have not come
  firstDate?: string // of the ledger
}

/** The digest of a day (YYYY-MM-DD) of one target, by default closed and observed whole, with these rows in one hour. */
export function dayDigest(date: string, rows: readonly FlowRow[], small: SmallDay = {}): DayDigest {
  const { target = 'mesh', hour = 5, observedMs = HOUR_MS, closedHours = 24, firstDate = '2026-01-01' } = small
  const day = Date.parse(date)
  const records = Array.from({ length: closedHours }, (_, at) =>
    hourRecord(target, day + at * HOUR_MS, at === hour ? [...rows] : [], { observedMs }),
  )
  const targets = [targetState(target, Date.parse(firstDate), day + closedHours * HOUR_MS)]
  const report = dayReport({ title: 'Egress', day, targets, records, previous: null, next: null })
  return digestOf(date, report, records)
}

/** The date so many days after another, both YYYY-MM-DD. */
export function dateAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)
}

/** A history with one day more. */
export function foldDay(history: History, digest: DayDigest): History {
  const folding = startFolding(history)
  folding.add(digest)
  return folding.history()
}
