import type { Checkpoint } from '#core/checkpoint.ts'
import { OpenHours } from '#core/hours.ts'
import type { ObserveSettings } from '#core/observe.ts'
import { SeriesTable } from '#core/series.ts'
import { startsExpression, tailExpression, tailsDue, tailWindow } from '#core/tails.ts'

const TEN = Date.UTC(2026, 10, 20, 10)
const minutes = (count: number) => TEN + count * 60_000

const SETTINGS: ObserveSettings = {
  mesh: { clusterDomain: 'cluster.local', gateways: [], waypoints: [] },
  intervalMs: 60_000,
  prometheusIntervalMs: 15_000,
  tails: true,
  selectors: 'all',
  gapReason: '',
}

/** A checkpoint whose baseline, last asking and watermark lie at these minutes past ten; the hour of ten is open. */
function checkpoint(times: { baseline: number; tailed: number; watermark: number }): Checkpoint {
  return {
    target: 'mesh',
    owner: '',
    generation: 1,
    seq: 9,
    selectors: 'all',
    selectorsSince: minutes(times.baseline),
    seed: { lo: 1, hi: 2 },
    baseline: minutes(times.baseline),
    watermark: minutes(times.watermark),
    tailedThrough: minutes(times.tailed),
    head: null,
    externalLabels: [],
    unclassifiedExample: '',
    flows: [],
    hours: new OpenHours(TEN),
    finished: [],
    series: new SeriesTable(),
    proxies: [],
  }
}

test.each<[string, number, number, boolean]>([
  ['at once after the last asking', 10, 10, false],
  ['a minute later', 10, 11, false],
  ['five minutes later', 10, 15, true],
  ['five minutes later but for one interval of Prometheus', 10, 14.75, true],
  ['a little before that', 10, 14.7, false],
  ['when the hour is about to close and its end was not asked for', 59.5, 65, true],
  ['when its lookback is not over yet', 63, 64.9, false],
  ['when the hour is about to close and its end was asked for', 61, 65, false],
])('the dead are asked for %s', (_, tailed, watermark, due) => {
  expect(tailsDue(checkpoint({ baseline: 0, tailed, watermark }), SETTINGS)).toBe(due)
})

test.each<[string, number, number, number, number]>([
  ['to the last asking and five minutes more', 0, 20, 25, 10],
  ['all of a failure and five minutes more', 0, 20, 50, 35],
  ['never beyond the baseline', 18, 20, 25, 7],
])('the window reaches %s', (_, baseline, tailed, watermark, reach) => {
  expect(tailWindow(checkpoint({ baseline, tailed, watermark }))).toBe(reach * 60_000)
})

test('asks for series that were there and are not, told apart by metric and all labels, in one expression', () => {
  const dead = (selector: string) =>
    `label_replace(last_over_time(${selector}[600s]),"wharfage_metric","$1","__name__","(.+)") ` +
    `unless label_replace(${selector},"wharfage_metric","$1","__name__","(.+)")`
  expect(tailExpression(['{a="b"}'], 600_000)).toBe(dead('{a="b"}'))
  expect(tailExpression(['{a="b"}', 'up'], 600_999)).toBe(`${dead('{a="b"}')} or ${dead('up')}`)
})

test('asks for process starts at every Prometheus scrape of the window', () => {
  expect(startsExpression(600_500)).toBe(
    'min_over_time((timestamp(envoy_server_uptime) - envoy_server_uptime)[600s:15s])',
  )
})
