/** Evaluates the parsed part of PromQL against the storage, as Prometheus 3 does: ranges are open on the left. */
import { anchored, type Selector, selects } from './selector.ts'
import { type LabelSet, labelOf, labelSet, type Series } from './series.ts'
import type { Sample, Storage } from './storage.ts'
import { type Expression, parseExpression } from './syntax.ts'

export interface VectorElement {
  set: LabelSet
  value: number
  time: number // of the sample, ms since epoch; of the evaluation for what is no plain selector
}

export interface MatrixRow {
  set: LabelSet
  samples: Sample[]
}

export type QueryResult =
  | { type: 'vector'; time: number; elements: VectorElement[] }
  | { type: 'matrix'; rows: MatrixRow[] }

/** A valid expression that cannot be answered, e.g. since labels do not match one to one. */
export class ExecutionError extends Error {}

const KEPT_EXPRESSIONS = 64
const HOUR = 3_600_000

export class Evaluator {
  readonly #storage: Storage
  readonly #parsed = new Map<string, Expression>()
  readonly #selected = new WeakMap<Selector, { first: number; last: number; series: Series[] }>()
  readonly #replaced = new Map<string, WeakMap<LabelSet, LabelSet>>()
  readonly #nameless = new WeakMap<LabelSet, LabelSet>()

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Answers an expression at an instant (ms since epoch). Throws a sentence when it cannot be parsed. */
  query(text: string, time: number): QueryResult {
    let expression = this.#parsed.get(text)
    if (expression === undefined) {
      expression = parseExpression(text)
      if (this.#parsed.size >= KEPT_EXPRESSIONS) this.#parsed.delete(this.#parsed.keys().next().value!)
      this.#parsed.set(text, expression)
    }
    if (expression.kind === 'range' || expression.kind === 'subquery') {
      return { type: 'matrix', rows: this.#matrix(expression, time) }
    }
    return { type: 'vector', time, elements: this.#vector(expression, time) }
  }

  /** The series that a selector takes and that can have samples in (from, until]. */
  select(selector: Selector, from: number, until: number): Series[] {
    const [first, last] = [Math.floor(from / HOUR), Math.floor(until / HOUR)]
    const known = this.#selected.get(selector)
    if (known !== undefined && known.first === first && known.last === last) return known.series
    const series = this.#storage.between(from, until).filter((each) => selects(selector, each))
    this.#selected.set(selector, { first, last, series })
    return series
  }

  #vector(expression: Expression, time: number): VectorElement[] {
    switch (expression.kind) {
      case 'selector':
        return this.#instant(expression.selector, time)
      case 'over-time':
        return expression.pick === 'last'
          ? this.#last(expression.inner, time)
          : this.#extreme(Math[expression.pick], expression.inner, time)
      case 'timestamp':
        return this.#vector(expression.inner, time).map((element) => ({
          set: this.#withoutName(element.set),
          value: element.time / 1000,
          time,
        }))
      case 'label-replace':
        return this.#labelReplace(expression, time)
      case 'or': {
        const left = this.#vector(expression.left, time)
        const there = new Set(left.map((element) => element.set.key))
        return [...left, ...this.#vector(expression.right, time).filter((element) => !there.has(element.set.key))]
      }
      case 'unless': {
        const right = new Set(this.#vector(expression.right, time).map((element) => element.set.key))
        return this.#vector(expression.left, time).filter((element) => !right.has(element.set.key))
      }
      case 'greater':
        return this.#greater(expression.left, expression.right, time)
      case 'minus':
        return this.#minus(expression.left, expression.right, time)
      default:
        throw new ExecutionError('a range is no vector; put it into last_over_time, min_over_time or max_over_time')
    }
  }

  #instant(selector: Selector, time: number): VectorElement[] {
    const elements: VectorElement[] = []
    for (const set of this.select(selector, time, time)) {
      const sample = this.#storage.newest(set, time)
      if (sample !== null) elements.push({ set, value: sample.value, time: sample.time })
    }
    return elements
  }

