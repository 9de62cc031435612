/** Kept histories: what all closed days together say, as one object that may be made again, and is believed only as it was written last. */
import { sha256 } from '#core/hash.ts'
import type { Store } from '../store/store.ts'

/** A kind of history: where it is kept, and as which bytes. */
export interface HistoryKind<History extends { through: string }> {
  key: string
  encode(history: History): Uint8Array
  decode(bytes: Uint8Array, key: string): History // throws for another version's
}

/** The history whose bytes have that SHA-256; null when there is none, or it is another, or another version's. */
export async function readKept<History extends { through: string }>(
  store: Store,
  { key, decode }: HistoryKind<History>,
  digest: string,
): Promise<History | null> {
  const stored = digest === '' ? null : await store.get(key)
  if (stored === null || sha256(stored.bytes) !== digest) return null
  try {
    return decode(stored.bytes, key)
  } catch {
    return null // its days are folded again
  }
}

/** Writes a history unless it is as before, and gives its SHA-256; there is none of no day. */
export async function writeKept<History extends { through: string }>(
  store: Store,
  { key, encode }: HistoryKind<History>,
  history: History,
  before: string,
): Promise<string> {
  if (history.through === '') return ''
  const bytes = encode(history)
  const digest = sha256(bytes)
  if (digest !== before) await store.put(key, bytes, 'always')
  return digest
}
