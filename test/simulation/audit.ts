/** The audit: holds a ledger, commit by commit and at the end, against the accounting of it and the truth of its mesh. */
import { type Checkpoint, decodeCheckpoint } from '#core/checkpoint.ts'
import type { Coverage } from '#core/coverage.ts'
import { COUNTED } from '#core/flow.ts'
import { sha256 } from '#core/hash.ts'
import { parseRollupKey } from '#core/keys.ts'
import { decodeRollup, type Rollup } from '#core/rollup.ts'
import { HOUR_MS, isoHour, isoInstant } from '#core/time.ts'
import { type Accounting, Amounts, openAmounts } from './accounting.ts'
import type { Told } from './endpoint.ts'
import type { Invariants } from './invariants.ts'
import { type Mesh, PROMETHEUS_INTERVAL_MS } from './mesh.ts'
import { asOurs, isOfNextRelease } from './release.ts'

/** Pods are discovered late. */
const DISCOVERY_MS = 5 * 60_000

export interface AuditSettings {
  starts: boolean // without them a ledger may assume
}

export class Audit {
  readonly closed = new Map<string, Rollup>() // by key, as closed by whichever checkpoint was committed
  readonly digests = new Map<string, string>() // SHA-256 of those, by key
  readonly #booked = new Amounts() // in those
  readonly #baseline = new Map<string, number>() // by measure, in those
  readonly #assumed = new Map<string, number>()
  readonly #invariants: Invariants
  readonly #accounting: Accounting
  readonly #starts: boolean
  #nextRelease = false
  commits = 0

  constructor(invariants: Invariants, accounting: Accounting, { starts }: AuditSettings) {
    this.#invariants = invariants
    this.#accounting = accounting
    this.#starts = starts
  }

