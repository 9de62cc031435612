/** The tables of an audit pack. In CSV an empty cell is what nobody knows, and what does not apply. */
import { type Audit, type AuditDay, auditedEntries, type CoveredHour, type HeldRegister } from '#core/audit/audit.ts'
import type { TalliedFlow } from '#core/audit/tally.ts'
import { COMPLIANCE_DAY, FINDING } from '#core/compliance-tables.ts'
import type { CsvCell } from '#core/csv.ts'
import { isRecordedAfter } from '#core/declarations.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import type { RegisterEntry } from '#core/register/register.ts'
import { dueBy, entryState, overdueDays } from '#core/register/standing.ts'
import { type Column, list, type Table, table } from '#core/table.ts'
import { DAY_MS, HOUR_MS, isoInstant, parseDate } from '#core/time.ts'
import { TOTAL_NAMES } from '#core/totals.ts'

/** All tables but flows.csv, which is written day by day. */
export function auditTables(audit: Audit): Table[] {
  return [
    table('summary.csv', 'Every day of the span by what was judged', summaryRows(audit), SUMMARY),
    table('findings.csv', 'Every finding of the span, as of its end', audit.findings, FINDING),
    table('register.csv', 'The register as it stood on each change', registerRows(audit), REGISTER),
    table(
      'exceptions.csv',
      'What was not approved, was accepted, or waits for somebody',
      exceptionRows(audit),
      EXCEPTION,
    ),
    table('coverage.csv', 'What was observed of each hour', audit.coverage, COVERAGE),
  ]
}

interface SummaryRow extends AuditDay {
  seal: string // SHA-256; '' when it is before the pack's first seal
  keyId: string
}

function summaryRows({ days, seals }: Audit): SummaryRow[] {
  const byDate = new Map(seals.map((seal) => [seal.date, seal]))
  return days.map((day) => {
    const { sha256 = '', keyId = '' } = byDate.get(day.compliance.date) ?? {}
    return { ...day, seal: sha256, keyId }
  })
}

const SUMMARY: readonly Column<SummaryRow>[] = [
  ...COMPLIANCE_DAY.map(([name, of]): Column<SummaryRow> => [name, ({ compliance }) => of(compliance)]),
  ...(['istio', 'register', 'rules'] as const).map((kind): Column<SummaryRow> => {
    return [`${kind}Sha256`, ({ declared }) => declared[kind]?.sha256 ?? null]
  }),
  ['judgedByLater', ({ declared }) => Object.values(declared).some((link) => link?.isLater)],
  ['recordedAfter', ({ compliance: { date }, declared }) => isRecordedAfter(declared, date)],
  ['sealSha256', ({ seal }) => seal || null],
  ['signedBy', ({ keyId }) => keyId || null],
]

/** Of flows.csv: one row for each edge of each day. */
export const FLOW_COLUMNS: readonly string[] = [
  'chargePeriodStart',
  'chargePeriodEnd',
  'target',
  'sourceNamespace',
  'sourceWorkload',
  'sourceApp',
  'sourceVersion',
  'destinationClass',
  'destinationHost',
  'destinationPorts',
  'destinationService',
  'destinationServiceNamespace',
  'via',
  'reporter',
  'protocol',
  ...TOTAL_NAMES,
  'isEgress',
  'approval',
  'registerEntry',
  'approvalReason',
  'tls',
  'tlsReason',
  'evidence',
  'serviceEntry',
  'outboundMode',
  'declaredProvider',
  'declaredCountry',
  'declaredRegion',
  'place',
  'residencyRule',
  'observation',
]

/** A day's edges; a target that had begun and has none has one row: of zeros, or without figures when nobody observed it. */
export function flowRows({ digest, edges }: JudgedDay): CsvCell[][] {
  const day = parseDate(digest.date)
  const period = [isoInstant(day), isoInstant(day + DAY_MS)]
  return digest.day.coverage.flatMap(({ target, observation }) => {
    const of = edges.filter((edge) => edge.target === target)
    if (of.length > 0) return of.map((edge) => [...period, ...flowCells(edge), observation])
    const figure = observation === 'observed' || observation === 'partial' ? 0 : null
    const cells = FLOW_COLUMNS.slice(2, -1).map((name) => {
      if (name === 'target') return target
      return (TOTAL_NAMES as readonly string[]).includes(name) ? figure : null
    })
    return [[...period, ...cells, observation]]
  })
}

function flowCells(edge: JudgedEdge): CsvCell[] {
  const { traffic, approval, place } = edge
  const judged = traffic.isEgress ? approval : null
  return [
    ...[edge.target, edge.namespace, edge.workload, edge.app, edge.version].map(orNull),
    edge.destinationClass,
    orNull(edge.host),
    list(edge.ports),
    ...[edge.service, edge.serviceNamespace, edge.via, edge.reporter, edge.protocol].map(orNull),
    ...TOTAL_NAMES.map((name) => edge.totals[name]),
    traffic.isEgress,
    judged?.state ?? null,
    judged?.entry || null,
    judged?.reason ?? null,
    edge.destinationClass === 'blocked' ? null : traffic.tls.verdict,
    edge.destinationClass === 'blocked' ? null : traffic.tls.reason,
    traffic.evidence.grade,
    orNull(traffic.serviceEntry),
    traffic.outboundMode,
    ...[place.provider, place.country, place.region].map(orNull),
    judged === null ? null : place.verdict,
    orNull(place.rule),
  ]
}

function orNull(text: string): CsvCell {
  return text === '' ? null : text
}

interface RegisterRow {
  held: HeldRegister
  entry: RegisterEntry
}

function registerRows({ registers }: Audit): RegisterRow[] {
  return registers.flatMap((held) => held.register.entries.map((entry) => ({ held, entry })))
}

