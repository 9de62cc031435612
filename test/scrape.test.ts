/** The exactly-once protocol: the real scrape stage over stores that fail and a Prometheus whose truth is known. */
import fc from 'fast-check'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '#core/checkpoint.ts'
import { sha256 } from '#core/hash.ts'
import { checkpointKey, rollupKey, rollupPrefix } from '#core/keys.ts'
import { decodeRollup, type Rollup } from '#core/rollup.ts'
import type { Target } from '#core/target.ts'
import { HOUR_MS, MINUTE_MS } from '#core/time.ts'
import { readLedger, readRecords } from '../functions/stage/ledger.ts'
import { Halt, type ScrapeOptions, type ScrapeSummary, Superseded, scrapeTarget } from '../functions/stage/scrape.ts'
import { verifyLedger } from '../functions/stage/verify.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { type Fault, faultyStore } from './faulty-store.ts'
import { httpSeries, type SimulatedPrometheus, simulatedPrometheus, upOf } from './simulated-prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

const TEN = Date.UTC(2026, 10, 20, 10)
const ALWAYS = { from: 0, to: Infinity }
const EVERY_MS = 10 * MINUTE_MS
const KEY = checkpointKey('mesh')

const mesh = simulatedTarget()

/** Ten bytes a second out, and a pod that dies at 11:25. */
function shop(): SimulatedPrometheus {
  const short = { from: TEN, to: TEN + 85 * MINUTE_MS }
  return simulatedPrometheus([
    upOf('checkout-1', 0, Infinity),
    httpSeries('istio_request_bytes_sum', 'checkout-1', ALWAYS, (time) => (time - TEN) / 100 + 5_000_000),
    httpSeries('istio_requests_total', 'checkout-1', ALWAYS, (time) => (time - TEN) / 15_000 + 1000),
    upOf('checkout-2', short.from, short.to),
    httpSeries('istio_request_bytes_sum', 'checkout-2', short, (time) => (time - TEN) / 1000),
  ])
}

const scrapeAt = (
  prometheus: SimulatedPrometheus,
  store: Store,
  now: number,
  { target = mesh, ...options }: ScrapeOptions & { target?: Target } = {},
): Promise<ScrapeSummary> => {
  prometheus.now = now
  return scrapeTarget(target, store, { prometheus, seed: () => ({ lo: 1, hi: 2 }), now: () => now, ...options })
}

const minute = (n: number) => TEN + n * MINUTE_MS
/** Fifteen scrapes, until the rollups of ten and eleven o'clock are written. */
const TIMES = Array.from({ length: 15 }, (_, i) => minute(10 * i))

/** Scrapes at each time; with `again`, once more after each crash, as a scheduler would. */
async function run(store: Store, times = TIMES, { prometheus = shop(), again = () => {}, target = mesh } = {}) {
  for (const time of times) {
    try {
      await scrapeAt(prometheus, store, time, { target })
    } catch {
      again()
      await scrapeAt(prometheus, store, time, { target })
    }
  }
}

async function contents(store: Store): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { key } of await store.list('')) found[key] = sha256((await store.get(key))!.bytes)
  return found
}

async function rollupsOf(store: Store): Promise<Rollup[]> {
  const listed = await store.list(rollupPrefix('mesh'))
  return Promise.all(listed.map(async ({ key }) => decodeRollup((await store.get(key))!.bytes, key)))
}

async function checkpointOf(store: Store): Promise<Checkpoint> {
  return decodeCheckpoint((await store.get(KEY))!.bytes, KEY)
}

/** Egress bytes of the whole ledger, open hours included. */
async function egress(store: Store): Promise<number> {
  const [ledger] = await readLedger(store)
  const records = await readRecords(store, ledger, { from: 0, to: Infinity })
  return records.flatMap(({ rows }) => rows).reduce((sum, { egressBytes }) => sum + egressBytes, 0)
}

async function straight(): Promise<Store> {
  const store = memoryStore()
  await run(store)
  return store
}

