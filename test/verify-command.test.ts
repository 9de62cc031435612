import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { declarationKey, publicKeyKey, rollupKey, sealKey } from '#core/keys.ts'
import { verifyVersions } from '#core/versions.ts'
import { UsageError, type Values } from '../functions/command/command.ts'
import { verify } from '../functions/command/verify.ts'
import { makeLocalKey } from '../functions/signing/local-key.ts'
import { verifyStoredVersions } from '../functions/stage/verify-versions.ts'
import { s3Client, s3Store } from '../functions/store/s3.ts'
import { type AuditedLedger, auditedLedger } from './audited-ledger.ts'
import { startAws } from './aws.ts'
import { hasMoto, type Moto, startMoto } from './moto.ts'

let ledger: AuditedLedger

beforeAll(async () => {
  ledger = await auditedLedger()
  await writeFile(join(ledger.folder, 'pub.pem'), ledger.signer.publicKey.pem)
}, 60_000)

afterAll(() => rm(ledger.folder, { recursive: true }))

async function run(values: Values) {
  const printed: string[] = []
  const terminal = {
    out: async (text: string | Uint8Array) => void printed.push(String(text)),
    ...{ say: () => {}, progress: () => {}, stop: new AbortController().signal, cwd: ledger.folder },
  }
  return { code: await verify.run(values, [], terminal), printed: printed.join('') }
}

test('a copy is verified without a configuration, by a public key', async () => {
  const { code, printed } = await run({ store: 'data', key: 'pub.pem' })
  expect(code).toBe(0)
  expect(printed).toMatch(/^prod-eu: whole: 124 rollups from 2026-11-14T00:00:00Z/)
  expect(printed).toMatch(
    /\nsignatures: whole: 5 of 5 seals are signed, 5 by key [0-9a-f]{64}, 2026-11-14 to 2026-11-18\n$/,
  )
  expect(printed).not.toContain('versions:')
})

test('without a key signatures are counted, and said not to be checked', async () => {
  const { code, printed } = await run({ store: 'data' })
  expect(code).toBe(0)
  expect(printed).toMatch(/\nsignatures: not checked: 5 of 5 seals are signed, .*, give --key to check them\n$/)
})

test('another key, or a signature that is missing, fails; one file may hold several keys', async () => {
  const other = await makeLocalKey(join(ledger.folder, 'other.pem'))
  await writeFile(join(ledger.folder, 'other-pub.pem'), other.pem)
  const foreign = await run({ store: 'data', key: 'other-pub.pem' })
  expect(foreign.code).toBe(1)
  expect(foreign.printed).toMatch(
    /signatures: 5 problems: .*\n {2}foreign {2}seals\/date=2026-11-14\/seal\.sig: is by key/,
  )
  await writeFile(join(ledger.folder, 'both.pem'), other.pem + ledger.signer.publicKey.pem)
  expect((await run({ store: 'data', key: 'both.pem' })).code).toBe(0)

  const path = join(ledger.folder, 'data/seals/date=2026-11-16/seal.sig')
  const before = await readFile(path)
  await rm(path)
  const { code, printed } = await run({ store: 'data', key: 'pub.pem', json: true })
  expect(code).toBe(1)
  expect(JSON.parse(printed).signatures.problems).toEqual([
    { kind: 'unsigned', key: sealKey('2026-11-16'), message: 'has no signature beside it' },
  ])
  await writeFile(path, before)
})

test.each<[Values, string]>([
  [{ part: true }, '--part goes with --store'],
  [{ store: 'data', config: 'wharfage.yaml' }, '--store and --config both name a store'],
  [{ store: 'nowhere' }, '--store nowhere holds no ledger: there are neither rollups/ nor seals/ in it'],
  [{ store: 'data', key: 'nowhere.pem' }, '--key nowhere.pem cannot be read: ENOENT'],
  [{ store: 'data', key: 'key.pem' }, '--key key.pem holds a private key, which nobody who verifies may have'],
  [{ store: 'data', key: 'data/seals/date=2026-11-16/seal.json' }, 'is no public key in PEM'],
])('%j is refused', async (values, sentence) => {
  const error = await run(values).catch((caught) => caught)
  expect(error).toBeInstanceOf(UsageError)
  expect(error.message).toContain(sentence)
})

test('a stretch of a ledger holds as a part, and not as a whole; a part without its beginning holds as neither', async () => {
  const part = join(ledger.folder, 'data')
  const moved = await auditedLedger()
  const at = (path: string) => join(moved.folder, 'data', path)
  await rm(at('checkpoints'), { recursive: true })
  await rm(at('seals/date=2026-11-14'), { recursive: true })
  await rm(at('rollups/target=prod-eu/date=2026-11-14'), { recursive: true })
  for (let hour = 0; hour < 23; hour++) {
    await rm(at(`rollups/target=prod-eu/date=2026-11-15/hour=${String(hour).padStart(2, '0')}`), { recursive: true })
  }
  const store = join(moved.folder, 'data')
  expect((await run({ store, part: true })).printed).toMatch(/seals: whole: .* taken at the word of that of 2026-11-15/)
  expect((await run({ store, part: true })).code).toBe(0)
  expect((await run({ store })).printed).toMatch(/missing {2}seals\/date=2026-11-14\/seal\.json/)
  await rm(at('rollups/target=prod-eu/date=2026-11-15'), { recursive: true })
  const short = await run({ store, part: true })
  expect(short.code).toBe(1)
  expect(short.printed).toMatch(/missing {2}rollups\/target=prod-eu\/date=2026-11-15\/hour=23/)
  expect((await run({ store: part, part: true })).code).toBe(0)
  await rm(moved.folder, { recursive: true })
}, 60_000)

