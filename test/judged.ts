/** Judged days for tests in which nothing was declared. */
import { type ComplianceHistory, emptyComplianceHistory } from '#core/compliance-history.ts'
import type { InForce } from '#core/declarations.ts'
import type { DayDigest } from '#core/digest.ts'
import { defaultRules } from '#core/findings/rules.ts'
import { type JudgedDay, judging } from '#core/judged-day.ts'
import type { EntityCompliance } from '#core/reports/compliance.ts'

export const NOTHING_DECLARED: InForce = {
  links: { istio: null, register: null, rules: null },
  istio: null,
  register: null,
  rules: defaultRules(),
}

export const NOTHING_JUDGED: ComplianceHistory = emptyComplianceHistory()

export function judgedOf(digest: DayDigest): JudgedDay {
  return judging(NOTHING_DECLARED)(digest)
}

/** For reports of destinations and workloads in tests of all else that these say. */
export const NO_COMPLIANCE: EntityCompliance = { on: '', approvals: [], tls: [], findings: [], findingCount: 0 }
