/** Reports of money: a month that a person can reckon, and that every table and section is the same money. */
import fc from 'fast-check'
import {
  costsTables,
  dayCostTables,
  destinationCostTables,
  monthCostTables,
  showbackTables,
  workloadCostTables,
} from '#core/cost-tables.ts'
import type { Budgets } from '#core/costs/budgets.ts'
import type { CostFigures, Ranking } from '#core/costs/cost-figures.ts'
import { startCostMonth, withMonth } from '#core/costs/cost-fold.ts'
import { type CostHistory, emptyCostHistory } from '#core/costs/cost-history.ts'
import type { CostMonth } from '#core/costs/cost-month.ts'
import { destinationRanking, pairRanking } from '#core/costs/cost-rows.ts'
import { type Money, moneyOf, nanoOf } from '#core/costs/money.ts'
import type { Owners } from '#core/costs/owners.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import type { Prices } from '#core/costs/prices.ts'
import { trueUpOf } from '#core/costs/true-up.ts'
import { formatCsv, parseCsv } from '#core/csv.ts'
import type { CostsInForce } from '#core/declarations.ts'
import { money } from '#core/figures.ts'
import { dayCosts, destinationCosts, type EntityCosts, monthCosts, workloadCosts } from '#core/reports/cost-sections.ts'
import { type CostsInput, costsReport } from '#core/reports/costs.ts'
import { showbackReport } from '#core/reports/showback.ts'
import type { Table } from '#core/table.ts'
import { dateAfter } from './day-digest.ts'
import { flowRow, tcpRow } from './flow-rows.ts'
import {
  costsInForce,
  GIB,
  type HourlyDay,
  judgedHourly,
  pricedInOrder,
  pricesOf,
  targetPlace,
} from './prices-sample.ts'

const OWNERS: Owners = { teams: [{ name: 'shop', costCentre: 'CC-1', from: ['shop'], line: 1 }] }
const BUDGETS: Budgets = { currency: 'USD', budgets: [{ team: 'shop', monthly: '50', from: '', line: 1 }] }
const NAT = pricesOf({ targets: { mesh: targetPlace({ nat: { gateways: 1 } }) } })

const day = (date: string, hours: HourlyDay['hours'], more: Partial<HourlyDay> = {}) =>
  judgedHourly({ date, hours, ...more })
const priced = (prices: Prices, ...days: ReturnType<typeof day>[]) => pricedInOrder(costsInForce(prices, OWNERS), days)

/** Priced days folded into their months, and those into a history. */
function folded(days: readonly PricedDay[]): Pick<CostsInput, 'costs' | 'months'> {
  const byMonth = Map.groupBy(days, ({ judged }) => judged.digest.date.slice(0, 7))
  let costs: CostHistory = emptyCostHistory()
  const months = [...byMonth].map(([month, of]): CostMonth => {
    const folding = startCostMonth(month)
    for (const one of of) folding.add(one)
    costs = withMonth(costs, folding.month(), null)
    return folding.month()
  })
  return { costs, months }
}

const LINK = { from: '2026-01-01', recorded: '2026-01-01T00:00:00Z', sha256: '', isLater: false }
const inForce: CostsInForce = {
  ...costsInForce(NAT, OWNERS),
  links: { prices: LINK, owners: LINK, budgets: LINK },
  budgets: BUDGETS,
}
const INPUT = { title: 'Egress', inForce, savings: null, bill: null }
const reportOf = (days: readonly PricedDay[], more: Partial<CostsInput> = {}) =>
  costsReport({ ...INPUT, ...folded(days), ...more })
const showbackOf = (days: readonly PricedDay[], costs = folded(days).costs) =>
  showbackReport({ title: 'Egress', ...folded(days), costs, inForce })

/** Amounts added up exactly; what has none adds nothing. */
const sum = (amounts: readonly (Money | null)[]) => moneyOf(amounts.reduce((all, one) => all + nanoOf(one ?? '0'), 0n))
const whole = ({ rows, others }: Ranking<CostFigures>) =>
  sum([...rows, ...(others === null ? [] : [others])].map((row) => row.money))

