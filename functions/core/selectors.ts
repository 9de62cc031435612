/** Selectors: which series are asked for. Most of a scrape is Prometheus's own answer, so only what can be booked is. */
import { createHash } from 'node:crypto'
import type { MeshNames } from '#core/classify.ts'
import { BOOKED, UP, UPTIME } from '#core/metric.ts'

const METRICS = `__name__=~"${BOOKED.map(({ name }) => name).join('|')}"`
const CLIENT_SIDE = 'reporter=~"source|waypoint"'

/**
 * The selectors whose series are booked, no two with a series in common: all that leaves the cluster domain, and what
 * names PassthroughCluster or BlackHoleCluster, whose Host header may claim a cluster name.
 */
export function bookedSelectors(mesh: MeshNames): string[] {
  return outbound(mesh).map((matchers) => `{${METRICS},${matchers}}`)
}

/** The part of the booked selectors' series that has this metric, likewise. */
export function metricSelectors(mesh: MeshNames, metric: string): string[] {
  return outbound(mesh).map((matchers) => `${metric}{${matchers}}`)
}

function outbound(mesh: MeshNames): string[] {
  const inCluster = clusterNames(mesh)
  return [
    `${CLIENT_SIDE},destination_service!~"${inCluster}"`,
    `${CLIENT_SIDE},destination_service=~"${inCluster}",destination_service_name=~"PassthroughCluster|BlackHoleCluster"`,
  ]
}

/** All selectors of a scrape: the booked ones, the hops to configured gateways, process starts and the sentinel. */
export function federationSelectors(mesh: MeshNames): string[] {
  const gateways = mesh.gateways.map((gateway) => {
    const [namespace, name] = gateway.split('/')
    return `${regexQuote(name)}\\.${regexQuote(namespace)}\\.svc\\.${regexQuote(mesh.clusterDomain)}`
  })
  const hops =
    gateways.length === 0 ? [] : [`{${METRICS},${CLIENT_SIDE},destination_service=~"${inLabel(gateways.join('|'))}"}`]
  return [...bookedSelectors(mesh), ...hops, UPTIME, UP]
}

/** Tells one set of selectors, and of names that decide what their series are, from another: 16 hex digits. */
export function selectorsHash(selectors: readonly string[], mesh: MeshNames): string {
  return createHash('sha256')
    .update(JSON.stringify([selectors, mesh]))
    .digest('hex')
    .slice(0, 16)
}

function clusterNames(mesh: MeshNames): string {
  return inLabel(`.+\\.svc\\.(${regexQuote(mesh.clusterDomain)}|clusterset\\.local)\\.?(:[0-9]+)?`)
}

/** A regular expression as it must stand inside a selector's quotes. */
function inLabel(regex: string): string {
  return regex.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}

function regexQuote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
