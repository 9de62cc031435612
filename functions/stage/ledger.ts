/** The ledger as it can be read: closed hours from rollups, finished and open ones from checkpoints. */
import { type Checkpoint, decodeCheckpoint } from '#core/checkpoint.ts'
import { sha256 } from '#core/hash.ts'
import { dueThrough, type HourRecord, type KnownTarget, type TargetState } from '#core/hour-record.ts'
import {
  checkpointKey,
  parseCheckpointKey,
  parseRollupKey,
  rollupKey,
  rollupPrefix,
  rollupsPrefix,
  TARGET_NAME,
} from '#core/keys.ts'
import type { RollupLink } from '#core/reports/downloads.ts'
import { type ChainLink, decodeRollup, type Rollup } from '#core/rollup.ts'
import { dayOf, eachHour, HOUR_MS, isoDate, isoHour } from '#core/time.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { ListedObject, Store } from '../store/store.ts'

export interface LedgerTarget extends TargetState {
  rollups: Map<number, ListedObject> // by hour, ms since epoch; those in the store from `listedFrom` on
  listedFrom: number // ms since epoch; 0: all of them
  finished: Map<number, Uint8Array> // by hour; closed, and still held by the checkpoint alone
  open: HourRecord[]
  seq: number // of the checkpoint; 0 when it is lost
  head: ChainLink | null // the newest rollup the checkpoint closed; null when it has none or is lost
}

/** An hour as it was read: of a closed one also where its rollup stands in the chain. */
export interface ReadRecord extends HourRecord {
  rollup: RollupLink | null // null while the hour is open
}

/** What reading needs of a checkpoint; the state of its series, most of it by far, is let go. */
type LedgerCheckpoint = Omit<Checkpoint, 'series'> & { name: string }

/** Each is unpacked whole, and may be large. */
const CHECKPOINTS_AT_A_TIME = 4

/**
 * Reads where every target's ledger stands; rollups themselves are read when asked for. Targets come by name. Checkpoints
 * are read first: a rollup that leaves one while we read is then found in both places, and never in neither.
 */
export async function readLedger(store: Store, only?: string): Promise<LedgerTarget[]> {
  if (only !== undefined && !TARGET_NAME.test(only)) return []
  const checkpoints = await readCheckpoints(store, only)
  const rollups = new Map<string, Map<number, ListedObject>>()
  for (const object of await store.list(only === undefined ? rollupsPrefix : rollupPrefix(only))) {
    const place = parseRollupKey(object.key)
    if (place === null) continue
    const ofTarget = rollups.get(place.target) ?? new Map<number, ListedObject>()
    rollups.set(place.target, ofTarget.set(place.hour, object))
  }
  const names = [...new Set([...rollups.keys(), ...checkpoints.keys()])].sort()
  return withDueThrough(
    names.map((name) => ledgerTarget(name, rollups.get(name) ?? new Map(), checkpoints.get(name) ?? null)),
  )
}

/**
 * The same ledger without listing what is known of it: at a cost that does not grow with its length. A target that is not
 * known is listed whole, and found by its checkpoint.
 */
export async function readKnownLedger(
  store: Store,
  known: Readonly<Record<string, KnownTarget>>,
): Promise<LedgerTarget[]> {
  const checkpoints = await readCheckpoints(store)
  const names = [...new Set([...Object.keys(known), ...checkpoints.keys()])].sort()
  const targets: LedgerTarget[] = []
  for await (const target of mapConcurrently(names, READS_AT_A_TIME, async (name) => {
    const checkpoint = checkpoints.get(name) ?? null
    const before = Object.hasOwn(known, name) && !hasGoneBack(checkpoint, known[name]) ? known[name] : null
    const after = before === null ? '' : `${rollupPrefix(name)}date=${isoDate(before.listFrom)}`
    const rollups = new Map<number, ListedObject>()
    for (const object of await store.list(rollupPrefix(name), after)) {
      const place = parseRollupKey(object.key)
      if (place !== null) rollups.set(place.hour, object)
    }
    return ledgerTarget(name, rollups, checkpoint, before)
  })) {
    targets.push(target)
  }
  return withDueThrough(targets)
}

/** True for an older checkpoint than was read before: somebody restored it, and what is known must be looked at. */
function hasGoneBack(checkpoint: LedgerCheckpoint | null, { listFrom }: KnownTarget): boolean {
  return checkpoint !== null && checkpoint.hours.closedThrough < listFrom
}

function withDueThrough(targets: LedgerTarget[]): LedgerTarget[] {
  const newest = Math.max(...targets.map(({ watermark }) => watermark))
  return targets.map((target) => ({ ...target, dueThrough: dueThrough(target.watermark, newest) }))
}

