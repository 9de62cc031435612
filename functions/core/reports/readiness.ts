/** The report of what REGISTRY_ONLY would break: per namespace, what to declare before, and since when that set is the same. */
import { compareText, distinct } from '#core/order.ts'
import { type Looked, type NamespaceReadiness, readinessOfTarget } from '#core/readiness/namespace.ts'
import type { Readiness } from '#core/readiness/state.ts'
import type { PageReport } from '#core/report.ts'

export type { Manifest, Purpose } from '#core/readiness/manifest.ts'
export type { NamespaceReadiness, ReadinessDestination } from '#core/readiness/namespace.ts'
export type { Simulated } from '#core/readiness/simulation.ts'
export type { Readiness } from '#core/readiness/state.ts'

export interface ReadinessReport extends PageReport {
  page: 'readiness'
  from: string // the days looked at, at most 30, that end with the newest closed one; '' while there is none
  through: string
  windowDays: number // for which the set of hosts must stay the same
  observedDays: number // of them, whole for all targets
  namespaces: NamespaceReadiness[] // what would break most first
}

/** `recent`: closed days, at most 30. `clusterDomains` may be left out where all are cluster.local. */
export interface ReadinessInput extends Omit<Looked, 'clusterDomains'>, Partial<Pick<Looked, 'clusterDomains'>> {
  title: string // of the site
}

/** Days for which no new destination may be met before a namespace counts as ready, where nobody says otherwise. */
export const WINDOW_DAYS = 14
/** Days that are looked at, where nobody says otherwise. */
export const READINESS_DAYS = 30

const MOST_TO_DO_FIRST: readonly Readiness[] = ['not-ready', 'settling', 'unknown', 'ready', 'enforced']

/** Builds the report; its downloads are filled in when they have been written. */
export function readinessReport({ title, clusterDomains = {}, ...rest }: ReadinessInput): ReadinessReport {
  const { recent, history, windowDays } = rest
  const days = recent.map(({ digest }) => digest.day)
  const targets = distinct([
    ...days.flatMap(({ coverage }) => coverage.map(({ target }) => target)),
    ...history.workloads.map(({ target }) => target),
  ]).sort(compareText)
  const looked: Looked = { ...rest, clusterDomains }
  const namespaces = recent.length === 0 ? [] : targets.flatMap((target) => readinessOfTarget(target, looked))
  return {
    schema: 1,
    page: 'readiness',
    title,
    from: days[0]?.date ?? '',
    through: days.at(-1)?.date ?? '',
    windowDays,
    observedDays: days.filter(({ complete, observation }) => complete && observation === 'observed').length,
    namespaces: namespaces.sort(byWhatBreaks),
    downloads: [],
  }
}

function byWhatBreaks(a: NamespaceReadiness, b: NamespaceReadiness): number {
  return (
    MOST_TO_DO_FIRST.indexOf(a.readiness) - MOST_TO_DO_FIRST.indexOf(b.readiness) ||
    breakingBytes(b) - breakingBytes(a) ||
    b.breaking.length - a.breaking.length ||
    compareText(a.target, b.target) ||
    compareText(a.namespace, b.namespace)
  )
}

function breakingBytes({ breaking }: NamespaceReadiness): number {
  return breaking.reduce((sum, { totals }) => sum + totals.egressBytes, 0)
}
