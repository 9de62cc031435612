/**
 * Reading bills: rows of a file into the lines of a bill. A file is read whole or refused with one sentence; nothing that
 * could be another bill, another currency or another period is guessed.
 */
import { type Exact, exactOf, exactOfNano, exactText, nanoOfExact } from '#core/bills/amount.ts'
import type { Bill, BillLine } from '#core/bills/bill.ts'
import { type BillColumns, type BillRow, billColumns } from '#core/bills/format.ts'
import { billedBytes } from '#core/bills/quantity.ts'
import { moneyOf } from '#core/costs/money.ts'
import { PROVIDER_NAME } from '#core/keys.ts'
import { compareText } from '#core/order.ts'
import { DAY_MS, isoInstant, parseInstant } from '#core/time.ts'

export interface BillRequest {
  file: string // its name, without folders
  provider: string | null // only its rows; null for that of all rows, of which there must be one
  month: string | null // YYYY-MM: refused when the file is of another; null for the file's own
  creditsApart: boolean // false: a credit or a negative line is refused
}

/** All of a bill but what its import adds. */
export type BillContent = Omit<Bill, 'schema' | 'imported' | 'sha256'>

export interface BillReading {
  wanted: readonly string[] // columns of which cells must be given; others may be ''
  /** Adds a row, its cells in the header's order; throws one sentence that names the row. */
  add(cells: readonly string[]): void
  /** The bill; throws one sentence when the rows are none. */
  end(): BillContent
}

const LINES_AT_MOST = 100_000
const NAMED_AT_MOST = 8
const INSTANTS_KEPT = 10_000
const CELL_AT_MOST = 300 // characters that are kept

/** Begins to read a file by its header; throws one sentence when it is of no known format. */
export function startReading(header: readonly string[], request: BillRequest): BillReading {
  const columns = columnsOf(header, request.file)
  const places = new Map(header.map((name, at) => [name, at]))
  const sums = new Map<string, LineSum>()
  const others = new Map<string, number>() // rows that are for something else, by service
  const payers = new Set<string>()
  const providers = new Set<string>()
  const currencies = new Set<string>()
  const months = new Map<string, string>() // by the text of the period
  const instants = new Map<string, number>() // by their text; a month of hours has few, and rows have millions
  let rows = 0

  function add(cells: readonly string[]): void {
    rows++
    const cell = (column: string) => {
      const at = places.get(column)
      const text = at === undefined ? '' : cells[at]
      return text === 'NULL' || text === 'null' ? '' : text
    }
    const row = columns.read(cell)
    if (request.provider !== null && row.provider !== request.provider) {
      count(others, row.provider || 'rows that name no provider')
      return
    }
    checkPeriod(row)
    if (row.currency !== '') currencies.add(row.currency)
    if (currencies.size > 1)
      throw refused(`the bill is in ${[...currencies].join(' and ')}; import each currency's rows as a file`)
    if (row.payer !== '') payers.add(row.payer)
    if (row.metered === null) {
      count(others, row.service || 'rows that name no service')
      return
    }
    providers.add(row.provider)
    addLine(row)
  }

  function checkPeriod({ period }: BillRow): void {
    if (months.has(period)) return
    months.set(period, monthOf(period))
    const found = [...new Set(months.values())].sort(compareText)
    if (found.length > 1) throw refused(`it has the billing periods ${found.join(' and ')}; export one month to a file`)
    if (request.month !== null && found[0] !== request.month) {
      throw refused(`its billing period is ${found[0]} and not --month ${request.month}`)
    }
  }

  /** The month that most of a period is in: it begins at midnight by some clock, up to a day from that of UTC. */
  function monthOf(period: string): string {
    return isoInstant(instantOf(period, columns.names.period) + DAY_MS).slice(0, 7)
  }

  function addLine(row: BillRow): void {
    const cost = numberOf(row.cost, columns.names.cost)
    const quantity = row.quantity === '' ? null : numberOf(row.quantity, columns.names.quantity)
    const from = instantOf(row.from, columns.names.from)
    const until = instantOf(row.until, columns.names.until)
    if (until <= from) throw refused(`${columns.names.until} ${shown(row.until)} is not after ${shown(row.from)}`)
    const isNegative = cost < 0n || (quantity ?? 0n) < 0n
    if ((isNegative || row.isCredit) && !request.creditsApart) {
      const what = row.isCredit ? 'a credit' : 'negative'
      throw refused(
        `${columns.names.cost} ${row.cost} is ${what}; add "--credits apart" to keep such lines beside those that are split`,
      )
    }
    const category = row.category === 'usage' && isNegative ? 'adjustment' : row.category
    const { kind, region, to } = row.metered ?? { kind: 'other', region: '', to: '' }
    const [account, unit, meter, description] = [row.account, row.unit, row.meter, row.description].map(kept)
    const texts = [account, category, kind, region, to, unit, meter, description]
    const key = [...texts, from, until, quantity === null, isNegative].join('\0')
    const sum = sums.get(key)
    if (sum !== undefined) {
      sum.line.rows++
      sum.cost += cost
      if (quantity !== null) sum.quantity = (sum.quantity ?? 0n) + quantity
      return
    }
    if (sums.size === LINES_AT_MOST) {
      throw refused(`it has over ${LINES_AT_MOST} lines of transfer; export it by the day or the month`)
    }
    const span = { from: isoInstant(from), until: isoInstant(until) }
    const line = { row: rows, rows: 1, account, category, kind, region, to, ...span, unit, meter, description }
    sums.set(key, { line, cost, quantity })
  }

  function numberOf(text: string, column: string): Exact {
    const exact = exactOf(text)
    if (exact === null) throw refused(`${column} ${shown(text)} is no decimal number`)
    return exact
  }

  function instantOf(text: string, column: string): number {
    const known = instants.get(text)
    if (known !== undefined) return known
    try {
      const instant = parseInstant(isoText(text))
      if (instants.size < INSTANTS_KEPT) instants.set(text, instant)
      return instant
    } catch (error) {
      throw refused(`${column}: ${(error as Error).message}`)
    }
  }

  function refused(sentence: string): Error {
    return new Error(`bill ${request.file}: row ${rows}: ${sentence}`)
  }

  function end(): BillContent {
    const [provider] = providers
    if (provider === undefined) throw new Error(`bill ${request.file}: ${nothing()}`)
    if (providers.size > 1) {
      const named = [...providers].sort(compareText).join(' and ')
      throw new Error(`bill ${request.file}: it has lines of ${named}; import each with --provider`)
    }
    if (!PROVIDER_NAME.test(provider)) throw new Error(`bill ${request.file}: its lines name no provider`)
    const [currency] = currencies
    if (currency === undefined || !/^[A-Z]{3}$/.test(currency)) {
      throw new Error(`bill ${request.file}: its currency ${shown(currency ?? '')} is no code of ISO 4217`)
    }
    const lines = [...sums.values()].map((sum) => lineOf(sum, provider, request.file))
    const exact = [...sums.values()].reduce((total, { cost }) => total + cost, 0n)
    const rounded = lines.reduce((total, { nano }) => total + nano, 0n)
    const [month] = months.values()
    return {
      month,
      provider,
      file: request.file,
      format: columns.format,
      version: columns.version,
      currency,
      payers: [...payers].sort(compareText),
      accounts: [...new Set(lines.map(({ line }) => line.account))].filter((name) => name !== '').sort(compareText),
      rows,
      rounded: exactText(exact - exactOfNano(rounded)),
      lines: lines.map(({ line }) => line),
    }
  }

  function nothing(): string {
    if (rows === 0) return 'it has no rows'
    const seen = [...others].sort(([a, n], [b, m]) => m - n || compareText(a, b))
    const named = seen.slice(0, NAMED_AT_MOST).map(([name, n]) => `${name.slice(0, 60)} (${n})`)
    const more = seen.length > named.length ? ` and ${seen.length - named.length} more` : ''
    const wanted = request.provider === null ? '' : `of ${request.provider} and `
    return `none of its ${rows} rows is ${wanted}for data transfer, NAT or endpoints; it has ${named.join(', ')}${more}`
  }

  return { wanted: columns.wanted, add, end }
}

