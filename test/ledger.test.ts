/** Reading the ledger: closed hours from rollups, finished and open ones from checkpoints, also while it is written. */
import { dayReport } from '#core/day.ts'
import { zeroMeasures } from '#core/flow.ts'
import { checkpointKey, parseRollupKey, rollupKey } from '#core/keys.ts'
import { HOUR_MS, MINUTE_MS } from '#core/time.ts'
import { readKnownLedger, readLedger, readRecords } from '../functions/stage/ledger.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { verifyLedger } from '../functions/stage/verify.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { encodeChain, flowRow, hourRecord, writeChain } from './flow-rows.ts'
import { httpSeries, simulatedPrometheus, upOf } from './simulated-prometheus.ts'
import { simulatedTarget } from './simulated-target.ts'

const TEN = Date.UTC(2026, 10, 20, 10)
const ALL = { from: 0, to: Infinity }
const prometheus = simulatedPrometheus([
  upOf('checkout-1', 0, Infinity),
  httpSeries('istio_request_bytes_sum', 'checkout-1', { from: 0, to: Infinity }, (time) => (time - TEN) / 100),
])

/** Scrapes every ten minutes; the rollup of ten o'clock is closed at 70 and written at 80. */
async function scrapeThrough(store: Store, fromMinute: number, toMinute: number): Promise<void> {
  for (let minute = fromMinute; minute <= toMinute; minute += 10) {
    prometheus.now = TEN + minute * MINUTE_MS
    await scrapeTarget(simulatedTarget(), store, { prometheus, now: () => prometheus.now })
  }
}

test('an hour is in the ledger open, then closed in the checkpoint, then as a rollup, each time once', async () => {
  const store = memoryStore()
  await scrapeThrough(store, 0, 60)
  const stages = []
  for (const minute of [65, 75, 85]) {
    const [ledger] = await readLedger(store)
    const records = await readRecords(store, ledger, ALL)
    stages.push({
      stored: ledger.rollups.size,
      finished: ledger.finished.size,
      hours: records.map(({ hour, provisional, rows }) => [(hour - TEN) / HOUR_MS, provisional, rows[0]?.egressBytes]),
    })
    await scrapeThrough(store, minute + 5, minute + 5)
  }
  expect(stages).toEqual([
    // At 60 eleven o'clock has begun, and nothing of it has been seen.
    {
      stored: 0,
      finished: 0,
      hours: [
        [0, true, 36_000],
        [1, true, undefined],
      ],
    },
    {
      stored: 0,
      finished: 1,
      hours: [
        [0, false, 36_000],
        [1, true, 6000],
      ],
    },
    {
      stored: 1,
      finished: 0,
      hours: [
        [0, false, 36_000],
        [1, true, 12_000],
      ],
    },
  ])
})

test('a rollup that leaves the checkpoint while the ledger is read is found all the same', async () => {
  const inner = memoryStore()
  await scrapeThrough(inner, 0, 70)
  let reads = 0
  // Another process scrapes between every two of our calls.
  const busy = async <T>(run: () => Promise<T>): Promise<T> => {
    const result = await run()
    reads++
    await scrapeThrough(inner, 70 + reads * 10, 70 + reads * 10)
    return result
  }
  const store: Store = {
    ...inner,
    get: (key) => busy(() => inner.get(key)),
    list: (prefix, after) => busy(() => inner.list(prefix, after)),
  }
  const [ledger] = await readLedger(store)
  expect(reads).toBe(3)
  const hours = (await readRecords(inner, ledger, ALL)).map(({ hour, rows }) => [(hour - TEN) / HOUR_MS, rows.length])
  expect(hours).toEqual([
    [0, 1],
    [1, 1],
  ])
})

test('an older checkpoint that was restored opens no hour again whose rollup is there', async () => {
  const store = memoryStore()
  await scrapeThrough(store, 0, 130)
  const old = (await store.get(checkpointKey('mesh')))!.bytes
  await scrapeThrough(store, 140, 320)
  const [before] = await readLedger(store)
  const known = { mesh: { firstHour: before.firstHour, listFrom: before.closedThrough } }
  await store.put(checkpointKey('mesh'), old, 'always')
  for (const [ledger] of [await readLedger(store), await readKnownLedger(store, known)]) {
    expect((ledger.closedThrough - TEN) / HOUR_MS).toBe(5)
    const records = await readRecords(store, ledger, ALL)
    expect(records.map(({ hour, provisional }) => [(hour - TEN) / HOUR_MS, provisional])).toEqual(
      [0, 1, 2, 3, 4].map((hour) => [hour, false]),
    )
  }
})

