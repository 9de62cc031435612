/**
 * TLS origination: for hosts that are called in plaintext today, the same calls encrypted by the proxy, while the
 * application goes on as it is. It takes two things together: the entry sends port 80 to 443, and a DestinationRule speaks
 * TLS there; without the rule the proxy would send plaintext to 443.
 */
import { isIP } from 'node:net'
import type { IstioConfig } from '#core/istio/config.ts'
import { cited } from '#core/istio/precedence.ts'
import { compareText } from '#core/order.ts'
import { type Manifest, manifestOf } from '#core/readiness/manifest.ts'
import type { Seen } from '#core/readiness/need.ts'
import { freeName, isNamespaceName, objectName } from '#core/readiness/object-name.ts'
import { entriesOf, hasLeft, isGatewayRoute } from '#core/readiness/reach.ts'
import { type DraftedEntry, specOf } from '#core/readiness/service-entry.ts'

const PLAIN_PORT = 80
const TLS_PORT = 443
const CERTIFICATE =
  'Before Istio 1.21 a proxy checks the server’s certificate only if caCertificates is set in the rule.'

/** Both manifests for a drafted entry; none where nothing left in plaintext on port 80, or the host has no single name, or a rule. */
export function tlsOrigination({ entry, isPlaintext, notes }: DraftedEntry, config: IstioConfig): Manifest[] {
  const [host] = entry.hosts
  const isPlain = entry.ports.some(({ number, protocol }) => number === PLAIN_PORT && isHttp(protocol))
  if (!isPlaintext || !isPlain || entry.resolution !== 'DNS' || hasRule(config, host)) return []
  const { name, namespace, exportTo } = entry
  const ports = entry.ports.map((port) => (port.number === PLAIN_PORT ? { ...port, targetPort: TLS_PORT } : port))
  const rule = ruleName(config, namespace, host)
  const note = [
    'Optional: it encrypts what is plaintext today, in place of the ServiceEntry of this name that lets it out as it is.',
    `Apply it together with DestinationRule ${rule}. ${must(host)}`,
    ...notes,
  ].join(' ')
  const ruleNote = [
    `Optional: apply it together with the ServiceEntry ${name} beside it, which sends port ${PLAIN_PORT} to ${TLS_PORT}.`,
    `Applications go on calling http://${host}. ${CERTIFICATE}`,
  ].join(' ')
  return [
    manifestOf({ kind: 'ServiceEntry', name, namespace, purpose: 'encrypt', note }, specOf({ ...entry, ports }, '')),
    ruleManifest({ name: rule, namespace, host, exportTo, note: ruleNote }),
  ]
}

/**
 * Rules for hosts that are declared and were still called in plaintext on the last day they were, in the client's namespace
 * and for it alone. The entry is somebody's, so that what to change in it is told and not drafted.
 */
export function tlsOfDeclared(namespace: string, seen: readonly Seen[], config: IstioConfig): Manifest[] {
  if (!isNamespaceName(namespace)) return []
  const left = seen.filter(({ edge }) => hasLeft(edge) && !isGatewayRoute(edge))
  return [...Map.groupBy(left, ({ edge }) => edge.host)]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([host, of]) => {
      const { date: last } = of[of.length - 1]
      const plain = of.filter(({ date, edge }) => {
        return date === last && edge.destinationClass === 'registered' && edge.traffic.tls.verdict === 'plaintext'
      })
      if (plain.length === 0 || host.startsWith('*.') || isIP(host) !== 0 || hasRule(config, host)) return []
      const entry = entriesOf(config, plain[0].edge).find((one) => one !== null)
      const port = entry?.ports.find(({ number, protocol }) => number === PLAIN_PORT && isHttp(protocol))
      if (entry === undefined || port === undefined || entry.hosts.length !== 1) return []
      const change =
        port.targetPort === TLS_PORT
          ? `${cited('ServiceEntry', entry)} sends port ${PLAIN_PORT} to ${TLS_PORT} in plaintext; with this rule the proxy speaks TLS there.`
          : `Set "targetPort: ${TLS_PORT}" on port ${PLAIN_PORT} of ${cited('ServiceEntry', entry)} and apply this together with it.`
      const note = `Optional: it encrypts what is plaintext today. ${change} ${must(host)} ${CERTIFICATE}`
      return [ruleManifest({ name: ruleName(config, namespace, host), namespace, host, exportTo: ['.'], note })]
    })
}

function ruleManifest(of: {
  name: string
  namespace: string
  host: string
  exportTo: string[]
  note: string
}): Manifest {
  const { name, namespace, host, exportTo, note } = of
  const tls = { mode: 'SIMPLE', sni: host }
  const trafficPolicy = { portLevelSettings: [{ port: { number: PLAIN_PORT }, tls }] }
  return manifestOf(
    { kind: 'DestinationRule', name, namespace, purpose: 'encrypt', note },
    { host, trafficPolicy, exportTo },
  )
}

function ruleName({ destinationRules }: IstioConfig, namespace: string, host: string): string {
  return freeName(objectName(host), (name) =>
    destinationRules.some((rule) => rule.namespace === namespace && rule.name === name),
  )
}

/** A rule for a host that there is already was meant by somebody; whether it takes hold is told elsewhere. */
function hasRule({ destinationRules }: IstioConfig, host: string): boolean {
  return destinationRules.some((rule) => rule.host === host)
}

function must(host: string): string {
  return `${host} must speak TLS on port ${TLS_PORT}, with a certificate for that name; try it first.`
}

function isHttp(protocol: string): boolean {
  return ['HTTP', 'HTTP2', 'GRPC'].includes(protocol)
}
