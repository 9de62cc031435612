/** Publishing: what is rendered again and what is not, and that all of it can be made again byte for byte. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parseCsv } from '#core/csv.ts'
import { sha256 } from '#core/hash.ts'
import { digestKey, historyKey, publishedKey, rollupKey } from '#core/keys.ts'
import { decodePublished } from '#core/published.ts'
import type { Register } from '#core/register/register.ts'
import type { DayReport, PageReport } from '#core/report.ts'
import type { DayPageReport } from '#core/reports/day.ts'
import type { DestinationReport } from '#core/reports/destination.ts'
import type { DownloadsReport } from '#core/reports/downloads.ts'
import type { HomeReport } from '#core/reports/home.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '#core/time.ts'
import type { Site } from '../functions/pages.ts'
import { recordDeclaration } from '../functions/stage/declarations.ts'
import { type PublishSummary, publish } from '../functions/stage/publish.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { sealDays } from '../functions/stage/seal.ts'
import { folderStore } from '../functions/store/folder.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { faultyStore } from './faulty-store.ts'
import { encodeChain, flowRow, hourRecord, writeChain } from './flow-rows.ts'
import { FIRST, ledgerOf, sparseLedger, withTarget } from './published-ledger.ts'
import { contents, datesFrom, deadLinks, JsonSite, pageOf } from './published-site.ts'
import { entry } from './register-entries.ts'
import { httpSeries, simulatedPrometheus, upOf } from './simulated-prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

let folder: string
let site: JsonSite
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wharfage-publish-'))
  site = new JsonSite(folder)
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Publishes, and gives what is told in the log. */
const publishing = async (store: Store, out: Store, with_: Site = site, all = false) => {
  const { compliance: _, ...summary } = await publish(store, out, with_, { title: 'Egress', all })
  return summary satisfies Omit<PublishSummary, 'compliance'>
}

const report = (out: Store, date: string) => pageOf<DayReport>(out, `days/${date}/`)

/** The files of a day's pages. */
const dayFiles = (date: string) => [
  `days/${date}/destinations.csv`,
  `days/${date}/sources.csv`,
  `days/${date}/changes/changes.csv`,
  `days/${date}/changes/index.html`,
  `days/${date}/changes/report.json`,
  `days/${date}/flows.csv`,
  `days/${date}/graph/calls.csv`,
  `days/${date}/graph/index.html`,
  `days/${date}/graph/report.json`,
  `days/${date}/hours.csv`,
  `days/${date}/index.html`,
  `days/${date}/report.json`,
]
const dayPages = (date: string) => [`days/${date}/`, `days/${date}/changes/`, `days/${date}/graph/`]
const COMPLIANCE = ['', 'attestation/', 'findings/', 'readiness/', 'register/', 'residency/'].map(
  (page) => `compliance/${page}`,
)
const EMPTY_OVERVIEW = [
  '',
  'blocked/',
  ...COMPLIANCE,
  'costs/',
  'coverage/',
  'destinations/',
  'downloads/',
  'workloads/',
]
const OVERVIEW = [...EMPTY_OVERVIEW, 'downloads/2026-11/']
const ENTITIES = ['destinations/api.stripe.com/', 'workloads/mesh/shop/checkout-v1/']

test('a first publish writes the assets, then every page with its data and its CSV', async () => {
  const [store, out] = [await ledgerOf(2), memoryStore()]
  expect(await publishing(store, out)).toEqual({
    days: 2,
    rendered: [
      ...OVERVIEW,
      ...dayPages('2026-11-20'),
      ...dayPages('2026-11-21'),
      ...ENTITIES,
      'months/2026-11/',
    ].sort(),
    remaining: 0,
    files: 100, // 89, and the newer day's pages once more, when they had the older ones to link to
  })
  const page = (address: string, table: string) => [table, 'index.html', 'report.json'].map((file) => address + file)
  expect((await out.list('')).map(({ key }) => key)).toEqual(
    [
      '404.html',
      '_assets/style.1.css',
      ...page('', 'days.csv'),
      'months.csv',
      'findings.atom',
      'search.json',
      ...page('compliance/', 'days.csv'),
      ...page('compliance/attestation/', 'entries.csv'),
      'compliance/attestation/reviewers.csv',
      ...page('compliance/findings/', 'findings.csv'),
      'compliance/findings/opened.csv',
      ...page('compliance/readiness/', 'namespaces.csv'),
      'compliance/readiness/breaking.csv',
      'compliance/readiness/mesh/shop/scope.yaml',
      ...page('compliance/register/', 'register.csv'),
      'compliance/register/unregistered.csv',
      ...page('compliance/residency/', 'matrix.csv'),
      'compliance/residency/days.csv',
      ...page('blocked/', 'attempts.csv'),
      'costs/index.html',
      'costs/report.json',
      ...page('coverage/', 'coverage.csv'),
      ...dayFiles('2026-11-20'),
      ...dayFiles('2026-11-21'),
      ...page('destinations/', 'destinations.csv'),
      ...page('destinations/api.stripe.com/', 'callers.csv'),
      'destinations/api.stripe.com/history.csv',
      ...page('downloads/', 'files.csv'),
      ...page('downloads/2026-11/', 'files.csv'),
      'months/2026-11/destinations.csv',
      'months/2026-11/sources.csv',
      ...page('months/2026-11/', 'days.csv'),
      ...page('workloads/', 'workloads.csv'),
      ...page('workloads/mesh/shop/checkout-v1/', 'calls.csv'),
      'workloads/mesh/shop/checkout-v1/history.csv',
    ].sort(),
  )
  expect((await report(out, '2026-11-20')).byClass.registered.egressBytes).toBe(100 * ((23 * 24) / 2))
  expect(site.rendered.at(-1)).toBe('/')
})

