/** FOCUS exports: levels of price, rows a person can read, steps, targets, what is refused, and the command. */
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { moneyOf } from '#core/costs/money.ts'
import type { Prices } from '#core/costs/prices.ts'
import { focusColumns } from '#core/focus/columns.ts'
import { decimalText, quantityText, unitPriceText } from '#core/focus/decimal.ts'
import { pricedDayPrices } from '#core/focus/estimate.ts'
import { focusLine } from '#core/focus/row.ts'
import { main } from '../functions/cli.ts'
import { spool } from '../functions/spool.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { flowRow } from './flow-rows.ts'
import { billLine, END, FIRST_DAY, focusLedger, withBill } from './focus-ledger.ts'
import { exported, type FocusRecord } from './focus-records.ts'
import {
  costsInForce,
  GIB,
  judgedHourly,
  pricedInOrder,
  priceEntry,
  pricesOf,
  targetPlace,
  tiers,
} from './prices-sample.ts'
import { sparseLedger } from './published-ledger.ts'

const HOUR = 3_600_000
const pick = (records: readonly FocusRecord[], ...columns: string[]) =>
  records.map((row) => columns.map((name) => row[name] ?? '-').join(' '))

describe('decimals', () => {
  test('are exact, without exponent and without zeros at the end', () => {
    expect(decimalText(0n, 9)).toBe('0')
    expect(decimalText(-1n, 9)).toBe('-0.000000001')
    expect(decimalText(1_500n, 3)).toBe('1.5')
    expect(decimalText(7n, 0)).toBe('7')
    expect(quantityText(1n, 'GB')).toBe('0.000000001')
    expect(quantityText(1n, 'GiB')).toBe('0.000000000931322574615478515625')
    expect(quantityText(3n * BigInt(GIB), 'GiB')).toBe('3')
    expect(unitPriceText(1_000_000_000n, 3n, 0)).toBe('0.333333333333333333')
    expect(unitPriceText(2_000_000_000n, 3n, 0)).toBe('0.666666666666666667')
  })

  test('a quantity in GiB is always that many bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        const [whole, fraction = ''] = quantityText(BigInt(bytes), 'GiB').split('.')
        expect(BigInt(whole + fraction.padEnd(30, '0')) * BigInt(GIB)).toBe(BigInt(bytes) * 10n ** 30n)
      }),
    )
  })
})

describe('a line', () => {
  const columns = focusColumns('1.2', 'allocation').filter(({ name }) =>
    ['BilledCost', 'ChargeClass', 'x_Team'].includes(name),
  )

  test('has nothing for NULL, a number as it is, and text that no spreadsheet runs', () => {
    expect(focusLine(columns, { BilledCost: '-0.5', x_Team: '=cmd|a' })).toBe("-0.5,,'=cmd|a\r\n")
    expect(focusLine(columns, { BilledCost: '1', x_Team: 'a, "b"' })).toBe('1,,"a, ""b"""\r\n')
  })

  test('is refused with a null that must not be, and with what is no decimal', () => {
    expect(() => focusLine(columns, { BilledCost: '' })).toThrow('focus column BilledCost must not be null')
    expect(() => focusLine(columns, { BilledCost: '1e-9' })).toThrow(
      'focus column BilledCost is "1e-9", which is no decimal',
    )
  })
})

