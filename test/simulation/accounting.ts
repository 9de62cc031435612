/**
 * An accounting of one target, independent of the code it is held against: what committed bodies, replays, tails and peaks
 * show of each counter, summed by flow and measure, and how much time lay between them. Counters are known here by who counts, so
 * that neither labels nor starts nor resets need to be guessed.
 */
import type { Checkpoint } from '#core/checkpoint.ts'
import type { Coverage } from '#core/coverage.ts'
import { COUNTED, type Counted, type FlowRow } from '#core/flow.ts'
import { HOUR_MS, hourOf } from '#core/time.ts'
import { CHUNK_SELECTORS, type Chunk, type Told } from './endpoint.ts'
import { type Counter, flowName, PROMETHEUS_INTERVAL_MS } from './mesh.ts'
import type { RawAnswer, Seen } from './prometheus.ts'

/** What was seen of a counter last. */
export interface Account {
  counter: Counter
  first: number // its value when it was first seen
  value: number
  time: number // ms since epoch, of the sample
  baseline: number // of the first body, which books nothing
  shown: boolean // by a body or a tail; false while only a peak told of it
  tailedAt: number // watermark at which its tail was told last; 0 when never
}

/** Sums of a ledger, or of what it should hold. */
export class Amounts {
  readonly #sums = new Map<string, number>()

