/** The configuration's keys: which there are, what each may hold and what it is when left out. One value at a time. */
import { isIP } from 'node:net'
import * as z from 'zod'
import { TARGET_NAME } from '#core/keys.ts'
import { parseSecretRef, SECRET_FORMS } from '#core/secret-ref.ts'
import { parseDuration } from '#core/time.ts'

const MIN_INTERVAL_SECONDS = 5
const MAX_RETENTION_DAYS = 36_500
/** A region and what a thing is for come behind it, and neither a function nor a role may have more than 64 characters. */
const MAX_STACK_NAME = 32
/** All of them stand in one CloudFront function, which may have 10 kB. */
const MAX_ADDRESSES = 50

const WORKLOAD = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/
const DOMAIN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/
/** No part of a prefix is empty, '.' or '..', which some clients of S3 resolve as in a path and others do not. */
const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/((?:(?!\.{1,2}(?:\/|$))[A-Za-z0-9_=.-]+(?:\/|$))*))?$/
/** It stands in every key, of which S3 takes 1,024, and several times in the policy of each function's role. */
const MAX_PREFIX = 200
const MAX_URL = 2000
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/
const STACK = new RegExp(`^[a-zA-Z][-a-zA-Z0-9]{1,${MAX_STACK_NAME - 1}}$`)
/** Without braces: the packager would take `${…}` for a placeholder of its own. */
const EMAIL = /^[^\s@{}]{1,64}@[^\s@{}]+\.[^\s@.{}]+$/

