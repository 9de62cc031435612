/**
 * AWS on this machine, for tests: one loopback HTTP server that speaks as much of S3, SQS, SNS, KMS and Secrets Manager as
 * the real SDK asks for, checks signatures, records every request with the permission it needs, and goes wrong as told.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerJson, JsonError, type JsonState } from './aws-json.ts'
import {
  ACCOUNT,
  formOf,
  jsonOf,
  objectOf,
  REGION,
  type Received,
  type RecordedRequest,
  recordOf,
} from './aws-record.ts'
import {
  type Answer,
  answerS3,
  type Bucket,
  type BucketSettings,
  errorXml,
  S3Error,
  type S3Version,
  s3Operation,
} from './aws-s3.ts'
import { verifySignature } from './aws-signature.ts'
import { answerSns, type SnsState, snsErrorXml } from './aws-sns.ts'

export type { RecordedRequest } from './aws-record.ts'

/** What happens to a request instead of, or besides, what it asks for. */
export type Fault =
  | { kind: 'answer'; status: number; code: string; message?: string } // and nothing is done
  | { kind: 'lose request' } // the connection breaks before anything is done
  | { kind: 'lose response' } // it is done, and then the connection breaks
  | { kind: 'cut body'; after: number } // bytes; the announced length stays, and then the connection breaks
  | { kind: 'alter body'; alter: (bytes: Uint8Array) => Uint8Array } // under the headers of the true one
  | { kind: 'wait'; until: Promise<unknown> } // then it is done as always

/** Which requests are meant: all that fit what is given. */
export interface RequestMatch {
  operation?: string
  key?: string | RegExp // of an object
}

export interface FaultMatch extends RequestMatch {
  times?: number // how many requests it meets; default 1
}

export interface Aws extends JsonState, SnsState {
  url: string
  env: Record<string, string> // for a process that acts as the first access key
  accessKeys: Map<string, string> // secret key by access key id; more may be added
  envOf(accessKeyId: string): Record<string, string>
  createBucket(name: string, settings?: BucketSettings): Bucket
  objects(bucket: string): Map<string, S3Version> // by key; each one's newest version
  versions(bucket: string): Map<string, S3Version[]> // by key; oldest first
  createQueue(name: string): string // its url
  requests: RecordedRequest[]
  fault(fault: Fault, match?: FaultMatch): void
  clearFaults(): void // those that have met nothing yet
  arrival(match: RequestMatch): Promise<RecordedRequest> // the next request that fits, once it is here
  authorize: ((request: RecordedRequest) => boolean) | null // when set, what it denies is answered 403
  now: () => number // ms since epoch; the server's clock
  close(): Promise<void>
}

const ACCESS_KEY_ID = 'AKIAWHARFAGETEST0001'

