/** ServiceEntries: the declaration of one host for the namespaces of a mesh that need it, drafted from what they were seen to do. */
import { isIP, isIPv4 } from 'node:net'
import type { IstioConfig, ServiceEntry } from '#core/istio/config.ts'
import { compareText, distinct } from '#core/order.ts'
import { type Manifest, manifestOf } from '#core/readiness/manifest.ts'
import { callsOf, type Need } from '#core/readiness/need.ts'
import { freeName, objectName } from '#core/readiness/object-name.ts'
import { draftPorts } from '#core/readiness/ports.ts'
import { isResolvedByHost } from '#core/readiness/reach.ts'
import type { YamlData } from '#core/readiness/yaml.ts'

export interface DraftedEntry {
  entry: ServiceEntry // as it would be read back
  endpoint: string // the address it sends to; '' when its host's name tells
  namespaces: string[] // that it is for, by name
  isPlaintext: boolean // some of it left as plain HTTP or gRPC, for certain
  notes: string[] // what a person must check, a sentence each
}

/**
 * The entry of one host for all namespaces of a target that need it and can be helped; at least one. It lies in the first
 * of them and can be seen from these alone.
 */
export function draftEntry(needs: readonly Need[], config: IstioConfig): DraftedEntry {
  const [{ host }] = needs
  const namespaces = distinct(needs.map((need) => need.namespace)).sort(compareText)
  const [home] = namespaces
  const calls = needs.flatMap(({ seen }) => callsOf(seen))
  const drafted = draftPorts(calls)
  const isAddress = isIP(host) !== 0
  const isTaken = (name: string) =>
    config.serviceEntries.some((entry) => entry.namespace === home && entry.name === name)
  const entry: ServiceEntry = {
    name: freeName(objectName(host), isTaken),
    namespace: home,
    origin: { file: '', line: 0 },
    created: '',
    hosts: [isAddress ? `${objectName(host)}.invalid` : host],
    addresses: isAddress ? [host] : [],
    ports: drafted.ports,
    location: 'MESH_EXTERNAL',
    resolution: isAddress ? 'STATIC' : host.startsWith('*.') ? 'NONE' : 'DNS',
    endpoints: isAddress ? 1 : 0,
    exportTo: exportedTo(home, namespaces),
  }
  const notes = [...hostNotes(host, needs), ...drafted.notes]
  const isPlaintext = needs.some(({ seen }) => seen.some(({ edge }) => edge.traffic.tls.verdict === 'plaintext'))
  return { entry, endpoint: isAddress ? host : '', namespaces, isPlaintext, notes }
}

export function exportedTo(home: string, namespaces: readonly string[]): string[] {
  return ['.', ...namespaces.filter((namespace) => namespace !== home)]
}

/** The manifest that lets the host out as it is called now. */
export function entryManifest({ entry, endpoint, notes }: DraftedEntry): Manifest {
  const about = { kind: 'ServiceEntry', name: entry.name, namespace: entry.namespace, purpose: 'allow' } as const
  return manifestOf({ ...about, note: notes.join(' ') }, specOf(entry, endpoint))
}

/** An entry's specification as Istio's schema has it; without what is left to Istio's defaults. */
export function specOf(entry: ServiceEntry, endpoint: string): Record<string, YamlData> {
  return {
    hosts: entry.hosts,
    ...(entry.addresses.length === 0 ? {} : { addresses: entry.addresses }),
    location: entry.location,
    ports: entry.ports.map(({ number, name, protocol, targetPort }) => ({
      number,
      name,
      ...(protocol === '' ? {} : { protocol }),
      ...(targetPort === null ? {} : { targetPort }),
    })),
    resolution: entry.resolution,
    ...(endpoint === '' ? {} : { endpoints: [{ address: endpoint }] }),
    exportTo: entry.exportTo,
  }
}

function hostNotes(host: string, needs: readonly Need[]): string[] {
  const edges = needs.flatMap(({ seen }) => seen.map(({ edge }) => edge))
  if (isIP(host) !== 0) {
    const whose = isPrivate(host) ? ' It is a private address: it may be a pod or a machine of your own.' : ''
    return [`An address and no name: find out whose it is, and put its name for the made-up host.${whose}`]
  }
  if (host.startsWith('*.')) {
    return [
      'Every name of this pattern is let out, to whatever address the client chose: with resolution NONE the proxy sends ' +
        'where the client wanted to. Declare single hosts instead where they are known.',
    ]
  }
  if (edges.some((edge) => edge.destinationClass === 'passthrough' || isResolvedByHost(edge))) {
    return [
      'The name is what the client wrote into its Host header, which nothing checked. Once it is declared, the proxy ' +
        'looks the name up itself and sends there, wherever the client had sent before.',
    ]
  }
  return []
}

/** True for addresses that are not routed on the internet (RFC 1918, 4193, 6598). */
function isPrivate(address: string): boolean {
  if (!isIPv4(address)) return /^f[cd]/.test(address)
  return /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(address)
}
