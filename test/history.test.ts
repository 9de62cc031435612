/** The history of all closed days: what is folded in, day by day or all at once, and that it stays within its bounds. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import type { DayDigest } from '#core/digest.ts'
import { DESTINATION_CLASSES, type FlowRow } from '#core/flow.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory, type History } from '#core/history.ts'
import { decodeHistory, encodeHistory } from '#core/packed-history.ts'
import { addByClass, sumByClass, zeroByClass } from '#core/totals.ts'
import { dateAfter, dayDigest, foldDay } from './day-digest.ts'
import { flowRow } from './flow-rows.ts'
import { sampleHistory } from './samples/history.ts'

const FIRST = '2026-10-30'
const to = (destinationHost: string, changes: Partial<FlowRow> = {}) =>
  flowRow({ destinationHost, requests: 1, egressBytes: 10, ...changes })
const passthrough = { destinationClass: 'passthrough', destinationService: 'PassthroughCluster' } as const

/** The history of dense days from FIRST on, each with its rows. */
function historyOf(...days: FlowRow[][]): History {
  return digestsOf(days).reduce((history, digest) => foldDay(history, digest), emptyHistory())
}

function digestsOf(days: FlowRow[][]): DayDigest[] {
  return days.map((rows, at) => dayDigest(dateAfter(FIRST, at), rows))
}

const repeated = (times: number, rows: FlowRow[] = []) => Array.from({ length: times }, () => rows)

test('a destination is known by its days, its callers, and the ways it was reached', () => {
  const history = historyOf(
    [to('a.example', { destinationPort: 443 }), to('a.example', { sourceWorkload: 'cart', protocol: 'grpc' })],
    [],
    [to('a.example', { egressBytes: 700, destinationPort: 80 }), to('b.example')],
  )
  const [a, b] = history.destinations
  expect(a).toMatchObject({
    host: 'a.example',
    first: '2026-10-30',
    last: '2026-11-01',
    days: 2,
    targets: ['mesh'],
    protocols: ['grpc', 'http'],
    ports: [80, 443],
  })
  expect(a.recent.map(({ period, byClass }) => [period, byClass.registered.egressBytes])).toEqual([
    ['2026-10-30', 20],
    ['2026-11-01', 700],
  ])
  expect(a.months.map(({ period, byClass }) => [period, byClass.registered.requests])).toEqual([
    ['2026-10', 2],
    ['2026-11', 1],
  ])
  expect(b).toMatchObject({ host: 'b.example', first: '2026-11-01', last: '2026-11-01', days: 1 })
  expect(history.pairs.map(({ workload, host, first, last, days }) => [workload, host, first, last, days])).toEqual([
    ['cart', 'a.example', '2026-10-30', '2026-10-30', 1],
    ['checkout-v1', 'a.example', '2026-10-30', '2026-11-01', 2],
    ['checkout-v1', 'b.example', '2026-11-01', '2026-11-01', 1],
  ])
})

test('a workload is known by its names and the versions of the last day it was seen', () => {
  const { workloads } = historyOf(
    [to('a.example', { sourceVersion: 'v1' })],
    [to('a.example', { sourceVersion: 'v3' }), to('b.example', { sourceVersion: 'v2' })],
    [to('a.example', { sourceWorkload: 'cart' })],
  )
  expect(workloads.map(({ workload, versions, days, last }) => [workload, versions, days, last])).toEqual([
    ['cart', ['v1'], 1, '2026-11-01'],
    ['checkout-v1', ['v2', 'v3'], 2, '2026-10-31'],
  ])
})

test('a pair has the class of most of its traffic on its last day, by bytes, else by attempts', () => {
  const pairOf = (...rows: FlowRow[]) => historyOf([to('a.example', { egressBytes: 5000 })], rows).pairs[0]
  expect(
    pairOf(to('a.example', { egressBytes: 1 }), to('a.example', { ...passthrough, egressBytes: 2 })),
  ).toMatchObject({
    destinationClass: 'passthrough',
    byClass: { registered: { egressBytes: 5001 }, passthrough: { egressBytes: 2 } },
  })
  const refused = to('a.example', { destinationClass: 'blocked', requests: 9, egressBytes: 0 })
  expect(pairOf(refused, to('a.example', { egressBytes: 0 })).destinationClass).toBe('blocked')
})

test('a class that was silent for thirty days begins another span; one that was silent for less goes on', () => {
  const spansAfter = (silentDays: number) =>
    historyOf([to('a.example')], ...repeated(silentDays), [to('a.example')]).destinations[0].classes
  expect(spansAfter(29)).toEqual([
    { destinationClass: 'registered', first: FIRST, last: dateAfter(FIRST, 30), days: 2 },
  ])
  expect(spansAfter(30)).toEqual([
    { destinationClass: 'registered', first: FIRST, last: FIRST, days: 1 },
    { destinationClass: 'registered', first: dateAfter(FIRST, 31), last: dateAfter(FIRST, 31), days: 1 },
  ])
})

