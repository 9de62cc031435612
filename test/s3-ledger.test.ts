/** The command line on a ledger in a bucket: the same figures, bytes and pages as on one in a folder. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { HOUR_MS, MINUTE_MS } from '#core/time.ts'
import { main } from '../functions/cli.ts'
import type { Terminal } from '../functions/command/command.ts'
import { startAws } from './aws.ts'
import { httpSeries, simulatedPrometheus, upOf } from './simulated-prometheus.ts'

const BIN = join(import.meta.dirname, '../bin/wharfage')
const START = Date.UTC(2026, 10, 19, 22)
const ROUNDS = Array.from({ length: 29 }, (_, i) => START + i * 10 * MINUTE_MS) // past midnight; four hours are closed and written
const SPAN = ['--from', '2026-11-19', '--to', '2026-11-21']
const SQL = 'SELECT "date", "hour", "sourceWorkload", "egressBytes" FROM egress ORDER BY 1, 2, 3'

const aws = await startAws()
const variables = { ...aws.env, TMPDIR: mkdtempSync(join(tmpdir(), 'wharfage-s3-')) }
Object.assign(process.env, variables)
const folder = variables.TMPDIR
const prometheus = simulatedPrometheus([
  upOf('checkout-1', 0, Infinity),
  httpSeries('istio_request_bytes_sum', 'checkout-1', { from: 0, to: Infinity }, (time) => (time - START) / 100),
])
const server = createServer(async (_, response) => {
  response.setHeader('content-type', 'text/plain; version=0.0.4')
  response.end(await prometheus.federate([]))
})

afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await aws.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Said {
  code: number
  out: Buffer
  talk: string
}

const stopped = new AbortController()
stopped.abort()

async function wharfage(where: 'folder' | 'bucket', ...args: string[]): Promise<Said> {
  return wharfageUntil(new AbortController().signal, where, ...args)
}

async function wharfageUntil(stop: AbortSignal, where: 'folder' | 'bucket', ...args: string[]): Promise<Said> {
  const out: Uint8Array[] = []
  const talk: string[] = []
  const terminal: Terminal = {
    out: async (bytes) => void out.push(Buffer.from(bytes)),
    say: (line) => void talk.push(line),
    progress: () => {},
    stop,
    cwd: join(folder, where),
  }
  const code = await main(args, terminal)
  return { code, out: Buffer.concat(out), talk: talk.join('\n') }
}

const temporaryFolders = () => readdirSync(folder).filter((name) => name.startsWith('wharfage-query-'))

/** What is asked of S3 while one scrape of the bucket's ledger runs. */
async function scrapeRequests(now: number): Promise<string[]> {
  prometheus.now = now
  const before = aws.requests.length
  expect(await wharfage('bucket', 'scrape')).toMatchObject({ code: 0, talk: '' })
  return aws.requests.slice(before).map(({ operation, key }) => `${operation} ${key.split('/')[2] ?? ''}`.trim())
}

