/**
 * Priced days: a judged day with what its traffic costs by the list prices that held on it. Hours are priced in the order of
 * time at the marginal price, so that what comes later in a month never changes them.
 */
import { type Destined, destinedLookup } from '#core/costs/destined.ts'
import { type FixedLine, lining } from '#core/costs/lining.ts'
import { startMetering } from '#core/costs/metering.ts'
import type { Meters } from '#core/costs/meters.ts'
import type { Nano } from '#core/costs/money.ts'
import type { Wanted } from '#core/costs/price-lookup.ts'
import type { PriceKind } from '#core/costs/prices.ts'
import { type Line, Tab } from '#core/costs/tab.ts'
import { teamLookup } from '#core/costs/team.ts'
import type { CostsInForce, CostsOn } from '#core/declarations.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { compareText } from '#core/order.ts'

export { type Destined, PRICE_BASES, type PriceBasis } from '#core/costs/destined.ts'

/** One thing that is charged for an edge on a day. */
export interface Charge {
  kind: PriceKind // a transfer's, or '…-processing'
  entry: string // id of the price; '' when no price holds: then bytes are counted, and nano is 0 and means nothing
  missing: string // why there is no price, one sentence that names what to add; '' when there is one
  bytes: number // that are charged, overhead among them; summed over hours
  freeBytes: number // of them, those that an allowance covered
  nano: Nano // likewise
  hourBytes: number[] // 24
  hourNano: Nano[] // 24
}

export interface PricedEdge extends JudgedEdge {
  destined: Destined | null // null when it is not charged: it was blocked, is no egress by Istio's configuration, or no prices are declared
  charges: Charge[] // of the transfer first; none when it is not charged
  team: string // UNOWNED when nobody owns it
  costCentre: string
}

/** What a mesh is charged by the hour, whatever it sends. */
export interface FixedCharge {
  target: string
  kind: 'nat-hours' | 'endpoint-hours'
  service: string // endpoint-hours: of the endpoint; '' for NAT
  entry: string // as a charge's
  missing: string
  quantity: number // hours, times gateways or zones
  nano: Nano
  hourQuantity: number[] // 24
  hourNano: Nano[] // 24
}

export interface PricedDay {
  judged: JudgedDay
  declared: CostsOn
  currency: string // '' when no prices are declared: nothing is priced then
  edges: PricedEdge[] // in the digest's order; those that are not charged are among them
  fixed: FixedCharge[] // by target, kind and service
  start: Meters // of the billing month, before the day
  end: Meters // after it
}

/** Prices days by what was in force on them; made once for all days on which the same was. */
export function pricing({ links, prices, owners }: CostsInForce): (judged: JudgedDay, start: Meters) => PricedDay {
  const teamOf = teamLookup(owners)
  if (prices === null) {
    return (judged, start) => {
      const edges = judged.edges.map((edge) => ({ ...edge, destined: null, charges: [], ...teamOf(edge) }))
      return { judged, declared: links, currency: '', edges, fixed: [], start, end: start }
    }
  }
  const { currency, otherTraffic } = prices
  const destinedOf = destinedLookup(prices)
  const linesOf = lining(prices)
  return (judged, start) => {
    const { date, day } = judged.digest
    const tab = new Tab()
    const { transferLines, fixedLines } = linesOf(tab, date)
    const lined = judged.edges.map((edge) => {
      const isCharged = edge.destinationClass !== 'blocked' && edge.traffic.isEgress
      const destined = isCharged ? destinedOf(edge) : null
      return { edge, destined, lines: destined === null ? [] : transferLines(edge, destined) }
    })
    const fixed = day.coverage.flatMap((coverage) => fixedLines(coverage))
    const end = tab.settle(startMetering(otherTraffic, date.slice(0, 7), start))
    const edges = lined.map(({ edge, destined, lines }) => {
      return { ...edge, destined, charges: lines.map(chargeOf), ...teamOf(edge) }
    })
    return { judged, declared: links, currency, edges, fixed: fixed.map(fixedChargeOf).sort(compareFixed), start, end }
  }
}

function chargeOf({ wanted, entry, missing, quantity, free, hourQuantity, hourNano }: Line): Charge {
  const money = { nano: sumOf(hourNano), hourBytes: hourQuantity, hourNano }
  return { kind: wanted.kind, entry: entry?.id ?? '', missing, bytes: quantity, freeBytes: free, ...money }
}

function fixedChargeOf([target, line]: FixedLine): FixedCharge {
  const { wanted, entry, missing, quantity, hourQuantity, hourNano } = line
  const { kind, service } = wanted as Wanted & { kind: FixedCharge['kind'] }
  const money = { quantity, nano: sumOf(hourNano), hourQuantity, hourNano }
  return { target, kind, service, entry: entry?.id ?? '', missing, ...money }
}

function sumOf(hours: readonly Nano[]): Nano {
  let sum = 0n
  for (const nano of hours) sum += nano
  return sum
}

function compareFixed(a: FixedCharge, b: FixedCharge): number {
  return compareText(a.target, b.target) || compareText(a.kind, b.kind) || compareText(a.service, b.service)
}
