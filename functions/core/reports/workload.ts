/** The reports of workloads: of one, and of all there ever were. */
import type { DayDigest, Edge } from '#core/digest.ts'
import { workloadKey } from '#core/edge.ts'
import type { DestinationClass, Protocol } from '#core/flow.ts'
import type { ClassSpan, History, PairHistory, Seen } from '#core/history.ts'
import { distinct } from '#core/order.ts'
import type { Caller } from '#core/pair.ts'
import type { ByClass, PageReport, ResponseRow, Totals } from '#core/report.ts'
import type { EntityCompliance } from '#core/reports/compliance.ts'
import type { WorkloadCostsSection } from '#core/reports/cost-sections.ts'
import {
  byLastDay,
  byLastSeen,
  byTraffic,
  type HistoryDay,
  type HistoryMonth,
  lastDayOf,
  pastOf,
  recentDays,
  recentTotals,
} from '#core/reports/past.ts'
import { addTotals, zeroTotals } from '#core/totals.ts'

export interface WorkloadReport extends PageReport, Seen {
  page: 'workload'
  target: string
  namespace: string
  workload: string // '' when unknown
  versions: string[]
  classes: ClassSpan[] // oldest first
  recent: HistoryDay[] // the 35 days that end with `last`, oldest first
  months: HistoryMonth[] // oldest first
  complete: boolean // every hour from `first` to `last` observed whole; if not, sums over all days are lower bounds
  calls: PairHistory[] // most recently seen first, then most bytes
  provisional: boolean // `last` is still open
  lastDay: { byClass: ByClass; responses: ResponseRow[]; calls: CallRow[] } // of `last`
  compliance: EntityCompliance // as of `last`
  costs: WorkloadCostsSection | null // likewise; null when nothing was priced
}

export interface CallRow {
  host: string
  destinationClass: DestinationClass
  via: string
  protocols: Protocol[]
  totals: Totals
}

/** All workloads, most recently seen first, then most bytes. */
export interface WorkloadsReport extends PageReport {
  page: 'workloads'
  through: string // the last closed day, or ''
  complete: boolean // the 35 days that end with `through` observed whole; if not, sums over them are lower bounds
  workloads: (Seen & {
    target: string
    namespace: string
    workload: string
    recent: ByClass // over the 35 days that end with `through`
    destinations: number // ever
  })[]
  forgotten: number // that had to be dropped
}

export interface WorkloadInput extends Caller {
  title: string // of the site
  history: History
  digest: DayDigest // of the last day it was seen
  compliance: EntityCompliance // of that day
  costs?: WorkloadCostsSection | null // likewise
}

/** Builds the report of a workload; what it says depends on nothing after the last day it was seen. */
export function workloadReport(input: WorkloadInput): WorkloadReport {
  const { title, history, digest, compliance, costs = null, target, namespace, workload } = input
  const isOf = (one: Caller) => one.workload === workload && one.namespace === namespace && one.target === target
  const entity = history.workloads.find(isOf)
  if (entity === undefined) {
    throw new Error(`report of workload ${JSON.stringify([target, namespace, workload])}: the history does not know it`)
  }
  const edges = digest.edges.filter(isOf)
  const { first, last, days, versions, classes } = entity
  return {
    schema: 1,
    page: 'workload',
    title,
    downloads: [],
    target,
    namespace,
    workload,
    first,
    last,
    days,
    versions,
    classes,
    ...pastOf(history, entity, digest),
    calls: history.pairs.filter(isOf).sort(byLastSeen),
    lastDay: { ...lastDayOf(edges), calls: callRows(edges) },
    compliance,
    costs,
  }
}

function callRows(edges: readonly Edge[]): CallRow[] {
  const groups = Map.groupBy(edges, (edge) => [edge.host, edge.destinationClass, edge.via].join('\0'))
  const rows = [...groups.values()].map((group): CallRow => {
    const { host, destinationClass, via } = group[0]
    const totals = zeroTotals()
    for (const edge of group) addTotals(totals, edge.totals)
    return { host, destinationClass, via, protocols: distinct(group.map(({ protocol }) => protocol)).sort(), totals }
  })
  return rows.sort(byTraffic)
}

/** Builds the report of all workloads; its downloads are filled in when they have been written. */
export function workloadsReport({ title, history }: { title: string; history: History }): WorkloadsReport {
  const destinations = new Map<string, number>()
  for (const pair of history.pairs) {
    const key = workloadKey(pair)
    destinations.set(key, (destinations.get(key) ?? 0) + 1)
  }
  return {
    schema: 1,
    page: 'workloads',
    title,
    downloads: [],
    through: history.through,
    complete: recentDays(history).every(({ complete }) => complete),
    workloads: history.workloads.toSorted(byLastDay).map((entity) => ({
      target: entity.target,
      namespace: entity.namespace,
      workload: entity.workload,
      first: entity.first,
      last: entity.last,
      days: entity.days,
      recent: recentTotals(history, entity),
      destinations: destinations.get(workloadKey(entity)) ?? 0,
    })),
    forgotten: history.forgottenWorkloads,
  }
}
