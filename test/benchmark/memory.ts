/**
 * What a scrape of a large target takes of memory, over real HTTP and with the folder store: `npm run benchmark:memory
 * [series[/pods]…]`, where a workload of four pods makes 16 series one flow, and of one pod four. For each mesh a line for
 * the baseline, for a warm scrape, and for one that closes an hour: the peak of the whole resident process, and its seconds.
 * What was booked is held against the bodies; a wrong figure, or a peak over the limit, ends it with exit code 1.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { decodeCheckpoint } from '#core/checkpoint.ts'
import { COUNTED } from '#core/flow.ts'
import { decodeRollup } from '#core/rollup.ts'

const LIMIT_MB = 1000
/** START_MS is twenty past: in the first 45 minutes the hour ends, and the lookback behind it. */
const STEPS = [
  { name: 'baseline', minute: 0 },
  { name: 'warm', minute: 1 },
  { name: 'closing', minute: 46 },
]

const MESHES = ['20000', '100000', '1000000', '1000000/1']

for (const mesh of process.argv.length > 2 ? process.argv.slice(2) : MESHES) {
  const [series, pods = 4] = mesh.split('/').map(Number)
  if (!Number.isSafeInteger(series) || series < 100) throw new Error(`${mesh} names no number of series from 100 on`)
  if (!Number.isSafeInteger(pods) || pods < 1) throw new Error(`${mesh} names no number of pods from 1 on`)
  await measure(series, pods)
}

async function measure(series: number, pods: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wharfage-memory-'))
  const server = spawn(process.execPath, [join(import.meta.dirname, 'federation-server.ts'), `${series}`, `${pods}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]()
  try {
    const port = (await lines.next()).value
    let baseline = 0
    for (const { name, minute } of STEPS) {
      server.stdin.write(`${minute}\n`)
      const total = Number((await lines.next()).value)
      if (minute === 0) baseline = total
      const scraper = join(import.meta.dirname, 'scraper.ts')
      const { stdout } = await promisify(execFile)(process.execPath, [
        scraper,
        `http://127.0.0.1:${port}/federate`,
        folder,
      ])
      const scrape = JSON.parse(stdout)
      assert.equal(scrape.series, series)
      assert.equal(scrape.closedHours, name === 'closing' ? 1 : 0)
      assert.equal(await booked(folder), total - baseline)
      const megabytes = scrape.peakKilobytes / 1000
      const cells = [`${series} series`, `${megabytes.toFixed(0)} MB`, `${scrape.seconds.toFixed(1)} s`]
      console.log(
        `${name.padEnd(10)}${cells.map((cell) => cell.padStart(16)).join('')}${`${scrape.flows} flows`.padStart(16)}`,
      )
      assert.ok(megabytes < LIMIT_MB, `${name} of ${series} series takes ${megabytes} MB, over ${LIMIT_MB}`)
    }
  } finally {
    server.stdin.end()
    rmSync(folder, { recursive: true })
  }
}

/** The sum of all that the ledger holds, in open hours and in those that are closed and not yet written. */
async function booked(folder: string): Promise<number> {
  const generations = join(folder, 'checkpoints', 'mesh@')
  const current = readdirSync(generations).find((name) => name.endsWith('.current'))!
  const { hours, finished } = decodeCheckpoint(readFileSync(join(generations, current.replace('.current', ''))), 'mesh')
  const closed = await Promise.all(finished.map(({ bytes, key }) => decodeRollup(bytes, key)))
  const rows = [...hours.hours.flatMap((hour) => [...hour.rows.values()]), ...closed.flatMap((rollup) => rollup.rows)]
  return rows.reduce((sum, row) => sum + COUNTED.reduce((all, measure) => all + row[measure], 0), 0)
}
