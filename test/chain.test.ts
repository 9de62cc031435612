/** The chain of rollups: what verify tells apart, in rollups as they really lie in a store. */
import fc from 'fast-check'
import { checkpointKey, rollupKey } from '#core/keys.ts'
import { encodeRollup } from '#core/rollup.ts'
import { HOUR_MS } from '#core/time.ts'
import { type Verified, verifyLedger } from '../functions/stage/verify.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { checkpointOf } from './closed-checkpoint.ts'
import { encodeChain, flowRow, hourRecord } from './flow-rows.ts'

const TEN = Date.UTC(2026, 10, 20, 10)
const HOURS = 6

const chain = encodeChain(
  Array.from({ length: HOURS }, (_, i) => hourRecord('mesh', TEN + i * HOUR_MS, [flowRow({ egressBytes: 1000 + i })])),
)
const keys = chain.map(({ key }) => key)

type Objects = Map<string, Uint8Array>

function intact(): Objects {
  return new Map(chain.map(({ key, bytes }) => [key, bytes]))
}

async function storeOf(objects: Objects, checkpoint: Uint8Array | null = checkpointOf(chain)): Promise<Store> {
  const store = memoryStore()
  for (const [key, bytes] of objects) await store.put(key, bytes, 'absent')
  if (checkpoint !== null) await store.put(checkpointKey('mesh'), checkpoint, 'absent')
  return store
}

async function verified(objects: Objects, checkpoint?: Uint8Array | null): Promise<Verified> {
  const results = await verifyLedger(await storeOf(objects, checkpoint), 'mesh')
  expect(results.length).toBe(1)
  return results[0]
}

async function kinds(objects: Objects, checkpoint?: Uint8Array | null): Promise<string[]> {
  return (await verified(objects, checkpoint)).problems.map(({ kind, key }) => `${kind} ${key}`)
}

test('a whole chain has no problem, and its head is the newest rollup', async () => {
  const { sha256, key, number } = chain[HOURS - 1]
  expect(await verified(intact())).toEqual({
    target: 'mesh',
    first: TEN,
    last: TEN + (HOURS - 1) * HOUR_MS,
    rollups: HOURS,
    head: { number, key, sha256 },
    gapHours: 0,
    pendingRollups: 0,
    hasCheckpoint: true,
    sealedThrough: null,
    problems: [],
  })
})

test('hours that nobody observed are counted apart and are no problem', async () => {
  const gaps = encodeChain(
    [HOUR_MS, 0, 0, 1].map((observedMs, i) => hourRecord('mesh', TEN + i * HOUR_MS, [], { observedMs })),
  )
  const objects = new Map(gaps.map(({ key, bytes }) => [key, bytes]))
  expect(await verified(objects, checkpointOf(gaps))).toMatchObject({ gapHours: 2, problems: [] })
})

test('a rollup that is gone is missing, wherever it stood', async () => {
  for (const key of keys) {
    const objects = intact()
    objects.delete(key)
    expect(await kinds(objects)).toEqual([`missing ${key}`])
  }
})

test('two neighbours that are gone are both missing', async () => {
  const objects = intact()
  objects.delete(keys[2])
  objects.delete(keys[3])
  expect(await kinds(objects)).toEqual([`missing ${keys[2]}`, `missing ${keys[3]}`])
})

test('all rollups gone are missed, since the checkpoint names the newest', async () => {
  expect(await kinds(new Map())).toEqual([`missing ${keys[HOURS - 1]}`])
})

test('without a checkpoint the newest rollup cannot be missed, any other is', async () => {
  for (const [i, key] of keys.entries()) {
    const objects = intact()
    objects.delete(key)
    expect(await kinds(objects, null)).toEqual(i === HOURS - 1 ? [] : [`missing ${key}`])
  }
})

test('a rollup that was written again with other figures is altered', async () => {
  for (const [i, { number, key }] of chain.entries()) {
    const before = chain[i - 1]
    const previous = before === undefined ? null : { number: number - 1, key: before.key, sha256: before.sha256 }
    const forged = encodeRollup({
      target: 'mesh',
      hour: TEN + i * HOUR_MS,
      number,
      previous,
      coverage: hourRecord('mesh', TEN, []).coverage,
      rows: [flowRow({ egressBytes: 1 })],
    })
    expect(await kinds(intact().set(key, forged.bytes))).toEqual([`altered ${key}`])
  }
})

test('a rollup that cannot be read, or is empty, is altered and not passed over', async () => {
  for (const bytes of [new Uint8Array(0), Buffer.from('PAR1'), chain[2].bytes.slice(0, -1)]) {
    expect(new Set(await kinds(intact().set(keys[2], bytes)))).toEqual(new Set([`altered ${keys[2]}`]))
    const last = keys[HOURS - 1]
    expect(new Set(await kinds(intact().set(last, bytes)))).toEqual(new Set([`altered ${last}`]))
  }
})

test('two rollups in each other’s place are moved', async () => {
  const objects = intact().set(keys[1], chain[3].bytes).set(keys[3], chain[1].bytes)
  expect(await kinds(objects)).toEqual(expect.arrayContaining([`moved ${keys[1]}`, `moved ${keys[3]}`]))
})

test('a rollup under an hour that is not its own is moved, and its own hour is missing', async () => {
  const objects = intact()
  objects.delete(keys[HOURS - 1])
  const key = rollupKey('mesh', TEN + HOURS * HOUR_MS)
  objects.set(key, chain[HOURS - 1].bytes)
  expect(await kinds(objects)).toEqual(expect.arrayContaining([`missing ${keys[HOURS - 1]}`, `moved ${key}`]))
})

