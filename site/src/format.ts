/** Figures, times and labels as a reader sees them. Bytes are decimal: 1 GB is 10^9 bytes. */
import type { Money } from '#core/costs/money.ts'
import { grouped, type Unit } from '#core/figures.ts'

export { duration, grouped, money, percent, short, type Unit } from '#core/figures.ts'
export { type ShownLabel, shownLabel, spelledOut } from '#core/shown-label.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** The whole truth in words, for a hover: 'at least 1,234 bytes'. */
export function exact(value: number, unit: Unit, atLeast: boolean, noun = ''): string {
  const name = unit === 'bytes' ? (value === 1 ? 'byte' : 'bytes') : noun
  return `${atLeast ? 'at least ' : ''}${grouped(value)} ${name}`.trim()
}

/** Whether the unit of a figure is a currency: of all units its code alone is three capital letters. */
export function isCurrency(unit: string): boolean {
  return /^[A-Z]{3}$/.test(unit)
}

/** An amount to its last digit: 'at least 1,234.567890123 USD'. */
export function exactMoney(amount: Money, currency: string, atLeast: boolean): string {
  const [whole, fraction] = amount.split('.')
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${atLeast ? 'at least ' : ''}${digits}${fraction === undefined ? '' : `.${fraction}`}\u00a0${currency}`
}

/** '2026-11-20' as '20 November 2026'. */
export function longDate(date: string): string {
  const [year, month, day] = date.slice(0, 10).split('-').map(Number)
  return `${day} ${MONTHS[month - 1]} ${year}`
}

/** '2026-11' as 'November 2026'. */
export function longMonth(month: string): string {
  const [year, number] = month.split('-').map(Number)
  return `${MONTHS[number - 1]} ${year}`
}

/** '2026-11-20' as 'Friday'. */
export function weekday(date: string): string {
  return WEEKDAYS[new Date(`${date}T00:00:00Z`).getUTCDay()]
}

/** The minute of a day, UTC: '13:00'. */
export function clock(time: string | number): string {
  return new Date(time).toISOString().slice(11, 16)
}
