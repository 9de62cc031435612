/**
 * Sample reports: thirty-five days of a shop's mesh, made from flows so that every sum agrees with every other. Holds
 * what pages must survive: hours and a day without data, gaps, an open day, a hostile label, an unknown host, long names.
 */
import { type Amounts, zeroAmounts } from '#core/coverage.ts'
import type { DestinationClass, Protocol } from '#core/flow.ts'
import type {
  ByClass,
  DayReport,
  DaySummary,
  DestinationRow,
  HourReport,
  IndexReport,
  Observation,
  ProtocolRow,
  ResponseRow,
  SourceRow,
  TargetCoverage,
  Totals,
} from '#core/report.ts'

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

const flow = (
  source: SampleFlow['source'],
  destinationClass: DestinationClass,
  [host, port]: [string, number | null],
  protocol: Protocol,
  [hourlyRequests, requestBytes, responseBytes, failing]: [number, number, number, number],
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
  flow(search, 'registered', ['models.inference.example.ai', 443], 'grpc', [900, 210_000, 44_000, 0.017]),
  flow(media, 'registered', ['video-transcoder.example.net', 443], 'http', [40, 14_000_000, 70_000, 0.05]),
  flow(catalogue, 'registered', ['maps.example.com', 443], 'http', [1_200, 900, 15_000, 0.0]),
  flow(catalogue, 'registered', ['feeds.supplier-a.example', 443], 'http', [90, 600, 2_400_000, 0.02]),
  flow(catalogue, 'registered', ['feeds.supplier-b.example', 443], 'http', [80, 600, 1_400_000, 0.0]),
  flow(checkout, 'registered', ['fraud.scoring.example', 443], 'grpc', [3_300, 5_100, 900, 0.002]),
  flow(legacy, 'passthrough', ['', null], 'tcp', [210, 3_900_000, 880_000, 0.06]),
  flow(agents, 'passthrough', ['', null], 'tcp', [90, 1_200_000, 300_000, 0.01]),
  flow(legacy, 'passthrough', ['ftp.partner.example', 80], 'http', [320, 410_000, 2_800, 0.08]),
  flow(search, 'passthrough', ['huggingface.co', 80], 'http', [55, 2_900, 21_000_000, 0.0]),
  flow(catalogue, 'passthrough', ['169.254.169.254', 80], 'http', [24, 400, 1_200, 1]),
  flow(hostile, 'passthrough', [SCRIPT_HOST, 80], 'http', [3, 900, 300, 1]),
  flow(hostile, 'passthrough', [ENDLESS_HOST, 80], 'http', [1, 12_000, 300, 1]),
  flow(hostile, 'passthrough', ['(invalid-host-5f1c09aa)', null], 'http', [7, 700, 300, 1]),
  flow(legacy, 'blocked', ['pastebin.com', 80], 'http', [14, 0, 0, 1]),
  flow(legacy, 'blocked', ['', null], 'tcp', [60, 0, 0, 1]),
  flow(agents, 'blocked', ['telemetry.example.org', 80], 'http', [130, 0, 0, 1]),
]

/** Every date of the sample, oldest first. */
export function sampleDates(): string[] {
  const count = (Date.parse(LAST_DAY) - Date.parse(FIRST_DAY)) / DAY_MS + 1
  return Array.from({ length: count }, (_, day) => isoDate(Date.parse(FIRST_DAY) + day * DAY_MS))
}

