/** Namespaces: whether each can be locked to what is declared, what would break, and what to apply before. */
import type { History } from '#core/history.ts'
import { configOfTarget, type IstioConfig, type IstioConfigs, type OutboundMode } from '#core/istio/config.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { compareText, distinct } from '#core/order.ts'
import { type Extension, extend } from '#core/readiness/extension.ts'
import type { Manifest } from '#core/readiness/manifest.ts'
import { callsOf, type Need, type Seen } from '#core/readiness/need.ts'
import { hasLeft, isSentByGateway, type Reach, reachOf, reachWith } from '#core/readiness/reach.ts'
import { type Seeing, seeingsOf } from '#core/readiness/seeing.ts'
import { type DraftedEntry, draftEntry, entryManifest } from '#core/readiness/service-entry.ts'
import { draftSidecar } from '#core/readiness/sidecar.ts'
import { noneSimulated, type Simulated, simulate } from '#core/readiness/simulation.ts'
import { type Stability, stabilityOf, wholeDays } from '#core/readiness/stability.ts'
import type { Readiness } from '#core/readiness/state.ts'
import { tlsOfDeclared, tlsOrigination } from '#core/readiness/tls-origination.ts'
import { whyBreaks, whySo } from '#core/readiness/why.ts'
import type { Totals } from '#core/report.ts'

export interface NamespaceReadiness {
  target: string
  namespace: string // '' when unknown
  readiness: Readiness
  sentence: string // why
  outboundMode: OutboundMode | null // by configuration; null when none tells, or its workloads differ
  observedDays: number // of the days looked at, on which the target was observed whole: sums over fewer are lower bounds
  breaking: ReadinessDestination[] // what REGISTRY_ONLY would block today, most bytes first
  declared: number // destinations that would go on
  stableSince: string // the day since which no new destination was met; '' when none ever was
  stableDays: number // after it, that were observed whole
  manifests: Manifest[] // in the order in which to apply them
  notes: string[] // what else a person must know or do, a sentence each
  simulated: Simulated // the days looked at, with the drafted set
}

export interface ReadinessDestination {
  host: string // '' when unknown
  ports: number[]
  protocols: string[]
  workloads: number
  first: string
  last: string
  totals: Totals
  isDraftable: boolean // false: a person must find out what it is
  why: string // one sentence: why it would break, or why nothing can be drafted for it
}

export interface Looked {
  recent: readonly JudgedDay[] // closed days, oldest first
  istio: IstioConfigs | null // in force now
  history: History
  windowDays: number
  clusterDomains: Readonly<Record<string, string>> // by target; cluster.local when left out
}

/** The namespaces of a target, by name. Those of a target that was not observed at all are told from its history. */
export function readinessOfTarget(target: string, looked: Looked): NamespaceReadiness[] {
  const { recent, history, istio, windowDays } = looked
  const clusterDomain = Object.hasOwn(looked.clusterDomains, target) ? looked.clusterDomains[target] : 'cluster.local'
  const config = istio === null ? null : configOfTarget(istio, target)
  const reach = reachOf(config, target, recent)
  const seeings = seeingsOf(target, { config, reach, recent, clusterDomain })
  const entries = draftEntries(seeings, reach.config)
  const extensions = draftExtensions(seeings)
  const serviceEntries = [...entries, ...extensions].map(({ entry }) => entry)
  const withEntries = reachWith(reach, { serviceEntries, sidecars: [] })
  const gatewayHosts = distinct(
    seeings.flatMap(({ seen }) => seen.filter(({ edge }) => isSentByGateway(edge)).map(({ edge }) => edge.host)),
  )
  const stability = stabilityOf({ recent, history, target })
  const { date: start } = recent[0].digest
  const observedDays = wholeDays({ recent, history, target }).filter((date) => date >= start).length

  const namespaces = seeings.map((of): NamespaceReadiness => {
    const { namespace, seen, needs, isEnforced } = of
    const edges = seen.map(({ edge }) => edge).filter((edge) => !isSentByGateway(edge))
    const cutOff = needs.filter(({ obstacle }) => obstacle !== null).length
    const left = edges.filter(hasLeft)
    const scope = { namespace, config: withEntries.config, edges: left, clusterDomain, gatewayHosts, cutOff }
    const sidecar = isEnforced ? null : draftSidecar(scope)
    const hasSidecar = sidecar !== null && typeof sidecar !== 'string'
    const drafted = hasSidecar
      ? reachWith(withEntries, { serviceEntries: [], sidecars: [sidecar.sidecar] })
      : withEntries
    const own = entries.filter(({ namespaces }) => namespaces.includes(namespace))
    const stable = stability(namespace)
    const readiness = readinessOf(of, stable, windowDays)
    const declared = declaredHosts(seen, reach)
    return {
      target,
      namespace,
      readiness,
      sentence: whySo({ readiness, needs, declared, stable, windowDays }),
      outboundMode: of.outboundMode,
      observedDays,
      breaking: needs.map((need) => breakingOf(need, reach, isEnforced)),
      declared,
      stableSince: stable.since,
      stableDays: stable.days,
      manifests: [
        ...own.map(entryManifest),
        ...(hasSidecar ? [sidecar.manifest] : []),
        ...own.flatMap((entry) => tlsOrigination(entry, reach.config)),
        ...tlsOfDeclared(namespace, seen, reach.config),
      ],
      notes: [
        ...extensions.filter((one) => one.namespaces.includes(namespace)).map(({ sentence }) => sentence),
        ...refusals(of),
        ...(typeof sidecar === 'string' ? [sidecar] : []),
      ],
      simulated: simulate(
        seen.map(({ edge }) => edge),
        drafted,
      ),
    }
  })
  return recent.some((day) => wasWatched(day, target)) ? namespaces : unseen(target, looked)
}

