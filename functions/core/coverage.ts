/**
 * Coverage: what one hour's figures do not say by themselves. How much of the hour was observed, which parts of its
 * figures are assumed, spread, late or tails, and what was seen but could not be used. Travels in the rollup's metadata.
 */
import { COUNTED, type Counted, exactSum } from '#core/flow.ts'

/** An amount of each counted measure. */
export type Amounts = Record<Counted, number>

export interface Gap {
  from: number // ms since epoch, inclusive
  to: number // exclusive
  reason: string // of the last failure inside the gap; '' when nobody told
}

/** A host that is no host; the raw value is quarantined here and appears nowhere else. */
export interface QuarantinedHost {
  placeholder: string // what the ledger shows instead
  raw: string // as labelled, cut at 256 characters
}

/** Whether dying series were asked for: off by configuration, all asked, or the query API failed for too long. */
export type TailState = 'asked' | 'failed' | 'off'

export interface Coverage {
  scrapes: number // good scrapes whose watermark lies in this hour
  observedMs: number // 0..3,600,000, lying between two good scrapes that are no gap
  gaps: Gap[] // clipped to the hour
  series: number // live series booked into flows, at the hour's last scrape
  births: number // series that appeared
  deaths: number // series that vanished
  resets: number // counters that began again at zero
  assumedSeries: number // births that could not be proved, booked all the same
  baselineSeries: number // series a value of which was not booked, since it may be old, or booked under other labels
  evictedSeries: number // states of dead series dropped before their time, for want of room
  carriedSeries: number // series that came back under other labels and went on
  skippedLines: number // lines of a body that could not be read
  skippedSamples: number // NaN, infinite, negative or unusable values
  unclassifiedSeries: number // series no rule could place; not booked
  unclassifiedExample: string // label set of one of them; '' when there is none
  laggingTargets: number // Prometheus targets whose `up` lags the watermark by over 5 minutes, at most in one scrape
  quarantinedHosts: QuarantinedHost[] // at most 20 are kept
  quarantinedCount: number // hosts quarantined, kept or not; beyond those kept, one may be counted twice
  foldedSeries: number // live series booked into folded flows, at the hour's last scrape
  foldedFlows: number // flows folded, since the target had more series than it may; one may be counted more than once
  tails: TailState
  tailSeries: number // series whose tail was booked
  assumed: Amounts // booked though the birth could not be proved
  apportionedAtStart: Amounts // whole deltas that cross the hour's start and were split in proportion to time
  apportionedAtEnd: Amounts // likewise at its end
  spread: Amounts // divided over a gap in proportion to time
  late: Amounts // belonging to hours closed before
  tail: Amounts // counted after the last scrape that saw the series
  unseen: Amounts // estimate, not booked: what dying series counted after Prometheus's own last scrape of them
  baseline: Amounts // not booked: those values of baselineSeries, which may reach back to any time before
}

export function zeroAmounts(): Amounts {
  return { requests: 0, egressBytes: 0, ingressBytes: 0, connectionsOpened: 0, connectionsClosed: 0, durationMs: 0 }
}

export function zeroCoverage(): Coverage {
  return {
    scrapes: 0,
    observedMs: 0,
    gaps: [],
    series: 0,
    births: 0,
    deaths: 0,
    resets: 0,
    assumedSeries: 0,
    baselineSeries: 0,
    evictedSeries: 0,
    carriedSeries: 0,
    skippedLines: 0,
    skippedSamples: 0,
    unclassifiedSeries: 0,
    unclassifiedExample: '',
    laggingTargets: 0,
    quarantinedHosts: [],
    quarantinedCount: 0,
    foldedSeries: 0,
    foldedFlows: 0,
    tails: 'asked',
    tailSeries: 0,
    assumed: zeroAmounts(),
    apportionedAtStart: zeroAmounts(),
    apportionedAtEnd: zeroAmounts(),
    spread: zeroAmounts(),
    late: zeroAmounts(),
    tail: zeroAmounts(),
    unseen: zeroAmounts(),
    baseline: zeroAmounts(),
  }
}

/** Adds b to a, in place. */
export function addAmounts(a: Amounts, b: Amounts): void {
  for (const measure of COUNTED) a[measure] = exactSum(a[measure], b[measure])
}
