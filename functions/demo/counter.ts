/**
 * What one process counts of one kind of call: cumulative whole numbers, exact at every millisecond. Inside a five-minute
 * step they grow along a line; a step's increments are drawn once, from the seed and the step, and then kept.
 */
import { mix, unit } from './random.ts'
import { paceAt, type Rhythm } from './rhythm.ts'

// Taken out of Math once: in a context of its own, as tests run in, each look at a global costs more than the sum.
const { ceil, floor, max, min } = Math
const STEP_MS = 300_000
const STEPS_PER_HOUR = 12

export type Counted = 'count' | 'out' | 'in' | 'ms'
const COLUMN: Record<Counted, number> = { count: 0, out: 1, in: 2, ms: 3 }
const COLUMNS = 4

export interface Pace {
  perHour: number // requests or connections of one pod in the busiest hour of a weekday
  rhythm: Rhythm
  utcOffsetHours: number // by which the rhythm's day is shifted
  windows: readonly (readonly [number, number])[] // ms since epoch, half-open, on whole steps; none: always
  bytesOut: number // for each request or connection
  bytesIn: number
  ms: number // duration of a request
  flowing: boolean // bytes flow evenly through long connections, and not each time one is opened
  pool: number // connections opened at the very start
}

export class Counter {
  readonly start: number // ms since epoch
  readonly end: number // exclusive
  readonly #pace: Pace
  readonly #seed: number
  readonly #firstStep: number
  readonly #sums: Float64Array // at the beginning of each step, and once more at the end
  #filled = 0 // steps whose increments are known

  /** Counts from start to end at a pace; the same seed counts the same. */
  constructor(start: number, end: number, pace: Pace, seed: number) {
    this.start = start
    this.end = end
    this.#pace = pace
    this.#seed = seed
    this.#firstStep = floor(start / STEP_MS)
    const steps = max(0, ceil(end / STEP_MS) - this.#firstStep)
    this.#sums = new Float64Array((steps + 1) * COLUMNS)
    this.#sums[COLUMN.count] = pace.pool
  }

  /** The cumulative value at an instant (ms since epoch): 0 before the start, the last value from the end on. */
  at(counted: Counted, time: number): number {
    if (time < this.start || this.end <= this.start) return 0
    const instant = min(time, this.end)
    const step = min(floor(instant / STEP_MS), ceil(this.end / STEP_MS) - 1) - this.#firstStep
    this.#fill(step + 1)
    const row = step * COLUMNS
    const countBefore = this.#sums[row]
    const column = COLUMN[counted]
    const before = this.#sums[row + column]
    const increment = this.#sums[row + COLUMNS + column] - before
    if (increment === 0) return before
    const from = max(this.start, (this.#firstStep + step) * STEP_MS)
    const span = min(this.end, (this.#firstStep + step + 1) * STEP_MS) - from
    if (column === 0 || this.#pace.flowing) return before + floor((increment * (instant - from)) / span)
    // What a request carries is counted when the request is.
    const countIncrement = this.#sums[row + COLUMNS] - countBefore
    const counts = floor((countIncrement * (instant - from)) / span)
    return before + floor((increment * counts) / countIncrement)
  }

  #fill(steps: number): void {
    const pace = this.#pace
    for (; this.#filled < steps; this.#filled++) {
      const step = this.#firstStep + this.#filled
      const row = this.#filled * COLUMNS
      const sums = this.#sums
      for (let column = 0; column < COLUMNS; column++) sums[row + COLUMNS + column] = sums[row + column]
      if (!active(pace.windows, step * STEP_MS)) continue
      const draw = mix(this.#seed, step)
      const span = min(this.end, (step + 1) * STEP_MS) - max(this.start, step * STEP_MS)
      const expected =
        (pace.perHour *
          paceAt(pace.rhythm, step + pace.utcOffsetHours * STEPS_PER_HOUR) *
          (0.7 + 0.6 * unit(draw)) *
          span) /
        3_600_000
      const count = floor(expected + unit(mix(draw, 1)))
      const base = pace.flowing ? expected : count
      sums[row + COLUMNS] += count
      sums[row + COLUMNS + 1] += floor(base * pace.bytesOut * (0.8 + 0.4 * unit(mix(draw, 2))))
      sums[row + COLUMNS + 2] += floor(base * pace.bytesIn * (0.8 + 0.4 * unit(mix(draw, 3))))
      sums[row + COLUMNS + 3] += floor(base * pace.ms * (0.6 + 0.8 * unit(mix(draw, 4))))
    }
  }
}

function active(windows: Pace['windows'], time: number): boolean {
  if (windows.length === 0) return true
  for (const [from, until] of windows) if (time >= from && time < until) return true
  return false
}
