/** Workers: the seeds of a run shared out among threads, and their reports in the order of the seeds. */
import { Worker } from 'node:worker_threads'
import type { RunOptions, RunReport } from './simulation.ts'
import type { Answer, Patch } from './worker.ts'

export interface WorkOptions {
  workers: number
  patches?: readonly Patch[] // what breaks the sources
  done?: (report: RunReport) => boolean // told of each report, in no order; true ends the work
}

/** Runs all tasks, or as many as are wanted; throws one sentence when a run cannot be made. Reports come by task. */
export async function runAll(
  tasks: readonly RunOptions[],
  { workers, patches = [], done = ({ violation }) => violation !== null }: WorkOptions,
): Promise<RunReport[]> {
  const reports: (RunReport | undefined)[] = tasks.map(() => undefined)
  let next = 0
  let ended = false
  const runOne = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), {
        workerData: { patches },
        execArgv: ['--disable-warning=ExperimentalWarning'],
      })
      let mine = -1
      const end = (error?: Error) => {
        ended ||= error !== undefined
        worker.terminate().then(() => (error === undefined ? resolve() : reject(error)))
      }
      const give = () => {
        if (ended || next === tasks.length) return end()
        mine = next++
        worker.postMessage(tasks[mine])
      }
      worker.on('error', end)
      worker.on('message', (answer: Answer) => {
        if ('error' in answer) return end(new Error(answer.error))
        reports[mine] = answer.report
        ended ||= done(answer.report)
        give()
      })
      give()
    })
  await Promise.all(Array.from({ length: Math.min(workers, tasks.length) }, runOne))
  return reports.filter((report) => report !== undefined)
}
