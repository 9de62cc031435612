/** Order: the same on every machine, whatever its language. */

/** Compares two texts by code unit, for sort(). */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The values, each once, in the order in which they first came. */
export function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
