/** The report for the six-monthly review: what was reviewed, by whom, and what is overdue. */
import type { ComplianceHistory } from '#core/compliance-history.ts'
import { compareText } from '#core/order.ts'
import type { Register, RegisterEntry } from '#core/register/register.ts'
import {
  daysBetween,
  dueBy,
  entryState,
  lastReview,
  monthsLater,
  overdueDays,
  REVIEW_MONTHS,
} from '#core/register/standing.ts'
import type { PageReport } from '#core/report.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

/** Every entry stands in one of the lists: what is due there, whether or not it was reviewed before. */
export interface AttestationReport extends PageReport {
  page: 'attestation'
  from: string // the six months that end with the newest closed day; '' while there is none
  through: string
  hasRegister: boolean
  reviewers: { by: string; entries: number; last: string }[] // within the period, most first
  reviewed: AttestationRow[] // within the period, newest first
  due: AttestationRow[] // overdue first, then those due within 30 days
  waiting: AttestationRow[] // neither; those that nobody has approved or that have expired are among them, last
}

export interface AttestationRow {
  entry: string
  destination: string
  owner: string
  approvedBy: string
  approvedOn: string
  reviewedBy: string // of the last review, or ''
  reviewedOn: string
  dueBy: string // '' when there is nothing to review: nobody has approved it, or it has expired
  overdueDays: number // 0 when it is not
  note: string
  lastUsed: string // YYYY-MM-DD, or ''
}

export interface AttestationInput {
  title: string // of the site
  register: Register | null // in force on the last closed day
  compliance: ComplianceHistory
}

const SOON_DAYS = 30

export function attestationReport({ title, register, compliance }: AttestationInput): AttestationReport {
  const { through } = compliance
  const from = through === '' ? '' : isoDate(parseDate(monthsLater(through, -REVIEW_MONTHS)) + DAY_MS)
  const uses = new Map(compliance.entries.map(({ name, last }) => [name, last]))
  // Before any day is closed nothing tells what time it is, and so what is due.
  const entries = through === '' ? [] : (register?.entries ?? [])
  const rows = Map.groupBy(
    entries.map((entry) => rowOf(entry, through, uses.get(entry.name) ?? '')),
    (row) => (isDue(row, through) ? 'due' : row.reviewedOn >= from ? 'reviewed' : 'waiting'),
  )
  const list = (name: 'due' | 'reviewed' | 'waiting', compare: (a: AttestationRow, b: AttestationRow) => number) =>
    (rows.get(name) ?? []).sort((a, b) => compare(a, b) || compareText(a.entry, b.entry))
  return {
    schema: 1,
    page: 'attestation',
    title,
    downloads: [],
    from,
    through,
    hasRegister: register !== null,
    reviewers: reviewersOf(entries, from, through),
    reviewed: list('reviewed', (a, b) => compareText(b.reviewedOn, a.reviewedOn)),
    due: list('due', byDueDay),
    waiting: list('waiting', byDueDay),
  }
}

function rowOf(entry: RegisterEntry, through: string, lastUsed: string): AttestationRow {
  const { name, destination, owner, approvedBy, approvedOn } = entry
  const review = lastReview(entry, through)
  const state = entryState(entry, through)
  return {
    entry: name,
    ...{ destination, owner, approvedBy, approvedOn },
    reviewedBy: review?.by ?? '',
    reviewedOn: review?.on ?? '',
    dueBy: state === 'expired' ? '' : dueBy(entry, through),
    overdueDays: overdueDays(entry, through),
    note: review?.note ?? '',
    lastUsed,
  }
}

function isDue({ dueBy }: AttestationRow, through: string): boolean {
  return dueBy !== '' && daysBetween(through, dueBy) <= SOON_DAYS
}

/** For sort(): what is due first; what is never due last. */
function byDueDay(a: AttestationRow, b: AttestationRow): number {
  return Number(a.dueBy === '') - Number(b.dueBy === '') || compareText(a.dueBy, b.dueBy)
}

function reviewersOf(entries: readonly RegisterEntry[], from: string, through: string) {
  const reviews = entries.flatMap(({ name, reviews }) => {
    return reviews.filter(({ on }) => on >= from && on <= through).map(({ by, on }) => ({ by, on, name }))
  })
  return [...Map.groupBy(reviews, ({ by }) => by)]
    .map(([by, of]) => ({
      by,
      entries: new Set(of.map(({ name }) => name)).size,
      last:
        of
          .map(({ on }) => on)
          .sort(compareText)
          .at(-1) ?? '',
    }))
    .sort((a, b) => b.entries - a.entries || compareText(b.last, a.last) || compareText(a.by, b.by))
}
