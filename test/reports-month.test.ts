/** The report of a month, and the matrix of who called what: that they hold all of their days and of nothing else. */
import fc from 'fast-check'
import { DESTINATION_CLASSES, type FlowRow } from '#core/flow.ts'
import { matrixOf } from '#core/matrix.ts'
import { monthReport } from '#core/reports/month.ts'
import { addTotals, leftTotals, sumByClass, zeroByClass, zeroTotals } from '#core/totals.ts'
import { dateAfter, dayDigest, type SmallDay } from './day-digest.ts'
import { flowRow, tcpRow } from './flow-rows.ts'
import { sampleDates, sampleDigest } from './report-sample.ts'

const to = (destinationHost: string, changes: Partial<FlowRow> = {}) => flowRow({ destinationHost, ...changes })

function monthOf(first: string, days: FlowRow[][], small: SmallDay = {}) {
  const digests = days.map((rows, at) => dayDigest(dateAfter(first, at), rows, small))
  return monthReport({ title: 'Egress', month: first.slice(0, 7), digests, previous: null, next: null })
}

test('a month sums its days by destination, source, protocol and answer', () => {
  const report = monthOf('2026-11-01', [
    [
      to('a.example', { requests: 3, egressBytes: 30, durationMs: 60, destinationPort: 443 }),
      tcpRow('UF', { connectionsClosed: 2 }),
    ],
    [
      to('a.example', { requests: 1, egressBytes: 10, durationMs: 300, destinationPort: 80, sourceWorkload: 'cart' }),
      to('a.example', { requests: 5, responseCode: '503' }),
    ],
  ])
  expect(
    report.destinations.map(({ host, ports, sources, totals, averageMs, share }) => [
      host,
      ports,
      sources,
      totals.requests,
      averageMs,
      share,
    ]),
  ).toEqual([
    ['a.example', [80, 443], 2, 9, 40, 1],
    ['api.stripe.com', [], 1, 0, null, 0],
  ])
  expect(report.sources.map(({ workload, totals, share }) => [workload, totals.egressBytes, share])).toEqual([
    ['checkout-v1', 30, 0.75],
    ['cart', 10, 0.25],
  ])
  expect(report.responses.map(({ code, flags, count, failed }) => [code, flags, count, failed])).toEqual([
    ['503', '-', 5, true],
    ['200', '-', 4, false],
    ['', 'UF', 2, true],
  ])
  expect(report.protocols.map(({ protocol, byClass }) => [protocol, byClass.registered.errors])).toEqual([
    ['http', 5],
    ['grpc', 0],
    ['tcp', 2],
  ])
})

test('a month is provisional until its last day is closed', () => {
  const days = (count: number) => Array.from({ length: count }, () => [])
  expect(monthOf('2026-11-01', days(29)).provisional).toBe(true)
  expect(monthOf('2026-11-01', days(30)).provisional).toBe(false)
  expect(monthOf('2026-11-30', days(1)).provisional).toBe(false)
  expect(monthOf('2026-11-30', days(1), { closedHours: 23 }).provisional).toBe(true)
})

test('a month of which some days are not in the ledger, or were not observed whole, is a lower bound', () => {
  expect(monthOf('2026-11-01', [[], []])).toMatchObject({ complete: true, observation: 'observed' })
  expect(monthOf('2026-11-02', [[]])).toMatchObject({ complete: false, observation: 'observed' })
  expect(monthOf('2026-11-01', [[]], { observedMs: 0 })).toMatchObject({ complete: false, observation: 'none' })
})

test('a day of another month is refused', () => {
  expect(() => monthOf('2026-11-30', [[], []])).toThrow('report of 2026-11: 2026-12-01 is no day of it')
})

