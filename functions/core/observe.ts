/**
 * Observing: one reading of a target taken into its checkpoint. Every rule that decides what a sample adds is in delta.ts;
 * here is the order in which they are asked, and what is remembered for the next time.
 *
 *  1. the watermark is the newest `up` sample; a reading without one, or from the past, or from the future, is refused
 *  2. processes: who started when
 *  3. series that only changed their labels go on where they were
 *  4. known series continue, unknown ones are born, missing ones vanish
 *  5. the hours between the last watermark and this one were observed, or were a gap
 */

import type { Checkpoint, MeshProxy } from '#core/checkpoint.ts'
import { classify, type MeshNames } from '#core/classify.ts'
import type { Coverage } from '#core/coverage.ts'
import { bearSeries, continueSeries, type Delta, isUsable, wholeValue } from '#core/delta.ts'
import { type Counted, flowKey } from '#core/flow.ts'
import { hashText } from '#core/hash.ts'
import { increase, isBytes, OpenHours } from '#core/hours.ts'
import { type LabelledSeries, type Labels, proxyIdentity, seriesIdentity } from '#core/labels.ts'
import { BOOKED, type MetricIndex, UP_METRIC, UPTIME_METRIC } from '#core/metric.ts'
import type { FreshSeries, Reading } from '#core/reading.ts'
import { SeriesTable, UNBOOKED, UNCLASSIFIED } from '#core/series.ts'
import { hourOf } from '#core/time.ts'

export interface ObserveSettings {
  mesh: MeshNames
  intervalMs: number // between two scrapes of ours
  prometheusIntervalMs: number // between two of Prometheus's own
  tails: boolean
  selectors: string // hash of what is asked for, and of the mesh names that place it
  gapReason: string // of the last failure since the last good scrape; '' when nobody told
}

const FUTURE_MS = 5 * 60_000
const LAG_MS = 5 * 60_000
const SAME_PROCESS_MS = 15_000
const RETENTION_MS = 24 * 3_600_000
const TAIL_OVERLAP_MS = 5 * 60_000
const QUARANTINE_KEPT = 20
/** Why the time before a baseline is a gap. */
const NOT_YET = 'before the first scrape of this chain'

/** True when two watermarks are too far apart for the time between them to count as observed. */
export function isGap(from: number, to: number, settings: ObserveSettings): boolean {
  return to - from > 2 * settings.intervalMs + settings.prometheusIntervalMs
}

/** The newest `up` sample's time, in ms since epoch, or null when the reading has none. */
export function readingWatermark(reading: Reading, table: SeriesTable): number | null {
  let newest: number | null = null
  for (let i = 0; i < reading.size; i++) {
    if (metricOf(reading, table, i) === UP_METRIC && (newest === null || reading.time[i] > newest))
      newest = reading.time[i]
  }
  return newest
}

/**
 * Takes a reading into the checkpoint, in place. The first reading of all is the baseline: it books nothing. Gives false,
 * and changes nothing, when the reading is the last one over again. Throws one sentence, begun by `where`, when it must be
 * refused.
 */
export function observe(checkpoint: Checkpoint, reading: Reading, settings: ObserveSettings, where: string): boolean {
  const watermark = readingWatermark(reading, checkpoint.series)
  if (watermark === null) {
    throw new Error(`${where}: body has no "up" sample, so it was cut off; check the federation endpoint's log`)
  }
  const first = checkpoint.seq === 0
  if (!first && watermark === checkpoint.watermark) return false
  if (!first && watermark < checkpoint.watermark) {
    throw new Error(
      `${where}: body ends at ${new Date(watermark).toISOString()}, before the last one at ${new Date(checkpoint.watermark).toISOString()}; ` +
        'is it another replica? pin one',
    )
  }
  refuseFuture(reading, watermark, where)
  if (first && checkpoint.head === null) checkpoint.hours = new OpenHours(hourOf(watermark))
  new Observation(checkpoint, reading, settings, watermark, first).run()
  return true
}

function refuseFuture(reading: Reading, watermark: number, where: string): void {
  for (let i = 0; i < reading.size; i++) {
    if (reading.time[i] <= watermark + FUTURE_MS) continue
    const fresh = reading.fresh[i]
    const instance = fresh >= 0 ? reading.freshSeries[fresh].series.labels.get('instance') : undefined
    const ahead = Math.round((reading.time[i] - watermark) / 1000)
    throw new Error(
      `${where}: a sample${instance === undefined ? '' : ` of ${instance}`} lies ${ahead} s ahead of the newest "up"; ` +
        'set that clock right',
    )
  }
}

