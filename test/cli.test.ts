/** The command line as a person and a pipe see it: child processes of bin/wharfage and of npm. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EXPORT_COLUMNS } from '#core/columns.ts'
import { parseCsv } from '#core/csv.ts'
import type { EncodedRollup } from '#core/rollup.ts'
import { DAY_MS, dayOf, HOUR_MS, isoDate, isoHour } from '#core/time.ts'
import type { SealSummary } from '../functions/stage/seal.ts'
import { folderStore } from '../functions/store/folder.ts'
import { encodeChain, hourRecord, writeChain } from './flow-rows.ts'

const ROOT = join(import.meta.dirname, '..')
const BIN = join(ROOT, 'bin/wharfage')
const COMMANDS = ['check', 'scrape', 'publish', 'export', 'seal', 'verify', 'serve', 'query', 'demo']
const DEMO_DAY = ['--from', '2026-10-17', '--to', '2026-10-18']

interface Ended {
  code: number | null // null when a signal ended it
  signal: string | null
  stdout: string
  stderr: string
}

let folder: string // where the person is
let demo: string // a folder of the demo's, with a ledger of one day
let made: Ended

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wharfage-cli-'))
  demo = join(folder, 'demo')
  made = await wharfage(['demo', '--days', '1', '--no-serve', '--truth', '--out', 'demo'])
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function start(args: string[], { cwd = folder, bin = BIN } = {}): ChildProcess {
  // A person's shell is no npm script, though this test may be.
  const { npm_lifecycle_event: _, INIT_CWD: __, ...env } = process.env
  return spawn(bin, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  const [code, signal] = await once(child, 'close')
  return { code, signal, ...output }
}

function wharfage(args: string[], where: { cwd?: string } = {}): Promise<Ended> {
  return ended(start(args, where))
}

function npmRun(args: string[]): Promise<Ended> {
  return ended(start(['--prefix', ROOT, 'run', '-s', 'wharfage', '--', ...args], { bin: 'npm' }))
}

/** A new folder with a configuration of one target. */
function configured(url: string): string {
  const dir = mkdtempSync(join(folder, 'configured-'))
  writeFileSync(
    join(dir, 'wharfage.yaml'),
    `store: ./data\ntargets:\n  - name: mesh\n    url: ${url}\n    tails: false\n`,
  )
  return dir
}

const demoConfig = () => ['--config', join(demo, 'wharfage.yaml')]

/** A folder with a copy of the demo's ledger, to be spoilt. */
function demoCopy(): string {
  const dir = mkdtempSync(join(folder, 'copy-'))
  cpSync(demo, dir, { recursive: true })
  return dir
}

