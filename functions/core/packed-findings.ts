/** Packed findings: what was found, as rows of the packed compliance history, and back. */
import type { ComplianceDay } from '#core/compliance-history.ts'
import {
  type DayFinding,
  type DayFindings,
  FINDING_STATES,
  type Finding,
  findingId,
  type Subject,
} from '#core/findings/finding.ts'
import { remedyOf } from '#core/findings/remedies.ts'
import { RULE_NAMES, SEVERITIES } from '#core/findings/rules.ts'
import { packSeen, readCounts, readDate, readDateOrNone, readSeen } from '#core/packed-parts.ts'
import { readArray, readCount, readFlag, readOneOf, readText } from '#core/packing.ts'

/** What follows from rule and subject, a finding's id and remedy, is not kept. */
export function packFinding({
  rule,
  severity,
  subject,
  state,
  opened,
  goneOn,
  acceptance,
  evidence,
  ...finding
}: Finding) {
  const { requests, connections, egressBytes, ingressBytes, hours } = evidence
  return [
    ...[rule, severity, packSubject(subject), state, opened, goneOn],
    acceptance && [acceptance.by, acceptance.why, acceptance.from, acceptance.until],
    packSeen(finding),
    [requests, connections, egressBytes, ingressBytes, hours],
    finding.complete,
    finding.sentence,
  ]
}

/** The inverse of packFinding; throws for anything else. */
export function readFinding(row: unknown): Finding {
  const [ruleName, severity, about, state, opened, goneOn, accepted, seen, sums, complete, sentence] = readArray(
    row,
    'a finding',
    11,
  )
  const rule = readOneOf(ruleName, RULE_NAMES, 'a rule')
  const subject = readSubject(about)
  const [requests, connections, egressBytes, ingressBytes, hours] = readCounts(sums, 'a finding’s evidence', 5)
  return {
    id: findingId(rule, subject),
    rule,
    severity: readOneOf(severity, SEVERITIES, 'a severity'),
    subject,
    state: readOneOf(state, FINDING_STATES, 'a finding’s state'),
    opened: readDate(opened),
    goneOn: readDateOrNone(goneOn),
    acceptance: accepted === null ? null : readAcceptance(accepted),
    ...readSeen(seen),
    evidence: { requests, connections, egressBytes, ingressBytes, hours },
    complete: readFlag(complete, 'a finding’s completeness'),
    sentence: readText(sentence, 'a sentence'),
    remedy: remedyOf(rule, subject),
  }
}

function readAcceptance(row: unknown): NonNullable<Finding['acceptance']> {
  const [by, why, from, until] = readArray(row, 'an acceptance', 4).map((part) => readText(part, 'an acceptance'))
  return { by, why, from: readDate(from), until: readDate(until) }
}

/** Much the same is found day by day, so that a day's rows are numbers of what is named once. */
export function packFindingsByDay(days: readonly DayFindings[]) {
  const numbers = new Map<string, number>()
  const named: unknown[] = []
  const numberOf = ({ id, rule, subject }: DayFinding): number => {
    const number = numbers.get(id) ?? named.length
    if (number === named.length) named.push([rule, packSubject(subject)])
    numbers.set(id, number)
    return number
  }
  const findingsByDay = days.map(({ count, findings }) => [
    count,
    findings.map((one) => [
      numberOf(one),
      SEVERITIES.indexOf(one.severity),
      FINDING_STATES.indexOf(one.state),
      one.first,
    ]),
  ])
  return { named, findingsByDay }
}

/** The inverse of packFindingsByDay, of these days; throws for anything else. */
export function readFindingsByDay(rows: unknown, names: unknown, days: readonly ComplianceDay[]): DayFindings[] {
  const named = readArray(names, 'what is found by day').map((row) => {
    const [ruleName, about] = readArray(row, 'a finding', 2)
    const rule = readOneOf(ruleName, RULE_NAMES, 'a rule')
    const subject = readSubject(about)
    return { id: findingId(rule, subject), rule, subject }
  })
  return readArray(rows, 'findings by day', days.length).map((row, at) => {
    const [count, findings] = readArray(row, 'findings of a day', 2)
    return {
      date: days[at].date,
      count: readCount(count, 'findings of a day'),
      findings: readArray(findings, 'findings of a day').map((each): DayFinding => {
        const [number, severity, state, first] = readArray(each, 'a finding of a day', 4)
        return {
          ...readAt(named, number, 'a finding'),
          severity: readAt(SEVERITIES, severity, 'a severity'),
          state: readAt(FINDING_STATES, state, 'a state'),
          first: readDate(first),
        }
      }),
    }
  })
}

function readAt<T>(values: readonly T[], at: unknown, what: string): T {
  const value = values[readCount(at, `the number of ${what}`)]
  if (value === undefined) throw new Error(`the number of ${what} is of none`)
  return value
}

function packSubject({ target, namespace, workload, host, declaration }: Subject): string[] {
  return [target, namespace, workload, host, declaration]
}

function readSubject(row: unknown): Subject {
  const [target, namespace, workload, host, declaration] = readArray(row, 'a subject', 5).map((part) => {
    return readText(part, 'a subject')
  })
  return { target, namespace, workload, host, declaration }
}
