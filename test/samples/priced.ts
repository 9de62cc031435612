/** Sample traffic with its prices, and periods of it: sums agree, so that pages can be held to what they are made of. */
import type {
  CostFigures,
  KindCostRow,
  PairCostRow,
  PeriodCost,
  PeriodCosts,
  Ranking,
} from '#core/costs/cost-figures.ts'
import { type Money, moneyOf, nanoOf } from '#core/costs/money.ts'
import type { PriceBasis } from '#core/costs/priced-day.ts'
import type { TransferKind } from '#core/costs/prices.ts'
import type { Caller } from '#core/pair.ts'
import type { Observation } from '#core/report.ts'
import { DAY_WITH_GAPS, DAY_WITHOUT_DATA, LAST_DAY, SCRIPT_HOST } from '../report-sample.ts'

export const GIB = 2 ** 30
export const USD = 'USD'

export interface Sent {
  source: [target: string, namespace: string, workload: string]
  team: [name: string, costCentre: string]
  host: string
  place: [provider: string, region: string, service: string]
  kind: TransferKind
  basis: PriceBasis
  perGib: string // USD; '' for no price
  gib: number // a month, to date
  back: number // GiB that come back
}

export const EU = 'prod-eu'
export const US = 'prod-us'
const AWS_EU: Sent['place'] = ['aws', 'eu-central-1', 's3']
export const SENT: Sent[] = [
  {
    source: [EU, 'media', 'image-resizer'],
    team: ['media', 'CC-2040'],
    host: 's3.eu-central-1.amazonaws.com',
    place: AWS_EU,
    kind: 'cross-region',
    basis: 'hostname',
    perGib: '0.02',
    gib: 4180,
    back: 310,
  },
  {
    source: [US, 'search', 'indexer'],
    team: ['search', 'CC-1077'],
    host: 'bulk.search-cluster.example.net',
    place: ['', '', ''],
    kind: 'internet',
    basis: 'assumed',
    perGib: '0.09',
    gib: 610,
    back: 41,
  },
  {
    source: [EU, 'shop', 'checkout'],
    team: ['payments', 'CC-1042'],
    host: 'api.stripe.com',
    place: ['aws', 'us-east-1', ''],
    kind: 'cross-region',
    basis: 'declared',
    perGib: '0.02',
    gib: 19.5,
    back: 31,
  },
  {
    source: [EU, 'shop', 'catalogue'],
    team: ['shop', ''],
    host: 'cdn-origin.example.com',
    place: ['', '', ''],
    kind: 'internet',
    basis: 'rule',
    perGib: '0.09',
    gib: 55.25,
    back: 389,
  },
  {
    source: [US, 'platform', 'otel-collector'],
    team: ['platform', 'CC-1001'],
    host: 'telemetry-ingest.production.eu-central-1.observability.customer-4711.a-vendor-with-a-long-name.example.com',
    place: ['gcp', 'europe-west3', ''],
    kind: 'internet',
    basis: 'declared',
    perGib: '',
    gib: 940,
    back: 3,
  },
  {
    source: [US, 'legacy', 'nightly-batch-reconciliation-with-warehouse-v2'],
    team: ['', ''],
    host: '',
    place: ['', '', ''],
    kind: 'internet',
    basis: 'assumed',
    perGib: '0.09',
    gib: 88.125,
    back: 12,
  },
  {
    source: [US, 'legacy', 'nightly-batch-reconciliation-with-warehouse-v2'],
    team: ['', ''],
    host: SCRIPT_HOST,
    place: ['', '', ''],
    kind: 'internet',
    basis: 'assumed',
    perGib: '0.09',
    gib: 0.00004,
    back: 0,
  },
  {
    source: [US, 'labs', 'notebook'],
    team: ['', ''],
    host: 'huggingface.co',
    place: ['', '', ''],
    kind: 'internet',
    basis: 'assumed',
    perGib: '0',
    gib: 1.5,
    back: 720,
  },
]

