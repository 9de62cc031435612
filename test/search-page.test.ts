/// <reference lib="dom" />
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, type Page, chromium as playwright } from 'playwright-core'
import { destinationAddress } from '#core/addresses.ts'
import { loadSite } from '../functions/pages.ts'
import { type Serving, serveFolder } from '../functions/serve.ts'
import { CHROMIUM_ARGUMENTS, chromium } from './chromium.ts'
import { OVERRIDE_WORKLOAD, SCRIPT_HOST } from './report-sample.ts'
import { sampleDestination, sampleSearch } from './samples/history.ts'
import { buildSite, removeBuilds, writeSite } from './site-build.ts'

const STRIPE = 'api.stripe.com'
const START = destinationAddress('api.adyen.com')

let browser: Browser
let context: BrowserContext
let page: Page
let serving: Serving
let asked: string[] // requests for the index
let messages: string[]

const options = () => page.locator('#search-results li').allTextContents()
const search = async (query: string) => {
  await page.locator('#search').fill(query)
  await page.waitForFunction(
    () =>
      !document.querySelector<HTMLElement>('#search-results')?.hidden ||
      document.querySelector('.search-status')?.textContent,
  )
}
const active = () =>
  page.evaluate(() => {
    const id = document.querySelector('#search')?.getAttribute('aria-activedescendant')
    return id ? document.getElementById(id)?.querySelector('bdi')?.textContent : null
  })

if (chromium === null) {
  test.skip('the search in a real browser: there is none at $CHROMIUM or /usr/bin/chromium; `apt-get install chromium` allows it', () =>
    undefined)
} else {
  beforeAll(async () => {
    const reports = {
      [START]: sampleDestination('api.adyen.com'),
      [destinationAddress(STRIPE)]: sampleDestination(STRIPE),
    }
    const dir = await writeSite(await loadSite(await buildSite()), reports)
    await writeFile(join(dir, 'search.json'), JSON.stringify(sampleSearch()))
    serving = await serveFolder(dir, { port: 0 })
    browser = await playwright.launch({ executablePath: chromium ?? undefined, args: CHROMIUM_ARGUMENTS })
  }, 120_000)

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    asked = []
    messages = []
    page.on('request', (request) => request.url().endsWith('search.json') && asked.push(request.url()))
    page.on('console', (message) => messages.push(message.text()))
    page.on('pageerror', (error) => messages.push(error.message))
    await page.goto(serving.url + START)
  })

  afterEach(async () => {
    await context.close()
    expect(messages).toEqual([])
  })

  afterAll(async () => {
    await browser?.close()
    await serving?.close()
    await removeBuilds()
  })

  test('a slash leads into the search, and only then the index is asked for, once', async () => {
    expect(asked).toEqual([])
    await page.keyboard.press('/')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('search')
    expect(await page.locator('#search').inputValue()).toBe('')
    await search('stripe')
    await search('adyen')
    expect(asked).toEqual([`${serving.url}search.json`])
  })

  test('what is found comes as one types, and Enter goes to the first of it, by a relative address', async () => {
    await page.keyboard.press('/')
    await page.keyboard.type('stripe')
    await page.locator('#search-results li').first().waitFor()
    expect(await options()).toEqual([expect.stringContaining(STRIPE)])
    await page.keyboard.press('Enter')
    await page.waitForURL(serving.url + destinationAddress(STRIPE))
  })

  test('arrows choose around the list, as a screen reader hears', async () => {
    await search('20 nov')
    await search('api')
    const count = (await options()).length
    expect(count).toBeGreaterThan(1)
    expect(await active()).toBeNull()
    const seen: (string | null | undefined)[] = []
    for (let press = 0; press < count + 1; press++) {
      await page.keyboard.press('ArrowDown')
      seen.push(await active())
    }
    expect(new Set(seen).size).toBe(count)
    expect(seen[count]).toBe(seen[0])
    await page.keyboard.press('ArrowUp')
    expect(await active()).toBe(seen[count - 1])
    expect(await page.locator('#search-results [aria-selected=true]').count()).toBe(1)
    expect(await page.locator('[role=status].search-status').textContent()).toBe(`${count} results`)
  })

  test('Escape puts the list away, then the words, then leaves the field', async () => {
    await page.keyboard.press('/')
    await search('api')
    const state = () =>
      page.evaluate(() => {
        const input = document.querySelector<HTMLInputElement>('#search')
        return [input?.ariaExpanded, input?.value, document.activeElement?.id]
      })
    expect(await state()).toEqual(['true', 'api', 'search'])
    await page.keyboard.press('Escape')
    expect(await state()).toEqual(['false', 'api', 'search'])
    await page.keyboard.press('Escape')
    expect(await state()).toEqual(['false', '', ''])
  })

  test('a click on what is found leads there, a click beside puts it away', async () => {
    await search('stripe')
    await page.locator('h1').click({ position: { x: 5, y: 5 } })
    expect(await page.locator('#search-results').isVisible()).toBe(false)
    await search('stripe')
    await Promise.all([page.waitForURL(`**/${destinationAddress(STRIPE)}`), page.locator('#search-results li').click()])
  })

  test('nothing found is said', async () => {
    await search('nothing-like-it')
    expect(await page.locator('.search-status').textContent()).toBe('Nothing found.')
    expect(await page.locator('#search-results').isVisible()).toBe(false)
  })

  test('hostile names are text and stay in their order', async () => {
    let dialogs = 0
    page.on('dialog', (dialog) => {
      dialogs++
      return dialog.dismiss()
    })
    await search('script')
    expect((await options())[0]).toContain(SCRIPT_HOST)
    await search('fdp')
    expect((await options())[0]).toContain(
      OVERRIDE_WORKLOAD.replace('\u202E', '[U+202E]').replace('\u202C', '[U+202C]'),
    )
    expect([dialogs, await page.locator('#search-results script').count()]).toEqual([0, 0])
  })

  test('with its list open the page is accessible', async () => {
    await search('api')
    await page.keyboard.press('ArrowDown')
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
  })

  test('an index that cannot be had is said to be so, and asked for again later', async () => {
    await page.route('**/search.json', (route) => route.abort())
    await search('api')
    expect(await page.locator('.search-status').textContent()).toBe('The index of the search could not be loaded.')
    await page.unroute('**/search.json')
    await page.locator('#search').fill('stripe')
    await page.locator('#search-results li').waitFor()
    messages.length = 0 // the browser tells of the request that failed
  })
}
