/** Where targets are said to run, against the books: a place that no price is for would be counted in bytes alone, for ever. */
import type { PriceEntry, TargetPlace } from '#core/costs/prices.ts'
import type { Config } from './config.ts'
import { type Mistake, show } from './mistakes.ts'
import type { PriceFiles } from './prices-file.ts'

const SHOWN = 12

/** Providers, regions and tiers of targets that the books have no price for; the paths are of the configuration. */
export function priceMistakesOf({ targets, clouds }: Config, { entries }: PriceFiles): Mistake[] {
  return targets.flatMap(({ name }, i) => {
    const place = clouds[name]
    const mistake = place === undefined ? null : mistakeOf(place, entries)
    return mistake === null ? [] : [{ ...mistake, path: ['targets', i, 'cloud', ...mistake.path] }]
  })
}

function mistakeOf({ provider, region, tier }: TargetPlace, entries: readonly PriceEntry[]): Mistake | null {
  const theirs = entries.filter((entry) => entry.provider === provider)
  if (theirs.length === 0) {
    const message = `${show(provider)} is a provider of no book that the prices name; they have ${listed(entries.map((entry) => entry.provider))}`
    return { path: ['provider'], message }
  }
  const here = theirs.filter((entry) => entry.region === region)
  if (here.length === 0) {
    const message = `${show(region)} has no price of ${provider} in the books that the prices name; they have ${listed(theirs.map((entry) => entry.region))}`
    return { path: ['region'], message }
  }
  const tiers = here.map((entry) => entry.tier).filter((tier) => tier !== '')
  if (tier !== '' && !tiers.includes(tier)) {
    const known = tiers.length === 0 ? 'has no tiers; take it out' : `has ${listed(tiers)}`
    return { path: ['tier'], message: `${show(tier)} is no tier of ${provider} in ${region}, which ${known}` }
  }
  const internet = here.filter(({ kind }) => kind === 'internet')
  if (tier === '' && internet.length > 0 && internet.every((entry) => entry.tier !== '')) {
    return {
      path: [],
      message: `is without a tier, by which ${provider} prices ${region}; give tier, one of ${listed(tiers)}`,
    }
  }
  return null
}

function listed(names: readonly string[]): string {
  const known = [...new Set(names)].sort()
  return known.length > SHOWN
    ? `${known.slice(0, SHOWN).join(', ')} and ${known.length - SHOWN} more`
    : known.join(', ')
}