  /** Looks at a checkpoint that was just committed by a process that was told this. */
  async committed(bytes: Uint8Array, told: Told, by: string): Promise<Checkpoint> {
    const next = isOfNextRelease(bytes)
    this.#invariants.hold('halts', next || !this.#nextRelease, () => ({
      expected: 'no commit of a release that does not know the checkpoint there is',
      found: `one by ${by}`,
    }))
    this.#nextRelease = next
    const checkpoint = decodeCheckpoint(asOurs(bytes), 'the simulated checkpoint')
    this.#accounting.commit(told)
    this.commits++
    for (const { key, bytes: closed } of checkpoint.finished) await this.written(key, closed)
    this.#invariants.hold('conserved', checkpoint.watermark === this.#accounting.watermark, () => ({
      expected: `a watermark of ${isoInstant(this.#accounting.watermark)}`,
      found: isoInstant(checkpoint.watermark),
    }))
    this.#conserve(checkpoint)
    return checkpoint
  }

  /** Takes in a rollup that was closed or written; it is counted once. */
  async written(key: string, bytes: Uint8Array): Promise<void> {
    if (this.closed.has(key)) return
    const rollup = await decodeRollup(bytes, key)
    this.closed.set(key, rollup)
    this.digests.set(key, sha256(bytes))
    for (const row of rollup.rows) this.#booked.addRow(row)
    addDeclared(this.#baseline, this.#assumed, rollup.coverage)
  }

  /** Nothing is booked that no body showed, and what was shown and not booked is declared. */
  #conserve(checkpoint: Checkpoint): void {
    const { visible, unaccountable } = this.#accounting
    const open = openAmounts(checkpoint)
    const booked = open.booked
    booked.addAll(this.#booked)
    const baseline = new Map(this.#baseline)
    const assumed = new Map(this.#assumed)
    for (const coverage of open.coverages) addDeclared(baseline, assumed, coverage)
    for (const key of booked.keys) {
      const sure = booked.of(key) - (this.#starts ? 0 : (assumed.get(key.split(' ')[0]) ?? 0))
      this.#invariants.hold('conserved', sure <= visible.of(key), () => ({
        expected: `at most ${visible.of(key)} ${key}, as bodies show, by ${isoInstant(checkpoint.watermark)}`,
        found: `${booked.of(key)} booked`,
      }))
    }
    // Without starts a namesake may be carried on where its predecessor was, and what it counted is less than it seems.
    if (!this.#starts) return
    for (const measure of COUNTED) {
      const shown = visible.total(measure)
      const found = booked.total(measure)
      const declared = baseline.get(measure) ?? 0
      const lost = unaccountable.total(measure)
      this.#invariants.hold('conserved', found + declared + lost >= shown, () => ({
        expected: `${shown} ${measure}, as bodies show, by ${isoInstant(checkpoint.watermark)}`,
        found: `${found} booked, ${declared} declared as baselines, ${lost} that no ledger could tell`,
      }))
    }
  }

  /** Holds the whole ledger against the truth. */
  final(checkpoint: Checkpoint, mesh: Mesh): void {
    const booked = openAmounts(checkpoint).booked
    booked.addAll(this.#booked)
    this.#telescope(checkpoint, booked, mesh)
    this.#bound(checkpoint, booked, mesh)
    this.#time(checkpoint)
  }

  /** Of all hours, closed and open. */
  #coverages(hours: Checkpoint['hours']): Coverage[] {
    return [...this.closed.values(), ...hours.hours].map(({ coverage }) => coverage)
  }

  #telescope({ hours }: Checkpoint, booked: Amounts, { steady }: Mesh): void {
    // A state that was dropped for want of room begins anew, and says so.
    if (this.#coverages(hours).some(({ evictedSeries }) => evictedSeries > 0)) return
    for (const counter of steady) {
      const account = this.#accounting.accounts.get(counter.id)
      if (account === undefined || account.counter.flow === null) continue
      if (counter.blocked && counter.measure.endsWith('Bytes')) continue
      if (account.baseline === 0) continue // not there at the baseline
      const key = `${counter.measure} of ${counter.flow}`
      this.#invariants.hold('telescopes', booked.of(key) === account.value - account.first, () => ({
        expected: `${account.value} - ${account.first} ${key}`,
        found: `${booked.of(key)}`,
      }))
    }
  }

  /** No flow above what its processes counted since the baseline; what lacks of any of them has its window. */
  #bound({ hours, watermark }: Checkpoint, booked: Amounts, { counters }: Mesh): void {
    const truth = new Amounts()
    const { accounts, baselineAt } = this.#accounting
    const coverages = new Map<number, Coverage>()
    for (const [key, { coverage }] of this.closed) coverages.set(parseRollupKey(key)?.hour ?? 0, coverage)
    for (const { start, coverage } of hours.hours) coverages.set(start, coverage)
    for (const counter of counters) {
      const { flow, process, measure, from } = counter
      if (flow === null || (counter.blocked && measure.endsWith('Bytes')) || from > watermark) continue
      const account = accounts.get(counter.id)
      // What began lately may be found late, and is then booked whole.
      const old = process.from <= baselineAt - DISCOVERY_MS - PROMETHEUS_INTERVAL_MS
      const atBaseline = old ? counter.countAt(baselineAt - 2 * PROMETHEUS_INTERVAL_MS) : 0
      const before = account?.baseline || atBaseline
      const counted = Math.max(0, counter.countAt(watermark) - before)
      truth.add(flow, measure, counted)
      const end = Math.min(process.to, watermark)
      if (!account?.shown || account.value >= counter.countAt(end) || process.to > watermark) continue
      const missing = { from: account.time, to: end }
      this.#invariants.hold('lower-bound', declares(coverages, missing), () => ({
        expected: `deaths, resets, baselines or gaps between ${isoInstant(missing.from)} and ${isoInstant(missing.to)}`,
        found: `none, but ${counter.countAt(end) - account.value} ${measure} of ${flow} are missing there`,
      }))
    }
    const assumed = new Map(this.#assumed)
    for (const { coverage } of hours.hours) addDeclared(new Map(), assumed, coverage)
    for (const key of booked.keys) {
      const measure = key.split(' ')[0]
      const sure = booked.of(key) - (this.#starts ? 0 : (assumed.get(measure) ?? 0))
      this.#invariants.hold('lower-bound', sure <= truth.of(key), () => ({
        expected: `at most ${truth.of(key)} ${key}, as the proxies counted`,
        found: `${booked.of(key)}`,
      }))
    }
  }

  /** Time is either observed or a gap, in every hour, and observed only as bodies came. */
  #time({ hours, baseline }: Checkpoint): void {
    const { observedMs } = this.#accounting
    const look = (hour: number, coverage: Coverage, whole: boolean) => {
      const expected = observedMs.get(hour) ?? 0
      this.#invariants.hold('no-data', coverage.observedMs === expected, () => ({
        expected: `${expected} ms of ${isoHour(hour)} observed`,
        found: `${coverage.observedMs}`,
      }))
      const gaps = coverage.gaps.reduce((sum, { from, to }) => sum + to - from, 0)
      this.#invariants.hold('no-data', !whole || coverage.observedMs + gaps === HOUR_MS, () => ({
        expected: `${HOUR_MS} ms of ${isoHour(hour)}, observed or a gap`,
        found: `${coverage.observedMs} ms observed and gaps of ${gaps} ms; the baseline is at ${isoInstant(baseline)}`,
      }))
    }
    for (const [key, { hour, coverage }] of this.closed) look(parseRollupKey(key)?.hour ?? hour, coverage, true)
    for (const { start, coverage } of hours.hours) look(start, coverage, false)
  }
}

/** True when an hour that the window touches, or the one after it, says that something there may be missing. */
function declares(coverages: ReadonlyMap<number, Coverage>, { from, to }: { from: number; to: number }): boolean {
  for (const [hour, coverage] of coverages) {
    if (hour + HOUR_MS <= from || hour > to + HOUR_MS) continue
    if (coverage.deaths + coverage.resets + coverage.baselineSeries + coverage.gaps.length > 0) return true
    if (coverage.tails !== 'asked') return true
  }
  return false
}

function addDeclared(baseline: Map<string, number>, assumed: Map<string, number>, coverage: Coverage): void {
  for (const measure of COUNTED) {
    baseline.set(measure, (baseline.get(measure) ?? 0) + coverage.baseline[measure])
    assumed.set(measure, (assumed.get(measure) ?? 0) + coverage.assumed[measure])
  }
}