function metricOf(reading: Reading, table: SeriesTable, i: number): number {
  const row = reading.row[i]
  return row >= 0 ? table.columns.metric[row] : reading.freshSeries[reading.fresh[i]].metric
}

class Observation {
  private readonly checkpoint: Checkpoint
  private readonly reading: Reading
  private readonly settings: ObserveSettings
  private readonly watermark: number
  private readonly first: boolean
  private readonly before: SeriesTable
  private readonly after: SeriesTable
  private readonly coverage: Coverage // of the hour the watermark lies in
  private readonly flowIndex: FlowIndex
  private readonly proxyIndex: Map<string, number>
  private readonly startNow: (number | null)[] // by proxy
  private readonly recent: boolean
  private readonly liveMetrics = new Set<number>()

  constructor(checkpoint: Checkpoint, reading: Reading, settings: ObserveSettings, watermark: number, first: boolean) {
    this.checkpoint = checkpoint
    this.reading = reading
    this.settings = settings
    this.watermark = watermark
    this.first = first
    this.before = checkpoint.series
    this.after = new SeriesTable(Math.max(64, this.before.size + reading.freshSeries.length))
    this.coverage = checkpoint.hours.at(watermark).coverage
    this.flowIndex = new FlowIndex(checkpoint)
    this.proxyIndex = new Map(checkpoint.proxies.map((proxy, index) => [proxy.key, index]))
    this.startNow = checkpoint.proxies.map(() => null)
    this.recent = !first && !isGap(checkpoint.watermark, watermark, settings)
  }

  run(): void {
    const { checkpoint, reading, coverage } = this
    const { metric, vanishedAt } = this.before.columns
    for (let row = 0; row < this.before.size; row++) if (vanishedAt[row] === 0) this.liveMetrics.add(metric[row])
    const freshProxies = reading.freshSeries.map(({ series }) => this.proxyOf(series.labels))
    this.readStarts(freshProxies)

    const seen = new Uint8Array(this.before.size)
    for (let i = 0; i < reading.size; i++) if (reading.row[i] >= 0) seen[reading.row[i]] = 1
    const carried = this.first ? new Map<number, number | 'ambiguous'>() : this.matchRelabelled(seen)

    let lagging = 0
    for (let i = 0; i < reading.size; i++) {
      const row = reading.row[i]
      const fresh = reading.fresh[i]
      if (metricOf(reading, this.before, i) === UP_METRIC && reading.time[i] < this.watermark - LAG_MS) lagging++
      if (row >= 0) this.continueRow(this.after.copy(this.before, row), i)
      else this.addFresh(reading.freshSeries[fresh], freshProxies[fresh], carried.get(fresh), i)
    }
    this.countLive()
    this.vanish(seen)
    this.rememberProxies()

    coverage.scrapes++
    coverage.skippedLines += reading.skippedLines
    coverage.laggingTargets = Math.max(coverage.laggingTargets, lagging)
    if (!this.first) {
      const gap = isGap(checkpoint.watermark, this.watermark, this.settings)
      checkpoint.hours.cover(checkpoint.watermark, this.watermark, gap ? this.settings.gapReason : null)
    } else {
      checkpoint.hours.cover(checkpoint.hours.closedThrough, this.watermark, NOT_YET)
      checkpoint.baseline = this.watermark
      checkpoint.tailedThrough = this.watermark
    }
    checkpoint.series = this.after
    checkpoint.watermark = this.watermark
    if (checkpoint.selectors !== this.settings.selectors || this.first) {
      checkpoint.selectors = this.settings.selectors
      checkpoint.selectorsSince = this.watermark
    }
  }

  private proxyOf(labels: Labels): number {
    const identity = proxyIdentity(labels)
    if (identity === '') return -1
    const { lo, hi } = hashText(identity, this.checkpoint.seed)
    const key = hi.toString(16).padStart(8, '0') + lo.toString(16).padStart(8, '0')
    let index = this.proxyIndex.get(key)
    if (index === undefined) {
      index = this.checkpoint.proxies.push({ key, start: 0, startSeenAt: 0, seenAt: 0 }) - 1
      this.proxyIndex.set(key, index)
      this.startNow.push(null)
    }
    return index
  }

