/** The report of what was tried and refused in the 35 days that end with the newest. */
import type { DayDigest } from '#core/digest.ts'
import { type Edge, noHours, workloadKey } from '#core/edge.ts'
import type { Protocol } from '#core/flow.ts'
import type { History, Seen } from '#core/history.ts'
import { compareText } from '#core/order.ts'
import { pairKey } from '#core/pair.ts'
import type { Observation, PageReport } from '#core/report.ts'
import { DAY_MS, HOUR_MS, isoHour, parseDate } from '#core/time.ts'
import { attempts, leftTotals } from '#core/totals.ts'

export interface BlockedReport extends PageReport {
  page: 'blocked'
  from: string // YYYY-MM-DD; '' while there is no day
  through: string
  days: BlockedDay[] // oldest first, dense
  attempts: BlockedRow[] // most attempts first
  bursts: Burst[] // newest first
}

/** The attempts of one day; without data they mean nothing. */
export interface BlockedDay {
  date: string // YYYY-MM-DD
  observation: Observation
  provisional: boolean
  complete: boolean
  http: number // HTTP and gRPC requests
  tcp: number // TCP connections
}

/** What one workload tried to reach; days are those of this report, and the first of them unless it is known better. */
export interface BlockedRow extends Seen {
  target: string
  namespace: string
  workload: string
  host: string // '' for TCP, whose name the proxy could not know
  protocol: Protocol
  attempts: number
  busiestHour: { start: string; attempts: number } // ISO
  alsoAllowed: boolean // the host was reached, too, within these days
}

/** An hour with far more attempts than that workload's hours had before it. */
export interface Burst {
  start: string // ISO, the hour
  target: string
  namespace: string
  workload: string
  hosts: string[] // those with a name first, then most attempts; at most 20
  attempts: number
  usual: number // median of its hours with attempts before, back to the start of the day before; 0 when there are none
}

export interface BlockedInput {
  title: string // of the site
  digests: readonly DayDigest[] // dense, oldest first
  history: History
}

const BURST_ATTEMPTS = 10 // an hour with fewer is no burst
const BURST_FACTOR = 10 // times the median of the hours before it
const BURST_RISE = 3 // times the hour right before it
const HOSTS_AT_MOST = 20

/** Builds the report of blocked attempts; its downloads are filled in when they have been written. */
export function blockedReport({ title, digests, history }: BlockedInput): BlockedReport {
  return {
    schema: 1,
    page: 'blocked',
    title,
    downloads: [],
    from: digests[0]?.date ?? '',
    through: digests.at(-1)?.date ?? '',
    days: digests.map(({ date, day, edges }) => {
      const refused = edges.filter(isBlocked)
      const tcp = sum(refused.filter(({ protocol }) => protocol === 'tcp').map(({ totals }) => attempts(totals)))
      const all = sum(refused.map(({ totals }) => attempts(totals)))
      const { observation, provisional, complete } = day
      return { date, observation, provisional, complete, http: all - tcp, tcp }
    }),
    attempts: blockedRows(digests, history),
    bursts: digests.flatMap((digest, index) => burstsOf(digest, digests[index - 1] ?? null)).toReversed(),
  }
}

/**
 * The hours of a day in which the blocked attempts of one workload burst out: at least 10, at least 10 times the median
 * of its hours with attempts before, back to the start of the day before, and at least 3 times those of the hour right
 * before, so that what goes on is told once, when it begins, and a busy morning is none. That hour before must have been
 * observed: out of what nobody saw nothing bursts. Oldest first, then by workload.
 */
