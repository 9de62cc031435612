/** Sample reports of where compliance stands: five weeks of judged days, and what a day, a destination and a workload say. */
import type { ComplianceDay } from '#core/compliance-history.ts'
import type { DeclaredOn } from '#core/declarations.ts'
import type { Observation } from '#core/report.ts'
import type { ComplianceReport, DayCompliance, EntityCompliance } from '#core/reports/compliance.ts'
import { DAY_WITH_GAPS, DAY_WITHOUT_DATA, sampleDates, sampleDownload } from '../report-sample.ts'
import { FINDINGS, THROUGH } from './findings.ts'
import { ENTRIES } from './register.ts'
import { totalsOf } from './totals.ts'

const GB = 1e9

const DECLARED: DeclaredOn = {
  istio: { from: '2026-11-06', recorded: '2026-11-06T09:04:40Z', sha256: '5e'.repeat(32), isLater: false },
  register: { from: '2026-11-15', recorded: '2026-11-14T16:20:03Z', sha256: 'c4'.repeat(32), isLater: false },
  rules: null,
}

/** A day as judged: weekends are quieter, the expired entry leaves from the 15th of November on, one night is refused much. */
export function judgedDay(date: string): ComplianceDay {
  const observation: Observation = date === DAY_WITHOUT_DATA ? 'none' : date === DAY_WITH_GAPS ? 'partial' : 'observed'
  const day = Number(date.slice(8))
  const busy =
    (observation === 'none' ? 0 : observation === 'partial' ? 0.8 : 1) *
    ([0, 6].includes(new Date(date).getUTCDay()) ? 0.6 : 1) *
    (0.94 + ((day * 7) % 13) / 100)
  const part = (share: number) => totalsOf(busy * share * 610_000, busy * share * 92_000, busy * share * 11.4 * GB)
  const isExpired = date >= '2026-11-15'
  const outside = date >= '2026-11-04' ? 0.07 : 0
  const isOpen = (severity: string) =>
    FINDINGS.filter((one) => one.severity === severity && one.state !== 'accepted').filter(
      ({ first, last }) => first <= date && date <= last,
    ).length
  return {
    date,
    observation,
    provisional: false,
    complete: observation === 'observed',
    internal: part(0.02),
    byApproval: {
      approved: part(isExpired ? 0.83 : 0.91),
      unapproved: part(0.09),
      expired: part(isExpired ? 0.08 : 0),
      blocked: { ...totalsOf(busy * (date === '2026-11-09' ? 77_300 : 640), busy * 210, 0), errors: 0 },
    },
    byTls: { originated: part(0.48), application: part(0.38), plaintext: part(0.05), unknown: part(0.09) },
    byEvidence: { A: part(0.55), B: part(0.24), C: part(0.11), D: part(0.01), E: part(0.09) },
    byPlace: {
      allowed: part(0.44),
      outside: part(outside),
      undeclared: part(0.16),
      unrestricted: part(0.4 - outside),
    },
    open: { high: isOpen('high'), medium: isOpen('medium'), low: isOpen('low') },
    accepted: FINDINGS.filter(({ state }) => state === 'accepted').length,
    opened: FINDINGS.filter(({ opened }) => opened === date).length,
    gone: FINDINGS.filter(({ goneOn }) => goneOn === date).length,
    hasRegister: true,
  }
}

const isOpen = ({ state }: { state: string }) => state === 'open'

export function sampleCompliance(): ComplianceReport {
  const days = sampleDates()
    .filter((date) => date <= THROUGH)
    .map(judgedDay)
  const stateCount = (state: string) => ENTRIES.filter((entry) => entry.state === state).length
  return {
    schema: 1,
    page: 'compliance',
    title: 'Egress',
    downloads: [sampleDownload('days.csv', 'These days by what was judged', days.length)],
    through: THROUGH,
    declared: DECLARED,
    days,
    open: days[days.length - 1].open,
    accepted: FINDINGS.filter(({ state }) => state === 'accepted').length,
    newest: FINDINGS.filter(isOpen).slice(0, 12),
    entries: {
      approved: stateCount('approved'),
      pending: stateCount('pending'),
      overdue: stateCount('overdue'),
      expired: stateCount('expired'),
    },
    unused: 1,
    readiness: { enforced: 6, ready: 2, settling: 1, 'not-ready': 2, unknown: 0 },
    outside: 1,
  }
}

/** The same before anything was declared. */
export function sampleUndeclared(): ComplianceReport {
  const report = sampleCompliance()
  const days = report.days.map((day) => ({
    ...day,
    hasRegister: false,
    byApproval: { ...day.byApproval, approved: totalsOf(0, 0, 0), expired: totalsOf(0, 0, 0) },
  }))
  return {
    ...report,
    days,
    declared: { istio: null, register: null, rules: null },
    entries: { approved: 0, pending: 0, overdue: 0, expired: 0 },
    unused: 0,
    outside: 0,
  }
}

export function sampleDayCompliance(date: string): DayCompliance {
  const findings = FINDINGS.filter(({ first, last }) => first <= date && date <= last)
  return { day: judgedDay(date), findings: findings.slice(0, 20), findingCount: findings.length }
}

export function sampleEntityCompliance(): EntityCompliance {
  const findings = FINDINGS.filter(({ rule }) => ['silent-plaintext', 'volume', 'new-destination'].includes(rule))
  return {
    on: THROUGH,
    approvals: [
      { state: 'expired', entry: 'erp-unknown-hosts', reason: 'The entry erp-unknown-hosts expired on 2026-11-15.' },
      { state: 'approved', entry: 'stripe', reason: 'Approved by Marta Lindqvist on 2026-02-11 (SEC-1388).' },
    ],
    tls: [
      {
        verdict: 'plaintext',
        silent: true,
        reason:
          'DestinationRule analytics/crm-tls (crm.yaml:31) declares TLS with a credentialName and no workloadSelector.',
      },
      { verdict: 'originated', silent: false, reason: 'DestinationRule shop/stripe (stripe.yaml:24) originates TLS.' },
    ],
    findings,
    findingCount: findings.length,
  }
}