/** The report of one of those dates. */
export function sampleDay(date: string): DayReport {
  const dates = sampleDates()
  const random = randomOf(Date.parse(date) / DAY_MS)
  const weekend = [0, 6].includes(new Date(date).getUTCDay()) ? 0.55 : 1
  const observations = Array.from({ length: 24 }, (_, hour) => observationOf(date, hour))
  const byFlow = new Map<SampleFlow, Totals[]>()
  for (const each of FLOWS) {
    const hours = observations.map((observation, hour) => {
      if (observation === 'none' || observation === 'pending') return zeroTotals()
      const swing = 0.35 + 0.65 * Math.exp(-(((hour - 13) / 5.5) ** 2))
      const part = observation === 'partial' ? 0.6 : 1
      return totalsOf(each, Math.round(each.hourlyRequests * swing * weekend * part * (0.7 + 0.6 * random())))
    })
    byFlow.set(each, hours)
  }
  const sums = new Map(FLOWS.map((each) => [each, sum(byFlow.get(each) ?? [])]))
  const byClass = classify(FLOWS, (each) => sums.get(each) ?? zeroTotals())
  const previous = dates[dates.indexOf(date) - 1] ?? null
  const next = dates[dates.indexOf(date) + 1] ?? null
  const hours = observations.map(
    (observation, hour): HourReport => ({
      start: new Date(Date.parse(date) + hour * HOUR_MS).toISOString(),
      observation,
      provisional: date === LAST_DAY && hour >= 13,
      observedSeconds: { observed: 7200, partial: 4710, none: 0, pending: 0 }[observation],
      expectedSeconds: 7200,
      byClass: classify(FLOWS, (each) => byFlow.get(each)?.[hour] ?? zeroTotals()),
    }),
  )
  return {
    schema: 1,
    title: 'Egress',
    date,
    previous,
    next,
    provisional: date === LAST_DAY,
    observation: dayObservation(observations),
    complete: observations.every((observation) => observation === 'observed'),
    byClass,
    hours,
    destinations: date === DAY_WITHOUT_DATA ? [] : destinationsOf(sums, byClass),
    sources: date === DAY_WITHOUT_DATA ? [] : sourcesOf(sums, byClass),
    protocols: date === DAY_WITHOUT_DATA ? [] : protocolsOf(sums),
    responses: date === DAY_WITHOUT_DATA ? [] : responsesOf(sums),
    coverage: ['prod-eu', 'prod-us'].map((target) => coverageOf(target, date, hours, byClass)),
    downloads: [
      { file: 'flows.csv', title: 'Flows by hour', rows: 6312, size: 1_204_511, sha256: hex(random) },
      { file: 'report.json', title: 'This report', rows: 1, size: 88_120, sha256: hex(random) },
    ],
  }
}

/** The index over all those dates. */
export function sampleIndex(): IndexReport {
  const days = sampleDates().map((date): DaySummary => {
    const day = sampleDay(date)
    const { provisional, observation, complete, byClass } = day
    const [destinations, sources] = [day.destinations.length, day.sources.length]
    return { date, provisional, observation, complete, byClass, destinations, sources }
  })
  const ofClass = (name: DestinationClass) => sum(days.map((day) => day.byClass[name]))
  return {
    schema: 1,
    title: 'Egress',
    days,
    targets: ['prod-eu', 'prod-us'].map((target) => ({
      target,
      firstHour: `${FIRST_DAY}T00:00:00.000Z`,
      closedThrough: `${LAST_DAY}T13:00:00.000Z`,
    })),
    byClass: { registered: ofClass('registered'), passthrough: ofClass('passthrough'), blocked: ofClass('blocked') },
    complete: false,
    downloads: [{ file: 'days.csv', title: 'Days', rows: days.length, size: 9_120, sha256: hex(randomOf(7)) }],
  }
}

function observationOf(date: string, hour: number): Observation {
  if (date === DAY_WITHOUT_DATA) return 'none'
  if (date === LAST_DAY && hour >= 14) return 'pending'
  if (date === DAY_WITH_GAPS && hour >= 3 && hour < 6) return 'none'
  if (date === DAY_WITH_GAPS && (hour === 2 || hour === 6)) return 'partial'
  return date === LAST_DAY && hour === 13 ? 'partial' : 'observed'
}

function dayObservation(hours: Observation[]): Observation {
  if (hours.every((hour) => hour === 'observed')) return 'observed'
  return hours.some((hour) => hour === 'observed' || hour === 'partial') ? 'partial' : 'none'
}

