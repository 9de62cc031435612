/** What Prometheus keeps of a mesh it scrapes: samples, and marks of staleness where a series was there and is no more. */
import { SECOND_MS } from '#core/time.ts'
import type { Call, Pod, Process, Span } from './mesh.ts'

export interface KeptSample {
  time: number // ms since epoch
  value: number | 'stale'
}

export interface KeptSeries {
  labels: Record<string, string> // __name__ included
  samples: KeptSample[] // oldest first
}

/** From a pod's birth until Prometheus knows it. */
const DISCOVERY_MS = 5 * SECOND_MS
/** Envoy sets its uptime when it flushes. */
const FLUSH_MS = 5 * SECOND_MS

/** All series of a pod, scraped at every interval from its discovery to its end. */
export function scrapePod(pod: Pod, intervalMs: number): KeptSeries[] {
  const kept = new Map<string, KeptSeries>()
  const target = { instance: pod.address, job: 'pods', namespace: 'shop', pod: pod.name }
  const keep = (labels: Record<string, string>, sample: KeptSample): void => {
    const key = JSON.stringify(labels)
    const series = kept.get(key) ?? { labels, samples: [] }
    series.samples.push(sample)
    kept.set(key, series)
  }
  /** As a scrape does with every series that the one before it had and it has not. */
  const goStale = (time: number): void => {
    for (const { samples } of kept.values()) {
      const newest = samples.at(-1)!
      if (newest.value !== 'stale' && newest.time < time) samples.push({ time, value: 'stale' })
    }
  }
  const counts = pod.processes.map((process) => new Counts(process))
  for (const time of looks(pod, intervalMs)) {
    const alive = pod.processes.findIndex(({ start, end }) => start <= time && time < end)
    if (time < pod.processes.at(-1)!.end) keep({ __name__: 'up', ...target }, { time, value: alive < 0 ? 0 : 1 })
    if (alive >= 0) {
      const uptime = Math.floor((time - pod.processes[alive].start) / FLUSH_MS) * (FLUSH_MS / SECOND_MS)
      keep({ __name__: 'envoy_server_uptime', ...target }, { time, value: uptime })
      for (const [code, { requests, bytes }] of counts[alive].at(time)) {
        const labels = { ...target, ...callLabels(pod.workload, code) }
        keep({ __name__: 'istio_requests_total', ...labels }, { time, value: requests })
        keep({ __name__: 'istio_request_bytes_sum', ...labels }, { time, value: bytes })
      }
    }
    goStale(time)
  }
  return [...kept.values()]
}

/** Prometheus's own `up`, which is there when no pod is. */
export function scrapeItself({ from, to }: Span, intervalMs: number): KeptSeries {
  const samples: KeptSample[] = []
  for (let time = from; time < to; time += intervalMs) samples.push({ time, value: 1 })
  return { labels: { __name__: 'up', instance: 'localhost:9090', job: 'prometheus' }, samples }
}

/** The calls of which no sample tells: those after the last look at their process. */
export function unsampledCalls({ processes, ...pod }: Pod, intervalMs: number): Call[] {
  return processes.flatMap(({ start, end, calls }) => {
    const last = [...looks({ processes, ...pod }, intervalMs)].findLast((time) => time >= start && time < end)
    return calls.filter(({ time }) => last === undefined || time > last)
  })
}

/** When Prometheus looks at a pod; once more than it is there, to find it gone. */
function* looks({ processes, phase }: Pod, intervalMs: number): Generator<number> {
  const known = processes[0].start + DISCOVERY_MS
  const offset = Math.floor(phase * intervalMs)
  const died = processes.at(-1)!.end
  for (let time = Math.ceil((known - offset) / intervalMs) * intervalMs + offset; ; time += intervalMs) {
    yield time
    if (time >= died) return
  }
}

/** A process's counters, read at ever later times. */
class Counts {
  readonly #calls: readonly Call[]
  readonly #byCode = new Map<string, { requests: number; bytes: number }>()
  #next = 0

  constructor({ calls }: Process) {
    this.#calls = calls
  }

  at(time: number): ReadonlyMap<string, { requests: number; bytes: number }> {
    for (; this.#next < this.#calls.length && this.#calls[this.#next].time <= time; this.#next++) {
      const { code, bytes } = this.#calls[this.#next]
      const before = this.#byCode.get(code) ?? { requests: 0, bytes: 0 }
      this.#byCode.set(code, { requests: before.requests + 1, bytes: before.bytes + bytes })
    }
    return this.#byCode
  }
}

function callLabels(workload: string, code: string): Record<string, string> {
  return {
    destination_service: 'api.example.com',
    destination_service_name: 'api.example.com',
    destination_service_namespace: 'unknown',
    reporter: 'source',
    request_protocol: 'http',
    response_code: code,
    response_flags: '-',
    source_app: workload,
    source_version: 'v1',
    source_workload: workload,
    source_workload_namespace: 'shop',
  }
}
