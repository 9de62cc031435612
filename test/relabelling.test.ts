import { decodeSeries } from '#core/labels.ts'
import { Newcomers } from '#core/newcomers.ts'
import { prepareSeries } from '#core/reading.ts'
import { matchRelabelled } from '#core/relabelling.ts'
import type { SeriesTable } from '#core/series.ts'

const SEED = { lo: 1, hi: 2 }
const SAMPLED = Date.UTC(2026, 10, 20, 10) // the last sample of every row

/** A table of series as they stand in a body, none of which is known. */
function tableOf(texts: string[]): SeriesTable {
  const newcomers = new Newcomers({ clusterDomain: 'cluster.local', gateways: [], waypoints: [] }, SEED)
  for (const text of texts) {
    newcomers.add(prepareSeries(decodeSeries(Buffer.from(text))!, new Map(), SEED), SAMPLED, 1)
  }
  return newcomers.unknown
}

/**
 * What becomes of unknown series, by their order, where these rows were known and those in `seen` are there again. Their
 * processes began at start, in ms since epoch.
 */
function matches(known: string[], unknown: string[], seen: number[] = [], start: number | null = null) {
  const table = tableOf(known)
  const { flow, metric } = table.columns
  for (let row = 0; row < table.size; row++) flow[row] = metric[row] < 100 ? 0 : -1
  const sample = { time: SAMPLED, value: 1 }
  const found = matchRelabelled(tableOf(unknown), table, {
    returned: [],
    shown: (row) => (seen.includes(row) ? sample : null),
    sampleOf: () => sample,
    startOf: () => start,
    proxyOf: () => -1,
  })
  return Object.fromEntries(found.unknown)
}

const requests = (labels: string, code = 200) => `istio_requests_total{pod="cart-1",response_code="${code}",${labels}}`

test('a series whose target labels changed is the one that is missing', () => {
  expect(matches([requests('cluster="a"'), requests('cluster="a"', 500)], [requests('cluster="b"', 500)])).toEqual({
    0: 1,
  })
})

test.each<[string, string]>([
  ['another pod', 'istio_requests_total{pod="cart-2",response_code="200",cluster="b"}'],
  ['another response', requests('cluster="b"', 404)],
  ['another metric', 'istio_request_bytes_sum{pod="cart-1",response_code="200",cluster="b"}'],
])('%s is another series', (_, fresh) => {
  expect(matches([requests('cluster="a"')], [fresh])).toEqual({})
})

test('a series that is still there has not become another', () => {
  expect(matches([requests('cluster="a"')], [requests('cluster="b"')], [0])).toEqual({})
})

// Who is whom cannot be told, so none goes on where another was.
test.each<[string, string[], string[], object]>([
  ['two were there', ['cluster="a",x="1"', 'cluster="a",x="2"'], ['cluster="b"'], { 0: 'ambiguous' }],
  ['two have come', ['cluster="a"'], ['cluster="b",x="1"', 'cluster="b",x="2"'], { 0: 'ambiguous', 1: 'ambiguous' }],
])('a match is ambiguous when %s', (_, known, fresh, expected) => {
  expect(
    matches(
      known.map((labels) => requests(labels)),
      fresh.map((labels) => requests(labels)),
    ),
  ).toEqual(expected)
})

// A Prometheus restarted under other labels, and raw samples too, go on showing the old ones for five minutes.
function besideGhost(shown: number, freshTimes: number[], process = 7, start: number | null = null) {
  const table = tableOf([requests('cluster="a"')])
  table.columns.flow[0] = 0
  table.columns.proxy[0] = 7
  const unknown = tableOf(freshTimes.map((_, index) => requests(`cluster="b${index}"`)))
  const found = matchRelabelled(unknown, table, {
    returned: [],
    shown: () => (shown === 0 ? null : { time: shown, value: 1 }),
    sampleOf: (index) => ({ time: freshTimes[index], value: 1 }),
    startOf: () => start,
    proxyOf: () => process,
  })
  return Object.fromEntries(found.unknown)
}

