/** Signature Version 4, checked as AWS checks it, so that a recording says for certain whose request it was. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export interface SignedRequest {
  method: string
  path: string // as sent, before the question mark
  query: URLSearchParams
  headers: Record<string, string>
  body: Uint8Array
}

/** Who signed; or the error code S3 answers with, and its message. */
export type Signer =
  | { accessKeyId: string; region: string; service: string }
  | { code: string; status: number; message: string }

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
const MAX_SKEW_MS = 15 * 60_000

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')
const hmac = (key: string | Uint8Array, text: string) => createHmac('sha256', key).update(text).digest()

/** Checks a request's signature by the secret keys that are known, by access key id. */
export function verifySignature(request: SignedRequest, secretKeys: ReadonlyMap<string, string>, now: number): Signer {
  const { headers } = request
  const parts = AUTHORIZATION.exec(headers.authorization ?? '')
  if (parts === null) return { code: 'AccessDenied', status: 403, message: 'Access Denied' }
  const [, accessKeyId, date, region, service, signedHeaders, signature] = parts
  const secretKey = secretKeys.get(accessKeyId)
  if (secretKey === undefined) {
    const message = 'The AWS Access Key Id you provided does not exist in our records.'
    return { code: 'InvalidAccessKeyId', status: 403, message }
  }
  const amzDate = headers['x-amz-date'] ?? ''
  const [, ...fields] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? []
  const [year, month, ...rest] = fields.map(Number)
  const signedAt = Date.UTC(year, month - 1, ...rest)
  if (!amzDate.startsWith(date) || !(Math.abs(now - signedAt) <= MAX_SKEW_MS)) {
    const message = 'The difference between the request time and the current time is too large.'
    return { code: 'RequestTimeTooSkewed', status: 403, message }
  }
  const bodySha256 = sha256(request.body)
  const payload = headers['x-amz-content-sha256'] ?? bodySha256
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== bodySha256) {
    const message = 'The provided x-amz-content-sha256 header does not match what was computed.'
    return { code: 'XAmzContentSHA256Mismatch', status: 400, message }
  }
  const names = signedHeaders.split(';')
  const canonicalRequest = [
    request.method,
    request.path,
    [...request.query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    payload,
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const textToSign = ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonicalRequest)].join('\n')
  const key = [region, service, 'aws4_request'].reduce<Uint8Array>(hmac, hmac(`AWS4${secretKey}`, date))
  const everyHeaderSigned = Object.keys(headers).every((name) => !name.startsWith('x-amz-') || names.includes(name))
  if (!everyHeaderSigned || !timingSafeEqual(hmac(key, textToSign), Buffer.from(signature, 'hex'))) {
    const message = 'The request signature we calculated does not match the signature you provided.'
    return { code: 'SignatureDoesNotMatch', status: 403, message }
  }
  return { accessKeyId, region, service }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}
