/// <reference lib="dom" />
import { generateKeyPairSync } from 'node:crypto'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { type Browser, type BrowserContext, type Page, chromium as playwright } from 'playwright-core'
import { dayAddress, monthDownloadsAddress } from '#core/addresses.ts'
import { loadSite } from '../functions/pages.ts'
import { type Serving, serveFolder } from '../functions/serve.ts'
import { CHROMIUM_ARGUMENTS, chromium } from './chromium.ts'
import { SAMPLE_MONTH, type SampleDownloads, sampleDownloads, signedDownloads } from './samples/downloads.ts'
import { eu } from './sealed-ledger.ts'
import { buildSite, removeBuilds, writeSite } from './site-build.ts'

const PAGE = monthDownloadsAddress(SAMPLE_MONTH)

let browser: Browser
let context: BrowserContext
let page: Page
let serving: Serving
let sample: SampleDownloads
let signed: Awaited<ReturnType<typeof signedDownloads>>
let dir: string

/** Of a site whose seals are signed: a month of its own to the renderer, as publishing puts it. */
const SIGNED = monthDownloadsAddress('2026-12')

/** Where a file of the sample lies in the site. */
const pathOf = (file: string, address = PAGE) => join(dir, file.startsWith('days/') ? file : address + file)

async function writeFiles({ report, files }: SampleDownloads, address: string): Promise<void> {
  for (const [file, bytes] of [...files, ['report.json', Buffer.from(JSON.stringify(report))] as const]) {
    const path = pathOf(file, address)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
}

const verdictOf = async (selector: string) => {
  await page.waitForFunction((where) => document.querySelector(where)?.textContent?.trim(), selector)
  return page.locator(selector).textContent()
}
const verifyFiles = async () => {
  await page.getByRole('button', { name: 'Verify the files' }).click()
  return verdictOf('[data-files-verdict]')
}
const verifyChain = async () => {
  await page.getByRole('button', { name: 'Verify the chain' }).click()
  await page.waitForFunction(() => /\d|could/.test(document.querySelector('[data-chain-verdict]')?.textContent ?? ''))
  return page.locator('[data-chain-verdict]').textContent()
}
const lookFor = async (name: string, bytes: Uint8Array) => {
  await page.setInputFiles('[data-files]', { name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) })
  await page.waitForFunction(() => document.querySelectorAll('[data-verdicts] li').length > 0)
  return page.locator('[data-verdicts] li').textContent()
}

