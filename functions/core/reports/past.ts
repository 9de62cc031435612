/** The past of one destination or workload, and what the reports of both say of it. */
import { responseRows } from '#core/breakdown.ts'
import type { DayDigest, Edge } from '#core/digest.ts'
import {
  type EntityHistory,
  type History,
  type MonthSummary,
  monthSummary,
  type PairHistory,
  type PeriodTotals,
} from '#core/history.ts'
import { compareText } from '#core/order.ts'
import type { ByClass, DaySummary, Observation, ResponseRow, Totals } from '#core/report.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import { addTotals, attempts, leftTotals, sumByClass, zeroByClass } from '#core/totals.ts'

/** A day of a destination's or a workload's history; without data its totals mean nothing. */
export interface HistoryDay {
  date: string
  observation: Observation
  complete: boolean
  byClass: ByClass
}

/** A month with traffic. */
export interface HistoryMonth extends PeriodTotals {
  observation: Observation
  complete: boolean
}

export interface Past {
  recent: HistoryDay[] // the 35 days that end with the last it was seen, oldest first
  months: HistoryMonth[] // oldest first
  complete: boolean // every hour from the first day it was seen to the last observed whole
  provisional: boolean // the last day is still open
}

const RECENT_DAYS = 35

/**
 * What is known of an entity up to the last day it was seen, whose digest is given. Nothing later plays a part, so that a
 * page that was made on that day is right for as long as nothing more is seen.
 */
export function pastOf(history: History, entity: EntityHistory, { date, day }: DayDigest): Past {
  const { first, last } = entity
  if (date !== last) throw new Error(`report: it was last seen on ${last}, and the digest is of ${date}`)
  const until = history.days.slice(0, indexOfDay(history.days, last) + 1)
  const ofDay = new Map(entity.recent.map(({ period, byClass }) => [period, byClass]))
  // Months before the last one are as history has them; of the last one, only what was by then.
  const months = new Map(history.months.map((one) => [one.month, one]))
  const lastMonth = last.slice(0, 7)
  months.set(lastMonth, monthSummary(until.slice(-31).filter((one) => one.date.startsWith(lastMonth))))
  return {
    recent: until.slice(-RECENT_DAYS).map((one) => ({
      date: one.date,
      observation: one.observation,
      complete: one.complete,
      byClass: ofDay.get(one.date) ?? zeroByClass(),
    })),
    months: entity.months.map(({ period, byClass }) => {
      const { observation, complete } = months.get(period) as MonthSummary
      return { period, observation, complete, byClass }
    }),
    complete: until.slice(indexOfDay(history.days, first)).every((one) => one.complete),
    provisional: day.provisional,
  }
}

/** Where a date stands among days, which are dense. */
function indexOfDay(days: readonly DaySummary[], date: string): number {
  return Math.round((parseDate(date) - parseDate(days[0].date)) / DAY_MS)
}

/** What the edges of the last day sum to. */
export function lastDayOf(edges: readonly Edge[]): { byClass: ByClass; responses: ResponseRow[] } {
  const byClass = zeroByClass()
  for (const { destinationClass, totals } of edges) addTotals(byClass[destinationClass], totals)
  return { byClass, responses: responseRows(edges) }
}

/** The 35 days that end with the history's last. */
export function recentDays(history: History): DaySummary[] {
  return history.days.slice(-RECENT_DAYS)
}

/** What an entity did in those days. */
export function recentTotals({ through }: History, { recent }: EntityHistory): ByClass {
  const since = isoDate(parseDate(through) - (RECENT_DAYS - 1) * DAY_MS)
  return sumByClass(recent.filter(({ period }) => period >= since).map(({ byClass }) => byClass))
}

export function onLastDay({ recent }: EntityHistory): ByClass {
  return (recent.at(-1) as PeriodTotals).byClass
}

/** For sort(): most bytes out first, then most attempts. */
export function byTraffic(a: { totals: Totals }, b: { totals: Totals }): number {
  return b.totals.egressBytes - a.totals.egressBytes || attempts(b.totals) - attempts(a.totals)
}

/** For sort(): the most recently seen first, then most bytes out on that day, then most attempts. */
export function byLastDay(a: EntityHistory, b: EntityHistory): number {
  return compareText(b.last, a.last) || byTraffic({ totals: allOf(onLastDay(a)) }, { totals: allOf(onLastDay(b)) })
}

/** For sort(): the most recently seen first, then most bytes out over all days, then most attempts. */
export function byLastSeen(a: PairHistory, b: PairHistory): number {
  return compareText(b.last, a.last) || byTraffic({ totals: allOf(a.byClass) }, { totals: allOf(b.byClass) })
}

function allOf(byClass: ByClass): Totals {
  const all = leftTotals(byClass)
  addTotals(all, byClass.blocked)
  return all
}