test('when nothing has changed nothing is rendered or read again, and what is published stays as it is', async () => {
  const [store, out] = [await ledgerOf(2), memoryStore()]
  await publishing(store, out)
  const before = [await store.get(publishedKey), await contents(out)]
  site.rendered.length = 0
  const watched = faultyStore(store, () => 'none')
  expect(await publishing(watched, out)).toEqual({ days: 2, rendered: [], remaining: 0, files: 0 })
  expect(site.rendered).toEqual([])
  expect(watched.calls.map(({ method, key }) => `${method} ${key}`)).toEqual([
    `get ${publishedKey}`,
    'list checkpoints/',
    'list rollups/target=mesh/',
    'list seals/',
    'list declarations/',
    'list bills/',
  ])
  expect([await store.get(publishedKey), await contents(out)]).toEqual(before)
})

test('one more day renders that day, its neighbour that now links to it, who was met on it, and what looks at all days', async () => {
  const [store, out] = [await ledgerOf(3), memoryStore()]
  await publishing(store, out)
  await ledgerOf(4, store)
  site.rendered.length = 0
  const watched = faultyStore(store, () => 'none')
  expect((await publishing(watched, out)).rendered).toEqual(
    [...OVERVIEW, ...dayPages('2026-11-22'), ...dayPages('2026-11-23'), ...ENTITIES, 'months/2026-11/'].sort(),
  )
  // Each once: the new day could link to the older at once.
  expect(site.rendered).toHaveLength(new Set(site.rendered).size)
  const read = watched.calls.filter(({ method, key }) => method === 'get' && key.startsWith('rollups/'))
  expect(read.map(({ key }) => key).sort()).toEqual(
    Array.from({ length: 24 }, (_, hour) => rollupKey('mesh', FIRST + 3 * DAY_MS + hour * HOUR_MS)),
  )
  const links = await Promise.all(
    ['2026-11-20', '2026-11-22', '2026-11-23'].map(async (date) => {
      const { previous, next } = await report(out, date)
      return [previous, next]
    }),
  )
  expect(links).toEqual([
    [null, '2026-11-21'],
    ['2026-11-21', '2026-11-23'],
    ['2026-11-22', null],
  ])
})

test('a new target renders only the days since it began', async () => {
  const [store, out] = [await ledgerOf(3), memoryStore()]
  await publishing(store, out)
  await withTarget(store, 'other', { first: FIRST + 2 * DAY_MS, days: 1 })
  const { rendered } = await publishing(store, out)
  expect(rendered.filter((address) => address.startsWith('days/'))).toEqual(dayPages('2026-11-22'))
  expect(rendered).toContain('workloads/other/shop/checkout-v1/')
  const anew = memoryStore()
  await publishing(store, anew, site, true)
  expect(await contents(anew)).toEqual(await contents(out))
})

test('--all, another title or another build of the site renders every page again', async () => {
  const [store, out] = [await ledgerOf(2), memoryStore()]
  const { rendered } = await publishing(store, out)
  const before = await contents(out)
  expect((await publishing(store, out, site, true)).rendered).toEqual(rendered)
  expect(await contents(out)).toEqual(before)
  expect((await publish(store, out, site, { title: 'Another' })).rendered).toEqual(rendered)
  expect((await report(out, '2026-11-20')).title).toBe('Another')
  site.version = '2'
  expect((await publish(store, out, site, { title: 'Another' })).rendered).toEqual(rendered)
})

test('another title or build is rendered from digests, and only --all reads rollups again', async () => {
  const [store, out] = [await ledgerOf(2), memoryStore()]
  await publishing(store, out)
  const rollupsRead = async (all: boolean) => {
    const watched = faultyStore(store, () => 'none')
    await publish(watched, out, site, { title: 'Another', all })
    return watched.calls.filter(({ method, key }) => method === 'get' && key.startsWith('rollups/')).length
  }
  expect([await rollupsRead(false), await rollupsRead(true)]).toEqual([0, 48])
})

test('a file that was removed or altered by hand is made again, with its page', async () => {
  const store = await ledgerOf(2)
  const path = join(folder, 'site')
  const out = folderStore(path)
  await publishing(store, out)
  const before = await contents(out)
  for (const [file, page] of [
    ['index.html', ''],
    ['flows.csv', null],
    ['hours.csv', ''],
    ['report.json', ''],
    ['graph/index.html', 'graph/'],
    ['changes/changes.csv', 'changes/'],
  ] as const) {
    rmSync(join(path, 'days/2026-11-20', file))
    // The day beside it must not link to a page that is gone, and then to the one that is there again.
    const beside = page === null ? [] : [`days/2026-11-20/${page}`]
    expect((await publishing(store, out)).rendered).toEqual(expect.arrayContaining(beside))
    expect([file, await contents(out)]).toEqual([file, before])
    writeFileSync(join(path, 'days/2026-11-21', file), 'mine')
    const { rendered } = await publishing(store, out)
    expect(rendered).toEqual(page === null ? [] : [`days/2026-11-21/${page}`])
    expect(await contents(out)).toEqual(before)
    expect((await publishing(store, out)).files).toBe(0)
  }
  for (const key of ['days.csv', 'search.json', '404.html', 'months/2026-11/days.csv', `${ENTITIES[0]}index.html`]) {
    rmSync(join(path, key))
    await publishing(store, out)
    expect(await contents(out)).toEqual(before)
  }
})

test('a site in another place is whole, and so is the first one when it has its turn again', async () => {
  const store = await ledgerOf(1)
  const [one, two] = ['one', 'two'].map((name) => folderStore(join(folder, name)))
  await publishing(store, one)
  await ledgerOf(2, store)
  await publishing(store, two)
  await publishing(store, one)
  expect(await contents(one)).toEqual(await contents(two))
})

