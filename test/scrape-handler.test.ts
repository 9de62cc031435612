/** Scrape, as the queue calls it: what is scraped, what goes back to the queue, and what is told of it. */
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatDueScrape } from '#core/due-scrape.ts'
import { checkpointKey } from '#core/keys.ts'
import type { Target } from '#core/target.ts'
import { HOUR_MS, MINUTE_MS } from '#core/time.ts'
import { prometheusWithin, within } from '../functions/deadline.ts'
import type { Prometheus } from '../functions/prometheus.ts'
import { makeHandler } from '../functions/scrape.ts'
import { readLedger, readRecords } from '../functions/stage/ledger.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { startAws } from './aws.ts'
import { invocationContext, observedSurroundings, queueEvent, taskRoot } from './invocation.ts'
import { httpSeries, type SimulatedPrometheus, simulatedPrometheus, upOf } from './simulated-prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

const FIRST = Date.UTC(2026, 10, 21, 14)

function pods(): SimulatedPrometheus {
  return simulatedPrometheus([
    upOf('checkout-1', 0, Infinity),
    httpSeries(
      'istio_request_bytes_sum',
      'checkout-1',
      { from: 0, to: Infinity },
      (time) => (time - FIRST) / 100 + 1e6,
    ),
  ])
}

/** Meshes that are scraped every minute into one store, and the function that does it. */
function scraping(names: string[], changes: Partial<Target> = {}, store: Store = memoryStore()) {
  const around = observedSurroundings(FIRST)
  const targets = names.map((name) => simulatedTarget({ name, intervalSeconds: 60, tails: false, ...changes }))
  const meshes = new Map<string, Prometheus & { now?: number }>(names.map((name) => [name, pods()]))
  const handler = makeHandler({
    ...around,
    open: () => ({ stack: 'wharfage-test', targets, store }),
    prometheusOf: ({ name }) => meshes.get(name) as Prometheus,
  })
  const at = (minute: number) => {
    around.time = FIRST + minute * MINUTE_MS
    for (const mesh of meshes.values()) mesh.now = around.time - 5_000
  }
  const send = (bodies: string[], remainingMs?: () => number) =>
    handler(queueEvent(bodies), invocationContext(remainingMs))
  const scrape = async (minute: number, ...asked: string[]) => {
    at(minute)
    around.lines.length = 0
    return (await send(asked.map((target) => formatDueScrape({ target, time: around.time })))).batchItemFailures
  }
  return { around, store, targets, meshes, at, send, scrape }
}

const itemsOf = (...ids: string[]) => ids.map((itemIdentifier) => ({ itemIdentifier }))

test('a scrape that succeeds takes its message and tells what it did and how old the head is, in one line', async () => {
  const { around, scrape, store } = scraping(['mesh'])
  expect(await scrape(0, 'mesh')).toEqual([])
  expect(await scrape(1, 'mesh')).toEqual([])
  expect(around.lines).toHaveLength(1)
  const { _aws, ...line } = around.lines[0]
  expect(line).toMatchObject({
    level: 'info',
    message: 'scraped',
    function: 'scrape',
    requestId: '00000000-0000-4000-8000-000000000001',
    target: 'mesh',
    seq: 2,
    unchanged: false,
    warnings: [],
    Stack: 'wharfage-test',
    Target: 'mesh',
    pendingRollups: 0,
    samples: 2,
    durationMs: 0,
    HeadAgeSeconds: 15, // answered 5 s ago, from a sample of 10 s before
  })
  const Metrics = [{ Name: 'HeadAgeSeconds', Unit: 'Seconds' }]
  expect(_aws).toMatchObject({
    CloudWatchMetrics: [{ Namespace: 'Wharfage', Dimensions: [['Stack', 'Target']], Metrics }],
  })
  expect(await store.get(checkpointKey('mesh'))).not.toBeNull()
})

test('a body that is the last one over again is no failure, and the age of the head is told all the same', async () => {
  const { around, scrape, meshes } = scraping(['mesh'])
  await scrape(0, 'mesh')
  const frozen = pods()
  frozen.now = FIRST - 5_000
  meshes.set('mesh', { ...frozen, federate: (selectors) => frozen.federate(selectors) })
  expect(await scrape(3, 'mesh')).toEqual([])
  expect(around.lines).toMatchObject([{ message: 'scraped', unchanged: true, HeadAgeSeconds: 195 }])
})

