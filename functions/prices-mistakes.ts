/** The mistakes of the file of prices that lie between values, and between it and the books that it names. */
import { normaliseDestination } from '#core/register/destination.ts'
import { asList, asRecord, type Mistake, repeated, show } from './mistakes.ts'
import type { PriceBook } from './price-book.ts'
import { isBookFile } from './price-books.ts'
import { booksOf, MAX_OTHER_TRAFFIC, MAX_RULES, type PricesData } from './prices-schema.ts'

/** Read from the raw data, so that they are told beside all others; what is wrong by itself is told elsewhere. */
export function pricesContradictions(data: unknown): Mistake[] {
  const { books, rules, otherTraffic } = asRecord(data)
  const listed = asList(rules).slice(0, MAX_RULES).map(asRecord)
  const others = asList(otherTraffic).slice(0, MAX_OTHER_TRAFFIC).map(asRecord)
  return [
    ...bookContradictions(asList(books)),
    ...listed.flatMap((rule, i) => ruleContradictions(rule, ['rules', i])),
    ...repeated(listed, hostOf, (i, before) => ({
      path: ['rules', i, 'host'],
      message: `${show(listed[i].host)} is the host of rules[${before}] already; keep one`,
    })),
    ...repeated(others, trafficOf, (i, before) => ({
      path: ['otherTraffic', i],
      message: `is for the payer, provider, pool and month of otherTraffic[${before}]; make them one`,
    })),
  ]
}

/** A book twice, and one that is to give way and does not stand before the other. */
function bookContradictions(books: readonly unknown[]): Mistake[] {
  const names = books.map((one) => (typeof one === 'string' ? one : asRecord(one).book))
  const unplaced = books.flatMap((one, i) =>
    asList(asRecord(one).over).flatMap((name, at): Mistake[] => {
      if (names.slice(0, i).includes(name)) return []
      const message = `${show(name)} is no book that stands before it; list it first, by the same name`
      return [{ path: ['books', i, 'over', at], message }]
    }),
  )
  return [
    ...repeated(
      names,
      (name) => (typeof name === 'string' ? name : null),
      (i, before) => ({ path: ['books', i], message: `is books[${before}] again; keep one` }),
    ),
    ...unplaced,
  ]
}

function ruleContradictions(
  { provider, region, kind, area }: Record<string, unknown>,
  path: Mistake['path'],
): Mistake[] {
  const hasPlace = provider !== undefined || region !== undefined
  const mistakes: Mistake[] = []
  if (kind !== undefined && hasPlace) {
    mistakes.push({ path, message: 'has a kind and a place; keep kind, or provider and region' })
  }
  if (kind === undefined && !hasPlace) {
    mistakes.push({ path, message: 'says neither kind nor place; give kind, or provider and region' })
  }
  if (kind === undefined && hasPlace && (provider === undefined || region === undefined)) {
    const missing = provider === undefined ? 'provider' : 'region'
    mistakes.push({ path, message: `has a place without ${missing}; give provider and region, or kind alone` })
  }
  if (area !== undefined && kind !== undefined && kind !== 'internet') {
    const message = `is ${show(area)} for ${show(kind)}; areas of the world are for the internet alone; take it out`
    mistakes.push({ path: [...path, 'area'], message })
  }
  return mistakes
}

/** Books that are named like those that ship, and do not. */
export function unknownBooks(data: PricesData, shipped: readonly string[]): Mistake[] {
  return booksOf(data).flatMap(({ name }, i) => {
    if (isBookFile(name) || shipped.includes(name)) return []
    const known = shipped.length === 0 ? 'none' : shipped.join(', ')
    const message = `${show(name)} is no book that ships with wharfage, which are ${known}; write a file of your own with its ending, ./${name}.yaml`
    return [{ path: ['books', i], message }]
  })
}

/** Books in another currency than the prices, and other traffic in pools that no book has. */
export function mistakesWithBooks({ currency, otherTraffic }: PricesData, read: readonly PriceBook[]): Mistake[] {
  const mixed = read.flatMap((book, i): Mistake[] => {
    if (book.currency === currency) return []
    const message = `${show(book.name)} is in ${book.currency}, and these prices are in ${currency}; one bill has one currency, so name books of one`
    return [{ path: ['books', i], message }]
  })
  const pools = new Map<string, Set<string>>()
  for (const { entry } of read.flatMap(({ entries }) => entries)) {
    const known = pools.get(entry.provider) ?? new Set()
    pools.set(entry.provider, known)
    if (entry.unit === 'hour') continue
    known.add(entry.pool)
    if (entry.free !== null) known.add(entry.free.pool)
  }
  const poolless = otherTraffic.flatMap(({ provider, pool }, i): Mistake[] => {
    const known = pools.get(provider)
    if (known === undefined) {
      const message = `${show(provider)} is a provider of no book that is named; they have ${[...pools.keys()].join(', ')}`
      return [{ path: ['otherTraffic', i, 'provider'], message }]
    }
    if (known.has(pool)) return []
    const near = [...known].filter((name) => name.startsWith(pool.split(' ', 1)[0])).slice(0, 5)
    const message = `${show(pool)} is a pool of no price of ${provider}; ${near.length === 0 ? `it has ${[...known].slice(0, 5).map(show).join(', ')}` : `near are ${near.map(show).join(', ')}`}`
    return [{ path: ['otherTraffic', i, 'pool'], message }]
  })
  return [...mixed, ...poolless]
}

function hostOf({ host }: Record<string, unknown>): string | null {
  const found = typeof host === 'string' ? normaliseDestination(host) : { problem: '' }
  return 'problem' in found ? null : found.destination
}

function trafficOf({ payer = '', provider, pool, month = '' }: Record<string, unknown>): string {
  return JSON.stringify([payer, provider, pool, month])
}
