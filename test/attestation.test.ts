/** The report for the six-monthly review: what was reviewed, by whom, and what is due. */
import { emptyComplianceHistory } from '#core/compliance-history.ts'
import type { RegisterEntry, Review } from '#core/register/register.ts'
import { attestationReport } from '#core/reports/attestation.ts'
import { zeroTotals } from '#core/totals.ts'
import { entry } from './register-entries.ts'

const THROUGH = '2026-11-20'

function reportOf(entries: RegisterEntry[] | null, through = THROUGH) {
  const used = { first: '2026-11-01', last: '2026-11-09', days: 3, totals: zeroTotals(), sources: 1 }
  const compliance = { ...emptyComplianceHistory(), through, entries: [{ name: 'used', ...used }] }
  return attestationReport({ title: 'Egress', register: entries && { entries, residency: [] }, compliance })
}

const review = (on: string, by = 'Dana', note = ''): Review => ({ on, by, note })
/** In which list an entry stands, by when it is due and by how many days it is overdue. */
function standing(changes: Partial<RegisterEntry>): string {
  const report = reportOf([entry(changes)])
  return (['due', 'reviewed', 'waiting'] as const)
    .flatMap((list) => report[list].map(({ dueBy, overdueDays }) => `${list} ${dueBy} ${overdueDays}`))
    .join()
}

// An entry, and where it stands on the 20th of November.
test.each<[Partial<RegisterEntry>, string]>([
  [{ approvedOn: '2026-05-19' }, 'due 2026-11-19 1'],
  [{ approvedOn: '2026-05-20' }, 'due 2026-11-20 0'],
  [{ approvedOn: '2026-06-20' }, 'due 2026-12-20 0'],
  [{ approvedOn: '2026-06-21' }, 'waiting 2026-12-21 0'],
  [{ approvedOn: '2026-01-01', reviews: [review('2026-08-01')] }, 'reviewed 2027-02-01 0'],
  [{ approvedOn: '2026-01-01', reviews: [review('2026-05-21')] }, 'due 2026-11-21 0'],
  [{ approvedOn: '2026-01-01', reviews: [review('2026-08-01')], reviewBy: '2026-11-01' }, 'due 2026-11-01 19'],
  [{ approvedOn: '2026-01-01', reviews: [review('2026-05-20')], reviewBy: '2027-01-01' }, 'waiting 2027-01-01 0'],
  [{ approvedOn: '2026-01-01', reviews: [review('2026-11-21')] }, 'due 2026-07-01 142'], // not on that day yet
  [{ approvedOn: '2026-01-01', expires: '2026-11-20' }, 'waiting  0'],
  [{ approvedOn: '2026-11-21' }, 'waiting  0'],
  [{ approvedBy: '', approvedOn: '' }, 'waiting  0'],
])('%j stands at "%s"', (changes, expected) => {
  expect(standing(changes)).toBe(expected)
})

test('is of the six months that end with the newest closed day', () => {
  const { from, through, hasRegister } = reportOf([])
  expect([from, through, hasRegister]).toEqual(['2026-05-21', THROUGH, true])
  expect(reportOf([], '2027-02-28').from).toBe('2026-08-29')
  expect(reportOf(null)).toMatchObject({ hasRegister: false, due: [], reviewed: [], waiting: [], reviewers: [] })
  expect(reportOf([entry()], '')).toMatchObject({ from: '', due: [], reviewed: [], waiting: [] })
})

test('tells of an entry who approved and reviewed it, what the review found, and when it was used', () => {
  const reviews = [review('2026-08-01', 'Ivo'), review('2026-10-01', 'Dana', 'scope unchanged')]
  expect(reportOf([entry({ name: 'used', approvedBy: 'Mei', reviews })]).reviewed).toEqual([
    {
      ...{
        entry: 'used',
        destination: 'api.stripe.com',
        owner: 'payments',
        approvedBy: 'Mei',
        approvedOn: '2026-07-01',
      },
      ...{ reviewedBy: 'Dana', reviewedOn: '2026-10-01', dueBy: '2027-04-01', overdueDays: 0, note: 'scope unchanged' },
      lastUsed: '2026-11-09',
    },
  ])
})

test('reviewers are told by how many entries they reviewed within the period', () => {
  const old = { approvedOn: '2026-01-01' }
  const { reviewers } = reportOf([
    entry({
      name: 'a',
      ...old,
      reviews: [review('2026-02-01', 'Ivo'), review('2026-06-01', 'Dana'), review('2026-07-01', 'Dana')],
    }),
    entry({ name: 'b', ...old, reviews: [review('2026-08-01', 'Mei')] }),
    entry({ name: 'c', ...old, reviews: [review('2026-09-01', 'Mei'), review('2026-12-01', 'Ivo')] }),
  ])
  expect(reviewers).toEqual([
    { by: 'Mei', entries: 2, last: '2026-09-01' },
    { by: 'Dana', entries: 1, last: '2026-07-01' },
  ])
})

test('each entry stands in one list: due by its day, reviewed newest first, and what is never due last', () => {
  const { due, reviewed, waiting } = reportOf([
    entry({ name: 'never', approvedBy: '', approvedOn: '' }),
    entry({ name: 'late', approvedOn: '2026-04-01' }),
    entry({ name: 'later', approvedOn: '2026-05-01' }),
    entry({ name: 'r1', reviews: [review('2026-09-01')] }),
    entry({ name: 'r2', reviews: [review('2026-09-02')] }),
    entry({ name: 'next', approvedOn: '2026-08-01' }),
    entry({ name: 'soon', approvedOn: '2026-07-15' }),
  ])
  const names = (rows: readonly { entry: string }[]) => rows.map(({ entry }) => entry)
  expect([names(due), names(reviewed), names(waiting)]).toEqual([
    ['late', 'later'],
    ['r2', 'r1'],
    ['soon', 'next', 'never'],
  ])
})
