import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import {
  ATTESTATION,
  COMPLIANCE,
  dayAddress,
  destinationAddress,
  entryAddress,
  entryAnchor,
  FINDINGS,
  findingAddress,
  manifestsFile,
  READINESS,
  REGISTER,
  RESIDENCY,
  workloadAddress,
} from '#core/addresses.ts'
import { formatCsv } from '#core/csv.ts'
import { sha256 } from '#core/hash.ts'
import { isKey } from '#core/keys.ts'
import type { PageReport } from '#core/report.ts'
import { tablesOf } from '#core/tables.ts'
import { textFilesOf } from '#core/text-files.ts'
import { loadSite, type Site } from '../functions/pages.ts'
import { dayVerdict } from '../site/src/residency.ts'
import { DAY_WITH_GAPS, DAY_WITHOUT_DATA, LAST_DAY, SCRIPT_HOST } from './report-sample.ts'
import { sampleAttestation } from './samples/attestation.ts'
import { judgedDay, sampleCompliance, sampleUndeclared } from './samples/compliance.ts'
import { FINDINGS as SAMPLE_FINDINGS, sampleFindings, THROUGH } from './samples/findings.ts'
import { sampleDestination, sampleWorkload } from './samples/history.ts'
import { sampleReadiness } from './samples/readiness.ts'
import { ENTRIES, sampleRegister } from './samples/register.ts'
import { sampleResidency } from './samples/residency.ts'
import { BATCH, MOVED_HOST, sampleDayPage } from './samples/site.ts'
import { totalsOf } from './samples/totals.ts'
import { buildSite, removeBuilds } from './site-build.ts'
import { words } from './words.ts'

let site: Site

beforeAll(async () => {
  site = await loadSite(await buildSite())
}, 120_000)

afterAll(removeBuilds)

const PAGES: [address: string, report: () => PageReport][] = [
  [COMPLIANCE, sampleCompliance],
  [FINDINGS, sampleFindings],
  [REGISTER, sampleRegister],
  [READINESS, sampleReadiness],
  [RESIDENCY, sampleResidency],
  [ATTESTATION, sampleAttestation],
]

const page = async (address: string, report: PageReport) =>
  new TextDecoder().decode(await site.render(`/${address}`, report))

/** The row of a table that has an id of its own. */
const rowOf = (html: string, id: string) => html.split(`<tr id="${id}"`)[1]?.split('</tr>')[0] ?? ''

