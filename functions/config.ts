/**
 * The configuration: one YAML file, read strictly. Everything that is wrong with it is told at once and with its line,
 * since a mistake found at the next scrape costs an hour that nobody can measure again.
 */
import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import type { Retention, SecretRef, Target } from '#core/target.ts'
import { parseDuration } from '#core/time.ts'
import { contradictions, explain } from './config-mistakes.ts'
import { type ConfigData, configSchema, parseBucketUrl } from './config-schema.ts'
import { type Place, readYaml, type YamlPath } from './yaml.ts'

const MAX_BYTES = 100_000 // hundreds of targets; of hostile text the parser makes a thousand times as much
const MAX_LINES = 50 // of mistakes in one message
const UNPRINTABLE = /[\p{Cc}\p{Cf}]/gu // in a terminal it could hide what was said, or say something else

export type StoreLocation =
  | { kind: 'folder'; path: string } // absolute
  | { kind: 's3'; bucket: string; prefix: string } // prefix without slashes at its ends; '' for the whole bucket

export interface Config {
  path: string // of the file, absolute; paths inside it are resolved against its folder
  store: StoreLocation
  targets: Target[] // at least one; names are unique
  site: { title: string; outDir: string } // outDir absolute
  retention: Retention | null // of rollups and seals in a bucket
  aws: AwsSettings | null // what `npm run package` needs to know; null when the file does not say
}

/** Where and how the functions run on AWS. */
export interface AwsSettings {
  region: string // 'eu-west-1'
  stack: string // name of the stack, and the first part of what it creates
  vpc: { subnets: string[]; securityGroups: string[] } | null // where scrape runs; null: outside of any VPC
  scrapeMemory: number // MB
  bucket: 'create' | 'existing' // whether the stack creates the store's bucket or finds it there
  alarms: { email: string | null; headAgeMinutes: number } // who is told; how old a target's newest sample may be
  viewers: { password: SecretRef | null; addresses: string[] } // who may read the pages; with neither, nobody
}

export interface Problem extends Place {
  path: string // 'targets[0].url'; '' for the file as a whole
  message: string // what is wrong and what to do
}

/** All that is wrong with a configuration, in the order of its lines; the message tells it line by line. */
export class ConfigError extends Error {
  readonly problems: Problem[]

  constructor(file: string, problems: Problem[]) {
    const lines = problems.slice(0, MAX_LINES).map(({ line, column, path, message }) => {
      return `  ${line}:${column} ${`${path === '' ? '' : `${path}: `}${message}`.replace(UNPRINTABLE, '\ufffd')}`
    })
    if (problems.length > MAX_LINES) lines.push(`  and ${problems.length - MAX_LINES} more`)
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`
    super([`configuration ${file} has ${count}:`, ...lines].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** The configuration in a file; throws one ConfigError with everything that is wrong. */
export async function loadConfig(path: string): Promise<Config> {
  const whole = (message: string): ConfigError => new ConfigError(path, [{ line: 1, column: 1, path: '', message }])
  let bytes: Uint8Array
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > MAX_BYTES) throw whole(`the file has ${size} bytes and may have ${MAX_BYTES}; is it the right one?`)
      bytes = await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw whole('there is no such file; name another with --config')
    throw whole(`the file cannot be read (${code ?? message})`)
  }
  if (!isUtf8(bytes)) throw whole('the file is not UTF-8 text')
  return parseConfig(new TextDecoder().decode(bytes), path)
}

/** The configuration in a text; `path` is its file, in messages and for what is relative in it. */
export function parseConfig(source: string, path: string): Config {
  const { data, problems, placeOf } = readYaml(source)
  if (problems.length > 0) {
    const pathless = problems.map((problem) => ({ ...problem, path: '' }))
    throw refused(path, pathless)
  }
  const parsed = configSchema.safeParse(data, { reportInput: true })
  const mistakes = [...(parsed.error?.issues.flatMap(explain) ?? []), ...contradictions(data)]
  if (parsed.success && mistakes.length === 0) return toConfig(parsed.data, resolve(path))
  throw refused(
    path,
    mistakes.map(({ path, message, part }) => {
      return { ...placeOf(path, part ?? 'value'), path: formatPath(path), message }
    }),
  )
}

function toConfig(data: ConfigData, path: string): Config {
  const folder = dirname(path)
  const bucket = parseBucketUrl(data.store)
  return {
    path,
    store: bucket ? { kind: 's3', ...bucket } : { kind: 'folder', path: resolve(folder, data.store) },
    targets: data.targets.map(({ interval, prometheusInterval, auth, ...target }) => ({
      ...target,
      intervalSeconds: parseDuration(interval),
      prometheusIntervalSeconds: parseDuration(prometheusInterval),
      auth: resolveSecretFiles(auth ?? {}, folder),
    })),
    site: { title: data.site.title, outDir: resolve(folder, data.site.outDir) },
    retention: data.retention ?? null,
    aws: data.aws === undefined ? null : toAwsSettings(data.aws, folder),
  }
}

function toAwsSettings(data: NonNullable<ConfigData['aws']>, folder: string): AwsSettings {
  const { vpc = null, alarms, viewers } = data
  const { password } = viewers
  return {
    ...data,
    vpc,
    alarms: { ...alarms, email: alarms.email ?? null },
    viewers: { ...viewers, password: password === undefined ? null : resolveSecretFile(password, folder) },
  }
}

/** The same credentials, with the paths of secrets' files made absolute. */
function resolveSecretFiles<T extends object>(auth: T, folder: string): T {
  const resolved = Object.entries(auth).map(([key, value]) => {
    if (typeof value !== 'string') return [key, resolveSecretFiles(value, folder)]
    return [key, key === 'username' ? value : resolveSecretFile(value, folder)]
  })
  return Object.fromEntries(resolved) as T
}

function resolveSecretFile(ref: SecretRef, folder: string): SecretRef {
  const file = /^file:(.*)$/s.exec(ref)?.[1]
  return file === undefined || isAbsolute(file) ? ref : `file:${resolve(folder, file)}`
}

function formatPath(path: YamlPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step).slice(0, 60)}`))
    .join('')
    .replace(/^\./, '')
}

function refused(path: string, problems: Problem[]): ConfigError {
  return new ConfigError(
    path,
    problems.sort((a, b) => a.line - b.line || a.column - b.column),
  )
}
