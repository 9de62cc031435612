/**
 * Six hours of two meshes, seen twice: by the packaged functions, driven by a schedule and a queue as AWS would, with what
 * goes wrong there now and then, and by the command line on a folder. Both look at the same simulated moments.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { SQSBatchResponse } from 'aws-lambda'
import { main } from '../functions/cli.ts'
import { cloudLine } from '../functions/demo/declared.ts'
import { createMesh, type Mesh } from '../functions/demo/mesh.ts'
import { serveMesh } from '../functions/demo/server.ts'
import { instant } from '../functions/demo/world.ts'
import { folderStore } from '../functions/store/folder.ts'
import type { FunctionName } from '../infra/bundle.ts'
import { packageStack } from '../infra/package.ts'
import type { Fault, FaultMatch } from './aws.ts'
import { makeKmsKey } from './aws-kms.ts'
import { curFile } from './bill-sample.ts'
import { type Deployed, deploy, readPackaged } from './deployed.ts'
import { type Gate, openGate } from './gate.ts'
import { type Hook, openHook } from './hook.ts'
import type { Invocation } from './lambda.ts'
import { scheduledEvent, sqsEvent } from './lambda-events.ts'

export const STACK = 'egress'
export const BUCKET = 'acme-ledger'
export const PREFIX = 'egress/'
export const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:prometheus/prod-us-a1B2c3'
export const HOOK_ARN = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:hooks/findings-d4E5f6'
export const TOPIC_ARN = 'arn:aws:sns:eu-west-1:000000000000:findings'
export const KEY_ARN = 'arn:aws:kms:eu-west-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab'
export const HOOK_SECRET = 'posted-by-whoever-knows-9Zr2'
export const TOKENS = ['first-token-4fTq9', 'second-token-x77Lm']

const BILL_FILE = 'cur-2026-10.csv'
const MINUTE_MS = 60_000
const FROM = instant('2026-10-17 20:00')
const LAST = instant('2026-10-18 02:10') // when the rollup of the sixth hour has been written
/** A schedule ticks a little after its minute; so the first body's newest sample lies in the first hour. */
const DELAY_MS = 20_000

export interface SixHours {
  deployed: Deployed
  meshes: readonly Mesh[]
  gate: Gate
  hook: Hook // to which new findings are posted
  folder: string // of the command line: wharfage.yaml, bucket.yaml, data/ and site/
  invocations: Record<FunctionName, Invocation[]>
  killed: Invocation[] // of scrape, by us
  commandFailures: string[] // what the command line said, where it failed
  close(): Promise<void>
}