/** A federation endpoint that is up and counts nothing. */
async function endpoint(): Promise<{ url: string; close: () => void }> {
  const server = http.createServer((_, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(`up{instance="a",job="pods"} 1 ${Date.now()}\n`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}/federate`, close }
}

/** Resolves when the child has said so many lines. */
async function lines(child: ChildProcess, count: number): Promise<string[]> {
  let text = ''
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (text.split('\n').length > count) break
  }
  return text.split('\n').slice(0, count)
}

// Usage.

test('every command has a help that names its options, on standard output and with exit code 0', async () => {
  const overviews = await Promise.all([wharfage([]), wharfage(['--help']), wharfage(['help'])])
  for (const { code, stdout, stderr } of overviews) {
    expect([code, stderr]).toEqual([0, ''])
    for (const name of COMMANDS) expect(stdout).toContain(`\n  ${name} `)
  }
  const helps = await Promise.all(COMMANDS.map((name) => wharfage([name, '--help'])))
  for (const [i, { code, stdout, stderr }] of helps.entries()) {
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(new RegExp(`^wharfage ${COMMANDS[i]}: .+\n\nusage: wharfage ${COMMANDS[i]} `))
    const usage = /^usage: (?:.+\n)+/m.exec(stdout)?.[0]
    const options = stdout.split('\n').filter((line) => /^ {2}--/.test(line))
    expect(options.at(-1)).toMatch(/^ {2}--help /)
    for (const option of options.slice(0, -1)) expect(usage).toContain(option.trim().split(' ')[0])
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(130)
  }
})

test('a command called wrongly says why and how, on standard error alone, with exit code 2', async () => {
  const span = ['--from', '2026-11-20', '--to', '2026-11-21']
  const wrong: [string[], string][] = [
    [['scrap'], 'wharfage has no command "scrap"; it has check, scrape,'],
    [['scrape', '--evry', '5s'], "Unknown option '--evry'"],
    [['scrape', '--every', '5'], 'duration "5" is not a whole number with a unit'],
    [['scrape', '--every', '0s'], 'duration "0s" is zero'],
    [['scrape', '--every'], "'--every <value>' argument missing"],
    [['scrape', 'prod-eu'], '"prod-eu" is one word too many'],
    [['export', '--to', '2026-11-21'], '--from is missing'],
    [['export', '--from', '2026-11-21', '--to', '2026-11-20'], '--to 2026-11-20 is not after --from 2026-11-21'],
    [['export', '--from', '2026-11-20T09:30Z', '--to', '2026-11-21'], 'is not a whole hour in UTC'],
    [['export', '--from', '2026-11-20T09:00', '--to', '2026-11-21'], 'has no zone'],
    [['export', ...span, '--by', 'week'], '--by "week" is none of hour, day, month'],
    [['export', ...span, '--format', 'xlsx'], '--format "xlsx" is none of csv, json, parquet'],
    [['serve', '--port', '70000'], '--port "70000" is no whole number from 0 to 65535'],
    [['demo', '--days', '0'], '--days "0" is no whole number from 1 to 36'],
    [['query'], 'query takes one SQL text in quotes'],
    [['query', 'SELECT', '1'], 'query takes one SQL text in quotes'],
    [['verify', '--seal', 'nowhere.json', ...demoConfig()], '--seal nowhere.json is no SHA-256 in hex, and no file'],
    [['verify', '--target', 'nobody', ...demoConfig()], 'the store has no target "nobody"'],
    [['scrape', '--target', 'nobody', ...demoConfig()], 'no target "nobody" in'],
  ]
  const results = await Promise.all(wrong.map(([args]) => wharfage(args)))
  for (const [i, { code, stdout, stderr }] of results.entries()) {
    const [args, message] = wrong[i]
    expect([args, code, stdout]).toEqual([args, 2, ''])
    expect(stderr).toContain(message)
    if (args[0] !== 'scrap') expect(stderr).toContain(`\nusage: wharfage ${args[0]} `)
  }
})

// Configuration.

test('a missing configuration is told with its path, exit code 2', async () => {
  const commands = [['check'], ['scrape'], ['publish'], ['seal'], ['verify'], ['serve'], ['export', ...DEMO_DAY]]
  for (const { code, stdout, stderr } of await Promise.all(commands.map((args) => wharfage(args)))) {
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(join(folder, 'wharfage.yaml'))
  }
})

test('check says every mistake at once, with its line, and nothing on standard output', async () => {
  const path = join(folder, 'wrong.yaml')
  writeFileSync(path, 'store: ./data\ntargets:\n  - name: Prod EU\n    url: ftp://x\n    interval: 60\nprize: 1\n')
  const { code, stdout, stderr } = await wharfage(['check', '--config', 'wrong.yaml'])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`configuration ${path} has 4 mistakes:`)
  for (const place of ['3:11 targets[0].name', '4:10 targets[0].url', '5:15 targets[0].interval', '6:1 prize']) {
    expect(stderr).toContain(`\n  ${place}`)
  }
})

test('check --json gives the whole configuration to a program, with absolute paths', async () => {
  const dir = configured('http://127.0.0.1:9090/federate')
  const { code, stdout, stderr } = await wharfage(['check', '--json'], { cwd: dir })
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toMatchObject({
    path: join(dir, 'wharfage.yaml'),
    store: { kind: 'folder', path: join(dir, 'data') },
    targets: [{ name: 'mesh', url: 'http://127.0.0.1:9090/federate', intervalSeconds: 60, tails: false }],
  })
  expect(existsSync(join(dir, 'data'))).toBe(false)
})

test('check says what a bucket and the functions on AWS are set to, and who may read the pages', async () => {
  const dir = configured('http://127.0.0.1:9090/federate')
  const text = readFileSync(join(dir, 'wharfage.yaml'), 'utf8').replace('./data', 's3://ledger/egress')
  const checked = (more: string) => {
    writeFileSync(join(dir, 'wharfage.yaml'), `${text}\n${more}\n`)
    return wharfage(['check'], { cwd: dir })
  }
  const closed = await checked('retention: { days: 400 }\naws: { region: eu-west-1 }')
  expect([closed.code, closed.stderr]).toEqual([0, ''])
  expect(closed.stdout.split('\n')).toEqual(
    expect.arrayContaining([
      'store   s3://ledger/egress, held for 400 days in governance mode',
      'aws     stack wharfage in eu-west-1, with the bucket; scrapes outside of any VPC with 2048 MB',
      "alarms  when samples are 15 minutes old, to the topic's subscribers",
      'viewers nobody; give aws.viewers a password, addresses or both',
    ]),
  )
  const open = await checked('aws: { region: eu-west-1, viewers: { password: env:SEEN, addresses: [192.0.2.0/24] } }')
  expect(open.stdout).toContain('\nviewers who knows the password in env:SEEN, from 192.0.2.0/24\n')
})

test('relative paths start where the person is, through npm as without', async () => {
  const dir = configured('http://127.0.0.1:9090/federate')
  const config = join(dir.slice(folder.length + 1), 'wharfage.yaml')
  const [direct, npm] = await Promise.all([
    wharfage(['check', '--config', config]),
    npmRun(['check', '--config', config]),
  ])
  expect(direct).toMatchObject({ code: 0, stderr: '' })
  expect(npm).toEqual(direct)
  expect(npm.stdout).toContain(`store   ${join(dir, 'data')}\n`)
})

test('npm hands on the exit code', async () => {
  expect(await npmRun(['check', '--config', 'nowhere.yaml'])).toMatchObject({ code: 2, stdout: '' })
})

// Scrape.

test('scrape of an endpoint that is not there fails with one sentence and writes nothing', async () => {
  const { url, close } = await endpoint()
  close()
  const dir = configured(url)
  const { code, stdout, stderr } = await wharfage(['scrape'], { cwd: dir })
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^scrape mesh: GET [^\n]*: connection refused; check that Prometheus listens there\n$/)
  expect(existsSync(join(dir, 'data', 'checkpoints'))).toBe(false)
})

test('scrape writes one line of JSON for each scrape', async () => {
  const { url, close } = await endpoint()
  const dir = configured(url)
  const scrapes = [await wharfage(['scrape'], { cwd: dir }), await wharfage(['scrape'], { cwd: dir })]
  close()
  for (const [i, { code, stdout, stderr }] of scrapes.entries()) {
    expect([code, stderr, stdout.split('\n').length]).toEqual([0, '', 2])
    expect(JSON.parse(stdout)).toMatchObject({ target: 'mesh', seq: i + 1, samples: 1, durationMs: expect.any(Number) })
  }
})

test.each(['SIGINT', 'SIGTERM'] as const)('scrape --every goes on until %s, and ends with 0', async (signal) => {
  const { url, close } = await endpoint()
  const child = start(['scrape', '--every', '1s'], { cwd: configured(url) })
  const said = await lines(child, 2)
  child.kill(signal)
  expect(await ended(child)).toMatchObject({ code: 0, signal: null, stderr: '' })
  close()
  expect(said.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2])
})

test('a command that does not end by itself when asked is ended by the signal', async () => {
  const child = start(['demo', '--no-serve', '--out', 'interrupted'])
  await once(child.stderr!, 'data')
  const began = performance.now()
  child.kill('SIGINT')
  expect(await ended(child)).toMatchObject({ code: null, signal: 'SIGINT' })
  expect(performance.now() - began).toBeLessThan(2000)
})

// The demo, and what reads a ledger.

test('demo makes a ledger, its pages and a configuration, and says beside the truth that nothing is missing', () => {
  expect(made).toMatchObject({ code: 0 })
  expect(made.stderr).toContain('scraped 576 times')
  const differences = made.stdout
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/).at(-1))
  expect(differences.length).toBe(2 * 3 * 6)
  expect(new Set(differences)).toEqual(new Set(['0']))
  expect(readdirSync(demo).sort()).toEqual([
    ...['.wharfage-demo', 'budgets.yaml', 'data', 'findings.yaml', 'istio', 'owners.yaml', 'prices.yaml'],
    ...['register.yaml', 'site', 'wharfage.yaml'],
  ])
  expect(readFileSync(join(demo, 'site/index.html'), 'utf8')).toContain('2026-10-17')
})

test('demo refuses a folder with other things in it, and leaves them alone', async () => {
  const mine = join(folder, 'mine')
  mkdirSync(join(mine, 'data'), { recursive: true })
  writeFileSync(join(mine, 'data', 'thesis.txt'), 'years of work')
  const { code, stdout, stderr } = await wharfage(['demo', '--days', '1', '--no-serve', '--out', 'mine'])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(`demo: ${mine} holds other things; name an empty folder with --out`)
  expect(readdirSync(mine)).toEqual(['data'])
  expect(readFileSync(join(mine, 'data', 'thesis.txt'), 'utf8')).toBe('years of work')
})

test('verify tells a whole chain from one with an altered rollup, by its exit code and the rollup’s key', async () => {
  const dir = demoCopy()
  const config = ['--config', join(dir, 'wharfage.yaml')]
  const whole = await wharfage(['verify', ...config])
  expect(whole).toMatchObject({ code: 0, stderr: '' })
  expect(whole.stdout).toMatch(
    /^prod-eu: whole: 23 rollups from 2026-10-17T00:00:00Z to 2026-10-17T22:00:00Z, .*head 23 /,
  )
  const key = 'rollups/target=prod-eu/date=2026-10-17/hour=05/rollup.parquet'
  const path = join(dir, 'data', key)
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1] ^= 1
  rmSync(path)
  writeFileSync(path, bytes)
  const [altered, json, other] = await Promise.all([
    wharfage(['verify', ...config]),
    wharfage(['verify', '--json', ...config]),
    wharfage(['verify', '--target', 'prod-us', ...config]),
  ])
  expect(altered).toMatchObject({ code: 1, stderr: '' })
  expect(altered.stdout).toContain(`  altered  ${key}: `)
  expect(altered.stdout).toContain('prod-us: whole:')
  expect(json.code).toBe(1)
  expect(JSON.parse(json.stdout)).toMatchObject({
    targets: [
      { problems: expect.arrayContaining([expect.objectContaining({ kind: 'altered', key })]) },
      { problems: [] },
    ],
    seals: { seals: 0, problems: [] },
  })
  expect(other.code).toBe(0)
})

test('verify tells a store that knows nothing of a target from one whose chain is whole', async () => {
  const dir = configured('http://127.0.0.1:9090/federate')
  expect(await wharfage(['verify'], { cwd: dir })).toMatchObject({
    code: 0,
    stdout: [
      `mesh: nothing yet: neither a checkpoint nor a rollup in the store of ${join(dir, 'wharfage.yaml')}\n`,
      'seals: whole: none yet\n',
    ].join(''),
  })
})

/** A folder with a configuration and a ledger of 25 hours, from a midnight some days ago. */
async function sealable(): Promise<{ dir: string; from: number; chain: EncodedRollup[] }> {
  const dir = configured('http://127.0.0.1:9090/federate')
  const from = dayOf(Date.now()) - 5 * DAY_MS
  const chain = encodeChain(Array.from({ length: 25 }, (_, i) => hourRecord('mesh', from + i * HOUR_MS, [])))
  await writeChain(folderStore(join(dir, 'data')), chain)
  return { dir, from, chain }
}

test('seal says that there is nothing to seal yet', async () => {
  const dir = configured('http://127.0.0.1:9090/federate')
  expect(await wharfage(['seal'], { cwd: dir })).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'nothing to seal yet: the store has no rollup of a day that is over\n',
  })
})

test('a day that was sealed is proved by its seal, as a hash or as a file, and by no other', async () => {
  const { dir, from } = await sealable()
  const made = await wharfage(['seal', '--json'], { cwd: dir })
  expect([made.code, made.stderr]).toEqual([0, ''])
  const { sealed, newest } = JSON.parse(made.stdout) as SealSummary
  expect(sealed.slice(0, 2)).toEqual([isoDate(from), isoDate(from + DAY_MS)])
  const path = join(dir, `data/seals/date=${sealed[0]}/seal.json`)
  const held = createHash('sha256').update(readFileSync(path)).digest('hex')
  const [hash, file, other, whole] = await Promise.all(
    [['--seal', held], ['--seal', path], ['--seal', '0'.repeat(64)], []].map((args) =>
      wharfage(['verify', ...args], { cwd: dir }),
    ),
  )
  for (const { code, stdout } of [hash, file]) {
    expect([code, stdout]).toEqual([0, expect.stringContaining(`the one you hold is that of ${sealed[0]}`)])
    expect(stdout).toContain(`, sealed through ${isoHour(from + 25 * HOUR_MS)}, `)
  }
  const span = `${sealed.length} days from ${sealed[0]} through ${newest?.date}`
  expect(whole.stdout).toContain(`seals: whole: ${span}, newest ${newest?.sha256}\n`)
  expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining('  missing  seals/: the seal you hold, 000') })
})

test('seal fails over a chain that does not hold, with the sentence verify has for it', async () => {
  const { dir, from, chain } = await sealable()
  rmSync(join(dir, 'data', chain[5].key))
  const { code, stdout, stderr } = await wharfage(['seal'], { cwd: dir })
  expect(code).toBe(1)
  expect(stdout).toContain(` days, ${isoDate(from)} to `)
  const hour = isoHour(from + 5 * HOUR_MS)
  expect(stderr).toContain(`seal ${isoDate(from)}: mesh: missing ${chain[5].key}: no rollup of ${hour}`)
})

test('export writes CSV, JSON lines and Parquet to standard output and nothing else', async () => {
  const from = (format: string) =>
    wharfage(['export', ...DEMO_DAY, '--by', 'hour', '--format', format, ...demoConfig()])
  const [csv, json, parquet] = await Promise.all(['csv', 'json', 'parquet'].map(from))
  for (const { code, stderr } of [csv, json, parquet]) expect([code, stderr]).toEqual([0, ''])
  const [header, ...rows] = parseCsv(csv.stdout)
  expect(header).toEqual(EXPORT_COLUMNS)
  expect(rows.length).toBeGreaterThan(500)
  expect(json.stdout.trimEnd().split('\n').length).toBe(rows.length)
  expect([parquet.stdout.slice(0, 4), parquet.stdout.slice(-4)]).toEqual(['PAR1', 'PAR1'])
})

test('a reader that stops reading is no failure', async () => {
  const command = [BIN, 'export', ...DEMO_DAY, '--by', 'hour', ...demoConfig()].join(' ')
  for (const [reader, stdout] of [
    ['head -n 1', `${EXPORT_COLUMNS.join(',')}\r\n`],
    ['true', ''],
  ]) {
    const piped = await ended(start(['-c', `{ ${command}; echo "exit code $?" >&2; } | ${reader}`], { bin: 'sh' }))
    expect([reader, piped.stdout, piped.stderr]).toEqual([reader, stdout, 'exit code 0\n'])
  }
})

test('an export that its disk cannot hold fails and says so', async () => {
  const command = [BIN, 'export', ...DEMO_DAY, ...demoConfig()].join(' ')
  const { code, stderr } = await ended(start(['-c', `${command} > /dev/full`], { bin: 'sh' }))
  expect(code).toBe(1)
  expect(stderr).toMatch(/^standard output cannot be written: ENOSPC[^\n]*\n$/)
})

test('query answers a question over the rollups, as a table and as JSON lines', async () => {
  const sql = 'SELECT target, count(DISTINCT hour) AS hours FROM egress GROUP BY target ORDER BY target'
  const [table, json] = await Promise.all([
    wharfage(['query', sql, ...demoConfig()]),
    wharfage(['query', sql, '--json', ...demoConfig()]),
  ])
  expect(table).toMatchObject({ code: 0, stderr: '' })
  expect(table.stdout).toContain('prod-eu')
  expect(json.stdout).toBe('{"target":"prod-eu","hours":23}\n{"target":"prod-us","hours":23}\n')
})

test('query writes nothing and reads nothing but the rollups', async () => {
  const copy = join(folder, 'copy.csv')
  const refused = await Promise.all(
    [
      `COPY egress TO '${copy}'`,
      'DROP VIEW egress',
      'CREATE TABLE t AS SELECT * FROM egress',
      `SELECT * FROM read_text('${join(demo, 'wharfage.yaml')}')`,
      'SET enable_external_access = true',
      'SELEC',
    ].map((sql) => wharfage(['query', sql, ...demoConfig()])),
  )
  for (const { code, stdout, stderr } of refused) {
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr.trimEnd()).not.toBe('')
    expect(stderr).not.toContain('    at ')
  }
  expect(existsSync(copy)).toBe(false)
})

test('publish renders into a folder of one’s choice, and the second time nothing', async () => {
  const dir = demoCopy()
  const args = ['publish', '--json', '--out', 'pages', '--config', join(dir, 'wharfage.yaml')]
  const first = await wharfage(args)
  expect(first.code).toBe(0)
  const outDir = join(folder, 'pages')
  expect(JSON.parse(first.stdout)).toMatchObject({
    days: 1,
    rendered: expect.arrayContaining(['', 'days/2026-10-17/', 'months/2026-10/']),
    remaining: 0,
    outDir,
  })
  const index = (dir: string) => readFileSync(join(dir, 'index.html'), 'utf8')
  expect(index(outDir)).toBe(index(join(demo, 'site')))
  const second = await wharfage(args)
  expect(JSON.parse(second.stdout)).toMatchObject({ rendered: [], files: 0 })
})

test('serve says where, serves the pages, and ends with 0 when it is interrupted', async () => {
  const child = start(['serve', '--port', '0', ...demoConfig()])
  const [url] = await lines(child, 1)
  const [response] = (await once(http.get(url), 'response')) as [http.IncomingMessage]
  expect(response.statusCode).toBe(200)
  response.resume()
  child.kill('SIGINT')
  expect(await ended(child)).toMatchObject({ code: 0, signal: null, stderr: '' })
})
