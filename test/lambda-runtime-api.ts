/** Lambda's Runtime API, 2018-06-01, as far as a runtime needs it: one event at a time, and what came of it. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FunctionError {
  errorType: string
  errorMessage: string
}

export interface Outcome {
  payload: unknown // null when there is an error
  error: FunctionError | null
  atStart: boolean // the runtime could not load the handler, and never asked for the event
}

export interface RuntimeApi {
  address: string // host:port
  /** Hands an event to whoever asks next; resolves when the runtime has told what came of it. */
  give(event: { requestId: string; body: string; deadlineMs: number }): Promise<Outcome>
  /** Forgets the event whose runtime is gone. */
  forget(): void
  close(): Promise<void>
}

interface Task {
  requestId: string
  body: string
  deadlineMs: number // since epoch
  taken: boolean
  settle(outcome: Outcome): void
}

/** Serves the Runtime API of one function on a free port of loopback. */
export async function startRuntimeApi(functionArn: string): Promise<RuntimeApi> {
  let task: Task | null = null
  let asking: ServerResponse | null = null

  const hand = () => {
    if (task === null || task.taken || asking === null) return
    task.taken = true
    asking.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': task.requestId,
      'lambda-runtime-deadline-ms': `${task.deadlineMs}`,
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': `Root=1-${'0'.repeat(8)}-${'0'.repeat(24)};Sampled=0`,
    })
    asking.end(task.body)
    asking = null
  }

  const settle = (path: string, body: unknown) => {
    const [, requestId, kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
    const atStart = path === '/init/error'
    if (task === null || (requestId !== task.requestId && !atStart)) return
    const { settle } = task
    task = null
    if (kind === 'response') settle({ payload: body, error: null, atStart })
    else settle({ payload: null, error: body as FunctionError, atStart })
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [, path = ''] = /^\/2018-06-01\/runtime(\/.*)$/.exec(request.url ?? '') ?? []
    if (request.method === 'GET' && path === '/invocation/next') {
      asking = response
      response.once('close', () => {
        if (asking === response) asking = null
      })
      hand()
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
    settle(path, body)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    give: (event) =>
      new Promise((resolve) => {
        task = { ...event, taken: false, settle: resolve }
        hand()
      }),
    forget: () => {
      task = null
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
