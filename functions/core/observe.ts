/**
 * Observing: one reading of a target taken into its checkpoint. Every rule that decides what a sample adds is in delta.ts;
 * here is the order in which they are asked, and what is remembered for the next time.
 *
 *  1. the watermark is the newest `up` sample; a reading without one, or from the past, or from the future, is refused
 *  2. processes: who started when
 *  3. series that only changed their labels go on where they were
 *  4. known series continue, unknown ones are born, missing ones vanish; restarts are told, as somebody may know more
 *  5. the hours between the last watermark and this one were observed, or were a gap
 */
import { Bookings } from '#core/bookings.ts'
import type { Checkpoint } from '#core/checkpoint.ts'
import type { MeshNames } from '#core/classify.ts'
import type { Coverage } from '#core/coverage.ts'
import {
  bearSeries,
  CLOCKS_APART_MS,
  continueSeries,
  type Delta,
  isUsable,
  mayBeEarlier,
  type Sample,
  wholeValue,
} from '#core/delta.ts'
import { isGap, type ScrapeIntervals } from '#core/gap.ts'
import { OpenHours } from '#core/hours.ts'
import { BOOKED, UP_METRIC } from '#core/metric.ts'
import { isFolded } from '#core/overflow.ts'
import { Placement } from '#core/placement.ts'
import { Proxies } from '#core/proxies.ts'
import { metricOf, type Reading } from '#core/reading.ts'
import { matchRelabelled, type Relabelled } from '#core/relabelling.ts'
import type { Restart } from '#core/restarts.ts'
import { retain } from '#core/retention.ts'
import { SeriesTable, UNBOOKED, UNCLASSIFIED } from '#core/series.ts'
import { hourOf } from '#core/time.ts'
import { nextWatermark } from '#core/watermark.ts'

export interface ObserveSettings extends ScrapeIntervals {
  mesh: MeshNames
  tails: boolean
  selectors: string // hash of what is asked for, and of the mesh names that place it
  gapReason: string // of the last failure since the last good scrape; '' when nobody told
  foldBeyond?: number // series, beyond which flows that are new are folded; default: never
}

const LAG_MS = 5 * 60_000
/** So far back do tails reach, and does a process pass for new when nothing is remembered of it. */
const YOUNG_MS = 5 * 60_000
/** Why the time before a baseline is a gap. */
const NOT_YET = 'before the first scrape of this chain'

/**
 * Takes a reading into the checkpoint, in place, and gives the restarts it shows. The first reading of all is the baseline:
 * it books nothing. Gives null, and changes nothing, when the reading is the last one over again. Throws one sentence, begun
 * by `where`, when it must be refused.
 */
export function observe(
  checkpoint: Checkpoint,
  reading: Reading,
  settings: ObserveSettings,
  where: string,
): Restart[] | null {
  const watermark = nextWatermark(checkpoint, reading, where)
  if (watermark === null) return null
  const first = checkpoint.seq === 0
  if (first && checkpoint.head === null) checkpoint.hours = new OpenHours(hourOf(watermark))
  const observation = new Observation(checkpoint, reading, settings, watermark, first)
  observation.run()
  return observation.restarts
}

class Observation {
  readonly restarts: Restart[] = []
  private readonly checkpoint: Checkpoint
  private readonly reading: Reading
  private readonly settings: ObserveSettings
  private readonly watermark: number
  private readonly first: boolean
  private readonly recent: boolean // the last scrape is no gap away
  private readonly before: SeriesTable
  private readonly after: SeriesTable
  private readonly coverage: Coverage // of the hour the watermark lies in
  private readonly proxies: Proxies
  private readonly placement: Placement
  private readonly entered: Int32Array // by flow of the newcomers: its number in the checkpoint, -1 while it has none
  private readonly bookings: Bookings
  private readonly liveMetrics: ReadonlySet<number> // that some series had at the last scrape

  constructor(checkpoint: Checkpoint, reading: Reading, settings: ObserveSettings, watermark: number, first: boolean) {
    this.checkpoint = checkpoint
    this.reading = reading
    this.settings = settings
    this.watermark = watermark
    this.first = first
    this.recent = !first && !isGap(checkpoint.watermark, watermark, settings)
    this.before = checkpoint.series
    this.after = new SeriesTable(Math.max(64, this.before.size + reading.newcomers.unknown.size))
    this.coverage = checkpoint.hours.at(watermark).coverage
    this.proxies = new Proxies(checkpoint, reading)
    this.placement = new Placement(checkpoint, settings.mesh, this.coverage)
    this.entered = new Int32Array(reading.newcomers.flows.length).fill(-1)
    this.bookings = new Bookings(checkpoint, this.after, settings, false)
    this.liveMetrics = liveMetrics(this.before)
  }

