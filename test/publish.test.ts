/** Publishing: what is rendered again and what is not, and that all of it can be made again byte for byte. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseCsv } from '#core/csv.ts'
import { sha256 } from '#core/hash.ts'
import type { HourRecord } from '#core/hour-record.ts'
import { publishedKey } from '#core/keys.ts'
import { decodePublished } from '#core/published.ts'
import type { DayReport, IndexReport } from '#core/report.ts'
import { DAY_MS, HOUR_MS, isoDate, MINUTE_MS } from '#core/time.ts'
import type { Site } from '../functions/pages.ts'
import { type PublishSummary, publish } from '../functions/stage/publish.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { folderStore } from '../functions/store/folder.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { encodeChain, flowRow, hourRecord, writeChain } from './flow-rows.ts'
import { httpSeries, simulatedPrometheus, upOf } from './simulated-prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

const FIRST = Date.UTC(2026, 10, 20)

/** Renders a report as it is. */
class JsonSite implements Site {
  readonly rendered: string[] = []
  version = '1'
  private readonly style: string

  constructor(folder: string) {
    this.style = join(folder, 'style.css')
    writeFileSync(this.style, 'body {}')
  }

  async render(path: string, report: IndexReport | DayReport): Promise<Uint8Array> {
    this.rendered.push(path)
    return Buffer.from(JSON.stringify({ version: this.version, report }))
  }

  assets() {
    return [
      { path: '_assets/style.1.css', filePath: this.style, immutable: true },
      { path: '404.html', filePath: this.style, immutable: false },
    ]
  }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wharfage-publish-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function hoursOf(days: number, target = 'mesh', first = FIRST): HourRecord[] {
  return Array.from({ length: days * 24 }, (_, n) =>
    hourRecord(target, first + n * HOUR_MS, [flowRow({ requests: n, egressBytes: 100 * n })]),
  )
}

async function ledgerOf(days: number): Promise<Store> {
  const store = memoryStore()
  await writeChain(store, encodeChain(hoursOf(days)))
  return store
}

async function grow(store: Store, days: number): Promise<void> {
  for (const { key, bytes } of encodeChain(hoursOf(days))) await store.put(key, bytes, 'absent')
}

const publishing = (store: Store, out: Store, site: Site, all = false): Promise<PublishSummary> =>
  publish(store, out, site, { title: 'Egress', all })

async function contents(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { key } of await store.list('')) found[key] = sha256((await store.get(key))!.bytes)
  return found
}

async function report(out: Store, date: string): Promise<DayReport> {
  const page = (await out.get(`days/${date}/index.html`))!
  return (JSON.parse(Buffer.from(page.bytes).toString()) as { report: DayReport }).report
}

test('a first publish writes the assets, a page with three downloads for each day, and the index', async () => {
  const [store, out, site] = [await ledgerOf(2), memoryStore(), new JsonSite(folder)]
  expect(await publishing(store, out, site)).toEqual({
    days: 2,
    renderedDays: ['2026-11-20', '2026-11-21'],
    indexRendered: true,
    files: 12,
  })
  expect((await out.list('')).map(({ key }) => key)).toEqual([
    '404.html',
    '_assets/style.1.css',
    'days.csv',
    'days/2026-11-20/flows.csv',
    'days/2026-11-20/hours.csv',
    'days/2026-11-20/index.html',
    'days/2026-11-20/report.json',
    'days/2026-11-21/flows.csv',
    'days/2026-11-21/hours.csv',
    'days/2026-11-21/index.html',
    'days/2026-11-21/report.json',
    'index.html',
  ])
  expect((await report(out, '2026-11-20')).byClass.registered.egressBytes).toBe(100 * ((23 * 24) / 2))
})

test('when nothing has changed nothing is rendered, and what is published stays as it is', async () => {
  const [store, out, site] = [await ledgerOf(2), memoryStore(), new JsonSite(folder)]
  await publishing(store, out, site)
  const before = [await store.get(publishedKey), await contents(out)]
  site.rendered.length = 0
  expect(await publishing(store, out, site)).toMatchObject({
    days: 2,
    renderedDays: [],
    indexRendered: false,
    files: 1,
  })
  expect(site.rendered).toEqual([])
  expect([await store.get(publishedKey), await contents(out)]).toEqual(before)
})

test('one more day renders that day, its neighbour that now links to it, and the index', async () => {
  const [store, out, site] = [await ledgerOf(3), memoryStore(), new JsonSite(folder)]
  await publishing(store, out, site)
  await grow(store, 4)
  site.rendered.length = 0
  expect(await publishing(store, out, site)).toMatchObject({ days: 4, renderedDays: ['2026-11-22', '2026-11-23'] })
  expect(site.rendered).toEqual(['/days/2026-11-22/', '/days/2026-11-23/', '/'])
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
  const [store, out, site] = [await ledgerOf(3), memoryStore(), new JsonSite(folder)]
  await publishing(store, out, site)
  await writeChain(store, encodeChain(hoursOf(1, 'other', FIRST + 2 * DAY_MS)))
  expect((await publishing(store, out, site)).renderedDays).toEqual(['2026-11-22'])
})

