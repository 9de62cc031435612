/**
 * Signatures of seals, verified in the browser. The keys come from the same site as the seals: that a signature holds shows
 * that they belong together, and only whoever knows the key from elsewhere learns who vouches.
 */
import type { Signature, SignatureAlgorithm } from '#core/signature.ts'

/** `unknown`: this browser does not know the algorithm. */
export type SignatureVerdict = 'holds' | 'altered' | 'unknown'

const ALGORITHMS: Record<SignatureAlgorithm, { key: EcKeyImportParams | Algorithm; use: EcdsaParams | Algorithm }> = {
  Ed25519: { key: { name: 'Ed25519' }, use: { name: 'Ed25519' } },
  'ECDSA-P256-SHA256': { key: { name: 'ECDSA', namedCurve: 'P-256' }, use: { name: 'ECDSA', hash: 'SHA-256' } },
}

/** Verifies a signature of a seal's bytes by the public key in PEM that it names; throws when one of them cannot be read. */
export async function verifySignature(
  seal: Uint8Array<ArrayBuffer>,
  signature: Signature,
  pem: Uint8Array<ArrayBuffer>,
): Promise<SignatureVerdict> {
  const { key: kind, use } = ALGORITHMS[signature.algorithm]
  const der = derOf(new TextDecoder().decode(pem))
  if ((await sha256Of(der)) !== signature.keyId) return 'altered'
  let key: CryptoKey
  try {
    key = await crypto.subtle.importKey('spki', der, kind, false, ['verify'])
  } catch (error) {
    if ((error as Error).name === 'NotSupportedError') return 'unknown'
    throw error
  }
  const bytes = bytesOf(signature.signature)
  const raw = signature.algorithm === 'Ed25519' ? bytes : plainOf(bytes)
  return (await crypto.subtle.verify(use, key, raw, seal)) ? 'holds' : 'altered'
}

/** The ids of the public keys in a file of PEM, one after the other; none when it is no such file. */
export async function keyIdsIn(pem: Uint8Array<ArrayBuffer>): Promise<string[]> {
  if (pem.length > PEM_AT_MOST) return []
  const keys = new TextDecoder()
    .decode(pem)
    .match(/-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/g)
  return Promise.all((keys ?? []).map((key) => sha256Of(derOf(key))))
}

/** What is longer is no file of keys, and not looked through. */
const PEM_AT_MOST = 100_000

function derOf(pem: string): Uint8Array<ArrayBuffer> {
  return bytesOf(pem.replace(/-----[^-]+-----|\s/g, ''))
}

/** An ECDSA signature's two numbers of 32 bytes, one after the other as browsers want them, from DER. */
function plainOf(der: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const plain = new Uint8Array(64)
  let at = 2
  for (const end of [32, 64]) {
    const length = der[at + 1]
    const number = der.subarray(at + 2, at + 2 + length)
    const digits = number.subarray(Math.max(0, number.length - 32))
    plain.set(digits, end - digits.length)
    at += 2 + length
  }
  return plain
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}

/** SHA-256 in lower-case hex; throws where the browser has no WebCrypto, which is outside HTTPS and localhost. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
