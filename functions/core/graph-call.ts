/** Calls: what a version of a workload did to a destination by one protocol, as a graph shows it. */
import { addFailures, type Edge, type EdgeEnds, type Failures, zeroFailures } from '#core/edge.ts'
import { type Health, healthOf } from '#core/health.ts'
import { compareText } from '#core/order.ts'
import type { Totals } from '#core/report.ts'
import { addTotals, attempts, zeroTotals } from '#core/totals.ts'

/** Who was seen to call what: all that is asked of the days before. Every Edge is one. */
export type SeenCall = Omit<EdgeEnds, 'service' | 'serviceNamespace'>

/** By labels alone: HTTP through PassthroughCluster is plaintext for certain, the way to a waypoint mutual TLS. */
export type Encryption = 'plaintext' | 'tls' | 'unknown'

export interface Call extends SeenCall {
  totals: Totals // zero when idle
  failures: Failures // likewise
  errorShare: number // 0..1 of requests and connections
  health: Health
  encryption: Encryption // of what left the mesh
}

const PARTS: readonly (keyof SeenCall)[] = [
  'target',
  'namespace',
  'workload',
  'app',
  'version',
  'destinationClass',
  'host',
  'via',
  'reporter',
  'protocol',
]

/** The calls of a day; those that differ only in how Istio named the service are one. Most egress bytes first. */
export function callsOf(edges: readonly Edge[]): Call[] {
  return [...Map.groupBy(edges, callKey).values()]
    .map(sumCall)
    .sort(
      (a, b) =>
        b.totals.egressBytes - a.totals.egressBytes ||
        attempts(b.totals) - attempts(a.totals) ||
        compareText(callKey(a), callKey(b)),
    )
}

/**
 * What was called in the days before and is silent now. A rollout leaves nothing silent behind it: what only an older
 * version of an app called is shown at the version that is there.
 */
export function idleCalls(today: readonly Call[], recent: readonly SeenCall[]): Call[] {
  const busy = new Set(today.map(pairKey))
  const present = new Map(today.toReversed().map((call) => [appKey(call), call]))
  const idle = new Map<string, Call>()
  for (const seen of recent) {
    const pair = pairKey(seen)
    if (busy.has(pair)) continue
    const { workload, version } = present.get(appKey(seen)) ?? seen
    const call = callOf({ ...seen, workload, version }, silence())
    // One stands for all versions and protocols, and the same one in whatever order they come.
    const other = idle.get(pair)
    if (other === undefined || callKey(call) > callKey(other)) idle.set(pair, call)
  }
  return [...idle.values()].sort((a, b) => compareText(callKey(a), callKey(b)))
}

function seenCall(call: SeenCall): SeenCall {
  const { target, namespace, workload, app, version, destinationClass, host, via, reporter, protocol } = call
  return { target, namespace, workload, app, version, destinationClass, host, via, reporter, protocol }
}

function callKey(call: SeenCall): string {
  return PARTS.map((part) => call[part]).join('\0')
}

function appKey({ target, namespace, workload, app }: SeenCall): string {
  return [target, namespace, app || workload].join('\0')
}

/** Who and where to, as nodes have it: all that is refused is one destination. */
function pairKey(call: SeenCall): string {
  const refused = call.destinationClass === 'blocked'
  return [appKey(call), refused, refused ? '' : call.host].join('\0')
}

function sumCall(edges: readonly Edge[]): Call {
  const [first] = edges
  const totals = zeroTotals()
  const failures = zeroFailures()
  for (const edge of edges) {
    addTotals(totals, edge.totals)
    addFailures(failures, edge.failures)
  }
  const passedOn = edges.every(({ service, protocol }) => service === 'PassthroughCluster' && protocol !== 'tcp')
  return callOf(first, {
    totals,
    failures,
    health: first.destinationClass === 'blocked' ? 'refused' : healthOf(failures, attempts(totals)),
    encryption: passedOn ? 'plaintext' : 'unknown',
  })
}

type Outcome = Pick<Call, 'totals' | 'failures' | 'health' | 'encryption'>

function silence(): Outcome {
  return { totals: zeroTotals(), failures: zeroFailures(), health: 'idle', encryption: 'unknown' }
}

function callOf(seen: SeenCall, outcome: Outcome): Call {
  const tried = attempts(outcome.totals)
  return { ...seenCall(seen), ...outcome, errorShare: tried === 0 ? 0 : outcome.totals.errors / tried }
}
