/**
 * A small mesh of chance and the Prometheus that scrapes it. Pods are born, found late, restarted, deleted and replaced as
 * the seed says; what each of their processes counted, and who saw it, is known.
 */
import { METRIC_LABEL, UP, UPTIME } from '#core/metric.ts'
import { peakExpression } from '#core/restarts.ts'
import { bookedSelectors } from '#core/selectors.ts'
import { startsExpression, tailExpression } from '#core/tails.ts'
import { mix, unit } from '../functions/demo/random.ts'
import type { Prometheus } from '../functions/prometheus.ts'
import type { MatrixSeries } from '../functions/query-api.ts'
import { simulatedTarget } from './simulated-target.ts'

export interface RandomMeshOptions {
  seed: number // uint32; of two meshes of one seed everything is the same
  starts: boolean // proxies tell their uptime, as Envoy does and ztunnel does not
  bodiesFail: boolean // there are spells, of up to half an hour, in which no body is to be had
  rawSamples: boolean // the query API has them, so that a gap can be replayed
  tagged: boolean // series of one flow are told apart by a tag of the operator's own alone
}

/** Bytes of one flow that its proxies counted and the first body did not show yet; each sum is part of the one before. */
export interface Truth {
  counted: number // whether anybody saw them or not
  sampled: number // some sample of Prometheus shows them
}

export interface RandomMesh {
  prometheus: Prometheus
  readonly now: number // ms since epoch; the moment of every answer
  advance(): void // by one interval of Prometheus
  calm(): void // from now on nobody is born or dies, and every question is answered
  truth(): Map<string, Truth> // by flow, as flowName writes it
}

export const PROMETHEUS_INTERVAL_MS = 15_000
const LOOKBACK_MS = 300_000
const FLUSH_MS = 5_000 // Envoy sets its uptime when it flushes
const DISCOVERY_MS = 60_000
const BEGIN = Date.UTC(2026, 10, 20, 10)
const BYTES = 'istio_request_bytes_sum'
const CODES = ['200', '404', '503']
const MESH = simulatedTarget()
const SELECTORS = bookedSelectors(MESH)
const MOST_PODS = 7

/** What tells one flow of this mesh from another. */
export function flowName({ sourceWorkload, responseCode }: { sourceWorkload: string; responseCode: string }): string {
  return `${sourceWorkload} ${responseCode}`
}

interface Process {
  start: number // ms since epoch
  counters: Map<string, Counter> // by response code
}

interface Counter {
  flow: string
  counted: number // bytes, cumulative; of these
  sampled: number // those Prometheus saw last
  baseline: number // those the first body showed
}

interface Pod {
  workload: string
  name: string
  address: string
  phase: number // ms into each interval at which Prometheus scrapes it
  discovered: number // ms since epoch; scraped from then on
  process: Process | null // null while its container is down
}

