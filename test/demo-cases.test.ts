import { createMesh } from '../functions/demo/mesh.ts'
import { instant, type MeshName } from '../functions/demo/world.ts'

type Labels = Record<string, string>

const meshes = { 'prod-eu': createMesh('prod-eu'), 'prod-us': createMesh('prod-us') }

/** A line of /federate: its name and its labels in the order they are written. */
function parseLine(line: string): { name: string; pairs: [string, string][] } {
  const [, name, inside] = /^([a-z_]+)\{(.*)\} [^ ]+ \d+$/.exec(line)!
  const pairs = [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, value]): [string, string] => [
    label,
    value.replace(/\\(.)/g, '$1'),
  ])
  return { name, pairs }
}

function linesAt(mesh: MeshName, when: string, selector: string): string[] {
  meshes[mesh].setNow(instant(when))
  const body = meshes[mesh].federate([selector]).toString()
  return body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** Labels that tell one pod from another. */
const OF_POD = ['instance', 'node', 'pod', 'pod_template_hash']

/** The labels of the only line that matches, but for the pod's own. */
function labelsAt(mesh: MeshName, when: string, selector: string): Labels {
  const lines = linesAt(mesh, when, selector)
  const sets = new Map(
    lines.map((line) => {
      const labels = parseLine(line).pairs.filter(([label]) => !OF_POD.includes(label))
      return [JSON.stringify(labels), Object.fromEntries(labels)]
    }),
  )
  expect([...sets.keys()]).toHaveLength(1)
  return [...sets.values()][0]
}

const EXTERNAL = (cluster: string): Labels => ({
  cluster,
  prometheus: 'monitoring/k8s',
  prometheus_replica: 'prometheus-k8s-0',
})

const SOURCE = (namespace: string, app: string, version: string): Labels => ({
  source_app: app,
  source_canonical_revision: version,
  source_canonical_service: app,
  source_cluster: 'Kubernetes',
  source_principal: 'unknown',
  source_version: version,
  source_workload: `${app}-${version}`,
  source_workload_namespace: namespace,
})

const SIDECAR = (namespace: string, app: string, version: string): Labels => ({
  app,
  connection_security_policy: 'unknown',
  job: 'kubernetes-pods',
  namespace,
  reporter: 'source',
  response_flags: '-',
  security_istio_io_tlsMode: 'istio',
  service_istio_io_canonical_name: app,
  service_istio_io_canonical_revision: version,
  version,
  ...SOURCE(namespace, app, version),
})

const GATEWAY: Labels = {
  app: 'istio-egressgateway',
  connection_security_policy: 'unknown',
  istio: 'egressgateway',
  job: 'kubernetes-pods',
  namespace: 'istio-system',
  reporter: 'source',
  response_flags: '-',
  source_app: 'istio-egressgateway',
  source_canonical_revision: 'latest',
  source_canonical_service: 'istio-egressgateway',
  source_cluster: 'Kubernetes',
  source_principal: 'unknown',
  source_workload: 'istio-egressgateway',
  source_workload_namespace: 'istio-system',
}

const ZTUNNEL = (app: string, version: string): Labels => ({
  app: 'ztunnel',
  connection_security_policy: 'unknown',
  destination_region: 'unknown',
  destination_zone: 'unknown',
  job: 'kubernetes-pods',
  namespace: 'istio-system',
  reporter: 'source',
  request_protocol: 'tcp',
  response_flags: '-',
  source_region: 'us-east-1',
  source_zone: 'us-east-1a',
  ...SOURCE('ambient-apps', app, version),
  source_workload: app,
})

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

const HTTP_OK = { request_protocol: 'http', response_code: '200' }
const TCP = { request_protocol: 'tcp' }
const host = (name: string): Labels => ({ destination_service: name, destination_service_name: name })
const entry = (name: string): Labels => ({ ...host(name), destination_service_namespace: 'egress-config' })
const endpoint = (name: string): Labels => ({
  destination_canonical_service: name,
  destination_cluster: 'Kubernetes',
  destination_workload: name,
  destination_workload_namespace: 'egress-config',
})
const inside = (workload: string, namespace: string): Labels => ({
  destination_app: workload,
  destination_canonical_service: workload,
  destination_cluster: 'Kubernetes',
  destination_service_namespace: namespace,
  destination_workload: workload,
  destination_workload_namespace: namespace,
})

interface Case {
  title: string
  mesh: MeshName
  when: string
  selector: string
  labels: Labels // the external ones apart
}

const CASES: Case[] = [
  {
    title: 'ALLOW_ANY HTTP carries the Host header under PassthroughCluster',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_requests_total{destination_service="dl-cdn.alpinelinux.org"}',
    labels: {
      ...SIDECAR('recipes', 'linkcheck', 'v2'),
      ...UNKNOWN,
      ...HTTP_OK,
      destination_service: 'dl-cdn.alpinelinux.org',
      destination_service_name: 'PassthroughCluster',
    },
  },
  {
    title: 'ALLOW_ANY to a pod inside the mesh knows the workload',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_requests_total{destination_service_name="PassthroughCluster",destination_workload!="unknown"}',
    labels: {
      ...SIDECAR('legacy', 'erp-bridge', 'v1'),
      ...UNKNOWN,
      ...HTTP_OK,
      ...inside('server', 'legacy'),
      destination_service: '10.244.3.220:8085',
      destination_service_name: 'PassthroughCluster',
    },
  },
  {
    title: 'ALLOW_ANY TLS knows no host',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_tcp_received_bytes_total{source_workload="details-v2",reporter="source"}',
    labels: {
      ...SIDECAR('bookinfo', 'details', 'v2'),
      ...UNKNOWN,
      ...TCP,
      destination_service_name: 'PassthroughCluster',
    },
  },
  {
    title: 'a failed connection through ALLOW_ANY has the flags UF,URX',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_tcp_connections_closed_total{response_flags="UF,URX"}',
    labels: {
      ...SIDECAR('legacy', 'erp-bridge', 'v1'),
      ...UNKNOWN,
      ...TCP,
      destination_service_name: 'PassthroughCluster',
      response_flags: 'UF,URX',
    },
  },
  {
    title: 'REGISTRY_ONLY HTTP is 502 with no flags under BlackHoleCluster',
    mesh: 'prod-eu',
    when: '2026-11-05 12:00',
    selector: 'istio_requests_total{destination_service_name="BlackHoleCluster",source_workload="idgen-v1"}',
    labels: {
      ...SIDECAR('recipes', 'idgen', 'v1'),
      ...UNKNOWN,
      ...HTTP_OK,
      destination_service: 'httpbin.org',
      destination_service_name: 'BlackHoleCluster',
      response_code: '502',
    },
  },
  {
    title: 'REGISTRY_ONLY TCP is UH and knows no host',
    mesh: 'prod-eu',
    when: '2026-11-09 03:00',
    selector: 'istio_tcp_connections_closed_total{destination_service_name="BlackHoleCluster"}',
    labels: {
      ...SIDECAR('shop', 'thumbnailer', 'v1'),
      ...UNKNOWN,
      ...TCP,
      destination_service_name: 'BlackHoleCluster',
      response_flags: 'UH',
    },
  },
  {
    title: 'inbound passthrough is told by the destination',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_tcp_sent_bytes_total{destination_service_name="InboundPassthroughCluster"}',
    labels: Object.fromEntries(
      Object.entries({
        ...SIDECAR('bookinfo', 'details', 'v2'),
        ...UNKNOWN,
        ...TCP,
        ...inside('details', 'bookinfo'),
        connection_security_policy: 'none',
        destination_service: 'details',
        destination_service_name: 'InboundPassthroughCluster',
        reporter: 'destination',
        source_app: 'unknown',
        source_canonical_revision: 'latest',
        source_canonical_service: 'unknown',
        source_cluster: 'unknown',
        source_version: 'unknown',
        source_workload: 'unknown',
        source_workload_namespace: 'unknown',
      }).filter(([label]) => label !== 'destination_version'),
    ),
  },
  {
    title: 'a ServiceEntry of Istio 1.24 has its namespace and neither cluster nor workload',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_requests_total{destination_service="api.partner.example",response_flags="UF",namespace="shop"}',
    labels: {
      ...SIDECAR('shop', 'orders', 'v4'),
      ...UNKNOWN,
      ...entry('api.partner.example'),
      request_protocol: 'http',
      response_code: '503',
      response_flags: 'UF',
    },
  },
  {
    title: 'a client that goes away leaves code 0 and DC',
    mesh: 'prod-eu',
    when: '2026-10-20 15:00',
    selector: 'istio_requests_total{response_flags="DC"}',
    labels: {
      ...SIDECAR('shop', 'orders', 'v4'),
      ...UNKNOWN,
      ...entry('api.partner.example'),
      request_protocol: 'http',
      response_code: '0',
      response_flags: 'DC',
    },
  },
  {
    title: 'a ServiceEntry of Istio 1.30 and later has a workload',
    mesh: 'prod-us',
    when: '2026-10-20 18:00',
    selector: 'istio_requests_total{destination_service="api.stripe.com",response_code="200"}',
    labels: {
      ...SIDECAR('payments', 'billing', 'v5'),
      ...UNKNOWN,
      ...HTTP_OK,
      ...entry('api.stripe.com'),
      ...endpoint('stripe'),
    },
  },
  {
    title: 'gRPC has a status beside its code',
    mesh: 'prod-eu',
    when: '2026-10-22 18:00',
    selector: 'istio_requests_total{grpc_response_status="14"}',
    labels: {
      ...SIDECAR('shop', 'checkout', 'v1'),
      ...UNKNOWN,
      ...entry('grpc.fraudscore.example'),
      grpc_response_status: '14',
      request_protocol: 'grpc',
      response_code: '200',
    },
  },
  {
    title: 'a STATIC ServiceEntry of Istio 1.30 and later numbers its endpoints',
    mesh: 'prod-us',
    when: '2026-10-20 18:00',
    selector: 'istio_tcp_received_bytes_total{destination_service="oracle.corp.example"}',
    labels: {
      ...SIDECAR('payments', 'ledger', 'v2'),
      ...UNKNOWN,
      ...TCP,
      ...entry('oracle.corp.example'),
      ...endpoint('oracle-0'),
    },
  },
  {
    title: 'TLS by SNI is a TCP series with a host',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_tcp_received_bytes_total{destination_service="images.cloudinary.example"}',
    labels: {
      ...SIDECAR('recipes', 'website', 'v3'),
      ...UNKNOWN,
      ...TCP,
      ...entry('images.cloudinary.example'),
    },
  },
  {
    title: 'a wildcard ServiceEntry leaves the literal wildcard',
    mesh: 'prod-eu',
    when: '2026-10-28 12:00',
    selector: 'istio_tcp_received_bytes_total{destination_service="*.googleapis.com"}',
    labels: { ...SIDECAR('bookinfo', 'details', 'v2'), ...UNKNOWN, ...TCP, ...entry('*.googleapis.com') },
  },
  {
    title: 'a wildcard with DYNAMIC_DNS keeps the Host header, without a namespace',
    mesh: 'prod-us',
    when: '2026-11-05 18:00',
    selector: 'istio_requests_total{destination_service="intake.datadoghq.example"}',
    labels: {
      ...SIDECAR('analytics', 'collector', 'v2'),
      ...UNKNOWN,
      ...host('intake.datadoghq.example'),
      request_protocol: 'http',
      response_code: '202',
    },
  },
  {
    title: 'a wildcard with DYNAMIC_DNS loses the name of TLS altogether',
    mesh: 'prod-us',
    when: '2026-11-05 18:00',
    selector: 'istio_tcp_received_bytes_total{destination_service_name="unknown",app="collector"}',
    labels: { ...SIDECAR('analytics', 'collector', 'v2'), ...UNKNOWN, ...TCP },
  },
  {
    title: 'ALLOW_ANY_DYNAMIC_DNS names the Host header twice',
    mesh: 'prod-us',
    when: '2026-11-05 18:00',
    selector: 'istio_requests_total{destination_service="pypi.example.org"}',
    labels: { ...SIDECAR('labs', 'notebook', 'v1'), ...UNKNOWN, ...HTTP_OK, ...host('pypi.example.org') },
  },
  {
    title: 'the first hop to an egress gateway has both principals',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_requests_total{destination_service="istio-egressgateway.istio-system.svc.cluster.local"}',
    labels: {
      ...SIDECAR('shop', 'checkout', 'v1'),
      ...UNKNOWN,
      ...HTTP_OK,
      ...inside('istio-egressgateway', 'istio-system'),
      destination_principal: 'spiffe://cluster.local/ns/istio-system/sa/istio-egressgateway-service-account',
      destination_service: 'istio-egressgateway.istio-system.svc.cluster.local',
      destination_service_name: 'istio-egressgateway',
      source_principal: 'spiffe://cluster.local/ns/shop/sa/checkout',
    },
  },
  {
    title: 'the second hop has the gateway as its source',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_requests_total{destination_service="edition.cnn.com"}',
    labels: { ...GATEWAY, ...UNKNOWN, ...HTTP_OK, ...entry('edition.cnn.com') },
  },
  {
    title: 'a gateway without a route answers 404 NR and knows nothing',
    mesh: 'prod-eu',
    when: '2026-10-20 12:00',
    selector: 'istio_requests_total{response_flags="NR"}',
    labels: { ...GATEWAY, ...UNKNOWN, request_protocol: 'http', response_code: '404', response_flags: 'NR' },
  },
  {
    title: 'ztunnel knows nothing of an unknown destination',
    mesh: 'prod-us',
    when: '2026-10-20 12:00',
    selector: 'istio_tcp_received_bytes_total{app="ztunnel",destination_service="unknown"}',
    labels: { ...ZTUNNEL('crawler', 'v2'), ...UNKNOWN, destination_canonical_revision: 'unknown' },
  },
  {
    title: 'ztunnel calls a ServiceEntry by its object',
    mesh: 'prod-us',
    when: '2026-10-20 12:00',
    selector: 'istio_tcp_received_bytes_total{app="ztunnel",destination_service="httpbin.org"}',
    labels: {
      ...ZTUNNEL('crawler', 'v2'),
      ...UNKNOWN,
      ...inside('httpbin-ext', 'istio-egress'),
      destination_principal: 'spiffe://cluster.local/ns/istio-egress/sa/',
      destination_service: 'httpbin.org',
      destination_service_name: 'httpbin-ext',
      destination_version: 'latest',
    },
  },
  {
    title: 'the first hop to a waypoint is mutual TLS',
    mesh: 'prod-us',
    when: '2026-10-20 12:00',
    selector: 'istio_tcp_received_bytes_total{app="ztunnel",connection_security_policy="mutual_tls"}',
    labels: {
      ...ZTUNNEL('assistant', 'v1'),
      ...UNKNOWN,
      ...inside('egress-waypoint', 'istio-egress'),
      connection_security_policy: 'mutual_tls',
      destination_principal: 'spiffe://cluster.local/ns/istio-egress/sa/egress-waypoint',
      destination_service: 'api.openai.example',
      destination_service_name: 'openai-ext',
      destination_version: 'latest',
      source_principal: 'spiffe://cluster.local/ns/ambient-apps/sa/assistant',
    },
  },
  {
    title: 'a waypoint keeps the client as its source',
    mesh: 'prod-us',
    when: '2026-10-20 12:00',
    selector: 'istio_requests_total{reporter="waypoint",response_code="200"}',
    labels: {
      ...SOURCE('ambient-apps', 'assistant', 'v1'),
      ...UNKNOWN,
      ...HTTP_OK,
      connection_security_policy: 'mutual_tls',
      destination_canonical_revision: 'unknown',
      destination_service: 'api.openai.example',
      destination_service_name: 'api.openai.example',
      destination_service_namespace: 'istio-egress',
      gateway_networking_k8s_io_gateway_name: 'egress-waypoint',
      job: 'kubernetes-pods',
      namespace: 'istio-egress',
      reporter: 'waypoint',
      response_flags: '-',
      source_principal: 'spiffe://cluster.local/ns/ambient-apps/sa/assistant',
      source_workload: 'assistant',
    },
  },
]

for (const { title, mesh, when, selector, labels } of CASES) {
  test(title, () => {
    expect(labelsAt(mesh, when, selector)).toEqual({ ...labels, ...EXTERNAL(mesh) })
  })
}

test('labels are sorted, and the external ones stand last', () => {
  for (const mesh of ['prod-eu', 'prod-us'] as const) {
    for (const line of linesAt(mesh, '2026-11-05 12:00', '{__name__=~".+"}')) {
      const names = parseLine(line).pairs.map(([label]) => label)
      expect(names.slice(-3)).toEqual(['cluster', 'prometheus', 'prometheus_replica'])
      expect(names.slice(0, -3)).toEqual(names.slice(0, -3).toSorted())
    }
  }
})

test('hostile Host headers are written with their quotes and backslashes escaped', () => {
  const hostile = linesAt('prod-eu', '2026-10-28 12:00', 'istio_requests_total{app="linkcheck"}').join('\n')
  expect(hostile).toContain('destination_service="evil\\"host\\\\x"')
  expect(hostile).toContain('destination_service="<script>alert(1)</script>"')
  expect(hostile).toContain('destination_service="WWW.Example.ORG.:80"')
  expect(hostile).toContain('destination_service="203.0.113.10:8080"')
  expect(hostile).toMatch(/destination_service="payments\.shop\.svc\.cluster\.local",destination_service_name="Passthr/)
})

test('an HTTP series has seven metrics, and a TCP series four', () => {
  const names = (selector: string) =>
    linesAt('prod-eu', '2026-10-20 12:00', selector).map((line) => parseLine(line).name)
  expect(names('{destination_service="edition.cnn.com",pod=~".+"}').filter((_, i) => i % 2 === 0)).toEqual([
    'istio_request_bytes_count',
    'istio_request_bytes_sum',
    'istio_request_duration_milliseconds_count',
    'istio_request_duration_milliseconds_sum',
    'istio_requests_total',
    'istio_response_bytes_count',
    'istio_response_bytes_sum',
  ])
  expect(names('{destination_service="orders-db.corp.example"}')).toEqual([
    'istio_tcp_connections_closed_total',
    'istio_tcp_connections_opened_total',
    'istio_tcp_received_bytes_total',
    'istio_tcp_sent_bytes_total',
  ])
})

test('of a TCP connection into the BlackHole only the closing is counted', () => {
  const lines = linesAt(
    'prod-eu',
    '2026-11-09 03:00',
    '{destination_service_name="BlackHoleCluster",request_protocol="tcp"}',
  )
  const values = lines.map((line) => [parseLine(line).name, Number(line.split(' ').at(-2))])
  expect(values).toEqual([
    ['istio_tcp_connections_closed_total', expect.any(Number)],
    ['istio_tcp_received_bytes_total', 0],
    ['istio_tcp_sent_bytes_total', 0],
  ])
  expect(values[0][1]).toBeGreaterThan(1000)
})

test('ztunnel has no uptime, and every Envoy has one', () => {
  const pods = (selector: string) =>
    linesAt('prod-us', '2026-11-05 12:00', selector).map((line) => /,pod="([^"]+)"/.exec(line)![1])
  expect(pods('up').length).toBeGreaterThan(pods('envoy_server_uptime').length)
  expect(pods('up').filter((pod) => !pods('envoy_server_uptime').includes(pod))).toEqual([
    expect.stringMatching(/^ztunnel-.....$/),
    expect.stringMatching(/^ztunnel-.....$/),
  ])
})
