/**
 * Digests: all that pages need of one UTC day, over all targets, made once from its rollups. Pages of a day, and those that
 * look back over many, are made from digests and never read a rollup again. Derived; safe to lose.
 */
import { EDGE_ENDS, type Edge, type EdgeEnds, edgesOf, FAILURE_NAMES, type Failures } from '#core/edge.ts'
import { DESTINATION_CLASSES, PROTOCOLS } from '#core/flow.ts'
import type { HourRecord } from '#core/hour-record.ts'
import { compareText } from '#core/order.ts'
import { pack, readArray, readCount, readFlag, readObject, readOneOf, readText, unpack } from '#core/packing.ts'
import type { DayReport, Totals } from '#core/report.ts'
import type { RollupLink } from '#core/reports/downloads.ts'
import type { ChainLink } from '#core/rollup.ts'
import { parseDate } from '#core/time.ts'
import { TOTAL_NAMES } from '#core/totals.ts'

export type { Edge, EdgeEnds, EdgeResponse, Failures } from '#core/edge.ts'

export interface DayDigest {
  schema: 2
  date: string // YYYY-MM-DD, UTC
  day: DayReport // as of the day alone: previous and next are null, downloads are those that hold no links
  edges: Edge[] // in the order of their keys
  rollups: DayRollup[] // that it was made from, by target, then by hour
}

/** A rollup by its place in its target's chain. */
export type DayRollup = RollupLink & { target: string }

/** The digest of a day, from its report and the records and rollups that was made from. */
export function digestOf(
  date: string,
  report: DayReport,
  records: readonly HourRecord[],
  rollups: readonly DayRollup[] = [],
): DayDigest {
  const ordered = rollups.toSorted((a, b) => compareText(a.target, b.target) || compareText(a.hour, b.hour))
  const day = { ...report, previous: null, next: null }
  return { schema: 2, date, day, edges: edgesOf(records), rollups: ordered }
}

/** Same digest, same bytes. Edges are most of them, so they are rows without names, and their texts numbers. */
export function encodeDigest({ schema, date, day, edges, rollups }: DayDigest): Uint8Array {
  const texts = new Map<string, number>()
  const numberOf = (text: string) => {
    const number = texts.get(text) ?? texts.size
    texts.set(text, number)
    return number
  }
  const rows = edges.map((edge) => [
    EDGE_ENDS.map((name) => numberOf(edge[name])),
    TOTAL_NAMES.map((name) => edge.totals[name]),
    FAILURE_NAMES.map((name) => edge.failures[name]),
    edge.responses.map(({ code, flags, count, failed }) => [numberOf(code), numberOf(flags), count, failed]),
    edge.hours,
    edge.egressHours,
    edge.ingressHours,
    edge.ports,
  ])
  return pack({ schema, date, day, texts: [...texts.keys()], edges: rows, rollups })
}

/** The inverse of encodeDigest; throws one sentence that names the key for anything else. */
export function decodeDigest(bytes: Uint8Array, key: string): DayDigest {
  return unpack(bytes, `digest ${key}`, (value) => {
    const { schema, date, day, texts, edges, rollups } = readObject(value, 'it')
    if (schema !== 2) throw new Error(`its schema is ${JSON.stringify(schema)}, not 2`)
    const dated = readText(date, 'its date')
    parseDate(dated)
    const known = readArray(texts, 'texts').map((text) => readText(text, 'a text'))
    return {
      schema: 2,
      date: dated,
      day: readDay(day, dated),
      edges: readArray(edges, 'edges').map((row) => readEdge(row, known)),
      rollups: readArray(rollups, 'rollups').map(readRollup),
    }
  })
}

const DAY_LISTS = ['hours', 'destinations', 'sources', 'protocols', 'responses', 'coverage', 'downloads'] as const

/** A day's report was encoded as it is, so that what is wrong with it is that it is another's, or another version's. */
function readDay(value: unknown, date: string): DayReport {
  const day = readObject(value, 'its day') as unknown as DayReport
  if (day.schema !== 1 || day.page !== 'day' || day.date !== date) throw new Error(`its day is no report of ${date}`)
  for (const name of DAY_LISTS) readArray(day[name], `${name} of its day`)
  readObject(day.matrix, 'matrix of its day')
  const byClass = readObject(day.byClass, 'totals of its day')
  for (const name of DESTINATION_CLASSES) {
    const totals = readObject(byClass[name], `${name} of its day`)
    for (const total of TOTAL_NAMES) readCount(totals[total], `${total} of its day`)
  }
  return day
}

function readEdge(row: unknown, texts: readonly string[]): Edge {
  const [ends, totals, failures, responses, hours, egressHours, ingressHours, ports] = readArray(row, 'an edge', 8)
  const textOf = (number: unknown) => readText(texts[readCount(number, 'a text’s number')], 'a text')
  const counts = (values: unknown, what: string, length?: number) =>
    readArray(values, what, length).map((count) => readCount(count, what))
  const byName = <T extends string>(names: readonly T[], values: readonly number[]) =>
    Object.fromEntries(names.map((name, at) => [name, values[at]])) as Record<T, number>
  const endTexts = readArray(ends, 'an edge’s ends', EDGE_ENDS.length).map(textOf)
  const edgeEnds = Object.fromEntries(EDGE_ENDS.map((name, at) => [name, endTexts[at]])) as unknown as EdgeEnds
  readOneOf(edgeEnds.destinationClass, DESTINATION_CLASSES, 'an edge’s class')
  readOneOf(edgeEnds.protocol, PROTOCOLS, 'an edge’s protocol')
  readOneOf(edgeEnds.reporter, ['source', 'waypoint'], 'an edge’s reporter')
  return {
    ...edgeEnds,
    totals: byName(TOTAL_NAMES, counts(totals, 'an edge’s totals', TOTAL_NAMES.length)) satisfies Totals,
    failures: byName(FAILURE_NAMES, counts(failures, 'an edge’s failures', FAILURE_NAMES.length)) satisfies Failures,
    responses: readArray(responses, 'an edge’s responses').map((response) => {
      const [code, flags, count, failed] = readArray(response, 'a response', 4)
      return {
        code: textOf(code),
        flags: textOf(flags),
        count: readCount(count, 'a response’s count'),
        failed: readFlag(failed, 'a response'),
      }
    }),
    hours: counts(hours, 'an edge’s hours', 24),
    egressHours: counts(egressHours, 'an edge’s egress by the hour', 24),
    ingressHours: counts(ingressHours, 'an edge’s ingress by the hour', 24),
    ports: counts(ports, 'an edge’s ports'),
  }
}

function readRollup(value: unknown): DayRollup {
  const { target, hour, previous, ...link } = readObject(value, 'a rollup')
  return {
    ...readLink(link),
    target: readText(target, 'a rollup’s target'),
    hour: readText(hour, 'a rollup’s hour'),
    previous: previous === null ? null : readLink(readObject(previous, 'the one before a rollup')),
  }
}

function readLink({ number, key, sha256 }: Record<string, unknown>): ChainLink {
  return {
    number: readCount(number, 'a rollup’s number'),
    key: readText(key, 'a rollup’s key'),
    sha256: readText(sha256, 'a rollup’s SHA-256'),
  }
}
