/** Which days of a ledger are sealed, and so can be audited. */
import { parseSealKey, sealsPrefix } from '#core/keys.ts'
import { compareText } from '#core/order.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'
import type { Store } from '../store/store.ts'

/** Half-open days from the first seal to the newest; both '' when there is none. */
export async function auditDays(store: Store): Promise<{ from: string; to: string }> {
  const dates = (await store.list(sealsPrefix)).map(({ key }) => parseSealKey(key)).filter((date) => date !== null)
  const [first, last] = [dates.toSorted(compareText)[0], dates.toSorted(compareText).at(-1)]
  if (first === undefined || last === undefined) return { from: '', to: '' }
  return { from: first, to: isoDate(parseDate(last) + DAY_MS) }
}
