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
}

/** The part of an hour that is due to have been observed: all of it once closed, up to the watermark before, in ms. */
export function expectedMs(state: TargetState, hour: number): number {
  if (hour < state.firstHour) return 0
  if (hour + HOUR_MS <= state.closedThrough) return HOUR_MS
  return Math.max(0, Math.min(HOUR_MS, state.watermark - hour))
}
