/**
 * Reconciliation: what a bill says against what the meshes saw, by kind and place; who its money was split to; and what,
 * of all that is known, could explain the difference.
 */
import type { Bill, BilledKind, BillLine } from '#core/bills/bill.ts'
import { BILLED_KINDS } from '#core/bills/bill.ts'
import { explanationsOf } from '#core/bills/explanations.ts'
import { Rankings } from '#core/bills/rankings.ts'
import type { ReconciledBill, ReconciledKind, ReconciledPlace, Unattributed } from '#core/bills/reconciled-bill.ts'
import {
  type BillPart,
  billedSpan,
  billedTargets,
  destinedTo,
  explainedBy,
  placesBy,
  poolKey,
  startSplitting,
} from '#core/bills/split.ts'
import { type Money, moneyOf, type Nano, nanoOf } from '#core/costs/money.ts'
import type { PricedDay, PricedEdge } from '#core/costs/priced-day.ts'
import type { PriceKind, Prices, TargetPlace } from '#core/costs/prices.ts'
import { exactSum } from '#core/flow.ts'
import { joinObservations } from '#core/observation.ts'
import { compareText } from '#core/order.ts'
import type { Observation } from '#core/report.ts'
import { DAY_MS, hoursIn, monthSpan, parseDate } from '#core/time.ts'

export interface Reconciling {
  /** Adds a day of the bill's period, each once, oldest first, with the prices that held on it. */
  add(day: PricedDay, prices: Prices | null): void
  /** The whole; no day is added after it. */
  end(): ReconciledBill
}

/** What is known of other bills of the same month and provider. */
export interface OtherBills {
  replaced: number // imports that it took the place of
  beside: number // bills of other billing accounts that hold, too
}

