/** Totals: the figures of reports, summed from rows. */
import { DESTINATION_CLASSES, exactSum, type FlowRow, failed } from '#core/flow.ts'
import type { ByClass, Totals } from '#core/report.ts'

export function zeroTotals(): Totals {
  return { requests: 0, connections: 0, egressBytes: 0, ingressBytes: 0, errors: 0 }
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
  if (row.destinationClass !== 'blocked' && failed(row)) totals.errors = exactSum(totals.errors, occurrences(row))
}

export function addTotals(sum: Totals, more: Totals): void {
  for (const name of Object.keys(sum) as (keyof Totals)[]) sum[name] = exactSum(sum[name], more[name])
}

export function addByClass(sum: ByClass, more: ByClass): void {
  for (const destinationClass of DESTINATION_CLASSES) addTotals(sum[destinationClass], more[destinationClass])
}

/** How often a row's kind of thing happened: requests, or connections for TCP. */
export function occurrences(row: FlowRow): number {
  return row.protocol === 'tcp' ? row.connectionsClosed : row.requests
}

export function attempts(totals: Totals): number {
  return exactSum(totals.requests, totals.connections)
}
