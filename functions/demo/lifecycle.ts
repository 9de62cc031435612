/** The pods of a world: born by rollouts, by the day's load or as jobs; each with the lives of its proxy process. */

import { Counter } from './counter.ts'
import { type EgressClass, egressClass } from './labels.ts'
import { between, hashText, mix, word } from './random.ts'
import { type Call, FROM, instant, type Outcome, TO, type Workload, type World } from './world.ts'

/** One life of a proxy process, from its start to its end or restart (exclusive). */
export interface Life {
  start: number // ms since epoch
  end: number
}

/** One kind of series of a pod: a call with one outcome; counters are one for each life. */
export interface Stream {
  call: Call
  outcome: Outcome
  egress: EgressClass
  counters: readonly Counter[]
}

export interface Pod {
  workload: Workload
  name: string
  hash: string // of the replica set, '' where there is none
  node: string
  address: string
  seed: number
  born: number // ms since epoch
  died: number // exclusive
  lives: readonly Life[] // at least one
  streams: readonly Stream[]
}

const SECOND = 1000
const HOUR = 3_600_000
const DAY = 24 * HOUR
const AFTER = DAY // pods that see the end of the simulation live on for a while

/** Every pod that exists from the beginning of the simulation to its end, in order of birth. */
export function podsOf(world: World, seed: number): Pod[] {
  const pods = world.workloads.flatMap((workload) =>
    workload.runs === null ? replicas(world, workload, seed) : jobs(world, workload, seed),
  )
  return pods.sort((a, b) => a.born - b.born || (a.name < b.name ? -1 : 1))
}

function replicas(world: World, workload: Workload, seed: number): Pod[] {
  const base = hashText(`${world.name}/${workload.namespace}/${workload.name}`, seed)
  const from = instant(FROM)
  const end = workload.until === null ? instant(TO) + AFTER : instant(workload.until)
  const since = workload.since === null ? null : instant(workload.since)
  const borders = [since ?? from, ...workload.rollouts.map(instant), end]
  const pods: Pod[] = []
  for (let generation = 0; generation + 1 < borders.length; generation++) {
    const hash = word(mix(base, generation), 9)
    for (let replica = 0; replica < workload.replicas; replica++) {
      const own = mix(mix(base, generation), replica)
      const old = generation === 0 && since === null // it ran before anyone looked
      const born = old ? from - between(own, 2 * HOUR, 60 * HOUR) : borders[generation] + rolling(own, replica)
      const next = mix(mix(base, generation + 1), replica)
      const died = borders[generation + 1] + rolling(next, replica) + between(own, 25, 45) * SECOND
      const restarts = replica === 0 ? workload.restarts.map(instant).filter((at) => at > born && at < died) : []
      pods.push(pod(world, workload, { seed: own, hash, born, died, restarts, index: replica }))
    }
  }
  for (let day = from; day < instant(TO); day += DAY) {
    const weekday = (day / DAY + 4) % 7
    const morning = day + (7 - world.utcOffsetHours) * HOUR
    if (weekday === 0 || weekday === 6 || morning < borders[0] || morning > end - DAY) continue
    const generation = borders.filter((border) => border <= morning).length - 1
    for (let extra = 0; extra < workload.extraByDay; extra++) {
      const own = mix(mix(base, day / DAY), 1000 + extra)
      const born = morning + between(own, 0, 20 * 60) * SECOND
      const died = morning + 12.5 * HOUR + between(mix(own, 1), 0, 30 * 60) * SECOND
      const hash = word(mix(base, generation), 9)
      pods.push(pod(world, workload, { seed: own, hash, born, died, restarts: [], index: 7 + extra }))
    }
  }
  return pods
}

/** In a rollout pods follow one another, some twenty seconds apart. */
function rolling(own: number, replica: number): number {
  return replica * 20 * SECOND + between(mix(own, 3), 2_000, 9_000)
}

