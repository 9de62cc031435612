/** Recorded objects: those that are written once, under a key that tells the SHA-256 of their bytes. */
import { sha256 } from '#core/hash.ts'
import type { Store } from '../store/store.ts'

/** The bytes of one; throws one sentence, which begins with its noun and key, when it is gone or not as it was recorded. */
export async function readRecorded(store: Store, noun: string, key: string, expected: string): Promise<Uint8Array> {
  const stored = await store.get(key)
  if (stored === null) throw new Error(`${noun} ${key} is gone since the store was listed; run it again`)
  const digest = sha256(stored.bytes)
  if (digest !== expected) {
    throw new Error(`${noun} ${key} was altered: its SHA-256 is ${digest}; restore its first version`)
  }
  return stored.bytes
}
