/**
 * What goes wrong with S3, told in a sentence: what it was, and what to do. The SDK's own errors hold requests and
 * answers; none of that, and no text that a credential could be part of, is passed on.
 */

/** What of an error of the SDK's is looked at; every part may be missing. */
interface SdkError {
  name?: string
  code?: string // of Node.js: 'ECONNRESET'
  message?: string
  $metadata?: { httpStatusCode?: number; attempts?: number }
  Region?: string // where the bucket is, if the answer's body tells
  $response?: { headers?: Record<string, string> }
}

/** A call as it is told to people. */
export interface S3Call {
  verb: 'read' | 'write' | 'list'
  url: string // 's3://bucket/key'
  retention: boolean // whether the write asks for Object Lock
}

/** The error's code: 'NoSuchKey', 'PreconditionFailed', 'TimeoutError'; of an answer to HEAD, which has no body, less. */
export function s3ErrorName(error: unknown): string {
  return (error as SdkError).name ?? ''
}

/** The status of the answer, or 0 when there was none. */
export function s3Status(error: unknown): number {
  return (error as SdkError).$metadata?.httpStatusCode ?? 0
}

/** How many requests the SDK has made; each before the last may have been carried out. */
export function s3Attempts(error: unknown): number {
  return (error as SdkError).$metadata?.attempts ?? 1
}

/** How often a write is tried that meets another one of the same key. */
export const CONFLICT_TRIES = 6

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired', 'RequestExpired'])
const WRONG_CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'InvalidClientTokenId',
])
const WRONG_REGION = new Set([
  'PermanentRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
])

/** One sentence for an error of a call, with where, what and what to do. */
export function s3Sentence(error: unknown, call: S3Call): string {
  return `store: cannot ${call.verb} ${call.url}: ${reason(error as SdkError, call)}`
}

function reason(error: SdkError, { verb, retention }: S3Call): string {
  const name = error.name ?? ''
  const status = s3Status(error)
  const message = error.message ?? ''
  // Of an error that is not an Error to it, the SDK keeps only the text.
  const code = error.code ?? /\bE[A-Z]{4,}\b/.exec(status === 0 ? message : '')?.[0]
  if (name === 'NoSuchBucket') return 'there is no such bucket; create it, or correct "store:"'
  if (WRONG_REGION.has(name) || status === 301) {
    const region = /^[a-z0-9-]{1,30}$/.exec(
      error.$response?.headers?.['x-amz-bucket-region'] ?? error.Region ?? '',
    )?.[0]
    return `the bucket is in another region${region === undefined ? '' : `, ${region}`}; set AWS_REGION to it`
  }
  if (EXPIRED.has(name) || (/Credentials|Token/.test(name) && /expired/i.test(message))) {
    return 'the AWS credentials have expired; log in again, or renew them'
  }
  if (WRONG_CREDENTIALS.has(name)) return `AWS does not accept the credentials (${name}); correct them`
  if (name === 'RequestTimeTooSkewed') return "this machine's clock is wrong; set it right"
  if (/CredentialsProviderError|TokenProviderError/.test(name) || /^Could not load credentials/.test(message)) {
    return 'no AWS credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'
  }
  if (/^Region is missing/.test(message)) return 'no AWS region is set; set AWS_REGION'
  if (name === 'InvalidRequest' && /Object Lock/.test(message)) {
    return 'the bucket has no Object Lock, which "retention:" needs; use a bucket that was created with it'
  }
  if (/kms/i.test(name) || (status === 403 && /\bkms:/.test(message))) {
    return 'its encryption key may not be used; allow kms:Decrypt and kms:GenerateDataKey on it'
  }
  if (/^Checksum mismatch/.test(message)) return 'what came does not have the checksum it was written with; try again'
  if (status === 403) return `access is denied; ${remedies(retention)[verb]}`
  if (name === 'TimeoutError' || name === 'AbortError') {
    return 'S3 gave no answer in time; check the network, and in a VPC its S3 endpoint'
  }
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    return `the connection broke off (${error.code}); try again`
  if (status === 0 && code !== undefined) {
    return `S3 cannot be reached (${code}); check the network, AWS_REGION and AWS_ENDPOINT_URL`
  }
  if (status === 0) return harmless(message)
  if (status < 300) return 'the answer cannot be read; check AWS_ENDPOINT_URL, and proxies on the way'
  if (status === 409) return `another write of the same key was under way each of ${CONFLICT_TRIES} times; try again`
  if (status >= 500) return `S3 answered ${status} ${name} ${s3Attempts(error)} times; try again later`
  if (status === 400 && message === 'UnknownError') {
    return 'S3 answered 400 and, as to any HEAD, no more; the credentials may have expired'
  }
  return `S3 answered ${status} ${name}: ${harmless(message)}; see what the S3 API says of it`
}

function remedies(retention: boolean): Record<S3Call['verb'], string> {
  return {
    read: 'allow s3:GetObject on it, and s3:ListBucket on the bucket, without which a missing object is answered so too',
    write: `allow s3:PutObject${retention ? ' and s3:PutObjectRetention' : ''} on it, and see what the bucket's policy denies`,
    list: 'allow s3:ListBucket on the bucket for this prefix',
  }
}

function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, 200)
}
