/**
 * Publish: renders pages, CSV and JSON of the days whose figures changed, and the index. All of it is derived and can be
 * made again, byte for byte, from the ledger.
 */
import { readFile } from 'node:fs/promises'
import { dayValues, EXPORT_COLUMNS, exportRows, exportValues, hourValues, TOTALS_COLUMNS } from '#core/columns.ts'
import { formatCsv } from '#core/csv.ts'
import { dayReport, daySummary } from '#core/day.ts'
import { sha256 } from '#core/hash.ts'
import type { HourRecord } from '#core/hour-record.ts'
import { publishedKey } from '#core/keys.ts'
import {
  decodePublished,
  encodePublished,
  isPublished,
  nothingPublished,
  type Published,
  type PublishedPage,
} from '#core/published.ts'
import type { DayReport, DaySummary, Download, IndexReport } from '#core/report.ts'
import { DAY_MS, eachDay, isoDate, isoHour, parseDate } from '#core/time.ts'
import { addByClass, zeroByClass } from '#core/totals.ts'
import type { Site } from '../pages.ts'
import type { Store } from '../store/store.ts'
import { type LedgerTarget, readLedger, readRecords } from './ledger.ts'

export interface PublishOptions {
  title: string // of the site
  all?: boolean // render every day again
  progress?: (rendered: number, of: number) => void
}

export interface PublishSummary {
  days: number // the site has
  renderedDays: string[] // dates rendered now
  indexRendered: boolean
  files: number // written
}

/** Publishes a store's ledger into a site store. */
export async function publish(store: Store, out: Store, site: Site, options: PublishOptions): Promise<PublishSummary> {
  const targets = await readLedger(store)
  const stored = await store.get(publishedKey)
  const before = stored === null ? nothingPublished() : decodePublished(stored.bytes)
  const there = new Map((await out.list('')).map(({ key, etag }) => [key, etag]))
  const assets = new Writer(out)
  for (const { path, filePath, immutable } of site.assets()) {
    if (!immutable || !there.has(path)) await assets.write(path, await readFile(filePath))
  }
  let files = assets.count

  const dates = datesOf(targets)
  const days: Published['days'] = {}
  const due: (() => Promise<void>)[] = []
  dates.forEach((date, position) => {
    const neighbours = { previous: dates[position - 1] ?? null, next: dates[position + 1] ?? null }
    const inputs = dayInputs(date, targets, [
      site.version,
      options.title,
      neighbours.previous ?? '',
      neighbours.next ?? '',
    ])
    const known = before.days[date]
    if (options.all !== true && isPublished(known, inputs, there)) {
      days[date] = known
      return
    }
    due.push(async () => {
      const writer = new Writer(out)
      const about = { title: options.title, ...neighbours }
      const report = await writeDay(store, targets, parseDate(date), about, site, writer)
      days[date] = { inputs, files: writer.written, summary: daySummary(report) }
      files += writer.count
    })
  })
  const renderedDays = dates.filter((date) => days[date] === undefined)
  for (const [done, render] of due.entries()) {
    await render()
    options.progress?.(done + 1, due.length)
  }

  const summaries = dates.map((date) => days[date].summary)
  const index = indexReport(summaries, targets, options.title)
  const inputs = sha256(Buffer.from(JSON.stringify([site.version, index.report]))).slice(0, 32)
  const indexRendered = options.all === true || !isPublished(before.index, inputs, there)
  let indexFiles = before.index.files
  if (indexRendered) {
    const writer = new Writer(out)
    await writer.write('days.csv', index.csv)
    await writer.write('index.html', await site.render('/', index.report))
    indexFiles = writer.written
    files += writer.count
  }
  const published = encodePublished({ schema: 1, days: sorted(days), index: { inputs, files: indexFiles } })
  if (stored === null || sha256(published) !== sha256(stored.bytes)) {
    const result = await store.put(publishedKey, published, stored === null ? 'absent' : { ifMatch: stored.etag })
    if (result.outcome === 'refused') {
      throw new Error('publish: another publish ran at the same time; run it once more')
    }
  }
  return { days: dates.length, renderedDays, indexRendered, files }
}

