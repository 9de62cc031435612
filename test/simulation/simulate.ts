/** The command: runs seeds of the simulation on all cores and prints what was done and held; exits 1 on a violation. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { INVARIANTS, type Invariant } from './invariants.ts'
import { comparePairs, orderRuns, runExhaustively, runsOf, type Totals, totalsOf } from './plans.ts'
import type { RunReport } from './simulation.ts'
import { FAULTS } from './weather.ts'
import { runAll } from './workers.ts'

const USAGE = 'npm run simulate -- --seed N | --seeds COUNT [--from N] [--hours H] [--workers W] [--exhaustive]'

function whole(text: string, name: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 0 && value < 2 ** 32) return value
  throw new Error(`--${name} ${text} is no whole number below 2^32; ${USAGE}`)
}

function readArgs() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      from: { type: 'string', default: '0' },
      hours: { type: 'string', default: '3' },
      workers: { type: 'string', default: String(availableParallelism()) },
      exhaustive: { type: 'boolean', default: false },
    },
  })
  if ((values.seed === undefined) === (values.seeds === undefined) && !values.exhaustive) {
    throw new Error(`neither --seed nor --seeds is given, or both; ${USAGE}`)
  }
  const single = values.seed === undefined ? null : whole(values.seed, 'seed')
  return {
    single,
    first: single ?? whole(values.from, 'from'),
    count: single !== null ? 1 : values.seeds === undefined ? 0 : whole(values.seeds, 'seeds'),
    hours: Math.max(1, whole(values.hours, 'hours')),
    workers: Math.max(1, whole(values.workers, 'workers')),
    exhaustive: values.exhaustive,
  }
}

function replayOf({ seed, killAt }: RunReport, hours: number): string {
  if (killAt) return `npm run simulate -- --exhaustive --from ${seed}   (killed ${killAt.when} call ${killAt.call})`
  return `npm run simulate -- --seed ${seed} --hours ${hours}`
}

function tableOf(totals: Totals, seconds: number): string {
  const rows: [string, string | number][] = [
    ['runs', totals.runs],
    ['scrapes', totals.scrapes],
    ['commits', totals.commits],
    ['store calls', totals.storeCalls],
    ['kills', totals.kills],
    ['hours closed', totals.hoursClosed],
    ...FAULTS.map((fault): [string, number] => [`fault: ${fault}`, totals.faults[fault]]),
    ...(Object.keys(INVARIANTS) as Invariant[]).map((name): [string, string] => [
      `held: ${name}`,
      `${totals.checked[name]} times: ${INVARIANTS[name]}`,
    ]),
    ['wall time', `${seconds.toFixed(1)} s`],
  ]
  return rows.map(([name, value]) => `${name.padEnd(28)} ${value}`).join('\n')
}

async function main(): Promise<number> {
  const { single, first, count, hours, workers, exhaustive } = readArgs()
  const started = performance.now()
  const reports: RunReport[] = []
  let told = started
  const done = (report: RunReport) => {
    reports.push(report)
    if (performance.now() - told > 10_000) {
      told = performance.now()
      process.stderr.write(`${reports.length} runs, ${Math.round((told - started) / 1000)} s\n`)
    }
    return report.violation !== null
  }
  const all = await runAll(runsOf(first, count, hours), { workers, done })
  if (all.every(({ violation }) => violation === null) && single === null) {
    all.push(...comparePairs(await runAll(orderRuns(first, count), { workers, done })))
    if (exhaustive) all.push(...(await runExhaustively(first, { workers, done })))
  }
  const failed = all.find(({ violation }) => violation !== null)
  process.stdout.write(`${tableOf(totalsOf(all), (performance.now() - started) / 1000)}\n`)
  if (failed === undefined) return 0
  process.stdout.write(`\nseed ${failed.seed} violates ${failed.violation?.message}\n${replayOf(failed, hours)}\n`)
  return 1
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 2
}
