/**
 * The configuration: one YAML file, read strictly. Everything that is wrong with it is told at once and with its line,
 * since a mistake found at the next scrape costs an hour that nobody can measure again.
 */
import { dirname, isAbsolute, resolve } from 'node:path'
import type { TargetPlace } from '#core/costs/prices.ts'
import { parseSecretRef } from '#core/secret-ref.ts'
import type { Retention, SecretRef, Target } from '#core/target.ts'
import { parseDuration } from '#core/time.ts'
import { contradictions, mayBeSecret } from './config-mistakes.ts'
import { type ConfigData, configJsonSchema, configSchema, parseBucketUrl } from './config-schema.ts'
import { parseStrictText, readStrictFile, type StrictFormat } from './strict-file.ts'

export { ConfigError, type Problem } from './strict-file.ts'

const CONFIGURATION: StrictFormat<typeof configSchema> = {
  noun: 'configuration',
  maxBytes: 100_000, // hundreds of targets
  whenMissing: 'name another with --config',
  schema: configSchema,
  jsonSchema: configJsonSchema,
  contradictions,
  mayBeSecret,
}

export type StoreLocation =
  | { kind: 'folder'; path: string } // absolute
  | { kind: 's3'; bucket: string; prefix: string } // prefix without slashes at its ends; '' for the whole bucket

export interface Config {
  path: string // of the file, absolute; paths inside it are resolved against its folder
  store: StoreLocation
  targets: Target[] // at least one; names are unique
  site: { title: string; outDir: string; url: string | null } // outDir absolute; url with a slash at its end
  istio: IstioSource[] // where Istio's configuration lies
  register: string | null // the egress register's file, absolute
  findings: string | null // the file of the rules of findings, absolute
  prices: string | null // the file of prices, absolute
  owners: string | null // the file of teams and what they own, absolute
  budgets: string | null // the file of budgets, absolute
  clouds: Record<string, TargetPlace> // by target: where it runs and how it leaves; those that do not say are not in it
  notify: { webhook: SecretRef | null; sns: string | null } // where new findings are sent: a URL's reference, a topic's ARN
  signing: SigningKey | null // what signs seals
  retention: Retention | null // of rollups and seals in a bucket
  aws: AwsSettings | null // what `npm run package` needs to know; null when the file does not say
}

/** A file or folder of manifests. */
export interface IstioSource {
  path: string // absolute
  target: string | null // whose mesh it tells of; null: of every target that has none of its own
}

export type SigningKey =
  | { kind: 'file'; path: string } // absolute; an Ed25519 key in PEM
  | { kind: 'kms'; keyId: string } // an ARN, or 'alias/NAME'

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

/** The configuration in a file; throws one ConfigError with everything that is wrong. */
export async function loadConfig(path: string): Promise<Config> {
  const { data } = await readStrictFile(path, CONFIGURATION)
  return toConfig(data, resolve(path))
}

/** The configuration in a text; `path` is its file, in messages and for what is relative in it. */
export function parseConfig(source: string, path: string): Config {
  return toConfig(parseStrictText(source, path, CONFIGURATION).data, resolve(path))
}

function toConfig(data: ConfigData, path: string): Config {
  const folder = dirname(path)
  const bucket = parseBucketUrl(data.store)
  return {
    path,
    store: bucket ? { kind: 's3', ...bucket } : { kind: 'folder', path: resolve(folder, data.store) },
    targets: data.targets.map(({ interval, prometheusInterval, auth, cloud: _, ...target }) => ({
      ...target,
      intervalSeconds: parseDuration(interval),
      prometheusIntervalSeconds: parseDuration(prometheusInterval),
      auth: resolveSecretFiles(auth ?? {}, folder),
    })),
    site: {
      title: data.site.title,
      outDir: resolve(folder, data.site.outDir),
      url: data.site.url === undefined ? null : data.site.url.replace(/\/*$/, '/'),
    },
    istio: data.istio.map((source) => {
      const { path, target = null } = typeof source === 'string' ? { path: source } : source
      return { path: resolve(folder, path), target }
    }),
    register: data.register === undefined ? null : resolve(folder, data.register),
    findings: data.findings === undefined ? null : resolve(folder, data.findings),
    prices: data.prices === undefined ? null : resolve(folder, data.prices),
    owners: data.owners === undefined ? null : resolve(folder, data.owners),
    budgets: data.budgets === undefined ? null : resolve(folder, data.budgets),
    clouds: toClouds(data.targets),
    notify: {
      webhook: data.notify?.webhook === undefined ? null : resolveSecretFile(data.notify.webhook, folder),
      sns: data.notify?.sns ?? null,
    },
    signing: toSigningKey(data.signing, folder),
    retention: data.retention ?? null,
    aws: data.aws === undefined ? null : toAwsSettings(data.aws, folder),
  }
}

/** Apart from the targets, since what scrapes them needs none of it. */
function toClouds(targets: ConfigData['targets']): Record<string, TargetPlace> {
  return Object.fromEntries(
    targets.flatMap(({ name, cloud }) => {
      if (cloud === undefined) return []
      const endpoints = cloud.endpoints.map(({ zones = 0, ...endpoint }) => ({ ...endpoint, zones }))
      return [[name, { ...cloud, nat: cloud.nat ?? null, endpoints }]]
    }),
  )
}

function toSigningKey(data: ConfigData['signing'], folder: string): SigningKey | null {
  if (data?.kms !== undefined) return { kind: 'kms', keyId: data.kms }
  const place = data?.key === undefined ? null : parseSecretRef(data.key)
  return place?.kind === 'file' ? { kind: 'file', path: resolve(folder, place.path) } : null
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
