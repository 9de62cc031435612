/** Sample reports of money: five weeks of two meshes by what they cost, whose it was, and how budgets stand. */
import type { BudgetStanding } from '#core/costs/budget-standing.ts'
import type { CostFigures } from '#core/costs/cost-figures.ts'
import type { Money } from '#core/costs/money.ts'
import type { CostsOn } from '#core/declarations.ts'
import type { Caller } from '#core/pair.ts'
import type { Observation } from '#core/report.ts'
import type {
  DayCosts,
  DestinationCostsSection,
  EntityMonthCost,
  MonthCostsSection,
  WorkloadCostsSection,
} from '#core/reports/cost-sections.ts'
import type { CostsReport } from '#core/reports/costs.ts'
import type { ShowbackReport } from '#core/reports/showback.ts'
import { HOUR_MS, isoInstant, parseDate } from '#core/time.ts'
import { DAY_WITH_GAPS, DAY_WITHOUT_DATA, LAST_DAY, sampleDates, sampleDownload } from '../report-sample.ts'
import {
  callerOf,
  dayOf,
  EU,
  figuresOf,
  GIB,
  grouped,
  NOVEMBER,
  OCTOBER,
  pairOf,
  periodCosts,
  ranked,
  SENT,
  type Sent,
  scaled,
  shortOf,
  sum,
  together,
  US,
  USD,
  withoutParts,
} from './priced.ts'

const DECLARED: CostsOn = {
  prices: { from: '2026-10-17', recorded: '2026-10-17T08:11:02Z', sha256: 'a7'.repeat(32), isLater: false },
  owners: { from: '2026-10-20', recorded: '2026-10-20T13:40:51Z', sha256: '3d'.repeat(32), isLater: true },
  budgets: null,
}

export const NOTHING_PRICED: CostsOn = { prices: null, owners: null, budgets: null }

export const BUDGETS: BudgetStanding[] = [
  {
    team: 'search',
    month: '2026-11',
    currency: USD,
    monthly: '40',
    used: '54.9',
    share: 1.3725,
    isLowerBound: true,
    forecast: '82.350000001',
    low: '70.1',
    high: '91.25',
    runsOut: '2026-11-14',
    state: 'exceeded',
  },
  {
    team: 'media',
    month: '2026-11',
    currency: USD,
    monthly: '400',
    used: '285.65',
    share: 0.714125,
    isLowerBound: true,
    forecast: '428.475',
    low: '388',
    high: '451.2',
    runsOut: '2026-11-28',
    state: 'over',
  },
  {
    team: '',
    month: '2026-11',
    currency: USD,
    monthly: '700',
    used: '449.15',
    share: 0.641643,
    isLowerBound: true,
    forecast: '671.5',
    low: '610',
    high: '720',
    runsOut: '',
    state: 'at-risk',
  },
  {
    team: 'shop',
    month: '2026-11',
    currency: USD,
    monthly: '25',
    used: '24.96',
    share: 0.9984,
    isLowerBound: true,
    forecast: null,
    low: null,
    high: null,
    runsOut: '',
    state: 'unknown',
  },
  {
    team: 'payments',
    month: '2026-11',
    currency: USD,
    monthly: '50',
    used: '2.6625',
    share: 0.05325,
    isLowerBound: true,
    forecast: '3.99',
    low: '3.2',
    high: '4.5',
    runsOut: '',
    state: 'on-track',
  },
]

export function sampleCosts(): CostsReport {
  return {
    schema: 1,
    page: 'costs',
    title: 'Egress',
    downloads: [sampleDownload('pairs.csv', 'The month by workload and destination', SENT.length)],
    through: LAST_DAY,
    declared: DECLARED,
    currency: USD,
    overheadFactor: '1.03',
    month: { ...NOVEMBER, days: 20, openDays: 1 },
    forecast: {
      money: '671.504312045',
      low: '610',
      high: '720.25',
      shared: '33.75',
      days: 26,
      rest: 11,
      by: 'weekday',
      method:
        'What the month cost so far, and for each of its 11 other days the mean of its weekday among the last 26 complete days, at what those days were priced.',
    },
    months: [
      {
        ...shortOf(OCTOBER),
        trueUp: {
          on: '2026-11-05',
          money: '-3.250000001',
          byKind: [{ kind: 'internet', money: '-3.250000001' }],
          byTeam: [{ team: 'search', money: '-3.250000001' }],
        },
        total: sum([OCTOBER.money, '-3.250000001']),
      },
      { ...shortOf(NOVEMBER), trueUp: null, total: NOVEMBER.money },
    ],
    days: sampleDates().map((date) => shortOf(dayOf(date))),
    books: [
      {
        book: 'aws',
        providers: ['aws'],
        entries: 168,
        oldest: '2026-05-01',
        newest: '2026-05-01',
        ageDays: 203,
        isOld: false,
      },
      {
        book: './contract.csv',
        providers: ['aws', 'gcp'],
        entries: 12,
        oldest: '2025-09-30',
        newest: '2026-02-14',
        ageDays: 416,
        isOld: true,
      },
    ],
    budgets: BUDGETS,
    savings: { currency: USD, yearly: '4132.433883333', sure: 1, count: 3 },
    bill: { month: '2026-10', provider: 'aws', currency: USD, usage: '402.11', attributed: '361.5', share: 0.899 },
  }
}

/** The same before any prices were declared. */
export function sampleUnpriced(): CostsReport {
  return {
    ...sampleCosts(),
    declared: NOTHING_PRICED,
    currency: '',
    overheadFactor: '',
    month: null,
    forecast: null,
    months: [],
    days: [],
    books: [],
    budgets: [],
    savings: null,
    bill: null,
  }
}

