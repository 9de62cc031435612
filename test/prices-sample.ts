/** Prices, and days of traffic by the hour, for tests of what is priced. */
import type { Meters } from '#core/costs/meters.ts'
import { metersOn, NO_METERS } from '#core/costs/meters.ts'
import type { Owners } from '#core/costs/owners.ts'
import { type PricedDay, pricing } from '#core/costs/priced-day.ts'
import type { PriceEntry, Prices, PriceTier, TargetPlace } from '#core/costs/prices.ts'
import { dayReport } from '#core/day.ts'
import type { CostsInForce } from '#core/declarations.ts'
import { type DayDigest, digestOf } from '#core/digest.ts'
import type { FlowRow } from '#core/flow.ts'
import { type JudgedDay, judging } from '#core/judged-day.ts'
import type { Register } from '#core/register/register.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { hourRecord, targetState } from './flow-rows.ts'
import { inForce } from './judged-days.ts'

export const GIB = 2 ** 30
export const GB = 1e9

/** Tiers from pairs of their end, '' for none, and their price. */
export function tiers(...pairs: readonly (readonly [upTo: string, price: string])[]): PriceTier[] {
  return pairs.map(([upTo, price]) => ({ upTo, price }))
}

/** An entry of AWS for the internet out of us-east-1, in GiB at 0.09, but for what is given. */
export function priceEntry(changes: Partial<PriceEntry> = {}): PriceEntry {
  const { provider = 'aws', kind = 'internet', region = 'us-east-1', to = '', from = '2024-02-01' } = changes
  return {
    id: [provider, kind, region, to, changes.service ?? '', from].filter((part) => part !== '').join(' '),
    book: 'aws',
    provider,
    kind,
    region,
    tier: '',
    to,
    service: '',
    endpoint: '',
    bytes: 'egress',
    unit: 'GiB',
    from,
    until: '',
    free: null,
    tiers: tiers(['', '0.09']),
    pool: [kind, region, to].filter((part) => part !== '').join(' '),
    source: 'https://prices.example/aws',
    retrieved: '2026-05-01',
    ...changes,
  }
}

/** What AWS asks in us-east-1: the list that the worked examples are reckoned by. */
export const US_EAST_1: readonly PriceEntry[] = [
  priceEntry({
    free: { quantity: '100', pool: 'internet' },
    tiers: tiers(['10240', '0.09'], ['51200', '0.085'], ['153600', '0.07'], ['', '0.05']),
  }),
  priceEntry({ kind: 'cross-region', to: 'eu-west-1', tiers: tiers(['', '0.02']) }),
  priceEntry({ kind: 'cross-zone', bytes: 'both', tiers: tiers(['', '0.01']) }),
  priceEntry({ kind: 'same-region', tiers: tiers(['', '0']) }),
  priceEntry({ kind: 'nat-processing', bytes: 'both', tiers: tiers(['', '0.045']) }),
  priceEntry({ kind: 'nat-hours', unit: 'hour', tiers: tiers(['', '0.045']) }),
  priceEntry({
    kind: 'endpoint-processing',
    endpoint: 'gateway',
    service: 's3',
    bytes: 'both',
    tiers: tiers(['', '0']),
  }),
  priceEntry({ kind: 'endpoint-processing', endpoint: 'interface', bytes: 'both', tiers: tiers(['', '0.01']) }),
  priceEntry({ kind: 'endpoint-hours', endpoint: 'interface', unit: 'hour', tiers: tiers(['', '0.01']) }),
]

/** A mesh in us-east-1 of AWS that leaves without NAT, but for what is given. */
export function targetPlace(changes: Partial<TargetPlace> = {}): TargetPlace {
  return { provider: 'aws', region: 'us-east-1', tier: '', payer: '', nat: null, endpoints: [], ...changes }
}

/** The list of us-east-1 for a target called mesh, but for what is given. */
export function pricesOf(changes: Partial<Prices> = {}): Prices {
  return {
    currency: 'USD',
    overheadFactor: '1',
    targets: { mesh: targetPlace() },
    rules: [],
    entries: [...US_EAST_1],
    otherTraffic: [],
    ...changes,
  }
}

export function costsInForce(prices: Prices | null, owners: Owners | null = null): CostsInForce {
  const links = { prices: null, owners: null, budgets: null }
  return { links, prices, owners, budgets: null }
}

/** A day of one target by its hours, closed and observed whole but for what is given. */
export interface HourlyDay {
  date: string // YYYY-MM-DD
  hours: Readonly<Record<number, readonly FlowRow[]>> // by hour of day
  target?: string
  closedHours?: number // 24 unless the day is still open
  observedMs?: number // of each hour
  first?: string // ISO 8601: the target's first hour
}

export function hourlyDigest({ date, hours, target = 'mesh', ...rest }: HourlyDay): DayDigest {
  const { closedHours = 24, observedMs = HOUR_MS, first = '2026-01-01T00:00:00Z' } = rest
  const day = Date.parse(date)
  const begun = Date.parse(first)
  const records = Array.from({ length: closedHours }, (_, at) => day + at * HOUR_MS)
    .filter((hour) => hour >= begun)
    .map((hour) => hourRecord(target, hour, [...(hours[((hour % DAY_MS) / HOUR_MS) as number] ?? [])], { observedMs }))
  const targets = [targetState(target, begun, day + closedHours * HOUR_MS)]
  return digestOf(date, dayReport({ title: 'Egress', day, targets, records, previous: null, next: null }), records)
}

export function judgedHourly(day: HourlyDay, register: Register | null = null): JudgedDay {
  return judging(inForce(register))(hourlyDigest(day))
}

/** Days priced one after the other, each with the meters of the one before. */
export function pricedInOrder(held: CostsInForce, days: readonly JudgedDay[], start: Meters = NO_METERS): PricedDay[] {
  const price = pricing(held)
  let meters = start
  return days.map((judged) => {
    const priced = price(judged, metersOn(judged.digest.date, meters))
    meters = priced.end
    return priced
  })
}
