/** Price lookup: which entry of the price books holds for something on a day. */
import type { EndpointType, PriceEntry, PriceKind, TargetPlace } from '#core/costs/prices.ts'
import { compareText } from '#core/order.ts'

/** What is to be priced, in the place of a target. */
export interface Wanted {
  kind: PriceKind
  to: string // cross-region: the region it goes to; internet: the area of the world; '' otherwise
  service: string // endpoint-…: the service; '' otherwise
  endpoint: EndpointType | '' // endpoint-…: its type; '' otherwise
}

/** The price, or why there is none, in one sentence that names what to add. */
export type Found = { entry: PriceEntry; missing: '' } | { entry: null; missing: string }

type Place = Pick<TargetPlace, 'provider' | 'region' | 'tier'>

/**
 * Looks prices up; made once for many. An entry for the region, area or service itself decides before one for all of them,
 * and one of the target's network tier before one that names none; only those that hold on the day count.
 */
export function priceLookup(entries: readonly PriceEntry[]): (place: Place, wanted: Wanted, date: string) => Found {
  const byPlace = Map.groupBy(entries, (entry) => placeKey(entry, entry))
  return (place, wanted, date) => {
    const fitting = (byPlace.get(placeKey(place, wanted)) ?? []).filter((entry) => fits(entry, place, wanted))
    const [best] = fitting
      .filter(({ from, until }) => from <= date && (until === '' || date < until))
      .sort((a, b) => rankOf(b) - rankOf(a) || compareText(a.id, b.id))
    return best === undefined
      ? { entry: null, missing: missingSentence(place, wanted, date, fitting) }
      : { entry: best, missing: '' }
  }
}

function placeKey({ provider, region }: Omit<Place, 'tier'>, { kind, endpoint }: Pick<Wanted, 'kind' | 'endpoint'>) {
  return `${provider}\0${region}\0${kind}\0${endpoint}`
}

function fits(entry: PriceEntry, { tier }: Place, { to, service }: Wanted): boolean {
  return (
    (entry.tier === '' || entry.tier === tier) &&
    (entry.to === '' || entry.to === to) &&
    (entry.service === '' || entry.service === service)
  )
}

function rankOf({ tier, to, service }: PriceEntry): number {
  return (to !== '' || service !== '' ? 2 : 0) + (tier !== '' ? 1 : 0)
}

/** It names no day that moves, so that all days for one reason are told together. */
function missingSentence(place: Place, wanted: Wanted, date: string, fitting: readonly PriceEntry[]): string {
  const what = `${wantedText(wanted)} ${wanted.kind === 'internet' || wanted.kind === 'cross-region' ? 'from' : 'in'}`
  const where = `${place.provider} ${place.region}${place.tier === '' ? '' : ` (${place.tier})`}`
  const later = fitting.filter(({ from }) => from > date).sort((a, b) => compareText(a.from, b.from))[0]
  const earlier = fitting.filter(({ until }) => until !== '' && until <= date).sort(byUntil)[0]
  const known = [
    ...(earlier === undefined ? [] : [`until ${earlier.until}`]),
    ...(later === undefined ? [] : [`from ${later.from} on`]),
  ]
  if (known.length === 0) return `No price book has a price of ${what} ${where}; add one to the books of prices.yaml.`
  const lacking = known.length === 2 ? 'between' : 'on which it is not'
  return `The price of ${what} ${where} is known only ${known.join(' and ')}; add one for the days ${lacking}.`
}

function byUntil(a: PriceEntry, b: PriceEntry): number {
  return compareText(b.until, a.until)
}

function wantedText({ kind, to, service, endpoint }: Wanted): string {
  if (endpoint !== '') return `${kind} of the ${endpoint} endpoint for ${service || 'an unnamed service'}`
  if (kind === 'cross-region') return `${kind} to ${to}`
  return to === '' ? kind : `${kind} to ${to}`
}
