/** Cost months and the cost history: that they sum exactly to what days cost, come back as they were, and stay bounded. */
import fc from 'fast-check'
import { sumOf } from '#core/costs/cost-day.ts'
import { startCostMonth, withMonth } from '#core/costs/cost-fold.ts'
import { emptyCostHistory } from '#core/costs/cost-history.ts'
import type { CostMonth } from '#core/costs/cost-month.ts'
import { moneyOf, nanoOf, shareOut } from '#core/costs/money.ts'
import { decodeCostHistory, decodeCostMonth, encodeCostHistory, encodeCostMonth } from '#core/costs/packed-costs.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import { closingDate, trueUpOf } from '#core/costs/true-up.ts'
import { type FlowRow, OTHER } from '#core/flow.ts'
import { flowRow, tcpRow } from './flow-rows.ts'
import { costsInForce, GIB, judgedHourly, pricedInOrder, pricesOf, targetPlace } from './prices-sample.ts'

const OWNERS = { teams: [{ name: 'shop', costCentre: 'CC-1', from: ['shop'], line: 1 }] }
const NAT = pricesOf({ targets: { mesh: targetPlace({ nat: { gateways: 1 } }) } })

const day = (date: string, hours: Record<number, FlowRow[]>) => judgedHourly({ date, hours })
const priced = (...days: ReturnType<typeof day>[]) => pricedInOrder(costsInForce(NAT, OWNERS), days)

function folded(days: readonly PricedDay[]): CostMonth {
  const folding = startCostMonth(days[0].judged.digest.date.slice(0, 7))
  for (const one of days) folding.add(one)
  return folding.month()
}

const TWO_DAYS = priced(
  day('2026-11-01', {
    3: [flowRow({ requests: 5, egressBytes: 200 * GIB, ingressBytes: GIB })],
    9: [tcpRow('-', { connectionsClosed: 2, egressBytes: GIB }), flowRow({ sourceNamespace: 'lab', egressBytes: 7 })],
  }),
  day('2026-11-02', { 0: [flowRow({ requests: 1, egressBytes: 10 * GIB })] }),
)

test('a month by hand: 100 GiB are free, the rest is 0.09 a GiB, NAT 0.045 both ways and 0.045 an hour', () => {
  const { days } = folded(TWO_DAYS)
  const [first, second] = days
  // 1 November: 200 + 1 GiB and 7 bytes leave, of which 100 GiB are free; 202 GiB and 7 bytes pass NAT, in 24 hours.
  expect(moneyOf(first.byKind.internet.nano)).toBe('9.090000001') // 101 GiB x 0.09, and 7 bytes that round up
  expect(moneyOf(first.byKind['nat-processing'].nano)).toBe('9.09') // 202 GiB x 0.045
  expect(moneyOf(first.byKind['nat-hours'].nano)).toBe('1.08') // 24 x 0.045
  expect(moneyOf(second.byKind.internet.nano)).toBe('0.9') // 10 GiB x 0.09: the allowance is used up
  expect(first.freeBytes).toBe(100 * GIB)
  expect(first.estimatedBytes).toBe(200 * GIB + 7)
  expect(first.byTeam.map(({ team }) => team)).toEqual(['', 'shop'])
})

test('what is of one workload, destination and way is one line, over days and versions', () => {
  const { lines } = folded(TWO_DAYS)
  expect(lines.map(({ namespace, host, egressBytes }) => [namespace, host, egressBytes])).toEqual([
    ['lab', 'api.stripe.com', 7],
    ['shop', 'api.stripe.com', 211 * GIB],
  ])
})

const hours = fc.dictionary(
  fc.integer({ min: 0, max: 23 }).map(String),
  fc.array(
    fc.record({
      sourceNamespace: fc.constantFrom('shop', 'lab'),
      destinationHost: fc.constantFrom('a.example', 'b.example', 's3.us-east-1.amazonaws.com'),
      destinationClass: fc.constantFrom('registered' as const, 'blocked' as const),
      egressBytes: fc.integer({ min: 0, max: 60 * GIB }),
      ingressBytes: fc.integer({ min: 0, max: 9 * GIB }),
    }),
    { maxLength: 3 },
  ),
)

test('lines, teams, kinds, hours and days are the same money, to the nano-unit', () => {
  fc.assert(
    fc.property(hours, hours, (one, two) => {
      const rows = (of: typeof one) =>
        Object.fromEntries(Object.entries(of).map(([hour, list]) => [hour, list.map((row) => flowRow(row))]))
      const { days, lines } = folded(priced(day('2026-11-01', rows(one)), day('2026-11-02', rows(two))))
      const whole = days.reduce((sum, { byKind }) => sum + sumOf(byKind), 0n)
      const fixed = days.reduce((sum, { byKind }) => sum + byKind['nat-hours'].nano, 0n)
      expect(lines.reduce((sum, { transfer, processing }) => sum + transfer.nano + processing.nano, fixed)).toBe(whole)
      expect(days.flatMap(({ byTeam }) => byTeam).reduce((sum, { nano }) => sum + nano, fixed)).toBe(whole)
      expect(days.flatMap((of) => of.hours).reduce((sum, nano) => sum + nano, 0n)).toBe(whole)
      for (const { byKind, byBasis } of days) {
        const transfers = byKind.internet.nano + byKind['cross-region'].nano + byKind['same-region'].nano
        expect(sumOf(byBasis)).toBe(transfers + byKind['cross-zone'].nano)
      }
    }),
    { numRuns: 40 },
  )
})

