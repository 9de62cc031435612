/**
 * Copies beside the pages of their months: of seals, the seals' own bytes, so that a reader of the site can hash them; of their
 * signatures, and of the public keys that these name.
 */
import { monthDownloadsAddress } from '#core/addresses.ts'
import { sha256 } from '#core/hash.ts'
import { parseSealKey, parseSignatureKey, publicKeyKey, sealKey, sealsPrefix, signatureKey } from '#core/keys.ts'
import { isAsWritten, type Published } from '#core/published.ts'
import { publicKeyCopy, sealCopy, signatureCopy } from '#core/reports/downloads.ts'
import { decodeSignature } from '#core/signature.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { Store } from '../store/store.ts'
import type { SiteFiles } from './site-files.ts'

export interface CopiedSeal {
  date: string // YYYY-MM-DD
  sha256: string // hex
  keyId: string // of the key that its signature names; '' while it is not signed
}

/** The days, of those of the ledger, that are sealed, in the order of time. */
export async function sealedDates(store: Store, dates: readonly string[]): Promise<string[]> {
  const known = new Set(dates)
  return (await store.list(sealsPrefix)).flatMap(({ key }) => {
    const date = parseSealKey(key)
    return date !== null && known.has(date) ? [date] : []
  })
}

/** Copies the seals of those days that have no copy yet, and gives what the site has, oldest first. */
export async function copySeals(
  store: Store,
  files: SiteFiles,
  { pages }: Published,
  dates: readonly string[],
): Promise<CopiedSeal[]> {
  const signed = new Set((await store.list(sealsPrefix)).map(({ key }) => parseSignatureKey(key)))
  const copy = async (date: string): Promise<CopiedSeal | null> => {
    const seal = await copySeal(date)
    if (seal === null) return null
    return { ...seal, keyId: signed.has(date) ? await copySignature(date) : '' }
  }
  const copySeal = async (date: string) => {
    const page = monthDownloadsAddress(date.slice(0, 7))
    const place = page + sealCopy(date)
    const known = pages[place]
    if (known !== undefined && isAsWritten(known, files.there)) return { date, sha256: known.report }
    const stored = await store.get(sealKey(date))
    if (stored === null) return null
    const report = sha256(stored.bytes)
    pages[place] = { frame: '', report, files: { [place]: await files.write(place, stored.bytes) } }
    if (pages[page] !== undefined) pages[page].stale = true
    return { date, sha256: report }
  }
  const keys = new Map<string, Promise<void>>() // by place: one key makes many signatures good
  const copyKey = async (keyId: string, place: string): Promise<void> => {
    const known = pages[place]
    if (known !== undefined && isAsWritten(known, files.there)) return
    const stored = await store.get(publicKeyKey(keyId))
    if (stored === null)
      throw new Error(`a seal is signed by key ${keyId}, and ${publicKeyKey(keyId)} is gone; restore it`)
    const written = { [place]: await files.write(place, stored.bytes) }
    pages[place] = { frame: '', report: sha256(stored.bytes), files: written }
  }
  const copySignature = async (date: string): Promise<string> => {
    const page = monthDownloadsAddress(date.slice(0, 7))
    const place = page + signatureCopy(date)
    const known = pages[place]
    const isKnown = known !== undefined && isAsWritten(known, files.there)
    const stored = isKnown ? null : await store.get(signatureKey(date))
    if (!isKnown && stored === null) return ''
    // Of a copy that is there the record tells which key its signature names, where a page's tells its frame.
    const keyId = stored === null ? known.frame : decodeSignature(stored.bytes, signatureKey(date)).keyId
    const keyPlace = page + publicKeyCopy(keyId)
    keys.set(keyPlace, keys.get(keyPlace) ?? copyKey(keyId, keyPlace))
    await keys.get(keyPlace)
    if (stored === null) return keyId
    const written = { [place]: await files.write(place, stored.bytes) }
    pages[place] = { frame: keyId, report: sha256(stored.bytes), files: written }
    if (pages[page] !== undefined) pages[page].stale = true
    return keyId
  }
  const copies = await Array.fromAsync(mapConcurrently(dates, READS_AT_A_TIME, copy))
  return copies.flatMap((seal) => seal ?? [])
}
