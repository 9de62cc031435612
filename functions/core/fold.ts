/**
 * Folding: days added to a history. What a history holds is bounded whatever labels somebody makes up: of that for
 * which there is no room, what was seen on one day alone goes first, then what was silent for longest.
 */

import { daySummary } from '#core/day.ts'
import type { DayDigest } from '#core/digest.ts'
import { type Edge, workloadKey } from '#core/edge.ts'
import { DESTINATION_CLASSES, type DestinationClass } from '#core/flow.ts'
import {
  type ClassSpan,
  type DestinationHistory,
  type EntityHistory,
  type History,
  monthSummary,
  type PairHistory,
  type PeriodTotals,
  type Seen,
  type WorkloadHistory,
} from '#core/history.ts'
import { compareText, distinct } from '#core/order.ts'
import { pairKey } from '#core/pair.ts'
import type { ByClass } from '#core/report.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import { addTotals, mainClass, sumByClass, zeroByClass } from '#core/totals.ts'

/** How much of each a history holds. */
export interface Room {
  destinations: number
  workloads: number
  pairs: number
}

const ROOM: Room = { destinations: 5_000, workloads: 5_000, pairs: 20_000 }

const RECENT_DAYS = 35
/** Days without a class after which its next one is another span. */
const SILENT_DAYS = 30
const PORTS_AT_MOST = 100

export interface Folding {
  /** Adds a day; throws unless it is the one that follows the last. */
  add(digest: DayDigest): void
  /** The history with all that was added so far. */
  history(): History
}

/** Begins to fold days into a history, which itself stays as it is; open days, too, if it is not to be kept. */
export function startFolding(start: History, room = ROOM): Folding {
  const days = [...start.days]
  const months = [...start.months]
  const destinations = new Map(start.destinations.map((each) => [each.host, each]))
  const workloads = new Map(start.workloads.map((each) => [workloadKey(each), each]))
  const pairs = new Map(start.pairs.map((each) => [pairKey(each), each]))
  let { through, forgotten, forgottenWorkloads, forgottenPairs } = start

  const add = (digest: DayDigest): void => {
    const { date } = digest
    if (through !== '' && date !== isoDate(parseDate(through) + DAY_MS)) {
      throw new Error(`history: ${date} does not follow ${through}, the last day that is folded in`)
    }
    const byHost = Map.groupBy(digest.edges, ({ host }) => host)
    const byWorkload = Map.groupBy(digest.edges, workloadKey)
    const byPair = Map.groupBy(digest.edges, pairKey)
    for (const [key, edges] of byHost) destinations.set(key, destinationWith(destinations.get(key), date, edges))
    for (const [key, edges] of byWorkload) workloads.set(key, workloadWith(workloads.get(key), date, edges))
    for (const [key, edges] of byPair) pairs.set(key, pairWith(pairs.get(key), date, edges))

    const hosts = forgetMost(destinations, room.destinations)
    const names = forgetMost(workloads, room.workloads)
    if (hosts.size + names.size > 0) {
      for (const [key, pair] of pairs) if (hosts.has(pair.host) || names.has(workloadKey(pair))) pairs.delete(key)
    }
    forgotten += hosts.size
    forgottenWorkloads += names.size
    forgottenPairs += forgetMost(pairs, room.pairs).size

    days.push(daySummary(digest.day))
    const month = date.slice(0, 7)
    if (months.at(-1)?.month === month) months.pop()
    months.push(monthSummary(days.slice(-31).filter((day) => day.date.startsWith(month))))
    through = date
  }

  return {
    add,
    history: () => ({
      schema: 1,
      through,
      days: [...days],
      months: [...months],
      destinations: sorted(destinations).map(([, each]) => each),
      workloads: sorted(workloads).map(([, each]) => each),
      pairs: sorted(pairs).map(([, each]) => each),
      forgotten,
      forgottenWorkloads,
      forgottenPairs,
    }),
  }
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => compareText(a, b))
}

