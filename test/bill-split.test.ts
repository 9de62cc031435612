/** Splitting: the parts of every line sum to it, whatever the meshes sent; what no flow explains is told, and why. */
import fc from 'fast-check'
import type { Bill, BillLine } from '#core/bills/bill.ts'
import { type BillPart, billedDays, type Places, REMAINDERS, startSplitting } from '#core/bills/split.ts'
import { nanoOf } from '#core/costs/money.ts'
import type { Owners } from '#core/costs/owners.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import type { PriceKind, Prices } from '#core/costs/prices.ts'
import type { FlowRow } from '#core/flow.ts'
import { billOf } from './bill-sample.ts'
import { dateAfter } from './day-digest.ts'
import { flowRow } from './flow-rows.ts'
import { costsInForce, judgedHourly, pricedInOrder, pricesOf, targetPlace } from './prices-sample.ts'

const US: Places = { mesh: targetPlace() }
const INTERNET: Partial<BillLine> = { region: 'us-east-1', kind: 'internet' }
const OWNERS: Owners = { teams: [{ name: 'payments', costCentre: 'CC-1', from: ['shop'], line: 1 }] }

function sent(egressBytes: number, changes: Partial<FlowRow> = {}): FlowRow {
  return flowRow({ requests: 1, egressBytes, ...changes })
}

function priced(hours: Record<number, FlowRow[]>, date = '2026-11-01', prices: Prices = pricesOf()): PricedDay {
  return pricedInOrder(costsInForce(prices, OWNERS), [judgedHourly({ date, hours })])[0]
}

function split(bill: Bill, days: readonly PricedDay[], places: Places = US): BillPart[] {
  const splitting = startSplitting(bill)
  return [...days.flatMap((day) => splitting.add(day, places)), ...splitting.end()]
}

/** 'row host: nano, bytes' of a flow's part, or its reason. */
function told(parts: readonly BillPart[]): string[] {
  return parts.map(({ row, flow, reason, nano, bytes }) => `${row} ${flow?.host ?? reason}: ${nano}, ${bytes}`)
}

const TWO = { 5: [sent(300), sent(100, { destinationHost: 'api.example.com' })] }

