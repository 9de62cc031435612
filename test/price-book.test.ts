/** Price books in YAML: what is read, and what is said of what cannot be. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { decimalOf } from '#core/costs/money.ts'
import type { PriceEntry } from '#core/costs/prices.ts'
import { priceBookJsonSchema } from '../functions/price-book-schema.ts'
import { parseYamlBook } from '../functions/price-book-yaml.ts'
import { entriesAtOdds } from '../functions/price-entry-mistakes.ts'
import { decimalProblem, shortestDecimal } from '../functions/price-values.ts'
import { ConfigError } from '../functions/strict-file.ts'

const root = join(import.meta.dirname, '..')

const HEAD =
  'provider: aws\ncurrency: USD\nunit: GiB\nsource: https://aws.example/prices\nretrieved: 2026-05-01\nentries:\n'
/** A book of these entries, each in a line of its own from line 7 on. */
const book = (...entries: string[]) => HEAD + entries.map((entry) => `  - { ${entry} }\n`).join('')
const NAT = 'kind: nat-processing, region: us-east-1, bytes: both, from: 2024-02-01, price: 0.045'

const parse = (source: string) => parseYamlBook(source, { name: 'aws', file: 'aws.yaml', today: '2026-11-22' })
const entriesOf = (source: string): PriceEntry[] => parse(source).entries.map(({ entry }) => entry)
const said = (source: string): string => {
  try {
    parse(source)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').slice(1).join('\n')
    throw error
  }
  return ''
}
const atOdds = (...entries: string[]) => entriesAtOdds(parse(book(...entries)).entries).map(({ message }) => message)

test('reads a price with tiers, an allowance and what the head says for all', () => {
  const internet =
    'kind: internet, region: us-east-1, from: 2024-02-01, free: { quantity: 100, pool: internet }, tiers: [{ upTo: 10240, price: 0.090 }, { price: 0.05 }]'
  expect(parse(book(internet)).entries).toEqual([
    {
      ...{ file: 'aws.yaml', line: 7, column: 5, path: 'entries[0]' },
      entry: {
        ...{ id: 'aws internet us-east-1 2024-02-01', book: 'aws', provider: 'aws', kind: 'internet' },
        ...{ region: 'us-east-1', tier: '', to: '', service: '', endpoint: '', bytes: 'egress', unit: 'GiB' },
        ...{ from: '2024-02-01', until: '', free: { quantity: '100', pool: 'internet' } },
        tiers: [
          { upTo: '10240', price: '0.09' },
          { upTo: '', price: '0.05' },
        ],
        ...{ pool: 'internet us-east-1', source: 'https://aws.example/prices', retrieved: '2026-05-01' },
      },
    },
  ])
})

// An entry, its id and its pool.
test.each([
  [NAT, 'aws nat-processing us-east-1 2024-02-01', 'nat-processing us-east-1'],
  [
    'kind: cross-region, region: us-east-1, to: eu-west-1, from: 2024-02-01, price: 0.02',
    'aws cross-region us-east-1 to eu-west-1 2024-02-01',
    'cross-region us-east-1 eu-west-1',
  ],
  [
    'kind: internet, region: us-central1, tier: premium, to: china, from: 2024-02-01, price: 0.23, pool: world',
    'aws internet us-central1 premium to china 2024-02-01',
    'world',
  ],
  [
    'kind: endpoint-processing, region: r, endpoint: gateway, service: s3, bytes: both, from: 2024-02-01, price: 0',
    'aws endpoint-processing r gateway s3 2024-02-01',
    'endpoint-processing r gateway s3',
  ],
])('of { %s } the id is %s and the pool %s', (entry, id, pool) => {
  expect(entriesOf(book(entry))).toMatchObject([{ id, pool }])
})

test('what is charged by the hour has that unit, whatever the head says', () => {
  expect(entriesOf(book('kind: nat-hours, region: r, from: 2024-02-01, price: 0.045'))).toMatchObject([
    { unit: 'hour', bytes: 'egress', tiers: [{ upTo: '', price: '0.045' }], free: null },
  ])
})

test('a number is the text that was written, so that nothing of it is lost', () => {
  const price = (text: string) => entriesOf(book(NAT.replace('0.045', text)))[0].tiers[0].price
  expect(price('0.123456789012')).toBe('0.123456789012')
  expect(price("'00.10'")).toBe('0.1')
  expect(price('999999999999999.999999999999')).toBe('999999999999999.999999999999')
})

// A price that is none.
test.each([
  ['-0.09', '"-0.09"'],
  ['1e999', '"1e999"'],
  ['1e-3', '"1e-3"'],
  ['0x10', '"0x10"'],
  ['"0x10"', '"0x10"'],
  ['.5', '".5"'],
  ['.inf', '".inf"'],
  ['NaN', '"NaN"'],
  ['1_000', '"1_000"'],
  ['"1,5"', '"1,5"'],
  ['1\u00a0000', '"1\u00a0000"'],
  ['"0.0000000000001"', '"0.0000000000001"'],
  ['9999999999999999', '"9999999999999999"'],
  ['٣', '"٣"'],
  ['""', '""'],
  ['true', '"true"'],
])('refuses the price %s', (price, shown) => {
  const what = said(book(NAT.replace('0.045', price)))
  expect(what).toMatch(/^ {2}7:86 entries\[0\]\.price: must be a decimal of 0 or more with at most 12 places/)
  expect(what).toContain(`, not ${shown}`)
})

