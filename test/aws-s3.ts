/**
 * S3's answers, as far as a ledger needs them: conditional writes, checksums, Object Lock, versions and listings in pages.
 * Strict: an operation, header or parameter it does not know is refused, so that no test passes by accident.
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export interface S3Version {
  versionId: string
  bytes: Uint8Array
  etag: string // with its quotes
  headers: Record<string, string> // content-type, cache-control and x-amz-meta-* as they were put
  checksums: Record<string, string> // by header: 'x-amz-checksum-sha256', base64
  retention: { mode: string; until: number } | null // until: ms since epoch
  accessKeyId: string // who wrote it
}

export interface BucketSettings {
  objectLock?: boolean // implies versioning; default false
  versioning?: boolean // default true; without, a write forgets what was there
  region?: string // default: the server's own
  pageSize?: number // of a listing; default 1000
  missingIsForbidden?: boolean // as for a caller without s3:ListBucket: 403 where an object is missing; default false
}

export interface Bucket extends Required<BucketSettings> {
  name: string
  versions: Map<string, S3Version[]> // by key; oldest first
}

export interface S3Request {
  operation: string
  bucket: string
  key: string // decoded; '' for the bucket itself
  query: URLSearchParams
  headers: Record<string, string>
  body: Uint8Array // as sent
  accessKeyId: string
  region: string // that the request was signed for
}

export interface Answer {
  status: number
  headers: Record<string, string>
  body: Uint8Array
}

/** An error as S3 tells it: status, code and message. */
export class S3Error extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export const errorXml = (code: string, message: string): Uint8Array =>
  Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message>` +
      '<RequestId>REQUEST</RequestId><HostId>HOST</HostId></Error>',
  )

const KEPT_HEADERS = /^(content-type|cache-control|x-amz-meta-.*)$/
const UNSUPPORTED = /^x-amz-(acl|grant-.*|copy-source.*|tagging|website-.*|storage-class|server-side-encryption.*)$/
const CHECKSUMS: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  'x-amz-checksum-crc32': (bytes) => {
    const digest = Buffer.alloc(4)
    digest.writeUInt32BE(crc32(bytes))
    return digest
  },
  'x-amz-checksum-sha1': (bytes) => createHash('sha1').update(bytes).digest(),
  'x-amz-checksum-sha256': (bytes) => createHash('sha256').update(bytes).digest(),
}

/** Which operation a request is; throws 501 for any other than those answered here. */
export function s3Operation(method: string, key: string, query: URLSearchParams): string {
  const subresources = [...query.keys()].filter((name) => name !== 'x-id')
  if (key === '' && method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2'
  if (key === '' && method === 'GET' && query.has('versions')) return 'ListObjectVersions'
  if (key !== '' && subresources.length === 0) {
    const operations: Record<string, string> = {
      GET: 'GetObject',
      HEAD: 'HeadObject',
      PUT: 'PutObject',
      DELETE: 'DeleteObject',
    }
    if (operations[method] !== undefined) return operations[method]
  }
  throw new S3Error(501, 'NotImplemented', `${method} with ${subresources.join('&') || 'no parameter'} is not answered`)
}

/** Answers one request, whose signature is right already. */
export function answerS3(request: S3Request, buckets: ReadonlyMap<string, Bucket>, now: number): Answer {
  const bucket = buckets.get(request.bucket)
  if (bucket === undefined) throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist')
  if (bucket.region !== request.region) {
    const message = 'The bucket you are attempting to access must be addressed using the specified endpoint.'
    throw new S3Error(301, 'PermanentRedirect', message, { 'x-amz-bucket-region': bucket.region })
  }
  switch (request.operation) {
    case 'PutObject':
      return putObject(request, bucket, now)
    case 'GetObject':
    case 'HeadObject':
      return getObject(request, bucket)
    case 'ListObjectsV2':
      return listObjects(request, bucket)
    case 'ListObjectVersions':
      return listVersions(request, bucket)
    default:
      throw new S3Error(403, 'AccessDenied', 'Access Denied')
  }
}

function putObject({ key, headers, body, accessKeyId }: S3Request, bucket: Bucket, now: number): Answer {
  const unsupported = Object.keys(headers).find((name) => UNSUPPORTED.test(name))
  if (unsupported !== undefined) throw new S3Error(501, 'NotImplemented', `the header ${unsupported} is not answered`)
  const { bytes, trailers } = decodeBody(headers, body)
  const checksums = verifyChecksums({ ...headers, ...trailers }, bytes)
  const retention = retentionOf(headers, bucket, now)

  const versions = bucket.versions.get(key) ?? []
  const current = versions.at(-1)
  const ifNoneMatch = headers['if-none-match']
  const ifMatch = headers['if-match']
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw new S3Error(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented')
  }
  if (ifMatch !== undefined && current === undefined) {
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
  }
  if ((ifNoneMatch === '*' && current !== undefined) || (ifMatch !== undefined && ifMatch !== current?.etag)) {
    throw new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
  }
  const version: S3Version = {
    versionId: `v${versions.length + 1}`,
    bytes,
    etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => KEPT_HEADERS.test(name))),
    checksums,
    retention,
    accessKeyId,
  }
  bucket.versions.set(key, bucket.versioning ? [...versions, version] : [version])
  return {
    status: 200,
    headers: { etag: version.etag, ...checksums, ...versionHeader(bucket, version) },
    body: NOTHING,
  }
}

function getObject({ operation, key, headers }: S3Request, bucket: Bucket): Answer {
  const unsupported = ['range', 'if-match', 'if-none-match', 'if-modified-since'].find((name) => name in headers)
  if (unsupported !== undefined) throw new S3Error(501, 'NotImplemented', `the header ${unsupported} is not answered`)
  const version = newest(bucket, key)
  if (version === undefined) {
    if (bucket.missingIsForbidden) throw new S3Error(403, 'AccessDenied', 'Access Denied')
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.')
  }
  const composite = Object.values(version.checksums).some((checksum) => checksum.includes('-'))
  const checksums =
    headers['x-amz-checksum-mode'] === 'ENABLED' && Object.keys(version.checksums).length > 0
      ? { ...version.checksums, 'x-amz-checksum-type': composite ? 'COMPOSITE' : 'FULL_OBJECT' }
      : {}
  const { retention } = version
  return {
    status: 200,
    headers: {
      'content-type': 'binary/octet-stream',
      ...version.headers,
      ...checksums,
      ...versionHeader(bucket, version),
      ...(retention === null
        ? {}
        : {
            'x-amz-object-lock-mode': retention.mode,
            'x-amz-object-lock-retain-until-date': new Date(retention.until).toISOString(),
          }),
      etag: version.etag,
      'content-length': String(version.bytes.length),
      'accept-ranges': 'bytes',
    },
    body: operation === 'HeadObject' ? NOTHING : version.bytes,
  }
}

/** Every version, newest first for each key; none is ever hidden, since nothing deletes here. */
function listVersions({ query }: S3Request, bucket: Bucket): Answer {
  const known = ['versions', 'prefix', 'encoding-type', 'key-marker', 'version-id-marker', 'x-id']
  const unknown = [...query.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined) throw new S3Error(501, 'NotImplemented', `the parameter ${unknown} is not answered`)
  const all = [...bucket.versions]
    .filter(([key]) => key.startsWith(query.get('prefix') ?? ''))
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap(([key, versions]) => versions.toReversed().map((version) => ({ key, version })))
  const marker = query.get('version-id-marker')
  const start = 1 + all.findIndex(({ key, version }) => key === query.get('key-marker') && version.versionId === marker)
  const page = all.slice(start, start + bucket.pageSize)
  const last = start + page.length < all.length ? page.at(-1) : undefined
  const told = page.map(({ key, version: { versionId, etag, bytes } }) => {
    const id = bucket.versioning ? versionId : 'null'
    const about = `<Key>${encodeURIComponent(key)}</Key><VersionId>${id}</VersionId><ETag>${escapeXml(etag)}</ETag>`
    return `<Version>${about}<Size>${bytes.length}</Size><LastModified>2026-11-20T02:20:00.000Z</LastModified></Version>`
  })
  const next =
    last === undefined
      ? ''
      : `<NextKeyMarker>${encodeURIComponent(last.key)}</NextKeyMarker><NextVersionIdMarker>${last.version.versionId}</NextVersionIdMarker>`
  const body = `<IsTruncated>${last !== undefined}</IsTruncated><EncodingType>url</EncodingType>${next}${told.join('')}`
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${body}</ListVersionsResult>`
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml) }
}

