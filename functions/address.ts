/**
 * Addresses that may be connected to. A target's url is configuration, but what its name resolves to is not: the check
 * is made on the very addresses that are about to be connected to, so an answer that changes between check and use
 * (DNS rebinding) has nothing to slip through.
 */
import { lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export interface AddressPolicy {
  loopback: boolean // the target's url names it literally
  allow: BlockList | null // when not null, only these
}

/** No Prometheus is ever there, and what is there must not be asked with our credentials, nor from inside a cloud. */
const NEVER: readonly [reason: string, ranges: string[]][] = [
  // Instance metadata and its like: AWS, EKS and ECS, Google, Azure, Alibaba, Oracle, Scaleway, Akamai.
  ['a metadata address', ['169.254.169.254/32', '169.254.170.0/24', '168.63.129.16/32', '100.100.100.200/32']],
  ['a metadata address', ['192.0.0.192/32', 'fd00:ec2::/32', 'fd20:ce::254/128', 'fd00:c1::a9fe:a9fe/128']],
  ['a metadata address', ['fd00:100::100:200/128', 'fd00:42::42/128', 'fd00:a9fe:a9fe::1/128']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  ['broadcast', ['255.255.255.255/32']],
  ['unspecified', ['0.0.0.0/8', '::/128']],
  // Teredo and locally numbered NAT64 hide an IPv4 address in a place that cannot be known.
  ['a tunnel to an address that cannot be checked', ['2001::/32', '64:ff9b:1::/48']],
]
const ADVICE = "give the target's url the host and address of its Prometheus"
const LOOPBACK = ['127.0.0.0/8', '::1/128']

const neverLists = NEVER.map(([reason, ranges]) => [reason, blockList(ranges)] as const)
const loopbackList = blockList(LOOPBACK)

/**
 * What may be connected to on behalf of a target: never link-local, metadata, multicast, broadcast or unspecified
 * addresses; loopback only where the url itself says `localhost`, 127.a.b.c or [::1] and `loopback` is not false;
 * when `allow` holds CIDR ranges, only these. Throws on a range that is none.
 */
export function addressPolicy(target: { url: string; allow?: string[] }, loopback = true): AddressPolicy {
  const allow = target.allow ?? []
  return { loopback: loopback && namesLoopback(target.url), allow: allow.length > 0 ? blockList(allow) : null }
}

/** True when the url's text says loopback in so many words; `http://2130706433` comes to the same and is not meant. */
function namesLoopback(url: string): boolean {
  const written = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/?#]|$)/i.exec(url)?.[1]
  return written !== undefined && URL.parse(url)?.hostname === written.toLowerCase()
}

/** Why this IP address must not be connected to, or null when it may. */
export function refusal(address: string, policy: AddressPolicy): string | null {
  const plain = address.replace(/%.*$/, '') // a zone does not change what the address is
  const mapped = isIP(plain) === 6 ? embeddedIPv4(plain) : null
  const forms = mapped === null ? [plain] : [plain, mapped.ipv4]
  for (const [reason, list] of neverLists) if (forms.some((form) => contains(list, form))) return reason
  if (!policy.loopback && forms.some((form) => contains(loopbackList, form)))
    return 'loopback, which the url does not say literally'
  if (policy.allow === null) return null
  // ::ffff:10.0.0.1 is 10.0.0.1 to the kernel; through NAT64 or 6to4 the way is another, and must be allowed as such.
  return contains(policy.allow, mapped?.sameHost ? mapped.ipv4 : plain) ? null : 'outside the ranges in "allow"'
}

/** Throws when a url's host is an IP address that must not be connected to; a name is checked when it is resolved. */
export function checkLiteral(host: string, policy: AddressPolicy): void {
  const address = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) === 0) return
  const reason = refusal(address, policy)
  if (reason !== null) throw new Error(`address ${address} must not be connected to: it is ${reason}; ${ADVICE}`)
}

/**
 * A `lookup` for node:net that yields only the addresses the policy permits, and an error that names the first refused
 * one when none is left.
 */
export function guardedLookup(policy: AddressPolicy, lookup: typeof resolve = resolve): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '', 0)
      const permitted = found.filter(({ address }) => refusal(address, policy) === null)
      if (permitted.length === 0) {
        const address = found[0]?.address ?? 'nothing'
        const reason = found.length > 0 ? refusal(address, policy) : 'no address'
        return callback(new Error(`${hostname} resolves to ${address}, which is ${reason}; ${ADVICE}`), '', 0)
      }
      if (options.all) callback(null, permitted)
      else callback(null, permitted[0].address, permitted[0].family)
    })
  }
}

/** The IPv4 address inside an IPv6 one, where its form has a place for it; `sameHost` when it is merely a spelling. */
function embeddedIPv4(address: string): { ipv4: string; sameHost: boolean } | null {
  const groups = ipv6Groups(address)
  const ipv4 = (at: number) =>
    [groups[at] >> 8, groups[at] & 255, groups[at + 1] >> 8, groups[at + 1] & 255].map(String).join('.')
  const prefix = groups.slice(0, 6).join(':')
  if (prefix === '0:0:0:0:0:65535') return { ipv4: ipv4(6), sameHost: true } // IPv4-mapped, ::ffff:0:0/96
  if (prefix === '0:0:0:0:65535:0') return { ipv4: ipv4(6), sameHost: false } // IPv4-translated, ::ffff:0:0:0/96
  if (prefix === '0:0:0:0:0:0' && groups[6] > 0) return { ipv4: ipv4(6), sameHost: false } // IPv4-compatible, ::/96
  if (prefix === '100:65435:0:0:0:0') return { ipv4: ipv4(6), sameHost: false } // NAT64, 64:ff9b::/96
  if (groups[0] === 0x2002) return { ipv4: ipv4(1), sameHost: false } // 6to4, 2002::/16
  return null
}

/** The eight 16-bit groups of a valid IPv6 address. */
function ipv6Groups(address: string): number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  )
  const [head, tail] = hex.split('::').map((part) => (part === '' ? [] : part.split(':')))
  const zeros = tail === undefined ? [] : new Array<string>(8 - head.length - tail.length).fill('0')
  return [...head, ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16))
}

function contains(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function blockList(ranges: string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network, bits, ...rest] = range.split('/')
    const version = isIP(network)
    const valid = version !== 0 && /^\d{1,3}$/.test(bits ?? '') && Number(bits) <= (version === 6 ? 128 : 32)
    if (!valid || rest.length > 0)
      throw new Error(`allow: "${range}" is no range of addresses; write one like 10.0.0.0/8`)
    list.addSubnet(network, Number(bits), version === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}
