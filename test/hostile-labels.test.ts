/// <reference lib="dom" />
/**
 * Two hundred hostile texts as destination host, workload and namespace go through the whole pipe: an exposition is scraped,
 * closed into rollups, published, exported and queried.
 *
 * What comes out equals what went in, but for what the ledger does to every label: a workload or namespace keeps its first
 * 253 characters, with U+FFFD for what is invisible, unpaired or reorders its neighbours; a host is spelt in one way, or is
 * a placeholder made of its hash, while its text is shown once as evidence.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { formatSeries } from '#core/labels.ts'
import { HOUR_MS, isoDate, isoHour, MINUTE_MS } from '#core/time.ts'
import { main } from '../functions/cli.ts'
import { loadSite } from '../functions/pages.ts'
import { serveFolder } from '../functions/serve.ts'
import { publish } from '../functions/stage/publish.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { folderStore } from '../functions/store/folder.ts'
import { CHROMIUM_ARGUMENTS, chromium } from './chromium.ts'
import { HOSTILE_LABELS, HOSTS } from './hostile/labels.ts'
import { simulatedTarget } from './simulated-target.ts'
import { buildSite, removeBuilds } from './site-build.ts'

const BEGIN = Date.UTC(2026, 10, 19, 10)
const DATE = isoDate(BEGIN)
const EVIDENCE = 20 // quarantined texts that an hour keeps
const FORMULA = /^(?!-\d+(?:\.\d+)?$)[=+\-@\t\r\n＝＋－＠]/ // a number runs nothing
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u

let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wharfage-labels-'))
  const target = simulatedTarget({ tails: false })
  writeFileSync(join(folder, 'wharfage.yaml'), `store: ./data\ntargets:\n  - { name: mesh, url: "${target.url}" }\n`)
  const store = folderStore(join(folder, 'data'))
  for (const [round, minutes] of [0, 10, 20, 30, 40, 50, 60, 70, 80].entries()) {
    const body = bodyAt(BEGIN + minutes * MINUTE_MS, round)
    const asked = async () => []
    const prometheus = { federate: async () => body, queryInstant: asked, queryRange: asked }
    const { skipped } = await scrapeTarget(target, store, { prometheus })
    // Half a surrogate pair cannot even be written in UTF-8: those lines are no exposition.
    expect(skipped).toBe(HALVES.length)
  }
  await publish(store, folderStore(join(folder, 'site')), await loadSite(await buildSite()), { title: 'Egress' })
}, 120_000)

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await removeBuilds()
})

const HALVES = ['\xed\xa0\x80', '\xed\xb0\x80', '\xed\xa0\xbd\xed\xb2\xa9'].map((bytes) => Buffer.from(bytes, 'latin1'))

/** Every text once as a host and once as workload and namespace, counting. */
function bodyAt(time: number, round: number): Buffer {
  const series = (labels: Record<string, string>) =>
    formatSeries('istio_requests_total', new Map(Object.entries({ ...LABELS, ...labels })))
  const lines = HOSTILE_LABELS.flatMap((text, i) => [
    series({ destination_service: text, source_workload: `to-${i}` }),
    series({ destination_service: `from-${i}.example`, source_workload: text, source_workload_namespace: text }),
  ]).map((text) => Buffer.from(`${text} ${round * 10} ${time}\n`))
  const halves = HALVES.map((half) =>
    Buffer.concat([Buffer.from('istio_requests_total{reporter="source",pod="'), half, Buffer.from(`"} 1 ${time}\n`)]),
  )
  return Buffer.concat([...lines, ...halves, Buffer.from(`up{instance="a"} 1 ${time}\n`)])
}

const LABELS = {
  reporter: 'source',
  destination_service_name: 'PassthroughCluster',
  request_protocol: 'http',
  response_code: '200',
  source_workload_namespace: 'shop',
  source_workload: 'checkout',
}

function keptLabel(text: string): string {
  return [...text.slice(0, 253)].map((character) => (UNPRINTABLE.test(character) ? '\ufffd' : character)).join('')
}