test('a run without faults books what the counters counted, hour by hour, in a whole chain', async () => {
  const store = await straight()
  const rollups = await rollupsOf(store)
  expect(rollups.map(({ number, hour }) => [number, hour])).toEqual([
    [1, TEN],
    [2, TEN + HOUR_MS],
  ])
  // 36,000 bytes an hour of the first pod; of the second 3,600 in its first hour and 1,485 until its last sample.
  expect(rollups.map(({ rows }) => rows.map(({ egressBytes, requests }) => [egressBytes, requests]))).toEqual([
    [[39_600, 240]],
    [[36_000 + 1485, 240]],
  ])
  expect(rollups.map(({ coverage }) => [coverage.observedMs, coverage.tails])).toEqual([
    [HOUR_MS, 'asked'],
    [HOUR_MS, 'asked'],
  ])
  expect((await verifyLedger(store))[0]).toMatchObject({ problems: [], rollups: 2, pendingRollups: 0 })
})

test('a crash before or after any call to the store, and then the same scrape again, leaves every byte the same', async () => {
  const expected = await contents(await straight())
  const counting = faultyStore(memoryStore(), () => 'none')
  await run(counting)
  expect(counting.calls.length).toBeGreaterThan(30)
  for (const fault of ['crash before', 'crash after'] as const) {
    for (const { index, method, key } of counting.calls) {
      const inner = memoryStore()
      const store = faultyStore(inner, (call) => (call.index === index ? fault : 'none'))
      await run(store, TIMES, { again: () => store.restart() })
      expect([`${fault} ${method} ${key}`, await contents(inner)]).toEqual([`${fault} ${method} ${key}`, expected])
    }
  }
})

test('a crash at any call, and on with the next body: the same flows; coverage differs in what tells of the lost scrape', async () => {
  const expected = await rollupsOf(await straight())
  const counting = faultyStore(memoryStore(), () => 'none')
  await run(counting)
  const afterBaseline = counting.calls.filter(({ index }) => index > 2 && index < counting.calls.length - 4)
  for (const { index } of afterBaseline) {
    const inner = memoryStore()
    const store = faultyStore(inner, (call) => (call.index === index ? 'crash before' : 'none'))
    const prometheus = shop()
    for (const time of TIMES) await scrapeAt(prometheus, store, time).catch(() => store.restart())
    // A rollup appears a scrape later when the scrape that would have written it was lost.
    await scrapeAt(prometheus, inner, minute(150))
    const actual = await rollupsOf(inner)
    expect(actual.map(({ rows }) => rows.map(({ egressBytes, requests }) => [egressBytes, requests]))).toEqual(
      expected.map(({ rows }) => rows.map(({ egressBytes, requests }) => [egressBytes, requests])),
    )
    // A scrape fewer, and longer deltas across the hour's edges; what was observed is the same.
    for (const [i, { coverage }] of actual.entries()) {
      const { scrapes, apportionedAtStart: _, apportionedAtEnd: __, unseen: ___, ...rest } = coverage
      expect(rest).toMatchObject({ observedMs: HOUR_MS, gaps: [], births: 0, resets: 0, tails: 'asked' })
      expect([expected[i].coverage.scrapes, expected[i].coverage.scrapes - 1]).toContain(scrapes)
    }
  }
})

test('however calls fail, get lost or crash, and whoever scrapes twice, nothing is lost and nothing is doubled', async () => {
  const fault = fc.constantFrom<Fault>('fails', 'answer lost', 'crash before', 'crash after')
  const truth = await egress(await straight())
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 5, arbitrary: fc.constant<Fault>('none') }, fault), { maxLength: 60 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: TIMES.length, maxLength: TIMES.length }),
      async (faults, repeats) => {
        const inner = memoryStore()
        // The first scrape is the baseline all figures count from.
        await run(inner, [TEN])
        const store = faultyStore(inner, ({ index }) => faults[index] ?? 'none')
        const prometheus = shop()
        for (const [i, time] of TIMES.entries()) {
          const together = Array.from({ length: repeats[i] }, () => scrapeAt(prometheus, store, time))
          await Promise.allSettled(together)
          store.restart()
        }
        await run(inner, TIMES.slice(-1), { prometheus })
        expect(await egress(inner)).toBe(truth)
        expect((await verifyLedger(inner))[0].problems).toEqual([])
      },
    ),
    { numRuns: 60 },
  )
})

