/** The ledger as it can be read: closed hours from rollups, finished and open ones from checkpoints. */
import { type Checkpoint, decodeCheckpoint } from '#core/checkpoint.ts'
import { dueThrough, type HourRecord, type TargetState } from '#core/hour-record.ts'
import {
  checkpointKey,
  parseCheckpointKey,
  parseRollupKey,
  rollupPrefix,
  rollupsPrefix,
  TARGET_NAME,
} from '#core/keys.ts'
import { type ChainLink, decodeRollup, type Rollup } from '#core/rollup.ts'
import { eachHour, HOUR_MS } from '#core/time.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { ListedObject, Store } from '../store/store.ts'

export interface LedgerTarget extends TargetState {
  rollups: Map<number, ListedObject> // by hour, ms since epoch; those in the store
  finished: Map<number, Uint8Array> // by hour; closed, and still held by the checkpoint alone
  open: HourRecord[]
  seq: number // of the checkpoint; 0 when it is lost
  head: ChainLink | null // the newest rollup the checkpoint closed; null when it has none or is lost
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
  const checkpoints = new Map<string, LedgerCheckpoint>()
  const asked =
    only === undefined ? (await store.list('checkpoints/')).flatMap(({ key }) => parseCheckpointKey(key) ?? []) : [only]
  for await (const checkpoint of mapConcurrently(asked, CHECKPOINTS_AT_A_TIME, (name) => readCheckpoint(store, name))) {
    if (checkpoint !== null) checkpoints.set(checkpoint.name, checkpoint)
  }
  const rollups = new Map<string, Map<number, ListedObject>>()
  for (const object of await store.list(only === undefined ? rollupsPrefix : rollupPrefix(only))) {
    const place = parseRollupKey(object.key)
    if (place === null) continue
    const ofTarget = rollups.get(place.target) ?? new Map<number, ListedObject>()
    rollups.set(place.target, ofTarget.set(place.hour, object))
  }
  const names = [...new Set([...rollups.keys(), ...checkpoints.keys()])].sort()
  const targets = names.map((name) => ledgerTarget(name, rollups.get(name) ?? new Map(), checkpoints.get(name) ?? null))
  const newest = Math.max(...targets.map(({ watermark }) => watermark))
  return targets.map((target) => ({ ...target, dueThrough: dueThrough(target.watermark, newest) }))
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
): LedgerTarget {
  const finished = new Map(
    (checkpoint?.finished ?? []).flatMap(({ key, bytes }): [number, Uint8Array][] => {
      const place = parseRollupKey(key)
      return place === null || rollups.has(place.hour) ? [] : [[place.hour, bytes]]
    }),
  )
  const hours = [...rollups.keys(), ...finished.keys()].sort((a, b) => a - b)
  const closedThrough = checkpoint?.hours.closedThrough ?? (hours.at(-1) ?? 0) + HOUR_MS
  return {
    target,
    firstHour: hours[0] ?? closedThrough,
    closedThrough,
    watermark: checkpoint?.watermark ?? closedThrough,
    dueThrough: checkpoint?.watermark ?? closedThrough,
    rollups,
    finished,
    seq: checkpoint?.seq ?? 0,
    head: checkpoint?.head ?? null,
    open: checkpoint === null ? [] : openHours(checkpoint),
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
): Promise<HourRecord[]> {
  const records: HourRecord[] = []
  const closed = eachHour(Math.max(from, ledger.firstHour), Math.min(to, ledger.closedThrough))
  for await (const record of mapConcurrently(closed, READS_AT_A_TIME, (hour) => readRecord(store, ledger, hour))) {
    if (record !== null) records.push(record)
  }
  records.push(...ledger.open.filter(({ hour }) => hour >= from && hour < to))
  return records
}

async function readRecord(store: Store, { target, rollups, finished }: LedgerTarget, hour: number) {
  const key = rollups.get(hour)?.key
  const bytes = key === undefined ? finished.get(hour) : (await store.get(key))?.bytes
  if (bytes === undefined) return null
  const rollup = await decodeRollup(bytes, key ?? `${target} ${hour}`)
  refuseMoved(rollup, target, hour, key)
  const record: HourRecord = { target, hour, provisional: false, coverage: rollup.coverage, rows: rollup.rows }
  return record
}

function refuseMoved(rollup: Rollup, target: string, hour: number, key: string | undefined): void {
  if (rollup.target === target && rollup.hour === hour) return
  throw new Error(
    `rollup ${key} says it is of ${rollup.target} at ${new Date(rollup.hour).toISOString()}; run "verify"`,
  )
}
