/** Hour records: what reports are made of. One target's hour, closed in a rollup or still open in the checkpoint. */
import type { Coverage } from '#core/coverage.ts'
import type { FlowRow } from '#core/flow.ts'
import { HOUR_MS } from '#core/time.ts'

export interface HourRecord {
  target: string
  hour: number // ms since epoch
  provisional: boolean // not closed: figures may still grow
  coverage: Coverage
  rows: FlowRow[]
}

/** Where one target's ledger stands. */
export interface TargetState {
  target: string
  firstHour: number // ms since epoch; the first hour it has a record of
  closedThrough: number // ms since epoch; hours that end by then are closed
  watermark: number // ms since epoch; how far it has been observed
  dueThrough: number // ms since epoch; how far it should have been
}

/** What a reader knows of a target from an earlier reading, so that a long ledger need not be listed again. */
export interface KnownTarget {
  firstHour: number // ms since epoch; the first hour it has a record of
  listFrom: number // ms since epoch; all hours before it are in the store, or never will be
}

/** Targets are not scraped at one moment; one that is further behind than this has stopped. */
const BEHIND_MS = 15 * 60_000

/** How far a target should have been observed: that another has been, much further, proves that time went on. */
export function dueThrough(watermark: number, newestWatermark: number): number {
  return newestWatermark - watermark > BEHIND_MS ? newestWatermark : watermark
}

/** The part of an hour that is due to have been observed, in ms: all of it once it is closed. */
export function expectedMs(state: TargetState, hour: number): number {
  if (hour < state.firstHour) return 0
  if (hour + HOUR_MS <= state.closedThrough) return HOUR_MS
  return Math.max(0, Math.min(HOUR_MS, state.dueThrough - hour))
}