test('--all, another title or another build of the site renders every day again', async () => {
  const [store, out, site] = [await ledgerOf(2), memoryStore(), new JsonSite(folder)]
  await publishing(store, out, site)
  const before = await contents(out)
  const everything = { renderedDays: ['2026-11-20', '2026-11-21'], indexRendered: true }
  expect(await publishing(store, out, site, true)).toMatchObject(everything)
  expect(await contents(out)).toEqual(before)
  expect(await publish(store, out, site, { title: 'Another' })).toMatchObject(everything)
  site.version = '2'
  expect(await publish(store, out, site, { title: 'Another' })).toMatchObject(everything)
})

test('a file that was removed or altered by hand is made again, with its page', async () => {
  for (const file of ['index.html', 'flows.csv', 'hours.csv', 'report.json']) {
    const store = await ledgerOf(2)
    const path = join(folder, file)
    const [out, site] = [folderStore(path), new JsonSite(folder)]
    await publishing(store, out, site)
    const before = await contents(out)
    rmSync(join(path, 'days/2026-11-20', file))
    expect((await publishing(store, out, site)).renderedDays).toEqual(['2026-11-20'])
    expect(await contents(out)).toEqual(before)
    writeFileSync(join(path, 'days/2026-11-21', file), 'mine')
    expect((await publishing(store, out, site)).renderedDays).toEqual(['2026-11-21'])
    expect(await contents(out)).toEqual(before)
    expect((await publishing(store, out, site)).renderedDays).toEqual([])
    rmSync(join(path, 'days.csv'))
    expect(await publishing(store, out, site)).toMatchObject({ renderedDays: [], indexRendered: true })
  }
})

test('a site in another place is whole, and so is the first one when it has its turn again', async () => {
  const [store, site] = [await ledgerOf(1), new JsonSite(folder)]
  const [one, two] = ['one', 'two'].map((name) => folderStore(join(folder, name)))
  await publishing(store, one, site)
  await grow(store, 2)
  await publishing(store, two, site)
  await publishing(store, one, site)
  expect(await contents(one)).toEqual(await contents(two))
})

test('downloads are told with their rows, size and SHA-256', async () => {
  const [store, out, site] = [await ledgerOf(1), memoryStore(), new JsonSite(folder)]
  await publishing(store, out, site)
  const { downloads } = await report(out, '2026-11-20')
  expect(downloads.map(({ file, rows }) => [file, rows])).toEqual([
    ['flows.csv', 1],
    ['hours.csv', 24],
    ['report.json', 1],
  ])
  for (const { file, size, sha256: digest, rows } of downloads) {
    const { bytes } = (await out.get(`days/2026-11-20/${file}`))!
    expect([file, bytes.length, sha256(bytes)]).toEqual([file, size, digest])
    const text = Buffer.from(bytes).toString()
    if (file.endsWith('.csv')) expect(parseCsv(text).length - 1).toBe(rows)
    else expect((JSON.parse(text) as DayReport).byClass).toEqual((await report(out, '2026-11-20')).byClass)
  }
  const index = JSON.parse(Buffer.from((await out.get('index.html'))!.bytes).toString()) as { report: IndexReport }
  const [days] = index.report.downloads
  const { bytes } = (await out.get('days.csv'))!
  expect(days).toMatchObject({ file: 'days.csv', rows: 1, size: bytes.length, sha256: sha256(bytes) })
})

test('a site made anew has the bytes of one that grew day by day', async () => {
  const [grown, store, site] = [memoryStore(), await ledgerOf(1), new JsonSite(folder)]
  for (let days = 1; days <= 4; days++) {
    await grow(store, days)
    await publishing(store, grown, site)
  }
  const anew = memoryStore()
  await publishing(await ledgerOf(4), anew, site)
  expect(await contents(anew)).toEqual(await contents(grown))
})