test('downloads are told with their rows, size and SHA-256', async () => {
  const [store, out] = [await ledgerOf(1), memoryStore()]
  await publishing(store, out)
  const { downloads } = await report(out, '2026-11-20')
  expect(downloads.map(({ file, rows }) => [file, rows])).toEqual([
    ['flows.csv', 1],
    ['hours.csv', 24],
    ['destinations.csv', 1],
    ['sources.csv', 1],
    ['report.json', 1],
  ])
  const pages = (await out.list('')).map(({ key }) => key).filter((key) => key.endsWith('index.html'))
  expect(pages).toHaveLength(20)
  for (const page of pages) {
    const address = page.slice(0, -'index.html'.length)
    const told = await pageOf<PageReport>(out, address)
    for (const { file, size, sha256: digest, rows } of told.downloads) {
      const { bytes } = (await out.get(address + file))!
      expect([address, file, bytes.length, sha256(bytes)]).toEqual([address, file, size, digest])
      const text = Buffer.from(bytes).toString()
      if (file.endsWith('.csv')) expect([address, parseCsv(text).length - 1]).toEqual([address, rows])
      // It cannot tell its own hash.
      else if (file.endsWith('.json')) {
        expect(JSON.parse(text)).toEqual({ ...told, downloads: told.downloads.slice(0, -1) })
      }
    }
  }
})

test('the page of a month tells every file of its days, every rollup in its chain, and has a copy of every seal', async () => {
  const [store, out] = [await ledgerOf(2), memoryStore()]
  await withTarget(store, 'mesh', { first: FIRST, days: 2 })
  await publishing(store, out)
  const told = () => pageOf<DownloadsReport>(out, 'downloads/2026-11/')
  expect((await told()).seals).toEqual([])
  const { sealed } = await sealDays(store, { now: () => FIRST + 2 * DAY_MS + 3 * HOUR_MS })
  expect(sealed).toEqual(['2026-11-20', '2026-11-21'])
  await withTarget(store, 'mesh', { first: FIRST, days: 3 })
  await publishing(store, out)
  const { days, chains, seals, months } = await told()
  expect([months, days.map(({ date }) => date)]).toEqual([['2026-11'], ['2026-11-22', '2026-11-21', '2026-11-20']])
  for (const { date, files } of days) {
    expect(files).toEqual((await report(out, date)).downloads)
    for (const { file, sha256: digest } of files) {
      expect(sha256((await out.get(`days/${date}/${file}`))!.bytes)).toBe(digest)
    }
  }
  const [{ target, links }] = chains
  expect([chains.length, target, links.length]).toEqual([1, 'mesh', 72])
  for (const [at, { key, number, sha256: digest, previous }] of links.entries()) {
    expect([number, sha256((await store.get(key))!.bytes)]).toEqual([at + 1, digest])
    const before = at === 0 ? null : { number: at, key: links[at - 1].key, sha256: links[at - 1].sha256 }
    expect(previous).toEqual(before)
  }
  expect(seals.map(({ date }) => date)).toEqual(['2026-11-20', '2026-11-21'])
  for (const { key, file, sha256: digest } of seals) {
    const copy = (await out.get(`downloads/2026-11/${file}`))!.bytes
    expect([copy, sha256(copy)]).toEqual([(await store.get(key))!.bytes, digest])
  }
  const anew = memoryStore()
  await publishing(store, anew, site, true)
  expect(await contents(anew)).toEqual(await contents(out))
})

test('of months that are over only the last changes when another begins', async () => {
  const first = Date.UTC(2026, 8, 15)
  const [store, out] = [await sparseLedger(46, first), memoryStore()] // through 30 October
  await publishing(store, out)
  await sparseLedger(48, first, store) // through 1 November
  const { rendered } = await publishing(store, out)
  expect(rendered.filter((address) => /^(downloads|months)/.test(address))).toEqual([
    'downloads/',
    'downloads/2026-10/',
    'downloads/2026-11/',
    'months/2026-10/',
    'months/2026-11/',
  ])
  expect((await pageOf<DownloadsReport>(out, 'downloads/')).months).toEqual(['2026-11', '2026-10', '2026-09'])
  expect(await deadLinks(out)).toEqual([])
  const anew = memoryStore()
  await publishing(store, anew, site, true)
  expect(await contents(anew)).toEqual(await contents(out))
})

test('a site made anew has the bytes of one that grew day by day', async () => {
  const [grown, store] = [memoryStore(), await ledgerOf(1)]
  for (let days = 1; days <= 4; days++) {
    await ledgerOf(days, store)
    await publishing(store, grown)
  }
  const [anew, whole] = [memoryStore(), await ledgerOf(4)]
  await publishing(whole, anew)
  expect(await contents(anew)).toEqual(await contents(grown))
  for (const key of [historyKey, digestKey('2026-11-20'), digestKey('2026-11-23')]) {
    expect([key, (await store.get(key))?.bytes]).toEqual([key, (await whole.get(key))?.bytes])
  }
})

