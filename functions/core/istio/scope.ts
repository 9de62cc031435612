/**
 * Scope: what of the configuration holds for one proxy. A resource is seen where it is exported to, a sidecar takes of
 * that what its Sidecar imports, and a Sidecar may decide what becomes of everything else.
 */
import type { IstioConfig, OutboundMode, ServiceEntry, Sidecar } from '#core/istio/config.ts'
import { coveredBy } from '#core/istio/host-pattern.ts'
import { cited, possibleFirsts, type Source, selects } from '#core/istio/precedence.ts'

const DEFAULT_ROOT = 'istio-system'
const EVERYWHERE = ['*']

export function rootNamespaceOf({ mesh }: IstioConfig): string {
  return mesh?.rootNamespace ?? DEFAULT_ROOT
}

/** True when what lies in `owner` and is exported as said can be seen from `namespace`. */
export function isExportedTo(exportTo: readonly string[], owner: string, namespace: string): boolean {
  if (exportTo.includes('*')) return true
  if (exportTo.includes('~')) return false
  return exportTo.includes(namespace) || (exportTo.includes('.') && owner === namespace)
}

export function serviceExportOf({ mesh }: IstioConfig, { exportTo }: ServiceEntry): readonly string[] {
  return exportTo.length > 0 ? exportTo : (mesh?.defaultServiceExportTo ?? EVERYWHERE)
}

export function isVisible(config: IstioConfig, entry: ServiceEntry, namespace: string): boolean {
  return isExportedTo(serviceExportOf(config, entry), entry.namespace, namespace)
}

/** The Sidecars of which one holds for a workload: one by its labels, its namespace's, the root's; null for none. */
export function sidecarsOf(config: IstioConfig, source: Source): (Sidecar | null)[] {
  const own = config.sidecars.filter(({ namespace }) => namespace === source.namespace)
  const matchOf = ({ workloadSelector }: Sidecar) => selects(workloadSelector ?? {}, source)
  const selecting = own.filter(({ workloadSelector }) => workloadSelector !== null)
  const possible: (Sidecar | null)[] = possibleFirsts(selecting, matchOf)
  if (selecting.some((one) => matchOf(one) === 'yes')) return possible
  const root = rootNamespaceOf(config)
  for (const namespace of [source.namespace, root]) {
    const whole = config.sidecars.filter((one) => one.namespace === namespace && one.workloadSelector === null)
    if (whole.length > 0) return [...possible, ...possibleFirsts(whole)]
  }
  return [...possible, null]
}

/** A host of a ServiceEntry as a workload would see it. */
export interface Seen {
  client: string // namespace of the workload
  namespace: string // of the ServiceEntry
  host: string
  port: number | null // null for any
}

/** True when a Sidecar lets a workload see it. */
export function imports(sidecar: Sidecar | null, { client, namespace, host, port }: Seen): boolean {
  if (sidecar === null || sidecar.egress === null) return true
  return sidecar.egress.some((listener) => {
    if (port !== null && listener.port !== null && listener.port !== port) return false
    const scopes = listener.hosts.map((text) => importScope(text, client))
    const matching = scopes.filter((scope) => [namespace, '*'].includes(scope.namespace) && coveredBy(host, scope.host))
    return matching.length > 0 && !matching.some(({ isExclusion }) => isExclusion)
  })
}

/** `namespace/host`, with '.' for the workload's own namespace, and `~` before it for what is left out. */
function importScope(text: string, own: string) {
  const slash = text.indexOf('/')
  const isExclusion = text.startsWith('~')
  const namespace = text.slice(isExclusion ? 1 : 0, slash)
  const resolved = namespace === '.' ? own : namespace === '' ? '*' : namespace
  return { namespace: resolved, host: text.slice(slash + 1), isExclusion }
}

export interface OutboundPolicy {
  mode: OutboundMode | null // null when nothing tells, or what may hold disagrees
  reason: string // one sentence
}

/** What a workload's sidecar does with traffic to what nothing declares. */
export function outboundPolicyOf(config: IstioConfig, source: Source): OutboundPolicy {
  const policies = sidecarsOf(config, source).map((sidecar) => policyUnder(sidecar, config))
  const [first] = policies
  if (policies.every(({ mode }) => mode === first.mode)) return first
  const all = policies.map(({ reason }) => reason.slice(0, -1)).join(', or ')
  return { mode: null, reason: `Which of these holds for the workload cannot be known from its labels: ${all}.` }
}

function policyUnder(sidecar: Sidecar | null, { mesh }: IstioConfig): OutboundPolicy {
  if (sidecar !== null && sidecar.outboundMode !== null) {
    return { mode: sidecar.outboundMode, reason: `${cited('Sidecar', sidecar)} says ${sidecar.outboundMode}.` }
  }
  if (mesh === null) {
    return { mode: null, reason: 'No Sidecar says what becomes of undeclared traffic, and no MeshConfig was given.' }
  }
  const { file, line } = mesh.origin
  return { mode: mesh.outboundMode, reason: `The MeshConfig (${file}:${line}) says ${mesh.outboundMode}.` }
}
