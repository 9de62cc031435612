/**
 * Splitting a bill: each line of use over the flows of its period by their share of bytes, with an explicit remainder that
 * nobody is charged for. The parts of a line sum to it to the last nano-unit.
 *
 * Lines of one kind, place and period are explained by the same bytes of the meshes, whichever account they were billed to,
 * since no label tells accounts apart: where those bytes are fewer than were billed together, the same share of each line
 * goes to flows, and the rest of it is the remainder. Where they are as many or more, all of it goes to flows. What is
 * charged by the hour is nobody's by the byte, and is split by the bytes that were processed in the period.
 */
import type { Bill, BilledKind, BillLine } from '#core/bills/bill.ts'
import { type Nano, nanoOf, shareOut } from '#core/costs/money.ts'
import type { PricedDay, PricedEdge } from '#core/costs/priced-day.ts'
import type { PriceKind, Prices, TargetPlace } from '#core/costs/prices.ts'
import { exactSum } from '#core/flow.ts'
import { compareText } from '#core/order.ts'
import { DAY_MS, HOUR_MS, hoursIn, isoDate, monthSpan, parseDate, parseInstant, type Span } from '#core/time.ts'

/** Where a part of a bill goes to; the flow's ends are '' for a remainder. */
export interface BilledFlow {
  target: string
  namespace: string
  workload: string
  team: string
  costCentre: string
  host: string
}

/** A part of one line. */
export interface BillPart {
  row: number // of the line
  flow: BilledFlow | null // null: unattributed
  reason: string // of a remainder, one sentence; '' for a flow's part
  kind: BilledKind
  bytes: number // of the mesh, for a flow; billed bytes that no flow explains, for a remainder; 0 for what is charged by the hour
  nano: Nano
}

/** Where each target ran, as it was declared on a day; of a day without any nothing can be attributed. */
export type Places = Prices['targets']

export interface Splitting {
  /** Adds a day with traffic of the bill's period, each once, oldest first; gives the parts of the lines whose period is over with it. */
  add(day: PricedDay, places: Places): BillPart[]
  /** The parts of all other lines. */
  end(): BillPart[]
}

/** Where each target runs by prices; nowhere without any. */
export function placesBy(prices: Prices | null): Places {
  return prices?.targets ?? {}
}

/**
 * The targets whose traffic a bill is for: those at its provider. Where some name one of its billing accounts as their payer,
 * those that name another are left out, so that bills of two payers are not split over the same flows.
 */
export function billedTargets(
  places: Places,
  { provider, payers }: Pick<Bill, 'provider' | 'payers'>,
): ReadonlyMap<string, TargetPlace> {
  const here = Object.entries(places).filter(([, place]) => place.provider === provider)
  const isNamed = here.some(([, { payer }]) => payers.includes(payer))
  return new Map(here.filter(([, { payer }]) => !isNamed || payer === '' || payers.includes(payer)))
}

/** Why money is attributed to nobody. */
export const REMAINDERS = {
  more: 'more was billed than the meshes sent',
  nothing: 'no mesh sent anything of the kind from there in the period',
  elsewhere: 'no mesh runs at the provider in the region',
  unplaced: 'no prices were declared for the days of the period, and so nothing tells where the meshes ran',
  unobserved: 'the ledger has no data of the period',
  outside: 'the period is outside the month that is billed',
  ingress: 'transfer into the network is nobody’s egress',
  other: 'transfer that no workload of a mesh sends',
  credit: 'credits are never split',
  adjustment: 'taxes, refunds and corrections are never split',
} as const

/**
 * The period of a bill: its month, by the clock that it was made by. A month that ends after that of UTC begins later by as
 * much, and one that begins before it ends earlier; lines of more than a day beside it make it no longer.
 */
export function billedSpan({ month, lines }: Pick<Bill, 'month' | 'lines'>): Span {
  const { from, to } = monthSpan(month)
  let [begins, ends] = [Infinity, -Infinity]
  for (const line of lines) {
    const [first, last] = [parseInstant(line.from), parseInstant(line.until)]
    if (first >= from - DAY_MS) begins = Math.min(begins, first)
    if (last <= to + DAY_MS) ends = Math.max(ends, last)
  }
  const shift = ends > to ? ends - to : Math.min(0, begins - from)
  return { from: Math.min(from + shift, begins), to: Math.max(to + shift, ends) }
}

/** The days that a bill's period has a part of; both YYYY-MM-DD. */
export function billedDays(bill: Pick<Bill, 'month' | 'lines'>): { from: string; through: string } {
  const { from, to } = billedSpan(bill)
  return { from: isoDate(from), through: isoDate(to - 1) }
}

