/**
 * Retention: how long the state of a booked series that is missing is kept. It may return, and then goes on where it was;
 * so states are kept for a day, at most as many as there are live series, the youngest first, and whatever their number those
 * that the next asking for tails still reaches, or whose process is so young that its return would pass for a birth.
 */
import type { SeriesTable } from '#core/series.ts'

const RETENTION_MS = 24 * 3_600_000

export interface RetentionSettings {
  watermark: number // of the reading that lacks them, ms since epoch
  neededSince: number // those that went later are kept whatever their number, ms since epoch
  live: number // booked series that are there
}

export interface Retained {
  rows: number[] // to be kept; those that went last come first
  evicted: number // states dropped before their time
}

/** Which of the missing rows (seen[row] is 0) are kept. */
export function retain(before: SeriesTable, seen: Uint8Array, settings: RetentionSettings): Retained {
  const { watermark, neededSince, live } = settings
  const { flow, vanishedAt, tailedAt, time } = before.columns
  const missing: number[] = []
  for (let row = 0; row < before.size; row++) if (seen[row] === 0 && flow[row] >= 0) missing.push(row)
  const lastSign = (row: number) => Math.max(vanishedAt[row] || watermark, tailedAt[row])
  missing.sort((a, b) => lastSign(b) - lastSign(a) || a - b)
  const rows: number[] = []
  let evicted = 0
  for (const row of missing) {
    const needed = vanishedAt[row] === 0 || Math.max(lastSign(row), time[row]) >= neededSince
    if (!needed && watermark - lastSign(row) > RETENTION_MS) continue
    if (needed || rows.length < live) rows.push(row)
    else evicted++
  }
  return { rows, evicted }
}
