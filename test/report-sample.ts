/**
 * Sample reports: thirty-five days of a shop's two meshes, made by the real builders from the records of their hours, so
 * that every sum agrees with every other. Holds what pages must survive: hours and a day without data, gaps, an open day,
 * a hostile label, an unknown host, long names, a gateway and a waypoint, hosts that come, go and change their class.
 */
import { type Amounts, type Coverage, zeroAmounts, zeroCoverage } from '#core/coverage.ts'
import { dayReport, daySummary } from '#core/day.ts'
import { type DayDigest, digestOf } from '#core/digest.ts'
import { type DestinationClass, type FlowRow, type Protocol, zeroMeasures } from '#core/flow.ts'
import type { HourRecord, TargetState } from '#core/hour-record.ts'
import type { DayReport, DaySummary, Download } from '#core/report.ts'

interface SampleFlow {
  source: [target: string, namespace: string, workload: string]
  class: DestinationClass
  host: string
  port: number | null
  protocol: Protocol
  hourlyRequests: number // at noon; connections for TCP
  requestBytes: number // a request or connection, out
  responseBytes: number // likewise, coming back
  failing: number // 0..1
  from: string // YYYY-MM-DD, the first day it is there
  until: string // likewise, the last
  via: string // a waypoint, or ''
}

export const FIRST_DAY = '2026-10-17'
export const LAST_DAY = '2026-11-20' // provisional: 14 hours of it have passed
export const DAY_WITHOUT_DATA = '2026-10-29'
export const DAY_WITH_GAPS = '2026-11-18'
export const SCRIPT_HOST = `<script>alert('x')</script>"onmouseover="alert(1)`
export const OVERRIDE_WORKLOAD = 'invoice-\u202Efdp.exe\u202C-sender'
export const ENDLESS_HOST = `${'a'.repeat(63)}.`.repeat(160)

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const LONG_HOST =
  'telemetry-ingest.production.eu-central-1.observability.customer-4711.a-vendor-with-a-long-name.example.com'

const checkout: SampleFlow['source'] = ['prod-eu', 'shop', 'checkout']
const catalogue: SampleFlow['source'] = ['prod-eu', 'shop', 'catalogue']
const media: SampleFlow['source'] = ['prod-eu', 'media', 'image-resizer']
const ledger: SampleFlow['source'] = ['prod-eu', 'finance', 'ledger-export']
const search: SampleFlow['source'] = ['prod-us', 'search', 'indexer']
const agents: SampleFlow['source'] = ['prod-us', 'platform', 'otel-collector']
const legacy: SampleFlow['source'] = ['prod-us', 'legacy', 'nightly-batch-reconciliation-with-warehouse-v2']
const hostile: SampleFlow['source'] = ['prod-us', 'legacy', OVERRIDE_WORKLOAD]
const gateway: SampleFlow['source'] = ['prod-eu', 'istio-system', 'istio-egressgateway']

const flow = (
  source: SampleFlow['source'],
  destinationClass: DestinationClass,
  [host, port]: [string, number | null],
  protocol: Protocol,
  [hourlyRequests, requestBytes, responseBytes, failing]: [number, number, number, number],
  { from = FIRST_DAY, until = LAST_DAY, via = '' }: { from?: string; until?: string; via?: string } = {},
): SampleFlow => ({
  source,
  class: destinationClass,
  host,
  port,
  protocol,
  hourlyRequests,
  requestBytes,
  responseBytes,
  failing,
  from,
  until,
  via,
})