export function sampleShowback(): ShowbackReport {
  const { byTeam } = NOVEMBER
  const cellOf = ({ money, egressBytes, unpricedBytes }: CostFigures, trueUp: Money | null) => ({
    money,
    bytes: egressBytes - unpricedBytes,
    unpricedBytes,
    trueUp,
  })
  return {
    schema: 1,
    page: 'showback',
    title: 'Egress',
    downloads: [sampleDownload('teams.csv', 'Teams by month', byTeam.length)],
    through: LAST_DAY,
    declared: DECLARED,
    currency: USD,
    months: [
      { ...shortOf(OCTOBER), trueUp: '-3.250000001', sharedTrueUp: '0', total: sum([OCTOBER.money, '-3.250000001']) },
      { ...shortOf(NOVEMBER), trueUp: null, sharedTrueUp: null, total: NOVEMBER.money },
    ],
    teams: byTeam.map(({ team, costCentre }) => ({
      team,
      costCentre,
      cells: [
        team === 'payments'
          ? null
          : cellOf(OCTOBER.byTeam.find((one) => one.team === team)!, team === 'search' ? '-3.250000001' : '0'),
        cellOf(byTeam.find((one) => one.team === team)!, null),
      ],
    })),
    details: byTeam.map((row) => {
      const of = SENT.filter(({ team }) => team[0] === row.team)
      return {
        ...row,
        destinations: ranked(
          grouped(
            of,
            1,
            ({ host }) => host,
            (some) => ({
              host: some[0].host,
              provider: some[0].place[0],
              region: some[0].place[1],
              service: some[0].place[2],
              kinds: [some[0].kind],
              bases: [some[0].basis],
              workloads: some.length,
            }),
          ),
        ),
        workloads: ranked(
          grouped(
            of,
            1,
            ({ source }) => source.join('\0'),
            (some) => ({ ...callerOf(some[0]), team: row.team, costCentre: row.costCentre, destinations: some.length }),
          ),
        ),
      }
    }),
    budgets: BUDGETS,
  }
}

export function sampleDayCosts(date: string): DayCosts {
  const day = dayOf(date)
  const start = parseDate(date)
  return {
    ...day,
    declared: DECLARED,
    hours: Array.from({ length: 24 }, (_, hour) => {
      const observation: Observation =
        date === DAY_WITHOUT_DATA || (date === DAY_WITH_GAPS && hour === 3)
          ? 'none'
          : date === LAST_DAY && hour > 13
            ? 'pending'
            : 'observed'
      const { byKind, money, unpricedBytes } = periodCosts(date, 1 / 480, 1, observation)
      return { start: isoInstant(start + hour * HOUR_MS), observation, money, unpricedBytes, byKind }
    }),
    fixed: [
      { target: EU, kind: 'nat-hours', service: '', quantity: 72, money: '3.24', missing: '' },
      {
        target: US,
        kind: 'endpoint-hours',
        service: 'ecr',
        quantity: 48,
        money: null,
        missing: 'No price book has endpoint-hours of aws in us-west-2.',
      },
    ],
  }
}

export function sampleMonthCosts(month: string): MonthCostsSection {
  const costs = month === '2026-11' ? NOVEMBER : OCTOBER
  const isClosed = month !== '2026-11'
  const trueUp = isClosed ? sampleCosts().months[0].trueUp : null
  return {
    ...costs,
    days: sampleDates()
      .filter((date) => date.startsWith(month))
      .map((date) => shortOf(dayOf(date))),
    trueUp,
    total: sum([costs.money, trueUp?.money ?? '0']),
    joined: isClosed ? 12 : 0,
  }
}

const monthOf = (of: Sent[], month: string, part: number): EntityMonthCost => {
  return {
    month,
    observation: 'partial',
    complete: false,
    currency: USD,
    isLowerBound: true,
    ...together(of.map((sent) => withoutParts(figuresOf(sent, part)))),
  }
}

export function sampleDestinationCosts(host: string): DestinationCostsSection {
  const of = SENT.filter((sent) => sent.host === host)
  return {
    on: '2026-11-19',
    months: [monthOf(of, '2026-10', 0.7), monthOf(of, '2026-11', 1)],
    byKind: of.map(({ kind, perGib, gib }) => ({
      kind,
      bytes: Math.round(gib * GIB),
      money: scaled(perGib || '0', gib),
    })),
    unpriced: [],
    destined: of.map(({ kind, basis, place, source, gib }) => ({
      kind,
      basis,
      provider: place[0],
      region: place[1],
      service: place[2],
      area: '',
      endpoint: '',
      nat: source[0] === EU,
      reason:
        'Nothing tells where it is: no entry of the register, no rule, and its name proves nothing; so the internet is assumed.',
      targets: [source[0]],
      bytes: Math.round((gib / 20) * GIB),
    })),
    workloads: ranked(of.map((sent) => pairOf(sent, 1))),
  }
}

export function sampleWorkloadCosts({ target, namespace, workload }: Caller): WorkloadCostsSection {
  const of = SENT.filter(({ source }) => source.join('\0') === [target, namespace, workload].join('\0'))
  return {
    on: '2026-11-19',
    months: [monthOf(of, '2026-10', 0.7), monthOf(of, '2026-11', 1)],
    byKind: [
      {
        kind: 'internet',
        bytes: Math.round(of.reduce((all, { gib }) => all + gib, 0) * GIB),
        money: sum(of.map(({ perGib, gib }) => scaled(perGib || '0', gib))),
      },
    ],
    unpriced: [],
    destinations: ranked(of.map((sent) => pairOf(sent, 1))),
    team: of[0]?.team[0] ?? '',
    costCentre: of[0]?.team[1] ?? '',
  }
}
