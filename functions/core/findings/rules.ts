/** The rules of findings, as plain data: which there are, how severe each is, and its thresholds. */

export type Severity = 'high' | 'medium' | 'low'
export const SEVERITIES: readonly Severity[] = ['high', 'medium', 'low']

export type RuleName =
  | 'unapproved' // a destination that the register does not approve
  | 'expired-approval' // used after its approval had ended
  | 'passthrough' // left undeclared where REGISTRY_ONLY is expected
  | 'blocked-burst' // far more refused attempts than usual: possible exfiltration
  | 'new-destination'
  | 'volume' // far above its own history
  | 'plaintext'
  | 'silent-plaintext' // TLS was declared and does not take hold
  | 'weak-evidence' // its name can be wrong
  | 'host-spoofing' // an approved name claimed in the Host header of a passthrough flow
  | 'look-alike' // a name one letter off an approved one, or of mixed scripts
  | 'outside-region'
  | 'unused-approval'
  | 'overdue-review'
  | 'unused-service-entry'
  | 'coverage-gap'
  | 'cardinality' // somebody makes up so many names that the ledger folds them

export interface Rule {
  severity: Severity
  isOn: boolean
  thresholds: Record<string, number> // by name; all those of the rule, and no others
}

/** A finding that somebody has looked at and accepts. */
export interface Acceptance {
  line: number // in its file, from 1
  finding: string // its id
  by: string
  why: string
  until: string // YYYY-MM-DD, the first day on which it is open again
}

export interface Rules {
  rules: Record<RuleName, Rule>
  accepted: Acceptance[]
  registryOnly: string[] // source patterns of where REGISTRY_ONLY is expected, beside where Istio's configuration says so
}

/**
 * How long a finding stays open after the last day on which it was found, unless the same traffic is seen without it before:
 * what happens once a week is one finding, and what happened once stays to be looked at for a while.
 */
const FOR_A_WEEK = { openDays: 7 }
const FOR_TWO_WEEKS = { openDays: 14 }

const DEFAULTS: Record<RuleName, Omit<Rule, 'isOn'>> = {
  unapproved: { severity: 'high', thresholds: FOR_A_WEEK },
  'expired-approval': { severity: 'high', thresholds: FOR_A_WEEK },
  passthrough: { severity: 'high', thresholds: FOR_A_WEEK },
  'blocked-burst': { severity: 'high', thresholds: { minimumAttempts: 30, ...FOR_TWO_WEEKS } }, // in one hour
  'new-destination': { severity: 'low', thresholds: { maximumADay: 50, ...FOR_A_WEEK } }, // of a target; those with most bytes
  // Against the median of the days on which it was called; of the last 28 of them there must be so many.
  volume: { severity: 'medium', thresholds: { factor: 5, minimumBytes: 100_000_000, minimumDays: 7, ...FOR_A_WEEK } },
  plaintext: { severity: 'medium', thresholds: FOR_A_WEEK },
  'silent-plaintext': { severity: 'high', thresholds: FOR_A_WEEK },
  // Grades from which it is found, 1 for A to 5 for E: a passthrough name is never better than C.
  'weak-evidence': { severity: 'low', thresholds: { registeredGrade: 3, passthroughGrade: 4, ...FOR_A_WEEK } },
  'host-spoofing': { severity: 'high', thresholds: FOR_TWO_WEEKS },
  // In a shorter name a letter off is nothing to go by.
  'look-alike': { severity: 'high', thresholds: { minimumLetters: 5, ...FOR_TWO_WEEKS } },
  'outside-region': { severity: 'high', thresholds: FOR_A_WEEK },
  'unused-approval': { severity: 'low', thresholds: { unusedDays: 90, openDays: 0 } }, // days that were observed
  'overdue-review': { severity: 'medium', thresholds: { graceDays: 0, openDays: 0 } },
  'unused-service-entry': { severity: 'low', thresholds: { unusedDays: 30, openDays: 0 } }, // likewise
  'coverage-gap': { severity: 'medium', thresholds: { gapSeconds: 900, ...FOR_A_WEEK } }, // of a day, together
  // Of a target in a day; any of them is enough.
  cardinality: {
    severity: 'high',
    thresholds: { invalidHosts: 1, foldedFlows: 1, newDestinations: 200, ...FOR_TWO_WEEKS },
  },
}

/** All there are, the most urgent kinds first. */
export const RULE_NAMES = Object.keys(DEFAULTS) as readonly RuleName[]

/** What holds where nobody has declared any rules: all are on, nothing is accepted. */
export function defaultRules(): Rules {
  const rules = RULE_NAMES.map((name) => {
    const { severity, thresholds } = DEFAULTS[name]
    return [name, { severity, isOn: true, thresholds: { ...thresholds } }]
  })
  return { rules: Object.fromEntries(rules), accepted: [], registryOnly: [] }
}
