/**
 * Meters: how much of a billing month's tiers and allowances a payer has used so far. Plain data, so that any day can be
 * priced alone from how they stood when it began.
 */

/**
 * What of each pool the meshes used so far this month, without the payer's other traffic: bytes, or hours where a pool is
 * charged by the hour. By payer, provider and pool, joined by a NUL; of an allowance, by those and 'free' after a fourth.
 */
export type Meters = Readonly<Record<string, number>>

export const NO_METERS: Meters = {}

/** The meters with which a day (YYYY-MM-DD) begins, given those with which the day before ended: a month begins with none. */
export function metersOn(date: string, before: Meters): Meters {
  return date.endsWith('-01') ? NO_METERS : before
}
