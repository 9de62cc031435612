/** Public keys: which signatures they make good, and the id by which signatures name them. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { sha256 } from '#core/hash.ts'
import type { Signature, SignatureAlgorithm } from '#core/signature.ts'

export interface PublicKey {
  keyId: string // hex, the SHA-256 of its SubjectPublicKeyInfo in DER
  algorithm: SignatureAlgorithm // what is signed with it
  pem: string // as SubjectPublicKeyInfo, so that the same key has the same text
  key: KeyObject
}

/** Reads a public key in PEM; throws one sentence that begins with `where` for anything else, a private key among it. */
export function readPublicKey(pem: string | Uint8Array, where: string): PublicKey {
  const text = typeof pem === 'string' ? pem : new TextDecoder().decode(pem)
  if (/PRIVATE KEY/.test(text)) {
    throw new Error(`${where} holds a private key, which nobody who verifies may have; give the public one`)
  }
  if (!/^-----BEGIN PUBLIC KEY-----\r?$/m.test(text)) {
    throw new Error(`${where} is no public key in PEM; give a file that begins -----BEGIN PUBLIC KEY-----`)
  }
  let key: KeyObject
  try {
    key = createPublicKey(text)
  } catch {
    throw new Error(`${where} cannot be read as a public key; fetch it again`)
  }
  return publicKeyOf(key, where)
}

/** A public key of node:crypto as signatures name it; throws one sentence that begins with `where` for one of another kind. */
export function publicKeyOf(key: KeyObject, where: string): PublicKey {
  return {
    keyId: sha256(key.export({ type: 'spki', format: 'der' })),
    algorithm: algorithmOf(key, where),
    pem: key.export({ type: 'spki', format: 'pem' }).toString(),
    key,
  }
}

/** What is signed with a key, public or private; throws one sentence that begins with `where` for one of another kind. */
export function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, where: string): SignatureAlgorithm {
  if (asymmetricKeyType === 'ed25519') return 'Ed25519'
  const curve = asymmetricKeyDetails?.namedCurve
  if (asymmetricKeyType === 'ec' && curve === 'prime256v1') return 'ECDSA-P256-SHA256'
  const kind = curve === undefined ? asymmetricKeyType : `${asymmetricKeyType} key on ${curve}`
  throw new Error(`${where} is an ${kind}; seals are signed with Ed25519, or ECDSA on P-256`)
}

/** The digest that an algorithm signs, as node:crypto wants it named; Ed25519 takes the message as it is. */
export function digestOf(algorithm: SignatureAlgorithm): 'sha256' | null {
  return algorithm === 'Ed25519' ? null : 'sha256'
}

/** Whether a signature is that of a message by one of these keys: `foreign` when it names another one. */
export function checkSignature(
  { algorithm, keyId, signature }: Signature,
  message: Uint8Array,
  keys: readonly PublicKey[],
): 'holds' | 'altered' | 'foreign' {
  const given = keys.find((one) => one.keyId === keyId)
  if (given === undefined) return 'foreign'
  if (given.algorithm !== algorithm) return 'altered'
  return verify(digestOf(algorithm), message, given.key, Buffer.from(signature, 'base64')) ? 'holds' : 'altered'
}
