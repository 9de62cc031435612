import type { MeshNames } from '#core/classify.ts'
import { bookedSelectors, federationSelectors, selectorsHash } from '#core/selectors.ts'

const MESH: MeshNames = {
  clusterDomain: 'cluster.local',
  gateways: ['istio-system/istio-egressgateway'],
  waypoints: [],
}

const METRICS =
  '__name__=~"istio_requests_total|istio_request_bytes_sum|istio_response_bytes_sum|istio_request_duration_milliseconds_sum|' +
  'istio_tcp_received_bytes_total|istio_tcp_sent_bytes_total|istio_tcp_connections_opened_total|istio_tcp_connections_closed_total"'

/** A selector's string as Prometheus unquotes it. */
const unquote = (text: string) => text.replace(/\\(.)/g, '$1')

test('asks for what leaves the cluster domain, for passthrough that claims a cluster name, gateway hops, starts and up', () => {
  expect(federationSelectors(MESH)).toEqual([
    `{${METRICS},reporter=~"source|waypoint",destination_service!~".+\\\\.svc\\\\.(cluster\\\\.local|clusterset\\\\.local)\\\\.?(:[0-9]+)?"}`,
    `{${METRICS},reporter=~"source|waypoint",destination_service=~".+\\\\.svc\\\\.(cluster\\\\.local|clusterset\\\\.local)\\\\.?(:[0-9]+)?",destination_service_name=~"PassthroughCluster|BlackHoleCluster"}`,
    `{${METRICS},reporter=~"source|waypoint",destination_service=~"istio-egressgateway\\\\.istio-system\\\\.svc\\\\.cluster\\\\.local"}`,
    'envoy_server_uptime',
    'up',
  ])
})

test('the booked selectors are the first two, and need no gateway', () => {
  expect(bookedSelectors(MESH)).toEqual(federationSelectors(MESH).slice(0, 2))
  expect(federationSelectors({ ...MESH, gateways: [] })).toEqual([
    ...bookedSelectors(MESH),
    'envoy_server_uptime',
    'up',
  ])
})

test('several gateways are asked for at once', () => {
  const [, , hops] = federationSelectors({ ...MESH, gateways: ['istio-system/egress', 'edge/egress.v2'] })
  expect(hops).toContain(
    'destination_service=~"egress\\\\.istio-system\\\\.svc\\\\.cluster\\\\.local|egress\\\\.v2\\\\.edge\\\\.svc\\\\.cluster\\\\.local"',
  )
})

test.each<[string, boolean]>([
  ['reviews.shop.svc.cluster.local', true],
  ['reviews.shop.svc.cluster.local:9080', true],
  ['reviews.shop.svc.cluster.local.:9080', true],
  ['reviews.shop.svc.clusterset.local', true],
  ['api.stripe.com', false],
  ['reviews.shop.svc.clusterxlocal', false],
  ['reviews.shop.svc.cluster.local.example.com', false],
  ['', false],
  ['unknown', false],
])('the cluster names, as an anchored regular expression, hold %j: %s', (host, held) => {
  const [, quoted] = /destination_service!~"((?:[^"\\]|\\.)*)"/.exec(bookedSelectors(MESH)[0])!
  expect(new RegExp(`^(?:${unquote(quoted)})$`).test(host)).toBe(held)
})

test('a cluster domain is taken literally, whatever it holds', () => {
  const [first] = bookedSelectors({ ...MESH, clusterDomain: 'a+b".(c' })
  const [, quoted] = /destination_service!~"((?:[^"\\]|\\.)*)"}$/.exec(first)!
  expect(new RegExp(`^(?:${unquote(quoted)})$`).test('x.svc.a+b".(c')).toBe(true)
  expect(new RegExp(`^(?:${unquote(quoted)})$`).test('x.svc.aab".(c')).toBe(false)
})

test('the hash tells apart what is asked for and the names that place it, and nothing else', () => {
  const hash = (mesh: MeshNames) => selectorsHash(federationSelectors(mesh), mesh)
  expect(hash(MESH)).toMatch(/^[0-9a-f]{16}$/)
  expect(hash({ ...MESH })).toBe(hash(MESH))
  const others = [
    { ...MESH, clusterDomain: 'corp.local' },
    { ...MESH, gateways: [] },
    { ...MESH, gateways: ['edge/egress'] },
    { ...MESH, waypoints: ['egress/waypoint'] },
  ]
  expect(new Set([MESH, ...others].map(hash)).size).toBe(5)
})