test('the months of the sample sum to its days, whichever way they are cut', () => {
  const digests = sampleDates().map(sampleDigest)
  for (const [month, of] of Map.groupBy(digests, ({ date }) => date.slice(0, 7))) {
    const report = monthReport({ title: 'Egress', month, digests: of, previous: null, next: null })
    expect(report.byClass).toEqual(sumByClass(of.map(({ day }) => day.byClass)))
    expect(sumByClass(report.protocols.map(({ byClass }) => byClass))).toEqual(report.byClass)
    const destinations = zeroByClass()
    for (const { destinationClass, totals } of report.destinations) addTotals(destinations[destinationClass], totals)
    expect(destinations).toEqual(report.byClass)
    expect(report.days.map(({ date }) => date)).toEqual(of.map(({ date }) => date))
    expect(report.coverage.map(({ date, targets }) => [date, targets.length])).toEqual(of.map(({ date }) => [date, 2]))
  }
})

// The matrix.

test('the biggest sources and destinations have a row and a column each, and the rest one together', () => {
  const call = (workload: string, host: string, egressBytes: number) =>
    to(host, { sourceWorkload: workload, egressBytes })
  const { edges } = dayDigest('2026-11-20', [
    call('big', 'x.example', 100),
    call('big', 'z.example', 5),
    call('small', 'x.example', 10),
    call('smaller', 'y.example', 20),
    call('smallest', 'x.example', 1),
    to('never.example', { destinationClass: 'blocked', requests: 99, sourceWorkload: 'refused' }),
  ])
  const matrix = matrixOf(edges, 2)
  expect(matrix.sources.map(({ workload, totals }) => [workload, totals.egressBytes])).toEqual([
    ['big', 105],
    ['smaller', 20],
  ])
  expect(matrix.destinations.map(({ host, totals }) => [host, totals.egressBytes])).toEqual([
    ['x.example', 111],
    ['y.example', 20],
  ])
  expect(matrix.cells.map((row) => row.map((cell) => cell?.egressBytes ?? null))).toEqual([
    [100, null, 5],
    [null, 20, null],
    [11, null, null],
  ])
  expect([matrix.otherSources, matrix.otherDestinations]).toEqual([2, 1])
})

test('without any others there is no row or column of them, and without traffic nothing at all', () => {
  const { edges } = dayDigest('2026-11-20', [to('x.example', { egressBytes: 1 })])
  expect(matrixOf(edges)).toMatchObject({ otherSources: 0, otherDestinations: 0, cells: [[{ egressBytes: 1 }]] })
  expect(matrixOf([])).toEqual({ sources: [], destinations: [], otherSources: 0, otherDestinations: 0, cells: [] })
})

test('the cells of a matrix sum to its rows, its columns and all that left, however little room there is', () => {
  const row = fc.record({
    destinationHost: fc.constantFrom('a', 'b', 'c', 'd', 'e', ''),
    sourceWorkload: fc.constantFrom('v', 'w', 'x', 'y', ''),
    sourceVersion: fc.constantFrom('v1', 'v2'),
    destinationClass: fc.constantFrom(...DESTINATION_CLASSES),
    egressBytes: fc.nat(1e6),
    requests: fc.nat(100),
  })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (rows, atMost) => {
      const { day, edges } = dayDigest('2026-11-20', rows.map(flowRow))
      const { cells, sources, destinations, otherSources, otherDestinations } = matrixOf(edges, atMost)
      const sum = (of: (ReturnType<typeof zeroTotals> | null)[]) => {
        const total = zeroTotals()
        for (const cell of of) if (cell !== null) addTotals(total, cell)
        return total
      }
      expect(sum(cells.flat())).toEqual(leftTotals(day.byClass))
      for (const [at, { totals }] of sources.entries()) expect(sum(cells[at])).toEqual(totals)
      for (const [at, { totals }] of destinations.entries()) expect(sum(cells.map((line) => line[at]))).toEqual(totals)
      expect(cells.length).toBe(sources.length + Math.min(1, otherSources))
      for (const line of cells) expect(line.length).toBe(destinations.length + Math.min(1, otherDestinations))
    }),
    { numRuns: 60 },
  )
})
