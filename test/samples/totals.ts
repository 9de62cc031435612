/** Totals for samples, in short. */
import type { Totals } from '#core/report.ts'

/** Requests, connections and bytes out; a little less comes back, and one in a hundred fails. */
export function totalsOf(requests: number, connections: number, egressBytes: number): Totals {
  const whole = Math.round
  return {
    requests: whole(requests),
    connections: whole(connections),
    egressBytes: whole(egressBytes),
    ingressBytes: whole(egressBytes * 0.7),
    errors: whole((requests + connections) / 100),
    durationMs: whole(requests * 80),
  }
}
