/**
 * Publish: renders pages, CSV and JSON of what changed in the ledger. All of it is derived and can be made again, byte for
 * byte, from the ledger.
 *
 * - Days first: each day's rollups are read once, for its flows and its digest; digests of closed days are kept, and folded
 *   into the history, oldest first. Every page is made from digests and the history, so that a publish costs what is new
 *   and not what is old. A digest or a history that is lost or damaged is made again.
 * - Then pages: of destinations and workloads, then of days, the newest first, then of months, and when every day has its
 *   page those that look at all of them. A page whose report did not change is not written again.
 * - Closed days are judged by what was declared on each, and folded into the compliance history, as figures are; and priced
 *   by the prices that held on each, and folded into months of costs.
 * - What has been rendered is recorded on the way, so that a publish that is cut short loses little and the next one goes
 *   on. A day's page links only to neighbours that are there, and is written again when another has come beside it, and
 *   only to destinations and workloads that are there: none of these links is ever dead, wherever a publish is cut off.
 * - The record is replaced on condition that nobody else has: of two publishes at once the second is refused, and since
 *   the record holds the etag of every file, whatever it wrote over the first one's files is rendered again by the next.
 */
import { dayAddress, FINDINGS_FEED, monthAddress, monthDownloadsAddress } from '#core/addresses.ts'
import type { ComplianceHistory } from '#core/compliance-history.ts'
import { atomFeed } from '#core/feed.ts'
import { sha256 } from '#core/hash.ts'
import { forgetDownloads, isAsWritten, isThere, type Published } from '#core/published.ts'
import { searchIndex } from '#core/reports/search.ts'
import { DAY_MS, HOUR_MS, isoDate, parseDate } from '#core/time.ts'
import type { Site } from '../pages.ts'
import type { Store } from '../store/store.ts'
import { BilledMonths } from './billing.ts'
import { Bills } from './bills.ts'
import { costDays } from './costing.ts'
import { Declarations } from './declarations.ts'
import type { Figures } from './figures.ts'
import { foldDays } from './folding.ts'
import { judgeDays } from './judging.ts'
import { readKnownLedger, readLedger } from './ledger.ts'
import { Pages } from './pages.ts'
import { dayPlans, downloadsPlan, entityPlans, monthPlan, monthsOf, overviewPlans, type PlanSettings } from './plans.ts'
import { openRecord } from './publish-record.ts'
import { copySeals, sealedDates } from './seal-copies.ts'
import { datesOf, knownTargets, newestTime, settledDates, stateOfLedger } from './settling.ts'
import { SiteFiles } from './site-files.ts'

export interface PublishOptions {
  title: string // of the site
  url?: string | null // at which the site is read, with a slash at its end; for the feed's links
  clusterDomains?: Readonly<Record<string, string>> // by target; cluster.local where it is left out
  all?: boolean // read every day and render every page again
  outOfTime?: () => boolean // asked before each closed day and each page; once true, what is left waits for the next publish
  progress?: (what: 'read' | 'judged' | 'priced' | 'rendered', done: number, of: number) => void // closed days, and pages rendered
}

export interface PublishSummary {
  days: number // the ledger has
  rendered: string[] // addresses of the pages rendered now, in the order of their code units
  remaining: number // days that were not read, or pages that are not as they should be, for want of time
  files: number // written
  compliance: ComplianceHistory | null // as of now, open days among it; null when nothing was new, or days are left to be judged
}

/** While one waits for a store, another is rendered. */
const PAGES_AT_A_TIME = 4
/** Days whose pages are rendered together. */
const DAYS_AT_A_TIME = 20
const ENTITIES_AT_A_TIME = 200
/** So few are not worth a record on the way. */
const PAGES_A_SAVE = 50
const ASSETS = '_assets'
const NO_ASSETS = { frame: '', report: '', files: {} }
const SEARCH = 'search.json'

/**
 * Publishes a store's ledger into a site store. Throws one sentence, after it has recorded what it rendered, when a day
 * cannot be read, a page cannot be rendered, or another publish ran at the same time.
 */
