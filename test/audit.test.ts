/** Audit packs, held to what they say of themselves: unpacked elsewhere, and verified by the steps of their own README. */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { strFromU8, unzipSync } from 'fflate'
import { drawDays } from '#core/audit/sample.ts'
import { parseCsv } from '#core/csv.ts'
import { sha256 } from '#core/hash.ts'
import { emptyIstioConfig } from '#core/istio/config.ts'
import { DAY_MS, isoDate, parseInstant } from '#core/time.ts'
import { recordDeclaration } from '../functions/stage/declarations.ts'
import { type AuditedLedger, auditedLedger, packed, SPAN, unpacked } from './audited-ledger.ts'

const run = promisify(execFile)
const WHARFAGE = `${process.execPath} --disable-warning=ExperimentalWarning ${join(import.meta.dirname, '../functions/cli.ts')}`

let ledger: AuditedLedger
let pack: Uint8Array
let folder: string

beforeAll(async () => {
  ledger = await auditedLedger()
  pack = await packed(ledger)
  folder = await unpacked(pack)
}, 60_000)

afterAll(async () => {
  await Promise.all([rm(ledger.folder, { recursive: true }), rm(folder, { recursive: true })])
})

/** What the commands of a README print, block by block, or of those asked for, run in its folder and nowhere else. */
async function follow(dir: string, only?: readonly number[]): Promise<string[]> {
  const readme = await readFile(join(dir, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) =>
    block.replaceAll('npx wharfage', WHARFAGE),
  )
  const printed: string[] = []
  for (const [at, block] of blocks.entries()) {
    if (only?.includes(at) === false) {
      printed.push('')
      continue
    }
    const { stdout, stderr } = await run('sh', ['-c', block], { cwd: dir }).catch(
      (failed: { stdout: string; stderr: string }) => ({ stdout: failed.stdout, stderr: `${failed.stderr}FAILED\n` }),
    )
    printed.push(stdout + stderr)
  }
  return printed
}

const csv = async (file: string, dir = folder) => {
  const [columns, ...rows] = parseCsv(await readFile(join(dir, file), 'utf8'))
  return rows.map((row) => Object.fromEntries(row.map((cell, at) => [columns[at], cell])))
}

test('the steps of its own README verify it, with this program and without', async () => {
  const [files, list, wharfage, seals, heads, rollups, signatures] = await follow(folder)
  expect(files).toBe('all files are as they were packed\n')
  expect(list).toBe('Signature Verified Successfully\n')
  expect(wharfage).toMatch(/^prod-eu: whole: 73 rollups from 2026-11-14T23:00:00Z to 2026-11-17T23:00:00Z/)
  expect(wharfage).toMatch(/prod-us: whole: 72 rollups from 2026-11-15T00:00:00Z/)
  expect(wharfage).toMatch(/seals: whole: 4 days from 2026-11-14 through 2026-11-17/)
  expect(wharfage).toMatch(/signatures: whole: 4 of 4 seals are signed/)
  expect(seals).toMatch(/^newest seal: [0-9a-f]{64}\n$/)
  expect(heads).toBe('all rollups that seals name are as they were sealed\n')
  expect(rollups).toBe('prod-eu: walked\nprod-us: walked\n')
  expect(signatures).toBe('signatures: walked\n')
}, 60_000)

test('one byte altered is found in a file of every kind, by the list of files', async () => {
  const dir = await unpacked(pack)
  const all = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const byKind = Map.groupBy(all, ({ name }) => (/^[0-9a-f]{64}|^\d{8}T/.test(name) ? name.slice(-4) : name))
  expect(byKind.size).toBeGreaterThanOrEqual(14)
  for (const [name, [{ parentPath }]] of byKind) {
    if (name.startsWith('MANIFEST')) continue
    const path = join(parentPath, byKind.get(name)?.[0].name ?? '')
    const before = await readFile(path)
    const altered = Buffer.from(before)
    altered[Math.floor(altered.length / 2)] ^= 1
    await writeFile(path, altered)
    const { status, stdout } = spawnSync('sha256sum', ['--check', '--quiet', 'MANIFEST.sha256'], { cwd: dir })
    expect([status, String(stdout)]).toEqual([1, `${path.slice(dir.length + 1)}: FAILED\n`])
    await writeFile(path, before)
  }
  // Who alters the list as well cannot sign it.
  await appendFile(join(dir, 'MANIFEST.sha256'), '\n')
  expect((await follow(dir, [1]))[1]).toMatch(/Signature Verification Failure|FAILED/)
  await rm(dir, { recursive: true })
}, 60_000)

