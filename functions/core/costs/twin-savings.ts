/** Savings by twins: calls to a service in another region that the provider has in the mesh's own region, too. */
import type { Found } from '#core/costs/price-lookup.ts'
import type { PricedEdge } from '#core/costs/priced-day.ts'
import {
  chargedBytes,
  dearest,
  idsOf,
  isOfOwnRegion,
  missingOf,
  placeOf,
  type Reckoning,
  type Rule,
  savedOf,
  sumNano,
} from '#core/costs/saving-rule.ts'
import { exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'

/** Only the transfer is weighed: how it leaves, through NAT or an endpoint, is as it was. */
export function regionalTwins(reckoning: Reckoning): Rule {
  const called = calledTwins(reckoning)
  return {
    rule: 'regional-twin',
    keyOf: (edge) => (twinByName(reckoning, edge) === '' ? null : `${edge.target}\0${edge.host}`),
    weigh(group) {
      const [{ edge }] = group
      const byName = twinByName(reckoning, edge)
      const hosts = called.get(serviceKey(edge)) ?? []
      const twin = hosts.length === 0 || hosts.includes(byName) ? byName : hosts[0]
      const charges = group.flatMap((seen) => seen.edge.charges.filter(({ kind }) => kind === 'cross-region'))
      const regional = findRegional(reckoning, edge)
      const missing = missingOf([...charges, regional])
      const paid = sumNano(charges)
      const { entry } = regional
      const instead = entry === null ? 0n : dearest(entry, chargedBytes(group, entry.bytes, reckoning))
      const saved = missing === '' ? savedOf({ paid, instead, hourly: 0n, share: '1' }) : null
      if (saved !== null && saved <= 0n) return null
      return {
        certainty: hosts.length > 0 ? 'strong' : 'weak',
        twin,
        bytes: charges.reduce((sum, { bytes }) => exactSum(sum, bytes), 0),
        assumption: 'What is asked for is in the region of the mesh, too, or is copied there once.',
        share: '1',
        entries: idsOf([...charges.map((charge) => charge.entry), entry?.id ?? '']),
        paid,
        instead,
        hourly: 0n,
        zones: 0,
        breakEvenBytes: null,
        saved,
        missing,
      }
    },
  }
}

/** The same host in the mesh's own region, by the provider's naming; '' where there is none. */
function twinByName(reckoning: Reckoning, { target, host, destined }: PricedEdge): string {
  const place = placeOf(reckoning, { target })
  if (place === null || destined === null || destined.kind !== 'cross-region') return ''
  const { provider, region, service } = destined
  if (service === '' || provider !== place.provider || region === '' || place.region === '') return ''
  const at = host.indexOf(region)
  const isLabel = at > 0 && '.-'.includes(host[at - 1]) && '.-'.includes(host[at + region.length] ?? '')
  return isLabel ? `${host.slice(0, at)}${place.region}${host.slice(at + region.length)}` : ''
}

/** Hosts of services in the mesh's own region that it calls, most bytes first, by mesh and service. */
function calledTwins(reckoning: Reckoning): Map<string, string[]> {
  const bytes = new Map<string, Map<string, number>>()
  for (const { edge } of reckoning.seen) {
    const place = placeOf(reckoning, edge)
    if (place === null || !isOfOwnRegion(edge, place)) continue
    const hosts = bytes.get(serviceKey(edge)) ?? new Map<string, number>()
    bytes.set(serviceKey(edge), hosts)
    const { egressBytes, ingressBytes } = edge.totals
    hosts.set(edge.host, exactSum(hosts.get(edge.host) ?? 0, exactSum(egressBytes, ingressBytes)))
  }
  return new Map(
    [...bytes].map(([key, hosts]) => [
      key,
      [...hosts].sort(([a, some], [b, more]) => more - some || compareText(a, b)).map(([host]) => host),
    ]),
  )
}

function serviceKey({ target, destined }: PricedEdge): string {
  return `${target}\0${destined?.service}`
}

function findRegional(reckoning: Reckoning, edge: PricedEdge): Found {
  const place = placeOf(reckoning, edge)
  if (place === null) return { entry: null, missing: `Where ${edge.target} runs is not configured.` }
  return reckoning.findPrice(place, { kind: 'same-region', to: '', service: '', endpoint: '' })
}
