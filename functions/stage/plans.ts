/** Plans: every page that a site should have, and from what each is made. */
import {
  ATTESTATION,
  BILL,
  BLOCKED,
  billAddress,
  COMPLIANCE,
  COSTS,
  COVERAGE,
  changesAddress,
  DESTINATIONS,
  DOWNLOADS,
  dayAddress,
  destinationAddress,
  FINDINGS,
  graphAddress,
  HOME,
  monthAddress,
  READINESS,
  REGISTER,
  RESIDENCY,
  SAVINGS,
  SHOWBACK,
  WORKLOADS,
  workloadAddress,
} from '#core/addresses.ts'
import type { CostMonth } from '#core/costs/cost-month.ts'
import { daySummary } from '#core/day.ts'
import type { DayDigest } from '#core/digest.ts'
import { type Room, startFolding } from '#core/fold.ts'
import { emptyHistory, type History } from '#core/history.ts'
import type { JudgedDay } from '#core/judged-day.ts'
import type { Caller } from '#core/pair.ts'
import type { Download, PageReport } from '#core/report.ts'
import { attestationReport } from '#core/reports/attestation.ts'
import { billReport } from '#core/reports/bill.ts'
import { blockedReport } from '#core/reports/blocked.ts'
import { type ChangesReport, changesReport } from '#core/reports/changes.ts'
import { complianceReport, dayCompliance, destinationCompliance, workloadCompliance } from '#core/reports/compliance.ts'
import { dayCosts, destinationCosts, type EntityInput, monthCosts, workloadCosts } from '#core/reports/cost-sections.ts'
import { costsReport } from '#core/reports/costs.ts'
import { coverageReport } from '#core/reports/coverage.ts'
import type { DayPageReport } from '#core/reports/day.ts'
import { destinationReport, destinationsReport } from '#core/reports/destination.ts'
import { downloadsReport } from '#core/reports/downloads.ts'
import { findingsReport } from '#core/reports/findings.ts'
import { graphReport } from '#core/reports/graph.ts'
import { homeReport } from '#core/reports/home.ts'
import { monthReport } from '#core/reports/month.ts'
import { READINESS_DAYS, readinessReport, WINDOW_DAYS } from '#core/reports/readiness.ts'
import { registerReport } from '#core/reports/register.ts'
import { residencyReport } from '#core/reports/residency.ts'
import { SAVINGS_DAYS, savingsReport } from '#core/reports/savings.ts'
import { showbackReport } from '#core/reports/showback.ts'
import { workloadReport, workloadsReport } from '#core/reports/workload.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import { dayOff, digestOfDay, digestsUntil, type Figures, judgedDay, judgedDays } from './figures.ts'
import type { Plan } from './pages.ts'
import { downloadsOf } from './rendering.ts'

/** How far back blocked attempts and coverage are told. */
const RECENT_DAYS = 35
/** How long after it was last seen a call is shown in graphs. */
const IDLE_DAYS = 30

/** Which of two neighbours a page may link to: those whose page of the same kind is there. */
export interface Links {
  previous: string | null
  next: string | null
}

/** What a plan asks of the pages that are there. */
export interface PlanSettings {
  has(address: string): boolean
  linksTo(address: (period: string) => string, neighbours: Links): Links // those that are there
  downloadsOf(address: string): Download[] | null // of a day's page as it was written; null when that is not known
}

/** The pages of one day. The day itself comes last, since it links to the others and to all who were met on it. */
export function dayPlans(figures: Figures, date: string, { linksTo, has }: PlanSettings): Plan[] {
  const { title } = figures
  const neighbours = neighboursOf(figures, date)
  const plan = (address: typeof dayAddress, report: (digest: DayDigest, links: Links) => Promise<PageReport>): Plan => {
    const links = linksTo(address, neighbours)
    return {
      address: address(date),
      links: [links.previous, links.next],
      isOpen: date > figures.history.through,
      report: async () => report(await digestOfDay(figures, date), links),
    }
  }
  const graph = plan(graphAddress, async (digest, links) => {
    const past = await digestsUntil(figures, isoDate(parseDate(date) - DAY_MS), IDLE_DAYS)
    return graphReport({ title, digest, recent: past.flatMap(({ edges }) => edges), ...links })
  })
  const changes = plan(changesAddress, (digest, links) => changesOf(figures, digest, links))
  const day = plan(dayAddress, async (digest, links) => dayReportOf(figures, digest, links))
  const strangers = async () => strangerPlans(figures, await digestOfDay(figures, date), has)
  return [
    { ...graph, needs: strangers },
    { ...changes, needs: strangers },
    { ...day, needs: async () => [...(await strangers()), graph, changes] },
  ]
}

