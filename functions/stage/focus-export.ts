/** FOCUS export of estimates: what egress costs by list prices, in the columns of the FinOps specification. */
import { type FocusVersion, focusColumns } from '#core/focus/columns.ts'
import { Estimates, type EstimateTally, emptyTally, pricedDayPrices } from '#core/focus/estimate.ts'
import { type ChargePeriod, dayFrom, monthOf, within } from '#core/focus/period.ts'
import { focusHeader, focusLine } from '#core/focus/row.ts'
import { eachHour, HOUR_MS, hoursIn, isoDate, parseDate } from '#core/time.ts'
import type { Store } from '../store/store.ts'
import { Declarations } from './declarations.ts'
import type { ExportStep } from './export.ts'
import { readLedger } from './ledger.ts'
import { pricedDays } from './priced-days.ts'

export interface FocusRequest {
  from: number // ms since epoch, a whole hour, inclusive
  to: number // exclusive
  by: ExportStep
  version: FocusVersion
  target?: string
}

/**
 * The text of an export of estimates, header first; at the end the tally holds what was told. Throws one sentence when the
 * target is unknown, when no prices were declared, or when a rollup cannot be read. No more is held than the rows of one
 * day, or of one month when that is the step.
 */
export async function* focusEstimates(
  store: Store,
  request: FocusRequest,
  tally: EstimateTally = emptyTally(),
): AsyncGenerator<string> {
  await refuseUnknown(store, request.target)
  const columns = focusColumns(request.version, 'estimate')
  yield focusHeader(columns)
  for await (const { estimates, period } of estimatedPeriods(store, request)) {
    for (const row of estimates.rows(period, tally)) yield focusLine(columns, row)
  }
}

interface EstimatedPeriod {
  estimates: Estimates
  period: ChargePeriod
}

/** Charge periods of which the ledger has something, oldest first: hours, days or months, cut at the request's ends. */
async function* estimatedPeriods(store: Store, request: FocusRequest): AsyncGenerator<EstimatedPeriod> {
  const declarations = await Declarations.read(store)
  let month: EstimatedPeriod | null = null
  for await (const day of pricedDays(store, { from: isoDate(request.from), to: isoDate(request.to - HOUR_MS) })) {
    const { date } = day.judged.digest
    const start = parseDate(date)
    const { prices } = await declarations.costsInForce(date)
    if (prices === null) {
      throw new Error(
        'export: no prices are declared, and every row of FOCUS needs a price and its currency; name a prices file in wharfage.yaml, and run publish',
      )
    }
    const priced = pricedDayPrices(day, prices)
    const inDay = within(request, dayFrom(start))
    if (request.by === 'month') {
      const period = within(request, monthOf(start))
      if (month !== null && month.period.from !== period.from) yield month
      if (month === null || month.period.from !== period.from) month = { estimates: new Estimates(), period }
      month.estimates.add(priced, hoursIn(start, inDay), request.target)
      continue
    }
    const periods =
      request.by === 'day'
        ? [inDay]
        : [...eachHour(inDay.from, inDay.to)].map((hour) => ({ from: hour, to: hour + HOUR_MS }))
    for (const period of periods) {
      const estimates = new Estimates()
      estimates.add(priced, hoursIn(start, period), request.target)
      yield { estimates, period }
    }
  }
  if (month !== null) yield month
}

/** Throws one sentence when the store has nothing of a target. */
export async function refuseUnknown(store: Store, target: string | undefined): Promise<void> {
  if (target === undefined || (await readLedger(store, target)).length > 0) return
  throw new Error(`export: the store has no target "${target}"; "check" lists those of the configuration`)
}