/** The rows of the table with that id, each as the texts of its cells. */
function rowsOf(html: string, id: string): string[][] {
  const table = html.slice(html.indexOf(`<table id="${id}"`)).split('</table>')[0]
  const rows = table.slice(table.indexOf('<tbody')).matchAll(/<tr[^>]*>(.*?)<\/tr>/gs)
  return [...rows].map(([, row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => words(cell).trim()),
  )
}

// all pages

test.each(PAGES)('/%s leads to all pages of compliance, and says which one it is', async (address, report) => {
  const html = await page(address, report())
  const [, navigation] = /<nav class="subnavigation" aria-label="Compliance">(.*?)<\/nav>/s.exec(html)!
  const depth = address.split('/').length - 1
  for (const [other] of PAGES) expect(navigation).toContain(`href="${'../'.repeat(depth)}${other}"`)
  expect(navigation.match(/aria-current="page"/g)).toHaveLength(1)
  expect(navigation).toMatch(new RegExp(`href="(\\.\\./)+${address}" aria-current="page"`))
})

test.each(PAGES)(
  '/%s lets no label be markup, has no inline style, and no script of its own text',
  async (address, report) => {
    const html = await page(address, report())
    expect(html).not.toContain(SCRIPT_HOST)
    expect(html).not.toMatch(/ style=|<style|javascript:/)
    expect(html).not.toMatch(/<script(?![^>]* src=)/)
  },
)

test.each(PAGES)('before anything is closed or declared /%s is a page that claims nothing', async (address, report) => {
  const empty = structuredClone(report()) as unknown as Record<string, unknown>
  for (const [name, value] of Object.entries(empty)) if (Array.isArray(value)) empty[name] = []
  Object.assign(empty, { from: '', through: '', hasRegister: false })
  if (address === COMPLIANCE) empty.declared = { istio: null, register: null, rules: null }
  if (address === REGISTER) empty.declared = null
  const html = await page(address, empty as unknown as PageReport)
  expect(html).toContain('<h1>')
  expect(html).not.toMatch(/undefined|NaN|Invalid|\[object/)
  expect(words(html)).not.toContain('100 %')
})

// the head of compliance

test('the head of compliance tells the shares of the newest day, which are parts of one whole', async () => {
  const html = await page(COMPLIANCE, sampleCompliance())
  const shares = [...html.matchAll(/<dd class="figure">([\d.]+)\u00a0%/g)].map(([, share]) => Number(share))
  expect(shares).toHaveLength(3)
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(100, 0)
  const { byApproval } = judgedDay(THROUGH)
  expect(html).toContain(`<data value="${byApproval.expired.egressBytes}"`)
})

test.each([
  ['nothing left', 'observed'],
  ['no data', 'none'],
] as const)('of a day with %s no share is told, since 0 % would say that it was judged', async (said, observation) => {
  const report = sampleCompliance()
  const nothing = judgedDay(DAY_WITHOUT_DATA)
  report.days = [{ ...nothing, date: THROUGH, observation, complete: observation === 'observed' }]
  const html = await page(COMPLIANCE, report)
  const glance = words(html.split('<dl class="tiles four">')[1].split('</section>')[0])
  expect(glance.split(` ${said} `).length).toBeGreaterThan(5)
  expect(glance).not.toContain('%')
})

test('every day of the head of compliance has its row, and one without data has no figure', async () => {
  const { days } = sampleCompliance()
  const rows = rowsOf(await page(COMPLIANCE, sampleCompliance()), 'days')
  expect(rows.map(([date]) => date)).toEqual(days.map(({ date }) => date).toReversed())
  expect(rows.find(([date]) => date === DAY_WITHOUT_DATA)?.[2]).toBe('no data')
  expect(rows.find(([date]) => date === DAY_WITH_GAPS)?.[2]).toMatch(/^≥/)
})

test('sums over these days are those of the days, and lower bounds since one was not observed whole', async () => {
  const html = await page(COMPLIANCE, sampleCompliance())
  const approved = sampleCompliance().days.reduce((sum, { byApproval }) => sum + byApproval.approved.egressBytes, 0)
  const [, row] = /<table id="approval".*?<tbody>(.*?)<\/tr>/s.exec(html)!
  expect(row).toContain(`<data value="${approved}" data-unit="bytes"><span class="least">`)
})

test('without a register it is told how to begin, and nothing is said to be approved or to have expired', async () => {
  const html = await page(COMPLIANCE, sampleUndeclared())
  expect(words(html)).toContain('npx wharfage register draft --out register.yaml')
  expect(html.match(/<span class="nodata">no register<\/span>/g)).toHaveLength(3)
  const [newest] = rowsOf(html, 'days')
  expect([newest[2], newest[4]]).toEqual(['–', '–'])
  expect(newest[3]).toMatch(/[MG]B$/)
  for (const id of ['approval', 'place', 'entries']) expect(html).not.toContain(`<table id="${id}"`)
  expect(html).toContain('<table id="tls"')
  expect(await page(COMPLIANCE, sampleCompliance())).not.toContain('register draft')
})

test('what was declared is named by its day and its SHA-256, and what was not says what that means', async () => {
  const [istio, register, rules] = rowsOf(await page(COMPLIANCE, sampleCompliance()), 'declared')
  expect(istio[1]).toBe('2026-11-06')
  expect(register.at(-1)).toBe('c4'.repeat(32))
  expect(rules[1]).toMatch(/^none:/)
})

// findings

test('each finding has a row of its own address, says what to do, and is led to from the head of compliance', async () => {
  const html = await page(FINDINGS, sampleFindings())
  const head = await page(COMPLIANCE, sampleCompliance())
  for (const { id, remedy, state } of SAMPLE_FINDINGS) {
    expect(words(rowOf(html, id))).toContain(`To do: ${remedy}`)
    if (state === 'open') expect(head).toContain(`href="../${findingAddress(id)}"`)
  }
})

test('an accepted finding says by whom, why and until when, and is none of those that are open', async () => {
  const accepted = SAMPLE_FINDINGS.find(({ state }) => state === 'accepted')!
  const html = await page(FINDINGS, sampleFindings())
  const row = words(rowOf(html, accepted.id))
  for (const part of ['accepted', accepted.acceptance!.by, accepted.acceptance!.why, accepted.acceptance!.until])
    expect(row).toContain(part)
  const open = SAMPLE_FINDINGS.filter(({ state }) => state === 'open').length
  expect(words(html)).toContain(`${open} open`)
})

test('a finding without traffic has no figures, which zero would be', async () => {
  const quiet = SAMPLE_FINDINGS.find(({ rule }) => rule === 'overdue-review')!
  const row = rowOf(await page(FINDINGS, sampleFindings()), quiet.id)
  expect(row.match(/<td class="number soft">–<\/td>/g)).toHaveLength(3)
})

test('the bars of findings opened and gone are as many as the table says', async () => {
  const html = await page(FINDINGS, sampleFindings())
  const { opened } = sampleFindings()
  const rows = rowsOf(html, 'history')
  expect(rows.map(([, , count]) => Number(count))).toEqual(opened.map((day) => day.opened).toReversed())
  const heights = [...html.matchAll(/<rect class="opened"[^>]* height="([\d.]+)"/g)].map(([, height]) => Number(height))
  const unit = Math.max(...heights) / Math.max(...opened.map((day) => day.opened))
  const told = heights.map((height) => Math.round(height / unit))
  expect(told).toEqual(opened.map((day) => day.opened))
})

// the register

test('each entry has its state, its need and an anchor that nothing in its name can leave', async () => {
  const html = await page(REGISTER, sampleRegister())
  for (const { name, need, owner } of ENTRIES) {
    const row = words(rowOf(html, entryAnchor(name)))
    expect(row).toContain(need)
    expect(row).toContain(owner)
  }
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => /^entry-[0-9a-f]{12}$/.test(entryAnchor(name))))
  expect(entryAddress('stripe')).toBe(`${REGISTER}#${entryAnchor('stripe')}`)
})

