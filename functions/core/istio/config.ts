/**
 * Istio's configuration as far as it tells what traffic leaves a mesh and how: the resources of networking.istio.io in
 * v1alpha3, v1beta1 and v1, which have the same fields, and MeshConfig. Plain data; nothing here reads YAML.
 */

/** Where a resource was read. */
export interface Origin {
  file: string // as the reader named it
  line: number // from 1
}

export type OutboundMode = 'REGISTRY_ONLY' | 'ALLOW_ANY' | 'ALLOW_ANY_DYNAMIC_DNS'

/** All that is known of one mesh. Lists are in the order in which the resources were read. */
export interface IstioConfig {
  mesh: MeshConfig | null // null when none was given: the outbound mode is unknown, all else Istio's default
  serviceEntries: ServiceEntry[]
  destinationRules: DestinationRule[]
  virtualServices: VirtualService[]
  sidecars: Sidecar[]
  gateways: Gateway[]
}

export interface MeshConfig {
  origin: Origin
  outboundMode: OutboundMode // ALLOW_ANY when left out, as in Istio
  rootNamespace: string // 'istio-system' when left out
  defaultServiceExportTo: string[] // ['*'] when left out
  defaultDestinationRuleExportTo: string[] // likewise
  defaultVirtualServiceExportTo: string[] // likewise
  dynamicDnsTls: ClientTls | null // what ALLOW_ANY_DYNAMIC_DNS makes of HTTP; null for nothing
}

export interface Resource {
  name: string
  namespace: string // 'default' when left out, as kubectl does
  origin: Origin
  created: string // its creationTimestamp, ISO 8601; '' when left out: then nobody can tell which of two is older
}

export interface ServiceEntry extends Resource {
  hosts: string[] // lower case; '*.example.com' at any depth
  addresses: string[] // IPs and CIDRs
  ports: ServicePort[]
  location: 'MESH_EXTERNAL' | 'MESH_INTERNAL' // MESH_EXTERNAL when left out
  resolution: 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS' // NONE when left out
  endpoints: number // how many it lists
  exportTo: string[] // [] when left out: then the mesh's default
}

export interface ServicePort {
  number: number
  name: string
  protocol: string // upper case, as 'HTTPS'
  targetPort: number | null
}

export interface ClientTls {
  mode: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL'
  credentialName: string // '' when left out
  sni: string // '' when left out
  insecureSkipVerify: boolean // the server's certificate is not checked
}

/** What a trafficPolicy says of TLS. */
export interface TlsPolicy {
  tls: ClientTls | null
  portLevel: { port: number; tls: ClientTls | null }[] // by service port; each replaces the policy above it whole
}

export interface DestinationRule extends Resource, TlsPolicy {
  host: string // lower case, as a full name
  exportTo: string[]
  workloadSelector: Record<string, string> | null
  hasPolicy: boolean // it has a trafficPolicy, if an empty one
  subsets: ({ name: string; hasPolicy: boolean } & TlsPolicy)[]
}

export interface VirtualService extends Resource {
  hosts: string[]
  gateways: string[] // ['mesh'] when left out
  exportTo: string[]
  destinations: { host: string; port: number | null }[] // of all its http, tls and tcp routes
  routes: Route[] // http first, then tls, then tcp; each in the order in which they are tried
}

export interface Route {
  kind: 'http' | 'tls' | 'tcp'
  matches: RouteMatch[] // any of them; [] for everything
  destinations: RouteDestination[] // mirrors included; [] for redirects and direct responses
  delegate: string // 'namespace/name' of the VirtualService that goes on with it; '' for none
}

export interface RouteMatch {
  port: number | null // null for any
  gateways: string[] // [] for those of the VirtualService
  sniHosts: string[] // [] for any
  isConditional: boolean // looks at more than these, so that it may or may not match
}

export interface RouteDestination {
  host: string // lower case, as a full name
  port: number | null
  subset: string // '' for none
}

export interface Sidecar extends Resource {
  workloadSelector: Record<string, string> | null
  outboundMode: OutboundMode | null // null when it has no outboundTrafficPolicy; an empty one means REGISTRY_ONLY
  egress: EgressListener[] | null // null when it has no egress section: everything
}

export interface EgressListener {
  port: number | null // null for all that no other listener names
  hosts: string[] // 'namespace/dnsName'
}

export interface Gateway extends Resource {
  selector: Record<string, string>
  servers: { port: number; protocol: string; hosts: string[]; tlsMode: string }[]
}

/** Several meshes' configurations: of a target its own, and for all others that of '*'. */
export type IstioConfigs = Record<string, IstioConfig>

export function emptyIstioConfig(): IstioConfig {
  return { mesh: null, serviceEntries: [], destinationRules: [], virtualServices: [], sidecars: [], gateways: [] }
}

/** The configuration of a target; null when none was given. */
export function configOfTarget(configs: IstioConfigs, target: string): IstioConfig | null {
  if (Object.hasOwn(configs, target)) return configs[target]
  return Object.hasOwn(configs, '*') ? configs['*'] : null
}
