/** The demo: both meshes through the real pipe at once, a thread for each, and what came of it held against the truth. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Amounts, addAmounts } from '#core/coverage.ts'
import { COUNTED, DESTINATION_CLASSES } from '#core/flow.ts'
import { readLedger, readRecords } from '../stage/ledger.ts'
import { folderStore } from '../store/folder.ts'
import { cloudLine, DECLARED_LINES, DECLARED_NAMES, declareCalendar, importBill } from './declared.ts'
import { DEFAULT_SEED } from './mesh.ts'
import { type ClassAmounts, type Truth, zeroClasses } from './truth.ts'
import type { MeshJob, MeshMessage } from './worker.ts'
import { instant, MESHES, type MeshName, TO } from './world.ts'

export interface DemoPlaces {
  folder: string
  data: string
  site: string
  config: string
}

export interface MeshOutcome {
  mesh: MeshName
  scrapes: number
  failures: number // scrapes that an outage refused
  truth: Truth
  booked: ClassAmounts // in the ledger, open hours included
  baseline: Amounts // what coverage says was seen and not booked
}

export interface DemoOptions {
  seed?: number
  until?: number | null // ms since epoch, simulated
  progress: (done: Record<string, number>) => void // by mesh, 0..1
}

type MeshDone = Extract<MeshMessage, { kind: 'done' }>

const MARK = '.wharfage-demo'

export function demoPlaces(folder: string): DemoPlaces {
  return { folder, data: join(folder, 'data'), site: join(folder, 'site'), config: join(folder, 'wharfage.yaml') }
}

/** Runs both meshes from their beginning into a folder of the demo's own, which an earlier demo may have made. */
export async function runDemo(places: DemoPlaces, options: DemoOptions): Promise<MeshOutcome[]> {
  await clearFolder(places.folder)
  const done: Record<string, number> = Object.fromEntries(MESHES.map((mesh) => [mesh, 0]))
  const workers = MESHES.map((mesh) => {
    const job: MeshJob = { mesh, seed: options.seed ?? DEFAULT_SEED, data: places.data, until: options.until ?? null }
    return { mesh, worker: new Worker(new URL('./worker.ts', import.meta.url), { workerData: job }) }
  })
  const outcomes = workers.map(({ mesh, worker }) =>
    outcomeOf(mesh, worker, (share) => {
      done[mesh] = share
      options.progress(done)
    }),
  )
  const finished = await Promise.all(outcomes).finally(() =>
    Promise.all(workers.map(({ worker }) => worker.terminate())),
  )
  const until = options.until ?? instant(TO)
  await writeFile(places.config, demoConfig(finished, until))
  const store = folderStore(places.data, { durable: false })
  await declareCalendar(places.folder, store, until)
  await importBill(places.folder, store, options.seed ?? DEFAULT_SEED, until)
  return Promise.all(
    finished.map(async ({ mesh, scrapes, failures, truth }) => ({
      mesh,
      scrapes,
      failures,
      truth,
      ...(await bookedOf(places.data, mesh)),
    })),
  )
}

/** Empties the folder, but never one that this demo has not made. */
async function clearFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const names = await readdir(folder)
  if (names.length > 0 && !names.includes(MARK)) {
    throw new Error(`demo: ${folder} holds other things; name an empty folder with --out`)
  }
  await Promise.all(
    ['data', 'site', 'wharfage.yaml', ...DECLARED_NAMES].map((name) =>
      rm(join(folder, name), { recursive: true, force: true }),
    ),
  )
  await writeFile(join(folder, MARK), 'made by "wharfage demo", which empties this folder when it runs again\n')
}

function outcomeOf(mesh: MeshName, worker: Worker, progress: (done: number) => void): Promise<MeshDone> {
  return new Promise((resolve, reject) => {
    let finished: MeshDone | null = null
    worker.on('message', (message: MeshMessage) => {
      if (message.kind === 'progress') progress(message.done)
      else finished = message
    })
    worker.once('error', reject)
    worker.once('exit', () => {
      if (finished !== null) resolve(finished)
      else reject(new Error(`demo: the thread of ${mesh} ended early`))
    })
  })
}

/** So that export, verify and query work on the demo's ledger. */
function demoConfig(finished: readonly MeshDone[], until: number): string {
  const targets = finished.flatMap(({ mesh, target }) => [
    `  - name: ${target.name}`,
    `    url: ${target.url}`,
    `    interval: ${target.intervalSeconds}s`,
    `    gateways: [${target.gateways.join(', ')}]`,
    `    waypoints: [${target.waypoints.join(', ')}]`,
    `    ${cloudLine(mesh, until)}`,
  ])
  return [
    '# The simulated meshes of "wharfage demo". They are gone; their ledger is here to be exported, verified and queried.',
    'store: ./data',
    'targets:',
    ...targets,
    ...DECLARED_LINES,
    'site: { title: Egress of two simulated meshes, outDir: ./site }',
    '',
  ].join('\n')
}

async function bookedOf(data: string, mesh: MeshName): Promise<{ booked: ClassAmounts; baseline: Amounts }> {
  const store = folderStore(data)
  const [ledger] = await readLedger(store, mesh)
  const booked = zeroClasses()
  const baseline = zeroClasses().registered
  for (const { rows, coverage } of await readRecords(store, ledger, {
    from: ledger.firstHour,
    to: ledger.watermark + 1,
  })) {
    for (const row of rows) addAmounts(booked[row.destinationClass], row)
    addAmounts(baseline, coverage.baseline)
  }
  return { booked, baseline }
}

/** A table of what was booked and what is true, class by class, to the unit. */
export function compareWithTruth(outcomes: readonly MeshOutcome[]): string {
  const header = ['mesh', 'class', 'measure', 'left the mesh', 'could be seen', 'booked', 'difference']
  const rows = outcomes.flatMap(({ mesh, truth, booked }) =>
    DESTINATION_CLASSES.flatMap((destinationClass) =>
      COUNTED.map((measure) => {
        const left = truth.total[destinationClass][measure] - truth.baseline[destinationClass][measure]
        const visible = truth.booked[destinationClass][measure]
        const is = booked[destinationClass][measure]
        return [mesh, destinationClass, measure, left, visible, is, is - visible].map(String)
      }),
    ),
  )
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)))
  const line = (row: string[]) =>
    row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ')
  return `${[header, ...rows].map(line).join('\n')}\n`
}
