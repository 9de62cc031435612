/** Findings: what somebody should look at, each with an identity that stays the same from day to day. */
import { RULE_NAMES, type RuleName, SEVERITIES, type Severity } from '#core/findings/rules.ts'
import { sha256 } from '#core/hash.ts'
import type { Seen } from '#core/history.ts'
import { compareText } from '#core/order.ts'

/** What a finding is about; '' where it is not about one of these. */
export interface Subject {
  target: string
  namespace: string
  workload: string
  host: string
  declaration: string // the register's entry or the ServiceEntry it is about
}

/** Sums over the days on which it was found; lower bounds where days were not observed whole. */
export interface FindingEvidence {
  requests: number
  connections: number
  egressBytes: number
  ingressBytes: number
  hours: number // with traffic
}

/**
 * `gone`: what it is about was seen without it, or it was not found any more for longer than its rule's `openDays`. Then,
 * and when an acceptance ends, it may be opened again.
 */
export type FindingState = 'open' | 'accepted' | 'gone'
export const FINDING_STATES: readonly FindingState[] = ['open', 'accepted', 'gone']

/** `first`, `last` and `days` are those on which it was found. */
export interface Finding extends Seen {
  id: string // 12 hex digits of the hash of rule and subject
  rule: RuleName
  severity: Severity // by the rules of `last`
  subject: Subject
  state: FindingState
  opened: string // YYYY-MM-DD: the day on which it was opened for the last time, being new, back, or accepted no longer
  goneOn: string // YYYY-MM-DD: the day from which on it is gone; '' while it is not
  acceptance: AcceptedAs | null // in force, or the last one that was
  evidence: FindingEvidence
  complete: boolean // all days on which it was found were observed whole; if not, its evidence is a lower bound
  sentence: string // what is so, with its figures, as of `last`
  remedy: string // what to do about it
}

/** What was found on one day, as it stood at that day's end. */
export interface DayFindings {
  date: string // YYYY-MM-DD
  count: number
  findings: DayFinding[] // open ones first, then the most severe; at most 20
}

export type DayFinding = Pick<Finding, 'id' | 'rule' | 'severity' | 'state' | 'subject' | 'first'>

/** That somebody accepts a finding, from the day on which it held first. */
export interface AcceptedAs {
  by: string
  why: string
  from: string // YYYY-MM-DD
  until: string // YYYY-MM-DD, the first day on which it no longer holds
}

/** What a rule found on one day. */
export interface Found {
  rule: RuleName
  subject: Subject
  evidence: FindingEvidence // of the day
  complete: boolean // what was looked at was observed whole
  sentence: string
}

/** A subject of which only something is told. */
export function subjectOf(some: Partial<Subject>): Subject {
  const { target = '', namespace = '', workload = '', host = '', declaration = '' } = some
  return { target, namespace, workload, host, declaration }
}

/** The key under which equal subjects meet; injective, since neither labels nor names of declarations hold a NUL. */
export function subjectKey({ target, namespace, workload, host, declaration }: Subject): string {
  return `${target}\0${namespace}\0${workload}\0${host}\0${declaration}`
}

/** The key of a finding from day to day. */
export function findingKey(rule: RuleName, subject: Subject): string {
  return `${rule}\0${subjectKey(subject)}`
}

/** The identity of a finding, which people write down to accept it: 12 hex digits. */
export function findingId(rule: RuleName, subject: Subject): string {
  return sha256(findingKey(rule, subject)).slice(0, 12)
}

export const EVIDENCE_NAMES: readonly (keyof FindingEvidence)[] = [
  'requests',
  'connections',
  'egressBytes',
  'ingressBytes',
  'hours',
]

export function zeroEvidence(): FindingEvidence {
  return { requests: 0, connections: 0, egressBytes: 0, ingressBytes: 0, hours: 0 }
}

/** For sort(): the most severe first, then the newest, then the most urgent kind. */
export function bySeverity(a: Finding, b: Finding): number {
  return SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || byNewest(a, b)
}

/** For sort(): the one that was opened last first. */
export function byNewest(a: Finding, b: Finding): number {
  return (
    compareText(b.opened, a.opened) ||
    SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
    RULE_NAMES.indexOf(a.rule) - RULE_NAMES.indexOf(b.rule) ||
    b.evidence.egressBytes - a.evidence.egressBytes ||
    compareText(a.id, b.id)
  )
}

/** For sort(): open ones first, then those accepted, then the most severe. */
export function byState(a: Finding, b: Finding): number {
  return FINDING_STATES.indexOf(a.state) - FINDING_STATES.indexOf(b.state) || bySeverity(a, b)
}