test('verify raises no alarm when hours are closed and written while it reads', async () => {
  const inner = memoryStore()
  await scrapeThrough(inner, 0, 200)
  let minute = 200
  let scrapes = Promise.resolve()
  const store: Store = {
    ...inner,
    async get(key) {
      const found = await inner.get(key)
      // Rollups are read side by side; the scrapes between them come one after another.
      scrapes = scrapes.then(() => {
        minute += 10
        return scrapeThrough(inner, minute, minute)
      })
      await scrapes
      return found
    },
  }
  const [{ problems, rollups }] = await verifyLedger(store)
  expect([problems, rollups]).toEqual([[], 3])
})

test('verify raises no alarm when an hour is closed and written between its looks at checkpoint and rollups', async () => {
  const inner = memoryStore()
  await scrapeThrough(inner, 0, 180)
  const old = (await inner.get(checkpointKey('mesh')))!.bytes
  let scraped = false
  const store: Store = {
    ...inner,
    async list(prefix) {
      if (prefix.startsWith('rollups/') && !scraped) {
        scraped = true
        await scrapeThrough(inner, 190, 200)
      }
      return inner.list(prefix)
    },
  }
  const [{ problems, rollups }] = await verifyLedger(store)
  expect([scraped, problems, rollups]).toEqual([true, [], 3])
  // A checkpoint that is an old one stays so.
  await inner.put(checkpointKey('mesh'), old, 'always')
  const [{ problems: told }] = await verifyLedger(inner)
  expect(told).toEqual([expect.objectContaining({ kind: 'order', key: rollupKey('mesh', TEN + 2 * HOUR_MS) })])
})

test('a ledger without a checkpoint is read from its rollups alone', async () => {
  const store = memoryStore()
  const chain = encodeChain([0, 1].map((n) => hourRecord('mesh', TEN + n * HOUR_MS, [flowRow({ requests: n + 1 })])))
  await writeChain(store, chain)
  const [ledger] = await readLedger(store)
  expect(ledger).toMatchObject({
    firstHour: TEN,
    closedThrough: TEN + 2 * HOUR_MS,
    watermark: TEN + 2 * HOUR_MS,
    seq: 0,
    open: [],
  })
  const [first] = await readRecords(store, ledger, { from: TEN, to: TEN + HOUR_MS })
  expect(first.rows).toEqual([{ ...flowRow(), ...zeroMeasures(), requests: 1 }])
})

test('records are of the half-open span that is asked for', async () => {
  const store = memoryStore()
  await writeChain(store, encodeChain([0, 1, 2].map((n) => hourRecord('mesh', TEN + n * HOUR_MS, []))))
  const [ledger] = await readLedger(store)
  const records = await readRecords(store, ledger, { from: TEN + HOUR_MS, to: TEN + 2 * HOUR_MS })
  expect(records.map(({ hour }) => hour)).toEqual([TEN + HOUR_MS])
})

test('a hole in the rollups is no record, and is not filled', async () => {
  const store = memoryStore()
  const chain = encodeChain([0, 1, 2].map((n) => hourRecord('mesh', TEN + n * HOUR_MS, [])))
  await writeChain(store, [chain[0], chain[2]])
  const [ledger] = await readLedger(store)
  expect((await readRecords(store, ledger, ALL)).map(({ hour }) => (hour - TEN) / HOUR_MS)).toEqual([0, 2])
})

test('a rollup that lies under another hour or target is refused, not read', async () => {
  const [{ bytes }] = encodeChain([hourRecord('mesh', TEN, [])])
  for (const key of [rollupKey('mesh', TEN + HOUR_MS), rollupKey('other', TEN)]) {
    const store = memoryStore()
    await store.put(key, bytes, 'absent')
    const [ledger] = await readLedger(store)
    await expect(readRecords(store, ledger, ALL)).rejects.toThrow(
      `rollup ${key} says it is of mesh at 2026-11-20T10:00:00.000Z; run "verify"`,
    )
  }
})

