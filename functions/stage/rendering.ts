/** Rendering: the page of a day and the index, each with its downloads, written into a site's store. */
import { dayValues, EXPORT_COLUMNS, exportRows, exportValues, hourValues, TOTALS_COLUMNS } from '#core/columns.ts'
import { formatCsv } from '#core/csv.ts'
import { dayReport, daySummary } from '#core/day.ts'
import { sha256 } from '#core/hash.ts'
import type { HourRecord } from '#core/hour-record.ts'
import type { PublishedPage } from '#core/published.ts'
import type { DaySummary, Download, IndexReport } from '#core/report.ts'
import { DAY_MS, isoHour, parseDate } from '#core/time.ts'
import { addByClass, zeroByClass } from '#core/totals.ts'
import type { Site } from '../pages.ts'
import type { Store } from '../store/store.ts'
import { type LedgerTarget, readRecords } from './ledger.ts'

/** The days that a day's page links to, YYYY-MM-DD; null where there is none. */
export interface Neighbours {
  previous: string | null
  next: string | null
}

/** What every page is made from. */
export interface Rendering {
  store: Store // of the ledger
  write: (key: string, bytes: Uint8Array) => Promise<string> // into the site, whatever is there; gives the etag it got
  site: Site
  title: string // of the site
  targets: readonly LedgerTarget[]
}

/** The key, in the site, of a file of a day; by default of its page. */
export function dayKey(date: string, file = 'index.html'): string {
  return `days/${date}/${file}`
}

/** A day that was read: what it adds to the index, and its page, which can be written again with other links. */
export interface RenderedDay {
  summary: DaySummary
  /** Writes the page, its downloads before it, and gives what was written. */
  writePage(neighbours: Neighbours): Promise<PublishedPage['files']>
}

/** Reads a day (YYYY-MM-DD) and writes those of its downloads that hold no links. */
export async function renderDay({ store, write, site, title, targets }: Rendering, date: string): Promise<RenderedDay> {
  const day = parseDate(date)
  const period = { from: day, to: day + DAY_MS }
  const records: HourRecord[] = []
  for (const target of targets) records.push(...(await readRecords(store, target, period)))
  const unlinked = dayReport({ title, previous: null, next: null, day, targets, records })
  const flows = exportRows([period], targets, records).map(exportValues)
  const hours = hourValues(unlinked)
  const csvs = [
    download('flows.csv', 'Every flow of the day', formatCsv(EXPORT_COLUMNS, flows), flows.length),
    download('hours.csv', 'The day by the hour', formatCsv(TOTALS_COLUMNS, hours), hours.length),
  ]
  unlinked.downloads = csvs.map(({ about }) => about)
  const files: PublishedPage['files'] = {}
  const writeFile = async (file: string, bytes: Uint8Array) => {
    const key = dayKey(date, file)
    files[key] = await write(key, bytes)
  }
  await Promise.all(csvs.map(({ about, bytes }) => writeFile(about.file, bytes)))
  return {
    summary: daySummary(unlinked),
    async writePage(neighbours) {
      const report = { ...unlinked, ...neighbours }
      const json = download('report.json', 'This page as data', `${JSON.stringify(report, null, 1)}\n`, 1)
      const page = await site.render(`/days/${date}/`, { ...report, downloads: [...report.downloads, json.about] })
      await writeFile(json.about.file, json.bytes)
      await writeFile('index.html', page)
      return { ...files }
    },
  }
}

/** What the index says of days that all have a page, oldest first. */
export function indexReport({ title, targets }: Rendering, days: DaySummary[]): IndexReport {
  const byClass = zeroByClass()
  for (const day of days) addByClass(byClass, day.byClass)
  return {
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
    downloads: [daysCsv(days).about],
  }
}

/** Writes the index, its download before it, and gives what was written. */
export async function renderIndex({ write, site }: Rendering, report: IndexReport): Promise<PublishedPage['files']> {
  const { about, bytes } = daysCsv(report.days)
  const page = await site.render('/', report)
  return {
    [about.file]: await write(about.file, bytes),
    'index.html': await write('index.html', page),
  }
}

function daysCsv(days: DaySummary[]): { about: Download; bytes: Uint8Array } {
  return download('days.csv', 'Every day', formatCsv(TOTALS_COLUMNS, dayValues(days)), days.length)
}

function download(file: string, title: string, text: string, rows: number): { about: Download; bytes: Uint8Array } {
  const bytes = Buffer.from(text)
  return { about: { file, title, rows, size: bytes.length, sha256: sha256(bytes) }, bytes }
}
