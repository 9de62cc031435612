/** What is wrong with one entry of a price book, or between two: tiers out of order, a unit of another kind, two prices at once. */
import { decimalOf } from '#core/costs/money.ts'
import type { PriceEntry } from '#core/costs/prices.ts'
import { asList, asRecord, type Mistake, show } from './mistakes.ts'
import type { PlacedEntry } from './price-book.ts'
import { QUANTITY_PLACES } from './price-values.ts'

type Fields = Record<string, unknown>

/** What a book says for entries that do not say it themselves. */
export type EntryDefaults = { unit?: unknown; source?: unknown; retrieved?: unknown }

/**
 * Mistakes between the values of an entry, whose paths begin in it. Read from the raw data, so that they are told beside all
 * others; what is wrong by itself is told elsewhere. `today` (YYYY-MM-DD) is the latest day that has begun anywhere.
 */
export function entryContradictions(entry: Fields, defaults: EntryDefaults, today: string): Mistake[] {
  const { from, until, retrieved } = entry
  const mistakes = [...kindContradictions(entry, defaults), ...tierContradictions(entry)]
  if (isText(from) && isText(until) && until <= from) {
    mistakes.push(at('until', `is ${until}, which is not after from, ${from}`))
  }
  if (retrieved === undefined && defaults.retrieved === undefined) {
    mistakes.push(at('retrieved', 'is missing, here and at the head of the book; give the day on which it was read'))
  }
  if (entry.source === undefined && defaults.source === undefined) {
    mistakes.push(at('source', 'is missing, here and at the head of the book; give the address where it was read'))
  }
  return [...mistakes, ...retrievalMistakes(retrieved, today)]
}

/** A day of retrieval that is yet to come; of an entry, or of the book. */
export function retrievalMistakes(retrieved: unknown, today: string): Mistake[] {
  if (!isText(retrieved) || retrieved <= today) return []
  return [at('retrieved', `is ${retrieved}, which is yet to come; give the day on which it was read`)]
}

/** What only some kinds of price have, and what these must have. */
function kindContradictions(entry: Fields, defaults: EntryDefaults): Mistake[] {
  const { kind, region, to, endpoint, service, tier, unit, bytes } = entry
  if (!isText(kind)) return []
  const mistakes: Mistake[] = []
  const isHourly = kind.endsWith('-hours')
  const isProcessing = kind.endsWith('-processing')
  const isEndpoint = kind.startsWith('endpoint-')
  if (isHourly && unit !== undefined && unit !== 'hour') {
    mistakes.push(
      at('unit', `is ${show(unit)} for ${kind}, which are charged by the hour; write hour, or leave it out`),
    )
  }
  if (!isHourly && unit === 'hour') {
    mistakes.push(at('unit', `is "hour" for ${kind}, which is charged by the byte; write GB or GiB`))
  }
  if (!isHourly && unit === undefined && defaults.unit === undefined) {
    mistakes.push(at('unit', 'is missing, here and at the head of the book; write GB for 10^9 bytes or GiB for 2^30'))
  }
  if (!isHourly && unit === undefined && defaults.unit === 'hour') {
    mistakes.push(
      at('unit', `is "hour" at the head of the book, and ${kind} is charged by the byte; write GB or GiB here`),
    )
  }
  const misplaced = (key: string, value: unknown, isRight: boolean, whose: string) => {
    if (value !== undefined && !isRight)
      mistakes.push(at(key, `is of no use for ${kind}; only ${whose} has it; take it out`))
  }
  misplaced('bytes', bytes, !isHourly, 'what is charged by the byte')
  misplaced('free', entry.free, !isHourly, 'what is charged by the byte')
  misplaced('tiers', entry.tiers, !isHourly, 'what is charged by the byte')
  misplaced('pool', entry.pool, !isHourly, 'what is charged by the byte')
  misplaced('to', to, kind === 'cross-region' || kind === 'internet', 'cross-region or internet')
  misplaced('tier', tier, !isHourly && !isProcessing, 'a transfer')
  misplaced('service', service, isEndpoint, 'an endpoint')
  misplaced('endpoint', endpoint, isEndpoint, 'an endpoint')
  if (isEndpoint && endpoint === undefined) {
    mistakes.push(at('endpoint', `is missing for ${kind}; write gateway or interface`))
  }
  if (isProcessing && bytes === undefined) {
    mistakes.push(
      at('bytes', `is missing for ${kind}; write both where each direction is charged, or egress, or ingress`),
    )
  }
  if (kind === 'cross-region' && isText(to) && to === region) {
    mistakes.push(
      at('to', `is ${show(to)}, the region that it leaves; write same-region or cross-zone for what stays in it`),
    )
  }
  return mistakes
}

