/** The register's mistakes that lie between values: dates in another order, approvals without a need, entries at odds. */
import { normaliseDestination } from '#core/register/destination.ts'
import { parseSource, type SourcePattern, sourceHolds, sourcesMeet } from '#core/register/source.ts'
import { asList, asRecord, type Mistake, show } from './mistakes.ts'
import { MAX_ENTRIES, MAX_RULE_SOURCES, MAX_RULES } from './register-schema.ts'

type Fields = Record<string, unknown>

/** Read from the raw data, so that they are told beside all others; what is wrong by itself is told elsewhere. */
export function registerContradictions(data: unknown): Mistake[] {
  const entries = asList(asRecord(data).entries).slice(0, MAX_ENTRIES).map(asRecord)
  const rules = asList(asRecord(data).residency).slice(0, MAX_RULES).map(asRecord)
  return [
    ...repeatedNames(entries, 'entries'),
    ...entries.flatMap((entry, i) => entryContradictions(entry, i)),
    ...sameTraffic(entries),
    ...repeatedNames(rules, 'residency'),
    ...rules.flatMap((rule, i) => ruleContradictions(rule, i)),
    ...crossingRules(rules),
  ]
}

function repeatedNames(named: readonly Fields[], list: string): Mistake[] {
  const first = new Map<string, number>()
  return named.flatMap(({ name }, i) => {
    if (typeof name !== 'string') return []
    const before = first.get(name)
    if (before === undefined) first.set(name, i)
    return before === undefined
      ? []
      : [mistake([list, i, 'name'], `${show(name)} is the name of ${list}[${before}] already`)]
  })
}

function entryContradictions(entry: Fields, i: number): Mistake[] {
  const at = (key: string, message: string) => mistake(['entries', i, key], message)
  const approvedOn = textOf(entry.approvedOn)
  const [approvedBy, expires, reviewBy] = [textOf(entry.approvedBy), textOf(entry.expires), textOf(entry.reviewBy)]
  const reviews = asList(entry.reviews).map((review) => textOf(asRecord(review).on))
  const mistakes: Mistake[] = []
  if (approvedBy !== '' && approvedOn === '') {
    mistakes.push(at('approvedBy', `is ${show(approvedBy)} without a day; give approvedOn`))
  }
  if (approvedOn !== '' && approvedBy === '') {
    mistakes.push(at('approvedOn', `is ${show(approvedOn)} without a name; give approvedBy`))
  }
  if (approvedBy !== '') {
    for (const key of ['owner', 'need'].filter((key) => textOf(entry[key]) === '')) {
      mistakes.push(
        at('approvedBy', `is ${show(approvedBy)} for an entry without ${key}; give ${key}, or leave it to be approved`),
      )
    }
  }
  if (approvedBy === '' && approvedOn === '') {
    for (const key of ['expires', 'reviewBy'].filter((key) => textOf(entry[key]) !== '')) {
      mistakes.push(
        at(key, `is ${show(entry[key])} for an entry that nobody has approved; give approvedBy and approvedOn`),
      )
    }
    if (reviews.length > 0)
      mistakes.push(at('reviews', 'are of an entry that nobody has approved; give approvedBy and approvedOn'))
  }
  if (approvedOn !== '' && expires !== '' && expires <= approvedOn) {
    mistakes.push(at('expires', `is ${expires}, which is not after approvedOn, ${approvedOn}`))
  }
  let last = approvedOn
  for (const [at, on] of reviews.entries()) {
    if (on === '') continue
    if (on < last) {
      const before = last === approvedOn && at === 0 ? 'the approval' : 'what stands before it'
      mistakes.push(
        mistake(['entries', i, 'reviews', at, 'on'], `is ${on}, before ${before} on ${last}; keep them in order`),
      )
    } else last = on
  }
  if (reviewBy !== '' && last !== '' && reviewBy <= last) {
    mistakes.push(
      at(
        'reviewBy',
        `is ${reviewBy}, which is not after the last review or approval on ${last}; give the next day, or leave it out`,
      ),
    )
  }
  if (textOf(entry.region) !== '' && textOf(entry.provider) === '') {
    mistakes.push(at('region', `is ${show(entry.region)} without a provider, whose name of it that is; give provider`))
  }
  return mistakes
}

/** Entries that are for exactly the same traffic at the same time, and say different things of it. */
function sameTraffic(entries: readonly Fields[]): Mistake[] {
  const before = new Map<string, number[]>()
  return entries.flatMap((entry, i) => {
    const key = trafficKey(entry)
    if (key === null) return []
    const others = before.get(key) ?? []
    before.set(key, [...others, i])
    const at = others.find((other) => meetInTime(entry, entries[other]) && differing(entry, entries[other]).length > 0)
    if (at === undefined) return []
    const what = differing(entry, entries[at]).join(' and ')
    return [
      mistake(['entries', i], `is for exactly the traffic of entries[${at}], with another ${what}; make them one`),
    ]
  })
}

function differing(a: Fields, b: Fields): string[] {
  return ['owner', 'provider', 'country', 'region'].filter((field) => textOf(a[field]) !== textOf(b[field]))
}

/** Equal for entries of the same traffic; null for one that is wrong by itself. */
function trafficKey({ destination, from, ports, protocols }: Fields): string | null {
  const found = normaliseDestination(textOf(destination))
  if ('problem' in found) return null
  const sorted = (list: unknown) => [...new Set(asList(list).map(String))].sort()
  return JSON.stringify([found.destination, sorted(from), sorted(ports), sorted(protocols)])
}

function meetInTime(a: Fields, b: Fields): boolean {
  const isOver = (first: Fields, second: Fields) =>
    textOf(first.expires) !== '' && textOf(first.expires) <= textOf(second.approvedOn)
  return !isOver(a, b) && !isOver(b, a)
}

function ruleContradictions({ countries, regions }: Fields, i: number): Mistake[] {
  if (asList(countries).length > 0 || asList(regions).length > 0) return []
  return [mistake(['residency', i], 'allows no place; give countries, regions or both')]
}

/**
 * The most specific pattern decides, so that a rule may narrow another. Where neither of two holds the other, what they
 * both are for must have some place that both allow.
 */
function crossingRules(rules: readonly Fields[]): Mistake[] {
  const patterns = rules.map(({ from }) =>
    asList(from)
      .slice(0, MAX_RULE_SOURCES)
      .map((text) => parseSource(textOf(text))),
  )
  return rules.flatMap((rule, i) => {
    const apart = [...rules.keys()].filter((other) => other < i && !haveCommonPlace(rule, rules[other]))
    return patterns[i].flatMap((pattern, at) => {
      const other = apart.find((j) => patterns[j].some((one) => cross(pattern, one)))
      if (other === undefined) return []
      const place = `residency[${other}].from[${patterns[other].findIndex((one) => cross(pattern, one))}]`
      const message = `meets ${place} in the same source, and no place is allowed by both; say which holds by a narrower one`
      return [mistake(['residency', i, 'from', at], message)]
    })
  })
}

function cross(a: SourcePattern | null, b: SourcePattern | null): boolean {
  if (a === null || b === null || !sourcesMeet(a, b)) return false
  return sourceHolds(a, b) === sourceHolds(b, a) // both hold the other when they are the same
}

function haveCommonPlace(a: Fields, b: Fields): boolean {
  const common = (key: string) => asList(a[key]).some((place) => asList(b[key]).includes(place))
  return common('countries') || common('regions')
}

function mistake(path: Mistake['path'], message: string): Mistake {
  return { path, message }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
