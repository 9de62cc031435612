/**
 * Precedence: of several resources that would do, Istio takes the oldest, and of equally old ones the first by name.
 * What manifests do not say, how old a resource is or which labels a workload has, leaves several possible; all of
 * them are kept, so that what they agree on is certain and what they do not is unknown.
 */
import type { Resource } from '#core/istio/config.ts'
import { compareText } from '#core/order.ts'

/** Where traffic comes from, as far as labels tell. */
export interface Source {
  namespace: string // '' when unknown
  workload: string
  app: string // of the label `app`
  version: string // of the label `version`
}

export type Match = 'yes' | 'no' | 'maybe'

/** For sort(): oldest first, then by name and namespace; those of unknown age behind all others. */
export function byAge(a: Resource, b: Resource): number {
  const age = a.created === '' || b.created === '' ? ageless(a) - ageless(b) : instant(a) - instant(b)
  return age || compareText(a.name, b.name) || compareText(a.namespace, b.namespace)
}

function ageless({ created }: Resource): number {
  return created === '' ? 1 : 0
}

function instant({ created }: Resource): number {
  return Date.parse(created)
}

/** True when Istio certainly puts a before b. */
export function isBefore(a: Resource, b: Resource): boolean {
  return a.created !== '' && b.created !== '' && byAge(a, b) < 0
}

/** Those of which each may be the first that matches, oldest first: what stands behind a sure match is out. */
export function possibleFirsts<T extends Resource>(
  resources: readonly T[],
  matchOf: (one: T) => Match = () => 'yes',
): T[] {
  const candidates = resources.filter((one) => matchOf(one) !== 'no').sort(byAge)
  const sure = candidates.filter((one) => matchOf(one) === 'yes')
  return candidates.filter((one) => !sure.some((other) => other !== one && isBefore(other, one)))
}

/** Whether labels select a workload, of which only `app` and `version` are known. */
export function selects(labels: Record<string, string>, { app, version }: Source): Match {
  let match: Match = 'yes'
  for (const [label, value] of Object.entries(labels)) {
    const known = label === 'app' ? app : label === 'version' ? version : ''
    // A workload without a version counts as the version `latest`, which is then no label of it.
    if (known === '' || (label === 'version' && known === 'latest' && value === 'latest')) match = 'maybe'
    else if (known !== value) return 'no'
  }
  return match
}

/** A resource as people find it: `ServiceEntry shop/stripe (egress/stripe.yaml:3)`. */
export function cited(kind: string, { namespace, name, origin }: Resource): string {
  return `${kind} ${namespace}/${name} (${origin.file}:${origin.line})`
}
