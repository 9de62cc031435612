/** Rollup files: a ledger's rollups as files of this machine, for readers that know nothing else. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mapConcurrently, READS_AT_A_TIME } from './concurrency.ts'
import type { Store } from './store/store.ts'

export interface FetchProgress {
  fetched: number // rollups
  of: number
}

export interface FetchOptions {
  progress?: (progress: FetchProgress) => void
  stop?: AbortSignal // ends it with a throw
}

/**
 * Copies rollups of a store into a folder, each under its key, and gives the files' paths in the keys' order. Throws one
 * sentence when a rollup is gone or cannot be read; what was copied before that stays.
 */
export async function fetchRollups(
  store: Store,
  keys: readonly string[],
  folder: string,
  { progress = () => {}, stop }: FetchOptions = {},
): Promise<{ path: string }[]> {
  const files: { path: string }[] = []
  const fetched = mapConcurrently(keys, READS_AT_A_TIME, async (key) => {
    if (stop?.aborted) throw new Error(`query: stopped after ${files.length} of ${keys.length} rollups`)
    const object = await store.get(key)
    if (object === null) throw new Error(`rollup ${key} was listed and is gone; run "verify"`)
    const path = join(folder, key)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, object.bytes, { mode: 0o600 })
    return path
  })
  for await (const path of fetched) {
    files.push({ path })
    progress({ fetched: files.length, of: keys.length })
  }
  return files
}
