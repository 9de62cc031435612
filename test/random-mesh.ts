/**
 * A small mesh of chance and the Prometheus that scrapes it: pods are born, found late, restarted, replaced and deleted as
 * the seed says, and all they count is known. Of two meshes of one seed everything is the same.
 */
import { BOOKED, UP, UPTIME } from '#core/metric.ts'
import { bookedSelectors } from '#core/selectors.ts'
import { startsExpression, tailExpression } from '#core/tails.ts'
import { mix, unit } from '../functions/demo/random.ts'
import type { Prometheus } from '../functions/prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

export interface RandomMeshOptions {
  seed: number // uint32
  starts: boolean // proxies tell their uptime, as Envoy does and ztunnel does not
  rawSamples: boolean // the query API has them, so that a gap can be replayed
  tagged: boolean // a tag of the operator's own tells series apart that are one flow
}

/** Bytes of one flow since the first body that was served, in which it had none yet. */
export interface Truth {
  counted: number // by the proxies
  sampled: number // of these, as far as some sample of Prometheus shows them
}

export interface RandomMesh {
  prometheus: Prometheus
  now: number // ms since epoch; the moment of the next answer
  advance(): void // by one interval of Prometheus
  calm(): void // from now on nobody is born or dies, and every question is answered
  truth(): Map<string, Truth> // by flow, as flowName writes it
}

export const PROMETHEUS_INTERVAL_MS = 15_000
const LOOKBACK_MS = 300_000
const FLUSH_MS = 5_000 // Envoy sets its gauges when it flushes
const BEGIN = Date.UTC(2026, 10, 20, 10)
const RESPONSE_CODES = ['200', '404', '503']
const BYTES = BOOKED.find(({ books, layer }) => books === 'egressBytes' && layer === 'http')!.name
const MOST_PODS = 7

interface Process {
  start: number // ms since epoch
  counted: Map<string, number> // by outcome, cumulative
  sampled: Map<string, number> // by outcome, as last sampled
}

interface Pod {
  name: string
  workload: string
  address: string
  phase: number // ms into each interval at which Prometheus scrapes it
  discovered: number // ms since epoch; scraped from then on
  process: Process | null // null while its container is down
}

interface StoredSeries {
  name: string
  labels: Record<string, string> // without external ones
  samples: { timeMs: number; value: number | null }[] // oldest first; null marks staleness
}

/** What tells a row of the ledger from another in this mesh. */
export function flowName(flow: { sourceWorkload: string; responseCode: string }): string {
  return `${flow.sourceWorkload} ${flow.responseCode}`
}