  private readStarts(freshProxies: readonly number[]): void {
    const { reading, before } = this
    for (let i = 0; i < reading.size; i++) {
      if (metricOf(reading, before, i) !== UPTIME_METRIC || !isUsable(reading.value[i])) continue
      const proxy = reading.row[i] >= 0 ? before.columns.proxy[reading.row[i]] : freshProxies[reading.fresh[i]]
      if (proxy >= 0) this.startNow[proxy] = reading.time[i] - reading.value[i] * 1000
    }
  }

  /** For each unknown series the row it was before a relabelling, or 'ambiguous' when several could be meant. */
  private matchRelabelled(seen: Uint8Array): Map<number, number | 'ambiguous'> {
    const { reading, before, checkpoint } = this
    const matches = new Map<number, number | 'ambiguous'>()
    const fresh = reading.freshSeries.flatMap(({ series, metric }, index) =>
      metric < BOOKED.length ? [{ series, index }] : [],
    )
    if (fresh.length === 0) return matches
    const gone = new Map<string, number[]>()
    const { identityLo, identityHi, metric, flow } = before.columns
    for (let row = 0; row < before.size; row++) {
      if (seen[row] === 1 || metric[row] >= BOOKED.length || flow[row] < 0) continue
      const key = `${identityLo[row]}:${identityHi[row]}`
      gone.set(key, [...(gone.get(key) ?? []), row])
    }
    if (gone.size === 0) return matches
    const byIdentity = new Map<string, number[]>()
    for (const { series, index } of fresh) {
      const { lo, hi } = hashText(seriesIdentity(series), checkpoint.seed)
      const key = `${lo}:${hi}`
      byIdentity.set(key, [...(byIdentity.get(key) ?? []), index])
    }
    for (const [key, indexes] of byIdentity) {
      const rows = gone.get(key)
      if (rows === undefined) continue
      const unique = rows.length === 1 && indexes.length === 1
      for (const index of indexes) matches.set(index, unique ? rows[0] : 'ambiguous')
      if (unique) seen[rows[0]] = 1
    }
    return matches
  }

  private continueRow(row: number, i: number): void {
    const { columns } = this.after
    const { reading } = this
    const metric = columns.metric[row]
    columns.vanishedAt[row] = 0
    columns.tailedAt[row] = 0
    const series = this.reading.knownSeries.get(i)
    if (series !== undefined && metric < BOOKED.length) this.placeAgain(row, series)
    if (metric >= BOOKED.length || columns.flow[row] < 0) return
    if (!isUsable(reading.value[i])) {
      this.coverage.skippedSamples++
      return
    }
    if (Number.isNaN(columns.value[row])) {
      this.beginRow(row, i)
      return
    }
    const proxy = columns.proxy[row]
    const previous = { time: columns.time[row], value: columns.value[row] }
    const delta = continueSeries(
      previous,
      { time: reading.time[i], value: reading.value[i] },
      { before: this.startBefore(proxy), now: proxy >= 0 ? this.startNow[proxy] : null },
    )
    if (delta.basis === 'nothing') return
    if (delta.basis === 'reset') {
      this.coverage.resets++
      const unseenMs = delta.from > previous.time ? delta.from - previous.time : this.settings.prometheusIntervalMs / 2
      this.estimateUnseen(row, unseenMs)
    }
    this.book(row, delta, reading.time[i])
    columns.time[row] = reading.time[i]
    columns.value[row] = delta.basis === 'difference' ? Math.max(previous.value, reading.value[i]) : reading.value[i]
  }

  /** Under other mesh names a series may be another flow; one that was not booked till now begins here. */
  private placeAgain(row: number, series: LabelledSeries): void {
    const { columns } = this.after
    const before = columns.flow[row]
    const { settings, flowIndex, coverage, checkpoint } = this
    columns.flow[row] = placeSeries(series, columns.metric[row], settings.mesh, flowIndex, coverage, checkpoint)
    if (before < 0) columns.value[row] = Number.NaN
    if (columns.flow[row] < 0) return
    const { lo, hi } = hashText(seriesIdentity(series), checkpoint.seed)
    columns.identityLo[row] = lo
    columns.identityHi[row] = hi
  }

