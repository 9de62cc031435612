/**
 * Relabelling: when labels that Prometheus adds to a target change, all its series vanish and as many appear, and none of
 * them began at zero. They are told apart by what survives, and go on where they were.
 */

import { startedAfter } from '#core/delta.ts'
import { IdentityIndex } from '#core/identity-index.ts'
import { BOOKED } from '#core/metric.ts'
import type { SeriesTable } from '#core/series.ts'

/**
 * The row a series was before; 'ambiguous' when several could be meant, on either side; 'ghost' when it is what a series was
 * before that goes on under other labels.
 */
export type Relabelled = number | 'ambiguous' | 'ghost'

/** What a reading says of rows, and of unknown series by their row among themselves; all times in ms since epoch. */
export interface Appearance {
  shownAt: Float64Array // by row: the time of its sample, 0 when it is missing
  timeOf: (unknown: number) => number // of its sample
  startOf: (unknown: number) => number | null // when its process started, null when that is not known
  proxyOf: (unknown: number) => number // as in the table; -1 when no label tells
}

/**
 * Looks for unknown series among the rows of booked ones; gives, by row of unknown, those that were somebody before. A row
 * is somebody's past when it is missing, or when its sample is older than another of the same process: a Prometheus that
 * restarts under other labels shows the old ones for five minutes more, and so do raw samples. A series whose process began
 * after a row's last sample is only that row's namesake, say the next pod of a StatefulSet.
 */
export function matchRelabelled(
  unknown: SeriesTable,
  before: SeriesTable,
  { shownAt, timeOf, startOf, proxyOf }: Appearance,
): Map<number, Relabelled> {
  const matches = new Map<number, Relabelled>()
  const { identityLo, identityHi, metric } = unknown.columns
  const isBooked = (row: number) => metric[row] < BOOKED.length
  const appeared = new IdentityIndex(unknown, isBooked)
  if (appeared.size === 0) return matches
  const { proxy, time: sampledAt, metric: metricBefore, flow } = before.columns
  const known = new IdentityIndex(before, (row) => metricBefore[row] < BOOKED.length && flow[row] >= 0)
  for (let first = 0; first < unknown.size; first++) {
    if (!isBooked(first)) continue
    const indexes = appeared.rowsOf(identityLo[first], identityHi[first])
    const namesakes = known.rowsOf(identityLo[first], identityHi[first])
    if (indexes[0] !== first || indexes.length + namesakes.length === 1) continue
    const isGhost = (index: number): boolean => {
      const [time, process] = [timeOf(index), proxyOf(index)]
      if (process < 0) return false
      return (
        namesakes.some((row) => proxy[row] === process && shownAt[row] > time) ||
        indexes.some((other) => proxyOf(other) === process && timeOf(other) > time)
      )
    }
    const living = indexes.filter((index) => !isGhost(index))
    for (const index of indexes) if (!living.includes(index)) matches.set(index, 'ghost')
    for (const index of living) {
      const [time, start, process] = [timeOf(index), startOf(index), proxyOf(index)]
      const rows = namesakes.filter((row) => {
        if (start !== null && startedAfter(Math.max(sampledAt[row], shownAt[row]), start)) return false
        return shownAt[row] === 0 || (process >= 0 && proxy[row] === process && shownAt[row] < time)
      })
      if (rows.length > 0) matches.set(index, rows.length === 1 && living.length === 1 ? rows[0] : 'ambiguous')
    }
  }
  return matches
}