/** A column of a table as it stands in its CSV. */
function column({ columns, rows }: Table, name: string): (string | null)[] {
  const [header, ...records] = parseCsv(formatCsv(columns, rows))
  return records.map((record) => record[header.indexOf(name)])
}
const tableOf = (tables: readonly Table[], file: string) => tables.find((table) => table.file === file) as Table

// 1 November: the shop sends 200 GiB and gets 1, and 1 GiB of TCP; the lab, which nobody owns, sends 10 GiB. All through NAT.
// 2 November: the shop sends 10 GiB more.
const NOVEMBER = priced(
  NAT,
  day('2026-11-01', {
    3: [flowRow({ requests: 5, egressBytes: 200 * GIB, ingressBytes: GIB })],
    9: [tcpRow('-', { connectionsClosed: 2, egressBytes: GIB })],
    10: [flowRow({ sourceNamespace: 'lab', destinationHost: 'sqs.us-east-1.amazonaws.com', egressBytes: 10 * GIB })],
  }),
  day('2026-11-02', { 0: [flowRow({ requests: 1, egressBytes: 10 * GIB })] }),
)

describe('a month by hand: 100 GiB free, then 0.09; NAT 0.045 both ways and 0.045 an hour; the same region 0', () => {
  const report = reportOf(NOVEMBER)

  test('the month to date', () => {
    // Internet: 211 GiB, of which 100 are free, 111 × 0.09 = 9.99. NAT: 221 GiB out and 1 in, 222 × 0.045 = 9.99.
    expect(report.month).toMatchObject({
      ...{ currency: 'USD', complete: true, provisional: true, isLowerBound: false, days: 2, openDays: 0 },
      money: '22.14', // and 48 h × 0.045 = 2.16
      shared: '2.16',
      byKind: [
        { kind: 'internet', bytes: 211 * GIB, money: '9.99' },
        { kind: 'same-region', bytes: 10 * GIB, money: '0' },
        { kind: 'nat-processing', bytes: 222 * GIB, money: '9.99' },
        { kind: 'nat-hours', bytes: 0, money: '2.16' },
      ],
      byBasis: [
        { basis: 'hostname', bytes: 10 * GIB, money: '0' },
        { basis: 'assumed', bytes: 211 * GIB, money: '9.99' },
      ],
      byTeam: [
        { team: 'shop', costCentre: 'CC-1', money: '19.53', egressBytes: 211 * GIB }, // 9.99 + 212 × 0.045
        { team: '', costCentre: '', money: '0.45', egressBytes: 10 * GIB },
      ],
      ...{ bytes: 221 * GIB, estimatedBytes: 220 * GIB, freeBytes: 100 * GIB, unpriced: [], unpricedBytes: 0 },
    })
  })

  test('who sent it where, most money first', () => {
    expect(report.month?.pairs.rows.map(({ workload, host, money: of }) => [workload, host, of])).toEqual([
      ['checkout-v1', 'api.stripe.com', '19.53'],
      ['checkout-v1', 'sqs.us-east-1.amazonaws.com', '0.45'],
    ])
    expect(report.month?.destinations.rows[1]).toMatchObject({
      ...{
        provider: 'aws',
        region: 'us-east-1',
        service: 'sqs',
        kinds: ['same-region'],
        bases: ['hostname'],
        workloads: 1,
      },
    })
  })

  test('the forecast: two days tell the mean, and the hours are reckoned as they are', () => {
    // The days cost 9.09 + 9.54 = 18.63 and 0.9 + 0.45 = 1.35 without their hours: 9.99 on the mean, and 1.08 of hours each.
    expect(report.forecast).toMatchObject({ by: 'mean', days: 2, rest: 28, money: '332.1', shared: '30.24' }) // 22.14 + 28 × 11.07
    expect(report.forecast?.low).toBe('90.18') // 22.14 + 28 × (1.35 + 1.08)
  })

  test('a budget’s standing is of what its team sent', () => {
    expect(report.budgets).toMatchObject([{ team: 'shop', used: '19.53', state: 'over', runsOut: '2026-11-06' }])
  })

  test('the price books and their age', () => {
    expect(report.books).toEqual([
      {
        book: 'aws',
        providers: ['aws'],
        entries: 9,
        oldest: '2026-05-01',
        newest: '2026-05-01',
        ageDays: 185,
        isOld: false,
      },
    ])
    const past = {
      ...NAT,
      entries: NAT.entries.map((entry, at) => (at === 0 ? { ...entry, until: '2026-11-02' } : entry)),
    }
    expect(reportOf(NOVEMBER, { inForce: { ...inForce, prices: past } }).books).toMatchObject([{ entries: 8 }])
    const later = reportOf(priced(NAT, day('2027-05-02', {})))
    expect(later.books).toMatchObject([{ ageDays: 366, isOld: true }])
  })

  test('the day by the hour, and what is charged by the hour', () => {
    const costs = dayCosts(NOVEMBER[0])
    expect(costs?.hours[3]).toEqual({
      ...{ start: '2026-11-01T03:00:00Z', observation: 'observed', money: '18.09', unpricedBytes: 0 }, // 9 + 201 × 0.045 + 0.045
      byKind: [
        { kind: 'internet', bytes: 200 * GIB, money: '9' },
        { kind: 'nat-processing', bytes: 201 * GIB, money: '9.045' },
        { kind: 'nat-hours', bytes: 0, money: '0.045' },
      ],
    })
    expect(costs?.hours[4].money).toBe('0.045')
    expect(costs?.fixed).toEqual([
      { target: 'mesh', kind: 'nat-hours', service: '', quantity: 24, money: '1.08', missing: '' },
    ])
  })

  test('showback: teams, what nobody owns, and what is shared', () => {
    const showback = showbackOf(NOVEMBER)
    expect(showback.months).toMatchObject([
      { period: '2026-11', money: '22.14', shared: '2.16', trueUp: null, sharedTrueUp: null, total: '22.14' },
    ])
    expect(showback.teams).toEqual([
      {
        team: 'shop',
        costCentre: 'CC-1',
        cells: [{ money: '19.53', bytes: 211 * GIB, unpricedBytes: 0, trueUp: null }],
      },
      { team: '', costCentre: '', cells: [{ money: '0.45', bytes: 10 * GIB, unpricedBytes: 0, trueUp: null }] },
    ])
    expect(showback.details.map(({ team, destinations }) => [team, destinations.rows[0].host])).toEqual([
      ['shop', 'api.stripe.com'],
      ['', 'sqs.us-east-1.amazonaws.com'],
    ])
  })

  test('a destination tells how its price was told, and who sent to it', () => {
    const { costs, months } = folded(NOVEMBER)
    const input = { costs, month: months[0], priced: NOVEMBER[0] }
    const section = destinationCosts(input, 'sqs.us-east-1.amazonaws.com')
    expect(section).toMatchObject({
      on: '2026-11-01',
      months: [{ month: '2026-11', money: '0.45', complete: true, isLowerBound: false, egressBytes: 10 * GIB }],
      destined: [{ kind: 'same-region', basis: 'hostname', provider: 'aws', targets: ['mesh'], bytes: 10 * GIB }],
      byKind: [
        { kind: 'same-region', money: '0' },
        { kind: 'nat-processing', money: '0.45' },
      ],
      workloads: { rows: [{ namespace: 'lab', money: '0.45' }], others: null },
    })
    expect(section?.destined[0].reason).not.toBe('')
    const third = priced(NAT, ...NOVEMBER.map(({ judged }) => judged), day('2026-11-03', {}, { observedMs: 1_800_000 }))
    const known = folded(third)
    const later = destinationCosts({ costs: known.costs, month: known.months[0], priced: third[1] }, 'api.stripe.com')
    expect(later?.months).toMatchObject([{ complete: true, isLowerBound: false }]) // as of the 2nd, whatever the 3rd was
    const ofLab = workloadCosts(input, { target: 'mesh', namespace: 'lab', workload: 'checkout-v1' })
    expect(ofLab).toMatchObject({ team: '', destinations: { rows: [{ host: 'sqs.us-east-1.amazonaws.com' }] } })
    expect(destinationCosts(input, 'never.example')).toMatchObject({ months: [], destined: [], byKind: [] })
  })
})

