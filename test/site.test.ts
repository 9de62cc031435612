import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import type { DayReport, IndexReport } from '#core/report.ts'
import { loadSite, type Site } from '../functions/pages.ts'
import { exact, grouped, percent, short, shownLabel } from '../site/src/format.ts'
import { codeWords, flagWords } from '../site/src/words.ts'
import {
  DAY_WITH_GAPS,
  DAY_WITHOUT_DATA,
  LAST_DAY,
  OVERRIDE_WORKLOAD,
  SCRIPT_HOST,
  sampleDay,
  sampleIndex,
} from './report-sample.ts'
import { buildSite, buildStaticSite, removeBuilds, writeSite } from './site-build.ts'

const WHOLE_DAY = '2026-11-19'

let builtDir: string
let site: Site

beforeAll(async () => {
  builtDir = await buildSite()
  site = await loadSite(builtDir)
}, 120_000)

afterAll(removeBuilds)

const page = async (path: string, report: IndexReport | DayReport) =>
  new TextDecoder().decode(await site.render(path, report))
const index = () => page('/', sampleIndex())
const day = (date: string, change: (report: DayReport) => void = () => undefined) => {
  const report = sampleDay(date)
  change(report)
  return page(`/days/${date}/`, report)
}

/** The rows of the table with that id, each as the texts of its cells. */
function rowsOf(html: string, id: string): string[][] {
  const table = html.slice(html.indexOf(`<table id="${id}"`)).split('</table>')[0]
  return [
    ...table
      .split('<tbody')
      .slice(1)
      .join('')
      .matchAll(/<tr[^>]*>(.*?)<\/tr>/gs),
  ].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell.replace(/<[^>]+>/g, '').trim()),
  )
}

/** The table's exact figures, summed by column. */
function sumsOf(html: string, id: string): number[] {
  const table = html.slice(html.indexOf(`<table id="${id}"`)).split('</table>')[0]
  const sums: number[] = []
  for (const [row] of table.matchAll(/<tr data-observation.*?<\/tr>/gs))
    [...row.matchAll(/<data value="(\d+)"/g)].forEach(([, value], at) => {
      sums[at] = (sums[at] ?? 0) + Number(value)
    })
  return sums
}

/** Every file below a folder with its text, by its path there. */
async function filesOf(dir: string): Promise<Record<string, string>> {
  const entries = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort()
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  return Object.fromEntries(paths.map((path, at) => [path.slice(dir.length), texts[at]]))
}

// what a page says

test('the index lists every day, newest first, each linked to its page', async () => {
  const dates = rowsOf(await index(), 'days').map(([date]) => date)
  expect(dates).toEqual(
    sampleIndex()
      .days.map(({ date }) => date)
      .toReversed(),
  )
  expect(await index()).toContain(`href="days/${LAST_DAY}/"`)
})

test.each([
  ['days', index, () => sampleIndex().byClass],
  ['hours', () => day(WHOLE_DAY), () => sampleDay(WHOLE_DAY).byClass],
])('the figures in the table of %s sum to the totals of the report', async (id, html, byClass) => {
  const { registered, passthrough, blocked } = byClass()
  expect(sumsOf(await html(), id).slice(0, 7)).toEqual([
    registered.egressBytes,
    passthrough.egressBytes,
    blocked.requests + blocked.connections,
    registered.requests + passthrough.requests,
    registered.egressBytes + passthrough.egressBytes,
    registered.ingressBytes + passthrough.ingressBytes,
    registered.errors + passthrough.errors,
  ])
})

test('an hour without data says so in one cell, and has no figure at all', async () => {
  const rows = rowsOf(await day(DAY_WITH_GAPS), 'hours')
  expect(rows[4]).toEqual(['04:00', '', 'no data', 'no data'])
})

test('an hour in which nothing left shows zeros, which are figures', async () => {
  const html = await day(WHOLE_DAY, ({ hours }) => {
    for (const totals of Object.values(hours[4].byClass))
      Object.assign(totals, { requests: 0, connections: 0, egressBytes: 0, ingressBytes: 0, errors: 0 })
  })
  expect(rowsOf(html, 'hours')[4]).toEqual(
    ['04:00', '', '0&nbsp;B', '0&nbsp;B', '0', '0', '0&nbsp;B', '0&nbsp;B', '0', 'whole'].map((cell) =>
      cell.replace('&nbsp;', '\u00a0'),
    ),
  )
})

test('a day without data has no tiles of zero and no tables of destinations', async () => {
  const html = await day(DAY_WITHOUT_DATA)
  expect(html.match(/<span class="nodata">no data<\/span>/g)).toHaveLength(7)
  expect(html).not.toContain('id="destinations"')
  expect(html).toContain('there is no data')
})

