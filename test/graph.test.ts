import { destinationAddress, workloadAddress } from '#core/addresses.ts'
import { formatCsv, parseCsv } from '#core/csv.ts'
import { CALL_COLUMNS, callValues, type GraphEdge, type GraphNode, type GraphReport } from '#core/reports/graph.ts'
import { attempts } from '#core/totals.ts'
import { GRAPH_DAY, SAMPLE_EDGES, SAMPLE_RECENT, sampleEdge, sampleGraph } from './samples/graph.ts'

const names = (graph: GraphReport) =>
  new Map(graph.nodes.map((node) => [node.id, `${node.label} ${node.version}`.trim()]))

/** Edges as 'checkout v1 → api.stripe.com'. */
function arrows(graph: GraphReport, which: (edge: GraphEdge) => boolean = () => true): string[] {
  const name = names(graph)
  return graph.edges.filter(which).map(({ from, to }) => `${name.get(from)} → ${name.get(to)}`)
}

function node(graph: GraphReport, label: string): GraphNode {
  const found = graph.nodes.find((each) => each.label === label)
  if (found === undefined) throw new Error(`no node ${label}`)
  return found
}

function edge(graph: GraphReport, arrow: string): GraphEdge {
  const found = graph.edges[arrows(graph).indexOf(arrow)]
  if (found === undefined) throw new Error(`no edge ${arrow} in ${arrows(graph).join('; ')}`)
  return found
}

const alone = (...edges: Parameters<typeof sampleEdge>[0][]) =>
  sampleGraph({ edges: edges.map((each) => sampleEdge(each)), recent: [] })

test('every version of an app is a node of its own, in the box of its namespace, and leads to its workload', () => {
  const graph = alone({}, { version: 'v2', workload: 'checkout-v2' })
  const workloads = graph.nodes.filter(({ kind }) => kind === 'workload')
  expect(workloads.map(({ label, version, box }) => [label, version, box])).toEqual([
    ['checkout', 'v1', 'b0'],
    ['checkout', 'v2', 'b0'],
  ])
  expect(workloads.map(({ address }) => address)).toEqual([
    workloadAddress('prod-eu', 'shop', 'checkout-v1'),
    workloadAddress('prod-eu', 'shop', 'checkout-v2'),
  ])
  expect(graph.boxes).toEqual([{ id: 'b0', target: 'prod-eu', namespace: 'shop' }])
})

test('workloads of the same app and version are told apart by their own names', () => {
  const graph = alone({ workload: 'checkout-blue' }, { workload: 'checkout-green' })
  expect(graph.nodes.filter(({ kind }) => kind === 'workload').map(({ label }) => label)).toEqual([
    'checkout-blue',
    'checkout-green',
  ])
})

test('without an app a node is named by its workload', () => {
  expect(alone({ app: '', workload: 'cron' }).nodes[0].label).toBe('cron')
})

test('a host is one node for all meshes', () => {
  const graph = alone({}, { target: 'prod-us' })
  expect(graph.nodes.filter(({ kind }) => kind === 'host')).toMatchObject([
    { label: 'api.stripe.com', address: destinationAddress('api.stripe.com'), totals: { requests: 2000 } },
  ])
  expect(graph.boxes.map(({ target }) => target)).toEqual(['prod-eu', 'prod-us'])
})

test('what has no name goes to the PassthroughCluster of its mesh, what was refused to the BlackHoleCluster', () => {
  const graph = sampleGraph()
  expect(arrows(graph, ({ destinationClass, health }) => destinationClass === 'blocked' && health !== 'idle')).toEqual([
    'orders v1 → BlackHoleCluster',
    'orders v1 → BlackHoleCluster',
  ])
  expect(node(graph, 'PassthroughCluster')).toMatchObject({ target: 'prod-eu', address: 'destinations/unknown/' })
  expect(node(graph, 'BlackHoleCluster')).toMatchObject({ address: 'blocked/', totals: { egressBytes: 0 } })
  expect(names(graph)).not.toContain('pastebin.com')
  expect(graph.edges.flatMap(({ hosts }) => hosts)).toEqual(expect.arrayContaining(['pastebin.com']))
})

test('a waypoint stands between its clients and their hosts, and its edges carry what passes them', () => {
  const graph = sampleGraph()
  const into = edge(graph, 'assistant v1 → egress-waypoint')
  const out = edge(graph, 'egress-waypoint → api.openai.example')
  expect(into.totals.requests).toBe(2000)
  expect(out.totals.requests).toBe(1000)
  expect(into.destinationClass).toBeNull()
  expect(out.destinationClass).toBe('registered')
  const [client, host] = [node(graph, 'assistant').id, node(graph, 'api.openai.example').id]
  expect(out.ends.toSorted()).toEqual([client, host].sort())
  expect(into.ends).toEqual(expect.arrayContaining([client, host, node(graph, 'api.stripe.com').id]))
  expect(into.ends).toHaveLength(3)
})

test('a gateway that hides its clients begins the way, and says so', () => {
  const graph = sampleGraph()
  expect(node(graph, 'istio-egressgateway')).toMatchObject({
    kind: 'via',
    clientsLost: true,
    address: workloadAddress('prod-eu', 'istio-system', 'istio-egressgateway'),
  })
  expect(node(graph, 'egress-waypoint')).toMatchObject({ kind: 'via', clientsLost: false, address: null })
  expect(graph.boxes.map(({ namespace }) => namespace)).not.toContain('istio-system')
})

