/** Places: what the nodes of a service graph stand for, and the way of a call from one to the next. */
import { BLOCKED, destinationAddress, workloadAddress } from '#core/addresses.ts'
import type { Call } from '#core/graph-call.ts'

export type PlaceKind = 'workload' | 'namespace' | 'via' | 'host' | 'passthrough' | 'blackhole' | 'hosts'

export interface Place {
  key: string
  kind: PlaceKind // `namespace` and `hosts` are folded
  target: string // '' for hosts, which all targets share
  namespace: string // of a workload or gateway, else ''
  workload: string // of a workload, else ''
  label: string // app, or workload without one; name of a gateway; host; suffix that folded hosts share, or ''
  version: string // of a workload, else ''
  address: string | null // of its page, below the root
  members: number // how many stand behind a folded one, else 1
}

/** The places that a call passes: its source, a gateway or waypoint if there is one, its destination. */
export interface Route {
  call: Call
  stops: Place[] // two or three
}

/** The way of a call. Where a gateway hides its client, the way begins at the gateway. */
export function routeOf(call: Call): Route {
  const { via } = call
  const source = isOwnSource(call) ? [] : [workloadPlace(call)]
  return { call, stops: [...source, ...(via === '' ? [] : [viaPlace(call)]), destinationPlace(call)] }
}

/** True when the source of a call is the gateway that sent it, so that the labels have lost who asked it to. */
export function isOwnSource({ via, namespace, workload }: Pick<Call, 'via' | 'namespace' | 'workload'>): boolean {
  return via !== '' && via === `${namespace}/${workload}`
}

function workloadPlace({ target, namespace, workload, app, version }: Call): Place {
  return {
    key: ['workload', target, namespace, workload, version].join('\0'),
    kind: 'workload',
    target,
    namespace,
    workload,
    label: app || workload,
    version,
    address: workloadAddress(target, namespace, workload),
    members: 1,
  }
}

function viaPlace(call: Call): Place {
  const { target, via } = call
  const slash = via.indexOf('/')
  const [namespace, name] = [via.slice(0, slash), via.slice(slash + 1)]
  return {
    key: ['via', target, via].join('\0'),
    kind: 'via',
    target,
    namespace,
    workload: '',
    label: name,
    version: '',
    address: isOwnSource(call) ? workloadAddress(target, namespace, name) : null,
    members: 1,
  }
}

/** A host; or the cluster of its mesh, for what was refused and for what went where no name was known. */
function destinationPlace({ target, destinationClass, host }: Call): Place {
  const place = { namespace: '', workload: '', version: '', members: 1 }
  if (destinationClass === 'blocked')
    return {
      ...place,
      key: `blackhole\0${target}`,
      kind: 'blackhole',
      target,
      label: 'BlackHoleCluster',
      address: BLOCKED,
    }
  const address = destinationAddress(host)
  if (host === '')
    return {
      ...place,
      key: `passthrough\0${target}`,
      kind: 'passthrough',
      target,
      label: 'PassthroughCluster',
      address,
    }
  return { ...place, key: `host\0${host}`, kind: 'host', target: '', label: host, address }
}
