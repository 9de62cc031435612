/** The report of a day: that its parts sum to the whole, what is an error, and what is not known. */
import fc from 'fast-check'
import { type Amounts, type Coverage, type Gap, zeroAmounts } from '#core/coverage.ts'
import { dayReport, daySummary } from '#core/day.ts'
import { DESTINATION_CLASSES, type FlowRow } from '#core/flow.ts'
import type { HourRecord, TargetState } from '#core/hour-record.ts'
import type { ByClass, DayReport, Totals } from '#core/report.ts'
import { HOUR_MS } from '#core/time.ts'
import { addByClass, addTotals, zeroByClass, zeroTotals } from '#core/totals.ts'
import { flowRow, hourRecord, targetState, tcpRow } from './flow-rows.ts'

const DAY = Date.UTC(2026, 10, 20)
const hour = (n: number) => DAY + n * HOUR_MS

/** Of one target whose day is closed, unless given otherwise. */
function reportOf(records: HourRecord[], targets: TargetState[] = [targetState('mesh', hour(0), hour(24))]): DayReport {
  return dayReport({ title: 'Egress', day: DAY, targets, records, previous: null, next: null })
}

function reportOfRows(...rows: FlowRow[]): DayReport {
  return reportOf([hourRecord('mesh', hour(5), rows)])
}

const passthrough = { destinationClass: 'passthrough', destinationService: '' } as const
const blocked = { destinationClass: 'blocked', destinationService: '' } as const

// Totals and errors.

test('HTTP fails with 4xx, 5xx or no response; anything below is no error', () => {
  const codes = ['200', '204', '302', '400', '404', '429', '500', '503', '0', '-']
  const { byClass, responses } = reportOfRows(
    ...codes.map((responseCode, i) => flowRow({ responseCode, requests: 10 ** i })),
  )
  expect(byClass.registered).toMatchObject({ requests: 1111111111, errors: 1111111000 })
  const failed = Object.fromEntries(responses.map((row) => [row.code, row.failed]))
  expect(failed).toEqual({
    '200': false,
    '204': false,
    '302': false,
    '400': true,
    '404': true,
    '429': true,
    '500': true,
    '503': true,
    '0': true,
    '-': true,
  })
})

test('gRPC fails by its status, and by the HTTP code only when it has none', () => {
  const grpc = (responseCode: string, grpcStatus: string, requests: number) =>
    flowRow({ protocol: 'grpc', responseCode, grpcStatus, requests })
  const { byClass, responses } = reportOfRows(
    grpc('200', '0', 1),
    grpc('200', '14', 10),
    grpc('200', '', 100),
    grpc('503', '', 1000),
  )
  expect(byClass.registered).toMatchObject({ requests: 1111, errors: 1010 })
  expect(responses.map(({ code, count, failed }) => [code, count, failed])).toEqual([
    ['503', 1000, true],
    ['200', 100, false],
    ['grpc 14', 10, true],
    ['grpc 0', 1, false],
  ])
})

test('TCP fails by flags that say it never connected, alone or among others, and counts closed connections', () => {
  const flags = ['-', 'UF', 'UF,URX', 'UH', 'NR', 'DC', 'UFX']
  const { byClass } = reportOfRows(
    ...flags.map((flag, i) => tcpRow(flag, { connectionsClosed: 10 ** i, connectionsOpened: 7 })),
  )
  expect(byClass.registered).toMatchObject({ requests: 0, connections: 1111111, errors: 11110 })
})

