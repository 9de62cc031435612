/**
 * The command: photographs a page of every kind of a published site, by default the demo's, light and dark, on a desk and
 * on a phone, into a folder; and says how long each took to its largest paint, and how much moved while it loaded.
 */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Browser, chromium as playwright } from 'playwright-core'
import { serveFolder } from '../functions/serve.ts'
import { CHROMIUM_ARGUMENTS, chromium } from './chromium.ts'

const USAGE = 'npm run screenshots -- [--site DIR] [--out DIR]'

/** A page of each kind, of the demo's meshes. */
const PAGES: Record<string, string> = {
  home: '',
  day: 'days/2026-11-19/',
  'day-with-a-gap': 'days/2026-11-12/',
  graph: 'days/2026-11-19/graph/',
  changes: 'days/2026-11-09/changes/',
  month: 'months/2026-11/',
  destinations: 'destinations/',
  destination: 'destinations/www.googleapis.com/',
  workloads: 'workloads/',
  workload: 'workloads/prod-eu/bookinfo/details-v2/',
  blocked: 'blocked/',
  compliance: 'compliance/',
  register: 'compliance/register/',
  findings: 'compliance/findings/',
  readiness: 'compliance/readiness/',
  residency: 'compliance/residency/',
  attestation: 'compliance/attestation/',
  costs: 'costs/',
  'costs-by-team': 'costs/teams/',
  savings: 'costs/savings/',
  bill: 'costs/bill/',
  coverage: 'coverage/',
  downloads: 'downloads/',
}
const THEMES = ['light', 'dark'] as const
const WIDTHS = { desk: 1280, phone: 390 } as const

interface Paint {
  lcp: number // ms
  shift: number
}

/** Loads a page with an empty cache and photographs it whole. */
async function photograph(
  browser: Browser,
  url: string,
  file: string,
  colorScheme: 'light' | 'dark',
  width: number,
): Promise<Paint> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
  try {
    const page = await context.newPage()
    const answer = await page.goto(url, { waitUntil: 'load' })
    if (answer?.status() !== 200) throw new Error(`screenshots: ${url} answered ${answer?.status()}; run the demo anew`)
    const paint = await page.evaluate(
      () =>
        new Promise<Paint>((done) => {
          const paint = { lcp: 0, shift: 0 }
          new PerformanceObserver((list) => {
            for (const { startTime } of list.getEntries()) paint.lcp = startTime
          }).observe({ type: 'largest-contentful-paint', buffered: true })
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) paint.shift += (entry as unknown as { value: number }).value
          }).observe({ type: 'layout-shift', buffered: true })
          setTimeout(() => done(paint), 800)
        }),
    )
    await page.screenshot({ path: file, fullPage: true })
    return paint
  } finally {
    await context.close()
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      site: { type: 'string', default: 'wharfage-demo/site' },
      out: { type: 'string', default: 'wharfage-demo/screenshots' },
    },
  })
  if (chromium === null) {
    throw new Error(
      'screenshots: there is no Chromium at $CHROMIUM or /usr/bin/chromium; install it, then run this again',
    )
  }
  const out = resolve(values.out)
  await mkdir(out, { recursive: true })
  const serving = await serveFolder(resolve(values.site), { port: 0 })
  const browser = await playwright.launch({ executablePath: chromium, args: CHROMIUM_ARGUMENTS })
  try {
    for (const [name, address] of Object.entries(PAGES)) {
      for (const theme of THEMES) {
        for (const [size, width] of Object.entries(WIDTHS)) {
          const file = join(out, `${name}-${theme}-${size}.png`)
          const { lcp, shift } = await photograph(browser, serving.url + address, file, theme, width)
          process.stdout.write(`${file}  largest paint ${Math.round(lcp)} ms, layout shift ${shift.toFixed(4)}\n`)
        }
      }
    }
  } finally {
    await browser.close()
    await serving.close()
  }
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}; ${USAGE}\n`)
  process.exitCode = 1
}
