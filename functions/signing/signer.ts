/** What signs seals. */
import type { PublicKey } from '#core/public-key.ts'

export interface Signer {
  publicKey: PublicKey
  sign(message: Uint8Array): Promise<Uint8Array> // Ed25519's 64 bytes, or ECDSA's in DER
}
