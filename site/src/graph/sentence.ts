/** What the nodes and edges of a service graph are and did, each in a sentence: for hovers, and for who cannot see it. */

import type { Totals } from '#core/report.ts'
import type { GraphEdge, GraphNode } from '#core/reports/graph.ts'
import { exact, grouped, percent, short, shownLabel } from '../format.ts'
import { PROTOCOL_NAME } from '../words.ts'

/** The name of a node, with what is invisible in a label spelled out. */
export function nodeName({ kind, label, members, idle }: GraphNode): string {
  const name = shownLabel(label).text
  switch (kind) {
    case 'namespace':
      return name === '' ? `other namespaces` : name
    case 'hosts':
      return name === ''
        ? `${grouped(members)} ${idle ? 'idle' : 'other'} hosts`
        : `${grouped(members)} hosts of ${name}`
    case 'workload':
      return name === '' ? 'unknown workload' : name
    default:
      return name
  }
}

/** What a node stands for, and what passed it. */
export function nodeSentence(node: GraphNode, atLeast: boolean): string {
  return `${describeNode(node)}: ${node.idle ? 'idle' : figures(node.totals, node.classes.join() === 'blocked', atLeast)}`
}

function describeNode(node: GraphNode): string {
  const name = nodeName(node)
  const [namespace, workload] = [shownLabel(node.namespace).text, shownLabel(node.workload).text]
  const mesh = node.target === '' ? '' : ` of ${node.target}`
  switch (node.kind) {
    case 'workload': {
      const version = node.version === '' ? '' : ` ${shownLabel(node.version).text}`
      const of = workload === name || workload === '' ? '' : `, workload ${workload}`
      return `${name}${version}${of} in ${namespace || 'an unknown namespace'}${mesh}`
    }
    case 'namespace':
      return `${name}${mesh}, ${grouped(node.members)} workloads folded`
    case 'via':
      return node.clientsLost
        ? `Gateway ${name} in ${namespace}${mesh}, which hides who called through it`
        : `Waypoint ${name} in ${namespace}${mesh}`
    case 'passthrough':
      return `PassthroughCluster${mesh}, what left for hosts whose name no proxy knew`
    case 'blackhole':
      return `BlackHoleCluster${mesh}, what the mesh refused`
    default:
      return [name, ...node.classes].join(', ')
  }
}

/** Who called what, how often, and how it went. */
export function edgeSentence(edge: GraphEdge, from: GraphNode, to: GraphNode, atLeast: boolean): string {
  const protocols = edge.protocols.map((protocol) => PROTOCOL_NAME[protocol]).join(' and ')
  const refused = edge.health === 'refused'
  const told =
    edge.health === 'idle'
      ? ['seen in the 30 days before, silent on this day']
      : [figures(edge.totals, refused, atLeast), ...(refused ? [] : [healthWords(edge)])]
  const hosts = edge.hosts.slice(0, 5).map((host) => shownLabel(host).text)
  if (hosts.length > 0)
    told.push(`for ${hosts.join(', ')}${edge.hosts.length > 5 ? ` and ${edge.hosts.length - 5} more` : ''}`)
  if (edge.encryption === 'plaintext') told.push('plaintext')
  if (edge.encryption === 'tls') told.push('mutual TLS')
  return `${nodeName(from)} → ${nodeName(to)}: ${protocols}, ${told.join(', ')}`
}

function healthWords({ health, totals, errorShare }: GraphEdge): string {
  return totals.errors === 0 ? 'no errors' : `${percent(errorShare)} errors, ${health}`
}

function figures(
  { egressBytes, ingressBytes, requests, connections }: Totals,
  refused: boolean,
  atLeast: boolean,
): string {
  const least = atLeast ? 'at least ' : ''
  const counts = [
    requests > 0 && exact(requests, 'count', false, requests === 1 ? 'request' : 'requests'),
    connections > 0 && exact(connections, 'count', false, connections === 1 ? 'connection' : 'connections'),
  ].filter(Boolean)
  if (refused) return `${least}${counts.join(' and ')} refused`
  return `${least}${[`${short(egressBytes, 'bytes')} out`, `${short(ingressBytes, 'bytes')} in`, ...counts].join(', ')}`
}
