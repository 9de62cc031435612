/** Places: where a destination is declared to be, and whether its source may send there. */
import type { Edge } from '#core/edge.ts'
import { compareText } from '#core/order.ts'
import type { Register, RegisterEntry, ResidencyRule } from '#core/register/register.ts'
import { bestMatch, parseSource, type Source } from '#core/register/source.ts'

export type PlaceVerdict = 'allowed' | 'outside' | 'undeclared' | 'unrestricted'

/** Where a destination is declared to be: what people wrote into the register, never what was measured. */
export interface Place {
  provider: string // '' when undeclared, as all that follow
  country: string
  region: string
  verdict: PlaceVerdict // by the residency rule of the source; unrestricted when none names it
  rule: string // name of that rule, or ''
}

type Declared = Pick<Place, 'provider' | 'country' | 'region'>

/** Entries whose destination matches, the most specific destination first. */
type Found = readonly { values: readonly { entry: RegisterEntry }[] }[]

const NOWHERE: Declared = { provider: '', country: '', region: '' }

/**
 * Looks places up: of an edge, what the register has for its destination, the most specific first, and the entry that
 * decided of its approval.
 */
export function placeLookup(register: Register | null) {
  const ruleOf = ruleLookup(register?.residency ?? [])
  return (edge: Edge, found: Found, decided: RegisterEntry | null): Place => {
    const rule = ruleOf(edge)
    const declared = decided !== null && isDeclared(decided) ? placeOf(decided) : agreedPlace(found)
    return { ...declared, verdict: rule === null ? 'unrestricted' : verdictOf(rule, declared), rule: rule?.name ?? '' }
  }
}

/** Finds the residency rule of a source: the one with the most specific pattern, then the first by name; null without one. */
export function ruleLookup(residency: readonly ResidencyRule[]): (source: Source) => ResidencyRule | null {
  const rules = residency
    .map((rule) => ({ rule, patterns: rule.from.map(parseSource).filter((pattern) => pattern !== null) }))
    .sort((a, b) => compareText(a.rule.name, b.rule.name))
  return (source) => {
    let best = { rule: null as ResidencyRule | null, specificity: -1 }
    for (const { rule, patterns } of rules) {
      const specificity = bestMatch(patterns, source)
      if (specificity > best.specificity) best = { rule, specificity }
    }
    return best.rule
  }
}

/** Where a destination is does not depend on who calls it: what the entries for it declare, unless they disagree. */
function agreedPlace(found: Found): Declared {
  for (const { values } of found) {
    const places = values
      .map(({ entry }) => entry)
      .filter(isDeclared)
      .map(placeOf)
    if (places.length > 0) return places.every((place) => isSame(place, places[0])) ? places[0] : NOWHERE
  }
  return NOWHERE
}

/** A rule allows the countries and the regions that it lists; what it asks for and is not declared cannot be told. */
function verdictOf({ countries, regions }: ResidencyRule, { country, region }: Declared): PlaceVerdict {
  if (countries.includes(country) || regions.includes(region)) return 'allowed'
  const isTold = (countries.length === 0 || country !== '') && (regions.length === 0 || region !== '')
  return isTold ? 'outside' : 'undeclared'
}

function isDeclared({ country, region }: RegisterEntry): boolean {
  return country !== '' || region !== ''
}

function placeOf({ provider, country, region }: Declared): Declared {
  return { provider, country, region }
}

function isSame(a: Declared, b: Declared): boolean {
  return a.provider === b.provider && a.country === b.country && a.region === b.region
}