describe('what has no price, no data, and what costs nothing are three things', () => {
  const WITHOUT_REGION = pricesOf({ targets: { mesh: targetPlace({ region: 'eu-west-1' }) } })
  const traffic = { 3: [flowRow({ egressBytes: 7 * GIB })] }

  test('no price: bytes and the reason are told, and no money', () => {
    const [unpriced] = priced(WITHOUT_REGION, day('2026-11-01', traffic))
    const costs = dayCosts(unpriced)
    expect(costs).toMatchObject({ money: null, isLowerBound: true, byKind: [], unpricedBytes: 7 * GIB })
    expect(costs?.unpriced).toMatchObject([{ kind: 'internet', bytes: 7 * GIB }])
    expect(costs?.pairs.rows[0].money).toBeNull()
    expect(costs?.hours[3]).toMatchObject({ money: null, unpricedBytes: 7 * GIB, byKind: [] })
    expect(costs?.hours[4]).toMatchObject({ money: '0', unpricedBytes: 0, byKind: [] })
    const report = reportOf([unpriced])
    expect(report.month).toMatchObject({ money: null, byTeam: [{ team: 'shop', money: null, unpricedBytes: 7 * GIB }] })
    expect(showbackOf([unpriced]).teams).toMatchObject([{ cells: [{ money: null, unpricedBytes: 7 * GIB }] }])
    const tables = costsTables(report)
    expect(column(tableOf(tables, 'days.csv'), 'money')).toEqual([null])
    expect(column(tableOf(tables, 'pairs.csv'), 'money')).toEqual([null])
    expect(column(tableOf(tables, 'pairs.csv'), 'unpricedBytes')).toEqual([String(7 * GIB)])
  })

  test('a flow without bytes lacks no price', () => {
    const [empty] = priced(WITHOUT_REGION, day('2026-11-01', { 3: [flowRow({ requests: 1 })] }))
    expect(dayCosts(empty)).toMatchObject({ money: '0', isLowerBound: false, unpriced: [] })
  })

  test('a budget of a team is a lower bound when some of what it sent has no price, or was not seen', () => {
    const boundsOf = (days: PricedDay[]) => reportOf(days).budgets.map(({ team, isLowerBound }) => [team, isLowerBound])
    expect(boundsOf(priced(NAT, day('2026-11-01', traffic)))).toEqual([['shop', false]])
    expect(boundsOf(priced(WITHOUT_REGION, day('2026-11-01', traffic)))).toEqual([['shop', true]])
    expect(boundsOf(priced(NAT, day('2026-11-01', traffic, { observedMs: 1_800_000 })))).toEqual([['shop', true]])
  })

  test('no data: what is charged by the hour is, and the rest is a lower bound', () => {
    const [dark] = priced(NAT, day('2026-11-01', {}, { observedMs: 0 }))
    const costs = dayCosts(dark)
    expect(costs).toMatchObject({ observation: 'none', money: '1.08', shared: '1.08', isLowerBound: true })
    const [row] = [tableOf(costsTables(reportOf([dark])), 'days.csv')]
    expect(column(row, 'internetMoney')).toEqual([null])
    expect(column(row, 'natHoursMoney')).toEqual(['1.08'])
    expect(column(row, 'bytes')).toEqual([null])
  })

  test('no data and nothing by the hour: no money, which is not 0', () => {
    const days = priced(pricesOf(), day('2026-11-01', {}, { observedMs: 0 }), day('2026-11-02', {}))
    const [dark, quiet] = reportOf(days).days
    expect(dark).toMatchObject({ observation: 'none', money: null, shared: null })
    expect(quiet).toMatchObject({ observation: 'observed', money: '0', shared: '0' })
    expect(dayCosts(days[0])?.hours[5]).toMatchObject({ observation: 'none', money: null })
    expect(dayCosts(days[1])?.hours[5]).toMatchObject({ observation: 'observed', money: '0' })
    const [csv] = costsTables(reportOf(days))
    expect(column(csv, 'money')).toEqual([null, '0'])
    expect(column(csv, 'unpricedBytes')).toEqual([null, '0'])
  })

  test('nothing sent: 0', () => {
    const [quiet] = priced(pricesOf(), day('2026-11-01', {}))
    expect(dayCosts(quiet)).toMatchObject({ observation: 'observed', money: '0', isLowerBound: false })
    const table = tableOf(costsTables(reportOf([quiet])), 'days.csv')
    expect([column(table, 'money'), column(table, 'internetMoney')]).toEqual([['0'], ['0']])
  })

  test('what was blocked or is free costs nothing, and blocked bytes are in no row', () => {
    const blocked = flowRow({ destinationClass: 'blocked', destinationHost: 'evil.example', requests: 9 })
    const [some] = priced(pricesOf(), day('2026-11-01', { 3: [blocked, flowRow({ egressBytes: GIB })] }))
    expect(dayCosts(some)?.destinations.rows).toMatchObject([{ host: 'api.stripe.com', money: '0' }])
  })

  test('before any prices are declared there is no section, and no money', () => {
    const [none] = pricedInOrder(costsInForce(null, OWNERS), [day('2026-11-01', traffic)])
    const { costs, months } = folded([none])
    const input = { costs, month: months[0], priced: none }
    expect([dayCosts(none), monthCosts(costs, months[0])]).toEqual([null, null])
    expect(destinationCosts(input, 'api.stripe.com')).toBeNull()
    expect(workloadCosts(input, { target: 'mesh', namespace: 'shop', workload: 'checkout-v1' })).toBeNull()
    expect(reportOf([none], { inForce: costsInForce(null) })).toMatchObject({
      ...{ currency: '', overheadFactor: '', forecast: null, books: [], budgets: [] },
      month: { money: null, shared: null, currency: '' },
    })
  })

  test('before the first day there is a report, with nothing in it', () => {
    const report = reportOf([])
    expect(report).toMatchObject({ through: '', month: null, forecast: null, months: [], days: [], books: [] })
    expect(costsTables(report).every(({ rows }) => rows.length === 0)).toBe(true)
    expect(costsTables({ ...report, declared: { ...report.declared, prices: null } })).toEqual([])
    expect(showbackOf([])).toMatchObject({ months: [], teams: [], details: [], budgets: [] })
  })
})

