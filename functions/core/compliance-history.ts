/**
 * Compliance history: what the judgements of all closed days together say, folded day by day as the history of figures is.
 * Derived; safe to lose.
 */
import type { DeclarationLink, DeclaredOn } from '#core/declarations.ts'
import type { EvidenceGrade } from '#core/evidence.ts'
import type { DayFindings, Finding } from '#core/findings/finding.ts'
import type { Severity } from '#core/findings/rules.ts'
import { sha256 } from '#core/hash.ts'
import type { Seen } from '#core/history.ts'
import type { TlsVerdict } from '#core/istio/traffic.ts'
import type { ApprovalState, PlaceVerdict } from '#core/register/approval.ts'
import type { Observation, Totals } from '#core/report.ts'

export interface ComplianceHistory {
  schema: 1
  through: string // the last day that is folded in, YYYY-MM-DD; '' before the first
  judgedBy: string // hash of what every folded day was judged by: when it would be another, all days are folded again
  days: ComplianceDay[] // every folded day, oldest first, dense
  findings: Finding[] // by rule and subject; at most 10,000, of which those gone for longest go first
  forgotten: number // findings dropped for want of room
  findingsByDay: DayFindings[] // of every folded day, oldest first
  entries: EntryUse[] // by name; entries of the register that matched something that left on some day; at most 5,000
  serviceEntries: ServiceEntryUse[] // by target and name; those declared or used on some day; at most 5,000
  volumes: DestinationVolume[] // by target and host; all that was ever called, at most 5,000
}

/** One day by what was judged of it. What is no egress by Istio's configuration is in none of the sums but its own. */
export interface ComplianceDay {
  date: string
  observation: Observation
  provisional: boolean
  complete: boolean
  internal: Totals // of MESH_INTERNAL ServiceEntries
  byApproval: Record<ApprovalState, Totals>
  byTls: Record<TlsVerdict, Totals> // of what left
  byEvidence: Record<EvidenceGrade, Totals> // of what left
  byPlace: Record<PlaceVerdict, Totals> // of what left
  open: Record<Severity, number> // findings open at its end
  accepted: number // findings accepted at its end
  opened: number // findings that were opened on it, being new, back, or accepted no longer
  gone: number // findings that were gone from this day on
  hasRegister: boolean // false: nothing could be approved, since nothing was declared
}

/** Days on which the entry matched something that left, and all that did. */
export interface EntryUse extends Seen {
  name: string
  totals: Totals
  sources: number // workloads, on the last day
}

/** Days on which something left by it; first and last are '' while nothing ever did. */
export interface ServiceEntryUse extends Seen {
  target: string // '*' where one configuration is of all targets that have none of their own
  serviceEntry: string // 'namespace/name'
  declared: string // YYYY-MM-DD: the first day on which it was known to be declared; '' while it never was
}

/** How much left to a destination of one mesh, by which it is told what is new and what is far more than usual. */
export interface DestinationVolume {
  target: string
  host: string // '' for all whose name the proxy could not know
  last: string // YYYY-MM-DD: the last day on which something left to it
  bytes: number[] // egress bytes of the last days on which something did, oldest first; at most 28
}

export function emptyComplianceHistory(): ComplianceHistory {
  return {
    schema: 1,
    through: '',
    judgedBy: '',
    days: [],
    findings: [],
    forgotten: 0,
    findingsByDay: [],
    entries: [],
    serviceEntries: [],
    volumes: [],
  }
}

/** The hash by which days that are folded in were judged, once a day more is: '' before the first, and from then on a chain. */
export function judgedByAfter(before: string, date: string, links: DeclaredOn): string {
  const told = (link: DeclarationLink | null) => (link === null ? '-' : `${link.sha256} ${link.isLater}`)
  return sha256([before, date, told(links.istio), told(links.register), told(links.rules)].join('\n'))
}
