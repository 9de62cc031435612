/** Mistakes of a strict file, in sentences: what a value got wrong by itself, in our words, and what is shown of it. */
import type * as z from 'zod'
import type { YamlPath } from './yaml.ts'

export interface Mistake {
  path: YamlPath
  message: string
  part?: 'key' | 'value' // which is wrong; the value unless told
}

/** What sentences about a file's mistakes need to know of its format. */
export interface Explained {
  noun: string // 'configuration'
  jsonSchema(): Record<string, unknown>
  /** True where a secret may stand, by mistake or not: what stands there is never repeated. */
  mayBeSecret?(path: YamlPath, input: unknown): boolean
}

/** Makes what turns each issue of a schema into sentences; made once for many, since a file may have ten thousand. */
export function explaining(format: Explained): (issue: z.core.$ZodIssue) => Mistake[] {
  let whole: JsonSchema | undefined
  const explain = (issue: z.core.$ZodIssue): Mistake[] => {
    const { path, input } = issue
    if (issue.code === 'invalid_union') return explainUnion(issue, explain, format)
    whole ??= format.jsonSchema() as JsonSchema
    const schema = schemaAt(whole, path)
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: unknownKey(key, schema, format),
        part: 'key' as const,
      }))
    }
    if (issue.code === 'invalid_type' && input === undefined) {
      return [{ path, message: `is missing; give ${schema.description ?? `a ${issue.expected}`}` }]
    }
    const message = issue.code === 'invalid_type' ? `must be ${KINDS[issue.expected] ?? issue.expected}` : issue.message
    const tellsAll = issue.code !== 'invalid_type' && typeof input === 'object' // how long a list is
    const isHidden = tellsAll || (format.mayBeSecret?.(path, input) ?? false)
    return [{ path, message: isHidden ? message : `${message}, not ${show(input)}` }]
  }
  return explain
}

const KINDS: Record<string, string> = {
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a mapping of keys to values',
}

/** Of the forms a value may have, what is wrong by the one whose kind it is; or that it is of none of these kinds. */
function explainUnion(
  { path, input, errors }: z.core.$ZodIssueInvalidUnion,
  explain: (issue: z.core.$ZodIssue) => Mistake[],
  format: Explained,
): Mistake[] {
  const isWrongKind = (issue: z.core.$ZodIssue) => issue.code === 'invalid_type' && issue.path.length === 0
  const sameKind = errors.find((issues) => !issues.some(isWrongKind))
  if (sameKind !== undefined) {
    return sameKind.flatMap((issue) => explain({ ...issue, path: [...path, ...issue.path] } as z.core.$ZodIssue))
  }
  const expected = errors.flatMap((issues) => issues.filter((issue) => issue.code === 'invalid_type'))
  const kinds = [...new Set(expected.map((issue) => KINDS[issue.expected] ?? issue.expected))]
  const message = `must be ${kinds.join(' or ')}`
  return [{ path, message: format.mayBeSecret?.(path, input) ? message : `${message}, not ${show(input)}` }]
}

function unknownKey(key: string, schema: JsonSchema, { noun }: Explained): string {
  const known = Object.keys(schema.properties ?? {})
  const plain = key.slice(0, 60).toLowerCase().replace(/[-_]/g, '')
  const near = known.find((name) => distance(name.toLowerCase(), plain) <= Math.min(2, (name.length - 1) / 2))
  return near === undefined
    ? `is no key of the ${noun}; known here are ${known.join(', ')}`
    : `is no key of the ${noun}; did you mean ${near}?`
}

type JsonSchema = {
  properties?: Record<string, JsonSchema>
  items?: JsonSchema
  anyOf?: JsonSchema[]
  description?: string
}

function schemaAt(whole: JsonSchema, path: YamlPath): JsonSchema {
  let schema = whole
  for (const step of path) {
    const forms = schema.anyOf ?? [schema]
    const inner = forms.map((form) => (typeof step === 'number' ? form.items : form.properties?.[String(step)]))
    schema = inner.find((form) => form !== undefined) ?? {}
  }
  return schema.anyOf?.find(({ properties }) => properties !== undefined) ?? schema
}

export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** A plain value as it was written; a list or mapping only by its kind, since anything may lie in it. */
export function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a mapping'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** What is said of each value that has the key of one before it; those without a key repeat none. */
export function repeated<T>(
  values: readonly T[],
  keyOf: (value: T) => string | null,
  tell: (at: number, before: number) => Mistake,
): Mistake[] {
  const first = new Map<string, number>()
  return values.flatMap((value, i) => {
    const key = keyOf(value)
    if (key === null) return []
    const before = first.get(key)
    if (before === undefined) first.set(key, i)
    return before === undefined ? [] : [tell(i, before)]
  })
}

/** Levenshtein's: how many letters to add, drop or change to turn one word into the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]
}
