/** What egress could be had for less: each rule by arithmetic that a spreadsheet repeats, and what must hold of any traffic. */
import fc from 'fast-check'
import { CHATTY_REQUESTS_PER_DAY, DOWNLOAD_BYTES_PER_DAY } from '#core/costs/assumed-savings.ts'
import { nanoOf } from '#core/costs/money.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import type { Prices } from '#core/costs/prices.ts'
import { SAVING_RULES } from '#core/costs/saving.ts'
import { savingsOf } from '#core/costs/savings.ts'
import { formatCsv } from '#core/csv.ts'
import type { FlowRow } from '#core/flow.ts'
import { type SavingRow, type SavingsReport, savingsReport } from '#core/reports/savings.ts'
import { savingsTables } from '#core/savings-tables.ts'
import { dateAfter } from './day-digest.ts'
import { flowRow, tcpRow } from './flow-rows.ts'
import {
  costsInForce,
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

/** us-east-1 through one NAT gateway: 0.045 a GiB both ways; a gateway endpoint for s3 is free, an interface endpoint 0.01. */
const NAT = pricesOf({ targets: { mesh: targetPlace({ nat: { gateways: 1 } }) } })

/** So many days, each with these rows in its sixth hour. */
function pricedDays(
  days: number,
  rows: readonly FlowRow[],
  prices: Prices | null = NAT,
  more: Partial<HourlyDay> = {},
) {
  const judged = Array.from({ length: days }, (_, at) =>
    judgedHourly({ date: dateAfter('2026-10-02', at), hours: { 5: rows }, ...more }),
  )
  return pricedInOrder(costsInForce(prices), judged)
}

function reportOf(recent: readonly PricedDay[], prices: Prices | null = NAT): SavingsReport {
  return savingsReport({ title: 'Egress', prices, recent })
}

function monthOf(rows: readonly FlowRow[], prices = NAT): SavingsReport {
  return reportOf(pricedDays(30, rows, prices), prices)
}

function tcp(host: string, egressBytes: number, ingressBytes = 0, changes: Partial<FlowRow> = {}): FlowRow {
  const measures = { egressBytes, ingressBytes, connectionsClosed: 10 }
  return { ...tcpRow('-', measures), destinationHost: host, destinationService: host, ...changes }
}

function http(host: string, requests: number, egressBytes: number, ingressBytes = 0): FlowRow {
  return flowRow({ destinationHost: host, destinationService: host, requests, egressBytes, ingressBytes })
}

function money({ paid, instead, hourly, monthly, yearly }: SavingRow) {
  return { paid, instead, hourly, monthly, yearly }
}

describe('a gateway endpoint', () => {
  test('spares what NAT charges for a service of the own region, both ways', () => {
    // 30 days x (8 + 2) GiB x 0.045 = 13.5; the endpoint is free; 13.5 x 365 / 30 = 164.25
    const { savings, totals } = monthOf([tcp('s3.us-east-1.amazonaws.com', 8 * GIB, 2 * GIB)])
    expect(savings).toHaveLength(1)
    const [saving] = savings
    expect(money(saving)).toEqual({ paid: '13.5', instead: '0', hourly: '0', monthly: '13.5', yearly: '164.25' })
    expect(saving).toMatchObject({
      rule: 'gateway-endpoint',
      certainty: 'sure',
      target: 'mesh',
      service: 's3',
      region: 'us-east-1',
      hosts: ['s3.us-east-1.amazonaws.com'],
      bytes: 300 * GIB,
      entries: ['aws endpoint-processing us-east-1 s3 2024-02-01', 'aws nat-processing us-east-1 2024-02-01'],
      evidence: {
        first: '2026-10-02',
        last: '2026-10-31',
        days: 30,
        hours: 30,
        flows: 1,
        requests: 0,
        connections: 300,
        egressBytes: 240 * GIB,
        ingressBytes: 60 * GIB,
        estimatedBytes: 0,
      },
      sentence:
        'mesh sent 258\u00a0GB to s3 in us-east-1, its own region, and got 64.4\u00a0GB back, past any endpoint, from 2026-10-02 to 2026-10-31.',
    })
    expect(totals[0]).toEqual({ certainty: 'sure', count: 1, monthly: '13.5', yearly: '164.25' })
  })

  test('is weighed by what its own price leaves of the difference', () => {
    const entries = US_EAST_1.map((entry) =>
      entry.endpoint === 'gateway' ? { ...entry, tiers: tiers(['10', '0.02'], ['', '0.01']) } : entry,
    )
    const prices = { ...NAT, entries }
    // the dearest tier for all of it: 300 GiB x 0.02 = 6
    const { savings } = monthOf([tcp('s3.us-east-1.amazonaws.com', 8 * GIB, 2 * GIB)], prices)
    expect(money(savings[0])).toEqual({ paid: '13.5', instead: '6', hourly: '0', monthly: '7.5', yearly: '91.25' })
  })

  test('gathers the buckets of a service, and names callers by their bytes', () => {
    const { savings } = monthOf([
      tcp('books.s3.us-east-1.amazonaws.com', GIB),
      tcp('logs.s3.us-east-1.amazonaws.com', 3 * GIB, 0, { sourceWorkload: 'logger-v1', sourceNamespace: 'ops' }),
    ])
    expect(savings).toHaveLength(1)
    expect(savings[0].hosts).toEqual(['logs.s3.us-east-1.amazonaws.com', 'books.s3.us-east-1.amazonaws.com'])
    expect(savings[0].callers).toEqual([
      { target: 'mesh', namespace: 'ops', workload: 'logger-v1', team: '', bytes: 90 * GIB },
      { target: 'mesh', namespace: 'shop', workload: 'checkout-v1', team: '', bytes: 30 * GIB },
    ])
    expect(savings[0].monthly).toBe('5.4')
  })

  test.each<[string, Prices, FlowRow]>([
    [
      'there is one already',
      pricesOf({
        targets: {
          mesh: targetPlace({ nat: { gateways: 1 }, endpoints: [{ service: 's3', type: 'gateway', zones: 0 }] }),
        },
      }),
      tcp('s3.us-east-1.amazonaws.com', GIB),
    ],
    ['nothing leaves through NAT', pricesOf(), tcp('s3.us-east-1.amazonaws.com', GIB)],
    ['the bucket is in another region', NAT, tcp('s3.eu-west-1.amazonaws.com', GIB)],
    ['the name tells no region', NAT, tcp('s3.amazonaws.com', GIB)],
    ['the provider is another', NAT, tcp('storage.googleapis.com', GIB)],
    ['the mesh refused it', NAT, tcp('s3.us-east-1.amazonaws.com', GIB, 0, { destinationClass: 'blocked' })],
  ])('is not proposed where %s', (_, prices, row) => {
    const { savings, unpriced } = monthOf([row], prices)
    expect([...savings, ...unpriced].filter(({ rule }) => rule === 'gateway-endpoint')).toEqual([])
  })
})

describe('an interface endpoint', () => {
  const sqs = (perDay: number) => tcp('sqs.us-east-1.amazonaws.com', perDay)

  test('spares the difference by the byte, less its hours in every zone', () => {
    // 3000 GiB x 0.045 = 135; x 0.01 = 30; 24 x 30 hours x 0.01 = 7.2; 97.8 is left; 97.8 x 365 / 30 = 1189.9
    const { savings, refused } = monthOf([sqs(100 * GIB)])
    expect(refused).toEqual([])
    expect(savings[0]).toMatchObject({ rule: 'interface-endpoint', certainty: 'sure', service: 'sqs', zones: 1 })
    expect(money(savings[0])).toEqual({
      paid: '135',
      instead: '30',
      hourly: '7.2',
      monthly: '97.8',
      yearly: '1189.9',
    })
    // 7.2 / 0.035 = 205.714… GiB
    expect(savings[0].breakEvenBytes).toBe(Math.ceil((7.2 / 0.035) * GIB))
  })

  test('that costs more than it saves is refused, and says from where on it would pay', () => {
    const { savings, refused, totals } = monthOf([sqs(6 * GIB)])
    expect(savings).toEqual([])
    expect(totals.every(({ count, monthly }) => count === 0 && monthly === '0')).toBe(true)
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatchObject({
      rule: 'interface-endpoint',
      monthly: '0',
      yearly: '0',
      paid: '8.1',
      hourly: '7.2',
    })
    expect(refused[0].breakEvenBytes).toBe(Math.ceil((7.2 / 0.035) * GIB))
  })

  test('pays from its break-even on, and not a day’s gibibyte before', () => {
    // 205.714… GiB in 30 days are 6.857… a day
    expect(monthOf([sqs(Math.ceil(6.8572 * GIB))]).savings).toHaveLength(1)
    expect(monthOf([sqs(Math.floor(6.857 * GIB))]).refused).toHaveLength(1)
  })

  test('is paid for in as many zones as there are NAT gateways, and twice for images', () => {
    const prices = pricesOf({ targets: { mesh: targetPlace({ nat: { gateways: 3 } }) } })
    const { savings } = monthOf([sqs(100 * GIB), tcp('1.dkr.ecr.us-east-1.amazonaws.com', 0, 100 * GIB)], prices)
    expect(savings.map(({ service, zones, hourly }) => ({ service, zones, hourly }))).toEqual([
      { service: 'sqs', zones: 3, hourly: '21.6' },
      { service: 'ecr', zones: 6, hourly: '43.2' },
    ])
    expect(savings[1].assumption).toBe(
      '2 endpoints stand in 3 zones, as many as there are NAT gateways, which makes 6 to pay for by the hour; NAT stays for everything else.',
    )
  })

  test('whose hours have no price is told without money', () => {
    const prices = { ...NAT, entries: US_EAST_1.filter(({ kind }) => kind !== 'endpoint-hours') }
    const report = monthOf([sqs(100 * GIB)], prices)
    expect(report.savings).toEqual([])
    expect(report.unpriced).toHaveLength(1)
    expect(money(report.unpriced[0])).toEqual({ paid: null, instead: null, hourly: null, monthly: null, yearly: null })
    expect(report.unpriced[0].missing).toBe(
      'No price book has a price of endpoint-hours of the interface endpoint for sqs in aws us-east-1; add one to the books of prices.yaml.',
    )
  })
})

describe('a twin in the own region', () => {
  const away = tcp('sqs.eu-west-1.amazonaws.com', 10 * GIB)

  test('spares the transfer between regions; by the provider’s naming alone that is weak', () => {
    // 300 GiB x 0.02 = 6; NAT stays as it is
    const { savings } = monthOf([away])
    expect(savings).toHaveLength(1)
    expect(savings[0]).toMatchObject({ rule: 'regional-twin', certainty: 'weak', twin: 'sqs.us-east-1.amazonaws.com' })
    expect(money(savings[0])).toEqual({ paid: '6', instead: '0', hourly: '0', monthly: '6', yearly: '73' })
  })

  test('is strong where the mesh calls it already', () => {
    const { savings } = monthOf([away, tcp('sqs.us-east-1.amazonaws.com', 1000)])
    expect(savings[0]).toMatchObject({
      rule: 'regional-twin',
      certainty: 'strong',
      twin: 'sqs.us-east-1.amazonaws.com',
    })
    expect(savings[0].sentence).toContain('; it calls sqs.us-east-1.amazonaws.com of its own region already.')
  })

  test('of a bucket is the bucket that the mesh does call, not one of its own naming', () => {
    const { savings } = monthOf([
      tcp('books-eu.s3.eu-west-1.amazonaws.com', 10 * GIB),
      tcp('books-us.s3.us-east-1.amazonaws.com', 1000),
    ])
    const twin = savings.find(({ rule }) => rule === 'regional-twin')
    expect(twin).toMatchObject({ certainty: 'strong', twin: 'books-us.s3.us-east-1.amazonaws.com' })
  })

  test('is told without money where same-region traffic has no price', () => {
    const prices = { ...NAT, entries: US_EAST_1.filter(({ kind }) => kind !== 'same-region') }
    expect(monthOf([away], prices).unpriced).toMatchObject([{ rule: 'regional-twin', monthly: null }])
  })
})

describe('downloads through NAT', () => {
  test('cost what NAT charges for the way back, which a mirror would keep', () => {
    // 30 days x 10 GiB x 0.045 = 13.5; the 30 GiB out are no download
    const { savings } = monthOf([tcp('images.example', GIB, 10 * GIB)])
    expect(savings).toHaveLength(1)
    expect(savings[0]).toMatchObject({ rule: 'nat-downloads', certainty: 'assumed', bytes: 300 * GIB, share: '1' })
    expect(money(savings[0])).toEqual({ paid: '13.5', instead: '0', hourly: '0', monthly: '13.5', yearly: '164.25' })
    expect(savings[0].assumption).toMatch(/^At most: /)
  })

  test.each<[string, number, number, number]>([
    ['as many bytes as the threshold', 0, DOWNLOAD_BYTES_PER_DAY, 1],
    ['a byte fewer', 0, DOWNLOAD_BYTES_PER_DAY - 1, 0],
    ['as much out as back', DOWNLOAD_BYTES_PER_DAY, DOWNLOAD_BYTES_PER_DAY, 0],
  ])('%s a day', (_, out, back, count) => {
    expect(monthOf([tcp('images.example', out, back)]).savings).toHaveLength(count)
  })

  test('are none where NAT charges nothing for them', () => {
    const entries = US_EAST_1.map((entry) => {
      return entry.kind === 'nat-processing' ? { ...entry, bytes: 'egress' as const } : entry
    })
    expect(monthOf([tcp('images.example', GIB, 10 * GIB)], { ...NAT, entries }).savings).toEqual([])
  })
})

describe('chatter', () => {
  const row = (requests: number, mean: number) => http('api.example', requests, requests * mean)

  test('saves half of what its requests cost, by an assumption that is told and summed apart', () => {
    const requests = 1_048_576
    // 1 KiB each is 1 GiB a day: 30 x 0.09 + 30 x 0.045 = 4.05, of which half; no allowance
    const entries = US_EAST_1.map((entry) => ({ ...entry, free: null }))
    const { savings, totals } = monthOf([row(requests, 1024)], { ...NAT, entries })
    expect(savings).toHaveLength(1)
    expect(savings[0]).toMatchObject({ rule: 'chatter', certainty: 'assumed', share: '0.5', bytes: 30 * GIB })
    expect(money(savings[0])).toMatchObject({ paid: '4.05', monthly: '2.025', yearly: '24.6375' })
    expect(totals.map(({ certainty, monthly }) => [certainty, monthly])).toEqual([
      ['sure', '0'],
      ['strong', '0'],
      ['weak', '0'],
      ['assumed', '2.025'],
    ])
  })

  test.each<[string, FlowRow, number]>([
    ['as many requests as the threshold', row(CHATTY_REQUESTS_PER_DAY, 4096), 1],
    ['a request fewer', row(CHATTY_REQUESTS_PER_DAY - 1, 4096), 0],
    ['a byte more each', row(CHATTY_REQUESTS_PER_DAY, 4097), 0],
    ['bytes of TCP, which belong to no request', tcp('api.example', GIB), 0],
  ])('%s a day', (_, of, count) => {
    expect(monthOf([of]).savings).toHaveLength(count)
  })
})

describe('a byte is counted once', () => {
  test('the first rule that saves something takes it', () => {
    const chatty = http('s3.us-east-1.amazonaws.com', 100_000, 1000 * 100_000, 10 * GIB)
    expect(monthOf([chatty]).savings.map(({ rule }) => rule)).toEqual(['gateway-endpoint'])
    const withEndpoint = pricesOf({
      targets: {
        mesh: targetPlace({ nat: { gateways: 1 }, endpoints: [{ service: 's3', type: 'gateway', zones: 0 }] }),
      },
    })
    expect(monthOf([chatty], withEndpoint).savings).toEqual([])
  })

  test('what an interface endpoint is refused for goes on to the next rule', () => {
    const { savings, refused } = monthOf([tcp('sqs.us-east-1.amazonaws.com', GIB, 2 * GIB)])
    expect(refused.map(({ rule }) => rule)).toEqual(['interface-endpoint'])
    expect(savings.map(({ rule, monthly }) => [rule, monthly])).toEqual([['nat-downloads', '2.7']])
  })

  const HOSTS = [
    's3.us-east-1.amazonaws.com',
    'logs.s3.us-east-1.amazonaws.com',
    's3.eu-west-1.amazonaws.com',
    'sqs.us-east-1.amazonaws.com',
    'sqs.eu-west-1.amazonaws.com',
    '1.dkr.ecr.us-east-1.amazonaws.com',
    'images.example',
    '',
  ]
  const rows = fc.array(
    fc.record({
      host: fc.constantFrom(...HOSTS),
      workload: fc.constantFrom('a-v1', 'b-v2'),
      isTcp: fc.boolean(),
      requests: fc.integer({ min: 1, max: 300_000 }),
      out: fc.integer({ min: 0, max: 400 * GIB }),
      back: fc.integer({ min: 0, max: 400 * GIB }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  const mesh = fc.record({
    gateways: fc.integer({ min: 0, max: 4 }),
    days: fc.integer({ min: 1, max: 4 }),
    overheadFactor: fc.constantFrom('1', '1.03', '1.000001'),
  })

  test('whatever is sent: nothing is saved twice, below zero, or of more than was paid', () => {
    fc.assert(
      fc.property(rows, mesh, (given, { gateways, days, overheadFactor }) => {
        const place = targetPlace({ nat: gateways === 0 ? null : { gateways } })
        const prices = pricesOf({ targets: { mesh: place }, overheadFactor })
        const flows = given.map(({ host, workload, isTcp, requests, out, back }) => {
          const row = isTcp ? tcp(host, out, back) : http(host, requests, out, back)
          return { ...row, sourceWorkload: workload }
        })
        const recent = pricedDays(days, flows, prices)
        const { found, refused } = savingsOf(recent, prices)
        const paid = recent.flatMap(({ edges }) => edges.flatMap(({ charges }) => charges))
        const spent = paid.reduce((sum, { nano }) => sum + nano, 0n)
        expect(found.reduce((sum, saving) => sum + saving.paid, 0n) <= spent).toBe(true)
        for (const { saved, paid: of, instead, hourly, evidence } of found) {
          expect(saved !== null && saved > 0n && saved <= of - instead - hourly).toBe(true)
          expect(evidence.days).toBeLessThanOrEqual(days)
        }
        expect(refused.every(({ saved }) => saved !== null && saved <= 0n)).toBe(true)
        const bytes = (of: readonly { evidence: { egressBytes: number } }[]) =>
          of.reduce((sum, { evidence }) => sum + evidence.egressBytes, 0)
        const sent = recent.flatMap(({ edges }) => edges).reduce((sum, { totals }) => sum + totals.egressBytes, 0)
        expect(bytes(found)).toBeLessThanOrEqual(sent)
        const report = reportOf(recent, prices)
        for (const { paid: of, instead, hourly, share, monthly } of report.savings) {
          const left = (nanoOf(of ?? '') - nanoOf(instead ?? '')) * (share === '1' ? 2n : 1n)
          expect(left / 2n - nanoOf(hourly ?? '')).toBe(nanoOf(monthly ?? ''))
        }
        expect(new Set(report.savings.map(({ id }) => id)).size).toBe(report.savings.length)
        const summed = report.savings.reduce((sum, { monthly }) => sum + nanoOf(monthly ?? ''), 0n)
        expect(report.totals.reduce((sum, { monthly }) => sum + nanoOf(monthly), 0n)).toBe(summed)
        expect(report.rules.reduce((sum, { monthly }) => sum + nanoOf(monthly), 0n)).toBe(summed)
      }),
      { numRuns: 150 },
    )
  })
})

describe('the report', () => {
  test('says of how few days a young ledger makes its months', () => {
    // 10 days x 10 GiB x 0.045 = 4.5, as 13.5 in 30 days
    const report = reportOf(pricedDays(10, [tcp('s3.us-east-1.amazonaws.com', 10 * GIB)]))
    expect(report).toMatchObject({ from: '2026-10-02', through: '2026-10-11', days: 10, complete: true })
    expect(report.savings[0]).toMatchObject({ monthly: '13.5', yearly: '164.25', bytes: 300 * GIB })
  })

  test('has signs of a lower bound where an hour was not observed whole', () => {
    const recent = pricedDays(30, [tcp('s3.us-east-1.amazonaws.com', 10 * GIB)], NAT, { observedMs: 1_800_000 })
    const report = reportOf(recent)
    expect(report.complete).toBe(false)
    expect(report.savings[0].sentence).toContain('sent ≥\u00a0322\u00a0GB')
  })

  test('names the rules in the order in which they take a byte, and the prices that rows were reckoned by', () => {
    const report = monthOf([tcp('s3.us-east-1.amazonaws.com', GIB)])
    expect(report.rules.map(({ rule }) => rule)).toEqual(SAVING_RULES)
    expect(report.prices).toEqual([
      {
        id: 'aws endpoint-processing us-east-1 s3 2024-02-01',
        book: 'aws',
        source: 'https://prices.example/aws',
        retrieved: '2026-05-01',
      },
      {
        id: 'aws nat-processing us-east-1 2024-02-01',
        book: 'aws',
        source: 'https://prices.example/aws',
        retrieved: '2026-05-01',
      },
    ])
  })

  test('is empty, and says so, without days or without prices', () => {
    const nothing = { savings: [], unpriced: [], refused: [], prices: [] }
    expect(reportOf([])).toMatchObject({ ...nothing, from: '', through: '', days: 0, currency: 'USD' })
    const unpriced = reportOf(pricedDays(2, [tcp('s3.us-east-1.amazonaws.com', GIB)], null), null)
    expect(unpriced).toMatchObject({ ...nothing, days: 2, currency: '' })
  })

  test('does not depend on the order in which flows are met', () => {
    const rows = [
      tcp('s3.us-east-1.amazonaws.com', GIB),
      tcp('images.example', 0, 5 * GIB),
      tcp('sqs.us-east-1.amazonaws.com', 100 * GIB),
    ]
    expect(monthOf(rows.toReversed())).toEqual(monthOf(rows))
  })

  test('can be downloaded, what was refused and what has no price among it', () => {
    const prices = { ...NAT, entries: US_EAST_1.filter(({ kind }) => kind !== 'same-region') }
    const report = monthOf(
      [
        tcp('s3.us-east-1.amazonaws.com', GIB),
        tcp('sqs.us-east-1.amazonaws.com', GIB),
        tcp('sqs.eu-west-1.amazonaws.com', GIB),
      ],
      prices,
    )
    const [savings, callers] = savingsTables(report).map(({ columns, rows }) => formatCsv(columns, rows).split('\r\n'))
    const cells = (name: string) => savings.map((line) => line.split(',')[savings[0].split(',').indexOf(name)])
    expect(cells('state').slice(0, 4)).toEqual(['state', 'found', 'unpriced', 'refused'])
    expect(cells('monthlySaved').slice(0, 4)).toEqual(['monthlySaved', '1.35', '', '0'])
    expect(callers).toHaveLength(5)
  })

  test('takes hostile names for what they are', () => {
    const host = 'evil\u202e.s3.us-east-1.amazonaws.com'
    const { savings } = monthOf([tcp(host, 0, 5 * GIB, { sourceNamespace: '__proto__', destinationHost: host })])
    expect(savings[0].hosts).toEqual([host])
    expect(`${savings[0].sentence}${savings[0].remedy}`).not.toContain('\u202e')
  })

  test('prices a target that is called like a property of every object as one that is not configured', () => {
    const recent = pricedDays(3, [tcp('images.example', 0, 5 * GIB)], NAT, { target: 'constructor' })
    expect(reportOf(recent)).toMatchObject({ savings: [], unpriced: [], refused: [] })
  })
})

test('an entry that ended is not what would be paid instead', () => {
  const entries = US_EAST_1.map((entry) => (entry.endpoint === 'gateway' ? { ...entry, until: '2026-10-31' } : entry))
  const later = priceEntry({
    kind: 'endpoint-processing',
    endpoint: 'gateway',
    service: 's3',
    bytes: 'both',
    from: '2026-10-31',
    tiers: tiers(['', '0.04']),
  })
  const { savings } = monthOf([tcp('s3.us-east-1.amazonaws.com', 10 * GIB)], { ...NAT, entries: [...entries, later] })
  // 300 GiB x (0.045 - 0.04)
  expect(savings.find(({ rule }) => rule === 'gateway-endpoint')?.monthly).toBe('1.5')
})
