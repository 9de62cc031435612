/** The rules by which one day is told to differ from the day before; `changesReport` says them in words. */
import { workloadKey } from '#core/edge.ts'
import { compareText } from '#core/order.ts'
import { classesOf, type Pair, pairKey, pairsOf, sumPairs } from '#core/pair.ts'
import type { Totals } from '#core/report.ts'
import { burstsOf } from '#core/reports/blocked.ts'
import type { Change, ChangeKind, Found } from '#core/reports/change.ts'
import { type Compared, type Days, daysOf, firstSeen, firstSeenPair, found } from '#core/reports/compared-days.ts'
import { attempts } from '#core/totals.ts'

export const VOLUME_FACTOR = 3 // times as many bytes out, or as few
export const VOLUME_BYTES = 10_000_000 // at least that many more, or fewer
export const ERROR_SHARE = 0.1 // by which the share of errors rose
export const ERROR_COUNT = 20 // errors on the day, at least

/** All changes, in no order; how each rule goes is said at `changesReport`. */
export function findChanges(compared: Compared): Found[] {
  const days = daysOf(compared)
  return [
    ...changedClasses(days),
    ...namedDestinations(days),
    ...newDestinations(days),
    ...newPairs(days),
    ...returned(days),
    ...vanished(days),
    ...jumps(days, volumeJump, 'volume-jump', judgeVolume),
    ...jumps(days, errorJump, 'error-jump', judgeErrors),
    ...blockedBursts(days, compared),
  ]
}

/** What nothing declares, or what was refused, is looked at sooner than what somebody registered. */
function severityOf(pairs: readonly Pair[]): Change['severity'] {
  return classesOf(pairs).every((name) => name === 'registered') ? 'low' : 'medium'
}

function newDestinations(days: Days): Found[] {
  return [...days.hosts]
    .filter(([host]) => firstSeen(days, host) === days.date)
    .map(([host, now]) => {
      return found({ kind: 'new-destination', severity: severityOf(now), host, now, before: [], firstSeen: days.date })
    })
}

function returned(days: Days): Found[] {
  if (!days.compared) return []
  return [...days.hosts]
    .filter(([host]) => !days.hostsBefore.has(host) && firstSeen(days, host) !== days.date)
    .map(([host, now]) => {
      const first = firstSeen(days, host)
      return found({ kind: 'returned-destination', severity: severityOf(now), host, now, before: [], firstSeen: first })
    })
}

function vanished(days: Days): Found[] {
  if (days.open) return []
  return [...days.hostsBefore]
    .filter(([host, was]) => !days.hosts.has(host) && was.every(({ target }) => (days.observed.get(target) ?? 0) > 0))
    .map(([host, was]) => {
      const severity = sumPairs(was).left.egressBytes >= VOLUME_BYTES ? 'medium' : 'low'
      const first = firstSeen(days, host)
      return found({ kind: 'vanished-destination', severity, host, now: [], before: was, firstSeen: first })
    })
}

function newPairs(days: Days): Found[] {
  const fresh = [...days.now.values()].filter((pair) => {
    return firstSeenPair(days, pair) === days.date && firstSeen(days, pair.host) !== days.date
  })
  return [...Map.groupBy(fresh, ({ host }) => host)].map(([host, now]) => {
    return found({ kind: 'new-pair', severity: severityOf(now), host, now, before: [], firstSeen: days.date })
  })
}

function changedClasses(days: Days): Found[] {
  const changed = [...days.now].flatMap(([key, now]) => {
    const was = days.before.get(key)
    if (was === undefined) return []
    const [classes, classesBefore] = [classesOf([now]), classesOf([was])]
    const gained = classes.filter((name) => !classesBefore.includes(name))
    const lost = days.open ? [] : classesBefore.filter((name) => !classes.includes(name))
    return gained.length + lost.length === 0 ? [] : [{ now, was, gained, kind: [classesBefore, classes].join(' ') }]
  })
  const alike = Map.groupBy(changed, ({ now, kind }) => `${now.target}\0${now.host}\0${kind}`)
  return [...alike.values()].map((all) => {
    const [{ gained, now }] = all
    return found({
      kind: 'class-change',
      severity: gained.includes('passthrough') ? 'high' : gained.includes('blocked') ? 'medium' : 'low',
      host: now.host,
      now: all.map((one) => one.now),
      before: all.map(({ was }) => was),
      firstSeen: firstSeen(days, now.host),
    })
  })
}

/**
 * Destinations that got a name: the last hour in which a workload went to hosts without one is that in which a registered
 * host begins that it never called before, or the hour before.
 */
function namedDestinations(days: Days): Found[] {
  return [...days.now.values()].flatMap((pair): Found[] => {
    if (pair.host === '' || !pair.classes.includes('registered') || firstSeenPair(days, pair) !== days.date) return []
    const namelessKey = pairKey({ ...pair, host: '' })
    const was = days.before.get(namelessKey)
    const nameless = [was, days.now.get(namelessKey)].flatMap((one) => one?.hours ?? NO_HOURS)
    const since = pair.hours.findIndex(isSome)
    const until = nameless.findLastIndex(isSome) - NO_HOURS.length
    const wentOn = pair.hours.findLastIndex(isSome) > since
    if (!wentOn || (until !== since && until !== since - 1)) return []
    const pairs = { now: [pair], before: was === undefined ? [] : [was] }
    const change = found({ kind: 'class-change', severity: 'low', host: pair.host, ...pairs, firstSeen: days.date })
    return [{ ...change, classesBefore: ['passthrough'], namedSince: `${String(since).padStart(2, '0')}:00` }]
  })
}

