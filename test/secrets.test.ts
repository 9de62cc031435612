import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { redaction, resolveSecret } from '../functions/secrets.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'))
})

afterAll(() => rm(folder, { recursive: true }))

test('reads a secret from the environment', async () => {
  expect(await resolveSecret('env:PROM_TOKEN', { PROM_TOKEN: 'abc' })).toBe('abc')
})

test.each([
  ['abc', 'abc'],
  ['abc\n', 'abc'],
  ['abc\r\n', 'abc'],
  ['abc\n\n', 'abc\n'],
  [' a b ', ' a b '],
])('reads a secret from a file, without one trailing line break: %j', async (content, secret) => {
  await writeFile(join(folder, 'token'), content)
  expect(await resolveSecret(`file:${join(folder, 'token')}`, {})).toBe(secret)
})

test('names the reference when there is nothing behind it', async () => {
  await writeFile(join(folder, 'empty'), '\n')
  await expect(resolveSecret('env:PROM_TOKEN', {})).rejects.toThrow(
    'secret env:PROM_TOKEN is not there; set the environment variable PROM_TOKEN',
  )
  await expect(resolveSecret('env:PROM_TOKEN', { PROM_TOKEN: '' })).rejects.toThrow('secret env:PROM_TOKEN is empty')
  await expect(resolveSecret(`file:${folder}/empty`)).rejects.toThrow(`secret file:${folder}/empty is empty`)
  await expect(resolveSecret(`file:${folder}/none`)).rejects.toThrow(
    `secret file:${folder}/none cannot be read (ENOENT); check that the file exists and who may read it`,
  )
  await expect(resolveSecret(`file:${folder}`)).rejects.toThrow('(EISDIR)')
})

test.each([
  'hunter2',
  '',
  'env:',
  'file:',
  'ENV:PROM_TOKEN',
  ' env:PROM_TOKEN',
  'arn:aws:secretsmanager:eu-central-1:123456789012:secret:prom-AbCdEf',
])('refuses %j, which is no reference, without repeating what may be the secret itself', async (ref) => {
  await expect(resolveSecret(ref, { PROM_TOKEN: 'abc' })).rejects.toThrow(
    /^a secret is given as env:NAME or file:PATH, and this is neither$/,
  )
})

test.each([
  ['Bearer s3cret', 'said s3cret twice: s3cret', 'said [redacted] twice: [redacted]'],
  ['Basic dXNlcjpzM2NyZXQ=', 'dXNlcjpzM2NyZXQ= is user:s3cret', '[redacted] is [redacted]'],
  ['Basic dXNlcjpzM2NyZXQ=', 's3cret alone', '[redacted] alone'],
  ['', 'nothing to hide', 'nothing to hide'],
])('takes the credentials of %j out of %j', (authorization, text, clean) => {
  expect(redaction(authorization)(text)).toBe(clean)
})
