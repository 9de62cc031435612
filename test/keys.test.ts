import fc from 'fast-check'
import {
  billKey,
  checkKey,
  checkPrefix,
  checkpointKey,
  complianceHistoryKey,
  costHistoryKey,
  costMonthKey,
  declarationKey,
  digestKey,
  historyKey,
  isDerived,
  isImmutable,
  isMutable,
  notifiedKey,
  parseBillKey,
  parseCheckpointKey,
  parseCostMonthKey,
  parseDeclarationKey,
  parseDigestKey,
  parsePublicKeyKey,
  parseRollupKey,
  parseSealKey,
  parseSignatureKey,
  publicKeyKey,
  publicKeysPrefix,
  publishedKey,
  rollupKey,
  rollupPrefix,
  rollupsPrefix,
  sealKey,
  sealsPrefix,
  signatureKey,
} from '../functions/core/keys.ts'
import { HOUR_MS, isoDate, isoInstant } from '../functions/core/time.ts'

const target = fc.stringMatching(/^[a-z0-9-]{1,40}$/)
const hour = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23) / HOUR_MS }).map((hours) => hours * HOUR_MS)
const date = hour.map(isoDate)
const declaration = fc.record({
  kind: fc.constantFrom('istio', 'register', 'rules'),
  from: date,
  recorded: hour.map((at) => isoInstant(at + 61_000)),
  sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
})

test('lies where Athena and DuckDB look for it', () => {
  const at = Date.UTC(2026, 6, 1, 3)
  expect(checkpointKey('prod-eu')).toBe('checkpoints/prod-eu')
  expect(rollupKey('prod-eu', at)).toBe('rollups/target=prod-eu/date=2026-07-01/hour=03/rollup.parquet')
  expect(rollupPrefix('prod-eu')).toBe('rollups/target=prod-eu/')
  expect(rollupPrefix('prod-eu', '2026-07-01')).toBe('rollups/target=prod-eu/date=2026-07-01/')
  expect(sealKey('2026-07-01')).toBe('seals/date=2026-07-01/seal.json')
  expect(sealsPrefix).toBe('seals/')
  expect(signatureKey('2026-07-01')).toBe('seals/date=2026-07-01/seal.sig')
  expect(publicKeyKey('0'.repeat(64))).toBe(`${publicKeysPrefix}${'0'.repeat(64)}.pem`)
  expect(digestKey('2026-07-01')).toBe('daily/date=2026-07-01/digest.json.zst')
})

test('every key that is written is read back, and by no other reader', () => {
  fc.assert(
    fc.property(target, hour, date, declaration, (name, at, day, declared) => {
      const month = day.slice(0, 7)
      const { recorded: imported, sha256 } = declared
      const billed = { month, provider: name, imported, sha256 }
      const cases = [
        [checkpointKey(name), parseCheckpointKey, name],
        [rollupKey(name, at), parseRollupKey, { target: name, hour: at }],
        [sealKey(day), parseSealKey, day],
        [signatureKey(day), parseSignatureKey, day],
        [publicKeyKey(declared.sha256), parsePublicKeyKey, declared.sha256],
        [digestKey(day), parseDigestKey, day],
        [declarationKey(declared), parseDeclarationKey, declared],
        [billKey(billed), parseBillKey, billed],
        [costMonthKey(month), parseCostMonthKey, month],
        ...[publishedKey, historyKey, complianceHistoryKey, costHistoryKey, notifiedKey].map(
          (key) => [key, () => null, null] as const,
        ),
      ] as const
      const keys = cases.map(([key]) => key)
      const readers = cases.map(([, read]) => read)
      const meant = cases.map(([, , value]) => value)
      for (const [i, key] of keys.entries()) {
        expect(readers.map((read) => read(key))).toEqual(meant.map((value, j) => (i === j ? value : null)))
        expect(checkKey(key)).toBe(key)
      }
    }),
  )
})

test('whatever is read was written so', () => {
  const piece = fc.constantFrom(
    'rollups/',
    'target=',
    'prod',
    '/date=',
    '2026-07-01',
    '2026-02-30',
    '/hour=',
    '03',
    '24',
    '3',
    '/rollup.parquet',
    'checkpoints/',
    'daily/',
    '/digest.json.zst',
    'seals/',
    'date=',
    '/seal.json',
    '/',
    '..',
    '\n',
    'A',
  )
  const almost = fc.oneof(
    fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
    fc
      .tuple(
        target,
        fc.constantFrom('2026-07-01', '2026-02-30', '2026-7-1', ''),
        fc.constantFrom('00', '23', '24', '3', ''),
      )
      .map(([name, day, hourOfDay]) => `rollups/target=${name}/date=${day}/hour=${hourOfDay}/rollup.parquet`),
  )
  let read = 0
  fc.assert(
    fc.property(almost, (text) => {
      const rollup = parseRollupKey(text)
      const checkpoint = parseCheckpointKey(text)
      const seal = parseSealKey(text)
      const digest = parseDigestKey(text)
      if (rollup !== null) expect(rollupKey(rollup.target, rollup.hour)).toBe(text)
      if (checkpoint !== null) expect(checkpointKey(checkpoint)).toBe(text)
      if (seal !== null) expect(sealKey(seal)).toBe(text)
      if (digest !== null) expect(digestKey(digest)).toBe(text)
      if (rollup ?? checkpoint ?? seal ?? digest) read++
    }),
    { numRuns: 2000 },
  )
  expect(read).toBeGreaterThan(20)
})

