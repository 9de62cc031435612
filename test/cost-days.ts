/** Days by what they cost, for tests of what looks at many of them. */
import { noCosts } from '#core/costs/cost-day.ts'
import type { CostDay } from '#core/costs/cost-month.ts'
import { NO_METERS } from '#core/costs/meters.ts'
import { nanoOf } from '#core/costs/money.ts'
import { PRICE_BASES } from '#core/costs/priced-day.ts'
import { PRICE_KINDS } from '#core/costs/prices.ts'

/** A day on which this much was transferred, and NAT was charged by the hour; half of it a team's. */
export function costDay(date: string, internet: string, more: Partial<CostDay> & { nat?: string } = {}): CostDay {
  const { nat = '0', ...changes } = more
  const byKind = noCosts(PRICE_KINDS)
  byKind.internet = { bytes: 1, nano: nanoOf(internet) }
  byKind['nat-hours'].nano = nanoOf(nat)
  return {
    ...{ date, observation: 'observed', provisional: false, complete: true, currency: 'USD', byKind },
    byBasis: noCosts(PRICE_BASES),
    byTeam: [{ team: 'shop', costCentre: '', bytes: 1, nano: nanoOf(internet) / 2n, unpricedBytes: 0 }],
    ...{ hours: [], estimatedBytes: 0, unpriced: [], freeBytes: 0, meters: NO_METERS },
    ...changes,
  }
}
