/** Reconciliation: what a bill says against what the meshes saw, reckoned by hand, and what could explain the difference. */

import { billTables } from '#core/bill-tables.ts'
import type { Bill, BillLine } from '#core/bills/bill.ts'
import type { ReconciledBill } from '#core/bills/reconciled-bill.ts'
import { startReconciling } from '#core/bills/reconciliation.ts'
import { REMAINDERS } from '#core/bills/split.ts'
import { nanoOf } from '#core/costs/money.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import type { Prices } from '#core/costs/prices.ts'
import { formatCsv, parseCsv } from '#core/csv.ts'
import type { FlowRow } from '#core/flow.ts'
import { billReport } from '#core/reports/bill.ts'
import { HOUR_MS } from '#core/time.ts'
import { billOf } from './bill-sample.ts'
import { dateAfter } from './day-digest.ts'
import { flowRow } from './flow-rows.ts'
import { costsInForce, GIB, judgedHourly, pricedInOrder, priceEntry, pricesOf, targetPlace } from './prices-sample.ts'

const US: Partial<BillLine> = { region: 'us-east-1' }
const PRICES = pricesOf({
  targets: { mesh: targetPlace({ nat: { gateways: 1 } }) },
  entries: [
    priceEntry(),
    priceEntry({ kind: 'nat-processing', bytes: 'both', tiers: [{ upTo: '', price: '0.045' }] }),
    priceEntry({ kind: 'nat-hours', unit: 'hour', tiers: [{ upTo: '', price: '0.045' }] }),
  ],
})

/** November, with this every day at noon. */
function november(rows: readonly FlowRow[], prices: Prices = PRICES, observedMs = HOUR_MS): PricedDay[] {
  const days = Array.from({ length: 30 }, (_, n) => {
    return judgedHourly({ date: dateAfter('2026-11-01', n), hours: { 12: rows }, observedMs })
  })
  return pricedInOrder(costsInForce(prices), days)
}

function reconciled(bill: Bill, days: readonly PricedDay[], prices: Prices | null = PRICES): ReconciledBill {
  const reconciling = startReconciling(bill)
  for (const day of days) reconciling.add(day, prices)
  return reconciling.end()
}

/** 3 GiB a day out, of which 1 by HTTP, and 1 GiB in. */
const DAILY = [
  flowRow({ requests: 1, egressBytes: GIB, ingressBytes: GIB }),
  flowRow({ protocol: 'tcp', connectionsClosed: 1, egressBytes: 2 * GIB, destinationHost: 'db.example.com' }),
]

/** What was billed for it: 100 GiB out, of which 10 free, all that NAT processed, its hours, and two things besides. */
const BILL = billOf(
  [
    { ...US, bytes: 10 * GIB, cost: '0' },
    { ...US, bytes: 90 * GIB, cost: '8.1', account: '444455556666' },
    { ...US, kind: 'nat-processing', bytes: 120 * GIB, cost: '5.4' },
    { ...US, kind: 'nat-hours', bytes: null, quantity: '720', unit: 'Hrs', cost: '32.4' },
    { ...US, kind: 'internet', region: 'ap-south-1', bytes: 5 * GIB, cost: '0.5' },
    { ...US, kind: 'other', bytes: GIB, cost: '0.25' },
    { ...US, category: 'credit', bytes: null, cost: '-2' },
    { ...US, category: 'adjustment', bytes: null, cost: '1' },
  ],
  { accounts: ['111122223333', '444455556666'] },
)

