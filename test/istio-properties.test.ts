/** What must hold of any configuration: the order of files decides nothing, and who knows less says less, never other. */
import fc from 'fast-check'
import { type Edge, noHours, zeroFailures } from '#core/edge.ts'
import {
  type ClientTls,
  type DestinationRule,
  emptyIstioConfig,
  type IstioConfig,
  type MeshConfig,
  type Resource,
  type ServiceEntry,
  type Sidecar,
  type VirtualService,
} from '#core/istio/config.ts'
import { coveredBy, patternsOver } from '#core/istio/host-pattern.ts'
import { isVisible, outboundPolicyOf } from '#core/istio/scope.ts'
import { trafficLookup } from '#core/istio/traffic.ts'
import { declaresHost, outboundModeOf } from '#core/istio/visibility.ts'
import { zeroTotals } from '#core/totals.ts'

const NAMESPACES = ['shop', 'egress', 'istio-system']
const HOSTS = ['api.example.com', 'example.com', 'eu.api.example.com', '*.example.com', '*.api.example.com']
const RUNS = { numRuns: 600 }

const namespace = fc.constantFrom(...NAMESPACES)
const exportTo = fc.constantFrom<string[]>([], ['.'], ['*'], ['shop'], ['.', 'shop'], ['egress', 'shop'])
const labels = fc.constantFrom<Record<string, string> | null>(
  null,
  null,
  null,
  { app: 'web' },
  { version: 'v1' },
  { tier: 'x' },
  {},
)
const tls = fc.constantFrom<ClientTls | null>(
  null,
  { mode: 'DISABLE', credentialName: '', sni: '', insecureSkipVerify: false },
  { mode: 'SIMPLE', credentialName: '', sni: '', insecureSkipVerify: false },
  { mode: 'MUTUAL', credentialName: 'cert', sni: '', insecureSkipVerify: false },
)
const created = fc.constantFrom('', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z')

/** Resources with names of their own. */
function many<T extends object>(of: fc.Arbitrary<T>, maxLength: number): fc.Arbitrary<(T & Resource)[]> {
  return fc.array(fc.tuple(of, namespace, created), { maxLength }).map((all) =>
    all.map(([one, owner, age], i) => {
      return {
        ...one,
        name: `r${(i * 7) % 5}-${i}`,
        namespace: owner,
        created: age,
        origin: { file: 'f.yaml', line: i + 1 },
      }
    }),
  )
}

const port = fc.record({
  number: fc.constantFrom(80, 443, 8080),
  name: fc.constant('p'),
  protocol: fc.constantFrom('HTTP', 'HTTPS', 'TLS', 'TCP', ''),
  targetPort: fc.constantFrom(null, 443),
})

const entries: fc.Arbitrary<ServiceEntry[]> = many(
  fc.record({
    hosts: fc.uniqueArray(fc.constantFrom(...HOSTS), { minLength: 1, maxLength: 2 }),
    addresses: fc.constantFrom<string[]>([], ['203.0.113.7'], ['203.0.113.0/24']),
    ports: fc.uniqueArray(port, { selector: (one) => one.number, minLength: 1, maxLength: 2 }),
    location: fc.constantFrom('MESH_EXTERNAL', 'MESH_EXTERNAL', 'MESH_INTERNAL'),
    resolution: fc.constantFrom('NONE', 'DNS', 'STATIC'),
    endpoints: fc.constant(0),
    exportTo,
  }),
  4,
)
const rules: fc.Arbitrary<DestinationRule[]> = many(
  fc.record({
    host: fc.constantFrom(...HOSTS),
    exportTo,
    workloadSelector: labels,
    hasPolicy: fc.constant(true),
    tls,
    portLevel: fc.array(fc.record({ port: fc.constantFrom(80, 443), tls }), { maxLength: 1 }),
    subsets: fc.constant([]),
  }),
  4,
)
const sidecars: fc.Arbitrary<Sidecar[]> = many(
  fc.record({
    workloadSelector: labels,
    outboundMode: fc.constantFrom(null, 'REGISTRY_ONLY', 'ALLOW_ANY'),
    egress: fc.constantFrom(
      null,
      [{ port: null, hosts: ['*/*'] }],
      [{ port: 443, hosts: ['./*', 'egress/api.example.com'] }],
    ),
  }),
  3,
)
const virtuals: fc.Arbitrary<VirtualService[]> = many(
  fc
    .record({
      host: fc.constantFrom(...HOSTS),
      to: fc.constantFrom(80, 443, null),
      match: fc.constantFrom(null, 80, 443),
      isConditional: fc.boolean(),
      exportTo,
    })
    .map(({ host, to, match, isConditional, exportTo }): Omit<VirtualService, keyof Resource> => {
      return {
        hosts: [host],
        gateways: ['mesh'],
        exportTo,
        destinations: [{ host, port: to }],
        routes: [
          {
            kind: 'http',
            matches: [{ port: match, gateways: [], sniHosts: [], isConditional }],
            destinations: [{ host, port: to, subset: '' }],
            delegate: '',
          },
        ],
      }
    }),
  2,
)
const mesh: fc.Arbitrary<MeshConfig | null> = fc.option(
  fc.record({
    origin: fc.constant({ file: 'mesh.yaml', line: 1 }),
    outboundMode: fc.constantFrom('REGISTRY_ONLY', 'ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS'),
    rootNamespace: fc.constant('istio-system'),
    defaultServiceExportTo: fc.constantFrom(['*'], ['.']),
    defaultDestinationRuleExportTo: fc.constantFrom(['*'], ['.']),
    defaultVirtualServiceExportTo: fc.constant(['*']),
    dynamicDnsTls: tls,
  }),
)

const config: fc.Arbitrary<IstioConfig> = fc
  .tuple(mesh, entries, rules, virtuals, sidecars)
  .map(([mesh, serviceEntries, destinationRules, virtualServices, sidecars]) => {
    return { ...emptyIstioConfig(), mesh, serviceEntries, destinationRules, virtualServices, sidecars }
  })

const edge: fc.Arbitrary<Edge> = fc
  .record({
    namespace,
    app: fc.constantFrom('', 'web', 'cart'),
    version: fc.constantFrom('', 'v1', 'v2'),
    host: fc.constantFrom(...HOSTS),
    serviceNamespace: fc.constantFrom('', '', 'egress'),
    protocol: fc.constantFrom<Edge['protocol']>('http', 'tcp'),
    destinationClass: fc.constantFrom<Edge['destinationClass']>('registered', 'registered', 'passthrough'),
    ports: fc.constantFrom<number[]>([], [80], [443]),
  })
  .map((ends) => {
    const service = ends.destinationClass === 'passthrough' ? 'PassthroughCluster' : ends.host
    const hours = { hours: noHours(), egressHours: noHours(), ingressHours: noHours() }
    const figures = { totals: zeroTotals(), failures: zeroFailures(), responses: [], ...hours }
    return { target: 'mesh', workload: 'web-1', service, via: '', reporter: 'source', ...ends, ...figures }
  })

/** The same resources in another order. */
function shuffled(all: IstioConfig, seed: number): IstioConfig {
  const turned = <T extends Resource>(list: T[]) =>
    list.toSorted(
      (a, b) => ((a.origin.line * seed) % 11) - ((b.origin.line * seed) % 11) || b.origin.line - a.origin.line,
    )
  const { serviceEntries, destinationRules, virtualServices, sidecars } = all
  return {
    ...all,
    serviceEntries: turned(serviceEntries),
    destinationRules: turned(destinationRules),
    virtualServices: turned(virtualServices),
    sidecars: turned(sidecars),
  }
}

function ageless(all: IstioConfig): IstioConfig {
  const forget = <T extends Resource>(list: T[]) => list.map((one) => ({ ...one, created: '' }))
  const { serviceEntries, destinationRules, virtualServices, sidecars } = all
  return {
    ...all,
    serviceEntries: forget(serviceEntries),
    destinationRules: forget(destinationRules),
    virtualServices: forget(virtualServices),
    sidecars: forget(sidecars),
  }
}

test('the order in which resources are read decides nothing', () => {
  fc.assert(
    fc.property(config, edge, fc.nat(10), (all, one, seed) => {
      const other = shuffled(all, seed)
      expect(trafficLookup(other)(one)).toEqual(trafficLookup(all)(one))
      expect(outboundPolicyOf(other, one)).toEqual(outboundPolicyOf(all, one))
      expect(declaresHost(other, { ...one, port: null })).toEqual(declaresHost(all, { ...one, port: null }))
    }),
    RUNS,
  )
})

test.each<[string, (all: IstioConfig, one: Edge) => [IstioConfig, Edge]]>([
  ['how old resources are', (all, one) => [ageless(all), one]],
  ['the app', (all, one) => [all, { ...one, app: '' }]],
  ['the version', (all, one) => [all, { ...one, version: '' }]],
])('who does not know %s says the same or that it is unknown', (_, forget) => {
  fc.assert(
    fc.property(config, edge, (all, labelled) => {
      const one = { ...labelled, ports: [] } // a label that contradicts the older entry would speak for the younger
      const known = trafficLookup(all)(one)
      if (known.tls.reason.includes('has no port by which')) return // it cannot have happened under this configuration
      const [lessConfig, lessEdge] = forget(all, one)
      const less = trafficLookup(lessConfig)(lessEdge)
      if (less.tls.verdict !== 'unknown')
        expect(less.tls).toMatchObject({ verdict: known.tls.verdict, silent: known.tls.silent })
      if (less.outboundMode !== null) expect(less.outboundMode).toBe(known.outboundMode)
      if (!less.isEgress) expect(known.isEgress).toBe(false)
      expect(less.evidence.grade >= known.evidence.grade).toBe(true)
    }),
    RUNS,
  )
})

test('only what somebody declared makes TLS the proxy’s, and silent plaintext is plaintext', () => {
  fc.assert(
    fc.property(config, edge, (all, one) => {
      const { tls, isEgress, serviceEntry } = trafficLookup(all)(one)
      const begun = all.destinationRules.some((rule) =>
        [rule, ...rule.portLevel].some((at) => at.tls !== null && at.tls.mode !== 'DISABLE'),
      )
      const byMesh = all.mesh?.dynamicDnsTls != null
      if (tls.verdict === 'originated' || tls.silent) expect(begun || byMesh).toBe(true)
      if (tls.silent) expect(tls.verdict).toBe('plaintext')
      if (!isEgress) expect(serviceEntry).not.toBe('')
      expect(tls.reason).toMatch(/^[A-Zz].*\.$/s)
    }),
    RUNS,
  )
})

test('what is of other hosts and namespaces changes nothing', () => {
  fc.assert(
    fc.property(config, rules, entries, edge, (all, moreRules, moreEntries, one) => {
      const elsewhere = <T extends Resource>(list: T[]) =>
        list.map((other) => ({ ...other, name: `x${other.name}`, namespace: 'elsewhere' }))
      const more = {
        ...all,
        destinationRules: [...all.destinationRules, ...elsewhere(moreRules)],
        serviceEntries: [
          ...all.serviceEntries,
          ...elsewhere(moreEntries).map((entry) => ({ ...entry, hosts: ['other.example.net'] })),
        ],
      }
      expect(trafficLookup(more)(one)).toEqual(trafficLookup(all)(one))
    }),
    RUNS,
  )
})

test('what is said to let a host out declares it, can be seen and has a port for it', () => {
  fc.assert(
    fc.property(config, edge, fc.constantFrom(null, 80, 443), (all, { namespace, host, protocol }, port) => {
      const entry = declaresHost(all, { namespace, host, port, protocol })
      if (entry === null) return
      expect(entry.hosts.some((pattern) => coveredBy(host, pattern))).toBe(true)
      expect(isVisible(all, entry, namespace)).toBe(true)
      if (port !== null) expect(entry.ports.some(({ number }) => number === port)).toBe(true)
    }),
    RUNS,
  )
})

test('the outbound mode is one that somebody set, and never guessed', () => {
  fc.assert(
    fc.property(config, edge, (all, { namespace, app, version }) => {
      const mode = outboundModeOf(all, { namespace, workload: 'web-1', app, version })
      const set = [all.mesh?.outboundMode, ...all.sidecars.map(({ outboundMode }) => outboundMode)]
      if (mode !== null) expect(set).toContain(mode)
    }),
    RUNS,
  )
})

test('the patterns over a host are all that cover it, the longest first', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...HOSTS, '*'),
      fc.constantFrom(...HOSTS, '*', '*.com', '*example.com'),
      (host, pattern) => {
        const patterns = [...patternsOver(host)]
        expect(patterns.includes(pattern)).toBe(coveredBy(host, pattern))
        expect(patterns[0]).toBe(host)
        const lengths = patterns.slice(1).map(({ length }) => length)
        expect(lengths).toEqual(lengths.toSorted((a, b) => b - a))
      },
    ),
  )
})
