/** Resemblance: names that a reader takes for one that he knows. */
import { isIP } from 'node:net'
import { appearance, decodedName, mixedScripts } from '#core/findings/idna.ts'
import { OTHER } from '#core/flow.ts'
import { INVALID_HOST } from '#core/host.ts'
import { distinct } from '#core/order.ts'

/** How a name deceives. */
export interface Resemblance {
  kind: 'one letter off' | 'looks the same' | 'mixed scripts'
  known: string // the domain it passes for; '' for mixed scripts
  scripts: string[] // of mixed scripts
}

/**
 * Looks names up among known ones; made once for many. What belongs to a known domain resembles nothing, and of numbered
 * names, such as db1 and db2, none passes for another. Domains of fewer letters than `minimumLetters` are not compared.
 */
export function resemblances(
  knownHosts: Iterable<string>,
  minimumLetters: number,
): (host: string) => Resemblance | null {
  const domains = distinct([...knownHosts].filter(isName).map((host) => domainOf(host.replace(/^\*\./, ''))))
  const known = new Set(domains)
  const compared = domains.filter((domain) => domain.split('.', 1)[0].length >= minimumLetters)
  const byLength = Map.groupBy(compared, ({ length }) => length)
  const byAppearance = new Map(compared.map((domain) => [appearance(decodedName(domain)), domain]))
  const answers = new Map<string, Resemblance | null>()

  const look = (host: string): Resemblance | null => {
    const domain = domainOf(host.replace(/^\*\./, ''))
    if (known.has(domain)) return null
    const decoded = decodedName(domain)
    const same = byAppearance.get(appearance(decoded))
    if (same !== undefined) return { kind: 'looks the same', known: same, scripts: [] }
    for (const length of [domain.length - 1, domain.length, domain.length + 1]) {
      const near = byLength.get(length)?.find((one) => isOneLetterOff(one, domain))
      if (near !== undefined) return { kind: 'one letter off', known: near, scripts: [] }
    }
    const scripts = mixedScripts(decodedName(host))
    return scripts && { kind: 'mixed scripts', known: '', scripts }
  }
  return (host) => {
    if (!isName(host)) return null
    const answer = answers.get(host)
    if (answer !== undefined) return answer
    const looked = look(host)
    answers.set(host, looked)
    return looked
  }
}

/** True for a host with a name of its own, wildcard or not. */
export function isName(host: string): boolean {
  return (
    host.includes('.') && host !== OTHER && !host.startsWith(INVALID_HOST) && !/[/()]/.test(host) && isIP(host) === 0
  )
}

/**
 * What somebody registered, as far as that can be told without a list of all registries: the last two labels, or three
 * below such as co.uk.
 */
export function domainOf(name: string): string {
  const labels = name.split('.')
  const [second = '', top = ''] = labels.slice(-2)
  return labels.slice(top.length === 2 && second.length <= 3 ? -3 : -2).join('.')
}

/** True when one letter added, dropped, changed, or swapped with its neighbour turns one into the other, and no number into another. */
export function isOneLetterOff(a: string, b: string): boolean {
  if (a.length > b.length) return isOneLetterOff(b, a)
  if (b.length - a.length > 1 || a === b) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let [endA, endB] = [a.length, b.length]
  while (endA > start && a[endA - 1] === b[endB - 1]) {
    endA--
    endB--
  }
  const [changed, into] = [a.slice(start, endA), b.slice(start, endB)]
  if (/^\d*$/.test(changed) && /^\d+$/.test(into)) return false
  if (changed.length < into.length) return changed === '' && into.length === 1
  return changed.length === 1 || (changed.length === 2 && changed[0] === into[1] && changed[1] === into[0])
}
