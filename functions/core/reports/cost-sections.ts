/** What the pages of days, months, destinations and workloads say of money; null where no prices were declared. */
import { UnpricedBytes } from '#core/costs/cost-day.ts'
import type {
  KindCostRow,
  PairCostRow,
  PeriodCost,
  PeriodCosts,
  Ranking,
  TrueUpRow,
  UnpricedRow,
} from '#core/costs/cost-figures.ts'
import { entityMonthOf, startCostMonth } from '#core/costs/cost-fold.ts'
import type { CostHistory, EntityMonth } from '#core/costs/cost-history.ts'
import type { CostLine, CostMonth } from '#core/costs/cost-month.ts'
import { kindRows, kindsOf, pairRanking } from '#core/costs/cost-rows.ts'
import { type Money, moneyOf, type Nano } from '#core/costs/money.ts'
import {
  dayCost,
  isOpenMonth,
  monthCost,
  periodCosts,
  totalOf,
  trueUpRow,
  unpricedRows,
} from '#core/costs/period-cost.ts'
import type { Destined, FixedCharge, PricedDay, PricedEdge } from '#core/costs/priced-day.ts'
import type { PriceKind } from '#core/costs/prices.ts'
import type { CostsOn } from '#core/declarations.ts'
import { workloadKey } from '#core/edge.ts'
import { joinObservations } from '#core/observation.ts'
import { distinct } from '#core/order.ts'
import type { Caller } from '#core/pair.ts'
import type { Observation } from '#core/report.ts'
import { monthOf } from '#core/reports/costs.ts'

export interface DayCosts extends PeriodCosts {
  declared: CostsOn
  hours: HourCost[] // 24
  fixed: FixedCostRow[]
}

export interface HourCost {
  start: string // ISO 8601, UTC
  observation: Observation // of 'none' there is no data, and money is what is charged by the hour alone
  money: Money | null // null when its time has not come, there is no data to price, or nothing in it has a price
  unpricedBytes: number // above 0, money is a lower bound
  byKind: KindCostRow[]
}

/** What a mesh is charged by the hour. */
export interface FixedCostRow {
  target: string
  kind: PriceKind // nat-hours or endpoint-hours
  service: string // of an endpoint; '' for NAT
  quantity: number // hours, times gateways or zones
  money: Money | null // null when it has no price
  missing: string // why; '' when it has one
}

export interface MonthCostsSection extends PeriodCosts {
  days: PeriodCost[] // oldest first
  trueUp: TrueUpRow | null // null until the month is closed
  total: Money | null // money and true-up together
  joined: number // lines that were joined for want of room: they are in no destination, workload or pair of its own name
}

/** One month of a destination or workload. */
export interface EntityMonthCost {
  month: string // YYYY-MM
  observation: Observation
  complete: boolean
  currency: string // '' when no prices held
  money: Money | null // null when none of it has a price
  isLowerBound: boolean // money is: it is not complete, something has no price, or some may be in a line that was joined
  egressBytes: number
  ingressBytes: number
  unpricedBytes: number
}

export interface EntityCosts {
  on: string // the last day it was seen: nothing later plays a part
  months: EntityMonthCost[] // the newest 13 in which it was met, oldest first
  byKind: KindCostRow[] // of the newest of them, processing among them
  unpriced: UnpricedRow[] // of the last day
}

export interface DestinationCostsSection extends EntityCosts {
  destined: DestinedRow[] // how its price was told on the last day, one for each way; most bytes first
  workloads: Ranking<PairCostRow> // that sent to it in the newest of its months
}

export interface DestinedRow extends Destined {
  targets: string[] // that it is so for
  bytes: number // egress
}

export interface WorkloadCostsSection extends EntityCosts {
  team: string // UNOWNED when nobody owned it on the last day
  costCentre: string
  destinations: Ranking<PairCostRow> // that it sent to in the newest of its months
}

/** What a day's page says of money. */
export function dayCosts(priced: PricedDay): DayCosts | null {
  if (priced.currency === '') return null
  const folding = startCostMonth(priced.judged.digest.date.slice(0, 7))
  folding.add(priced)
  const {
    days: [day],
    lines,
  } = folding.month()
  return {
    ...periodCosts(dayCost(day), day, lines),
    declared: priced.declared,
    hours: hoursOf(priced, day.hours),
    fixed: priced.fixed.map(fixedRow),
  }
}

function hoursOf({ judged, edges, fixed }: PricedDay, money: readonly Nano[]): HourCost[] {
  const charges = Map.groupBy([...edges.flatMap((edge) => edge.charges), ...fixed], ({ kind }) => kind)
  return judged.digest.day.hours.map(({ start, observation }, hour) => {
    let unpricedBytes = 0
    const byKind = kindRows((kind) => {
      const cost = { bytes: 0, nano: 0n }
      for (const charge of charges.get(kind) ?? []) {
        const bytes = 'hourBytes' in charge ? charge.hourBytes[hour] : 0
        if (charge.entry === '') unpricedBytes += bytes
        else {
          cost.nano += charge.hourNano[hour]
          cost.bytes += bytes
        }
      }
      return cost
    })
    const isSeen = observation === 'observed' || observation === 'partial'
    const isUnknown = byKind.length === 0 && (unpricedBytes > 0 || !isSeen)
    return { start, observation, money: isUnknown ? null : moneyOf(money[hour]), unpricedBytes, byKind }
  })
}

