import fc from 'fast-check'
import { BodyReader, type Known, type Reading, readBody, readChunks } from '#core/reading.ts'
import { SeriesTable } from '#core/series.ts'
import { federateBody } from './benchmark/bodies.ts'

const MESH = { clusterDomain: 'cluster.local', gateways: [], waypoints: [] }
const SEED = { lo: 1, hi: 2 }

function knownOf(series: SeriesTable): Known {
  return { series, seed: SEED, mesh: MESH }
}

/** All that a reading says. */
function told({ size, row, fresh, time, value, newcomers, ups, ...rest }: Reading): object {
  const { unknown, restated, flows, proxies, unclassifiedExample } = newcomers
  return {
    samples: [row, fresh, time, value].map((column) => [...column.subarray(0, size)]),
    tables: [unknown, restated].map((table) => Buffer.from(table.encode()).toString('hex')),
    ups: ups.map((bytes) => Buffer.from(bytes).toString()),
    ...{ flows, proxies, unclassifiedExample, ...rest },
  }
}

function cut(body: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (body.length + 1)), body.length].sort((a, b) => a - b)
  return ends.map((end, index) => body.subarray(ends[index - 1] ?? 0, end))
}

const oddities =
  'up 1 2\n\n# TYPE x untyped\r\n  \nbroken{ 1 2\nup{a="b"} 1 2\nup{a="b"} 9 2\nup{a="é\\n"} +Inf 1795168800000\r\n'
const body = Buffer.concat([federateBody(100, 0).bytes, Buffer.from(oddities)])
const table = readBody(federateBody(60, 0).bytes, knownOf(new SeriesTable()), 'test').newcomers.unknown

describe('a body in chunks is read as in one piece,', () => {
  test.each<[string, SeriesTable]>([
    ['all of it new', new SeriesTable()],
    ['part of it known', table],
  ])('wherever it is cut, %s', async (_, series) => {
    const whole = told(readBody(body, knownOf(series), 'test'))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 30 }), async (places) => {
        async function* chunks() {
          yield* cut(body, places)
        }
        expect(told(await readChunks({ chunks }, knownOf(series), 'test'))).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })

  test('byte by byte', () => {
    const reader = new BodyReader(knownOf(table), 'test')
    for (let at = 0; at < body.length; at++) reader.push(body.subarray(at, at + 1))
    expect(told(reader.finish())).toEqual(told(readBody(body, knownOf(table), 'test')))
  })

  test('and what it keeps is not changed by a chunk that is used again', () => {
    const reader = new BodyReader(knownOf(new SeriesTable()), 'test')
    const end = body.indexOf('\n', body.length / 2) + 1
    const chunk = Buffer.from(body.subarray(0, end))
    reader.push(chunk)
    chunk.fill(0x0a)
    reader.push(body.subarray(end))
    expect(told(reader.finish())).toEqual(told(readBody(body, knownOf(new SeriesTable()), 'test')))
  })
})

test('a body that ends in the middle of a line is refused, however it is cut before', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 5 }), fc.nat({ max: body.length - 1 }), (places, length) => {
      const reader = new BodyReader(knownOf(table), 'scrape mesh')
      for (const chunk of cut(body.subarray(0, length), places)) reader.push(chunk)
      if (body[length - 1] === 0x0a) reader.finish()
      else expect(() => reader.finish()).toThrow('scrape mesh: body ends in the middle of a line, so it was cut off')
    }),
  )
})

test('a line that never ends is given up before it fills the memory', () => {
  const reader = new BodyReader(knownOf(table), 'scrape mesh')
  const chunk = new Uint8Array(1 << 20).fill(0x20)
  const push = () => {
    for (let i = 0; i < 20; i++) reader.push(chunk)
  }
  expect(push).toThrow("scrape mesh: body has a line of over 16777216 bytes, no exposition; check the target's url")
})