test('targets come by name, one alone when it is asked for, and none that nobody knows', async () => {
  const store = memoryStore()
  for (const name of ['us', 'eu', 'eu-2']) await writeChain(store, encodeChain([hourRecord(name, TEN, [])]))
  const names = async (only?: string) => (await readLedger(store, only)).map(({ target }) => target)
  expect(await names()).toEqual(['eu', 'eu-2', 'us'])
  expect(await names('eu')).toEqual(['eu'])
  expect(await names('nobody')).toEqual([])
  expect(await names('No/body')).toEqual([])
})

test('what else lies in the store is no part of the ledger', async () => {
  const store = memoryStore()
  await writeChain(store, encodeChain([hourRecord('mesh', TEN, [])]))
  await store.put('rollups/target=mesh/README', Buffer.from('?'), 'absent')
  await store.put('published.json', Buffer.from('?'), 'absent')
  expect(parseRollupKey('rollups/target=mesh/README')).toBeNull()
  expect((await readLedger(store)).map(({ rollups }) => rollups.size)).toEqual([1])
})

test('a checkpoint that cannot be read stops whoever reads the ledger, for half of it would be shown', async () => {
  const store = memoryStore()
  await writeChain(store, encodeChain([hourRecord('mesh', TEN, [])]))
  await store.put(checkpointKey('mesh'), Buffer.from('wharfage checkpoint 9\n'), 'absent')
  await expect(readLedger(store)).rejects.toThrow('has schema 9')
})

test('a target that stopped while another went on has no data since then, where one alone is merely not there yet', async () => {
  const store = memoryStore()
  await scrapeThrough(store, 0, 60)
  const [alone] = await readLedger(store)
  expect(alone.dueThrough).toBe(alone.watermark)
  const other = { ...simulatedTarget(), name: 'other', url: 'http://other.example/federate' }
  for (const minute of [60, 70, 120]) {
    prometheus.now = TEN + minute * MINUTE_MS
    await scrapeTarget(other, store, { prometheus, now: () => prometheus.now })
  }
  const [stopped, going] = (await readLedger(store)).sort((a, b) => a.watermark - b.watermark)
  expect([stopped.target, going.target]).toEqual([simulatedTarget().name, 'other'])
  expect(stopped.dueThrough).toBe(going.watermark)
  const records = await readRecords(store, stopped, ALL)
  const day = dayReport({
    title: '',
    day: Date.UTC(2026, 10, 20),
    targets: [stopped],
    records,
    previous: null,
    next: null,
  })
  expect(day.hours.slice(10, 13).map(({ observation }) => observation)).toEqual(['observed', 'none', 'pending'])
  expect(day.complete).toBe(false)
})

test('a ledger that is known is read without listing what is known of it, and no otherwise', async () => {
  const store = memoryStore()
  const hours = Array.from({ length: 72 }, (_, n) => hourRecord('mesh', TEN + n * HOUR_MS, [flowRow({ requests: n })]))
  await writeChain(store, encodeChain(hours))
  await writeChain(store, encodeChain([hourRecord('eu', TEN, [])]))
  const [, whole] = (await readLedger(store)).sort((a, b) => (a.target < b.target ? -1 : 1))
  const listFrom = TEN + 60 * HOUR_MS
  const known = { mesh: { firstHour: TEN, listFrom }, eu: { firstHour: TEN, listFrom: TEN } }
  const [eu, mesh] = await readKnownLedger(store, known)
  expect([eu.target, eu.closedThrough]).toEqual(['eu', TEN + HOUR_MS])
  // From the day of that hour on.
  expect([...mesh.rollups.keys()][0]).toBe(Date.UTC(2026, 10, 22))
  const { rollups: _, listedFrom: __, ...state } = mesh
  expect(whole).toMatchObject(state)
  // What was not listed is read all the same.
  expect(await readRecords(store, mesh, ALL)).toEqual(await readRecords(store, whole, ALL))
})

test('a target that is not known yet is found by its checkpoint, and listed whole', async () => {
  const store = memoryStore()
  await scrapeThrough(store, 0, 80)
  const [whole] = await readLedger(store)
  expect(await readKnownLedger(store, {})).toEqual([whole])
})
