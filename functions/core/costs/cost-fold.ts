/** Folding priced days into their month, and months into the cost history. What both hold is bounded, whatever is sent where. */
import {
  addCost,
  addCosts,
  costDayOf,
  isPriced,
  noCost,
  noCosts,
  TeamCosts,
  UnpricedBytes,
} from '#core/costs/cost-day.ts'
import type { CostHistory, EntityMonth, MonthCosts } from '#core/costs/cost-history.ts'
import { type CostLine, type CostMonth, LINE_ENDS, type TrueUp } from '#core/costs/cost-month.ts'
import { type Meters, NO_METERS } from '#core/costs/meters.ts'
import { PRICE_BASES, type PricedDay, type PricedEdge } from '#core/costs/priced-day.ts'
import { PRICE_KINDS } from '#core/costs/prices.ts'
import type { CostsOn, DeclarationLink, DeclaredOn } from '#core/declarations.ts'
import { workloadKey } from '#core/edge.ts'
import { exactSum, OTHER } from '#core/flow.ts'
import { sha256 } from '#core/hash.ts'
import { joinObservations } from '#core/observation.ts'
import { compareText } from '#core/order.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

/** How many lines a month holds. */
const LINES = 20_000
/** How many destinations, and how many workloads, a history holds, and how many months of each. */
const ENTITIES = 5_000
const MONTHS = 13

/** The hash by which days of a month were priced, once a day more is: '' before the first, and from then on a chain. */
export function pricedByAfter(before: string, date: string, judged: DeclaredOn, priced: CostsOn): string {
  const told = (link: DeclarationLink | null) => (link === null ? '-' : `${link.sha256} ${link.isLater}`)
  const links = [judged.istio, judged.register, priced.prices, priced.owners]
  return sha256([before, date, ...links.map(told)].join('\n'))
}

export interface MonthFolding {
  /** Adds a day; throws unless it is of the month and follows the last. */
  add(day: PricedDay): void
  /** The meters at the end of the last day. */
  meters(): Meters
  /** The month with all that was added so far. */
  month(): CostMonth
}

/** Begins to fold priced days into a month (YYYY-MM), or goes on with one, which itself stays as it is. */
export function startCostMonth(month: string, start: CostMonth | null = null): MonthFolding {
  const days = [...(start?.days ?? [])]
  let lines = new Map((start?.lines ?? []).map((line) => [lineKey(line), copyOf(line)]))
  let joined = start?.joined ?? 0
  let pricedBy = start?.pricedBy ?? ''
  return {
    add(priced) {
      const { date } = priced.judged.digest
      const last = days.at(-1)?.date
      if (!date.startsWith(`${month}-`) || (last !== undefined && date !== isoDate(parseDate(last) + DAY_MS))) {
        throw new Error(`costs of ${month}: ${date} does not follow ${last ?? 'its beginning'}`)
      }
      days.push(costDayOf(priced))
      for (const edge of priced.edges) addEdge(lines, edge)
      const tooMany = [...lines.values()].reduce((named, line) => (isJoined(line) ? named : named + 1), -LINES)
      if (tooMany > 0) {
        joined = exactSum(joined, tooMany)
        lines = joinSmallest(lines)
      }
      pricedBy = pricedByAfter(pricedBy, date, priced.judged.declared, priced.declared)
    },
    meters: () => days.at(-1)?.meters ?? NO_METERS,
    month: () => ({
      ...{ schema: 1, month, pricedBy, joined },
      days: [...days],
      lines: [...lines].sort(([a], [b]) => compareText(a, b)).map(([, line]) => copyOf(line)),
    }),
  }
}

function lineKey(line: Pick<CostLine, (typeof LINE_ENDS)[number]>): string {
  return LINE_ENDS.map((name) => line[name]).join('\0')
}

function copyOf(line: CostLine): CostLine {
  return { ...line, transfer: { ...line.transfer }, processing: { ...line.processing } }
}

