/** moto, an AWS that others wrote, as a second opinion on what the store asks of S3. */
import { execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface Moto {
  url: string
  stop(): void
}

/** Whether Python's moto with its server is on this machine. */
export const hasMoto: boolean = (() => {
  const look = "import importlib.util as u, sys; sys.exit(not (u.find_spec('moto') and u.find_spec('flask')))"
  try {
    execFileSync('python3', ['-c', look], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** Starts a moto server on a free port and waits until it listens; throws with what it said when it does not. */
export async function startMoto(): Promise<Moto> {
  const child = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const said: string[] = []
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line)
    const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stderr.resume() // it tells of every request
    return { url, stop: () => child.kill() }
  }
  throw new Error(`moto did not start: ${said.slice(-5).join(' ')}`)
}
