/**
 * The demo's bill of October, as AWS exports one in CUR 2.0, by the day and in the order of time: what its meshes sent, and
 * beside it what no mesh can see: the payer's other account, a bucket that is read from the internet, sixteen days before
 * the ledger began, a server, a credit and a tax.
 */
import { type Money, moneyOf, type Nano, shareOut } from '#core/costs/money.ts'
import { type CsvCell, formatCsv } from '#core/csv.ts'
import { DAY_MS, eachDay } from '#core/time.ts'
import { FREE_OF_CHARGE, METERS, type Meter, meteredOn } from './metered.ts'
import { instant } from './world.ts'

/** When it is there. */
export const BILLED_ON = '2026-11-04 08:00'
export const BILL_FILE = 'cur-2026-10.csv'

const FIRST = instant('2026-10-01 00:00')
const END = instant('2026-11-01 00:00')
const DAYS = [...eachDay(FIRST, END)]

const PAYER = '100000000001'
const MESHES = '200000000002'
const OTHERS = '300000000003'

const GIB = 2n ** 30n
/** What the other account sends to the internet in the month. */
const OTHER_GIB: Partial<Record<Meter, bigint>> = {
  'EU-DataTransfer-Out-Bytes': 10_250n,
  'DataTransfer-Out-Bytes': 2_000n,
}
/** To the internet the first GiB of both regions together are free; then each region has tiers of its own. */
const FREE_GIB = 100n
const FIRST_TIER_GIB = 10_240n
/** Nano-units of USD for a GiB. */
const TIERS = [90_000_000n, 85_000_000n] as const
const FLAT: Partial<Record<Meter, Nano>> = {
  'EU-DataTransfer-Regional-Bytes': 10_000_000n,
  'EU-NatGateway-Bytes': 48_000_000n,
  'USE1-USE2-AWS-Out-Bytes': 10_000_000n,
}
const NAT_GATEWAYS = 2
const NAT_HOUR: Nano = 48_000_000n
const BUCKET_GIB = 6n // that S3 itself sends to the internet on a day

interface Row {
  type: 'Usage' | 'Credit' | 'Tax'
  account: string
  product: string
  usage: string
  from: number // ms since epoch
  until: number
  quantity: string
  unit: string
  cost: Money | number // a number where it is below zero: text that begins with a sign is no figure in CSV
  description: string
}

/** The bill's file, by the truth of a seed. */
export function octoberBill(seed: number): string {
  const rows = [...transferRows(seed), ...hourRows(), ...otherRows()]
  return formatCsv(
    COLUMNS.map(([name]) => name),
    rows.map((row) => COLUMNS.map(([, of]) => of(row))),
  )
}

const COLUMNS: readonly (readonly [name: string, of: (row: Row) => CsvCell])[] = [
  ['bill_bill_type', () => 'Anniversary'],
  ['bill_billing_period_start_date', () => stamp(FIRST)],
  ['bill_billing_period_end_date', () => stamp(END)],
  ['bill_payer_account_id', () => PAYER],
  ['line_item_line_item_type', ({ type }) => type],
  ['line_item_usage_account_id', ({ account }) => account],
  ['line_item_usage_start_date', ({ from }) => stamp(from)],
  ['line_item_usage_end_date', ({ until }) => stamp(until)],
  ['line_item_product_code', ({ product }) => product],
  ['line_item_usage_type', ({ usage }) => usage || null],
  ['line_item_usage_amount', ({ quantity }) => quantity || null],
  ['pricing_unit', ({ unit }) => unit || null],
  ['line_item_currency_code', () => 'USD'],
  ['line_item_unblended_cost', ({ cost }) => cost],
  ['line_item_line_item_description', ({ description }) => description],
]

