/**
 * A body that was answered: as it came, and its inflated chunks beside it only while they are few. Expositions deflate by
 * some 40 to 1, so that a large one is kept deflated and inflated anew whenever it is read.
 */
import { Readable } from 'node:stream'
import { createGunzip, gunzipSync } from 'node:zlib'

const KEPT_BYTES = 32 << 20 // of inflated chunks
export const GUNZIP_CHUNK = 1 << 20 // bytes; zlib's own 16 kB makes it five times slower

export class Body {
  size = 0 // bytes, once inflated
  private readonly wire: Buffer[] = [] // as it came; empty when that is not gzip
  private inflated: Buffer[] | null = [] // null when they are too many

  /** Adds what came of a gzip. */
  addWire(chunk: Buffer): void {
    this.wire.push(chunk)
  }

  /** Adds what was inflated; all that came without gzip is. */
  addInflated(chunk: Buffer, gzipped: boolean): void {
    this.size += chunk.length
    if (gzipped && this.size > KEPT_BYTES) this.inflated = null
    else this.inflated?.push(chunk)
  }

  /** The inflated chunks, in order; as often as asked. */
  async *chunks(): AsyncGenerator<Buffer> {
    if (this.inflated !== null) yield* this.inflated
    else yield* Readable.from(this.wire).pipe(createGunzip({ chunkSize: GUNZIP_CHUNK }))
  }

  /** All of it in one piece. */
  whole(): Buffer {
    if (this.inflated === null) return gunzipSync(Buffer.concat(this.wire), { chunkSize: GUNZIP_CHUNK })
    return this.inflated.length === 1 ? this.inflated[0] : Buffer.concat(this.inflated, this.size)
  }

  toString(): string {
    return this.whole().toString()
  }
}
