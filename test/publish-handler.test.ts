/** Publish, as the schedule calls it, over the real client: what lies in the site's bucket, under which headers. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedKey } from '#core/keys.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { makeHandler } from '../functions/publish.ts'
import { s3Client, s3Store } from '../functions/store/s3.ts'
import type { Store } from '../functions/store/store.ts'
import { type Aws, startAws } from './aws.ts'
import { encodeChain, flowRow, hourRecord, writeChain } from './flow-rows.ts'
import { invocationContext, observedSurroundings, scheduledAt, taskRoot } from './invocation.ts'
import { simulatedTarget } from './simulated-target.ts'

const FIRST = Date.UTC(2026, 10, 1)
const EVENT = scheduledAt('2026-11-21T15:10:00Z')

/** A built site that renders a report as it is. */
const ENTRY = `export async function render(url, report) {
  return new Response(JSON.stringify({ url, report }), { status: report.title === 'Broken' && url.endsWith('/2026-11-01/') ? 500 : 200 })
}
`

let aws: Aws
let root: string
let store: Store
beforeEach(async () => {
  aws = await startAws()
  Object.assign(process.env, aws.env)
  aws.createBucket('ledger', { objectLock: true })
  aws.createBucket('site')
  store = s3Store({ client: s3Client(), bucket: 'ledger', prefix: 'mesh-egress' })
  root = packaged('Egress')
})
afterEach(async () => {
  await aws.close()
  rmSync(root, { recursive: true })
})

/** Publish's package as it is unpacked; its folder. */
function packaged(title: string): string {
  const folder = taskRoot([simulatedTarget()], { title })
  for (const part of ['server', 'client/_assets']) mkdirSync(join(folder, 'site', part), { recursive: true })
  writeFileSync(join(folder, 'site/server/entry.mjs'), ENTRY)
  writeFileSync(join(folder, 'site/client/_assets/page.0a1b.js'), 'export {}\n')
  writeFileSync(join(folder, 'site/client/404.html'), '<!doctype html>\n')
  return folder
}

async function grow(hours: number): Promise<void> {
  const records = Array.from({ length: hours }, (_, n) =>
    hourRecord('mesh', FIRST + n * HOUR_MS, [flowRow({ requests: n, egressBytes: 100 * n })]),
  )
  await writeChain(store, encodeChain(records))
}

function publishing(env: NodeJS.ProcessEnv = {}) {
  const around = observedSurroundings(FIRST + 20 * DAY_MS, { LAMBDA_TASK_ROOT: root, SITE_BUCKET: 'site', ...env })
  const handler = makeHandler({ env: around.env, write: around.write, now: around.now })
  return { around, publish: (remainingMs?: () => number) => handler(EVENT, invocationContext(remainingMs)) }
}