test('messages for one target are one scrape, and targets are scraped side by side', async () => {
  const { around, scrape, meshes } = scraping(['one', 'two'])
  let inside = 0
  let most = 0
  for (const [name, mesh] of [...meshes]) {
    const federate = async (selectors: string[]) => {
      inside++
      most = Math.max(most, inside)
      await new Promise(setImmediate)
      inside--
      return mesh.federate(selectors)
    }
    meshes.set(name, { ...mesh, federate })
  }
  for (const mesh of meshes.values()) mesh.now = FIRST
  expect(await scrape(0, 'one', 'two', 'one', 'one')).toEqual([])
  expect(around.lines.map(({ target }) => target).sort()).toEqual(['one', 'two'])
  expect(most).toBe(2)
})

test('a target that fails gives back its own messages and no other', async () => {
  const { around, scrape, meshes } = scraping(['one', 'two'])
  const two = meshes.get('two') as SimulatedPrometheus
  two.failing = 'everything'
  expect(await scrape(0, 'two', 'one', 'two')).toEqual(itemsOf('0', '2'))
  const failed = around.lines.find(({ target }) => target === 'two')
  expect(failed).toMatchObject({
    level: 'error',
    message: 'scrape failed',
    error: 'scrape mesh: answered 503: starting',
    Failures: 1,
  })
  expect(failed).not.toHaveProperty('Halted')
  // No data is what the alarm waits for.
  expect(failed).not.toHaveProperty('HeadAgeSeconds')
  expect(failed).not.toHaveProperty('stack')
  expect(around.lines.find(({ target }) => target === 'one')).toMatchObject({ message: 'scraped' })
})

test('a halt is a failure that is counted apart', async () => {
  const { around, scrape, targets } = scraping(['mesh'])
  await scrape(0, 'mesh')
  targets[0].url = 'http://another.example/federate'
  expect(await scrape(1, 'mesh')).toEqual(itemsOf('0'))
  expect(around.lines).toMatchObject([{ level: 'error', message: 'halted', Failures: 1, Halted: 1 }])
  expect(around.lines[0].error).toMatch(/belongs to another url/)
})

test('a scrape that another one overtook takes its message, and is counted as no failure', async () => {
  const shared = memoryStore()
  const other = scraping(['mesh'], {}, shared)
  let overtake = async () => {}
  const { around, scrape, meshes } = scraping(['mesh'], {}, shared)
  const mesh = meshes.get('mesh') as SimulatedPrometheus
  const federate = async (selectors: string[]) => {
    await overtake()
    return mesh.federate(selectors)
  }
  meshes.set('mesh', { ...mesh, federate })
  for (const each of meshes.values()) each.now = FIRST
  mesh.now = FIRST
  await scrape(0, 'mesh')
  mesh.now = FIRST + MINUTE_MS
  overtake = async () => void (await other.scrape(2, 'mesh'))
  expect(await scrape(1, 'mesh')).toEqual([])
  expect(around.lines).toMatchObject([{ level: 'info', message: 'superseded' }])
  expect(around.lines[0]).not.toHaveProperty('_aws')
  expect(around.lines[0].reason).toMatch(/another scrape of this target wrote checkpoints\/mesh first/)
})

test('hostile messages go back to the queue with a sentence each, make no metric, and keep nobody', async () => {
  const { around, at, send } = scraping(['mesh'])
  at(0)
  const time = '"time":"2026-11-21T14:00:00Z"'
  const bodies = [
    'not JSON',
    `{"target":"elsewhere",${time}}`,
    `{"target":{"name":"mesh"},${time}}`,
    `{"target":"mesh",${time}}`,
    'x'.repeat(262_144),
    `{"target":"__proto__",${time}}`,
  ]
  expect((await send(bodies)).batchItemFailures).toEqual(itemsOf('0', '1', '2', '4', '5'))
  const refused = around.lines.filter(({ message }) => message === 'message refused')
  expect(refused.map(({ messageId, level }) => [messageId, level])).toEqual(
    ['0', '1', '2', '4', '5'].map((id) => [id, 'error']),
  )
  for (const line of refused) expect(line).not.toHaveProperty('_aws')
  expect(refused[1].error).toBe(
    'message asks for target elsewhere, which is not in this deployment; it was taken out perhaps',
  )
  for (const line of around.raw) expect(line.length).toBeLessThan(2000)
  expect(around.lines.at(-1)).toMatchObject({ message: 'scraped', target: 'mesh' })
})

