import { domainOf, MOST_NODES } from '#core/graph-folding.ts'
import { manyEdges, sampleEdge, sampleGraph } from './samples/graph.ts'

const graphOf = (edges: ReturnType<typeof manyEdges>, recent = edges) => sampleGraph({ edges, recent })

test(`up to ${MOST_NODES} nodes nothing is folded`, () => {
  const graph = graphOf(manyEdges(40, 60, 140))
  expect(graph.nodes).toHaveLength(100)
  expect(graph.folded).toEqual({ workloads: 0, destinations: 0 })
})

test('beyond that workloads stand folded in their namespaces', () => {
  const graph = graphOf(manyEdges(40, 61, 140))
  expect(graph.folded).toEqual({ workloads: 40, destinations: 0 })
  const namespaces = graph.nodes.filter(({ kind }) => kind === 'namespace')
  expect(namespaces.map(({ members }) => members).sort()).toEqual([4, 6, 6, 6, 6, 6, 6])
  expect(graph.nodes).toHaveLength(namespaces.length + 61)
  expect(graph.boxes).toEqual([])
})

test('where that is not enough, hosts stand folded in the domains they share', () => {
  const graph = graphOf(manyEdges(40, 99, 140))
  expect(graph.folded).toEqual({ workloads: 40, destinations: 33 })
  const folded = graph.nodes.filter(({ kind }) => kind === 'hosts')
  expect(folded.map(({ label, members }) => [label, members])).toEqual([
    ['amazonaws.com', 11],
    ['googleapis.com', 11],
    ['partner.example', 11],
  ])
})

test.each([
  [150, 400, 900],
  [700, 20, 900],
  [700, 900, 2000],
  [2, 900, 900],
])(
  `%d workloads and %d hosts fold into ${MOST_NODES} nodes at most, without losing a byte`,
  (workloads, hosts, calls) => {
    const edges = manyEdges(workloads, hosts, calls)
    const graph = graphOf(edges)
    expect(graph.nodes.length).toBeLessThanOrEqual(MOST_NODES)
    expect(graph.nodes.length).toBeGreaterThan(MOST_NODES / 5)
    const bytes = (of: { totals: { egressBytes: number } }[]) =>
      of.reduce((sum, { totals }) => sum + totals.egressBytes, 0)
    expect(bytes(graph.edges)).toBe(bytes(edges))
    const members = (...kinds: string[]) =>
      graph.nodes.filter(({ kind }) => kinds.includes(kind)).reduce((sum, node) => sum + node.members, 0)
    expect(members('workload', 'namespace')).toBe(new Set(edges.map(({ workload }) => workload)).size)
    expect(members('host', 'hosts')).toBe(new Set(edges.map(({ host }) => host)).size)
    expect(graph.calls).toHaveLength(edges.length)
  },
)

test('what sends or gets most is folded last', () => {
  const graph = graphOf(manyEdges(2, 900, 900))
  const alone = graph.nodes.filter(({ kind }) => kind === 'host')
  const most = Math.max(
    ...manyEdges(2, 900, 900)
      .filter(({ host }) => /company/.test(host))
      .map(({ totals }) => totals.egressBytes),
  )
  expect(Math.max(...alone.map(({ totals }) => totals.egressBytes))).toBe(most)
  const others = graph.nodes.find(({ kind, label }) => kind === 'hosts' && label === '')
  expect(others?.members).toBeGreaterThan(400)
})

test('silent hosts are folded into one that is idle', () => {
  const silent = Array.from({ length: 120 }, (_, at) => sampleEdge({ host: `host-${at}.site-${at}.example` }))
  const graph = graphOf([sampleEdge()], silent)
  expect(graph.nodes.filter(({ kind }) => kind === 'hosts')).toMatchObject([{ members: 120, idle: true }])
  expect(graph.edges.filter(({ health }) => health === 'idle')).toHaveLength(1)
})

test.each([
  ['s3.eu-west-1.amazonaws.com', 'amazonaws.com'],
  ['api.vendor.co.uk', 'vendor.co.uk'],
  ['*.example.com', 'example.com'],
  ['localhost', 'localhost'],
  ['203.0.113.10', 'IP addresses'],
  ['2001:db8::1', 'IP addresses'],
  ['(invalid-host)-5c140d35dcb4', 'invalid names'],
])('%s is of %s', (host, domain) => {
  expect(domainOf(host)).toBe(domain)
})
