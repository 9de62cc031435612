/**
 * Hashes: a seeded 64-bit one of bytes, as two 32-bit halves, by which series are told apart without decoding their labels;
 * and SHA-256, by which objects are.
 */
import { createHash } from 'node:crypto'

export interface Hash64 {
  lo: number // uint32
  hi: number // uint32
}

/** Kept in the checkpoint and drawn at random, so that nobody who chooses label values can choose collisions. */
export type HashSeed = Hash64

/**
 * Hashes [start, end) into `out`. Two independent multiply-rotate lanes over little-endian 32-bit words, cross-mixed at
 * the end; JavaScript has no fast 64-bit integers, and a native digest costs five times as much per line.
 */
export function hash64(view: DataView, start: number, end: number, seed: HashSeed, out: Hash64): void {
  let a = seed.lo | 0
  let b = seed.hi | 0
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true)
    a = Math.imul(a ^ word, 0x9e3779b1)
    a = (a << 13) | (a >>> 19)
    b = Math.imul(b + word, 0x85ebca77)
    b = (b << 17) | (b >>> 15)
  }
  for (; at < end; at++) {
    const byte = view.getUint8(at)
    a = Math.imul(a ^ byte, 0xc2b2ae3d)
    a = (a << 11) | (a >>> 21)
    b = Math.imul(b + byte, 0x27d4eb2f)
    b = (b << 15) | (b >>> 17)
  }
  const length = end - start
  a = avalanche(a ^ length ^ ((b << 7) | (b >>> 25)))
  b = avalanche(b ^ Math.imul(length, 0x165667b1) ^ a)
  out.lo = a >>> 0
  out.hi = b >>> 0
}

function avalanche(value: number): number {
  let x = value
  x ^= x >>> 16
  x = Math.imul(x, 0x7feb352d)
  x ^= x >>> 15
  x = Math.imul(x, 0x846ca68b)
  return x ^ (x >>> 16)
}

const encoder = new TextEncoder()

export function hashText(text: string, seed: HashSeed): Hash64 {
  const bytes = encoder.encode(text)
  const out = { lo: 0, hi: 0 }
  hash64(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.byteLength, seed, out)
  return out
}

/** SHA-256 in lower-case hex; of text, its UTF-8. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex')
}
