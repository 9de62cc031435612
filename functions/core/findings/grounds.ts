/** Grounds: what findings of a day are grounded on, the day itself as it was judged and what was known before it. */
import type { ComplianceDay, DestinationVolume, EntryUse, ServiceEntryUse } from '#core/compliance-history.ts'
import type { InForce } from '#core/declarations.ts'
import type { DayDigest } from '#core/digest.ts'
import { type FindingEvidence, zeroEvidence } from '#core/findings/finding.ts'
import { exactSum } from '#core/flow.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import type { TargetCoverage } from '#core/report.ts'

/** What the days before say. */
export interface Past {
  digest: DayDigest | null // of the day right before; null when there is none
  days: readonly ComplianceDay[] // oldest first
  volumes: ReadonlyMap<string, DestinationVolume> // by destinationKey
  entries: ReadonlyMap<string, EntryUse> // by name
  serviceEntries: ReadonlyMap<string, ServiceEntryUse> // by serviceEntryKey
}

/** A day as rules look at it. */
export interface Grounds {
  date: string // YYYY-MM-DD
  digest: DayDigest
  inForce: InForce
  declared: JudgedDay['declared']
  egress: readonly JudgedEdge[] // but for what Istio's configuration calls internal; blocked ones are among them
  left: readonly JudgedEdge[] // of them, those that left the mesh
  destinations: ReadonlyMap<string, readonly JudgedEdge[]> // of those that left, by destinationKey
  coverage: ReadonlyMap<string, TargetCoverage> // by target
  past: Past
}

/** What the findings of a judged day are grounded on. */
export function groundsOf({ digest, declared, edges }: JudgedDay, inForce: InForce, past: Past): Grounds {
  const egress = edges.filter(({ traffic }) => traffic.isEgress)
  const left = egress.filter(({ destinationClass }) => destinationClass !== 'blocked')
  return {
    date: digest.date,
    digest,
    inForce,
    declared,
    egress,
    left,
    destinations: Map.groupBy(left, destinationKey),
    coverage: new Map(digest.day.coverage.map((one) => [one.target, one])),
    past,
  }
}

/** True when the day was observed whole in each of these edges' targets, so that their figures are no lower bounds. */
export function isWhole({ coverage }: Grounds, edges: readonly JudgedEdge[]): boolean {
  return edges.every(({ target }) => isObservedWhole(coverage.get(target)))
}

/** True when every second of a target’s day that was due was observed. */
export function isObservedWhole(coverage: TargetCoverage | undefined): boolean {
  return coverage !== undefined && coverage.observedSeconds >= coverage.expectedSeconds
}

/** True on the day with which the ledger of a target begins: whatever is met on it may be old. */
export function isFirstDay({ coverage, date }: Grounds, target: string): boolean {
  return (coverage.get(target)?.firstHour.slice(0, 10) ?? date) >= date
}

/** For sort(): those that sent most first. */
export function byBytes(a: JudgedEdge, b: JudgedEdge): number {
  return b.totals.egressBytes - a.totals.egressBytes
}

/** Bytes out of these edges, together. */
export function bytesOf(edges: readonly JudgedEdge[]): number {
  return edges.reduce((sum, { totals }) => exactSum(sum, totals.egressBytes), 0)
}

/** The key under which a destination's days meet, apart in each mesh. */
export function destinationKey({ target, host }: { target: string; host: string }): string {
  return `${target}\0${host}`
}

/** The key under which the uses of a ServiceEntry meet, by the configuration it is of. */
export function serviceEntryKey({ target, serviceEntry }: { target: string; serviceEntry: string }): string {
  return `${target}\0${serviceEntry}`
}

/** What edges did, together. */
export function evidenceOfEdges(edges: readonly JudgedEdge[]): FindingEvidence {
  const evidence = zeroEvidence()
  for (const { totals } of edges) {
    evidence.requests = exactSum(evidence.requests, totals.requests)
    evidence.connections = exactSum(evidence.connections, totals.connections)
    evidence.egressBytes = exactSum(evidence.egressBytes, totals.egressBytes)
    evidence.ingressBytes = exactSum(evidence.ingressBytes, totals.ingressBytes)
  }
  for (let hour = 0; hour < 24; hour++) {
    for (const { hours } of edges) {
      if (hours[hour] === 0) continue
      evidence.hours++
      break
    }
  }
  return evidence
}