test('the day of an open hour is rendered after each scrape and marked provisional until it is closed', async () => {
  const [store, out, site] = [memoryStore(), memoryStore(), new JsonSite(folder)]
  const counter = (time: number) => (time - FIRST) / 100
  const prometheus = simulatedPrometheus([
    upOf('checkout-1', 0, Infinity),
    httpSeries('istio_request_bytes_sum', 'checkout-1', { from: 0, to: Infinity }, counter),
  ])
  const scrape = async (minute: number) => {
    prometheus.now = FIRST + minute * MINUTE_MS
    await scrapeTarget(simulatedTarget({ tails: false }), store, { prometheus, now: () => prometheus.now })
  }
  const scrapeAndPublish = async (minute: number) => {
    await scrape(minute)
    return publishing(store, out, site)
  }
  expect(await scrapeAndPublish(0)).toMatchObject({ renderedDays: [] })
  expect(await scrapeAndPublish(10)).toMatchObject({ renderedDays: ['2026-11-20'] })
  expect(await report(out, '2026-11-20')).toMatchObject({
    provisional: true,
    byClass: { registered: { egressBytes: 6000 } },
  })
  expect(await scrapeAndPublish(20)).toMatchObject({ renderedDays: ['2026-11-20'] })
  for (let minute = 30; minute < 24 * 60 + 10; minute += 10) await scrape(minute)
  expect(await scrapeAndPublish(24 * 60 + 10)).toMatchObject({ renderedDays: ['2026-11-20', '2026-11-21'] })
  expect(await report(out, '2026-11-20')).toMatchObject({
    provisional: false,
    observation: 'observed',
    byClass: { registered: { egressBytes: 864_000 } },
  })
  // The last hour's rollup is written one scrape after it was closed; the day's page is the same.
  expect(await scrapeAndPublish(24 * 60 + 20)).toMatchObject({ renderedDays: ['2026-11-21'] })
})

test('days between two targets’ ledgers have pages that say there is no data', async () => {
  const [store, out, site] = [await ledgerOf(1), memoryStore(), new JsonSite(folder)]
  await writeChain(store, encodeChain(hoursOf(1, 'other', FIRST + 2 * DAY_MS)))
  expect((await publishing(store, out, site)).renderedDays).toEqual([0, 1, 2].map((n) => isoDate(FIRST + n * DAY_MS)))
  expect((await report(out, '2026-11-21')).observation).toBe('none')
})

test('an empty ledger has an index and no days', async () => {
  const [store, out, site] = [memoryStore(), memoryStore(), new JsonSite(folder)]
  expect(await publishing(store, out, site)).toMatchObject({ days: 0, renderedDays: [], indexRendered: true })
})

test('of two publishes at once the second says so, and the next one puts right what it wrote over the first', async () => {
  const [store, out, site] = [await ledgerOf(1), memoryStore(), new JsonSite(folder)]
  let wake = () => {}
  const asleep = new Promise<void>((resolve) => {
    wake = resolve
  })
  const slow: Site = {
    version: site.version,
    assets: () => site.assets(),
    render: async (path, of) => {
      await asleep
      return site.render(path, of)
    },
  }
  const older = publishing(store, out, slow)
  await new Promise((resolve) => setTimeout(resolve, 20))
  await grow(store, 2)
  await publishing(store, out, site)
  wake()
  await expect(older).rejects.toThrow('publish: another publish ran at the same time; run it once more')
  await publishing(store, out, site)
  const alone = memoryStore()
  await publishing(await ledgerOf(2), alone, site)
  expect(await contents(out)).toEqual(await contents(alone))
})

test('a publish that fails half-way leaves a site that the next one completes', async () => {
  const [store, out, site] = [await ledgerOf(3), memoryStore(), new JsonSite(folder)]
  const failing: Site = {
    version: site.version,
    assets: () => site.assets(),
    render: async (path, of) => {
      if (path === '/days/2026-11-21/') throw new Error('pages: /days/2026-11-21/ rendered with status 500')
      return site.render(path, of)
    },
  }
  await expect(publishing(store, out, failing)).rejects.toThrow('rendered with status 500')
  expect(await store.get(publishedKey)).toBeNull()
  await publishing(store, out, site)
  const alone = memoryStore()
  await publishing(await ledgerOf(3), alone, site)
  expect(await contents(out)).toEqual(await contents(alone))
})

test('what was published is forgotten when its record cannot be read, and everything is rendered again', async () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '{"schema":2,"days":{},"index":{}}',
    '{"schema":1,"days":{},"index":"0a"}',
  ]) {
    const [store, out, site] = [await ledgerOf(1), memoryStore(), new JsonSite(folder)]
    await store.put(publishedKey, Buffer.from(text), 'absent')
    expect((await publishing(store, out, site)).renderedDays).toEqual(['2026-11-20'])
    const { bytes } = (await store.get(publishedKey))!
    expect(Object.keys(decodePublished(bytes).days)).toEqual(['2026-11-20'])
  }
})

test('progress is told day by day', async () => {
  const told: string[] = []
  const progress = (rendered: number, of: number) => told.push(`${rendered}/${of}`)
  await publish(await ledgerOf(3), memoryStore(), new JsonSite(folder), { title: 'Egress', progress })
  expect(told).toEqual(['1/3', '2/3', '3/3'])
})
