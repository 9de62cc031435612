/**
 * Scrape: one target's pass through the pipe, exactly once however often it is run, killed or repeated.
 *
 *  1. read the checkpoint
 *  2. write the rollups it holds as finished; each key is written once, and read back when somebody was there before
 *  3. ask Prometheus, and take its answer into the checkpoint
 *  4. write the checkpoint on condition that nobody else has: the only commit, and nothing follows it
 *
 * A crash before 4 changes nothing, since counters are cumulative; after it, the next scrape goes on from there.
 */
import { randomBytes } from 'node:crypto'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '#core/checkpoint.ts'
import { closeHours } from '#core/closing.ts'
import { isGap } from '#core/gap.ts'
import { type HashSeed, sha256 } from '#core/hash.ts'
import { OpenHours } from '#core/hours.ts'
import { checkpointKey, parseRollupKey, rollupPrefix } from '#core/keys.ts'
import { type ObserveSettings, observe } from '#core/observe.ts'
import { refuseOverflow } from '#core/overflow.ts'
import { readChunks } from '#core/reading.ts'
import { decodeRollup } from '#core/rollup.ts'
import { federationSelectors, selectorsHash } from '#core/selectors.ts'
import { SeriesTable } from '#core/series.ts'
import type { Target } from '#core/target.ts'
import { DAY_MS, HOUR_MS, isoHour, isoInstant } from '#core/time.ts'
import { readingWatermark } from '#core/watermark.ts'
import { type Prometheus, prometheusOf } from '../prometheus.ts'
import type { Etag, PutResult, Store } from '../store/store.ts'
import { askRestarts, askTails, replay } from './inquiries.ts'

export interface ScrapeOptions {
  prometheus?: Prometheus
  newChain?: boolean // begin anew beside rollups whose checkpoint is lost
  lastFailure?: string // why the scrape before this one failed, if the caller knows
  seed?: () => HashSeed
  now?: () => number // ms since epoch; only to refuse bodies from a far future
}

/** What one scrape did, for a log line. */
export interface ScrapeSummary {
  target: string
  seq: number // of the checkpoint now
  watermark: string // ISO; how far the target has been observed
  unchanged: boolean // the body was the last one over again; nothing was written
  samples: number
  series: number // booked and live
  flows: number // in open hours
  closedHours: number
  writtenRollups: number
  pendingRollups: number // closed, not written yet
  replayed: number // moments rebuilt from raw samples after a gap
  tails: number // dead series the query API told of
  skipped: number // lines and samples that could not be used
  warnings: string[]
}

/** The ledger must not go on by itself: somebody has to look. Nothing was changed. */
export class Halt extends Error {}

/** Another scrape of the same target committed first. No failure: nothing is lost, the next scrape goes on from there. */
export class Superseded extends Error {}

const ROLLUPS_A_RUN = 24
const COMMIT_TRIES = 3

/** Scrapes a target once. Throws one sentence and changes nothing when it cannot; throws Halt when it must not. */
export async function scrapeTarget(target: Target, store: Store, options: ScrapeOptions = {}): Promise<ScrapeSummary> {
  const where = `scrape ${target.name}`
  const prometheus = options.prometheus ?? prometheusOf(target)
  const key = checkpointKey(target.name)
  const opened = await open(target, store, options)
  const { checkpoint, etag } = opened
  checkOwner(checkpoint, target, where)

  const warnings: string[] = []
  const writtenRollups = await writeRollups(checkpoint, store, where, warnings)
  const taken = await takeIn(opened, target, prometheus, store, options, warnings)
  const summary = (closedHours: number): ScrapeSummary => ({
    target: target.name,
    seq: checkpoint.seq,
    watermark: isoInstant(checkpoint.watermark),
    series: checkpoint.hours.at(checkpoint.watermark).coverage.series,
    flows: new Set(checkpoint.hours.hours.flatMap(({ rows }) => [...rows.keys()])).size,
    closedHours,
    writtenRollups,
    pendingRollups: checkpoint.finished.length,
    ...taken,
    warnings,
  })
  if (taken.unchanged) return summary(0)
  const closedHours = closeHours(checkpoint, target.tails)

  checkpoint.seq++
  checkpoint.owner = ownerOf(target)
  checkpoint.generation = target.generation
  await commit(store, key, encodeCheckpoint(checkpoint), etag === undefined ? 'absent' : { ifMatch: etag }, where)
  return summary(closedHours)
}

interface Opened {
  checkpoint: Checkpoint
  etag: Etag | undefined // of what was read; undefined when the checkpoint is a new one
}

