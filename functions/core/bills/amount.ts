/**
 * Amounts: decimals of bills as exact whole numbers of a fixed fraction. Bills come with more places than money is kept in,
 * and those of Parquet as doubles, whose shortest text is taken.
 */
import type { Nano } from '#core/costs/money.ts'

/** 10^-60 of a unit; doubles of bills have noise such as 2.7755575615628914e-17. */
export type Exact = bigint

const PLACES = 60
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/
const DIGITS_AT_MOST = 80

/** The exact value of a decimal text, with an exponent or without; null for what is none, or is too long or too small to be one. */
export function exactOf(text: string): Exact | null {
  const parts = DECIMAL.exec(text)
  if (parts === null || text.length > DIGITS_AT_MOST) return null
  const [, sign, whole, fraction = '', exponent = '0'] = parts
  const digits = whole + fraction
  if (digits === '') return null
  const shift = PLACES - fraction.length + Number(exponent)
  const value = BigInt(digits)
  if (shift > PLACES + DIGITS_AT_MOST) return value === 0n ? 0n : null
  const scaled = shift >= 0 ? value * powerOfTen(shift) : dividedExactly(value, powerOfTen(-shift))
  if (scaled === null) return null
  return sign === '-' ? -scaled : scaled
}

/** The plain decimal text of an exact value, without zeros at its end. */
export function exactText(exact: Exact): string {
  const digits = String(exact < 0n ? -exact : exact).padStart(PLACES + 1, '0')
  const fraction = digits.slice(-PLACES).replace(/0+$/, '')
  const text = `${digits.slice(0, -PLACES)}${fraction === '' ? '' : `.${fraction}`}`
  return exact < 0n ? `-${text}` : text
}

/** Rounded to whole nano-units, halves away from zero. */
export function nanoOfExact(exact: Exact): Nano {
  return rounded(exact, 10n ** BigInt(PLACES - 9))
}

/** So many units of so many bytes each, rounded to whole bytes. */
export function bytesOfExact(quantity: Exact, unitBytes: bigint): bigint {
  return rounded(quantity * unitBytes, 10n ** BigInt(PLACES))
}

/** The exact value of whole nano-units. */
export function exactOfNano(nano: Nano): Exact {
  return nano * 10n ** BigInt(PLACES - 9)
}

/** Kept, since to raise one anew for each of a million rows takes longer than all else that is done with it. */
const POWERS = Array.from({ length: PLACES + DIGITS_AT_MOST + 1 }, (_, power) => 10n ** BigInt(power))

function powerOfTen(power: number): bigint {
  return POWERS[power] ?? 10n ** BigInt(power)
}

function rounded(value: bigint, by: bigint): bigint {
  const magnitude = value < 0n ? -value : value
  const whole = (magnitude * 2n + by) / (by * 2n)
  return value < 0n ? -whole : whole
}

function dividedExactly(value: bigint, by: bigint): bigint | null {
  return value % by === 0n ? value / by : null
}
