/** Precedence of price books: what is negotiated holds in place of a list, on the days and for the places that it has a price for. */
import type { PlacedEntry, PriceBook } from './price-book.ts'
import { placeOfPrice } from './price-entry-mistakes.ts'

/** A book, and the names of those whose prices give way to its own. */
export interface RankedBook {
  book: PriceBook
  over: readonly string[]
}

/** All prices of all books, without what gives way: of a price that does on some days alone, the days that are left. */
export function pricesInForce(books: readonly RankedBook[]): PlacedEntry[] {
  return books.flatMap(({ book }) => {
    const before = books.filter(({ over }) => over.includes(book.name)).flatMap(({ book }) => book.entries)
    const byPlace = Map.groupBy(before, ({ entry }) => placeOfPrice(entry))
    return book.entries.flatMap((placed) => {
      const over = byPlace.get(placeOfPrice(placed.entry)) ?? []
      return over.reduce((left, { entry }) => left.flatMap((one) => without(one, entry)), [placed])
    })
  })
}

/** What is left of a price outside of the days on which another holds: none, one or two. */
function without(placed: PlacedEntry, { from, until }: { from: string; until: string }): PlacedEntry[] {
  const { entry } = placed
  const isApart = (until !== '' && until <= entry.from) || (entry.until !== '' && entry.until <= from)
  if (isApart) return [placed]
  const left: PlacedEntry[] = []
  if (entry.from < from) left.push({ ...placed, entry: { ...entry, until: from } })
  if (until !== '' && (entry.until === '' || until < entry.until)) {
    const id = `${entry.id.slice(0, -entry.from.length)}${until}` // an id ends in the first day
    left.push({ ...placed, entry: { ...entry, id, from: until } })
  }
  return left
}
