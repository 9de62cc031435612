/**
 * A signing key in AWS KMS, which nobody can take out of it: ECDSA on P-256. KMS is given the SHA-256 of what it signs, and
 * its signature is the same as of any other tool over the whole.
 */
import { createHash } from 'node:crypto'
import type { KMSClient } from '@aws-sdk/client-kms'
import { type PublicKey, readPublicKey } from '#core/public-key.ts'
import type { Signer } from './signer.ts'

const CONNECT_MS = 2_000
const TOTAL_MS = 10_000 // of one call with all its tries
const ATTEMPTS = 3

/** What of KMS is asked. */
export type KmsCalls = Pick<KMSClient, 'send'>

/** The key by its ARN or alias, whose public half is asked for once; throws one sentence when it cannot sign. */
export async function kmsSigner(keyId: string, client?: KmsCalls): Promise<Signer> {
  const { GetPublicKeyCommand, KMSClient, SignCommand } = await import('@aws-sdk/client-kms')
  const kms =
    client ??
    new KMSClient({
      ...regionOf(keyId),
      maxAttempts: ATTEMPTS,
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: TOTAL_MS, throwOnRequestTimeout: true },
    })
  const call = async <T>(action: string, run: (bounds: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> => {
    try {
      return await run({ abortSignal: AbortSignal.timeout(TOTAL_MS) })
    } catch (error) {
      throw new Error(`signing key ${keyId} ${failure((error as Error).name, action)}`)
    }
  }
  const { PublicKey: der, KeyUsage } = await call('kms:GetPublicKey', (bounds) =>
    kms.send(new GetPublicKeyCommand({ KeyId: keyId }), bounds),
  )
  if (der === undefined) throw new Error(`signing key ${keyId}: KMS answered without a public key; is it KMS there?`)
  if (KeyUsage !== 'SIGN_VERIFY') throw new Error(`signing key ${keyId} is for ${KeyUsage}; make one for SIGN_VERIFY`)
  const publicKey = ecdsaKey(der, keyId)
  return {
    publicKey,
    async sign(message) {
      const { Signature } = await call('kms:Sign', (bounds) =>
        kms.send(
          new SignCommand({
            KeyId: keyId,
            Message: createHash('sha256').update(message).digest(),
            MessageType: 'DIGEST',
            SigningAlgorithm: 'ECDSA_SHA_256',
          }),
          bounds,
        ),
      )
      if (Signature === undefined) throw new Error(`signing key ${keyId}: KMS answered without a signature`)
      return Signature
    },
  }
}

function ecdsaKey(der: Uint8Array, keyId: string): PublicKey {
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  const key = readPublicKey(`-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`, `signing key ${keyId}`)
  if (key.algorithm === 'ECDSA-P256-SHA256') return key
  throw new Error(`signing key ${keyId} signs by ${key.algorithm}; in KMS make one of the spec ECC_NIST_P256`)
}

/** An ARN tells its region; for an alias it is the environment's. */
function regionOf(keyId: string): { region?: string } {
  const region = /^arn:[^:]+:kms:([a-z0-9-]+):/.exec(keyId)?.[1]
  return region === undefined ? {} : { region }
}

/** What is wrong, by the error's name alone: its message is the server's, and may hold anything. */
function failure(name: string, action: string): string {
  switch (name) {
    case 'NotFoundException':
      return 'does not exist in KMS; check the ARN or the alias, and the region'
    case 'AccessDeniedException':
      return `may not be used; allow ${action} on it`
    case 'DisabledException':
    case 'KMSInvalidStateException':
      return 'cannot be used in its state; enable it, or cancel its deletion'
    case 'InvalidKeyUsageException':
    case 'UnsupportedOperationException':
      return 'is no key that signs by ECDSA_SHA_256; make one of the spec ECC_NIST_P256 for SIGN_VERIFY'
    case 'CredentialsProviderError':
      return 'cannot be used without AWS credentials; give this process a role or a profile'
    case 'AbortError':
    case 'TimeoutError':
      return `was not answered for within ${TOTAL_MS / 1000} s; check the way to KMS, such as a VPC endpoint`
    default:
      return `cannot be used (${/^\w{1,64}$/.test(name) ? name : 'Error'}); check the way to KMS and its state`
  }
}
