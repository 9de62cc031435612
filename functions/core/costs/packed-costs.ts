/** Packed costs: a cost month, and the cost history, as the bytes of one object each, and back. Money is decimal text. */
import type { CostHistory, EntityMonth, MonthCosts } from '#core/costs/cost-history.ts'
import {
  type Cost,
  type CostDay,
  type CostLine,
  type CostMonth,
  LINE_ENDS,
  type TeamCost,
  type TrueUp,
  type Unpriced,
} from '#core/costs/cost-month.ts'
import type { Meters } from '#core/costs/meters.ts'
import { moneyOf, type Nano, nanoOf } from '#core/costs/money.ts'
import { PRICE_BASES } from '#core/costs/priced-day.ts'
import { PRICE_KINDS, TRANSFER_KINDS } from '#core/costs/prices.ts'
import { OBSERVATIONS } from '#core/observation.ts'
import { readDate } from '#core/packed-parts.ts'
import { pack, readArray, readCount, readFlag, readObject, readOneOf, readText, unpack } from '#core/packing.ts'

/** Same month, same bytes. Lines are most of it, so they are rows without names, and their texts numbers. */
export function encodeCostMonth({ schema, month, pricedBy, days, lines, joined }: CostMonth): Uint8Array {
  const texts = new Map<string, number>()
  const numberOf = (text: string) => {
    const number = texts.get(text) ?? texts.size
    texts.set(text, number)
    return number
  }
  const rows = lines.map((line) => [
    LINE_ENDS.map((name) => numberOf(line[name])),
    LINE_COUNTS.map((name) => line[name]),
    packCost(line.transfer),
    packCost(line.processing),
  ])
  return pack({ schema, month, pricedBy, joined, texts: [...texts.keys()], days: days.map(packDay), lines: rows })
}

/** The inverse of encodeCostMonth; throws one sentence that names the key for anything else. */
export function decodeCostMonth(bytes: Uint8Array, key: string): CostMonth {
  return unpack(bytes, `costs ${key}`, (value) => {
    const packed = readObject(value, 'it')
    checkSchema(packed.schema)
    const texts = readArray(packed.texts, 'texts').map((text) => readText(text, 'a text'))
    return {
      schema: 1,
      month: readMonth(packed.month),
      pricedBy: readText(packed.pricedBy, 'what it was priced by'),
      days: readArray(packed.days, 'days').map(readDay),
      lines: readArray(packed.lines, 'lines').map((row) => readLine(row, texts)),
      joined: readCount(packed.joined, 'lines that were joined'),
    }
  })
}

/** Same history, same bytes. */
export function encodeCostHistory({ schema, through, months, destinations, workloads }: CostHistory): Uint8Array {
  return pack({
    ...{ schema, through },
    months: months.map(packMonth),
    destinations: destinations.map(({ host, months: of }) => [host, of.map(packEntityMonth)]),
    workloads: workloads.map(({ target, namespace, workload, months: of }) => [
      ...[target, namespace, workload],
      of.map(packEntityMonth),
    ]),
  })
}

/** The inverse of encodeCostHistory; throws one sentence that names the key for anything else. */
export function decodeCostHistory(bytes: Uint8Array, key: string): CostHistory {
  return unpack(bytes, `cost history ${key}`, (value) => {
    const packed = readObject(value, 'it')
    checkSchema(packed.schema)
    return {
      schema: 1,
      through: readDate(packed.through),
      months: readArray(packed.months, 'months').map(readMonthCosts),
      destinations: readArray(packed.destinations, 'destinations').map((row) => {
        const [host, months] = readArray(row, 'a destination', 2)
        return { host: readText(host, 'a host'), months: readEntityMonths(months) }
      }),
      workloads: readArray(packed.workloads, 'workloads').map((row) => {
        const [target, namespace, workload, months] = readArray(row, 'a workload', 4)
        return {
          target: readText(target, 'a target'),
          namespace: readText(namespace, 'a namespace'),
          workload: readText(workload, 'a workload'),
          months: readEntityMonths(months),
        }
      }),
    }
  })
}

function checkSchema(schema: unknown): void {
  if (schema !== 1) throw new Error(`its schema is ${JSON.stringify(schema)}, not 1`)
}

const LINE_COUNTS = [
  'requests',
  'egressBytes',
  'ingressBytes',
  'estimatedBytes',
  'unpricedBytes',
] as const satisfies readonly (keyof CostLine)[]

