/**
 * Estimates: what each workload's traffic to each host costs by list prices, summed over a charge period, by what is charged
 * and by the tier it was priced in.
 */
import type { Nano } from '#core/costs/money.ts'
import type { Charge, FixedCharge, PricedDay, PricedEdge } from '#core/costs/priced-day.ts'
import type { PriceEntry, Prices } from '#core/costs/prices.ts'
import { exactSum } from '#core/flow.ts'
import { type ChargeLine, type ChargeSum, estimateRow, placeOf } from '#core/focus/estimate-row.ts'
import type { ChargePeriod } from '#core/focus/period.ts'
import { type LevelPart, levelParts } from '#core/focus/price-level.ts'
import type { FocusRow } from '#core/focus/row.ts'
import { compareText } from '#core/order.ts'
import type { DayReport, Observation } from '#core/report.ts'
import { HOUR_MS, type hoursIn, parseDate } from '#core/time.ts'

type DayHours = ReturnType<typeof hoursIn>

/** What was told of the rows that were made. */
export interface EstimateTally {
  rows: number
  nano: Map<string, Nano> // by currency
  unpricedRows: number
  unpricedBytes: bigint
  partialRows: number // of time that was not observed whole
}

export function emptyTally(): EstimateTally {
  return { rows: 0, nano: new Map(), unpricedRows: 0, unpricedBytes: 0n, partialRows: 0 }
}

/** Sums one charge period over its days, or over some hours of one. */
export class Estimates {
  readonly #sums = new Map<string, ChargeSum>()
  readonly #observed = new Map<string, Set<Observation>>() // by target
  #provisional = false
  #hours = 0 // that were added
  #reached = 0 // end of the last of them, ms since epoch

  /** Adds hours of a day that prices were declared for, of one target or of all. */
  add(priced: PricedDayPrices, hours: DayHours, target?: string): void {
    const isAsked = (of: { target: string }) => target === undefined || of.target === target
    const { edges, fixed, judged } = priced.day
    this.#hours += hours.until - hours.from
    this.#reached = parseDate(judged.digest.date) + hours.until * HOUR_MS
    this.#observe(judged.digest.day, hours)
    for (const edge of edges.filter(isAsked)) {
      for (const charge of edge.charges) this.#addCharge(priced, edge, charge, hours)
    }
    for (const charge of fixed.filter(isAsked)) this.#addFixed(priced, charge, hours)
  }