function fixedRow({ target, kind, service, quantity, entry, missing, nano }: FixedCharge): FixedCostRow {
  return { target, kind, service, quantity, money: entry === '' ? null : moneyOf(nano), missing }
}

/** What a month's page says of money. */
export function monthCosts(costs: CostHistory, month: CostMonth): MonthCostsSection | null {
  const sums = monthOf(costs, month)
  if (sums.currency === '') return null
  const period = monthCost(sums, isOpenMonth(month))
  return {
    ...periodCosts(period, sums, month.lines),
    days: month.days.map(dayCost),
    trueUp: sums.trueUp === null ? null : trueUpRow(sums.trueUp),
    total: totalOf(period.money, sums.trueUp),
    joined: month.joined,
  }
}

export interface EntityInput {
  costs: CostHistory // open days among it
  month: CostMonth // of the last day on which it was seen
  priced: PricedDay // that day
}

/** What a destination's page says of money. */
export function destinationCosts(input: EntityInput, host: string): DestinationCostsSection | null {
  if (input.priced.currency === '') return null
  const known = input.costs.destinations.find((one) => one.host === host)
  const edges = input.priced.edges.filter((edge) => edge.host === host)
  const lines = linesOf(input, edges, (line) => line.host === host)
  return {
    ...entityCosts(input, known?.months ?? [], edges, lines),
    destined: destinedRows(edges),
    workloads: pairRanking(lines),
  }
}

/** What a workload's page says of money. */
export function workloadCosts(input: EntityInput, workload: Caller): WorkloadCostsSection | null {
  if (input.priced.currency === '') return null
  const key = workloadKey(workload)
  const known = input.costs.workloads.find((one) => workloadKey(one) === key)
  const edges = input.priced.edges.filter((edge) => workloadKey(edge) === key)
  const lines = linesOf(input, edges, (line) => workloadKey(line) === key)
  const { team = '', costCentre = '' } = edges[0] ?? {}
  return {
    ...entityCosts(input, known?.months ?? [], edges, lines),
    team,
    costCentre,
    destinations: pairRanking(lines),
  }
}

/** Lines of a month; where all of an entity's were joined for want of room, those of the last day, a part that is known. */
function linesOf(
  { month, priced }: EntityInput,
  edges: readonly PricedEdge[],
  isOf: (line: CostLine) => boolean,
): readonly CostLine[] {
  const lines = month.lines.filter(isOf)
  if (lines.length > 0 || month.joined === 0) return lines
  const folding = startCostMonth(month.month)
  folding.add({ ...priced, edges: [...edges], fixed: [] })
  return folding.month().lines
}

function entityCosts(
  { costs, month, priced }: EntityInput,
  months: readonly EntityMonth[],
  edges: readonly PricedEdge[],
  lines: readonly CostLine[],
): EntityCosts {
  const on = priced.judged.digest.date
  const unpriced = new UnpricedBytes()
  for (const charge of edges.flatMap(({ charges }) => charges)) if (charge.entry === '') unpriced.add(charge)
  return {
    on,
    months: [...months, ...joinedMonth(month, months, lines)]
      .filter((one) => one.month <= on)
      .map((one) => ({ ...entityMonth(one), ...observed(one, { costs, month, on }) }))
      .map((one) => ({ ...one, isLowerBound: one.isLowerBound || !one.complete })),
    byKind: kindsOf(lines),
    unpriced: unpricedRows(unpriced.all()),
  }
}

/** The month of the last day, where the history has none of it since all its lines were joined. */
function joinedMonth(month: CostMonth, known: readonly EntityMonth[], lines: readonly CostLine[]): EntityMonth[] {
  const isMissing = month.joined > 0 && lines.length > 0 && known.every((one) => one.month !== month.month)
  return isMissing ? [entityMonthOf(month.month, lines, true)] : []
}

function entityMonth({ month, egressBytes, ingressBytes, nano, unpricedBytes, isPart }: EntityMonth) {
  const money = nano === 0n && unpricedBytes > 0 ? null : moneyOf(nano)
  return { month, money, isLowerBound: unpricedBytes > 0 || isPart, egressBytes, ingressBytes, unpricedBytes }
}

/** Months before that of the last day are as the history has them; of that one, only what was by then. */
function observed(
  { month: at }: EntityMonth,
  { costs, month, on }: Pick<EntityInput, 'costs' | 'month'> & { on: string },
): Pick<EntityMonthCost, 'observation' | 'complete' | 'currency'> {
  const { observation, complete, currency } = monthOf(costs, { month: at })
  if (at !== month.month) return { observation, complete, currency }
  const days = month.days.filter(({ date }) => date <= on)
  return {
    observation: joinObservations(days.map((day) => day.observation)),
    complete: days[0]?.date === `${at}-01` && days.every((day) => day.complete),
    currency,
  }
}

function destinedRows(edges: readonly PricedEdge[]): DestinedRow[] {
  const charged = edges.flatMap(({ destined, target, totals }) =>
    destined === null ? [] : [{ destined, target, bytes: totals.egressBytes }],
  )
  return [...Map.groupBy(charged, ({ destined }) => JSON.stringify(destined)).values()]
    .map((of) => ({
      ...of[0].destined,
      targets: distinct(of.map(({ target }) => target)).sort(),
      bytes: of.reduce((sum, { bytes }) => sum + bytes, 0),
    }))
    .sort((a, b) => b.bytes - a.bytes) // of equals, the first in the order of edges
}
