/**
 * A process's view of Prometheus, on which answers go as the weather has it, and its record: what it was told, which is
 * what its commit has to account for.
 */
import { peakExpression } from '#core/restarts.ts'
import { bookedSelectors } from '#core/selectors.ts'
import { startsExpression, tailExpression } from '#core/tails.ts'
import type { Prometheus } from '../../functions/prometheus.ts'
import type { MatrixSeries, VectorSample } from '../../functions/query-api.ts'
import { simulatedTarget } from '../simulated-target.ts'
import type { Chance } from './chance.ts'
import type { Body, PrometheusReplica, RawAnswer, Seen } from './prometheus.ts'
import type { Process, Scheduler } from './scheduler.ts'
import { FEDERATE_FAULTS, QUERY_FAULTS, type Weather } from './weather.ts'

/** Raw samples as one chunk of a replay asked for them, up to `to` (ms since epoch). */
export interface Chunk {
  to: number
  raw: RawAnswer[]
  selectors: number // answered so far; a chunk counts when all were
}

/** What one process was told, in order. */
export interface Told {
  body: Body | null
  chunks: Chunk[]
  tails: Seen[] | null // null when nobody asked, or any of the questions failed
  peaks: Seen[] | null // likewise
}

/** Where the bodies of one run come from. */
export interface Endpoint {
  scheduler: Scheduler
  weather: Weather
  chance: Chance
  replicaAt(time: number): PrometheusReplica | null // null while none is to be had
  emptyAt(time: number): boolean
  served: Body[] // oldest first
}

/** The selectors of a chunk: two of booked series, of which the second matches nothing here; uptimes; `up`. */
export const CHUNK_SELECTORS = 4
const MESH = simulatedTarget()
const SELECTORS = bookedSelectors(MESH)
const REMEMBERED = 40

/** `moment`: the body of this moment and no other, whenever it is asked for (ms since epoch). */
export function prometheusOf(process: Process, endpoint: Endpoint, told: Told, moment?: number): Prometheus {
  const { scheduler, weather, chance, served } = endpoint
  const call = <Answer>(ms: number, error: string | null, effect: () => Answer): Promise<Answer> => {
    const there = chance.between(1, ms)
    const arrivesAfter = error === null ? there : null
    return scheduler.call(process, { arrivesAfter, answeredAfter: there + chance.between(1, ms), error }, effect)
  }
  // Answers of two replicas in one scrape cannot be told apart: nothing but /federate shows external labels.
  let first: PrometheusReplica | null = null
  const replica = () => {
    const one = endpoint.replicaAt(moment ?? scheduler.now)
    first ??= one
    if (one === null || one !== first) throw new Error('answered 503: starting')
    return one
  }

  const ask = <Answer>(question: () => Answer): Promise<Answer> => {
    const fault = weather.first(QUERY_FAULTS)
    const error = { 'query fails': 'answered 503: too busy', 'query cut': 'the answer is no JSON', 'query slow': null }
    return call(fault === 'query slow' ? 240_000 : 900, fault === null ? null : error[fault], question)
  }

  return {
    async federate() {
      const fault = weather.first(FEDERATE_FAULTS)
      const body = await call(2500, fault === 'federate 503' ? 'answered 503: starting' : null, () => {
        if (fault === 'body repeated' && served.length > 0) return served[served.length - 1]
        if (fault === 'older body' && served.length > 0) return chance.pick(served)
        const now = moment ?? scheduler.now
        if (fault === 'body empty' || endpoint.emptyAt(now)) return { text: '', watermark: 0, seen: [] }
        const fresh = replica().body(now)
        served.push(fresh)
        if (served.length > REMEMBERED) served.shift()
        return fresh
      })
      told.body = body
      if (fault !== 'body cut off') return Buffer.from(body.text)
      const end = chance.between(0, Math.max(0, body.text.indexOf('\nup{') + 1))
      return Buffer.from(body.text.slice(0, chance.of(0.5) ? end : body.text.lastIndexOf('\n', end) + 1))
    },

    async queryInstant(expression, timeMs): Promise<VectorSample[]> {
      const metrics = [...expression.matchAll(/max_over_time\((\w+)\{/g)].map(([, name]) => name)
      try {
        return await ask(() => {
          if (expression === 'up') return replica().ups(timeMs)
          if (metrics.length > 0) {
            const windowMs = Number(/\[(\d+)ms\]/.exec(expression)?.[1])
            const asked = [...new Set(metrics)]
            if (expression !== peakExpression(asked, MESH, windowMs)) throw new Error(`nobody foresaw ${expression}`)
            const { samples, seen } = replica().peaks(asked, timeMs, windowMs)
            told.peaks = [...(told.peaks ?? []), ...seen]
            return samples
          }
          const windowMs = windowOf(expression)
          if (expression === startsExpression(windowMs)) return replica().starts(timeMs, windowMs)
          if (expression !== tailExpression(SELECTORS, windowMs)) throw new Error(`nobody foresaw ${expression}`)
          const { samples, seen } = replica().dead(timeMs, windowMs)
          told.tails = seen
          return samples
        })
      } catch (error) {
        if (metrics.length > 0) told.peaks = null
        else told.tails = null
        throw error
      }
    },

    async queryRange(rangeSelector, timeMs): Promise<MatrixSeries[]> {
      return ask(() => {
        let chunk = told.chunks.at(-1)
        if (chunk?.to !== timeMs) {
          chunk = { to: timeMs, raw: [], selectors: 0 }
          told.chunks.push(chunk)
        }
        const windowMs = windowOf(rangeSelector)
        const what = rangeSelector.startsWith('up[')
          ? 'up'
          : rangeSelector.startsWith('envoy_server_uptime[')
            ? 'envoy_server_uptime'
            : 'counters'
        const none = rangeSelector.startsWith(`${SELECTORS[1]}[`)
        const raw = none ? [] : replica().raw(what, timeMs, windowMs)
        chunk.raw.push(...raw)
        chunk.selectors++
        return raw.map(({ answer }) => answer)
      })
    },
  }
}

/** The first window of an expression, in ms. */
function windowOf(expression: string): number {
  return Number(/\[(\d+)s/.exec(expression)?.[1]) * 1000
}
