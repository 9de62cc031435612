/**
 * One GET, whole or not at all. Not `fetch()`, which accepts truncated gzip and half a body, follows a redirect with
 * the token in its hand, and inflates whatever it is sent.
 */
import type { lookup } from 'node:dns'
import * as http from 'node:http'
import * as https from 'node:https'
import { constants, createGunzip, gunzipSync } from 'node:zlib'
import { type AddressPolicy, addressPolicy, checkLiteral, guardedLookup } from './address.ts'
import { Body, GUNZIP_CHUNK } from './body.ts'
import { answerFailure, bodyFailure, codeOf, connectionFailure, GetError, statusFailure } from './failure.ts'
import { redaction } from './redaction.ts'

export interface GetOptions {
  headers?: Record<string, string> // names in lower case
  authSource?: string // where the credentials come from, as a sentence may say it: 'env:PROM_TOKEN'
  policy?: AddressPolicy // where it may connect to; by default what the url itself permits
  agent?: http.Agent // keeps connections for the next request; of the url's protocol. Default: a new connection
  tls?: { ca?: string; cert?: string; key?: string } // PEM; certificates are always verified
  lookup?: typeof lookup // of names; what it finds is checked against the policy
  timeoutMs?: number // for everything, from the look-up of the name to the last byte; default 30,000
  since?: number // performance.now() from which that counts; default now
  connectTimeoutMs?: number // until the connection stands; default 10,000
  maxWireBytes?: number // of the body as sent; default 64 MiB
  maxBodyBytes?: number // of the body once inflated; default 512 MiB
}

export interface HttpResponse {
  status: number // always 200
  headers: http.IncomingHttpHeaders
  body: Body
  wireBytes: number // of the body as sent
}

const TIMEOUT_MS = 30_000
const CONNECT_TIMEOUT_MS = 10_000
const WIRE_BYTES = 64 << 20
const BODY_BYTES = 512 << 20
const MESSAGE_BYTES = 16 << 10 // of an error's body: enough for its message
const INTERIM_ANSWERS = 20 // 100 Continue and its like, which we never ask for

/**
 * The answer to a GET: status 200, the whole body, inflated. Throws a GetError with one sentence that names the url
 * (without its query) on anything else: another status (with the server's own message), a redirect, an address that must not be connected
 * to, a certificate that does not verify, a body that is cut off, too large, too slow or encoded in any way but gzip.
 */
export async function getOnce(address: string | URL, options: GetOptions = {}): Promise<HttpResponse> {
  const url = URL.parse(String(address))
  if (url === null) throw new GetError('the url cannot be read; write it like https://prometheus.example/federate')
  const redact = redaction(options.headers?.authorization ?? '')
  const deadline = (options.since ?? performance.now()) + (options.timeoutMs ?? TIMEOUT_MS)
  try {
    if (!/^https?:$/.test(url.protocol)) throw new Error('only http and https are spoken here')
    if (url.username !== '' || url.password !== '') throw new Error('credentials stand in the url; give them as auth')
    const policy = options.policy ?? addressPolicy({ url: String(address) })
    checkLiteral(url.hostname, policy)
    return await exchange(url, { ...options, policy }, deadline, redact)
  } catch (error) {
    const { message, refused } = connectionFailure(error as NodeJS.ErrnoException)
    throw new GetError(redact(`GET ${url.protocol}//${url.host}${url.pathname}: ${message}`), refused)
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
    lookup: guardedLookup(options.policy, options.lookup),
    ...(secure ? { ...options.tls, rejectUnauthorized: true } : {}),
  })
  let response: http.IncomingMessage | undefined
  const expire = (reason: string) => (response ?? request).destroy(new Error(reason))
  const total = setTimeout(expire, deadline - performance.now(), answerFailure.late(timeoutMs / 1000))
  const connecting = setTimeout(expire, connectTimeoutMs, answerFailure.unconnected(connectTimeoutMs / 1000))
  request.on('socket', (socket) => {
    if (!socket.connecting) clearTimeout(connecting)
    else socket.once(secure ? 'secureConnect' : 'connect', () => clearTimeout(connecting))
  })
  try {
    response = await answer(request)
    refuseHead(url, response, options, redact)
    if (response.statusCode !== 200) {
      throw statusFailure(response.statusCode ?? 0, await errorMessage(response, redact), options.authSource)
    }
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
  let interim = 0
  return new Promise((resolve, reject) => {
    request.on('information', () => {
      if (++interim > INTERIM_ANSWERS) request.destroy(new GetError(answerFailure.interim(INTERIM_ANSWERS)))
    })
    request.on('error', reject)
    // Node then forgets the request: no error follows, and not even destroying it would end the waiting.
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new GetError(answerFailure.upgrade()))
    })
    const closed = () => reject(new GetError(answerFailure.closed()))
    request.on('close', closed)
    request.on('response', (response) => {
      request.off('close', closed)
      response.on('error', () => {})
      resolve(response)
    })
    request.end()
  })
}

