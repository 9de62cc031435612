/** Table: what of a report can be downloaded as one CSV, and the columns that many of them have. */
import type { CsvCell } from '#core/csv.ts'
import type { Seen } from '#core/history.ts'
import type { Totals } from '#core/report.ts'
import { TOTAL_NAMES } from '#core/totals.ts'

export interface Table {
  file: string // beside the page
  title: string
  columns: readonly string[]
  rows: CsvCell[][]
}

export type Column<T> = readonly [name: string, value: (row: T) => CsvCell]

export function table<T>(file: string, title: string, rows: readonly T[], columns: readonly Column<T>[]): Table {
  return {
    file,
    title,
    columns: columns.map(([name]) => name),
    rows: rows.map((row) => columns.map(([, of]) => of(row))),
  }
}

/** Several values in one cell; an empty cell when there are none. */
export function list(values: readonly (string | number)[]): CsvCell {
  return values.join(' ') || null
}

export const TOTALS: readonly Column<{ totals: Totals }>[] = TOTAL_NAMES.map((name) => [
  name,
  ({ totals }) => totals[name],
])

export const WORKLOAD: readonly Column<{ target: string; namespace: string; workload: string }>[] = [
  ['target', ({ target }) => target],
  ['sourceNamespace', ({ namespace }) => namespace || null],
  ['sourceWorkload', ({ workload }) => workload || null],
]

export const SEEN: readonly Column<Seen>[] = [
  ['firstSeen', ({ first }) => first],
  ['lastSeen', ({ last }) => last],
  ['daysSeen', ({ days }) => days],
]
