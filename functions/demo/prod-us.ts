/**
 * prod-us: a company's American mesh. Istio 1.31, sidecars, and an ambient part with an egress waypoint.
 *
 * The calendar:
 *   2026-10-23 15:00  labs tries ALLOW_ANY_DYNAMIC_DNS: unknown hosts are resolved by the proxy and keep their names
 *   2026-11-02 16:00  analytics moves from a NONE wildcard to DYNAMIC_DNS, which keeps the real hosts of plain HTTP
 *   2026-11-08 21:15  the way to Prometheus is closed until 22:25; it goes on scraping
 *   2026-11-11 17:00  payments are allowed to call registered hosts only
 */
import {
  AFTER,
  anyone,
  BEFORE,
  blackhole,
  connected,
  type Destination,
  ended,
  entry,
  grpc,
  http,
  status,
  tcp,
  type Workload,
  type World,
  workload,
} from './world.ts'

const RESTRICTED = '2026-11-11 17:00'

const resolved = (host = ''): Destination => ({ kind: 'dynamic-dns', host })
const resolvedAny = (host: string): Destination => ({ kind: 'allow-any-dynamic-dns', host })

const payments: Workload[] = [
  workload('payments/billing-v5', {
    replicas: 2,
    extraByDay: 1,
    rollouts: ['2026-10-21 16:20', '2026-11-04 16:25', '2026-11-18 16:20'],
    restarts: ['2026-10-24 02:56', '2026-11-16 12:03'],
    calls: [
      http(entry('api.stripe.com', 'stripe'), {
        perHour: 5200,
        rhythm: 'office',
        bytesOut: 2400,
        bytesIn: 5100,
        ms: 280,
        outcomes: [ended('200', 0.99), ended('402', 0.01)],
      }),
      grpc(entry('grpc.vendor.example', 'vendor'), {
        perHour: 11_000,
        rhythm: 'office',
        bytesOut: 700,
        bytesIn: 340,
        outcomes: [status('0', 0.9985), status('14', 0.0015)],
      }),
    ],
  }),
  workload('payments/ledger-v2', {
    rollouts: ['2026-11-06 18:40'],
    restarts: ['2026-10-28 07:19'],
    calls: [
      tcp(entry('oracle.corp.example', 'oracle', 'STATIC'), {
        perHour: 10,
        rhythm: 'office',
        bytesOut: 5_100_000,
        bytesIn: 14_000_000,
        lagSeconds: 5 * 3600,
        pool: 12,
      }),
      tcp(anyone(), {
        perHour: 210,
        rhythm: 'office',
        bytesOut: 21_000,
        bytesIn: 33_000,
        windows: [[BEFORE, RESTRICTED]],
        outcomes: [connected(0.98), connected(0.02, 'UF,URX')],
      }),
      tcp(blackhole(), {
        perHour: 130,
        rhythm: 'office',
        bytesOut: 0,
        bytesIn: 0,
        windows: [[RESTRICTED, AFTER]],
        outcomes: [connected(1, 'UH')],
      }),
      http(blackhole('ocsp.digicert.example'), {
        perHour: 44,
        rhythm: 'office',
        bytesOut: 330,
        bytesIn: 115,
        ms: 1,
        outcomes: [ended('502')],
        windows: [[RESTRICTED, AFTER]],
      }),
    ],
  }),
]

