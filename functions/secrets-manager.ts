/** Secrets Manager: the text behind an ARN, kept in memory for a while, since every reading is paid for. */
import type { GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager'

/** The text of a secret, no older than `notBefore` (ms since epoch); throws one sentence with the ARN, never the value. */
export type SecretReader = (secret: { arn: string; region: string }, notBefore: number) => Promise<string>

const KEPT_MS = 15 * 60_000
const CONNECT_MS = 2_000
const TOTAL_MS = 5_000 // and for finding credentials of our own
const ATTEMPTS = 2

/**
 * Reads secrets and keeps each for at most 15 minutes: one reading serves all who ask for it meanwhile, and one that
 * failed is not kept.
 */
export function keptSecrets(
  fetch: (arn: string, region: string) => Promise<string> = fetchSecret,
  now: () => number = Date.now,
): SecretReader {
  const kept = new Map<string, { askedAt: number; value: Promise<string> }>()
  return ({ arn, region }, notBefore) => {
    const known = kept.get(arn)
    const at = now()
    // A clock that was set back makes an answer look as if it came from the future: that one is not kept either.
    if (known !== undefined && known.askedAt <= at && known.askedAt >= Math.max(notBefore, at - KEPT_MS)) {
      return known.value
    }
    const entry = { askedAt: at, value: fetch(arn, region) }
    kept.set(arn, entry)
    entry.value.catch(() => {
      if (kept.get(arn) === entry) kept.delete(arn)
    })
    return entry.value
  }
}

/** Reads a secret's text from its own region, within 5 s for both attempts; throws one sentence with the ARN, never the value. */
export async function fetchSecret(arn: string, region: string, totalMs = TOTAL_MS): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  const client = new SecretsManagerClient({
    region,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: totalMs, throwOnRequestTimeout: true },
  })
  const abortSignal = AbortSignal.timeout(totalMs)
  // The signal ends a request; the search for credentials before it does not listen.
  const expired = new Promise<never>((_, reject) => {
    abortSignal.addEventListener('abort', () => reject(abortSignal.reason))
  })
  let answer: GetSecretValueCommandOutput
  try {
    answer = await Promise.race([client.send(new GetSecretValueCommand({ SecretId: arn }), { abortSignal }), expired])
  } catch (error) {
    throw new Error(`secret ${arn} ${failure((error as Error).name, totalMs)}`)
  } finally {
    client.destroy()
  }
  if (typeof answer.SecretString === 'string') return answer.SecretString
  throw new Error(`secret ${arn} is binary, and only text can be used; store it as a string`)
}

/** What is wrong, by the error's name alone: its message is the server's, and may hold anything. */
function failure(name: string, totalMs: number): string {
  switch (name) {
    case 'ResourceNotFoundException':
      return 'does not exist in Secrets Manager; check the ARN, its region and its last six characters'
    case 'AccessDeniedException':
      return 'may not be read; allow this role secretsmanager:GetSecretValue on it, and kms:Decrypt on its key'
    case 'DecryptionFailure':
      return 'cannot be decrypted; allow this role kms:Decrypt on its key, and check that the key is enabled'
    case 'InvalidRequestException':
      return 'cannot be read in its state; check whether it is to be deleted, and restore it'
    case 'CredentialsProviderError':
      return 'cannot be read without AWS credentials; give this process a role or a profile'
    case 'AbortError':
    case 'TimeoutError':
      return `was not read within ${totalMs / 1000} s; check the way to Secrets Manager, such as a VPC endpoint`
    default:
      return `cannot be read (${/^\w{1,64}$/.test(name) ? name : 'Error'}); check the way to Secrets Manager and its state`
  }
}