test('the edges that leave the mesh sum to what the day sent', () => {
  const graph = sampleGraph()
  const ends = new Set(graph.nodes.filter(({ kind }) => kind !== 'workload' && kind !== 'via').map(({ id }) => id))
  const leaving = graph.edges.filter(({ to }) => ends.has(to))
  for (const name of ['requests', 'connections', 'egressBytes', 'ingressBytes', 'errors'] as const) {
    const sent = SAMPLE_EDGES.reduce((sum, { totals }) => sum + totals[name], 0)
    expect([name, leaving.reduce((sum, { totals }) => sum + totals[name], 0)]).toEqual([name, sent])
  }
})

test('requests and TCP to one host are two edges', () => {
  const graph = alone({}, { protocol: 'grpc' }, { protocol: 'tcp' })
  expect(graph.edges.map(({ protocols }) => protocols)).toEqual(expect.arrayContaining([['grpc', 'http'], ['tcp']]))
  expect(graph.edges).toHaveLength(2)
})

test.each([
  ['HTTP through PassthroughCluster', { destinationClass: 'passthrough', host: 'ftp.example' }, 'plaintext'],
  ['TCP through PassthroughCluster', { destinationClass: 'passthrough', host: '', protocol: 'tcp' }, 'unknown'],
  ['HTTP to a registered host', {}, 'unknown'],
  ['what was refused', { destinationClass: 'blocked' }, 'unknown'],
] as const)('%s is %3$s', (_, given, encryption) => {
  expect(alone(given).edges[0].encryption).toBe(encryption)
})

test('only the way to a waypoint is known to be mutual TLS', () => {
  const graph = alone({ via: 'egress/waypoint', reporter: 'waypoint' })
  expect(edge(graph, 'checkout v1 → waypoint').encryption).toBe('tls')
  expect(edge(graph, 'waypoint → api.stripe.com').encryption).toBe('unknown')
})

test('an edge fails by the share of each protocol, not of all together', () => {
  const graph = alone(
    { protocol: 'grpc', failures: { grpcErrors: 50 }, totals: { requests: 100, errors: 50 } },
    { protocol: 'http', totals: { requests: 100_000 } },
  )
  expect(graph.edges).toMatchObject([{ health: 'failing', errorShare: 50 / 100_100 }])
})

test('refused attempts are no errors', () => {
  expect(alone({ destinationClass: 'blocked' }).edges).toMatchObject([{ health: 'refused', errorShare: 0 }])
})

test('what was seen in the days before and is silent now is idle', () => {
  const graph = sampleGraph()
  expect(arrows(graph, ({ health }) => health === 'idle').sort()).toEqual([
    'checkout v1 → api.adyen.com',
    'crawler v1 → BlackHoleCluster',
    'newsletter v1 → smtp.example',
  ])
  expect(node(graph, 'newsletter').idle).toBe(true)
  expect(node(graph, 'crawler').idle).toBe(false)
  expect(node(graph, 'api.adyen.com')).toMatchObject({ idle: true, classes: [] })
})

test('a rollout leaves nothing idle behind', () => {
  const recent = [sampleEdge({ version: 'v0', workload: 'checkout-v0' })]
  expect(sampleGraph({ edges: [sampleEdge()], recent }).edges.map(({ health }) => health)).toEqual(['healthy'])
  const other = [sampleEdge({ version: 'v0', workload: 'checkout-v0', host: 'api.adyen.com' })]
  expect(arrows(sampleGraph({ edges: [sampleEdge()], recent: other }))).toContain('checkout v1 → api.adyen.com')
})

test('nothing is idle in a mesh of which there is no data', () => {
  const graph = sampleGraph({ edges: [], observations: { 'prod-eu': 'none', 'prod-us': 'observed' } })
  expect(new Set(graph.calls.map(({ target }) => target))).toEqual(new Set(['prod-us']))
  expect(graph.calls.length).toBeGreaterThan(0)
  expect(graph.targets[0]).toEqual({ target: 'prod-eu', observation: 'none' })
})

test('the report does not depend on the order or the number of what was seen before', () => {
  const shuffled = [...SAMPLE_RECENT.toReversed(), ...SAMPLE_RECENT]
  expect(sampleGraph({ recent: shuffled })).toEqual(sampleGraph())
})

test('the CSV holds every call with its figures, and empty cells for what nobody knows', () => {
  const graph = sampleGraph()
  const [head, ...rows] = parseCsv(formatCsv(CALL_COLUMNS, callValues(graph)))
  expect(rows).toHaveLength(graph.calls.length)
  const column = (name: string) => rows.map((row) => row[head.indexOf(name)])
  const tried = rows.map((_, at) => Number(column('requests')[at]) + Number(column('connections')[at]))
  expect(tried).toEqual(graph.calls.map(({ totals }) => attempts(totals)))
  expect(column('destinationHost')).toContain(null)
  expect(column('encryption').filter((cell) => cell !== null)).toEqual(['plaintext', 'plaintext', 'plaintext'])
  expect(column('health')).toEqual(graph.calls.map(({ health }) => health))
})

test('a day without calls has an empty graph', () => {
  const graph = sampleGraph({ edges: [], recent: [] })
  expect(graph).toMatchObject({ date: GRAPH_DAY, nodes: [], edges: [], boxes: [], calls: [] })
})
