/**
 * One GET, whole or not at all. Not `fetch()`, which accepts truncated gzip and half a body, follows a redirect with
 * the token in its hand, and inflates whatever it is sent.
 */
import * as http from 'node:http'
import * as https from 'node:https'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { type AddressPolicy, addressPolicy, checkLiteral, guardedLookup } from './address.ts'
import { redaction } from './secrets.ts'

export interface GetOptions {
  headers?: Record<string, string> // names in lower case
  policy?: AddressPolicy // where it may connect to; by default what the url itself permits
  agent?: http.Agent // keeps connections for the next request; of the url's protocol. Default: a new connection
  tls?: { ca?: string; cert?: string; key?: string } // PEM; certificates are always verified
  timeoutMs?: number // for everything, from the look-up of the name to the last byte; default 30,000
  connectTimeoutMs?: number // until the connection stands; default 10,000
  maxWireBytes?: number // of the body as sent; default 64 MiB
  maxBodyBytes?: number // of the body once inflated; default 512 MiB
}

export interface HttpResponse {
  status: number // always 200
  headers: http.IncomingHttpHeaders
  body: Buffer // inflated
  wireBytes: number // of the body as sent
}

const TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000
const WIRE_BYTES = 64 << 20
const BODY_BYTES = 512 << 20
const GUNZIP_CHUNK = 1 << 20 // zlib's own 16 kB makes it five times slower
const MESSAGE_BYTES = 16 << 10 // of an error's body: enough for its message
const MESSAGE_CHARACTERS = 200

/**
 * The answer to a GET: status 200, the whole body, inflated. Throws one sentence that names the url (without its query)
 * on anything else: another status (with the server's own message), a redirect, an address that must not be connected
 * to, a certificate that does not verify, a body that is cut off, too large, too slow or encoded in any way but gzip.
 */
export async function getOnce(address: string | URL, options: GetOptions = {}): Promise<HttpResponse> {
  const url = URL.parse(String(address))
  if (url === null) throw new Error('the url cannot be read; write it like https://prometheus.example/federate')
  const redact = redaction(options.headers?.authorization ?? '')
  const deadline = performance.now() + (options.timeoutMs ?? TIMEOUT_MS)
  try {
    if (!/^https?:$/.test(url.protocol)) throw new Error('only http and https are spoken here')
    if (url.username !== '' || url.password !== '') throw new Error('credentials stand in the url; give them as auth')
    const policy = options.policy ?? addressPolicy({ url: String(address) })
    checkLiteral(url.hostname, policy)
    return await exchange(url, { ...options, policy }, deadline, redact)
  } catch (error) {
    throw new Error(
      redact(`GET ${url.protocol}//${url.host}${url.pathname}: ${failure(error as NodeJS.ErrnoException)}`),
    )
  }
}

async function exchange(
  url: URL,
  options: GetOptions & { policy: AddressPolicy },
  deadline: number,
  redact: (text: string) => string,
): Promise<HttpResponse> {
  const { timeoutMs = TIMEOUT_MS, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
  const secure = url.protocol === 'https:'
  const request = (secure ? https : http).request(url, {
    agent: options.agent ?? false,
    headers: { ...options.headers, 'accept-encoding': 'gzip' },
    lookup: guardedLookup(options.policy),
    ...(secure ? { ...options.tls, rejectUnauthorized: true } : {}),
  })
  let response: http.IncomingMessage | undefined
  const expire = (reason: string) => (response ?? request).destroy(new Error(reason))
  const total = setTimeout(expire, deadline - performance.now(), `no complete answer within ${timeoutMs / 1000} s`)
  const connecting = setTimeout(expire, connectTimeoutMs, `no connection within ${connectTimeoutMs / 1000} s`)
  request.on('socket', (socket) => {
    if (!socket.connecting) clearTimeout(connecting)
    else socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting))
  })
  try {
    response = await answer(request)
    refuseHead(url, response, options)
    if (response.statusCode !== 200) throw new Error(await errorStatus(response, redact))
    return { status: 200, headers: response.headers, ...(await readBody(response, options)) }
  } catch (error) {
    request.destroy()
    // The server had closed a kept connection before it saw the request, which may therefore be made again.
    if (response === undefined && request.reusedSocket && /^(ECONNRESET|EPIPE)$/.test(codeOf(error))) {
      return await exchange(url, { ...options, agent: undefined }, deadline, redact)
    }
    throw error
  } finally {
    clearTimeout(total)
    clearTimeout(connecting)
  }
}

/** The head of the answer. An error that comes later is the response's own and is met there. */
function answer(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      response.on('error', () => {})
      resolve(response)
    })
    request.end()
  })
}

/** Throws what can be said against an answer from its head alone. */
function refuseHead(url: URL, response: http.IncomingMessage, { maxWireBytes = WIRE_BYTES }: GetOptions): void {
  const { statusCode = 0, headers } = response
  if (statusCode >= 300 && statusCode < 400) {
    const host = (headers.location && URL.parse(headers.location, url.href)?.host) || 'nowhere'
    throw new Error(`answered ${statusCode}, a redirect to ${host}, which is not followed; give the final url`)
  }
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && !gzipped(response)) {
    throw new Error(`content-encoding is "${printable(encoding)}", though only gzip was asked for`)
  }
  if (statusCode !== 200) return
  if (Number(headers['content-length']) > maxWireBytes) throw new Error(overWire(maxWireBytes))
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined && !gzipped(response)) {
    throw new Error('body has neither a length nor chunks nor gzip, so nothing tells whether it is whole')
  }
}

