/** Finding: all rules over one day. */
import { expiredApproval, outsideRegion, unapproved } from '#core/findings/approval-rules.ts'
import { findCardinality, findGaps } from '#core/findings/coverage-rules.ts'
import { findOverdueReviews, findUnusedApprovals, findUnusedServiceEntries } from '#core/findings/declaration-rules.ts'
import { type EdgeRule, findByEdge } from '#core/findings/edge-rule.ts'
import { type Found, type Subject, subjectKey } from '#core/findings/finding.ts'
import type { Grounds } from '#core/findings/grounds.ts'
import { findBursts, findNewDestinations, findVolumes } from '#core/findings/habit-rules.ts'
import { hostSpoofing, lookAlike, weakEvidence } from '#core/findings/name-rules.ts'
import { RULE_NAMES, type Rule, type RuleName } from '#core/findings/rules.ts'
import { passthrough, plaintext, silentPlaintext } from '#core/findings/transport-rules.ts'

const EDGE_RULES: readonly EdgeRule[] = [
  ...[unapproved, expiredApproval, outsideRegion],
  ...[passthrough, plaintext, silentPlaintext],
  ...[weakEvidence, hostSpoofing, lookAlike],
]
const EDGE_RULE = new Map(EDGE_RULES.map((rule) => [rule.name, rule]))

type DayRule = (grounds: Grounds, rule: Rule) => Found[]

const DAY_RULES: Partial<Record<RuleName, DayRule>> = {
  'blocked-burst': findBursts,
  'new-destination': findNewDestinations,
  volume: findVolumes,
  'unused-approval': findUnusedApprovals,
  'overdue-review': findOverdueReviews,
  'unused-service-entry': findUnusedServiceEntries,
  'coverage-gap': findGaps,
  cardinality: findCardinality,
}

/** What all rules that are on find in a day. */
export function findAll(grounds: Grounds): Found[] {
  const { rules } = grounds.inForce.rules
  return RULE_NAMES.filter((name) => rules[name].isOn).flatMap((name) => {
    const edgeRule = EDGE_RULE.get(name)
    if (edgeRule !== undefined) return findByEdge(edgeRule, grounds, rules[name])
    return DAY_RULES[name]?.(grounds, rules[name]) ?? []
  })
}

/**
 * Whether the traffic that a finding is about was there on a day. When it was, and the rule did not find it, then it is as
 * it should be. Of what is no traffic of one kind that can never be said.
 */
export function seenOn({ egress }: Grounds): (rule: RuleName, subject: Subject) => boolean {
  const seen = new Map<EdgeRule['subjectOf'], Set<string>>() // made when it is asked for; several rules have the same subjects
  return (name, subject) => {
    const rule = EDGE_RULE.get(name)
    if (rule === undefined) return false
    const subjects = seen.get(rule.subjectOf) ?? new Set(egress.map((edge) => subjectKey(rule.subjectOf(edge))))
    seen.set(rule.subjectOf, subjects)
    return subjects.has(subjectKey(subject))
  }
}
