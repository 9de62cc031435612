import { retain } from '#core/retention.ts'
import { SeriesTable } from '#core/series.ts'

const NOON = Date.UTC(2026, 10, 20, 12)
const hoursAgo = (hours: number) => NOON - hours * 3_600_000

interface State {
  vanished?: number // hours ago; missing for the first time when left out
  tailed?: number // hours ago
  flow?: number // default 0
  seen?: boolean
}

/** The rows kept at noon, and how many were evicted; by default none is needed. */
function kept(states: State[], live: number, neededSince = Number.POSITIVE_INFINITY) {
  const table = new SeriesTable()
  for (const { vanished, tailed, flow = 0 } of states) {
    table.push({
      lo: 0,
      hi: 0,
      length: 0,
      identityLo: 0,
      identityHi: 0,
      time: hoursAgo(vanished ?? 0.1),
      value: 1,
      rate: 0,
      vanishedAt: vanished === undefined ? 0 : hoursAgo(vanished),
      tailedAt: tailed === undefined ? 0 : hoursAgo(tailed),
      flow,
      proxy: -1,
      metric: 0,
    })
  }
  const seen = Uint8Array.from(states, (state) => (state.seen ? 1 : 0))
  return retain(table, seen, { watermark: NOON, neededSince, live })
}

test('only booked series that are missing are anybody’s state to keep', () => {
  expect(kept([{ seen: true }, { flow: -1 }, { flow: -2 }, {}], 9)).toEqual({ rows: [3], evicted: 0 })
})

test('a state is kept for a day from when the series vanished, and is then dropped without a word', () => {
  expect(kept([{ vanished: 24 }, { vanished: 24.01 }], 9)).toEqual({ rows: [0], evicted: 0 })
})

test('a tail is a sign of life', () => {
  expect(
    kept(
      [
        { vanished: 30, tailed: 23 },
        { vanished: 30, tailed: 25 },
      ],
      9,
    ),
  ).toEqual({ rows: [0], evicted: 0 })
})

test('as many as live are kept, those that went last first, and the rest is counted as evicted', () => {
  expect(kept([{ vanished: 3 }, { vanished: 1 }, { vanished: 2 }, { vanished: 25 }], 2)).toEqual({
    rows: [1, 2],
    evicted: 1,
  })
})

test('a series that vanishes now is kept even when nothing lives', () => {
  expect(kept([{}, {}, { vanished: 1 }], 0)).toEqual({ rows: [0, 1], evicted: 1 })
})

test('a state that is needed is kept whatever its age and their number', () => {
  expect(kept([{ vanished: 30 }, { vanished: 31 }], 0, hoursAgo(30.5))).toEqual({ rows: [0], evicted: 0 })
})