export const sum = (amounts: readonly (Money | null)[]) =>
  moneyOf(amounts.reduce((all, amount) => all + nanoOf(amount ?? '0'), 0n))
export const scaled = (perGib: string, gib: number) =>
  moneyOf((nanoOf(perGib) * BigInt(Math.round(gib * 1e6))) / 1_000_000n)
const NAT_PER_GIB = '0.045'

/** What some of them cost over a part of the month: with the NAT gateway's processing of all that leaves prod-eu. */
export function figuresOf(
  { perGib, gib, back, source }: Sent,
  part: number,
): CostFigures & { transfer: Money; processing: Money } {
  const transfer = perGib === '' ? '0' : scaled(perGib, gib * part)
  const processing = source[0] === EU ? scaled(NAT_PER_GIB, (gib + back) * part) : '0'
  const isUnpriced = perGib === ''
  return {
    money: isUnpriced ? null : sum([transfer, processing]),
    egressBytes: Math.round(gib * part * GIB),
    ingressBytes: Math.round(back * part * GIB),
    unpricedBytes: isUnpriced ? Math.round(gib * part * GIB) : 0,
    transfer,
    processing,
  }
}

export const withoutParts = ({ money, egressBytes, ingressBytes, unpricedBytes }: CostFigures): CostFigures => ({
  money,
  egressBytes,
  ingressBytes,
  unpricedBytes,
})

export function together(some: readonly CostFigures[]): CostFigures {
  const add = (name: 'egressBytes' | 'ingressBytes' | 'unpricedBytes') => some.reduce((all, one) => all + one[name], 0)
  return {
    money: some.every(({ money }) => money === null) ? null : sum(some.map(({ money }) => money)),
    egressBytes: add('egressBytes'),
    ingressBytes: add('ingressBytes'),
    unpricedBytes: add('unpricedBytes'),
  }
}

export function ranked<Row extends CostFigures>(rows: readonly Row[], atMost = 6): Ranking<Row> {
  const sorted = rows.toSorted((a, b) => Number(b.money ?? 0) - Number(a.money ?? 0) || b.egressBytes - a.egressBytes)
  const others = sorted.slice(atMost)
  return {
    rows: sorted.slice(0, atMost),
    others: others.length === 0 ? null : { ...together(others), count: others.length },
  }
}

export const callerOf = ({ source: [target, namespace, workload] }: Sent): Caller => ({ target, namespace, workload })

export function pairOf(sent: Sent, part: number): PairCostRow {
  const { team, host, place, kind, basis } = sent
  return {
    ...withoutParts(figuresOf(sent, part)),
    ...callerOf(sent),
    team: team[0],
    costCentre: team[1],
    host,
    provider: place[0],
    region: place[1],
    kinds: [kind],
    bases: [basis],
  }
}

export function grouped<Row extends object>(
  some: readonly Sent[],
  part: number,
  keyOf: (sent: Sent) => string,
  rowOf: (of: Sent[]) => Row,
): (Row & CostFigures)[] {
  return [...Map.groupBy(some, keyOf).values()].map((of) => ({
    ...rowOf(of),
    ...together(of.map((sent) => withoutParts(figuresOf(sent, part)))),
  }))
}

