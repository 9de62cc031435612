/**
 * The whole pipe on the whole demo: two meshes, 36 days, every scrape over HTTP, every rollup, every page. What the proxies
 * really counted is known, so every figure is held against it.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type Amounts, zeroAmounts } from '#core/coverage.ts'
import { parseCsv } from '#core/csv.ts'
import { COUNTED, type Counted, DESTINATION_CLASSES, type DestinationClass, MEASURES } from '#core/flow.ts'
import type { DayReport, Totals } from '#core/report.ts'
import type { CostsReport } from '#core/reports/costs.ts'
import type { FindingsReport } from '#core/reports/findings.ts'
import { decodeRollup } from '#core/rollup.ts'
import { HOUR_MS, parseDate } from '#core/time.ts'
import { DEFAULT_SEED } from '../functions/demo/mesh.ts'
import { compareWithTruth, type DemoPlaces, demoPlaces, type MeshOutcome, runDemo } from '../functions/demo/run.ts'
import { loadSite, type Site } from '../functions/pages.ts'
import { buildSite } from '../functions/site-build.ts'
import { exportLedger } from '../functions/stage/export.ts'
import { publish } from '../functions/stage/publish.ts'
import { verifyLedger } from '../functions/stage/verify.ts'
import { folderStore } from '../functions/store/folder.ts'
import type { Store } from '../functions/store/store.ts'
import { chargedInTruth, costLines, expectedCostLines } from './demo-costs.ts'

let places: DemoPlaces
let outcomes: MeshOutcome[]
let store: Store
let site: Site
let days: DayReport[]

beforeAll(async () => {
  places = demoPlaces(mkdtempSync(join(tmpdir(), 'wharfage-demo-')))
  rmSync(places.folder, { recursive: true })
  const ran = await Promise.all([runDemo(places, { progress: () => {} }), buildSite(() => {})])
  outcomes = ran[0]
  store = folderStore(places.data, { durable: false })
  site = await loadSite()
  await publish(store, folderStore(places.site, { durable: false }), site, { title: 'Demo' })
  const dates = readdirSync(join(places.site, 'days')).sort()
  days = dates.map(
    (date) => JSON.parse(readFileSync(join(places.site, 'days', date, 'report.json'), 'utf8')) as DayReport,
  )
}, 600_000)

afterAll(() => rmSync(places.folder, { recursive: true, force: true }))

test('the ledger holds, to the unit, all that a reader of these Prometheus servers could have seen', () => {
  const wrong = compareWithTruth(outcomes)
    .split('\n')
    .slice(1, -1)
    .filter((line) => !line.endsWith(' 0'))
  expect(wrong).toEqual([])
  const requests = outcomes.map(({ booked }) => booked.registered.requests + booked.passthrough.requests)
  expect(Math.min(...requests)).toBeGreaterThan(10_000_000)
})

test('the same seed gives the same figures on every machine', async () => {
  const csv = await exportLedger(store, {
    from: parseDate('2026-10-17'),
    to: parseDate('2026-11-22'),
    by: 'day',
    format: 'csv',
  })
  expect(createHash('sha256').update(csv).digest('hex').slice(0, 16)).toBe('a8bc9ba9f58487b4')
})

test.each(DESTINATION_CLASSES)(
  'no figure of a day page is further from the truth than its coverage says: %s',
  (destinationClass) => {
    expect(days).toHaveLength(36)
    const far: string[] = []
    for (const day of days) {
      const truth = truthOfDay(day, destinationClass)
      const declared = declaredOf(day)
      const checks: [keyof Totals, Counted][] = [
        ['requests', 'requests'],
        ['connections', 'connectionsClosed'],
        ['egressBytes', 'egressBytes'],
        ['ingressBytes', 'ingressBytes'],
      ]
      for (const [name, measure] of checks) {
        const off = day.byClass[destinationClass][name] - truth[measure]
        // What died unseen can only be missing, what lies at midnight may be on either side.
        const allowedMore = declared.moved[measure]
        const allowedLess = declared.moved[measure] + declared.lost[measure]
        if (off > allowedMore || -off > allowedLess) {
          far.push(`${day.date} ${name}: ${off}, declared ${allowedMore} and ${declared.lost[measure]}`)
        }
      }
    }
    expect(far).toEqual([])
  },
)

/** What the proxies really counted that day. */
function truthOfDay(day: DayReport, destinationClass: DestinationClass): Amounts {
  const sum = zeroAmounts()
  const start = parseDate(day.date)
  for (const { truth } of outcomes) {
    for (let hour = start; hour < start + 24 * HOUR_MS; hour += HOUR_MS) {
      const amounts = truth.byHour.get(hour)?.[destinationClass]
      for (const measure of COUNTED) sum[measure] += amounts?.[measure] ?? 0
    }
  }
  return sum
}

