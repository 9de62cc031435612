/** One mesh of the demo, in a thread of its own: served over HTTP in simulated time, and scraped by the real stage. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Target } from '#core/target.ts'
import { scrapeTarget } from '../stage/scrape.ts'
import { folderStore } from '../store/folder.ts'
import { createMesh } from './mesh.ts'
import { serveMesh } from './server.ts'
import type { Truth } from './truth.ts'
import type { MeshName } from './world.ts'

export interface MeshJob {
  mesh: MeshName
  seed: number
  data: string // folder of the store
  until: number | null // ms since epoch, simulated; null for all of it
}

export type MeshMessage =
  | { kind: 'progress'; mesh: MeshName; done: number } // 0..1
  | { kind: 'done'; mesh: MeshName; target: Target; scrapes: number; failures: number; truth: Truth }

export const SCRAPE_EVERY_MS = 300_000
/** So that the first body's newest sample lies in the first hour. */
const FIRST_SCRAPE_MS = 20_000

/** Runs a mesh through the pipe from its beginning; report is called once a simulated day. */
export async function runMesh(job: MeshJob, report: (message: MeshMessage) => void): Promise<void> {
  const mesh = createMesh(job.mesh, job.seed)
  const server = await serveMesh(mesh)
  const store = folderStore(job.data, { durable: false })
  const target: Target = {
    name: mesh.name,
    url: `${server.url}/federate`,
    intervalSeconds: SCRAPE_EVERY_MS / 1000,
    prometheusIntervalSeconds: 15,
    auth: {},
    clusterDomain: 'cluster.local',
    gateways: [...mesh.gateways],
    waypoints: [...mesh.waypoints],
    tails: true,
    allow: [],
    maxSeries: 1_000_000,
    overflow: 'refuse',
    generation: 1,
  }
  const end = job.until ?? mesh.to
  let scrapes = 0
  let failures = 0
  let lastFailure: string | undefined
  for (let now = mesh.from + FIRST_SCRAPE_MS; now < end; now += SCRAPE_EVERY_MS) {
    mesh.setNow(now)
    try {
      await scrapeTarget(target, store, { lastFailure })
      lastFailure = undefined
      scrapes++
    } catch (error) {
      if (mesh.available()) throw error
      // The port is another one on each run, and the ledger must be the same.
      lastFailure = (error as Error).message.replaceAll(server.url, `http://prometheus.${mesh.name}.example`)
      failures++
    }
    if ((scrapes + failures) % 288 === 0) {
      report({ kind: 'progress', mesh: mesh.name, done: (now - mesh.from) / (end - mesh.from) })
    }
  }
  await server.close()
  report({ kind: 'done', mesh: mesh.name, target, scrapes, failures, truth: mesh.truth(mesh.now() + 1) })
}

if (parentPort !== null) {
  const port = parentPort
  await runMesh(workerData as MeshJob, (message) => port.postMessage(message))
}
