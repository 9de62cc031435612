/**
 * When Prometheus itself looks: every 15 s at each target, at a phase of the target's own, from shortly after the pod's
 * birth to its death. What a proxy counts after the last look before its end is never known to anyone.
 */
import type { Life, Pod } from './lifecycle.ts'
import { mix } from './random.ts'
import { instant, type Outage } from './world.ts'

// Taken out of Math once: in a context of its own, as tests run in, each look at a global costs more than the sum.
const { floor, min } = Math

export const INTERVAL_MS = 15_000
export const LOOKBACK_MS = 300_000 // how long a sample stays current when nothing says that it is stale
const DISCOVERY_MS = 5_000 // from a pod's birth until Prometheus knows it

/** A half-open span of time, ms since epoch. */
export interface Span {
  from: number
  until: number
}

export function spans(outages: readonly Outage[]): Span[] {
  return outages.map(({ from, until }) => ({ from: instant(from), until: instant(until) }))
}

export function within(outages: readonly Span[], time: number): boolean {
  for (const outage of outages) if (time >= outage.from && time < outage.until) return true
  return false
}

/** The time of the newest look at a target at or before an instant, or -1; the target may have been down. */
export function lookAtOrBefore(pod: Pod, outages: readonly Span[], time: number): number {
  const phase = mix(pod.seed, 9) % INTERVAL_MS
  let look = floorTo(time, phase)
  for (const outage of outages) {
    if (look >= outage.from && look < outage.until) look = floorTo(outage.from - 1, phase)
  }
  return look >= pod.born + DISCOVERY_MS ? look : -1
}

/** The time of the newest sample of a life at or before an instant, or -1. */
export function sampleOfLife(pod: Pod, life: Life, outages: readonly Span[], time: number): number {
  const look = lookAtOrBefore(pod, outages, min(time, life.end - 1))
  return look >= life.start ? look : -1
}

/** The life of a pod's proxy that an instant falls into, by its number, or -1. */
export function lifeAt(pod: Pod, time: number): number {
  for (let i = 0; i < pod.lives.length; i++) if (time >= pod.lives[i].start && time < pod.lives[i].end) return i
  return -1
}

function floorTo(time: number, phase: number): number {
  return floor((time - phase) / INTERVAL_MS) * INTERVAL_MS + phase
}
