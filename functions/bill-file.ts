/** Bill files: the rows of a cloud's bill, from CSV, gzip'd CSV or Parquet, as text, one after the other. */
import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type BillContent, type BillRequest, startReading } from '#core/bills/reading.ts'
import { CsvReader } from '#core/csv-reader.ts'
import { readParquetBill } from './bill-parquet.ts'

export const MAX_FILE_BYTES = 4_000_000_000
export const MAX_INFLATED_BYTES = 40_000_000_000
const CHUNK = 1 << 20 // bytes

export interface ReadBill extends BillContent {
  sha256: string // hex, of the file
}

export interface BillFileOptions extends Omit<BillRequest, 'file'> {
  progress?: (rows: number) => void
  maxFileBytes?: number
  maxInflatedBytes?: number
}

/** Reads a bill; throws one sentence that begins with the file's name when it is not there, not whole, or no bill. */
export async function readBillFile(path: string, options: BillFileOptions): Promise<ReadBill> {
  const name = basename(path)
  const file = await opened(path)
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new Error(`bill ${name}: it is no file`)
    const most = options.maxFileBytes ?? MAX_FILE_BYTES
    if (stats.size > most)
      throw new Error(`bill ${name}: it has ${stats.size} bytes of at most ${most}; export one month to a file`)
    const sha256 = createHash('sha256')
    for await (const chunk of chunksOf(file)) sha256.update(chunk)
    const content = await readContent(file, stats.size, name, options)
    return { ...content, sha256: sha256.digest('hex') }
  } finally {
    await file.close()
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'it is not there; name a file that is' : `it cannot be read (${code ?? message})`
    throw new Error(`bill ${basename(path)}: ${why}`)
  }
}

async function readContent(
  file: FileHandle,
  size: number,
  name: string,
  options: BillFileOptions,
): Promise<BillContent> {
  const { provider, month, creditsApart, progress = () => {} } = options
  const request = { file: name, provider, month, creditsApart }
  const head = Buffer.alloc(4)
  const { bytesRead } = await file.read(head, 0, 4, 0)
  const magic = head.subarray(0, bytesRead).toString('latin1')
  if (magic === 'PAR1')
    return readParquetBill({ file, size, name, progress, start: (header) => startReading(header, request) })
  if (magic.startsWith('PK')) throw new Error(`bill ${name}: it is a ZIP archive; unpack it and import the file in it`)
  if (magic.startsWith('\x28\xb5\x2f\xfd')) throw new Error(`bill ${name}: it is zstd; unpack it first`)
  const isGzip = magic.startsWith('\x1f\x8b')
  const texts = isGzip ? inflated(file, name, options.maxInflatedBytes ?? MAX_INFLATED_BYTES) : chunksOf(file)
  return readCsvBill(texts, request, progress)
}

async function readCsvBill(
  chunks: AsyncIterable<Uint8Array>,
  request: BillRequest,
  progress: (rows: number) => void,
): Promise<BillContent> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = new CsvReader()
  let reading: ReturnType<typeof startReading> | null = null
  let width = 0
  let rows = 0
  const add = (records: string[][]) => {
    for (const cells of records) {
      if (reading === null) {
        width = cells.length
        reading = startReading(cells, request)
        continue
      }
      rows++
      if (cells.length !== width) {
        throw new Error(`bill ${request.file}: row ${rows} has ${cells.length} cells and the header has ${width}`)
      }
      reading.add(cells)
    }
    progress(rows)
  }
  for await (const chunk of chunks) add(named(request.file, () => reader.push(textOf(decoder, chunk))))
  add(named(request.file, () => [...reader.push(textOf(decoder)), ...reader.end()]))
  if (reading === null) throw new Error(`bill ${request.file}: it is empty`)
  return (reading as ReturnType<typeof startReading>).end()
}

function textOf(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch {
    throw new Error('it is not UTF-8 text')
  }
}

function named<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new Error(`bill ${name}: ${(error as Error).message}`)
  }
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(CHUNK)
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, CHUNK, at)
    if (bytesRead === 0) return
    yield Buffer.from(chunk.subarray(0, bytesRead))
    at += bytesRead
  }
}

async function* inflated(file: FileHandle, name: string, most: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  const source = Readable.from(chunksOf(file))
  const gunzip = createGunzip({ chunkSize: CHUNK })
  source.on('error', (error) => gunzip.destroy(error))
  try {
    for await (const chunk of source.pipe(gunzip)) {
      bytes += chunk.length
      yield chunk
      if (bytes > most) break
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (!code.startsWith('Z_')) throw error
    const why = code === 'Z_BUF_ERROR' ? `is cut off after ${bytes} bytes` : `is damaged (${message})`
    throw new Error(`bill ${name}: its gzip ${why}; fetch the file again`)
  } finally {
    source.destroy()
  }
  if (bytes > most) throw new Error(`bill ${name}: it has over ${most} bytes once inflated; export one month to a file`)
}
