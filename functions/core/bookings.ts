/** Bookings: the deltas of a table's series on their way into the open hours. */
import type { Checkpoint } from '#core/checkpoint.ts'
import type { Amounts } from '#core/coverage.ts'
import type { Delta } from '#core/delta.ts'
import type { Counted } from '#core/flow.ts'
import { isGap, type ScrapeIntervals } from '#core/gap.ts'
import { increase, isBytes } from '#core/hours.ts'
import { BOOKED } from '#core/metric.ts'
import type { SeriesTable } from '#core/series.ts'

export class Bookings {
  private readonly checkpoint: Checkpoint
  private readonly series: SeriesTable
  private readonly intervals: ScrapeIntervals
  private readonly tail: boolean

  /** For rows of a table whose flows are the checkpoint's; tail says what all its bookings are. */
  constructor(checkpoint: Checkpoint, series: SeriesTable, intervals: ScrapeIntervals, tail: boolean) {
    this.checkpoint = checkpoint
    this.series = series
    this.intervals = intervals
    this.tail = tail
  }

  /** Books what a row's series counted in (delta.from, to]. */
  book(row: number, delta: Delta, to: number): void {
    const { measure, blocked } = this.measureOf(row)
    this.checkpoint.hours.book({
      flow: this.series.columns.flow[row],
      measure,
      amount: delta.amount,
      from: delta.from,
      to,
      blocked,
      assumed: delta.basis === 'assumed',
      spread: isGap(delta.from, to, this.intervals),
      tail: this.tail,
    })
  }

  /** Adds to coverage an amount of a row that is not booked; bytes of blocked traffic never left and are none. */
  note(amounts: Amounts, row: number, amount: number): void {
    const { measure, blocked } = this.measureOf(row)
    if (!(blocked && isBytes(measure))) increase(amounts, measure, amount)
  }

  private measureOf(row: number): { measure: Counted; blocked: boolean } {
    const { flow, metric } = this.series.columns
    return {
      measure: BOOKED[metric[row]].books,
      blocked: this.checkpoint.flows[flow[row]].destinationClass === 'blocked',
    }
  }
}
