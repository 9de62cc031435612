/** Opening a signer by what the configuration says: a key in a file, or one in AWS KMS. */
import type { SigningKey } from '../config.ts'
import { kmsSigner } from './kms.ts'
import { readLocalKey } from './local-key.ts'
import type { Signer } from './signer.ts'

/** The signer of a configuration, null where it names none; throws one sentence when the key cannot be had. */
export async function openSigner(signing: SigningKey | null): Promise<Signer | null> {
  if (signing === null) return null
  return signing.kind === 'file' ? readLocalKey(signing.path) : kmsSigner(signing.keyId)
}
