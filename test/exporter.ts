/** Simulated Envoys: the /stats/prometheus endpoint of a sidecar whose traffic is known to the unit. */
import { once } from 'node:events'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Counted, DestinationClass } from '#core/flow.ts'

/** Where traffic goes, as Istio labels it, and what the ledger must make of it. */
export interface Destination {
  egress: DestinationClass | null // null: not egress
  host: string // as the ledger has it
  service: string // destination_service; through PassthroughCluster the client's Host header
  name: string // destination_service_name
  protocol: 'http' | 'tcp'
  code?: string // response_code of HTTP; default '200'
  flags?: string // response_flags; default '-'
  reporter?: string // default 'source'
  principal?: string // destination_principal; default 'unknown'
}

export interface ExposedSeries {
  name: string
  labels: Record<string, string>
  value: number
}

export interface Pod {
  namespace: string
  pod: string
  instance: string
}

const METRICS: Record<Destination['protocol'], Partial<Record<Counted, string>>> = {
  http: {
    requests: 'istio_requests_total',
    egressBytes: 'istio_request_bytes_sum',
    ingressBytes: 'istio_response_bytes_sum',
    durationMs: 'istio_request_duration_milliseconds_sum',
  },
  tcp: {
    egressBytes: 'istio_tcp_received_bytes_total',
    ingressBytes: 'istio_tcp_sent_bytes_total',
    connectionsOpened: 'istio_tcp_connections_opened_total',
    connectionsClosed: 'istio_tcp_connections_closed_total',
  },
}

/** Where Envoys are asked. Two jobs that scrape one pod need two paths: only this one's scrapes are waited for. */
export const METRICS_PATH = '/stats/prometheus'

/** Envoy's histogram sums are floats that carry the noise of their additions. */
const NOISE = 6e-11

export class Exporter {
  readonly pod: Pod
  /** What the ledger must have booked, had it watched from the first count on: see truthKey. */
  readonly counted = new Map<string, number>()
  startedAt: number // ms since epoch
  private readonly clock: () => number // ms since epoch
  private readonly series = new Map<string, ExposedSeries>()
  private readonly server = http.createServer(({ url }, response) => this.answer(response, url === METRICS_PATH))
  private readonly waiting: (() => void)[][] = [[], []] // for the next request, and for the one after it

  constructor(pod: Pod, startedAt: number, clock: () => number = Date.now) {
    this.pod = pod
    this.startedAt = startedAt
    this.clock = clock
  }

  /** Counts traffic of one kind, as the sidecar does at the client's side. */
  count(destination: Destination, amounts: Partial<Record<Counted, number>>): void {
    for (const [measure, amount] of Object.entries(amounts) as [Counted, number][]) {
      const name = METRICS[destination.protocol][measure]
      if (name === undefined) throw new Error(`no ${destination.protocol} metric counts ${measure}`)
      this.add(name, istioLabels(destination, this.pod), amount)
      if (name.endsWith('_sum')) {
        const histogram = name.slice(0, -'_sum'.length)
        this.add(`${histogram}_count`, istioLabels(destination, this.pod), 1)
        this.add(`${histogram}_bucket`, { ...istioLabels(destination, this.pod), le: '+Inf' }, 1)
      }
      const left = destination.egress !== 'blocked' || !measure.endsWith('Bytes')
      const key = truthKey(destination.egress ?? '', destination.host, destination.protocol, measure)
      if (destination.egress !== null && left) this.counted.set(key, (this.counted.get(key) ?? 0) + amount)
    }
  }

  /** A new process in the same pod: every counter is gone, and what it counted remains true. */
  restart(): void {
    this.series.clear()
    this.startedAt = this.clock()
  }

  /** What a scrape of now would see. */
  exposed(): ExposedSeries[] {
    const uptime = Math.floor((this.clock() - this.startedAt) / 1000)
    const noisy = [...this.series.values()].map((series) =>
      series.name.endsWith('_sum') ? { ...series, value: series.value + NOISE } : series,
    )
    return [...noisy, { name: 'envoy_server_uptime', labels: {}, value: uptime }]
  }

  /** Listens on a loopback port; gives its address. */
  async listen(): Promise<string> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening')
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Resolves when METRICS_PATH has been scraped with everything counted so far, and the scraper is back for more. */
  scraped(): Promise<void> {
    return new Promise((resolve) => this.waiting[1].push(resolve))
  }

  /** Refuses connections from now on. */
  die(): void {
    this.server.close()
    this.server.closeAllConnections()
  }

  private answer(response: http.ServerResponse, counts: boolean): void {
    if (counts) {
      const [due, next] = this.waiting
      this.waiting[0] = next
      this.waiting[1] = []
      for (const resolve of due) resolve()
    }
    const lines = this.exposed()
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, labels, value }) => `${name}${braces(labels)} ${value}\n`)
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(lines.join(''))
  }

  private add(name: string, labels: Record<string, string>, amount: number): void {
    const key = `${name}${braces(labels)}`
    const series = this.series.get(key) ?? { name, labels, value: 0 }
    series.value += amount
    this.series.set(key, series)
  }
}

/** Under which a measure of one kind of traffic is summed, by exporters and of ledgers alike. */
export function truthKey(destinationClass: string, host: string, protocol: string, measure: string): string {
  return `${destinationClass} ${host || '(unknown)'} ${protocol} ${measure}`
}

/** `{name="value",…}` in the order of the labels, as an exposition has it. */
export function braces(labels: Record<string, string>): string {
  const escaped = (value: string) => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** In Envoy's order, which is not sorted. */
function istioLabels(destination: Destination, { namespace, pod }: Pod): Record<string, string> {
  const { service, name, protocol, code = '200', flags = '-', reporter = 'source', principal = 'unknown' } = destination
  const workload = pod.replace(/-[a-z0-9]+$/, '')
  return {
    reporter,
    source_workload: workload,
    source_canonical_service: workload,
    source_canonical_revision: 'v1',
    source_workload_namespace: namespace,
    source_principal: 'unknown',
    source_app: workload,
    source_version: 'v1',
    source_cluster: 'Kubernetes',
    destination_workload: 'unknown',
    destination_workload_namespace: 'unknown',
    destination_principal: principal,
    destination_app: 'unknown',
    destination_version: 'unknown',
    destination_service: service,
    destination_canonical_service: 'unknown',
    destination_service_name: name,
    destination_service_namespace: 'unknown',
    request_protocol: protocol,
    ...(protocol === 'http' ? { response_code: code, grpc_response_status: '' } : {}),
    response_flags: flags,
    connection_security_policy: 'unknown',
  }
}
