/** The reports that look back: the home page, destinations, workloads and the search's index. */
import { daySummary } from '#core/day.ts'
import type { DayDigest } from '#core/digest.ts'
import type { FlowRow } from '#core/flow.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory, type History } from '#core/history.ts'
import type { TargetState } from '#core/hour-record.ts'
import type { Change } from '#core/reports/change.ts'
import { destinationReport, destinationsReport } from '#core/reports/destination.ts'
import { homeReport } from '#core/reports/home.ts'
import { searchIndex } from '#core/reports/search.ts'
import { workloadReport, workloadsReport } from '#core/reports/workload.ts'
import { MINUTE_MS } from '#core/time.ts'
import { sumByClass, zeroTotals } from '#core/totals.ts'
import { dateAfter, dayDigest, foldDay, type SmallDay } from './day-digest.ts'
import { flowRow, targetState, tcpRow } from './flow-rows.ts'
import { judgedOf, NO_COMPLIANCE } from './judged.ts'
import { LAST_DAY } from './report-sample.ts'
import { sampleHome } from './samples/history.ts'

const FIRST = '2026-10-30'
const to = (destinationHost: string, changes: Partial<FlowRow> = {}) =>
  flowRow({ destinationHost, requests: 1, egressBytes: 10, ...changes })

/** Dense days from FIRST on, each with its rows, and the history of them all. */
function folded(days: FlowRow[][], small: SmallDay = {}): { digests: DayDigest[]; history: History } {
  const digests = days.map((rows, at) => dayDigest(dateAfter(FIRST, at), rows, small))
  const folding = startFolding(emptyHistory())
  for (const digest of digests) folding.add(digest)
  return { digests, history: folding.history() }
}

const none: FlowRow[] = []

// The home page.

interface HomeChanges {
  closedDays?: number
  openDays?: number
  changes?: Change[]
  targets?: TargetState[]
  small?: SmallDay
  lastRows?: FlowRow[] // of the last closed day
}

function homeOf({ closedDays = 10, openDays = 1, changes = [], targets = [], small = {}, lastRows }: HomeChanges) {
  const days = Array.from({ length: closedDays }, (_, at) => [to('a.example', { requests: at + 1 })])
  if (lastRows !== undefined) days[closedDays - 1] = lastRows
  const { digests, history } = folded(days, small)
  const open = Array.from({ length: openDays }, (_, at) =>
    dayDigest(dateAfter(FIRST, closedDays + at), [to('a.example')], { closedHours: 6 }),
  )
  const latest = digests.at(-1) ?? open.at(-1) ?? null
  const summaries = open.map(({ day }) => daySummary(day))
  return homeReport({ title: 'Egress', history, open: summaries, latest, changes, targets })
}

test('home tells of the latest closed day, the day before, the same weekday a week before, and today', () => {
  const { latest, before, weekBefore, today, days } = homeOf({})
  expect([latest, before, weekBefore, today].map((day) => day?.date)).toEqual([
    '2026-11-08',
    '2026-11-07',
    '2026-11-01',
    '2026-11-09',
  ])
  expect(days.length).toBe(11)
})

test('home tells of the newest day while none is closed, and of nothing before there is any', () => {
  expect(homeOf({ closedDays: 0 })).toMatchObject({ latest: { date: FIRST }, before: null, today: null })
  expect(homeOf({ closedDays: 0, openDays: 0 })).toMatchObject({
    latest: null,
    today: null,
    days: [],
    observation: 'pending',
  })
  expect(homeOf({ closedDays: 3, openDays: 0 }).today).toBeNull()
})

test('home shows 35 days and what they sum to, and every month, newest first', () => {
  const { days, byClass, months, complete } = homeOf({ closedDays: 40 })
  expect(days.length).toBe(35)
  expect(byClass).toEqual(sumByClass(days.map((day) => day.byClass)))
  expect(months.map(({ month, days: of }) => [month, of])).toEqual([
    ['2026-12', 8],
    ['2026-11', 30],
    ['2026-10', 2],
  ])
  expect(complete).toBe(true)
})

test('the digest of another day than the latest is refused', () => {
  const { digests, history } = folded([none, none])
  const input = { title: '', history, open: [], changes: [], targets: [] }
  expect(() => homeReport({ ...input, latest: digests[0] })).toThrow(
    'its latest day is 2026-10-31, and the digest is of 2026-10-30',
  )
})