export async function publish(store: Store, out: Store, site: Site, options: PublishOptions): Promise<PublishSummary> {
  const { title, url = null, clusterDomains = {}, all = false, outOfTime = () => false, progress = () => {} } = options
  const record = await openRecord(store)
  const { before } = record
  const siteState = sha256(Buffer.from(JSON.stringify([site.version, title, url]))).slice(0, 16)
  // When the last one left nothing to do, only what is new is looked at.
  const wasWhole = !all && before.site === siteState
  const targets = wasWhole ? await readKnownLedger(store, before.targets) : await readLedger(store)
  const dates = datesOf(targets)
  const settled = settledDates(dates, targets)
  const openFrom = settled.length < dates.length ? parseDate(dates[settled.length]) : newestTime(targets)
  const [sealed, declarations] = [await sealedDates(store, dates), await Declarations.read(store)]
  const bills = await Bills.read(store)
  const ledger = stateOfLedger({ targets, sealed, declared: declarations.all(), billed: bills.all() }, openFrom)
  const files = wasWhole
    ? await lookAround(out, before, dates, { openFrom, newest: newestTime(targets) })
    : await SiteFiles.listed(out)
  const nothing: PublishSummary = { days: dates.length, rendered: [], remaining: 0, files: 0, compliance: null }
  const asWritten = Object.values(before.pages).every((page) => isAsWritten(page, files.there))
  if (wasWhole && before.ledger === ledger && asWritten) return nothing

  const there = Object.entries(before.pages).filter(([, page]) => isThere(page, files.there))
  const published: Published = {
    ...before,
    site: '',
    ledger: '',
    targets: knownTargets(targets),
    pages: Object.fromEntries(there),
  }
  const save = async () => {
    forgetDownloads(published.pages, downloadsFrom(dates))
    if (!(await record.save(published)))
      throw new Error('publish: another publish ran at the same time; run it once more')
  }
  published.pages[ASSETS] = await files.writeAssets(site, (all ? undefined : before.pages[ASSETS]) ?? NO_ASSETS)

  const read = (done: number, of: number) => progress('read', done, of)
  const folded = await foldDays({ store, targets, files, published, dates, settled, all, outOfTime, read, save })
  const { digests, history, current, failures } = folded
  const judged = (done: number, of: number) => progress('judged', done, of)
  const judgements = await judgeDays({ store, declarations, folded, published, dates, outOfTime, judged })
  const priced = (done: number, of: number) => progress('priced', done, of)
  const costs = await costDays({ store, declarations, folded, judgements, published, dates, outOfTime, priced })
  const seals = await copySeals(store, files, published, sealed)
  const billed = new BilledMonths({ bills, costs, declarations, dates })
  const figures: Figures = {
    ...{ title, targets, digests, history, current, seals, declarations, judgements, costs, billed, clusterDomains },
    dates: dates.filter((date) => !failures.has(date)),
    unread: [...failures.keys()],
  }
  let inReserve = false
  const pages = new Pages({
    ...{ site, title, files, all, published: published.pages },
    isUnsure: failures.size > 0,
    stop: () => !inReserve && outOfTime(),
    progress: (rendered, due) => progress('rendered', rendered, due),
  })
  const has = (address: string) => pages.has(address)
  const plans: PlanSettings = {
    has,
    downloadsOf: (address) => pages.downloadsOf(address),
    linksTo(address, { previous, next }) {
      const linked = (to: string | null) => (to !== null && has(address(to)) ? to : null)
      return { previous: linked(previous), next: linked(next) }
    },
  }
  const writeBeside = (key: string, text: string) => writeFileBeside(files, published, key, Buffer.from(text))
  let remaining = folded.remaining + judgements.remaining + costs.remaining
  if (remaining === 0) {
    remaining = await renderEach(figures, pages, plans, save)
    const areThere = entityPlans(figures).every(({ address }) => has(address) || pages.failures.has(address))
    // Sums without a day that cannot be read, or whose page is still to come, would be wrong without a sign of it.
    const months = monthsOf(figures)
    const periods = [...dates.map(dayAddress), ...months.map(monthAddress), ...months.map(monthDownloadsAddress)]
    if (failures.size === 0 && areThere && periods.every(has)) {
      inReserve = true
      await pages.renderAll(overviewPlans(figures, plans), 1)
      await writeBeside(SEARCH, `${JSON.stringify(searchIndex(current))}\n`)
      await writeBeside(FINDINGS_FEED, atomFeed({ title, url, compliance: judgements.current }))
    }
  }
  for (const [date, sentence] of failures) pages.failures.set(dayAddress(date), sentence)
  if (remaining === 0 && pages.failures.size === 0) {
    Object.assign(published, { site: siteState, ledger })
  }
  await save()
  for (const [address, sentence] of pages.failures) {
    const others = pages.failures.size === 1 ? '' : ` (and ${pages.failures.size - 1} more)`
    throw new Error(`publish: ${address === '' ? 'the home page' : address} cannot be made${others}: ${sentence}`)
  }
  const rendered = [...pages.rendered].sort()
  // Of a history that is not whole yet, what comes later would be told as new.
  const isJudged = folded.remaining + judgements.remaining === 0
  const compliance = isJudged ? judgements.current : null
  return { ...nothing, rendered, remaining, files: files.written, compliance }
}

