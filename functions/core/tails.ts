/**
 * Tails: what a series counted after the last scrape that saw it. Prometheus drops a dead pod's series from /federate at
 * once: at five-minute scrapes that loses 23 % of pods that live ten minutes and 77 % of jobs of ninety seconds. So the
 * last values of series that died are asked of the query API beside it.
 */
import { Bookings } from '#core/bookings.ts'
import type { Checkpoint, MeshProxy } from '#core/checkpoint.ts'
import {
  CLOCKS_APART_MS,
  continueTail,
  type Delta,
  isUsable,
  type Sample,
  startedAfter,
  wholeValue,
} from '#core/delta.ts'
import { type Hash64, hashText } from '#core/hash.ts'
import { IdentityIndex } from '#core/identity-index.ts'
import { proxyIdentity, proxyKey, seriesIdentity } from '#core/labels.ts'
import { BOOKED, METRIC_LABEL, UPTIME } from '#core/metric.ts'
import type { FreshSeries } from '#core/newcomers.ts'
import type { ObserveSettings } from '#core/observe.ts'
import { Placement } from '#core/placement.ts'
import { sameStart } from '#core/proxies.ts'
import { outlived } from '#core/relabelling.ts'
import { HOUR_MS } from '#core/time.ts'

const OVERLAP_MS = 5 * 60_000
const EVERY_MS = 300_000
const LOOKBACK_MS = 5 * 60_000
/** Pods are discovered late, and their first samples later still. */
const DISCOVERY_MS = 5 * 60_000

/** A dead series as the query API gives it, with the hash of its bytes in a body. */
export interface TailSample {
  prepared: FreshSeries
  value: number // its last
}

/** One whose label set no row has. */
interface Stranger extends TailSample {
  identity: Hash64 // of what survives a relabelling
  process: number // its number in the checkpoint; -1 when no label tells
}

/** True when the dead must be asked for now: five minutes after the last time, or before an hour is closed. */
export function tailsDue(checkpoint: Checkpoint, settings: ObserveSettings): boolean {
  const { watermark, tailedThrough, hours } = checkpoint
  if (watermark <= tailedThrough) return false
  const closing =
    watermark >= hours.closedThrough + HOUR_MS + LOOKBACK_MS && tailedThrough < hours.closedThrough + HOUR_MS
  return closing || watermark - tailedThrough >= EVERY_MS - settings.prometheusIntervalMs
}

/** How far back the dead are asked for, in ms: to the last time and five minutes more, never beyond the baseline. */
export function tailWindow(checkpoint: Checkpoint): number {
  const { watermark, tailedThrough, baseline } = checkpoint
  return Math.min(watermark - tailedThrough + OVERLAP_MS, watermark - baseline)
}

/**
 * The expression for series that were there within the window and are not now. `unless` and `or` ignore the metric's
 * name, so that one metric's living series would hide another's dead one; the name is copied into a label first.
 */
export function tailExpression(selectors: readonly string[], windowMs: number): string {
  const named = (vector: string) => `label_replace(${vector},"${METRIC_LABEL}","$1","__name__","(.+)")`
  const dead = (selector: string) =>
    `${named(`last_over_time(${selector}[${seconds(windowMs)}])`)} unless ${named(selector)}`
  return selectors.map(dead).join(' or ')
}

