/** Resources as the ledger keeps them, from specs that were found to be right. */
import type * as z from 'zod'
import type {
  ClientTls,
  DestinationRule,
  Gateway,
  MeshConfig,
  Origin,
  Resource,
  Route,
  RouteDestination,
  ServiceEntry,
  Sidecar,
  TlsPolicy,
  VirtualService,
} from '#core/istio/config.ts'
import { distinct } from '#core/order.ts'
import type * as schema from './manifest-schema.ts'

type Spec<S extends z.ZodType> = z.output<S>
type TrafficPolicy = NonNullable<Spec<typeof schema.destinationRule>['trafficPolicy']>
type HttpRoute = NonNullable<Spec<typeof schema.virtualService>['http']>[number]
type Destination = NonNullable<HttpRoute['mirror']>

export function toServiceEntry(resource: Resource, spec: Spec<typeof schema.serviceEntry>): ServiceEntry {
  return {
    ...resource,
    hosts: spec.hosts.map(hostName),
    addresses: spec.addresses ?? [],
    ports: (spec.ports ?? []).map(({ number, name = '', protocol = '', targetPort }) => {
      return { number, name, protocol: protocol.toUpperCase(), targetPort: targetPort || null }
    }),
    location: spec.location ?? 'MESH_EXTERNAL',
    resolution: spec.resolution ?? 'NONE',
    endpoints: spec.endpoints?.length ?? 0,
    exportTo: spec.exportTo ?? [],
  }
}

export function toDestinationRule(resource: Resource, spec: Spec<typeof schema.destinationRule>): DestinationRule {
  return {
    ...resource,
    ...toTlsPolicy(spec.trafficPolicy),
    host: fullName(spec.host, resource.namespace),
    exportTo: spec.exportTo ?? [],
    workloadSelector: spec.workloadSelector === undefined ? null : (spec.workloadSelector.matchLabels ?? {}),
    hasPolicy: spec.trafficPolicy !== undefined,
    subsets: (spec.subsets ?? []).map(({ name, trafficPolicy }) => {
      return { name, hasPolicy: trafficPolicy !== undefined, ...toTlsPolicy(trafficPolicy) }
    }),
  }
}

function toTlsPolicy(policy: TrafficPolicy | undefined): TlsPolicy {
  const portLevel = policy?.portLevelSettings ?? []
  return {
    tls: toClientTls(policy?.tls),
    portLevel: portLevel.map(({ port, tls }) => ({ port: port.number, tls: toClientTls(tls) })),
  }
}

/** A tls without a mode is one of the mode DISABLE. */
function toClientTls(tls: Spec<typeof schema.clientTls> | undefined): ClientTls | null {
  if (tls === undefined) return null
  const { mode = 'DISABLE', credentialName = '', sni = '', insecureSkipVerify = false } = tls
  return { mode, credentialName, sni, insecureSkipVerify }
}

export function toVirtualService(resource: Resource, spec: Spec<typeof schema.virtualService>): VirtualService {
  const { namespace } = resource
  const routes: Route[] = [
    ...(spec.http ?? []).map((route) => toHttpRoute(route, namespace)),
    ...(['tls', 'tcp'] as const).flatMap((kind) =>
      (spec[kind] ?? []).map(({ match = [], route = [] }): Route => {
        return {
          kind,
          matches: match.map(({ port, gateways = [], ...more }) => {
            const { sniHosts = [], ...others } = { sniHosts: [] as string[], ...more }
            return { port: port ?? null, gateways, sniHosts: sniHosts.map(hostName), isConditional: hasAny(others) }
          }),
          destinations: route.map(({ destination }) => toDestination(destination, namespace)),
          delegate: '',
        }
      }),
    ),
  ]
  const destinations = routes.flatMap((route) => route.destinations.map(({ host, port }) => ({ host, port })))
  return {
    ...resource,
    hosts: (spec.hosts ?? []).map((host) => fullName(host, namespace)),
    gateways: spec.gateways === undefined || spec.gateways.length === 0 ? ['mesh'] : spec.gateways,
    exportTo: spec.exportTo ?? [],
    destinations: [...new Map(destinations.map((one) => [`${one.host} ${one.port}`, one])).values()],
    routes,
  }
}

function toHttpRoute(spec: HttpRoute, namespace: string): Route {
  const { route = [], mirror, mirrors = [], delegate, match = [] } = spec
  const all = [...route.map(({ destination }) => destination), ...mirrors.map(({ destination }) => destination)]
  if (mirror !== undefined) all.push(mirror)
  return {
    kind: 'http',
    matches: match.map(({ port, gateways = [], name: _, statPrefix: __, ignoreUriCase: ___, ...others }) => {
      return { port: port ?? null, gateways, sniHosts: [], isConditional: hasAny(others) }
    }),
    destinations: all.map((destination) => toDestination(destination, namespace)),
    delegate: delegate === undefined ? '' : `${delegate.namespace ?? namespace}/${delegate.name ?? ''}`,
  }
}

function toDestination({ host, port, subset = '' }: Destination, namespace: string): RouteDestination {
  return { host: fullName(host, namespace), port: port?.number ?? null, subset }
}

function hasAny(conditions: object): boolean {
  return Object.values(conditions).some((one) => one !== undefined && Object.keys(one).length > 0)
}

export function toSidecar(resource: Resource, spec: Spec<typeof schema.sidecar>): Sidecar {
  const { workloadSelector, outboundTrafficPolicy: policy, egress = [] } = spec
  return {
    ...resource,
    workloadSelector: workloadSelector === undefined ? null : (workloadSelector.labels ?? {}),
    // The enumeration's first value, and so its zero, is REGISTRY_ONLY.
    outboundMode: policy === undefined ? null : (policy.mode ?? 'REGISTRY_ONLY'),
    egress:
      egress.length === 0
        ? null
        : egress.map(({ port, hosts }) => {
            const isProxy = port?.protocol?.toUpperCase() === 'HTTP_PROXY'
            return { port: isProxy ? null : port?.number || null, hosts: hosts.map((host) => host.toLowerCase()) }
          }),
  }
}

export function toGateway(resource: Resource, { selector, servers }: Spec<typeof schema.gateway>): Gateway {
  return {
    ...resource,
    selector: selector ?? {},
    servers: (servers ?? []).map(({ port, hosts, tls }) => {
      const tlsMode = tls === undefined ? '' : (tls.mode ?? 'PASSTHROUGH')
      return { port: port.number, protocol: port.protocol.toUpperCase(), hosts, tlsMode }
    }),
  }
}

export function toMeshConfig(origin: Origin, spec: Spec<typeof schema.meshConfig>): MeshConfig {
  const policy = spec.outboundTrafficPolicy
  const everywhere = (exportTo: string[] | undefined) => distinct(exportTo ?? ['*'])
  return {
    origin,
    outboundMode: policy === undefined ? 'ALLOW_ANY' : (policy.mode ?? 'REGISTRY_ONLY'),
    rootNamespace: spec.rootNamespace || 'istio-system',
    defaultServiceExportTo: everywhere(spec.defaultServiceExportTo),
    defaultDestinationRuleExportTo: everywhere(spec.defaultDestinationRuleExportTo),
    defaultVirtualServiceExportTo: everywhere(spec.defaultVirtualServiceExportTo),
    dynamicDnsTls: toClientTls(policy?.tls),
  }
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

/** A name without a dot is that of a service in the resource's own namespace. */
function fullName(host: string, namespace: string): string {
  const name = hostName(host)
  return name.includes('.') || name === '*' ? name : `${name}.${namespace}.svc.cluster.local`
}