export function randomMesh(options: RandomMeshOptions): RandomMesh {
  let draws = 0
  const chance = (probability: number) => unit(mix(options.seed, draws++)) < probability
  const below = (end: number) => Math.floor(unit(mix(options.seed, draws++)) * end)

  const storage = new Map<string, StoredSeries>()
  const truths = new Map<string, Truth>()
  const pods: Pod[] = []
  const awaited: { pod: Pod; at: number }[] = [] // StatefulSet pods that come back
  let addresses = 0
  let unreachable = 0 // intervals for which no body is served
  let calm = false
  let served = false

  const begin = (start: number): Process => ({ start, counted: new Map(), sampled: new Map() })
  const create = (workload: string, name: string, start: number, address = `10.0.0.${++addresses}:15020`): Pod => ({
    name,
    workload,
    address,
    phase: below(PROMETHEUS_INTERVAL_MS),
    discovered: start + below(60_000),
    process: begin(start),
  })

  for (let ordinal = 0; ordinal < 3; ordinal++) pods.push(create('orders', `orders-${ordinal}`, BEGIN - 3_600_000))
  for (const { process } of pods) process?.counted.set('200', 1000 + below(5000))

  const mesh: RandomMesh = {
    now: BEGIN,
    advance() {
      mesh.now += PROMETHEUS_INTERVAL_MS
      if (!calm) live(mesh.now - PROMETHEUS_INTERVAL_MS)
      for (const pod of pods) {
        if (pod.process !== null) count(pod.workload, pod.process, 0.6)
        const at = mesh.now - PROMETHEUS_INTERVAL_MS + pod.phase
        if (at >= pod.discovered) scrape(pod, at)
      }
      if (unreachable > 0) unreachable--
      else if (!calm && chance(0.01)) unreachable = 4 * (1 + below(30))
    },
    calm() {
      calm = true
      unreachable = 0
    },
    truth: () => truths,
    prometheus: {
      async federate() {
        if (unreachable > 0) throw new Error('unreachable')
        if (!served) startOfTruth()
        served = true
        const lines = [...storage.values()].flatMap((series) => {
          const newest = newestAt(series, mesh.now)
          return newest === null ? [] : [`${written(series)} ${newest.value} ${newest.timeMs}\n`]
        })
        return Buffer.from(lines.sort().join(''))
      },
      async queryInstant(expression, timeMs) {
        if (!calm && chance(0.1)) throw new Error('too busy')
        const answer = instant(expression, timeMs).map((sample) => ({ ...sample, timeMs }))
        return answer
          .map((sample) => ({ sample, place: below(1000) }))
          .sort((a, b) => a.place - b.place)
          .map(({ sample }) => sample)
      },
      async queryRange(selector, timeMs) {
        if (!options.rawSamples || (!calm && chance(0.05))) throw new Error('too busy')
        const windowMs = windowOf(selector)
        return [...storage.values()]
          .filter((series) => selector.startsWith(`${selectorOf(series)}[`))
          .map((series) => ({ labels: named(series), samples: range(series, timeMs - windowMs, timeMs) }))
          .filter(({ samples }) => samples.length > 0)
      },
    },
  }
  return mesh

  /** Births, deaths and restarts in the interval that begins here. */
  function live(from: number): void {
    const moment = () => from + below(PROMETHEUS_INTERVAL_MS)
    for (const back of awaited.filter(({ at }) => at <= from)) {
      awaited.splice(awaited.indexOf(back), 1)
      pods.push(back.pod)
    }
    for (const pod of [...pods]) {
      if (pod.process === null) {
        if (chance(0.5)) pod.process = begin(moment())
      } else if (chance(0.003)) {
        end(pod)
        if (chance(0.7)) pod.process = begin(moment())
      } else if (chance(0.004)) {
        end(pod)
        pods.splice(pods.indexOf(pod), 1)
        for (const series of storage.values()) if (isOf(series, pod)) goStale(series, from + pod.phase)
        if (pod.workload === 'orders' && chance(0.8)) {
          const at = from + PROMETHEUS_INTERVAL_MS * (1 + below(12))
          awaited.push({ at, pod: create('orders', pod.name, at, chance(0.4) ? pod.address : undefined) })
        }
      }
    }
    if (pods.length < MOST_PODS && chance(0.03)) pods.push(create('web', `web-${addresses}`, moment()))
  }

  /** A process ends, and what it counted last is seen by nobody. */
  function end(pod: Pod): void {
    if (pod.process !== null) count(pod.workload, pod.process, 0.3)
    pod.process = null
  }

  function count(workload: string, { counted }: Process, often: number): void {
    RESPONSE_CODES.forEach((code, index) => {
      if (!chance(index === 0 ? often : often / 12)) return
      const bytes = 1 + below(1000)
      counted.set(code, (counted.get(code) ?? 0) + bytes)
      truthOf(workload, code).counted += bytes
    })
  }

  function scrape(pod: Pod, at: number): void {
    const target = { instance: pod.address, namespace: 'shop', pod: pod.name }
    const there = new Set<StoredSeries>()
    const store = (name: string, labels: Record<string, string>, value: number) => {
      const key = JSON.stringify([name, labels])
      const series = storage.get(key) ?? { name, labels, samples: [] }
      storage.set(key, series)
      series.samples.push({ timeMs: at, value })
      there.add(series)
    }
    store(UP, { ...target, job: 'pods' }, pod.process === null ? 0 : 1)
    if (pod.process !== null) {
      const { start, counted, sampled } = pod.process
      const uptime = Math.floor((at - below(FLUSH_MS) - start) / 1000)
      if (options.starts) store(UPTIME, target, Math.max(0, uptime))
      for (const [code, bytes] of counted) {
        store(BYTES, { ...target, ...callLabels(pod.workload, code) }, bytes)
        truthOf(pod.workload, code).sampled += bytes - (sampled.get(code) ?? 0)
        sampled.set(code, bytes)
      }
    }
    for (const series of storage.values()) if (isOf(series, pod) && !there.has(series)) goStale(series, at)
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

  function truthOf(workload: string, code: string): Truth {
    const flow = flowName({ sourceWorkload: workload, responseCode: options.tagged ? '200' : code })
    const truth = truths.get(flow) ?? { counted: 0, sampled: 0 }
    truths.set(flow, truth)
    return truth
  }

  /** What the first body shows is what was before. */
  function startOfTruth(): void {
    truths.clear()
    for (const { workload, process } of pods) {
      for (const [code, bytes] of process?.counted ?? []) {
        truthOf(workload, code).counted += bytes - (process?.sampled.get(code) ?? 0)
      }
    }
  }

  function instant(expression: string, at: number): { labels: Record<string, string>; value: number }[] {
    const all = [...storage.values()]
    if (expression === UP) {
      return all
        .filter(({ name }) => name === UP)
        .flatMap((series) => {
          const newest = newestAt(series, at)
          return newest === null ? [] : [{ labels: named(series), value: newest.value }]
        })
    }
    const windowMs = windowOf(expression)
    if (expression === startsExpression(windowMs)) {
      return all
        .filter(({ name }) => name === UPTIME)
        .flatMap((series) => {
          const starts = subquerySteps(at - windowMs, at).flatMap((step) => {
            const newest = newestAt(series, step)
            return newest === null ? [] : [newest.timeMs / 1000 - newest.value]
          })
          return starts.length === 0 ? [] : [{ labels: series.labels, value: Math.min(...starts) }]
        })
    }
    if (expression !== tailExpression(SELECTORS, windowMs)) throw new Error(`a question nobody foresaw: ${expression}`)
    return all
      .filter(({ name }) => name === BYTES)
      .flatMap((series) => {
        const last = range(series, at - windowMs, at).at(-1)
        return last === undefined || newestAt(series, at) !== null ? [] : [{ labels: named(series), value: last.value }]
      })
  }
}

const SELECTORS = bookedSelectors(simulatedTarget())

function selectorOf({ name }: StoredSeries): string {
  return name === BYTES ? SELECTORS[0] : name
}

function windowOf(expression: string): number {
  return Number(/\[(\d+)s[\]:]/.exec(expression)?.[1]) * 1000
}

function subquerySteps(from: number, to: number): number[] {
  const steps: number[] = []
  const first = (Math.floor(from / PROMETHEUS_INTERVAL_MS) + 1) * PROMETHEUS_INTERVAL_MS
  for (let step = first; step <= to; step += PROMETHEUS_INTERVAL_MS) steps.push(step)
  return steps
}

/** The newest sample at an instant, unless it is stale or older than five minutes. */
function newestAt({ samples }: StoredSeries, at: number): { timeMs: number; value: number } | null {
  const newest = samples.findLast(({ timeMs }) => timeMs <= at)
  if (newest === undefined || newest.value === null || newest.timeMs <= at - LOOKBACK_MS) return null
  return { timeMs: newest.timeMs, value: newest.value }
}

/** The samples in (from, to], oldest first, without marks of staleness. */
function range({ samples }: StoredSeries, from: number, to: number): { timeMs: number; value: number }[] {
  return samples.flatMap(({ timeMs, value }) =>
    value === null || timeMs <= from || timeMs > to ? [] : [{ timeMs, value }],
  )
}

function goStale({ samples }: StoredSeries, at: number): void {
  if (samples.at(-1)?.value !== null) samples.push({ timeMs: at, value: null })
}

function isOf({ labels }: StoredSeries, { name, address }: Pod): boolean {
  return labels.pod === name && labels.instance === address
}

function named({ name, labels }: StoredSeries): Record<string, string> {
  return { __name__: name, ...labels }
}

/** As /federate writes it: labels by name, external ones last. */
function written({ name, labels }: StoredSeries): string {
  const own = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${name}{${[...own, ['cluster', 'prod']].map(([label, value]) => `${label}="${value}"`).join(',')}}`
}
