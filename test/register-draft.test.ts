/** Drafts of the register: what was observed and has no entry, as text that is read back. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { edgesOf } from '#core/edge.ts'
import type { FlowRow } from '#core/flow.ts'
import { normaliseHost } from '#core/host.ts'
import { registerLookup } from '#core/register/approval.ts'
import { Drafting } from '#core/register/draft.ts'
import { formatDraft } from '#core/register/draft-text.ts'
import { placeByName } from '#core/register/provider.ts'
import type { Register } from '#core/register/register.ts'
import { HOUR_MS } from '#core/time.ts'
import type { Terminal, Values } from '../functions/command/command.ts'
import { register as command } from '../functions/command/register.ts'
import { loadRegister, parseRegister } from '../functions/register-file.ts'
import { folderStore } from '../functions/store/folder.ts'
import { encodeChain, flowRow, hourRecord, writeChain } from './flow-rows.ts'
import { entry } from './register-entries.ts'

const DAY = '2026-11-20'
const SPAN = { from: DAY, through: DAY }
const edges = (rows: FlowRow[], target = 'mesh', date = DAY) => edgesOf([hourRecord(target, Date.parse(date), rows)])

function drafted(rows: FlowRow[], register: Register | null = null) {
  const drafting = new Drafting(register)
  drafting.add(DAY, edges(rows))
  return drafting.draft()
}

const tcp = { protocol: 'tcp', responseCode: '' } as const

test('writes what a person completes: where to, from whom, how much, and no approval', () => {
  const drafting = new Drafting(null)
  const stripe = flowRow({ requests: 4, egressBytes: 2_000_000, ingressBytes: 70 })
  drafting.add('2026-11-19', edges([stripe, { ...stripe, sourceWorkload: 'refunds' }], 'mesh', '2026-11-19'))
  drafting.add(DAY, [
    ...edges([
      flowRow({ ...tcp, destinationHost: 's3.eu-west-1.amazonaws.com', destinationPort: 443, connectionsClosed: 1 }),
      flowRow({ requests: 1, egressBytes: 5, destinationClass: 'passthrough' }),
    ]),
    ...edges([flowRow({ ...tcp, destinationHost: '', destinationClass: 'passthrough', egressBytes: 9 })], 'us'),
  ])
  expect(formatDraft(drafting.draft(), { from: '2026-11-19', through: DAY })).toBe(`\
# What left from 2026-11-19 through 2026-11-20 and no entry of the register is for, most bytes first.
# Nobody has approved any of it: give each its owner and need, narrow what is too wide, take out what is not to be,
# let the rest be approved, and move it into the register.
entries:
  # seen on 2 days, 2026-11-19 to 2026-11-20; at least 9 requests, 4.00 MB out, 140 B in
  # passthrough and registered; evidence of its name: grade C
  - name: api.stripe.com
    destination: api.stripe.com
    protocols: [http]
    from:
      - "mesh:shop/checkout-v1"
      - "mesh:shop/refunds"
    owner: ''
    need: ''
    approvedBy: ''
    approvedOn: ''

  # seen on 2026-11-20; at least 9 B out, 0 B in
  # passthrough; evidence of its name: grade E
  # to approve it is to approve whatever these sources call whose name no proxy can know
  - name: unknown
    destination: "(unknown)"
    protocols: [tcp]
    from:
      - "us:shop/checkout-v1"
    owner: ''
    need: ''
    approvedBy: ''
    approvedOn: ''

  # seen on 2026-11-20; at least 1 connection, 0 B out, 0 B in
  # registered; evidence of its name: grade B
  - name: s3.eu-west-1.amazonaws.com
    destination: s3.eu-west-1.amazonaws.com
    ports: [443]
    protocols: [tcp]
    from:
      - "mesh:shop/checkout-v1"
    owner: ''
    need: ''
    approvedBy: ''
    approvedOn: ''
    provider: aws
    region: eu-west-1
`)
})

test('drafts nothing that an entry is for, approved or not, nor what was refused', () => {
  const left = flowRow({ requests: 1 })
  expect(drafted([left], { entries: [entry({ approvedBy: '', approvedOn: '' })], residency: [] }).entries).toEqual([])
  expect(drafted([left], { entries: [entry({ from: ['bank'] })], residency: [] }).entries).toHaveLength(1)
  expect(drafted([{ ...left, destinationClass: 'blocked' }]).entries).toEqual([])
  expect(formatDraft(drafted([]), SPAN)).toMatch(/\nentries: \[\]\n$/)
})

test('names no entry as one of the register is, and says what it could not draft', () => {
  const register = { entries: [entry({ name: 'api.stripe.com', destination: 'elsewhere.example' })], residency: [] }
  const rows = ['(invalid-host)-0123456789ab', '__other__', 'api.stripe.com'].map((destinationHost) =>
    flowRow({ destinationHost, requests: 1 }),
  )
  const draft = drafted(rows, register)
  expect(draft.entries.map(({ name }) => name)).toEqual(['api.stripe.com-2'])
  expect(formatDraft(draft, SPAN)).toContain(
    '# No entry can be for 2 destinations whose claimed name no host can have.',
  )
})

test('destinations that would have one name get two', () => {
  const rows = ['*.a.example', 'any.a.example'].map((destinationHost) => flowRow({ destinationHost, requests: 1 }))
  expect(drafted(rows).entries.map(({ name, destination }) => `${name} ${destination}`)).toEqual([
    'any.a.example *.a.example',
    'any.a.example-2 any.a.example',
  ])
})

test('of too many destinations it drafts those with most bytes, and says how many are left', () => {
  const rows = Array.from({ length: 1003 }, (_, i) => flowRow({ destinationHost: `h${i}.example`, egressBytes: i }))
  const draft = drafted(rows)
  expect(draft.entries).toHaveLength(1000)
  expect(draft.entries.at(-1)?.destination).toBe('h3.example')
  expect(formatDraft(draft, SPAN)).toContain('# Left out for want of room: 3 destinations with fewer bytes than these.')
})

test('many workloads of a namespace are drafted as the namespace', () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => flowRow({ sourceWorkload: `w${i}`, requests: 1 }))
  expect(drafted(rows(10)).entries[0].from).toHaveLength(10)
  expect(drafted(rows(11)).entries[0].from).toEqual(['mesh:shop'])
})

const hostile = fc.oneof(
  fc.constantFrom('', 'shop', '*', 'a\n  - name: x', '# x', "'", '"', 'Shop', 'x: y', '\u2028', 'null', '~'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)

test('whatever the labels, the draft is read back as pending entries that are for all that was drafted', () => {
  const row = fc
    .record({
      sourceNamespace: hostile,
      sourceWorkload: hostile,
      destinationHost: fc.oneof(hostile, fc.domain(), fc.ipV4(), fc.constantFrom('*.a.example', '2001:db8::1', '')),
      destinationPort: fc.constantFrom(null, 443, 8443),
      protocol: fc.constantFrom<'http' | 'tcp'>('http', 'tcp'),
    })
    .map(({ destinationHost, ...labels }) => {
      return flowRow({ ...labels, destinationHost: normaliseHost(destinationHost).name, requests: 1 })
    })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), (rows) => {
      const draft = drafted(rows)
      const text = formatDraft(draft, SPAN)
      const register = parseRegister(text, 'draft')
      expect(register.entries.map(({ destination, approvedBy }) => [destination, approvedBy])).toEqual(
        draft.entries.map(({ destination }) => [destination, '']),
      )
      const lookup = registerLookup(register)
      const again = drafted(rows, register)
      expect([again.entries, again.unnamed]).toEqual([[], draft.unnamed])
      for (const edge of edges(rows)) expect(lookup(edge, DAY).approval.state).toBe('unapproved')
      expect(formatDraft(drafted(rows.toReversed()), SPAN)).toBe(text)
    }),
    { numRuns: 100 },
  )
})

// A host, and what its name says of who runs it and where; a customer's part of a name says nothing.
test.each([
  ['s3.eu-west-1.amazonaws.com', 'aws eu-west-1'],
  ['bucket.s3.eu-west-1.amazonaws.com', 'aws eu-west-1'],
  ['*.s3.us-gov-west-1.amazonaws.com', 'aws us-gov-west-1'],
  ['s3.dualstack.ap-southeast-2.amazonaws.com', 'aws ap-southeast-2'],
  ['s3-eu-west-1.amazonaws.com', 'aws eu-west-1'],
  ['bucket.s3-website-eu-west-1.amazonaws.com', 'aws eu-west-1'],
  ['abc.execute-api.us-east-1.amazonaws.com', 'aws us-east-1'],
  ['s3.cn-north-1.amazonaws.com.cn', 'aws cn-north-1'],
  ['db.abc.eu-central-1.rds.amazonaws.com', 'aws eu-central-1'],
  ['eu-west-1.s3.amazonaws.com', 'aws '], // a bucket of that name
  ['s3.amazonaws.com', 'aws '],
  ['eu-west-1.amazonaws.com.evil.example', ' '],
  ['amazonaws.com.evil.example', ' '],
  ['evilamazonaws.com', ' '],
  ['storage.googleapis.com', 'gcp '],
  ['europe-west1-aiplatform.googleapis.com', 'gcp europe-west1'],
  ['us-central1-project.cloudfunctions.net', 'gcp us-central1'],
  ['service-123.europe-west4.run.app', 'gcp europe-west4'],
  ['vm.westeurope.cloudapp.azure.com', 'azure westeurope'],
  ['account.blob.core.windows.net', 'azure '],
  ['api.stripe.com', ' '],
])('the name %s says "%s"', (host, expected) => {
  const { provider, region } = placeByName(host)
  expect(`${provider} ${region}`).toBe(expected)
})

describe('the command', () => {
  let folder: string
  let said: string[]
  let written: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wharfage-draft-'))
    said = []
    written = ''
    const records = [DAY, '2026-11-21'].map((date) =>
      hourRecord('mesh', Date.parse(date) + 23 * HOUR_MS, [
        flowRow({ requests: 1, destinationHost: `on-${date}.example` }),
        flowRow({ requests: 1, destinationHost: 'db.inside.example' }),
      ]),
    )
    await writeChain(folderStore(join(folder, 'data')), encodeChain(records))
    await configure('')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const configure = (more: string) =>
    writeFile(
      join(folder, 'wharfage.yaml'),
      `store: ./data\ntargets: [{ name: mesh, url: 'https://p.example/federate' }]\nregister: register.yaml\n${more}`,
    )
  const run = (values: Values = {}, words = ['draft']) => {
    const terminal: Terminal = {
      out: async (text) => {
        written += text
      },
      say: (line) => said.push(line),
      progress: () => {},
      stop: new AbortController().signal,
      cwd: folder,
    }
    return command.run(values, words, terminal)
  }
  const destinations = () => [...written.matchAll(/destination: (.*)/g)].map(([, one]) => one).sort()

  test('drafts the last days of the ledger, by its own time, to standard output', async () => {
    expect(await run()).toBe(0)
    expect(destinations()).toEqual(['db.inside.example', 'on-2026-11-20.example', 'on-2026-11-21.example'])
    expect(said).toEqual(['drafted 3 entries for what left from 2026-10-23 through 2026-11-21'])
    written = ''
    await run({ days: '1' })
    expect(destinations()).toEqual(['db.inside.example', 'on-2026-11-21.example'])
    written = ''
    await run({ from: DAY, to: '2026-11-21' })
    expect(destinations()).toEqual(['db.inside.example', 'on-2026-11-20.example'])
  })

  test('writes the register that is to be, and afterwards only what it lacks', async () => {
    await run({ out: 'register.yaml', days: '1' })
    expect((await loadRegister(join(folder, 'register.yaml'))).entries).toHaveLength(2)
    await run()
    expect(destinations()).toEqual(['on-2026-11-20.example'])
  })

  test('never overwrites, and leaves nothing half-written', async () => {
    await writeFile(join(folder, 'mine.yaml'), 'mine')
    await expect(run({ out: 'mine.yaml' })).rejects.toThrow('mine.yaml is there already; name a new file')
    await expect(run({ out: 'no/such.yaml' })).rejects.toThrow(/draft .*such\.yaml cannot be written \(ENOENT\)/)
    expect(await readFile(join(folder, 'mine.yaml'), 'utf8')).toBe('mine')
    expect((await readdir(folder)).sort()).toEqual(['data', 'mine.yaml', 'wharfage.yaml'])
  })

  test('leaves out what Istio’s configuration says is inside the mesh', async () => {
    const manifest = [
      'apiVersion: networking.istio.io/v1',
      'kind: ServiceEntry',
      'metadata: { name: db, namespace: shop }',
      'spec:',
      '  hosts: [db.inside.example]',
      '  location: MESH_INTERNAL',
      '  ports: [{ number: 80, name: http, protocol: HTTP }]',
      '  resolution: DNS',
    ]
    await writeFile(join(folder, 'db.yaml'), `${manifest.join('\n')}\n`)
    await configure('istio: [db.yaml]\n')
    await run()
    expect(destinations()).toEqual(['on-2026-11-20.example', 'on-2026-11-21.example'])
  })

  // Words and options, and what is said of them.
  test.each<[string[], Values, string]>([
    [[], {}, 'say what to do: draft'],
    [['write'], {}, '"write" is not draft'],
    [['draft', 'x'], {}, '"draft x" is not draft'],
    [['draft'], { days: '0' }, '--days "0" is no whole number from 1'],
    [['draft'], { from: '2026-11-20T05:00Z' }, 'is not the start of a day in UTC'],
    [['draft'], { from: DAY, days: '3' }, '--days and --from say the same; keep one'],
    [['draft'], { from: DAY, to: DAY }, `--to ${DAY} is not after --from ${DAY}`],
    [['draft'], { target: 'other' }, 'no target "other"'],
    [['draft'], { from: '2020-01-01', to: '2020-01-03' }, 'no hour from 2020-01-01 through 2020-01-02'],
  ])('says of %j with %j what is wrong', async (words, values, message) => {
    await expect(run(values, words)).rejects.toThrow(message)
  })
})
