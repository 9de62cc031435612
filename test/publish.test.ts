/** Publishing: what is rendered again and what is not, and that all of it can be made again byte for byte. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { parseCsv } from '#core/csv.ts'
import { sha256 } from '#core/hash.ts'
import type { HourRecord } from '#core/hour-record.ts'
import { publishedKey } from '#core/keys.ts'
import { decodePublished, type PublishedDay } from '#core/published.ts'
import type { DayReport, IndexReport } from '#core/report.ts'
import type { EncodedRollup } from '#core/rollup.ts'
import { DAY_MS, HOUR_MS, isoDate, MINUTE_MS } from '#core/time.ts'
import type { Site } from '../functions/pages.ts'
import { type PublishSummary, publish } from '../functions/stage/publish.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { folderStore } from '../functions/store/folder.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { faultyStore } from './faulty-store.ts'
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

/** Chains of whole days, kept: encoding them is most of what these tests would do. */
const chains = new Map<number, EncodedRollup[]>()
function chainOf(days: number): EncodedRollup[] {
  const chain = chains.get(days) ?? encodeChain(hoursOf(days))
  chains.set(days, chain)
  return chain
}

async function ledgerOf(days: number): Promise<Store> {
  const store = memoryStore()
  await writeChain(store, chainOf(days))
  return store
}

async function grow(store: Store, days: number): Promise<void> {
  await writeChain(store, chainOf(days))
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
    remainingDays: 0,
    indexRendered: true,
    files: 16, // 12, and each page with its data once more, when it had the other one to link to
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
    files: 0,
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
  expect(site.rendered.slice(0, 2).sort()).toEqual(['/days/2026-11-22/', '/days/2026-11-23/'])
  expect(site.rendered.slice(2)).toEqual(['/'])
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
    // The day beside it must not link to a page that is gone, and then to the one that is there again.
    const beside = file === 'index.html' ? ['2026-11-21'] : []
    expect((await publishing(store, out, site)).renderedDays).toEqual(['2026-11-20', ...beside])
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

test('a target that stopped days ago is rendered no more, however the others go on', async () => {
  const [store, out, site] = [memoryStore(), memoryStore(), new JsonSite(folder)]
  const prometheus = simulatedPrometheus([upOf('checkout-1', 0, Infinity)])
  const scrape = async (minute: number, ...names: string[]) => {
    prometheus.now = FIRST + minute * MINUTE_MS
    for (const name of names) {
      await scrapeTarget(simulatedTarget({ name, tails: false }), store, { prometheus, now: () => prometheus.now })
    }
  }
  for (const minute of [0, 10]) await scrape(minute, 'going', 'stopped')
  await scrape(3 * 24 * 60 + 30, 'going')
  await publishing(store, out, site)
  expect(await report(out, '2026-11-21')).toMatchObject({ observation: 'none', complete: false })
  await scrape(3 * 24 * 60 + 40, 'going')
  expect((await publishing(store, out, site)).renderedDays).toEqual(['2026-11-23'])
  const anew = memoryStore()
  await publish(store, anew, site, { title: 'Egress', all: true })
  expect(await contents(anew)).toEqual(await contents(out))
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
  await grow(store, 2)
  await publishing(store, out, site)
  const newer = await contents(out)
  wake.resolve()
  await expect(older).rejects.toThrow('publish: another publish ran at the same time; run it once more')
  expect(await contents(out)).not.toEqual(newer)
  expect(await publishing(store, out, site)).toMatchObject({ renderedDays: ['2026-11-20'] })
  expect(await contents(out)).toEqual(newer)
  const alone = memoryStore()
  await publishing(await ledgerOf(2), alone, site)
  expect(newer).toEqual(await contents(alone))
})

test('however two publishes overlap while the ledger grows, the next one leaves what one alone would have', async () => {
  const alone = memoryStore()
  await publishing(await sparseLedger(4), alone, new JsonSite(folder))
  let refused = 0
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, hasRecord) => {
      const [store, out, site] = [await sparseLedger(2), memoryStore(), new JsonSite(folder)]
      if (hasRecord) await publishing(store, out, site)
      const late = <T>(label: string, act: () => Promise<T>) => scheduler.schedule(Promise.resolve(), label).then(act)
      const slowly = (inner: Store): Store => ({
        get: (key) => late(`get ${key}`, () => inner.get(key)),
        head: (key) => late(`head ${key}`, () => inner.head(key)),
        put: (...given) => late(`put ${given[0]}`, () => inner.put(...given)),
        list: (prefix) => late(`list ${prefix}`, () => inner.list(prefix)),
      })
      const run = () => publishing(slowly(store), slowly(out), site).catch(() => refused++)
      const growing = late('grow', async () => {
        const more = await sparseLedger(4)
        for (const { key } of await more.list('')) await store.put(key, (await more.get(key))!.bytes, 'absent')
      })
      await scheduler.waitFor(Promise.all([run(), growing, run()]))
      await publishing(store, out, site)
      expect(await contents(out)).toEqual(await contents(alone))
      expect(await deadLinks(out)).toEqual([])
    }),
    { numRuns: 40 },
  )
  expect(refused).toBeGreaterThan(5)
})