describe('price levels', () => {
  const TIERED = priceEntry({
    free: { quantity: '10', pool: 'internet' },
    tiers: tiers(['20', '0.1'], ['30', '0.05'], ['', '0.01']),
  })
  const levels = (prices: Prices, hours: Record<number, number>) => {
    const rows = Object.fromEntries(
      Object.entries(hours).map(([hour, gib]) => [hour, [flowRow({ egressBytes: gib * GIB })]]),
    )
    const [day] = pricedInOrder(costsInForce(prices), [judgedHourly({ date: '2026-11-01', hours: rows })])
    const { partsOf } = pricedDayPrices(day, prices)
    const [edge] = day.edges
    return partsOf('mesh', edge.charges[0], prices.entries[0]).map((parts) =>
      parts.map(({ level, bytes, nano }) => `${bytes / GIB} ${level.name} ${moneyOf(nano)}`),
    )
  }

  test('an hour in which allowance, tiers and all end is divided at each edge, by hand', () => {
    const found = levels(pricesOf({ entries: [TIERED] }), { 0: 6, 1: 45, 2: 1 })
    expect(found[0]).toEqual(['6 free 0'])
    // 4 free, then 20 at 0.1, 10 at 0.05, and 11 at 0.01
    expect(found[1]).toEqual(['4 free 0', '20 tier 1 2', '10 tier 2 0.5', '11 tier 3 0.11'])
    expect(found[2]).toEqual(['1 tier 3 0.01'])
    expect(found[3]).toEqual([])
  })

  test('a tier holds its end, and the next begins just above it', () => {
    const entries = [priceEntry({ tiers: tiers(['20', '0.1'], ['', '0.05']) })]
    expect(levels(pricesOf({ entries }), { 3: 20, 4: 1 }).slice(3, 5)).toEqual([['20 tier 1 2'], ['1 tier 2 0.05']])
  })

  test('the payer’s other traffic stands before the first byte: the month’s own line, else that of every month', () => {
    const entries = [priceEntry({ tiers: tiers(['20', '0.1'], ['', '0.05']) })]
    const other = (month: string, quantity: string) => {
      return { provider: 'aws', pool: 'internet us-east-1', month, quantity, unit: 'GiB' as const, payer: '', line: 1 }
    }
    const found = levels(pricesOf({ entries, otherTraffic: [other('', '1000'), other('2026-11', '15')] }), { 0: 8 })
    expect(found[0]).toEqual(['5 tier 1 0.5', '3 tier 2 0.15'])
  })

  test('parts of any hours sum to what they cost, and each is its price times its bytes to the nano-unit', () => {
    const flows = fc.array(fc.tuple(fc.nat(23), fc.nat(40 * GIB), fc.constantFrom('a', 'b', 'c')), { maxLength: 12 })
    fc.assert(
      fc.property(flows, (sent) => {
        const prices = pricesOf({ entries: [TIERED], targets: { mesh: targetPlace() } })
        const hours: Record<number, ReturnType<typeof flowRow>[]> = {}
        for (const [hour, egressBytes, name] of sent) {
          hours[hour] = [...(hours[hour] ?? []), flowRow({ egressBytes, sourceWorkload: name })]
        }
        const [day] = pricedInOrder(costsInForce(prices), [judgedHourly({ date: '2026-11-01', hours })])
        const { partsOf } = pricedDayPrices(day, prices)
        for (const { target, charges } of day.edges) {
          for (const charge of charges) {
            const found = partsOf(target, charge, TIERED)
            expect(found.map((parts) => parts.reduce((sum, { bytes }) => sum + bytes, 0))).toEqual(charge.hourBytes)
            expect(found.map((parts) => parts.reduce((sum, { nano }) => sum + nano, 0n))).toEqual(charge.hourNano)
            for (const { level, bytes, nano } of found.flat()) {
              expect(Math.abs((bytes / GIB) * Number(level.price) * 1e9 - Number(nano))).toBeLessThan(3)
            }
          }
        }
      }),
      {
        numRuns: 50,
        examples: [
          [
            [
              [0, 10 * GIB + 1, 'a'],
              [0, 5, 'b'],
            ],
          ],
        ],
      },
    )
  })
})

