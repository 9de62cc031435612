import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { publicKeyKey, sealKey, signatureKey } from '#core/keys.ts'
import { publicKeyOf } from '#core/public-key.ts'
import { decodeSignature, encodeSignature, SIGNATURE_ALGORITHMS, type Signature } from '#core/signature.ts'
import type { Signer } from '../functions/signing/signer.ts'
import { SealRefusal, sealDays } from '../functions/stage/seal.ts'
import { verifyStoredSignatures } from '../functions/stage/verify-signatures.ts'
import type { Store } from '../functions/store/store.ts'
import { DATES, eu, ledger, NOW, objectsOf, storeOf, us } from './sealed-ledger.ts'

const hex = fc.stringMatching(/^[0-9a-f]{64}$/)
const signature = fc.record({
  schema: fc.constant(1 as const),
  algorithm: fc.constantFrom(...SIGNATURE_ALGORITHMS),
  keyId: hex,
  over: fc.record({ key: fc.constantFrom(...DATES).map(sealKey), sha256: hex }),
  signature: fc.uint8Array({ minLength: 48, maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64')),
})

function newSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return { publicKey: publicKeyOf(publicKey, 'test'), sign: async (message) => sign(null, message, key) }
}

const [FIRST, SECOND_KEY] = [newSigner(), newSigner()]

/** The three days of two meshes, sealed with these signers in turn, the first of which may be none. */
async function signedBy(...signers: (Signer | null)[]): Promise<Store> {
  const store = await storeOf(ledger(eu, us))
  for (const [at, signer] of signers.entries()) {
    await sealDays(store, { now: () => NOW, signer: async () => signer, days: at === signers.length - 1 ? 400 : 1 })
  }
  return store
}

const told = async (store: Store, ...signers: Signer[]) => {
  const { problems } = await verifyStoredSignatures(
    store,
    signers.map(({ publicKey }) => publicKey),
  )
  return problems.map(({ kind, key }) => `${kind} ${key}`)
}

/** The same store with one object replaced, or taken out. */
async function spoilt(store: Store, key: string, bytes: Uint8Array | null): Promise<Store> {
  const objects = await objectsOf(store)
  if (bytes === null) objects.delete(key)
  else objects.set(key, bytes)
  return storeOf(objects)
}

const bytesOf = async (store: Store, key: string) => (await store.get(key))?.bytes ?? new Uint8Array()

test('what is written is read back, and nothing else is read', () => {
  fc.assert(
    fc.property(signature, (one) => {
      expect(decodeSignature(encodeSignature(one), 'x')).toEqual(one)
      expect(encodeSignature(decodeSignature(encodeSignature(one), 'x'))).toEqual(encodeSignature(one))
    }),
  )
  fc.assert(
    fc.property(signature, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, place, change) => {
      const bytes = encodeSignature(one)
      bytes[place % bytes.length] ^= change
      let read: Signature | null = null
      try {
        read = decodeSignature(bytes, 'x')
      } catch (error) {
        expect((error as Error).message).toMatch(/^signature x cannot be read: /)
      }
      if (read !== null) expect(read).not.toEqual(one)
    }),
  )
})

test.each([
  ['null', 'its schema is undefined'],
  ['[]', 'its schema is undefined'],
  ['{"schema":2}', 'its schema is 2, this version reads 1; install a newer wharfage'],
  ['{"schema":1,"algorithm":"RSA"}', 'its algorithm is none of Ed25519, ECDSA-P256-SHA256'],
  ['{', 'its 1 bytes are no JSON'],
])('%s is no signature', (text, reason) => {
  expect(() => decodeSignature(Buffer.from(text), 'k')).toThrow(`signature k cannot be read: ${reason}`)
})

test('every seal gets one beside it, and the public key is kept', async () => {
  const store = await signedBy(FIRST)
  expect(await told(store, FIRST)).toEqual([])
  const state = await verifyStoredSignatures(store, [FIRST.publicKey])
  expect([state.signed, state.unsigned, state.isChecked]).toEqual([3, 0, true])
  expect(Buffer.from(await bytesOf(store, publicKeyKey(FIRST.publicKey.keyId))).toString()).toBe(FIRST.publicKey.pem)
})

test('seals of before there was a key are signed afterwards, and that is told', async () => {
  const store = await signedBy(null, null)
  const before = await objectsOf(store, 'seals/')
  expect([...before.keys()]).toEqual(DATES.map(sealKey))
  const { sealed, signed } = await sealDays(store, { now: () => NOW, signer: async () => FIRST })
  expect([sealed, signed]).toEqual([[], DATES])
  expect(await told(store, FIRST)).toEqual([])
  expect((await sealDays(store, { now: () => NOW, signer: async () => FIRST })).signed).toEqual([])
  for (const [key, bytes] of before) expect(await bytesOf(store, key)).toEqual(bytes)
})

