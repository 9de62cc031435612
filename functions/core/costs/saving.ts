/**
 * A saving: traffic of one kind that could have been had for less, with what was seen of it, the prices, and how sure it is.
 * Plain data.
 */
import type { Nano } from '#core/costs/money.ts'

/** In the order in which they are asked: the first that holds takes an edge whole. */
export type SavingRule = 'gateway-endpoint' | 'interface-endpoint' | 'regional-twin' | 'nat-downloads' | 'chatter'
export const SAVING_RULES: readonly SavingRule[] = [
  'gateway-endpoint',
  'interface-endpoint',
  'regional-twin',
  'nat-downloads',
  'chatter',
]

/**
 * `sure`: bytes and prices alone say it. `strong`: the mesh itself calls what would be cheaper. `weak`: that it exists follows
 * from the provider's naming alone. `assumed`: it rests on an assumption, which is told beside it.
 */
export type Certainty = 'sure' | 'strong' | 'weak' | 'assumed'
export const CERTAINTIES: readonly Certainty[] = ['sure', 'strong', 'weak', 'assumed']

/** What was seen of a saving’s edges over the days looked at. */
export interface SavingEvidence {
  first: string // YYYY-MM-DD, with traffic
  last: string
  days: number // with traffic
  hours: number // with traffic
  flows: number // workloads and hosts
  requests: number // HTTP and gRPC
  connections: number // TCP
  egressBytes: number
  ingressBytes: number
  estimatedBytes: number // of both: HTTP's and gRPC's, which the proxies estimate
}

/** A workload whose traffic it is. */
export interface SavingCaller {
  target: string
  namespace: string
  workload: string // '' when unknown
  team: string // '' when nobody owns it
  bytes: number // both ways
}

export interface Saving {
  rule: SavingRule
  key: string // of what is weighed together; unique
  certainty: Certainty
  target: string
  service: string // of the provider: 's3'; '' when the host's name proves none
  region: string // where the destination is; '' when unknown
  hosts: string[] // called, most bytes first; at most 10
  hostCount: number
  twin: string // regional-twin: the host in the target's own region; '' for all others
  callers: SavingCaller[] // most bytes first; at most 10
  callerCount: number
  evidence: SavingEvidence
  bytes: number // that would be charged for less, overhead among them
  assumption: string // one sentence; '' when there is none
  share: string // of the bytes, decimal, by the assumption; '1' without one
  entries: string[] // ids of the prices, of what is paid and of what would be, sorted
  paid: Nano // over the days looked at
  instead: Nano // that would be paid for the same bytes
  hourly: Nano // that would be paid by the hour besides; 0 where nothing is
  zones: number // interface-endpoint: that it would be charged for; 0 for all others
  breakEvenBytes: number | null // interface-endpoint: in 30 days, from which on it saves; null for all others, and when it never does
  saved: Nano | null // over the days looked at; null when a price is missing; not more than 0 for what is not worth it
  missing: string // one sentence that names what to add; '' when nothing is missing
}
