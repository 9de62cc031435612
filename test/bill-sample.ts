/** Bills for tests: files as clouds write them, cut small, and lines as the ledger keeps them. */
import type { Bill, BillLine } from '#core/bills/bill.ts'
import { type BillContent, startReading } from '#core/bills/reading.ts'

/** CUR 2.0 in the columns that bills are read by, in the forms of AWS's documentation. */
export const CUR_HEADER =
  'bill_payer_account_id,bill_billing_period_start_date,line_item_line_item_type,line_item_usage_account_id,line_item_usage_start_date,line_item_usage_end_date,line_item_product_code,line_item_usage_type,line_item_usage_amount,pricing_unit,line_item_currency_code,line_item_unblended_cost,line_item_line_item_description,product_region_code'

export interface CurRow {
  type?: string
  account?: string
  from?: string
  until?: string
  product?: string
  meter?: string
  amount?: string
  unit?: string
  currency?: string
  cost?: string
  description?: string
  period?: string
  region?: string
}

export function curRow(row: CurRow = {}): string {
  const { type = 'Usage', account = '111122223333', period = '2026-11-01T00:00:00.000Z' } = row
  const { from = '2026-11-01T00:00:00.000Z', until = '2026-12-01T00:00:00.000Z', product = 'AmazonEC2' } = row
  const { meter = 'EUW1-DataTransfer-Out-Bytes', amount = '1', unit = 'GB', currency = 'USD', cost = '0.09' } = row
  const { description = '', region = 'eu-west-1' } = row
  const head = ['999988887777', period, type, account, from, until, product, meter, amount, unit, currency, cost]
  return [...head, `"${description.replaceAll('"', '""')}"`, region].join(',')
}

export function curFile(rows: readonly CurRow[]): string {
  return [CUR_HEADER, ...rows.map(curRow), ''].join('\r\n')
}

/** Reads records, the first of them the header. */
export function readRecords(
  records: readonly (readonly string[])[],
  options: { provider?: string; month?: string; creditsApart?: boolean } = {},
): BillContent {
  const { provider = null, month = null, creditsApart = false } = options
  const [header, ...rows] = records
  const reading = startReading(header, { file: 'bill.csv', provider, month, creditsApart })
  for (const row of rows) reading.add(row)
  return reading.end()
}

const LINE: BillLine = {
  row: 1,
  rows: 1,
  account: '111122223333',
  category: 'usage',
  kind: 'internet',
  region: 'eu-west-1',
  to: '',
  from: '2026-11-01T00:00:00Z',
  until: '2026-12-01T00:00:00Z',
  bytes: 0,
  quantity: '0',
  unit: 'GB',
  cost: '0',
  meter: 'EUW1-DataTransfer-Out-Bytes',
  description: '',
}

/** A bill of these lines, each numbered by its place. */
export function billOf(lines: readonly Partial<BillLine>[], changes: Partial<Bill> = {}): Bill {
  return {
    schema: 1,
    month: '2026-11',
    provider: 'aws',
    imported: '2026-12-03T08:00:00Z',
    file: 'cur.csv',
    sha256: 'ab'.repeat(32),
    format: 'cur',
    version: '2.0',
    currency: 'USD',
    payers: ['999988887777'],
    accounts: ['111122223333'],
    rows: lines.length,
    rounded: '0',
    lines: lines.map((line, at) => ({ ...LINE, row: at + 1, ...line })),
    ...changes,
  }
}
