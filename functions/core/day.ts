/** The report of one UTC day, over all targets. */
import { addAmounts, type Gap, zeroAmounts } from '#core/coverage.ts'
import { type FlowRow, failed, type Protocol } from '#core/flow.ts'
import { expectedMs, type HourRecord, type TargetState } from '#core/hour-record.ts'
import type {
  DayReport,
  DaySummary,
  DestinationRow,
  Download,
  HourReport,
  Observation,
  ProtocolRow,
  ResponseRow,
  SourceRow,
  TargetCoverage,
} from '#core/report.ts'
import { DAY_MS, eachHour, HOUR_MS, isoDate, isoHour } from '#core/time.ts'
import { addByClass, addRow, attempts, occurrences, zeroByClass, zeroTotals } from '#core/totals.ts'

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
  const byClass = zeroByClass()
  for (const hour of hours) addByClass(byClass, hour.byClass)
  const rows = records.flatMap(({ target, rows: ofHour }) => ofHour.map((row) => ({ target, row })))
  const expected = sum(hours.map(({ expectedSeconds }) => expectedSeconds))
  const observed = sum(hours.map(({ observedSeconds }) => observedSeconds))
  const day24 = { observedSeconds: observed, expectedSeconds: expected }
  return {
    schema: 1,
    title,
    date: isoDate(day),
    previous,
    next,
    provisional: states.some(({ closedThrough }) => closedThrough < day + DAY_MS),
    observation: observationOf(day24),
    complete: hours.every((hour) => hour.observedSeconds === hour.expectedSeconds),
    byClass,
    hours,
    destinations: destinationRows(rows),
    sources: sourceRows(rows),
    protocols: protocolRows(rows),
    responses: responseRows(rows),
    coverage: states.map((state) => targetCoverage(state, day, records)),
    downloads: [] as Download[],
  }
}

export function daySummary(report: DayReport): DaySummary {
  const { date, provisional, observation, complete, byClass } = report
  const destinations = new Set(report.destinations.map(({ host, destinationClass }) => `${destinationClass}\0${host}`))
  return {
    date,
    provisional,
    observation,
    complete,
    byClass,
    destinations: destinations.size,
    sources: report.sources.length,
  }
}

function observationOf(seconds: { observedSeconds: number; expectedSeconds: number }): Observation {
  if (seconds.expectedSeconds === 0) return 'pending'
  if (seconds.observedSeconds === 0) return 'none'
  return seconds.observedSeconds >= seconds.expectedSeconds ? 'observed' : 'partial'
}

function hourReport(hour: number, states: readonly TargetState[], records: readonly HourRecord[]): HourReport {
  const of = records.filter((record) => record.hour === hour)
  const byClass = zeroByClass()
  for (const { rows } of of) for (const row of rows) addRow(byClass[row.destinationClass], row)
  const expectedSeconds = Math.floor(sum(states.map((state) => expectedMs(state, hour))) / 1000)
  const observedSeconds = Math.floor(sum(of.map(({ coverage }) => coverage.observedMs)) / 1000)
  return {
    start: isoHour(hour),
    observation: observationOf({ observedSeconds, expectedSeconds }),
    provisional: states.some((state) => hour >= state.firstHour && hour + HOUR_MS > state.closedThrough),
    observedSeconds,
    expectedSeconds,
    byClass,
  }
}

interface TargetRow {
  target: string
  row: FlowRow
}

function destinationRows(rows: readonly TargetRow[]): DestinationRow[] {
  const groups = groupBy(rows, ({ row }) => `${row.destinationClass}\0${row.destinationHost}`)
  const result = [...groups.values()].map((group): DestinationRow => {
    const totals = zeroTotals()
    for (const { row } of group) addRow(totals, row)
    const ports = distinct(group.map(({ row }) => row.destinationPort)).filter((port) => port !== null)
    return {
      destinationClass: group[0].row.destinationClass,
      host: group[0].row.destinationHost,
      ports: ports.sort((a, b) => a - b),
      targets: distinct(group.map(({ target }) => target)).sort(),
      protocols: distinct(group.map(({ row }) => row.protocol)).sort(),
      sources: distinct(group.map(sourceKey)).length,
      totals,
      share: 0,
    }
  })
  const weight = (row: DestinationRow) =>
    row.destinationClass === 'blocked' ? attempts(row.totals) : row.totals.egressBytes
  const isBlocked = (row: DestinationRow) => Number(row.destinationClass === 'blocked')
  for (const blocked of [0, 1]) {
    const of = result.filter((row) => isBlocked(row) === blocked)
    const whole = sum(of.map(weight))
    for (const row of of) row.share = whole === 0 ? 0 : weight(row) / whole
  }
  return result.sort(
    (a, b) =>
      isBlocked(a) - isBlocked(b) ||
      weight(b) - weight(a) ||
      compare(a.host, b.host) ||
      compare(a.destinationClass, b.destinationClass),
  )
}

