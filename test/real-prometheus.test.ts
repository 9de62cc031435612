/**
 * The scrape stage against a real Prometheus that scrapes simulated Envoys: what the ledger says must be what they
 * counted, to the unit. Where there is none: `apt-get install prometheus`, or PROMETHEUS=/path/to/it, lets these run.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { decodeCheckpoint } from '#core/checkpoint.ts'
import type { Coverage } from '#core/coverage.ts'
import { parseCsv } from '#core/csv.ts'
import { COUNTED, type FlowRow } from '#core/flow.ts'
import { checkpointKey, rollupPrefix } from '#core/keys.ts'
import { decodeSeries, formatSeries, type LabelledSeries, type Labels, learnExternalLabels } from '#core/labels.ts'
import { BOOKED, METRIC_LABEL } from '#core/metric.ts'
import { peakExpression } from '#core/restarts.ts'
import { decodeRollup } from '#core/rollup.ts'
import { bookedSelectors, federationSelectors } from '#core/selectors.ts'
import { startsExpression, tailExpression } from '#core/tails.ts'
import type { Target } from '#core/target.ts'
import { HOUR_MS, hourOf, isoHour } from '#core/time.ts'
import { prometheusOf } from '../functions/prometheus.ts'
import { type ScrapeOptions, type ScrapeSummary, scrapeTarget } from '../functions/stage/scrape.ts'
import { folderStore } from '../functions/store/folder.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { braces, type Destination, Exporter, type ExposedSeries, METRICS_PATH, type Pod, truthKey } from './exporter.ts'
import { prometheus, promtool, type RunningPrometheus, startPrometheus } from './prometheus.ts'

const BIN = join(import.meta.dirname, '..', 'bin', 'wharfage')
const EXTERNAL_LABELS = { cluster: 'prod-eu1', prometheus: 'monitoring/k8s', prometheus_replica: 'prometheus-k8s-0' }
const MINUTE = 60_000
const GATEWAY = 'istio-system/istio-egressgateway'

const STRIPE: Destination = {
  egress: 'registered',
  host: 'api.stripe.com',
  service: 'api.stripe.com',
  name: 'api.stripe.com',
  protocol: 'http',
}
const DATABASE: Destination = {
  egress: 'registered',
  host: 'db.example.net',
  service: 'db.example.net',
  name: 'db.example.net',
  protocol: 'tcp',
}
const PASSTHROUGH: Destination = {
  egress: 'passthrough',
  host: 'updates.example.org',
  service: 'Updates.Example.ORG:8080',
  name: 'PassthroughCluster',
  protocol: 'http',
}
const PASSTHROUGH_TCP: Destination = {
  egress: 'passthrough',
  host: '',
  service: 'unknown',
  name: 'PassthroughCluster',
  protocol: 'tcp',
}
const CLAIMING: Destination = {
  egress: 'passthrough',
  host: 'reviews.shop.svc.cluster.local',
  service: 'reviews.shop.svc.cluster.local',
  name: 'PassthroughCluster',
  protocol: 'http',
}
const BLOCKED: Destination = {
  egress: 'blocked',
  host: 'blocked.example.net',
  service: 'blocked.example.net',
  name: 'BlackHoleCluster',
  protocol: 'http',
  code: '502',
}
const BLOCKED_TCP: Destination = {
  egress: 'blocked',
  host: '',
  service: 'unknown',
  name: 'BlackHoleCluster',
  protocol: 'tcp',
  flags: 'UH',
}
const IN_MESH: Destination = {
  egress: null,
  host: '',
  service: 'reviews.shop.svc.cluster.local',
  name: 'reviews',
  protocol: 'http',
  principal: 'spiffe://cluster.local/ns/shop/sa/reviews',
}
const TO_GATEWAY: Destination = {
  egress: null,
  host: '',
  service: 'istio-egressgateway.istio-system.svc.cluster.local',
  name: 'istio-egressgateway',
  protocol: 'http',
}
const INBOUND: Destination = { ...STRIPE, egress: null, reporter: 'destination' }
const HOSTILE: Destination = { ...IN_MESH, service: 'a"b\\c\nd{é}, e="f"', name: 'PassthroughCluster', reporter: 'x' }

/** Some of each kind of traffic, in amounts that tell the kinds apart. */
function countAll(exporter: Exporter, times: number): void {
  const http = { requests: times, egressBytes: 1003 * times, ingressBytes: 20_011 * times, durationMs: 37 * times }
  const tcp = {
    egressBytes: 4_000_037 * times,
    ingressBytes: 131 * times,
    connectionsOpened: times,
    connectionsClosed: times,
  }
  exporter.count(STRIPE, http)
  exporter.count(DATABASE, tcp)
  exporter.count(PASSTHROUGH, { ...http, requests: 3 * times })
  exporter.count(PASSTHROUGH_TCP, { ...tcp, connectionsClosed: 5 * times })
  exporter.count(CLAIMING, { ...http, requests: 7 * times })
  exporter.count(BLOCKED, { ...http, requests: 11 * times })
  exporter.count(BLOCKED_TCP, { connectionsClosed: 13 * times })
  for (const destination of [IN_MESH, TO_GATEWAY, INBOUND, HOSTILE]) exporter.count(destination, http)
}

