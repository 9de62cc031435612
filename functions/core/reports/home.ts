/** The report of the home page: what left the meshes lately, against what usually leaves them. */
import { BLOCKED, COVERAGE, changesAddress, destinationAddress } from '#core/addresses.ts'
import type { DayDigest } from '#core/digest.ts'
import { duration, grouped, percent } from '#core/figures.ts'
import type { History, MonthSummary } from '#core/history.ts'
import type { TargetState } from '#core/hour-record.ts'
import { joinObservations } from '#core/observation.ts'
import type { ByClass, DaySummary, Observation, PageReport, TargetCoverage } from '#core/report.ts'
import type { Change } from '#core/reports/change.ts'
import { shownLabel } from '#core/shown-label.ts'
import { isoHour, isoInstant } from '#core/time.ts'
import { addTotals, attempts, sumByClass, zeroByClass } from '#core/totals.ts'

export interface HomeReport extends PageReport {
  page: 'home'
  latest: DaySummary | null // the newest day that is closed; the newest of all while none is
  before: DaySummary | null // the day before it
  weekBefore: DaySummary | null // the same weekday a week before
  today: DaySummary | null // the day that is still open, when it is another than the latest
  days: DaySummary[] // the 35 that end with the newest, oldest first, dense
  months: MonthSummary[] // all, newest first; the open one holds its closed days
  attention: Attention[] // most urgent first
  targets: TargetGlance[] // by name
  byClass: ByClass // over `days`
  observation: Observation // over `days`
  complete: boolean // likewise
}

/** One thing somebody should look at: a change of the latest day, what fails or is refused, or a hole in what was observed. */
export interface Attention {
  severity: 'high' | 'medium' | 'low'
  kind: Change['kind'] | 'failing' | 'refused' | 'gap' | 'stale'
  sentence: string // what is so, with its figures
  address: string // of the page that tells more, below the root
}

export interface TargetGlance {
  target: string
  firstHour: string // ISO
  closedThrough: string // ISO
  watermark: string // ISO; observed through
  latest: { byClass: ByClass; observation: Observation; complete: boolean } | null // on the latest day
}

export interface HomeInput {
  title: string // of the site
  history: History
  open: readonly DaySummary[] // the days after the history's last, oldest first
  latest: DayDigest | null // of the newest day that is closed; of the newest of all while none is
  changes: readonly Change[] // of that day, most telling first
  targets: readonly TargetState[] // by name
}

const DAYS = 35
const CHANGES_AT_MOST = 12
const FAILING_AT_MOST = 5
const FAILING_SHARE = 0.1
const ERRORS_AT_LEAST = 20
/** Less than that is how scrapes fall, and nothing anybody could look into. */
const GAP_SECONDS = 60

/** Builds the report of the home page; its downloads are filled in when they have been written. */
export function homeReport({ title, history, open, latest: digest, changes, targets }: HomeInput): HomeReport {
  const all = [...history.days, ...open]
  const days = all.slice(-DAYS)
  const at = history.days.length > 0 ? history.days.length - 1 : all.length - 1
  const latest = all[at] ?? null
  if (digest?.date !== latest?.date) {
    throw new Error(`report of the home page: its latest day is ${latest?.date}, and the digest is of ${digest?.date}`)
  }
  return {
    schema: 1,
    page: 'home',
    title,
    downloads: [],
    latest,
    before: all[at - 1] ?? null,
    weekBefore: all[at - 7] ?? null,
    today: at < all.length - 1 ? all[all.length - 1] : null,
    days,
    months: history.months.toReversed(),
    attention: [...targets.flatMap(staleTarget), ...(digest === null ? [] : attentionOf(digest, changes))].sort(
      byUrgency,
    ),
    targets: targets.map((state) => targetGlance(state, digest)),
    byClass: sumByClass(days.map(({ byClass }) => byClass)),
    observation: joinObservations(days.map(({ observation }) => observation)),
    complete: days.every(({ complete }) => complete),
  }
}

function attentionOf(digest: DayDigest, changes: readonly Change[]): Attention[] {
  const urgent = changes.filter(({ severity }) => severity !== 'low').slice(0, CHANGES_AT_MOST)
  return [
    ...digest.day.coverage.flatMap((coverage) => missedTime(digest.date, coverage)),
    ...urgent.map(({ kind, severity, sentence }) => {
      return { kind, severity, sentence, address: kind === 'blocked-burst' ? BLOCKED : changesAddress(digest.date) }
    }),
    ...failing(digest, changes),
    ...refused(digest, changes),
  ]
}

