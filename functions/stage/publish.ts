/**
 * Publish: renders pages, CSV and JSON of the days whose figures changed, and the index. All of it is derived and can be
 * made again, byte for byte, from the ledger.
 *
 * The newest days come first, and what has been rendered is recorded on the way, so that a publish that is cut short
 * loses little and the next one goes on. A page links only to pages that are there, and is written again when another has
 * come beside it: no link is ever dead, wherever a publish is cut off. The record is replaced on condition that nobody
 * else has: of two publishes at once the second is refused, and since the record holds the etag of every file, whatever
 * it wrote over the first one's files is rendered again by the next.
 */
import { readFile } from 'node:fs/promises'
import { sha256 } from '#core/hash.ts'
import { publishedKey } from '#core/keys.ts'
import {
  decodePublished,
  encodePublished,
  isPublished,
  isThere,
  nothingPublished,
  type Published,
  type PublishedPage,
} from '#core/published.ts'
import { DAY_MS, eachDay, eachHour, isoDate, parseDate } from '#core/time.ts'
import { mapConcurrently } from '../concurrency.ts'
import type { Site } from '../pages.ts'
import type { Condition, Store } from '../store/store.ts'
import { type LedgerTarget, readLedger } from './ledger.ts'
import {
  dayKey,
  indexReport,
  type Neighbours,
  type RenderedDay,
  type Rendering,
  renderDay,
  renderIndex,
} from './rendering.ts'

export interface PublishOptions {
  title: string // of the site
  all?: boolean // render every day again
  outOfTime?: () => boolean // asked before each day; once true, the days that are left wait for the next publish
  progress?: (rendered: number, of: number) => void
}

export interface PublishSummary {
  days: number // the ledger has
  renderedDays: string[] // dates rendered now, oldest first
  remainingDays: number // whose pages, or links between them, are not as they should be, for want of time
  indexRendered: boolean
  files: number // written
}

/** Each is held in memory with all its flows; two, so that one is read while the other is rendered. */
const DAYS_AT_A_TIME = 2
const ASSETS_AT_A_TIME = 8
const DAYS_A_SAVE = 20
/** Days that cannot be rendered do not keep others from it; but so many are no accident of one day. */
const FAILURES_AT_MOST = 5

/**
 * Publishes a store's ledger into a site store. Throws one sentence, after it has recorded what it rendered, when a day
 * cannot be rendered or another publish ran at the same time.
 */
export async function publish(store: Store, out: Store, site: Site, options: PublishOptions): Promise<PublishSummary> {
  const { title, all = false, outOfTime = () => false } = options
  const targets = await readLedger(store)
  const record = await openRecord(store)
  const { before } = record
  const there = new Map((await out.list('')).map(({ key, etag }) => [key, etag]))
  let files = 0
  const write = async (key: string, bytes: Uint8Array) => {
    const etag = await writeFile(out, key, bytes)
    there.set(key, etag)
    files++
    return etag
  }
  const rendering: Rendering = { store, write, site, title, targets }
  const published: Published = { ...nothingPublished(), assets: before.assets, index: before.index }
  published.assets = await writeAssets(rendering, all ? nothingPublished().assets : before.assets, there)

  const dates = datesOf(targets)
  const { days } = published // those that have a page, perhaps an older one
  for (const date of dates) if (isThere(before.days[date], there)) days[date] = before.days[date]
  /** The neighbours whose pages are there: a page links to nothing else, at any time. */
  const linksOf = (date: string): Neighbours => {
    const linked = (to: string | null) => (to !== null && there.has(dayKey(to)) ? to : null)
    const { previous, next } = neighboursOf(date, dates)
    return { previous: linked(previous), next: linked(next) }
  }
  const isDue = (date: string) => !isPublished(days[date], dayInputs(date, linksOf(date), rendering), there)

  const due = new Set<string>()
  const rendered = new Set<string>()
  const failures = new Map<string, string>() // by date
  let superseded = false
  const renderPage = async (date: string, read: () => Promise<RenderedDay>): Promise<RenderedDay | null> => {
    try {
      const day = await read()
      const links = linksOf(date)
      const page = { files: await day.writePage(links), summary: day.summary }
      days[date] = { inputs: dayInputs(date, links, rendering), ...page }
      rendered.add(date)
      options.progress?.(rendered.size, due.size)
      return day
    } catch (error) {
      failures.set(date, (error as Error).message)
      return null
    }
  }
  const renderInTime = async (date: string) => {
    if (superseded || failures.size >= FAILURES_AT_MOST || outOfTime()) return { date, day: null }
    return { date, day: await renderPage(date, () => renderDay(rendering, date)) }
  }
  let turns = 0
  const renderAll = async (oldestFirst: string[]) => {
    for (const date of oldestFirst) due.add(date)
    let newer: { date: string; day: RenderedDay | null } = { date: '', day: null }
    for await (const older of mapConcurrently(oldestFirst.toReversed(), DAYS_AT_A_TIME, renderInTime)) {
      // Neither could link to the other before it was there.
      for (const { date, day } of [newer, older]) {
        if (day !== null && !superseded && isDue(date)) await renderPage(date, async () => day)
      }
      newer = older
      if (++turns % DAYS_A_SAVE === 0 && !superseded) superseded = !(await record.save(published))
    }
  }
  await renderAll(dates.filter((date) => all || isDue(date)))
  // And those that were not due before a page came beside them.
  await renderAll(dates.filter((date) => !failures.has(date) && isDue(date)))

  let indexRendered = false
  if (!superseded && dates.every((date) => days[date] !== undefined)) {
    const report = indexReport(
      rendering,
      dates.map((date) => days[date].summary),
    )
    const inputs = sha256(Buffer.from(JSON.stringify([site.version, report]))).slice(0, 32)
    indexRendered = all || !isPublished(before.index, inputs, there)
    if (indexRendered) published.index = { inputs, files: await renderIndex(rendering, report) }
  }
  if (superseded || !(await record.save(published))) {
    throw new Error('publish: another publish ran at the same time; run it once more')
  }
  for (const [date, reason] of failures) {
    const others = failures.size === 1 ? '' : ` (and ${failures.size - 1} more)`
    throw new Error(`publish: a day cannot be rendered${others}, ${date}: ${reason}`)
  }
  const remainingDays = dates.filter(isDue).length
  return { days: dates.length, renderedDays: [...rendered].sort(), remainingDays, indexRendered, files }
}