test('blocked attempts are counted, and are neither errors nor failed responses', () => {
  const { byClass, responses, sources, destinations } = reportOfRows(
    flowRow({ ...blocked, destinationHost: 'evil.example', responseCode: '502', requests: 3 }),
    { ...tcpRow('UH', { connectionsClosed: 4 }), ...blocked, destinationHost: '' },
  )
  expect(byClass).toEqual({
    registered: zeroTotals(),
    passthrough: zeroTotals(),
    blocked: { ...zeroTotals(), requests: 3, connections: 4 },
  })
  expect(responses.map(({ failed }) => failed)).toEqual([false, false])
  expect(sources).toMatchObject([{ totals: zeroTotals(), blockedAttempts: 7, destinations: 2, share: 0 }])
  expect(destinations.map(({ host, share }) => [host, share])).toEqual([
    ['', 4 / 7],
    ['evil.example', 3 / 7],
  ])
})

test('destinations come by bytes over both classes that let them out, with ports, protocols, targets and sources', () => {
  const records = [
    hourRecord('eu', hour(1), [
      flowRow({ egressBytes: 10, destinationPort: 8443 }),
      flowRow({ egressBytes: 20, destinationPort: 443, sourceWorkload: 'cart' }),
      flowRow({ ...passthrough, destinationHost: 'b.example', egressBytes: 100 }),
    ]),
    hourRecord('us', hour(2), [
      { ...tcpRow('-', { egressBytes: 30, connectionsClosed: 2 }) },
      flowRow({ destinationHost: 'big.example', egressBytes: 740 }),
      flowRow({ ...passthrough, destinationHost: 'a.example', egressBytes: 100 }),
      flowRow({ ...blocked, destinationHost: 'z.example', requests: 5000 }),
    ]),
  ]
  const states = [targetState('eu', hour(0), hour(24)), targetState('us', hour(0), hour(24))]
  const { destinations } = reportOf(records, states)
  expect(destinations.map(({ destinationClass, host, share }) => [destinationClass, host, share])).toEqual([
    ['registered', 'big.example', 0.74],
    ['passthrough', 'a.example', 0.1],
    ['passthrough', 'b.example', 0.1],
    ['registered', 'api.stripe.com', 0.06],
    ['blocked', 'z.example', 1],
  ])
  expect(destinations[3]).toMatchObject({
    ports: [443, 8443],
    targets: ['eu', 'us'],
    protocols: ['http', 'tcp'],
    sources: 3,
    totals: { egressBytes: 60, connections: 2 },
  })
})

test('sources are told apart by target and namespace, and share the day’s bytes', () => {
  const records = [
    hourRecord('eu', hour(1), [flowRow({ egressBytes: 10 }), flowRow({ egressBytes: 20, sourceNamespace: 'bank' })]),
    hourRecord('us', hour(1), [flowRow({ ...passthrough, egressBytes: 70 })]),
  ]
  const states = [targetState('eu', hour(0), hour(24)), targetState('us', hour(0), hour(24))]
  expect(reportOf(records, states).sources.map(({ target, namespace, share }) => [target, namespace, share])).toEqual([
    ['us', 'shop', 0.7],
    ['eu', 'bank', 0.2],
    ['eu', 'shop', 0.1],
  ])
})

test('shares of nothing are 0, not NaN', () => {
  const { destinations, sources } = reportOfRows(flowRow({ requests: 1 }))
  expect([destinations[0].share, sources[0].share]).toEqual([0, 0])
})

