/**
 * Rollups: one target's hour, closed for good, as a Parquet file of one row per flow, whose metadata says how much of the
 * hour was observed and where the file stands in the target's chain. The same hour always gives the same bytes.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import { type Coverage, zeroCoverage } from '#core/coverage.ts'
import { compareFlows, FLOW_FIELDS, type FlowRow, MEASURES } from '#core/flow.ts'
import { sha256 } from '#core/hash.ts'
import { rollupKey } from '#core/keys.ts'
import { isoHour, parseInstant } from '#core/time.ts'

export const ROLLUP_SCHEMA = 1
const ROWS_A_GROUP = 100_000 // of the file's row groups

/** A rollup's place in its target's chain. */
export interface ChainLink {
  number: number // 1 for the target's first
  key: string
  sha256: string // hex, of the file's bytes
}

export interface Rollup {
  target: string
  hour: number // ms since epoch, the hour's start
  number: number // in the chain, from 1
  previous: ChainLink | null // null only for the first
  coverage: Coverage
  rows: FlowRow[] // sorted by flow
}

export interface EncodedRollup extends ChainLink {
  bytes: Uint8Array
}

/** Encodes a rollup and says where it belongs. Rows may come in any order. */
export function encodeRollup(rollup: Rollup): EncodedRollup {
  const rows = rollup.rows.toSorted(compareFlows)
  const writer = new ByteWriter()
  const parquet = new ParquetWriter({
    writer,
    schema: schemaFromColumnData({ columnData: columnsOf([]) }),
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input) },
    createdBy: 'wharfage',
    kvMetadata: [
      { key: 'schema', value: String(ROLLUP_SCHEMA) },
      { key: 'target', value: rollup.target },
      { key: 'hour', value: isoHour(rollup.hour) },
      { key: 'number', value: String(rollup.number) },
      { key: 'previousKey', value: rollup.previous?.key ?? '' },
      { key: 'previousSha256', value: rollup.previous?.sha256 ?? '' },
      { key: 'coverage', value: JSON.stringify(rollup.coverage) },
    ],
  })
  for (let start = 0; start < rows.length; start += ROWS_A_GROUP) {
    const columnData = columnsOf(rows.slice(start, start + ROWS_A_GROUP))
    parquet.write({ columnData, rowGroupSize: ROWS_A_GROUP })
  }
  parquet.finish()
  const bytes = writer.getBytes().slice()
  return { number: rollup.number, key: rollupKey(rollup.target, rollup.hour), sha256: sha256(bytes), bytes }
}

/** The columns of one row group: those of a large hour, all at once, would take 100 MB. */
function columnsOf(rows: readonly FlowRow[]): ColumnSource[] {
  return [
    ...FLOW_FIELDS.map((field): ColumnSource => {
      const data = rows.map((row) => row[field])
      return field === 'destinationPort'
        ? { name: field, data, type: 'INT32', nullable: true }
        : { name: field, data, type: 'STRING', nullable: false }
    }),
    ...MEASURES.map((measure): ColumnSource => {
      const data = rows.map((row) => BigInt(row[measure]))
      return { name: measure, data, type: 'INT64', nullable: false }
    }),
  ]
}

/** Decodes a rollup; throws one sentence naming `key` when it is no whole rollup of this schema. */
export async function decodeRollup(bytes: Uint8Array, key: string): Promise<Rollup> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  try {
    const metadata = parquetMetadata(file)
    const entries = new Map(metadata.key_value_metadata?.map(({ key: name, value }) => [name, value ?? '']))
    const entry = (name: string): string => {
      const value = entries.get(name)
      if (value === undefined) throw new Error(`its metadata has no "${name}"`)
      return value
    }
    if (entry('schema') !== String(ROLLUP_SCHEMA)) {
      throw new Error(`its schema is ${entry('schema')}, this version reads ${ROLLUP_SCHEMA}; install a newer wharfage`)
    }
    const number = Number(entry('number'))
    const previousKey = entry('previousKey')
    const read = await parquetReadObjects({
      file,
      metadata,
      compressors: { ZSTD: (input) => zstdDecompressSync(input) },
    })
    return {
      target: entry('target'),
      hour: parseInstant(entry('hour')),
      number,
      previous: previousKey === '' ? null : { number: number - 1, key: previousKey, sha256: entry('previousSha256') },
      coverage: { ...zeroCoverage(), ...(JSON.parse(entry('coverage')) as Partial<Coverage>) },
      rows: read.map(toRow),
    }
  } catch (error) {
    throw new Error(`rollup ${key} cannot be read: ${(error as Error).message}`)
  }
}

function toRow(read: Record<string, unknown>): FlowRow {
  const row: Record<string, unknown> = {}
  for (const field of FLOW_FIELDS) row[field] = read[field] ?? (field === 'destinationPort' ? null : '')
  for (const measure of MEASURES) {
    const value = Number(read[measure] ?? 0)
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`its ${measure} holds ${read[measure]}`)
    row[measure] = value
  }
  return row as unknown as FlowRow
}
