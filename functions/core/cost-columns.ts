/**
 * Cost columns: how downloads of money name and order what they hold. Amounts are exact decimals of the currency beside
 * them; an empty cell is what has no price or no data, never 0.
 */
import type { BudgetStanding } from '#core/costs/budget-standing.ts'
import type {
  CostFigures,
  DestinationCostRow,
  KindCostRow,
  PairCostRow,
  PeriodCost,
  TeamCostRow,
  UnpricedRow,
} from '#core/costs/cost-figures.ts'
import { type Money, moneyOf, nanoOf } from '#core/costs/money.ts'
import { PRICE_KINDS, type PriceKind } from '#core/costs/prices.ts'
import type { Observation } from '#core/report.ts'
import type { EntityMonthCost, HourCost } from '#core/reports/cost-sections.ts'
import type { MonthCostRow, PriceBookRow } from '#core/reports/costs.ts'
import { type Column, list } from '#core/table.ts'
import { HOUR_MS, isoInstant, parseInstant } from '#core/time.ts'

/** A row of a ranking, or the one that stands for all others: then what tells a row is empty. */
export type Ranked<Row> = Partial<Row> &
  CostFigures & { currency: string; rows: number; team?: string; costCentre?: string }

export const FIGURES: readonly Column<CostFigures & { currency: string }>[] = [
  ['currency', ({ currency }) => currency || null],
  ['money', ({ money }) => money],
  ['egressBytes', ({ egressBytes }) => egressBytes],
  ['ingressBytes', ({ ingressBytes }) => ingressBytes],
  ['unpricedBytes', ({ unpricedBytes }) => unpricedBytes],
]

export const TEAM: readonly Column<Partial<Pick<TeamCostRow, 'team' | 'costCentre'>>>[] = [
  ['team', ({ team }) => team || null],
  ['costCentre', ({ costCentre }) => costCentre || null],
]

export const HOST: readonly Column<
  Partial<Pick<DestinationCostRow, 'host' | 'provider' | 'region' | 'kinds' | 'bases'>>
>[] = [
  ['destinationHost', ({ host }) => host || null],
  ['provider', ({ provider }) => provider || null],
  ['region', ({ region }) => region || null],
  ['kinds', ({ kinds }) => list(kinds ?? [])],
  ['pricedBy', ({ bases }) => list(bases ?? [])],
]

export const DESTINATION: readonly Column<Ranked<DestinationCostRow>>[] = [
  ...HOST,
  ['service', ({ service }) => service || null],
  ['workloads', ({ workloads }) => workloads ?? null],
  ['rows', ({ rows }) => rows],
  ...FIGURES,
]

const SOURCE: readonly Column<Partial<Pick<PairCostRow, 'target' | 'namespace' | 'workload'>>>[] = [
  ['target', ({ target }) => target ?? null],
  ['sourceNamespace', ({ namespace }) => namespace || null],
  ['sourceWorkload', ({ workload }) => workload || null],
]

export const PAIR: readonly Column<Ranked<PairCostRow>>[] = [
  ...SOURCE,
  ...TEAM,
  ...HOST,
  ['rows', ({ rows }) => rows],
  ...FIGURES,
]

/** The money of each kind; none where there is no price, or no data that there could have been a charge for. */
function kindColumns<
  Row extends { money: Money | null; byKind: KindCostRow[]; observation: Observation },
>(): Column<Row>[] {
  return PRICE_KINDS.map((kind): Column<Row> => {
    const name = kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
    return [`${name}Money`, (row) => moneyOfKind(row, kind)]
  })
}

function moneyOfKind(
  { money, byKind, observation }: { money: Money | null; byKind: KindCostRow[]; observation: Observation },
  kind: PriceKind,
): Money | null {
  const row = byKind.find((one) => one.kind === kind)
  if (row !== undefined) return row.money
  const isSeen = observation === 'observed' || observation === 'partial'
  return money !== null && (isSeen || kind.endsWith('-hours')) ? '0' : null
}

