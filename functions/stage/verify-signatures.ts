/** Verifying signatures: those of a store's seals, by public keys that somebody got elsewhere. */
import { sha256 } from '#core/hash.ts'
import { parseSealKey, parseSignatureKey, sealKey, sealsPrefix, signatureKey } from '#core/keys.ts'
import { checkSignature, type PublicKey } from '#core/public-key.ts'
import { decodeSignature, type SignaturesState, type SignedSeal, verifySignatures } from '#core/signature.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { Store } from '../store/store.ts'

/** The state of all signatures; with no key they are only read, and nothing is known of what they are worth. */
export async function verifyStoredSignatures(
  store: Store,
  keys: readonly PublicKey[] | null = null,
): Promise<SignaturesState> {
  const listed = (await store.list(sealsPrefix)).map(({ key }) => key)
  const dates = listed.map(parseSealKey).filter((date) => date !== null)
  const signed = new Set(listed.map(parseSignatureKey).filter((date) => date !== null))
  const messages = new Map<string, Uint8Array>()
  const read = async (date: string): Promise<SignedSeal> => {
    const [seal, signature] = [
      await store.get(sealKey(date)),
      signed.has(date) && (await store.get(signatureKey(date))),
    ]
    const bytes = seal?.bytes ?? new Uint8Array()
    messages.set(date, bytes)
    const about = { date, sha256: sha256(bytes) }
    if (!signature) return { ...about, signature: null, unreadable: '' }
    try {
      return { ...about, signature: decodeSignature(signature.bytes, signatureKey(date)), unreadable: '' }
    } catch (error) {
      return { ...about, signature: null, unreadable: (error as Error).message }
    }
  }
  const seals = await Array.fromAsync(mapConcurrently(dates, READS_AT_A_TIME, read))
  const state = verifySignatures(
    seals,
    keys && (({ date, signature }) => checkSignature(signature, messages.get(date) ?? new Uint8Array(), keys)),
  )
  const orphans = [...signed].filter((date) => !messages.has(date))
  return {
    ...state,
    problems: [
      ...state.problems,
      ...orphans.map((date) => {
        const message = 'its signature is here, and it is not'
        return { kind: 'missing' as const, key: sealKey(date), message }
      }),
    ],
  }
}
