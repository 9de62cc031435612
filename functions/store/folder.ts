/**
 * A store in a folder, shared by any number of processes of one machine, without locks that a crash could leave behind.
 *
 * An object that is written once is a file. Its bytes are written and synced under `.incoming/` and then get their name
 * by link(), which fails when the name is taken: the object appears whole or not at all, and once.
 *
 * An object that is replaced by etag (isMutable) is a folder `<key>@`, since no system call replaces a file on condition
 * that it is still the same one:
 *
 *     checkpoints/prod-eu@/000000000007-<sha256>-<nonce>            the bytes of generation 7, kept for a while
 *     checkpoints/prod-eu@/000000000008-<sha256>-<nonce>            the bytes of generation 8
 *     checkpoints/prod-eu@/000000000008-<sha256>-<nonce>.current    empty; its name is the etag
 *
 * - Replacing: write and sync generation n+1 under a name nobody else has, then rename the pointer from the old etag to
 *   the new one. rename() fails when its source is gone, so of all writers that read generation n exactly one succeeds,
 *   and it is compare and swap in one system call. Generations only grow and no etag ever comes back, so a writer that
 *   slept for a week finds its pointer gone like any other loser; it removes its bytes and is refused. (Numbered files
 *   claimed by link() alone cannot tell such a sleeper, whose number was pruned meanwhile, from a winner on whose
 *   number others have built already.)
 * - Creating: the folder is made whole under `.incoming/`, bytes and pointer, and renamed into place, which fails when a
 *   folder that is not empty is there. It is never removed, so this succeeds once.
 * - Reading: find the pointer, read what it names. A listing that overlaps a rename may show no pointer or two: none
 *   means look again, of two the newer holds. The last three generations stay, for slow readers and for an operator.
 * - A crash leaves the old pointer or the new one. What else it leaves is never looked at: bytes without a pointer,
 *   removed three generations later, and files under `.incoming/`, which may be deleted while nothing runs.
 *
 * The calls are synchronous: on a local disk each takes microseconds, a tenth of its way through the thread pool.
 */
import { randomBytes } from 'node:crypto'
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { sha256 } from '#core/hash.ts'
import { checkKey, checkPrefix, isKey, isMutable } from '#core/keys.ts'
import type { Condition, Etag, ListedObject, ObjectHead, PutResult, Store, StoredObject } from './store.ts'

const KEPT_GENERATIONS = 3
const POINTER = /^\d{12}-[0-9a-f]{64}-[0-9a-f]{16}\.current$/
const REFUSED: PutResult = { outcome: 'refused' }

export interface FolderOptions {
  durable?: boolean // sync files and folders, so that what was written survives a power cut; default true
}

