/**
 * Seals: where every target's chain stood when a UTC day was over, one immutable object a day, chained to the seal of the
 * day before. A rollup's hash pins all rollups before it and a seal's hash pins all seals, so whoever holds one seal, or
 * only its SHA-256, on paper or in another account, can prove that nothing before it was altered, removed or inserted:
 * even by somebody who could write the whole bucket anew.
 *
 * A seal's bytes follow from its content alone, so that a signature of them can lie beside it as `seal.sig`.
 */
import { parseRollupKey, sealKey, TARGET_NAME } from '#core/keys.ts'
import type { ChainLink } from '#core/rollup.ts'
import { DAY_MS, HOUR_MS, isoDate, isoHour, parseDate } from '#core/time.ts'

export const SEAL_SCHEMA = 1

/** A seal as another one or a person names it. */
export interface SealLink {
  key: string
  sha256: string // hex, of the seal's bytes
}

export interface SealedTarget {
  target: string
  rollups: number // that the seal before it did not cover: the day's, unless the target was late
  closedThrough: string | null // ISO; the end of head's hour, which is the day's end unless the target was late
  head: ChainLink | null // the newest rollup of an hour that begins before the day's end; null while there is none
}

export interface Seal {
  schema: typeof SEAL_SCHEMA
  date: string // YYYY-MM-DD, UTC
  previous: SealLink | null // the seal of the day before; null only for the first
  targets: SealedTarget[] // by name; whoever was in the seal before is in this one, too
}

/** Encodes a seal as JSON with its fields in one order and a line feed at its end, so that its SHA-256 is stable. */
export function encodeSeal({ schema, date, previous, targets }: Seal): Uint8Array {
  const canonical: Seal = {
    schema,
    date,
    previous: previous && { key: previous.key, sha256: previous.sha256 },
    targets: targets.map(({ target, rollups, closedThrough, head }) => ({
      target,
      rollups,
      closedThrough,
      head: head && { number: head.number, key: head.key, sha256: head.sha256 },
    })),
  }
  return new TextEncoder().encode(`${JSON.stringify(canonical, null, 2)}\n`)
}

/** The exact inverse of encodeSeal; throws one sentence naming `key` when the bytes are not those of a possible seal. */
export function decodeSeal(bytes: Uint8Array, key: string): Seal {
  try {
    const seal = sealOf(parseJson(bytes))
    const written = encodeSeal(seal)
    const isAsWritten = written.length === bytes.length && written.every((byte, at) => byte === bytes[at])
    if (!isAsWritten) throw new Error('its bytes are not as a seal is written')
    return seal
  } catch (error) {
    throw new Error(`seal ${key} cannot be read: ${(error as Error).message}`)
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Error(`its ${bytes.length} bytes are no JSON`)
  }
}

function sealOf(value: unknown): Seal {
  const { schema, date, previous, targets } = recordOf(value, 'it')
  if (schema !== SEAL_SCHEMA) {
    throw new Error(`its schema is ${show(schema)}, this version reads ${SEAL_SCHEMA}; install a newer wharfage`)
  }
  if (typeof date !== 'string') throw new Error(`its date is ${show(date)}`)
  const day = parseDate(date)
  if (!Array.isArray(targets)) throw new Error(`its targets are ${show(targets)}`)
  const sealed = targets.map((target) => sealedTargetOf(target, day + DAY_MS))
  sealed.forEach(({ target }, index) => {
    if (index > 0 && sealed[index - 1].target >= target) throw new Error(`its target ${target} is out of order`)
  })
  return { schema, date, previous: previous === null ? null : previousOf(previous, day), targets: sealed }
}

function previousOf(value: unknown, day: number): SealLink {
  const { key, sha256 } = recordOf(value, 'its previous seal')
  const expected = sealKey(isoDate(day - DAY_MS))
  if (key !== expected) throw new Error(`its previous seal is ${show(key)}, not ${expected}`)
  return { key: expected, sha256: sha256Of(sha256, 'its previous seal') }
}

function sealedTargetOf(value: unknown, dayEnd: number): SealedTarget {
  const { target, rollups, closedThrough, head } = recordOf(value, 'one of its targets')
  if (typeof target !== 'string' || !TARGET_NAME.test(target)) throw new Error(`one of its targets is ${show(target)}`)
  const what = `its target ${target}`
  const link = head === null ? null : headOf(head, target, dayEnd)
  const through = link === null ? null : closedThroughOf(link)
  if (closedThrough !== through)
    throw new Error(`${what} is closed through ${show(closedThrough)}, not ${show(through)}`)
  if (!isCount(rollups) || rollups > (link?.number ?? 0)) throw new Error(`${what} has ${show(rollups)} rollups`)
  return { target, rollups, closedThrough: through, head: link }
}

function headOf(value: unknown, target: string, dayEnd: number): ChainLink {
  const what = `the head of its target ${target}`
  const { number, key, sha256 } = recordOf(value, what)
  const place = typeof key === 'string' ? parseRollupKey(key) : null
  if (typeof key !== 'string' || place?.target !== target || place.hour >= dayEnd) {
    throw new Error(`${what} is ${show(key)}`)
  }
  if (!isCount(number) || number < 1) throw new Error(`${what} has number ${show(number)}`)
  return { number, key, sha256: sha256Of(sha256, what) }
}

/** The end of the hour of a chain's head, ISO; throws when its key is no rollup's. */
export function closedThroughOf(head: ChainLink): string {
  return isoHour(hourOfHead(head) + HOUR_MS)
}

/** The hour of a chain's head, in ms since epoch; throws when its key is no rollup's. */
export function hourOfHead({ key }: ChainLink): number {
  const place = parseRollupKey(key)
  if (place === null) throw new Error(`key ${show(key)} is no rollup's`)
  return place.hour
}

function recordOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${what} is ${show(value)}`)
}

function sha256Of(value: unknown, what: string): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value
  throw new Error(`the SHA-256 of ${what} is ${show(value)}`)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
