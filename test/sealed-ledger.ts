/** A ledger of two targets over three days, to be sealed, spoilt and verified. */
import { checkpointKey, parseRollupKey, rollupKey } from '#core/keys.ts'
import type { EncodedRollup } from '#core/rollup.ts'
import type { HeldSeal } from '#core/seal-chain.ts'
import { HOUR_MS, parseInstant } from '#core/time.ts'
import { sealDays } from '../functions/stage/seal.ts'
import { verifyLedger, verifySeals } from '../functions/stage/verify.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { checkpointOf } from './closed-checkpoint.ts'
import { encodeChain, flowRow, hourRecord } from './flow-rows.ts'

export const DATES = ['2026-11-18', '2026-11-19', '2026-11-20']
export const [, SECOND, THIRD] = DATES.map(parseInstant) // ms since epoch
/** An hour after the third day settled. */
export const NOW = parseInstant('2026-11-21T03:10Z')
export const EU_FROM = parseInstant('2026-11-18T21:00Z')
export const US_FROM = parseInstant('2026-11-19T22:00Z')
export const CLOSED = parseInstant('2026-11-21T03:00Z')

/** A target's chain of the hours in [from, to); `altered` is the hour whose figures are not what they were. */
export function chainOf(target: string, from: number, to: number, altered = 0): EncodedRollup[] {
  const hours = Array.from({ length: (to - from) / HOUR_MS }, (_, i) => from + i * HOUR_MS)
  return encodeChain(
    hours.map((hour) => {
      const egressBytes = hour === altered ? 1 : 1000 + hour / HOUR_MS
      return hourRecord(target, hour, [flowRow({ egressBytes })])
    }),
  )
}

/** The two targets' true histories. */
export const eu = chainOf('prod-eu', EU_FROM, CLOSED)
export const us = chainOf('prod-us', US_FROM, CLOSED)
export const hourKey = (target: string, time: string) => rollupKey(target, parseInstant(time))

export type Objects = Map<string, Uint8Array>

/** Rollups and checkpoints of chains, none of them empty, as they lie in a store. */
export function ledger(...chains: EncodedRollup[][]): Objects {
  return new Map(
    chains.flatMap((chain): [string, Uint8Array][] => [
      ...chain.map(({ key, bytes }): [string, Uint8Array] => [key, bytes]),
      [checkpointKey(parseRollupKey(chain[0].key)?.target ?? ''), checkpointOf(chain)],
    ]),
  )
}

export async function storeOf(objects: Objects): Promise<Store> {
  const store = memoryStore()
  for (const [key, bytes] of objects) await store.put(key, bytes, 'absent')
  return store
}

export async function objectsOf(store: Store, prefix = ''): Promise<Objects> {
  const objects: Objects = new Map()
  for (const { key } of await store.list(prefix)) objects.set(key, (await store.get(key))?.bytes ?? new Uint8Array())
  return objects
}

/** The ledger of these chains with its three days sealed. */
export async function sealedLedger(...chains: EncodedRollup[][]): Promise<Objects> {
  const store = await storeOf(ledger(...chains))
  await sealDays(store, { now: () => NOW })
  return objectsOf(store)
}

let ofBoth: Promise<Objects> | undefined

/** The ledger of both targets, sealed; a copy to be spoilt. */
export async function sealed(): Promise<Objects> {
  ofBoth ??= sealedLedger(eu, us)
  return new Map(await ofBoth)
}

/** What verify says: each problem with what it is a problem of. */
export async function problems(objects: Objects, held?: HeldSeal): Promise<string[]> {
  const store = await storeOf(objects)
  const { sound, ...seals } = await verifySeals(store, held)
  const targets = await verifyLedger(store, undefined, undefined, sound)
  return [...targets, { target: 'seals', ...seals }].flatMap((result) =>
    result.problems.map(({ kind, key }) => `${result.target}: ${kind} ${key}`),
  )
}
