import fc from 'fast-check'
import { type Classification, classify, type MeshNames, underClusterDomain } from '#core/classify.ts'

const MESH: MeshNames = {
  clusterDomain: 'cluster.local',
  gateways: ['istio-system/istio-egressgateway'],
  waypoints: ['egress/waypoint'],
}

const CLIENT = {
  reporter: 'source',
  source_app: 'checkout',
  source_version: 'v1',
  source_workload: 'checkout-v1',
  source_workload_namespace: 'shop',
  source_cluster: 'Kubernetes',
}

/** What the proxies label when they know nothing of the other side. */
const UNKNOWN = {
  destination_service: 'unknown',
  destination_service_name: 'unknown',
  destination_service_namespace: 'unknown',
  destination_cluster: 'unknown',
  destination_workload: 'unknown',
  destination_workload_namespace: 'unknown',
  destination_principal: 'unknown',
  connection_security_policy: 'unknown',
}

type Entries = Record<string, string>

function place(layer: 'http' | 'tcp', entries: Entries, mesh = MESH): Classification {
  const protocol: Entries =
    layer === 'http'
      ? { request_protocol: 'http', response_code: '200', response_flags: '-' }
      : { request_protocol: 'tcp', response_flags: '-' }
  return classify(new Map(Object.entries({ ...CLIENT, ...UNKNOWN, ...protocol, ...entries })), layer, mesh)
}

/** One word for a classification: the destination class of a flow, or why there is none. */
function word(placed: Classification): string {
  return placed.kind === 'flow' ? placed.flow.destinationClass : placed.kind
}

function flowOf(layer: 'http' | 'tcp', entries: Entries, mesh = MESH) {
  const placed = place(layer, entries, mesh)
  if (placed.kind !== 'flow') throw new Error(`no flow but ${placed.kind}`)
  return placed.flow
}

const service = (host: string, name = host): Entries => ({ destination_service: host, destination_service_name: name })
const passthrough = (host = 'unknown') => service(host, 'PassthroughCluster')
const blackHole = (host = 'unknown') => service(host, 'BlackHoleCluster')
const workload = (namespace: string, name: string): Entries => ({
  destination_workload: name,
  destination_workload_namespace: namespace,
})
const gatewayHop = {
  ...service('istio-egressgateway.istio-system.svc.cluster.local', 'istio-egressgateway'),
  ...workload('istio-system', 'istio-egressgateway'),
  destination_principal: 'spiffe://cluster.local/ns/istio-system/sa/istio-egressgateway-service-account',
}
const ztunnelEntry = {
  ...service('httpbin.org', 'httpbin-ext'),
  ...workload('istio-egress', 'httpbin-ext'),
  destination_service_namespace: 'istio-egress',
  destination_principal: 'spiffe://cluster.local/ns/istio-egress/sa/',
}
const waypointHop = {
  ...ztunnelEntry,
  ...workload('istio-egress', 'egress-waypoint'),
  destination_principal: 'spiffe://cluster.local/ns/istio-egress/sa/egress-waypoint',
  connection_security_policy: 'mutual_tls',
}

