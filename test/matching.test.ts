import type { SearchIndex } from '#core/reports/search.ts'
import { matchesOf } from '../site/src/matching.ts'
import { sampleSearch } from './samples/history.ts'

const destination = (host: string, last = '2026-11-20'): SearchIndex['entries'][number] => [
  'destination',
  host,
  'prod-eu',
  last,
  `destinations/${host}/`,
]
const workload = (name: string, namespace: string): SearchIndex['entries'][number] => [
  'workload',
  name,
  `prod-eu, ${namespace}`,
  '2026-11-20',
  `workloads/prod-eu/${namespace}/${name}/`,
]

const index: SearchIndex = {
  schema: 1,
  firstDay: '2024-02-27',
  lastDay: '2026-11-20',
  entries: [
    destination('api.stripe.com'),
    destination('storage.googleapis.com'),
    destination('stripe.example'),
    destination('pinstripe.example'),
    destination(''),
    workload('checkout-v1', 'shop'),
    workload('backup', 'shop'),
    workload('friday-report', 'batch'),
  ],
  left: 0,
}
const textsOf = (query: string) => matchesOf(index, query).map(({ text }) => text)
const addressesOf = (query: string) => matchesOf(index, query).map(({ address }) => address)

describe('names', () => {
  test('that begin with the words come first, then those with a part that does, then the others', () => {
    expect(textsOf('stripe')).toEqual(['stripe.example', 'api.stripe.com', 'pinstripe.example'])
  })

  test.each([
    ['whatever the case', 'STRIPE.EX', ['stripe.example', 'pinstripe.example']],
    ['by all words, in any order', 'com api', ['api.stripe.com', 'storage.googleapis.com']],
    ['by what tells them from their namesakes', 'back shop', ['backup']],
    ['by namespace alone', 'shop', ['checkout-v1', 'backup']],
    ['when they have none', 'unknown', ['unknown hosts']],
    ['not at all', 'nothing-like-it', []],
    ['of no word', '   ', []],
  ])('are found %s: %s', (_, query, expected) => {
    expect(textsOf(query)).toEqual(expected)
  })

  test('lead to their pages', () => {
    expect(addressesOf('checkout')).toEqual(['workloads/prod-eu/shop/checkout-v1/'])
  })
})

describe('days and months', () => {
  test.each([
    ['a whole date', '2026-11-18', ['days/2026-11-18/']],
    ['a day and a month in words', '20 nov 2026', ['days/2026-11-20/']],
    ['the same in another order', 'november 20, 2026', ['days/2026-11-20/']],
    ['a day of some years', '29 feb', ['days/2024-02-29/']],
    [
      'the beginning of a date',
      '2024-02',
      ['months/2024-02/', 'days/2024-02-29/', 'days/2024-02-28/', 'days/2024-02-27/'],
    ],
    ['a day before the ledger', '2024-02-26', []],
    ['a day after it', '2026-11-21', []],
    ['a day no calendar has', '31 nov', []],
    ['too little of a name', '20 no', []],
  ])('are found by %s: %s', (_, query, expected) => {
    expect(addressesOf(query)).toEqual(expected)
  })

  test('of a weekday the newest come first, few enough to leave room for names', () => {
    expect(textsOf('friday')).toEqual([
      'Friday, 20 November 2026',
      'Friday, 13 November 2026',
      'Friday, 6 November 2026',
      'Friday, 30 October 2026',
      'Friday, 23 October 2026',
      'friday-report',
    ])
  })

  test('a month comes before its days', () => {
    expect(addressesOf('2026-11').slice(0, 3)).toEqual(['months/2026-11/', 'days/2026-11-20/', 'days/2026-11-19/'])
    expect(addressesOf('2026-11')).toHaveLength(12)
  })

  test('of a year come its three newest months, and then its days', () => {
    expect(addressesOf('2025').slice(0, 4)).toEqual([
      'months/2025-12/',
      'months/2025-11/',
      'months/2025-10/',
      'days/2025-12-31/',
    ])
  })
})

test('of an index without a day nothing is found and nothing fails', () => {
  expect(matchesOf({ schema: 1, firstDay: '', lastDay: '', entries: [], left: 0 }, 'nov')).toEqual([])
})

test('every match of the sample leads to an address of the index, a day or a month', () => {
  const sample = sampleSearch()
  const addresses = new Set(sample.entries.map(([, , , , address]) => address))
  for (const { kind, address } of matchesOf(sample, 'e')) {
    expect([kind, addresses.has(address)]).toEqual([kind, true])
  }
})
