/** Edges: what each version of each workload did to each destination in one day, summed from the rows of its hours. */
import { type DestinationClass, exactSum, type FlowRow, failed, type Protocol, type Reporter } from '#core/flow.ts'
import type { HourRecord } from '#core/hour-record.ts'
import { compareText } from '#core/order.ts'
import type { Totals } from '#core/report.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { addRow, occurrences, zeroTotals } from '#core/totals.ts'

export interface EdgeEnds {
  target: string
  namespace: string // of the source
  workload: string // '' when unknown
  app: string
  version: string
  destinationClass: DestinationClass
  host: string // '' when unknown
  service: string // destination_service_name as labelled
  serviceNamespace: string
  via: string // 'namespace/name' of a gateway or waypoint, or ''
  reporter: Reporter
  protocol: Protocol
}

/** What one version of one workload did to one destination in one way on one day. */
export interface Edge extends EdgeEnds {
  totals: Totals
  failures: Failures
  responses: EdgeResponse[] // most frequent first
  hours: number[] // 24; requests and connections in each
  egressHours: number[] // 24; egress bytes in each, which sum to the totals' own
  ingressHours: number[] // likewise
  ports: number[] // those that were labelled, ascending
}

/** How requests and connections failed, by the kinds that Kiali's thresholds tell apart; all 0 for what was blocked. */
export interface Failures {
  clientErrors: number // HTTP 4xx
  serverErrors: number // HTTP 5xx
  noResponse: number // HTTP 0 or -
  grpcErrors: number // gRPC 1-16
  connectionFailures: number // TCP with UF, UH, URX or NR
}

/** One answer, and how often it came. */
export interface EdgeResponse {
  code: string // HTTP code, 'grpc 14', or '' for TCP
  flags: string // '-' for none
  count: number // requests, or connections for TCP
  failed: boolean
}

export const EDGE_ENDS: readonly (keyof EdgeEnds)[] = [
  'target',
  'namespace',
  'workload',
  'app',
  'version',
  'destinationClass',
  'host',
  'service',
  'serviceNamespace',
  'via',
  'reporter',
  'protocol',
]

export const FAILURE_NAMES: readonly (keyof Failures)[] = [
  'clientErrors',
  'serverErrors',
  'noResponse',
  'grpcErrors',
  'connectionFailures',
]

export function zeroFailures(): Failures {
  return { clientErrors: 0, serverErrors: 0, noResponse: 0, grpcErrors: 0, connectionFailures: 0 }
}

/** Adds b to a, in place. */
export function addFailures(a: Failures, b: Failures): void {
  for (const name of FAILURE_NAMES) a[name] = exactSum(a[name], b[name])
}

/** The key under which equal ends meet; injective, since no label value holds a NUL after normalisation. */
export function edgeKey(ends: EdgeEnds): string {
  return EDGE_ENDS.map((name) => ends[name]).join('\0')
}

/** The key of a workload, under which its versions meet. */
export function workloadKey({ target, namespace, workload }: Pick<EdgeEnds, 'target' | 'namespace' | 'workload'>) {
  return `${target}\0${namespace}\0${workload}`
}

/** The edges of one day's records, in the order of their keys. */
export function edgesOf(records: readonly HourRecord[]): Edge[] {
  const sums = new Map<string, EdgeSum>()
  for (const { target, hour, rows } of records) {
    const hourOfDay = (hour % DAY_MS) / HOUR_MS
    for (const row of rows) {
      const ends = endsOf(target, row)
      const key = edgeKey(ends)
      const sum = sums.get(key) ?? emptySum(ends)
      sums.set(key, sum)
      addToSum(sum, row, hourOfDay)
    }
  }
  return [...sums]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { edge, ports, responses }]) => ({
      ...edge,
      responses: [...responses.values()].filter(({ count }) => count > 0).sort(byFrequency),
      ports: [...ports].sort((a, b) => a - b),
    }))
}

/** For sort(): the most frequent first. */
export function byFrequency(a: EdgeResponse, b: EdgeResponse): number {
  return b.count - a.count || compareText(a.code, b.code) || compareText(a.flags, b.flags)
}

/** The zeros of a day's hours. */
export function noHours(): number[] {
  return Array<number>(24).fill(0)
}

interface EdgeSum {
  edge: Edge
  ports: Set<number>
  responses: Map<string, EdgeResponse>
}

function emptySum(ends: EdgeEnds): EdgeSum {
  const hours = { hours: noHours(), egressHours: noHours(), ingressHours: noHours() }
  const figures = { totals: zeroTotals(), failures: zeroFailures(), responses: [], ...hours, ports: [] }
  return { edge: { ...ends, ...figures }, ports: new Set(), responses: new Map() }
}

function addToSum({ edge, ports, responses }: EdgeSum, row: FlowRow, hourOfDay: number): void {
  const count = occurrences(row)
  addRow(edge.totals, row)
  edge.hours[hourOfDay] = exactSum(edge.hours[hourOfDay], count)
  edge.egressHours[hourOfDay] = exactSum(edge.egressHours[hourOfDay], row.egressBytes)
  edge.ingressHours[hourOfDay] = exactSum(edge.ingressHours[hourOfDay], row.ingressBytes)
  if (row.destinationPort !== null) ports.add(row.destinationPort)
  const isFailure = row.destinationClass !== 'blocked' && failed(row)
  if (isFailure) {
    const kind = failureKind(row)
    edge.failures[kind] = exactSum(edge.failures[kind], count)
  }
  const code = row.protocol === 'grpc' && row.grpcStatus !== '' ? `grpc ${row.grpcStatus}` : row.responseCode
  const key = `${code}\0${row.responseFlags}`
  const response = responses.get(key)
  if (response === undefined) responses.set(key, { code, flags: row.responseFlags, count, failed: isFailure })
  else response.count = exactSum(response.count, count)
}

/** The kind of failure of a row that failed. A gRPC call without a status failed as HTTP does. */
function failureKind({ protocol, grpcStatus, responseCode }: FlowRow): keyof Failures {
  if (protocol === 'tcp') return 'connectionFailures'
  if (protocol === 'grpc' && grpcStatus !== '') return 'grpcErrors'
  if (responseCode.startsWith('4')) return 'clientErrors'
  return responseCode === '0' || responseCode === '-' || responseCode === '' ? 'noResponse' : 'serverErrors'
}

function endsOf(target: string, row: FlowRow): EdgeEnds {
  return {
    target,
    namespace: row.sourceNamespace,
    workload: row.sourceWorkload,
    app: row.sourceApp,
    version: row.sourceVersion,
    destinationClass: row.destinationClass,
    host: row.destinationHost,
    service: row.destinationService,
    serviceNamespace: row.destinationServiceNamespace,
    via: row.via,
    reporter: row.reporter,
    protocol: row.protocol,
  }
}
