/**
 * Sidecars: the scope of one namespace, in which its proxies reach what they were seen to use and nothing that is not
 * declared. Traffic inside the mesh is not in the ledger, so every service of the cluster stays in scope.
 */
import { isIP } from 'node:net'
import { underClusterDomain } from '#core/classify.ts'
import type { IstioConfig, ServiceEntry, Sidecar } from '#core/istio/config.ts'
import { coveredBy } from '#core/istio/host-pattern.ts'
import { byAge, cited } from '#core/istio/precedence.ts'
import { imports, isVisible } from '#core/istio/scope.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import { compareText, distinct } from '#core/order.ts'
import { type Manifest, manifestOf } from '#core/readiness/manifest.ts'
import { isNamespaceName } from '#core/readiness/object-name.ts'
import { entriesOf, isAmbient } from '#core/readiness/reach.ts'

export interface Scope {
  namespace: string
  config: IstioConfig // with what is drafted
  edges: readonly JudgedEdge[] // of the namespace's workloads, but for its gateways
  clusterDomain: string
  gatewayHosts: readonly string[] // that any gateway of the mesh sent to, for whomever
  cutOff: number // destinations that nothing declares or can declare
}

export interface DraftedSidecar {
  sidecar: Sidecar // as it would be read back
  manifest: Manifest
}

/** The draft, or the sentence that says why there is none. */
export function draftSidecar(scope: Scope): DraftedSidecar | string {
  const { namespace, config, edges } = scope
  if (!isNamespaceName(namespace)) return 'No Sidecar can be drafted, since the labels do not tell the namespace.'
  if (edges.length === 0)
    return 'Only gateways were seen here: no Sidecar governs them, and they send what is routed to them.'
  if (edges.every(isAmbient)) {
    return (
      'ztunnel or a waypoint counted all that left: a Sidecar has no effect here, and ztunnel does not enforce ' +
      'REGISTRY_ONLY; a NetworkPolicy must.'
    )
  }
  const hosts = egressHosts(scope)
  const own = config.sidecars.filter((sidecar) => sidecar.namespace === namespace).sort(byAge)
  const before = own.find(({ workloadSelector }) => workloadSelector === null)
  if (before !== undefined) return extension(before, hosts)
  const sidecar: Sidecar = {
    name: own.some(({ name }) => name === 'default') ? 'egress' : 'default', // Istio recommends "default"
    namespace,
    origin: { file: '', line: 0 },
    created: '',
    workloadSelector: null,
    outboundMode: 'REGISTRY_ONLY',
    egress: [{ port: null, hosts }],
  }
  const about = { kind: 'Sidecar', name: sidecar.name, namespace, purpose: 'scope', note: noteOf(scope) } as const
  const spec = { egress: [{ hosts }], outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } }
  return { sidecar, manifest: manifestOf(about, spec) }
}

/** What to change in the Sidecar there is: of two without a selector Istio may take either. */
function extension(before: Sidecar, hosts: readonly string[]): string {
  // How wide it is inside the mesh was somebody's choice.
  const lacking = hosts.slice(1).filter((text) => {
    const [space, host] = text.split('/')
    const owner = space === '.' ? before.namespace : space
    return !imports(before, { client: before.namespace, namespace: owner, host, port: null })
  })
  const add = lacking.length === 0 ? '' : ` add to its egress hosts ${lacking.join(', ')}, which it does not have yet;`
  const lock = before.outboundMode === 'REGISTRY_ONLY' ? '' : ' set its outboundTrafficPolicy to REGISTRY_ONLY last;'
  const change = add === '' && lock === '' ? ' nothing is to be changed in it;' : `${add}${lock}`
  return `${cited('Sidecar', before)} governs the namespace, and there can be one only:${change} so none is drafted.`
}

/** What the Sidecar exposes, as `namespace/dnsName`: the cluster's services first, then by text. */
function egressHosts({ namespace, config, edges, clusterDomain, gatewayHosts }: Scope): string[] {
  const listed = (entry: ServiceEntry, pattern: string) =>
    `${entry.namespace === namespace ? '.' : entry.namespace}/${pattern}`
  const unscoped = { ...config, sidecars: [] }
  const calls = Map.groupBy(edges, ({ host, protocol, ports }) => `${host}\0${protocol}\0${ports.join()}`)
  const used = [...calls.values()].flatMap(([edge]) => {
    const entries = entriesOf(unscoped, edge).filter((entry) => entry !== null)
    if (entries.length > 0) return entries.flatMap((entry) => patternsOf(entry, edge.host).map((p) => listed(entry, p)))
    return edge.destinationClass === 'registered' && isFullName(edge.host) ? [`*/${edge.host}`] : []
  })
  const internal = config.serviceEntries
    .filter((entry) => entry.location === 'MESH_INTERNAL' && isVisible(config, entry, namespace))
    .flatMap((entry) => entry.hosts.map((host) => listed(entry, host)))
  // Calls that a VirtualService routes to an egress gateway stay in the mesh at first, and lose their host on the way.
  const routed = config.virtualServices
    .filter(({ gateways }) => gateways.includes('mesh'))
    .flatMap(({ hosts }) => hosts.map((host) => host.toLowerCase()))
    .filter((host) => isFullName(host) && !underClusterDomain(host, clusterDomain))
    .concat(gatewayHosts.filter(isFullName))
    .map((host) => `*/${host}`)
  return [`*/*.svc.${clusterDomain}`, ...distinct([...used, ...internal, ...routed]).sort(compareText)]
}

/** The patterns by which an entry declares a host: a Sidecar takes an entry in by these, not by what they stand for. */
function patternsOf({ hosts }: ServiceEntry, host: string): string[] {
  return isIP(host) === 0 ? hosts.filter((pattern) => coveredBy(host, pattern)) : hosts
}

function isFullName(host: string): boolean {
  return (
    isIP(host) === 0 && /^(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/.test(host)
  )
}

function noteOf({ cutOff, clusterDomain, config, gatewayHosts }: Scope): string {
  const isRouted = gatewayHosts.length > 0 || config.virtualServices.length > 0
  const them =
    cutOff === 1
      ? 'one destination that cannot be declared; find out what it is'
      : `${cutOff} destinations that cannot be declared; find out what they are`
  return [
    'Apply it last: it locks the namespace, and takes the place of the root namespace’s Sidecar here.',
    ...(cutOff === 0 ? [] : [`It cuts off ${them} first.`]),
    `Traffic inside the mesh is not in the ledger, so all services under svc.${clusterDomain} stay in scope; narrow that`,
    'to "./*", "istio-system/*" and the namespaces that are called, once you know them. Where clusters share services, add',
    '"*/*.svc.clusterset.local".',
    ...(isRouted
      ? ['Hosts that are routed to gateways stay in scope, since who calls them through one is not known.']
      : []),
    'Workloads that another Sidecar selects keep that one. It is a safeguard and no firewall: what goes round the proxy is',
    'not held back.',
  ].join(' ')
}
