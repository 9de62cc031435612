/** Totals: the figures of reports, summed from rows. */
import { DESTINATION_CLASSES, type DestinationClass, exactSum, type FlowRow, failed } from '#core/flow.ts'
import type { ByClass, Totals } from '#core/report.ts'

export const TOTAL_NAMES: readonly (keyof Totals)[] = [
  'requests',
  'connections',
  'egressBytes',
  'ingressBytes',
  'errors',
  'durationMs',
]

export function zeroTotals(): Totals {
  return { requests: 0, connections: 0, egressBytes: 0, ingressBytes: 0, errors: 0, durationMs: 0 }
}

export function zeroByClass(): ByClass {
  return { registered: zeroTotals(), passthrough: zeroTotals(), blocked: zeroTotals() }
}

/** Adds a row, in place. Blocked attempts are not errors: they are what was meant to happen. */
export function addRow(totals: Totals, row: FlowRow): void {
  totals.requests = exactSum(totals.requests, row.requests)
  totals.connections = exactSum(totals.connections, row.connectionsClosed)
  totals.egressBytes = exactSum(totals.egressBytes, row.egressBytes)
  totals.ingressBytes = exactSum(totals.ingressBytes, row.ingressBytes)
  totals.durationMs = exactSum(totals.durationMs, row.durationMs)
  if (row.destinationClass !== 'blocked' && failed(row)) totals.errors = exactSum(totals.errors, occurrences(row))
}

export function addTotals(sum: Totals, more: Totals): void {
  for (const name of TOTAL_NAMES) sum[name] = exactSum(sum[name], more[name])
}

export function addByClass(sum: ByClass, more: ByClass): void {
  for (const destinationClass of DESTINATION_CLASSES) addTotals(sum[destinationClass], more[destinationClass])
}

export function sumByClass(parts: readonly ByClass[]): ByClass {
  const sum = zeroByClass()
  for (const part of parts) addByClass(sum, part)
  return sum
}

/** What left the mesh: registered and passthrough together. */
export function leftTotals({ registered, passthrough }: ByClass): Totals {
  const sum = { ...registered }
  addTotals(sum, passthrough)
  return sum
}

/** How often a row's kind of thing happened: requests, or connections for TCP. */
export function occurrences(row: FlowRow): number {
  return row.protocol === 'tcp' ? row.connectionsClosed : row.requests
}

export function attempts(totals: Totals): number {
  return exactSum(totals.requests, totals.connections)
}

/** The average latency of a request in ms, an estimate; null when there was none. */
export function averageMs({ requests, durationMs }: Totals): number | null {
  return requests === 0 ? null : durationMs / requests
}

/** The class of most of the traffic: by bytes, and where there were none by attempts. */
export function mainClass(byClass: ByClass): DestinationClass {
  return DESTINATION_CLASSES.reduce((main, next) => {
    const bytes = byClass[next].egressBytes - byClass[main].egressBytes
    const times = attempts(byClass[next]) - attempts(byClass[main])
    return bytes > 0 || (bytes === 0 && times > 0) ? next : main
  })
}