interface PublishRecord {
  before: Published
  save(published: Published): Promise<boolean> // false: somebody else has saved since
}

async function openRecord(store: Store): Promise<PublishRecord> {
  const stored = await store.get(publishedKey)
  let condition: Condition = stored === null ? 'absent' : { ifMatch: stored.etag }
  let saved = stored === null ? '' : sha256(stored.bytes)
  return {
    before: stored === null ? nothingPublished() : decodePublished(stored.bytes),
    async save(published) {
      const bytes = encodePublished(published)
      const digest = sha256(bytes)
      if (digest === saved) return true
      const result = await store.put(publishedKey, bytes, condition)
      if (result.outcome === 'refused') return false
      condition = { ifMatch: result.etag }
      saved = digest
      return true
    },
  }
}

/** Writes a file of the site, whatever is there, and gives the etag it got. */
async function writeFile(out: Store, key: string, bytes: Uint8Array): Promise<string> {
  const result = await out.put(key, bytes, 'always')
  if (result.outcome === 'refused') throw new Error(`publish: ${key} was refused by the site's store`)
  return result.etag
}

/** Writes the assets that are not there as they were written; an immutable one is the same in every version. */
async function writeAssets(
  { write, site }: Rendering,
  known: PublishedPage,
  there: ReadonlyMap<string, string>,
): Promise<PublishedPage> {
  const files: PublishedPage['files'] = {}
  const writeAsset = async ({ path, filePath, immutable }: ReturnType<Site['assets']>[number]) => {
    const asBefore = known.files[path] !== undefined && known.files[path] === there.get(path)
    const isRight = asBefore && (immutable || known.inputs === site.version)
    files[path] = isRight ? known.files[path] : await write(path, await readFile(filePath))
  }
  await Array.fromAsync(mapConcurrently(site.assets(), ASSETS_AT_A_TIME, writeAsset))
  return { inputs: site.version, files }
}

/** Every date from the first hour of any target to the newest watermark. */
function datesOf(targets: readonly LedgerTarget[]): string[] {
  if (targets.length === 0) return []
  const first = Math.min(...targets.map(({ firstHour }) => firstHour))
  const last = Math.max(...targets.map(({ watermark, closedThrough }) => Math.max(watermark, closedThrough)))
  return [...eachDay(first, last)].map(isoDate)
}

/** The days before and after, where the ledger has them; its dates are dense. */
function neighboursOf(date: string, dates: readonly string[]): Neighbours {
  const day = parseDate(date)
  return {
    previous: date === dates[0] ? null : isoDate(day - DAY_MS),
    next: date === dates.at(-1) ? null : isoDate(day + DAY_MS),
  }
}

/** A hash of all that a day's page is made from. */
function dayInputs(date: string, { previous, next }: Neighbours, { site, title, targets }: Rendering): string {
  const day = parseDate(date)
  const begun = targets.filter(({ firstHour }) => firstHour < day + DAY_MS)
  const ofTargets = begun.map(({ target, firstHour, closedThrough, dueThrough, rollups, finished, seq }) => {
    const hours = [...eachHour(day, day + DAY_MS)].filter((hour) => rollups.has(hour) || finished.has(hour))
    // Never past the day, or a target that stopped would change all its days since with every scrape of another one.
    const open = closedThrough < day + DAY_MS ? [seq, closedThrough, Math.min(dueThrough, day + DAY_MS)] : null
    return [target, Math.max(firstHour, day), hours, open]
  })
  const inputs = [site.version, title, previous ?? '', next ?? '', ofTargets]
  return sha256(Buffer.from(JSON.stringify(inputs))).slice(0, 32)
}
