/** A snapshot of Istio's configuration is kept with its date, beside what held for others, and says what changed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Terminal, Values } from '../functions/command/command.ts'
import { istio } from '../functions/command/istio.ts'
import { Declarations } from '../functions/stage/declarations.ts'
import { folderStore } from '../functions/store/folder.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharfage-import-'))
  await configure('')
  await manifest('mesh.yaml', 'DNS', 'stripe')
})

afterEach(() => rm(folder, { recursive: true }))

const configure = (more: string) =>
  writeFile(
    join(folder, 'wharfage.yaml'),
    `store: ./data\ntargets:\n  - { name: prod-eu, url: "http://prometheus.example/federate" }\n${more}`,
  )

const manifest = (file: string, resolution: string, ...names: string[]) =>
  writeFile(
    join(folder, file),
    names
      .map((name) => {
        const spec = `spec: { hosts: [${name}.example.com], resolution: ${resolution} }\n`
        return `---\napiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: { name: ${name}, namespace: egress }\n${spec}`
      })
      .join(''),
  )

async function run(words: string[], values: Values = {}) {
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
  output.code = await istio.run(values, words, terminal)
  return output
}

async function inForce(date: string) {
  return (await (await Declarations.read(folderStore(join(folder, 'data')))).inForce(date)).istio
}

test('it says what it read, what changed, and from when it holds', async () => {
  const first = await run(['import', 'mesh.yaml'], { from: '2026-11-01' })
  expect(first.code).toBe(0)
  expect(first.out.split('\n').slice(0, 3)).toEqual([
    'read 1 ServiceEntry; passed over 0 of other kinds',
    'all targets without their own: 1 added, 0 changed, 0 removed',
    '  + ServiceEntry egress/stripe',
  ])
  expect(first.out).toContain('holds from 2026-11-01: ')

  await manifest('mesh.yaml', 'NONE', 'stripe', 'github')
  const second = await run(['import', 'mesh.yaml'], { from: '2026-11-10' })
  expect(second.out).toContain(
    '1 added, 1 changed, 0 removed\n  + ServiceEntry egress/github\n  ~ ServiceEntry egress/stripe\n',
  )
  await manifest('mesh.yaml', 'NONE', 'github')
  expect((await run(['import', 'mesh.yaml'], { from: '2026-11-12' })).out).toContain('  - ServiceEntry egress/stripe\n')

  expect((await inForce('2026-11-09'))?.['*'].serviceEntries[0].resolution).toBe('DNS')
  expect((await inForce('2026-11-10'))?.['*'].serviceEntries).toHaveLength(2)
  expect((await inForce('2026-11-30'))?.['*'].serviceEntries.map(({ name }) => name)).toEqual(['github'])
})

test('the same again is kept once', async () => {
  const { key } = JSON.parse((await run(['import', 'mesh.yaml'], { from: '2026-11-01', json: true })).out)
  const again = JSON.parse((await run(['import', 'mesh.yaml'], { from: '2026-11-02', json: true })).out)
  expect(again).toMatchObject({
    from: '2026-11-02',
    isNew: false,
    key,
    read: { ServiceEntry: 1 },
    skipped: 0,
    changes: [{ target: '*', added: [], changed: [], removed: [] }],
  })
})

test('a snapshot of one target leaves those of the others as they were', async () => {
  await run(['import', 'mesh.yaml'], { from: '2026-11-01' })
  await manifest('eu.yaml', 'DNS', 'github')
  await run(['import', 'eu.yaml'], { from: '2026-11-02', target: 'prod-eu' })
  const held = await inForce('2026-11-02')
  expect(Object.keys(held ?? {})).toEqual(['*', 'prod-eu'])
  expect(held?.['*'].serviceEntries[0].name).toBe('stripe')
  expect(held?.['prod-eu'].serviceEntries[0].name).toBe('github')
})

test('without a path it keeps what the configuration names, and with one it says that publish will do so', async () => {
  await configure('istio: [mesh.yaml]\n')
  const whole = await run(['import'], { from: '2026-11-01' })
  expect(whole.out).toContain('+ ServiceEntry egress/stripe')
  expect(whole.said).toEqual([])
  await manifest('other.yaml', 'DNS', 'github')
  const other = await run(['import', 'other.yaml'], { from: '2026-11-02' })
  expect(other.said).toEqual([expect.stringContaining('the next publish records those')])
})

test('a mistake keeps nothing', async () => {
  await manifest('mesh.yaml', 'dns', 'stripe')
  await expect(run(['import', 'mesh.yaml'])).rejects.toThrow('mesh.yaml:5:50 spec.resolution: must be one of')
  expect(await inForce('2026-11-30')).toBeNull()
})

test.each<[string, string[], Values, string]>([
  ['no verb', [], {}, 'say what to do: import'],
  ['another verb', ['export'], {}, '"export" is not import'],
  [
    'a date that is none',
    ['import', 'mesh.yaml'],
    { from: 'yesterday' },
    '--from: date "yesterday" is not of the form YYYY-MM-DD',
  ],
  ['a target that is none', ['import', 'mesh.yaml'], { target: 'prod-us' }, 'no target "prod-us"'],
  ['nothing to read', ['import'], {}, 'name files or folders of manifests'],
  ['a target without a path', ['import'], { target: 'prod-eu' }, '--target is for paths'],
  ['standard input twice', ['import', '-', '-'], {}, '- can be read once'],
  ['nothing of ours', ['import', 'wharfage.yaml'], {}, 'nothing of Istio’s configuration is there to keep'],
  ['a path that is not there', ['import', 'gone/'], {}, 'is not there; name a file or a folder that is'],
])('%s is refused in one sentence', async (_, words, values, said) => {
  await expect(run(words, values)).rejects.toThrow(said)
  expect(await inForce('2026-11-30')).toBeNull()
})
