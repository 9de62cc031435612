/** The file of prices with its books: what is read, what is kept of it, and what is said of what cannot be. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { TargetPlace } from '#core/costs/prices.ts'
import { pricesInForce, type RankedBook } from '../functions/price-precedence.ts'
import { type PriceFiles, PricesError, pricesFor, readPrices } from '../functions/prices-file.ts'
import { pricesJsonSchema } from '../functions/prices-schema.ts'
import { priceEntry } from './prices-sample.ts'

const root = join(import.meta.dirname, '..')
const TODAY = '2026-11-22'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharfage-prices-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const HEAD =
  'provider: harbour\ncurrency: USD\nunit: GB\nsource: https://harbour.example\nretrieved: 2026-05-01\nentries:\n'
const INTERNET =
  '{ kind: internet, region: north, from: 2026-01-01, price: 0.09, free: { quantity: 100, pool: world } }'
const NAT = '{ kind: nat-processing, region: north, bytes: both, from: 2026-01-01, price: 0.045 }'
const SOUTH = '{ kind: internet, region: south, from: 2026-01-01, price: 0.12 }'
const book = (...entries: string[]) => HEAD + entries.map((entry) => `  - ${entry}\n`).join('')
const PRICES = 'currency: USD\nbooks: [./harbour.yaml]\n'

async function read(files: Record<string, string>): Promise<PriceFiles> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return readPrices(join(folder, 'prices.yaml'), TODAY)
}
async function said(prices: string, files: Record<string, string> = {}): Promise<string> {
  try {
    await read({ 'prices.yaml': prices, 'harbour.yaml': book(INTERNET, NAT), ...files })
  } catch (error) {
    if (error instanceof PricesError) return error.message.replaceAll(`${folder}/`, '')
    throw error
  }
  return ''
}
const place = (more: Partial<TargetPlace>): TargetPlace => {
  return { provider: 'harbour', region: 'north', tier: '', payer: '', nat: null, endpoints: [], ...more }
}

test('reads hosts in their one spelling, quantities in their shortest text, and every default', async () => {
  const { file, entries, ...prices } = await read({
    'prices.yaml': `${PRICES}rules:
  - { host: '*.Bücher.example', provider: harbour, region: south }
  - { host: cdn.example, kind: internet, area: east }
otherTraffic:
  - { provider: harbour, pool: internet north, quantity: 0020.50, unit: GiB }
  - { provider: harbour, pool: world, month: 2026-11, quantity: 1, unit: GB, payer: main }
`,
    'harbour.yaml': book(INTERNET, NAT),
  })
  expect(prices).toEqual({
    currency: 'USD',
    overheadFactor: '1',
    rules: [
      { host: '*.xn--bcher-kva.example', provider: 'harbour', region: 'south', kind: '', area: '', line: 4 },
      { host: 'cdn.example', provider: '', region: '', kind: 'internet', area: 'east', line: 5 },
    ],
    otherTraffic: [
      { payer: '', provider: 'harbour', pool: 'internet north', month: '', quantity: '20.5', unit: 'GiB', line: 7 },
      { payer: 'main', provider: 'harbour', pool: 'world', month: '2026-11', quantity: '1', unit: 'GB', line: 8 },
    ],
  })
  expect(entries.map(({ id, book }) => [id, book])).toEqual([
    ['harbour internet north 2026-01-01', './harbour.yaml'],
    ['harbour nat-processing north 2026-01-01', './harbour.yaml'],
  ])
})

test('the example is in order, and the JSON Schema beside the code is the one the code makes', async () => {
  const { rules, otherTraffic, entries } = await readPrices(join(root, 'prices.example.yaml'), TODAY)
  expect(rules.map(({ host }) => host)).toEqual(['*.snowflakecomputing.com', 'cdn.example.com', '203.0.113.0/24'])
  expect(otherTraffic).toMatchObject([{ pool: 'internet us-east-1', quantity: '20480' }])
  expect(entries.length).toBeGreaterThan(50)
  expect(JSON.parse(await readFile(join(root, 'prices.schema.json'), 'utf8'))).toEqual(pricesJsonSchema())
})

test('a book may be one that ships, a file in YAML, and a price list in CSV', async () => {
  const list =
    'ServiceProviderName,PricingCurrency,PricingRegionId,PricingUnit,UnitPrice,SkuPriceEffectiveStart,SkuPriceEffectiveEnd,x_Kind,x_Source,x_Retrieved\nHarbour,USD,south,GB,0.12,,,internet,contract 7,2026-05-01\n'
  const { entries } = await read({
    'prices.yaml': 'currency: USD\nbooks: [aws, ./harbour.yaml, ./list.csv]\n',
    'harbour.yaml': book(NAT),
    'list.csv': list,
  })
  expect(new Set(entries.map(({ book }) => book))).toEqual(new Set(['aws', './harbour.yaml', './list.csv']))
  expect(entries.at(-1)).toMatchObject({ provider: 'harbour', region: 'south', source: 'contract 7' })
})

test('of the books only what a target can be charged is declared', async () => {
  const tiered = '{ kind: internet, region: west, tier: fast, from: 2026-01-01, price: 0.2 }'
  const files = await read({
    'prices.yaml': PRICES,
    'harbour.yaml': book(INTERNET, NAT, SOUTH, tiered, tiered.replace('fast', 'slow')),
  })
  const kept = (targets: Record<string, TargetPlace>) =>
    pricesFor(files, targets).entries.map(({ region, tier }) => region + tier)
  expect(kept({ b: place({}), a: place({ region: 'south' }) })).toEqual(['north', 'north', 'south'])
  expect(kept({ a: place({ region: 'west', tier: 'slow' }) })).toEqual(['westslow'])
  expect(kept({ a: place({ provider: 'aws' }) })).toEqual([])
  expect(Object.keys(pricesFor(files, { b: place({}), a: place({}) }).targets)).toEqual(['a', 'b'])
  expect(pricesFor(files, {})).not.toHaveProperty('file')
})

// What is wrong with the file by itself.
test.each([
  ['books: [./harbour.yaml]', '1:1 currency: is missing; give the currency of all prices'],
  [
    'currency: XYZ\nbooks: [./harbour.yaml]',
    'currency: must be the code of a currency by ISO 4217, such as USD, not "XYZ"',
  ],
  ['currency: USD\nbooks: []', '2:8 books: is empty; name at least one'],
  ['currency: USD\nbooks: [aws, aws]', '2:14 books[1]: is books[0] again; keep one'],
  ['currency: USD\nbooks: [https://a.example/book.yaml]', 'books[0]: must be a file or folder on this machine'],
  [
    'currency: USD\nbooks: [aws2]',
    '2:9 books[0]: "aws2" is no book that ships with wharfage, which are aws, azure, gcp',
  ],
  ['currency: USD\nbooks: [__proto__]', 'books[0]: "__proto__" is no book that ships'],
  [
    `${PRICES}overheadFactor: 0.97`,
    'overheadFactor: must be a decimal of 1 or more with at most 6 places, such as 1.03, not "0.97"',
  ],
  [`${PRICES}overheadFactor: 103`, 'overheadFactor: must be at most 10; 1.03 is three per cent more, not "103"'],
  [`${PRICES}overheadFactor: 1.0000001`, 'with at most 6 places'],
  [`${PRICES}rules: [{ host: a.example }]`, 'rules[0]: says neither kind nor place; give kind, or provider and region'],
  [
    `${PRICES}rules: [{ host: a.example, kind: internet, provider: aws, region: r }]`,
    'rules[0]: has a kind and a place; keep kind, or provider and region',
  ],
  [
    `${PRICES}rules: [{ host: a.example, provider: aws }]`,
    'rules[0]: has a place without region; give provider and region',
  ],
  [`${PRICES}rules: [{ host: a.example, region: r }]`, 'rules[0]: has a place without provider'],
  [
    `${PRICES}rules: [{ host: a.example, kind: same-region, area: china }]`,
    'rules[0].area: is "china" for "same-region"; areas of the world are for the internet alone',
  ],
  [`${PRICES}rules: [{ host: 'https://a.example', kind: internet }]`, 'rules[0].host: must be a host without scheme'],
  [`${PRICES}rules: [{ host: '*', kind: internet }]`, 'rules[0].host: must name a host'],
  [
    `${PRICES}rules: [{ host: a.example, kind: internet }, { host: A.example., kind: same-region }]`,
    'rules[1].host: "A.example." is the host of rules[0] already; keep one',
  ],
  [
    `${PRICES}rules: [{ host: a.example, kind: nat-hours }]`,
    'rules[0].kind: must be internet, cross-region, cross-zone, same-region',
  ],
  [
    `${PRICES}otherTraffic: [{ provider: harbour, pool: world, quantity: 1e3, unit: GB }]`,
    'otherTraffic[0].quantity: must be a decimal of 0 or more with at most 6 places, not "1e3"',
  ],
  [
    `${PRICES}otherTraffic: [{ provider: harbour, pool: world, quantity: 1, unit: hour }]`,
    'otherTraffic[0].unit: must be GB or GiB',
  ],
  [
    `${PRICES}otherTraffic: [{ provider: harbour, pool: world, quantity: 1, unit: GB }, { provider: harbour, pool: world, quantity: 2, unit: GB }]`,
    'otherTraffic[1]: is for the payer, provider, pool and month of otherTraffic[0]; make them one',
  ],
  [`${PRICES}__proto__: { books: [] }`, '__proto__: is no key of the file of prices'],
])('of %j it is said: %s', async (prices, what) => {
  expect(await said(prices)).toContain(what)
})

// What is wrong between the file and its books.
test('books of another currency are refused, whichever of two it is', async () => {
  const harbour = book(NAT).replace('USD', 'EUR')
  expect(await said(PRICES, { 'harbour.yaml': harbour })).toBe(
    'file of prices prices.yaml has a mistake:\n  2:9 books[0]: "./harbour.yaml" is in EUR, and these prices are in USD; one bill has one currency, so name books of one',
  )
  expect(await said(PRICES.replace('USD', 'EUR').replace('[', '[aws, '), { 'harbour.yaml': harbour })).toContain(
    'books[0]: "aws" is in USD, and these prices are in EUR',
  )
})

test('other traffic in a pool that no price has would change nothing, and is refused with the pools there are', async () => {
  const traffic = (provider: string, pool: string) =>
    `${PRICES}otherTraffic: [{ provider: ${provider}, pool: ${pool}, quantity: 1, unit: GB }]`
  expect(await said(traffic('harbour', 'internet nort'))).toContain(
    'otherTraffic[0].pool: "internet nort" is a pool of no price of harbour; near are "internet north"',
  )
  expect(await said(traffic('aws', 'world'))).toContain(
    '"aws" is a provider of no book that is named; they have harbour',
  )
  expect(await said(traffic('harbour', 'world'))).toBe('')
})

test('prices of two books that hold on the same day are told with both files', async () => {
  const contract = book(INTERNET.replace('0.09', '0.07').replace('2026-01-01', '2026-06-01'))
  expect(await said(PRICES.replace(']', ', ./contract.yaml]'), { 'contract.yaml': contract })).toBe(
    'price book contract.yaml has a mistake:\n  7:5 entries[0]: is for harbour internet north from 2026-06-01, for which entries[0] in line 7 of harbour.yaml holds from 2026-01-01 on; give that one until; keep one of the two on each day, or list the book over the other',
  )
})

test('a book that is listed over another holds on its days, and the other on the days that are left', async () => {
  const ofContract = (from: string, until: string) =>
    `{ kind: internet, region: north, from: ${from}, until: ${until}, price: 0.07, free: { quantity: 100, pool: world } }`
  const { entries } = await read({
    'prices.yaml': PRICES.replace(']', ', { book: ./contract.yaml, over: [./harbour.yaml] }]'),
    'harbour.yaml': book(INTERNET, NAT),
    'contract.yaml': book(ofContract('2026-03-01', '2026-05-01'), ofContract('2026-05-01', '2026-06-01')),
  })
  expect(entries.map(({ id, until, tiers }) => [id, until, tiers[0].price])).toEqual([
    ['harbour internet north 2026-01-01', '2026-03-01', '0.09'],
    ['harbour internet north 2026-06-01', '', '0.09'],
    ['harbour nat-processing north 2026-01-01', '', '0.045'],
    ['harbour internet north 2026-03-01', '2026-05-01', '0.07'],
    ['harbour internet north 2026-05-01', '2026-06-01', '0.07'],
  ])
})

test('of books in any order of precedence, on each day that any has a price exactly one holds: of the last that has', () => {
  const month = fc.integer({ min: 1, max: 9 }).map((n) => `2026-0${n}-01`)
  const span = fc.tuple(month, fc.option(month, { nil: '' })).filter(([from, until]) => until === '' || from < until)
  const bookOf = ([from, until]: [string, string], i: number): RankedBook => {
    const id = `harbour internet north ${from}`
    const entry = { ...priceEntry({ from, until }), id, book: `b${i}` }
    const placed = { entry, file: `b${i}`, line: 1, column: 1, path: '' }
    return {
      book: { name: `b${i}`, file: `b${i}`, currency: 'USD', entries: [placed] },
      over: Array.from({ length: i }, (_, n) => `b${n}`),
    }
  }
  const holds = (one: { from: string; until: string }, on: string) =>
    one.from <= on && (one.until === '' || on < one.until)
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 5 }), (spans) => {
      const books = spans.map(bookOf)
      const left = pricesInForce(books).map(({ entry }) => entry)
      expect(new Set(left.map(({ id }) => id)).size).toBe(left.length)
      for (let n = 1; n <= 12; n++) {
        const on = `2026-${String(n).padStart(2, '0')}-15`
        const last = books.findLast(({ book }) => holds(book.entries[0].entry, on))
        expect(left.filter((one) => holds(one, on)).map(({ book }) => book)).toEqual(
          last === undefined ? [] : [last.book.name],
        )
      }
    }),
  )
})

test('mistakes of all books are told at once, each file by itself', async () => {
  const prices = PRICES.replace(']', ', ./b.yaml, ./nowhere.csv]')
  const files = { 'harbour.yaml': book(NAT.replace('0.045', '-1')), 'b.yaml': book('{}') }
  const text = await said(prices, files)
  expect(text).toContain('price book harbour.yaml has a mistake:\n  7:')
  expect(text).toContain('price book b.yaml has 4 mistakes:')
  expect(text).toContain('price list nowhere.csv has a mistake:\n  1:1 there is no such file; name a file of prices')
})

test('a file that is far too long is refused before it is read', async () => {
  expect(await said(PRICES, { 'harbour.yaml': '#'.repeat(2_000_001) })).toContain(
    'price book harbour.yaml has a mistake:\n  1:1 the file has 2000001 bytes and may have 2000000; is it the right one?',
  )
  expect(await said('#'.repeat(1_000_001))).toContain('the file has 1000001 bytes')
  expect(await said(PRICES, { 'harbour.yaml': '\ufffd\xff'.repeat(5) })).toContain('must be a mapping')
})
