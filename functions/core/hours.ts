/** Open hours: where deltas are booked until an hour is closed. */
import { type Amounts, type Coverage, zeroCoverage } from '#core/coverage.ts'
import { apportion } from '#core/delta.ts'
import { type Counted, exactSum, type Measures, zeroMeasures } from '#core/flow.ts'
import { HOUR_MS, hourOf } from '#core/time.ts'

export interface OpenHour {
  start: number // ms since epoch
  rows: Map<number, Measures> // by index into the checkpoint's flows
  coverage: Coverage
}

/** A whole amount of one measure of one flow, counted in (from, to], and how sure it is. */
export interface Booking {
  flow: number
  measure: Counted
  amount: number
  from: number // ms since epoch
  to: number // ms since epoch
  blocked: boolean // bytes of blocked traffic never left and are not booked
  assumed: boolean
  spread: boolean
  tail: boolean
}

export class OpenHours {
  readonly hours: OpenHour[] // oldest first, dense from closedThrough on
  closedThrough: number // ms since epoch; every hour that ends by then is closed

  constructor(closedThrough: number, hours: OpenHour[] = []) {
    this.closedThrough = closedThrough
    this.hours = hours
  }

  /** The open hour that holds the instant; the earliest one for instants before it. */
  at(ms: number): OpenHour {
    const index = Math.max(0, Math.floor((ms - this.closedThrough) / HOUR_MS))
    while (this.hours.length <= index) {
      const start = this.closedThrough + this.hours.length * HOUR_MS
      this.hours.push({ start, rows: new Map(), coverage: zeroCoverage() })
    }
    return this.hours[index]
  }

  /** Books an amount, split over the hours it was counted in; what reaches into a closed hour is late and stays whole. */
  book(booking: Booking): void {
    const { amount, from, to } = booking
    if (amount === 0) return
    const lastInstant = to - 1 // (from, to] ends in the hour of its last millisecond
    if (from < this.closedThrough) {
      this.add(this.at(this.closedThrough), booking, amount, true)
    } else if (from >= lastInstant || hourOf(from) === hourOf(lastInstant)) {
      this.add(this.at(lastInstant), booking, amount, false)
    } else {
      const parts: number[] = []
      const starts: number[] = []
      for (let start = hourOf(from); start < to; start += HOUR_MS) {
        starts.push(start)
        parts.push(Math.min(to, start + HOUR_MS) - Math.max(from, start))
      }
      apportion(amount, parts).forEach((share, index) => {
        const hour = this.at(starts[index])
        this.add(hour, booking, share, false)
        if (booking.blocked && isBytes(booking.measure)) return
        if (index > 0) increase(hour.coverage.apportionedAtStart, booking.measure, amount)
        if (index < parts.length - 1) increase(hour.coverage.apportionedAtEnd, booking.measure, amount)
      })
    }
  }

  /** Takes the oldest hour out and counts it closed. */
  close(): OpenHour {
    const hour = this.at(this.closedThrough)
    this.hours.shift()
    this.closedThrough += HOUR_MS
    return hour
  }

  /** Notes that (from, to] was observed, or that it was a gap and why, in every open hour it touches. */
  cover(from: number, to: number, gapReason: string | null): void {
    for (let start = Math.max(this.closedThrough, hourOf(from)); start < to; start += HOUR_MS) {
      const within = { from: Math.max(from, start), to: Math.min(to, start + HOUR_MS) }
      const { coverage } = this.at(start)
      if (gapReason === null) coverage.observedMs += within.to - within.from
      else coverage.gaps.push({ ...within, reason: gapReason })
    }
  }

  private add(hour: OpenHour, booking: Booking, amount: number, late: boolean): void {
    const { measure } = booking
    if (amount === 0 || (booking.blocked && isBytes(measure))) return
    const row = this.rowOf(hour, booking.flow)
    row[measure] = exactSum(row[measure], amount)
    if (booking.assumed) increase(hour.coverage.assumed, measure, amount)
    if (booking.spread) increase(hour.coverage.spread, measure, amount)
    if (late) increase(hour.coverage.late, measure, amount)
    if (booking.tail) increase(hour.coverage.tail, measure, amount)
    if (measure !== 'egressBytes') return
    if (booking.assumed) row.assumedBytes = exactSum(row.assumedBytes, amount)
    if (booking.spread) row.spreadBytes = exactSum(row.spreadBytes, amount)
    if (late) row.lateBytes = exactSum(row.lateBytes, amount)
    if (booking.tail) row.tailBytes = exactSum(row.tailBytes, amount)
  }

  private rowOf(hour: OpenHour, flow: number): Measures {
    let row = hour.rows.get(flow)
    if (row === undefined) {
      row = zeroMeasures()
      hour.rows.set(flow, row)
    }
    return row
  }
}

export function isBytes(measure: Counted): boolean {
  return measure === 'egressBytes' || measure === 'ingressBytes'
}

export function increase(amounts: Amounts, measure: Counted, amount: number): void {
  amounts[measure] = exactSum(amounts[measure], amount)
}
