/** Pairs: one workload and one destination, and what the one did to the other on one day, in all ways together. */
import { type Edge, noHours, workloadKey } from '#core/edge.ts'
import { DESTINATION_CLASSES, type DestinationClass, exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'
import type { ByClass, Totals } from '#core/report.ts'
import { addTotals, attempts, leftTotals, zeroByClass, zeroTotals } from '#core/totals.ts'

export interface Caller {
  target: string
  namespace: string
  workload: string // '' when unknown
}

export interface Pair extends Caller {
  host: string // '' when unknown
  classes: DestinationClass[] // those it was met in, in their usual order
  byClass: ByClass
  left: Totals // registered and passthrough together
  blocked: number // attempts that were refused
  hours: number[] // 24; requests and connections that left in each
}

/** The key under which equal pairs of different days meet. */
export function pairKey(pair: Caller & { host: string }): string {
  return `${workloadKey(pair)}\0${pair.host}`
}

/** The pairs of one day, by their keys. */
export function pairsOf(edges: readonly Edge[]): Map<string, Pair> {
  return new Map([...Map.groupBy(edges, pairKey)].map(([key, group]) => [key, pairOf(group)]))
}

function pairOf(edges: readonly Edge[]): Pair {
  const { target, namespace, workload, host } = edges[0]
  const byClass = zeroByClass()
  const hours = noHours()
  for (const edge of edges) {
    addTotals(byClass[edge.destinationClass], edge.totals)
    if (edge.destinationClass === 'blocked') continue
    for (const [hour, count] of edge.hours.entries()) hours[hour] = exactSum(hours[hour], count)
  }
  const classes = DESTINATION_CLASSES.filter((name) => edges.some(({ destinationClass }) => destinationClass === name))
  const [left, blocked] = [leftTotals(byClass), attempts(byClass.blocked)]
  return { target, namespace, workload, host, classes, byClass, left, blocked, hours }
}

/**
 * The classes that pairs were met in, in their usual order. Attempts do not tell: of a connection that stays open for days
 * there are bytes, and none is counted until it closes.
 */
export function classesOf(pairs: readonly Pair[]): DestinationClass[] {
  return DESTINATION_CLASSES.filter((name) => pairs.some(({ classes }) => classes.includes(name)))
}

/** Who calls: those with most bytes out first, then most blocked attempts. */
export function callersOf(pairs: readonly Pair[]): Caller[] {
  const callers = [...Map.groupBy(pairs, workloadKey)].map(([key, of]) => ({ key, of, ...sumPairs(of) }))
  callers.sort((a, b) => {
    return b.left.egressBytes - a.left.egressBytes || b.blocked - a.blocked || compareText(a.key, b.key)
  })
  return callers.map(({ of: [{ target, namespace, workload }] }) => ({ target, namespace, workload }))
}

export function sumPairs(pairs: readonly Pair[]): { left: Totals; blocked: number } {
  const left = zeroTotals()
  let blocked = 0
  for (const pair of pairs) {
    addTotals(left, pair.left)
    blocked = exactSum(blocked, pair.blocked)
  }
  return { left, blocked }
}
