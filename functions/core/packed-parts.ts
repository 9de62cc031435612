/** Packed parts: what packed histories have in common, without names and as few characters as they need. */
import type { Seen } from '#core/history.ts'
import { readArray, readCount, readText } from '#core/packing.ts'
import type { Totals } from '#core/report.ts'
import { parseDate } from '#core/time.ts'
import { TOTAL_NAMES, zeroTotals } from '#core/totals.ts'

export function packSeen({ first, last, days }: Seen): unknown[] {
  return [first, last, days]
}

export function readSeen(row: unknown): Seen {
  const [first, last, days] = readArray(row, 'when it was seen', 3)
  return { first: readDateOrNone(first), last: readDateOrNone(last), days: readCount(days, 'days seen') }
}

/** Totals without their names, or 0 where all are. */
export function packTotals(totals: Totals): number[] | 0 {
  const counts = TOTAL_NAMES.map((name) => totals[name])
  return counts.some((count) => count !== 0) ? counts : 0
}

export function readTotals(row: unknown): Totals {
  const totals = zeroTotals()
  if (row === 0) return totals
  const counts = readCounts(row, 'totals', TOTAL_NAMES.length)
  for (const [at, name] of TOTAL_NAMES.entries()) totals[name] = counts[at]
  return totals
}

export function readCounts(values: unknown, what: string, length?: number): number[] {
  return readArray(values, what, length).map((value) => readCount(value, what))
}

export function readDate(value: unknown): string {
  const date = readText(value, 'a date')
  parseDate(date)
  return date
}

export function readDateOrNone(value: unknown): string {
  return value === '' ? '' : readDate(value)
}
