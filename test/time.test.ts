import fc from 'fast-check'
import {
  DAY_MS,
  dayOf,
  eachDay,
  eachHour,
  formatDuration,
  HOUR_MS,
  hourOf,
  hoursIn,
  isoDate,
  isoHour,
  isoInstant,
  monthSpan,
  parseDate,
  parseDuration,
  parseInstant,
} from '../functions/core/time.ts'

const instant = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) })

test('this suite does not run in UTC, so that local time shows', () => {
  expect(new Date(0).getTimezoneOffset()).not.toBe(0)
})

test('an hour and a day hold the instant they are of', () => {
  fc.assert(
    fc.property(instant, (ms) => {
      expect(ms - hourOf(ms)).toBeLessThan(HOUR_MS)
      expect(hourOf(ms)).toBeLessThanOrEqual(ms)
      expect(hourOf(ms) % HOUR_MS).toBe(0)
      expect(dayOf(ms)).toBe(Date.parse(`${new Date(ms).toISOString().slice(0, 10)}T00:00:00Z`))
    }),
  )
})

test.each([
  ['2026-02', 28],
  ['2028-02', 29],
  ['2100-02', 28],
  ['2026-12', 31],
  ['2027-01', 31],
  ['2026-10', 31], // in which clocks of people are put back
])('%s has %s days, and ends where the next month begins', (month, days) => {
  const { from, to } = monthSpan(month)
  expect(isoDate(from)).toBe(`${month}-01`)
  expect((to - from) / DAY_MS).toBe(days)
  expect(isoDate(to).slice(8)).toBe('01')
})

test('the hours of a day that a span has a part of', () => {
  const day = parseDate('2026-11-02')
  expect(hoursIn(day, { from: day + 8 * HOUR_MS, to: day + 3 * DAY_MS })).toEqual({ from: 8, until: 24 })
  expect(hoursIn(day, { from: day - 1, to: day + HOUR_MS / 2 })).toEqual({ from: 0, until: 1 })
})

test('what is written is read back', () => {
  fc.assert(
    fc.property(instant, (ms) => {
      expect(parseInstant(isoInstant(ms))).toBe(ms)
      expect(parseInstant(isoHour(ms))).toBe(hourOf(ms))
      expect(parseInstant(isoDate(ms))).toBe(dayOf(ms))
      expect(parseDate(isoDate(ms))).toBe(dayOf(ms))
    }),
  )
})

test.each([
  ['2026-07-01', Date.UTC(2026, 6, 1)],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2026-07-01T13:05Z', Date.UTC(2026, 6, 1, 13, 5)],
  ['2026-07-01T13:05:07Z', Date.UTC(2026, 6, 1, 13, 5, 7)],
  ['2026-07-01T13:05:07.25Z', Date.UTC(2026, 6, 1, 13, 5, 7, 250)],
  ['2026-07-01T13:05:00+05:45', Date.UTC(2026, 6, 1, 7, 20)],
  ['2026-07-01T00:30:00-03:30', Date.UTC(2026, 6, 1, 4, 0)],
  ['2026-07-01T00:30:00-00:30', Date.UTC(2026, 6, 1, 1, 0)],
])('reads the instant %s', (text, ms) => {
  expect(parseInstant(text)).toBe(ms)
})

test.each([
  ['2026-07-01T13:05:07', 'has no zone; write Z for UTC'],
  ['2026-07-01 13:05:07Z', 'is not of the form'],
  ['2026-7-1', 'is not of the form YYYY-MM-DD'],
  ['2026-06-31', 'is on no calendar'],
  ['2025-02-29', 'is on no calendar'],
  ['2026-13-01', 'is on no calendar'],
  ['2026-00-10', 'is on no calendar'],
  ['0026-01-01', 'is on no calendar'],
  ['2026-07-01T24:00Z', 'is not a time of day'],
  ['2026-07-01T13:60Z', 'is not a time of day'],
  ['2026-07-01T13:00:60Z', 'is not a time of day'],
  ['2026-07-01T13:00+15:00', 'has no possible offset'],
  ['2026-07-01T13:00:00z', 'is not of the form'],
  ['yesterday', 'is not of the form'],
  ['', 'is not of the form'],
])('refuses the instant %s', (text, message) => {
  expect(() => parseInstant(text)).toThrow(message)
})

test('a time outside four-digit years cannot be written', () => {
  expect(() => isoDate(Date.UTC(10000, 0))).toThrow('outside the years 0 to 9999')
  expect(() => isoInstant(Number.NaN)).toThrow()
})

test.each([
  ['60s', 60],
  ['5m', 300],
  ['1h', 3600],
  ['90m', 5400],
])('reads the duration %s', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})

test.each(['', '60', 's', '0s', '-5s', '1.5h', '5 m', '1d', '60S', '1h30m', ' 60s', '60s\n', '9999999999s'])(
  'refuses the duration %j',
  (text) => {
    expect(() => parseDuration(text)).toThrow(/^duration ".*write 60s, 5m or 1h$/)
  },
)

test('a duration that was written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999_999 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds))).toBe(seconds)
    }),
  )
  expect([90, 300, 7200].map(formatDuration)).toEqual(['90s', '5m', '2h'])
})

test('each hour and each day of a half-open range comes once, in order, and its end does not', () => {
  const from = Date.UTC(2026, 6, 1, 22, 30)
  const to = Date.UTC(2026, 6, 2, 1)
  expect([...eachHour(from, to)].map(isoHour)).toEqual([
    '2026-07-01T22:00:00Z',
    '2026-07-01T23:00:00Z',
    '2026-07-02T00:00:00Z',
  ])
  expect([...eachDay(from, to)].map(isoDate)).toEqual(['2026-07-01', '2026-07-02'])
  expect([...eachDay(from, Date.UTC(2026, 6, 2))].map(isoDate)).toEqual(['2026-07-01'])
  expect([...eachHour(from, from), ...eachHour(to, from), ...eachDay(from, from)]).toEqual([])
})

test('a day has 24 hours on every day of a year', () => {
  for (const day of eachDay(Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1))) {
    expect([...eachHour(day, day + DAY_MS)]).toHaveLength(24)
  }
})
