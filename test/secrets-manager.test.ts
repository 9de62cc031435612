import { fetchSecret, keptSecrets } from '../functions/secrets-manager.ts'
import { type Aws, startAws } from './aws.ts'

const REGION = 'eu-west-1'
const ARN = `arn:aws:secretsmanager:${REGION}:000000000000:secret:prom-AbCdEf`
const VALUE = 'hunter2-and-more'
const MINUTE = 60_000

describe('the real client', () => {
  const before = { ...process.env }
  let aws: Aws

  beforeEach(async () => {
    aws = await startAws()
    Object.assign(process.env, aws.env)
    aws.secrets.set(ARN, VALUE)
  })

  afterEach(async () => {
    await aws.close()
    for (const name of Object.keys(aws.env)) delete process.env[name]
    Object.assign(process.env, before)
  })

  test('reads a text', async () => {
    expect(await fetchSecret(ARN, REGION)).toBe(VALUE)
    expect(aws.requests.map(({ action, resource }) => [action, resource])).toEqual([
      ['secretsmanager:GetSecretValue', ARN],
    ])
  })

  test("asks in the secret's own region, wherever this process runs", async () => {
    const elsewhere = ARN.replace(REGION, 'ap-southeast-2')
    aws.secrets.set(elsewhere, VALUE)
    expect(await fetchSecret(elsewhere, 'ap-southeast-2')).toBe(VALUE)
    expect(aws.requests[0].headers.authorization).toContain('/ap-southeast-2/secretsmanager/aws4_request')
  })

  test('asks once more when the answer is lost, and no third time', async () => {
    aws.fault({ kind: 'lose response' })
    expect(await fetchSecret(ARN, REGION)).toBe(VALUE)
    expect(aws.requests).toHaveLength(2)
    aws.fault({ kind: 'lose request' }, { times: 9 })
    await expect(fetchSecret(ARN, REGION)).rejects.toThrow(
      new RegExp(`^secret ${ARN} cannot be read \\(\\w+\\); check the way to Secrets Manager and its state$`),
    )
    expect(aws.requests).toHaveLength(4)
  })

  const refusals: [what: string, prepare: () => void, reason: string][] = [
    [
      'is not there',
      () => aws.secrets.delete(ARN),
      'does not exist in Secrets Manager; check the ARN, its region and its last six characters',
    ],
    [
      'may not be read',
      () => {
        aws.authorize = () => false
      },
      'may not be read; allow this role secretsmanager:GetSecretValue on it, and kms:Decrypt on its key',
    ],
    [
      'is bytes',
      () => aws.secrets.set(ARN, Buffer.from(VALUE)),
      'is binary, and only text can be used; store it as a string',
    ],
    [
      'is to be deleted',
      () => aws.fault({ kind: 'answer', status: 400, code: 'InvalidRequestException', message: VALUE }),
      'cannot be read in its state; check whether it is to be deleted, and restore it',
    ],
    [
      'cannot be decrypted',
      () => aws.fault({ kind: 'answer', status: 400, code: 'DecryptionFailure', message: VALUE }),
      'cannot be decrypted; allow this role kms:Decrypt on its key, and check that the key is enabled',
    ],
    [
      'is behind an error with a hostile name',
      () => aws.fault({ kind: 'answer', status: 400, code: `x${VALUE}\n`, message: VALUE }, { times: 2 }),
      'cannot be read (Error); check the way to Secrets Manager and its state',
    ],
    [
      'needs credentials that are not there',
      () => {
        delete process.env.AWS_ACCESS_KEY_ID
        delete process.env.AWS_SECRET_ACCESS_KEY
      },
      'cannot be read without AWS credentials; give this process a role or a profile',
    ],
  ]
  test.each(refusals)(
    'says of a secret that %s what to do, and nothing that was answered',
    async (_, prepare, reason) => {
      prepare()
      await expect(fetchSecret(ARN, REGION)).rejects.toThrow(new Error(`secret ${ARN} ${reason}`))
    },
  )

  test('waits no longer than it is told', async () => {
    let release = () => {}
    aws.fault({ kind: 'wait', until: new Promise<void>((resolve) => (release = resolve)) }, { times: 2 })
    await expect(fetchSecret(ARN, REGION, 300)).rejects.toThrow(
      `secret ${ARN} was not read within 0.3 s; check the way to Secrets Manager, such as a VPC endpoint`,
    )
    release()
  })
})

describe('what is kept', () => {
  let at: number
  let asked: string[]
  let answers: (() => Promise<string>)[]
  const secret = { arn: ARN, region: REGION }
  const read = () =>
    keptSecrets(
      async (arn) => {
        asked.push(arn)
        return answers.length > 0 ? await answers.shift()!() : `${arn} read ${asked.length}`
      },
      () => at,
    )

  beforeEach(() => {
    at = 1_700_000_000_000
    asked = []
    answers = []
  })

  test('serves for 15 minutes and not longer', async () => {
    const reader = read()
    const first = await reader(secret, 0)
    at += 15 * MINUTE
    expect(await reader(secret, 0)).toBe(first)
    expect(asked).toHaveLength(1)
    at += 1
    expect(await reader(secret, 0)).toBe(`${ARN} read 2`)
    at -= 60 * MINUTE
    expect(await reader(secret, 0)).toBe(`${ARN} read 3`)
  })

  test('is one reading for all who ask at the same time, and one for each secret', async () => {
    const reader = read()
    const other = { ...secret, arn: ARN.replace('prom', 'grafana') }
    const values = await Promise.all([reader(secret, 0), reader(other, 0), reader(secret, 0)])
    expect(asked).toEqual([ARN, other.arn])
    expect(values[2]).toBe(values[0])
    expect(values[1]).not.toBe(values[0])
  })

  test('is read again when it is older than it may be, once for all who say so', async () => {
    const reader = read()
    await reader(secret, 0)
    at += 5
    await Promise.all([reader(secret, at), reader(secret, at)])
    expect(asked).toHaveLength(2)
    expect(await reader(secret, 0)).toBe(`${ARN} read 2`)
  })

  test('is never a failure', async () => {
    const reader = read()
    answers = [() => Promise.reject(new Error('busy'))]
    await expect(Promise.all([reader(secret, 0), reader(secret, 0)])).rejects.toThrow('busy')
    expect(asked).toHaveLength(1)
    expect(await reader(secret, 0)).toBe(`${ARN} read 2`)
  })

  test('is not thrown away by an older failure that comes late', async () => {
    const reader = read()
    let fail = (_: Error) => {}
    answers = [() => new Promise((_, reject) => (fail = reject))]
    const early = reader(secret, 0)
    at += 1
    const late = await reader(secret, at)
    fail(new Error('busy'))
    await expect(early).rejects.toThrow('busy')
    expect(await reader(secret, 0)).toBe(late)
    expect(asked).toHaveLength(2)
  })
})
