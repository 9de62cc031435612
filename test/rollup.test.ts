import fc from 'fast-check'
import { parquetMetadata } from 'hyparquet'
import { zeroCoverage } from '#core/coverage.ts'
import { compareFlows, FLOW_FIELDS, type FlowRow, flowKey, MEASURES, zeroMeasures } from '#core/flow.ts'
import { sha256 } from '#core/hash.ts'
import { decodeRollup, encodeRollup, type Rollup } from '#core/rollup.ts'
import { HOUR_MS } from '#core/time.ts'

const HOUR = Date.UTC(2026, 10, 20, 10)

const name = fc.oneof(fc.constant(''), fc.domain(), fc.string({ unit: 'grapheme', maxLength: 20 })).filter(
  (text) => !text.includes('\0'), // flows hold none
)
const amount = fc.oneof(fc.constant(0), fc.nat(), fc.maxSafeNat())
const flowRow: fc.Arbitrary<FlowRow> = fc.record({
  sourceNamespace: name,
  sourceWorkload: name,
  sourceApp: name,
  sourceVersion: name,
  sourceCluster: name,
  destinationClass: fc.constantFrom('registered', 'passthrough', 'blocked'),
  destinationHost: name,
  destinationPort: fc.option(fc.integer({ min: 1, max: 65535 })),
  destinationService: name,
  destinationServiceNamespace: name,
  via: name,
  reporter: fc.constantFrom('source', 'waypoint'),
  protocol: fc.constantFrom('http', 'grpc', 'tcp'),
  responseCode: name,
  grpcStatus: name,
  responseFlags: name,
  requests: amount,
  egressBytes: amount,
  ingressBytes: amount,
  connectionsOpened: amount,
  connectionsClosed: amount,
  durationMs: amount,
  assumedBytes: amount,
  spreadBytes: amount,
  lateBytes: amount,
  tailBytes: amount,
})
const previous = {
  number: 6,
  key: 'rollups/target=prod-eu/date=2026-11-20/hour=09/rollup.parquet',
  sha256: 'ab'.repeat(32),
}
const rollup: fc.Arbitrary<Rollup> = fc.record({
  target: fc.stringMatching(/^[a-z0-9-]{1,40}$/),
  hour: fc.nat({ max: 1_000_000 }).map((hours) => hours * HOUR_MS),
  number: fc.constant(7),
  previous: fc.constant(previous),
  coverage: fc.record({ scrapes: fc.nat(), unclassifiedExample: fc.string({ unit: 'binary' }) }).map((some) => ({
    ...zeroCoverage(),
    ...some,
    gaps: [{ from: HOUR, to: HOUR + 5, reason: 'answered 503' }],
    quarantinedHosts: [{ placeholder: '(invalid-host)-0123456789ab', raw: '<script>"\n' }],
  })),
  rows: fc.uniqueArray(flowRow, { selector: flowKey, maxLength: 20 }),
})

const byKey = (a: FlowRow, b: FlowRow) => (flowKey(a) < flowKey(b) ? -1 : 1)
const one: FlowRow = {
  ...zeroMeasures(),
  sourceNamespace: 'shop',
  sourceWorkload: 'checkout-v1',
  sourceApp: 'checkout',
  sourceVersion: 'v1',
  sourceCluster: '',
  destinationClass: 'registered',
  destinationHost: 'api.stripe.com',
  destinationPort: null,
  destinationService: 'api.stripe.com',
  destinationServiceNamespace: 'shop',
  via: '',
  reporter: 'source',
  protocol: 'http',
  responseCode: '200',
  grpcStatus: '',
  responseFlags: '-',
  requests: 4,
}
const empty: Rollup = { target: 'prod-eu', hour: HOUR, number: 1, previous: null, coverage: zeroCoverage(), rows: [] }

test('decodes what it encoded, rows in the order of their flows', async () => {
  await fc.assert(
    fc.asyncProperty(rollup, async (original) => {
      const { bytes, key } = encodeRollup(original)
      expect(await decodeRollup(bytes, key)).toEqual({ ...original, rows: [...original.rows].sort(byKey) })
    }),
    { numRuns: 60 },
  )
})

test('the same rows in any order give the same bytes', () => {
  const shuffled = rollup.chain((original) =>
    fc.tuple(
      fc.constant(original),
      fc.shuffledSubarray(original.rows, { minLength: original.rows.length, maxLength: original.rows.length }),
    ),
  )
  fc.assert(
    fc.property(shuffled, ([original, rows]) => {
      expect(encodeRollup({ ...original, rows }).sha256).toBe(encodeRollup(original).sha256)
    }),
    { numRuns: 40 },
  )
})

