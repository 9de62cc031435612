/** The report at the head of costs: the month to date, and what it will have cost. */
import type { ReconciledBill } from '#core/bills/reconciled-bill.ts'
import { type BudgetStanding, budgetStandings } from '#core/costs/budget-standing.ts'
import type { PeriodCost, PeriodCosts, TrueUpRow } from '#core/costs/cost-figures.ts'
import type { CostHistory, MonthCosts } from '#core/costs/cost-history.ts'
import type { CostDay, CostMonth } from '#core/costs/cost-month.ts'
import { teamRows } from '#core/costs/cost-rows.ts'
import { type Forecast, forecastOf, project } from '#core/costs/forecast.ts'
import { type Money, moneyOf, nanoOf } from '#core/costs/money.ts'
import {
  dayCost,
  isOpenMonth,
  monthCost,
  periodCosts,
  RECENT_DAYS,
  RECENT_MONTHS,
  totalOf,
  trueUpRow,
} from '#core/costs/period-cost.ts'
import type { PriceEntry } from '#core/costs/prices.ts'
import type { CostsInForce, CostsOn } from '#core/declarations.ts'
import { compareText, distinct } from '#core/order.ts'
import type { PageReport } from '#core/report.ts'
import type { SavingsReport } from '#core/reports/savings.ts'
import { DAY_MS, parseDate } from '#core/time.ts'

export interface CostsReport extends PageReport {
  page: 'costs'
  through: string // the last day that is told of, or ''
  declared: CostsOn // for that day; prices null: none were ever declared, and all that follows is empty
  currency: string // of the newest month; '' when no prices held in it
  overheadFactor: string // '1' for what the proxies saw; '' without prices
  month: MonthToDate | null // the newest; null before the first day
  forecast: Forecast | null // of it; null when it is over, or no complete day is there to reckon from
  months: MonthCostRow[] // the newest 13, oldest first
  days: PeriodCost[] // the newest 35, oldest first
  books: PriceBookRow[] // by name
  budgets: BudgetStanding[] // of the newest month: those in most danger first
  savings: SavingsInShort | null // null when nothing was looked for
  bill: BillInShort | null // the newest; null when none was imported
}

/** What the newest month cost so far. */
export interface MonthToDate extends PeriodCosts {
  days: number // of the month that are told of
  openDays: number // of them, those that are not closed yet
}

export interface MonthCostRow extends PeriodCost {
  trueUp: TrueUpRow | null // null until it is closed
  total: Money | null // money and true-up together; null when no prices held
}

/** One price book that holds, and how old what it says is. */
export interface PriceBookRow {
  book: string // the file, as it was named
  providers: string[]
  entries: number
  oldest: string // YYYY-MM-DD: when its oldest entry was read from its source
  newest: string
  ageDays: number // of the oldest, on the last day that is told of
  isOld: boolean // older than a year
}

export interface SavingsInShort {
  currency: string
  yearly: Money // of what is sure
  sure: number // how many that are
  count: number // savings that were found, surely or not
}

export interface BillInShort {
  month: string // YYYY-MM
  provider: string
  currency: string
  usage: Money // billed, without credits and adjustments
  attributed: Money // of it, to flows
  share: number | null // attributed of usage; null when no use was billed
}

export interface CostsInput {
  title: string // of the site
  costs: CostHistory // open days among it
  months: readonly CostMonth[] // its newest three, oldest first; none before the first day
  inForce: CostsInForce // for the last day of it
  savings: Pick<SavingsReport, 'currency' | 'totals'> | null // null when no day is closed
  bill: Pick<ReconciledBill, 'month' | 'provider' | 'currency' | 'usage' | 'attributed'> | null // the newest
}

/** Builds the report at the head of costs; its downloads are filled in when they have been written. */
export function costsReport({ title, costs, months, inForce, savings, bill }: CostsInput): CostsReport {
  const { through } = costs
  const newest = months.at(-1)
  const days = months.flatMap((month) => month.days)
  const currency = costs.months.at(-1)?.currency ?? ''
  const projection = newest === undefined ? null : project(newest.month, currency, days, 'all')
  return {
    schema: 1,
    page: 'costs',
    title,
    downloads: [],
    through,
    declared: inForce.links,
    currency,
    overheadFactor: inForce.prices?.overheadFactor ?? '',
    month: newest === undefined ? null : monthToDate(monthOf(costs, newest), newest),
    forecast: currency === '' ? null : forecastOf(projection),
    months: costs.months.slice(-RECENT_MONTHS).map((one) => monthRow(one, months)),
    days: days.slice(-RECENT_DAYS).map(dayCost),
    books: through === '' ? [] : booksOf(inForce.prices?.entries ?? [], through),
    budgets: newest === undefined ? [] : monthBudgets(inForce.budgets, costs, months),
    savings: savings === null || savings.currency === '' ? null : savingsInShort(savings),
    bill: bill === null ? null : billInShort(bill),
  }
}

