/**
 * One run: the real scrape, seal and publish, over a store and a Prometheus of one seed, on a schedule where everything that
 * can go wrong does; then calm, and the audit.
 */
import { createHash } from 'node:crypto'
import { decodeCheckpoint } from '#core/checkpoint.ts'
import { sha256 } from '#core/hash.ts'
import { checkpointKey, parseRollupKey } from '#core/keys.ts'
import { DAY_MS, dayOf, HOUR_MS, hourOf, isoHour, isoInstant } from '#core/time.ts'
import { publish } from '../../functions/stage/publish.ts'
import { Halt, scrapeTarget } from '../../functions/stage/scrape.ts'
import { SealRefusal, sealDays } from '../../functions/stage/seal.ts'
import { verifyLedger, verifySeals } from '../../functions/stage/verify.ts'
import type { Store } from '../../functions/store/store.ts'
import { simulatedTarget } from '../simulated-target.ts'
import { Accounting } from './accounting.ts'
import { Audit } from './audit.ts'
import { Chance } from './chance.ts'
import { type Endpoint, prometheusOf, type Told } from './endpoint.ts'
import { type Invariant, Invariants } from './invariants.ts'
import { createMesh, type Mesh, PROMETHEUS_INTERVAL_MS } from './mesh.ts'
import { asOurs, nextRelease } from './release.ts'
import { createEndpoint } from './replicas.ts'
import { type Process, Scheduler } from './scheduler.ts'
import { openSite, plainSite } from './site.ts'
import { isCheckpoint, SimulatedStore, type Surroundings, type Write } from './store.ts'
import { type Fault, Weather } from './weather.ts'

export interface RunOptions {
  seed: number // uint32
  hours: number // of weather, before the calm
  only?: Partial<Record<Fault, number>> // the run's faults and their rates, where the seed shall not choose them
  killAt?: { call: number; when: 'before' | 'after' } // of the store's calls, from 0: its process is no more
  publishes?: boolean // pages are published on the way, and made again at the end
  schedule?: 'drawn' | 'once' | 'repeated' // once: every body is of its slot; repeated: and asked for again, and older ones too
}

export interface RunReport {
  seed: number
  killAt: RunOptions['killAt'] | null
  scrapes: number
  storeCalls: number
  kills: number
  commits: number
  hoursClosed: number
  faults: ReadonlyMap<Fault, number>
  checked: ReadonlyMap<Invariant, number>
  violation: { invariant: string; message: string } | null
  digest: string // of every version of every object: the same for the same seed
  rollups: string // of the rollups alone, written or only closed
}

const MINUTE_MS = 60_000
const INTERVAL_MS = 5 * MINUTE_MS
const CALM_MS = 50 * MINUTE_MS
const FREEZES_MS = 20 * MINUTE_MS // after the weather, until the last of the frozen has thawed
const TARGET = simulatedTarget({
  name: 'mesh',
  intervalSeconds: INTERVAL_MS / 1000,
  prometheusIntervalSeconds: PROMETHEUS_INTERVAL_MS / 1000,
})
const KEY = checkpointKey(TARGET.name)
const SETTLE_HOURS = 0.25

/** Runs one seed to its end; a violation is reported, any other error thrown. */
export async function simulate(options: RunOptions): Promise<RunReport> {
  const run = new Run(options)
  try {
    await run.live()
  } catch (error) {
    if (run.invariants.violation === null) throw error
  }
  return run.report()
}

class Run {
  readonly invariants = new Invariants()
  readonly #options: RunOptions
  readonly #weather: Weather
  readonly #chance: Chance
  readonly #scheduler: Scheduler
  readonly #store: SimulatedStore
  readonly #mesh: Mesh
  readonly #endpoint: Endpoint
  readonly #audit: Audit
  readonly #surroundings: Surroundings
  readonly #told = new Map<Process, Told>()
  readonly #begin: number
  readonly #weatherEnds: number
  readonly #upgradedAt: number // Infinity for never
  readonly #pages = openSite()
  #lastFailure = ''
  #failure: Error | null = null // of a process, where no process may fail so
  #processes = 0
  #scrapes = 0

