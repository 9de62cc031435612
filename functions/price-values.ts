/** The values of files about money: what is wrong with one of a kind, by itself, in a sentence; null when nothing is. */
import { decimalOf } from '#core/costs/money.ts'
import { wordsProblem } from './checked-texts.ts'

/** A dozen places of a price leave nothing of any list that is published out, and six of a quantity are less than a byte's thousandth. */
export const PRICE_PLACES = 12
export const QUANTITY_PLACES = 6
export const MONEY_PLACES = 9
const WHOLE_DIGITS = 15

const PROVIDER = /^[a-z0-9][a-z0-9.-]{0,39}$/
const PLACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/
const TIER = /^[a-z0-9][a-z0-9-]{0,39}$/
const MONTH = /^(?:19[7-9]\d|[2-9]\d{3})-(?:0[1-9]|1[0-2])$/
const TEAM = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._&()/-]{0,79}$/u
/** What pages and files call what no team has. */
const RESERVED_TEAMS = ['unowned', 'unattributed']

/** A decimal of `least` or more, as text: digits, at most `places` of them behind a dot. */
export function decimalProblem(
  value: string,
  { places, least = '0' }: { places: number; least?: string },
): string | null {
  const form = `must be a decimal of ${least} or more with at most ${places} places`
  const decimal = /^\d/.test(value) ? decimalOf(value, places) : null
  if (decimal === null || decimal < (decimalOf(least, places) ?? 0n)) return form
  return value.split('.', 1)[0].replace(/^0+/, '').length > WHOLE_DIGITS
    ? `${form} and ${WHOLE_DIGITS} digits before them`
    : null
}

/** The shortest text of a decimal that has no problem: without zeros that say nothing. */
export function shortestDecimal(value: string): string {
  const [whole, fraction = ''] = value.split('.')
  const places = fraction.replace(/0+$/, '')
  return `${whole.replace(/^0+(?=\d)/, '')}${places === '' ? '' : `.${places}`}`
}

export function overheadProblem(value: string): string | null {
  const problem = decimalProblem(value, { places: 6, least: '1' })
  if (problem !== null) return `${problem}, such as 1.03`
  return (decimalOf(value, 6) ?? 0n) > 10_000_000n ? 'must be at most 10; 1.03 is three per cent more' : null
}

export function budgetProblem(value: string): string | null {
  const problem = decimalProblem(value, { places: MONEY_PLACES })
  if (problem !== null) return problem.replace('of 0 or more', 'of more than 0')
  return decimalOf(value, MONEY_PLACES) === 0n
    ? 'must be more than 0; leave out the budget of who may spend nothing'
    : null
}

export function currencyProblem(value: string): string | null {
  return CURRENCIES.has(value) ? null : 'must be the code of a currency by ISO 4217, such as USD'
}

export function monthProblem(value: string): string | null {
  return MONTH.test(value) ? null : 'must be a month, YYYY-MM'
}

export function providerProblem(value: string): string | null {
  return PROVIDER.test(value) ? null : 'must be 1 to 40 characters of a-z, 0-9, dots and hyphens, such as aws'
}

/** A provider's own name for a place or a service. */
export function placeProblem(value: string): string | null {
  return PLACE.test(value) ? null : 'must be a plain name of at most 80 letters, digits, dots, hyphens and underscores'
}

export function tierProblem(value: string): string | null {
  return TIER.test(value) ? null : 'must be 1 to 40 characters of a-z, 0-9 and hyphens, such as premium'
}

export function poolProblem(value: string): string | null {
  return value === '' ? 'is empty' : wordsProblem(value, 200)
}

export function teamProblem(value: string): string | null {
  if (!TEAM.test(value) || value !== value.trim()) return 'must be a plain name of at most 80 characters'
  return RESERVED_TEAMS.includes(value.toLowerCase())
    ? 'is what pages call what no team has; give it another name'
    : null
}

/** Where a price was read: an address, which pages link, or the words of a contract. */
export function sourceOfPriceProblem(value: string): string | null {
  if (value === '') return 'is empty'
  const problem = wordsProblem(value, 500)
  if (problem !== null) return problem
  const scheme = /^([a-z][a-z0-9+.-]*):\S/i.exec(value)?.[1].toLowerCase()
  if (scheme === undefined) return null
  const isWeb = (scheme === 'https' || scheme === 'http') && URL.canParse(value)
  return isWeb ? null : 'must be an address that begins with https://, or the name of a contract'
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))
