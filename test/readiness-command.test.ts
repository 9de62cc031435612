/** The command as a person at a terminal has it: a ledger in a folder, a configuration beside it, files written. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReadinessReport } from '#core/reports/readiness.ts'
import { HOUR_MS } from '#core/time.ts'
import { type Terminal, UsageError, type Values } from '../functions/command/command.ts'
import { readiness } from '../functions/command/readiness.ts'
import { readManifests } from '../functions/manifests.ts'
import { recordDeclaration } from '../functions/stage/declarations.ts'
import { folderStore } from '../functions/store/folder.ts'
import { encodeChain, flowRow, hourRecord, tcpRow, writeChain } from './flow-rows.ts'

const FIRST = Date.UTC(2026, 10, 20)
const MANIFEST = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: feeds, namespace: shop }
spec:
  hosts: [feeds.compare.example]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: DNS
`

let ledger: string // of three whole days and one that is open; only read
let folder: string // where the person is, with a configuration

beforeAll(async () => {
  ledger = mkdtempSync(join(tmpdir(), 'wharfage-ledger-'))
  const passthrough = { destinationClass: 'passthrough', destinationService: 'PassthroughCluster' } as const
  const nameless = { ...passthrough, destinationHost: '', sourceNamespace: 'legacy' }
  const rows = [
    flowRow({ ...passthrough, destinationHost: 'feeds.compare.example', requests: 5, egressBytes: 1000 }),
    flowRow({ sourceNamespace: 'billing', requests: 1, egressBytes: 10 }),
    { ...tcpRow('-', { connectionsClosed: 2, egressBytes: 500 }), ...nameless },
  ]
  const hours = Array.from({ length: 73 }, (_, n) => hourRecord('mesh', FIRST + n * HOUR_MS, rows))
  await writeChain(folderStore(ledger), encodeChain(hours))
})

afterAll(() => rmSync(ledger, { recursive: true }))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wharfage-readiness-'))
  configure(ledger)
})

afterEach(() => rmSync(folder, { recursive: true }))

function configure(store: string, istio = ''): void {
  const target = 'targets:\n  - { name: mesh, url: "http://prometheus.example/federate" }\n'
  writeFileSync(join(folder, 'wharfage.yaml'), `store: ${store}\n${target}${istio}`)
}

async function run(values: Values = {}, words: string[] = []) {
  const output = { code: -1, out: '', said: [] as string[] }
  const terminal: Terminal = {
    async out(bytes) {
      output.out += bytes
    },
    say: (line) => output.said.push(line),
    progress() {},
    stop: new AbortController().signal,
    cwd: folder,
  }
  output.code = await readiness.run(values, words, terminal)
  return output
}

const reportOf = async (values: Values = {}): Promise<ReadinessReport> =>
  JSON.parse((await run({ ...values, json: true })).out)

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort()
}

test('it says of each namespace of the days that are over where it stands, and why', async () => {
  const { code, out } = await run({ window: '2' })
  expect(code).toBe(0)
  expect(out).toBe(
    [
      '2026-11-20 through 2026-11-22: 3 of 3 days observed whole; 2 such days without a new destination make a namespace ready',
      '',
      'target  namespace  readiness  mode       stable days  would break  declared',
      'mesh    shop       not-ready  not known  2            1            0',
      'mesh    legacy     not-ready  not known  2            1            0',
      'mesh    billing    ready      not known  2            0            1',
      '',
      'mesh shop: One destination would break; these manifests declare it.',
      '  feeds.compare.example (http; 360 requests, 72.0 kB out): No ServiceEntry declares it: it went out as what the mesh does not know, last on 2026-11-22.',
      '',
      'mesh legacy: One destination would break, and it cannot be declared before somebody finds out what it is.',
      '  (unknown) (tcp; 144 connections, 36.0 kB out): TLS or plain TCP to a place that nothing declares: no proxy could know its name, so nothing can be drafted; look at the workload’s own configuration or at DNS logs for where it connects.',
      '',
      'mesh billing: One destination is declared, and no new one was met for 2 days that were observed.',
      '',
    ].join('\n'),
  )
})

test('with --out the manifests are files in a new folder, with instructions beside them', async () => {
  const { said } = await run({ out: 'drafts' })
  expect(said).toEqual([`wrote 6 manifests to ${join(folder, 'drafts')}`])
  expect(filesIn(join(folder, 'drafts'))).toEqual([
    'README.md',
    'mesh/allow/shop/serviceentry-feeds-compare-example.yaml',
    'mesh/encrypt/shop/destinationrule-feeds-compare-example.yaml',
    'mesh/encrypt/shop/serviceentry-feeds-compare-example.yaml',
    'mesh/scope/billing/sidecar-default.yaml',
    'mesh/scope/legacy/sidecar-default.yaml',
    'mesh/scope/shop/sidecar-default.yaml',
  ])
  expect(readFileSync(join(folder, 'drafts/README.md'), 'utf8')).toContain('from 2026-11-20 through 2026-11-22')
})

test('what no manifest can do stands in the instructions', async () => {
  writeFileSync(
    join(folder, 'istio.yaml'),
    MANIFEST.replace('80, name: http, protocol: HTTP', '443, name: tls, protocol: TLS'),
  )
  configure(ledger, 'istio: [istio.yaml]\n')
  await run({ out: 'drafts', namespace: 'shop' })
  const readme = readFileSync(join(folder, 'drafts/README.md'), 'utf8')
  expect(readme).toContain(
    '\n    mesh shop:\n    - Add port 80 to ServiceEntry shop/feeds (istio.yaml:1): kubectl patch serviceentry feeds -n shop',
  )
})

test('an empty folder is taken, and one that holds anything is left as it is', async () => {
  mkdirSync(join(folder, 'empty'))
  await run({ out: 'empty' })
  expect(filesIn(join(folder, 'empty'))).toHaveLength(7)
  mkdirSync(join(folder, 'mine'))
  writeFileSync(join(folder, 'mine/notes.txt'), 'mine')
  await expect(run({ out: 'mine' })).rejects.toThrow(
    new UsageError(`--out ${join(folder, 'mine')} is not empty; name a new folder`),
  )
  expect(filesIn(join(folder, 'mine'))).toEqual(['notes.txt'])
  await expect(run({ out: 'mine/notes.txt' })).rejects.toThrow('is no folder that can be read (ENOTDIR)')
})

test('where nothing is to be drafted no folder is made', async () => {
  writeFileSync(
    join(folder, 'wharfage.yaml'),
    `${readFileSync(join(folder, 'wharfage.yaml'), 'utf8')}istio: [istio.yaml]\n`,
  )
  const mesh = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n'
  writeFileSync(join(folder, 'istio.yaml'), `${mesh}    outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n`)
  const { said } = await run({ out: 'drafts', namespace: 'billing' })
  expect(said).toEqual(['nothing is to be drafted, so nothing was written'])
  expect(existsSync(join(folder, 'drafts'))).toBe(false)
})

test('manifests that the configuration names count, and so do those that were recorded', async () => {
  const shop = async () => (await reportOf({ namespace: 'shop' })).namespaces[0].breaking.map(({ host }) => host)
  expect(await shop()).toEqual(['feeds.compare.example'])
  writeFileSync(join(folder, 'istio.yaml'), MANIFEST)
  configure(ledger, 'istio: [istio.yaml]\n')
  expect(await shop()).toEqual([])
  cpSync(ledger, join(folder, 'data'), { recursive: true })
  configure('./data')
  const { configs } = await readManifests([{ path: join(folder, 'istio.yaml'), target: null }])
  await recordDeclaration(folderStore(join(folder, 'data')), { kind: 'istio', content: configs, from: '2026-11-21' })
  expect(await shop()).toEqual([])
})

test('--days are the newest that are over, and nothing is written into the store', async () => {
  const before = filesIn(ledger)
  const { from, through, namespaces } = await reportOf({ days: '2' })
  expect([from, through, namespaces.length]).toEqual(['2026-11-21', '2026-11-22', 3])
  expect(filesIn(ledger)).toEqual(before)
})

test.each([
  [{ days: '0' }, '--days "0" is no whole number from 1 to 92'],
  [{ window: 'two' }, '--window "two" is no whole number from 1 to 92'],
  [{ target: 'prod' }, 'no target "prod" in'],
  [{ namespace: 'shopp' }, '--namespace "shopp": nothing left it in these days; there are billing, legacy, shop'],
])('%j is told to be wrong', async (values, sentence) => {
  await expect(run(values as Values)).rejects.toThrow(sentence)
})

test('a ledger without a day that is over is told to be one', async () => {
  configure('./data')
  await expect(run()).rejects.toThrow('the ledger has no target yet; run "wharfage scrape" first')
  const hours = [hourRecord('mesh', FIRST, [flowRow({ requests: 1 })])]
  await writeChain(folderStore(join(folder, 'data')), encodeChain(hours))
  await expect(run()).rejects.toThrow('no day of the ledger is over yet; readiness is told of whole days')
})
