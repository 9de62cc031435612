/**
 * The report of a day's service graph: who called what outside, through what, and how it went. As in Kiali's versioned app
 * graph a node is a version of an app; what is silent today is shown for thirty days more.
 */

import type { CsvCell } from '#core/csv.ts'
import type { DayDigest } from '#core/digest.ts'
import { drawGraph, type Graph } from '#core/graph.ts'
import { type Call, callsOf, idleCalls, type SeenCall } from '#core/graph-call.ts'
import { routeOf } from '#core/graph-place.ts'
import type { Observation, PageReport } from '#core/report.ts'

export type { GraphBox, GraphEdge, GraphNode } from '#core/graph.ts'
export type { Call, Encryption, SeenCall } from '#core/graph-call.ts'
export type { Health } from '#core/health.ts'

export interface GraphReport extends PageReport, Graph {
  page: 'graph'
  date: string
  previous: string | null // the neighbouring days that have a page
  next: string | null
  provisional: boolean
  observation: Observation
  complete: boolean
  targets: { target: string; observation: Observation }[] // by name; without data nothing is known to be silent
  calls: Call[] // what the edges are drawn from, never folded; most egress bytes first, idle ones last
}

export interface GraphInput {
  title: string // of the site
  digest: DayDigest
  recent: readonly SeenCall[] // in the 30 days before; in any order, any number of times
  previous: string | null
  next: string | null
}

export function graphReport({ title, digest, recent, previous, next }: GraphInput): GraphReport {
  const { date, provisional, observation, complete, coverage } = digest.day
  const targets = coverage.map((each) => ({ target: each.target, observation: each.observation }))
  const watched = new Set(
    targets.filter(({ observation: of }) => of === 'observed' || of === 'partial').map(({ target }) => target),
  )
  const today = callsOf(digest.edges)
  const idle = idleCalls(
    today,
    recent.filter(({ target }) => watched.has(target)),
  )
  const calls = [...today, ...idle]
  return {
    schema: 1,
    page: 'graph',
    title,
    downloads: [],
    date,
    previous,
    next,
    provisional,
    observation,
    complete,
    targets,
    ...drawGraph(calls.map(routeOf)),
    calls,
  }
}

export const CALL_COLUMNS: readonly string[] = [
  'target',
  'sourceNamespace',
  'sourceWorkload',
  'sourceApp',
  'sourceVersion',
  'via',
  'destinationClass',
  'destinationHost',
  'protocol',
  'requests',
  'connections',
  'egressBytes',
  'ingressBytes',
  'errors',
  'durationMs',
  'health',
  'encryption',
]

/** The calls of a graph in the order of CALL_COLUMNS; an empty cell is what nobody knows. */
export function callValues({ calls }: GraphReport): CsvCell[][] {
  return calls.map((call) => [
    call.target,
    call.namespace || null,
    call.workload || null,
    call.app || null,
    call.version || null,
    call.via || null,
    call.destinationClass,
    call.host || null,
    call.protocol,
    call.totals.requests,
    call.totals.connections,
    call.totals.egressBytes,
    call.totals.ingressBytes,
    call.totals.errors,
    call.totals.durationMs,
    call.health,
    call.encryption === 'unknown' ? null : call.encryption,
  ])
}