/** Starts an empty AWS on a free port of this machine. */
export async function startAws(): Promise<Aws> {
  const buckets = new Map<string, Bucket>()
  const faults: { fault: Fault; match: FaultMatch; left: number }[] = []
  const expected: { match: RequestMatch; arrived: (request: RecordedRequest) => void }[] = []
  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end(`the test's AWS failed: ${error.stack}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const bucketOf = (name: string): Bucket => {
    const bucket = buckets.get(name)
    if (bucket === undefined) throw new Error(`the test has created no bucket ${name}`)
    return bucket
  }
  const aws: Aws = {
    url,
    accessKeys: new Map([[ACCESS_KEY_ID, 'wharfage/test/secret/key+0001']]),
    get env() {
      return aws.envOf(ACCESS_KEY_ID)
    },
    envOf: (accessKeyId) => ({
      AWS_ENDPOINT_URL: url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.accessKeys.get(accessKeyId) ?? '',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    }),
    createBucket(name, settings = {}) {
      const bucket: Bucket = {
        name,
        objectLock: false,
        versioning: true,
        region: REGION,
        pageSize: 1000,
        missingIsForbidden: false,
        versions: new Map(),
        ...settings,
      }
      buckets.set(name, bucket)
      return bucket
    },
    objects: (name) =>
      new Map([...bucketOf(name).versions].map(([key, versions]) => [key, versions.at(-1) as S3Version])),
    versions: (name) => bucketOf(name).versions,
    createQueue(name) {
      const queueUrl = `${url}/${ACCOUNT}/${name}`
      aws.queues.set(queueUrl, [])
      return queueUrl
    },
    queues: new Map(),
    secrets: new Map(),
    keys: new Map(),
    topics: new Map(),
    refuseMessage: null,
    requests: [],
    fault: (fault, match = {}) => faults.push({ fault, match, left: match.times ?? 1 }),
    clearFaults: () => void faults.splice(0),
    arrival: (match) => new Promise((arrived) => expected.push({ match, arrived })),
    authorize: null,
    now: Date.now,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const [path, search = ''] = (request.url ?? '/').split('?')
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const received: Received = {
      method: request.method ?? '',
      path,
      query: new URLSearchParams(search),
      headers,
      body: Buffer.concat(chunks),
    }
    const recorded = recordOf(received, aws.now())
    aws.requests.push(recorded)
    for (const one of expected.filter(({ match }) => fits(recorded, match))) {
      expected.splice(expected.indexOf(one), 1)
      one.arrived(recorded)
    }
    const fault = nextFault(recorded)
    if (fault?.kind === 'wait') await fault.until
    if (fault?.kind === 'lose request') {
      response.destroy()
      return
    }
    const answer = answerTo(received, recorded, fault)
    if (fault?.kind === 'lose response') {
      response.destroy()
      return
    }
    recorded.status = answer.status
    const body = fault?.kind === 'alter body' ? fault.alter(answer.body) : answer.body
    response.writeHead(answer.status, { 'content-length': answer.body.length, ...answer.headers })
    if (fault?.kind === 'cut body') response.write(body.subarray(0, fault.after), () => response.destroy())
    else response.end(received.method === 'HEAD' ? undefined : body)
  }

  function nextFault(recorded: RecordedRequest): Fault | undefined {
    const found = faults.find(({ match, left }) => left > 0 && fits(recorded, match))
    if (found !== undefined) found.left--
    return found?.fault
  }

  function answerTo(received: Received, recorded: RecordedRequest, fault: Fault | undefined): Answer {
    const { method, path, query, headers } = received
    try {
      const signer = verifySignature(received, aws.accessKeys, aws.now())
      if ('code' in signer) throw new S3Error(signer.status, signer.code, signer.message)
      if (signer.service !== recorded.service) throw new S3Error(403, 'SignatureDoesNotMatch', 'for another service')
      recorded.accessKeyId = signer.accessKeyId
      if (fault?.kind === 'answer') throw new S3Error(fault.status, fault.code, fault.message ?? fault.code)
      denyUnauthorized(recorded)
      const form = formOf(received)
      if (form !== null) return xml(200, answerSns(form, aws))
      if (recorded.service !== 's3') {
        return json(200, answerJson({ target: headers['x-amz-target'], body: jsonOf(received) }, aws))
      }
      const { bucket, key } = objectOf(path)
      const operation = s3Operation(method, key, query)
      return answerS3({ ...received, ...signer, operation, bucket, key }, buckets, aws.now())
    } catch (error) {
      if (recorded.service === 'sns' && (error instanceof JsonError || error instanceof S3Error)) {
        const { status, code } = error instanceof S3Error ? error : { status: 400, code: error.type }
        return xml(status, snsErrorXml(code, error.message))
      }
      if (error instanceof JsonError) return json(400, { __type: error.type, message: error.message })
      if (!(error instanceof S3Error)) throw error
      if (recorded.service !== 's3') return json(error.status, { __type: error.code, message: error.message })
      const { status, code, message } = hideMissing(error, recorded)
      const body = method === 'HEAD' ? new Uint8Array(0) : errorXml(code, message)
      return { status, headers: { 'content-type': 'application/xml', ...error.headers }, body }
    }
  }

  function denyUnauthorized(recorded: RecordedRequest): void {
    const denied = [recorded.action, ...recorded.alsoNeeds].find((action) => !isAllowed({ ...recorded, action }))
    if (denied === undefined) return
    const message = `User: ${recorded.accessKeyId} is not authorized to perform: ${denied}`
    if (recorded.service === 's3') throw new S3Error(403, 'AccessDenied', message)
    throw new JsonError('AccessDeniedException', message)
  }

  function isAllowed(recorded: RecordedRequest): boolean {
    return aws.authorize === null || aws.authorize(recorded)
  }

  /** Who may not list is not told that an object is missing. */
  function hideMissing(error: S3Error, recorded: RecordedRequest): S3Error {
    if (error.code !== 'NoSuchKey' || recorded.action !== 's3:GetObject') return error
    const resource = recorded.resource.split('/')[0]
    if (isAllowed({ ...recorded, action: 's3:ListBucket', alsoNeeds: [], resource, conditions: {} })) return error
    return new S3Error(403, 'AccessDenied', 'Access Denied')
  }

  return aws
}

function fits(request: RecordedRequest, { operation, key }: RequestMatch): boolean {
  if (operation !== undefined && operation !== request.operation) return false
  return key === undefined || (typeof key === 'string' ? key === request.key : key.test(request.key))
}

function xml(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/xml' }, body: Buffer.from(body) }
}

function json(status: number, body: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: Buffer.from(JSON.stringify(body)),
  }
}
