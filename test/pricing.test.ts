import fc from 'fast-check'
import { NO_METERS } from '#core/costs/meters.ts'
import { moneyOf, type Nano, nanoOf, shareOut } from '#core/costs/money.ts'
import { type PricedDay, pricing } from '#core/costs/priced-day.ts'
import type { PriceEntry, PriceKind, Prices } from '#core/costs/prices.ts'
import { startSharing } from '#core/costs/sharing.ts'
import { type FlowRow, zeroMeasures } from '#core/flow.ts'
import type { JudgedDay } from '#core/judged-day.ts'
import { flowRow } from './flow-rows.ts'
import {
  costsInForce,
  GB,
  GIB,
  type HourlyDay,
  judgedHourly,
  pricedInOrder,
  priceEntry,
  pricesOf,
  targetPlace,
  tiers,
  US_EAST_1,
} from './prices-sample.ts'

const DAY = '2026-11-20'
const WITH_NAT = { mesh: targetPlace({ nat: { gateways: 2 } }) }
const S3_IRELAND = 's3.eu-west-1.amazonaws.com'
const SQS_HERE = 'sqs.us-east-1.amazonaws.com'

const out = (egressBytes: number, more: Partial<FlowRow> = {}) => flowRow({ egressBytes, ...more })
const day = (hours: HourlyDay['hours'], more: Partial<HourlyDay> = {}) => judgedHourly({ date: DAY, hours, ...more })
const priced = (prices: Prices, ...days: JudgedDay[]) => pricedInOrder(costsInForce(prices), days)

/** What all edges of days are charged for a kind, as money. */
function costOf(days: readonly PricedDay[], kind: PriceKind = 'internet'): string {
  return moneyOf(days.reduce((sum, one) => sum + nanoIn(one, kind), 0n))
}

function nanoIn({ edges, fixed }: PricedDay, kind: PriceKind): Nano {
  const all = [...edges.flatMap(({ charges }) => charges), ...fixed].filter((charge) => charge.kind === kind)
  return all.reduce((sum, { nano }) => sum + nano, 0n)
}

describe('the internet out of us-east-1: 100 GiB free, then 0.09 to 10,240 GiB, 0.085 to 51,200, 0.07 to 153,600, 0.05', () => {
  test.each([
    // GiB that left, of which 100 are free     what is charged, by tier
    [99, '0'],
    [100, '0'],
    [101, '0.09'], //                             1 × 0.09
    [100 + 10_240, '921.6'], //              10,240 × 0.09 = 921.60
    [100 + 10_241, '921.685'], //                            921.60 + 1 × 0.085
    [100 + 51_200, '4403.2'], //                             921.60 + 40,960 × 0.085 = 921.60 + 3,481.60
    [100 + 51_201, '4403.27'], //                            4,403.20 + 1 × 0.07
    [100 + 153_600, '11571.2'], //                           4,403.20 + 102,400 × 0.07 = 4,403.20 + 7,168.00
    [100 + 153_601, '11571.25'], //                          11,571.20 + 1 × 0.05
    [100 + 163_600, '12071.2'], //                           11,571.20 + 10,000 × 0.05
  ])('%d GiB cost %s', (gib, cost) => {
    expect(costOf(priced(pricesOf(), day({ 5: [out(gib * GIB)] })))).toBe(cost)
  })

  test('cost the same in one hour, over hours, and over days', () => {
    const third = 17_100 * GIB
    const inOne = priced(pricesOf(), day({ 5: [out(3 * third + GIB)] }))
    const overHours = priced(pricesOf(), day({ 5: [out(third)], 6: [out(third)], 23: [out(third + GIB)] }))
    const overDays = priced(
      pricesOf(),
      day({ 0: [out(third)] }, { date: '2026-11-01' }),
      day({ 0: [out(third)] }, { date: '2026-11-15' }),
      day({ 0: [out(third + GIB)] }, { date: '2026-11-30' }),
    )
    expect([inOne, overHours, overDays].map((days) => costOf(days))).toEqual(['4403.27', '4403.27', '4403.27'])
  })
})

