/** Price books in CSV, in the columns of FOCUS's SKU Price: what is read, and what is said of what cannot be. */
import fc from 'fast-check'
import { formatCsv } from '#core/csv.ts'
import { parseCsvBook } from '../functions/price-book-csv.ts'
import { ConfigError } from '../functions/strict-file.ts'

const COLUMNS =
  'ServiceProviderName,PricingCurrency,PricingRegionId,PricingUnit,UnitPrice,QuantityTierMinimum,QuantityTierMaximum,SkuId,SkuPriceId,SkuPriceEffectiveStart,SkuPriceEffectiveEnd,x_Kind,x_Bytes,x_FreeQuantity,x_FreePool,x_Source,x_Retrieved'
const TIERS = [
  'Amazon Web Services,USD,us-east-1,GiB,0.05,51200,,EGRESS,EGRESS-3,2026-01-01T00:00:00Z,,internet,,100,internet,contract 2026-17,2026-05-01',
  'Amazon Web Services,USD,us-east-1,GiB,0.09,0,10240,EGRESS,EGRESS-1,2026-01-01T00:00:00Z,,internet,,100,internet,contract 2026-17,2026-05-01',
  'Amazon Web Services,USD,us-east-1,GiB,0.085,10240,51200,EGRESS,EGRESS-2,2026-01-01T00:00:00Z,,internet,,100,internet,contract 2026-17,2026-05-01',
]
const NAT =
  'AWS,USD,us-east-1,Hours,0.045,0,,NAT,NAT-1,,2026-07-01T00:00:00Z,nat-hours,,,,https://aws.example/nat,2026-05-01'
const list = (...rows: string[]) => `${[COLUMNS, ...rows].join('\r\n')}\r\n`

