/**
 * What a person reads when a Prometheus misbehaves, or what stands in its place: every case runs against a real server on
 * this machine, through the scrape stage, and its whole sentence stands in hostile/sentences.txt. Nothing is ever stored.
 *
 * UPDATE_GOLDEN=1 writes the sentences anew; read every line of the difference before you keep it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { Auth, Target } from '#core/target.ts'
import type { EndpointOptions } from '../functions/endpoint.ts'
import { prometheusOf } from '../functions/prometheus.ts'
import { scrapeTarget } from '../functions/stage/scrape.ts'
import { memoryStore } from '../functions/store/memory.ts'
import { ELSEWHERE, EXPIRED, HERE, KEY, LEAF } from './certificates.ts'
import { answer, closeAll, listen } from './loopback.ts'
import { simulatedTarget } from './simulated-target.ts'

const FILE = join(import.meta.dirname, 'hostile', 'sentences.txt')
const SERIES = 'istio_requests_total{reporter="source",destination_service="a.example"} 7 1700000000000\n'
const TEXT = `${SERIES}up{instance="a"} 1 1700000000000\n`
const GZIP = gzipSync(TEXT)
const GZIPPED = 'Content-Encoding: gzip'
const CHUNKED = 'Transfer-Encoding: chunked'
const PLAIN = 'Content-Type: text/plain; version=0.0.4'
const LOGIN = '<!doctype html>\n<title>Sign in</title>'

const SECRETS = { HOSTILE_TOKEN: 'a-token-of-28-characters-0123', HOSTILE_PASSWORD: 'correct horse' }
const BEARER: Auth = { bearer: 'env:HOSTILE_TOKEN' }
const BASIC: Auth = { basic: { username: 'scraper', password: 'env:HOSTILE_PASSWORD' } }
const PEMS = { HOSTILE_HERE: HERE, HOSTILE_ELSEWHERE: ELSEWHERE, HOSTILE_EXPIRED: EXPIRED, HOSTILE_KEY: KEY }

type Said = Buffer | ((socket: Socket) => void)

interface Case {
  what: string
  port: () => Promise<number> // of a server that has just been started
  url?: (port: number) => string
  target?: Partial<Target>
  limits?: EndpointOptions
}

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const ended = '0\r\n\r\n'

/** A server that says these bytes to whatever it is asked, and closes the connection when they are given as such. */
function says(what: string, said: Said, rest: Partial<Case> = {}): Case {
  const server = () =>
    createServer((socket) => {
      socket.once('data', () => (Buffer.isBuffer(said) ? socket.end(said) : said(socket)))
    })
  return { what, port: () => listen(server()), ...rest }
}

/** A server behind TLS with a certificate, asked with these certificates of ours. */
function speaksTls(what: string, cert: string, tls: Auth['tls'], server: ServerOptions = {}): Case {
  const options = { key: KEY, cert, ca: HERE, ...server }
  const target: Partial<Target> = tls === undefined ? {} : { auth: { tls } }
  return {
    what,
    port: () => listen(createTlsServer(options, (_request, response) => response.end(TEXT))),
    url: (port) => `https://127.0.0.1:${port}/federate`,
    target,
  }
}

/** Nothing is to be reached here: the address is refused before. */
function refuses(what: string, host: string, addresses: string[] = [], target: Partial<Target> = {}): Case {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  const lookup = (_host: string, _options: unknown, callback: (error: null, all: typeof found) => void) =>
    callback(null, found)
  return {
    what,
    port: async () => 9090,
    url: (port) => `http://${host}:${port}/federate`,
    target,
    limits: { lookup: lookup as unknown as EndpointOptions['lookup'] },
  }
}

/** Says a beginning, and then the same over and over again. */
function repeating(beginning: string, again = 'x', everyMs = 20) {
  return (socket: Socket) => {
    socket.write(beginning)
    const timer = setInterval(() => socket.write(again), everyMs)
    socket.on('close', () => clearInterval(timer))
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length + at] ^= 255
  return copy
}

