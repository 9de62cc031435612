/**
 * What each workload took out of a mesh, hour by hour: by its own calls, by PromQL and by the ledger, all from the same
 * samples. A mesh is simulated, a real Prometheus is given what its scrapes would have kept, PromQL is asked as each hour
 * ends, and the scrape stage is run through the same time.
 */
import type { Target } from '#core/target.ts'
import { HOUR_MS, isoInstant, MINUTE_MS } from '#core/time.ts'
import { prometheusOf } from '../../functions/prometheus.ts'
import { readLedger, readRecords } from '../../functions/stage/ledger.ts'
import { scrapeTarget } from '../../functions/stage/scrape.ts'
import { memoryStore } from '../../functions/store/memory.ts'
import { startPrometheus } from '../prometheus.ts'
import { simulatedTarget } from '../simulated-target.ts'
import { bytesByHour, createMesh, type Pod, type Span } from './mesh.ts'
import { EXTERNAL_LABELS, inThePast } from './past.ts'
import { remoteWrite } from './remote-write.ts'
import { scrapeItself, scrapePod, unsampledCalls } from './samples.ts'

export interface MeasureOptions {
  seed: number // uint32
  workloads: readonly string[]
  hours: number // measured; a quarter of one before and after is lived, too
  prometheusSeconds: number // between two scrapes of Prometheus
  ledgerSeconds: readonly number[] // between two of ours, for each ledger
}

export interface Measured {
  workloads: MeasuredWorkload[]
  declared: number[] // by ledgerSeconds: bytes that coverage says the ledger lacks, of all workloads and hours
}

/** Bytes out of the mesh. */
export interface MeasuredWorkload {
  workload: string
  truth: number[] // by hour
  unsampled: number // of the truth of all hours, what no sample tells of
  increase: number[] // by hour: increase(…[1h]) as the hour ends
  ledgers: number[][] // by ledgerSeconds, then by hour
}

/** A Wednesday. */
const BEGIN = Date.UTC(2026, 0, 14)
const BEFORE_MS = 15 * MINUTE_MS
/** An hour is closed five minutes after its end, when its tails have been asked for. */
const AFTER_MS = 15 * MINUTE_MS

/** Measures the workloads on a Prometheus of its own. */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { seed, workloads } = options
  const intervalMs = options.prometheusSeconds * 1000
  const span = { from: BEGIN, to: BEGIN + options.hours * HOUR_MS }
  const lived = { from: span.from - BEFORE_MS, to: span.to + AFTER_MS }
  const pods = createMesh(workloads, { seed, ...lived })
  const running = await startPrometheus({ scrapeConfigs: [], externalLabels: EXTERNAL_LABELS, remoteWrite: true })
  try {
    const series = pods.flatMap((pod) => scrapePod(pod, intervalMs))
    await remoteWrite(running.url, [scrapeItself(lived, intervalMs), ...series])
    const target = (intervalSeconds: number) =>
      simulatedTarget({
        url: `${running.url}/federate`,
        intervalSeconds,
        prometheusIntervalSeconds: options.prometheusSeconds,
      })
    const increase = await askIncrease(target(3600), span)
    const ledgers = await Promise.all(
      options.ledgerSeconds.map((seconds) => keepLedger(target(seconds), seed, { lived, span })),
    )
    const measured = workloads.map((workload): MeasuredWorkload => {
      const own = pods.filter((pod) => pod.workload === workload)
      const ofWorkload = (hours: readonly ByWorkload[]) => hours.map((hour) => hour.get(workload) ?? 0)
      const unsampled = own.flatMap((pod) => unsampledCalls(pod, intervalMs))
      return {
        workload,
        truth: bytesByHour(own.flatMap(callsOf), span),
        unsampled: sum(bytesByHour(unsampled, span)),
        increase: ofWorkload(increase),
        ledgers: ledgers.map(({ hours }) => ofWorkload(hours)),
      }
    })
    return { workloads: measured, declared: ledgers.map(({ declared }) => declared) }
  } finally {
    await running.stop()
  }
}

export function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}

type ByWorkload = Map<string, number> // bytes out of the mesh

function callsOf({ processes }: Pod) {
  return processes.flatMap(({ calls }) => calls)
}

/** What PromQL says of each hour, asked at the moment the hour ends. */
async function askIncrease(target: Target, { from, to }: Span): Promise<ByWorkload[]> {
  const { queryInstant } = prometheusOf(target)
  const hours: ByWorkload[] = []
  for (let end = from + HOUR_MS; end <= to; end += HOUR_MS) {
    const expression = 'sum by (source_workload) (increase(istio_request_bytes_sum{reporter="source"}[1h]))'
    const vector = await queryInstant(expression, end)
    hours.push(new Map(vector.map(({ labels, value }) => [labels.source_workload, value])))
  }
  return hours
}

/** Runs the scrape stage through the time that is lived; gives what its ledger says of each hour of the span. */
async function keepLedger(
  target: Target,
  seed: number,
  { lived, span }: { lived: Span; span: Span },
): Promise<{ hours: ByWorkload[]; declared: number }> {
  const store = memoryStore()
  let now = lived.from
  const options = {
    prometheus: inThePast(prometheusOf(target), () => now),
    now: () => now,
    seed: () => ({ lo: seed, hi: 1 }),
  }
  for (; now <= lived.to; now += target.intervalSeconds * 1000) {
    const { warnings } = await scrapeTarget(target, store, options)
    if (warnings.length > 0) throw new Error(`scrape at ${isoInstant(now)}: ${warnings.join('; ')}`)
  }
  const [ledger] = await readLedger(store)
  const records = await readRecords(store, ledger, span)
  const hours = records.map(({ rows }) => {
    const hour: ByWorkload = new Map()
    for (const { sourceWorkload, egressBytes } of rows) {
      hour.set(sourceWorkload, (hour.get(sourceWorkload) ?? 0) + egressBytes)
    }
    return hour
  })
  const declared = sum(records.map(({ coverage }) => coverage.unseen.egressBytes + coverage.baseline.egressBytes))
  return { hours, declared }
}
