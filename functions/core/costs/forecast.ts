/**
 * Forecast: what a month will have cost at its end, if its days go on as the last ones were. It looks at money as days were
 * priced, not at tiers and allowances that the rest of the month will meet, and says so.
 */
import type { CostDay } from '#core/costs/cost-month.ts'
import { type Money, moneyOf, type Nano } from '#core/costs/money.ts'
import { sharedNano, wholeNano } from '#core/costs/period-cost.ts'
import { DAY_MS, isoDate, monthSpan, parseDate } from '#core/time.ts'

export interface Forecast {
  money: Money // of the whole month: what it cost so far, and the rest
  low: Money // if every day of the rest costs as little as the cheapest of those it is reckoned from
  high: Money // as much as the dearest
  shared: Money // of the rest, what is charged by the hour
  days: number // complete closed days that it is reckoned from, at most 28
  rest: number // days of the month that are open or to come
  by: 'weekday' | 'mean' // the mean of each weekday, or of all days while there are fewer than 7
  method: string // one sentence
}

/** A forecast in nano-units, with each day of the rest. */
export interface Projection {
  nano: Nano
  low: Nano
  high: Nano
  shared: Nano
  days: number
  by: Forecast['by']
  rest: { date: string; nano: Nano }[] // oldest first
}

/** Whose costs: a team's, or all there are, what is charged by the hour among them. */
export type Payer = { team: string } | 'all'

const LOOKBACK_DAYS = 28
const WEEK = 7

/**
 * The forecast of the month (YYYY-MM) of the last of some days, which are dense, oldest first, and begin before what is
 * looked back at, as far as there are any. Null when none of them is closed, complete and priced in the currency.
 */
export function project(month: string, currency: string, days: readonly CostDay[], payer: Payer): Projection | null {
  const closed = days.filter(({ provisional }) => !provisional)
  const samples = closed
    .slice(-LOOKBACK_DAYS)
    .filter((day) => day.complete && day.currency === currency)
    .map((day) => ({ weekday: weekdayOf(day.date), nano: variableNano(day, payer) }))
  const last = days.at(-1)
  if (last === undefined || samples.length === 0) return null

  const shared = payer === 'all' ? sharedNano(closed[closed.length - 1]) : 0n
  const by = samples.length < WEEK ? 'mean' : 'weekday'
  const known = new Map(days.map((day) => [day.date, day]))
  const sum: Projection = { nano: 0n, low: 0n, high: 0n, shared: 0n, days: samples.length, by, rest: [] }
  for (const date of datesOf(month)) {
    const day = known.get(date)
    const soFar = day === undefined || day.currency !== currency ? 0n : spent(day, payer)
    if (day !== undefined && !day.provisional) {
      for (const name of ['nano', 'low', 'high'] as const) sum[name] += soFar
      continue
    }
    if (date < last.date && day === undefined) continue // before the ledger began
    const alike = by === 'mean' ? [] : samples.filter(({ weekday }) => weekday === weekdayOf(date))
    // Of a weekday that was never observed whole, all days together tell.
    const nano = (alike.length > 0 ? alike : samples).map((sample) => sample.nano).sort((a, b) => Number(a - b))
    const mean = nano.reduce((all, one) => all + one, 0n) / BigInt(nano.length)
    const atLeast = (expected: Nano) => (soFar > expected + shared ? soFar : expected + shared)
    sum.nano += atLeast(mean)
    sum.low += atLeast(nano[0])
    sum.high += atLeast(nano[nano.length - 1])
    sum.shared += shared
    sum.rest.push({ date, nano: atLeast(mean) })
  }
  return sum
}

/** A projection as reports tell it; null when the month is over. */
export function forecastOf(projection: Projection | null): Forecast | null {
  if (projection === null || projection.rest.length === 0) return null
  const { nano, low, high, shared, days, by, rest } = projection
  return {
    ...{ money: moneyOf(nano), low: moneyOf(low), high: moneyOf(high), shared: moneyOf(shared) },
    ...{ days, rest: rest.length, by, method: methodOf(projection) },
  }
}

/** What a payer was charged on a day. */
export function spent(day: CostDay, payer: Payer): Nano {
  return variableNano(day, payer) + (payer === 'all' ? sharedNano(day) : 0n)
}

function variableNano(day: CostDay, payer: Payer): Nano {
  if (payer === 'all') return wholeNano(day) - sharedNano(day)
  return day.byTeam.reduce((sum, { team, nano }) => (team === payer.team ? sum + nano : sum), 0n)
}

function methodOf({ days, by, rest, shared }: Projection): string {
  const mean = by === 'weekday' ? 'the mean of its weekday' : 'the mean'
  const complete = days === 1 ? 'the only complete day' : `the ${days} complete days`
  const hourly = shared === 0n ? '' : ', and what is charged by the hour as on the last closed day'
  return (
    `What was charged so far, and for ${rest.length === 1 ? 'the day' : `each of the ${rest.length} days`} that ` +
    `${rest.length === 1 ? 'is' : 'are'} left ${mean} over ${complete} of the last ${LOOKBACK_DAYS} closed ones, with the ` +
    `allowances and tiers that those were priced at${hourly}; the range is that of the cheapest and the dearest of them.`
  )
}

function weekdayOf(date: string): number {
  return (parseDate(date) / DAY_MS) % WEEK
}

function datesOf(month: string): string[] {
  const { from, to } = monthSpan(month)
  return Array.from({ length: (to - from) / DAY_MS }, (_, at) => isoDate(from + at * DAY_MS))
}
