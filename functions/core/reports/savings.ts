/** The report of savings: what egress could be had for less, with its evidence, the prices, and how sure that is. */
import { type Money, moneyOf, type Nano, nanoOf } from '#core/costs/money.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import type { Prices } from '#core/costs/prices.ts'
import {
  CERTAINTIES,
  type Certainty,
  SAVING_RULES,
  type Saving,
  type SavingCaller,
  type SavingEvidence,
  type SavingRule,
} from '#core/costs/saving.ts'
import { divideUp, savedOf } from '#core/costs/saving-rule.ts'
import { RULE_SENTENCES, savingRemedy, savingSentence } from '#core/costs/saving-words.ts'
import { savingsOf } from '#core/costs/savings.ts'
import { sha256 } from '#core/hash.ts'
import { compareText } from '#core/order.ts'
import type { PageReport } from '#core/report.ts'

export interface SavingsReport extends PageReport {
  page: 'savings'
  from: string // the closed days looked at, at most 30, that end with the newest; '' while there is none
  through: string
  days: number // looked at; 30 unless the ledger is younger: then months and years are what so few make them
  complete: boolean // every hour of them observed whole; if not, amounts are lower bounds
  currency: string // '' when no prices are declared: nothing can be said then
  rules: { rule: SavingRule; sentence: string; count: number; monthly: Money; yearly: Money }[] // in the order in which they take an edge
  totals: { certainty: Certainty; count: number; monthly: Money; yearly: Money }[] // the surest first; never added up: each is surer than the next
  savings: SavingRow[] // those of most money first
  unpriced: SavingRow[] // would be savings, if there were a price: `monthly` is null, `missing` says which; most bytes first
  refused: SavingRow[] // interface endpoints that would cost more than they save: `monthly` is '0', `breakEvenBytes` tells from where on
  prices: SavingPrice[] // those that the rows name, by id
}

/** Amounts are exact and rounded down to whole nano-units: of 30 days, and of 365. */
export interface SavingRow {
  id: string // anchor of its row
  rule: SavingRule
  certainty: Certainty
  sentence: string // what is seen, in one sentence
  remedy: string // what to do about it
  target: string
  service: string // '' when the host's name proves none
  region: string // of the destination; '' when unknown
  hosts: string[] // at most 10, most bytes first; '' for those whose name the proxy could not know
  hostCount: number
  twin: string // regional-twin: the host to call instead; '' for all others
  callers: SavingCaller[] // at most 10, most bytes first
  callerCount: number
  evidence: SavingEvidence
  bytes: number // that would be charged for less in 30 days, overhead among them
  assumption: string // '' when there is none
  share: string // of the bytes, decimal, by the assumption; '1' without one
  entries: string[] // ids of prices
  paid: Money | null // in 30 days, as all that follow; null when a price is missing, as all money is then
  instead: Money | null // for the same bytes
  hourly: Money | null // by the hour besides; '0' where nothing is
  zones: number // that an interface endpoint would be charged for; 0 for all others
  breakEvenBytes: number | null // interface endpoints: in 30 days, from which on one saves; null when it never does, and for all others
  monthly: Money | null // saved in 30 days; null when a price is missing
  yearly: Money | null // 365 days
  missing: string // '' when nothing is
}

/** A price that was reckoned with, and where it stands. */
export interface SavingPrice {
  id: string
  book: string
  source: string // URL
  retrieved: string // YYYY-MM-DD
}

export interface SavingsInput {
  title: string // of the site
  prices: Prices | null // in force on the last closed day
  recent: readonly PricedDay[] // the last closed days, at most 30, dense, oldest first
}

/** Days that are looked at: a month, by which amounts are told. */
export const SAVINGS_DAYS = 30
const YEAR_DAYS = 365n
const MONTH_DAYS = BigInt(SAVINGS_DAYS)

/** Of more rows the rest is in the sums alone. */
const MOST_ROWS = 500

