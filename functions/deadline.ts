/** Deadline: a scrape that ends before the function does. Its time is cut off from outside, mid-way and without a word. */
import { setTimeout } from 'node:timers/promises'
import type { Target } from '#core/target.ts'
import { type Prometheus, prometheusOf } from './prometheus.ts'

const QUESTION_MS = 30_000 // at most; one that takes longer will not be answered
const LEAST_MS = 500 // in less, nothing is answered

/**
 * The Prometheus behind a target's url, asked only while `remainingMs` is left and never for longer. Filling a gap takes
 * hundreds of questions: when there is no time for the next one, it fails, and the scrape commits what it has.
 */
export function prometheusWithin(target: Target, remainingMs: () => number): Prometheus {
  const inTime = (): Prometheus => {
    const left = remainingMs()
    if (left < LEAST_MS) {
      throw new Error(`scrape ${target.name}: no time is left to ask Prometheus; see how long its answers take`)
    }
    return prometheusOf(target, { timeoutMs: Math.min(QUESTION_MS, left) })
  }
  return {
    federate: async (selectors) => inTime().federate(selectors),
    queryInstant: async (expression, timeMs) => inTime().queryInstant(expression, timeMs),
    queryRange: async (rangeSelector, timeMs) => inTime().queryRange(rangeSelector, timeMs),
  }
}

/** What the work yields, or an error with this sentence when it takes longer; it is then left to end unheard. */
export async function within<T>(milliseconds: number, work: Promise<T>, sentence: string): Promise<T> {
  const timer = new AbortController()
  const expiry = setTimeout(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new Error(sentence)
  })
  try {
    return await Promise.race([work, expiry])
  } finally {
    timer.abort()
  }
}