  add(flow: string, measure: Counted, amount: number): void {
    const key = `${measure} of ${flow}`
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + amount)
  }

  addRow(row: FlowRow): void {
    const flow = flowName(row)
    for (const measure of COUNTED) if (row[measure] !== 0) this.add(flow, measure, row[measure])
  }

  addAll(other: Amounts): void {
    for (const [key, amount] of other.#sums) this.#sums.set(key, (this.#sums.get(key) ?? 0) + amount)
  }

  of(key: string): number {
    return this.#sums.get(key) ?? 0
  }

  get keys(): IterableIterator<string> {
    return this.#sums.keys()
  }

  total(measure: Counted): number {
    let total = 0
    for (const [key, amount] of this.#sums) if (key.startsWith(`${measure} of `)) total += amount
    return total
  }
}

const LOOKBACK_MS = 300_000

export class Accounting {
  readonly accounts = new Map<number, Account>()
  readonly visible = new Amounts() // since the baseline
  readonly unaccountable = new Amounts() // visible, but no ledger could tell
  readonly observedMs = new Map<number, number>() // by hour
  baselineAt = 0 // watermark of the first body, ms since epoch
  watermark = 0
  readonly #intervalMs: number
  readonly #relabelled: boolean
  readonly #lastOf = new Map<string, Account>() // by what survives a relabelling

  /** `relabelled`: targets get other labels on the way. */
  constructor(intervalMs: number, relabelled: boolean) {
    this.#intervalMs = intervalMs
    this.#relabelled = relabelled
  }

  /** Takes in what a process was told whose commit was done. */
  commit({ body, chunks, tails, peaks }: Told): void {
    if (body === null) throw new Error('a scrape committed that was told nothing')
    if (this.watermark > 0 && this.#isGap(body.watermark)) this.#replay(chunks, body.watermark)
    if (this.watermark === 0) {
      this.baselineAt = body.watermark
      for (const { counter, time, value } of body.seen) this.#open(counter, time, value, value)
    } else {
      for (const seen of body.seen) this.#see(seen, 'body')
      this.#observe(body.watermark)
    }
    this.watermark = body.watermark
    for (const seen of peaks ?? []) this.#seePeak(seen)
    for (const seen of tails ?? []) this.#see(seen, 'tail')
  }

  #isGap(watermark: number): boolean {
    return watermark - this.watermark > 2 * this.#intervalMs + PROMETHEUS_INTERVAL_MS
  }

  /** Every interval of a chunk shows what a body would have shown, but for the marks of staleness. */
  #replay(chunks: readonly Chunk[], end: number): void {
    let from = this.watermark
    for (const { to, raw, selectors } of chunks) {
      if (selectors < CHUNK_SELECTORS) break
      const last = to < end ? to + 1 : end
      for (let moment = from + this.#intervalMs; moment < last; moment += this.#intervalMs) {
        const seen: Seen[] = []
        let watermark = 0
        for (const { answer, counters } of raw) {
          const index = answer.samples.findLastIndex(({ timeMs }) => timeMs <= moment)
          const sample = answer.samples[index]
          if (sample === undefined || sample.timeMs <= moment - LOOKBACK_MS) continue
          if (counters !== null) seen.push({ counter: counters[index], time: sample.timeMs, value: sample.value })
          else if (answer.labels.__name__ === 'up') watermark = Math.max(watermark, sample.timeMs)
        }
        if (watermark <= this.watermark) continue
        // What is older may be the ghost of a series whose tail was booked.
        for (const one of seen) if (one.time > this.watermark) this.#see(one, 'body')
        for (const one of this.#peaksIn(raw, watermark)) this.#seePeak(one)
        this.#observe(watermark)
        this.watermark = watermark
      }
      from = to
    }
  }

  #observe(to: number): void {
    const from = this.watermark
    if (this.#isGap(to)) return
    for (let hour = hourOf(from); hour < to; hour += HOUR_MS) {
      const within = Math.min(to, hour + HOUR_MS) - Math.max(from, hour)
      this.observedMs.set(hour, (this.observedMs.get(hour) ?? 0) + within)
    }
  }

  #open(counter: Counter, time: number, value: number, baseline: number): Account {
    const account = { counter, first: value, value, time, baseline, shown: true, tailedAt: 0 }
    this.accounts.set(counter.id, account)
    this.#lastOf.set(identityOf(counter), account)
    return account
  }

  #see({ counter, time, value }: Seen, by: 'body' | 'tail' | 'peak'): void {
    const known = this.accounts.get(counter.id)
    if (known === undefined) {
      const before = this.#lastOf.get(identityOf(counter))
      const account = this.#open(counter, time, value, 0)
      if (by === 'tail') account.tailedAt = this.watermark
      this.#add(this.visible, counter, value)
      // Where nothing tells its process from the one before it, a counter that has grown past that one's is booked less it.
      // And one that only a tail shows, while its namesake lives, may be that one under the labels it had before.
      if (before !== undefined)
        this.#add(this.unaccountable, counter, by === 'body' ? Math.min(value, before.value) : value)
      return
    }
    const { tailedAt } = known
    if (by === 'tail') known.tailedAt = this.watermark
    if (by !== 'peak') known.shown = true
    if (time <= known.time || value <= known.value) return
    // Of a series that died under two label sets the tail of one is booked, and which of them, nothing tells. And what another
    // replica had scraped by the time a tail was told may be of a process before that one, whose value is booked.
    const untold = (by !== 'body' && this.#relabelled) || (by === 'peak' && time <= tailedAt)
    if (untold) this.#add(this.unaccountable, counter, value - known.value)
    this.#add(this.visible, counter, value - known.value)
    known.time = time
    known.value = value
  }

  /** The greatest value of a label set that has begun again. Of a process nobody has seen it tells too little to be told. */
  #seePeak(seen: Seen): void {
    if (this.accounts.has(seen.counter.id)) {
      this.#see(seen, 'peak')
      return
    }
    this.#open(seen.counter, seen.time, seen.value, 0).shown = false
    this.#add(this.visible, seen.counter, seen.value)
    this.#add(this.unaccountable, seen.counter, seen.value)
  }

  /** Of every label set that has a smaller value by then, the greatest raw sample that is not accounted for. */
  #peaksIn(raw: readonly RawAnswer[], to: number): Seen[] {
    return raw.flatMap(({ answer, counters }) => {
      if (counters === null) return []
      const samples = answer.samples
        .map(({ timeMs: time, value }, index): Seen => ({ counter: counters[index], time, value }))
        .filter(({ counter, time }) => time <= to && time > (this.accounts.get(counter.id)?.time ?? this.watermark))
      const newest = answer.samples.findLast(({ timeMs }) => timeMs <= to)
      const most = samples.reduce<Seen | null>((one, other) => (other.value > (one?.value ?? 0) ? other : one), null)
      return most !== null && newest !== undefined && most.value > newest.value ? [most] : []
    })
  }

  #add(amounts: Amounts, { flow, measure, blocked }: Counter, amount: number): void {
    if (flow === null || (blocked && measure.endsWith('Bytes'))) return
    amounts.add(flow, measure, amount)
  }
}

/** What survives a relabelling: the call and the pod's name. */
function identityOf({ metric, labels, process }: Counter): string {
  const { tenant: _, ...call } = labels
  return `${metric} ${process.pod.name} ${JSON.stringify(call)}`
}

/** The open hours of a checkpoint, as sums and as the amounts it says it did not book. */
export function openAmounts({ hours, flows }: Checkpoint): { booked: Amounts; coverages: Coverage[] } {
  const booked = new Amounts()
  for (const { rows } of hours.hours) {
    for (const [flow, measures] of rows) booked.addRow({ ...flows[flow], ...measures })
  }
  return { booked, coverages: hours.hours.map(({ coverage }) => coverage) }
}
