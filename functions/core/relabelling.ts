/**
 * Relabelling: when labels that Prometheus adds to a target change, all its series vanish and as many appear, and none of
 * them began at zero. They are told apart by what survives, and go on where they were.
 */

import { startedAfter } from '#core/delta.ts'
import { type HashSeed, hashText } from '#core/hash.ts'
import { seriesIdentity } from '#core/labels.ts'
import { BOOKED } from '#core/metric.ts'
import type { FreshSeries } from '#core/reading.ts'
import type { SeriesTable } from '#core/series.ts'

/**
 * The row a series was before; 'ambiguous' when several could be meant, on either side; 'ghost' when it is what a series was
 * before that goes on under other labels.
 */
export type Relabelled = number | 'ambiguous' | 'ghost'

/** What a reading says of rows and of unknown series, by their index into fresh; all times in ms since epoch. */
export interface Appearance {
  shownAt: Float64Array // by row: the time of its sample, 0 when it is missing
  timeOf: (fresh: number) => number // of its sample
  startOf: (fresh: number) => number | null // when its process started, null when that is not known
  proxyOf: (fresh: number) => number // as in the table; -1 when no label tells
}

/**
 * Looks for unknown series among the rows of booked ones; gives, by index into fresh, those that were somebody before. A row
 * is somebody's past when it is missing, or when its sample is older than another of the same process: a Prometheus that
 * restarts under other labels shows the old ones for five minutes more, and so do raw samples. A series whose process began
 * after a row's last sample is only that row's namesake, say the next pod of a StatefulSet.
 */
export function matchRelabelled(
  fresh: readonly FreshSeries[],
  before: SeriesTable,
  seed: HashSeed,
  { shownAt, timeOf, startOf, proxyOf }: Appearance,
): Map<number, Relabelled> {
  const matches = new Map<number, Relabelled>()
  const appeared = new Map<string, number[]>()
  fresh.forEach(({ series, metric }, index) => {
    if (metric >= BOOKED.length) return
    const { lo, hi } = hashText(seriesIdentity(series), seed)
    append(appeared, `${lo}:${hi}`, index)
  })
  if (appeared.size === 0) return matches
  const { proxy, time: sampledAt } = before.columns
  const known = rowsByIdentity(before, appeared)
  for (const [identity, indexes] of appeared) {
    const namesakes = known.get(identity) ?? []
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

/** The rows of booked series that have one of these identities. */
function rowsByIdentity(
  { columns, size }: SeriesTable,
  identities: ReadonlyMap<string, unknown>,
): Map<string, number[]> {
  const { identityLo, identityHi, metric, flow } = columns
  // Most rows are told apart by a number: of half a million few become strings.
  const los = new Set([...identities.keys()].map((identity) => Number(identity.slice(0, identity.indexOf(':')))))
  const rows = new Map<string, number[]>()
  for (let row = 0; row < size; row++) {
    if (metric[row] >= BOOKED.length || flow[row] < 0 || !los.has(identityLo[row])) continue
    append(rows, `${identityLo[row]}:${identityHi[row]}`, row)
  }
  return rows
}

function append(lists: Map<string, number[]>, key: string, item: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}