function neighboursOf(figures: Figures, date: string): Links {
  return { previous: dayOff(figures, date, -1), next: dayOff(figures, date, 1) }
}

async function dayReportOf(figures: Figures, { day, date }: DayDigest, links: Links): Promise<DayPageReport> {
  const { title, judgements, costs } = figures
  const priced = await costs.day(date)
  const compliance = dayCompliance(judgements.current, date)
  return { ...day, title, ...links, compliance, costs: priced && dayCosts(priced) }
}

async function changesOf(figures: Figures, digest: DayDigest, links: Links): Promise<ChangesReport> {
  const { title, current: history } = figures
  const daysBefore = async (days: number) => {
    const date = dayOff(figures, digest.date, -days)
    return date === null ? null : digestOfDay(figures, date)
  }
  const [before, weekBefore] = [await daysBefore(1), await daysBefore(7)]
  return changesReport({ title, digest, before, weekBefore, history, ...links })
}

/**
 * The pages of destinations and workloads. Those that closed days know tell of closed days alone, and so change once a day
 * at most; of who was met for the first time on a day that is still open they tell what there is.
 */
export function entityPlans(figures: Figures): Plan[] {
  const { history, current } = figures
  const known = new Set([
    ...history.destinations.map(({ host }) => destinationAddress(host)),
    ...history.workloads.map(workloadAddressOf),
  ])
  return [
    ...plansOf(figures, history, 'closed'),
    ...plansOf(figures, current, 'current').filter(({ address }) => !known.has(address)),
  ]
}

/** A day of more destinations than a history holds links to each of them. */
const UNBOUNDED: Room = { destinations: Infinity, workloads: Infinity, pairs: Infinity }

/** The pages of who was met on a day, has none, and is in no history: there was no room, or the day before cannot be read. */
function strangerPlans(figures: Figures, digest: DayDigest, hasPage: (address: string) => boolean): Plan[] {
  const addresses = digest.edges.flatMap((edge) => [destinationAddress(edge.host), workloadAddressOf(edge)])
  if (addresses.every(hasPage)) return []
  const alone = startFolding(emptyHistory(), UNBOUNDED)
  alone.add(digest)
  return plansOf(figures, alone.history(), 'current').filter(({ address }) => !hasPage(address))
}

/** Of what is known of open days, too, or of closed days alone. */
function plansOf(figures: Figures, history: History, of: 'closed' | 'current'): Plan[] {
  const { title, judgements } = figures
  const known = of === 'closed' ? judgements.compliance : judgements.current
  const plan = (
    address: string,
    last: string,
    report: (judged: JudgedDay, costs: EntityInput | null) => PageReport,
  ): Plan => ({
    address,
    links: [],
    isOpen: last > figures.history.through,
    report: async () => report(await judgedDay(figures, last), await costsOn(figures, last, of)),
  })
  // The most recently seen first, and those of one day together, whose digest is then read once.
  return [
    ...history.destinations.map(({ host, last }) =>
      plan(destinationAddress(host), last, (judged, priced) => {
        const compliance = destinationCompliance(known, judged, host)
        const costs = priced && destinationCosts(priced, host)
        return destinationReport({ title, history, judged, compliance, costs, host })
      }),
    ),
    ...history.workloads.map(({ target, namespace, workload, last }) =>
      plan(workloadAddress(target, namespace, workload), last, (judged, priced) => {
        const caller = { target, namespace, workload }
        const compliance = workloadCompliance(known, judged, caller)
        const costs = priced && workloadCosts(priced, caller)
        return workloadReport({ title, history, digest: judged.digest, compliance, costs, ...caller })
      }),
    ),
  ]
}

/** What pages of who was last seen on a day say of money by; null when that day is not priced. */
async function costsOn({ costs }: Figures, date: string, of: 'closed' | 'current'): Promise<EntityInput | null> {
  const priced = await costs.day(date)
  const month = date.slice(0, 7)
  const lines = of === 'closed' ? await costs.closedMonth(month) : await costs.month(month)
  if (priced === null || lines === null) return null
  return { costs: of === 'closed' ? costs.history : costs.current, month: lines, priced }
}

