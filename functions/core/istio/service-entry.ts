/** Which ServiceEntry let an edge out, or which ones may have. */
import type { EdgeEnds } from '#core/edge.ts'
import { type Client, objectNamed } from '#core/istio/client.ts'
import type { IstioConfig, ServiceEntry } from '#core/istio/config.ts'
import { coveredBy, isWildcard, patternsOver } from '#core/istio/host-pattern.ts'
import { byAge, possibleFirsts } from '#core/istio/precedence.ts'
import { imports, isVisible, serviceExportOf, sidecarsOf } from '#core/istio/scope.ts'

export interface Declared {
  host: string // as it stands in the entries, a wildcard perhaps
  entries: ServiceEntry[] // oldest first; their ports count together
  isAmbiguous: boolean // more than one, and which of them Istio takes cannot be known
}

/** Finds ServiceEntries of one mesh's configuration; null when none declares the host of an edge. */
export function serviceEntryLookup(config: IstioConfig): (edge: EdgeEnds, client: Client) => Declared | null {
  const byHost = new Map<string, ServiceEntry[]>()
  for (const entry of config.serviceEntries) {
    for (const host of new Set(entry.hosts)) byHost.set(host, [...(byHost.get(host) ?? []), entry])
  }

  return (edge, client) => {
    const named = objectNamed(config, edge)
    if (named !== null) {
      const host = named.hosts.find((pattern) => coveredBy(edge.host, pattern)) ?? edge.host
      return { host, entries: [named], isAmbiguous: false }
    }
    // The first pattern that any visible entry has decides; a name that is declared for others alone is looked at last.
    const patterns = [...patternsOver(edge.host)].filter((pattern) => byHost.has(pattern))
    for (const isHeeded of [true, false]) {
      for (const pattern of patterns) {
        const all = byHost.get(pattern) ?? []
        const seen = isHeeded ? all.filter((entry) => isVisible(config, entry, client.source.namespace)) : all
        const declared = choose(inLabelled(seen, edge.serviceNamespace), pattern, client)
        if (declared !== null) return declared
      }
      if (edge.serviceNamespace === '') return null
    }
    return null
  }

  /** Proxies of 1.23 and later label the namespace of the ServiceEntry, which then is the one that let the edge out. */
  function inLabelled(entries: readonly ServiceEntry[], serviceNamespace: string): readonly ServiceEntry[] {
    const labelled = entries.filter(({ namespace }) => namespace === serviceNamespace)
    return labelled.length > 0 ? labelled : serviceNamespace === '' ? entries : []
  }

  /** Of one host's: those of the client's own namespace, else those that are not for everybody, else the oldest. */
  function choose(entries: readonly ServiceEntry[], host: string, client: Client): Declared | null {
    if (entries.length === 0) return null
    const { namespace } = client.source
    const sidecars = client.kind === 'sidecar' ? sidecarsOf(config, client.source) : [null]
    const imported = entries.filter((entry) =>
      sidecars.some((one) => imports(one, { client: namespace, namespace: entry.namespace, host, port: null })),
    )
    const usable = imported.length > 0 ? imported : entries
    const own = usable.filter((entry) => entry.namespace === namespace)
    const restricted = usable.filter((entry) => !serviceExportOf(config, entry).includes('*'))
    const tier = own.length > 0 ? own : restricted.length > 0 ? restricted : usable
    const firsts = possibleFirsts(tier)
    const joined = tier.filter((entry) => firsts.includes(entry) || firsts.some((first) => isJoinedTo(entry, first)))
    const isAmbiguous = firsts.some((first) => first !== firsts[0] && !isJoinedTo(first, firsts[0]))
    return { host, entries: joined.toSorted(byAge), isAmbiguous }
  }
}

/** True when Istio makes one service of two entries for a host, with the ports of both. */
function isJoinedTo(a: ServiceEntry, b: ServiceEntry): boolean {
  const isSame = (one: readonly string[], other: readonly string[]) =>
    one.length === other.length && one.every((text) => other.includes(text))
  return a.namespace === b.namespace && a.resolution === b.resolution && isSame(a.exportTo, b.exportTo)
}

/** True when the name of an edge is the client's own: its entry declares all names of a pattern. */
export function isOfPattern({ host }: Declared): boolean {
  return isWildcard(host)
}
