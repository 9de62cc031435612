/**
 * A reading: what one body, or one moment of a replay, says of every series, matched against the series already known.
 * A known series never becomes a string; only an unknown one has its labels decoded.
 */
import { ExpositionReader, endsWithLine } from '#core/exposition.ts'
import { type Hash64, type HashSeed, hash64, hashText } from '#core/hash.ts'
import { decodeSeries, formatSeries, type LabelledSeries, type Labels } from '#core/labels.ts'
import { type MetricIndex, metricIndex, UP_METRIC } from '#core/metric.ts'
import type { SeriesTable } from '#core/series.ts'

/** A series no row is known of. */
export interface FreshSeries extends Hash64 {
  series: LabelledSeries
  metric: MetricIndex
  length: number // of its bytes in a body
}

export interface Reading {
  size: number // samples
  row: Int32Array // each sample's row in the table, or -1
  fresh: Int32Array // each sample's index into freshSeries, or -1
  time: Float64Array // ms since epoch
  value: Float64Array // as exposed, rounded by nobody
  freshSeries: FreshSeries[]
  knownSeries: Map<number, LabelledSeries> // by sample, of series in the table; filled only where asked for
  ups: Uint8Array[] // the bytes of some `up` series, external labels included
  knowsUps: boolean // some `up` series looks as it did in the last reading, so the external labels are the same
  newest: { time: number; labels: Labels | null } // of a body's samples the one furthest ahead in time, and whose it is
  skippedLines: number
}

const UPS_KEPT = 8 // one that the query API knows too is enough to learn the external labels from

/**
 * Reads a /federate body; decodeKnown keeps the labels of known series too. Throws one sentence, begun by `where`, when the
 * body is cut off in the middle of a line.
 */
export function readBody(
  body: Uint8Array,
  table: SeriesTable,
  seed: HashSeed,
  where: string,
  decodeKnown = false,
): Reading {
  if (!endsWithLine(body)) throw new Error(`${where}: body ends in the middle of a line, so it was cut off`)
  const reader = new ExpositionReader(body)
  const builder = new ReadingBuilder(table)
  const { lo, hi, length } = table.columns
  const hash = { lo: 0, hi: 0 }
  let predicted = 0
  let newest: Uint8Array = new Uint8Array()
  while (reader.nextLine()) {
    let row = -1
    if (predicted < table.size && reader.expect(length[predicted], lo[predicted], hi[predicted], seed, hash)) {
      row = predicted
    } else {
      if (!reader.scanSeries()) continue
      hash64(reader.view, reader.seriesStart, reader.seriesEnd, seed, hash)
      row = table.find(hash.lo, hash.hi, reader.seriesEnd - reader.seriesStart)
    }
    const { seriesStart, seriesEnd } = reader
    if (!reader.readSample()) continue
    if (reader.timestamp > builder.reading.newest.time) {
      builder.reading.newest.time = reader.timestamp
      newest = body.subarray(seriesStart, seriesEnd)
    }
    if (row >= 0) {
      predicted = row + 1
      if (table.columns.metric[row] === UP_METRIC) builder.keepUp(body.subarray(seriesStart, seriesEnd), true)
      if (!builder.addKnown(row, reader.timestamp, reader.value)) reader.skippedLines++
      else if (decodeKnown) builder.keepKnown(body.subarray(seriesStart, seriesEnd))
      continue
    }
    const series = decodeSeries(body.subarray(seriesStart, seriesEnd))
    if (series === null) {
      reader.skippedLines++
      continue
    }
    const fresh = {
      series,
      metric: metricIndex(series.name),
      length: seriesEnd - seriesStart,
      lo: hash.lo,
      hi: hash.hi,
    }
    if (fresh.metric === UP_METRIC) builder.keepUp(body.subarray(seriesStart, seriesEnd), false)
    if (!builder.addFresh(fresh, reader.timestamp, reader.value)) reader.skippedLines++
  }
  builder.reading.newest.labels = decodeSeries(newest)?.labels ?? null
  return builder.finish(reader.skippedLines)
}