  run(): void {
    const { checkpoint, reading, before, after, coverage, watermark } = this
    const seen = new Uint8Array(before.size)
    const shown = new Int32Array(before.size).fill(-1) // by row: its sample
    const sampleOf = new Int32Array(reading.newcomers.unknown.size)
    const returned: number[] = []
    for (let i = 0; i < reading.size; i++) {
      const row = reading.row[i]
      if (row < 0) sampleOf[reading.fresh[i]] = i
      else {
        seen[row] = 1
        shown[row] = i
        if (this.returns(row, i)) returned.push(row)
      }
    }
    const relabelled = matchRelabelled(reading.newcomers.unknown, before, {
      returned,
      shown: (row) => (shown[row] < 0 ? null : this.sampleOf(shown[row])),
      sampleOf: (unknown) => this.sampleOf(sampleOf[unknown]),
      startOf: (proxy, time) => this.startOf(proxy, time),
      proxyOf: (unknown) => this.proxies.ofUnknown[unknown],
    })
    const carried = new Set<number>()
    for (const row of [...relabelled.unknown.values(), ...relabelled.returned.values()]) {
      if (typeof row !== 'number') continue
      carried.add(row)
      seen[row] = 1
    }

    const { foldBeyond = Number.POSITIVE_INFINITY } = this.settings
    let room = foldBeyond - (reading.size - reading.newcomers.unknown.size) // for unknown series, after the known
    let lagging = 0
    for (let i = 0; i < reading.size; i++) {
      const row = reading.row[i]
      const fresh = reading.fresh[i]
      if (metricOf(reading, before, i) === UP_METRIC && reading.time[i] < watermark - LAG_MS) lagging++
      // A ghost's own line is what its series was before it went on under other labels.
      if (row >= 0) carried.has(row) || this.addKnown(row, relabelled.returned.get(row), i)
      else if (relabelled.unknown.get(fresh) !== 'ghost') {
        this.placement.folding = room-- <= 0
        this.addFresh(fresh, relabelled.unknown.get(fresh), i)
      }
    }
    this.countLive()
    this.vanish(seen)
    this.proxies.remember(watermark)

    coverage.scrapes++
    coverage.skippedLines += reading.skippedLines
    coverage.laggingTargets = Math.max(coverage.laggingTargets, lagging)
    this.cover()
    if (!reading.knowsUps && reading.ups.length > 0) checkpoint.externalLabels = null
    checkpoint.series = after
    checkpoint.watermark = watermark
    if (checkpoint.selectors !== this.settings.selectors || this.first) {
      checkpoint.selectors = this.settings.selectors
      checkpoint.selectorsSince = watermark
    }
  }

  private sampleOf(i: number): Sample {
    return { time: this.reading.time[i], value: this.reading.value[i] }
  }

  /**
   * True when a row had vanished and is there again. In a replay, what was dead at the last scrape is shown for five minutes
   * more; its tail may be booked already.
   */
  private returns(row: number, i: number): boolean {
    return this.before.columns.vanishedAt[row] !== 0 && this.reading.time[i] > this.checkpoint.watermark
  }

  private addKnown(row: number, relabelled: Relabelled | undefined, i: number): void {
    const { after, before } = this
    if (typeof relabelled === 'number') {
      this.carry(relabelled, before, row, before.columns.proxy[row], i)
      return
    }
    const copy = after.copy(before, row)
    if (relabelled === 'ghost' || (before.columns.vanishedAt[row] !== 0 && !this.returns(row, i))) return
    // What it counted while it was away may have been booked under other labels.
    if (relabelled === 'ambiguous') after.columns.value[copy] = Number.NaN
    const told = this.restarts.length
    this.continueRow(copy, i)
    if (relabelled === 'successor') this.restarts.length = told // nor is asked what the one before it had reached
  }

  /**
   * A series goes on where a row was, under the labels that another table has of it. While its value may be an earlier one,
   * the row stays as it is: a smaller value under the same labels proves that a counter began again.
   */
  private carry(past: number, { columns }: SeriesTable, at: number, proxy: number, i: number): void {
    const { after } = this
    const row = after.copy(this.before, past)
    const { time, value } = after.columns
    if (mayBeEarlier({ time: time[row], value: value[row] }, this.sampleOf(i))) return
    after.relabel(row, { lo: columns.lo[at], hi: columns.hi[at], length: columns.length[at] })
    after.columns.proxy[row] = proxy
    this.coverage.carriedSeries++
    this.continueRow(row, i, CLOCKS_APART_MS)
  }

