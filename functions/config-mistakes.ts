/**
 * The configuration's mistakes, in sentences: what a value got wrong by itself, and what contradicts what.
 *
 * What a secret's place holds is never repeated, for it may be the secret itself.
 */
import type * as z from 'zod'
import { parseDuration } from '#core/time.ts'
import { configJsonSchema } from './config-schema.ts'
import type { YamlPath } from './yaml.ts'

export interface Mistake {
  path: YamlPath
  message: string
  part?: 'key' | 'value' // which is wrong; the value unless told
}

/** Keys of the file format that other versions read; to accept one and do nothing with it would mislead. */
const UNREAD_KEYS = ['prices', 'register', 'istio']

/** One sentence for each thing an issue says, in our words and with the value where it is no secret's place. */
export function explain(issue: z.core.$ZodIssue): Mistake[] {
  const { path, input } = issue
  const schema = schemaAt(path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: unknownKey(key, path, schema),
      part: 'key' as const,
    }))
  }
  if (issue.code === 'invalid_type' && input === undefined) {
    return [{ path, message: `is missing; give ${schema.description ?? `a ${issue.expected}`}` }]
  }
  const message = issue.code === 'invalid_type' ? `must be ${KINDS[issue.expected] ?? issue.expected}` : issue.message
  const tellsAll = issue.code !== 'invalid_type' && typeof input === 'object' // how long a list is
  return [{ path, message: tellsAll || mayBeSecret(path, input) ? message : `${message}, not ${show(input)}` }]
}

const KINDS: Record<string, string> = {
  string: 'a text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a mapping of keys to values',
}

function unknownKey(key: string, path: YamlPath, schema: JsonSchema): string {
  if (path.length === 0 && UNREAD_KEYS.includes(key)) {
    return 'is not read by this version yet; take it out, so that nobody counts on it'
  }
  const known = Object.keys(schema.properties ?? {})
  const plain = key.slice(0, 60).toLowerCase().replace(/[-_]/g, '')
  const near = known.find((name) => distance(name.toLowerCase(), plain) <= Math.min(2, (name.length - 1) / 2))
  return near === undefined
    ? `is no key of the configuration; known here are ${known.join(', ')}`
    : `is no key of the configuration; did you mean ${near}?`
}

/** Mistakes that lie between values. Read from the raw data, so that they are told beside all the others. */
export function contradictions(data: unknown): Mistake[] {
  const targets = asRecord(data).targets
  return [...(Array.isArray(targets) ? targetContradictions(targets) : []), ...storeContradictions(asRecord(data))]
}

function targetContradictions(targets: readonly unknown[]): Mistake[] {
  const mistakes: Mistake[] = []
  const names = new Map<unknown, number>()
  for (const [i, target] of targets.entries()) {
    const { name, auth } = asRecord(target)
    const first = names.get(name)
    if (first !== undefined) {
      mistakes.push({ path: ['targets', i, 'name'], message: `${show(name)} is the name of targets[${first}] already` })
    } else if (name !== undefined) names.set(name, i)
    if (auth === undefined) continue
    const path = ['targets', i, 'auth']
    const { bearer, basic, tls } = asRecord(auth)
    if (bearer !== undefined && basic !== undefined) mistakes.push({ path, message: 'has bearer and basic; keep one' })
    if (isEmpty(auth)) mistakes.push({ path, message: 'is empty; give bearer, basic or tls, or take auth out' })
    if (isEmpty(tls)) mistakes.push({ path: [...path, 'tls'], message: 'is empty; give ca, or cert and key' })
    const { cert, key } = asRecord(tls)
    if ((cert === undefined) !== (key === undefined)) {
      mistakes.push({ path: [...path, 'tls'], message: 'has one of cert and key; give both or neither' })
    }
  }
  return mistakes
}

/** Between the store and what only a bucket can do, and between alarms and the pace of the scrapes. */
function storeContradictions({ store, targets, retention, aws }: Record<string, unknown>): Mistake[] {
  const mistakes: Mistake[] = []
  const place = typeof store === 'string' ? store : ''
  const isFolder = place !== '' && !/^s3:/i.test(place)
  if (retention !== undefined && isFolder) {
    const message = 'holds in a bucket only, and the store is a folder; take it out, or keep the store in s3://'
    mistakes.push({ path: ['retention'], message, part: 'key' })
  }
  if (aws === undefined) return mistakes
  if (isFolder) {
    const message = 'needs a store in s3://, for functions share no folder; take aws out, or keep the store in s3://'
    mistakes.push({ path: ['aws'], message, part: 'key' })
  }
  const { headAgeMinutes = 15 } = asRecord(asRecord(aws).alarms)
  const longest = Math.max(0, ...(Array.isArray(targets) ? targets : []).map(intervalMinutes))
  if (Number(headAgeMinutes) < 2 * longest) {
    const least = `must be at least ${Math.ceil(2 * longest)}, twice the longest interval of a target`
    const message = `${least}, or its alarm never ends; it is ${show(headAgeMinutes)}`
    mistakes.push({ path: ['aws', 'alarms', 'headAgeMinutes'], message })
  }
  return mistakes
}

function intervalMinutes(target: unknown): number {
  try {
    return parseDuration(String(asRecord(target).interval ?? '60s')) / 60
  } catch {
    return 0 // told by itself
  }
}

type JsonSchema = { properties?: Record<string, JsonSchema>; items?: JsonSchema; description?: string }

let wholeSchema: JsonSchema | undefined // made once: a file may have ten thousand mistakes

function schemaAt(path: YamlPath): JsonSchema {
  wholeSchema ??= configJsonSchema() as JsonSchema
  let schema = wholeSchema
  for (const step of path) {
    schema = (typeof step === 'number' ? schema.items : schema.properties?.[String(step)]) ?? {}
  }
  return schema
}

/** True where a secret may stand, by mistake or not. The whole file as one value is likely another file, such as a token's. */
function mayBeSecret(path: YamlPath, input: unknown): boolean {
  const last = path.at(-1)
  return (
    path.length === 0 ||
    path.includes('auth') ||
    last === 'viewers' ||
    last === 'password' ||
    (typeof input === 'string' && /:\/\/.*[@?#]/s.test(input))
  )
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** A plain value as it was written; a list or mapping only by its kind, since anything may lie in it. */
function show(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a mapping'
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
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
