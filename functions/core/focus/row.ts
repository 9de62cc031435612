/** Rows of a FOCUS file, and how they are written: CSV in which NULL is an empty field without quotes. */
import { csvLine } from '#core/csv.ts'
import type { FocusColumn } from '#core/focus/columns.ts'

/** Values by column, as they are written; a column that is '' or left out is null. */
export type FocusRow = Readonly<Record<string, string>>

export function focusHeader(columns: readonly FocusColumn[]): string {
  return csvLine(columns.map(({ name }) => name))
}

/**
 * One record with its CRLF. Values of columns that the version does not have are left out; throws when a column that must
 * not be null is, or a number is none: such a row was made wrongly.
 */
export function focusLine(columns: readonly FocusColumn[], row: FocusRow): string {
  return `${columns.map((column) => fieldOf(column, row[column.name] ?? '')).join(',')}\r\n`
}

/** What CSV writes as it is; most values are, and are told so at once. */
const PLAIN = /^[A-Za-z0-9][\w .:/-]*$/

const DECIMAL = /^-?\d+(?:\.\d+)?$/

function fieldOf({ name, type, nullable }: FocusColumn, value: string): string {
  if (value === '') {
    if (!nullable) throw new Error(`focus column ${name} must not be null`)
    return ''
  }
  if (type !== 'decimal') return PLAIN.test(value) ? value : csvLine([value]).slice(0, -2)
  // A number is never taken for a formula, even when it begins with a minus.
  if (!DECIMAL.test(value)) throw new Error(`focus column ${name} is ${JSON.stringify(value)}, which is no decimal`)
  return value
}
