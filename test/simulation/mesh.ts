/**
 * The mesh of one run: who lived when and counted what. All of it is a function of time that follows from the seed, so that
 * every body can be told of any moment, and the truth is known.
 */
import type { Counted, FlowRow } from '#core/flow.ts'
import { BOOKED } from '#core/metric.ts'
import { Chance } from './chance.ts'
import type { Weather } from './weather.ts'

/** A span of time, ms since epoch: [from, to). */
export interface Span {
  from: number
  to: number
}

/** One counter of one process, from its birth at zero to its process's end. */
export interface Counter {
  id: number
  metric: string
  measure: Counted
  labels: Record<string, string> // of the call, without the target's
  flow: string | null // as flowName writes it; null when it is no egress
  blocked: boolean
  process: MeshProcess
  from: number // ms since epoch; not exposed before it first counted
  countAt(time: number): number
}

export interface MeshProcess extends Span {
  pod: Pod
  counters: Counter[]
}

/** One target of Prometheus, from the moment it is discovered to the moment it is dropped. */
export interface Pod {
  name: string
  instance: string
  discovered: number // ms since epoch
  removed: number
  phase: number // ms into each interval at which it is scraped
  processes: MeshProcess[]
  unreachable: Span[] // scrapes of it fail, though it lives
}

export interface Mesh {
  pods: Pod[]
  counters: Counter[]
  steady: Counter[] // of a process that was there before all and never ends
}

export const PROMETHEUS_INTERVAL_MS = 60_000
export const NAMESPACE = 'shop'
const MINUTE_MS = 60_000
const FOREVER = Number.MAX_SAFE_INTEGER

/** A kind of call: its labels and the metrics that count it. */
interface Call {
  service: string
  name: string
  code: string // '' for TCP
  metrics: readonly string[]
  workload?: string // of the destination, where known
}

const HTTP = ['istio_requests_total', 'istio_request_bytes_sum', 'istio_response_bytes_sum']
const TCP = ['istio_tcp_received_bytes_total', 'istio_tcp_sent_bytes_total', 'istio_tcp_connections_opened_total']
const CALLS: readonly Call[] = [
  { service: 'api.example', name: 'api.example', code: '200', metrics: HTTP },
  { service: 'api.example', name: 'api.example', code: '503', metrics: HTTP.slice(0, 2) },
  { service: 'unknown', name: 'PassthroughCluster', code: '', metrics: TCP },
  { service: 'evil.example', name: 'BlackHoleCluster', code: '502', metrics: HTTP.slice(0, 2) },
  { service: '10.0.0.7:8080', name: 'PassthroughCluster', code: '200', metrics: HTTP.slice(0, 1), workload: 'cart' },
]

/** What tells one flow of these meshes from another. */
export function flowName(row: Pick<FlowRow, 'sourceWorkload' | 'destinationHost' | 'responseCode'>): string {
  return `${row.sourceWorkload} to ${row.destinationHost || 'unknown'} ${row.responseCode}`.trim()
}