function workloadAddressOf({ target, namespace, workload }: Caller): string {
  return workloadAddress(target, namespace, workload)
}

/** The months of the ledger, oldest first. */
export function monthsOf({ dates }: Figures): string[] {
  return [...new Set(dates.map((date) => date.slice(0, 7)))]
}

export function monthPlan(figures: Figures, month: string, { linksTo }: PlanSettings): Plan {
  const { title, dates, history } = figures
  const ofMonth = dates.filter((date) => date.startsWith(`${month}-`))
  const months = monthsOf(figures)
  const at = months.indexOf(month)
  const links = linksTo(monthAddress, { previous: months[at - 1] ?? null, next: months[at + 1] ?? null })
  return {
    address: monthAddress(month),
    links: [links.previous, links.next],
    isOpen: ofMonth.some((date) => date > history.through),
    report: async () => {
      const digests = await Promise.all(ofMonth.map((date) => digestOfDay(figures, date)))
      const priced = await figures.costs.month(month)
      const costs = priced && monthCosts(figures.costs.current, priced)
      return monthReport({ title, month, digests, costs, ...links })
    },
  }
}

/** The files of a month; those of the newest are told at the head of all months, too. */
export function downloadsPlan(figures: Figures, month: string, settings: PlanSettings, address: string): Plan {
  const { title, dates, history, seals } = figures
  const ofMonth = dates.filter((date) => date.startsWith(`${month}-`))
  const all = monthsOf(figures)
  const at = all.indexOf(month)
  // Only the newest lists all months, or every month would be another when one is over.
  const months = at === all.length - 1 ? all : all.slice(Math.max(0, at - 1), at + 2)
  return {
    address,
    links: months,
    isOpen: ofMonth.some((date) => date > history.through),
    report: async () => {
      const digests = await Promise.all(ofMonth.map((date) => digestOfDay(figures, date)))
      const days = []
      for (const digest of digests) {
        const { date } = digest
        const links = settings.linksTo(dayAddress, neighboursOf(figures, date))
        const written = settings.downloadsOf(dayAddress(date))
        days.push({ date, files: written ?? downloadsOf(await dayReportOf(figures, digest, links)).downloads })
      }
      const rollups = digests.flatMap((digest) => digest.rollups)
      const copies = seals.filter(({ date }) => date.startsWith(`${month}-`))
      return downloadsReport({ title, month, months, days, rollups, seals: copies })
    },
  }
}

/** The pages that look at the newest days and at all there ever was; the home page, which leads to all others, last. */
export function overviewPlans(figures: Figures, settings: PlanSettings): Plan[] {
  const { title, history, dates } = figures
  const plan = (address: string, report: () => Promise<PageReport>): Plan => ({
    address,
    links: [],
    isOpen: true,
    report,
  })
  const newest = dates.at(-1)
  const recent = async () => (newest === undefined ? [] : digestsUntil(figures, newest, RECENT_DAYS))
  return [
    plan(DESTINATIONS, async () => destinationsReport({ title, history })),
    plan(WORKLOADS, async () => workloadsReport({ title, history })),
    plan(BLOCKED, async () => blockedReport({ title, digests: await recent(), history })),
    plan(COVERAGE, async () => coverageReport({ title, digests: await recent() })),
    { ...downloadsPlan(figures, monthsOf(figures).at(-1) ?? '', settings, DOWNLOADS), isOpen: true },
    ...compliancePlans(figures),
    ...costPlans(figures),
    plan(HOME, () => homeOf(figures)),
  ]
}

/**
 * The pages of compliance, each by what was declared for the newest closed day. All but findings tell of closed days alone,
 * and so are made again only when there is one more, or other declarations hold.
 */
