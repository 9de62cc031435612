/**
 * The checkpoint: all that is remembered of one target between two scrapes, as one object, so that one conditional write
 * is the commit. A log beside a snapshot loses or doubles bytes under some crash, however the two are ordered.
 *
 * As bytes: a line naming the format, then, compressed, a JSON header and the binary parts it measures (series, finished
 * rollups), then the SHA-256 of all before it. A checkpoint is read whole or refused.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { type Coverage, zeroCoverage } from '#core/coverage.ts'
import { FLOW_FIELDS, type Flow, MEASURES, type Measures, zeroMeasures } from '#core/flow.ts'
import { type HashSeed, sha256 } from '#core/hash.ts'
import { OpenHours } from '#core/hours.ts'
import type { ChainLink, EncodedRollup } from '#core/rollup.ts'
import { SeriesTable } from '#core/series.ts'

export const CHECKPOINT_SCHEMA = 1
const MAGIC = `wharfage checkpoint ${CHECKPOINT_SCHEMA}\n`
const DIGEST_LENGTH = 32
const PIECE_LENGTH = 1 << 16 // characters of JSON

/** One process that counts: an Envoy or a ztunnel. */
export interface MeshProxy {
  key: string // hex hash of its identity
  start: number // ms since epoch when its process started; 0 when not known
  startSeenAt: number // watermark of the last scrape that told its start; 0 when never
  seenAt: number // watermark of the last scrape that had any series of it
}

/** What is remembered as plain values, told apart from what has a form of its own in the bytes. */
interface CheckpointFacts {
  target: string
  owner: string // hash of the target's name and URL: who may go on writing here
  generation: number // as configured when it was last written
  seq: number // 1 for the first, then one more each scrape
  selectors: string // hash of what was asked for, and of the mesh names that placed it
  selectorsSince: number // watermark of the first scrape with them, ms since epoch
  seed: HashSeed
  baseline: number // watermark of the first scrape, ms since epoch
  watermark: number // newest `up` sample of the last good scrape, ms since epoch
  tailedThrough: number // watermark up to which dead series have been asked for, ms since epoch
  head: ChainLink | null // the newest rollup that was closed; null before the first
  externalLabels: [string, string][] | null // what /federate adds and the query API does not; null when to be learnt
  unclassifiedExample: string // label set of a series no rule could place
  proxies: MeshProxy[]
}

export interface Checkpoint extends CheckpointFacts {
  flows: Flow[]
  hours: OpenHours
  finished: EncodedRollup[] // closed but not known to be written, oldest first
  series: SeriesTable
}

interface Header {
  facts: CheckpointFacts
  closedThrough: number
  flows: (string | number | null)[][] // values in FLOW_FIELDS' order
  hours: { start: number; coverage: Coverage; rows: number[][] }[] // flow, then values in MEASURES' order
  finished: (ChainLink & { size: number })[]
  seriesSize: number
  seriesBytes: number
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const payload = payloadOf(checkpoint)
  const compressed = zstdCompressSync(payload, { chunkSize: chunkFor(payload.length / 2) })
  const file = Buffer.concat([Buffer.from(MAGIC), compressed, Buffer.alloc(DIGEST_LENGTH)])
  file.write(sha256(file.subarray(0, -DIGEST_LENGTH)), file.length - DIGEST_LENGTH, 'hex')
  return file
}

/**
 * The bytes of a buffer that what is expected fits into. zlib's own 16 kB make a large checkpoint of thousands of pieces;
 * 1 MiB for each small one keeps the system busy with memory.
 */
function chunkFor(expected: number): number {
  return Math.min(1 << 20, Math.max(16 << 10, Math.ceil(expected)))
}

/** The header's length, the header, and the parts it measures, written once: a large target's take 130 MB. */
function payloadOf(checkpoint: Checkpoint): Uint8Array {
  const { series, finished } = checkpoint
  const header = Array.from(headerText(checkpoint), (text) => Buffer.from(text))
  const headerBytes = header.reduce((sum, { length }) => sum + length, 0)
  const rollupBytes = finished.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const payload = Buffer.allocUnsafe(4 + headerBytes + series.byteLength + rollupBytes)
  let at = payload.writeUInt32LE(headerBytes)
  for (const bytes of header) {
    payload.set(bytes, at)
    at += bytes.length
  }
  series.encode(payload, at)
  at += series.byteLength
  for (const { bytes } of finished) {
    payload.set(bytes, at)
    at += bytes.length
  }
  return payload
}

