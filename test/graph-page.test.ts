/// <reference lib="dom" />
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core'
import { graphAddress } from '#core/addresses.ts'
import { loadSite } from '../functions/pages.ts'
import { type Serving, serveFolder } from '../functions/serve.ts'
import { CHROMIUM_ARGUMENTS, chromium } from './chromium.ts'
import { GRAPH_DAY, manyEdges, SAMPLE_RECENT, sampleEdge, sampleGraph } from './samples/graph.ts'
import { buildSite, removeBuilds, writeSite } from './site-build.ts'
import { visit } from './visit.ts'

const SAMPLE = graphAddress(GRAPH_DAY)
const HUNDRED = graphAddress('2026-11-19')
const FOLDED = graphAddress('2026-11-20')
const WITHOUT_DATA = graphAddress('2026-11-21')
const reports = {
  [SAMPLE]: sampleGraph({ observations: { 'prod-eu': 'partial', 'prod-us': 'observed' }, provisional: true }),
  [HUNDRED]: sampleGraph({ edges: manyEdges(40, 60, 160), recent: [] }),
  [FOLDED]: sampleGraph({ edges: manyEdges(150, 400, 900), recent: [sampleEdge({ host: 'silent.example' })] }),
  [WITHOUT_DATA]: sampleGraph({ edges: [], recent: SAMPLE_RECENT, observations: { 'prod-eu': 'none' } }),
}
const PAGES = Object.keys(reports)

let browser: Browser
let serving: Serving

const open = <T>(path: string, look: (page: Page) => Promise<T>, options?: BrowserContextOptions) =>
  visit(browser, serving.url + path, look, options)

const node = (page: Page, label: string) =>
  page.locator('[data-node]', { has: page.locator('title', { hasText: new RegExp(`^${RegExp.escape(label)}`) }) })

/** The nodes that are lit, by the first words of their names. */
const lit = (page: Page) =>
  page
    .locator('[data-node].on')
    .evaluateAll((nodes) =>
      nodes.map((each) => each.querySelector('title')?.textContent.split(/[ :,]/)[0] ?? '').sort(),
    )

