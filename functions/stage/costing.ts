/**
 * Costing: closed days, by the prices that held on each, folded into the months they are of, and months into the cost
 * history; and open days upon them, for this publish alone. A billing month begins anew, so that only months are priced
 * again of which a day would be priced by something else than it was.
 */
import { costDayOf } from '#core/costs/cost-day.ts'
import { type MonthFolding, pricedByAfter, startCostMonth, withMonth, withoutMonth } from '#core/costs/cost-fold.ts'
import { type CostHistory, emptyCostHistory, type MonthCosts } from '#core/costs/cost-history.ts'
import type { CostMonth, TrueUp } from '#core/costs/cost-month.ts'
import { NO_METERS } from '#core/costs/meters.ts'
import { decodeCostHistory, decodeCostMonth, encodeCostHistory, encodeCostMonth } from '#core/costs/packed-costs.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import { closingDate, trueUpOf } from '#core/costs/true-up.ts'
import type { DayDigest } from '#core/digest.ts'
import { costHistoryKey, costMonthKey } from '#core/keys.ts'
import type { Published } from '#core/published.ts'
import type { Store } from '../store/store.ts'
import type { Declarations } from './declarations.ts'
import type { FoldedDays } from './folding.ts'
import type { JudgedDays } from './judging.ts'
import { type HistoryKind, readKept, writeKept } from './kept-history.ts'
import { Pricer } from './pricing.ts'

export interface CostSettings {
  store: Store // of the ledger
  declarations: Declarations
  folded: FoldedDays
  judgements: JudgedDays
  published: Published // what is priced is put in
  dates: readonly string[] // YYYY-MM-DD; every day of the ledger, dense, oldest first
  outOfTime(): boolean // asked before each closed day
  priced(done: number, of: number): void // told of each closed day
}

const COST_HISTORY: HistoryKind<CostHistory> = {
  key: costHistoryKey,
  encode: encodeCostHistory,
  decode: decodeCostHistory,
}

/** As many priced days as a month has, and some more. */
const KEPT = 36
/** As many closed months as are told of side by side. */
const KEPT_MONTHS = 13

/** Prices what is new, or was priced by other declarations than hold for it now. Without prices there is nothing to do. */
export async function costDays(settings: CostSettings): Promise<PricedLedger> {
  const { declarations, dates, published, folded, judgements } = settings
  const ledger = new PricedLedger(settings)
  const newest = dates.at(-1)
  if (newest === undefined || declarations.costsOn(newest).prices === null) {
    published.costs = ''
    return ledger
  }
  // Days that were not judged for want of time are not priced either.
  if (folded.remaining + judgements.remaining > 0) {
    await ledger.forgetChanged()
    return ledger
  }
  await ledger.foldClosed()
  if (ledger.remaining === 0) await ledger.foldOpen()
  return ledger
}

/** What the days of a ledger cost; months are read when they are asked for. */
export class PricedLedger {
  history: CostHistory = emptyCostHistory() // of the closed days
  current: CostHistory = emptyCostHistory() // of the open days, too
  remaining = 0 // closed days that were not priced for want of time
  readonly #settings: CostSettings
  readonly #pricer: Pricer
  readonly #months = new Map<string, Promise<CostMonth>>() // by month: of closed days, least recently asked for first
  readonly #currentMonths = new Map<string, CostMonth>() // those with open days, these among them
  readonly #days = new Map<string, Promise<PricedDay | null>>() // by date, least recently asked for first

  constructor(settings: CostSettings) {
    this.#settings = settings
    this.#pricer = new Pricer(settings.declarations, settings.judgements.judge)
  }

  /** True when prices were ever declared: without them nothing is told of money. */
  get hasPrices(): boolean {
    return this.history.months.length > 0 || this.current.months.length > 0
  }

  /** A month (YYYY-MM) as of now, open days among it; null when none of its days is priced. */
  async month(month: string): Promise<CostMonth | null> {
    return this.#currentMonths.get(month) ?? this.closedMonth(month)
  }

