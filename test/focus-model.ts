/** The FinOps Foundation's machine-readable requirements of FOCUS 1.2, and how they are checked against a file. */
import { readFileSync } from 'node:fs'
import type { FocusFile, FocusRecord } from './focus-records.ts'

export interface ModelRule {
  id: string
  keyword: 'MUST' | 'MUST NOT' | 'SHOULD' | 'SHOULD NOT' | 'RECOMMENDED'
  text: string
  appliesTo?: string[] // criteria, all of which must hold
  requirement: Check
  conditions?: Condition[] // for the rows that satisfy all of them
}

type Condition = Check | { AND: Check | Check[] }

interface Check {
  CheckFunction: string
  ColumnName?: string
  ColumnAName?: string
  ColumnBName?: string
  ResultColumnName?: string
  ExpectedCount?: number
  Value?: string | number | null
  Items?: Check[]
}

interface Model {
  applicabilityCriteria: Record<string, string>
  rules: ModelRule[]
}

export const MODEL: Model = JSON.parse(readFileSync(new URL('focus/requirements-1.2.json', import.meta.url), 'utf8'))

/** What of a file breaks a rule, a line each; none when it conforms. */
export function brokenBy({ columns, records }: FocusFile, { requirement, conditions = [] }: ModelRule): string[] {
  if (requirement.CheckFunction === 'ColumnPresent') {
    return columns.includes(String(requirement.ColumnName)) ? [] : [`${requirement.ColumnName} is not there`]
  }
  const held = records.filter((record) => conditions.every((condition) => holds(record, condition)))
  if (requirement.CheckFunction === 'CheckDistinctCount') return distinctBroken(held, requirement)
  const broken = held.filter((record) => !holds(record, requirement, true))
  return broken.slice(0, 1).map((record) => shown(record, requirement))
}

function distinctBroken(records: readonly FocusRecord[], check: Check): string[] {
  const groups = Map.groupBy(records, (record) => cellOf(record, check.ColumnAName))
  return [...groups]
    .filter(([, group]) => new Set(group.map((one) => cellOf(one, check.ColumnBName))).size !== check.ExpectedCount)
    .map(([value]) => `${check.ColumnAName} ${value} has several ${check.ColumnBName}`)
}

/** Whether null is allowed is told by rules of its own: what is required of values is not required of it. */
function holds(record: FocusRecord, check: Condition, isRequired = false): boolean {
  if (!('CheckFunction' in check)) return [check.AND].flat().every((one) => holds(record, one))
  const value = check.ColumnName === undefined ? null : cellOf(record, check.ColumnName)
  const isNullOr = (test: (text: string) => boolean) => value === null || test(value)
  switch (check.CheckFunction) {
    case 'AND':
      return (check.Items ?? []).every((item) => holds(record, item, isRequired))
    case 'OR':
      return (check.Items ?? []).some((item) => holds(record, item, isRequired))
    case 'CheckValue':
      return isValue(value, check.Value) || (isRequired && value === null)
    case 'CheckNotValue':
      return !isValue(value, check.Value)
    case 'CheckNotSameValue':
      return cellOf(record, check.ColumnAName) !== cellOf(record, check.ColumnBName)
    case 'CheckGreaterOrEqualThanValue':
      return isNullOr((text) => Number(text) >= Number(check.Value))
    case 'ColumnByColumnEqualsColumnValue':
      return isProduct(record, check)
    case 'TypeString':
    case 'FormatString':
      return isNullOr((text) => text.trim() !== '' && /^[\x20-\x7e]*$/.test(text))
    case 'TypeDecimal':
    case 'FormatNumeric':
    case 'CheckDecimalValue':
      return isNullOr((text) => DECIMAL.test(text))
    case 'TypeDateTime':
    case 'FormatDateTime':
      return isNullOr((text) => /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$/.test(text))
    case 'FormatCurrency':
    case 'CheckNationalCurrency':
      return isNullOr((text) => Intl.supportedValuesOf('currency').includes(text))
    case 'FormatUnit':
      return isNullOr((text) => UNIT.test(text))
    case 'FormatKeyValue':
      return isNullOr(isKeyValue)
    default:
      throw new Error(`the model has a check ${check.CheckFunction} that is not known here`)
  }
}

function cellOf(record: FocusRecord, column: string | undefined): string | null {
  return record[String(column)] ?? null
}

function isValue(value: string | null, wanted: Check['Value']): boolean {
  return typeof wanted === 'number' ? Number(value) === wanted && value !== null : value === wanted
}

/**
 * Costs are whole nano-units, so that they sum to the ledger's own: a product matches to the rounding of each hour that is in
 * it, and of a unit price that is a quotient.
 */
function isProduct(record: FocusRecord, check: Check): boolean {
  const [a, b, product] = [check.ColumnAName, check.ColumnBName, check.ResultColumnName].map((name) =>
    cellOf(record, name),
  )
  if (a === null || b === null || product === null) return true
  if (![a, b, product].every((text) => DECIMAL.test(text))) return false
  const off = scaled(a) * scaled(b) - scaled(product) * SCALE
  const hours = BigInt(Math.max(1, hoursOf(record)))
  return (off < 0n ? -off : off) <= 2n * hours * SCALE * (SCALE / 1_000_000_000n)
}

const DECIMAL = /^-?\d+(?:\.\d+)?$/
const PLACES = 40
const SCALE = 10n ** BigInt(PLACES)

export function scaled(decimal: string): bigint {
  const [whole, fraction = ''] = decimal.replace('-', '').split('.')
  const value = BigInt(whole + fraction.padEnd(PLACES, '0'))
  return decimal.startsWith('-') ? -value : value
}

export function hoursOf(record: FocusRecord): number {
  return (Date.parse(String(record.ChargePeriodEnd)) - Date.parse(String(record.ChargePeriodStart))) / 3_600_000
}

const SIZE = '(?:[KMGTPE]?[bB]|[KMGTPE]i[bB])'
const TIME = '(?:Year|Month|Day|Hour|Minute|Second)'
const COUNT = '(?:[A-Z][A-Za-z0-9]*(?: [A-Z][A-Za-z0-9]*)*)'
export const UNIT = new RegExp(`^(?:\\d+ )?(?:${SIZE}|${COUNT})(?:-${TIME}s|/${TIME})?$`)

export function isKeyValue(text: string): boolean {
  try {
    const value = JSON.parse(text)
    return (
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every((one) => typeof one !== 'object' || one === null)
    )
  } catch {
    return false
  }
}

function shown(record: FocusRecord, check: Check): string {
  const names = [check.ColumnName, check.ColumnAName, check.ColumnBName, check.ResultColumnName].filter(
    Boolean,
  ) as string[]
  const of = names.length > 0 ? names : ['ServiceCategory', 'ServiceSubcategory']
  return `${of.map((name) => `${name}=${record[name]}`).join(' ')} in ${record.ChargeDescription}`
}
