/**
 * Signatures: who vouches for a seal. One lies beside each seal, over that seal's own bytes, so that any tool which knows
 * the algorithm can check it. It bears no time, since the signer's own word for it would prove nothing: a seal can be signed
 * long after its day, and what bounds the time is what was kept elsewhere.
 */
import type { ChainProblem } from '#core/chain.ts'
import { parseSealKey, sealKey, signatureKey } from '#core/keys.ts'
import type { SealLink } from '#core/seal.ts'

/** Both over a seal's bytes as they lie in the store; ECDSA's is in DER, as openssl and KMS write it. */
export const SIGNATURE_ALGORITHMS = ['Ed25519', 'ECDSA-P256-SHA256'] as const
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number]

export interface Signature {
  schema: 1
  algorithm: SignatureAlgorithm
  keyId: string // hex, the SHA-256 of the public key's SubjectPublicKeyInfo in DER
  over: SealLink // the seal it signs
  signature: string // base64
}

/** Encodes a signature as JSON with its fields in one order and a line feed at its end. */
export function encodeSignature({ schema, algorithm, keyId, over, signature }: Signature): Uint8Array {
  const canonical: Signature = { schema, algorithm, keyId, over: { key: over.key, sha256: over.sha256 }, signature }
  return new TextEncoder().encode(`${JSON.stringify(canonical, null, 2)}\n`)
}

/** The exact inverse of encodeSignature; throws one sentence naming `key` when the bytes are those of no signature. */
export function decodeSignature(bytes: Uint8Array, key: string): Signature {
  try {
    const signature = signatureOf(parseJson(bytes))
    const written = encodeSignature(signature)
    const isAsWritten = written.length === bytes.length && written.every((byte, at) => byte === bytes[at])
    if (!isAsWritten) throw new Error('its bytes are not as a signature is written')
    return signature
  } catch (error) {
    throw new Error(`signature ${key} cannot be read: ${(error as Error).message}`)
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Error(`its ${bytes.length} bytes are no JSON`)
  }
}

const SHA256 = /^[0-9a-f]{64}$/
const BASE64 = /^(?:[A-Za-z0-9+/]{4}){1,50}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Of what is read every text is checked by its form, so that only such fields pass; others fail as not written so. */
function signatureOf(value: unknown): Signature {
  const { schema, algorithm, keyId, over, signature } = (value ?? {}) as Partial<Record<keyof Signature, unknown>>
  if (schema !== 1) {
    throw new Error(`its schema is ${JSON.stringify(schema)}, this version reads 1; install a newer wharfage`)
  }
  const { key, sha256 } = (over ?? {}) as Partial<Record<keyof SealLink, unknown>>
  const known = SIGNATURE_ALGORITHMS.find((name) => name === algorithm)
  if (known === undefined) throw new Error(`its algorithm is none of ${SIGNATURE_ALGORITHMS.join(', ')}`)
  if (typeof key !== 'string' || parseSealKey(key) === null) throw new Error('what it signs is no seal')
  return {
    schema,
    algorithm: known,
    keyId: textOf(keyId, SHA256, 'the id of its key is no SHA-256 in hex'),
    over: { key, sha256: textOf(sha256, SHA256, 'the SHA-256 of what it signs is none in hex') },
    signature: textOf(signature, BASE64, 'its signature is no base64'),
  }
}

function textOf(value: unknown, form: RegExp, complaint: string): string {
  if (typeof value === 'string' && form.test(value)) return value
  throw new Error(complaint)
}

/** A seal with what lies beside it in the store. */
export interface SignedSeal {
  date: string // as the seal's key says
  sha256: string // of the seal's bytes
  signature: Signature | null // null when there is none, or it cannot be read
  unreadable: string // why it cannot be read; '' when it can, or there is none
}

/**
 * `unsigned`: the seal has no signature; `foreign`: its signature is by another key than those given; `altered`: its
 * signature is not of these bytes, or cannot be read; `missing`: there is a signature, and no seal.
 */
export type SignatureProblem = Omit<ChainProblem, 'kind'> & { kind: 'unsigned' | 'foreign' | 'altered' | 'missing' }

export interface SignaturesState {
  signed: number // seals with a signature, whatever it is worth
  unsigned: number
  keys: { keyId: string; seals: number; first: string; last: string }[] // by the id each signature names; dates of seals
  byDate: Map<string, string> // the id of the key that each signature names, by the date of its seal
  isChecked: boolean // false: no key was given, so that nothing is known but what signatures say of themselves
  problems: SignatureProblem[]
}

/**
 * Looks at the signatures of seals, oldest first. `holds` checks one signature by the key it names and is null where no key
 * was given; then what is wrong with a signature by itself is a problem, and a seal without one is none.
 */
export function verifySignatures(
  seals: readonly SignedSeal[],
  holds: ((one: SignedSeal & { signature: Signature }) => 'holds' | 'altered' | 'foreign') | null,
): SignaturesState {
  const problems = seals.flatMap((one): SignatureProblem[] => {
    const { date, sha256, signature, unreadable } = one
    const key = signatureKey(date)
    if (unreadable !== '') return [{ kind: 'altered', key, message: unreadable }]
    if (signature === null) {
      return holds === null ? [] : [{ kind: 'unsigned', key: sealKey(date), message: 'has no signature beside it' }]
    }
    if (signature.over.key !== sealKey(date)) {
      return [{ kind: 'altered', key, message: `signs ${signature.over.key}` }]
    }
    if (signature.over.sha256 !== sha256) {
      const message = `signs a seal whose SHA-256 is ${signature.over.sha256}, and that of the seal here is ${sha256}`
      return [{ kind: 'altered', key, message }]
    }
    switch (holds?.({ ...one, signature })) {
      case 'foreign':
        return [{ kind: 'foreign', key, message: `is by key ${signature.keyId}, which is none of those given` }]
      case 'altered':
        return [{ kind: 'altered', key, message: `is not what key ${signature.keyId} signed` }]
      default:
        return []
    }
  })
  const signed = seals.flatMap(({ date, signature }) => (signature === null ? [] : { date, keyId: signature.keyId }))
  const missing = seals.filter(({ signature, unreadable }) => signature === null && unreadable === '')
  return {
    signed: seals.length - missing.length,
    unsigned: missing.length,
    keys: [...Map.groupBy(signed, ({ keyId }) => keyId)].map(([keyId, of]) => ({
      keyId,
      seals: of.length,
      first: of[0].date,
      last: of[of.length - 1].date,
    })),
    byDate: new Map(signed.map(({ date, keyId }) => [date, keyId])),
    isChecked: holds !== null,
    problems,
  }
}
