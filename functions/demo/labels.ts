/**
 * The labels Istio's proxies write for each kind of destination, by version, and those Prometheus adds for the target.
 * A missing label and an empty one are the same to Prometheus: empty ones are dropped when a series is made.
 */
import type { Call, Client, Destination, IstioVersion, Outcome, Workload } from './world.ts'

export type Labels = Record<string, string>

/** What the ledger can make of a destination by labels alone; null: it did not leave the mesh. */
export type EgressClass = 'registered' | 'passthrough' | 'blocked' | null

const CLUSTER = 'Kubernetes'
const ENTRIES = 'egress-config' // the namespace that holds the ServiceEntries

/** Which class a destination belongs to. */
export function egressClass(to: Destination): EgressClass {
  switch (to.kind) {
    case 'passthrough':
    case 'ztunnel-unknown':
      return 'passthrough'
    case 'blackhole':
      return 'blocked'
    case 'service-entry':
    case 'ztunnel-entry':
    case 'waypoint-entry':
      return 'registered'
    case 'dynamic-dns':
      return to.host === '' ? 'passthrough' : 'registered' // TLS leaves no label that tells it from a passthrough
    case 'allow-any-dynamic-dns':
      return 'registered' // labels cannot tell it from a wildcard ServiceEntry with DYNAMIC_DNS
    default:
      return null
  }
}

/** The labels of a Prometheus target: a pod's proxy. */
export function targetLabels(
  workload: Workload,
  pod: { name: string; address: string; node: string; hash: string },
): Labels {
  const labels: Labels = {
    instance: `${pod.address}:15020`,
    job: 'kubernetes-pods',
    namespace: workload.namespace,
    node: pod.node,
    pod: pod.name,
  }
  switch (workload.proxy) {
    case 'gateway':
      return { ...labels, app: workload.name, istio: workload.name.replace(/^istio-/, '') }
    case 'ztunnel':
      return { ...labels, app: 'ztunnel' }
    case 'waypoint':
      return { ...labels, gateway_networking_k8s_io_gateway_name: workload.name }
    case 'sidecar':
      return {
        ...labels,
        app: workload.app,
        pod_template_hash: pod.hash,
        security_istio_io_tlsMode: 'istio',
        service_istio_io_canonical_name: workload.app,
        service_istio_io_canonical_revision: workload.version || 'latest',
        ...(workload.version ? { version: workload.version } : {}),
      }
  }
}

/** The labels of one call's series, without the target's and without the metric's name. */
export function callLabels(istio: IstioVersion, workload: Workload, call: Call, outcome: Outcome): Labels {
  const client: Client = call.client ?? {
    namespace: workload.namespace,
    workload: workload.name,
    app: workload.app,
    version: workload.version,
  }
  return {
    connection_security_policy: 'unknown',
    reporter: 'source',
    request_protocol: call.protocol,
    response_flags: outcome.flags,
    ...(outcome.code === '' ? {} : { response_code: outcome.code }),
    ...(outcome.grpc === '' ? {} : { grpc_response_status: outcome.grpc }),
    source_app: client.app,
    source_canonical_revision: client.version || 'latest',
    source_canonical_service: client.app,
    source_cluster: CLUSTER,
    source_principal: 'unknown',
    ...(client.version ? { source_version: client.version } : {}),
    source_workload: client.workload,
    source_workload_namespace: client.namespace,
    ...UNKNOWN,
    ...(workload.proxy === 'ztunnel' ? ZTUNNEL : {}),
    ...destinationLabels(istio, workload, client, call.to),
  }
}

const UNKNOWN: Labels = {
  destination_app: 'unknown',
  destination_canonical_revision: 'latest',
  destination_canonical_service: 'unknown',
  destination_cluster: 'unknown',
  destination_principal: 'unknown',
  destination_service: 'unknown',
  destination_service_name: 'unknown',
  destination_service_namespace: 'unknown',
  destination_version: 'unknown',
  destination_workload: 'unknown',
  destination_workload_namespace: 'unknown',
}

const ZTUNNEL: Labels = {
  destination_region: 'unknown',
  destination_zone: 'unknown',
  source_region: 'us-east-1',
  source_zone: 'us-east-1a',
}