const NO_HOURS: readonly number[] = Array(24).fill(0)

function isSome(count: number): boolean {
  return count > 0
}

type Jump = (days: Days, now: Pair | undefined, was: Pair | undefined) => 'up' | 'down' | null

/** How urgent a jump of those pairs is. */
type Judge = (days: Days, change: Found, keys: readonly string[]) => Found

/** The pairs that jump, those of one destination in one direction together. */
function jumps(days: Days, jump: Jump, kind: ChangeKind, judge: Judge): Found[] {
  if (!days.compared) return []
  const groups = Map.groupBy(new Set([...days.now.keys(), ...days.before.keys()]), (key) => {
    const [now, was] = [days.now.get(key), days.before.get(key)]
    const direction = isToldElsewhere(days, now, was) ? null : jump(days, now, was)
    return direction && `${direction}\0${(now ?? was)?.host}`
  })
  return [...groups].flatMap(([group, keys]): Found[] => {
    if (group === null) return []
    const [now, before] = [days.now, days.before].map((day) => keys.flatMap((key) => day.get(key) ?? []))
    const [, host] = group.split('\0')
    const change = found({ kind, severity: 'medium', host, now, before, firstSeen: firstSeen(days, host) })
    return [judge(days, change, keys)]
  })
}

/** What is new, returned or vanished, or was blocked and is not, needs no word on its figures. */
function isToldElsewhere(days: Days, now: Pair | undefined, was: Pair | undefined): boolean {
  const { host } = (now ?? was) as Pair
  if (!days.hosts.has(host) || !days.hostsBefore.has(host)) return true
  if (now !== undefined && firstSeenPair(days, now) === days.date) return true
  return [now, was].some((pair) => pair?.classes.every((name) => name === 'blocked'))
}

function volumeJump(days: Days, now: Pair | undefined, was: Pair | undefined): 'up' | 'down' | null {
  const target = (now ?? was)?.target ?? ''
  const [bytes, bytesBefore] = [now?.left.egressBytes ?? 0, was?.left.egressBytes ?? 0]
  const [seen, seenBefore] = [days.observed.get(target) ?? 0, days.observedBefore.get(target) ?? 0]
  if (seen === 0 || seenBefore === 0) return null
  const [atMost, atMostBefore] = [bytes / seen, bytesBefore / seenBefore]
  if (bytes >= atMostBefore * VOLUME_FACTOR && bytes - atMostBefore >= VOLUME_BYTES) return 'up'
  if (days.open) return null
  return atMost <= bytesBefore / VOLUME_FACTOR && bytesBefore - atMost >= VOLUME_BYTES ? 'down' : null
}

/** A jump that is none against the same weekday a week before is the rhythm of the week. */
function judgeVolume({ weekBefore }: Days, change: Found, keys: readonly string[]): Found {
  const [bytes, bytesBefore] = [change.now.egressBytes, change.before.egressBytes]
  const { egressBytes } = sumPairs(keys.flatMap((key) => weekBefore.get(key) ?? [])).left
  const [less, more] = [bytes, egressBytes].sort((a, b) => a - b)
  if (more < VOLUME_FACTOR * less) return { ...change, severity: 'low', weekBeforeBytes: egressBytes }
  if (bytes < bytesBefore) return { ...change, severity: 'low' }
  return bytesBefore > 0 && bytes >= 10 * bytesBefore ? { ...change, severity: 'high' } : change
}

function errorJump(_: Days, now: Pair | undefined, was: Pair | undefined): 'up' | null {
  if (now === undefined || was === undefined || attempts(was.left) === 0) return null
  return now.left.errors >= ERROR_COUNT && errorShare(now.left) - errorShare(was.left) >= ERROR_SHARE ? 'up' : null
}

function judgeErrors(_: Days, change: Found): Found {
  return errorShare(change.now) >= 0.5 ? { ...change, severity: 'high' } : change
}

/** Errors in what was tried, 0..1. */
export function errorShare(totals: Totals): number {
  return attempts(totals) === 0 ? 0 : totals.errors / attempts(totals)
}

function blockedBursts(days: Days, { digest, before }: Compared): Found[] {
  const refused = [...pairsOf(digest.edges).values()].filter(({ blocked }) => blocked > 0)
  return [...Map.groupBy(burstsOf(digest, before), workloadKey)].map(([key, all]) => {
    const burst = all.reduce((most, one) => (one.attempts > most.attempts ? one : most))
    const now = refused.filter((pair) => workloadKey(pair) === key)
    const was = now.flatMap((pair) => days.before.get(pairKey(pair)) ?? [])
    const firstSeen = now.map((pair) => firstSeenPair(days, pair)).sort(compareText)[0]
    const [host] = burst.hosts
    return { ...found({ kind: 'blocked-burst', severity: 'high', host, now, before: was, firstSeen }), burst }
  })
}
