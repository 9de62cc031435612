/** The chain of seals: what verify can prove by it, and what only somebody who holds a seal can. */
import fc from 'fast-check'
import { sha256 } from '#core/hash.ts'
import { sealKey } from '#core/keys.ts'
import type { EncodedRollup } from '#core/rollup.ts'
import { decodeSeal, encodeSeal } from '#core/seal.ts'
import { HOUR_MS } from '#core/time.ts'
import { verifyLedger, verifySeals } from '../functions/stage/verify.ts'
import {
  CLOSED,
  chainOf,
  DATES,
  EU_FROM,
  eu,
  hourKey,
  ledger,
  type Objects,
  problems,
  SECOND,
  sealed,
  sealedLedger,
  storeOf,
  THIRD,
  US_FROM,
  us,
} from './sealed-ledger.ts'

test('a sealed ledger that nobody touched is whole, and says through when it is sealed', async () => {
  const objects = await sealed()
  expect(await problems(objects)).toEqual([])
  const store = await storeOf(objects)
  const { sound, ...seals } = await verifySeals(store)
  expect(seals).toEqual({
    first: '2026-11-18',
    last: '2026-11-20',
    seals: 3,
    head: { key: sealKey('2026-11-20'), sha256: sha256(objects.get(sealKey('2026-11-20')) ?? '') },
    held: null,
    problems: [],
  })
  const targets = await verifyLedger(store, undefined, undefined, sound)
  expect(targets.map(({ sealedThrough }) => sealedThrough)).toEqual(['2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z'])
})

/** A chain put in place of another one, with the checkpoint that goes with it, as somebody would who may write all. */
function replace(objects: Objects, before: readonly EncodedRollup[], after: EncodedRollup[]): Objects {
  for (const { key } of before) objects.delete(key)
  for (const [key, bytes] of ledger(after)) objects.set(key, bytes)
  return objects
}

const euSecond = hourKey('prod-eu', '2026-11-19T23:00Z')
const euThird = hourKey('prod-eu', '2026-11-20T23:00Z')

test.each<[string, (objects: Objects) => unknown, string[]]>([
  [
    'one rollup and all after it, written anew with their hashes and the checkpoint',
    (all) => replace(all, eu, chainOf('prod-eu', EU_FROM, CLOSED, SECOND + HOUR_MS)),
    [`prod-eu: altered ${euSecond}`],
  ],
  [
    'one rollup that a seal names, altered alone: once, though successor and seal both disagree',
    (all) => all.set(euSecond, chainOf('prod-eu', EU_FROM, CLOSED, SECOND + 23 * HOUR_MS)[26].bytes),
    [`prod-eu: altered ${euSecond}`],
  ],
  [
    'the last rollups removed, and the checkpoint with them',
    (all) => replace(all, eu, eu.slice(0, 30)),
    [`prod-eu: missing ${euThird}`],
  ],
  [
    'one rollup removed, and the rest moved up in the chain',
    (all) => replace(all, us, chainOf('prod-us', US_FROM + HOUR_MS, CLOSED)),
    [`prod-us: altered ${hourKey('prod-us', '2026-11-19T23:00Z')}`],
  ],
  [
    'an hour inserted before the first',
    (all) => replace(all, us, chainOf('prod-us', US_FROM - HOUR_MS, CLOSED)),
    [`prod-us: altered ${hourKey('prod-us', '2026-11-19T23:00Z')}`],
  ],
  [
    'days inserted before the target was known',
    (all) => replace(all, us, chainOf('prod-us', EU_FROM, CLOSED)),
    [
      `prod-us: altered ${hourKey('prod-us', '2026-11-19T23:00Z')}`,
      `prod-us: inserted ${hourKey('prod-us', '2026-11-18T21:00Z')}`,
    ],
  ],
  [
    'a whole target inserted',
    (all) => replace(all, [], chainOf('made-up', THIRD, CLOSED)),
    [`made-up: inserted ${hourKey('made-up', '2026-11-20T00:00Z')}`],
  ],
  [
    'a whole target removed',
    (all) => {
      for (const key of all.keys()) if (/prod-us/.test(key)) all.delete(key)
    },
    [`prod-us: missing ${hourKey('prod-us', '2026-11-19T23:00Z')}`],
  ],
  [
    'two targets in each other’s place',
    (all) => {
      const [a, b] = [chainOf('prod-us', EU_FROM, CLOSED), chainOf('prod-eu', US_FROM, CLOSED)]
      replace(replace(all, [...eu, ...us], a), [], b)
    },
    [
      `prod-eu: missing ${hourKey('prod-eu', '2026-11-18T23:00Z')}`,
      `prod-eu: altered ${euSecond}`,
      `prod-us: altered ${hourKey('prod-us', '2026-11-19T23:00Z')}`,
      `prod-us: inserted ${hourKey('prod-us', '2026-11-18T21:00Z')}`,
    ],
  ],
  [
    'a seal in the middle removed',
    (all) => all.delete(sealKey('2026-11-19')),
    [`seals: missing ${sealKey('2026-11-19')}`],
  ],
  ['the first seal removed', (all) => all.delete(sealKey('2026-11-18')), [`seals: missing ${sealKey('2026-11-18')}`]],
  [
    'a seal that cannot be read',
    (all) => all.set(sealKey('2026-11-19'), Buffer.from('{}')),
    [`seals: altered ${sealKey('2026-11-19')}`],
  ],
  [
    'a seal under another day',
    (all) => all.set(sealKey('2026-11-21'), all.get(sealKey('2026-11-20'))!),
    [`seals: moved ${sealKey('2026-11-21')}`],
  ],
])('told and named: %s', async (_, tamper, told) => {
  const objects = await sealed()
  tamper(objects)
  expect(await problems(objects)).toEqual(told)
})

