import fc from 'fast-check'
import { COUNTED, type Counted } from '#core/flow.ts'
import { type Booking, OpenHours } from '#core/hours.ts'
import { HOUR_MS } from '#core/time.ts'

const TEN = Date.UTC(2026, 10, 20, 10)
const ELEVEN = TEN + HOUR_MS
const minutes = (count: number) => TEN + count * 60_000

function booking(changes: Partial<Booking>): Booking {
  return {
    flow: 0,
    measure: 'egressBytes',
    amount: 600,
    from: minutes(0),
    to: minutes(5),
    blocked: false,
    assumed: false,
    spread: false,
    tail: false,
    ...changes,
  }
}

/** What each open hour holds of flow 0's egress bytes. */
const egress = (hours: OpenHours) => hours.hours.map(({ rows }) => rows.get(0)?.egressBytes ?? 0)

function booked(changes: Partial<Booking>, closedThrough = TEN): OpenHours {
  const hours = new OpenHours(closedThrough)
  hours.book(booking(changes))
  return hours
}

test.each<[string, number, number, number[]]>([
  ['inside an hour it stays there', minutes(10), minutes(15), [600]],
  ['from the start of an hour', minutes(0), minutes(5), [600]],
  ['up to the end of an hour, whose last instant is its own', minutes(55), minutes(60), [600]],
  ['a whole hour', minutes(0), minutes(60), [600]],
  ['from the end of an hour it is all in the next', minutes(60), minutes(65), [0, 600]],
  ['over the end it is split in proportion', minutes(56), minutes(61), [480, 120]],
  ['a millisecond over the end', minutes(60) - 1, minutes(60) + 1, [300, 300]],
  ['over a whole hour every hour has its part', minutes(30), minutes(150), [150, 300, 150]],
  ['of no length it is in the hour of its last instant', minutes(60), minutes(60), [600]],
  ['turned around it is in the hour of its last instant', minutes(70), minutes(65), [0, 600]],
  ['before the earliest open hour it is late and stays whole', minutes(-5), minutes(65), [600]],
  ['wholly before the earliest open hour it is late', minutes(-10), minutes(-5), [600]],
])('an amount over an interval: %s', (_, from, to, expected) => {
  expect(egress(booked({ from, to }))).toEqual(expected)
})

test('only what reaches into a closed hour is late, and it is late whole', () => {
  const late = (from: number, to: number) => booked({ from, to }, ELEVEN).hours[0].coverage.late.egressBytes
  expect(late(minutes(59), minutes(61))).toBe(600)
  expect(late(minutes(50), minutes(55))).toBe(600)
  expect(late(minutes(60), minutes(61))).toBe(0)
  expect(booked({ from: minutes(59), to: minutes(61) }, ELEVEN).hours[0].rows.get(0)?.lateBytes).toBe(600)
})

test('how sure an amount is stands beside it, in the row for egress and in the coverage for every measure', () => {
  for (const [flag, column] of [
    ['assumed', 'assumedBytes'],
    ['spread', 'spreadBytes'],
    ['tail', 'tailBytes'],
  ] as const) {
    const [hour] = booked({ [flag]: true }).hours
    expect(hour.rows.get(0)).toMatchObject({ egressBytes: 600, [column]: 600 })
    expect(hour.coverage[flag]).toMatchObject({ egressBytes: 600, requests: 0 })
    const [requests] = booked({ [flag]: true, measure: 'requests' }).hours
    expect(requests.rows.get(0)).toMatchObject({ requests: 600, [column]: 0 })
    expect(requests.coverage[flag]).toMatchObject({ egressBytes: 0, requests: 600 })
  }
  const [plain] = booked({}).hours
  expect(plain.rows.get(0)).toMatchObject({ assumedBytes: 0, spreadBytes: 0, tailBytes: 0, lateBytes: 0 })
})

test('a part of a split amount carries its part of the doubt', () => {
  const { hours } = booked({ from: minutes(56), to: minutes(61), spread: true })
  expect(hours.map(({ rows }) => rows.get(0)?.spreadBytes)).toEqual([480, 120])
  expect(hours.map(({ coverage }) => coverage.spread.egressBytes)).toEqual([480, 120])
})

test('the whole of an amount that was split is told on both sides of the hour', () => {
  const { hours } = booked({ from: minutes(30), to: minutes(150) })
  expect(hours.map(({ coverage }) => coverage.apportionedAtStart.egressBytes)).toEqual([0, 600, 600])
  expect(hours.map(({ coverage }) => coverage.apportionedAtEnd.egressBytes)).toEqual([600, 600, 0])
})