/**
 * What coverage declares: amounts that may belong to a neighbouring day (moved), and amounts that nobody saw (lost). An
 * estimate of half an interval stands for at most a whole one; the first seconds lie before the baseline, the last ones
 * after the newest sample.
 */
function declaredOf(day: DayReport): { moved: Amounts; lost: Amounts } {
  const moved = zeroAmounts()
  const lost = zeroAmounts()
  for (const target of day.coverage) {
    for (const measure of COUNTED) {
      moved[measure] +=
        target.apportioned[measure] + target.late[measure] + target.spread[measure] + target.assumed[measure]
      lost[measure] += 2 * target.unseen[measure] + target.baseline[measure]
    }
  }
  for (const { truth } of outcomes) {
    for (const destinationClass of DESTINATION_CLASSES) {
      for (const measure of COUNTED) {
        if (day.provisional) lost[measure] += truth.pending[destinationClass][measure]
        if (day.previous === null) lost[measure] += beforeBaseline(day, destinationClass, measure)
      }
    }
  }
  return { moved, lost }
}

/** The first hour's coverage names a gap before the baseline; twice the hour's rate is ample for those seconds. */
function beforeBaseline(day: DayReport, destinationClass: DestinationClass, measure: Counted): number {
  const ofHour = outcomes.map(({ truth }) => truth.byHour.get(parseDate(day.date))?.[destinationClass][measure] ?? 0)
  const unobservedSeconds = day.hours[0].expectedSeconds - day.hours[0].observedSeconds
  return Math.ceil((2 * unobservedSeconds * ofHour.reduce((sum, amount) => sum + amount, 0)) / 3600)
}

test('every chain is whole, with the hours nobody observed counted apart', async () => {
  const verified = await verifyLedger(store)
  expect(verified.map(({ target, problems }) => [target, problems])).toEqual([
    ['prod-eu', []],
    ['prod-us', []],
  ])
  expect(verified.map(({ rollups, pendingRollups }) => rollups + pendingRollups)).toEqual([849, 849])
  expect(verified[0].gapHours).toBeGreaterThan(0)
})

test('the outage that only we saw was replayed, the one of Prometheus itself is a gap', () => {
  const gaps = days.flatMap(({ date, coverage }) =>
    coverage.flatMap(({ target, gaps: ofTarget }) =>
      ofTarget.map((gap) => ({ date, target, hours: (gap.to - gap.from) / HOUR_MS })),
    ),
  )
  const real = gaps.filter(({ hours }) => hours > 0.1)
  expect(real.map(({ target }) => target)).toEqual(['prod-eu'])
  expect(real[0].hours).toBeGreaterThan(2)
})

test('DuckDB reads every rollup with the sums and the metadata we read ourselves', async () => {
  const duckdb = await DuckDBInstance.create(':memory:')
  const connection = await duckdb.connect()
  const files = `${places.data}/rollups/*/*/*/rollup.parquet`
  const sums = MEASURES.map((measure) => `CAST(sum(${measure}) AS BIGINT) AS ${measure}`).join(', ')
  const read = await connection.runAndReadAll(`SELECT ${sums}, count(*) AS rows FROM read_parquet('${files}')`)
  const theirs = read.getRowObjects()[0]
  const metadata = await connection.runAndReadAll(
    `SELECT file_name, decode(key) AS key, decode(value) AS value FROM parquet_kv_metadata('${files}')`,
  )
  connection.closeSync()
  duckdb.closeSync()

  const ours = Object.fromEntries([...MEASURES, 'rows'].map((name) => [name, 0n]))
  const told = new Map(metadata.getRowObjects().map(({ file_name, key, value }) => [`${file_name} ${key}`, value]))
  for (const { key } of await store.list('rollups/')) {
    const rollup = await decodeRollup((await store.get(key))!.bytes, key)
    ours.rows += BigInt(rollup.rows.length)
    for (const row of rollup.rows) for (const measure of MEASURES) ours[measure] += BigInt(row[measure])
    expect(told.get(`${join(places.data, key)} number`)).toBe(String(rollup.number))
    expect(told.get(`${join(places.data, key)} previousSha256`)).toBe(rollup.previous?.sha256 ?? '')
    expect(told.get(`${join(places.data, key)} coverage`)).toBe(JSON.stringify(rollup.coverage))
  }
  expect(theirs).toEqual(ours)
})