const change = (kind: Change['kind'], severity: Change['severity']): Change => ({
  kind,
  severity,
  host: 'a.example',
  workloads: [],
  workloadCount: 0,
  classes: [],
  classesBefore: [],
  now: zeroTotals(),
  before: zeroTotals(),
  blocked: 0,
  blockedBefore: 0,
  weekBeforeBytes: null,
  firstSeen: FIRST,
  sentence: `${severity} ${kind}`,
})

test('what needs attention is urgent first: a mesh that fell silent, then what changed; what is low stays on its page', () => {
  const at = Date.UTC(2026, 10, 9, 13, 5)
  const stale = { ...targetState('mesh', 0, 0, at), dueThrough: at + 200 * MINUTE_MS }
  const changes = [
    change('blocked-burst', 'high'),
    change('new-destination', 'medium'),
    change('vanished-destination', 'low'),
  ]
  expect(homeOf({ changes, targets: [stale, targetState('other', 0, 0, at)] }).attention).toEqual([
    {
      severity: 'high',
      kind: 'stale',
      sentence:
        'mesh was last observed on 2026-11-09 at 13:05 UTC, 3\u00a0h 20\u00a0min before the newest of the others.',
      address: 'coverage/',
    },
    { severity: 'high', kind: 'blocked-burst', sentence: 'high blocked-burst', address: 'blocked/' },
    {
      severity: 'medium',
      kind: 'new-destination',
      sentence: 'medium new-destination',
      address: 'days/2026-11-08/changes/',
    },
  ])
})

test.each<[number, string | null, string]>([
  [0, 'high', 'mesh: nothing of 2026-11-08 was observed, so there is no data of it.'],
  [20, 'high', 'mesh: 16\u00a0h of 2026-11-08 were not observed, so figures of that day are lower bounds.'],
  [55, 'medium', 'mesh: 2\u00a0h of 2026-11-08 were not observed, so figures of that day are lower bounds.'],
  [59, 'low', 'mesh: 24\u00a0min of 2026-11-08 were not observed, so figures of that day are lower bounds.'],
  [60, null, ''],
])('of a day of which %i minutes an hour were observed, the urgency is %s', (minutes, severity, sentence) => {
  const { attention } = homeOf({ small: { observedMs: minutes * MINUTE_MS } })
  expect(attention).toEqual(severity === null ? [] : [{ severity, kind: 'gap', sentence, address: 'coverage/' }])
})

test('what goes on failing needs attention, though nothing changed, and so do attempts that are refused day by day', () => {
  const answers = (host: string, requests: number, responseCode: string) => to(host, { requests, responseCode })
  const { attention } = homeOf({
    lastRows: [
      ...[answers('a.example', 70, '200'), answers('a.example', 30, '503')],
      ...[answers('b.example', 910, '200'), answers('b.example', 90, '503')],
      answers('few.example', 10, '503'),
      { ...tcpRow('UH', { connectionsClosed: 1204 }), destinationHost: '', destinationClass: 'blocked' },
    ],
  })
  expect(attention).toEqual([
    {
      severity: 'medium',
      kind: 'failing',
      sentence: 'a.example failed 30.0\u00a0% of what was tried: 30 of 100 requests and connections.',
      address: 'destinations/a.example/',
    },
    {
      severity: 'low',
      kind: 'refused',
      sentence: '1,204 attempts of one workload were refused by the mesh.',
      address: 'blocked/',
    },
  ])
})

test('a glance at each mesh says what it did on the latest day; one that began later has no figures', () => {
  const now = Date.parse('2026-11-09T06:00:00Z')
  const targets = [targetState('late', now, now), targetState('mesh', Date.parse(FIRST), now, now + 61_000)]
  expect(homeOf({ targets }).targets).toEqual([
    {
      target: 'late',
      firstHour: '2026-11-09T06:00:00Z',
      closedThrough: '2026-11-09T06:00:00Z',
      watermark: '2026-11-09T06:00:00Z',
      latest: null,
    },
    {
      target: 'mesh',
      firstHour: '2026-10-30T00:00:00Z',
      closedThrough: '2026-11-09T06:00:00Z',
      watermark: '2026-11-09T06:01:01Z',
      latest: expect.objectContaining({ observation: 'observed', complete: true }),
    },
  ])
})

