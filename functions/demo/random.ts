/** Chance that is the same on every machine: 32-bit integer hashes of names and numbers, and nothing else. */

// Taken out of Math once: in a context of its own, as tests run in, each look at a global costs more than the sum.
const { imul } = Math

/** The uint32 hash of a text (FNV-1a with a finisher), different for each seed. */
export function hashText(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) hash = imul(hash ^ text.charCodeAt(i), 0x01000193)
  return finish(hash)
}

/** The uint32 hash of two whole numbers; the order matters. */
export function mix(a: number, b: number): number {
  return finish(imul(a, 0x9e3779b1) ^ finish(b | 0))
}

/** A number in [0, 1) from a uint32 hash. */
export function unit(hash: number): number {
  return hash / 0x1_0000_0000
}

/** A whole number in [low, high] from a uint32 hash. */
export function between(hash: number, low: number, high: number): number {
  return low + (hash % (high - low + 1))
}

/** A word of the letters that Kubernetes uses for generated names. */
export function word(hash: number, length: number): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
  let text = ''
  for (let i = 0; i < length; i++) text += alphabet[mix(hash, i) % alphabet.length]
  return text
}

function finish(hash: number): number {
  let h = hash
  h = imul(h ^ (h >>> 16), 0x85ebca6b)
  h = imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