test('a scrape of the same body adds nothing and writes nothing', async () => {
  const store = await straight()
  const before = await contents(store)
  const counted = faultyStore(store, () => 'none')
  const summary = await scrapeAt(shop(), counted, TIMES[TIMES.length - 1])
  expect(summary).toMatchObject({ unchanged: true, seq: TIMES.length })
  expect(counted.calls.map(({ method }) => method)).toEqual(['get'])
  expect(await contents(store)).toEqual(before)
})

test('of two scrapes at once one commits, the other says so, and the ledger is as if there had been one', async () => {
  const store = memoryStore()
  const prometheus = shop()
  await run(store, TIMES.slice(0, 5), { prometheus })
  const outcomes = await Promise.allSettled([1, 2].map(() => scrapeAt(prometheus, store, TIMES[5])))
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: {
      message: `scrape mesh: another scrape of this target wrote ${KEY} first; nothing is lost, it goes on from there`,
    },
  })
  const alone = memoryStore()
  await run(alone, TIMES.slice(0, 6))
  expect(await contents(store)).toEqual(await contents(alone))
})

test('a scrape that slept through ten others is refused when it wakes, and changes nothing', async () => {
  const inner = memoryStore()
  await run(inner, TIMES.slice(0, 4))
  let wake = () => {}
  const asleep = new Promise<void>((resolve) => {
    wake = resolve
  })
  const prometheus = shop()
  const slow = { ...prometheus, federate: () => asleep.then(() => prometheus.federate([])) }
  const sleeper = scrapeTarget(mesh, inner, { prometheus: slow, now: () => TIMES[4] })
  await run(inner, TIMES.slice(4))
  const before = await contents(inner)
  prometheus.now = TIMES[4]
  wake()
  await expect(sleeper).rejects.toThrow('another scrape of this target wrote')
  expect(await contents(inner)).toEqual(before)
})

test('a scrape that slept for hours is refused when it wakes, and does not take its old checkpoint for a restored one', async () => {
  const inner = memoryStore()
  await run(inner, TIMES.slice(0, 4))
  let wake = () => {}
  const asleep = new Promise<void>((resolve) => {
    wake = resolve
  })
  const prometheus = shop()
  const slow = { ...prometheus, federate: () => asleep.then(() => prometheus.federate([])) }
  const sleeper = scrapeTarget(mesh, inner, { prometheus: slow, now: () => minute(200) })
  await run(inner, TIMES.slice(4))
  const before = await contents(inner)
  prometheus.now = minute(200)
  wake()
  await expect(sleeper).rejects.toThrow('another scrape of this target wrote')
  expect(await contents(inner)).toEqual(before)
})

test('a first scrape that is overtaken by others, hours long, does not take their rollups for somebody’s lost history', async () => {
  const inner = memoryStore()
  let overtaken = false
  const late: Store = {
    ...inner,
    async list(prefix) {
      if (!overtaken) await run(inner)
      overtaken = true
      return inner.list(prefix)
    },
  }
  await expect(scrapeAt(shop(), late, minute(5))).rejects.toThrow('another scrape of this target wrote')
  expect(await contents(inner)).toEqual(await contents(await straight()))
})

// The commit.

test('a commit that fails twice is tried a third time, and not a fourth', async () => {
  for (const [failures, outcome] of [
    [2, 'fulfilled'],
    [3, 'rejected'],
  ] as const) {
    let left: number = failures
    const inner = memoryStore()
    const store = faultyStore(inner, ({ method }) => (method === 'put' && left-- > 0 ? 'fails' : 'none'))
    const [{ status }] = await Promise.allSettled([scrapeAt(shop(), store, TEN)])
    expect([failures, status]).toEqual([failures, outcome])
    expect((await inner.get(KEY)) !== null).toBe(outcome === 'fulfilled')
  }
})

test('a commit whose answer was lost is found to be there, and the scrape is done: nothing is booked twice', async () => {
  const inner = memoryStore()
  const store = faultyStore(inner, ({ method, index }) => (method === 'put' && index === 4 ? 'answer lost' : 'none'))
  await run(store, TIMES.slice(0, 1))
  expect(await scrapeAt(shop(), store, TIMES[1])).toMatchObject({ seq: 2 })
  expect((await checkpointOf(inner)).seq).toBe(2)
  await run(store, TIMES.slice(2))
  const expected = await contents(await straight())
  expect(await contents(inner)).toEqual(expected)
})

