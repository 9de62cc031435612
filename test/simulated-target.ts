/** The target of tests: what a scrape is asked for, told once. */
import type { Target } from '#core/target.ts'

/** Scraped every ten minutes, but for what is given. */
export function simulatedTarget(changes: Partial<Target> = {}): Target {
  return {
    name: 'mesh',
    url: 'http://prometheus.example/federate',
    intervalSeconds: 600,
    prometheusIntervalSeconds: 15,
    auth: {},
    clusterDomain: 'cluster.local',
    gateways: [],
    waypoints: [],
    tails: true,
    allow: [],
    maxSeries: 1_000_000,
    overflow: 'refuse',
    generation: 1,
    ...changes,
  }
}
