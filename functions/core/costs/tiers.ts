/**
 * Tiers: what the first so many units of a month cost together, exactly. What any part of them costs is the difference of
 * two such sums, so that a month costs the same however its hours divide it.
 */
import { decimalOf, type Nano } from '#core/costs/money.ts'
import { type PriceEntry, type PriceUnit, UNIT_BYTES } from '#core/costs/prices.ts'

const PLACES = 12
const PRICE_PER_NANO = 1000n // prices of 12 places count in thousandths of a nano-unit

/** Quantities of what is metered, bytes or hours, in steps of 10^-12, so that decimal bounds and offsets are whole numbers. */
export type Fine = bigint
const FINE = 10n ** BigInt(PLACES)

/** What one unit holds of what is metered: bytes, or one hour. */
function meteredIn(unit: PriceUnit): bigint {
  return unit === 'hour' ? 1n : BigInt(UNIT_BYTES[unit])
}

/** A whole quantity of bytes or hours. */
export function fineOf(quantity: number): Fine {
  return BigInt(quantity) * FINE
}

/** A decimal quantity in a unit; throws one sentence for what is no decimal of at most 12 places. */
export function fineQuantity(quantity: string, unit: PriceUnit): Fine {
  return twelfths(quantity) * meteredIn(unit)
}

/** The whole bytes or hours in a quantity. */
export function wholeOf(quantity: Fine): bigint {
  return quantity / FINE
}

/** What the first units of a month cost by an entry's tiers, rounded half up to a nano-unit; tiers include their end. */
export function cumulativePrice({ tiers, unit }: Pick<PriceEntry, 'tiers' | 'unit'>): (quantity: Fine) => Nano {
  const steps: { above: Fine; upTo: Fine | null; price: bigint }[] = []
  for (const { upTo, price } of tiers) {
    const above = steps.at(-1)?.upTo ?? 0n
    steps.push({ above, upTo: upTo === '' ? null : fineQuantity(upTo, unit), price: twelfths(price) })
  }
  const divisor = FINE * meteredIn(unit) * PRICE_PER_NANO
  return (quantity) => {
    let sum = 0n
    for (const { above, upTo, price } of steps) {
      const reached = upTo === null || quantity < upTo ? quantity : upTo
      if (reached > above) sum += (reached - above) * price
    }
    return (2n * sum + divisor) / (2n * divisor)
  }
}

function twelfths(text: string): bigint {
  const decimal = decimalOf(text, PLACES)
  if (decimal === null) throw new Error(`${JSON.stringify(text)} is no decimal number with at most ${PLACES} places`)
  return decimal
}
