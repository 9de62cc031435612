/** Address ranges: IPs and CIDRs as numbers, so that whether one holds another is a comparison. */
import { isIPv4, isIPv6 } from 'node:net'

export interface AddressRange {
  family: 4 | 6
  network: bigint // its bits, those behind the prefix zero
  prefix: number // bits
}

const BITS = { 4: 32, 6: 128 } as const

/** The range of a CIDR, or the one of an address alone; null for any other text. Host bits are cut off. */
export function parseRange(text: string): AddressRange | null {
  const [, address, length] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  if (address === undefined) return null
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : null
  if (family === null) return null
  const prefix = length === undefined ? BITS[family] : Number(length)
  if (prefix > BITS[family]) return null
  return cut({ family, network: family === 4 ? bitsOf4(address) : bitsOf6(address), prefix })
}

/** The shortest text of a range: the address alone when it is one. */
export function formatRange({ family, network, prefix }: AddressRange): string {
  const address = family === 4 ? format4(network) : format6(network)
  return prefix === BITS[family] ? address : `${address}/${prefix}`
}

/** True when every address of the second lies in the first. */
export function holds(range: AddressRange, inner: AddressRange): boolean {
  if (range.family !== inner.family || range.prefix > inner.prefix) return false
  return cut({ ...inner, prefix: range.prefix }).network === range.network
}

function cut({ family, network, prefix }: AddressRange): AddressRange {
  const behind = BigInt(BITS[family] - prefix)
  return { family, network: (network >> behind) << behind, prefix }
}

function bitsOf4(address: string): bigint {
  return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n)
}

function bitsOf6(address: string): bigint {
  // The URL parser brings an IPv4 tail and every other spelling to groups of hexadecimal digits.
  const [head, tail = null] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string | null) => (text === null || text === '' ? [] : text.split(':'))
  const [front, back] = [groups(head), groups(tail)]
  const zeros = Array(8 - front.length - back.length).fill('0')
  return [...front, ...zeros, ...back].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

function format4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 255n)).join('.')
}

function format6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((bits >> BigInt(16 * (7 - at))) & 0xffffn).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