/** One hour a day, so that many days are few rollups. */
async function sparseLedger(days: number): Promise<Store> {
  const store = memoryStore()
  const records = Array.from({ length: days }, (_, n) =>
    hourRecord('mesh', FIRST + n * DAY_MS, [flowRow({ requests: n + 1, egressBytes: 100 * (n + 1) })]),
  )
  await writeChain(store, encodeChain(records))
  return store
}

/** A site in which some pages cannot be rendered. */
function failingSite(site: JsonSite, fails: (path: string) => boolean): Site {
  return {
    version: site.version,
    assets: () => site.assets(),
    render: async (path, of) => {
      if (fails(path)) throw new Error(`pages: ${path} rendered with status 500`)
      return site.render(path, of)
    },
  }
}

/** What pages link to that is not there: nothing, ever. */
async function deadLinks(out: Store): Promise<string[]> {
  const keys = new Set((await out.list('')).map(({ key }) => key))
  const dead: string[] = []
  for (const key of keys) {
    if (!key.endsWith('index.html')) continue
    const { report: of } = JSON.parse(Buffer.from((await out.get(key))!.bytes).toString())
    const linked: (string | null)[] =
      key === 'index.html' ? (of as IndexReport).days.map(({ date }) => date) : [of.previous, of.next]
    for (const date of linked) {
      if (date !== null && !keys.has(`days/${date}/index.html`)) dead.push(`${key} links to ${date}`)
    }
    const files: string[] = of.downloads.map(({ file }: { file: string }) => file)
    for (const file of files) {
      if (!keys.has(key.replace('index.html', file))) dead.push(`${key} links to ${file}`)
    }
  }
  return dead
}

function datesFrom(first: number, days: number): string[] {
  return Array.from({ length: days }, (_, n) => isoDate(first + n * DAY_MS))
}

/** True from the given time of asking on. */
function after(times: number): () => boolean {
  let asked = 0
  return () => ++asked > times
}

test('a publish out of time keeps what it has, newest days first, links to nothing that is not there, and is gone on with', async () => {
  const alone = memoryStore()
  await publishing(await sparseLedger(7), alone, new JsonSite(folder))
  for (let days = 0; days <= 7; days++) {
    const [store, out, site] = [await sparseLedger(7), memoryStore(), new JsonSite(folder)]
    const first = await publish(store, out, site, { title: 'Egress', outOfTime: after(days) })
    const newest = Array.from({ length: days }, (_, n) => isoDate(FIRST + (7 - days + n) * DAY_MS))
    expect(first).toMatchObject({ days: 7, renderedDays: newest, indexRendered: days === 7 })
    // Beside those without a page, those that had nothing to link to when they were rendered.
    expect(first.remainingDays).toBeGreaterThanOrEqual(7 - days)
    expect(await deadLinks(out)).toEqual([])
    // Sums over days whose pages are still to come would be wrong without a sign of it: no index, then.
    expect((await out.get('index.html')) === null).toBe(days < 7)
    const second = await publishing(store, out, site)
    expect(second.renderedDays).toEqual(expect.arrayContaining(datesFrom(FIRST, 7 - days)))
    expect([second.remainingDays, await deadLinks(out)]).toEqual([0, []])
    expect(await contents(out)).toEqual(await contents(alone))
    expect((await publishing(store, out, site)).files).toBe(0)
  }
})

