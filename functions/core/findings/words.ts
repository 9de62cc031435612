/** Words: how findings name things and tell their figures; labels in them are made safe to show and cut. */
import type { EdgeEnds } from '#core/edge.ts'
import { grouped, short } from '#core/figures.ts'
import type { FindingEvidence } from '#core/findings/finding.ts'
import { OTHER } from '#core/flow.ts'
import { distinct } from '#core/order.ts'
import { shownLabel } from '#core/shown-label.ts'

const LABEL_LENGTH = 60 // characters; a sentence must stay one

/** A label as it is named in a sentence. */
export function named(label: string): string {
  // Most are plain, and the same are named day after day.
  const text = /^[\x20-\x7e]{1,60}$/.test(label) ? label : shownLabel(label).text
  return text.length > LABEL_LENGTH ? `${text.slice(0, LABEL_LENGTH)}…` : text
}

/** A host as it is named in a sentence, or what stands for hosts without a name. */
export function hostNamed(host: string): string {
  if (host === '') return 'hosts without a name'
  return host === OTHER ? 'hosts that were folded into one' : named(host)
}

/** 'shop/web in prod'. */
export function workloadNamed({
  target,
  namespace,
  workload,
}: Pick<EdgeEnds, 'target' | 'namespace' | 'workload'>): string {
  return `${named(namespace)}/${workload === '' ? 'unknown' : named(workload)} in ${target}`
}

/** Who calls, the one of the first edge first. */
export function callersNamed(edges: readonly EdgeEnds[]): string {
  const [first] = edges
  const isOther = ({ target, namespace, workload }: EdgeEnds) =>
    workload !== first.workload || namespace !== first.namespace || target !== first.target
  const others = edges.some(isOther)
    ? distinct(edges.filter(isOther).map(({ target, namespace, workload }) => `${target}\0${namespace}\0${workload}`))
        .length
    : 0
  return others === 0 ? workloadNamed(first) : `${workloadNamed(first)} and ${counted(others, 'other workload')}`
}

/** '3 requests', '1 day'; a lower bound has its sign. */
export function counted(count: number, noun: string, isWhole = true): string {
  return `${isWhole ? '' : '≥\u00a0'}${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** '1.23 GB'; a lower bound has its sign. */
export function bytesTold(bytes: number, isWhole: boolean): string {
  return `${isWhole ? '' : '≥\u00a0'}${short(bytes, 'bytes')}`
}

/** '1.23 GB in 4,567 requests'; lower bounds have their sign. */
export function trafficTold({ requests, connections, egressBytes }: FindingEvidence, isWhole: boolean): string {
  const times = [
    requests > 0 && counted(requests, 'request', isWhole),
    connections > 0 && counted(connections, 'connection', isWhole),
  ].filter(Boolean)
  // Of a connection that stays open all day there are bytes, and none is counted until it closes.
  const how = times.length === 0 ? 'over open connections' : `in ${times.join(' and ')}`
  return `${bytesTold(egressBytes, isWhole)} ${how}`
}

/** How often something was tried: requests and connections together. */
export function triesOf({ requests, connections }: FindingEvidence): number {
  return requests + connections
}

/** 'a, b and c', or the first of them and how many more. */
export function listed(names: readonly string[], atMost = 3): string {
  const told = names.slice(0, atMost)
  const left = names.length - told.length
  if (left > 0) return `${told.join(', ')} and ${grouped(left)} more`
  return told.length < 2 ? told.join('') : `${told.slice(0, -1).join(', ')} and ${told.at(-1)}`
}