/** Begins to reconcile a bill. */
export function startReconciling(
  bill: Bill,
  { replaced, beside }: OtherBills = { replaced: 0, beside: 0 },
): Reconciling {
  const splitting = startSplitting(bill)
  const byRow = new Map(bill.lines.map((line) => [line.row, line]))
  const sums = sumsOf(bill.lines)
  const billedPlaces = new Set(sums.keys())
  const span = billedSpan(bill)
  const rankings = new Rankings()
  const unattributed = new Map<string, { bytes: number; nano: Nano }>()
  const days: { date: string; observation: Observation; complete: boolean }[] = []
  const seen = {
    observedSeconds: 0,
    targets: new Set<string>(),
    beside,
    unclaimed: new Set<string>(),
    estimatedBytes: 0,
    assumedBytes: 0,
    overheadFactors: new Set<string>(),
    currencies: new Set<string>(),
    hasPlaces: false,
  }

  function addParts(parts: readonly BillPart[]): void {
    for (const { row, flow, reason, bytes, nano } of parts) {
      const line = byRow.get(row)
      if (line === undefined) throw new Error(`bill ${bill.file} has no line of row ${row}`)
      if (flow !== null) rankings.attribute(flow, nano)
      if (line.category !== 'usage') continue
      const sum = sumAt(sums, line.kind, line.region, line.to)
      if (flow !== null) sum.attributed += nano
      else {
        sum.unattributedBytes = exactSum(sum.unattributedBytes, bytes)
        const known = unattributed.get(reason) ?? { bytes: 0, nano: 0n }
        unattributed.set(reason, { bytes: exactSum(known.bytes, bytes), nano: known.nano + nano })
      }
    }
  }

  /** The sum of the place that split() would explain by it; what no line is for has one of its own. */
  function sumFor(kind: PriceKind, region: string, to: string): PlaceSum {
    const key = explainedBy(billedPlaces, kind, region, to)
    return (key === null ? undefined : sums.get(key)) ?? sumAt(sums, kind, region, to)
  }

  function addEdge(edge: PricedEdge, place: TargetPlace, isPriced: boolean, { from, until }: Hours): void {
    for (const [at, { kind, entry, hourBytes, hourNano }] of edge.charges.entries()) {
      const bytes = hourBytes.slice(from, until).reduce(exactSum, 0)
      const nano = hourNano.slice(from, until).reduce((total, one) => total + one, 0n)
      const sum = sumFor(kind, place.region, destinedTo(kind, edge))
      sum.meshBytes = exactSum(sum.meshBytes, bytes)
      if (entry === '') sum.unpricedBytes = exactSum(sum.unpricedBytes, bytes)
      const estimate = isPriced && entry !== '' ? nano : null
      if (estimate !== null) sum.estimate = (sum.estimate ?? 0n) + estimate
      rankings.see(edge, at === 0 ? bytes : 0, estimate)
      if (at > 0) continue
      if (edge.protocol !== 'tcp') seen.estimatedBytes = exactSum(seen.estimatedBytes, bytes)
      if (edge.destined?.basis === 'assumed') seen.assumedBytes = exactSum(seen.assumedBytes, bytes)
    }
  }

  function addDay(day: PricedDay, prices: Prices | null): void {
    const { digest } = day.judged
    const { observation, complete, coverage } = digest.day
    const places = billedTargets(placesBy(prices), bill)
    const isPriced = day.currency === bill.currency
    if (digest.date.startsWith(bill.month)) days.push({ date: digest.date, observation, complete })
    for (const [target, { payer }] of places) {
      seen.targets.add(target)
      if (!bill.payers.includes(payer)) seen.unclaimed.add(target)
    }
    if (Object.keys(placesBy(prices)).length > 0) seen.hasPlaces = true
    if (prices !== null) {
      seen.overheadFactors.add(prices.overheadFactor)
      seen.currencies.add(prices.currency)
    }
    for (const { target, observedSeconds } of coverage) {
      if (places.has(target) && digest.date.startsWith(bill.month)) seen.observedSeconds += observedSeconds
    }
    const hours = hoursIn(parseDate(digest.date), span)
    for (const edge of day.edges) {
      const place = places.get(edge.target)
      if (place !== undefined) addEdge(edge, place, isPriced, hours)
    }
    for (const { target, kind, entry, hourNano } of isPriced ? day.fixed : []) {
      const place = places.get(target)
      if (place === undefined || entry === '') continue
      const sum = sumFor(kind, place.region, '')
      for (const nano of hourNano.slice(hours.from, hours.until)) sum.estimate = (sum.estimate ?? 0n) + nano
    }
  }

  return {
    add(day, prices) {
      addDay(day, prices)
      addParts(splitting.add(day, placesBy(prices)))
    },
    end() {
      addParts(splitting.end())
      const places = [...sums.values()]
      const total = places.reduce(joinSums, emptySum('other'))
      const measured = places.filter(({ kind }) => !kind.endsWith('-hours') && kind !== 'ingress' && kind !== 'other')
      const dueDays = daysIn(bill.month)
      const known = days.filter(({ observation }) => observation === 'observed' || observation === 'partial')
      const complete = days.length === dueDays && days.every((day) => day.complete)
      const observation = joinObservations(days.map((day) => day.observation))
      const reasons = [...unattributed].map(([reason, { bytes, nano }]) => ({ reason, bytes, nano }))
      const reconciled: Omit<ReconciledBill, 'explanations'> = {
        ...headOf(bill),
        replaced,
        days: known.length,
        dueDays,
        observation: days.length < dueDays && observation === 'observed' ? 'partial' : observation,
        complete,
        billed: moneyOf(bill.lines.reduce((sum, { cost }) => sum + nanoOf(cost), 0n)),
        usage: moneyOf(total.billed),
        attributed: moneyOf(total.attributed),
        unattributed: moneyOf(total.billed - total.attributed),
        credits: costOf(bill.lines, 'credit'),
        adjustments: costOf(bill.lines, 'adjustment'),
        estimate: total.estimate === null ? null : moneyOf(total.estimate),
        meshBytes: measured.reduce((sum, { meshBytes }) => exactSum(sum, meshBytes), 0),
        billedBytes: measured.reduce((sum, { billedBytes }) => exactSum(sum, billedBytes ?? 0), 0),
        kinds: kindsOf(places),
        places: places.map(shownPlace).sort(compareMoney(({ billed }) => billed)),
        unattributedBy: reasons.map(shownReason).sort(compareMoney(({ money }) => money)),
        ...rankings.ranked(),
      }
      return { ...reconciled, explanations: explanationsOf(bill, reconciled, seen) }
    },
  }
}

type Hours = ReturnType<typeof hoursIn>

