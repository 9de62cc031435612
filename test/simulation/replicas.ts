/** The Prometheus of one run: two replicas of it, and when which of them is asked, is away, is empty or has other labels. */
import { HOUR_MS, MINUTE_MS } from '#core/time.ts'
import { Chance } from './chance.ts'
import type { Endpoint } from './endpoint.ts'
import type { Mesh, Span } from './mesh.ts'
import { PrometheusReplica } from './prometheus.ts'
import type { Scheduler } from './scheduler.ts'
import type { Fault, Weather } from './weather.ts'

export interface EndpointPlan {
  seed: number // uint32
  weather: Weather
  scheduler: Scheduler
  mesh: Mesh
  life: Span // in which faults come, ms since epoch
  starts: boolean // proxies tell their uptime
}

/** Draws what becomes of the replicas, and notes it in the weather. */
export function createEndpoint({ seed, weather, scheduler, mesh, life, starts }: EndpointPlan): Endpoint {
  const chance = new Chance(seed, 'endpoint')
  const moments = (fault: Fault, most: number): number[] => {
    if (!weather.has(fault)) return []
    const times = Array.from({ length: chance.between(1, most) }, () => chance.between(life.from, life.to))
    weather.note(fault, times.length)
    return times.sort((a, b) => a - b)
  }
  const spans = (fault: Fault, most: number, longest: number): Span[] =>
    moments(fault, most).map((from) => {
      return { from, to: Math.min(life.to, from + chance.between(MINUTE_MS, longest)) }
    })
  const down = spans('prometheus restart', 3, 50 * MINUTE_MS)
  const emptied = spans('prometheus emptied', 2, 40 * MINUTE_MS)
  const others = spans('replica', 2, HOUR_MS)
  const settings = {
    down,
    relabelledTargets: moments('target relabelling', 2),
    relabelledExternals: moments('external relabelling', 2),
    starts,
  }
  const clockAhead = chance.of(0.5) ? 12_000 : -12_000
  const main = new PrometheusReplica(mesh, { ...settings, replica: '', clockAhead: 0 })
  const other = new PrometheusReplica(mesh, { ...settings, replica: 'b', clockAhead })
  return {
    scheduler,
    weather,
    chance,
    served: [],
    emptyAt: (time) => emptied.some(({ from, to }) => from <= time && time < to),
    replicaAt: (time) => {
      if (down.some(({ from, to }) => from <= time && time < to)) return null
      return others.some(({ from, to }) => from <= time && time < to) ? other : main
    },
  }
}
