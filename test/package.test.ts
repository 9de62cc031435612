/**
 * What packaging makes: four zips and a template, from a temporary configuration in a temporary folder; once more in
 * another checkout, without a network, and once with everything left out that can be.
 */
import { execFile, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { FUNCTIONS as BUNDLED, bundle } from '../infra/bundle.ts'
import { MAX_TARGETS } from '../infra/requirements.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '..')
const TEMPLATE = '.serverless/cloudformation-template-update-stack.json'
const FUNCTIONS = ['dispatch', 'scrape', 'publish', 'seal']
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prom-AbCdEf'
const HOOK = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hook-AbCdEf'
const PASSWORD = 'a long enough password'

const CONFIG = `
store: s3://acme-egress/mesh
targets:
  - name: prod-eu
    url: https://prometheus.prod-eu.example/federate
    auth: { bearer: '${SECRET}:token', tls: { ca: 'file:ca.pem' } }
  - name: prod-us
    url: https://prometheus.prod-us.example/federate
    interval: 5m
site: { url: 'https://egress.acme.example' }
istio: [./mesh, { path: ./us.yaml, target: prod-us }]
register: ./register.yaml
findings: ./findings.yaml
notify: { sns: 'arn:aws:sns:eu-west-1:123456789012:findings', webhook: '${HOOK}' }
signing: { kms: 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab' }
retention: { days: 400, mode: compliance }
aws:
  region: eu-west-1
  stack: acme-egress
  vpc: { subnets: [subnet-0123456789abcdef0], securityGroups: [sg-0123456789abcdef0] }
  scrapeMemory: 3008
  alarms: { email: oncall@acme.example }
  viewers: { password: 'file:password', addresses: [192.0.2.0/24] }
`

const ENTRY = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: payments, namespace: shop }
spec: { hosts: [api.payments.example], ports: [{ number: 443, name: tls, protocol: TLS }], resolution: DNS }
`

/** The files that CONFIG names. */
const DECLARED = {
  'mesh/entries.yaml': ENTRY,
  'us.yaml': ENTRY,
  'register.yaml': `entries:
  - { name: payments, destination: api.payments.example, from: [shop], owner: shop, need: card payments,
      approvedBy: Dana Okafor, approvedOn: 2026-07-06 }
