/**
 * Tampering: one seeded change to a sealed ledger, with the keys that verify has to name for it. Every change leaves traces
 * inside the store; what leaves none is listed apart, in tampering.test.ts.
 */
import { between, mix } from '../../functions/demo/random.ts'
import type { Objects } from '../sealed-ledger.ts'
import { CHECKPOINT_CHANGES } from './checkpoints.ts'
import { type Change, type Draw, type Traces, untouched } from './ledger.ts'
import { ROLLUP_CHANGES } from './rollups.ts'
import { SEAL_CHANGES } from './seals.ts'

export interface Tampering extends Traces {
  what: string
  objects: Objects // the ledger afterwards
}

export const CHANGES: readonly [what: string, change: Change][] = Object.entries({
  ...ROLLUP_CHANGES,
  ...CHECKPOINT_CHANGES,
  ...SEAL_CHANGES,
})

/** The change that a seed stands for; kinds take turns, so that as many seeds as there are kinds try each of them. */
export async function tampering(seed: number): Promise<Tampering> {
  let turn = 0
  const number = (low: number, high: number) => between(mix(seed, ++turn), low, high)
  const objects = await untouched()
  const draw: Draw = { objects, number, of: (values) => values[number(0, values.length - 1)] }
  const [what, change] = CHANGES[seed % CHANGES.length]
  return { what, objects, ...change(draw) }
}