// At 1 a GB a byte costs a nano-unit: 5 GB are free, then 1 a GB to 10 GB, 2 to 20 GB, 3 above.
test.each([
  [5 * GB - 1, 0],
  [5 * GB, 0],
  [5 * GB + 1, 1],
  [15 * GB - 1, 10 * GB - 1],
  [15 * GB, 10 * GB],
  [15 * GB + 1, 10 * GB + 2],
  [25 * GB - 1, 30 * GB - 2],
  [25 * GB, 30 * GB],
  [25 * GB + 1, 30 * GB + 3],
])('a tier ends with its last byte: %d bytes cost %d nano-units', (bytes, nano) => {
  const entry = priceEntry({
    unit: 'GB',
    free: { quantity: '5', pool: 'internet' },
    tiers: tiers(['10', '1'], ['20', '2'], ['', '3']),
  })
  const [only] = priced(pricesOf({ entries: [entry] }), day({ 5: [out(bytes)] }))
  expect(only.edges[0].charges[0].nano).toBe(BigInt(nano))
  expect(only.edges[0].charges[0].freeBytes).toBe(Math.min(bytes, 5 * GB))
})

test('a bound that is no whole number of bytes divides the byte that crosses it', () => {
  // 0.0000000005 GB is half a byte: it costs half of 2 nano-units, the other half of 4.
  const entry = priceEntry({ unit: 'GB', tiers: tiers(['0.0000000005', '2'], ['', '4']) })
  expect(costOf(priced(pricesOf({ entries: [entry] }), day({ 5: [out(1)] })))).toBe('0.000000003')
})

test('a GB is 10^9 bytes and a GiB 2^30: the same price is 7.4 % apart', () => {
  const inGb = pricesOf({ entries: [priceEntry({ unit: 'GB' })] })
  const inGib = pricesOf({ entries: [priceEntry({ unit: 'GiB' })] })
  const traffic = day({ 5: [out(100 * GIB)] })
  expect(costOf(priced(inGib, traffic))).toBe('9') //             100 × 0.09
  expect(costOf(priced(inGb, traffic))).toBe('9.663676416') //    107.3741824 × 0.09
})

describe('NAT', () => {
  test('charges what it carries in both directions, beside the transfer', () => {
    const [only] = priced(pricesOf({ targets: WITH_NAT }), day({ 5: [out(103 * GIB, { ingressBytes: 7 * GIB })] }))
    expect(costOf([only], 'nat-processing')).toBe('4.95') // (103 + 7) × 0.045
    expect(costOf([only], 'internet')).toBe('0.27') //       (103 - 100) × 0.09
    expect(only.edges[0].charges.map(({ kind, bytes }) => [kind, bytes / GIB])).toEqual([
      ['internet', 103],
      ['nat-processing', 110],
    ])
  })

  test.each<[string, Partial<HourlyDay>, number, string]>([
    ['all day', {}, 48, '2.16'], //                                            2 gateways × 24 hours × 0.045
    ['all day, although nobody looked', { observedMs: 0 }, 48, '2.16'],
    ['from the first hour of its mesh', { first: `${DAY}T06:00:00Z` }, 36, '1.62'], //         2 × 18 × 0.045
    ['not in the hours that have not come', { closedHours: 10 }, 20, '0.9'], //                2 × 10 × 0.045
  ])('charges its hours %s', (_, more, quantity, cost) => {
    const [only] = priced(pricesOf({ targets: WITH_NAT }), day({}, more))
    expect(only.fixed.map((charge) => [charge.target, charge.kind, charge.quantity])).toEqual([
      ['mesh', 'nat-hours', quantity],
    ])
    expect(costOf([only], 'nat-hours')).toBe(cost)
    expect(only.fixed[0].hourNano.reduce((sum, nano) => sum + nano, 0n)).toBe(only.fixed[0].nano)
  })

  test('is not passed on the way to an endpoint or to a private address', () => {
    const endpoints = [{ service: 'sqs', type: 'interface' as const, zones: 3 }]
    const targets = { mesh: targetPlace({ nat: { gateways: 1 }, endpoints }) }
    const rows = [out(4 * GIB, { destinationHost: SQS_HERE }), out(5 * GIB, { destinationHost: '10.1.2.3' })]
    const [only] = priced(pricesOf({ targets }), day({ 5: rows }))
    expect(costOf([only], 'nat-processing')).toBe('0')
    expect(only.edges.map(({ charges }) => charges.map(({ kind }) => kind))).toEqual([
      ['cross-zone'],
      ['same-region', 'endpoint-processing'],
    ])
  })
})

