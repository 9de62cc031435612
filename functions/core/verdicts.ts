/** Verdicts: the closed sets in which compliance is told, each in the order in which pages and files tell it. */
import type { EvidenceGrade } from '#core/evidence.ts'
import type { TlsVerdict } from '#core/istio/traffic.ts'
import type { ApprovalState, PlaceVerdict } from '#core/register/approval.ts'
import type { Readiness } from '#core/reports/readiness.ts'

/** Of what left; `blocked`, which did not, stands apart. */
export const LEFT_APPROVALS: readonly Exclude<ApprovalState, 'blocked'>[] = ['approved', 'unapproved', 'expired']
export const TLS_VERDICTS: readonly TlsVerdict[] = ['originated', 'application', 'plaintext', 'unknown']
export const EVIDENCE_GRADES: readonly EvidenceGrade[] = ['A', 'B', 'C', 'D', 'E']
export const PLACE_VERDICTS: readonly PlaceVerdict[] = ['allowed', 'outside', 'undeclared', 'unrestricted']
export const READINESS_STATES: readonly Readiness[] = ['enforced', 'ready', 'settling', 'not-ready', 'unknown']
