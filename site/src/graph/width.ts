/** How wide an edge is drawn: by orders of magnitude, so that the edges of different days can be compared. */
import type { Totals } from '#core/report.ts'

export type Measure = 'bytes' | 'requests'

const THINNEST = 1.25
const WIDEST = 7
const STEP = 0.9 // wider for ten times as much
const MANY = 90 // edges; more are drawn with half the step, or they would hide each other

/** In units of the drawing; bytes count from 100 kB out, requests and connections from ten. */
export function edgeWidth({ egressBytes, requests, connections }: Totals, measure: Measure, edges: number): number {
  const [value, from] = measure === 'bytes' ? [egressBytes, 1e5] : [requests + connections, 10]
  const steps = value <= from ? 0 : Math.log10(value / from)
  const step = edges > MANY ? STEP / 2 : STEP
  return Math.round(Math.min(WIDEST, THINNEST + steps * step) * 10) / 10
}
