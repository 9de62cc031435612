/// <reference lib="dom" />
/** A reader's way through a site that the pipe itself made: three days of the simulated meshes, published, and served. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Browser, type Page, chromium as playwright } from 'playwright-core'
import { DAY_MS } from '#core/time.ts'
import { demoPlaces, runDemo } from '../functions/demo/run.ts'
import { FROM, instant } from '../functions/demo/world.ts'
import { loadSite } from '../functions/pages.ts'
import { type Serving, serveFolder } from '../functions/serve.ts'
import { publish } from '../functions/stage/publish.ts'
import { folderStore } from '../functions/store/folder.ts'
import { CHROMIUM_ARGUMENTS, chromium } from './chromium.ts'
import { buildSite, removeBuilds } from './site-build.ts'
import { visit } from './visit.ts'

/** The second of the days, which has one before and one after. */
const DAY = '2026-10-18'
const PAGE_BYTES = 80_000

let folder: string
let site: string
let browser: Browser
let serving: Serving

const at = <T>(address: string, look: (page: Page) => Promise<T>) => visit(browser, serving.url + address, look)

/** The exact figures of one column of a table, those of hidden rows too; null for a cell without a figure. */
function column(page: Page, table: string, index: number): Promise<(number | null)[]> {
  return page.evaluate(
    ([id, cell]) =>
      [...document.querySelectorAll<HTMLTableRowElement>(`#${id} tbody tr`)].map((row) => {
        const figure = row.cells[Number(cell)]?.querySelector('data')
        return figure ? Number(figure.value) : null
      }),
    [table, index] as const,
  )
}

/** The values of one column of a CSV; no cell of ours breaks its line. */
function csvColumn(text: string, name: string): string[] {
  const [head, ...rows] = text
    .trimEnd()
    .split('\r\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted ?? plain),
    )
  return rows.map((row) => row[head.indexOf(name)])
}

const sum = (figures: readonly (number | null)[]) => figures.reduce<number>((all, figure) => all + (figure ?? 0), 0)