test('a commit whose answer was lost, and on which another scrape built, is superseded and nothing is booked twice', async () => {
  const inner = memoryStore()
  await run(inner, TIMES.slice(0, 1))
  let commits = 0
  const store: Store = {
    ...inner,
    async put(key, bytes, condition) {
      commits++
      if (commits > 1) return inner.put(key, bytes, condition)
      await inner.put(key, bytes, condition)
      await scrapeAt(shop(), inner, TIMES[2])
      throw new Error('the answer was lost')
    },
  }
  await expect(scrapeAt(shop(), store, TIMES[1])).rejects.toThrow(Superseded)
  expect(commits).toBe(2)
  await run(inner, TIMES.slice(3))
  expect(await contents(inner)).toEqual(await contents(await straight()))
})

// Rollups.

test('a rollup that cannot be written waits, does not stop the scrape, and is written when it can be', async () => {
  let broken = true
  const inner = memoryStore()
  const store = faultyStore(inner, ({ method, key }) =>
    broken && method === 'put' && key.startsWith('rollups/') ? 'fails' : 'none',
  )
  await run(store)
  const prometheus = shop()
  const waiting = await scrapeAt(prometheus, store, minute(150))
  expect(waiting).toMatchObject({
    writtenRollups: 0,
    pendingRollups: 2,
    warnings: [`rollup ${rollupKey('mesh', TEN)} waits: put ${rollupKey('mesh', TEN)} failed`],
  })
  expect(await inner.list(rollupPrefix('mesh'))).toEqual([])
  // Readers find them in the checkpoint meanwhile.
  expect((await verifyLedger(inner))[0]).toMatchObject({ problems: [], rollups: 2, pendingRollups: 2 })
  const total = await egress(inner)
  broken = false
  expect(await scrapeAt(prometheus, store, minute(160))).toMatchObject({ writtenRollups: 2, pendingRollups: 0 })
  expect((await egress(inner)) - total).toBe(10 * 60 * 10)
  const rollups = await rollupsOf(inner)
  expect(rollups).toEqual(await rollupsOf(await straight()))
})

test('at most 24 rollups are written in a run, oldest first', async () => {
  const store = memoryStore()
  const prometheus = shop()
  const target = { ...mesh, tails: false }
  await scrapeAt(prometheus, store, TEN, { target })
  const first = await scrapeAt(prometheus, store, TEN + 30.5 * HOUR_MS, { target })
  expect(first).toMatchObject({ closedHours: 30, writtenRollups: 0, pendingRollups: 30 })
  const second = await scrapeAt(prometheus, store, TEN + 30.6 * HOUR_MS, { target })
  expect(second).toMatchObject({ writtenRollups: 24, pendingRollups: 6 })
  expect((await rollupsOf(store)).map(({ number }) => number)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1))
  const third = await scrapeAt(prometheus, store, TEN + 30.7 * HOUR_MS, { target })
  expect(third).toMatchObject({ writtenRollups: 6, pendingRollups: 0 })
  expect((await verifyLedger(store))[0]).toMatchObject({ problems: [], rollups: 30, gapHours: 30 })
})

/** Throws nothing, writes nothing: what must be so of every halt. */
async function halts(
  store: Store,
  message: string,
  options: ScrapeOptions & { target?: Target } = {},
  now = minute(150),
) {
  const before = await contents(store)
  const scraped = scrapeAt(shop(), store, now, options)
  await expect(scraped).rejects.toThrow(Halt)
  await expect(scraped).rejects.toThrow(message)
  expect(await contents(store)).toEqual(before)
}

test('another rollup under a key this checkpoint closed is a history conflict: halt, and change nothing', async () => {
  const store = memoryStore()
  await run(store, TIMES.slice(0, 8))
  const [own] = (await checkpointOf(store)).finished
  const strange = new Uint8Array([1, 2, 3])
  await store.put(own.key, strange, 'absent')
  await halts(
    store,
    `scrape mesh: history conflict: ${own.key} holds ${sha256(strange)}, this checkpoint closed it as ${own.sha256}; ` +
      "restore the checkpoint's newest version",
    {},
    TIMES[8],
  )
})

