/** Gaps: time that nobody observed. */

export interface ScrapeIntervals {
  intervalMs: number // between two scrapes of ours
  prometheusIntervalMs: number // between two of Prometheus's own
}

/** True when two watermarks are too far apart for the time between them to count as observed. */
export function isGap(from: number, to: number, intervals: ScrapeIntervals): boolean {
  return to - from > 2 * intervals.intervalMs + intervals.prometheusIntervalMs
}