function totalsOf(each: SampleFlow, times: number): Totals {
  const bytes = { egressBytes: times * each.requestBytes, ingressBytes: times * each.responseBytes }
  const errors = each.class === 'blocked' ? 0 : Math.round(times * each.failing)
  return each.protocol === 'tcp'
    ? { requests: 0, connections: times, ...bytes, errors }
    : { requests: times, connections: 0, ...bytes, errors }
}

function destinationsOf(sums: Map<SampleFlow, Totals>, byClass: ByClass): DestinationRow[] {
  return group(sums, (each) => `${each.class} ${each.host}`)
    .map((flows): DestinationRow => {
      const [first] = flows
      const totals = sum(flows.map((each) => sums.get(each) ?? zeroTotals()))
      const whole = byClass[first.class]
      return {
        destinationClass: first.class,
        host: first.host,
        ports: [...new Set(flows.flatMap((each) => each.port ?? []))],
        targets: [...new Set(flows.map((each) => each.source[0]))],
        protocols: [...new Set(flows.map((each) => each.protocol))],
        sources: new Set(flows.map((each) => each.source.join())).size,
        totals,
        share:
          first.class === 'blocked'
            ? attempts(totals) / Math.max(1, attempts(whole))
            : totals.egressBytes / Math.max(1, whole.egressBytes),
      }
    })
    .sort((a, b) => b.totals.egressBytes - a.totals.egressBytes || attempts(b.totals) - attempts(a.totals))
}

function sourcesOf(sums: Map<SampleFlow, Totals>, byClass: ByClass): SourceRow[] {
  const egressBytes = byClass.registered.egressBytes + byClass.passthrough.egressBytes
  const of = (flows: SampleFlow[]) => sum(flows.map((each) => sums.get(each) ?? zeroTotals()))
  return group(sums, (each) => each.source.join())
    .map((flows): SourceRow => {
      const [target, namespace, workload] = flows[0].source
      const totals = of(flows.filter((each) => each.class !== 'blocked'))
      return {
        target,
        namespace,
        workload,
        app: workload,
        protocols: [...new Set(flows.map((each) => each.protocol))],
        destinations: flows.length,
        totals,
        blockedAttempts: attempts(of(flows.filter((each) => each.class === 'blocked'))),
        share: totals.egressBytes / Math.max(1, egressBytes),
      }
    })
    .sort((a, b) => b.totals.egressBytes - a.totals.egressBytes)
}

function protocolsOf(sums: Map<SampleFlow, Totals>): ProtocolRow[] {
  return group(sums, (each) => each.protocol).map((flows) => ({
    protocol: flows[0].protocol,
    byClass: classify(flows, (each) => sums.get(each) ?? zeroTotals()),
  }))
}

function responsesOf(sums: Map<SampleFlow, Totals>): ResponseRow[] {
  const codes = { http: ['200', '503'], grpc: ['grpc 0', 'grpc 14'], tcp: ['', ''] }
  return group(sums, (each) => `${each.class} ${each.protocol}`)
    .flatMap((flows): ResponseRow[] => {
      const [{ class: destinationClass, protocol }] = flows
      const totals = sum(flows.map((each) => sums.get(each) ?? zeroTotals()))
      const [good, bad] = codes[protocol]
      if (destinationClass === 'blocked') {
        const [code, flags] = protocol === 'tcp' ? ['', 'UH'] : ['502', '-']
        return [{ destinationClass, protocol, code, flags, count: attempts(totals), failed: true }]
      }
      const row = { destinationClass, protocol }
      const flags = protocol === 'tcp' ? 'UF,URX' : 'UC'
      return [
        { ...row, code: good, flags: '-', count: attempts(totals) - totals.errors, failed: false },
        { ...row, code: bad, flags, count: totals.errors, failed: true },
      ]
    })
    .filter((row) => row.count > 0)
    .sort((a, b) => b.count - a.count)
}

