/** Plans: which runs are made for a number of seeds, and those that a single one cannot tell from. */
import { INVARIANTS, type Invariant } from './invariants.ts'
import type { RunOptions, RunReport } from './simulation.ts'
import { FAULTS, type Fault } from './weather.ts'
import { runAll, type WorkOptions } from './workers.ts'

const PUBLISHED_EVERY = 100
const ORDERED_EVERY = 50

/** The runs of this many seeds from the first on; one in a hundred publishes pages. */
export function runsOf(first: number, count: number, hours: number): RunOptions[] {
  return Array.from({ length: count }, (_, index) => {
    const seed = first + index
    return { seed, hours, publishes: seed % PUBLISHED_EVERY === 0 }
  })
}

/** Pairs of runs of a calm schedule, the second of which repeats every body and asks for older ones: same rollups. */
export function orderRuns(first: number, count: number): RunOptions[] {
  return Array.from({ length: Math.ceil(count / ORDERED_EVERY) }, (_, index) => {
    const only = { churn: 1, restarts: 1 }
    const run = { seed: first + index, hours: 2, only }
    return [
      { ...run, schedule: 'once' as const },
      { ...run, schedule: 'repeated' as const },
    ]
  }).flat()
}

/** Holds what orderRuns gave, pair by pair, to `order`; the first violation is put into its second report. */
export function comparePairs(reports: readonly RunReport[]): RunReport[] {
  return reports.map((report, index) => {
    const before = reports[index - 1]
    if (index % 2 === 0 || before === undefined) return report
    const checked = new Map(report.checked).set('order', 1)
    if (before.rollups === report.rollups || report.violation !== null) return { ...report, checked }
    const message = `order: expected the same rollups with and without repeated bodies, ${before.rollups}; found ${report.rollups}`
    return { ...report, checked, violation: { invariant: 'order' as const, message } }
  })
}

/** A fixed world, once as it is and then once for each of its store calls, killed before it and killed after it. */
export async function runExhaustively(seed: number, options: WorkOptions): Promise<RunReport[]> {
  const only = { churn: 1, restarts: 1 }
  const [calm] = await runAll([{ seed, hours: 1, only }], options)
  const runs = Array.from({ length: calm.storeCalls }, (_, call) =>
    (['before', 'after'] as const).map((when): RunOptions => ({ seed, hours: 1, only, killAt: { call, when } })),
  )
  return [calm, ...(await runAll(runs.flat(), options))]
}

/** Sums over many reports. */
export interface Totals {
  runs: number
  scrapes: number
  commits: number
  storeCalls: number
  kills: number
  hoursClosed: number
  faults: Record<Fault, number>
  checked: Record<Invariant, number>
}

export function totalsOf(reports: readonly RunReport[]): Totals {
  const sum = (of: (report: RunReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  const zero = <Name extends string>(names: readonly Name[], of: (report: RunReport) => ReadonlyMap<Name, number>) =>
    Object.fromEntries(names.map((name) => [name, sum((report) => of(report).get(name) ?? 0)])) as Record<Name, number>
  return {
    runs: reports.length,
    scrapes: sum(({ scrapes }) => scrapes),
    commits: sum(({ commits }) => commits),
    storeCalls: sum(({ storeCalls }) => storeCalls),
    kills: sum(({ kills }) => kills),
    hoursClosed: sum(({ hoursClosed }) => hoursClosed),
    faults: zero(FAULTS, ({ faults }) => faults),
    checked: zero(Object.keys(INVARIANTS) as Invariant[], ({ checked }) => checked),
  }
}
