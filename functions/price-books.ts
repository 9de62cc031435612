/** Where price books are: those that ship with Wharfage, by their names, and users' own, by their files. */
import { readdir } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { PriceBook } from './price-book.ts'
import { parseCsvBook } from './price-book-csv.ts'
import { parseYamlBook } from './price-book-yaml.ts'
import { readBounded } from './strict-file.ts'

const BOOK = {
  noun: 'price book',
  maxBytes: 2_000_000, // ten thousand prices
  whenMissing: 'name a file of prices in YAML or CSV, or a book that ships with wharfage',
}
const LIST = { ...BOOK, noun: 'price list', maxBytes: 20_000_000 } // whole price lists have far more rows than are for transfer

/** The folder of those that ship, read when it is asked for: in a packaged function there is none, and nobody asks. */
const shippedFolder = () => join(import.meta.dirname, 'price-books')

/** True for what names a file of the user's own, and not a book that ships. */
export function isBookFile(name: string): boolean {
  return /[/\\]/.test(name) || ['.yaml', '.yml', '.csv'].includes(extname(name).toLowerCase())
}

/** The names of the books that ship, in order. */
export async function shippedBooks(): Promise<string[]> {
  const files = await readdir(shippedFolder())
  return files
    .filter((file) => extname(file) === '.yaml')
    .map((file) => basename(file, '.yaml'))
    .sort()
}

/**
 * Reads a book: one that ships, or a file whose path is relative to that of the file which names it. `today` (YYYY-MM-DD) is
 * the latest day that has begun anywhere. Throws a ConfigError with all that is wrong in it.
 */
export async function readPriceBook(name: string, namedIn: string, today: string): Promise<PriceBook> {
  if (!isBookFile(name)) {
    const file = join(shippedFolder(), `${name}.yaml`)
    return parseYamlBook(await readBounded(file, BOOK), { name, file, today })
  }
  const file = resolve(dirname(namedIn), name)
  const isList = extname(name).toLowerCase() === '.csv'
  return isList
    ? parseCsvBook(await readBounded(file, LIST), { name, file, today })
    : parseYamlBook(await readBounded(file, BOOK), { name, file, today })
}