  constructor(options: RunOptions) {
    const { seed, hours, only, killAt } = options
    this.#options = options
    this.#weather = new Weather(seed, only)
    this.#chance = new Chance(seed, 'run')
    this.#begin = Date.UTC(2026, 10, 20, 24 - this.#chance.between(1, hours + 1), this.#chance.between(0, 59))
    this.#weatherEnds = this.#begin + hours * HOUR_MS
    this.#scheduler = new Scheduler(this.#begin, () => this.#look())
    this.#store = new SimulatedStore(this.invariants, (write) => this.#written(write))
    this.#mesh = createMesh(seed, this.#weather, this.#begin, this.#weatherEnds)
    this.#upgradedAt = this.#weather.has('new release')
      ? this.#chance.between(this.#begin, this.#weatherEnds)
      : Number.POSITIVE_INFINITY
    const starts = !this.#weather.has('starts unknown')
    if (!starts) this.#weather.note('starts unknown')
    this.#endpoint = createEndpoint({
      seed,
      weather: this.#weather,
      scheduler: this.#scheduler,
      mesh: this.#mesh,
      life: { from: this.#begin, to: this.#weatherEnds },
      starts,
    })
    const relabelled = (['target relabelling', 'external relabelling', 'tagged'] as const).some((fault) =>
      this.#weather.has(fault),
    )
    this.#audit = new Audit(this.invariants, new Accounting(INTERVAL_MS, relabelled), { starts })
    this.#surroundings = {
      scheduler: this.#scheduler,
      weather: this.#weather,
      chance: new Chance(seed, 'store'),
      thawedBy: this.#weatherEnds + FREEZES_MS,
      kill: () => (killAt !== undefined && this.#store.calls - 1 === killAt.call ? killAt.when : null),
    }
  }

  async live(): Promise<void> {
    const end = this.#weatherEnds + CALM_MS
    this.#scheduler.at(this.#weatherEnds, () => this.#weather.calm())
    for (let slot = this.#begin; slot < end; slot += INTERVAL_MS) {
      this.#scheduler.at(slot, () => {
        this.#dispatch(slot)
      })
    }
    for (let time = hourOf(this.#begin) + HOUR_MS; time < end; time += HOUR_MS / 2) {
      this.#scheduler.at(time + 7 * MINUTE_MS, () => {
        this.#start('seal')
        if (this.#options.publishes) this.#start('publish')
      })
    }
    await this.#scheduler.runUntil(end + MINUTE_MS)
    await this.#scheduler.runUntil(end + DAY_MS)
    await this.#final(end)
  }

  report(): RunReport {
    const { violation } = this.invariants
    const all = createHash('sha256')
    for (const key of [...this.#store.versions.keys()].sort()) {
      for (const bytes of this.#store.versions.get(key) ?? []) all.update(key).update(bytes)
    }
    return {
      seed: this.#options.seed,
      killAt: this.#options.killAt ?? null,
      scrapes: this.#scrapes,
      storeCalls: this.#store.calls,
      kills: this.#store.kills,
      commits: this.#audit.commits,
      hoursClosed: this.#audit.closed.size,
      faults: this.#weather.counts,
      checked: this.invariants.checked,
      violation: violation === null ? null : { invariant: violation.invariant, message: violation.message },
      digest: all.digest('hex'),
      rollups: sha256(JSON.stringify([...this.#audit.digests].sort())),
    }
  }

  /** What one tick of the schedule starts. */
  #dispatch(slot: number): void {
    const weather = this.#weather
    const { now } = this.#scheduler
    const { schedule = 'drawn' } = this.#options
    if (schedule !== 'drawn') {
      const older = Math.max(this.#begin, slot - INTERVAL_MS)
      const asked = schedule === 'once' ? [slot] : [slot, slot, older, slot]
      for (const moment of asked)
        this.#scheduler.at(now + this.#chance.between(0, 2 * MINUTE_MS), () => this.#start('scrape', moment))
      return
    }
    if (weather.strikes('dropped', 3)) return
    const start = (after: number) => this.#scheduler.at(now + after, () => this.#start('scrape'))
    start(weather.strikes('reordered', 2) ? this.#chance.between(0, 2 * INTERVAL_MS) : this.#chance.between(0, 3000))
    if (weather.strikes('duplicate', 3)) start(this.#chance.between(0, 2 * MINUTE_MS))
    if (weather.strikes('overlap', 2)) for (let more = this.#chance.between(1, 3); more > 0; more--) start(0)
  }

  #start(what: 'scrape' | 'seal' | 'publish', moment?: number): void {
    const { now } = this.#scheduler
    const process: Process = { name: `${what} ${++this.#processes}`, dead: false }
    const view = this.#store.view(process, this.#surroundings)
    const isNext = now >= this.#upgradedAt && (now >= this.#weatherEnds || this.#chance.of(0.6))
    const store = isNext ? nextRelease(view) : view
    if (isNext) this.#weather.note('new release')
    const off = this.#weather.strikes('clock off', 4) ? this.#chance.between(-2 * HOUR_MS, 2 * HOUR_MS) : 0
    const clock = () => this.#scheduler.now + off
    const done = this.#run(what, process, { store, clock, moment })
    done.catch((error: Error) => {
      if (what === 'scrape') this.#lastFailure = error.message
      if (isBug(error)) this.#failure ??= error
    })
  }

  #run(
    what: 'scrape' | 'seal' | 'publish',
    process: Process,
    { store, clock, moment }: { store: Store; clock: () => number; moment?: number },
  ): Promise<unknown> {
    if (what === 'seal') return sealDays(store, { now: clock, settleHours: SETTLE_HOURS })
    if (what === 'publish') return publish(store, this.#pages, plainSite, { title: 'Egress' })
    const told: Told = { body: null, chunks: [], tails: null, peaks: null }
    this.#told.set(process, told)
    this.#scrapes++
    const seed = { lo: this.#chance.next(), hi: this.#chance.next() }
    return scrapeTarget(TARGET, store, {
      prometheus: prometheusOf(process, this.#endpoint, told, moment),
      now: clock,
      seed: () => seed,
      lastFailure: this.#lastFailure,
    })
  }

  /** After every event: nobody may halt, and nothing may fail as only a mistake does. */
  #look(): void {
    if (this.#failure !== null) {
      const found = this.#failure.stack ?? this.#failure.message
      this.invariants.hold('recovers', false, () => ({ expected: 'no halt, no alarm and no mistake', found }))
    }
    if (this.invariants.violation !== null) throw this.invariants.violation
  }

  #written({ key, bytes, process }: Write): void {
    if (parseRollupKey(key) !== null) this.#scheduler.at(this.#scheduler.now, () => this.#audit.written(key, bytes))
    if (!isCheckpoint(key)) return
    const told = this.#told.get(process) as Told
    // As an event of its own, the next one: what it finds wrong must not reach the process.
    this.#scheduler.at(this.#scheduler.now, async () => {
      await this.#audit.committed(bytes, told, process.name)
    })
    this.#lastFailure = ''
  }

  async #final(end: number): Promise<void> {
    const hold: Invariants['hold'] = (...args) => this.invariants.hold(...args)
    const bytes = this.#store.get(KEY)?.bytes
    hold('recovers', bytes !== undefined, () => ({ expected: 'a checkpoint', found: 'none' }))
    const checkpoint = decodeCheckpoint(asOurs(bytes as Uint8Array), KEY)
    const { watermark, hours } = checkpoint
    // The last tick of the schedule may be the one whose process was killed.
    const ticks = this.#options.killAt === undefined ? 1 : 2
    const late = end - ticks * INTERVAL_MS - 2 * PROMETHEUS_INTERVAL_MS
    hold('recovers', watermark >= late, () => ({
      expected: `a watermark of ${isoInstant(late)} or later`,
      found: `${isoInstant(watermark)}; last failure: ${this.#lastFailure}`,
    }))
    const due = hourOf(watermark - 5 * MINUTE_MS)
    hold('recovers', hours.closedThrough >= due, () => ({
      expected: `hours closed through ${isoHour(due)}`,
      found: isoHour(hours.closedThrough),
    }))
    for (const key of this.#audit.closed.keys()) {
      const pending = checkpoint.finished.some((rollup) => rollup.key === key)
      hold('recovers', pending || this.#store.versions.has(key), () => ({
        expected: `${key} written`,
        found: 'nothing',
      }))
    }
    this.#audit.final(checkpoint, this.#mesh)
    await this.#verify(end, checkpoint.baseline)
    if (this.#options.publishes) await this.#publishAgain()
  }

  /** The chain of rollups and, once the day is sealed, that of seals. */
  async #verify(end: number, baseline: number): Promise<void> {
    const store = nextRelease(this.#store.plain())
    const seals = await verifySeals(store)
    const [{ problems, rollups }] = await verifyLedger(store, undefined, undefined, seals.sound)
    this.invariants.hold('dense', problems.length === 0 && rollups === this.#audit.closed.size, () => ({
      expected: `a whole chain of ${this.#audit.closed.size} rollups`,
      found: `${rollups}, and ${problems.map(({ kind, key, message }) => `${kind} ${key}: ${message}`).join('; ') || 'no problem'}`,
    }))
    this.invariants.hold('sealed', seals.problems.length === 0, () => ({
      expected: 'a whole chain of seals',
      found: seals.problems.map(({ message }) => message).join('; '),
    }))
    const midnight = dayOf(end - HOUR_MS)
    if (midnight <= baseline) return
    const { newest, waiting } = await sealDays(store, { now: () => end, settleHours: SETTLE_HOURS })
    this.invariants.hold('sealed', newest !== null && Date.parse(newest.date) >= midnight - DAY_MS, () => ({
      expected: `the day before ${isoInstant(midnight)} sealed`,
      found: newest === null ? `none; ${waiting.join('; ')}` : newest.date,
    }))
  }

  async #publishAgain(): Promise<void> {
    const store = nextRelease(this.#store.plain())
    const again = openSite()
    await publish(store, this.#pages, plainSite, { title: 'Egress' })
    await publish(store, again, plainSite, { title: 'Egress', all: true })
    for (const { key } of await again.list('')) {
      const [one, other] = [await this.#pages.get(key), await again.get(key)]
      const same = one !== null && Buffer.compare(one.bytes, other?.bytes ?? new Uint8Array()) === 0
      this.invariants.hold('rebuild', same, () => ({
        expected: `${key} as published on the way`,
        found: 'other bytes',
      }))
    }
  }
}

/** True for what no fault may lead to: a halt, an alarm over a broken chain, or a mistake of the code. */
function isBug(error: Error): boolean {
  return (
    error instanceof Halt ||
    error instanceof SealRefusal ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    error instanceof ReferenceError
  )
}