test('the downloads of every day sum to its page', () => {
  for (const day of days) {
    const folder = join(places.site, 'days', day.date)
    const flows = table(readFileSync(join(folder, 'flows.csv'), 'utf8'))
    const hours = table(readFileSync(join(folder, 'hours.csv'), 'utf8'))
    for (const destinationClass of DESTINATION_CLASSES) {
      const { requests, connections, egressBytes, ingressBytes } = day.byClass[destinationClass]
      const of = flows.filter((row) => row.destinationClass === destinationClass)
      const sum = (rows: Record<string, string | null>[], column: string) =>
        rows.reduce((total, row) => total + Number(row[column] ?? 0), 0)
      expect([day.date, sum(of, 'requests'), sum(of, 'connectionsClosed')]).toEqual([day.date, requests, connections])
      expect([sum(of, 'egressBytes'), sum(of, 'ingressBytes')]).toEqual([egressBytes, ingressBytes])
      expect(sum(hours, `${destinationClass}Requests`)).toBe(requests)
      if (destinationClass !== 'blocked') expect(sum(hours, `${destinationClass}EgressBytes`)).toBe(egressBytes)
    }
  }
})

function table(csv: string): Record<string, string | null>[] {
  const [header, ...records] = parseCsv(csv)
  return records.map((record) => Object.fromEntries(record.map((cell, index) => [header[index] ?? '', cell])))
}

test('the stories can be read in the days', () => {
  const on = (date: string) => days.find((day) => day.date === date)!
  const rows = (date: string, host: string) => on(date).destinations.filter((row) => row.host === host)
  const classes = (date: string, host: string) => rows(date, host).map(({ destinationClass }) => destinationClass)
  // recipes/idgen calls httpbin.org freely, is dropped into the BlackHole, and is registered two days later
  const history = days
    .map(({ date }) => classes(date, 'httpbin.org').join('+'))
    .filter((text, index, all) => text !== all[index - 1])
  expect(history.join(' > ')).toMatch(/passthrough.*blocked.*registered/)
  // details-v2 reaches Google over TCP under the wildcard first, then as HTTP under the real name
  expect(
    days.some(({ date }) => rows(date, '*.googleapis.com').some(({ protocols }) => protocols.includes('tcp'))),
  ).toBe(true)
  expect(on('2026-11-19').responses.some(({ code, failed }) => code === '429' && failed)).toBe(true)
  // a hostile Host header is quarantined, and its raw text is in no row
  const quarantined = days.flatMap(({ coverage }) => coverage.flatMap(({ quarantinedHosts }) => quarantinedHosts))
  expect(quarantined.some(({ raw }) => raw.includes('<script>'))).toBe(true)
  expect(days.flatMap(({ destinations }) => destinations).filter(({ host }) => /[<>"]/.test(host))).toEqual([])
})

test('the findings are what the calendars and the declarations make true, and nothing else', () => {
  const { findings } = JSON.parse(
    readFileSync(join(places.site, 'compliance/findings/report.json'), 'utf8'),
  ) as FindingsReport
  const told = findings.map(({ state, rule, subject, first, last, days: on }) => {
    const { target, namespace, workload, host, declaration } = subject
    const about = [state, rule, target, namespace, workload, host, declaration].filter((part) => part !== '')
    return [...about, first, last, on].join(' ')
  })
  const truth = readFileSync(join(import.meta.dirname, 'demo-findings.txt'), 'utf8')
    .split('\n')
    .slice(1, -1)
  expect(told.sort()).toEqual(truth)
})

test('what it costs is what the calendars, the prices and the bill make true', () => {
  expect(costLines(places.site)).toEqual(expectedCostLines())
})

test('what is charged of October is what left, never more, and at most half a per cent less', () => {
  const costs: CostsReport = JSON.parse(readFileSync(join(places.site, 'costs', 'report.json'), 'utf8'))
  const [october] = costs.months
  for (const [kind, bytes] of Object.entries(chargedInTruth(DEFAULT_SEED, 1.02))) {
    const share = (october.byKind.find((row) => row.kind === kind)?.bytes ?? 0) / bytes
    expect(share).toBeLessThanOrEqual(1.00001)
    expect(share).toBeGreaterThan(0.995)
  }
})

test('publishing again renders nothing, and every day is in the table of its month and on the home page', async () => {
  const out = folderStore(places.site, { durable: false })
  const again = await publish(store, out, site, { title: 'Demo' })
  expect([again.rendered, again.files]).toEqual([[], 0])
  const recordsOf = (file: string) => parseCsv(readFileSync(join(places.site, file), 'utf8')).slice(1)
  expect(['months/2026-10/days.csv', 'months/2026-11/days.csv'].flatMap(recordsOf)).toHaveLength(36)
  expect(recordsOf('days.csv')).toHaveLength(35)
  const html = readFileSync(join(places.site, 'index.html'), 'utf8')
  for (const { date } of days.slice(-35)) expect(html).toContain(`days/${date}/`)
})
