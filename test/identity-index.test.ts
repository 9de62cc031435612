import fc from 'fast-check'
import { IdentityIndex } from '#core/identity-index.ts'
import { SeriesTable } from '#core/series.ts'

const zero = {
  lo: 0,
  hi: 0,
  length: 0,
  time: 0,
  value: 0,
  rate: 0,
  vanishedAt: 0,
  tailedAt: 0,
  flow: 0,
  proxy: -1,
  metric: 0,
}

test('gives the rows of an identity that are taken, in their order, and no others', () => {
  const half = fc.nat({ max: 3 }).map((n) => (n * 2 ** 30) >>> 0) // so that halves, slots and both often agree
  fc.assert(
    fc.property(fc.array(fc.tuple(half, half, fc.boolean()), { maxLength: 200 }), (rows) => {
      const table = new SeriesTable()
      for (const [identityLo, identityHi] of rows) table.push({ ...zero, identityLo, identityHi })
      const index = new IdentityIndex(table, (row) => rows[row][2])
      expect(index.size).toBe(rows.filter(([, , taken]) => taken).length)
      for (const [lo, hi] of [...rows, [7, 7]] as [number, number][]) {
        const expected = rows.flatMap(([rowLo, rowHi, taken], row) =>
          taken && rowLo === lo && rowHi === hi ? [row] : [],
        )
        expect(index.rowsOf(lo, hi)).toEqual(expected)
      }
    }),
  )
})