test('sums over time that was not observed whole carry the sign of a lower bound, whole ones none', async () => {
  expect(rowsOf(await day(DAY_WITH_GAPS), 'hours')[2][2]).toMatch(/^≥/)
  expect(rowsOf(await day(DAY_WITH_GAPS), 'hours')[7][2]).toMatch(/^\d/)
  expect(await day(WHOLE_DAY)).not.toContain('class="least"')
  expect(await day(DAY_WITH_GAPS)).toContain('title="at least ')
})

test('an open day is called provisional in words, and hours still to come are not missing', async () => {
  const html = await day(LAST_DAY)
  expect(html).toContain('Provisional.')
  expect(rowsOf(html, 'hours')[20]).toEqual(['20:00', '', 'not yet', 'not yet'])
  expect(await day(WHOLE_DAY)).not.toContain('rovisional')
})

test('gaps, unclassified series and quarantined hosts of a target are told with their reasons', async () => {
  const html = await day(DAY_WITH_GAPS)
  expect(html).toContain('02:24 to 06:36 UTC')
  expect(html).toContain('connect ECONNREFUSED 10.4.1.9:9090')
  expect(html).toContain('nobody told why')
  expect(html).toContain('{reporter=&quot;source&quot;')
  expect(html).toContain('(invalid-host-5f1c09aa)')
})

test('an index without a day says that nothing was recorded', async () => {
  const report = { ...sampleIndex(), days: [], targets: [], downloads: [], complete: true }
  expect(await page('/', report)).toContain('Nothing has been recorded yet')
})

// hostile labels

test('markup in a label is text, wherever the label is shown', async () => {
  const html = await day(WHOLE_DAY, (report) => {
    for (const row of report.destinations) row.host = SCRIPT_HOST
    for (const row of report.sources) Object.assign(row, { workload: SCRIPT_HOST, namespace: SCRIPT_HOST })
    for (const row of report.responses) Object.assign(row, { code: SCRIPT_HOST, flags: SCRIPT_HOST })
    for (const row of report.coverage) {
      row.unclassifiedExample = SCRIPT_HOST
      row.gaps = [{ from: 0, to: 1, reason: SCRIPT_HOST }]
      row.quarantinedHosts = [{ placeholder: SCRIPT_HOST, raw: SCRIPT_HOST }]
    }
    for (const row of report.downloads) Object.assign(row, { title: SCRIPT_HOST, file: SCRIPT_HOST })
    report.title = SCRIPT_HOST
  })
  const outsideOfValues = html.replace(/="[^"]*"/g, '')
  expect(outsideOfValues).not.toContain('<script>')
  expect(outsideOfValues).not.toMatch(/<[^>]*onmouseover/)
  expect(html).toContain('&lt;script&gt;')
})

test('a label that imitates the address of an asset stays as it is', async () => {
  const html = await day(WHOLE_DAY, (report) => {
    report.sources[0].workload = ' src="/_assets/x.js"'
  })
  expect(html).toContain(' src=&quot;/_assets/x.js&quot;')
})

test('characters that reorder their neighbours are spelled out', async () => {
  const html = await day(WHOLE_DAY)
  expect(html).not.toContain('\u202E')
  expect(html).toContain('invoice-[U+202E]fdp.exe[U+202C]-sender')
  expect(shownLabel(OVERRIDE_WORKLOAD).text).not.toMatch(/\p{Cf}/u)
})

test('a label longer than any host name is cut and its length told', async () => {
  const html = await day(WHOLE_DAY)
  expect(html).toContain('… (10,240 characters)')
  expect(html.replaceAll('<wbr>', '')).not.toContain('a'.repeat(63).concat('.').repeat(3))
})

test('no label comes out with an invisible character or a broken surrogate', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (label) => {
      expect(shownLabel(label).text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    }),
  )
})

// what a page is made of

const KINDS: [string, () => Promise<string>][] = [
  ['index', index],
  ['day', () => day(DAY_WITH_GAPS)],
]

test.each(KINDS)('the %s holds no inline script, style or handler', async (_kind, html) => {
  const text = await html()
  for (const [, attributes, content] of text.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
    expect(attributes).toContain('src="')
    expect(content).toBe('')
  }
  expect(text).not.toMatch(/<style|<[a-z][^>]*\s(style|on[a-z]+)=/)
})