export function randomMesh(options: RandomMeshOptions): RandomMesh {
  let draws = 0
  const chance = (probability: number) => unit(mix(options.seed, draws++)) < probability
  const below = (end: number) => Math.floor(unit(mix(options.seed, draws++)) * end)

  const storage = new Storage()
  const pods: Pod[] = []
  const absent: { pod: Pod; backAt: number }[] = [] // of a StatefulSet
  const ended: Counter[] = [] // since the first body
  let now = BEGIN
  let addresses = 0
  let unreachable = 0 // intervals
  let served = false
  let calm = false

  const create = (workload: string, name: string, start: number, address = `10.0.0.${++addresses}:15020`): Pod => ({
    workload,
    name,
    address,
    phase: below(PROMETHEUS_INTERVAL_MS),
    discovered: start + below(DISCOVERY_MS),
    process: { start, counters: new Map() },
  })
  for (let ordinal = 0; ordinal < 3; ordinal++) pods.push(create('orders', `orders-${ordinal}`, BEGIN - 3_600_000))

  return {
    get now() {
      return now
    },
    advance() {
      const from = now
      now += PROMETHEUS_INTERVAL_MS
      if (!calm) live(from)
      for (const pod of pods) {
        if (pod.process !== null && pod.process.start < from + pod.phase) count(pod, pod.process, 0.6)
        if (pod.discovered <= from + pod.phase) scrape(pod, from + pod.phase)
      }
      storage.append(UP, { instance: 'localhost:9090', job: 'prometheus' }, { timeMs: from, value: 1 })
      if (unreachable > 0) unreachable--
      else if (options.bodiesFail && !calm && chance(0.01)) unreachable = 4 * (1 + below(30))
    },
    calm() {
      calm = true
      unreachable = 0
    },
    truth,
    prometheus: {
      async federate() {
        if (unreachable > 0) throw new Error('no route to Prometheus')
        serve()
        return Buffer.from(storage.body(now))
      },
      async queryInstant(expression, timeMs) {
        if (!calm && chance(0.1)) throw new Error('too busy')
        return shuffled(instant(storage, expression, timeMs)).map((element) => ({ ...element, timeMs }))
      },
      async queryRange(rangeSelector, timeMs) {
        if (!options.rawSamples || (!calm && chance(0.02))) throw new Error('too busy')
        return shuffled(raw(storage, rangeSelector, timeMs))
      },
    },
  }

  /** The births and deaths of the interval that begins here. */
  function live(from: number): void {
    const moment = () => from + below(PROMETHEUS_INTERVAL_MS)
    for (const back of absent.filter(({ backAt }) => backAt <= from)) {
      absent.splice(absent.indexOf(back), 1)
      pods.push(back.pod)
    }
    for (const pod of [...pods]) {
      if (pod.process === null) {
        if (chance(0.5)) pod.process = { start: moment(), counters: new Map() }
      } else if (chance(0.003)) {
        end(pod, pod.process)
        if (chance(0.7)) pod.process = { start: moment(), counters: new Map() }
      } else if (chance(0.004)) {
        end(pod, pod.process)
        pods.splice(pods.indexOf(pod), 1)
        storage.goStale(pod, from + pod.phase)
        if (pod.workload !== 'orders' || chance(0.2)) continue
        const backAt = from + PROMETHEUS_INTERVAL_MS * (1 + below(12))
        absent.push({ backAt, pod: create('orders', pod.name, backAt, chance(0.4) ? pod.address : undefined) })
      }
    }
    if (pods.length < MOST_PODS && chance(0.03)) pods.push(create('web', `web-${addresses}`, moment()))
  }

  /** What a process counted at last is seen by nobody. */
  function end(pod: Pod, process: Process): void {
    count(pod, process, 0.3)
    if (served) ended.push(...process.counters.values())
    pod.process = null
  }

  function count({ workload }: Pod, { counters }: Process, often: number): void {
    CODES.forEach((code, index) => {
      if (!chance(index === 0 ? often : often / 12)) return
      let counter = counters.get(code)
      if (counter === undefined) {
        const flow = flowName({ sourceWorkload: workload, responseCode: options.tagged ? '200' : code })
        counter = { flow, counted: 0, sampled: 0, baseline: 0 }
        counters.set(code, counter)
      }
      counter.counted += 1 + below(1000)
    })
  }

  function scrape(pod: Pod, time: number): void {
    const process = pod.process !== null && pod.process.start < time ? pod.process : null
    const target = { instance: pod.address, namespace: 'shop', pod: pod.name }
    storage.goStale(pod, time)
    storage.append(UP, { ...target, job: 'pods' }, { timeMs: time, value: process === null ? 0 : 1 })
    if (process === null) return
    const uptime = Math.max(0, Math.floor((time - below(FLUSH_MS) - process.start) / 1000))
    if (options.starts) storage.append(UPTIME, target, { timeMs: time, value: uptime })
    for (const [code, counter] of process.counters) {
      storage.append(BYTES, { ...target, ...callLabels(pod.workload, code) }, { timeMs: time, value: counter.counted })
      counter.sampled = counter.counted
    }
  }

  function callLabels(workload: string, code: string): Record<string, string> {
    return {
      destination_service: 'api.example',
      destination_service_name: 'api.example',
      reporter: 'source',
      request_protocol: 'http',
      response_code: options.tagged ? '200' : code,
      response_flags: '-',
      source_workload: workload,
      source_workload_namespace: 'shop',
      ...(options.tagged ? { tenant: `tenant-${code}` } : {}),
    }
  }

  /** What the first body shows was counted before the ledger began. */
  function serve(): void {
    if (!served) for (const counter of living()) counter.baseline = counter.sampled
    served = true
  }

  function truth(): Map<string, Truth> {
    const truths = new Map<string, Truth>()
    for (const { flow, counted, sampled, baseline } of [...ended, ...living()]) {
      const known = truths.get(flow) ?? { counted: 0, sampled: 0 }
      truths.set(flow, { counted: known.counted + counted - baseline, sampled: known.sampled + sampled - baseline })
    }
    return truths
  }

  function living(): Counter[] {
    return pods.flatMap(({ process }) => [...(process?.counters.values() ?? [])])
  }

  function shuffled<Item>(items: readonly Item[]): Item[] {
    const placed = items.map((item) => ({ item, place: below(1000) }))
    return placed.sort((a, b) => a.place - b.place).map(({ item }) => item)
  }
}

interface RawSample {
  timeMs: number // since epoch
  value: number
}

interface StoredSeries {
  name: string
  labels: Record<string, string> // without external ones
  samples: (RawSample | { timeMs: number; value: 'stale' })[] // oldest first
}

/** What Prometheus has kept of its scrapes. */
class Storage {
  readonly #series = new Map<string, StoredSeries>()

  append(name: string, labels: Record<string, string>, sample: RawSample): void {
    const key = JSON.stringify([name, labels])
    const series = this.#series.get(key) ?? { name, labels, samples: [] }
    this.#series.set(key, series)
    if (series.samples.at(-1)?.timeMs === sample.timeMs) series.samples.pop()
    series.samples.push(sample)
  }

