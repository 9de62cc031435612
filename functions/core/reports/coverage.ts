/** The report of what was observed and what was not, in the 35 days that end with the newest. */
import { type Amounts, addAmounts, zeroAmounts } from '#core/coverage.ts'
import { joinGaps } from '#core/day.ts'
import type { DayDigest } from '#core/digest.ts'
import { compareText } from '#core/order.ts'
import type { PageReport, TargetCoverage } from '#core/report.ts'

export interface CoverageReport extends PageReport {
  page: 'coverage'
  from: string // YYYY-MM-DD; '' while there is no day
  through: string
  targets: CoverageOfTarget[] // by name
}

export interface CoverageOfTarget {
  target: string
  firstHour: string // ISO
  closedThrough: string // ISO
  observedSeconds: number // over these days
  expectedSeconds: number
  days: (Pick<TargetCoverage, 'hours' | 'observation' | 'observedSeconds' | 'expectedSeconds' | 'counts' | 'tails'> & {
    date: string
  })[] // oldest first; from the day of its first hour on
  gaps: { from: number; to: number; reason: string }[] // newest first, joined over midnight
  sums: Record<Uncertain, Amounts>
}

/** The kinds of amounts that are less certain than others; `apportioned` counts a delta over midnight on both days. */
export type Uncertain = 'assumed' | 'apportioned' | 'spread' | 'late' | 'tail' | 'unseen' | 'baseline'
const UNCERTAIN: readonly Uncertain[] = ['assumed', 'apportioned', 'spread', 'late', 'tail', 'unseen', 'baseline']

export interface CoverageInput {
  title: string // of the site
  digests: readonly DayDigest[] // dense, oldest first
}

/** Builds the report of coverage; its downloads are filled in when they have been written. */
export function coverageReport({ title, digests }: CoverageInput): CoverageReport {
  const all = digests.flatMap(({ date, day }) => day.coverage.map((coverage) => ({ date, coverage })))
  const targets = [...Map.groupBy(all, ({ coverage }) => coverage.target)].sort(([a], [b]) => compareText(a, b))
  return {
    schema: 1,
    page: 'coverage',
    title,
    downloads: [],
    from: digests[0]?.date ?? '',
    through: digests.at(-1)?.date ?? '',
    targets: targets.map(([target, days]) => coverageOfTarget(target, days)),
  }
}

function coverageOfTarget(target: string, days: { date: string; coverage: TargetCoverage }[]): CoverageOfTarget {
  const coverages = days.map(({ coverage }) => coverage)
  const { firstHour, closedThrough } = coverages[coverages.length - 1]
  const total = (of: (coverage: TargetCoverage) => number) => coverages.reduce((sum, one) => sum + of(one), 0)
  return {
    target,
    firstHour,
    closedThrough,
    observedSeconds: total(({ observedSeconds }) => observedSeconds),
    expectedSeconds: total(({ expectedSeconds }) => expectedSeconds),
    days: days.map(({ date, coverage }) => {
      const { hours, observation, observedSeconds, expectedSeconds, counts, tails } = coverage
      return { date, hours, observation, observedSeconds, expectedSeconds, counts, tails }
    }),
    gaps: joinGaps(coverages.flatMap(({ gaps }) => gaps)).toReversed(),
    sums: Object.fromEntries(UNCERTAIN.map((kind) => [kind, sumOf(coverages, kind)])) as CoverageOfTarget['sums'],
  }
}

function sumOf(coverages: readonly TargetCoverage[], kind: Uncertain): Amounts {
  const sum = zeroAmounts()
  for (const coverage of coverages) addAmounts(sum, coverage[kind])
  return sum
}