test('an interface endpoint charges both directions by the byte, and each zone by the hour', () => {
  const targets = { mesh: targetPlace({ endpoints: [{ service: 'sqs', type: 'interface', zones: 3 }] }) }
  const row = out(4 * GIB, { destinationHost: SQS_HERE, ingressBytes: 6 * GIB })
  const days = priced(pricesOf({ targets }), day({ 5: [row] }))
  expect(costOf(days, 'endpoint-processing')).toBe('0.1') // (4 + 6) × 0.01
  expect(costOf(days, 'endpoint-hours')).toBe('0.72') //     3 zones × 24 hours × 0.01
  expect(costOf(days, 'same-region')).toBe('0')
})

test('a gateway endpoint carries for nothing, and has a price that says so', () => {
  const targets = {
    mesh: targetPlace({ nat: { gateways: 1 }, endpoints: [{ service: 's3', type: 'gateway', zones: 0 }] }),
  }
  const [only] = priced(
    pricesOf({ targets }),
    day({ 5: [out(9 * GIB, { destinationHost: 's3.us-east-1.amazonaws.com' })] }),
  )
  expect(only.edges[0].charges.map(({ kind, entry, nano }) => [kind, entry !== '', nano])).toEqual([
    ['same-region', true, 0n],
    ['endpoint-processing', true, 0n],
  ])
  expect(only.fixed.map(({ kind }) => kind)).toEqual(['nat-hours'])
})

test('another region is charged by the pair', () => {
  const days = priced(pricesOf(), day({ 5: [out(5 * GIB, { destinationHost: S3_IRELAND })] }))
  expect(costOf(days, 'cross-region')).toBe('0.1') // 5 × 0.02
})

test('all flows of an hour pay its average, and have their share of what is free', () => {
  // 60 + 140 GiB, of which 100 are free: 100 × 0.09 = 9, of which 60/200 are 2.70.
  const rows = [out(60 * GIB), out(140 * GIB, { destinationHost: 'b.example' })]
  const [only] = priced(pricesOf(), day({ 5: rows }))
  const charges = only.edges.map(({ charges }) => charges[0])
  expect(charges.map(({ nano, freeBytes }) => [moneyOf(nano), freeBytes / GIB])).toEqual([
    ['2.7', 30],
    ['6.3', 70],
  ])
})

test('hours are priced in their order: what is free goes to the first', () => {
  const [only] = priced(pricesOf(), day({ 3: [out(60 * GIB)], 4: [out(60 * GIB)], 5: [out(60 * GIB)] }))
  const { hourNano } = only.edges[0].charges[0]
  expect(hourNano.slice(3, 6).map(moneyOf)).toEqual(['0', '1.8', '5.4']) // 0; (120 - 100) × 0.09; 60 × 0.09
})

describe('the payer’s other traffic', () => {
  const other = { payer: '', provider: 'aws', month: '', unit: 'GiB' as const, line: 1 }

  test('enters before the first byte: of a pool of tiers, of an allowance, or of both', () => {
    const tiersUsed = { ...other, pool: 'internet us-east-1', quantity: '10240' }
    const freeUsed = { ...other, pool: 'internet', quantity: '99.5' }
    const traffic = day({ 5: [out(101 * GIB)] })
    const cost = (...otherTraffic: Prices['otherTraffic']) => costOf(priced(pricesOf({ otherTraffic }), traffic))
    expect(cost()).toBe('0.09') //                        (101 - 100) × 0.09
    expect(cost(tiersUsed)).toBe('0.085') //              (101 - 100) × 0.085
    expect(cost(freeUsed)).toBe('9.045') //               (101 - 0.5) × 0.09
    expect(cost(tiersUsed, freeUsed)).toBe('8.5425') //   (101 - 0.5) × 0.085
    expect(cost({ ...freeUsed, quantity: '20480' })).toBe('9.09')
  })

  test('is the month’s own where it has a line, and no other payer’s or provider’s', () => {
    const pool = 'internet us-east-1'
    const always = { ...other, pool, quantity: '10240' }
    const traffic = day({ 5: [out(101 * GIB)] })
    const cost = (...otherTraffic: Prices['otherTraffic']) => costOf(priced(pricesOf({ otherTraffic }), traffic))
    expect(cost(always, { ...other, pool, month: '2026-11', quantity: '51200' })).toBe('0.07')
    expect(cost(always, { ...other, pool, month: '2026-10', quantity: '51200' })).toBe('0.085')
    expect(cost({ ...always, payer: 'another' }, { ...always, provider: 'gcp' })).toBe('0.09')
  })
})

