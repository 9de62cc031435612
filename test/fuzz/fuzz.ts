/**
 * `npm run fuzz -- --bodies 1000000 [--seed 0]`: has so many seeded bodies read, written from the exposition's grammar and
 * spoilt byte by byte; fails when the reader throws anything but its one sentence, loses a line, or reads what is not there.
 */
import { parseArgs } from 'node:util'
import { judgeSeeds, wholeNumber } from '../seed-workers.ts'
import { BODIES_A_SEED } from './exposition.ts'

const { values } = parseArgs({
  options: { bodies: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '0' } },
})
const count = Math.ceil(wholeNumber('bodies', values.bodies) / BODIES_A_SEED)
const from = wholeNumber('seed', values.seed)
const { seeds, faults, seconds } = await judgeSeeds(new URL('exposition.ts', import.meta.url), { from, count })
const bodies = `${seeds * BODIES_A_SEED} bodies of ${seeds} seeds from ${from}`
process.stdout.write(`${bodies}: ${faults.length} seeds with a fault, in ${seconds} s\n`)
process.exitCode = faults.length === 0 && seeds === count ? 0 : 1