/** A period of so many hours that had a part of the month's traffic. */
export function periodCosts(
  period: string,
  part: number,
  hours: number,
  observation: Observation,
  provisional = false,
): PeriodCosts {
  const dark = observation === 'none' || observation === 'pending'
  // Payments began to send in November.
  const sent = dark ? [] : SENT.filter(({ team }) => team[0] !== 'payments' || period >= '2026-11')
  const shared = observation === 'pending' ? '0' : moneyOf(nanoOf(NAT_PER_GIB) * BigInt(hours) * 3n)
  const each = sent.map((one) => ({ one, ...figuresOf(one, part) }))
  const byKind: KindCostRow[] = (['internet', 'cross-region'] as const).flatMap((kind) => {
    const of = each.filter(({ one }) => one.kind === kind && one.perGib !== '')
    return of.length === 0
      ? []
      : [
          {
            kind,
            bytes: of.reduce((all, { egressBytes }) => all + egressBytes, 0),
            money: sum(of.map(({ transfer }) => transfer)),
          },
        ]
  })
  const processed = each.filter(({ one }) => one.source[0] === EU)
  if (processed.length > 0)
    byKind.push({
      kind: 'nat-processing',
      bytes: processed.reduce((all, { egressBytes, ingressBytes }) => all + egressBytes + ingressBytes, 0),
      money: sum(processed.map(({ processing }) => processing)),
    })
  byKind.push({ kind: 'nat-hours', bytes: 0, money: shared })
  const unpricedBytes = each.reduce((all, one) => all + one.unpricedBytes, 0)
  const bytes = each.reduce((all, { egressBytes }) => all + egressBytes, 0) - unpricedBytes
  const complete = observation === 'observed'
  const bases = ['declared', 'rule', 'hostname', 'assumed'] as const
  return {
    period,
    observation,
    provisional,
    complete,
    currency: USD,
    money: observation === 'pending' ? null : sum([...byKind.map(({ money }) => money)]),
    isLowerBound: !complete || unpricedBytes > 0,
    shared: observation === 'pending' ? null : shared,
    byKind,
    bytes,
    unpricedBytes,
    byTeam: grouped(
      sent,
      part,
      ({ team }) => team[0],
      ([{ team }]) => ({ team: team[0], costCentre: team[1] }),
    ).sort((a, b) => Number(a.team === '') - Number(b.team === '') || Number(b.money) - Number(a.money)),
    byBasis: bases.flatMap((basis) => {
      const of = each.filter(({ one }) => one.basis === basis && one.perGib !== '')
      return of.length === 0
        ? []
        : [
            {
              basis,
              bytes: of.reduce((all, { egressBytes }) => all + egressBytes, 0),
              money: sum(of.map(({ transfer }) => transfer)),
            },
          ]
    }),
    estimatedBytes: Math.round((bytes + unpricedBytes) * 0.93),
    freeBytes: Math.round(bytes * 0.02),
    unpriced:
      unpricedBytes === 0
        ? []
        : [
            {
              missing:
                'No price book has internet of aws from us-west-2 to europe: add an entry with kind internet, region us-west-2.',
              kind: 'internet',
              bytes: unpricedBytes,
            },
          ],
    destinations: ranked(
      grouped(
        sent,
        part,
        ({ host }) => host,
        (of) => ({
          host: of[0].host,
          provider: of[0].place[0],
          region: of[0].place[1],
          service: of[0].place[2],
          kinds: [of[0].kind],
          bases: [of[0].basis],
          workloads: of.length,
        }),
      ),
    ),
    workloads: ranked(
      grouped(
        sent,
        part,
        ({ source }) => source.join('\0'),
        (of) => ({ ...callerOf(of[0]), team: of[0].team[0], costCentre: of[0].team[1], destinations: of.length }),
      ),
    ),
    pairs: ranked(sent.map((one) => pairOf(one, part))),
  }
}

export function dayOf(date: string): PeriodCosts {
  const observation: Observation = date === DAY_WITHOUT_DATA ? 'none' : date === DAY_WITH_GAPS ? 'partial' : 'observed'
  const weekend = [0, 6].includes(new Date(date).getUTCDay())
  return periodCosts(date, (weekend ? 0.6 : 1.1) / 20, 24, observation, date === LAST_DAY)
}

export const shortOf = ({
  byTeam: _,
  byBasis,
  estimatedBytes,
  freeBytes,
  unpriced,
  destinations,
  workloads,
  pairs,
  ...short
}: PeriodCosts): PeriodCost => short

export const OCTOBER = periodCosts('2026-10', 0.7, 360, 'partial')
export const NOVEMBER = periodCosts('2026-11', 1, 470, 'partial', true)
