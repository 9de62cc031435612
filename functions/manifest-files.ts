/** The files of manifests: those that are named, and those in folders that are, in one order on every machine. */
import { isUtf8 } from 'node:buffer'
import { lstat, open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { compareText } from '#core/order.ts'

const MAX_FILES = 10_000
const MAX_BYTES = 16_000_000 // of one file
const MAX_ALL_BYTES = 128_000_000 // of all of them
const MAX_FOLDERS = 50 // deep
const MANIFEST = /\.(?:ya?ml|json)$/i

/** Where manifests are read, in place of a path. */
export const STANDARD_INPUT = '-'

export interface ManifestFile {
  name: string // from the last part of the path that was given on, so that it is the same on every machine
  text: string
}

/** What is wrong with a file as a whole. */
export class ManifestFileError extends Error {
  readonly file: string

  constructor(file: string, message: string) {
    super(message)
    this.name = 'ManifestFileError'
    this.file = file
  }
}

/** Reads manifests one after another, so that only one is held at a time; throws ManifestFileError for what cannot be. */
export async function* manifestFiles(
  paths: readonly string[],
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<ManifestFile> {
  let files = 0
  let all = 0
  for (const path of paths) {
    for (const file of path === STANDARD_INPUT ? [{ name: '(standard input)', path }] : await filesUnder(path)) {
      files++
      if (files > MAX_FILES)
        throw new ManifestFileError(file.name, `is one of more than ${MAX_FILES} files; name fewer`)
      const bytes = path === STANDARD_INPUT ? await readBounded(input, file.name) : await readFile(file.path, file.name)
      all += bytes.length
      if (all > MAX_ALL_BYTES)
        throw new ManifestFileError(file.name, `goes beyond ${MAX_ALL_BYTES} bytes of manifests in all`)
      if (!isUtf8(bytes)) throw new ManifestFileError(file.name, 'is not UTF-8 text')
      yield { name: file.name, text: new TextDecoder().decode(bytes) }
    }
  }
}

async function filesUnder(path: string): Promise<{ name: string; path: string }[]> {
  const name = basename(path)
  try {
    const found = await stat(path)
    if (!found.isDirectory()) return [{ name, path }]
    return await filesIn(path, name, 1)
  } catch (error) {
    if (error instanceof ManifestFileError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new ManifestFileError(path, 'is not there; name a file or a folder that is')
    throw new ManifestFileError(path, `cannot be read (${code ?? message})`)
  }
}

/** Hidden names are left out: version control's own, and what Kubernetes' mounts link to. */
async function filesIn(folder: string, name: string, depth: number): Promise<{ name: string; path: string }[]> {
  if (depth > MAX_FOLDERS) throw new ManifestFileError(name, `lies more than ${MAX_FOLDERS} folders deep`)
  const found: { name: string; path: string }[] = []
  for (const entry of (await readdir(folder)).sort(compareText)) {
    if (entry.startsWith('.')) continue
    const place = { name: `${name}/${entry}`, path: join(folder, entry) }
    if ((await lstat(place.path)).isDirectory()) found.push(...(await filesIn(place.path, place.name, depth + 1)))
    else if (MANIFEST.test(entry) && (await stat(place.path)).isFile()) found.push(place)
    if (found.length > MAX_FILES) throw new ManifestFileError(name, `has more than ${MAX_FILES} files; name fewer`)
  }
  return found
}

async function readFile(path: string, name: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      if (size > MAX_BYTES) throw tooLong(name)
      return await readBounded(file.createReadStream({ autoClose: false }), name)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof ManifestFileError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    throw new ManifestFileError(name, `cannot be read (${code ?? message})`)
  }
}

async function readBounded(stream: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length > MAX_BYTES) throw tooLong(name)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLong(name: string): ManifestFileError {
  return new ManifestFileError(name, `has more than ${MAX_BYTES} bytes; split it`)
}
