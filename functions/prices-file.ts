/** The file of prices with the books that it names: what is charged, and where hosts are. Kept in Git, read strictly. */

import type { OtherTraffic, PriceEntry, PriceRule, Prices, TargetPlace } from '#core/costs/prices.ts'
import { compareText } from '#core/order.ts'
import { spelt } from './checked-texts.ts'
import type { Mistake } from './mistakes.ts'
import type { PlacedEntry } from './price-book.ts'
import { readPriceBook, shippedBooks } from './price-books.ts'
import { entriesAtOdds } from './price-entry-mistakes.ts'
import { pricesInForce } from './price-precedence.ts'
import { shortestDecimal } from './price-values.ts'
import { mistakesWithBooks, pricesContradictions, unknownBooks } from './prices-mistakes.ts'
import { booksOf, type PricesData, pricesJsonSchema, pricesSchema } from './prices-schema.ts'
import { ConfigError, formatPath, readStrictFile, type StrictFormat, type StrictText } from './strict-file.ts'

const FORMAT: StrictFormat<typeof pricesSchema> = {
  noun: 'file of prices',
  maxBytes: 1_000_000, // five thousand rules
  whenMissing: 'write one, or take prices out of the configuration',
  schema: pricesSchema,
  scalars: 'texts',
  jsonSchema: pricesJsonSchema,
  contradictions: pricesContradictions,
}

/** All that a file of prices and its books say, whatever targets there are. */
export interface PriceFiles {
  file: string
  currency: string
  overheadFactor: string
  rules: PriceRule[]
  otherTraffic: OtherTraffic[]
  entries: PriceEntry[] // of all books
}

/** Mistakes of more files than one. */
export class PricesError extends Error {
  readonly errors: readonly ConfigError[]

  constructor(errors: readonly ConfigError[]) {
    super(errors.map(({ message }) => message).join('\n'))
    this.name = 'PricesError'
    this.errors = errors
  }
}

/**
 * Reads a file of prices and its books; `today` (YYYY-MM-DD) is the latest day that has begun anywhere. Throws a PricesError
 * with all that is wrong in any of them, or between them.
 */
export async function readPrices(path: string, today: string): Promise<PriceFiles> {
  const text = await readingOne(() => readStrictFile(path, FORMAT))
  const { data } = text
  const unknown = unknownBooks(data, await shippedBooks())
  if (unknown.length > 0) throw new PricesError([placed(path, unknown, text)])
  const named = booksOf(data)
  const read = await Promise.allSettled(named.map(({ name }) => readPriceBook(name, path, today)))
  const errors = read.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  const unexpected = errors.find((error) => !(error instanceof ConfigError))
  if (unexpected !== undefined) throw unexpected
  if (errors.length > 0) throw new PricesError(errors as ConfigError[])
  const books = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const inForce = pricesInForce(books.map((book, i) => ({ book, over: named[i].over })))
  const mistakes = mistakesWithBooks(data, books)
  const atOdds = [...(mistakes.length === 0 ? [] : [placed(path, mistakes, text)]), ...pricesAtOdds(inForce)]
  if (atOdds.length > 0) throw new PricesError(atOdds)
  return { file: path, ...toPrices(text), entries: inForce.map(({ entry }) => entry) }
}

/** What is declared of prices for these targets: of the books, only what they can be charged. */
export function pricesFor(
  { currency, overheadFactor, rules, otherTraffic, entries }: Omit<PriceFiles, 'file'>,
  targets: Readonly<Record<string, TargetPlace>>,
): Prices {
  const places = Object.values(targets)
  return {
    currency,
    overheadFactor,
    targets: Object.fromEntries(Object.entries(targets).sort(([a], [b]) => compareText(a, b))),
    rules,
    entries: entries.filter((entry) => places.some((place) => isPriceOf(entry, place))),
    otherTraffic,
  }
}

/** True when what leaves a place may be charged by an entry. Without a tier of its own, one holds for all tiers. */
export function isPriceOf({ provider, region, tier }: PriceEntry, place: TargetPlace): boolean {
  return provider === place.provider && region === place.region && (tier === '' || tier === place.tier)
}

function toPrices({ data, lineOf }: StrictText<PricesData>): Omit<PriceFiles, 'file' | 'entries'> {
  const { currency, overheadFactor, rules, otherTraffic } = data
  return {
    currency,
    overheadFactor: shortestDecimal(overheadFactor),
    rules: rules.map(({ host, provider = '', region = '', kind, area = '' }, i): PriceRule => {
      return { host: spelt(host), provider, region, kind: kind ?? '', area, line: lineOf(['rules', i]) }
    }),
    otherTraffic: otherTraffic.map(({ provider, pool, month = '', quantity, unit, payer = '' }, i) => {
      const line = lineOf(['otherTraffic', i])
      return { payer, provider, pool, month, quantity: shortestDecimal(quantity), unit, line }
    }),
  }
}

async function readingOne<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw error instanceof ConfigError ? new PricesError([error]) : error
  }
}

function placed(path: string, mistakes: readonly Mistake[], { placeOf }: StrictText<PricesData>): ConfigError {
  const problems = mistakes.map(({ path, message }) => ({ ...placeOf(path), path: formatPath(path), message }))
  return new ConfigError(path, problems, FORMAT.noun)
}

/** One error for each book with an entry that is at odds with another, of this book or one before it. */
function pricesAtOdds(entries: readonly PlacedEntry[]): ConfigError[] {
  const byFile = Map.groupBy(entriesAtOdds(entries), ({ placed }) => placed.file)
  return [...byFile].map(([file, found]) => {
    const problems = found.map(({ placed: { line, column, path }, message }) => ({ line, column, path, message }))
    return new ConfigError(file, problems, 'price book')
  })
}