const json = (status: string, error: string) =>
  answer(status, ['Content-Type: application/json'], JSON.stringify({ status: 'error', errorType: 'x', error }))
const soon: EndpointOptions = { timeoutMs: 300 }

const sections: Record<string, Case[]> = {
  'What the server answers instead': [
    says('401 without auth', answer('401 Unauthorized', [], 'Unauthorized\n')),
    says('401 to a token', answer('401 Unauthorized', [], 'token expired\n'), { target: { auth: BEARER } }),
    says('401 to a password, without a message', answer('401 Unauthorized'), { target: { auth: BASIC } }),
    says('403 without auth', answer('403 Forbidden', [], 'not you')),
    says('403 to a token', answer('403 Forbidden', [], 'not you'), { target: { auth: BEARER } }),
    says('404', answer('404 Not Found', [], '404 page not found\n')),
    says('400 from Prometheus, as text', answer('400 Bad Request', [], '1:4: parse error: unexpected end of input\n')),
    says('400 as JSON', json('400 Bad Request', '1:4: parse error: unexpected end of input')),
    says(
      '400 from TLS asked for plain HTTP',
      answer('400 Bad Request', [], 'Client sent an HTTP request to an HTTPS server.\n'),
    ),
    says('407', answer('407 Proxy Authentication Required')),
    says('414', answer('414 URI Too Long', [], '<html><h1>414 Request-URI Too Large</h1></html>')),
    says('429', answer('429 Too Many Requests', [], 'slow down')),
    says('500 as JSON', json('500 Internal Server Error', 'expanding series: context deadline exceeded')),
    says('500 as JSON of another kind', answer('500 Oops', [], '{"error":{"code":7}}')),
    says('503 in HTML', answer('503 Busy', [], '<html><head><title>503</title></head><h1>Upstream</h1><p>down</p>')),
    says('503 in gzip', answer('503 Busy', [GZIPPED], gzipSync('Service\r\n\r\nUnavailable'))),
    says('503 while it starts', answer('503 Service Unavailable', [], 'Service Unavailable')),
    says('500 with a long message', answer('500 Oops', [], 'e'.repeat(900))),
    says('500 with an endless message', repeating(`HTTP/1.1 500 Oops\r\n\r\n${'e'.repeat(40_000)}`)),
    says('500 with control characters', answer('500 Oops', [], 'a\u001b[31m\u0000b\u202ec\n\nd')),
    says('500 whose message is cut off', answer('500 Oops', ['Content-Length: 50'], 'half')),
    says('500 in an encoding nobody asked for', answer('500 Oops', ['Content-Encoding: br'], brotliCompressSync('x'))),
    says('204', answer('204 No Content', ['Connection: close'])),
    says('206', answer('206 Partial Content', [], 'part')),
    says('101', answer('101 Switching Protocols', ['Connection: upgrade', 'Upgrade: websocket'])),
    says('100 Continue, over and over', repeating('HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000))),
    says('a redirect elsewhere', answer('302 Found', ['Location: https://user:pw@login.example/?back=1'])),
    says('a redirect on the same host', answer('301 Moved', ['Location: /federate/'])),
    says('a redirect without a location', answer('308 Moved')),
    says('a redirect to a very long host', answer('307 Moved', [`Location: http://${'a.'.repeat(999)}example/`])),
  ],
  'What is no exposition, with a 200': [
    says('nothing', answer('200 OK', [PLAIN])),
    says('nothing, in gzip', answer('200 OK', [PLAIN, GZIPPED], gzipSync(''))),
    says('blank lines', answer('200 OK', [PLAIN], '\n \r\n\n')),
    says('a login page', answer('200 OK', ['Content-Type: text/html; charset=utf-8'], LOGIN)),
    says('a login page said to be text', answer('200 OK', [PLAIN], LOGIN)),
    says('a login page in gzip', answer('200 OK', [PLAIN, GZIPPED], gzipSync(LOGIN))),
    says('a login page after a byte order mark', answer('200 OK', [PLAIN], `\ufeff${LOGIN}`)),
    says('a login page after many blank lines', answer('200 OK', [PLAIN], `${'\r\n'.repeat(200)}${LOGIN}`)),
    says('JSON', answer('200 OK', ['Content-Type: application/json'], '{"status":"success"}')),
    says('no series at all', answer('200 OK', [PLAIN], 'it works!\n')),
    says('no up at the end', answer('200 OK', [PLAIN], SERIES)),
    says('cut off in a line, well framed', answer('200 OK', [PLAIN], TEXT.slice(0, 60))),
    says('a length shorter than the body', answer('200 OK', [PLAIN, `Content-Length: ${SERIES.length}`], TEXT)),
  ],
  'What is cut off': [
    says('a body shorter than its length', answer('200 OK', ['Content-Length: 500'], TEXT)),
    says('chunks without an end', answer('200 OK', [CHUNKED], chunk(TEXT))),
    says('a chunk cut in two', answer('200 OK', [CHUNKED], chunk(TEXT).slice(0, 36))),
    says('a chunk of no size', answer('200 OK', [CHUNKED], `${chunk('up 1\n')}no size\r\n`)),
    says('a body that ends with the connection', answer('200 OK', ['Connection: close'], TEXT)),
    says('a reset in the body', (socket) => {
      socket.write(answer('200 OK', ['Content-Length: 500'], 'up 1'), () =>
        setTimeout(() => socket.resetAndDestroy(), 50),
      )
    }),
    says('gzip cut off, well framed', answer('200 OK', [GZIPPED], GZIP.subarray(0, 40))),
    says(
      'gzip cut off in chunks',
      answer(
        '200 OK',
        [GZIPPED, CHUNKED],
        Buffer.concat([Buffer.from('28\r\n'), GZIP.subarray(0, 40), Buffer.from(`\r\n${ended}`)]),
      ),
    ),
    says('gzip cut off, unframed', answer('200 OK', [GZIPPED, 'Connection: close'], GZIP.subarray(0, -1))),
    says('gzip without its trailer', answer('200 OK', [GZIPPED], GZIP.subarray(0, -8))),
    says('a second gzip member cut off', answer('200 OK', [GZIPPED], Buffer.concat([GZIP, GZIP.subarray(0, 30)]))),
  ],
  'What is damaged or differently encoded': [
    says('gzip with a wrong checksum', answer('200 OK', [GZIPPED], flipped(GZIP, -7))),
    says('gzip with a wrong length', answer('200 OK', [GZIPPED], flipped(GZIP, -1))),
    says('no gzip, though it says so', answer('200 OK', [GZIPPED], TEXT)),
    says('nothing, though it says gzip', answer('200 OK', [GZIPPED])),
    says('gzip, though it does not say so', answer('200 OK', [PLAIN], GZIP)),
    says('text after gzip', answer('200 OK', [GZIPPED], Buffer.concat([GZIP, Buffer.from('up 1')]))),
    says('zeros after gzip', answer('200 OK', [GZIPPED], Buffer.concat([GZIP, Buffer.alloc(9)]))),
    says('gzip in gzip, said once', answer('200 OK', [GZIPPED], gzipSync(GZIP))),
    says('gzip in gzip, said twice', answer('200 OK', ['Content-Encoding: gzip, gzip'], gzipSync(GZIP))),
    says('brotli', answer('200 OK', ['Content-Encoding: br'], brotliCompressSync(TEXT))),
    says('deflate', answer('200 OK', ['Content-Encoding: deflate'], deflateSync(TEXT))),
    says('an encoding with a very long name', answer('200 OK', [`Content-Encoding: ${'x'.repeat(5000)}`], TEXT)),
  ],
  'What is too much': [
    says('a gzip bomb', answer('200 OK', [GZIPPED], gzipSync(Buffer.alloc(8 << 20))), {
      limits: { maxBodyBytes: 1 << 20 },
    }),
    says('a length over the limit', answer('200 OK', ['Content-Length: 67108865'], 'up')),
    says('a length beyond all numbers', answer('200 OK', [`Content-Length: ${'9'.repeat(40)}`], 'up')),
    says('chunks over the limit', repeating(`HTTP/1.1 200 OK\r\n${CHUNKED}\r\n\r\n${chunk('x'.repeat(4096))}`), {
      limits: { maxWireBytes: 4000 },
    }),
    says('one header too long', answer('200 OK', [`X-Long: ${'x'.repeat(20_000)}`])),
    says('headers without end', repeating('HTTP/1.1 200 OK\r\n', 'X-More: of the same\r\n'.repeat(100), 1)),
  ],
  'What is too slow': [
    says('silence', () => {}, { limits: soon }),
    says('headers, then nothing', (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'), {
      limits: soon,
    }),
    says('a drip of headers', repeating('HTTP/1.1 200 OK\r\nX-Drip: '), { limits: soon }),
    says('a drip of body', repeating('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n'), { limits: soon }),
    says('a drip of an error', repeating('HTTP/1.1 500 Oops\r\nContent-Length: 100000\r\n\r\n'), { limits: soon }),
    says('a handshake that never ends', () => {}, {
      url: (port) => `https://127.0.0.1:${port}/federate`,
      limits: { connectTimeoutMs: 300 },
    }),
  ],
  'What is not HTTP': [
    says('another protocol', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')),
    says('HTTP/0.9: a body and nothing else', Buffer.from(TEXT)),
    says('a length that is none', answer('200 OK', ['Content-Length: ten'], TEXT)),
    says('two lengths', answer('200 OK', ['Content-Length: 4', 'Content-Length: 8'], 'up 1')),
    says('a length and chunks', answer('200 OK', ['Content-Length: 4', CHUNKED], chunk(TEXT) + ended)),
    says('a closed connection', Buffer.alloc(0)),
    says('a reset connection', (socket) => socket.resetAndDestroy()),
    {
      what: 'nobody there',
      port: async () => {
        const port = await listen(createServer())
        await closeAll()
        return port
      },
    },
    says('plain HTTP asked for TLS', answer('400 Bad Request'), {
      url: (port) => `https://127.0.0.1:${port}/federate`,
    }),
    { ...speaksTls('TLS asked for plain HTTP', HERE, undefined), url: (port) => `http://127.0.0.1:${port}/federate` },
  ],
  Certificates: [
    speaksTls('self-signed', HERE, undefined),
    speaksTls('of an unknown authority', LEAF, { ca: 'env:HOSTILE_ELSEWHERE' }),
    speaksTls('for another name', ELSEWHERE, { ca: 'env:HOSTILE_ELSEWHERE' }),
    speaksTls('expired', EXPIRED, { ca: 'env:HOSTILE_EXPIRED' }),
    speaksTls('ours is missing', HERE, { ca: 'env:HOSTILE_HERE' }, { requestCert: true }),
    speaksTls(
      'ours is expired',
      HERE,
      { ca: 'env:HOSTILE_HERE', cert: 'env:HOSTILE_EXPIRED', key: 'env:HOSTILE_KEY' },
      { requestCert: true },
    ),
    speaksTls(
      'no cipher in common',
      HERE,
      { ca: 'env:HOSTILE_HERE' },
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
    ),
    speaksTls('ours is none', HERE, { ca: 'env:HOSTILE_HERE', cert: 'env:HOSTILE_TOKEN', key: 'env:HOSTILE_KEY' }),
    speaksTls('our authority is none', HERE, { ca: 'env:HOSTILE_TOKEN' }),
  ],
  Addresses: [
    refuses('a metadata address', '169.254.169.254'),
    refuses('a metadata address as a number', '2852039166'),
    refuses('a metadata address in IPv6', '[::ffff:169.254.169.254]'),
    refuses('a link-local address', '[fe80::1]'),
    refuses('a name with a metadata address', 'metadata.example', ['169.254.169.254']),
    refuses('a name with a loopback address', 'rebound.example', ['127.0.0.1', '::1']),
    refuses('a name with an IPv4-mapped loopback address', 'rebound.example', ['::ffff:127.0.0.1']),
    refuses('a name without addresses', 'empty.example', []),
    refuses('an address outside of the allowed', 'far.example', ['192.0.2.7'], { allow: ['10.0.0.0/8'] }),
    {
      ...refuses('a name whose look-up never ends', 'slow.example'),
      limits: { lookup: () => {}, connectTimeoutMs: 300 } as unknown as EndpointOptions,
    },
    { ...refuses('a name nobody knows', 'nowhere.invalid'), limits: {} },
    refuses('credentials in the url', 'scraper:hunter2@127.0.0.1'),
  ],
  Secrets: [
    refuses('not there', '127.0.0.1', [], { auth: { bearer: 'env:HOSTILE_MISSING' } }),
    refuses('a file that is not there', '127.0.0.1', [], { auth: { bearer: 'file:/nowhere/token' } }),
    refuses('a token with a line break', '127.0.0.1', [], { auth: { bearer: 'env:HOSTILE_KEY' } }),
    refuses('a password with a line break', '127.0.0.1', [], {
      auth: { basic: { username: 'x', password: 'env:HOSTILE_KEY' } },
    }),
    refuses('pasted where its name belongs', '127.0.0.1', [], { auth: { bearer: SECRETS.HOSTILE_TOKEN } }),
  ],
}

/** What a scrape of such a server says; anything that was stored is said, too. */
async function sentenceOf({ port, url, target, limits }: Case): Promise<string> {
  const at = await port()
  const scraped = simulatedTarget({
    name: 'prod-eu',
    url: (url ?? ((port) => `http://127.0.0.1:${port}/federate`))(at),
    intervalSeconds: 60,
    ...target,
  })
  const store = memoryStore()
  const said = await scrapeTarget(scraped, store, { prometheus: prometheusOf(scraped, limits) }).then(
    (summary) => `no error: ${JSON.stringify(summary)}`,
    (error: Error) => error.message,
  )
  const stored = await store.list('')
  return `${stored.map(({ key }) => `(stored ${key}) `).join('')}${said.replaceAll(`:${at}`, ':PORT')}`
}

function readSentences(): Map<string, string> {
  const text = readFileSync(FILE, 'utf8')
  return new Map([...text.matchAll(/^([^\s=].*)\n {2}(.*)$/gm)].map(([, what, sentence]) => [what, sentence]))
}

const update = process.env.UPDATE_GOLDEN === '1'
const actual = new Map<string, string>()
const cases = Object.values(sections).flat()

beforeAll(() => {
  Object.assign(process.env, SECRETS, PEMS)
})

afterEach(closeAll)

afterAll(() => {
  if (!update) return
  const lines = Object.entries(sections).flatMap(([section, members]) => [
    `== ${section}`,
    '',
    ...members.flatMap(({ what }) => [what, `  ${actual.get(what)}`]),
    '',
  ])
  writeFileSync(FILE, `${lines.join('\n').trimEnd()}\n`)
})

describe('is refused with its own sentence:', () => {
  test.each(cases)('$what', async (one) => {
    const sentence = await sentenceOf(one)
    actual.set(one.what, sentence)
    // Where, what, and what to do.
    expect(sentence).toMatch(/^scrape prod-eu: \S.+[;,] \S.+$/)
    for (const secret of Object.values({ ...SECRETS, ...PEMS })) expect(sentence).not.toContain(secret)
    if (!update) expect(sentence).toBe(readSentences().get(one.what))
  })
})

test('the sentences are those of these cases, each once', () => {
  expect(new Set(cases.map(({ what }) => what)).size).toBe(cases.length)
  if (!update) expect([...readSentences().keys()]).toEqual(cases.map(({ what }) => what))
})
