/**
 * The configuration: one YAML file, read strictly. Everything that is wrong with it is told at once and with its line,
 * since a mistake found at the next scrape costs an hour that nobody can measure again.
 *
 * What a secret's place holds is never repeated, for it may be the secret itself.
 */
import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'
import { isIP } from 'node:net'
import { dirname, isAbsolute, resolve } from 'node:path'
import * as z from 'zod'
import { TARGET_NAME } from '#core/keys.ts'
import type { Retention, SecretRef, Target } from '#core/target.ts'
import { parseDuration } from '#core/time.ts'
import { type Place, readYaml, type YamlPath } from './yaml.ts'

const MAX_BYTES = 1_000_000
const MAX_LINES = 50 // of mistakes in one message
const MIN_INTERVAL_SECONDS = 5

/** Keys of the file format that other versions read; to accept one and do nothing with it would mislead. */
const UNREAD_KEYS = ['prices', 'register', 'istio']

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
      return `  ${line}:${column} ${path === '' ? '' : `${path}: `}${message}`
    })
    if (problems.length > MAX_LINES) lines.push(`  and ${problems.length - MAX_LINES} more`)
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`
    super([`configuration ${file} has ${count}:`, ...lines].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const WORKLOAD = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/
const DOMAIN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/
const SECRET = /^(env:[A-Za-z_][A-Za-z0-9_]*|file:[^\0]+)$/
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9_=./-]*))?$/

const text = (what: string) => z.string().min(1, 'is empty').describe(what)
const secret = (what: string) =>
  z.string().regex(SECRET, 'must be env:NAME or file:PATH; a secret itself never stands here').describe(what)
const workload = (what: string) => z.string().regex(WORKLOAD, "must be 'namespace/name'").describe(what)
const duration = (what: string, minSeconds: number) =>
  z
    .string()
    .superRefine((value, context) => {
      const message = durationProblem(value, minSeconds)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .describe(what)

const targetSchema = z.strictObject({
  name: z
    .string()
    .regex(TARGET_NAME, 'must be 1 to 40 characters of a-z, 0-9 and -')
    .describe("the mesh's name everywhere: 1 to 40 characters of a-z, 0-9 and -"),
  url: z
    .string()
    .superRefine((value, context) => {
      const message = urlProblem(value)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .describe('the http or https URL of the Prometheus federation endpoint, ending in /federate'),
  interval: duration('time between two scrapes, such as 60s', MIN_INTERVAL_SECONDS).default('60s'),
  prometheusInterval: duration("time between two of Prometheus's own scrapes, such as 15s", 1).default('15s'),
  auth: z
    .strictObject({
      bearer: secret('bearer token, as env:NAME or file:PATH').optional(),
      basic: z
        .strictObject({ username: text('the user name'), password: secret('the password, as env:NAME or file:PATH') })
        .describe('user name and password')
        .optional(),
      tls: z
        .strictObject({
          ca: secret('PEM certificates of the authorities to trust, as env:NAME or file:PATH').optional(),
          cert: secret('PEM client certificate, as env:NAME or file:PATH').optional(),
          key: secret('PEM key of the client certificate, as env:NAME or file:PATH').optional(),
        })
        .describe('certificates, alone or beside bearer or basic')
        .optional(),
    })
    .describe('how to authenticate: bearer or basic, and tls')
    .optional(),
  clusterDomain: z
    .string()
    .regex(DOMAIN, 'must be a domain name in lower case')
    .describe("the cluster's DNS domain")
    .default('cluster.local'),
  gateways: z
    .array(workload("egress gateway's workload, namespace/name"))
    .describe("egress gateways' workloads, namespace/name")
    .default(['istio-system/istio-egressgateway']),
  waypoints: z
    .array(workload("waypoint's workload, namespace/name"))
    .describe("waypoints' workloads, namespace/name")
    .default([]),
  tails: z.boolean().describe('ask /api/v1/query for series that died since the last scrape').default(true),
  allow: z
    .array(z.string().refine(isCidr, 'must be an address range such as 10.0.0.0/8').describe('CIDR range'))
    .describe('address ranges; if any is given, only these may be connected to')
    .default([]),
  generation: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(1_000_000, 'must be at most 1000000')
    .describe('raised by one to hand an existing checkpoint to a new owner')
    .default(1),
})

const configSchema = z.strictObject({
  store: z
    .string()
    .superRefine((value, context) => {
      const message = storeProblem(value)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .describe('the folder, or s3://bucket/prefix, that keeps the ledger'),
  targets: z.array(targetSchema).min(1, 'is empty; name at least one target').describe('the meshes, one entry each'),
  site: z
    .strictObject({
      title: text('the title of the pages').max(200, 'must be at most 200 characters').default('Egress'),
      outDir: text('the folder that publish writes the pages to').default('./wharfage-site'),
    })
    .describe('the published pages')
    .prefault({}),
})

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

/** The JSON Schema of the file, for editors; what only parseConfig can check is left to it. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' })
  return { $schema, title: 'Wharfage configuration', ...schema }
}

function toConfig(data: z.output<typeof configSchema>, path: string): Config {
  const folder = dirname(path)
  const bucket = S3.exec(data.store)
  return {
    path,
    store: bucket
      ? { kind: 's3', bucket: bucket[1], prefix: (bucket[2] ?? '').replace(/^\/+|\/+$/g, '') }
      : { kind: 'folder', path: resolve(folder, data.store) },
    targets: data.targets.map(({ interval, prometheusInterval, auth, ...target }) => ({
      ...target,
      intervalSeconds: parseDuration(interval),
      prometheusIntervalSeconds: parseDuration(prometheusInterval),
      auth: resolveSecretFiles(auth ?? {}, folder),
    })),
    site: { title: data.site.title, outDir: resolve(folder, data.site.outDir) },
    retention: null,
    aws: null,
  }
}

function resolveSecretFiles<T>(auth: T, folder: string): T {
  if (typeof auth === 'string') {
    const file = /^file:(.*)$/s.exec(auth)?.[1]
    return (file === undefined || isAbsolute(file) ? auth : `file:${resolve(folder, file)}`) as T
  }
  return Object.fromEntries(
    Object.entries(auth as object).map(([key, value]) => [
      key,
      key === 'username' ? value : resolveSecretFiles(value, folder),
    ]),
  ) as T
}

interface Mistake {
  path: YamlPath
  message: string
  part?: 'key' | 'value' // which is wrong; the value unless told
}

/** One sentence for each thing an issue says, in our words and with the value where it is no secret's place. */
function explain(issue: z.core.$ZodIssue): Mistake[] {
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
  // The whole file as one value is likely another file, such as a token's.
  const hidden = path.length === 0 || path.includes('auth') || holdsCredentials(input)
  return [{ path, message: hidden ? message : `${message}, not ${show(input)}` }]
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
function contradictions(data: unknown): Mistake[] {
  const targets = asRecord(data).targets
  if (!Array.isArray(targets)) return []
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

function urlProblem(value: string): string | null {
  const url = URL.parse(value)
  if (url === null || !/^https?:\/\//i.test(value)) return 'must be a URL that begins with http:// or https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password; use auth'
  if (value.includes('#')) return 'must not have a fragment; end it in /federate'
  if (value.includes('?')) return 'must not have a query, which every scrape writes itself; end it in /federate'
  return url.pathname.endsWith('/federate') ? null : 'must end in /federate'
}

function durationProblem(value: string, minSeconds: number): string | null {
  try {
    const seconds = parseDuration(value)
    if (seconds > 3600) return 'must be at most 1h'
    return seconds < minSeconds ? `must be at least ${minSeconds}s` : null
  } catch {
    return 'must be a whole number with a unit, such as 60s, 5m or 1h'
  }
}

function storeProblem(value: string): string | null {
  if (value.trim() === '' || value.includes('\0')) return 'must be a folder, or s3://bucket/prefix'
  if (/^s3:/i.test(value)) return S3.test(value) ? null : 'must be s3:// with a bucket, and a prefix of plain names'
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? 'must be a folder, or s3://bucket/prefix' : null
}

function isCidr(value: string): boolean {
  const [, address, length] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? []
  const family = isIP(address ?? '')
  return family !== 0 && Number(length) <= (family === 4 ? 32 : 128)
}

type JsonSchema = { properties?: Record<string, JsonSchema>; items?: JsonSchema; description?: string }

function schemaAt(path: YamlPath): JsonSchema {
  let schema = configJsonSchema() as JsonSchema
  for (const step of path) {
    schema = (typeof step === 'number' ? schema.items : schema.properties?.[String(step)]) ?? {}
  }
  return schema
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

function holdsCredentials(input: unknown): boolean {
  return typeof input === 'string' && /:\/\/.*[@?#]/s.test(input)
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
