/** Cost figures: what rows of reports say of money. Amounts are exact decimal text, so that a report is plain JSON. */
import type { Money } from '#core/costs/money.ts'
import type { PriceBasis } from '#core/costs/priced-day.ts'
import type { PriceKind } from '#core/costs/prices.ts'
import type { Caller } from '#core/pair.ts'
import type { Observation } from '#core/report.ts'

/** What some traffic cost at list prices: its transfer, and its processing by NAT or an endpoint. */
export interface CostFigures {
  money: Money | null // null when none of it has a price, which is not 0
  egressBytes: number // as the proxies saw them
  ingressBytes: number // likewise
  unpricedBytes: number // that would be charged and have no price: above 0, money is a lower bound
}

/** The rows that cost most, and all others as one: together they are the whole. */
export interface Ranking<Row extends CostFigures> {
  rows: Row[] // most money first, then most bytes
  others: Others | null // null when there are none
}

export interface Others extends CostFigures {
  count: number // rows that it stands for
}

export interface DestinationCostRow extends CostFigures {
  host: string // '' when unknown
  provider: string // '' when nothing tells
  region: string // likewise
  service: string // likewise
  kinds: PriceKind[] // of its transfers
  bases: PriceBasis[] // by which those were told
  workloads: number // that sent to it
}

export interface WorkloadCostRow extends CostFigures, Caller {
  team: string // UNOWNED when nobody owns it
  costCentre: string
  destinations: number // that it sent to
}

/** One workload and one destination. */
export interface PairCostRow extends CostFigures, Caller {
  team: string
  costCentre: string
  host: string
  provider: string
  region: string
  kinds: PriceKind[]
  bases: PriceBasis[]
}

export interface TeamCostRow extends CostFigures {
  team: string // UNOWNED for what nobody owns
  costCentre: string
}

/** What is priced of one kind; a kind of which there was nothing has no row. */
export interface KindCostRow {
  kind: PriceKind
  bytes: number // that were charged, overhead among them; 0 where the hour is charged
  money: Money
}

/** What is priced of the transfers by one basis, likewise. */
export interface BasisCostRow {
  basis: PriceBasis
  bytes: number
  money: Money
}

/** What has no price, and what to add. */
export interface UnpricedRow {
  missing: string // one sentence
  kind: PriceKind
  bytes: number
}

/** One day or month by what it cost. */
export interface PeriodCost {
  period: string // YYYY-MM-DD or YYYY-MM
  observation: Observation // of 'none' there is no data, and money is what is charged by the hour alone
  provisional: boolean // some of it is not closed yet
  complete: boolean // every hour of it so far was observed whole
  currency: string // '' when no prices held
  money: Money | null // as its days were priced, all kinds together; null when nothing in it has a price, or there is no data to price
  isLowerBound: boolean // money is: it is not complete, or something has no price
  shared: Money | null // of the money, what is charged by the hour, whoever sends
  byKind: KindCostRow[] // in their usual order
  bytes: number // of the transfers, priced
  unpricedBytes: number
}

/** A period with all that it consists of. */
export interface PeriodCosts extends PeriodCost {
  byTeam: TeamCostRow[] // most money first, what nobody owns last; with `shared` they sum to the money
  byBasis: BasisCostRow[] // of the transfers
  estimatedBytes: number // of `bytes` and the unpriced: HTTP's and gRPC's, which the proxies estimate
  freeBytes: number // of `bytes`: those that an allowance covered
  unpriced: UnpricedRow[] // most bytes first
  destinations: Ranking<DestinationCostRow> // with `shared` they sum to the money, as the next two do
  workloads: Ranking<WorkloadCostRow>
  pairs: Ranking<PairCostRow>
}

/** What the close of a month adds to what its days were priced at. */
export interface TrueUpRow {
  on: string // YYYY-MM-DD: by what held on this day
  money: Money // may be below zero
  byKind: { kind: PriceKind; money: Money }[] // those that are not 0
  byTeam: { team: string; money: Money }[] // likewise; what is charged by the hour is in none
}