test('the day of an open hour is rendered after each scrape and marked provisional until it is closed', async () => {
  const [store, out] = [memoryStore(), memoryStore()]
  const counter = (time: number) => (time - FIRST) / 100
  const prometheus = simulatedPrometheus([
    upOf('checkout-1', 0, Infinity),
    httpSeries('istio_request_bytes_sum', 'checkout-1', { from: 0, to: Infinity }, counter),
  ])
  const scrape = async (minute: number) => {
    prometheus.now = FIRST + minute * MINUTE_MS
    await scrapeTarget(simulatedTarget({ tails: false }), store, { prometheus, now: () => prometheus.now })
  }
  const daysAfter = async (minute: number) => {
    await scrape(minute)
    const { rendered } = await publishing(store, out)
    return rendered.filter((address) => /^days\/[^/]+\/$/.test(address))
  }
  expect(await daysAfter(0)).toEqual([])
  expect(await daysAfter(10)).toEqual(['days/2026-11-20/'])
  expect(await report(out, '2026-11-20')).toMatchObject({
    provisional: true,
    byClass: { registered: { egressBytes: 6000 } },
  })
  // Of who is met for the first time its page tells what there is.
  const address = (await out.list('destinations/'))
    .map(({ key }) => key)
    .find((key) => /^destinations\/[^/]+\/i/.test(key))!
  const destination = () => pageOf<DestinationReport>(out, address.slice(0, -'index.html'.length))
  expect(await destination()).toMatchObject({
    provisional: true,
    lastDay: { byClass: { registered: { egressBytes: 6000 } } },
  })
  expect(await daysAfter(20)).toEqual(['days/2026-11-20/'])
  expect(await destination()).toMatchObject({ lastDay: { byClass: { registered: { egressBytes: 12_000 } } } })
  expect(await store.get(digestKey('2026-11-20'))).toBeNull()
  for (let minute = 30; minute < 24 * 60 + 10; minute += 10) await scrape(minute)
  expect(await daysAfter(24 * 60 + 10)).toEqual(['days/2026-11-20/', 'days/2026-11-21/'])
  expect(await report(out, '2026-11-20')).toMatchObject({
    provisional: false,
    observation: 'observed',
    byClass: { registered: { egressBytes: 864_000 } },
  })
  expect(await store.get(digestKey('2026-11-20'))).not.toBeNull()
  expect(await destination()).toMatchObject({ provisional: false, last: '2026-11-20' })
  // The last hour's rollup is written one scrape after it was closed; the day's page is the same, and so is who was met.
  expect(await daysAfter(24 * 60 + 20)).toEqual(['days/2026-11-21/'])
  expect(await destination()).toMatchObject({ provisional: false, last: '2026-11-20' })
  expect(await deadLinks(out)).toEqual([])
})

test('a target that stopped is waited for one day, rendered no more, and opens its days again when it goes on', async () => {
  const [store, out] = [memoryStore(), memoryStore()]
  const counter = (time: number) => (time - FIRST) / 100
  const prometheus = simulatedPrometheus([
    upOf('checkout-1', 0, Infinity),
    httpSeries('istio_request_bytes_sum', 'checkout-1', { from: 0, to: Infinity }, counter),
  ])
  const scrape = async (minute: number, ...names: string[]) => {
    prometheus.now = FIRST + minute * MINUTE_MS
    for (const name of names) {
      await scrapeTarget(simulatedTarget({ name, tails: false }), store, { prometheus, now: () => prometheus.now })
    }
  }
  const daysRendered = async () =>
    (await publishing(store, out)).rendered
      .filter((address) => /^days\/[^/]+\/$/.test(address))
      .map((at) => at.slice(5, 15))
  const asAnew = async () => {
    const anew = memoryStore()
    await publish(store, anew, site, { title: 'Egress', all: true })
    expect(await contents(anew)).toEqual(await contents(out))
  }
  for (const minute of [0, 10]) await scrape(minute, 'going', 'stopped')
  const day = 24 * 60
  await scrape(day + 30, 'going')
  expect(await daysRendered()).toEqual(['2026-11-20', '2026-11-21'])
  expect(await report(out, '2026-11-20')).toMatchObject({ provisional: true })
  await scrape(3 * day + 30, 'going')
  expect(await daysRendered()).toEqual(['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'])
  expect(await report(out, '2026-11-20')).toMatchObject({ provisional: false, complete: false })
  expect(await report(out, '2026-11-22')).toMatchObject({ provisional: true })
  await scrape(3 * day + 40, 'going')
  expect(await daysRendered()).toEqual(['2026-11-23'])
  await asAnew()
  // Its gap is spread over the hours that were held open for it.
  for (const minute of [3 * day + 50, 3 * day + 60]) await scrape(minute, 'going', 'stopped')
  expect(await daysRendered()).toEqual(['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'])
  await asAnew()
})

test('days between two targets’ ledgers have pages that say there is no data', async () => {
  const [store, out] = [await ledgerOf(1), memoryStore()]
  await writeChain(store, encodeChain([hourRecord('other', FIRST + 2 * DAY_MS, [flowRow({ requests: 1 })])]))
  expect((await publishing(store, out)).days).toBe(3)
  expect((await report(out, '2026-11-21')).observation).toBe('none')
  expect(await deadLinks(out)).toEqual([])
})

test('an empty ledger has no days, and every page that each page leads to', async () => {
  const out = memoryStore()
  expect(await publishing(memoryStore(), out)).toMatchObject({
    days: 0,
    rendered: EMPTY_OVERVIEW,
  })
  expect(await pageOf<HomeReport>(out, '')).toMatchObject({ latest: null, days: [] })
  expect(await pageOf<DownloadsReport>(out, 'downloads/')).toMatchObject({ month: '', months: [], days: [] })
  expect([await deadLinks(out), await out.get('search.json')]).toEqual([[], expect.anything()])
})

test('a new target may have any name that a target can have', async () => {
  const [store, out] = [await ledgerOf(2), memoryStore()]
  await publishing(store, out)
  await withTarget(store, 'constructor', { first: FIRST + DAY_MS, days: 1 })
  expect((await publishing(store, out)).rendered).toContain('workloads/constructor/shop/checkout-v1/')
})

test('a history that is lost is written again at once, and not only when the next day is closed', async () => {
  const [store, out] = [await sparseLedger(3), memoryStore()]
  await publishing(store, out)
  const right = (await store.get(historyKey))!.bytes
  await store.put(historyKey, Buffer.from(''), 'always')
  await writeChain(store, encodeChain([hourRecord('mesh', FIRST + 2 * DAY_MS + HOUR_MS, [])]))
  await publishing(store, out)
  expect((await store.get(historyKey))!.bytes).toEqual(right)
})