function listObjects({ query }: S3Request, bucket: Bucket): Answer {
  const known = ['list-type', 'prefix', 'continuation-token', 'max-keys', 'encoding-type', 'start-after', 'x-id']
  const unknown = [...query.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined) throw new S3Error(501, 'NotImplemented', `the parameter ${unknown} is not answered`)
  const prefix = query.get('prefix') ?? ''
  const token = query.get('continuation-token')
  const after = token === null ? query.get('start-after') : Buffer.from(token, 'base64url').toString()
  const url = query.get('encoding-type') === 'url'
  const pageSize = Math.min(Number(query.get('max-keys') ?? 1000), bucket.pageSize)
  const keys = [...bucket.versions.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => Buffer.from(key))
    .sort(Buffer.compare)
    .map(String)
    .filter((key) => after === null || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
  const page = keys.slice(0, pageSize)
  const truncated = page.length < keys.length
  const text = (key: string) =>
    url ? encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+') : escapeXml(key)
  const contents = page.map((key) => {
    const { etag, bytes } = newest(bucket, key) as S3Version
    return (
      `<Contents><Key>${text(key)}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>` +
      `<ETag>${escapeXml(etag)}</ETag><Size>${bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`
    )
  })
  const next = truncated
    ? `<NextContinuationToken>${Buffer.from(page.at(-1) ?? '').toString('base64url')}</NextContinuationToken>`
    : ''
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
    `<Name>${bucket.name}</Name><Prefix>${text(prefix)}</Prefix><KeyCount>${page.length}</KeyCount>` +
    `<MaxKeys>${pageSize}</MaxKeys>${url ? '<EncodingType>url</EncodingType>' : ''}` +
    `<IsTruncated>${truncated}</IsTruncated>${contents.join('')}${next}</ListBucketResult>`
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(xml) }
}