function addEdge(lines: Map<string, CostLine>, edge: PricedEdge): void {
  const { destined, charges } = edge
  if (destined === null) return
  const { target, namespace, workload, team, costCentre, host, totals } = edge
  const { provider, region, service, basis, kind } = destined
  const processed = charges.find((charge) => charge.kind !== kind)
  const ends = { target, namespace, workload, team, costCentre, host, provider, region, service, basis, kind }
  const estimated = edge.protocol === 'tcp' ? 0 : totals.egressBytes
  const line: CostLine = {
    ...ends,
    processingKind: processed?.kind ?? '',
    requests: totals.requests,
    egressBytes: totals.egressBytes,
    ingressBytes: totals.ingressBytes,
    estimatedBytes: estimated,
    transfer: noCost(),
    processing: noCost(),
    unpricedBytes: 0,
  }
  for (const charge of charges) {
    if (isPriced(charge)) addCost(charge.kind === kind ? line.transfer : line.processing, charge)
    else line.unpricedBytes = exactSum(line.unpricedBytes, charge.bytes)
  }
  addLine(lines, line)
}

function addLine(lines: Map<string, CostLine>, line: CostLine): void {
  const key = lineKey(line)
  const known = lines.get(key)
  if (known === undefined) {
    lines.set(key, line)
    return
  }
  for (const name of ['requests', 'egressBytes', 'ingressBytes', 'estimatedBytes', 'unpricedBytes'] as const) {
    known[name] = exactSum(known[name], line[name])
  }
  addCost(known.transfer, line.transfer)
  addCost(known.processing, line.processing)
}

/** Joins the lines of least money, then of fewest bytes, by all but who sent what where, until there is room again. */
function joinSmallest(lines: ReadonlyMap<string, CostLine>): Map<string, CostLine> {
  const named = [...lines].filter(([, line]) => !isJoined(line))
  const bySize = named.sort(([keyA, a], [keyB, b]) => {
    const [moneyA, moneyB] = [moneyOf(a), moneyOf(b)]
    return Number(moneyB > moneyA) - Number(moneyB < moneyA) || b.egressBytes - a.egressBytes || compareText(keyA, keyB)
  })
  const kept = new Map([...[...lines].filter(([, line]) => isJoined(line)), ...bySize.slice(0, LINES)])
  for (const [, line] of bySize.slice(LINES)) {
    addLine(kept, { ...line, namespace: OTHER, workload: OTHER, host: OTHER, provider: '', region: '', service: '' })
  }
  return kept
}

/** True for a line that stands for those that were joined. */
function isJoined({ workload, host }: CostLine): boolean {
  return workload === OTHER && host === OTHER
}

function moneyOf({ transfer, processing }: CostLine): bigint {
  return transfer.nano + processing.nano
}

/** A history with a month as it is now, which takes the place of what it knew of the month; nothing else of it changes. */
export function withMonth(history: CostHistory, month: CostMonth, trueUp: TrueUp | null): CostHistory {
  const at = month.month
  const { months, destinations, workloads } = withLines(history, at, month.lines, month.joined > 0)
  const last = month.days.at(-1)?.date ?? ''
  return {
    schema: 1,
    through: compareText(last, history.through) > 0 ? last : history.through,
    months: [...months, monthCostsOf(month, trueUp)].sort((a, b) => compareText(a.month, b.month)),
    ...{ destinations, workloads },
  }
}

/** A history that does not know a month, YYYY-MM; through which day it is without it, only who has its days can tell. */
export function withoutMonth(history: CostHistory, month: string): CostHistory {
  return { ...history, ...withLines(history, month, [], false) }
}

