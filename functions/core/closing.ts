/** Closing: an hour that can get no more samples becomes a rollup, encoded once, with its place in the chain. */
import type { Checkpoint } from '#core/checkpoint.ts'
import { encodeRollup } from '#core/rollup.ts'
import { HOUR_MS } from '#core/time.ts'

/** Prometheus's lookback: a sample may be that old when it is first served. */
const LOOKBACK_MS = 5 * 60_000
/** A query API that fails longer than this no longer holds an hour open. */
const TAIL_PATIENCE_MS = 20 * 60_000

/** Closes every hour whose end and lookback the watermark has passed, in place; gives how many. */
export function closeHours(checkpoint: Checkpoint, tails: boolean): number {
  let closed = 0
  for (;;) {
    const end = checkpoint.hours.closedThrough + HOUR_MS
    const due = end + LOOKBACK_MS
    if (checkpoint.watermark < due) break
    const asked = checkpoint.tailedThrough >= end
    if (tails && !asked && checkpoint.watermark < due + TAIL_PATIENCE_MS) break
    closeOldest(checkpoint, !tails ? 'off' : asked ? 'asked' : 'failed')
    closed++
  }
  if (closed > 0) compact(checkpoint)
  return closed
}

function closeOldest(checkpoint: Checkpoint, tails: 'off' | 'asked' | 'failed'): void {
  const { start, rows, coverage } = checkpoint.hours.close()
  const rollup = encodeRollup({
    target: checkpoint.target,
    hour: start,
    number: (checkpoint.head?.number ?? 0) + 1,
    previous: checkpoint.head,
    coverage: { ...coverage, tails },
    rows: [...rows].map(([flow, measures]) => ({ ...checkpoint.flows[flow], ...measures })),
  })
  checkpoint.finished.push(rollup)
  checkpoint.head = { number: rollup.number, key: rollup.key, sha256: rollup.sha256 }
}

/** Drops flows and proxies that nothing refers to any more, so that the checkpoint grows with what lives. */
function compact(checkpoint: Checkpoint): void {
  const { series, hours } = checkpoint
  const { flow, proxy } = series.columns
  const usedFlows = new Set<number>(hours.hours.flatMap(({ rows }) => [...rows.keys()]))
  const usedProxies = new Set<number>()
  for (let row = 0; row < series.size; row++) {
    if (flow[row] >= 0) usedFlows.add(flow[row])
    if (proxy[row] >= 0) usedProxies.add(proxy[row])
  }
  const flowAt = renumber(checkpoint.flows.length, usedFlows)
  const proxyAt = renumber(checkpoint.proxies.length, usedProxies)
  checkpoint.flows = checkpoint.flows.filter((_, index) => usedFlows.has(index))
  checkpoint.proxies = checkpoint.proxies.filter((_, index) => usedProxies.has(index))
  for (const hour of hours.hours) hour.rows = new Map([...hour.rows].map(([index, row]) => [flowAt[index], row]))
  for (let row = 0; row < series.size; row++) {
    if (flow[row] >= 0) flow[row] = flowAt[flow[row]]
    if (proxy[row] >= 0) proxy[row] = proxyAt[proxy[row]]
  }
}

function renumber(size: number, used: ReadonlySet<number>): Int32Array {
  const at = new Int32Array(size)
  for (let index = 0, next = 0; index < size; index++) at[index] = used.has(index) ? next++ : -1
  return at
}