function coverageOf(target: string, date: string, hours: HourReport[], byClass: ByClass): TargetCoverage {
  const midnight = Date.parse(date)
  const some = (part: number): Amounts => ({
    ...zeroAmounts(),
    requests: Math.round(byClass.registered.requests * part),
    egressBytes: Math.round(byClass.registered.egressBytes * part),
    ingressBytes: Math.round(byClass.registered.ingressBytes * part),
  })
  const gapped = hours.some((hour) => hour.observation === 'none')
  const from = date === DAY_WITHOUT_DATA ? midnight : midnight + 2.4 * HOUR_MS
  const to = date === DAY_WITHOUT_DATA ? midnight + DAY_MS : midnight + 6.6 * HOUR_MS
  const quiet = target === 'prod-eu'
  return {
    target,
    firstHour: `${FIRST_DAY}T00:00:00.000Z`,
    closedThrough: new Date(midnight + (date === LAST_DAY ? 13 : 24) * HOUR_MS).toISOString(),
    observedSeconds: hours.reduce((total, hour) => total + hour.observedSeconds, 0) / 2,
    expectedSeconds: hours.reduce((total, hour) => total + hour.expectedSeconds, 0) / 2,
    observation: dayObservation(hours.map((hour) => hour.observation)),
    tails: quiet ? 'asked' : 'failed',
    counts: {
      scrapes: gapped ? 1180 : 1440,
      series: quiet ? 4120 : 9044,
      births: quiet ? 310 : 2204,
      deaths: quiet ? 290 : 2190,
      resets: quiet ? 2 : 17,
      assumedSeries: quiet ? 0 : 9,
      baselineSeries: quiet ? 0 : 4,
      evictedSeries: 0,
      carriedSeries: quiet ? 0 : 120,
      skippedLines: 0,
      skippedSamples: quiet ? 0 : 3,
      unclassifiedSeries: quiet ? 0 : 1,
      laggingTargets: quiet ? 0 : 2,
      quarantinedCount: quiet ? 0 : 1,
      foldedSeries: quiet ? 0 : 1200,
      foldedFlows: quiet ? 0 : 310,
      tailSeries: quiet ? 260 : 1804,
    },
    unclassifiedExample: quiet ? '' : '{reporter="source",destination_service_name="<b>odd</b>"}',
    gaps: gapped ? [{ from, to, reason: quiet ? 'connect ECONNREFUSED 10.4.1.9:9090' : '' }] : [],
    quarantinedHosts: quiet ? [] : [{ placeholder: '(invalid-host-5f1c09aa)', raw: SCRIPT_HOST }],
    assumed: quiet ? zeroAmounts() : some(0.0004),
    apportioned: some(0.0001),
    spread: gapped ? some(0.06) : zeroAmounts(),
    late: quiet ? zeroAmounts() : some(0.0008),
    tail: some(0.003),
    unseen: some(0.0006),
    baseline: quiet ? zeroAmounts() : some(0.0002),
  }
}

function group(sums: Map<SampleFlow, Totals>, keyOf: (each: SampleFlow) => string): SampleFlow[][] {
  const groups = new Map<string, SampleFlow[]>()
  for (const each of sums.keys()) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each])
  return [...groups.values()]
}

function classify(flows: SampleFlow[], totalsFor: (each: SampleFlow) => Totals): ByClass {
  const of = (name: DestinationClass) => sum(flows.filter((each) => each.class === name).map(totalsFor))
  return { registered: of('registered'), passthrough: of('passthrough'), blocked: of('blocked') }
}

function sum(all: Totals[]): Totals {
  const total = zeroTotals()
  for (const each of all) for (const field of Object.keys(total) as (keyof Totals)[]) total[field] += each[field]
  return total
}

function attempts(totals: Totals): number {
  return totals.requests + totals.connections
}

function zeroTotals(): Totals {
  return { requests: 0, connections: 0, egressBytes: 0, ingressBytes: 0, errors: 0 }
}

function isoDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function hex(random: () => number): string {
  return Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('')
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