/** The first day of the month before the newest: that may still have to be told. */
function downloadsFrom(dates: readonly string[]): string {
  const newest = parseDate(`${(dates.at(-1) ?? '1970-02-01').slice(0, 7)}-01`)
  return `${isoDate(newest - DAY_MS).slice(0, 7)}-01`
}

/** Looks at files of the months that may still change, and of one that cannot, another each hour. */
function lookAround(
  out: Store,
  { pages }: Published,
  dates: readonly string[],
  { openFrom, newest }: Record<'openFrom' | 'newest', number>,
) {
  const since = isoDate(Math.max(0, openFrom - DAY_MS)).slice(0, 7)
  const earlier = [...new Set(dates.map((date) => date.slice(0, 7)))].filter((month) => month < since)
  const month = earlier[Math.floor(newest / HOUR_MS) % earlier.length] ?? null
  const files = new Map(Object.values(pages).flatMap((page) => Object.entries(page.files)))
  return SiteFiles.looked(out, { files, since, month })
}

/** Renders the pages of destinations, workloads, days and months, and gives how many are left for want of time. */
async function renderEach(
  figures: Figures,
  pages: Pages,
  settings: PlanSettings,
  save: () => Promise<void>,
): Promise<number> {
  let recorded = 0
  const saveOnTheWay = async () => {
    if (pages.rendered.size - recorded < PAGES_A_SAVE) return
    recorded = pages.rendered.size
    await save()
  }
  let remaining = 0
  for (const some of inParts(entityPlans(figures), ENTITIES_AT_A_TIME)) {
    const due = some.filter((plan) => pages.isDue(plan))
    if (due.length === 0) continue
    remaining += await pages.renderAll(due, PAGES_AT_A_TIME)
    await saveOnTheWay()
  }
  if (remaining > 0) return remaining

  const plansOf = (dates: readonly string[]) => dates.flatMap((date) => dayPlans(figures, date, settings))
  const dueDates = () => figures.dates.toReversed().filter((date) => plansOf([date]).some((plan) => pages.isDue(plan)))
  // Once more for those that were not due before a page came beside them.
  for (let turn = 0; turn < 2; turn++) {
    for (const some of inParts(dueDates(), DAYS_AT_A_TIME)) {
      // Two neighbours cannot both link to the other at first: every other day, those between, and the former again.
      const [one, between] = [some.filter((_, at) => at % 2 === 0), some.filter((_, at) => at % 2 === 1)]
      for (const dates of [one, between, one]) await pages.renderAll(plansOf(dates), PAGES_AT_A_TIME)
      await saveOnTheWay()
    }
  }
  remaining = plansOf(figures.dates).filter((plan) => pages.isLeft(plan)).length

  // A month links to all its days, and sums over them.
  const isWhole = (month: string) =>
    !figures.unread.some((date) => date.startsWith(month)) &&
    figures.dates.every((date) => !date.startsWith(month) || pages.has(dayAddress(date)))
  const months = monthsOf(figures).toReversed().filter(isWhole)
  const monthPlans = () =>
    months.flatMap((month) => [
      monthPlan(figures, month, settings),
      downloadsPlan(figures, month, settings, monthDownloadsAddress(month)),
    ])
  for (let turn = 0; turn < 2; turn++) for (const plan of monthPlans()) await pages.render(plan)
  return remaining + monthPlans().filter((plan) => pages.isLeft(plan)).length
}

/** Writes a file beside pages, if it is another than what is there. */
async function writeFileBeside(files: SiteFiles, { pages }: Published, key: string, bytes: Uint8Array): Promise<void> {
  const report = sha256(bytes)
  const known = pages[key]
  if (known?.report === report && isAsWritten(known, files.there)) return
  pages[key] = { frame: '', report, files: { [key]: await files.write(key, bytes) } }
}

function inParts<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}