function targetAt(url: string, settings: Partial<Target>): Target {
  return {
    name: 'mesh',
    url: `${url}/federate`,
    intervalSeconds: 5,
    prometheusIntervalSeconds: 1,
    auth: {},
    clusterDomain: 'cluster.local',
    gateways: [GATEWAY],
    waypoints: [],
    tails: true,
    allow: [],
    maxSeries: 1_000_000,
    overflow: 'refuse',
    generation: 1,
    ...settings,
  }
}

/** What was counted since an earlier look, of all exporters together. */
function truth(exporters: readonly Exporter[], earlier: Record<string, number> = {}): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { counted } of exporters) {
    for (const [key, amount] of counted) sums[key] = (sums[key] ?? 0) + amount
  }
  return difference(sums, earlier)
}

function difference(sums: Record<string, number>, earlier: Record<string, number>): Record<string, number> {
  const rest = Object.entries(sums).map(([key, amount]): [string, number] => [key, amount - (earlier[key] ?? 0)])
  return Object.fromEntries(rest.filter(([, amount]) => amount !== 0))
}

interface Ledger {
  hours: { start: number; closed: boolean; rows: FlowRow[]; coverage: Coverage }[]
  sums: Record<string, number> // by truthKey
}

async function readLedger(store: Store): Promise<Ledger> {
  const { flows, finished, hours } = decodeCheckpoint((await store.get(checkpointKey('mesh')))!.bytes, 'mesh')
  const rollups = finished.map(({ key, bytes }) => decodeRollup(bytes, key))
  for (const { key } of await store.list(rollupPrefix('mesh'))) {
    rollups.push(decodeRollup((await store.get(key))!.bytes, key))
  }
  const closed = (await Promise.all(rollups)).map(({ hour, rows, coverage }) => ({ start: hour, rows, coverage }))
  const open = hours.hours.map(({ start, rows, coverage }) => ({
    start,
    coverage,
    rows: [...rows].map(([flow, measures]) => ({ ...flows[flow], ...measures })),
  }))
  const all = [
    ...closed.map((hour) => ({ ...hour, closed: true })),
    ...open.map((hour) => ({ ...hour, closed: false })),
  ]
  return { hours: all.sort((a, b) => a.start - b.start), sums: sumRows(all.flatMap(({ rows }) => rows)) }
}

function sumRows(rows: readonly FlowRow[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const row of rows) {
    for (const measure of COUNTED) {
      const key = truthKey(row.destinationClass, row.destinationHost, row.protocol, measure)
      if (row[measure] !== 0) sums[key] = (sums[key] ?? 0) + row[measure]
    }
  }
  return sums
}

