/**
 * Reach: what a mesh that lets out only what is declared would do with traffic that was seen. With Istio's configuration
 * its ServiceEntries decide, as a proxy in the source's namespace sees them. Without it, labels: what was registered when
 * it was last seen had a ServiceEntry.
 */
import type { Edge } from '#core/edge.ts'
import { OTHER } from '#core/flow.ts'
import { emptyIstioConfig, type IstioConfig, type ServiceEntry } from '#core/istio/config.ts'
import { declaresHost } from '#core/istio/visibility.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'

/** `unresolved`: no proxy could know the destination, so that nobody can tell what it would do. */
export type Fate = 'allowed' | 'blocked' | 'unresolved'

/** One mesh by what is declared in it. */
export interface Reach {
  config: IstioConfig // empty when none was given
  hasEntries: boolean // false: the configuration tells of no ServiceEntry, and labels decide
  fateOf(edge: JudgedEdge): Fate
}

/** The reach of what is declared now, judged for edges of these days of the target, oldest day first. */
export function reachOf(config: IstioConfig | null, target: string, days: readonly JudgedDay[]): Reach {
  const hasEntries = config !== null && config.serviceEntries.length > 0
  const known = config ?? emptyIstioConfig()
  const isDeclared = declaredIn(known)
  const labelled = hasEntries ? new Set<string>() : labelledAsDeclared(target, days)
  return {
    config: known,
    hasEntries,
    fateOf(edge) {
      if (edge.host === '' || edge.host === OTHER) return 'unresolved'
      if (isGatewayRoute(edge) || labelled.has(callKey(edge))) return 'allowed'
      return isDeclared(edge) ? 'allowed' : 'blocked'
    },
  }
}

/** The same reach when more is declared beside. */
export function reachWith(reach: Reach, more: Pick<IstioConfig, 'serviceEntries' | 'sidecars'>): Reach {
  const { config } = reach
  const extended = {
    ...config,
    serviceEntries: [...config.serviceEntries, ...more.serviceEntries],
    sidecars: [...config.sidecars, ...more.sidecars],
  }
  const isDeclared = declaredIn(extended)
  return {
    ...reach,
    config: extended,
    fateOf(edge) {
      const fate = reach.fateOf(edge)
      if (fate === 'unresolved' || isGatewayRoute(edge)) return fate
      if (fate === 'allowed' && !reach.hasEntries) return fate
      return isDeclared(edge) ? 'allowed' : 'blocked'
    },
  }
}

/** The entries that let an edge out, one for each of its labelled ports; null where there is none. */
export function entriesOf(config: IstioConfig, edge: Edge): (ServiceEntry | null)[] {
  const { namespace, host, ports, protocol, app, version } = edge
  const asked = ports.length === 0 ? [null] : ports
  return asked.map((port) => declaresHost(config, { namespace, host, port, protocol, app, version }))
}

/** Whether entries let an edge out, by all of its ports; asked once for all days on which the same was called. */
function declaredIn(config: IstioConfig): (edge: Edge) => boolean {
  const known = new Map<string, boolean>()
  return (edge) => {
    const key = `${callKey(edge)}\0${edge.app}\0${edge.version}\0${edge.ports.join()}`
    const isDeclared = known.get(key) ?? entriesOf(config, edge).every((entry) => entry !== null)
    known.set(key, isDeclared)
    return isDeclared
  }
}

/** A gateway and a waypoint send only what was routed to them for a declared host, whatever the outbound mode is. */
export function isGatewayRoute({ via, destinationClass }: Edge): boolean {
  return via !== '' && destinationClass === 'registered'
}

/** The source is a gateway itself, and whoever called it is not known. */
export function isSentByGateway(edge: Edge): boolean {
  return isGatewayRoute(edge) && edge.reporter === 'source'
}

/** Traffic counted in a node's proxy or a waypoint: there is no sidecar, and a Sidecar resource has no effect on it. */
export function isAmbient({ reporter, destinationClass, host, service }: Edge): boolean {
  if (reporter === 'waypoint') return true
  return destinationClass === 'registered' ? service !== host : destinationClass === 'passthrough' && service === ''
}

export function callKey({ target, namespace, host, protocol }: Edge): string {
  return `${target}\0${namespace}\0${host}\0${protocol}`
}

/** Calls that left by a ServiceEntry, and by nothing else, on the last day on which they left. */
function labelledAsDeclared(target: string, days: readonly JudgedDay[]): Set<string> {
  const declared = new Set<string>()
  const edgesOf = ({ edges }: JudgedDay) => edges.filter((edge) => edge.target === target && hasLeft(edge))
  const namesEntries = days.some((day) => edgesOf(day).some(({ serviceNamespace }) => serviceNamespace !== ''))
  for (const day of days) {
    for (const [key, edges] of Map.groupBy(edgesOf(day), callKey)) {
      const isDeclared = edges.every(
        (edge) => edge.destinationClass === 'registered' && !(namesEntries && isResolvedByHost(edge)),
      )
      if (isDeclared) declared.add(key)
      else declared.delete(key)
    }
  }
  return declared
}

/**
 * True where labels cannot tell a wildcard ServiceEntry with DYNAMIC_DNS from the mode ALLOW_ANY_DYNAMIC_DNS: neither names
 * the entry's namespace. Up to Istio 1.22 nothing names it, and there is no such mode.
 */
export function isResolvedByHost({ host, service, serviceNamespace, protocol, reporter }: Edge): boolean {
  return reporter === 'source' && protocol !== 'tcp' && serviceNamespace === '' && service === host
}

/** True for what left the mesh, as far as its configuration tells. */
export function hasLeft({ destinationClass, traffic }: JudgedEdge): boolean {
  return destinationClass !== 'blocked' && traffic.isEgress
}