test('the last failure’s sentence is the reason of the gap that follows, while it is fresh', async () => {
  const reasons = async (failedAt: number, ...scrapedAt: number[]) => {
    const { scrape, meshes, store } = scraping(['mesh'])
    const mesh = meshes.get('mesh') as SimulatedPrometheus
    await scrape(0, 'mesh')
    await scrape(1, 'mesh')
    mesh.failing = 'everything'
    await scrape(failedAt, 'mesh')
    mesh.failing = 'nothing'
    for (const minute of scrapedAt) await scrape(minute, 'mesh')
    const [ledger] = await readLedger(store)
    const records = await readRecords(store, ledger, { from: FIRST, to: FIRST + HOUR_MS })
    return records.flatMap(({ coverage }) => coverage.gaps.map(({ reason }) => reason))
  }
  expect(await reasons(10, 12)).toEqual(['scrape mesh: answered 503: starting'])
  // Ten minutes on, other processes have scraped or failed: that one's sentence explains nothing any more.
  expect(await reasons(2, 12)).toEqual([''])
  // Nor does it after a scrape that succeeded.
  expect(await reasons(2, 3, 7)).toEqual([''])
})

test('a store that never answers is given up while there is time to tell, and the others’ messages are taken', async () => {
  const stuck = memoryStore()
  const get = (key: string) => (key === checkpointKey('two') ? new Promise<never>(() => {}) : stuck.get(key))
  const { around, at, send } = scraping(['one', 'two'], {}, { ...stuck, get })
  at(0)
  const bodies = ['one', 'two'].map((target) => formatDueScrape({ target, time: FIRST }))
  expect((await send(bodies, () => 6_000)).batchItemFailures).toEqual(itemsOf('1'))
  expect(around.lines.find(({ target }) => target === 'two')).toMatchObject({
    error: "scrape two: not done within 4 s; see how long the store's answers take",
    Failures: 1,
  })
})

test('a scrape that was given up and ends much later, in a process that thawed, books nothing twice', async () => {
  const inner = memoryStore()
  const stuck = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  let sticks = false
  const put: Store['put'] = async (...given) => {
    if (sticks) {
      sticks = false
      asked.resolve()
      await stuck.promise
    }
    return inner.put(...given)
  }
  const { around, at, send, scrape } = scraping(['mesh'], {}, { ...inner, put })
  await scrape(0, 'mesh')
  await scrape(1, 'mesh')
  sticks = true
  at(2)
  const given = send([formatDueScrape({ target: 'mesh', time: around.time })], () => 3_000)
  await asked.promise
  expect((await given).batchItemFailures).toEqual(itemsOf('0'))
  for (const minute of [3, 4]) expect(await scrape(minute, 'mesh')).toEqual([])
  stuck.resolve()
  await new Promise(setImmediate)
  expect(await scrape(5, 'mesh')).toEqual([])
  expect(around.lines).toMatchObject([{ message: 'scraped', seq: 5 }])
  const [ledger] = await readLedger(inner)
  const [{ rows }] = await readRecords(inner, ledger, { from: FIRST, to: FIRST + HOUR_MS })
  // From the hour's start to the last sample, of 15 s before the fifth minute.
  expect(rows.map(({ egressBytes }) => egressBytes)).toEqual([(5 * MINUTE_MS - 15_000) / 100])
})

