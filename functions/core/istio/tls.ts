/**
 * Whether what left was encrypted, and by whom. A verdict is given only where every way the traffic may have taken has
 * the same; where they differ, and no label tells which it was, it is unknown.
 */
import type { EdgeEnds } from '#core/edge.ts'
import type { Client } from '#core/istio/client.ts'
import type { ClientTls, IstioConfig } from '#core/istio/config.ts'
import type { JoinedRule, SourcedPolicy } from '#core/istio/destination-rule.ts'
import { cited } from '#core/istio/precedence.ts'
import type { Exit } from '#core/istio/route.ts'
import type { Declared } from '#core/istio/service-entry.ts'

/** `application`: by the client itself, the proxy passing it on; `originated`: by the proxy. */
export type TlsVerdict = 'plaintext' | 'originated' | 'application' | 'unknown'

export interface Tls {
  verdict: TlsVerdict
  silent: boolean // plaintext although somebody declared TLS, which does not take hold
  reason: string // one sentence, naming the resource and its place where there is one
}

const CONFIG_MAP = 'configmap://' // a credential that any proxy may read

/** What labels alone tell. */
export function tlsByLabels({ destinationClass, protocol, service }: EdgeEnds): Tls {
  if (destinationClass === 'blocked') return unknown('It was refused, so that nothing left.')
  if (destinationClass === 'passthrough' && protocol !== 'tcp') {
    return plain('The proxy read it as HTTP and passed it on as it was, to what nothing declares.')
  }
  if (destinationClass === 'passthrough' && service === '') {
    return unknown('The proxy passed on bytes it did not look into, to a place that no label names.')
  }
  if (destinationClass === 'passthrough') {
    return unknown('The proxy passed on bytes it did not look into, to what nothing declares.')
  }
  return unknown('Whether a DestinationRule has the proxy encrypt it is not known without Istio’s configuration.')
}

/** Of a registered edge whose host no known ServiceEntry declares. */
export function tlsOfUndeclared({ mesh }: IstioConfig, edge: EdgeEnds, client: Client, isDynamic: boolean): Tls {
  if (!isDynamic || edge.protocol === 'tcp' || mesh === null) {
    return unknown(`No ServiceEntry of Istio’s configuration declares ${edge.host}; perhaps some of it was not given.`)
  }
  const place = `the MeshConfig (${mesh.origin.file}:${mesh.origin.line})`
  const why = `Nothing declares ${edge.host}, and ALLOW_ANY_DYNAMIC_DNS sent it where DNS says`
  const tls = mesh.dynamicDnsTls
  if (tls === null || tls.mode === 'DISABLE') return plain(`${why}, without TLS by ${place}.`)
  if (isWithheld(tls, client, false))
    return { ...plain(`${why}, in plaintext: ${withheld(tls)} in ${place}.`), silent: true }
  return { verdict: 'originated', silent: false, reason: `${why}, with TLS of mode ${tls.mode} by ${place}.` }
}

/** Of a registered edge, by each exit it may have taken under each rule that may hold there. */
export function tlsOfExits(
  edge: EdgeEnds,
  client: Client,
  declared: Declared,
  exits: readonly Exit[],
  rulesOf: (exit: Exit) => readonly (JoinedRule | null)[],
): Tls {
  if (exits.length === 0) {
    const names = declared.entries.map((entry) => cited('ServiceEntry', entry)).join(' and ')
    return unknown(`${names} has no port by which ${edge.protocol === 'tcp' ? 'TCP' : 'HTTP'} can have left.`)
  }
  const all = exits.flatMap((exit) => rulesOf(exit).map((rule) => tlsOfExit(edge, client, exit, rule)))
  const [first] = all
  if (all.every(({ verdict, silent }) => verdict === first.verdict && silent === first.silent)) return first
  const reasons = new Map(all.map((tls) => [`${tls.verdict} ${tls.silent}`, tls.reason.slice(0, -1)]))
  return unknown(`No label tells which of these holds: ${[...reasons.values()].join('; or ')}.`)
}