test('an hour that has not come has no money, and a month is a lower bound once a day of it is', () => {
  const days = priced(NAT, day('2026-11-01', {}, { observedMs: 1_800_000 }), day('2026-11-02', {}, { closedHours: 6 }))
  expect(dayCosts(days[1])?.hours.map(({ money: of }) => of)).toEqual([
    ...Array(6).fill('0.045'),
    ...Array(18).fill(null),
  ])
  expect(reportOf(days).month).toMatchObject({ complete: false, isLowerBound: true, provisional: true, openDays: 1 })
})

describe('a closed month', () => {
  const CLOSE = { on: '2026-12-05', prices: '' }
  // At its close 50 GiB of other traffic are known of: the allowance was half used up by it.
  const other = {
    provider: 'aws',
    pool: 'internet',
    month: '2026-11',
    quantity: '50',
    unit: 'GiB',
    payer: '',
    line: 1,
  } as const
  const repriced = priced({ ...NAT, otherTraffic: [other] }, ...NOVEMBER.map(({ judged }) => judged))
  const { costs, months } = folded(NOVEMBER)
  const trueUp = trueUpOf(CLOSE, months[0].days, folded(repriced).months[0].days)
  const closed = withMonth(costs, months[0], trueUp)

  test('its true-up is a line of its own, and no day of it changes', () => {
    const report = reportOf(NOVEMBER, { costs: closed })
    expect(report.months[0]).toMatchObject({
      money: '22.14',
      trueUp: { on: '2026-12-05', money: '4.5', byKind: [{ kind: 'internet', money: '4.5' }] }, // 50 GiB × 0.09
      total: '26.64',
    })
    expect(report.days).toEqual(reportOf(NOVEMBER).days)
    expect(monthCosts(closed, months[0])).toMatchObject({ money: '22.14', total: '26.64', trueUp: { money: '4.5' } })
  })

  test('in showback it is each team’s, and the column adds up', () => {
    const { months: columns, teams } = showbackOf(NOVEMBER, closed)
    expect(columns[0]).toMatchObject({ trueUp: '4.5', sharedTrueUp: '0', total: '26.64' })
    expect(teams.map(({ team, cells }) => [team, cells[0]?.trueUp])).toEqual([
      ['shop', '4.5'],
      ['', '0'],
    ])
  })

  test('a team whose cost centre changed has a row for each, and the true-up goes with the last', () => {
    const { byTeam, ...november } = closed.months[0]
    const moved = [{ ...byTeam[1], costCentre: 'CC-0', nano: 5n }, byTeam[1]]
    const { teams, months: columns } = showbackOf(NOVEMBER, { ...closed, months: [{ ...november, byTeam: moved }] })
    expect(teams.map(({ team, costCentre, cells }) => [team, costCentre, cells[0]?.money, cells[0]?.trueUp])).toEqual([
      ['shop', 'CC-1', '19.53', '4.5'],
      ['shop', 'CC-0', '0.000000005', '0'],
    ])
    expect(columns[0].sharedTrueUp).toBe('0')
  })

  test('a team that only the true-up knows of has a row', () => {
    const gone = { ...trueUp, byTeam: [...trueUp.byTeam, { team: 'gone', nano: -5n }] }
    const { teams } = showbackOf(NOVEMBER, withMonth(costs, months[0], gone))
    expect(teams).toContainEqual({
      ...{ team: 'gone', costCentre: '' },
      cells: [{ money: '0', bytes: 0, unpricedBytes: 0, trueUp: '-0.000000005' }],
    })
  })

  test('one below zero is a number in CSV, too', () => {
    const credit = trueUpOf(CLOSE, folded(repriced).months[0].days, months[0].days)
    const table = tableOf(costsTables(reportOf(NOVEMBER, { costs: withMonth(costs, months[0], credit) })), 'months.csv')
    const csv = formatCsv(table.columns, table.rows)
    expect(csv).toContain(',-4.5,17.64\r\n')
  })
})

