/**
 * Price books in CSV: the columns of FOCUS's SKU Price dataset, as in the working draft of FOCUS 1.5 in which one UnitPrice
 * stands beside its UnitPriceType and tiers are QuantityTierMinimum (exclusive) to QuantityTierMaximum (inclusive). What the
 * draft has no column for stands in custom columns. Rows without x_Kind are prices of something else, and are passed over.
 */
import { CsvReader } from '#core/csv-reader.ts'
import { compareText } from '#core/order.ts'
import { explaining, type Mistake } from './mistakes.ts'
import { type PlacedEntry, type PriceBook, toPriceEntry } from './price-book.ts'
import { decimalJsonSchema, entrySchema, MAX_ENTRIES } from './price-book-schema.ts'
import { entryContradictions } from './price-entry-mistakes.ts'
import { currencyProblem, providerProblem, shortestDecimal } from './price-values.ts'
import { ConfigError, type Problem } from './strict-file.ts'

const FOCUS_COLUMNS = [
  'ServiceProviderName',
  'PricingCurrency',
  'PricingRegionId',
  'PricingUnit',
  'UnitPrice',
  'SkuPriceEffectiveStart',
  'SkuPriceEffectiveEnd',
] as const
const CUSTOM_COLUMNS = ['x_Kind', 'x_Source', 'x_Retrieved'] as const
/** What only some price lists have, or only some kinds of price. */
const OPTIONAL_COLUMNS = [
  'QuantityTierMinimum',
  'QuantityTierMaximum',
  'UnitPriceType',
  'ContractId',
  'x_Provider',
  'x_NetworkTier',
  'x_ToRegion',
  'x_Service',
  'x_Endpoint',
  'x_Bytes',
  'x_Pool',
  'x_FreeQuantity',
  'x_FreePool',
] as const

type ColumnName = (typeof FOCUS_COLUMNS | typeof CUSTOM_COLUMNS | typeof OPTIONAL_COLUMNS)[number]
type Row = { line: number } & Partial<Record<ColumnName, string>>

/** The columns of one tier; rows that are the same in all others are one price. */
const TIER_COLUMNS: readonly ColumnName[] = ['UnitPrice', 'QuantityTierMinimum', 'QuantityTierMaximum']
const PRICE_COLUMNS = [...FOCUS_COLUMNS, ...CUSTOM_COLUMNS, ...OPTIONAL_COLUMNS].filter(
  (name) => !TIER_COLUMNS.includes(name),
)

/** Where a key of an entry stands. */
const COLUMN_OF: Record<string, ColumnName> = {
  kind: 'x_Kind',
  region: 'PricingRegionId',
  tier: 'x_NetworkTier',
  to: 'x_ToRegion',
  service: 'x_Service',
  endpoint: 'x_Endpoint',
  bytes: 'x_Bytes',
  unit: 'PricingUnit',
  from: 'SkuPriceEffectiveStart',
  until: 'SkuPriceEffectiveEnd',
  quantity: 'x_FreeQuantity',
  free: 'x_FreePool',
  pool: 'x_Pool',
  price: 'UnitPrice',
  upTo: 'QuantityTierMaximum',
  source: 'x_Source',
  retrieved: 'x_Retrieved',
}

const PROVIDERS: Record<string, string> = {
  'amazon web services': 'aws',
  amazon: 'aws',
  'google cloud': 'gcp',
  'google cloud platform': 'gcp',
  google: 'gcp',
  microsoft: 'azure',
  'microsoft azure': 'azure',
}
const UNITS: Record<string, string> = { hours: 'hour', hour: 'hour', hrs: 'hour', gb: 'GB', gib: 'GiB' }

const explain = explaining({ noun: 'price list', jsonSchema: () => decimalJsonSchema(entrySchema, 'entry') })