/** A mesh of at most five pods at a time, in which what this weather knows happens until `calm`; times in ms since epoch. */
export function createMesh(seed: number, weather: Weather, begin: number, calm: number): Mesh {
  const chance = new Chance(seed, 'mesh')
  const mesh: Mesh = { pods: [], counters: [], steady: [] }
  const births: Span = { from: begin - 60 * MINUTE_MS, to: calm }
  const series = weather.has('churn') ? chance.between(2, 4) : chance.between(2, 6)
  let addresses = 0

  const steady = addPod('steady-0', births.from)
  mesh.steady = addProcess(steady, 'steady', { from: births.from, to: FOREVER }, series).counters
  const slots = chance.between(1, 4)
  for (let slot = 1; slot <= slots; slot++) live(slot)
  if (weather.has('tagged')) weather.note('tagged')
  if (weather.has('newly monitored')) {
    weather.note('newly monitored')
    const discovered = chance.between(begin + 20 * MINUTE_MS, Math.max(begin + 21 * MINUTE_MS, calm - 20 * MINUTE_MS))
    addProcess(addPod('old-0', discovered), 'old', { from: births.from, to: FOREVER }, series)
  }
  return mesh

  /** One place in the mesh, and who fills it one after another. */
  function live(slot: number): void {
    const workload = `app-${slot}`
    const kinds = ['lasting'] as ('lasting' | 'replaced' | 'restarting' | 'namesake' | 'job')[]
    if (weather.has('churn')) kinds.push('replaced', 'replaced', 'job')
    if (weather.has('restarts')) kinds.push('restarting', 'restarting')
    if (weather.has('namesakes')) kinds.push('namesake', 'namesake')
    const kind = chance.pick(kinds)
    const lasts = () => (kind === 'job' ? chance.between(1, 8) : chance.between(4, 70)) * MINUTE_MS
    let time = births.from + chance.between(0, 59 * MINUTE_MS)
    let pod: Pod | null = null
    for (let number = 0; time < calm; number++) {
      const end = kind === 'lasting' ? FOREVER : time + lasts()
      const alive = { from: time, to: end < calm ? end : FOREVER }
      const discovered = time + chance.between(0, MINUTE_MS)
      if (kind === 'restarting') pod ??= addPod(`${workload}-0`, discovered)
      else if (kind === 'namesake')
        pod = addPod(`${workload}-0`, discovered, chance.of(0.4) ? pod?.instance : undefined)
      else pod = addPod(`${workload}-${number}`, discovered)
      addProcess(pod, workload, alive, series)
      if (alive.to === FOREVER) break
      weather.note(kind === 'restarting' ? 'restarts' : kind === 'namesake' ? 'namesakes' : 'churn')
      if (kind !== 'restarting') pod.removed = end + chance.between(0, 10_000)
      time = end + 15_000 + chance.between(0, kind === 'job' ? 20 * MINUTE_MS : 4 * MINUTE_MS)
    }
  }

  function addPod(name: string, discovered: number, instance = `10.0.1.${++addresses}:15020`): Pod {
    const phase = chance.between(0, PROMETHEUS_INTERVAL_MS - 1)
    const pod: Pod = { name, instance, discovered, removed: FOREVER, phase, processes: [], unreachable: [] }
    if (weather.has('unreachable pods')) {
      const from = chance.between(Math.max(discovered, begin), calm)
      pod.unreachable.push({ from, to: Math.min(calm, from + chance.between(1, 40) * MINUTE_MS) })
      weather.note('unreachable pods')
    }
    mesh.pods.push(pod)
    return pod
  }

  function addProcess(pod: Pod, workload: string, life: Span, most: number): MeshProcess {
    const process: MeshProcess = { ...life, pod, counters: [] }
    pod.processes.push(process)
    const calls = CALLS.filter((_, index) => index === 0 || chance.of(0.4))
    for (const call of calls) {
      const first = life.from + chance.between(0, 2 * MINUTE_MS) + (chance.of(0.2) ? 30 * MINUTE_MS : 0)
      for (const tenant of weather.has('tagged') && call.code === '200' && workload !== 'steady' ? ['a', 'b'] : ['']) {
        for (const metric of call.metrics) {
          if (process.counters.length < most) addCounter(process, workload, call, { metric, tenant, first })
        }
      }
    }
    return process
  }

  function addCounter(
    process: MeshProcess,
    workload: string,
    call: Call,
    { metric, tenant, first }: { metric: string; tenant: string; first: number },
  ): void {
    const labels: Record<string, string> = {
      destination_service: call.service,
      destination_service_name: call.name,
      reporter: 'source',
      request_protocol: call.code === '' ? 'tcp' : 'http',
      ...(call.code === '' ? {} : { response_code: call.code }),
      response_flags: '-',
      source_workload: workload,
      source_workload_namespace: NAMESPACE,
      ...(call.workload === undefined ? {} : { destination_workload: call.workload }),
      ...(tenant === '' ? {} : { tenant }),
    }
    const bytes = metric.includes('bytes')
    const rate = chance.of(0.2) ? 0 : bytes ? chance.between(1, 50_000) / 1000 : chance.between(1, 500) / 100_000 // per ms
    const burst = bytes ? chance.between(1, 9_000_000) : chance.between(1, 300)
    const period = chance.between(3, 90) * MINUTE_MS
    const countAt = (time: number): number => {
      const ms = Math.min(time, process.to) - first
      return ms < 0 ? 0 : 1 + Math.floor(ms * rate) + burst * Math.floor(ms / period)
    }
    const counter: Counter = {
      id: mesh.counters.length,
      metric,
      measure: (BOOKED.find(({ name }) => name === metric) as (typeof BOOKED)[number]).books,
      labels,
      flow: call.workload === undefined ? flowOf(workload, call) : null,
      blocked: call.name === 'BlackHoleCluster',
      process,
      from: first,
      countAt,
    }
    mesh.counters.push(counter)
    process.counters.push(counter)
  }
}

function flowOf(workload: string, { service, code }: Call): string {
  const destinationHost = service === 'unknown' ? '' : service
  return flowName({ sourceWorkload: workload, destinationHost, responseCode: code })
}
