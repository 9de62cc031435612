/** The report of one UTC day, over all targets. */
import { destinationRows, protocolRows, responseRows, sourceRows } from '#core/breakdown.ts'
import { addAmounts, type Gap, zeroAmounts } from '#core/coverage.ts'
import { edgesOf } from '#core/edge.ts'
import { expectedMs, type HourRecord, type TargetState } from '#core/hour-record.ts'
import { matrixOf } from '#core/matrix.ts'
import { observationOf } from '#core/observation.ts'
import { compareText } from '#core/order.ts'
import type { DayReport, DaySummary, Download, HourReport, Observation, TargetCoverage } from '#core/report.ts'
import { DAY_MS, eachHour, HOUR_MS, isoDate, isoHour } from '#core/time.ts'
import { addRow, sumByClass, zeroByClass } from '#core/totals.ts'

export interface DayInput {
  title: string // of the site
  day: number // ms since epoch, a UTC day's start
  targets: readonly TargetState[] // by name
  records: readonly HourRecord[] // of this day
  previous: string | null // YYYY-MM-DD
  next: string | null
}

/** Builds the report of a day; its downloads are filled in when they have been written. */
export function dayReport({ title, day, targets, records, previous, next }: DayInput): DayReport {
  const states = targets.filter(({ firstHour }) => firstHour < day + DAY_MS)
  const hours: HourReport[] = []
  for (const hour of eachHour(day, day + DAY_MS)) hours.push(hourReport(hour, states, records))
  const edges = edgesOf(records)
  const expected = sum(hours.map(({ expectedSeconds }) => expectedSeconds))
  const observed = sum(hours.map(({ observedSeconds }) => observedSeconds))
  const day24 = { observedSeconds: observed, expectedSeconds: expected }
  return {
    schema: 1,
    page: 'day',
    title,
    date: isoDate(day),
    previous,
    next,
    provisional: states.some(({ closedThrough }) => closedThrough < day + DAY_MS),
    observation: observationOf(day24),
    complete: hours.every((hour) => hour.observedSeconds === hour.expectedSeconds),
    byClass: sumByClass(hours.map(({ byClass }) => byClass)),
    hours,
    destinations: destinationRows(edges),
    sources: sourceRows(edges),
    matrix: matrixOf(edges),
    protocols: protocolRows(edges),
    responses: responseRows(edges),
    coverage: states.map((state) => targetCoverage(state, day, records)),
    downloads: [] as Download[],
  }
}

export function daySummary(report: DayReport): DaySummary {
  const { date, provisional, observation, complete, byClass } = report
  return {
    date,
    provisional,
    observation,
    complete,
    byClass,
    destinations: report.destinations.length,
    sources: report.sources.length,
  }
}

function hourReport(hour: number, states: readonly TargetState[], records: readonly HourRecord[]): HourReport {
  const of = records.filter((record) => record.hour === hour)
  const byClass = zeroByClass()
  for (const { rows } of of) for (const row of rows) addRow(byClass[row.destinationClass], row)
  const expectedSeconds = seconds(sum(states.map((state) => expectedMs(state, hour))))
  const observedSeconds = seconds(sum(of.map(({ coverage }) => coverage.observedMs)))
  return {
    start: isoHour(hour),
    observation: observationOf({ observedSeconds, expectedSeconds }),
    provisional: states.some((state) => hour >= state.firstHour && hour + HOUR_MS > state.closedThrough),
    observedSeconds,
    expectedSeconds,
    byClass,
  }
}

function targetCoverage(state: TargetState, day: number, records: readonly HourRecord[]): TargetCoverage {
  const of = records.filter(({ target }) => target === state.target).sort((a, b) => a.hour - b.hour)
  const coverages = of.map(({ coverage }) => coverage)
  const total = (name: keyof TargetCoverage['counts']) => sum(coverages.map((coverage) => coverage[name]))
  const most = (name: keyof TargetCoverage['counts']) => Math.max(0, ...coverages.map((coverage) => coverage[name]))
  const amounts = (name: 'assumed' | 'spread' | 'late' | 'tail' | 'unseen' | 'baseline') => {
    const result = zeroAmounts()
    for (const coverage of coverages) addAmounts(result, coverage[name])
    return result
  }
  const apportioned = zeroAmounts()
  for (const { hour, coverage } of of) {
    if (hour === day) addAmounts(apportioned, coverage.apportionedAtStart)
    if (hour === day + DAY_MS - HOUR_MS) addAmounts(apportioned, coverage.apportionedAtEnd)
  }
  const hours: Observation[] = []
  let expected = 0
  for (const hour of eachHour(day, day + DAY_MS)) {
    const expectedOfHour = expectedMs(state, hour)
    const observed = of.find((record) => record.hour === hour)?.coverage.observedMs ?? 0
    hours.push(observationOf({ observedSeconds: seconds(observed), expectedSeconds: seconds(expectedOfHour) }))
    expected += expectedOfHour
  }
  const time = {
    observedSeconds: seconds(sum(coverages.map(({ observedMs }) => observedMs))),
    expectedSeconds: seconds(expected),
  }
  const states = coverages.map(({ tails }) => tails)
  const hosts = new Map(
    coverages.flatMap(({ quarantinedHosts }) => quarantinedHosts.map((host) => [host.placeholder, host])),
  )
  return {
    target: state.target,
    firstHour: isoHour(state.firstHour),
    // Never past the day, or a day's page would change for ever.
    closedThrough: isoHour(Math.min(state.closedThrough, day + DAY_MS)),
    ...time,
    hours,
    observation: observationOf(time),
    tails: states.includes('failed') ? 'failed' : states.includes('off') ? 'off' : 'asked',
    counts: {
      scrapes: total('scrapes'),
      series: most('series'),
      births: total('births'),
      deaths: total('deaths'),
      resets: total('resets'),
      assumedSeries: total('assumedSeries'),
      baselineSeries: total('baselineSeries'),
      evictedSeries: total('evictedSeries'),
      carriedSeries: total('carriedSeries'),
      skippedLines: total('skippedLines'),
      skippedSamples: total('skippedSamples'),
      unclassifiedSeries: most('unclassifiedSeries'),
      laggingTargets: most('laggingTargets'),
      quarantinedCount: total('quarantinedCount'),
      foldedSeries: most('foldedSeries'),
      foldedFlows: total('foldedFlows'),
      tailSeries: total('tailSeries'),
    },
    unclassifiedExample: coverages.map((coverage) => coverage.unclassifiedExample).find((text) => text !== '') ?? '',
    gaps: joinGaps(coverages.flatMap(({ gaps }) => gaps)),
    quarantinedHosts: [...hosts.values()].sort((a, b) => compareText(a.placeholder, b.placeholder)),
    assumed: amounts('assumed'),
    apportioned,
    spread: amounts('spread'),
    late: amounts('late'),
    tail: amounts('tail'),
    unseen: amounts('unseen'),
    baseline: amounts('baseline'),
  }
}

/** Gaps that only an hour's edge divides are one gap. */
export function joinGaps(gaps: readonly Gap[]): Gap[] {
  const joined: Gap[] = []
  for (const gap of gaps) {
    const last = joined.at(-1)
    if (last !== undefined && last.to === gap.from && last.reason === gap.reason) last.to = gap.to
    else joined.push({ ...gap })
  }
  return joined
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