test('the newest 13 months and 35 days are told', () => {
  const { costs, months } = folded(
    priced(NAT, day('2026-09-30', {}), ...Array.from({ length: 45 }, (_, at) => day(dateAfter('2026-10-01', at), {}))),
  )
  const older = Array.from({ length: 14 }, (_, at) => ({ ...costs.months[0], month: `20${10 + at}-01` }))
  const report = costsReport({ ...INPUT, costs: { ...costs, months: [...older, ...costs.months] }, months })
  expect(report.months.map(({ period }) => period).slice(-3)).toEqual(['2026-09', '2026-10', '2026-11'])
  expect(report.months.map(({ provisional }) => provisional)).toEqual([...Array(12).fill(false), true])
  expect([report.months.length, report.days.length, report.days[0].period]).toEqual([13, 35, '2026-10-11'])
})

test('savings and the bill in short', () => {
  const total = (certainty: 'sure' | 'assumed', count: number, yearly: Money) => ({
    certainty,
    count,
    monthly: '1',
    yearly,
  })
  const savings = { currency: 'USD', totals: [total('sure', 2, '12.5'), total('assumed', 1, '100')] }
  const bill = { month: '2026-10', provider: 'aws', currency: 'USD', usage: '3', attributed: '2' }
  expect(reportOf(NOVEMBER, { savings, bill })).toMatchObject({
    savings: { currency: 'USD', yearly: '12.5', sure: 2, count: 3 },
    bill: { ...bill, share: 0.666666 },
  })
  const nothing = { savings: { currency: '', totals: [] }, bill: { ...bill, usage: '0', attributed: '0' } }
  expect(reportOf(NOVEMBER, nothing)).toMatchObject({ savings: null, bill: { share: null } })
})

