/**
 * Destined: where traffic goes, as far as its price depends on that, and by what this was told: the register's declared
 * place, else a rule of the prices, else the host's own name where that proves it, else internet is assumed.
 */
import type { EndpointType, PriceRule, Prices, TargetPlace, TransferKind } from '#core/costs/prices.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import { type AddressRange, holds, parseRange } from '#core/register/address-range.ts'
import { destinationIndex } from '#core/register/destination.ts'
import type { Place } from '#core/register/place.ts'
import { isChinese, type ServicePlace, servicePlace } from '#core/register/provider.ts'

/** By what a transfer's kind was told: the register, a rule of the prices, the host's own name; or else it was assumed. */
export type PriceBasis = 'declared' | 'rule' | 'hostname' | 'assumed'
export const PRICE_BASES: readonly PriceBasis[] = ['declared', 'rule', 'hostname', 'assumed']

/** Where a transfer goes, as far as its price depends on that. */
export interface Destined {
  kind: TransferKind
  basis: PriceBasis
  provider: string // of the destination; '' when nothing tells
  region: string // likewise
  service: string // that its name proves: 's3', 'ecr', …; '' when it proves none
  area: string // of the world; '' for a book's default
  endpoint: EndpointType | '' // through which it is reached; '' for none
  nat: boolean // it leaves through NAT
  reason: string // one sentence
}

/** Where a host is, or what it is charged as, by the first that tells. */
interface Told {
  basis: PriceBasis
  provider: string // '' when nothing tells
  region: string // likewise
  kind: TransferKind | '' // '' when it follows from the place
  isInside: boolean // the network, so that NAT is not passed
  by: string // how a sentence about it begins
}

/** Endpoints of these clouds reach what they are for in every region; others serve their own region alone. */
const ENDPOINTS_REACH_ALL: ReadonlySet<string> = new Set(['azure', 'gcp'])

/**
 * Machines that AWS runs for a customer at addresses of their own: what goes to them within a region is charged as between
 * zones, not as a service of the region. Databases stand inside the network, so NAT is not passed.
 */
const MACHINES: ReadonlySet<string> = new Set(['compute', 'elb', 'rds', 'docdb', 'neptune', 'redshift', 'elasticache'])
const DATABASES: ReadonlySet<string> = new Set(['rds', 'docdb', 'neptune', 'redshift', 'elasticache'])

/** Where the internet is not (RFC 1918, 6598, 4193), and the endings of names that stand for there (RFC 6762, .internal). */
const PRIVATE_RANGES = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']
/** What no router passes on (RFC 3927, 4291), such as the metadata service of a machine, and the machine itself. */
const LOCAL_RANGES = ['169.254.0.0/16', '127.0.0.0/8', 'fe80::/10', '::1/128']
const PRIVATE_NAME = /(?:^|\.)(?:internal|local|localhost)$/

const [PRIVATE, LOCAL] = [PRIVATE_RANGES, LOCAL_RANGES].map((texts) => texts.flatMap((text) => parseRange(text) ?? []))

/** Days are alike: most hosts of one are those of the day before. */
const REMEMBERED = 50_000

/** Finds where edges go; made once for many. */
export function destinedLookup({ rules, targets }: Prices): (edge: JudgedEdge) => Destined {
  const rulesOf = destinationIndex(rules, ({ host }) => host)
  const known = new Map<string, Destined>()
  const find = ({ target, host, place }: JudgedEdge, isClaimed: boolean): Destined => {
    const home = Object.hasOwn(targets, target) ? targets[target] : null
    const rule = rulesOf.matching(host)[0]?.values[0] ?? null
    const named = servicePlace(host)
    return destinedOf({ target, home, rule, named, told: toldOf(host, place, rule, named), isClaimed })
  }
  return (edge) => {
    const isClaimed = edge.destinationClass === 'passthrough' && edge.protocol !== 'tcp'
    const key = [edge.target, edge.host, edge.place.provider, edge.place.region, isClaimed].join('\0')
    const destined = known.get(key) ?? find(edge, isClaimed)
    if (known.size >= REMEMBERED) known.clear()
    known.set(key, destined)
    return destined
  }
}

function toldOf(host: string, place: Place, rule: PriceRule | null, named: ServicePlace): Told {
  const nearby = nearbyOf(host)
  const isInside = nearby !== null || rule?.kind === 'cross-zone'
  if (place.provider !== '' && place.region !== '') {
    const at = { provider: place.provider.toLowerCase(), region: place.region.toLowerCase() }
    return { basis: 'declared', ...at, kind: '', isInside: nearby !== null, by: 'The register declares' }
  }
  const { provider, region } = named
  if (rule !== null && rule.kind !== '') {
    const by = `Line ${rule.line} of the prices’ configuration says that ${rule.host} is charged as ${rule.kind}`
    return { basis: 'rule', provider, region, kind: rule.kind, isInside, by }
  }
  if (rule !== null && rule.provider !== '') {
    const by = `Line ${rule.line} of the prices’ configuration says of ${rule.host}`
    return { basis: 'rule', provider: rule.provider, region: rule.region, kind: '', isInside, by }
  }
  if (region !== '') return { basis: 'hostname', provider, region, kind: '', isInside, by: 'Its name proves' }
  const assumed = nearby ?? { kind: 'internet', by: unknownPlace(host, named) }
  return { basis: 'assumed', provider, region, isInside, ...assumed }
}

