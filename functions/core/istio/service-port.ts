/** Ports of ServiceEntries: what Istio makes of their protocol, and which addresses they stand for. */
import { BlockList, isIP } from 'node:net'
import type { ServicePort } from '#core/istio/config.ts'

const HTTP = ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTP_PROXY']
const TLS = ['HTTPS', 'TLS']
const OTHER_TCP = ['TCP', 'MONGO', 'REDIS', 'MYSQL']

/** `http`: by request; `tls`: passed on by SNI or address; `tcp`: by address; `sniffed`: http or tcp, as it begins. */
export type Handling = 'http' | 'tls' | 'tcp' | 'sniffed' | 'none'

/** How a proxy handles a port. A protocol that Istio does not know is one it looks for itself. */
export function handlingOf({ protocol }: Pick<ServicePort, 'protocol'>): Handling {
  if (HTTP.includes(protocol)) return 'http'
  if (TLS.includes(protocol)) return 'tls'
  if (OTHER_TCP.includes(protocol)) return 'tcp'
  return protocol === 'UDP' ? 'none' : 'sniffed'
}

/** True when traffic that proxies count as HTTP, or as TCP, can have come by such a port. */
export function carries(port: Pick<ServicePort, 'protocol'>, layer: 'http' | 'tcp'): boolean {
  const handling = handlingOf(port)
  if (handling === 'sniffed') return true
  return layer === 'http' ? handling === 'http' : handling === 'tls' || handling === 'tcp'
}

/** True when an address is among IPs and CIDRs. */
export function contains(addresses: readonly string[], ip: string): boolean {
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4')
  return addresses.some((address) => {
    const [network, bits] = address.split('/')
    if (isIP(network) !== isIP(ip)) return false
    const list = new BlockList()
    if (bits === undefined) list.addAddress(network, family(network))
    else list.addSubnet(network, Number(bits), family(network))
    return list.check(ip, family(ip))
  })
}