const analytics: Workload[] = [
  workload('analytics/collector-v2', {
    replicas: 2,
    rollouts: ['2026-11-02 16:00'],
    restarts: ['2026-11-14 23:27'],
    calls: [
      tcp(entry('*.datadoghq.example', 'datadog', 'NONE'), {
        perHour: 900,
        bytesOut: 64_000,
        bytesIn: 4300,
        windows: [[BEFORE, '2026-11-02 16:00']],
      }),
      tcp(resolved(), { perHour: 900, bytesOut: 64_000, bytesIn: 4300, windows: [['2026-11-02 16:00', AFTER]] }),
      http(resolved('intake.datadoghq.example'), {
        perHour: 2400,
        bytesOut: 3900,
        bytesIn: 180,
        ms: 45,
        outcomes: [ended('202')],
        windows: [['2026-11-02 16:00', AFTER]],
      }),
    ],
  }),
  workload('analytics/export', {
    runs: { everyMinutes: 1440, atMinute: 245, seconds: [1500, 2600] },
    calls: [
      tcp(entry('storage.googleapis.com', 'gcs'), {
        perHour: 1800,
        bytesOut: 3_400_000,
        bytesIn: 5100,
        lagSeconds: 9,
      }),
    ],
  }),
  workload('analytics/sync', {
    runs: { everyMinutes: 30, atMinute: 11, seconds: [80, 130] },
    calls: [
      http(entry('api.crm.example', 'crm'), {
        perHour: 24_000,
        bytesOut: 1300,
        bytesIn: 2700,
        ms: 110,
        outcomes: [ended('200', 0.98), ended('429', 0.02)],
      }),
    ],
  }),
]

const labs: Workload[] = [
  workload('labs/notebook-v1', {
    rollouts: ['2026-10-23 15:00'],
    calls: [
      http(anyone('pypi.example.org'), {
        perHour: 260,
        rhythm: 'office',
        bytesOut: 300,
        bytesIn: 240_000,
        windows: [[BEFORE, '2026-10-23 15:00']],
      }),
      http(resolvedAny('pypi.example.org'), {
        perHour: 260,
        rhythm: 'office',
        bytesOut: 300,
        bytesIn: 240_000,
        windows: [['2026-10-23 15:00', AFTER]],
      }),
      http(resolvedAny('weights.models.example'), {
        perHour: 35,
        rhythm: 'office',
        bytesOut: 260,
        bytesIn: 9_000_000,
        ms: 2100,
        outcomes: [ended('200', 0.9), ended('503', 0.1, 'UF')],
        windows: [['2026-10-23 15:00', AFTER]],
      }),
      http(
        { kind: 'service', workload: 'gateway-v1', namespace: 'labs', version: 'v1' },
        { perHour: 400, rhythm: 'office', bytesOut: 500, bytesIn: 900 },
      ),
    ],
  }),
]

const assistant = { namespace: 'ambient-apps', workload: 'assistant', app: 'assistant', version: 'v1' }
const crawler = { namespace: 'ambient-apps', workload: 'crawler', app: 'crawler', version: 'v2' }

const ambient: Workload[] = [
  workload('istio-system/ztunnel', {
    proxy: 'ztunnel',
    replicas: 2,
    rollouts: ['2026-11-10 06:10'],
    calls: [
      tcp(
        { kind: 'ztunnel-unknown' },
        { client: crawler, perHour: 850, bytesOut: 9100, bytesIn: 260_000, rhythm: 'night' },
      ),
      tcp(
        { kind: 'ztunnel-entry', host: 'httpbin.org', name: 'httpbin-ext' },
        { client: crawler, perHour: 300, bytesOut: 3400, bytesIn: 61_000 },
      ),
      tcp(
        { kind: 'ztunnel-waypoint', host: 'api.openai.example', name: 'openai-ext', waypoint: 'egress-waypoint' },
        { client: assistant, perHour: 700, bytesOut: 41_000, bytesIn: 96_000, rhythm: 'office' },
      ),
    ],
  }),
  workload('istio-egress/egress-waypoint', {
    proxy: 'waypoint',
    rollouts: ['2026-11-12 06:20'],
    calls: [
      http(
        { kind: 'waypoint-entry', host: 'api.openai.example' },
        {
          client: assistant,
          perHour: 7600,
          bytesOut: 7800,
          bytesIn: 18_000,
          ms: 2400,
          rhythm: 'office',
          outcomes: [ended('200', 0.985), ended('429', 0.015)],
        },
      ),
    ],
  }),
]

export const PROD_US: World = {
  name: 'prod-us',
  istio: '1.31',
  utcOffsetHours: -6,
  gateways: [],
  waypoints: ['istio-egress/egress-waypoint'],
  workloads: [...payments, ...analytics, ...labs, ...ambient],
  prometheusOutages: [],
  endpointOutages: [{ from: '2026-11-08 21:15', until: '2026-11-08 22:25' }],
}
