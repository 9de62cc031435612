/** Compliance tables: what of the reports of compliance can be downloaded as CSV. An empty cell is what nobody knows. */
import type { ComplianceDay } from '#core/compliance-history.ts'
import type { CsvCell } from '#core/csv.ts'
import type { Finding } from '#core/findings/finding.ts'
import { SEVERITIES } from '#core/findings/rules.ts'
import type { Observation, Totals } from '#core/report.ts'
import type { AttestationReport, AttestationRow } from '#core/reports/attestation.ts'
import type { ComplianceReport } from '#core/reports/compliance.ts'
import type { FindingsReport } from '#core/reports/findings.ts'
import type { NamespaceReadiness, ReadinessDestination, ReadinessReport } from '#core/reports/readiness.ts'
import type { RegisterReport, RegisterRow } from '#core/reports/register.ts'
import type { DeclaredPlace, ResidencyCell, ResidencyReport, ResidencyRow } from '#core/reports/residency.ts'
import { type Column, list, SEEN, type Table, TOTALS, table } from '#core/table.ts'
import { attempts, TOTAL_NAMES } from '#core/totals.ts'
import { EVIDENCE_GRADES, LEFT_APPROVALS, PLACE_VERDICTS, TLS_VERDICTS } from '#core/verdicts.ts'

export function complianceTables({ days }: ComplianceReport): Table[] {
  return [table('days.csv', 'These days by what was judged', days, COMPLIANCE_DAY)]
}

export function registerTables({ entries, unregistered }: RegisterReport): Table[] {
  return [
    table('register.csv', 'Every entry, and its use', entries, ENTRY),
    table('unregistered.csv', 'Destinations that no entry matches', unregistered, UNREGISTERED),
  ]
}

export function findingsTables({ findings, opened }: FindingsReport): Table[] {
  return [
    table('findings.csv', 'Every finding', findings, FINDING),
    table('opened.csv', 'Findings opened and gone by the day', opened, [
      ['date', ({ date }) => date],
      ['open', ({ open }) => open],
      ['opened', ({ opened: count }) => count],
      ['gone', ({ gone }) => gone],
    ]),
  ]
}

export function readinessTables({ namespaces }: ReadinessReport): Table[] {
  const breaking = namespaces.flatMap(({ target, namespace, breaking: of }) =>
    of.map((destination) => ({ target, namespace, ...destination })),
  )
  return [
    table('namespaces.csv', 'Every namespace', namespaces, NAMESPACE),
    table('breaking.csv', 'What would break', breaking, BREAKING),
  ]
}

export function residencyTables({ rows, places, days }: ResidencyReport): Table[] {
  const cells = rows.flatMap((row) =>
    row.cells.flatMap((cell, at) => (cell === null ? [] : [{ row, place: places[at], cell }])),
  )
  return [
    table('matrix.csv', 'Namespaces by declared places', cells, PLACED),
    table('days.csv', 'These days by declared places', days, RESIDENCY_DAY),
  ]
}

export function attestationTables({ reviewed, due, waiting, reviewers }: AttestationReport): Table[] {
  const rows = Object.entries({ due, reviewed, waiting }).flatMap(([list, of]) => of.map((row) => ({ list, ...row })))
  return [
    table('entries.csv', 'Every entry by its review', rows, ATTESTED),
    table('reviewers.csv', 'Who reviewed', reviewers, [
      ['reviewedBy', ({ by }) => by],
      ['entries', ({ entries }) => entries],
      ['lastReview', ({ last }) => last],
    ]),
  ]
}

const NAMESPACE_OF: readonly Column<{ target: string; namespace: string }>[] = [
  ['target', ({ target }) => target],
  ['sourceNamespace', ({ namespace }) => namespace || null],
]

/** A figure of a day; none when nothing of the day was observed. */
function ofDay<Day extends { observation: Observation }>(figure: (day: Day) => CsvCell) {
  return (day: Day) => (day.observation === 'observed' || day.observation === 'partial' ? figure(day) : null)
}

function title(name: string): string {
  return name[0].toUpperCase() + name.slice(1)
}

