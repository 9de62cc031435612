/** Pricing: judged days by the prices that held on each. */
import type { Meters } from '#core/costs/meters.ts'
import { type PricedDay, pricing } from '#core/costs/priced-day.ts'
import type { CostsInForce } from '#core/declarations.ts'
import type { DayDigest } from '#core/digest.ts'
import type { JudgedDay } from '#core/judged-day.ts'
import type { Declarations } from './declarations.ts'
import type { Judge } from './judging.ts'

type Priced = (judged: JudgedDay, start: Meters) => PricedDay

/** Prices days, each from how the meters of its month stood when it began. */
export class Pricer {
  readonly #declarations: Declarations
  readonly #judge: Judge
  readonly #pricings = new Map<string, Priced>() // by what holds

  constructor(declarations: Declarations, judge: Judge) {
    this.#declarations = declarations
    this.#judge = judge
  }

  /** A day by what held on it. */
  async day(digest: DayDigest, start: Meters): Promise<PricedDay> {
    return this.#priced(digest, start, await this.#declarations.costsInForce(digest.date))
  }

  /** A day by the prices that held on another (YYYY-MM-DD), and all else that held on it. */
  async dayBy(on: string, digest: DayDigest, start: Meters): Promise<PricedDay> {
    const [own, other] = [await this.#declarations.costsInForce(digest.date), await this.#declarations.costsInForce(on)]
    const links = { ...own.links, prices: other.links.prices }
    return this.#priced(digest, start, { ...own, prices: other.prices, links })
  }

  async #priced(digest: DayDigest, start: Meters, inForce: CostsInForce): Promise<PricedDay> {
    const { judged } = await this.#judge.day(digest)
    const state = JSON.stringify(inForce.links)
    const known = this.#pricings.get(state) ?? pricing(inForce)
    this.#pricings.set(state, known)
    return known(judged, start)
  }
}
