/** The files of a published site: what is there, and writing to it. */
import { readFile } from 'node:fs/promises'
import type { PublishedPage } from '#core/published.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { Site, SiteAsset } from '../pages.ts'
import type { Store } from '../store/store.ts'

const ASSETS_AT_A_TIME = 8

/** Where pages of days lie: by far the most files, most of which nobody will ever write again. */
const DAYS = 'days/'

export interface RecordedFiles {
  files: ReadonlyMap<string, string> // by key: the etag each got; what was written before
  since: string // YYYY-MM: files of days of earlier months are not looked at
  month: string | null // YYYY-MM: but for those of this one
}

export class SiteFiles {
  readonly there: Map<string, string> // by key: its etag
  readonly #out: Store
  written = 0

  private constructor(out: Store, there: Map<string, string>) {
    this.#out = out
    this.there = there
  }

  /** All files that are there. */
  static async listed(out: Store): Promise<SiteFiles> {
    return new SiteFiles(out, etagsOf(await out.list('')))
  }

  /**
   * The files that are there, as far as they are looked at, and of the others what was recorded: at a cost that does not
   * grow with the number of past days. When anything is missing that was recorded, all are looked at.
   */
  static async looked(out: Store, { files, since, month }: RecordedFiles): Promise<SiteFiles> {
    const prefix = month === null ? null : `${DAYS}${month}-`
    const isPassedOver = (key: string) =>
      key.startsWith(DAYS) && key < DAYS + since && !(prefix !== null && key.startsWith(prefix))
    const before = new Set(
      [...files.keys()].filter((key) => key < DAYS).map((key) => /^[^/]*\/?/.exec(key)?.[0] ?? key),
    )
    const lists: [prefix: string, after: string][] = [
      ['', DAYS + since],
      ...(prefix === null ? [] : [prefix]).concat(...before).map((each): [string, string] => [each, '']),
    ]
    const there = new Map([...files].filter(([key]) => isPassedOver(key)))
    for await (const objects of mapConcurrently(lists, READS_AT_A_TIME, (given) => out.list(...given))) {
      for (const { key, etag } of objects) there.set(key, etag)
    }
    const missing = [...files.keys()].some((key) => !there.has(key))
    return missing ? SiteFiles.listed(out) : new SiteFiles(out, there)
  }

  /** Writes a file, whatever is there, and gives the etag it got. */
  async write(key: string, bytes: Uint8Array): Promise<string> {
    const result = await this.#out.put(key, bytes, 'always')
    if (result.outcome === 'refused') throw new Error(`publish: ${key} was refused by the site's store`)
    this.there.set(key, result.etag)
    this.written++
    return result.etag
  }

  /** Writes the assets that are not there as they were written; an immutable one is the same in every version. */
  async writeAssets(site: Site, known: PublishedPage): Promise<PublishedPage> {
    const files: PublishedPage['files'] = {}
    const writeAsset = async ({ path, filePath, immutable }: SiteAsset) => {
      const asBefore = known.files[path] !== undefined && known.files[path] === this.there.get(path)
      const isRight = asBefore && (immutable || known.frame === site.version)
      files[path] = isRight ? known.files[path] : await this.write(path, await readFile(filePath))
    }
    await Array.fromAsync(mapConcurrently(site.assets(), ASSETS_AT_A_TIME, writeAsset))
    return { frame: site.version, report: '', files }
  }
}

function etagsOf(objects: Awaited<ReturnType<Store['list']>>): Map<string, string> {
  return new Map(objects.map(({ key, etag }) => [key, etag]))
}