/** Begins to split a bill. */
export function startSplitting(bill: Bill): Splitting {
  const apart = bill.lines.filter((line) => !isSplit(line))
  const pools = poolsOf(bill.lines.filter(isSplit), billedSpan(bill))
  let open = [...pools.values()].flat()

  return {
    add(day, places) {
      const start = parseDate(day.judged.digest.date)
      const here = open.filter(({ from, until }) => from < start + DAY_MS && until > start)
      const targets = billedTargets(places, bill)
      const hasPlaces = Object.keys(places).length > 0
      for (const group of here) markDay(group, day, [...targets.values()], hasPlaces)
      const active = new Set(here)
      const groupsFor = (kind: PriceKind, region: string, edge: PricedEdge) => {
        const pool = explainedBy(pools, kind, region, destinedTo(kind, edge))
        return pool === null ? [] : (pools.get(pool) ?? []).filter((group) => active.has(group))
      }
      for (const edge of active.size === 0 ? [] : day.edges) {
        const place = targets.get(edge.target)
        if (place === undefined) continue
        addEdge(edge, (kind) => groupsFor(kind, place.region, edge), start)
      }
      const over = open.filter(({ until }) => until <= start + DAY_MS)
      open = open.filter(({ until }) => until > start + DAY_MS)
      return over.flatMap(partsOf)
    },
    end() {
      const left = open
      open = []
      return [...left.flatMap(partsOf), ...apart.map(wholeRemainder)]
    },
  }
}

/** The flow of an edge, as a bill is split to it. */
export function billedFlow({ target, namespace, workload, team, costCentre, host }: PricedEdge): BilledFlow {
  return { target, namespace, workload, team, costCentre, host }
}

/** Lines of one kind, place and period. */
interface Group {
  lines: BillLine[]
  kind: BilledKind
  region: string
  from: number // ms since epoch, whole hours, half-open
  until: number
  billed: bigint // bytes of the lines
  others: bigint // bytes of lines of the same pool with another period, as far as that overlaps
  flows: Map<string, { flow: BilledFlow; bytes: number }>
  isOutside: boolean // it lies wholly beside the bill's own period, of which alone days are added
  seen: { data: boolean; places: boolean; targets: boolean } // whether any day of it had them
}

type Pools = ReadonlyMap<string, Group[]>

/** True for a line that is split over flows: of use, and of a kind that flows of a mesh can have. */
export function isSplit({ category, kind }: BillLine): boolean {
  return category === 'usage' && kind !== 'ingress' && kind !== 'other'
}

/** The kind of charge by whose bytes a kind is split. */
const SPLIT_BY: Partial<Record<PriceKind, readonly PriceKind[]>> = {
  'nat-processing': ['nat-processing', 'nat-hours'],
  'endpoint-processing': ['endpoint-processing', 'endpoint-hours'],
}

function poolsOf(lines: readonly BillLine[], span: Span): Pools {
  const groups = new Map<string, Group>()
  for (const line of lines) {
    const from = Math.floor(parseInstant(line.from) / HOUR_MS) * HOUR_MS
    const until = Math.ceil(parseInstant(line.until) / HOUR_MS) * HOUR_MS
    const key = `${poolKey(line.kind, line.region, line.to)}\0${from}\0${until}`
    const group = groups.get(key)
    if (group === undefined) {
      const { kind, region } = line
      const isOutside = until <= span.from || from >= span.to
      const seen = { data: false, places: false, targets: false }
      const begun = { lines: [line], kind, region, from, until, others: 0n, flows: new Map(), isOutside, seen }
      groups.set(key, { ...begun, billed: BigInt(line.bytes ?? 0) })
    } else {
      group.lines.push(line)
      group.billed += BigInt(line.bytes ?? 0)
    }
  }
  const pools = Map.groupBy(groups.values(), ({ kind, region, lines: [{ to }] }) => poolKey(kind, region, to))
  for (const pool of pools.values()) addOverlaps(pool)
  return pools
}

/** The key of lines of one kind and place. */
export function poolKey(kind: BilledKind, region: string, to: string): string {
  return `${kind}\0${region}\0${to}`
}

/** A month's line and a day's of one pool are explained by the same bytes, in proportion to the time they share. */
function addOverlaps(pool: Group[]): void {
  pool.sort((a, b) => a.from - b.from || a.until - b.until)
  pool.forEach((group, at) => {
    for (const later of pool.slice(at + 1)) {
      if (later.from >= group.until) break
      const shared = BigInt(Math.min(group.until, later.until) - later.from)
      group.others += (later.billed * shared) / BigInt(later.until - later.from)
      later.others += (group.billed * shared) / BigInt(group.until - group.from)
    }
  })
}

