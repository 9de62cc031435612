/** What publish has rendered, from what: so that the next publish renders only what changed. Derived; safe to lose. */
import { dayAddress } from '#core/addresses.ts'
import type { KnownTarget } from '#core/hour-record.ts'
import type { Download } from '#core/report.ts'

/** What one page and its downloads, or one file beside pages, was made from, and as what it was written. */
export interface PublishedPage {
  frame: string // hash of what is known without its report: the site's build and title, and the neighbours it links to
  report: string // hash of its report
  stale?: true // what its report is made from has changed since
  files: Record<string, string> // by key in the site: the etag it got
  downloads?: Download[] // of a day: all that its page leads to, as its month's page tells
}

export interface Published {
  schema: 4
  site: string // hash of the build and the title that every page is of; '' while something is left to do
  ledger: string // hash of where every target stood
  history: string // SHA-256 of the history's bytes; '' while there is none
  compliance: string // of the compliance history's, likewise
  costs: string // of the cost history's, likewise
  targets: Record<string, KnownTarget> // by name
  pages: Record<string, PublishedPage> // by address; a file beside pages by its key
}

export function nothingPublished(): Published {
  return { schema: 4, site: '', ledger: '', history: '', compliance: '', costs: '', targets: {}, pages: {} }
}

/** True when a page's files are all there as they were written; one that another has replaced is not. */
export function isAsWritten(page: PublishedPage, there: ReadonlyMap<string, string>): boolean {
  return Object.entries(page.files).every(([key, etag]) => there.get(key) === etag)
}

/** True when a page's files are all there, though perhaps written by another. */
export function isThere(page: PublishedPage, there: ReadonlyMap<string, string>): boolean {
  return Object.keys(page.files).every((key) => there.has(key))
}

/** Forgets the downloads of days before one, YYYY-MM-DD, in place: of months that are over they are told already. */
export function forgetDownloads(pages: Record<string, PublishedPage>, before: string): void {
  for (const [address, page] of Object.entries(pages)) if (address < dayAddress(before)) delete page.downloads
}

/** The bytes are the same for the same pages, in whatever order those were rendered. */
export function encodePublished({ targets, pages, ...published }: Published): Uint8Array {
  const { schema, site, ledger, history, compliance, costs } = published
  const sortedPages = sorted(pages).map(([address, { frame, report, stale, files, downloads }]) => [
    address,
    { frame, report, stale, files: Object.fromEntries(sorted(files)), downloads },
  ])
  const ordered = { schema, site, ledger, history, compliance, costs }
  const sortedRecords = { targets: Object.fromEntries(sorted(targets)), pages: Object.fromEntries(sortedPages) }
  return new TextEncoder().encode(`${JSON.stringify({ ...ordered, ...sortedRecords }, null, 1)}\n`)
}

/** The inverse of encodePublished; anything else counts as nothing published, since all of it can be rendered again. */
export function decodePublished(bytes: Uint8Array): Published {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Published
    const { schema, site, ledger, history, compliance, costs, targets, pages } = parsed
    const texts = [site, ledger, history, compliance, costs].every(isText)
    const isWhole = texts && isRecordOf(targets, isTarget) && isRecordOf(pages, isPage)
    return schema === 4 && isWhole ? parsed : nothingPublished()
  } catch {
    return nothingPublished()
  }
}

function isPage({ frame, report, stale, files, downloads = [] }: PublishedPage): boolean {
  const isWhole = isText(frame) && isText(report) && (stale ?? true) === true && isRecordOf(files, isText)
  return isWhole && Array.isArray(downloads) && downloads.every(isDownload)
}

function isDownload({ file, title, sha256, rows, size }: Download): boolean {
  return [file, title, sha256].every(isText) && [rows, size].every(Number.isSafeInteger)
}

function isTarget({ firstHour, listFrom }: KnownTarget): boolean {
  return [firstHour, listFrom].every((time) => Number.isSafeInteger(time) && time >= 0)
}

function isRecordOf<T>(value: Record<string, T>, isValue: (value: T) => boolean): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(isValue)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function sorted<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}
