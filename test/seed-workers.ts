/**
 * Seeds judged by the hundred thousand: a module's `judge(seed)` says what is wrong with what a seed stands for, '' when
 * nothing is, and worker threads share the seeds among them.
 */
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

interface Share {
  module: string // url
  from: number // seed
  to: number // exclusive
  step: number
}

interface Told {
  seeds: number
  faults: string[]
}

export interface Judged {
  seeds: number
  faults: string[]
  seconds: number
}

export interface SeedRange {
  from: number
  count: number
}

const FAULTS_KEPT = 20
const TOLD_EVERY_MS = 500

/** Judges seeds with the module at this url; each fault goes to standard output as it is found, the first twenty. */
export async function judgeSeeds(module: URL, { from, count }: SeedRange): Promise<Judged> {
  const start = performance.now()
  const workers = Math.min(availableParallelism(), count)
  const judged: Judged = { seeds: 0, faults: [], seconds: 0 }
  await Promise.all(
    Array.from({ length: workers }, async (_, i) => {
      const share: Share = { module: module.href, from: from + i, to: from + count, step: workers }
      const worker = new Worker(new URL(import.meta.url), { workerData: share })
      worker.on('message', ({ seeds, faults }: Told) => {
        judged.seeds += seeds
        for (const fault of faults.slice(0, FAULTS_KEPT - judged.faults.length)) process.stdout.write(`${fault}\n`)
        judged.faults.push(...faults)
        if (process.stderr.isTTY) process.stderr.write(`\r${judged.seeds} of ${count} seeds `)
      })
      await new Promise((resolve, reject) => worker.once('error', reject).once('exit', resolve))
    }),
  )
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  return { ...judged, seconds: Math.round((performance.now() - start) / 1000) }
}

/** A command's option as a whole number; throws one sentence on anything else. */
export function wholeNumber(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new Error(`--${name} must be a whole number, not "${text}"`)
}

if (!isMainThread && workerData?.module !== undefined) {
  const { module, from, to, step } = workerData as Share
  const { judge } = (await import(module)) as { judge: (seed: number) => string | Promise<string> }
  let told: Told = { seeds: 0, faults: [] }
  let last = performance.now()
  for (let seed = from; seed < to; seed += step) {
    const fault = await judge(seed)
    told.seeds++
    if (fault !== '') told.faults.push(fault)
    if (performance.now() - last < TOLD_EVERY_MS && seed + step < to) continue
    parentPort?.postMessage(told)
    told = { seeds: 0, faults: [] }
    last = performance.now()
  }
}