test('what lies among the rollups and is none neither halts a new target nor hides the newest rollup', async () => {
  const store = memoryStore()
  await run(store)
  const readme = `${rollupPrefix('mesh')}readme`
  const begun = memoryStore()
  await begun.put(readme, Buffer.from('?'), 'absent')
  expect(await scrapeAt(shop(), begun, TIMES[0])).toMatchObject({ seq: 1 })
  const withoutCheckpoint = memoryStore()
  await withoutCheckpoint.put(readme, Buffer.from('?'), 'absent')
  for (const { key } of await store.list('rollups/')) {
    await withoutCheckpoint.put(key, (await store.get(key))!.bytes, 'absent')
  }
  const newest = rollupKey('mesh', TEN + HOUR_MS)
  await expect(scrapeAt(shop(), withoutCheckpoint, minute(170))).rejects.toThrow(`are 2 rollups, the newest ${newest}`)
  expect(await scrapeAt(shop(), withoutCheckpoint, minute(170), { newChain: true })).toMatchObject({ seq: 1 })
})

test('rollups without a checkpoint halt; --new-chain goes on from the newest, densely, and the gap says why', async () => {
  const complete = await straight()
  const store = memoryStore()
  for (const { key } of await complete.list('rollups/')) {
    await store.put(key, (await complete.get(key))!.bytes, 'absent')
  }
  await halts(
    store,
    'there are 2 rollups, the newest rollups/target=mesh/date=2026-11-20/hour=11/rollup.parquet, but no',
  )
  const prometheus = shop()
  const later = Array.from({ length: 10 }, (_, i) => TEN + 4.5 * HOUR_MS + i * EVERY_MS)
  await scrapeAt(prometheus, store, later[0], { newChain: true })
  for (const time of later.slice(1)) await scrapeAt(prometheus, store, time)
  const rollups = await rollupsOf(store)
  expect(rollups.map(({ number, hour }) => [number, (hour - TEN) / HOUR_MS])).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 4],
  ])
  const reason = 'before the first scrape of this chain'
  expect(rollups.slice(2).map(({ coverage, rows }) => [coverage.gaps, coverage.observedMs, rows.length])).toEqual([
    [[{ from: TEN + 2 * HOUR_MS, to: TEN + 3 * HOUR_MS, reason }], 0, 0],
    [[{ from: TEN + 3 * HOUR_MS, to: TEN + 4 * HOUR_MS, reason }], 0, 0],
    [[{ from: TEN + 4 * HOUR_MS, to: TEN + 4.5 * HOUR_MS, reason }], HOUR_MS / 2, 1],
  ])
  expect((await verifyLedger(store))[0]).toMatchObject({ problems: [], rollups: 5, gapHours: 2 })
})

test('a checkpoint of another url halts until the generation is raised', async () => {
  const store = await straight()
  const moved = { ...mesh, url: 'http://elsewhere.example/federate' }
  await halts(
    store,
    'scrape mesh: the checkpoint belongs to another url than http://elsewhere.example/federate; if the mesh moved there, ' +
      'set "generation: 2", otherwise give this target another name',
    { target: moved },
  )
  const total = await egress(store)
  await scrapeAt(shop(), store, minute(150), { target: { ...moved, generation: 2 } })
  expect((await egress(store)) - total).toBe(10 * 60 * 10)
  await halts(store, 'set "generation: 3"', {}, minute(160))
})

test('a checkpoint of another target halts, whatever the generation', async () => {
  const store = await straight()
  await store.put(checkpointKey('other'), (await store.get(KEY))!.bytes, 'absent')
  const other = { ...mesh, name: 'other', generation: 9 }
  await halts(store, 'scrape other: checkpoint checkpoints/other is of target "mesh"', { target: other })
})

test('a checkpoint of an unknown schema, cut off or altered changes nothing', async () => {
  const original = (await (await straight()).get(KEY))!.bytes
  const unknown = Buffer.from(original.slice())
  unknown[Buffer.from('wharfage checkpoint ').length] = '2'.charCodeAt(0)
  const altered = original.slice()
  altered[altered.length >> 1] ^= 1
  for (const [bytes, message] of [
    [unknown, 'has schema 2, this version knows 1; run the version that wrote it'],
    [original.slice(0, -1), 'is not whole'],
    [altered, 'is not whole'],
    [new Uint8Array(0), 'does not begin as one'],
  ] as const) {
    const store = memoryStore()
    await store.put(KEY, bytes, 'absent')
    const before = await contents(store)
    await expect(scrapeAt(shop(), store, minute(150))).rejects.toThrow(message)
    expect(await contents(store)).toEqual(before)
  }
})

