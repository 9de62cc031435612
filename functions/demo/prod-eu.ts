/**
 * prod-eu: a company's European mesh. Istio 1.24, sidecars and an egress gateway.
 *
 * The calendar:
 *   2026-10-24 10:00  Bookinfo registers *.googleapis.com; until then its calls to Google Books are one nameless TCP flow
 *   2026-10-27 09:00  a link checker sends Host headers that no host has, for two days
 *   2026-10-31 14:00  Bookinfo lets its sidecar originate TLS: the same calls are HTTP now, with codes
 *   2026-11-04 09:00  the mesh is switched to REGISTRY_ONLY; idgen, which nobody had registered, falls into the BlackHole
 *   2026-11-06 09:00  idgen's httpbin.org is registered
 *   2026-11-09 02:10  a compromised pod tries to send data out for eighty minutes; nothing leaves
 *   2026-11-12 13:08  Prometheus is down until 16:52
 *   2026-11-18 07:00  details runs into the API's rate limit: 429 first, 403 from the next day on
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

const SWITCHED = '2026-11-04 09:00' // to REGISTRY_ONLY

const gateway: Destination = { kind: 'egress-gateway', name: 'istio-egressgateway', namespace: 'istio-system' }
const service = (workload: string, namespace: string, version: string): Destination => ({
  kind: 'service',
  workload,
  namespace,
  version,
})

const bookinfo: Workload[] = [
  workload('bookinfo/productpage-v1', {
    rollouts: ['2026-11-02 10:15'],
    calls: [
      http(service('details-v2', 'bookinfo', 'v2'), { perHour: 5200, rhythm: 'shoppers', bytesOut: 640, bytesIn: 980 }),
    ],
  }),
  workload('bookinfo/details-v2', {
    rollouts: ['2026-10-31 14:00', '2026-11-14 08:30'],
    restarts: ['2026-10-21 11:23', '2026-11-09 16:41'],
    calls: [
      tcp(anyone(), {
        perHour: 1300,
        rhythm: 'shoppers',
        bytesOut: 5200,
        bytesIn: 61_000,
        windows: [[BEFORE, '2026-10-24 10:00']],
      }),
      tcp(entry('*.googleapis.com', 'googleapis', 'NONE'), {
        perHour: 1350,
        rhythm: 'shoppers',
        bytesOut: 5200,
        bytesIn: 61_000,
        windows: [['2026-10-24 10:00', '2026-10-31 14:00']],
      }),
      http(entry('www.googleapis.com', 'googleapis-books'), {
        perHour: 4800,
        rhythm: 'shoppers',
        bytesOut: 1150,
        bytesIn: 15_200,
        ms: 140,
        outcomes: [ended('200', 0.994), ended('404', 0.005), ended('503', 0.001, 'UF')],
        windows: [['2026-10-31 14:00', AFTER]],
      }),
      http(entry('www.googleapis.com', 'googleapis-books'), {
        perHour: 21_000,
        rhythm: 'office',
        bytesOut: 1150,
        bytesIn: 780,
        ms: 35,
        outcomes: [ended('429')],
        windows: [
          ['2026-11-18 07:00', '2026-11-18 19:00'],
          ['2026-11-19 07:00', '2026-11-19 11:30'],
          ['2026-11-20 08:00', '2026-11-20 12:00'],
        ],
      }),
      http(entry('www.googleapis.com', 'googleapis-books'), {
        perHour: 26_000,
        rhythm: 'office',
        bytesOut: 1150,
        bytesIn: 610,
        ms: 30,
        outcomes: [ended('403')],
        windows: [
          ['2026-11-19 11:30', '2026-11-19 20:00'],
          ['2026-11-20 12:00', '2026-11-20 19:00'],
          ['2026-11-21 07:00', AFTER],
        ],
      }),
      tcp({ kind: 'inbound-passthrough' }, { perHour: 60, bytesOut: 255, bytesIn: 810 }),
    ],
  }),
]

const recipes: Workload[] = [
  workload('recipes/idgen-v1', {
    rollouts: ['2026-11-06 09:00'],
    restarts: ['2026-10-19 20:07', '2026-11-17 05:33'],
    calls: [
      http(anyone('httpbin.org'), {
        perHour: 2600,
        rhythm: 'shoppers',
        bytesOut: 410,
        bytesIn: 620,
        ms: 190,
        outcomes: [ended('200', 0.99), ended('502', 0.01)],
        windows: [[BEFORE, SWITCHED]],
      }),
      http(blackhole('httpbin.org'), {
        perHour: 4100,
        rhythm: 'shoppers',
        bytesOut: 410,
        bytesIn: 115,
        ms: 1,
        outcomes: [ended('502')],
        windows: [[SWITCHED, '2026-11-06 09:00']],
      }),
      http(entry('httpbin.org', 'httpbin'), {
        perHour: 2700,
        rhythm: 'shoppers',
        bytesOut: 410,
        bytesIn: 620,
        ms: 185,
        windows: [['2026-11-06 09:00', AFTER]],
      }),
    ],
  }),
  workload('recipes/website-v3', {
    replicas: 2,
    extraByDay: 1,
    rollouts: ['2026-10-22 13:10', '2026-11-10 13:25'],
    restarts: ['2026-11-15 19:12'],
    calls: [
      tcp(entry('images.cloudinary.example', 'cloudinary'), {
        perHour: 2400,
        rhythm: 'shoppers',
        bytesOut: 31_000,
        bytesIn: 190_000,
        lagSeconds: 45,
      }),
    ],
  }),
  workload('recipes/linkcheck-v2', {
    until: '2026-11-11 10:00',
    calls: [
      http(anyone('dl-cdn.alpinelinux.org'), {
        perHour: 340,
        bytesOut: 240,
        bytesIn: 18_700,
        windows: [[BEFORE, SWITCHED]],
      }),
      ...['<script>alert(1)</script>', 'evil"host\\x', '203.0.113.10:8080', 'WWW.Example.ORG.:80'].map((host) =>
        http(anyone(host), {
          perHour: 22,
          bytesOut: 230,
          bytesIn: 1700,
          windows: [['2026-10-27 09:00', '2026-10-29 09:00']],
        }),
      ),
      http(anyone('payments.shop.svc.cluster.local'), {
        perHour: 48,
        bytesOut: 900,
        bytesIn: 450,
        windows: [['2026-10-27 09:00', '2026-10-29 09:00']],
      }),
      http(blackhole('evil"host\\x'), {
        perHour: 12,
        bytesOut: 225,
        bytesIn: 1150,
        ms: 1,
        outcomes: [ended('502')],
        windows: [[SWITCHED, '2026-11-07 09:00']],
      }),
    ],
  }),
]

const EXFILTRATION: [string, string][] = [['2026-11-09 02:10', '2026-11-09 03:30']]

const shop: Workload[] = [
  workload('shop/checkout-v1', {
    replicas: 2,
    extraByDay: 1,
    rollouts: ['2026-10-20 09:40', '2026-10-28 09:35', '2026-11-05 09:45', '2026-11-19 09:35'],
    restarts: ['2026-10-25 18:22', '2026-11-13 09:14'],
    calls: [
      http(entry('api.stripe.com', 'stripe'), {
        perHour: 3900,
        rhythm: 'shoppers',
        bytesOut: 2300,
        bytesIn: 4900,
        ms: 320,
        outcomes: [ended('200', 0.975), ended('402', 0.025)],
      }),
      http(gateway, { perHour: 620, rhythm: 'shoppers', bytesOut: 225, bytesIn: 5500, ms: 95 }),
      tcp(gateway, { perHour: 110, rhythm: 'shoppers', bytesOut: 7600, bytesIn: 54_000 }),
      grpc(entry('grpc.fraudscore.example', 'fraudscore'), {
        perHour: 7800,
        rhythm: 'shoppers',
        bytesOut: 1900,
        bytesIn: 260,
        outcomes: [status('0', 0.997), status('14', 0.003)],
      }),
    ],
  }),
  workload('shop/orders-v4', {
    rollouts: ['2026-10-26 14:05', '2026-11-16 14:10'],
    restarts: ['2026-11-03 22:48'],
    calls: [
      http(entry('api.partner.example', 'partner'), {
        perHour: 1900,
        rhythm: 'office',
        bytesOut: 6100,
        bytesIn: 3100,
        ms: 260,
        outcomes: [ended('200', 0.985), ended('503', 0.012, 'UF'), ended('0', 0.003, 'DC')],
      }),
      tcp(entry('orders-db.corp.example', 'orders-db', 'STATIC'), {
        perHour: 14,
        rhythm: 'shoppers',
        bytesOut: 2_400_000,
        bytesIn: 9_800_000,
        lagSeconds: 6 * 3600,
        pool: 8,
      }),
    ],
  }),
  workload('shop/thumbnailer-v1', {
    since: '2026-11-07 15:20',
    until: '2026-11-09 06:05',
    calls: [
      ...['pastebin.example', 'drop.blocked.example.net', '198.51.100.77', 'paste.evil.example', 'c2.evil.example'].map(
        (host) =>
          http(blackhole(host), {
            perHour: 5400,
            bytesOut: 1_450_000,
            bytesIn: 115,
            ms: 1,
            outcomes: [ended('502')],
            windows: EXFILTRATION,
          }),
      ),
      tcp(blackhole(), {
        perHour: 31_000,
        bytesOut: 0,
        bytesIn: 0,
        outcomes: [connected(1, 'UH')],
        windows: EXFILTRATION,
      }),
    ],
  }),
  workload('shop/backup', {
    runs: { everyMinutes: 1440, atMinute: 90, seconds: [2300, 3500] },
    calls: [
      tcp(entry('s3.eu-west-1.amazonaws.com', 's3'), {
        perHour: 2600,
        rhythm: 'night',
        bytesOut: 2_900_000,
        bytesIn: 6200,
        lagSeconds: 12,
      }),
    ],
  }),
  workload('shop/feed-export', {
    runs: { everyMinutes: 20, atMinute: 7, seconds: [85, 110] },
    calls: [
      http(anyone('feeds.pricecompare.example'), {
        perHour: 21_000,
        bytesOut: 5400,
        bytesIn: 310,
        windows: [[BEFORE, SWITCHED]],
      }),
      http(entry('feeds.pricecompare.example', 'pricecompare'), {
        perHour: 21_000,
        bytesOut: 5400,
        bytesIn: 310,
        windows: [[SWITCHED, AFTER]],
      }),
    ],
  }),
  workload('shop/newsletter', {
    runs: { everyMinutes: 60, atMinute: 32, seconds: [480, 640] },
    calls: [
      tcp(entry('smtp.mailprovider.example', 'mailprovider'), {
        perHour: 1500,
        rhythm: 'office',
        bytesOut: 88_000,
        bytesIn: 2900,
        lagSeconds: 8,
      }),
    ],
  }),
  workload('shop/ping', {
    runs: { everyMinutes: 60, atMinute: 50, seconds: [6, 21] },
    calls: [http(entry('api.partner.example', 'partner'), { perHour: 9000, bytesOut: 190, bytesIn: 150, ms: 20 })],
  }),
]

const others: Workload[] = [
  workload('search/indexer-v2', {
    rollouts: ['2026-11-03 11:00'],
    calls: [
      tcp(entry('*.wikipedia.org', 'wikipedia', 'NONE'), {
        perHour: 1100,
        rhythm: 'night',
        bytesOut: 8200,
        bytesIn: 410_000,
      }),
    ],
  }),
  workload('legacy/erp-bridge-v1', {
    // Its namespace has a Sidecar of its own that still says ALLOW_ANY.
    restarts: ['2026-10-30 03:37', '2026-11-20 03:41'],
    calls: [
      tcp(anyone(), {
        perHour: 380,
        rhythm: 'office',
        bytesOut: 290_000,
        bytesIn: 120_000,
        lagSeconds: 2700,
        outcomes: [connected(0.97), connected(0.03, 'UF,URX')],
      }),
      http(
        { kind: 'pod-address', address: '10.244.3.220:8085', workload: 'server', namespace: 'legacy' },
        { perHour: 90, rhythm: 'office', bytesOut: 225, bytesIn: 1000 },
      ),
    ],
  }),
  workload('istio-system/istio-egressgateway', {
    proxy: 'gateway',
    replicas: 2,
    rollouts: ['2026-10-29 06:30'],
    calls: [
      http(entry('edition.cnn.com', 'cnn'), { perHour: 680, rhythm: 'shoppers', bytesOut: 245, bytesIn: 5500, ms: 90 }),
      tcp(entry('rates.ecb.example', 'ecb'), { perHour: 120, rhythm: 'shoppers', bytesOut: 7600, bytesIn: 54_000 }),
      http({ kind: 'no-route' }, { perHour: 9, bytesOut: 225, bytesIn: 0, ms: 0, outcomes: [ended('404', 1, 'NR')] }),
    ],
  }),
]

export const PROD_EU: World = {
  name: 'prod-eu',
  istio: '1.24',
  utcOffsetHours: 1,
  gateways: ['istio-system/istio-egressgateway'],
  waypoints: [],
  workloads: [...bookinfo, ...recipes, ...shop, ...others],
  prometheusOutages: [{ from: '2026-11-12 13:08', until: '2026-11-12 16:52' }],
  endpointOutages: [],
}
