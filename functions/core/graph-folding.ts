/**
 * Folding: lets few nodes stand for many, where a graph would have more than a person can read. In this order, each only
 * while there are still too many: workloads fold into their namespaces, silent hosts into one node, hosts into the domains
 * they share, and at last whatever sent or got least.
 */
import { DESTINATIONS, WORKLOADS } from '#core/addresses.ts'
import type { Place } from '#core/graph-place.ts'
import { compareText } from '#core/order.ts'

/** More nodes than these are folded. */
export const MOST_NODES = 100

/** A place, and how much it matters. */
export interface Weighed {
  place: Place
  bytes: number // out, over all calls that pass
  idle: boolean
}

/** Tells for the key of every place which one stands for it, itself unless it is folded. Places are distinct by key. */
export function foldPlaces(places: readonly Weighed[], most = MOST_NODES): Map<string, Place> {
  let shown: (Weighed & { folds: readonly string[] })[] = places.map((each) => ({ ...each, folds: [each.place.key] }))
  const of = (...kinds: Place['kind'][]) => shown.filter(({ place }) => kinds.includes(place.kind))
  const excess = () => shown.length - most
  const fold = (group: readonly Weighed[], into: Omit<Place, 'members'>) => {
    if (group.length < 2) return
    const parts = shown.filter((each) => group.some(({ place }) => place.key === each.place.key))
    const sum = (figure: (part: Weighed) => number) => parts.reduce((total, part) => total + figure(part), 0)
    const whole = {
      place: { ...into, members: sum(({ place }) => place.members) },
      bytes: sum(({ bytes }) => bytes),
      idle: parts.every(({ idle }) => idle),
      folds: parts.flatMap(({ folds }) => folds),
    }
    shown = [...shown.filter((each) => !parts.includes(each)), whole]
  }

  if (excess() > 0)
    for (const group of grouped(of('workload'), ({ place }) => `${place.target}\0${place.namespace}`))
      fold(group, namespaceOf(group[0].place))
  const silent = of('host').filter(({ idle }) => idle)
  if (excess() > 0) fold(silent, hosts('silent', ''))
  if (excess() > 0)
    for (const group of grouped(of('host'), ({ place }) => domainOf(place.label)))
      fold(group, hosts('domain', domainOf(group[0].place.label)))
  // Sources may keep half of the room, so that destinations have the other.
  const sources = of('namespace', 'workload')
  if (excess() > 0) fold(least(sources, Math.min(excess() + 1, sources.length - most / 2 + 1)), otherNamespaces)
  if (excess() > 0) fold(least(of('hosts', 'host'), excess() + 1), hosts('others', ''))
  return new Map(shown.flatMap(({ place, folds }) => folds.map((key) => [key, place])))
}

/** The part of a host that whoever registered it is likely to have chosen: the last two labels, or three below 'co.uk'. */
export function domainOf(host: string): string {
  if (host.startsWith('(')) return 'invalid names'
  if (host.includes(':') || /^[\d.]+$/.test(host)) return 'IP addresses'
  const labels = host.split('.')
  const isShared = /^(ac|co|com|edu|gov|net|org)$/.test(labels.at(-2) ?? '') && labels.at(-1)?.length === 2
  return labels.slice(isShared ? -3 : -2).join('.')
}

function grouped(places: readonly Weighed[], key: (each: Weighed) => string): Weighed[][] {
  return [...Map.groupBy(places, key).values()]
}

/** So many of those that matter least. */
function least(places: readonly Weighed[], count: number): Weighed[] {
  return places
    .toSorted((a, b) => Number(b.idle) - Number(a.idle) || a.bytes - b.bytes || compareText(a.place.key, b.place.key))
    .slice(0, Math.max(0, count))
}

function namespaceOf({ target, namespace }: Pick<Place, 'target' | 'namespace'>): Omit<Place, 'members'> {
  const key = `namespace\0${target}\0${namespace}`
  return { key, kind: 'namespace', target, namespace, label: namespace, workload: '', version: '', address: WORKLOADS }
}

const otherNamespaces = { ...namespaceOf({ target: '', namespace: '' }), key: 'namespaces' }

function hosts(key: string, label: string): Omit<Place, 'members'> {
  return {
    key: `${key}\0${label}`,
    kind: 'hosts',
    target: '',
    namespace: '',
    label,
    workload: '',
    version: '',
    address: DESTINATIONS,
  }
}
