/** Quantities: how many bytes a billed quantity is. */
import { bytesOfExact, type Exact } from '#core/bills/amount.ts'

const POWERS = ['', 'k', 'm', 'g', 't', 'p'] as const
const WORDS: Readonly<Record<string, (typeof POWERS)[number]>> = {
  kilo: 'k',
  mega: 'm',
  giga: 'g',
  tera: 't',
  peta: 'p',
}
const BINARY_WORDS: Readonly<Record<string, (typeof POWERS)[number]>> = {
  kibi: 'k',
  mebi: 'm',
  gibi: 'g',
  tebi: 't',
  pebi: 'p',
}

/**
 * Providers whose GB is 2^30 bytes, whatever their columns call the unit: AWS says so; Azure does not, but
 * its meters make 40 TB of 40,960 GB. Google bills in units that say GiB.
 */
const BINARY_PROVIDERS: readonly string[] = ['aws', 'azure']

/**
 * The bytes of a quantity, rounded to whole ones; null for a unit that is none of bytes, such as hours. Units are written as
 * FOCUS and the clouds do: 'GB', 'GiB', 'Gigabytes', 'gibibyte', 'GiBy', '10 GB', 'Bytes'.
 */
export function billedBytes(quantity: Exact, unit: string, provider: string): bigint | null {
  const parts = /^(?:(\d{1,6}) ?)?([a-z]+)$/.exec(unit.trim().toLowerCase())
  if (parts === null) return null
  const size = unitBytes(parts[2], BINARY_PROVIDERS.includes(provider))
  return size === null ? null : bytesOfExact(quantity, size * BigInt(parts[1] ?? 1))
}

/** True for a unit of time. */
export function isHours(unit: string): boolean {
  return /\b(?:h|hr|hrs|hours?)\b/i.test(unit)
}

function unitBytes(unit: string, isBinary: boolean): bigint | null {
  const letters = /^([kmgtp]?)(i?)(?:b|by|bytes?)$/.exec(unit)
  if (letters !== null && !(letters[1] === '' && (letters[2] !== '' || unit === 'b'))) {
    return sizeOf(letters[1] as (typeof POWERS)[number], isBinary || letters[2] === 'i')
  }
  const word = /^([a-z]{4})bytes?$/.exec(unit)?.[1] ?? ''
  if (Object.hasOwn(WORDS, word)) return sizeOf(WORDS[word], isBinary)
  return Object.hasOwn(BINARY_WORDS, word) ? sizeOf(BINARY_WORDS[word], true) : null
}

function sizeOf(power: (typeof POWERS)[number], isBinary: boolean): bigint {
  return (isBinary ? 1024n : 1000n) ** BigInt(POWERS.indexOf(power))
}