async function readCheckpoints(store: Store, only?: string): Promise<Map<string, LedgerCheckpoint>> {
  const checkpoints = new Map<string, LedgerCheckpoint>()
  const asked =
    only === undefined ? (await store.list('checkpoints/')).flatMap(({ key }) => parseCheckpointKey(key) ?? []) : [only]
  for await (const checkpoint of mapConcurrently(asked, CHECKPOINTS_AT_A_TIME, (name) => readCheckpoint(store, name))) {
    if (checkpoint !== null) checkpoints.set(checkpoint.name, checkpoint)
  }
  return checkpoints
}

async function readCheckpoint(store: Store, name: string): Promise<LedgerCheckpoint | null> {
  const key = checkpointKey(name)
  const stored = await store.get(key)
  if (stored === null) return null
  const { series: _, ...checkpoint } = decodeCheckpoint(stored.bytes, key)
  if (checkpoint.target !== name) {
    throw new Error(`checkpoint ${key} says it is of ${checkpoint.target}; restore its newest version`)
  }
  return { name, ...checkpoint }
}

function ledgerTarget(
  target: string,
  rollups: Map<number, ListedObject>,
  checkpoint: LedgerCheckpoint | null,
  known: KnownTarget | null = null,
): LedgerTarget {
  const listedFrom = known === null ? 0 : dayOf(known.listFrom)
  const finished = new Map(
    (checkpoint?.finished ?? []).flatMap(({ key, bytes }): [number, Uint8Array][] => {
      const place = parseRollupKey(key)
      return place === null || rollups.has(place.hour) ? [] : [[place.hour, bytes]]
    }),
  )
  const hours = [...rollups.keys(), ...finished.keys()].sort((a, b) => a - b)
  const newest = hours.at(-1)
  let closedThrough =
    checkpoint?.hours.closedThrough ?? (newest === undefined ? (known?.listFrom ?? HOUR_MS) : newest + HOUR_MS)
  // An older checkpoint that somebody restored does not open hours again whose rollups are there.
  while (rollups.has(closedThrough)) closedThrough += HOUR_MS
  return {
    target,
    firstHour: known?.firstHour ?? hours[0] ?? closedThrough,
    closedThrough,
    watermark: checkpoint?.watermark ?? closedThrough,
    dueThrough: checkpoint?.watermark ?? closedThrough,
    rollups,
    listedFrom,
    finished,
    seq: checkpoint?.seq ?? 0,
    head: checkpoint?.head ?? null,
    open: checkpoint === null ? [] : openHours(checkpoint).filter(({ hour }) => hour >= closedThrough),
  }
}

function openHours({ target, hours, flows }: LedgerCheckpoint): HourRecord[] {
  return hours.hours.map(({ start, rows, coverage }) => ({
    target,
    hour: start,
    provisional: true,
    coverage,
    rows: [...rows].map(([flow, measures]) => ({ ...flows[flow], ...measures })),
  }))
}

/** A target's records of the hours in [from, to), oldest first; a rollup that is not there has none. */
export async function readRecords(
  store: Store,
  ledger: LedgerTarget,
  { from, to }: { from: number; to: number },
): Promise<ReadRecord[]> {
  const records: ReadRecord[] = []
  const closed = eachHour(Math.max(from, ledger.firstHour), Math.min(to, ledger.closedThrough))
  for await (const record of mapConcurrently(closed, READS_AT_A_TIME, (hour) => readRecord(store, ledger, hour))) {
    if (record !== null) records.push(record)
  }
  const open = ledger.open.filter(({ hour }) => hour >= from && hour < to)
  records.push(...open.map((record) => ({ ...record, rollup: null })))
  return records
}

async function readRecord(store: Store, { target, rollups, listedFrom, finished }: LedgerTarget, hour: number) {
  const key = hour < listedFrom ? rollupKey(target, hour) : rollups.get(hour)?.key
  const bytes = key === undefined ? finished.get(hour) : (await store.get(key))?.bytes
  if (bytes === undefined) return null
  const rollup = await decodeRollup(bytes, key ?? `${target} ${hour}`)
  refuseMoved(rollup, target, hour, key)
  const { coverage, rows, number, previous } = rollup
  const link = { number, key: rollupKey(target, hour), sha256: sha256(bytes), hour: isoHour(hour), previous }
  const record: ReadRecord = { target, hour, provisional: false, coverage, rows, rollup: link }
  return record
}

function refuseMoved(rollup: Rollup, target: string, hour: number, key: string | undefined): void {
  if (rollup.target === target && rollup.hour === hour) return
  throw new Error(
    `rollup ${key} says it is of ${rollup.target} at ${new Date(rollup.hour).toISOString()}; run "verify"`,
  )
}
