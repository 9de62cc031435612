/** A sample of the six-monthly review of the register. */
import type { AttestationReport, AttestationRow } from '#core/reports/attestation.ts'
import type { RegisterRow } from '#core/reports/register.ts'
import { DAY_MS, parseDate } from '#core/time.ts'
import { sampleDownload } from '../report-sample.ts'
import { THROUGH } from './findings.ts'
import { ENTRIES } from './register.ts'

const FROM = '2026-05-20'

function attested({
  name,
  destination,
  owner,
  approvedBy,
  approvedOn,
  reviews,
  dueBy,
  last,
}: RegisterRow): AttestationRow {
  const late = dueBy === '' ? 0 : (parseDate(THROUGH) - parseDate(dueBy)) / DAY_MS
  const newest = reviews.at(-1)
  return {
    entry: name,
    ...{ destination, owner, approvedBy, approvedOn, dueBy, lastUsed: last },
    reviewedBy: newest?.by ?? '',
    reviewedOn: newest?.on ?? '',
    overdueDays: Math.max(0, late),
    note: newest?.note ?? '',
  }
}

export function sampleAttestation(): AttestationReport {
  const rows = ENTRIES.map(attested)
  const isReviewed = ({ reviewedOn }: AttestationRow) => reviewedOn >= FROM
  const isDue = ({ overdueDays, approvedOn }: AttestationRow) => overdueDays > 0 || approvedOn === '2026-06-01'
  return {
    schema: 1,
    page: 'attestation',
    title: 'Egress',
    downloads: [
      sampleDownload('entries.csv', 'Every entry by its review', rows.length),
      sampleDownload('report.json', 'This page as data', 1),
    ],
    from: FROM,
    through: THROUGH,
    hasRegister: true,
    reviewers: [
      { by: 'Jonas Weber', entries: 1, last: '2026-08-10' },
      { by: 'Marta Lindqvist', entries: 1, last: '2026-08-12' },
    ],
    reviewed: rows.filter(isReviewed),
    due: rows.filter((row) => !isReviewed(row) && isDue(row)),
    waiting: rows.filter((row) => !isReviewed(row) && !isDue(row)),
  }
}
