/** Seeings: what was seen of each namespace of a mesh in some days, and what of it nothing declares. */
import type { IstioConfig, OutboundMode } from '#core/istio/config.ts'
import { outboundModeOf } from '#core/istio/visibility.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { compareText, distinct } from '#core/order.ts'
import { type Need, needsOf, type Seen } from '#core/readiness/need.ts'
import { hasLeft, isAmbient, isSentByGateway, type Reach } from '#core/readiness/reach.ts'

export interface Seeing {
  namespace: string // '' when unknown
  seen: Seen[] // its egress and refused attempts, oldest first; gateways' included
  isEnforced: boolean // REGISTRY_ONLY is on for all that heeds it, by configuration
  outboundMode: OutboundMode | null // null when no configuration tells, or not all have the same
  needs: Need[]
}

export interface Known {
  config: IstioConfig | null // of the target, in force now; null when none was given
  reach: Reach // of what is declared now
  recent: readonly JudgedDay[] // oldest first
  clusterDomain: string
}

/** The namespaces of a target of which anything was seen, by name. */
export function seeingsOf(target: string, known: Known): Seeing[] {
  const seen = known.recent.flatMap(({ digest: { date }, edges }) =>
    edges.filter((edge) => edge.target === target && edge.traffic.isEgress).map((edge): Seen => ({ date, edge })),
  )
  return [...Map.groupBy(seen, ({ edge }) => edge.namespace)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([namespace, of]) => seeing(namespace, of, known))
}

function seeing(namespace: string, seen: Seen[], { config, reach, recent, clusterDomain }: Known): Seeing {
  const modes = modesOf(seen, config)
  // On the day from which REGISTRY_ONLY was declared something may have left before; on later ones nothing should have.
  const locked = new Set(recent.filter(isDeclaredBefore).map(({ digest: { date } }) => date))
  const undeclared = seen.filter(({ date, edge }) => {
    if (!hasLeft(edge) || reach.fateOf(edge) === 'allowed') return false
    if (modes.get(sourceKey(edge)) !== 'REGISTRY_ONLY') return true
    return edge.traffic.outboundMode === 'REGISTRY_ONLY' && locked.has(date)
  })
  const all = distinct([...modes.values()])
  return {
    namespace,
    seen,
    isEnforced: all.length === 1 && all[0] === 'REGISTRY_ONLY',
    outboundMode: all.length === 1 ? all[0] : null,
    needs: needsOf(undeclared, reach.config, clusterDomain),
  }
}

/** The mode in force now, by source; a gateway has none, and ztunnel heeds none. */
function modesOf(seen: readonly Seen[], config: IstioConfig | null): Map<string, OutboundMode | null> {
  const modes = new Map<string, OutboundMode | null>()
  for (const { edge } of seen) {
    const key = sourceKey(edge)
    if (isSentByGateway(edge)) continue
    if (!modes.has(key)) modes.set(key, config === null || isAmbient(edge) ? null : outboundModeOf(config, edge))
  }
  return modes
}

function sourceKey(edge: JudgedEdge): string {
  return `${edge.workload}\0${edge.app}\0${edge.version}\0${isAmbient(edge) ? 'ambient' : ''}`
}

/** True for a day whose configuration was declared for a day before it. */
function isDeclaredBefore({ digest: { date }, declared: { istio } }: JudgedDay): boolean {
  return istio !== null && !istio.isLater && istio.from < date
}