const parse = (source: string) => parseCsvBook(source, { name: './list.csv', file: 'list.csv', today: '2026-11-22' })
const said = (source: string): string => {
  try {
    parse(source)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}

test('rows that are tiers of one price are one, in the order of their quantities, and no start is the beginning of time', () => {
  const { currency, entries } = parse(list(...TIERS, NAT))
  expect(currency).toBe('USD')
  expect(entries.map(({ line }) => line)).toEqual([2, 5])
  expect(entries.map(({ entry }) => entry)).toEqual([
    {
      ...{ id: 'aws internet us-east-1 2026-01-01', book: './list.csv', provider: 'aws', kind: 'internet' },
      ...{ region: 'us-east-1', tier: '', to: '', service: '', endpoint: '', bytes: 'egress', unit: 'GiB' },
      ...{ from: '2026-01-01', until: '', free: { quantity: '100', pool: 'internet' } },
      tiers: [
        { upTo: '10240', price: '0.09' },
        { upTo: '51200', price: '0.085' },
        { upTo: '', price: '0.05' },
      ],
      ...{ pool: 'internet us-east-1', source: 'contract 2026-17', retrieved: '2026-05-01' },
    },
    expect.objectContaining({
      ...{ id: 'aws nat-hours us-east-1 1970-01-01', unit: 'hour', tiers: [{ upTo: '', price: '0.045' }] },
      ...{ from: '1970-01-01', until: '2026-07-01' },
    }),
  ])
})

test('a price list with line feeds, a byte order mark, quotes and rows of other things is read too', () => {
  const storage = 'AWS,USD,us-east-1,GB-Months,0.023,0,,S3,S3-1,,,,,,,"first, 50 TB\nof ""standard""",2026-05-01'
  const { entries } = parse(`\ufeff${[COLUMNS, storage, NAT].join('\n')}`)
  expect(entries).toMatchObject([{ line: 4, entry: { kind: 'nat-hours' } }])
})

// A row in which one thing is wrong.
test.each([
  [
    NAT.replace('0.045', '4.5E-2'),
    '2:1 UnitPrice: must be a decimal of 0 or more with at most 12 places, not "4.5E-2"',
  ],
  [NAT.replace('0.045', '-1'), '2:1 UnitPrice: must be a decimal of 0 or more'],
  [NAT.replace('0.045', ''), '2:1 UnitPrice: must be a decimal of 0 or more with at most 12 places, not ""'],
  [NAT.replace('Hours', 'GB'), '2:1 PricingUnit: is "GB" for nat-hours, which are charged by the hour'],
  [NAT.replace('Hours', 'Requests'), '2:1 PricingUnit: must be GB, GiB or hour, not "Requests"'],
  [NAT.replace('nat-hours', 'NAT'), '2:1 x_Kind: must be internet, cross-region'],
  [NAT.replace('07-01T00', '07-01T05'), '2:1 SkuPriceEffectiveEnd: must be a day of the calendar'],
  [NAT.replace('us-east-1', ''), '2:1 PricingRegionId: is missing; give the region'],
  [
    NAT.replace('USD', 'Credits'),
    '2:1 PricingCurrency: must be the code of a currency by ISO 4217, such as USD, not "Credits"',
  ],
  [NAT.replace('2026-05-01', '2027-05-01'), '2:1 x_Retrieved: is 2027-05-01, which is yet to come'],
  [NAT.replace('AWS', 'Ȯcean Cloud'), '2:1 ServiceProviderName: must be 1 to 40 characters of a-z'],
  [TIERS[0].replace('100,internet,contract', '100,,contract').replace('51200', '0'), '2:1 x_FreePool: is missing'],
  [NAT.replace(',0,,NAT,', ',10,,NAT,'), '2:1 QuantityTierMinimum: is 10, and the first tier begins at 0'],
])('of the row %s it is said: %s', (row, what) => {
  expect(said(list(row))).toContain(what)
})

test('tiers with a gap, or without an end, are told with the lines of both', () => {
  expect(said(list(TIERS[0], TIERS[1]))).toBe(
    'price list list.csv has a mistake:\n  2:1 QuantityTierMinimum: is 51200, and the tier in line 3 ends at 10240; tiers follow each other without a gap',
  )
  expect(said(list(TIERS[1]))).toContain('2:1 QuantityTierMaximum: is "10240" of the last tier')
})

test('rows of two currencies are refused, and so is a file that is no price list', () => {
  expect(said(list(NAT, TIERS[1].replace('USD', 'EUR')))).toContain(
    '3:1 PricingCurrency: is "EUR", and line 2 is in "USD"; keep the rows of one currency',
  )
  expect(said('')).toContain('1:1 the file is empty')
  expect(said('a,b\n1,2\n')).toContain(
    '1:1 has not the columns ServiceProviderName, PricingCurrency, PricingRegionId, PricingUnit, UnitPrice, SkuPriceEffectiveStart, SkuPriceEffectiveEnd, x_Kind, x_Source, x_Retrieved; add them',
  )
  expect(said(list('AWS,USD'))).toContain('2:1 has 2 cells, and the header has 17; is the file cut off?')
  expect(said(list(NAT.replace('https', '"https')))).toContain('2:1 csv record 2 ends within quotes')
  expect(said(list().replace('SkuId', 'x_Kind'))).toContain('1:1 has the column "x_Kind" twice')
  expect(said(list(NAT.replace('nat-hours', '')))).toContain('1:1 has no row with x_Kind')
})

test('tells the line on which a row begins, whatever its cells and the lines before it hold', () => {
  const cell = fc.stringMatching(/^[a-z][a-z,"\n ]{0,5}$/)
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 6 }), fc.nat(3), (cells, blank) => {
      const before = formatCsv(
        ['k', 'v'],
        cells.map((cell) => [cell, cell]),
      )
        .replaceAll('\r\n', '\n')
        .split('\n')
        .slice(1)
      const quoted = `"${before.join('\n').replaceAll('"', '""')}"`
      const wrong = NAT.replace('0.045', 'x')
      const source = `${list(NAT.replace('nat-hours', '').replace('NAT-1', quoted))}${'\n'.repeat(blank)}${wrong}`
      const line = source.split('\n').indexOf(wrong) + 1
      expect(said(source)).toContain(`  ${line}:1 UnitPrice: `)
    }),
  )
})
