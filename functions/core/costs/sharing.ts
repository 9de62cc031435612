/** Sharing: money shared out as `shareOut` does it, part by part, for the many flows of an hour. */
import type { Nano } from '#core/costs/money.ts'

/**
 * Begins to share out an amount over quantities, whole numbers from 0 on, by their total, which is more than 0: gives the
 * part of each in turn, the same to the nano-unit as `shareOut`, at half of its cost. Where a float's rounding cannot move a
 * part across a whole nano-unit, which is nearly everywhere, it is reckoned in floats, and elsewhere exactly.
 */
export function startSharing(amount: Nano, total: number): (quantity: number) => Nano {
  const whole = Number(amount)
  if (!Number.isSafeInteger(whole)) return startSharingExactly(amount, BigInt(total))
  // A quotient and a product, each off by half a unit in the last place, and as much again for adding the margin itself.
  const margin = Math.abs(whole) * 2 ** -51
  let reached = 0
  let given = 0
  return (quantity) => {
    reached += quantity
    const near = whole * (reached / total)
    const below = Math.trunc(near - margin)
    const until = below === Math.trunc(near + margin) ? below : Number((amount * BigInt(reached)) / BigInt(total))
    const part = until - given
    given = until
    return BigInt(part)
  }
}

function startSharingExactly(amount: Nano, total: bigint): (quantity: number) => Nano {
  let reached = 0n
  let given = 0n
  return (quantity) => {
    reached += BigInt(quantity)
    const until = (amount * reached) / total
    const part = until - given
    given = until
    return part
  }
}
