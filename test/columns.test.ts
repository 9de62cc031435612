/** What exports and downloads name, in which order, and how zero and "no data" differ in them. */
import fc from 'fast-check'
import {
  dayValues,
  EXPORT_COLUMNS,
  exportRows,
  exportValues,
  hourValues,
  PERIOD_COLUMNS,
  type Period,
  periodValues,
  sumFlows,
  TOTALS_COLUMNS,
} from '#core/columns.ts'
import { formatCsv, parseCsv } from '#core/csv.ts'
import { dayReport, daySummary } from '#core/day.ts'
import { type FlowRow, MEASURES } from '#core/flow.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { zeroByClass } from '#core/totals.ts'
import { flowRow, hourRecord, targetState } from './flow-rows.ts'

const DAY = Date.UTC(2026, 10, 20)
const hour = (n: number) => DAY + n * HOUR_MS
const hours = (from: number, to: number): Period[] =>
  Array.from({ length: to - from }, (_, i) => ({ from: hour(from + i), to: hour(from + i + 1) }))
const mesh = targetState('mesh', hour(0), hour(24))

function named(values: readonly unknown[], columns: readonly string[] = EXPORT_COLUMNS): Record<string, unknown> {
  return Object.fromEntries(columns.map((column, i) => [column, values[i]]))
}

test('an export has the period and target first, the rollup’s columns in its order, and how far to believe them last', () => {
  expect(EXPORT_COLUMNS).toEqual([
    'chargePeriodStart',
    'chargePeriodEnd',
    'target',
    'sourceNamespace',
    'sourceWorkload',
    'sourceApp',
    'sourceVersion',
    'sourceCluster',
    'destinationClass',
    'destinationHost',
    'destinationPort',
    'destinationService',
    'destinationServiceNamespace',
    'via',
    'reporter',
    'protocol',
    'responseCode',
    'grpcStatus',
    'responseFlags',
    'requests',
    'egressBytes',
    'ingressBytes',
    'connectionsOpened',
    'connectionsClosed',
    'durationMs',
    'assumedBytes',
    'spreadBytes',
    'lateBytes',
    'tailBytes',
    'observedSeconds',
    'expectedSeconds',
    'provisional',
  ])
})

test('totals have the columns of each class; blocked bytes never left, and blocked attempts are no errors', () => {
  expect(TOTALS_COLUMNS).toEqual([
    'chargePeriodStart',
    'chargePeriodEnd',
    'observation',
    'provisional',
    'registeredRequests',
    'registeredConnections',
    'registeredEgressBytes',
    'registeredIngressBytes',
    'registeredErrors',
    'registeredDurationMs',
    'passthroughRequests',
    'passthroughConnections',
    'passthroughEgressBytes',
    'passthroughIngressBytes',
    'passthroughErrors',
    'passthroughDurationMs',
    'blockedRequests',
    'blockedConnections',
  ])
})

test('a flow is a row of its own, with its period and the target’s coverage', () => {
  const records = [hourRecord('mesh', hour(3), [flowRow({ requests: 2, egressBytes: 70, destinationPort: 443 })])]
  const rows = exportRows(hours(3, 4), [mesh], records)
  expect(rows.map((row) => named(exportValues(row)))).toEqual([
    {
      chargePeriodStart: '2026-11-20T03:00:00Z',
      chargePeriodEnd: '2026-11-20T04:00:00Z',
      target: 'mesh',
      sourceNamespace: 'shop',
      sourceWorkload: 'checkout-v1',
      sourceApp: 'checkout',
      sourceVersion: 'v1',
      sourceCluster: null,
      destinationClass: 'registered',
      destinationHost: 'api.stripe.com',
      destinationPort: 443,
      destinationService: 'api.stripe.com',
      destinationServiceNamespace: 'shop',
      via: null,
      reporter: 'source',
      protocol: 'http',
      responseCode: '200',
      grpcStatus: null,
      responseFlags: '-',
      requests: 2,
      egressBytes: 70,
      ingressBytes: 0,
      connectionsOpened: 0,
      connectionsClosed: 0,
      durationMs: 0,
      assumedBytes: 0,
      spreadBytes: 0,
      lateBytes: 0,
      tailBytes: 0,
      observedSeconds: 3600,
      expectedSeconds: 3600,
      provisional: false,
    },
  ])
})

