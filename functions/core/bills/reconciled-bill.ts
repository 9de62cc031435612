/**
 * Reconciliation in plain data: what a bill says against what the meshes saw, by kind and place; who its money was split to; and what,
 * of all that is known, could explain the difference.
 */
import type { BilledKind, BillFormat } from '#core/bills/bill.ts'
import type { Money } from '#core/costs/money.ts'
import type { Observation } from '#core/report.ts'

/** A bill that was imported, without its lines. */
export interface ImportedBill {
  month: string // YYYY-MM
  provider: string
  currency: string // ISO 4217
  imported: string // ISO 8601, UTC
  file: string
  sha256: string // hex, of the file
  format: BillFormat
  version: string
  payers: string[]
  accounts: string[]
  rows: number // of the file
  lines: number // that are for transfer and NAT
}

/** One bill against the days of its period. Sums of money are of the bill's currency. */
export interface ReconciledBill extends ImportedBill {
  replaced: number // imports of the same provider and month that this one took the place of; they stay in the store
  days: number // of its period that the ledger has
  dueDays: number // that its period has
  observation: Observation // over them
  complete: boolean // every hour of its period was observed whole; if not, mesh bytes are lower bounds
  billed: Money // all lines together: usage, credits and adjustments
  usage: Money // attributed and unattributed together
  attributed: Money // to flows
  unattributed: Money
  credits: Money // 0 or below; never split
  adjustments: Money // taxes, refunds, corrections; never split
  estimate: Money | null // of the same targets at list prices; null when nothing was priced, or in another currency
  meshBytes: number // of the kinds that are billed by the byte
  billedBytes: number // likewise, of use alone
  kinds: ReconciledKind[] // in the order of kinds
  places: ReconciledPlace[] // the same by place, most money first
  unattributedBy: Unattributed[] // most money first
  teams: BilledTeam[] // most money first; UNOWNED is among them
  workloads: BilledWorkload[] // likewise
  destinations: BilledDestination[] // likewise
  explanations: Explanation[] // in the order in which to look at them
}

/** One kind of charge, billed and seen. */
export interface ReconciledKind {
  kind: BilledKind
  meshBytes: number // charged by what the proxies saw, the declared overhead among them
  billedBytes: number | null // of use; null when no line of the kind has bytes
  share: number | null // mesh bytes of billed bytes, 1 for all of them; null without billed bytes
  billed: Money // of use
  attributed: Money
  unattributed: Money
  estimate: Money | null // at list prices; null as the bill's, or when none of the kind was priced
  unpricedBytes: number // of the mesh bytes, those that no list price was there for
}

export interface ReconciledPlace extends ReconciledKind {
  region: string // '' when the bill does not say
  to: string // cross-region: where to; '' when the bill does not say, or for every other kind
}

/** Money of use that no flow was charged, by why. */
export interface Unattributed {
  reason: string // one sentence
  bytes: number // billed
  money: Money
}

/** What was attributed to some flows, by each of their charges together. */
export interface Attributed {
  egressBytes: number // mesh bytes of the transfers; processing is of the same bytes again and not counted here
  money: Money
  estimate: Money | null // of the same at list prices; null as the bill's
}

export interface BilledTeam extends Attributed {
  team: string // UNOWNED for what nobody owns
  costCentre: string
}

export interface BilledWorkload extends Attributed {
  target: string
  namespace: string
  workload: string
  team: string
}

export interface BilledDestination extends Attributed {
  host: string // '' when unknown
}

/** What could make the bill and the meshes differ. */
export type Cause =
  | 'unobserved' // hours that nobody watched
  | 'unplaced' // days on which nothing declared where the meshes run
  | 'elsewhere' // billed in regions, or for kinds, of which no mesh has anything
  | 'outside-mesh' // more was billed than the meshes saw
  | 'currency' // prices are declared in another, so that nothing was estimated
  | 'timing' // counted in another hour than it is billed in
  | 'unbilled' // more was seen than the bill has
  | 'overhead' // TLS and TCP headers, which the proxies do not count
  | 'estimates' // HTTP bytes are the proxies' estimates
  | 'assumed' // mesh bytes of which nothing told that they go to the internet
  | 'unit' // the quotient is that of GiB and GB
  | 'allowance' // billed at 0
  | 'credits' // kept apart
  | 'accounts' // of several, which no label tells apart; or other bills are split over the same flows
  | 'sharing' // hours of NAT and endpoints, which nobody uses by the byte
  | 'rounding' // amounts finer than a nano-unit

export interface Explanation {
  cause: Cause
  sentence: string // with its figures, and what to do where something can be done
  bytes: number | null // that it is about; null where it is about none
  money: Money | null // likewise
  share: number | null // a quotient that it is about; null where it is about none
}

/** What of the days of a bill's period explanations are made of. */
export interface SeenMonth {
  observedSeconds: number // of the provider's targets, summed over them
  targets: ReadonlySet<string> // of the provider
  beside: number // bills of other billing accounts of the provider
  unclaimed: ReadonlySet<string> // of the targets, those that do not name a billing account of the bill as their payer
  estimatedBytes: number // of the transfers' charged bytes: HTTP's and gRPC's
  assumedBytes: number // of them, those of which nothing told that they go to the internet
  overheadFactors: ReadonlySet<string> // that were declared
  currencies: ReadonlySet<string> // of the declared prices
  hasPlaces: boolean // whether on any day it was declared where meshes run
}
