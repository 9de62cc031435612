/** Signing keys and what is signed with them: in a file, and in a KMS that others wrote. */
import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { type PublicKey, readPublicKey } from '#core/public-key.ts'
import { seal } from '../functions/command/seal.ts'
import { kmsSigner } from '../functions/signing/kms.ts'
import { makeLocalKey, readLocalKey } from '../functions/signing/local-key.ts'
import { openSigner } from '../functions/signing/open-signer.ts'
import { hasMoto, type Moto, startMoto } from './moto.ts'

const MESSAGE = Buffer.from('{"a seal": true}\n')

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharfage-keys-'))
})

afterAll(() => rm(folder, { recursive: true }))

/** What openssl, which knows nothing of us, says of a signature. */
async function openssl(key: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const at = (name: string) => join(folder, name)
  await writeFile(at('pub.pem'), key.pem)
  await writeFile(at('message'), message)
  await writeFile(at('signature'), signature)
  const check =
    key.algorithm === 'Ed25519'
      ? [
          'pkeyutl',
          '-verify',
          '-pubin',
          '-inkey',
          at('pub.pem'),
          '-rawin',
          '-in',
          at('message'),
          '-sigfile',
          at('signature'),
        ]
      : ['dgst', '-sha256', '-verify', at('pub.pem'), '-signature', at('signature'), at('message')]
  try {
    execFileSync('openssl', check, { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

async function sentenceOf(failing: Promise<unknown>): Promise<string> {
  return failing.then(
    () => 'it did not fail',
    (error: Error) => error.message,
  )
}

const pem = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) => key.export({ type: 'pkcs8', format: 'pem' })

describe('a key in a file', () => {
  test('is made for its owner alone, never over another, and signs what openssl verifies', async () => {
    const path = join(folder, 'new.pem')
    const made = await makeLocalKey(path)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const before = await readFile(path)
    await expect(makeLocalKey(path)).rejects.toThrow(
      `signing key ${path} is there already, and no key is ever written over`,
    )
    expect(await readFile(path)).toEqual(before)

    const { publicKey, sign } = await readLocalKey(path)
    expect([publicKey.keyId, publicKey.pem, publicKey.algorithm]).toEqual([made.keyId, made.pem, 'Ed25519'])
    const der = execFileSync('openssl', ['pkey', '-in', path, '-pubout', '-outform', 'DER'])
    expect(publicKey.keyId).toBe(execFileSync('sha256sum', { input: der, encoding: 'utf8' }).slice(0, 64))
    const signature = await sign(MESSAGE)
    expect(await openssl(publicKey, MESSAGE, signature)).toBe(true)
    expect(await openssl(publicKey, Buffer.from('another'), signature)).toBe(false)
  })

  test('may be one of ECDSA on P-256 that somebody else made', async () => {
    const path = join(folder, 'p256.pem')
    await writeFile(path, pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey))
    const { publicKey, sign } = await readLocalKey(path)
    expect(publicKey.algorithm).toBe('ECDSA-P256-SHA256')
    expect(await openssl(publicKey, MESSAGE, await sign(MESSAGE))).toBe(true)
  })

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'x', type: 'pkcs8', format: 'pem' } as const
  test.each<[string, string | Buffer, string]>([
    ['another algorithm', pem(rsa.privateKey), 'is an rsa; seals are signed with Ed25519, or ECDSA on P-256'],
    ['another curve', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), 'is an ec key on secp384r1'],
    ['a passphrase', rsa.privateKey.export(cipher), 'is encrypted; give one without a passphrase'],
    ['only the public key', rsa.publicKey.export({ type: 'spki', format: 'pem' }), 'holds no private key in PEM'],
    ['nothing', '', 'holds no private key in PEM'],
    [
      'junk in PEM',
      '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      'cannot be read as a private key',
    ],
  ])('with %s is refused in a sentence that holds nothing of it', async (_, text, reason) => {
    const path = join(folder, 'wrong.pem')
    await writeFile(path, text)
    const message = await sentenceOf(readLocalKey(path))
    expect(message).toContain(`signing key ${path} ${reason}`)
    expect(message).not.toContain('MII')
    await rm(path)
    await expect(readLocalKey(path)).rejects.toThrow(`make one with "wharfage seal --new-key ${path}"`)
  })

  test('is made by the command, which prints the public half and no more', async () => {
    const printed: string[] = []
    const terminal = {
      out: async (text: string | Uint8Array) => void printed.push(String(text)),
      ...{ say: () => {}, progress: () => {}, stop: new AbortController().signal, cwd: folder },
    }
    expect(await seal.run({ 'new-key': 'by-command.pem' }, [], terminal)).toBe(0)
    const { publicKey } = await readLocalKey(join(folder, 'by-command.pem'))
    expect(readPublicKey(printed.join(''), 'it').keyId).toBe(publicKey.keyId)
    expect(printed.join('')).not.toContain('PRIVATE')
  })

  test('is none where the configuration names none', async () => {
    expect(await openSigner(null)).toBeNull()
  })
})

