/**
 * A parser of the part of PromQL that a federation's reader needs: selectors with ranges, subqueries, `or`, `unless`,
 * `>`, `-` and five functions. Everything else is refused with a sentence.
 */
import { matcher, type Operator, type Selector } from './selector.ts'

export type Expression =
  | { kind: 'selector'; selector: Selector }
  | { kind: 'range'; selector: Selector; range: number } // ms
  | { kind: 'subquery'; inner: Expression; range: number; step: number } // ms
  | { kind: 'over-time'; pick: 'last' | 'min' | 'max'; inner: Expression }
  | { kind: 'timestamp'; inner: Expression }
  | {
      kind: 'label-replace'
      inner: Expression
      destination: string
      replacement: string
      source: string
      regex: string
    }
  | { kind: 'or'; left: Expression; right: Expression }
  | { kind: 'unless'; left: Expression; right: Expression }
  | { kind: 'greater'; left: Expression; right: Expression }
  | { kind: 'minus'; left: Expression; right: Expression }

type Token = { kind: 'name' | 'string' | 'duration' | 'sign'; text: string; at: number }

const FUNCTIONS = ['last_over_time', 'min_over_time', 'max_over_time', 'timestamp', 'label_replace'] as const
const PICKS = { last_over_time: 'last', min_over_time: 'min', max_over_time: 'max' } as const

/** Parses a whole expression. Throws one sentence that names the place. */
export function parseExpression(text: string): Expression {
  const parser = new Parser(text)
  const expression = parser.expression()
  parser.end()
  return expression
}

/** Parses what `match[]` takes: one selector and nothing around it. */
export function parseSelector(text: string): Selector {
  const parser = new Parser(text)
  const selector = parser.selector()
  parser.end()
  return selector
}

class Parser {
  readonly #tokens: Token[]
  #next = 0

  constructor(text: string) {
    this.#tokens = tokens(text)
  }

  expression(): Expression {
    let left = this.#unless()
    while (this.#take('name', 'or')) left = { kind: 'or', left, right: this.#unless() }
    return left
  }

  #unless(): Expression {
    let left = this.#greater()
    while (this.#take('name', 'unless')) left = { kind: 'unless', left, right: this.#greater() }
    return left
  }

  #greater(): Expression {
    let left = this.#minus()
    while (this.#take('sign', '>')) left = { kind: 'greater', left, right: this.#minus() }
    return left
  }

  #minus(): Expression {
    let left = this.#ranged()
    while (this.#take('sign', '-')) left = { kind: 'minus', left, right: this.#ranged() }
    return left
  }

  #ranged(): Expression {
    const inner = this.#operand()
    if (!this.#take('sign', '[')) return inner
    const range = this.#duration()
    if (this.#take('sign', ':')) {
      const step = this.#duration()
      this.#expect(']')
      return { kind: 'subquery', inner, range, step }
    }
    this.#expect(']')
    if (inner.kind !== 'selector') throw this.#error('a range is only for a selector; a subquery is [5m:15s]')
    return { kind: 'range', selector: inner.selector, range }
  }

  #operand(): Expression {
    if (this.#take('sign', '(')) {
      const inner = this.expression()
      this.#expect(')')
      return inner
    }
    const token = this.#tokens[this.#next]
    const call = FUNCTIONS.find((name) => token?.kind === 'name' && token.text === name)
    if (call === undefined || this.#tokens[this.#next + 1]?.text !== '(') {
      return { kind: 'selector', selector: this.selector() }
    }
    this.#next += 2
    const inner = this.expression()
    const expression = this.#call(call, inner)
    this.#expect(')')
    return expression
  }

  #call(name: (typeof FUNCTIONS)[number], inner: Expression): Expression {
    const overTime = inner.kind === 'range' || inner.kind === 'subquery'
    switch (name) {
      case 'last_over_time':
      case 'min_over_time':
      case 'max_over_time':
        if (!overTime) throw this.#error(`${name} takes a range`)
        return { kind: 'over-time', pick: PICKS[name], inner }
      case 'timestamp':
        if (overTime) throw this.#error('timestamp takes no range')
        return { kind: 'timestamp', inner }
      case 'label_replace': {
        if (overTime) throw this.#error('label_replace takes no range')
        const [destination, replacement, source, regex] = [this.#text(), this.#text(), this.#text(), this.#text()]
        return { kind: 'label-replace', inner, destination, replacement, source, regex }
      }
    }
  }

