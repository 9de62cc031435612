/** A target: one mesh, seen through the federation endpoint of its Prometheus. What the configuration says of it. */

/** Where a secret is: `env:NAME`, `file:PATH` or the ARN of a secret. Never its value. */
export type SecretRef = string

export interface Auth {
  bearer?: SecretRef
  basic?: { username: string; password: SecretRef }
  tls?: { ca?: SecretRef; cert?: SecretRef; key?: SecretRef }
}

/** `refuse`: the scrape fails; `fold`: flows that are new become one. */
export type Overflow = 'refuse' | 'fold'

export interface Target {
  name: string // [a-z0-9-], 1 to 40; the mesh's name everywhere
  url: string // of /federate
  intervalSeconds: number // between two scrapes
  prometheusIntervalSeconds: number // between two scrapes of Prometheus itself; sizes the estimate of what nobody saw
  auth: Auth
  clusterDomain: string // 'cluster.local'
  gateways: string[] // 'namespace/name' of egress gateways' workloads
  waypoints: string[] // 'namespace/name' of waypoints' workloads
  tails: boolean // ask /api/v1/query for series that died since the last scrape
  allow: string[] // CIDR ranges; when not empty, only these may be connected to
  maxSeries: number // that a scrape may bring
  overflow: Overflow // what becomes of more
  generation: number // raised by the operator to hand a checkpoint to a new owner
}

/** How long no one may delete or replace an immutable object, counted from its writing. */
export interface Retention {
  days: number
  mode: 'governance' | 'compliance' // governance: a few may lift it; compliance: nobody can
}

/** The cluster domain of each target, by its name. */
export function clusterDomainsOf(targets: readonly Target[]): Record<string, string> {
  return Object.fromEntries(targets.map(({ name, clusterDomain }) => [name, clusterDomain]))
}
