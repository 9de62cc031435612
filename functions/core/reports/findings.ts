/** The report of all findings. */
import type { ComplianceHistory } from '#core/compliance-history.ts'
import { byState, type Finding } from '#core/findings/finding.ts'
import { SEVERITIES } from '#core/findings/rules.ts'
import type { PageReport } from '#core/report.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

export interface FindingsReport extends PageReport {
  page: 'findings'
  through: string // the last day, or ''
  provisional: boolean // it is still open: what is found on it so far is told, nothing is gone for want of it
  findings: Finding[] // open first, then most severe, then newest
  forgotten: number
  opened: { date: string; open: number; opened: number; gone: number }[] // of the 35 days that end with `through`, oldest first
}

export interface FindingsInput {
  title: string // of the site
  compliance: ComplianceHistory
}

export const RECENT_DAYS = 35

/** Builds the report of findings; its downloads are filled in when they have been written. */
export function findingsReport({ title, compliance }: FindingsInput): FindingsReport {
  const { through, days, findings, forgotten } = compliance
  return {
    schema: 1,
    page: 'findings',
    title,
    downloads: [],
    through,
    provisional: days.at(-1)?.provisional ?? false,
    findings: findings.toSorted(byState),
    forgotten,
    opened: recentOf(compliance).map(({ date, open, opened, gone }) => {
      return { date, open: SEVERITIES.reduce((sum, name) => sum + open[name], 0), opened, gone }
    }),
  }
}

/** The 35 days that end with the last that is folded in, as far as there are so many. */
export function recentOf({ days, through }: ComplianceHistory): ComplianceHistory['days'] {
  if (through === '') return []
  const from = isoDate(parseDate(through) - (RECENT_DAYS - 1) * DAY_MS)
  return days.filter(({ date }) => date >= from)
}
