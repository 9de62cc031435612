/**
 * True-up: what a month's prices at its close make of it, above what its days were priced at. Days stay as they are; what
 * was learnt later, of the payer's other traffic or of prices, is this one line.
 */
import type { CostDay, TrueUp } from '#core/costs/cost-month.ts'
import type { Nano } from '#core/costs/money.ts'
import { PRICE_KINDS, type PriceKind } from '#core/costs/prices.ts'
import { compareText } from '#core/order.ts'
import { DAY_MS, isoDate, monthSpan } from '#core/time.ts'

/** A month is closed once this day of the next has been: bills are final about then. */
const CLOSING_DAY = 5

/** The day (YYYY-MM-DD) that closes a month (YYYY-MM). */
export function closingDate(month: string): string {
  return isoDate(monthSpan(month).to + (CLOSING_DAY - 1) * DAY_MS)
}

/** The true-up of a month, from its days as they were priced and as they are by what holds on the day that closes it. */
export function trueUpOf(
  { on, prices }: Pick<TrueUp, 'on' | 'prices'>,
  days: readonly CostDay[],
  repriced: readonly CostDay[],
): TrueUp {
  const kinds = PRICE_KINDS.map((kind): [PriceKind, Nano] => [kind, sumOf(repriced, kind) - sumOf(days, kind)])
  const [before, after] = [teamsOf(days), teamsOf(repriced)]
  const teams = [...new Set([...before.keys(), ...after.keys()])].sort(compareText)
  return {
    ...{ on, prices },
    nano: kinds.reduce((sum, [, nano]) => sum + nano, 0n),
    byKind: Object.fromEntries(kinds) as Record<PriceKind, Nano>,
    byTeam: teams.map((team) => ({ team, nano: (after.get(team) ?? 0n) - (before.get(team) ?? 0n) })),
  }
}

function sumOf(days: readonly CostDay[], kind: PriceKind): Nano {
  return days.reduce((sum, { byKind }) => sum + byKind[kind].nano, 0n)
}

function teamsOf(days: readonly CostDay[]): Map<string, Nano> {
  const teams = new Map<string, Nano>()
  for (const { byTeam } of days) {
    for (const { team, nano } of byTeam) teams.set(team, (teams.get(team) ?? 0n) + nano)
  }
  return teams
}