test('whoever gives a private key to verify with is told so', () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  expect(() => readPublicKey(String(pem(privateKey)), '--key x.pem')).toThrow('--key x.pem holds a private key')
})

describe('a key in KMS', () => {
  test('is asked for its public half once, given the SHA-256 of what it signs, and openssl verifies the whole', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(join(folder, 'kms.pem'), pem(privateKey))
    const asked: string[] = []
    const client = {
      async send({ input }: { input: { Message?: Uint8Array; MessageType?: string; SigningAlgorithm?: string } }) {
        const { Message: digest, MessageType, SigningAlgorithm } = input
        asked.push([MessageType, SigningAlgorithm].join(' '))
        const der = publicKey.export({ type: 'spki', format: 'der' })
        if (digest === undefined) return { PublicKey: der, KeyUsage: 'SIGN_VERIFY' }
        return {
          Signature: execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', join(folder, 'kms.pem')], {
            input: digest,
          }),
        }
      },
    }
    const signer = await kmsSigner('alias/seals', client as never)
    for (const message of [MESSAGE, Buffer.alloc(10_000)]) {
      expect(await openssl(signer.publicKey, message, await signer.sign(message))).toBe(true)
    }
    expect(asked).toEqual([' ', 'DIGEST ECDSA_SHA_256', 'DIGEST ECDSA_SHA_256'])
  })

  test.each([
    ['NotFoundException', 'does not exist in KMS; check the ARN or the alias, and the region'],
    ['AccessDeniedException', 'may not be used; allow kms:GetPublicKey on it'],
    ['DisabledException', 'cannot be used in its state; enable it, or cancel its deletion'],
    ['AbortError', 'was not answered for within 10 s'],
    ['secret\nhunter2', 'cannot be used (Error); check the way to KMS and its state'],
  ])('that answers %j is told in a sentence without the answer', async (name, reason) => {
    const client = { send: () => Promise.reject(Object.assign(new Error('hunter2'), { name })) }
    const message = await sentenceOf(kmsSigner('alias/x', client as never))
    expect(message).toContain(`signing key alias/x ${reason}`)
    expect(message).not.toContain('hunter2')
  })

  const present = hasMoto ? describe : describe.skip
  const how = hasMoto ? '' : " (no moto; pip install 'moto[server]' lets this run)"
  present(`that others wrote${how}`, () => {
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

    const make = async (
      spec: 'ECC_NIST_P256' | 'ECC_NIST_P384' | 'RSA_2048',
      usage: 'SIGN_VERIFY' | 'ENCRYPT_DECRYPT',
    ) => {
      const made = await new KMSClient().send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: usage }))
      return made.KeyMetadata?.Arn ?? ''
    }

    test('signs what it is given', async () => {
      const signer = await openSigner({ kind: 'kms', keyId: await make('ECC_NIST_P256', 'SIGN_VERIFY') })
      const signature = (await signer?.sign(MESSAGE)) ?? new Uint8Array()
      // moto does not look at MessageType, and signs the digest as if it were the message.
      const given = createHash('sha256').update(MESSAGE).digest()
      expect(await openssl(signer?.publicKey as PublicKey, given, signature)).toBe(true)
      expect(await openssl(signer?.publicKey as PublicKey, Buffer.from('another'), signature)).toBe(false)
    })

    test('of another kind is refused', async () => {
      await expect(kmsSigner(await make('ECC_NIST_P384', 'SIGN_VERIFY'))).rejects.toThrow('is an ec key on secp384r1')
      await expect(kmsSigner(await make('RSA_2048', 'ENCRYPT_DECRYPT'))).rejects.toThrow('is for ENCRYPT_DECRYPT')
      await expect(kmsSigner('alias/nobodys')).rejects.toThrow('signing key alias/nobodys does not exist in KMS')
    })
  })
})