test('a publish that is always out of time ends all the same, a few days at a time', async () => {
  const [store, out, site] = [await sparseLedger(9), memoryStore(), new JsonSite(folder)]
  let runs = 0
  for (let left = 9; left > 0; runs++) {
    left = (await publish(store, out, site, { title: 'Egress', outOfTime: after(3) })).remainingDays
    expect(await deadLinks(out)).toEqual([])
  }
  expect(runs).toBeLessThan(8)
  expect(await out.get('index.html')).not.toBeNull()
})

test('while a new build takes several publishes, the index shows all days, each with its page’s figures', async () => {
  const [store, out, site] = [await sparseLedger(5), memoryStore(), new JsonSite(folder)]
  await publishing(store, out, site)
  site.version = '2'
  const summary = await publish(store, out, site, { title: 'Egress', outOfTime: after(2) })
  expect(summary).toMatchObject({ renderedDays: ['2026-11-23', '2026-11-24'], remainingDays: 3, indexRendered: true })
  const index = JSON.parse(Buffer.from((await out.get('index.html'))!.bytes).toString())
  expect(index.version).toBe('2')
  expect((index.report as IndexReport).days.map(({ byClass }) => byClass.registered.egressBytes)).toEqual([
    100, 200, 300, 400, 500,
  ])
  expect(await publishing(store, out, site)).toMatchObject({ remainingDays: 0, indexRendered: false })
  expect((await report(out, '2026-11-20')).date).toBe('2026-11-20')
})

test('a page that somebody removed is in no index until it is there again', async () => {
  const [store, site] = [await sparseLedger(3), new JsonSite(folder)]
  const path = join(folder, 'site')
  const out = folderStore(path)
  await publishing(store, out, site)
  rmSync(join(path, 'days/2026-11-20/index.html'))
  rmSync(join(path, 'index.html'))
  const summary = await publish(store, out, site, { title: 'Egress', outOfTime: () => true })
  expect(summary).toMatchObject({ renderedDays: [], remainingDays: 2, indexRendered: false })
  expect(await publishing(store, out, site)).toMatchObject({
    renderedDays: ['2026-11-20', '2026-11-21'],
    indexRendered: true,
  })
  expect(await deadLinks(out)).toEqual([])
})

test('what is rendered is recorded on the way: a publish that is killed loses no more than the last twenty days', async () => {
  const [store, out, site] = [await sparseLedger(45), memoryStore(), new JsonSite(folder)]
  const killed = faultyStore(out, ({ key, method }) =>
    method === 'put' && key === 'days/2026-11-21/index.html' ? 'crash before' : 'none',
  )
  const killedStore = faultyStore(store, ({ method, key, index }) => {
    const dead = killed.calls.some((call) => call.key === 'days/2026-11-21/index.html')
    return dead && method === 'put' && key === publishedKey && index > 0 ? 'crash before' : 'none'
  })
  await expect(publishing(killedStore, killed, site)).rejects.toThrow()
  expect(Object.keys(decodePublished((await store.get(publishedKey))!.bytes).days)).toEqual(
    datesFrom(FIRST + 5 * DAY_MS, 40),
  )
  await publishing(store, out, site)
  const alone = memoryStore()
  await publishing(await sparseLedger(45), alone, site)
  expect(await contents(out)).toEqual(await contents(alone))
})

