/**
 * Money: whole nano-units of a currency (10^-9), as bigint, so that sums are exact however many are added. Reports, CSV and
 * stored objects hold it as decimal text of whole units ('12.345678901'), which loses nothing either.
 */

/** Nano-units of a currency; below zero for a credit. */
export type Nano = bigint

/** An amount in whole units of its currency as exact decimal text, without an exponent: '0.27', '-3', '0'. */
export type Money = string

const NANO = 1_000_000_000n
const DECIMAL = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/

/** The exact decimal text of nano-units, without zeros at its end. */
export function moneyOf(nano: Nano): Money {
  const magnitude = nano < 0n ? -nano : nano
  const fraction = String(magnitude % NANO)
    .padStart(9, '0')
    .replace(/0+$/, '')
  const text = fraction === '' ? String(magnitude / NANO) : `${magnitude / NANO}.${fraction}`
  return nano < 0n ? `-${text}` : text
}

/** The inverse of moneyOf, which also takes zeros at the end; throws one sentence for what is no decimal of at most nine places. */
export function nanoOf(text: string): Nano {
  const decimal = decimalOf(text, 9)
  if (decimal === null) throw new Error(`${JSON.stringify(text)} is no amount in decimal digits, with at most 9 places`)
  return decimal
}

/**
 * A decimal text as a whole number of its `places`-th decimals ('0.09' with 12 places is 90_000_000_000n), or null when it is
 * no plain decimal, or has more places that are not zero.
 */
export function decimalOf(text: string, places: number): bigint | null {
  const parts = DECIMAL.exec(text)
  if (parts === null) return null
  const [, sign, whole, fraction = ''] = parts
  if (/[1-9]/.test(fraction.slice(places))) return null
  const digits = BigInt(whole + fraction.slice(0, places).padEnd(places, '0'))
  return sign === '-' ? -digits : digits
}

/**
 * An amount divided in proportion to weights, none of them negative, in their order: the parts sum to the amount exactly, and
 * each is less than one nano-unit off its share. All weights zero: all of it goes to the last.
 */
export function shareOut(amount: Nano, weights: readonly bigint[]): Nano[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total === 0n) return weights.map((_, at) => (at === weights.length - 1 ? amount : 0n))
  let reached = 0n
  let given = 0n
  return weights.map((weight) => {
    reached += weight
    const until = (amount * reached) / total
    const part = until - given
    given = until
    return part
  })
}
