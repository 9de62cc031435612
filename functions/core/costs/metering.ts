/**
 * Metering: what the hours of a billing month cost in the order of time. Allowances come first and do not count into tiers;
 * all of one pool in an hour goes on at the tier that the hours before have reached, so that later hours never change it.
 */
import type { Meters } from '#core/costs/meters.ts'
import { type Nano, shareOut } from '#core/costs/money.ts'
import type { OtherTraffic, PriceEntry } from '#core/costs/prices.ts'
import { cumulativePrice, type Fine, fineOf, fineQuantity, wholeOf } from '#core/costs/tiers.ts'
import { exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'

/** What one payer is charged by one entry in one hour. */
export interface Sale {
  payer: string
  entry: PriceEntry
  quantity: number // bytes, or hours where the entry's unit is one
}

/** What a sale costs. */
export interface Charged {
  nano: Nano
  free: number // of its quantity, that an allowance covered
}

export interface Metering {
  /** What each sale of the next hour costs, in their order; sales of the same payer and entry come as one. */
  hour(sales: readonly Sale[]): Charged[]
  meters(): Meters
}

/** Begins to meter in a month, YYYY-MM, with what was used of it before. */
export function startMetering(otherTraffic: readonly OtherTraffic[], month: string, start: Meters): Metering {
  const meters = new Map(Object.entries(start))
  const others = otherTrafficIn(month, otherTraffic)
  const prices = new Map<PriceEntry, (quantity: Fine) => Nano>()
  const priceOf = (entry: PriceEntry) => {
    const price = prices.get(entry) ?? cumulativePrice(entry)
    prices.set(entry, price)
    return price
  }
  const advance = (key: string, quantity: number): { before: number; after: number } => {
    const before = meters.get(key) ?? 0
    const after = exactSum(before, quantity)
    if (after > 0) meters.set(key, after)
    return { before, after }
  }

  /** How much of each sale its allowance covers: of those that share one in proportion. */
  const coverFree = (sales: readonly Sale[]): number[] => {
    const free = sales.map(() => 0)
    for (const [key, members] of pooled(sales, ({ payer, entry }) => freeKey(payer, entry))) {
      const quantities = members.map((at) => sales[at].quantity)
      const { before } = advance(key, quantities.reduce(exactSum, 0))
      const left = allowanceOf(sales[members[0]].entry, others.get(otherKey(sales[members[0]], 'free')) ?? 0n) - before
      const covered = Math.min(Math.max(0, left), quantities.reduce(exactSum, 0))
      if (covered === 0) continue
      const parts = shareOut(BigInt(covered), quantities.map(BigInt))
      members.forEach((at, n) => {
        free[at] = Number(parts[n])
      })
    }
    return free
  }

  return {
    hour(sales) {
      const free = coverFree(sales)
      const charged: Charged[] = free.map((covered) => ({ nano: 0n, free: covered }))
      for (const [key, members] of pooled(sales, ({ payer, entry }) => tierKey(payer, entry))) {
        const quantities = members.map((at) => sales[at].quantity - free[at])
        const { before, after } = advance(key, quantities.reduce(exactSum, 0))
        const offset = others.get(otherKey(sales[members[0]], 'tiers')) ?? 0n
        const price = priceOf(sales[members[0]].entry)
        const nano = price(offset + fineOf(after)) - price(offset + fineOf(before))
        shareOut(nano, quantities.map(BigInt)).forEach((part, n) => {
          charged[members[n]].nano = part
        })
      }
      return charged
    },
    meters: () => Object.fromEntries([...meters].sort(([a], [b]) => compareText(a, b))),
  }
}

/** The positions of sales by their pool, in the order of their keys; '' is no pool. */
function pooled(sales: readonly Sale[], keyOf: (sale: Sale) => string): [string, number[]][] {
  const pools = Map.groupBy(sales.keys(), (at) => keyOf(sales[at]))
  pools.delete('')
  return [...pools].sort(([a], [b]) => compareText(a, b))
}

function tierKey(payer: string, { provider, pool }: PriceEntry): string {
  return `${payer}\0${provider}\0${pool}`
}

/** A key of its own, since a pool of tiers may be called as an allowance is. */
function freeKey(payer: string, { provider, free }: PriceEntry): string {
  return free === null ? '' : `${payer}\0${provider}\0${free.pool}\0free`
}

function otherKey({ payer, entry }: Sale, of: 'tiers' | 'free'): string {
  return `${payer}\0${entry.provider}\0${of === 'free' ? entry.free?.pool : entry.pool}`
}

/** The whole bytes or hours that an allowance has beside the payer's other traffic. */
function allowanceOf({ free, unit }: PriceEntry, other: Fine): number {
  const left = free === null ? 0n : fineQuantity(free.quantity, unit) - other
  return left <= 0n ? 0 : Number(wholeOf(left))
}

/** The payers' other traffic of a month, by payer, provider and pool: the month's own, and where it has none every month's. */
export function otherTrafficIn(month: string, otherTraffic: readonly OtherTraffic[]): Map<string, Fine> {
  const byPool = Map.groupBy(otherTraffic, ({ payer, provider, pool }) => `${payer}\0${provider}\0${pool}`)
  return new Map(
    [...byPool].map(([key, lines]) => {
      const own = lines.filter((line) => line.month === month)
      const held = own.length > 0 ? own : lines.filter((line) => line.month === '')
      return [key, held.reduce((sum, { quantity, unit }) => sum + fineQuantity(quantity, unit), 0n)]
    }),
  )
}
