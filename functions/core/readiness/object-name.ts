/**
 * Names of drafted objects: made of a host alone, so that a draft has the same name whatever else is drafted, and no two
 * hosts have one. A dot becomes one hyphen and a hyphen two; since no part of a host begins or ends with a hyphen, an odd
 * run of them is never part of a host, and three set apart what was added.
 */
import { isIPv6 } from 'node:net'
import { sha256 } from '#core/hash.ts'

const LONGEST_NAME = 63
/** Two hosts of one beginning meet in one name with a chance of one in 2^48. */
const HASH_DIGITS = 12
const APART = '---'

/** The name of what is drafted for a host, an address or a wildcard: an RFC 1123 label of at most 63 characters. */
export function objectName(host: string): string {
  const name = isIPv6(host)
    ? `ipv6${APART}${ipv6Groups(host).join('-')}`
    : host.startsWith('*.')
      ? `any${APART}${hyphenated(host.slice(2))}`
      : hyphenated(host)
  if (name.length <= LONGEST_NAME) return name
  const ending = `${APART}${sha256(host).slice(0, HASH_DIGITS)}`
  return `${name.slice(0, LONGEST_NAME - ending.length).replace(/-+$/, '')}${ending}`
}

/** The same name, or where it is taken the first that is free. */
export function freeName(name: string, isTaken: (name: string) => boolean): string {
  for (let number = 1; ; number++) {
    const ending = number === 1 ? '' : `${APART}${number}`
    const tried = `${name.slice(0, LONGEST_NAME - ending.length).replace(/-+$/, '')}${ending}`
    if (!isTaken(tried)) return tried
  }
}

/** True for what Kubernetes takes as the name of a namespace. */
export function isNamespaceName(name: string): boolean {
  return name.length <= LONGEST_NAME && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(name)
}

function hyphenated(host: string): string {
  return host.replaceAll('-', '--').replaceAll('.', '-')
}

/** The eight groups of an IPv6 address in its shortest spelling. */
function ipv6Groups(address: string): string[] {
  const [head, tail] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  return tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail]
}