test('the meshes of the sample sum to its latest day', () => {
  const { targets, latest } = sampleHome()
  expect(sumByClass(targets.flatMap((target) => target.latest?.byClass ?? []))).toEqual(latest?.byClass)
  expect(latest?.date).toBe(dateAfter(LAST_DAY, -1))
})

// A destination and a workload.

test('a destination tells who called it, on its last day and ever, and how it went', () => {
  const { digests, history } = folded([
    [to('a.example', { sourceWorkload: 'old', egressBytes: 900 }), to('b.example')],
    [
      to('a.example', { sourceWorkload: 'cart', egressBytes: 50 }),
      to('a.example', { sourceWorkload: 'cart', egressBytes: 20, protocol: 'grpc', grpcStatus: '14', requests: 3 }),
      to('a.example', { sourceWorkload: 'audit', egressBytes: 400 }),
    ],
  ])
  const report = destinationReport({
    ...{ title: 'Egress', history, judged: judgedOf(digests[1]), compliance: NO_COMPLIANCE },
    host: 'a.example',
  })
  expect(report).toMatchObject({
    page: 'destination',
    first: '2026-10-30',
    last: '2026-10-31',
    days: 2,
    evidence: { grade: 'A' },
    provisional: false,
    complete: true,
  })
  expect(report.callers.map(({ workload, last }) => [workload, last])).toEqual([
    ['audit', '2026-10-31'],
    ['cart', '2026-10-31'],
    ['old', '2026-10-30'],
  ])
  expect(report.lastDay.callers.map(({ workload, protocols, totals }) => [workload, protocols, totals.errors])).toEqual(
    [
      ['audit', ['http'], 0],
      ['cart', ['grpc', 'http'], 3],
    ],
  )
  expect(report.lastDay.byClass.registered.egressBytes).toBe(470)
  expect(report.lastDay.responses.map(({ code, count, failed }) => [code, count, failed])).toEqual([
    ['grpc 14', 3, true],
    ['200', 2, false],
  ])
})

test('a workload tells what it called, each way apart, and when it was seen', () => {
  const { digests, history } = folded([
    [to('a.example')],
    [
      to('b.example', { egressBytes: 5 }),
      to('b.example', { egressBytes: 7, via: 'istio-system/gateway' }),
      { ...tcpRow('UH', { connectionsClosed: 4 }), destinationHost: '', destinationClass: 'blocked' },
      to('c.example', { sourceWorkload: 'another' }),
    ],
  ])
  const name = { target: 'mesh', namespace: 'shop', workload: 'checkout-v1' }
  const report = workloadReport({
    ...{ title: 'Egress', history, digest: digests[1], compliance: NO_COMPLIANCE },
    ...name,
  })
  expect(report.lastDay.calls.map(({ host, destinationClass, via }) => [host, destinationClass, via])).toEqual([
    ['b.example', 'registered', 'istio-system/gateway'],
    ['b.example', 'registered', ''],
    ['', 'blocked', ''],
  ])
  expect(report.calls.map(({ host, last }) => [host, last])).toEqual([
    ['b.example', '2026-10-31'],
    ['', '2026-10-31'],
    ['a.example', '2026-10-30'],
  ])
  expect(report.classes.map(({ destinationClass }) => destinationClass)).toEqual(['registered', 'blocked'])
  expect(report).toMatchObject({ ...name, first: '2026-10-30', last: '2026-10-31', versions: ['v1'] })
})

test('days without traffic are zeros between those with, and days without data say so', () => {
  const folding = startFolding(emptyHistory())
  folding.add(dayDigest(FIRST, [to('a.example')]))
  folding.add(dayDigest(dateAfter(FIRST, 1), []))
  folding.add(dayDigest(dateAfter(FIRST, 2), [], { observedMs: 0 }))
  const last = dayDigest(dateAfter(FIRST, 3), [to('a.example', { requests: 7 })])
  folding.add(last)
  const report = destinationReport({
    ...{ title: '', history: folding.history(), judged: judgedOf(last), compliance: NO_COMPLIANCE },
    host: 'a.example',
  })
  const days = report.recent.map((day) => [day.observation, day.complete, day.byClass.registered.requests])
  expect(days).toEqual([
    ['observed', true, 1],
    ['observed', true, 0],
    ['none', false, 0],
    ['observed', true, 7],
  ])
  expect(report.complete).toBe(false)
  expect(report.months.map(({ period, observation, complete }) => [period, observation, complete])).toEqual([
    ['2026-10', 'observed', false],
    ['2026-11', 'partial', false],
  ])
})

