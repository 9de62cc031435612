import fc from 'fast-check'
import { type SeriesRow, SeriesTable } from '#core/series.ts'

const uint32 = fc.nat({ max: 0xffffffff })
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const row: fc.Arbitrary<SeriesRow> = fc.record({
  lo: uint32,
  hi: uint32,
  length: uint32,
  identityLo: uint32,
  identityHi: uint32,
  time: fc.double(),
  value: fc.double(),
  rate: fc.double(),
  vanishedAt: fc.double(),
  tailedAt: fc.double(),
  flow: int32,
  proxy: int32,
  metric: fc.nat({ max: 255 }),
})
const rows = fc.array(row, { maxLength: 200 })

function tableOf(entries: readonly SeriesRow[]): SeriesTable {
  const table = new SeriesTable()
  for (const entry of entries) table.push(entry)
  return table
}

function rowsOf({ size, columns }: SeriesTable): SeriesRow[] {
  return Array.from({ length: size }, (_, index) => {
    const names = Object.keys(columns) as (keyof SeriesRow)[]
    return Object.fromEntries(names.map((name) => [name, columns[name][index]])) as SeriesRow
  })
}

test('gives back the rows that were pushed, however many', () => {
  fc.assert(
    fc.property(rows, (entries) => {
      expect(rowsOf(tableOf(entries))).toEqual(entries)
    }),
  )
})

test('decodes what it encoded', () => {
  fc.assert(
    fc.property(rows, (entries) => {
      const table = tableOf(entries)
      expect(rowsOf(SeriesTable.decode(table.encode(), table.size))).toEqual(entries)
    }),
  )
})

test('a decoded table grows on', () => {
  fc.assert(
    fc.property(rows, rows, (before, after) => {
      const table = tableOf(before)
      const decoded = SeriesTable.decode(table.encode(), table.size)
      for (const entry of after) decoded.push(entry)
      expect(rowsOf(decoded)).toEqual([...before, ...after])
    }),
  )
})

test('refuses bytes that are not exactly those of the rows', () => {
  const bytes = tableOf(fc.sample(row, 3)).encode()
  expect(() => SeriesTable.decode(bytes.subarray(0, -1), 3)).toThrow('series table is cut off')
  expect(() => SeriesTable.decode(bytes, 4)).toThrow('series table is cut off')
  expect(() => SeriesTable.decode(bytes, 2)).toThrow('bytes too many for 2 rows')
  expect(() => SeriesTable.decode(new Uint8Array(), 1)).toThrow('series table is cut off')
})

test('copies a row of another table, and only that', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), fc.nat(), (entries, pick) => {
      const chosen = pick % entries.length
      const table = tableOf([])
      expect(table.copy(tableOf(entries), chosen)).toBe(0)
      expect(rowsOf(table)).toEqual([entries[chosen]])
    }),
  )
})

test('finds every series by hash and length, also after more are pushed, and no other', () => {
  // few distinct values, so that neighbours share a slot, half a hash or a length
  const few = fc.nat({ max: 3 })
  const key = fc.record({ lo: few, hi: few, length: few })
  fc.assert(
    fc.property(
      fc.uniqueArray(key, { selector: ({ lo, hi, length }) => `${lo}:${hi}:${length}` }),
      row,
      (keys, filler) => {
        const table = new SeriesTable()
        keys.forEach((one, index) => {
          expect(table.find(one.lo, one.hi, one.length)).toBe(-1)
          table.push({ ...filler, ...one })
          expect(table.find(one.lo, one.hi, one.length)).toBe(index)
        })
        keys.forEach((one, index) => {
          expect(table.find(one.lo, one.hi, one.length)).toBe(index)
        })
        expect(table.find(9, 9, 9)).toBe(-1)
      },
    ),
  )
})

test('finds thousands of series with random hashes', () => {
  const table = new SeriesTable()
  const [filler] = fc.sample(row, 1)
  const keys = fc.sample(fc.record({ lo: uint32, hi: uint32 }), 5000)
  for (const one of keys) table.push({ ...filler, ...one, length: 7 })
  for (const one of keys) {
    const found = table.find(one.lo, one.hi, 7)
    expect([table.columns.lo[found], table.columns.hi[found]]).toEqual([one.lo, one.hi])
    expect(table.find(one.lo, one.hi, 8)).toBe(-1)
  }
})

test('finds a row under the hash it was given last, and no longer under the one before', () => {
  const [one, other] = fc.sample(row, { numRuns: 2, seed: 1 })
  const table = tableOf([one])
  expect(table.find(one.lo, one.hi, one.length)).toBe(0)
  table.relabel(0, other)
  expect(table.find(one.lo, one.hi, one.length)).toBe(-1)
  expect(table.find(other.lo, other.hi, other.length)).toBe(0)
  expect(rowsOf(table)).toEqual([{ ...one, lo: other.lo, hi: other.hi, length: other.length }])
})