test('of a destination whose every line was joined the last day is known, as a lower bound', () => {
  const rows = Array.from({ length: 20_001 }, (_, at) =>
    flowRow({ destinationHost: `h${at}.example`, egressBytes: (at + 1) * 1000 }),
  )
  const [last] = priced(pricesOf(), day('2026-11-01', { 5: rows }))
  const { costs, months } = folded([last])
  const section = destinationCosts({ costs, month: months[0], priced: last }, 'h0.example')
  expect(months[0].lines.some(({ host }) => host === 'h0.example')).toBe(false)
  expect(section?.months).toMatchObject([{ month: '2026-11', egressBytes: 1000, isLowerBound: true }])
  expect(section?.workloads.rows).toHaveLength(1)
})

test('a ranking names the first rows and sums up the others', () => {
  const rows = Array.from({ length: 5 }, (_, at) =>
    flowRow({ destinationHost: `h${at}.example`, egressBytes: (at + 1) * GIB }),
  )
  const free = { ...pricesOf().entries[0], free: null }
  const [one] = priced(pricesOf({ entries: [free] }), day('2026-11-01', { 1: rows }))
  const { lines } = folded([one]).months[0]
  expect(destinationRanking(lines, 2)).toMatchObject({
    rows: [
      { host: 'h4.example', money: '0.45' },
      { host: 'h3.example', money: '0.36' },
    ],
    others: { count: 3, money: '0.54', egressBytes: 6 * GIB },
  })
  expect(pairRanking(lines, 5).others).toBeNull()
})

