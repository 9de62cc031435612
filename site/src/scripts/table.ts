/**
 * Tables that sort, filter and copy. Cells are compared by their exact figures and times, not by what is shown; what has
 * no data or no price is always last. A table without this script is the same table.
 */
import { grouped } from '../format.ts'
import { toClipboard } from './clipboard.ts'

type Value = number | string | null // null: no data
type Direction = 'ascending' | 'descending'

/** The cell under a head; where one cell in words takes the place of many, the row has none. */
function cellAt(row: HTMLTableRowElement, column: number): HTMLTableCellElement | null {
  let at = 0
  for (const cell of row.cells) {
    if (at === column) return cell.colSpan === 1 ? cell : null
    at += cell.colSpan
  }
  return null
}

/** A cell's exact figure or moment, else its text; null for what is no data. */
function sortValue(cell: HTMLTableCellElement | null): Value {
  if (cell === null || cell.matches('.nodata, .noprice')) return null
  const figure = cell.querySelector('data')
  if (figure) return Number(figure.value)
  const text = cell.querySelector('time')?.dateTime ?? textOf(cell)
  return text === '' || text === '–' ? null : text
}

function textOf(cell: HTMLTableCellElement): string {
  return (cell.textContent ?? '').replace(/\s+/g, ' ').trim()
}

function compare(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a), String(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Sorts the rows; as many stay in each body as were there, so that those beyond the first fifteen remain put away. */
function sort(table: HTMLTableElement, column: number, direction: Direction): void {
  const bodies = [...table.tBodies].map((body) => ({ body, size: body.rows.length }))
  const rows = bodies.flatMap(({ body }) =>
    [...body.rows].map((row) => ({ row, value: sortValue(cellAt(row, column)) })),
  )
  const sign = direction === 'ascending' ? 1 : -1
  rows.sort((a, b) => {
    if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null)
    return sign * compare(a.value, b.value)
  })
  for (const { body, size } of bodies) body.append(...rows.splice(0, size).map(({ row }) => row))
}

function makeSortable(table: HTMLTableElement): void {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])]
  for (const head of heads) {
    // A head that leads somewhere, or stands over many columns, stays what it is.
    if (textOf(head) === '' || head.colSpan > 1 || head.querySelector('a, button')) continue
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'sort'
    button.append(...head.childNodes)
    head.append(button)
    button.addEventListener('click', () => {
      const was = head.ariaSort
      const first: Direction = head.matches('.number') ? 'descending' : 'ascending'
      const other: Direction = first === 'ascending' ? 'descending' : 'ascending'
      for (const each of heads) each.removeAttribute('aria-sort')
      head.ariaSort = was === first ? other : first
      sort(table, columnOf(head), head.ariaSort as Direction)
    })
  }
}

function columnOf(head: HTMLTableCellElement): number {
  let column = 0
  for (let before = head.previousElementSibling; before; before = before.previousElementSibling)
    column += (before as HTMLTableCellElement).colSpan
  return column
}

/** Shows the rows that hold every word, in any column, and says how many those are. */
function makeFilterable(table: HTMLTableElement, input: HTMLInputElement, output: HTMLOutputElement): void {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows])
  const texts = rows.map((row) => (row.textContent ?? '').toLowerCase())
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    let matching = 0
    rows.forEach((row, at) => {
      row.hidden = !words.every((word) => texts[at].includes(word))
      if (!row.hidden) matching++
    })
    table.closest('.rows')?.classList.toggle('filtered', words.length > 0)
    output.value = words.length === 0 ? '' : `${grouped(matching)} of ${grouped(rows.length)}`
  }
  input.addEventListener('input', filter)
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || input.value === '') return
    input.value = ''
    filter()
    event.preventDefault()
  })
  if (input.value !== '') filter() // the browser has kept it
}

/** A cell for a spreadsheet: exact, one line, and never a formula. */
function copied(cell: HTMLTableCellElement): string {
  const value = sortValue(cell)
  // As it stands in the page, since an amount of money has more digits than a number.
  if (typeof value === 'number') return cell.querySelector('data')?.getAttribute('value') ?? ''
  const text = value ?? textOf(cell).replace(/^–$/, '')
  return /^[=+\-@]/.test(text) ? `'${text}` : text
}

function copyText(table: HTMLTableElement): { text: string; rows: number } {
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.hidden)
  const line = (row: HTMLTableRowElement) =>
    [...row.cells]
      .filter((cell) => !cell.hidden)
      .flatMap((cell) => [copied(cell), ...Array<string>(cell.colSpan - 1).fill('')])
      .join('\t')
  const head = table.tHead ? [...table.tHead.rows].map(line) : []
  return { text: [...head, ...rows.map(line)].join('\n'), rows: rows.length }
}

function makeCopyable(table: HTMLTableElement, button: HTMLButtonElement, output: HTMLOutputElement): void {
  button.addEventListener('click', async () => {
    const before = output.value
    const { text, rows } = copyText(table)
    const said = await toClipboard(text).then(
      () => `${grouped(rows)} ${rows === 1 ? 'row' : 'rows'} copied`,
      () => 'could not be copied',
    )
    output.value = said
    button.focus()
    setTimeout(() => {
      if (output.value === said) output.value = before
    }, 2000)
  })
}

for (const table of document.querySelectorAll<HTMLTableElement>('main table')) {
  makeSortable(table)
  const tools = table.closest('.rows')?.querySelector<HTMLElement>('.tools')
  const output = tools?.querySelector('output')
  const input = tools?.querySelector('input')
  const copy = tools?.querySelector<HTMLButtonElement>('[data-copy]')
  if (output && input) makeFilterable(table, input, output)
  if (output && copy) makeCopyable(table, copy, output)
}