  /** The closed days of a month (YYYY-MM); null when none of them is priced. */
  async closedMonth(month: string): Promise<CostMonth | null> {
    const known = this.history.months.find((one) => one.month === month)
    return known === undefined ? null : this.#closedMonth(known)
  }

  /** A priced day, closed or open; null when it is not priced. */
  day(date: string): Promise<PricedDay | null> {
    const day = this.#days.get(date) ?? this.#day(date)
    keep(this.#days, KEPT, date, day)
    return day
  }

  /** The closed days that end with the newest, as many as are asked for, oldest first. */
  async recent(days: number): Promise<PricedDay[]> {
    const { through } = this.history
    const closed = this.#settings.dates.filter((date) => date <= through)
    const recent: PricedDay[] = []
    for (const date of closed.slice(-days)) {
      const priced = await this.day(date)
      if (priced !== null) recent.push(priced)
    }
    return recent
  }

  async #day(date: string): Promise<PricedDay | null> {
    const month = await this.month(date.slice(0, 7))
    const at = month?.days.findIndex((day) => day.date === date) ?? -1
    if (month === null || at < 0) return null
    const before = at === 0 ? NO_METERS : month.days[at - 1].meters
    return this.#pricer.day(await this.#digest(date), before)
  }

  /** Keeps of the history only what is still as it was priced: the next publish no longer knows what changed in this one. */
  async forgetChanged(): Promise<void> {
    const { store, published } = this.#settings
    const { history } = await this.#readRight()
    published.costs = await writeKept(store, COST_HISTORY, history, published.costs)
  }

  async foldClosed(): Promise<void> {
    const { store, published, outOfTime, priced } = this.#settings
    const right = await this.#readRight()
    let { history } = right
    const left = [...right.closed].flatMap(([month, days]) => {
      const known = history.months.find((one) => one.month === month) ?? null
      return known?.days === days.length ? [] : [{ month, days, known }]
    })
    const due = left.reduce((sum, { days, known }) => sum + days.length - (known?.days ?? 0), 0)
    let done = 0
    for (const { month, days, known } of left) {
      const folding = startCostMonth(month, known === null ? null : await this.#closedMonth(known))
      for (const date of days.slice(known?.days ?? 0)) {
        if (outOfTime()) break
        await this.#add(folding, await this.#digest(date))
        priced(++done, due)
      }
      const costs = folding.month()
      if (costs.days.length === 0) break
      await store.put(costMonthKey(month), encodeCostMonth(costs), 'always')
      keep(this.#months, KEPT_MONTHS, month, Promise.resolve(costs))
      history = withMonth(history, costs, null)
      if (done < due && outOfTime()) break
    }
    this.remaining = due - done
    this.history = this.remaining > 0 ? history : await this.#withTrueUps(history)
    this.current = this.history
    published.costs = await writeKept(store, COST_HISTORY, this.history, published.costs)
  }

  async foldOpen(): Promise<void> {
    const { dates, folded } = this.#settings
    const open = dates.filter((date) => date > folded.history.through)
    for (const [month, days] of Map.groupBy(open, (date) => date.slice(0, 7))) {
      const folding = startCostMonth(month, await this.month(month))
      for (const date of days) {
        if (folded.failures.has(date)) return
        await this.#add(folding, await this.#digest(date))
      }
      this.#currentMonths.set(month, folding.month())
      this.current = withMonth(this.current, folding.month(), null)
    }
  }

  /** The closed days by month, and the history without the months of which a day is not as it was priced, or open again. */
  async #readRight(): Promise<{ closed: Map<string, string[]>; history: CostHistory }> {
    const { store, dates, folded, published } = this.#settings
    const days = dates.filter((date) => date <= folded.history.through)
    const closed = Map.groupBy(days, (date) => date.slice(0, 7))
    const stored = await readKept(store, COST_HISTORY, published.costs)
    const known = stored ?? emptyCostHistory()
    const wrong = known.months.filter(({ month }) => this.#rightMonth(known, month, closed.get(month) ?? []) === null)
    if (stored === null || wrong.length > 0) for (const page of Object.values(published.pages)) page.stale = true
    const history = wrong.reduce((left, { month }) => withoutMonth(left, month), known)
    const through = history.months.map(({ month, days }) => closed.get(month)?.[days - 1] ?? '').at(-1) ?? ''
    return { closed, history: { ...history, through } }
  }

  /** What is known of a month, when all of it is still as it was priced; else null. */
  #rightMonth(history: CostHistory, month: string, days: readonly string[]): MonthCosts | null {
    const { declarations, folded } = this.#settings
    const known = history.months.find((one) => one.month === month)
    if (known === undefined || known.days > days.length) return null
    const priced = days.slice(0, known.days)
    const { foldedFrom } = folded
    if (foldedFrom !== null && priced.some((date) => date >= foldedFrom)) return null
    const chain = priced.reduce(
      (before, date) => pricedByAfter(before, date, declarations.on(date), declarations.costsOn(date)),
      '',
    )
    return chain === known.pricedBy ? known : null
  }

  async #add(folding: MonthFolding, digest: DayDigest): Promise<void> {
    folding.add(await this.#pricer.day(digest, folding.meters()))
  }

  /** A month as it was stored, or priced again when it is lost, damaged or another than the history knows. */
  #closedMonth(known: MonthCosts): Promise<CostMonth> {
    const { month } = known
    const read = this.#months.get(month) ?? this.#readMonth(known)
    keep(this.#months, KEPT_MONTHS, month, read)
    return read
  }

  async #readMonth({ month, pricedBy, days }: MonthCosts): Promise<CostMonth> {
    const { store, dates } = this.#settings
    const key = costMonthKey(month)
    const stored = await store.get(key)
    try {
      const read = stored === null ? null : decodeCostMonth(stored.bytes, key)
      if (read !== null && read.month === month && read.pricedBy === pricedBy) return read
    } catch {
      // damaged, or of another version
    }
    const folding = startCostMonth(month)
    for (const date of dates.filter((one) => one.startsWith(month)).slice(0, days)) {
      await this.#add(folding, await this.#digest(date))
    }
    await store.put(key, encodeCostMonth(folding.month()), 'always')
    return folding.month()
  }

