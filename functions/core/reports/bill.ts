/** The report of a month's bills: what was billed, whose it was, and whether it is what the meshes saw. */
import type { ReconciledBill } from '#core/bills/reconciled-bill.ts'
import { compareText } from '#core/order.ts'
import type { PageReport } from '#core/report.ts'

export interface BillReport extends PageReport {
  page: 'bill'
  month: string // YYYY-MM
  previous: string | null // the neighbouring months that have a page
  next: string | null
  bills: ReconciledBill[] // by provider and billing accounts; none while no bill of the month was imported
  imported: BilledMonth[] // every bill that there is, newest month first, then by provider
}

export interface BilledMonth {
  month: string // YYYY-MM
  provider: string
  imported: string // ISO 8601, UTC
}

export interface BillInput {
  title: string // of the site
  month: string
  previous: string | null
  next: string | null
  bills: readonly ReconciledBill[]
  imported: readonly BilledMonth[]
}

export function billReport({ title, month, previous, next, bills, imported }: BillInput): BillReport {
  return {
    schema: 1,
    page: 'bill',
    title,
    downloads: [],
    month,
    previous,
    next,
    bills: bills.toSorted(
      (a, b) => compareText(a.provider, b.provider) || compareText(a.payers.join('\0'), b.payers.join('\0')),
    ),
    imported: imported
      .map(({ month: of, provider, imported: at }) => ({ month: of, provider, imported: at }))
      .sort(
        (a, b) =>
          compareText(b.month, a.month) || compareText(a.provider, b.provider) || compareText(b.imported, a.imported),
      ),
  }
}