describe('a line', () => {
  test('goes to the flows of its period by their bytes, and to nobody as far as more was billed than they sent', () => {
    expect(told(split(billOf([{ ...INTERNET, bytes: 1000, cost: '0.00000001' }]), [priced(TWO)]))).toEqual([
      '1 api.example.com: 1, 100',
      '1 api.stripe.com: 3, 300',
      `1 ${REMAINDERS.more}: 6, 600`,
    ])
  })

  test('goes to flows whole when they sent as much as was billed, or more', () => {
    for (const bytes of [400, 399, 1]) {
      expect(told(split(billOf([{ ...INTERNET, bytes, cost: '0.00000001' }]), [priced(TWO)]))).toEqual([
        '1 api.example.com: 2, 100',
        '1 api.stripe.com: 8, 300',
      ])
    }
  })

  test('of another month than the bill’s says so, and makes its period no longer', () => {
    const late = { ...INTERNET, from: '2026-10-12T03:00:00Z', until: '2026-10-12T04:00:00Z', bytes: 5, cost: '1' }
    const bill = billOf([late, { ...INTERNET, bytes: 400, cost: '1' }])
    expect(told(split(bill, [priced(TWO)]))[0]).toBe(`1 ${REMAINDERS.outside}: 1000000000, 5`)
    expect(billedDays(bill)).toEqual({ from: '2026-11-01', through: '2026-11-30' })
  })

  test('names the team of each flow', () => {
    const [part] = split(billOf([{ ...INTERNET, bytes: 400, cost: '1' }]), [priced(TWO)])
    expect(part.flow).toEqual({
      target: 'mesh',
      namespace: 'shop',
      workload: 'checkout-v1',
      team: 'payments',
      costCentre: 'CC-1',
      host: 'api.example.com',
    })
  })

  test('of an hour is for that hour alone, and over with its day', () => {
    const hour = (from: string, until: string) => ({ ...INTERNET, from, until, bytes: 100, cost: '0.000000001' })
    const bill = billOf([
      hour('2026-11-01T05:00:00Z', '2026-11-01T06:00:00Z'),
      hour('2026-11-02T05:00:00Z', '2026-11-02T06:00:00Z'),
    ])
    const splitting = startSplitting(bill)
    expect(told(splitting.add(priced({ 4: [sent(7)], 5: [sent(100)], 6: [sent(9)] }), US))).toEqual([
      '1 api.stripe.com: 1, 100',
    ])
    expect(told(splitting.add(priced({ 6: [sent(50)] }, '2026-11-02'), US))).toEqual([
      `2 ${REMAINDERS.nothing}: 1, 100`,
    ])
    expect(splitting.end()).toEqual([])
  })

  test('of one account and a line of another are explained by the same bytes once', () => {
    const bill = billOf([
      { ...INTERNET, account: 'a', bytes: 400, cost: '0.000000008' },
      { ...INTERNET, account: 'b', bytes: 400, cost: '0.000000004' },
    ])
    expect(told(split(bill, [priced({ 5: [sent(400)] })]))).toEqual([
      '1 api.stripe.com: 4, 200',
      `1 ${REMAINDERS.more}: 4, 200`,
      '2 api.stripe.com: 2, 200',
      `2 ${REMAINDERS.more}: 2, 200`,
    ])
  })

  test('of a day and one of the month share the day’s bytes in proportion to time', () => {
    const bill = billOf([
      { ...INTERNET, bytes: 3000, cost: '0.000003' },
      { ...INTERNET, from: '2026-11-01T00:00:00Z', until: '2026-11-02T00:00:00Z', bytes: 100, cost: '0.0000001' },
    ])
    // The day's share of the month's line is 100 bytes, so that 200 were billed on it, of which the mesh sent 150.
    const parts = split(bill, [priced({ 5: [sent(150)] })])
    expect(told(parts.filter(({ row }) => row === 2))).toEqual([
      '2 api.stripe.com: 75, 75',
      `2 ${REMAINDERS.more}: 25, 25`,
    ])
  })

  test('without bytes, and hours of NAT, go to flows whole; hours by what NAT processed of each', () => {
    const prices = pricesOf({ targets: { mesh: targetPlace({ nat: { gateways: 1 } }) } })
    const day = priced(
      { 5: [sent(100, { ingressBytes: 200 }), sent(100, { destinationHost: 'api.example.com' })] },
      '2026-11-01',
      prices,
    )
    const bill = billOf([
      { ...INTERNET, bytes: null, cost: '0.000000004' },
      { ...INTERNET, kind: 'nat-hours', bytes: null, quantity: '720', unit: 'Hrs', cost: '0.000000008' },
      { ...INTERNET, kind: 'nat-processing', bytes: 400, cost: '0.000000016' },
    ])
    expect(told(split(bill, [day], prices.targets))).toEqual([
      '1 api.example.com: 2, 100',
      '1 api.stripe.com: 2, 100',
      '2 api.example.com: 2, 0',
      '2 api.stripe.com: 6, 0',
      '3 api.example.com: 4, 100',
      '3 api.stripe.com: 12, 300',
    ])
  })

  test('to a region is for flows to it; one that names none is for those to all others', () => {
    const rules = ['eu-west-1', 'eu-central-1'].map((region, at) => {
      return { host: `${region}.example.com`, provider: 'aws', region, kind: '' as const, area: '', line: at + 1 }
    })
    const prices = pricesOf({ rules })
    const hosts = ['eu-west-1.example.com', 'eu-central-1.example.com']
    const day = priced({ 5: hosts.map((destinationHost) => sent(10, { destinationHost })) }, '2026-11-01', prices)
    const bill = billOf([
      { ...INTERNET, kind: 'cross-region', to: 'eu-west-1', bytes: 10, cost: '0.000000001' },
      { ...INTERNET, kind: 'cross-region', to: '', bytes: 10, cost: '0.000000002' },
    ])
    expect(told(split(bill, [day]))).toEqual(['1 eu-west-1.example.com: 1, 10', '2 eu-central-1.example.com: 2, 10'])
  })

  test('is for the targets of its billing accounts alone, where targets name them', () => {
    const places: Places = { mesh: targetPlace({ payer: '111' }), other: targetPlace({ payer: '222' }) }
    const line = { ...INTERNET, bytes: 400, cost: '0.000000004' }
    const reasons = (payers: string[]) =>
      split(billOf([line], { payers }), [priced(TWO)], places).map(({ reason }) => reason)
    expect(reasons(['111'])).toEqual(['', ''])
    expect(reasons(['222'])).toEqual([REMAINDERS.nothing])
    expect(reasons(['999'])).toEqual(['', ''])
  })
})

describe('nobody is charged', () => {
  const line = { ...INTERNET, bytes: 5, cost: '3' }
  test.each<[string, Partial<BillLine>, PricedDay[], Places, string]>([
    [
      'where no mesh sent anything',
      {},
      [priced({ 5: [sent(9, { destinationClass: 'blocked' })] })],
      US,
      REMAINDERS.nothing,
    ],
    ['in a region without a mesh', { region: 'ap-south-1' }, [priced(TWO)], US, REMAINDERS.elsewhere],
    ['while nothing tells where meshes run', {}, [priced(TWO)], {}, REMAINDERS.unplaced],
    ['of a day that the ledger does not have', {}, [], US, REMAINDERS.unobserved],
    ['for transfer in', { kind: 'ingress' }, [priced(TWO)], US, REMAINDERS.ingress],
    ['for what other services send', { kind: 'other' }, [priced(TWO)], US, REMAINDERS.other],
    ['a credit', { category: 'credit', cost: '-3' }, [priced(TWO)], US, REMAINDERS.credit],
    ['a tax', { category: 'adjustment' }, [priced(TWO)], US, REMAINDERS.adjustment],
  ])('%s', (_, changes, days, places, reason) => {
    const bill = billOf([{ ...line, ...changes }])
    expect(told(split(bill, days, places))).toEqual([`1 ${reason}: ${nanoOf(bill.lines[0].cost)}, 5`])
  })
})

