/** The words in which a simulated mesh is told: workloads, their calls, and what happens when. */
import type { Rhythm } from './rhythm.ts'

export type MeshName = 'prod-eu' | 'prod-us'
export const MESHES: readonly MeshName[] = ['prod-eu', 'prod-us']

/** An instant as a calendar writes it: '2026-11-04 09:00', UTC, on whole five minutes. */
export type When = string

/** Which label shapes a ServiceEntry's series have: 1.23 to 1.25 know its namespace, 1.30 and newer its workload too. */
export type IstioVersion = '1.24' | '1.31'

/** Where a call goes, as the mesh is configured; each has its own shape of labels. */
export type Destination =
  | { kind: 'passthrough'; host: string } // ALLOW_ANY; host is the client's Host header, '' for TLS and TCP
  | { kind: 'pod-address'; address: string; workload: string; namespace: string } // ALLOW_ANY, but inside the mesh
  | { kind: 'blackhole'; host: string } // REGISTRY_ONLY; nothing leaves
  | { kind: 'service-entry'; host: string; name: string; resolution: 'DNS' | 'STATIC' | 'NONE' }
  | { kind: 'dynamic-dns'; host: string } // wildcard ServiceEntry; HTTP: the Host header, TLS: ''
  | { kind: 'allow-any-dynamic-dns'; host: string } // like passthrough, under the Host header's own name
  | { kind: 'egress-gateway'; name: string; namespace: string } // first of two hops
  | { kind: 'no-route' } // a gateway that knows no way on
  | { kind: 'service'; workload: string; namespace: string; version: string } // inside the mesh
  | { kind: 'inbound-passthrough' } // the workload itself, called past its listeners; reporter=destination
  | { kind: 'ztunnel-unknown' } // ambient passthrough
  | { kind: 'ztunnel-entry'; host: string; name: string } // ambient, straight to a ServiceEntry
  | { kind: 'ztunnel-waypoint'; host: string; name: string; waypoint: string } // ambient, first of two hops
  | { kind: 'waypoint-entry'; host: string } // ambient, second hop

/** One way a call ends, and how often. */
export interface Outcome {
  code: string // HTTP status, '' for TCP
  flags: string // Envoy's, '-' for none
  grpc: string // gRPC status, '' unless gRPC
  share: number // 0..1 of the calls
}

export interface Client {
  namespace: string
  workload: string
  app: string
  version: string
}

export interface Call {
  to: Destination
  protocol: 'http' | 'grpc' | 'tcp'
  outcomes: readonly Outcome[]
  windows: readonly (readonly [When, When])[] // none: always
  client: Client | null // for whom a ztunnel or waypoint calls; null: the workload itself
  perHour: number // requests or connections of one pod in the busiest hour of a weekday
  rhythm: Rhythm
  bytesOut: number // for each request or connection
  bytesIn: number
  ms: number // duration of a request, 0 for TCP
  lagSeconds: number // how long a TCP connection stays open
  pool: number // connections opened when the process starts; their bytes flow evenly
}

/** Pods that begin at set minutes and soon end. */
export interface Runs {
  everyMinutes: number // counted from midnight
  atMinute: number
  seconds: readonly [number, number] // shortest and longest life
}

export interface Workload {
  namespace: string
  name: string
  app: string
  version: string // '' for gateways, ztunnel and waypoints
  proxy: 'sidecar' | 'gateway' | 'ztunnel' | 'waypoint'
  replicas: number
  extraByDay: number // pods more, on weekdays from seven in the morning for twelve hours and a half
  since: When | null // null: before the simulation
  until: When | null
  rollouts: readonly When[]
  restarts: readonly When[] // of the first pod's container
  runs: Runs | null // a job, in place of replicas
  calls: readonly Call[]
}

/** Hours in which nothing was seen; half-open. */
export interface Outage {
  from: When
  until: When
}

export interface World {
  name: MeshName
  istio: IstioVersion
  utcOffsetHours: number // of its users' days, which the rhythms follow
  gateways: readonly string[] // 'namespace/name'
  waypoints: readonly string[]
  workloads: readonly Workload[]
  prometheusOutages: readonly Outage[] // Prometheus is down: no samples, no endpoint
  endpointOutages: readonly Outage[] // only the way to it is closed: samples are kept
}

/** Both meshes are told from here, to here (exclusive). */
export const FROM: When = '2026-10-17 00:00'
export const TO: When = '2026-11-21 09:40'

/** Ends for windows that began before the simulation, or go on after it. */
export const BEFORE: When = '2026-10-01 00:00'
export const AFTER: When = '2026-12-01 00:00'

/** Milliseconds since epoch. */
export function instant(when: When): number {
  const time = Date.parse(`${when.replace(' ', 'T')}:00Z`)
  if (Number.isNaN(time)) throw new Error(`demo world: "${when}" is no instant; write it as 2026-11-04 09:00`)
  return time
}

/** What a call must say; the rest has defaults. */
type CallGiven = Pick<Call, 'perHour' | 'bytesOut' | 'bytesIn'> & Partial<Call>

const CALL = { windows: [], client: null, rhythm: 'steady', ms: 0, lagSeconds: 20, pool: 0 } as const

/** An HTTP call; it ends with 200 unless outcomes say otherwise. */
export function http(to: Destination, given: CallGiven): Call {
  return { ...CALL, ms: 80, outcomes: [ended('200')], ...given, to, protocol: 'http' }
}

/** A gRPC call; it ends with status 0 unless outcomes say otherwise. */
export function grpc(to: Destination, given: CallGiven): Call {
  return { ...CALL, ms: 25, outcomes: [status('0')], ...given, to, protocol: 'grpc' }
}

/** A TCP call, which is also what TLS that the application speaks itself looks like. */
export function tcp(to: Destination, given: CallGiven): Call {
  return { ...CALL, outcomes: [connected()], ...given, to, protocol: 'tcp' }
}

/** A host that a ServiceEntry of that name registers. */
export function entry(host: string, name: string, resolution: 'DNS' | 'STATIC' | 'NONE' = 'DNS'): Destination {
  return { kind: 'service-entry', host, name, resolution }
}

/** Any host, where the mesh lets everything out; '' where no Host header tells it. */
export function anyone(host = ''): Destination {
  return { kind: 'passthrough', host }
}

/** Any host, where the mesh lets nothing unregistered out. */
export function blackhole(host = ''): Destination {
  return { kind: 'blackhole', host }
}

/** An HTTP outcome. */
export function ended(code: string, share = 1, flags = '-'): Outcome {
  return { code, flags, grpc: '', share }
}

/** A gRPC outcome. */
export function status(grpc: string, share = 1): Outcome {
  return { code: '200', flags: '-', grpc, share }
}

/** A TCP outcome. */
export function connected(share = 1, flags = '-'): Outcome {
  return { code: '', flags, grpc: '', share }
}

const WORKLOAD = {
  proxy: 'sidecar',
  replicas: 1,
  extraByDay: 0,
  since: null,
  until: null,
  rollouts: [],
  restarts: [],
  runs: null,
} as const

/** A workload from 'namespace/app-version', e.g. 'bookinfo/details-v2'; gateways, ztunnels and waypoints have no version. */
export function workload(path: string, given: Pick<Workload, 'calls'> & Partial<Workload>): Workload {
  const [namespace, name] = path.split('/')
  const versioned = /^(.+)-(v\d+)$/.exec(name)
  return { ...WORKLOAD, ...given, namespace, name, app: versioned?.[1] ?? name, version: versioned?.[2] ?? '' }
}
