/** Serves a mesh over HTTP, as its Prometheus would: /federate and /api/v1/query. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Mesh } from './mesh.ts'
import { ExecutionError, type QueryResult } from './promql.ts'
import type { LabelSet } from './series.ts'

export interface MeshServer {
  url: string // http://address:port
  close(): Promise<void>
}

/** Serves a mesh on a free port of an IPv4 address of this machine until it is closed. */
export async function serveMesh(mesh: Mesh, address = '127.0.0.1'): Promise<MeshServer> {
  const server = createServer((request, response) => answer(mesh, request, response))
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, address, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${address}:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

interface Answer {
  status: number
  type: string
  body: string | Buffer
}

function answer(mesh: Mesh, request: IncomingMessage, response: ServerResponse): void {
  const { status, type, body } = route(mesh, request.method ?? '', new URL(request.url ?? '/', 'http://127.0.0.1'))
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
}

const TEXT = 'text/plain; charset=utf-8'
const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'
const JSON_TYPE = 'application/json'

function route(mesh: Mesh, method: string, url: URL): Answer {
  if (method !== 'GET') return { status: 405, type: TEXT, body: 'Method Not Allowed\n' }
  const handler = HANDLERS[url.pathname]
  if (handler === undefined) return { status: 404, type: TEXT, body: '404 page not found\n' }
  if (!mesh.available()) return { status: 503, type: TEXT, body: 'Service Unavailable\n' }
  return handler(mesh, url.searchParams)
}

const HANDLERS: Record<string, (mesh: Mesh, parameters: URLSearchParams) => Answer> = {
  '/federate': federate,
  '/api/v1/query': query,
}

function federate(mesh: Mesh, parameters: URLSearchParams): Answer {
  try {
    return { status: 200, type: EXPOSITION, body: mesh.federate(parameters.getAll('match[]')) }
  } catch (error) {
    return { status: 400, type: TEXT, body: `${sentence(error)}\n` }
  }
}

function query(mesh: Mesh, parameters: URLSearchParams): Answer {
  try {
    const time = instantOf(parameters.get('time'), mesh.now())
    return { status: 200, type: JSON_TYPE, body: encodeResult(mesh.query(parameters.get('query') ?? '', time)) }
  } catch (error) {
    const executed = error instanceof ExecutionError
    const failure = { status: 'error', errorType: executed ? 'execution' : 'bad_data', error: sentence(error) }
    return { status: executed ? 422 : 400, type: JSON_TYPE, body: JSON.stringify(failure) }
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : `${error}`
}

/** The `time` parameter: seconds since epoch, with a fraction, or RFC 3339; missing: now. */
function instantOf(text: string | null, now: number): number {
  if (text === null) return now
  const time = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text)
  if (Number.isNaN(time)) throw new Error(`cannot parse ${JSON.stringify(text)} to a valid timestamp`)
  return time
}

/** A result as Prometheus's JSON. */
export function encodeResult(result: QueryResult): string {
  const rows =
    result.type === 'vector'
      ? result.elements.map(
          ({ set, value }) => `{"metric":${encodeLabels(set)},"value":${encodeSample(result.time, value)}}`,
        )
      : result.rows.map(
          ({ set, samples }) =>
            `{"metric":${encodeLabels(set)},"values":[${samples.map((s) => encodeSample(s.time, s.value)).join(',')}]}`,
        )
  return `{"status":"success","data":{"resultType":"${result.type}","result":[${rows.join(',')}]}}`
}

function encodeLabels(set: LabelSet): string {
  const name: [string, string][] = set.name === '' ? [] : [['__name__', set.name]]
  return JSON.stringify(Object.fromEntries([...name, ...set.labels]))
}

function encodeSample(time: number, value: number): string {
  const fraction = time % 1000
  const seconds = `${Math.floor(time / 1000)}${fraction === 0 ? '' : `.${String(fraction).padStart(3, '0')}`}`
  const text = Number.isFinite(value) || Number.isNaN(value) ? `${value}` : value > 0 ? '+Inf' : '-Inf'
  return `[${seconds},"${text}"]`
}