test('blocked bytes never left and are not booked; blocked requests and connections are', () => {
  for (const measure of COUNTED) {
    const { hours } = booked({ measure, blocked: true, assumed: true, from: minutes(56), to: minutes(61) })
    const isBytes = measure === 'egressBytes' || measure === 'ingressBytes'
    expect(hours.map(({ rows }) => rows.get(0)?.[measure] ?? 0)).toEqual(isBytes ? [0, 0] : [480, 120])
    expect(hours.map(({ coverage }) => coverage.assumed[measure])).toEqual(isBytes ? [0, 0] : [480, 120])
    expect(hours.map(({ coverage }) => coverage.apportionedAtEnd[measure])).toEqual(isBytes ? [0, 0] : [600, 0])
  }
})

test('nothing makes no row', () => {
  const hours = booked({ amount: 0 })
  expect(hours.hours).toEqual([])
  expect(booked({ amount: 1, from: minutes(56), to: minutes(61) }).hours[0].rows.size).toBe(0)
})

test('a sum that would no longer be exact is refused', () => {
  const hours = booked({ amount: Number.MAX_SAFE_INTEGER })
  expect(() => hours.book(booking({ amount: 1 }))).toThrow('beyond 2^53')
})

test('hours stand without a hole from the first open one, and closing takes the oldest', () => {
  const hours = new OpenHours(TEN)
  hours.at(minutes(185))
  expect(hours.hours.map(({ start }) => start)).toEqual([0, 60, 120, 180].map(minutes))
  expect(hours.at(minutes(-500)).start).toBe(TEN)
  expect(hours.close().start).toBe(TEN)
  expect(hours.closedThrough).toBe(ELEVEN)
  expect(hours.at(minutes(30)).start).toBe(ELEVEN)
  const untouched = new OpenHours(TEN)
  expect(untouched.close()).toMatchObject({ start: TEN, coverage: { scrapes: 0, observedMs: 0, gaps: [] } })
  expect(untouched.closedThrough).toBe(ELEVEN)
})

test('observed time and gaps are cut to the hours, and what lies in a closed one is dropped', () => {
  const hours = new OpenHours(ELEVEN)
  hours.cover(minutes(50), minutes(70), null)
  hours.cover(minutes(70), minutes(190), 'answered 503')
  expect(hours.hours.map(({ coverage }) => coverage.observedMs)).toEqual([600_000, 0, 0])
  expect(hours.hours.map(({ coverage }) => coverage.gaps)).toEqual([
    [{ from: minutes(70), to: minutes(120), reason: 'answered 503' }],
    [{ from: minutes(120), to: minutes(180), reason: 'answered 503' }],
    [{ from: minutes(180), to: minutes(190), reason: 'answered 503' }],
  ])
})

test('time that ends on the hour touches no next hour', () => {
  const hours = new OpenHours(TEN)
  hours.cover(minutes(50), minutes(60), null)
  expect(hours.hours.map(({ coverage }) => coverage.observedMs)).toEqual([600_000])
})

test('however amounts fall over hours, none is lost, doubled or negative', () => {
  const bookings = fc.array(
    fc.record({
      flow: fc.nat({ max: 3 }),
      measure: fc.constantFrom<Counted>(...COUNTED),
      amount: fc.nat(),
      from: fc.integer({ min: -200 * 60_000, max: 400 * 60_000 }).map((ms) => TEN + ms),
      length: fc.nat({ max: 300 * 60_000 }),
      spread: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(bookings, (amounts) => {
      const hours = new OpenHours(TEN)
      for (const { length, ...rest } of amounts) hours.book(booking({ ...rest, to: rest.from + length }))
      for (const measure of COUNTED) {
        const rows = hours.hours.flatMap(({ rows }) => [...rows.values()])
        const total = amounts.filter((one) => one.measure === measure).reduce((sum, { amount }) => sum + amount, 0)
        expect(rows.reduce((sum, row) => sum + row[measure], 0)).toBe(total)
        for (const row of rows) expect(row[measure] >= 0).toBe(true)
      }
    }),
  )
})

test('however long was watched, observed time and gaps fill it without overlap', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 200 * 60_000 }), fc.boolean()), { maxLength: 20 }),
      (spans) => {
        const hours = new OpenHours(TEN)
        let at = TEN
        for (const [length, gap] of spans) {
          hours.cover(at, at + length, gap ? 'down' : null)
          at += length
        }
        let expected = at - TEN
        for (const { start, coverage } of hours.hours) {
          const gaps = coverage.gaps.reduce((sum, { from, to }) => sum + to - from, 0)
          for (const { from, to } of coverage.gaps)
            expect(from >= start && to > from && to <= start + HOUR_MS).toBe(true)
          expect(coverage.observedMs + gaps).toBe(Math.min(HOUR_MS, expected))
          expected -= coverage.observedMs + gaps
        }
        expect(expected).toBe(0)
      },
    ),
  )
})
