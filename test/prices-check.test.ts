/** The check of prices, owners and budgets: what they say together that is wrong, and what of prices it warns of. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkAt } from '../functions/command/check.ts'
import type { Values } from '../functions/command/command.ts'
import { loadConfig } from '../functions/config.ts'
import { DeclaredError, loadDeclared } from '../functions/declared.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharfage-check-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const NOW = Date.UTC(2026, 10, 22, 10)
const target = (name: string, cloud: string) =>
  `  - { name: ${name}, url: 'https://${name}.example/federate'${cloud === '' ? '' : `, cloud: { ${cloud} }`} }\n`
const NORTH = 'provider: harbour, region: north'
const config = (...targets: string[]) =>
  `store: ./data\ntargets:\n${targets.join('')}prices: prices.yaml\nowners: owners.yaml\nbudgets: budgets.yaml\n`
const HEAD =
  'provider: harbour\ncurrency: USD\nunit: GB\nsource: https://harbour.example\nretrieved: 2026-05-01\nentries:\n'
const INTERNET = '{ kind: internet, region: north, from: 2026-01-01, price: 0.09 }'
const book = (...entries: string[]) => HEAD + entries.map((entry) => `  - ${entry}\n`).join('')
const files = {
  'wharfage.yaml': config(target('eu', NORTH)),
  'prices.yaml': 'currency: USD\nbooks: [./harbour.yaml]\nrules: [{ host: a.example, kind: internet }]\n',
  'harbour.yaml': book(INTERNET, INTERNET.replace('north', 'south')),
  'owners.yaml': 'teams: [{ name: payments, from: [payments, "eu:shop"] }]\n',
  'budgets.yaml': 'currency: USD\nbudgets: [{ team: payments, monthly: 400 }, { monthly: 500 }]\n',
}

async function checked(changed: Record<string, string> = {}, values: Values = {}) {
  for (const [name, text] of Object.entries({ ...files, ...changed })) await writeFile(join(folder, name), text)
  const [out, said]: [string[], string[]] = [[], []]
  const code = await checkAt(() => NOW).run(values, [], {
    out: async (text) => void out.push(String(text)),
    say: (line) => void said.push(line),
    progress: () => {},
    stop: new AbortController().signal,
    cwd: folder,
  })
  const shown = (lines: string[]) => lines.join('\n').replaceAll(`${folder}/`, '')
  return { code, out: shown(out), said: shown(said) }
}
/** What is warned of when the book has these entries and the target this cloud. */
const warned = async (entries: readonly string[], cloud = NORTH): Promise<string[]> => {
  const { code, said } = await checked({
    'wharfage.yaml': config(target('eu', cloud)),
    'harbour.yaml': book(...entries),
  })
  expect(code).toBe(0)
  return said === '' ? [] : said.split('\n')
}

test('sums up prices, owners and budgets in a line each, of prices what the targets can be charged', async () => {
  const { code, out, said } = await checked()
  expect({ code, said }).toEqual({ code: 0, said: '' })
  expect(out).toContain(
    [
      'prices  prices.yaml  1 price in USD of ./harbour.yaml, 1 rule',
      'owners  owners.yaml  1 team',
      'budgets  budgets.yaml  2 budgets in USD',
    ].join('\n'),
  )
})

test('--json gives the counts and the warnings to a program, and says nothing beside', async () => {
  const { out, said } = await checked(
    { 'wharfage.yaml': config(target('eu', NORTH), target('us', '')) },
    { json: true },
  )
  expect(said).toBe('')
  expect(JSON.parse(out)).toMatchObject({
    clouds: { eu: { provider: 'harbour', region: 'north', nat: null } },
    read: {
      prices: { currency: 'USD', entries: 1, books: ['./harbour.yaml'], rules: 1, otherTraffic: 0 },
      owners: { teams: 1 },
      budgets: { budgets: 2 },
    },
    warnings: ['target us has no cloud, so that nothing of it is priced; give its provider and region'],
  })
})

