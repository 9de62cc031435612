/** A zip whose bytes depend on nothing but the names and contents of its files: not on the clock, the zone or the machine. */
import { type Zippable, zipSync } from 'fflate'

/** Zip's epoch. Its times are local ones without a zone, so a date made from local parts reads the same everywhere. */
const EPOCH = new Date(1980, 0, 1)
const UNIX = 3
const READABLE_FILE = 0o100644

/** The files, by path with '/' between folders, in the order of their names, each readable by everyone. */
export function zip(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const names = [...files.keys()].sort()
  const entries: Zippable = Object.fromEntries(names.map((name) => [name, files.get(name)!]))
  return zipSync(entries, { level: 9, mtime: EPOCH, os: UNIX, attrs: READABLE_FILE << 16 })
}
