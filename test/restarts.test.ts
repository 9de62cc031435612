import fc from 'fast-check'
import type { Checkpoint } from '#core/checkpoint.ts'
import { OpenHours } from '#core/hours.ts'
import { decodeSeries, formatSeries } from '#core/labels.ts'
import { BOOKED } from '#core/metric.ts'
import { type ObserveSettings, observe } from '#core/observe.ts'
import { prepareSeries, readBody } from '#core/reading.ts'
import {
  peakExpression,
  type Restart,
  rawPeaks,
  restartExpressions,
  restartsSince,
  settleRestarts,
} from '#core/restarts.ts'
import { SeriesTable } from '#core/series.ts'
import { queryUrl } from '../functions/query-api.ts'
import { simulatedTarget } from './simulated-target.ts'

const TEN = Date.UTC(2026, 10, 20, 10)
const MINUTE = 60_000
const NAMES = BOOKED.map(({ name }) => name)
const BYTES = 'istio_request_bytes_sum'
const target = simulatedTarget()
const SETTINGS: ObserveSettings = {
  mesh: target,
  intervalMs: 5 * MINUTE,
  prometheusIntervalMs: 15_000,
  tails: true,
  selectors: 'all',
  gapReason: '',
}

const LABELS: [string, string][] = [
  ['destination_service', 'api.stripe.com'],
  ['destination_service_name', 'api.stripe.com'],
  ['destination_service_namespace', 'shop'],
  ['instance', '10.0.0.1:15020'],
  ['pod', 'checkout-1'],
  ['reporter', 'source'],
  ['response_code', '200'],
  ['source_workload', 'checkout-v1'],
  ['source_workload_namespace', 'shop'],
]

function begun(): Checkpoint {
  return {
    target: 'mesh',
    owner: '',
    generation: 1,
    seq: 0,
    selectors: '',
    selectorsSince: 0,
    seed: { lo: 1, hi: 2 },
    baseline: 0,
    watermark: 0,
    tailedThrough: 0,
    head: null,
    externalLabels: [],
    unclassifiedExample: '',
    flows: [],
    hours: new OpenHours(0),
    finished: [],
    series: new SeriesTable(),
    proxies: [],
  }
}

/** Takes in a body with these values, by metric, sampled at this time; gives the restarts it shows. */
function take(checkpoint: Checkpoint, time: number, values: Record<string, number>): Restart[] {
  const lines = Object.entries({ ...values, up: 1 }).map(
    ([name, value]) => `${formatSeries(name, new Map(LABELS))} ${value} ${time}\n`,
  )
  const { series, seed } = checkpoint
  const reading = readBody(Buffer.from(lines.join('')), { series, seed, mesh: target }, 'test')
  const restarts = observe(checkpoint, reading, SETTINGS, 'test') ?? []
  checkpoint.seq++
  return restarts
}

/** A ledger that saw 1000 at ten, `before` five minutes later and `after` at ten past. */
function ledger(before: number, after: number) {
  const checkpoint = begun()
  take(checkpoint, TEN, { [BYTES]: 1000 })
  take(checkpoint, TEN + 5 * MINUTE, { [BYTES]: before })
  return { checkpoint, restarts: take(checkpoint, TEN + 10 * MINUTE, { [BYTES]: after }) }
}

function told({ hours }: Checkpoint) {
  const { rows, coverage } = hours.at(TEN)
  const [row] = rows.values()
  return { egress: row.egressBytes, tail: row.tailBytes, unseen: coverage.unseen.egressBytes }
}

/** What the ledger says once it is told this peak, of a question that reached back to its last scrape. */
function settled(before: number, after: number, peak: number | null) {
  const { checkpoint, restarts } = ledger(before, after)
  const byRow = new Map(peak === null ? [] : restarts.map(({ row }) => [row, peak]))
  settleRestarts(checkpoint, restarts, { since: restartsSince(restarts), byRow }, SETTINGS)
  return told(checkpoint)
}

test('a restart says what was booked of either process, and until when', () => {
  const { checkpoint, restarts } = ledger(1400, 300)
  const previous = { time: TEN + 5 * MINUTE, value: 1400 }
  expect(restarts).toEqual([
    {
      row: checkpoint.series.columns.value.indexOf(300),
      previous,
      sample: { time: TEN + 10 * MINUTE, value: 300 },
      began: previous.time,
      settledThrough: previous.time,
      rate: 400 / (5 * MINUTE),
      unseen: 10,
    },
  ])
  expect(restartsSince(restarts)).toBe(previous.time)
})

test('a series that only grew, or stood still, is no restart', () => {
  expect(ledger(1400, 1400).restarts).toEqual([])
  expect(ledger(1400, 9000).restarts).toEqual([])
})

test.each<[string, number, number, number | null, number, number]>([
  // what, before the restart, after it, peak, tail, unseen
  ['what the peak exceeds the last value by', 1400, 300, 1600, 200, 10],
  ['nothing when nothing was gained', 1400, 300, 1400, 0, 10],
  ['nothing when there was no later sample', 1400, 300, null, 0, 10],
  ['nothing of a peak below the last value', 1400, 300, 900, 0, 10],
  ['nothing of the new process, at its own value', 1400, 300, 300, 0, 10],
  ['whole numbers that telescope', 1400.5, 300, 1599.49, 198, 10],
  ['nothing of a peak that is no number of a counter', 1400, 300, Number.POSITIVE_INFINITY, 0, 10],
])('books %s', (_, before, after, peak, tail, unseen) => {
  const amounts = settled(before, after, peak)
  expect(amounts).toEqual({ egress: Math.round(before) - 1000 + after + tail, tail, unseen })
})

