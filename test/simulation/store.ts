/**
 * A store that remembers every version of every object and refuses whatever no role may do; and a process's view of it, on
 * which calls go as the weather has it.
 */
import { sha256 } from '#core/hash.ts'
import { checkKey, isDerived, isMutable, parseCheckpointKey } from '#core/keys.ts'
import type {
  Condition,
  ListedObject,
  ObjectHead,
  PutResult,
  Store,
  StoredObject,
} from '../../functions/store/store.ts'
import type { Chance } from './chance.ts'
import type { Invariants } from './invariants.ts'
import type { Course, Process, Scheduler } from './scheduler.ts'
import { GET_FAULTS, PUT_FAULTS, STORE_FAULTS, type Weather } from './weather.ts'

/** A write that was done. */
export interface Write {
  key: string
  bytes: Uint8Array
  process: Process
}

export interface Surroundings {
  scheduler: Scheduler
  weather: Weather
  chance: Chance
  thawedBy: number // ms since epoch; nobody is frozen for longer
  kill: () => 'before' | 'after' | null // asked of each call: its process may die before it is done, or after
}

const LONGEST_FREEZE_MS = 2 * 3_600_000
const LATEST_PUT_MS = 12 * 60_000

export class SimulatedStore {
  readonly versions = new Map<string, Uint8Array[]>()
  readonly #invariants: Invariants
  readonly #written: (write: Write) => void
  calls = 0
  kills = 0

  constructor(invariants: Invariants, written: (write: Write) => void) {
    this.#invariants = invariants
    this.#written = written
  }

  get(key: string): StoredObject | null {
    const versions = this.versions.get(checkKey(key))
    return versions === undefined ? null : { bytes: versions.at(-1) as Uint8Array, etag: `v${versions.length}` }
  }

  head(key: string): ObjectHead | null {
    const object = this.get(key)
    return object && { etag: object.etag, size: object.bytes.length, sha256: sha256(object.bytes) }
  }

