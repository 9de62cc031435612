/** Ledgers of many days, for tests of publishing. */
import { checkpointKey } from '#core/keys.ts'
import type { EncodedRollup } from '#core/rollup.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { checkpointOf } from './closed-checkpoint.ts'
import { encodeChain, flowRow, hourRecord, writeChain } from './flow-rows.ts'

export const FIRST = Date.UTC(2026, 10, 20)

interface Span {
  first: number // ms since epoch
  days: number
}

/** Chains, kept: encoding them is most of what tests of publishing would do. */
const chains = new Map<string, EncodedRollup[]>()

function kept(key: string, encode: () => EncodedRollup[]): EncodedRollup[] {
  const chain = chains.get(key) ?? encode()
  chains.set(key, chain)
  return chain
}

function chainOf(target: string, { first, days }: Span): EncodedRollup[] {
  return kept(`${target} ${first} ${days}`, () =>
    encodeChain(
      Array.from({ length: days * 24 }, (_, n) =>
        hourRecord(target, first + n * HOUR_MS, [flowRow({ requests: n, egressBytes: 100 * n })]),
      ),
    ),
  )
}

/** A ledger of whole days, of which a store may hold the first ones. */
export async function ledgerOf(days: number, store = memoryStore()): Promise<Store> {
  await writeChain(store, chainOf('mesh', { first: FIRST, days }))
  return store
}

/** Adds a target of whole days, of which a store may hold the first ones, with its checkpoint, by which it is found. */
export async function withTarget(store: Store, target: string, span: Span): Promise<void> {
  const chain = chainOf(target, span)
  await writeChain(store, chain)
  await store.put(checkpointKey(target), checkpointOf(chain), 'always')
}

/** One hour a day, so that many days are few rollups; the last day is open. */
export async function sparseLedger(days: number, first = FIRST, store = memoryStore()): Promise<Store> {
  const chain = kept(`sparse ${first} ${days}`, () =>
    encodeChain(
      Array.from({ length: days }, (_, n) =>
        hourRecord('mesh', first + n * DAY_MS, [flowRow({ requests: n + 1, egressBytes: 100 * (n + 1) })]),
      ),
    ),
  )
  await writeChain(store, chain)
  return store
}
