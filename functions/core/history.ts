/**
 * History: what all closed days together say of every destination, workload and pair of them, folded from digests day by
 * day, so that a page that looks back over years costs no more than one that looks back over a week. Derived; safe to lose.
 */
import type { DestinationClass, Protocol } from '#core/flow.ts'
import { joinObservations } from '#core/observation.ts'
import type { ByClass, DaySummary, Observation } from '#core/report.ts'
import { sumByClass } from '#core/totals.ts'

export interface History {
  schema: 1
  through: string // the last day that is folded in, YYYY-MM-DD; '' before the first
  days: DaySummary[] // every folded day, oldest first, dense
  months: MonthSummary[] // likewise
  destinations: DestinationHistory[] // by host; at most 5,000
  workloads: WorkloadHistory[] // by target, namespace, workload; at most 5,000
  pairs: PairHistory[] // by target, namespace, workload, host; at most 20,000
  forgotten: number // destinations dropped for want of room: the longest silent of those seen on one day alone go first
  forgottenWorkloads: number // likewise
  forgottenPairs: number // of destinations and workloads that are still here
}

export interface MonthSummary {
  month: string // YYYY-MM
  days: number // folded in
  complete: boolean // every hour of every target observed whole, from the first day of the month to its last that is folded in
  observation: Observation
  byClass: ByClass
}

/** When something was seen, by days. */
export interface Seen {
  first: string // YYYY-MM-DD
  last: string
  days: number // on which it was
}

/** One day, or month, of one destination or workload. */
export interface PeriodTotals {
  period: string // YYYY-MM-DD or YYYY-MM
  byClass: ByClass
}

export interface EntityHistory extends Seen {
  recent: PeriodTotals[] // days with traffic of the 35 that end with `last`, oldest first
  months: PeriodTotals[] // those with traffic, oldest first
  classes: ClassSpan[] // oldest first
}

/** An unbroken time, by days with traffic, in which a class was met: the next span of the class begins after 30 days without it. */
export interface ClassSpan extends Seen {
  destinationClass: DestinationClass
}

export interface DestinationHistory extends EntityHistory {
  host: string // '' for all whose name the proxy could not know
  targets: string[]
  protocols: Protocol[]
  ports: number[] // ascending; the first 100 that were met
}

export interface WorkloadHistory extends EntityHistory {
  target: string
  namespace: string
  workload: string
  versions: string[] // of the last day it was seen
}

/** One workload and one destination. */
export interface PairHistory extends Seen {
  target: string
  namespace: string
  workload: string
  host: string
  destinationClass: DestinationClass // of most of its traffic on the last day it was seen
  byClass: ByClass // over all days
}

export function emptyHistory(): History {
  return {
    schema: 1,
    through: '',
    days: [],
    months: [],
    destinations: [],
    workloads: [],
    pairs: [],
    forgotten: 0,
    forgottenWorkloads: 0,
    forgottenPairs: 0,
  }
}

/** What the days of one month that are folded in sum to; oldest first, at least one. */
export function monthSummary(days: readonly DaySummary[]): MonthSummary {
  const month = days[0].date.slice(0, 7)
  return {
    month,
    days: days.length,
    complete: days[0].date === `${month}-01` && days.every(({ complete }) => complete),
    observation: joinObservations(days.map(({ observation }) => observation)),
    byClass: sumByClass(days.map(({ byClass }) => byClass)),
  }
}
