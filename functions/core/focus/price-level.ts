/**
 * Price levels: which tier a charge's bytes were priced in. FOCUS wants one unit price a row, and so one row a tier. An
 * allowance is used up in the order of time; what is left of an hour goes to the tiers that its pool passed in it, for all
 * flows of the pool alike.
 */
import { otherTrafficIn } from '#core/costs/metering.ts'
import { decimalOf, type Nano, shareOut } from '#core/costs/money.ts'
import type { Charge, PricedDay } from '#core/costs/priced-day.ts'
import type { PriceEntry, Prices } from '#core/costs/prices.ts'
import { type Fine, fineOf, fineQuantity } from '#core/costs/tiers.ts'
import { noHours } from '#core/edge.ts'

export interface PriceLevel {
  name: string // 'free', 'tier 1'; '' for an entry that has one price
  price: string // per unit, decimal text
  upTo: string // where the tier ends, decimal, in the entry's unit; '' for the last, and where there are no tiers
}

/** What of a charge's hour was priced at one level; of all of them bytes and nano sum to the hour's. */
export interface LevelPart {
  level: PriceLevel
  bytes: number
  nano: Nano
}

/** Divides a charge of a target's edge, hour by hour. */
export type LevelParts = (target: string, charge: Charge, entry: PriceEntry) => LevelPart[][] // 24

const FREE: PriceLevel = { name: 'free', price: '0', upTo: '' }

/** Prices have at most 12 places. */
const PRICE_PLACES = 12

/** Divides the charges of a day, which must be of all targets; entries by id. */
export function levelParts(day: PricedDay, prices: Prices, entries: ReadonlyMap<string, PriceEntry>): LevelParts {
  const others = otherTrafficIn(day.judged.digest.date.slice(0, 7), prices.otherTraffic)
  const poolOf = (target: string, { provider, pool }: PriceEntry): string => {
    const payer = Object.hasOwn(prices.targets, target) ? prices.targets[target].payer : ''
    return `${payer}\0${provider}\0${pool}`
  }
  const paid = new Map<string, { entry: PriceEntry; offset: Fine; hours: number[] }>() // by pool
  for (const { target, charges } of day.edges) {
    for (const charge of charges) {
      const entry = entries.get(charge.entry)
      if (entry === undefined || entry.tiers.length === 1) continue
      const pool = poolOf(target, entry)
      const known = paid.get(pool) ?? {
        entry,
        offset: fineOf(day.start[pool] ?? 0) + (others.get(pool) ?? 0n),
        hours: noHours(),
      }
      paid.set(pool, known)
      const free = freeHours(charge)
      for (const hour of free.keys()) known.hours[hour] += charge.hourBytes[hour] - free[hour]
    }
  }
  const shares = new Map([...paid].map(([key, { entry, offset, hours }]) => [key, sharesOf(entry, offset, hours)]))
  return (target, charge, entry) => {
    const levels = levelsOf(entry)
    const ofPool = levels.length === 1 ? undefined : shares.get(poolOf(target, entry))
    return freeHours(charge).map((free, hour) => {
      const bytes = charge.hourBytes[hour] - free
      const covered: LevelPart[] = free === 0 ? [] : [{ level: FREE, bytes: free, nano: 0n }]
      if (bytes === 0) return covered
      return [...covered, ...divide(bytes, charge.hourNano[hour], levels, ofPool?.[hour] ?? [1n])]
    })
  }
}

/** How much of each hour an allowance covered: whole hours, until it is used up. */
function freeHours({ hourBytes, freeBytes }: Charge): number[] {
  let left = freeBytes
  return hourBytes.map((bytes) => {
    const free = Math.min(left, bytes)
    left -= free
    return free
  })
}

function levelsOf({ tiers, free }: PriceEntry): PriceLevel[] {
  if (tiers.length === 1) return [{ name: free === null ? '' : 'tier 1', price: tiers[0].price, upTo: '' }]
  return tiers.map(({ price, upTo }, at) => ({ name: `tier ${at + 1}`, price, upTo }))
}

/** How much of each hour of a pool, given in bytes, lies in each tier. */
function sharesOf({ unit, tiers }: PriceEntry, offset: Fine, hours: readonly number[]): Fine[][] {
  const ends = tiers.map(({ upTo }) => (upTo === '' ? null : fineQuantity(upTo, unit)))
  let from = offset
  return hours.map((bytes) => {
    const until = from + fineOf(bytes)
    const shares = ends.map((end, at) => {
      const above = at === 0 ? 0n : (ends[at - 1] ?? 0n)
      const low = from > above ? from : above
      const high = end === null || until < end ? until : end
      return high > low ? high - low : 0n
    })
    from = until
    return shares
  })
}

function divide(bytes: number, nano: Nano, levels: readonly PriceLevel[], shares: readonly bigint[]): LevelPart[] {
  const byteParts = shareOut(BigInt(bytes), shares)
  const nanoParts = shareOut(
    nano,
    levels.map(({ price }, at) => byteParts[at] * (decimalOf(price, PRICE_PLACES) ?? 0n)),
  )
  return levels
    .map((level, at) => ({ level, bytes: Number(byteParts[at]), nano: nanoParts[at] }))
    .filter((part) => part.bytes > 0 || part.nano !== 0n)
}