if (chromium === null) {
  test.skip('a way through the site in a real browser: there is none at $CHROMIUM or /usr/bin/chromium; `apt-get install chromium` allows it', () =>
    undefined)
} else {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wharfage-tour-'))
    const places = demoPlaces(folder)
    const built = buildSite()
    await runDemo(places, { until: instant(FROM) + 3 * DAY_MS, progress: () => undefined })
    const out = folderStore(places.site, { durable: false })
    await publish(folderStore(places.data), out, await loadSite(await built), { title: 'Egress' })
    site = places.site
    serving = await serveFolder(site, { port: 0 })
    browser = await playwright.launch({ executablePath: chromium ?? undefined, args: CHROMIUM_ARGUMENTS })
  }, 240_000)

  afterAll(async () => {
    await browser?.close()
    await serving?.close()
    await removeBuilds()
    await rm(folder, { recursive: true, force: true })
  })

  test('from the home page a day is opened, from its graph a workload, and from there what it called', async () => {
    await at('', async (page) => {
      await page.locator(`#days a[href="./days/${DAY}/"]`).click()
      await page.getByRole('link', { name: 'Graph', exact: true }).click()
      expect(page.url()).toBe(`${serving.url}days/${DAY}/graph/`)
      await page.locator('svg a[href*="/workloads/prod-eu/shop/"]').first().click()
      expect(page.url()).toContain('/workloads/prod-eu/shop/')
      const name = decodeURIComponent(page.url().split('/').at(-2) ?? '')
      expect(await page.locator('h1').textContent()).toContain(name)
      await page.locator('#destinations a[href*="destinations/"]').first().click()
      expect(page.url()).toContain('/destinations/')
      expect(await page.locator(`a[href*="workloads/prod-eu/shop/${name}/"]`).count()).toBeGreaterThan(0)
    })
  })

  test('the destinations of a day are sorted by bytes in, and filtered, and put back', async () => {
    await at(`days/${DAY}/`, async (page) => {
      const head = page.locator('#destinations thead th', { hasText: 'Bytes in' })
      const index = await head.evaluate((cell) => (cell as HTMLTableCellElement).cellIndex)
      const before = await column(page, 'destinations', index)
      await head.getByRole('button').click()
      expect(await column(page, 'destinations', index)).toEqual(before.toSorted((a, b) => Number(b) - Number(a)))
      await page.getByRole('searchbox', { name: /filter destinations/i }).fill('stripe')
      const rows = page.locator('#destinations tbody tr:visible')
      expect(await rows.count()).toBeGreaterThan(0)
      for (const text of await rows.allTextContents()) expect(text).toContain('stripe')
    })
  })

  test('a slash and a few letters lead to a destination', async () => {
    await at('', async (page) => {
      await page.keyboard.press('/')
      await page.keyboard.type('stripe')
      await page.getByRole('option').first().waitFor()
      await page.keyboard.press('Enter')
      await page.waitForURL('**/destinations/api.stripe.com/')
      expect(await page.locator('h1').textContent()).toContain('api.stripe.com')
    })
  })

  test('the CSV of a day, as downloaded, sums to what the page says of bytes, requests and attempts', async () => {
    await at(`days/${DAY}/`, async (page) => {
      const saved = page.waitForEvent('download')
      await page.locator('a[href$="flows.csv"]').click()
      const text = await readFile(await (await saved).path(), 'utf8')
      const classes = csvColumn(text, 'destinationClass')
      const total = (name: string, wanted: (destinationClass: string) => boolean) =>
        sum(csvColumn(text, name).map((value, row) => (wanted(classes[row]) ? Number(value) : 0)))
      const left = (destinationClass: string) => destinationClass !== 'blocked' && destinationClass !== ''
      const out = total('egressBytes', left)
      expect(out).toBeGreaterThan(10 ** 9)
      const figure = (name: string) =>
        page
          .locator('.strip > div', { has: page.getByText(name, { exact: true }) })
          .locator('data')
          .first()
          .getAttribute('value')
          .then(Number)
      expect(await figure('Bytes out')).toBe(out)
      expect(await figure('Requests')).toBe(total('requests', left))
      const tried = (destinationClass: string) => destinationClass === 'blocked'
      const blocked = total('requests', tried) + total('connectionsClosed', tried)
      expect(Number(await page.locator('.tile.blocked .figure data').getAttribute('value'))).toBe(blocked)
    })
  })

  test('all files of the month are verified, and one that is altered afterwards is named', async () => {
    const flows = join(site, 'days', DAY, 'flows.csv')
    const whole = await readFile(flows)
    const verdict = (page: Page) => page.locator('[data-files-verdict]', { hasText: /as listed/ }).textContent()
    await at('downloads/', async (page) => {
      await page.locator('[data-verify-files]').click()
      expect(await verdict(page)).toMatch(/^All \d+ files are as listed\.$/)
    })
    await writeFile(
      flows,
      whole.toString().replace(/,(\d)/, (_, digit) => `,${(Number(digit) + 1) % 10}`),
    )
    try {
      await at('downloads/', async (page) => {
        await page.locator('[data-verify-files]').click()
        expect(await verdict(page)).toContain(`flows.csv of ${DAY} is altered`)
      })
    } finally {
      await writeFile(flows, whole)
    }
  })

  test('every link of every page leads to something: those of compliance, too', async () => {
    const pages = (await readdir(site, { recursive: true })).filter((file) => file.endsWith('index.html'))
    expect(pages.filter((page) => page.startsWith('compliance/')).length).toBe(6)
    const texts = new Map(
      await Promise.all(pages.map(async (page) => [page, await readFile(join(site, page), 'utf8')] as const)),
    )
    const files = new Set(await readdir(site, { recursive: true }))
    const dead: string[] = []
    const leading = new Map<string, number>() // links from pages of compliance, by where they lead
    for (const [page, text] of texts) {
      for (const [, href] of text.matchAll(/<a[^>]* href="([^"]*)"/g)) {
        const { origin, pathname, hash } = new URL(href.replaceAll('&#38;', '&'), `https://site.example/${page}`)
        if (origin !== 'https://site.example') continue
        const path = decodeURIComponent(pathname.slice(1)).replace(/(^|\/)$/, '$1index.html')
        const target = texts.get(path)
        if (!files.has(path) || (target !== undefined && hash !== '' && !target.includes(`id="${hash.slice(1)}"`))) {
          dead.push(`${page} links to ${href}`)
        }
        if (!page.startsWith('compliance/')) continue
        const kind = path.split('/')[0] + hash.slice(0, 1)
        leading.set(kind, (leading.get(kind) ?? 0) + 1)
      }
    }
    expect(dead).toEqual([])
    for (const kind of ['destinations', 'workloads', 'days', 'compliance#'])
      expect(leading.get(kind)).toBeGreaterThan(3)
  })

  test('no page weighs more than 80 kB on the wire with all its scripts and styles', async () => {
    const pages = (await readdir(site, { recursive: true })).filter((file) => file.endsWith('index.html'))
    expect(pages.length).toBeGreaterThan(30)
    const weights = new Map<string, number>()
    const gzipped = async (file: string) => {
      const weight = weights.get(file) ?? gzipSync(await readFile(join(site, file))).length
      return weights.set(file, weight).get(file) ?? 0
    }
    const heavy: string[] = []
    for (const page of pages) {
      const assets = new Set<string>()
      const follow = async (text: string) => {
        for (const [, name] of text.matchAll(/["'./](?:_assets\/)?([\w-]+\.(?:js|css))["']/g)) {
          const file = `_assets/${name}`
          if (assets.has(file)) continue
          assets.add(file)
          if (name.endsWith('.js')) await follow(await readFile(join(site, file), 'utf8'))
        }
      }
      await follow(await readFile(join(site, page), 'utf8'))
      expect(assets.size).toBeGreaterThan(1)
      let weight = await gzipped(page)
      for (const asset of assets) weight += await gzipped(asset)
      if (weight > PAGE_BYTES) heavy.push(`${page} ${weight}`)
    }
    expect(heavy).toEqual([])
  })

  test.each(['', `days/${DAY}/`, `days/${DAY}/graph/`])('nothing on /%s moves while it loads', async (address) => {
    const shifts = await at(address, async (page) => {
      await page.waitForTimeout(500)
      return page.evaluate(
        () =>
          new Promise<string[]>((resolve) => {
            const moved: string[] = []
            new PerformanceObserver((list) => {
              for (const entry of list.getEntries()) {
                const { sources } = entry as unknown as { sources: { node: Element | null }[] }
                moved.push(...sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? 'a text'))
              }
            }).observe({ type: 'layout-shift', buffered: true })
            setTimeout(() => resolve(moved), 200)
          }),
      )
    })
    expect(shifts).toEqual([])
  })
}