const LEFT = ['requests', 'connections', 'egressBytes'] as const

/** Requests, connections and bytes of each part of what left. */
function parts<Name extends string>(
  names: readonly Name[],
  of: (day: ComplianceDay) => Record<Name, Totals>,
  prefix = '',
): Column<ComplianceDay>[] {
  return names.flatMap((name) =>
    LEFT.map((total): Column<ComplianceDay> => {
      const column = prefix === '' ? `${name}${title(total)}` : `${prefix}${title(name)}${title(total)}`
      return [column, ofDay((day) => of(day)[name][total])]
    }),
  )
}

export const COMPLIANCE_DAY: readonly Column<ComplianceDay>[] = [
  ['date', ({ date }) => date],
  ['observation', ({ observation }) => observation],
  ['provisional', ({ provisional }) => provisional],
  ['complete', ({ complete }) => complete],
  ['hasRegister', ({ hasRegister }) => hasRegister],
  ...parts(LEFT_APPROVALS, ({ byApproval }) => byApproval),
  ['blockedAttempts', ofDay(({ byApproval }) => attempts(byApproval.blocked))],
  ['internalEgressBytes', ofDay(({ internal }) => internal.egressBytes)],
  ...parts(TLS_VERDICTS, ({ byTls }) => byTls, 'tls'),
  ...parts(EVIDENCE_GRADES, ({ byEvidence }) => byEvidence, 'evidence'),
  ...parts(PLACE_VERDICTS, ({ byPlace }) => byPlace, 'place'),
  ...SEVERITIES.map((name): Column<ComplianceDay> => [`${name}FindingsOpen`, ({ open }) => open[name]]),
]

const ENTRY: readonly Column<RegisterRow>[] = [
  ['entry', ({ name }) => name],
  ['state', ({ state }) => state],
  ['destination', ({ destination }) => destination],
  ['ports', ({ ports }) => list(ports)],
  ['protocols', ({ protocols }) => list(protocols)],
  ['from', ({ from }) => list(from)],
  ['owner', ({ owner }) => owner || null],
  ['need', ({ need }) => need || null],
  ['approvedBy', ({ approvedBy }) => approvedBy || null],
  ['approvedOn', ({ approvedOn }) => approvedOn || null],
  ['ticket', ({ ticket }) => ticket || null],
  ['reviewedBy', ({ reviews }) => reviews.at(-1)?.by || null],
  ['reviewedOn', ({ reviews }) => reviews.at(-1)?.on ?? null],
  ['reviewDueBy', ({ dueBy }) => dueBy || null],
  ['expires', ({ expires }) => expires || null],
  ['dataClass', ({ dataClass }) => dataClass || null],
  ['provider', ({ provider }) => provider || null],
  ['country', ({ country }) => country || null],
  ['region', ({ region }) => region || null],
  ['tags', ({ tags }) => list(tags)],
  ['firstUsed', ({ first }) => first || null],
  ['lastUsed', ({ last }) => last || null],
  ['daysUsed', ({ days }) => days],
  ['unusedDays', ({ unusedDays }) => unusedDays],
  ['sources', ({ sources }) => sources],
  ...TOTALS,
]

const UNREGISTERED: readonly Column<RegisterReport['unregistered'][number]>[] = [
  ['destinationHost', ({ host }) => host || null],
  ['sources', ({ sources }) => sources],
  ['firstSeen', ({ first }) => first],
  ['lastSeen', ({ last }) => last],
  ...TOTALS,
]

