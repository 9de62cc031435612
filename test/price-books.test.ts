import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { exactOf } from '#core/bills/amount.ts'
import { billedBytes } from '#core/bills/quantity.ts'
import { decimalOf } from '#core/costs/money.ts'
import { type PriceEntry, UNIT_BYTES } from '#core/costs/prices.ts'
import type { PlacedEntry } from '../functions/price-book.ts'
import { readPriceBook, shippedBooks } from '../functions/price-books.ts'
import { entriesAtOdds, placeOfPrice } from '../functions/price-entry-mistakes.ts'

const TODAY = '2026-11-22' // when the books were last gone through
const names = await shippedBooks()
const books = await Promise.all(names.map((name) => readPriceBook(name, 'prices.yaml', TODAY)))
const placed: PlacedEntry[] = books.flatMap(({ entries }) => entries)
const prices = placed.map(({ entry }) => entry)

/** The one price with this id; an id says the provider, the kind, the place and the first day. */
function price(id: string): PriceEntry {
  const found = prices.filter((entry) => entry.id === id)
  if (found.length !== 1) throw new Error(`${found.length} prices have the id ${id}`)
  return found[0]
}

/** A price in a line: what of it is free, then what each further unit costs and up to which quantity of a month. */
function told(id: string): string {
  const { free, tiers, unit, bytes } = price(id)
  const steps = tiers.map(({ upTo, price }) => (upTo === '' ? price : `${price} to ${upTo}`))
  const allowance = free === null ? '' : `${free.quantity} free, `
  return `${allowance}${steps.join(', ')} per ${unit}${bytes === 'egress' ? '' : `, ${bytes}`}`
}

function regionsOf(provider: string, kind: PriceEntry['kind']): string[] {
  const found = prices.filter((entry) => entry.provider === provider && entry.kind === kind)
  return [...new Set(found.map(({ region }) => region))]
}

describe('all books', () => {
  test('are those of the three clouds, each named after its provider and in US dollars', () => {
    expect(names).toEqual(['aws', 'azure', 'gcp'])
    expect(books.map(({ currency }) => currency)).toEqual(['USD', 'USD', 'USD'])
    for (const { name, entries } of books) {
      expect(new Set(entries.map(({ entry }) => entry.provider))).toEqual(new Set([name]))
    }
  })

  test('have no two prices for one place and kind on a day, and one pool has the same tiers everywhere', () => {
    expect(entriesAtOdds(placed).map(({ placed: { entry }, message }) => `${entry.id} ${message}`)).toEqual([])
    expect(new Set(prices.map(({ id }) => id)).size).toBe(prices.length)
  })

  test('leave no hole between the first day of a place and kind and today', () => {
    const spans = Map.groupBy(prices, placeOfPrice)
    for (const entries of spans.values()) {
      const inOrder = entries.toSorted((a, b) => (a.from < b.from ? -1 : 1))
      const ends = inOrder.map(({ until }) => until)
      expect(ends.slice(0, -1)).toEqual(inOrder.slice(1).map(({ from }) => from))
      expect(ends.at(-1)).toBe('')
      expect(inOrder[0].from <= TODAY).toBe(true)
    }
  })

  test('say of every price where it was read, at an address that a browser opens, and when', () => {
    for (const { id, source, retrieved } of prices) {
      expect([id, source]).toEqual([id, expect.stringMatching(/^https:\/\/[a-z0-9.-]+\/[^\s,}]+$/)])
      expect(new URL(source).protocol).toBe('https:')
      expect([id, retrieved]).toEqual([id, expect.stringMatching(/^20\d\d-\d\d-\d\d$/)])
      expect(retrieved <= TODAY).toBe(true)
    }
  })

  test('have tiers that end ever later and cost ever less', () => {
    for (const { id, tiers } of prices) {
      const ends = tiers.slice(0, -1).map(({ upTo }) => Number(upTo))
      const costs = tiers.map(({ price }) => decimalOf(price, 12) ?? -1n)
      expect([id, ends.every((end, i) => end > (ends[i - 1] ?? 0))]).toEqual([id, true])
      expect([id, tiers.at(-1)?.upTo]).toEqual([id, ''])
      expect([id, costs.every((cost, i) => cost >= 0n && (i === 0 || cost < costs[i - 1]))]).toEqual([id, true])
    }
  })

  test('count gigabytes of 2^30 bytes, and never an allowance where nothing is charged', () => {
    for (const { id, kind, unit, free, tiers } of prices) {
      expect([id, unit]).toEqual([id, kind.endsWith('-hours') ? 'hour' : 'GiB'])
      if (tiers[0].price === '0') expect([id, tiers.length, free]).toEqual([id, 1, null])
    }
  })

  test('are read to the last price: none is lost between the file and the book', async () => {
    for (const { name, entries } of books) {
      const file = join(import.meta.dirname, '../functions/price-books', `${name}.yaml`)
      const { entries: written } = parse(await readFile(file, 'utf8')) as { entries: unknown[] }
      expect([name, entries.length]).toEqual([name, written.length])
    }
  })
})

