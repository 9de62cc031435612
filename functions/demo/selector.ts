/** Series selectors: `name{label="value",other=~"a|b"}`, their matchers and what they match. */
import { type LabelSet, labelOf } from './series.ts'

export interface Matcher {
  label: string // __name__ for the metric's name
  matches: (value: string) => boolean
}

export type Selector = readonly Matcher[]

export type Operator = '=' | '!=' | '=~' | '!~'

/** A matcher; regular expressions are anchored at both ends. Throws when one is not valid. */
export function matcher(label: string, operator: Operator, value: string): Matcher {
  if (operator === '=') return { label, matches: (actual) => actual === value }
  if (operator === '!=') return { label, matches: (actual) => actual !== value }
  const expression = anchored(value)
  return operator === '=~'
    ? { label, matches: (actual) => expression.test(actual) }
    : { label, matches: (actual) => !expression.test(actual) }
}

/** A regular expression for whole values. Throws when it is not valid. */
export function anchored(source: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 's')
  } catch {
    throw new Error(`invalid regular expression ${JSON.stringify(source)}`)
  }
}

export function selects(selector: Selector, set: LabelSet): boolean {
  for (const { label, matches } of selector) if (!matches(labelOf(set, label))) return false
  return true
}
