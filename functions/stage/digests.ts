/**
 * The digests of a ledger's days: read from the store where a closed day has one, made from its rollups where it has none
 * or one that cannot be read. Those of open days are made and never stored.
 */
import { EXPORT_COLUMNS, exportRows, exportValues } from '#core/columns.ts'
import { formatCsv } from '#core/csv.ts'
import { dayReport } from '#core/day.ts'
import { type DayDigest, decodeDigest, digestOf, encodeDigest } from '#core/digest.ts'
import type { TargetState } from '#core/hour-record.ts'
import { digestKey } from '#core/keys.ts'
import type { Download } from '#core/report.ts'
import { DAY_MS, parseDate } from '#core/time.ts'
import type { Store } from '../store/store.ts'
import { type LedgerTarget, type ReadRecord, readRecords } from './ledger.ts'
import { describe } from './rendering.ts'

export interface DigestSettings {
  store: Store // of the ledger
  targets: readonly LedgerTarget[]
  /** Writes every flow of a day, of which a digest knows no more than how it was described. */
  writeFlows(date: string, bytes: Uint8Array, about: Download): Promise<void>
  /** Whether a stored digest is of what the ledger holds now. */
  isRight(digest: DayDigest): boolean
  /** Told of each digest that was made, once it is stored if it is of a closed day. */
  made(digest: DayDigest, isClosed: boolean): void
}

/** As many as the pages of one day look back at, and some more. */
const KEPT = 48

export class Digests {
  readonly #settings: DigestSettings
  readonly #kept = new Map<string, Promise<DayDigest>>() // by date, least recently asked for first

  constructor(settings: DigestSettings) {
    this.#settings = settings
  }

  /** The digest of a day (YYYY-MM-DD) that is closed. */
  of(date: string): Promise<DayDigest> {
    return this.#keep(date, this.#kept.get(date) ?? this.#read(date).then((digest) => digest ?? this.#makeClosed(date)))
  }

  /** The same, made from the rollups whatever is stored. */
  remake(date: string): Promise<DayDigest> {
    return this.#keep(date, this.#makeClosed(date))
  }

  /** The digest of a day as it is while some of it is open. */
  open(date: string): Promise<DayDigest> {
    return this.#keep(date, this.#kept.get(date) ?? this.#makeOpen(date))
  }

  #keep(date: string, digest: Promise<DayDigest>): Promise<DayDigest> {
    this.#kept.delete(date)
    this.#kept.set(date, digest)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT) this.#kept.delete(oldest)
    return digest
  }

  async #read(date: string): Promise<DayDigest | null> {
    const { store, isRight } = this.#settings
    const key = digestKey(date)
    const stored = await store.get(key)
    if (stored === null) return null
    try {
      const digest = decodeDigest(stored.bytes, key)
      return digest.date === date && isRight(digest) ? digest : null
    } catch {
      return null // damaged, or of another version: it is made again
    }
  }

  async #makeClosed(date: string): Promise<DayDigest> {
    const digest = asOver(await this.#make(date))
    await this.#settings.store.put(digestKey(date), encodeDigest(digest), 'always')
    this.#settings.made(digest, true)
    return digest
  }

  async #makeOpen(date: string): Promise<DayDigest> {
    const digest = await this.#make(date)
    this.#settings.made(digest, false)
    return digest
  }

  async #make(date: string): Promise<DayDigest> {
    const { store, targets, writeFlows } = this.#settings
    const day = parseDate(date)
    const period = { from: day, to: day + DAY_MS }
    const records: ReadRecord[] = []
    for (const target of targets) records.push(...(await readRecords(store, target, period)))
    const rows = exportRows([period], targets, records).map(exportValues)
    const flows = Buffer.from(formatCsv(EXPORT_COLUMNS, rows))
    const about = describe('flows.csv', 'Every flow of the day', flows, rows.length)
    await writeFlows(date, flows, about)
    return digestOfRecords(targets, date, records, [about])
  }
}

/** The digest of a day (YYYY-MM-DD) from its records alone. */
export function digestOfRecords(
  targets: readonly TargetState[],
  date: string,
  records: readonly ReadRecord[],
  downloads: Download[] = [],
): DayDigest {
  // The title is the site's; whoever renders the day puts it in.
  const report = dayReport({ title: '', previous: null, next: null, day: parseDate(date), targets, records })
  const rollups = records.flatMap(({ target, rollup }) => (rollup === null ? [] : { target, ...rollup }))
  return digestOf(date, { ...report, downloads }, records, rollups)
}

/** Of a target that was waited for in vain some hours are open; the day is over all the same. */
function asOver(digest: DayDigest): DayDigest {
  const hours = digest.day.hours.map((hour) => ({ ...hour, provisional: false }))
  return { ...digest, day: { ...digest.day, provisional: false, hours } }
}
