/** Tables: what of a page's report can be downloaded as CSV. */
import { billTables } from '#core/bill-tables.ts'
import {
  CLASS_COLUMNS,
  classValues,
  dayValues,
  hourValues,
  PERIOD_COLUMNS,
  periodValues,
  TOTALS_COLUMNS,
} from '#core/columns.ts'
import {
  attestationTables,
  complianceTables,
  findingsTables,
  readinessTables,
  registerTables,
  residencyTables,
} from '#core/compliance-tables.ts'
import {
  costsTables,
  dayCostTables,
  destinationCostTables,
  monthCostTables,
  showbackTables,
  workloadCostTables,
} from '#core/cost-tables.ts'
import type { DestinationRow, Download, PageReport, SourceRow } from '#core/report.ts'
import type { AttestationReport } from '#core/reports/attestation.ts'
import type { BillReport } from '#core/reports/bill.ts'
import type { BlockedReport } from '#core/reports/blocked.ts'
import type { ChangesReport } from '#core/reports/changes.ts'
import type { ComplianceReport } from '#core/reports/compliance.ts'
import type { CostsReport } from '#core/reports/costs.ts'
import type { CoverageReport } from '#core/reports/coverage.ts'
import type { DayPageReport } from '#core/reports/day.ts'
import type { DestinationReport, DestinationsReport } from '#core/reports/destination.ts'
import type { DownloadsReport } from '#core/reports/downloads.ts'
import type { FindingsReport } from '#core/reports/findings.ts'
import { CALL_COLUMNS, callValues, type GraphReport } from '#core/reports/graph.ts'
import type { HomeReport } from '#core/reports/home.ts'
import type { MonthReport } from '#core/reports/month.ts'
import type { ReadinessReport } from '#core/reports/readiness.ts'
import type { RegisterReport } from '#core/reports/register.ts'
import type { ResidencyReport } from '#core/reports/residency.ts'
import type { SavingsReport } from '#core/reports/savings.ts'
import type { ShowbackReport } from '#core/reports/showback.ts'
import type { WorkloadReport, WorkloadsReport } from '#core/reports/workload.ts'
import { savingsTables } from '#core/savings-tables.ts'
import { type Column, list, SEEN, type Table, TOTALS, table, WORKLOAD } from '#core/table.ts'
import { HOUR_MS, isoInstant, parseDate } from '#core/time.ts'
import { TOTAL_NAMES } from '#core/totals.ts'

export type { Table } from '#core/table.ts'

/** Every kind of report that a page is rendered from. */
export type AnyReport =
  | HomeReport
  | DayPageReport
  | MonthReport
  | GraphReport
  | ChangesReport
  | DestinationReport
  | DestinationsReport
  | WorkloadReport
  | WorkloadsReport
  | BlockedReport
  | CoverageReport
  | DownloadsReport
  | ComplianceReport
  | RegisterReport
  | FindingsReport
  | ReadinessReport
  | ResidencyReport
  | AttestationReport
  | CostsReport
  | ShowbackReport
  | SavingsReport
  | BillReport