/** The book in a text; `today` (YYYY-MM-DD) is the latest day that has begun anywhere. Throws a ConfigError with all that is wrong. */
export function parseCsvBook(
  source: string,
  { name, file, today }: { name: string; file: string; today: string },
): PriceBook {
  const refused = (problems: Problem[]) =>
    new ConfigError(
      file,
      problems.toSorted((a, b) => a.line - b.line),
      'price list',
    )
  const { rows, problems } = readRows(source)
  if (problems.length > 0) throw refused(problems)
  const currencies = [...new Set(rows.map(({ PricingCurrency = '' }) => PricingCurrency))]
  const found: Problem[] = currencies.slice(0, 1).flatMap((currency) => {
    const problem = currencyProblem(currency)
    return problem === null ? [] : [at(rows[0], 'PricingCurrency', `${problem}, not ${JSON.stringify(currency)}`)]
  })
  if (currencies.length > 1) {
    const other = rows.find(({ PricingCurrency = '' }) => PricingCurrency === currencies[1]) ?? rows[0]
    const message = `is ${JSON.stringify(currencies[1])}, and line ${rows[0].line} is in ${JSON.stringify(currencies[0])}; keep the rows of one currency`
    found.push(at(other, 'PricingCurrency', message))
  }
  const groups = Map.groupBy(rows, (row) => JSON.stringify(PRICE_COLUMNS.map((column) => row[column] ?? '')))
  const read = [...groups.values()].map((group) => readPrice(group, { name, file, today }))
  found.push(...read.flatMap(({ problems }) => problems))
  if (found.length > 0) throw refused(found)
  return { name, file, currency: currencies[0], entries: read.flatMap(({ placed }) => placed) }
}

/** The rows that are prices of transfer, or what is wrong with the file as a whole. */
function readRows(source: string): { rows: Row[]; problems: Problem[] } {
  const whole = (line: number, message: string) => ({ rows: [], problems: [{ line, column: 1, path: '', message }] })
  const { records, problem } = recordsOf(source)
  if (problem !== null) return whole(problem.line, problem.message)
  const [header, ...others] = records
  if (header === undefined) return whole(1, 'the file is empty; give a header and a row for each price')
  const names = header.cells
  const missing = [...FOCUS_COLUMNS, ...CUSTOM_COLUMNS].filter((column) => !names.includes(column))
  if (missing.length > 0) {
    const what = missing.length === 1 ? 'the column' : 'the columns'
    return whole(
      header.line,
      `has not ${what} ${missing.join(', ')}; add them as FOCUS's SKU Price names them, and x_… beside`,
    )
  }
  const twice = names.find((name, i) => name !== '' && names.indexOf(name) !== i)
  if (twice !== undefined)
    return whole(header.line, `has the column ${JSON.stringify(twice.slice(0, 60))} twice; keep one`)
  const uneven = others.find(({ cells }) => cells.length !== names.length)
  if (uneven !== undefined) {
    return whole(
      uneven.line,
      `has ${uneven.cells.length} cells, and the header has ${names.length}; is the file cut off?`,
    )
  }
  const columns = [...PRICE_COLUMNS, ...TIER_COLUMNS].map((column) => [column, names.indexOf(column)] as const)
  const rows = others.flatMap(({ line, cells }): Row[] => {
    const texts = columns.flatMap(([column, i]) => (i >= 0 && cells[i] ? [[column, cells[i]]] : []))
    const row: Row = { line, ...Object.fromEntries(texts) }
    return row.x_Kind === undefined ? [] : [row]
  })
  if (rows.length === 0) return whole(header.line, 'has no row with x_Kind, which says what a price is for; fill it in')
  if (rows.length > MAX_ENTRIES)
    return whole(header.line, `has ${rows.length} rows with x_Kind and may have ${MAX_ENTRIES}`)
  return { rows, problems: [] }
}

interface CsvRecord {
  line: number // on which it begins, from 1
  cells: string[]
}

/** The records of a text with their lines; `problem` tells of the one at which reading ended. */
function recordsOf(source: string): { records: CsvRecord[]; problem: { line: number; message: string } | null } {
  const reader = new CsvReader()
  const records: CsvRecord[] = []
  const lines = source.replace(/^\ufeff/, '').split(/(?<=\n)/)
  let begins = 1
  for (const [i, text] of [...lines, ''].entries()) {
    try {
      const found = i < lines.length ? reader.push(text) : reader.end()
      records.push(...found.map((cells) => ({ line: begins, cells })))
      if (found.length > 0 || (begins === i + 1 && text.trim() === '')) begins = i + 2
    } catch (error) {
      return { records, problem: { line: begins, message: (error as Error).message } }
    }
  }
  return { records, problem: null }
}