test('an entry that was never used says so, and since when it could have been', async () => {
  const row = words(rowOf(await page(REGISTER, sampleRegister()), entryAnchor('supplier-maps')))
  expect(row).toContain('never')
  expect(row).toContain('unused for 118 days')
})

test.each([
  ['https://tickets.example.com/browse/SEC-1511', true],
  ['javascript:alert(1)', false],
  ['https://tickets.example.com/ "onmouseover="x', false],
  ['SEC-1511', false],
])('a ticket %s is a link: %s', async (ticket, isLink) => {
  const register = sampleRegister()
  register.entries = [{ ...register.entries[0], ticket }]
  const row = rowOf(await page(REGISTER, register), entryAnchor(register.entries[0].name))
  expect(row.includes('rel="noreferrer noopener"')).toBe(isLink)
})

// readiness

test('a manifest stands on the page as it is to be applied, with what to check first', async () => {
  const html = await page(READINESS, sampleReadiness())
  const manifests = sampleReadiness().namespaces.flatMap(({ manifests: of }) => of)
  expect(manifests.length).toBeGreaterThan(2)
  for (const { yaml, note } of manifests) {
    expect(html).toContain(`>${yaml}</code></pre>`)
    if (note !== '') expect(words(html)).toContain(`Check first: ${note}`)
  }
})

test('manifests are linked as files only where those are', async () => {
  const report = sampleReadiness()
  const file = manifestsFile('prod-us', 'labs', 'allow')
  expect(await page(READINESS, report)).toContain(`href="./${file}"`)
  expect(await page(READINESS, { ...report, downloads: [] })).not.toContain(`href="./${file}"`)
})

