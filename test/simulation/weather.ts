/** Weather: which faults strike in one run, and how often. Some seeds are calm, some are hell. */
import { Chance } from './chance.ts'

/** What may happen to a call of the store. Of a lost response the call was done; of a lost request it was not. */
export const STORE_FAULTS = ['killed before', 'killed after', 'request lost', 'response lost', 'frozen'] as const
export const PUT_FAULTS = ['lands late', 'answered 409', 'answered 412', 'answered 500', 'answered 503'] as const
export const GET_FAULTS = ['torn read', 'half read', 'read answered 503'] as const
export const FEDERATE_FAULTS = ['body cut off', 'body empty', 'body repeated', 'older body', 'federate 503'] as const
export const QUERY_FAULTS = ['query fails', 'query slow', 'query cut'] as const
/** What the schedule, the mesh and the machines do. */
export const WORLD_FAULTS = [
  'duplicate',
  'overlap',
  'dropped',
  'reordered',
  'clock off',
  'replica',
  'prometheus restart',
  'prometheus emptied',
  'churn',
  'restarts',
  'unreachable pods',
  'namesakes',
  'newly monitored',
  'starts unknown',
  'tagged',
  'external relabelling',
  'target relabelling',
  'new release',
] as const

export const FAULTS = [
  ...STORE_FAULTS,
  ...PUT_FAULTS,
  ...GET_FAULTS,
  ...FEDERATE_FAULTS,
  ...QUERY_FAULTS,
  ...WORLD_FAULTS,
] as const
export type Fault = (typeof FAULTS)[number]

export class Weather {
  readonly counts = new Map<Fault, number>()
  readonly #rates = new Map<Fault, number>()
  readonly #chance: Chance
  #calm = false

  /** `only`: nothing but what these faults, at these rates, do. */
  constructor(seed: number, only?: Partial<Record<Fault, number>>) {
    this.#chance = new Chance(seed, 'weather')
    const temper = this.#chance.pick(['calm', 'fair', 'fair', 'rough', 'rough', 'rough', 'rough', 'hell'] as const)
    const [share, most] = { calm: [0, 0], fair: [0.25, 0.03], rough: [0.5, 0.06], hell: [0.9, 0.12] }[temper]
    for (const fault of FAULTS) {
      const drawn = this.#chance.of(share) ? most * (this.#chance.between(5, 100) / 100) : 0
      this.#rates.set(fault, only === undefined ? drawn : (only[fault] ?? 0))
    }
  }

  /** From now on nothing strikes any more. */
  calm(): void {
    this.#calm = true
  }

  /** True when the fault is one of this run's at all. */
  has(fault: Fault): boolean {
    return (this.#rates.get(fault) as number) > 0
  }

  /** True when the fault strikes now; `often` times as often as its rate says. */
  strikes(fault: Fault, often = 1): boolean {
    if (this.#calm || !this.has(fault) || !this.#chance.of((this.#rates.get(fault) as number) * often)) return false
    this.note(fault)
    return true
  }

  /** The first of these faults that strikes now, or null. */
  first<Kind extends Fault>(faults: readonly Kind[]): Kind | null {
    for (const fault of faults) if (this.strikes(fault)) return fault
    return null
  }

  note(fault: Fault, times = 1): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + times)
  }
}
