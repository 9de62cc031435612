/** A rule of savings: which edges it is for, and what they would have cost otherwise. What all rules stand on is here, too. */
import { decimalOf, type Nano } from '#core/costs/money.ts'
import { type Found, priceLookup, type Wanted } from '#core/costs/price-lookup.ts'
import type { Charge, Destined, PricedEdge } from '#core/costs/priced-day.ts'
import { type PriceEntry, type Prices, type TargetPlace, UNIT_BYTES } from '#core/costs/prices.ts'
import type { Saving, SavingRule } from '#core/costs/saving.ts'
import { exactSum } from '#core/flow.ts'
import { compareText, distinct } from '#core/order.ts'

export interface Rule {
  rule: SavingRule
  keyOf(edge: PricedEdge): string | null // edges of one key are weighed together; null for those it is not for
  weigh(group: readonly SeenEdge[]): Weighed | null // null when they are no case of it, or nothing would be saved
}

/** An edge of one day. */
export interface SeenEdge {
  date: string // YYYY-MM-DD
  edge: PricedEdge
}

/** What a rule says of its edges. */
export type Weighed = Omit<
  Saving,
  'rule' | 'key' | 'target' | 'service' | 'region' | 'hosts' | 'hostCount' | 'callers' | 'callerCount' | 'evidence'
>

/** By what savings are reckoned: the prices that hold on the last of the days looked at. */
export interface Reckoning {
  days: number // looked at
  prices: Prices
  seen: readonly SeenEdge[] // all that is charged
  findPrice(place: TargetPlace, wanted: Wanted): Found
  entries: ReadonlyMap<string, PriceEntry> // by id
}

/** By the prices of a day, YYYY-MM-DD. */
export function reckoningBy(date: string, prices: Prices, days: number, seen: readonly SeenEdge[]): Reckoning {
  const lookup = priceLookup(prices.entries)
  const entries = new Map(prices.entries.map((entry) => [entry.id, entry]))
  return { days, prices, seen, findPrice: (place, wanted) => lookup(place, wanted, date), entries }
}

const PICO = 12 // places that a price has at most
const PICO_PER_NANO = 1000n
const MILLION = 1_000_000n

/** Where a mesh runs today; null when it has no price. */
export function placeOf({ prices }: Reckoning, { target }: Pick<PricedEdge, 'target'>): TargetPlace | null {
  return Object.hasOwn(prices.targets, target) ? prices.targets[target] : null
}

/** True for a service of the mesh's own provider in its own region, which nothing but its name need tell. */
export function isOfOwnRegion(edge: PricedEdge, place: TargetPlace): edge is PricedEdge & { destined: Destined } {
  const { destined } = edge
  if (destined === null || destined.service === '') return false
  return destined.provider === place.provider && destined.region !== '' && destined.region === place.region
}

export function natCharge({ charges }: PricedEdge): Charge | null {
  return charges.find(({ kind }) => kind === 'nat-processing') ?? null
}

/** Bytes of edges that an entry would charge, overhead among them, rounded up to whole bytes. */
export function chargedBytes(
  group: readonly SeenEdge[],
  direction: PriceEntry['bytes'],
  { prices }: Reckoning,
): number {
  const bytes = group.reduce((sum, { edge: { totals } }) => {
    const out = direction === 'ingress' ? 0 : totals.egressBytes
    return exactSum(sum, exactSum(out, direction === 'egress' ? 0 : totals.ingressBytes))
  }, 0)
  const factor = decimalOf(prices.overheadFactor, 6) ?? MILLION
  return Number(divideUp(BigInt(bytes) * factor, MILLION))
}

/** What bytes, or hours, would cost at the dearest tier, rounded up: never less than they would. */
export function dearest({ tiers, unit }: PriceEntry, quantity: number): Nano {
  const price = tiers.reduce((most, tier) => {
    const of = decimalOf(tier.price, PICO) ?? 0n
    return of > most ? of : most
  }, 0n)
  const perUnit = unit === 'hour' ? 1n : BigInt(UNIT_BYTES[unit])
  return divideUp(BigInt(quantity) * price, perUnit * PICO_PER_NANO)
}

export function sumNano(charges: readonly Charge[]): Nano {
  return charges.reduce((sum, { nano }) => sum + nano, 0n)
}

/** The first sentence that names a missing price; '' when none is missing. */
export function missingOf(found: readonly { missing: string }[]): string {
  return found.find(({ missing }) => missing !== '')?.missing ?? ''
}

/** Ids of prices, each once and sorted. */
export function idsOf(ids: readonly string[]): string[] {
  return distinct(ids.filter((id) => id !== '')).sort(compareText)
}

/** What is saved: the share of the difference, rounded down, less what is paid by the hour. */
export function savedOf({
  paid,
  instead,
  hourly,
  share,
}: Pick<Weighed, 'paid' | 'instead' | 'hourly' | 'share'>): Nano {
  const difference = (paid - instead) * (decimalOf(share, 6) ?? MILLION)
  return (difference < 0n ? -divideUp(-difference, MILLION) : difference / MILLION) - hourly
}

export function divideUp(amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by
}