test('the files of manifests hold them in the order in which they are applied, one file for each purpose', () => {
  const files = textFilesOf(sampleReadiness())
  expect(files.map(({ file }) => file)).toEqual(
    ['allow', 'encrypt', 'scope'].map((of) => manifestsFile('prod-us', 'labs', of)),
  )
  expect(files[0].text).toMatch(/^# It was called in plaintext/)
  expect(files[0].text).toContain('kind: ServiceEntry')
  expect(textFilesOf(sampleRegister())).toEqual([])
})

test('no namespace leads the file of its manifests out of its folder, or onto another’s', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      const [one, other] = [a, b].map((namespace) => manifestsFile('prod-eu', namespace, 'allow'))
      return isKey(one) && one.split('/').length === 3 && (a === b || one !== other)
    }),
  )
})

test('a namespace of which nothing was observed has no data, which is not that nothing would break', async () => {
  const report = sampleReadiness()
  report.namespaces = [{ ...report.namespaces.at(-1)!, readiness: 'unknown' }]
  const [row] = rowsOf(await page(READINESS, report), 'namespaces')
  expect(row.slice(-1)).toEqual(['no data'])
})

// residency

test('each cell of the matrix tells its verdict in words, and none where there was no traffic', async () => {
  const report = sampleResidency()
  const rows = rowsOf(await page(RESIDENCY, report), 'places')
  const shop = rows.find(([name]) => name.startsWith('shop'))!
  expect(shop.slice(2).map((cell) => cell.split(' ')[0])).toEqual(['pass', 'pass', 'fail', 'pass', ''])
  const bookinfo = rows.find(([name]) => name.startsWith('bookinfo'))!
  expect(bookinfo.at(-1)).toMatch(/^undeclared/)
})

const NOTHING = totalsOf(0, 0, 0)
const SOME = totalsOf(0, 1, 0)
const VERDICTS = { allowed: NOTHING, outside: NOTHING, undeclared: NOTHING, unrestricted: SOME }

test.each([
  ['no traffic', VERDICTS, 'observed'],
  ['pass', { ...VERDICTS, allowed: SOME }, 'observed'],
  ['undeclared', { ...VERDICTS, allowed: SOME, undeclared: SOME }, 'partial'],
  ['fail', { ...VERDICTS, allowed: SOME, undeclared: SOME, outside: SOME }, 'observed'],
  ['no data', { ...VERDICTS, outside: SOME }, 'none'],
] as const)('a day is %s by the worst that happened on it', (name, verdicts, observation) => {
  expect(dayVerdict({ date: THROUGH, observation, complete: false, verdicts }).name).toBe(name)
})

test('each day has a square that says in words how it went', async () => {
  const html = await page(RESIDENCY, sampleResidency())
  const [, strip] = /<ol class="daysquares">(.*?)<\/ol>/s.exec(html)!
  expect(strip.match(/<li>/g)).toHaveLength(sampleResidency().days.length)
  expect(words(strip)).toContain('29 October 2026: no data')
  expect(words(strip)).toContain('19 November 2026: fail')
})

// attestation

test('the attestation has lines to sign, and pins what was reviewed by the SHA-256 of its data', async () => {
  const report = sampleAttestation()
  const html = await page(ATTESTATION, report)
  const [, signed] = /<section aria-labelledby="signed-title" class="signed">(.*?)<\/section>/s.exec(html)!
  for (const line of ['Name', 'Role', 'Date', 'Signature']) expect(signed).toContain(`<dt>${line}</dt>`)
  expect(signed).toContain(report.downloads.find(({ file }) => file === 'report.json')!.sha256)
})

test('every entry stands in one of the attestation’s tables, overdue ones with by how much', async () => {
  const html = await page(ATTESTATION, sampleAttestation())
  const rows = ['due', 'reviewed', 'waiting'].flatMap((id) => rowsOf(html, id))
  expect(rows).toHaveLength(ENTRIES.length)
  expect(rows[0].join(' ')).toContain('9 days overdue')
})

// badges

