/**
 * Cost months: what all closed days of a billing month cost, summed by who sent what where. One object a month, so that an
 * old month costs a publish nothing. Derived; safe to lose.
 */
import type { Meters } from '#core/costs/meters.ts'
import type { Nano } from '#core/costs/money.ts'
import type { PriceBasis } from '#core/costs/priced-day.ts'
import type { PriceKind } from '#core/costs/prices.ts'
import type { Observation } from '#core/report.ts'

/** Bytes that are charged, and what for them. */
export interface Cost {
  bytes: number
  nano: Nano
}

export interface CostMonth {
  schema: 1
  month: string // YYYY-MM
  pricedBy: string // hash of what its days were priced by; '' before the first
  days: CostDay[] // those that are folded in, oldest first, dense
  lines: CostLine[] // in the order of their keys; at most 20,000 of their own name: of more, those that cost least are joined by target, team and kind, as host OTHER
  joined: number // lines that were joined for want of room
}

/** One day by what it cost. Costs that have no price are in no sum of money, and their bytes are told apart. */
export interface CostDay {
  date: string // YYYY-MM-DD
  observation: Observation
  provisional: boolean
  complete: boolean // if not, sums are lower bounds
  currency: string // '' when no prices were declared
  byKind: Record<PriceKind, Cost> // priced; bytes are 0 where the hour is charged
  byBasis: Record<PriceBasis, Cost> // of the transfers alone
  byTeam: TeamCost[] // by name; what is charged by the hour is nobody's and in none of them
  hours: Nano[] // 24; all kinds together
  estimatedBytes: number // of the transfers: HTTP's and gRPC's, which the proxies estimate
  unpriced: Unpriced[] // by reason
  freeBytes: number // of the transfers that are priced: those that an allowance covered
  meters: Meters // at its end
}

export interface TeamCost extends Cost {
  team: string // UNOWNED for what nobody owns
  costCentre: string
  unpricedBytes: number // that would be charged and have no price
}

export interface Unpriced {
  missing: string // one sentence that names what to add
  kind: PriceKind
  bytes: number
}

/** What one workload sent to one destination in one way, over a month. */
export interface CostLine {
  target: string
  namespace: string
  workload: string
  team: string
  costCentre: string
  host: string // '' when unknown
  provider: string
  region: string
  service: string
  basis: PriceBasis
  kind: PriceKind // of the transfer
  requests: number
  egressBytes: number // as the proxies saw them
  ingressBytes: number
  estimatedBytes: number // of the egress bytes
  transfer: Cost
  processing: Cost // by NAT or an endpoint
  processingKind: PriceKind | '' // '' when nothing is
  unpricedBytes: number // of the transfer or its processing
}

/** What tells lines apart. */
export const LINE_ENDS = [
  'target',
  'namespace',
  'workload',
  'team',
  'costCentre',
  'host',
  'provider',
  'region',
  'service',
  'basis',
  'kind',
  'processingKind',
] as const satisfies readonly (keyof CostLine)[]

/** What a month's prices at its close make of it, above what its days were priced at. */
export interface TrueUp {
  on: string // YYYY-MM-DD: by what held on this day
  prices: string // SHA-256 of those prices as they are recorded
  nano: Nano // may be below zero
  byKind: Record<PriceKind, Nano>
  byTeam: { team: string; nano: Nano }[] // by name; what is charged by the hour is in none
}
