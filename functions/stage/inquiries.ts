/** Inquiries: what only the query API can tell, the last values of the dead and what happened while nobody scraped. */
import type { Checkpoint } from '#core/checkpoint.ts'
import { decodeSeries, type LabelledSeries, type Labels, learnExternalLabels, proxyIdentity } from '#core/labels.ts'
import { UP, UPTIME } from '#core/metric.ts'
import type { FreshSeries } from '#core/newcomers.ts'
import { type ObserveSettings, observe } from '#core/observe.ts'
import { prepareSeries, type Reading, readSamples } from '#core/reading.ts'
import { type RawSeries, replayMoments } from '#core/replay.ts'
import { bookedSelectors } from '#core/selectors.ts'
import {
  settleTails,
  startsExpression,
  TAIL_LABEL,
  type TailSample,
  tailExpression,
  tailsDue,
  tailWindow,
} from '#core/tails.ts'
import { isoInstant } from '#core/time.ts'
import { readingWatermark } from '#core/watermark.ts'
import type { Prometheus } from '../prometheus.ts'
import type { MatrixSeries, VectorSample } from '../query-api.ts'

const REPLAY_CHUNK_MS = 10 * 60_000
const LOOKBACK_SECONDS = 300

/** Rebuilds what our scrapes missed from raw samples; gives how many moments. What cannot be had stays a gap. */
export async function replay(
  checkpoint: Checkpoint,
  prometheus: Prometheus,
  reading: Reading,
  watermark: number,
  settings: ObserveSettings,
  where: string,
  warnings: string[],
): Promise<number> {
  let moments = 0
  for (let from = checkpoint.watermark; from < watermark; from += REPLAY_CHUNK_MS) {
    const to = Math.min(from + REPLAY_CHUNK_MS, watermark)
    let raw: RawSeries[]
    try {
      raw = await askRaw(checkpoint, prometheus, reading, settings, { from, to })
    } catch (error) {
      warnings.push(`gap not replayed past ${isoInstant(checkpoint.watermark)}: ${(error as Error).message}`)
      break
    }
    // The moment of the body itself is the body's to tell.
    const end = to < watermark ? to + 1 : watermark
    for (const moment of replayMoments(raw, from, end, settings.intervalMs)) {
      const { series, seed } = checkpoint
      const seen = readSamples(moment, { series, seed, mesh: settings.mesh })
      const at = readingWatermark(seen, checkpoint.series)
      if (at === null || at <= checkpoint.watermark) continue
      observe(checkpoint, seen, settings, where)
      moments++
    }
  }
  return moments
}

/** The raw samples of (from, to] and of the five minutes before, which a federation endpoint would still have served. */
async function askRaw(
  checkpoint: Checkpoint,
  prometheus: Prometheus,
  reading: Reading,
  settings: ObserveSettings,
  { from, to }: { from: number; to: number },
): Promise<RawSeries[]> {
  const range = `[${Math.ceil((to - from) / 1000) + LOOKBACK_SECONDS}s]`
  const answers: MatrixSeries[] = []
  for (const selector of [...bookedSelectors(settings.mesh), UPTIME, UP]) {
    answers.push(...(await prometheus.queryRange(`${selector}${range}`, to)))
  }
  const series = answers.map(({ labels, samples }) => ({ series: labelled(labels), samples }))
  const ups = series.filter((one) => one.series.name === UP)
  if (checkpoint.externalLabels === null || !reading.knowsUps) {
    learn(
      checkpoint,
      reading,
      ups.map((one) => one.series.labels),
    )
  }
  const externalLabels = new Map(checkpoint.externalLabels ?? [])
  return series.map((one) => ({
    prepared: prepareSeries(one.series, externalLabels, checkpoint.seed),
    samples: one.samples.map(({ timeMs, value }) => ({ time: timeMs, value })),
  }))
}

/** Asks for series that died, when it is time, and books their tails; gives how many the query API told of. */
export async function askTails(
  checkpoint: Checkpoint,
  prometheus: Prometheus,
  reading: Reading,
  settings: ObserveSettings,
  warnings: string[],
): Promise<number> {
  if (!tailsDue(checkpoint, settings)) return 0
  const windowMs = tailWindow(checkpoint)
  const at = checkpoint.watermark
  const starts = new Map<string, number>()
  let samples: TailSample[]
  try {
    const dead = await prometheus.queryInstant(tailExpression(bookedSelectors(settings.mesh), windowMs), at)
    samples = prepareTails(checkpoint, dead)
    if (samples.some(({ prepared }) => !isKnown(checkpoint, prepared))) {
      if (checkpoint.externalLabels === null) {
        const ups = await prometheus.queryInstant(UP, at)
        learn(
          checkpoint,
          reading,
          ups.map(({ labels }) => labelled(labels).labels),
        )
        samples = prepareTails(checkpoint, dead)
      }
      for (const { labels, value } of await prometheus.queryInstant(startsExpression(windowMs), at)) {
        const proxy = proxyIdentity(new Map(Object.entries(labels)))
        if (Number.isFinite(value)) starts.set(proxy, Math.min(value * 1000, starts.get(proxy) ?? Infinity))
      }
    }
  } catch (error) {
    warnings.push(`tails not asked: ${(error as Error).message}`)
    return 0
  }
  settleTails(checkpoint, samples, starts, settings)
  return samples.length
}

function prepareTails(checkpoint: Checkpoint, dead: readonly VectorSample[]): TailSample[] {
  const externalLabels = new Map(checkpoint.externalLabels ?? [])
  return dead.map(({ labels, value }) => ({
    prepared: prepareSeries(labelled(labels), externalLabels, checkpoint.seed),
    value,
  }))
}

function isKnown({ series }: Checkpoint, { lo, hi, length }: FreshSeries): boolean {
  return series.find(lo, hi, length) >= 0
}

/** Learns the external labels from some `up` series as both sides have them. */
function learn(checkpoint: Checkpoint, reading: Reading, queriedUps: readonly Labels[]): void {
  const federated = reading.ups.flatMap((bytes) => decodeSeries(bytes)?.labels ?? [])
  const learnt = learnExternalLabels(federated, queriedUps)
  if (learnt !== null) checkpoint.externalLabels = [...learnt]
}

function labelled(labels: Record<string, string>): LabelledSeries {
  const { __name__: name = '', [TAIL_LABEL]: _, ...rest } = labels
  return { name, labels: new Map(Object.entries(rest)) }
}
