import { generateKeyPairSync, sign } from 'node:crypto'
import { publicKeyKey, sealKey, signatureKey } from '#core/keys.ts'
import { publicKeyOf } from '#core/public-key.ts'
import { nothingPublished } from '#core/published.ts'
import { downloadsReport } from '#core/reports/downloads.ts'
import { sealDays } from '../functions/stage/seal.ts'
import { copySeals } from '../functions/stage/seal-copies.ts'
import { SiteFiles } from '../functions/stage/site-files.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { DATES, eu, ledger, NOW, objectsOf, storeOf, us } from './sealed-ledger.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const signer = {
  publicKey: publicKeyOf(publicKey, 'x'),
  sign: async (bytes: Uint8Array) => sign(null, bytes, privateKey),
}
const { keyId } = signer.publicKey
const PAGE = 'downloads/2026-11/'

test('signatures are copied beside the seals when they come, once, with the key that they name', async () => {
  const store = await storeOf(ledger(eu, us))
  await sealDays(store, { now: () => NOW })
  const out = memoryStore()
  const published = nothingPublished()
  const copy = async () => {
    const files = await SiteFiles.listed(out)
    return { copied: await copySeals(store, files, published, DATES), written: files.written }
  }
  const unsigned = await copy()
  expect([unsigned.written, unsigned.copied.map((one) => one.keyId)]).toEqual([3, ['', '', '']])

  await sealDays(store, { now: () => NOW, signer: async () => signer })
  published.pages[PAGE] = { frame: '', report: '', files: {} }
  const signed = await copy()
  expect([signed.written, signed.copied.map((one) => one.keyId)]).toEqual([4, [keyId, keyId, keyId]])
  expect(published.pages[PAGE].stale).toBe(true)
  expect((await copy()).written).toBe(0)
  expect(await copy()).toEqual({ copied: signed.copied, written: 0 })

  const site = await objectsOf(out)
  for (const date of DATES) {
    expect(site.get(`${PAGE}seals/${date}.json`)).toEqual((await store.get(sealKey(date)))?.bytes)
    expect(site.get(`${PAGE}seals/${date}.sig`)).toEqual((await store.get(signatureKey(date)))?.bytes)
  }
  expect(site.get(`${PAGE}keys/${keyId}.pem`)).toEqual((await store.get(publicKeyKey(keyId)))?.bytes)
  expect(site.size).toBe(7)

  const report = downloadsReport({
    title: '',
    month: '2026-11',
    months: [],
    days: [],
    rollups: [],
    seals: signed.copied,
  })
  expect(report.keys).toEqual([{ keyId, file: `keys/${keyId}.pem` }])
  expect(report.seals[0]).toMatchObject({ signature: `seals/${DATES[0]}.sig`, keyId })
  const plain = downloadsReport({
    title: '',
    month: '2026-11',
    months: [],
    days: [],
    rollups: [],
    seals: unsigned.copied,
  })
  expect([plain.keys, plain.seals[0].signature]).toEqual([[], ''])
})

test('a signature whose key is gone is told, and not shown without it', async () => {
  const store = await storeOf(ledger(eu, us))
  await sealDays(store, { now: () => NOW, signer: async () => signer })
  const objects = await objectsOf(store)
  objects.delete(publicKeyKey(keyId))
  const files = await SiteFiles.listed(memoryStore())
  await expect(copySeals(await storeOf(objects), files, nothingPublished(), DATES)).rejects.toThrow(
    `${keyId}.pem is gone`,
  )
})
