/** Packed compliance: the compliance history as the bytes of one object, and back. */
import type {
  ComplianceDay,
  ComplianceHistory,
  DestinationVolume,
  EntryUse,
  ServiceEntryUse,
} from '#core/compliance-history.ts'
import { SEVERITIES } from '#core/findings/rules.ts'
import { OBSERVATIONS } from '#core/observation.ts'
import { packFinding, packFindingsByDay, readFinding, readFindingsByDay } from '#core/packed-findings.ts'
import { packSeen, packTotals, readCounts, readDate, readDateOrNone, readSeen, readTotals } from '#core/packed-parts.ts'
import { pack, readArray, readCount, readFlag, readObject, readOneOf, readText, unpack } from '#core/packing.ts'
import { APPROVAL_STATES } from '#core/register/approval.ts'
import type { Totals } from '#core/report.ts'
import { EVIDENCE_GRADES, PLACE_VERDICTS, TLS_VERDICTS } from '#core/verdicts.ts'

/** Same history, same bytes. There are many more figures than names, so rows have no names. */
export function encodeComplianceHistory(history: ComplianceHistory): Uint8Array {
  const { schema, through, judgedBy, forgotten } = history
  return pack({
    ...{ schema, through, judgedBy, forgotten },
    days: history.days.map(packDay),
    findings: history.findings.map(packFinding),
    ...packFindingsByDay(history.findingsByDay),
    entries: history.entries.map(({ name, totals, sources, ...seen }) => [
      name,
      packSeen(seen),
      packTotals(totals),
      sources,
    ]),
    serviceEntries: history.serviceEntries.map(({ target, serviceEntry, declared, ...seen }) => [
      target,
      serviceEntry,
      declared,
      packSeen(seen),
    ]),
    volumes: history.volumes.map(({ target, host, last, bytes }) => [target, host, last, bytes]),
  })
}

/** The inverse of encodeComplianceHistory; throws one sentence that names the key for anything else. */
export function decodeComplianceHistory(bytes: Uint8Array, key: string): ComplianceHistory {
  return unpack(bytes, `compliance history ${key}`, (value) => {
    const packed = readObject(value, 'it')
    if (packed.schema !== 1) throw new Error(`its schema is ${JSON.stringify(packed.schema)}, not 1`)
    const days = readArray(packed.days, 'days').map(readDay)
    const through = readText(packed.through, 'its last day')
    if (through !== (days.at(-1)?.date ?? '')) throw new Error('its last day is not the last of its days')
    return {
      schema: 1,
      through,
      judgedBy: readText(packed.judgedBy, 'what it was judged by'),
      days,
      findings: readArray(packed.findings, 'findings').map(readFinding),
      forgotten: readCount(packed.forgotten, 'what is forgotten'),
      findingsByDay: readFindingsByDay(packed.findingsByDay, packed.named, days),
      entries: readArray(packed.entries, 'entries').map(readEntry),
      serviceEntries: readArray(packed.serviceEntries, 'ServiceEntries').map(readServiceEntry),
      volumes: readArray(packed.volumes, 'volumes').map(readVolume),
    }
  })
}

function packDay(day: ComplianceDay): unknown[] {
  return [
    ...[day.date, day.observation, day.provisional, day.complete, day.hasRegister],
    packTotals(day.internal),
    APPROVAL_STATES.map((name) => packTotals(day.byApproval[name])),
    TLS_VERDICTS.map((name) => packTotals(day.byTls[name])),
    EVIDENCE_GRADES.map((name) => packTotals(day.byEvidence[name])),
    PLACE_VERDICTS.map((name) => packTotals(day.byPlace[name])),
    [...SEVERITIES.map((name) => day.open[name]), day.accepted, day.opened, day.gone],
  ]
}

function readDay(row: unknown): ComplianceDay {
  const [date, observation, provisional, complete, hasRegister, internal, approvals, tls, evidence, places, counts] =
    readArray(row, 'a day', 11)
  const [high, medium, low, accepted, opened, gone] = readCounts(counts, 'counts of findings', 6)
  return {
    date: readDate(date),
    observation: readOneOf(observation, OBSERVATIONS, 'a day’s observation'),
    provisional: readFlag(provisional, 'whether a day is provisional'),
    complete: readFlag(complete, 'a day’s completeness'),
    internal: readTotals(internal),
    byApproval: readSums(approvals, APPROVAL_STATES),
    byTls: readSums(tls, TLS_VERDICTS),
    byEvidence: readSums(evidence, EVIDENCE_GRADES),
    byPlace: readSums(places, PLACE_VERDICTS),
    open: { high, medium, low },
    accepted,
    opened,
    gone,
    hasRegister: readFlag(hasRegister, 'whether a day has a register'),
  }
}

function readEntry(row: unknown): EntryUse {
  const [name, seen, totals, sources] = readArray(row, 'an entry’s use', 4)
  return {
    name: readText(name, 'an entry’s name'),
    ...readSeen(seen),
    totals: readTotals(totals),
    sources: readCount(sources, 'an entry’s sources'),
  }
}

function readServiceEntry(row: unknown): ServiceEntryUse {
  const [target, serviceEntry, declared, seen] = readArray(row, 'a ServiceEntry’s use', 4)
  return {
    target: readText(target, 'a target'),
    serviceEntry: readText(serviceEntry, 'a ServiceEntry'),
    declared: readDateOrNone(declared),
    ...readSeen(seen),
  }
}

function readVolume(row: unknown): DestinationVolume {
  const [target, host, last, bytes] = readArray(row, 'a volume', 4)
  return {
    target: readText(target, 'a target'),
    host: readText(host, 'a host'),
    last: readDate(last),
    bytes: readCounts(bytes, 'bytes of days'),
  }
}

function readSums<Name extends string>(rows: unknown, names: readonly Name[]): Record<Name, Totals> {
  const sums = readArray(rows, 'sums', names.length).map(readTotals)
  return Object.fromEntries(names.map((name, at) => [name, sums[at]])) as Record<Name, Totals>
}
