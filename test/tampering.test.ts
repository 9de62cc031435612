/**
 * A drill: a sealed ledger is tampered with in seeded ways, and verify must find each and name what was touched.
 * `npm run drill -- --cases 10000` does the same at length. What leaves no trace inside the store is stated at the end:
 * there only a seal that was kept elsewhere tells.
 */
import { sha256 } from '#core/hash.ts'
import { checkpointKey, parseRollupKey, rollupKey, sealKey } from '#core/keys.ts'
import { decodeSeal } from '#core/seal.ts'
import { DAY_MS, HOUR_MS, isoDate, parseInstant } from '#core/time.ts'
import { checkpointOf } from './closed-checkpoint.ts'
import { CLOSED, chainOf, DATES, EU_FROM, eu, ledger, type Objects, sealed, sealedLedger, us } from './sealed-ledger.ts'
import { untouched } from './tampering/ledger.ts'
import { CHANGES, tampering } from './tampering/tampering.ts'
import { judgeTampering, named } from './tampering/verdict.ts'

const ROUNDS = 12 // of every kind, so some 300 changes

test('of a ledger nobody touched verify names nothing', async () => {
  expect(await named(await untouched())).toEqual([])
  expect(CHANGES.length * ROUNDS).toBeGreaterThan(300)
})

test('a seed is one change, and always the same', async () => {
  for (const seed of [0, 7, 19])
    expect(await tampering(seed)).toEqual({ ...(await tampering(seed)), touched: expect.any(Function) })
})

test.each(CHANGES.map(([what], kind) => [what, kind] as const))(
  'found and named, wherever it is: %s',
  async (_what, kind) => {
    const before = await untouched()
    for (let round = 0; round < ROUNDS; round++) {
      const seed = kind + round * CHANGES.length
      const change = await tampering(seed)
      // Else nothing would have been there to find.
      expect([seed, same(change.objects, before)]).toEqual([seed, false])
      expect([seed, await judgeTampering(change)]).toEqual([seed, ''])
    }
  },
  120_000,
)

function same(one: Objects, other: Objects): boolean {
  if (one.size !== other.size) return false
  return [...one].every(([key, bytes]) => Buffer.compare(bytes, other.get(key) ?? new Uint8Array()) === 0)
}

/** A seal of the true ledger, as somebody keeps it: the file, or its hash alone. */
async function kept(date: string): Promise<{ sha256: string; bytes: Uint8Array }> {
  const bytes = (await sealed()).get(sealKey(date)) ?? new Uint8Array()
  return { sha256: sha256(bytes), bytes }
}

describe('what leaves no trace in the store, and who can tell', () => {
  test.each([0, 13, 26, 40])(
    'a history written anew from its hour %i on, its checkpoint and every seal with it: whoever holds a seal of that day or a later one, be it 64 digits on paper',
    async (hour) => {
      const altered = EU_FROM + hour * HOUR_MS
      const forged = await sealedLedger(chainOf('prod-eu', EU_FROM, CLOSED, altered), us)
      expect(await named(forged)).toEqual([])
      for (const date of DATES) {
        const { sha256, bytes } = await kept(date)
        const alone = await named(forged, { sha256, seal: null })
        const whole = await named(forged, { sha256, seal: decodeSeal(bytes, 'held') })
        if (parseInstant(date) + DAY_MS <= altered) expect([alone, whole]).toEqual([[], []])
        else {
          expect(alone).toEqual(['seals/'])
          // With the file the seal and the head of that day are named.
          expect(whole).toEqual([sealKey(date), rollupKey('prod-eu', parseInstant(date) + 23 * HOUR_MS)])
        }
      }
    },
  )

  test('the newest seals removed, or all of them: whoever holds one of those', async () => {
    for (const left of [2, 1, 0]) {
      const objects = await sealed()
      for (const date of DATES.slice(left)) objects.delete(sealKey(date))
      expect(await named(objects)).toEqual([])
      for (const [i, date] of DATES.entries()) {
        const { sha256, bytes } = await kept(date)
        expect(await named(objects, { sha256, seal: null })).toEqual(i < left ? [] : ['seals/'])
        expect(await named(objects, { sha256, seal: decodeSeal(bytes, 'held') })).toEqual(
          i < left ? [] : [sealKey(date)],
        )
      }
    }
  })

  test('hours after the newest seal written anew or removed, with a checkpoint that fits: nobody, until their day is sealed', async () => {
    const newest = DATES[2]
    const after = eu.filter(({ key }) => (parseRollupKey(key)?.hour ?? 0) >= parseInstant(newest) + DAY_MS)
    expect(after.length).toBeGreaterThan(0)
    const removed = await sealed()
    for (const { key } of after) removed.delete(key)
    removed.set(checkpointKey('prod-eu'), checkpointOf(eu.slice(0, -after.length)))
    const anew = await sealed()
    for (const [key, bytes] of ledger(chainOf('prod-eu', EU_FROM, CLOSED, CLOSED - HOUR_MS))) anew.set(key, bytes)
    const { sha256, bytes } = await kept(newest)
    for (const objects of [removed, anew]) {
      expect(await named(objects)).toEqual([])
      expect(await named(objects, { sha256, seal: decodeSeal(bytes, 'held') })).toEqual([])
    }
    expect(isoDate(CLOSED)).not.toBe(newest)
  })
})
