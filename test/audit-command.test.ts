import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '#core/hash.ts'
import { audit } from '../functions/command/audit.ts'
import { UsageError, type Values } from '../functions/command/command.ts'
import { type AuditedLedger, auditedLedger, packed, SPAN } from './audited-ledger.ts'

let ledger: AuditedLedger

beforeAll(async () => {
  ledger = await auditedLedger()
  await writeFile(
    join(ledger.folder, 'wharfage.yaml'),
    'store: ./data\nsigning: { key: "file:key.pem" }\ntargets: [{ name: prod-eu, url: "http://prometheus.example/federate" }]\nsite: { title: "Egress <b>" }\n',
  )
}, 60_000)

afterAll(() => rm(ledger.folder, { recursive: true }))

async function run(values: Values, ...words: string[]) {
  const said: string[] = []
  const printed: string[] = []
  const terminal = {
    out: async (text: string | Uint8Array) => void printed.push(String(text)),
    say: (line: string) => void said.push(line),
    progress: () => {},
    stop: new AbortController().signal,
    cwd: ledger.folder,
  }
  const code = await audit.run(values, words, terminal)
  return { code, said, printed: printed.join('') }
}

const YEAR = { from: '2026-01-01', to: '2027-01-01' }

test('writes a pack beside the person, tells its hash, and leaves nothing else', async () => {
  const before = await readdir(ledger.folder)
  const { code, said, printed } = await run({ ...SPAN, framework: 'pci' })
  const name = 'wharfage-audit-pci-2026-11-15-2026-11-17.zip'
  const zip = await readFile(join(ledger.folder, name))
  expect(code).toBe(0)
  expect(printed).toBe(
    `packed 2026-11-15 through 2026-11-17: ${printed.match(/\d+ files/)?.[0]}\n${sha256(zip)}  ${join(ledger.folder, name)}\n`,
  )
  expect(said).toEqual([expect.stringMatching(/^\d+ findings are open$/)])
  expect(sha256(zip)).toBe(sha256(await packed(ledger)))
  expect((await readdir(ledger.folder)).sort()).toEqual([...before, name].sort())
}, 60_000)

test('writes nothing where the ledger does not hold', async () => {
  const path = join(ledger.folder, 'data/rollups/target=prod-us/date=2026-11-16/hour=05/rollup.parquet')
  const before = await readFile(path)
  await appendFile(path, 'x')
  await expect(run({ ...SPAN, framework: 'soc2', out: 'pack.zip' })).rejects.toThrow(/the ledger does not hold/)
  expect((await readdir(ledger.folder)).filter((name) => /pack\.zip|\.part$/.test(name))).toEqual([])
  await writeFile(path, before)
  await expect(run({ ...SPAN, framework: 'soc2', out: 'nowhere/pack.zip' })).rejects.toThrow(
    /nowhere\/pack\.zip cannot be written \(ENOENT\)/,
  )
}, 60_000)

test.each<[Values, string[], string]>([
  [{ ...SPAN }, [], '--framework is missing; say one of pci, soc2, gdpr'],
  [{ ...SPAN, framework: 'iso' }, [], '--framework "iso" is none; say one of pci, soc2, gdpr'],
  [{ framework: 'pci' }, [], '--from and --to are missing; say --from 2026-07-01 --to 2026-10-01'],
  [{ framework: 'pci', from: '2026-07-01' }, [], '--to is missing beside the other end'],
  [{ framework: 'pci', from: '2026-07-32', to: '2026-08-01' }, [], '--from: date "2026-07-32" is on no calendar'],
  [{ framework: 'pci', from: '2026-08-01', to: '2026-08-01' }, [], '--to 2026-08-01 is not after --from 2026-08-01'],
  [{ ...SPAN, framework: 'pci', seed: 'x' }, [], '--seed goes with "wharfage audit sample"'],
  [{ ...SPAN, framework: 'pci' }, ['pack'], '"pack" is one word too many'],
  [{}, ['sample'], '--seed is missing; let the auditor name any text'],
  [{ seed: '' }, ['sample'], '--seed is missing'],
  [{ seed: 'x', days: '0' }, ['sample'], '--days "0" is no whole number from 1 to 3653'],
  [{ seed: 'x', out: 'y' }, ['sample'], '--out does not go with a sample'],
])('%j %j is refused', async (values, words, sentence) => {
  const error = await run(values, ...words).catch((caught) => caught)
  expect(error).toBeInstanceOf(UsageError)
  expect(error.message).toContain(sentence)
})

test('a sample is of all sealed days, or of a span, and tells those without a seal', async () => {
  const { printed, said } = await run({ seed: 'Jones', days: '2' }, 'sample')
  const lines = printed.trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  for (const line of lines) {
    const [date, rank, lot] = line.split(/ +/)
    expect([1, 2]).toContain(Number(rank))
    expect(lot).toBe(sha256(`Jones:${date}`))
  }
  expect(said[0]).toBe('2 of 5 days from 2026-11-14 through 2026-11-18, by the smallest SHA-256 of "Jones:YYYY-MM-DD"')
  const year = await run({ ...YEAR, seed: 'Jones', json: true }, 'sample')
  expect(JSON.parse(year.printed)).toMatchObject({ seed: 'Jones', ...YEAR, of: 365, days: { length: 25 } })
  expect((await run({ ...YEAR, seed: 'Jones' }, 'sample')).said[1]).toMatch(
    /^of 2\d of them the ledger has no seal: 2026-/,
  )
})
