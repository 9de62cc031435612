/** Audits: all that a pack tells of a span of days, and what its figures sum to. */
import type { Tally } from '#core/audit/tally.ts'
import type { ComplianceDay } from '#core/compliance-history.ts'
import type { DeclaredOn } from '#core/declarations.ts'
import { FINDING_STATES, type Finding, type FindingState } from '#core/findings/finding.ts'
import { SEVERITIES, type Severity } from '#core/findings/rules.ts'
import { OBSERVATIONS } from '#core/observation.ts'
import type { Register, RegisterEntry } from '#core/register/register.ts'
import { dueBy, ENTRY_STATES, type EntryState, entryState, lastReview, monthsLater } from '#core/register/standing.ts'
import type { Observation, Totals } from '#core/report.ts'
import type { SignatureAlgorithm } from '#core/signature.ts'
import { addTotals, attempts, zeroTotals } from '#core/totals.ts'
import { LEFT_APPROVALS } from '#core/verdicts.ts'

export type FrameworkName = 'pci' | 'soc2' | 'gdpr'

export interface Audit {
  title: string // of the site
  framework: FrameworkName
  from: string // the span's first day, YYYY-MM-DD
  through: string // its last
  ledgerFrom: string // the first day of the ledger; days of the span before it have nothing
  targets: string[]
  days: AuditDay[] // of the span, from the ledger's first day on, oldest first
  coverage: CoveredHour[] // by target, then by hour
  tally: Tally
  findings: Finding[] // those found on a day of the span, or not gone at its end, as of that; open first, most severe first
  forgotten: number // findings that were dropped for want of room
  registers: HeldRegister[] // oldest first; none when none was declared
  seals: AuditSeal[] // of the pack, oldest first
  keys: string[] // ids of the public keys in the pack
  manifestKey: { keyId: string; algorithm: SignatureAlgorithm } | null // that signs the pack's list of files
}

export interface AuditDay {
  compliance: ComplianceDay
  declared: DeclaredOn
}

/** One hour of one target, from its first one on. */
export interface CoveredHour {
  target: string
  hour: number // ms since epoch
  observation: Observation
  observedSeconds: number
  expectedSeconds: number
  scrapes: number | null // null: the hour has no rollup
  gapSeconds: number | null // likewise
  gapReasons: string[] // distinct, where they are known
  rollup: { number: number; sha256: string } | null // null: the hour has none under the pack's seals
}

/** A register, and on which days of the span it held. */
export interface HeldRegister {
  first: string
  last: string
  declaredFrom: string
  recorded: string // ISO 8601, UTC
  sha256: string // of the declaration
  isLater: boolean // it was declared for later days only
  register: Register
}

export interface AuditSeal {
  date: string
  sha256: string
  keyId: string // of the key whose signature lies beside it, and holds; '' when it is not signed
}

/** What the days of an audit sum to. */
export interface AuditFigures {
  days: Record<Observation, number>
  hours: Record<Observation, number>
  isComplete: boolean // every hour of every day observed whole; if not, sums are lower bounds
  left: Totals // what left, however it is judged
  blockedAttempts: number
  internal: Totals
  byApproval: ComplianceDay['byApproval']
  byTls: ComplianceDay['byTls']
  byEvidence: ComplianceDay['byEvidence']
  byPlace: ComplianceDay['byPlace']
  daysWithRegister: number
  daysWithIstio: number
  entries: Record<EntryState, number> // of the register that held last
  reviewed: number // entries approved or reviewed in the six months that end with the span
  unusedEntries: number // approved, and nothing left by them in the span
  findings: Record<FindingState, number>
  open: Record<Severity, number>
  signedSeals: number
}

/** An entry of the register that held on the span's last day, and what it was then. */
export interface AuditedEntry {
  entry: RegisterEntry
  state: EntryState
  dueBy: string
}

export function auditedEntries({ registers, through }: Pick<Audit, 'registers' | 'through'>): AuditedEntry[] {
  const entries = registers.at(-1)?.register.entries ?? []
  return entries.map((entry) => ({ entry, state: entryState(entry, through), dueBy: dueBy(entry, through) }))
}

/** What the days sum to; of at least one day. */
export function auditFigures(audit: Audit): AuditFigures {
  const { days, coverage, tally, findings, seals, through } = audit
  const known = days.map(({ compliance }) => compliance)
  const byApproval = sumOf(known.map((day) => day.byApproval))
  const left = zeroTotals()
  for (const state of LEFT_APPROVALS) addTotals(left, byApproval[state])
  const entries = auditedEntries(audit)
  const since = monthsLater(through, -6)
  const isReviewed = ({ entry }: AuditedEntry) => {
    const isApproved = entry.approvedBy !== '' && entry.approvedOn > since && entry.approvedOn <= through
    return isApproved || (lastReview(entry, through)?.on ?? '') > since
  }
  const open = findings.filter(({ state }) => state === 'open')
  return {
    days: count(
      OBSERVATIONS,
      known.map(({ observation }) => observation),
    ),
    hours: count(
      OBSERVATIONS,
      coverage.map(({ observation }) => observation),
    ),
    isComplete: known.length > 0 && known.every(({ complete }) => complete),
    left,
    blockedAttempts: attempts(byApproval.blocked),
    internal: sumOf(known.map(({ internal }) => ({ internal }))).internal,
    byApproval,
    byTls: sumOf(known.map(({ byTls }) => byTls)),
    byEvidence: sumOf(known.map(({ byEvidence }) => byEvidence)),
    byPlace: sumOf(known.map(({ byPlace }) => byPlace)),
    daysWithRegister: known.filter(({ hasRegister }) => hasRegister).length,
    daysWithIstio: days.filter(({ declared }) => declared.istio !== null).length,
    entries: count(
      ENTRY_STATES,
      entries.map(({ state }) => state),
    ),
    reviewed: entries.filter(isReviewed).length,
    unusedEntries: entries.filter(({ entry, state }) => state === 'approved' && !tally.entries.has(entry.name)).length,
    findings: count(
      FINDING_STATES,
      findings.map(({ state }) => state),
    ),
    open: count(
      SEVERITIES,
      open.map(({ severity }) => severity),
    ),
    signedSeals: seals.filter(({ keyId }) => keyId !== '').length,
  }
}

function count<K extends string>(names: readonly K[], values: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, values.filter((value) => value === name).length])) as Record<
    K,
    number
  >
}

/** Sums by name; {} of no day. */
function sumOf<K extends string>(parts: readonly Record<K, Totals>[]): Record<K, Totals> {
  const names = Object.keys(parts[0] ?? {}) as K[]
  const sums = names.map((name) => {
    const sum = zeroTotals()
    for (const part of parts) addTotals(sum, part[name])
    return [name, sum] as const
  })
  return Object.fromEntries(sums) as Record<K, Totals>
}
