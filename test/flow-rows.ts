/** Rows, hours and ledgers for tests of what is made from them. */
import { type Coverage, zeroCoverage } from '#core/coverage.ts'
import { type Flow, type FlowRow, type Measures, zeroMeasures } from '#core/flow.ts'
import type { HourRecord, TargetState } from '#core/hour-record.ts'
import { type ChainLink, type EncodedRollup, encodeRollup } from '#core/rollup.ts'
import { HOUR_MS } from '#core/time.ts'
import type { Store } from '../functions/store/store.ts'

const FLOW: Flow = {
  sourceNamespace: 'shop',
  sourceWorkload: 'checkout-v1',
  sourceApp: 'checkout',
  sourceVersion: 'v1',
  sourceCluster: '',
  destinationClass: 'registered',
  destinationHost: 'api.stripe.com',
  destinationPort: null,
  destinationService: 'api.stripe.com',
  destinationServiceNamespace: 'shop',
  via: '',
  reporter: 'source',
  protocol: 'http',
  responseCode: '200',
  grpcStatus: '',
  responseFlags: '-',
}

/** A row that did nothing, but for what is given. */
export function flowRow(changes: Partial<FlowRow> = {}): FlowRow {
  return { ...FLOW, ...zeroMeasures(), ...changes }
}

/** What DNS, TLS and the like leave behind: a TCP row, told apart by its flags. */
export function tcpRow(responseFlags: string, measures: Partial<Measures>): FlowRow {
  return flowRow({ protocol: 'tcp', responseCode: '', responseFlags, ...measures })
}

/** A closed hour, observed whole, but for what is given. */
export function hourRecord(
  target: string,
  hour: number,
  rows: FlowRow[],
  coverage: Partial<Coverage> = {},
  provisional = false,
): HourRecord {
  const whole = { ...zeroCoverage(), scrapes: 60, observedMs: HOUR_MS, ...coverage }
  return { target, hour, provisional, coverage: whole, rows }
}

/** A target that began at one hour and whose hours are closed through another. */
export function targetState(
  target: string,
  firstHour: number,
  closedThrough: number,
  watermark = closedThrough,
): TargetState {
  return { target, firstHour, closedThrough, watermark, dueThrough: watermark }
}

/** A chain of rollups, one after the other, as closing encodes them. */
export function encodeChain(records: readonly HourRecord[]): EncodedRollup[] {
  const chain: EncodedRollup[] = []
  for (const { target, hour, coverage, rows } of records) {
    const last = chain.at(-1)
    const previous: ChainLink | null =
      last === undefined ? null : { number: last.number, key: last.key, sha256: last.sha256 }
    chain.push(encodeRollup({ target, hour, number: chain.length + 1, previous, coverage, rows }))
  }
  return chain
}

/** Writes a chain into a store, without a checkpoint. */
export async function writeChain(store: Store, chain: readonly EncodedRollup[]): Promise<void> {
  for (const { key, bytes } of chain) await store.put(key, bytes, 'absent')
}
