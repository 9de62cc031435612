/** The book of findings: from day to day, which are open, which somebody has accepted, and which are gone. */
import {
  byNewest,
  type DayFindings,
  EVIDENCE_NAMES,
  FINDING_STATES,
  type Finding,
  type Found,
  findingId,
  findingKey,
  type Subject,
} from '#core/findings/finding.ts'
import { remedyOf } from '#core/findings/remedies.ts'
import { type Acceptance, type RuleName, type Rules, SEVERITIES, type Severity } from '#core/findings/rules.ts'
import { exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

/** What a day does to the findings. */
export interface BookedDay {
  date: string // YYYY-MM-DD
  provisional: boolean // it is not over, so nothing is gone yet
  found: readonly Found[]
  rules: Rules // in force on it
  /** Whether what a finding of this rule is about was seen. */
  seen(rule: RuleName, subject: Subject): boolean
  isObserved(target: string): boolean // '' for any target
}

/** Where findings stand at a day's end. */
export interface BookedCounts {
  open: Record<Severity, number>
  accepted: number
  opened: number
  gone: number
}

export interface Book {
  add(day: BookedDay): { counts: BookedCounts; findings: DayFindings }
  /** All findings, by rule and subject. */
  findings(): Finding[]
  forgotten(): number
}

const ROOM = 10_000
/** For so long, in days, is waited to observe again what nobody observes. */
const PATIENCE = 35

/** Opens it with findings that themselves stay as they are. */
export function openBook(start: readonly Finding[], forgottenBefore: number, room = ROOM): Book {
  const all = new Map(start.map((finding) => [keyOf(finding), copyOf(finding)]))
  const live = new Map([...all].filter(([, { state }]) => state !== 'gone'))
  let forgotten = forgottenBefore

  const add = (day: BookedDay): ReturnType<Book['add']> => {
    const accepted = new Map(day.rules.accepted.map((acceptance) => [acceptance.finding, acceptance]))
    const counts: BookedCounts = { open: { high: 0, medium: 0, low: 0 }, accepted: 0, opened: 0, gone: 0 }
    const found = day.found.map((one) => {
      const key = keyOf(one)
      const known = all.get(key)
      const finding = known ?? newFinding(one, day)
      if (known === undefined) all.set(key, finding)
      else findAgain(known, one, day)
      live.set(key, finding)
      return finding
    })
    for (const [key, finding] of live) {
      if (!day.provisional && finding.last !== day.date && isOver(finding, day)) {
        finding.state = 'gone'
        finding.goneOn = day.date
        counts.gone++
        live.delete(key)
        continue
      }
      accept(finding, accepted.get(finding.id), day.date)
      if (finding.state === 'accepted') counts.accepted++
      else {
        counts.open[finding.severity]++
        if (finding.opened === day.date) counts.opened++
      }
    }
    const findings = dayFindings(day.date, found)
    forgotten += forgetMost(all, live, room)
    return { counts, findings }
  }
  return {
    add,
    findings: () => [...all].sort(([a], [b]) => compareText(a, b)).map(([, finding]) => copyOf(finding)),
    forgotten: () => forgotten,
  }
}

function copyOf(finding: Finding): Finding {
  return { ...finding, evidence: { ...finding.evidence } }
}

/** How many of a day are told by name. */
const NAMED_A_DAY = 20

function dayFindings(date: string, found: readonly Finding[]): DayFindings {
  const named: Finding[] = []
  for (const state of FINDING_STATES) {
    for (const severity of SEVERITIES) {
      // Most days have many of few kinds, of which only so many need to be sorted.
      if (named.length >= NAMED_A_DAY) break
      const alike = found.filter((one) => one.state === state && one.severity === severity)
      named.push(...alike.sort(byNewest))
    }
  }
  return {
    date,
    count: found.length,
    findings: named.slice(0, NAMED_A_DAY).map(({ id, rule, severity, state, subject, first }) => {
      return { id, rule, severity, state, subject, first }
    }),
  }
}

function keyOf({ rule, subject }: Pick<Found, 'rule' | 'subject'>): string {
  return findingKey(rule, subject)
}

function newFinding({ rule, subject, evidence, complete, sentence }: Found, { date, rules }: BookedDay): Finding {
  return {
    id: findingId(rule, subject),
    rule,
    severity: rules.rules[rule].severity,
    subject,
    state: 'open',
    opened: date,
    goneOn: '',
    acceptance: null,
    first: date,
    last: date,
    days: 1,
    evidence: { ...evidence },
    complete,
    sentence,
    remedy: remedyOf(rule, subject),
  }
}

/** Adds a day to a finding, in place. */
function findAgain(known: Finding, { rule, evidence, complete, sentence }: Found, { date, rules }: BookedDay): void {
  if (known.state === 'gone') {
    known.state = 'open'
    known.opened = date
    known.goneOn = ''
  }
  known.severity = rules.rules[rule].severity
  known.last = date
  known.days++
  for (const name of EVIDENCE_NAMES) known.evidence[name] = exactSum(known.evidence[name], evidence[name])
  known.complete &&= complete
  known.sentence = sentence
}

/** As accepted while somebody does, in place; opened again when nobody does any more. */
function accept(finding: Finding, acceptance: Acceptance | undefined, date: string): void {
  const isAccepted = finding.state === 'accepted'
  if (acceptance !== undefined && date < acceptance.until) {
    const { by, why, until } = acceptance
    const from = isAccepted ? (finding.acceptance?.from ?? date) : date
    finding.state = 'accepted'
    finding.acceptance = { by, why, from, until }
  } else if (isAccepted) {
    finding.state = 'open'
    finding.opened = date
  }
}

/** True for what was not found on a day and will not be waited for. */
function isOver({ rule, subject, last }: Finding, { date, rules, seen, isObserved }: BookedDay): boolean {
  const { isOn, thresholds } = rules.rules[rule]
  if (!isOn || seen(rule, subject)) return true
  return last < dayBefore(date, thresholds.openDays + (isObserved(subject.target) ? 0 : PATIENCE))
}

/** The days before one, by how many: they are asked for once for each finding. */
const daysBefore = { date: '', known: new Map<number, string>() }

/** The day so many days before another. */
function dayBefore(date: string, days: number): string {
  if (daysBefore.date !== date) Object.assign(daysBefore, { date, known: new Map() })
  const day = daysBefore.known.get(days) ?? isoDate(parseDate(date) - days * DAY_MS)
  daysBefore.known.set(days, day)
  return day
}

/** Drops what there is no room for: what is gone for longest first, then what is least severe and not found for longest. */
function forgetMost(all: Map<string, Finding>, live: Map<string, Finding>, room: number): number {
  const excess = all.size - room
  if (excess <= 0) return 0
  const worth = ({ state, severity, last }: Finding) =>
    state === 'gone' ? `0 ${last}` : `${1 + SEVERITIES.length - SEVERITIES.indexOf(severity)} ${last}`
  const order = [...all].map(([key, finding]) => ({ key, worth: worth(finding) }))
  order.sort((a, b) => compareText(a.worth, b.worth) || compareText(a.key, b.key))
  for (const { key } of order.slice(0, excess)) {
    all.delete(key)
    live.delete(key)
  }
  return excess
}
