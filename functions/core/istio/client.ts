/** Clients: which proxy an edge was seen at, and what of Istio's configuration is looked at for it. */
import type { EdgeEnds } from '#core/edge.ts'
import type { IstioConfig, ServiceEntry } from '#core/istio/config.ts'
import { coveredBy } from '#core/istio/host-pattern.ts'
import { type Source, selects } from '#core/istio/precedence.ts'

export type ProxyKind = 'sidecar' | 'gateway' | 'waypoint' | 'ztunnel'

export interface Client {
  kind: ProxyKind
  source: Source // a gateway's and a waypoint's own
  mayBeGateway: boolean // of a sidecar: a Gateway may select it, so that it may be none
}

/**
 * The proxy that let an edge out. Only ztunnel names a ServiceEntry by its object's name, and what nothing declares
 * not even PassthroughCluster; so does a sidecar with a wildcard that it resolves itself, and then, too, no mode can
 * be told.
 */
export function clientOf(config: IstioConfig, edge: EdgeEnds): Client {
  const { namespace, workload, app, version } = edge
  const slash = edge.via.indexOf('/')
  const viaNamespace = edge.via.slice(0, Math.max(slash, 0))
  if (edge.reporter === 'waypoint') {
    const source = { namespace: viaNamespace, workload: edge.via.slice(slash + 1), app: '', version: '' }
    return { kind: 'waypoint', source, mayBeGateway: false }
  }
  const source = { namespace: edge.via === '' ? namespace : viaNamespace, workload, app, version }
  if (edge.via !== '') return { kind: 'gateway', source, mayBeGateway: false }
  const isBare = edge.destinationClass === 'passthrough' && edge.service === ''
  if (isBare || objectNamed(config, edge) !== null) return { kind: 'ztunnel', source, mayBeGateway: false }
  return { kind: 'sidecar', source, mayBeGateway: config.gateways.some(({ selector }) => maySelect(selector, source)) }
}

/** The ServiceEntry that an edge names by its object's name, as ztunnel does; null when it names a host. */
export function objectNamed({ serviceEntries }: IstioConfig, edge: EdgeEnds): ServiceEntry | null {
  const { service, host, serviceNamespace, destinationClass } = edge
  if (destinationClass !== 'registered' || service === host || service === '') return null
  const named = serviceEntries.filter(
    ({ name, namespace, hosts }) =>
      name === service &&
      (serviceNamespace === '' || namespace === serviceNamespace) &&
      hosts.some((pattern) => coveredBy(host, pattern)),
  )
  return named.length === 1 ? named[0] : null
}

/** Labels that are not known are looked for in the workload's name: `istio: egressgateway` in istio-egressgateway. */
function maySelect(selector: Record<string, string>, source: Source): boolean {
  const match = selects(selector, source)
  if (match !== 'maybe') return match === 'yes' && Object.keys(selector).length > 0
  return Object.values(selector).some((value) => value !== '' && `-${source.workload}-`.includes(`-${value}-`))
}
