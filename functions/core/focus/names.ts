/** Names that FOCUS wants of what is charged: provider, service, meter, SKU, resource. */
import type { BillLine } from '#core/bills/bill.ts'
import type { PriceEntry } from '#core/costs/prices.ts'

/** As each provider calls itself in its own FOCUS exports; any other goes by the name that the price book gives it. */
export function providerName(provider: string): string {
  return { aws: 'AWS', gcp: 'Google Cloud', azure: 'Microsoft' }[provider] ?? provider
}

export type ChargedKind = BillLine['kind'] // every kind of price, and what a bill has besides

const SERVICES: Readonly<Record<ChargedKind, { service: string; meter: string; charge: string }>> = {
  internet: { service: 'Data Transfer', meter: 'Data Transfer to Internet', charge: 'data transfer to the internet' },
  'cross-region': {
    service: 'Data Transfer',
    meter: 'Data Transfer between Regions',
    charge: 'data transfer to another region',
  },
  'cross-zone': {
    service: 'Data Transfer',
    meter: 'Data Transfer between Zones',
    charge: 'data transfer to another zone',
  },
  'same-region': {
    service: 'Data Transfer',
    meter: 'Data Transfer within Region',
    charge: 'data transfer within the region',
  },
  ingress: { service: 'Data Transfer', meter: 'Data Transfer In', charge: 'data transfer in' },
  other: { service: 'Data Transfer', meter: 'Data Transfer', charge: 'data transfer' },
  'nat-processing': { service: 'NAT Gateway', meter: 'NAT Data Processing', charge: 'data processed by NAT' },
  'nat-hours': { service: 'NAT Gateway', meter: 'NAT Gateway Hours', charge: 'hours of NAT gateways' },
  'endpoint-processing': {
    service: 'Private Endpoint',
    meter: 'Endpoint Data Processing',
    charge: 'data processed by an endpoint',
  },
  'endpoint-hours': { service: 'Private Endpoint', meter: 'Endpoint Hours', charge: 'hours of endpoints' },
}

export function chargeName(kind: ChargedKind): string {
  return SERVICES[kind].charge
}

/** Each service has one category and one subcategory. */
export function serviceOf(kind: ChargedKind): Record<string, string> {
  return {
    ServiceCategory: 'Networking',
    ServiceName: SERVICES[kind].service,
    ServiceSubcategory: 'Network Connectivity',
  }
}

export function skuMeter(kind: ChargedKind): string {
  return SERVICES[kind].meter
}

/** What is sold, whatever it costs and since when: neither the book nor a date is in it. */
export function skuId(
  entry: Pick<PriceEntry, 'provider' | 'kind' | 'region' | 'to' | 'tier' | 'endpoint' | 'service'>,
) {
  const { provider, kind, region, to, tier, endpoint, service } = entry
  return [provider, kind, region, to, tier, endpoint, service].filter((part) => part !== '').join(' ')
}

export interface NamedResource {
  target: string
  namespace: string
  workload: string
}

/** A workload as a resource; '' for both where its name is unknown. */
export function resourceOf({ target, namespace, workload }: NamedResource): { id: string; name: string } {
  return workload === '' ? { id: '', name: '' } : { id: `${target}/${namespace}/${workload}`, name: workload }
}

/** Tags: what owners are declared under its own name; what the mesh labels say under our prefix. */
export function tagsOf(source: { target: string; namespace: string; team: string; costCentre: string }): string {
  const { target, namespace, team, costCentre } = source
  const tags = { team, costCentre, 'wharfage/target': target, 'wharfage/namespace': namespace }
  return JSON.stringify(Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== '')))
}