function sourceRows(rows: readonly TargetRow[]): SourceRow[] {
  const groups = groupBy(rows, sourceKey)
  const whole = sum(rows.map(({ row }) => row.egressBytes))
  const result = [...groups.values()].map((group): SourceRow => {
    const totals = zeroTotals()
    const blocked = zeroTotals()
    for (const { row } of group) addRow(row.destinationClass === 'blocked' ? blocked : totals, row)
    const { target, row } = group[0]
    return {
      target,
      namespace: row.sourceNamespace,
      workload: row.sourceWorkload,
      app: row.sourceApp,
      protocols: distinct(group.map((of) => of.row.protocol)).sort(),
      destinations: distinct(group.map((of) => `${of.row.destinationClass}\0${of.row.destinationHost}`)).length,
      totals,
      blockedAttempts: attempts(blocked),
      share: whole === 0 ? 0 : totals.egressBytes / whole,
    }
  })
  return result.sort(
    (a, b) =>
      b.totals.egressBytes - a.totals.egressBytes ||
      b.blockedAttempts - a.blockedAttempts ||
      compare(`${a.target}/${a.namespace}/${a.workload}`, `${b.target}/${b.namespace}/${b.workload}`),
  )
}

function sourceKey({ target, row }: TargetRow): string {
  return `${target}\0${row.sourceNamespace}\0${row.sourceWorkload}`
}

function protocolRows(rows: readonly TargetRow[]): ProtocolRow[] {
  const protocols: readonly Protocol[] = ['http', 'grpc', 'tcp']
  return protocols.map((protocol) => {
    const byClass = zeroByClass()
    for (const { row } of rows) if (row.protocol === protocol) addRow(byClass[row.destinationClass], row)
    return { protocol, byClass }
  })
}

function responseRows(rows: readonly TargetRow[]): ResponseRow[] {
  const codeOf = (row: FlowRow) =>
    row.protocol === 'grpc' && row.grpcStatus !== '' ? `grpc ${row.grpcStatus}` : row.responseCode
  const key = ({ row }: TargetRow) => [row.destinationClass, row.protocol, codeOf(row), row.responseFlags].join('\0')
  const result = [...groupBy(rows, key).values()].map(
    (group): ResponseRow => ({
      destinationClass: group[0].row.destinationClass,
      protocol: group[0].row.protocol,
      code: codeOf(group[0].row),
      flags: group[0].row.responseFlags,
      count: sum(group.map(({ row }) => occurrences(row))),
      failed: group[0].row.destinationClass !== 'blocked' && failed(group[0].row),
    }),
  )
  return result
    .filter(({ count }) => count > 0)
    .sort(
      (a, b) =>
        b.count - a.count ||
        compare(a.code, b.code) ||
        compare(a.flags, b.flags) ||
        compare(a.destinationClass, b.destinationClass) ||
        compare(a.protocol, b.protocol),
    )
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
  let expected = 0
  for (const hour of eachHour(day, day + DAY_MS)) expected += expectedMs(state, hour)
  const seconds = {
    observedSeconds: Math.floor(sum(coverages.map(({ observedMs }) => observedMs)) / 1000),
    expectedSeconds: Math.floor(expected / 1000),
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
    ...seconds,
    observation: observationOf(seconds),
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
    quarantinedHosts: [...hosts.values()].sort((a, b) => compare(a.placeholder, b.placeholder)),
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
function joinGaps(gaps: readonly Gap[]): Gap[] {
  const joined: Gap[] = []
  for (const gap of gaps) {
    const last = joined.at(-1)
    if (last !== undefined && last.to === gap.from && last.reason === gap.reason) last.to = gap.to
    else joined.push({ ...gap })
  }
  return joined
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, key)
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Set(items)]
}

function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}

/** By code unit, so that the order is the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