test.each([
  [
    'a rollup',
    'rollups/target=prod-eu/date=2026-11-16/hour=05/rollup.parquet',
    /altered rollups\/.*hour=05|altered {2}rollups/,
    'BROKEN',
  ],
  ['a rollup that a seal names', 'rollups/target=prod-us/date=2026-11-16/hour=23/rollup.parquet', /altered/, 'FAILED'],
  ['a seal', 'seals/date=2026-11-16/seal.json', /altered/, 'BROKEN'],
  ['a signature', 'seals/date=2026-11-16/seal.sig', /altered/, 'BAD SIGNATURE'],
])(
  'one byte of %s altered is found by both ways, whatever the list says',
  async (_, key, said, shell) => {
    const dir = await unpacked(pack)
    const before = await readFile(join(dir, key))
    const altered = Buffer.from(before)
    // Of a signature a digit of its base64, of a seal one of a hash, of a rollup one of its data.
    const at = key.endsWith('.parquet')
      ? 10
      : altered.lastIndexOf(key.endsWith('.sig') ? '"signature"' : '"sha256"') + 16
    altered[at] = altered[at] === 0x61 ? 0x62 : 0x61
    await writeFile(join(dir, key), altered)
    const [, , wharfage, ...others] = await follow(dir)
    expect(wharfage).toMatch(said)
    expect(wharfage).toContain('FAILED')
    expect(others.join('')).toContain(shell)
    await rm(dir, { recursive: true })
  },
  60_000,
)

test('a rollup or a seal that is taken out is found', async () => {
  const dir = await unpacked(pack)
  await rm(join(dir, 'rollups/target=prod-eu/date=2026-11-14'), { recursive: true })
  expect((await follow(dir, [2]))[2]).toMatch(
    /prod-eu: \d problems?.*\n {2}missing {2}rollups\/target=prod-eu\/date=2026-11-14\/hour=23/,
  )
  await rm(join(dir, 'seals/date=2026-11-16/seal.json'))
  expect((await follow(dir, [2]))[2]).toMatch(/missing {2}seals\/date=2026-11-16/)
  await rm(dir, { recursive: true })
}, 60_000)

test('its bytes are the same twice, and in another time zone', async () => {
  expect(sha256(await packed(ledger))).toBe(sha256(pack))
  const zone = process.env.TZ
  process.env.TZ = 'Pacific/Auckland'
  try {
    expect(sha256(await packed(ledger))).toBe(sha256(pack))
  } finally {
    process.env.TZ = zone
  }
}, 60_000)

test('every flow of every day is there with what was judged of it, and a day without any has a row that says so', async () => {
  const flows = await csv('flows.csv')
  const [first] = flows.filter(({ destinationHost }) => destinationHost === 'api.stripe.com')
  expect(first).toMatchObject({
    chargePeriodStart: '2026-11-15T00:00:00Z',
    target: 'prod-eu',
    requests: '72',
    egressBytes: String(24 * 300 + Array.from({ length: 24 }, (_, at) => at + 24).reduce((a, b) => a + b)),
    approval: 'approved',
    registerEntry: 'stripe',
    declaredCountry: 'IE',
    observation: 'observed',
  })
  const { unapproved, blocked } = Object.groupBy(flows, ({ approval }) => approval ?? '')
  expect([unapproved?.length, blocked?.length]).toEqual([6, 6])
  expect(new Set(blocked?.map(({ tls }) => tls))).toEqual(new Set([null]))
  const coverage = await csv('coverage.csv')
  expect(coverage).toHaveLength(6 * 24)
  const gaps = coverage.filter(({ observation }) => observation === 'none')
  expect(gaps.map(({ target, observedSeconds, gapReasons }) => [target, observedSeconds, gapReasons])).toEqual([
    ['prod-us', '0', 'no answer'],
    ['prod-us', '0', 'no answer'],
  ])
})

