/**
 * Cost history: what all closed days cost, a line a month, and the newest months of every destination and workload. Of
 * bounded size, whatever its age. Derived; safe to lose.
 */
import type { Cost, TeamCost, TrueUp, Unpriced } from '#core/costs/cost-month.ts'
import type { Nano } from '#core/costs/money.ts'
import type { PriceBasis } from '#core/costs/priced-day.ts'
import type { PriceKind } from '#core/costs/prices.ts'
import type { Observation } from '#core/report.ts'

export interface CostHistory {
  schema: 1
  through: string // the last day that is folded in, YYYY-MM-DD; '' before the first
  months: MonthCosts[] // every month, oldest first
  destinations: DestinationCosts[] // by host; at most 5,000, of which those silent for longest go first
  workloads: WorkloadCosts[] // by target, namespace, workload; likewise
}

/** A month in a line. */
export interface MonthCosts {
  month: string // YYYY-MM
  pricedBy: string // hash of what its days were priced by: when it would be another, they are priced again
  days: number // folded in
  observation: Observation
  complete: boolean
  currency: string // '' when nothing in it was priced
  byKind: Record<PriceKind, Cost>
  byBasis: Record<PriceBasis, Cost>
  byTeam: TeamCost[]
  estimatedBytes: number
  freeBytes: number
  unpriced: Unpriced[]
  trueUp: TrueUp | null // null until the month is closed: on the 5th of the next
}

/** One month of one destination or workload. */
export interface EntityMonth {
  month: string
  egressBytes: number
  ingressBytes: number
  nano: Nano
  unpricedBytes: number
  isPart: boolean // lines of the month were joined for want of room: some of it may be among them
}

export interface DestinationCosts {
  host: string // '' when unknown
  months: EntityMonth[] // the newest 13 in which it was met, oldest first
}

export interface WorkloadCosts {
  target: string
  namespace: string
  workload: string
  months: EntityMonth[] // likewise
}

export function emptyCostHistory(): CostHistory {
  return { schema: 1, through: '', months: [], destinations: [], workloads: [] }
}