test('all ways to cut a day sum to the day: hours, destinations, sources, protocols, responses', () => {
  const row = fc
    .record({
      destinationClass: fc.constantFrom(...DESTINATION_CLASSES),
      protocol: fc.constantFrom('http' as const, 'grpc' as const, 'tcp' as const),
      destinationHost: fc.constantFrom('a.example', 'b.example', ''),
      sourceWorkload: fc.constantFrom('cart', 'checkout', ''),
      responseCode: fc.constantFrom('200', '404', '503', '0', ''),
      grpcStatus: fc.constantFrom('', '0', '14'),
      responseFlags: fc.constantFrom('-', 'UF', 'UF,URX', 'DC'),
      count: fc.nat(1000),
      bytes: fc.nat({ max: 1e9 }),
    })
    .map(({ count, bytes, ...fields }) => {
      const tcp = fields.protocol === 'tcp'
      const counts = tcp ? { connectionsClosed: count } : { requests: count }
      const sizes = fields.destinationClass === 'blocked' ? {} : { egressBytes: bytes, ingressBytes: bytes * 2 }
      return flowRow({ ...fields, ...counts, ...sizes })
    })
  const records = fc.array(
    fc
      .tuple(fc.constantFrom('eu', 'us'), fc.nat(23), fc.array(row, { maxLength: 6 }))
      .map(([target, n, rows]) => hourRecord(target, hour(n), rows)),
    { maxLength: 30 },
  )
  const states = [targetState('eu', hour(0), hour(24)), targetState('us', hour(0), hour(24))]
  fc.assert(
    fc.property(records, (of) => {
      const report = reportOf(of, states)
      const sumByClass = (parts: readonly { byClass: ByClass }[]) => {
        const sum = zeroByClass()
        for (const { byClass } of parts) addByClass(sum, byClass)
        return sum
      }
      expect(sumByClass(report.hours)).toEqual(report.byClass)
      expect(sumByClass(report.protocols)).toEqual(report.byClass)
      const destinations = zeroByClass()
      for (const { destinationClass, totals } of report.destinations) addTotals(destinations[destinationClass], totals)
      expect(destinations).toEqual(report.byClass)
      const left = (name: keyof Totals) => report.byClass.registered[name] + report.byClass.passthrough[name]
      for (const name of Object.keys(zeroTotals()) as (keyof Totals)[]) {
        expect(report.sources.reduce((sum, { totals }) => sum + totals[name], 0)).toBe(left(name))
      }
      const attempts = report.byClass.blocked.requests + report.byClass.blocked.connections
      expect(report.sources.reduce((sum, { blockedAttempts }) => sum + blockedAttempts, 0)).toBe(attempts)
      const failed = report.responses.filter((response) => response.failed)
      expect(failed.reduce((sum, { count }) => sum + count, 0)).toBe(left('errors'))
      expect(report.responses.reduce((sum, { count }) => sum + count, 0)).toBe(
        left('requests') + left('connections') + attempts,
      )
      const shares = report.sources.reduce((sum, { share }) => sum + share, 0)
      expect(left('egressBytes') === 0 ? shares : Math.round(shares * 1e9) / 1e9).toBe(
        left('egressBytes') === 0 ? 0 : 1,
      )
    }),
    { numRuns: 60 },
  )
})

// What is known.

test('a day is observed, partial, none or pending; only a whole one is complete', () => {
  const all = (observedMs: number) =>
    Array.from({ length: 24 }, (_, n) => hourRecord('mesh', hour(n), [], { observedMs }))
  const about = ({ observation, complete, provisional }: DayReport) => [observation, complete, provisional]
  expect(about(reportOf(all(HOUR_MS)))).toEqual(['observed', true, false])
  expect(about(reportOf(all(HOUR_MS - 1000)))).toEqual(['partial', false, false])
  expect(about(reportOf(all(0)))).toEqual(['none', false, false])
  expect(about(reportOf([]))).toEqual(['none', false, false])
  const behind = [targetState('mesh', hour(-48), hour(-24))]
  expect(about(reportOf([], behind))).toEqual(['pending', true, true])
})

test('a target’s first hour counts whole, so the day of its first scrape is partial', () => {
  const firstHour = hourRecord('mesh', hour(10), [], { observedMs: HOUR_MS / 3 })
  const rest = Array.from({ length: 13 }, (_, n) => hourRecord('mesh', hour(11 + n), []))
  const report = reportOf([firstHour, ...rest], [targetState('mesh', hour(10), hour(24))])
  expect(report).toMatchObject({ observation: 'partial', complete: false, provisional: false })
  expect(report.hours.map(({ observation }) => observation)).toEqual([
    ...Array(10).fill('pending'),
    'partial',
    ...Array(13).fill('observed'),
  ])
  expect(report.hours.slice(0, 10).every(({ provisional }) => !provisional)).toBe(true)
  expect(report.coverage[0]).toMatchObject({ expectedSeconds: 14 * 3600, observedSeconds: 13.333333333333334 * 3600 })
})

