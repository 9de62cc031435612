/** A price book's keys: which there are, what each may hold and what it is when left out. One value at a time. */
import * as z from 'zod'
import { PRICE_KINDS } from '#core/costs/prices.ts'
import { checked } from './checked.ts'
import { dateProblem } from './checked-texts.ts'
import {
  currencyProblem,
  decimalProblem,
  PRICE_PLACES,
  placeProblem,
  poolProblem,
  providerProblem,
  QUANTITY_PLACES,
  sourceOfPriceProblem,
  tierProblem,
} from './price-values.ts'

/** More than any cloud's prices of transfer, for every pair of its regions. */
export const MAX_ENTRIES = 10_000
const MAX_TIERS = 50

/** Read as a text, so that it is what was written; in the file a number will do. */
export const decimal = (problem: (value: string) => string | null, what: string) =>
  checked(problem, what).meta({ isDecimal: true })
const quantity = (what: string) => decimal((value) => decimalProblem(value, { places: QUANTITY_PLACES }), what)
const price = (what: string) => decimal((value) => decimalProblem(value, { places: PRICE_PLACES }), what)
const choice = <const T extends readonly string[]>(values: T, what: string) =>
  z.enum(values, `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`).describe(what)
const unit = (what: string) => choice(['GB', 'GiB', 'hour'], what)
const source = checked(sourceOfPriceProblem, 'the address where the prices were read')
const retrieved = checked(dateProblem, 'the day on which they were read, YYYY-MM-DD')

const tierSchema = z.strictObject({
  upTo: quantity('the end of the tier in units of a month, inclusive; the last has none').optional(),
  price: price('the price of a unit, in the currency'),
})

export const entrySchema = z.strictObject({
  kind: choice(PRICE_KINDS, `what is charged: ${PRICE_KINDS.join(', ')}`),
  region: checked(placeProblem, 'the region from which it leaves, or where the gateway or endpoint is'),
  tier: checked(tierProblem, "of transfers: the tier of the provider's network, where it has several").optional(),
  to: checked(placeProblem, 'of cross-region: the region it goes to; of internet: the area of the world').optional(),
  service: checked(placeProblem, 'of an endpoint: its service, where the price is not for all').optional(),
  endpoint: choice(['gateway', 'interface'], 'of an endpoint: its type, gateway or interface').optional(),
  bytes: choice(['egress', 'ingress', 'both'], 'which bytes are charged: egress, ingress or both').optional(),
  unit: unit('what the price is for: GB, GiB or hour').optional(),
  from: checked(dateProblem, 'the first day for which it holds, YYYY-MM-DD'),
  until: checked(dateProblem, 'the first day for which it no longer holds, YYYY-MM-DD').optional(),
  free: z
    .strictObject({
      quantity: quantity('units that are free in a month'),
      pool: checked(poolProblem, 'what shares the allowance: prices that name the same pool'),
    })
    .describe('what is free in a month, before any tier')
    .optional(),
  price: price('the price of a unit, where there are no tiers').optional(),
  tiers: z
    .array(tierSchema)
    .min(1, 'is empty; give at least one')
    .max(MAX_TIERS, `must have at most ${MAX_TIERS} tiers`)
    .describe('prices by the quantity of a month, in order')
    .optional(),
  pool: checked(poolProblem, 'what is counted together for the tiers: prices that name the same pool').optional(),
  source: source.optional(),
  retrieved: retrieved.optional(),
})

export const bookSchema = z.strictObject({
  provider: checked(providerProblem, 'whose prices these are: aws, gcp, azure, or another name that targets give'),
  currency: checked(currencyProblem, 'the currency of all prices, such as USD'),
  unit: unit('the unit of entries that name none: GB (10^9 bytes), GiB (2^30) or hour').optional(),
  source: source.optional(),
  retrieved: retrieved.optional(),
  entries: z
    .array(entrySchema)
    .min(1, 'is empty; give at least one')
    .max(MAX_ENTRIES, `must have at most ${MAX_ENTRIES} entries`)
    .describe('the prices, one entry each'),
})

export type EntryData = z.output<typeof entrySchema>

/** The JSON Schema of the file, for editors; what only reading it can check is left to that. */
export function priceBookJsonSchema(): Record<string, unknown> {
  return decimalJsonSchema(bookSchema, 'Wharfage price book')
}

/** A JSON Schema in which decimals may be numbers too. */
export function decimalJsonSchema(schema: z.ZodType, title: string): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      const { isDecimal } = jsonSchema
      delete jsonSchema.isDecimal
      if (isDecimal === true) Object.assign(jsonSchema, { type: ['number', 'string'] })
    },
  })
  return { $schema, title, ...rest }
}
