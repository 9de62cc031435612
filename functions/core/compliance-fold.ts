/**
 * Folding judged days into the compliance history, oldest first. What a history holds is bounded, whatever labels somebody
 * makes up and whatever is declared.
 */
import type {
  ComplianceDay,
  ComplianceHistory,
  DestinationVolume,
  EntryUse,
  ServiceEntryUse,
} from '#core/compliance-history.ts'
import { judgedByAfter } from '#core/compliance-history.ts'
import type { InForce } from '#core/declarations.ts'
import type { DayDigest } from '#core/digest.ts'
import { type BookedCounts, openBook } from '#core/findings/book.ts'
import { findAll, seenOn } from '#core/findings/find.ts'
import { bytesOf, destinationKey, type Grounds, groundsOf, serviceEntryKey } from '#core/findings/grounds.ts'
import type { Seen } from '#core/history.ts'
import type { IstioConfigs } from '#core/istio/config.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { compareText } from '#core/order.ts'
import { APPROVAL_STATES } from '#core/register/approval.ts'
import type { TargetCoverage, Totals } from '#core/report.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import { addTotals, zeroTotals } from '#core/totals.ts'
import { EVIDENCE_GRADES, PLACE_VERDICTS, TLS_VERDICTS } from '#core/verdicts.ts'

export interface JudgedFolding {
  /** Adds a day and what was in force on it; throws unless it is the one that follows the last. */
  add(judged: JudgedDay, inForce: InForce): void
  /** The history with all that was added so far. */
  history(): ComplianceHistory
}

/** How much of each a history holds. */
const ROOM = 5_000
const VOLUME_DAYS = 28

/**
 * Begins to fold judged days into a history, which itself stays as it is; open days, too, if it is not to be kept. `before`
 * is the digest of the last day that is folded in, of which bursts that begin at midnight want the last hour; null when
 * there is none.
 */
export function startJudgedFolding(start: ComplianceHistory, before: DayDigest | null): JudgedFolding {
  if ((before?.date ?? '') !== start.through) {
    throw new Error(`compliance history: its last day is ${start.through}, and the digest is of ${before?.date ?? ''}`)
  }
  const days = [...start.days]
  const findingsByDay = [...start.findingsByDay]
  const book = openBook(start.findings, start.forgotten)
  const entries = new Map(start.entries.map((use) => [use.name, use]))
  const serviceEntries = new Map(start.serviceEntries.map((use) => [serviceEntryKey(use), use]))
  const volumes = new Map(start.volumes.map((volume) => [destinationKey(volume), volume]))
  let { through, judgedBy } = start
  let digest = before

  const add = (judged: JudgedDay, inForce: InForce): void => {
    const { date, day } = judged.digest
    if (through !== '' && date !== isoDate(parseDate(through) + DAY_MS)) {
      throw new Error(`compliance history: ${date} does not follow ${through}, the last day that is folded in`)
    }
    const grounds = groundsOf(judged, inForce, { digest, days, volumes, entries, serviceEntries })
    const { counts, findings } = book.add({
      date,
      provisional: day.provisional,
      found: findAll(grounds),
      rules: inForce.rules,
      seen: seenOn(grounds),
      isObserved: (target) => isObserved(grounds, target),
    })
    bookEntries(entries, grounds)
    bookServiceEntries(serviceEntries, grounds)
    bookVolumes(volumes, grounds)
    days.push(dayOf(judged, grounds, counts))
    findingsByDay.push(findings)
    through = date
    judgedBy = judgedByAfter(judgedBy, date, judged.declared)
    digest = judged.digest
  }
  return {
    add,
    history: () => ({
      schema: 1,
      through,
      judgedBy,
      days: [...days],
      findings: book.findings(),
      forgotten: book.forgotten(),
      findingsByDay: [...findingsByDay],
      entries: inOrder(entries),
      serviceEntries: inOrder(serviceEntries),
      volumes: inOrder(volumes),
    }),
  }
}

function inOrder<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => compareText(a, b)).map(([, value]) => value)
}

function dayOf({ digest: { date, day }, edges }: JudgedDay, { egress, inForce }: Grounds, counts: BookedCounts) {
  const sums: ComplianceDay = {
    date,
    observation: day.observation,
    provisional: day.provisional,
    complete: day.complete,
    internal: zeroTotals(),
    byApproval: zeroOf(APPROVAL_STATES),
    byTls: zeroOf(TLS_VERDICTS),
    byEvidence: zeroOf(EVIDENCE_GRADES),
    byPlace: zeroOf(PLACE_VERDICTS),
    ...counts,
    hasRegister: inForce.register !== null,
  }
  for (const { traffic, totals } of edges) if (!traffic.isEgress) addTotals(sums.internal, totals)
  for (const [{ approval, destinationClass, traffic, place }, totals] of sumsAlike(egress)) {
    addTotals(sums.byApproval[approval.state], totals)
    if (destinationClass === 'blocked') continue
    addTotals(sums.byTls[traffic.tls.verdict], totals)
    addTotals(sums.byEvidence[traffic.evidence.grade], totals)
    addTotals(sums.byPlace[place.verdict], totals)
  }
  return sums
}

