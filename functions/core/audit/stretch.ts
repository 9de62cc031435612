/**
 * Stretches: which seals and rollups an audit pack must hold, so that its days can be verified by themselves. It begins with
 * the seal of the day before the first, and the rollups which that one names, and ends with the first seal that covers the
 * last day of every target.
 */
import { hourOfHead, type Seal } from '#core/seal.ts'
import { DAY_MS, isoDate, isoInstant, parseDate } from '#core/time.ts'

/** Half-open days, YYYY-MM-DD. */
export interface AuditSpan {
  from: string
  to: string // exclusive
}

export interface Stretch {
  dates: string[] // of the seals it holds, oldest first
  hours: Map<string, { from: number; to: number }> // by target; of the rollups it holds, ms since epoch, `to` exclusive
  closedThrough: Map<string, number> // by target, as the last of the seals says, ms since epoch
}

/** The last day of a span. */
export function lastDay({ to }: AuditSpan): string {
  return isoDate(parseDate(to) - DAY_MS)
}

/**
 * The stretch that proves a span, by all seals of the ledger, oldest first and sound. Throws one sentence when a day of the
 * span has no seal, or none lies in the ledger.
 */
export function stretchOf(span: AuditSpan, seals: readonly Seal[]): Stretch {
  const [first] = seals
  const newest = seals.at(-1)
  const last = lastDay(span)
  if (newest === undefined) throw new Error('no day is sealed yet; run "wharfage seal", then this again')
  if (last > newest.date) {
    const advice =
      newest.date < span.from ? 'choose earlier days' : `end with --to ${isoDate(parseDate(newest.date) + DAY_MS)}`
    throw new Error(
      `the days after ${newest.date} are not sealed, so nothing proves them; run "wharfage seal", or ${advice}`,
    )
  }
  if (last < first.date) throw new Error(`the ledger begins on ${first.date}, after the last of these days`)
  const before = seals.findLast(({ date }) => date < span.from) ?? null
  const end = seals[endOf(span, seals)]
  const held = seals.filter(({ date }) => date >= (before ?? first).date && date <= end.date)
  const stretch: Stretch = { dates: held.map(({ date }) => date), hours: new Map(), closedThrough: new Map() }
  for (const { target, head, closedThrough } of end.targets) {
    if (head === null || closedThrough === null) continue
    const known = before?.targets.find((one) => one.target === target)?.head ?? null
    stretch.hours.set(target, { from: known === null ? 0 : hourOfHead(known), to: Date.parse(closedThrough) })
    stretch.closedThrough.set(target, Date.parse(closedThrough))
  }
  return stretch
}

/** The first seal by which every target that is ever closed through the span's end is closed so. */
function endOf({ to }: AuditSpan, seals: readonly Seal[]): number {
  const end = isoInstant(parseDate(to))
  const late = (seal: Seal) => seal.targets.filter(({ closedThrough }) => closedThrough === null || closedThrough < end)
  const never = new Set(late(seals[seals.length - 1]).map(({ target }) => target))
  const isDone = (seal: Seal) => late(seal).every(({ target }) => never.has(target))
  return seals.findIndex((seal) => parseDate(seal.date) + DAY_MS >= parseDate(to) && isDone(seal))
}