test('a month that is kept on the way is the month that is folded at once, byte for byte', () => {
  const [first, second] = TWO_DAYS
  const kept = decodeCostMonth(encodeCostMonth(folded([first])), 'k')
  const folding = startCostMonth('2026-11', kept)
  folding.add(second)
  expect(Buffer.compare(encodeCostMonth(folding.month()), encodeCostMonth(folded(TWO_DAYS)))).toBe(0)
})

test('a month and a history come back as they were', () => {
  const month = folded(TWO_DAYS)
  const trueUp = trueUpOf({ on: '2026-12-05', prices: 'ab' }, month.days, folded(TWO_DAYS.slice(0, 1)).days)
  const history = withMonth(emptyCostHistory(), month, trueUp)
  expect(decodeCostMonth(encodeCostMonth(month), 'k')).toEqual(month)
  expect(decodeCostHistory(encodeCostHistory(history), 'k')).toEqual(history)
})

test.each<[string, (bytes: Uint8Array) => Uint8Array]>([
  ['cut short', (bytes) => bytes.slice(0, -5)],
  ['of another kind', () => encodeCostHistory(withMonth(emptyCostHistory(), folded(TWO_DAYS), null))],
])('a month that is %s is refused with its key', (_, damage) => {
  expect(() => decodeCostMonth(damage(encodeCostMonth(folded(TWO_DAYS))), 'daily/costs/x')).toThrow(
    /^costs daily\/costs\/x cannot be read: .*; it can be made again from the ledger$/,
  )
})

test('a day that does not follow, or is of another month, is refused', () => {
  const folding = startCostMonth('2026-11')
  folding.add(TWO_DAYS[0])
  expect(() => folding.add(TWO_DAYS[0])).toThrow('costs of 2026-11: 2026-11-01 does not follow 2026-11-01')
  const [december] = priced(day('2026-12-01', {}))
  expect(() => folding.add(december)).toThrow('costs of 2026-11: 2026-12-01 does not follow 2026-11-01')
})

test('of more than 20,000 lines those of least money are joined, and nothing is lost of the sum', () => {
  const rows = Array.from({ length: 20_050 }, (_, at) =>
    flowRow({ destinationHost: `h${at}.example`, egressBytes: (at + 1) * 1000 }),
  )
  const [big] = priced(day('2026-11-01', { 5: rows }))
  const month = folded([big])
  expect(month.joined).toBe(50)
  expect(month.lines.length).toBe(20_001)
  const { egressBytes } = month.lines.find(({ host }) => host === OTHER) ?? { egressBytes: 0 }
  expect(egressBytes).toBe((50 * 51 * 1000) / 2)
  const bytes = month.lines.reduce((sum, line) => sum + line.egressBytes, 0)
  expect(bytes).toBe((20_050 * 20_051 * 1000) / 2)
  const [entity] = withMonth(emptyCostHistory(), month, null).destinations
  expect(entity.months[0].isPart).toBe(true)
})

test('lines that were joined make no room scarce: of the next day no others are joined', () => {
  const rows = Array.from({ length: 20_050 }, (_, at) =>
    flowRow({ destinationHost: `h${at}.example`, egressBytes: (at + 1) * 1000 }),
  )
  const some = rows.slice(-10)
  const month = folded(priced(day('2026-11-01', { 5: rows }), day('2026-11-02', { 5: some })))
  expect(month.joined).toBe(50)
  expect(month.lines.length).toBe(20_001)
})

test('a month that is priced again takes the place of what the history had of it', () => {
  const [first] = TWO_DAYS
  const before = withMonth(emptyCostHistory(), folded(TWO_DAYS), null)
  const after = withMonth(before, folded([first]), null)
  expect(after).toEqual({ ...withMonth(emptyCostHistory(), folded([first]), null), through: '2026-11-02' })
})

test('a true-up is what the closing prices make of the month above what its days were priced at', () => {
  const pool = { payer: '', provider: 'aws', pool: 'internet' }
  const other = { ...pool, month: '2026-11', quantity: '100', unit: 'GiB' as const, line: 1 }
  const again = pricedInOrder(
    costsInForce({ ...NAT, otherTraffic: [other] }, OWNERS),
    TWO_DAYS.map(({ judged }) => judged),
  )
  const trueUp = trueUpOf({ on: '2026-12-05', prices: 'ab' }, folded(TWO_DAYS).days, folded(again).days)
  // The payer's other traffic had used the allowance: 100 GiB more at 0.09.
  expect(moneyOf(trueUp.nano)).toBe('9')
  expect(trueUp.byTeam.reduce((sum, { nano }) => sum + nano, 0n)).toBe(trueUp.nano)
})

test.each([
  ['2026-10', '2026-11-05'],
  ['2026-12', '2027-01-05'],
])('%s is closed on %s', (month, date) => {
  expect(closingDate(month)).toBe(date)
})

test('money is exact decimal text and back, and parts of it sum to it', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (nano) => {
      expect(nanoOf(moneyOf(nano))).toBe(nano)
      expect(moneyOf(nano)).toMatch(/^-?\d+(\.\d*[1-9])?$/)
    }),
  )
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { minLength: 1 }),
      (amount, weights) => {
        const parts = shareOut(amount, weights)
        const total = weights.reduce((sum, weight) => sum + weight, 0n)
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount)
        for (const [at, part] of parts.entries()) {
          if (total === 0n) continue
          const off = part * total - amount * weights[at]
          expect(off < total && off > -total).toBe(true)
        }
      },
    ),
  )
})

test.each(['', '1e3', '0x10', '1,5', ' 1', '1.0000000001', '--1', '.5', '1.'])('%j is no amount', (text) => {
  expect(() => nanoOf(text)).toThrow(`${JSON.stringify(text)} is no amount in decimal digits, with at most 9 places`)
})