function readLine(row: unknown, known: readonly string[]): CostLine {
  const [ends, figures, transfer, processing] = readArray(row, 'a line', 4)
  const texts = readArray(ends, 'a line’s ends', LINE_ENDS.length).map((number) =>
    readText(known[readCount(number, 'a text’s number')], 'a text'),
  )
  const counts = readArray(figures, 'a line’s figures', LINE_COUNTS.length).map((count) =>
    readCount(count, 'a line’s figure'),
  )
  const [target, namespace, workload, team, costCentre, host, provider, region, service, basis, kind, processed] = texts
  const [requests, egressBytes, ingressBytes, estimatedBytes, unpricedBytes] = counts
  return {
    ...{ target, namespace, workload, team, costCentre, host, provider, region, service },
    ...{ requests, egressBytes, ingressBytes, estimatedBytes, unpricedBytes },
    basis: readOneOf(basis, PRICE_BASES, 'a line’s basis'),
    kind: readOneOf(kind, TRANSFER_KINDS, 'a line’s kind'),
    processingKind: readOneOf(processed, ['', ...PRICE_KINDS], 'what processes a line'),
    transfer: readCost(transfer),
    processing: readCost(processing),
  }
}

function packDay(day: CostDay): unknown[] {
  return [
    ...[day.date, day.observation, day.provisional, day.complete, day.currency],
    PRICE_KINDS.map((kind) => packCost(day.byKind[kind])),
    PRICE_BASES.map((basis) => packCost(day.byBasis[basis])),
    day.byTeam.map(packTeam),
    day.hours.map(moneyOf),
    day.estimatedBytes,
    day.unpriced.map(packUnpriced),
    day.freeBytes,
    Object.entries(day.meters),
  ]
}

function readDay(row: unknown): CostDay {
  const [date, observation, provisional, complete, currency, kinds, bases, teams, hours, estimated, unpriced, ...rest] =
    readArray(row, 'a day', 13)
  const [free, meters] = rest
  return {
    date: readDate(date),
    observation: readOneOf(observation, OBSERVATIONS, 'a day’s observation'),
    provisional: readFlag(provisional, 'whether a day is provisional'),
    complete: readFlag(complete, 'a day’s completeness'),
    currency: readText(currency, 'a currency'),
    byKind: readCosts(kinds, PRICE_KINDS),
    byBasis: readCosts(bases, PRICE_BASES),
    byTeam: readArray(teams, 'teams').map(readTeam),
    hours: readArray(hours, 'hours', 24).map(readNano),
    estimatedBytes: readCount(estimated, 'estimated bytes'),
    unpriced: readArray(unpriced, 'what has no price').map(readUnpriced),
    freeBytes: readCount(free, 'free bytes'),
    meters: readMeters(meters),
  }
}

function readMeters(entries: unknown): Meters {
  return Object.fromEntries(
    readArray(entries, 'meters').map((entry) => {
      const [pool, bytes] = readArray(entry, 'a meter', 2)
      return [readText(pool, 'a pool'), readCount(bytes, 'a pool’s bytes')]
    }),
  )
}

function packMonth(month: MonthCosts): unknown[] {
  return [
    ...[month.month, month.pricedBy, month.days, month.observation, month.complete, month.currency],
    PRICE_KINDS.map((kind) => packCost(month.byKind[kind])),
    PRICE_BASES.map((basis) => packCost(month.byBasis[basis])),
    month.byTeam.map(packTeam),
    ...[month.estimatedBytes, month.freeBytes],
    month.unpriced.map(packUnpriced),
    month.trueUp === null ? null : packTrueUp(month.trueUp),
  ]
}

function readMonthCosts(row: unknown): MonthCosts {
  const [month, pricedBy, days, observation, complete, currency, kinds, bases, teams, estimated, free, unpriced, last] =
    readArray(row, 'a month', 13)
  return {
    month: readMonth(month),
    pricedBy: readText(pricedBy, 'what a month was priced by'),
    days: readCount(days, 'a month’s days'),
    observation: readOneOf(observation, OBSERVATIONS, 'a month’s observation'),
    complete: readFlag(complete, 'a month’s completeness'),
    currency: readText(currency, 'a currency'),
    byKind: readCosts(kinds, PRICE_KINDS),
    byBasis: readCosts(bases, PRICE_BASES),
    byTeam: readArray(teams, 'teams').map(readTeam),
    estimatedBytes: readCount(estimated, 'estimated bytes'),
    freeBytes: readCount(free, 'free bytes'),
    unpriced: readArray(unpriced, 'what has no price').map(readUnpriced),
    trueUp: last === null ? null : readTrueUp(last),
  }
}