/** The tables of a report; none for one that is all in its JSON. In CSV an empty cell is what nobody knows. */
export function tablesOf(page: PageReport): Table[] {
  const report = page as AnyReport
  switch (report.page) {
    case 'home':
      return [
        { file: 'days.csv', title: 'These days', columns: TOTALS_COLUMNS, rows: dayValues(report.days) },
        monthsTable(report.months.map(({ month, ...rest }) => ({ period: month, ...rest }))),
      ]
    case 'day':
      return [
        { file: 'hours.csv', title: 'The day by the hour', columns: TOTALS_COLUMNS, rows: hourValues(report) },
        table('destinations.csv', 'Destinations of the day', report.destinations, DESTINATION),
        table('sources.csv', 'Sources of the day', report.sources, SOURCE),
        ...(report.costs === null ? [] : dayCostTables(report.costs)),
      ]
    case 'month':
      return [
        { file: 'days.csv', title: 'The month by the day', columns: TOTALS_COLUMNS, rows: dayValues(report.days) },
        table('destinations.csv', 'Destinations of the month', report.destinations, DESTINATION),
        table('sources.csv', 'Sources of the month', report.sources, SOURCE),
        ...(report.costs === null ? [] : monthCostTables(report.costs)),
      ]
    case 'graph':
      return [{ file: 'calls.csv', title: 'Every call', columns: CALL_COLUMNS, rows: callValues(report) }]
    case 'changes':
      return [table('changes.csv', 'Every change', report.changes, CHANGE)]
    case 'destination':
      return [
        pastTable(report),
        table('callers.csv', 'Who ever called it', report.callers, [...WORKLOAD, ...PAIR]),
        ...(report.costs === null ? [] : destinationCostTables(report.costs)),
      ]
    case 'destinations':
      return [table('destinations.csv', 'All destinations', report.destinations, KNOWN_DESTINATION)]
    case 'workload':
      return [
        pastTable(report),
        table('calls.csv', 'What it ever called', report.calls, [
          ['destinationHost', ({ host }) => host || null],
          ...PAIR,
        ]),
        ...(report.costs === null ? [] : workloadCostTables(report.costs)),
      ]
    case 'workloads':
      return [table('workloads.csv', 'All workloads', report.workloads, KNOWN_WORKLOAD)]
    case 'blocked':
      return [table('attempts.csv', 'Blocked attempts', report.attempts, BLOCKED)]
    case 'coverage':
      return [table('coverage.csv', 'What was observed of each hour', hoursOf(report), COVERAGE)]
    case 'downloads':
      return [table('files.csv', 'Every file of the month’s days', filesOf(report), FILE)]
    case 'compliance':
      return complianceTables(report)
    case 'register':
      return registerTables(report)
    case 'findings':
      return findingsTables(report)
    case 'readiness':
      return readinessTables(report)
    case 'residency':
      return residencyTables(report)
    case 'attestation':
      return attestationTables(report)
    case 'costs':
      return costsTables(report)
    case 'showback':
      return showbackTables(report)
    case 'savings':
      return savingsTables(report)
    case 'bill':
      return billTables(report)
  }
}

/** The days and months of a destination or workload, which tell themselves apart by their length. */
function pastTable({ recent, months }: Pick<DestinationReport, 'recent' | 'months'>): Table {
  const days = recent.map(({ date, ...rest }) => ({ period: date, ...rest }))
  const rows = periodValues([...days, ...months])
  return { file: 'history.csv', title: 'Its recent days, and all months', columns: PERIOD_COLUMNS, rows }
}

function monthsTable(months: Parameters<typeof periodValues>[0]): Table {
  return { file: 'months.csv', title: 'By the month', columns: PERIOD_COLUMNS, rows: periodValues(months) }
}

const PAIR: readonly Column<DestinationReport['callers'][number]>[] = [
  ['destinationClass', ({ destinationClass }) => destinationClass],
  ...SEEN,
  ...CLASS_COLUMNS.map((name, at): Column<DestinationReport['callers'][number]> => {
    return [name, ({ byClass }) => classValues(byClass)[at]]
  }),
]

const DESTINATION: readonly Column<DestinationRow>[] = [
  ['destinationClass', ({ destinationClass }) => destinationClass],
  ['destinationHost', ({ host }) => host || null],
  ['ports', ({ ports }) => list(ports)],
  ['targets', ({ targets }) => list(targets)],
  ['protocols', ({ protocols }) => list(protocols)],
  ['sources', ({ sources }) => sources],
  ...TOTALS,
  ['averageMs', ({ averageMs }) => averageMs],
]

