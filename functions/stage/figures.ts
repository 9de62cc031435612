/** Figures: all that the pages of one publish are made from, however far back they look. */
import type { DayDigest } from '#core/digest.ts'
import type { History } from '#core/history.ts'
import type { JudgedDay } from '#core/judged-day.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import type { BilledMonths } from './billing.ts'
import type { PricedLedger } from './costing.ts'
import type { Declarations } from './declarations.ts'
import type { Digests } from './digests.ts'
import type { JudgedDays } from './judging.ts'
import type { LedgerTarget } from './ledger.ts'

export interface Figures {
  title: string // of the site
  targets: readonly LedgerTarget[]
  digests: Digests
  history: History // of the closed days
  current: History // of the open days, too, as far as they could be read
  declarations: Declarations
  judgements: JudgedDays
  costs: PricedLedger
  billed: BilledMonths
  clusterDomains: Readonly<Record<string, string>> // by target; cluster.local where it is left out
  seals: readonly { date: string; sha256: string }[] // those of which the site has a copy, oldest first
  dates: readonly string[] // YYYY-MM-DD; every day of the ledger that could be read, oldest first
  unread: readonly string[] // those that could not be
}

/** The digest of a day, whether or not it is closed. */
export function digestOfDay({ digests, history }: Figures, date: string): Promise<DayDigest> {
  return date <= history.through ? digests.of(date) : digests.open(date)
}

/** A day as it is judged by what was declared on it. */
export async function judgedDay(figures: Figures, date: string): Promise<JudgedDay> {
  return (await figures.judgements.judge.day(await digestOfDay(figures, date))).judged
}

/** The closed days that end with the newest, as many as are asked for, as they are judged, oldest first. */
export async function judgedDays(figures: Figures, days: number): Promise<JudgedDay[]> {
  const { dates, history } = figures
  const closed = dates.filter((date) => date <= history.through)
  return Promise.all(closed.slice(-days).map((date) => judgedDay(figures, date)))
}

/** The digests of the days of the ledger that end with a date, as many as are asked for, oldest first. */
export function digestsUntil(figures: Figures, date: string, days: number): Promise<DayDigest[]> {
  const from = isoDate(parseDate(date) - (days - 1) * DAY_MS)
  const dates = figures.dates.filter((one) => one >= from && one <= date)
  return Promise.all(dates.map((one) => digestOfDay(figures, one)))
}

/** The day so many days after a date, or before it; null when the ledger has none, or it could not be read. */
export function dayOff({ dates }: Figures, date: string, days: number): string | null {
  const at = isoDate(parseDate(date) + days * DAY_MS)
  return dates.includes(at) ? at : null
}