test('what a page of a silent destination or workload says does not change as days go on', () => {
  const { digests, history } = folded([[to('a.example')], [to('a.example')]])
  let later = history
  for (let at = 2; at < 40; at++) {
    later = foldDay(
      later,
      dayDigest(dateAfter(FIRST, at), [to('b.example', { sourceWorkload: 'cart' })], { observedMs: at }),
    )
  }
  const pages = (of: History) => {
    const [digest, judged] = [digests[1], judgedOf(digests[1])]
    const input = { title: '', history: of, digest, judged, compliance: NO_COMPLIANCE }
    const name = { target: 'mesh', namespace: 'shop', workload: 'checkout-v1' }
    return [destinationReport({ ...input, host: 'a.example' }), workloadReport({ ...input, ...name })]
  }
  expect(pages(later)).toEqual(pages(history))
})

test('a name that history does not know, or the digest of another day than its last, is refused', () => {
  const { digests, history } = folded([[to('a.example')], none])
  const [digest, judged] = [digests[1], judgedOf(digests[1])]
  const input = { title: '', history, digest, judged, compliance: NO_COMPLIANCE }
  expect(() => destinationReport({ ...input, host: 'b.example' })).toThrow('report of destination "b.example"')
  expect(() => destinationReport({ ...input, host: 'a.example' })).toThrow('last seen on 2026-10-30')
  expect(() => workloadReport({ ...input, target: 'mesh', namespace: 'shop', workload: 'x' })).toThrow(
    'report of workload ["mesh","shop","x"]',
  )
})

// Lists and search.

test('lists have the most recently seen first, then most bytes on that day, and sum their last 35 days', () => {
  const days = [[to('gone.example'), to('b.example', { egressBytes: 99 })], ...Array.from({ length: 35 }, () => none)]
  const { history } = folded([...days, [to('a.example'), to('b.example', { sourceWorkload: 'cart', egressBytes: 50 })]])
  const { destinations, through } = destinationsReport({ title: '', history })
  expect(through).toBe(dateAfter(FIRST, 36))
  expect(destinations.map(({ host, callers, recent }) => [host, callers, recent.registered.egressBytes])).toEqual([
    ['b.example', 2, 50],
    ['a.example', 1, 10],
    ['gone.example', 1, 0],
  ])
  expect(
    workloadsReport({ title: '', history }).workloads.map(({ workload, destinations: of, recent }) => [
      workload,
      of,
      recent.registered.egressBytes,
    ]),
  ).toEqual([
    ['cart', 1, 50],
    ['checkout-v1', 3, 10],
  ])
})

test('search finds every destination and workload at its page, the longest silent first to be left out', () => {
  const { history } = folded([[to('')], [to('a.example', { sourceWorkload: 'cart' })]])
  expect(searchIndex(history)).toEqual({
    schema: 1,
    firstDay: FIRST,
    lastDay: '2026-10-31',
    entries: [
      ['destination', 'a.example', 'mesh', '2026-10-31', 'destinations/a.example/'],
      ['workload', 'cart', 'mesh, shop', '2026-10-31', 'workloads/mesh/shop/cart/'],
      ['destination', '', 'mesh', '2026-10-30', 'destinations/unknown/'],
      ['workload', 'checkout-v1', 'mesh, shop', '2026-10-30', 'workloads/mesh/shop/checkout-v1/'],
    ],
    left: 0,
  })
  expect(searchIndex(history, 1)).toMatchObject({
    entries: [['destination', 'a.example', expect.anything(), expect.anything(), expect.anything()]],
    left: 3,
  })
  expect(searchIndex(emptyHistory())).toEqual({ schema: 1, firstDay: '', lastDay: '', entries: [], left: 0 })
})