function compliancePlans(figures: Figures): Plan[] {
  const { title, history, declarations, judgements, clusterDomains } = figures
  const { compliance, current } = judgements
  const on = history.through === '' ? (figures.dates.at(-1) ?? '') : history.through
  const declared = declarations.on(on)
  const registerOf = async () => (await declarations.inForce(on)).register
  const recentOf = once(() => judgedDays(figures, RECENT_DAYS))
  const residency = once(async () =>
    residencyReport({ title, register: await registerOf(), compliance, recent: await recentOf() }),
  )
  const readiness = once(async () => {
    const recent = await judgedDays(figures, READINESS_DAYS)
    const { istio } = await declarations.inForce(on)
    return readinessReport({ title, recent, istio, history, windowDays: WINDOW_DAYS, clusterDomains })
  })
  const links = [history.through, compliance.judgedBy, JSON.stringify([declared, clusterDomains])]
  const plan = (address: string, report: () => Promise<PageReport>): Plan => {
    return { address, links, isOpen: false, report }
  }
  return [
    plan(REGISTER, async () => {
      const recent = await recentOf()
      return registerReport({ title, register: await registerOf(), declared: declared.register, compliance, recent })
    }),
    { ...plan(FINDINGS, async () => findingsReport({ title, compliance: current })), isOpen: true },
    plan(READINESS, readiness),
    plan(RESIDENCY, residency),
    plan(ATTESTATION, async () => attestationReport({ title, register: await registerOf(), compliance })),
    plan(COMPLIANCE, async () => {
      const [register, ready, places] = [await registerOf(), await readiness(), await residency()]
      return complianceReport({ title, compliance, declared, register, readiness: ready, residency: places })
    }),
  ]
}

/**
 * The pages of costs. They tell of closed days alone, as those of compliance do; before any day is closed, of what there is.
 * Without prices the first of them says how to begin, and no other is there.
 */
function costPlans(figures: Figures): Plan[] {
  const { title, declarations, costs, billed, dates } = figures
  const { history, current, hasPrices } = costs
  const isOpen = history.through === ''
  const known = isOpen ? current : history
  const on = known.through === '' ? (dates.at(-1) ?? '') : known.through
  const links = [
    on,
    JSON.stringify([declarations.costsOn(on), known.months.map(({ pricedBy }) => pricedBy), billed.imported()]),
  ]
  const plan = (address: string, report: () => Promise<PageReport>): Plan => ({ address, links, isOpen, report })
  const newest = once(async () => {
    const months: CostMonth[] = []
    for (const { month } of known.months.slice(-3)) {
      const lines = await (isOpen ? costs.month(month) : costs.closedMonth(month))
      if (lines !== null) months.push(lines)
    }
    return months
  })
  const savings = once(async () => {
    const { prices } = await declarations.costsInForce(on)
    return savingsReport({ title, prices, recent: await costs.recent(SAVINGS_DAYS) })
  })
  const inForce = () => declarations.costsInForce(on)
  const head = plan(COSTS, async () => {
    const found = history.through === '' ? null : await savings()
    const input = { title, costs: known, months: await newest(), inForce: await inForce() }
    // Without prices nothing of a bill can be split, and no page of it is there.
    const billedMonth = hasPrices ? billed.months().at(-1) : undefined
    const [bill = null] = billedMonth === undefined ? [] : await billed.of(billedMonth)
    return costsReport({ ...input, savings: found, bill })
  })
  if (!hasPrices) return [head]
  return [
    ...billPlans(figures),
    plan(SHOWBACK, async () =>
      showbackReport({ title, costs: known, months: await newest(), inForce: await inForce() }),
    ),
    plan(SAVINGS, savings),
    head,
  ]
}

/** The months for which a bill was imported; the newest at the head of all, where every import is told, too. */
function billPlans({ title, billed }: Figures): Plan[] {
  const months = billed.months()
  const plan = (address: string, at: number): Plan => {
    const month = months[at] ?? ''
    const isHead = address === BILL
    const imported = billed.imported().filter((one) => isHead || one.month === month)
    const [previous, next] = [months[at - 1] ?? null, months[at + 1] ?? null]
    return {
      address,
      links: [previous, next, billed.stateOf(month), JSON.stringify(imported)],
      isOpen: false,
      report: async () => {
        const bills = month === '' ? [] : await billed.of(month)
        return billReport({ title, month, previous, next, bills, imported })
      },
    }
  }
  return [...months.map((month, at) => plan(billAddress(month), at)), plan(BILL, months.length - 1)]
}

/** What it makes the first time it is asked. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

async function homeOf(figures: Figures): Promise<PageReport> {
  const { title, history, dates, targets } = figures
  const open = await Promise.all(
    dates.filter((date) => date > history.through).map((date) => digestOfDay(figures, date)),
  )
  const newest = history.through === '' ? dates.at(-1) : history.through
  const latest = newest === undefined ? null : await digestOfDay(figures, newest)
  const changes = latest === null ? [] : (await changesOf(figures, latest, { previous: null, next: null })).changes
  return homeReport({ title, history, open: open.map(({ day }) => daySummary(day)), latest, changes, targets })
}