function tlsOfExit(edge: EdgeEnds, client: Client, exit: Exit, joined: JoinedRule | null): Tls {
  const { entry, port, route } = exit
  const settings = joined === null ? null : settingsOf(joined, port.number, exit.subset)
  const rule = settings === null ? '' : cited('DestinationRule', settings.from)
  const led = route === null ? '' : `, to which ${cited('VirtualService', route)} leads`
  const at = `port ${port.number} of ${cited('ServiceEntry', entry)}${led}`
  const tls = settings?.tls ?? null
  if (client.kind === 'ztunnel') {
    const ignored = tls === null ? '' : `; it does not heed ${rule}`
    return unknown(`ztunnel passed on bytes it did not look into, by ${at}${ignored}.`)
  }
  if (joined === null) return tlsWithoutOrigination(edge, exit, at, 'no DestinationRule holds for it')
  if (tls === null) {
    const silence = `${cited('DestinationRule', joined.rule)} says nothing of TLS there`
    return tlsWithoutOrigination(edge, exit, at, silence)
  }
  if (tls.mode === 'DISABLE') return tlsWithoutOrigination(edge, exit, at, `${rule} disables TLS`)
  if (!isWithheld(tls, client, joined.rule.workloadSelector !== null)) {
    const unchecked = tls.insecureSkipVerify ? ' without checking the server’s certificate' : ''
    const reason = `${rule} has the proxy begin TLS of mode ${tls.mode}${unchecked} on ${at}.`
    return { verdict: 'originated', silent: false, reason }
  }
  if (client.mayBeGateway) {
    return unknown(
      `${rule} has a credentialName, which gateways heed, and ${edge.workload} may be one: name it as one.`,
    )
  }
  const without = tlsWithoutOrigination(edge, exit, at, `${rule} declares TLS, but ${withheld(tls)}`)
  return { ...without, silent: without.verdict === 'plaintext' }
}

/** What leaves by an exit where the proxy adds no TLS. */
function tlsWithoutOrigination(edge: EdgeEnds, { entry, port, taken }: Exit, at: string, why: string): Tls {
  if (edge.protocol === 'tcp' && taken === 'tls') {
    return { verdict: 'application', silent: false, reason: `The application itself speaks TLS on ${at}; ${why}.` }
  }
  if (edge.protocol === 'tcp') {
    const protocol = port.protocol === '' ? 'without a protocol' : `as ${port.protocol}`
    return unknown(`It left by ${at}, declared ${protocol}, which may hold TLS of the application’s own; ${why}.`)
  }
  if (entry.location === 'MESH_INTERNAL') {
    return unknown(`It went by ${at}, which is of the mesh, where mutual TLS needs no rule; ${why}.`)
  }
  const target = port.targetPort === 443 ? ', even though its targetPort is 443' : ''
  return plain(`It left as HTTP by ${at}${target}; ${why}.`)
}

/** What a rule says of TLS for a service port and subset; null when it says nothing. */
function settingsOf({ policy, subsets }: JoinedRule, port: number, subset: string) {
  const base = policy === null ? null : atPort(policy, port)
  const own = subsets.get(subset) ?? null
  if (own === null) return base
  const special = atPort(own, port)
  return base === null || special.isPortLevel || special.tls !== null ? special : base
}

function atPort({ tls, portLevel, from }: SourcedPolicy, port: number) {
  const level = portLevel.find((one) => one.port === port)
  return level === undefined ? { tls, from, isPortLevel: false } : { tls: level.tls, from, isPortLevel: true }
}

/** A sidecar gets no TLS from a credential that others may not read, unless the rule selects workloads. */
function isWithheld({ mode, credentialName }: ClientTls, { kind }: Client, isSelecting: boolean): boolean {
  if (kind !== 'sidecar' || isSelecting || credentialName === '') return false
  return ['SIMPLE', 'MUTUAL'].includes(mode) && !credentialName.startsWith(CONFIG_MAP)
}

function withheld({ credentialName }: ClientTls): string {
  return `a sidecar does not heed credentialName ${JSON.stringify(credentialName)} without a workloadSelector`
}

function plain(reason: string): Tls {
  return { verdict: 'plaintext', silent: false, reason }
}

function unknown(reason: string): Tls {
  return { verdict: 'unknown', silent: false, reason }
}