describe('AWS', () => {
  // Data transfer out of EC2, list price: "first 10 TB / month data transfer out beyond the global free tier", and so on
  test.each([
    ['us-east-1', '100 free, 0.09 to 10240, 0.085 to 51200, 0.07 to 153600, 0.05 per GiB'],
    ['eu-west-1', '100 free, 0.09 to 10240, 0.085 to 51200, 0.07 to 153600, 0.05 per GiB'],
    ['eu-central-1', '100 free, 0.09 to 10240, 0.085 to 51200, 0.07 to 153600, 0.05 per GiB'],
    ['ap-southeast-1', '100 free, 0.12 to 10240, 0.085 to 51200, 0.082 to 153600, 0.08 per GiB'],
    ['ap-south-1', '100 free, 0.1093 to 10240, 0.085 to 51200, 0.082 to 153600, 0.08 per GiB'],
    ['sa-east-1', '100 free, 0.15 to 10240, 0.138 to 51200, 0.126 to 153600, 0.114 per GiB'],
  ])('charges %s to the internet by its own tiers', (region, line) => {
    expect(told(`aws internet ${region} 2024-09-25`)).toBe(line)
  })

  test('has one allowance of 100 GB over all regions, and tiers for each', () => {
    const internet = prices.filter(({ provider, kind }) => provider === 'aws' && kind === 'internet')
    expect(new Set(internet.map(({ free }) => free?.pool))).toEqual(new Set(['internet']))
    expect(new Set(internet.map(({ pool }) => pool)).size).toBe(internet.length)
  })

  test('has prices from each region to each other one, dearest from São Paulo, and half between the two of the US East', () => {
    const regions = regionsOf('aws', 'internet')
    const pairs = prices.filter(({ provider, kind }) => provider === 'aws' && kind === 'cross-region')
    expect(pairs).toHaveLength(regions.length * (regions.length - 1))
    expect(told('aws cross-region us-east-1 to us-east-2 2022-11-01')).toBe('0.01 per GiB')
    expect(told('aws cross-region us-east-1 to eu-west-1 2022-11-01')).toBe('0.02 per GiB')
    expect(told('aws cross-region ap-southeast-1 to us-east-1 2022-11-01')).toBe('0.09 per GiB')
    expect(told('aws cross-region sa-east-1 to us-east-1 2022-11-01')).toBe('0.138 per GiB')
  })

  test('charges NAT for both directions, at the price of its hour', () => {
    expect(told('aws nat-processing us-east-1 2024-07-01')).toBe('0.045 per GiB, both')
    expect(told('aws nat-hours us-east-1 2024-07-01')).toBe('0.045 per hour')
    expect(told('aws nat-processing eu-central-1 2026-09-05')).toBe('0.052 per GiB, both')
    const hourly = new Map(
      prices.filter(({ kind }) => kind === 'nat-hours').map((entry) => [`${entry.provider} ${entry.region}`, entry]),
    )
    for (const { provider, kind, region, tiers } of prices) {
      if (provider === 'aws' && kind === 'nat-processing') expect(tiers).toEqual(hourly.get(`aws ${region}`)?.tiers)
    }
  })

  test('charges nothing for gateway endpoints of S3 and DynamoDB, and 1 cent to the petabyte for interface endpoints', () => {
    expect(told('aws endpoint-processing us-east-1 gateway s3 2024-10-18')).toBe('0 per GiB, both')
    expect(told('aws endpoint-processing us-east-1 gateway dynamodb 2024-10-18')).toBe('0 per GiB, both')
    expect(told('aws endpoint-processing us-east-1 interface 2024-10-18')).toBe(
      '0.01 to 1048576, 0.006 to 5242880, 0.004 per GiB, both',
    )
    expect(told('aws endpoint-hours us-east-1 interface 2024-10-18')).toBe('0.01 per hour')
    expect(told('aws endpoint-hours eu-west-1 interface 2026-05-01')).toBe('0.011 per hour')
  })

  test('charges a cent for each direction between zones, and nothing to services of the same region', () => {
    expect(told('aws cross-zone eu-west-1 2024-09-25')).toBe('0.01 per GiB, both')
    expect(told('aws same-region eu-west-1 2024-09-25')).toBe('0 per GiB')
  })
})