function packTrueUp({ on, prices, nano, byKind, byTeam }: TrueUp): unknown[] {
  const kinds = PRICE_KINDS.map((kind) => moneyOf(byKind[kind]))
  return [on, prices, moneyOf(nano), kinds, byTeam.map((team) => [team.team, moneyOf(team.nano)])]
}

function readTrueUp(row: unknown): TrueUp {
  const [on, prices, nano, kinds, teams] = readArray(row, 'a true-up', 5)
  const byKind = readArray(kinds, 'a true-up’s kinds', PRICE_KINDS.length).map(readNano)
  return {
    on: readDate(on),
    prices: readText(prices, 'a true-up’s prices'),
    nano: readNano(nano),
    byKind: Object.fromEntries(PRICE_KINDS.map((kind, at) => [kind, byKind[at]])) as TrueUp['byKind'],
    byTeam: readArray(teams, 'a true-up’s teams').map((entry) => {
      const [team, of] = readArray(entry, 'a team', 2)
      return { team: readText(team, 'a team'), nano: readNano(of) }
    }),
  }
}

function packEntityMonth({ month, egressBytes, ingressBytes, nano, unpricedBytes, isPart }: EntityMonth): unknown[] {
  return [month, egressBytes, ingressBytes, moneyOf(nano), unpricedBytes, isPart]
}

function readEntityMonths(rows: unknown): EntityMonth[] {
  return readArray(rows, 'months').map((row) => {
    const [month, egressBytes, ingressBytes, nano, unpricedBytes, isPart] = readArray(row, 'a month', 6)
    return {
      month: readMonth(month),
      egressBytes: readCount(egressBytes, 'egress bytes'),
      ingressBytes: readCount(ingressBytes, 'ingress bytes'),
      nano: readNano(nano),
      unpricedBytes: readCount(unpricedBytes, 'bytes without a price'),
      isPart: readFlag(isPart, 'whether it is a part'),
    }
  })
}

/** A cost, or 0 where there is none. */
function packCost({ bytes, nano }: Cost): unknown {
  return bytes === 0 && nano === 0n ? 0 : [bytes, moneyOf(nano)]
}

function readCost(value: unknown): Cost {
  if (value === 0) return { bytes: 0, nano: 0n }
  const [bytes, nano] = readArray(value, 'a cost', 2)
  return { bytes: readCount(bytes, 'bytes'), nano: readNano(nano) }
}

function readCosts<Name extends string>(values: unknown, names: readonly Name[]): Record<Name, Cost> {
  const costs = readArray(values, 'costs', names.length).map(readCost)
  return Object.fromEntries(names.map((name, at) => [name, costs[at]])) as Record<Name, Cost>
}

function packTeam({ team, costCentre, bytes, nano, unpricedBytes }: TeamCost): unknown[] {
  return [team, costCentre, bytes, moneyOf(nano), unpricedBytes]
}

function readTeam(row: unknown): TeamCost {
  const [team, costCentre, bytes, nano, unpricedBytes] = readArray(row, 'a team', 5)
  return {
    team: readText(team, 'a team'),
    costCentre: readText(costCentre, 'a cost centre'),
    bytes: readCount(bytes, 'bytes'),
    nano: readNano(nano),
    unpricedBytes: readCount(unpricedBytes, 'bytes without a price'),
  }
}

function packUnpriced({ missing, kind, bytes }: Unpriced): unknown[] {
  return [missing, kind, bytes]
}

function readUnpriced(row: unknown): Unpriced {
  const [missing, kind, bytes] = readArray(row, 'what has no price', 3)
  return {
    missing: readText(missing, 'why it has no price'),
    kind: readOneOf(kind, PRICE_KINDS, 'a kind of price'),
    bytes: readCount(bytes, 'bytes'),
  }
}

function readNano(value: unknown): Nano {
  return nanoOf(readText(value, 'an amount'))
}

function readMonth(value: unknown): string {
  const month = readText(value, 'a month')
  readDate(`${month}-01`)
  return month
}