const hours = fc.dictionary(
  fc.integer({ min: 0, max: 23 }).map(String),
  fc.array(
    fc.record({
      sourceNamespace: fc.constantFrom('shop', 'lab', 'old'),
      sourceWorkload: fc.constantFrom('a', 'b'),
      destinationHost: fc.constantFrom(
        'a.example',
        'b.example',
        's3.eu-west-1.amazonaws.com',
        'sqs.us-east-1.amazonaws.com',
      ),
      destinationClass: fc.constantFrom('registered' as const, 'passthrough' as const, 'blocked' as const),
      egressBytes: fc.integer({ min: 0, max: 90 * GIB }),
      ingressBytes: fc.integer({ min: 0, max: 9 * GIB }),
    }),
    { maxLength: 3 },
  ),
)

test('every section, table and CSV is the same money, to the nano-unit', () => {
  // Without a price for other regions, some of it has none.
  const prices = { ...NAT, entries: NAT.entries.filter(({ kind }) => kind !== 'cross-region') }
  fc.assert(
    fc.property(hours, hours, (one, two) => {
      const rows = (of: typeof one) =>
        Object.fromEntries(Object.entries(of).map(([hour, list]) => [hour, list.map((row) => flowRow(row))]))
      const days = priced(
        prices,
        day('2026-10-31', rows(one)),
        day('2026-11-01', rows(two)),
        day('2026-11-02', rows(one)),
      )
      const { costs, months } = folded(days)
      const report = reportOf(days)
      for (const [at, of] of days.entries()) {
        const costsOfDay = dayCosts(of)
        if (costsOfDay === null) throw new Error('it has prices')
        const { money: all, shared, byKind, byTeam, hours: byHour, destinations, workloads, pairs } = costsOfDay
        expect(report.days[at]).toMatchObject({ money: all, shared, byKind })
        expect(sum(byKind.map((row) => row.money))).toBe(all)
        expect(sum(byHour.map((row) => row.money))).toBe(all)
        expect(sum(byHour.flatMap((hour) => hour.byKind.map((row) => row.money)))).toBe(all)
        for (const part of [whole(destinations), whole(workloads), whole(pairs), sum(byTeam.map((row) => row.money))]) {
          expect(sum([part, shared])).toBe(all)
        }
        for (const table of dayCostTables(costsOfDay)) expect(sum(column(table, 'money'))).toBe(all)
      }
      const section = monthCosts(costs, months[1])
      if (section === null) throw new Error('it has prices')
      const { money: all, shared } = section
      expect(report.month).toMatchObject({ money: all, shared, byTeam: section.byTeam })
      expect(sum(section.days.map((row) => row.money))).toBe(all)
      const sums = Object.fromEntries(
        monthCostTables(section).map((table) => [table.file, sum(column(table, 'money'))]),
      )
      const transfers = sum([all, `-${shared}`])
      expect(sums).toEqual({
        ...{ 'cost-days.csv': all, 'cost-pairs.csv': all },
        ...{ 'cost-destinations.csv': transfers, 'cost-teams.csv': transfers },
      })
      const showback = showbackOf(days)
      for (const [at, { money: ofMonth, shared: hourly }] of showback.months.entries()) {
        expect(sum([hourly, ...showback.teams.map(({ cells }) => cells[at]?.money ?? null)])).toBe(ofMonth)
      }
      const csv = tableOf(showbackTables(showback), 'showback.csv')
      const ofMonths = report.months.map((row) => row.money)
      expect(sum(column(csv, 'money'))).toBe(sum(ofMonths))
      expect(sum(report.days.map((row) => row.money))).toBe(sum(ofMonths))
      const { host } = section.destinations.rows[0] ?? { host: '' }
      const last = { costs, month: months[1], priced: days[2] }
      const entity = destinationCosts(last, host)
      if (section.destinations.rows.length === 0 || entity === null) return
      expect(whole(entity.workloads)).toBe(sum([entity.months.at(-1)?.money ?? null]))
      expect(sum(entity.byKind.map((row) => row.money))).toBe(whole(entity.workloads))
      const ofAll = (of: EntityCosts) => sum(of.months.map((month) => month.money))
      expect(sum(column(destinationCostTables(entity)[0], 'money'))).toBe(ofAll(entity))
      const workload = workloadCosts(last, section.workloads.rows[0])
      if (workload === null) throw new Error('it has prices')
      expect(whole(workload.destinations)).toBe(sum([section.workloads.rows[0].money]))
      expect(sum(column(workloadCostTables(workload)[0], 'money'))).toBe(ofAll(workload))
    }),
    { numRuns: 60 },
  )
})

