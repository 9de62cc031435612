/** Sums over the classes of destinations. */
import type { ByClass, Totals } from '#core/report.ts'

/** What left the mesh: registered and passthrough together. */
export function left(byClass: ByClass): Totals {
  const { registered, passthrough } = byClass
  return {
    requests: registered.requests + passthrough.requests,
    connections: registered.connections + passthrough.connections,
    egressBytes: registered.egressBytes + passthrough.egressBytes,
    ingressBytes: registered.ingressBytes + passthrough.ingressBytes,
    errors: registered.errors + passthrough.errors,
  }
}

/** Requests and connections together. */
export function attempts(totals: Totals): number {
  return totals.requests + totals.connections
}

/** True when nothing was observed, so that a zero would be a lie. */
export function unknown(observation: string): boolean {
  return observation === 'none' || observation === 'pending'
}
