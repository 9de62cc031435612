/** The matrix of sources and destinations: the biggest of each by egress bytes, and all others as one. */
import { type Edge, workloadKey } from '#core/edge.ts'
import { compareText } from '#core/order.ts'
import type { Matrix, Totals } from '#core/report.ts'
import { addTotals, zeroTotals } from '#core/totals.ts'

/** So many still fit on a page beside the others. */
const AT_MOST = 15

/** The matrix of some edges, of however many days; what was blocked has no part in it, since nothing left. */
export function matrixOf(edges: readonly Edge[], atMost = AT_MOST): Matrix {
  const allowed = edges.filter(({ destinationClass }) => destinationClass !== 'blocked')
  const sources = biggest(allowed, workloadKey)
  const destinations = biggest(allowed, ({ host }) => host)
  const rowOf = new Map(sources.map(({ key }, at) => [key, Math.min(at, atMost)]))
  const columnOf = new Map(destinations.map(({ key }, at) => [key, Math.min(at, atMost)]))
  const columns = Math.min(destinations.length, atMost + 1)
  const cells = Array.from({ length: Math.min(sources.length, atMost + 1) }, () =>
    Array<Totals | null>(columns).fill(null),
  )
  for (const edge of allowed) {
    const row = cells[rowOf.get(workloadKey(edge)) ?? atMost]
    const column = columnOf.get(edge.host) ?? atMost
    const cell = row[column] ?? zeroTotals()
    addTotals(cell, edge.totals)
    row[column] = cell
  }
  return {
    sources: sources.slice(0, atMost).map(({ first: { target, namespace, workload }, totals }) => ({
      target,
      namespace,
      workload,
      totals,
    })),
    destinations: destinations.slice(0, atMost).map(({ first: { host }, totals }) => ({ host, totals })),
    otherSources: Math.max(0, sources.length - atMost),
    otherDestinations: Math.max(0, destinations.length - atMost),
    cells,
  }
}

interface Side {
  key: string
  first: Edge
  totals: Totals
}

function biggest(edges: readonly Edge[], keyOf: (edge: Edge) => string): Side[] {
  const sides = new Map<string, Side>()
  for (const edge of edges) {
    const key = keyOf(edge)
    const side = sides.get(key) ?? { key, first: edge, totals: zeroTotals() }
    sides.set(key, side)
    addTotals(side.totals, edge.totals)
  }
  return [...sides.values()].sort(
    (a, b) =>
      b.totals.egressBytes - a.totals.egressBytes ||
      b.totals.requests - a.totals.requests ||
      b.totals.connections - a.totals.connections ||
      compareText(a.key, b.key),
  )
}
