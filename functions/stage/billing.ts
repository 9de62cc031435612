/** Billing: imported bills against what was priced of their months. */

import type { ReconciledBill } from '#core/bills/reconciled-bill.ts'
import { startReconciling } from '#core/bills/reconciliation.ts'
import { billedDays } from '#core/bills/split.ts'
import type { Bills, HeldBill } from './bills.ts'
import type { PricedLedger } from './costing.ts'
import type { Declarations } from './declarations.ts'

export interface BillingSettings {
  bills: Bills
  costs: PricedLedger
  declarations: Declarations
  dates: readonly string[] // YYYY-MM-DD; every day of the ledger that could be read, oldest first
}

/** The months of a ledger for which a bill was imported; each is reconciled once, when it is asked for. */
export class BilledMonths {
  readonly #settings: BillingSettings
  readonly #reconciled = new Map<string, Promise<ReconciledBill[]>>() // by month

  constructor(settings: BillingSettings) {
    this.#settings = settings
  }

  /** Months, YYYY-MM, oldest first. */
  months(): string[] {
    return this.#settings.bills.months()
  }

  /** Every import, by month, provider and when it was imported. */
  imported(): ReturnType<Bills['all']> {
    return this.#settings.bills.all()
  }

  /** What the reconciliation of a month is made from: while it is the same, so is that. */
  stateOf(month: string): string {
    const { bills, costs } = this.#settings
    const keys = bills.all().filter((place) => place.month === month)
    const near = costs.history.months.filter((one) => Math.abs(monthNumber(one.month) - monthNumber(month)) <= 1)
    return JSON.stringify([keys, near.map(({ pricedBy }) => pricedBy)])
  }

  /** The bills of a month, by provider. */
  of(month: string): Promise<ReconciledBill[]> {
    const known = this.#reconciled.get(month) ?? this.#reconcile(month)
    this.#reconciled.set(month, known)
    return known
  }

  async #reconcile(month: string): Promise<ReconciledBill[]> {
    const held = await this.#settings.bills.of(month)
    const beside = (one: HeldBill) => held.filter(({ bill }) => bill.provider === one.bill.provider).length - 1
    return Promise.all(held.map((one) => this.#reconcileBill(one, beside(one))))
  }

  async #reconcileBill({ bill, replaced }: HeldBill, beside: number): Promise<ReconciledBill> {
    const { costs, declarations, dates } = this.#settings
    const reconciling = startReconciling(bill, { replaced, beside })
    const { from, through } = billedDays(bill)
    for (const date of dates.filter((one) => one >= from && one <= through)) {
      const priced = await costs.day(date)
      if (priced !== null) reconciling.add(priced, (await declarations.costsInForce(date)).prices)
    }
    return reconciling.end()
  }
}

function monthNumber(month: string): number {
  const [year, number] = month.split('-').map(Number)
  return year * 12 + number
}
