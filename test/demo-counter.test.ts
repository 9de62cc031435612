import fc from 'fast-check'
import { Counter, type Pace } from '../functions/demo/counter.ts'

const MONDAY = Date.UTC(2026, 9, 19)
const PACE: Pace = {
  perHour: 1000,
  rhythm: 'steady',
  utcOffsetHours: 0,
  windows: [],
  bytesOut: 500,
  bytesIn: 2000,
  ms: 40,
  flowing: false,
  pool: 0,
}
const COUNTED = ['count', 'out', 'in', 'ms'] as const

const counters = fc
  .record({
    start: fc.integer({ min: MONDAY, max: MONDAY + 86_400_000 }),
    life: fc.integer({ min: 1, max: 7_200_000 }),
    perHour: fc.double({ min: 0.1, max: 100_000, noNaN: true }),
    flowing: fc.boolean(),
    pool: fc.integer({ min: 0, max: 5 }),
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  })
  .map(({ start, life, perHour, flowing, pool, seed }) => ({
    counter: new Counter(start, start + life, { ...PACE, perHour, flowing, pool }, seed),
    start,
    life,
  }))

test('counters are whole numbers that never fall, whenever they are read', () => {
  fc.assert(
    fc.property(
      counters,
      fc.array(fc.double({ min: -0.2, max: 1.2, noNaN: true })),
      ({ counter, start, life }, parts) => {
        const times = parts.map((part) => Math.round(start + part * life)).toSorted((a, b) => a - b)
        for (const counted of COUNTED) {
          const values = times.map((time) => counter.at(counted, time))
          for (const [i, value] of values.entries()) {
            expect(Number.isSafeInteger(value)).toBe(true)
            expect(value).toBeGreaterThanOrEqual(i === 0 ? 0 : values[i - 1])
          }
        }
      },
    ),
  )
})

test('a counter is the same in whatever order it is read', () => {
  fc.assert(
    fc.property(counters, fc.array(fc.nat(7_200_000), { minLength: 1 }), ({ counter, start, life }, offsets) => {
      const again = new Counter(start, start + life, { ...PACE }, 1)
      const forward = offsets.toSorted((a, b) => a - b).map((offset) => [offset, again.at('out', start + offset)])
      const other = new Counter(start, start + life, { ...PACE }, 1)
      for (const offset of offsets) other.at('out', start + offset)
      expect(forward).toEqual(
        offsets.toSorted((a, b) => a - b).map((offset) => [offset, other.at('out', start + offset)]),
      )
      expect(counter.at('count', start - 1)).toBe(0)
    }),
  )
})

test('after the end a counter stays', () => {
  const counter = new Counter(MONDAY, MONDAY + 600_000, PACE, 3)
  expect(counter.at('count', MONDAY + 600_000)).toBeGreaterThan(100)
  expect(counter.at('count', MONDAY + 9e9)).toBe(counter.at('count', MONDAY + 600_000))
})

test('what a request carries is counted with the request', () => {
  const counter = new Counter(MONDAY, MONDAY + 600_000, { ...PACE, perHour: 30 }, 3)
  for (let time = MONDAY; time < MONDAY + 600_000; time += 1000) {
    expect(counter.at('out', time) > 0).toBe(counter.at('count', time) > 0)
  }
})

test('outside its windows a counter rests', () => {
  const windows = [[MONDAY + 300_000, MONDAY + 600_000]] as const
  const counter = new Counter(MONDAY, MONDAY + 1_200_000, { ...PACE, windows }, 3)
  expect(counter.at('count', MONDAY + 300_000)).toBe(0)
  const counted = counter.at('count', MONDAY + 600_000)
  expect(counted).toBeGreaterThan(50)
  expect(counter.at('count', MONDAY + 1_200_000)).toBe(counted)
})

test('the day has its rhythm', () => {
  const counter = new Counter(MONDAY, MONDAY + 86_400_000, { ...PACE, rhythm: 'office' }, 3)
  const hour = (h: number) =>
    counter.at('count', MONDAY + (h + 1) * 3_600_000) - counter.at('count', MONDAY + h * 3_600_000)
  expect(hour(10)).toBeGreaterThan(5 * hour(2))
})