const FLOWS: SampleFlow[] = [
  flow(media, 'registered', ['s3.eu-central-1.amazonaws.com', 443], 'http', [5200, 2_410_000, 4_100, 0.001]),
  flow(search, 'registered', ['bulk.search-cluster.example.net', 9243], 'http', [2600, 1_130_000, 9_800, 0.012]),
  flow(agents, 'registered', [LONG_HOST, 4317], 'grpc', [18_000, 96_000, 310, 0.004]),
  flow(checkout, 'registered', ['api.stripe.com', 443], 'http', [9_400, 3_900, 6_200, 0.021]),
  flow(checkout, 'registered', ['api.adyen.com', 443], 'http', [2_100, 4_400, 5_100, 0.008]),
  flow(catalogue, 'registered', ['cdn-origin.example.com', 443], 'http', [7_700, 12_500, 88_000, 0.003]),
  flow(catalogue, 'registered', ['translate.googleapis.com', 443], 'grpc', [1_900, 8_200, 9_100, 0.0]),
  flow(ledger, 'registered', ['sftp.bank.example', 22], 'tcp', [12, 41_000_000, 210_000, 0.0]),
  flow(ledger, 'registered', ['db-replica.reporting.example.com', 5432], 'tcp', [340, 620_000, 4_800_000, 0.015]),
  flow(legacy, 'registered', ['*.warehouse.example.com', null], 'tcp', [25, 9_300_000, 1_700_000, 0.04]),
  flow(checkout, 'registered', ['hooks.slack.com', 443], 'http', [160, 2_100, 420, 0.0]),
  flow(agents, 'registered', ['intake.logs.datadoghq.eu', 443], 'http', [4_400, 61_000, 300, 0.006]),
  flow(search, 'registered', ['models.inference.example.ai', 443], 'grpc', [900, 210_000, 44_000, 0.017], {
    via: 'search/waypoint',
  }),
  flow(media, 'registered', ['video-transcoder.example.net', 443], 'http', [40, 14_000_000, 70_000, 0.05]),
  flow(catalogue, 'registered', ['maps.example.com', 443], 'http', [1_200, 900, 15_000, 0.0], { until: '2026-11-10' }),
  flow(catalogue, 'registered', ['feeds.supplier-a.example', 443], 'http', [90, 600, 2_400_000, 0.02]),
  flow(catalogue, 'registered', ['feeds.supplier-b.example', 443], 'http', [80, 600, 1_400_000, 0.0], {
    from: '2026-11-19',
  }),
  flow(checkout, 'registered', ['fraud.scoring.example', 443], 'grpc', [3_300, 5_100, 900, 0.002]),
  flow(legacy, 'passthrough', ['', null], 'tcp', [210, 3_900_000, 880_000, 0.06]),
  flow(agents, 'passthrough', ['', null], 'tcp', [90, 1_200_000, 300_000, 0.01]),
  flow(legacy, 'passthrough', ['ftp.partner.example', 80], 'http', [320, 410_000, 2_800, 0.08]),
  flow(search, 'passthrough', ['huggingface.co', 80], 'http', [55, 2_900, 21_000_000, 0.0], { until: '2026-11-18' }),
  flow(search, 'registered', ['huggingface.co', 443], 'http', [60, 2_900, 21_000_000, 0.0], { from: '2026-11-19' }),
  flow(gateway, 'registered', ['partners.example.com', 443], 'http', [640, 7_800, 12_000, 0.13], {
    via: 'istio-system/istio-egressgateway',
  }),
  flow(catalogue, 'passthrough', ['169.254.169.254', 80], 'http', [24, 400, 1_200, 1]),
  flow(hostile, 'passthrough', [SCRIPT_HOST, 80], 'http', [3, 900, 300, 1]),
  flow(hostile, 'passthrough', [ENDLESS_HOST, 80], 'http', [1, 12_000, 300, 1]),
  flow(hostile, 'passthrough', ['(invalid-host-5f1c09aa)', null], 'http', [7, 700, 300, 1]),
  flow(legacy, 'blocked', ['pastebin.com', 80], 'http', [14, 0, 0, 1], { from: '2026-11-19' }),
  flow(legacy, 'blocked', ['', null], 'tcp', [60, 0, 0, 1]),
  flow(agents, 'blocked', ['telemetry.example.org', 80], 'http', [130, 0, 0, 1]),
]

/** Every date of the sample, oldest first. */
export function sampleDates(): string[] {
  const count = (Date.parse(LAST_DAY) - Date.parse(FIRST_DAY)) / DAY_MS + 1
  return Array.from({ length: count }, (_, day) => isoDate(Date.parse(FIRST_DAY) + day * DAY_MS))
}