/** The header as JSON, in pieces: of a large target its values, all at once, take 100 MB, and their text another 60. */
function* headerText({ flows, hours, finished, series, ...facts }: Checkpoint): Generator<string> {
  yield `{"facts":${JSON.stringify(facts)},"closedThrough":${hours.closedThrough},"flows":[`
  yield* listText(flows, (flow) => FLOW_FIELDS.map((field) => flow[field]))
  yield '],"hours":['
  for (const [index, { start, coverage, rows }] of hours.hours.entries()) {
    yield `${index === 0 ? '' : ','}{"start":${start},"coverage":${JSON.stringify(coverage)},"rows":[`
    yield* listText(rows, ([flow, measures]) => [flow, ...MEASURES.map((measure) => measures[measure])])
    yield ']}'
  }
  const links = finished.map(({ bytes, ...link }) => ({ ...link, size: bytes.length }))
  yield `],"finished":${JSON.stringify(links)},"seriesSize":${series.size},"seriesBytes":${series.byteLength}}`
}

/** The JSON of a list's entries, without the brackets around them. */
function* listText<T>(list: Iterable<T>, cellsOf: (entry: T) => (string | number | null)[]): Generator<string> {
  let text = ''
  let separator = ''
  for (const entry of list) {
    text += separator + JSON.stringify(cellsOf(entry))
    separator = ','
    if (text.length < PIECE_LENGTH) continue
    yield text
    text = ''
  }
  yield text
}

/** The inverse of encodeCheckpoint; throws one sentence naming `key` when the bytes are not a whole one of this schema. */
export function decodeCheckpoint(bytes: Uint8Array, key: string): Checkpoint {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const firstLine = file.subarray(0, 64).toString('latin1').split('\n')[0]
  const schema = /^wharfage checkpoint (\d+)$/.exec(firstLine)?.[1]
  if (schema === undefined) throw new Error(`checkpoint ${key} does not begin as one; restore its newest version`)
  if (schema !== String(CHECKPOINT_SCHEMA)) {
    throw new Error(
      `checkpoint ${key} has schema ${schema}, this version knows ${CHECKPOINT_SCHEMA}; run the version that wrote it`,
    )
  }
  const body = file.subarray(0, -DIGEST_LENGTH)
  if (sha256(body) !== file.subarray(-DIGEST_LENGTH).toString('hex')) {
    throw new Error(`checkpoint ${key} is not whole: its digest does not match; restore its newest version`)
  }
  const payload = zstdDecompressSync(body.subarray(MAGIC.length), { chunkSize: chunkFor(body.length * 4) })
  const jsonEnd = 4 + payload.readUInt32LE(0)
  const header = JSON.parse(payload.subarray(4, jsonEnd).toString()) as Header
  let at = jsonEnd + header.seriesBytes
  const finished = header.finished.map(({ size, ...link }) => {
    const rollup = { ...link, bytes: new Uint8Array(payload.subarray(at, at + size)) }
    at += size
    return rollup
  })
  return {
    ...header.facts,
    flows: toFlows(header.flows),
    hours: new OpenHours(
      header.closedThrough,
      header.hours.map(({ start, coverage, rows }) => ({
        start,
        coverage: { ...zeroCoverage(), ...coverage },
        rows: new Map(rows.map(([flow, ...values]) => [flow, toMeasures(values)])),
      })),
    ),
    finished,
    series: SeriesTable.decode(payload.subarray(jsonEnd, jsonEnd + header.seriesBytes), header.seriesSize),
  }
}

/** Flows that share equal texts: of parsed JSON every cell has one of its own, 60 MB of a large target's. */
function toFlows(rows: readonly (string | number | null)[][]): Flow[] {
  const texts = new Map<string, string>()
  const shared = (value: string | number | null): string | number | null => {
    if (typeof value !== 'string') return value
    const text = texts.get(value)
    if (text === undefined) texts.set(value, value)
    return text ?? value
  }
  return rows.map(
    (values) =>
      Object.fromEntries(FLOW_FIELDS.map((field, index) => [field, shared(values[index])])) as unknown as Flow,
  )
}

function toMeasures(values: readonly number[]): Measures {
  const measures = zeroMeasures()
  MEASURES.forEach((measure, index) => {
    measures[measure] = values[index]
  })
  return measures
}
