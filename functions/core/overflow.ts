/**
 * Overflow: a target with more series than it may have. A label whose values never end, such as a Host header that somebody
 * makes up, would else fill the ledger. Such a body is refused, or flows that are new are folded: known ones stay as they
 * are, every series keeps its own deltas, and what is folded loses its name and none of its counts.
 */
import type { Checkpoint } from '#core/checkpoint.ts'
import { type Flow, OTHER } from '#core/flow.ts'
import type { Reading } from '#core/reading.ts'

const EXAMPLE_LENGTH = 100

/** Of which some label may take endless values; of those with the same number the first is told. */
const DIMENSIONS = ['destinationHost', 'destinationService', 'sourceWorkload', 'sourceApp', 'sourceVersion'] as const

/** The same flow to no destination in particular; class, protocol, source and answer stay. */
export function foldDestination(flow: Flow): Flow {
  return {
    ...flow,
    destinationHost: OTHER,
    destinationPort: null,
    destinationService: OTHER,
    destinationServiceNamespace: OTHER,
  }
}

/** The same flow from no workload in particular of its namespace. */
export function foldSource(flow: Flow): Flow {
  return { ...flow, sourceWorkload: OTHER, sourceApp: OTHER, sourceVersion: OTHER }
}

/** True for a flow that stands for others; no host is ever called so. */
export function isFolded({ destinationHost }: Flow): boolean {
  return destinationHost === OTHER
}

/** The key under which flows of one source meet. */
export function sourceKey(flow: Flow): string {
  return [flow.sourceNamespace, flow.sourceWorkload, flow.sourceApp, flow.sourceVersion, flow.sourceCluster].join('\0')
}

/** Throws one sentence, begun by `where`, when a reading has more than maxSeries series: how many, of what, and what to do. */
export function refuseOverflow(checkpoint: Checkpoint, reading: Reading, maxSeries: number, where: string): void {
  const series = reading.size + reading.uncounted
  if (series <= maxSeries) return
  throw new Error(
    `${where}: body has ${series} series, over maxSeries of ${maxSeries}; ${mostDiverse(checkpoint, reading)}; ` +
      'keep it from growing, raise maxSeries, or set "overflow: fold"',
  )
}

/** What has the most values in the flows of a reading and of its checkpoint, and the newest of them. */
function mostDiverse({ flows, proxies }: Checkpoint, { newcomers }: Reading): string {
  const all = [...flows, ...newcomers.flows.map(({ flow }) => flow)]
  const pods = new Set([...proxies.map(({ key }) => key), ...newcomers.proxies]).size
  const counted = DIMENSIONS.map((name) => {
    const values = new Set(all.map((flow) => flow[name])).size
    const example = JSON.stringify((all.at(-1)?.[name] ?? '').slice(0, EXAMPLE_LENGTH))
    return { values, told: `${name} has ${values} values, such as ${example}` }
  })
  counted.push({ values: pods, told: `there are ${pods} pods` })
  return counted.reduce((most, one) => (one.values > most.values ? one : most)).told
}
