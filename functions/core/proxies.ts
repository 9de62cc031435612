/**
 * Proxies: the processes that count, and when each of them started. Envoy's counters are born at zero, so what a process
 * that started after the last scrape has counted is all new, and so is a new series of one that was there at that scrape.
 */
import type { Checkpoint, MeshProxy } from '#core/checkpoint.ts'
import { isUsable, type ProcessStart } from '#core/delta.ts'
import { UP_METRIC, UPTIME_METRIC } from '#core/metric.ts'
import { metricOf, type Reading } from '#core/reading.ts'

/** Uptime is in whole seconds, set at a flush, so one process' starts are read up to some 6 s apart. */
const SAME_PROCESS_MS = 15_000

const UNKNOWN_START: ProcessStart = { before: null, now: null }

/** True when what is remembered of a proxy is of the process that started then; all in ms, `then` since epoch. */
export function sameStart({ start, startSeenAt }: MeshProxy, then: number, clocksApart = 0): boolean {
  return startSeenAt > 0 && Math.abs(then - start) <= SAME_PROCESS_MS + clocksApart
}

/** True when this very process was there at the last good scrape; times in ms since epoch. */
export function sameProcess(known: MeshProxy, startNow: number | null, lastScrape: number): boolean {
  if (startNow === null) return known.seenAt === lastScrape
  return known.startSeenAt === lastScrape && startNow - known.start <= SAME_PROCESS_MS
}

/** The checkpoint's proxies and, beside what is remembered of them, what a reading says. -1 stands for no proxy. */
export class Proxies {
  readonly ofUnknown: Int32Array // by row of the reading's unknown series
  private readonly known: MeshProxy[]
  private readonly lastScrape: number
  private readonly startNow: (number | null)[] // by proxy, ms since epoch
  private readonly present: Uint8Array // by proxy; 1 when the reading has anything it counted

  /** Appends proxies the checkpoint has not met. */
  constructor(checkpoint: Checkpoint, reading: Reading) {
    this.known = checkpoint.proxies
    this.lastScrape = checkpoint.watermark
    const byKey = new Map(this.known.map(({ key }, index) => [key, index]))
    const { unknown, proxies } = reading.newcomers
    const met = proxies.map(
      (key) => byKey.get(key) ?? this.known.push({ key, start: 0, startSeenAt: 0, seenAt: 0 }) - 1,
    )
    this.ofUnknown = unknown.columns.proxy.subarray(0, unknown.size).map((proxy) => (proxy < 0 ? -1 : met[proxy]))
    this.startNow = this.known.map(() => null)
    this.present = new Uint8Array(this.known.length)
    const { proxy: proxyOfRow } = checkpoint.series.columns
    for (let i = 0; i < reading.size; i++) {
      const proxy = reading.row[i] >= 0 ? proxyOfRow[reading.row[i]] : this.ofUnknown[reading.fresh[i]]
      if (proxy < 0) continue
      const metric = metricOf(reading, checkpoint.series, i)
      // An `up` of 0 says that Prometheus looked for it and found nobody.
      if (metric !== UP_METRIC || reading.value[i] !== 0) this.present[proxy] = 1
      if (metric !== UPTIME_METRIC || !isUsable(reading.value[i])) continue
      this.startNow[proxy] = reading.time[i] - reading.value[i] * 1000
    }
  }

  /** When the proxy's process started, as remembered and as read now. */
  startOf(proxy: number): ProcessStart {
    if (proxy < 0) return UNKNOWN_START
    const { start, startSeenAt } = this.known[proxy]
    return { before: startSeenAt > 0 ? start : null, now: this.startNow[proxy] }
  }

  /** True when the proxy's process of now was there at the last good scrape. */
  wasThere(proxy: number): boolean {
    return proxy >= 0 && sameProcess(this.known[proxy], this.startNow[proxy], this.lastScrape)
  }

  /** Notes in the checkpoint who was there at the reading's watermark, and who started when. */
  remember(watermark: number): void {
    this.known.forEach((known, index) => {
      if (this.present[index] === 1) known.seenAt = watermark
    })
    this.startNow.forEach((start, index) => {
      if (start === null) return
      const known = this.known[index]
      if (known.startSeenAt === 0 || start - known.start > SAME_PROCESS_MS) known.start = start
      known.startSeenAt = watermark
    })
  }
}
