/**
 * A flow: one kind of traffic out of the mesh, told by labels alone, and what is measured of it.
 *
 * The order of the fields here is the order of the columns in rollups and CSV.
 */

/** How the mesh let the traffic out, or did not. */
export type DestinationClass = 'registered' | 'passthrough' | 'blocked'
export const DESTINATION_CLASSES: readonly DestinationClass[] = ['registered', 'passthrough', 'blocked']

export type Protocol = 'http' | 'grpc' | 'tcp'
export const PROTOCOLS: readonly Protocol[] = ['http', 'grpc', 'tcp']
/** Which proxy counted: the client's own side, or a waypoint acting for it. */
export type Reporter = 'source' | 'waypoint'

export interface Flow {
  sourceNamespace: string
  sourceWorkload: string
  sourceApp: string
  sourceVersion: string
  sourceCluster: string
  destinationClass: DestinationClass
  destinationHost: string // lower case, without port or trailing dot; '' when the proxy could not know
  destinationPort: number | null // when a label told
  destinationService: string // destination_service_name as labelled
  destinationServiceNamespace: string
  via: string // 'namespace/name' of the gateway or waypoint that sent it, else ''
  reporter: Reporter
  protocol: Protocol
  responseCode: string // '' for TCP
  grpcStatus: string // '' unless gRPC
  responseFlags: string // Envoy's, '-' for none
}

/** All whole numbers, never negative. Directions are the mesh's: egress leaves it, ingress comes back. */
export interface Measures {
  requests: number // HTTP and gRPC requests, exact
  egressBytes: number // out of the mesh; exact for TCP, Envoy's estimate for HTTP; 0 when blocked
  ingressBytes: number // what came back
  connectionsOpened: number // TCP
  connectionsClosed: number // TCP; the only counter that moves for a blocked TCP connection
  durationMs: number // summed over requests
  assumedBytes: number // of egressBytes: booked for series whose birth could not be proved
  spreadBytes: number // of egressBytes: divided over a gap in proportion to time
  lateBytes: number // of egressBytes: belongs to an hour that was closed already
  tailBytes: number // of egressBytes: what series counted after the last scrape that saw them
}

export type Measure = keyof Measures

export const MEASURES: readonly Measure[] = [
  'requests',
  'egressBytes',
  'ingressBytes',
  'connectionsOpened',
  'connectionsClosed',
  'durationMs',
  'assumedBytes',
  'spreadBytes',
  'lateBytes',
  'tailBytes',
]

/** The measures that come straight from a counter; the others say how sure these are. */
export type Counted =
  | 'requests'
  | 'egressBytes'
  | 'ingressBytes'
  | 'connectionsOpened'
  | 'connectionsClosed'
  | 'durationMs'

export const COUNTED: readonly Counted[] = [
  'requests',
  'egressBytes',
  'ingressBytes',
  'connectionsOpened',
  'connectionsClosed',
  'durationMs',
]

export const FLOW_FIELDS: readonly (keyof Flow)[] = [
  'sourceNamespace',
  'sourceWorkload',
  'sourceApp',
  'sourceVersion',
  'sourceCluster',
  'destinationClass',
  'destinationHost',
  'destinationPort',
  'destinationService',
  'destinationServiceNamespace',
  'via',
  'reporter',
  'protocol',
  'responseCode',
  'grpcStatus',
  'responseFlags',
]

/** Stands where values were folded into one; no host, and no name in Kubernetes, is spelt so. */
export const OTHER = '__other__'

/** One row of a rollup: a flow and what it did in that hour. */
export type FlowRow = Flow & Measures

export function zeroMeasures(): Measures {
  return {
    requests: 0,
    egressBytes: 0,
    ingressBytes: 0,
    connectionsOpened: 0,
    connectionsClosed: 0,
    durationMs: 0,
    assumedBytes: 0,
    spreadBytes: 0,
    lateBytes: 0,
    tailBytes: 0,
  }
}

/** Adds b to a, in place. Throws when a sum leaves the range in which whole numbers are exact (2^53). */
export function addMeasures(a: Measures, b: Measures): void {
  for (const measure of MEASURES) a[measure] = exactSum(a[measure], b[measure])
}

/** a + b, or an error when the sum is no longer exact. */
export function exactSum(a: number, b: number): number {
  const sum = a + b
  if (!Number.isSafeInteger(sum)) throw new Error(`sum ${sum} is beyond 2^53 and would no longer be exact`)
  return sum
}

/** The key under which equal flows meet; injective, since no label value holds a NUL after normalisation. */
export function flowKey(flow: Flow): string {
  return FLOW_FIELDS.map((field) => flow[field] ?? '').join('\0')
}

/** Orders flows as their keys would, without making them: of a large hour they take 50 MB. */
export function compareFlows(a: Flow, b: Flow): number {
  for (const field of FLOW_FIELDS) {
    if (a[field] !== b[field]) return String(a[field] ?? '') < String(b[field] ?? '') ? -1 : 1
  }
  return 0
}

/** True when the row failed: HTTP 4xx, 5xx or no response; gRPC 1-16; TCP that never connected. */
export function failed(flow: Flow): boolean {
  switch (flow.protocol) {
    case 'tcp':
      return /(^|,)(UF|UH|URX|NR)(,|$)/.test(flow.responseFlags)
    case 'grpc':
      return flow.grpcStatus !== '' ? flow.grpcStatus !== '0' : flow.responseCode !== '200'
    case 'http':
      return flow.responseCode === '0' || flow.responseCode === '-' || flow.responseCode >= '4'
  }
}