/** Where both ledgers stand: the last day's fourteenth hour is open, and was observed in part. */
export function sampleTargets(): TargetState[] {
  const closedThrough = Date.parse(LAST_DAY) + 13 * HOUR_MS
  const watermark = closedThrough + 50 * 60_000
  const state = { firstHour: Date.parse(FIRST_DAY), closedThrough, watermark, dueThrough: watermark }
  return ['prod-eu', 'prod-us'].map((target) => ({ target, ...state }))
}

/** The report of one of those dates, with its neighbours. */
export function sampleDay(date: string): DayReport {
  const dates = sampleDates()
  const random = randomOf(Date.parse(date) / DAY_MS)
  return {
    ...dayReport({
      title: 'Egress',
      day: Date.parse(date),
      targets: sampleTargets(),
      records: sampleRecords(date),
      previous: dates[dates.indexOf(date) - 1] ?? null,
      next: dates[dates.indexOf(date) + 1] ?? null,
    }),
    downloads: [
      sampleDownload('flows.csv', 'Every flow of the day', 6312, random),
      sampleDownload('report.json', 'This page as data', 1, random),
    ],
  }
}

/** One of those days as a page that lists days shows it. */
export function sampleSummary(date: string): DaySummary {
  return daySummary(sampleDay(date))
}

export function sampleDigest(date: string): DayDigest {
  return digestOf(date, sampleDay(date), sampleRecords(date))
}

export function sampleDownload(file: string, title: string, rows: number, random = randomOf(7)): Download {
  const sha256 = Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('')
  return { file, title, rows, size: 1000 + rows * 190, sha256 }
}

/** The records of one of those dates: of each target every hour that has come. */
export function sampleRecords(date: string): HourRecord[] {
  const random = randomOf(Date.parse(date) / DAY_MS)
  const weekend = [0, 6].includes(new Date(date).getUTCDay()) ? 0.55 : 1
  const flows = FLOWS.filter(({ from, until }) => from <= date && date <= until)
  const records: HourRecord[] = []
  for (let hour = 0; hour < (date === LAST_DAY ? 14 : 24); hour++) {
    const observedMs = observedMsOf(date, hour)
    const swing = 0.35 + 0.65 * Math.exp(-(((hour - 13) / 5.5) ** 2))
    const rows = flows.map((each) => {
      const times = each.hourlyRequests * swing * weekend * (observedMs / HOUR_MS) * (0.7 + 0.6 * random())
      return { target: each.source[0], rows: rowsOf(each, Math.round(times)) }
    })
    for (const target of ['prod-eu', 'prod-us']) {
      const ofTarget = rows.flatMap((each) => (each.target === target ? each.rows : []))
      const at = Date.parse(date) + hour * HOUR_MS
      const coverage = coverageOf(target, date, at, observedMs, ofTarget)
      records.push({ target, hour: at, provisional: date === LAST_DAY && hour === 13, coverage, rows: ofTarget })
    }
  }
  return records
}

function observedMsOf(date: string, hour: number): number {
  if (date === DAY_WITHOUT_DATA) return 0
  if (date === DAY_WITH_GAPS && hour >= 3 && hour < 6) return 0
  if (date === DAY_WITH_GAPS && hour === 2) return 0.4 * HOUR_MS
  if (date === DAY_WITH_GAPS && hour === 6) return 0.4 * HOUR_MS
  return date === LAST_DAY && hour === 13 ? 0.65 * HOUR_MS : HOUR_MS
}

const ANSWERS: Record<Protocol, [good: Partial<FlowRow>, bad: Partial<FlowRow>]> = {
  http: [{ responseCode: '200' }, { responseCode: '503', responseFlags: 'UC' }],
  grpc: [
    { responseCode: '200', grpcStatus: '0' },
    { responseCode: '200', grpcStatus: '14' },
  ],
  tcp: [{}, { responseFlags: 'UF,URX' }],
}

