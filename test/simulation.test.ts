/**
 * The real scrape, seal and publish under everything that can go wrong with a store, a Prometheus, a schedule and a clock;
 * and, so that a simulation that sees nothing is seen, under broken variants of the code. `npm run simulate` runs more seeds.
 */
import { availableParallelism } from 'node:os'
import { VARIANTS } from './simulation/broken.ts'
import { INVARIANTS, type Invariant, Invariants } from './simulation/invariants.ts'
import { comparePairs, orderRuns, runExhaustively, runsOf, totalsOf } from './simulation/plans.ts'
import type { RunReport } from './simulation/simulation.ts'
import { SimulatedStore } from './simulation/store.ts'
import { runAll } from './simulation/workers.ts'

const SEEDS = 500
const CAUGHT_WITHIN = 60 // seeds
const workers = Math.min(4, availableParallelism())

function violations(reports: readonly RunReport[]): string[] {
  return reports.flatMap(({ seed, violation }) => (violation === null ? [] : `seed ${seed}: ${violation.message}`))
}

test('every invariant holds in 500 seeds, and every fault strikes in them', async () => {
  const reports = await runAll(runsOf(0, SEEDS, 3), { workers })
  expect(violations(reports)).toEqual([])
  const { runs, kills, faults, checked } = totalsOf(reports)
  expect({ runs, killed: kills > SEEDS }).toEqual({ runs: SEEDS, killed: true })
  expect(Object.entries(faults).filter(([, count]) => count === 0)).toEqual([])
  const looked = (Object.keys(INVARIANTS) as Invariant[]).filter((name) => checked[name] > 0)
  expect(looked).toEqual((Object.keys(INVARIANTS) as Invariant[]).filter((name) => name !== 'order'))
}, 400_000)

test('repeated and older bodies change no byte of the rollups', async () => {
  const reports = comparePairs(await runAll(orderRuns(0, 400), { workers }))
  expect(violations(reports)).toEqual([])
  expect(totalsOf(reports).checked.order).toBe(8)
}, 120_000)

test('nothing is lost whichever call of a run its process dies before, or after', async () => {
  const reports = await runExhaustively(3, { workers })
  expect(violations(reports)).toEqual([])
  const [calm, ...killed] = reports
  expect(calm.kills).toBe(0)
  expect(calm.hoursClosed).toBeGreaterThan(0)
  expect(killed.length).toBe(2 * calm.storeCalls)
  expect(killed.filter(({ kills }) => kills !== 1)).toEqual([])
}, 120_000)

test('a seed gives the same run again, to the byte, and another seed another', async () => {
  const digests = async (seed: number) => (await runAll(runsOf(seed, 1, 3), { workers: 1 })).map(({ digest }) => digest)
  const once = await digests(18)
  expect(await digests(18)).toEqual(once)
  expect(await digests(19)).not.toEqual(once)
}, 60_000)

test.each(VARIANTS)(
  'catches code that $name',
  async ({ patches, caughtBy, only, ordered }) => {
    const runs = runsOf(0, CAUGHT_WITHIN, 3).map((run) => ({ ...run, only }))
    const options = { workers, patches }
    const reports = ordered ? comparePairs(await runAll(orderRuns(0, 50), options)) : await runAll(runs, options)
    const caught = reports.flatMap(({ violation }) => (violation === null ? [] : violation.invariant))
    expect(caught.length).toBeGreaterThan(0)
    expect(caught.filter((invariant) => !caughtBy.includes(invariant as Invariant))).toEqual([])
  },
  120_000,
)

test('a broken variant whose text is no longer in the source says so, and does not pass for caught', async () => {
  const gone = [{ file: 'core/delta.ts', from: 'const NOBODY_WROTE_THIS = 1', to: '' }]
  await expect(runAll(runsOf(0, 1, 1), { workers: 1, patches: gone })).rejects.toThrow(
    'broken variant: core/delta.ts has 0 times, not once: const NOBODY_WROTE_THIS = 1',
  )
})

test('the simulated store has no delete', () => {
  const invariants = new Invariants()
  const store = new SimulatedStore(invariants, () => {}).plain()
  expect(() => (store as unknown as { delete(key: string): void }).delete('rollups/x')).toThrow('no-delete')
  expect(invariants.violation?.invariant).toBe('no-delete')
})
