/// <reference lib="dom" />
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContextOptions, type Page, chromium as playwright } from 'playwright-core'
import { COMPLIANCE, COSTS, FINDINGS, READINESS } from '#core/addresses.ts'
import { sha256 } from '#core/hash.ts'
import type { PageReport } from '#core/report.ts'
import { loadSite, type Site } from '../functions/pages.ts'
import { type Serving, serveFolder } from '../functions/serve.ts'
import { CHROMIUM_ARGUMENTS, chromium } from './chromium.ts'
import { DAY_WITH_GAPS, DAY_WITHOUT_DATA, LAST_DAY } from './report-sample.ts'
import { sampleFindings } from './samples/findings.ts'
import { sampleSearch } from './samples/history.ts'
import { sampleReadiness } from './samples/readiness.ts'
import { KINDS as SAMPLE_KINDS, sampleSite } from './samples/site.ts'
import { buildSite, removeBuilds, writeSite } from './site-build.ts'
import { visit } from './visit.ts'

const THEMES = ['light', 'dark'] as const
const KINDS = SAMPLE_KINDS.map(([, address]) => address)
const KINDS_IN_THEMES = KINDS.flatMap((path) => THEMES.map((theme) => [path, theme] as const))
const PAGES = [...KINDS, `days/${DAY_WITHOUT_DATA}/`, `days/${LAST_DAY}/`]
const CHARTED = SAMPLE_KINDS.filter(([kind]) => !kind.startsWith('list')).map(([, address]) => address)

let built: Site
let browser: Browser
let serving: Serving

const open = <T>(path: string, look: (page: Page) => Promise<T>, options: BrowserContextOptions = {}) =>
  visit(browser, serving.url + path, look, options)

/** How many pixels of the chart are drawn in the colour of that custom property. */
function pixelsOf(page: Page, property: string): Promise<number> {
  return page.evaluate((name) => {
    const probe = document.body.appendChild(document.createElement('span'))
    probe.style.color = `var(${name})`
    const [red, green, blue] = getComputedStyle(probe).color.match(/\d+/g)!.map(Number)
    probe.remove()
    const canvas = document.querySelector('canvas')!
    const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height })
    const context = copy.getContext('2d', { willReadFrequently: true })!
    context.drawImage(canvas, 0, 0)
    const { data } = context.getImageData(0, 0, copy.width, copy.height)
    let count = 0
    for (let at = 0; at < data.length; at += 4)
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue && data[at + 3] === 255) count++
    return count
  }, property)
}