/** Writes files of one page, and remembers as what. */
class Writer {
  readonly written: PublishedPage['files'] = {}
  private readonly out: Store

  constructor(out: Store) {
    this.out = out
  }

  get count(): number {
    return Object.keys(this.written).length
  }

  async write(key: string, bytes: Uint8Array): Promise<void> {
    const result = await this.out.put(key, bytes, 'always')
    if (result.outcome === 'refused') throw new Error(`publish: ${key} was refused by the site's store`)
    this.written[key] = result.etag
  }
}

/** Every date from the first hour of any target to the newest watermark. */
function datesOf(targets: readonly LedgerTarget[]): string[] {
  if (targets.length === 0) return []
  const first = Math.min(...targets.map(({ firstHour }) => firstHour))
  const last = Math.max(...targets.map(({ watermark, closedThrough }) => Math.max(watermark, closedThrough)))
  return [...eachDay(first, last)].map(isoDate)
}

function dayInputs(date: string, targets: readonly LedgerTarget[], more: readonly string[]): string {
  const day = parseDate(date)
  const begun = targets.filter(({ firstHour }) => firstHour < day + DAY_MS)
  const ofTargets = begun.map(({ target, firstHour, closedThrough, dueThrough, rollups, finished, seq }) => {
    const hours = [...rollups, ...finished].filter(([hour]) => hour >= day && hour < day + DAY_MS)
    const open = closedThrough < day + DAY_MS ? [seq, dueThrough] : null
    const began = Math.max(firstHour, day)
    return [target, began, hours.map(([hour]) => hour).sort((a, b) => a - b), open]
  })
  return sha256(Buffer.from(JSON.stringify([more, ofTargets]))).slice(0, 32)
}

async function writeDay(
  store: Store,
  targets: readonly LedgerTarget[],
  day: number,
  about: { title: string; previous: string | null; next: string | null },
  site: Site,
  writer: Writer,
): Promise<DayReport> {
  const period = { from: day, to: day + DAY_MS }
  const records: HourRecord[] = []
  for (const target of targets) records.push(...(await readRecords(store, target, period)))
  const report = dayReport({ ...about, day, targets, records })
  const folder = `days/${report.date}`
  const save = async (file: string, title: string, text: string, rows: number): Promise<Download> => {
    const bytes = Buffer.from(text)
    await writer.write(`${folder}/${file}`, bytes)
    return { file, title, rows, size: bytes.length, sha256: sha256(bytes) }
  }
  const flows = exportRows([period], targets, records).map(exportValues)
  const hours = hourValues(report)
  report.downloads = [
    await save('flows.csv', 'Every flow of the day', formatCsv(EXPORT_COLUMNS, flows), flows.length),
    await save('hours.csv', 'The day by the hour', formatCsv(TOTALS_COLUMNS, hours), hours.length),
  ]
  const json = await save('report.json', 'This page as data', `${JSON.stringify(report, null, 1)}\n`, 1)
  const page = { ...report, downloads: [...report.downloads, json] }
  await writer.write(`${folder}/index.html`, await site.render(`/${folder}/`, page))
  return report
}

function indexReport(
  days: DaySummary[],
  targets: readonly LedgerTarget[],
  title: string,
): { report: IndexReport; csv: Uint8Array } {
  const csv = Buffer.from(formatCsv(TOTALS_COLUMNS, dayValues(days)))
  const byClass = zeroByClass()
  for (const day of days) addByClass(byClass, day.byClass)
  const report: IndexReport = {
    schema: 1,
    title,
    days,
    targets: targets.map(({ target, firstHour, closedThrough }) => ({
      target,
      firstHour: isoHour(firstHour),
      closedThrough: isoHour(closedThrough),
    })),
    byClass,
    complete: days.every(({ complete }) => complete),
    downloads: [{ file: 'days.csv', title: 'Every day', rows: days.length, size: csv.length, sha256: sha256(csv) }],
  }
  return { report, csv }
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