  /** Marks all that a pod's scrapes gave as stale; what a scrape of the same time gives again is not. */
  goStale({ name, address }: Pod, timeMs: number): void {
    for (const { labels, samples } of this.#series.values()) {
      if (labels.pod !== name || labels.instance !== address || samples.at(-1)?.value === 'stale') continue
      samples.push({ timeMs, value: 'stale' })
    }
  }

  named(name: string): StoredSeries[] {
    return [...this.#series.values()].filter((series) => series.name === name)
  }

  /** As /federate writes it: labels by name, the external one last. */
  body(time: number): string {
    const lines = [...this.#series.values()].flatMap((series) => {
      const newest = newestAt(series, time)
      if (newest === null) return []
      const own = Object.entries(series.labels).sort(([a], [b]) => (a < b ? -1 : 1))
      const labels = [...own, ['cluster', 'prod']].map(([label, value]) => `${label}="${value}"`).join(',')
      return [`${series.name}{${labels}} ${newest.value} ${newest.timeMs}\n`]
    })
    return lines.sort().join('')
  }
}

/** The newest sample at an instant, unless it is stale or five minutes old. */
function newestAt({ samples }: StoredSeries, time: number): RawSample | null {
  const newest = samples.findLast(({ timeMs }) => timeMs <= time)
  return newest === undefined || newest.timeMs <= time - LOOKBACK_MS || newest.value === 'stale'
    ? null
    : (newest as RawSample)
}

/** The samples in (from, to], oldest first; marks of staleness are none. */
function samplesWithin({ samples }: StoredSeries, from: number, to: number): RawSample[] {
  return samples.filter(
    (sample): sample is RawSample => sample.value !== 'stale' && sample.timeMs > from && sample.timeMs <= to,
  )
}

type Element = { labels: Record<string, string>; value: number }

/** Answers the four instant questions that a scrape asks, and no other. */
function instant(storage: Storage, expression: string, time: number): Element[] {
  if (expression === UP) {
    return elements(storage.named(UP), (series) => newestAt(series, time)?.value)
  }
  const windowMs = windowOf(expression)
  if (expression === peakExpression([BYTES], MESH, windowMs)) {
    const peaks = elements(storage.named(BYTES), (series) => peakWithin(series, time - windowMs, time))
    return peaks.map(({ labels: { __name__: name, ...labels }, value }) => ({
      labels: { ...labels, [METRIC_LABEL]: name },
      value,
    }))
  }
  if (expression === startsExpression(windowMs)) {
    return elements(storage.named(UPTIME), (series) => leastStart(series, time - windowMs, time))
  }
  if (expression !== tailExpression(SELECTORS, windowMs)) throw new Error(`nobody foresaw the question ${expression}`)
  return elements(storage.named(BYTES), (series) =>
    newestAt(series, time) === null ? samplesWithin(series, time - windowMs, time).at(-1)?.value : undefined,
  )
}

function elements(series: readonly StoredSeries[], valueIn: (series: StoredSeries) => number | undefined): Element[] {
  return series.flatMap((each) => {
    const value = valueIn(each)
    return value === undefined ? [] : [{ labels: { __name__: each.name, ...each.labels }, value }]
  })
}

/** The greatest value of (from, to], where it exceeds the one now. */
function peakWithin(series: StoredSeries, from: number, to: number): number | undefined {
  const now = newestAt(series, to)
  const peak = Math.max(...samplesWithin(series, from, to).map(({ value }) => value))
  return now !== null && peak > now.value ? peak : undefined
}

/** The earliest start, in seconds since the epoch, that the uptimes at every 15 s of (from, to] tell. */
function leastStart(uptime: StoredSeries, from: number, to: number): number | undefined {
  const starts: number[] = []
  for (let step = from - (from % 15_000) + 15_000; step <= to; step += 15_000) {
    const newest = newestAt(uptime, step)
    if (newest !== null) starts.push(newest.timeMs / 1000 - newest.value)
  }
  return starts.length === 0 ? undefined : Math.min(...starts)
}

function raw(storage: Storage, rangeSelector: string, time: number): MatrixSeries[] {
  const windowMs = windowOf(rangeSelector)
  const name = [UP, UPTIME].find((name) => rangeSelector.startsWith(`${name}[`))
  if (name === undefined && !rangeSelector.startsWith(`${SELECTORS[0]}[`)) return []
  return storage.named(name ?? BYTES).flatMap((series) => {
    const samples = samplesWithin(series, time - windowMs, time)
    return samples.length === 0 ? [] : [{ labels: { __name__: series.name, ...series.labels }, samples }]
  })
}

/** The first window of an expression, in ms. */
function windowOf(expression: string): number {
  const [, amount, unit] = /\[(\d+)(ms|s)/.exec(expression) ?? []
  return Number(amount) * (unit === 'ms' ? 1 : 1000)
}