test('an observed hour without traffic is a row of zeros; one that nobody observed, or that is missing, a row without figures', () => {
  const records = [hourRecord('mesh', hour(0), []), hourRecord('mesh', hour(1), [], { observedMs: 0 })]
  const rows = exportRows(hours(0, 3), [mesh], records).map((row) => named(exportValues(row)))
  expect(rows.map((row) => MEASURES.map((measure) => row[measure]))).toEqual([
    MEASURES.map(() => 0),
    MEASURES.map(() => null),
    MEASURES.map(() => null),
  ])
  expect(rows.map(({ observedSeconds, expectedSeconds }) => [observedSeconds, expectedSeconds])).toEqual([
    [3600, 3600],
    [0, 3600],
    [0, 3600],
  ])
  const [, zero, none] = formatCsv(EXPORT_COLUMNS, exportRows(hours(0, 2), [mesh], records).map(exportValues)).split(
    '\r\n',
  )
  expect(zero).toMatch(/,0,0,0,0,0,0,0,0,0,0,3600,3600,false$/)
  expect(none).toMatch(/,,,,,,,,,,,0,3600,false$/)
})

test('what was booked over a gap is shown although the hour was not observed', () => {
  const records = [hourRecord('mesh', hour(0), [flowRow({ egressBytes: 5, spreadBytes: 5 })], { observedMs: 0 })]
  const [row] = exportRows(hours(0, 1), [mesh], records).map((one) => named(exportValues(one)))
  expect(row).toMatchObject({ egressBytes: 5, spreadBytes: 5, requests: 0, observedSeconds: 0 })
})

test('a target has no rows of the time before it began or after its watermark', () => {
  const state = targetState('mesh', hour(2), hour(4), hour(4) + HOUR_MS / 2)
  const rows = exportRows(hours(0, 24), [state], [])
  expect(rows.map(({ from, expectedSeconds, provisional }) => [from, expectedSeconds, provisional])).toEqual([
    [hour(2), 3600, false],
    [hour(3), 3600, false],
    [hour(4), 1800, true],
  ])
})

test('a period is provisional as long as one of its hours is open', () => {
  const state = targetState('mesh', hour(0), hour(4))
  const whole = (from: number, to: number) => exportRows([{ from: hour(from), to: hour(to) }], [state], [])
  expect(whole(0, 4)[0].provisional).toBe(false)
  expect(whole(0, 5)[0].provisional).toBe(true)
})

test('hours at both ends of a half-open period belong to one period each', () => {
  const records = [0, 1, 2].map((n) => hourRecord('mesh', hour(n), [flowRow({ egressBytes: 10 ** n })]))
  const rows = exportRows(
    [
      { from: hour(0), to: hour(1) },
      { from: hour(1), to: hour(2) },
    ],
    [mesh],
    records,
  )
  expect(rows.map(({ flow }) => flow?.egressBytes)).toEqual([1, 10])
})

test('flows that differ in any field stay apart, equal ones are summed, in one order whatever came first', () => {
  const rows = [
    flowRow({ responseCode: '503', requests: 1 }),
    flowRow({ destinationPort: 443, requests: 2 }),
    flowRow({ requests: 3, egressBytes: 30 }),
    flowRow({ requests: 4, egressBytes: 40 }),
    flowRow({ destinationPort: 8443, requests: 5 }),
  ]
  const sums = sumFlows(rows)
  expect(sums.map(({ responseCode, destinationPort, requests }) => [responseCode, destinationPort, requests])).toEqual([
    ['200', null, 7],
    ['503', null, 1],
    ['200', 443, 2],
    ['200', 8443, 5],
  ])
  expect(sumFlows([...rows].reverse())).toEqual(sums)
  expect(rows[2].requests).toBe(3)
})

test('a sum beyond 2^53 is refused rather than rounded', () => {
  const much = flowRow({ egressBytes: Number.MAX_SAFE_INTEGER })
  expect(() => sumFlows([much, flowRow({ egressBytes: 1 })])).toThrow('is beyond 2^53')
})

