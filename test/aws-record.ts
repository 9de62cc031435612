/** A request to AWS as it is recorded: whose it was, and which permission it needs. */
import { s3Operation } from './aws-s3.ts'

export const REGION = 'eu-west-1'
export const ACCOUNT = '000000000000'

export type JsonService = 'sqs' | 'secretsmanager' | 'kms'

/** One request, by what IAM would ask about it. */
export interface RecordedRequest {
  accessKeyId: string // '' when the signature was refused
  service: 's3' | JsonService | 'sns'
  operation: string // 'PutObject'
  action: string // IAM's: 's3:PutObject'
  alsoNeeds: string[] // further actions on the same resource: 's3:PutObjectRetention'
  resource: string // ARN
  key: string // of the object; '' when it is about no object
  headers: Record<string, string>
  conditions: Record<string, string> // by IAM condition key: 's3:prefix'
  status: number // as answered; 0 when the answer was lost or is not given yet
}

/** A request as it came over the wire; its path is as sent, before the question mark. */
export interface Received {
  method: string
  path: string
  query: URLSearchParams
  headers: Record<string, string>
  body: Uint8Array
}

/** The record of a request, before it is answered and before its signature is checked; now is in ms since epoch. */
export function recordOf(received: Received, now: number): RecordedRequest {
  const { headers } = received
  const target = headers['x-amz-target']
  const form = formOf(received)
  if (form !== null) {
    const operation = `${form.get('Action')}`
    return recordOfCall(received, { service: 'sns', operation, resource: `${form.get('TopicArn')}` })
  }
  if (target === undefined) return recordOfS3(received, now)
  const [prefix, operation] = target.split('.')
  const service = JSON_SERVICES[prefix] ?? 'secretsmanager'
  return recordOfCall(received, { service, operation, resource: resourceOf(service, jsonOf(received)) })
}

const JSON_SERVICES: Record<string, JsonService> = { AmazonSQS: 'sqs', TrentService: 'kms' }

function resourceOf(service: JsonService, { QueueUrl, KeyId, SecretId }: Record<string, unknown>): string {
  if (service === 'sqs') return `arn:aws:sqs:${REGION}:${ACCOUNT}:${String(QueueUrl).split('/').at(-1)}`
  return String(service === 'kms' ? KeyId : SecretId)
}

function recordOfCall(
  { headers }: Received,
  call: Pick<RecordedRequest, 'service' | 'operation' | 'resource'>,
): RecordedRequest {
  // A batch needs the permission to send one.
  const action = `${call.service}:${call.operation.replace(/Batch$/, '')}`
  return { accessKeyId: '', ...call, action, alsoNeeds: [], key: '', headers, conditions: {}, status: 0 }
}

const S3_ACTIONS: Record<string, string> = {
  ListObjectsV2: 's3:ListBucket',
  ListObjectVersions: 's3:ListBucketVersions',
  HeadObject: 's3:GetObject',
}

function recordOfS3({ method, path, query, headers }: Received, now: number): RecordedRequest {
  const { bucket, key } = objectOf(path)
  const operation = operationOf(method, key, query)
  const until = headers['x-amz-object-lock-retain-until-date']
  const conditions = {
    's3:if-none-match': headers['if-none-match'],
    's3:if-match': headers['if-match'],
    's3:object-lock-mode': headers['x-amz-object-lock-mode'],
    's3:object-lock-retain-until-date': until,
    's3:object-lock-remaining-retention-days':
      until === undefined ? undefined : String(Math.ceil((Date.parse(until) - now) / 86_400_000)),
    's3:prefix': query.get('prefix') ?? undefined,
    's3:max-keys': query.get('max-keys') ?? undefined,
    's3:delimiter': query.get('delimiter') ?? undefined,
    's3:x-amz-acl': headers['x-amz-acl'],
  }
  return {
    accessKeyId: '',
    service: 's3',
    operation,
    action: S3_ACTIONS[operation] ?? `s3:${operation}`,
    alsoNeeds: until === undefined ? [] : ['s3:PutObjectRetention'],
    resource: `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`,
    key,
    headers,
    conditions: Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >,
    status: 0,
  }
}

/** The operation's name for the record; one that is not answered goes by its method. */
function operationOf(method: string, key: string, query: URLSearchParams): string {
  try {
    return s3Operation(method, key, query)
  } catch {
    return `${method}?${[...query.keys()].join('&')}`
  }
}

/** Bucket and decoded key of a path-style path, /bucket/key; the key is '' for the bucket itself. */
export function objectOf(path: string): { bucket: string; key: string } {
  const [, bucket, ...segments] = path.split('/')
  return { bucket, key: decodeURIComponent(segments.join('/')) }
}

/** The body of a request of the Query protocol; null for one of another. */
export function formOf({ headers, body }: Received): URLSearchParams | null {
  const isForm = /^application\/x-www-form-urlencoded\b/.test(headers['content-type'] ?? '')
  return isForm ? new URLSearchParams(Buffer.from(body).toString()) : null
}

/** The body of a request of the JSON protocols. */
export function jsonOf({ body }: Received): Record<string, unknown> {
  return JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>
}