/** How the budgets of the newest month stand; at least one month is given. */
export function monthBudgets(
  budgets: CostsInForce['budgets'],
  costs: CostHistory,
  months: readonly CostMonth[],
): BudgetStanding[] {
  const newest = months[months.length - 1]
  const sums = monthOf(costs, newest)
  const { isLowerBound } = monthCost(sums, isOpenMonth(newest))
  const unpriced = new Set(teamRows(newest.lines).flatMap((row) => (row.unpricedBytes > 0 ? [row.team] : [])))
  return budgetStandings(budgets, {
    month: newest.month,
    currency: sums.currency,
    days: months.flatMap((month): CostDay[] => month.days),
    isLowerBound: (team) => (team === '' ? isLowerBound : !sums.complete || unpriced.has(team)),
  })
}

/** What a history says of a month. */
export function monthOf({ months }: CostHistory, { month }: Pick<CostMonth, 'month'>): MonthCosts {
  const found = months.find((one) => one.month === month)
  if (found === undefined) throw new Error(`report of costs: the history does not know ${month}`)
  return found
}

/** True when a month is among the newest ones, and a day of it is open or to come. */
export function isOpen(month: string, newest: readonly CostMonth[]): boolean {
  const found = newest.find((one) => one.month === month)
  return found !== undefined && isOpenMonth(found)
}

function monthToDate(sums: MonthCosts, month: CostMonth): MonthToDate {
  return {
    ...periodCosts(monthCost(sums, isOpenMonth(month)), sums, month.lines),
    days: month.days.length,
    openDays: month.days.filter(({ provisional }) => provisional).length,
  }
}

function monthRow(costs: MonthCosts, newest: readonly CostMonth[]): MonthCostRow {
  const period = monthCost(costs, isOpen(costs.month, newest))
  const { trueUp } = costs
  return { ...period, trueUp: trueUp === null ? null : trueUpRow(trueUp), total: totalOf(period.money, trueUp) }
}

/** Prices change about once a year; what was read before that may hold no more. */
const OLD_DAYS = 365

function booksOf(entries: readonly PriceEntry[], on: string): PriceBookRow[] {
  const inForce = entries.filter(({ from, until }) => from <= on && (until === '' || on < until))
  const books = [...Map.groupBy(inForce, ({ book }) => book)].sort(([a], [b]) => compareText(a, b))
  return books.map(([book, of]) => {
    const retrieved = of.map((entry) => entry.retrieved).sort()
    const ageDays = Math.max(0, Math.round((parseDate(on) - parseDate(retrieved[0])) / DAY_MS))
    return {
      book,
      providers: distinct(of.map(({ provider }) => provider)).sort(),
      entries: of.length,
      oldest: retrieved[0],
      newest: retrieved[retrieved.length - 1],
      ageDays,
      isOld: ageDays > OLD_DAYS,
    }
  })
}

function savingsInShort({ currency, totals }: Pick<SavingsReport, 'currency' | 'totals'>): SavingsInShort {
  const sure = totals.filter(({ certainty }) => certainty === 'sure')
  return {
    currency,
    yearly: moneyOf(sure.reduce((sum, { yearly }) => sum + nanoOf(yearly), 0n)),
    sure: sure.reduce((sum, { count }) => sum + count, 0),
    count: totals.reduce((sum, { count }) => sum + count, 0),
  }
}

function billInShort({ month, provider, currency, usage, attributed }: NonNullable<CostsInput['bill']>): BillInShort {
  const [all, part] = [nanoOf(usage), nanoOf(attributed)]
  const share = all === 0n ? null : Number((part * 1_000_000n) / all) / 1_000_000
  return { month, provider, currency, usage, attributed, share }
}
