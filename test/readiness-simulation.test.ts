/** What the drafted set would have done with what was seen: all of it is told, and nothing else is let out. */
import fc from 'fast-check'
import { emptyIstioConfig, type IstioConfig, type ServiceEntry } from '#core/istio/config.ts'
import { declaresHost } from '#core/istio/visibility.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import { needsOf } from '#core/readiness/need.ts'
import { reachOf, reachWith } from '#core/readiness/reach.ts'
import { draftEntry } from '#core/readiness/service-entry.ts'
import type { Totals } from '#core/report.ts'
import { type NamespaceReadiness, readinessReport } from '#core/reports/readiness.ts'
import { addTotals, zeroTotals } from '#core/totals.ts'
import { type Call, type Case, inputWith } from './readiness-case.ts'

const NAMED = ['a.example', 'b.example', 'sub.b.example', '*.wild.example', '203.0.113.7', '2001:db8::7']
const NAMELESS = ['', '__other__', '(invalid-host)-cd0e9c8c6d93', 'intranet', 'x.shop.svc.cluster.local', '127.0.0.1']
const NAMESPACES = ['shop', 'billing', 'search']

const calls: fc.Arbitrary<Call> = fc.record({
  from: fc.constantFrom('shop/a', 'shop/b', 'billing/c', 'search/d'),
  to: fc.constantFrom(...NAMED, ...NAMELESS),
  how: fc.constantFrom('passthrough', 'registered', 'blocked', 'ztunnel', 'waypoint', 'gateway'),
  protocol: fc.constantFrom('http', 'grpc', 'tcp'),
  port: fc.option(fc.constantFrom(80, 443, 5432, 8080), { nil: undefined }),
  on: fc.option(fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 2, max: 3 })), { nil: undefined }),
})

const cases: fc.Arbitrary<Case> = fc.record({
  title: fc.constant('any'),
  days: fc.constant(3),
  window: fc.integer({ min: 1, max: 3 }),
  declaredFrom: fc.integer({ min: 0, max: 3 }),
  calls: fc.array(calls, { maxLength: 10 }),
})

const entries: fc.Arbitrary<ServiceEntry> = fc.record({
  name: fc.constantFrom('one', 'two', 'a-example'),
  namespace: fc.constantFrom(...NAMESPACES),
  origin: fc.constant({ file: 'istio.yaml', line: 1 }),
  created: fc.constant(''),
  hosts: fc.uniqueArray(fc.constantFrom('a.example', '*.example', 'sub.b.example', '*.wild.example'), { minLength: 1 }),
  addresses: fc.constant([]),
  ports: fc.uniqueArray(
    fc.record({
      number: fc.constantFrom(80, 443, 5432),
      name: fc.constant('port'),
      protocol: fc.constantFrom('HTTP', 'TLS', 'TCP'),
      targetPort: fc.constant(null),
    }),
    { minLength: 1, selector: ({ number }) => number },
  ),
  location: fc.constantFrom('MESH_EXTERNAL', 'MESH_INTERNAL'),
  resolution: fc.constant('DNS'),
  endpoints: fc.constant(0),
  exportTo: fc.constantFrom([], ['.'], ['*'], ['shop'], ['~']),
})

const configs: fc.Arbitrary<IstioConfig | null> = fc.option(
  fc
    .record({
      entries: fc.array(entries, { maxLength: 4 }),
      mode: fc.constantFrom('ALLOW_ANY', 'REGISTRY_ONLY'),
      egress: fc.option(fc.constantFrom('./*', '*/*', 'billing/a.example')),
    })
    .map(
      ({ entries: serviceEntries, mode, egress }): IstioConfig => ({
        ...emptyIstioConfig(),
        mesh: {
          origin: { file: 'istio.yaml', line: 1 },
          outboundMode: mode,
          rootNamespace: 'istio-system',
          defaultServiceExportTo: ['*'],
          defaultDestinationRuleExportTo: ['*'],
          defaultVirtualServiceExportTo: ['*'],
          dynamicDnsTls: null,
        },
        serviceEntries,
        sidecars:
          egress === null
            ? []
            : [
                {
                  name: 'scope',
                  namespace: 'shop',
                  origin: { file: 'istio.yaml', line: 9 },
                  created: '',
                  workloadSelector: null,
                  outboundMode: null,
                  egress: [{ port: null, hosts: [egress] }],
                },
              ],
      }),
    ),
)

function sum(parts: readonly Totals[]): Totals {
  const totals = zeroTotals()
  for (const part of parts) addTotals(totals, part)
  return totals
}

