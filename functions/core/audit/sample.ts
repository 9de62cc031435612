/**
 * Samples: days drawn by lot, which nobody can choose, and which two who agree on a seed draw alike. A day's lot is the
 * SHA-256 of the seed, a colon and its date, and the days with the smallest lots are drawn: it can be done again by hand.
 */
import { sha256 } from '#core/hash.ts'
import { compareText } from '#core/order.ts'

export interface DrawnDay {
  date: string // YYYY-MM-DD
  lot: string // SHA-256 in hex, of 'SEED:YYYY-MM-DD' in UTF-8
  rank: number // of its lot among those of all days, from 1
}

/** So many of these days, or all when there are fewer, in the order of time. */
export function drawDays(dates: readonly string[], seed: string, days: number): DrawnDay[] {
  return dates
    .map((date) => ({ date, lot: sha256(`${seed}:${date}`) }))
    .sort((a, b) => compareText(a.lot, b.lot))
    .slice(0, days)
    .map((one, at) => ({ ...one, rank: at + 1 }))
    .sort((a, b) => compareText(a.date, b.date))
}