test.each<[string, object, object]>([
  ['newer than the row still shown: it goes on there', besideGhost(SAMPLED, [SAMPLED + 60_000]), { 0: 0 }],
  ['older than the row: it is what the row was', besideGhost(SAMPLED, [SAMPLED - 60_000]), { 0: 'ghost' }],
  ['as new as the row: they are two', besideGhost(SAMPLED, [SAMPLED]), {}],
  ['of another process: they are two', besideGhost(SAMPLED, [SAMPLED + 60_000], 8), {}],
  ['the older of two: the newer goes on', besideGhost(0, [SAMPLED + 60_000, SAMPLED + 120_000]), { 0: 'ghost', 1: 0 }],
  [
    'of the process that counted the row’s last sample shown, though not the one before it',
    besideGhost(SAMPLED + 240_000, [SAMPLED + 300_000], 7, SAMPLED + 180_000),
    { 0: 0 },
  ],
])('of one identity beside a row, a series %s', (_, found, expected) => {
  expect(found).toEqual(expected)
})

/**
 * What becomes of rows that had vanished at ten and are there again an hour later, where others that `shown` names are there,
 * too, and the rest has vanished since. Their process began at start.
 */
function returns(known: string[], returned: number[], shown: number[] = [], start: number | null = null) {
  const table = tableOf(known)
  const { flow, proxy, vanishedAt } = table.columns
  flow.fill(0)
  proxy.fill(7)
  for (const row of returned) vanishedAt[row] = SAMPLED
  const sample = { time: SAMPLED + 3_600_000, value: 5 }
  const found = matchRelabelled(tableOf([]), table, {
    returned,
    shown: (row) => ([...returned, ...shown].includes(row) ? sample : null),
    sampleOf: () => sample,
    startOf: () => start,
    proxyOf: () => 7,
  })
  return Object.fromEntries(found.returned)
}

const [main, other] = [requests('cluster="a"'), requests('cluster="a",replica="b"')]
const tagged = (labels: string) => ['x="1"', 'x="2"'].map((own) => requests(`${labels},${own}`))

test.each<[string, object, object]>([
  ['and goes on where it was under other labels meanwhile', returns([main, other], [0]), { 0: 1 }],
  ['and goes on as itself beside one that is there as well', returns([main, other], [0], [1]), {}],
  ['and goes on as itself when it was nobody meanwhile', returns([main], [0]), {}],
  ['as the successor of one it was not', returns([main, other], [0], [], SAMPLED + 1_800_000), { 0: 'successor' }],
  ['with another and both go on as themselves', returns(tagged('cluster="a"'), [0, 1]), {}],
  [
    'with another and which of two was which cannot be told',
    returns([...tagged('cluster="a"'), ...tagged('cluster="b"')], [0, 1]),
    { 0: 'ambiguous', 1: 'ambiguous' },
  ],
])('a series returns %s', (_, found, expected) => {
  expect(found).toEqual(expected)
})

test.each<[string, number, number, number, object]>([
  ['of another process that counted less is only a namesake', 8, 300, 4, {}],
  ['of another process that counted no less may be the same one', 8, 300, 5, { 0: 0 }],
  ['of the same process that counted less was restarted', 7, 300, 4, { 0: 0 }],
  ['of another process may be the same one by a clock that is ahead', 8, 12, 4, { 0: 0 }],
])('a series %s', (_, process, seconds, value, expected) => {
  const table = tableOf([main])
  table.columns.flow[0] = 0
  table.columns.proxy[0] = 7
  table.columns.value[0] = 5
  const found = matchRelabelled(tableOf([other]), table, {
    returned: [],
    shown: () => null,
    sampleOf: () => ({ time: SAMPLED + seconds * 1000, value }),
    startOf: () => null,
    proxyOf: () => process,
  })
  expect(Object.fromEntries(found.unknown)).toEqual(expected)
})

test('series that are not booked are nobody’s continuation', () => {
  expect(matches(['up{pod="cart-1",cluster="a"}'], ['up{pod="cart-1",cluster="b"}'])).toEqual({})
})

test('one whose process began after the last sample is only a namesake', () => {
  const restart = (start: number) => matches([requests('cluster="a"')], [requests('cluster="b"')], [], start)
  expect(restart(SAMPLED - 60_000)).toEqual({ 0: 0 })
  expect(restart(SAMPLED + 60_000)).toEqual({})
})