/** What a flow did in an hour in which it was used so many times. */
function rowsOf(each: SampleFlow, times: number): FlowRow[] {
  if (times === 0) return []
  const cluster = { registered: each.host, passthrough: 'PassthroughCluster', blocked: 'BlackHoleCluster' }[each.class]
  const row = (count: number, answer: Partial<FlowRow>): FlowRow => ({
    sourceNamespace: each.source[1],
    sourceWorkload: each.source[2],
    sourceApp: each.source[2],
    sourceVersion: 'v1',
    sourceCluster: each.source[0],
    destinationClass: each.class,
    destinationHost: each.host,
    destinationPort: each.port,
    destinationService: cluster,
    destinationServiceNamespace: each.class === 'registered' ? 'egress' : '',
    via: each.via,
    reporter: each.via.endsWith('/waypoint') ? 'waypoint' : 'source',
    protocol: each.protocol,
    responseCode: '',
    grpcStatus: '',
    responseFlags: '-',
    ...zeroMeasures(),
    egressBytes: count * each.requestBytes,
    ingressBytes: count * each.responseBytes,
    ...(each.protocol === 'tcp'
      ? { connectionsOpened: count, connectionsClosed: count }
      : { requests: count, durationMs: count * (5 + (each.host.length % 90)) }),
    ...answer,
  })
  if (each.class === 'blocked') {
    return [row(times, each.protocol === 'tcp' ? { responseFlags: 'UH' } : { responseCode: '502' })]
  }
  const failing = Math.round(times * each.failing)
  const [good, bad] = ANSWERS[each.protocol]
  return [row(times - failing, good), row(failing, bad)].filter((one) => one.requests + one.connectionsClosed > 0)
}

function coverageOf(target: string, date: string, hour: number, observedMs: number, rows: FlowRow[]): Coverage {
  const midnight = Date.parse(date)
  const whole = zeroAmounts()
  for (const row of rows)
    for (const name of ['requests', 'egressBytes', 'ingressBytes'] as const) whole[name] += row[name]
  const some = (part: number): Amounts => ({
    ...zeroAmounts(),
    requests: Math.round(whole.requests * part),
    egressBytes: Math.round(whole.egressBytes * part),
    ingressBytes: Math.round(whole.ingressBytes * part),
  })
  const gapped = date === DAY_WITH_GAPS || date === DAY_WITHOUT_DATA
  const from = Math.max(hour, date === DAY_WITHOUT_DATA ? midnight : midnight + 2.4 * HOUR_MS)
  const to = Math.min(hour + HOUR_MS, date === DAY_WITHOUT_DATA ? midnight + DAY_MS : midnight + 6.6 * HOUR_MS)
  const quiet = target === 'prod-eu'
  const troubles: Partial<Coverage> = {
    resets: 1,
    assumedSeries: 2,
    baselineSeries: 1,
    carriedSeries: 5,
    skippedSamples: 1,
    unclassifiedSeries: 1,
    unclassifiedExample: '{reporter="source",destination_service_name="<b>odd</b>"}',
    laggingTargets: 2,
    quarantinedHosts: [{ placeholder: '(invalid-host-5f1c09aa)', raw: SCRIPT_HOST }],
    quarantinedCount: 1,
    foldedSeries: 1200,
    foldedFlows: 13,
    tails: 'failed',
    assumed: some(0.0004),
    late: some(0.0008),
    baseline: some(0.0002),
  }
  return {
    ...zeroCoverage(),
    scrapes: Math.round((60 * observedMs) / HOUR_MS),
    observedMs,
    gaps: gapped && from < to ? [{ from, to, reason: quiet ? 'connect ECONNREFUSED 10.4.1.9:9090' : '' }] : [],
    series: quiet ? 4120 : 9044,
    births: quiet ? 12 : 92,
    deaths: quiet ? 11 : 91,
    tailSeries: quiet ? 10 : 75,
    apportionedAtStart: some(0.0001),
    apportionedAtEnd: some(0.0001),
    spread: observedMs < HOUR_MS ? some(0.6) : zeroAmounts(),
    tail: some(0.003),
    unseen: some(0.0006),
    ...(quiet ? {} : troubles),
  }
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
