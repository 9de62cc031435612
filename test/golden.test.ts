/**
 * Golden cases: test/golden/<case>/ holds federation bodies in the order they were scraped (1.prom, 2.prom, …), what the
 * query API knew of the dead at each (2.tails.prom), of the greatest values of the restarted (2.peaks.prom), of process
 * starts (2.starts.prom, seconds since the epoch) and of raw samples in a gap (2.range.prom), settings (case.json), and the
 * hours that must come of it (expected.txt). They go through the real scrape, store and Parquet.
 *
 * UPDATE_GOLDEN=1 writes expected.txt anew; read every line of the difference before you keep it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeCheckpoint } from '#core/checkpoint.ts'
import { type Coverage, zeroCoverage } from '#core/coverage.ts'
import { FLOW_FIELDS, type FlowRow, flowKey, MEASURES } from '#core/flow.ts'
import { checkpointKey, rollupPrefix } from '#core/keys.ts'
import { decodeSeries, type Labels } from '#core/labels.ts'
import { decodeRollup } from '#core/rollup.ts'
import type { Target } from '#core/target.ts'
import { isoHour, isoInstant } from '#core/time.ts'
import type { Prometheus } from '../functions/prometheus.ts'
import type { MatrixSeries, VectorSample } from '../functions/query-api.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'

const folder = join(import.meta.dirname, 'golden')

interface Settings extends Partial<Target> {
  title: string // what the case shows
  externalLabels?: string[] // which labels of the bodies the query API does not have
  changes?: Record<string, Partial<Target>> // of the target, from a step on: the step's number to the changed settings
}

for (const name of readdirSync(folder).sort()) {
  const path = join(folder, name)
  const settings = JSON.parse(readFileSync(join(path, 'case.json'), 'utf8')) as Settings
  test(`golden ${name}: ${settings.title}`, async () => {
    const actual = await play(path, settings)
    const expected = join(path, 'expected.txt')
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(expected, actual)
    expect(actual).toBe(readFileSync(expected, 'utf8'))
  })
}

/** Scrapes every body of a case and describes all hours, closed ones as read back from their Parquet. */
async function play(path: string, { title: _, externalLabels = [], changes = {}, ...overrides }: Settings) {
  let target: Target = {
    name: 'mesh',
    url: 'http://prometheus.example/federate',
    intervalSeconds: 300,
    prometheusIntervalSeconds: 15,
    auth: {},
    clusterDomain: 'cluster.local',
    gateways: ['istio-system/istio-egressgateway'],
    waypoints: [],
    tails: true,
    allow: [],
    maxSeries: 1_000_000,
    overflow: 'refuse',
    generation: 1,
    ...overrides,
  }
  const store = memoryStore()
  const said: string[] = []
  let lastFailure: string | undefined
  for (let step = 1; existsSync(join(path, `${step}.prom`)); step++) {
    target = { ...target, ...changes[step] }
    const prometheus = recorded(path, step, externalLabels)
    const seed = () => ({ lo: 1, hi: 2 })
    try {
      const { warnings } = await scrapeTarget(target, store, { prometheus, seed, lastFailure })
      lastFailure = undefined
      for (const warning of warnings) said.push(`step ${step} warns: ${warning}`)
    } catch (error) {
      lastFailure = (error as Error).message
      said.push(`step ${step} fails: ${lastFailure}`)
    }
  }
  return `${[...said, ...(await describeHours(store))].join('\n')}\n`
}

/** Prometheus as recorded in a case's files. */
function recorded(path: string, step: number, externalLabels: readonly string[]): Prometheus {
  const file = (kind: string) => {
    const full = join(path, `${step}.${kind}prom`)
    return existsSync(full) ? readFileSync(full, 'utf8') : ''
  }
  return {
    federate: async () => Buffer.from(file('')),
    queryRange: async (expression, timeMs) => {
      if (file('range.').startsWith('# fails')) throw new Error('query mesh: answered 503: too busy')
      return matrix(file('range.'), expression, timeMs)
    },
    queryInstant: async (expression, timeMs) => {
      if (expression === 'up') {
        const ups = vector(
          file('')
            .split('\n')
            .filter((line) => line.startsWith('up{'))
            .join('\n'),
          timeMs,
        )
        return ups.map(({ labels, ...sample }) => ({
          ...sample,
          labels: Object.fromEntries(Object.entries(labels).filter(([label]) => !externalLabels.includes(label))),
        }))
      }
      if (expression.startsWith('min_over_time')) return vector(file('starts.'), timeMs)
      const kind = expression.includes('max_over_time') ? 'peaks.' : 'tails.'
      if (file(kind).startsWith('# fails')) throw new Error('query mesh: answered 503: too busy')
      if (kind === 'peaks.') return peaks(vector(file(kind), timeMs), expression)
      return expression.includes('destination_service!~') ? vector(file('tails.'), timeMs) : []
    },
  }
}

