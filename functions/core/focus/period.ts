/** Charge periods, and the calendar months they are billed in. */
import type { FocusRow } from '#core/focus/row.ts'
import { DAY_MS, isoDate, isoInstant, monthSpan, type Span } from '#core/time.ts'

export type ChargePeriod = Span

/** The calendar month, UTC, that an instant is in. */
export function monthOf(ms: number): ChargePeriod {
  return monthSpan(isoDate(ms).slice(0, 7))
}

/** A period's columns; it lies in one month, or is billed in another, which is given as YYYY-MM. */
export function periodColumns(period: ChargePeriod, billedIn?: string): FocusRow {
  const month = billedIn === undefined ? monthOf(period.from) : monthSpan(billedIn)
  return {
    BillingPeriodStart: isoInstant(month.from),
    BillingPeriodEnd: isoInstant(month.to),
    ChargePeriodStart: isoInstant(period.from),
    ChargePeriodEnd: isoInstant(period.to),
  }
}

/** The part of a period that lies in the day, or the month, that begins at its start or holds it. */
export function within(period: ChargePeriod, { from, to }: ChargePeriod): ChargePeriod {
  return { from: Math.max(period.from, from), to: Math.min(period.to, to) }
}

/** The day that begins at an instant. */
export function dayFrom(day: number): ChargePeriod {
  return { from: day, to: day + DAY_MS }
}