/** A text for which `problem` has nothing to say. */
const checked = (problem: (value: string) => string | null, what: string) =>
  z
    .string()
    .superRefine((value, context) => {
      const message = problem(value)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .describe(what)

const text = (what: string) => z.string().min(1, 'is empty').describe(what)
const secret = (what: string) => checked(secretProblem, `${what}: ${SECRET_FORMS}`)
const workload = (what: string) => z.string().regex(WORKLOAD, "must be 'namespace/name'").describe(what)
const cidr = (what: string) => checked(cidrProblem, what)
const duration = (what: string, minSeconds: number) => checked((value) => durationProblem(value, minSeconds), what)
const wholeNumber = (what: string, { min, max }: { min: number; max: number }) =>
  z.int('must be a whole number').min(min, `must be at least ${min}`).max(max, `must be at most ${max}`).describe(what)
const resource = (kind: 'subnet' | 'sg') =>
  z
    .string()
    .regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `must be the id of one, ${kind}-…`)
    .describe(`${kind}-…`)

const targetSchema = z.strictObject({
  name: z
    .string()
    .regex(TARGET_NAME, 'must be 1 to 40 characters of a-z, 0-9 and -')
    .describe("the mesh's name everywhere: 1 to 40 characters of a-z, 0-9 and -"),
  url: checked(urlProblem, 'the http or https URL of the Prometheus federation endpoint, ending in /federate'),
  interval: duration('time between two scrapes, such as 60s', MIN_INTERVAL_SECONDS).default('60s'),
  prometheusInterval: duration("time between two of Prometheus's own scrapes, such as 15s", 1).default('15s'),
  auth: z
    .strictObject({
      bearer: secret('bearer token').optional(),
      basic: z
        .strictObject({ username: text('the user name'), password: secret('the password') })
        .describe('user name and password')
        .optional(),
      tls: z
        .strictObject({
          ca: secret('PEM certificates of the authorities to trust').optional(),
          cert: secret('PEM client certificate').optional(),
          key: secret('PEM key of the client certificate').optional(),
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
    .array(cidr('CIDR range'))
    .describe('address ranges; if any is given, only these may be connected to')
    .default([]),
  maxSeries: wholeNumber('series that a scrape may bring; a million take 1 GB of memory', {
    min: 100,
    max: 100_000_000,
  }).default(1_000_000),
  overflow: z
    .enum(['refuse', 'fold'], 'must be refuse or fold')
    .describe('beyond maxSeries: refuse the scrape, or fold flows that are new into __other__')
    .default('refuse'),
  generation: wholeNumber('raised by one to hand an existing checkpoint to a new owner', {
    min: 1,
    max: 1_000_000,
  }).default(1),
})

const retentionSchema = z.strictObject({
  days: wholeNumber('days, counted from the writing of each', { min: 1, max: MAX_RETENTION_DAYS }),
  mode: z
    .enum(['governance', 'compliance'], 'must be governance or compliance')
    .describe('governance: a few may lift it; compliance: nobody can, not even the owner of the account')
    .default('governance'),
})

const awsSchema = z.strictObject({
  region: z
    .string()
    .regex(REGION, 'must be the name of an AWS region, such as eu-west-1')
    .describe('the AWS region, such as eu-west-1'),
  stack: z
    .string()
    .regex(STACK, `must be a letter and 1 to ${MAX_STACK_NAME - 1} more letters, digits and -`)
    .describe('name of the stack, and the first part of the names of what it creates')
    .default('wharfage'),
  bucket: z
    .enum(['create', 'existing'], 'must be create or existing')
    .describe("create: the stack creates the store's bucket; existing: the bucket is there")
    .default('create'),
  vpc: z
    .strictObject({
      subnets: z.array(resource('subnet')).min(1, 'is empty; name at least one').max(16).describe('subnets'),
      securityGroups: z.array(resource('sg')).min(1, 'is empty; name at least one').max(5).describe('security groups'),
    })
    .describe('where scrapes run, when Prometheus is reached inside a VPC only')
    .optional(),
  scrapeMemory: wholeNumber('memory of scrapes, which run up to ten side by side, in MB', {
    min: 512,
    max: 10_240,
  }).default(2048),
  alarms: z
    .strictObject({
      email: z
        .string()
        .max(254, 'must be at most 254 characters')
        .regex(EMAIL, 'must be one e-mail address')
        .describe('who is told; without it, whoever subscribes to the topic')
        .optional(),
      headAgeMinutes: wholeNumber("how old a target's newest sample may be, in minutes", { min: 5, max: 1440 }).default(
        15,
      ),
    })
    .describe('what is told when something is wrong')
    .prefault({}),
  viewers: z
    .strictObject({
      password: checked(viewerPasswordProblem, 'password of all who read the pages: env:NAME or file:PATH').optional(),
      addresses: z
        .array(cidr('CIDR range'))
        .max(MAX_ADDRESSES, `must have at most ${MAX_ADDRESSES} ranges`)
        .describe('address ranges that the pages may be read from')
        .default([]),
    })
    .describe('who may read the pages: with neither key nobody, with both only who satisfies both')
    .prefault({}),
})

export const configSchema = z.strictObject({
  store: checked(storeProblem, 'the folder, or s3://bucket/prefix, that keeps the ledger'),
  targets: z.array(targetSchema).min(1, 'is empty; name at least one target').describe('the meshes, one entry each'),
  site: z
    .strictObject({
      title: text('the title of the pages').max(200, 'must be at most 200 characters').default('Egress'),
      outDir: text('the folder that publish writes the pages to').default('./wharfage-site'),
    })
    .describe('the published pages')
    .prefault({}),
  retention: retentionSchema.describe('how long no rollup and no seal in a bucket may be deleted').optional(),
  aws: awsSchema.describe('where and how the functions run on AWS').optional(),
})

/** What a configuration's keys hold, defaults filled in. */
export type ConfigData = z.output<typeof configSchema>

/** The JSON Schema of the file, for editors; what only parseConfig can check is left to it. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' })
  return { $schema, title: 'Wharfage configuration', ...schema }
}

/** Bucket and prefix (without slashes at its ends) of s3://bucket/prefix; null for any other text. */
export function parseBucketUrl(store: string): { bucket: string; prefix: string } | null {
  const found = S3.exec(store)
  return found && { bucket: found[1], prefix: (found[2] ?? '').replace(/\/$/, '') }
}

function secretProblem(value: string): string | null {
  return parseSecretRef(value) === null ? `must be ${SECRET_FORMS}; a secret itself never stands here` : null
}

function viewerPasswordProblem(value: string): string | null {
  const kind = parseSecretRef(value)?.kind
  if (kind === 'env' || kind === 'file') return null
  return 'must be env:NAME or file:PATH, read when the functions are packaged: only its hash goes to AWS'
}

function urlProblem(value: string): string | null {
  if (value.length > MAX_URL) return `must have at most ${MAX_URL} characters`
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
  if (/^s3:/i.test(value)) {
    const bucket = parseBucketUrl(value)
    if (bucket === null) return 'must be s3:// with a bucket, and a prefix of plain names'
    return bucket.prefix.length > MAX_PREFIX ? `must have a prefix of at most ${MAX_PREFIX} characters` : null
  }
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? 'must be a folder, or s3://bucket/prefix' : null
}

function cidrProblem(value: string): string | null {
  const [, address, length] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? []
  const family = isIP(address ?? '')
  const right = family !== 0 && Number(length) <= (family === 4 ? 32 : 128)
  return right ? null : 'must be an address range such as 10.0.0.0/8'
}
