/** Years of two meshes, cheaply: 150 workloads and 400 destinations, some of which appear or vanish on the way. */
import type { DestinationClass, FlowRow } from '#core/flow.ts'
import { type ChainLink, encodeRollup } from '#core/rollup.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { between, mix, unit } from '../../functions/demo/random.ts'
import type { Store } from '../../functions/store/store.ts'
import { flowRow, hourRecord } from '../flow-rows.ts'

export const TARGETS = ['prod-eu', 'prod-us']
const WORKLOADS = 150
const DESTINATIONS = 400
const NAMESPACES = 18
const CALLS_A_WORKLOAD = 8
const LONGEST_DAYS = 1_100

/** The end of a ledger, whatever its length, so that the newest days are always the same. */
export const END = Date.UTC(2026, 10, 21)

interface Call {
  target: number
  from: number // days before END; seen since then
  to: number // days before END; not seen from then on
  seed: number
  row: FlowRow // without measures
}

const calls = Array.from({ length: WORKLOADS * CALLS_A_WORKLOAD }, (_, at) => callOf(at))

function callOf(at: number): Call {
  const workload = at % WORKLOADS
  // Half of all calls go to the 40 destinations that everybody needs.
  const destination = at % 2 === 0 ? between(mix(at, 1), 0, 39) : at % DESTINATIONS
  const kind: DestinationClass =
    destination % 12 === 11 ? 'blocked' : destination % 5 === 4 ? 'passthrough' : 'registered'
  const host = `api-${destination}.vendor-${destination % 90}.example.com`
  const tcp = destination % 7 === 3
  const seed = mix(at, 2)
  return {
    target: workload % TARGETS.length,
    from: destination < 40 ? LONGEST_DAYS + 10 : between(mix(destination, 3), -1, LONGEST_DAYS * 2),
    to: destination % 9 === 8 ? between(mix(destination, 4), 0, 300) : -2,
    seed,
    row: flowRow({
      sourceNamespace: `team-${workload % NAMESPACES}`,
      sourceWorkload: `service-${workload}`,
      sourceApp: `service-${workload}`,
      sourceVersion: `v${1 + (workload % 3)}`,
      destinationClass: kind,
      destinationHost: tcp && kind !== 'registered' ? '' : host,
      destinationService: { registered: host, passthrough: 'PassthroughCluster', blocked: 'BlackHoleCluster' }[kind],
      protocol: tcp ? 'tcp' : 'http',
      responseCode: tcp ? '' : kind === 'blocked' ? '502' : '200',
      destinationPort: tcp ? 443 : null,
    }),
  }
}

/** What one target's workloads did in one hour, in ms since epoch. */
export function rowsOf(target: number, hour: number): FlowRow[] {
  const daysLeft = Math.ceil((END - hour) / DAY_MS)
  const swing = 0.2 + 0.25 * Math.sin(((hour % DAY_MS) / DAY_MS) * Math.PI)
  return calls.flatMap(({ target: of, from, to, seed, row }): FlowRow[] => {
    const chance = mix(seed, hour / HOUR_MS)
    if (of !== target || daysLeft > from || daysLeft <= to || unit(chance) > swing) return []
    const times = between(mix(chance, 1), 1, 900)
    const isTcp = row.protocol === 'tcp'
    const done = isTcp
      ? { connectionsOpened: times, connectionsClosed: times }
      : { requests: times, durationMs: times * 40 }
    const bytes = row.destinationClass === 'blocked' ? {} : { egressBytes: times * 1_700, ingressBytes: times * 5_200 }
    return [{ ...row, ...done, ...bytes }]
  })
}

/** Writes the rollups of the hours in [from, to), ms since epoch, as scrapes do: one chain for each target. */
export async function writeRollups(store: Store, heads: (ChainLink | null)[], from: number, to: number): Promise<void> {
  for (let hour = from; hour < to; hour += HOUR_MS) {
    for (const [at, target] of TARGETS.entries()) {
      const previous = heads[at]
      const record = hourRecord(target, hour, rowsOf(at, hour))
      const { bytes, ...link } = encodeRollup({ ...record, number: (previous?.number ?? 0) + 1, previous })
      await store.put(link.key, bytes, 'absent')
      heads[at] = link
    }
  }
}