/** The target's checkpoint; the bytes it was read from end here, as they may be many. */
async function open(target: Target, store: Store, options: ScrapeOptions): Promise<Opened> {
  const key = checkpointKey(target.name)
  const stored = await store.get(key)
  if (stored === null) return { checkpoint: await begin(target, store, options), etag: undefined }
  return { checkpoint: decodeCheckpoint(stored.bytes, key), etag: stored.etag }
}

/**
 * Asks Prometheus and takes its answer into the checkpoint, in place. The answer and what was read of it end here: where
 * they are large, there is no room for them beside the checkpoint as bytes.
 */
async function takeIn(
  { checkpoint, etag }: Opened,
  target: Target,
  prometheus: Prometheus,
  store: Store,
  options: ScrapeOptions,
  warnings: string[],
): Promise<Pick<ScrapeSummary, 'unchanged' | 'samples' | 'skipped' | 'replayed' | 'tails'>> {
  const where = `scrape ${target.name}`
  const mesh = { clusterDomain: target.clusterDomain, gateways: target.gateways, waypoints: target.waypoints }
  const selectors = federationSelectors(mesh)
  const settings: ObserveSettings = {
    mesh,
    intervalMs: target.intervalSeconds * 1000,
    prometheusIntervalMs: target.prometheusIntervalSeconds * 1000,
    tails: target.tails,
    selectors: selectorsHash(selectors, mesh),
    gapReason: options.lastFailure ?? '',
    foldBeyond: target.overflow === 'fold' ? target.maxSeries : undefined,
  }
  const body = await prometheus.federate(selectors)
  const placeAgain = checkpoint.selectors !== settings.selectors
  const most = target.overflow === 'refuse' ? target.maxSeries : Number.POSITIVE_INFINITY
  const read = async () => {
    const { series, seed } = checkpoint
    const reading = await readChunks(body, { series, seed, mesh, placeAgain, most }, where)
    refuseOverflow(checkpoint, reading, most, where)
    return reading
  }
  let reading = await read()
  let replayed = 0
  const watermark = readingWatermark(reading, checkpoint.series)
  refuseFarFuture(watermark, (options.now ?? Date.now)(), where)
  if (checkpoint.seq > 0 && watermark !== null && isGap(checkpoint.watermark, watermark, settings)) {
    await refuseOldCheckpoint(checkpoint, store, etag, where)
    if (target.tails) replayed = await replay(checkpoint, prometheus, reading, watermark, settings, where, warnings)
    if (replayed > 0) reading = await read()
  }
  const restarts = observe(checkpoint, reading, settings, where)
  let tails = 0
  if (restarts !== null && target.tails) {
    await askRestarts(checkpoint, prometheus, reading, restarts, settings, warnings)
    tails = await askTails(checkpoint, prometheus, reading, settings, warnings)
  }
  return { unchanged: restarts === null, samples: reading.size, skipped: reading.skippedLines, replayed, tails }
}

/** The watermark is never lowered again: one absurd clock must not take the ledger into another century. */
function refuseFarFuture(watermark: number | null, now: number, where: string): void {
  if (watermark === null || watermark <= now + DAY_MS) return
  throw new Error(
    `${where}: body ends at ${isoInstant(watermark)}, over a day from now; set that Prometheus' clock right`,
  )
}

function ownerOf(target: Target): string {
  return sha256(`${target.name}\n${target.url}`)
}

function checkOwner(checkpoint: Checkpoint, target: Target, where: string): void {
  if (checkpoint.target !== target.name) {
    throw new Halt(
      `${where}: checkpoint ${checkpointKey(target.name)} is of target "${checkpoint.target}"; restore its own newest version`,
    )
  }
  if (checkpoint.seq === 0 || checkpoint.owner === ownerOf(target)) return
  if (target.generation > checkpoint.generation) return
  throw new Halt(
    `${where}: the checkpoint belongs to another url than ${target.url}; ` +
      `if the mesh moved there, set "generation: ${checkpoint.generation + 1}", otherwise give this target another name`,
  )
}

