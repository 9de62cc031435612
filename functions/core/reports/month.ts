/** The report of a month: its days, and what they sum to. */
import { destinationRows, protocolRows, responseRows, sourceRows } from '#core/breakdown.ts'
import { daySummary } from '#core/day.ts'
import type { DayDigest } from '#core/digest.ts'
import { monthSummary } from '#core/history.ts'
import { matrixOf } from '#core/matrix.ts'
import type {
  ByClass,
  DaySummary,
  DestinationRow,
  Matrix,
  Observation,
  PageReport,
  ProtocolRow,
  ResponseRow,
  SourceRow,
  TargetCoverage,
} from '#core/report.ts'
import type { MonthCostsSection } from '#core/reports/cost-sections.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

export interface MonthReport extends PageReport {
  page: 'month'
  month: string // YYYY-MM
  previous: string | null // the neighbouring months that have a page
  next: string | null
  provisional: boolean // a day of it is open, or still to come
  observation: Observation
  complete: boolean
  byClass: ByClass
  days: DaySummary[] // those the ledger has, oldest first
  destinations: DestinationRow[] // as a day's
  sources: SourceRow[]
  matrix: Matrix
  protocols: ProtocolRow[]
  responses: ResponseRow[]
  coverage: {
    date: string
    targets: Pick<TargetCoverage, 'target' | 'hours' | 'observation' | 'observedSeconds' | 'expectedSeconds' | 'gaps'>[]
  }[] // one for each day
  costs: MonthCostsSection | null // null when nothing was priced
}

export interface MonthInput {
  title: string // of the site
  month: string // YYYY-MM
  digests: readonly DayDigest[] // of all its days that the ledger has, oldest first; at least one
  costs?: MonthCostsSection | null
  previous: string | null
  next: string | null
}

/** Builds the report of a month; its downloads are filled in when they have been written. */
export function monthReport({ title, month, digests, costs = null, previous, next }: MonthInput): MonthReport {
  const stray = digests.find(({ date }) => !date.startsWith(`${month}-`))
  if (stray !== undefined) throw new Error(`report of ${month}: ${stray.date} is no day of it`)
  const days = digests.map(({ day }) => daySummary(day))
  const edges = digests.flatMap((digest) => digest.edges)
  const { observation, complete, byClass } = monthSummary(days)
  const dayAfter = isoDate(parseDate(days[days.length - 1].date) + DAY_MS)
  return {
    schema: 1,
    page: 'month',
    title,
    downloads: [],
    month,
    previous,
    next,
    provisional: dayAfter.startsWith(month) || days.some(({ provisional }) => provisional),
    observation,
    complete,
    byClass,
    days,
    destinations: destinationRows(edges),
    sources: sourceRows(edges),
    matrix: matrixOf(edges),
    protocols: protocolRows(edges),
    responses: responseRows(edges),
    coverage: digests.map(({ date, day }) => ({
      date,
      targets: day.coverage.map(({ target, hours, observation: of, observedSeconds, expectedSeconds, gaps }) => ({
        target,
        hours,
        observation: of,
        observedSeconds,
        expectedSeconds,
        gaps,
      })),
    })),
    costs,
  }
}
