/** Serves the published folder to a browser: static files only, under the headers that the site is made for. */
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { constants, createBrotliCompress, createGzip } from 'node:zlib'
import { cacheControl, contentType } from './media-type.ts'

export interface ServeOptions {
  port: number // 0 for any that is free
  host?: string // address to listen on; only this machine can reach the default
}

export interface Serving {
  url: string // of the index
  close(): Promise<void>
}

interface FoundFile {
  path: string // real, inside the folder
  size: number // bytes
  etag: string // without quotes and encoding
}

type Lookup = FoundFile | 'folder' | null

/** No inline script or style, nothing from elsewhere, in nobody's frame. */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** What every answer carries, on this machine as behind CloudFront. */
export const SECURITY_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]'])

/** Serves `dir` until closed; throws one sentence when there is no such folder or the port is taken. */
export async function serveFolder(dir: string, { port, host = '127.0.0.1' }: ServeOptions): Promise<Serving> {
  const root = await realpath(dir).catch(() => null)
  if (root === null || !(await stat(root)).isDirectory())
    throw new Error(`serve: ${dir} is no folder; publish into it first`)
  const server = createServer((request, response) => {
    answer({ root, loopbackOnly: LOOPBACK.has(host) }, request, response).catch(() => breakOff(response))
  })
  await listen(server, port, host)
  const { port: listening } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${listening}/`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        reject(new Error(`serve: port ${port} of ${host} is taken; stop what listens there or choose another port`))
      else reject(new Error(`serve: cannot listen on port ${port} of ${host}: ${error.message}`))
    })
    server.listen(port, host, resolve)
  })
}

async function answer(
  { root, loopbackOnly }: { root: string; loopbackOnly: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return say(response, 405, 'only GET and HEAD are answered here')
  }
  // A foreign page whose name was rebound to the loopback address must not read the ledger through the browser.
  if (loopbackOnly && !LOOPBACK.has((request.headers.host ?? '').replace(/:\d+$/, '')))
    return say(response, 421, 'this server answers only to localhost; listen on another address to reach it by name')

  const [path, ...search] = (request.url ?? '/').split('?')
  const segments = segmentsOf(path)
  if (segments === null) return notFound(root, request, response)
  const found = await look(root, segments)
  if (found === 'folder') {
    if (!path.endsWith('/')) {
      const query = search.length > 0 ? `?${search.join('?')}` : ''
      // Built from the segments, since `//name` would send the browser to another host.
      response.setHeader('location', `${['', ...segments.map(encodeURIComponent), ''].join('/')}${query}`)
      return say(response, 308, 'this page ends with a slash')
    }
    const index = await look(root, [...segments, 'index.html'])
    return index === null || index === 'folder'
      ? notFound(root, request, response)
      : send(index, 200, request, response, cacheControl(segments.join('/')))
  }
  if (found === null || path.endsWith('/')) return notFound(root, request, response)
  return send(found, 200, request, response, cacheControl(segments.join('/')))
}

/** The decoded parts of a path, or null for one that no published file can have. */
function segmentsOf(path: string): string[] | null {
  if (!path.startsWith('/')) return null
  try {
    const segments = path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent)
    return segments.some((segment) => segment.startsWith('.') || /[/\\\0]/.test(segment)) ? null : segments
  } catch {
    return null // a broken percent sign
  }
}

/** The file or folder behind segments; null when there is none, or a link leads out of the folder. */
async function look(root: string, segments: string[]): Promise<Lookup> {
  const path = await realpath(join(root, ...segments)).catch(() => null)
  if (path === null || (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep))) return null
  const { size, mtimeNs, ino, ...stats } = await stat(path, { bigint: true }).then((found) => ({
    size: found.size,
    mtimeNs: found.mtimeNs,
    ino: found.ino,
    file: found.isFile(),
    folder: found.isDirectory(),
  }))
  if (stats.folder) return 'folder'
  return stats.file
    ? { path, size: Number(size), etag: [size, mtimeNs, ino].map((n) => n.toString(36)).join('-') }
    : null
}

async function send(
  file: FoundFile,
  status: number,
  request: IncomingMessage,
  response: ServerResponse,
  caching: string,
): Promise<void> {
  const type = contentType(file.path)
  const compressible = /^(text\/|application\/json|image\/svg)/.test(type)
  const encoding = compressible && file.size > 1024 ? acceptedEncoding(request.headers['accept-encoding'] ?? '') : null
  const etag = `"${file.etag}${encoding ? `-${encoding}` : ''}"`
  response.setHeader('cache-control', caching)
  response.setHeader('etag', etag)
  if (compressible) response.setHeader('vary', 'accept-encoding')
  if (status === 200 && matches(request.headers['if-none-match'], etag)) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('content-type', type)
  if (encoding) response.setHeader('content-encoding', encoding)
  else response.setHeader('content-length', file.size)
  response.writeHead(status)
  if (request.method === 'HEAD' || file.size === 0) {
    response.end()
    return
  }
  const bytes = createReadStream(file.path, { end: file.size - 1 })
  if (encoding === 'br')
    await pipeline(bytes, createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }), response)
  else if (encoding === 'gzip') await pipeline(bytes, createGzip(), response)
  else await pipeline(bytes, response)
}

function acceptedEncoding(header: string): 'br' | 'gzip' | null {
  const accepted = new Set(
    header
      .toLowerCase()
      .split(',')
      .map((part) => part.split(';').map((each) => each.trim()))
      .filter(([, quality]) => quality === undefined || !/^q=0(\.0*)?$/.test(quality))
      .map(([name]) => name),
  )
  return accepted.has('br') ? 'br' : accepted.has('gzip') ? 'gzip' : null
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag)
}

async function notFound(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const page = await look(root, ['404.html'])
  if (page === null || page === 'folder') return say(response, 404, 'there is no such page')
  return send(page, 404, request, response, 'no-cache')
}

function say(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${sentence}\n`)
}

/** For a file that went away or a reader who left: after the headers, only a broken connection tells of the rest. */
function breakOff(response: ServerResponse): void {
  if (response.headersSent) response.destroy()
  else say(response, 500, 'this file cannot be read now; ask again')
}