test('wherever a publish is cut off, no page ever links to one that is not there, and one more publish puts all right', async () => {
  const alone = memoryStore()
  await publishing(await sparseLedger(4), alone, new JsonSite(folder))
  const right = await contents(alone)
  const cutOff = async (begun: number, fault: 'crash before' | 'crash after', at: number): Promise<boolean> => {
    const [store, out, site] = [await sparseLedger(begun), memoryStore(), new JsonSite(folder)]
    if (begun > 0) await publishing(store, out, site)
    const more = await sparseLedger(4)
    for (const { key } of await more.list('')) await store.put(key, (await more.get(key))!.bytes, 'absent')
    let calls = 0
    const plan = () => (calls++ === at ? fault : calls > at + 1 ? 'crash before' : 'none')
    const cut = faultyStore(out, plan)
    const watched: Store = {
      ...cut,
      put: async (...given) => {
        const result = await cut.put(...given)
        expect(await deadLinks(out)).toEqual([])
        return result
      },
    }
    await publishing(faultyStore(store, plan), watched, site).catch(() => {})
    expect(await deadLinks(out)).toEqual([])
    await publishing(store, out, site)
    expect(await contents(out)).toEqual(right)
    return calls > at
  }
  for (const begun of [0, 2]) {
    let at = 0
    while (await cutOff(begun, 'crash before', at)) at++
    expect(at).toBeGreaterThan(20)
    for (; at >= 0; at--) await cutOff(begun, 'crash after', at)
  }
}, 60_000)

test('a day that cannot be rendered keeps no other from it, is named, and leaves its old page and no dead link', async () => {
  const [store, out, site] = [await sparseLedger(4), memoryStore(), new JsonSite(folder)]
  const failing = failingSite(site, (path) => path === '/days/2026-11-21/')
  const sentence = 'publish: a day cannot be rendered, 2026-11-21: pages: /days/2026-11-21/ rendered with status 500'
  await expect(publishing(store, out, failing)).rejects.toThrow(sentence)
  expect(Object.keys(decodePublished((await store.get(publishedKey))!.bytes).days)).toEqual([
    '2026-11-20',
    '2026-11-22',
    '2026-11-23',
  ])
  expect([await deadLinks(out), await out.get('index.html')]).toEqual([[], null])
  await publishing(store, out, site)
  const alone = memoryStore()
  await publishing(await sparseLedger(4), alone, site)
  expect(await contents(out)).toEqual(await contents(alone))
  site.version = '2'
  const again = failingSite(site, (path) => path === '/days/2026-11-21/')
  await expect(publishing(store, out, again)).rejects.toThrow(sentence)
  const versionOf = async (key: string) => JSON.parse(Buffer.from((await out.get(key))!.bytes).toString()).version
  expect(await Promise.all(['2026-11-20', '2026-11-21'].map((date) => versionOf(`days/${date}/index.html`)))).toEqual([
    '2',
    '1',
  ])
  expect(await versionOf('index.html')).toBe('2')
})

test('when day after day cannot be rendered it is given up', async () => {
  const [store, out, site] = [await sparseLedger(30), memoryStore(), new JsonSite(folder)]
  let asked = 0
  const failing = failingSite(site, () => ++asked > 0)
  await expect(publishing(store, out, failing)).rejects.toThrow(
    /^publish: a day cannot be rendered \(and \d more\), 2026-/,
  )
  expect(asked).toBeLessThan(8)
})

test('the bytes are the same however slowly and in whatever order the ledger answers', async () => {
  const alone = memoryStore()
  const ledger = await sparseLedger(5)
  await publishing(ledger, alone, new JsonSite(folder))
  const record = (await ledger.get(publishedKey))!.bytes
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const [store, out, site] = [await sparseLedger(5), memoryStore(), new JsonSite(folder)]
      const slow: Store = {
        ...store,
        get: (key) => scheduler.schedule(Promise.resolve(), key).then(() => store.get(key)),
      }
      const slowOut: Store = {
        ...out,
        put: (...given) => scheduler.schedule(Promise.resolve(), given[0]).then(() => out.put(...given)),
      }
      await scheduler.waitFor(publishing(slow, slowOut, site))
      expect(await contents(out)).toEqual(await contents(alone))
      expect(Object.keys(decodePublished((await store.get(publishedKey))!.bytes).days)).toEqual(
        Object.keys(decodePublished(record).days),
      )
    }),
    { numRuns: 10 },
  )
})