`,
  'findings.yaml': 'registryOnly: [shop]\n',
}

const SPARE_CONFIG = `
store: s3://acme-egress
targets: [{ name: prod, url: 'http://10.0.0.1:9090/federate' }]
aws: { region: us-east-1, bucket: existing }
`

const canLeaveNetwork = spawnSync('unshare', ['-n', 'true']).status === 0
const canLint = spawnSync('cfn-lint', ['--version']).status === 0
const linted = canLint ? test : test.skip
const lintHow = canLint ? '' : ' (no cfn-lint on the PATH; "pip install cfn-lint" lets this run)'
const canLink = process.platform === 'linux'
const elsewhere = canLink ? test : test.skip
const elsewhereHow = !canLink
  ? ' (needs "cp -al" of Linux, which links files instead of copying them)'
  : canLeaveNetwork
    ? ', without a network'
    : ' (with a network: "unshare -n", as root, would let this run without one)'

let folder: string
let full: string // packaged from CONFIG
let spare: string // packaged from SPARE_CONFIG
let output: string // of packaging CONFIG
let checkout: string | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharfage-package-'))
  full = join(folder, 'full')
  spare = join(folder, 'spare')
  await writeFile(join(folder, 'full.yaml'), CONFIG)
  await writeFile(join(folder, 'spare.yaml'), SPARE_CONFIG)
  await writeFile(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')
  await writeFile(join(folder, 'password'), `${PASSWORD}\n`)
  for (const [file, text] of Object.entries(DECLARED)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
  output = await pack(ROOT, 'full.yaml', full)
  await pack(ROOT, 'spare.yaml', spare)
}, 240_000)

afterAll(async () => {
  for (const path of [folder, checkout]) if (path !== undefined) await rm(path, { recursive: true, force: true })
}, 60_000)

/** Packages in an environment that would mislead whoever looked at it. */
async function pack(root: string, config: string, out: string, before: string[] = []): Promise<string> {
  const [command, ...args] = [
    ...before,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(root, 'infra/package.ts'),
    ...['--config', join(folder, config), '--out', out],
  ]
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    TZ: before.length === 0 ? 'Asia/Kathmandu' : 'America/St_Johns',
    AWS_PROFILE: 'nobody',
    AWS_REGION: 'xx-nowhere-1',
    HTTPS_PROXY: 'http://127.0.0.1:1',
    PROD: `${root} must not be baked in`,
    _: `/somewhere/${before.length}`,
  }
  const { stdout } = await run(command, args, { cwd: folder, env })
  return stdout
}

async function deploymentIn(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(Buffer.from((await contents(full, name))['deployment.json']).toString())
}

async function contents(out: string, name: string): Promise<Record<string, Uint8Array>> {
  return unzipSync(await readFile(join(out, 'build', `${name}.zip`)))
}

type Template = {
  Resources: Record<string, { Type: string; DependsOn?: string[]; Properties: Record<string, unknown> }>
}

async function template(out: string): Promise<Template['Resources']> {
  return (JSON.parse(await readFile(join(out, TEMPLATE), 'utf8')) as Template).Resources
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

test('prints each function with the size and the hash of its zip', async () => {
  const lines = await Promise.all(
    FUNCTIONS.map(async (name) => {
      const zipped = await readFile(join(full, 'build', `${name}.zip`))
      return `${name.padEnd(8)} ${String(zipped.length).padStart(8)} bytes  sha256 ${sha256(zipped)}\n`
    }),
  )
  expect(output).toBe(lines.join(''))
})

test.each([
  ['scrape', 250_000],
  ['publish', 600_000],
  ['dispatch', 100_000],
  ['seal', 200_000],
])('keeps %s within %i bytes, zipped', async (name, budget) => {
  const { length } = await readFile(join(full, 'build', `${name}.zip`))
  expect(length).toBeLessThanOrEqual(budget)
  expect(length).toBeGreaterThan(20_000)
})

test('loads scrape within 80 ms of processor time, on a machine that compiles a megabyte in 50 ms', async () => {
  // The main thread's own time, beside that of a fixed piece of work: others may slow the machine down meanwhile.
  const code = `const { Script } = require('node:vm')
    const line = (_, i) => \`const f\${i} = (a, b) => { if (a > \${i}) return [a, b]; return { a, b, c: 'x\${i}' } }\`
    const megabyte = Array.from({ length: 12_000 }, line).join('\\n')
    const time = (work) => {
      const before = process.threadCpuUsage()
      work()
      const { user, system } = process.threadCpuUsage(before)
      return (user + system) / 1000
    }
    const yardstick = time(() => new Script(megabyte).runInThisContext())
    const load = time(() => require(process.argv[1]))
    process.stdout.write(JSON.stringify({ yardstick, load }))`
  const runs: { yardstick: number; load: number }[] = []
  for (let i = 0; i < 7; i++) {
    const { stdout } = await run(process.execPath, ['-e', code, join(full, 'build/scrape/index.cjs')], { env: {} })
    runs.push(JSON.parse(stdout))
  }
  const slowness = Math.max(1, Math.min(...runs.map(({ yardstick }) => yardstick)) / 50)
  expect(Math.min(...runs.map(({ load }) => load)) / slowness).toBeLessThanOrEqual(80)
})

test.each(FUNCTIONS)(
  'exports a handler from %s, which needs neither environment nor packages to load',
  async (name) => {
    const code = `process.stdout.write(typeof require('./index.cjs').handler)`
    const { stdout, stderr } = await run(process.execPath, ['-e', code], { cwd: join(full, 'build', name), env: {} })
    expect([stdout, stderr]).toEqual(['function', ''])
  },
)

