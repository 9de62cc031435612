/**
 * Extensions: ports to add to a ServiceEntry that declares a host already. Of two entries for one host Istio may take
 * either, so none is drafted beside it; and since the entry is somebody's, it is patched and not written anew.
 */
import type { IstioConfig, ServiceEntry } from '#core/istio/config.ts'
import { byAge, cited } from '#core/istio/precedence.ts'
import { isVisible } from '#core/istio/scope.ts'
import { carries } from '#core/istio/service-port.ts'
import { distinct } from '#core/order.ts'
import { freeName, isNamespaceName } from '#core/readiness/object-name.ts'
import { type Call, draftPorts } from '#core/readiness/ports.ts'

export interface Extension {
  entry: ServiceEntry // with the ports that are to be added
  sentence: string // what to do
}

/** The entry that declares a host by its very name and can be seen from a namespace; null when there is none. */
export function entryToExtend(host: string, namespace: string, config: IstioConfig): ServiceEntry | null {
  const visible = config.serviceEntries.filter((one) => one.hosts.includes(host) && isVisible(config, one, namespace))
  const isOwn = (one: ServiceEntry) => Number(one.namespace === namespace)
  return visible.sort((a, b) => isOwn(b) - isOwn(a) || byAge(a, b))[0] ?? null
}

/** Why ports cannot be added for these calls: one is declared for something else already. Null when they can. */
export function conflictIn(entry: ServiceEntry, calls: readonly Call[]): string | null {
  for (const { number, protocol } of draftPorts(calls).ports) {
    const layer = ['HTTP', 'GRPC'].includes(protocol) ? 'http' : 'tcp'
    const there = entry.ports.find((port) => port.number === number)
    if (there === undefined || (protocol !== '' && carries(there, layer))) continue
    return (
      `${cited('ServiceEntry', entry)} declares port ${number} as ${there.protocol || 'whatever Istio detects'}, but ` +
      `${protocol || 'more than one protocol'} was seen on it; look at what the client does there.`
    )
  }
  return null
}

/** The entry extended for calls that it does not let out yet. */
export function extend(entry: ServiceEntry, calls: readonly Call[]): Extension {
  const { ports, notes } = draftPorts(calls)
  const added = ports
    .filter(({ number }) => entry.ports.every((port) => port.number !== number))
    .map((port) => ({ ...port, name: freeName(port.name, (name) => entry.ports.some((one) => one.name === name)) }))
  const patch = added.map(({ number, name, protocol }) => ({
    op: 'add',
    path: '/spec/ports/-',
    value: { number, name, ...(protocol === '' ? {} : { protocol }) },
  }))
  // The name is whatever a manifest says, and a command is pasted into a shell.
  const isNamed = isNamespaceName(entry.namespace) && /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(entry.name)
  const command = `: kubectl patch serviceentry ${entry.name} -n ${entry.namespace} --type=json -p '${JSON.stringify(patch)}'`
  const what = added.length === 1 ? `port ${added[0].number}` : `ports ${added.map(({ number }) => number).join(', ')}`
  const sentence = [
    `Add ${what} to ${cited('ServiceEntry', entry)}${isNamed ? command : '.'}`,
    ...distinct(notes),
  ].join(' ')
  return { entry: { ...entry, ports: [...entry.ports, ...added] }, sentence }
}