test('a month begins with all its tiers and allowances, a payer’s shared by its meshes', () => {
  const on = (date: string, target = 'mesh') => day({ 5: [out(100 * GIB)] }, { date, target })
  expect(costOf(priced(pricesOf(), on('2026-11-29'), on('2026-11-30'), on('2026-12-01')))).toBe('9')
  const shared = { mesh: targetPlace(), other: targetPlace() }
  expect(costOf(priced(pricesOf({ targets: shared }), on(DAY), on(DAY, 'other')))).toBe('9')
  const apart = { mesh: targetPlace(), other: targetPlace({ payer: 'other' }) }
  expect(costOf(priced(pricesOf({ targets: apart }), on(DAY), on(DAY, 'other')))).toBe('0')
})

test('a price that changes within a month holds from its day on, and the tiers go on', () => {
  const before = priceEntry({ until: '2026-11-16', tiers: tiers(['10', '1'], ['', '0.5']) })
  const after = priceEntry({ from: '2026-11-16', tiers: tiers(['10', '2'], ['', '1']) })
  const days = priced(
    pricesOf({ entries: [before, after] }),
    day({ 5: [out(8 * GIB)] }, { date: '2026-11-15' }), //  8 × 1
    day({ 5: [out(5 * GIB)] }, { date: '2026-11-16' }), //  2 × 2 + 3 × 1
  )
  expect(days.map((one) => costOf([one]))).toEqual(['8', '7'])
})

test.each([
  ['1.03', 100, 103],
  ['1.03', 50, 52], // 51.5, rounded half up
  ['1.03', 16, 16], // 16.48
  ['1.000001', 499_999, 499_999], // 499,999.499999
  ['1.000001', 500_000, 500_001], // 500,000.5
  ['2', 4_000_000_000_000_001, 8_000_000_000_000_002],
])('an overhead factor of %s makes of %d bytes %d', (overheadFactor, bytes, charged) => {
  const [only] = priced(pricesOf({ overheadFactor }), day({ 5: [out(bytes)] }))
  expect(only.edges[0].charges[0].bytes).toBe(charged)
  expect(only.edges[0].totals.egressBytes).toBe(bytes)
})

describe('nothing is charged', () => {
  test('for what was blocked, or is no egress by Istio’s configuration', () => {
    const blocked = day({ 5: [flowRow({ destinationClass: 'blocked', requests: 3 })] })
    const judged = day({ 5: [out(GIB)] })
    const internal = {
      ...judged,
      edges: judged.edges.map((edge) => ({ ...edge, traffic: { ...edge.traffic, isEgress: false } })),
    }
    for (const { edges } of priced(pricesOf({ targets: WITH_NAT }), blocked, internal)) {
      expect(edges.map(({ destined, charges }) => [destined, charges])).toEqual([[null, []]])
    }
  })

  test('where no prices are declared, and then it has no currency', () => {
    const held = costsInForce(null, { teams: [{ name: 'shop', costCentre: 'CC-1', from: ['shop'], line: 1 }] })
    const [only] = pricedInOrder(held, [day({ 5: [out(GIB)] })], { some: 5 })
    expect([only.currency, only.fixed, only.edges[0].destined, only.edges[0].charges]).toEqual(['', [], null, []])
    expect([only.edges[0].team, only.edges[0].costCentre]).toEqual(['shop', 'CC-1'])
    expect(only.end).toEqual({ some: 5 })
  })
})

