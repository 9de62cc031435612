/** The report of showback: what each team's egress cost, month by month. */
import type { BudgetStanding } from '#core/costs/budget-standing.ts'
import type { DestinationCostRow, PeriodCost, Ranking, TeamCostRow, WorkloadCostRow } from '#core/costs/cost-figures.ts'
import type { CostHistory, MonthCosts } from '#core/costs/cost-history.ts'
import type { CostMonth, TeamCost } from '#core/costs/cost-month.ts'
import { destinationRanking, teamKey, teamRows, workloadRanking } from '#core/costs/cost-rows.ts'
import { type Money, moneyOf, type Nano } from '#core/costs/money.ts'
import { UNOWNED } from '#core/costs/owners.ts'
import { monthCost, RECENT_MONTHS, totalOf } from '#core/costs/period-cost.ts'
import type { CostsInForce, CostsOn } from '#core/declarations.ts'
import { compareText } from '#core/order.ts'
import type { PageReport } from '#core/report.ts'
import { isOpen, monthBudgets } from '#core/reports/costs.ts'

export interface ShowbackReport extends PageReport {
  page: 'showback'
  through: string // the last day that is told of, or ''
  declared: CostsOn // for that day
  currency: string // of the newest month; '' when no prices held in it
  months: ShowbackMonth[] // the newest 13, oldest first
  teams: ShowbackTeam[] // most money in the newest month first, what nobody owns last
  details: TeamDetail[] // of the newest month, in the order of teams; of those without traffic in it none
  budgets: BudgetStanding[] // of the newest month, those in most danger first
}

/** A column: its teams' money, what is shared, and the true-up sum to its total. */
export interface ShowbackMonth extends PeriodCost {
  trueUp: Money | null // of all together; null until it is closed
  sharedTrueUp: Money | null // of it, that of what is charged by the hour
  total: Money | null // money and true-up together; null when no prices held
}

/** A row. A team whose cost centre changed has one for each. */
export interface ShowbackTeam {
  team: string // UNOWNED for what nobody owns
  costCentre: string
  cells: (ShowbackCell | null)[] // one for each month; null when nothing of it was met
}

export interface ShowbackCell {
  money: Money | null // as its days were priced; null when none of it has a price
  bytes: number // of the transfers, priced
  unpricedBytes: number // above 0, money is a lower bound
  trueUp: Money | null // null until the month is closed
}

export interface TeamDetail extends TeamCostRow {
  destinations: Ranking<DestinationCostRow>
  workloads: Ranking<WorkloadCostRow>
}

export interface ShowbackInput {
  title: string // of the site
  costs: CostHistory // open days among it
  months: readonly CostMonth[] // its newest three, oldest first; none before the first day
  inForce: CostsInForce // for the last day of it
}

/** How many destinations and workloads of a team have rows of their own. */
const OF_A_TEAM = 50

/** Builds the report of showback; its downloads are filled in when they have been written. */
export function showbackReport({ title, costs, months, inForce }: ShowbackInput): ShowbackReport {
  const recent = costs.months.slice(-RECENT_MONTHS)
  const newest = months.at(-1)
  const teams = teamsOf(recent)
  const lines = Map.groupBy(newest?.lines ?? [], teamKey)
  const rows = new Map(teamRows(newest?.lines ?? []).map((row) => [teamKey(row), row]))
  return {
    schema: 1,
    page: 'showback',
    title,
    downloads: [],
    through: costs.through,
    declared: inForce.links,
    currency: recent.at(-1)?.currency ?? '',
    months: recent.map((one) => showbackMonth(one, isOpen(one.month, months))),
    teams,
    details: teams.flatMap((team): TeamDetail[] => {
      const [row, of] = [rows.get(teamKey(team)), lines.get(teamKey(team)) ?? []]
      if (row === undefined) return []
      return [{ ...row, destinations: destinationRanking(of, OF_A_TEAM), workloads: workloadRanking(of, OF_A_TEAM) }]
    }),
    budgets: newest === undefined ? [] : monthBudgets(inForce.budgets, costs, months),
  }
}

function showbackMonth(costs: MonthCosts, provisional: boolean): ShowbackMonth {
  const { trueUp } = costs
  const period = monthCost(costs, provisional)
  const ofTeams = trueUp?.byTeam.reduce((sum, { nano }) => sum + nano, 0n) ?? 0n
  return {
    ...period,
    trueUp: trueUp === null ? null : moneyOf(trueUp.nano),
    sharedTrueUp: trueUp === null ? null : moneyOf(trueUp.nano - ofTeams),
    total: totalOf(period.money, trueUp),
  }
}

/** Every team, and cost centre of it, that was met in these months. */
function teamsOf(months: readonly MonthCosts[]): ShowbackTeam[] {
  const columns = months.map(columnOf)
  const met = new Map(
    columns.flatMap((column) => [...column].map(([key, { team, costCentre }]) => [key, { team, costCentre }])),
  )
  const newest = columns.at(-1)
  const size = (key: string): Nano => newest?.get(key)?.nano ?? -1n
  return [...met]
    .sort(([keyA, a], [keyB, b]) => {
      const byOwner = Number(a.team === UNOWNED) - Number(b.team === UNOWNED)
      const byMoney = Number(size(keyB) > size(keyA)) - Number(size(keyB) < size(keyA))
      return byOwner || byMoney || compareText(keyA, keyB)
    })
    .map(([key, team]) => ({ ...team, cells: columns.map((column) => cellOf(column.get(key))) }))
}

/** A team's month, with its part of the true-up; null while the month is open. */
type Column = Map<string, TeamCost & { trueUp: Nano | null }>

/** The true-up knows teams without their cost centres: of several it goes with the last. */
function columnOf({ byTeam, trueUp }: MonthCosts): Column {
  const column: Column = new Map(
    byTeam.map((cost) => [teamKey(cost), { ...cost, trueUp: trueUp === null ? null : 0n }]),
  )
  for (const { team, nano } of trueUp?.byTeam ?? []) {
    const known = [...column.values()].findLast((cost) => cost.team === team)
    if (known !== undefined) known.trueUp = nano
    else if (nano !== 0n) {
      const cost = { team, costCentre: '', bytes: 0, nano: 0n, unpricedBytes: 0, trueUp: nano }
      column.set(teamKey(cost), cost)
    }
  }
  return column
}

function cellOf(cost: (TeamCost & { trueUp: Nano | null }) | undefined): ShowbackCell | null {
  if (cost === undefined) return null
  const { bytes, nano, unpricedBytes, trueUp } = cost
  return {
    money: unpricedBytes > 0 && bytes === 0 && nano === 0n ? null : moneyOf(nano),
    ...{ bytes, unpricedBytes },
    trueUp: trueUp === null ? null : moneyOf(trueUp),
  }
}
