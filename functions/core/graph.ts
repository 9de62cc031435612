/** A service graph: nodes in the boxes of their namespaces, and edges that sum the calls between them. */

import { addFailures, type Failures, zeroFailures } from '#core/edge.ts'
import type { DestinationClass, Protocol } from '#core/flow.ts'
import type { Call, Encryption } from '#core/graph-call.ts'
import { foldPlaces, type Weighed } from '#core/graph-folding.ts'
import { isOwnSource, type Place, type PlaceKind, type Route } from '#core/graph-place.ts'
import { type Health, healthOf, worstHealth } from '#core/health.ts'
import { compareText, distinct } from '#core/order.ts'
import type { Totals } from '#core/report.ts'
import { addTotals, attempts, zeroTotals } from '#core/totals.ts'

export interface Graph {
  boxes: GraphBox[] // of source namespaces
  nodes: GraphNode[]
  edges: GraphEdge[]
  folded: { workloads: number; destinations: number } // how many stand behind folded nodes; 0 when nothing was folded
}

export interface GraphBox {
  id: string
  target: string
  namespace: string
}

export interface GraphNode {
  id: string
  kind: PlaceKind
  box: string | null // of a workload
  target: string // '' for hosts, which all targets share
  namespace: string // of a workload or gateway, else ''
  workload: string // of a workload, or '' when unknown
  label: string // app, or workload where that is missing or not unique; the host; the domain of folded hosts, or ''
  version: string // of a workload, or ''
  address: string | null // of its page, below the root
  totals: Totals // over the calls that pass
  classes: DestinationClass[] // of its calls on this day
  idle: boolean // seen in the 30 days before, silent on this one
  clientsLost: boolean // a gateway that stands in the place of whoever called through it
  members: number // how many stand behind a folded node, else 1
}

export interface GraphEdge {
  id: string
  from: string // node
  to: string // node
  ends: string[] // nodes where the calls that pass here begin and end
  hosts: string[] // that were refused, where the client named them; most attempts first
  destinationClass: DestinationClass | null // null on the way to a gateway or waypoint
  protocols: Protocol[] // those of requests, or TCP alone
  encryption: Encryption
  health: Health
  totals: Totals
  errorShare: number // 0..1
}

/** Draws the calls of a day; where they pass more places than can be read, few nodes stand for many. */
export function drawGraph(routes: readonly Route[]): Graph {
  const places = new Map(routes.flatMap(({ stops }) => stops.map((place) => [place.key, place])))
  const callsAt = Map.groupBy(
    routes.flatMap(({ call, stops }) => stops.map(({ key }) => ({ key, call }))),
    ({ key }) => key,
  )
  const weighed = [...places.values()].map((place): Weighed => {
    const calls = (callsAt.get(place.key) ?? []).map(({ call }) => call)
    return { place, bytes: sumOf(calls).egressBytes, idle: calls.every(isIdle) }
  })
  const standing = foldPlaces(weighed)
  const ways = routes.map(({ call, stops }) => ({ call, stops: stops.map(({ key }) => standing.get(key)!) }))
  const shown = distinct([...standing.values()]).sort(byPlace)
  const ids = new Map(shown.map(({ key }, at) => [key, `n${at}`]))
  const boxes = boxesOf(shown)
  const members = (kind: PlaceKind) =>
    shown.filter((place) => place.kind === kind).reduce((sum, place) => sum + place.members, 0)
  return {
    boxes,
    nodes: nodesOf(shown, ways, ids, boxes),
    edges: edgesOf(ways, ids),
    folded: { workloads: members('namespace'), destinations: members('hosts') },
  }
}

const COLUMNS: readonly PlaceKind[] = ['workload', 'namespace', 'via', 'passthrough', 'blackhole', 'hosts', 'host']

function byPlace(a: Place, b: Place): number {
  return COLUMNS.indexOf(a.kind) - COLUMNS.indexOf(b.kind) || compareText(a.key, b.key)
}

function boxesOf(places: readonly Place[]): GraphBox[] {
  const workloads = places.filter(({ kind }) => kind === 'workload')
  const namespaces = new Map(
    workloads.map(({ target, namespace }) => [`${target}\0${namespace}`, { target, namespace }]),
  )
  return [...namespaces.values()].map((of, at) => ({ id: `b${at}`, ...of }))
}