describe('what has no price is counted, with what to add', () => {
  const missing = (prices: Prices, row = out(GIB, { ingressBytes: 2 * GIB })) => {
    const [only] = priced(prices, day({ 5: [row] }))
    return [...only.edges.flatMap(({ charges }) => charges), ...only.fixed].map((charge) => {
      expect([charge.entry, charge.nano]).toEqual(['', 0n])
      return `${'bytes' in charge ? charge.bytes / GIB : charge.quantity} ${charge.kind}: ${charge.missing}`
    })
  }

  test('no entry at all', () => {
    expect(missing(pricesOf({ entries: [], targets: WITH_NAT }))).toEqual([
      '1 internet: No price book has a price of internet from aws us-east-1; add one to the books of prices.yaml.',
      '3 nat-processing: No price book has a price of nat-processing in aws us-east-1; add one to the books of prices.yaml.',
      '48 nat-hours: No price book has a price of nat-hours in aws us-east-1; add one to the books of prices.yaml.',
    ])
  })

  test('entries for other days', () => {
    const later = priceEntry({ from: '2026-12-01' })
    const earlier = priceEntry({ until: '2026-11-01' })
    const sentence = 'The price of internet from aws us-east-1 is known only'
    expect(missing(pricesOf({ entries: [later] }))).toEqual([
      `1 internet: ${sentence} from 2026-12-01 on; add one for the days on which it is not.`,
    ])
    expect(missing(pricesOf({ entries: [later, earlier] }))).toEqual([
      `1 internet: ${sentence} until 2026-11-01 and from 2026-12-01 on; add one for the days between.`,
    ])
  })

  test('a pair of regions without one', () => {
    const row = out(GIB, { destinationHost: 's3.sa-east-1.amazonaws.com' })
    expect(missing(pricesOf(), row)).toEqual([
      '1 cross-region: No price book has a price of cross-region to sa-east-1 from aws us-east-1; add one to the books of prices.yaml.',
    ])
  })

  test('a mesh of which nobody says where it runs', () => {
    expect(missing(pricesOf({ targets: {} }))).toEqual([
      '1 internet: Where mesh runs is not configured; add cloud with its provider and region to it in wharfage.yaml.',
    ])
  })
})

describe('of several prices', () => {
  const costBy = (entries: PriceEntry[], tier = '') =>
    costOf(
      priced(
        pricesOf({ entries, targets: { mesh: targetPlace({ tier }) } }),
        day({ 5: [out(GIB, { destinationHost: S3_IRELAND })] }),
      ),
      'cross-region',
    )
  const cross = (changes: Partial<PriceEntry>) => priceEntry({ kind: 'cross-region', ...changes })

  test('the one for the region it goes to decides before the one for all', () => {
    const all = cross({ tiers: tiers(['', '0.08']) })
    const ireland = cross({ to: 'eu-west-1', tiers: tiers(['', '0.02']) })
    expect(costBy([all, ireland])).toBe('0.02')
    expect(costBy([all, { ...ireland, until: '2026-01-01' }])).toBe('0.08')
    expect(costBy([all, { ...ireland, to: 'sa-east-1' }])).toBe('0.08')
  })

  test('only those of the target’s network tier count', () => {
    const premium = cross({ id: 'p', tier: 'premium', tiers: tiers(['', '0.08']) })
    const standard = cross({ id: 's', tier: 'standard', tiers: tiers(['', '0.05']) })
    expect([costBy([premium, standard], 'premium'), costBy([premium, standard], 'standard')]).toEqual(['0.08', '0.05'])
    expect(costBy([premium, standard, cross({ tiers: tiers(['', '0.01']) })])).toBe('0.01')
  })
})