test('a checkpoint older than the rollups beside it halts, and its newest version goes on', async () => {
  const store = memoryStore()
  await run(store, TIMES.slice(0, 4))
  const old = (await store.get(KEY))!.bytes
  await run(store, TIMES.slice(4))
  const newest = (await store.get(KEY))!
  await store.put(KEY, old, { ifMatch: newest.etag })
  await halts(store, `the checkpoint is older than rollup ${rollupKey('mesh', TEN)} beside it`)
  await store.put(KEY, newest.bytes, { ifMatch: (await store.get(KEY))!.etag })
  await scrapeAt(shop(), store, minute(150))
  expect((await verifyLedger(store))[0].problems).toEqual([])
})

test('a checkpoint restored within two intervals finds the rollup it holds already there, and goes on', async () => {
  const store = memoryStore()
  await run(store, TIMES.slice(0, 8))
  const old = (await store.get(KEY))!.bytes
  await run(store, TIMES.slice(8, 9))
  await store.put(KEY, old, { ifMatch: (await store.get(KEY))!.etag })
  await run(store, TIMES.slice(9))
  expect(await egress(store)).toBe(await egress(await straight()))
  expect((await verifyLedger(store))[0]).toMatchObject({ problems: [], rollups: 2 })
})

// Tails.

test('while the query API fails, tails wait and the hour stays open; after 20 minutes it closes and says so', async () => {
  const store = memoryStore()
  const prometheus = shop()
  await run(
    store,
    [TEN, minute(30), minute(60)].flatMap((from) => [from, from + EVERY_MS, from + 2 * EVERY_MS]),
    {
      prometheus,
    },
  )
  prometheus.failing = 'queries'
  // Hour eleven ends at 120 and is due at 125.
  for (const [at, closedHours] of [
    [90, 0],
    [100, 0],
    [110, 0],
    [120, 0],
    [130, 0],
    [140, 0],
    [144, 0],
    [145, 1],
  ]) {
    const summary = await scrapeAt(prometheus, store, minute(at))
    expect([at, summary.closedHours, summary.warnings]).toEqual([
      at,
      closedHours,
      ['tails not asked: query mesh: answered 503: too busy'],
    ])
  }
  prometheus.failing = 'nothing'
  const recovered = await scrapeAt(prometheus, store, minute(155))
  expect(recovered).toMatchObject({ tails: 1, writtenRollups: 1, warnings: [] })
  const rollups = await rollupsOf(store)
  expect(rollups.map(({ coverage }) => coverage.tails)).toEqual(['asked', 'failed'])
  // The dead pod's last five minutes belong to the closed hour: late, not lost.
  const [ledger] = await readLedger(store)
  expect(ledger.open[0].coverage).toMatchObject({ late: { egressBytes: 285 }, tail: { egressBytes: 285 } })
  expect(await egress(store)).toBe(10 * 60 * 155 + 5085)
})

test('a target without tails asks no query API and says that it is off', async () => {
  const store = memoryStore()
  const prometheus = shop()
  await run(store, TIMES, { prometheus, target: { ...mesh, tails: false } })
  expect(prometheus.asked).toEqual([])
  expect((await rollupsOf(store)).map(({ coverage }) => coverage.tails)).toEqual(['off', 'off'])
})

// Restarts.