/** What was asked since the last time, counted. */
function asked(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { operation, resource } of aws.requests.splice(0)) {
    const name = `${operation} ${/:::(ledger|site)/.exec(resource)?.[1]}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

test('pages, downloads and assets lie in the site’s bucket with their media types and caching', async () => {
  await grow(30)
  const { around, publish } = publishing()
  await publish()
  const headers = new Map([...aws.objects('site')].map(([key, { headers: of }]) => [key, of]))
  const types = {
    ...{ html: 'text/html', csv: 'text/csv', json: 'application/json', js: 'text/javascript' },
    ...{ yaml: 'application/yaml', atom: 'application/atom+xml' },
  }
  for (const [key, of] of headers) {
    const caching = key.startsWith('_assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    const type = types[key.split('.').at(-1) as keyof typeof types]
    expect([key, of['content-type'], of['cache-control']]).toEqual([key, `${type}; charset=utf-8`, caching])
  }
  const dayFiles = ['flows.csv', 'hours.csv', 'index.html', 'report.json', 'graph/index.html', 'changes/index.html']
  expect([...headers.keys()]).toEqual(
    expect.arrayContaining([
      '404.html',
      '_assets/page.0a1b.js',
      ...['2026-11-01', '2026-11-02'].flatMap((date) => dayFiles.map((file) => `days/${date}/${file}`)),
      'index.html',
      'search.json',
    ]),
  )
  expect(around.lines).toHaveLength(1)
  expect(around.lines[0]).toMatchObject({
    level: 'info',
    message: 'published',
    function: 'publish',
    days: 2,
    rendered: 23, // of two days three each, two of a month, a destination, a workload, and twelve that look at all of them
    remaining: 0,
    Stack: 'wharfage-test',
    PublishFailures: 0,
  })
  // Assets first, then pages, then the record of them.
  const puts = aws.requests.filter(({ operation }) => operation === 'PutObject').map(({ key }) => key)
  expect(puts.filter((key) => !key.startsWith('mesh-egress/rollups')).at(-1)).toBe(`mesh-egress/${publishedKey}`)
  expect(
    puts
      .filter((key) => !key.startsWith('mesh-egress'))
      .slice(0, 2)
      .sort(),
  ).toEqual(['404.html', '_assets/page.0a1b.js'])
  expect(aws.requests.some(({ operation }) => /Delete/.test(operation))).toBe(false)
})

test('a publish that changes nothing writes nothing and reads no rollup; one more hour is one day', async () => {
  await grow(28)
  const { publish } = publishing()
  await publish()
  asked()
  await publish()
  // Of the site what comes after the first open day, that day's month, and what comes before all days.
  expect(asked()).toEqual({ 'ListObjectsV2 ledger': 5, 'GetObject ledger': 1, 'ListObjectsV2 site': 8 })
  await grow(29)
  asked()
  await publish()
  expect(asked()).toEqual({
    'ListObjectsV2 ledger': 5 + 1, // the seals again, to copy what is new of them
    'ListObjectsV2 site': 8,
    'GetObject ledger': 4 + 5, // the record, both histories, the first day's digest, and the hours of the second day
    'PutObject site': 6 + 3 + 5 + 3 + 3 + 3 + 4, // the day, its graph, its month, files twice, coverage and the home page
    'PutObject ledger': 1,
  })
})

test('a publish that runs out of time ends well and says that there is more to do; the next one does it', async () => {
  await grow(24 * 2 + 1)
  const { around, publish } = publishing()
  let left = 900_000
  await publish(() => {
    left -= 300_000
    return left
  })
  expect(around.lines[0]).toMatchObject({
    level: 'info',
    message: 'published in part; the next publish goes on',
    remaining: expect.any(Number),
    rendered: 0,
    PublishFailures: 0,
  })
  expect(aws.objects('site').has('index.html')).toBe(false)
  await publish()
  expect(around.lines[1]).toMatchObject({ message: 'published', remaining: 0 })
})

test('a failure is told with its metric and thrown on', async () => {
  await grow(3)
  rmSync(root, { recursive: true })
  root = packaged('Broken')
  const { around, publish } = publishing()
  const sentence =
    'publish: days/2026-11-01/ cannot be made: pages: /days/2026-11-01/ rendered with status 500, not 200; ' +
    'see the error logged before'
  await expect(publish()).rejects.toThrow(sentence)
  expect(around.lines).toMatchObject([
    { level: 'error', message: 'publish failed', error: sentence, PublishFailures: 1, Stack: 'wharfage-test' },
  ])
  expect(around.lines[0]).not.toHaveProperty('remaining')
})

test('two publishes at once: the one whose record is refused fails, and the next repairs what it wrote', async () => {
  await grow(24)
  const stuck = Promise.withResolvers<void>()
  aws.fault({ kind: 'wait', until: stuck.promise }, { operation: 'PutObject', key: '404.html' })
  const [older, newer] = [publishing(), publishing()]
  const olderRun = older.publish()
  while (!aws.requests.some(({ key }) => key === '404.html')) await new Promise(setImmediate)
  await grow(48)
  await newer.publish()
  const right = bytesOf('site')
  stuck.resolve()
  await expect(olderRun).rejects.toThrow('publish: another publish ran at the same time; run it once more')
  expect(older.around.lines).toMatchObject([{ level: 'error', PublishFailures: 1 }])
  expect(bytesOf('site')).not.toEqual(right)
  await newer.publish()
  expect(bytesOf('site')).toEqual(right)
})

test('what the stack did not set, or a package without its site, is told in a sentence, and tried again next time', async () => {
  await grow(24)
  const nameless = publishing({ SITE_BUCKET: undefined })
  await expect(nameless.publish()).rejects.toThrow('environment variable SITE_BUCKET is not set')
  expect(nameless.around.lines).toMatchObject([{ level: 'error', PublishFailures: 1 }])
  const { publish } = publishing()
  rmSync(join(root, 'site/server/entry.mjs'))
  await expect(publish()).rejects.toThrow(`pages: no built site in ${join(root, 'site')}`)
  writeFileSync(join(root, 'site/server/entry.mjs'), ENTRY)
  await publish()
  expect(aws.objects('site').has('index.html')).toBe(true)
})

function bytesOf(bucket: string): Record<string, string> {
  return Object.fromEntries(
    [...aws.objects(bucket)].map(([key, { bytes }]) => [key, Buffer.from(bytes).toString()] as const).sort(),
  )
}
