/** Tallies: what the judged days of an audit's span together say, beside the sums that each day has in the compliance history. */
import type { OutboundMode } from '#core/istio/config.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { compareText } from '#core/order.ts'
import type { ApprovalState, PlaceVerdict } from '#core/register/approval.ts'
import type { Totals } from '#core/report.ts'
import { addTotals, zeroTotals } from '#core/totals.ts'

/** When, and how much; sums are lower bounds where a day was not observed whole. */
export interface Tallied {
  first: string // YYYY-MM-DD
  last: string
  days: number
  totals: Totals
}

/** One workload, and what it called in one state of approval. */
export interface TalliedFlow extends Tallied {
  target: string
  namespace: string
  workload: string
  host: string
  state: ApprovalState
  entry: string // of the last day; '' when none matched
  reason: string // of the last day
}

export interface TalliedPlace extends Tallied {
  provider: string // declared, as all that follow; '' when undeclared
  country: string
  region: string
  verdict: PlaceVerdict
  hosts: number
}

export interface Tally {
  destinations: Record<ApprovalState, number> // hosts by their worst state; blocked: those that nothing ever reached
  entries: Map<string, Tallied> // by name; those that let something out
  flows: TalliedFlow[] // those that are not approved, by state, then by workload and host
  plaintext: TalliedFlow[] // what left unencrypted, by workload and host
  places: TalliedPlace[] // of what left, most bytes first
  modes: Record<Mode, number> // namespaces with traffic, by the most open mode that held for any of it on the last day of each
}

type Mode = OutboundMode | 'unknown'

const WORST: readonly ApprovalState[] = ['unapproved', 'expired', 'approved', 'blocked']

const OPEN_FIRST: readonly Mode[] = ['ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS', 'unknown', 'REGISTRY_ONLY']

/** Sums days up, oldest first. */
export function startTally(): { add(day: JudgedDay): void; tally(): Tally } {
  const states = new Map<string, ApprovalState>()
  const entries = new Map<string, Tallied>()
  const flows = new Map<string, TalliedFlow>()
  const plaintext = new Map<string, TalliedFlow>()
  const places = new Map<string, TalliedPlace & { names: Set<string> }>()
  const modes = new Map<string, { date: string; mode: Mode }>()

  function addEdge(date: string, edge: JudgedEdge): void {
    const { target, namespace, workload, host, approval, place, traffic, totals } = edge
    const mode = traffic.outboundMode ?? 'unknown'
    const open = modes.get(`${target}\0${namespace}`)
    // Workloads of a namespace may have modes of their own: one that is locked says nothing of another that is not.
    if (open?.date !== date || OPEN_FIRST.indexOf(mode) < OPEN_FIRST.indexOf(open.mode)) {
      modes.set(`${target}\0${namespace}`, { date, mode })
    }
    if (!traffic.isEgress) return
    const { state, entry, reason } = approval
    const worst = states.get(host)
    if (worst === undefined || WORST.indexOf(state) < WORST.indexOf(worst)) states.set(host, state)
    const ends = { target, namespace, workload, host, state }
    const key = Object.values(ends).join('\0')
    const begin = () => ({ ...ends, entry, reason, ...nothing(date) })
    if (state !== 'approved') Object.assign(sum(flows, key, begin, date, totals), { entry, reason })
    if (state === 'blocked') return
    if (state === 'approved') sum(entries, entry, () => nothing(date), date, totals)
    if (traffic.tls.verdict === 'plaintext') {
      Object.assign(sum(plaintext, key, begin, date, totals), { reason: traffic.tls.reason })
    }
    const { provider, country, region, verdict } = place
    const declared = { provider, country, region, verdict }
    const beginPlace = () => ({ ...declared, ...nothing(date), hosts: 0, names: new Set<string>() })
    sum(places, Object.values(declared).join('\0'), beginPlace, date, totals).names.add(host)
  }

  return {
    add({ digest, edges }) {
      for (const edge of edges) addEdge(digest.date, edge)
    },
    tally: () => ({
      destinations: countBy(WORST, [...states.values()]),
      entries: new Map(inOrder(entries)),
      flows: inOrder(flows)
        .map(([, flow]) => flow)
        .sort((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state)),
      plaintext: inOrder(plaintext).map(([, flow]) => flow),
      places: inOrder(places)
        .map(([, { names, ...place }]) => ({ ...place, hosts: names.size }))
        .sort((a, b) => b.totals.egressBytes - a.totals.egressBytes),
      modes: countBy(
        OPEN_FIRST,
        [...modes.values()].map(({ mode }) => mode),
      ),
    }),
  }
}

function nothing(date: string): Tallied {
  return { first: date, last: '', days: 0, totals: zeroTotals() }
}

/** Adds to the sum that has this key, which `begin` begins with nothing. */
function sum<T extends Tallied>(sums: Map<string, T>, key: string, begin: () => T, date: string, totals: Totals): T {
  const tallied = sums.get(key) ?? begin()
  sums.set(key, tallied)
  if (tallied.last !== date) tallied.days++
  tallied.last = date
  addTotals(tallied.totals, totals)
  return tallied
}

function inOrder<T>(sums: ReadonlyMap<string, T>): [string, T][] {
  return [...sums].sort(([a], [b]) => compareText(a, b))
}

function countBy<K extends string>(names: readonly K[], values: readonly K[]): Record<K, number> {
  const entries = names.map((name) => [name, values.filter((value) => value === name).length] as const)
  return Object.fromEntries(entries) as Record<K, number>
}
