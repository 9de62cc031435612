/** Health: how requests and connections went, by Kiali's default thresholds, to which failing TCP is added. */
import type { Failures } from '#core/edge.ts'

/** Kiali's words, and one for what the mesh refused, which went neither well nor badly. */
export type Health = 'idle' | 'refused' | 'healthy' | 'degraded' | 'failing'

/** Shares of what was tried. At `degraded` 0 any failure degrades. */
const THRESHOLDS: Record<keyof Failures, { degraded: number; failing: number }> = {
  clientErrors: { degraded: 0.1, failing: 0.2 },
  serverErrors: { degraded: 0, failing: 0.1 },
  noResponse: { degraded: 0, failing: 0.1 },
  grpcErrors: { degraded: 0, failing: 0.1 },
  connectionFailures: { degraded: 0, failing: 0.1 }, // Kiali has none: its TCP edges are blue however they end
}

const SEVERITY: readonly Health[] = ['idle', 'refused', 'healthy', 'degraded', 'failing']

/** The health of one protocol's traffic; `tried` is its requests or connections. */
export function healthOf(failures: Failures, tried: number): Health {
  let worst: Health = 'healthy'
  for (const [kind, { degraded, failing }] of Object.entries(THRESHOLDS)) {
    const count = failures[kind as keyof Failures]
    if (count > 0 && count >= failing * tried) return 'failing'
    if (count > 0 && count >= degraded * tried) worst = 'degraded'
  }
  return worst
}

/** The worst of several. */
export function worstHealth(parts: readonly Health[]): Health {
  return parts.reduce((worst, part) => (SEVERITY.indexOf(part) > SEVERITY.indexOf(worst) ? part : worst), 'idle')
}
