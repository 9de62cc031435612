/**
 * Classification: what a series' labels say about where its traffic went. It uses labels alone, so that a rollup never
 * depends on configuration that arrives later; reports refine it with Istio's manifests.
 *
 * The first rule that matches wins:
 *  1. not counted at the client's side, or inbound          -> ignored
 *  2. BlackHoleCluster                                      -> blocked; its bytes never left
 *  3. PassthroughCluster: destination workload known        -> internal, else passthrough, whatever its Host header says
 *  4. mutual TLS at the source                              -> internal hop to a gateway or waypoint
 *  5. a cluster name, or a configured gateway or waypoint   -> internal
 *  6. nothing known: TCP -> passthrough; HTTP without route or response -> ignored
 *  7. a dotted host without an in-mesh identity             -> registered
 *  8. anything else                                         -> unclassified
 */
import type { DestinationClass, Flow, Protocol } from '#core/flow.ts'
import { cleanLabel, type Host, normaliseHost } from '#core/host.ts'
import type { Labels } from '#core/labels.ts'

export interface MeshNames {
  clusterDomain: string
  gateways: readonly string[] // 'namespace/name'
  waypoints: readonly string[] // 'namespace/name'
}

export type Classification =
  | { kind: 'flow'; flow: Flow; quarantined: { placeholder: string; raw: string } | null }
  | { kind: 'internal' } // stays in the mesh, or is a hop whose next one is counted
  | { kind: 'ignored' } // not the client's side, or never went anywhere
  | { kind: 'unclassified' }

const INTERNAL: Classification = { kind: 'internal' }
const IGNORED: Classification = { kind: 'ignored' }

/** Places a series by its labels; layer is its metric's. */
export function classify(labels: Labels, layer: 'http' | 'tcp', mesh: MeshNames): Classification {
  const label = (name: string) => labels.get(name) ?? ''
  const known = (name: string) => label(name) !== '' && label(name) !== 'unknown'
  const reporter = label('reporter')
  const serviceName = label('destination_service_name')
  const service = label('destination_service')

  if (reporter !== 'source' && reporter !== 'waypoint') return IGNORED
  if (serviceName.startsWith('InboundPassthroughCluster')) return IGNORED
  if (serviceName === 'BlackHoleCluster') return flowOf('blocked')
  if (serviceName === 'PassthroughCluster') return known('destination_workload') ? INTERNAL : flowOf('passthrough')
  if (reporter === 'source' && label('connection_security_policy') === 'mutual_tls') return INTERNAL
  if (underClusterDomain(service, mesh.clusterDomain)) return INTERNAL
  const workload = `${label('destination_workload_namespace')}/${label('destination_workload')}`
  if (mesh.gateways.includes(workload) || mesh.waypoints.includes(workload)) return INTERNAL
  if (!known('destination_service') && !known('destination_service_name')) {
    if (layer === 'tcp') return flowOf('passthrough')
    const code = label('response_code')
    if (code === '0' || code === '' || /(^|,)NR(,|$)/.test(label('response_flags'))) return IGNORED
    return { kind: 'unclassified' }
  }
  const principal = label('destination_principal')
  const outsider = !known('destination_principal') || principal.endsWith('/sa/')
  if (service.includes('.') && outsider) return flowOf('registered')
  return { kind: 'unclassified' }

  function flowOf(destinationClass: DestinationClass): Classification {
    const host = normaliseHost(service)
    const labelledPort = /^\d{1,5}$/.test(label('destination_port')) ? Number(label('destination_port')) : null
    const name = destinationName(serviceName, service, host)
    const quarantined = host.quarantined ?? name.quarantined
    return {
      kind: 'flow',
      quarantined:
        quarantined === null
          ? null
          : { placeholder: host.quarantined === null ? name.name : host.name, raw: quarantined },
      flow: {
        sourceNamespace: cleanLabel(label('source_workload_namespace')),
        sourceWorkload: cleanLabel(label('source_workload')),
        sourceApp: cleanLabel(known('source_app') ? label('source_app') : label('source_canonical_service')),
        sourceVersion: cleanLabel(
          known('source_version') ? label('source_version') : label('source_canonical_revision'),
        ),
        sourceCluster: cleanLabel(label('source_cluster')),
        destinationClass,
        destinationHost: host.name,
        destinationPort: host.port ?? labelledPort,
        destinationService: name.name,
        destinationServiceNamespace: cleanLabel(label('destination_service_namespace')),
        via: via(),
        reporter: reporter as Flow['reporter'],
        protocol: protocol(),
        responseCode: layer === 'tcp' ? '' : cleanLabel(label('response_code')),
        grpcStatus: cleanLabel(label('grpc_response_status')),
        responseFlags: cleanLabel(label('response_flags')) || '-',
      },
    }
  }

  function protocol(): Protocol {
    if (layer === 'tcp') return 'tcp'
    return label('request_protocol') === 'grpc' ? 'grpc' : 'http'
  }

  function via(): string {
    if (reporter === 'waypoint') {
      return `${cleanLabel(label('namespace'))}/${cleanLabel(label('gateway_networking_k8s_io_gateway_name')) || 'waypoint'}`
    }
    const source = `${label('source_workload_namespace')}/${label('source_workload')}`
    return mesh.gateways.includes(source) ? cleanLabel(source) : ''
  }
}

/** True for names that DNS inside the clusters answers. */
export function underClusterDomain(service: string, clusterDomain: string): boolean {
  const name = service.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')
  return name.endsWith(`.svc.${clusterDomain.toLowerCase()}`) || name.endsWith('.svc.clusterset.local')
}

/** The service name is a ServiceEntry's, one of Envoy's cluster names, or, with dynamic DNS, the Host header once more. */
function destinationName(serviceName: string, service: string, host: Host): Host {
  if (serviceName === service) return { ...host, quarantined: null }
  if (/^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?$/.test(serviceName)) {
    return { name: serviceName === 'unknown' ? '' : serviceName, port: null, quarantined: null }
  }
  return normaliseHost(serviceName)
}
