/** Checkpoints of targets whose hours are all closed, for tests of what lies beside rollups. */
import { type Checkpoint, encodeCheckpoint } from '#core/checkpoint.ts'
import { OpenHours } from '#core/hours.ts'
import { parseRollupKey } from '#core/keys.ts'
import type { EncodedRollup } from '#core/rollup.ts'
import { SeriesTable } from '#core/series.ts'
import { HOUR_MS } from '#core/time.ts'

/** A checkpoint that closed these rollups, still holds some of them as finished, and knows nothing else. */
export function checkpointOf(
  rollups: readonly EncodedRollup[],
  finished: EncodedRollup[] = [],
  begun = { target: 'mesh', hour: 0 },
): Uint8Array {
  const last = rollups.at(-1)
  const { target, hour } = parseRollupKey(last?.key ?? '') ?? { ...begun, hour: begun.hour - HOUR_MS }
  const closedThrough = hour + HOUR_MS
  const checkpoint: Checkpoint = {
    target,
    owner: '',
    generation: 1,
    seq: 1,
    selectors: '',
    selectorsSince: 0,
    seed: { lo: 1, hi: 2 },
    baseline: closedThrough,
    watermark: closedThrough,
    tailedThrough: closedThrough,
    head: last === undefined ? null : { number: last.number, key: last.key, sha256: last.sha256 },
    externalLabels: [],
    unclassifiedExample: '',
    flows: [],
    hours: new OpenHours(closedThrough),
    finished,
    series: new SeriesTable(),
    proxies: [],
  }
  return encodeCheckpoint(checkpoint)
}
