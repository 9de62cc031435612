/** A rollup as it lies in the store, read whole, hashed, and let go but for what the chain is checked by. */
import type { StoredRollup } from '#core/chain.ts'
import { sha256 } from '#core/hash.ts'
import { rollupKey } from '#core/keys.ts'
import { decodeRollup } from '#core/rollup.ts'
import type { Store } from '../store/store.ts'

/** Reads one target's rollup of an hour, in ms since epoch; one that is gone is unreadable, as an empty one would be. */
export async function readStoredRollup(store: Store, target: string, hour: number): Promise<StoredRollup> {
  const stored = await store.get(rollupKey(target, hour))
  return storedRollup(stored?.bytes ?? new Uint8Array(), target, hour)
}

/** What the chain is checked by, of a rollup's bytes. */
export async function storedRollup(bytes: Uint8Array, target: string, hour: number): Promise<StoredRollup> {
  const key = rollupKey(target, hour)
  const about = { key, target, hour, sha256: sha256(bytes) }
  try {
    const { rows: _, ...rollup } = await decodeRollup(bytes, key)
    return { ...about, rollup, unreadable: '' }
  } catch (error) {
    return { ...about, rollup: null, unreadable: (error as Error).message }
  }
}
