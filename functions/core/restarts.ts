/**
 * Restarts: what a counter gained after our last scrape of it, until its process ended and the next one began at zero under
 * the same labels. /federate shows the next one alone: at five-minute scrapes that loses 1.8 % of containers that restart
 * every two hours. So the greatest value that Prometheus has of it since is asked of the query API; by how much it exceeds
 * the value that was booked is the tail of the process that ended.
 */
import { Bookings } from '#core/bookings.ts'
import type { Checkpoint } from '#core/checkpoint.ts'
import type { MeshNames } from '#core/classify.ts'
import { fell, isUsable, type Sample, wholeValue } from '#core/delta.ts'
import type { ScrapeIntervals } from '#core/gap.ts'
import { BOOKED, METRIC_LABEL } from '#core/metric.ts'
import type { RawSeries } from '#core/replay.ts'
import { metricSelectors } from '#core/selectors.ts'

/** A series whose counter began again between two scrapes of ours. */
export interface Restart {
  row: number // in the checkpoint's series
  previous: Sample // what was booked of the process that ended
  sample: Sample // what was booked of the one that began
  began: number // ms since epoch, that one's start; that of `previous` when it is not known
  settledThrough: number // ms since epoch; every sample until then is booked
  rate: number // at which the one that ended was counting, per ms
  unseen: number // estimate of what that one went on to count, as coverage declares it
}

/** The greatest values of restarted series in a span of time that ends at the watermark. */
export interface Peaks {
  since: number // ms since epoch, exclusive
  byRow: ReadonlyMap<number, number>
}

/** From when on all of these restarts can be asked about at once, in ms since epoch: no sample after it is booked already. */
export function restartsSince(restarts: readonly Restart[]): number {
  return restarts.reduce((latest, { settledThrough }) => Math.max(latest, settledThrough), 0)
}

/**
 * The expressions for the greatest values within the window before the watermark, where they exceed the value now: one for
 * the HTTP metrics that began again and one for the TCP metrics, so that none is longer than a proxy takes for an address.
 * `max_over_time` drops the metric's name, which is therefore told in a label.
 */
export function restartExpressions(
  restarts: readonly Restart[],
  { series }: Checkpoint,
  mesh: MeshNames,
  windowMs: number,
): string[] {
  const restarted = new Set(restarts.map(({ row }) => series.columns.metric[row]))
  const metrics = BOOKED.filter((_, index) => restarted.has(index))
  return (['http', 'tcp'] as const)
    .map((layer) => metrics.filter((metric) => metric.layer === layer).map(({ name }) => name))
    .filter((names) => names.length > 0)
    .map((names) => peakExpression(names, mesh, windowMs))
}

/** The expression for series of these metrics whose greatest value within the window exceeds the one now. */
export function peakExpression(metrics: readonly string[], mesh: MeshNames, windowMs: number): string {
  const peaks = (metric: string) =>
    metricSelectors(mesh, metric).map(
      (series) =>
        `label_replace(max_over_time(${series}[${windowMs}ms]) > ${series},"${METRIC_LABEL}","${metric}","","")`,
    )
  return metrics.flatMap(peaks).join(' or ')
}

/** The greatest values that raw samples have of each restarted series, after what is settled of it, until the watermark. */
export function rawPeaks(
  raw: readonly RawSeries[],
  restarts: readonly Restart[],
  { series, watermark }: Checkpoint,
): Map<number, number> {
  const peaks = new Map<number, number>()
  const restartOf = new Map(restarts.map((restart) => [restart.row, restart]))
  for (const { prepared, samples } of raw) {
    const restart = restartOf.get(series.find(prepared.lo, prepared.hi, prepared.length))
    if (restart === undefined) continue
    for (const { time, value } of samples) {
      if (time <= restart.settledThrough || time > watermark || !isUsable(value)) continue
      peaks.set(restart.row, Math.max(value, peaks.get(restart.row) ?? 0))
    }
  }
  return peaks
}

/**
 * Books into the checkpoint, in place, what the processes that ended had gained, and declares no more as unseen than what
 * they counted after Prometheus's own last scrape of them. A peak that does not exceed the new process's value may be its
 * own. Where several processes ended, the peak may be of one that we never saw: less what was booked, it is a lower bound.
 */
export function settleRestarts(
  checkpoint: Checkpoint,
  restarts: readonly Restart[],
  { since, byRow }: Peaks,
  settings: ScrapeIntervals,
): void {
  const { series, hours, watermark } = checkpoint
  const { coverage } = hours.at(watermark)
  const { prometheusIntervalMs } = settings
  const bookings = new Bookings(checkpoint, series, settings, true)
  for (const { row, previous, sample, began, settledThrough, rate, unseen } of restarts) {
    const peak = byRow.get(row) ?? 0
    if (!isUsable(peak)) {
      coverage.skippedSamples++
      continue
    }
    const gained = fell(peak, sample.value) ? wholeValue(peak) - wholeValue(previous.value) : 0
    // Within one interval of Prometheus there is no second sample that could have been missed.
    const allAsked = since - settledThrough < prometheusIntervalMs
    if (gained > 0) {
      coverage.tailSeries++
      const ended = began > previous.time ? began : sample.time
      bookings.book(row, { basis: 'difference', amount: gained, from: previous.time }, ended)
    } else if (!allAsked || !fell(previous.value, sample.value)) continue
    const unscraped = Math.min(unseen, Math.round((rate * prometheusIntervalMs) / 2))
    bookings.note(coverage.unseen, row, unscraped - unseen)
  }
}
