/** Cost rows: what lines of a month, or of a day, sum to by destination, by workload, by both together and by team. */
import type {
  CostFigures,
  DestinationCostRow,
  KindCostRow,
  PairCostRow,
  Ranking,
  TeamCostRow,
  WorkloadCostRow,
} from '#core/costs/cost-figures.ts'
import type { Cost, CostLine } from '#core/costs/cost-month.ts'
import { moneyOf, type Nano } from '#core/costs/money.ts'
import { UNOWNED } from '#core/costs/owners.ts'
import { PRICE_BASES } from '#core/costs/priced-day.ts'
import { PRICE_KINDS, type PriceKind, TRANSFER_KINDS } from '#core/costs/prices.ts'
import { workloadKey } from '#core/edge.ts'
import { exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'
import { pairKey } from '#core/pair.ts'

/** How many rows of a ranking have a name: those after them cost next to nothing. */
const RANKED = 200

export function destinationRanking(lines: readonly CostLine[], atMost = RANKED): Ranking<DestinationCostRow> {
  return ranking(
    lines,
    ({ host }) => host,
    atMost,
    (of) => {
      const { host, provider, region, service } = mainLine(of)
      return { host, provider, region, service, ...waysOf(of), workloads: new Set(of.map(workloadKey)).size }
    },
  )
}

export function workloadRanking(lines: readonly CostLine[], atMost = RANKED): Ranking<WorkloadCostRow> {
  return ranking(lines, workloadKey, atMost, (of) => {
    const { target, namespace, workload, team, costCentre } = mainLine(of)
    return { target, namespace, workload, team, costCentre, destinations: new Set(of.map(({ host }) => host)).size }
  })
}

export function pairRanking(lines: readonly CostLine[], atMost = RANKED): Ranking<PairCostRow> {
  return ranking(lines, pairKey, atMost, (of) => {
    const { target, namespace, workload, team, costCentre, host, provider, region } = mainLine(of)
    return { target, namespace, workload, team, costCentre, host, provider, region, ...waysOf(of) }
  })
}

/** By team and cost centre: most money first, what nobody owns last. */
export function teamRows(lines: readonly CostLine[]): TeamCostRow[] {
  const all = ranking(lines, teamKey, Infinity, ([{ team, costCentre }]) => ({ team, costCentre }))
  return all.rows.sort((a, b) => Number(a.team === UNOWNED) - Number(b.team === UNOWNED))
}

/** The key of a team and its cost centre; names hold no NUL. */
export function teamKey({ team, costCentre }: { team: string; costCentre: string }): string {
  return `${team}\0${costCentre}`
}

/** What lines sum to by kind, processing among it. */
export function kindsOf(lines: readonly CostLine[]): KindCostRow[] {
  const byKind = new Map<PriceKind, Cost>()
  const add = (kind: PriceKind, { bytes, nano }: Cost) => {
    const known = byKind.get(kind) ?? { bytes: 0, nano: 0n }
    byKind.set(kind, { bytes: exactSum(known.bytes, bytes), nano: known.nano + nano })
  }
  for (const { kind, transfer, processing, processingKind } of lines) {
    add(kind, transfer)
    if (processingKind !== '') add(processingKind, processing)
  }
  return kindRows((kind) => byKind.get(kind) ?? { bytes: 0, nano: 0n })
}

/** Rows of kinds in their usual order; a kind of which there was nothing has none. */
export function kindRows(costOf: (kind: PriceKind) => Cost): KindCostRow[] {
  return PRICE_KINDS.flatMap((kind) => {
    const { bytes, nano } = costOf(kind)
    return bytes === 0 && nano === 0n ? [] : [{ kind, bytes, money: moneyOf(nano) }]
  })
}

interface Sum {
  nano: Nano
  pricedBytes: number
  unpricedBytes: number
  egressBytes: number
  ingressBytes: number
}

function sumOf(lines: readonly CostLine[]): Sum {
  const sum: Sum = { nano: 0n, pricedBytes: 0, unpricedBytes: 0, egressBytes: 0, ingressBytes: 0 }
  for (const { transfer, processing, unpricedBytes, egressBytes, ingressBytes } of lines) {
    add(sum, {
      nano: transfer.nano + processing.nano,
      pricedBytes: exactSum(transfer.bytes, processing.bytes),
      ...{ unpricedBytes, egressBytes, ingressBytes },
    })
  }
  return sum
}

function add(sum: Sum, more: Sum): void {
  sum.nano += more.nano
  for (const name of ['pricedBytes', 'unpricedBytes', 'egressBytes', 'ingressBytes'] as const) {
    sum[name] = exactSum(sum[name], more[name])
  }
}

/** What has bytes to charge for, and no price for any of them, cost nobody knows what. */
function figuresOf({ nano, pricedBytes, unpricedBytes, egressBytes, ingressBytes }: Sum): CostFigures {
  const isUnpriced = unpricedBytes > 0 && pricedBytes === 0 && nano === 0n
  return { money: isUnpriced ? null : moneyOf(nano), egressBytes, ingressBytes, unpricedBytes }
}

function ranking<Row>(
  lines: readonly CostLine[],
  keyOf: (line: CostLine) => string,
  atMost: number,
  rowOf: (lines: readonly CostLine[]) => Row,
): Ranking<Row & CostFigures> {
  const groups = [...Map.groupBy(lines, keyOf)].map(([key, of]) => ({ key, of, sum: sumOf(of) }))
  groups.sort((a, b) => {
    const byMoney = Number(b.sum.nano > a.sum.nano) - Number(b.sum.nano < a.sum.nano)
    return byMoney || b.sum.egressBytes - a.sum.egressBytes || compareText(a.key, b.key)
  })
  const rest = groups.slice(atMost)
  const others = sumOf([])
  for (const { sum } of rest) add(others, sum)
  return {
    rows: groups.slice(0, atMost).map(({ of, sum }) => ({ ...rowOf(of), ...figuresOf(sum) })),
    others: rest.length === 0 ? null : { ...figuresOf(others), count: rest.length },
  }
}

/** Of lines that differ in what was declared on their days, that of most bytes speaks for all. */
function mainLine(lines: readonly CostLine[]): CostLine {
  return lines.reduce((main, line) => (line.egressBytes > main.egressBytes ? line : main))
}

function waysOf(lines: readonly CostLine[]): Pick<PairCostRow, 'kinds' | 'bases'> {
  return {
    kinds: TRANSFER_KINDS.filter((kind) => lines.some((line) => line.kind === kind)),
    bases: PRICE_BASES.filter((basis) => lines.some((line) => line.basis === basis)),
  }
}