test('a day’s page tells what was judged of it and found on it, and nothing while it is not judged', async () => {
  const html = await page(dayAddress(DAY_WITH_GAPS), sampleDayPage(DAY_WITH_GAPS))
  const plaintext = rowsOf(html, 'judged').find(([kind, verdict]) => kind === 'Encryption' && verdict === 'plaintext')!
  expect(plaintext[3]).toMatch(/^≥ [\d.]+ MB$/)
  expect(html).toContain(`href="../../${findingAddress(SAMPLE_FINDINGS[0].id)}"`)
  const open = await page(dayAddress(LAST_DAY), { ...sampleDayPage(LAST_DAY), compliance: null } as PageReport)
  expect(open).not.toContain('id="compliance-title"')
})

test.each([
  ['a destination', destinationAddress(MOVED_HOST), () => sampleDestination(MOVED_HOST)],
  ['a workload', workloadAddress(BATCH.target, BATCH.namespace, BATCH.workload), () => sampleWorkload(BATCH)],
])('the page of %s tells its approval with the reason, and leads to the entry', async (_what, address, report) => {
  const html = await page(address, report())
  expect(words(html)).toContain('The entry erp-unknown-hosts expired on 2026-11-15.')
  expect(html).toContain(entryAddress('erp-unknown-hosts'))
  expect(words(html)).toContain('silent plaintext')
})

test('a lock is closed only where traffic is encrypted', async () => {
  const report = sampleDestination(MOVED_HOST)
  const lockOf = async (verdict: 'plaintext' | 'originated') => {
    report.compliance = { ...report.compliance, tls: [{ verdict, silent: false, reason: 'So.' }] }
    return /<span class="tls[^>]*>\s*<svg.*?<\/svg>/s.exec(await page(destinationAddress(MOVED_HOST), report))![0]
  }
  expect(await lockOf('originated')).toContain('6 0v2.5')
  expect(await lockOf('plaintext')).not.toContain('6 0v2.5')
})

// tables

test.each(PAGES)('the tables of /%s are CSV with a cell for each column', (_address, report) => {
  const tables = tablesOf(report())
  expect(tables.length).toBeGreaterThan(0)
  for (const { columns, rows } of tables) {
    expect(new Set(columns).size).toBe(columns.length)
    expect(formatCsv(columns, rows).split('\r\n').length).toBeGreaterThan(rows.length)
    expect(rows.length).toBeGreaterThan(0)
  }
})

test('a day that nobody observed has empty cells in the CSV, never zero', () => {
  const [{ columns, rows }] = tablesOf(sampleCompliance())
  const row = rows.find(([date]) => date === DAY_WITHOUT_DATA)!
  const at = (name: string) => row[columns.indexOf(name)]
  expect([at('approvedEgressBytes'), at('blockedAttempts'), at('tlsPlaintextRequests')]).toEqual([null, null, null])
  const whole = rows.find(([date]) => date === THROUGH)!
  expect(whole[columns.indexOf('expiredEgressBytes')]).toBe(judgedDay(THROUGH).byApproval.expired.egressBytes)
})

// weight

test('a page of thousands of findings or entries stays light, and says where the others are', async () => {
  const spread = <T>(some: readonly T[], change: (one: T, hash: string) => T) =>
    Array.from({ length: 3000 }, (_, at) => change(some[at % some.length], sha256(String(at))))
  const findings = spread(SAMPLE_FINDINGS, (one, hash) => ({
    ...one,
    id: hash.slice(0, 12),
    sentence: `${hash.slice(12, 20)} ${one.sentence}`,
    subject: { ...one.subject, host: `${hash.slice(20, 30)}.example` },
  }))
  const entries = spread(ENTRIES, (one, hash) => ({ ...one, name: hash.slice(0, 9), ticket: hash.slice(9, 16) }))
  const sizes = [
    await page(FINDINGS, { ...sampleFindings(), findings } as PageReport),
    await page(REGISTER, { ...sampleRegister(), entries } as PageReport),
  ].map((html) => {
    expect(words(html)).toMatch(/\d,\d{3} more (findings|entries) are in the CSV download/)
    return gzipSync(html).length
  })
  for (const size of sizes) expect(size).toBeLessThan(64_000)
})