// Tiers, and what is wrong with them.
test.each([
  [
    '[{ upTo: 10, price: 1 }]',
    'tiers[0].upTo: is "10" of the last tier, which leaves what is above it without a price',
  ],
  ['[{ price: 1 }, { price: 2 }]', 'tiers[0].upTo: is missing; give the end of every tier but the last'],
  ['[{ upTo: 0, price: 1 }, { price: 2 }]', 'tiers[0].upTo: is "0", which is not above 0'],
  [
    '[{ upTo: 10, price: 1 }, { upTo: 10.0, price: 2 }, { price: 3 }]',
    'tiers[1].upTo: is "10.0", which is not above the end of the tier before; keep tiers in ascending order',
  ],
  [
    '[{ upTo: 9.0000001, price: 1 }, { price: 2 }]',
    'tiers[0].upTo: must be a decimal of 0 or more with at most 6 places',
  ],
  ['[]', 'tiers: is empty; give at least one'],
])('of the tiers %s it is said: %s', (tiers, what) => {
  expect(said(book(NAT.replace('price: 0.045', `tiers: ${tiers}`)))).toContain(`entries[0].${what}`)
})

// An entry in which one thing does not go with another.
test.each([
  [NAT.replace(', price: 0.045', ''), 'entries[0]: has no price; give price, or tiers'],
  [`${NAT}, tiers: [{ price: 1 }]`, 'entries[0]: has price and tiers; keep one'],
  [`${NAT}, unit: hour`, 'entries[0].unit: is "hour" for nat-processing, which is charged by the byte'],
  [
    'kind: nat-hours, region: r, unit: GB, from: 2024-02-01, price: 1',
    'entries[0].unit: is "GB" for nat-hours, which are charged by the hour',
  ],
  [
    'kind: nat-hours, region: r, from: 2024-02-01, bytes: both, price: 1',
    'entries[0].bytes: is of no use for nat-hours',
  ],
  [
    'kind: nat-hours, region: r, from: 2024-02-01, tiers: [{ price: 1 }]',
    'entries[0].tiers: is of no use for nat-hours',
  ],
  [NAT.replace('bytes: both, ', ''), 'entries[0].bytes: is missing for nat-processing; write both'],
  [`${NAT}, free: { quantity: 5 }`, 'entries[0].free.pool: is missing; give what shares the allowance'],
  [`${NAT}, until: 2024-02-01`, 'entries[0].until: is 2024-02-01, which is not after from, 2024-02-01'],
  [`${NAT}, retrieved: 2026-11-23`, 'entries[0].retrieved: is 2026-11-23, which is yet to come'],
  [`${NAT}, to: eu-west-1`, 'entries[0].to: is of no use for nat-processing; only cross-region or internet has it'],
  [`${NAT}, tier: premium`, 'entries[0].tier: is of no use for nat-processing; only a transfer has it'],
  [`${NAT}, endpoint: gateway`, 'entries[0].endpoint: is of no use for nat-processing; only an endpoint has it'],
  [
    'kind: endpoint-hours, region: r, from: 2024-02-01, price: 0.01',
    'entries[0].endpoint: is missing for endpoint-hours; write gateway or interface',
  ],
  [
    'kind: cross-region, region: r, to: r, from: 2024-02-01, price: 0.02',
    'entries[0].to: is "r", the region that it leaves',
  ],
  [`${NAT}, pool: "a\\u202eb"`, 'entries[0].pool: must be one line without control characters'],
  [`${NAT}, source: "javascript:alert(1)"`, 'entries[0].source: must be an address that begins with https://'],
  [`${NAT}, unitt: GB`, 'entries[0].unitt: is no key of the price book; did you mean unit?'],
  [NAT.replace('nat-processing', 'NAT'), 'entries[0].kind: must be internet, cross-region, cross-zone'],
])('of { %s } it is said: %s', (entry, what) => {
  expect(said(book(entry))).toContain(what)
})

test('says what neither the head nor an entry says', () => {
  expect(said(`provider: aws\ncurrency: USD\nentries:\n  - { ${NAT} }\n`)).toBe(
    [
      '  4:5 entries[0].unit: is missing, here and at the head of the book; write GB for 10^9 bytes or GiB for 2^30',
      '  4:5 entries[0].retrieved: is missing, here and at the head of the book; give the day on which it was read',
      '  4:5 entries[0].source: is missing, here and at the head of the book; give the address where it was read',
    ].join('\n'),
  )
  expect(said(book(NAT).replace('2026-05-01', '2027-05-01'))).toContain(
    '5:12 retrieved: is 2027-05-01, which is yet to come',
  )
  expect(said(book(NAT).replace('USD', 'US$'))).toContain('currency: must be the code of a currency by ISO 4217')
})

