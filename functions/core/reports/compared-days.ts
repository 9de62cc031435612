/** Two days as they are compared: what each workload did to each destination on both, and since when each is known. */
import type { DayDigest } from '#core/digest.ts'
import type { History } from '#core/history.ts'
import { callersOf, classesOf, type Pair, pairKey, pairsOf, sumPairs } from '#core/pair.ts'
import type { Change, ChangeKind, Found } from '#core/reports/change.ts'

const DAY_SECONDS = 86_400
const WORKLOADS_AT_MOST = 20

export interface Compared {
  digest: DayDigest
  before: DayDigest | null // of the day before; null when it is not compared with any
  weekBefore: DayDigest | null // of the same weekday a week before; null when the ledger has none
  history: History
  begun: readonly string[] // targets of whom this is the first day
}

/** Both days as the rules see them. */
export interface Days {
  date: string
  open: boolean
  compared: boolean // with a day before
  now: Map<string, Pair> // of targets that are not in their first day
  before: Map<string, Pair>
  weekBefore: Map<string, Pair>
  hosts: Map<string, Pair[]> // of now
  hostsBefore: Map<string, Pair[]>
  observed: Map<string, number> // by target; 0..1 of the whole day
  observedBefore: Map<string, number>
  firstOf: Map<string, string> // by destination: the day it was first seen
  firstOfPair: Map<string, string>
}

export function daysOf({ digest, before, weekBefore, history, begun }: Compared): Days {
  const now = pairsOf(digest.edges.filter(({ target }) => !begun.includes(target)))
  const was = pairsOf(before?.edges ?? [])
  return {
    date: digest.date,
    open: digest.day.provisional,
    compared: before !== null,
    now,
    before: was,
    weekBefore: pairsOf(weekBefore?.edges ?? []),
    hosts: Map.groupBy(now.values(), ({ host }) => host),
    hostsBefore: Map.groupBy(was.values(), ({ host }) => host),
    observed: observedOf(digest),
    observedBefore: before === null ? new Map() : observedOf(before),
    firstOf: new Map(history.destinations.map(({ host, first }) => [host, first])),
    firstOfPair: new Map(history.pairs.map((pair) => [pairKey(pair), pair.first])),
  }
}

function observedOf({ day }: DayDigest): Map<string, number> {
  return new Map(day.coverage.map(({ target, observedSeconds }) => [target, observedSeconds / DAY_SECONDS]))
}

/** The day a destination was first seen. */
export function firstSeen({ firstOf, date }: Days, host: string): string {
  return earlier(firstOf.get(host), date)
}

/** The day a pair was first seen. */
export function firstSeenPair({ firstOfPair, date }: Days, pair: Pair): string {
  return earlier(firstOfPair.get(pairKey(pair)), date)
}

/** History has no first day of what is seen today while the day is open, and a later one of what it had to forget. */
function earlier(first: string | undefined, date: string): string {
  return first !== undefined && first < date ? first : date
}

interface Told {
  kind: ChangeKind
  severity: Change['severity']
  host: string
  now: readonly Pair[]
  before: readonly Pair[]
  firstSeen: string
}

/** What is found of those pairs, with their figures on both days. */
export function found({ kind, severity, host, now, before: was, firstSeen: first }: Told): Found {
  const callers = callersOf(now.length > 0 ? now : was)
  const [sum, sumBefore] = [sumPairs(now), sumPairs(was)]
  return {
    kind,
    severity,
    host,
    workloads: callers.slice(0, WORKLOADS_AT_MOST),
    workloadCount: callers.length,
    classes: classesOf(now),
    classesBefore: classesOf(was),
    now: sum.left,
    before: sumBefore.left,
    blocked: sum.blocked,
    blockedBefore: sumBefore.blocked,
    weekBeforeBytes: null,
    firstSeen: first,
  }
}
