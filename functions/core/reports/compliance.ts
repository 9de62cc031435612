/** The report at the head of compliance: where everything stands. */
import type { ComplianceDay, ComplianceHistory } from '#core/compliance-history.ts'
import type { DeclaredOn } from '#core/declarations.ts'
import { workloadKey } from '#core/edge.ts'
import { bySeverity, byState, type DayFinding, type Finding, type FindingState } from '#core/findings/finding.ts'
import { headlineOf } from '#core/findings/headline.ts'
import { SEVERITIES, type Severity } from '#core/findings/rules.ts'
import type { Tls, TlsVerdict } from '#core/istio/traffic.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { compareText } from '#core/order.ts'
import type { Caller } from '#core/pair.ts'
import type { Approval, ApprovalState } from '#core/register/approval.ts'
import type { Register } from '#core/register/register.ts'
import { ENTRY_STATES, type EntryState, entryState } from '#core/register/standing.ts'
import type { PageReport } from '#core/report.ts'
import { recentOf } from '#core/reports/findings.ts'
import type { Readiness, ReadinessReport } from '#core/reports/readiness.ts'
import type { ResidencyReport } from '#core/reports/residency.ts'
import { READINESS_STATES } from '#core/verdicts.ts'

export interface ComplianceReport extends PageReport {
  page: 'compliance'
  through: string // the last closed day, or ''
  declared: DeclaredOn
  days: ComplianceDay[] // the 35 that end with `through`, oldest first
  open: Record<Severity, number> // findings
  accepted: number
  newest: Finding[] // open ones, most severe first, then newest; at most 12
  entries: Record<EntryState, number>
  unused: number // entries approved and not used for as long as the rule says; 0 while that rule is off
  readiness: Record<Readiness, number> // namespaces
  outside: number // pairs of namespace and place against a residency rule in these days
}

export interface ComplianceInput {
  title: string // of the site
  compliance: ComplianceHistory
  declared: DeclaredOn // for the last closed day
  register: Register | null // likewise
  readiness: Pick<ReadinessReport, 'namespaces'>
  residency: Pick<ResidencyReport, 'rows'>
}

const NEWEST_AT_MOST = 12

/** Builds the report at the head of compliance; its downloads are filled in when they have been written. */
export function complianceReport(input: ComplianceInput): ComplianceReport {
  const { title, compliance, declared, register, readiness, residency } = input
  const { through, findings } = compliance
  const open = findings.filter(({ state }) => state === 'open')
  // Before any day is closed, the day on which the register came tells whether its entries hold.
  const on = through === '' ? (declared.register?.from ?? '') : through
  const entries = register?.entries ?? []
  const namespaces = new Map(readiness.namespaces.map((one) => [`${one.target}\0${one.namespace}`, one.readiness]))
  const outside = residency.rows.flatMap(({ target, namespace, cells }) =>
    cells.flatMap((cell, place) =>
      cell === null || cell.lastOutside === '' ? [] : [`${target}\0${namespace}\0${place}`],
    ),
  )
  return {
    schema: 1,
    page: 'compliance',
    title,
    downloads: [],
    through,
    declared,
    days: recentOf(compliance),
    open: countsOf(
      SEVERITIES,
      open.map(({ severity }) => severity),
    ),
    accepted: findings.filter(({ state }) => state === 'accepted').length,
    newest: open.sort(bySeverity).slice(0, NEWEST_AT_MOST),
    entries: countsOf(
      ENTRY_STATES,
      entries.map((entry) => entryState(entry, on)),
    ),
    unused: findings.filter(({ rule, state }) => rule === 'unused-approval' && state !== 'gone').length,
    readiness: countsOf(READINESS_STATES, [...namespaces.values()]),
    outside: new Set(outside).size,
  }
}

function countsOf<Name extends string>(names: readonly Name[], values: readonly Name[]): Record<Name, number> {
  const counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>
  for (const value of values) counts[value]++
  return counts
}

/** What a day's page says of compliance: all of it as it stood at that day's end, whatever has been found since. */
export interface DayCompliance {
  day: ComplianceDay
  findings: ToldFinding[] // found on that day, open first, then most severe; at most 20
  findingCount: number
}

/** A finding in short; its sentence is without figures, which change from day to day. */
export type ToldFinding = Pick<Finding, 'id' | 'rule' | 'severity' | 'state' | 'sentence' | 'first'>