/** A row of CSV with its figures as numbers; an empty cell is none. */
function measured(row: Record<string, string>): FlowRow {
  return {
    ...row,
    ...Object.fromEntries(COUNTED.map((measure) => [measure, Number(row[measure])])),
  } as unknown as FlowRow
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await sleep(100)
  }
}

function labelled({ labels: { __name__: name = '', ...labels } }: { labels: Record<string, string> }): LabelledSeries {
  return { name, labels: new Map(Object.entries(labels)) }
}

/** The series of a body's lines, as their bytes are. */
function seriesOf(body: object): string[] {
  const lines = String(body).split('\n')
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.replace(/ \S+ \d+$/, ''))
}

const pod = (name: string, address: string): Pod => ({ namespace: 'shop', pod: name, instance: `${address}:15020` })

const present = prometheus === null ? describe.skip : describe
const how = prometheus === null ? ' (no prometheus on the PATH; apt-get install prometheus lets this run)' : ''

present(`a mesh that Prometheus watches${how}`, () => {
  const startedAt = Date.now()
  const hourAgo = startedAt - HOUR_MS
  const steady = new Exporter(pod('checkout-x2x7k', '10.1.0.1'), hourAgo)
  const dying = new Exporter(pod('cart-b4b5n', '10.1.0.2'), hourAgo)
  const restarting = new Exporter(pod('search-9zt4q', '10.1.0.3'), hourAgo)
  const born = new Exporter(pod('cart-hh2d8', '10.1.0.4'), hourAgo)
  const job = new Exporter(pod('invoice-k7w2m', '10.1.0.5'), hourAgo)
  const crashing = new Exporter(pod('payment-c8d2p', '10.1.0.6'), hourAgo)
  const exporters = [steady, dying, restarting, crashing, born, job]
  const first = [steady, dying, restarting, crashing]
  const addresses = new Map<Exporter, string>()
  let folder: string
  let running: RunningPrometheus | undefined
  let target: Target
  let before: Record<string, number> // counted when the first scrape was made

  /** Tells Prometheus which pods there are, as a cluster's discovery does. It looks up at most every five seconds. */
  async function discover(pods: readonly Exporter[]): Promise<void> {
    const groups = pods.map((exporter) => ({ targets: [addresses.get(exporter)], labels: exporter.pod }))
    await writeFile(join(folder, 'new.json'), JSON.stringify(groups))
    await rename(join(folder, 'new.json'), join(folder, 'pods.json'))
  }

  const ask = (expression: string, timeMs = Date.now()) => prometheusOf(target).queryInstant(expression, timeMs)
  const wharfage = async (...args: string[]) => (await promisify(execFile)(BIN, args, { cwd: folder })).stdout

  /** One scrape by the stage itself, and one by a person at a terminal with a ledger of their own. */
  async function scrape(store: Store): Promise<ScrapeSummary> {
    const [summary] = await Promise.all([scrapeTarget(target, store), wharfage('scrape')])
    return summary
  }

  const gone = (exporter: Exporter) =>
    until(`${exporter.pod.pod} is gone`, async () => (await ask(`{pod="${exporter.pod.pod}"}`)).length === 0)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mesh-'))
    for (const exporter of exporters) addresses.set(exporter, await exporter.listen())
    for (const exporter of first) countAll(exporter, 1000)
    await discover(first)
    running = await startPrometheus({
      externalLabels: EXTERNAL_LABELS,
      scrapeConfigs: [
        {
          job_name: 'pods',
          metrics_path: METRICS_PATH,
          file_sd_configs: [{ files: [join(folder, 'pods.json')] }],
        },
        {
          job_name: 'odd',
          static_configs: [
            { targets: [addresses.get(steady)], labels: { prometheus_replica: 'its own', odd: 'é"\\' } },
          ],
          metric_relabel_configs: [
            { source_labels: ['__name__'], regex: 'envoy_server_uptime', action: 'keep' },
            { action: 'labeldrop', regex: 'instance' },
          ],
        },
      ],
    })
    // Tails are due when 300 s less this have passed: here, a second after the last time.
    target = targetAt(running.url, { prometheusIntervalSeconds: 299 })
    await writeFile(
      join(folder, 'wharfage.yaml'),
      `store: ./by-hand\ntargets: [{ name: mesh, url: ${target.url}, interval: 5s, prometheusInterval: 299s }]\n`,
    )
    await Promise.all(first.map((exporter) => exporter.scraped()))
  })

  afterAll(async () => {
    await running?.stop()
    for (const exporter of exporters) exporter.die()
    await rm(folder, { recursive: true, force: true })
  })

  test('/federate writes every series as we do, external labels appended', async () => {
    const body = await prometheusOf(target).federate(['{__name__=~".+"}'])
    const queried = (await ask('{__name__=~".+"}')).map(labelled)
    const external = new Map(Object.entries(EXTERNAL_LABELS))
    expect(queried.length).toBeGreaterThan(200)
    expect(queried.map(({ name, labels }) => formatSeries(name, labels, external)).sort()).toEqual(
      seriesOf(body).sort(),
    )
    expect(seriesOf(body).filter((line) => line.includes('instance=""'))).toHaveLength(1)
    expect(seriesOf(body).filter((line) => line.includes('a\\"b\\\\c\\nd{é}, e=\\"f\\"'))).not.toHaveLength(0)
  })

  test('external labels are learnt from `up`, though a target has one of its own', async () => {
    const federated = seriesOf(await prometheusOf(target).federate(['up'])).map((line) =>
      decodeSeries(Buffer.from(line)),
    )
    const queried = (await ask('up')).map(labelled)
    const labelsOf = (series: LabelledSeries | null): Labels => series!.labels
    expect(federated).toHaveLength(5)
    expect(learnExternalLabels(federated.map(labelsOf), queried.map(labelsOf))).toEqual(
      new Map(Object.entries(EXTERNAL_LABELS)),
    )
  })

  test('the selectors select what can be booked, each series once, and nothing else', async () => {
    const mesh = { clusterDomain: 'cluster.local', gateways: [GATEWAY], waypoints: [] }
    const metrics =
      /^istio_(requests_total|(request|response)_bytes_sum|request_duration_milliseconds_sum|tcp_.*_total)$/
    const all = (await ask('{__name__=~".+"}')).map(({ labels }) => labels)
    const expected = all.filter((labels) => {
      if (/^(up|envoy_server_uptime)$/.test(labels.__name__)) return true
      const wanted = [STRIPE, DATABASE, PASSTHROUGH, PASSTHROUGH_TCP, CLAIMING, BLOCKED, BLOCKED_TCP, TO_GATEWAY]
      const is = (d: Destination) =>
        labels.destination_service === d.service && labels.destination_service_name === d.name
      return metrics.test(labels.__name__) && labels.reporter === 'source' && wanted.some(is)
    })
    const each = await Promise.all(federationSelectors(mesh).map((selector) => ask(selector)))
    const selected = each.flat().map(({ labels }) => JSON.stringify(Object.entries(labels).sort()))
    expect(selected.sort()).toEqual(expected.map((labels) => JSON.stringify(Object.entries(labels).sort())).sort())
    const together = await prometheusOf(target).federate(federationSelectors(mesh))
    expect(seriesOf(together)).toHaveLength(selected.length)
  })

  test('the ledger books to the unit what was counted, by the dead, the restarted and the newborn too', async () => {
    const store = folderStore(join(folder, 'ledger'))
    const baseline = await scrape(store)
    before = truth(exporters)
    expect((await readLedger(store)).sums).toEqual({})

    // All go on, and one of them talks to somebody new.
    for (const exporter of first) countAll(exporter, 3)
    steady.count(
      { ...STRIPE, service: 'new.example.com', host: 'new.example.com' },
      { requests: 17, egressBytes: 1700 },
    )
    await Promise.all(first.map((exporter) => exporter.scraped()))
    await scrape(store)
    expect((await readLedger(store)).sums).toEqual(truth(exporters, before))

    // One restarts and outgrows itself, one goes on for a while and then restarts, one dies, one is born; a job is born and
    // dead before we look again.
    restarting.restart()
    countAll(restarting, 2000)
    countAll(dying, 5)
    countAll(crashing, 7)
    job.startedAt = Date.now()
    countAll(job, 19)
    born.startedAt = Date.now()
    countAll(born, 2)
    await Promise.all([restarting.scraped(), dying.scraped(), crashing.scraped()])
    dying.die()
    const reached = bookable(crashing)
    crashing.restart()
    countAll(crashing, 2)
    await discover([steady, restarting, crashing, born, job])
    await Promise.all([born.scraped(), job.scraped(), crashing.scraped()])
    job.die()
    await discover([steady, restarting, crashing, born])
    await Promise.all([gone(dying), gone(job)])
    countAll(steady, 1)
    await steady.scraped()
    const third = await scrape(store)
    expect((await readLedger(store)).sums).toEqual(truth(exporters, before))

    const at = Date.parse(third.watermark)
    const mesh = { clusterDomain: 'cluster.local', gateways: [GATEWAY], waypoints: [] }
    const tails = await ask(tailExpression(bookedSelectors(mesh), at - Date.parse(baseline.watermark)), at)
    const dead = [dying, job].flatMap(bookable)
    expect(
      tails
        .map(({ labels, value }) => `${labels.pod} ${labels.__name__} ${labels.destination_service} ${value}`)
        .sort(),
    ).toEqual(dead.sort())
    const names = BOOKED.map(({ name }) => name)
    const peaks = await ask(peakExpression(names, mesh, at - Date.parse(baseline.watermark)), at)
    expect(
      peaks
        .map(({ labels, value }) => `${labels.pod} ${labels[METRIC_LABEL]} ${labels.destination_service} ${value}`)
        .sort(),
    ).toEqual(reached.sort())
    expect(third.tails).toBe(dead.length)

    // Seen every 15 s, a restarted pod's first life may have been overlooked; no other start may be wrong.
    for (const { labels, value } of await ask(startsExpression(at - Date.parse(baseline.watermark)), at)) {
      const exporter = exporters.find((one) => one.pod.pod === labels.pod)
      if (exporter === undefined || exporter === restarting || exporter === crashing) continue
      expect(Math.abs(value * 1000 - exporter.startedAt)).toBeLessThan(2000)
    }

    // The dead add nothing more, however often they are asked for.
    countAll(born, 1)
    countAll(steady, 1)
    await Promise.all([born.scraped(), steady.scraped()])
    await scrape(store)
    const ledger = await readLedger(store)
    expect(ledger.sums).toEqual(truth(exporters, before))
    const counts = ledger.hours.map(({ coverage }) => coverage)
    const total = (count: 'deaths' | 'resets' | 'births' | 'baselineSeries' | 'skippedLines') =>
      counts.reduce((sum, coverage) => sum + coverage[count], 0)
    const booked = dead.length / 2
    expect(total('deaths')).toBe(2 * booked)
    expect(total('resets')).toBe(2 * booked)
    expect(total('births')).toBe(2 * booked + 2)
    expect(total('baselineSeries')).toBe(0)
    expect(total('skippedLines')).toBe(0)
  }, 60_000)

  test('a person who scraped at the same moments exports the same, the tails of the dead included', async () => {
    const from = isoHour(hourOf(startedAt))
    const to = isoHour(hourOf(Date.now()) + HOUR_MS)
    for (const step of ['hour', 'day', 'month']) {
      const csv = await wharfage('export', '--from', from, '--to', to, '--by', step, '--format', 'csv')
      const [header, ...records] = parseCsv(csv)
      const rows = records.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i]])))
      expect(sumRows(rows.map(measured))).toEqual(truth(exporters, before))
      expect(rows.map(({ provisional }) => provisional)).toContain('true')
    }
    expect(await wharfage('verify')).toMatch(/\n/)
  }, 60_000)
})