test('a row whose earlier samples the question did not reach keeps what is declared, and books what it is told', () => {
  const { checkpoint, restarts } = ledger(1400, 300)
  const [restart] = restarts
  const late = [{ ...restart, began: TEN + 8 * MINUTE, unseen: 500 }]
  checkpoint.hours.at(TEN).coverage.unseen.egressBytes = 500
  const since = restart.settledThrough + SETTINGS.prometheusIntervalMs
  settleRestarts(checkpoint, late, { since, byRow: new Map() }, SETTINGS)
  expect(told(checkpoint)).toEqual({ egress: 700, tail: 0, unseen: 500 })
  settleRestarts(checkpoint, late, { since, byRow: new Map([[restart.row, 1500]]) }, SETTINGS)
  expect(told(checkpoint)).toEqual({ egress: 800, tail: 100, unseen: 10 })
})

/** Processes under one label set between two scrapes: what each of them gained from one sample of Prometheus to the next. */
const lives = fc.array(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 5 }), {
  minLength: 2,
  maxLength: 4,
})

test('whatever begins and ends between two scrapes, no more is booked than was sampled, and all of it when one ended', () => {
  fc.assert(
    fc.property(lives, (all) => {
      const sampled = all.map((gains, life) =>
        gains.map((_, i) => sum(gains.slice(0, i + 1)) + (life === 0 ? 1400 : 0)),
      )
      const now = sampled.at(-1)!.at(-1)!
      if (now >= 1400) return
      const peak = Math.max(...sampled.flat())
      const { egress, tail } = settled(1400, now, peak)
      const truth = 400 + sum(all.flat())
      expect(egress).toBeLessThanOrEqual(truth)
      expect(tail).toBeGreaterThanOrEqual(0)
      if (all.length === 2) expect(egress).toBe(truth)
    }),
    { numRuns: 500, seed: 1 },
  )
})

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}

test('raw samples give peaks after the last scrape and until the watermark, of restarted series alone', () => {
  const { checkpoint, restarts } = ledger(1400, 300)
  const raw = (name: string, samples: [minutes: number, value: number][]) => ({
    prepared: prepareSeries(
      decodeSeries(Buffer.from(formatSeries(name, new Map(LABELS))))!,
      new Map(),
      checkpoint.seed,
    ),
    samples: samples.map(([minutes, value]) => ({ time: TEN + minutes * MINUTE, value })),
  })
  const bytes = raw(BYTES, [
    [4, 9000],
    [5, 8000],
    [6, 1450],
    [7, Number.NaN],
    [8, 100],
    [10, 300],
    [11, 7000],
  ])
  const peaks = rawPeaks([raw('istio_requests_total', [[6, 9000]]), bytes], restarts, checkpoint)
  expect([...peaks]).toEqual([[restarts[0].row, 1450]])
})

test('asks for HTTP metrics and for TCP metrics apart, and for none that did not restart', () => {
  const checkpoint = begun()
  const tcp = 'istio_tcp_sent_bytes_total'
  const http = 'istio_requests_total'
  take(checkpoint, TEN, { [BYTES]: 5, [http]: 5, [tcp]: 5, istio_response_bytes_sum: 5 })
  const restarts = take(checkpoint, TEN + 5 * MINUTE, { [BYTES]: 2, [http]: 2, [tcp]: 2, istio_response_bytes_sum: 7 })
  expect(restartExpressions(restarts, checkpoint, target, 300_000)).toEqual([
    peakExpression([http, BYTES], target, 300_000),
    peakExpression([tcp], target, 300_000),
  ])
  expect(restartExpressions([], checkpoint, target, 300_000)).toEqual([])
})

test('names each metric in a label, since max_over_time drops it', () => {
  const series = (more: string) => `istio_requests_total{reporter=~"source|waypoint",destination_service${more}}`
  const cluster = '".+\\\\.svc\\\\.(cluster\\\\.local|clusterset\\\\.local)\\\\.?(:[0-9]+)?"'
  const peaks = (selector: string) =>
    `label_replace(max_over_time(${selector}[90500ms]) > ${selector},"wharfage_metric","istio_requests_total","","")`
  expect(peakExpression(['istio_requests_total'], target, 90_500)).toBe(
    [`!~${cluster}`, `=~${cluster},destination_service_name=~"PassthroughCluster|BlackHoleCluster"`]
      .map((more) => peaks(series(more)))
      .join(' or '),
  )
})

test('no question is longer than the 8 kB of a request line that proxies take', () => {
  for (const layer of ['http', 'tcp']) {
    const names = NAMES.filter((_, index) => BOOKED[index].layer === layer)
    const url = queryUrl(target, peakExpression(names, target, 86_400_000), TEN)
    expect(url.href.length).toBeLessThan(6 * 1024)
  }
})
