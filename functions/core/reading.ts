/**
 * A reading: what one body, or one moment of a replay, says of every series, matched against the series already known.
 * A known series never becomes a string; only an unknown one has its labels decoded. A body is read in chunks as it is
 * inflated, since a large one, whole, would take gigabytes.
 */
import type { MeshNames } from '#core/classify.ts'
import { ExpositionReader, endsWithLine } from '#core/exposition.ts'
import { type HashSeed, hash64, hashText } from '#core/hash.ts'
import { decodeSeries, formatSeries, type LabelledSeries, type Labels } from '#core/labels.ts'
import { type MetricIndex, metricIndex, UP_METRIC } from '#core/metric.ts'
import { type FreshSeries, Newcomers } from '#core/newcomers.ts'
import type { SeriesTable } from '#core/series.ts'

export interface Reading {
  size: number // samples
  row: Int32Array // each sample's row in the table, or -1
  fresh: Int32Array // where row is -1, its row in newcomers.unknown; else that in newcomers.restated, or -1
  time: Float64Array // ms since epoch
  value: Float64Array // as exposed, rounded by nobody
  newcomers: Newcomers
  ups: Uint8Array[] // the bytes of some `up` series, external labels included
  knowsUps: boolean // some `up` series looks as it did in the last reading, so the external labels are the same
  newest: { time: number; labels: Labels | null } // of a body's samples the one furthest ahead in time, and whose it is
  skippedLines: number
  uncounted: number // unknown series beyond the most that is looked at, of which only this is known
}

/** What a reading is matched against. */
export interface Known {
  series: SeriesTable
  seed: HashSeed
  mesh: MeshNames // by which unknown series are placed
  placeAgain?: boolean // whether known series are, too, since these names are others than before
  most?: number // series; unknown ones beyond are only counted, since the body will be refused; default: no limit
}

/** An answer of any size, read in chunks as often as needed; lines may cross them. */
export interface ChunkedBody {
  chunks(): AsyncIterable<Uint8Array>
}

const NEWLINE = 0x0a
const LINE_BYTES = 16 << 20 // of the longest that is waited for
const UPS_KEPT = 8 // one that the query API knows too is enough to learn the external labels from

/** Reads a whole /federate body, as BodyReader does. */
export function readBody(body: Uint8Array, known: Known, where: string): Reading {
  const reader = new BodyReader(known, where)
  reader.push(body)
  return reader.finish()
}

/** Reads a /federate body that comes in one piece or in chunks, as BodyReader does. */
export async function readChunks(body: Uint8Array | ChunkedBody, known: Known, where: string): Promise<Reading> {
  if (body instanceof Uint8Array) return readBody(body, known, where)
  const reader = new BodyReader(known, where)
  for await (const chunk of body.chunks()) reader.push(chunk)
  return reader.finish()
}

/** Reads a /federate body chunk by chunk; nothing it tells counts before its end has been seen. */
export class BodyReader {
  private readonly known: Known
  private readonly where: string
  private readonly builder: ReadingBuilder
  private begun: Uint8Array[] = [] // the chunks of a line that has not ended yet
  private begunBytes = 0
  private last: Uint8Array = new Uint8Array() // the last chunk that is not empty
  private predicted = 0 // the row that the next line is likely of
  private newest: Uint8Array = new Uint8Array() // the bytes of the series furthest ahead in time
  private skippedLines = 0

  /** Sentences begin with `where`. */
  constructor(known: Known, where: string) {
    this.known = known
    this.where = where
    this.builder = new ReadingBuilder(known)
  }

  /** Takes the next chunk. Throws one sentence when a line is too long to be one. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.last = chunk
    let start = 0
    if (this.begun.length > 0) {
      start = chunk.indexOf(NEWLINE) + 1
      this.begin(chunk.subarray(0, start === 0 ? chunk.length : start))
      if (start === 0) return
      this.readLines(Buffer.concat(this.begun))
      this.begun = []
      this.begunBytes = 0
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end > start) this.readLines(chunk.subarray(start, end))
    if (end < chunk.length) this.begin(chunk.subarray(Math.max(start, end)))
  }

  /** The reading; throws one sentence when the body was cut off in the middle of a line. */
  finish(): Reading {
    if (!endsWithLine(this.last)) throw new Error(`${this.where}: body ends in the middle of a line, so it was cut off`)
    const { reading } = this.builder
    reading.newest.labels = decodeSeries(this.newest)?.labels ?? null
    reading.skippedLines = this.skippedLines
    return reading
  }