test('each object that is written once has one version and no delete marker; others may have many', () => {
  const version = { isDeleteMarker: false, isKept: true, modified: '2026-11-16T02:20:00Z' }
  const [seal, rollup] = [sealKey('2026-11-16'), rollupKey('prod-eu', 0)]
  const declared = declarationKey({
    kind: 'register',
    from: '2026-11-16',
    recorded: '2026-11-16T08:00:00Z',
    sha256: '0'.repeat(64),
  })
  const whole = [seal, rollup, declared, publicKeyKey('0'.repeat(64)), 'checkpoints/prod-eu', 'checkpoints/prod-eu']
  expect(verifyVersions(whole.map((key) => ({ ...version, key })))).toEqual({ objects: 4, isKept: true, problems: [] })
  const spoilt = [
    { ...version, key: rollup },
    { ...version, key: rollup, modified: '' },
    { ...version, key: seal, isDeleteMarker: true },
  ]
  expect(verifyVersions(spoilt).problems).toEqual([
    { kind: 'replaced', key: rollup, message: 'has 2 versions, of 2026-11-16T02:20:00Z, an unknown time' },
    { kind: 'deleted', key: seal, message: 'a delete marker lies on it, of 2026-11-16T02:20:00Z' },
  ])
})

test('who may not see versions is told so, and any other failure is one', async () => {
  const failing = (message: string) => ({ versions: () => Promise.reject(new Error(message)) })
  expect(
    await verifyStoredVersions(failing('store: cannot list s3://b/seals/: access is denied; allow')),
  ).toHaveProperty('unknown')
  await expect(verifyStoredVersions(failing('S3 answered 500'))).rejects.toThrow('S3 answered 500')
})

test('versions of a bucket are listed in pages, and asked for with the permission that they need', async () => {
  const aws = await startAws()
  const before = { ...process.env }
  Object.assign(process.env, aws.env)
  try {
    aws.createBucket('ledger', { pageSize: 2 })
    const store = s3Store({ client: s3Client(), bucket: 'ledger', prefix: 'a b' })
    const keys = [1, 2, 3, 4, 5].map((day) => sealKey(`2026-11-0${day}`))
    for (const key of keys) await store.put(key, Buffer.from(key), 'absent')
    await store.put(keys[2], Buffer.from('another'), 'always')
    expect((await store.versions('seals/')).map(({ key }) => key)).toEqual([...keys, keys[2]].sort())
    expect(aws.requests.at(-1)?.action).toBe('s3:ListBucketVersions')
    aws.authorize = () => false
    expect(await verifyStoredVersions(store)).toHaveProperty('unknown')
  } finally {
    await aws.close()
    process.env = before
  }
})

const present = hasMoto ? describe : describe.skip
const how = hasMoto ? '' : " (no moto; pip install 'moto[server]' lets this run)"
present(`in a bucket that others wrote${how}`, () => {
  const before = { ...process.env }
  let moto: Moto
  beforeAll(async () => {
    moto = await startMoto()
    Object.assign(process.env, {
      ...{ AWS_ENDPOINT_URL: moto.url, AWS_REGION: 'eu-west-1' },
      ...{ AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' },
      ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
    })
  }, 60_000)
  afterAll(() => {
    moto?.stop()
    process.env = before
  })

  const bucketWith = async (bucket: string, isVersioned: boolean) => {
    const client = s3Client()
    await client.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
    )
    if (isVersioned) {
      await client.send(
        new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }),
      )
    }
    const store = s3Store({ client, bucket, prefix: 'a b/ledger' })
    for (const day of [10, 11, 12]) await store.put(sealKey(`2026-11-${day}`), Buffer.from(`${day}`), 'absent')
    return { client, store }
  }

  test('what was replaced and what was deleted is found, and that a bucket keeps no versions is told', async () => {
    const { client, store } = await bucketWith('kept', true)
    expect(await verifyStoredVersions(store)).toEqual({ objects: 3, isKept: true, problems: [] })
    const place = (date: string) => ({ Bucket: 'kept', Key: `a b/ledger/${sealKey(date)}` })
    await client.send(new PutObjectCommand({ ...place('2026-11-10'), Body: 'other' }))
    await client.send(new DeleteObjectCommand(place('2026-11-11')))
    expect(await verifyStoredVersions(store)).toMatchObject({
      problems: [
        { kind: 'replaced', key: sealKey('2026-11-10'), message: expect.stringMatching(/^has 2 versions, of \d{4}-/) },
        { kind: 'deleted', key: sealKey('2026-11-11') },
      ],
    })
    expect(await verifyStoredVersions((await bucketWith('plain', false)).store)).toMatchObject({
      isKept: false,
      problems: [],
    })
  })

  test('more versions than stand on a page are all listed', async () => {
    const { store } = await bucketWith('many', true)
    const keys = Array.from({ length: 1005 }, (_, at) => rollupKey('prod-eu', at * 3_600_000))
    for (const key of keys) await store.put(key, Buffer.from('x'), 'absent')
    expect((await store.versions('rollups/')).map(({ key }) => key)).toEqual(keys.toSorted())
  }, 60_000)
})