/** One price or tiers; each tier with an end above that of the one before, and the last with none. */
function tierContradictions({ price, tiers }: Fields): Mistake[] {
  if (price === undefined && tiers === undefined) return [{ path: [], message: 'has no price; give price, or tiers' }]
  if (price !== undefined && tiers !== undefined) return [{ path: [], message: 'has price and tiers; keep one' }]
  const list = asList(tiers)
  let before = 0n
  return list.flatMap((tier, i): Mistake[] => {
    const { upTo } = asRecord(tier)
    const path = ['tiers', i, 'upTo']
    const isLast = i === list.length - 1
    if (isLast && upTo !== undefined) {
      return [
        {
          path,
          message: `is ${show(upTo)} of the last tier, which leaves what is above it without a price; take it out`,
        },
      ]
    }
    if (!isLast && upTo === undefined) return [{ path, message: 'is missing; give the end of every tier but the last' }]
    const end = isText(upTo) ? decimalOf(upTo, QUANTITY_PLACES) : null
    if (end === null) return []
    const isAbove = end > before
    const least = i === 0 ? '0' : 'the end of the tier before'
    before = end > before ? end : before
    return isAbove
      ? []
      : [{ path, message: `is ${show(upTo)}, which is not above ${least}; keep tiers in ascending order` }]
  })
}

/** A mistake of an entry with another one. */
export interface PlacedMistake {
  placed: PlacedEntry
  message: string
}

/**
 * Prices of one place and kind that hold on the same day; entries of one pool whose tiers differ, and allowances of one pool
 * that do. Told at the later of the two.
 */
export function entriesAtOdds(entries: readonly PlacedEntry[]): PlacedMistake[] {
  return [
    ...pairsAtOdds(
      entries,
      ({ entry }) => placeOfPrice(entry),
      (entry, other) => {
        return `is for ${toldOf(entry.entry)} from ${entry.entry.from}, for which ${whereIs(other)} holds ${spanOf(other.entry)}; keep one of the two on each day, or list the book over the other`
      },
    ),
    ...pairsAtOdds(
      entries,
      ({ entry }) => JSON.stringify([entry.provider, entry.pool]),
      (entry, other) => {
        const isSamePlace = placeOfPrice(entry.entry) === placeOfPrice(other.entry) // told above
        if (isSamePlace || tiersOf(entry.entry) === tiersOf(other.entry)) return null
        return `is counted in the pool ${show(entry.entry.pool)} with ${whereIs(other)}, whose tiers are others; give it a pool of its own`
      },
    ),
    ...pairsAtOdds(
      entries,
      ({ entry }) => (entry.free === null ? null : JSON.stringify([entry.provider, entry.free.pool])),
      (entry, other) => {
        if (allowanceOf(entry.entry) === allowanceOf(other.entry)) return null
        return `has ${allowanceOf(entry.entry)} free in the pool ${show(entry.entry.free?.pool)}, of which ${whereIs(other)} says ${allowanceOf(other.entry)}; make them the same, or give it a pool of its own`
      },
    ),
  ]
}

/** Of entries with the same key that hold on some day both: what is said of one with the first it is at odds with. */
function pairsAtOdds(
  entries: readonly PlacedEntry[],
  keyOf: (placed: PlacedEntry) => string | null,
  tell: (placed: PlacedEntry, other: PlacedEntry) => string | null,
): PlacedMistake[] {
  const byKey = new Map<string, PlacedEntry[]>()
  return entries.flatMap((placed) => {
    const key = keyOf(placed)
    if (key === null) return []
    const others = byKey.get(key) ?? []
    byKey.set(key, others)
    let message: string | null = null
    for (const other of others) {
      if (meetInTime(other.entry, placed.entry)) message = tell(placed, other)
      if (message !== null) break
    }
    others.push(placed)
    return message === null ? [] : [{ placed, message }]
  })
}

/** What may have one price a day. */
export function placeOfPrice({ provider, kind, region, tier, to, service, endpoint }: PriceEntry): string {
  return JSON.stringify([provider, kind, region, tier, to, service, endpoint])
}

/** What a price is for, in words: 'aws internet us-east-1'. */
export function toldOf({ provider, kind, region, tier, to, service, endpoint }: PriceEntry): string {
  return [provider, kind, region, tier, to === '' ? '' : `to ${to}`, endpoint, service]
    .filter((part) => part !== '')
    .join(' ')
}

function meetInTime(a: PriceEntry, b: PriceEntry): boolean {
  return (a.until === '' || b.from < a.until) && (b.until === '' || a.from < b.until)
}

function whereIs({ file, path, line }: PlacedEntry): string {
  return `${path === '' ? '' : `${path} in `}line ${line} of ${file}`
}

function spanOf({ from, until }: PriceEntry): string {
  return until === '' ? `from ${from} on; give that one until` : `from ${from} until ${until}`
}

function tiersOf({ unit, tiers }: PriceEntry): string {
  return JSON.stringify([unit, tiers])
}

function allowanceOf({ unit, free }: PriceEntry): string {
  return `${free?.quantity} ${unit}`
}

function at(key: string, message: string): Mistake {
  return { path: [key], message }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
