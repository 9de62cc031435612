/** Sample reports of what changed, what was blocked and what was observed. */
import { type BlockedReport, blockedReport } from '#core/reports/blocked.ts'
import { type ChangesReport, changesReport } from '#core/reports/changes.ts'
import { type CoverageReport, coverageReport } from '#core/reports/coverage.ts'
import { sampleDates, sampleDownload } from '../report-sample.ts'
import { digestOfDate, sampleHistory } from './history.ts'

const TITLE = 'Egress'

export function sampleChanges(date: string): ChangesReport {
  const dates = sampleDates()
  const at = dates.indexOf(date)
  const digestBefore = (days: number) => (at < days ? null : digestOfDate(dates[at - days]))
  const report = changesReport({
    title: TITLE,
    digest: digestOfDate(date),
    before: digestBefore(1),
    weekBefore: digestBefore(7),
    history: sampleHistory(),
    previous: dates[at - 1] ?? null,
    next: dates[at + 1] ?? null,
  })
  return { ...report, downloads: [sampleDownload('changes.csv', 'Every change', report.changes.length)] }
}

export function sampleBlocked(): BlockedReport {
  const report = blockedReport({ title: TITLE, digests: sampleDates().map(digestOfDate), history: sampleHistory() })
  return { ...report, downloads: [sampleDownload('attempts.csv', 'Blocked attempts', report.attempts.length)] }
}

export function sampleCoverage(): CoverageReport {
  const report = coverageReport({ title: TITLE, digests: sampleDates().map(digestOfDate) })
  return { ...report, downloads: [sampleDownload('coverage.csv', 'What was observed of each hour', 840)] }
}
