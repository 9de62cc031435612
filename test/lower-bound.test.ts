import { HOUR_MS } from '#core/time.ts'
import { readLedger, readRecords } from '../functions/stage/ledger.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { verifyLedger } from '../functions/stage/verify.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { flowName, type RandomMeshOptions, randomMesh } from './random-mesh.ts'
import { simulatedTarget } from './simulated-target.ts'

export async function account(options: RandomMeshOptions, intervalSeconds: number) {
  const mesh = randomMesh(options)
  const store = memoryStore()
  const target = simulatedTarget({ intervalSeconds })
  const scrape = async () => {
    try {
      const s = await scrapeTarget(target, store, {
        prometheus: mesh.prometheus,
        seed: () => ({ lo: options.seed, hi: 1 }),
        now: () => mesh.now,
      })
      for (const w of s.warnings) if (!/too busy/.test(w)) console.log(w)
    } catch (error) {
      if ((error as Error).message !== 'no route to Prometheus') throw error
    }
  }
  const run = async (ms: number) => {
    for (const end = mesh.now + ms; mesh.now < end; ) {
      mesh.advance()
      if (mesh.now % (intervalSeconds * 1000) === 0) await scrape()
    }
  }
  for (let i = 0; i < 40; i++) mesh.advance()
  await run(2 * HOUR_MS)
  mesh.calm()
  await run(15 * 60_000)
  const [ledger] = await readLedger(store)
  const records = await readRecords(store, ledger, { from: 0, to: Infinity })
  const booked = new Map<string, number>()
  const assumed = new Map<string, number>()
  for (const { rows } of records)
    for (const row of rows) {
      booked.set(flowName(row), (booked.get(flowName(row)) ?? 0) + row.egressBytes)
      assumed.set(flowName(row), (assumed.get(flowName(row)) ?? 0) + row.assumedBytes)
    }
  const cov = { baseline: 0, unseen: 0, assumed: 0 }
  for (const { coverage } of records)
    for (const k of ['baseline', 'unseen', 'assumed'] as const) cov[k] += coverage[k].egressBytes
  const truth = mesh.truth()
  const [v] = await verifyLedger(store)
  return { booked, assumed, truth, cov, hours: records.map(({ hour }) => hour), problems: v.problems }
}
