/**
 * Host patterns as Istio reads them: a name, or `*` and an ending, which stands for names of any depth with that
 * ending.
 */

export function isWildcard(pattern: string): boolean {
  return pattern.startsWith('*')
}

/** True when each name that `host` stands for is one that `pattern` stands for. `*.foo.com` does not cover `foo.com`. */
export function coveredBy(host: string, pattern: string): boolean {
  if (!isWildcard(pattern)) return host === pattern
  if (!isWildcard(host)) return host.endsWith(pattern.slice(1))
  return host.length >= pattern.length && host.slice(1).endsWith(pattern.slice(1))
}

/** The patterns that cover a host, as far as they could stand in a table: itself, then wildcards, the longest first. */
export function* patternsOver(host: string): Generator<string> {
  yield host
  const ending = isWildcard(host) ? host.slice(1) : host
  for (let at = isWildcard(host) ? 1 : 0; at <= ending.length; at++) yield `*${ending.slice(at)}`
}

/** What stands in a table under the most specific pattern that covers a host. */
export function mostSpecific<T>(host: string, byPattern: ReadonlyMap<string, T>): T | undefined {
  for (const pattern of patternsOver(host)) {
    const found = byPattern.get(pattern)
    if (found !== undefined) return found
  }
  return undefined
}