/** The objects below a folder, which is created by the first write; a folder that is not there is an empty store. */
export function folderStore(dir: string, { durable = true }: FolderOptions = {}): Store {
  const incoming = join(dir, '.incoming')

  function putOnce(path: string, bytes: Uint8Array, condition: 'always' | 'absent'): PutResult {
    const temporary = join(makeFolders(dir, ['.incoming'], durable), nonce())
    try {
      const etag = fileEtag(writeNew(temporary, bytes, durable))
      if (condition === 'always') renameSync(temporary, path)
      else if (!succeeds(() => linkSync(temporary, path), 'EEXIST')) return REFUSED
      if (durable) syncFolder(dirname(path))
      return { outcome: 'written', etag }
    } finally {
      remove(temporary)
    }
  }

  function createMutable(folder: string, bytes: Uint8Array): PutResult {
    if (currentEtag(folder) !== null) return REFUSED
    makeFolders(dir, ['.incoming'], durable)
    const temporary = join(incoming, nonce())
    try {
      const etag = mutableEtag(1, bytes)
      mkdirSync(temporary)
      writeNew(join(temporary, etag), bytes, durable)
      writeNew(join(temporary, `${etag}.current`), new Uint8Array(0), durable)
      if (durable) syncFolder(temporary)
      if (!succeeds(() => renameSync(temporary, folder), 'ENOTEMPTY', 'EEXIST')) return REFUSED
      if (durable) syncFolder(dirname(folder))
      return { outcome: 'written', etag }
    } finally {
      rmSync(temporary, { force: true, recursive: true })
    }
  }

  function replaceMutable(folder: string, bytes: Uint8Array, previous: Etag): PutResult {
    if (currentEtag(folder) !== previous) return REFUSED
    const generation = generationOf(previous) + 1
    const etag = mutableEtag(generation, bytes)
    const path = join(folder, etag)
    try {
      writeNew(path, bytes, durable)
      // The new bytes' name must be on disk before a pointer that names them can be.
      if (durable) syncFolder(folder)
    } catch (error) {
      remove(path)
      throw error
    }
    // Should this throw, the pointer may name the new bytes already: they stay.
    if (!succeeds(() => renameSync(pointer(folder, previous), pointer(folder, etag)), 'ENOENT')) {
      remove(path)
      return REFUSED
    }
    if (durable) syncFolder(folder)
    for (const name of readdirSync(folder)) {
      if (generationOf(name) <= generation - KEPT_GENERATIONS) remove(join(folder, name))
    }
    return { outcome: 'written', etag }
  }

  function putMutable(folder: string, bytes: Uint8Array, condition: Condition): PutResult {
    if (condition === 'absent') return createMutable(folder, bytes)
    if (condition !== 'always') return replaceMutable(folder, bytes, condition.ifMatch)
    for (;;) {
      const etag = currentEtag(folder)
      const result = etag === null ? createMutable(folder, bytes) : replaceMutable(folder, bytes, etag)
      if (result.outcome === 'written') return result
    }
  }

  function read(key: string): StoredObject | null {
    const segments = checkKey(key).split('/')
    const parent = findFolder(dir, segments.slice(0, -1))
    if (parent === null) return null
    const path = join(parent, segments[segments.length - 1])
    return isMutable(key) ? readMutable(`${path}@`) : readFile(path)
  }

  return {
    get: (key) => explained(dir, 'read', key, () => read(key)),

    head: (key) =>
      explained(dir, 'read', key, (): ObjectHead | null => {
        const object = read(key)
        return object && { etag: object.etag, size: object.bytes.length, sha256: sha256(object.bytes) }
      }),

    put: (key, bytes, condition) =>
      explained(dir, 'write', key, () => {
        const segments = checkKey(key).split('/')
        if (!isMutable(key) && typeof condition === 'object') throw new Error('only checkpoints are replaced by etag')
        const path = join(makeFolders(dir, segments.slice(0, -1), durable), segments[segments.length - 1])
        return isMutable(key)
          ? putMutable(`${path}@`, bytes, condition)
          : putOnce(path, bytes, condition as 'always' | 'absent')
      }),

    list: (prefix, after = '') =>
      explained(dir, 'list', prefix, () => {
        checkPrefix(after)
        const segments = checkPrefix(prefix).split('/').slice(0, -1)
        const folder = findFolder(dir, segments)
        if (folder === null) return []
        const objects = listFolder(folder, segments.map((segment) => `${segment}/`).join(''), { prefix, after })
        return objects.sort((a, b) => (a.key < b.key ? -1 : 1))
      }),
  }
}

/** The etag a mutable object's pointer bears, or null when the object has never been created. */
function currentEtag(folder: string): Etag | null {
  if (findFolder(dirname(folder), [basename(folder)]) === null) return null
  for (let attempt = 0; attempt < 1000; attempt++) {
    const names = readdirSync(folder)
    const newest = names
      .filter((name) => POINTER.test(name))
      .sort()
      .at(-1)
    if (newest !== undefined) return newest.slice(0, -'.current'.length)
  }
  throw new Error(`${folder} names no current generation; rename the newest one's .current file back into it`)
}

function readMutable(folder: string): StoredObject | null {
  for (;;) {
    const etag = currentEtag(folder)
    if (etag === null) return null
    const object = readFile(join(folder, etag))
    if (object === null) {
      if (currentEtag(folder) === etag) throw new Error(`the bytes of its current generation ${etag} are gone`)
      continue // three generations came while we looked
    }
    if (sha256(object.bytes) !== etag.split('-')[1]) {
      throw new Error(`the bytes of its current generation ${etag} are not those that were written; restore them`)
    }
    return { bytes: object.bytes, etag }
  }
}

function readFile(path: string): StoredObject | null {
  const file = orNull(() => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW), 'ENOENT')
  if (file === null) return null
  try {
    const stats = fstatSync(file, { bigint: true })
    return stats.isFile() ? { bytes: new Uint8Array(readFileSync(file)), etag: fileEtag(stats) } : null
  } finally {
    closeSync(file)
  }
}

interface Listing {
  prefix: string
  after: string // a key or the beginning of one, exclusive; '' for none
}

