/** Rendering: the page of a day and the index, each with its downloads, written into a site's store. */
import { dayValues, EXPORT_COLUMNS, exportRows, exportValues, hourValues, TOTALS_COLUMNS } from '#core/columns.ts'
import { formatCsv } from '#core/csv.ts'
import { dayReport, daySummary } from '#core/day.ts'
import { sha256 } from '#core/hash.ts'
import type { HourRecord } from '#core/hour-record.ts'
import type { PublishedDay, PublishedPage } from '#core/published.ts'
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
  out: Store // of the site
  site: Site
  title: string // of the site
  targets: readonly LedgerTarget[]
}

/** The key of a day's page in the site. */
export function dayPageKey(date: string): string {
  return `days/${date}/index.html`
}

/** Writes the page of a day (YYYY-MM-DD), its downloads before it, and gives what was written. */
export async function renderDay(
  { store, out, site, title, targets }: Rendering,
  date: string,
  neighbours: Neighbours,
): Promise<Omit<PublishedDay, 'inputs'>> {
  const day = parseDate(date)
  const period = { from: day, to: day + DAY_MS }
  const records: HourRecord[] = []
  for (const target of targets) records.push(...(await readRecords(store, target, period)))
  const report = dayReport({ title, ...neighbours, day, targets, records })
  const flows = exportRows([period], targets, records).map(exportValues)
  const hours = hourValues(report)
  const csvs = [
    download('flows.csv', 'Every flow of the day', formatCsv(EXPORT_COLUMNS, flows), flows.length),
    download('hours.csv', 'The day by the hour', formatCsv(TOTALS_COLUMNS, hours), hours.length),
  ]
  report.downloads = csvs.map(({ about }) => about)
  const json = download('report.json', 'This page as data', `${JSON.stringify(report, null, 1)}\n`, 1)
  const folder = `days/${date}`
  const page = await site.render(`/${folder}/`, { ...report, downloads: [...report.downloads, json.about] })
  const files: PublishedPage['files'] = {}
  const write = async (key: string, bytes: Uint8Array) => {
    files[key] = await writeFile(out, key, bytes)
  }
  await Promise.all([...csvs, json].map(({ about, bytes }) => write(`${folder}/${about.file}`, bytes)))
  await write(dayPageKey(date), page)
  return { files, summary: daySummary(report) }
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
export async function renderIndex({ out, site }: Rendering, report: IndexReport): Promise<PublishedPage['files']> {
  const { about, bytes } = daysCsv(report.days)
  const page = await site.render('/', report)
  return {
    [about.file]: await writeFile(out, about.file, bytes),
    'index.html': await writeFile(out, 'index.html', page),
  }
}

/** Writes a file of the site, whatever is there, and gives the etag it got. */
export async function writeFile(out: Store, key: string, bytes: Uint8Array): Promise<string> {
  const result = await out.put(key, bytes, 'always')
  if (result.outcome === 'refused') throw new Error(`publish: ${key} was refused by the site's store`)
  return result.etag
}

function daysCsv(days: DaySummary[]): { about: Download; bytes: Uint8Array } {
  return download('days.csv', 'Every day', formatCsv(TOTALS_COLUMNS, dayValues(days)), days.length)
}

function download(file: string, title: string, text: string, rows: number): { about: Download; bytes: Uint8Array } {
  const bytes = Buffer.from(text)
  return { about: { file, title, rows, size: bytes.length, sha256: sha256(bytes) }, bytes }
}