/** What goes wrong from which of the scrapes on, counted from 0. All of it is made good by whoever meets it. */
const FAULTS: Record<number, [Fault, FaultMatch]> = {
  3: [{ kind: 'lose response' }, { operation: 'PutObject', key: /checkpoints\/prod-eu$/ }],
  5: [{ kind: 'lose request' }, { operation: 'Publish' }],
  8: [{ kind: 'lose request' }, { operation: 'PutObject', key: /checkpoints\/prod-us$/ }],
  13: [
    { kind: 'answer', status: 500, code: 'InternalError' },
    { operation: 'PutObject', key: /checkpoints\// },
  ],
  15: [{ kind: 'lose response' }, { operation: 'PutObject', key: /rollups\// }],
  20: [
    { kind: 'answer', status: 409, code: 'ConditionalRequestConflict' },
    { operation: 'PutObject', key: /prod-eu$/ },
  ],
  23: [
    { kind: 'cut body', after: 1000 },
    { operation: 'GetObject', key: /checkpoints\/prod-us$/ },
  ],
  27: [
    { kind: 'answer', status: 503, code: 'SlowDown' },
    { operation: 'PutObject', key: /rollups\// },
  ],
  30: [{ kind: 'lose response' }, { operation: 'PutObject', key: /\/keys\// }],
  33: [{ kind: 'lose response' }, { operation: 'GetObject', key: /checkpoints\/prod-eu$/ }],
}
const STANDSTILL = [44, 45, 46, 47, 48] // the schedule does nothing: a gap, filled from raw samples
const NEW_TOKEN = 36
const KILLED = 41

/** Packages and deploys, and lives the six hours; the meshes answer at `address`, which must not be loopback. */
export async function liveSixHours(address: string): Promise<SixHours> {
  const folder = mkdtempSync(join(tmpdir(), 'wharfage-six-hours-'))
  const opened: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    opened.push(one)
    return one
  }
  const close = async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const meshes = [createMesh('prod-eu'), createMesh('prod-us')]
    const [open, hidden] = [keep(await serveMesh(meshes[0], address)), keep(await serveMesh(meshes[1]))]
    const gate = keep(await openGate(address, hidden.url, TOKENS[0]))
    const hook = keep(await openHook(address, HOOK_SECRET))
    const out = join(folder, 'package')
    await packageStack({ config: writeConfigurations(folder, meshes, [open.url, gate.url]), out })
    const authorities = join(folder, 'authorities.pem')
    writeFileSync(authorities, hook.authority)
    const around = { NODE_EXTRA_CA_CERTS: authorities, PRIVATE_ZONE: JSON.stringify({ [hook.host]: address }) }
    const deployed = keep(await deploy(readPackaged(out), STACK, around))
    deployed.aws.topics.set(TOPIC_ARN, [])
    deployed.aws.secrets.set(HOOK_ARN, hook.url)
    deployed.aws.keys.set(KEY_ARN, makeKmsKey())
    const invocations = { dispatch: [], scrape: [], publish: [], seal: [] }
    const life: SixHours = { deployed, meshes, gate, hook, folder, invocations, killed: [], commandFailures: [], close }
    setToken(life, TOKENS[0])
    await live(life)
    return life
  } catch (error) {
    await close()
    throw error
  }
}

async function live(life: SixHours): Promise<void> {
  let scrapes = 0
  for (let time = FROM; time <= LAST; time += MINUTE_MS) {
    for (const mesh of life.meshes) mesh.setNow(time + DELAY_MS)
    if (time % (5 * MINUTE_MS) === 0 && STANDSTILL.includes(scrapes)) {
      scrapes++
      continue
    }
    await tick(life, 'dispatch', time)
    const messages = takeMessages(life.deployed)
    if (messages.length > 0) await scrapeBoth(life, messages, scrapes++)
    if (time % (60 * MINUTE_MS) === 10 * MINUTE_MS) await tick(life, 'publish', time)
  }
  // The second one finds all days sealed.
  for (const _ of [1, 2]) await tick(life, 'seal', LAST)
  for (const _ of [1, 2]) await command(life, ['seal'], life.deployed.aws.env)
  // A bill comes from whoever has it, never from a function; the second time it is there.
  writeFileSync(join(life.folder, BILL_FILE), octoberBill())
  for (const _ of [1, 2]) {
    await command(life, ['bill', 'import', BILL_FILE, '--config', 'bucket.yaml'], life.deployed.aws.env)
  }
  await tick(life, 'publish', LAST)
  await copyImmutable(life, ['declarations/', 'bills/'])
  // Once is enough: pages do not tell how often they were published.
  await command(life, ['publish'])
}

/**
 * What is declared and what is imported tell when that was: the command line's folder gets the same records, and has nothing
 * to add to them.
 */
async function copyImmutable({ deployed, folder }: SixHours, prefixes: readonly string[]): Promise<void> {
  const store = folderStore(join(folder, 'data'))
  for (const [key, { bytes }] of deployed.aws.objects(BUCKET)) {
    const own = key.slice(PREFIX.length)
    if (prefixes.some((prefix) => own.startsWith(prefix))) await store.put(own, bytes, 'absent')
  }
}

/** A bill of the month: what left both regions to the internet, and what passed the gateways, by the day. */
function octoberBill(): string {
  const days = ['17', '18', '19'].map((day) => `2026-10-${day}T00:00:00.000Z`)
  const meters = [
    { meter: 'EUW1-DataTransfer-Out-Bytes', amount: '3.5', cost: '0.315', region: 'eu-west-1' },
    { meter: 'DataTransfer-Out-Bytes', amount: '1.25', cost: '0.1125', region: 'us-east-1' },
    { meter: 'EUW1-NatGateway-Bytes', amount: '2.000000001', cost: '0.096000000048', region: 'eu-west-1' },
  ]
  const period = '2026-10-01T00:00:00.000Z'
  return curFile(
    meters.flatMap((meter) => days.slice(1).map((until, i) => ({ ...meter, period, from: days[i], until }))),
  )
}

/** Invokes a function as its schedule does. */
async function tick({ deployed, invocations }: SixHours, name: 'dispatch' | 'publish' | 'seal', time: number) {
  invocations[name].push(await deployed.functions[name].invoke(scheduledEvent(deployed.ruleOf(name), time)))
}

/** Empties the queue: the bodies of its messages. */
export function takeMessages({ aws, queueUrl }: Deployed): string[] {
  return aws.queues.get(queueUrl)?.splice(0) ?? []
}

/** What scrape says it could not do, by the queue's contract. */
export function failuresOf({ payload }: Invocation): string[] {
  return (payload as SQSBatchResponse).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

async function scrapeBoth(life: SixHours, messages: string[], n: number): Promise<void> {
  const { functions, aws } = life.deployed
  if (n === NEW_TOKEN) setToken(life, TOKENS[1])
  if (FAULTS[n] !== undefined) aws.fault(...FAULTS[n])
  if (n % 12 === 6) await functions.scrape.restart()
  if (n === KILLED) await scrapeAndKill(life, messages)
  const deliveries = [
    messages.map((message) => [message]), // each by itself
    [messages], // all in one batch
    [messages, messages], // delivered twice
    [[...messages, ...messages.toReversed()]], // twice within a batch
  ][n % 4]
  for (const batch of deliveries) await scrape(life, batch)
  if (n % 12 === 10) await overlap(life, messages)
  // Mostly in this process, which is faster; now and then as a person would.
  if (n % 36 === 0) await command(life, ['scrape'])
  else await commandWithin(life, ['scrape'])
}

async function scrape({ deployed, invocations }: SixHours, messages: string[], process = deployed.functions.scrape) {
  invocations.scrape.push(await process.invoke(sqsEvent(deployed.queueArn, messages)))
}

const COMMIT = { operation: 'PutObject', key: `${PREFIX}checkpoints/prod-eu` }

/** The same messages in two processes at once: first at a moment that has been scraped, then at a new one. */
async function overlap(life: SixHours, messages: string[]): Promise<void> {
  const { functions, aws, startFunction } = life.deployed
  const other = await startFunction('scrape')
  const scrapeInBoth = () => Promise.all([functions.scrape, other].map((one) => scrape(life, messages, one)))
  await scrapeInBoth()
  await commandWithin(life, ['scrape'])
  for (const mesh of life.meshes) mesh.setNow(mesh.now() + MINUTE_MS / 2)
  // Neither may commit before both want to.
  const [bothCommit, commit] = gathering(life.deployed, 2)
  aws.fault({ kind: 'wait', until: bothCommit }, { ...COMMIT, times: 2 })
  await scrapeInBoth().finally(commit)
  await other.close()
}

/** A scrape whose process dies while its commit is on the way; the write lands after that. */
async function scrapeAndKill(life: SixHours, messages: string[]): Promise<void> {
  const { functions, aws, queueArn } = life.deployed
  const [committing, giveUp] = gathering(life.deployed, 1)
  const { promise: dead, resolve: bury } = Promise.withResolvers<void>()
  aws.fault({ kind: 'wait', until: dead }, COMMIT)
  const invoked = functions.scrape.invoke(sqsEvent(queueArn, messages)).finally(giveUp)
  await committing
  await functions.scrape.restart()
  life.killed.push(await invoked)
  bury()
}

/** Resolves when so many more commits have come in, or when told not to wait for them. */
function gathering({ aws }: Deployed, commits: number): [gathered: Promise<void>, giveUp: () => void] {
  const came = () =>
    aws.requests.filter(({ operation, key }) => operation === COMMIT.operation && key === COMMIT.key).length
  const enough = came() + commits
  let given = false
  const wait = async () => {
    while (came() < enough && !given) await setTimeout(5)
  }
  return [
    wait(),
    () => {
      given = true
    },
  ]
}

/** Runs a command in this process, in the folder of the command line; gives what it would write to standard output. */
export async function commandWithin(life: SixHours, args: string[]): Promise<string> {
  const said: string[] = []
  let stdout = ''
  const code = await main(args, {
    out: async (bytes) => {
      stdout += typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')
    },
    say: (line) => said.push(line),
    progress: () => {},
    stop: new AbortController().signal,
    cwd: life.folder,
  })
  if (code !== 0) life.commandFailures.push(`${args.join(' ')}: exit code ${code}: ${said.join('\n')}`)
  return stdout
}

const BIN = join(import.meta.dirname, '..', 'bin', 'wharfage')

/** Runs bin/wharfage in the folder of the command line; gives its standard output. */
export async function command(life: SixHours, args: string[], env: Record<string, string> = {}): Promise<string> {
  const { npm_lifecycle_event: _, INIT_CWD: __, ...own } = process.env
  const child = spawn(BIN, args, { cwd: life.folder, env: { ...own, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  const [code] = await once(child, 'close')
  if (code !== 0) life.commandFailures.push(`${args.join(' ')}: exit code ${code}: ${output.stderr}`)
  return output.stdout
}

/** The token that the second mesh wants, and the places where either side finds it. */
function setToken({ gate, deployed, folder }: SixHours, token: string): void {
  gate.token = token
  deployed.aws.secrets.set(SECRET_ARN, JSON.stringify({ token }))
  writeFileSync(join(folder, 'token'), token)
}

/** The same meshes kept in a folder and in a bucket; gives the path of the latter. */
function writeConfigurations(folder: string, meshes: readonly Mesh[], urls: readonly string[]): string {
  const write = (file: string, store: string, token: string, more: readonly string[]) => {
    const targets = meshes.flatMap((mesh, i) => [
      `  - name: ${mesh.name}`,
      `    url: ${urls[i]}/federate`,
      '    interval: 5m',
      `    gateways: [${mesh.gateways.join(', ')}]`,
      `    waypoints: [${mesh.waypoints.join(', ')}]`,
      `    ${cloudLine(mesh.name, LAST)}`,
      ...(i === 1 ? [`    auth: { bearer: '${token}' }`] : []),
    ])
    const lines = [`store: ${store}`, 'targets:', ...targets, ...DECLARED, ...more]
    const path = join(folder, file)
    writeFileSync(path, `${lines.join('\n')}\n`)
    return path
  }
  write('wharfage.yaml', './data', 'file:token', [])
  return write('bucket.yaml', `s3://${BUCKET}/${PREFIX}`, `${SECRET_ARN}:token`, AWS_SETTINGS)
}

const DEMO = join(import.meta.dirname, '..', 'functions', 'demo', 'declared')
const manifests = (target: string, names: readonly string[]) =>
  names.map((name) => `  - { path: '${join(DEMO, 'istio', target, name)}.yaml', target: ${target} }`)

/** The demo's own, as they are in these hours. */
const DECLARED = [
  "site: { title: Six hours, outDir: ./site, url: 'https://egress.example' }",
  'istio:',
  ...manifests('prod-eu', ['mesh-allow-any', 'legacy-sidecar', 'entries']),
  ...manifests('prod-us', ['mesh-allow-any', 'entries', 'datadog-none']),
  `register: '${join(DEMO, 'register.yaml')}'`,
  `findings: '${join(DEMO, 'findings.yaml')}'`,
  `prices: '${join(DEMO, 'prices', '2026-10-17.yaml')}'`,
  `owners: '${join(DEMO, 'owners.yaml')}'`,
  `budgets: '${join(DEMO, 'budgets.yaml')}'`,
  `signing: { kms: '${KEY_ARN}' }`,
]

const AWS_SETTINGS = [
  `notify: { sns: '${TOPIC_ARN}', webhook: '${HOOK_ARN}' }`,
  'retention: { days: 400 }',
  'aws:',
  '  region: eu-west-1',
  `  stack: ${STACK}`,
  '  vpc: { subnets: [subnet-0123456789abcdef0], securityGroups: [sg-0123456789abcdef0] }',
]