export const FINDING: readonly Column<Finding>[] = [
  ['finding', ({ id }) => id],
  ['severity', ({ severity }) => severity],
  ['rule', ({ rule }) => rule],
  ['state', ({ state }) => state],
  ['target', ({ subject }) => subject.target || null],
  ['sourceNamespace', ({ subject }) => subject.namespace || null],
  ['sourceWorkload', ({ subject }) => subject.workload || null],
  ['destinationHost', ({ subject }) => subject.host || null],
  ['declaration', ({ subject }) => subject.declaration || null],
  ['opened', ({ opened }) => opened],
  ...SEEN,
  ['complete', ({ complete }) => complete],
  ['requests', ({ evidence }) => evidence.requests],
  ['connections', ({ evidence }) => evidence.connections],
  ['egressBytes', ({ evidence }) => evidence.egressBytes],
  ['ingressBytes', ({ evidence }) => evidence.ingressBytes],
  ['hours', ({ evidence }) => evidence.hours],
  ['acceptedBy', ({ acceptance }) => acceptance?.by ?? null],
  ['acceptedUntil', ({ acceptance }) => acceptance?.until ?? null],
  ['acceptedWhy', ({ acceptance }) => acceptance?.why ?? null],
  ['sentence', ({ sentence }) => sentence],
  ['remedy', ({ remedy }) => remedy],
]

const NAMESPACE: readonly Column<NamespaceReadiness>[] = [
  ...NAMESPACE_OF,
  ['readiness', ({ readiness }) => readiness],
  ['outboundMode', ({ outboundMode }) => outboundMode],
  ['breaking', ({ breaking }) => breaking.length],
  ['declared', ({ declared }) => declared],
  ['stableSince', ({ stableSince }) => stableSince || null],
  ['stableDays', ({ stableDays }) => stableDays],
  ['manifests', ({ manifests }) => manifests.length],
  ...(['allowed', 'blocked', 'unresolved'] as const).flatMap((name) =>
    LEFT.map((total): Column<NamespaceReadiness> => {
      return [`${name}${title(total)}`, ({ simulated }) => simulated[name][total]]
    }),
  ),
]

const BREAKING: readonly Column<{ target: string; namespace: string } & ReadinessDestination>[] = [
  ...NAMESPACE_OF,
  ['destinationHost', ({ host }) => host || null],
  ['ports', ({ ports }) => list(ports)],
  ['protocols', ({ protocols }) => list(protocols)],
  ['workloads', ({ workloads }) => workloads],
  ['firstSeen', ({ first }) => first],
  ['lastSeen', ({ last }) => last],
  ...TOTALS,
  ['why', ({ why }) => why],
]

const PLACED: readonly Column<{ row: ResidencyRow; place: DeclaredPlace; cell: ResidencyCell }>[] = [
  ['target', ({ row }) => row.target],
  ['sourceNamespace', ({ row }) => row.namespace || null],
  ['rule', ({ row }) => row.rule || null],
  ['country', ({ place }) => place.country || null],
  ['region', ({ place }) => place.region || null],
  ['provider', ({ place }) => place.provider || null],
  ['verdict', ({ cell }) => cell.verdict],
  ['hosts', ({ cell }) => cell.hosts],
  ['lastOutside', ({ cell }) => cell.lastOutside || null],
  ...TOTAL_NAMES.map((name): Column<{ cell: ResidencyCell }> => [name, ({ cell }) => cell.totals[name]]),
]

const RESIDENCY_DAY: readonly Column<ResidencyReport['days'][number]>[] = [
  ['date', ({ date }) => date],
  ['observation', ({ observation }) => observation],
  ['complete', ({ complete }) => complete],
  ...PLACE_VERDICTS.flatMap((name) =>
    LEFT.map((total): Column<ResidencyReport['days'][number]> => {
      return [`${name}${title(total)}`, ofDay(({ verdicts }) => verdicts[name][total])]
    }),
  ),
]

const ATTESTED: readonly Column<AttestationRow & { list: string }>[] = [
  ['list', ({ list: name }) => name],
  ['entry', ({ entry }) => entry],
  ['destination', ({ destination }) => destination],
  ['owner', ({ owner }) => owner || null],
  ['approvedBy', ({ approvedBy }) => approvedBy || null],
  ['approvedOn', ({ approvedOn }) => approvedOn || null],
  ['reviewedBy', ({ reviewedBy }) => reviewedBy || null],
  ['reviewedOn', ({ reviewedOn }) => reviewedOn || null],
  ['reviewDueBy', ({ dueBy }) => dueBy || null],
  ['overdueDays', ({ overdueDays }) => overdueDays],
  ['lastUsed', ({ lastUsed }) => lastUsed || null],
  ['note', ({ note }) => note || null],
]
