import type { FlowRow } from '#core/flow.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory } from '#core/history.ts'
import { blockedReport, burstsOf } from '#core/reports/blocked.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { dateAfter, dayDigest, type SmallDay } from './day-digest.ts'
import { flowRow, tcpRow } from './flow-rows.ts'

const DAY = '2026-11-18'

const http = (host: string, requests: number, given: Partial<FlowRow> = {}) =>
  flowRow({ destinationClass: 'blocked', destinationHost: host, responseCode: '502', requests, ...given })
const tcp = (connectionsClosed: number): FlowRow => ({
  ...tcpRow('UH', { connectionsClosed }),
  destinationClass: 'blocked',
  destinationHost: '',
})

/** A day's digest with so many attempts in its hours. */
function hourly(date: string, attempts: Record<number, number>) {
  const digest = dayDigest(date, [http('a.example', 1)])
  digest.edges[0].hours = Array.from({ length: 24 }, (_, hour) => attempts[hour] ?? 0)
  return digest
}

const every = (count: number) => Object.fromEntries(Array.from({ length: 24 }, (_, hour) => [hour, count]))

describe('a burst', () => {
  const hoursOf = (day: Record<number, number>, before: Record<number, number> | null = null) => {
    const earlier = before === null ? null : hourly(dateAfter(DAY, -1), before)
    return burstsOf(hourly(DAY, day), earlier).map(({ start, usual }) => `${start.slice(11, 13)} ${usual}`)
  }

  test.each([
    ['ten attempts out of nothing are one', { 5: 10 }, null, ['05 0']],
    ['nine are none', { 5: 9 }, null, []],
    ['ten times what is usual is one', { 5: 100 }, every(10), ['05 10']],
    ['a little less is none', { 5: 99 }, every(10), []],
    ['what goes on is told once, when it begins', { 2: 30_000, 3: 44_000, 4: 29_000 }, null, ['02 0']],
    ['an hour of silence before what is usual makes none', { 5: 10, 9: 12 }, every(10), []],
    ['a busy morning is none, since it comes by and by', { 7: 40, 8: 110, 9: 160 }, every(1), ['07 1']],
    [
      'what is usual is the median, which one earlier burst does not move',
      { 5: 100 },
      { ...every(10), 3: 90_000 },
      ['05 10'],
    ],
    ['and of an even number the mean of the middle two', { 5: 200 }, { 1: 10, 2: 20 }, ['05 15']],
    ['the first hour of a day is measured against the day before', { 0: 100 }, { 23: 40, 22: 1, 21: 1 }, []],
  ])('%s', (_, day, before, expected) => {
    expect(hoursOf(day, before)).toEqual(expected)
  })

  test('bursts out of nothing only when nothing was seen there, not when nobody looked', () => {
    const day = hourly(DAY, { 0: 900, 12: 900 })
    const startsOf = (before: Parameters<typeof burstsOf>[1]) =>
      burstsOf(day, before).map(({ start }) => start.slice(11, 13))
    expect(startsOf(dayDigest(dateAfter(DAY, -1), []))).toEqual(['00'])
    expect(startsOf(dayDigest(dateAfter(DAY, -1), [], { observedMs: 0 }))).toEqual([])
    expect(startsOf(null)).toEqual([])
    const later = hourly(DAY, { 12: 900 })
    expect(burstsOf(later, null)).toHaveLength(1)
    later.day.coverage[0].hours[11] = 'none'
    expect(burstsOf(later, null)).toEqual([])
  })

  test('names the hosts of that hour, those with a name first', () => {
    const digest = dayDigest(DAY, [tcp(900), http('few.example', 20), http('many.example', 300)], { hour: 7 })
    expect(burstsOf(digest, null)).toEqual([
      {
        start: `${DAY}T07:00:00Z`,
        target: 'mesh',
        namespace: 'shop',
        workload: 'checkout-v1',
        hosts: ['many.example', 'few.example', ''],
        attempts: 1220,
        usual: 0,
      },
    ])
  })

  test('is of one workload: two that try a little each make none', () => {
    const digest = dayDigest(DAY, [http('a.example', 9), http('a.example', 9, { sourceWorkload: 'other' })])
    expect(burstsOf(digest, null)).toEqual([])
  })
})

describe('the report', () => {
  const nameless: FlowRow = {
    ...tcpRow('-', { connectionsClosed: 5 }),
    destinationClass: 'passthrough',
    destinationHost: '',
  }
  const days: Record<string, FlowRow[]> = {
    [dateAfter(DAY, -2)]: [http('a.example', 4), flowRow({ destinationHost: 'b.example', requests: 7 }), nameless],
    [dateAfter(DAY, -1)]: [],
    [DAY]: [http('a.example', 6), http('b.example', 2), tcp(30)],
  }
  const report = (small: SmallDay = {}, from = 0) => {
    const digests = Object.entries(days).map(([date, rows]) => dayDigest(date, rows, date === DAY ? small : {}))
    const folding = startFolding(emptyHistory())
    for (const digest of digests) folding.add(digest)
    return blockedReport({ title: 'Egress', digests: digests.slice(from), history: folding.history() })
  }

  test('counts HTTP and TCP attempts apart, day by day', () => {
    expect(report().days.map(({ date, http, tcp }) => [date, http, tcp])).toEqual([
      [dateAfter(DAY, -2), 4, 0],
      [dateAfter(DAY, -1), 0, 0],
      [DAY, 8, 30],
    ])
  })

  test('says of a day that nobody observed that there is no data', () => {
    expect(report({ observedMs: 0 }).days[2]).toMatchObject({ observation: 'none', complete: false })
    expect(report({ closedHours: 12 }).days[2]).toMatchObject({ observation: 'observed', provisional: true })
  })

  test('sums attempts by workload, host and protocol, most first', () => {
    const rows = report().attempts
    expect(rows.map(({ host, protocol, attempts }) => [host, protocol, attempts])).toEqual([
      ['', 'tcp', 30],
      ['a.example', 'http', 10],
      ['b.example', 'http', 2],
    ])
    expect(rows[1]).toMatchObject({
      first: dateAfter(DAY, -2),
      last: DAY,
      days: 2,
      busiestHour: { start: `${DAY}T05:00:00Z`, attempts: 6 },
    })
  })

  test('tells which host was reached, too, and never says so of hosts without a name', () => {
    expect(report().attempts.map(({ host, alsoAllowed }) => [host, alsoAllowed])).toEqual([
      ['', false],
      ['a.example', false],
      ['b.example', true],
    ])
  })

  test('knows from history when a host that was never let through was first tried', () => {
    const rows = report({}, 1).attempts
    expect(rows.find(({ host }) => host === 'a.example')?.first).toBe(dateAfter(DAY, -2))
    // It was called before, though not in vain: when it was first blocked only these days tell.
    expect(rows.find(({ host }) => host === 'b.example')?.first).toBe(DAY)
  })

  test('puts the newest burst first', () => {
    const digests = [hourly(dateAfter(DAY, -1), { 4: 50 }), hourly(DAY, { 20: 900 })]
    const { bursts } = blockedReport({ title: 'Egress', digests, history: emptyHistory() })
    expect(bursts.map(({ start }) => (Date.parse(start) - Date.parse(DAY)) / HOUR_MS)).toEqual([
      20,
      4 - DAY_MS / HOUR_MS,
    ])
  })
})
