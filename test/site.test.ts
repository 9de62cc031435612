import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { destinationAddress } from '#core/addresses.ts'
import { emptyHistory } from '#core/history.ts'
import type { DayReport, PageReport, Totals } from '#core/report.ts'
import { blockedReport } from '#core/reports/blocked.ts'
import { coverageReport } from '#core/reports/coverage.ts'
import type { DestinationReport } from '#core/reports/destination.ts'
import { downloadsReport } from '#core/reports/downloads.ts'
import type { HomeReport } from '#core/reports/home.ts'
import { isoDate } from '#core/time.ts'
import { loadSite, type Site } from '../functions/pages.ts'
import { exact, grouped, percent, short, shownLabel } from '../site/src/format.ts'
import { codeWords, flagWords, spanWords } from '../site/src/words.ts'
import {
  DAY_WITH_GAPS,
  DAY_WITHOUT_DATA,
  LAST_DAY,
  OVERRIDE_WORKLOAD,
  SCRIPT_HOST,
  sampleDay,
} from './report-sample.ts'
import { sampleDestination, sampleDestinations, sampleHome, sampleMonth } from './samples/history.ts'
import { KINDS, MOVED_HOST, sampleSite, WHOLE_DAY } from './samples/site.ts'
import { buildSite, buildStaticSite, removeBuilds, writeSite } from './site-build.ts'

let builtDir: string
let site: Site

beforeAll(async () => {
  builtDir = await buildSite()
  site = await loadSite(builtDir)
}, 120_000)

afterAll(removeBuilds)

const page = async (path: string, report: PageReport) => new TextDecoder().decode(await site.render(path, report))
const home = (change: (report: HomeReport) => void = () => undefined) => {
  const report = sampleHome()
  change(report)
  return page('/', report)
}
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

test('the home page lists its days and months, newest first, each linked to its page', async () => {
  const html = await home()
  const { days, months } = sampleHome()
  expect(rowsOf(html, 'days').map(([date]) => date)).toEqual(days.map(({ date }) => date).toReversed())
  expect(html).toContain(`href="./days/${LAST_DAY}/"`)
  expect(rowsOf(html, 'months').map(([month]) => month)).toEqual(months.map(({ month }) => month))
  expect(html).toContain('href="./months/2026-11/"')
})

test('of more than thirteen months the newest are shown, and where all of them are is told with how many', async () => {
  const months = Array.from({ length: 20 }, (_, at) => isoDate(Date.UTC(2025, 3 + at)).slice(0, 7)) // through November 2026
  const shown = months.slice(-13).toReversed()
  const byClass = sampleHome().byClass
  const summary = { observation: 'observed' as const, complete: true, byClass }
  const past = { months: months.map((period) => ({ ...summary, period })) }
  const ofHost = { ...sampleDestination(MOVED_HOST), ...past } as PageReport
  const overview = await home((report) => {
    report.months = months.map((month) => ({ ...report.months[0], ...summary, month })).toReversed()
  })
  for (const [html, file] of [
    [overview, 'months.csv'],
    [await page(`/${destinationAddress(MOVED_HOST)}`, ofHost), 'history.csv'],
  ]) {
    expect(rowsOf(html, 'months').map(([month]) => month)).toEqual(shown)
    expect(html).toContain(`7 more months are in ${file}.`)
  }
})

test('the home page compares its latest day with the one before and that of a week before', async () => {
  const html = await home((report) => {
    const [now, before, weekBefore] = [report.latest!, report.before!, report.weekBefore!]
    for (const [of, egressBytes] of [
      [now, 1500],
      [before, 1000],
      [weekBefore, 3000],
    ] as const) {
      Object.assign(of, { complete: true, observation: 'observed' })
      of.byClass.registered.egressBytes = egressBytes
    }
  })
  const [tile] = html.split('<div class="tile registered">')[1].split('</div>')
  const text = tile.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ')
  expect(text).toContain('↑ up 50.0 % on the day before')
  expect(text).toContain('↓ down 50.0 % on a week before')
  expect(tile).toContain('title="1,500 bytes against 1,000 bytes"')
})

test.each<[string, (report: HomeReport) => void, string]>([
  ['is missing', (report) => Object.assign(report, { before: null }), 'no comparison with the day before'],
  ['has no data', ({ before }) => Object.assign(before!, { observation: 'none' }), 'no comparison with the day before'],
  ['was not observed whole', ({ before }) => Object.assign(before!, { complete: false }), '≈'],
  [
    'had nothing',
    ({ before }) => Object.assign(before!.byClass.blocked, { requests: 0, connections: 0 }),
    'up from zero',
  ],
])('a comparison with a day that %s says so', async (_what, change, words) => {
  expect((await home(change)).replace(/<[^>]+>/g, '').replace(/\s+/g, ' ')).toContain(words)
})