test('the register stands there as it was on each change, and what would be a formula is text', async () => {
  const rows = await csv('register.csv')
  expect(rows.map(({ heldFrom, heldThrough, reviews }) => [heldFrom, heldThrough, reviews])).toEqual([
    ['2026-11-15', '2026-11-16', null],
    ['2026-11-17', '2026-11-17', '2026-11-17 grace'],
  ])
  expect(await readFile(join(folder, 'register.csv'), 'utf8')).toContain("'=card payments")
  const [exception] = await csv('exceptions.csv')
  expect(exception).toMatchObject({
    exception: 'not approved',
    target: 'prod-eu',
    daysSeen: '3',
    requests: '72',
    egressBytes: '720',
  })
  const summary = await csv('summary.csv')
  expect(summary.map(({ date, complete }) => [date, complete])).toEqual([
    ['2026-11-15', 'true'],
    ['2026-11-16', 'false'],
    ['2026-11-17', 'true'],
  ])
  expect(summary[0].sealSha256).toBe(sha256(await readFile(join(folder, 'seals/date=2026-11-15/seal.json'))))
  expect(summary[0].signedBy).toBe(ledger.signer.publicKey.keyId)
})

test('days that are judged by what was recorded after they were over are marked', async () => {
  const { store, ...own } = await auditedLedger()
  const istio = { '*': emptyIstioConfig() }
  const now = () => parseInstant('2026-11-17T09:00Z')
  await recordDeclaration(store, { kind: 'istio', content: istio, from: '2026-11-16' }, now)
  const dir = await unpacked(await packed({ store, ...own }))
  const summary = await csv('summary.csv', dir)
  expect(summary.map(({ date, judgedByLater, recordedAfter }) => [date, judgedByLater, recordedAfter])).toEqual([
    ['2026-11-15', 'true', 'true'],
    ['2026-11-16', 'false', 'true'],
    ['2026-11-17', 'false', 'false'],
  ])
  expect(await readFile(join(dir, 'report.html'), 'utf8')).toContain(
    '2 days are judged by what was recorded only after they were over',
  )
  await Promise.all([rm(dir, { recursive: true }), rm(own.folder, { recursive: true })])
}, 60_000)

