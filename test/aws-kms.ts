/**
 * Keys of KMS that sign by ECDSA on P-256: given a digest, which Node signs only where it made it. What is signed twice gets
 * the same signature, as by RFC 6979, so that two who sign can be compared.
 */
import { createECDH, createHmac, generateKeyPairSync } from 'node:crypto'

export interface KmsKey {
  publicKey: Uint8Array // DER, SubjectPublicKeyInfo
  sign(digest: Uint8Array): Uint8Array // DER
}

/** The order of the curve's base point. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

export function makeKmsKey(): KmsKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const secret = Buffer.from(`${privateKey.export({ format: 'jwk' }).d}`, 'base64url')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    sign(digest) {
      const nonce = createHmac('sha256', secret).update(digest).digest()
      const curve = createECDH('prime256v1')
      curve.setPrivateKey(nonce)
      const r = numberOf(curve.getPublicKey().subarray(1, 33)) % ORDER
      const s = (inverse(numberOf(nonce)) * (numberOf(digest) + r * numberOf(secret))) % ORDER
      return der(0x30, Buffer.concat([r, s].map(integer)))
    },
  }
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

/** By Fermat: the order is a prime. */
function inverse(number: bigint): bigint {
  let result = 1n
  let base = number % ORDER
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER
    base = (base * base) % ORDER
  }
  return result
}

function integer(number: bigint): Uint8Array {
  const hex = number.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return der(0x02, bytes[0] < 0x80 ? bytes : Buffer.from([0, ...bytes]))
}

function der(tag: number, content: Uint8Array): Uint8Array {
  return Buffer.from([tag, content.length, ...content])
}