test('what needs attention is told with its urgency and leads to the page that tells more', async () => {
  const html = await home((report) => {
    report.attention = [
      { severity: 'high', kind: 'new-destination', sentence: SCRIPT_HOST, address: 'days/2026-11-19/changes/' },
    ]
  })
  const [, item] = /<ol class="attention">(.*?)<\/ol>/s.exec(html)!
  expect(item).toMatch(/<span class="severity high">high<\/span>.*<a href="\.\/days\/2026-11-19\/changes\/">/s)
  expect(item).not.toContain('<script>')
  expect(await home((report) => Object.assign(report, { attention: [] }))).toContain('Nothing new, nothing missing')
})

test.each([
  ['days', home, () => sampleHome().byClass],
  ['hours', () => day(WHOLE_DAY), () => sampleDay(WHOLE_DAY).byClass],
  ['days', () => page('/months/2026-11/', sampleMonth()), () => sampleMonth().byClass],
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

const NOTHING: Totals = { requests: 0, connections: 0, egressBytes: 0, ingressBytes: 0, errors: 0, durationMs: 0 }

test('an hour in which nothing left shows zeros, which are figures', async () => {
  const html = await day(WHOLE_DAY, ({ hours }) => {
    for (const totals of Object.values(hours[4].byClass)) Object.assign(totals, NOTHING)
  })
  expect(rowsOf(html, 'hours')[4]).toEqual(
    ['04:00', '', '0 B', '0 B', '0', '0', '0 B', '0 B', '0', 'whole'].map((cell) => cell.replace(' ', '\u00a0')),
  )
})

test('a day without data has no tiles of zero and no tables of destinations', async () => {
  const html = await day(DAY_WITHOUT_DATA)
  expect(html.match(/<span class="nodata">no data<\/span>/g)).toHaveLength(8)
  expect(html).not.toContain('id="destinations"')
  expect(html).toContain('there is no data')
})

test('sums over time that was not observed whole carry the sign of a lower bound, whole ones none', async () => {
  expect(rowsOf(await day(DAY_WITH_GAPS), 'hours')[2][2]).toMatch(/^≥/)
  expect(rowsOf(await day(DAY_WITH_GAPS), 'hours')[7][2]).toMatch(/^\d/)
  expect(await day(WHOLE_DAY)).not.toContain('class="least"')
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

test('a home page without a day says that nothing was recorded', async () => {
  const html = await home((report) =>
    Object.assign(report, {
      latest: null,
      before: null,
      weekBefore: null,
      today: null,
      days: [],
      months: [],
      targets: [],
    }),
  )
  expect(html).toContain('Nothing has been recorded yet')
})

test('a latency is the average over requests, and a dash without any', async () => {
  const html = await day(WHOLE_DAY, ({ destinations }) => {
    const [one, other] = destinations
    Object.assign(one.totals, { requests: 4, durationMs: 50 })
    Object.assign(other.totals, { requests: 0, durationMs: 0 })
  })
  const rows = rowsOf(html, 'destinations')
  expect(rows[0][8]).toBe('13\u00a0ms')
  expect(rows[1][8]).toBe('–')
})

test('the matrix holds what each source sent to each destination, and shades the most the most', async () => {
  const { matrix } = sampleDay(WHOLE_DAY)
  const html = await day(WHOLE_DAY)
  const cells = html
    .slice(html.indexOf('<table id="matrix"'))
    .split('</table>')[0]
    .matchAll(/<td class="number heat-(\d)"><data value="(\d+)"/g)
  const shown = [...cells].map(([, heat, value]) => ({ heat: Number(heat), value: Number(value) }))
  const bytes = matrix.cells.flat().flatMap((cell) => cell?.egressBytes ?? [])
  expect(shown.map(({ value }) => value)).toEqual(bytes)
  expect(shown.find(({ value }) => value === Math.max(...bytes))?.heat).toBe(6)
  expect(shown.filter(({ heat }) => heat === 6).every(({ value }) => value > Math.max(...bytes) / 10)).toBe(true)
})

test('a connection that failed is called failed, and one that was refused refused', async () => {
  const texts = rowsOf(await day(WHOLE_DAY), 'responses').map((cells) => cells.join(' '))
  expect(texts.find((text) => text.includes('UF,URX'))).toMatch(/^TCP connection failed/)
  expect(texts.find((text) => /UH.*blocked/.test(text))).toMatch(/^TCP connection refused/)
  expect(texts.find((text) => /^TCP connection – TCP registered/.test(text))).toBeDefined()
})

test('every destination and workload of a day leads to its page', async () => {
  const html = await day(WHOLE_DAY)
  for (const { host } of sampleDay(WHOLE_DAY).destinations)
    expect(html).toContain(`href="../../${destinationAddress(host)}"`)
})

test('a destination tells when it was met in which class, in words and along its time', async () => {
  const report = sampleDestination(MOVED_HOST)
  const html = await page(`/${destinationAddress(MOVED_HOST)}`, report)
  expect(html).toContain('Passthrough from 17 October 2026 to 18 November 2026; registered since 19 November 2026.')
  expect(rowsOf(html, 'classes').map(([name]) => name)).toEqual(['passthrough', 'registered'])
  expect(html).toContain(`Evidence ${report.evidence.grade}`)
  expect(rowsOf(html, 'callers')).toHaveLength(report.callers.length)
})

test('sums over all days of a destination are lower bounds unless every one was observed whole', async () => {
  const callers = async (change: Partial<DestinationReport>) => {
    const report = { ...sampleDestination(MOVED_HOST), ...change }
    return rowsOf(await page(`/${destinationAddress(MOVED_HOST)}`, report), 'callers')[0].join()
  }
  expect(await callers({ complete: false })).toContain('≥')
  expect(await callers({ complete: true })).not.toContain('≥')
})

test('the list of destinations shows the class, the first day and the last of each', async () => {
  const rows = rowsOf(await page('/destinations/', sampleDestinations()), 'destinations')
  expect(rows).toHaveLength(sampleDestinations().destinations.length)
  const moved = rows.find(([host]) => host.startsWith(MOVED_HOST))!
  expect([moved[1], ...moved.slice(-2)]).toEqual(['registered', '2026-10-17', '2026-11-19'])
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

const sample = sampleSite()
const kind = (address: string) => page(`/${address}`, sample[address])

test.each(KINDS)('the %s holds no inline script, style or handler', async (_kind, address) => {
  const text = await kind(address)
  for (const [, attributes, content] of text.matchAll(/<script([^>]*)>(.*?)<\/script>/gs)) {
    expect(attributes).toContain('src="')
    expect(content).toBe('')
  }
  expect(text).not.toMatch(/<style|<[a-z][^>]*\s(style|on[a-z]+)=/)
})

test.each(KINDS)(
  'every address in the %s is relative, so that the site works from any sub-path',
  async (_kind, address) => {
    const addresses = [...(await kind(address)).matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, address]) => address)
    expect(addresses.length).toBeGreaterThan(5)
    // Only to what explains a term elsewhere, or to where a price was read, may a link leave the site.
    expect(
      addresses.filter((address) => /^\/|^(?!https:\/\/(github\.com\/istio|aws\.amazon\.com)\/)[a-z]+:/.test(address)),
    ).toEqual([])
  },
)

test.each(KINDS)('every asset the %s names is among the assets to publish', async (_kind, address) => {
  const names = [...(await kind(address)).matchAll(/="[./]*(_assets\/[^"]+|favicon\.svg)"/g)].map(([, name]) => name)
  expect(names.length).toBeGreaterThanOrEqual(4)
  const published = site.assets().map(({ path }) => path)
  expect(published).toEqual(expect.arrayContaining(names))
})

/** The compressed size of a page with all that it loads. */
async function weight(html: string): Promise<number> {
  const assets = new Map(site.assets().map(({ path, filePath }) => [path, filePath]))
  const loaded = new Set([...html.matchAll(/_assets\/[\w-]+\.(?:js|css)/g)].map(([path]) => path))
  let size = gzipSync(html).length
  for (const path of loaded) {
    const text = await readFile(assets.get(path)!, 'utf8')
    for (const [name] of text.matchAll(/[\w-]+\.js/g)) if (assets.has(`_assets/${name}`)) loaded.add(`_assets/${name}`)
    size += gzipSync(text).length
  }
  return size
}

test.each(KINDS)('the %s weighs at most 80 kB compressed, with its styles and scripts', async (_kind, address) => {
  expect(await weight(await kind(address))).toBeLessThan(80_000)
})

test('the page of a day weighs no more with 400 destinations and 150 workloads', async () => {
  const text = (length: number, seed: number) =>
    createHash('sha256').update(String(seed)).digest('hex').slice(0, length)
  const html = await day(WHOLE_DAY, (report) => {
    const { destinations, sources } = report
    const number = (seed: number) => Number.parseInt(text(8, seed), 16)
    const totals = (seed: number): Totals => ({
      requests: number(seed),
      connections: number(seed + 1),
      egressBytes: number(seed + 2) * 1000,
      ingressBytes: number(seed + 3) * 10,
      errors: number(seed + 4) % 10_000,
      durationMs: number(seed + 5),
    })
    report.destinations = Array.from({ length: 400 }, (_, at) => ({
      ...destinations[at % destinations.length],
      host: `${text(14, at)}.example.com`,
      totals: totals(at),
    }))
    report.sources = Array.from({ length: 150 }, (_, at) => ({
      ...sources[at % sources.length],
      workload: text(14, at),
      totals: totals(at),
    }))
    report.matrix = {
      sources: report.sources.slice(0, 15),
      destinations: report.destinations.slice(0, 15),
      otherSources: 135,
      otherDestinations: 385,
      cells: Array.from({ length: 16 }, (_, row) =>
        Array.from({ length: 16 }, (_, column) => totals(row * 16 + column)),
      ),
    }
  })
  expect(await weight(html)).toBeLessThan(80_000)
  expect(html).toContain('more destinations are in the CSV download')
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

test('hours before recording began are not called yet to come', async () => {
  const html = await day('2026-11-02', (report) => {
    report.hours[0] = { ...report.hours[0], observation: 'pending', provisional: false, expectedSeconds: 0 }
  })
  expect(rowsOf(html, 'hours').find(([hour]) => hour === '00:00')).toEqual([
    '00:00',
    '',
    'not recorded',
    'not recorded',
  ])
})

test('pages of an empty ledger say that nothing has been recorded, and not that there was nothing', async () => {
  const [title, digests] = ['Egress', []]
  const months = { month: '', months: [], days: [], rollups: [], seals: [] }
  const pages = await Promise.all([
    home((report) => Object.assign(report, { latest: null, before: null, days: [], months: [] })),
    page('/blocked/', blockedReport({ title, digests, history: emptyHistory() })),
    page('/coverage/', coverageReport({ title, digests })),
    page('/downloads/', downloadsReport({ title, ...months })),
  ])
  for (const html of pages) {
    expect(html).toContain('<p>Nothing has been recorded yet; the first figures come after two scrapes.</p>')
    expect(html).not.toMatch(/undefined|NaN|Nothing was blocked|There is no gap|href="\/[^f]/)
  }
})

test('the month that is not over is provisional on the home page, and one that is over is not', async () => {
  const cells = rowsOf(await home(), 'months').map(([month, ...rest]) => [month, rest.at(-1)?.includes('provisional')])
  expect(cells).toEqual(sampleHome().months.map(({ month }) => [month, LAST_DAY.startsWith(month)]))
})

test('the same report gives the same bytes again', async () => {
  const once = await site.render('/', sampleHome())
  expect(await site.render('/', sampleHome())).toEqual(once)
})

test('two reports rendered at once do not mix', async () => {
  const [one, other] = await Promise.all([day('2026-11-02'), day('2026-11-03')])
  expect([one, other]).toEqual([await day('2026-11-02'), await day('2026-11-03')])
  expect(one).not.toBe(other)
})

test('a plain static build of the same pages gives the same bytes', async () => {
  const ours = await writeSite(site, sample)
  const theirs = await buildStaticSite(sample)
  expect(await filesOf(ours)).toEqual(await filesOf(theirs))
}, 120_000)

test('a page that the site does not have is refused by name', async () => {
  await expect(site.render('/nowhere/', sampleHome())).rejects.toThrow('pages: /nowhere/ rendered with status 404')
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

test('classes over time are told in one sentence', () => {
  const span = (destinationClass: 'registered' | 'passthrough', first: string, last: string) => ({
    destinationClass,
    first,
    last,
    days: 1,
  })
  expect(
    spanWords(
      [span('passthrough', '2026-10-19', '2026-10-19'), span('registered', '2026-11-04', '2026-11-20')],
      '2026-11-20',
    ),
  ).toBe('Passthrough on 19 October 2026; registered since 4 November 2026.')
  const moved = [span('passthrough', '2026-11-19', '2026-11-19'), span('registered', '2026-11-20', '2026-11-20')]
  expect(spanWords(moved, '2026-11-20')).toBe('Passthrough on 19 November 2026; registered since 20 November 2026.')
  expect(spanWords(moved.slice(1), '2026-11-20')).toBe('Registered on 20 November 2026.')
  expect(spanWords([], '2026-11-20')).toBe('')
})

test('codes and flags are told in words, unknown ones left as they are', () => {
  expect(codeWords({ protocol: 'http', code: '503' })).toBe('service unavailable')
  expect(codeWords({ protocol: 'grpc', code: 'grpc 14' })).toBe('unavailable')
  expect(codeWords({ protocol: 'http', code: 'constructor' })).toBe('')
  expect(flagWords('UF,URX')).toBe('upstream connection failed; retries or connection attempts used up')
  expect(flagWords('ZZ')).toBe('ZZ')
  expect(flagWords('-')).toBe('')
})
