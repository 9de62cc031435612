/**
 * Savings by endpoints: services of the mesh's own region that are reached through NAT, or over the internet, though an
 * endpoint inside the network would carry them for less.
 */

import type { Nano } from '#core/costs/money.ts'
import type { Found } from '#core/costs/price-lookup.ts'
import type { Charge, PricedEdge } from '#core/costs/priced-day.ts'
import type { EndpointType, TargetPlace } from '#core/costs/prices.ts'
import {
  chargedBytes,
  dearest,
  divideUp,
  idsOf,
  isOfOwnRegion,
  missingOf,
  natCharge,
  placeOf,
  type Reckoning,
  type Rule,
  type SeenEdge,
  savedOf,
  sumNano,
  type Weighed,
} from '#core/costs/saving-rule.ts'
import { exactSum } from '#core/flow.ts'

/** Pulling an image asks both `api.ecr` and `dkr.ecr`; other services have one interface endpoint. */
const ENDPOINTS_OF: Readonly<Record<string, number>> = { ecr: 2 }
/** Under these names answer a customer's own machines, to which no endpoint of a service leads. */
const OWN_MACHINES: ReadonlySet<string> = new Set(['aoss', 'eks', 'es'])

const HOURS = 24
const MONTH_DAYS = 30

/** Endpoints that are charged by the byte alone, or not at all. */
export function gatewayEndpoints(reckoning: Reckoning): Rule {
  return {
    rule: 'gateway-endpoint',
    keyOf: (edge) => keyOf(reckoning, edge, 'gateway'),
    weigh(group) {
      const weighed = weigh(reckoning, group, 'gateway')
      return weighed === null || (weighed.saved !== null && weighed.saved <= 0n) ? null : weighed
    },
  }
}

/** Endpoints that are charged by the hour and zone besides. What would cost more than it saves is weighed all the same. */
export function interfaceEndpoints(reckoning: Reckoning): Rule {
  return {
    rule: 'interface-endpoint',
    keyOf: (edge) => keyOf(reckoning, edge, 'interface'),
    weigh: (group) => weigh(reckoning, group, 'interface'),
  }
}

/** By mesh and service; null for what no endpoint is for, or has one already. */
function keyOf(reckoning: Reckoning, edge: PricedEdge, type: EndpointType): string | null {
  const place = placeOf(reckoning, edge)
  if (place === null || !isOfOwnRegion(edge, place) || avoidable(edge).length === 0) return null
  const { service, kind, endpoint } = edge.destined
  if (endpoint !== '' || kind === 'cross-zone' || OWN_MACHINES.has(service)) return null
  if (place.endpoints.some((existing) => existing.service === service)) return null
  return processing(reckoning, place, service, type).entry === null ? null : `${edge.target}\0${service}`
}

/** What an endpoint spares: NAT, and the way over the internet. */
function avoidable(edge: PricedEdge): Charge[] {
  return edge.charges.filter(({ kind }) => kind === 'nat-processing' || kind === 'internet')
}

function processing(reckoning: Reckoning, place: TargetPlace, service: string, endpoint: EndpointType): Found {
  return reckoning.findPrice(place, { kind: 'endpoint-processing', to: '', service, endpoint })
}

function weigh(reckoning: Reckoning, group: readonly SeenEdge[], type: EndpointType): Weighed | null {
  const [{ edge }] = group
  const place = placeOf(reckoning, edge)
  if (place === null) return null
  const service = edge.destined?.service ?? ''
  const gateways = place.nat?.gateways ?? 0
  const zones = type === 'gateway' ? 0 : Math.max(1, gateways) * (ENDPOINTS_OF[service] ?? 1)
  const charges = group.flatMap((seen) => avoidable(seen.edge))
  const overInternet = group.filter((seen) => seen.edge.destined?.kind === 'internet')
  const regional = { kind: 'same-region', to: '', service: '', endpoint: '' } as const
  const carried = [
    { ...processing(reckoning, place, service, type), of: group },
    ...(overInternet.length === 0 ? [] : [{ ...reckoning.findPrice(place, regional), of: overInternet }]),
  ]
  const hour =
    zones === 0 ? null : reckoning.findPrice(place, { kind: 'endpoint-hours', to: '', service, endpoint: type })
  const missing = missingOf([...charges, ...carried, ...(hour === null ? [] : [hour])])
  const bytes = group.reduce((sum, seen) => exactSum(sum, (natCharge(seen.edge) ?? avoidable(seen.edge)[0]).bytes), 0)
  const paid = sumNano(charges)
  const instead = carried.reduce((sum, { entry, of }) => {
    return entry === null ? sum : sum + dearest(entry, chargedBytes(of, entry.bytes, reckoning))
  }, 0n)
  const hoursOf = (days: number) => (hour?.entry ? dearest(hour.entry, zones * HOURS * days) : 0n)
  const hourly = hoursOf(reckoning.days)
  return {
    certainty: 'sure',
    twin: '',
    bytes,
    assumption: zones === 0 ? '' : zonesSentence(service, zones, gateways),
    share: '1',
    entries: idsOf([
      ...charges.map(({ entry }) => entry),
      ...[...carried, hour].map((found) => found?.entry?.id ?? ''),
    ]),
    paid,
    instead,
    hourly,
    zones,
    breakEvenBytes: zones === 0 || missing !== '' ? null : breakEven(bytes, paid - instead, hoursOf(MONTH_DAYS)),
    saved: missing === '' ? savedOf({ paid, instead, hourly, share: '1' }) : null,
    missing,
  }
}

/** In 30 days, the bytes whose difference pays for the hours; null when none do. */
function breakEven(bytes: number, difference: Nano, monthly: Nano): number | null {
  if (difference <= 0n) return null
  const from = Number(divideUp(monthly * BigInt(bytes), difference))
  return Number.isSafeInteger(from) ? from : null
}

function zonesSentence(service: string, zones: number, gateways: number): string {
  const each = gateways < 2 ? 'one zone' : `${gateways} zones, as many as there are NAT gateways`
  const several = ENDPOINTS_OF[service] ?? 1
  return several === 1
    ? `It stands in ${each}; NAT stays for everything else.`
    : `${several} endpoints stand in ${each}, which makes ${zones} to pay for by the hour; NAT stays for everything else.`
}
