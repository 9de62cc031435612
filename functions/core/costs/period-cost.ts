/** Period costs: a day or a month by what it cost, for reports. */
import type { PeriodCost, PeriodCosts, TrueUpRow, UnpricedRow } from '#core/costs/cost-figures.ts'
import type { MonthCosts } from '#core/costs/cost-history.ts'
import type { CostDay, CostLine, CostMonth, TrueUp, Unpriced } from '#core/costs/cost-month.ts'
import { destinationRanking, kindRows, pairRanking, teamRows, workloadRanking } from '#core/costs/cost-rows.ts'
import { type Money, moneyOf, type Nano, nanoOf } from '#core/costs/money.ts'
import { PRICE_BASES } from '#core/costs/priced-day.ts'
import { PRICE_KINDS, TRANSFER_KINDS } from '#core/costs/prices.ts'
import { compareText } from '#core/order.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

/** What both a day and a month sum to. */
type Sums = Pick<
  CostDay,
  'observation' | 'complete' | 'currency' | 'byKind' | 'byBasis' | 'estimatedBytes' | 'freeBytes' | 'unpriced'
>

/** The newest months, and days, that reports tell of. */
export const RECENT_MONTHS = 13
export const RECENT_DAYS = 35

export function dayCost(day: CostDay): PeriodCost {
  return periodCost(day.date, day.provisional, day)
}

export function monthCost(costs: MonthCosts, provisional: boolean): PeriodCost {
  return periodCost(costs.month, provisional, costs)
}

/** True when a day of a month is open, or still to come. */
export function isOpenMonth({ month, days }: CostMonth): boolean {
  const last = days.at(-1)?.date ?? `${month}-01`
  return isoDate(parseDate(last) + DAY_MS).startsWith(month) || days.some(({ provisional }) => provisional)
}

/** A day or month with all that it consists of, from what it sums to and its lines. */
export function periodCosts(period: PeriodCost, sums: Sums, lines: readonly CostLine[]): PeriodCosts {
  return {
    ...period,
    byTeam: teamRows(lines),
    byBasis: PRICE_BASES.flatMap((basis) => {
      const { bytes, nano } = sums.byBasis[basis]
      return bytes === 0 && nano === 0n ? [] : [{ basis, bytes, money: moneyOf(nano) }]
    }),
    estimatedBytes: sums.estimatedBytes,
    freeBytes: sums.freeBytes,
    unpriced: unpricedRows(sums.unpriced),
    destinations: destinationRanking(lines),
    workloads: workloadRanking(lines),
    pairs: pairRanking(lines),
  }
}

/** Most bytes first. Of what is charged by the byte and had none, nothing is missing. */
export function unpricedRows(unpriced: readonly Unpriced[]): UnpricedRow[] {
  return unpriced
    .filter(({ kind, bytes }) => bytes > 0 || kind.endsWith('-hours'))
    .map(({ missing, kind, bytes }) => ({ missing, kind, bytes }))
    .sort((a, b) => b.bytes - a.bytes || compareText(a.kind, b.kind) || compareText(a.missing, b.missing))
}

/** What is charged by the hour, whoever sends. */
export function sharedNano({ byKind }: Pick<CostDay, 'byKind'>): Nano {
  return byKind['nat-hours'].nano + byKind['endpoint-hours'].nano
}

/** All kinds together. */
export function wholeNano({ byKind }: Pick<CostDay, 'byKind'>): Nano {
  return PRICE_KINDS.reduce((sum, kind) => sum + byKind[kind].nano, 0n)
}

export function trueUpRow({ on, nano, byKind, byTeam }: TrueUp): TrueUpRow {
  return {
    on,
    money: moneyOf(nano),
    byKind: PRICE_KINDS.filter((kind) => byKind[kind] !== 0n).map((kind) => ({ kind, money: moneyOf(byKind[kind]) })),
    byTeam: byTeam.filter((one) => one.nano !== 0n).map(({ team, nano: of }) => ({ team, money: moneyOf(of) })),
  }
}

/** Money and true-up together; null when there is no money, even if there is a true-up of 0. */
export function totalOf(money: Money | null, trueUp: TrueUp | null): Money | null {
  if (money === null && (trueUp?.nano ?? 0n) === 0n) return null
  return moneyOf((money === null ? 0n : nanoOf(money)) + (trueUp?.nano ?? 0n))
}

function periodCost(period: string, provisional: boolean, sums: Sums): PeriodCost {
  const { observation, complete, currency, byKind } = sums
  const unpriced = unpricedRows(sums.unpriced)
  const rows = kindRows((kind) => byKind[kind])
  const isSeen = observation === 'observed' || observation === 'partial'
  const isUnknown = currency === '' || (rows.length === 0 && (unpriced.length > 0 || !isSeen))
  return {
    ...{ period, observation, provisional, complete, currency },
    money: isUnknown ? null : moneyOf(wholeNano(sums)),
    isLowerBound: !complete || unpriced.length > 0,
    shared: isUnknown ? null : moneyOf(sharedNano(sums)),
    byKind: rows,
    bytes: TRANSFER_KINDS.reduce((sum, kind) => sum + byKind[kind].bytes, 0),
    unpricedBytes: unpriced.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