const howToo = promtool === null ? ' (no promtool beside prometheus; apt-get install prometheus lets this run)' : ''
const remembers = promtool === null ? describe.skip : describe
remembers(`a mesh that Prometheus remembers${howToo}`, () => {
  const STEP_MS = 15_000
  const end = Math.floor((Date.now() - STEP_MS) / STEP_MS) * STEP_MS
  const boundary = hourOf(end - 15 * MINUTE)
  let clock = boundary - 21 * MINUTE
  const now = () => (clock < end ? clock : Date.now())
  const exporter = (name: string, address: string, startedAt: number) =>
    new Exporter(pod(name, address), startedAt, now)

  const long = clock - HOUR_MS
  const steady = exporter('checkout-x2x7k', '10.2.0.1', long)
  const restarting = exporter('search-9zt4q', '10.2.0.2', long)
  const early = exporter('cart-b4b5n', '10.2.0.3', long)
  const late = exporter('cart-hh2d8', '10.2.0.4', long)
  const earlyJob = exporter('invoice-k7w2m', '10.2.0.5', boundary - 14 * MINUTE)
  const lateJob = exporter('invoice-p5s8r', '10.2.0.6', end - 9 * MINUTE)
  const exporters = [steady, restarting, early, late, earlyJob, lateJob]
  const lives = new Map<Exporter, { from: number; to: number }>([
    [steady, { from: 0, to: Infinity }],
    [restarting, { from: 0, to: Infinity }],
    [early, { from: 0, to: boundary - 12 * MINUTE }],
    [late, { from: 0, to: end - 7 * MINUTE }],
    [earlyJob, { from: boundary - 14 * MINUTE, to: boundary - 13 * MINUTE }],
    [lateJob, { from: end - 9 * MINUTE, to: end - 8 * MINUTE }],
  ])
  const bodies = new Map<number, Uint8Array>() // as /federate would have answered then
  const truths = new Map<number, Record<string, number>>()
  const longAgo = boundary - 20 * MINUTE
  const quiet = boundary - 5 * MINUTE
  const lately = end - 12 * MINUTE
  let running: RunningPrometheus | undefined

  /** Lives through the past, sampling as Prometheus does; gives it as OpenMetrics. */
  function liveThrough(): string {
    const lines: string[] = []
    for (; clock < end; clock += STEP_MS) {
      const alive = exporters.filter((one) => lives.get(one)!.from <= clock && clock <= lives.get(one)!.to)
      const restart = boundary - 11 * MINUTE
      if (clock === restart) restarting.restart()
      for (const one of alive) {
        const idle = one === restarting && clock > boundary - 15 * MINUTE && clock < restart
        const outgrown = one === restarting && clock === restart ? 1000 : 1
        // Nothing near the boundary, so that what belongs to either hour is certain.
        if (idle || (clock > boundary - 6 * MINUTE && clock < boundary + MINUTE)) continue
        one.count(STRIPE, { requests: 2 * outgrown, egressBytes: 1009 * outgrown, durationMs: 30 })
        one.count(PASSTHROUGH_TCP, { egressBytes: 70_001 * outgrown, ingressBytes: 3, connectionsClosed: 1 })
        one.count(BLOCKED_TCP, { connectionsClosed: 1 })
      }
      const sampled = alive.flatMap(sample)
      lines.push(...sampled.map(({ name, labels, value }) => `${name}${braces(labels)} ${value} ${clock / 1000}`))
      if (clock === longAgo || clock === lately) bodies.set(clock, federateBody(sampled, clock))
      if (clock === longAgo || clock === lately || clock === quiet) truths.set(clock, truth(exporters))
    }
    return `${lines.join('\n')}\n# EOF\n`
  }

  function sample(one: Exporter): ExposedSeries[] {
    const own = { job: 'pods', ...one.pod }
    const exposed = one.exposed().map((series) => ({ ...series, labels: { ...own, ...nonEmpty(series.labels) } }))
    return [...exposed, { name: 'up', labels: own, value: 1 }]
  }

  /** The target's Prometheus, which answered its first scrape then. */
  function answering(target: Target, then: number): ScrapeOptions {
    return { prometheus: { ...prometheusOf(target), federate: async () => bodies.get(then)! } }
  }

  beforeAll(async () => {
    const history = liveThrough()
    const targets = await Promise.all(
      [steady, restarting].map(async (one) => ({ targets: [await one.listen()], labels: one.pod })),
    )
    running = await startPrometheus({
      history,
      externalLabels: EXTERNAL_LABELS,
      scrapeConfigs: [{ job_name: 'pods', metrics_path: METRICS_PATH, static_configs: targets }],
    })
    await Promise.all([steady, restarting].map((one) => one.scraped()))
  }, 60_000)

  afterAll(async () => {
    await running?.stop()
    for (const one of [steady, restarting]) one.die()
  })

  test('a gap is replayed to the unit from raw samples: deaths, a job, a restart and the hour that closed in it', async () => {
    const target = targetAt(running!.url, { intervalSeconds: 300, prometheusIntervalSeconds: 15 })
    const store = memoryStore()
    await scrapeTarget(target, store, answering(target, longAgo))
    const { replayed, closedHours, warnings, watermark } = await scrapeTarget(target, store)
    expect(warnings).toEqual([])
    expect(replayed).toBe(Math.ceil((Date.parse(watermark) - longAgo) / (5 * MINUTE)) - 1)
    expect(closedHours).toBeGreaterThan(0)
    const { hours, sums } = await readLedger(store)
    expect(sums).toEqual(truth(exporters, truths.get(longAgo)))
    expect(hours[0]).toMatchObject({ start: boundary - HOUR_MS, closed: true })
    expect(sumRows(hours[0].rows)).toEqual(difference(truths.get(quiet)!, truths.get(longAgo)!))
    expect(hours[0].coverage).toMatchObject({ observedMs: 20 * MINUTE, resets: 7, assumedSeries: 0, baselineSeries: 0 })
  })

  test('the tails of a pod and of a job nobody saw are found and proved by their starts', async () => {
    const target = targetAt(running!.url, { intervalSeconds: 600, prometheusIntervalSeconds: 15 })
    const store = memoryStore()
    await scrapeTarget(target, store, answering(target, lately))
    const { replayed, tails, warnings, watermark } = await scrapeTarget(target, store)
    expect(warnings).toEqual([])
    expect({ replayed, tails }).toEqual({ replayed: 0, tails: 14 })
    const { hours, sums } = await readLedger(store)
    expect(sums).toEqual(truth(exporters, truths.get(lately)))
    const coverages = hours.map(({ coverage }) => coverage)
    expect(coverages.reduce((sum, { tailSeries }) => sum + tailSeries, 0)).toBe(14)
    expect(coverages.reduce((sum, { assumedSeries }) => sum + assumedSeries, 0)).toBe(0)

    const at = Date.parse(watermark)
    const starts = await prometheusOf(target).queryInstant(startsExpression(at - lately), at)
    const bySeconds = Object.fromEntries(starts.map(({ labels, value }) => [labels.pod, value]))
    expect(bySeconds).toEqual(
      Object.fromEntries([steady, restarting, late, lateJob].map((one) => [one.pod.pod, one.startedAt / 1000])),
    )
  })
})

/** What a scrape of now would see that can be booked: pod, metric, service and value. */
function bookable(exporter: Exporter): string[] {
  return exporter
    .exposed()
    .filter(({ name, labels }) => /(_total|_sum)$/.test(name) && labels.reporter === 'source')
    .filter(({ labels }) => ![IN_MESH.name, TO_GATEWAY.name].includes(labels.destination_service_name))
    .map(({ name, labels, value }) => `${exporter.pod.pod} ${name} ${labels.destination_service} ${value}`)
}

function federateBody(sampled: readonly ExposedSeries[], timeMs: number): Uint8Array {
  const external = new Map(Object.entries(EXTERNAL_LABELS))
  const lines = sampled.map(
    ({ name, labels, value }) =>
      `${formatSeries(name, new Map(Object.entries(labels)), external)} ${value} ${timeMs}\n`,
  )
  return Buffer.from(lines.sort().join(''))
}

function nonEmpty(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''))
}