test('assets are written once: again only when they are gone, altered, or not immutable and of another build', async () => {
  const [store, out, site] = [await ledgerOf(1), memoryStore(), new JsonSite(folder)]
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
    await publishing(store, watched, site)
    return written.filter((key) => !key.startsWith('days') && key !== 'index.html').sort()
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
  const [store, out, site] = [await sparseLedger(60), memoryStore(), new JsonSite(folder)]
  const pages = new Set<string>()
  const overtaken: Site = {
    version: site.version,
    assets: () => site.assets(),
    render: async (path, of) => {
      if (pages.add(path).size === 1) await publishing(store, out, new JsonSite(folder))
      return site.render(path, of)
    },
  }
  await expect(publishing(store, out, overtaken)).rejects.toThrow('publish: another publish ran at the same time')
  expect(pages.size).toBeLessThan(25)
})

test('what was published is forgotten when its record cannot be read, and everything is rendered again', async () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '{"schema":1,"days":{},"index":{"inputs":"","files":{}}}',
    '{"schema":2,"assets":{"inputs":"","files":{}},"days":{},"index":{"inputs":"","files":{}}}',
    '{"schema":1,"assets":{"inputs":"","files":{}},"days":{},"index":"0a"}',
    '{"schema":1,"assets":{"inputs":"","files":{}},"days":{"2026-11-20":{}},"index":{"inputs":"","files":{}}}',
    '{"schema":1,"assets":{"inputs":"","files":{"a":7}},"days":{},"index":{"inputs":"","files":{}}}',
  ]) {
    const [store, out, site] = [await ledgerOf(1), memoryStore(), new JsonSite(folder)]
    await store.put(publishedKey, Buffer.from(text), 'absent')
    expect((await publishing(store, out, site)).renderedDays).toEqual(['2026-11-20'])
    const { bytes } = (await store.get(publishedKey))!
    expect(Object.keys(decodePublished(bytes).days)).toEqual(['2026-11-20'])
  }
})

test('a record whose figures are not those of a day is forgotten, so that no index is made from it', async () => {
  const spoil: [what: string, change: (day: PublishedDay) => unknown][] = [
    ['no totals', ({ summary }) => Object.assign(summary, { byClass: {} })],
    ['a total missing', ({ summary: { byClass } }) => Object.assign(byClass.blocked, { errors: undefined })],
    ['a total as text', ({ summary: { byClass } }) => Object.assign(byClass.registered, { egressBytes: '7' })],
    ['a total below zero', ({ summary: { byClass } }) => Object.assign(byClass.registered, { egressBytes: -7 })],
    ['no word of completeness', ({ summary }) => Object.assign(summary, { complete: undefined })],
    ['an unknown observation', ({ summary }) => Object.assign(summary, { observation: 'sealed' })],
    ['no summary', (day) => Object.assign(day, { summary: null })],
    ['no files', (day) => Object.assign(day, { files: {} })],
  ]
  for (const [what, change] of spoil) {
    const [store, out, site] = [await sparseLedger(2), memoryStore(), new JsonSite(folder)]
    await publishing(store, out, site)
    const right = await contents(out)
    const record = decodePublished((await store.get(publishedKey))!.bytes)
    change(record.days['2026-11-20'])
    await store.put(publishedKey, Buffer.from(JSON.stringify(record)), 'always')
    expect([what, (await publishing(store, out, site)).renderedDays]).toEqual([what, datesFrom(FIRST, 2)])
    expect(await contents(out)).toEqual(right)
  }
})

test('progress is told day by day', async () => {
  const told: string[] = []
  const progress = (rendered: number, of: number) => told.push(`${rendered}/${of}`)
  await publish(await ledgerOf(3), memoryStore(), new JsonSite(folder), { title: 'Egress', progress })
  expect([...new Set(told)]).toEqual(['1/3', '2/3', '3/3'])
})
