/**
 * Cost tables: what of the reports of money can be downloaded as CSV. Rankings end with a row that stands for all others,
 * so that each sums to what its page says.
 */
import {
  BOOK,
  BUDGET,
  CLOSED,
  DESTINATION,
  ENTITY_MONTH,
  type EntityMonthRow,
  FIGURES,
  HOUR,
  PAIR,
  PERIOD,
  type Ranked,
  SHOWBACK,
  type ShowbackCellRow,
  TEAM,
  UNPRICED,
} from '#core/cost-columns.ts'
import type { CostFigures, PairCostRow, PeriodCosts, Ranking } from '#core/costs/cost-figures.ts'
import { UNOWNED } from '#core/costs/owners.ts'
import type {
  DayCosts,
  DestinationCostsSection,
  EntityMonthCost,
  MonthCostsSection,
  WorkloadCostsSection,
} from '#core/reports/cost-sections.ts'
import type { CostsReport } from '#core/reports/costs.ts'
import type { ShowbackReport } from '#core/reports/showback.ts'
import { type Table, table } from '#core/table.ts'

/** None while no prices were ever declared. */
export function costsTables({ declared, currency, days, months, month, books, budgets }: CostsReport): Table[] {
  if (declared.prices === null) return []
  const priced = { currency }
  return [
    table('days.csv', 'These days by what they cost', days, [['date', ({ period }) => period], ...PERIOD]),
    table('months.csv', 'By the month', months, [['month', ({ period }) => period], ...PERIOD, ...CLOSED]),
    ...(month === null
      ? []
      : [
          table(
            'destinations.csv',
            'Destinations of the newest month',
            ranked(month.destinations, priced),
            DESTINATION,
          ),
          table('pairs.csv', 'Workloads and destinations of the newest month', ranked(month.pairs, priced), PAIR),
          table('unpriced.csv', 'What has no price in the newest month', month.unpriced, UNPRICED),
        ]),
    table('books.csv', 'Price books', books, BOOK),
    table('budgets.csv', 'Budgets of the newest month', budgets, BUDGET),
  ]
}

export function showbackTables({ currency, months, teams, details, budgets }: ShowbackReport): Table[] {
  const cells = months.flatMap((month, at): ShowbackCellRow[] => {
    const { period, currency: of, shared, sharedTrueUp } = month
    const about = { month: period, currency: of }
    const ofTeams = teams.flatMap(({ team, costCentre, cells: row }): ShowbackCellRow[] => {
      const cell = row[at]
      const payer = team === UNOWNED ? 'unowned' : 'team'
      return cell === null ? [] : [{ ...about, payer, team, costCentre, ...cell }]
    })
    const hourly = { payer: 'shared', team: '', costCentre: '', money: shared, trueUp: sharedTrueUp }
    return [...ofTeams, { ...about, ...hourly, bytes: null, unpricedBytes: null }]
  })
  const destinations = details.flatMap(({ team, costCentre, destinations: of }) =>
    ranked(of, { currency, team, costCentre }),
  )
  return [
    table('showback.csv', 'Every team by the month', cells, SHOWBACK),
    table('team-destinations.csv', 'Destinations of each team in the newest month', destinations, [
      ...TEAM,
      ...DESTINATION,
    ]),
    table('budgets.csv', 'Budgets of the newest month', budgets, BUDGET),
  ]
}

/** Of the section of money on a day's page. */
export function dayCostTables(costs: DayCosts): Table[] {
  const rows = costs.hours.map((hour) => ({ currency: costs.currency, ...hour }))
  return [
    table('cost-hours.csv', 'What the day cost by the hour', rows, HOUR),
    table('cost-pairs.csv', 'What workloads and destinations of the day cost', wholeOf(costs), PAIR),
  ]
}

/** Of the section of money on a month's page. */
export function monthCostTables(costs: MonthCostsSection): Table[] {
  const { currency, days, destinations, byTeam } = costs
  const teams = byTeam.map((row) => ({ currency, ...row }))
  return [
    table('cost-days.csv', 'What the month cost by the day', days, [['date', ({ period }) => period], ...PERIOD]),
    table('cost-pairs.csv', 'What workloads and destinations of the month cost', wholeOf(costs), PAIR),
    table(
      'cost-destinations.csv',
      'What destinations of the month cost',
      ranked(destinations, { currency }),
      DESTINATION,
    ),
    table('cost-teams.csv', 'What teams of the month cost', teams, [...TEAM, ...FIGURES]),
  ]
}

/** Of the section of money on a destination's page. */
export function destinationCostTables({ months, workloads }: DestinationCostsSection): Table[] {
  return [entityTable(months, workloads, 'What it cost by the month, and the newest by who sent to it')]
}

/** Of the section of money on a workload's page. */
export function workloadCostTables({ months, destinations }: WorkloadCostsSection): Table[] {
  return [entityTable(months, destinations, 'What it cost by the month, and the newest by where it sent to')]
}

/** The newest month is told by its pairs alone, so that the rows sum to all of it; one file, since there are so many such pages. */
function entityTable(months: readonly EntityMonthCost[], pairs: Ranking<PairCostRow>, title: string): Table {
  const newest = months.slice(-1).flatMap((month): EntityMonthRow[] => {
    return ranked(pairs, { currency: month.currency }).map((pair) => ({ ...month, ...pair }))
  })
  return table('costs.csv', title, [...months.slice(0, -1), ...newest], ENTITY_MONTH)
}

function ranked<Row extends CostFigures>(
  { rows, others }: Ranking<Row>,
  about: { currency: string; team?: string; costCentre?: string },
): Ranked<Row>[] {
  const named = rows.map((row): Ranked<Row> => ({ ...about, ...row, rows: 1 }))
  if (others === null) return named
  const { count, ...figures } = others
  return [...named, { ...about, ...figures, rows: count } as Ranked<Row>]
}

/** The pairs of a period with what is charged by the hour, so that they sum to the whole: that row stands for none of them. */
function wholeOf({ pairs, shared, byKind, currency }: PeriodCosts): Ranked<PairCostRow>[] {
  const rows = ranked(pairs, { currency })
  const kinds = byKind.map(({ kind }) => kind).filter((kind) => kind.endsWith('-hours'))
  if (shared === null || kinds.length === 0) return rows
  return [...rows, { currency, kinds, money: shared, egressBytes: 0, ingressBytes: 0, unpricedBytes: 0, rows: 0 }]
}
