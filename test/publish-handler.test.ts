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
  return new Response(JSON.stringify({ url, report }), { status: report.title === 'Broken' && url.includes('2026-11-01') ? 500 : 200 })
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
  const headers = [...aws.objects('site')].map(([key, { headers: of }]) => [
    key,
    of['content-type'],
    of['cache-control'],
  ])
  const html = 'text/html; charset=utf-8'
  const csv = 'text/csv; charset=utf-8'
  expect(headers.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))).toEqual([
    ['404.html', html, 'no-cache'],
    ['_assets/page.0a1b.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['days.csv', csv, 'no-cache'],
    ...['2026-11-01', '2026-11-02'].flatMap((date) => [
      [`days/${date}/flows.csv`, csv, 'no-cache'],
      [`days/${date}/hours.csv`, csv, 'no-cache'],
      [`days/${date}/index.html`, html, 'no-cache'],
      [`days/${date}/report.json`, 'application/json; charset=utf-8', 'no-cache'],
    ]),
    ['index.html', html, 'no-cache'],
  ])
  expect(around.lines).toHaveLength(1)
  expect(around.lines[0]).toMatchObject({
    level: 'info',
    message: 'published',
    function: 'publish',
    days: 2,
    renderedDays: 2,
    newestRendered: '2026-11-02',
    remainingDays: 0,
    indexRendered: true,
    files: 14, // 12, and the newer day's page with its data once more, when it had the older one to link to
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
  expect(asked()).toEqual({ 'ListObjectsV2 ledger': 2, 'GetObject ledger': 1, 'ListObjectsV2 site': 1 })
  await grow(29)
  asked()
  await publish()
  expect(asked()).toEqual({
    'ListObjectsV2 ledger': 2,
    'ListObjectsV2 site': 1,
    'GetObject ledger': 1 + 5, // the record, and the hours of the second day
    'PutObject site': 4 + 2,
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
    remainingDays: 2,
    indexRendered: false,
    PublishFailures: 0,
  })
  expect(aws.objects('site').has('index.html')).toBe(false)
  await publish()
  expect(around.lines[1]).toMatchObject({ message: 'published', remainingDays: 0, indexRendered: true })
})

test('a failure is told with its metric and thrown on', async () => {
  await grow(3)
  rmSync(root, { recursive: true })
  root = packaged('Broken')
  const { around, publish } = publishing()
  const sentence =
    'publish: a day cannot be rendered, 2026-11-01: pages: /days/2026-11-01/ rendered with status 500, not 200; ' +
    'see the error logged before'
  await expect(publish()).rejects.toThrow(sentence)
  expect(around.lines).toMatchObject([
    { level: 'error', message: 'publish failed', error: sentence, PublishFailures: 1, Stack: 'wharfage-test' },
  ])
  expect(around.lines[0]).not.toHaveProperty('remainingDays')
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
