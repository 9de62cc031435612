import fc from 'fast-check'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '#core/checkpoint.ts'
import { type Coverage, zeroCoverage } from '#core/coverage.ts'
import { type Flow, MEASURES, type Measures, zeroMeasures } from '#core/flow.ts'
import { sha256 } from '#core/hash.ts'
import { type OpenHour, OpenHours } from '#core/hours.ts'
import { encodeRollup } from '#core/rollup.ts'
import { type SeriesRow, SeriesTable } from '#core/series.ts'
import { HOUR_MS } from '#core/time.ts'

const TEN = Date.UTC(2026, 10, 20, 10)
const KEY = 'checkpoints/prod-eu'

const text = fc.string({ unit: 'binary', maxLength: 20 })
const time = fc.nat({ max: 1e9 }).map((ms) => TEN + ms)
const uint32 = fc.nat({ max: 0xffffffff })

const flow: fc.Arbitrary<Flow> = fc.record({
  sourceNamespace: text,
  sourceWorkload: text,
  sourceApp: text,
  sourceVersion: text,
  sourceCluster: text,
  destinationClass: fc.constantFrom('registered', 'passthrough', 'blocked'),
  destinationHost: text,
  destinationPort: fc.option(fc.integer({ min: 1, max: 65535 })),
  destinationService: text,
  destinationServiceNamespace: text,
  via: text,
  reporter: fc.constantFrom('source', 'waypoint'),
  protocol: fc.constantFrom('http', 'grpc', 'tcp'),
  responseCode: text,
  grpcStatus: text,
  responseFlags: text,
})
const measures: fc.Arbitrary<Measures> = fc
  .array(fc.maxSafeNat(), { minLength: MEASURES.length, maxLength: MEASURES.length })
  .map((values) => {
    const some = zeroMeasures()
    MEASURES.forEach((measure, index) => {
      some[measure] = values[index]
    })
    return some
  })
const coverage: fc.Arbitrary<Coverage> = fc.record({ scrapes: fc.nat(), raw: text, reason: text }).map((some) => ({
  ...zeroCoverage(),
  scrapes: some.scrapes,
  gaps: [{ from: TEN, to: TEN + 1, reason: some.reason }],
  quarantinedHosts: [{ placeholder: '(invalid-host)-0123456789ab', raw: some.raw }],
  tails: 'failed',
}))
const openHours: fc.Arbitrary<OpenHours> = fc
  .array(fc.tuple(coverage, fc.uniqueArray(fc.tuple(fc.nat({ max: 9 }), measures), { selector: ([index]) => index })), {
    maxLength: 3,
  })
  .map(
    (hours) =>
      new OpenHours(
        TEN,
        hours.map(
          ([some, rows], index): OpenHour => ({ start: TEN + index * HOUR_MS, coverage: some, rows: new Map(rows) }),
        ),
      ),
  )
const seriesRow: fc.Arbitrary<SeriesRow> = fc.record({
  lo: uint32,
  hi: uint32,
  length: uint32,
  identityLo: uint32,
  identityHi: uint32,
  time,
  value: fc.double(),
  rate: fc.double(),
  vanishedAt: time,
  tailedAt: time,
  flow: fc.integer({ min: -2, max: 100 }),
  proxy: fc.integer({ min: -1, max: 100 }),
  metric: fc.nat({ max: 255 }),
})
const series = fc.array(seriesRow, { maxLength: 20 }).map((rows) => {
  const table = new SeriesTable()
  for (const row of rows) table.push(row)
  return table
})
const finished = fc.array(fc.nat({ max: 100 }), { maxLength: 3 }).map((hours) =>
  hours.map((hour, index) =>
    encodeRollup({
      target: 'prod-eu',
      hour: TEN + hour * HOUR_MS,
      number: index + 1,
      previous: null,
      coverage: zeroCoverage(),
      rows: [],
    }),
  ),
)
const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  target: fc.stringMatching(/^[a-z0-9-]{1,40}$/),
  owner: fc.stringMatching(/^[0-9a-f]{64}$/),
  generation: fc.nat(),
  seq: fc.nat(),
  selectors: fc.stringMatching(/^[0-9a-f]{16}$/),
  selectorsSince: time,
  seed: fc.record({ lo: uint32, hi: uint32 }),
  baseline: time,
  watermark: time,
  tailedThrough: time,
  head: fc.option(
    fc.record({ number: fc.nat(), key: fc.constant('rollups/x'), sha256: fc.stringMatching(/^[0-9a-f]{64}$/) }),
  ),
  externalLabels: fc.array(fc.tuple(text, text), { maxLength: 3 }),
  unclassifiedExample: text,
  flows: fc.array(flow, { maxLength: 10 }),
  hours: openHours,
  finished,
  series,
  proxies: fc.array(
    fc.record({
      key: fc.stringMatching(/^[0-9a-f]{16}$/),
      start: fc.double({ min: 0, max: 2e12, noNaN: true }).map(Math.abs),
      startSeenAt: time,
      seenAt: time,
    }),
    { maxLength: 5 },
  ),
})

