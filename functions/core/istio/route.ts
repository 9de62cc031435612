/** Routes: by which ports of a ServiceEntry traffic may have left, as VirtualServices lead it there. */
import type { Client } from '#core/istio/client.ts'
import type { IstioConfig, Route, RouteMatch, ServiceEntry, ServicePort, VirtualService } from '#core/istio/config.ts'
import { coveredBy, patternsOver } from '#core/istio/host-pattern.ts'
import { byAge, possibleFirsts } from '#core/istio/precedence.ts'
import { isExportedTo } from '#core/istio/scope.ts'
import type { Declared } from '#core/istio/service-entry.ts'
import { carries, type Handling, handlingOf } from '#core/istio/service-port.ts'

export interface Exit {
  entry: ServiceEntry
  port: ServicePort // by which it left: what DestinationRules go by
  taken: Handling // how the proxy took it from the client
  subset: string // '' for none
  route: VirtualService | null // that led it to the port
}

const EVERYWHERE = ['*']

/** Finds the exits of traffic in one mesh's configuration; none when no declared port can have carried it. */
export function exitLookup(
  config: IstioConfig,
): (declared: Declared, client: Client, layer: 'http' | 'tcp', labelled: readonly number[]) => Exit[] {
  const defaultExport = config.mesh?.defaultVirtualServiceExportTo ?? EVERYWHERE
  const toHost = new Map<string, VirtualService[]>() // by host of destinations
  const ofHost = new Map<string, VirtualService[]>() // by host they are for
  const byName = new Map<string, VirtualService>()
  for (const virtual of config.virtualServices.toSorted(byAge)) {
    byName.set(`${virtual.namespace}/${virtual.name}`, virtual)
    for (const host of new Set(virtual.hosts)) ofHost.set(host, [...(ofHost.get(host) ?? []), virtual])
    for (const host of new Set(virtual.routes.flatMap(({ destinations }) => destinations.map((one) => one.host)))) {
      toHost.set(host, [...(toHost.get(host) ?? []), virtual])
    }
  }

  return ({ host, entries }, client, layer, labelled) => {
    const ports = entries.flatMap((entry) => entry.ports.map((port) => ({ entry, port })))
    const holds = (virtual: VirtualService) => isHeldBy(virtual, client, defaultExport)
    const routed = (toHost.get(host) ?? []).filter(holds)
    const exitsTo = (route: Route, virtual: VirtualService, from: ServicePort | null): Exit[] =>
      [route, ...delegatesOf(route)].flatMap(({ destinations }) =>
        destinations
          .filter((one) => one.host === host)
          .flatMap((one) => {
            const number = one.port ?? (ports.length === 1 ? ports[0].port.number : (from?.number ?? null))
            return ports
              .filter(({ port }) => (number === null ? carries(port, layer) : port.number === number))
              .map((at) => ({ ...at, taken: takenBy(route, from), subset: one.subset, route: virtual }))
          }),
      )
    const isAtGateway = client.kind === 'gateway'
    const fits = (route: Route) => (layer === 'http') === (route.kind === 'http') && isTried(route, isAtGateway)
    const ownPattern = [...patternsOver(host)].find((pattern) => ofHost.get(pattern)?.some(holds))
    const isOwn = ({ hosts }: VirtualService) => hosts.length > 0 && hosts.every((one) => one === ownPattern)
    const elsewhere = (own: readonly VirtualService[]) =>
      routed
        .filter((virtual) => !own.includes(virtual) && !(own.length > 0 && isOwn(virtual)))
        .flatMap((virtual) => virtual.routes.filter(fits).flatMap((route) => exitsTo(route, virtual, null)))

    if (isAtGateway && routed.length > 0) return withLabels(elsewhere([]), labelled)
    const own = client.kind === 'ztunnel' ? [] : possibleFirsts((ofHost.get(ownPattern ?? '') ?? []).filter(holds))
    const direct = ports
      .filter(({ port }) => carries(port, layer))
      .flatMap((at): Exit[] => {
        const straight: Exit = { ...at, taken: handlingOf(at.port), subset: '', route: null }
        if (own.length === 0) return [straight]
        return own.flatMap((virtual) => {
          const { routes, isCertain } = routesFor(virtual, at.port, host, layer)
          const led = routes.flatMap((route) => exitsTo(route, virtual, at.port))
          return isCertain ? led : [...led, straight]
        })
      })
    return withLabels(client.kind === 'ztunnel' ? direct : [...direct, ...elsewhere(own)], labelled)
  }

  function delegatesOf({ delegate, kind }: Route): Route[] {
    const target = delegate === '' ? undefined : byName.get(delegate)
    return target?.routes.filter((route) => route.kind === kind) ?? []
  }
}

/** The routes of a VirtualService that traffic to a port may take; certain when it cannot go on without one. */
function routesFor(virtual: VirtualService, port: ServicePort, host: string, layer: 'http' | 'tcp') {
  const handling = handlingOf(port)
  const kind = layer === 'http' ? 'http' : handling === 'tls' ? 'tls' : 'tcp'
  const routes: Route[] = []
  const candidates = virtual.routes.filter((route) => route.kind === kind)
  // HTTP that no route matches is answered with 404 by the proxy; TLS and TCP go on as without the VirtualService.
  const isCertain = kind === 'http' && candidates.length > 0
  for (const route of candidates) {
    const matching = route.matches.filter((match) => mayMatch(match, port, host))
    if (route.matches.length > 0 && matching.length === 0) continue
    routes.push(route)
    if (route.matches.length === 0 || matching.some(({ isConditional }) => !isConditional))
      return { routes, isCertain: true }
  }
  return { routes, isCertain }
}

/** A route whose matches all name other gateways is not tried at all; the mesh's sidecars are a gateway by that name. */
function isTried({ matches }: Route, isAtGateway: boolean): boolean {
  const isFor = (name: string) => (name === 'mesh') !== isAtGateway
  return matches.length === 0 || matches.some(({ gateways }) => gateways.length === 0 || gateways.some(isFor))
}

function mayMatch({ port, gateways, sniHosts }: RouteMatch, { number }: ServicePort, host: string): boolean {
  if (port !== null && port !== number) return false
  if (gateways.length > 0 && !gateways.includes('mesh')) return false
  return sniHosts.length === 0 || sniHosts.some((sni) => coveredBy(host, sni) || coveredBy(sni, host))
}

function takenBy({ kind }: Route, from: ServicePort | null): Handling {
  return from === null ? kind : handlingOf(from)
}

/** A gateway holds what names a gateway, a sidecar or waypoint what is for the mesh. */
function isHeldBy({ gateways, exportTo, namespace }: VirtualService, { kind, source }: Client, byDefault: string[]) {
  const isFor = kind === 'gateway' ? gateways.some((one) => one !== 'mesh') : gateways.includes('mesh')
  return isFor && isExportedTo(exportTo.length > 0 ? exportTo : byDefault, namespace, source.namespace)
}

/** What labels say of the port narrows the exits, as far as they name declared ports. */
function withLabels(exits: Exit[], labelled: readonly number[]): Exit[] {
  const isOf = ({ port }: Exit) => labelled.includes(port.number)
  const known = labelled.every((number) => exits.some(({ port }) => port.number === number))
  return labelled.length > 0 && known ? exits.filter(isOf) : exits
}
