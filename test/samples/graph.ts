/** Sample edges of one day and of those before it, with what a service graph must survive, and the graph that they make. */
import type { DayDigest, Edge } from '#core/digest.ts'
import { type Failures, zeroFailures } from '#core/edge.ts'
import type { Observation, Totals } from '#core/report.ts'
import { type GraphReport, graphReport } from '#core/reports/graph.ts'
import { zeroTotals } from '#core/totals.ts'
import { ENDLESS_HOST, OVERRIDE_WORKLOAD, SCRIPT_HOST } from '../report-sample.ts'

export const GRAPH_DAY = '2026-11-18'

type SampleEdge = Partial<Omit<Edge, 'totals' | 'failures'>> & {
  totals?: Partial<Totals>
  failures?: Partial<Failures>
}

/** An edge of shop/checkout in prod-eu to api.stripe.com, but for what is given. */
export function sampleEdge({ totals, failures, ...given }: SampleEdge = {}): Edge {
  const tcp = given.protocol === 'tcp'
  const blocked = given.destinationClass === 'blocked'
  return {
    target: 'prod-eu',
    namespace: 'shop',
    workload: `${given.app ?? 'checkout'}-v1`,
    app: 'checkout',
    version: 'v1',
    destinationClass: 'registered',
    host: 'api.stripe.com',
    service: blocked ? 'BlackHoleCluster' : given.destinationClass === 'passthrough' ? 'PassthroughCluster' : 'stripe',
    serviceNamespace: '',
    via: '',
    reporter: 'source',
    protocol: 'http',
    responses: [],
    hours: [],
    egressHours: [],
    ingressHours: [],
    ports: [],
    ...given,
    totals: {
      ...zeroTotals(),
      ...(tcp ? { connections: 1000 } : { requests: 1000 }),
      ...(blocked ? {} : { egressBytes: 4_000_000, ingressBytes: 9_000_000 }),
      ...totals,
    },
    failures: { ...zeroFailures(), ...failures },
  }
}

const gateway = 'istio-system/istio-egressgateway'
const waypoint = 'istio-egress/egress-waypoint'

export const SAMPLE_EDGES: Edge[] = [
  sampleEdge({ failures: { serverErrors: 4 }, totals: { errors: 4, egressBytes: 280_000_000 } }),
  sampleEdge({ version: 'v2', workload: 'checkout-v2', totals: { egressBytes: 81_000_000 } }),
  sampleEdge({ host: 'fraud.example', protocol: 'grpc', failures: { grpcErrors: 150 }, totals: { errors: 150 } }),
  sampleEdge({ app: 'orders', host: 'orders-db.example', protocol: 'tcp', totals: { egressBytes: 3_000_000_000 } }),
  sampleEdge({ app: 'orders', host: 'queue.example', protocol: 'tcp', failures: { connectionFailures: 300 } }),
  sampleEdge({ app: 'orders', destinationClass: 'passthrough', host: '', protocol: 'tcp' }),
  sampleEdge({ app: 'orders', destinationClass: 'passthrough', host: 'ftp.partner.example' }),
  sampleEdge({ app: 'orders', destinationClass: 'blocked', host: 'pastebin.com' }),
  sampleEdge({ app: 'orders', destinationClass: 'blocked', host: '', protocol: 'tcp' }),
  ...['edition.cnn.com', 'rates.ecb.example'].map((host) => {
    const [namespace, workload] = gateway.split('/')
    return sampleEdge({ namespace, workload, app: workload, version: 'latest', via: gateway, host })
  }),
  ...['api.stripe.com', 'api.openai.example'].map((host) =>
    sampleEdge({
      target: 'prod-us',
      namespace: 'assistants',
      app: 'assistant',
      via: waypoint,
      reporter: 'waypoint',
      host,
    }),
  ),
  sampleEdge({ target: 'prod-us', namespace: 'assistants', app: 'crawler', host: '*.wikipedia.org', protocol: 'tcp' }),
  sampleEdge({ target: 'prod-us', namespace: 'assistants', app: '', workload: '', version: '', host: '203.0.113.9' }),
  ...[SCRIPT_HOST, ENDLESS_HOST].map((host) =>
    sampleEdge({
      target: 'prod-us',
      namespace: 'legacy',
      workload: OVERRIDE_WORKLOAD,
      app: '',
      version: 'release-2026-11-18-of-the-nightly-batch',
      destinationClass: 'passthrough',
      host,
    }),
  ),
]

/** Seen in the days before: some go on, under another version too, some are silent. */
export const SAMPLE_RECENT: Edge[] = [
  ...SAMPLE_EDGES,
  sampleEdge({ version: 'v0', workload: 'checkout-v0' }),
  sampleEdge({ host: 'api.adyen.com' }),
  sampleEdge({ app: 'newsletter', host: 'smtp.example', protocol: 'tcp' }),
  sampleEdge({
    target: 'prod-us',
    namespace: 'assistants',
    app: 'crawler',
    destinationClass: 'blocked',
    host: 'evil.example',
  }),
]

export interface SampleDay {
  edges?: readonly Edge[]
  recent?: readonly Edge[]
  observations?: Record<string, Observation> // by target
  provisional?: boolean
}

/** The graph of those edges. */
export function sampleGraph(day: SampleDay = {}): GraphReport {
  const { edges = SAMPLE_EDGES, recent = SAMPLE_RECENT, provisional = false } = day
  const { observations = { 'prod-eu': 'observed', 'prod-us': 'observed' } } = day
  const states = Object.values(observations)
  const report: Partial<DayDigest['day']> = {
    date: GRAPH_DAY,
    provisional,
    observation: states.every((state) => state === 'none') ? 'none' : 'observed',
    complete: states.every((state) => state === 'observed'),
  }
  const coverage = Object.entries(observations).map(([target, observation]) => ({ target, observation }))
  const digest = { schema: 1, date: GRAPH_DAY, edges, day: { ...report, coverage } } as unknown as DayDigest
  const graph = graphReport({ title: 'Egress', digest, recent, previous: '2026-11-17', next: '2026-11-19' })
  const csv = {
    file: 'calls.csv',
    title: 'Every call',
    rows: graph.calls.length,
    size: 2048,
    sha256: '5f1c09aa'.repeat(8),
  }
  return { ...graph, downloads: [csv] }
}

/** Edges of so many workloads in namespaces of six, each to some of so many hosts, of which every third shares a domain. */
export function manyEdges(workloads: number, hosts: number, calls: number): Edge[] {
  const domains = ['amazonaws.com', 'googleapis.com', 'partner.example']
  const hostAt = (at: number) => `service-${at}.${at % 3 === 0 ? domains[(at / 3) % 3] : `company-${at}.com`}`
  const edges = Array.from({ length: calls }, (_, at): [string, Edge] => {
    const [source, host] = [at % workloads, at < hosts ? at : (at * 7 + Math.floor(at / workloads) * 13) % hosts]
    const namespace = `namespace-${Math.floor(source / 6)}`
    const edge = sampleEdge({
      target: Math.floor(source / 6) % 2 === 0 ? 'prod-eu' : 'prod-us',
      namespace,
      app: `workload-${source}`,
      host: hostAt(host),
      protocol: (['http', 'grpc', 'tcp'] as const)[host % 3],
      totals: { egressBytes: 1000 * (at + 1) ** 3 },
    })
    return [`${source} ${host}`, edge]
  })
  return [...new Map(edges).values()]
}
