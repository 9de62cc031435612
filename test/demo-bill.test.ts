/** The demo's bill: what really left its meshes, by AWS's meters and list prices, in a file that is imported as any other. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nanoOf } from '#core/costs/money.ts'
import { parseCsv } from '#core/csv.ts'
import { DAY_MS } from '#core/time.ts'
import { type ReadBill, readBillFile } from '../functions/bill-file.ts'
import { BILL_FILE, octoberBill } from '../functions/demo/bill.ts'
import { DEFAULT_SEED } from '../functions/demo/mesh.ts'
import { METERS, type Meter, meteredOn } from '../functions/demo/metered.ts'
import { instant } from '../functions/demo/world.ts'

const folder = mkdtempSync(join(tmpdir(), 'wharfage-bill-'))
const text = octoberBill(DEFAULT_SEED)
let bill: ReadBill

beforeAll(async () => {
  writeFileSync(join(folder, BILL_FILE), text)
  bill = await readBillFile(join(folder, BILL_FILE), { provider: null, month: '2026-10', creditsApart: true })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [header, ...records] = parseCsv(text)
const cell = (row: readonly (string | null)[], name: string) => row[header.indexOf(name)] ?? ''

function rowsOf(usage: string, account?: string) {
  return records.filter((row) => {
    const isAccount = account === undefined || cell(row, 'line_item_usage_account_id') === account
    return (
      cell(row, 'line_item_line_item_type') === 'Usage' &&
      cell(row, 'line_item_product_code') === 'AmazonEC2' &&
      cell(row, 'line_item_usage_type') === usage &&
      isAccount
    )
  })
}

const MESHES = '200000000002'
const OTHERS = '300000000003'
const costOf = (rows: readonly (readonly (string | null)[])[]) =>
  rows.reduce((sum, row) => sum + nanoOf(cell(row, 'line_item_unblended_cost')), 0n)
const gibOf = (rows: readonly (readonly (string | null)[])[]) =>
  rows.reduce((sum, row) => sum + Number(cell(row, 'line_item_usage_amount')), 0)

test('is one of October by AWS in CUR 2.0, with all that is no transfer left out', () => {
  expect(bill).toMatchObject({ month: '2026-10', provider: 'aws', currency: 'USD', format: 'cur', version: '2.0' })
  expect(bill.payers).toEqual(['100000000001'])
  expect(bill.accounts).toEqual([MESHES, OTHERS])
  expect(bill.rows).toBe(records.length)
  expect(bill.rounded).toBe('0')
  const kinds = new Map<string, number>()
  for (const { kind, category } of bill.lines)
    kinds.set(`${category} ${kind}`, (kinds.get(`${category} ${kind}`) ?? 0) + 1)
  expect(Object.fromEntries(kinds)).toMatchObject({
    'usage internet': 4 * 31,
    'usage ingress': 2 * 31,
    'usage cross-zone': 31,
    'usage cross-region': 31,
    'usage nat-processing': 31,
    'usage nat-hours': 31,
    'usage other': 1,
    'credit nat-processing': 1,
  })
})

test('has every byte that left, with three per cent of headers', () => {
  const days = Array.from({ length: 31 }, (_, at) => instant('2026-10-01 00:00') + at * DAY_MS)
  const metered = meteredOn(days, DEFAULT_SEED)
  const billed = (meter: Meter) =>
    bill.lines
      .filter((line) => line.meter === meter && line.account === MESHES && line.category === 'usage')
      .map(({ bytes }) => bytes)
  for (const meter of METERS) expect(billed(meter)).toEqual(metered.map((day) => Number(day[meter])))
})

test('costs what AWS lists', () => {
  // two gateways, 24 hours, 31 days, 0.048 each
  expect(costOf(rowsOf('EU-NatGateway-Hours'))).toBe(nanoOf('71.424'))
  const flat: [Meter, number][] = [
    ['EU-NatGateway-Bytes', 0.048],
    ['EU-DataTransfer-Regional-Bytes', 0.01],
    ['USE1-USE2-AWS-Out-Bytes', 0.01],
    ['EU-DataTransfer-In-Bytes', 0],
    ['DataTransfer-In-Bytes', 0],
  ]
  for (const [meter, price] of flat) {
    expect(Number(costOf(rowsOf(meter))) / 1e9).toBeCloseTo(gibOf(rowsOf(meter)) * price, 6)
  }
  // 100 GiB are free; of eu-west-1's the first 10,240 beyond cost 0.09, and the rest 0.085
  const [europe, america] = [gibOf(rowsOf('EU-DataTransfer-Out-Bytes')), gibOf(rowsOf('DataTransfer-Out-Bytes'))]
  expect(gibOf(rowsOf('EU-DataTransfer-Out-Bytes', OTHERS))).toBeCloseTo(10_250, 6)
  expect(gibOf(rowsOf('DataTransfer-Out-Bytes', OTHERS))).toBeCloseTo(2000, 6)
  expect(europe).toBeGreaterThan(10_240 + 100)
  const internet = Number(costOf([...rowsOf('EU-DataTransfer-Out-Bytes'), ...rowsOf('DataTransfer-Out-Bytes')])) / 1e9
  const freeInEurope = 100 // its first day alone uses the allowance up
  const expected = 10_240 * 0.09 + (europe - freeInEurope - 10_240) * 0.085 + america * 0.09
  expect(internet).toBeCloseTo(expected, 6)
})

test('has for days before the simulation what the same days of the week have in it', () => {
  const [thursday, same] = meteredOn([instant('2026-10-01 00:00'), instant('2026-10-22 00:00')], DEFAULT_SEED)
  expect(thursday).toEqual(same)
  expect(() => meteredOn([instant('2026-11-21 00:00')], DEFAULT_SEED)).toThrow('can be metered')
})

test('is the same on every machine, and another for another seed', () => {
  expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe('bc04beb8f223f720')
  expect(octoberBill(DEFAULT_SEED + 1)).not.toBe(text)
})