  /** A row's first value that counts from here on and is not booked, since it may be old. */
  private beginRow(row: number, i: number): void {
    const { columns } = this.after
    columns.time[row] = this.reading.time[i]
    columns.value[row] = this.reading.value[i]
    this.coverage.baselineSeries++
    const { blocked, measure } = this.measureOf(row)
    if (!(blocked && isBytes(measure))) increase(this.coverage.baseline, measure, wholeValue(this.reading.value[i]))
  }

  private addFresh(fresh: FreshSeries, proxy: number, carried: number | 'ambiguous' | undefined, i: number): void {
    const { reading, checkpoint, after, coverage } = this
    const { metric, lo, hi, length } = fresh
    if (typeof carried === 'number') {
      const row = after.copy(this.before, carried)
      after.columns.lo[row] = lo
      after.columns.hi[row] = hi
      after.columns.length[row] = length
      after.columns.proxy[row] = proxy
      coverage.carriedSeries++
      this.continueRow(row, i)
      return
    }
    const { flowIndex, settings } = this
    const flow =
      metric < BOOKED.length
        ? placeSeries(fresh.series, metric, settings.mesh, flowIndex, coverage, checkpoint)
        : UNBOOKED
    const identity = flow >= 0 ? hashText(seriesIdentity(fresh.series), checkpoint.seed) : { lo: 0, hi: 0 }
    const usable = isUsable(reading.value[i])
    const row = after.push({
      lo,
      hi,
      length,
      identityLo: identity.lo,
      identityHi: identity.hi,
      time: reading.time[i],
      value: usable ? reading.value[i] : Number.NaN,
      rate: 0,
      vanishedAt: 0,
      tailedAt: 0,
      flow,
      proxy,
      metric,
    })
    if (flow < 0) return
    if (!this.first) coverage.births++
    if (!usable) coverage.skippedSamples++
    if (!usable || this.first) return
    const known: MeshProxy | null = proxy >= 0 ? checkpoint.proxies[proxy] : null
    const start = proxy >= 0 ? this.startNow[proxy] : null
    const delta = bearSeries({
      sample: { time: reading.time[i], value: reading.value[i] },
      lastScrape: checkpoint.watermark,
      recent: this.recent,
      processStart: start,
      processSeen: known !== null && sameProcess(known, start, checkpoint.watermark),
      expected:
        carried !== 'ambiguous' && checkpoint.selectors === this.settings.selectors && this.liveMetrics.has(metric),
    })
    if (delta.basis === 'baseline') {
      this.beginRow(row, i)
      return
    }
    if (delta.basis === 'assumed') coverage.assumedSeries++
    this.book(row, delta, reading.time[i])
  }

  private book(row: number, delta: Delta, to: number): void {
    const { columns } = this.after
    const { measure, blocked } = this.measureOf(row)
    this.checkpoint.hours.book({
      flow: columns.flow[row],
      measure,
      amount: delta.amount,
      from: delta.from,
      to,
      blocked,
      assumed: delta.basis === 'assumed',
      spread: isGap(delta.from, to, this.settings),
      tail: false,
    })
    columns.rate[row] = to > delta.from ? delta.amount / (to - delta.from) : 0
  }

  private measureOf(row: number): { measure: Counted; blocked: boolean } {
    const { flow, metric } = this.after.columns
    return {
      measure: BOOKED[metric[row]].books,
      blocked: this.checkpoint.flows[flow[row]].destinationClass === 'blocked',
    }
  }

  /** What a series went on counting, unseen, for that long at its last rate. */
  private estimateUnseen(row: number, ms: number): void {
    const { measure, blocked } = this.measureOf(row)
    if (blocked && isBytes(measure)) return
    increase(this.coverage.unseen, measure, Math.round(this.after.columns.rate[row] * ms))
  }

  private startBefore(proxy: number): number | null {
    return proxy >= 0 && this.checkpoint.proxies[proxy].startSeenAt > 0 ? this.checkpoint.proxies[proxy].start : null
  }

  private countLive(): void {
    const { flow } = this.after.columns
    let booked = 0
    let unclassified = 0
    for (let row = 0; row < this.after.size; row++) {
      if (flow[row] >= 0) booked++
      else if (flow[row] === UNCLASSIFIED) unclassified++
    }
    this.coverage.series = booked
    this.coverage.unclassifiedSeries = Math.max(this.coverage.unclassifiedSeries, unclassified)
    if (unclassified > 0) this.coverage.unclassifiedExample = this.checkpoint.unclassifiedExample
  }