/** Throws what can be said against an answer from its head alone. */
function refuseHead(
  url: URL,
  response: http.IncomingMessage,
  { maxWireBytes = WIRE_BYTES }: GetOptions,
  redact: (text: string) => string,
): void {
  const { statusCode = 0, headers } = response
  if (statusCode >= 300 && statusCode < 400) {
    const host = (headers.location && URL.parse(headers.location, url.href)?.host) || 'nowhere'
    throw new GetError(answerFailure.redirect(statusCode, redact(host)))
  }
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && !gzipped(response)) {
    throw new GetError(bodyFailure.encoding(printable(redact(encoding))))
  }
  if (statusCode !== 200) return
  if (Number(headers['content-length']) > maxWireBytes) throw new GetError(bodyFailure.overWire(maxWireBytes))
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined && !gzipped(response)) {
    throw new GetError(bodyFailure.unframed())
  }
}

async function readBody(
  response: http.IncomingMessage,
  options: GetOptions,
): Promise<{ body: Body; wireBytes: number }> {
  const { maxWireBytes = WIRE_BYTES, maxBodyBytes = BODY_BYTES } = options
  const gunzip = gzipped(response) ? createGunzip({ chunkSize: gunzipChunk(response) }) : null
  const body = new Body()
  let wireBytes = 0
  return new Promise((resolve, reject) => {
    const fail = (reason: string | Error) => {
      reject(typeof reason === 'string' ? new GetError(reason) : reason)
      response.destroy()
      gunzip?.destroy()
    }
    const collect = (chunk: Buffer) => {
      body.addInflated(chunk, gunzip !== null)
      if (body.size > maxBodyBytes) fail(bodyFailure.overInflated(maxBodyBytes))
    }
    const finish = () => {
      if (gunzip !== null && gunzip.bytesWritten < wireBytes) fail(bodyFailure.gzipFollowed())
      else resolve({ body, wireBytes })
    }
    response.on('data', (chunk: Buffer) => {
      wireBytes += chunk.length
      if (wireBytes > maxWireBytes) fail(bodyFailure.overWire(maxWireBytes))
      else if (gunzip !== null) body.addWire(chunk)
    })
    response.on('close', () => {
      if (!response.readableEnded) fail(bodyFailure.cutOff(wireBytes))
    })
    response.on('error', (error) => {
      fail(codeOf(error) === 'ECONNRESET' ? bodyFailure.cutOff(wireBytes) : error)
    })
    if (gunzip === null) {
      response.on('data', collect)
      response.on('end', finish)
      return
    }
    gunzip.on('data', collect)
    gunzip.on('end', finish)
    gunzip.on('error', (error) => {
      fail(codeOf(error) === 'Z_BUF_ERROR' ? bodyFailure.gzipCutOff(wireBytes) : bodyFailure.gzipDamaged(error.message))
    })
    response.pipe(gunzip)
  })
}

function gzipped({ headers }: http.IncomingMessage): boolean {
  return /^(x-)?gzip$/i.test(headers['content-encoding'] ?? '')
}

/** 1 MiB, or less for a small answer: label sets deflate by some 40 to 1, and a chunk is allocated for every answer. */
function gunzipChunk({ headers }: http.IncomingMessage): number {
  const length = Number(headers['content-length'] ?? GUNZIP_CHUNK)
  return Math.min(GUNZIP_CHUNK, Math.max(4096, length * 64))
}

/** What the server says for itself, on one line without tags or credentials; '' when it says nothing that can be read. */
async function errorMessage(response: http.IncomingMessage, redact: (text: string) => string): Promise<string> {
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
    // Credentials go first, while they are spelt as they came, and once more when what stood in between is gone.
    const message = ownMessage(redact(text.toString('utf8', 0, MESSAGE_BYTES)))
    return redact(printable(message.replace(/<[^<>]*>/g, ' ')))
  } catch {
    return ''
  }
}

/** Of Prometheus's JSON the error alone. */
function ownMessage(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown }
    return typeof error === 'string' ? error : text
  } catch {
    return text
  }
}

/** One line of printable characters. */
function printable(text: string): string {
  return text.replace(/[\p{C}\p{Z}\ufffd]+/gu, ' ').trim()
}
