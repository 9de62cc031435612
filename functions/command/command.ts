/** What every command of the command line has: its words, its options, and its place to talk. */
import { resolve } from 'node:path'
import type { Target } from '#core/target.ts'
import { HOUR_MS, parseInstant } from '#core/time.ts'
import { type Config, loadConfig } from '../config.ts'
import { folderStore } from '../store/folder.ts'
import { s3Client, s3Store } from '../store/s3.ts'
import type { Store } from '../store/store.ts'

/** Output goes to standard output, talk to standard error, so that a command is safe in a pipe. */
export interface Terminal {
  out(bytes: string | Uint8Array): Promise<void>
  say(line: string): void
  progress(line: string): void // replaces the last one; only on a terminal
  stop: AbortSignal // aborted when the person asks to stop
  cwd: string // where the person is; relative paths are meant from there
}

export interface OptionSpec {
  type: 'string' | 'boolean'
  value?: string // what it takes, for the help: 'DIR'
  help: string
}

/** Of one call to a bucket: a person's line may be slow, and a checkpoint has megabytes. */
const SLOW_LINK_MS = 120_000

export type Values = Record<string, string | boolean | undefined>

export interface Command {
  name: string
  summary: string // one line
  usage: string // what stands behind the name
  help: string // paragraphs and examples
  options: Record<string, OptionSpec>
  run(values: Values, words: string[], terminal: Terminal): Promise<number> // exit code
}

/** A command called wrongly: exit code 2. */
export class UsageError extends Error {}

export const CONFIG_OPTION: Record<string, OptionSpec> = {
  config: { type: 'string', value: 'FILE', help: 'the configuration (default: wharfage.yaml)' },
}

export const TARGET_OPTION: Record<string, OptionSpec> = {
  target: { type: 'string', value: 'NAME', help: 'only this target' },
}

export const JSON_OPTION: Record<string, OptionSpec> = {
  json: { type: 'boolean', help: 'as JSON, for programs' },
}

export const SPAN_OPTIONS: Record<string, OptionSpec> = {
  from: { type: 'string', value: 'TIME', help: 'first hour, as 2026-11-20 or 2026-11-20T09:00Z' },
  to: { type: 'string', value: 'TIME', help: 'end, exclusive' },
}

export async function configOf(values: Values, terminal: Terminal): Promise<Config> {
  return loadConfig(resolve(terminal.cwd, (values.config as string | undefined) ?? 'wharfage.yaml'))
}

/** The store of a configuration; one in a bucket takes region and credentials from the environment, as the AWS CLI does. */
export function storeOf({ store, retention }: Pick<Config, 'store' | 'retention'>): Store {
  if (store.kind === 'folder') return folderStore(store.path)
  const { bucket, prefix } = store
  return s3Store({ client: s3Client(), bucket, prefix, retention, timeoutMs: SLOW_LINK_MS })
}

/** The targets asked for; throws when the name is not in the configuration. */
export function targetsOf(config: Config, values: Values): Target[] {
  const name = values.target as string | undefined
  if (name === undefined) return config.targets
  const found = config.targets.filter((target) => target.name === name)
  if (found.length > 0) return found
  throw new UsageError(`no target "${name}" in ${config.path}; it has ${config.targets.map((t) => t.name).join(', ')}`)
}

export function noWords(words: string[]): void {
  if (words.length > 0) throw new UsageError(`"${words[0]}" is one word too many`)
}

/** An end of a span in ms since epoch, a whole UTC hour; null when it is not given. */
export function hourOption(values: Values, name: 'from' | 'to'): number | null {
  const text = values[name]
  if (text === undefined) return null
  let time: number
  try {
    time = parseInstant(String(text))
  } catch (error) {
    throw new UsageError(`--${name}: ${(error as Error).message}`)
  }
  if (time % HOUR_MS !== 0)
    throw new UsageError(`--${name} ${text} is not a whole hour in UTC, which is what the ledger keeps`)
  return time
}

/** A whole number option within bounds. */
export function numberOf(values: Values, name: string, { min, max }: { min: number; max: number }): number | null {
  const text = values[name]
  if (text === undefined) return null
  const number = Number(text)
  if (/^\d{1,10}$/.test(String(text)) && number >= min && number <= max) return number
  throw new UsageError(`--${name} ${JSON.stringify(text)} is no whole number from ${min} to ${max}`)
}
