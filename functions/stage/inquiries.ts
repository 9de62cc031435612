/**
 * Inquiries: what only the query API can tell, which is the last values of the dead and of the restarted, and what happened
 * while nobody scraped.
 */
import type { Checkpoint } from '#core/checkpoint.ts'
import { decodeSeries, type LabelledSeries, learnExternalLabels, proxyIdentity } from '#core/labels.ts'
import { METRIC_LABEL, UP, UPTIME } from '#core/metric.ts'
import type { FreshSeries } from '#core/newcomers.ts'
import { type ObserveSettings, observe } from '#core/observe.ts'
import { prepareSeries, type Reading, readSamples } from '#core/reading.ts'
import { type RawSeries, replayMoments } from '#core/replay.ts'
import { type Restart, rawPeaks, restartExpressions, restartsSince, settleRestarts } from '#core/restarts.ts'
import { bookedSelectors } from '#core/selectors.ts'
import { settleTails, startsExpression, type TailSample, tailExpression, tailsDue, tailWindow } from '#core/tails.ts'
import { isoInstant } from '#core/time.ts'
import { readingWatermark } from '#core/watermark.ts'
import type { Prometheus } from '../prometheus.ts'
import type { MatrixSeries, VectorSample } from '../query-api.ts'

const REPLAY_CHUNK_MS = 10 * 60_000
const LOOKBACK_MS = 5 * 60_000

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
  try {
    if (checkpoint.externalLabels === null || !reading.knowsUps) await learn(checkpoint, prometheus, reading, watermark)
    if (checkpoint.externalLabels === null) throw new Error('no "up" series of the body is known to the query API')
  } catch (error) {
    warnings.push(`gap not replayed: ${(error as Error).message}`)
    return 0
  }
  for (let from = checkpoint.watermark; from < watermark; from += REPLAY_CHUNK_MS) {
    const to = Math.min(from + REPLAY_CHUNK_MS, watermark)
    let raw: RawSeries[]
    try {
      raw = await askRaw(checkpoint, prometheus, settings, { from, to })
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
      const restarts = observe(checkpoint, seen, settings, where) ?? []
      if (restarts.length > 0) {
        const peaks = { since: from - LOOKBACK_MS, byRow: rawPeaks(raw, restarts, checkpoint) }
        settleRestarts(checkpoint, restarts, peaks, settings)
      }
      moments++
    }
  }
  return moments
}

/** The raw samples of (from, to] and of the five minutes before, which a federation endpoint would still have served. */
async function askRaw(
  checkpoint: Checkpoint,
  prometheus: Prometheus,
  settings: ObserveSettings,
  { from, to }: { from: number; to: number },
): Promise<RawSeries[]> {
  const range = `[${Math.ceil((to - from + LOOKBACK_MS) / 1000)}s]`
  const answers: MatrixSeries[] = []
  for (const selector of [...bookedSelectors(settings.mesh), UPTIME, UP]) {
    answers.push(...(await prometheus.queryRange(`${selector}${range}`, to)))
  }
  const series = answers.map(({ labels, samples }) => ({ series: labelled(labels), samples }))
  const externalLabels = new Map(checkpoint.externalLabels ?? [])
  return series.map((one) => ({
    prepared: prepareSeries(one.series, externalLabels, checkpoint.seed),
    samples: one.samples.map(({ timeMs, value }) => ({ time: timeMs, value })),
  }))
}

/** Asks what restarted series had counted before, and books it; what cannot be had stays declared as unseen. */
export async function askRestarts(
  checkpoint: Checkpoint,
  prometheus: Prometheus,
  reading: Reading,
  restarts: readonly Restart[],
  settings: ObserveSettings,
  warnings: string[],
): Promise<void> {
  const { series, seed, watermark } = checkpoint
  const since = restartsSince(restarts)
  if (restarts.length === 0 || since >= watermark) return
  const byRow = new Map<number, number>()
  try {
    if (checkpoint.externalLabels === null) await learn(checkpoint, prometheus, reading, watermark)
    if (checkpoint.externalLabels === null) {
      throw new Error('no "up" series of the body is one of the query API, so external labels are unknown')
    }
    const externalLabels = new Map(checkpoint.externalLabels)
    for (const expression of restartExpressions(restarts, checkpoint, settings.mesh, watermark - since)) {
      for (const { labels, value } of await prometheus.queryInstant(expression, watermark)) {
        const { lo, hi, length } = prepareSeries(labelled(labels), externalLabels, seed)
        const row = series.find(lo, hi, length)
        if (row >= 0) byRow.set(row, value)
      }
    }
  } catch (error) {
    warnings.push(`restarts not asked: ${(error as Error).message}`)
    return
  }
  settleRestarts(checkpoint, restarts, { since, byRow }, settings)
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
        await learn(checkpoint, prometheus, reading, at)
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

/** Learns the external labels from some `up` series as both sides have them at a body's watermark, in ms since epoch. */
async function learn(
  checkpoint: Checkpoint,
  prometheus: Prometheus,
  reading: Reading,
  watermark: number,
): Promise<void> {
  const ups = await prometheus.queryInstant(UP, watermark)
  const federated = reading.ups.flatMap((bytes) => decodeSeries(bytes)?.labels ?? [])
  const queried = ups.map(({ labels }) => labelled(labels).labels)
  const learnt = learnExternalLabels(federated, queried)
  checkpoint.externalLabels = learnt === null ? null : [...learnt]
}

function labelled(labels: Record<string, string>): LabelledSeries {
  const { [METRIC_LABEL]: metric = '', __name__: name = metric, ...rest } = labels
  return { name, labels: new Map(Object.entries(rest)) }
}