  /** The history with the true-up of every month that is closed by now. */
  async #withTrueUps(history: CostHistory): Promise<CostHistory> {
    const { declarations, outOfTime } = this.#settings
    let result = history
    for (const known of history.months) {
      const on = closingDate(known.month)
      const prices = declarations.costsOn(on).prices?.sha256 ?? ''
      if (on > history.through || prices === '') continue
      if (known.trueUp?.on === on && known.trueUp.prices === prices) continue
      if (outOfTime()) {
        this.remaining += known.days
        continue
      }
      const month = await this.#closedMonth(known)
      result = withMonth(result, month, await this.#trueUp({ on, prices }, month))
    }
    return result
  }

  async #trueUp(closing: Pick<TrueUp, 'on' | 'prices'>, { days }: CostMonth): Promise<TrueUp> {
    const { declarations } = this.#settings
    // By the same prices and from the same beginning every day would come to what it did.
    const isSame = days.every(({ date }) => declarations.costsOn(date).prices?.sha256 === closing.prices)
    if (isSame) return trueUpOf(closing, days, days)
    let meters = NO_METERS
    const repriced = []
    for (const { date } of days) {
      const priced = await this.#pricer.dayBy(closing.on, await this.#digest(date), meters)
      meters = priced.end
      repriced.push(costDayOf(priced))
    }
    return trueUpOf(closing, days, repriced)
  }

  #digest(date: string): Promise<DayDigest> {
    const { folded } = this.#settings
    return date <= folded.history.through ? folded.digests.of(date) : folded.digests.open(date)
  }
}

/** Puts an entry last, and lets the one go that was asked for least recently when there are more than so many. */
function keep<Entry>(entries: Map<string, Entry>, atMost: number, key: string, entry: Entry): void {
  entries.delete(key)
  entries.set(key, entry)
  const [oldest] = entries.keys()
  if (entries.size > atMost) entries.delete(oldest)
}