  private begin(bytes: Uint8Array): void {
    this.begun.push(bytes)
    this.begunBytes += bytes.length
    if (this.begunBytes <= LINE_BYTES) return
    throw new Error(`${this.where}: body has a line of over ${LINE_BYTES} bytes, no exposition; check the target's url`)
  }

  private readLines(bytes: Uint8Array): void {
    const { builder } = this
    const { series: table, seed, placeAgain = false, most = Number.POSITIVE_INFINITY } = this.known
    const { lo, hi, length, metric } = table.columns
    const { reading } = builder
    const { newest } = reading
    const reader = new ExpositionReader(bytes)
    const hash = { lo: 0, hi: 0 }
    let { predicted } = this
    let newestBytes: Uint8Array | null = null
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
      if (reader.timestamp > newest.time) {
        newest.time = reader.timestamp
        newestBytes = bytes.subarray(seriesStart, seriesEnd)
      }
      if (row >= 0) {
        predicted = row + 1
        if (metric[row] === UP_METRIC) builder.keepUp(bytes.subarray(seriesStart, seriesEnd), true)
        if (!builder.addKnown(row, reader.timestamp, reader.value)) reader.skippedLines++
        else if (placeAgain) builder.restate(bytes.subarray(seriesStart, seriesEnd), row)
        continue
      }
      if (reading.size >= most) {
        reading.uncounted++
        continue
      }
      const series = decodeSeries(bytes.subarray(seriesStart, seriesEnd))
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
      if (fresh.metric === UP_METRIC) builder.keepUp(bytes.subarray(seriesStart, seriesEnd), false)
      if (!builder.addFresh(fresh, reader.timestamp, reader.value)) reader.skippedLines++
    }
    this.predicted = predicted
    this.skippedLines += reader.skippedLines
    if (newestBytes !== null) this.newest = copied(newestBytes)
  }
}

/** The metric of a reading's sample. */
export function metricOf(reading: Reading, table: SeriesTable, sample: number): MetricIndex {
  const row = reading.row[sample]
  return row >= 0 ? table.columns.metric[row] : reading.newcomers.unknown.columns.metric[reading.fresh[sample]]
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
export function readSamples(samples: readonly PreparedSample[], known: Known): Reading {
  const builder = new ReadingBuilder(known)
  for (const { prepared, time, value } of samples) {
    const row = known.series.find(prepared.lo, prepared.hi, prepared.length)
    if (row >= 0) builder.addKnown(row, time, value)
    else builder.addFresh(prepared, time, value)
  }
  return builder.reading
}

class ReadingBuilder {
  readonly reading: Reading
  private readonly table: SeriesTable
  private readonly taken: Uint8Array

  constructor({ series: table, mesh, seed }: Known) {
    const capacity = Math.max(1024, table.size + (table.size >> 3))
    this.table = table
    this.taken = new Uint8Array(table.size)
    this.reading = {
      size: 0,
      row: new Int32Array(capacity),
      fresh: new Int32Array(capacity),
      time: new Float64Array(capacity),
      value: new Float64Array(capacity),
      newcomers: new Newcomers(mesh, seed),
      ups: [],
      knowsUps: false,
      newest: { time: Number.NEGATIVE_INFINITY, labels: null },
      skippedLines: 0,
      uncounted: 0,
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
    if (this.reading.ups.length < UPS_KEPT) this.reading.ups.push(copied(bytes))
  }

  /** Places the known series that was just added, once more. */
  restate(bytes: Uint8Array, row: number): void {
    const series = decodeSeries(bytes)
    if (series === null) return
    const { reading, table } = this
    const { lo, hi, length, metric } = table.columns
    const again = { series, metric: metric[row], lo: lo[row], hi: hi[row], length: length[row] }
    const last = reading.size - 1
    reading.fresh[last] = reading.newcomers.restate(again, reading.time[last], reading.value[last])
  }

  addFresh(fresh: FreshSeries, time: number, value: number): boolean {
    const index = this.reading.newcomers.add(fresh, time, value)
    if (index >= 0) this.add(-1, index, time, value)
    return index >= 0
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

/** Bytes of their own: a part of a chunk would keep the whole of it in memory. */
function copied(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