/** What is metered by the byte, day after day; the two accounts share a day's cost to the internet by their bytes. */
function* transferRows(seed: number): Generator<Row> {
  const metered = meteredOn(DAYS, seed)
  const sent: Partial<Record<Meter, bigint>> = {}
  let free = FREE_GIB * GIB
  for (const [at, day] of DAYS.entries()) {
    for (const meter of METERS) {
      const own = metered[at][meter]
      const other = sharesOfMonth(meter)[at]
      const bytes = own + other
      const covered = OTHER_GIB[meter] === undefined ? 0n : bytes < free ? bytes : free
      free -= covered
      const before = sent[meter] ?? 0n
      sent[meter] = before + bytes - covered
      const cost = priceOf(meter, sent[meter]) - priceOf(meter, before)
      const costs = shareOut(cost, [own, other])
      yield transfer(meter, MESHES, day, own, costs[0])
      if (other > 0n) yield transfer(meter, OTHERS, day, other, costs[1])
    }
  }
}

function sharesOfMonth(meter: Meter): bigint[] {
  return shareOut(
    (OTHER_GIB[meter] ?? 0n) * GIB,
    DAYS.map(() => 1n),
  )
}

/** What the first bytes of a month cost. */
function priceOf(meter: Meter, bytes: bigint): Nano {
  if (FREE_OF_CHARGE.includes(meter)) return 0n
  const flat = FLAT[meter]
  if (flat !== undefined) return (bytes * flat) / GIB
  const first = bytes < FIRST_TIER_GIB * GIB ? bytes : FIRST_TIER_GIB * GIB
  return (first * TIERS[0] + (bytes - first) * TIERS[1]) / GIB
}

function transfer(meter: Meter, account: string, day: number, bytes: bigint, cost: Nano): Row {
  const ends = { from: day, until: day + DAY_MS }
  const money = { quantity: gibOf(bytes), unit: 'GB', cost: moneyOf(cost) }
  return {
    type: 'Usage',
    account,
    product: 'AmazonEC2',
    usage: meter,
    ...ends,
    ...money,
    description: `${meter} in October`,
  }
}

function* hourRows(): Generator<Row> {
  for (const day of DAYS) {
    const hours = 24 * NAT_GATEWAYS
    yield {
      ...{ type: 'Usage', account: MESHES, product: 'AmazonEC2', usage: 'EU-NatGateway-Hours' },
      ...{
        from: day,
        until: day + DAY_MS,
        quantity: String(hours),
        unit: 'Hrs',
        cost: moneyOf(BigInt(hours) * NAT_HOUR),
      },
      description: '$0.048 per NAT Gateway Hour',
    }
  }
}

/** What is on every bill besides: a bucket that sends by itself, a server, a credit and a tax. */
function* otherRows(): Generator<Row> {
  const month = { from: FIRST, until: END, quantity: '', unit: '' }
  const bucket = BUCKET_GIB * BigInt(DAYS.length)
  yield {
    ...{ ...month, type: 'Usage', account: OTHERS, product: 'AmazonS3', usage: 'EU-DataTransfer-Out-Bytes' },
    ...{ quantity: String(bucket), unit: 'GB', cost: moneyOf(bucket * TIERS[0]) },
    description: 'data transfer out by Amazon S3',
  }
  yield {
    ...{ ...month, type: 'Usage', account: MESHES, product: 'AmazonEC2', usage: 'EU-BoxUsage:m7g.xlarge' },
    ...{ quantity: String(24 * DAYS.length), unit: 'Hrs', cost: '135.5568' },
    description: '$0.1822 per On Demand Linux m7g.xlarge Instance Hour',
  }
  yield {
    ...{ ...month, type: 'Credit', account: MESHES, product: 'AmazonEC2', usage: 'EU-NatGateway-Bytes', cost: -5 },
    description: 'credit of a workshop',
  }
  yield {
    ...{ ...month, type: 'Tax', account: MESHES, product: 'AmazonEC2', usage: '', cost: '61.07' },
    description: 'tax of type VAT',
  }
}

/** Ten places, as AWS has them: enough to tell every byte. */
function gibOf(bytes: bigint): string {
  const fine = (bytes * 10n ** 10n + GIB / 2n) / GIB
  return `${fine / 10n ** 10n}.${String(fine % 10n ** 10n).padStart(10, '0')}`
}

function stamp(time: number): string {
  return new Date(time).toISOString()
}
