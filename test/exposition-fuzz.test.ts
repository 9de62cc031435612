/** Some 20,000 seeded bodies, from the grammar and spoilt; `npm run fuzz -- --bodies 1000000` reads a million. */
import { readBody } from '#core/reading.ts'
import { SeriesTable } from '#core/series.ts'
import { BODIES_A_SEED, judge } from './fuzz/exposition.ts'

const SEED = { lo: 1, hi: 2 }
const MESH = { clusterDomain: 'cluster.local', gateways: [], waypoints: [] }
const PARTS = Array.from({ length: 5 }, (_, part) => part)
const SEEDS = Math.ceil(20_000 / BODIES_A_SEED / PARTS.length)

test.each(PARTS)(
  'bodies are read as they were written, and spoilt ones lose no line and invent none: part %i',
  (part) => {
    for (let seed = part * SEEDS; seed < (part + 1) * SEEDS; seed++) expect(judge(seed)).toBe('')
  },
  120_000,
)

test('a known series without labels does not pass for one with labels behind a blank', () => {
  const table = new SeriesTable()
  const read = (body: string) => readBody(Buffer.from(body), { series: table, seed: SEED, mesh: MESH }, 'scrape mesh')
  table.copy(read('up 1 2\n').newcomers.unknown, 0)
  for (const blank of [' ', '\t', ' \t ']) {
    const { row, size, skippedLines, newcomers } = read(`up${blank}{a="b"} 3 4\nup${blank} 5 6\n`)
    expect([size, skippedLines, ...row.subarray(0, 2)]).toEqual([2, 0, -1, 0])
    const { size: unknown, columns } = newcomers.unknown
    expect([unknown, columns.length[0]]).toEqual([1, `up${blank}{a="b"}`.length])
  }
})

// Each is read in time that grows with its length alone; with its square none would end while somebody waits.
test.each<[string, string, number]>([
  ['a label of a megabyte', `up{a="${'x'.repeat(1 << 20)}"} 1 2\n`, 1],
  ['quotes without end', `up{a="${'\\"'.repeat(1 << 19)}\n`, 0],
  ['backslashes without end', `up{a="${'\\'.repeat(1 << 20)}\n`, 0],
  ['escapes without end', `up{a="${'\\\\'.repeat(1 << 19)}"} 1 2\n`, 1],
  ['braces without end', `up${'{'.repeat(1 << 20)}\n`, 0],
  ['blanks without end', `${' '.repeat(1 << 20)}\nup${' '.repeat(1 << 20)}1 2\n`, 1],
  ['labels without end', `up{${Array.from({ length: 20_000 }, (_, i) => `l${i}="v"`).join(',')}} 1 2\n`, 1],
  ['commas without end', `up{${','.repeat(1 << 20)}} 1 2\n`, 0],
  ['digits without end', `up ${'9'.repeat(1 << 20)} 2\nup 1 ${'9'.repeat(1 << 20)}\n`, 0],
  ['an exponent without end', `up 1e${'9'.repeat(1 << 20)} 2\n`, 0],
  ['open lines without end', 'up{a="\n'.repeat(1 << 18), 0],
  ['half lines without end', 'up{a="b" \n'.repeat(1 << 17), 0],
  ['empty lines without end', '\r\n'.repeat(1 << 19), 0],
  ['comments without end', '#\n'.repeat(1 << 19), 0],
  ['a comment of a megabyte', `#${'x'.repeat(1 << 20)}\nup 1 2\n`, 1],
  ['NULs without end', `${'\0'.repeat(1 << 20)}\n`, 0],
  ['one series over and over', 'up 1 2\n'.repeat(1 << 15), 1],
])(
  'reads or refuses %s in its stride',
  (_, body, samples) => {
    const start = performance.now()
    expect(readBody(Buffer.from(body), { series: new SeriesTable(), seed: SEED, mesh: MESH }, 'scrape mesh').size).toBe(
      samples,
    )
    expect(performance.now() - start).toBeLessThan(20_000)
  },
  60_000,
)