test.each<[string, 'http' | 'tcp', Entries, string]>([
  // ALLOW_ANY
  ['plaintext HTTP under its Host header', 'http', passthrough('dl-cdn.alpinelinux.org'), 'passthrough'],
  ['plaintext HTTP to an address', 'http', passthrough('203.0.113.10:8080'), 'passthrough'],
  ['plaintext HTTP that claims a cluster name', 'http', passthrough('reviews.shop.svc.cluster.local'), 'passthrough'],
  ['plaintext HTTP without a Host', 'http', passthrough(), 'passthrough'],
  [
    'a passthrough to a pod of the mesh',
    'http',
    { ...passthrough('10.28.1.220:8085'), ...workload('shop', 'server') },
    'internal',
  ],
  ['TLS or TCP', 'tcp', passthrough(), 'passthrough'],
  ['a TCP connect that failed', 'tcp', { ...passthrough(), response_flags: 'UF,URX' }, 'passthrough'],
  // REGISTRY_ONLY
  ['refused HTTP', 'http', { ...blackHole('blocked.example.net'), response_code: '502' }, 'blocked'],
  ['refused TCP', 'tcp', { ...blackHole(), response_flags: 'UH' }, 'blocked'],
  ['refused HTTP that claims a cluster name', 'http', blackHole('reviews.shop.svc.cluster.local'), 'blocked'],
  // the server's side
  ['what the server counts', 'http', { ...service('api.stripe.com'), reporter: 'destination' }, 'ignored'],
  [
    'inbound passthrough',
    'tcp',
    { ...service('server', 'InboundPassthroughCluster'), reporter: 'destination' },
    'ignored',
  ],
  ['inbound passthrough by an older name', 'tcp', service('server', 'InboundPassthroughClusterIpv4'), 'ignored'],
  ['a series without a reporter', 'http', { ...service('api.stripe.com'), reporter: '' }, 'ignored'],
  // ServiceEntries, by Istio version
  ['a ServiceEntry up to 1.22', 'http', service('api.partner.example'), 'registered'],
  [
    'a ServiceEntry of 1.23 to 1.25',
    'http',
    { ...service('api.partner.example'), destination_service_namespace: 'egress' },
    'registered',
  ],
  [
    'a ServiceEntry of 1.26 to 1.29',
    'http',
    { ...service('api.partner.example'), destination_service_namespace: 'egress', destination_cluster: 'Kubernetes' },
    'registered',
  ],
  [
    'a ServiceEntry from 1.30 on',
    'http',
    { ...service('api.stripe.com'), ...workload('egress', 'stripe'), destination_cluster: 'Kubernetes' },
    'registered',
  ],
  [
    'an endpoint of a ServiceEntry from 1.30 on',
    'tcp',
    { ...service('oracle.corp.example'), ...workload('egress', 'oracle-0') },
    'registered',
  ],
  ['a ServiceEntry matched by SNI', 'tcp', service('s3.eu-west-1.amazonaws.com'), 'registered'],
  ['a wildcard ServiceEntry', 'tcp', service('*.wikipedia.org'), 'registered'],
  ['a dynamic DNS host', 'http', service('unknown.example.org'), 'registered'],
  ['TLS to a dynamic DNS host', 'tcp', {}, 'passthrough'],
  // gateways
  ['the hop to the egress gateway', 'http', gatewayHop, 'internal'],
  ['the same over TCP', 'tcp', gatewayHop, 'internal'],
  [
    'a hop to the gateway under another name',
    'http',
    { ...service('proxy.example.com'), ...workload('istio-system', 'istio-egressgateway') },
    'internal',
  ],
  [
    "the gateway's own hop",
    'http',
    {
      ...service('edition.cnn.com'),
      source_workload: 'istio-egressgateway',
      source_workload_namespace: 'istio-system',
    },
    'registered',
  ],
  ['a request without a route', 'http', { response_code: '404', response_flags: 'NR' }, 'ignored'],
  ['a request without a route among other flags', 'http', { response_code: '404', response_flags: 'DC,NR' }, 'ignored'],
  ['a request without a response', 'http', { response_code: '0', response_flags: 'DC' }, 'ignored'],
  ['a response from nowhere known', 'http', {}, 'unclassified'],
  // ambient
  ['ztunnel to an unknown destination', 'tcp', {}, 'passthrough'],
  ['ztunnel to a ServiceEntry', 'tcp', ztunnelEntry, 'registered'],
  ['ztunnel to a waypoint', 'tcp', waypointHop, 'internal'],
  [
    'a configured waypoint reached without mutual TLS',
    'tcp',
    { ...service('httpbin.org', 'x'), ...workload('egress', 'waypoint') },
    'internal',
  ],
  ["the waypoint's own hop", 'http', { ...service('httpbin.org'), reporter: 'waypoint' }, 'registered'],
  [
    "the waypoint's own hop over mutual TLS",
    'http',
    { ...service('httpbin.org'), reporter: 'waypoint', connection_security_policy: 'mutual_tls' },
    'registered',
  ],
  // in the mesh
  ['a service of the cluster', 'http', service('reviews.shop.svc.cluster.local', 'reviews'), 'internal'],
  [
    'the same with port, case and trailing dot',
    'http',
    service('Reviews.shop.svc.CLUSTER.local.:9080', 'reviews'),
    'internal',
  ],
  ['a service of the cluster set', 'tcp', service('reviews.shop.svc.clusterset.local', 'reviews'), 'internal'],
  ['a name that only ends like the cluster domain', 'http', service('evilsvc.cluster.local.example.com'), 'registered'],
  // what no rule can place
  ['a name without a dot', 'http', service('reviews'), 'unclassified'],
  [
    'a dotted host with an identity of the mesh',
    'http',
    { ...service('reviews.internal'), destination_principal: 'spiffe://cluster.local/ns/shop/sa/reviews' },
    'unclassified',
  ],
])('%s (%s) is placed', (_, layer, entries, expected) => {
  expect(word(place(layer, entries))).toBe(expected)
})

