/** Destinations: the patterns of hosts and addresses that the register's entries are for. */
import { normaliseHost } from '#core/host.ts'
import { type AddressRange, formatRange, holds, parseRange } from '#core/register/address-range.ts'

/** What stands for all hosts that no proxy could know. */
export const UNKNOWN_DESTINATION = '(unknown)'

/** A destination in its one spelling, or one sentence that says why it is none. */
export function normaliseDestination(text: string): { destination: string } | { problem: string } {
  if (text === UNKNOWN_DESTINATION) return { destination: text }
  if (text === '' || text === '*') {
    return { problem: 'must name a host; a pattern for every host would approve whatever happens' }
  }
  if (text.includes('://')) return { problem: 'must be a host without scheme, port and path, such as api.example.com' }
  const range = parseRange(text)
  if (range !== null) return rangeOf(text, range)
  if (text.includes('/')) return { problem: 'must be an address range such as 192.0.2.0/24, or a host without a path' }
  const [star, host] = text.startsWith('*.') ? ['*.', text.slice(2)] : ['', text]
  const { name, port, quarantined } = normaliseHost(host)
  if (port !== null) return { problem: 'must be without a port; list it in ports' }
  const isNone = name === '' || quarantined !== null
  if (isNone || (star !== '' && (name.startsWith('*') || parseRange(name) !== null))) {
    return { problem: "must be a host, '*.' before one, an address, a range, or '(unknown)'" }
  }
  return { destination: `${star}${name}` }
}

function rangeOf(text: string, range: AddressRange): { destination: string } | { problem: string } {
  const destination = formatRange(range)
  const written = parseRange(text.split('/')[0])
  if (written !== null && formatRange(written) !== formatRange({ ...written, network: range.network })) {
    return { problem: `must not have bits behind its prefix; write ${destination}` }
  }
  if (range.prefix === 0)
    return { problem: 'must be narrower; a range of every address would approve whatever happens' }
  return { destination }
}

/** Finds what has a destination that matches a host; made once for many hosts. */
export interface DestinationIndex<T> {
  /** Those that match, the most specific destination first, equally specific ones together. */
  matching(host: string): { destination: string; values: readonly T[] }[]
}

/** By destination, as normaliseDestination spells it. A host of '' is one that no proxy could know. */
export function destinationIndex<T>(values: readonly T[], destinationOf: (value: T) => string): DestinationIndex<T> {
  const byDestination = Map.groupBy(values, destinationOf)
  const ranges = [...byDestination.keys()]
    .map((destination) => ({ destination, range: parseRange(destination) }))
    .filter((one): one is { destination: string; range: AddressRange } => one.range !== null)
    .sort((a, b) => b.range.prefix - a.range.prefix)
  return {
    matching(host) {
      const address = parseRange(host)
      const destinations =
        host === ''
          ? [UNKNOWN_DESTINATION]
          : address === null
            ? [host, ...wildcardsOf(host)]
            : ranges.filter(({ range }) => holds(range, address)).map(({ destination }) => destination)
      return destinations.flatMap((destination) => {
        const found = byDestination.get(destination)
        return found === undefined ? [] : [{ destination, values: found }]
      })
    },
  }
}

/** The wildcards that hold a host, the longest first. `*.a.com` holds no `a.com`, and itself only as a host. */
function* wildcardsOf(host: string): Generator<string> {
  // A ServiceEntry's own wildcard can be a host; by its first dot it would meet itself again.
  const from = host.startsWith('*.') ? 2 : 0
  for (let dot = host.indexOf('.', from); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    yield `*${host.slice(dot)}`
  }
}
