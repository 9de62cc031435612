/** A sample of what REGISTRY_ONLY would break: namespaces of each kind, and manifests to apply before. */
import type {
  Manifest,
  NamespaceReadiness,
  Readiness,
  ReadinessDestination,
  ReadinessReport,
} from '#core/reports/readiness.ts'
import { FIRST_DAY, SCRIPT_HOST, sampleDownload } from '../report-sample.ts'
import { THROUGH } from './findings.ts'
import { totalsOf } from './totals.ts'

const GB = 1e9

const SERVICE_ENTRY: Manifest = {
  kind: 'ServiceEntry',
  name: 'pypi-example-org',
  namespace: 'labs',
  purpose: 'allow',
  note: 'It was called in plaintext on port 80; apply the DestinationRule with it.',
  yaml: `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata:
  name: pypi-example-org
  namespace: labs
spec:
  hosts:
    - pypi.example.org
  exportTo:
    - .
  location: MESH_EXTERNAL
  ports:
    - name: http
      number: 80
      protocol: HTTP
      targetPort: 443
  resolution: DNS
`,
}

const DESTINATION_RULE: Manifest = {
  kind: 'DestinationRule',
  name: 'pypi-example-org',
  namespace: 'labs',
  purpose: 'encrypt',
  note: '',
  yaml: `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: pypi-example-org
  namespace: labs
spec:
  host: pypi.example.org
  exportTo:
    - .
  trafficPolicy:
    portLevelSettings:
      - port:
          number: 80
        tls:
          mode: SIMPLE
          sni: pypi.example.org
`,
}

const SIDECAR: Manifest = {
  kind: 'Sidecar',
  name: 'default',
  namespace: 'labs',
  purpose: 'scope',
  note: 'Switches the namespace to REGISTRY_ONLY; apply it last.',
  yaml: `apiVersion: networking.istio.io/v1
kind: Sidecar
metadata:
  name: default
  namespace: labs
spec:
  egress:
    - hosts:
        - ./*
        - istio-system/*
  outboundTrafficPolicy:
    mode: REGISTRY_ONLY
`,
}

const breaking = (
  host: string,
  [port, protocol]: [number | null, string],
  [requests, connections, egressBytes]: [number, number, number],
  why: string,
  first = FIRST_DAY,
): ReadinessDestination => ({
  host,
  ports: port === null ? [] : [port],
  protocols: [protocol],
  workloads: 1,
  first,
  last: THROUGH,
  totals: totalsOf(requests, connections, egressBytes),
  isDraftable: !why.includes('nothing can be drafted'),
  why,
})

const SENTENCES: Record<Readiness, string> = {
  enforced: 'Istio’s configuration lets its workloads reach declared hosts only.',
  ready: 'All it calls is declared, and it met nothing new within the window of 14 days.',
  settling: 'All it calls can be declared, and it met something new within the window of 14 days.',
  'not-ready': 'Something it calls would break, and cannot be declared as it is.',
  unknown: 'Nothing of it was observed.',
}
const ALLOW_ANY = { outboundMode: 'ALLOW_ANY', stableSince: FIRST_DAY, stableDays: 33, observedDays: 28 } as const

function namespace(
  target: string,
  name: string,
  more: Partial<NamespaceReadiness> & Pick<NamespaceReadiness, 'readiness'>,
): NamespaceReadiness {
  const simulated = {
    allowed: totalsOf(3_100_000, 40_000, 21 * GB),
    blocked: totalsOf(0, 0, 0),
    unresolved: totalsOf(0, 0, 0),
  }
  return {
    target,
    namespace: name,
    ...ALLOW_ANY,
    breaking: [],
    declared: 3,
    manifests: [],
    notes: [],
    sentence: SENTENCES[more.readiness],
    simulated,
    ...more,
  }
}

const ENFORCED = { readiness: 'enforced', outboundMode: 'REGISTRY_ONLY' } as const

export function sampleReadiness(): ReadinessReport {
  return {
    schema: 1,
    page: 'readiness',
    title: 'Egress',
    downloads: [
      sampleDownload('namespaces.csv', 'Every namespace', 9),
      ...['allow', 'encrypt', 'scope'].map((purpose) => sampleDownload(`prod-us/labs/${purpose}.yaml`, 'Manifests', 1)),
    ],
    from: '2026-10-21',
    through: THROUGH,
    windowDays: 14,
    observedDays: 28,
    namespaces: [
      namespace('prod-eu', 'legacy', {
        readiness: 'not-ready',
        declared: 0,
        breaking: [
          breaking(
            '',
            [null, 'tcp'],
            [0, 126_000, 36.6 * GB],
            'No proxy could know the host, so that nothing can be drafted for it: ask the owner of erp-bridge-v1 for its names or addresses.',
          ),
          breaking(
            SCRIPT_HOST,
            [80, 'http'],
            [51, 0, 46_000],
            'It is no name that a ServiceEntry may have; nothing can be drafted for it.',
            '2026-11-01',
          ),
        ],
        simulated: {
          allowed: totalsOf(0, 0, 0),
          blocked: totalsOf(51, 0, 46_000),
          unresolved: totalsOf(0, 126_000, 36.6 * GB),
        },
      }),
      namespace('prod-us', 'labs', {
        readiness: 'settling',
        declared: 1,
        stableSince: '2026-11-12',
        stableDays: 8,
        breaking: [
          breaking('pypi.example.org', [80, 'http'], [41_000, 0, 12.3e6], 'Nothing declares it.'),
          breaking('weights.models.example', [443, 'http'], [5900, 0, 1.5e6], 'Nothing declares it.', '2026-10-23'),
        ],
        notes: [
          'Its workload notebook-v1 starts jobs that call hosts once a month: look at the last three months before you lock it.',
        ],
        manifests: [SERVICE_ENTRY, DESTINATION_RULE, SIDECAR],
        simulated: {
          allowed: totalsOf(46_900, 0, 13.8e6),
          blocked: totalsOf(12, 0, 4100),
          unresolved: totalsOf(0, 0, 0),
        },
      }),
      namespace('prod-us', 'ambient-apps', {
        readiness: 'not-ready',
        outboundMode: null,
        declared: 2,
        breaking: [
          breaking(
            '',
            [null, 'tcp'],
            [0, 640_000, 5.8 * GB],
            'ztunnel names no host, and does not enforce REGISTRY_ONLY: nothing would break, and nothing would be refused.',
          ),
        ],
      }),
      namespace('prod-eu', 'search', { readiness: 'ready', declared: 1 }),
      namespace('prod-us', 'analytics', { readiness: 'ready', declared: 4 }),
      ...['bookinfo', 'recipes', 'shop'].map((name) => namespace('prod-eu', name, ENFORCED)),
      namespace('prod-us', 'payments', ENFORCED),
    ],
  }
}
