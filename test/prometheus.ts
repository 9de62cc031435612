/** A real Prometheus for tests: on a loopback port of its own, with its data in a folder that goes when it stops. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

export interface PrometheusOptions {
  scrapeConfigs: object[] // as in Prometheus's own configuration
  externalLabels?: Record<string, string>
  scrapeInterval?: string // Prometheus's spelling; default '1s'
  guard?: Guard // default: plain HTTP for everybody
  history?: string // OpenMetrics with timestamps, all in the past: samples it has from the start; needs promtool
  remoteWrite?: boolean // whether it takes samples at /api/v1/write; default: no
}

/** TLS and basic authentication, and how the test itself gets in. PEM. */
export interface Guard {
  cert: string // the server's
  key: string
  clientCa: string // of the certificates that clients must show
  users: Record<string, string> // bcrypt hash by name
  client: https.RequestOptions
}

export interface RunningPrometheus {
  url: string // http://127.0.0.1:port, or https
  stop(): Promise<void>
}

/** Path of the binary: $PROMETHEUS, else the first on the PATH that can be run; null where there is none. */
export const prometheus: string | null = findPrometheus()
/** Path of the tool that comes with it; null where there is none. */
export const promtool: string | null = prometheus === null ? null : beside(prometheus, 'promtool')

/**
 * Starts a Prometheus and waits until it is ready; its first scrape comes some 5 s later. Throws with the end of its log
 * when it does not get there.
 */
export async function startPrometheus(options: PrometheusOptions): Promise<RunningPrometheus> {
  if (prometheus === null) throw new Error('no prometheus on the PATH; set $PROMETHEUS')
  const folder = await mkdtemp(join(tmpdir(), 'prometheus-'))
  const config = join(folder, 'prometheus.yml') // JSON is YAML
  await writeFile(
    config,
    JSON.stringify({
      global: { scrape_interval: options.scrapeInterval ?? '1s', external_labels: options.externalLabels ?? {} },
      scrape_configs: options.scrapeConfigs,
    }),
  )
  if (options.history !== undefined) {
    const history = join(folder, 'history.txt')
    await writeFile(history, options.history)
    if (promtool === null) throw new Error('no promtool beside prometheus, so it can have no history')
    await promisify(execFile)(promtool, [
      ...'tsdb create-blocks-from openmetrics'.split(' '),
      history,
      join(folder, 'data'),
    ])
  }
  const address = `127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}`,
    ...(options.remoteWrite === true ? ['--web.enable-remote-write-receiver'] : []),
    ...(options.guard === undefined ? [] : [`--web.config.file=${await writeGuard(options.guard, folder)}`]),
  ]
  const url = `${options.guard === undefined ? 'http' : 'https'}://${address}`
  const child = spawn(prometheus, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4000)
  })
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  const deadline = performance.now() + 20_000
  while (!(await ready(`${url}/-/ready`, options.guard?.client))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop()
      throw new Error(`prometheus did not become ready:\n${log}`)
    }
    await sleep(50)
  }
  return { url, stop }
}

async function writeGuard({ cert, key, clientCa, users }: Guard, folder: string): Promise<string> {
  for (const [name, pem] of Object.entries({ cert, key, clientCa })) await writeFile(join(folder, `${name}.pem`), pem)
  const config = {
    tls_server_config: {
      cert_file: 'cert.pem',
      key_file: 'key.pem',
      client_auth_type: 'RequireAndVerifyClientCert',
      client_ca_file: 'clientCa.pem',
    },
    basic_auth_users: users,
  }
  await writeFile(join(folder, 'web.yml'), JSON.stringify(config))
  return join(folder, 'web.yml')
}

function findPrometheus(): string | null {
  const { PROMETHEUS = '', PATH = '' } = process.env
  const candidates = [PROMETHEUS, ...PATH.split(delimiter).map((folder) => join(folder, 'prometheus'))]
  return candidates.find((path) => path !== '' && executable(path)) ?? null
}

function beside(path: string, name: string): string | null {
  const neighbour = join(dirname(path), name)
  return executable(neighbour) ? neighbour : null
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port was given')
  return address.port
}

function ready(url: string, client?: https.RequestOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const get = client === undefined ? http.get : https.get
    get(url, { agent: false, timeout: 2000, ...client }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .on('timeout', () => resolve(false))
      .on('error', () => resolve(false))
  })
}

/** Ends the process, at the second asking by force. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 5000)
  await exited
  clearTimeout(force)
}
