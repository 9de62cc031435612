/** Exact decimals as FOCUS wants numbers: digits and at most one point, no exponent, no sign for what is positive. */
import { type Money, moneyOf, type Nano } from '#core/costs/money.ts'

/** The decimal text of a whole number of 10^-places, without zeros at its end. */
export function decimalText(value: bigint, places: number): string {
  const magnitude = value < 0n ? -value : value
  const scale = 10n ** BigInt(places)
  const fraction = String(magnitude % scale)
    .padStart(places, '0')
    .replace(/0+$/, '')
  const text = fraction === '' || places === 0 ? String(magnitude / scale) : `${magnitude / scale}.${fraction}`
  return value < 0n ? `-${text}` : text
}

/** Bytes in GB or GiB, exactly: a GiB divides by two thirty times, so that up to 30 places are needed. */
export function quantityText(bytes: bigint, unit: 'GB' | 'GiB'): string {
  return unit === 'GB' ? decimalText(bytes, 9) : decimalText(bytes * 5n ** 30n, 30)
}

/** Places of a unit price that is a quotient: it times any quantity a mesh can have is right to the nano-unit. */
export const PRICE_PLACES = 18

/** What one unit cost, rounded half up, where `quantity` is a whole number of 10^-places above 0. */
export function unitPriceText(cost: Nano, quantity: bigint, places: number): string {
  const numerator = cost * 10n ** BigInt(PRICE_PLACES - 9 + places)
  return decimalText((2n * numerator + quantity) / (2n * quantity), PRICE_PLACES)
}

/** Money as it stands in reports is what FOCUS wants, too. */
export const costText: (cost: Nano) => Money = moneyOf