test('what is declared holds prices for the targets, owners and budgets', async () => {
  await checked()
  const { prices, owners, budgets, istio } = await loadDeclared(
    await loadConfig(join(folder, 'wharfage.yaml')),
    () => NOW,
  )
  expect(prices).toMatchObject({
    targets: { eu: { region: 'north' } },
    entries: [{ region: 'north' }],
    rules: [{ line: 3 }],
  })
  expect(owners?.teams).toMatchObject([{ name: 'payments', from: ['payments', 'eu:shop'] }])
  expect(budgets?.budgets).toMatchObject([{ team: 'payments', monthly: '400' }, { team: '' }])
  expect(istio).toBeNull()
})

// One file changed so that it contradicts another.
test.each([
  [
    'wharfage.yaml',
    config(target('eu', 'provider: haven, region: north')),
    'configuration wharfage.yaml has a mistake:\n  3:72 targets[0].cloud.provider: "haven" is a provider of no book that the prices name; they have harbour',
  ],
  [
    'wharfage.yaml',
    config(target('eu', 'provider: harbour, region: nort')),
    '3:89 targets[0].cloud.region: "nort" has no price of harbour in the books that the prices name; they have north, south',
  ],
  [
    'wharfage.yaml',
    config(target('eu', `${NORTH}, tier: premium`)),
    'targets[0].cloud.tier: "premium" is no tier of harbour in north, which has no tiers; take it out',
  ],
  [
    'harbour.yaml',
    book(INTERNET.replace('from', 'tier: fast, from'), INTERNET.replace('from', 'tier: slow, from')),
    'targets[0].cloud: is without a tier, by which harbour prices north; give tier, one of fast, slow',
  ],
  [
    'budgets.yaml',
    'currency: EUR\nbudgets: []\n',
    'file of budgets budgets.yaml has a mistake:\n  1:11 currency: is EUR, and the prices are in USD; state the budgets in USD',
  ],
  [
    'budgets.yaml',
    'currency: USD\nbudgets: [{ team: payment, monthly: 1 }]\n',
    '2:19 budgets[0].team: "payment" is no team; the file of owners has "payments"',
  ],
  [
    'wharfage.yaml',
    config(target('eu', NORTH)).replace('owners: owners.yaml\n', ''),
    'budgets[0].team: "payments" is no team; the configuration names no file of owners',
  ],
  [
    'owners.yaml',
    'teams: [{ name: payments, from: ["us:shop"] }]\n',
    'file of owners owners.yaml has a mistake:\n  1:34 teams[0].from[0]: "us:shop" is of no target of the configuration, which has "eu"',
  ],
  [
    'prices.yaml',
    `${files['prices.yaml']}otherTraffic: [{ provider: harbour, pool: internet north, quantity: 1, unit: GB, payer: main }]\n`,
    'otherTraffic[0]: is of payer "main", and the clouds of the targets have none but ""',
  ],
  [
    'harbour.yaml',
    book(INTERNET, INTERNET),
    'price book harbour.yaml has a mistake:\n  8:5 entries[1]: is for harbour internet north from 2026-01-01, for which entries[0] in line 7 of harbour.yaml',
  ],
])('tells what a changed %s contradicts', async (file, text, what) => {
  const { code, out, said } = await checked({ [file]: text })
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(said).toContain(what)
})

test('mistakes of prices, owners and budgets are told together, and nothing of them is declared', async () => {
  const { code, said } = await checked({ 'prices.yaml': 'books: []\n', 'owners.yaml': '[]\n', 'budgets.yaml': '' })
  expect(code).toBe(2)
  expect(said.match(/^file of \w+/gm)).toEqual(['file of prices', 'file of owners', 'file of budgets'])
  await expect(loadConfig(join(folder, 'wharfage.yaml')).then((config) => loadDeclared(config))).rejects.toThrow(
    DeclaredError,
  )
})

const until = (from: string, until: string) => INTERNET.replace('2026-01-01', `${from}, until: ${until}`)

