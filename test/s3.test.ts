/** What only a bucket has: lost answers, conflicts, checksums, retention, pages, and errors told in sentences. */
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { DeleteObjectCommand, GetObjectAclCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { checkpointKey, rollupKey, sealKey } from '#core/keys.ts'
import { mediaHeaders } from '../functions/media-type.ts'
import { s3Client, s3Store } from '../functions/store/s3.ts'
import { startAws } from './aws.ts'
import type { S3Version } from './aws-s3.ts'
import { storeContract } from './store-contract.ts'

const aws = await startAws()
Object.assign(process.env, aws.env)
const client = s3Client()
afterEach(() => {
  aws.clearFaults()
  aws.authorize = null
})
afterAll(() => aws.close())

let buckets = 0
const newBucket = (settings = {}) => aws.createBucket(`bucket-${++buckets}`, settings)
const newStore = (settings = {}) => {
  const bucket = newBucket(settings)
  return { bucket, store: s3Store({ client, bucket: bucket.name }) }
}

storeContract('a bucket', async () => newStore().store, { etagOf: 'content', writers: 25 })
storeContract(
  'a prefix in a bucket, listed two keys at a time,',
  async () => s3Store({ client, bucket: newBucket({ pageSize: 2 }).name, prefix: 'a/b' }),
  { etagOf: 'content', writers: 5 },
)

const checkpoint = checkpointKey('prod-eu')
const rollup = rollupKey('prod-eu', Date.UTC(2026, 6, 1, 13))
const seal = sealKey('2026-07-01')
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const string = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex')
const etagOf = (value: string): string => `"${createHash('md5').update(value).digest('hex')}"`

/** The operations asked for while `run` runs. */
async function operations(run: () => Promise<unknown>): Promise<string[]> {
  const before = aws.requests.length
  await run()
  return aws.requests.slice(before).map(({ operation }) => operation)
}

// Lost answers and conflicts.

test('a creation whose answer was lost is known as written, once', async () => {
  const { bucket, store } = newStore()
  aws.fault({ kind: 'lose response' }, { operation: 'PutObject' })
  const asked = await operations(async () => {
    expect(await store.put(rollup, text('one'), 'absent')).toEqual({ outcome: 'written', etag: etagOf('one') })
  })
  expect(asked).toEqual(['PutObject', 'PutObject', 'HeadObject'])
  expect(bucket.versions.get(rollup)).toHaveLength(1)
})

test('a replacement whose answer was lost is known as written, and its etag is that of the new bytes', async () => {
  const { bucket, store } = newStore()
  await store.put(checkpoint, text('one'), 'absent')
  aws.fault({ kind: 'lose response' }, { operation: 'PutObject' })
  const put = await store.put(checkpoint, text('two'), { ifMatch: etagOf('one') })
  expect(put).toEqual({ outcome: 'written', etag: etagOf('two') })
  expect(bucket.versions.get(checkpoint)).toHaveLength(2)
})

test('a write that never arrived is refused when somebody else came between its tries', async () => {
  const { bucket, store } = newStore()
  let release = () => {}
  const until = new Promise<void>((resolve) => {
    release = resolve
  })
  aws.fault({ kind: 'lose request' }, { operation: 'PutObject' })
  aws.fault({ kind: 'wait', until }, { operation: 'PutObject' })
  const first = aws.arrival({ operation: 'PutObject' })
  const ours = store.put(checkpoint, text('ours'), 'absent')
  await first
  await aws.arrival({ operation: 'PutObject' })
  expect(await store.put(checkpoint, text('theirs'), 'absent')).toMatchObject({ outcome: 'written' })
  release()
  expect(await ours).toEqual({ outcome: 'refused' })
  expect(bucket.versions.get(checkpoint)?.map(({ bytes }) => string(bytes))).toEqual(['theirs'])
})

test('a write that could not be looked at after its answer was lost throws, since nobody knows', async () => {
  const { store } = newStore()
  aws.fault({ kind: 'lose response' }, { operation: 'PutObject' })
  aws.fault({ kind: 'answer', status: 503, code: 'SlowDown' }, { operation: 'HeadObject', times: 3 })
  await expect(store.put(rollup, text('one'), 'absent')).rejects.toThrow(/cannot write .*answered 503/)
})

test('a conflict is met by the same write again, until it is written', async () => {
  const { store } = newStore()
  aws.fault({ kind: 'answer', status: 409, code: 'ConditionalRequestConflict' }, { operation: 'PutObject', times: 3 })
  const asked = await operations(async () => {
    expect(await store.put(rollup, text('one'), 'absent')).toMatchObject({ outcome: 'written' })
  })
  expect(asked).toEqual(['PutObject', 'PutObject', 'PutObject', 'PutObject'])
})

test('a conflict won by another write of the same bytes is written; one won by other bytes is refused', async () => {
  for (const [theirs, outcome] of [
    ['same', 'written'],
    ['other', 'refused'],
  ]) {
    const { store } = newStore()
    await store.put(rollup, text(theirs), 'absent')
    aws.fault({ kind: 'answer', status: 409, code: 'ConditionalRequestConflict' }, { operation: 'PutObject' })
    expect(await store.put(rollup, text('same'), 'absent')).toMatchObject({ outcome })
  }
})

test('conflicts without end throw', async () => {
  const { store } = newStore()
  aws.fault({ kind: 'answer', status: 409, code: 'ConditionalRequestConflict' }, { operation: 'PutObject', times: 6 })
  await expect(store.put(rollup, text('one'), 'absent')).rejects.toThrow(
    /another write of the same key was under way each of 6 times/,
  )
  expect(await store.get(rollup)).toBeNull()
})

test('a busy service is asked three times and no more', async () => {
  const { store } = newStore()
  aws.fault({ kind: 'answer', status: 503, code: 'SlowDown' }, { times: 2 })
  expect(await store.put(rollup, text('one'), 'absent')).toMatchObject({ outcome: 'written' })
  aws.fault({ kind: 'answer', status: 500, code: 'InternalError' }, { times: 3 })
  const asked = await operations(async () => {
    await expect(store.get(rollup)).rejects.toThrow('S3 answered 500 InternalError 3 times; try again later')
  })
  expect(asked).toHaveLength(3)
})

test('whatever is lost on the way, no update is lost and none is made twice', async () => {
  const { bucket, store } = newStore()
  const kinds = ['lose response', 'lose request', 'conflict', 'busy'] as const
  await store.put(checkpoint, text('0 '), 'absent')
  let told = 0
  const writer = async (name: number): Promise<void> => {
    for (let i = 0; i < 12; i++) {
      const kind = kinds[(name + i) % kinds.length]
      if (kind === 'conflict') aws.fault({ kind: 'answer', status: 409, code: 'ConditionalRequestConflict' })
      else if (kind === 'busy') aws.fault({ kind: 'answer', status: 503, code: 'SlowDown' })
      else aws.fault({ kind }, { operation: 'PutObject' })
      const object = (await store.get(checkpoint).catch(() => null)) ?? null
      if (object === null) continue
      const next = Number(string(object.bytes).split(' ')[0]) + 1
      const put = await store
        .put(checkpoint, text(`${next} by ${name} at ${i}`), { ifMatch: object.etag })
        .catch(() => null)
      if (put?.outcome === 'written') told++
    }
  }
  await Promise.all([0, 1, 2].map(writer))
  const numbers = bucket.versions.get(checkpoint)?.map(({ bytes }) => Number(string(bytes).split(' ')[0])) ?? []
  // Each version followed the one before it. One that was carried out unheard, and then replaced, is told as refused.
  expect(numbers).toEqual(numbers.map((_, i) => i))
  expect(told).toBeGreaterThan(3)
  expect(told).toBeLessThan(numbers.length)
})

// Checksums and half of a thing.

test('every write carries the SHA-256 of its bytes, and nothing about access', async () => {
  const { store } = newStore()
  const before = aws.requests.length
  await store.put(rollup, text('one'), 'absent')
  await store.put(checkpoint, text('two'), 'always')
  await store.put('daily/x', new Uint8Array(0), 'always')
  const sent = aws.requests.slice(before).map(({ headers }) => headers)
  const digest = (value: string) => Buffer.from(sha256(value), 'hex').toString('base64')
  expect(sent.map((headers) => headers['x-amz-checksum-sha256'])).toEqual([digest('one'), digest('two'), digest('')])
  expect(sent.flatMap((headers) => Object.keys(headers).filter((name) => /acl|grant|lock/.test(name)))).toEqual([])
})

test('bytes that are cut off are asked for again, and refused when they stay cut off', async () => {
  const { store } = newStore()
  await store.put(rollup, text('a'.repeat(100_000)), 'absent')
  aws.fault({ kind: 'cut body', after: 5000 }, { operation: 'GetObject', times: 2 })
  expect((await store.get(rollup))?.bytes).toHaveLength(100_000)
  aws.fault({ kind: 'cut body', after: 5000 }, { operation: 'GetObject', times: 3 })
  await expect(store.get(rollup)).rejects.toThrow(/cannot read s3:.*rollup\.parquet: the connection broke off/)
})

test('bytes that are others than were written are refused', async () => {
  const { store } = newStore()
  await store.put(rollup, text('one'), 'absent')
  aws.fault({ kind: 'alter body', alter: () => text('two') }, { operation: 'GetObject', times: 3 })
  await expect(store.get(rollup)).rejects.toThrow(
    /cannot read s3:.*does not have the checksum it was written with; try again$/,
  )
})

test.each([
  ['another algorithm', (version: S3Version) => version],
  ['none', (version: S3Version) => ({ ...version, checksums: {} })],
  [
    'one over the sums of its parts',
    (version: S3Version) => ({ ...version, checksums: { 'x-amz-checksum-sha256': `${'A'.repeat(43)}=-2` } }),
  ],
])('an object whose checksum is %s is read to tell its SHA-256', async (_, change) => {
  const { bucket, store } = newStore()
  await new S3Client({}).send(new PutObjectCommand({ Bucket: bucket.name, Key: rollup, Body: 'by hand' }))
  bucket.versions.set(rollup, bucket.versions.get(rollup)?.map(change) ?? [])
  const asked = await operations(async () => {
    expect(await store.head(rollup)).toEqual({ etag: etagOf('by hand'), size: 7, sha256: sha256('by hand') })
  })
  expect(asked).toEqual(['HeadObject', 'GetObject'])
})

// Retention and headers.

test('rollups and seals are locked for as long as told, and nothing else is', async () => {
  const bucket = newBucket({ objectLock: true })
  const retention = { days: 400, mode: 'governance' as const }
  const store = s3Store({ client, bucket: bucket.name, prefix: 'ledger', retention })
  const before = Date.now()
  for (const key of [rollup, seal, checkpoint, 'published.json', 'daily/x', 'rollups/x']) {
    await store.put(key, text('x'), 'absent')
  }
  const after = Date.now()
  const locks = [...aws.objects(bucket.name)].map(([key, version]) => [key, version.retention?.mode ?? null])
  expect(locks).toEqual([
    [`ledger/${rollup}`, 'GOVERNANCE'],
    [`ledger/${seal}`, 'GOVERNANCE'],
    [`ledger/${checkpoint}`, null],
    ['ledger/published.json', null],
    ['ledger/daily/x', null],
    ['ledger/rollups/x', null],
  ])
  const until = aws.objects(bucket.name).get(`ledger/${rollup}`)?.retention?.until ?? 0
  expect(until).toBeGreaterThanOrEqual(before + 400 * 86_400_000)
  expect(until).toBeLessThanOrEqual(after + 400 * 86_400_000)
  const strict = s3Store({ client, bucket: bucket.name, retention: { days: 1, mode: 'compliance' } })
  await strict.put(seal, text('x'), 'absent')
  expect(aws.objects(bucket.name).get(seal)?.retention?.mode).toBe('COMPLIANCE')
})

test('files for browsers get their type and how long they may be kept', async () => {
  const bucket = newBucket()
  const site = s3Store({ client, bucket: bucket.name, headers: mediaHeaders })
  await site.put('days/2026-07-01/flows.csv', text('a'), 'always')
  await site.put('_assets/page.Bd2f.js', text('a'), 'always')
  expect([...aws.objects(bucket.name).values()].map(({ headers }) => headers)).toEqual([
    { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-cache' },
    { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'public, max-age=31536000, immutable' },
  ])
})

// Listings.

test('a listing goes on over all its pages, and passes over keys that no store would write', async () => {
  const bucket = newBucket()
  const store = s3Store({ client, bucket: bucket.name, prefix: 'ledger' })
  await store.put('daily/model', text('x'), 'absent')
  const [model] = bucket.versions.get('ledger/daily/model') as S3Version[]
  const keys = Array.from({ length: 2300 }, (_, i) => `rollups/${String(i).padStart(5, '0')}`)
  for (const key of keys) bucket.versions.set(`ledger/${key}`, [model])
  const foreign = ['a b', '.hidden', 'x//y', 'ä', 'a\u0001b', 'a+b%20c', 'folder/', '<&>', "it's", 'x@', '']
  for (const key of foreign) bucket.versions.set(`ledger/${key}`, [model])
  bucket.versions.set('ledger-of-another/daily/x', [model])
  const asked = await operations(async () => {
    const listed = await store.list('')
    expect(listed.map(({ key }) => key)).toEqual(['daily/model', ...keys])
    expect(listed[7]).toEqual({ key: 'rollups/00006', size: 1, etag: etagOf('x') })
  })
  expect(asked).toEqual(['ListObjectsV2', 'ListObjectsV2', 'ListObjectsV2'])
})

const LISTING = '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult>'

test.each<[what: string, alter: (page: string) => string, reason: string]>([
  ['of which a page is missing', (page) => page.replace(/<NextContinuationToken>.*<\/NextContinuationToken>/, ''), ''],
  ['whose pages begin anew', (page) => page.replace(/(?<=<NextContinuationToken>).*(?=<\/Next)/, 'ZGFpbHkvYQ'), ''],
  ['that does not say whether it is whole', (page) => page.replace(/<IsTruncated>.*<\/IsTruncated>/, ''), ''],
  ['with fewer keys than it counts', (page) => page.replace('<KeyCount>1<', '<KeyCount>2<'), ''],
  ['that is another page altogether', () => '<html><body>Welcome to this network</body></html>', ''],
  ['that is empty', () => LISTING.concat('</ListBucketResult>'), ''],
  ['that is cut off', (page) => page.slice(0, 200), 'the answer cannot be read; check AWS_ENDPOINT_URL'],
])('a listing %s is refused', async (_, alter, reason) => {
  const { store } = newStore({ pageSize: 1 })
  for (const key of ['daily/a', 'daily/b', 'daily/c']) await store.put(key, text('x'), 'absent')
  const altered = (bytes: Uint8Array) => Buffer.from(alter(string(bytes)).padEnd(bytes.length))
  aws.fault({ kind: 'alter body', alter: altered }, { operation: 'ListObjectsV2', times: 3 })
  await expect(store.list('')).rejects.toThrow(reason || 'the listing was cut off; is it S3 that answers there?')
})

// Errors.

const elsewhere = (env: Record<string, string | undefined>) => {
  const before = { ...process.env }
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  const made = s3Client()
  // The SDK looks at the environment when it is first used.
  return {
    client: made,
    restore: () => {
      for (const name of Object.keys(env)) {
        if (before[name] === undefined) delete process.env[name]
        else process.env[name] = before[name]
      }
    },
  }
}

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const WRONG = { AWS_SECRET_ACCESS_KEY: SECRET, AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEBYaDEXAMPLETOKEN' }
const ENVIRONMENTS: [what: string, env: Record<string, string | undefined>, reason: string][] = [
  ['a wrong secret key', WRONG, 'AWS does not accept the credentials (SignatureDoesNotMatch); correct them'],
  [
    'an unknown access key',
    { ...WRONG, AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
    'AWS does not accept the credentials (InvalidAccessKeyId); correct them',
  ],
  [
    'no credentials',
    { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
    'no AWS credentials were found; set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  ],
  ['no region', { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined }, 'no AWS region is set; set AWS_REGION'],
  ['another region', { AWS_REGION: 'us-east-1' }, 'the bucket is in another region, eu-west-1; set AWS_REGION to it'],
  [
    'a port where nothing listens',
    { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
    'S3 cannot be reached (ECONNREFUSED); check the network, AWS_REGION and AWS_ENDPOINT_URL',
  ],
]

test.each(ENVIRONMENTS)('says what to do about %s, and tells no secret', async (_, env, reason) => {
  const bucket = newBucket()
  const { client, restore } = elsewhere(env)
  try {
    const store = s3Store({ client, bucket: bucket.name, prefix: 'ledger' })
    const errors = await Promise.all([
      store.get(checkpoint).catch((error: Error) => error),
      store.put(checkpoint, text('x'), 'absent').catch((error: Error) => error),
      store.list('rollups/').catch((error: Error) => error),
    ])
    expect(errors.map((error) => (error as Error).message)).toEqual([
      `store: cannot read s3://${bucket.name}/ledger/checkpoints/prod-eu: ${reason}`,
      `store: cannot write s3://${bucket.name}/ledger/checkpoints/prod-eu: ${reason}`,
      `store: cannot list s3://${bucket.name}/ledger/rollups/: ${reason}`,
    ])
    const shown = errors.map((error) => inspect(error, { depth: 20, showHidden: true })).join('\n')
    expect(shown).not.toMatch(/EXAMPLE|Signature=|Authorization/)
  } finally {
    restore()
  }
})

const ANSWERS: [status: number, code: string, message: string, method: 'get' | 'put' | 'list', reason: string][] = [
  [
    400,
    'ExpiredToken',
    'The provided token has expired.',
    'get',
    'the AWS credentials have expired; log in again, or renew them',
  ],
  [
    403,
    'AccessDenied',
    'Access Denied',
    'get',
    'access is denied; allow s3:GetObject on it, and s3:ListBucket on the bucket, without which a missing object is answered so too',
  ],
  [
    403,
    'AccessDenied',
    'Access Denied',
    'put',
    "access is denied; allow s3:PutObject on it, and see what the bucket's policy denies",
  ],
  [403, 'AccessDenied', 'Access Denied', 'list', 'access is denied; allow s3:ListBucket on the bucket for this prefix'],
  [
    403,
    'AccessDenied',
    'not authorized to perform: kms:Decrypt on the resource',
    'get',
    'its encryption key may not be used; allow kms:Decrypt and kms:GenerateDataKey on it',
  ],
  [403, 'RequestTimeTooSkewed', 'The difference is too large.', 'list', "this machine's clock is wrong; set it right"],
  [
    400,
    'EntityTooLarge',
    'too\u001b[31m large',
    'put',
    'S3 answered 400 EntityTooLarge: too [31m large; see what the S3 API says of it',
  ],
]

test.each(ANSWERS)('tells %i %s "%s" to a %s as a sentence', async (status, code, message, method, reason) => {
  const { store } = newStore()
  aws.fault({ kind: 'answer', status, code, message }, { times: 3 })
  const call = {
    get: () => store.get(checkpoint),
    put: () => store.put(checkpoint, text('x'), 'absent'),
    list: () => store.list(''),
  }[method]
  const error = await call().catch((error: Error) => error)
  expect((error as Error).message.replace(/^store: cannot \w+ s3:\S+: /, '')).toBe(reason)
  // What the faults were not needed for must not meet the next test.
  for (let left = 0; left < 3; left++)
    await newStore()
      .store.list('')
      .catch(() => {})
})

test('says so when there is no bucket, or one without the Object Lock that retention needs', async () => {
  const nowhere = s3Store({ client, bucket: 'nobodys-bucket' })
  for (const call of [nowhere.get(checkpoint), nowhere.list(''), nowhere.put(checkpoint, text('x'), 'absent')]) {
    await expect(call).rejects.toThrow(
      /s3:\/\/nobodys-bucket\/.*: there is no such bucket; create it, or correct "store:"/,
    )
  }
  const retention = { days: 1, mode: 'governance' as const }
  const unlocked = s3Store({ client, bucket: newBucket().name, retention })
  await expect(unlocked.put(seal, text('x'), 'absent')).rejects.toThrow('the bucket has no Object Lock')
})

test('a missing object that the caller may not know of is told with the permission that would tell', async () => {
  const { store } = newStore({ missingIsForbidden: true })
  await expect(store.get(checkpoint)).rejects.toThrow('s3:ListBucket on the bucket, without which a missing object')
  await expect(store.head(checkpoint)).rejects.toThrow('s3:ListBucket on the bucket, without which a missing object')
})

test('what a permission is missing for is told by the permission', async () => {
  const bucket = newBucket({ objectLock: true })
  const store = s3Store({ client, bucket: bucket.name, retention: { days: 1, mode: 'governance' } })
  aws.authorize = ({ action }) => action !== 's3:PutObjectRetention'
  await expect(store.put(seal, text('x'), 'absent')).rejects.toThrow(
    'allow s3:PutObject and s3:PutObjectRetention on it',
  )
  expect(await store.put(checkpoint, text('x'), 'absent')).toMatchObject({ outcome: 'written' })
  aws.authorize = ({ action }) => action !== 's3:ListBucket'
  expect(string((await store.get(checkpoint))?.bytes)).toBe('x')
  await expect(store.get(seal)).rejects.toThrow('s3:ListBucket on the bucket, without which a missing object')
  await expect(store.list('')).rejects.toThrow('allow s3:ListBucket on the bucket for this prefix')
})

test('a call without an answer ends by itself', async () => {
  const bucket = newBucket()
  const store = s3Store({ client, bucket: bucket.name, timeoutMs: 300 })
  const never = new Promise(() => {})
  aws.fault({ kind: 'wait', until: never }, { times: 4 })
  for (const call of [() => store.get(rollup), () => store.head(rollup), () => store.list('')]) {
    await expect(call()).rejects.toThrow('S3 gave no answer in time; check the network, and in a VPC its S3 endpoint')
  }
  await expect(store.put(rollup, text('x'), 'absent')).rejects.toThrow('S3 gave no answer in time')
})

test('a rollup is never replaced by etag', async () => {
  const { store } = newStore()
  await expect(store.put(rollup, text('y'), { ifMatch: '"x"' })).rejects.toThrow('only checkpoints')
})

// The AWS of these tests.

test('what the AWS of these tests does not know fails, and a delete is denied and on record', async () => {
  const { bucket } = newStore()
  const acl = new GetObjectAclCommand({ Bucket: bucket.name, Key: 'x' })
  await expect(new S3Client({}).send(acl)).rejects.toMatchObject({ name: 'NotImplemented' })
  const wrong = new PutObjectCommand({ Bucket: bucket.name, Key: 'x', Body: 'x', ChecksumSHA256: `${'A'.repeat(43)}=` })
  await expect(new S3Client({}).send(wrong)).rejects.toMatchObject({ name: 'BadDigest' })
  const public_ = new PutObjectCommand({ Bucket: bucket.name, Key: 'x', Body: 'x', ACL: 'public-read' })
  await expect(new S3Client({}).send(public_)).rejects.toMatchObject({ name: 'NotImplemented' })
  expect(bucket.versions.size).toBe(0)
  const gone = new DeleteObjectCommand({ Bucket: bucket.name, Key: 'x' })
  await expect(new S3Client({}).send(gone)).rejects.toMatchObject({ name: 'AccessDenied' })
  expect(aws.requests.at(-1)).toMatchObject({ action: 's3:DeleteObject', resource: `arn:aws:s3:::${bucket.name}/x` })
})
