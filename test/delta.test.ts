import fc from 'fast-check'
import {
  apportion,
  type Birth,
  bearSeries,
  CLOCKS_APART_MS,
  continueSeries,
  continueTail,
  type Delta,
  isUsable,
  mayBeEarlier,
  type ProcessStart,
  type Sample,
  wholeValue,
} from '#core/delta.ts'

const at = (seconds: number, value: number): Sample => ({ time: seconds * 1000, value })
const delta = (basis: Delta['basis'], amount: number, fromSeconds: number): Delta => ({
  basis,
  amount,
  from: fromSeconds * 1000,
})
const NOTHING = delta('nothing', 0, 0)
const NO_START: ProcessStart = { before: null, now: null }
const starts = (before: number | null, now: number | null): ProcessStart => ({
  before: before === null ? null : before * 1000,
  now: now === null ? null : now * 1000,
})

test.each<[string, Sample, Sample, ProcessStart, Delta]>([
  // a newer sample
  ['a larger value books the difference', at(100, 1000), at(160, 1500), NO_START, delta('difference', 500, 100)],
  [
    'an equal value books nothing, as a difference',
    at(100, 1000),
    at(160, 1000),
    NO_START,
    delta('difference', 0, 100),
  ],
  [
    'sums are rounded before they are differenced',
    at(100, 1000.5),
    at(160, 1001.4),
    NO_START,
    delta('difference', 0, 100),
  ],
  ['half is rounded up', at(100, 0.4), at(160, 0.5), NO_START, delta('difference', 1, 100)],
  [
    'the largest whole numbers are exact',
    at(100, 2 ** 53 - 3),
    at(160, 2 ** 53 - 1),
    NO_START,
    delta('difference', 2, 100),
  ],
  // a smaller value
  ['a smaller value is a reset and books itself', at(100, 1000), at(160, 300), NO_START, delta('reset', 300, 100)],
  ['zero after something is a reset that books nothing', at(100, 1000), at(160, 0), NO_START, delta('reset', 0, 100)],
  [
    'a reset counts from the process start when it lies between',
    at(100, 1000),
    at(160, 300),
    starts(0, 130),
    delta('reset', 300, 130),
  ],
  [
    'a start before the last sample says nothing of when',
    at(100, 1000),
    at(160, 300),
    starts(0, 90),
    delta('reset', 300, 100),
  ],
  ['float noise is no reset', at(100, 318825.00000000006), at(160, 318825), NO_START, delta('difference', 0, 100)],
  ['a billionth and more is one', at(100, 1e9), at(160, 1e9 - 2), NO_START, delta('reset', 1e9 - 2, 100)],
  // a reset hidden by growth
  ['a start past the last sample is a reset', at(100, 1000), at(160, 5000), starts(0, 130), delta('reset', 5000, 130)],
  [
    'also when nobody told the start before',
    at(100, 1000),
    at(160, 5000),
    starts(null, 130),
    delta('reset', 5000, 130),
  ],
  [
    'also when it was learnt while the series was away',
    at(100, 1000),
    at(160, 5000),
    starts(130, 130),
    delta('reset', 5000, 130),
  ],
  ['a start that jitters by 6 s is none', at(100, 1000), at(160, 1500), starts(97, 103), delta('difference', 500, 100)],
  [
    'a start that jitters around the last sample is none',
    at(100, 1000),
    at(160, 1500),
    starts(null, 110),
    delta('difference', 500, 100),
  ],
  [
    'a start that moved but lies before the last sample is none',
    at(100, 1000),
    at(160, 1500),
    starts(0, 90),
    delta('difference', 500, 100),
  ],
  [
    'a start that moved by more than 15 s and just past the last sample is one',
    at(100, 1000),
    at(160, 1500),
    starts(80, 101),
    delta('reset', 1500, 101),
  ],
  // raw samples have no staleness markers, so an old process's last one can stand beside the new one's start
  [
    'a start past the sample itself says nothing of it',
    at(100, 1000),
    at(160, 1500),
    starts(0, 170),
    delta('difference', 500, 100),
  ],
  [
    'a start nobody tells now proves nothing',
    at(100, 1000),
    at(160, 1500),
    starts(0, null),
    delta('difference', 500, 100),
  ],
  // no newer sample
  ['the same timestamp adds nothing', at(100, 1000), at(100, 1500), NO_START, NOTHING],
  ['the same timestamp with a smaller value adds nothing', at(100, 1000), at(100, 10), NO_START, NOTHING],
  ['an older timestamp adds nothing', at(100, 1000), at(99, 1500), NO_START, NOTHING],
  ['an older timestamp adds nothing even after a restart', at(100, 1000), at(99, 10), starts(0, 130), NOTHING],
])('%s', (_, previous, sample, start, expected) => {
  expect(continueSeries(previous, sample, start)).toEqual(expected)
})