  private continueRow(row: number, i: number, clocksApart = 0): void {
    const { columns } = this.after
    const { reading } = this
    const vanishedAt = columns.vanishedAt[row]
    columns.vanishedAt[row] = 0
    columns.tailedAt[row] = 0
    if (reading.row[i] >= 0 && reading.fresh[i] >= 0 && columns.metric[row] < BOOKED.length) {
      this.placeAgain(row, reading.fresh[i])
    }
    if (columns.flow[row] < 0) return
    const sample = this.sampleOf(i)
    if (!isUsable(sample.value)) {
      this.coverage.skippedSamples++
      return
    }
    if (Number.isNaN(columns.value[row])) {
      this.beginRow(row, i)
      return
    }
    const previous = { time: columns.time[row], value: columns.value[row] }
    const delta = continueSeries(previous, sample, this.proxies.startOf(columns.proxy[row]), clocksApart)
    if (delta.basis === 'nothing') return
    if (delta.basis === 'reset') this.restart(row, { previous, sample, began: delta.from }, vanishedAt)
    this.book(row, delta, sample.time)
    columns.time[row] = sample.time
    columns.value[row] = delta.basis === 'difference' ? Math.max(previous.value, sample.value) : sample.value
  }

  /** Tells of a row whose counter began again. What the one before it went on to count is unseen, unless somebody knows. */
  private restart(row: number, lives: Pick<Restart, 'previous' | 'sample' | 'began'>, vanishedAt: number): void {
    const { previous, began } = lives
    const { tailedThrough } = this.checkpoint
    const { prometheusIntervalMs } = this.settings
    const rate = this.after.columns.rate[row]
    const tailed = vanishedAt !== 0 && vanishedAt <= tailedThrough
    const settledThrough = tailed ? Math.max(previous.time, tailedThrough) : previous.time
    const unseen = this.estimateUnseen(row, began > previous.time ? began - previous.time : prometheusIntervalMs / 2)
    this.coverage.resets++
    this.restarts.push({ row, ...lives, settledThrough, rate, unseen })
  }

  /** Under other mesh names a series may be another flow; one that was not booked till now begins here. */
  private placeAgain(row: number, restated: number): void {
    const { columns } = this.after
    const { flow, identityLo, identityHi } = this.reading.newcomers.restated.columns
    const unbooked = columns.flow[row] < 0
    const { foldBeyond = Number.POSITIVE_INFINITY } = this.settings
    const folded = !unbooked && isFolded(this.checkpoint.flows[columns.flow[row]])
    this.placement.folding = folded && this.reading.size > foldBeyond
    columns.flow[row] = this.flowOf(flow[restated])
    if (unbooked) columns.value[row] = Number.NaN
    if (columns.flow[row] < 0) return
    columns.identityLo[row] = identityLo[restated]
    columns.identityHi[row] = identityHi[restated]
  }

  /** A row's first value that counts from here on and is not booked, since it may be old. */
  private beginRow(row: number, i: number): void {
    const { columns } = this.after
    columns.time[row] = this.reading.time[i]
    columns.value[row] = this.reading.value[i]
    this.coverage.baselineSeries++
    this.bookings.note(this.coverage.baseline, row, wholeValue(this.reading.value[i]))
  }

  private addFresh(fresh: number, relabelled: Relabelled | undefined, i: number): void {
    const { after } = this
    const { unknown } = this.reading.newcomers
    const { flow, metric } = unknown.columns
    const proxy = this.proxies.ofUnknown[fresh]
    if (typeof relabelled === 'number') {
      this.carry(relabelled, unknown, fresh, proxy, i)
      return
    }
    const row = after.copy(unknown, fresh)
    after.columns.flow[row] = metric[fresh] < BOOKED.length ? this.flowOf(flow[fresh]) : UNBOOKED
    after.columns.proxy[row] = proxy
    if (!isUsable(after.columns.value[row])) after.columns.value[row] = Number.NaN
    if (after.columns.flow[row] >= 0) this.bearRow(row, relabelled === undefined, i)
  }