test('a rollup of another target is moved', async () => {
  const objects = intact()
  const key = rollupKey('other', TEN)
  objects.set(key, chain[0].bytes)
  const [, other] = await verifyLedger(await storeOf(objects))
  expect(other).toMatchObject({ target: 'other', problems: [{ kind: 'moved', key }] })
})

test('a rollup under another hour accuses nobody by what it says of its own place', async () => {
  const objects = intact()
  objects.delete(keys[0])
  const key = rollupKey('mesh', TEN + HOURS * HOUR_MS)
  objects.set(key, chain[0].bytes)
  // The newest is there and is what the checkpoint says; what stands behind it does not belong to it.
  expect(await kinds(objects)).toEqual([`missing ${keys[0]}`, `moved ${key}`, `order ${key}`])
})

test('an older checkpoint is told by the rollups after its head, and one with another head by its hash', async () => {
  expect(await kinds(intact(), checkpointOf(chain.slice(0, 4)))).toEqual([`order ${keys[5]}`])
  const head = { ...chain[HOURS - 1], sha256: 'f'.repeat(64) }
  expect(await kinds(intact(), checkpointOf([...chain.slice(0, -1), head]))).toEqual([`altered ${keys[5]}`])
})

test('a checkpoint of another target is refused by its key', async () => {
  const store = await storeOf(intact(), null)
  await store.put(checkpointKey('other'), checkpointOf(chain), 'absent')
  await expect(verifyLedger(store)).rejects.toThrow(
    'checkpoint checkpoints/other says it is of mesh; restore its newest version',
  )
})

test('a second chain after the first is told, and so is one rollup too many', async () => {
  const hour = TEN + HOURS * HOUR_MS
  const { coverage } = hourRecord('mesh', hour, [])
  const began = encodeRollup({ target: 'mesh', hour, number: 1, previous: null, coverage, rows: [] })
  expect(await kinds(intact().set(began.key, began.bytes), null)).toEqual([`order ${began.key}`])
  const last = chain[HOURS - 1]
  const extra = encodeRollup({ target: 'mesh', hour, number: HOURS + 1, previous: last, coverage, rows: [] })
  expect(await kinds(intact().set(extra.key, extra.bytes))).toEqual([`order ${extra.key}`])
})

test('a first rollup that is not number 1 is out of order: its chain began elsewhere', async () => {
  const { coverage } = hourRecord('mesh', TEN, [])
  const first = encodeRollup({ target: 'mesh', hour: TEN, number: 7, previous: null, coverage, rows: [] })
  expect(await kinds(new Map([[first.key, first.bytes]]), checkpointOf([first]))).toEqual([`order ${first.key}`])
})

test('a rollup with its predecessor’s number is out of order', async () => {
  const { coverage } = hourRecord('mesh', TEN, [])
  const forged = encodeRollup({
    target: 'mesh',
    hour: TEN + (HOURS - 1) * HOUR_MS,
    number: HOURS - 1,
    previous: chain[HOURS - 2],
    coverage,
    rows: [],
  })
  expect(await kinds(intact().set(forged.key, forged.bytes), null)).toEqual([`order ${forged.key}`])
})

test('closed hours that only the checkpoint holds are verified with the rest', async () => {
  const objects = intact()
  const waiting = chain.slice(-2)
  for (const { key } of waiting) objects.delete(key)
  expect(await verified(objects, checkpointOf(chain, waiting))).toMatchObject({
    rollups: HOURS,
    pendingRollups: 2,
    problems: [],
  })
})

test('any single change to a chain is told: a bit, a cut, a removal, a swap, a copy', async () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('flip'), i: fc.nat(HOURS - 1), at: fc.nat(), bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('cut'), i: fc.nat(HOURS - 1), at: fc.nat(), bit: fc.constant(0) }),
    fc.record({ kind: fc.constant('append'), i: fc.nat(HOURS - 1), at: fc.nat(), bit: fc.constant(0) }),
    fc.record({ kind: fc.constant('remove'), i: fc.nat(HOURS - 1), at: fc.constant(0), bit: fc.constant(0) }),
    fc.record({
      kind: fc.constant('swap'),
      i: fc.nat(HOURS - 1),
      at: fc.integer({ min: 1, max: HOURS - 1 }),
      bit: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant('copy'),
      i: fc.nat(HOURS - 1),
      at: fc.integer({ min: 1, max: HOURS - 1 }),
      bit: fc.constant(0),
    }),
    fc.record({ kind: fc.constant('add'), i: fc.nat(HOURS - 1), at: fc.nat(100), bit: fc.constant(0) }),
  )
  await fc.assert(
    fc.asyncProperty(change, async ({ kind, i, at, bit }) => {
      const objects = intact()
      const bytes = chain[i].bytes.slice()
      const other = (i + at) % HOURS
      if (kind === 'flip') bytes[at % bytes.length] ^= 1 << bit
      if (kind === 'flip') objects.set(keys[i], bytes)
      if (kind === 'cut') objects.set(keys[i], bytes.slice(0, at % bytes.length))
      if (kind === 'append') objects.set(keys[i], Buffer.concat([bytes, Buffer.from([at & 255])]))
      if (kind === 'remove') objects.delete(keys[i])
      if (kind === 'swap') objects.set(keys[i], chain[other].bytes).set(keys[other], bytes)
      if (kind === 'copy') objects.set(keys[other], bytes)
      if (kind === 'add') objects.set(rollupKey('mesh', TEN + (HOURS + at) * HOUR_MS), bytes)
      expect((await verified(objects)).problems).not.toEqual([])
    }),
    { numRuns: 200 },
  )
})