test('flows are ordered as their keys are', () => {
  const text = fc.constantFrom('', 'a', 'a-', 'ab', 'b', '\u0001', 'ä', '😀', '\uffff')
  const flow = fc.record({ sourceWorkload: text, via: text, responseFlags: text })
  const port = fc.constantFrom(null, 7, 80, 443, 8080)
  fc.assert(
    fc.property(flow, port, flow, port, (left, leftPort, right, rightPort) => {
      const a = { ...one, ...left, destinationPort: leftPort }
      const b = { ...one, ...right, destinationPort: rightPort }
      const expected = flowKey(a) < flowKey(b) ? -1 : flowKey(a) > flowKey(b) ? 1 : 0
      expect(compareFlows(a, b)).toBe(expected)
    }),
    { numRuns: 2000 },
  )
})

test('an hour of more flows than a row group holds is read back whole and in order', async () => {
  const rows = Array.from({ length: 100_001 }, (_, index) => ({
    ...one,
    sourceWorkload: `batch-${String((index * 7919) % 100_001).padStart(6, '0')}`,
    egressBytes: index,
  }))
  const { bytes, key } = encodeRollup({ ...empty, rows })
  const { row_groups } = parquetMetadata(bytes.buffer as ArrayBuffer)
  expect(row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([100_000, 1])
  const read = (await decodeRollup(bytes, key)).rows
  const names = read.map((row) => row.sourceWorkload)
  expect(names).toEqual(rows.map((row) => row.sourceWorkload).sort())
  const sent = new Map(rows.map((row) => [row.sourceWorkload, row.egressBytes]))
  expect(read.filter((row) => sent.get(row.sourceWorkload) !== row.egressBytes)).toEqual([])
})

test('an hour in which nothing left is a file too, with columns and coverage', async () => {
  const { bytes, key, number, sha256: digest } = encodeRollup(empty)
  expect(key).toBe('rollups/target=prod-eu/date=2026-11-20/hour=10/rollup.parquet')
  expect(number).toBe(1)
  expect(digest).toBe(sha256(bytes))
  expect(Buffer.from(bytes).toString('latin1')).toContain('responseFlags')
  expect(await decodeRollup(bytes, key)).toEqual(empty)
})

test('every field of a row, its place in the chain and its coverage change the bytes', () => {
  const base = encodeRollup({ ...empty, rows: [one] }).sha256
  const others: Rollup[] = [
    empty,
    { ...empty, rows: [one], hour: HOUR + HOUR_MS },
    { ...empty, rows: [one], target: 'prod-us' },
    { ...empty, rows: [one], number: 7, previous },
    { ...empty, rows: [one], number: 7, previous: { ...previous, sha256: 'cd'.repeat(32) } },
    { ...empty, rows: [one], coverage: { ...zeroCoverage(), scrapes: 1 } },
    ...FLOW_FIELDS.map((field) => ({
      ...empty,
      rows: [{ ...one, [field]: field === 'destinationPort' ? 443 : `${one[field]}x` } as FlowRow],
    })),
    ...MEASURES.map((measure) => ({ ...empty, rows: [{ ...one, [measure]: one[measure] + 1 }] })),
  ]
  expect(new Set([base, ...others.map((other) => encodeRollup(other).sha256)]).size).toBe(others.length + 1)
})

test('a rollup cut off, of nothing, or of another kind is refused by its key', async () => {
  const { bytes, key } = encodeRollup({ ...empty, rows: [one] })
  for (const length of [0, 4, 11, bytes.length >> 1, bytes.length - 1]) {
    await expect(decodeRollup(bytes.slice(0, length), key)).rejects.toThrow(`rollup ${key} cannot be read: `)
  }
  await expect(decodeRollup(Buffer.from('<html>503</html>'), key)).rejects.toThrow(`rollup ${key} cannot be read: `)
})

test('a rollup of an unknown schema is refused, with what to do', async () => {
  const { bytes, key } = encodeRollup(empty)
  const text = Buffer.from(bytes).toString('latin1')
  const place = text.indexOf('1', text.lastIndexOf('schema'))
  const newer = bytes.slice()
  newer[place] = '2'.charCodeAt(0)
  await expect(decodeRollup(newer, key)).rejects.toThrow(
    'its schema is 2, this version reads 1; install a newer wharfage',
  )
})

test('a view into a larger buffer is decoded as itself', async () => {
  const { bytes, key } = encodeRollup({ ...empty, rows: [one] })
  const around = new Uint8Array(bytes.length + 20).fill(0xff)
  around.set(bytes, 7)
  expect((await decodeRollup(around.subarray(7, 7 + bytes.length), key)).rows).toEqual([one])
})