test('puts into a zip what its function needs, and nothing else', async () => {
  const common = ['LICENSES', 'deployment.json', 'index.cjs']
  const names = async (name: string) => Object.keys(await contents(full, name))
  expect(await names('dispatch')).toEqual(common)
  expect(await names('scrape')).toEqual(['LICENSES', 'certs/prod-eu-ca.pem', 'deployment.json', 'index.cjs'])
  expect(await names('seal')).toEqual(common)
  const publish = await names('publish')
  expect(publish.filter((path) => !path.startsWith('site/'))).toEqual(common)
  expect(publish).toEqual(expect.arrayContaining(['site/client/404.html', 'site/server/entry.mjs']))
})

test('packs the same files beside the zips', async () => {
  for (const name of FUNCTIONS) {
    const dir = join(full, 'build', name)
    const entries = await readdir(dir, { recursive: true, withFileTypes: true })
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    const there = new Map(paths.map((path) => [path.slice(dir.length + 1), path]))
    const packed = await contents(full, name)
    expect([...there.keys()].sort()).toEqual(Object.keys(packed))
    for (const [path, bytes] of Object.entries(packed)) {
      expect(sha256(await readFile(there.get(path) as string))).toBe(sha256(bytes))
    }
  }
})

test('packs no source map, no test, no folder of this machine and no secret', async () => {
  for (const name of FUNCTIONS) {
    for (const [path, bytes] of Object.entries(await contents(full, name))) {
      const text = Buffer.from(bytes).toString('latin1')
      const found = ['sourceMappingURL=', folder, ROOT, PASSWORD, 'must not be baked in'].filter((word) =>
        text.includes(word),
      )
      expect([name, path, found]).toEqual([name, path, []])
      expect(path).not.toMatch(/\.map$|\.ts$|test/)
    }
  }
})

test('keeps the password of the pages, but for its hash, out of all that is made', async () => {
  for (const dir of ['.serverless', 'build', 'infra']) {
    const entries = await readdir(join(full, dir), { recursive: true, withFileTypes: true })
    for (const entry of entries.filter((entry) => entry.isFile())) {
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1')
      expect([entry.name, text.includes(PASSWORD)]).toEqual([entry.name, false])
    }
  }
})

test('tells scrape alone where a credential is, and publish alone where the webhook is', async () => {
  for (const name of FUNCTIONS) {
    const files = await contents(full, name)
    const texts = Object.values(files).map((bytes) => Buffer.from(bytes).toString('latin1'))
    const tells = [SECRET, HOOK].map((arn) => texts.some((text) => text.includes(arn)))
    expect([name, tells]).toEqual([name, [name === 'scrape', name === 'publish']])
  }
})

test('tells publish what the files declare, as the same bytes wherever they lie', async () => {
  const { declared, siteUrl, notify } = await deploymentIn('publish')
  expect(declared).toMatchObject({
    istio: {
      '*': { serviceEntries: [{ name: 'payments', origin: { file: 'mesh/entries.yaml', line: 1 } }] },
      'prod-us': { serviceEntries: [{ name: 'payments', origin: { file: 'us.yaml', line: 1 } }] },
    },
    register: { entries: [{ name: 'payments', approvedBy: 'Dana Okafor' }] },
    rules: { registryOnly: ['shop'] },
  })
  expect([siteUrl, notify]).toEqual([
    'https://egress.acme.example/',
    { sns: 'arn:aws:sns:eu-west-1:123456789012:findings', webhook: HOOK },
  ])
  for (const name of ['dispatch', 'scrape', 'seal']) {
    const deployment = await deploymentIn(name)
    expect(['declared', 'siteUrl', 'notify'].filter((key) => key in deployment)).toEqual([])
  }
})

test('leaves out of a bundle what reads the files that people write', async () => {
  for (const name of BUNDLED) {
    const { inputs } = await bundle(name)
    const read = Object.keys(inputs).filter((path) =>
      /node_modules\/(zod|yaml|ajv|astro)\/|^functions\/([\w-]+-schema|manifest[\w-]*|register-file|rules-file|yaml)\.ts$/.test(
        path,
      ),
    )
    expect([name, read]).toEqual([name, []])
  }
})