function hostOf(text: string): string {
  return HOSTS.get(text) ?? `(invalid-host)-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}

const sorted = (texts: Iterable<string>) => [...new Set(texts)].sort()
const WORKLOADS = sorted([...HOSTILE_LABELS.map(keptLabel), ...HOSTILE_LABELS.map((_, i) => `to-${i}`)])
const NAMESPACES = sorted([...HOSTILE_LABELS.map(keptLabel), 'shop'])
const DESTINATIONS = sorted([...HOSTILE_LABELS.map(hostOf), ...HOSTILE_LABELS.map((_, i) => `from-${i}.example`)])

/** Runs a command of ours in the folder and gives what it wrote. */
async function run(...args: string[]): Promise<string> {
  const written: string[] = []
  const said: string[] = []
  const out = async (text: string | Uint8Array) => void written.push(Buffer.from(text).toString())
  const say = (text: string) => void said.push(text)
  const code = await main(args, { out, say, progress: () => {}, stop: new AbortController().signal, cwd: folder })
  expect([code, said]).toEqual([0, []])
  return written.join('')
}

/** RFC 4180 and nothing of ours: records of fields, each with whether it stood in quotes. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [[]]
  let field = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    if (quoted) {
      if (text[i] !== '"') field += text[i]
      else if (text[i + 1] === '"') field += text[i++]
      else quoted = false
    } else if (text[i] === '"' && field === '') quoted = true
    else if (text[i] === ',' || (text[i] === '\r' && text[i + 1] === '\n')) {
      records[records.length - 1].push(field)
      field = ''
      if (text[i] === '\r') {
        i++
        records.push([])
      }
    } else field += text[i]
  }
  expect([records.pop(), field, quoted]).toEqual([[], '', false])
  return records
}

/** What a CSV holds by column, with the apostrophe taken off that keeps a spreadsheet from running a cell. */
function columnsOf(csv: string): Map<string, string[]> {
  const [header, ...records] = parseCsv(csv)
  for (const record of records) {
    expect(record.length).toBe(header.length)
    for (const cell of record) expect(cell).not.toMatch(FORMULA)
  }
  const plain = (cell: string) => (/^'+[=+\-@\t\r\n＝＋－＠]/.test(cell) ? cell.slice(1) : cell)
  return new Map(header.map((name, column) => [name, records.map((record) => plain(record[column]))]))
}

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, string>)
const SPAN = ['--from', isoHour(BEGIN), '--to', isoHour(BEGIN + HOUR_MS)]

test('there are two hundred of them, all different, and each goes in as every kind of label', () => {
  expect(HOSTILE_LABELS.length).toBeGreaterThanOrEqual(200)
  for (const host of HOSTS.keys()) expect(HOSTILE_LABELS).toContain(host)
})

test.each([
  ['the published file', async () => readFileSync(join(folder, 'site/days', DATE, 'flows.csv'), 'utf8')],
  ['an export by the hour', () => run('export', ...SPAN, '--by', 'hour')],
  ['an export by the day', () => run('export', ...SPAN, '--by', 'day')],
])('in CSV they are the cells they were, and none that a spreadsheet would run: %s', async (_, csv) => {
  const columns = columnsOf(await csv())
  expect(sorted(columns.get('sourceWorkload') ?? [])).toEqual(WORKLOADS)
  expect(sorted(columns.get('sourceNamespace') ?? [])).toEqual(NAMESPACES)
  expect(sorted(columns.get('destinationHost') ?? [])).toEqual(DESTINATIONS)
})

test('in JSON lines and in what DuckDB reads from the rollups they are what they were', async () => {
  const select = 'SELECT DISTINCT "sourceWorkload", "sourceNamespace", "destinationHost" FROM egress'
  for (const text of [await run('export', ...SPAN, '--format', 'json'), await run('query', select, '--json')]) {
    const rows = jsonLines(text)
    expect(sorted(rows.map(({ sourceWorkload }) => sourceWorkload))).toEqual(WORKLOADS)
    expect(sorted(rows.map(({ sourceNamespace }) => sourceNamespace))).toEqual(NAMESPACES)
    expect(sorted(rows.map(({ destinationHost }) => destinationHost))).toEqual(DESTINATIONS)
  }
})

test('in the table of a query each is one line of one row, and nothing steers the terminal', async () => {
  const table = await run('query', 'SELECT DISTINCT "sourceWorkload" AS w FROM egress')
  const [head, rule, ...lines] = table.trimEnd().split('\n')
  expect([head, /^-+$/.test(rule), lines.pop()]).toEqual(['w', true, `(${WORKLOADS.length} rows)`])
  expect(sorted(lines)).toEqual(sorted(WORKLOADS.map((text) => text.trimEnd())))
  expect(table.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
})

/** A label in an address: a plain name as it is, else what is plain in it and a hash. */
const SEGMENT = '(?:[a-z0-9][a-z0-9.-]*|[a-z0-9-]*~[0-9a-f]{16})'
const OWN_FILES = [
  'wharfage\\.yaml',
  'data/(published\\.json|checkpoints/mesh)(@/[\\w.@-]+)?',
  'data/rollups/target=mesh/date=2026-11-\\d\\d/hour=\\d\\d/rollup\\.parquet',
  'site/([\\w.-]+\\.(html|csv|json|svg|txt|atom)|_assets/[\\w.-]+)',
  'site/days/2026-11-19/((graph|changes)/)?[a-z]+\\.(html|csv|json)',
  'site/(blocked|coverage|destinations|workloads|months/2026-11|downloads(/2026-11)?)/[a-z]+\\.(html|csv|json)',
  'site/costs/(index\\.html|report\\.json)', // nothing is priced
  'site/compliance/((findings|register|readiness|residency|attestation)/)?[a-z]+\\.(html|csv|json)',
  `site/compliance/readiness/mesh/${SEGMENT}/[a-z]+\\.yaml`,
  `site/destinations/${SEGMENT}/[a-z]+\\.(html|csv|json)`,
  `site/workloads/mesh/${SEGMENT}/${SEGMENT}/[a-z]+\\.(html|csv|json)`,
].map((pattern) => new RegExp(`^${pattern}$`))

function filesOf(top: string): string[] {
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name).slice(top.length + 1))
}

test('on disk there is no file but the ledger’s and the site’s, and a label names one only by what is plain in it', () => {
  expect(readdirSync(folder).sort()).toEqual(['data', 'site', 'wharfage.yaml'])
  const files = filesOf(folder)
  expect(files.filter((file) => !OWN_FILES.some((pattern) => pattern.test(file)))).toEqual([])
  expect(files.filter((file) => file.startsWith('site/destinations/') && file.endsWith('/index.html'))).toHaveLength(
    DESTINATIONS.length + 1,
  )
})

test('the published JSON is JSON, and holds them as they were', () => {
  const report = JSON.parse(readFileSync(join(folder, 'site/days', DATE, 'report.json'), 'utf8'))
  const { sources, destinations } = report as Record<string, { workload: string; namespace: string; host: string }[]>
  expect(sorted(sources.map(({ workload }) => workload))).toEqual(WORKLOADS)
  expect(sorted(destinations.map(({ host }) => host))).toEqual(DESTINATIONS)
})

if (chromium === null) {
  test.skip('pages of hostile labels in a real browser: there is none at $CHROMIUM or /usr/bin/chromium; `apt-get install chromium` allows it', () =>
    undefined)
} else {
  test.each(['with scripts', 'without'])(
    'a real browser shows them as text and does nothing they say, %s',
    async (scripts) => {
      const serving = await serveFolder(join(folder, 'site'), { port: 0 })
      const browser: Browser = await playwright.launch({
        executablePath: chromium ?? undefined,
        args: CHROMIUM_ARGUMENTS,
      })
      try {
        const context = await browser.newContext({ javaScriptEnabled: scripts === 'with scripts' })
        const page = await context.newPage()
        const happened: string[] = []
        page.on('console', (message) => happened.push(`console: ${message.text()}`))
        page.on('pageerror', (error) => happened.push(`error: ${error.message}`))
        page.on('dialog', (dialog) => {
          happened.push(`dialog: ${dialog.message()}`)
          return dialog.dismiss()
        })
        page.on('popup', (popup) => happened.push(`popup: ${popup.url()}`))
        page.on('download', (download) => happened.push(`download: ${download.url()}`))
        page.on(
          'framenavigated',
          (frame) => frame.url().startsWith(serving.url) || happened.push(`frame: ${frame.url()}`),
        )
        page.on(
          'request',
          (request) => request.url().startsWith(serving.url) || happened.push(`request: ${request.url()}`),
        )
        const texts = (selector: string) => page.locator(selector).allTextContents()
        const pages = filesOf(join(folder, 'site')).filter((file) => file.endsWith('/index.html'))
        const below = (top: string) => pages.filter((file) => file.startsWith(top) && file !== `${top}index.html`)
        // Each is asked for its heading by the browser's own parser, and some are opened.
        expect(await headings(page, serving.url, below('destinations/'))).toEqual(DESTINATIONS)
        expect(await headings(page, serving.url, below('workloads/'))).toEqual(WORKLOADS)
        const some = pages.filter((_, at) => at % 20 === 0)
        const others = ['graph/', 'changes/'].map((name) => `days/${DATE}/${name}`)
        for (const address of [...some, ...others, 'destinations/', 'workloads/', 'blocked/']) {
          await page.goto(serving.url + address.replace(/index\.html$/, ''), { waitUntil: 'load' })
          expect(await page.locator('script:not([src]), img, iframe, [onerror], [onload], [onclick]').count()).toBe(0)
        }
        await page.goto(`${serving.url}days/${DATE}/`, { waitUntil: 'load' })
        for (const [selector, all] of [
          ['#sources th.name a > bdi', WORKLOADS],
          ['#sources th.name .detail > bdi', NAMESPACES],
          ['#destinations th.name a > bdi', DESTINATIONS],
        ] as const) {
          const shown = await texts(selector)
          expect(shown.length).toBeGreaterThanOrEqual(20)
          expect(shown.filter((text) => !all.includes(text))).toEqual([])
        }
        const evidence = await texts('ul.evidence li')
        expect(evidence.length).toBeGreaterThanOrEqual(EVIDENCE)
        const raw = new Map(HOSTILE_LABELS.map((text) => [hostOf(text), text]))
        for (const line of evidence) {
          const [placeholder, shown] = line.split(/ stands for (.*)/s)
          expect(shown.slice(0, 120)).toBe(spelledOut(raw.get(placeholder) ?? '').slice(0, 120))
        }
        // Elements are those of the page alone: no label has become one, or an attribute that runs.
        expect(
          await page.locator('iframe, object, embed, form, base, meta[http-equiv], video, audio, marquee').count(),
        ).toBe(0)
        expect(await page.locator('script:not([src]):not([type="application/json"])').count()).toBe(0)
        expect(await page.locator('[onerror], [onload], [onclick], [onmouseover], [onfocus], [ontoggle]').count()).toBe(
          0,
        )
        expect(
          await page.locator('a[href^="javascript:" i], a[href^="data:" i], img, [style]:not(canvas)').count(),
        ).toBe(0)
        expect(happened).toEqual([])
      } finally {
        await browser.close()
        await serving.close()
      }
    },
    120_000,
  )
}

/** The headings of pages, distinct and sorted, as the browser's parser reads them. */
async function headings(page: Page, url: string, addresses: readonly string[]): Promise<string[]> {
  await page.goto(url, { waitUntil: 'load' })
  const texts = await page.evaluate(
    async (files) => {
      const parser = new DOMParser()
      const read = async (file: string) =>
        parser.parseFromString(await (await fetch(file)).text(), 'text/html').querySelector('h1 bdi')?.textContent ?? ''
      return Promise.all(files.map(read))
    },
    addresses.map((address) => url + address),
  )
  return sorted(texts)
}

/** Evidence is shown in full view: what is invisible or reorders is spelled out. */
function spelledOut(text: string): string {
  return text.slice(0, 256).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    return `[U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`
  })
}
