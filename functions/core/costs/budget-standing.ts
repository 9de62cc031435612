/** Budget standing: how much of a month's budget is used, what it will be at the month's end, and when it runs out. */
import type { Budget, Budgets } from '#core/costs/budgets.ts'
import type { CostDay } from '#core/costs/cost-month.ts'
import { type Payer, type Projection, project, spent } from '#core/costs/forecast.ts'
import { type Money, moneyOf, type Nano, nanoOf } from '#core/costs/money.ts'
import { compareText } from '#core/order.ts'

/**
 * `on-track`: even the high end of the forecast is within the budget; `at-risk`: the forecast is within, its high end is
 * not; `over`: the forecast is above; `exceeded`: what was used already is; `unknown`: it is not exceeded, and there is no
 * forecast.
 */
export type BudgetState = 'on-track' | 'at-risk' | 'over' | 'exceeded' | 'unknown'
export const BUDGET_STATES: readonly BudgetState[] = ['exceeded', 'over', 'at-risk', 'unknown', 'on-track']

/** How a budget stands in one month. */
export interface BudgetStanding {
  team: string // '' for all of it together
  month: string // YYYY-MM
  currency: string
  monthly: Money
  used: Money // so far
  share: number // used of monthly, 0 or more; above 1 when exceeded
  isLowerBound: boolean // used and forecast are: some days are incomplete, or some bytes have no price
  forecast: Money | null // at the month's end; null when there is none
  low: Money | null
  high: Money | null
  runsOut: string // YYYY-MM-DD: the day on which it is used up, by what was used or by the forecast; '' when on none of the month
  state: BudgetState
}

export interface BudgetMonth {
  month: string // YYYY-MM
  currency: string
  days: readonly CostDay[] // of the newest months, dense, oldest first; the last is of the month
  isLowerBound: (team: string) => boolean // '' for all of it together
}

/** How budgets stand, those in most danger first. Budgets in another currency than the month's cannot be told. */
export function budgetStandings(budgets: Budgets | null, month: BudgetMonth): BudgetStanding[] {
  if (budgets === null || budgets.currency !== month.currency) return []
  const standings = budgetsOf(budgets.budgets, month.month).map((budget) => standingOf(budget, month))
  return standings.sort((a, b) => {
    const byState = BUDGET_STATES.indexOf(a.state) - BUDGET_STATES.indexOf(b.state)
    return byState || b.share - a.share || compareText(a.team, b.team)
  })
}

/** Of each team the budget that holds in a month: of those that have begun the newest. */
function budgetsOf(budgets: readonly Budget[], month: string): Budget[] {
  const begun = budgets.filter(({ from }) => from <= month)
  return [...Map.groupBy(begun, ({ team }) => team).values()].map((ofTeam) =>
    ofTeam.reduce((newest, budget) => (budget.from >= newest.from ? budget : newest)),
  )
}

function standingOf({ team, monthly }: Budget, { month, currency, days, isLowerBound }: BudgetMonth): BudgetStanding {
  const payer: Payer = team === '' ? 'all' : { team }
  const ofMonth = days.filter((day) => day.date.startsWith(month) && day.currency === currency)
  const limit = nanoOf(monthly)
  const used = ofMonth.reduce((sum, day) => sum + spent(day, payer), 0n)
  const projection = project(month, currency, days, payer)
  const told = (nano: Nano | undefined) => (nano === undefined ? null : moneyOf(nano))
  return {
    ...{ team, month, currency, monthly },
    used: moneyOf(used),
    share: Number((used * SHARES) / limit) / Number(SHARES),
    isLowerBound: isLowerBound(team),
    ...{ forecast: told(projection?.nano), low: told(projection?.low), high: told(projection?.high) },
    runsOut: runsOut(limit, ofMonth, payer, projection),
    state: stateOf(limit, used, projection),
  }
}

/** How finely a share is told. */
const SHARES = 1_000_000n

function stateOf(limit: Nano, used: Nano, projection: Projection | null): BudgetState {
  if (used > limit) return 'exceeded'
  if (projection === null) return 'unknown'
  if (projection.nano > limit) return 'over'
  return projection.high > limit ? 'at-risk' : 'on-track'
}

/** The first day at whose end more than the limit is spent. */
function runsOut(limit: Nano, days: readonly CostDay[], payer: Payer, projection: Projection | null): string {
  const soFar = days.map((day) => ({ date: day.date, nano: spent(day, payer) }))
  const ahead = new Map([...soFar, ...(projection?.rest ?? [])].map(({ date, nano }) => [date, nano]))
  const used = firstAbove(limit, soFar)
  return used === ''
    ? firstAbove(
        limit,
        [...ahead].map(([date, nano]) => ({ date, nano })),
      )
    : used
}

function firstAbove(limit: Nano, days: readonly { date: string; nano: Nano }[]): string {
  let sum = 0n
  for (const { date, nano } of days) {
    sum += nano
    if (sum > limit) return date
  }
  return ''
}
