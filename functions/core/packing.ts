/**
 * Packing: derived data as compressed JSON in few bytes, and the checks by which a reader knows that it is whole. What
 * fails one is refused in a sentence; all of it can be made again from the ledger.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** More than any packed text may take once it is unpacked. */
const UNPACKED_AT_MOST = 512 * 1024 * 1024

/** Higher ones take many times as long for a tenth less. */
const LEVEL = 5

/** Same value, same bytes. */
export function pack(value: unknown): Uint8Array {
  return zstdCompressSync(JSON.stringify(value), { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } })
}

/** The inverse of pack, read by `read`; throws one sentence that begins with the kind of object and its key. */
export function unpack<T>(bytes: Uint8Array, where: string, read: (value: unknown) => T): T {
  try {
    return read(JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: UNPACKED_AT_MOST }).toString('utf8')))
  } catch (error) {
    throw new Error(`${where} cannot be read: ${(error as Error).message}; it can be made again from the ledger`)
  }
}

export function readObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new Error(`${what} is no object`)
}

/** An array, of the given length if there is one. */
export function readArray(value: unknown, what: string, length?: number): unknown[] {
  if (Array.isArray(value) && (length === undefined || value.length === length)) return value
  throw new Error(length === undefined ? `${what} is no list` : `${what} is no list of ${length}`)
}

export function readText(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  throw new Error(`${what} is no text`)
}

/** A whole number, not negative and exact. */
export function readCount(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw new Error(`${what} is no count`)
}

export function readOneOf<T extends string>(value: unknown, of: readonly T[], what: string): T {
  if (of.includes(value as T)) return value as T
  throw new Error(`${what} is none of ${of.join(', ')}`)
}

export function readFlag(value: unknown, what: string): boolean {
  if (typeof value === 'boolean') return value
  throw new Error(`${what} is neither true nor false`)
}