  #observe(day: DayReport, { from, until }: DayHours): void {
    const isWhole = from === 0 && until === 24
    this.#provisional ||= isWhole ? day.provisional : day.hours.slice(from, until).some((hour) => hour.provisional)
    for (const { target, observation, hours } of day.coverage) {
      const seen = this.#observed.get(target) ?? new Set<Observation>()
      this.#observed.set(target, seen)
      for (const one of isWhole ? [observation] : hours.slice(from, until)) seen.add(one)
    }
  }

  #addCharge(priced: PricedDayPrices, edge: PricedEdge, charge: Charge, { from, until }: DayHours): void {
    const { day, prices, entryOf, partsOf } = priced
    const { kind, missing } = charge
    const entry = entryOf(charge)
    const about = { currency: day.currency, target: edge.target, kind, entry, missing, edge, service: '', prices }
    const parts = entry === null ? null : partsOf(edge.target, charge, entry)
    const found = new Map<string, LevelPart | { level: null; bytes: number; nano: Nano }>() // by level: a key costs more than an hour
    for (let hour = from; hour < until; hour++) {
      for (const part of parts?.[hour] ?? [{ level: null, bytes: charge.hourBytes[hour], nano: 0n }]) {
        const name = part.level?.name ?? ''
        const { bytes = 0, nano = 0n } = found.get(name) ?? {}
        found.set(name, { ...part, bytes: exactSum(bytes, part.bytes), nano: nano + part.nano })
      }
    }
    for (const { level, bytes, nano } of found.values()) this.#sum({ ...about, level }, bytes, nano)
  }

  #addFixed({ day, prices, entryOf }: PricedDayPrices, fixed: FixedCharge, { from, until }: DayHours): void {
    const { target, kind, service, missing, hourQuantity, hourNano } = fixed
    const entry = entryOf(fixed)
    const line = { currency: day.currency, target, kind, entry, level: null, missing, edge: null, service, prices }
    for (let hour = from; hour < until; hour++) this.#sum(line, hourQuantity[hour], hourNano[hour])
  }

  #sum(line: ChargeLine, quantity: number, nano: Nano): void {
    if (quantity === 0 && nano === 0n) return
    const key = keyOf(line)
    const sum = this.#sums.get(key)
    if (sum === undefined) this.#sums.set(key, { line, quantity: BigInt(quantity), nano })
    else {
      sum.quantity += BigInt(quantity)
      sum.nano += nano
    }
  }

  /** The rows of the period in the order of their keys; nothing is kept of them. What of it was not added was not observed. */
  *rows(period: ChargePeriod, tally: EstimateTally): Generator<FocusRow> {
    const isWhole = this.#hours * HOUR_MS === period.to - period.from
    const provisional = this.#provisional || this.#reached < period.to
    for (const [, sum] of [...this.#sums].sort(([a], [b]) => compareText(a, b))) {
      const seen = observationOf(this.#observed.get(sum.line.target))
      const observation = seen === 'observed' && !isWhole ? 'partial' : seen
      count(tally, sum, observation)
      yield estimateRow(sum, { period, observation, provisional })
    }
  }
}

/** A day of all targets, with the prices that held on it; made once, for all hours of the day. */
export interface PricedDayPrices {
  day: PricedDay
  prices: Prices
  entryOf(charge: Charge | FixedCharge): PriceEntry | null // null without a price
  partsOf(target: string, charge: Charge, entry: PriceEntry): LevelPart[][] // by hour
}

export function pricedDayPrices(day: PricedDay, prices: Prices): PricedDayPrices {
  const entries = new Map(prices.entries.map((entry) => [entry.id, entry]))
  const parts = levelParts(day, prices, entries)
  const known = new Map<Charge, LevelPart[][]>()
  return {
    day,
    prices,
    entryOf({ entry }) {
      const found = entries.get(entry)
      if (found !== undefined || entry === '') return found ?? null
      throw new Error(`export: ${JSON.stringify(entry)} priced ${day.judged.digest.date}, and no price declared for it`)
    },
    partsOf(target, charge, entry) {
      const made = known.get(charge) ?? parts(target, charge, entry)
      known.set(charge, made)
      return made
    },
  }
}

function keyOf({ currency, target, kind, entry, level, missing, edge, service, prices }: ChargeLine): string {
  const { namespace = '', workload = '', host = '', protocol = '', destinationClass = '' } = edge ?? {}
  const { team = '', costCentre = '', destined = null } = edge ?? {}
  const { provider = '', region = '', payer = '' } = placeOf(prices, target) ?? {}
  return [
    ...[
      edge === null ? 1 : 0,
      target,
      namespace,
      workload,
      host,
      protocol,
      destinationClass,
      team,
      costCentre,
      service,
    ],
    ...[kind, entry?.id ?? '', level?.name ?? '', missing, currency, provider, region, payer],
    ...(destined === null ? [] : [destined.provider, destined.region, destined.service, destined.basis]),
  ].join('\0')
}

function observationOf(seen: ReadonlySet<Observation> | undefined): Observation {
  if (seen === undefined || seen.size === 0) return 'none'
  return seen.size === 1 ? [...seen][0] : 'partial'
}

function count(tally: EstimateTally, { line, quantity, nano }: ChargeSum, observation: Observation): void {
  tally.rows++
  if (observation !== 'observed') tally.partialRows++
  if (line.entry !== null) tally.nano.set(line.currency, (tally.nano.get(line.currency) ?? 0n) + nano)
  else {
    tally.unpricedRows++
    if (line.edge !== null) tally.unpricedBytes += quantity
  }
}