function wasWatched({ digest: { day } }: JudgedDay, target: string): boolean {
  const of = day.coverage.find((coverage) => coverage.target === target)
  return of !== undefined && of.observedSeconds > 0
}

/** One entry for each host that can be declared, for all namespaces that need it; by host. */
function draftEntries(seeings: readonly Seeing[], config: IstioConfig): DraftedEntry[] {
  const needs = seeings
    .flatMap((of) => of.needs)
    .filter(({ obstacle, isLeftOut, extended }) => obstacle === null && !isLeftOut && extended === null)
  return [...Map.groupBy(needs, ({ host }) => host)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, of]) => draftEntry(of, config))
}

/** One extension for each entry that declares a host already, for all namespaces that need it; by host. */
function draftExtensions(seeings: readonly Seeing[]): (Extension & { namespaces: string[] })[] {
  const needs = seeings
    .flatMap((of) => of.needs)
    .filter(({ obstacle, extended }) => obstacle === null && extended !== null)
  const keyOf = ({ extended }: Need) => `${extended!.namespace}\0${extended!.name}`
  return [...Map.groupBy(needs, keyOf)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, of]) => ({
      ...extend(
        of[0].extended!,
        of.flatMap(({ seen }) => callsOf(seen)),
      ),
      namespaces: distinct(of.map(({ namespace }) => namespace)),
    }))
}

/** Refusals that the configuration does not explain. */
function refusals({ seen, isEnforced }: Seeing): string[] {
  const dates = seen.filter(({ edge }) => edge.destinationClass === 'blocked').map(({ date }) => date)
  if (isEnforced || dates.length === 0) return []
  const span = dates[0] === dates.at(-1) ? `on ${dates[0]}` : `from ${dates[0]} to ${dates.at(-1)}`
  return [
    `Calls were refused here ${span}, so REGISTRY_ONLY was on for some workloads, though no configuration that was read says ` +
      'it is on for all.',
  ]
}

function breakingOf(need: Need, reach: Reach, isEnforced: boolean): ReadinessDestination {
  const { host, ports, protocols, workloads, first, last, totals, obstacle } = need
  const why = whyBreaks(need, reach, isEnforced)
  return { host, ports, protocols, workloads, first, last, totals, isDraftable: obstacle === null, why }
}

/** How many destinations would go on, in all ways in which they were called. */
function declaredHosts(seen: readonly Seen[], reach: Reach): number {
  const left = seen.map(({ edge }) => edge).filter(hasLeft)
  const isAllowed = (edges: readonly JudgedEdge[]) => edges.every((edge) => reach.fateOf(edge) === 'allowed')
  return [...Map.groupBy(left, ({ host }) => host).values()].filter(isAllowed).length
}

function readinessOf({ needs, isEnforced }: Seeing, { days }: Stability, windowDays: number): Readiness {
  if (isEnforced) return 'enforced'
  if (needs.some(({ obstacle }) => obstacle !== null)) return 'not-ready'
  if (days < windowDays) return 'settling'
  return needs.length > 0 ? 'not-ready' : 'ready'
}

/** Of a target of which nothing was seen for all these days nothing can be said but that. */
function unseen(target: string, { history, windowDays }: Looked): NamespaceReadiness[] {
  const namespaces = distinct(history.workloads.filter((one) => one.target === target).map((one) => one.namespace))
  return namespaces.sort(compareText).map((namespace) => ({
    target,
    namespace,
    readiness: 'unknown',
    sentence: whySo({ readiness: 'unknown', needs: [], declared: 0, stable: { since: '', days: 0 }, windowDays }),
    outboundMode: null,
    observedDays: 0,
    breaking: [],
    declared: 0,
    stableSince: '',
    stableDays: 0,
    manifests: [],
    notes: [],
    simulated: noneSimulated(),
  }))
}