const ENTRY: readonly Column<RegisterEntry>[] = [
  ['entry', ({ name }) => name],
  ['destination', ({ destination }) => destination],
  ['ports', ({ ports }) => list(ports)],
  ['protocols', ({ protocols }) => list(protocols)],
  ['from', ({ from }) => list(from)],
  ['owner', ({ owner }) => orNull(owner)],
  ['need', ({ need }) => orNull(need)],
  ['approvedBy', ({ approvedBy }) => orNull(approvedBy)],
  ['approvedOn', ({ approvedOn }) => orNull(approvedOn)],
  ['ticket', ({ ticket }) => orNull(ticket)],
  ['reviews', ({ reviews }) => orNull(reviews.map(({ on, by }) => `${on} ${by}`).join('; '))],
  ['reviewBy', ({ reviewBy }) => orNull(reviewBy)],
  ['expires', ({ expires }) => orNull(expires)],
  ['dataClass', ({ dataClass }) => orNull(dataClass)],
  ['provider', ({ provider }) => orNull(provider)],
  ['country', ({ country }) => orNull(country)],
  ['region', ({ region }) => orNull(region)],
  ['tags', ({ tags }) => list(tags)],
]

const REGISTER: readonly Column<RegisterRow>[] = [
  ['heldFrom', ({ held }) => held.first],
  ['heldThrough', ({ held }) => held.last],
  ['recorded', ({ held }) => held.recorded],
  ['declarationSha256', ({ held }) => held.sha256],
  ...ENTRY.map(([name, of]): Column<RegisterRow> => [name, ({ entry }) => of(entry)]),
  ['state', ({ entry, held }) => entryState(entry, held.last)],
  ['reviewDueBy', ({ entry, held }) => orNull(dueBy(entry, held.last))],
]

interface ExceptionRow {
  kind: string
  first: string | null
  last: string | null
  days: number | null
  target: string
  namespace: string
  workload: string
  host: string
  declaration: string
  requests: number | null
  connections: number | null
  egressBytes: number | null
  by: string
  until: string
  why: string
}

const NO_FLOW = { target: '', namespace: '', workload: '', host: '' }
const NO_FIGURES = { first: null, last: null, days: null, requests: null, connections: null, egressBytes: null }

function exceptionRows(audit: Audit): ExceptionRow[] {
  const { tally, findings, through } = audit
  const flows = tally.flows.filter(({ state }) => state !== 'blocked').map(flowException)
  const accepted = findings.flatMap(({ rule, subject, first, last, days, evidence, state, acceptance }) => {
    if (state !== 'accepted' || acceptance === null) return []
    const { requests, connections, egressBytes } = evidence
    const figures = { first, last, days, requests, connections, egressBytes }
    const { by, until, why } = acceptance
    return [{ kind: `accepted ${rule}`, ...subject, ...figures, by, until, why }]
  })
  const entries = auditedEntries(audit).flatMap(({ entry, state, dueBy: due }): ExceptionRow[] => {
    const about = { ...NO_FLOW, ...NO_FIGURES, declaration: entry.name, host: entry.destination, by: entry.approvedBy }
    const waiting = {
      approved: [],
      overdue: [{ kind: 'review overdue', until: due, why: `by ${overdueDays(entry, through)} days` }],
      expired: [{ kind: 'approval expired', until: entry.expires, why: '' }],
      pending: [{ kind: 'nobody has approved', until: '', why: '' }],
    }
    return waiting[state].map((what) => ({ ...about, ...what }))
  })
  return [...flows, ...accepted, ...entries]
}

function flowException({ state, reason, entry, totals, ...flow }: TalliedFlow): ExceptionRow {
  const { requests, connections, egressBytes } = totals
  const kind = state === 'expired' ? 'used after its approval had ended' : 'not approved'
  return { ...flow, kind, declaration: entry, requests, connections, egressBytes, by: '', until: '', why: reason }
}

const EXCEPTION: readonly Column<ExceptionRow>[] = [
  ['exception', ({ kind }) => kind],
  ['firstSeen', ({ first }) => first],
  ['lastSeen', ({ last }) => last],
  ['daysSeen', ({ days }) => days],
  ['target', ({ target }) => orNull(target)],
  ['sourceNamespace', ({ namespace }) => orNull(namespace)],
  ['sourceWorkload', ({ workload }) => orNull(workload)],
  ['destinationHost', ({ host }) => orNull(host)],
  ['declaration', ({ declaration }) => orNull(declaration)],
  ['requests', ({ requests }) => requests],
  ['connections', ({ connections }) => connections],
  ['egressBytes', ({ egressBytes }) => egressBytes],
  ['by', ({ by }) => orNull(by)],
  ['until', ({ until }) => orNull(until)],
  ['why', ({ why }) => orNull(why)],
]

const COVERAGE: readonly Column<CoveredHour>[] = [
  ['chargePeriodStart', ({ hour }) => isoInstant(hour)],
  ['chargePeriodEnd', ({ hour }) => isoInstant(hour + HOUR_MS)],
  ['target', ({ target }) => target],
  ['observation', ({ observation }) => observation],
  ['observedSeconds', ({ observedSeconds }) => observedSeconds],
  ['expectedSeconds', ({ expectedSeconds }) => expectedSeconds],
  ['scrapes', ({ scrapes }) => scrapes],
  ['gapSeconds', ({ gapSeconds }) => gapSeconds],
  ['gapReasons', ({ gapReasons }) => orNull(gapReasons.join('; '))],
  ['rollupNumber', ({ rollup }) => rollup?.number ?? null],
  ['rollupSha256', ({ rollup }) => rollup?.sha256 ?? null],
]