function listFolder(folder: string, keyOfFolder: string, listing: Listing): ListedObject[] {
  const { prefix, after } = listing
  const objects: ListedObject[] = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const key = keyOfFolder + entry.name
    const mutableKey = key.endsWith('@') && entry.isDirectory() ? key.slice(0, -1) : ''
    if (entry.name.startsWith('.') || !(key.startsWith(prefix) || mutableKey.startsWith(prefix))) continue
    if (entry.isSymbolicLink()) throw new Error(`${key} is a symbolic link and none is followed; move its target here`)
    if (isMutable(mutableKey)) {
      const object = mutableKey > after ? readMutable(path) : null
      if (object !== null) objects.push({ key: mutableKey, size: object.bytes.length, etag: object.etag })
    } else if (entry.isDirectory()) {
      // What lies below a folder that comes before `after` and does not hold it comes before it, too.
      if (`${key}/` > after || after.startsWith(`${key}/`)) objects.push(...listFolder(path, `${key}/`, listing))
    } else if (key > after && isKey(key)) {
      const stats = lstatSync(path, { bigint: true })
      objects.push({ key, size: Number(stats.size), etag: fileEtag(stats) })
    }
  }
  return objects
}

/** The folder below dir by these names, or null when there is none; throws when it would have to follow a link. */
function findFolder(dir: string, segments: readonly string[]): string | null {
  let folder = dir
  for (const segment of segments) {
    folder = join(folder, segment)
    const stats = orNull(() => lstatSync(folder), 'ENOENT')
    if (stats?.isSymbolicLink())
      throw new Error(`${folder} is a symbolic link and none is followed; move its target here`)
    if (!stats?.isDirectory()) return null
  }
  return orNull(() => lstatSync(folder), 'ENOENT') === null ? null : folder
}

/** The same folder, made where it is missing and, if durable, there after a power cut too. */
function makeFolders(dir: string, segments: readonly string[], durable: boolean): string {
  const found = findFolder(dir, segments)
  if (found !== null) return found
  const folder = join(dir, ...segments)
  makeFolder(folder, durable)
  if (findFolder(dir, segments) === null) throw new Error(`${folder} is no folder; move it away`)
  return folder
}

// Not mkdir's own recursion: it cannot say which folders it made, and never ends where the system refuses with ENOENT.
function makeFolder(path: string, durable: boolean): void {
  if (orNull(() => statSync(path), 'ENOENT') !== null) return
  makeFolder(dirname(path), durable)
  if (succeeds(() => mkdirSync(path), 'EEXIST') && durable) syncFolder(dirname(path))
}

function writeNew(path: string, bytes: Uint8Array, durable: boolean): BigIntStats {
  const file = openSync(path, 'wx')
  try {
    writeFileSync(file, bytes)
    if (durable) fsyncSync(file)
    return fstatSync(file, { bigint: true })
  } finally {
    closeSync(file)
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function fileEtag(stats: BigIntStats): Etag {
  return `${stats.ino}-${stats.mtimeNs}-${stats.size}`
}

function mutableEtag(generation: number, bytes: Uint8Array): Etag {
  return `${String(generation).padStart(12, '0')}-${sha256(bytes)}-${nonce()}`
}

/** Of an etag or of the name of a file that begins with one. */
function generationOf(etag: Etag): number {
  return Number(etag.slice(0, 12))
}

function pointer(folder: string, etag: Etag): string {
  return join(folder, `${etag}.current`)
}

function nonce(): string {
  return randomBytes(8).toString('hex')
}

function orNull<T>(work: () => T, ...codes: string[]): T | null {
  try {
    return work()
  } catch (error) {
    if (codes.includes(codeOf(error))) return null
    throw error
  }
}

/** Removes a file that may be gone already. */
function remove(path: string): void {
  succeeds(() => unlinkSync(path), 'ENOENT')
}

function succeeds(work: () => void, ...codes: string[]): boolean {
  const done = orNull(
    () => {
      work()
      return true
    },
    ...codes,
  )
  return done === true
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

const REMEDIES: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: 'the disk quota is used up; free some space',
  EACCES: 'permission denied; give this user the folder',
  EPERM: 'not permitted, or the file system has no hard links; use another folder',
  ENOTSUP: 'the file system has no hard links; use another folder',
  EROFS: 'the file system is read-only; use another folder',
  EMFILE: 'too many files are open; raise the limit',
  EIO: 'the disk failed; look at the system log',
  ELOOP: 'it is a symbolic link and none is followed; move its target here',
  ENOTDIR: 'a file is where a folder should be; move it away',
  EISDIR: 'a folder is where a file should be; move it away',
}

async function explained<T>(dir: string, verb: string, key: string, work: () => T): Promise<T> {
  try {
    return work()
  } catch (error) {
    const code = codeOf(error)
    const why = code === '' ? (error as Error).message : `${REMEDIES[code] ?? (error as Error).message} (${code})`
    throw new Error(`store ${dir}: cannot ${verb} ${key === '' ? 'it' : key}: ${why}`, {
      cause: error,
    })
  }
}
