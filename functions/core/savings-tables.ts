/** Savings tables: what of the report of savings can be downloaded as CSV. An empty cell is what nobody knows. */
import type { SavingRow, SavingsReport } from '#core/reports/savings.ts'
import { type Column, list, type Table, table, WORKLOAD } from '#core/table.ts'

export function savingsTables({ currency, savings, unpriced, refused }: SavingsReport): Table[] {
  const rows = Object.entries({ found: savings, unpriced, refused }).flatMap(([state, of]) =>
    of.map((row) => ({ state, currency, ...row })),
  )
  const callers = rows.flatMap(({ id, callers: of }) => of.map((caller) => ({ id, ...caller })))
  return [
    table('savings.csv', 'What could be had for less', rows, SAVING),
    table('callers.csv', 'Whose traffic that is', callers, CALLER),
  ]
}

type Row = SavingRow & { state: string; currency: string }

const SAVING: readonly Column<Row>[] = [
  ['saving', ({ id }) => id],
  ['state', ({ state }) => state],
  ['rule', ({ rule }) => rule],
  ['certainty', ({ certainty }) => certainty],
  ['target', ({ target }) => target],
  ['service', ({ service }) => service || null],
  ['region', ({ region }) => region || null],
  ['destinationHosts', ({ hosts }) => list(hosts.filter((host) => host !== ''))],
  ['destinations', ({ hostCount }) => hostCount],
  ['twin', ({ twin }) => twin || null],
  ['callers', ({ callerCount }) => callerCount],
  ['firstSeen', ({ evidence }) => evidence.first],
  ['lastSeen', ({ evidence }) => evidence.last],
  ['daysSeen', ({ evidence }) => evidence.days],
  ['hours', ({ evidence }) => evidence.hours],
  ['flows', ({ evidence }) => evidence.flows],
  ['requests', ({ evidence }) => evidence.requests],
  ['connections', ({ evidence }) => evidence.connections],
  ['egressBytes', ({ evidence }) => evidence.egressBytes],
  ['ingressBytes', ({ evidence }) => evidence.ingressBytes],
  ['estimatedBytes', ({ evidence }) => evidence.estimatedBytes],
  ['monthlyChargedBytes', ({ bytes }) => bytes],
  ['currency', ({ currency }) => currency || null],
  ['monthlyPaid', ({ paid }) => paid],
  ['monthlyInstead', ({ instead }) => instead],
  ['monthlyHours', ({ hourly }) => hourly],
  ['zones', ({ zones }) => zones || null],
  ['share', ({ share }) => share],
  ['monthlySaved', ({ monthly }) => monthly],
  ['yearlySaved', ({ yearly }) => yearly],
  ['monthlyBreakEvenBytes', ({ breakEvenBytes }) => breakEvenBytes],
  ['prices', ({ entries }) => entries.join('; ') || null],
  ['assumption', ({ assumption }) => assumption || null],
  ['missing', ({ missing }) => missing || null],
  ['sentence', ({ sentence }) => sentence],
  ['remedy', ({ remedy }) => remedy],
]

const CALLER: readonly Column<SavingRow['callers'][number] & { id: string }>[] = [
  ['saving', ({ id }) => id],
  ...WORKLOAD,
  ['team', ({ team }) => team || null],
  ['bytes', ({ bytes }) => bytes],
]