test('the report of each framework escapes what labels hold, runs no script, and claims no control to be met', async () => {
  for (const framework of ['pci', 'soc2', 'gdpr'] as const) {
    const report = strFromU8(unzipSync(await packed(ledger, { framework }))['report.html'])
    expect(report).toContain('&lt;script&gt;.example')
    expect(report).toContain('Egress &lt;b&gt;')
    expect(report).not.toMatch(/<script|<img|<link|https?:\/\//)
    expect(report.replace('It says of no requirement that it is met', '')).not.toMatch(
      /\b(pass|compliant|is met|fulfilled)\b/i,
    )
    expect(report).toContain('≥ ')
    expect(report).toContain('<td class="l">On 2026-11-17: shop/checkout-v1 in prod-')
  }
  const gdpr = strFromU8(unzipSync(await packed(ledger, { framework: 'gdpr' }))['report.html'])
  expect(gdpr).toContain('Traffic to destinations declared in IE, Stripe')
  expect(gdpr).not.toMatch(/personal data (has )?left/)
}, 60_000)

test('an unsigned ledger is packed all the same, and the pack says so', async () => {
  const unsigned = await auditedLedger({ isSigned: false })
  const dir = await unpacked(await packed(unsigned, { isSigned: false }))
  const [, wharfage] = await follow(dir, [1])
  expect(wharfage).toMatch(/\nsignatures: none\n/)
  expect(await readFile(join(dir, 'README.md'), 'utf8')).toContain('No seal here is signed')
  expect(await readFile(join(dir, 'report.html'), 'utf8')).toContain('4 seals have no signature.')
  await Promise.all([rm(dir, { recursive: true }), rm(unsigned.folder, { recursive: true })])
}, 60_000)

test('a ledger that does not hold, and days that are not sealed, are refused in a sentence', async () => {
  const spoilt = await auditedLedger()
  const path = join(spoilt.folder, 'data/rollups/target=prod-eu/date=2026-11-16/hour=05/rollup.parquet')
  await appendFile(path, 'x')
  await expect(packed(spoilt)).rejects.toThrow(
    /^the ledger does not hold.*: altered rollups.*hour=05.*; run "wharfage verify"$/,
  )
  const days = (from: string, to: string) => packed(ledger, { span: { from, to } })
  await expect(days('2026-11-15', '2026-11-21')).rejects.toThrow(
    'the days after 2026-11-18 are not sealed, so nothing proves them; run "wharfage seal", or end with --to 2026-11-19',
  )
  await expect(days('2026-12-01', '2026-12-03')).rejects.toThrow('or choose earlier days')
  await expect(days('2026-01-01', '2026-02-01')).rejects.toThrow(
    'the ledger begins on 2026-11-14, after the last of these days',
  )
  await rm(spoilt.folder, { recursive: true })
}, 60_000)

test('a span that begins before the ledger has what there is, and says from when', async () => {
  const dir = await unpacked(await packed(ledger, { span: { from: '2026-11-01', to: SPAN.to } }))
  expect((await csv('summary.csv', dir)).map(({ date }) => date)).toEqual([
    '2026-11-14',
    '2026-11-15',
    '2026-11-16',
    '2026-11-17',
  ])
  expect(await readFile(join(dir, 'README.md'), 'utf8')).toContain(
    'The ledger begins on 2026-11-14: of the days before it there is nothing.',
  )
  expect((await follow(dir, [2]))[2]).toMatch(/prod-eu: whole: 96 rollups/)
  await rm(dir, { recursive: true })
}, 60_000)

describe('a sample', () => {
  const year = Array.from({ length: 365 }, (_, at) => isoDate(Date.UTC(2026, 0, 1) + at * DAY_MS))

  test('is drawn by the smallest hashes of seed and date, which a shell finds alike', () => {
    const drawn = drawDays(year, 'Q3, Jones & Co', 25)
    expect(drawn).toHaveLength(25)
    const by = `for date in ${year.join(' ')}; do echo "$(printf %s "Q3, Jones & Co:$date" | sha256sum | cut -c 1-64) $date"; done | sort | head -25 | cut -d ' ' -f 2 | sort`
    expect(execFileSync('bash', ['-c', by], { encoding: 'utf8' }).trim().split('\n')).toEqual(
      drawn.map(({ date }) => date),
    )
  })

  test('is the same for the same seed in any order of days, another for another, and spread over the year', () => {
    fc.assert(
      fc.property(fc.string(), fc.shuffledSubarray(year, { minLength: year.length }), (seed, shuffled) => {
        expect(drawDays(shuffled, seed, 25)).toEqual(drawDays(year, seed, 25))
      }),
      { numRuns: 20 },
    )
    expect(drawDays(year, 'a', 25)).not.toEqual(drawDays(year, 'b', 25))
    const counts = new Map(year.map((date) => [date, 0]))
    for (let seed = 0; seed < 1000; seed++) {
      for (const { date } of drawDays(year, `seed ${seed}`, 25)) counts.set(date, (counts.get(date) ?? 0) + 1)
    }
    // 1,000 draws of 25 of 365: 68 of each day, with a standard deviation of 8.
    expect(Math.min(...counts.values())).toBeGreaterThan(35)
    expect(Math.max(...counts.values())).toBeLessThan(105)
  })

  test('of more days than there are is all of them', () => {
    expect(drawDays(year.slice(0, 3), 'a', 25).map(({ date }) => date)).toEqual(year.slice(0, 3))
    expect(drawDays([], 'a', 25)).toEqual([])
  })
})
