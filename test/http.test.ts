import * as http from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { addressPolicy } from '../functions/address.ts'
import { type GetOptions, getOnce } from '../functions/http.ts'
import { ELSEWHERE, EXPIRED, HERE, KEY } from './certificates.ts'

const TEXT = 'istio_requests_total{reporter="source"} 7 1700000000000\nup 1 1700000000000\n'
const CHUNK = TEXT.length.toString(16)
const GZIP = gzipSync(TEXT)
const BOMB = gzipSync(Buffer.alloc(8 << 20))
const TOKEN = 'very-secret-token-0123456789'

/** An answer with this head line and these headers, framed by its length unless it says otherwise. */
function answer(head: string, headers: string[] = [], body: string | Buffer = ''): Buffer {
  const framed = headers.some((header) => /^(content-length|transfer-encoding|connection):/i.test(header))
  const lines = [`HTTP/1.1 ${head}`, ...headers, ...(framed ? [] : [`Content-Length: ${Buffer.byteLength(body)}`])]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.from(body)])
}

const open: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const end of open.splice(0)) await end()
})

/** A server that says these bytes to whatever it is asked, then closes the connection unless it is to be left open. */
async function serve(said: Buffer | ((socket: Socket) => void)): Promise<number> {
  return listen(
    createServer((socket) => {
      socket.once('data', () => (Buffer.isBuffer(said) ? socket.end(said) : said(socket)))
    }),
  )
}