/** The expression for when the processes of the window started, in seconds since the epoch. */
export function startsExpression(windowMs: number): string {
  return `min_over_time((timestamp(${UPTIME}) - ${UPTIME})[${seconds(windowMs)}:15s])`
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.floor(ms / 1000))}s`
}

/**
 * Books tails into the checkpoint, in place. starts gives, by proxyIdentity, when processes of the window started, in ms
 * since epoch. Series that are alive are passed over.
 */
export function settleTails(
  checkpoint: Checkpoint,
  samples: readonly TailSample[],
  starts: ReadonlyMap<string, number>,
  settings: ObserveSettings,
): void {
  const { series, watermark, hours } = checkpoint
  const { coverage } = hours.at(watermark)
  const windowStart = watermark - tailWindow(checkpoint)
  const placement = new Placement(checkpoint, settings.mesh, coverage)
  placement.folding = coverage.series >= (settings.foldBeyond ?? Number.POSITIVE_INFINITY)
  const bookings = new Bookings(checkpoint, series, settings, true)
  const processes = new Map(checkpoint.proxies.map(({ key }, index) => [key, index]))
  const strangers: Stranger[] = []
  const settled = new Map<number, number>() // row to its last value
  for (const sample of samples) {
    if (sample.prepared.metric >= BOOKED.length) continue
    if (!isUsable(sample.value)) {
      coverage.skippedSamples++
      continue
    }
    const row = series.find(sample.prepared.lo, sample.prepared.hi, sample.prepared.length)
    if (row < 0) {
      const identity = hashText(seriesIdentity(sample.prepared.series), checkpoint.seed)
      strangers.push({ ...sample, identity, process: processOf(sample.prepared) })
    } else {
      settled.set(row, sample.value)
    }
  }
  const alike = Map.groupBy(strangers, whoseIs)
  let index: IdentityIndex | null = null // most deaths need none
  const born = new Map<string, number[]>() // rows that come below, by identity
  const rowsOf = (lo: number, hi: number): number[] => {
    const { metric, flow } = series.columns
    index ??= new IdentityIndex(series, (row) => metric[row] < BOOKED.length && flow[row] >= 0)
    return [...index.rowsOf(lo, hi), ...(born.get(`${lo}:${hi}`) ?? [])]
  }
  for (const [row, value] of [...settled]) settleKnown(row, value)
  // Of one that was relabelled in its short life, the greater value is the last.
  for (const stranger of strangers.sort((a, b) => b.value - a.value)) settleStranger(stranger)
  checkpoint.tailedThrough = watermark

  /**
   * A row that is dead. When its process may have gone on under other labels, what the dead ones counted last may be booked
   * under those: when it was restarted, when they were asked for before, or when those are dead by now, too. Else one that
   * is still there only differs by a label of one's own.
   */
  function settleKnown(row: number, value: number): void {
    const { identityLo, identityHi, proxy, vanishedAt, flow, time, value: known } = series.columns
    if (vanishedAt[row] === 0 || flow[row] < 0 || value === known[row]) return
    const owner = checkpoint.proxies[proxy[row]]
    const restarted = owner !== undefined && owner.startSeenAt > 0 && startedAfter(time[row], owner.start)
    const asked = vanishedAt[row] <= checkpoint.tailedThrough
    const heirs = rowsOf(identityLo[row], identityHi[row]).filter(
      (other) => proxy[other] === proxy[row] && outlived(series, row, other),
    )
    if (heirs.some((other) => restarted || asked || vanishedAt[other] > 0)) {
      decline(row, value)
      known[row] = value
    } else settleVanished(row, value)
  }

  /** Says of a tail that it is not booked. */
  function decline(row: number, value: number): void {
    coverage.baselineSeries++
    bookings.note(coverage.baseline, row, wholeValue(value))
  }

  /**
   * Under other labels a smaller value is an earlier one, or another replica's: no proof that the counter began again; and a
   * greater one may be what the process before it counted last.
   */
  function settleVanished(row: number, value: number, relabelled: FreshSeries | null = null): void {
    const { columns } = series
    if (columns.vanishedAt[row] === 0 || columns.flow[row] < 0) return
    if (Number.isNaN(columns.value[row])) {
      columns.value[row] = value
      decline(row, value)
      return
    }
    const previous: Sample = { time: Math.max(columns.time[row], columns.tailedAt[row]), value: columns.value[row] }
    const settledBy = columns.tailedAt[row] === 0 ? columns.vanishedAt[row] : watermark
    const to = Math.max(settledBy, previous.time + 1)
    const delta = continueTail(previous, { time: to, value })
    if (delta.amount === 0) return
    const sure = relabelled === null || (delta.basis === 'difference' && isOldest(columns.proxy[row], relabelled))
    if (!sure) {
      decline(row, value)
      return
    }
    if (delta.basis === 'reset') coverage.resets++
    book(row, delta, to)
    columns.time[row] = watermark // a process that began before it may be the one that counted this
    columns.value[row] = value
    columns.tailedAt[row] = watermark
    if (relabelled !== null) series.relabel(row, relabelled)
  }

  /**
   * A label set that no row has. It is either born and dead between two scrapes, or the old labels of a series that was
   * relabelled: then one of the same process is remembered under what survives a relabelling, and it is that one's tail
   * if it is dead, and nothing new if it lives. One of another process is only a namesake, say of the same StatefulSet.
   * Of several that only differ by a label of one's own, one may be what a row counted whose state was evicted.
   */
  function settleStranger(stranger: Stranger): void {
    const { columns } = series
    const { prepared, value, process, identity } = stranger
    const { lo, hi } = identity
    const namesakes = rowsOf(lo, hi)
    const same = namesakes.filter((row) => process >= 0 && columns.proxy[row] === process)
    if ((same.length > 0 ? same : namesakes).some((row) => columns.vanishedAt[row] === 0)) return
    if (same.length === 0) {
      const row = settleUnknown(stranger, namesakes.length > 0)
      if (row !== null) born.set(`${lo}:${hi}`, [...(born.get(`${lo}:${hi}`) ?? []), row])
      if (row !== null) settled.set(row, value)
    } else if (same.length === 1 && !settled.has(same[0]) && alike.get(whoseIs(stranger))?.length === 1) {
      settled.set(same[0], value)
      settleVanished(same[0], value, prepared)
    } else if (!same.some((row) => settled.has(row))) decline(same[0], value)
  }

  /** Born and dead between two scrapes; gives its row. A namesake's birth is proved by its own process's start alone. */
  function settleUnknown({ prepared, value, process, identity }: Stranger, namesake: boolean): number | null {
    const flow = placement.place(prepared.series, prepared.metric)
    if (flow < 0) return null
    const row = series.push({
      lo: prepared.lo,
      hi: prepared.hi,
      length: prepared.length,
      identityLo: identity.lo,
      identityHi: identity.hi,
      time: watermark,
      value,
      rate: 0,
      vanishedAt: watermark,
      tailedAt: watermark,
      flow,
      proxy: process,
      metric: prepared.metric,
    })
    coverage.births++
    coverage.deaths++
    const start = process < 0 ? null : (starts.get(proxyIdentity(prepared.series.labels)) ?? null)
    const seenBefore = process >= 0 && wasSeen(checkpoint.proxies[process], start)
    const delta = bearTail(start, seenBefore)
    if (delta.basis === 'baseline') {
      coverage.baselineSeries++
      bookings.note(coverage.baseline, row, delta.amount)
      return row
    }
    if (delta.basis === 'assumed') coverage.assumedSeries++
    book(row, delta, watermark)
    // It died at some moment since, on average half way.
    const lifetime = Math.max(1, (watermark - delta.from) / 2)
    const missed = Math.round((delta.amount / lifetime) * (settings.prometheusIntervalMs / 2))
    bookings.note(coverage.unseen, row, missed)
    return row

    function bearTail(start: number | null, processSeen: boolean): Delta {
      const amount = wholeValue(value)
      const since = checkpoint.tailedThrough
      if (start !== null && start > since - DISCOVERY_MS) {
        return { basis: 'birth', amount, from: Math.max(start, since) }
      }
      if (namesake || windowStart < checkpoint.selectorsSince) return { basis: 'baseline', amount, from: since }
      if (processSeen) return { basis: 'birth', amount, from: since }
      return { basis: start === null ? 'assumed' : 'baseline', amount, from: since }
    }
  }

  /** True when the process that a row's proxy is remembered by is the oldest that the window shows of it. */
  function isOldest(proxy: number, { series: { labels } }: FreshSeries): boolean {
    const start = starts.get(proxyIdentity(labels))
    return start !== undefined && sameStart(checkpoint.proxies[proxy], start, CLOCKS_APART_MS)
  }

  /** True when the process was there at a scrape since the last asking: that one, and not its successor. */
  function wasSeen(proxy: MeshProxy, start: number | null): boolean {
    if (proxy.seenAt < checkpoint.tailedThrough) return false
    return start === null ? proxy.seenAt < watermark : sameStart(proxy, start)
  }

  /** Its number in the checkpoint, which may not have met it; -1 when no label tells. */
  function processOf(prepared: FreshSeries): number {
    const identity = proxyIdentity(prepared.series.labels)
    if (identity === '') return -1
    const key = proxyKey(identity, checkpoint.seed)
    const known = processes.get(key) ?? checkpoint.proxies.push({ key, start: 0, startSeenAt: 0, seenAt: 0 }) - 1
    processes.set(key, known)
    return known
  }

  function book(row: number, delta: Delta, to: number): void {
    coverage.tailSeries++
    bookings.book(row, delta, to)
  }
}

/** What strangers share that were counted by one process, told apart by labels that may be one's own or a target's. */
function whoseIs({ process, identity: { lo, hi } }: Stranger): string {
  return `${process}:${lo}:${hi}`
}