/** What is told of compliance on a day's page; null for a day that is not folded in. */
export function dayCompliance({ days, findingsByDay }: ComplianceHistory, date: string): DayCompliance | null {
  const at = days.findIndex((day) => day.date === date)
  if (at < 0) return null
  const { count, findings } = findingsByDay[at]
  return { day: days[at], findings: findings.map(toldOnDay), findingCount: count }
}

function toldOnDay({ subject, ...finding }: DayFinding): ToldFinding {
  return { ...finding, sentence: `${headlineOf(finding.rule, subject)}.` }
}

/** What the page of a destination or workload says of compliance, as of the last day on which it was seen. */
export interface EntityCompliance {
  on: string // the day all of it is told of
  approvals: Approval[] // distinct, worst first
  tls: Tls[] // distinct, worst first
  findings: (ToldFinding & Pick<Finding, 'last'>)[] // about it, open first; at most 20
  findingCount: number
}

const FINDINGS_AT_MOST = 20
const APPROVALS_WORST_FIRST: readonly ApprovalState[] = ['expired', 'unapproved', 'blocked', 'approved']
const TLS_WORST_FIRST: readonly TlsVerdict[] = ['plaintext', 'unknown', 'application', 'originated']

/** What is told of a destination, by the judgement of the last day on which it was seen. */
export function destinationCompliance(
  compliance: ComplianceHistory,
  judged: JudgedDay,
  host: string,
): EntityCompliance {
  const edges = judged.edges.filter((edge) => edge.host === host)
  return entityCompliance(compliance, judged, edges, ({ subject, rule }) => {
    return subject.host === host && (host !== '' || IS_ABOUT_HOSTS.has(rule))
  })
}

/** The same of a workload. */
export function workloadCompliance(
  compliance: ComplianceHistory,
  judged: JudgedDay,
  workload: Caller,
): EntityCompliance {
  const key = workloadKey(workload)
  const edges = judged.edges.filter((edge) => workloadKey(edge) === key)
  return entityCompliance(compliance, judged, edges, ({ subject, rule }) => {
    return workloadKey(subject) === key && IS_ABOUT_WORKLOADS.has(rule)
  })
}

/** Those whose subject has a workload, even if its name is not known. */
const IS_ABOUT_WORKLOADS = new Set(['unapproved', 'passthrough', 'host-spoofing', 'blocked-burst'])
/** Those whose subject has a host, even if its name is not known. */
const IS_ABOUT_HOSTS = new Set([
  ...['unapproved', 'passthrough', 'host-spoofing', 'new-destination', 'volume', 'plaintext', 'silent-plaintext'],
  ...['weak-evidence', 'look-alike', 'outside-region'],
])

function entityCompliance(
  { findings }: ComplianceHistory,
  { digest: { date } }: JudgedDay,
  edges: readonly JudgedEdge[],
  isAbout: (finding: Finding) => boolean,
): EntityCompliance {
  const egress = edges.filter(({ traffic }) => traffic.isEgress)
  const left = egress.filter(({ destinationClass }) => destinationClass !== 'blocked')
  const about = findings
    .filter((finding) => finding.first <= date && isAbout(finding))
    .map((finding) => asOf(finding, date))
  return {
    on: date,
    approvals: distinctOf(egress.map(({ approval }) => approval)).sort((a, b) => {
      return (
        APPROVALS_WORST_FIRST.indexOf(a.state) - APPROVALS_WORST_FIRST.indexOf(b.state) || compareText(a.entry, b.entry)
      )
    }),
    tls: distinctOf(left.map(({ traffic }) => traffic.tls)).sort((a, b) => {
      const byVerdict = TLS_WORST_FIRST.indexOf(a.verdict) - TLS_WORST_FIRST.indexOf(b.verdict)
      return byVerdict || Number(b.silent) - Number(a.silent) || compareText(a.reason, b.reason)
    }),
    findings: about
      .sort(byState)
      .slice(0, FINDINGS_AT_MOST)
      .map(({ id, rule, severity, state, sentence, first, last }) => {
        return { id, rule, severity, state, sentence, first, last }
      }),
    findingCount: about.length,
  }
}

/** A finding as it stood at the end of the last day on which what it is about was seen. */
function asOf(finding: Finding, date: string): Finding {
  return { ...finding, state: stateOn(finding, date) }
}

function stateOn({ goneOn, acceptance }: Finding, date: string): FindingState {
  if (goneOn !== '' && goneOn <= date) return 'gone'
  return acceptance !== null && acceptance.from <= date && date < acceptance.until ? 'accepted' : 'open'
}

function distinctOf<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}
