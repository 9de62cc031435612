/** Price books in YAML: those that ship with Wharfage, and users' own in the same form. */
import { asList, asRecord } from './mistakes.ts'
import { type BookHead, type PriceBook, toPriceEntry } from './price-book.ts'
import { bookSchema, MAX_ENTRIES, priceBookJsonSchema } from './price-book-schema.ts'
import { entryContradictions, retrievalMistakes } from './price-entry-mistakes.ts'
import { parseStrictText, type StrictFormat } from './strict-file.ts'

/** The book in a text; `today` (YYYY-MM-DD) is the latest day that has begun anywhere. Throws a ConfigError with all that is wrong. */
export function parseYamlBook(
  source: string,
  { name, file, today }: { name: string; file: string; today: string },
): PriceBook {
  const { data, placeOf } = parseStrictText(source, file, bookFormat(today))
  const { provider, currency, entries, unit, source: read, retrieved } = data
  const head: BookHead = { book: name, provider, unit, source: read, retrieved }
  return {
    name,
    file,
    currency,
    entries: entries.map((entry, i) => {
      return { entry: toPriceEntry(entry, head), file, path: `entries[${i}]`, ...placeOf(['entries', i]) }
    }),
  }
}

function bookFormat(today: string): StrictFormat<typeof bookSchema> {
  return {
    noun: 'price book',
    maxBytes: 0, // read before
    whenMissing: '',
    schema: bookSchema,
    scalars: 'texts',
    jsonSchema: priceBookJsonSchema,
    contradictions(data) {
      const book = asRecord(data)
      const entries = asList(book.entries).slice(0, MAX_ENTRIES)
      return [
        ...retrievalMistakes(book.retrieved, today),
        ...entries.flatMap((entry, i) =>
          entryContradictions(asRecord(entry), book, today).map(({ path, message }) => ({
            path: ['entries', i, ...path],
            message,
          })),
        ),
      ]
    },
  }
}
