/** Needs: what one namespace calls outside that nothing declares for it, by host. */
import type { Protocol } from '#core/flow.ts'
import type { IstioConfig, ServiceEntry } from '#core/istio/config.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import { compareText, distinct } from '#core/order.ts'
import { conflictIn, entryToExtend } from '#core/readiness/extension.ts'
import { isNamespaceName } from '#core/readiness/object-name.ts'
import { obstacleOf } from '#core/readiness/obstacle.ts'
import type { Call } from '#core/readiness/ports.ts'
import { entriesOf } from '#core/readiness/reach.ts'
import type { Totals } from '#core/report.ts'
import { addTotals, zeroTotals } from '#core/totals.ts'

/** An edge on one day. */
export interface Seen {
  date: string // YYYY-MM-DD
  edge: JudgedEdge
}

export interface Need {
  target: string
  namespace: string
  host: string // '' when unknown
  protocols: Protocol[] // in the order of their names
  ports: number[] // those that were labelled, ascending
  workloads: number
  first: string // within the days looked at
  last: string
  totals: Totals
  seen: Seen[] // oldest first
  obstacle: string | null // one sentence: why no ServiceEntry can be drafted; null when one can, or there is one
  extended: ServiceEntry | null // the one that declares the host, to which ports are to be added; null when there is none
  isLeftOut: boolean // ServiceEntries declare it for the namespace, but a Sidecar leaves them out
}

/** The needs of one namespace, from the edges that nothing declares; most bytes first, then by host. */
export function needsOf(seen: readonly Seen[], config: IstioConfig, clusterDomain: string): Need[] {
  const unscoped = { ...config, sidecars: [] }
  const needs = [...Map.groupBy(seen, ({ edge }) => edge.host)].map(([host, of]) => {
    const calls = [...Map.groupBy(of, ({ edge }) => `${edge.protocol}\0${edge.ports.join()}`).values()]
    const isLeftOut = calls.every(([{ edge }]) => entriesOf(unscoped, edge).every((entry) => entry !== null))
    const need = needOf(host, of, clusterDomain)
    if (isLeftOut) return { ...need, isLeftOut, extended: null, obstacle: null }
    const extended = entryToExtend(host, need.namespace, config)
    const conflict = extended === null ? null : conflictIn(extended, callsOf(of))
    return { ...need, isLeftOut, extended, obstacle: need.obstacle ?? conflict }
  })
  return needs.sort((a, b) => b.totals.egressBytes - a.totals.egressBytes || compareText(a.host, b.host))
}

/** What was seen as calls, for the ports to declare. */
export function callsOf(seen: readonly Seen[]): Call[] {
  return seen.map(({ edge: { protocol, ports } }) => ({ protocol, ports }))
}

function needOf(host: string, seen: Seen[], clusterDomain: string): Omit<Need, 'isLeftOut' | 'extended'> {
  const edges = seen.map(({ edge }) => edge)
  const [{ target, namespace }] = edges
  const totals = zeroTotals()
  for (const edge of edges) addTotals(totals, edge.totals)
  const dates = seen.map(({ date }) => date).sort(compareText)
  return {
    target,
    namespace,
    host,
    protocols: distinct(edges.map(({ protocol }) => protocol)).sort(compareText),
    ports: distinct(edges.flatMap(({ ports }) => ports)).sort((a, b) => a - b),
    workloads: distinct(edges.map(({ workload }) => workload)).length,
    first: dates[0],
    last: dates[dates.length - 1],
    totals,
    seen,
    obstacle: obstacleOf(host, edges, clusterDomain) ?? namespaceObstacle(namespace),
  }
}

function namespaceObstacle(namespace: string): string | null {
  return isNamespaceName(namespace)
    ? null
    : 'The labels do not tell the caller’s namespace, so it is not known for whom to declare anything.'
}
