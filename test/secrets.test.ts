import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveSecret } from '../functions/secrets.ts'
import type { SecretReader } from '../functions/secrets-manager.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'))
})

afterAll(() => rm(folder, { recursive: true }))

test('reads a secret from the environment', async () => {
  expect(await resolveSecret('env:PROM_TOKEN', { env: { PROM_TOKEN: 'abc' } })).toBe('abc')
})

test.each([
  ['abc', 'abc'],
  ['abc\n', 'abc'],
  ['abc\r\n', 'abc'],
  ['abc\n\n', 'abc\n'],
  [' a b ', ' a b '],
])('reads a secret from a file, without one trailing line break: %j', async (content, secret) => {
  await writeFile(join(folder, 'token'), content)
  expect(await resolveSecret(`file:${join(folder, 'token')}`)).toBe(secret)
})

test('names the reference when there is nothing behind it', async () => {
  await writeFile(join(folder, 'empty'), '\n')
  await expect(resolveSecret('env:PROM_TOKEN', { env: {} })).rejects.toThrow(
    'secret env:PROM_TOKEN is not there; set the environment variable PROM_TOKEN',
  )
  await expect(resolveSecret('env:PROM_TOKEN', { env: { PROM_TOKEN: '' } })).rejects.toThrow(
    'secret env:PROM_TOKEN is empty',
  )
  await expect(resolveSecret(`file:${folder}/empty`)).rejects.toThrow(`secret file:${folder}/empty is empty`)
  await expect(resolveSecret(`file:${folder}/none`)).rejects.toThrow(
    `secret file:${folder}/none cannot be read (ENOENT); check that the file exists and who may read it`,
  )
  await expect(resolveSecret(`file:${folder}`)).rejects.toThrow('(EISDIR)')
})

test.each(['hunter2', '', 'env:', 'ENV:PROM_TOKEN', ' env:PROM_TOKEN', 'arn:aws:s3:::bucket/secret'])(
  'refuses %j, which is no reference, without repeating what may be the secret itself',
  async (ref) => {
    await expect(resolveSecret(ref, { env: { PROM_TOKEN: 'abc' } })).rejects.toThrow(
      /^a secret is given as env:NAME, file:PATH or the ARN of a secret in Secrets Manager, and this is none of them$/,
    )
  },
)

describe('a secret in Secrets Manager', () => {
  const ARN = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:prom/auth-AbCdEf'
  const holding = (text: string) => ({ manager: async () => text })

  test.each([
    ['abc', '', 'abc'],
    ['abc\n', '', 'abc'],
    ['{"token":"abc"}', '', '{"token":"abc"}'],
    ['{"token":"abc","other":1}', ':token', 'abc'],
    ['{"token":"abc\\n"}', ':token::', 'abc'],
    ['{"a b/c":"d"}', ':a b/c', 'd'],
  ])('%j%s is %j', async (text, key, secret) => {
    expect(await resolveSecret(ARN + key, holding(text))).toBe(secret)
  })

  test.each([
    ['hunter2', ':token', 'is no JSON, so it has no keys; store it as JSON, or leave the key out'],
    ['{"token":"hunter2"', ':token', 'is no JSON, so it has no keys; store it as JSON, or leave the key out'],
    ['["hunter2"]', ':0', 'is no JSON object, so it has no keys; store it as one, or leave the key out'],
    ['null', ':token', 'is no JSON object, so it has no keys; store it as one, or leave the key out'],
    ['{"tokens":"hunter2"}', ':token', 'has no such key; check how it is spelt in the secret'],
    ['{"token":"hunter2"}', ':constructor', 'has no such key; check how it is spelt in the secret'],
    ['{"token":"hunter2"}', ':__proto__', 'has no such key; check how it is spelt in the secret'],
    ['{"token":{"a":"hunter2"}}', ':token', 'holds no text under its key; store it in quotes'],
    ['{"token":31337}', ':token', 'holds no text under its key; store it in quotes'],
    ['{"token":""}', ':token', 'is empty; put the value there'],
    ['\n', '', 'is empty; put the value there'],
  ])('%j%s is refused with the reference alone', async (text, key, reason) => {
    await expect(resolveSecret(ARN + key, holding(text))).rejects.toThrow(new Error(`secret ${ARN}${key} ${reason}`))
  })

  test('is asked for by its ARN and region, no older than is wanted', async () => {
    const asked: unknown[] = []
    const manager: SecretReader = async (...args) => {
      asked.push(args)
      return '{"a":"b"}'
    }
    await resolveSecret(ARN, { manager })
    await resolveSecret(`${ARN}:a`, { manager, notBefore: 7 })
    const secret = expect.objectContaining({ arn: ARN, region: 'eu-west-1' })
    expect(asked).toEqual([
      [secret, 0],
      [secret, 7],
    ])
  })
})
