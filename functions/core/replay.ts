/**
 * Replay: after a gap, the moments our scrapes would have seen, rebuilt from the raw samples Prometheus still has. Each is
 * observed like a body, so that hours, resets and births fall where they happened.
 */
import type { FreshSeries } from '#core/newcomers.ts'
import type { PreparedSample } from '#core/reading.ts'

/** One series' raw samples, oldest first. */
export interface RawSeries {
  prepared: FreshSeries
  samples: { time: number; value: number }[] // ms since epoch, cumulative
}

/** As a federation endpoint would: a series is served for five minutes after its last sample. */
const LOOKBACK_MS = 5 * 60_000

/** The moments at every interval in (from, to), each with the newest sample of every series that had one of late. */
export function* replayMoments(
  series: readonly RawSeries[],
  from: number,
  to: number,
  intervalMs: number,
): Generator<PreparedSample[]> {
  const next = new Array<number>(series.length).fill(0)
  for (let moment = from + intervalMs; moment < to; moment += intervalMs) {
    const seen: PreparedSample[] = []
    series.forEach(({ prepared, samples }, index) => {
      while (next[index] < samples.length && samples[next[index]].time <= moment) next[index]++
      const newest = samples[next[index] - 1]
      if (newest !== undefined && newest.time > moment - LOOKBACK_MS) seen.push({ prepared, ...newest })
    })
    yield seen
  }
}