  private bearRow(row: number, unambiguous: boolean, i: number): void {
    const { checkpoint, coverage, proxies, first } = this
    const { metric, proxy } = this.after.columns
    const sample = this.sampleOf(i)
    const usable = isUsable(sample.value)
    if (!first) coverage.births++
    if (!usable) coverage.skippedSamples++
    if (!usable || first) return
    // Raw samples have no marks of staleness: a replay shows for five minutes what was dead at the scrape before it.
    const start = this.startOf(proxy[row], sample.time)
    const ofThisProcess = proxies.startOf(proxy[row]).now === start
    const newer = sample.time > checkpoint.watermark
    const sameSelectors = checkpoint.selectors === this.settings.selectors
    const delta = bearSeries({
      sample,
      lastScrape: checkpoint.watermark,
      recent: this.recent,
      processStart: start,
      processSeen: proxies.wasThere(proxy[row]),
      expected: unambiguous && newer && sameSelectors && ofThisProcess,
      metricSeen: this.liveMetrics.has(metric[row]),
    })
    if (delta.basis === 'baseline') {
      this.beginRow(row, i)
      return
    }
    if (delta.basis === 'assumed') coverage.assumedSeries++
    this.book(row, delta, sample.time)
  }

  /** When the process of a sample started, null when not known: one that started later is not the one that counted. */
  private startOf(proxy: number, time: number): number | null {
    const { now } = this.proxies.startOf(proxy)
    return now === null || now > time ? null : now
  }

  private book(row: number, delta: Delta, to: number): void {
    this.bookings.book(row, delta, to)
    this.after.columns.rate[row] = to > delta.from ? delta.amount / (to - delta.from) : 0
  }

  /** Declares what a series went on counting, unseen, for that long at its last rate; gives the amount. */
  private estimateUnseen(row: number, ms: number): number {
    const amount = Math.round(this.after.columns.rate[row] * ms)
    this.bookings.note(this.coverage.unseen, row, amount)
    return amount
  }

  /** The checkpoint's number of a flow of the newcomers, which is entered when it is first needed; a mark as it is. */
  private flowOf(placed: number): number {
    const { flows, unclassifiedExample } = this.reading.newcomers
    if (placed === UNCLASSIFIED) this.checkpoint.unclassifiedExample = unclassifiedExample
    if (placed < 0) return placed
    if (this.entered[placed] < 0) this.entered[placed] = this.placement.enter(flows[placed])
    return this.entered[placed]
  }

  private countLive(): void {
    const { flow } = this.after.columns
    const isFold = this.checkpoint.flows.map(isFolded)
    let booked = 0
    let folded = 0
    let unclassified = 0
    for (let row = 0; row < this.after.size; row++) {
      if (flow[row] >= 0) {
        booked++
        if (isFold[flow[row]]) folded++
      } else if (flow[row] === UNCLASSIFIED) unclassified++
    }
    this.coverage.series = booked
    this.coverage.foldedSeries = folded
    this.coverage.unclassifiedSeries = Math.max(this.coverage.unclassifiedSeries, unclassified)
    if (unclassified > 0) this.coverage.unclassifiedExample = this.checkpoint.unclassifiedExample
  }

  /** Takes over the states of booked series that are missing, as far as they are kept. */
  private vanish(seen: Uint8Array): void {
    const { before, after, watermark, coverage, checkpoint } = this
    const { tails, prometheusIntervalMs } = this.settings
    const { rows, evicted } = retain(before, seen, {
      watermark,
      neededSince: (tails ? checkpoint.tailedThrough : watermark) - YOUNG_MS,
      live: coverage.series,
    })
    coverage.evictedSeries += evicted
    for (const row of rows) {
      const copy = after.copy(before, row)
      const { vanishedAt, time } = after.columns
      if (vanishedAt[copy] !== 0) continue
      vanishedAt[copy] = watermark
      coverage.deaths++
      // It died at some moment since it was last seen: by Prometheus when its tail is asked for, by us when not.
      this.estimateUnseen(copy, tails ? prometheusIntervalMs / 2 : (watermark - time[copy]) / 2)
    }
  }

  /** Says of the time since the last watermark that it was observed, or that it was a gap. */
  private cover(): void {
    const { checkpoint, watermark } = this
    if (!this.first) {
      checkpoint.hours.cover(checkpoint.watermark, watermark, this.recent ? null : this.settings.gapReason)
      return
    }
    checkpoint.hours.cover(checkpoint.hours.closedThrough, watermark, NOT_YET)
    checkpoint.baseline = watermark
    checkpoint.tailedThrough = watermark
  }
}

function liveMetrics({ size, columns: { metric, vanishedAt } }: SeriesTable): Set<number> {
  const live = new Set<number>()
  for (let row = 0; row < size; row++) if (vanishedAt[row] === 0) live.add(metric[row])
  return live
}
