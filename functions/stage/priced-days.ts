/** Priced days of a ledger, read from its rollups: for what is asked for once, and not kept. */
import { metersOn, NO_METERS } from '#core/costs/meters.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import { DAY_MS, parseDate } from '#core/time.ts'
import { mapConcurrently } from '../concurrency.ts'
import type { Store } from '../store/store.ts'
import { Declarations } from './declarations.ts'
import { digestOfRecords } from './digests.ts'
import { Judge } from './judging.ts'
import { type ReadRecord, readLedger, readRecords } from './ledger.ts'
import { Pricer } from './pricing.ts'
import { datesOf } from './settling.ts'

export interface PricedSpan {
  from: string // YYYY-MM-DD
  to: string // likewise, inclusive
  target?: string // only what this one sends; what others sent before it moves its tiers all the same
}

/** Two, so that one is read while the other is priced. */
const DAYS_AT_A_TIME = 2

/**
 * The days of a span that the ledger has, oldest first, open ones among them. Reads from the beginning of the first day's
 * month, or tiers would begin anew. Throws one sentence when a rollup or a declaration cannot be read.
 */
export async function* pricedDays(store: Store, { from, to, target }: PricedSpan): AsyncGenerator<PricedDay> {
  const targets = await readLedger(store)
  const declarations = await Declarations.read(store)
  const pricer = new Pricer(declarations, new Judge(declarations))
  const monthsFirst = `${from.slice(0, 7)}-01`
  const dates = datesOf(targets).filter((date) => date >= monthsFirst && date <= to)
  const read = async (date: string) => {
    const day = parseDate(date)
    const records: ReadRecord[] = []
    for (const one of targets) records.push(...(await readRecords(store, one, { from: day, to: day + DAY_MS })))
    return digestOfRecords(targets, date, records)
  }
  let meters = NO_METERS
  for await (const digest of mapConcurrently(dates, DAYS_AT_A_TIME, read)) {
    const priced = await pricer.day(digest, metersOn(digest.date, meters))
    meters = priced.end
    if (digest.date >= from) yield target === undefined ? priced : ofTarget(priced, target)
  }
}

function ofTarget(priced: PricedDay, target: string): PricedDay {
  return {
    ...priced,
    edges: priced.edges.filter((edge) => edge.target === target),
    fixed: priced.fixed.filter((charge) => charge.target === target),
  }
}