  #last(inner: Expression, time: number): VectorElement[] {
    if (inner.kind !== 'range') {
      return this.#matrix(inner, time).map(({ set, samples }) => ({ set, value: samples.at(-1)!.value, time }))
    }
    const elements: VectorElement[] = []
    for (const set of this.select(inner.selector, time - inner.range, time)) {
      const sample = this.#storage.last(set, time - inner.range, time)
      if (sample !== null) elements.push({ set, value: sample.value, time })
    }
    return elements
  }

  #extreme(pick: (a: number, b: number) => number, inner: Expression, time: number): VectorElement[] {
    const elements = this.#matrix(inner, time).map(({ set, samples }) => ({
      set: this.#withoutName(set),
      value: samples.map(({ value }) => value).reduce((a, b) => pick(a, b)),
      time,
    }))
    return distinct(elements)
  }

  #matrix(expression: Expression, time: number): MatrixRow[] {
    if (expression.kind === 'range') {
      const from = time - expression.range
      return this.select(expression.selector, from, time)
        .map((set) => ({ set, samples: this.#storage.samples(set, from, time) }))
        .filter((row) => row.samples.length > 0)
    }
    if (expression.kind !== 'subquery')
      throw new ExecutionError('a vector is no range; write [5m] or [5m:15s] after it')
    const rows = new Map<LabelSet, MatrixRow>() // one series always has the same label set, whatever was done to it
    const { inner, range, step } = expression
    for (let at = (Math.floor((time - range) / step) + 1) * step; at <= time; at += step) {
      for (const { set, value } of this.#vector(inner, at)) {
        const row = rows.get(set)
        if (row === undefined) rows.set(set, { set, samples: [{ time: at, value }] })
        else row.samples.push({ time: at, value })
      }
    }
    return [...rows.values()]
  }

  #labelReplace(expression: Expression & { kind: 'label-replace' }, time: number): VectorElement[] {
    const { destination, replacement, source, regex } = expression
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(destination)) {
      throw new ExecutionError(`invalid destination label name in label_replace(): ${destination}`)
    }
    const operation = JSON.stringify([destination, replacement, source, regex])
    const known = this.#replaced.get(operation) ?? new WeakMap<LabelSet, LabelSet>()
    this.#replaced.set(operation, known)
    const expected = anchored(regex)
    const elements = this.#vector(expression.inner, time).map((element) => {
      let set = known.get(element.set)
      if (set === undefined) {
        set = replaceLabel(element.set, destination, replacement, expected.exec(labelOf(element.set, source)))
        known.set(element.set, set)
      }
      return { set, value: element.value, time }
    })
    return distinct(elements)
  }

  /** The elements of the left side that are greater than those of the right side with the same labels, as they are. */
  #greater(left: Expression, right: Expression, time: number): VectorElement[] {
    const bounds = this.#oneByLabels(right, time, '>')
    const matched = new Set<string>()
    return this.#vector(left, time).flatMap(({ set, value }) => {
      const bound = bounds.get(set.key)
      if (bound === undefined || !(value > bound)) return []
      if (matched.has(set.key)) throw new ExecutionError('multiple matches for labels: left side of ">"')
      matched.add(set.key)
      return [{ set, value, time }]
    })
  }

  #oneByLabels(expression: Expression, time: number, operator: string): Map<string, number> {
    const values = new Map<string, number>()
    for (const { set, value } of this.#vector(expression, time)) {
      if (values.has(set.key)) {
        throw new ExecutionError(`many-to-many matching not allowed: right side of "${operator}"`)
      }
      values.set(set.key, value)
    }
    return values
  }

  #minus(left: Expression, right: Expression, time: number): VectorElement[] {
    const subtrahends = this.#oneByLabels(right, time, '-')
    const elements: VectorElement[] = []
    for (const { set, value } of this.#vector(left, time)) {
      const subtrahend = subtrahends.get(set.key)
      if (subtrahend !== undefined) elements.push({ set: this.#withoutName(set), value: value - subtrahend, time })
    }
    return distinct(elements)
  }

  #withoutName(set: LabelSet): LabelSet {
    if (set.name === '') return set
    const known = this.#nameless.get(set)
    if (known !== undefined) return known
    const nameless = { name: '', labels: set.labels, key: set.key }
    this.#nameless.set(set, nameless)
    return nameless
  }
}

function replaceLabel(
  set: LabelSet,
  destination: string,
  replacement: string,
  match: RegExpExecArray | null,
): LabelSet {
  if (match === null) return set
  const value = replacement.replace(
    /\$(?:\$|(\d+)|([A-Za-z_]\w*)|\{(\w+)\})/g,
    (whole: string, digits?: string, name?: string, braced?: string) => {
      if (whole === '$$') return '$'
      const group = digits ?? name ?? braced ?? ''
      return (/^\d+$/.test(group) ? match[Number(group)] : match.groups?.[group]) ?? ''
    },
  )
  if (destination === '__name__') return labelSet(value, set.labels)
  const others = set.labels.filter(([label]) => label !== destination)
  return labelSet(set.name, [...others, [destination, value]])
}

function distinct(elements: VectorElement[]): VectorElement[] {
  const keysByName = new Map<string, Set<string>>() // no text of both: joining two long keys costs more than all the rest
  for (const { set } of elements) {
    const keys = keysByName.get(set.name) ?? new Set()
    if (keys.has(set.key)) throw new ExecutionError('vector cannot contain metrics with the same labelset')
    keysByName.set(set.name, keys.add(set.key))
  }
  return elements
}