const HOSTS = ['a.example', 'b.example', S3_IRELAND, SQS_HERE, '10.0.0.1', 's3.sa-east-1.amazonaws.com']
const call = fc.record({
  host: fc.constantFrom(...HOSTS),
  workload: fc.constantFrom('one', 'two', 'three'),
  hour: fc.integer({ min: 0, max: 23 }),
  egressBytes: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 40_000 * GIB })),
  ingressBytes: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 300 * GIB })),
})
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never
const calls = fc.array(call, { maxLength: 12 })
const ALL = costsInForce(
  pricesOf({
    targets: {
      mesh: targetPlace({ nat: { gateways: 2 }, endpoints: [{ service: 'sqs', type: 'interface', zones: 2 }] }),
    },
    overheadFactor: '1.03',
    entries: [...US_EAST_1, priceEntry({ kind: 'cross-region', free: { quantity: '7', pool: 'internet' } })],
  }),
)

function dayOfCalls(all: readonly Call[], date = DAY): JudgedDay {
  const rows = Object.entries(Object.groupBy(all, ({ hour }) => hour)).map(([hour, some = []]) => {
    const inHour = some.map(({ host, workload, egressBytes, ingressBytes }) =>
      flowRow({ ...zeroMeasures(), destinationHost: host, sourceWorkload: workload, egressBytes, ingressBytes }),
    )
    return [hour, inHour] as const
  })
  return judgedHourly({ date, hours: Object.fromEntries(rows) })
}

const sum = (parts: readonly Nano[]) => parts.reduce((all, part) => all + part, 0n)

