import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Auth, Target } from '#core/target.ts'
import { type EndpointOptions, getFrom } from '../functions/endpoint.ts'
import { keptSecrets } from '../functions/secrets-manager.ts'
import { startAws } from './aws.ts'
import { ELSEWHERE, HERE, KEY, LEAF } from './certificates.ts'
import { closeAll, listen } from './loopback.ts'
import { simulatedTarget } from './simulated-target.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:000000000000:secret:prom-AbCdEf'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endpoint-'))
})

afterEach(closeAll)

afterAll(() => rm(folder, { recursive: true }))

function targetAt(url: string, auth: Auth): Target {
  return simulatedTarget({ name: 'prod-eu', url, intervalSeconds: 60, auth })
}

const get = (target: Target, options?: EndpointOptions) =>
  getFrom(target, new URL(target.url), 'text/plain', ({ body }) => body.toString(), options)

/** A server that takes one Authorization header and answers 401 to all others; it may change its mind at each request. */
async function guarded(accepts: (request: number) => string): Promise<{ url: string; seen: string[] }> {
  const seen: string[] = []
  const server = http.createServer(({ headers: { authorization = '' } }, response) => {
    seen.push(authorization)
    response.statusCode = authorization === accepts(seen.length) ? 200 : 401
    response.end(response.statusCode === 200 ? 'welcome' : 'go away')
  })
  return { url: `http://127.0.0.1:${await listen(server)}/federate`, seen }
}

/** A secret that is rotated at each reading, kept as those in Secrets Manager are. */
function rotated(...values: string[]): { secrets: EndpointOptions['secrets']; reads: () => number } {
  let reads = 0
  const manager = keptSecrets(async () => values[Math.min(reads++, values.length - 1)])
  return { secrets: { manager }, reads: () => reads }
}

const refusedFrom = (url: string, ref: string) =>
  new Error(`GET ${url}: answered 401: "go away"; it refuses the credentials from ${ref}; put valid ones there`)

describe('after a 401', () => {
  test('a secret that was rotated is read anew and sent once', async () => {
    const { url, seen } = await guarded(() => 'Bearer new')
    const { secrets, reads } = rotated('old', 'new')
    const target = targetAt(url, { bearer: ARN })
    expect(await get(target, { secrets })).toBe('welcome')
    expect(await get(target, { secrets })).toBe('welcome')
    expect(seen).toEqual(['Bearer old', 'Bearer new', 'Bearer new'])
    expect(reads()).toBe(2)
  })

  test('a password is read anew, too', async () => {
    const header = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`
    const { url, seen } = await guarded(() => header('new'))
    const { secrets } = rotated('{"pw":"old"}', '{"pw":"new"}')
    const target = targetAt(url, { basic: { username: 'me', password: `${ARN}:pw` } })
    expect(await get(target, { secrets })).toBe('welcome')
    expect(seen).toEqual([header('old'), header('new')])
  })

  test('a file that was written meanwhile is read anew', async () => {
    const path = join(folder, 'token')
    await writeFile(path, 'old\n')
    const server = http.createServer(async ({ headers: { authorization } }, response) => {
      await writeFile(path, 'new\n')
      response.statusCode = authorization === 'Bearer new' ? 200 : 401
      response.end('welcome')
    })
    const url = `http://127.0.0.1:${await listen(server)}/federate`
    expect(await get(targetAt(url, { bearer: `file:${path}` }))).toBe('welcome')
  })

  test('the same secret is not sent again', async () => {
    const { url, seen } = await guarded(() => 'Bearer right')
    const { secrets, reads } = rotated('wrong')
    await expect(get(targetAt(url, { bearer: ARN }), { secrets })).rejects.toThrow(refusedFrom(url, ARN))
    expect(seen).toEqual(['Bearer wrong'])
    expect(reads()).toBe(2)
  })

  test('another that is refused as well is the last', async () => {
    const { url, seen } = await guarded(() => 'Bearer right')
    const { secrets } = rotated('wrong', 'wrong-too', 'right')
    await expect(get(targetAt(url, { bearer: ARN }), { secrets })).rejects.toThrow(refusedFrom(url, ARN))
    expect(seen).toEqual(['Bearer wrong', 'Bearer wrong-too'])
  })

  test('what is no token is not sent in its place', async () => {
    const { url, seen } = await guarded(() => 'Bearer right')
    const { secrets } = rotated('wrong', 'right\nHost: elsewhere')
    await expect(get(targetAt(url, { bearer: ARN }), { secrets })).rejects.toThrow(
      `(reading it anew failed: secret ${ARN} holds a character that no token has`,
    )
    expect(seen).toEqual(['Bearer wrong'])
  })

  test('the refusal is told, though the secret cannot be read anew', async () => {
    const { url, seen } = await guarded(() => 'Bearer right')
    let reads = 0
    const manager = keptSecrets(async () => {
      if (++reads > 1) throw new Error('secret X may not be read')
      return 'wrong'
    })
    await expect(get(targetAt(url, { bearer: ARN }), { secrets: { manager } })).rejects.toThrow(
      new Error(`${refusedFrom(url, ARN).message} (reading it anew failed: secret X may not be read)`),
    )
    expect(seen).toHaveLength(1)
  })

  test('nothing is asked twice where there are no credentials', async () => {
    const { url, seen } = await guarded(() => 'Bearer right')
    await expect(get(targetAt(url, {}))).rejects.toThrow(
      new Error(`GET ${url}: answered 401: "go away"; it wants credentials; give them as the target's auth`),
    )
    expect(seen).toHaveLength(1)
  })

  test('both requests share one deadline, which is told as it was given', async () => {
    // Each is in time by itself, and both together never are.
    const server = http.createServer(({ headers: { authorization } }, response) => {
      setTimeout(() => response.writeHead(authorization === 'Bearer new' ? 200 : 401).end('welcome'), 300)
    })
    const url = `http://127.0.0.1:${await listen(server)}/federate`
    const { secrets } = rotated('old', 'new')
    await expect(get(targetAt(url, { bearer: ARN }), { secrets, timeoutMs: 500 })).rejects.toThrow(
      `GET ${url}: no complete answer within 0.5 s`,
    )
  })
})