function jobs(world: World, workload: Workload, seed: number): Pod[] {
  const runs = workload.runs!
  const base = hashText(`${world.name}/${workload.namespace}/${workload.name}`, seed)
  const first = Math.max(instant(FROM), workload.since === null ? 0 : instant(workload.since))
  const last = workload.until === null ? instant(TO) : instant(workload.until)
  const every = runs.everyMinutes * 60 * SECOND
  const pods: Pod[] = []
  for (let at = Math.floor(first / DAY) * DAY + runs.atMinute * 60 * SECOND; at < last; at += every) {
    if (at < first) continue
    const own = mix(base, at / 60_000)
    const born = at + between(own, 2_000, 38_000)
    const died = born + between(mix(own, 1), runs.seconds[0] * SECOND, runs.seconds[1] * SECOND)
    pods.push(pod(world, workload, { seed: own, hash: '', born, died, restarts: [], index: at / 60_000 }))
  }
  return pods
}

interface Birth {
  seed: number
  hash: string
  born: number
  died: number
  restarts: number[]
  index: number
}

function pod(world: World, workload: Workload, birth: Birth): Pod {
  const { seed, born, died } = birth
  const starts = [born, ...birth.restarts.map((at, i) => at + between(mix(seed, 50 + i), 2_000, 9_000))]
  const ends = [...birth.restarts.map((at, i) => at - between(mix(seed, 80 + i), 500, 60_000)), died]
  const lives = starts.map((start, i) => ({ start, end: ends[i] }))
  const node = 1 + (mix(seed, 5) % 4)
  const streams = workload.calls.flatMap((call, c) =>
    call.outcomes.map((outcome, o) => stream(call, outcome, lives, mix(seed, 100 + 16 * c + o), world.utcOffsetHours)),
  )
  return {
    workload,
    name: podName(workload, birth),
    hash: birth.hash,
    node: `worker-${node}`,
    address: `10.${world.name === 'prod-eu' ? 244 : 112}.${node}.${between(mix(seed, 6), 2, 250)}`,
    seed,
    born,
    died,
    lives,
    streams: streams.filter((each) => each.counters.some((counter) => counter.start < counter.end)),
  }
}

function podName(workload: Workload, birth: Birth): string {
  if (workload.proxy === 'ztunnel') return `${workload.name}-${word(birth.seed, 5)}`
  if (workload.runs !== null) return `${workload.name}-${birth.index}-${word(birth.seed, 5)}`
  return `${workload.name}-${birth.hash}-${word(birth.seed, 5)}`
}

function stream(call: Call, outcome: Outcome, lives: Life[], seed: number, utcOffsetHours: number): Stream {
  const windows = call.windows.map(([from, until]) => [instant(from), instant(until)] as const)
  const carries = call.to.kind !== 'blackhole' || call.protocol !== 'tcp'
  const failed = call.protocol === 'tcp' && outcome.flags !== '-'
  const pace = {
    perHour: call.perHour * outcome.share,
    rhythm: call.rhythm,
    utcOffsetHours,
    windows,
    bytesOut: carries && !failed ? call.bytesOut : 0,
    bytesIn: carries && !failed ? call.bytesIn : 0,
    ms: call.ms,
    flowing: call.pool > 0,
    pool: call.pool,
  }
  const counters = lives.map((life, i) => {
    const first = windows.length === 0 ? life.start : windows[0][0]
    const start = Math.max(life.start + 2 * SECOND, first)
    return new Counter(start, Math.max(start, life.end), pace, mix(seed, i))
  })
  return { call, outcome, egress: egressClass(call.to), counters }
}

/** What a stream has counted in one life by an instant; the names are the wire's, so blocked bytes are there too. */
export function counted(stream: Stream, life: number, metric: Metric, time: number): number {
  const counter = stream.counters[life]
  switch (metric) {
    case 'closed':
      return counter.at('count', time - (failedAtOnce(stream) ? 0 : stream.call.lagSeconds * SECOND))
    default:
      return counter.at(metric, time)
  }
}

/** What a counter of a proxy measures: calls or connections begun, bytes out and back, milliseconds, connections closed. */
export type Metric = 'count' | 'out' | 'in' | 'ms' | 'closed'

function failedAtOnce(stream: Stream): boolean {
  return stream.outcome.flags !== '-' || stream.call.to.kind === 'blackhole'
}