test('an open hour is due up to the watermark, and provisional with all that come', () => {
  const state = targetState('mesh', hour(0), hour(1), hour(1) + HOUR_MS / 4)
  const open = hourRecord('mesh', hour(1), [flowRow({ requests: 1 })], { observedMs: HOUR_MS / 4 }, true)
  const report = reportOf([hourRecord('mesh', hour(0), []), open], [state])
  expect(
    report.hours
      .slice(0, 3)
      .map(({ observation, provisional, expectedSeconds }) => [observation, provisional, expectedSeconds]),
  ).toEqual([
    ['observed', false, 3600],
    ['observed', true, 900],
    ['pending', true, 0],
  ])
  expect(report).toMatchObject({ provisional: true, observation: 'observed', complete: true })
})

test('one target’s gap makes an hour of two partial, and the day a lower bound', () => {
  const states = [targetState('eu', hour(0), hour(1)), targetState('us', hour(0), hour(1))]
  const report = reportOf([hourRecord('eu', hour(0), []), hourRecord('us', hour(0), [], { observedMs: 0 })], states)
  expect(report.hours[0]).toMatchObject({ observation: 'partial', observedSeconds: 3600, expectedSeconds: 7200 })
  expect(report.complete).toBe(false)
  expect(report.coverage.map(({ target, observation }) => [target, observation])).toEqual([
    ['eu', 'observed'],
    ['us', 'none'],
  ])
})

test('a target that begins after the day has no part in it', () => {
  const { coverage, hours } = reportOf(
    [hourRecord('eu', hour(0), [])],
    [targetState('eu', hour(0), hour(24)), targetState('us', hour(24), hour(30))],
  )
  expect(coverage.map(({ target }) => target)).toEqual(['eu'])
  expect(hours[0].expectedSeconds).toBe(3600)
})

test('what a closed day says does not change as the ledger goes on', () => {
  const records = Array.from({ length: 24 }, (_, n) => hourRecord('mesh', hour(n), []))
  const then = reportOf(records, [targetState('mesh', hour(0), hour(24))])
  expect(reportOf(records, [targetState('mesh', hour(0), hour(1000))])).toEqual(then)
})

// Coverage.

const amounts = (egressBytes: number): Amounts => ({ ...zeroAmounts(), egressBytes })

test('coverage is summed, but for what is a level', () => {
  const some = (n: number): Partial<Coverage> => ({
    scrapes: n,
    births: n,
    deaths: n,
    resets: n,
    assumedSeries: n,
    baselineSeries: n,
    evictedSeries: n,
    carriedSeries: n,
    skippedLines: n,
    skippedSamples: n,
    quarantinedCount: n,
    foldedFlows: n,
    foldedSeries: n,
    tailSeries: n,
    series: n,
    unclassifiedSeries: n,
    laggingTargets: n,
    unclassifiedExample: n === 2 ? 'second' : 'third',
    quarantinedHosts: [{ placeholder: `(invalid-host)-${n % 2}`, raw: '<' }],
    assumed: amounts(n),
    spread: amounts(n),
    late: amounts(n),
    tail: amounts(n),
    unseen: amounts(n),
    baseline: amounts(n),
  })
  const [coverage] = reportOf([2, 3, 5].map((n) => hourRecord('mesh', hour(n), [], some(n)))).coverage
  const { series, unclassifiedSeries, laggingTargets, foldedSeries, ...summed } = coverage.counts
  expect(Object.keys(summed).length).toBe(13)
  for (const [name, count] of Object.entries(summed)) expect([name, count]).toEqual([name, 10])
  expect([series, unclassifiedSeries, laggingTargets, foldedSeries]).toEqual([5, 5, 5, 5])
  expect(coverage.unclassifiedExample).toBe('second')
  expect(coverage.quarantinedHosts.map(({ placeholder }) => placeholder)).toEqual([
    '(invalid-host)-0',
    '(invalid-host)-1',
  ])
  const { assumed, spread, late, tail, unseen, baseline } = coverage
  for (const sum of [assumed, spread, late, tail, unseen, baseline]) expect(sum).toEqual(amounts(10))
})

