/** What publish has rendered, from what: so that the next publish renders only what changed. Derived; safe to lose. */
import { DESTINATION_CLASSES } from '#core/flow.ts'
import type { DaySummary, Observation, Totals } from '#core/report.ts'
import { zeroTotals } from '#core/totals.ts'

/** What one page and its downloads were made from, and as what they were written. */
export interface PublishedPage {
  inputs: string // hash of all that the files were made from
  files: Record<string, string> // by key in the site: the etag it got
}

export interface PublishedDay extends PublishedPage {
  summary: DaySummary // of the figures on the page
}

export interface Published {
  schema: 1
  assets: PublishedPage // its inputs are the site's version
  days: Record<string, PublishedDay> // by date
  index: PublishedPage
}

export function nothingPublished(): Published {
  return { schema: 1, assets: { inputs: '', files: {} }, days: {}, index: { inputs: '', files: {} } }
}

/**
 * True when a page and its downloads were made from these inputs and are still there as written; a file that is gone, or
 * that another publish or a person has replaced, is not.
 */
export function isPublished(
  page: PublishedPage | undefined,
  inputs: string,
  there: ReadonlyMap<string, string>,
): boolean {
  return page?.inputs === inputs && Object.entries(page.files).every(([key, etag]) => there.get(key) === etag)
}

/** True when a page and its downloads are there, though perhaps made from older inputs. */
export function isThere(page: PublishedPage | undefined, there: ReadonlyMap<string, string>): page is PublishedPage {
  return page !== undefined && Object.keys(page.files).every((key) => there.has(key))
}

/** The bytes are the same for the same pages, in whatever order those were rendered. */
export function encodePublished({ schema, assets, days, index }: Published): Uint8Array {
  const sortedDays = Object.fromEntries(
    sorted(days).map(([date, { inputs, files, summary }]) => [date, { ...sortedPage({ inputs, files }), summary }]),
  )
  const published: Published = { schema, assets: sortedPage(assets), days: sortedDays, index: sortedPage(index) }
  return new TextEncoder().encode(`${JSON.stringify(published, null, 1)}\n`)
}

/** The inverse of encodePublished; anything else counts as nothing published, since all of it can be rendered again. */
export function decodePublished(bytes: Uint8Array): Published {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Published
    const { schema, assets, days, index } = parsed
    const isWhole = isPage(assets) && isPage(index) && isObject(days) && Object.entries(days).every(isDay)
    return schema === 1 && isWhole ? parsed : nothingPublished()
  } catch {
    return nothingPublished()
  }
}

function isPage(page: PublishedPage): boolean {
  if (!isObject(page) || typeof page.inputs !== 'string' || !isObject(page.files)) return false
  return Object.values(page.files).every((etag) => typeof etag === 'string')
}

function isDay([date, day]: [string, PublishedDay]): boolean {
  return isPage(day) && Object.keys(day.files).length > 0 && day.summary.date === date && isSummary(day.summary)
}

const OBSERVATIONS: ReadonlySet<unknown> = new Set<Observation>(['observed', 'partial', 'none', 'pending'])
const TOTALS = Object.keys(zeroTotals()) as (keyof Totals)[]

/** The index is made from it, so one of another version, or by another hand, must not pass. */
function isSummary({ provisional, observation, complete, byClass, destinations, sources }: DaySummary): boolean {
  const totals = DESTINATION_CLASSES.flatMap((name) => TOTALS.map((total) => byClass[name][total]))
  const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
  const areFlags = [provisional, complete].every((flag) => typeof flag === 'boolean')
  return areFlags && OBSERVATIONS.has(observation) && [destinations, sources, ...totals].every(isCount)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sortedPage({ inputs, files }: PublishedPage): PublishedPage {
  return { inputs, files: Object.fromEntries(sorted(files)) }
}

function sorted<T>(record: Record<string, T>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}
