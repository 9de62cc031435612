/** The report of a day's page: the day's figures with what was judged of them. */
import type { DayReport } from '#core/report.ts'
import type { DayCompliance } from '#core/reports/compliance.ts'
import type { DayCosts } from '#core/reports/cost-sections.ts'

export interface DayPageReport extends DayReport {
  compliance: DayCompliance | null // null while the day is judged for want of time
  costs: DayCosts | null // null when nothing was priced
}