  /** Keeps the state of booked series that are missing: for a day, at most as many as live, the youngest first. */
  private vanish(seen: Uint8Array): void {
    const { before, after, watermark, settings, coverage, checkpoint } = this
    const live = coverage.series
    const { flow, vanishedAt, tailedAt, time } = before.columns
    const gone: number[] = []
    for (let row = 0; row < before.size; row++) if (seen[row] === 0 && flow[row] >= 0) gone.push(row)
    const lastSign = (row: number) => Math.max(vanishedAt[row] || watermark, tailedAt[row])
    gone.sort((a, b) => lastSign(b) - lastSign(a) || a - b)
    const tailReaches = checkpoint.tailedThrough - TAIL_OVERLAP_MS
    let kept = 0
    for (const row of gone) {
      const needed = vanishedAt[row] === 0 || (settings.tails && Math.max(vanishedAt[row], time[row]) >= tailReaches)
      if (!needed) {
        if (watermark - lastSign(row) > RETENTION_MS) continue
        if (kept >= live) {
          coverage.evictedSeries++
          continue
        }
      }
      kept++
      const copy = after.copy(before, row)
      if (after.columns.vanishedAt[copy] !== 0) continue
      after.columns.vanishedAt[copy] = watermark
      coverage.deaths++
      // It died at some moment since it was last seen: by Prometheus when its tail is asked for, by us when not.
      this.estimateUnseen(copy, settings.tails ? settings.prometheusIntervalMs / 2 : (watermark - time[row]) / 2)
    }
  }

  private rememberProxies(): void {
    const { checkpoint, watermark, after } = this
    const { proxy, vanishedAt } = after.columns
    for (let row = 0; row < after.size; row++) {
      if (proxy[row] >= 0 && vanishedAt[row] === 0) checkpoint.proxies[proxy[row]].seenAt = watermark
    }
    this.startNow.forEach((start, index) => {
      if (start === null) return
      const known = checkpoint.proxies[index]
      if (known.startSeenAt === 0 || start - known.start > SAME_PROCESS_MS) known.start = start
      known.startSeenAt = watermark
    })
  }
}

/** True when this very process was there at the last good scrape. */
export function sameProcess(known: MeshProxy, startNow: number | null, lastScrape: number): boolean {
  if (startNow === null) return known.seenAt === lastScrape
  return known.startSeenAt === lastScrape && startNow - known.start <= SAME_PROCESS_MS
}

/** Finds or appends flows by their key, in the checkpoint's dictionary. */
export class FlowIndex {
  private readonly checkpoint: Checkpoint
  private byKey: Map<string, number> | null = null

  constructor(checkpoint: Checkpoint) {
    this.checkpoint = checkpoint
  }

  indexOf(flow: Checkpoint['flows'][number]): number {
    this.byKey ??= new Map(this.checkpoint.flows.map((known, index) => [flowKey(known), index]))
    const key = flowKey(flow)
    let index = this.byKey.get(key)
    if (index === undefined) {
      index = this.checkpoint.flows.push(flow) - 1
      this.byKey.set(key, index)
    }
    return index
  }
}

/** The flow a series of a booked metric belongs to, or why it has none; oddities are noted in coverage. */
export function placeSeries(
  series: LabelledSeries,
  metric: MetricIndex,
  mesh: MeshNames,
  flows: FlowIndex,
  coverage: Coverage,
  checkpoint: Checkpoint,
): number {
  const placed = classify(series.labels, BOOKED[metric].layer, mesh)
  if (placed.kind === 'unclassified') {
    const example = [...series.labels].map(([name, value]) => `${name}=${value}`).join(' ')
    checkpoint.unclassifiedExample = example.slice(0, 1000)
    return UNCLASSIFIED
  }
  if (placed.kind !== 'flow') return UNBOOKED
  const { quarantined } = placed
  if (quarantined !== null) {
    const { quarantinedHosts } = coverage
    const kept = quarantinedHosts.some(({ placeholder }) => placeholder === quarantined.placeholder)
    if (!kept) coverage.quarantinedCount++
    if (!kept && quarantinedHosts.length < QUARANTINE_KEPT) quarantinedHosts.push(quarantined)
  }
  return flows.indexOf(placed.flow)
}
