/** Bills: the lines of a cloud's real bill that are for data transfer and NAT, as they were imported. Plain data, kept for ever. */
import type { Money } from '#core/costs/money.ts'
import { PRICE_KINDS, type PriceKind } from '#core/costs/prices.ts'

export type BillFormat = 'focus' | 'cur'

/**
 * What a line is for: a kind of price; transfer into the network; or `other`: transfer that no kind of price is for, or that
 * other services of the cloud send, such as its object store or its content network.
 */
export type BilledKind = PriceKind | 'ingress' | 'other'
export const BILLED_KINDS: readonly BilledKind[] = [...PRICE_KINDS, 'ingress', 'other']

export interface Bill {
  schema: 1
  month: string // YYYY-MM: the billing period
  provider: string // 'aws', 'gcp', 'azure', as targets name it
  imported: string // ISO 8601, UTC, whole seconds
  file: string // its name, without folders
  sha256: string // hex, of the file
  format: BillFormat
  version: string // of the format: '1.2'; '2.0'
  currency: string // ISO 4217; one for all lines
  payers: string[] // the billing accounts of all rows, sorted; with month and provider they tell one bill from another
  accounts: string[] // the sub-accounts of the lines, sorted
  rows: number // that the file has; all but those of the lines are for something else
  rounded: Money // the exact sum of the lines' rows less that of the lines, from amounts finer than a nano-unit; '0' without
  lines: BillLine[] // in the order of the file
}

/** One line of the bill: rows of the file that differ in nothing but the resource and the figures, added up. */
export interface BillLine {
  row: number // the first of its rows in the file, from 1; the header is not counted
  rows: number // that it is the sum of, at least 1
  account: string // the sub-account or usage account
  category: 'usage' | 'credit' | 'adjustment' // only usage is split over flows; taxes and refunds are adjustments
  kind: BilledKind
  region: string // from which it left, or where the gateway is; '' when the line does not say
  to: string // cross-region: the region it went to; '' when the line does not say
  from: string // ISO 8601, UTC: the charge period, half-open
  until: string
  bytes: number | null // billed; null when the quantity is in no unit of bytes
  quantity: string // decimal text, '' when the line has none
  unit: string // as it stands
  cost: Money // billed, in the bill's currency; below zero for credits and adjustments alone
  meter: string // what was metered, by the provider's own name: 'EUW1-NatGateway-Bytes'
  description: string
}