/** The months but one, and of that one destinations and workloads with what its lines make of it. */
function withLines(
  { months, destinations, workloads }: CostHistory,
  at: string,
  lines: readonly CostLine[],
  isPart: boolean,
): Pick<CostHistory, 'months' | 'destinations' | 'workloads'> {
  const ofHost = Map.groupBy(lines, ({ host }) => host)
  const ofWorkload = Map.groupBy(lines, workloadKey)
  return {
    months: months.filter(({ month }) => month !== at),
    destinations: replaced(
      destinations,
      ({ host }) => host,
      at,
      ofHost,
      isPart,
      ([{ host }]) => ({ host }),
    ),
    workloads: replaced(workloads, workloadKey, at, ofWorkload, isPart, ([{ target, namespace, workload }]) => {
      return { target, namespace, workload }
    }),
  }
}

/** Entities with what their lines make of a month, in the order of their keys; those silent for longest make room. */
function replaced<T extends { months: EntityMonth[] }>(
  known: readonly T[],
  keyOf: (entity: T) => string,
  month: string,
  lines: ReadonlyMap<string, CostLine[]>,
  isPart: boolean,
  endsOf: (lines: CostLine[]) => Omit<T, 'months'>,
): T[] {
  const entities = new Map(known.map((entity) => [keyOf(entity), entity]))
  for (const [key, entity] of entities) {
    if (!entity.months.some((one) => one.month === month)) continue
    entities.set(key, { ...entity, months: entity.months.filter((one) => one.month !== month) })
  }
  for (const [key, of] of lines) {
    if (of.every(isJoined)) continue
    const before = entities.get(key) ?? ({ ...endsOf(of), months: [] } as unknown as T)
    const months = [...before.months, entityMonthOf(month, of, isPart)].sort((a, b) => compareText(a.month, b.month))
    entities.set(key, { ...before, months: months.slice(-MONTHS) })
  }
  const newest = ({ months }: T) => months.at(-1)?.month ?? ''
  return [...entities]
    .filter(([, { months }]) => months.length > 0)
    .sort(([a, left], [b, right]) => compareText(newest(right), newest(left)) || compareText(a, b))
    .slice(0, ENTITIES)
    .sort(([a], [b]) => compareText(a, b))
    .map(([, entity]) => entity)
}

/** What lines of one destination or workload make of a month. */
export function entityMonthOf(month: string, lines: readonly CostLine[], isPart: boolean): EntityMonth {
  const sum: EntityMonth = { month, egressBytes: 0, ingressBytes: 0, nano: 0n, unpricedBytes: 0, isPart }
  for (const line of lines) {
    sum.nano += moneyOf(line)
    for (const name of ['egressBytes', 'ingressBytes', 'unpricedBytes'] as const) {
      sum[name] = exactSum(sum[name], line[name])
    }
  }
  return sum
}

/** A month in a line. */
function monthCostsOf({ month, pricedBy, days }: CostMonth, trueUp: TrueUp | null): MonthCosts {
  const byKind = noCosts(PRICE_KINDS)
  const byBasis = noCosts(PRICE_BASES)
  const teams = new TeamCosts()
  const unpriced = new UnpricedBytes()
  let [estimatedBytes, freeBytes] = [0, 0]
  for (const day of days) {
    addCosts(byKind, day.byKind)
    addCosts(byBasis, day.byBasis)
    for (const cost of day.byTeam) teams.add(cost)
    for (const bytes of day.unpriced) unpriced.add(bytes)
    estimatedBytes = exactSum(estimatedBytes, day.estimatedBytes)
    freeBytes = exactSum(freeBytes, day.freeBytes)
  }
  return {
    ...{ month, pricedBy, days: days.length },
    observation: joinObservations(days.map(({ observation }) => observation)),
    complete: days[0]?.date === `${month}-01` && days.every(({ complete }) => complete),
    currency: days.findLast(({ currency }) => currency !== '')?.currency ?? '',
    ...{ byKind, byBasis },
    byTeam: teams.all(),
    ...{ estimatedBytes, freeBytes },
    unpriced: unpriced.all(),
    trueUp,
  }
}
