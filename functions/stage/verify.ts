/** Verify: walks every target's chain of rollups, reading each one whole. */

import { type ChainState, type StoredRollup, verifyChain } from '#core/chain.ts'
import { sha256 } from '#core/hash.ts'
import { rollupKey } from '#core/keys.ts'
import { decodeRollup } from '#core/rollup.ts'
import type { Store } from '../store/store.ts'
import { readLedger } from './ledger.ts'

export interface Verified extends ChainState {
  target: string
  pendingRollups: number // closed, still held by the checkpoint
  hasCheckpoint: boolean // without one, nothing tells whether the newest rollups are all there
}

/** Walks the chains, of one target or of all; progress is told by the number of rollups read so far. */
export async function verifyLedger(
  store: Store,
  only?: string,
  progress: (read: number, of: number) => void = () => {},
): Promise<Verified[]> {
  const results: Verified[] = []
  const targets = await readLedger(store, only)
  const total = targets.reduce((sum, { rollups }) => sum + rollups.size, 0)
  let read = 0
  for (const { target, rollups, finished, head, seq } of targets) {
    const stored: StoredRollup[] = []
    for (const [hour, { key }] of [...rollups].sort(([a], [b]) => a - b)) {
      const bytes = (await store.get(key))?.bytes ?? new Uint8Array()
      stored.push(await inspect(bytes, key, target, hour))
      progress(++read, total)
    }
    for (const [hour, bytes] of [...finished].sort(([a], [b]) => a - b)) {
      const key = rollupKey(target, hour)
      stored.push(await inspect(bytes, key, target, hour))
    }
    results.push({
      target,
      pendingRollups: finished.size,
      hasCheckpoint: seq > 0,
      ...verifyChain(stored, head, (hour) => rollupKey(target, hour)),
    })
  }
  return results
}

async function inspect(bytes: Uint8Array, key: string, target: string, hour: number): Promise<StoredRollup> {
  const about = { key, target, hour, sha256: sha256(bytes) }
  try {
    const { rows: _, ...rollup } = await decodeRollup(bytes, key)
    return { ...about, rollup, unreadable: '' }
  } catch (error) {
    return { ...about, rollup: null, unreadable: (error as Error).message }
  }
}
