/**
 * Secrets never reach a log, an object or a page: a server that sends back whatever it is sent, in every place where an
 * answer can hold it, is scraped with each kind of credential; then all that came of it is searched.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import * as http from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { decodeCheckpoint } from '#core/checkpoint.ts'
import { parseCheckpointKey } from '#core/keys.ts'
import { decodeRollup } from '#core/rollup.ts'
import { HOUR_MS, isoHour, MINUTE_MS } from '#core/time.ts'
import { main } from '../functions/cli.ts'
import { loadConfig } from '../functions/config.ts'
import type { Site } from '../functions/pages.ts'
import { publish } from '../functions/stage/publish.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { folderStore } from '../functions/store/folder.ts'
import type { Store } from '../functions/store/store.ts'
import { HERE, KEY } from './certificates.ts'
import { answer, closeAll, listen } from './loopback.ts'

const TOKEN = 'Tok3n-abcdefgh-0123456789'
const PASSWORD = 'p+a/s=s&"w<0>rd\\ 77é'

/** What an answer may be made of: the Authorization header, and what is in it. */
interface Sent {
  header: string
  decoded: string // of Basic; else the token
}

/** Answers to /federate that hold what was sent. */
const REFLECTIONS: Record<string, (sent: Sent) => Buffer> = {
  'a body of 401': ({ header, decoded }) => answer('401 No', [], `bad: ${header} (${decoded})`),
  'a body of 403': ({ header, decoded }) => answer('403 No', [], `bad: ${decoded} ${header}`),
  'HTML of 500': ({ header, decoded }) => answer('500 Oops', [], `<pre>${escapeHtml(decoded)}</pre><b>${header}</b>`),
  'JSON of 503': (sent) => answer('503 Busy', [], JSON.stringify({ status: 'error', error: JSON.stringify(sent) })),
  'base64 in 400': ({ header, decoded }) => answer('400 Bad', [], `${base64(header)} ${base64(decoded)}`),
  'a status message': ({ header }) => answer(`502 ${header}`, [], ''),
  'a redirect': ({ decoded }) => answer('302 Found', [`Location: /login?token=${encodeURIComponent(decoded)}`]),
  'the host of a redirect': ({ header }) => answer('302 Found', [`Location: http://${header.split(' ')[1]}.example/`]),
  'a content-encoding': ({ header }) => answer('200 OK', [`Content-Encoding: ${header}`], 'x'),
  'a content-type': ({ header }) => answer('200 OK', [`Content-Type: application/${header}`], 'x'),
  'every header': ({ header }) => answer(`500 ${header}`, [`X-Seen: ${header}`, `WWW-Authenticate: ${header}`], header),
  'a cut message': ({ header }) => answer('500 Oops', [], `${'<p>'.repeat(5450)} ${header.repeat(4)}`),
}

const base64 = (text: string) => Buffer.from(text).toString('base64')
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** Everything as which these secrets might be found in a text. */
function traces(secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => [
    secret,
    base64(secret).replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    escapeHtml(secret),
  ])
}

/** Nothing of the secrets, and not the beginning of one either. */
function expectNone(texts: readonly string[], secrets: readonly string[]): void {
  const forbidden = traces(secrets).flatMap((trace) => [trace, trace.slice(0, 10)])
  for (const text of texts.map((one) => one.toLowerCase())) {
    expect(forbidden.filter((trace) => text.includes(trace.toLowerCase()))).toEqual([])
  }
}

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wharfage-secrets-'))
})

afterEach(async () => {
  await closeAll()
  await rm(folder, { recursive: true })
})

async function configure(url: string, auth: string): Promise<void> {
  const lines = ['store: ./data', 'targets:', '  - name: mesh', `    url: ${url}`, `    auth: ${auth}`]
  await writeFile(join(folder, 'wharfage.yaml'), `${lines.join('\n')}\n`)
}

/** The command line in this process; gives all it said. */
async function run(...args: string[]): Promise<string> {
  const said: string[] = []
  const take = (text: string | Uint8Array) => void said.push(Buffer.from(text).toString())
  const out = async (text: string | Uint8Array) => take(text)
  await main(args, { out, say: take, progress: take, stop: new AbortController().signal, cwd: folder })
  return said.join('\n')
}

/** The command line as a process of its own; gives all it wrote. */
async function runApart(...args: string[]): Promise<string> {
  const bin = join(import.meta.dirname, '..', 'bin', 'wharfage')
  const { stdout, stderr } = await promisify(execFile)(bin, args, { cwd: folder, env: process.env }).catch(
    (ended: { stdout: string; stderr: string }) => ended,
  )
  return stdout + stderr
}

/** Renders what a page would be made of. */
const site: Site = {
  version: '1',
  render: async (_path, report) => Buffer.from(JSON.stringify(report)),
  assets: () => [],
}

