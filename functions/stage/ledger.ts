/** The ledger as it can be read: closed hours from rollups, finished and open ones from checkpoints. */
import { type Checkpoint, decodeCheckpoint } from '#core/checkpoint.ts'
import { dueThrough, type HourRecord, type TargetState } from '#core/hour-record.ts'
import { parseCheckpointKey, parseRollupKey, rollupPrefix, rollupsPrefix, TARGET_NAME } from '#core/keys.ts'
import { type ChainLink, decodeRollup, type Rollup } from '#core/rollup.ts'
import { HOUR_MS } from '#core/time.ts'
import type { ListedObject, Store } from '../store/store.ts'

export interface LedgerTarget extends TargetState {
  rollups: Map<number, ListedObject> // by hour, ms since epoch; those in the store
  finished: Map<number, Uint8Array> // by hour; closed, and still held by the checkpoint alone
  open: HourRecord[]
  seq: number // of the checkpoint; 0 when it is lost
  head: ChainLink | null // the newest rollup the checkpoint closed; null when it has none or is lost
}

/**
 * Reads where every target's ledger stands; rollups themselves are read when asked for. Targets come by name. Checkpoints
 * are read first: a rollup that leaves one while we read is then found in both places, and never in neither.
 */
export async function readLedger(store: Store, only?: string): Promise<LedgerTarget[]> {
  if (only !== undefined && !TARGET_NAME.test(only)) return []
  const checkpoints = new Map<string, Checkpoint>()
  for (const { key } of await store.list('checkpoints/')) {
    const name = parseCheckpointKey(key)
    const stored = name === null || (only !== undefined && name !== only) ? null : await store.get(key)
    if (name !== null && stored !== null) checkpoints.set(name, decodeCheckpoint(stored.bytes, key))
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

function ledgerTarget(target: string, rollups: Map<number, ListedObject>, checkpoint: Checkpoint | null): LedgerTarget {
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

function openHours({ target, hours, flows }: Checkpoint): HourRecord[] {
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
  for (let hour = Math.max(from, ledger.firstHour); hour < Math.min(to, ledger.closedThrough); hour += HOUR_MS) {
    const key = ledger.rollups.get(hour)?.key
    const bytes = key === undefined ? ledger.finished.get(hour) : (await store.get(key))?.bytes
    if (bytes === undefined) continue
    const rollup = await decodeRollup(bytes, key ?? `${ledger.target} ${hour}`)
    refuseMoved(rollup, ledger.target, hour, key)
    records.push({ target: ledger.target, hour, provisional: false, coverage: rollup.coverage, rows: rollup.rows })
  }
  records.push(...ledger.open.filter(({ hour }) => hour >= from && hour < to))
  return records
}

function refuseMoved(rollup: Rollup, target: string, hour: number, key: string | undefined): void {
  if (rollup.target === target && rollup.hour === hour) return
  throw new Error(
    `rollup ${key} says it is of ${rollup.target} at ${new Date(rollup.hour).toISOString()}; run "verify"`,
  )
}