/** Destinations that fail at a tenth of what is tried, as Kiali reckons it, and not only since this day. */
function failing({ day }: DayDigest, changes: readonly Change[]): Attention[] {
  const told = new Set(changes.filter(({ kind }) => kind === 'error-jump').map(({ host }) => host))
  return day.destinations
    .filter(({ host, destinationClass }) => destinationClass !== 'blocked' && !told.has(host))
    .filter(({ totals }) => totals.errors >= ERRORS_AT_LEAST && totals.errors / attempts(totals) >= FAILING_SHARE)
    .sort((a, b) => b.totals.errors - a.totals.errors)
    .slice(0, FAILING_AT_MOST)
    .map(({ host, totals }) => {
      const share = percent(totals.errors / attempts(totals))
      const figures = `${grouped(totals.errors)} of ${grouped(attempts(totals))} requests and connections`
      const sentence = `${subjectOf(host)} failed ${share} of what was tried: ${figures}${lowerBound(day)}.`
      return { severity: 'medium', kind: 'failing', sentence, address: destinationAddress(host) }
    })
}

/** What is refused day by day, where no burst of it was told. */
function refused({ day }: DayDigest, changes: readonly Change[]): Attention[] {
  const tries = attempts(day.byClass.blocked)
  if (tries === 0 || changes.some(({ kind }) => kind === 'blocked-burst')) return []
  const workloads = day.sources.filter(({ blockedAttempts }) => blockedAttempts > 0).length
  const who = workloads === 1 ? 'one workload' : `${grouped(workloads)} workloads`
  const sentence = `${grouped(tries)} attempts of ${who} were refused by the mesh${lowerBound(day)}.`
  return [{ severity: 'low', kind: 'refused', sentence, address: BLOCKED }]
}

function subjectOf(host: string): string {
  return host === '' ? 'Hosts without a name' : shownLabel(host).text
}

function lowerBound({ complete }: DayDigest['day']): string {
  return complete ? '' : ', and more may have been unseen'
}

function missedTime(date: string, { target, observedSeconds, expectedSeconds }: TargetCoverage): Attention[] {
  const missed = expectedSeconds - observedSeconds
  if (missed < GAP_SECONDS) return []
  const sentence =
    observedSeconds === 0
      ? `${target}: nothing of ${date} was observed, so there is no data of it.`
      : `${target}: ${duration(missed)} of ${date} were not observed, so figures of that day are lower bounds.`
  const severity = missed * 2 >= expectedSeconds ? 'high' : missed >= 3600 ? 'medium' : 'low'
  return [{ severity, kind: 'gap', sentence, address: COVERAGE }]
}

function staleTarget({ target, watermark, dueThrough }: TargetState): Attention[] {
  if (dueThrough <= watermark) return []
  const [date, time] = [isoInstant(watermark).slice(0, 10), isoInstant(watermark).slice(11, 16)]
  const behind = duration((dueThrough - watermark) / 1000)
  const sentence = `${target} was last observed on ${date} at ${time} UTC, ${behind} before the newest of the others.`
  return [{ severity: 'high', kind: 'stale', sentence, address: COVERAGE }]
}

const SEVERITIES: readonly Attention['severity'][] = ['high', 'medium', 'low']

function byUrgency(a: Attention, b: Attention): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)
}

function targetGlance(state: TargetState, digest: DayDigest | null): TargetGlance {
  const { target, firstHour, closedThrough, watermark } = state
  const glance = { target, firstHour: isoHour(firstHour), closedThrough: isoHour(closedThrough) }
  const coverage = digest?.day.coverage.find((one) => one.target === target)
  if (digest === null || coverage === undefined) return { ...glance, watermark: isoInstant(watermark), latest: null }
  const byClass = zeroByClass()
  for (const edge of digest.edges) if (edge.target === target) addTotals(byClass[edge.destinationClass], edge.totals)
  const { observation, observedSeconds, expectedSeconds } = coverage
  const latest = { byClass, observation, complete: observedSeconds >= expectedSeconds }
  return { ...glance, watermark: isoInstant(watermark), latest }
}