interface PlaceSum {
  kind: BilledKind
  region: string
  to: string
  meshBytes: number
  billedBytes: number | null
  billed: Nano
  attributed: Nano
  unattributedBytes: number
  estimate: Nano | null
  unpricedBytes: number
}

function emptySum(kind: BilledKind, region = '', to = ''): PlaceSum {
  const bytes = { meshBytes: 0, billedBytes: null, unattributedBytes: 0, unpricedBytes: 0 }
  return { kind, region, to, ...bytes, billed: 0n, attributed: 0n, estimate: null }
}

/** What was billed, by kind and place. */
function sumsOf(lines: readonly BillLine[]): Map<string, PlaceSum> {
  const sums = new Map<string, PlaceSum>()
  for (const line of lines) {
    if (line.category !== 'usage') continue
    const sum = sumAt(sums, line.kind, line.region, line.to)
    if (line.bytes !== null) sum.billedBytes = exactSum(sum.billedBytes ?? 0, line.bytes)
    sum.billed += nanoOf(line.cost)
  }
  return sums
}

function sumAt(sums: Map<string, PlaceSum>, kind: BilledKind, region: string, to: string): PlaceSum {
  const key = poolKey(kind, region, to)
  const sum = sums.get(key) ?? emptySum(kind, region, to)
  sums.set(key, sum)
  return sum
}

function joinSums(a: PlaceSum, b: PlaceSum): PlaceSum {
  return {
    ...a,
    meshBytes: exactSum(a.meshBytes, b.meshBytes),
    billedBytes: a.billedBytes === null ? b.billedBytes : exactSum(a.billedBytes, b.billedBytes ?? 0),
    billed: a.billed + b.billed,
    attributed: a.attributed + b.attributed,
    unattributedBytes: exactSum(a.unattributedBytes, b.unattributedBytes),
    estimate: a.estimate === null ? b.estimate : a.estimate + (b.estimate ?? 0n),
    unpricedBytes: exactSum(a.unpricedBytes, b.unpricedBytes),
  }
}

function kindsOf(places: readonly PlaceSum[]): ReconciledKind[] {
  return BILLED_KINDS.flatMap((kind) => {
    const of = places.filter((place) => place.kind === kind)
    return of.length === 0 ? [] : [shownKind(of.reduce(joinSums, emptySum(kind)))]
  })
}

function shownKind({
  kind,
  meshBytes,
  billedBytes,
  billed,
  attributed,
  estimate,
  unpricedBytes,
}: PlaceSum): ReconciledKind {
  return {
    kind,
    meshBytes,
    billedBytes,
    share: billedBytes === null || billedBytes === 0 ? null : meshBytes / billedBytes,
    billed: moneyOf(billed),
    attributed: moneyOf(attributed),
    unattributed: moneyOf(billed - attributed),
    estimate: estimate === null ? null : moneyOf(estimate),
    unpricedBytes,
  }
}

function shownPlace(sum: PlaceSum): ReconciledPlace {
  return { ...shownKind(sum), region: sum.region, to: sum.to }
}

function shownReason({ reason, bytes, nano }: { reason: string; bytes: number; nano: Nano }): Unattributed {
  return { reason, bytes, money: moneyOf(nano) }
}

/** For sort(): most money first, then by all the rest, so that the order is the same on every machine. */
function compareMoney<T>(moneyIn: (row: T) => Money): (a: T, b: T) => number {
  return (a, b) => {
    const difference = nanoOf(moneyIn(b)) - nanoOf(moneyIn(a))
    return difference === 0n ? compareText(JSON.stringify(a), JSON.stringify(b)) : difference > 0n ? 1 : -1
  }
}

function costOf(lines: readonly BillLine[], category: BillLine['category']): Money {
  return moneyOf(lines.reduce((sum, line) => (line.category === category ? sum + nanoOf(line.cost) : sum), 0n))
}

function headOf({
  month,
  provider,
  currency,
  imported,
  file,
  sha256,
  format,
  version,
  payers,
  accounts,
  rows,
  lines,
}: Bill) {
  const head = { month, provider, currency, imported, file, sha256, format, version }
  return { ...head, payers, accounts, rows, lines: lines.length }
}

function daysIn(month: string): number {
  const { from, to } = monthSpan(month)
  return (to - from) / DAY_MS
}
