/** Simulation: what a set of declarations would have done with what was seen, the three fates summing to all of it. */
import type { JudgedEdge } from '#core/judged-day.ts'
import type { Reach } from '#core/readiness/reach.ts'
import type { Totals } from '#core/report.ts'
import { addTotals, zeroTotals } from '#core/totals.ts'

export interface Simulated {
  allowed: Totals
  blocked: Totals // its bytes are those that left then
  unresolved: Totals // to hosts that no proxy could know
}

/** The edges are all egress, refused attempts among them. */
export function simulate(edges: readonly JudgedEdge[], reach: Reach): Simulated {
  const simulated = noneSimulated()
  for (const edge of edges) addTotals(simulated[reach.fateOf(edge)], edge.totals)
  return simulated
}

export function noneSimulated(): Simulated {
  return { allowed: zeroTotals(), blocked: zeroTotals(), unresolved: zeroTotals() }
}
