/** Copies of seals beside the pages of their months: the seals' own bytes, so that a reader of the site can hash them. */
import { monthDownloadsAddress } from '#core/addresses.ts'
import { sha256 } from '#core/hash.ts'
import { parseSealKey, sealKey, sealsPrefix } from '#core/keys.ts'
import { isAsWritten, type Published } from '#core/published.ts'
import { sealCopy } from '#core/reports/downloads.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { Store } from '../store/store.ts'
import type { SiteFiles } from './site-files.ts'

export interface CopiedSeal {
  date: string // YYYY-MM-DD
  sha256: string // hex
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
  const copy = async (date: string): Promise<CopiedSeal | null> => {
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
  const copies = await Array.fromAsync(mapConcurrently(dates, READS_AT_A_TIME, copy))
  return copies.flatMap((seal) => seal ?? [])
}
