/**
 * CSV as RFC 4180 has it: CRLF after every record, quotes only where they are needed. Spreadsheets run a text cell that
 * begins like a formula, and label values are anybody's words, so such cells get a leading apostrophe; numbers never do,
 * nor does money, which is decimal text, or -1 would turn into text.
 */

/** What a cell may hold; null is an empty field without quotes, and the empty text one with them. */
export type CsvCell = string | number | bigint | boolean | null

// Apostrophes before the formula count too, so that taking one away always gives back the text that was meant.
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/
const ESCAPED_FORMULA = /^'+[=+\-@\t\r\n＝＋－＠]/
const NUMBER = /^-?\d+(?:\.\d+)?$/

/** One record with its CRLF; throws on a number that is not finite. */
export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(csvField).join(',')}\r\n`
}

/** A header and its rows, each as long as the header; throws on a row that is not. */
export function formatCsv(columns: readonly string[], rows: Iterable<readonly CsvCell[]>): string {
  const lines = [csvLine(columns)]
  for (const row of rows) {
    if (row.length !== columns.length) {
      throw new Error(`csv row ${lines.length} has ${row.length} cells and the header has ${columns.length}`)
    }
    lines.push(csvLine(row))
  }
  return lines.join('')
}

/**
 * The records of a CSV text, cells as text or null, without the apostrophes csvLine adds; throws on whatever csvLine
 * would not have written: stray or open quotes, line ends that are not CRLF, a last record cut off.
 */
export function parseCsv(text: string): (string | null)[][] {
  const records: (string | null)[][] = []
  const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n)/y
  let record: (string | null)[] = []
  while (field.lastIndex < text.length) {
    const start = field.lastIndex
    const match = field.exec(text)
    if (match === null) throw new Error(`csv record ${records.length + 1} cannot be read from character ${start} on`)
    const [, quoted, plain, end] = match
    if (quoted !== undefined) record.push(unescapeFormula(quoted.replaceAll('""', '"')))
    else record.push(plain === '' ? null : unescapeFormula(plain))
    if (end === ',') continue
    records.push(record)
    record = []
  }
  if (record.length > 0) throw new Error(`csv record ${records.length + 1} is cut off after ${record.length} cells`)
  return records
}

function csvField(cell: CsvCell): string {
  if (cell === null) return ''
  if (typeof cell === 'number' && !Number.isFinite(cell)) throw new Error(`csv cell ${cell} is no number to be written`)
  if (typeof cell !== 'string') return String(cell)
  const text = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function unescapeFormula(text: string): string {
  return ESCAPED_FORMULA.test(text) ? text.slice(1) : text
}
