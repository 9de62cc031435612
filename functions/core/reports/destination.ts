/** The reports of destinations: of one host, and of all there ever were. */
import type { Edge } from '#core/digest.ts'
import { workloadKey } from '#core/edge.ts'
import { type Evidence, weakestOf } from '#core/evidence.ts'
import type { DestinationClass, Protocol } from '#core/flow.ts'
import type { ClassSpan, History, PairHistory, Seen } from '#core/history.ts'
import type { JudgedDay } from '#core/judged-day.ts'
import { distinct } from '#core/order.ts'
import type { ByClass, PageReport, ResponseRow, Totals } from '#core/report.ts'
import type { EntityCompliance } from '#core/reports/compliance.ts'
import type { DestinationCostsSection } from '#core/reports/cost-sections.ts'
import {
  byLastDay,
  byLastSeen,
  byTraffic,
  type HistoryDay,
  type HistoryMonth,
  lastDayOf,
  onLastDay,
  pastOf,
  recentDays,
  recentTotals,
} from '#core/reports/past.ts'
import { addTotals, mainClass, zeroTotals } from '#core/totals.ts'

export type { HistoryDay, HistoryMonth } from '#core/reports/past.ts'

export interface DestinationReport extends PageReport, Seen {
  page: 'destination'
  host: string // '' for all whose name the proxy could not know
  targets: string[]
  protocols: Protocol[]
  ports: number[]
  evidence: Evidence // of its name, on the last day it was seen
  classes: ClassSpan[] // oldest first
  recent: HistoryDay[] // the 35 days that end with `last`, oldest first
  months: HistoryMonth[] // oldest first
  complete: boolean // every hour from `first` to `last` observed whole; if not, sums over all days are lower bounds
  callers: PairHistory[] // most recently seen first, then most bytes
  provisional: boolean // `last` is still open
  lastDay: { byClass: ByClass; responses: ResponseRow[]; callers: CallerRow[] } // of `last`
  compliance: EntityCompliance // as of `last`
  costs: DestinationCostsSection | null // likewise; null when nothing was priced
}

export interface CallerRow {
  target: string
  namespace: string
  workload: string
  destinationClass: DestinationClass
  protocols: Protocol[]
  totals: Totals
}

/** All destinations, most recently seen first, then most bytes on that day. */
export interface DestinationsReport extends PageReport {
  page: 'destinations'
  through: string // the last closed day, or ''
  complete: boolean // the 35 days that end with `through` observed whole; if not, sums over them are lower bounds
  destinations: (Seen & {
    host: string
    targets: string[]
    protocols: Protocol[]
    destinationClass: DestinationClass // of most of its traffic on the last day it was seen
    recent: ByClass // over the 35 days that end with `through`
    callers: number // workloads ever
  })[]
  forgotten: number // that had to be dropped
}

export interface DestinationInput {
  title: string // of the site
  history: History
  judged: JudgedDay // the last day it was seen
  compliance: EntityCompliance // of that day
  costs?: DestinationCostsSection | null // likewise
  host: string
}

/** Builds the report of a destination; what it says depends on nothing after the last day it was seen. */
export function destinationReport(input: DestinationInput): DestinationReport {
  const { title, history, judged, compliance, costs = null, host } = input
  const entity = history.destinations.find((one) => one.host === host)
  if (entity === undefined)
    throw new Error(`report of destination ${JSON.stringify(host)}: the history does not know it`)
  const edges = judged.edges.filter((edge) => edge.host === host)
  const { targets, protocols, ports, classes } = entity
  return {
    schema: 1,
    page: 'destination',
    title,
    downloads: [],
    host,
    first: entity.first,
    last: entity.last,
    days: entity.days,
    targets,
    protocols,
    ports,
    evidence: weakestOf(edges.map(({ traffic }) => traffic.evidence)),
    classes,
    ...pastOf(history, entity, judged.digest),
    callers: history.pairs.filter((pair) => pair.host === host).sort(byLastSeen),
    lastDay: { ...lastDayOf(edges), callers: callerRows(edges) },
    compliance,
    costs,
  }
}

function callerRows(edges: readonly Edge[]): CallerRow[] {
  const groups = Map.groupBy(edges, (edge) => `${workloadKey(edge)}\0${edge.destinationClass}`)
  const rows = [...groups.values()].map((group): CallerRow => {
    const { target, namespace, workload, destinationClass } = group[0]
    const totals = zeroTotals()
    for (const edge of group) addTotals(totals, edge.totals)
    const protocols = distinct(group.map(({ protocol }) => protocol)).sort()
    return { target, namespace, workload, destinationClass, protocols, totals }
  })
  return rows.sort(byTraffic) // the groups come in the order of their keys, and sort() keeps it
}

/** Builds the report of all destinations; its downloads are filled in when they have been written. */
export function destinationsReport({ title, history }: { title: string; history: History }): DestinationsReport {
  const callers = new Map<string, number>()
  for (const { host } of history.pairs) callers.set(host, (callers.get(host) ?? 0) + 1)
  return {
    schema: 1,
    page: 'destinations',
    title,
    downloads: [],
    through: history.through,
    complete: recentDays(history).every(({ complete }) => complete),
    destinations: history.destinations.toSorted(byLastDay).map((entity) => ({
      host: entity.host,
      first: entity.first,
      last: entity.last,
      days: entity.days,
      targets: entity.targets,
      protocols: entity.protocols,
      destinationClass: mainClass(onLastDay(entity)),
      recent: recentTotals(history, entity),
      callers: callers.get(entity.host) ?? 0,
    })),
    forgotten: history.forgotten,
  }
}
