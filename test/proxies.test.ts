import type { Checkpoint, MeshProxy } from '#core/checkpoint.ts'
import { OpenHours } from '#core/hours.ts'
import { proxyKey } from '#core/labels.ts'
import { Proxies, sameProcess } from '#core/proxies.ts'
import { readBody } from '#core/reading.ts'
import { SeriesTable } from '#core/series.ts'

const TEN = Date.UTC(2026, 10, 20, 10)
const FIVE_PAST = TEN + 5 * 60_000
const SEED = { lo: 1, hi: 2 }
const MESH = { clusterDomain: 'cluster.local', gateways: [], waypoints: [] }
const KEY = proxyKey('shop\0cart\x0010.0.0.1:15020', SEED)

/** What is remembered at five past ten. */
function checkpoint(proxies: MeshProxy[] = []): Checkpoint {
  return {
    target: 'mesh',
    owner: '',
    generation: 1,
    seq: 1,
    selectors: '',
    selectorsSince: TEN,
    seed: SEED,
    baseline: TEN,
    watermark: FIVE_PAST,
    tailedThrough: TEN,
    head: null,
    externalLabels: [],
    unclassifiedExample: '',
    flows: [],
    hours: new OpenHours(TEN),
    finished: [],
    series: new SeriesTable(),
    proxies,
  }
}

const CART = 'instance="10.0.0.1:15020",namespace="shop",pod="cart"'

/** Meets these samples, each a name, labels and a value, ten minutes past ten. */
function meet(known: Checkpoint, ...samples: string[]): Proxies {
  const body = Buffer.from(samples.map((sample) => `${sample} ${TEN + 600_000}\n`).join(''))
  return new Proxies(known, readBody(body, { series: known.series, seed: SEED, mesh: MESH }, 'test'))
}

test('all series of one pod and address are one proxy, and a series without either is of none', () => {
  const known = checkpoint()
  const proxies = meet(
    known,
    `up{${CART}} 1`,
    `envoy_server_uptime{${CART}} 60`,
    'istio_requests_total{reporter="source"} 1',
  )
  expect([...proxies.ofUnknown]).toEqual([0, 0, -1])
  expect(known.proxies).toEqual([{ key: KEY, start: 0, startSeenAt: 0, seenAt: 0 }])
})

test('a proxy that is remembered is met again, not twice', () => {
  const known = checkpoint([{ key: KEY, start: 0, startSeenAt: 0, seenAt: FIVE_PAST }])
  expect([...meet(known, `up{${CART}} 1`).ofUnknown]).toEqual([0])
  expect(known.proxies).toHaveLength(1)
})

test.each<[string, string[], number | null]>([
  ['is the sample less the uptime', [`envoy_server_uptime{${CART}} 60`], TEN + 540_000],
  ['is unknown without an uptime', [`up{${CART}} 1`], null],
  ['is unknown when the uptime is none', [`envoy_server_uptime{${CART}} NaN`], null],
])('a start %s', (_, samples, now) => {
  const known = checkpoint()
  const proxies = meet(known, ...samples)
  expect(proxies.startOf(0)).toEqual({ before: null, now })
  proxies.remember(TEN + 600_000)
  expect(known.proxies[0].start).toBe(now ?? 0)
})

test('an `up` of 0 is no sign that anybody was there', () => {
  const known = checkpoint()
  meet(known, `up{${CART}} 0`).remember(TEN + 600_000)
  expect(known.proxies[0].seenAt).toBe(0)
  meet(known, `up{${CART}} 1`).remember(TEN + 600_000)
  expect(known.proxies[0].seenAt).toBe(TEN + 600_000)
})

// A start is read to within some seconds, so it is kept while the process is the same one.
test.each<[string, number, number]>([
  ['stays where it was read first', 594, TEN],
  ['moves when another process began', 120, TEN + 480_000],
])('a remembered start %s', (_, uptime, start) => {
  const known = checkpoint([{ key: KEY, start: TEN, startSeenAt: FIVE_PAST, seenAt: FIVE_PAST }])
  meet(known, `envoy_server_uptime{${CART}} ${uptime}`).remember(TEN + 600_000)
  expect(known.proxies[0]).toMatchObject({ start, startSeenAt: TEN + 600_000 })
})

test.each<[string, Partial<MeshProxy>, number | null, boolean]>([
  ['the same start', { start: TEN, startSeenAt: FIVE_PAST }, TEN, true],
  ['a start some seconds off', { start: TEN, startSeenAt: FIVE_PAST }, TEN + 6_000, true],
  ['a later start', { start: TEN, startSeenAt: FIVE_PAST }, TEN + 20_000, false],
  ['a start that the last scrape did not tell', { start: TEN, startSeenAt: TEN }, TEN, false],
  ['no start, seen at the last scrape', { seenAt: FIVE_PAST }, null, true],
  ['no start, not seen at the last scrape', { seenAt: TEN }, null, false],
])('the same process was there or not: %s', (_, known, startNow, same) => {
  expect(sameProcess({ key: KEY, start: 0, startSeenAt: 0, seenAt: 0, ...known }, startNow, FIVE_PAST)).toBe(same)
})