/** Ten bytes a second before it restarts at 10:43:20, and three a second after. */
function restarting(): SimulatedPrometheus {
  const restart = minute(43) + 20_000
  const value = (time: number) => (time < restart ? (time - TEN) / 100 : (3 * (time - restart)) / 1000)
  return simulatedPrometheus([
    upOf('checkout-1', 0, Infinity),
    httpSeries('istio_request_bytes_sum', 'checkout-1', ALWAYS, value),
  ])
}
/** The question for what the series had reached: since the scrape of 10:40, as of that of 10:50. */
const REACHED = /^label_replace\(max_over_time\(istio_request_bytes_sum\{.*\}\[600000ms\]\) > istio_request_bytes_sum\{/
const isRestartQuestion = (expression: string) => expression.includes('max_over_time')

test('what a counter gained before its restart is asked for once, in the scrape that sees it, and no other asks', async () => {
  const store = memoryStore()
  const prometheus = restarting()
  await run(store, TIMES.slice(0, 5), { prometheus })
  expect(prometheus.asked.filter(isRestartQuestion)).toEqual([])
  await run(store, TIMES.slice(5), { prometheus })
  expect(prometheus.asked.filter(isRestartQuestion)).toEqual([expect.stringMatching(REACHED)])
  // Its last sample is of 10:43:15.
  expect(await egress(store)).toBe(10 * (43 * 60 + 15) + (3 * (TIMES.at(-1)! - minute(43) - 20_000)) / 1000)
})

test('when it cannot be asked for, the scrape goes on without it, and the next one does not ask again', async () => {
  const store = memoryStore()
  const prometheus = restarting()
  await run(store, TIMES.slice(0, 5), { prometheus })
  const { queryInstant } = prometheus
  prometheus.queryInstant = async (expression, timeMs) => {
    if (!isRestartQuestion(expression)) return queryInstant(expression, timeMs)
    prometheus.asked.push(expression)
    throw new Error('query mesh: answered 503: too busy')
  }
  const summary = await scrapeAt(prometheus, store, TIMES[5])
  expect(summary.warnings).toEqual(['restarts not asked: query mesh: answered 503: too busy'])
  await run(store, TIMES.slice(6), { prometheus })
  expect(prometheus.asked.filter(isRestartQuestion)).toHaveLength(1)
  expect(await egress(store)).toBe(10 * 40 * 60 + (3 * (TIMES.at(-1)! - minute(43) - 20_000)) / 1000)
})

test('a target without tails does not ask what its restarted counters had reached', async () => {
  const prometheus = restarting()
  await run(memoryStore(), TIMES, { prometheus, target: { ...mesh, tails: false } })
  expect(prometheus.asked).toEqual([])
})

test('nobody is asked when no "up" tells the external labels, since no answer could be matched', async () => {
  const store = memoryStore()
  const prometheus = restarting()
  await run(store, TIMES.slice(0, 5), { prometheus })
  const { queryInstant } = prometheus
  prometheus.queryInstant = async (expression, timeMs) => (expression === 'up' ? [] : queryInstant(expression, timeMs))
  const summary = await scrapeAt(prometheus, store, TIMES[5])
  expect(summary.warnings).toEqual([
    'restarts not asked: no "up" series of the body is one of the query API, so external labels are unknown',
  ])
})

// Gaps.

/** Nothing for 20 minutes, then 30,000 bytes in ten, with a restart from zero between. */
function bursty(): SimulatedPrometheus {
  const burst = (time: number) => {
    if (time < minute(30)) return 700
    return time < minute(40) ? 700 + (time - minute(30)) / 20 : (time - minute(40)) / 10
  }
  return simulatedPrometheus([
    upOf('checkout-1', 0, Infinity),
    httpSeries('istio_request_bytes_sum', 'checkout-1', ALWAYS, burst),
  ])
}
/** 30,000 bytes before the restart, 144,000 after it until 11:04. */
const BURSTY_TRUTH = 30_000 + 144_000
/** Counted between Prometheus's own last look and the restart: nobody saw it. */
const LAST_LOOK = 750

test('a gap is replayed from raw samples where Prometheus has them: the hours are right, nothing is spread, no reset is missed', async () => {
  const store = memoryStore()
  const prometheus = bursty()
  const target = { ...mesh, intervalSeconds: 60 }
  await scrapeAt(prometheus, store, TEN, { target })
  const summary = await scrapeAt(prometheus, store, minute(64), { target, lastFailure: 'connection refused' })
  expect(summary).toMatchObject({ replayed: 63, warnings: [] })
  const [ledger] = await readLedger(store)
  const [ten, eleven] = ledger.open
  expect(ten.coverage).toMatchObject({ observedMs: HOUR_MS, gaps: [], resets: 1, spread: { egressBytes: 0 } })
  expect(ten.rows[0].egressBytes + eleven.rows[0].egressBytes).toBe(BURSTY_TRUTH - LAST_LOOK)
  expect(eleven.rows[0].egressBytes).toBe(4 * 6000)
})

test('a gap without raw samples is spread and marked, with the reason of the last failure', async () => {
  for (const [name, changes] of [
    ['the samples are gone', { rawSince: Infinity }],
    ['the query API fails', { failing: 'queries' }],
  ] as const) {
    const store = memoryStore()
    const prometheus = shop()
    await scrapeAt(prometheus, store, TEN)
    Object.assign(prometheus, changes)
    await scrapeAt(prometheus, store, minute(64), { lastFailure: 'connection refused' })
    const [ledger] = await readLedger(store)
    expect([name, ledger.open.map(({ coverage }) => [coverage.observedMs, coverage.gaps])]).toEqual([
      name,
      [
        [0, [{ from: TEN, to: minute(60), reason: 'connection refused' }]],
        [0, [{ from: minute(60), to: minute(64), reason: 'connection refused' }]],
      ],
    ])
    expect(ledger.open.map(({ rows }) => [rows[0].egressBytes, rows[0].spreadBytes])).toEqual([
      [39_600, 39_600],
      [2640, 2640],
    ])
  }
})

test('a replay that fails half-way keeps what it had and leaves the rest a gap', async () => {
  const store = memoryStore()
  const prometheus = shop()
  await scrapeAt(prometheus, store, TEN)
  const { queryRange } = prometheus
  prometheus.queryRange = async (selector, time) => {
    if (time > minute(30)) throw new Error('query mesh: answered 503: too busy')
    return queryRange(selector, time)
  }
  const summary = await scrapeAt(prometheus, store, minute(60))
  expect(summary).toMatchObject({
    replayed: 3,
    warnings: ['gap not replayed past 2026-11-20T10:30:00Z: query mesh: answered 503: too busy'],
  })
  const [ledger] = await readLedger(store)
  expect(ledger.open[0].coverage).toMatchObject({
    observedMs: HOUR_MS / 2,
    gaps: [{ from: minute(30), to: minute(60), reason: '' }],
  })
  expect(ledger.open[0].rows[0]).toMatchObject({ egressBytes: 39_600, spreadBytes: 19_800 })
})

// The clock.

test('a body that ends over a day from now is refused', async () => {
  const store = memoryStore()
  const now = () => TEN - 24 * HOUR_MS - 1
  await expect(scrapeAt(shop(), store, TEN, { now })).rejects.toThrow(
    "scrape mesh: body ends at 2026-11-20T10:00:00Z, over a day from now; set that Prometheus' clock right",
  )
  expect(await contents(store)).toEqual({})
  await scrapeAt(shop(), store, TEN, { now: () => TEN - 24 * HOUR_MS })
})

test('the same bodies give the same rollups on any day and with any seed', async () => {
  const store = memoryStore()
  const prometheus = shop()
  for (const now of TIMES) {
    prometheus.now = now
    const aYearLater = () => now + 365 * 24 * HOUR_MS
    await scrapeTarget(mesh, store, { prometheus, now: aYearLater })
  }
  const rollups = async (from: Store) =>
    Object.entries(await contents(from)).filter(([key]) => key.startsWith('rollups/'))
  expect(await rollups(store)).toEqual(await rollups(await straight()))
})

test('a scrape that fails changes nothing, and the next good one covers the gap', async () => {
  const store = memoryStore()
  const prometheus = shop()
  await run(store, TIMES.slice(0, 3), { prometheus })
  const before = await contents(store)
  prometheus.failing = 'everything'
  await expect(scrapeAt(prometheus, store, TIMES[3])).rejects.toThrow('scrape mesh: answered 503: starting')
  expect(await contents(store)).toEqual(before)
  prometheus.failing = 'nothing'
  await scrapeAt(prometheus, store, TIMES[4])
  expect(await egress(store)).toBe(44 * 600)
})

test('encoding a checkpoint that was read gives the same bytes, so nothing of it is lost on the way', async () => {
  const { bytes } = (await (await straight()).get(KEY))!
  expect(Buffer.from(encodeCheckpoint(decodeCheckpoint(bytes, KEY))).equals(Buffer.from(bytes))).toBe(true)
})