describe('a month that was watched whole', () => {
  const whole = reconciled(BILL, november(DAILY))

  test('adds up: billed is use, credits and adjustments, and use is attributed or not', () => {
    expect(whole).toMatchObject({
      billed: '45.65',
      usage: '46.65',
      // Of the internet's 8.10 the 90 GiB of 100 that were seen, all of NAT: 7.29 + 5.4 + 32.4.
      attributed: '45.09',
      unattributed: '1.56',
      credits: '-2',
      adjustments: '1',
      complete: true,
      observation: 'observed',
      days: 30,
      dueDays: 30,
    })
    expect(whole.unattributedBy).toEqual([
      { reason: REMAINDERS.more, bytes: 10 * GIB, money: '0.81' },
      { reason: REMAINDERS.elsewhere, bytes: 5 * GIB, money: '0.5' },
      { reason: REMAINDERS.other, bytes: GIB, money: '0.25' },
    ])
  })

  test('sets mesh bytes against billed bytes and money against list prices by kind', () => {
    const rows = whole.kinds.map(({ kind, meshBytes, billedBytes, share, billed, attributed, estimate }) => {
      return [
        kind,
        meshBytes / GIB,
        billedBytes === null ? null : billedBytes / GIB,
        share,
        billed,
        attributed,
        estimate,
      ]
    })
    expect(rows).toEqual([
      ['internet', 90, 105, 90 / 105, '8.6', '7.29', '8.1'],
      ['nat-processing', 120, 120, 1, '5.4', '5.4', '5.4'],
      ['nat-hours', 0, null, null, '32.4', '32.4', '32.4'],
      ['other', 0, 1, 0, '0.25', '0', null],
    ])
    expect(whole.estimate).toBe('45.9')
    expect([whole.meshBytes, whole.billedBytes]).toEqual([210 * GIB, 225 * GIB])
  })

  test('says by place the same as by kind', () => {
    expect(whole.places.map(({ kind, region, billed, share }) => [kind, region, billed, share])).toEqual([
      ['nat-hours', 'us-east-1', '32.4', null],
      ['internet', 'us-east-1', '8.1', 0.9],
      ['nat-processing', 'us-east-1', '5.4', 1],
      ['internet', 'ap-south-1', '0.5', 0],
      ['other', 'us-east-1', '0.25', 0],
    ])
  })

  test('ranks teams, workloads and destinations, each summing to what was attributed', () => {
    expect(whole.destinations).toEqual([
      // 60 of 120 GiB of NAT and 60 of 90 GiB out: 16.2 + 2.7 + 4.86; and the other half with 30 of 90: 16.2 + 2.7 + 2.43.
      { host: 'db.example.com', egressBytes: 60 * GIB, money: '23.76', estimate: '8.1' },
      { host: 'api.stripe.com', egressBytes: 30 * GIB, money: '21.33', estimate: '5.4' },
    ])
    for (const rows of [whole.teams, whole.workloads, whole.destinations]) {
      expect(rows.reduce((sum, { money }) => sum + nanoOf(money), 0n)).toBe(nanoOf(whole.attributed))
    }
    expect(whole.teams).toEqual([{ team: '', costCentre: '', egressBytes: 90 * GIB, money: '45.09', estimate: '13.5' }])
  })

  test('names what speaks for a difference, and nothing that does not', () => {
    expect(whole.explanations.map(({ cause, bytes, money }) => [cause, bytes, money])).toEqual([
      ['elsewhere', 6 * GIB, '0.75'],
      ['outside-mesh', 10 * GIB, '0.81'],
      ['overhead', 10 * GIB, null],
      ['estimates', 30 * GIB, null],
      ['assumed', 90 * GIB, null],
      ['allowance', 10 * GIB, '0'],
      ['accounts', null, null],
      ['credits', null, '-1'],
      ['sharing', null, '32.4'],
    ])
    for (const { sentence } of whole.explanations) expect(sentence).not.toMatch(/NaN|undefined|Infinity|\.$/)
  })

  test('can be downloaded as CSV, in which mesh bytes are empty cells where the ledger has no data', () => {
    const input = { title: 'Egress', month: '2026-11', previous: null, next: null, bills: [whole], imported: [whole] }
    const report = billReport(input)
    expect(report.imported).toEqual([{ month: '2026-11', provider: 'aws', imported: BILL.imported }])
    const tables = billTables(report)
    expect(tables.map(({ file, rows }) => `${file} ${rows.length}`)).toEqual([
      'bills.csv 1',
      'reconciliation.csv 5',
      'unattributed.csv 3',
      'teams.csv 1',
      'workloads.csv 1',
      'destinations.csv 2',
      `explanations.csv ${whole.explanations.length}`,
    ])
    for (const { columns, rows } of tables) {
      const [header, ...cells] = parseCsv(formatCsv(columns, rows))
      expect(header).toEqual(columns)
      expect(cells).toHaveLength(rows.length)
    }
    const meshBytesOf = (bill: ReconciledBill) => {
      const { columns, rows } = billTables(billReport({ ...input, bills: [bill] }))[1]
      return rows.map((row) => row[columns.indexOf('meshBytes')])
    }
    expect(meshBytesOf(whole)).toEqual([0, 90 * GIB, 120 * GIB, 0, 0])
    expect(meshBytesOf(reconciled(BILL, []))).toEqual([null, null, null, null, null])
  })
})

