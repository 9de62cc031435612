import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Config, ConfigError, loadConfig, type Problem, parseConfig } from '../functions/config.ts'
import { configJsonSchema } from '../functions/config-schema.ts'

const root = join(import.meta.dirname, '..')
const least = 'store: ./data\ntargets:\n  - name: prod\n    url: https://p.example/federate\n'

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prometheus-AbCdEf'

const parse = (source: string): Config => parseConfig(source, '/etc/wharfage/wharfage.yaml')
const problems = (source: string): Problem[] => {
  try {
    parse(source)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}
/** What is said of one line added to the first target. */
const said = (line: string): string =>
  problems(`${least}    ${line}\n`)
    .map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
    .join(' | ')

/** Every key that a JSON Schema knows, at any depth. */
function keysOf(schema: unknown): string[] {
  const { properties = {}, items, anyOf = [] } = schema as { properties?: object; items?: unknown; anyOf?: unknown[] }
  const inner = [...Object.values(properties), ...(items === undefined ? [] : [items]), ...anyOf]
  return [...Object.keys(properties), ...inner.flatMap(keysOf)]
}

test('reads the least there can be, with every default', () => {
  expect(parse(least)).toEqual({
    path: '/etc/wharfage/wharfage.yaml',
    store: { kind: 'folder', path: '/etc/wharfage/data' },
    targets: [
      {
        name: 'prod',
        url: 'https://p.example/federate',
        intervalSeconds: 60,
        prometheusIntervalSeconds: 15,
        auth: {},
        clusterDomain: 'cluster.local',
        gateways: ['istio-system/istio-egressgateway'],
        waypoints: [],
        tails: true,
        allow: [],
        maxSeries: 1_000_000,
        overflow: 'refuse',
        generation: 1,
      },
    ],
    site: { title: 'Egress', outDir: '/etc/wharfage/wharfage-site', url: null },
    istio: [],
    register: null,
    findings: null,
    prices: null,
    owners: null,
    budgets: null,
    clouds: {},
    notify: { webhook: null, sns: null },
    signing: null,
    retention: null,
    aws: null,
  })
})

test('the example is valid, says what its comments say, and names every key', async () => {
  const source = await readFile(join(root, 'wharfage.example.yaml'), 'utf8')
  expect(parse(source).targets.map(({ name, url }) => [name, url])).toEqual([
    ['prod', 'http://localhost:9090/federate'],
  ])
  const keys = keysOf(configJsonSchema())
  expect(keys.length).toBeGreaterThan(15)
  for (const key of keys) expect(source).toMatch(new RegExp(`\\b${key}:`))
  // What is commented out shows defaults, which change nothing, and examples, which are valid.
  const shown = source.replace(/^( *)# (?=(?: {2})?[a-zA-Z]+:)/gm, '$1').replace(/^ +bearer:.*\n/m, '')
  const { targets, retention, aws, ...compliance } = parse(shown.replace('./wharfage-data', 's3://ledger/egress'))
  const [target] = targets
  expect({ ...target, auth: {}, allow: [] }).toEqual(parse(source).targets[0])
  expect(target.allow).toEqual(['10.0.0.0/8'])
  expect(target.auth).toEqual({
    basic: { username: 'wharfage', password: 'file:/etc/wharfage/secrets/prometheus-password' },
    tls: {
      ca: 'file:/etc/wharfage/secrets/ca.pem',
      cert: 'file:/etc/wharfage/secrets/client.pem',
      key: 'file:/etc/wharfage/secrets/client.key',
    },
  })
  expect(compliance).toMatchObject({
    site: { title: 'Egress', outDir: '/etc/wharfage/wharfage-site', url: 'https://egress.example.com/' },
    istio: [
      { path: '/etc/wharfage/manifests', target: null },
      { path: '/etc/wharfage/mesh/prod.yaml', target: 'prod' },
    ],
    register: '/etc/wharfage/register.yaml',
    findings: '/etc/wharfage/findings.yaml',
    prices: '/etc/wharfage/prices.yaml',
    owners: '/etc/wharfage/owners.yaml',
    budgets: '/etc/wharfage/budgets.yaml',
    clouds: {
      prod: {
        ...{ provider: 'aws', region: 'eu-west-1', tier: '', payer: 'main', nat: { gateways: 3 } },
        endpoints: [
          { service: 's3', type: 'gateway', zones: 0 },
          { service: 'ecr', type: 'interface', zones: 3 },
        ],
      },
    },
    notify: { webhook: 'env:FINDINGS_WEBHOOK', sns: 'arn:aws:sns:eu-west-1:123456789012:findings' },
    signing: { kind: 'file', path: '/etc/wharfage/secrets/seal.pem' },
  })
  expect(retention).toEqual({ days: 400, mode: 'governance' })
  expect(aws).toEqual({
    region: 'eu-west-1',
    stack: 'wharfage',
    bucket: 'create',
    scrapeMemory: 2048,
    vpc: { subnets: ['subnet-0a1b2c3d4e5f67890'], securityGroups: ['sg-0a1b2c3d4e5f67890'] },
    alarms: { email: 'oncall@example.com', headAgeMinutes: 15 },
    viewers: { password: 'env:WHARFAGE_VIEWERS', addresses: ['203.0.113.0/24', '2001:db8::/32'] },
  })
})

test('the JSON Schema beside the code is the one the code makes', async () => {
  expect(JSON.parse(await readFile(join(root, 'wharfage.schema.json'), 'utf8'))).toEqual(configJsonSchema())
})

test('tells all mistakes at once, each with its place, its path and what to do', () => {
  const error = (() => {
    try {
      return parse(`Store: ./data
targets:
  - name: Prod
    url: ftp://p.example
    intervall: 60s
    gateways: [istio-egressgateway]
  - url: https://p.example/federate
    tails: yes
site: { title: 5 }
`)
    } catch (error) {
      return error as ConfigError
    }
  })()
  expect((error as ConfigError).message).toBe(`configuration /etc/wharfage/wharfage.yaml has 9 mistakes:
  1:1 store: is missing; give the folder, or s3://bucket/prefix, that keeps the ledger
  1:1 Store: is no key of the configuration; did you mean store?
  3:11 targets[0].name: must be 1 to 40 characters of a-z, 0-9 and -, not "Prod"
  4:10 targets[0].url: must be a URL that begins with http:// or https://, not "ftp://p.example"
  5:5 targets[0].intervall: is no key of the configuration; did you mean interval?
  6:16 targets[0].gateways[0]: must be 'namespace/name', not "istio-egressgateway"
  7:5 targets[1].name: is missing; give the mesh's name everywhere: 1 to 40 characters of a-z, 0-9 and -
  8:12 targets[1].tails: must be true or false, not "yes"
  9:16 site.title: must be a text, not 5`)
})

// One wrong line of a target, and what is said of it.
test.each([
  ['interval: 4s', '5:15 targets[0].interval: must be at least 5s, not "4s"'],
  ['interval: 2h', '5:15 targets[0].interval: must be at most 1h, not "2h"'],
  ['interval: 60', '5:15 targets[0].interval: must be a text, not 60'],
  ['interval: 1.5m', '5:15 targets[0].interval: must be a whole number with a unit, such as 60s, 5m or 1h, not "1.5m"'],
  ['prometheusInterval: 0s', 'must be a whole number with a unit'],
  ['clusterDomain: Cluster.Local', 'must be a domain name in lower case, not "Cluster.Local"'],
  ['gateways: istio-system/gateway', 'must be a list, not "istio-system/gateway"'],
  ['waypoints: [a/../b]', `must be 'namespace/name', not "a/../b"`],
  ['tails: 1', 'must be true or false, not 1'],
  ['allow: [10.0.0.0]', 'must be an address range such as 10.0.0.0/8, not "10.0.0.0"'],
  ['allow: [10.0.0.0/33]', 'must be an address range'],
  ['allow: ["fd00::/129"]', 'must be an address range'],
  ['allow: [10.0.0/8]', 'must be an address range'],
  ['generation: 0', 'must be at least 1, not 0'],
  ['generation: 1.5', 'must be a whole number'],
  ['name: again', '5:5 : this key stands here a second time; keep one'],
  ['auth: {}', '5:11 targets[0].auth: is empty; give bearer, basic or tls, or take auth out'],
  ['auth: { bearer: env:A, basic: { username: u, password: env:B } }', 'has bearer and basic; keep one'],
  ['auth: { tls: {} }', 'targets[0].auth.tls: is empty; give ca, or cert and key'],
  ['auth: { tls: { cert: file:c } }', 'targets[0].auth.tls: has one of cert and key; give both or neither'],
  ['auth: { basic: { username: u } }', 'targets[0].auth.basic.password: is missing; give the password'],
  ['auth: { bearer: "env:A B" }', 'must be env:NAME, file:PATH or the ARN of a secret in Secrets Manager'],
  ['auth: { bearer: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prom" }', 'must be env:NAME, file:PATH or'],
  ['auth: { bearer: "arn:aws:s3:::bucket" }', 'must be env:NAME, file:PATH or'],
])('says of %s what is wrong', (line, message) => {
  expect(said(line)).toContain(message)
})

// Good lines of a target, and what they come to.
test.each([
  ['interval: 5m', { intervalSeconds: 300 }],
  ['prometheusInterval: 1s', { prometheusIntervalSeconds: 1 }],
  ['tails: false', { tails: false }],
  ['gateways: []', { gateways: [] }],
  ['waypoints: [shop/waypoint, a-1/b.c]', { waypoints: ['shop/waypoint', 'a-1/b.c'] }],
  ['allow: [10.0.0.0/8, "fd00::/8", 1.2.3.4/32]', { allow: ['10.0.0.0/8', 'fd00::/8', '1.2.3.4/32'] }],
  ['generation: 7', { generation: 7 }],
  ['auth: { bearer: file:/run/token }', { auth: { bearer: 'file:/run/token' } }],
  ['auth: { bearer: file:../token }', { auth: { bearer: 'file:/etc/token' } }],
  [`auth: { bearer: '${ARN}' }`, { auth: { bearer: ARN } }],
  [`auth: { tls: { ca: '${ARN}:ca' } }`, { auth: { tls: { ca: `${ARN}:ca` } } }],
  ['auth: { bearer: env:T, tls: { ca: env:CA } }', { auth: { bearer: 'env:T', tls: { ca: 'env:CA' } } }],
])('reads %s', (line, expected) => {
  expect(parse(`${least}    ${line}\n`).targets[0]).toMatchObject(expected)
})

test.each([
  ['https://p.example/prefix/federate', ''],
  ['http://[::1]:9090/federate', ''],
  ['https://p.example/federate/', 'must end in /federate'],
  ['https://p.example', 'must end in /federate'],
  ['https://p.example/federate?match[]=up', 'must not have a query'],
  ['https://p.example/federate#x', 'must not have a fragment'],
  ['https://user:hunter2@p.example/federate', 'must not hold a user name or password; use auth'],
  ['file:///federate', 'must be a URL that begins with http'],
  ['p.example/federate', 'must be a URL that begins with http'],
  ['http:/federate', 'must be a URL that begins with http'],
])('of the url %s it says "%s"', (url, message) => {
  const found = problems(least.replace('https://p.example/federate', JSON.stringify(url)))
  expect(found.map(({ message }) => message).join()).toMatch(message === '' ? /^$/ : message)
  expect(JSON.stringify(found)).not.toContain('hunter2')
})

test.each([
  ['/var/lib/wharfage', { kind: 'folder', path: '/var/lib/wharfage' }],
  ['../data', { kind: 'folder', path: '/etc/data' }],
  ['s3://my-bucket', { kind: 's3', bucket: 'my-bucket', prefix: '' }],
  ['s3://my-bucket/', { kind: 's3', bucket: 'my-bucket', prefix: '' }],
  ['s3://my-bucket/.a/b..c/=', { kind: 's3', bucket: 'my-bucket', prefix: '.a/b..c/=' }],
  ['s3://my-bucket/a/b/', { kind: 's3', bucket: 'my-bucket', prefix: 'a/b' }],
])('reads the store %s', (store, expected) => {
  expect(parse(least.replace('./data', store)).store).toEqual(expected)
})

test.each([
  '""',
  '" "',
  's3://',
  's3://B/x',
  's3://bucket/../other',
  's3://bucket/..',
  's3://bucket/a/./b',
  's3://bucket/a//b',
  's3://bucket//a',
  `s3://bucket/${'a'.repeat(201)}`,
  's3:/bucket',
  'gs://bucket',
  'https://x/y',
  '"s3://bucket/a b"',
  '5',
  '[a]',
])('refuses the store %s', (store) => {
  expect(problems(least.replace('./data', store)).map(({ line, column, path }) => [line, column, path])).toEqual([
    [1, 8, 'store'],
  ])
})

test.each([
  ['Interval: 5m', 'did you mean interval?'],
  ['cluster_domain: x', 'did you mean clusterDomain?'],
  ['prometheus-interval: 5s', 'did you mean prometheusInterval?'],
  ['gatways: []', 'did you mean gateways?'],
  ['x: 1', 'known here are name, url, interval'],
  ['auth: { bearr: env:T }', 'did you mean bearer?'],
  ['auth: { tls: { k: env:T } }', 'known here are ca, cert, key'],
])('of the key in %s it says "%s"', (line, message) => {
  expect(said(line)).toContain(message)
})

test('refuses two targets of one name, beside other mistakes', () => {
  const twice = `${least}  - name: prod\n    url: nowhere\n`
  expect(problems(twice)).toEqual([
    { line: 5, column: 11, path: 'targets[1].name', message: '"prod" is the name of targets[0] already' },
    expect.objectContaining({ line: 6, path: 'targets[1].url' }),
  ])
})

// What stands below the targets of a ledger in a bucket.
const inBucket = least.replace('./data', 's3://ledger/egress')

test('AWS needs a region, and has a default for all else', () => {
  expect(parse(`${inBucket}aws: { region: eu-west-1 }\n`).aws).toEqual({
    region: 'eu-west-1',
    stack: 'wharfage',
    vpc: null,
    bucket: 'create',
    scrapeMemory: 2048,
    alarms: { email: null, headAgeMinutes: 15 },
    viewers: { password: null, addresses: [] },
  })
})

test.each([
  ['retention: { days: 1 }', { retention: { days: 1, mode: 'governance' } }],
  ['retention: { days: 36500, mode: compliance }', { retention: { days: 36_500, mode: 'compliance' } }],
  ['aws: { region: us-gov-west-1, stack: W-2, bucket: existing }', { aws: { stack: 'W-2', bucket: 'existing' } }],
  ['aws: { region: eu-west-1, viewers: { password: file:viewers } }', viewers('file:/etc/wharfage/viewers')],
  ['aws: { region: eu-west-1, viewers: { password: env:V, addresses: [] } }', viewers('env:V')],
  ['aws: { region: eu-west-1, scrapeMemory: 512 }', { aws: { scrapeMemory: 512 } }],
  ['aws: { region: eu-west-1, scrapeMemory: 10240 }', { aws: { scrapeMemory: 10_240 } }],
  ['aws: { region: eu-west-1, alarms: { headAgeMinutes: 1440 } }', { aws: { alarms: { headAgeMinutes: 1440 } } }],
])('reads, of a ledger in a bucket, %s', (line, expected) => {
  expect(parse(`${inBucket}${line}\n`)).toMatchObject(expected)
})

function viewers(password: string): object {
  return { aws: { viewers: { password, addresses: [] } } }
}

test.each([
  ['retention: {}', '5:12 retention.days: is missing; give days'],
  ['retention: 400', '5:12 retention: must be a mapping'],
  ['retention: { days: 0 }', '5:20 retention.days: must be at least 1, not 0'],
  ['retention: { days: 36501 }', 'must be at most 36500'],
  ['retention: { days: 1.5 }', 'must be a whole number'],
  ['retention: { days: 1, mode: GOVERNANCE }', 'retention.mode: must be governance or compliance, not "GOVERNANCE"'],
  ['retention: { days: 1, mod: governance }', 'did you mean mode?'],
  ['aws: {}', '5:6 aws.region: is missing; give the AWS region'],
  ['aws: { region: Frankfurt }', 'aws.region: must be the name of an AWS region, such as eu-west-1, not "Frankfurt"'],
  ['aws: { region: eu-west-1a }', 'must be the name of an AWS region'],
  ['aws: { region: eu-west-1, stack: 2nd }', 'aws.stack: must be a letter and 1 to 31 more'],
  ['aws: { region: eu-west-1, stack: w }', 'aws.stack: must be a letter and 1 to 31 more'],
  [`aws: { region: eu-west-1, stack: ${'s'.repeat(33)} }`, 'aws.stack: must be a letter and 1 to 31 more'],
  ['aws: { region: eu-west-1, stack: a_b }', 'aws.stack: must be a letter'],
  ['aws: { region: eu-west-1, bucket: mine }', 'aws.bucket: must be create or existing, not "mine"'],
  ['aws: { region: eu-west-1, vpc: { subnets: [subnet-12345678] } }', 'aws.vpc.securityGroups: is missing'],
  ['aws: { region: eu-west-1, vpc: { subnets: [], securityGroups: [] } }', 'aws.vpc.subnets: is empty; name at least'],
  ['aws: { region: eu-west-1, vpc: { subnets: [a], securityGroups: [sg-1] } }', 'must be the id of one, subnet-…'],
  ['aws: { region: eu-west-1, scrapeMemory: 511 }', 'aws.scrapeMemory: must be at least 512, not 511'],
  ['aws: { region: eu-west-1, scrapeMemory: 10241 }', 'aws.scrapeMemory: must be at most 10240, not 10241'],
  ['aws: { region: eu-west-1, scrapeMemory: 2048.5 }', 'aws.scrapeMemory: must be a whole number'],
  ['aws: { region: eu-west-1, scrapeMemory: 2 GB }', 'aws.scrapeMemory: must be a number, not "2 GB"'],
  ['aws: { region: eu-west-1, alarms: { email: nobody } }', 'aws.alarms.email: must be one e-mail address'],
  [`aws: { region: eu-west-1, alarms: { email: '\${env:HOME}@x.example' } }`, 'must be one e-mail address'],
  ['aws: { region: eu-west-1, alarms: { headAgeMinutes: 4 } }', 'aws.alarms.headAgeMinutes: must be at least 5'],
  ['aws: { region: eu-west-1, alarms: { headAgeMinutes: 1441 } }', 'must be at most 1440'],
  ['aws: { region: eu-west-1, viewers: { addresses: [203.0.113.7] } }', 'must be an address range such as'],
  ['aws: { region: eu-west-1, viewers: { pasword: env:V } }', 'did you mean password?'],
  [`aws: { region: eu-west-1, viewers: { password: '${ARN}' } }`, 'must be env:NAME or file:PATH, read when'],
  ['aws: { region: eu-west-1, viewrs: {} }', 'did you mean viewers?'],
  ['aws: { account: 123456789012 }', 'known here are region, stack, bucket'],
])('says of %s, for a ledger in a bucket, what is wrong', (line, message) => {
  const found = problems(`${inBucket}${line}\n`)
  expect(found.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`).join('\n')).toContain(
    message,
  )
})

test('takes at most fifty ranges of viewers, for all must fit into one function', () => {
  const ranges = (count: number): string => Array.from({ length: count }, (_, i) => `203.0.113.${i}/32`).join(', ')
  const source = (count: number): string =>
    `${inBucket}aws: { region: eu-west-1, viewers: { addresses: [${ranges(count)}] } }\n`
  expect(parse(source(50)).aws?.viewers.addresses).toHaveLength(50)
  expect(problems(source(51)).map(({ message }) => message)).toEqual(['must have at most 50 ranges'])
})

test('refuses for a ledger in a folder what only a bucket can do, where it stands', () => {
  expect(problems(`${least}retention: { days: 400 }\naws: { region: eu-west-1 }\n`)).toEqual([
    { line: 5, column: 1, path: 'retention', message: expect.stringContaining('the store is a folder') },
    { line: 6, column: 1, path: 'aws', message: expect.stringContaining('needs a store in s3://') },
  ])
})

test('refuses an alarm that would never end, beside other mistakes', () => {
  const slow = inBucket.replace('url:', 'interval: 30m\n    url:')
  expect(parse(`${slow}aws: { region: eu-west-1, alarms: { headAgeMinutes: 60 } }\n`).aws).not.toBeNull()
  const message = 'must be at least 60, twice the longest interval of a target, or its alarm never ends; it is '
  expect(problems(`${slow}aws: { region: eu-west-1, alarms: { headAgeMinutes: 59 }, bucket: x }\n`)).toEqual([
    { line: 6, column: 53, path: 'aws.alarms.headAgeMinutes', message: `${message}59` },
    expect.objectContaining({ path: 'aws.bucket' }),
  ])
  expect(problems(`${slow}aws: { region: eu-west-1 }\n`)).toEqual([
    { line: 6, column: 6, path: 'aws.alarms.headAgeMinutes', message: `${message}15` },
  ])
})

const KMS = 'arn:aws:kms:eu-west-1:123456789012:key/0a1b2c3d-4e5f-6789-abcd-ef0123456789'

// What judges traffic, who is told, and what signs.
test.each([
  ['istio: [a]', { istio: [{ path: '/etc/wharfage/a', target: null }] }],
  ['istio: [{ path: /m, target: prod }, /m]', { istio: [{ target: 'prod' }, { path: '/m', target: null }] }],
  ['istio: []', { istio: [] }],
  ['register: ../r.yaml', { register: '/etc/r.yaml' }],
  ['findings: f.yaml', { findings: '/etc/wharfage/f.yaml' }],
  ['notify: { webhook: file:hook }', { notify: { webhook: 'file:/etc/wharfage/hook', sns: null } }],
  [`notify: { webhook: '${ARN}:url' }`, { notify: { webhook: `${ARN}:url` } }],
  ['signing: { key: file:k.pem }', { signing: { kind: 'file', path: '/etc/wharfage/k.pem' } }],
  ['signing: { kms: alias/seals }', { signing: { kind: 'kms', keyId: 'alias/seals' } }],
  [`signing: { kms: '${KMS}' }`, { signing: { kind: 'kms', keyId: KMS } }],
  ['site: { url: https://e.example }', { site: { url: 'https://e.example/' } }],
  ['site: { url: "https://e.example/a//" }', { site: { url: 'https://e.example/a/' } }],
])('reads of compliance %s', (line, expected) => {
  expect(parse(`${least}${line}\n`)).toMatchObject(expected)
})

test.each([
  ['istio: manifests', '5:8 istio: must be a list, not "manifests"'],
  ['istio: [5]', '5:9 istio[0]: must be a text or a mapping of keys to values, not 5'],
  ['istio: [""]', '5:9 istio[0]: is empty'],
  ['istio: [{ target: prod }]', "5:9 istio[0].path: is missing; give a file or folder of Istio's configuration"],
  ['istio: [{ path: 1, target: prod }]', '5:17 istio[0].path: must be a text, not 1'],
  ['istio: [{ path: a, targt: prod }]', '5:20 istio[0].targt: is no key of the configuration; did you mean target?'],
  [
    'istio: [{ path: a, target: prd }]',
    '5:28 istio[0].target: "prd" is no target of this configuration; it has "prod"',
  ],
  ['istio: [a, b, a]', '5:15 istio[2]: is istio[0] again; keep one'],
  ['istio: ["s3://a/b"]', '5:9 istio[0]: must be a file or folder on this machine'],
  ['register: [a]', '5:11 register: must be a text, not a list'],
  ['register: ""', '5:11 register: is empty'],
  ['notify: {}', '5:9 notify: is empty; give webhook, sns or both'],
  ['notify: { sns: findings }', '5:16 notify.sns: must be the ARN of an SNS topic'],
  ['notify: { email: a@b.example }', 'known here are webhook, sns'],
  ['signing: {}', '5:10 signing: is empty; give key or kms'],
  ['signing: { key: file:a, kms: alias/b }', '5:10 signing: has key and kms; keep one'],
  ['signing: { key: env:KEY }', '5:17 signing.key: must be file:PATH'],
  ['signing: { kms: seals }', '5:17 signing.kms: must be the ARN of a key in AWS KMS, or alias/NAME'],
  ['site: { url: http://e.example }', '5:14 site.url: must be a URL that begins with https://'],
  ['site: { url: "https://u:hunter2@e.example" }', 'site.url: must not hold a user name or password'],
  ['site: { url: "https://e.example/?a" }', 'site.url: must have neither a query nor a fragment'],
])('says of compliance %s what is wrong', (line, message) => {
  const said = problems(`${least}${line}\n`).map(({ line, column, path, message }) => {
    return `${line}:${column} ${path}: ${message}`
  })
  expect(said.join('\n')).toContain(message)
  expect(said.join('\n')).not.toContain('hunter2')
})

test('repeats no secret that stands where its name should, nor beside it', () => {
  for (const line of [
    'auth: { bearer: hunter2 }',
    'auth: hunter2',
    'auth: [hunter2]',
    'auth: { token: hunter2 }',
    'bearer: hunter2',
    'auth: { basic: { username: [hunter2], password: hunter2 } }',
    'auth: { bearer: &hunter2 x, basic: *hunter2 }',
    'auth: { bearer: !hunter2 x }',
    'auth: { tls: { ca: "hunter2\\x" } }',
  ]) {
    expect(said(line)).not.toBe('')
    expect(said(line)).not.toContain('hunter2')
  }
  for (const viewers of [
    'hunter2',
    '[hunter2]',
    '{ password: hunter2 }',
    '{ password: [hunter2] }',
    '{ key: hunter2 }',
  ]) {
    const found = problems(`${least.replace('./data', 's3://ledger')}aws: { region: eu-west-1, viewers: ${viewers} }\n`)
    expect(found).toHaveLength(1)
    expect(JSON.stringify(found)).not.toContain('hunter2')
  }
  for (const line of [
    'notify: hunter2',
    'notify: [hunter2]',
    'notify: { webhook: https://hooks.example/hunter2 }',
    'notify: { webhook: [hunter2] }',
    'notify: { sns: hunter2 }',
    'signing: hunter2',
    'signing: { key: hunter2 }',
    'signing: { kms: hunter2 }',
  ]) {
    expect(problems(`${least}${line}\n`)).toHaveLength(1)
    expect(JSON.stringify(problems(`${least}${line}\n`))).not.toContain('hunter2')
  }
  for (const source of ['hunter2', '- hunter2', 'targets: { auth: { bearer: hunter2 } }', 'store: { auth: hunter2 }']) {
    expect(problems(source)).not.toEqual([])
    expect(JSON.stringify(problems(source))).not.toContain('hunter2')
  }
})

// YAML that is not wanted here.
test.each([
  ['an anchor', 'store: &a x', '1:11 anchors and aliases are not read; write the value out'],
  ['an alias', 'a: &a x\nstore: *a', '2:8 anchors and aliases are not read; write the value out'],
  ['a tag', 'store: !!binary aGk=', '1:17 tags are not read; write the plain value'],
  ['a tag of somebody', 'store: !secret x', '1:16 tags are not read; write the plain value'],
  ['a key twice', 'store: x\nstore: y', '2:1 this key stands here a second time; keep one'],
  ['a second document', 'store: x\n---\nstore: y', '2:1 a second document begins here; keep one'],
  ['another YAML', '%YAML 1.1\n---\nstore: x', '1:1 YAML 1.1 is not read; write YAML 1.2'],
  ['a key that is no text', '? [a]\n: b', '1:3 a key must be a text'],
  ['an open bracket', 'targets: [', '1:11 flow sequence'],
  ['a tab for indentation', 'site:\n\ttitle: x', '2:1 tabs are not allowed as indentation'],
  ['nothing', '', '1:1 must be a mapping of keys to values'],
  ['a list', '- store', '1:1 must be a mapping of keys to values'],
  ['too many levels', `store: ${'['.repeat(25)}${']'.repeat(25)}`, 'nests deeper than 20 levels'],
  ['endless levels', '['.repeat(20_000), 'nests deeper than 20 levels'],
  ['a merge', `${least}<<: { a: b }`, '5:1 is no key of the configuration'],
  ['a prototype', `${least}__proto__: { a: b }`, '5:1 is no key of the configuration'],
])('refuses %s', (_, source, message) => {
  const lines = problems(source).map(({ line, column, message }) => `${line}:${column} ${message}`)
  expect(lines.join('\n')).toContain(message)
})

test('whatever the text, it is read or refused with places that lie in it', () => {
  const fragment = fc.constantFrom(
    'store',
    'targets',
    'name',
    ': ',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    '"',
    'x',
    '&a',
    '*a',
    '!',
    '\t',
    '\0',
    '|',
    '#',
    '?',
    '1e9',
    '\r\n',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(fragment, fc.string()), { maxLength: 20 }), (parts) => {
      const source = parts.join('')
      const count = source.split('\n').length
      for (const { line, column } of problems(source)) {
        expect(line >= 1 && line <= count && column >= 1).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('a message keeps to fifty lines, the error has all', () => {
  const error = new ConfigError(
    'f',
    Array.from({ length: 60 }, (_, i) => ({ line: i + 1, column: 1, path: '', message: 'm' })),
  )
  expect(error.message.split('\n')).toHaveLength(52)
  expect(error.message).toMatch(/has 60 mistakes:[\s\S]*and 10 more$/)
  expect(error.problems).toHaveLength(60)
})

test('says of a file that it is missing, too big, a folder or no text', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wharfage-config-'))
  const file = join(folder, 'wharfage.yaml')
  try {
    await expect(loadConfig(file)).rejects.toThrow(/there is no such file; name another with --config/)
    await expect(loadConfig(folder)).rejects.toThrow(/cannot be read \(EISDIR\)/)
    await writeFile(file, Buffer.from([0x61, 0xff]))
    await expect(loadConfig(file)).rejects.toThrow(/the file is not UTF-8 text/)
    await writeFile(file, '#'.repeat(100_001))
    await expect(loadConfig(file)).rejects.toThrow(/has 100001 bytes and may have 100000/)
    await writeFile(file, least)
    expect((await loadConfig(file)).store).toEqual({ kind: 'folder', path: join(folder, 'data') })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('says where a target runs apart from the target, which scrapes need nothing of', () => {
  const { targets, clouds } = parse(`${least}    cloud: { provider: gcp, region: europe-west1, tier: premium }\n`)
  expect(clouds).toEqual({
    prod: { provider: 'gcp', region: 'europe-west1', tier: 'premium', payer: '', nat: null, endpoints: [] },
  })
  expect(targets).toEqual(parse(least).targets)
})

// What is said of a target's cloud.
test.each([
  ['{ provider: AWS, region: eu-west-1 }', 'cloud.provider: must be 1 to 40 characters of a-z, 0-9, dots and hyphens'],
  ['{ provider: aws }', 'cloud.region: is missing; give the provider'],
  ['{ provider: aws, region: eu west 1 }', 'cloud.region: must be a plain name'],
  ['{ provider: aws, region: r, nat: true }', 'cloud.nat: must be a mapping of keys to values, not true'],
  ['{ provider: aws, region: r, nat: { gateways: -1 } }', 'cloud.nat.gateways: must be at least 0, not -1'],
  [
    '{ provider: aws, region: r, endpoints: [{ service: ecr, type: interface }] }',
    'cloud.endpoints[0]: is an interface endpoint without zones, by which it is charged; give zones',
  ],
  [
    '{ provider: aws, region: r, endpoints: [{ service: s3, type: gateway, zones: 3 }] }',
    'cloud.endpoints[0].zones: is of a gateway endpoint, which no hour is charged for; take it out',
  ],
  [
    '{ provider: aws, region: r, endpoints: [{ service: s3, type: gateway }, { service: s3, type: gateway }] }',
    'cloud.endpoints[1].service: "s3" has endpoints[0] of that type already; keep one',
  ],
])('of the cloud %s it is said: %s', (cloud, what) => {
  expect(said(`cloud: ${cloud}`)).toContain(`targets[0].${what}`)
})

test('refuses budgets without prices, since nothing would be spent of them', () => {
  expect(problems(`${least}budgets: budgets.yaml\n`)).toEqual([
    { line: 5, column: 1, path: 'budgets', message: expect.stringContaining('needs prices') },
  ])
  expect(problems(`${least}prices: prices.yaml\nbudgets: budgets.yaml\n`)).toEqual([])
})
