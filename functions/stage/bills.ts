/**
 * The bills in a store: recording them, and which one holds. Nothing that was imported is ever changed: a newer import of
 * the same month, provider and billing accounts stands beside the older and takes its place.
 */
import type { Bill } from '#core/bills/bill.ts'
import type { BillContent } from '#core/bills/reading.ts'
import { decodeBill, encodeBill, isSameBill } from '#core/bills/stored-bill.ts'
import { sha256 } from '#core/hash.ts'
import { type BillPlace, billKey, billPrefix, billsPrefix, parseBillKey } from '#core/keys.ts'
import { compareText, distinct } from '#core/order.ts'
import { isoInstant, SECOND_MS } from '#core/time.ts'
import type { Store } from '../store/store.ts'
import { readRecorded } from './recorded.ts'

/** A bill that holds, and how many older imports it took the place of. */
export interface HeldBill {
  bill: Bill
  key: string
  replaced: number
}

export interface RecordedBill {
  isNew: boolean // false: the same bill holds already, and nothing was written
  key: string
  replaced: string // key of the import whose place it takes; '' for none
}

/**
 * Records a bill, unless the same holds already. Throws one sentence when its billing accounts are some of those of a bill
 * that holds, but not the same, so that one part of it would count twice; of a bill that names none, any may be.
 */
export async function recordBill(
  store: Store,
  content: BillContent & { sha256: string },
  now: () => number = Date.now,
): Promise<RecordedBill> {
  const { month, provider, payers } = content
  const held = await (await Bills.read(store, billPrefix(month, provider))).of(month)
  const bill: Bill = { schema: 1, ...content, imported: importedAt(now(), held) }
  const before = held.find((one) => one.bill.payers.join('\0') === payers.join('\0'))
  if (before !== undefined && isSameBill(before.bill, bill)) return { isNew: false, key: before.key, replaced: '' }
  const isOfSame = ({ bill: one }: HeldBill) =>
    one.payers.length === 0 || payers.length === 0 || one.payers.some((payer) => payers.includes(payer))
  const overlapping = held.find((one) => one !== before && isOfSame(one))
  if (overlapping !== undefined) {
    throw new Error(
      `bill ${content.file}: it is of ${shown(payers)}, and ${overlapping.key} is of ${shown(overlapping.bill.payers)}; import a file of the same billing accounts, or of others`,
    )
  }
  const bytes = encodeBill(bill)
  const key = billKey({ month, provider, imported: bill.imported, sha256: sha256(bytes) })
  const put = await store.put(key, bytes, 'absent')
  if (put.outcome === 'refused') throw new Error(`bill ${key} is being imported elsewhere; run it again`)
  return { isNew: true, key, replaced: before?.key ?? '' }
}

/** All bills of a store: listed once, and read when they are asked for. */
export class Bills {
  readonly #store: Store
  readonly #places: readonly BillPlace[] // by month, provider and when they were imported
  readonly #read = new Map<string, Promise<Bill>>() // by key

  private constructor(store: Store, places: readonly BillPlace[]) {
    this.#store = store
    this.#places = places
  }

  /** Lists what a store has, or what of it lies under a prefix. */
  static async read(store: Store, prefix = billsPrefix): Promise<Bills> {
    const keys = (await store.list(prefix)).map(({ key }) => key).sort(compareText)
    return new Bills(
      store,
      keys.map(parseBillKey).filter((place) => place !== null),
    )
  }

  /** What was ever imported, by month, then by provider, then as imported. */
  all(): readonly BillPlace[] {
    return this.#places
  }

  /** Months (YYYY-MM) that have a bill, oldest first. */
  months(): string[] {
    return distinct(this.#places.map(({ month }) => month))
  }

  /** The newest bill of each provider and its billing accounts, in one month, by provider and accounts. */
  async of(month: string): Promise<HeldBill[]> {
    const held = new Map<string, HeldBill>()
    for (const place of this.#places.filter((one) => one.month === month)) {
      const bill = await this.bill(place)
      const of = `${place.provider}\0${bill.payers.join('\0')}`
      const before = held.get(of)
      held.set(of, { bill, key: billKey(place), replaced: before === undefined ? 0 : before.replaced + 1 })
    }
    return [...held].sort(([a], [b]) => compareText(a, b)).map(([, one]) => one)
  }

  /** One bill; throws one sentence when it is not there, not as it was imported, or of a newer version. */
  bill(place: BillPlace): Promise<Bill> {
    const key = billKey(place)
    const known = this.#read.get(key) ?? this.#get(key, place)
    this.#read.set(key, known)
    return known
  }

  async #get(key: string, place: BillPlace): Promise<Bill> {
    return decodeBill(await readRecorded(this.#store, 'bill', key, place.sha256), key)
  }
}

/** Now, in whole seconds, and after every bill that holds, since the order of keys tells which is the newest. */
function importedAt(now: number, held: readonly HeldBill[]): string {
  const newest = Math.max(0, ...held.map(({ bill }) => Date.parse(bill.imported) + SECOND_MS))
  return isoInstant(Math.max(Math.floor(now / SECOND_MS) * SECOND_MS, newest))
}

function shown(payers: readonly string[]): string {
  return payers.length === 0 ? 'no named account' : payers.slice(0, 3).join(', ') + (payers.length > 3 ? ', …' : '')
}
