/** Bills as Parquet: the columns that a bill is read by, a row group at a time, every value as text. */
import type { FileHandle } from 'node:fs/promises'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { type FileMetaData, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet'
import { exactOf, exactText } from '#core/bills/amount.ts'
import type { BillContent, BillReading } from '#core/bills/reading.ts'
import { isoInstant } from '#core/time.ts'

export interface ParquetBill {
  file: FileHandle
  size: number // bytes
  name: string // for sentences
  start: (header: readonly string[]) => BillReading
  progress: (rows: number) => void
}

const ROWS_AT_A_TIME = 100_000
const MAX_FOOTER_BYTES = 64 << 20
const MAX_PAGE_BYTES = 1 << 30

const COMPRESSORS = {
  GZIP: (input: Uint8Array) => gunzipSync(input, { maxOutputLength: MAX_PAGE_BYTES }),
  ZSTD: (input: Uint8Array) => zstdDecompressSync(input, { maxOutputLength: MAX_PAGE_BYTES }),
  BROTLI: (input: Uint8Array) => brotliDecompressSync(input, { maxOutputLength: MAX_PAGE_BYTES }),
}

/** Reads a bill; throws one sentence that begins with the file's name when it is no Parquet that can be read, or no bill. */
export async function readParquetBill({ file, size, name, start, progress }: ParquetBill): Promise<BillContent> {
  const buffer = { byteLength: size, slice: (from: number, to?: number) => sliceOf(file, from, to ?? size) }
  const metadata = await read(name, async () => {
    const end = Buffer.from(await buffer.slice(Math.max(0, size - 8)))
    if (end.toString('latin1', 4) !== 'PAR1' || end.readUInt32LE(0) > Math.min(size, MAX_FOOTER_BYTES)) {
      throw new Error('its end is no footer; it may be cut off')
    }
    return parquetMetadataAsync(buffer)
  })
  const scales = takeDecimals(metadata)
  const header = topLevel(metadata)
  const reading = start(header)
  const columns = [...reading.wanted]
  const rows = Number(metadata.num_rows)
  for (let rowStart = 0; rowStart < rows; rowStart += ROWS_AT_A_TIME) {
    const rowEnd = Math.min(rows, rowStart + ROWS_AT_A_TIME)
    const options = { file: buffer, metadata, columns, rowStart, rowEnd, compressors: COMPRESSORS }
    const objects = await read(name, () => parquetReadObjects(options))
    if (objects.length !== rowEnd - rowStart) throw new Error(`bill ${name}: its Parquet has fewer rows than it says`)
    for (const object of objects) {
      reading.add(header.map((column) => (columns.includes(column) ? cellOf(object[column], scales.get(column)) : '')))
    }
    progress(rowEnd)
  }
  return reading.end()
}

async function read<T>(name: string, reader: () => Promise<T>): Promise<T> {
  try {
    return await reader()
  } catch (error) {
    throw new Error(`bill ${name}: its Parquet cannot be read (${(error as Error).message.split('\n')[0]})`)
  }
}

/** The names of the columns that are no groups. */
function topLevel({ schema }: FileMetaData): string[] {
  const names: string[] = []
  for (let at = 1; at < schema.length; at = after(schema, at)) names.push(schema[at].name)
  return names
}

/** Where the element behind one and all its children stands. */
function after(schema: readonly SchemaElement[], at: number): number {
  let next = at + 1
  for (let child = 0; child < (schema[at].num_children ?? 0); child++) next = after(schema, next)
  return next
}

/** Takes the mark of decimals from their columns, which would be read as doubles; gives their scales by column. */
function takeDecimals({ schema }: FileMetaData): Map<string, number> {
  const scales = new Map<string, number>()
  for (const element of schema) {
    if (element.converted_type !== 'DECIMAL' && element.logical_type?.type !== 'DECIMAL') continue
    const { scale = element.logical_type?.type === 'DECIMAL' ? element.logical_type.scale : 0 } = element
    scales.set(element.name, scale)
    delete element.converted_type
    delete element.logical_type
    // Plain bytes would be read as text.
    if (element.type === 'BYTE_ARRAY') element.type = 'FIXED_LEN_BYTE_ARRAY'
  }
  return scales
}

function cellOf(value: unknown, scale: number | undefined): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return isoInstant(value.getTime())
  if (scale !== undefined) {
    const whole = value instanceof Uint8Array ? signed(value) : BigInt(value as number | bigint)
    const exact = exactOf(`${whole}e-${scale}`)
    return exact === null ? `${whole}e-${scale}` : exactText(exact)
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Big-endian two's complement. */
function signed(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  return bytes.length > 0 && bytes[0] > 127 ? value - (1n << BigInt(8 * bytes.length)) : value
}

async function sliceOf(file: FileHandle, from: number, to: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, Math.min(to, Number.MAX_SAFE_INTEGER) - from))
  let at = 0
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, from + at)
    if (bytesRead === 0) throw new Error('it ends too early')
    at += bytesRead
  }
  return bytes.buffer
}