test('a destination that becomes registered has a span of each class', () => {
  const { classes } = historyOf(
    [to('a.example', passthrough)],
    [to('a.example', passthrough), to('a.example')],
    [to('a.example')],
  ).destinations[0]
  expect(classes.map(({ destinationClass, first, last, days }) => [destinationClass, first, last, days])).toEqual([
    ['passthrough', '2026-10-30', '2026-10-31', 2],
    ['registered', '2026-10-31', '2026-11-01', 2],
  ])
})

test('only the 35 days that end with the last one seen are kept as days', () => {
  const { recent, days } = historyOf(...repeated(40, [to('a.example')])).destinations[0]
  expect([recent.length, recent[0].period, days]).toEqual([35, dateAfter(FIRST, 5), 40])
  const rare = historyOf([to('a.example')], ...repeated(34), [to('a.example')]).destinations[0]
  expect(rare.recent.map(({ period }) => period)).toEqual([dateAfter(FIRST, 35)])
})

test('a month is complete from its first day on as long as all its days are', () => {
  const monthsOf = (first: string, observed: number[]) =>
    observed.reduce((history, observedMs, at) => {
      return foldDay(history, dayDigest(dateAfter(first, at), [to('a.example')], { observedMs }))
    }, emptyHistory()).months
  const whole = 3_600_000
  expect(monthsOf('2026-11-01', [whole, whole])).toMatchObject([
    { month: '2026-11', days: 2, complete: true, observation: 'observed' },
  ])
  expect(monthsOf('2026-11-02', [whole])).toMatchObject([{ complete: false, observation: 'observed' }])
  expect(monthsOf('2026-11-01', [whole, 0])).toMatchObject([{ complete: false, observation: 'partial' }])
  expect(monthsOf('2026-11-01', [0])).toMatchObject([{ complete: false, observation: 'none' }])
})

test('a fold leaves the history it began with as it was', () => {
  const before = historyOf([to('a.example'), to('b.example', { sourceWorkload: 'cart' })])
  const copy = structuredClone(before)
  foldDay(before, dayDigest(dateAfter(FIRST, 1), [to('b.example'), to('c.example')]))
  expect(before).toEqual(copy)
})

test('a day that was folded, or before which one is missing, is refused', () => {
  const history = historyOf([to('a.example')])
  expect(() => foldDay(history, dayDigest(FIRST, []))).toThrow('2026-10-30 does not follow 2026-10-30')
  expect(() => foldDay(history, dayDigest(dateAfter(FIRST, 2), []))).toThrow('2026-11-01 does not follow 2026-10-30')
})

test('a day that some target never closed stays provisional, packed or not', () => {
  const open = dayDigest(dateAfter(FIRST, 1), [to('b.example')], { closedHours: 8 })
  const history = foldDay(historyOf([to('a.example')]), open)
  expect(history.days.map(({ provisional }) => provisional)).toEqual([false, true])
  expect(decodeHistory(encodeHistory(history), 'key')).toEqual(history)
})

const someDays = fc.array(
  fc.array(
    fc
      .record({
        destinationHost: fc.constantFrom('', 'a.example', 'b.example', 'c.example'),
        sourceWorkload: fc.constantFrom('cart', 'checkout', ''),
        sourceVersion: fc.constantFrom('v1', 'v2'),
        destinationClass: fc.constantFrom(...DESTINATION_CLASSES),
        destinationPort: fc.constantFrom(null, 80, 443),
        egressBytes: fc.nat({ max: 1e12 }),
        requests: fc.nat(1000),
      })
      .map(flowRow),
    { maxLength: 5 },
  ),
  { minLength: 1, maxLength: 12 },
)

test('days folded one by one, each from the packed history of the last, are the same as days folded at once', () => {
  fc.assert(
    fc.property(someDays, (days) => {
      const folding = startFolding(emptyHistory())
      let packed = encodeHistory(emptyHistory())
      for (const digest of digestsOf(days)) {
        folding.add(digest)
        packed = encodeHistory(foldDay(decodeHistory(packed, 'key'), digest))
      }
      expect(decodeHistory(packed, 'key')).toEqual(folding.history())
      expect(Buffer.compare(packed, encodeHistory(folding.history()))).toBe(0)
    }),
    { numRuns: 40 },
  )
})

test('days sum to months; months, destinations, workloads and pairs each to all; nothing is last seen before the first time', () => {
  fc.assert(
    fc.property(someDays, (days) => {
      const { days: all, months, destinations, workloads, pairs } = historyOf(...days)
      const whole = sumByClass(all.map(({ byClass }) => byClass))
      const sumOfMonths = (of: { months: History['destinations'][number]['months'] }[]) =>
        sumByClass(of.flatMap((one) => one.months.map(({ byClass }) => byClass)))
      expect(sumByClass(months.map(({ byClass }) => byClass))).toEqual(whole)
      expect(sumOfMonths(destinations)).toEqual(whole)
      expect(sumOfMonths(workloads)).toEqual(whole)
      expect(sumByClass(pairs.map(({ byClass }) => byClass))).toEqual(whole)
      for (const entity of [...destinations, ...workloads]) {
        const recent = zeroByClass()
        for (const { byClass } of entity.recent) addByClass(recent, byClass)
        expect(recent).toEqual(sumOfMonths([entity]))
        expect(entity.recent.length).toBe(entity.days)
        expect(entity.recent.at(-1)?.period).toBe(entity.last)
      }
      for (const { first, last, days: on } of [...destinations, ...workloads, ...pairs]) {
        expect(first <= last && on >= 1 && on > 1 === first < last).toBe(true)
      }
    }),
    { numRuns: 40 },
  )
})

