/** Texts that files of several kinds hold: what is wrong with one, in a sentence; null when nothing is. */
import { normaliseDestination } from '#core/register/destination.ts'
import { formatSource, parseSource, SOURCE_FORM } from '#core/register/source.ts'
import { parseDate } from '#core/time.ts'

/** They stand on pages and in files that people read; direction marks could make them say something else. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

export function wordsProblem(value: string, atMost: number): string | null {
  if (value.length > atMost) return `must be at most ${atMost} characters`
  if (UNPRINTABLE.test(value)) return 'must be one line without control characters'
  return value !== value.trim() ? 'must not begin or end in spaces' : null
}

export function emptyProblem(value: string): string | null {
  return value === '' ? 'is empty' : null
}

export function dateProblem(value: string): string | null {
  try {
    parseDate(value)
    return null
  } catch {
    return 'must be a day of the calendar, YYYY-MM-DD'
  }
}

export function sourceProblem(value: string): string | null {
  return parseSource(value) === null ? `must be ${SOURCE_FORM}` : null
}

export function destinationProblem(destination: string): string | null {
  const found = normaliseDestination(destination)
  return 'problem' in found ? found.problem : null
}

/** A destination in its one spelling; of a text that has none, the text. */
export function spelt(destination: string): string {
  const found = normaliseDestination(destination)
  return 'problem' in found ? destination : found.destination
}

/** A source pattern in its shortest text; of a text that is none, the text. */
export function shortestSource(text: string): string {
  const pattern = parseSource(text)
  return pattern === null ? text : formatSource(pattern)
}