test('the days of a bill are those of its month, and of periods that reach a day beyond it', () => {
  expect(billedDays(billOf([{}]))).toEqual({ from: '2026-11-01', through: '2026-11-30' })
  const beyond = billOf([
    { from: '2026-11-01T07:00:00Z', until: '2026-12-01T08:00:00Z' },
    { from: '2025-01-01T00:00:00Z' },
  ])
  expect(billedDays(beyond)).toEqual({ from: '2026-11-01', through: '2026-12-01' })
})

describe('whatever was sent and billed', () => {
  const kind = fc.constantFrom<BillLine['kind'][]>(
    'internet',
    'cross-region',
    'cross-zone',
    'nat-processing',
    'nat-hours',
    'ingress',
    'other',
  )
  const hour = fc.nat({ max: 71 })
  const at = (n: number) => new Date(Date.UTC(2026, 10, 1) + n * 3_600_000).toISOString().replace('.000', '')
  const line = fc
    .record({
      kind,
      region: fc.constantFrom('us-east-1', 'eu-west-1', ''),
      to: fc.constantFrom('', 'eu-west-1'),
      from: hour,
      length: fc.integer({ min: 1, max: 72 }),
      bytes: fc.option(fc.nat({ max: 5000 })),
      cost: fc.nat({ max: 10_000 }),
      category: fc.constantFrom<BillLine['category'][]>('usage', 'usage', 'usage', 'credit', 'adjustment'),
    })
    .map(({ from, length, cost, category, ...rest }): Partial<BillLine> => {
      const sign = category === 'credit' ? '-' : ''
      const money = `${sign}${(cost / 1e9).toFixed(9)}`
      return { ...rest, category, from: at(from), until: at(from + length), cost: money }
    })
  const charge = fc.record({
    kind: fc.constantFrom<PriceKind[]>('internet', 'cross-region', 'nat-processing'),
    hourBytes: fc.array(fc.nat({ max: 400 }), { minLength: 24, maxLength: 24 }),
  })
  const edge = fc.record({
    target: fc.constantFrom('mesh', 'eu'),
    namespace: fc.constantFrom('a', 'b'),
    workload: fc.constant('w'),
    team: fc.constant(''),
    costCentre: fc.constant(''),
    host: fc.constantFrom('', 'x', 'y'),
    destined: fc.record({ region: fc.constantFrom('', 'eu-west-1') }),
    charges: fc.array(charge, { maxLength: 2 }),
  })
  const PLACES: Places = { mesh: targetPlace(), eu: targetPlace({ region: 'eu-west-1' }) }

  function dayOf(edges: unknown, n: number): PricedDay {
    const digest = { date: dateAfter('2026-11-01', n), day: { observation: 'observed' } }
    return { judged: { digest }, edges } as unknown as PricedDay
  }

  test('the parts of each line sum to it to the last nano-unit, and no line is left out or told twice', () => {
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 8 }),
        fc.array(fc.array(edge, { maxLength: 5 }), { maxLength: 4 }),
        (lines, days) => {
          const bill = billOf(lines)
          const parts = split(bill, days.map(dayOf), PLACES)
          for (const { row, cost, bytes, kind: of } of bill.lines) {
            const ofLine = parts.filter((part) => part.row === row)
            expect(ofLine.reduce((sum, { nano }) => sum + nano, 0n)).toBe(nanoOf(cost))
            expect(ofLine.filter(({ flow }) => flow === null).length).toBeLessThanOrEqual(1)
            const remainder = ofLine.find(({ flow }) => flow === null)
            expect(remainder?.bytes ?? 0).toBeLessThanOrEqual(bytes ?? 0)
            for (const part of ofLine) expect(part.kind).toBe(of)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test('flows of lines that share a period get all bytes of the mesh once', () => {
    const period = { from: at(0), until: at(24) }
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 4 }),
        fc.array(edge, { maxLength: 4 }),
        (billed, edges) => {
          fc.pre(billed.some((bytes) => bytes > 0))
          const bill = billOf(
            billed.map((bytes, n) => ({ ...INTERNET, ...period, account: String(n), bytes, cost: '1' })),
          )
          const parts = split(bill, [dayOf(edges, 0)], PLACES).filter(({ flow }) => flow !== null)
          const ofMesh = edges
            .filter(({ target }) => target === 'mesh')
            .flatMap(({ charges }) =>
              charges.filter((one) => one.kind === 'internet').flatMap(({ hourBytes }) => hourBytes),
            )
          expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(ofMesh.reduce((sum, bytes) => sum + bytes, 0))
        },
      ),
    )
  })
})