// Another replica's clock may be ahead by half a minute.
test.each<[string, Sample, boolean]>([
  ['smaller and soon after', at(129, 999), true],
  ['smaller and before', at(90, 999), true],
  ['smaller and half a minute after', at(130, 999), false],
  ['as large', at(101, 1000), false],
])('a value under other labels may be an earlier one when it is %s', (_, sample, expected) => {
  expect(mayBeEarlier(at(100, 1000), sample)).toBe(expected)
})

test('a start that another clock tells is a restart only when it lies further off than the clocks', () => {
  const told = (now: number) => continueSeries(at(100, 1000), at(400, 1500), starts(90, now), CLOCKS_APART_MS).basis
  expect([110, 135, 136, 200].map(told)).toEqual(['difference', 'difference', 'reset', 'reset'])
})

test('a tail is a difference, or its value when that is smaller', () => {
  expect(continueTail(at(100, 1000), at(160, 1500))).toEqual(delta('difference', 500, 100))
  expect(continueTail(at(100, 1000), at(160, 200))).toEqual(delta('reset', 200, 100))
})

/** One process, at two-minute scrapes: the last at 1000 s, this one at 1120 s. */
const birth = (changes: Partial<Birth> = {}): Birth => ({
  sample: at(1120, 640.5),
  lastScrape: 1_000_000,
  recent: true,
  processStart: null,
  processSeen: false,
  expected: true,
  metricSeen: true,
  ...changes,
})

test.each<[string, Birth, Delta]>([
  ['its process was there at the last scrape: born since', birth({ processSeen: true }), delta('birth', 641, 1000)],
  ['the same after a gap', birth({ processSeen: true, recent: false }), delta('birth', 641, 1000)],
  ['its process started since: born then', birth({ processStart: 1_060_000 }), delta('birth', 641, 1060)],
  ['the same after a gap', birth({ processStart: 1_060_000, recent: false }), delta('birth', 641, 1060)],
  [
    'its process seems to have started 8 s before the last scrape',
    birth({ processStart: 992_000 }),
    delta('birth', 641, 1000),
  ],
  ['its process was discovered late', birth({ processStart: 760_000 }), delta('birth', 641, 760)],
  [
    'its process started 5 min before the last scrape and was not seen',
    birth({ processStart: 700_000 }),
    delta('baseline', 641, 1120),
  ],
  ['its process is an old one', birth({ processStart: 0 }), delta('baseline', 641, 1120)],
  ['no start is known', birth(), delta('assumed', 641, 1000)],
  ['no start is known, after a gap', birth({ recent: false }), delta('baseline', 641, 1120)],
  ['other selectors', birth({ expected: false, processSeen: true }), delta('baseline', 641, 1120)],
  ['the same with a young process', birth({ expected: false, processStart: 1_060_000 }), delta('baseline', 641, 1120)],
  [
    'a metric nobody had, of a process that was there without it',
    birth({ metricSeen: false, processSeen: true, processStart: 999_000 }),
    delta('baseline', 641, 1120),
  ],
  ['a metric nobody had, and no start is known', birth({ metricSeen: false }), delta('baseline', 641, 1120)],
  [
    'a metric nobody had, for want of its process, which started since',
    birth({ metricSeen: false, processStart: 1_060_000 }),
    delta('birth', 641, 1060),
  ],
  [
    'a metric nobody had, for want of its process, which was discovered late',
    birth({ metricSeen: false, processStart: 760_000 }),
    delta('birth', 641, 760),
  ],
  [
    'a sample older than the last scrape counts from itself',
    birth({ sample: at(900, 5), processSeen: true }),
    delta('birth', 5, 900),
  ],
])('a new series: %s', (_, series, expected) => {
  expect(bearSeries(series)).toEqual(expected)
})

const counts = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 600 }), fc.double({ min: 0, max: 1e9, noNaN: true }), fc.boolean()),
  { maxLength: 40 },
)

