/** A small sealed ledger of four targets and three days, and what every way of tampering with it is made of. */
import { checkpointKey, parseRollupKey, sealKey } from '#core/keys.ts'
import type { EncodedRollup } from '#core/rollup.ts'
import { DAY_MS, HOUR_MS, parseInstant } from '#core/time.ts'
import { CLOSED, chainOf, DATES, type Objects, sealedLedger } from '../sealed-ledger.ts'

/** From when to when each was scraped; one was given up, so that later seals say how far it had come. */
const STRETCHES: readonly [target: string, from: number, to: number][] = [
  ['given-up', parseInstant('2026-11-18T22:00Z'), parseInstant('2026-11-19T00:00Z')],
  ['prod-ap', parseInstant('2026-11-20T23:00Z'), CLOSED],
  ['prod-eu', parseInstant('2026-11-19T23:00Z'), CLOSED],
  ['prod-us', parseInstant('2026-11-20T22:00Z'), CLOSED],
]
export const chains = STRETCHES.map(([target, from, to]) => chainOf(target, from, to))
export const SEALS = DATES.map(sealKey)

let whole: Promise<Objects> | undefined

/** The ledger that nobody touched. */
export async function untouched(): Promise<Objects> {
  whole ??= sealedLedger(...chains)
  return new Map(await whole)
}

/** What chance gives to one change: the same for the same seed. */
export interface Draw {
  objects: Objects // to be changed
  number(low: number, high: number): number
  of<T>(values: readonly T[]): T
}

/** What a change has to be known by. */
export interface Traces {
  suspects: string[] // keys, one of which must be named
  all?: boolean // each of which must be named; default false
  touched: (key: string) => boolean // what else may be named, since two links disagree and each could be the wrong one
}

export type Change = (draw: Draw) => Traces

export const hourOfKey = (key: string) => parseRollupKey(key)?.hour ?? 0
export const targetOfKey = (key: string) => parseRollupKey(key)?.target ?? ''
export const targetOf = (chain: readonly EncodedRollup[]) => targetOfKey(chain[0].key)
export const endOf = (chain: readonly EncodedRollup[]) => hourOfKey(chain[chain.length - 1].key) + HOUR_MS
export const bytesOf = (objects: Objects, key: string) => objects.get(key) ?? new Uint8Array()

/** The hash of a rollup stands in its successor, its own place in its text: the neighbours may be named with it. */
export function near(...keys: string[]): (key: string) => boolean {
  return (told) =>
    keys.some((key) => {
      return targetOfKey(told) === targetOfKey(key) && Math.abs(hourOfKey(told) - hourOfKey(key)) <= HOUR_MS
    })
}

/** Any bytes but the object's own. */
export function damage({ objects, of, number }: Draw, key: string): void {
  const bytes = bytesOf(objects, key).slice()
  const how = of(['flip', 'cut', 'extend', 'zero'] as const)
  if (how === 'flip') bytes[number(0, bytes.length - 1)] ^= 1 << number(0, 7)
  if (how === 'zero') bytes.fill(bytes[0] ^ 255, number(0, bytes.length - 1))
  const extension = Uint8Array.from({ length: number(1, 40) }, () => number(0, 255))
  if (how === 'cut') objects.set(key, bytes.slice(0, number(0, bytes.length - 1)))
  else objects.set(key, how === 'extend' ? Buffer.concat([bytes, extension]) : bytes)
}

/** A chain from one of its hours on written anew with other figures, each rollup as closing would have written it. */
export function rewritten(chain: readonly EncodedRollup[], from: number): EncodedRollup[] {
  return chainOf(targetOf(chain), hourOfKey(chain[0].key), endOf(chain), hourOfKey(chain[from].key))
}

/** The number of a chain's rollups of days that are sealed. */
export function sealedLength(chain: readonly EncodedRollup[]): number {
  const end = parseInstant(DATES[2]) + DAY_MS
  return chain.filter(({ key }) => hourOfKey(key) < end).length
}

/** The newest rollup that a day's seal names. */
export function headsFrom(chain: readonly EncodedRollup[], from: number): string[] {
  const ends = DATES.map((date) => parseInstant(date) + DAY_MS - HOUR_MS)
  return chain.filter(({ key }, i) => i >= from && ends.includes(hourOfKey(key))).map(({ key }) => key)
}

export function put(objects: Objects, rollups: readonly EncodedRollup[]): void {
  for (const { key, bytes } of rollups) objects.set(key, bytes)
}

export const checkpointOfChain = (chain: readonly EncodedRollup[]) => checkpointKey(targetOf(chain))
