/** Publishing what days cost: what is priced again and what is not, and that no past figure changes unless somebody says so. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { moneyOf, nanoOf } from '#core/costs/money.ts'
import { decodeCostHistory, decodeCostMonth } from '#core/costs/packed-costs.ts'
import type { Prices } from '#core/costs/prices.ts'
import { parseCsv } from '#core/csv.ts'
import type { FlowRow } from '#core/flow.ts'
import { costHistoryKey, costMonthKey, publishedKey } from '#core/keys.ts'
import type { CostsReport } from '#core/reports/costs.ts'
import type { DayPageReport } from '#core/reports/day.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { recordDeclaration } from '../functions/stage/declarations.ts'
import { pricedDays } from '../functions/stage/priced-days.ts'
import { publish } from '../functions/stage/publish.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { encodeChain, flowRow, hourRecord, writeChain } from './flow-rows.ts'
import { GIB, pricesOf, targetPlace } from './prices-sample.ts'
import { contents, JsonSite, pageOf } from './published-site.ts'

const FIRST = Date.UTC(2026, 9, 30) // the last but one day of October
const PRICES = pricesOf({ targets: { mesh: targetPlace({ nat: { gateways: 1 } }) } })

let folder: string
let site: JsonSite
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wharfage-costing-'))
  site = new JsonSite(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const row = (gib: number): FlowRow => flowRow({ requests: 1, egressBytes: gib * GIB, ingressBytes: 0 })

/** A ledger of whole days from the 30th of October on, 60 GiB a day, all in its sixth hour. */
async function ledgerOf(days: number, store: Store = memoryStore()): Promise<Store> {
  const hours = Array.from({ length: days * 24 }, (_, n) => {
    return hourRecord('mesh', FIRST + n * HOUR_MS, n % 24 === 5 ? [row(60)] : [])
  })
  await writeChain(store, encodeChain(hours))
  return store
}

const at = (date: string) => () => Date.parse(`${date}T06:00:00Z`)

async function declare(store: Store, prices: Prices, date: string, from?: string): Promise<void> {
  const given = from === undefined ? {} : { from }
  await recordDeclaration(store, { kind: 'prices', content: prices, ...given }, at(date))
}

const publishing = (store: Store, out: Store, outOfTime?: () => boolean) =>
  publish(store, out, site, { title: 'Egress', outOfTime })

const history = async (store: Store) => {
  const stored = await store.get(costHistoryKey)
  return decodeCostHistory(stored?.bytes ?? new Uint8Array(), costHistoryKey)
}

const dayMoney = async (out: Store, date: string) =>
  (await pageOf<DayPageReport>(out, `days/${date}/`)).costs?.money ?? null

test('without prices nothing is priced, and the page of costs says so', async () => {
  const [store, out] = [await ledgerOf(3), memoryStore()]
  await publishing(store, out)
  expect(await store.get(costHistoryKey)).toBeNull()
  expect(await dayMoney(out, '2026-10-30')).toBeNull()
  expect(await pageOf<CostsReport>(out, 'costs/')).toMatchObject({ currency: '', month: null, downloads: [{}] })
  expect((await out.list('costs/')).map(({ key }) => key)).toEqual(['costs/index.html', 'costs/report.json'])
})

test('days by hand: the allowance of a month is used up in time order, and the next month has its own', async () => {
  const [store, out] = [await ledgerOf(4), memoryStore()]
  await declare(store, PRICES, '2026-10-30')
  await publishing(store, out)
  // Each day: 60 GiB through NAT at 0.045, and 24 hours of one gateway at 0.045: 2.7 + 1.08.
  expect(await dayMoney(out, '2026-10-30')).toBe('3.78') // 60 of 100 GiB free
  expect(await dayMoney(out, '2026-10-31')).toBe('5.58') // 40 free, 20 GiB x 0.09
  expect(await dayMoney(out, '2026-11-01')).toBe('3.78')
  expect(await dayMoney(out, '2026-11-02')).toBe('5.58')
})