export function burstsOf(digest: DayDigest, before: DayDigest | null): Burst[] {
  const dayStart = parseDate(digest.date)
  const bursts: Burst[] = []
  const earlier = Map.groupBy(before?.edges.filter(isBlocked) ?? [], workloadKey)
  for (const [key, edges] of Map.groupBy(digest.edges.filter(isBlocked), workloadKey)) {
    const hours = [...hoursOf(earlier.get(key) ?? []), ...hoursOf(edges)]
    for (let hour = 24; hour < 48; hour++) {
      if (hours[hour] < Math.max(BURST_ATTEMPTS, BURST_RISE * hours[hour - 1])) continue
      const usual = median(hours.slice(0, hour).filter((count) => count > 0))
      if (hours[hour] < BURST_FACTOR * usual) continue
      const { target, namespace, workload } = edges[0]
      if (!wasObserved(hour === 24 ? before : digest, target, (hour - 1) % 24)) continue
      const start = isoHour(dayStart - DAY_MS + hour * HOUR_MS)
      const hosts = hostsOf(edges, hour - 24)
      bursts.push({ start, target, namespace, workload, hosts, attempts: hours[hour], usual })
    }
  }
  const place = (burst: Burst) => [burst.start, burst.target, burst.namespace, burst.workload].join('\0')
  return bursts.sort((a, b) => compareText(place(a), place(b)))
}

function blockedRows(digests: readonly DayDigest[], history: History): BlockedRow[] {
  const rows = new Map<string, BlockedRow>()
  const reached = new Set<string>()
  for (const { date, edges } of digests) {
    for (const { host } of edges.filter((edge) => !isBlocked(edge))) reached.add(host)
    const groups = Map.groupBy(edges.filter(isBlocked), (edge) => `${pairKey(edge)}\0${edge.protocol}`)
    for (const [key, group] of groups) {
      const { target, namespace, workload, host, protocol } = group[0]
      const hours = hoursOf(group)
      const most = Math.max(...hours)
      const busiest = { start: isoHour(parseDate(date) + hours.indexOf(most) * HOUR_MS), attempts: most }
      const known = rows.get(key)
      const row = known ?? {
        ...{ target, namespace, workload, host, protocol, first: date, last: date, days: 0, attempts: 0 },
        busiestHour: busiest,
        alsoAllowed: false,
      }
      row.last = date
      row.days++
      row.attempts += sum(group.map(({ totals }) => attempts(totals)))
      if (busiest.attempts > row.busiestHour.attempts) row.busiestHour = busiest
      rows.set(key, row)
    }
  }
  // A pair that was never let through was blocked from its first day on.
  const firsts = new Map(
    history.pairs
      .filter(({ byClass }) => Object.values(leftTotals(byClass)).every((total) => total === 0))
      .map((pair) => [pairKey(pair), pair.first]),
  )
  for (const row of rows.values()) {
    row.alsoAllowed = row.host !== '' && reached.has(row.host)
    const first = firsts.get(pairKey(row))
    if (first !== undefined && first < row.first) row.first = first
  }
  return [...rows]
    .sort(([a, one], [b, other]) => other.attempts - one.attempts || compareText(a, b))
    .map(([, row]) => row)
}

function isBlocked({ destinationClass }: Edge): boolean {
  return destinationClass === 'blocked'
}

function wasObserved(digest: DayDigest | null, target: string, hour: number): boolean {
  const observation = digest?.day.coverage.find((one) => one.target === target)?.hours[hour]
  return observation === 'observed' || observation === 'partial'
}

function hoursOf(edges: readonly Edge[]): number[] {
  const sums = noHours()
  for (const { hours } of edges) for (let hour = 0; hour < 24; hour++) sums[hour] += hours[hour]
  return sums
}

function hostsOf(edges: readonly Edge[], hour: number): string[] {
  const counts = [...Map.groupBy(edges, ({ host }) => host)]
    .map(([host, group]) => ({ host, count: hoursOf(group)[hour] }))
    .filter(({ count }) => count > 0)
  counts.sort(
    (a, b) => Number(a.host === '') - Number(b.host === '') || b.count - a.count || compareText(a.host, b.host),
  )
  return counts.slice(0, HOSTS_AT_MOST).map(({ host }) => host)
}

/** The middle one, or the mean of the middle two, as a whole number; 0 of none. */
function median(counts: readonly number[]): number {
  if (counts.length === 0) return 0
  const sorted = counts.toSorted((a, b) => a - b)
  const half = (sorted.length - 1) / 2
  return Math.round((sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