test('a publish that is cut off when all days are read anew leaves no history of what they were before', async () => {
  const [store, out] = [await sparseLedger(21), memoryStore()]
  await publishing(store, out)
  await withTarget(store, 'other', { first: FIRST + 5 * DAY_MS, days: 15 })
  const cutOff = faultyStore(store, ({ method, key }) =>
    method === 'put' && key === historyKey ? 'crash before' : 'none',
  )
  await expect(publishing(cutOff, out)).rejects.toThrow()
  await publishing(store, out)
  const anew = memoryStore()
  await publishing(store, anew, site, true)
  expect(await contents(out)).toEqual(await contents(anew))
})

test('a digest or a history that is lost, damaged or another’s is made again, and no page changes', async () => {
  const other = await ledgerOf(3)
  await publishing(other, memoryStore())
  const elsewhere = (await other.get(digestKey('2026-11-22')))!.bytes
  for (const bytes of [Buffer.from(''), Buffer.from('{}'), elsewhere]) {
    for (const key of [digestKey('2026-11-20'), historyKey]) {
      const [store, out] = [await ledgerOf(2), memoryStore()]
      await publishing(store, out)
      const right = (await store.get(key))!.bytes
      await store.put(key, bytes, 'always')
      await ledgerOf(3, store)
      const { rendered } = await publishing(store, out)
      expect(rendered).not.toContain('days/2026-11-20/')
      const alone = memoryStore()
      await publishing(await ledgerOf(3), alone)
      expect(await contents(out)).toEqual(await contents(alone))
      if (key !== historyKey) expect((await store.get(key))!.bytes).toEqual(right)
    }
  }
})

test('a day that cannot be read keeps no other from its pages, is named, and is taken in when it can be read again', async () => {
  const [store, out] = [await sparseLedger(5), memoryStore()]
  const key = rollupKey('mesh', FIRST + 2 * DAY_MS)
  const right = (await store.get(key))!.bytes
  await store.put(key, Buffer.from('PAR1'), 'always')
  await expect(publishing(store, out)).rejects.toThrow(/^publish: days\/2026-11-22\/ cannot be made: .*rollup/)
  const days = (await out.list('days/')).flatMap(({ key: of }) => /^days\/([^/]+)\/index.html$/.exec(of)?.[1] ?? [])
  expect(days).toEqual(['2026-11-20', '2026-11-21', '2026-11-23', '2026-11-24'])
  expect([await deadLinks(out), await out.get('index.html')]).toEqual([[], null])
  // Its sums would lack the day without a sign of it.
  expect(await out.get('months/2026-11/index.html')).toBeNull()
  await store.put(key, right, 'always')
  await publishing(store, out)
  const alone = memoryStore()
  await publishing(await sparseLedger(5), alone)
  expect(await contents(out)).toEqual(await contents(alone))
})

test('while a day that has a page cannot be read again, no page sums over the days without it', async () => {
  const [store, out] = [await sparseLedger(5), memoryStore()]
  await publishing(store, out)
  const key = rollupKey('mesh', FIRST + 4 * DAY_MS)
  await store.put(key, Buffer.from('PAR1'), 'always')
  await sparseLedger(7, FIRST, store)
  await expect(publishing(store, out)).rejects.toThrow('days/2026-11-24/ cannot be made')
  const summed = async (address: string) => (await pageOf<HomeReport>(out, address)).days.map(({ date }) => date)
  expect([await summed(''), await summed('months/2026-11/')]).toEqual([datesFrom(FIRST, 5), datesFrom(FIRST, 5)])
})

test('what was made while a day could not be read is put right once it can be, though no day is otherwise', async () => {
  const [store, out] = [await ledgerOf(5), memoryStore()]
  await publishing(store, out)
  const right = await contents(out)
  const key = rollupKey('mesh', FIRST + 2 * DAY_MS)
  const { bytes } = (await store.get(key))!
  await store.put(key, Buffer.from('PAR1'), 'always')
  await expect(publishing(store, out, site, true)).rejects.toThrow('days/2026-11-22/ cannot be made')
  expect(await pageOf<DestinationReport>(out, ENTITIES[0])).toMatchObject({ last: '2026-11-21' })
  await store.put(key, bytes, 'always')
  await publishing(store, out)
  expect(await contents(out)).toEqual(right)
})

test('what a publish costs does not grow with the number of past days', async () => {
  const asked = async (days: number) => {
    const [store, out] = [await sparseLedger(days, FIRST - days * DAY_MS), memoryStore()]
    await publishing(store, out)
    await sparseLedger(days + 1, FIRST - days * DAY_MS, store)
    const [ledger, pages] = [faultyStore(store, () => 'none'), faultyStore(out, () => 'none')]
    const { files } = await publishing(ledger, pages)
    return [files, ledger.calls.length, pages.calls.length]
  }
  expect(await asked(100)).toEqual(await asked(64))
})

test('of months that are over one is looked at each hour, and what is missing in it is made again', async () => {
  const first = FIRST - 90 * DAY_MS
  const [store, out] = [await sparseLedger(90, first), memoryStore()]
  await publishing(store, out)
  const right = await contents(out)
  const gone = 'days/2026-09-17/hours.csv'
  const without: Store = {
    ...out,
    get: async (key) => (key === gone ? null : out.get(key)),
    list: async (...given) => (await out.list(...given)).filter(({ key }) => key !== gone),
  }
  const made: string[][] = []
  for (let hour = 1; hour <= 3; hour++) {
    await writeChain(store, encodeChain([hourRecord('mesh', first + 89 * DAY_MS + hour * HOUR_MS, [])]))
    const { rendered } = await publishing(store, without)
    made.push(rendered.filter((address) => address.startsWith('days/2026-09')))
  }
  expect(made.flat()).toEqual(['days/2026-09-17/'])
  expect((await contents(out))[gone]).toBe(right[gone])
})