function nodesOf(
  places: readonly Place[],
  ways: readonly Route[],
  ids: ReadonlyMap<string, string>,
  boxes: readonly GraphBox[],
): GraphNode[] {
  const calls = Map.groupBy(
    ways.flatMap(({ call, stops }) => distinct(stops).map(({ key }) => ({ key, call }))),
    ({ key }) => key,
  )
  const namesakes = Map.groupBy(places, nameKey)
  return places.map((place): GraphNode => {
    const { kind, target, namespace, workload, label, version, address, members } = place
    const of = (calls.get(place.key) ?? []).map(({ call }) => call)
    const box = boxes.find((each) => each.target === target && each.namespace === namespace)
    const active = of.filter((call) => !isIdle(call))
    return {
      id: ids.get(place.key)!,
      kind,
      box: kind === 'workload' ? (box?.id ?? null) : null,
      target,
      namespace,
      workload,
      label: kind === 'workload' && namesakes.get(nameKey(place))!.length > 1 ? workload : label,
      version,
      address,
      totals: sumOf(of),
      classes: distinct(active.map(({ destinationClass }) => destinationClass)).sort(),
      idle: active.length === 0,
      clientsLost: kind === 'via' && of.some(isOwnSource),
      members,
    }
  })
}

/** Two workloads may be the same version of the same app; their own names tell them apart. */
function nameKey({ target, namespace, label, version }: Place): string {
  return [target, namespace, label, version].join('\0')
}

/** One hop of a call. */
interface Hop {
  call: Call
  from: string
  to: string
  ends: string[]
  last: boolean // leaves the mesh
}

/**
 * Requests and TCP between the same two nodes are two edges, and so are classes of destinations. An idle edge is drawn only
 * where no other is.
 */
function edgesOf(ways: readonly Route[], ids: ReadonlyMap<string, string>): GraphEdge[] {
  const hops = ways.flatMap(({ call, stops }): Hop[] => {
    const nodes = stops.map(({ key }) => ids.get(key)!)
    const ends = [nodes[0], nodes[nodes.length - 1]]
    return nodes.slice(1).map((to, at) => ({ call, from: nodes[at], to, ends, last: at === nodes.length - 2 }))
  })
  const active = hops.filter(({ call }) => !isIdle(call))
  const joined = new Set(active.map(({ from, to }) => `${from} ${to}`))
  const idle = hops.filter(({ call, from, to }) => isIdle(call) && !joined.has(`${from} ${to}`))
  const groups = [
    ...Map.groupBy(active, ({ call, from, to, last }) => {
      return `${from} ${to} ${last ? call.destinationClass : ''} ${call.protocol === 'tcp'}`
    }).values(),
    ...Map.groupBy(idle, ({ from, to }) => `${from} ${to}`).values(),
  ]
  return groups.map((group, at) => ({ id: `e${at}`, ...edgeOf(group) }))
}

function edgeOf(hops: readonly Hop[]): Omit<GraphEdge, 'id'> {
  const [{ from, to, last }] = hops
  const calls = hops.map(({ call }) => call)
  const totals = sumOf(calls)
  const tried = attempts(totals)
  const classes = distinct(calls.map(({ destinationClass }) => destinationClass))
  return {
    from,
    to,
    ends: distinct(hops.flatMap(({ ends }) => ends)).sort(byNumber),
    hosts: refusedHosts(calls),
    destinationClass: last && classes.length === 1 ? classes[0] : null,
    protocols: distinct(calls.map(({ protocol }) => protocol)).sort(),
    encryption: encryptionOf(hops),
    health: healthOfCalls(calls),
    totals,
    errorShare: tried === 0 ? 0 : totals.errors / tried,
  }
}

function refusedHosts(calls: readonly Call[]): string[] {
  const named = calls.filter(({ destinationClass, host }) => destinationClass === 'blocked' && host !== '')
  return distinct(named.toSorted((a, b) => attempts(b.totals) - attempts(a.totals)).map(({ host }) => host))
}

/** Plaintext where some of it is. A waypoint takes nothing but mutual TLS. */
function encryptionOf(hops: readonly Hop[]): Encryption {
  if (hops.some(({ call, last }) => last && call.encryption === 'plaintext')) return 'plaintext'
  return hops.every(({ call, last }) => !last && call.reporter === 'waypoint' && !isIdle(call)) ? 'tls' : 'unknown'
}

/** The thresholds are shares of one protocol's traffic, over all calls that the edge stands for. */
function healthOfCalls(calls: readonly Call[]): Health {
  const tried = calls.filter(({ health }) => health !== 'idle' && health !== 'refused')
  if (tried.length === 0) return worstHealth(calls.map(({ health }) => health))
  return worstHealth(
    [...Map.groupBy(tried, ({ protocol }) => protocol).values()].map((of) =>
      healthOf(failuresOf(of), attempts(sumOf(of))),
    ),
  )
}

function failuresOf(calls: readonly Call[]): Failures {
  const sum = zeroFailures()
  for (const { failures } of calls) addFailures(sum, failures)
  return sum
}

function sumOf(calls: readonly Call[]): Totals {
  const sum = zeroTotals()
  for (const { totals } of calls) addTotals(sum, totals)
  return sum
}

function isIdle({ health }: Call): boolean {
  return health === 'idle'
}

function byNumber(a: string, b: string): number {
  return Number(a.slice(1)) - Number(b.slice(1))
}
