/** What pages reckon from the money of a report. */
import type { PeriodCost } from '#core/costs/cost-figures.ts'
import { type Money, moneyOf, nanoOf } from '#core/costs/money.ts'
import type { PriceKind } from '#core/costs/prices.ts'

/** Kinds of charges that charts and tables of periods tell together. */
export const GROUPS: readonly { series: string; mark: string; name: string; kinds: readonly PriceKind[] }[] = [
  { series: 'internet', mark: 'registered', name: 'Internet', kinds: ['internet'] },
  {
    series: 'transfer',
    mark: 'transfer',
    name: 'Other transfer',
    kinds: ['cross-region', 'cross-zone', 'same-region'],
  },
  { series: 'processing', mark: 'passthrough', name: 'Processing', kinds: ['nat-processing', 'endpoint-processing'] },
  { series: 'hours', mark: 'neutral', name: 'By the hour', kinds: ['nat-hours', 'endpoint-hours'] },
]

/** The sum of amounts of one currency, exactly. */
export function sumOf(amounts: readonly Money[]): Money {
  return moneyOf(amounts.reduce((sum, amount) => sum + nanoOf(amount), 0n))
}

/** The money of each of GROUPS in a period. */
export function groupsOf({ byKind }: Pick<PeriodCost, 'byKind'>): Money[] {
  return GROUPS.map(({ kinds }) => sumOf(byKind.filter(({ kind }) => kinds.includes(kind)).map(({ money }) => money)))
}

/** What part of a whole some money is, 0..1; nothing of nothing is 0. */
export function shareOfMoney(part: Money | null, whole: Money | null): number {
  const [some, all] = [Number(part ?? 0), Number(whole ?? 0)]
  return all > 0 && some > 0 ? Math.min(1, some / all) : 0
}

/** What charts of CostPeriods show. */
export const COST_MEASURES: { value: string; name: string; legend: [mark: string, words: string][] }[] = [
  { value: 'money', name: 'Cost', legend: GROUPS.map(({ mark, name }) => [mark, name.toLowerCase()]) },
  {
    value: 'bytes',
    name: 'Bytes out',
    legend: [
      ['registered', 'with a price'],
      ['error', 'without a price'],
    ],
  },
]