test('of two publishes at once the second says so, and the next one puts right what it wrote over the first', async () => {
  const [store, out] = [await ledgerOf(1), memoryStore()]
  const [asked, wake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const slow: Site = {
    version: site.version,
    assets: () => site.assets(),
    render: async (path, of) => {
      asked.resolve()
      await wake.promise
      return site.render(path, of)
    },
  }
  const older = publishing(store, out, slow)
  await asked.promise
  await ledgerOf(2, store)
  await publishing(store, out)
  const newer = await contents(out)
  wake.resolve()
  await expect(older).rejects.toThrow('publish: another publish ran at the same time; run it once more')
  expect(await contents(out)).not.toEqual(newer)
  await publishing(store, out)
  expect(await contents(out)).toEqual(newer)
  const alone = memoryStore()
  await publishing(await ledgerOf(2), alone)
  expect(newer).toEqual(await contents(alone))
})

test('however two publishes overlap while the ledger grows, the next one leaves what one alone would have', async () => {
  const alone = memoryStore()
  await publishing(await sparseLedger(4), alone)
  let refused = 0
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, hasRecord) => {
      const [store, out] = [await sparseLedger(2), memoryStore()]
      if (hasRecord) await publishing(store, out)
      const late = <T>(label: string, act: () => Promise<T>) => scheduler.schedule(Promise.resolve(), label).then(act)
      const slowly = (inner: Store): Store => ({
        get: (key) => late(`get ${key}`, () => inner.get(key)),
        head: (key) => late(`head ${key}`, () => inner.head(key)),
        put: (...given) => late(`put ${given[0]}`, () => inner.put(...given)),
        list: (...given) => late(`list ${given[0]}`, () => inner.list(...given)),
      })
      const run = () => publishing(slowly(store), slowly(out)).catch(() => refused++)
      const growing = late('grow', () => sparseLedger(4, FIRST, store))
      await scheduler.waitFor(Promise.all([run(), growing, run()]))
      await publishing(store, out)
      expect(await contents(out)).toEqual(await contents(alone))
      expect(await deadLinks(out)).toEqual([])
    }),
    { numRuns: 30 },
  )
  expect(refused).toBeGreaterThan(5)
})

/** A site in which some pages cannot be rendered. */
function failingSite(fails: (path: string) => boolean): Site {
  return {
    version: site.version,
    assets: () => site.assets(),
    render: async (path, of) => {
      if (fails(path)) throw new Error(`pages: ${path} rendered with status 500`)
      return site.render(path, of)
    },
  }
}

/** True from the given time of asking on. */
function after(times: number): () => boolean {
  let asked = 0
  return () => ++asked > times
}

test('a publish out of time keeps what it has, links to nothing that is not there, and is gone on with', async () => {
  const alone = memoryStore()
  const { rendered } = await publishing(await sparseLedger(7), alone)
  for (let times = 0; times <= 60; times += 3) {
    const [store, out] = [await sparseLedger(7), memoryStore()]
    const first = await publish(store, out, site, { title: 'Egress', outOfTime: after(times) })
    expect(await deadLinks(out)).toEqual([])
    // Sums over days whose pages are still to come would be wrong without a sign of it: no home page, then.
    if (first.remaining > 0 && first.rendered.length < rendered.length) expect(first.rendered).not.toContain('')
    const days = first.rendered.filter((address) => /^days\/[^/]+\/$/.test(address))
    if (days.length > 0) expect(days.at(-1)).toBe('days/2026-11-26/')
    const second = await publishing(store, out)
    expect([second.remaining, await deadLinks(out)]).toEqual([0, []])
    expect(await contents(out)).toEqual(await contents(alone))
    expect((await publishing(store, out)).files).toBe(0)
  }
})

test('a publish that is always out of time ends all the same, a little at a time', async () => {
  const [store, out] = [await sparseLedger(9), memoryStore()]
  let runs = 0
  for (let left = 1; left > 0 && runs < 50; runs++) {
    left = (await publish(store, out, site, { title: 'Egress', outOfTime: after(6) })).remaining
    expect(await deadLinks(out)).toEqual([])
  }
  expect(runs).toBeLessThan(30)
  expect(await out.get('index.html')).not.toBeNull()
})

test('while a new build takes several publishes, the home page shows all days, each with its page’s figures', async () => {
  const [store, out] = [await sparseLedger(5), memoryStore()]
  await publishing(store, out)
  site.version = '2'
  const summary = await publish(store, out, site, { title: 'Egress', outOfTime: after(8) })
  expect(summary.remaining).toBeGreaterThan(5)
  expect(summary.rendered).toEqual(expect.arrayContaining(['', 'days/2026-11-24/']))
  expect(summary.rendered).not.toContain('days/2026-11-20/')
  const home = await pageOf<HomeReport>(out, '')
  expect(home.days.map(({ byClass }) => byClass.registered.egressBytes)).toEqual([100, 200, 300, 400, 500])
  expect(await publishing(store, out)).toMatchObject({ remaining: 0 })
  expect(await publishing(store, out)).toMatchObject({ files: 0 })
})

test('what is read and rendered is recorded on the way: a publish that is killed loses no more than the last twenty days', async () => {
  const [store, out] = [await sparseLedger(45), memoryStore()]
  const last = 'days/2026-11-21/index.html'
  const killed = faultyStore(out, ({ key, method }) => (method === 'put' && key === last ? 'crash before' : 'none'))
  const killedStore = faultyStore(store, ({ method, key }) =>
    method === 'put' && key === publishedKey && killed.calls.some((call) => call.key === last)
      ? 'crash before'
      : 'none',
  )
  await expect(publishing(killedStore, killed)).rejects.toThrow()
  const { pages } = decodePublished((await store.get(publishedKey))!.bytes)
  const kept = Object.keys(pages).flatMap((address) => /^days\/([^/]+)\/$/.exec(address)?.[1] ?? [])
  expect(kept).toEqual(datesFrom(FIRST + 5 * DAY_MS, 40))
  const watched = faultyStore(store, () => 'none')
  await publishing(watched, out)
  const read = watched.calls.filter(({ method, key }) => method === 'get' && key.startsWith('rollups/'))
  expect(read).toHaveLength(1) // of the open day
  const alone = memoryStore()
  await publishing(await sparseLedger(45), alone)
  expect(await contents(out)).toEqual(await contents(alone))
})