test('a month that was watched in part is a lower bound, and says for how long', () => {
  const half = reconciled(BILL, november(DAILY, PRICES, HOUR_MS / 2).slice(0, 20))
  expect(half).toMatchObject({ complete: false, observation: 'partial', days: 20, dueDays: 30 })
  expect(half.explanations[0]).toMatchObject({ cause: 'unobserved', share: 2 / 3 })
  expect(half.explanations[0].sentence).toContain('on 20 of 30 days')
})

test('without prices nothing is attributed, and it says what to declare', () => {
  const none = reconciled(BILL, november(DAILY), null)
  expect(none).toMatchObject({ attributed: '0', unattributed: '46.65', estimate: null, teams: [] })
  expect(none.explanations[0]).toMatchObject({ cause: 'unplaced', money: '46.65' })
  expect(none.unattributedBy[0].reason).toBe(REMAINDERS.unplaced)
})

test('a bill in another currency than the prices has no estimate beside it, and says why', () => {
  const euro = reconciled({ ...BILL, currency: 'EUR' }, november(DAILY))
  expect(euro).toMatchObject({ estimate: null, attributed: '45.09' })
  expect(euro.kinds.every(({ estimate }) => estimate === null)).toBe(true)
  expect(euro.explanations).toContainEqual({
    ...{ cause: 'currency', bytes: null, money: null, share: null },
    sentence:
      'the bill is in EUR and prices are declared in USD, so what was priced in that is not compared with it; nothing is converted',
  })
  const dollar = reconciled(BILL, november(DAILY))
  expect(dollar.explanations.map(({ cause }) => cause)).not.toContain('currency')
})

test('a bill whose unit was mistaken says so', () => {
  const bill = billOf([{ ...US, bytes: 30 * GIB, cost: '3' }])
  const days = november([flowRow({ protocol: 'tcp', connectionsClosed: 1, egressBytes: 1e9 })], pricesOf())
  expect(reconciled(bill, days, pricesOf()).explanations.map(({ cause }) => cause)).toContain('unit')
})

test('a mesh that sent more than was billed says of which kinds', () => {
  const bill = billOf([{ ...US, bytes: 10 * GIB, cost: '3' }])
  const { explanations, attributed, kinds } = reconciled(bill, november(DAILY), PRICES)
  expect(attributed).toBe('3')
  expect(kinds.find(({ kind }) => kind === 'nat-processing')).toMatchObject({
    billedBytes: null,
    share: null,
    billed: '0',
  })
  expect(explanations.find(({ cause }) => cause === 'unbilled')).toMatchObject({ bytes: 200 * GIB })
})

