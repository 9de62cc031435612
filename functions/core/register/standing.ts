/** Standing: what holds of an entry of the register on a day: whether it is approved, and when it must be reviewed. */
import type { RegisterEntry, Review } from '#core/register/register.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

/** `pending`: nobody has approved it. `overdue`: holds, but its review is due. */
export type EntryState = 'approved' | 'pending' | 'overdue' | 'expired'
export const ENTRY_STATES: readonly EntryState[] = ['overdue', 'expired', 'pending', 'approved'] // what needs somebody first

/** How often an approval must be reviewed when its entry does not say; PCI DSS 1.2.7. */
export const REVIEW_MONTHS = 6

/** On a day, YYYY-MM-DD: an approval or review of a later day has not happened on it yet. */
export function entryState(entry: RegisterEntry, date: string): EntryState {
  if (!isApproved(entry, date)) return 'pending'
  if (entry.expires !== '' && entry.expires <= date) return 'expired'
  return date > dueBy(entry, date) ? 'overdue' : 'approved'
}

/** The day by which an entry must be reviewed, and on which it is not overdue yet; '' when it has no approval on that day. */
export function dueBy(entry: RegisterEntry, date: string): string {
  if (!isApproved(entry, date)) return ''
  if (entry.reviewBy !== '') return entry.reviewBy
  return monthsLater(lastReview(entry, date)?.on ?? entry.approvedOn, REVIEW_MONTHS)
}

/** By how many days the review is overdue; 0 when it is not, or when there is no longer anything to review. */
export function overdueDays(entry: RegisterEntry, date: string): number {
  return entryState(entry, date) === 'overdue' ? daysBetween(dueBy(entry, date), date) : 0
}

/** The last review that had happened by the end of a day; null when there was none. */
export function lastReview({ reviews }: RegisterEntry, date: string): Review | null {
  return reviews
    .filter(({ on }) => on <= date)
    .reduce<Review | null>((last, next) => {
      return last === null || next.on >= last.on ? next : last
    }, null)
}

/** Whole days from one day to a later one. */
export function daysBetween(from: string, to: string): number {
  return (parseDate(to) - parseDate(from)) / DAY_MS
}

/** The same day of the month some months later, or before if negative; the last day of that month where it has no such day. */
export function monthsLater(date: string, months: number): string {
  const [year, month, day] = date.split('-').map(Number)
  const first = new Date(Date.UTC(year, month - 1 + months, 1))
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate()
  return isoDate(first.getTime() + (Math.min(day, last) - 1) * DAY_MS)
}

function isApproved({ approvedBy, approvedOn }: RegisterEntry, date: string): boolean {
  return approvedBy !== '' && approvedOn !== '' && approvedOn <= date
}