test('of what hours apportion, a day has only what crosses its own two edges', () => {
  const records = Array.from({ length: 24 }, (_, n) =>
    hourRecord('mesh', hour(n), [], { apportionedAtStart: amounts(n + 1), apportionedAtEnd: amounts(100 * (n + 1)) }),
  )
  expect(reportOf(records).coverage[0].apportioned).toEqual(amounts(1 + 2400))
})

test('gaps that only an hour’s edge divides are one gap; those with another reason stay apart', () => {
  const gap = (from: number, to: number, reason: string): Gap => ({ from: hour(from), to: hour(to), reason })
  const records = [
    hourRecord('mesh', hour(2), [], { gaps: [gap(2.5, 3, 'refused')] }),
    hourRecord('mesh', hour(3), [], { gaps: [gap(3, 4, 'refused')] }),
    hourRecord('mesh', hour(4), [], {
      gaps: [gap(4, 4.25, 'refused'), gap(4.25, 4.5, 'cut off'), gap(4.75, 5, 'cut off')],
    }),
  ]
  const [{ gaps }] = reportOf([...records].reverse()).coverage
  expect(gaps).toEqual([gap(2.5, 4.25, 'refused'), gap(4.25, 4.5, 'cut off'), gap(4.75, 5, 'cut off')])
  expect(records[0].coverage.gaps).toEqual([gap(2.5, 3, 'refused')])
})

test('tails are as bad as in the worst hour', () => {
  const tails = (...states: Coverage['tails'][]) =>
    reportOf(states.map((state, n) => hourRecord('mesh', hour(n), [], { tails: state }))).coverage[0].tails
  expect([tails('asked', 'asked'), tails('asked', 'off'), tails('off', 'failed', 'asked')]).toEqual([
    'asked',
    'off',
    'failed',
  ])
})

test('a day’s summary counts destinations by class and host, and sources', () => {
  const report = reportOfRows(
    flowRow({ requests: 1 }),
    flowRow({ requests: 1, destinationPort: 443 }),
    flowRow({ ...passthrough, requests: 1 }),
    flowRow({ ...blocked, requests: 1, sourceWorkload: 'cart' }),
  )
  expect(daySummary(report)).toEqual({
    date: '2026-11-20',
    provisional: false,
    observation: 'partial',
    complete: false,
    byClass: report.byClass,
    destinations: 3,
    sources: 2,
  })
})

test('a target tells what was observed of each of the 24 hours', () => {
  const records = [hourRecord('mesh', hour(2), []), hourRecord('mesh', hour(3), [], { observedMs: HOUR_MS / 2 })]
  const { coverage } = reportOf(records, [targetState('mesh', hour(2), hour(5))])
  expect(coverage[0].hours).toEqual(['pending', 'pending', 'observed', 'partial', 'none', ...Array(19).fill('pending')])
})

test('the average latency of a destination is over its requests, and there is none without', () => {
  const { destinations } = reportOfRows(
    flowRow({ requests: 3, durationMs: 300, egressBytes: 2 }),
    flowRow({ requests: 1, durationMs: 50, responseCode: '503' }),
    { ...tcpRow('-', { connectionsClosed: 5, egressBytes: 1 }), destinationHost: 'db.example' },
  )
  expect(destinations.map(({ host, averageMs }) => [host, averageMs])).toEqual([
    ['api.stripe.com', 87.5],
    ['db.example', null],
  ])
})