if (chromium === null) {
  test.skip('the service graph in a real browser: there is none at $CHROMIUM or /usr/bin/chromium; `apt-get install chromium` allows it', () =>
    undefined)
} else {
  beforeAll(async () => {
    const dir = await writeSite(await loadSite(await buildSite()), reports)
    serving = await serveFolder(dir, { port: 0 })
    browser = await playwright.launch({ executablePath: chromium ?? undefined, args: CHROMIUM_ARGUMENTS })
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await serving?.close()
    await removeBuilds()
  })

  test.each(PAGES.flatMap((path) => [[path, 'light'] as const, [path, 'dark'] as const]))(
    'axe finds nothing wrong with /%s in %s',
    async (path, colorScheme) => {
      const { violations } = await open(path, (page) => new AxeBuilder({ page }).analyze(), { colorScheme })
      expect(violations.map(({ id, nodes }) => [id, nodes.map((each) => each.html).slice(0, 3)])).toEqual([])
    },
  )

  test.each(PAGES)('/%s has no inline style or script, and no absolute link', async (path) => {
    await open(
      path,
      async (page) => {
        expect(await page.locator('style, [style], script:not([src])').count()).toBe(0)
        expect(await page.locator('[href^="/"], [src^="/"]').count()).toBe(0)
      },
      { javaScriptEnabled: false },
    )
  })

  test('every node and edge is drawn, and every node with a page leads to it', async () => {
    const { nodes, edges } = reports[SAMPLE]
    await open(SAMPLE, async (page) => {
      expect(await page.locator('.graph-drawing [data-node]').count()).toBe(nodes.length)
      expect(await page.locator('.graph-drawing .edge').count()).toBe(edges.length)
      const links = await page.locator('.graph-drawing a').evaluateAll((all) => all.map((a) => a.getAttribute('href')))
      expect(links.sort()).toEqual(
        nodes.flatMap(({ address }) => (address === null ? [] : `../../../${address}`)).sort(),
      )
    })
  })

  test.each([SAMPLE, HUNDRED, FOLDED])('no text of /%s leaves its node or runs into another', async (path) => {
    const clashes = await open(path, (page) =>
      page.evaluate(() => {
        const drawing = document.querySelector('.graph-drawing')!
        return [...drawing.querySelectorAll('[data-node], .box')].flatMap((node) => {
          const face = node.querySelector('.face, rect')!.getBoundingClientRect()
          const texts = [...node.querySelectorAll('text')].map((text) => ({ text, box: text.getBoundingClientRect() }))
          return texts.flatMap(({ text, box }, at) => {
            const outside = box.left < face.left || box.right > face.right
            const clashes = texts
              .slice(at + 1)
              .some(
                (other) => other.box.left < box.right && box.left < other.box.right && other.box.top < box.bottom - 2,
              )
            return outside || clashes ? [text.textContent] : []
          })
        })
      }),
    )
    expect(clashes).toEqual([])
  })

  test('pointing at a workload lights up what it calls, through a waypoint too, and says its figures', async () => {
    await open(SAMPLE, async (page) => {
      await node(page, 'assistant').hover()
      expect(await lit(page)).toEqual(['Waypoint', 'api.openai.example', 'api.stripe.com', 'assistant'])
      expect(await page.locator('.edge.on').count()).toBe(3)
      expect(await page.locator('.graph-readout').textContent()).toMatch(/^assistant v1.*at least 8\.00\sMB out/)
      await page.mouse.move(5, 5)
      expect(await page.locator('.graph-drawing.lit').count()).toBe(0)
    })
  })

  test('pointing at a host lights up who calls it, but not what else those call', async () => {
    await open(SAMPLE, async (page) => {
      await node(page, 'api.openai.example').hover()
      expect(await lit(page)).toEqual(['Waypoint', 'api.openai.example', 'assistant'])
    })
  })

  test('pointing beside a line is near enough, and says what was refused', async () => {
    await open(SAMPLE, async (page) => {
      const line = page.locator('.edge.requests.refused').first()
      const { x, y } = await line.locator('.line').evaluate((path) => {
        const middle = (path as SVGPathElement).getPointAtLength((path as SVGPathElement).getTotalLength() * 0.7)
        const { x, y } = middle.matrixTransform((path as SVGPathElement).getScreenCTM()!)
        return { x, y: y + scrollY }
      })
      await page.evaluate((top) => scrollTo(0, top - 300), y)
      await page.mouse.move(x, y - (await page.evaluate(() => scrollY)) + 3)
      expect(await page.locator('.graph-readout').textContent()).toMatch(
        /orders → BlackHoleCluster: HTTP.*refused.*pastebin\.com/,
      )
    })
  })

  test('the keyboard alone walks along edges and down columns, and sees where it is', async () => {
    await open(SAMPLE, async (page) => {
      await node(page, 'assistant').focus()
      const focused = () =>
        page.evaluate(() =>
          document.activeElement?.querySelector('title')?.textContent.split(/[ :,]/).slice(0, 2).join(' '),
        )
      await page.keyboard.press('ArrowRight')
      expect(await focused()).toBe('Waypoint egress-waypoint')
      expect(await lit(page)).toContain('assistant')
      await page.keyboard.press('ArrowRight')
      expect(await focused()).toMatch(/^api\.(openai\.example|stripe\.com) /)
      const before = await focused()
      await page.keyboard.press('ArrowDown')
      expect(await focused()).not.toBe(before)
      await page.keyboard.press('ArrowUp')
      expect(await focused()).toBe(before)
      const width = await page.evaluate(
        () => getComputedStyle(document.activeElement!.querySelector('.face')!).strokeWidth,
      )
      expect(Number.parseFloat(width)).toBeGreaterThan(2)
    })
  })

  test('edges are as wide as their bytes or as their requests', async () => {
    await open(SAMPLE, async (page) => {
      const width = () =>
        page.locator('.edge', { hasText: 'orders-db.example' }).locator('.line').getAttribute('stroke-width')
      const byBytes = await width()
      await page.locator('input[value=requests]').check({ force: true })
      expect(await width()).not.toBe(byBytes)
      await page.locator('input[value=bytes]').check({ force: true })
      expect(await width()).toBe(byBytes)
    })
  })

  test('the drawing grows and shrinks by buttons and keys inside its own region', async () => {
    await open(SAMPLE, async (page) => {
      const width = () => page.locator('.graph-drawing').evaluate((svg) => svg.getBoundingClientRect().width)
      const natural = await width()
      await page.getByRole('button', { name: '+' }).click()
      expect(await width()).toBeGreaterThan(natural * 1.1)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1280)
      await page.keyboard.press('-')
      await page.keyboard.press('-')
      expect(await width()).toBeLessThan(natural)
      await page.keyboard.press('0')
      expect(await width()).toBe(natural)
    })
  })

  test.each([SAMPLE, HUNDRED, FOLDED])(
    'without scripts /%s shows the graph, its table, and no dead switch',
    async (path) => {
      await open(
        path,
        async (page) => {
          expect(await page.locator('.graph-drawing').isVisible()).toBe(true)
          expect(await page.locator('#calls').isVisible()).toBe(true)
          expect(await page.locator('.graph-tools').isVisible()).toBe(false)
          expect(await page.locator('.graph-readout').isVisible()).toBe(false)
          const titles = await page.locator('.edge title').allTextContents()
          expect(titles).toHaveLength(reports[path].edges.length)
        },
        { javaScriptEnabled: false },
      )
    },
  )

  test.each(PAGES)('/%s is never wider than its window, and nothing on it moves', async (path) => {
    for (const width of [2560, 1024, 390, 360]) {
      const measure = (page: Page) =>
        page.evaluate(
          () =>
            new Promise<[wide: number, moved: number]>((resolve) => {
              let moved = 0
              new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) moved += (entry as unknown as { value: number }).value
              }).observe({ type: 'layout-shift', buffered: true })
              setTimeout(() => resolve([document.documentElement.scrollWidth, moved]), 200)
            }),
        )
      expect(await open(path, measure, { viewport: { width, height: 800 } })).toEqual([width, 0])
    }
  })

  test.each([SAMPLE, HUNDRED])(
    'printed on A4 the drawing of /%s is whole and on one page, and its table loses no column',
    async (path) => {
      await open(
        path,
        async (page) => {
          await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
          const { width, height } = await page.locator('.graph-drawing').evaluate((svg) => svg.getBoundingClientRect())
          expect(width).toBeLessThanOrEqual(703)
          expect(height).toBeLessThanOrEqual(1017)
          expect(width).toBeGreaterThan(300)
          const right = await page.locator('#calls').evaluate((table) => table.getBoundingClientRect().right)
          expect(right).toBeLessThanOrEqual(704)
        },
        { viewport: { width: 703, height: 1000 }, colorScheme: 'dark' },
      )
    },
  )

  test('labels that would run or reorder are only shown', async () => {
    await open(SAMPLE, async (page) => {
      expect(await page.locator('.graph-drawing').textContent()).toContain("<script>alert('x')</script>")
      expect(await page.locator('.graph-drawing').textContent()).toContain('[U+202E]')
      expect(await page.locator('.graph-drawing').textContent()).not.toContain('\u202e')
      expect(await page.locator('.graph-drawing script').count()).toBe(0)
    })
  })

  test('the page says what is provisional, what is a lower bound, what is folded and what has no data', async () => {
    const said = (path: string) => open(path, (page) => page.locator('.title p').textContent())
    expect(await said(SAMPLE)).toMatch(/Provisional.*≥ marks lower bounds.*A gateway stands/)
    expect(await said(FOLDED)).toMatch(
      /150 workloads stand folded in 25 nodes of their namespaces, 3\d\d hosts in \d+ nodes/,
    )
    await open(WITHOUT_DATA, async (page) => {
      expect(await page.getByText('there is no data').isVisible()).toBe(true)
      expect(await page.locator('.graph-drawing').count()).toBe(0)
    })
  })

  test.each(['light', 'dark'] as const)('every line and mark stands out from the paper, %s', async (colorScheme) => {
    const names = ['--http', '--tcp', '--degraded', '--failing', '--idle', '--blocked']
    const contrasts = await open(
      SAMPLE,
      (page) =>
        page.evaluate((properties) => {
          const luminance = (property: string) => {
            const probe = document.body.appendChild(document.createElement('span'))
            probe.style.color = `var(${property})`
            const channels = getComputedStyle(probe)
              .color.match(/\d+/g)!
              .map((channel) => Number(channel) / 255)
            probe.remove()
            const [red, green, blue] = channels.map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
            return 0.2126 * red + 0.7152 * green + 0.0722 * blue
          }
          return properties.map((property) => {
            const [dark, light] = [luminance(property), luminance('--paper')].sort((a, b) => a - b)
            return [property, (light + 0.05) / (dark + 0.05)] as const
          })
        }, names),
      { colorScheme },
    )
    expect(contrasts.filter(([, contrast]) => contrast < 3)).toEqual([])
    expect(contrasts).toHaveLength(names.length)
  })
}