test('a secret that Prometheus sends back reaches no line', async () => {
  const secret = 'token-of-nobody-else'
  const server = createServer((request, response) => {
    response.writeHead(403, { 'content-type': 'text/plain' }).end(`no entry with ${request.headers.authorization}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    process.env.TEST_SCRAPE_TOKEN = secret
    const target = simulatedTarget({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/federate`,
      auth: { bearer: 'env:TEST_SCRAPE_TOKEN' },
    })
    const around = observedSurroundings(FIRST)
    const handler = makeHandler({
      ...around,
      open: () => ({ stack: 'wharfage-test', targets: [target], store: memoryStore() }),
      prometheusOf: prometheusWithin,
    })
    const event = queueEvent([formatDueScrape({ target: 'mesh', time: FIRST })])
    expect((await handler(event, invocationContext())).batchItemFailures).toEqual(itemsOf('0'))
    expect(around.lines[0].error).toMatch(/answered 403.*\[redacted\]/)
    expect(around.raw.join()).not.toContain(secret)
  } finally {
    delete process.env.TEST_SCRAPE_TOKEN
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

test('a question is asked for no longer than there is time, and not at all when there is none', async () => {
  const asked: string[] = []
  const server = createServer(({ url = '' }) => asked.push(url.split('?')[0])) // and never an answer
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/federate`
    let left = 600
    const prometheus = prometheusWithin(simulatedTarget({ url }), () => left)
    await expect(prometheus.federate(['up'])).rejects.toThrow('within 0.6 s')
    await expect(prometheus.queryInstant('up', FIRST)).rejects.toThrow('within 0.6 s')
    expect(asked).toEqual(['/federate', '/api/v1/query'])
    left = 499
    const questions = [
      () => prometheus.federate(['up']),
      () => prometheus.queryInstant('up', FIRST),
      () => prometheus.queryRange('up[5m]', FIRST),
    ]
    for (const ask of questions) await expect(ask()).rejects.toThrow('scrape mesh: no time is left to ask Prometheus')
    expect(asked).toHaveLength(2)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

test('a gap that there is no time to fill is spread, and the scrape is committed', async () => {
  const { around, scrape, meshes } = scraping(['mesh'], { tails: true })
  const mesh = meshes.get('mesh') as SimulatedPrometheus
  await scrape(0, 'mesh')
  await scrape(1, 'mesh')
  let questions = 0
  const queryRange: Prometheus['queryRange'] = async (selector, time) => {
    if (++questions > 10) throw new Error('scrape mesh: no time is left to ask Prometheus')
    return mesh.queryRange(selector, time)
  }
  meshes.set('mesh', { ...mesh, queryRange, federate: (selectors) => mesh.federate(selectors) })
  mesh.now = FIRST + 6 * HOUR_MS
  expect(await scrape(360, 'mesh')).toEqual([])
  expect(around.lines).toMatchObject([{ level: 'warn', message: 'scraped', seq: 3 }])
  expect(around.lines[0].replayed).toBeGreaterThan(0)
  expect(around.lines[0].warnings).toEqual([
    expect.stringMatching(/^gap not replayed past 2026-11-21T14:.*no time is left to ask Prometheus$/),
  ])
})

test('work in time is its own result, work out of time a sentence', async () => {
  expect(await within(60_000, Promise.resolve(7), 'late')).toBe(7)
  await expect(within(60_000, Promise.reject(new Error('failed')), 'late')).rejects.toThrow('failed')
  await expect(within(1, new Promise(() => {}), 'late')).rejects.toThrow('late')
})

test('the deployment is read at the first call, from the package, and the ledger lies in its bucket', async () => {
  const aws = await startAws()
  const root = taskRoot([simulatedTarget({ url: `${aws.url}/federate` })])
  try {
    Object.assign(process.env, aws.env)
    aws.createBucket('ledger')
    const around = observedSurroundings(FIRST, { LAMBDA_TASK_ROOT: root })
    const handler = makeHandler({ env: around.env, write: around.write })
    const event = queueEvent([formatDueScrape({ target: 'mesh', time: FIRST })])
    expect((await handler(event, invocationContext())).batchItemFailures).toEqual(itemsOf('0'))
    expect(aws.requests.map(({ action, resource }) => `${action} ${resource}`).slice(0, 2)).toEqual([
      's3:GetObject arn:aws:s3:::ledger/mesh-egress/checkpoints/mesh',
      's3:ListBucket arn:aws:s3:::ledger',
    ])
  } finally {
    rmSync(root, { recursive: true })
    await aws.close()
  }
})

test('a deployment that cannot be read fails the whole batch, in the log and to the platform', async () => {
  const around = observedSurroundings(FIRST)
  const open = () => {
    throw new Error('deployment /var/task/deployment.json cannot be read; package the function again')
  }
  const handler = makeHandler({ ...around, open, prometheusOf: prometheusWithin })
  await expect(handler(queueEvent(['{}']), invocationContext())).rejects.toThrow('package the function again')
  expect(around.lines).toMatchObject([{ level: 'error', message: 'scrape failed' }])
})
