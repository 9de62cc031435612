/**
 * `npm run drill -- --cases 10000 [--seed 0]`: tampers with a sealed ledger in so many seeded ways, one at a time, and has
 * verify find each; fails when one was not found, or was laid at the wrong door.
 */
import { parseArgs } from 'node:util'
import { judgeSeeds, wholeNumber } from '../seed-workers.ts'
import { untouched } from './ledger.ts'
import { CHANGES } from './tampering.ts'
import { named } from './verdict.ts'

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '10000' }, seed: { type: 'string', default: '0' } },
})
const [count, from] = [wholeNumber('cases', values.cases), wholeNumber('seed', values.seed)]
const innocent = await named(await untouched())
if (innocent.length > 0) throw new Error(`of the ledger nobody touched verify names ${innocent.join(', ')}`)
const { seeds, faults, seconds } = await judgeSeeds(new URL('verdict.ts', import.meta.url), { from, count })
const found = `${seeds - faults.length} of ${count} changes of ${CHANGES.length} kinds found and named`
process.stdout.write(`${found}, seeds from ${from}, in ${seconds} s\n`)
process.exitCode = faults.length === 0 && seeds === count ? 0 : 1
