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

/** The row a series was before, or 'ambiguous' when several could be meant, on either side. */
export type Relabelled = number | 'ambiguous'

/**
 * Looks for unknown series among the rows of booked ones that are missing (seen[row] is 0); gives, by index into fresh,
 * those that were somebody before. A series whose process began after a row's last sample is only that row's namesake,
 * say the next pod of a StatefulSet; startOf gives that start in ms since epoch, null when it is not known.
 */
export function matchRelabelled(
  fresh: readonly FreshSeries[],
  before: SeriesTable,
  seen: Uint8Array,
  seed: HashSeed,
  startOf: (fresh: number) => number | null,
): Map<number, Relabelled> {
  const matches = new Map<number, Relabelled>()
  if (!fresh.some(({ metric }) => metric < BOOKED.length)) return matches
  const missing = missingByIdentity(before, seen)
  if (missing.size === 0) return matches
  const appeared = new Map<string, number[]>()
  fresh.forEach(({ series, metric }, index) => {
    if (metric >= BOOKED.length) return
    const { lo, hi } = hashText(seriesIdentity(series), seed)
    append(appeared, `${lo}:${hi}`, index)
  })
  for (const [identity, indexes] of appeared) {
    for (const index of indexes) {
      const start = startOf(index)
      const rows = (missing.get(identity) ?? []).filter(
        (row) => start === null || !startedAfter(before.columns.time[row], start),
      )
      if (rows.length > 0) matches.set(index, rows.length === 1 && indexes.length === 1 ? rows[0] : 'ambiguous')
    }
  }
  return matches
}

function missingByIdentity({ columns, size }: SeriesTable, seen: Uint8Array): Map<string, number[]> {
  const { identityLo, identityHi, metric, flow } = columns
  const missing = new Map<string, number[]>()
  for (let row = 0; row < size; row++) {
    if (seen[row] === 1 || metric[row] >= BOOKED.length || flow[row] < 0) continue
    append(missing, `${identityLo[row]}:${identityHi[row]}`, row)
  }
  return missing
}

function append(lists: Map<string, number[]>, key: string, item: number): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}
