/** The series that Prometheus keeps of a pod: their names and labels, and what they were at a sample's time. */
import { callLabels, type Labels, targetLabels } from './labels.ts'
import { counted, type Metric, type Pod, type Stream } from './lifecycle.ts'
import { hashText, mix } from './random.ts'
import { lifeAt } from './scrapes.ts'
import type { World } from './world.ts'

/** A label set and the metric's name, made once for each series: equal label sets of one series are one object. */
export interface LabelSet {
  name: string // '' when an operator dropped it
  labels: readonly (readonly [string, string])[] // sorted by label name, none empty
  key: string // the labels in one text, without the name
}

export interface Series extends LabelSet {
  pod: Pod
  kind: 'up' | 'uptime' | 'counter'
  stream: Stream | null // of a counter
  metric: Metric
  noisy: boolean // a histogram's sum: a float that is a whole number but for its last bit
  seed: number
  prefix: Buffer | null // name and labels as an exposition line begins
}

const HTTP: readonly [string, Metric][] = [
  ['istio_request_bytes_count', 'count'],
  ['istio_request_bytes_sum', 'out'],
  ['istio_request_duration_milliseconds_count', 'count'],
  ['istio_request_duration_milliseconds_sum', 'ms'],
  ['istio_requests_total', 'count'],
  ['istio_response_bytes_count', 'count'],
  ['istio_response_bytes_sum', 'in'],
]

// Istio names TCP's directions from the response's point of view: what the source sends out was "received".
const TCP: readonly [string, Metric][] = [
  ['istio_tcp_connections_closed_total', 'closed'],
  ['istio_tcp_connections_opened_total', 'count'],
  ['istio_tcp_received_bytes_total', 'out'],
  ['istio_tcp_sent_bytes_total', 'in'],
]

/** All series of a pod, in no particular order; one for each name and label set over all lives of its proxy. */
export function seriesOf(world: World, pod: Pod): Series[] {
  const target = targetLabels(pod.workload, pod)
  const series = [make('up', target, pod, 'up', null, 'count')]
  // ztunnel is no Envoy and tells no start.
  if (pod.workload.proxy !== 'ztunnel') series.push(make('envoy_server_uptime', target, pod, 'uptime', null, 'count'))
  const seen = new Set<string>()
  for (const stream of pod.streams) {
    const labels = { ...target, ...callLabels(world.istio, pod.workload, stream.call, stream.outcome) }
    for (const [name, metric] of metricsOf(stream)) {
      const made = make(name, labels, pod, 'counter', stream, metric)
      const identity = `${name}\0${made.key}`
      if (seen.has(identity))
        throw new Error(`demo world: ${pod.workload.name} tells ${name} twice with the same labels`)
      seen.add(identity)
      series.push(made)
    }
  }
  return series
}

function metricsOf(stream: Stream): readonly [string, Metric][] {
  if (stream.call.protocol !== 'tcp') return HTTP
  // A connection into the BlackHole is never opened.
  return stream.call.to.kind === 'blackhole' ? TCP.filter(([, metric]) => metric !== 'count') : TCP
}

function make(
  name: string,
  labels: Labels,
  pod: Pod,
  kind: Series['kind'],
  stream: Stream | null,
  metric: Metric,
): Series {
  const { labels: sorted, key } = labelSet(name, Object.entries(labels))
  const noisy = name.endsWith('_sum')
  return { name, labels: sorted, key, pod, kind, stream, metric, noisy, seed: hashText(name, pod.seed), prefix: null }
}

/** A label set from pairs in any order; empty labels are dropped. */
export function labelSet(name: string, pairs: Iterable<readonly [string, string]>): LabelSet {
  const labels = [...pairs].filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return { name, labels, key: labels.map(([label, value]) => `${label}\0${value}`).join('\0') }
}

/** The value of one label, '' when it is missing. */
export function labelOf(set: LabelSet, label: string): string {
  if (label === '__name__') return set.name
  for (const [name, value] of set.labels) if (name === label) return value
  return ''
}

/** What a look at the target at this time found, or NaN when the series is not there (yet, or the proxy is down). */
export function valueAt(series: Series, look: number): number {
  const life = lifeAt(series.pod, look)
  if (series.kind === 'up') return life === -1 ? 0 : 1
  if (life === -1) return Number.NaN
  // Envoy sets its gauge when it flushes, every five seconds.
  if (series.kind === 'uptime') return Math.floor((look - series.pod.lives[life].start) / 5_000) * 5
  const stream = series.stream!
  if (stream.counters[life].at('count', look) < 1) return Number.NaN
  const value = counted(stream, life, series.metric, look)
  // Any fourth sum is off by one bit, as sums of floats are.
  return series.noisy && value > 0 && mix(series.seed, look / 1000) % 4 === 0 ? nextUp(value) : value
}

const EIGHT_BYTES = new DataView(new ArrayBuffer(8))

/** The next larger float of a positive one. */
function nextUp(value: number): number {
  EIGHT_BYTES.setFloat64(0, value)
  EIGHT_BYTES.setBigUint64(0, EIGHT_BYTES.getBigUint64(0) + 1n)
  return EIGHT_BYTES.getFloat64(0)
}
