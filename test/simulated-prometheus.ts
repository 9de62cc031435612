/** A Prometheus in memory: counters that are functions of time, sampled every 15 s, asked as the scrape stage asks. */
import type { Prometheus } from '../functions/prometheus.ts'
import type { MatrixSeries, VectorSample } from '../functions/query-api.ts'

export interface SimulatedSeries {
  name: string
  labels: Record<string, string> // without external ones
  from: number // ms since epoch; sampled in [from, to)
  to: number
  value: (timeMs: number) => number
}

export interface SimulatedPrometheus extends Prometheus {
  now: number // ms since epoch; the moment of the next answer
  failing: 'nothing' | 'queries' | 'everything'
  rawSince: number // ms since epoch; older raw samples are gone
  asked: string[] // every query, oldest first
}

const SAMPLED_EVERY_MS = 15_000

/** What every body's series carry and no query's do. */
export const EXTERNAL_LABELS = { cluster: 'prod' }

/** Serves these series and their processes' `up`. */
export function simulatedPrometheus(series: readonly SimulatedSeries[]): SimulatedPrometheus {
  const newest = ({ from, to }: SimulatedSeries, at: number): number | null => {
    const time = Math.floor(at / SAMPLED_EVERY_MS) * SAMPLED_EVERY_MS
    return time >= from && time < to ? time : null
  }
  const fail = (query: string) => {
    simulated.asked.push(query)
    if (simulated.failing !== 'nothing') throw new Error('query mesh: answered 503: too busy')
  }
  const vector = (chosen: readonly SimulatedSeries[], at: number, time: number): VectorSample[] =>
    chosen.map(({ name, labels, value }) => ({
      labels: { __name__: name, ...labels },
      value: value(Math.floor(at / SAMPLED_EVERY_MS) * SAMPLED_EVERY_MS),
      timeMs: time,
    }))
  /** The series of the metrics an expression names that were greater in its window than they are; it renames them. */
  const greatest = (expression: string, at: number): VectorSample[] => {
    const window = Number(/\[(\d+)ms\]/.exec(expression)?.[1])
    const asked = series.filter(({ name }) => expression.includes(`max_over_time(${name}{`))
    return vector(asked, at, at).flatMap(({ labels: { __name__: name, ...labels }, value, timeMs }, index) => {
      if (newest(asked[index], at) === null) return []
      const values: number[] = []
      for (let back = at - (at % SAMPLED_EVERY_MS); back > at - window; back -= SAMPLED_EVERY_MS) {
        if (newest(asked[index], back) === back) values.push(asked[index].value(back))
      }
      const most = Math.max(...values)
      return most > value ? [{ labels: { ...labels, wharfage_metric: name }, value: most, timeMs }] : []
    })
  }
  const simulated: SimulatedPrometheus = {
    now: 0,
    failing: 'nothing',
    rawSince: 0,
    asked: [],
    async federate() {
      if (simulated.failing === 'everything') throw new Error('scrape mesh: answered 503: starting')
      const lines = series.flatMap((one) => {
        const time = newest(one, simulated.now)
        return time === null ? [] : [`${written(one)} ${one.value(time)} ${time}\n`]
      })
      return Buffer.from(lines.sort().join(''))
    },
    async queryInstant(expression, timeMs) {
      fail(expression)
      if (expression === 'up') return vector(series.filter(isUp), timeMs, timeMs)
      if (expression.startsWith('min_over_time')) return []
      if (expression.includes('max_over_time')) return greatest(expression, timeMs)
      const window = Number(/\[(\d+)s\]/.exec(expression)?.[1]) * 1000
      const dead = series.filter(
        (one) => isBooked(one) && newest(one, timeMs) === null && one.from < timeMs && one.to > timeMs - window,
      )
      return dead.flatMap((one) => vector([one], one.to - 1, timeMs))
    },
    async queryRange(selector, timeMs): Promise<MatrixSeries[]> {
      fail(selector)
      const [, asked, seconds] = /^(.*)\[(\d+)s\]$/.exec(selector) ?? []
      const chosen = series.filter((one) =>
        asked.startsWith('{') ? isBooked(one) && asked.includes('destination_service!~') : asked === one.name,
      )
      return chosen.flatMap(({ name, labels, from, to, value }) => {
        const samples: MatrixSeries['samples'] = []
        const first = Math.max(from, simulated.rawSince, timeMs - Number(seconds) * 1000 + 1)
        for (
          let time = Math.ceil(first / SAMPLED_EVERY_MS) * SAMPLED_EVERY_MS;
          time <= timeMs && time < to;
          time += SAMPLED_EVERY_MS
        ) {
          samples.push({ timeMs: time, value: value(time) })
        }
        return samples.length === 0 ? [] : [{ labels: { __name__: name, ...labels }, samples }]
      })
    },
  }
  return simulated
}

/** The `up` of one process. */
export function upOf(pod: string, from: number, to: number): SimulatedSeries {
  return { name: 'up', labels: { instance: `${pod}:15020`, namespace: 'shop', pod }, from, to, value: () => 1 }
}

/** One of a pod's HTTP counters towards a registered host, as a sidecar labels it. */
export function httpSeries(
  name: string,
  pod: string,
  life: { from: number; to: number },
  value: (timeMs: number) => number,
): SimulatedSeries {
  const labels = {
    destination_service: 'api.stripe.com',
    destination_service_name: 'api.stripe.com',
    destination_service_namespace: 'shop',
    instance: `${pod}:15020`,
    namespace: 'shop',
    pod,
    reporter: 'source',
    request_protocol: 'http',
    response_code: '200',
    response_flags: '-',
    source_app: 'checkout',
    source_version: 'v1',
    source_workload: 'checkout-v1',
    source_workload_namespace: 'shop',
  }
  return { name, labels, ...life, value }
}

function isUp({ name }: SimulatedSeries): boolean {
  return name === 'up'
}

function isBooked({ name }: SimulatedSeries): boolean {
  return name.startsWith('istio_')
}

function written({ name, labels }: SimulatedSeries): string {
  const all = { ...labels, ...EXTERNAL_LABELS }
  return `${name}{${Object.entries(all)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',')}}`
}