test('the CSV of a month sums to its page to the last place', async () => {
  const [store, out] = [await ledgerOf(4), memoryStore()]
  await declare(store, { ...PRICES, overheadFactor: '1.033333' }, '2026-10-30')
  await publishing(store, out)
  const { months } = await pageOf<CostsReport>(out, 'costs/')
  const csv = await out.get('costs/days.csv')
  const rows = parseCsv(Buffer.from(csv?.bytes ?? []).toString('utf8'))
  const [header, ...days] = rows
  const column = header.indexOf('money')
  expect(column).toBeGreaterThan(0)
  const sum = days.reduce((total, cells) => total + nanoOf(cells[column] ?? ''), 0n)
  expect(moneyOf(sum)).toBe(moneyOf(months.reduce((total, { money }) => total + nanoOf(money ?? '0'), 0n)))
})

test('other prices hold from their day on, and no day before it changes', async () => {
  const [store, out] = [await ledgerOf(4), memoryStore()]
  await declare(store, PRICES, '2026-10-30')
  await publishing(store, out)
  const before = await out.get('days/2026-11-01/report.json')
  const dearer = PRICES.entries.map((entry) =>
    entry.kind === 'nat-hours' ? { ...entry, tiers: [{ upTo: '', price: '1' }] } : entry,
  )
  await declare(store, { ...PRICES, entries: dearer }, '2026-11-02')
  await publishing(store, out)
  expect(await dayMoney(out, '2026-11-02')).toBe('28.5') // 24 hours at 1 instead of 0.045
  expect(
    Buffer.compare((await out.get('days/2026-11-01/report.json'))?.bytes ?? Buffer.of(), before?.bytes ?? Buffer.of(1)),
  ).toBe(0)
})

test('prices that are dated back price the months again that they hold in, and no other', async () => {
  const [store, out] = [await ledgerOf(4), memoryStore()]
  await declare(store, PRICES, '2026-10-30')
  await publishing(store, out)
  const october = await store.get(costMonthKey('2026-10'))
  await declare(store, { ...PRICES, overheadFactor: '2' }, '2026-11-20', '2026-11-01')
  await publishing(store, out)
  expect(await dayMoney(out, '2026-11-01')).toBe('8.28') // 120 GiB: 20 x 0.09, 120 x 0.045, 1.08
  expect((await store.get(costMonthKey('2026-10')))?.etag).toBe(october?.etag)
})

test('a month is closed on the 5th of the next, with the difference that what was learnt later makes', async () => {
  const [store, out] = [await ledgerOf(9), memoryStore()]
  await declare(store, PRICES, '2026-10-30')
  const other = {
    payer: '',
    provider: 'aws',
    pool: 'internet',
    month: '2026-10',
    quantity: '100',
    unit: 'GiB' as const,
  }
  await declare(store, { ...PRICES, otherTraffic: [{ ...other, line: 1 }] }, '2026-11-04')
  await publishing(await ledgerOf(6, store), out)
  const [october, november] = (await history(store)).months
  expect(october.trueUp).toMatchObject({ on: '2026-11-05' })
  expect(moneyOf(october.trueUp?.nano ?? 0n)).toBe('9') // the allowance was another's: 100 GiB x 0.09
  expect(november.trueUp).toBeNull()
  expect(await dayMoney(out, '2026-10-30')).toBe('3.78') // as it was
})

test('what is cut off goes on, and whatever is lost is made again, byte for byte', async () => {
  const whole = memoryStore()
  const store = await ledgerOf(9)
  await declare(store, PRICES, '2026-10-30')
  await publishing(store, whole)
  const kept = await history(store)

  const [other, out] = [await ledgerOf(9), memoryStore()]
  await declare(other, PRICES, '2026-10-30')
  let asked = 0
  for (let turn = 0; turn < 60; turn++) {
    asked = 0
    if ((await publishing(other, out, () => ++asked > 7)).remaining === 0) break
  }
  expect(await history(other)).toEqual(kept)
  expect(await contents(out)).toEqual(await contents(whole))

  await other.put(costMonthKey('2026-10'), Buffer.from('damaged'), 'always')
  await other.put(publishedKey, Buffer.from('{}'), 'always')
  await publishing(other, out)
  expect(decodeCostMonth((await other.get(costMonthKey('2026-10')))?.bytes ?? Buffer.of(), 'k').days).toHaveLength(2)
  expect(await contents(out)).toEqual(await contents(whole))
})