/** What edges that were judged alike did together, with one of them: of thousands of edges there are some ten kinds. */
function sumsAlike(edges: readonly JudgedEdge[]): [JudgedEdge, Totals][] {
  const sums = new Map<number, [JudgedEdge, Totals]>()
  for (const edge of edges) {
    const kind = kindOf(edge)
    const known = sums.get(kind)
    if (known === undefined) sums.set(kind, [edge, { ...edge.totals }])
    else addTotals(known[1], edge.totals)
  }
  return [...sums.values()]
}

/** A number that is the same for edges that were judged alike, so that they meet without a text for each. */
function kindOf({ approval, traffic, place }: JudgedEdge): number {
  const [tls, grade] = [TLS_VERDICTS.indexOf(traffic.tls.verdict), EVIDENCE_GRADES.indexOf(traffic.evidence.grade)]
  const [state, verdict] = [APPROVAL_STATES.indexOf(approval.state), PLACE_VERDICTS.indexOf(place.verdict)]
  return ((state * TLS_VERDICTS.length + tls) * EVIDENCE_GRADES.length + grade) * PLACE_VERDICTS.length + verdict
}

function zeroOf<Name extends string>(names: readonly Name[]): Record<Name, Totals> {
  return Object.fromEntries(names.map((name) => [name, zeroTotals()])) as Record<Name, Totals>
}

function isObserved({ coverage }: Grounds, target: string): boolean {
  const watched = target === '' ? [...coverage.values()] : [coverage.get(target)]
  return watched.some((one) => one !== undefined && one.observedSeconds > 0)
}

function seenWith(before: Seen | undefined, date: string): Seen {
  if (before === undefined || before.days === 0) return { first: date, last: date, days: 1 }
  return { first: before.first, last: date, days: before.days + 1 }
}

function bookEntries(entries: Map<string, EntryUse>, { date, left }: Grounds): void {
  for (const [name, edges] of Map.groupBy(left, ({ approval }) => approval.entry)) {
    if (name === '') continue
    const known = entries.get(name)
    const totals = { ...(known?.totals ?? zeroTotals()) }
    for (const edge of edges) addTotals(totals, edge.totals)
    entries.set(name, { name, ...seenWith(known, date), totals, sources: workloadsIn(edges) })
  }
  forgetMost(entries, ({ last }) => last)
}

/** Of edges in the order of their keys, by which those of a workload stand together. */
function workloadsIn(edges: readonly JudgedEdge[]): number {
  return edges.filter(({ target, namespace, workload }, at) => {
    const before = edges[at - 1]
    return before?.workload !== workload || before.namespace !== namespace || before.target !== target
  }).length
}

function bookServiceEntries(uses: Map<string, ServiceEntryUse>, { date, left, inForce, declared }: Grounds): void {
  const configs = inForce.istio ?? {}
  const used = new Map<string, Pick<ServiceEntryUse, 'target' | 'serviceEntry'>>()
  const names = Map.groupBy(left, ({ traffic }) => traffic.serviceEntry)
  for (const [name, edges] of names) {
    if (name === '') continue
    for (const target of new Set(edges.map((edge) => edge.target))) {
      const use = { target: Object.hasOwn(configs, target) ? target : '*', serviceEntry: name }
      used.set(serviceEntryKey(use), use)
    }
  }
  for (const [key, use] of used) {
    const known = uses.get(key)
    uses.set(key, { ...use, ...seenWith(known, date), declared: known?.declared ?? '' })
  }
  // What was declared later proves nothing of when it began to be.
  if (declared.istio === null || declared.istio.isLater) return
  for (const use of declaredIn(configs)) {
    const key = serviceEntryKey(use)
    const known = uses.get(key)
    if (known === undefined) uses.set(key, { ...use, first: '', last: '', days: 0, declared: date })
    else if (known.declared === '') uses.set(key, { ...known, declared: date })
  }
  forgetMost(uses, ({ last, declared: since }) => last || since)
}

function declaredIn(configs: IstioConfigs): Pick<ServiceEntryUse, 'target' | 'serviceEntry'>[] {
  return Object.entries(configs).flatMap(([target, { serviceEntries }]) =>
    serviceEntries.map(({ namespace, name }) => ({ target, serviceEntry: `${namespace}/${name}` })),
  )
}

/** A day of which less than half was observed says nothing of how much is usual. */
function bookVolumes(volumes: Map<string, DestinationVolume>, { date, destinations, coverage, digest }: Grounds): void {
  for (const [key, edges] of destinations) {
    const { target, host } = edges[0]
    const before = volumes.get(key)?.bytes ?? []
    const isUsual = !digest.day.provisional && halfObserved(coverage.get(target))
    const kept = isUsual ? [...before, bytesOf(edges)].slice(-VOLUME_DAYS) : before
    volumes.set(key, { target, host, last: date, bytes: kept })
  }
  forgetMost(volumes, ({ last, bytes }) => `${bytes.length > 1 ? 1 : 0} ${last}`)
}

function halfObserved(coverage: TargetCoverage | undefined): boolean {
  return coverage !== undefined && coverage.observedSeconds * 2 >= coverage.expectedSeconds
}

/** Drops what there is no room for, what is worth least first. */
function forgetMost<T>(map: Map<string, T>, worth: (value: T) => string): void {
  if (map.size <= ROOM) return
  const order = [...map].map(([key, value]) => ({ key, worth: worth(value) }))
  order.sort((a, b) => compareText(a.worth, b.worth) || compareText(a.key, b.key))
  for (const { key } of order.slice(0, map.size - ROOM)) map.delete(key)
}
