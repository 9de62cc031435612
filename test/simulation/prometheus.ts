/**
 * What one replica of a Prometheus knows of a mesh, at any moment: bodies of /federate, the last values of the dead, the
 * greatest ones of what began again, and raw samples, with staleness as Prometheus keeps it. Samples are told together with the counters they are of.
 */
import { METRIC_LABEL, UP, UPTIME } from '#core/metric.ts'
import { mix } from '../../functions/demo/random.ts'
import type { MatrixSeries, VectorSample } from '../../functions/query-api.ts'
import { type Counter, type Mesh, NAMESPACE, type Pod, PROMETHEUS_INTERVAL_MS, type Span } from './mesh.ts'

export interface PrometheusSettings {
  replica: string // value of an external label; '' for none
  clockAhead: number // ms; of its clock
  down: Span[] // it does not run; real time, as all times here but those of samples
  relabelledTargets: number[] // when all its targets got another label
  relabelledExternals: number[] // when its external labels changed
  starts: boolean // proxies tell their uptime
}

/** A sample and whose it is. */
export interface Seen {
  counter: Counter
  time: number // ms since epoch, as stamped
  value: number
}

export interface Body {
  text: string
  watermark: number // newest `up`, ms since epoch as stamped; 0 when there is none
  seen: Seen[]
}

/** A series' raw samples and whose each of them is; null for `up`, which has no counter. */
export interface RawAnswer {
  answer: MatrixSeries
  counters: Counter[] | null
}

const LOOKBACK_MS = 300_000
const FLUSH_MS = 5_000
const SELF: Record<string, string> = { instance: 'localhost:9090', job: 'prometheus' }

interface Line {
  key: string // name and labels, with external ones
  order: string // family, then age
  time: number
  value: number
  counter: Counter | null
}

export class PrometheusReplica {
  readonly #mesh: Mesh
  readonly #settings: PrometheusSettings
  readonly #texts = new Map<string, string>()

  constructor(mesh: Mesh, settings: PrometheusSettings) {
    this.#mesh = mesh
    this.#settings = settings
  }

  /** The body of /federate at a moment of real time. */
  body(now: number): Body {
    const lines = new Map<string, Line>() // one label set is one series, whoever it was scraped from
    const external = epoch(this.#settings.relabelledExternals, now)
    const add = (line: Line) => {
      const other = lines.get(line.key)
      if (other === undefined || other.time < line.time) lines.set(line.key, line)
    }
    this.#eachVisible(now, (name, pod, at, value, counter) =>
      add({
        key: this.#text(name, pod, epoch(this.#settings.relabelledTargets, at), external, counter),
        order: name,
        time: at + this.#settings.clockAhead,
        value,
        counter,
      }),
    )
    const sorted = [...lines.values()].sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
    let text = ''
    let watermark = 0
    const seen: Seen[] = []
    for (const { key, order, time, value, counter } of sorted) {
      text += `${key} ${value} ${time}\n`
      if (counter !== null) seen.push({ counter, time, value })
      else if (order === UP && time > watermark) watermark = time
    }
    return { text, watermark, seen }
  }