if (chromium === null) {
  test.skip('verification in a real browser: there is none at $CHROMIUM or /usr/bin/chromium; `apt-get install chromium` allows it', () =>
    undefined)
} else {
  beforeAll(async () => {
    sample = await sampleDownloads()
    signed = await signedDownloads()
    const { report } = sample
    const reports = { [PAGE]: report, 'downloads/': report, [SIGNED]: signed.report }
    dir = await writeSite(await loadSite(await buildSite()), reports)
    serving = await serveFolder(dir, { port: 0 })
    browser = await playwright.launch({ executablePath: chromium ?? undefined, args: CHROMIUM_ARGUMENTS })
  }, 120_000)

  beforeEach(async () => {
    await writeFiles(sample, PAGE)
    await writeFiles(signed, SIGNED)
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    page = await context.newPage()
    await page.goto(serving.url + PAGE)
  })

  afterEach(() => context.close())

  afterAll(async () => {
    await browser?.close()
    await serving?.close()
    await removeBuilds()
  })

  test('all files as they are listed are good, each in its row', async () => {
    expect(await verifyFiles()).toBe('All 6 files are as listed.')
    expect(await page.locator('tr[data-verdict=good]').count()).toBe(6)
  })

  test('a file that was altered and one that is gone are named, and the others are good', async () => {
    const [first, second] = sample.report.days.map(({ date }) => dayAddress(date))
    await writeFile(join(dir, first, 'flows.csv'), 'nothing of this is true\r\n')
    await rm(join(dir, second, 'hours.csv'))
    const verdict = await verifyFiles()
    expect(verdict).toMatch(/^4 of 6 files are as listed\. Not so: /)
    expect(verdict).toContain('flows.csv of 2026-11-20 is altered')
    expect(verdict).toContain('hours.csv of 2026-11-19: it cannot be fetched: answered 404')
    const marks = page.locator('tr[data-verdict=altered]')
    expect([await marks.count(), await marks.getAttribute('data-name')]).toEqual([1, 'flows.csv of 2026-11-20'])
  })

  test('a whole chain is whole', async () => {
    expect(await verifyChain()).toMatch(/^Whole: \d+ rollups and 3 seals\./)
  })

  test('of a chain that is not each problem is named', async () => {
    await rm(pathOf('seals/2026-11-19.json'))
    const verdict = await verifyChain()
    expect(verdict).toMatch(/^1 problem in \d+ rollups and 3 seals:/)
    expect(verdict).toContain('missing: seals/date=2026-11-19/seal.json: it cannot be fetched: answered 404')
  })

  test('a problem is told whole, with both hashes', async () => {
    const report = structuredClone(sample.report)
    report.chains[0].links[10].sha256 = '0'.repeat(64)
    await writeFile(pathOf('report.json'), JSON.stringify(report))
    const verdict = await verifyChain()
    expect(verdict).toMatch(/altered: rollups\/\S+: its SHA-256 is 0{64}, its successor says [0-9a-f]{64}/)
  })

  test('a file at hand is known by its hash: of a day, a seal, a rollup, or none of them', async () => {
    const flows = sample.files.get('days/2026-11-19/flows.csv') ?? new Uint8Array()
    expect(await lookFor('downloaded (1).csv', flows)).toContain('is flows.csv of 2026-11-19, unaltered')
    const seal = sample.files.get('seals/2026-11-18.json') ?? new Uint8Array()
    expect(await lookFor('seal.json', seal)).toContain('is the seal of 2026-11-18, unaltered')
    expect(await lookFor('rollup.parquet', eu[5].bytes)).toContain('is rollup 6 of prod-eu')
    const altered = Buffer.concat([flows, Buffer.from(' ')])
    expect(await lookFor('<img src=x>\u202E.csv', altered)).toMatch(
      /<img src=x>\[U\+202E\]\.csv is none of this month's: nothing here has SHA-256 [0-9a-f]{64}/,
    )
  })

  test('the newest month is verified from its short address, too', async () => {
    await page.goto(`${serving.url}downloads/`)
    expect(await verifyFiles()).toBe('All 6 files are as listed.')
    expect(await verifyChain()).toContain('Whole')
  })

  test('signatures of all seals are verified by the key they name, which has to be compared', async () => {
    await page.goto(serving.url + SIGNED)
    const verdict = await verifyChain()
    expect(verdict).toMatch(/^Whole: \d+ rollups and 3 seals\./)
    expect(verdict).toContain(
      `3 of 3 seals have a signature that holds, by key ${signed.keyId}; compare it with the one`,
    )
    expect(await page.locator('#keys tbody th').allTextContents()).toEqual([signed.keyId])
    expect(await page.getByText('npx wharfage verify --key FILE').isVisible()).toBe(true)
  })

  test.each([
    ['a signature', 'seals/2026-11-19.sig', 'is not what key'],
    ['the key', '', 'is not what key'],
    ['a seal', 'seals/2026-11-19.json', 'its SHA-256 is'],
  ])('one byte of %s that is altered is said', async (_, file, said) => {
    const altered = file === '' ? `keys/${signed.keyId}.pem` : file
    const text = Buffer.from(signed.files.get(altered) ?? '').toString('latin1')
    // One of the letters that a signature and a key end with, and in a seal a digit.
    const at = altered.endsWith('.json')
      ? text.search(/\d/)
      : text.search(/[A-Za-z0-9+/]{8}={1,2}"|[A-Za-z0-9+/=]{9}\n-----END/)
    const byte = text[at] === 'A' ? 'B' : altered.endsWith('.json') ? `${(Number(text[at]) + 1) % 10}` : 'A'
    await writeFile(pathOf(altered, SIGNED), Buffer.from(text.slice(0, at) + byte + text.slice(at + 1), 'latin1'))
    await page.goto(serving.url + SIGNED)
    const verdict = await verifyChain()
    expect(verdict).toMatch(/problems? in \d+ rollups and 3 seals:/)
    expect(verdict).toContain(said)
    expect(verdict).not.toContain('3 of 3 seals have')
  })

  test('a public key at hand is compared with those that sign here', async () => {
    await page.goto(serving.url + SIGNED)
    expect(await lookFor('given.pem', Buffer.from(signed.pem))).toContain(
      `given.pem holds key ${signed.keyId}, by which 3 of 3 seals here say they are signed`,
    )
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })
    expect(await lookFor('other.pem', Buffer.from(other))).toContain('and no seal here is signed by it')
    await page.goto(serving.url + PAGE)
    expect(await lookFor('given.pem', Buffer.from(signed.pem))).toContain('and no seal here is signed.')
  })

  test('with its verdicts the page is accessible, and offline advice is there without scripts', async () => {
    await rm(join(dir, 'days/2026-11-19/hours.csv'))
    await verifyFiles()
    await verifyChain()
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
    const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
    await plain.goto(serving.url + PAGE)
    expect(await plain.getByRole('button', { name: 'Verify the files' }).isVisible()).toBe(false)
    expect(await plain.getByText('npx wharfage verify --seal').isVisible()).toBe(true)
    expect(await plain.locator('#files tbody tr').count()).toBe(6)
  })
}
