/**
 * The hot path of a scrape, side by side with the plain way: `npm run benchmark [series…]`. Every step checks its own
 * answer; a wrong one ends it with exit code 1. Times are medians of some rounds on one core.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '#core/checkpoint.ts'
import { COUNTED } from '#core/flow.ts'
import { hash64 } from '#core/hash.ts'
import { OpenHours } from '#core/hours.ts'
import { type ObserveSettings, observe } from '#core/observe.ts'
import { type Known, type Reading, readBody } from '#core/reading.ts'
import { SeriesTable } from '#core/series.ts'
import { federateBody, type GeneratedBody } from './bodies.ts'
import { numberSeries, readPlainly } from './plain-reader.ts'

const ROUNDS = 7
const SEED = { lo: 0x12345678, hi: 0x9abcdef0 }
const SETTINGS: ObserveSettings = {
  mesh: { clusterDomain: 'cluster.local', gateways: [], waypoints: [] },
  intervalMs: 60_000,
  prometheusIntervalMs: 15_000,
  tails: true,
  selectors: 'all',
  gapReason: '',
}

const sizes = process.argv.slice(2).map(Number)
for (const series of sizes.length > 0 ? sizes : [20_000, 100_000]) {
  if (!Number.isSafeInteger(series) || series < 100) throw new Error(`${series} is no number of series from 100 on`)
  measureSize(series)
}

function measureSize(series: number): void {
  const first = federateBody(series, 0)
  const second = federateBody(series, 1)
  const changed = federateBody(series, 1, Math.ceil(series / 100))
  const { lines, bytes } = second
  console.log(
    `\n${lines} lines, ${(bytes.length / 1e6).toFixed(1)} MB, ${Math.round(bytes.length / lines)} bytes a line`,
  )

  const checkpoint = emptyCheckpoint()
  observe(checkpoint, readBody(first.bytes, knownOf(checkpoint.series), 'baseline'), SETTINGS, 'baseline')
  checkpoint.seq = 1
  const stored = encodeCheckpoint(checkpoint)
  const table = checkpoint.series
  const known = numberSeries(first.bytes)

  const plain = report('read, every line decoded', second, () => readPlainly(bytes, known))
  const read = report('read, all series known', second, () => readBody(bytes, knownOf(table), 'second'))
  assert.equal(read.size, lines)
  assert.equal(read.skippedLines, 0)
  plain.forEach(({ row, time, value }, i) => {
    assert.deepEqual([read.row[i], read.time[i], read.value[i]], [row, time, value], `line ${i}`)
  })

  const fresh = report('read, one in a hundred new', changed, () => readBody(changed.bytes, knownOf(table), 'changed'))
  assert.equal(fresh.newcomers.unknown.size, Math.ceil(series / 100))
  assert.equal(fresh.size, lines)

  const decoded = report('decode the checkpoint', second, () => decodeCheckpoint(stored, 'stored'))
  assert.deepEqual(decoded, checkpoint.series.size === decoded.series.size ? sameButTable(checkpoint, decoded) : null)
  assert.deepEqual(decoded.series.encode(), table.encode())

  const observed = report('observe', second, observeRound(stored, read))
  assert.equal(booked(observed), second.total - first.total)

  const encoded = report('encode the checkpoint', second, () => encodeCheckpoint(observed))
  assert.deepEqual(decodeCheckpoint(encoded, 'encoded').series.encode(), observed.series.encode())

  measureHashes(second)
}

/** Hashing every line: ours and the native digests, which make an object and a string or buffer for each. */
function measureHashes(body: GeneratedBody): void {
  const view = new DataView(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length)
  const ends: number[] = []
  for (let at = body.bytes.indexOf('\n'); at >= 0; at = body.bytes.indexOf('\n', at + 1)) ends.push(at)
  const each = (hash: (start: number, end: number) => string): Set<string> => {
    const seen = new Set<string>()
    let start = 0
    for (const end of ends) {
      seen.add(hash(start, end))
      start = end + 1
    }
    return seen
  }
  const out = { lo: 0, hi: 0 }
  const sum = report('hash64', body, () => {
    let all = 0
    let start = 0
    for (const end of ends) {
      hash64(view, start, end, SEED, out)
      all ^= out.lo ^ out.hi
      start = end + 1
    }
    return all
  })
  const texts = each((start, end) => {
    hash64(view, start, end, SEED, out)
    return `${out.lo}:${out.hi}`
  })
  assert.equal(texts.size, body.lines, 'two lines share a hash')
  assert.equal(
    [...texts].flatMap((text) => text.split(':').map(Number)).reduce((all, half) => all ^ half, 0),
    sum,
  )
  for (const algorithm of ['md5', 'sha256']) {
    const digests = report(`node:crypto ${algorithm}`, body, () =>
      each((start, end) => createHash(algorithm).update(body.bytes.subarray(start, end)).digest('base64')),
    )
    assert.equal(digests.size, body.lines)
  }
}

/** Observing changes the checkpoint, so every round has its own, made outside the clock. */
function observeRound(stored: Uint8Array, reading: Reading): () => Checkpoint {
  const fresh = Array.from({ length: ROUNDS + 1 }, () => decodeCheckpoint(stored, 'stored'))
  return () => {
    const checkpoint = fresh.pop()!
    observe(checkpoint, reading, SETTINGS, 'second')
    return checkpoint
  }
}

/** Runs a step once to warm up and then some rounds, prints a line of the table, and gives its last answer. */
function report<Answer>(step: string, { bytes, lines }: GeneratedBody, run: () => Answer): Answer {
  let answer = run()
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now()
    answer = run()
    return performance.now() - start
  })
  const ms = times.sort((a, b) => a - b)[ROUNDS >> 1]
  const cells = [
    `${ms.toFixed(1)} ms`,
    `${Math.round((ms * 1e6) / lines)} ns/line`,
    `${Math.round(lines / ms)} lines/ms`,
    `${Math.round(bytes.length / ms / 1000)} MB/s`,
  ]
  console.log(`${step.padEnd(28)}${cells.map((cell) => cell.padStart(16)).join('')}`)
  return answer
}

function knownOf(series: SeriesTable): Known {
  return { series, seed: SEED, mesh: SETTINGS.mesh }
}

function booked({ hours }: Checkpoint): number {
  const rows = hours.hours.flatMap((hour) => [...hour.rows.values()])
  return rows.reduce((sum, row) => sum + COUNTED.reduce((all, measure) => all + row[measure], 0), 0)
}

/** The checkpoint with the decoded one's table, whose spare room differs. */
function sameButTable(checkpoint: Checkpoint, { series }: Checkpoint): Checkpoint {
  return { ...checkpoint, series }
}

function emptyCheckpoint(): Checkpoint {
  return {
    target: 'mesh',
    owner: '',
    generation: 1,
    seq: 0,
    selectors: '',
    selectorsSince: 0,
    seed: SEED,
    baseline: 0,
    watermark: 0,
    tailedThrough: 0,
    head: null,
    externalLabels: [],
    unclassifiedExample: '',
    flows: [],
    hours: new OpenHours(0),
    finished: [],
    series: new SeriesTable(),
    proxies: [],
  }
}
