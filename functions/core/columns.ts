/** Columns: how exports and downloads name and order what they hold. */
import type { CsvCell } from '#core/csv.ts'
import { addMeasures, DESTINATION_CLASSES, FLOW_FIELDS, type FlowRow, flowKey, MEASURES } from '#core/flow.ts'
import { expectedMs, type HourRecord, type TargetState } from '#core/hour-record.ts'
import type { ByClass, DayReport, DaySummary, Observation } from '#core/report.ts'
import { DAY_MS, eachHour, HOUR_MS, isoInstant, monthSpan, parseDate, parseInstant } from '#core/time.ts'
import { TOTAL_NAMES } from '#core/totals.ts'

/** One flow of one target over one period; the flow is null when the period had none. */
export interface ExportRow {
  from: number // ms since epoch, inclusive
  to: number // exclusive
  target: string
  flow: FlowRow | null
  observedSeconds: number // of the period
  expectedSeconds: number // of the period so far
  provisional: boolean
}

/** The rollup's fields in its order; what follows them says how far to believe the row. */
export const EXPORT_COLUMNS: readonly string[] = [
  'chargePeriodStart',
  'chargePeriodEnd',
  'target',
  ...FLOW_FIELDS,
  ...MEASURES,
  'observedSeconds',
  'expectedSeconds',
  'provisional',
]

/**
 * An export row's values in EXPORT_COLUMNS' order. Measures of an observed period without traffic are 0; of a period
 * nobody observed they are null.
 */
export function exportValues(row: ExportRow): CsvCell[] {
  const nothing = row.observedSeconds === 0 ? null : 0
  return [
    isoInstant(row.from),
    isoInstant(row.to),
    row.target,
    ...FLOW_FIELDS.map((field) => (row.flow === null || row.flow[field] === '' ? null : row.flow[field])),
    ...MEASURES.map((measure) => (row.flow === null ? nothing : row.flow[measure])),
    row.observedSeconds,
    row.expectedSeconds,
    row.provisional,
  ]
}

/** A half-open span of time to sum over. */
export interface Period {
  from: number // ms since epoch
  to: number
}

/**
 * Sums records into one row for each flow, target and period; a period in which a target had no flow gets one row that
 * says so. Periods and records must be of whole hours.
 */
export function exportRows(
  periods: readonly Period[],
  states: readonly TargetState[],
  records: readonly HourRecord[],
): ExportRow[] {
  const byPlace = new Map(records.map((record) => [`${record.target} ${record.hour}`, record]))
  return periods.flatMap((period) =>
    states.flatMap((state): ExportRow[] => {
      const of: HourRecord[] = []
      let expected = 0
      for (const hour of eachHour(period.from, period.to)) {
        expected += expectedMs(state, hour)
        const record = byPlace.get(`${state.target} ${hour}`)
        if (record !== undefined) of.push(record)
      }
      if (expected === 0) return []
      const about = {
        from: period.from,
        to: period.to,
        target: state.target,
        observedSeconds: Math.floor(of.reduce((ms, { coverage }) => ms + coverage.observedMs, 0) / 1000),
        expectedSeconds: Math.floor(expected / 1000),
        provisional: period.to > state.closedThrough,
      }
      const flows = sumFlows(of.flatMap(({ rows }) => rows))
      return flows.length === 0 ? [{ ...about, flow: null }] : flows.map((flow) => ({ ...about, flow }))
    }),
  )
}

/** Rows of the same flow added up, in the flows' order. */
export function sumFlows(rows: readonly FlowRow[]): FlowRow[] {
  const sums = new Map<string, FlowRow>()
  for (const row of rows) {
    const key = flowKey(row)
    const sum = sums.get(key)
    if (sum === undefined) sums.set(key, { ...row })
    else addMeasures(sum, row)
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}

const CLASS_TOTALS = DESTINATION_CLASSES.flatMap((destinationClass) =>
  TOTAL_NAMES.filter((name) => destinationClass !== 'blocked' || name === 'requests' || name === 'connections').map(
    (name) => ({ destinationClass, name, column: destinationClass + name[0].toUpperCase() + name.slice(1) }),
  ),
)

/** Totals of each class; blocked bytes never left. */
export const CLASS_COLUMNS: readonly string[] = CLASS_TOTALS.map(({ column }) => column)

/** Values in the order of CLASS_COLUMNS; of a time that was not observed they are null. */
export function classValues(byClass: ByClass, observation: Observation = 'observed'): CsvCell[] {
  const known = observation === 'observed' || observation === 'partial'
  return CLASS_TOTALS.map(({ destinationClass, name }) => (known ? byClass[destinationClass][name] : null))
}

/** Columns of a day by the hour, and of a period by the day. */
export const TOTALS_COLUMNS: readonly string[] = [
  'chargePeriodStart',
  'chargePeriodEnd',
  'observation',
  'provisional',
  ...CLASS_COLUMNS,
]

export function hourValues(report: DayReport): CsvCell[][] {
  return report.hours.map((hour) => {
    const from = parseInstant(hour.start)
    return totalsValues(from, from + HOUR_MS, hour)
  })
}

export function dayValues(days: readonly DaySummary[]): CsvCell[][] {
  return days.map((day) => {
    const from = parseDate(day.date)
    return totalsValues(from, from + DAY_MS, day)
  })
}

function totalsValues(
  from: number,
  to: number,
  { observation, provisional, byClass }: Pick<DaySummary, 'observation' | 'provisional' | 'byClass'>,
): CsvCell[] {
  return [isoInstant(from), isoInstant(to), observation, provisional, ...classValues(byClass, observation)]
}

/** Columns of what is known of days or months as they are told beside others. */
export const PERIOD_COLUMNS: readonly string[] = [
  'chargePeriodStart',
  'chargePeriodEnd',
  'observation',
  'complete',
  ...CLASS_COLUMNS,
]

export interface PeriodReport {
  period: string // YYYY-MM-DD or YYYY-MM
  observation: Observation
  complete: boolean
  byClass: ByClass
}

/** Values in the order of PERIOD_COLUMNS. */
export function periodValues(periods: readonly PeriodReport[]): CsvCell[][] {
  return periods.map(({ period, observation, complete, byClass }) => {
    const day = period.length === 10 ? parseDate(period) : null
    const { from, to } = day === null ? monthSpan(period) : { from: day, to: day + DAY_MS }
    return [isoInstant(from), isoInstant(to), observation, complete, ...classValues(byClass, observation)]
  })
}