test('what is booked of a counter that is reset now and then is what it counted, to the last byte', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), counts, (initial, steps) => {
      let previous = at(0, initial)
      let booked = 0
      let expected = 0
      let segmentStart = wholeValue(initial)
      for (const [seconds, grown, restart] of steps) {
        const value = restart ? grown / 2 : previous.value + grown
        const sample = { time: previous.time + seconds * 1000, value }
        const step = continueSeries(previous, sample, NO_START)
        expect(step.amount >= 0 && Number.isSafeInteger(step.amount)).toBe(true)
        expect(step.from).toBe(previous.time)
        booked += step.amount
        if (step.basis === 'reset') {
          expected += wholeValue(previous.value) - segmentStart
          segmentStart = 0
        }
        previous = step.basis === 'difference' && value < previous.value ? { ...sample, value: previous.value } : sample
      }
      expect(booked).toBe(expected + wholeValue(previous.value) - segmentStart)
    }),
    { numRuns: 500 },
  )
})

test('a scrape left out, repeated or out of order changes no total of a counter that only grows', () => {
  const growth = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 2, maxLength: 30 })
  fc.assert(
    fc.property(growth, fc.infiniteStream(fc.nat()), (grown, picks) => {
      let value = 0
      const samples = grown.map((more, index) => {
        value += more
        return at(index, value)
      })
      const seen = samples.flatMap((sample) => [sample, samples[picks.next().value % samples.length]])
      let previous = samples[0]
      let booked = 0
      for (const sample of [...seen, samples[samples.length - 1]]) {
        const step = continueSeries(previous, sample, NO_START)
        booked += step.amount
        if (step.basis !== 'nothing') previous = sample
      }
      expect(booked).toBe(wholeValue(value) - wholeValue(samples[0].value))
    }),
  )
})

test('whole values are half up, exact for whole numbers up to 2^53 and never out of order', () => {
  expect([0, 0.49999999999999994, 0.5, 1.5, 2.4999999999999996].map(wholeValue)).toEqual([0, 0, 1, 2, 2])
  fc.assert(
    fc.property(
      fc.maxSafeNat(),
      fc.double({ min: 0, max: 2 ** 53, noNaN: true }),
      fc.double({ min: 0, max: 2 ** 53, noNaN: true }),
      (whole, a, b) => {
        expect(wholeValue(whole)).toBe(whole)
        expect(Math.abs(wholeValue(a) - a) <= 0.5).toBe(true)
        expect(wholeValue(Math.min(a, b)) <= wholeValue(Math.max(a, b))).toBe(true)
      },
    ),
  )
})

test.each<[number, boolean]>([
  [0, true],
  [-0, true],
  [0.1, true],
  [Number.MAX_SAFE_INTEGER, true],
  [Number.MAX_SAFE_INTEGER + 1, false],
  [Number.POSITIVE_INFINITY, false],
  [Number.NEGATIVE_INFINITY, false],
  [Number.NaN, false],
  [-1e-9, false],
])('%d is a value a counter can have: %s', (value, usable) => {
  expect(isUsable(value)).toBe(usable)
})

test.each<[number, number[], number[]]>([
  [501, [180, 120], [300, 201]],
  [1001, [1800, 3600, 1800], [250, 500, 251]],
  [1, [1, 1], [0, 1]],
  [0, [5, 5], [0, 0]],
  [7, [3], [7]],
  [7, [0, 0], [0, 7]],
  [9007199254740991, [1, 2], [3002399751580330, 6004799503160661]], // doubles would lose the last digits
])('%d over %j are %j', (amount, parts, shares) => {
  expect(apportion(amount, parts)).toEqual(shares)
})

test('shares are whole, never negative, sum to the amount and are no further from proportion than the parts are many', () => {
  const parts = fc.array(fc.integer({ min: 1, max: 3_600_000 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(fc.maxSafeNat(), parts, (amount, lengths) => {
      const shares = apportion(amount, lengths)
      const whole = lengths.reduce((sum, length) => sum + BigInt(length), 0n)
      expect(shares.reduce((sum, share) => sum + BigInt(share), 0n)).toBe(BigInt(amount))
      shares.forEach((share, index) => {
        expect(Number.isSafeInteger(share) && share >= 0).toBe(true)
        const exact = (BigInt(amount) * BigInt(lengths[index])) / whole
        const off = BigInt(share) - exact
        expect(off >= 0n && off <= (index === lengths.length - 1 ? BigInt(lengths.length) : 0n)).toBe(true)
      })
    }),
  )
})
