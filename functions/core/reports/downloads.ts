/** The report of all files of a month, each with its SHA-256, and of the chain that its rollups and seals form. */
import { sealKey } from '#core/keys.ts'
import { compareText, distinct } from '#core/order.ts'
import type { Download, PageReport } from '#core/report.ts'
import type { ChainLink } from '#core/rollup.ts'

export interface DownloadsReport extends PageReport {
  page: 'downloads'
  month: string // YYYY-MM; '' while there is none
  months: string[] // those that have such a page, newest first
  previous: string | null
  next: string | null
  days: { date: string; files: Download[] }[] // newest first; each relative to that day's page
  /** Of each target the rollups of the month, in the order of their numbers; a link names the one before it. */
  chains: { target: string; links: RollupLink[] }[]
  seals: SealCopy[] // oldest first
  keys: { keyId: string; file: string }[] // public keys that signatures name, by id; files relative to the month's page
}

/** A rollup of the data store by its place in the chain. */
export interface RollupLink extends ChainLink {
  hour: string // ISO
  previous: ChainLink | null // null only for the target's first
}

/** A copy of a day's seal. */
export interface SealCopy {
  date: string // YYYY-MM-DD
  key: string // of the seal in the data store
  sha256: string
  file: string // relative to the month's page
  signature: string // its signature's file, likewise; '' when it is not signed
  keyId: string // of the key that the signature names; '' likewise
}

export interface DownloadsInput {
  title: string // of the site
  month: string // YYYY-MM; '' while there is none
  months: readonly string[] // those that have such a page, in any order; `month` among them
  days: readonly { date: string; files: readonly Download[] }[] // of the month, in any order; as on each day's page
  rollups: readonly (RollupLink & { target: string })[] // whose hour lies in the month, in any order
  seals: readonly { date: string; sha256: string; keyId?: string }[] // of days of the month, in any order; keyId when signed
}

/** Where the copy of a day's seal lies beside the page of its month: the seal's own bytes, unchanged. */
export function sealCopy(date: string): string {
  return `seals/${date}.json`
}

/** Where the copy of a seal's signature lies beside the page of its month. */
export function signatureCopy(date: string): string {
  return `seals/${date}.sig`
}

/** Where the copy of a public key lies beside the page of a month that has signatures by it. */
export function publicKeyCopy(keyId: string): string {
  return `keys/${keyId}.pem`
}

/**
 * Builds the report of a month's files. Its seals are published as copies beside the month's page, under the names that the
 * report gives them, before the page is; its own downloads are filled in when they have been written.
 */
export function downloadsReport({ title, month, months, days, rollups, seals }: DownloadsInput): DownloadsReport {
  const ordered = months.toSorted(compareText)
  const at = ordered.indexOf(month)
  const chains = [...Map.groupBy(rollups, ({ target }) => target)].sort(([a], [b]) => compareText(a, b))
  return {
    schema: 1,
    page: 'downloads',
    title,
    downloads: [],
    month,
    months: ordered.toReversed(),
    previous: ordered[at - 1] ?? null,
    next: ordered[at + 1] ?? null,
    days: days.map(({ date, files }) => ({ date, files: [...files] })).sort((a, b) => compareText(b.date, a.date)),
    chains: chains.map(([target, links]) => ({
      target,
      links: links
        .map(({ number, key, sha256, hour, previous }) => ({ number, key, sha256, hour, previous }))
        .sort((a, b) => a.number - b.number || compareText(a.key, b.key)),
    })),
    seals: seals
      .map(({ date, sha256, keyId = '' }) => {
        const signature = keyId === '' ? '' : signatureCopy(date)
        return { date, key: sealKey(date), sha256, file: sealCopy(date), signature, keyId }
      })
      .sort((a, b) => compareText(a.date, b.date)),
    keys: distinct(seals.map(({ keyId = '' }) => keyId).filter((keyId) => keyId !== ''))
      .sort(compareText)
      .map((keyId) => ({ keyId, file: publicKeyCopy(keyId) })),
  }
}
