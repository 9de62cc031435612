import fc from 'fast-check'
import { type CsvCell, csvLine, formatCsv, parseCsv } from '../functions/core/csv.ts'

const hostile = fc.stringMatching(/^['=+\-@\t\r\n＝＋－＠",;a ]{0,6}$/)
const text = fc.oneof(hostile, fc.string(), fc.string({ unit: 'binary' }))

test.each<[CsvCell, string]>([
  // numbers stay numbers
  [0, '0'],
  [-1, '-1'],
  [1.5, '1.5'],
  [9007199254740993n, '9007199254740993'],
  [-5n, '-5'],
  [-0, '0'],
  [true, 'true'],
  // null and nothing are different
  [null, ''],
  ['', '""'],
  // quotes where they are needed
  ['plain text', 'plain text'],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  // text that a spreadsheet would run
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1+2', "'-1+2"],
  // but no decimal number, such as money is
  ['-1', '-1'],
  ['-0.000000001', '-0.000000001'],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', `"'\r=1"`],
  ['\n=1', `"'\n=1"`],
  ['＝1', "'＝1"],
  ['＋1', "'＋1"],
  ['－1', "'－1"],
  ['＠1', "'＠1"],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ["'=1", "''=1"],
  // and what it would not
  ['a=1', 'a=1'],
  ["it's", "it's"],
  ["'tis", "'tis"],
])('writes %j as %j', (cell, field) => {
  expect(csvLine([cell, 'x'])).toBe(`${field},x\r\n`)
  expect(parseCsv(csvLine([cell, 'x']))).toEqual([[cell === null ? null : String(cell), 'x']])
})

test('whatever text is written is read back', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.option(text), { minLength: 1, maxLength: 5 }), { maxLength: 5 }), (records) => {
      expect(parseCsv(records.map(csvLine).join(''))).toEqual(records)
    }),
    { numRuns: 1000 },
  )
})

test('no text cell begins like a formula, however it is unquoted', () => {
  fc.assert(
    fc.property(text, (cell) => {
      if (/^-?\d+(?:\.\d+)?$/.test(cell)) return // a number, which a spreadsheet takes for no formula
      const field = csvLine([cell]).slice(0, -2)
      expect(field.replace(/^"/, '')).not.toMatch(/^[=+\-@\t\r\n＝＋－＠]/)
    }),
    { numRuns: 1000 },
  )
})

test('a record is as long as it was, whatever its cells hold', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.integer(), fc.constant(null)), { minLength: 1 }), (cells) => {
      expect(parseCsv(csvLine(cells)).map(({ length }) => length)).toEqual([cells.length])
    }),
  )
})

test('writes a header and rows, all ended by CRLF', () => {
  expect(
    formatCsv(
      ['host', 'egressBytes'],
      [
        ['a.example', 1],
        ['', null],
      ],
    ),
  ).toBe('host,egressBytes\r\na.example,1\r\n"",\r\n')
  expect(formatCsv(['host'], [])).toBe('host\r\n')
})

test('refuses a row that is not as long as the header, and numbers that are none', () => {
  expect(() => formatCsv(['a', 'b'], [[1, 2], [1]])).toThrow('csv row 2 has 1 cells and the header has 2')
  for (const cell of [Number.NaN, Infinity, -Infinity]) expect(() => csvLine([cell])).toThrow('is no number')
})

test.each([
  ['a line feed alone', 'a\nb\r\n', 'record 1 cannot be read from character 0'],
  ['a carriage return alone', 'a\rb\r\n', 'record 1 cannot'],
  ['an open quote', '"a\r\n', 'record 1 cannot'],
  ['a quote inside a field', 'x\r\na"b\r\n', 'record 2 cannot be read from character 3'],
  ['text after a quote', '"a"b\r\n', 'record 1 cannot'],
  ['a last record without its end', 'a\r\nb', 'record 2 cannot'],
  ['a last record cut off at a comma', 'a\r\nb,', 'record 2 is cut off after 1 cells'],
])('refuses to read %s', (_, source, message) => {
  expect(() => parseCsv(source)).toThrow(message)
})

test('reads a field of many quotes without recursion', () => {
  const cell = '"'.repeat(1_000_000)
  expect(parseCsv(csvLine([cell]))[0][0]?.length).toBe(1_000_000)
})
