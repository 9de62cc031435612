/** Visibility: what a workload may reach by what is declared, for who asks whether REGISTRY_ONLY would stop it. */
import { isIP } from 'node:net'
import type { IstioConfig, OutboundMode, ServiceEntry, ServicePort, Sidecar } from '#core/istio/config.ts'
import { coveredBy, isWildcard } from '#core/istio/host-pattern.ts'
import { byAge, type Source } from '#core/istio/precedence.ts'
import { imports, isVisible, outboundPolicyOf, sidecarsOf } from '#core/istio/scope.ts'
import { carries, contains } from '#core/istio/service-port.ts'

export type { Source } from '#core/istio/precedence.ts'

/** What somebody in a namespace wants to reach. */
export interface Wanted {
  namespace: string // of the source
  host: string // lower case
  port: number | null // null when no label told it: then any port that the protocol fits
  protocol: 'http' | 'grpc' | 'tcp' // as it was counted: encrypted HTTP counts as tcp
  app?: string // of the source, where Sidecars of single workloads are to be heeded
  version?: string // likewise
}

/** The ServiceEntry that would let it out under REGISTRY_ONLY; null when none that is visible from there does. */
export function declaresHost(config: IstioConfig, wanted: Wanted): ServiceEntry | null {
  const { namespace, host, port, protocol, app = '', version = '' } = wanted
  if (host === '') return null
  const sidecars = scopesFor(config, { namespace, workload: '', app, version })
  const fits = (one: ServicePort) =>
    (port === null || one.number === port) && carries(one, protocol === 'tcp' ? 'tcp' : 'http')
  const patternIn = (entry: ServiceEntry): string | null => {
    if (!isVisible(config, entry, namespace)) return null
    const covering = isIP(host) !== 0 && contains(entry.addresses, host) ? entry.hosts : hostsOver(entry, host)
    const usable = covering.filter((one) =>
      entry.ports.some((at) => {
        const imported = { client: namespace, namespace: entry.namespace, host: one, port: at.number }
        return fits(at) && sidecars.every((sidecar) => imports(sidecar, imported))
      }),
    )
    return usable.length === 0 ? null : usable.reduce(moreSpecific)
  }
  const found = config.serviceEntries
    .map((entry) => ({ entry, pattern: patternIn(entry) }))
    .filter((one): one is { entry: ServiceEntry; pattern: string } => one.pattern !== null)
    .sort(
      (a, b) =>
        specificity(b.pattern) - specificity(a.pattern) ||
        Number(b.entry.namespace === namespace) - Number(a.entry.namespace === namespace) ||
        byAge(a.entry, b.entry),
    )
  return found[0]?.entry ?? null
}

/** The outbound mode in force for a source; null when neither a Sidecar nor a MeshConfig tells. */
export function outboundModeOf(config: IstioConfig, source: Source): OutboundMode | null {
  return outboundPolicyOf(config, source).mode
}

/** Without labels to go by, Sidecars that select workloads are those of exceptions; the namespace's own is the rule. */
function scopesFor(config: IstioConfig, source: Source): (Sidecar | null)[] {
  const all = sidecarsOf(config, source)
  if (source.app !== '' || source.version !== '') return all
  return all.filter(
    (one) => one === null || one.workloadSelector === null || Object.keys(one.workloadSelector).length === 0,
  )
}

function hostsOver({ hosts }: ServiceEntry, host: string): string[] {
  return hosts.filter((pattern) => coveredBy(host, pattern))
}

function specificity(pattern: string): number {
  return isWildcard(pattern) ? pattern.length : Number.MAX_SAFE_INTEGER
}

function moreSpecific(a: string, b: string): string {
  return specificity(b) > specificity(a) ? b : a
}
