/** FOCUS export of allocations: to whom the lines of imported bills go, in place of the lines themselves. */
import type { Bill, BillLine } from '#core/bills/bill.ts'
import { type BillPart, billedDays, startSplitting } from '#core/bills/split.ts'
import type { Nano } from '#core/costs/money.ts'
import { allocationRows } from '#core/focus/allocation.ts'
import { type FocusVersion, focusColumns } from '#core/focus/columns.ts'
import { focusHeader, focusLine } from '#core/focus/row.ts'
import { isoDate, parseInstant } from '#core/time.ts'
import type { Store } from '../store/store.ts'
import { Bills } from './bills.ts'
import { Declarations } from './declarations.ts'
import { refuseUnknown } from './focus-export.ts'
import { pricedDays } from './priced-days.ts'

export interface AllocationRequest {
  from: number // ms since epoch: lines whose charge period begins in [from, to)
  to: number // exclusive
  version: FocusVersion
  target?: string // only what goes to its flows
}

/** What was told of the rows that were made. */
export interface AllocationTally {
  rows: number
  bills: number
  lines: number
  nano: Map<string, Nano> // by currency, as billed
  unattributed: Map<string, Nano> // of that, what goes to nobody
}

export function emptyAllocation(): AllocationTally {
  return { rows: 0, bills: 0, lines: 0, nano: new Map(), unattributed: new Map() }
}

/**
 * The text of an export of allocations, header first; at the end the tally holds what was told. Throws one sentence when the
 * target is unknown, when no bill was imported for the span, or when one or a rollup cannot be read. No more is held than the
 * parts of lines whose periods end on one day.
 */
export async function* focusAllocations(
  store: Store,
  request: AllocationRequest,
  tally: AllocationTally = emptyAllocation(),
): AsyncGenerator<string> {
  await refuseUnknown(store, request.target)
  const columns = focusColumns(request.version, 'allocation')
  yield focusHeader(columns)
  for (const bill of await billsOf(store, request)) {
    tally.bills++
    for await (const { line, parts } of dividedLines(store, bill)) {
      if (!begins(line, request)) continue
      tally.lines++
      for (const [at, row] of allocationRows(bill, line, parts).entries()) {
        const { flow, nano } = parts[at]
        if (request.target !== undefined && flow?.target !== request.target) continue
        tally.rows++
        add(tally.nano, bill.currency, nano)
        if (flow === null) add(tally.unattributed, bill.currency, nano)
        yield focusLine(columns, row)
      }
    }
  }
}

/** The bills that hold and have a line that begins in the span, by month, provider and accounts. */
async function billsOf(store: Store, request: AllocationRequest): Promise<Bill[]> {
  const bills = await Bills.read(store)
  const [first, last] = [isoDate(request.from).slice(0, 7), isoDate(request.to - 1).slice(0, 7)]
  const found: Bill[] = []
  for (const month of bills.months().filter((month) => month >= first && month <= last)) {
    for (const { bill } of await bills.of(month)) {
      if (bill.lines.some((line) => begins(line, request))) found.push(bill)
    }
  }
  if (found.length > 0) return found
  const span = first === last ? first : `${first} to ${last}`
  throw new Error(
    `export: no bill has a line in ${span}; import one with "wharfage bill import", or leave out --focus-rows`,
  )
}

function begins({ from }: BillLine, request: AllocationRequest): boolean {
  const start = parseInstant(from)
  return start >= request.from && start < request.to
}

/** Each line of a bill with all its parts, in the order in which their periods end. */
async function* dividedLines(store: Store, bill: Bill): AsyncGenerator<{ line: BillLine; parts: BillPart[] }> {
  const declarations = await Declarations.read(store)
  const lines = new Map(bill.lines.map((line) => [line.row, line]))
  const splitting = startSplitting(bill)
  const { from, through } = billedDays(bill)
  const divided = function* (parts: readonly BillPart[]) {
    for (const [row, ofLine] of Map.groupBy(parts, (part) => part.row)) {
      const line = lines.get(row)
      if (line === undefined) throw new Error(`bill ${bill.file}: a part is of row ${row}, which is none of its lines`)
      yield { line, parts: ofLine }
    }
  }
  for await (const day of pricedDays(store, { from, to: through })) {
    const { prices } = await declarations.costsInForce(day.judged.digest.date)
    yield* divided(splitting.add(day, prices?.targets ?? {}))
  }
  yield* divided(splitting.end())
}

function add(sums: Map<string, Nano>, currency: string, nano: Nano): void {
  sums.set(currency, (sums.get(currency) ?? 0n) + nano)
}