async function readBody(
  response: http.IncomingMessage,
  options: GetOptions,
): Promise<{ body: Buffer; wireBytes: number }> {
  const { maxWireBytes = WIRE_BYTES, maxBodyBytes = BODY_BYTES } = options
  const gunzip = gzipped(response) ? createGunzip({ chunkSize: gunzipChunk(response) }) : null
  const chunks: Buffer[] = []
  let wireBytes = 0
  let bodyBytes = 0
  return new Promise((resolve, reject) => {
    const fail = (reason: string | Error) => {
      reject(typeof reason === 'string' ? new Error(reason) : reason)
      response.destroy()
      gunzip?.destroy()
    }
    const collect = (chunk: Buffer) => {
      bodyBytes += chunk.length
      if (bodyBytes > maxBodyBytes)
        fail(`body is over ${maxBodyBytes} bytes once inflated; ask for less or raise the limit`)
      else chunks.push(chunk)
    }
    const finish = () => {
      if (gunzip !== null && gunzip.bytesWritten < wireBytes) fail('something follows the end of the gzip')
      else resolve({ body: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bodyBytes), wireBytes })
    }
    response.on('data', (chunk: Buffer) => {
      wireBytes += chunk.length
      if (wireBytes > maxWireBytes) fail(overWire(maxWireBytes))
    })
    response.on('error', (error) => {
      fail(codeOf(error) === 'ECONNRESET' ? cutOff(wireBytes) : error)
    })
    if (gunzip === null) {
      response.on('data', collect)
      response.on('end', finish)
      return
    }
    gunzip.on('data', collect)
    gunzip.on('end', finish)
    gunzip.on('error', (error) => {
      fail(
        codeOf(error) === 'Z_BUF_ERROR'
          ? `gzip is cut off after ${wireBytes} bytes`
          : `gzip is damaged (${error.message})`,
      )
    })
    response.pipe(gunzip)
  })
}

const cutOff = (wireBytes: number) => `body was cut off after ${wireBytes} bytes`

const overWire = (maxWireBytes: number) =>
  `body is over ${maxWireBytes} bytes on the wire; ask for less or raise the limit`

function gzipped({ headers }: http.IncomingMessage): boolean {
  return /^(x-)?gzip$/i.test(headers['content-encoding'] ?? '')
}

/** 1 MiB, or less for a small answer: label sets deflate by some 40 to 1, and a chunk is allocated for every answer. */
function gunzipChunk({ headers }: http.IncomingMessage): number {
  const length = Number(headers['content-length'] ?? GUNZIP_CHUNK)
  return Math.min(GUNZIP_CHUNK, Math.max(4096, length * 64))
}

/** `answered 401: "token expired"; check …`, from the beginning of the server's own body. */
async function errorStatus(response: http.IncomingMessage, redact: (text: string) => string): Promise<string> {
  const status = response.statusCode ?? 0
  const message = redact(await errorMessage(response))
  const said = message === '' ? '' : `: "${message.slice(0, MESSAGE_CHARACTERS)}"`
  if (status === 401 || status === 403) return `answered ${status}${said}; check the target's auth`
  if (status === 404) return `answered ${status}${said}; check the target's url`
  return `answered ${status}${said}`
}

/** What the server says for itself, tags taken out; '' when it says nothing that can be read. */
async function errorMessage(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= MESSAGE_BYTES) break
    }
    const start = Buffer.concat(chunks)
    // It may well end in the middle: a beginning is all that is wanted.
    const text = gzipped(response) ? gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }) : start
    return printable(text.toString('utf8', 0, MESSAGE_BYTES).replace(/<[^>]*>/g, ' '))
  } catch {
    return ''
  }
}

/** One line of printable characters. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Z}\ufffd]+/gu, ' ').trim()
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/** A sentence for what Node's sockets, TLS and HTTP parser report; our own errors have no code and are one already. */
function failure(error: NodeJS.ErrnoException): string {
  const code = codeOf(error)
  if (code === '') return error.message
  if (code === 'ECONNREFUSED') return 'connection refused; check that Prometheus listens there'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `the host's name was not found (${code}); check the target's url`
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection was closed before an answer came'
  if (code === 'HPE_HEADER_OVERFLOW') return 'the answer has more than 16 kB of headers'
  if (code.startsWith('HPE_')) return `the answer is not HTTP (${code})`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return "the server's certificate is for another name; check the target's url"
  if (code.startsWith('ERR_OSSL_')) return `auth.tls is no certificate and its key in PEM (${code})`
  if (code.includes('_ALERT_')) return `the server ended the handshake (${code}); check auth.tls.cert and auth.tls.key`
  if (/CERT|SIGNATURE|ISSUER/.test(code))
    return `the server's certificate is not trusted (${code}); give its CA as auth.tls.ca`
  return `the connection failed (${code})`
}
