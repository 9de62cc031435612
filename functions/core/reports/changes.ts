/** The report of what changed from one day to the next. */
import type { DayDigest } from '#core/digest.ts'
import type { History } from '#core/history.ts'
import type { Observation, PageReport } from '#core/report.ts'
import { byUrgency, type Change, type Found } from '#core/reports/change.ts'
import { findChanges } from '#core/reports/change-rules.ts'
import { changeSentence } from '#core/reports/change-sentence.ts'

export type { Change, ChangeKind } from '#core/reports/change.ts'

export interface ChangesReport extends PageReport {
  page: 'changes'
  date: string
  before: string | null // the day it is compared with; null when there is none with data
  previous: string | null // the neighbouring days that have a page
  next: string | null
  provisional: boolean // the day is open, so what seems vanished may only be late
  observation: Observation
  complete: boolean // both days observed whole; if not, what seems new or vanished may have been unseen
  nowComplete: boolean // the day alone; if not, its figures are lower bounds
  beforeComplete: boolean // the day before alone, likewise
  weekBeforeComplete: boolean // the day a week before, likewise
  begun: string[] // targets of whom this is the first day: all of theirs is new, and none of it told
  changes: Change[] // most telling first
}

export interface ChangesInput {
  title: string // of the site
  digest: DayDigest
  before: DayDigest | null // of the day before; null when the ledger has none
  weekBefore: DayDigest | null // of the same weekday a week before, likewise
  history: History // through this day or a later one; through the day before while the day is open
  previous: string | null // the neighbouring days that have a page
  next: string | null
}

/**
 * Builds the report of a day's changes; its downloads are filled in when they have been written.
 *
 * - A destination or a pair is new when history has never seen it; a destination returned or vanished by the day before.
 * - The class of a pair changed when it was met in other classes than the day before; those of one destination that
 *   changed alike are one change. A workload that went to
 *   hosts without a name until some hour, and from that hour on to a registered one that it never called before, changed
 *   class, too: that destination was registered.
 * - Volume jumps when a pair that is not new sent at least 3 times as many bytes out, or at most a third, and 10 MB more
 *   or fewer. What a day may lack, since it was not observed whole, is allowed for in proportion to time. A jump that is
 *   none against the same weekday a week before is the rhythm of the week, and of low severity.
 * - Errors jump when their share of what a pair tried rose by 10 points or more, with at least 20 errors.
 * - A burst of blocked attempts is as on the page of those (`burstsOf`); the largest of the day for each workload.
 *
 * Of an open day nothing is said to have vanished or fallen. Of the first day of a target everything is new, so nothing of
 * it is told; compared with a day without data, only what history proves is.
 */
export function changesReport(input: ChangesInput): ChangesReport {
  const { title, digest, before, weekBefore, history, previous, next } = input
  const { date, day } = digest
  const compared = before !== null && isKnown(before.day.observation) && isKnown(day.observation) ? before : null
  const report: Omit<ChangesReport, 'changes'> = {
    schema: 1,
    page: 'changes',
    title,
    downloads: [],
    date,
    before: compared?.date ?? null,
    previous,
    next,
    provisional: day.provisional,
    observation: day.observation,
    complete: day.complete && compared?.day.complete === true,
    nowComplete: day.complete,
    beforeComplete: compared?.day.complete === true,
    weekBeforeComplete: weekBefore?.day.complete === true,
    begun: day.coverage.filter(({ firstHour }) => firstHour.slice(0, 10) === date).map(({ target }) => target),
  }
  const found = findChanges({ digest, before: compared, weekBefore, history, begun: report.begun })
  return { ...report, changes: found.sort(byUrgency).map((change) => withSentence(change, report)) }
}

function isKnown(observation: Observation): boolean {
  return observation === 'observed' || observation === 'partial'
}

function withSentence(change: Found, report: Omit<ChangesReport, 'changes'>): Change {
  const { burst: _burst, namedSince: _namedSince, ...told } = change
  return { ...told, sentence: changeSentence(change, report) }
}