/** Rows that are the tiers of one price, as an entry. */
function readPrice(
  rows: Row[],
  { name, file, today }: { name: string; file: string; today: string },
): { placed: PlacedEntry[]; problems: Problem[] } {
  const [first] = rows
  const { ServiceProviderName = '', x_Provider, x_FreeQuantity, x_FreePool } = first
  const provider = x_Provider ?? PROVIDERS[ServiceProviderName.toLowerCase()] ?? ServiceProviderName.toLowerCase()
  const problems: Problem[] = []
  const unnamed = providerProblem(provider)
  if (unnamed !== null) {
    const column = x_Provider === undefined ? 'ServiceProviderName' : 'x_Provider'
    problems.push(at(first, column, `${unnamed}, not ${JSON.stringify(provider.slice(0, 60))}; x_Provider may say it`))
  }
  const sorted = rows.toSorted((a, b) => compareQuantities(a.QuantityTierMinimum, b.QuantityTierMinimum))
  const isFree = x_FreeQuantity !== undefined || x_FreePool !== undefined
  const entry = {
    kind: first.x_Kind,
    region: first.PricingRegionId,
    tier: first.x_NetworkTier,
    to: first.x_ToRegion,
    service: first.x_Service,
    endpoint: first.x_Endpoint,
    bytes: first.x_Bytes,
    unit: UNITS[(first.PricingUnit ?? '').toLowerCase()] ?? first.PricingUnit,
    from: first.SkuPriceEffectiveStart === undefined ? '1970-01-01' : dayOf(first.SkuPriceEffectiveStart),
    until: first.SkuPriceEffectiveEnd === undefined ? undefined : dayOf(first.SkuPriceEffectiveEnd),
    free: isFree ? { quantity: x_FreeQuantity, pool: x_FreePool } : undefined,
    pool: first.x_Pool,
    source: first.x_Source,
    retrieved: first.x_Retrieved,
    ...(sorted.length === 1 && first.QuantityTierMaximum === undefined
      ? { price: first.UnitPrice ?? '' }
      : { tiers: sorted.map(({ QuantityTierMaximum: upTo, UnitPrice: price }) => ({ upTo, price })) }),
  }
  const parsed = entrySchema.safeParse(entry, { reportInput: true })
  const mistakes = [...(parsed.error?.issues.flatMap(explain) ?? []), ...entryContradictions(entry, {}, today)]
  problems.push(...mistakes.map((mistake) => placed(mistake, sorted)), ...tierGaps(sorted))
  if (!parsed.success || problems.length > 0) return { placed: [], problems }
  const priced = toPriceEntry(parsed.data, { book: name, provider })
  return { placed: [{ entry: priced, file, line: first.line, column: 1, path: '' }], problems }
}

/** Tiers must begin where the one before ends: what lies between would have no price, or two. */
function tierGaps(rows: readonly Row[]): Problem[] {
  return rows.flatMap((row, i) => {
    const begins = shortestDecimal(row.QuantityTierMinimum ?? '0')
    const ended = i === 0 ? '0' : shortestDecimal(rows[i - 1].QuantityTierMaximum ?? '')
    if (begins === ended) return []
    const before =
      i === 0 ? 'the first tier begins at 0' : `the tier in line ${rows[i - 1].line} ends at ${ended || 'no quantity'}`
    return [at(row, 'QuantityTierMinimum', `is ${begins}, and ${before}; tiers follow each other without a gap`)]
  })
}

function compareQuantities(a = '0', b = '0'): number {
  return Number(a) - Number(b) || compareText(a, b)
}

/** A day's start, written as FOCUS writes instants, as that day; any other text as it is. */
function dayOf(instant: string): string {
  return /^(\d{4}-\d{2}-\d{2})T00:00(?::00(?:\.0+)?)?Z$/.exec(instant)?.[1] ?? instant
}

function placed({ path, message }: Mistake, rows: readonly Row[]): Problem {
  const row = path[0] === 'tiers' && typeof path[1] === 'number' ? (rows[path[1]] ?? rows[0]) : rows[0]
  const key = String(path.at(-1) ?? '')
  const column = path[0] === 'free' && key === 'pool' ? 'x_FreePool' : COLUMN_OF[key]
  return { line: row.line, column: 1, path: column ?? '', message }
}

function at({ line }: Row, column: ColumnName, message: string): Problem {
  return { line, column: 1, path: column, message }
}