/** All of a checkpoint that has a meaning, as plain data. */
function plain(one: Checkpoint) {
  const { series: table, hours, ...rest } = one
  return {
    ...rest,
    series: { size: table.size, bytes: Buffer.from(table.encode()).toString('hex') },
    hours: {
      closedThrough: hours.closedThrough,
      hours: hours.hours.map(({ rows, ...hour }) => ({ ...hour, rows: [...rows] })),
    },
  }
}

function sample(): Uint8Array {
  const [one] = fc.sample(checkpoint, { numRuns: 1, seed: 7 })
  return encodeCheckpoint(one)
}

test('decodes what it encoded', () => {
  fc.assert(
    fc.property(checkpoint, (original) => {
      expect(plain(decodeCheckpoint(encodeCheckpoint(original), KEY))).toEqual(plain(original))
    }),
    { numRuns: 100 },
  )
})

test('decodes what it encoded of a target with more flows than a piece of the header holds', () => {
  const [some] = fc.sample(checkpoint, { numRuns: 1, seed: 7 })
  const [like] = fc.sample(flow, { numRuns: 1, seed: 7 })
  const flows = Array.from({ length: 3000 }, (_, index) => ({ ...like, sourceWorkload: `batch-${index}-💾` }))
  const rows = new Map(flows.map((_, index) => [index, { ...zeroMeasures(), requests: index }]))
  const hour = (start: number): OpenHour => ({ start, coverage: zeroCoverage(), rows })
  const original = { ...some, flows, hours: new OpenHours(TEN, [hour(TEN), hour(TEN + HOUR_MS)]) }
  expect(plain(decodeCheckpoint(encodeCheckpoint(original), KEY))).toEqual(plain(original))
})

test('the same checkpoint gives the same bytes, also after it was read back', () => {
  fc.assert(
    fc.property(checkpoint, (original) => {
      const bytes = Buffer.from(encodeCheckpoint(original))
      expect(bytes.equals(encodeCheckpoint(original))).toBe(true)
      expect(bytes.equals(encodeCheckpoint(decodeCheckpoint(bytes, KEY)))).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('one byte changed anywhere is refused by its key', () => {
  const bytes = sample()
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = bytes.slice()
      damaged[at] ^= change
      expect(() => decodeCheckpoint(damaged, KEY)).toThrow(`checkpoint ${KEY} `)
    }),
    { numRuns: 1000 },
  )
})

test('one cut off anywhere, or with anything behind it, is refused by its key', () => {
  const bytes = sample()
  for (let length = 0; length < bytes.length; length += length < 100 || length > bytes.length - 100 ? 1 : 37) {
    expect(() => decodeCheckpoint(bytes.subarray(0, length), KEY)).toThrow(`checkpoint ${KEY} `)
  }
  expect(() => decodeCheckpoint(Uint8Array.from([...bytes, 0]), KEY)).toThrow('is not whole')
})

test('one of another schema is refused with what to do, before anything else of it is believed', () => {
  const rest = sample().subarray('wharfage checkpoint 1\n'.length, -32)
  const body = Buffer.concat([Buffer.from('wharfage checkpoint 2\n'), rest])
  const newer = Buffer.concat([body, Buffer.from(sha256(body), 'hex')])
  expect(() => decodeCheckpoint(newer, KEY)).toThrow(
    `checkpoint ${KEY} has schema 2, this version knows 1; run the version that wrote it`,
  )
})

test.each(['', '<html>503</html>', 'wharfage checkpoint\n', 'wharfage checkpoint 1', ' wharfage checkpoint 1\n'])(
  'what is no checkpoint is refused: %j',
  (content) => {
    expect(() => decodeCheckpoint(Buffer.from(content), KEY)).toThrow(
      /^checkpoint checkpoints\/prod-eu .*restore its newest version$/,
    )
  },
)

test('a view into a larger buffer is decoded as itself', () => {
  const bytes = sample()
  const around = new Uint8Array(bytes.length + 20).fill(0xff)
  around.set(bytes, 7)
  expect(plain(decodeCheckpoint(around.subarray(7, 7 + bytes.length), KEY))).toEqual(
    plain(decodeCheckpoint(bytes, KEY)),
  )
})