describe('estimates', () => {
  test('are a row for each workload, host, charge and tier, with NAT and endpoints as rows of their own', async () => {
    const { records } = await exported(await focusLedger(), 'estimate')
    const day = records.filter(({ ChargePeriodStart: start }) => start === '2026-10-31T00:00:00Z')
    expect(
      pick(
        day,
        'ChargeCategory',
        'SkuPriceId',
        'ResourceId',
        'PricingQuantity',
        'PricingUnit',
        'ListUnitPrice',
        'ListCost',
      ),
    ).toEqual([
      'Adjustment - edge/shop/checkout-v1 - - - 0',
      'Usage aws internet us-east-1 free mesh/shop/checkout-v1 1 GiB 0 0',
      'Usage aws nat-processing us-east-1 mesh/shop/checkout-v1 1.000000004656612873077392578125 GiB 0.045 0.045',
      'Usage aws nat-hours us-east-1 mesh/nat 48 Hours 0.045 2.16',
      'Usage aws endpoint-hours us-east-1 interface mesh/endpoint/ecr 72 Hours 0.01 0.72',
    ])
    expect(pick(day.slice(0, 1), 'x_ChargedBytes', 'x_PriceMissing', 'Tags')).toEqual([
      '1000 Where edge runs is not configured; add cloud with its provider and region to it in wharfage.yaml. {"team":"payments","costCentre":"CC-1042","wharfage/target":"edge","wharfage/namespace":"shop"}',
    ])
  })

  test('no month begins within another: October’s bytes move no tier of November', async () => {
    const { records } = await exported(await focusLedger(), 'estimate', { by: 'month' })
    const free = records.filter(({ SkuPriceId: id }) => id === 'aws internet us-east-1 free')
    expect(pick(free, 'BillingPeriodStart', 'x_DestinationHost', 'PricingQuantity')).toEqual([
      '2026-10-01T00:00:00Z api.stripe.com 1',
      '2026-11-01T00:00:00Z api.stripe.com 95.833333333022892475128173828125',
      '2026-11-01T00:00:00Z files.example.com 4.166666666977107524871826171875',
    ])
  })

  test('a span that is not of whole days is cut at its ends, and priced from the month’s beginning', async () => {
    const from = FIRST_DAY + 27 * HOUR // 1 November, 03:00
    const { records } = await exported(await focusLedger(), 'estimate', { from, to: from + HOUR, target: 'mesh' })
    const internet = records.filter(({ x_PriceKind: kind }) => kind === 'internet')
    expect(
      pick(internet, 'ChargePeriodStart', 'ChargePeriodEnd', 'x_SourceWorkload', 'SkuPriceId', 'ConsumedQuantity'),
    ).toEqual([
      '2026-11-01T03:00:00Z 2026-11-01T04:00:00Z trial aws internet us-east-1 tier 1 55834574845',
      '2026-11-01T03:00:00Z 2026-11-01T04:00:00Z trial aws internet us-east-1 tier 2 158913789968',
      '2026-11-01T03:00:00Z 2026-11-01T04:00:00Z checkout-v1 aws internet us-east-1 tier 1 83751862266',
      '2026-11-01T03:00:00Z 2026-11-01T04:00:00Z checkout-v1 aws internet us-east-1 tier 2 238370684945',
    ])
  })

  test('a month that the ledger has a part of is partial, and provisional while its end is to come', async () => {
    const request = { by: 'month', from: Date.UTC(2026, 9, 1), to: Date.UTC(2026, 11, 1), target: 'mesh' } as const
    const { records } = await exported(await focusLedger(), 'estimate', request)
    const told = new Set(pick(records, 'ChargePeriodStart', 'ChargePeriodEnd', 'x_Observation', 'x_Provisional'))
    expect([...told]).toEqual([
      '2026-10-01T00:00:00Z 2026-11-01T00:00:00Z partial false',
      '2026-11-01T00:00:00Z 2026-12-01T00:00:00Z partial true',
    ])
  })

  test('time that was not observed whole says so, for its own target alone', async () => {
    const { records } = await exported(await focusLedger(), 'estimate', { by: 'hour' })
    const partial = records.filter(({ x_Observation: observation }) => observation !== 'observed')
    expect(pick(partial, 'x_Target', 'ChargePeriodStart', 'x_Observation')).toEqual([
      'edge 2026-11-01T06:00:00Z partial',
    ])
  })

  test('a target alone costs what it costs among the others, and an unknown one is refused', async () => {
    const store = await focusLedger()
    const all = await exported(store, 'estimate')
    const alone = await exported(store, 'estimate', { target: 'mesh' })
    expect(alone.records).toEqual(all.records.filter(({ x_Target: target }) => target === 'mesh'))
    await expect(exported(store, 'estimate', { target: 'nowhere' })).rejects.toThrow(
      'export: the store has no target "nowhere"; "check" lists those of the configuration',
    )
  })

  test('without prices there is nothing to say, in one sentence', async () => {
    await expect(exported(await sparseLedger(1, FIRST_DAY), 'estimate')).rejects.toThrow(
      'export: no prices are declared, and every row of FOCUS needs a price and its currency; name a prices file in wharfage.yaml, and run publish',
    )
  })
})