test('what was allowed, blocked and unresolved sums to all that was egress, in every namespace', () => {
  fc.assert(
    fc.property(cases, configs, (of, config) => {
      const input = inputWith(of, config === null ? null : { '*': config })
      const { namespaces } = readinessReport(input)
      const edges = input.recent.flatMap((day) => day.edges).filter(({ traffic }) => traffic.isEgress)
      expect(namespaces.map(({ namespace }) => namespace).sort()).toEqual(
        [...new Set(edges.map(({ namespace }) => namespace))].sort(),
      )
      for (const { namespace, simulated } of namespaces) {
        const all = edges.filter((edge) => edge.namespace === namespace).map(({ totals }) => totals)
        expect(sum([simulated.allowed, simulated.blocked, simulated.unresolved])).toEqual(sum(all))
      }
    }),
    { numRuns: 200 },
  )
})

test('where anything goes, the drafted set cuts off nothing that could be declared', () => {
  const isOwnSidecar = (of: NamespaceReadiness) => of.notes.some((note) => note.includes('governs the namespace'))
  fc.assert(
    fc.property(cases, configs, (of, config) => {
      const open = { ...of, calls: of.calls.filter(({ how }) => how !== 'blocked') }
      const mesh =
        config === null || config.mesh === null ? null : { ...config.mesh, outboundMode: 'ALLOW_ANY' as const }
      const { namespaces } = readinessReport(inputWith(open, config === null ? null : { '*': { ...config, mesh } }))
      for (const one of namespaces) {
        if (isOwnSidecar(one)) continue
        const cut = one.breaking.filter(({ isDraftable }) => !isDraftable).map(({ totals }) => totals)
        expect(sum([one.simulated.blocked, one.simulated.unresolved])).toEqual(sum(cut))
      }
    }),
    { numRuns: 200 },
  )
})

test('a drafted entry lets out its host, on its ports, from its namespaces, and nothing else', () => {
  fc.assert(
    fc.property(cases, (of) => {
      const seen = inputWith(of, null).recent.flatMap(({ digest, edges }) =>
        edges
          .filter(({ destinationClass, host }) => destinationClass === 'passthrough' && NAMED.includes(host))
          .map((edge) => ({ date: digest.date, edge })),
      )
      const needs = [...Map.groupBy(seen, ({ edge }) => edge.namespace).values()].flatMap((each) =>
        needsOf(each, emptyIstioConfig(), 'cluster.local'),
      )
      for (const [host, each] of Map.groupBy(needs, (need) => need.host)) {
        const { entry, namespaces } = draftEntry(each, emptyIstioConfig())
        const config = { ...emptyIstioConfig(), serviceEntries: [entry] }
        const wants = NAMESPACES.flatMap((namespace) =>
          NAMED.flatMap((other) =>
            ([80, 443, 5432, 8080] as const).flatMap((port) =>
              (['http', 'tcp'] as const).map((protocol) => ({ namespace, host: other, port, protocol })),
            ),
          ),
        )
        for (const want of wants.filter((one) => declaresHost(config, one) !== null)) {
          expect(want.host).toBe(host)
          expect(namespaces).toContain(want.namespace)
          expect(entry.ports.map(({ number }) => number)).toContain(want.port)
        }
        for (const { edge } of each.flatMap((need) => need.seen)) expect(fate(edge, config)).toBe('allowed')
      }
    }),
    { numRuns: 100 },
  )
})

function fate(edge: JudgedEdge, { serviceEntries }: IstioConfig) {
  return reachWith(reachOf(null, 'mesh', []), { serviceEntries, sidecars: [] }).fateOf(edge)
}

test('the order in which calls were seen and entries were read changes nothing', () => {
  const readIn = (config: IstioConfig | null, isTurned: boolean) => {
    if (config === null) return null
    // Names in a namespace are unique; with equal ones the order would tell which is meant.
    const serviceEntries = config.serviceEntries.map((entry, at) => ({ ...entry, name: `${entry.name}-${at}` }))
    return { '*': { ...config, serviceEntries: isTurned ? serviceEntries.reverse() : serviceEntries } }
  }
  fc.assert(
    fc.property(cases, configs, (of, config) => {
      const report = readinessReport(inputWith(of, readIn(config, false)))
      const turned = { ...of, calls: of.calls.toReversed() }
      expect(readinessReport(inputWith(turned, readIn(config, true)))).toEqual(report)
    }),
    { numRuns: 100 },
  )
})
