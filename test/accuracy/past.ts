/**
 * A Prometheus as it stood at a moment of the past. Its query API can be asked for one; /federate cannot, so its body is
 * put together from what the query API says: the series that an instant vector holds at that moment, which leaves out the
 * stale, each with its newest sample of the five minutes before and the time of that sample.
 */
import { formatSeries } from '#core/labels.ts'
import type { Prometheus } from '../../functions/prometheus.ts'

export const EXTERNAL_LABELS = { cluster: 'prod', prometheus: 'monitoring/k8s' }

const LOOKBACK = '5m'

/** Asks `prometheus` as if it were `now`, in ms since epoch. */
export function inThePast(prometheus: Prometheus, now: () => number): Prometheus {
  return {
    ...prometheus,
    async federate(selectors) {
      const lines = await Promise.all(selectors.map((selector) => linesOf(prometheus, selector, now())))
      return Buffer.from([...new Set(lines.flat())].sort().join(''))
    },
  }
}

/** As /federate writes them. */
async function linesOf(prometheus: Prometheus, selector: string, at: number): Promise<string[]> {
  const [present, recent] = await Promise.all([
    prometheus.queryInstant(selector, at),
    prometheus.queryRange(`${selector}[${LOOKBACK}]`, at),
  ])
  const alive = new Set(present.map(({ labels }) => JSON.stringify(labels)))
  const external = new Map(Object.entries(EXTERNAL_LABELS))
  return recent
    .filter(({ labels }) => alive.has(JSON.stringify(labels)))
    .map(({ labels: { __name__: name, ...labels }, samples }) => {
      const { value, timeMs } = samples.at(-1)!
      return `${formatSeries(name, new Map(Object.entries(labels)), external)} ${value} ${timeMs}\n`
    })
}
