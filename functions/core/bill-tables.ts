/** Bill tables: what of the report of a month's bills can be downloaded as CSV. An empty cell is what nobody knows. */
import type {
  Attributed,
  BilledDestination,
  BilledTeam,
  BilledWorkload,
  Explanation,
  ReconciledBill,
  ReconciledPlace,
  Unattributed,
} from '#core/bills/reconciled-bill.ts'
import type { CsvCell } from '#core/csv.ts'
import type { BillReport } from '#core/reports/bill.ts'
import { type Column, type Table, table, WORKLOAD } from '#core/table.ts'

/** Mesh bytes, and what is made of them; none when the ledger has no data of the bill's period. */
function seen<Row>(figure: (row: Row) => CsvCell): (row: Row & { bill: ReconciledBill }) => CsvCell {
  return (row) => (row.bill.days === 0 ? null : figure(row))
}

/** A row with the bill that it is of. */
type Of<Row> = Row & { bill: ReconciledBill }

export function billTables({ bills }: BillReport): Table[] {
  const rows = <Row extends object>(of: (bill: ReconciledBill) => readonly Row[]): Of<Row>[] =>
    bills.flatMap((bill) => of(bill).map((row) => ({ ...row, bill })))
  return [
    table('bills.csv', 'Each bill', bills, BILL),
    table(
      'reconciliation.csv',
      'Mesh bytes against billed bytes',
      rows(({ places }) => places),
      PLACE,
    ),
    table(
      'unattributed.csv',
      'What no flow explains',
      rows(({ unattributedBy }) => unattributedBy),
      UNATTRIBUTED,
    ),
    table(
      'teams.csv',
      'What was attributed to teams',
      rows(({ teams }) => teams),
      TEAM,
    ),
    table(
      'workloads.csv',
      'What was attributed to workloads',
      rows(({ workloads }) => workloads),
      OF_WORKLOAD,
    ),
    table(
      'destinations.csv',
      'What was attributed by destination',
      rows(({ destinations }) => destinations),
      DESTINATION,
    ),
    table(
      'explanations.csv',
      'What could explain the difference',
      rows(({ explanations }) => explanations),
      EXPLANATION,
    ),
  ]
}

const BILL: readonly Column<ReconciledBill>[] = [
  ['month', ({ month }) => month],
  ['provider', ({ provider }) => provider],
  ['billingAccounts', ({ payers }) => payers.join(' ') || null],
  ['currency', ({ currency }) => currency],
  ['imported', ({ imported }) => imported],
  ['file', ({ file }) => file],
  ['sha256', ({ sha256 }) => sha256],
  ['days', ({ days }) => days],
  ['dueDays', ({ dueDays }) => dueDays],
  ['complete', ({ complete }) => complete],
  ['billedCost', ({ billed }) => billed],
  ['usageCost', ({ usage }) => usage],
  ['attributedCost', ({ attributed }) => attributed],
  ['unattributedCost', ({ unattributed }) => unattributed],
  ['credits', ({ credits }) => credits],
  ['adjustments', ({ adjustments }) => adjustments],
  ['listCost', ({ estimate }) => estimate],
  ['meshBytes', ({ meshBytes, days }) => (days === 0 ? null : meshBytes)],
  ['billedBytes', ({ billedBytes }) => billedBytes],
]

const OF_BILL: readonly Column<{ bill: ReconciledBill }>[] = [
  ['month', ({ bill }) => bill.month],
  ['provider', ({ bill }) => bill.provider],
  ['currency', ({ bill }) => bill.currency],
]

const PLACE: readonly Column<Of<ReconciledPlace>>[] = [
  ...OF_BILL,
  ['kind', ({ kind }) => kind],
  ['region', ({ region }) => region || null],
  ['toRegion', ({ to }) => to || null],
  ['meshBytes', seen(({ meshBytes }) => meshBytes)],
  ['billedBytes', ({ billedBytes }) => billedBytes],
  ['meshShare', seen(({ share }) => share)],
  ['billedCost', ({ billed }) => billed],
  ['attributedCost', ({ attributed }) => attributed],
  ['unattributedCost', ({ unattributed }) => unattributed],
  ['listCost', ({ estimate }) => estimate],
  ['unpricedBytes', seen(({ unpricedBytes }) => unpricedBytes)],
]

const UNATTRIBUTED: readonly Column<Of<Unattributed>>[] = [
  ...OF_BILL,
  ['reason', ({ reason }) => reason],
  ['billedBytes', ({ bytes }) => bytes],
  ['unattributedCost', ({ money }) => money],
]

const ATTRIBUTED: readonly Column<Attributed>[] = [
  ['egressBytes', ({ egressBytes }) => egressBytes],
  ['attributedCost', ({ money }) => money],
  ['listCost', ({ estimate }) => estimate],
]

const TEAM: readonly Column<Of<BilledTeam>>[] = [
  ...OF_BILL,
  ['team', ({ team }) => team || null],
  ['costCentre', ({ costCentre }) => costCentre || null],
  ...ATTRIBUTED,
]

const OF_WORKLOAD: readonly Column<Of<BilledWorkload>>[] = [
  ...OF_BILL,
  ...WORKLOAD,
  ['team', ({ team }) => team || null],
  ...ATTRIBUTED,
]

const DESTINATION: readonly Column<Of<BilledDestination>>[] = [
  ...OF_BILL,
  ['destinationHost', ({ host }) => host || null],
  ...ATTRIBUTED,
]

const EXPLANATION: readonly Column<Of<Explanation>>[] = [
  ...OF_BILL,
  ['cause', ({ cause }) => cause],
  ['sentence', ({ sentence }) => sentence],
  ['bytes', ({ bytes }) => bytes],
  ['amount', ({ money }) => money],
  ['share', ({ share }) => share],
]