/** The metric of a reading's sample. */
export function metricOf(reading: Reading, table: SeriesTable, sample: number): MetricIndex {
  const row = reading.row[sample]
  return row >= 0 ? table.columns.metric[row] : reading.freshSeries[reading.fresh[sample]].metric
}

/** A series from a query, with the hash its bytes would have in a body of the same Prometheus. */
export function prepareSeries(series: LabelledSeries, externalLabels: Labels, seed: HashSeed): FreshSeries {
  const text = formatSeries(series.name, series.labels, externalLabels)
  return { series, metric: metricIndex(series.name), length: Buffer.byteLength(text), ...hashText(text, seed) }
}

export interface PreparedSample {
  prepared: FreshSeries
  time: number // ms since epoch
  value: number
}

/** Reads samples that came from the query API. */
export function readSamples(samples: readonly PreparedSample[], table: SeriesTable): Reading {
  const builder = new ReadingBuilder(table)
  for (const { prepared, time, value } of samples) {
    const row = table.find(prepared.lo, prepared.hi, prepared.length)
    if (row >= 0) builder.addKnown(row, time, value)
    else builder.addFresh(prepared, time, value)
  }
  return builder.finish(0)
}

class ReadingBuilder {
  readonly reading: Reading
  private readonly taken: Uint8Array
  private readonly freshKeys = new Set<string>()

  constructor(table: SeriesTable) {
    const capacity = Math.max(1024, table.size + (table.size >> 3))
    this.taken = new Uint8Array(table.size)
    this.reading = {
      size: 0,
      row: new Int32Array(capacity),
      fresh: new Int32Array(capacity),
      time: new Float64Array(capacity),
      value: new Float64Array(capacity),
      freshSeries: [],
      knownSeries: new Map(),
      ups: [],
      knowsUps: false,
      newest: { time: Number.NEGATIVE_INFINITY, labels: null },
      skippedLines: 0,
    }
  }

  /** False when the body has the series twice: the first one counts. */
  addKnown(row: number, time: number, value: number): boolean {
    if (this.taken[row] === 1) return false
    this.taken[row] = 1
    this.add(row, -1, time, value)
    return true
  }

  keepUp(bytes: Uint8Array, known: boolean): void {
    this.reading.knowsUps ||= known
    if (this.reading.ups.length < UPS_KEPT) this.reading.ups.push(bytes)
  }

  keepKnown(bytes: Uint8Array): void {
    const series = decodeSeries(bytes)
    if (series !== null) this.reading.knownSeries.set(this.reading.size - 1, series)
  }

  addFresh(fresh: FreshSeries, time: number, value: number): boolean {
    const key = `${fresh.lo}:${fresh.hi}:${fresh.length}`
    if (this.freshKeys.has(key)) return false
    this.freshKeys.add(key)
    this.add(-1, this.reading.freshSeries.push(fresh) - 1, time, value)
    return true
  }

  finish(skippedLines: number): Reading {
    this.reading.skippedLines = skippedLines
    return this.reading
  }

  private add(row: number, fresh: number, time: number, value: number): void {
    const { reading } = this
    if (reading.size === reading.row.length) this.grow()
    reading.row[reading.size] = row
    reading.fresh[reading.size] = fresh
    reading.time[reading.size] = time
    reading.value[reading.size] = value
    reading.size++
  }

  private grow(): void {
    const { reading } = this
    const capacity = reading.row.length * 2
    const wider = <T extends Int32Array | Float64Array>(to: T, from: T): T => {
      to.set(from)
      return to
    }
    reading.row = wider(new Int32Array(capacity), reading.row)
    reading.fresh = wider(new Int32Array(capacity), reading.fresh)
    reading.time = wider(new Float64Array(capacity), reading.time)
    reading.value = wider(new Float64Array(capacity), reading.value)
  }
}
