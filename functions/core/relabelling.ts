/**
 * Relabelling: when labels that Prometheus adds to a target change, or another replica answers, all its series vanish and as
 * many appear, and none of them began at zero. They are told apart by what survives, and go on where they were.
 */

import { CLOCKS_APART_MS, fell, mayBeEarlier, type Sample, startedAfter } from '#core/delta.ts'
import { IdentityIndex } from '#core/identity-index.ts'
import { BOOKED } from '#core/metric.ts'
import type { SeriesTable } from '#core/series.ts'

/**
 * The row a series was before; 'ambiguous' when several could be meant, on either side; 'ghost' when it is what a series was
 * before that goes on under other labels; 'successor' when it returned, and its process began after all that outlived its row.
 */
export type Relabelled = number | 'ambiguous' | 'ghost' | 'successor'

/** What series that appeared were before; those that are not there were nobody. */
export interface Relabellings {
  unknown: ReadonlyMap<number, Relabelled> // by row of the unknown series
  returned: ReadonlyMap<number, Relabelled> // by row; one that is not there goes on as itself
}

/** What a reading says of rows, and of unknown series by their row among themselves. */
export interface Appearance {
  returned: readonly number[] // rows that had vanished and are there again
  shown: (row: number) => Sample | null // null when it is missing
  sampleOf: (unknown: number) => Sample
  startOf: (proxy: number, time: number) => number | null // when its process started, ms since epoch; null when not known
  proxyOf: (unknown: number) => number // as in the table; -1 when no label tells
}

/** A series that was not there at the last scrape. */
interface Arrival {
  unknown: number // -1 for a returned one
  row: number // -1 for an unknown one
  proxy: number
  sample: Sample
}

/**
 * Looks for series that appeared among the rows of booked ones. A row is somebody's past when it is missing, or when its
 * sample is older than another of the same process: a Prometheus that restarts under other labels shows the old ones for
 * five minutes more, and so do raw samples. A series whose process began after a row's last sample is only that row's
 * namesake, say the next pod of a StatefulSet; so is one of another process that has counted less. The past of a series
 * that returned is not its own row when another outlived it, as when a Prometheus fails over and back.
 */
export function matchRelabelled(unknown: SeriesTable, before: SeriesTable, appearance: Appearance): Relabellings {
  const matches = { unknown: new Map<number, Relabelled>(), returned: new Map<number, Relabelled>() }
  const { shown, sampleOf, startOf, proxyOf } = appearance
  const { identityLo, identityHi, metric } = unknown.columns
  const appeared = new IdentityIndex(unknown, (row) => metric[row] < BOOKED.length)
  const returned = new Set(appearance.returned)
  if (appeared.size + returned.size === 0) return matches
  const { proxy, time: sampledAt, value: sampled, metric: metricBefore, flow } = before.columns
  const known = new IdentityIndex(before, (row) => metricBefore[row] < BOOKED.length && flow[row] >= 0)
  for (let first = 0; first < unknown.size; first++) {
    if (metric[first] < BOOKED.length) matchAll(first, identityLo[first], identityHi[first])
  }
  for (const row of returned) {
    const [lo, hi] = [before.columns.identityLo[row], before.columns.identityHi[row]]
    if (appeared.rowsOf(lo, hi).length === 0) matchAll(-1, lo, hi)
  }
  return matches

  /** Matches all arrivals of an identity when told of the first of them; -1 when none of them is unknown. */
  function matchAll(first: number, lo: number, hi: number): void {
    const indexes = appeared.rowsOf(lo, hi)
    const namesakes = known.rowsOf(lo, hi)
    if ((first >= 0 && indexes[0] !== first) || indexes.length + namesakes.length === 1) return
    const arrivals: Arrival[] = [
      ...indexes.map((index) => ({ unknown: index, row: -1, proxy: proxyOf(index), sample: sampleOf(index) })),
      ...namesakes
        .filter((row) => returned.has(row))
        .map((row) => ({ unknown: -1, row, proxy: proxy[row], sample: shown(row) as Sample })),
    ]
    const isGhost = ({ proxy: process, sample: { time } }: Arrival): boolean =>
      process >= 0 &&
      (namesakes.some((row) => proxy[row] === process && (shown(row)?.time ?? 0) > time) ||
        arrivals.some((other) => other.proxy === process && other.sample.time > time))
    const living = arrivals.filter((arrival) => !isGhost(arrival))
    for (const arrival of arrivals) if (!living.includes(arrival)) match(arrival, 'ghost')
    for (const arrival of living) {
      const gone = namesakes.filter((row) => row !== arrival.row && isGone(row, arrival))
      const rows = gone.filter((row) => mayBePast(row, arrival))
      if (rows.length > 0) match(arrival, rows.length === 1 && living.length === 1 ? rows[0] : 'ambiguous')
      else if (gone.length > 0 && arrival.row >= 0) match(arrival, 'successor')
    }
  }

  function isGone(row: number, { row: own, proxy: process, sample }: Arrival): boolean {
    if (own >= 0 && !outlived(before, own, row)) return false
    const still = shown(row)
    return still === null || (process >= 0 && proxy[row] === process && still.time < sample.time)
  }

  function mayBePast(row: number, { row: own, proxy: process, sample }: Arrival): boolean {
    const still = shown(row)?.time ?? 0
    const same = proxy[row] === process
    const start = startOf(process, sample.time)
    if (start !== null && startedAfter(Math.max(sampledAt[row], still), start, same ? CLOCKS_APART_MS : 0)) return false
    if (same) return true
    const last = { time: sampledAt[row], value: sampled[row] }
    // Where it goes on as itself, it adds less than where it went on from a smaller value, which may be a namesake's.
    if (own >= 0 && fell(sampled[own], last.value) && !fell(sampled[own], sample.value)) return false
    return !fell(last.value, sample.value) || mayBeEarlier(last, sample)
  }

  function match({ unknown: index, row }: Arrival, was: Relabelled): void {
    if (row < 0) matches.unknown.set(index, was)
    else matches.returned.set(row, was)
  }
}

/** True when another row was still there after a row had vanished. */
export function outlived({ columns: { vanishedAt } }: SeriesTable, row: number, other: number): boolean {
  return vanishedAt[row] > 0 && (vanishedAt[other] === 0 || vanishedAt[other] > vanishedAt[row])
}
