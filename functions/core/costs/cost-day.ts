/** Cost days: a priced day in sums. */
import type { Cost, CostDay, TeamCost, Unpriced } from '#core/costs/cost-month.ts'
import type { Nano } from '#core/costs/money.ts'
import { type Charge, type FixedCharge, PRICE_BASES, type PricedDay } from '#core/costs/priced-day.ts'
import { PRICE_KINDS } from '#core/costs/prices.ts'
import { exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'

export function noCost(): Cost {
  return { bytes: 0, nano: 0n }
}

/** Adds b to a, in place. */
export function addCost(a: Cost, b: Cost): void {
  a.bytes = exactSum(a.bytes, b.bytes)
  a.nano += b.nano
}

/** No cost of each of some names. */
export function noCosts<Name extends string>(names: readonly Name[]): Record<Name, Cost> {
  return Object.fromEntries(names.map((name) => [name, noCost()])) as Record<Name, Cost>
}

/** Adds costs by name, in place. */
export function addCosts<Name extends string>(a: Record<Name, Cost>, b: Readonly<Record<Name, Cost>>): void {
  for (const name of Object.keys(a) as Name[]) addCost(a[name], b[name])
}

/** All of it together: money alone, since a byte that is processed is charged twice. */
export function sumOf(costs: Readonly<Record<string, Cost>>): Nano {
  return Object.values(costs).reduce((sum, { nano }) => sum + nano, 0n)
}

/** Costs of teams, under the key by which equal ones meet. */
export class TeamCosts {
  readonly #byTeam = new Map<string, TeamCost>()

  add({ team, costCentre, bytes, nano, unpricedBytes }: TeamCost): void {
    const key = `${team}\0${costCentre}`
    const known = this.#byTeam.get(key)
    if (known === undefined) {
      this.#byTeam.set(key, { team, costCentre, bytes, nano, unpricedBytes })
      return
    }
    addCost(known, { bytes, nano })
    known.unpricedBytes = exactSum(known.unpricedBytes, unpricedBytes)
  }

  /** By team, then by cost centre. */
  all(): TeamCost[] {
    return [...this.#byTeam].sort(([a], [b]) => compareText(a, b)).map(([, cost]) => cost)
  }
}

/** What has no price, by why. */
export class UnpricedBytes {
  readonly #byReason = new Map<string, Unpriced>()

  add({ missing, kind, bytes }: Unpriced): void {
    const key = `${kind}\0${missing}`
    const known = this.#byReason.get(key)
    if (known === undefined) this.#byReason.set(key, { missing, kind, bytes })
    else known.bytes = exactSum(known.bytes, bytes)
  }

  /** By kind, then by reason. */
  all(): Unpriced[] {
    return [...this.#byReason].sort(([a], [b]) => compareText(a, b)).map(([, unpriced]) => unpriced)
  }
}

/** True when a charge has a price. */
export function isPriced({ entry }: Charge | FixedCharge): boolean {
  return entry !== ''
}

/** A day in sums; what has no price is in none of them but its own. */
export function costDayOf({ judged, currency, edges, fixed, end }: PricedDay): CostDay {
  const { date, provisional, observation, complete } = judged.digest.day
  const byKind = noCosts(PRICE_KINDS)
  const byBasis = noCosts(PRICE_BASES)
  const teams = new TeamCosts()
  const unpriced = new UnpricedBytes()
  const hours: Nano[] = Array(24).fill(0n)
  let estimatedBytes = 0
  let freeBytes = 0
  const addHours = (nano: readonly Nano[]) => {
    for (let hour = 0; hour < 24; hour++) hours[hour] += nano[hour]
  }
  for (const { destined, charges, team, costCentre, protocol } of edges) {
    for (const charge of charges) {
      const isTransfer = charge.kind === destined?.kind
      if (!isPriced(charge)) {
        unpriced.add(charge)
        teams.add({ team, costCentre, ...noCost(), unpricedBytes: charge.bytes })
        continue
      }
      addCost(byKind[charge.kind], charge)
      addHours(charge.hourNano)
      teams.add({ team, costCentre, bytes: isTransfer ? charge.bytes : 0, nano: charge.nano, unpricedBytes: 0 })
      if (!isTransfer) continue
      addCost(byBasis[destined.basis], charge)
      freeBytes = exactSum(freeBytes, charge.freeBytes)
      if (protocol !== 'tcp') estimatedBytes = exactSum(estimatedBytes, charge.bytes)
    }
  }
  for (const charge of fixed) {
    if (!isPriced(charge)) {
      unpriced.add({ ...charge, bytes: 0 })
      continue
    }
    byKind[charge.kind].nano += charge.nano
    addHours(charge.hourNano)
  }
  return {
    ...{ date, observation, provisional, complete, currency, byKind, byBasis },
    byTeam: teams.all(),
    hours,
    estimatedBytes,
    unpriced: unpriced.all(),
    freeBytes,
    meters: end,
  }
}
