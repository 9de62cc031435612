/**
 * The metrics the ledger reads, and what each of them books.
 *
 * At the client's side Istio's TCP names read backwards: they are named from the response's point of view
 * (istio/istio#32399), so *received* bytes are those that left the mesh.
 */
import type { Counted } from '#core/flow.ts'

/** A metric that is booked: where its deltas go, and whether it is a TCP series or an HTTP one. */
export interface BookedMetric {
  name: string
  books: Counted
  layer: 'http' | 'tcp'
}

export const BOOKED: readonly BookedMetric[] = [
  { name: 'istio_requests_total', books: 'requests', layer: 'http' },
  { name: 'istio_request_bytes_sum', books: 'egressBytes', layer: 'http' },
  { name: 'istio_response_bytes_sum', books: 'ingressBytes', layer: 'http' },
  { name: 'istio_request_duration_milliseconds_sum', books: 'durationMs', layer: 'http' },
  { name: 'istio_tcp_received_bytes_total', books: 'egressBytes', layer: 'tcp' },
  { name: 'istio_tcp_sent_bytes_total', books: 'ingressBytes', layer: 'tcp' },
  { name: 'istio_tcp_connections_opened_total', books: 'connectionsOpened', layer: 'tcp' },
  { name: 'istio_tcp_connections_closed_total', books: 'connectionsClosed', layer: 'tcp' },
]

/** Seconds since an Envoy started: proves that its counters began at zero after a given moment. ztunnel has none. */
export const UPTIME = 'envoy_server_uptime'
/** Prometheus's own record of each of its scrapes: the sentinel of a whole body, and the ledger's clock. */
export const UP = 'up'

/** Where an expression tells a metric's name, so that series of several metrics are told apart: operators ignore the name. */
export const METRIC_LABEL = 'wharfage_metric'

/** What a series is to the ledger: an index into BOOKED, or one of the marks below. */
export type MetricIndex = number
export const UPTIME_METRIC: MetricIndex = 100
export const UP_METRIC: MetricIndex = 101
export const OTHER_METRIC: MetricIndex = 255

const BY_NAME = new Map<string, MetricIndex>([
  ...BOOKED.map((metric, index): [string, MetricIndex] => [metric.name, index]),
  [UPTIME, UPTIME_METRIC],
  [UP, UP_METRIC],
])

export function metricIndex(name: string): MetricIndex {
  return BY_NAME.get(name) ?? OTHER_METRIC
}