  /** The `up` series at an instant, as stamped. */
  ups(time: number): VectorSample[] {
    const found: VectorSample[] = []
    this.#eachVisible(time - this.#settings.clockAhead, (name, pod, at, value) => {
      if (name === UP) found.push({ labels: { __name__: UP, ...this.#target(pod, at, true) }, value, timeMs: time })
    })
    return found
  }

  /** Series that had a sample in the window before an instant and are not visible at it. */
  dead(time: number, windowMs: number): { samples: VectorSample[]; seen: Seen[] } {
    const now = time - this.#settings.clockAhead
    const living = new Set<string>()
    this.#eachVisible(now, (name, pod, at, _value, counter) => {
      if (counter !== null) living.add(this.#text(name, pod, this.#epochAt(at), -1, counter))
    })
    const last = new Map<string, { at: number; counter: Counter }>()
    for (const pod of this.#mesh.pods) {
      if (pod.discovered > now || pod.removed <= now - windowMs) continue
      for (const at of this.#attempts(pod, now - windowMs, now)) {
        const process = this.#answers(pod, at)
        for (const counter of process?.counters ?? []) {
          if (counter.from > at) continue
          const key = this.#text(counter.metric, pod, this.#epochAt(at), -1, counter)
          if (!living.has(key) && (last.get(key)?.at ?? 0) < at) last.set(key, { at, counter })
        }
      }
    }
    const seen = [...last.values()].map(({ at, counter }) => ({ counter, time: at, value: counter.countAt(at) }))
    const samples = seen.map(({ counter, time: at, value }) => ({
      labels: { __name__: counter.metric, ...counter.labels, ...this.#target(counter.process.pod, at, false) },
      value,
      timeMs: time,
    }))
    return { samples, seen: seen.map((one) => ({ ...one, time: one.time + this.#settings.clockAhead })) }
  }

  /** Series of these metrics that were greater in the window before an instant than they are at it, each as it was then. */
  peaks(metrics: readonly string[], time: number, windowMs: number): { samples: VectorSample[]; seen: Seen[] } {
    const now = time - this.#settings.clockAhead
    const visible = new Map<string, number>()
    const keyOf = (counter: Counter, at: number) =>
      this.#text(counter.metric, counter.process.pod, this.#epochAt(at), -1, counter)
    this.#eachVisible(now, (_name, _pod, at, value, counter) => {
      if (counter !== null) visible.set(keyOf(counter, at), value)
    })
    const samples: VectorSample[] = []
    const seen: Seen[] = []
    for (const { answer, counters } of this.raw('counters', time, windowMs)) {
      const { __name__: name, ...labels } = answer.labels
      if (counters === null || !metrics.includes(name)) continue
      const most = answer.samples.reduce((best, { value }, i) => (value > answer.samples[best].value ? i : best), 0)
      const { value, timeMs } = answer.samples[most]
      const shown = visible.get(keyOf(counters[most], timeMs - this.#settings.clockAhead))
      if (shown === undefined || value <= shown) continue
      samples.push({ labels: { ...labels, [METRIC_LABEL]: name }, value, timeMs: time })
      seen.push({ counter: counters[most], time: timeMs, value })
    }
    return { samples, seen }
  }

  /** The earliest starts that the uptimes of the window before an instant tell, in seconds since the epoch. */
  starts(time: number, windowMs: number): VectorSample[] {
    if (!this.#settings.starts) return []
    const earliest = new Map<string, VectorSample>()
    for (const { answer } of this.raw(UPTIME, time, windowMs)) {
      for (const { timeMs, value } of answer.samples) {
        const key = JSON.stringify(answer.labels)
        const start = timeMs / 1000 - value
        if (start < (earliest.get(key)?.value ?? Infinity)) {
          const { __name__: _, ...labels } = answer.labels
          earliest.set(key, { labels, value: start, timeMs: time })
        }
      }
    }
    return [...earliest.values()]
  }

  /** The raw samples of `up`, of the uptimes, or of all counters, in the window before an instant. */
  raw(what: 'up' | 'envoy_server_uptime' | 'counters', time: number, windowMs: number): RawAnswer[] {
    const { clockAhead } = this.#settings
    const now = time - clockAhead
    const answers = new Map<string, RawAnswer>()
    const add = (name: string, pod: Pod | null, at: number, value: number, counter: Counter | null) => {
      const key = pod === null ? name : this.#text(name, pod, this.#epochAt(at), -1, counter)
      let raw = answers.get(key)
      if (raw === undefined) {
        const labels = { __name__: name, ...counter?.labels, ...this.#target(pod, at, name === UP) }
        raw = { answer: { labels, samples: [] }, counters: counter === null ? null : [] }
        answers.set(key, raw)
      }
      raw.answer.samples.push({ timeMs: at + clockAhead, value })
      if (counter !== null) raw.counters?.push(counter)
    }
    if (what === UP) for (const at of this.#attempts(null, now - windowMs, now).reverse()) add(UP, null, at, 1, null)
    for (const pod of this.#mesh.pods) {
      if (pod.discovered > now || pod.removed <= now - windowMs) continue
      for (const at of this.#attempts(pod, now - windowMs, now).reverse()) {
        const process = this.#answers(pod, at)
        if (what === UP) add(UP, pod, at, process === null ? 0 : 1, null)
        else if (process === null) continue
        else if (what === 'counters') {
          for (const counter of process.counters) {
            if (counter.from <= at) add(counter.metric, pod, at, counter.countAt(at), counter)
          }
        } else if (this.#settings.starts) add(UPTIME, pod, at, this.#uptime(process.from, at), null)
      }
    }
    const found = [...answers.values()]
    for (const { answer, counters } of found) if (counters === null) answer.samples.sort((a, b) => a.timeMs - b.timeMs)
    return found
  }

  /** Tells of every sample that an instant query would show. */
  #eachVisible(
    now: number,
    tell: (name: string, pod: Pod | null, at: number, value: number, counter: Counter | null) => void,
  ): void {
    const self = this.#attempts(null, now - LOOKBACK_MS, now)[0]
    if (self !== undefined) tell(UP, null, self, 1, null)
    for (const pod of this.#mesh.pods) {
      if (pod.discovered > now || pod.removed <= now - LOOKBACK_MS) continue
      if (pod.removed <= now && !this.#isDown(pod.removed)) continue // its series were marked stale
      const at = this.#attempts(pod, now - LOOKBACK_MS, now)[0]
      if (at === undefined) continue
      // A reload ends the targets of the old labels and marks their series stale; a restart leaves them as ghosts.
      if (this.#settings.relabelledTargets.some((time) => at < time && time <= now && !this.#isDown(time))) continue
      const process = this.#answers(pod, at)
      tell(UP, pod, at, process === null ? 0 : 1, null)
      if (process === null) continue
      if (this.#settings.starts) tell(UPTIME, pod, at, this.#uptime(process.from, at), null)
      for (const counter of process.counters) {
        if (counter.from <= at) tell(counter.metric, pod, at, counter.countAt(at), counter)
      }
    }
  }

  /** When a target, or Prometheus itself, was scraped in (from, to], newest first. */
  #attempts(pod: Pod | null, from: number, to: number): number[] {
    const { replica, down } = this.#settings
    const phase = pod === null ? 0 : (pod.phase + (replica === '' ? 0 : 23_000)) % PROMETHEUS_INTERVAL_MS
    const last = Math.min(to, (pod?.removed ?? to + 1) - 1)
    const first = Math.max(from + 1, pod?.discovered ?? 0)
    const times: number[] = []
    let at = Math.floor((last - phase) / PROMETHEUS_INTERVAL_MS) * PROMETHEUS_INTERVAL_MS + phase
    for (; at >= first; at -= PROMETHEUS_INTERVAL_MS) if (down.length === 0 || !this.#isDown(at)) times.push(at)
    return times
  }

  /** The process that answers a scrape. */
  #answers({ processes, unreachable }: Pod, at: number) {
    if (unreachable.some(({ from, to }) => at >= from && at < to)) return null
    return processes.find(({ from, to }) => from <= at && at < to) ?? null
  }

  #isDown(time: number): boolean {
    return this.#settings.down.some(({ from, to }) => time >= from && time < to)
  }

  /** Whole seconds, set at a flush. */
  #uptime(start: number, at: number): number {
    const flushed = at - (mix(start % 0xffffffff, at % 0xffffffff) % FLUSH_MS)
    return Math.max(0, Math.floor((flushed - start) / 1000))
  }

  #epochAt(at: number): number {
    return epoch(this.#settings.relabelledTargets, at)
  }

  #target(pod: Pod | null, at: number, job: boolean): Record<string, string> {
    if (pod === null) return SELF
    const labels: Record<string, string> = { instance: pod.instance, namespace: NAMESPACE, pod: pod.name }
    if (job) labels.job = 'pods'
    const relabelled = this.#epochAt(at)
    if (relabelled > 0) labels.zone = `zone-${relabelled}`
    return labels
  }

  /** Name and labels as /federate writes them; without external labels when `external` is -1. */
  #text(name: string, pod: Pod | null, targetEpoch: number, external: number, counter: Counter | null): string {
    const key = `${name}|${counter?.id ?? -1}|${pod?.name}|${pod?.instance}|${targetEpoch}|${external}`
    let text = this.#texts.get(key)
    if (text === undefined) {
      const target = pod === null ? { ...SELF } : { instance: pod.instance, namespace: NAMESPACE, pod: pod.name }
      const own: Record<string, string> = { ...counter?.labels, ...target }
      if (pod !== null && name === UP) own.job = 'pods'
      if (pod !== null && targetEpoch > 0) own.zone = `zone-${targetEpoch}`
      const pairs = Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1))
      if (external >= 0) {
        pairs.push(['cluster', external === 0 ? 'prod' : `prod-${external}`])
        if (this.#settings.replica !== '') pairs.push(['replica', this.#settings.replica])
      }
      text = `${name}{${pairs.map(([label, value]) => `${label}="${value}"`).join(',')}}`
      this.#texts.set(key, text)
    }
    return text
  }
}

/** How many of the changes have come by then. */
function epoch(changes: readonly number[], at: number): number {
  let count = 0
  for (const change of changes) if (change <= at) count++
  return count
}