function columnsOf(header: readonly string[], file: string): BillColumns {
  try {
    return billColumns(header)
  } catch (error) {
    throw new Error(`bill ${file}: ${(error as Error).message}`)
  }
}

interface LineSum {
  line: Omit<BillLine, 'bytes' | 'quantity' | 'cost'>
  cost: Exact
  quantity: Exact | null
}

/** 10^22 of a currency: the sum of ten million such lines can still be read back as money. */
const MOST_NANO = 10n ** 31n

function lineOf({ line, cost, quantity }: LineSum, provider: string, file: string) {
  const nano = nanoOfExact(cost)
  if (nano > MOST_NANO || nano < -MOST_NANO) {
    throw new Error(`bill ${file}: row ${line.row}: its cost of ${exactText(cost)} is no amount that a bill can have`)
  }
  const bytes = quantity === null ? null : billedBytes(quantity, line.unit, provider)
  if (bytes !== null && (bytes > BigInt(Number.MAX_SAFE_INTEGER) || bytes < -BigInt(Number.MAX_SAFE_INTEGER))) {
    throw new Error(
      `bill ${file}: row ${line.row}: ${exactText(quantity ?? 0n)} ${line.unit} are more bytes than can be counted`,
    )
  }
  const text = quantity === null ? '' : exactText(quantity)
  const { unit, meter, description, ...head } = line
  const whole: BillLine = {
    ...head,
    bytes: bytes === null ? null : Number(bytes),
    quantity: text,
    unit,
    cost: moneyOf(nano),
    meter,
    description,
  }
  return { line: whole, nano }
}

/** Times as bills write them, as ISO 8601 in UTC: databases leave out the zone, or write a space, or microseconds. */
function isoText(text: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?)? ?(Z|UTC|[+-]\d\d:\d\d)?$/.exec(text)
  if (parts === null) return text
  const [, date, time, fraction = '', zone = 'Z'] = parts
  if (time === undefined) return date
  return `${date}T${time}${/[1-9]/.test(fraction) ? `.${fraction.slice(0, 3)}` : ''}${zone === 'UTC' ? 'Z' : zone}`
}

/** As much of a cell as is kept; a NUL would be taken for the end of one. */
function kept(text: string): string {
  return text.slice(0, CELL_AT_MOST).replaceAll('\0', '')
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}