/** Hours of another target of the same ledger, each with one GiB. */
const hoursOf = (target: string, from: number, hours: number) =>
  encodeChain(Array.from({ length: hours }, (_, n) => hourRecord(target, from + n * HOUR_MS, [row(1)])))

test('a month that late hours change is priced again, though the publish that read them is cut off', async () => {
  const [store, out] = [await ledgerOf(9), memoryStore()]
  const both = { ...PRICES, targets: { mesh: targetPlace(), late: targetPlace() } }
  await declare(store, both, '2026-10-30')
  await writeChain(store, hoursOf('late', FIRST, 1))
  await publishing(store, out)
  const before = await history(store)
  await writeChain(store, hoursOf('late', FIRST, 48))
  let asked = 0
  expect((await publishing(store, out, () => ++asked > 5)).remaining).toBeGreaterThan(0)
  expect((await publishing(store, out)).remaining).toBe(0)
  const fresh = memoryStore()
  const whole = await ledgerOf(9)
  await declare(whole, both, '2026-10-30')
  await writeChain(whole, hoursOf('late', FIRST, 48))
  await publishing(whole, fresh)
  expect(await history(store)).toEqual(await history(whole))
  expect((await history(store)).months[0]).not.toEqual(before.months[0])
})

test('a month whose only closed day is open again, since another target came, is priced as an open one', async () => {
  const [store, out] = [await ledgerOf(3), memoryStore()]
  await declare(store, PRICES, '2026-10-30')
  await publishing(store, out)
  expect((await history(store)).months.map(({ month }) => month)).toEqual(['2026-10', '2026-11'])
  await writeChain(store, hoursOf('late', FIRST + DAY_MS, 2))
  await publish(store, out, site, { title: 'Another, so that the whole ledger is listed' })
  expect(await history(store)).toMatchObject({ through: '2026-10-31', months: [{ month: '2026-10', days: 2 }] })
  expect(await dayMoney(out, '2026-11-01')).toBe('3.78')
})

test('a true-up that there is no time for is left to the next publish', async () => {
  const [store, out] = [await ledgerOf(9), memoryStore()]
  await declare(store, PRICES, '2026-10-30')
  await declare(store, { ...PRICES, overheadFactor: '2' }, '2026-11-04')
  let asked = 0
  const { remaining } = await publishing(store, out, () => ++asked > 28) // after 9 days were read, judged and priced
  expect(remaining).toBe(2)
  expect((await history(store)).months[0].trueUp).toBeNull()
  await publishing(store, out)
  // 240 GiB instead of 120: 120 x (0.09 + 0.045).
  expect(moneyOf((await history(store)).months[0].trueUp?.nano ?? 0n)).toBe('16.2')
})

test('prices in another currency than before are refused, and nothing is recorded', async () => {
  const store = await ledgerOf(1)
  await declare(store, PRICES, '2026-10-30')
  await expect(declare(store, { ...PRICES, currency: 'EUR' }, '2026-11-01')).rejects.toThrow(
    'prices are in EUR, and this ledger is priced in USD since 2026-10-30; state them in USD',
  )
  expect(await store.list('declarations/')).toHaveLength(1)
})

test('priced days of a span begin with the tiers that their month has reached', async () => {
  const store = await ledgerOf(4)
  await declare(store, PRICES, '2026-10-30')
  const days = await Array.fromAsync(pricedDays(store, { from: '2026-10-31', to: '2026-11-01' }))
  const money = days.map(({ edges }) => moneyOf(edges.flatMap(({ charges }) => charges)[0].nano))
  expect(days.map(({ judged }) => judged.digest.date)).toEqual(['2026-10-31', '2026-11-01'])
  expect(money).toEqual(['1.8', '0'])
  expect(
    await Array.fromAsync(pricedDays(store, { from: '2026-10-31', to: '2026-10-31', target: 'no' })),
  ).toMatchObject([{ edges: [], fixed: [] }])
  expect(FIRST % DAY_MS).toBe(0)
})
