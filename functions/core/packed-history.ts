/** Packed history: the history as the bytes of one object, and back. */
import { DESTINATION_CLASSES, PROTOCOLS } from '#core/flow.ts'
import {
  type DestinationHistory,
  type EntityHistory,
  type History,
  monthSummary,
  type PairHistory,
  type PeriodTotals,
  type Seen,
  type WorkloadHistory,
} from '#core/history.ts'
import { OBSERVATIONS } from '#core/observation.ts'
import { packSeen, packTotals, readCounts, readDate, readTotals } from '#core/packed-parts.ts'
import { pack, readArray, readCount, readFlag, readObject, readOneOf, readText, unpack } from '#core/packing.ts'
import type { ByClass, DaySummary } from '#core/report.ts'

/** Same history, same bytes. There are many more totals than names, so rows have no names, and months are not kept. */
export function encodeHistory(history: History): Uint8Array {
  const { schema, through, days, destinations, workloads, pairs } = history
  return pack({
    schema,
    through,
    forgotten: [history.forgotten, history.forgottenWorkloads, history.forgottenPairs],
    days: days.map((day) => [
      day.date,
      day.provisional,
      day.observation,
      day.complete,
      packByClass(day.byClass),
      day.destinations,
      day.sources,
    ]),
    destinations: destinations.map((each) => [each.host, packEntity(each), each.targets, each.protocols, each.ports]),
    workloads: workloads.map((each) => [each.target, each.namespace, each.workload, packEntity(each), each.versions]),
    pairs: pairs.map((each) => [
      each.target,
      each.namespace,
      each.workload,
      each.host,
      packSeen(each),
      each.destinationClass,
      packByClass(each.byClass),
    ]),
  })
}

/** The inverse of encodeHistory; throws one sentence that names the key for anything else. */
export function decodeHistory(bytes: Uint8Array, key: string): History {
  return unpack(bytes, `history ${key}`, (value) => {
    const packed = readObject(value, 'it')
    if (packed.schema !== 1) throw new Error(`its schema is ${JSON.stringify(packed.schema)}, not 1`)
    const days = readArray(packed.days, 'days').map(readDay)
    const through = readText(packed.through, 'its last day')
    if (through !== (days.at(-1)?.date ?? '')) throw new Error('its last day is not the last of its days')
    const [forgotten, forgottenWorkloads, forgottenPairs] = readCounts(packed.forgotten, 'what is forgotten', 3)
    return {
      schema: 1,
      through,
      days,
      months: [...Map.groupBy(days, ({ date }) => date.slice(0, 7)).values()].map(monthSummary),
      destinations: readArray(packed.destinations, 'destinations').map(readDestination),
      workloads: readArray(packed.workloads, 'workloads').map(readWorkload),
      pairs: readArray(packed.pairs, 'pairs').map(readPair),
      forgotten,
      forgottenWorkloads,
      forgottenPairs,
    }
  })
}

/** Of each class its totals without their names, or 0 where all are. */
function packByClass(byClass: ByClass): (number[] | 0)[] {
  return DESTINATION_CLASSES.map((name) => packTotals(byClass[name]))
}

function packEntity(entity: EntityHistory): unknown[] {
  const periods = (of: PeriodTotals[]) => of.map(({ period, byClass }) => [period, packByClass(byClass)])
  const classes = entity.classes.map((span) => [span.destinationClass, packSeen(span)])
  return [packSeen(entity), periods(entity.recent), periods(entity.months), classes]
}

function readDay(row: unknown): DaySummary {
  const [date, provisional, observation, complete, byClass, destinations, sources] = readArray(row, 'a day', 7)
  return {
    date: readDate(date),
    provisional: readFlag(provisional, 'whether a day is provisional'),
    observation: readOneOf(observation, OBSERVATIONS, 'a day’s observation'),
    complete: readFlag(complete, 'a day’s completeness'),
    byClass: readByClass(byClass),
    destinations: readCount(destinations, 'a day’s destinations'),
    sources: readCount(sources, 'a day’s sources'),
  }
}

function readDestination(row: unknown): DestinationHistory {
  const [host, entity, targets, protocols, ports] = readArray(row, 'a destination', 5)
  return {
    host: readText(host, 'a host'),
    ...readEntity(entity),
    targets: readTexts(targets, 'a destination’s targets'),
    protocols: readArray(protocols, 'protocols').map((name) => readOneOf(name, PROTOCOLS, 'a protocol')),
    ports: readCounts(ports, 'a destination’s ports'),
  }
}

function readWorkload(row: unknown): WorkloadHistory {
  const [target, namespace, workload, entity, versions] = readArray(row, 'a workload', 5)
  return {
    target: readText(target, 'a target'),
    namespace: readText(namespace, 'a namespace'),
    workload: readText(workload, 'a workload'),
    ...readEntity(entity),
    versions: readTexts(versions, 'a workload’s versions'),
  }
}

function readPair(row: unknown): PairHistory {
  const [target, namespace, workload, host, seen, destinationClass, byClass] = readArray(row, 'a pair', 7)
  return {
    target: readText(target, 'a target'),
    namespace: readText(namespace, 'a namespace'),
    workload: readText(workload, 'a workload'),
    host: readText(host, 'a host'),
    ...readSeen(seen),
    destinationClass: readOneOf(destinationClass, DESTINATION_CLASSES, 'a pair’s class'),
    byClass: readByClass(byClass),
  }
}

function readEntity(row: unknown): EntityHistory {
  const [seen, recent, months, classes] = readArray(row, 'a history', 4)
  const readPeriods = (periods: unknown) =>
    readArray(periods, 'periods').map((each): PeriodTotals => {
      const [period, byClass] = readArray(each, 'a period', 2)
      return { period: readText(period, 'a period'), byClass: readByClass(byClass) }
    })
  return {
    ...readSeen(seen),
    recent: readPeriods(recent),
    months: readPeriods(months),
    classes: readArray(classes, 'classes').map((span) => {
      const [destinationClass, ofClass] = readArray(span, 'a span', 2)
      return { destinationClass: readOneOf(destinationClass, DESTINATION_CLASSES, 'a class'), ...readSeen(ofClass) }
    }),
  }
}

function readSeen(row: unknown): Seen {
  const [first, last, days] = readArray(row, 'when it was seen', 3)
  return { first: readDate(first), last: readDate(last), days: readCount(days, 'days seen') }
}

function readByClass(row: unknown): ByClass {
  const [registered, passthrough, blocked] = readArray(row, 'totals', DESTINATION_CLASSES.length).map(readTotals)
  return { registered, passthrough, blocked }
}

function readTexts(values: unknown, what: string): string[] {
  return readArray(values, what).map((value) => readText(value, what))
}
