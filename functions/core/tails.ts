/**
 * Tails: what a series counted after the last scrape that saw it. Prometheus drops a dead pod's series from /federate at
 * once: at five-minute scrapes that loses 23 % of pods that live ten minutes and 77 % of jobs of ninety seconds. So the
 * last values of series that died are asked of the query API beside it.
 */
import type { Checkpoint } from '#core/checkpoint.ts'
import { continueTail, type Delta, isUsable, type Sample, wholeValue } from '#core/delta.ts'
import { hashText } from '#core/hash.ts'
import { increase, isBytes } from '#core/hours.ts'
import { proxyIdentity, seriesIdentity } from '#core/labels.ts'
import { BOOKED, UPTIME } from '#core/metric.ts'
import { FlowIndex, isGap, type ObserveSettings, placeSeries } from '#core/observe.ts'
import type { FreshSeries } from '#core/reading.ts'
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
  const named = (vector: string) => `label_replace(${vector},"wharfage_metric","$1","__name__","(.+)")`
  const dead = (selector: string) =>
    `${named(`last_over_time(${selector}[${seconds(windowMs)}])`)} unless ${named(selector)}`
  return selectors.map(dead).join(' or ')
}

/** The label the expression adds, to be dropped again. */
export const TAIL_LABEL = 'wharfage_metric'

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
  const flows = new FlowIndex(checkpoint)
  let identities: Map<string, number> | null = null
  const processes = new Map(checkpoint.proxies.map((proxy) => [proxy.key, proxy]))
  const unknown: TailSample[] = []
  for (const { prepared, value } of samples) {
    if (prepared.metric >= BOOKED.length) continue
    if (!isUsable(value)) {
      coverage.skippedSamples++
      continue
    }
    let row = series.find(prepared.lo, prepared.hi, prepared.length)
    if (row < 0) {
      identities ??= uniqueIdentities(checkpoint)
      const { lo, hi } = hashText(seriesIdentity(prepared.series), checkpoint.seed)
      row = identities.get(`${lo}:${hi}`) ?? -1
    }
    if (row >= 0) settleVanished(row, value)
    else unknown.push({ prepared, value })
  }
  for (const { prepared, value } of unknown) settleUnknown(prepared, value)
  checkpoint.tailedThrough = watermark

  function settleVanished(row: number, value: number): void {
    const { columns } = series
    if (columns.vanishedAt[row] === 0 || columns.flow[row] < 0) return
    if (Number.isNaN(columns.value[row])) {
      columns.value[row] = value
      coverage.baselineSeries++
      addUnlessBlocked(coverage.baseline, row, wholeValue(value))
      return
    }
    const previous: Sample = { time: Math.max(columns.time[row], columns.tailedAt[row]), value: columns.value[row] }
    const settledBy = columns.tailedAt[row] === 0 ? columns.vanishedAt[row] : watermark
    const to = Math.max(settledBy, previous.time + 1)
    const delta = continueTail(previous, { time: to, value })
    if (delta.amount === 0) return
    if (delta.basis === 'reset') coverage.resets++
    book(row, delta, to)
    columns.time[row] = to
    columns.value[row] = value
    columns.tailedAt[row] = watermark
  }

  /** Born and dead between two scrapes. */
  function settleUnknown(prepared: FreshSeries, value: number): void {
    const flow = placeSeries(prepared.series, prepared.metric, settings.mesh, flows, coverage, checkpoint)
    if (flow < 0) return
    const identity = hashText(seriesIdentity(prepared.series), checkpoint.seed)
    const proxy = proxyIdentity(prepared.series.labels)
    const { lo, hi } = hashText(proxy, checkpoint.seed)
    const known = processes.get(hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0'))
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
      proxy: -1,
      metric: prepared.metric,
    })
    coverage.births++
    coverage.deaths++
    const seenBefore = known !== undefined && known.seenAt >= checkpoint.tailedThrough
    const delta = bearTail(proxy === '' ? null : (starts.get(proxy) ?? null), seenBefore)
    if (delta.basis === 'baseline') {
      coverage.baselineSeries++
      addUnlessBlocked(coverage.baseline, row, delta.amount)
      return
    }
    if (delta.basis === 'assumed') coverage.assumedSeries++
    book(row, delta, watermark)
    const lifetime = Math.max(1, watermark - delta.from)
    const missed = Math.round((delta.amount / lifetime) * (settings.prometheusIntervalMs / 2))
    addUnlessBlocked(coverage.unseen, row, missed)

    function bearTail(start: number | null, processSeen: boolean): Delta {
      const amount = wholeValue(value)
      const since = checkpoint.tailedThrough
      if (start !== null && start > since - DISCOVERY_MS) {
        return { basis: 'birth', amount, from: Math.max(start, since) }
      }
      if (windowStart < checkpoint.selectorsSince) return { basis: 'baseline', amount, from: since }
      if (processSeen) return { basis: 'birth', amount, from: since }
      return { basis: start === null ? 'assumed' : 'baseline', amount, from: since }
    }
  }

  function book(row: number, delta: Delta, to: number): void {
    const { columns } = series
    coverage.tailSeries++
    hours.book({
      flow: columns.flow[row],
      measure: BOOKED[columns.metric[row]].books,
      amount: delta.amount,
      from: delta.from,
      to,
      blocked: checkpoint.flows[columns.flow[row]].destinationClass === 'blocked',
      assumed: delta.basis === 'assumed',
      spread: isGap(delta.from, to, settings),
      tail: true,
    })
  }

  function addUnlessBlocked(amounts: typeof coverage.unseen, row: number, amount: number): void {
    const { columns } = series
    const { books } = BOOKED[columns.metric[row]]
    const blocked = checkpoint.flows[columns.flow[row]].destinationClass === 'blocked'
    if (!(blocked && isBytes(books))) increase(amounts, books, amount)
  }
}

/** Rows by what survives a relabelling; only where it is unique. */
function uniqueIdentities(checkpoint: Checkpoint): Map<string, number> {
  const { columns, size } = checkpoint.series
  const rows = new Map<string, number>()
  const twice = new Set<string>()
  for (let row = 0; row < size; row++) {
    if (columns.metric[row] >= BOOKED.length || columns.flow[row] < 0) continue
    const key = `${columns.identityLo[row]}:${columns.identityHi[row]}`
    if (rows.has(key)) twice.add(key)
    rows.set(key, row)
  }
  for (const key of twice) rows.delete(key)
  return rows
}