test('wherever a publish is cut off, no page ever links to one that is not there, and one more publish puts all right', async () => {
  const alone = memoryStore()
  await publishing(await sparseLedger(3), alone)
  const right = await contents(alone)
  const cutOff = async (begun: number, fault: 'crash before' | 'crash after', at: number): Promise<boolean> => {
    const [store, out] = [await sparseLedger(begun), memoryStore()]
    if (begun > 0) await publishing(store, out)
    await sparseLedger(3, FIRST, store)
    let calls = 0
    const plan = () => (calls++ === at ? fault : calls > at + 1 ? 'crash before' : 'none')
    const cut = faultyStore(out, plan)
    const watched: Store = {
      ...cut,
      put: async (...given) => {
        const result = await cut.put(...given)
        // Nothing is ever removed, so that only a page that is written can link to what is not there.
        expect(await deadLinks(out, given[0])).toEqual([])
        return result
      },
    }
    await publishing(faultyStore(store, plan), watched).catch(() => {})
    expect(await deadLinks(out)).toEqual([])
    await publishing(store, out)
    expect([at, await contents(out)]).toEqual([at, right])
    return calls > at
  }
  for (const begun of [0, 2]) {
    let at = 0
    while (await cutOff(begun, 'crash before', at)) at++
    expect(at).toBeGreaterThan(40)
    for (; at >= 0; at -= 3) await cutOff(begun, 'crash after', at)
  }
}, 120_000)

test('a page that cannot be rendered keeps no other from it, is named, and leaves its old page and no dead link', async () => {
  const [store, out] = [await sparseLedger(4), memoryStore()]
  const failing = failingSite((path) => path === '/days/2026-11-21/')
  const sentence = 'publish: days/2026-11-21/ cannot be made: pages: /days/2026-11-21/ rendered with status 500'
  await expect(publishing(store, out, failing)).rejects.toThrow(sentence)
  const { pages } = decodePublished((await store.get(publishedKey))!.bytes)
  expect(Object.keys(pages).filter((address) => /^days\/[^/]+\/$/.test(address))).toEqual(
    ['2026-11-20', '2026-11-22', '2026-11-23'].map((date) => `days/${date}/`),
  )
  expect([await deadLinks(out), await out.get('index.html')]).toEqual([[], null])
  await publishing(store, out)
  const alone = memoryStore()
  await publishing(await sparseLedger(4), alone)
  expect(await contents(out)).toEqual(await contents(alone))
  site.version = '2'
  const again = failingSite((path) => path === '/days/2026-11-21/')
  await expect(publishing(store, out, again)).rejects.toThrow(sentence)
  const versionOf = async (key: string) => JSON.parse(Buffer.from((await out.get(key))!.bytes).toString()).version
  expect(await Promise.all(['2026-11-20', '2026-11-21'].map((date) => versionOf(`days/${date}/index.html`)))).toEqual([
    '2',
    '1',
  ])
  expect(await versionOf('index.html')).toBe('2')
})

test('when page after page cannot be rendered it is given up', async () => {
  const [store, out] = [await sparseLedger(30), memoryStore()]
  let asked = 0
  const failing = failingSite((path) => path.startsWith('/days/') && ++asked > 0)
  await expect(publishing(store, out, failing)).rejects.toThrow(
    /^publish: days\/2026-.* cannot be made \(and \d more\): /,
  )
  expect(asked).toBeLessThan(10)
})

test('the bytes are the same however slowly and in whatever order the ledger answers', async () => {
  const alone = memoryStore()
  const ledger = await sparseLedger(5)
  await publishing(ledger, alone)
  const record = (await ledger.get(publishedKey))!.bytes
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const [store, out] = [await sparseLedger(5), memoryStore()]
      const slow: Store = {
        ...store,
        get: (key) => scheduler.schedule(Promise.resolve(), key).then(() => store.get(key)),
      }
      const slowOut: Store = {
        ...out,
        put: (...given) => scheduler.schedule(Promise.resolve(), given[0]).then(() => out.put(...given)),
      }
      await scheduler.waitFor(publishing(slow, slowOut))
      expect(await contents(out)).toEqual(await contents(alone))
      expect(Object.keys(decodePublished((await store.get(publishedKey))!.bytes).pages)).toEqual(
        Object.keys(decodePublished(record).pages),
      )
    }),
    { numRuns: 10 },
  )
})

test('assets are written once: again only when they are gone, altered, or not immutable and of another build', async () => {
  const [store, out] = [await ledgerOf(1), memoryStore()]
  const written: string[] = []
  const watched: Store = {
    ...out,
    put: (...given) => {
      written.push(given[0])
      return out.put(...given)
    },
  }
  const assetsWritten = async () => {
    written.length = 0
    await publishing(store, watched)
    return written.filter((key) => key.startsWith('_assets/') || key === '404.html').sort()
  }
  expect(await assetsWritten()).toEqual(['404.html', '_assets/style.1.css'])
  expect(await assetsWritten()).toEqual([])
  await out.put('_assets/style.1.css', Buffer.from('mine'), 'always')
  expect(await assetsWritten()).toEqual(['_assets/style.1.css'])
  await out.put('404.html', Buffer.from('mine'), 'always')
  expect(await assetsWritten()).toEqual(['404.html'])
  site.version = '2'
  expect(await assetsWritten()).toEqual(['404.html'])
})

