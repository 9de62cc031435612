/** A sample month of files with its chains and seals: a ledger of two targets over three days, sealed, and its page's report. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { sha256 } from '#core/hash.ts'
import { parseRollupKey, parseSealKey } from '#core/keys.ts'
import { publicKeyOf } from '#core/public-key.ts'
import type { Download } from '#core/report.ts'
import {
  type DownloadsReport,
  downloadsReport,
  publicKeyCopy,
  type RollupLink,
  sealCopy,
  signatureCopy,
} from '#core/reports/downloads.ts'
import { decodeRollup } from '#core/rollup.ts'
import { encodeSignature } from '#core/signature.ts'
import { isoHour } from '#core/time.ts'
import { DATES, type Objects, sealed } from '../sealed-ledger.ts'

export const SAMPLE_MONTH = '2026-11'

export interface SampleDownloads {
  report: DownloadsReport
  files: Map<string, Uint8Array<ArrayBuffer>> // beside the month's page, and those of days below 'days/'
}

/** The same with every seal signed by a new Ed25519 key, whose public half lies beside them. */
export async function signedDownloads(): Promise<SampleDownloads & { keyId: string; pem: string }> {
  const { report, files } = await sampleDownloads()
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { keyId, pem, algorithm } = publicKeyOf(publicKey, 'the key of the sample')
  for (const { date, key, sha256: hash, file } of report.seals) {
    const signature = sign(null, files.get(file) ?? Buffer.of(), privateKey).toString('base64')
    const encoded = encodeSignature({ schema: 1, algorithm, keyId, over: { key, sha256: hash }, signature })
    files.set(signatureCopy(date), new Uint8Array(encoded))
  }
  files.set(publicKeyCopy(keyId), new Uint8Array(Buffer.from(pem)))
  const seals = report.seals.map((seal) => ({ ...seal, signature: signatureCopy(seal.date), keyId }))
  return { report: { ...report, seals, keys: [{ keyId, file: publicKeyCopy(keyId) }] }, files, keyId, pem }
}

/** The report and the files of a month of a ledger, by default of the sealed one, with two files for each of its days. */
export async function sampleDownloads(objects?: Objects, month = SAMPLE_MONTH): Promise<SampleDownloads> {
  const ledger = objects ?? (await sealed())
  const files: SampleDownloads['files'] = new Map()
  const rollups: (RollupLink & { target: string })[] = []
  const seals: { date: string; sha256: string }[] = []
  for (const [key, bytes] of ledger) {
    const [place, date] = [parseRollupKey(key), parseSealKey(key)]
    if (place !== null && isoHour(place.hour).startsWith(month)) {
      const { number, previous } = await decodeRollup(bytes, key)
      rollups.push({ target: place.target, hour: isoHour(place.hour), number, key, sha256: sha256(bytes), previous })
    }
    if (date?.startsWith(month)) {
      seals.push({ date, sha256: sha256(bytes) })
      files.set(sealCopy(date), new Uint8Array(bytes))
    }
  }
  const days = DATES.filter((date) => date.startsWith(month)).map((date) => {
    const texts = { 'flows.csv': `flows of ${date}\r\n`.repeat(40), 'hours.csv': `hours of ${date}\r\n` }
    return {
      date,
      files: Object.entries(texts).map(([file, text]): Download => {
        const bytes = new Uint8Array(Buffer.from(text))
        files.set(`days/${date}/${file}`, bytes)
        return { file, title: `The ${file}`, rows: 40, size: bytes.length, sha256: sha256(bytes) }
      }),
    }
  })
  return { report: downloadsReport({ title: 'Egress', month, months: [month], days, rollups, seals }), files }
}
