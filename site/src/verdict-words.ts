/** What the verdicts of compliance say, in plain words, and how each is marked. */
import type { DeclarationKind } from '#core/declarations.ts'
import type { EvidenceGrade } from '#core/evidence.ts'
import type { FindingState } from '#core/findings/finding.ts'
import type { RuleName } from '#core/findings/rules.ts'
import type { TlsVerdict } from '#core/istio/traffic.ts'
import type { ApprovalState, PlaceVerdict } from '#core/register/approval.ts'
import type { Readiness } from '#core/reports/readiness.ts'
import type { EntryState } from '#core/reports/register.ts'

/** `good` needs nothing, `watch` somebody's eye, `bad` somebody's hand; `open` is what nobody knows. */
export type Mark = 'good' | 'watch' | 'bad' | 'stopped' | 'open'

export interface Wording {
  name: string
  mark: Mark
  meaning: string
}

export const APPROVAL: Record<ApprovalState, Wording> = {
  approved: { name: 'approved', mark: 'good', meaning: 'an entry of the register allows it' },
  unapproved: {
    name: 'unapproved',
    mark: 'bad',
    meaning: 'no entry matches it, or nobody has approved the one that does',
  },
  expired: { name: 'expired', mark: 'watch', meaning: 'it was allowed, and the approval has ended' },
  blocked: { name: 'blocked', mark: 'stopped', meaning: 'refused by the mesh; nothing left' },
}

export const TLS: Record<TlsVerdict, Wording> = {
  originated: { name: 'TLS by the proxy', mark: 'good', meaning: 'a DestinationRule lets the proxy originate TLS' },
  application: {
    name: 'TLS by the application',
    mark: 'good',
    meaning: 'the port is declared HTTPS or TLS, and the client encrypts',
  },
  plaintext: { name: 'plaintext', mark: 'bad', meaning: 'it left unencrypted' },
  unknown: { name: 'unknown', mark: 'open', meaning: 'neither labels nor configuration tell' },
}

export const GRADE: Record<EvidenceGrade, Wording> = {
  A: { name: 'A', mark: 'good', meaning: 'declared, and the proxy itself chose where to connect' },
  B: { name: 'B', mark: 'good', meaning: 'matched by the name in the TLS handshake' },
  C: { name: 'C', mark: 'watch', meaning: 'the client’s own word, in the Host header' },
  D: { name: 'D', mark: 'watch', meaning: 'an address and no name' },
  E: { name: 'E', mark: 'open', meaning: 'no name at all' },
}

export const PLACE: Record<PlaceVerdict, Wording> = {
  allowed: { name: 'pass', mark: 'good', meaning: 'to a declared place that the namespace’s rule allows' },
  outside: { name: 'fail', mark: 'bad', meaning: 'to a declared place that the namespace’s rule does not allow' },
  undeclared: {
    name: 'undeclared',
    mark: 'open',
    meaning: 'under a rule, and nobody has declared where the destination is',
  },
  unrestricted: { name: 'no rule', mark: 'stopped', meaning: 'from a namespace that no residency rule names' },
}

export const ENTRY: Record<EntryState, Wording> = {
  approved: { name: 'approved', mark: 'good', meaning: 'approved, and not due for review' },
  overdue: { name: 'overdue', mark: 'watch', meaning: 'approved, and its review is due' },
  pending: { name: 'pending', mark: 'bad', meaning: 'nobody has approved it' },
  expired: { name: 'expired', mark: 'bad', meaning: 'its approval has ended' },
}

export const READINESS: Record<Readiness, Wording> = {
  enforced: { name: 'enforced', mark: 'good', meaning: 'REGISTRY_ONLY is on by Istio’s configuration' },
  ready: { name: 'ready', mark: 'good', meaning: 'all is declared, and has been the same for the whole window' },
  settling: {
    name: 'settling',
    mark: 'watch',
    meaning: 'all is declared or can be, and something was new within the window',
  },
  'not-ready': { name: 'not ready', mark: 'bad', meaning: 'something would break' },
  unknown: { name: 'no data', mark: 'open', meaning: 'nothing was observed' },
}

export const FINDING_STATE: Record<FindingState, Wording> = {
  open: { name: 'open', mark: 'watch', meaning: 'somebody should look at it' },
  accepted: { name: 'accepted', mark: 'stopped', meaning: 'somebody has looked at it, and accepts it for a time' },
  gone: { name: 'gone', mark: 'good', meaning: 'it is not found any more' },
}

export const RULE: Record<RuleName, { name: string; meaning: string }> = {
  unapproved: { name: 'unapproved destination', meaning: 'The register does not approve the destination.' },
  'expired-approval': { name: 'expired approval', meaning: 'It is used after its approval had ended.' },
  passthrough: { name: 'passthrough', meaning: 'Something left undeclared where REGISTRY_ONLY is expected.' },
  'blocked-burst': {
    name: 'blocked burst',
    meaning: 'Far more attempts were refused than usual: possible exfiltration.',
  },
  'new-destination': { name: 'new destination', meaning: 'It was never called before.' },
  volume: { name: 'volume', meaning: 'Far more left than in its own history.' },
  plaintext: { name: 'plaintext', meaning: 'It leaves unencrypted.' },
  'silent-plaintext': { name: 'silent plaintext', meaning: 'TLS was declared, and does not take hold.' },
  'weak-evidence': { name: 'weak evidence', meaning: 'Its name can be wrong.' },
  'host-spoofing': {
    name: 'host spoofing',
    meaning: 'An approved name was claimed in the Host header of a passthrough flow.',
  },
  'look-alike': { name: 'look-alike', meaning: 'A name one letter off an approved one, or of mixed scripts.' },
  'outside-region': {
    name: 'outside its region',
    meaning: 'Data went to a declared place that a residency rule does not allow.',
  },
  'unused-approval': { name: 'unused approval', meaning: 'Nothing uses an entry of the register any more.' },
  'overdue-review': { name: 'overdue review', meaning: 'An entry of the register is due for review.' },
  'unused-service-entry': { name: 'unused ServiceEntry', meaning: 'Nothing uses a ServiceEntry any more.' },
  'coverage-gap': { name: 'coverage gap', meaning: 'A part of the time was not observed.' },
  cardinality: { name: 'cardinality', meaning: 'Somebody makes up so many names that the ledger folds them.' },
}

export const DECLARED: Record<DeclarationKind, { name: string; missing: string }> = {
  istio: {
    name: 'Istio’s configuration',
    missing: 'only labels tell: name its manifests under istio: in wharfage.yaml',
  },
  register: {
    name: 'Egress register',
    missing: 'nothing is approved: wharfage register draft writes one from what was observed',
  },
  rules: { name: 'Rules of findings', missing: 'the rules’ own thresholds hold, and nothing is accepted' },
  prices: { name: 'Prices', missing: 'nothing has a price: name a file under prices: in wharfage.yaml' },
  owners: { name: 'Owners', missing: 'nothing is owned: name a file under owners: in wharfage.yaml' },
  budgets: { name: 'Budgets', missing: 'nothing is limited: name a file under budgets: in wharfage.yaml' },
}

/** A place as people declared it: 'IE, eu-west-1, AWS'; '' when nobody has. */
export function placeName({
  country,
  region,
  provider,
}: {
  country: string
  region: string
  provider: string
}): string {
  return [country, region, provider].filter((part) => part !== '').join(', ')
}
