/** Log: one JSON object a line on standard output, from where the platform takes it. */
import { isoInstant } from '#core/time.ts'

export type Level = 'info' | 'warn' | 'error'

/** Writes a line; what `fields` holds stands at its root, beside level, message and time. */
export type Log = (level: Level, message: string, fields?: Record<string, unknown>) => void

/** Where lines go, each without its line break. */
export type WriteLine = (line: string) => void

const TEXT_CHARACTERS = 2000 // of any one text in a line
const STACK_FRAMES = 8

/** Standard output. Not `console.log`, before which the platform puts its own words. */
export const writeLine: WriteLine = (line) => {
  process.stdout.write(`${line}\n`)
}

/** A log whose lines all carry the same context, such as the function's name and the request's id. */
export function openLog(
  context: Record<string, string>,
  write: WriteLine = writeLine,
  now: () => number = Date.now,
): Log {
  return (level, message, fields = {}) => {
    const head = { level, message, time: isoInstant(now()), ...context }
    // Twice, for its place at the beginning and so that no field takes its name.
    write(JSON.stringify({ ...head, ...fields, ...head }, (_, value) => bounded(value)))
  }
}

/** An error in a line: its sentence; and where it came from, when it is no sentence of ours and nobody foresaw it. */
export function errorFields(error: unknown): { error: string; stack?: string[] } {
  const { name, message, stack } = describe(error)
  if (name === 'Error') return { error: message }
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return { error: `${name}: ${message}`, stack: frames.slice(0, STACK_FRAMES).map((line) => line.trim()) }
}

function describe(error: unknown): { name: string; message: string; stack?: string } {
  if (typeof error === 'object' && error !== null && 'message' in error && 'name' in error) {
    const { name, message, stack } = error as Error
    return { name: String(name), message: String(message), stack }
  }
  return { name: 'thrown', message: String(error) }
}

function bounded(value: unknown): unknown {
  return typeof value === 'string' && value.length > TEXT_CHARACTERS ? `${value.slice(0, TEXT_CHARACTERS)}…` : value
}