const SOURCE: readonly Column<SourceRow>[] = [
  ...WORKLOAD,
  ['sourceApp', ({ app }) => app || null],
  ['protocols', ({ protocols }) => list(protocols)],
  ['destinations', ({ destinations }) => destinations],
  ...TOTALS,
  ['blockedAttempts', ({ blockedAttempts }) => blockedAttempts],
]

const CHANGE: readonly Column<ChangesReport['changes'][number]>[] = [
  ['severity', ({ severity }) => severity],
  ['kind', ({ kind }) => kind],
  ['destinationHost', ({ host }) => host || null],
  ['classes', ({ classes }) => list(classes)],
  ['classesBefore', ({ classesBefore }) => list(classesBefore)],
  ['firstSeen', ({ firstSeen }) => firstSeen],
  ['workloads', ({ workloadCount }) => workloadCount],
  ...TOTAL_NAMES.flatMap((name): Column<ChangesReport['changes'][number]>[] => [
    [name, ({ now }) => now[name]],
    [`${name}Before`, ({ before }) => before[name]],
  ]),
  ['blockedAttempts', ({ blocked }) => blocked],
  ['blockedAttemptsBefore', ({ blockedBefore }) => blockedBefore],
  ['sentence', ({ sentence }) => sentence],
]

const KNOWN_DESTINATION: readonly Column<DestinationsReport['destinations'][number]>[] = [
  ['destinationHost', ({ host }) => host || null],
  ['destinationClass', ({ destinationClass }) => destinationClass],
  ['targets', ({ targets }) => list(targets)],
  ['protocols', ({ protocols }) => list(protocols)],
  ...SEEN,
  ['callers', ({ callers }) => callers],
  ...CLASS_COLUMNS.map((name, at): Column<DestinationsReport['destinations'][number]> => {
    return [name, ({ recent }) => classValues(recent)[at]]
  }),
]

const KNOWN_WORKLOAD: readonly Column<WorkloadsReport['workloads'][number]>[] = [
  ...WORKLOAD,
  ...SEEN,
  ['destinations', ({ destinations }) => destinations],
  ...CLASS_COLUMNS.map((name, at): Column<WorkloadsReport['workloads'][number]> => {
    return [name, ({ recent }) => classValues(recent)[at]]
  }),
]

const BLOCKED: readonly Column<BlockedReport['attempts'][number]>[] = [
  ...WORKLOAD,
  ['destinationHost', ({ host }) => host || null],
  ['protocol', ({ protocol }) => protocol],
  ['attempts', ({ attempts: count }) => count],
  ...SEEN,
  ['busiestHour', ({ busiestHour }) => busiestHour.start],
  ['busiestHourAttempts', ({ busiestHour }) => busiestHour.attempts],
  ['alsoAllowed', ({ alsoAllowed }) => alsoAllowed],
]

interface ObservedHour {
  target: string
  hour: number // ms since epoch
  observation: string
}

const COVERAGE: readonly Column<ObservedHour>[] = [
  ['chargePeriodStart', ({ hour }) => isoInstant(hour)],
  ['chargePeriodEnd', ({ hour }) => isoInstant(hour + HOUR_MS)],
  ['target', ({ target }) => target],
  ['observation', ({ observation }) => observation],
]

function hoursOf({ targets }: CoverageReport): ObservedHour[] {
  return targets.flatMap(({ target, days }) =>
    days.flatMap(({ date, hours }) =>
      hours.map((observation, at) => ({ target, hour: parseDate(date) + at * HOUR_MS, observation })),
    ),
  )
}

const FILE: readonly Column<Download & { date: string }>[] = [
  ['date', ({ date }) => date],
  ['file', ({ file }) => file],
  ['rows', ({ rows }) => rows],
  ['bytes', ({ size }) => size],
  ['sha256', ({ sha256 }) => sha256],
]

function filesOf({ days }: DownloadsReport): (Download & { date: string })[] {
  return days.flatMap(({ date, files }) => files.map((file) => ({ date, ...file })))
}