/** Builds the report; its downloads are filled in when they have been written. */
export function savingsReport({ title, prices, recent }: SavingsInput): SavingsReport {
  const complete = recent.every(({ judged }) => judged.digest.day.complete)
  const { found, refused } = savingsOf(recent, prices)
  const rowOf = (saving: Saving) => savingRow(saving, recent.length, complete)
  const savings = found.map(rowOf).filter(isSaved).sort(byMoney)
  const unpriced = found.map(rowOf).filter(isUnpriced).sort(byTraffic)
  const unworthy = refused.map((saving) => ({ ...rowOf(saving), monthly: '0', yearly: '0' })).sort(byTraffic)
  const [shown, lacking, costly] = [savings, unpriced, unworthy].map((rows) => rows.slice(0, MOST_ROWS))
  const ids = new Set([...shown, ...lacking, ...costly].flatMap(({ entries }) => entries))
  return {
    schema: 1,
    page: 'savings',
    title,
    downloads: [],
    from: recent[0]?.judged.digest.date ?? '',
    through: recent.at(-1)?.judged.digest.date ?? '',
    days: recent.length,
    complete,
    currency: prices?.currency ?? '',
    rules: SAVING_RULES.map((rule) => {
      return { rule, sentence: RULE_SENTENCES[rule], ...sumOf(savings.filter((row) => row.rule === rule)) }
    }),
    totals: CERTAINTIES.map((certainty) => {
      return { certainty, ...sumOf(savings.filter((row) => row.certainty === certainty)) }
    }),
    savings: shown,
    unpriced: lacking,
    refused: costly,
    prices: (prices?.entries ?? [])
      .filter(({ id }) => ids.has(id))
      .map(({ id, book, source, retrieved }) => ({ id, book, source, retrieved }))
      .sort((a, b) => compareText(a.id, b.id)),
  }
}

function savingRow(saving: Saving, days: number, isWhole: boolean): SavingRow {
  const { key, paid, instead, hourly, bytes, saved, ...rest } = saving
  // What would be paid is rounded up, so that a younger ledger makes no more of it than there is.
  const inMonth = {
    paid: (paid * MONTH_DAYS) / BigInt(days),
    instead: divideUp(instead * MONTH_DAYS, BigInt(days)),
    hourly: divideUp(hourly * MONTH_DAYS, BigInt(days)),
  }
  const monthly = savedOf({ ...inMonth, share: saving.share })
  const known = (amount: Nano) => (saved === null ? null : moneyOf(amount))
  return {
    ...rest,
    id: `${saving.rule}-${sha256(key).slice(0, 12)}`,
    sentence: savingSentence(saving, isWhole),
    remedy: savingRemedy(saving),
    bytes: Number((BigInt(bytes) * MONTH_DAYS) / BigInt(days)),
    paid: known(inMonth.paid),
    instead: known(inMonth.instead),
    hourly: known(inMonth.hourly),
    monthly: known(monthly),
    yearly: known((monthly * YEAR_DAYS) / MONTH_DAYS),
  }
}

function isSaved({ monthly }: SavingRow): boolean {
  return monthly !== null && nanoOf(monthly) > 0n
}

function isUnpriced({ monthly }: SavingRow): boolean {
  return monthly === null
}

function sumOf(rows: readonly SavingRow[]): { count: number; monthly: Money; yearly: Money } {
  const sum = (of: (row: SavingRow) => Money | null) =>
    moneyOf(rows.reduce((total, row) => total + nanoOf(of(row) ?? '0'), 0n))
  return { count: rows.length, monthly: sum(({ monthly }) => monthly), yearly: sum(({ yearly }) => yearly) }
}

function byMoney(a: SavingRow, b: SavingRow): number {
  const [some, more] = [nanoOf(a.monthly ?? '0'), nanoOf(b.monthly ?? '0')]
  return some === more ? byTraffic(a, b) : more > some ? 1 : -1
}

function byTraffic(a: SavingRow, b: SavingRow): number {
  return b.bytes - a.bytes || compareText(a.id, b.id)
}
