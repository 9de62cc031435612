/**
 * A small mesh whose every call is known: workloads that live and call in ways that counters, and readers of counters,
 * take differently. Of one seed everything is the same on every machine.
 */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '#core/time.ts'
import { hashText, mix, unit, word } from '../../functions/demo/random.ts'

export interface Call {
  time: number // ms since epoch, when it ended and was counted
  bytes: number // out of the mesh
  code: string // HTTP status
}

/** One life of a sidecar: its counters are born at zero and die with it. */
export interface Process {
  start: number // ms since epoch
  end: number // exclusive
  calls: readonly Call[] // by time
}

export interface Pod {
  workload: string
  name: string
  address: string
  phase: number // 0..1, of each interval of Prometheus, at which it is scraped
  processes: readonly Process[] // one, and one more for each restart of its container
}

export interface Span {
  from: number // ms since epoch
  to: number // exclusive
}

/** Lives through the span; pods that live long were born hours before it. */
export interface MeshOptions extends Span {
  seed: number // uint32
}

type Chance = () => number // 0..1
type Life = [start: number, end: number]

interface Workload {
  about: string
  pods: (options: MeshOptions, chance: Chance) => Life[][] // for each pod, the lives of its processes
  times: (life: Life, chance: Chance) => number[] // of its calls, ms since epoch, in any order
}

const LONG_BEFORE_MS = 3 * HOUR_MS

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  steady: {
    about: 'three pods that live long and call every second or two',
    pods: ({ from, to }) => Array.from({ length: 3 }, () => [[from - LONG_BEFORE_MS, to]]),
    times: (life, chance) => atRandom(life, 2400, chance),
  },
  sparse: {
    about: 'three pods that live long and call eight times a day',
    pods: ({ from, to }) => Array.from({ length: 3 }, () => [[from - LONG_BEFORE_MS, to]]),
    times: (life, chance) => atRandom(life, 8 / 24, chance),
  },
  bursty: {
    about: 'two pods that call twenty times a second for half a minute, some twice an hour',
    pods: ({ from, to }) => Array.from({ length: 2 }, () => [[from - LONG_BEFORE_MS, to]]),
    times: (life, chance) =>
      atRandom(life, 2, chance).flatMap((at) =>
        atRandom([at, Math.min(at + 30 * SECOND_MS, life[1])], 20 * 3600, chance),
      ),
  },
  churning: {
    about: 'two pods at a time, each replaced after some ten minutes',
    pods: ({ from, to }, chance) =>
      [0, 1].flatMap(() => chain(from - HOUR_MS, to, () => [10 * MINUTE_MS * around(chance), 10_000 * chance()])),
    times: (life, chance) => atRandom(life, 3600, chance),
  },
  jobs: {
    about: 'a job of some ninety seconds every five minutes',
    pods: ({ from, to }, chance) =>
      chain(from - HOUR_MS, to, () => [90 * SECOND_MS * around(chance), 210 * SECOND_MS * around(chance)]),
    times: (life, chance) => atRandom(life, 7200, chance),
  },
  restarting: {
    about: 'two pods whose container restarts every two hours or so',
    pods: ({ from, to }, chance) =>
      [0, 1].map(() =>
        chain(from - HOUR_MS, to, () => [2 * HOUR_MS * (0.3 + 1.4 * chance()), 2_000 + 10_000 * chance()]).flat(),
      ),
    times: (life, chance) => atRandom(life, 3600, chance),
  },
}

/** All pods of these workloads, with every call they make. */
export function createMesh(workloads: readonly string[], options: MeshOptions): Pod[] {
  return workloads.flatMap((workload) => {
    const { pods, times } = WORKLOADS[workload]
    const seed = hashText(workload, options.seed)
    const chance = chanceOf(seed)
    return pods(options, chance).map((lives, index): Pod => {
      const own = mix(seed, index)
      return {
        workload,
        name: `${workload}-${word(own, 9)}-${word(mix(own, 1), 5)}`,
        address: `10.${hashText(workload, 0) % 250}.${index >> 8}.${index & 255}:15020`,
        phase: unit(mix(own, 2)),
        processes: lives.map(([start, end]) => {
          const calls = times([start, end], chance).map((time) => callAt(time, chance))
          return { start, end, calls: calls.sort((a, b) => a.time - b.time) }
        }),
      }
    })
  })
}

/** What these calls took out of the mesh in each hour of a span of whole hours, in bytes. */
export function bytesByHour(calls: readonly Call[], { from, to }: Span): number[] {
  const hours = new Array<number>((to - from) / HOUR_MS).fill(0)
  for (const { time, bytes } of calls)
    if (time >= from && time < to) hours[Math.floor((time - from) / HOUR_MS)] += bytes
  return hours
}

/** One pod after another: how long each lives, and then nobody, both in ms. */
function chain(from: number, to: number, next: () => [life: number, pause: number]): Life[][] {
  const pods: Life[][] = []
  for (let start = from; start < to; ) {
    const [life, pause] = next().map(Math.round)
    pods.push([[start, Math.min(start + life, to)]])
    start += life + pause
  }
  return pods
}

/** Independent moments, so many an hour on average. */
function atRandom([start, end]: Life, perHour: number, chance: Chance): number[] {
  const times: number[] = []
  const pause = () => (-Math.log(1 - chance()) * HOUR_MS) / perHour
  for (let time = start + pause(); time < end; time += pause()) times.push(Math.floor(time))
  return times
}

/** Mostly small, now and then large; one in twenty fails. */
function callAt(time: number, chance: Chance): Call {
  return { time, bytes: 200 + Math.floor(40_000 * chance() ** 6), code: chance() < 0.05 ? '503' : '200' }
}

/** A factor of 0.8 to 1.2. */
function around(chance: Chance): number {
  return 0.8 + 0.4 * chance()
}

function chanceOf(seed: number): Chance {
  let draws = 0
  return () => unit(mix(seed, draws++))
}