if (chromium === null) {
  test.skip('pages in a real browser: there is none at $CHROMIUM or /usr/bin/chromium; `apt-get install chromium` allows it', () =>
    undefined)
} else {
  beforeAll(async () => {
    built = await loadSite(await buildSite())
    const dir = await writeSite(built, sampleSite())
    await writeFile(join(dir, 'search.json'), JSON.stringify(sampleSearch()))
    serving = await serveFolder(dir, { port: 0 })
    browser = await playwright.launch({ executablePath: chromium ?? undefined, args: CHROMIUM_ARGUMENTS })
  }, 120_000)

  afterAll(async () => {
    await browser?.close()
    await serving?.close()
    await removeBuilds()
  })

  test.each(KINDS_IN_THEMES)(
    'axe finds nothing wrong with /%s in %s',
    async (path, colorScheme) => {
      const violations = await open(
        path,
        async (page) => {
          await page.evaluate(() => {
            for (const details of document.querySelectorAll('details')) details.open = true
          })
          return (await new AxeBuilder({ page }).analyze()).violations
        },
        { colorScheme },
      )
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html).slice(0, 3)])).toEqual([])
    },
    120_000,
  )

  test.each(['', `days/${DAY_WITH_GAPS}/`])(
    '/%s is drawn in its class colours, and hatched where there is no data',
    async (path) => {
      await open(path, async (page) => {
        expect(await pixelsOf(page, '--registered')).toBeGreaterThan(5000)
        expect(await pixelsOf(page, '--passthrough')).toBeGreaterThan(200)
        expect(await page.locator('figure.chart').first().getByText('no data').isVisible()).toBe(true)
      })
    },
  )

  test('a day without data draws no bar', async () => {
    await open(`days/${DAY_WITHOUT_DATA}/`, async (page) => {
      expect(await pixelsOf(page, '--registered')).toBe(0)
    })
  })

  test('the chart shows the measure that is chosen', async () => {
    await open('', async (page) => {
      await page.locator('input[value=blocked]').check({ force: true })
      expect(await pixelsOf(page, '--blocked')).toBeGreaterThan(5000)
      expect(await pixelsOf(page, '--registered')).toBe(0)
      expect(await page.locator('[data-legend=blocked]').isVisible()).toBe(true)
      expect(await page.locator('[data-legend=out]').isVisible()).toBe(false)
    })
  })

  test.each(CHARTED)(
    'the chart of /%s is there before its script, and moves nothing',
    async (path) => {
      const shift = async (page: Page) => {
        await page.waitForTimeout(300)
        return page.evaluate(
          () =>
            new Promise<{ shifted: number; paintedMs: number }>((resolve) => {
              const seen = { shifted: 0, paintedMs: 0 }
              new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) seen.shifted += (entry as unknown as { value: number }).value
              }).observe({ type: 'layout-shift', buffered: true })
              new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) seen.paintedMs = entry.startTime
              }).observe({ type: 'largest-contentful-paint', buffered: true })
              setTimeout(() => resolve(seen), 100)
            }),
        )
      }
      const paints: number[] = []
      for (const timezoneId of ['UTC', 'Asia/Kathmandu'])
        for (const viewport of [
          { width: 1280, height: 900 },
          { width: 390, height: 800 },
        ]) {
          const { shifted, paintedMs } = await open(path, shift, { viewport, timezoneId })
          expect([timezoneId, viewport.width, shifted]).toEqual([timezoneId, viewport.width, 0])
          paints.push(paintedMs)
        }
      // The best of them: what else the machine does is no matter of the page.
      expect(Math.min(...paints)).toBeGreaterThan(0)
      expect(Math.min(...paints)).toBeLessThan(1000)
    },
    60_000,
  )

  test('the days in the table sum to the figures in the tiles', async () => {
    await open('months/2026-11/', async (page) => {
      const { tiles, sums } = await page.evaluate(() => {
        const values = (root: Element) => [...root.querySelectorAll('data')].map((figure) => Number(figure.value))
        const rows = [...document.querySelectorAll('#days tbody tr')].map(values).filter((row) => row.length > 0)
        return {
          tiles: [...document.querySelectorAll('.tile .figure')].flatMap(values),
          sums: rows[0].map((_, column) => rows.reduce((sum, row) => sum + row[column], 0)),
        }
      })
      expect(sums.slice(0, 3)).toEqual(tiles)
      expect(tiles[0]).toBeGreaterThan(1e12)
    })
  })

  test('exact figures are shown on demand, and the choice is kept', async () => {
    await open('', async (page) => {
      const figure = page.locator('#days tbody tr').first().locator('data').first()
      const value = Number(await figure.getAttribute('value'))
      expect(await figure.textContent()).toMatch(/GB$/)
      await figure.hover()
      expect(await figure.getAttribute('title')).toBe(`at least ${value.toLocaleString('en-US')} bytes`)
      await page.getByRole('button', { name: 'Exact figures' }).click()
      expect(await figure.textContent()).toBe(`≥\u00a0${value.toLocaleString('en-US')}\u00a0B`)
      await page.reload()
      expect(await figure.textContent()).toContain(value.toLocaleString('en-US'))
    })
  })

  test('an amount is shown to its last digit on demand, and copied so', async () => {
    await open(
      COSTS,
      async (page) => {
        const figure = page.locator('#teams tbody tr').first().locator('data').first()
        const amount = (await figure.getAttribute('value')) ?? ''
        const short = await figure.textContent()
        expect(short).toMatch(/^≥\u00a0\$[\d,]+\.\d\d$/)
        await figure.hover()
        expect(await figure.getAttribute('title')).toBe(`at least ${amount}\u00a0USD`)
        await page.getByRole('button', { name: 'Exact figures' }).click()
        expect(await figure.textContent()).toBe(`≥\u00a0${amount}\u00a0USD`)
        await page.locator('.rows:has(#teams) [data-copy]').click()
        await page.getByText('rows copied').first().waitFor()
        const [, line] = (await page.evaluate(() => navigator.clipboard.readText())).split('\n')
        expect(line.split('\t')[1]).toBe(amount)
      },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    )
  })

  test('on a phone the present tab of the site is in view', async () => {
    await open(
      COSTS,
      async (page) => {
        const box = await page.locator('.sections [aria-current]').boundingBox()
        expect(box!.x).toBeGreaterThanOrEqual(0)
        expect(box!.x + box!.width).toBeLessThanOrEqual(390)
      },
      { viewport: { width: 390, height: 800 } },
    )
  })

  test('a chosen theme stands against that of the system, is kept, and is there before the first paint', async () => {
    await open(
      '',
      async (page) => {
        const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
        expect(await paper()).toBe('rgb(255, 255, 255)')
        await page.getByRole('button', { name: 'Dark theme' }).click()
        const dark = await paper()
        expect(dark).not.toBe('rgb(255, 255, 255)')
        await page.addInitScript(() => {
          new MutationObserver((_, observer) => {
            if (!document.body) return
            document.documentElement.dataset.atBody = document.documentElement.dataset.theme
            observer.disconnect()
          }).observe(document, { childList: true, subtree: true })
        })
        await page.reload()
        expect(await page.evaluate(() => document.documentElement.dataset.atBody)).toBe('dark')
        expect(await paper()).toBe(dark)
        expect(await pixelsOf(page, '--registered')).toBeGreaterThan(5000)
      },
      { colorScheme: 'light' },
    )
  })

  test.each(KINDS)('the keyboard alone reaches everything on /%s, and shows where it is', async (path) => {
    await open(path, async (page) => {
      const expected = await page.evaluate(() => {
        const all = [
          ...document.querySelectorAll<HTMLElement>(
            'a[href], button, summary, [tabindex="0"], input:checked, input[type=search]',
          ),
        ]
        return all
          .filter((element) => element.checkVisibility())
          .map((element, at) => {
            element.dataset.stop = String(at)
            return String(at)
          })
      })
      const reached = new Set<string>()
      for (let press = 0; press < expected.length + 2; press++) {
        await page.keyboard.press('Tab')
        const { stop, outlined } = await page.evaluate(() => {
          const element = document.activeElement as HTMLElement
          const shown = element.matches('input[type=radio]') ? element.nextElementSibling! : element
          return { stop: element.dataset.stop, outlined: getComputedStyle(shown).outlineStyle !== 'none' }
        })
        if (stop === undefined) continue
        expect([stop, outlined]).toEqual([stop, true])
        reached.add(stop)
      }
      expect([...reached].sort()).toEqual(expected.sort())
      expect(expected.length).toBeGreaterThan(15)
    })
  })

  test('a table is sorted by its exact figures, what has no data last, and back', async () => {
    await open('', async (page) => {
      const column = () =>
        page.evaluate(() =>
          [...document.querySelectorAll<HTMLTableRowElement>('#days tbody tr')].map((row) => {
            const figure = row.cells[2]?.querySelector('data')
            return figure ? Number(figure.value) : null
          }),
        )
      const head = page.locator('#days thead th').nth(2)
      const before = await column()
      const figures = before.filter((value) => value !== null)
      expect(before.slice(0, -1)).toContain(null)
      await head.getByRole('button').click()
      expect(await head.getAttribute('aria-sort')).toBe('descending')
      expect(await column()).toEqual([...figures.toSorted((a, b) => b - a), null])
      await page.keyboard.press('Enter')
      expect(await head.getAttribute('aria-sort')).toBe('ascending')
      expect(await column()).toEqual([...figures.toSorted((a, b) => a - b), null])
      await page.locator('#days thead th').first().getByRole('button').click()
      expect(await head.getAttribute('aria-sort')).toBeNull()
      expect(await column()).toEqual(before.toReversed())
      expect(await page.locator('#days tbody tr').locator('visible=true').count()).toBe(15)
    })
  })

  test('a filter looks through every row, says how many it shows, and is undone by Escape', async () => {
    await open(`days/${DAY_WITH_GAPS}/`, async (page) => {
      const rows = page.locator('#destinations tbody tr').locator('visible=true')
      const rest = (await page.locator('#destinations tbody.rest th').first().textContent()) ?? ''
      const filter = page.getByRole('searchbox', { name: 'Filter destinations' })
      await filter.fill(rest.slice(0, 12).toUpperCase())
      expect(await rows.count()).toBe(1)
      expect(await page.locator('.rows:has(#destinations) output').textContent()).toBe(
        `1 of ${await page.locator('#destinations tbody tr').count()}`,
      )
      await filter.press('Escape')
      expect(await rows.count()).toBe(15)
      await filter.fill('no such host')
      expect(await rows.count()).toBe(0)
    })
  })

  test('the rows that are shown are copied with exact figures, as lines for a spreadsheet, and never as a formula', async () => {
    await open(
      `days/${DAY_WITH_GAPS}/`,
      async (page) => {
        await page
          .locator('#destinations tbody th a')
          .first()
          .evaluate((link) => {
            link.textContent = '=HYPERLINK("x")'
          })
        await page.getByRole('searchbox', { name: 'Filter destinations' }).fill('registered')
        const shown = await page.locator('#destinations tbody tr').locator('visible=true').count()
        await page.locator('.rows:has(#destinations) [data-copy]').click()
        await page.getByText(`${shown} rows copied`).waitFor()
        const lines = (await page.evaluate(() => navigator.clipboard.readText())).split('\n')
        expect(lines).toHaveLength(shown + 1)
        expect(lines[0].split('\t').slice(0, 3)).toEqual(['Host', 'Class', 'Bytes out'])
        const value = await page.locator('#destinations tbody tr').first().locator('data').first().getAttribute('value')
        expect(lines[1]).toMatch(new RegExp(`^'=HYPERLINK.*\\tregistered\\t${value}\\t`))
      },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    )
  })

  test('a drafted manifest is copied as it is to be applied', async () => {
    await open(
      READINESS,
      async (page) => {
        await page.locator('details.manifests summary').first().click()
        const manifest = page.locator('.manifest').first()
        await manifest.getByRole('button', { name: 'Copy' }).click()
        await manifest.getByRole('button', { name: 'Copied' }).waitFor()
        const { yaml } = sampleReadiness().namespaces.flatMap(({ manifests }) => manifests)[0]
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(yaml)
        await manifest.getByRole('button', { name: 'Copy', exact: true }).waitFor()
      },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    )
  })

  test('a finding of the head of compliance leads to its own row, which stands out', async () => {
    await open(COMPLIANCE, async (page) => {
      const link = page.locator('.attention a').last()
      const id = (await link.getAttribute('href'))?.split('#')[1]
      await link.click()
      await page.waitForURL(`**/${FINDINGS}#${id}`)
      const row = page.locator('tr:target')
      expect(await row.getAttribute('id')).toBe(id)
      const colors = await page.locator('#findings tbody tr').evaluateAll((rows) => {
        return rows.map((one) => getComputedStyle((one as HTMLTableRowElement).cells[0]).backgroundColor)
      })
      expect(new Set(colors).size).toBe(2)
    })
  })

  test('a link to a row that is put away brings it out with the others', async () => {
    const gone = [...Array(40).keys()].map((at) => ({
      ...sampleFindings().findings.at(-1)!,
      id: sha256(String(at)).slice(0, 12),
    }))
    const folder = await writeSite(built, { [FINDINGS]: { ...sampleFindings(), findings: gone } as PageReport })
    const other = await serveFolder(folder, { port: 0 })
    try {
      await visit(browser, `${other.url}${FINDINGS}#${gone[39].id}`, async (page) => {
        expect(await page.locator('tr:target').isVisible()).toBe(true)
        expect(await page.locator('#gone tbody tr').locator('visible=true').count()).toBe(40)
      })
      await visit(browser, `${other.url}${FINDINGS}#${gone[3].id}`, async (page) => {
        expect(await page.locator('#gone tbody tr').locator('visible=true').count()).toBe(15)
      })
    } finally {
      await other.close()
    }
  })

  test('rows beyond the first fifteen come out when they are asked for', async () => {
    await open('', async (page) => {
      const visible = () => page.locator('#days tbody tr').locator('visible=true').count()
      expect(await visible()).toBe(15)
      await page.getByText('Show all 35 days').click()
      expect(await visible()).toBe(35)
    })
  })

  test.each(PAGES)('without scripts /%s still shows its tables, and no empty chart or dead switch', async (path) => {
    await open(
      path,
      async (page) => {
        expect(await page.locator('table').first().isVisible()).toBe(true)
        for (const dead of ['figure.chart', '.controls', '.search', '.tools'])
          expect([dead, await page.locator(dead).locator('visible=true').count()]).toEqual([dead, 0])
      },
      { javaScriptEnabled: false },
    )
  })

  test.each(PAGES)('/%s is never wider than its window, from a desk to a phone', async (path) => {
    await open(path, async (page) => {
      for (const width of [2560, 1024, 768, 390, 360]) {
        await page.setViewportSize({ width, height: 800 })
        await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      }
    })
  })

  test.each(PAGES)('printed on A4 /%s loses no column, and is light', async (path) => {
    const width = 703 // pixels of 1/96 inch between the margins of A4
    await open(
      path,
      async (page) => {
        await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
        const { overflowing, paper } = await page.evaluate(() => ({
          overflowing: [...document.querySelectorAll('table')]
            .filter((table) => table.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
            .map((table) => table.id || table.parentElement?.ariaLabel),
          paper: getComputedStyle(document.body).backgroundColor,
        }))
        expect([overflowing, paper]).toEqual([[], 'rgb(255, 255, 255)'])
      },
      { viewport: { width, height: 1000 }, colorScheme: 'dark' },
    )
  })

  test('while it is printed a page is light, and afterwards what it was', async () => {
    await open('', async (page) => {
      const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
      await page.getByRole('button', { name: 'Dark theme' }).click()
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')))
      expect(await theme()).toBe('light')
      expect(await pixelsOf(page, '--registered')).toBeGreaterThan(1000)
      await page.evaluate(() => dispatchEvent(new Event('afterprint')))
      expect(await theme()).toBe('dark')
      expect(await pixelsOf(page, '--registered')).toBeGreaterThan(5000)
    })
  })

  test('a bar of the home page leads to its day', async () => {
    await open('', async (page) => {
      await page.locator('canvas').scrollIntoViewIfNeeded()
      const box = (await page.locator('canvas').boundingBox())!
      await Promise.all([
        page.waitForURL(`**/days/${LAST_DAY}/`),
        page.mouse.click(box.x + box.width - 18, box.y + box.height - 60),
      ])
    })
  })

  test('hours stand beside the time of the reader, unless that is UTC', async () => {
    const localTime = async (page: Page) => {
      const cell = page.locator('#hours tbody .local').first()
      return (await cell.isVisible()) ? cell.textContent() : null
    }
    const path = `days/${LAST_DAY}/`
    expect(await open(path, localTime, { timezoneId: 'Asia/Kathmandu' })).toBe('05:45')
    expect(await open(path, localTime, { timezoneId: 'UTC' })).toBeNull()
  })

  test('a script that somebody put into a label does not run, and an inline one would be stopped', async () => {
    await open(`days/${DAY_WITH_GAPS}/`, async (page) => {
      let dialogs = 0
      page.on('dialog', (dialog) => {
        dialogs++
        return dialog.dismiss()
      })
      await page.getByText(/^Show all \d+ destinations$/).click()
      expect(await page.getByText("<script>alert('x')</script>").first().isVisible()).toBe(true)
      expect(dialogs).toBe(0)
    })
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(serving.url)
    const blocked = page.waitForEvent('console', (message) => /Content Security Policy/.test(message.text()))
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'document.title = "taken"'
      document.head.append(script)
    })
    await blocked
    expect(await page.title()).toBe('Egress')
    await context.close()
  })

  test('a page that is not there says so in the same dress', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    const response = await page.goto(`${serving.url}days/1999-01-01/`)
    expect(response?.status()).toBe(404)
    expect(await page.locator('h1').textContent()).toBe('Not found')
    expect(await page.evaluate(() => getComputedStyle(document.querySelector('.masthead')!).display)).toBe('flex')
    await context.close()
  })
}
