/** What pages reckon from the totals of a report. */
import type { Observation } from '#core/report.ts'

export { attempts, leftTotals as left } from '#core/totals.ts'

/** A part of a whole, 0..1; nothing of nothing is 0. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

/** True when nothing was observed, so that a zero would be a lie. */
export function unknown(observation: Observation): boolean {
  return observation === 'none' || observation === 'pending'
}
