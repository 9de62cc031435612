/** How far the name of a destination can be believed, by the labels it came with. */
import { type EvidenceGrade, evidenceOf, type NamedEnds } from '#core/evidence.ts'
import { OTHER } from '#core/flow.ts'
import { normaliseHost } from '#core/host.ts'

const registered: NamedEnds = {
  destinationClass: 'registered',
  host: 'api.example.com',
  service: 'api.example.com',
  serviceNamespace: 'egress',
  protocol: 'http',
}
const passthrough: NamedEnds = {
  destinationClass: 'passthrough',
  host: 'api.example.com',
  service: 'PassthroughCluster',
  serviceNamespace: '',
  protocol: 'http',
}
const grade = (...edges: NamedEnds[]) => evidenceOf(edges).grade

test.each<[string, EvidenceGrade, NamedEnds]>([
  ['HTTP to a registered host', 'A', registered],
  ['gRPC to a registered host', 'A', { ...registered, protocol: 'grpc' }],
  ['HTTP through ztunnel, whose service is the ServiceEntry', 'A', { ...registered, service: 'api' }],
  ['TLS or TCP to a registered host', 'B', { ...registered, protocol: 'tcp' }],
  ['a wildcard over HTTP', 'C', { ...registered, host: '*.example.com', service: '*.example.com' }],
  ['a wildcard over TCP', 'C', { ...registered, host: '*.example.com', protocol: 'tcp' }],
  ['HTTP that no namespace declares, named after its own host', 'C', { ...registered, serviceNamespace: '' }],
  ['the Host header of undeclared HTTP', 'C', passthrough],
  ['the Host header of blocked HTTP', 'C', { ...passthrough, destinationClass: 'blocked' }],
  ['an IPv4 address', 'D', { ...passthrough, host: '203.0.113.7' }],
  ['an IPv6 address', 'D', { ...passthrough, host: '2001:db8::1' }],
  ['a registered address', 'D', { ...registered, host: '203.0.113.7' }],
  ['no host at all', 'E', { ...passthrough, host: '', protocol: 'tcp' }],
  ['a host that is none', 'E', { ...passthrough, host: normaliseHost('<script>').name }],
  ['many hosts folded into one', 'E', { ...passthrough, host: OTHER }],
])('%s has grade %s', (_, expected, edge) => {
  expect(grade(edge)).toBe(expected)
  expect(evidenceOf([edge]).sentence).toMatch(/^[A-Z].*\.$/)
})

test('a name is believed no further than the weakest of its traffic, and the sentence says that there is better', () => {
  const { sentence } = evidenceOf([passthrough])
  expect(evidenceOf([registered, passthrough, registered])).toEqual({
    grade: 'C',
    sentence: `${sentence} Some of its traffic has better evidence; the grade is that of the weakest.`,
  })
  expect(evidenceOf([passthrough, passthrough])).toEqual({ grade: 'C', sentence })
})

test('of what nobody saw nothing vouches for the name', () => {
  expect(grade()).toBe('E')
})