/** Drops what there is no room for, and gives the keys of that. */
function forgetMost(map: Map<string, Seen>, room: number): Set<string> {
  const keys = new Set<string>()
  if (map.size <= room) return keys
  const worth = ({ days, last }: Seen) => `${days > 1 ? 1 : 0} ${last}`
  for (const [, group] of sorted(Map.groupBy(map, ([, seen]) => worth(seen)))) {
    for (const [key] of group.sort(([a], [b]) => compareText(a, b)).slice(0, map.size - room)) {
      map.delete(key)
      keys.add(key)
    }
    if (map.size <= room) break
  }
  return keys
}

function destinationWith(
  before: DestinationHistory | undefined,
  date: string,
  edges: readonly Edge[],
): DestinationHistory {
  const ports = distinct([...(before?.ports ?? []), ...edges.flatMap((edge) => edge.ports)])
  return {
    host: edges[0].host,
    ...entityWith(before, date, edges),
    targets: distinct([...(before?.targets ?? []), ...edges.map(({ target }) => target)]).sort(),
    protocols: distinct([...(before?.protocols ?? []), ...edges.map(({ protocol }) => protocol)]).sort(),
    ports: ports.slice(0, PORTS_AT_MOST).sort((a, b) => a - b),
  }
}

function workloadWith(before: WorkloadHistory | undefined, date: string, edges: readonly Edge[]): WorkloadHistory {
  const { target, namespace, workload } = edges[0]
  const versions = distinct(edges.map(({ version }) => version)).sort()
  return { target, namespace, workload, ...entityWith(before, date, edges), versions }
}

function pairWith(before: PairHistory | undefined, date: string, edges: readonly Edge[]): PairHistory {
  const { target, namespace, workload, host } = edges[0]
  const byClass = byClassOf(edges)
  return {
    target,
    namespace,
    workload,
    host,
    ...seenWith(before, date),
    destinationClass: mainClass(byClass),
    byClass: before === undefined ? byClass : sumByClass([before.byClass, byClass]),
  }
}

function entityWith(before: EntityHistory | undefined, date: string, edges: readonly Edge[]): EntityHistory {
  const byClass = byClassOf(edges)
  const since = isoDate(parseDate(date) - (RECENT_DAYS - 1) * DAY_MS)
  const recent = (before?.recent ?? []).filter(({ period }) => period >= since)
  const classes = new Set(edges.map(({ destinationClass }) => destinationClass))
  return {
    ...seenWith(before, date),
    recent: [...recent, { period: date, byClass }],
    months: monthsWith(before?.months ?? [], date.slice(0, 7), byClass),
    classes: spansWith(before?.classes ?? [], date, classes),
  }
}

function byClassOf(edges: readonly Edge[]): ByClass {
  const byClass = zeroByClass()
  for (const { destinationClass, totals } of edges) addTotals(byClass[destinationClass], totals)
  return byClass
}

function seenWith(before: Seen | undefined, date: string): Seen {
  return before === undefined
    ? { first: date, last: date, days: 1 }
    : { first: before.first, last: date, days: before.days + 1 }
}

function monthsWith(before: readonly PeriodTotals[], month: string, byClass: ByClass): PeriodTotals[] {
  const last = before.at(-1)
  if (last?.period !== month) return [...before, { period: month, byClass }]
  return [...before.slice(0, -1), { period: month, byClass: sumByClass([last.byClass, byClass]) }]
}

function spansWith(before: readonly ClassSpan[], date: string, classes: ReadonlySet<DestinationClass>): ClassSpan[] {
  const spans = [...before]
  for (const destinationClass of DESTINATION_CLASSES) {
    if (!classes.has(destinationClass)) continue
    const at = spans.findLastIndex((span) => span.destinationClass === destinationClass)
    const silentMs = at < 0 ? Number.POSITIVE_INFINITY : parseDate(date) - parseDate(spans[at].last)
    if (silentMs > SILENT_DAYS * DAY_MS) spans.push({ destinationClass, ...seenWith(undefined, date) })
    else spans[at] = { destinationClass, ...seenWith(spans[at], date) }
  }
  return spans
}
