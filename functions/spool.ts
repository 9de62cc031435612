/** The spool: a temporary file in which output is made whole before any of it is shown, however much it is. */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Writes all parts to `out`, in their order, or throws before it wrote anything. */
export async function spool(
  parts: AsyncIterable<string>,
  out: (bytes: Uint8Array) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wharfage-'))
  try {
    const file = join(folder, 'spool')
    await pipeline(Readable.from(parts), createWriteStream(file), { signal })
    for await (const bytes of createReadStream(file)) await out(bytes as Uint8Array)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
