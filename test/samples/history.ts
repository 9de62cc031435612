/** Sample reports of what looks back: the home page, months, destinations, workloads and the search's index. */
import { daySummary } from '#core/day.ts'
import type { DayDigest } from '#core/digest.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory, type History } from '#core/history.ts'
import type { Caller } from '#core/pair.ts'
import { changesReport } from '#core/reports/changes.ts'
import {
  type DestinationReport,
  type DestinationsReport,
  destinationReport,
  destinationsReport,
} from '#core/reports/destination.ts'
import { type HomeReport, homeReport } from '#core/reports/home.ts'
import { type MonthReport, monthReport } from '#core/reports/month.ts'
import { type SearchIndex, searchIndex } from '#core/reports/search.ts'
import { type WorkloadReport, type WorkloadsReport, workloadReport, workloadsReport } from '#core/reports/workload.ts'
import { judgedOf } from '../judged.ts'
import { LAST_DAY, sampleDates, sampleDigest, sampleDownload, sampleTargets } from '../report-sample.ts'
import { sampleEntityCompliance } from './compliance.ts'

const TITLE = 'Egress'
const closedDates = sampleDates().filter((date) => date < LAST_DAY)
const digests = new Map<string, DayDigest>()

/** The digest of one of the sample's dates, made once. */
export function digestOfDate(date: string): DayDigest {
  const digest = digests.get(date) ?? sampleDigest(date)
  digests.set(date, digest)
  return digest
}

/** The history of the closed days through one, by default of all. */
export function sampleHistory(through = LAST_DAY): History {
  const folding = startFolding(emptyHistory())
  for (const date of closedDates) if (date <= through) folding.add(digestOfDate(date))
  return folding.history()
}

export function sampleHome(): HomeReport {
  const [weekBefore, beforeLatest, latest] = [-8, -2, -1].map((at) => digestOfDate(closedDates.at(at) ?? ''))
  const { changes } = changesReport({
    title: TITLE,
    digest: latest,
    before: beforeLatest,
    weekBefore,
    history: sampleHistory(),
    previous: null,
    next: null,
  })
  const report = homeReport({
    title: TITLE,
    history: sampleHistory(),
    open: [daySummary(digestOfDate(LAST_DAY).day)],
    latest,
    changes,
    targets: sampleTargets(),
  })
  return { ...report, downloads: [sampleDownload('days.csv', 'These days', report.days.length)] }
}

/** A month, by default the one whose last day is open. */
export function sampleMonth(month = LAST_DAY.slice(0, 7)): MonthReport {
  const months = [...new Set(sampleDates().map((date) => date.slice(0, 7)))]
  const at = months.indexOf(month)
  const report = monthReport({
    title: TITLE,
    month,
    digests: sampleDates()
      .filter((date) => date.startsWith(month))
      .map(digestOfDate),
    previous: months[at - 1] ?? null,
    next: months[at + 1] ?? null,
  })
  return { ...report, downloads: [sampleDownload('days.csv', 'The month by the day', report.days.length)] }
}

export function sampleDestination(host: string): DestinationReport {
  const history = sampleHistory()
  const compliance = sampleEntityCompliance()
  const last = history.destinations.find((one) => one.host === host)?.last ?? ''
  const report = destinationReport({ title: TITLE, history, judged: judgedOf(digestOfDate(last)), compliance, host })
  return { ...report, downloads: [sampleDownload('callers.csv', 'Who ever called it', report.callers.length)] }
}

export function sampleDestinations(): DestinationsReport {
  const report = destinationsReport({ title: TITLE, history: sampleHistory() })
  return { ...report, downloads: [sampleDownload('destinations.csv', 'All destinations', report.destinations.length)] }
}

export function sampleWorkload(caller: Caller): WorkloadReport {
  const history = sampleHistory()
  const entity = history.workloads.find((one) => one.target === caller.target && one.workload === caller.workload)
  const report = workloadReport({
    title: TITLE,
    history,
    digest: digestOfDate(entity?.last ?? ''),
    compliance: sampleEntityCompliance(),
    ...caller,
  })
  return { ...report, downloads: [sampleDownload('calls.csv', 'What it ever called', report.calls.length)] }
}

export function sampleWorkloads(): WorkloadsReport {
  const report = workloadsReport({ title: TITLE, history: sampleHistory() })
  return { ...report, downloads: [sampleDownload('workloads.csv', 'All workloads', report.workloads.length)] }
}

export function sampleSearch(): SearchIndex {
  return searchIndex(sampleHistory())
}