test('of two publishes at once the second stops at the first record it cannot save', async () => {
  const [store, out] = [await sparseLedger(60), memoryStore()]
  const pages = new Set<string>()
  const overtaken: Site = {
    version: site.version,
    assets: () => site.assets(),
    render: async (path, of) => {
      if (pages.add(path).size === 1) await publishing(store, out)
      return site.render(path, of)
    },
  }
  await expect(publishing(store, out, overtaken)).rejects.toThrow('publish: another publish ran at the same time')
  expect(pages.size).toBeLessThan(80)
})

test('what was published is forgotten when its record cannot be read, and everything is made again', async () => {
  const [whole, out] = [await ledgerOf(1), memoryStore()]
  const { rendered } = await publishing(whole, out)
  const record = JSON.parse(Buffer.from((await whole.get(publishedKey))!.bytes).toString())
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    JSON.stringify({ ...record, schema: 3 }),
    JSON.stringify({ ...record, history: undefined }),
    JSON.stringify({ ...record, targets: { mesh: { firstHour: 0 } } }),
    JSON.stringify({ ...record, targets: { mesh: { firstHour: 0, listFrom: -1 } } }),
    JSON.stringify({ ...record, pages: [] }),
    JSON.stringify({ ...record, pages: { ...record.pages, '': {} } }),
    JSON.stringify({ ...record, pages: { ...record.pages, '': { frame: '', report: '', files: { a: 7 } } } }),
  ]) {
    const [store, anew] = [await ledgerOf(1), memoryStore()]
    await store.put(publishedKey, Buffer.from(text), 'absent')
    expect([text.slice(0, 40), (await publishing(store, anew)).rendered]).toEqual([text.slice(0, 40), rendered])
    expect(await contents(anew)).toEqual(await contents(out))
  }
})

test('progress is told of days read and of pages rendered', async () => {
  const told: string[] = []
  const progress = (what: string, done: number, of: number) => told.push(`${what} ${done}/${of}`)
  const { rendered } = await publish(await ledgerOf(3), memoryStore(), site, { title: 'Egress', progress })
  expect(told.slice(0, 3)).toEqual(['read 1/3', 'read 2/3', 'read 3/3'])
  expect(told.at(-1)).toBe(`rendered ${rendered.length}/${rendered.length}`)
})

// What was declared.

const approving = (approvedBy: string): Register => ({
  entries: [entry({ approvedBy })],
  residency: [],
})
const approvedOn = async (out: Store, date: string) => {
  const { day } = (await pageOf<DayPageReport>(out, `days/${date}/`)).compliance ?? {}
  return Object.entries(day?.byApproval ?? {}).flatMap(([state, { egressBytes }]) => (egressBytes > 0 ? [state] : []))
}

test('a day is judged by what was declared on it, and what is declared later touches no page of the days before', async () => {
  const [store, out] = [await ledgerOf(4), memoryStore()]
  await recordDeclaration(store, { kind: 'register', content: approving(''), from: '2026-11-20' })
  await publishing(store, out)
  await recordDeclaration(store, { kind: 'register', content: approving('Dana'), from: '2026-11-22' })
  const { rendered } = await publishing(store, out)
  const days = ['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23']
  expect(await Promise.all(days.map((date) => approvedOn(out, date)))).toEqual([
    ...[['unapproved'], ['unapproved'], ['approved'], ['approved']],
  ])
  expect(rendered.filter((address) => /^days\/[\d-]+\/$/.test(address))).toEqual([
    'days/2026-11-22/',
    'days/2026-11-23/',
  ])
  expect(rendered).toContain('compliance/register/')
})

test('what is declared for a past day judges that day and those after it anew, as a first publish would have', async () => {
  const [store, out] = [await ledgerOf(4), memoryStore()]
  await recordDeclaration(store, { kind: 'register', content: approving(''), from: '2026-11-20' })
  await publishing(store, out)
  const past = { kind: 'register' as const, content: approving('Dana'), from: '2026-11-21' }
  await recordDeclaration(store, past, () => Date.UTC(2030, 0))
  await publishing(store, out)
  const anew = memoryStore()
  await store.put(publishedKey, Buffer.from('{}'), 'always')
  await publishing(store, anew)
  expect(await approvedOn(out, '2026-11-21')).toEqual(['approved'])
  expect(await contents(out)).toEqual(await contents(anew))
})

test('a publish that runs out of time while days are judged goes on where it stopped', async () => {
  const [store, out] = [await ledgerOf(5), memoryStore()]
  let asked = 0
  const cut = await publish(store, out, site, { title: 'Egress', outOfTime: () => ++asked > 6 })
  expect(cut.remaining).toBeGreaterThan(0)
  await publishing(store, out)
  const whole = memoryStore()
  await publishing(await ledgerOf(5), whole)
  expect(await contents(out)).toEqual(await contents(whole))
})

test('a publish that has no time to read closed days does not read them as if they were open', async () => {
  const [store, out] = [await ledgerOf(3), memoryStore()]
  const { remaining } = await publish(store, out, site, { title: 'Egress', outOfTime: () => true })
  expect(remaining).toBe(3)
  expect((await out.list('days/')).map(({ key }) => key)).toEqual([])
})

test('a declaration that was altered stops the publish with its key, and changes nothing', async () => {
  const [store, out] = [await ledgerOf(2), memoryStore()]
  const { key } = await recordDeclaration(store, { kind: 'register', content: approving('Dana'), from: '2026-11-20' })
  const bytes = Buffer.from((await store.get(key))!.bytes)
  await store.put(key, Buffer.from(bytes.toString().replace('Dana', 'Eve')), 'always')
  await expect(publishing(store, out)).rejects.toThrow(`declaration ${key} was altered`)
  expect(await out.get('index.html')).toBeNull()
})
