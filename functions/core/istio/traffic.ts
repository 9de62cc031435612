/** What Istio's configuration adds to what labels alone tell of an edge. */
import { type Edge, edgeKey } from '#core/edge.ts'
import { type Evidence, evidenceOf } from '#core/evidence.ts'
import { type Client, clientOf } from '#core/istio/client.ts'
import type { IstioConfig, OutboundMode } from '#core/istio/config.ts'
import { destinationRuleLookup } from '#core/istio/destination-rule.ts'
import { evidenceOfExits } from '#core/istio/evidence.ts'
import { type Exit, exitLookup } from '#core/istio/route.ts'
import { outboundPolicyOf } from '#core/istio/scope.ts'
import { serviceEntryLookup } from '#core/istio/service-entry.ts'
import { type Tls, tlsByLabels, tlsOfExits, tlsOfUndeclared } from '#core/istio/tls.ts'

export type { Tls, TlsVerdict } from '#core/istio/tls.ts'

export interface Traffic {
  isEgress: boolean // false for what a ServiceEntry declares MESH_INTERNAL
  serviceEntry: string // 'namespace/name' of the one that lets it out; '' when none is known
  evidence: Evidence
  tls: Tls
  outboundMode: OutboundMode | null // in force for the source; null when no configuration tells
}

/** Days are alike: most edges of one are those of the day before. */
const REMEMBERED = 50_000

/** Looks edges up in one mesh's configuration; made once for many edges. With null only labels tell. */
export function trafficLookup(config: IstioConfig | null): (edge: Edge) => Traffic {
  if (config === null) return (edge) => byLabels(edge, null)
  const declaredFor = serviceEntryLookup(config)
  const exitsOf = exitLookup(config)
  const rulesFor = destinationRuleLookup(config)
  const modes = new Map<string, OutboundMode | null>() // by source
  const remembered = new Map<string, Traffic>()

  return (edge) => {
    const key = `${edgeKey(edge)}\0${edge.ports}`
    const known = remembered.get(key)
    if (known !== undefined) return known
    const traffic = trafficOf(edge, config)
    if (remembered.size === REMEMBERED) remembered.clear()
    remembered.set(key, traffic)
    return traffic
  }

  function trafficOf(edge: Edge, config: IstioConfig): Traffic {
    const client = clientOf(config, edge)
    const mode = modeOf(client, config)
    if (edge.destinationClass !== 'registered') return byLabels(edge, mode)
    const declared = declaredFor(edge, client)
    if (declared === null) {
      const tls = tlsOfUndeclared(config, edge, client, mode === 'ALLOW_ANY_DYNAMIC_DNS')
      return { ...byLabels(edge, mode), tls }
    }
    const [{ namespace, name }] = declared.entries
    const exits = exitsOf(declared, client, edge.protocol === 'tcp' ? 'tcp' : 'http', edge.ports)
    const rulesOf = ({ entry }: Exit) => rulesFor(declared.host, entry.namespace, client.source)
    return {
      isEgress: declared.entries.some(({ location }) => location === 'MESH_EXTERNAL'),
      serviceEntry: `${namespace}/${name}`,
      evidence: evidenceOfExits(edge, client, declared, exits) ?? evidenceOf([edge]),
      tls: tlsOfExits(edge, client, declared, exits, rulesOf),
      outboundMode: mode,
    }
  }

  /** A gateway has no such mode: it lets out what it has routes for. ztunnel heeds none either. */
  function modeOf({ kind, source }: Client, config: IstioConfig): OutboundMode | null {
    if (kind !== 'sidecar') return null
    const key = [source.namespace, source.app, source.version].join('\0')
    const known = modes.get(key)
    if (known !== undefined) return known
    const { mode } = outboundPolicyOf(config, source)
    modes.set(key, mode)
    return mode
  }
}

function byLabels(edge: Edge, outboundMode: OutboundMode | null): Traffic {
  return { isEgress: true, serviceEntry: '', evidence: evidenceOf([edge]), tls: tlsByLabels(edge), outboundMode }
}