test('a bill by the hour of what the meshes count late is told from one of other traffic', () => {
  const hours = [11, 12].map((hour) => ({
    ...{ ...US, bytes: 45 * GIB, cost: '4' },
    from: `2026-11-01T${hour}:00:00Z`,
    until: `2026-11-01T${hour + 1}:00:00Z`,
  }))
  const { explanations } = reconciled(billOf(hours), november([flowRow({ requests: 1, egressBytes: 90 * GIB })]))
  expect(explanations.map(({ cause }) => cause)).toContain('timing')
})

test('a month by another clock than UTC’s is set against its own hours, and not against whole days beside them', () => {
  const line = { ...US, bytes: 30 * GIB, cost: '2.7', from: '2026-11-01T08:00:00Z', until: '2026-12-01T08:00:00Z' }
  const days = Array.from({ length: 31 }, (_, n) => {
    const hours: Record<number, FlowRow[]> =
      n === 0 ? { 7: DAILY, 12: DAILY } : n === 30 ? { 7: DAILY, 8: DAILY } : { 12: DAILY }
    return judgedHourly({ date: dateAfter('2026-11-01', n), hours })
  })
  const whole = reconciled(billOf([line]), pricedInOrder(costsInForce(PRICES), days))
  const [internet] = whole.kinds
  // Noon of 30 days, and 7 o'clock of 1 December: 31 times 3 GiB. What was sent before 8 on 1 November is October's.
  expect(internet).toMatchObject({ kind: 'internet', meshBytes: 93 * GIB })
  // 90 GiB of November at 0.09, and 3 of December, whose first hour with traffic this is; NAT has the hours of 30 days.
  expect(internet.estimate).toBe('8.37')
  expect(whole.kinds.find(({ kind }) => kind === 'nat-hours')?.estimate).toBe('32.4')
})

test('a target is not taken to run at the provider since every object has something of its name', () => {
  const days = Array.from({ length: 30 }, (_, n) => {
    return judgedHourly({ date: dateAfter('2026-11-01', n), hours: { 12: DAILY }, target: 'constructor' })
  })
  const none = reconciled(billOf([{ bytes: GIB, cost: '1', region: '' }]), pricedInOrder(costsInForce(PRICES), days))
  expect(none).toMatchObject({ attributed: '0', meshBytes: 0, workloads: [] })
})

test('a place that only the meshes know takes no bytes from the line that explains them', () => {
  const prices = pricesOf({
    rules: [{ host: 'unknown.example.com', kind: 'cross-region', provider: '', region: '', area: '', line: 1 }],
    entries: [priceEntry({ kind: 'cross-region', tiers: [{ upTo: '', price: '0.02' }] })],
  })
  const rows = ['unknown.example.com', 's3.eu-west-1.amazonaws.com'].map((destinationHost) => {
    return flowRow({ requests: 1, egressBytes: GIB, destinationHost })
  })
  const bill = billOf([{ kind: 'cross-region', region: '', to: 'eu-west-1', bytes: 30 * GIB, cost: '0.6' }])
  const { places, attributed } = reconciled(bill, november(rows, prices), prices)
  expect(attributed).toBe('0.6')
  expect(places.map(({ region, to, meshBytes }) => [region, to, meshBytes / GIB])).toEqual([
    ['', 'eu-west-1', 30],
    ['us-east-1', '', 30],
  ])
})

test('bills that are split over the same flows say so, until targets name who pays for them', () => {
  const reconcile = (payer: string, beside: number) => {
    const prices = pricesOf({ targets: { mesh: targetPlace({ payer }) } })
    const reconciling = startReconciling(BILL, { replaced: 0, beside })
    for (const day of november(DAILY, prices)) reconciling.add(day, prices)
    return reconciling.end().explanations.map(({ sentence }) => sentence)
  }
  const sentence = expect.stringContaining('another bill by aws for the month is split over the flows of mesh, too')
  expect(reconcile('', 1)).toContainEqual(sentence)
  expect(reconcile('', 0)).not.toContainEqual(sentence)
  expect(reconcile('999988887777', 1)).not.toContainEqual(sentence)
})