describe('whatever the traffic', () => {
  test('flows sum to the hour and hours to the day, and every hour of the internet’s is what a reckoning apart makes of it', () => {
    const held = costsInForce(pricesOf({ targets: WITH_NAT, overheadFactor: '1.03' }))
    fc.assert(
      fc.property(calls, (all) => {
        const [only] = pricedInOrder(held, [dayOfCalls(all)])
        const charges = only.edges.flatMap((edge) => edge.charges)
        for (const charge of charges) {
          expect(sum(charge.hourNano)).toBe(charge.nano)
          expect(charge.hourBytes.reduce((bytes, part) => bytes + part, 0)).toBe(charge.bytes)
        }
        const internet = charges.filter(({ kind }) => kind === 'internet')
        let [used, cost] = [0n, 0n]
        for (let hour = 0; hour < 24; hour++) {
          used += internet.reduce((bytes, { hourBytes }) => bytes + BigInt(hourBytes[hour]), 0n)
          cost += sum(internet.map(({ hourNano }) => hourNano[hour]))
          const free = used < 100n << 30n ? used : 100n << 30n
          expect(cost).toBe(reckoned(used - free))
        }
      }),
    )
  })

  test('splitting a month’s bytes over hours and days otherwise costs the same to the nano-unit', () => {
    const hours = fc.array(fc.tuple(fc.integer({ min: 0, max: 23 }), fc.boolean()), { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(calls, hours, (all, moves) => {
        const some = all.filter((one) => one.host.endsWith('.example'))
        const held = costsInForce(pricesOf({ targets: WITH_NAT }))
        const moved = some.map((one, at) => ({ ...one, hour: moves[at][0] }))
        const [first, second] = [true, false].map((later) =>
          dayOfCalls(moved.filter((_, at) => moves[at][1] === later)),
        )
        const here = pricedInOrder(held, [dayOfCalls(some), dayOfCalls([])])
        const there = pricedInOrder(held, [first, second])
        for (const kind of ['internet', 'nat-processing', 'nat-hours'] as const) {
          expect(costOf(there, kind)).toBe(costOf(here, kind))
        }
        expect(there[1].end).toEqual(here[1].end)
      }),
    )
  })

  test('the order of edges matters by no more than a nano-unit in each hour', () => {
    fc.assert(
      fc.property(calls, (all) => {
        const judged = dayOfCalls(all)
        const [there] = pricedInOrder(ALL, [judged])
        const [back] = pricedInOrder(ALL, [{ ...judged, edges: judged.edges.toReversed() }])
        expect(back.end).toEqual(there.end)
        back.edges.toReversed().forEach(({ charges }, at) => {
          charges.forEach((charge, n) => {
            charge.hourNano.forEach((nano, hour) => {
              const off = nano - there.edges[at].charges[n].hourNano[hour]
              expect(off * off <= 1n).toBe(true)
            })
          })
        })
      }),
    )
  })

  test('later traffic never changes earlier hours', () => {
    fc.assert(
      fc.property(calls, calls, fc.integer({ min: 1, max: 23 }), (all, more, from) => {
        const until = (one: PricedDay) =>
          one.edges
            .flatMap(({ host, workload, charges }) =>
              charges.map(({ kind, hourNano }) => [host, workload, kind, hourNano.slice(0, from).join()].join(' ')),
            )
            .filter((text) => /[1-9]/.test(text.split(' ')[3]))
        const early = all.filter(({ hour }) => hour < from)
        const late = more.filter(({ hour }) => hour >= from)
        const [alone] = pricedInOrder(ALL, [dayOfCalls(early)])
        const [both] = pricedInOrder(ALL, [dayOfCalls([...early, ...late])])
        expect(until(both)).toEqual(until(alone))
      }),
    )
  })

  test('a day priced alone, from the meters it began with, is the day priced in its sequence', () => {
    fc.assert(
      fc.property(calls, calls, (before, after) => {
        const [, second] = pricedInOrder(ALL, [dayOfCalls(before), dayOfCalls(after)])
        const kept = JSON.parse(JSON.stringify(second.start))
        expect(pricing(ALL)(dayOfCalls(after), kept)).toEqual(second)
      }),
    )
  })

  test('nothing costs less than nothing, no flow has more for free than it sent, and without a price bytes are counted', () => {
    fc.assert(
      fc.property(calls, fc.boolean(), (all, hasEntries) => {
        const held = hasEntries ? ALL : costsInForce(pricesOf({ entries: [], targets: WITH_NAT }))
        const [only] = pricedInOrder(held, [dayOfCalls(all)])
        for (const { totals, charges } of only.edges) {
          expect(charges.length).toBeGreaterThan(0)
          for (const { nano, hourNano, freeBytes, bytes, entry, missing } of charges) {
            expect(hourNano.every((part) => part >= 0n) && nano >= 0n).toBe(true)
            expect(freeBytes).toBeLessThanOrEqual(bytes)
            expect(entry === '').toBe(missing !== '')
            expect(bytes).toBeGreaterThanOrEqual(totals.egressBytes)
            if (!hasEntries) expect([entry, nano]).toEqual(['', 0n])
          }
        }
      }),
    )
  })

  test('money is shared out as exactly by floats as by whole numbers', () => {
    const quantity = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 ** 45 }))
    const amount = fc.oneof(fc.bigInt(0n, 99n), fc.bigInt(-(2n ** 60n), 2n ** 60n), fc.bigInt(0n, 10n ** 12n))
    fc.assert(
      fc.property(amount, fc.array(quantity, { minLength: 1, maxLength: 40 }), (nano, some) => {
        const quantities = [1, ...some]
        const share = startSharing(
          nano,
          quantities.reduce((total, quantity) => total + quantity, 0),
        )
        expect(quantities.map(share)).toEqual(shareOut(nano, quantities.map(BigInt)))
      }),
      { numRuns: 2000 },
    )
  })
})

/** The internet out of us-east-1, after what is free, tier by tier: rounded half up to a nano-unit. */
function reckoned(bytes: bigint): Nano {
  const inTier = (from: bigint, to: bigint) => {
    const [low, high] = [from << 30n, to << 30n]
    return bytes <= low ? 0n : (bytes < high ? bytes : high) - low
  }
  const thousandths =
    inTier(0n, 10_240n) * 90n +
    inTier(10_240n, 51_200n) * 85n +
    inTier(51_200n, 153_600n) * 70n +
    inTier(153_600n, 1n << 50n) * 50n
  const exact = thousandths * nanoOf('0.001')
  return (exact + (1n << 29n)) >> 30n
}

test('a month begins without meters', () => {
  const [only] = pricedInOrder(costsInForce(pricesOf()), [day({ 5: [out(GIB)] }, { date: '2026-12-01' })], {
    'x\0aws\0y': 5,
  })
  expect(only.start).toEqual(NO_METERS)
  expect(only.end).toEqual({ '\0aws\0internet\0free': GIB })
})