test('names every package with code in a bundle beside the text of its licence', async () => {
  const licences = Buffer.from((await contents(full, 'scrape')).LICENSES).toString('utf8')
  for (const name of ['@aws-sdk/client-s3', '@smithy/core', 'hyparquet', 'hyparquet-writer']) {
    expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'))
  }
  expect(licences).toContain('Apache License')
  expect(licences).toContain('MIT License')
  const site = await contents(full, 'publish')
  const ofPages = (side: string) => Buffer.from(site[`site/${side}/LICENSES.txt`]).toString('utf8')
  expect(ofPages('server')).toMatch(/^## astro - \d/m)
  expect(ofPages('client')).toMatch(/^## chart\.js - \d/m)
})

elsewhere(
  `gives the same bytes in another checkout, without credentials${elsewhereHow}`,
  async () => {
    // Beside this one's build, since links do not leave a file system.
    await mkdir(join(ROOT, 'build'), { recursive: true })
    checkout = await mkdtemp(join(ROOT, 'build', 'another-'))
    await run('cp', ['-al', join(ROOT, 'node_modules'), join(checkout, 'node_modules')])
    for (const source of ['functions', 'infra', 'site', 'package.json', 'package-lock.json', 'serverless.yml']) {
      const filter = (path: string) => !/\/site\/(dist|node_modules|\.astro)$/.test(path)
      await cp(join(ROOT, source), join(checkout, source), { recursive: true, filter })
    }
    const again = join(folder, 'again')
    const before = canLeaveNetwork ? ['unshare', '-n'] : ['env']
    expect(await pack(checkout, 'full.yaml', again, before)).toBe(output)
    for (const file of [TEMPLATE, ...FUNCTIONS.map((name) => `build/${name}.zip`)]) {
      expect([file, sha256(await readFile(join(again, file)))]).toEqual([
        file,
        sha256(await readFile(join(full, file))),
      ])
    }
  },
  240_000,
)

linted(
  `makes templates that cfn-lint has nothing against${lintHow}`,
  async () => {
    const templates = [full, spare].map((out) => join(out, TEMPLATE))
    const { stdout } = await run('cfn-lint', templates).catch((error) => error)
    expect(stdout).toBe('')
  },
  180_000,
)

test('names what is deployed by its content', async () => {
  const keys = Object.values(await template(full))
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => (Properties.Code as { S3Key: string }).S3Key)
  const digest = sha256(
    Buffer.from(
      FUNCTIONS.map(
        (name) =>
          `${name} ${output
            .split('\n')
            .find((line) => line.startsWith(name))
            ?.split(' ')
            .at(-1)}\n`,
      ).join(''),
    ),
  )
  expect(keys.sort()).toEqual(
    FUNCTIONS.map((name) => `serverless/acme-egress/prod/${digest.slice(0, 32)}/${name}.zip`).sort(),
  )
})

test('gives every function a role, a log of its own and what the configuration says', async () => {
  const resources = await template(full)
  const table = ['Dispatch', 'Scrape', 'Publish', 'Seal'].map((name) => {
    const { Properties: f } = resources[`${name}LambdaFunction`]
    const { Properties: log } = resources[`${name}LogGroup`]
    const environment = Object.keys((f.Environment as { Variables: object }).Variables).sort()
    return [f.FunctionName, f.Role, f.Runtime, f.Architectures, f.MemorySize, f.Timeout, environment, log]
  })
  const row = (name: string, role: string, memory: number, timeout: number, environment: string[]) => {
    const log = { LogGroupName: `/aws/lambda/acme-egress-${name}`, RetentionInDays: 30 }
    const rest = [memory, timeout, environment, log]
    return [`acme-egress-${name}`, { 'Fn::Sub': `\${${role}.Arn}` }, 'nodejs24.x', ['arm64'], ...rest]
  }
  expect(table).toEqual([
    row('dispatch', 'DispatchRole', 128, 10, ['QUEUE_URL', 'WHARFAGE_STACK']),
    row('scrape', 'ScrapeRole', 3008, 60, ['WHARFAGE_STACK']),
    row('publish', 'PublishRole', 1024, 900, ['SITE_BUCKET', 'WHARFAGE_STACK']),
    row('seal', 'SealRole', 512, 300, ['WHARFAGE_STACK']),
  ])
  expect(resources.ScrapeLambdaFunction.Properties.VpcConfig).toEqual({
    SecurityGroupIds: ['sg-0123456789abcdef0'],
    SubnetIds: ['subnet-0123456789abcdef0'],
  })
  const { Properties: scrape } = (await template(spare)).ScrapeLambdaFunction
  expect([scrape.VpcConfig, scrape.MemorySize]).toEqual([undefined, 2048])
})

interface Statement {
  Sid: string
  Effect: string
  Action: string | string[]
  Resource: unknown
}

function statementsOf(resource: { Properties: Record<string, unknown> }): Statement[] {
  const policies = resource.Properties.Policies as { PolicyDocument: { Statement: Statement[] } }[]
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
}

test('lets no role delete, change a policy, or act on more than it names', async () => {
  const roles = Object.entries(await template(full)).filter(([, { Type }]) => Type === 'AWS::IAM::Role')
  expect(roles.map(([id]) => id).sort()).toEqual(['DispatchRole', 'PublishRole', 'ScrapeRole', 'SealRole'])
  for (const [, role] of roles) {
    for (const { Sid, Effect, Action, Resource } of statementsOf(role)) {
      // Lambda itself joins the VPC with this one, and the code is denied it.
      if (Effect === 'Deny' || Sid === 'JoinVpc') continue
      for (const action of [Action].flat()) expect(action).not.toMatch(/\*|Policy|^(?!sqs:).*Delete|Bypass/)
      for (const resource of [Resource].flat()) expect(JSON.stringify(resource)).not.toMatch(/^"\*"$|:::\*/)
    }
  }
})

test('gives no permission that the configuration has no use for', async () => {
  const { ScrapeRole, SealRole } = await template(spare)
  const actions = [ScrapeRole, SealRole].flatMap(statementsOf).flatMap(({ Action }) => Action)
  expect(actions.filter((action) => /^(ec2|secretsmanager):|Retention/.test(action))).toEqual([])
  const used = statementsOf((await template(full)).ScrapeRole)
  expect(used.find(({ Sid }) => Sid === 'ReadSecrets')).toEqual({
    Sid: 'ReadSecrets',
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: [SECRET],
  })
  expect(used.map(({ Sid }) => Sid)).toEqual(expect.arrayContaining(['JoinVpc', 'RetainWhatIsWritten']))
})

test('keeps the ledger’s bucket when the stack goes, and leaves one that is there already alone', async () => {
  const { DataBucket, DataBucketPolicy } = await template(full)
  expect(DataBucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' })
  expect(DataBucket.Properties).toMatchObject({
    BucketName: 'acme-egress',
    ObjectLockEnabled: true,
    VersioningConfiguration: { Status: 'Enabled' },
  })
  expect(JSON.stringify(DataBucket.Properties.LifecycleConfiguration)).not.toMatch(
    /rollups|seals|keys|declarations|"ExpirationInDays/,
  )
  // Whatever the prefix is, or was.
  const guarded = JSON.stringify(DataBucketPolicy.Properties).match(/\}\/[^"]+[^*"][^"]*/g)
  expect(guarded).toEqual(
    [0, 1].flatMap(() => [
      ...['}/*rollups/target=*', '}/*seals/date=*', '}/*declarations/kind=*'],
      ...['}/*bills/month=*', '}/*keys/*.pem'],
    ]),
  )
  const ids = Object.keys(await template(spare))
  expect(ids).toContain('SiteBucket')
  expect(ids.filter((id) => id.startsWith('DataBucket'))).toEqual([])
})

test('asks each minute, publishes each hour, seals each day, and does no work twice', async () => {
  const resources = await template(full)
  const schedule = (name: string) => resources[`${name}EventsRuleSchedule1`].Properties.ScheduleExpression
  expect(['Dispatch', 'Publish', 'Seal'].map(schedule)).toEqual([
    'cron(* * * * ? *)',
    'cron(10 * * * ? *)',
    'cron(20 2 * * ? *)',
  ])
  const retries = (name: string) => resources[`${name}LambdaEvConf`].Properties.MaximumRetryAttempts
  expect(['Dispatch', 'Publish', 'Seal'].map(retries)).toEqual([0, 0, 1])
  expect(resources.ScrapeEventSourceMappingSQSScrapeQueue.Properties).toMatchObject({
    BatchSize: 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  })
  const { VisibilityTimeout, RedrivePolicy } = resources.ScrapeQueue.Properties
  expect(VisibilityTimeout).toBe(6 * (resources.ScrapeLambdaFunction.Properties.Timeout as number))
  expect(RedrivePolicy).toMatchObject({ maxReceiveCount: 2 })
})

test('reserves no concurrency, of which a new account has none to spare', async () => {
  for (const { Type, Properties } of Object.values(await template(full))) {
    if (Type === 'AWS::Lambda::Function') expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions')
  }
})

test('lets CloudFormation name the bucket of the pages, which stays when the stack goes', async () => {
  const { SiteBucket, PublishLambdaFunction } = await template(spare)
  expect(SiteBucket).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' })
  expect(SiteBucket.Properties).not.toHaveProperty('BucketName')
  expect(PublishLambdaFunction.Properties.Environment).toMatchObject({
    Variables: { SITE_BUCKET: { Ref: 'SiteBucket' } },
  })
})

test('runs nothing before all that can fail is there, and writes nothing into a bucket that is not guarded', async () => {
  const waits = async (out: string) => {
    const resources = await template(out)
    const ids = ['DispatchEventsRuleSchedule1', 'PublishEventsRuleSchedule1', 'SealEventsRuleSchedule1']
    return [...ids, 'ScrapeEventSourceMappingSQSScrapeQueue'].map((id) => resources[id].DependsOn ?? [])
  }
  const site = ['SiteBucketPolicy']
  expect(JSON.stringify((await template(full)).SiteBucketPolicy)).toContain(`\${Distribution}`)
  const data = ['DataBucketPolicy']
  expect(await waits(full)).toEqual([site, [...site, ...data], data, data])
  expect(await waits(spare)).toEqual([site, site, [], []])
})

test('has room for two alarms of each of as many targets as are taken', async () => {
  const perTarget = /^(HeadTooOld|Halted)prod/
  const ids = Object.keys(await template(full))
  expect(ids.filter((id) => perTarget.test(id))).toHaveLength(4)
  expect(ids.filter((id) => !perTarget.test(id)).length + 2 * MAX_TARGETS).toBeLessThanOrEqual(500)
})

test('takes an old build away first, so that it is never deployed in place of one that failed', async () => {
  const out = join(folder, 'again-and-again')
  await cp(join(spare, '.serverless'), join(out, '.serverless'), { recursive: true })
  await cp(join(spare, 'build', 'stack.json'), join(out, 'build', 'stack.json'))
  await writeFile(join(folder, 'mistaken.yaml'), `${SPARE_CONFIG}\nretention: {}\n`)
  await expect(pack(ROOT, 'mistaken.yaml', out)).rejects.toMatchObject({ code: 2 })
  expect(await readdir(out, { recursive: true })).toEqual(['build'])
})

test('leaves nothing to deploy when it is killed, and the next run makes all of it', async () => {
  const out = join(folder, 'killed')
  await cp(join(full, '.serverless'), join(out, '.serverless'), { recursive: true })
  const args = ['--disable-warning=ExperimentalWarning', join(ROOT, 'infra/package.ts')]
  const child = spawn(process.execPath, [...args, '--config', join(folder, 'spare.yaml'), '--out', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  for await (const said of child.stderr) if (`${said}`.includes('bundling publish')) child.kill('SIGKILL')
  expect(child.signalCode).toBe('SIGKILL')
  expect(await readdir(out)).toEqual(['build'])
  expect(await readdir(join(out, 'build'))).not.toContain('stack.json')
  await pack(ROOT, 'spare.yaml', out)
  const all = async (dir: string) => (await readdir(dir, { recursive: true })).sort()
  expect(await all(out)).toEqual(await all(spare))
  const { PublishLambdaFunction } = await template(out)
  expect(PublishLambdaFunction.Properties.FunctionName).toBe('wharfage-publish')
}, 60_000)

test('tells what it cannot read beside what is required, with exit code 2, and writes nothing', async () => {
  await writeFile(
    join(folder, 'unreadable.yaml'),
    CONFIG.replace('interval: 5m', 'interval: 90s')
      .replace('file:ca.pem', 'file:gone.pem')
      .replace('file:password', 'env:GONE'),
  )
  const { code, stderr } = await pack(ROOT, 'unreadable.yaml', join(folder, 'unreadable')).catch((error) => error)
  expect(code).toBe(2)
  expect(stderr.trim().split('\n').slice(1)).toEqual([
    expect.stringMatching(/^ {2}targets\[1\]\.interval: must be a whole number of minutes/),
    expect.stringMatching(/^ {2}aws\.viewers\.password: secret env:GONE is not there/),
    expect.stringMatching(/^ {2}targets prod-eu: auth\.tls\.ca: file \S+gone\.pem cannot be read \(ENOENT\)/),
  ])
  expect(await readdir(folder)).not.toContain('unreadable')
})

test('tells with exit code 2 every mistake of the files that a configuration names, and of itself', async () => {
  await mkdir(join(folder, 'mistaken'))
  const files = {
    'wharfage.yaml': CONFIG.replaceAll('file:', 'file:../').replace('interval: 5m', 'interval: 90s'),
    'mesh/entries.yaml': ENTRY.replace('resolution: DNS', 'resolution: BY_HAND'),
    'us.yaml': ENTRY.replace('number: 443', 'number: 0'),
    'register.yaml': DECLARED['register.yaml'].replace('[shop]', '["nobody:shop"]'),
    'findings.yaml': 'registry: [shop]\n',
  }
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'mistaken', file)), { recursive: true })
    await writeFile(join(folder, 'mistaken', file), text)
  }
  const refused = pack(ROOT, 'mistaken/wharfage.yaml', join(folder, 'mistaken', 'out'))
  const { code, stderr } = await refused.catch((error) => error)
  expect(code).toBe(2)
  expect(
    stderr
      .trim()
      .split('\n')
      .filter((line: string) => line.startsWith(' ')),
  ).toEqual([
    expect.stringMatching(/^ {2}mesh\/entries\.yaml:4:\d+ spec\.resolution: must be one of .*, not "BY_HAND"$/),
    expect.stringMatching(/^ {2}us\.yaml:4:\d+ spec\.ports\[0\]\.number: /),
    expect.stringMatching(/^ {2}1:1 registry: is no key of the file of findings/),
    expect.stringMatching(/^ {2}2:\d+ entries\[0\]\.from\[0\]: "nobody:shop" is of no target of the configuration/),
    expect.stringMatching(/^ {2}targets\[1\]\.interval: must be a whole number of minutes/),
  ])
  expect(await readdir(join(folder, 'mistaken'))).not.toContain('out')
})

test('refuses, with exit code 2, everything that stands against a configuration at once', async () => {
  await writeFile(
    join(folder, 'wrong.yaml'),
    "store: ./data\ntargets: [{ name: prod, url: 'http://localhost/federate', interval: 90s, auth: { bearer: 'env:T' } }]\n",
  )
  const { code, stdout, stderr } = await pack(ROOT, 'wrong.yaml', join(folder, 'wrong')).catch((error) => error)
  expect([code, stdout]).toEqual([2, ''])
  const [head, ...lines] = stderr.trim().split('\n')
  expect(head).toBe(`configuration ${join(folder, 'wrong.yaml')} misses 5 requirements of AWS:`)
  expect(lines.map((line: string) => line.split(':')[0].trim())).toEqual([
    'store',
    'aws',
    'targets[0].interval',
    'targets[0].url',
    'targets[0].auth.bearer',
  ])
  expect(await readdir(folder)).not.toContain('wrong')
})