test('an absent label means what unknown means', () => {
  const bare = new Map(Object.entries({ reporter: 'source', source_workload: 'curl' }))
  expect(word(classify(bare, 'tcp', MESH))).toBe('passthrough')
  expect(word(classify(new Map([...bare, ['destination_service', 'api.stripe.com']]), 'http', MESH))).toBe('registered')
})

test('the cluster domain and the gateways are the ones configured', () => {
  const corp = { ...MESH, clusterDomain: 'Corp.Local', gateways: ['edge/egress'] }
  expect(word(place('http', service('reviews.shop.svc.corp.local'), corp))).toBe('internal')
  expect(word(place('http', service('reviews.shop.svc.cluster.local'), corp))).toBe('registered')
  expect(word(place('http', { ...service('a.example'), ...workload('edge', 'egress') }, corp))).toBe('internal')
})

test('a registered HTTP flow is told by everything its labels say of client, destination and response', () => {
  expect(
    flowOf('http', {
      ...service('API.Stripe.com:8443'),
      destination_service_namespace: 'egress',
      response_code: '503',
      response_flags: 'UF',
    }),
  ).toEqual({
    sourceNamespace: 'shop',
    sourceWorkload: 'checkout-v1',
    sourceApp: 'checkout',
    sourceVersion: 'v1',
    sourceCluster: 'Kubernetes',
    destinationClass: 'registered',
    destinationHost: 'api.stripe.com',
    destinationPort: 8443,
    destinationService: 'api.stripe.com',
    destinationServiceNamespace: 'egress',
    via: '',
    reporter: 'source',
    protocol: 'http',
    responseCode: '503',
    grpcStatus: '',
    responseFlags: 'UF',
  })
})

test('the protocol is that of the metric, and gRPC is told from HTTP by its label', () => {
  expect(flowOf('tcp', { ...service('a.example'), response_code: '200' })).toMatchObject({
    protocol: 'tcp',
    responseCode: '',
  })
  expect(
    flowOf('http', { ...service('a.example'), request_protocol: 'grpc', grpc_response_status: '14' }),
  ).toMatchObject({
    protocol: 'grpc',
    responseCode: '200',
    grpcStatus: '14',
  })
  expect(flowOf('http', service('a.example'))).toMatchObject({ protocol: 'http', grpcStatus: '' })
})

test('a port is told by the host, or else by a label of its own, if it is a number', () => {
  expect(flowOf('tcp', { ...service('a.example'), destination_port: '5432' }).destinationPort).toBe(5432)
  expect(flowOf('tcp', { ...service('a.example:80'), destination_port: '5432' }).destinationPort).toBe(80)
  expect(flowOf('tcp', { ...service('a.example'), destination_port: 'https' }).destinationPort).toBeNull()
  expect(flowOf('tcp', service('a.example')).destinationPort).toBeNull()
})

