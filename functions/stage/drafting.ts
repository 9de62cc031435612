/** Drafting: what left a ledger's meshes in a span and no entry of the register is for. Reads, and writes nothing. */
import { type Edge, edgesOf } from '#core/edge.ts'
import { type Draft, Drafting } from '#core/register/draft.ts'
import type { DraftSpan } from '#core/register/draft-text.ts'
import type { Register } from '#core/register/register.ts'
import { DAY_MS, dayOf, eachDay, isoDate } from '#core/time.ts'
import type { Store } from '../store/store.ts'
import { readLedger, readRecords } from './ledger.ts'

export interface DraftRequest {
  from: number | null // ms since epoch, the start of a day; null: `days` before the end
  to: number | null // likewise, exclusive; null: the end of the newest day there is
  days: number
  target?: string
  register: Register | null
  isEgress(edge: Edge): boolean // false for what Istio's configuration says is inside the mesh
  progress?: (day: string) => void
}

/** Throws one sentence when the ledger has nothing in the span. */
export async function draftRegister(store: Store, request: DraftRequest): Promise<Draft & { span: DraftSpan }> {
  const { days, target, register, isEgress, progress = () => {} } = request
  const targets = await readLedger(store, target)
  if (targets.length === 0) {
    const what = target === undefined ? 'the ledger has no target yet' : `the ledger has no target "${target}"`
    throw new Error(`${what}; run "wharfage scrape" first`)
  }
  const newest = Math.max(...targets.map(({ watermark, closedThrough }) => Math.max(watermark, closedThrough) - 1))
  const to = request.to ?? dayOf(newest) + DAY_MS
  const from = request.from ?? to - days * DAY_MS
  const drafting = new Drafting(register)
  let hours = 0
  for (const day of eachDay(from, to)) {
    const period = { from: day, to: day + DAY_MS }
    progress(isoDate(day))
    for (const target of targets) {
      const records = await readRecords(store, target, period)
      hours += records.length
      drafting.add(isoDate(day), edgesOf(records).filter(isEgress))
    }
  }
  const span = { from: isoDate(from), through: isoDate(to - DAY_MS) }
  if (hours === 0)
    throw new Error(`the ledger has no hour from ${span.from} through ${span.through}; ask for another span`)
  return { ...drafting.draft(), span }
}