test('what is hostile gets its sentence too', () => {
  expect(said(book(`${NAT}, __proto__: { price: 0 }`))).toContain('__proto__: is no key of the price book')
  expect(said(book(NAT.replace('us-east-1', '__proto__')))).toContain('entries[0].region: must be a plain name')
  expect(said(`${HEAD}  - &a { ${NAT} }\n  - *a\n`)).toContain('anchors and aliases are not read')
  expect(said(`${HEAD}${'  - {}\n'.repeat(10_001)}`)).toContain('entries: must have at most 10000 entries')
  expect(said('[]')).toContain('must be a mapping of keys to values')
  expect(entriesOf(book(`${NAT}, pool: __proto__`))[0].pool).toBe('__proto__')
})

const until = (day: string, from = '2024-02-01') => `${NAT.replace('2024-02-01', from)}, until: ${day}`

test('two prices of one place and kind may follow each other, and hold on no day both', () => {
  expect(atOdds(until('2025-01-01'), NAT.replace('2024-02-01', '2025-01-01'))).toEqual([])
  expect(atOdds(NAT, NAT.replace('us-east-1', 'us-east-2'), NAT.replace('nat-processing', 'same-region'))).toEqual([])
  expect(atOdds(until('2025-01-02'), NAT.replace('2024-02-01', '2025-01-01'))).toEqual([
    'is for aws nat-processing us-east-1 from 2025-01-01, for which entries[0] in line 7 of aws.yaml holds from 2024-02-01 until 2025-01-02; keep one of the two on each day, or list the book over the other',
  ])
  expect(atOdds(NAT, NAT)[0]).toContain('holds from 2024-02-01 on; give that one until; keep one')
})

test('prices of one pool have the same tiers, and allowances of one pool are the same', () => {
  const of = (region: string, price: string, free = '') =>
    `kind: internet, region: ${region}, from: 2024-02-01, price: ${price}${free}`
  expect(atOdds(of('a', '1, pool: p'), of('b', '1.0, pool: p'))).toEqual([])
  expect(atOdds(of('a', '1, pool: p'), of('b', '2, pool: p'))).toEqual([
    'is counted in the pool "p" with entries[0] in line 7 of aws.yaml, whose tiers are others; give it a pool of its own',
  ])
  const free = (quantity: string) => `, free: { quantity: ${quantity}, pool: f }`
  expect(atOdds(of('a', '1', free('100')), of('b', '2', free('100.00')))).toEqual([])
  expect(atOdds(of('a', '1', free('100')), of('b', '2', free('90')))).toEqual([
    'has 90 GiB free in the pool "f", of which entries[0] in line 7 of aws.yaml says 100 GiB; make them the same, or give it a pool of its own',
  ])
})

test('of spans, exactly those with a day in common are at odds', () => {
  const day = fc.integer({ min: 1, max: 28 }).map((n) => `2026-01-${String(n).padStart(2, '0')}`)
  const span = fc
    .record({ from: day, until: fc.option(day, { nil: '' }) })
    .filter(({ from, until }) => until === '' || from < until)
  fc.assert(
    fc.property(span, span, (a, b) => {
      const entry = (one: { from: string; until: string }) =>
        NAT.replace('2024-02-01', one.from) + (one.until === '' ? '' : `, until: ${one.until}`)
      const days = Array.from({ length: 40 }, (_, n) => new Date(Date.UTC(2026, 0, n + 1)).toISOString().slice(0, 10))
      const holds = (one: { from: string; until: string }, on: string) =>
        one.from <= on && (one.until === '' || on < one.until)
      expect(atOdds(entry(a), entry(b)).length).toBe(days.some((on) => holds(a, on) && holds(b, on)) ? 1 : 0)
    }),
  )
})

test('the shortest text of a decimal means the same, and its shortest is itself', () => {
  const decimal = fc
    .tuple(fc.stringMatching(/^\d{1,15}$/), fc.stringMatching(/^\d{0,12}$/))
    .map(([whole, places]) => (places === '' ? whole : `${whole}.${places}`))
  fc.assert(
    fc.property(decimal, (text) => {
      expect(decimalProblem(text, { places: 12 })).toBeNull()
      const short = shortestDecimal(text)
      expect(decimalOf(short, 12)).toBe(decimalOf(text, 12))
      expect(shortestDecimal(short)).toBe(short)
      expect(short).toMatch(/^(0|[1-9]\d*)(\.\d*[1-9])?$/)
    }),
  )
})

test('the JSON Schema beside the code is the one the code makes, in which a price may be a number', async () => {
  const schema = priceBookJsonSchema()
  expect(JSON.parse(await readFile(join(root, 'price-book.schema.json'), 'utf8'))).toEqual(schema)
  expect(schema).toMatchObject({
    properties: { entries: { items: { properties: { price: { type: ['number', 'string'] } } } } },
  })
  expect(JSON.stringify(schema)).not.toContain('isDecimal')
})
