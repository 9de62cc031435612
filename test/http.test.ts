import { execFile } from 'node:child_process'
import * as http from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { addressPolicy } from '../functions/address.ts'
import { getOnce } from '../functions/http.ts'
import { HERE, KEY } from './certificates.ts'
import { answer, closeAll, listen } from './loopback.ts'

const TEXT = 'istio_requests_total{reporter="source"} 7 1700000000000\nup 1 1700000000000\n'
const CHUNK = TEXT.length.toString(16)
const GZIP = gzipSync(TEXT)
const TOKEN = 'very-secret-token-0123456789'

afterEach(closeAll)

/** A server that says these bytes to whatever it is asked, then closes the connection unless it is to be left open. */
async function serve(said: Buffer | ((socket: Socket) => void)): Promise<number> {
  return listen(
    createServer((socket) => {
      socket.once('data', () => (Buffer.isBuffer(said) ? socket.end(said) : said(socket)))
    }),
  )
}

function keepAlive(): http.Agent {
  return new http.Agent({ keepAlive: true })
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: Error) => error.message,
  )
}

const GZIPPED = 'Content-Encoding: gzip'

describe('what is whole is taken:', () => {
  const whole: [what: string, said: Buffer, wireBytes: number][] = [
    ['plain, by length', answer('200 OK', [], TEXT), TEXT.length],
    [
      'plain, in chunks',
      answer('200 OK', ['Transfer-Encoding: chunked'], `${CHUNK}\r\n${TEXT}\r\n0\r\n\r\n`),
      TEXT.length,
    ],
    ['encoding identity', answer('200 OK', ['Content-Encoding: identity'], TEXT), TEXT.length],
    ['gzip, by length', answer('200 OK', [GZIPPED], GZIP), GZIP.length],
    ['gzip, until the connection closes', answer('200 OK', [GZIPPED, 'Connection: close'], GZIP), GZIP.length],
    [
      'gzip in two members',
      answer('200 OK', [GZIPPED], Buffer.concat([gzipSync(TEXT.slice(0, 9)), gzipSync(TEXT.slice(9))])),
      gzipSync(TEXT.slice(0, 9)).length + gzipSync(TEXT.slice(9)).length,
    ],
  ]
  test.each(whole)('%s', async (_what, said, wireBytes) => {
    const port = await serve(said)
    const response = await getOnce(`http://127.0.0.1:${port}/federate`)
    expect(response.body.toString()).toBe(TEXT)
    expect(response).toMatchObject({ status: 200, wireBytes })
  })
})

