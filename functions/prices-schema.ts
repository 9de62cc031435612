/** The keys of the file of prices: which there are, what each may hold and what it is when left out. One value at a time. */
import * as z from 'zod'
import { TRANSFER_KINDS } from '#core/costs/prices.ts'
import { checked } from './checked.ts'
import { destinationProblem } from './checked-texts.ts'
import { pathProblem } from './config-values.ts'
import { decimal, decimalJsonSchema } from './price-book-schema.ts'
import {
  currencyProblem,
  decimalProblem,
  monthProblem,
  overheadProblem,
  placeProblem,
  poolProblem,
  providerProblem,
  QUANTITY_PLACES,
} from './price-values.ts'

export const MAX_RULES = 5_000
export const MAX_OTHER_TRAFFIC = 5_000
const MAX_BOOKS = 50

const ruleSchema = z.strictObject({
  host: checked(destinationProblem, "a host, '*.' before one for any depth below it, an address or a range"),
  provider: checked(providerProblem, 'who runs it: aws, gcp, azure').optional(),
  region: checked(placeProblem, "the provider's own name of its region").optional(),
  kind: z
    .enum(TRANSFER_KINDS, `must be ${TRANSFER_KINDS.join(', ')}`)
    .describe(`in place of provider and region, what it is charged as: ${TRANSFER_KINDS.join(', ')}`)
    .optional(),
  area: checked(placeProblem, 'of the world, where a book prices the internet by it, such as china').optional(),
})

const otherTrafficSchema = z.strictObject({
  provider: checked(providerProblem, 'the provider that charges it'),
  pool: checked(poolProblem, 'the pool of tiers or of an allowance that it is counted in, such as internet us-east-1'),
  month: checked(monthProblem, 'the month, YYYY-MM; every month that has no line of its own when left out').optional(),
  quantity: decimal(
    (value) => decimalProblem(value, { places: QUANTITY_PLACES }),
    'what is sent in a month besides the meshes',
  ),
  unit: z.enum(['GB', 'GiB'], 'must be GB or GiB').describe('GB (10^9 bytes) or GiB (2^30)'),
  payer: checked(placeProblem, 'who is charged, as targets name it').optional(),
})

const bookName = checked(pathProblem, 'a book that ships with wharfage, by its name, or a file in YAML or CSV')

const rankedBookSchema = z.strictObject({
  book: bookName,
  over: z
    .array(bookName)
    .min(1, 'is empty; name a book, or write the book alone')
    .max(MAX_BOOKS, `must have at most ${MAX_BOOKS} books`)
    .describe('books before it whose prices give way to those that it has'),
})

export const pricesSchema = z.strictObject({
  currency: checked(currencyProblem, 'the currency of all prices, such as USD'),
  overheadFactor: decimal(
    overheadProblem,
    'what is charged for a byte that the proxies saw: 1 or more, for the overhead of TLS and TCP',
  ).default('1'),
  books: z
    .array(z.union([bookName, rankedBookSchema]))
    .min(1, 'is empty; name at least one')
    .max(MAX_BOOKS, `must have at most ${MAX_BOOKS} books`)
    .describe('the price books, by their names or files'),
  rules: z
    .array(ruleSchema)
    .max(MAX_RULES, `must have at most ${MAX_RULES} rules`)
    .describe('where hosts are, for those that the register does not place')
    .default([]),
  otherTraffic: z
    .array(otherTrafficSchema)
    .max(MAX_OTHER_TRAFFIC, `must have at most ${MAX_OTHER_TRAFFIC} lines`)
    .describe("the payers' other traffic, which enters a month before the first byte of the meshes")
    .default([]),
})

export type PricesData = z.output<typeof pricesSchema>

/** The books by their names, each with those that give way to it. */
export function booksOf({ books }: PricesData): { name: string; over: readonly string[] }[] {
  return books.map((one) => (typeof one === 'string' ? { name: one, over: [] } : { name: one.book, over: one.over }))
}

/** The JSON Schema of the file, for editors; what only loadPrices can check is left to it. */
export function pricesJsonSchema(): Record<string, unknown> {
  return decimalJsonSchema(pricesSchema, 'Wharfage prices')
}
