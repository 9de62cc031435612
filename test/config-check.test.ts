/** The check of a configuration and of all it names, as one reads it at a terminal. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../functions/command/check.ts'
import type { Values } from '../functions/command/command.ts'
import { rulesJsonSchema } from '../functions/rules-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharfage-check-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const CONFIG = "store: ./data\ntargets: [{ name: eu, url: 'https://p.example/federate' }]\n"
const NAMED = `${CONFIG}istio: [istio.yaml]\nregister: register.yaml\nfindings: findings.yaml\n`
const ENTRY = 'entries:\n  - { name: a, destination: a.example, from: [shop] }\n'

async function checked(files: Record<string, string>, values: Values = {}): Promise<{ code: number; text: string }> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const lines: string[] = []
  const code = await check.run(values, [], {
    out: async (text) => void lines.push(String(text)),
    say: (line) => void lines.push(line),
    progress: () => {},
    stop: new AbortController().signal,
    cwd: folder,
  })
  return { code, text: lines.join('\n').replaceAll(`${folder}/`, '') }
}

const entryOf = (host: string) => `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: a }
spec: { hosts: [${host}], ports: [{ number: 443, name: tls, protocol: TLS }], resolution: DNS }
`
const wholeFiles = {
  'wharfage.yaml': `${NAMED}notify: { webhook: env:HOOK }\nsigning: { kms: alias/seals }\nsite: { url: 'https://e.example' }\n`,
  'istio.yaml': `${entryOf('a.example')}---\nkind: Deployment\napiVersion: apps/v1\n`,
  'register.yaml': `${ENTRY}residency:\n  - { name: r, from: [shop], countries: [IE] }\n`,
  'findings.yaml': 'rules: { plaintext: { off: true } }\nregistryOnly: ["eu:shop"]\n',
}

test('sums up in a line what it read of each file', async () => {
  const { code, text } = await checked(wholeFiles)
  expect(code).toBe(0)
  expect(text.trimEnd().split('\n')).toEqual([
    'configuration wharfage.yaml is in order',
    'store   data',
    'target  eu  https://p.example/federate  every 60 s',
    'site    "Egress" into wharfage-site, read at https://e.example/',
    'istio   istio.yaml  1 ServiceEntry; 1 document of other kinds passed over',
    'register  register.yaml  1 entry, 1 of them not approved yet, 1 residency rule',
    'findings  findings.yaml  16 rules, 1 off, 0 acceptances',
    'notify  new findings to the webhook in env:HOOK',
    'signing seals by the KMS key alias/seals',
  ])
  const { text: json } = await checked(wholeFiles, { json: true })
  expect(JSON.parse(json).read).toMatchObject({
    istio: { ServiceEntry: 1, skipped: 1 },
    register: { entries: 1, pending: 1, residency: 1 },
    findings: { rules: 16, off: 1, accepted: 0, registryOnly: 1 },
  })
})

test('names nothing of files that the configuration does not', async () => {
  const { code, text } = await checked({ 'wharfage.yaml': CONFIG })
  expect(code).toBe(0)
  expect(text).not.toMatch(/register|findings|istio/)
})

test('tells the mistakes of all files at once, each file by itself', async () => {
  const { code, text } = await checked({
    'wharfage.yaml': NAMED,
    'istio.yaml': entryOf('"a b"'),
    'register.yaml': ENTRY.replace('{ name', '{ nam'),
    'findings.yaml': 'rule: {}\n',
  })
  expect(code).toBe(2)
  expect(text).toMatch(/istio\.yaml:4:\d+ /)
  expect(text).toMatch(/^register register\.yaml has 2 mistakes:\n {2}2:5 entries\[0\]\.name: is missing/m)
  expect(text).toContain('file of findings findings.yaml has a mistake:\n  1:1 rule: is no key')
})

test('tells of files that are not there', async () => {
  const { code, text } = await checked({ 'wharfage.yaml': NAMED })
  expect(code).toBe(2)
  expect(text).toContain('1:1 there is no such file; begin one with "wharfage register draft"')
  expect(text).toContain('1:1 there is no such file; write one, or take findings out')
  expect(text).toMatch(/istio\.yaml/)
})

test('tells where one file contradicts another: sources of a target that is not configured', async () => {
  const { code, text } = await checked({
    ...wholeFiles,
    'register.yaml': `${ENTRY.replace('[shop]', '["eu:shop", "us:shop"]')}residency:\n  - { name: r, from: ["ue:*"], countries: [IE] }\n`,
    'findings.yaml': 'registryOnly:\n  - shop\n  - "eu2:shop"\n',
  })
  expect(code).toBe(2)
  expect(text).toBe(`register register.yaml has 2 mistakes:
  2:58 entries[0].from[1]: "us:shop" is of no target of the configuration, which has "eu"
  4:23 residency[0].from[0]: "ue:*" is of no target of the configuration, which has "eu"
file of findings findings.yaml has a mistake:
  3:5 registryOnly[1]: "eu2:shop" is of no target of the configuration, which has "eu"`)
})

test('the JSON Schema of the rules of findings is the one the code makes', async () => {
  const file = join(import.meta.dirname, '../findings.schema.json')
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(rulesJsonSchema())
})