/** The key under which the bytes of a charge count: that of the pool that names most of its place; null where no line is for it. */
export function explainedBy(
  pools: { has(key: string): boolean },
  kind: BilledKind,
  region: string,
  to: string,
): string | null {
  const keys = [poolKey(kind, region, to), poolKey(kind, region, ''), poolKey(kind, '', to), poolKey(kind, '', '')]
  return keys.find((key) => pools.has(key)) ?? null
}

/** Where an edge's charge goes to, as far as bills tell that. */
export function destinedTo(kind: BilledKind, { destined }: PricedEdge): string {
  return kind === 'cross-region' ? (destined?.region ?? '') : ''
}

function markDay({ seen, region }: Group, { judged }: PricedDay, targets: TargetPlace[], hasPlaces: boolean): void {
  const { observation } = judged.digest.day
  seen.data ||= observation === 'observed' || observation === 'partial'
  seen.places ||= hasPlaces
  seen.targets ||= targets.some((place) => region === '' || place.region === region)
}

/** Adds the bytes of an edge's charges in the hours of each group; `day` is its start, in ms since epoch. */
function addEdge(edge: PricedEdge, groupsOf: (kind: PriceKind) => readonly Group[], day: number): void {
  const flow = billedFlow(edge)
  const key = Object.values(flow).join('\0')
  for (const charge of edge.charges) {
    for (const kind of SPLIT_BY[charge.kind] ?? [charge.kind]) {
      for (const { from, until, flows } of groupsOf(kind)) {
        const hours = hoursIn(day, { from, to: until })
        const bytes = charge.hourBytes.slice(hours.from, hours.until).reduce(exactSum, 0)
        if (bytes === 0) continue
        const known = flows.get(key)
        if (known === undefined) flows.set(key, { flow, bytes })
        else known.bytes = exactSum(known.bytes, bytes)
      }
    }
  }
}

/** The parts of a group's lines: each line's flows in the order of their keys, and its remainder after them. */
function partsOf(group: Group): BillPart[] {
  const { lines, billed, others, kind } = group
  const flows = [...group.flows].sort(([a], [b]) => compareText(a, b)).map(([, flow]) => flow)
  const weights = flows.map(({ bytes }) => BigInt(bytes))
  const seen = weights.reduce((sum, bytes) => sum + bytes, 0n)
  if (seen === 0n) return lines.map((line) => remainder(line, nanoOf(line.cost), line.bytes ?? 0, emptyReason(group)))
  const isHours = kind.endsWith('-hours')
  const shares = [...lines.map(({ bytes }) => BigInt(bytes ?? 0)), ...(others > 0n ? [others] : [])]
  const bytesOf = flows.map(({ bytes }) => (isHours ? lines.map(() => 0n) : shareOut(BigInt(bytes), shares)))
  const missing = billed + others > seen ? billed + others - seen : 0n
  return lines.flatMap((line, at) => {
    const isWhole = isHours || line.bytes === null
    const nanos = shareOut(nanoOf(line.cost), isWhole ? weights : [...weights, missing])
    const parts = flows.map(({ flow }, which): BillPart => {
      return { row: line.row, flow, reason: '', kind, bytes: Number(bytesOf[which][at]), nano: nanos[which] }
    })
    if (isWhole || missing === 0n) return parts
    const given = parts.reduce((sum, { bytes }) => sum + bytes, 0)
    return [...parts, remainder(line, nanos[flows.length], Math.max(0, (line.bytes ?? 0) - given), REMAINDERS.more)]
  })
}

function emptyReason({ seen, isOutside }: Group): string {
  if (isOutside) return REMAINDERS.outside
  if (!seen.data) return REMAINDERS.unobserved
  if (!seen.places) return REMAINDERS.unplaced
  return seen.targets ? REMAINDERS.nothing : REMAINDERS.elsewhere
}

function wholeRemainder(line: BillLine): BillPart {
  const { category, kind } = line
  const reason = REMAINDERS[category === 'usage' ? (kind === 'ingress' ? 'ingress' : 'other') : category]
  return remainder(line, nanoOf(line.cost), line.bytes ?? 0, reason)
}

function remainder({ row, kind }: BillLine, nano: Nano, bytes: number, reason: string): BillPart {
  return { row, flow: null, reason, kind, bytes, nano }
}
