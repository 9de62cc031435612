/** A worker thread: runs the seeds it is given, of the code as it is, or of a broken variant of it. */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { RunOptions, RunReport } from './simulation.ts'

/** A change of the source that breaks it: `from` must be there once. */
export interface Patch {
  file: string // below functions/
  from: string
  to: string
}

/** What a worker is told, and what it answers. */
export type Task = RunOptions
export type Answer = { report: RunReport } | { error: string }

const FUNCTIONS = join(import.meta.dirname, '..', '..', 'functions')

/** Breaks the sources before they are loaded. Throws one sentence when a text to replace is not, or no longer, there once. */
function breakSources(patches: readonly Patch[]): void {
  for (const { file, from } of patches) {
    const found = readFileSync(join(FUNCTIONS, file), 'utf8').split(from).length - 1
    if (found !== 1) throw new Error(`broken variant: ${file} has ${found} times, not once: ${from}`)
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const path = url.startsWith('file:') ? fileURLToPath(url) : ''
      const own = patches.filter(({ file }) => path === join(FUNCTIONS, file))
      if (own.length === 0) return loaded
      const source = own.reduce((text, { from, to }) => text.replace(from, () => to), String(loaded.source))
      return { ...loaded, source }
    },
  })
}

async function work(): Promise<void> {
  const { patches } = workerData as { patches: readonly Patch[] }
  if (patches.length > 0) breakSources(patches)
  const { simulate } = await import('./simulation.ts')
  parentPort?.on('message', async (task: Task) => {
    let answer: Answer
    try {
      answer = { report: await simulate(task) }
    } catch (error) {
      answer = { error: `seed ${task.seed}: ${(error as Error).stack}` }
    }
    parentPort?.postMessage(answer)
  })
}

await work()