export const PERIOD: readonly Column<PeriodCost>[] = [
  ['observation', ({ observation }) => observation],
  ['provisional', ({ provisional }) => provisional],
  ['complete', ({ complete }) => complete],
  ['lowerBound', ({ isLowerBound }) => isLowerBound],
  ['currency', ({ currency }) => currency || null],
  ['money', ({ money }) => money],
  ...kindColumns<PeriodCost>(),
  ['bytes', ({ observation, bytes }) => (observation === 'none' || observation === 'pending' ? null : bytes)],
  [
    'unpricedBytes',
    ({ observation, unpricedBytes }) => (observation === 'none' || observation === 'pending' ? null : unpricedBytes),
  ],
]

export const CLOSED: readonly Column<MonthCostRow>[] = [
  ['trueUpOn', ({ trueUp }) => trueUp?.on ?? null],
  ['trueUp', ({ trueUp }) => trueUp?.money ?? null],
  ['total', ({ total }) => total],
]

export const HOUR: readonly Column<HourCost & { currency: string }>[] = [
  ['chargePeriodStart', ({ start }) => start],
  ['chargePeriodEnd', ({ start }) => isoInstant(parseInstant(start) + HOUR_MS)],
  ['observation', ({ observation }) => observation],
  ['currency', ({ currency }) => currency],
  ['money', ({ money }) => money],
  ...kindColumns<HourCost & { currency: string }>(),
  ['unpricedBytes', ({ unpricedBytes }) => unpricedBytes],
]

/** A cell of showback's matrix as a row. */
export interface ShowbackCellRow {
  month: string
  payer: string // 'team', 'unowned', or 'shared' for what is charged by the hour
  team: string
  costCentre: string
  currency: string
  money: Money | null
  trueUp: Money | null
  bytes: number | null
  unpricedBytes: number | null
}

export const SHOWBACK: readonly Column<ShowbackCellRow>[] = [
  ['month', ({ month }) => month],
  ['payer', ({ payer }) => payer],
  ...TEAM,
  ['currency', ({ currency }) => currency || null],
  ['money', ({ money }) => money],
  ['trueUp', ({ trueUp }) => trueUp],
  ['total', ({ money, trueUp }) => sumOf(money, trueUp)],
  ['bytes', ({ bytes }) => bytes],
  ['unpricedBytes', ({ unpricedBytes }) => unpricedBytes],
]

function sumOf(money: Money | null, trueUp: Money | null): Money | null {
  return money === null ? null : moneyOf(nanoOf(money) + nanoOf(trueUp ?? '0'))
}

/** A month of a destination or workload, or one of its pairs in it. */
export type EntityMonthRow = EntityMonthCost & Partial<Ranked<PairCostRow>>

export const ENTITY_MONTH: readonly Column<EntityMonthRow>[] = [
  ['month', ({ month }) => month],
  ['observation', ({ observation }) => observation],
  ['complete', ({ complete }) => complete],
  ['lowerBound', ({ isLowerBound }) => isLowerBound],
  ...SOURCE,
  ...TEAM,
  ...HOST,
  ['rows', ({ rows }) => rows ?? null],
  ...FIGURES,
]

export const UNPRICED: readonly Column<UnpricedRow>[] = [
  ['kind', ({ kind }) => kind],
  ['bytes', ({ kind, bytes }) => (kind.endsWith('-hours') ? null : bytes)],
  ['missing', ({ missing }) => missing],
]

export const BOOK: readonly Column<PriceBookRow>[] = [
  ['book', ({ book }) => book],
  ['providers', ({ providers }) => list(providers)],
  ['entries', ({ entries }) => entries],
  ['oldestRetrieved', ({ oldest }) => oldest],
  ['newestRetrieved', ({ newest }) => newest],
  ['ageDays', ({ ageDays }) => ageDays],
]

export const BUDGET: readonly Column<BudgetStanding>[] = [
  ['month', ({ month }) => month],
  ['scope', ({ team }) => (team === '' ? 'all' : 'team')],
  ['team', ({ team }) => team || null],
  ['currency', ({ currency }) => currency],
  ['monthly', ({ monthly }) => monthly],
  ['used', ({ used }) => used],
  ['share', ({ share }) => share],
  ['lowerBound', ({ isLowerBound }) => isLowerBound],
  ['forecast', ({ forecast }) => forecast],
  ['low', ({ low }) => low],
  ['high', ({ high }) => high],
  ['runsOut', ({ runsOut }) => runsOut || null],
  ['state', ({ state }) => state],
]