  selector(): Selector {
    const name = this.#takeKind('name')
    const matchers = name === null ? [] : [matcher('__name__', '=', name.text)]
    if (this.#take('sign', '{')) {
      while (!this.#take('sign', '}')) {
        const label = this.#takeKind('name')
        if (label === null) throw this.#error('expected a label')
        const operator = this.#takeKind('sign')?.text ?? ''
        if (!isOperator(operator)) throw this.#error('expected =, !=, =~ or !~', -1)
        const value = this.#takeKind('string')
        if (value === null) throw this.#error('expected a value in quotes')
        matchers.push(matcher(label.text, operator, value.text))
        if (!this.#take('sign', ',') && this.#tokens[this.#next]?.text !== '}') throw this.#error('expected , or }')
      }
    } else if (name === null) {
      throw this.#error('expected a selector')
    }
    if (matchers.every((each) => each.matches(''))) {
      throw this.#error('a selector must contain at least one matcher that does not match the empty value', -1)
    }
    return matchers
  }

  end(): void {
    if (this.#next < this.#tokens.length) throw this.#error('expected the end')
  }

  #text(): string {
    this.#expect(',')
    const token = this.#takeKind('string')
    if (token === null) throw this.#error('expected a text in quotes')
    return token.text
  }

  #duration(): number {
    const token = this.#takeKind('duration')
    if (token === null) throw this.#error('expected a duration such as 5m')
    return parseDuration(token.text)
  }

  #expect(sign: string): void {
    if (!this.#take('sign', sign)) throw this.#error(`expected ${sign}`)
  }

  #take(kind: Token['kind'], text: string): boolean {
    const token = this.#tokens[this.#next]
    if (token?.kind !== kind || token.text !== text) return false
    this.#next++
    return true
  }

  #takeKind(kind: Token['kind']): Token | null {
    const token = this.#tokens[this.#next]
    if (token?.kind !== kind) return null
    this.#next++
    return token
  }

  #error(expected: string, offset = 0): Error {
    const token = this.#tokens[this.#next + offset]
    return new Error(token === undefined ? `${expected} at the end` : `${expected} at character ${token.at + 1}`)
  }
}

function isOperator(text: string): text is Operator {
  return text === '=' || text === '!=' || text === '=~' || text === '!~'
}

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** '10m30s' as milliseconds. Throws when it is zero. */
export function parseDuration(text: string): number {
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) sum += Number(amount) * UNITS[unit]
  if (sum === 0) throw new Error(`duration ${text} must be longer than nothing`)
  return sum
}

const PATTERNS: [Token['kind'] | 'space', RegExp][] = [
  ['space', /\s+/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['duration', /(?:\d+(?:ms|[smhdw]))+/y],
  ['name', /[A-Za-z_][A-Za-z0-9_:]*/y],
  ['sign', /!=|=~|!~|[=>(){}[\],:-]/y],
]

function tokens(text: string): Token[] {
  const found: Token[] = []
  let at = 0
  next: while (at < text.length) {
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = at
      const match = pattern.exec(text)
      if (match === null) continue
      if (kind !== 'space') found.push({ kind, text: kind === 'string' ? unquote(match[0]) : match[0], at })
      at += match[0].length
      continue next
    }
    throw new Error(`unexpected ${JSON.stringify(text[at])} at character ${at + 1}`)
  }
  return found
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '"': '"', "'": "'" }

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1)
  if (quoted[0] === '`') return inner
  return inner.replace(/\\(.)/g, (_, escaped: string) => {
    if (ESCAPES[escaped] === undefined) throw new Error(`unknown escape \\${escaped} in ${quoted}`)
    return ESCAPES[escaped]
  })
}
