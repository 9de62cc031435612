/**
 * A zip that is written as its files come, so that it may be larger than memory. Its bytes depend on nothing but the names
 * and contents of its files and their order: not on the clock, the zone or the machine.
 */
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'

/** Zip's epoch. Its times are local ones without a zone, so a date made from local parts reads the same everywhere. */
const EPOCH = new Date(1980, 0, 1)
const UNIX = 3
const READABLE_FILE = 0o100644

/** What the format holds without an extension that not every tool reads. */
export const ZIP_FILES_AT_MOST = 65_535
export const ZIP_BYTES_AT_MOST = 2 ** 32 - 1

export interface ZipFile {
  /** Adds a file, by its path with '/' between folders, from chunks that may still be made. */
  add(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, how?: 'deflate' | 'store'): Promise<void>
  /** Writes the directory at its end. */
  end(): Promise<void>
}

/** Begins a zip; `write` gets its bytes in order. Throws one sentence when it grows past what the format holds. */
export function zipFile(write: (bytes: Uint8Array) => Promise<void>): ZipFile {
  let ready: Uint8Array[] = []
  let failed: Error | null = null
  let files = 0
  let size = 0
  const zip = new Zip((error, bytes) => {
    failed ??= error
    ready.push(bytes)
  })
  const flush = async () => {
    if (failed !== null) throw failed
    const parts = ready
    ready = []
    for (const part of parts) {
      size += part.length
      if (size > ZIP_BYTES_AT_MOST)
        throw new Error('a zip of more than 4 GB cannot be read everywhere; choose fewer days')
      await write(part)
    }
  }
  return {
    async add(path, chunks, how = 'deflate') {
      if (++files > ZIP_FILES_AT_MOST) {
        throw new Error(`a zip of more than ${ZIP_FILES_AT_MOST} files cannot be read everywhere; choose fewer days`)
      }
      const file = how === 'store' ? new ZipPassThrough(path) : new ZipDeflate(path, { level: 9 })
      Object.assign(file, { mtime: EPOCH, os: UNIX, attrs: READABLE_FILE << 16 })
      zip.add(file)
      for await (const chunk of chunks) {
        file.push(chunk as Uint8Array<ArrayBuffer>, false)
        await flush()
      }
      file.push(new Uint8Array(0), true)
      await flush()
    },
    async end() {
      zip.end()
      await flush()
    },
  }
}