const scrapes: string[][] = []

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/federate`
  aws.createBucket('ledger', { objectLock: true })
  for (const [where, store] of [
    ['folder', './data'],
    ['bucket', 's3://ledger/eu/egress\nretention: { days: 30 }'],
  ]) {
    mkdirSync(join(folder, where))
    const target = `  - { name: mesh, url: '${url}', interval: 10m, tails: false }\n`
    writeFileSync(join(folder, where, 'wharfage.yaml'), `store: ${store}\ntargets:\n${target}`)
  }
  for (const now of ROUNDS) {
    scrapes.push(await scrapeRequests(now))
    expect(await wharfage('folder', 'scrape')).toMatchObject({ code: 0, talk: '' })
  }
}, 60_000)

test('a scrape asks S3 for two things, for three where it writes a rollup, and lists only where it begins', () => {
  const warm = ['GetObject checkpoints', 'PutObject checkpoints']
  const writing = ['GetObject checkpoints', 'PutObject rollups', 'PutObject checkpoints']
  expect(scrapes[0]).toEqual(['GetObject checkpoints', 'ListObjectsV2', 'PutObject checkpoints'])
  const rest = scrapes.slice(1).map((asked) => asked.join(', '))
  expect(rest.filter((asked) => asked === writing.join(', '))).toHaveLength(4)
  expect(rest.filter((asked) => asked === warm.join(', '))).toHaveLength(24)
})

test('rollups are the same bytes as in a folder, under the same keys, locked, and each written once', () => {
  const inBucket = [...aws.objects('ledger')].filter(([key]) => key.startsWith('eu/egress/rollups/'))
  expect(inBucket).toHaveLength(4)
  for (const [key, { bytes, retention }] of inBucket) {
    const file = readFileSync(join(folder, 'folder/data', key.slice('eu/egress/'.length)))
    expect(Buffer.compare(file, bytes)).toBe(0)
    expect(retention?.mode).toBe('GOVERNANCE')
    expect(aws.versions('ledger').get(key)).toHaveLength(1)
  }
  expect(aws.versions('ledger').get('eu/egress/checkpoints/mesh')).toHaveLength(ROUNDS.length)
})

const READERS: [command: string, ...args: string[]][] = [
  ['export', ...SPAN],
  ['export', ...SPAN, '--by', 'hour', '--format', 'json'],
  ['export', ...SPAN, '--by', 'month', '--format', 'parquet', '--target', 'mesh'],
  ['verify'],
  ['verify', '--json'],
  ['query', SQL],
  ['query', SQL, '--json', '--from', '2026-11-19T23:00Z', '--to', '2026-11-20T01:00Z', '--target', 'mesh'],
]

test.each(READERS.map((args) => [args.join(' '), args] as const))(
  '%s gives the same bytes from a bucket as from a folder',
  async (_, args) => {
    const expected = await wharfage('folder', ...args)
    expect(expected).toMatchObject({ code: 0, talk: '' })
    expect(expected.out.length).toBeGreaterThan(50)
    const { out, ...rest } = await wharfage('bucket', ...args)
    const told = args[0] === 'verify' ? Buffer.from(withoutVersions(out.toString())) : out
    expect({ ...rest, out: told }).toEqual(expected)
  },
)

/** Of a bucket with versions, verify looks at these, too. */
function withoutVersions(out: string): string {
  return out
    .replace(/^versions: whole: \d+ objects that are written once\n/m, '')
    .replace(/"versions":\{[^{}]*\}/, '"versions":null')
}

test('a query fetches only the rollups of its span and target, and leaves no file behind', async () => {
  const before = aws.requests.length
  const span = ['--from', '2026-11-19T23:00Z', '--to', '2026-11-20T01:00Z']
  const { out } = await wharfage('bucket', 'query', SQL, '--json', ...span)
  expect(
    out
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { date: '2026-11-19', hour: 23, sourceWorkload: 'checkout-v1', egressBytes: HOUR_MS / 100 },
    { date: '2026-11-20', hour: 0, sourceWorkload: 'checkout-v1', egressBytes: HOUR_MS / 100 },
  ])
  const fetched = aws.requests.slice(before).filter(({ key }) => key.includes('/rollups/'))
  expect(fetched).toHaveLength(2)
  aws.fault({ kind: 'answer', status: 403, code: 'AccessDenied' }, { key: /hour=23/ })
  const failed = await wharfage('bucket', 'query', SQL)
  expect([failed.code, failed.talk]).toEqual([1, expect.stringContaining('hour=23/rollup.parquet: access is denied')])
  expect(await wharfage('bucket', 'query', 'SELECT nothing')).toMatchObject({ code: 1 })
  expect(temporaryFolders()).toEqual([])
})

test('a query that is stopped says so and leaves no file behind', async () => {
  const inBucket = await wharfageUntil(stopped.signal, 'bucket', 'query', SQL)
  expect([inBucket.code, inBucket.talk]).toEqual([1, 'query: stopped after 0 of 4 rollups'])
  const inFolder = await wharfageUntil(stopped.signal, 'folder', 'query', SQL)
  expect([inFolder.code, inFolder.talk]).toEqual([1, 'query failed: it was stopped'])
  const stopping = new AbortController()
  // The abort comes while the first rollups are under way.
  const until = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve())
  })
  aws.fault({ kind: 'wait', until }, { key: /hour=22/ })
  const fetching = aws.arrival({ key: /hour=22/ })
  const stoppedMidway = wharfageUntil(stopping.signal, 'bucket', 'query', SQL)
  await fetching
  stopping.abort()
  expect((await stoppedMidway).code).toBe(1)
  expect(temporaryFolders()).toEqual([])
})

test('a query of an unknown target or an empty span is refused', async () => {
  expect(await wharfage('bucket', 'query', SQL, '--target', 'nobody')).toMatchObject({ code: 2 })
  const empty = ['--from', '2026-11-20', '--to', '2026-11-20']
  expect(await wharfage('bucket', 'query', SQL, ...empty)).toMatchObject({ code: 2 })
})

test('pages and downloads are the same from a bucket as from a folder', async () => {
  for (const where of ['folder', 'bucket']) {
    const cwd = join(folder, where)
    await promisify(execFile)(BIN, ['publish'], { cwd, env: { ...process.env, ...variables } })
  }
  const files = (where: string) => {
    const site = join(folder, where, 'wharfage-site')
    const names = readdirSync(site, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    return new Map(
      names.map(({ parentPath, name }) => {
        const path = join(parentPath, name)
        return [path.slice(site.length), readFileSync(path)]
      }),
    )
  }
  const expected = files('folder')
  const days = [...expected.keys()].filter((name) => /^\/days\/[\d-]+\/index\.html$/.test(name))
  expect([expected.has('/index.html'), days.length]).toEqual([true, 2])
  expect(files('bucket')).toEqual(expected)
  expect(aws.objects('ledger').has('eu/egress/published.json')).toBe(true)
})

test('a scrape whose checkpoint another one has just written says so and changes nothing', async () => {
  prometheus.now = ROUNDS[ROUNDS.length - 1] + 10 * MINUTE_MS
  let release = () => {}
  const until = new Promise<void>((resolve) => {
    release = resolve
  })
  aws.fault({ kind: 'wait', until }, { operation: 'PutObject', key: 'eu/egress/checkpoints/mesh' })
  const committing = aws.arrival({ operation: 'PutObject' })
  const slow = wharfage('bucket', 'scrape')
  await committing
  expect(await wharfage('bucket', 'scrape')).toMatchObject({ code: 0 })
  release()
  const { code, talk } = await slow
  expect([code, talk]).toEqual([
    1,
    expect.stringContaining('another scrape of this target wrote checkpoints/mesh first'),
  ])
  expect((await wharfage('bucket', 'verify')).code).toBe(0)
})

test('nothing was ever deleted', () => {
  expect(aws.requests.filter(({ operation }) => operation.startsWith('Delete'))).toEqual([])
  expect(new Set(aws.requests.map(({ operation }) => operation))).toEqual(
    new Set(['GetObject', 'ListObjectsV2', 'ListObjectVersions', 'PutObject']),
  )
})