test('a report is plain JSON, and the same from the same', () => {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value))
  const report = reportOf(NOVEMBER)
  expect(plain(report)).toEqual(report)
  expect(plain(showbackOf(NOVEMBER))).toEqual(showbackOf(NOVEMBER))
  expect(plain(dayCosts(NOVEMBER[0]))).toEqual(dayCosts(NOVEMBER[0]))
})

describe('an amount as a reader sees it', () => {
  test.each([
    ['0', 'USD', '$0.00'],
    ['1234.5', 'USD', '$1,234.50'],
    ['0.27', 'USD', '$0.27'],
    ['0.5', 'USD', '$0.50'],
    ['0.05', 'USD', '$0.05'],
    ['0.0951', 'USD', '$0.095'],
    ['0.0996', 'USD', '$0.10'],
    ['0.0034', 'EUR', '€0.0034'],
    ['0.000000001', 'USD', '$0.000000001'],
    ['-12.3', 'USD', '-$12.30'],
    ['-0.0012', 'USD', '-$0.0012'],
    ['1234.5', 'JPY', '¥1,235'],
    ['0.125', 'JPY', '¥0.13'],
    ['12', 'CHF', 'CHF\u00a012.00'],
    ['123456789012345678901.125', 'USD', '$123,456,789,012,345,678,901.13'], // more digits than a float has
  ])('%s %s is %s', (amount, currency, shown) => {
    expect(money(amount, currency)).toBe(shown)
  })

  test('what is there is never shown as nothing', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fc.constantFrom('USD', 'JPY', 'BHD'),
        (nano, currency) => {
          expect(/[1-9]/.test(money(moneyOf(nano), currency))).toBe(nano !== 0n)
        },
      ),
    )
  })
})