describe('Google Cloud', () => {
  test('charges Premium by where it goes, with 1 GiB free from North America alone', () => {
    expect(told('gcp internet us-central1 premium 2024-11-07')).toBe(
      '1 free, 0.12 to 1023, 0.11 to 10239, 0.08 per GiB',
    )
    expect(told('gcp internet europe-west3 premium 2024-11-07')).toBe('0.12 to 1024, 0.11 to 10240, 0.085 per GiB')
    expect(told('gcp internet europe-west3 premium to australia 2024-11-07')).toBe(
      '0.19 to 1024, 0.18 to 10240, 0.15 per GiB',
    )
    expect(told('gcp internet us-central1 premium to china 2024-11-07')).toBe(
      '0.23 to 1024, 0.22 to 10240, 0.2 per GiB',
    )
  })

  test('charges Standard by where it leaves: with its 200 GiB its tiers end at 10240 and 153600', () => {
    expect(told('gcp internet us-central1 standard 2026-08-20')).toBe(
      '200 free, 0.085 to 10040, 0.065 to 153400, 0.045 per GiB',
    )
    expect(told('gcp internet asia-southeast1 standard 2026-08-20')).toBe(
      '200 free, 0.11 to 10040, 0.075 to 153400, 0.07 per GiB',
    )
  })

  test('names the tier of the network wherever it charges the internet, and nowhere else', () => {
    for (const { id, provider, kind, tier } of prices) {
      if (provider === 'gcp') expect([id, tier !== '']).toEqual([id, kind === 'internet'])
    }
  })

  test('charges NAT for both directions', () => {
    expect(told('gcp nat-processing europe-west1 2025-03-06')).toBe('0.045 per GiB, both')
  })
})

describe('Azure', () => {
  test('charges the internet by zones, which share an allowance of 100 GB: with it their tiers end at 10335, 51295 and 153695', () => {
    expect(told('azure internet eastus 2026-09-06')).toBe(
      '100 free, 0.087 to 10235, 0.083 to 51195, 0.07 to 153595, 0.05 per GiB',
    )
    expect(told('azure internet southeastasia 2026-09-06')).toBe(
      '100 free, 0.12 to 10235, 0.085 to 51195, 0.082 to 153595, 0.08 per GiB',
    )
    expect(price('azure internet eastus 2026-09-06').pool).toBe(price('azure internet westeurope 2026-09-06').pool)
    expect(price('azure internet eastus 2026-09-06').pool).not.toBe(
      price('azure internet southeastasia 2026-09-06').pool,
    )
  })

  test('charges 2 cents from region to region of a continent, and nothing between zones', () => {
    expect(told('azure cross-region northeurope to westeurope 2022-05-22')).toBe('0.02 per GiB')
    expect(told('azure cross-zone westeurope 2023-08-16')).toBe('0 per GiB')
  })

  test('charges NAT and private endpoints alike everywhere', () => {
    expect(told('azure nat-processing westeurope 2024-07-01')).toBe('0.045 per GiB, both')
    expect(told('azure nat-hours southeastasia 2024-07-01')).toBe('0.045 per hour')
    expect(told('azure endpoint-processing eastus interface 2024-07-01')).toBe(
      '0.01 to 1000000, 0.006 to 5000000, 0.004 per GiB, both',
    )
  })
})

test.each(['aws', 'azure'])('a GB on a bill of %s is as many bytes as in its price book', (provider) => {
  const units = new Set(prices.filter((entry) => entry.provider === provider).map(({ unit }) => unit))
  const sizes = [...units].flatMap((unit) => (unit === 'hour' ? [] : [BigInt(UNIT_BYTES[unit])]))
  expect(sizes).toEqual([billedBytes(exactOf('1') as bigint, 'GB', provider)])
})
