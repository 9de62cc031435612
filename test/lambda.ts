/**
 * A Lambda of our own: runs a packaged function as the real one would, in a fresh process that has its package, its
 * environment and the Runtime API, and nothing else of this machine.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { createInterface } from 'node:readline'
import { unzipSync } from 'fflate'
import { type FunctionError, type Outcome, startRuntimeApi } from './lambda-runtime-api.ts'

export interface LambdaSettings {
  zip: Uint8Array // the package
  name: string
  arn: string
  handler: string // 'index.handler'
  memoryMb: number
  timeoutSeconds: number
  region: string
  variables: Record<string, string> // its Environment.Variables, and what stands for AWS
  credentials: Credentials // of its role
}

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface Invocation {
  requestId: string
  payload: unknown // what the handler gave; null when there is an error
  error: FunctionError | null
  lines: string[] // of its log
  durationMs: number
  maxMemoryMb: number // resident, of the process since its start; NaN when it did not live to tell
}

export interface Lambda {
  /** Runs the handler on an event, in the process of the invocation before where there is one. */
  invoke(event: unknown): Promise<Invocation>
  /** Ends the process: the next invocation starts another, as after a while without any. */
  restart(): Promise<void>
  /** Files of the package that were changed or removed since, and files that were added to it. */
  changedFiles(): string[]
  close(): Promise<void>
}

const BOOTSTRAP = join(import.meta.dirname, 'lambda-bootstrap.cjs')

/** Unpacks a function; its process starts with its first invocation. One invocation at a time. */
export async function startLambda(settings: LambdaSettings): Promise<Lambda> {
  const root = mkdtempSync(join(tmpdir(), `wharfage-lambda-${settings.name}-`))
  const { files, folders } = unpack(settings.zip, root)
  const runtime = await startRuntimeApi(settings.arn)
  const timeoutMs = settings.timeoutSeconds * 1000
  let running: Runtime | null = null
  let closed = false

  const stop = async () => {
    const stopped = running
    running = null
    runtime.forget()
    await stopped?.stop()
  }

  return {
    async invoke(event) {
      running ??= startRuntime(settings, root, runtime.address)
      const { exited, logOf, linesSoFar } = running
      const requestId = randomUUID()
      const began = performance.now()
      const log = logOf(requestId)
      let timer: NodeJS.Timeout | undefined
      const timedOut = new Promise<Outcome>((resolve) => {
        timer = setTimeout(() => resolve(crash('Sandbox.Timedout', `timed out after ${timeoutMs} ms`)), timeoutMs)
      })
      const body = JSON.stringify(event)
      const given = runtime.give({ requestId, body, deadlineMs: Date.now() + timeoutMs })
      const { atStart, ...outcome } = await Promise.race([given, exited, timedOut])
      clearTimeout(timer)
      const durationMs = performance.now() - began
      const ended = outcome.error === null || !(atStart || isCrash(outcome.error))
      if (!ended) await stop()
      const { lines, maxMemoryMb } = ended ? await log : { lines: linesSoFar(), maxMemoryMb: Number.NaN }
      return { requestId, ...outcome, lines, durationMs, maxMemoryMb }
    },
    restart: stop,
    changedFiles() {
      const there = readdirSync(root, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      const isSame = (name: string) => files.get(name)?.equals(readFileSync(join(root, name))) === true
      return [...[...files.keys()].filter((name) => !there.includes(name)), ...there.filter((name) => !isSame(name))]
    },
    async close() {
      if (closed) return
      closed = true
      await stop()
      await runtime.close()
      for (const folder of folders) chmodSync(folder, 0o755)
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Unpacks into a folder that nobody may write to, as far as that binds whoever runs this. */
function unpack(zip: Uint8Array, root: string): { files: Map<string, Buffer>; folders: Set<string> } {
  const files = new Map<string, Buffer>()
  const folders = new Set([root])
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const path = join(root, name)
    if (!path.startsWith(root + sep)) throw new Error(`package holds ${name}, which lies outside of it`)
    if (name.endsWith('/')) continue
    for (let folder = dirname(path); folder !== root; folder = dirname(folder)) folders.add(folder)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes, { mode: 0o444 })
    files.set(name, Buffer.from(bytes))
  }
  for (const folder of folders) chmodSync(folder, 0o555)
  return { files, folders }
}

/** What a function's process finds in Lambda; the rest of this machine's environment stays outside. */
function environment(settings: LambdaSettings, root: string, runtimeApi: string): Record<string, string> {
  const { name, memoryMb, region, credentials } = settings
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    HOME: '/nonexistent',
    LAMBDA_TASK_ROOT: root,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: `${memoryMb}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef',
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: credentials.sessionToken }),
    _HANDLER: settings.handler,
    ...settings.variables,
  }
}

interface Runtime {
  exited: Promise<Outcome> // of a process that nobody asked to end
  logOf(requestId: string): Promise<Pick<Invocation, 'lines' | 'maxMemoryMb'>> // once it has ended
  linesSoFar(): string[] // since the last invocation that ended
  stop(): Promise<void>
}

function startRuntime(settings: LambdaSettings, root: string, runtimeApi: string): Runtime {
  // The share of a function's memory that Lambda gives to the heap.
  const heapMb = Math.floor(settings.memoryMb * 0.9)
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, BOOTSTRAP], {
    cwd: root,
    env: environment(settings, root, runtimeApi),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  const waiting = new Map<string, (log: Pick<Invocation, 'lines' | 'maxMemoryMb'>) => void>()
  let lines: string[] = []
  const read = (line: string) => {
    const [, requestId, kilobytes] = /^REPORT RequestId: (\S+) Max Memory Used: (\d+) kB$/.exec(line) ?? []
    if (requestId === undefined) {
      lines.push(line)
      return
    }
    waiting.get(requestId)?.({ lines, maxMemoryMb: Number(kilobytes) / 1024 })
    waiting.delete(requestId)
    lines = []
  }
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', read)
  return {
    exited: closed.then(([code, signal]) => crash('Runtime.ExitError', `runtime exited with ${code ?? signal}`)),
    logOf: (requestId) => new Promise((resolve) => waiting.set(requestId, resolve)),
    linesSoFar: () => lines,
    async stop() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

function crash(errorType: 'Sandbox.Timedout' | 'Runtime.ExitError', errorMessage: string): Outcome {
  return { payload: null, error: { errorType, errorMessage }, atStart: false }
}

function isCrash({ errorType }: FunctionError): boolean {
  return errorType === 'Sandbox.Timedout' || errorType === 'Runtime.ExitError'
}
