/** The configuration's keys: which there are, what each may hold and what it is when left out. One value at a time. */
import * as z from 'zod'
import { TARGET_NAME } from '#core/keys.ts'
import { SECRET_FORMS } from '#core/secret-ref.ts'
import { checked } from './checked.ts'
import {
  cidrProblem,
  durationProblem,
  keyFileProblem,
  pathProblem,
  secretProblem,
  siteUrlProblem,
  storeProblem,
  urlProblem,
  viewerPasswordProblem,
} from './config-values.ts'
import { placeProblem, providerProblem, tierProblem } from './price-values.ts'

export { parseBucketUrl } from './config-values.ts'

const MIN_INTERVAL_SECONDS = 5
const MAX_RETENTION_DAYS = 36_500
/** A region and what a thing is for come behind it, and neither a function nor a role may have more than 64 characters. */
const MAX_STACK_NAME = 32
/** All of them stand in one CloudFront function, which may have 10 kB. */
const MAX_ADDRESSES = 50

const WORKLOAD = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/
const DOMAIN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/
const STACK = new RegExp(`^[a-zA-Z][-a-zA-Z0-9]{1,${MAX_STACK_NAME - 1}}$`)
/** Without braces: the packager would take `${…}` for a placeholder of its own. */
const EMAIL = /^[^\s@{}]{1,64}@[^\s@{}]+\.[^\s@.{}]+$/

const TOPIC = /^arn:aws(?:-cn|-us-gov)?:sns:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:[A-Za-z0-9_-]{1,256}$/
const KMS_KEY =
  /^(?:alias\/|arn:aws(?:-cn|-us-gov)?:kms:[a-z]{2}(?:-[a-z]+)+-\d:\d{12}:(?:key|alias)\/)[A-Za-z0-9/_-]{1,250}$/

const text = (what: string) => z.string().min(1, 'is empty').describe(what)
const path = (what: string) => checked(pathProblem, what)
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

const cloudSchema = z.strictObject({
  provider: checked(providerProblem, 'the provider whose prices hold: aws, gcp, azure, or as a price book names it'),
  region: checked(placeProblem, "the provider's own name of the region that the mesh runs in, such as eu-west-1"),
  tier: checked(
    (value) => (value === '' ? null : tierProblem(value)),
    "the tier of the provider's network, where books have several: premium, standard",
  ).default(''),
  payer: checked(
    (value) => (value === '' ? null : placeProblem(value)),
    'who is charged: targets of one payer and provider share tiers and allowances',
  ).default(''),
  nat: z
    .strictObject({
      gateways: wholeNumber('NAT gateways that are charged by the hour', { min: 0, max: 1000 }),
    })
    .describe('given when the mesh leaves through NAT')
    .optional(),
  endpoints: z
    .array(
      z.strictObject({
        service: checked(placeProblem, 'the service as hosts name it: s3, dynamodb, ecr'),
        type: z.enum(['gateway', 'interface'], 'must be gateway or interface').describe('gateway or interface'),
        zones: wholeNumber('zones that an interface endpoint is charged for by the hour', {
          min: 1,
          max: 1000,
        }).optional(),
      }),
    )
    .max(200, 'must have at most 200 endpoints')
    .describe('services that are reached through an endpoint inside the network, past NAT')
    .default([]),
})

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
  cloud: cloudSchema.describe('where the mesh runs and how its traffic leaves, for what it costs').optional(),
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

const istioSchema = z.strictObject({
  path: path("a file or folder of Istio's configuration"),
  target: text('the name of the target whose mesh it is; left out, it is that of all').optional(),
})

const notifySchema = z.strictObject({
  webhook: secret('the URL that new findings are posted to').optional(),
  sns: z
    .string()
    .regex(TOPIC, 'must be the ARN of an SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME')
    .describe('the ARN of the SNS topic that new findings are published to')
    .optional(),
})

const signingSchema = z.strictObject({
  key: checked(keyFileProblem, 'a private Ed25519 key in PEM: file:PATH').optional(),
  kms: z
    .string()
    .regex(KMS_KEY, 'must be the ARN of a key in AWS KMS, or alias/NAME')
    .describe('a key in AWS KMS that signs by ECDSA: its ARN, or alias/NAME')
    .optional(),
})

export const configSchema = z.strictObject({
  store: checked(storeProblem, 'the folder, or s3://bucket/prefix, that keeps the ledger'),
  targets: z.array(targetSchema).min(1, 'is empty; name at least one target').describe('the meshes, one entry each'),
  site: z
    .strictObject({
      title: text('the title of the pages').max(200, 'must be at most 200 characters').default('Egress'),
      outDir: text('the folder that publish writes the pages to').default('./wharfage-site'),
      url: checked(
        siteUrlProblem,
        'the address at which the pages are read, for links in the feed and in notifications',
      ).optional(),
    })
    .describe('the published pages')
    .prefault({}),
  istio: z
    .array(z.union([path("a file or folder of Istio's configuration"), istioSchema]))
    .describe("files and folders of Istio's configuration, of all targets or of one")
    .default([]),
  register: path('the egress register').optional(),
  findings: path('the rules of findings, and which of them are accepted').optional(),
  prices: path('the price books that hold, and what they are applied to').optional(),
  owners: path('which team answers for which workloads').optional(),
  budgets: path('what teams may spend on egress in a month').optional(),
  notify: notifySchema.describe('who is told of new findings').optional(),
  signing: signingSchema.describe('the key that signs seals: key or kms').optional(),
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
