/** Obstacles: why no ServiceEntry can be drafted for a destination, whatever else is known of it. */
import { isIP, isIPv4 } from 'node:net'
import { underClusterDomain } from '#core/classify.ts'
import type { Edge } from '#core/edge.ts'
import { OTHER } from '#core/flow.ts'
import { INVALID_HOST } from '#core/host.ts'
import { isAmbient } from '#core/readiness/reach.ts'

/** One sentence; null when a draft can be made. The edges are those of one source namespace and host. */
export function obstacleOf(host: string, edges: readonly Edge[], clusterDomain: string): string | null {
  if (host === '') {
    return edges.every(isAmbient)
      ? 'The name of the destination was not recorded: ztunnel, or a proxy that resolves names itself, counted this, and it may go on; ztunnel does not enforce REGISTRY_ONLY.'
      : 'TLS or plain TCP to a place that nothing declares: no proxy could know its name, so nothing can be drafted; look at the workload’s own configuration or at DNS logs for where it connects.'
  }
  if (host === OTHER) {
    return 'This stands for many destinations that were counted as one, since there were more than the ledger may tell apart; which they are is not known.'
  }
  if (host.startsWith(INVALID_HOST)) {
    return 'What the client wrote into its Host header is no name any host can have, so no ServiceEntry can name it.'
  }
  if (underClusterDomain(host, clusterDomain)) {
    return 'The Host header claims a service of the cluster, but the connection went elsewhere; a ServiceEntry for that name would take the service’s place for its callers.'
  }
  if (isIP(host) !== 0) {
    return isUnroutable(host)
      ? 'The address is one that stays on its host or link; find out what is called by it before anything is declared.'
      : null
  }
  if (!host.includes('.')) {
    return 'The name has one part only, which inside a cluster means a service of the caller’s own namespace; declare the full name, once it is known.'
  }
  const labels = host.replace(/^\*\./, '').split('.')
  if (!labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) {
    return 'Istio takes no ServiceEntry for a name with an underscore; declare another name of the same server.'
  }
  return null
}

/** True for loopback, link-local and unspecified addresses, by which nothing outside is reached. */
function isUnroutable(address: string): boolean {
  if (isIPv4(address)) return /^(?:0|127)\.|^169\.254\./.test(address)
  return address === '::' || address === '::1' || /^fe[89ab]/.test(address)
}