test('of more destinations than there is room for, those of one day that were silent for longest are forgotten with their pairs', () => {
  const folding = startFolding(emptyHistory(), { destinations: 3, workloads: 9, pairs: 9 })
  const days = [
    [to('twice.example'), to('once-early.example')],
    [to('twice.example'), to('once-late.example')],
    [],
    [to('new.example')],
    [to('newer.example'), to('newest.example'), to('a.example')],
  ]
  for (const digest of digestsOf(days)) folding.add(digest)
  const history = folding.history()
  expect(history.destinations.map(({ host }) => host)).toEqual(['newer.example', 'newest.example', 'twice.example'])
  expect(history.pairs.map(({ host }) => host)).toEqual(['newer.example', 'newest.example', 'twice.example'])
  expect(history).toMatchObject({ forgotten: 4, forgottenWorkloads: 0, forgottenPairs: 0 })
})

test('workloads and pairs have bounds of their own', () => {
  const folding = startFolding(emptyHistory(), { destinations: 9, workloads: 2, pairs: 3 })
  const by = (sourceWorkload: string, host: string) => to(host, { sourceWorkload })
  const days = [
    [by('job-1', 'a.example')],
    [by('job-2', 'a.example')],
    [by('job-3', 'a.example'), by('job-3', 'b.example'), by('job-3', 'c.example')],
  ]
  const digests = digestsOf(days)
  for (const digest of digests) folding.add(digest)
  expect(folding.history().workloads.map(({ workload }) => workload)).toEqual(['job-2', 'job-3'])
  expect(folding.history().pairs.map(({ workload, host }) => `${workload} ${host}`)).toEqual([
    'job-3 a.example',
    'job-3 b.example',
    'job-3 c.example',
  ])
  expect(folding.history()).toMatchObject({ forgotten: 0, forgottenWorkloads: 1, forgottenPairs: 1 })
})

test('hosts that somebody makes up every day fill no more than the room there is, and drive out nothing that is called daily', () => {
  const folding = startFolding(emptyHistory(), { destinations: 50, workloads: 50, pairs: 60 })
  for (let day = 0; day < 40; day++) {
    const madeUp = Array.from({ length: 30 }, (_, n) => to(`${day}-${n}.evil.example`, passthrough))
    folding.add(dayDigest(dateAfter(FIRST, day), [to('api.stripe.com'), ...madeUp]))
  }
  const history = folding.history()
  expect(history.destinations.find(({ host }) => host === 'api.stripe.com')).toMatchObject({ first: FIRST, days: 40 })
  expect([history.destinations.length, history.pairs.length]).toEqual([50, 50])
  expect(history.forgotten).toBe(1 + 40 * 30 - 50)
})

test('a host that is called at every port there is has a hundred of them', () => {
  const history = historyOf(
    ...[0, 1].map((day) =>
      Array.from({ length: 80 }, (_, n) => to('a.example', { destinationPort: 1 + 80 * day + n })),
    ),
  )
  expect(history.destinations[0].ports).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
})

test.each<[string, (packed: ReturnType<typeof JSON.parse>) => void, string]>([
  ['another schema', (it) => Object.assign(it, { schema: 7 }), 'its schema is 7, not 1'],
  ['another last day', (it) => Object.assign(it, { through: FIRST }), 'its last day is not the last of its days'],
  ['a host that is no text', (it) => it.destinations[0].splice(0, 1, 5), 'a host is no text'],
  ['a class nobody knows', (it) => it.pairs[0].splice(5, 1, 'odd'), 'a pair’s class is none of'],
  ['a day cut short', (it) => it.days[0].pop(), 'a day is no list of 7'],
  ['totals below zero', (it) => it.days[0][4][0].splice(0, 1, -1), 'totals is no count'],
  ['a date no calendar has', (it) => it.pairs[0][4].splice(0, 1, '2026-13-01'), 'is on no calendar'],
])('a history with %s is refused with its key', (_, damage, reason) => {
  const packed = JSON.parse(zstdDecompressSync(encodeHistory(sampleHistory('2026-10-20'))).toString())
  damage(packed)
  expect(() => decodeHistory(zstdCompressSync(JSON.stringify(packed)), 'daily/h')).toThrow(
    new RegExp(`^history daily/h cannot be read: .*${RegExp.escape(reason)}.*; it can be made again from the ledger$`),
  )
})

test('the history of the sample comes back as it was', () => {
  const history = sampleHistory()
  expect(history.days.length).toBe(34)
  expect(decodeHistory(encodeHistory(history), 'key')).toEqual(history)
})
