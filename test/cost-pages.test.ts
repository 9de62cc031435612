import { gzipSync } from 'node:zlib'
import {
  BILL,
  COSTS,
  dayAddress,
  destinationAddress,
  monthAddress,
  SAVINGS,
  SHOWBACK,
  workloadAddress,
} from '#core/addresses.ts'
import type { PairCostRow } from '#core/costs/cost-figures.ts'
import { moneyOf, nanoOf } from '#core/costs/money.ts'
import { sha256 } from '#core/hash.ts'
import type { PageReport } from '#core/report.ts'
import { loadSite, type Site } from '../functions/pages.ts'
import { exactMoney } from '../site/src/format.ts'
import { DAY_WITH_GAPS, DAY_WITHOUT_DATA, LAST_DAY, SCRIPT_HOST } from './report-sample.ts'
import { sampleBill, sampleNoBill } from './samples/bill.ts'
import {
  BUDGETS,
  NOTHING_PRICED,
  sampleCosts,
  sampleDayCosts,
  sampleDestinationCosts,
  sampleMonthCosts,
  sampleShowback,
  sampleUnpriced,
  sampleWorkloadCosts,
} from './samples/costs.ts'
import { sampleDestination, sampleMonth, sampleWorkload } from './samples/history.ts'
import { SAVINGS_ROWS, sampleSavings } from './samples/savings.ts'
import { BATCH, MONTH, MOVED_HOST, sampleDayPage } from './samples/site.ts'
import { buildSite, removeBuilds } from './site-build.ts'
import { words } from './words.ts'

let site: Site

beforeAll(async () => {
  site = await loadSite(await buildSite())
}, 120_000)

afterAll(removeBuilds)

const PAGES: [address: string, report: () => PageReport][] = [
  [COSTS, sampleCosts],
  [SHOWBACK, sampleShowback],
  [SAVINGS, sampleSavings],
  [BILL, sampleBill],
]

const page = async (address: string, report: PageReport) =>
  new TextDecoder().decode(await site.render(`/${address}`, report))

/** The rows of the table with that id, those at its foot among them, each as the texts of its cells. */
function rowsOf(html: string, id: string): string[][] {
  return cellsOf(html, id).map((row) => row.map((cell) => words(cell).trim()))
}

function cellsOf(html: string, id: string): string[][] {
  const table = html.slice(html.indexOf(`<table id="${id}"`)).split('</table>')[0]
  const rows = table.slice(table.indexOf('<tbody')).matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)
  return [...rows].map(([, row]) => [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell))
}

/** The sum of the amounts in one column, to the nano-unit. */
function sumOf(html: string, id: string, column: number): string {
  const amounts = cellsOf(html, id).map((row) => /<data value="([^"]+)" data-unit="USD"/.exec(row[column])?.[1] ?? '0')
  return moneyOf(amounts.reduce((sum, amount) => sum + nanoOf(amount), 0n))
}

/** The section with that heading. */
const sectionOf = (html: string, title: string) =>
  html.split(`<section aria-labelledby="${title}"`)[1]?.split('</section>')[0] ?? ''

// all pages

test.each(PAGES)('/%s leads to all pages of money, and says which one it is', async (address, report) => {
  const html = await page(address, report())
  const [, navigation] = /<nav class="subnavigation" aria-label="Costs">(.*?)<\/nav>/s.exec(html)!
  const up = '../'.repeat(address.split('/').length - 1)
  for (const [other] of PAGES) expect(navigation).toContain(`href="${up}${other}"`)
  expect(navigation.match(/aria-current="page"/g)).toHaveLength(1)
  expect(navigation).toContain(`href="${up}${address}" aria-current="page"`)
  expect(html).toContain(`href="${up}${COSTS}" aria-current="${address === COSTS ? 'page' : 'true'}"`)
})