/** A checkpoint that has seen nothing yet. Rollups without one are somebody's lost history: never a second chain in silence. */
async function begin(target: Target, store: Store, options: ScrapeOptions): Promise<Checkpoint> {
  const listed = await store.list(rollupPrefix(target.name))
  const rollups = listed.map(({ key }) => key).filter((key) => parseRollupKey(key) !== null)
  const newest = rollups.sort().at(-1)
  const seed = options.seed ?? (() => ({ lo: randomBytes(4).readUInt32LE(), hi: randomBytes(4).readUInt32LE() }))
  const checkpoint: Checkpoint = {
    target: target.name,
    owner: ownerOf(target),
    generation: target.generation,
    seq: 0,
    selectors: '',
    selectorsSince: 0,
    seed: seed(),
    baseline: 0,
    watermark: 0,
    tailedThrough: 0,
    head: null,
    externalLabels: null,
    unclassifiedExample: '',
    flows: [],
    hours: new OpenHours(0),
    finished: [],
    series: new SeriesTable(),
    proxies: [],
  }
  if (newest === undefined) return checkpoint
  const key = checkpointKey(target.name)
  // Between our two looks others may have begun, and closed their first hour.
  if ((await store.head(key)) !== null) throw superseded(key, `scrape ${target.name}`)
  if (options.newChain !== true) {
    throw new Halt(
      `scrape ${target.name}: there are ${rollups.length} rollups, the newest ${newest}, but no checkpoint; ` +
        'restore its newest version, or go on without it by "scrape --new-chain"',
    )
  }
  const bytes = (await store.get(newest))?.bytes
  const place = parseRollupKey(newest)
  if (bytes === undefined || place === null) throw new Halt(`scrape ${target.name}: rollup ${newest} cannot be read`)
  const { number } = await decodeRollup(bytes, newest)
  checkpoint.head = { number, key: newest, sha256: sha256(bytes) }
  checkpoint.hours = new OpenHours(place.hour + HOUR_MS)
  return checkpoint
}

/** Writes finished rollups, oldest first, and forgets those that are there. One that cannot be written now waits. */
async function writeRollups(checkpoint: Checkpoint, store: Store, where: string, warnings: string[]): Promise<number> {
  let written = 0
  for (const rollup of checkpoint.finished.slice(0, ROLLUPS_A_RUN)) {
    try {
      const result = await store.put(rollup.key, rollup.bytes, 'absent')
      if (result.outcome === 'refused') {
        const there = await store.head(rollup.key)
        if (there?.sha256 !== rollup.sha256) {
          throw new Halt(
            `${where}: history conflict: ${rollup.key} holds ${there?.sha256 ?? 'nothing'}, this checkpoint closed it as ` +
              `${rollup.sha256}; restore the checkpoint's newest version`,
          )
        }
      }
      written++
    } catch (error) {
      if (error instanceof Halt) throw error
      warnings.push(`rollup ${rollup.key} waits: ${(error as Error).message}`)
      break
    }
  }
  checkpoint.finished.splice(0, written)
  return written
}

/**
 * After a gap, a rollup where the checkpoint still has an open hour shows that the checkpoint is an old one: restored, or only
 * read long ago, by a process that stood still while others went on.
 */
async function refuseOldCheckpoint(
  checkpoint: Checkpoint,
  store: Store,
  etag: string | undefined,
  where: string,
): Promise<void> {
  const { target, hours } = checkpoint
  const open = isoHour(hours.closedThrough)
  const newer = (await store.list(rollupPrefix(target, open.slice(0, 10)))).find(
    ({ key }) => (parseRollupKey(key)?.hour ?? 0) >= hours.closedThrough,
  )
  if (newer === undefined) return
  const key = checkpointKey(target)
  if ((await store.head(key))?.etag !== etag) throw superseded(key, where)
  throw new Halt(
    `${where}: the checkpoint is older than rollup ${newer.key} beside it; restore the checkpoint's newest version`,
  )
}

/**
 * The one write that counts. Where its outcome is unknown the same write again finds out; when that is refused, the bytes
 * that are there tell whether it was our own first try that came before us.
 */
async function commit(
  store: Store,
  key: string,
  bytes: Uint8Array,
  condition: 'absent' | { ifMatch: string },
  where: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    let result: PutResult
    try {
      result = await store.put(key, bytes, condition)
      if (result.outcome === 'refused' && attempt > 1 && (await store.head(key))?.sha256 === sha256(bytes)) return
    } catch (error) {
      if (attempt < COMMIT_TRIES) continue
      throw new Error(`${where}: checkpoint ${key} could not be written: ${(error as Error).message}`)
    }
    if (result.outcome === 'written') return
    throw superseded(key, where)
  }
}

function superseded(key: string, where: string): Superseded {
  return new Superseded(
    `${where}: another scrape of this target wrote ${key} first; nothing is lost, it goes on from there`,
  )
}
