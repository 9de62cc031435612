import { type RawSeries, replayMoments } from '#core/replay.ts'

const MINUTE = 60_000

/** A series with samples at these minutes, each worth ten times its minute. */
const raw = (...minutes: number[]): RawSeries => ({
  prepared: {
    series: { name: 'istio_requests_total', labels: new Map() },
    metric: 0,
    length: 20,
    lo: minutes[0],
    hi: 0,
  },
  samples: minutes.map((minute) => ({ time: minute * MINUTE, value: minute * 10 })),
})

/** What each moment shows, as the minutes of its samples. */
function moments(series: readonly RawSeries[], from: number, to: number, interval: number): number[][] {
  const shown = [...replayMoments(series, from * MINUTE, to * MINUTE, interval * MINUTE)]
  return shown.map((samples) => samples.map(({ time }) => time / MINUTE))
}

test('shows at every interval the newest sample of each series', () => {
  const series = [raw(1, 2, 3, 4, 5, 6), raw(2, 4, 6)]
  expect(moments(series, 0, 6, 2)).toEqual([
    [2, 2],
    [4, 4],
  ])
  expect(moments(series, 1, 5, 1)).toEqual([
    [2, 2],
    [3, 2],
    [4, 4],
  ])
})

test('leaves the first and the last moment to the bodies they came with', () => {
  expect(moments([raw(0, 5, 10)], 0, 10, 5)).toEqual([[5]])
  expect(moments([raw(0, 5, 10)], 0, 5, 5)).toEqual([])
})

test('shows a series from its first sample and for five minutes after its last', () => {
  expect(moments([raw(3, 4)], 0, 12, 1)).toEqual([[], [], [3], [4], [4], [4], [4], [4], [], [], []])
})

test('a sample past a moment is not shown before its time', () => {
  expect(moments([raw(1, 4)], 0, 6, 2)).toEqual([[1], [4]])
})

test('values come with their samples', () => {
  const [first] = replayMoments([raw(1, 2)], 0, 5 * MINUTE, 2 * MINUTE)
  expect(first.map(({ time, value }) => [time, value])).toEqual([[2 * MINUTE, 20]])
})