test.each(PAGES)(
  '/%s lets no label be markup, has no inline style, and no script of its own text',
  async (address, report) => {
    const html = await page(address, report())
    expect(html).not.toContain(SCRIPT_HOST)
    expect(html).not.toMatch(/ style=|<style|"javascript:/)
    expect(html).not.toMatch(/<script(?![^>]* src=)/)
  },
)

test.each(PAGES)('/%s says once that HTTP bytes are estimates', async (address, report) => {
  const said = words(await page(address, report())).match(/HTTP bytes are the proxies’ estimates/g)
  expect(said).toHaveLength(1)
})

test.each([
  [COSTS, sampleUnpriced],
  [
    SHOWBACK,
    () => ({
      ...sampleShowback(),
      declared: NOTHING_PRICED,
      currency: '',
      months: [],
      teams: [],
      details: [],
      budgets: [],
    }),
  ],
  [SAVINGS, () => ({ ...sampleSavings(), currency: '', savings: [], unpriced: [], refused: [], prices: [] })],
] as [string, () => PageReport][])(
  'without prices /%s says in one line how to begin, and shows no figure',
  async (address, report) => {
    const html = await page(address, report())
    expect(html.match(/prices: prices\.yaml/g)).toHaveLength(1)
    expect(html).not.toMatch(/data-unit="USD"|undefined|NaN|\$0/)
    expect(html.match(/<h2/g)).toHaveLength(1)
    expect(html).toContain('id="downloads-title"')
  },
)

test('before the first day, and before the first bill, pages claim nothing', async () => {
  const costs = {
    ...sampleCosts(),
    through: '',
    month: null,
    forecast: null,
    months: [],
    days: [],
    budgets: [],
    savings: null,
    bill: null,
  }
  expect(words(await page(COSTS, costs as PageReport))).toContain('No day was observed yet')
  const bill = await page(BILL, sampleNoBill())
  expect(words(bill)).toContain('No bill of October 2026 was imported. npx wharfage bill import FILE')
  expect(bill).not.toMatch(/data-unit="USD"|undefined|NaN/)
})

test('an amount stands in the page to its last digit, and is read in short', async () => {
  const html = await page(COSTS, sampleCosts())
  expect(html).toContain('<data value="671.504312045" data-unit="USD"><span class="least">≥&nbsp;</span>$671.50</data>')
  expect(exactMoney('1234671.504312045', 'USD', true)).toBe('at least 1,234,671.504312045\u00a0USD')
  expect(exactMoney('-0.000000001', 'USD', false)).toBe('-0.000000001\u00a0USD')
  expect(exactMoney('1000', 'JPY', false)).toBe('1,000\u00a0JPY')
})

// the head of costs

test.each(['pairs', 'destinations', 'workloads'])(
  '%s and what is charged by the hour sum to the month, to the nano-unit',
  async (id) => {
    const { month } = sampleCosts()
    const html = await page(COSTS, sampleCosts())
    const column = { pairs: 4, destinations: 2, workloads: 2 }[id] ?? 0
    // A row over all names at the foot takes the place of as many cells.
    const body = sumOf(html.replace(/<tfoot>.*?<\/tfoot>/gs, ''), id, column)
    const foot = sumOf(
      html.replace(new RegExp(`(<table id="${id}".*?)<tbody.*?(<tfoot>)`, 's'), '$1<tbody></tbody>$2'),
      id,
      1,
    )
    const all = [body, foot, month!.shared!].reduce((sum, amount) => sum + nanoOf(amount), 0n)
    expect(moneyOf(all)).toBe(month!.money)
  },
)

test('teams, what nobody owns and what is shared sum to the month, and each is told as such', async () => {
  const html = await page(COSTS, sampleCosts())
  expect(sumOf(html, 'teams', 1)).toBe(sampleCosts().month!.money)
  const names = rowsOf(html, 'teams').map(([name]) => name)
  expect(names).toContain('unowned')
  expect(names.at(-1)).toMatch(/^shared NAT gateways/)
})

test('no price, no data and 0 are told apart', async () => {
  const html = await page(COSTS, sampleCosts())
  const platform = rowsOf(html, 'workloads').find(([name]) => name.startsWith('otel-collector'))!
  expect(platform.slice(2, 4)).toEqual(['no price', '–'])
  const row = rowsOf(html, 'days').find(([date]) => date === DAY_WITHOUT_DATA)!
  expect(row[2]).toBe('no data')
  expect(row[3]).toBe('$3.24') // NAT gateways are charged whoever looks
  const free = rowsOf(await page(SHOWBACK, sampleShowback()), 'team-5-destinations').find(([host]) =>
    host.startsWith('huggingface'),
  )!
  expect(free[2]).toBe('≥ $0.00')
})

test('what has no price is told with its bytes and what to add', async () => {
  const html = await page(COSTS, sampleCosts())
  const { missing } = sampleCosts().month!.unpriced[0]
  expect(words(sectionOf(html, 'teams-title'))).toContain(`1.01 TB internet ${missing}`)
})

test('by what a price was told is a mark with its meaning', async () => {
  const html = await page(COSTS, sampleCosts())
  for (const [name, meaning] of [
    ['register', 'the register declares the provider and the region'],
    ['rule', 'a rule by host in the configuration of prices says it'],
    ['name', 'the host’s own name proves provider, service and region'],
    ['assumed', 'nothing tells where it is, so the internet is assumed'],
  ])
    expect(html).toContain(`title="${meaning}">${name}</span>`)
})

test('a month that is not closed has no true-up yet, which is not that it is 0', async () => {
  const [november, october] = rowsOf(await page(COSTS, sampleCosts()), 'months')
  expect(november[6]).toBe('open')
  expect(october[6]).toBe('-$3.25')
  expect(nanoOf(sampleCosts().months[0].total!) - nanoOf(sampleCosts().months[0].money!)).toBe(-3_250_000_001n)
})

test('a month of which nobody can reckon the end has no forecast', async () => {
  const html = await page(COSTS, { ...sampleCosts(), forecast: null } as PageReport)
  expect(words(html)).toContain('Forecast for the whole of November 2026 none')
})

test('a price book that is older than a year says so', async () => {
  const [aws, contract] = rowsOf(await page(COSTS, sampleCosts()), 'books')
  expect(aws.at(-1)).toBe('203')
  expect(contract.at(-1)).toBe('older than a year 416')
})

// budgets

test('each budget says in words how it stands, and when it runs out', async () => {
  const rows = rowsOf(await page(COSTS, sampleCosts()), 'budgets')
  expect(rows.map((row) => [row[0], row[1], row.at(-1)])).toEqual([
    ['search', 'exceeded', 'ran out on 14 November 2026'],
    ['media', 'will exceed', 'runs out on 28 November 2026'],
    ['all together', 'at risk', 'lasts through November 2026'],
    ['shop', 'unknown', 'nobody can say yet'],
    ['payments', 'on track', 'lasts through November 2026'],
  ])
  expect(rows[3][5]).toBe('no forecast')
})

test('the bars of budgets are as long as the figures say', async () => {
  const html = await page(COSTS, sampleCosts())
  const bars = [...html.matchAll(/<svg class="budget.*?<\/svg>/gs)].map(([bar]) => bar)
  const told = bars.map((bar) => {
    const [used, limit] = [/class="used"[^>]* width="([\d.]+)"/, /class="limit" x="([\d.]+)"/].map((of) =>
      Number(of.exec(bar)![1]),
    )
    return used / limit
  })
  expect(told).toHaveLength(BUDGETS.length)
  for (const [at, { share }] of BUDGETS.entries()) expect(told[at]).toBeCloseTo(share, 2)
})

// showback

test('each month of showback sums up: its teams, what is shared and its true-up are its total', async () => {
  const { teams, months } = sampleShowback()
  const html = await page(SHOWBACK, sampleShowback())
  const rows = cellsOf(html, 'teams')
  const amount = (cell: string) => nanoOf(/<data value="([^"]+)" data-unit="USD"/.exec(cell)?.[1] ?? '0')
  for (const [at, month] of months.entries()) {
    const column = rows.map((row) => amount(row[at + 1]))
    const own = column.slice(0, teams.length).reduce((sum, one) => sum + one, 0n)
    const [shared, priced, trueUp, total] = column.slice(teams.length)
    expect([own + shared, priced + trueUp]).toEqual([priced, total])
    expect(moneyOf(total)).toBe(month.total)
  }
})

test('a team that was not met in a month has a dash, and one whose traffic has no price says so', async () => {
  const rows = rowsOf(await page(SHOWBACK, sampleShowback()), 'teams')
  expect(rows.find(([name]) => name.startsWith('payments'))?.[1]).toBe('–')
  expect(rows.find(([name]) => name.startsWith('platform'))?.[2]).toMatch(/^no price ≥ 1\.01 TB$/)
})

test('where nobody owns anything it is told how owners are declared', async () => {
  const report = sampleShowback()
  const html = await page(SHOWBACK, { ...report, declared: { ...report.declared, owners: null } } as PageReport)
  expect(words(html)).toContain('Nobody owns anything yet: name a file under owners: in wharfage.yaml')
  expect(words(await page(SHOWBACK, report))).not.toContain('Nobody owns anything')
})

// savings

test('each saving has a row of its own address with its rule, what to do, its prices and the yearly amount', async () => {
  const html = await page(SAVINGS, sampleSavings())
  for (const { id, sentence, remedy, assumption, yearly, entries } of SAVINGS_ROWS) {
    const row = html.split(`<tr id="${id}"`)[1].split('</tr>')[0]
    for (const part of [sentence, `To do: ${remedy}`, `Prices: ${entries.join(' , ')}`])
      expect(words(row)).toContain(part)
    if (assumption !== '') expect(words(row)).toContain(`Assumed: ${assumption}`)
    expect(row).toContain(`<data value="${yearly}" data-unit="USD"`)
  }
})

test('what would be saved at a price that is missing is no 0, and what is not worth it tells from where on it would be', async () => {
  const html = await page(SAVINGS, sampleSavings())
  const [unpriced] = rowsOf(html, 'unpriced')
  expect(unpriced.slice(3)).toEqual(['no price'])
  expect(unpriced[0]).toContain('No price: No price book has nat-processing of aws in us-west-2.')
  const [refused] = rowsOf(html, 'refused')
  expect(refused[2]).toContain('pays from 634 GB')
  expect(refused[4]).toBe('≥ $0.84 and $24.30 by the hour, in 3 zones')
  expect(refused.at(-1)).toBe('$0.00')
})

test('savings of different certainty are told apart and never added up', async () => {
  const html = words(await page(SAVINGS, sampleSavings()))
  for (const told of [
    'sure bytes and prices alone say it ≥ $4,132.43',
    'strong the mesh itself calls what would be cheaper ≥ $70.45',
  ])
    expect(html).toContain(told)
  expect(html).not.toContain('$4,212.19')
})

test('the source of a price is a link only where it is an address of the web', async () => {
  const html = await page(SAVINGS, sampleSavings())
  expect(html).toContain('<a href="https://aws.amazon.com/vpc/pricing/" rel="noreferrer noopener">aws.amazon.com</a>')
  expect(html).not.toContain('href="javascript:')
})

// the bill

test('parts of a bill sum to its use, kind by kind and altogether', async () => {
  const [bill] = sampleBill().bills
  const html = await page(BILL, sampleBill())
  const sums = [4, 5, 6].map((column) => sumOf(html, 'bill-0-kinds', column))
  expect(sums).toEqual([bill.usage, bill.attributed, bill.unattributed])
  for (const row of cellsOf(html, 'bill-0-kinds')) {
    const [billed, attributed, rest] = [4, 5, 6].map((at) => nanoOf(/value="([^"]+)"/.exec(row[at])![1]))
    expect(attributed + rest).toBe(billed)
  }
})

test('mesh bytes stand against billed bytes in per cent, and there is none where no bytes were billed', async () => {
  const rows = rowsOf(await page(BILL, sampleBill()), 'bill-0-kinds')
  expect(rows.map(([kind, , , share]) => [kind, share])).toEqual([
    ['internet', '86.5 %'],
    ['between regions', '101 %'],
    ['NAT processing', '99.1 %'],
    ['NAT gateway hours', '–'],
    ['other transfer', '0 %'],
  ])
})

test('what could explain the difference, and what is unattributed, are told in sentences', async () => {
  const html = words(await page(BILL, sampleBill()))
  const [{ explanations, unattributedBy }] = sampleBill().bills
  for (const { sentence } of explanations) expect(html).toContain(sentence)
  for (const { reason } of unattributedBy) expect(html).toContain(reason)
})

test('a bill says which file it was, and that it took the place of another', async () => {
  const html = await page(`${BILL}2026-10/`, sampleBill())
  expect(words(html)).toContain('cur2-2026-10.csv.gz')
  expect(words(html)).toContain('1 earlier import of the same month, which stays in the store')
  expect(html).toContain(`<code>${'b1'.repeat(32)}</code>`)
  expect(html).toContain(`href="../../../costs/bill/2026-10/" aria-current="page"`)
})

// sections of other pages

const SECTIONS: [address: string, report: (costs: boolean) => PageReport][] = [
  [
    dayAddress(DAY_WITH_GAPS),
    (costs) => ({ ...sampleDayPage(DAY_WITH_GAPS), costs: costs ? sampleDayCosts(DAY_WITH_GAPS) : null }),
  ],
  [monthAddress(MONTH), (costs) => ({ ...sampleMonth(MONTH), costs: costs ? sampleMonthCosts(MONTH) : null })],
  [
    destinationAddress(MOVED_HOST),
    (costs) => ({ ...sampleDestination(MOVED_HOST), costs: costs ? sampleDestinationCosts(MOVED_HOST) : null }),
  ],
  [
    workloadAddress(BATCH.target, BATCH.namespace, BATCH.workload),
    (costs) => ({ ...sampleWorkload(BATCH), costs: costs ? sampleWorkloadCosts(BATCH) : null }),
  ],
]

test.each(SECTIONS)(
  '/%s tells what it cost where prices are declared, and is silent where none are',
  async (address, report) => {
    const told = await page(address, report(true))
    expect(sectionOf(told, 'costs-title')).toContain(`href="${'../'.repeat(address.split('/').length - 1)}${COSTS}"`)
    const silent = await page(address, report(false))
    expect(silent).not.toContain('costs-title')
    expect(silent).not.toContain('data-unit="USD"')
    const ids = [...told.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  },
)

test('hours of a day sum to what each hour cost, and one without data has what the hour itself costs', async () => {
  const html = await page(dayAddress(DAY_WITH_GAPS), SECTIONS[0][1](true))
  const rows = rowsOf(html, 'cost-hours')
  expect(rows).toHaveLength(24)
  expect(rows[3]).toEqual(['03:00', 'no data', '$0.14', '≥ $0.14'])
  const { hours } = sampleDayCosts(DAY_WITH_GAPS)
  for (const [at, row] of cellsOf(html, 'cost-hours').entries()) {
    const amounts = row.slice(1).map((cell) => nanoOf(/value="([^"]+)" data-unit="USD"/.exec(cell)?.[1] ?? '0'))
    expect(moneyOf(amounts.slice(0, -1).reduce((sum, one) => sum + one, 0n))).toBe(moneyOf(amounts.at(-1)!))
    expect(moneyOf(amounts.at(-1)!)).toBe(hours[at].money)
  }
})

test('hours that are still to come have no figure', async () => {
  const html = await page(dayAddress(LAST_DAY), {
    ...sampleDayPage(LAST_DAY),
    costs: sampleDayCosts(LAST_DAY),
  } as PageReport)
  expect(rowsOf(html, 'cost-hours').at(-1)).toEqual(['23:00', 'not yet', '–', '–'])
})

test('a destination says by what its price was told, and why', async () => {
  const html = await page(destinationAddress(MOVED_HOST), SECTIONS[2][1](true))
  const [{ reason }] = sampleDestinationCosts(MOVED_HOST).destined
  expect(words(sectionOf(html, 'costs-title'))).toContain(`assumed internet ${reason} prod-us`)
})

test('the month’s own page tells the true-up apart from what its days were priced at', async () => {
  const html = await page(monthAddress('2026-10'), {
    ...sampleMonth('2026-10'),
    costs: sampleMonthCosts('2026-10'),
  } as PageReport)
  const section = words(sectionOf(html, 'costs-title'))
  expect(section).toContain('Cost with its true-up')
  expect(section).toContain('true-up -$3.25')
  expect(section).toContain('Closed on 2026-11-05')
})

// weight

test('pages of money stay light with as much as reports can hold, and say where the others are', async () => {
  const costs = sampleCosts()
  const month = costs.month!
  const spread = <Row extends object>(rows: readonly Row[], count: number, change: (row: Row, hash: string) => Row) =>
    Array.from({ length: count }, (_, at) => change(rows[at % rows.length], sha256(String(at))))
  const pairs = spread<PairCostRow>(month.pairs.rows, 100, (row, hash) => ({
    ...row,
    host: `${hash.slice(0, 20)}.example`,
    workload: hash.slice(20, 32),
    money: `${Number.parseInt(hash.slice(0, 4), 16)}.${hash.slice(4).replace(/\D/g, '').slice(0, 8)}1`,
  }))
  const full = { ...costs, month: { ...month, pairs: { ...month.pairs, rows: pairs } } }
  const rows = spread(SAVINGS_ROWS, 400, (row, hash) => ({
    ...row,
    id: hash.slice(0, 12),
    sentence: `${hash.slice(0, 30)} ${row.sentence}`,
  }))
  const savings = await page(SAVINGS, { ...sampleSavings(), savings: rows } as PageReport)
  expect(words(savings)).toContain('340 more savings are in the CSV download')
  for (const html of [await page(COSTS, full as PageReport), savings])
    expect(gzipSync(html).length).toBeLessThan(40_000)
})
