/**
 * CSV as other programs write it, read piece by piece: RFC 4180 with LF or CRLF after records, quoted line ends, blank lines
 * passed over, and an end of the file in place of the last line end.
 */

/** Characters of one record; a quote that is never closed would otherwise take the rest of the file. */
const RECORD_AT_MOST = 1_000_000
const PLAIN_END = /[",\r\n]/g

export class CsvReader {
  #rest = ''
  #records = 0 // with the header

  /** Adds text, and gives the records that are whole with it; throws one sentence for what is no CSV. */
  push(text: string): string[][] {
    return this.#read(this.#rest + text, false)
  }

  /** The last record, when no line end follows it. */
  end(): string[][] {
    return this.#read(this.#rest, true)
  }

  #read(text: string, isLast: boolean): string[][] {
    const records: string[][] = []
    let at = 0
    while (at < text.length) {
      const found = readRecord(text, at, isLast)
      if (typeof found === 'string') throw new Error(`csv record ${this.#records + 1} ${found}`)
      if (found === null) break
      at = found.end
      if (found.cells.length === 1 && found.cells[0] === '') continue
      this.#records++
      records.push(found.cells)
    }
    this.#rest = text.slice(at)
    if (this.#rest.length > RECORD_AT_MOST) {
      throw new Error(
        `csv record ${this.#records + 1} has over ${RECORD_AT_MOST} characters; its last quote may not be closed`,
      )
    }
    return records
  }
}

/** A record and where the next begins; null while it is not whole; a sentence's end for what is none. */
function readRecord(text: string, start: number, isLast: boolean): { cells: string[]; end: number } | null | string {
  const cells: string[] = []
  let at = start
  for (;;) {
    if (text[at] === '"') {
      const close = closingQuote(text, at + 1)
      if (close < 0) return isLast ? 'ends within quotes; the file may be cut off' : null
      if (close + 1 === text.length && !isLast) return null
      cells.push(text.slice(at + 1, close).replaceAll('""', '"'))
      at = close + 1
    } else {
      PLAIN_END.lastIndex = at
      const end = PLAIN_END.exec(text)?.index ?? text.length
      if (end === text.length && !isLast) return null
      if (text[end] === '"') return `has a quote within the cell ${JSON.stringify(text.slice(at, end + 1).slice(-40))}`
      cells.push(text.slice(at, end))
      at = end
    }
    if (at === text.length) return { cells, end: at }
    if (text[at] === ',') {
      at++
      continue
    }
    if (text[at] === '\n') return { cells, end: at + 1 }
    if (text.startsWith('\r\n', at)) return { cells, end: at + 2 }
    if (text[at] === '\r' && at + 1 === text.length) return isLast ? { cells, end: at + 1 } : null
    return `has ${JSON.stringify(text[at])} behind a cell where a comma or a line end must be`
  }
}

/** Where the quote that ends a cell stands, or, while its text may go on, -1. */
function closingQuote(text: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at)
    if (at < 0 || text[at + 1] !== '"') return at
  }
}
