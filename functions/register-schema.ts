/** The register's keys: which there are, what each may hold and what it is when left out. One value at a time. */
import * as z from 'zod'
import { PROTOCOLS } from '#core/flow.ts'
import { countryProblem } from '#core/register/countries.ts'
import { SOURCE_FORM } from '#core/register/source.ts'
import { checked } from './checked.ts'
import { dateProblem, destinationProblem, emptyProblem, sourceProblem, wordsProblem } from './checked-texts.ts'

/** More are no register that anybody could review, and would take long to be compared with each other. */
export const MAX_ENTRIES = 5_000
export const MAX_RULES = 200
export const MAX_RULE_SOURCES = 100
const MAX_SOURCES = 500

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/
const TAG = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,62}$/
const PLACE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._&()/-]{0,79}$/u

/** A text of people's, '' when left out. */
const words = (what: string, atMost: number) => checked((value) => wordsProblem(value, atMost), what).default('')
const date = (what: string) => checked(dateProblem, `${what}, YYYY-MM-DD`)
/** What may be left out, or left empty for somebody to fill in. */
const orEmpty = (problem: (value: string) => string | null, what: string) =>
  checked((value) => (value === '' ? null : problem(value)), what).default('')
const dateOrEmpty = (what: string) => orEmpty(dateProblem, `${what}, YYYY-MM-DD`)
const unique = (what: string) => [(values: readonly unknown[]) => new Set(values).size === values.length, what] as const
const name = (what: string) =>
  z.string().regex(NAME, 'must be 1 to 80 letters, digits, dots, hyphens and underscores').describe(what)
const from = (what: string, atMost: number) =>
  z
    .array(checked(sourceProblem, SOURCE_FORM))
    .min(1, "is empty; name at least one source, or '*' for all")
    .max(atMost, `must have at most ${atMost} sources; name namespaces, or use * for a part`)
    .refine(...unique('names a source twice'))
    .describe(`${what}: ${SOURCE_FORM}`)

const reviewSchema = z.strictObject({
  on: date('the day of the review'),
  by: checked((value) => wordsProblem(value, 200) ?? emptyProblem(value), 'who reviewed it'),
  note: words('what the review found', 1000),
})

const entrySchema = z.strictObject({
  name: name("the entry's name, which no other has"),
  destination: checked(
    destinationProblem,
    "the destination: a host, '*.' before one for any depth below it, an address, a range, or '(unknown)'",
  ),
  ports: z
    .array(z.int('must be a whole number').min(1, 'must be a port').max(65_535, 'must be a port'))
    .refine(...unique('names a port twice'))
    .describe('ports; any when left out')
    .default([]),
  protocols: z
    .array(
      z.enum(PROTOCOLS, `must be ${PROTOCOLS.join(', ')}, as proxies tell it; what the application encrypts is tcp`),
    )
    .refine(...unique('names a protocol twice'))
    .describe('protocols: http, grpc, tcp; any when left out')
    .default([]),
  from: from('who may call it', MAX_SOURCES),
  owner: words('who answers for it', 200),
  need: words('the business need', 1000),
  approvedBy: words('who approved it', 200),
  approvedOn: dateOrEmpty('the day on which it was approved'),
  ticket: words('where the approval is kept', 500),
  reviews: z.array(reviewSchema).describe('its reviews, oldest first').default([]),
  reviewBy: dateOrEmpty('the day by which it must be reviewed; six months after the last review when left out'),
  expires: dateOrEmpty('the first day on which it no longer holds'),
  dataClass: words('the class of the data that is sent', 200),
  provider: orEmpty(placeProblem, 'who runs the destination'),
  country: orEmpty(countryProblem, 'the country, a two-letter code of ISO 3166-1'),
  region: orEmpty(placeProblem, "the provider's own name of the region"),
  tags: z
    .array(z.string().regex(TAG, 'must be a plain word of at most 63 characters').describe('a word such as cde'))
    .refine(...unique('names a tag twice'))
    .describe('words to find it by, such as cde')
    .default([]),
})

const residencySchema = z.strictObject({
  name: name("the rule's name, which no other has"),
  from: from('of whom it is', MAX_RULE_SOURCES),
  countries: z
    .array(checked(countryProblem, 'a two-letter code of ISO 3166-1'))
    .refine(...unique('names a country twice'))
    .describe('countries that may be sent to')
    .default([]),
  regions: z
    .array(checked(placeProblem, "a provider's own name of a region"))
    .refine(...unique('names a region twice'))
    .describe('regions that may be sent to')
    .default([]),
})

export const registerSchema = z.strictObject({
  entries: z
    .array(entrySchema)
    .max(MAX_ENTRIES, `must have at most ${MAX_ENTRIES} entries`)
    .describe('what may be called outside, one entry each')
    .default([]),
  residency: z
    .array(residencySchema)
    .max(MAX_RULES, `must have at most ${MAX_RULES} rules`)
    .describe('where namespaces may send to')
    .default([]),
})

/** What a register's keys hold, defaults filled in. */
export type RegisterData = z.output<typeof registerSchema>

/** The JSON Schema of the file, for editors; what only loadRegister can check is left to it. */
export function registerJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(registerSchema, { io: 'input' })
  return { $schema, title: 'Wharfage egress register', ...schema }
}

function placeProblem(value: string): string | null {
  return PLACE_NAME.test(value) ? null : 'must be a plain name of at most 80 characters'
}