/** The loopback port the server now listens on, until the test ends. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

function keepAlive(): http.Agent {
  const agent = new http.Agent({ keepAlive: true })
  open.push(async () => agent.destroy())
  return agent
}

async function reasonOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: Error) => error.message,
  )
}

const GZIPPED = 'Content-Encoding: gzip'
const dripping = (head: string) => (socket: Socket) => {
  socket.write(head)
  const drip = setInterval(() => socket.write('x'), 20)
  socket.on('close', () => clearInterval(drip))
}

type Case = [what: string, said: Buffer | ((socket: Socket) => void), reason: string, options?: GetOptions]

const misbehaving: Case[] = [
  // Statuses
  ['401', answer('401 Unauthorized', [], 'token expired\n'), 'answered 401: "token expired"; check the target\'s auth'],
  ['403', answer('403 Forbidden', [], 'not you'), 'answered 403: "not you"; check the target\'s auth'],
  ['404', answer('404 Not Found', [], ''), "answered 404; check the target's url"],
  ['400', answer('400 Bad Request', [], '1:4: parse error'), 'answered 400: "1:4: parse error"'],
  [
    '503 in gzip',
    answer('503 Busy', [GZIPPED], gzipSync('Service\r\n\r\nUnavailable')),
    'answered 503: "Service Unavailable"',
  ],
  ['503 in HTML', answer('503 Busy', [], '<h1>Upstream</h1><p>down</p>'), 'answered 503: "Upstream down"'],
  ['a long message', answer('500 Oops', [], 'e'.repeat(900)), `answered 500: "${'e'.repeat(200)}"`],
  [
    'an endless message',
    dripping(`HTTP/1.1 500 Oops\r\n\r\n${'e'.repeat(40_000)}`),
    `answered 500: "${'e'.repeat(200)}"`,
  ],
  ['control characters', answer('500 Oops', [], 'a\u001b[31m\u0000b\u202ec'), 'answered 500: "a [31m b c"'],
  ['a message cut off', answer('500 Oops', ['Content-Length: 50'], 'half'), 'answered 500'],
  ['204', answer('204 No Content', ['Connection: close']), 'answered 204'],
  ['206', answer('206 Partial Content', [], 'part'), 'answered 206: "part"'],
  // Redirects
  [
    'a redirect elsewhere',
    answer('302 Found', ['Location: https://user:pw@login.example/?back=1']),
    'answered 302, a redirect to login.example, which is not followed; give the final url',
  ],
  [
    'a redirect on the same host',
    answer('301 Moved', ['Location: /federate/']),
    'answered 301, a redirect to HOST, which is not followed; give the final url',
  ],
  [
    'a redirect without a location',
    answer('308 Moved'),
    'answered 308, a redirect to nowhere, which is not followed; give the final url',
  ],
  // Bodies cut off
  [
    'a body shorter than its length',
    answer('200 OK', ['Content-Length: 500'], TEXT),
    `body was cut off after ${TEXT.length} bytes`,
  ],
  [
    'chunks without an end',
    answer('200 OK', ['Transfer-Encoding: chunked'], `${CHUNK}\r\n${TEXT}\r\n`),
    `body was cut off after ${TEXT.length} bytes`,
  ],
  [
    'a chunk cut in two',
    answer('200 OK', ['Transfer-Encoding: chunked'], `${CHUNK}\r\n${TEXT.slice(0, 33)}`),
    'body was cut off after 33 bytes',
  ],
  [
    'chunks that break off with the head',
    answer('200 OK', ['Transfer-Encoding: chunked'], 'no size\r\n'),
    'body was cut off after 0 bytes',
  ],
  [
    'a chunk of no size after a good one',
    answer('200 OK', ['Transfer-Encoding: chunked'], '5\r\nup 1\n\r\nno size\r\n'),
    'body was cut off after 5 bytes',
  ],
  [
    'a body framed by nothing',
    answer('200 OK', ['Connection: close'], TEXT),
    'body has neither a length nor chunks nor gzip, so nothing tells whether it is whole',
  ],
  [
    'a reset in the body',
    (socket) => {
      socket.write(answer('200 OK', ['Content-Length: 500'], 'up 1'), () =>
        setTimeout(() => socket.resetAndDestroy(), 30),
      )
    },
    'body was cut off after 4 bytes',
  ],
  // gzip
  ['gzip cut off, well framed', answer('200 OK', [GZIPPED], GZIP.subarray(0, 40)), 'gzip is cut off after 40 bytes'],
  [
    'gzip cut off, unframed',
    answer('200 OK', [GZIPPED, 'Connection: close'], GZIP.subarray(0, -1)),
    `gzip is cut off after ${GZIP.length - 1} bytes`,
  ],
  [
    'gzip without its trailer',
    answer('200 OK', [GZIPPED], GZIP.subarray(0, -8)),
    `gzip is cut off after ${GZIP.length - 8} bytes`,
  ],
  [
    'gzip with a wrong checksum',
    answer('200 OK', [GZIPPED], flipped(GZIP, -7)),
    'gzip is damaged (incorrect data check)',
  ],
  [
    'gzip with a wrong length',
    answer('200 OK', [GZIPPED], flipped(GZIP, -1)),
    'gzip is damaged (incorrect length check)',
  ],
  ['no gzip though it says so', answer('200 OK', [GZIPPED], TEXT), 'gzip is damaged (incorrect header check)'],
  [
    'text after gzip',
    answer('200 OK', [GZIPPED], Buffer.concat([GZIP, Buffer.from('up 1')])),
    'gzip is damaged (incorrect header check)',
  ],
  [
    'zeros after gzip',
    answer('200 OK', [GZIPPED], Buffer.concat([GZIP, Buffer.alloc(9)])),
    'something follows the end of the gzip',
  ],
  [
    'another encoding',
    answer('200 OK', ['Content-Encoding: br'], 'xx'),
    'content-encoding is "br", though only gzip was asked for',
  ],
  [
    'two encodings',
    answer('200 OK', ['Content-Encoding: gzip, gzip'], 'xx'),
    'content-encoding is "gzip, gzip", though only gzip was asked for',
  ],
  // Sizes
  [
    'a gzip bomb',
    answer('200 OK', [GZIPPED], BOMB),
    'body is over 1048576 bytes once inflated; ask for less or raise the limit',
    { maxBodyBytes: 1 << 20 },
  ],
  [
    'a plain body over the limit',
    answer('200 OK', ['Transfer-Encoding: chunked'], `${CHUNK}\r\n${TEXT}\r\n0\r\n\r\n`),
    'body is over 70 bytes once inflated; ask for less or raise the limit',
    { maxBodyBytes: 70 },
  ],
  [
    'a length over the limit on the wire',
    answer('200 OK', ['Content-Length: 67108865'], 'up'),
    'body is over 67108864 bytes on the wire; ask for less or raise the limit',
  ],
  [
    'chunks over the limit on the wire',
    dripping(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n${'x'.repeat(4096)}\r\n`),
    'body is over 4000 bytes on the wire; ask for less or raise the limit',
    { maxWireBytes: 4000 },
  ],
  [
    'headers without end',
    answer('200 OK', [`X-Long: ${'x'.repeat(20_000)}`]),
    'the answer has more than 16 kB of headers',
  ],
  // Time
  [
    'a slow drip of body',
    dripping('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'),
    'no complete answer within 0.2 s',
    { timeoutMs: 200 },
  ],
  [
    'a slow drip of headers',
    dripping('HTTP/1.1 200 OK\r\nX-Drip: '),
    'no complete answer within 0.2 s',
    { timeoutMs: 200 },
  ],
  [
    'headers, then nothing',
    (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'),
    'no complete answer within 0.2 s',
    { timeoutMs: 200 },
  ],
  ['silence', () => {}, 'no complete answer within 0.2 s', { timeoutMs: 200 }],
  // No HTTP at all
  ['another protocol', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 'the answer is not HTTP (HPE_INVALID_CONSTANT)'],
  [
    'a length that is none',
    answer('200 OK', ['Content-Length: ten'], TEXT),
    'the answer is not HTTP (HPE_INVALID_CONTENT_LENGTH)',
  ],
  [
    'two lengths',
    answer('200 OK', ['Content-Length: 4', 'Content-Length: 8'], 'up 1'),
    'the answer is not HTTP (HPE_UNEXPECTED_CONTENT_LENGTH)',
  ],
  ['a closed connection', Buffer.alloc(0), 'the connection was closed before an answer came'],
]

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length + at] ^= 255
  return copy
}

describe('a server that misbehaves is refused with its own sentence:', () => {
  test.each(misbehaving)('%s', async (_what, said, reason, ...[options]) => {
    const port = await serve(said)
    const url = `http://127.0.0.1:${port}/federate`
    const headers = { authorization: `Bearer ${TOKEN}` }
    expect(await reasonOf(getOnce(`${url}?match[]=up`, { headers, ...options }))).toBe(
      `GET ${url}: ${reason.replace('HOST', `127.0.0.1:${port}`)}`,
    )
  })
})

test('says that nothing listens where nothing does', async () => {
  const port = await serve(Buffer.alloc(0))
  await open.pop()?.()
  expect(await reasonOf(getOnce(`http://127.0.0.1:${port}/`))).toBe(
    `GET http://127.0.0.1:${port}/: connection refused; check that Prometheus listens there`,
  )
})

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
  expect(body.equals(Buffer.from(text))).toBe(true)
})

describe('credentials', () => {
  const basic = Buffer.from(`scraper:${TOKEN}`).toString('base64')
  const echoes: [what: string, authorization: string, said: string][] = [
    ['a token', `Bearer ${TOKEN}`, `bad token ${TOKEN}`],
    ['a token that spans the cut', `Bearer ${TOKEN}`, `${'x'.repeat(190)}${TOKEN}`],
    ['a token broken up by control characters', `Bearer ${TOKEN}`, `<b></b>${TOKEN}\u0007`],
    ['a basic header', `Basic ${basic}`, `got Basic ${basic}`],
    ['a decoded password', `Basic ${basic}`, `wrong password ${TOKEN} of scraper`],
  ]
  test.each(echoes)('sent back by the server stay out of the error: %s', async (_what, authorization, said) => {
    const port = await serve(answer('401 Unauthorized', [], said))
    const reason = await reasonOf(getOnce(`http://127.0.0.1:${port}/`, { headers: { authorization } }))
    expect(reason).toContain('answered 401')
    for (const part of [TOKEN.slice(0, 8), basic.slice(0, 8)]) expect(reason).not.toContain(part)
  })

  test('sent back as an encoding or in a redirect stay out of the error', async () => {
    for (const head of [
      answer('200 OK', [`Content-Encoding: ${TOKEN}`], 'x'),
      answer('302 Found', [`Location: http://${TOKEN}.example/`]),
    ]) {
      const port = await serve(head)
      const headers = { authorization: `Bearer ${TOKEN}` }
      expect(await reasonOf(getOnce(`http://127.0.0.1:${port}/`, { headers }))).not.toContain(TOKEN)
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
  const cases: [what: string, cert: string, tls: GetOptions['tls'], reason: string][] = [
    [
      'a certificate nobody vouches for is refused',
      HERE,
      {},
      "the server's certificate is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT); give its CA as auth.tls.ca",
    ],
    [
      'a certificate for another name is refused',
      ELSEWHERE,
      { ca: ELSEWHERE },
      "the server's certificate is for another name; check the target's url",
    ],
    [
      'an expired certificate is refused',
      EXPIRED,
      { ca: EXPIRED },
      "the server's certificate is not trusted (CERT_HAS_EXPIRED); give its CA as auth.tls.ca",
    ],
    ['a certificate of the given CA is taken', HERE, { ca: HERE }, 'no error'],
  ]
  test.each(cases)('%s', async (_what, cert, tls, reason) => {
    const server = createTlsServer({ key: KEY, cert }, (_request, response) => response.end(TEXT))
    const port = await listen(server)
    expect(await reasonOf(getOnce(`https://127.0.0.1:${port}/`, { tls }))).toMatch(reason)
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

  test('what is no certificate is refused before it is shown', async () => {
    const reason = await reasonOf(getOnce('https://127.0.0.1:9/', { tls: { cert: 'no certificate', key: KEY } }))
    expect(reason).toMatch(
      /^GET https:\/\/127.0.0.1:9\/: auth.tls is no certificate and its key in PEM \(ERR_OSSL_\w+\)$/,
    )
  })

  test('a handshake that never ends is no connection', async () => {
    const port = await serve(() => {})
    const reason = await reasonOf(getOnce(`https://127.0.0.1:${port}/`, { connectTimeoutMs: 150 }))
    expect(reason).toBe(`GET https://127.0.0.1:${port}/: no connection within 0.15 s`)
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
