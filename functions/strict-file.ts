/**
 * Strict files: what people declare, each in one YAML file that is read whole or not at all. Everything that is wrong with
 * one is told at once and with its line; nothing in it is passed over.
 */
import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import type * as z from 'zod'
import { type Explained, explaining, type Mistake } from './mistakes.ts'
import { type Place, readYaml, type Scalars, type YamlPath } from './yaml.ts'

const MAX_LINES = 50 // of mistakes in one message
const UNPRINTABLE = /[\p{Cc}\p{Cf}]/gu // in a terminal it could hide what was said, or say something else

/** A kind of file: what it may hold, and what is said where it holds something else. */
export interface StrictFormat<S extends z.ZodType = z.ZodType> extends Explained {
  maxBytes: number // of hostile text the parser makes a thousand times as much
  whenMissing: string // what to do when there is no such file
  schema: S
  scalars?: Scalars // what plain values are to the schema; typed unless told, and texts where a number must be what was written
  /** Mistakes that lie between values. Given the raw data, so that they are told beside all others: anything may be in it. */
  contradictions(data: unknown): Mistake[]
}

/** What a strict file holds, and on which line. */
export interface StrictText<T> {
  data: T
  /** The line, from 1, on which a value begins. */
  lineOf(path: YamlPath): number
  /** Where a value begins. */
  placeOf(path: YamlPath): Place
}

export interface Problem extends Place {
  path: string // 'targets[0].url'; '' for the file as a whole
  message: string // what is wrong and what to do
}

/** All that is wrong with a file, in the order of its lines; the message tells it line by line. */
export class ConfigError extends Error {
  readonly problems: Problem[]

  constructor(file: string, problems: Problem[], noun = 'configuration') {
    const lines = problems.slice(0, MAX_LINES).map(({ line, column, path, message }) => {
      return `  ${line}:${column} ${`${path === '' ? '' : `${path}: `}${message}`.replace(UNPRINTABLE, '\ufffd')}`
    })
    if (problems.length > MAX_LINES) lines.push(`  and ${problems.length - MAX_LINES} more`)
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`
    super([`${noun} ${file} has ${count}:`, ...lines].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** What a file holds; throws one ConfigError with everything that is wrong. */
export async function readStrictFile<S extends z.ZodType>(
  path: string,
  format: StrictFormat<S>,
): Promise<StrictText<z.output<S>>> {
  return parseStrictText(await readBounded(path, format), path, format)
}

/** What a text holds, likewise; `path` is its file, for the message. */
export function parseStrictText<S extends z.ZodType>(
  source: string,
  path: string,
  format: StrictFormat<S>,
): StrictText<z.output<S>> {
  const { data, problems, placeOf } = readYaml(source, format.scalars)
  if (problems.length > 0) {
    const pathless = problems.map((problem) => ({ ...problem, path: '' }))
    throw refused(path, pathless, format)
  }
  const parsed = format.schema.safeParse(data, { reportInput: true })
  const explain = explaining(format)
  const mistakes = [...(parsed.error?.issues.flatMap(explain) ?? []), ...format.contradictions(data)]
  if (parsed.success && mistakes.length === 0) {
    const place = (path: YamlPath) => placeOf(path, 'value')
    return { data: parsed.data, lineOf: (path) => place(path).line, placeOf: place }
  }
  const placed = mistakes.map(({ path, message, part }) => {
    return { ...placeOf(path, part ?? 'value'), path: formatPath(path), message }
  })
  throw refused(path, placed, format)
}

/** The text of a file; throws one ConfigError when there is none, or one that is too long or not UTF-8. */
export async function readBounded(
  path: string,
  { noun, maxBytes, whenMissing }: Pick<StrictFormat, 'noun' | 'maxBytes' | 'whenMissing'>,
): Promise<string> {
  const whole = (message: string) => new ConfigError(path, [{ line: 1, column: 1, path: '', message }], noun)
  const tooLong = (bytes: string) => whole(`the file has ${bytes} bytes and may have ${maxBytes}; is it the right one?`)
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > maxBytes) throw tooLong(String(size))
      // A pipe has no size before it ends, if it does.
      for await (const chunk of file.createReadStream({ autoClose: false })) {
        length += chunk.length
        if (length > maxBytes) throw tooLong(`${length} or more`)
        chunks.push(chunk)
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw whole(`there is no such file; ${whenMissing}`)
    throw whole(`the file cannot be read (${code ?? message})`)
  }
  const bytes = Buffer.concat(chunks)
  if (!isUtf8(bytes)) throw whole('the file is not UTF-8 text')
  return new TextDecoder().decode(bytes)
}

/** A path as people write it: `targets[0].url`. */
export function formatPath(path: YamlPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, 60)}`))
    .join('')
    .replace(/^\./, '')
}

function refused(path: string, problems: Problem[], { noun }: Explained): ConfigError {
  return new ConfigError(
    path,
    problems.sort((a, b) => a.line - b.line || a.column - b.column),
    noun,
  )
}
