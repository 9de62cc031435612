/** Signatures as a reader's browser verifies them, by WebCrypto, beside what signs them here. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { sha256 } from '#core/hash.ts'
import { sealKey, signatureKey } from '#core/keys.ts'
import { digestOf, publicKeyOf } from '#core/public-key.ts'
import { encodeSignature, type Signature } from '#core/signature.ts'
import { verifySignature } from '../site/src/signatures.ts'
import { verifyMonth } from '../site/src/verification.ts'
import { sampleDownloads } from './samples/downloads.ts'
import { DATES } from './sealed-ledger.ts'

interface Pair {
  publicKey: KeyObject
  privateKey: KeyObject
}

const ed25519 = generateKeyPairSync('ed25519')
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const own = (bytes: Uint8Array) => new Uint8Array(bytes)

function signed(seal: Uint8Array, date: string, { publicKey, privateKey }: Pair) {
  const { keyId, algorithm, pem } = publicKeyOf(publicKey, 'x')
  const bytes = sign(digestOf(algorithm), seal, privateKey)
  const over = { key: sealKey(date), sha256: sha256(seal) }
  const signature: Signature = { schema: 1, algorithm, keyId, over, signature: bytes.toString('base64') }
  return { signature, keyId, pem: own(Buffer.from(pem)) }
}

test.each([
  ['Ed25519', ed25519],
  ['ECDSA', p256],
])('a signature by %s holds over its own bytes, and over no others', async (_, pair) => {
  // Numbers of ECDSA are shorter than 32 bytes, or have a zero before them, in one signature of a few.
  for (let turn = 0; turn < 300; turn++) {
    const seal = own(Buffer.from(`seal ${turn}`))
    const { signature, pem } = signed(seal, DATES[0], pair)
    expect(await verifySignature(seal, signature, pem)).toBe('holds')
    if (turn % 50 > 0) continue
    expect(await verifySignature(own(Buffer.from('another')), signature, pem)).toBe('altered')
    expect(await verifySignature(seal, { ...signature, keyId: '0'.repeat(64) }, pem)).toBe('altered')
  }
})

test('of a month’s page signatures that hold are counted, and one that does not is a problem', async () => {
  const { report, files } = await sampleDownloads()
  const keys = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const [at, copy] of report.seals.entries()) {
    const { signature, keyId, pem } = signed(
      files.get(copy.file) ?? own(Buffer.of()),
      copy.date,
      at === 0 ? p256 : ed25519,
    )
    Object.assign(copy, { signature: `seals/${copy.date}.sig`, keyId })
    keys.set(`keys/${keyId}.pem`, pem)
    files.set(copy.signature, own(encodeSignature(signature)))
  }
  const fetch = async (file: string) => files.get(file) ?? keys.get(file) ?? Promise.reject(new Error(`no ${file}`))
  expect(await verifyMonth(report, fetch)).toMatchObject({
    problems: [],
    signatures: { hold: 3, unknown: 0, keyIds: report.seals.slice(0, 2).map(({ keyId }) => keyId) },
  })
  files.set(report.seals[2].signature, files.get(report.seals[1].signature) ?? own(Buffer.of()))
  expect(await verifyMonth(report, fetch)).toMatchObject({
    problems: [{ kind: 'altered', key: signatureKey(DATES[2]) }],
    signatures: { hold: 2 },
  })
})
