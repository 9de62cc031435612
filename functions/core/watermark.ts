/**
 * The watermark: how far a target has been observed, by the newest `up` sample and no clock of ours. It only ever moves
 * forward, and a reading that would move it wrongly is refused whole.
 */
import type { Checkpoint } from '#core/checkpoint.ts'
import { UP_METRIC } from '#core/metric.ts'
import { metricOf, type Reading } from '#core/reading.ts'
import type { SeriesTable } from '#core/series.ts'

const FUTURE_MS = 5 * 60_000

/** The newest `up` sample's time, in ms since epoch, or null when the reading has none. */
export function readingWatermark(reading: Reading, table: SeriesTable): number | null {
  let newest: number | null = null
  for (let i = 0; i < reading.size; i++) {
    if (metricOf(reading, table, i) === UP_METRIC && (newest === null || reading.time[i] > newest))
      newest = reading.time[i]
  }
  return newest
}

/**
 * Where a reading moves the checkpoint's watermark, in ms since epoch; null when it is the last one over again. Throws one
 * sentence, begun by `where`, when the reading was cut off, or comes from the past or from the future.
 */
export function nextWatermark(checkpoint: Checkpoint, reading: Reading, where: string): number | null {
  const watermark = readingWatermark(reading, checkpoint.series)
  if (watermark === null) {
    throw new Error(`${where}: body has no "up" sample, so it was cut off; check the federation endpoint's log`)
  }
  if (checkpoint.seq > 0) {
    if (watermark === checkpoint.watermark) return null
    if (watermark < checkpoint.watermark) {
      const [end, last] = [watermark, checkpoint.watermark].map((ms) => new Date(ms).toISOString())
      throw new Error(`${where}: body ends at ${end}, before the last one at ${last}; is it another replica? pin one`)
    }
  }
  refuseFuture(reading, watermark, where)
  return watermark
}

function refuseFuture({ newest }: Reading, watermark: number, where: string): void {
  if (newest.time <= watermark + FUTURE_MS) return
  const ahead = Math.round((newest.time - watermark) / 1000)
  const instance = newest.labels?.get('instance') ?? 'a target without a name'
  throw new Error(`${where}: a sample of ${instance} lies ${ahead} s ahead of the newest "up"; set that clock right`)
}