test('rollups sort by target, then by time', () => {
  fc.assert(
    fc.property(target, hour, hour, (name, a, b) => {
      fc.pre(a < b)
      expect(rollupKey(name, a) < rollupKey(name, b)).toBe(true)
      expect(rollupKey(name, a).startsWith(rollupPrefix(name, isoDate(a)))).toBe(true)
      expect(rollupPrefix(name).startsWith(rollupsPrefix)).toBe(true)
    }),
  )
})

test("one target's prefix holds no other target's rollups", () => {
  fc.assert(
    fc.property(target, target, hour, (a, b, at) => {
      expect(rollupKey(a, at).startsWith(rollupPrefix(b))).toBe(a === b)
    }),
  )
})

test.each(['', 'A', 'a/b', '..', 'a.b', 'a b', 'a'.repeat(41), 'ä', 'a\n', '*'])(
  'makes no key of the target %j',
  (name) => {
    for (const make of [checkpointKey, rollupPrefix, (n: string) => rollupKey(n, 0)]) {
      expect(() => make(name)).toThrow('is not 1 to 40 characters of a-z, 0-9 and -')
    }
    expect(parseCheckpointKey(`checkpoints/${name}`)).toBeNull()
  },
)

test('makes no key of what is no hour and no date', () => {
  expect(() => rollupKey('prod', 1)).toThrow('1 is not the start of an hour')
  expect(() => rollupKey('prod', Date.UTC(10000, 0))).toThrow('outside the years')
  expect(() => rollupKey('prod', Date.UTC(1960, 0))).toThrow('on no calendar')
  expect(() => sealKey('2026-02-30')).toThrow('on no calendar')
  expect(() => digestKey('2026-02-30')).toThrow('on no calendar')
  expect(() => signatureKey('2026-02-30')).toThrow('on no calendar')
  expect(() => publicKeyKey('../key')).toThrow('key id "../key" is no SHA-256 in hex')
  expect(() => rollupPrefix('prod', '2026-7')).toThrow('YYYY-MM-DD')
})

const KEPT = [
  rollupKey('a', 0),
  sealKey('2026-07-01'),
  signatureKey('2026-07-01'),
  publicKeyKey('0'.repeat(64)),
  declarationKey({ kind: 'istio', from: '2026-07-01', recorded: '2026-07-01T08:00:00Z', sha256: '0'.repeat(64) }),
  billKey({ month: '2026-10', provider: 'aws', imported: '2026-11-05T08:00:00Z', sha256: '0'.repeat(64) }),
]

test('rollups, seals, signatures, public keys, declarations and bills are written once and kept', () => {
  expect(KEPT.map(isImmutable)).toEqual(Array(6).fill(true))
  expect([checkpointKey('a'), publishedKey, notifiedKey, historyKey].map(isImmutable)).toEqual([
    ...[false, false, false, false],
  ])
})

test('only checkpoints and records of what was done are ever replaced', () => {
  expect([checkpointKey('a'), publishedKey, notifiedKey].map(isMutable)).toEqual([true, true, true])
  const derived = [digestKey('2026-07-01'), historyKey, complianceHistoryKey, costHistoryKey, costMonthKey('2026-07')]
  expect([...KEPT, ...derived].map(isMutable)).toEqual(Array(11).fill(false))
})

test('what may be written over is what can be made again', () => {
  const histories = [historyKey, complianceHistoryKey, costHistoryKey]
  const derived = [publishedKey, ...histories, costMonthKey('2026-07'), digestKey('2026-07-01')]
  expect(derived.map(isDerived)).toEqual(Array(6).fill(true))
  expect([...KEPT, checkpointKey('a'), notifiedKey].map(isDerived)).toEqual(Array(8).fill(false))
})

test('a key that is accepted stays below its root on any file system', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z./@=]{0,12}$/)), (text) => {
      let accepted = true
      try {
        checkKey(text)
      } catch {
        accepted = false
      }
      const segments = text.split('/')
      const plain = segments.every((segment) => /^[\w=@~+.-]+$/.test(segment) && !/^\.|@$/.test(segment))
      expect(accepted).toBe(plain)
    }),
    { numRuns: 1000 },
  )
})

test('a prefix may be empty or end within a segment, but not climb', () => {
  for (const prefix of ['', 'rollups/', 'rollups/target=a', 'a/b/']) expect(checkPrefix(prefix)).toBe(prefix)
  for (const prefix of ['/', '../', 'a/../', 'a//']) expect(() => checkPrefix(prefix)).toThrow('no plain name')
})