test.each(KINDS)(
  'every address in the %s is relative, so that the site works from any sub-path',
  async (_kind, html) => {
    const addresses = [...(await html()).matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses.length).toBeGreaterThan(5)
    expect(addresses.filter((address) => !/^(\.{1,2}\/|days\/|#)/.test(address))).toEqual([])
  },
)

test.each(KINDS)('every asset the %s names is among the assets to publish', async (_kind, html) => {
  const names = [...(await html()).matchAll(/="[./]*(_assets\/[^"]+|favicon\.svg)"/g)].map(([, name]) => name)
  expect(names.length).toBeGreaterThanOrEqual(5)
  const published = site.assets().map(({ path }) => path)
  expect(published).toEqual(expect.arrayContaining(names))
})

test('the scripts of a page weigh at most 80 kB when compressed', async () => {
  const { gzipSync } = await import('node:zlib')
  const scripts = site.assets().filter(({ path }) => path.endsWith('.js'))
  const sizes = await Promise.all(scripts.map(async ({ filePath }) => gzipSync(await readFile(filePath)).length))
  expect(sizes.length).toBeGreaterThan(1)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(80_000)
})

test('the built site imports nothing but Node and itself', async () => {
  const files = (await readdir(join(builtDir, 'server'), { recursive: true })).filter((file) => file.endsWith('.mjs'))
  const imports = await Promise.all(
    files.map(async (file) => {
      const source = await readFile(join(builtDir, 'server', file), 'utf8')
      return [...source.matchAll(/^(?:import|export)\s[^'"]*from\s*["']([^"']+)["']/gm)].map(([, name]) => name)
    }),
  )
  expect(files.length).toBeGreaterThan(3)
  expect(imports.flat().filter((name) => !/^(\.|node:)/.test(name))).toEqual([])
})

test('the same sources give the same build, so that building again does not render every page again', async () => {
  const again = await buildSite()
  const ours = await filesOf(builtDir)
  const theirs = await filesOf(again)
  for (const path of Object.keys(theirs)) theirs[path] = theirs[path].replaceAll(again, builtDir)
  expect(theirs).toEqual(ours)
}, 120_000)

test('the same report gives the same bytes again', async () => {
  const once = await site.render('/', sampleIndex())
  expect(await site.render('/', sampleIndex())).toEqual(once)
})

test('two reports rendered at once do not mix', async () => {
  const [one, other] = await Promise.all([day('2026-11-02'), day('2026-11-03')])
  expect([one, other]).toEqual([await day('2026-11-02'), await day('2026-11-03')])
  expect(one).not.toBe(other)
})

test('a plain static build of the same pages gives the same bytes', async () => {
  const reports = { index: sampleIndex(), days: [sampleDay(DAY_WITH_GAPS), sampleDay(LAST_DAY)] }
  const ours = await writeSite(site, reports)
  const theirs = await buildStaticSite(reports)
  expect(await filesOf(ours)).toEqual(await filesOf(theirs))
}, 120_000)

test('a page that the site does not have is refused by name', async () => {
  await expect(site.render('/nowhere/', sampleIndex())).rejects.toThrow('pages: /nowhere/ rendered with status 404')
})

test('a missing build is one sentence that says how to build', async () => {
  await expect(loadSite('/nowhere/dist')).rejects.toThrow('pages: no built site in /nowhere/dist; run "npm run build"')
})

// figures and words

test.each([
  [0, '0 B'],
  [1, '1 B'],
  [999, '999 B'],
  [1000, '1.00 kB'],
  [9994, '9.99 kB'],
  [9996, '10.0 kB'],
  [99_960, '100 kB'],
  [999_499, '999 kB'],
  [999_500, '1.00 MB'],
  [1_234_567_890, '1.23 GB'],
  [9_007_199_254_740_991, '9.01 PB'],
])('%d bytes read %s', (value, text) => {
  expect(short(value, 'bytes')).toBe(text.replace(' ', '\u00a0'))
})

test.each([
  [0, '0 %'],
  [0.000_01, '< 0.1 %'],
  [0.053, '5.3 %'],
  [0.9999, '> 99.9 %'],
  [1, '100 %'],
])('a share of %d reads %s', (share, text) => {
  expect(percent(share)).toBe(text.replaceAll(' ', '\u00a0'))
})

test('a shortened figure is never more than half a per cent from the exact one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (value) => {
      const [figure, unit] = short(value, 'bytes').split('\u00a0')
      const scale = 1000 ** ['B', 'kB', 'MB', 'GB', 'TB', 'PB'].indexOf(unit)
      expect(Math.abs(Number(figure) * scale - value) / value).toBeLessThanOrEqual(0.0051)
    }),
  )
})

test('a grouped figure is the figure', () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => Number(grouped(value).replaceAll(',', '')) === value))
  expect(exact(1, 'bytes', false)).toBe('1 byte')
})

test('codes and flags are told in words, unknown ones left as they are', () => {
  expect(codeWords({ protocol: 'http', code: '503' })).toBe('service unavailable')
  expect(codeWords({ protocol: 'grpc', code: 'grpc 14' })).toBe('unavailable')
  expect(codeWords({ protocol: 'http', code: 'constructor' })).toBe('')
  expect(flagWords('UF,URX')).toBe('upstream connection failed; retries or connection attempts used up')
  expect(flagWords('ZZ')).toBe('ZZ')
  expect(flagWords('-')).toBe('')
})
