/**
 * Signing: gives every seal that has no signature one beside it, and keeps the public key that makes it good. Seals of days
 * before a key was given are signed, too; that is why the whole chain of seals is walked first, or one that was altered since
 * would be vouched for by who never saw it.
 */
import { sha256 } from '#core/hash.ts'
import { parseSealKey, parseSignatureKey, publicKeyKey, sealKey, sealsPrefix, signatureKey } from '#core/keys.ts'
import type { PublicKey } from '#core/public-key.ts'
import { encodeSeal } from '#core/seal.ts'
import { encodeSignature } from '#core/signature.ts'
import type { Signer } from '../signing/signer.ts'
import type { Store } from '../store/store.ts'
import { verifySeals } from './verify.ts'

/** Signs what is unsigned, oldest first, and gives the dates; throws one sentence when the seals do not hold. */
export async function signSeals(
  store: Store,
  { publicKey, sign }: Signer,
  outOfTime: () => boolean = () => false,
): Promise<string[]> {
  const keys = (await store.list(sealsPrefix)).map(({ key }) => key)
  const there = new Set(keys.map(parseSignatureKey))
  const unsigned = new Set(keys.map(parseSealKey).filter((date) => date !== null && !there.has(date)))
  if (unsigned.size === 0) return []
  const { problems, sound } = await verifySeals(store)
  if (problems.length > 0) {
    const [{ kind, key, message }] = problems
    throw new Error(`no seal is signed while the seals do not hold: ${kind} ${key}: ${message}; run "verify"`)
  }
  await keepPublicKey(store, publicKey)
  const signed: string[] = []
  for (const seal of sound) {
    const { date } = seal
    if (!unsigned.has(date)) continue
    if (outOfTime()) break
    const bytes = encodeSeal(seal)
    const signature = encodeSignature({
      schema: 1,
      algorithm: publicKey.algorithm,
      keyId: publicKey.keyId,
      over: { key: sealKey(date), sha256: sha256(bytes) },
      signature: Buffer.from(await sign(bytes)).toString('base64'),
    })
    // Where another run was first, its signature stands.
    const { outcome } = await store.put(signatureKey(date), signature, 'absent')
    if (outcome === 'written') signed.push(date)
  }
  return signed
}

async function keepPublicKey(store: Store, { keyId, pem }: PublicKey): Promise<void> {
  const key = publicKeyKey(keyId)
  const bytes = Buffer.from(pem)
  const { outcome } = await store.put(key, bytes, 'absent')
  if (outcome === 'written') return
  const there = await store.get(key)
  if (there !== null && Buffer.compare(there.bytes, bytes) !== 0) {
    throw new Error(`${key} holds something else than the public key of that id; restore its first version`)
  }
}