test('hours, days and any other cut of a time sum to the same', () => {
  const row = fc
    .record({
      host: fc.constantFrom('a.example', 'b.example', ''),
      code: fc.constantFrom('200', '503'),
      requests: fc.nat(1000),
      bytes: fc.nat({ max: 1e12 }),
    })
    .map(({ host, code, requests, bytes }) =>
      flowRow({ destinationHost: host, responseCode: code, requests, egressBytes: bytes, tailBytes: bytes >> 1 }),
    )
  const perHour = fc.array(fc.array(row, { maxLength: 5 }), { minLength: 48, maxLength: 48 })
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 47 }), { maxLength: 6 })
  fc.assert(
    fc.property(perHour, cuts, (rows, at) => {
      const records = rows.map((of, n) => hourRecord('mesh', hour(n), of))
      const state = targetState('mesh', hour(0), hour(48))
      const edges = [0, ...at.sort((a, b) => a - b), 48]
      const uneven = edges.slice(1).map((to, i) => ({ from: hour(edges[i]), to: hour(to) }))
      const summed = (periods: Period[]) =>
        sumFlows(exportRows(periods, [state], records).flatMap(({ flow }): FlowRow[] => (flow === null ? [] : [flow])))
      const whole = summed([{ from: hour(0), to: hour(48) }])
      expect(summed(hours(0, 48))).toEqual(whole)
      expect(summed(uneven)).toEqual(whole)
    }),
    { numRuns: 30 },
  )
})

test('label values that a spreadsheet would run as a formula are cells of text, and come back as they were', () => {
  const flow = flowRow({ sourceWorkload: '=HYPERLINK("http://x")', sourceApp: '+1', destinationHost: '@x,\r\n' })
  const rows = exportRows(hours(0, 1), [mesh], [hourRecord('mesh', hour(0), [flow])])
  const csv = formatCsv(EXPORT_COLUMNS, rows.map(exportValues))
  expect(csv).toContain(',"\'=HYPERLINK(""http://x"")",\'+1,')
  const read = named(parseCsv(csv)[1])
  expect(read).toMatchObject({ sourceWorkload: '=HYPERLINK("http://x")', sourceApp: '+1', destinationHost: '@x,\r\n' })
})

test('the hours of a day and the days of an index are empty where there is no data, and zero where there was no traffic', () => {
  const targets = [targetState('mesh', hour(1), hour(3), hour(3))]
  const records = [hourRecord('mesh', hour(1), []), hourRecord('mesh', hour(2), [], { observedMs: 0 })]
  const report = dayReport({ title: '', day: DAY, targets, records, previous: null, next: null })
  const rows = hourValues(report).map((values) => named(values, TOTALS_COLUMNS))
  expect(rows.length).toBe(24)
  expect(rows.slice(0, 4).map(({ observation, registeredRequests }) => [observation, registeredRequests])).toEqual([
    ['pending', null],
    ['observed', 0],
    ['none', null],
    ['pending', null],
  ])
  expect([rows[0].chargePeriodStart, rows[23].chargePeriodEnd]).toEqual([
    '2026-11-20T00:00:00Z',
    '2026-11-21T00:00:00Z',
  ])
  const [day] = dayValues([daySummary(report)]).map((values) => named(values, TOTALS_COLUMNS))
  expect(day).toMatchObject({
    chargePeriodStart: '2026-11-20T00:00:00Z',
    chargePeriodEnd: '2026-11-21T00:00:00Z',
    observation: 'partial',
    provisional: true,
    blockedConnections: 0,
  })
  expect(report.hours[0].start).toBe('2026-11-20T00:00:00Z')
  expect(DAY + DAY_MS).toBe(hour(24))
})

test('days and months beside each other have their own spans, and empty cells where there is no data', () => {
  const byClass = { ...zeroByClass(), registered: { ...zeroByClass().registered, requests: 4 } }
  const periods = [
    { period: '2026-11-20', observation: 'partial' as const, complete: false, byClass },
    { period: '2026-02', observation: 'observed' as const, complete: true, byClass },
    { period: '2026-12', observation: 'none' as const, complete: false, byClass },
  ]
  const rows = periodValues(periods).map((values) => named(values, PERIOD_COLUMNS))
  expect(rows.map((row) => [row.chargePeriodStart, row.chargePeriodEnd, row.complete, row.registeredRequests])).toEqual(
    [
      ['2026-11-20T00:00:00Z', '2026-11-21T00:00:00Z', false, 4],
      ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z', true, 4],
      ['2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z', false, null],
    ],
  )
  expect(rows.map((row) => row.blockedConnections)).toEqual([0, 0, null])
})