/** The object's bytes: what was sent, or what an aws-chunked body holds, and the trailers behind it. */
function decodeBody(
  headers: Record<string, string>,
  body: Uint8Array,
): { bytes: Uint8Array; trailers: Record<string, string> } {
  const payload = headers['x-amz-content-sha256'] ?? ''
  if (!payload.startsWith('STREAMING-')) return { bytes: Uint8Array.from(body), trailers: {} }
  if (payload !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' || headers['content-encoding'] !== 'aws-chunked') {
    throw new S3Error(501, 'NotImplemented', `a body sent as ${payload} is not answered`)
  }
  const text = Buffer.from(body)
  const chunks: Uint8Array[] = []
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n', at)
    const size = /^[0-9a-fA-F]+$/.test(text.toString('latin1', at, Math.max(at, end)))
      ? Number.parseInt(text.toString('latin1', at, end), 16)
      : Number.NaN
    if (end < 0 || Number.isNaN(size)) throw new S3Error(400, 'IncompleteBody', 'The body is not aws-chunked.')
    at = end + 2
    if (size === 0) break
    chunks.push(text.subarray(at, at + size))
    at += size + 2
  }
  const trailers = Object.fromEntries(
    text
      .toString('latin1', at)
      .split('\r\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const bytes = new Uint8Array(Buffer.concat(chunks))
  const announced = (headers['x-amz-trailer'] ?? '').split(',').filter((name) => name !== '')
  if (
    bytes.length !== Number(headers['x-amz-decoded-content-length']) ||
    announced.some((name) => !(name in trailers))
  ) {
    throw new S3Error(400, 'IncompleteBody', 'You did not provide the number of bytes specified')
  }
  return { bytes, trailers }
}

function verifyChecksums(headers: Record<string, string>, bytes: Uint8Array): Record<string, string> {
  const md5 = headers['content-md5']
  if (md5 !== undefined && md5 !== createHash('md5').update(bytes).digest('base64')) {
    throw new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.')
  }
  const given = Object.entries(headers).filter(([name]) => /^x-amz-checksum-(?!algorithm|type|mode)/.test(name))
  for (const [name, value] of given) {
    if (CHECKSUMS[name] === undefined) throw new S3Error(501, 'NotImplemented', `the checksum ${name} is not answered`)
    if (Buffer.from(CHECKSUMS[name](bytes)).toString('base64') !== value) {
      const algorithm = name.slice('x-amz-checksum-'.length).toUpperCase()
      throw new S3Error(400, 'BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`)
    }
  }
  return Object.fromEntries(given)
}

function retentionOf(headers: Record<string, string>, bucket: Bucket, now: number): S3Version['retention'] {
  const mode = headers['x-amz-object-lock-mode']
  const date = headers['x-amz-object-lock-retain-until-date']
  if (mode === undefined && date === undefined) return null
  if (!bucket.objectLock) throw new S3Error(400, 'InvalidRequest', 'Bucket is missing Object Lock Configuration')
  if (mode === undefined || date === undefined) {
    const message = 'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied'
    throw new S3Error(400, 'InvalidArgument', message)
  }
  if (!['GOVERNANCE', 'COMPLIANCE'].includes(mode))
    throw new S3Error(400, 'InvalidArgument', 'Unknown wormMode directive.')
  const until = Date.parse(date)
  if (!(until > now)) throw new S3Error(400, 'InvalidArgument', 'The retain until date must be in the future!')
  if (headers['x-amz-sdk-checksum-algorithm'] === undefined && headers['content-md5'] === undefined) {
    const message =
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters'
    throw new S3Error(400, 'InvalidRequest', message)
  }
  return { mode, until }
}

const NOTHING = new Uint8Array(0)

function newest(bucket: Bucket, key: string): S3Version | undefined {
  return bucket.versions.get(key)?.at(-1)
}

function versionHeader(bucket: Bucket, { versionId }: S3Version): Record<string, string> {
  return bucket.versioning ? { 'x-amz-version-id': versionId } : {}
}

function escapeXml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replace(/[&<>"]|[\0-\x1f]/g, (c) => entities[c] ?? `&#x${c.charCodeAt(0).toString(16)};`)
}