test('no other status has the secrets read anew', async () => {
  for (const status of [403, 407, 500, 503]) {
    let requests = 0
    const server = http.createServer((_request, response) => {
      requests++
      response.writeHead(status).end()
    })
    const url = `http://127.0.0.1:${await listen(server)}/federate`
    const { secrets, reads } = rotated('old', 'new')
    await expect(get(targetAt(url, { bearer: ARN }), { secrets })).rejects.toThrow(`answered ${status}`)
    expect([requests, reads()]).toEqual([1, 1])
  }
})

describe('certificates', () => {
  const pem = (ca: string, cert: string) => JSON.stringify({ ca, cert, key: KEY })
  const tls = { ca: `${ARN}:ca`, cert: `${ARN}:cert`, key: `${ARN}:key` }

  /** A server that ends the handshake with whoever shows no certificate that HERE has signed, as Go's servers do. */
  async function strict(): Promise<string> {
    const options = { key: KEY, cert: HERE, ca: HERE, requestCert: true }
    return `https://127.0.0.1:${await listen(https.createServer(options, (_, response) => response.end('welcome')))}/`
  }

  test('of our own are one reading of one secret', async () => {
    const { secrets, reads } = rotated(pem(HERE, LEAF))
    expect(await get(targetAt(await strict(), { tls }), { secrets })).toBe('welcome')
    expect(reads()).toBe(1)
  })

  test('of the authority are read anew when the server has another by now', async () => {
    const { secrets, reads } = rotated(pem(ELSEWHERE, LEAF), pem(HERE, LEAF))
    expect(await get(targetAt(await strict(), { tls }), { secrets })).toBe('welcome')
    expect(reads()).toBe(2)
  })

  test('that are refused are read anew, and the same are not shown again', async () => {
    const { secrets, reads } = rotated(HERE)
    await expect(get(targetAt(await strict(), { tls: { ca: ARN } }), { secrets })).rejects.toThrow(
      'ALERT_CERTIFICATE_REQUIRED); check auth.tls.cert and auth.tls.key',
    )
    expect(reads()).toBe(2)
  })
})

test('a secret in Secrets Manager is read by the real client, once for many scrapes', async () => {
  const aws = await startAws()
  const before = { ...process.env }
  Object.assign(process.env, aws.env)
  aws.secrets.set(ARN, '{"token":"old"}')
  const { url, seen } = await guarded((request) => (request < 3 ? 'Bearer old' : 'Bearer new'))
  const target = targetAt(url, { bearer: `${ARN}:token` })
  for (let i = 0; i < 2; i++) expect(await get(target)).toBe('welcome')
  expect(aws.requests).toHaveLength(1)
  aws.secrets.set(ARN, '{"token":"new"}')
  expect(await get(target)).toBe('welcome')
  expect(aws.requests).toHaveLength(2)
  expect(seen).toEqual(['Bearer old', 'Bearer old', 'Bearer old', 'Bearer new'])
  await aws.close()
  for (const name of Object.keys(aws.env)) delete process.env[name]
  Object.assign(process.env, before)
})