describe('allocations', () => {
  test('are the lines that begin in the span, and without a bill there is none', async () => {
    const store = await focusLedger()
    await expect(exported(store, 'allocation')).rejects.toThrow(
      'export: no bill has a line in 2026-10 to 2026-11; import one with "wharfage bill import", or leave out --focus-rows',
    )
    await withBill(store)
    const at = FIRST_DAY + 27 * HOUR
    const { records } = await exported(store, 'allocation', { from: at, to: at + HOUR })
    expect(pick(records, 'x_BillRow', 'ChargePeriodStart', 'x_SourceWorkload')).toEqual([
      '8 2026-11-01T03:00:00Z trial',
      '8 2026-11-01T03:00:00Z checkout-v1',
      '8 2026-11-01T03:00:00Z -',
    ])
  })

  test('in 1.2 the split stands in columns of our own', async () => {
    const store = await withBill(await focusLedger(), [billLine(1)])
    const [old, recent] = [await exported(store, 'allocation'), await exported(store, 'allocation', { version: '1.4' })]
    expect(old.columns).not.toContain('AllocatedMethodId')
    const split = ['MethodId', 'MethodDetails', 'ResourceId', 'ResourceName', 'Tags']
    expect(pick(old.records, ...split.map((name) => `x_Allocated${name}`))).toEqual(
      pick(recent.records, ...split.map((name) => `Allocated${name}`)),
    )
  })

  test('of one target are its flows’ parts, without the remainder', async () => {
    const store = await withBill(await focusLedger())
    const all = await exported(store, 'allocation')
    const { records } = await exported(store, 'allocation', { target: 'mesh' })
    expect(records).toEqual(all.records.filter(({ x_Target: target }) => target === 'mesh'))
    expect((await exported(store, 'allocation', { target: 'edge' })).records).toEqual([])
  })
})

describe('the spool', () => {
  async function* parts(fails: boolean) {
    yield 'a\r\n'
    if (fails) throw new Error('a rollup cannot be read')
    yield 'b\r\n'
  }

  test('shows all or nothing, and leaves nothing behind', async () => {
    const before = process.env.TMPDIR
    const folder = await mkdtemp(join(tmpdir(), 'focus-spool-'))
    process.env.TMPDIR = folder
    const shown: string[] = []
    const out = async (bytes: Uint8Array) => void shown.push(Buffer.from(bytes).toString())
    await expect(spool(parts(true), out)).rejects.toThrow('a rollup cannot be read')
    expect(shown).toEqual([])
    await spool(parts(false), out)
    expect(shown.join('')).toBe('a\r\nb\r\n')
    expect(await readdir(folder)).toEqual([])
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  })
})

describe('the command', () => {
  const run = async (...args: string[]) => {
    const said: string[] = []
    const cwd = await mkdtemp(join(tmpdir(), 'focus-command-'))
    const terminal = {
      out: async () => {},
      say: (line: string) => void said.push(line),
      progress: () => {},
      stop: new AbortController().signal,
      cwd,
    }
    const code = await main(['export', '--from', '2026-11-01', '--to', '2026-11-02', ...args], terminal)
    return [code, said.join('\n').split('\n')[0]]
  }

  test('refuses what does not go together, and what is no version', async () => {
    expect(await run('--focus-version', '1.4')).toEqual([2, 'export: --focus-version is for --format focus alone'])
    expect(await run('--format', 'focus', '--focus-version', '1.3')).toEqual([
      2,
      'export: --focus-version "1.3" is none of 1.2, 1.4',
    ])
    expect(await run('--format', 'focus', '--focus-rows', 'allocation', '--by', 'day')).toEqual([
      2,
      'export: --by is for estimates alone; the lines of a bill keep their own periods',
    ])
  })
})

test('an empty store has nothing of any target, and no rows', async () => {
  const { records } = await exported(memoryStore(), 'estimate')
  expect(records).toEqual([])
  expect(END - FIRST_DAY).toBe(72 * HOUR)
})