test('a flow is via the gateway that sent it, or the waypoint, by its own name where a label tells', () => {
  const gateway = { source_workload: 'istio-egressgateway', source_workload_namespace: 'istio-system' }
  expect(flowOf('http', { ...service('a.example'), ...gateway }).via).toBe('istio-system/istio-egressgateway')
  const waypoint = { ...service('a.example'), reporter: 'waypoint', namespace: 'egress' }
  expect(flowOf('http', waypoint)).toMatchObject({
    via: 'egress/waypoint',
    reporter: 'waypoint',
    sourceWorkload: 'checkout-v1',
  })
  expect(flowOf('http', { ...waypoint, gateway_networking_k8s_io_gateway_name: 'outbound' }).via).toBe(
    'egress/outbound',
  )
  expect(flowOf('http', service('a.example')).via).toBe('')
})

test('app and version fall back on the canonical ones', () => {
  const canonical = { source_canonical_service: 'cart', source_canonical_revision: 'v7' }
  expect(flowOf('http', { ...service('a.example'), ...canonical })).toMatchObject({
    sourceApp: 'checkout',
    sourceVersion: 'v1',
  })
  expect(
    flowOf('http', { ...service('a.example'), ...canonical, source_app: 'unknown', source_version: '' }),
  ).toMatchObject({
    sourceApp: 'cart',
    sourceVersion: 'v7',
  })
})

test('a host that is none is shown as a placeholder, and its raw text is quarantined', () => {
  const placed = place('http', passthrough('<script>alert(1)</script>'))
  if (placed.kind !== 'flow') throw new Error('no flow')
  expect(placed.flow.destinationHost).toMatch(/^\(invalid-host\)-[0-9a-f]{12}$/)
  expect(placed.flow.destinationService).toBe('PassthroughCluster')
  expect(placed.quarantined).toEqual({ placeholder: placed.flow.destinationHost, raw: '<script>alert(1)</script>' })
  expect(JSON.stringify(placed.flow)).not.toContain('script')
})

test('whatever the labels hold, a flow holds no control characters and no markup in its destination', () => {
  const names = Object.keys({
    ...CLIENT,
    ...UNKNOWN,
    response_code: '',
    response_flags: '',
    grpc_response_status: '',
    namespace: '',
  })
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(
      'unknown',
      '<script>x.y</script>',
      'PassthroughCluster',
      'BlackHoleCluster',
      'a.example',
      '=cmd|x',
      'a\0b',
    ),
  )
  const reporter = fc.constantFrom('source', 'waypoint')
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...names), value),
      reporter,
      fc.constantFrom('http', 'tcp'),
      (entries, side, layer) => {
        const placed = classify(new Map(Object.entries({ ...entries, reporter: side })), layer as 'http' | 'tcp', MESH)
        if (placed.kind !== 'flow') return
        for (const field of Object.values(placed.flow)) expect(String(field)).not.toMatch(/[\p{Cc}\p{Cs}]/u)
        expect(placed.flow.destinationHost + placed.flow.destinationService).not.toMatch(/[<>"'=\s]/)
      },
    ),
    { numRuns: 3000 },
  )
})

test.each<[string, boolean]>([
  ['reviews.shop.svc.cluster.local', true],
  ['REVIEWS.shop.svc.cluster.local.:80', true],
  ['reviews.shop.svc.clusterset.local', true],
  ['svc.cluster.local', false],
  ['reviews.shop.svc.cluster.local.example', false],
  ['reviewssvc.cluster.local', false],
  ['cluster.local', false],
  ['', false],
])('%s lies under the cluster domain: %s', (host, under) => {
  expect(underClusterDomain(host, 'cluster.local')).toBe(under)
})