test('no seal is signed where one was altered, or its signer would vouch for what it never saw', async () => {
  const store = await signedBy(null)
  const text = Buffer.from(await bytesOf(store, sealKey(DATES[1]))).toString()
  const altered = await spoilt(
    store,
    sealKey(DATES[1]),
    Buffer.from(text.replace(/"rollups": (\d+)/, '"rollups": 1$1')),
  )
  await expect(sealDays(altered, { now: () => NOW, signer: async () => FIRST })).rejects.toThrow(
    /^no seal is signed while the seals do not hold: \w+ seals\/date=2026-11-\d\d\/seal\.json: /,
  )
  expect((await objectsOf(altered, 'seals/')).size).toBe(3)
  expect((await objectsOf(altered, 'keys/')).size).toBe(0)
})

test('after a change of keys each seal is good by the key of its time, and both are needed', async () => {
  const store = await signedBy(FIRST, SECOND_KEY)
  expect(await told(store, FIRST, SECOND_KEY)).toEqual([])
  expect(await told(store, SECOND_KEY)).toEqual([`foreign ${signatureKey(DATES[0])}`])
  expect(await told(store, FIRST)).toEqual(DATES.slice(1).map((date) => `foreign ${signatureKey(date)}`))
  const { keys } = await verifyStoredSignatures(store)
  expect(keys.map(({ seals, first, last }) => [seals, first, last])).toEqual([
    [1, DATES[0], DATES[0]],
    [2, DATES[1], DATES[2]],
  ])
})

test('unsigned, by another key, altered and orphaned are told apart', async () => {
  const store = await signedBy(FIRST)
  const key = signatureKey(DATES[1])
  const good = decodeSignature(await bytesOf(store, key), key)
  const other = decodeSignature(await bytesOf(store, signatureKey(DATES[0])), key)
  const cases: [string, Store, string][] = [
    ['taken out', await spoilt(store, key, null), `unsigned ${sealKey(DATES[1])}`],
    ['of another seal', await spoilt(store, key, encodeSignature(other)), `altered ${key}`],
    [
      'with another’s bytes',
      await spoilt(store, key, encodeSignature({ ...good, signature: other.signature })),
      `altered ${key}`,
    ],
    [
      'of another algorithm',
      await spoilt(store, key, encodeSignature({ ...good, algorithm: 'ECDSA-P256-SHA256' })),
      `altered ${key}`,
    ],
    [
      'in another’s name',
      await spoilt(store, key, encodeSignature({ ...good, keyId: SECOND_KEY.publicKey.keyId })),
      `foreign ${key}`,
    ],
    ['unreadable', await spoilt(store, key, Buffer.from('{}')), `altered ${key}`],
    ['with its seal gone', await spoilt(store, sealKey(DATES[1]), null), `missing ${sealKey(DATES[1])}`],
  ]
  for (const [what, spoiled, expected] of cases) expect([what, await told(spoiled, FIRST)]).toEqual([what, [expected]])
  const seal = Buffer.from(await bytesOf(store, sealKey(DATES[1])))
  seal[seal.length - 3] ^= 1
  expect(await told(await spoilt(store, sealKey(DATES[1]), seal), FIRST)).toEqual([`altered ${key}`])
})

test('without a key nothing is held to be checked, but what contradicts itself is told', async () => {
  const state = await verifyStoredSignatures(await signedBy(null, FIRST))
  expect([state.isChecked, state.problems]).toEqual([false, []])
  const store = await spoilt(await signedBy(FIRST), signatureKey(DATES[0]), Buffer.from('x'))
  expect((await verifyStoredSignatures(store)).problems).toHaveLength(1)
})

test('where no key can be had, days are sealed all the same, and the failure is told with what was done', async () => {
  const store = await storeOf(ledger(eu, us))
  const signer = () => Promise.reject(new Error('signing key x.pem: there is no such file'))
  const refusal = await sealDays(store, { now: () => NOW, signer }).catch((error) => error)
  expect(refusal).toBeInstanceOf(SealRefusal)
  expect([refusal.message, refusal.summary.sealed]).toEqual(['signing key x.pem: there is no such file', DATES])
  expect((await objectsOf(store, 'seals/')).size).toBe(3)
})

test('a signature that another run was first with stands', async () => {
  const store = await signedBy(FIRST)
  const before = await bytesOf(store, signatureKey(DATES[2]))
  await sealDays(store, { now: () => NOW, signer: async () => SECOND_KEY })
  expect(await bytesOf(store, signatureKey(DATES[2]))).toEqual(before)
})