test('takes a body of many chunks in which gzip is cut anywhere', async () => {
  const text = Array.from({ length: 60_000 }, (_, i) => `m{n="${i * 7919}"} ${i}\n`).join('')
  const compressed = gzipSync(text)
  const port = await serve((socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${GZIPPED}\r\nContent-Length: ${compressed.length}\r\n\r\n`)
    for (let at = 0; at < compressed.length; at += 977) socket.write(compressed.subarray(at, at + 977))
  })
  const { body, wireBytes } = await getOnce(`http://127.0.0.1:${port}/`)
  expect(wireBytes).toBe(compressed.length)
  expect(body.whole().equals(Buffer.from(text))).toBe(true)
})

describe('credentials', () => {
  const basic = Buffer.from(`scraper:${TOKEN}`).toString('base64')
  const echoes: [what: string, authorization: string, said: string][] = [
    ['a token', `Bearer ${TOKEN}`, `bad token ${TOKEN}`],
    ['a token that spans the cut', `Bearer ${TOKEN}`, `${'x'.repeat(190)}${TOKEN}`],
    ['a token broken up by control characters', `Bearer ${TOKEN}`, `<b></b>${TOKEN}\u0007`],
    ['a basic header', `Basic ${basic}`, `got Basic ${basic}`],
    ['a decoded password', `Basic ${basic}`, `wrong password ${TOKEN} of scraper`],
    ['a token that tags break up', `Bearer ${TOKEN}`, `${TOKEN.slice(0, 12)}<wbr>${TOKEN.slice(12)}`],
    [
      'a token that tags break up and that spans the cut',
      `Bearer ${TOKEN}`,
      `${'x'.repeat(180)}${TOKEN.slice(0, 12)}<wbr>${TOKEN.slice(12)}`,
    ],
    ['a token in base64', `Bearer ${TOKEN}`, `got ${Buffer.from(TOKEN).toString('base64')}`],
    ['a token with another case', `Bearer ${TOKEN}`, TOKEN.toUpperCase()],
    ['a token where the reading of a long message ends', `Bearer ${TOKEN}`, `${'<p>'.repeat(5457)}...${TOKEN}`],
  ]
  test.each(echoes)('sent back by the server stay out of the error: %s', async (_what, authorization, said) => {
    const port = await serve(answer('401 Unauthorized', [], said))
    const reason = await reasonOf(getOnce(`http://127.0.0.1:${port}/`, { headers: { authorization } }))
    expect(reason).toContain('answered 401')
    for (const part of [TOKEN.slice(0, 8), basic.slice(0, 8)]) {
      expect(reason.toLowerCase()).not.toContain(part.toLowerCase())
    }
  })

  test('sent back as an encoding or in a redirect stay out of the error', async () => {
    for (const head of [
      answer('200 OK', [`Content-Encoding: ${TOKEN}`], 'x'),
      answer('200 OK', [`Content-Encoding: ${'x'.repeat(190)}${TOKEN}`], 'x'),
      answer('302 Found', [`Location: http://${'x.'.repeat(95)}${TOKEN}.example/`]),
      answer('302 Found', [`Location: http://${TOKEN}.example/`]),
    ]) {
      const port = await serve(head)
      const headers = { authorization: `Bearer ${TOKEN}` }
      expect(await reasonOf(getOnce(`http://127.0.0.1:${port}/`, { headers }))).not.toContain(TOKEN.slice(0, 8))
    }
  })

  test('in the url are refused and not repeated', async () => {
    const reason = await reasonOf(getOnce(`http://scraper:${TOKEN}@127.0.0.1:1/federate?key=${TOKEN}`))
    expect(reason).toBe('GET http://127.0.0.1:1/federate: credentials stand in the url; give them as auth')
  })
})

test.each([
  ['http//127.0.0.1', 'the url cannot be read; write it like https://prometheus.example/federate'],
  ['ftp://127.0.0.1/x', 'GET ftp://127.0.0.1/x: only http and https are spoken here'],
  ['file:///etc/passwd', 'GET file:///etc/passwd: only http and https are spoken here'],
])('refuses the url %s', async (url, reason) => {
  expect(await reasonOf(getOnce(url))).toBe(reason)
})

describe('TLS', () => {
  test('a certificate of the given CA is taken', async () => {
    const server = createTlsServer({ key: KEY, cert: HERE }, (_request, response) => response.end(TEXT))
    const port = await listen(server)
    expect((await getOnce(`https://127.0.0.1:${port}/`, { tls: { ca: HERE } })).body.toString()).toBe(TEXT)
  })

  test('a client certificate is shown to the server', async () => {
    const server = createTlsServer({ key: KEY, cert: HERE, ca: HERE, requestCert: true }, (_request, response) =>
      response.end(TEXT),
    )
    const port = await listen(server)
    const url = `https://127.0.0.1:${port}/`
    expect((await getOnce(url, { tls: { ca: HERE, cert: HERE, key: KEY } })).body.toString()).toBe(TEXT)
    expect(await reasonOf(getOnce(url, { tls: { ca: HERE } }))).toMatch(
      /the server ended the handshake \(ERR_SSL_.*ALERT.*\)/,
    )
  })
})

test('connects to no address that its policy refuses, be it written or looked up', async () => {
  let connections = 0
  const port = await serve(answer('200 OK', [], TEXT))
  const server = createServer(() => {
    connections++
  })
  const guarded = await listen(server)
  const policy = addressPolicy({ url: 'https://prometheus.example/federate' })
  for (const host of ['localhost', '127.0.0.1', '[::ffff:127.0.0.1]']) {
    const reason = await reasonOf(getOnce(`http://${host}:${guarded}/`, { policy }))
    expect(reason).toContain('loopback, which the url does not say literally')
  }
  expect(connections).toBe(0)
  expect((await getOnce(`http://localhost:${port}/`)).body.toString()).toBe(TEXT)
})

describe('kept connections', () => {
  test('carry many requests', async () => {
    let connections = 0
    const server = http.createServer((_request, response) => response.end(TEXT))
    server.on('connection', () => {
      connections++
    })
    const url = `http://127.0.0.1:${await listen(server)}/`
    const agent = keepAlive()
    for (let i = 0; i < 20; i++) expect((await getOnce(url, { agent })).body.toString()).toBe(TEXT)
    expect(connections).toBe(1)
  })

  test('that the server has closed meanwhile are replaced by a new one, once', async () => {
    const server = createServer((socket) => {
      let requests = 0
      socket.on('error', () => {})
      // Answers the first request of each connection and breaks the connection at the second.
      socket.on('data', () => (++requests === 1 ? socket.write(answer('200 OK', [], TEXT)) : socket.resetAndDestroy()))
    })
    const url = `http://127.0.0.1:${await listen(server)}/`
    const agent = keepAlive()
    for (let i = 0; i < 4; i++) expect((await getOnce(url, { agent })).body.toString()).toBe(TEXT)
  })

  test('are closed after a refused answer, whose body nobody reads', async () => {
    let closed = 0
    const server = http.createServer((_request, response) => {
      response.setHeader('content-encoding', 'br')
      response.end('xx')
    })
    server.on('connection', (socket) => socket.on('close', () => closed++))
    const url = `http://127.0.0.1:${await listen(server)}/`
    const agent = keepAlive()
    for (let i = 0; i < 3; i++) expect(await reasonOf(getOnce(url, { agent }))).toContain('content-encoding')
    for (let i = 0; i < 100 && closed < 3; i++) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(closed).toBe(3)
  })
})

test('goes by no proxy, whatever the environment says', async () => {
  let proxied = 0
  const proxy = http.createServer((_request, response) => {
    proxied++
    response.end('proxied')
  })
  const port = await serve(answer('200 OK', [], TEXT))
  const url = `http://127.0.0.1:${await listen(proxy)}`
  const module = join(import.meta.dirname, '..', 'functions', 'http.ts')
  const script = `import { getOnce } from ${JSON.stringify(module)}
    const { body } = await getOnce('http://127.0.0.1:${port}/federate')
    process.stdout.write(body.whole())`
  const env = {
    ...process.env,
    NODE_USE_ENV_PROXY: '1',
    NO_PROXY: '',
    HTTP_PROXY: url,
    http_proxy: url,
    ALL_PROXY: url,
  }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env })
  expect({ stdout, proxied }).toEqual({ stdout: TEXT, proxied: 0 })
})
