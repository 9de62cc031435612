/** The bucket's contract once more, against an S3 that others wrote. */
import { createHash } from 'node:crypto'
import { CreateBucketCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { sealKey } from '#core/keys.ts'
import { mapConcurrently } from '../functions/concurrency.ts'
import { s3Client, s3Store } from '../functions/store/s3.ts'
import { hasMoto, type Moto, startMoto } from './moto.ts'
import { storeContract } from './store-contract.ts'

const present = hasMoto ? describe : describe.skip
const how = hasMoto ? '' : " (no moto; pip install 'moto[server]' lets this run)"

present(`an S3 that others wrote${how}`, () => {
  let moto: Moto
  let buckets = 0
  beforeAll(async () => {
    moto = await startMoto()
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: moto.url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    })
  })
  afterAll(() => moto?.stop())

  storeContract(
    "moto's bucket",
    async () => {
      const client = s3Client()
      const bucket = `contract-${++buckets}`
      const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const
      await client.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }))
      return s3Store({ client, bucket, prefix: 'ledger' })
    },
    // moto looks at a condition and writes in two steps, so of two writers at once both may be told that they won.
    { etagOf: 'content', atomic: false },
  )

  test('takes the headers of a locked object, and gives its SHA-256 back', async () => {
    const client = s3Client()
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const
    const locked = { Bucket: 'locked', CreateBucketConfiguration, ObjectLockEnabledForBucket: true }
    await client.send(new CreateBucketCommand(locked))
    const store = s3Store({ client, bucket: 'locked', retention: { days: 400, mode: 'compliance' } })
    const key = sealKey('2026-07-01')
    await store.put(key, Buffer.from('sealed'), 'absent')
    const { ObjectLockMode, ObjectLockRetainUntilDate, ChecksumSHA256 } = await client.send(
      new HeadObjectCommand({ Bucket: 'locked', Key: key, ChecksumMode: 'ENABLED' }),
    )
    const days = ((ObjectLockRetainUntilDate?.getTime() ?? 0) - Date.now()) / 86_400_000
    expect([ObjectLockMode, Math.round(days)]).toEqual(['COMPLIANCE', 400])
    expect(ChecksumSHA256).toBe(createHash('sha256').update('sealed').digest('base64'))
  })

  test('lists more objects than stand on a page', async () => {
    const client = s3Client()
    const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const
    await client.send(new CreateBucketCommand({ Bucket: 'many', CreateBucketConfiguration }))
    const store = s3Store({ client, bucket: 'many' })
    const keys = Array.from({ length: 1001 }, (_, i) => `daily/${String(i).padStart(4, '0')}`)
    const written = mapConcurrently(keys, 16, (key) => store.put(key, Buffer.from('x'), 'absent'))
    for await (const result of written) expect(result.outcome).toBe('written')
    expect((await store.list('daily/')).map(({ key }) => key)).toEqual(keys)
  })

  test('says so when there is no bucket', async () => {
    const store = s3Store({ client: s3Client(), bucket: 'nobodys' })
    await expect(store.get('daily/x')).rejects.toThrow('there is no such bucket; create it, or correct "store:"')
  })
})
