/** Query API: Prometheus's /api/v1/query, beside the target's /federate, read strictly. */
import type { Target } from '#core/target.ts'
import { type EndpointOptions, getFrom } from './endpoint.ts'
import type { HttpResponse } from './http.ts'

export interface VectorSample {
  labels: Record<string, string> // __name__ included
  value: number // NaN and ±Infinity included
  timeMs: number // since epoch; of the evaluation, not of the sample
}

export interface MatrixSeries {
  labels: Record<string, string> // __name__ included
  samples: { timeMs: number; value: number }[] // ms since epoch, of the samples themselves, oldest first
}

const BODY_BYTES = 256 << 20 // a string cannot hold twice as much
const QUOTED_CHARACTERS = 16 << 10

/** The instant vector that an expression yields at a time (ms since epoch). Throws one sentence with the target's name. */
export async function queryInstant(
  target: Target,
  expr: string,
  timeMs: number,
  options: EndpointOptions = {},
): Promise<VectorSample[]> {
  return query(target, expr, timeMs, options, 'vector', vectorSample)
}

/**
 * The raw samples of a range selector such as `up[10m]`, back from a time (ms since epoch). Throws one sentence with the
 * target's name.
 */
export async function queryRange(
  target: Target,
  rangeSelector: string,
  timeMs: number,
  options: EndpointOptions = {},
): Promise<MatrixSeries[]> {
  return query(target, rangeSelector, timeMs, options, 'matrix', matrixSeries)
}

async function query<Item>(
  target: Target,
  expr: string,
  timeMs: number,
  options: EndpointOptions,
  resultType: 'vector' | 'matrix',
  read: (item: unknown) => Item,
): Promise<Item[]> {
  try {
    const items = ({ body }: HttpResponse) => parseAnswer(body.whole(), resultType).map(read)
    return await getFrom(target, queryUrl(target, expr, timeMs), 'application/json', items, {
      maxBodyBytes: BODY_BYTES,
      ...options,
    })
  } catch (error) {
    throw new Error(`query ${target.name}: ${(error as Error).message}`)
  }
}

/** …/federate with its own query becomes …/api/v1/query with the same, and the question. */
export function queryUrl(target: Target, expr: string, timeMs: number): URL {
  const url = new URL(target.url)
  if (!url.pathname.endsWith('/federate')) {
    throw new Error(
      `url path ${url.pathname} does not end in /federate, so its query API is unknown; set "tails: false"`,
    )
  }
  if (!Number.isFinite(timeMs)) throw new Error(`time ${timeMs} is no time`)
  url.pathname = url.pathname.replace(/federate$/, 'api/v1/query')
  url.searchParams.delete('match[]')
  url.searchParams.set('query', expr)
  url.searchParams.set('time', (timeMs / 1000).toFixed(3))
  return url
}

/**
 * The items of an answer. A warning means that part of the data was not to be had (a store behind Thanos was away), and
 * half an answer is none; notes called infos are fine.
 */
export function parseAnswer(body: Buffer, resultType: 'vector' | 'matrix'): unknown[] {
  const answer = record(parseJson(body), 'the answer')
  if (answer.status !== 'success')
    throw new Error(`the answer has status ${shown(answer.status)}: ${shown(answer.error)}`)
  if (answer.warnings !== undefined && !(Array.isArray(answer.warnings) && answer.warnings.length === 0)) {
    throw new Error(`the answer is partial: ${shown(answer.warnings)}`)
  }
  const data = record(answer.data, 'data')
  if (data.resultType !== resultType) {
    throw new Error(`resultType is ${shown(data.resultType)}, but the question was for a ${resultType}`)
  }
  return list(data.result, 'result')
}

function vectorSample(item: unknown): VectorSample {
  const { metric, value } = record(item, 'an item of the result')
  if (value === undefined) throw new Error(`${shown(metric)} has no float value; native histograms are not read`)
  return { labels: labelSet(metric), ...sample(value) }
}

function matrixSeries(item: unknown): MatrixSeries {
  const { metric, values, histograms } = record(item, 'an item of the result')
  if (histograms !== undefined) throw new Error(`${shown(metric)} has native histograms, which are not read`)
  return { labels: labelSet(metric), samples: list(values, 'values').map(sample) }
}

function labelSet(metric: unknown): Record<string, string> {
  const labels = record(metric, 'metric')
  for (const name in labels) {
    if (typeof labels[name] !== 'string') throw new Error(`label ${name} is ${shown(labels[name])}, which is no string`)
  }
  return labels as Record<string, string>
}

/** `[1700000000.123, "42"]`: seconds, and a number as Go prints it. */
function sample(pair: unknown): { timeMs: number; value: number } {
  const [seconds, text, ...rest] = list(pair, 'a sample')
  if (typeof seconds !== 'number' || typeof text !== 'string' || rest.length > 0) {
    throw new Error(`sample ${shown(pair)} is no pair of time and value`)
  }
  return { timeMs: Math.round(seconds * 1000), value: floatValue(text) }
}

function floatValue(text: string): number {
  if (text === 'NaN') return Number.NaN
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  const value = Number(text)
  if (/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) && Number.isFinite(value)) return value
  throw new Error(`value ${shown(text)} is no number`)
}

function parseJson(body: Buffer): unknown {
  const text = body.toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(
      `answered 200 without JSON; check the target's url and auth: ${shown(text.slice(0, QUOTED_CHARACTERS))}`,
    )
  }
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${what} is ${shown(value)}, where an object was due`)
}

function list(value: unknown, what: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new Error(`${what} is ${shown(value)}, where a list was due`)
}

/** A foreign value for a sentence: on one line. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').replace(/[\p{C}\p{Z}]+/gu, ' ')
}
