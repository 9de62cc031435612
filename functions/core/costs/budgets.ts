/** Budgets: what a team may spend on egress in a month. Plain data, recorded as a declaration. */
import type { Money } from '#core/costs/money.ts'

export interface Budgets {
  currency: string // ISO 4217; that of the prices
  budgets: Budget[]
}

export interface Budget {
  team: string // '' for all of it together
  monthly: Money // more than 0
  from: string // YYYY-MM: the first month it holds for; of several of one team the newest that has begun holds
  line: number // in its file, from 1
}
