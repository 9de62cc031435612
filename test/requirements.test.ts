/** What AWS requires of a configuration, and what the stack and each function are told of one that fulfils it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, parseConfig } from '../functions/config.ts'
import { loadDeployment } from '../functions/deployment.ts'
import { type AwsConfig, MAX_SECRETS, MAX_TARGETS, unmetRequirements } from '../infra/requirements.ts'
import { roles } from '../infra/roles.ts'
import { deploymentOf, type Stack, stackOf, unreadable } from '../infra/stack.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prom-AbCdEf'
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharfage-requirements-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

function config(changes: { store?: string; target?: string; more?: string } = {}): Config {
  const { store = 's3://ledger/mesh', target = '', more = 'aws: { region: eu-west-1 }' } = changes
  const url = target.includes('url:') ? '' : 'url: "https://prometheus.example/federate",'
  return parseConfig(
    `store: ${store}\ntargets:\n  - { name: prod, ${url} ${target} }\n${more}\n`,
    join(folder, 'wharfage.yaml'),
  )
}

test.each<[title: string, Parameters<typeof config>[0], problem: string]>([
  ['no aws', { more: '' }, 'aws: is missing; give at least the region, as in aws: { region: eu-west-1 }'],
  ...['cn-north-1', 'us-gov-west-1', 'us-iso-east-1', 'us-isob-east-1', 'eu-isoe-west-1'].map(
    (region): [string, Parameters<typeof config>[0], string] => [
      region,
      { more: `aws: { region: ${region} }` },
      `aws.region: ${region} has no CloudFront with a domain of its own, where the pages are read; choose another`,
    ],
  ),
  [
    'a stack by the name of what Athena has already',
    { more: 'aws: { region: eu-west-1, stack: Default }' },
    'aws.stack: Default is a name that Athena uses itself in every account; choose another',
  ],
  [
    'a bucket with a dot',
    { store: 's3://ledger.example' },
    'store: bucket ledger.example has a dot in its name, for which S3 has no certificate; choose one without dots',
  ],
  [
    'half a minute',
    { target: 'interval: 90s' },
    'targets[0].interval: must be a whole number of minutes, since the schedule ticks once a minute, not 90s',
  ],
  [
    'localhost',
    { target: 'url: "http://localhost:9090/federate"' },
    'targets[0].url: is loopback, where no Prometheus runs beside a function; give the address that reaches it from AWS',
  ],
  [
    'loopback in disguise',
    { target: 'url: "http://2130706433/federate"' },
    'targets[0].url: address 127.0.0.1 must not be connected to: it is loopback',
  ],
  [
    'a token of the environment',
    { target: 'auth: { bearer: "env:TOKEN" }' },
    "targets[0].auth.bearer: env:TOKEN would stand readable in the function's configuration; put it into Secrets Manager and give its ARN",
  ],
  [
    'a key in a file',
    { target: `auth: { tls: { cert: "${ARN}", key: "file:/keys/client.key" } }` },
    "targets[0].auth.tls.key: file:/keys/client.key would lie readable in the function's package; put it into Secrets Manager and give its ARN",
  ],
  [
    'a password of the environment',
    { target: 'auth: { basic: { username: w, password: "env:PASSWORD" } }' },
    "targets[0].auth.basic.password: env:PASSWORD would stand readable in the function's configuration; put it into Secrets Manager and give its ARN",
  ],
  [
    'an authority of the environment',
    { target: 'auth: { tls: { ca: "env:CA" } }' },
    "targets[0].auth.tls.ca: is not set in a function's environment; give file:PATH, which is packaged, or an ARN",
  ],
])('refuses %s in one sentence that says what to do', (_, changes, problem) => {
  expect(unmetRequirements(config(changes))).toEqual([expect.stringContaining(problem)])
})

test('refuses a folder, which has no place for aws either', () => {
  expect(unmetRequirements(config({ store: './data', more: '' }))[0]).toBe(
    'store: is a folder, which a function on AWS does not keep; write s3://bucket/prefix',
  )
})

test('tells everything that stands against a configuration at once', () => {
  const target = 'url: "http://[::1]/federate", interval: 30s, auth: { bearer: "file:token" }'
  expect(unmetRequirements(config({ store: './data', target, more: '' })).map((line) => line.split(':')[0])).toEqual([
    'store',
    'aws',
    'targets[0].interval',
    'targets[0].url',
    'targets[0].auth.bearer',
  ])
})

test.each([
  ['a private address and no secrets', 'url: "http://10.1.2.3:9090/federate", interval: 5m'],
  [
    'secrets in Secrets Manager',
    `auth: { bearer: "${ARN}:token", tls: { ca: "file:ca.pem", cert: "${ARN}:cert", key: "${ARN}:key" } }`,
  ],
])('has nothing against %s', (_, target) => {
  expect(unmetRequirements(config({ target }))).toEqual([])
})

const meshes = (count: number, auth = (_: number) => ''): string =>
  Array.from({ length: count }, (_, n) => {
    return `  - { name: mesh-${n}, url: 'https://prometheus.example/federate'${auth(n)} }\n`
  }).join('')

function configOf(targets: string): Config {
  return parseConfig(
    `store: s3://ledger/mesh\ntargets:\n${targets}aws: { region: eu-west-1 }\n`,
    join(folder, 'wharfage.yaml'),
  )
}

test('takes as many targets as a stack has room for, and says so of one more', () => {
  expect(unmetRequirements(configOf(meshes(MAX_TARGETS)))).toEqual([])
  expect(unmetRequirements(configOf(meshes(MAX_TARGETS + 1)))).toEqual([
    'targets: are 201, and a stack has room for the alarms of 200; give the others to a second stack, with another aws.stack and another prefix in store',
  ])
})

test('takes as many secrets as a policy has room for, and says what to do with more', () => {
  const own = (n: number) => `, auth: { bearer: '${ARN.replace('prom', `prometheus-of-mesh-${n}`)}' }`
  const shared = (n: number) => `, auth: { bearer: '${ARN}:mesh-${n}' }`
  expect(unmetRequirements(configOf(meshes(75, own)))).toEqual([])
  expect(unmetRequirements(configOf(meshes(200, shared)))).toEqual([])
  expect(unmetRequirements(configOf(meshes(100, own)))).toEqual([
    'targets: name secrets whose ARNs have 8189 characters, and the policy of scrape has room for 7000; keep several values in one secret, as JSON, with :KEY behind its ARN',
  ])
})

test.each([
  [40, 111],
  [104, 3],
])('leaves room in the policy of scrape for %i secrets with names of %i characters more', async (count, length) => {
  const arns = Array.from({ length: count }, (_, n) => `${ARN.slice(0, -11)}${'s'.repeat(length)}${n + 100}-AbCdEf`)
  const stack: Stack = {
    ...(await stackOf(config() as AwsConfig)),
    name: 's'.repeat(32),
    region: 'ap-southeast-3',
    bucket: 'b'.repeat(63),
    prefix: `${'p'.repeat(200)}/`,
    retention: true,
    vpc: { securityGroupIds: [], subnetIds: [] },
    secrets: arns,
  }
  expect(arns.join(',').length).toBeGreaterThan(MAX_SECRETS - 300)
  expect(arns.join(',').length).toBeLessThanOrEqual(MAX_SECRETS)
  const [{ PolicyDocument }] = (roles(stack).ScrapeRole.Properties as { Policies: { PolicyDocument: unknown }[] })
    .Policies
  const names = { Partition: 'aws', Region: 'ap-southeast-3', AccountId: '123456789012' }
  const text = JSON.stringify(PolicyDocument)
    .replace(/\$\{AWS::(\w+)\}/g, (_, name: keyof typeof names) => names[name])
    .replace(/\{"Fn::Sub":("[^"]*")\}/g, '$1')
    .replaceAll(
      '{"Fn::GetAtt":["ScrapeQueue","Arn"]}',
      `"arn:aws:sqs:ap-southeast-3:123456789012:${stack.name}-scrapes"`,
    )
  expect(text).not.toContain('Fn::')
  expect(text.length).toBeLessThanOrEqual(10_240)
})

test('tells of everything that packaging cannot read or may not pack, each with its place', async () => {
  await writeFile(join(folder, 'key.pem'), `${CERTIFICATE}-----BEGIN PRIVATE KEY-----\n`)
  const target = 'auth: { tls: { ca: "file:none.pem", cert: "file:key.pem", key: "file:x" } }'
  const more = 'aws: { region: eu-west-1, viewers: { password: "env:WHARFAGE_NOT_SET" } }'
  expect(await unreadable(config({ target, more }))).toEqual([
    'aws.viewers.password: secret env:WHARFAGE_NOT_SET is not there; set the environment variable WHARFAGE_NOT_SET',
    expect.stringMatching(/^targets prod: auth\.tls\.ca: file \S+none\.pem cannot be read \(ENOENT\)/),
    expect.stringMatching(/^targets prod: auth\.tls\.cert: file key\.pem holds a private key/),
  ])
  await writeFile(join(folder, 'short'), 'guess me\n')
  const short = 'aws: { region: eu-west-1, viewers: { password: "file:short" } }'
  const told = await unreadable(config({ more: short }))
  expect(told).toEqual([expect.stringMatching(/^aws\.viewers\.password has 8 characters and needs 16 to 500/)])
  expect(told.join()).not.toContain('guess')
  expect(await unreadable(config())).toEqual([])
})

test('tells the stack how much memory scrapes get', async () => {
  const aws = config({ more: 'aws: { region: eu-west-1, scrapeMemory: 4096 }' }) as AwsConfig
  expect((await stackOf(aws)).scrapeMemory).toBe(4096)
  expect((await stackOf(config() as AwsConfig)).scrapeMemory).toBe(2048)
})

test('tells the stack each secret once, without the key inside it', async () => {
  const target = `auth: { bearer: "${ARN}:token", tls: { cert: "${ARN}:cert", key: "${ARN}" } }`
  expect((await stackOf(config({ target }) as AwsConfig)).secrets).toEqual([ARN])
})

test.each([
  ['s3://ledger', ''],
  ['s3://ledger/', ''],
  ['s3://ledger/mesh/egress/', 'mesh/egress/'],
])('gives the keys of %s the prefix %j', async (store, prefix) => {
  expect(await stackOf(config({ store }) as AwsConfig)).toMatchObject({
    bucket: 'ledger',
    prefix,
  })
})

test('tells scrape alone how to authenticate', async () => {
  const aws = config({ target: `auth: { bearer: "${ARN}" }` }) as AwsConfig
  for (const name of ['dispatch', 'publish', 'seal'] as const) {
    const { deployment, certificates } = await deploymentOf(aws, name)
    expect(JSON.stringify(deployment)).not.toContain('secret')
    expect(deployment.targets.map(({ auth }) => auth)).toEqual([{}])
    expect(certificates.size).toBe(0)
  }
  expect((await deploymentOf(aws, 'scrape')).deployment.targets[0].auth).toEqual({ bearer: ARN })
})

test('packs certificates, and a function finds them from any folder', async () => {
  await writeFile(join(folder, 'ca.pem'), CERTIFICATE)
  const aws = config({
    target: `auth: { tls: { ca: "file:ca.pem", cert: "${ARN}:cert", key: "${ARN}:key" } }`,
  }) as AwsConfig
  const { deployment, certificates } = await deploymentOf(aws, 'scrape')
  expect(deployment.targets[0].auth.tls).toEqual({
    ca: 'file:certs/prod-ca.pem',
    cert: `${ARN}:cert`,
    key: `${ARN}:key`,
  })
  expect([...certificates].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])).toEqual([
    ['certs/prod-ca.pem', CERTIFICATE],
  ])
  await writeFile(join(folder, 'deployment.json'), JSON.stringify(deployment))
  const loaded = loadDeployment({ LAMBDA_TASK_ROOT: folder })
  expect(loaded.targets[0].auth.tls).toEqual({
    ca: `file:${join(folder, 'certs', 'prod-ca.pem')}`,
    cert: `${ARN}:cert`,
    key: `${ARN}:key`,
  })
})

test.each([
  ['no file', null, /^targets prod: auth\.tls\.ca: file \S+gone\.pem cannot be read \(ENOENT\); check that it exists/],
  [
    'a file without a certificate',
    'hello',
    /^targets prod: auth\.tls\.ca: file some\.pem holds no PEM certificate; give one/,
  ],
  [
    'a certificate with its private key',
    `${CERTIFICATE}-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n`,
    /^targets prod: auth\.tls\.ca: file some\.pem holds a private key, which would lie readable in the package; take it out$/,
  ],
])('refuses to pack %s', async (_, content, sentence) => {
  const name = content === null ? 'gone.pem' : 'some.pem'
  if (content !== null) await writeFile(join(folder, name), content)
  const aws = config({ target: `auth: { tls: { ca: "file:${name}" } }` }) as AwsConfig
  await expect(deploymentOf(aws, 'scrape')).rejects.toThrow(sentence)
})