  put(key: string, bytes: Uint8Array, condition: Condition, process: Process): PutResult {
    const there = this.get(key)
    this.#invariants.hold('no-delete', bytes.length > 0, () => ({ expected: `bytes for ${key}`, found: 'none' }))
    if (condition === 'absent' && there !== null) return { outcome: 'refused' }
    if (typeof condition === 'object' && condition.ifMatch !== there?.etag) return { outcome: 'refused' }
    if (!isMutable(key) && !isDerived(key)) {
      this.#invariants.hold('immutable', condition === 'absent', () => ({
        expected: `${key} written only if it is not there`,
        found: `a write on condition ${JSON.stringify(condition)} by ${process.name}`,
      }))
      this.#invariants.hold('immutable', there === null || Buffer.compare(there.bytes, bytes) === 0, () => ({
        expected: `${key} as it was first written, ${sha256(there?.bytes ?? '')}`,
        found: `${sha256(bytes)}, written by ${process.name} on condition ${JSON.stringify(condition)}`,
      }))
    }
    const versions = this.versions.get(key) ?? []
    this.versions.set(key, versions)
    versions.push(Uint8Array.from(bytes))
    this.#written({ key, bytes: versions.at(-1) as Uint8Array, process })
    return { outcome: 'written', etag: `v${versions.length}` }
  }

  list(prefix: string, after = ''): ListedObject[] {
    return [...this.versions.keys()]
      .filter((key) => key.startsWith(prefix) && key > after)
      .sort()
      .map((key) => {
        const { bytes, etag } = this.get(key) as StoredObject
        return { key, size: bytes.length, etag }
      })
  }

  /** What a process sees of it. */
  view(process: Process, surroundings: Surroundings): Store {
    const call = <Answer>(course: Course, effect: () => Answer): Promise<Answer> =>
      surroundings.scheduler.call(process, course, effect)
    const plain = <Answer>(effect: () => Answer): Promise<Answer> => call(this.#course(surroundings), effect)
    const view: Store = {
      get: (key) => this.#get(key, surroundings, (course) => call(course, () => this.get(key))),
      head: (key) => plain(() => this.head(key)),
      list: (prefix, after) => plain(() => this.list(prefix, after)),
      put: (key, bytes, condition) =>
        this.#put(key, surroundings, (course) => call(course, () => this.put(key, bytes, condition, process))),
    }
    return this.guard(view)
  }

  /** The same as nobody in particular sees it, when nothing goes wrong. */
  plain(): Store {
    const nobody: Process = { name: 'reader', dead: false }
    return this.guard({
      get: async (key) => this.get(key),
      head: async (key) => this.head(key),
      list: async (prefix, after) => this.list(prefix, after),
      put: async (key, bytes, condition) => this.put(key, bytes, condition, nobody),
    })
  }

  /** Whatever else is asked of a store is a violation. */
  guard(view: Store): Store {
    return new Proxy(view, {
      get: (target, method, receiver) => {
        if (typeof method === 'string' && method !== 'then') {
          this.#invariants.hold('no-delete', method in target, () => ({
            expected: 'get, head, list, put',
            found: method,
          }))
        }
        return Reflect.get(target, method, receiver)
      },
    })
  }

  async #get(
    key: string,
    surroundings: Surroundings,
    read: (course: Course) => Promise<StoredObject | null>,
  ): Promise<StoredObject | null> {
    const course = this.#course(surroundings)
    const fault = course.error === null ? surroundings.weather.first(GET_FAULTS) : null
    if (fault === 'torn read') course.error = `get ${key}: the answer ended in mid-body`
    if (fault === 'read answered 503') course.error = `get ${key}: answered 503 SlowDown`
    const object = await read(course)
    // A checkpoint holds its own digest; of other objects the adapters compare the length.
    if (object === null || fault !== 'half read' || !isCheckpoint(key)) return object
    return { ...object, bytes: object.bytes.subarray(0, object.bytes.length >> 1) }
  }

  async #put(
    key: string,
    surroundings: Surroundings,
    write: (course: Course) => Promise<PutResult>,
  ): Promise<PutResult> {
    const { weather, chance } = surroundings
    const course = this.#course(surroundings)
    const fault = course.error === null ? weather.first(PUT_FAULTS) : null
    if (fault === 'lands late') {
      course.arrivesAfter = (course.answeredAfter ?? 0) + chance.between(1000, LATEST_PUT_MS)
      course.error = `put ${key}: no answer within 30 s`
    }
    if (fault === 'answered 409') course.error = `put ${key}: answered 409 ConditionalRequestConflict`
    if (fault === 'answered 503') course.error = `put ${key}: answered 503 SlowDown`
    if (fault === 'answered 409' || fault === 'answered 503') course.arrivesAfter = null
    if (fault === 'answered 500') {
      course.error = `put ${key}: answered 500 InternalError`
      if (chance.of(0.5)) course.arrivesAfter = null
    }
    const result = await write(course)
    // As when a client repeats a request whose answer was lost: its own write is refused by itself.
    return fault === 'answered 412' ? { outcome: 'refused' } : result
  }

  #course({ scheduler, weather, chance, thawedBy, kill }: Surroundings): Course {
    this.calls++
    const there = chance.between(2, 400)
    const course: Course = { arrivesAfter: there, answeredAfter: there + chance.between(2, 400), error: null }
    const killed = kill()
    const fault = killed === null ? weather.first(STORE_FAULTS) : (`killed ${killed}` as const)
    switch (fault) {
      case 'killed before':
        this.kills++
        return { arrivesAfter: null, answeredAfter: null, error: null }
      case 'killed after':
        this.kills++
        return { ...course, answeredAfter: null }
      case 'request lost':
        return { arrivesAfter: null, answeredAfter: 30_000, error: 'the connection was reset' }
      case 'response lost':
        return { ...course, answeredAfter: 30_000, error: 'the connection was reset' }
      case 'frozen': {
        const frozen = Math.max(0, Math.min(chance.between(1000, LONGEST_FREEZE_MS), thawedBy - scheduler.now))
        const before = chance.of(0.5) ? frozen : 0
        return { arrivesAfter: there + before, answeredAfter: there + frozen + chance.between(2, 400), error: null }
      }
      default:
        return course
    }
  }
}

/** True for what is committed by one conditional write. */
export function isCheckpoint(key: string): boolean {
  return parseCheckpointKey(key) !== null
}
