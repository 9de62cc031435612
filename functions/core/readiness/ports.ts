/** Ports: by what number and protocol a ServiceEntry declares traffic that was seen. */
import type { Protocol } from '#core/flow.ts'
import type { ServicePort } from '#core/istio/config.ts'
import { distinct } from '#core/order.ts'

/** What was seen of one destination in one way. */
export interface Call {
  protocol: Protocol // tcp for whatever the proxy could not read, TLS above all
  ports: readonly number[] // those that were labelled
}

export interface DraftedPorts {
  ports: ServicePort[] // ascending; the protocol is '' where Istio is to detect it
  notes: string[] // what a person must check, a sentence each
}

/** Ports on which TLS is spoken from the first byte on, by their registration. */
const TLS_PORTS = new Set([443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 5671, 6514, 8443, 8883])

/** The ports of a ServiceEntry that lets all these calls out. */
export function draftPorts(calls: readonly Call[]): DraftedPorts {
  const byNumber = new Map<number, string[]>()
  const notes: string[] = []
  const add = (number: number, protocol: string) => {
    byNumber.set(number, distinct([...(byNumber.get(number) ?? []), protocol]).sort())
  }
  for (const { protocol, ports } of calls) for (const port of ports) add(port, declared(protocol, port))
  // A Host header without a port means 80, though others have one. Of TCP, a port that some labels tell answers for all.
  for (const protocol of distinct(calls.map((call) => call.protocol)).sort()) {
    const of = calls.filter((call) => call.protocol === protocol)
    if (protocol === 'tcp' ? of.some(({ ports }) => ports.length > 0) : of.every(({ ports }) => ports.length > 0))
      continue
    const assumed = protocol === 'tcp' ? 443 : 80
    add(assumed, declared(protocol, assumed))
    notes.push(assumption(protocol, assumed))
  }
  if (calls.some(({ protocol, ports }) => protocol !== 'tcp' && ports.length > 0) && !byNumber.has(80)) {
    notes.push('Calls to port 80, which a Host header does not name, may be among them; check it.')
  }
  const numbers = [...byNumber.keys()].sort((a, b) => a - b)
  const ports = numbers.map((number): ServicePort => {
    const protocols = byNumber.get(number)!
    const protocol = protocols.length === 1 ? protocols[0] : ''
    const name = `${protocol === '' ? 'auto' : protocol.toLowerCase()}-${number}`
    if (protocol === '') {
      notes.push(
        `Port ${number} was used for ${protocols.join(' and ')}, so its protocol is left to Istio’s detection.`,
      )
    }
    return { number, name, protocol, targetPort: null }
  })
  const bare = ports.filter(({ protocol }) => protocol === 'TCP').map(({ number }) => number)
  if (bare.length > 0) notes.push(bareTcp(bare))
  return { ports, notes }
}

function declared(protocol: Protocol, port: number): string {
  if (protocol !== 'tcp') return protocol.toUpperCase()
  return TLS_PORTS.has(port) ? 'TLS' : 'TCP'
}

function assumption(protocol: Protocol, port: number): string {
  const known = 'No label tells the port'
  switch (protocol) {
    case 'tcp':
      return `${known}: ${port} and TLS are assumed; check both.`
    case 'http':
      return `${known}: ${port} is assumed, since the traffic was plain HTTP; check it.`
    case 'grpc':
      return `${known}: ${port} is assumed for plaintext gRPC, which often has another, as 50051; check it.`
  }
}

function bareTcp(ports: readonly number[]): string {
  return (
    `Without addresses Istio takes all TCP on port ${ports.join(', ')} for this host, unless it allocates addresses for ` +
    'ServiceEntries; add the server’s addresses, or declare TLS if the client speaks it.'
  )
}