/** As what goes to a place that is not on the internet is charged, for want of more; null for all others. */
function nearbyOf(host: string): Pick<Told, 'kind' | 'by'> | null {
  const address = parseRange(host)
  const isIn = (ranges: readonly AddressRange[]) => address !== null && ranges.some((range) => holds(range, address))
  if (isIn(LOCAL)) return { kind: 'same-region', by: 'Its address is a local one, which no router passes on' }
  if (isIn(PRIVATE)) return { kind: 'cross-zone', by: 'Its address is a private one' }
  return PRIVATE_NAME.test(host) ? { kind: 'cross-zone', by: 'Its name is one of a private network' } : null
}

function unknownPlace(host: string, { provider, service }: ServicePlace): string {
  if (host === '') return 'The proxy could not know its name'
  if (provider === '') return 'Neither the register nor a rule nor its name tells where it is'
  return `Its name proves ${service === '' ? 'a host' : service} of ${provider} but no region, and nothing else tells one`
}

interface Sighted {
  target: string
  home: TargetPlace | null
  rule: PriceRule | null
  named: ServicePlace
  told: Told
  isClaimed: boolean // the host is what a client wrote into its Host header
}

function destinedOf({ target, home, rule, named, told, isClaimed }: Sighted): Destined {
  const { basis, provider, region } = told
  const service = named.provider === provider ? named.service : ''
  const area = rule?.area ?? ''
  if (home === null) {
    const kind = told.kind === '' ? 'internet' : told.kind
    const reason = `${placeText(told)}; where ${target} runs is not configured.`
    return { kind, basis, provider, region, service, area, endpoint: '', nat: false, reason }
  }
  const isOwn = named.isEndpoint && provider === home.provider
  const endpoint = isOwn ? 'interface' : endpointFor(home, service, told)
  const kind = endpoint !== '' && basis === 'assumed' ? 'same-region' : kindOf(home, service, told)
  const isInside = told.isInside || (kind === 'cross-zone' && DATABASES.has(service))
  return {
    kind,
    basis,
    provider,
    region,
    service,
    area,
    endpoint,
    nat: home.nat !== null && endpoint === '' && !isInside,
    reason: `${[
      reasonOf(target, home, told, kind),
      ...conflict(named, told),
      ...endpointText({ target, home, service, endpoint, isOwn }),
      ...(isClaimed && basis !== 'assumed' ? ['the name is the client’s word, which nothing checked'] : []),
    ].join('; ')}.`,
  }
}

/** As what a transfer between two places is charged. */
function kindOf(home: TargetPlace, service: string, { kind, provider, region }: Told): TransferKind {
  if (kind !== '') return kind
  if (provider !== home.provider) return 'internet'
  if (region === home.region) return provider === 'aws' && MACHINES.has(service) ? 'cross-zone' : 'same-region'
  return provider === 'aws' && isChinese(region) !== isChinese(home.region) ? 'internet' : 'cross-region'
}

/** The target's endpoint that carries a service of a place; a gateway before an interface, as routes decide before names. */
function endpointFor(home: TargetPlace, service: string, { basis, kind, provider, region }: Told): EndpointType | '' {
  if (service === '' || provider !== home.provider) return ''
  if (basis === 'rule' && kind === 'internet') return ''
  const isHere = region === home.region || (region === '' && kind === 'same-region')
  if (!isHere && !ENDPOINTS_REACH_ALL.has(provider)) return ''
  const types = home.endpoints.filter((endpoint) => endpoint.service === service).map(({ type }) => type)
  return types.includes('gateway') ? 'gateway' : (types[0] ?? '')
}

function placeText({ by, kind, provider, region }: Told): string {
  return kind === '' ? `${by} ${provider} ${region}` : by
}

const ASSUMED: Readonly<Record<TransferKind, string>> = {
  internet: 'internet',
  'cross-region': 'another region',
  'cross-zone': 'another zone of the network',
  'same-region': 'the same region',
}

function reasonOf(target: string, home: TargetPlace, told: Told, kind: TransferKind): string {
  if (told.basis === 'assumed') return `${told.by}, so that ${ASSUMED[kind]} is assumed`
  if (told.kind !== '') return told.by
  const place = placeText(told)
  switch (kind) {
    case 'same-region':
      return `${place}, where ${target} runs`
    case 'cross-zone':
      return `${place}, where ${target} runs, and a machine at an address of its own, so that it counts as between zones`
    default:
      return `${place}, and ${target} runs in ${home.provider} ${home.region}`
  }
}

/** What a name proves that the register or a rule denies. */
function conflict(named: ServicePlace, { basis, provider, region, kind }: Told): string[] {
  const isDenied = named.region !== '' && kind === '' && (named.provider !== provider || named.region !== region)
  return basis !== 'hostname' && isDenied ? [`its name says ${named.provider} ${named.region}`] : []
}

interface Reached {
  target: string
  home: TargetPlace
  service: string
  endpoint: EndpointType | ''
  isOwn: boolean
}

function endpointText({ target, home, service, endpoint, isOwn }: Reached): string[] {
  if (isOwn) return ['it is the name of an interface endpoint, which is not reached through NAT']
  if (endpoint !== '') return [`it is reached through ${target}’s ${endpoint} endpoint for ${service}, not through NAT`]
  if (ENDPOINTS_REACH_ALL.has(home.provider)) return []
  const unused = home.endpoints.find((one) => one.service === service)
  return unused === undefined ? [] : [`${target}’s ${unused.type} endpoint for it serves ${home.region} alone`]
}
