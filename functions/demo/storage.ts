/**
 * What Prometheus has in store: all series of a world, found by hour, and their samples. Nothing is kept but the series
 * themselves, since every value can be computed for any instant.
 */
import type { Pod } from './lifecycle.ts'
import { LOOKBACK_MS, lookAtOrBefore, type Span } from './scrapes.ts'
import { type Series, seriesOf, valueAt } from './series.ts'
import type { World } from './world.ts'

export interface Sample {
  time: number // ms since epoch
  value: number
}

const HOUR = 3_600_000
const SLACK_MS = 60_000 // a series is still found for this long after its pod died
const KEPT_HOURS = 8

export class Storage {
  readonly #world: World
  readonly #outages: readonly Span[]
  readonly #podsByHour = new Map<number, Pod[]>()
  readonly #seriesByPod = new Map<Pod, Series[]>()
  readonly #hours = new Map<number, Series[]>()

  constructor(world: World, pods: readonly Pod[], prometheusOutages: readonly Span[]) {
    this.#world = world
    this.#outages = prometheusOutages
    for (const pod of pods) {
      for (let hour = Math.floor(pod.born / HOUR); hour <= lastHour(pod); hour++) {
        const there = this.#podsByHour.get(hour)
        if (there === undefined) this.#podsByHour.set(hour, [pod])
        else there.push(pod)
      }
    }
  }

  /** The series of every pod that lives in an hour (counted from 1970), by name, then by labels. */
  hour(hour: number): Series[] {
    const known = this.#hours.get(hour)
    if (known !== undefined) return known
    const pods = this.#podsByHour.get(hour) ?? []
    // Most series were there an hour ago, in order: what is left to sort is little.
    const before = (this.#hours.get(hour - 1) ?? []).filter((each) => lastHour(each.pod) >= hour)
    const there = new Set(before.map((each) => each.pod))
    const born = pods.filter((pod) => !there.has(pod)).flatMap((pod) => this.#series(pod))
    const series = [...before, ...born.sort(byNameAndLabels)].sort(byNameAndLabels)
    if (this.#hours.size >= KEPT_HOURS) this.#forget(this.#hours.keys().next().value!)
    this.#hours.set(hour, series)
    return series
  }

  /** Drops an hour, and the series of pods that died in it: they can be made again. */
  #forget(hour: number): void {
    this.#hours.delete(hour)
    for (const pod of this.#podsByHour.get(hour) ?? []) if (lastHour(pod) === hour) this.#seriesByPod.delete(pod)
  }

  /** The series that can have samples in (from, until]. */
  between(from: number, until: number): Series[] {
    const first = Math.floor(from / HOUR)
    const last = Math.floor(until / HOUR)
    if (first === last) return this.hour(last)
    const series = [...this.hour(first)]
    for (let hour = first + 1; hour <= last; hour++) {
      for (const each of this.hour(hour)) if (Math.floor(each.pod.born / HOUR) === hour) series.push(each)
    }
    return series
  }

  #series(pod: Pod): Series[] {
    let series = this.#seriesByPod.get(pod)
    if (series === undefined) {
      series = seriesOf(this.#world, pod)
      this.#seriesByPod.set(pod, series)
    }
    return series
  }

  /** The newest sample at an instant, unless it is stale or older than five minutes; null: there is none. */
  newest(series: Series, time: number): Sample | null {
    const look = this.look(series.pod, time)
    if (look === -1) return null
    const value = valueAt(series, look)
    return Number.isNaN(value) ? null : { time: look, value }
  }

  /** The time of the newest look at a pod that still counts at an instant, or -1. */
  look(pod: Pod, time: number): number {
    const look = lookAtOrBefore(pod, this.#outages, time)
    return look < pod.died && look >= time - LOOKBACK_MS ? look : -1
  }

  /** The last sample in (from, until], stale by then or not; null: there is none. */
  last(series: Series, from: number, until: number): Sample | null {
    let look = lookAtOrBefore(series.pod, this.#outages, Math.min(until, series.pod.died - 1))
    for (; look > from; look = lookAtOrBefore(series.pod, this.#outages, look - 1)) {
      const value = valueAt(series, look)
      if (!Number.isNaN(value)) return { time: look, value }
      if (series.pod.lives.length === 1 && look < series.pod.lives[0].end) return null // nothing was counted before
    }
    return null
  }

  /** All samples in (from, until], oldest first. */
  samples(series: Series, from: number, until: number): Sample[] {
    const found: Sample[] = []
    let look = lookAtOrBefore(series.pod, this.#outages, Math.min(until, series.pod.died - 1))
    while (look > from) {
      const value = valueAt(series, look)
      if (!Number.isNaN(value)) found.push({ time: look, value })
      look = lookAtOrBefore(series.pod, this.#outages, look - 1)
    }
    return found.reverse()
  }
}

/** The last hour (counted from 1970) in which a pod's series can be found. */
function lastHour(pod: Pod): number {
  return Math.floor((pod.died + SLACK_MS) / HOUR)
}

function byNameAndLabels(a: Series, b: Series): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}
