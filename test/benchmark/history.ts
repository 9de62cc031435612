/**
 * Measures in CPU time what a day costs after three years: folding its digest into the history, and packing both. Checks that the history
 * that was packed and unpacked day by day is the one that was folded at once.
 */
import { deepStrictEqual } from 'node:assert'
import { dayReport } from '#core/day.ts'
import { type DayDigest, decodeDigest, digestOf, encodeDigest } from '#core/digest.ts'
import type { FlowRow } from '#core/flow.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory } from '#core/history.ts'
import { decodeHistory, encodeHistory } from '#core/packed-history.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { foldDay } from '../day-digest.ts'
import { flowRow, hourRecord, targetState } from '../flow-rows.ts'

const DAYS = 1_100
const DESTINATIONS = 400
const WORKLOADS = 150
const CALLS_A_WORKLOAD = 12
const FIRST = Date.UTC(2023, 10, 20)
const TARGETS = ['prod-eu', 'prod-us']

const times = new Map<string, number[]>()

function timed<T>(what: string, work: () => T): T {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  times.set(what, [...(times.get(what) ?? []), (user + system) / 1000])
  return result
}

/** The rows of one mesh's workloads in one hour of a day, of which every workload leaves out some. */
function rowsOf(target: number, day: number, hour: number): FlowRow[] {
  const rows: FlowRow[] = []
  for (let workload = target; workload < WORKLOADS; workload += 2) {
    for (let call = 0; call < CALLS_A_WORKLOAD; call++) {
      if ((day + workload + call) % 7 === 0 || (hour + call) % 6 !== 0) continue
      const host = (workload * 37 + call * 101 + (call === 0 ? day % 30 : 0)) % DESTINATIONS
      const kind = host % 5 === 0 ? ('passthrough' as const) : ('registered' as const)
      const count = 100 + ((day * 31 + host) % 900)
      rows.push(
        flowRow({
          sourceNamespace: `team-${workload % 20}`,
          sourceWorkload: `service-${workload}`,
          sourceApp: `service-${workload}`,
          destinationClass: kind,
          destinationHost: `api-${host}.vendor-${host % 60}.example.com`,
          destinationService:
            kind === 'registered' ? `api-${host}.vendor-${host % 60}.example.com` : 'PassthroughCluster',
          destinationPort: 443,
          requests: count,
          egressBytes: count * 1_733,
          ingressBytes: count * 5_291,
          durationMs: count * 43,
        }),
      )
    }
  }
  return rows
}

function digestOfDay(n: number): DayDigest {
  const day = FIRST + n * DAY_MS
  const records = TARGETS.flatMap((target, at) =>
    Array.from({ length: 24 }, (_, hour) => hourRecord(target, day + hour * HOUR_MS, rowsOf(at, n, hour))),
  )
  const targets = TARGETS.map((target) => targetState(target, FIRST, FIRST + DAYS * DAY_MS))
  const report = timed('day report', () => dayReport({ title: '', day, targets, records, previous: null, next: null }))
  return timed('digest', () => digestOf(report.date, report, records))
}

const folding = startFolding(emptyHistory())
let history = emptyHistory()
let last: DayDigest | null = null
for (let n = 0; n < DAYS; n++) {
  const digest = digestOfDay(n)
  timed('fold, one of many', () => folding.add(digest))
  if (n >= DAYS - 20) {
    if (n === DAYS - 20) history = decodeHistory(encodeHistory(history), 'history')
    const folded = timed('fold into history', () => foldDay(history, digest))
    const bytes = timed('pack history', () => encodeHistory(folded))
    history = timed('unpack history', () => decodeHistory(bytes, 'history'))
    const packed = timed('pack digest', () => encodeDigest(digest))
    deepStrictEqual(
      timed('unpack digest', () => decodeDigest(packed, 'digest')),
      digest,
    )
    if (n === DAYS - 1) console.log(`a digest takes ${packed.length} bytes, the history ${bytes.length}`)
  } else if (n === DAYS - 21) {
    history = folding.history()
  }
  last = digest
}
deepStrictEqual(history, folding.history())
console.log(
  `${history.days.length} days, ${history.destinations.length} destinations, ${history.workloads.length} workloads, ` +
    `${history.pairs.length} pairs; ${last?.edges.length} edges a day`,
)
for (const [what, all] of times) {
  const median = all.slice(-20).sort((a, b) => a - b)[10]
  console.log(`${what.padEnd(20)} ${median.toFixed(2).padStart(8)} ms`)
}
