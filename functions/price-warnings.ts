/** What is not wrong with prices and yet may make figures less than they could be: days without a price, old prices, kinds that none is for. */
import type { PriceEntry, PriceKind, TargetPlace } from '#core/costs/prices.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import type { Config } from './config.ts'
import { isBookFile } from './price-books.ts'
import { placeOfPrice, toldOf } from './price-entry-mistakes.ts'
import { isPriceOf, type PriceFiles, pricesFor } from './prices-file.ts'

const SHOWN = 3

/** One sentence each, of targets first and then of their prices; `today` is YYYY-MM-DD, UTC. Without prices, of nothing but targets. */
export function priceWarnings({ targets, clouds }: Config, prices: PriceFiles | null, today: string): string[] {
  const named = targets.map(({ name }) => ({ name, place: clouds[name] }))
  if (prices === null) {
    const idle = named.filter(({ place }) => place !== undefined)
    return idle.map(
      ({ name }) => `target ${name} says its cloud, and no prices are named; give prices, or nothing is priced`,
    )
  }
  const { entries } = pricesFor(prices, clouds)
  return [
    ...named.flatMap(({ name, place }) =>
      place === undefined
        ? [`target ${name} has no cloud, so that nothing of it is priced; give its provider and region`]
        : unpriced(
            place,
            entries.filter((entry) => isPriceOf(entry, place)),
          ).map((what) => `target ${name}: ${what}`),
    ),
    ...holes(entries, today),
    ...agedBooks(entries, today),
  ]
}

/** What a target is sure to be charged, and no price is for. */
function unpriced({ provider, region, nat, endpoints }: TargetPlace, entries: readonly PriceEntry[]): string[] {
  const has = (kind: PriceKind, isFor: (entry: PriceEntry) => boolean = () => true) =>
    entries.some((entry) => entry.kind === kind && isFor(entry))
  const missing: string[] = []
  if (!has('internet')) missing.push('internet')
  if (nat !== null && !has('nat-processing')) missing.push('nat-processing')
  if (nat !== null && nat.gateways > 0 && !has('nat-hours')) missing.push('nat-hours')
  for (const { service, type, zones } of endpoints) {
    const isFor = (entry: PriceEntry) => entry.endpoint === type && (entry.service === '' || entry.service === service)
    if (!has('endpoint-processing', isFor)) missing.push(`endpoint-processing of the ${type} endpoint of ${service}`)
    if (zones > 0 && !has('endpoint-hours', isFor)) missing.push(`endpoint-hours of the ${type} endpoint of ${service}`)
  }
  return missing.map((what) => `no price for ${what} in ${provider} ${region}; it is counted and not priced`)
}

/** Days from the first on which a price of a place and kind held until today, on which none holds. */
function holes(entries: readonly PriceEntry[], today: string): string[] {
  return [...Map.groupBy(entries, placeOfPrice).values()].flatMap((ofPlace) => {
    const inOrder = ofPlace.toSorted((a, b) => (a.from < b.from ? -1 : 1))
    return inOrder.flatMap((entry, i) => {
      const next = inOrder[i + 1]?.from
      const isOpen = entry.until === '' || entry.until > today || (next !== undefined && next <= entry.until)
      if (isOpen) return []
      const last = next === undefined || next > today ? today : dayBefore(next)
      const span = entry.until === last ? `on ${last}` : `from ${entry.until} to ${last}`
      const goesOn = next === undefined ? ' and on' : ''
      return [`no price for ${toldOf(entry)} ${span}${goesOn}; give the price that held then, with its source`]
    })
  })
}

/** Prices that hold today and were read more than a year ago, together by the book and the day. */
function agedBooks(entries: readonly PriceEntry[], today: string): string[] {
  const limit = yearBefore(today)
  const old = entries.filter(({ from, until, retrieved }) => {
    return retrieved < limit && from <= today && (until === '' || until > today)
  })
  return [...Map.groupBy(old, ({ book, retrieved }) => `${book}\0${retrieved}`).values()].map((aged) => {
    const [{ book, retrieved, source }] = aged
    const shown = aged.slice(0, SHOWN).map(toldOf).join(', ')
    const more = aged.length > SHOWN ? ` and ${aged.length - SHOWN} more` : ''
    const what = isBookFile(book)
      ? 'write the day into retrieved'
      : 'put what has changed into a book of your own over it'
    return `book ${book} was read on ${retrieved}, more than a year ago: ${shown}${more}; see ${source}, and ${what}`
  })
}

function dayBefore(day: string): string {
  return isoDate(parseDate(day) - DAY_MS)
}

/** The same day a year ago; of 29 February, the day before 1 March. */
function yearBefore(day: string): string {
  const text = `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`
  return text.endsWith('-02-29') ? text.replace('-29', '-28') : text
}