/** Another history of the same targets, sealed. */
function forged(): Promise<Objects> {
  return sealedLedger(chainOf('prod-eu', EU_FROM, CLOSED, SECOND + HOUR_MS), us)
}

test('the stretch of a history that was written anew is named: from the last seal it bears out', async () => {
  const objects = await sealed()
  const forgedChain = chainOf('prod-eu', EU_FROM, CLOSED, SECOND + HOUR_MS)
  const { sound } = await verifySeals(await storeOf(replace(objects, eu, forgedChain)))
  const [{ problems: told }] = await verifyLedger(await storeOf(objects), 'prod-eu', undefined, sound)
  const there = forgedChain.find(({ key }) => key === euSecond)?.sha256
  const was = eu.find(({ key }) => key === euSecond)?.sha256
  expect(told.map(({ message }) => message)).toEqual([
    `its SHA-256 is ${there}, the seal of 2026-11-19 says ${was}: it or one since 2026-11-19T00:00:00Z was altered, ` +
      'inserted or removed',
  ])
})

test('a seal replaced by one of another history is altered, and its word is not taken', async () => {
  const objects = await sealed()
  objects.set(sealKey('2026-11-19'), (await forged()).get(sealKey('2026-11-19'))!)
  expect(await problems(objects)).toEqual([`seals: altered ${sealKey('2026-11-19')}`])
})

test('a newest seal that leaves out a target, or does not go on from the one before, is out of order', async () => {
  const objects = await sealed()
  const key = sealKey('2026-11-20')
  const seal = decodeSeal(objects.get(key) ?? new Uint8Array(), key)
  const [first, second] = seal.targets
  const without = encodeSeal({ ...seal, targets: [first] })
  expect(await problems(new Map(objects).set(key, without))).toEqual([`seals: order ${key}`])
  const skipping = encodeSeal({ ...seal, targets: [first, { ...second, rollups: 23 }] })
  expect(await problems(new Map(objects).set(key, skipping))).toEqual([`seals: order ${key}`])
  const beginning = encodeSeal({ ...seal, previous: null })
  expect(await problems(new Map(objects).set(key, beginning))).toEqual([`seals: order ${key}`])
})

test('a history written anew with all its seals is whole to itself, and not to who holds one seal', async () => {
  const objects = await forged()
  expect(await problems(objects)).toEqual([])
  const kept = await sealed()
  for (const date of ['2026-11-19', '2026-11-20']) {
    const bytes = kept.get(sealKey(date)) ?? new Uint8Array()
    expect(await problems(objects, { sha256: sha256(bytes), seal: null })).toEqual(['seals: missing seals/'])
    const head = date === '2026-11-19' ? euSecond : euThird
    expect(await problems(objects, { sha256: sha256(bytes), seal: decodeSeal(bytes, 'held') })).toEqual([
      `prod-eu: altered ${head}`,
      `seals: altered ${sealKey(date)}`,
    ])
  }
  // Before the first altered hour both histories are one.
  const early = sha256(kept.get(sealKey('2026-11-18')) ?? '')
  expect(await problems(objects, { sha256: early, seal: null })).toEqual([])
})

test('the newest seals removed are missed by who holds one of them', async () => {
  const objects = await sealed()
  const newest = objects.get(sealKey('2026-11-20')) ?? new Uint8Array()
  for (const date of DATES.slice(1)) objects.delete(sealKey(date))
  expect(await problems(objects)).toEqual([])
  expect(await problems(objects, { sha256: sha256(newest), seal: decodeSeal(newest, 'held') })).toEqual([
    `seals: missing ${sealKey('2026-11-20')}`,
  ])
})

test('a seal that is held and found is named by its day', async () => {
  const objects = await sealed()
  const held = { sha256: sha256(objects.get(sealKey('2026-11-19')) ?? ''), seal: null }
  expect(await verifySeals(await storeOf(objects), held)).toMatchObject({ held: '2026-11-19', problems: [] })
})

test('any one rollup or seal altered, removed or swapped is told, whichever it is', async () => {
  const objects = await sealed()
  const keys = [...objects.keys()].filter((key) => !key.startsWith('checkpoints/'))
  const change = fc.record({
    kind: fc.constantFrom('flip', 'cut', 'remove', 'swap'),
    i: fc.nat(keys.length - 1),
    by: fc.integer({ min: 1, max: keys.length - 1 }),
    at: fc.nat(),
  })
  await fc.assert(
    fc.asyncProperty(change, async ({ kind, i, by, at: offset }) => {
      const changed = new Map(objects)
      const [key, other] = [keys[i], keys[(i + by) % keys.length]]
      const bytes = (objects.get(key) ?? new Uint8Array()).slice()
      // Without its newest seal a ledger is one that was sealed a day less.
      fc.pre(!(kind === 'remove' && key === sealKey('2026-11-20')))
      if (kind === 'flip') bytes[offset % bytes.length] ^= 1 << (offset % 8)
      if (kind === 'remove') changed.delete(key)
      else if (kind === 'swap') changed.set(key, objects.get(other)!).set(other, bytes)
      else changed.set(key, kind === 'cut' ? bytes.slice(0, offset % bytes.length) : bytes)
      expect(await problems(changed)).not.toEqual([])
    }),
    { numRuns: 25 },
  )
})
