/** Digests: that they hold all of a day, come back as they were, and are refused when they are not whole. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { dayReport } from '#core/day.ts'
import { type DayDigest, decodeDigest, digestOf, encodeDigest } from '#core/digest.ts'
import { addFailures, edgesOf, FAILURE_NAMES, type Failures, zeroFailures } from '#core/edge.ts'
import { DESTINATION_CLASSES, type FlowRow } from '#core/flow.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { addTotals, attempts, zeroByClass } from '#core/totals.ts'
import { dayDigest } from './day-digest.ts'
import { flowRow, hourRecord, targetState, tcpRow } from './flow-rows.ts'
import { DAY_WITH_GAPS, LAST_DAY, sampleDates, sampleDay, sampleDigest, sampleRecords } from './report-sample.ts'

const DATE = '2026-11-20'
const DAY = Date.parse(DATE)
const blocked = { destinationClass: 'blocked', destinationService: 'BlackHoleCluster' } as const

test('an edge is one version of a workload, one host and one way to it; its rows are summed over hours and answers', () => {
  const { edges } = digestOfRows(
    [3, flowRow({ requests: 4, egressBytes: 40, ingressBytes: 7, durationMs: 90, destinationPort: 8443 })],
    [3, flowRow({ requests: 1, responseCode: '503', destinationPort: 443 })],
    [9, flowRow({ requests: 2, egressBytes: 20, destinationPort: 443 })],
    [9, flowRow({ requests: 5, sourceVersion: 'v2' })],
  )
  expect(edges).toEqual([
    {
      target: 'mesh',
      namespace: 'shop',
      workload: 'checkout-v1',
      app: 'checkout',
      version: 'v1',
      destinationClass: 'registered',
      host: 'api.stripe.com',
      service: 'api.stripe.com',
      serviceNamespace: 'shop',
      via: '',
      reporter: 'source',
      protocol: 'http',
      totals: { requests: 7, connections: 0, egressBytes: 60, ingressBytes: 7, errors: 1, durationMs: 90 },
      failures: { ...zeroFailures(), serverErrors: 1 },
      responses: [
        { code: '200', flags: '-', count: 6, failed: false },
        { code: '503', flags: '-', count: 1, failed: true },
      ],
      hours: [0, 0, 0, 5, 0, 0, 0, 0, 0, 2, ...Array(14).fill(0)],
      egressHours: [0, 0, 0, 40, 0, 0, 0, 0, 0, 20, ...Array(14).fill(0)],
      ingressHours: [0, 0, 0, 7, ...Array(20).fill(0)],
      ports: [443, 8443],
    },
    expect.objectContaining({ version: 'v2', totals: expect.objectContaining({ requests: 5 }) }),
  ])
})

test.each<[string, keyof Failures, FlowRow]>([
  ['HTTP 404', 'clientErrors', flowRow({ responseCode: '404', requests: 3 })],
  ['HTTP 503', 'serverErrors', flowRow({ responseCode: '503', requests: 3 })],
  ['HTTP without an answer', 'noResponse', flowRow({ responseCode: '0', requests: 3 })],
  ['HTTP whose code is a dash', 'noResponse', flowRow({ responseCode: '-', requests: 3 })],
  ['gRPC 14', 'grpcErrors', flowRow({ protocol: 'grpc', grpcStatus: '14', requests: 3 })],
  ['gRPC without a status', 'serverErrors', flowRow({ protocol: 'grpc', responseCode: '502', requests: 3 })],
  ['TCP that never connected', 'connectionFailures', tcpRow('UF,URX', { connectionsClosed: 3 })],
])('%s counts among %s alone', (_, kind, row) => {
  expect(edgesOf([hourRecord('mesh', DAY, [row])])[0].failures).toEqual({ ...zeroFailures(), [kind]: 3 })
})

test('what was blocked was attempted in its hours, and has no failures', () => {
  const row = flowRow({ ...blocked, responseCode: '502', requests: 3 })
  expect(digestOfRows([2, row]).edges[0]).toMatchObject({
    failures: zeroFailures(),
    responses: [{ code: '502', count: 3, failed: false }],
    hours: expect.arrayContaining([3]),
  })
})

test('edges sum to their day: totals by class, errors by kind, answers and hours', () => {
  const row = fc
    .record({
      destinationClass: fc.constantFrom(...DESTINATION_CLASSES),
      protocol: fc.constantFrom('http' as const, 'grpc' as const, 'tcp' as const),
      destinationHost: fc.constantFrom('a.example', 'b.example', ''),
      sourceVersion: fc.constantFrom('v1', 'v2'),
      responseCode: fc.constantFrom('200', '302', '404', '503', '0', '-', ''),
      grpcStatus: fc.constantFrom('', '0', '14'),
      responseFlags: fc.constantFrom('-', 'UF', 'DC'),
      via: fc.constantFrom('', 'istio-system/gateway'),
      durationMs: fc.nat(5000),
      count: fc.nat(1000),
    })
    .map(({ count, ...fields }) =>
      flowRow({ ...fields, ...(fields.protocol === 'tcp' ? { connectionsClosed: count } : { requests: count }) }),
    )
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(23), row), { maxLength: 40 }), (rows) => {
      const { day, edges } = digestOfRows(...rows)
      const byClass = zeroByClass()
      const failures = zeroFailures()
      for (const edge of edges) {
        addTotals(byClass[edge.destinationClass], edge.totals)
        addFailures(failures, edge.failures)
        const answers = edge.responses.reduce((sum, { count }) => sum + count, 0)
        expect(answers).toBe(attempts(edge.totals))
        expect(edge.hours.reduce((sum, count) => sum + count, 0)).toBe(answers)
        const failed = edge.responses.reduce((sum, response) => sum + (response.failed ? response.count : 0), 0)
        expect(failed).toBe(edge.totals.errors)
        expect(FAILURE_NAMES.reduce((sum, name) => sum + edge.failures[name], 0)).toBe(failed)
      }
      expect(byClass).toEqual(day.byClass)
    }),
    { numRuns: 60 },
  )
})

test('a digest comes back as it was, for every day of the sample', () => {
  for (const date of sampleDates()) {
    const digest = sampleDigest(date)
    expect(decodeDigest(encodeDigest(digest), 'key')).toEqual(digest)
  }
})

test('the same day has the same bytes, in whatever order its records came', () => {
  const report = sampleDay(DAY_WITH_GAPS)
  const records = sampleRecords(DAY_WITH_GAPS)
  const [there, back] = [records, records.toReversed()].map((of) => encodeDigest(digestOf(DAY_WITH_GAPS, report, of)))
  expect(Buffer.compare(there, back)).toBe(0)
})

test('a digest knows nothing of its neighbours, or it would change when they come', () => {
  expect(sampleDay(LAST_DAY).previous).not.toBeNull()
  expect(sampleDigest(LAST_DAY).day).toMatchObject({ previous: null, next: null })
})

test('a digest takes less than a seventh of its text', () => {
  const digest = sampleDigest(DAY_WITH_GAPS)
  expect(encodeDigest(digest).length).toBeLessThan(JSON.stringify(digest).length / 7)
})

test.each<[string, (packed: ReturnType<typeof JSON.parse>) => void, string]>([
  ['another schema', (it) => Object.assign(it, { schema: 1 }), 'its schema is 1, not 2'],
  ['a date no calendar has', (it) => Object.assign(it, { date: '2026-02-30' }), 'is on no calendar'],
  ['the day of another date', (it) => Object.assign(it, { date: '2026-11-19' }), 'its day is no report of 2026-11-19'],
  ['no edges', (it) => delete it.edges, 'edges is no list'],
  ['an edge cut short', (it) => it.edges[0].pop(), 'an edge is no list of 8'],
  ['a text that is not there', (it) => it.edges[0][0].splice(0, 1, 999), 'a text is no text'],
  ['a count below zero', (it) => it.edges[0][1].splice(0, 1, -1), 'an edge’s totals is no count'],
  ['a count beyond 2^53', (it) => it.edges[0][1].splice(0, 1, 2 ** 53), 'an edge’s totals is no count'],
  ['23 hours', (it) => it.edges[0][4].pop(), 'an edge’s hours is no list of 24'],
  [
    'a class nobody knows',
    (it) => it.texts.splice(it.texts.indexOf('registered'), 1, 'odd'),
    'an edge’s class is none of',
  ],
  ['a day without a matrix', (it) => delete it.day.matrix, 'matrix of its day is no object'],
  ['a day without durations', (it) => delete it.day.byClass.blocked.durationMs, 'durationMs of its day is no count'],
])('a digest with %s is refused with its key', (_, damage, reason) => {
  const packed = JSON.parse(zstdDecompressSync(encodeDigest(digestOfRows([1, flowRow({ requests: 1 })]))).toString())
  damage(packed)
  expect(() => decodeDigest(zstdCompressSync(JSON.stringify(packed)), 'daily/x')).toThrow(
    new RegExp(`^digest daily/x cannot be read: .*${RegExp.escape(reason)}.*; it can be made again from the ledger$`),
  )
})

test('bytes that are no digest at all, or half of one, are refused with the key', () => {
  const bytes = encodeDigest(dayDigest(DATE, []))
  for (const broken of [Buffer.from('{}'), bytes.subarray(0, bytes.length / 2), Buffer.alloc(0)]) {
    expect(() => decodeDigest(broken, 'daily/x')).toThrow(/^digest daily\/x cannot be read: /)
  }
})

/** The digest of a day with these rows, each in its hour. */
function digestOfRows(...rows: [hour: number, row: FlowRow][]): DayDigest {
  const records = Array.from({ length: DAY_MS / HOUR_MS }, (_, at) =>
    hourRecord(
      'mesh',
      DAY + at * HOUR_MS,
      rows.filter(([hour]) => hour === at).map(([, row]) => row),
    ),
  )
  const targets = [targetState('mesh', DAY, DAY + DAY_MS)]
  const report = dayReport({ title: 'Egress', day: DAY, targets, records, previous: null, next: null })
  return digestOf(DATE, report, records)
}
