/** Visits pages of a served site in a real browser. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** Opens a page, hands it over once it is loaded, and fails on whatever it wrote to the console or could not load. */
export async function visit<T>(
  browser: Browser,
  url: string,
  look: (page: Page) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  try {
    const page = await context.newPage()
    const messages: string[] = []
    page.on('console', (message) => messages.push(message.text()))
    page.on('pageerror', (error) => messages.push(error.message))
    page.on('requestfailed', (request) => messages.push(`${request.url()} failed`))
    await page.goto(url, { waitUntil: 'load' })
    const result = await look(page)
    expect(messages).toEqual([])
    return result
  } finally {
    await context.close()
  }
}