/** Every object of a store as it is, and what its formats hold. */
async function contents(store: Store): Promise<string[]> {
  const texts: string[] = []
  for (const { key } of await store.list('')) {
    const bytes = (await store.get(key))?.bytes ?? new Uint8Array()
    texts.push(key, Buffer.from(bytes).toString('latin1'), Buffer.from(bytes).toString('utf8'))
    if (key.endsWith('.parquet')) texts.push(JSON.stringify(await decodeRollup(bytes, key)))
    if (parseCheckpointKey(key) !== null) {
      const { hours, finished } = decodeCheckpoint(bytes, key)
      texts.push(JSON.stringify(hours.hours.map(({ coverage }) => coverage)))
      for (const rollup of finished) texts.push(JSON.stringify(await decodeRollup(rollup.bytes, rollup.key)))
    }
  }
  return texts
}

const kinds: [what: string, auth: string, sent: Sent, secrets: string[]][] = [
  ['a token', '{ bearer: env:LEAK_TOKEN }', { header: `Bearer ${TOKEN}`, decoded: TOKEN }, [TOKEN]],
  [
    'a password',
    '{ basic: { username: me, password: file:password } }',
    { header: `Basic ${base64(`me:${PASSWORD}`)}`, decoded: `me:${PASSWORD}` },
    [PASSWORD, `me:${PASSWORD}`],
  ],
]

test.each(kinds)('%s that comes back in any way is in no log, object or page', async (_what, auth, sent, secrets) => {
  process.env.LEAK_TOKEN = TOKEN
  await writeFile(join(folder, 'password'), PASSWORD)
  let reflection: ((sent: Sent) => Buffer) | null = null
  let now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 9 * HOUR_MS
  const seen = new Set<string | undefined>()
  const server = http.createServer(({ url, headers: { authorization } }, response) => {
    seen.add(authorization)
    if (reflection !== null) response.socket?.end(reflection(sent))
    else if (url?.startsWith('/federate')) response.end(`up{instance="a",job="b"} 1 ${now}\n`)
    // The query API answers, and what it answers is a warning made of what it was sent.
    else response.end(JSON.stringify({ status: 'success', warnings: [sent.header, sent.decoded], data: {} }))
  })
  await configure(`http://127.0.0.1:${await listen(server)}/federate`, auth)
  const { targets } = await loadConfig(join(folder, 'wharfage.yaml'))
  const store = folderStore(join(folder, 'data'))

  const logs: string[] = [await run('scrape')]
  for (const reflect of Object.values(REFLECTIONS)) {
    reflection = reflect
    const said = await run('scrape')
    expect(said).toMatch(/^scrape mesh: /)
    logs.push(said)
    reflection = null
    now += 40 * MINUTE_MS
    // What the failure said is the reason of the gap from here on.
    const summary = await scrapeTarget(targets[0], store, { lastFailure: said })
    expect(summary.warnings.join()).toContain('the answer is partial')
    logs.push(JSON.stringify(summary))
  }
  reflection = REFLECTIONS['every header']
  logs.push(await runApart('scrape'))
  logs.push(await run('export', '--from', isoHour(now - 24 * HOUR_MS), '--to', isoHour(now + HOUR_MS), '--by', 'hour'))
  const out = folderStore(join(folder, 'site'))
  await publish(store, out, site, { title: 'Egress' })

  const objects = await contents(store)
  const pages = await contents(out)
  expect([...seen]).toEqual([sent.header])
  // The search would find something if there were something: reasons have come everywhere.
  for (const texts of [logs, objects, pages]) expect(texts.join('\n')).toContain('[redacted]')
  expectNone([...logs, ...objects, ...pages], secrets)
})

test('what certificates and keys are made of is in no error, be they refused, none at all or of another server', async () => {
  const pem = KEY.split('\n')[1]
  process.env.LEAK_TOKEN = TOKEN
  process.env.LEAK_KEY = KEY
  process.env.LEAK_CERT = HERE
  const server = createTlsServer({ key: KEY, cert: HERE, ca: HERE, requestCert: true }, (_, response) => response.end())
  const url = `https://127.0.0.1:${await listen(server)}/federate`
  const logs: string[] = []
  for (const tls of [
    '{ ca: env:LEAK_TOKEN }',
    '{ ca: env:LEAK_CERT }',
    '{ cert: env:LEAK_CERT, key: env:LEAK_KEY }',
    '{ cert: env:LEAK_CERT, key: env:LEAK_TOKEN }',
    '{ cert: env:LEAK_TOKEN, key: env:LEAK_KEY }',
    '{ cert: env:LEAK_KEY, key: env:LEAK_CERT }',
  ]) {
    await configure(url, `{ bearer: env:LEAK_TOKEN, tls: ${tls} }`)
    logs.push(await run('scrape'))
  }
  logs.push(await runApart('scrape'))
  for (const said of logs) expect(said).toMatch(/^scrape mesh: GET https/)
  expectNone(logs, [TOKEN, pem, HERE.split('\n')[1]])
})

test('a secret pasted where its name belongs is in no error', async () => {
  for (const auth of [`{ bearer: ${TOKEN} }`, `{ basic: { username: me, password: ${TOKEN} } }`, TOKEN]) {
    await configure('http://127.0.0.1:9/federate', auth)
    const logs = [await run('scrape'), await run('check')]
    for (const said of logs) expect(said).toContain('wharfage.yaml')
    expectNone(logs, [TOKEN])
  }
  expect(await readFile(join(folder, 'wharfage.yaml'), 'utf8')).toContain(TOKEN)
})
