/** The report of the egress register: every entry, whether it is used and whether somebody must look at it. */
import type { ComplianceHistory, EntryUse } from '#core/compliance-history.ts'
import type { DeclarationLink } from '#core/declarations.ts'
import { workloadKey } from '#core/edge.ts'
import type { JudgedDay } from '#core/judged-day.ts'
import { compareText } from '#core/order.ts'
import { registerLookup } from '#core/register/approval.ts'
import type { Register, RegisterEntry } from '#core/register/register.ts'
import { daysBetween, dueBy, ENTRY_STATES, type EntryState, entryState } from '#core/register/standing.ts'
import type { PageReport, Totals } from '#core/report.ts'
import { addTotals, attempts, zeroTotals } from '#core/totals.ts'

export type { EntryState } from '#core/register/standing.ts'

export interface RegisterReport extends PageReport {
  page: 'register'
  through: string // the day by whose end all is told, or ''
  declared: DeclarationLink | null // null: there is no register
  complete: boolean // every folded day observed whole; if not, figures are lower bounds
  entries: RegisterRow[] // overdue, expired and pending first, then by name
  unregistered: UnregisteredRow[] // most bytes first
}

/** A destination of the last 35 days, as far as no entry of the present register matches what went there. */
export interface UnregisteredRow {
  host: string // '' when unknown
  sources: number // workloads
  first: string // YYYY-MM-DD, of these days
  last: string
  totals: Totals
}

export interface RegisterRow extends Omit<RegisterEntry, 'line'> {
  state: EntryState
  dueBy: string // the day by which it must be reviewed; '' when it has no approval
  first: string // used; '' when it never was
  last: string
  days: number
  unusedDays: number | null // since it was used last, was approved or the ledger began, whichever came last; null before
  totals: Totals // over all days it was used
  sources: number
}

export interface RegisterInput {
  title: string // of the site
  register: Register | null // in force on the last closed day
  declared: DeclarationLink | null // likewise
  compliance: ComplianceHistory
  recent: readonly JudgedDay[] // the last closed days, at most 35, oldest first
}

export function registerReport({ title, register, declared, compliance, recent }: RegisterInput): RegisterReport {
  const { through } = compliance
  const uses = new Map(compliance.entries.map((use) => [use.name, use]))
  const ledgerFrom = compliance.days[0]?.date ?? ''
  // Before any day is closed, the day on which the register came tells whether its entries hold.
  const on = through === '' ? (declared?.from ?? '') : through
  return {
    schema: 1,
    page: 'register',
    title,
    downloads: [],
    through,
    declared,
    complete: compliance.days.every(({ complete }) => complete),
    entries: (register?.entries ?? [])
      .map((entry) => rowOf(entry, uses.get(entry.name) ?? null, { on, through, ledgerFrom }))
      .sort((a, b) => ENTRY_STATES.indexOf(a.state) - ENTRY_STATES.indexOf(b.state) || compareText(a.name, b.name)),
    unregistered: unregisteredRows(register, through, recent),
  }
}

interface Days {
  on: string // by which the entry's state is told
  through: string // the last closed day, or ''
  ledgerFrom: string // the first one
}

function rowOf(
  { line: _, ...entry }: RegisterEntry,
  use: EntryUse | null,
  { on, through, ledgerFrom }: Days,
): RegisterRow {
  const whole = { ...entry, line: 0 }
  const state = entryState(whole, on)
  return {
    ...entry,
    state,
    dueBy: dueBy(whole, on),
    first: use?.first ?? '',
    last: use?.last ?? '',
    days: use?.days ?? 0,
    unusedDays:
      state === 'pending' || through === '' ? null : unusedDays(entry.approvedOn, use, { through, ledgerFrom }),
    totals: use?.totals ?? zeroTotals(),
    sources: use?.sources ?? 0,
  }
}

/** Of a day of use the next is the first without; of one of approval, and of the ledger's first, the day itself is. */
function unusedDays(approvedOn: string, use: EntryUse | null, { through, ledgerFrom }: Omit<Days, 'on'>): number {
  const begun = approvedOn > ledgerFrom ? approvedOn : ledgerFrom
  return use !== null && use.last >= begun ? daysBetween(use.last, through) : daysBetween(begun, through) + 1
}

/** Asks the present register, not that of each day, since what matters is what it still lacks. */
function unregisteredRows(register: Register | null, through: string, recent: readonly JudgedDay[]): UnregisteredRow[] {
  const lookup = registerLookup(register)
  const rows = new Map<string, UnregisteredRow & { workloads: Set<string> }>()
  for (const { digest, edges } of recent) {
    for (const edge of edges) {
      if (!edge.traffic.isEgress || edge.destinationClass === 'blocked') continue
      if (lookup(edge, through).approval.entry !== '') continue
      const { date } = digest
      const row = rows.get(edge.host) ?? {
        ...{ host: edge.host, sources: 0, first: date, last: date, totals: zeroTotals() },
        workloads: new Set(),
      }
      rows.set(edge.host, row)
      row.last = date
      row.workloads.add(workloadKey(edge))
      addTotals(row.totals, edge.totals)
    }
  }
  return [...rows.values()]
    .map(({ workloads, ...row }) => ({ ...row, sources: workloads.size }))
    .sort(
      (a, b) =>
        b.totals.egressBytes - a.totals.egressBytes ||
        attempts(b.totals) - attempts(a.totals) ||
        compareText(a.host, b.host),
    )
}