function vector(text: string, timeMs: number): VectorSample[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(.*\}|\w+) (\S+)( \d+)?$/.exec(line)
    if (match === null || line.startsWith('#')) return []
    const series = decodeSeries(Buffer.from(match[1]))
    if (series === null) throw new Error(`golden line is no series: ${line}`)
    const labels: Labels = new Map([['__name__', series.name], ...series.labels])
    return [{ labels: Object.fromEntries(labels), value: Number(match[2]), timeMs }]
  })
}

/** The greatest values of the metrics that an expression names; it tells the name in a label of its own. */
function peaks(recorded: readonly VectorSample[], expression: string): VectorSample[] {
  return recorded.flatMap(({ labels: { __name__: name, ...labels }, ...sample }) =>
    expression.includes(`max_over_time(${name}{`) ? [{ ...sample, labels: { ...labels, wharfage_metric: name } }] : [],
  )
}

/** The raw samples of a file that a range selector reaches; all booked series are answered by the first one. */
function matrix(text: string, selector: string, timeMs: number): MatrixSeries[] {
  const [, name, seconds] = /^(.*)\[(\d+)s\]$/.exec(selector)!
  const series = new Map<string, MatrixSeries>()
  for (const line of text.split('\n')) {
    const [sample] = vector(line, timeMs)
    if (sample === undefined) continue
    const { labels, value } = sample
    const sampledMs = Number(line.slice(line.lastIndexOf(' ') + 1))
    const asked = name.startsWith('{')
      ? name.includes('destination_service!~') && 'reporter' in labels
      : name === labels.__name__
    if (!asked || sampledMs <= timeMs - Number(seconds) * 1000 || sampledMs > timeMs) continue
    const key = JSON.stringify(labels)
    series.set(key, { labels, samples: [...(series.get(key)?.samples ?? []), { timeMs: sampledMs, value }] })
  }
  return [...series.values()]
}

async function describeHours(store: Store): Promise<string[]> {
  const lines: string[] = []
  for (const { key } of await store.list(rollupPrefix('mesh'))) {
    const stored = await store.get(key)
    const { hour, number, coverage, rows } = await decodeRollup(stored!.bytes, key)
    lines.push(...describeHour(`${isoHour(hour)} rollup ${number}`, rows, coverage))
  }
  const stored = await store.get(checkpointKey('mesh'))
  if (stored === null) return [...lines, 'no checkpoint']
  const { finished, hours, flows } = decodeCheckpoint(stored.bytes, 'mesh')
  for (const { bytes, key } of finished) {
    const { hour, number, coverage, rows } = await decodeRollup(bytes, key)
    lines.push(...describeHour(`${isoHour(hour)} rollup ${number}, not yet written`, rows, coverage))
  }
  for (const { start, rows, coverage } of hours.hours) {
    const open = [...rows].map(([flow, measures]) => ({ ...flows[flow], ...measures }))
    lines.push(...describeHour(`${isoHour(start)} open`, open, coverage))
  }
  return lines
}

function describeHour(title: string, rows: FlowRow[], coverage: Coverage): string[] {
  const sorted = [...rows].sort((a, b) => (flowKey(a) < flowKey(b) ? -1 : 1))
  return ['', title, ...sorted.flatMap(describeRow), ...describeCoverage(coverage)]
}

function describeRow(row: FlowRow): string[] {
  const fields = FLOW_FIELDS.filter((field) => row[field] !== '' && row[field] !== null)
  const measures = MEASURES.filter((measure) => row[measure] !== 0)
  return [
    `  flow ${fields.map((field) => `${field}=${row[field]}`).join(' ')}`,
    `    ${measures.map((measure) => `${measure} ${row[measure]}`).join(', ') || 'nothing'}`,
  ]
}

/** Only what is not as in an hour nobody looked at. */
function describeCoverage(coverage: Coverage): string[] {
  const zero = zeroCoverage()
  const lines: string[] = []
  for (const name of Object.keys(zero) as (keyof Coverage)[]) {
    const value = coverage[name]
    if (JSON.stringify(value) === JSON.stringify(zero[name])) continue
    if (name === 'gaps') {
      for (const gap of coverage.gaps)
        lines.push(`gap ${isoInstant(gap.from)} to ${isoInstant(gap.to)} ${gap.reason || '(no reason known)'}`)
    } else if (typeof value === 'object' && !Array.isArray(value)) {
      const amounts = Object.entries(value).filter(([, amount]) => amount !== 0)
      lines.push(`${name} ${amounts.map(([measure, amount]) => `${measure} ${amount}`).join(', ')}`)
    } else lines.push(`${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
  }
  return lines.map((line) => `  coverage ${line}`)
}