test('warns of days that no price covers, by the first and the last of them', async () => {
  expect(await warned([until('2025-01-01', '2025-06-01'), INTERNET])).toEqual([
    'warning: no price for harbour internet north from 2025-06-01 to 2025-12-31; give the price that held then, with its source',
  ])
  expect(await warned([until('2025-01-01', '2025-12-31'), INTERNET])).toEqual([
    expect.stringContaining('north on 2025-12-31; give'),
  ])
  expect(await warned([until('2025-01-01', '2026-01-01'), INTERNET])).toEqual([])
})

test('warns of a price that ended, from the first day without one, and not of one that will', async () => {
  expect(await warned([until('2025-01-01', '2026-11-01')])).toEqual([
    expect.stringContaining('north from 2026-11-01 to 2026-11-22 and on; give'),
  ])
  expect(await warned([until('2025-01-01', '2026-11-22')])).toEqual([
    expect.stringContaining('north on 2026-11-22 and on'),
  ])
  expect(await warned([until('2025-01-01', '2026-11-23')])).toEqual([])
})

test('warns of prices that were read more than a year ago, unless they are over', async () => {
  const read = (day: string, entry = INTERNET) => entry.replace(' }', `, retrieved: ${day} }`)
  expect(await warned([read('2025-11-22')])).toEqual([])
  expect(await warned([read('2025-11-21')])).toEqual([
    'warning: book ./harbour.yaml was read on 2025-11-21, more than a year ago: harbour internet north; see https://harbour.example, and write the day into retrieved',
  ])
  expect(await warned([read('2024-01-01', until('2025-01-01', '2026-01-01')), INTERNET])).toEqual([])
  const regions = ['a', 'b', 'c', 'd', 'e'].map((to) =>
    read('2025-01-01', `{ kind: cross-region, region: north, to: ${to}, from: 2025-01-01, price: 1 }`),
  )
  expect(await warned([INTERNET, ...regions])).toEqual([expect.stringContaining('north to c and 2 more; see')])
})

test('warns of what a target is sure to be charged and no price is for', async () => {
  const cloud = `${NORTH}, nat: { gateways: 2 }, endpoints: [{ service: s3, type: gateway }, { service: ecr, type: interface, zones: 2 }]`
  const lacks = (what: string) =>
    `warning: target eu: no price for ${what} in harbour north; it is counted and not priced`
  expect(await warned(['{ kind: same-region, region: north, from: 2026-01-01, price: 0 }'], cloud)).toEqual([
    lacks('internet'),
    lacks('nat-processing'),
    lacks('nat-hours'),
    lacks('endpoint-processing of the gateway endpoint of s3'),
    lacks('endpoint-processing of the interface endpoint of ecr'),
    lacks('endpoint-hours of the interface endpoint of ecr'),
  ])
  const rest = [
    '{ kind: nat-processing, region: north, bytes: both, from: 2026-01-01, price: 0.045 }',
    '{ kind: nat-hours, region: north, from: 2026-01-01, price: 0.045 }',
    '{ kind: endpoint-processing, region: north, bytes: both, endpoint: gateway, service: s3, from: 2026-01-01, price: 0 }',
    '{ kind: endpoint-processing, region: north, bytes: both, endpoint: interface, from: 2026-01-01, price: 0.01 }',
    '{ kind: endpoint-hours, region: north, endpoint: interface, from: 2026-01-01, price: 0.01 }',
  ]
  expect(await warned([INTERNET, ...rest], cloud)).toEqual([])
  expect(await warned([INTERNET, ...rest.slice(0, 1)], `${NORTH}, nat: { gateways: 0 }`)).toEqual([])
})

test('warns of a cloud that no prices are named for', async () => {
  const { code, said } = await checked({ 'wharfage.yaml': `store: ./data\ntargets:\n${target('eu', NORTH)}` })
  expect({ code, said }).toEqual({
    code: 0,
    said: 'warning: target eu says its cloud, and no prices are named; give prices, or nothing is priced',
  })
})
