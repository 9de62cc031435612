/**
 * The scheduler: a virtual clock and the processes that live by it. A process only ever waits for its own calls, so the
 * order in which calls are done and answered is all that can differ between two runs; here it follows from the seed.
 */
import { setImmediate } from 'node:timers/promises'

/** One invocation of a function: it may die or stand still between any two of its instructions that wait. */
export interface Process {
  name: string
  dead: boolean
}

/** How one call goes; times in ms. */
export interface Course {
  arrivesAfter: number | null // null: never
  answeredAfter: number | null // counted from now; null: never, for the process is dead by then
  error: string | null // answered by this error, whatever was done
}

interface Event {
  at: number // ms since epoch
  order: number
  run: () => void | Promise<void>
}

export class Scheduler {
  now: number // ms since epoch
  #events: Event[] = [] // soonest last
  #orders = 0
  readonly #look: () => void

  /** `look` is called after every event; what it throws ends the run. */
  constructor(now: number, look: () => void) {
    this.now = now
    this.#look = look
  }

  at(time: number, run: () => void | Promise<void>): void {
    const event = { at: Math.max(time, this.now), order: this.#orders++, run }
    let index = this.#events.length
    while (index > 0 && this.#events[index - 1].at <= event.at) index--
    this.#events.splice(index, 0, event)
  }

  /** Does what is due, in order, until nothing is left or the clock would pass `end` (ms since epoch). */
  async runUntil(end: number): Promise<void> {
    for (;;) {
      const next = this.#events.at(-1)
      if (next === undefined || next.at > end) break
      this.#events.pop()
      this.now = next.at
      await next.run()
      // No promise but those of calls is waited for, so after one turn of the event loop every process waits for a call.
      await setImmediate()
      this.#look()
    }
    this.now = Math.max(this.now, end)
  }

  /** A process's call: `effect` is what the other side does when it arrives. */
  call<Answer>(process: Process, course: Course, effect: () => Answer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (process.dead) return
      const { arrivesAfter, answeredAfter, error } = course
      let answer: { value: Answer } | { failed: Error } = { failed: new Error(error ?? 'no answer') }
      const arrive = () => {
        try {
          answer = { value: effect() }
        } catch (thrown) {
          answer = { failed: thrown as Error }
        }
      }
      const reply = () => {
        if (process.dead) return
        if (error !== null) reject(new Error(error))
        else if ('value' in answer) resolve(answer.value)
        else reject(answer.failed)
      }
      const from = this.now
      // A call that is under way arrives even when whoever made it is dead.
      if (arrivesAfter !== null) this.at(from + arrivesAfter, arrive)
      if (answeredAfter === null) process.dead = true
      else this.at(from + answeredAfter, reply)
    })
  }
}