function destinationLabels(istio: IstioVersion, workload: Workload, client: Client, to: Destination): Labels {
  switch (to.kind) {
    case 'passthrough':
      return { destination_service: to.host || 'unknown', destination_service_name: 'PassthroughCluster' }
    case 'pod-address':
      return {
        ...inside(to.workload, to.namespace),
        destination_service: to.address,
        destination_service_name: 'PassthroughCluster',
      }
    case 'blackhole':
      return { destination_service: to.host || 'unknown', destination_service_name: 'BlackHoleCluster' }
    case 'service-entry':
      return {
        destination_service: to.host,
        destination_service_name: to.host,
        destination_service_namespace: ENTRIES,
        ...(istio === '1.24' || to.resolution === 'NONE'
          ? {}
          : endpoint(to.resolution === 'STATIC' ? `${to.name}-0` : to.name)),
      }
    case 'dynamic-dns':
    case 'allow-any-dynamic-dns':
      return { destination_service: to.host || 'unknown', destination_service_name: to.host || 'unknown' }
    case 'egress-gateway':
      return {
        ...inside(to.name, to.namespace),
        destination_principal: `spiffe://cluster.local/ns/${to.namespace}/sa/${to.name}-service-account`,
        destination_service: `${to.name}.${to.namespace}.svc.cluster.local`,
        destination_service_name: to.name,
        source_principal: account(client),
      }
    case 'no-route':
      return {}
    case 'service': {
      const app = to.workload.replace(/-v\d+$/, '')
      return {
        ...inside(app, to.namespace),
        destination_canonical_revision: to.version,
        destination_principal: `spiffe://cluster.local/ns/${to.namespace}/sa/${app}`,
        destination_service: `${app}.${to.namespace}.svc.cluster.local`,
        destination_service_name: app,
        destination_version: to.version,
        destination_workload: to.workload,
        source_principal: account(client),
      }
    }
    case 'inbound-passthrough':
      return {
        ...inside(workload.app, workload.namespace),
        connection_security_policy: 'none',
        destination_service: workload.app,
        destination_service_name: 'InboundPassthroughCluster',
        destination_version: '',
        reporter: 'destination',
        source_app: 'unknown',
        source_canonical_revision: 'latest',
        source_canonical_service: 'unknown',
        source_cluster: 'unknown',
        source_version: 'unknown',
        source_workload: 'unknown',
        source_workload_namespace: 'unknown',
      }
    case 'ztunnel-unknown':
      return { destination_canonical_revision: 'unknown' }
    case 'ztunnel-entry':
      return {
        ...inside(to.name, 'istio-egress'),
        destination_principal: 'spiffe://cluster.local/ns/istio-egress/sa/',
        destination_service: to.host,
        destination_service_name: to.name,
        destination_version: 'latest',
      }
    case 'ztunnel-waypoint':
      return {
        ...inside(to.waypoint, 'istio-egress'),
        connection_security_policy: 'mutual_tls',
        destination_principal: `spiffe://cluster.local/ns/istio-egress/sa/${to.waypoint}`,
        destination_service: to.host,
        destination_service_name: to.name,
        destination_version: 'latest',
        source_principal: account(client),
      }
    case 'waypoint-entry':
      return {
        connection_security_policy: 'mutual_tls',
        destination_canonical_revision: 'unknown',
        destination_service: to.host,
        destination_service_name: to.host,
        destination_service_namespace: 'istio-egress',
        reporter: 'waypoint',
        source_principal: account(client),
      }
  }
}

/** What is known of a workload inside the mesh. */
function inside(workload: string, namespace: string): Labels {
  return {
    destination_app: workload,
    destination_canonical_service: workload,
    destination_cluster: CLUSTER,
    destination_service_namespace: namespace,
    destination_workload: workload,
    destination_workload_namespace: namespace,
  }
}

/** A ServiceEntry's endpoint has a workload of its own since Istio 1.30. */
function endpoint(name: string): Labels {
  return {
    destination_canonical_service: name,
    destination_cluster: CLUSTER,
    destination_workload: name,
    destination_workload_namespace: ENTRIES,
  }
}

function account(client: Client): string {
  return `spiffe://cluster.local/ns/${client.namespace}/sa/${client.app}`
}
