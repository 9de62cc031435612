/**
 * Seal: writes the seal of every UTC day that is over and has none yet, oldest first.
 *
 * What a target adds to a seal is walked before it is sealed: from the head that the seal before holds, read and hashed
 * again, to the day's last rollup, whose own hash the next rollup or the checkpoint vouches for. A target that is behind,
 * or whose chain does not hold, is waited for until `patienceHours` after the day's end; then the day is sealed without what
 * is missing, and its seal says how far that target was closed. One that was behind the day before is not waited for
 * again, so that a target nobody scrapes any more holds up no other.
 */
import { verifyChain } from '#core/chain.ts'
import { sha256 } from '#core/hash.ts'
import { parseSealKey, rollupKey, sealKey, sealsPrefix } from '#core/keys.ts'
import type { ChainLink } from '#core/rollup.ts'
import {
  closedThroughOf,
  decodeSeal,
  encodeSeal,
  hourOfHead,
  SEAL_SCHEMA,
  type Seal,
  type SealedTarget,
  type SealLink,
} from '#core/seal.ts'
import { DAY_MS, dayOf, eachDay, HOUR_MS, isoDate, isoInstant, parseDate } from '#core/time.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { Signer } from '../signing/signer.ts'
import type { PutResult, Store } from '../store/store.ts'
import { type LedgerTarget, readLedger } from './ledger.ts'
import { signSeals } from './sign.ts'
import { readStoredRollup } from './stored-rollup.ts'

export interface SealOptions {
  now?: () => number // ms since epoch
  settleHours?: number // from a day's end until it is sealed at the earliest; default 2
  patienceHours?: number // from a day's end until it is sealed without what is missing; default 24
  days?: number // sealed at most in this run; default 400
  outOfTime?: () => boolean // asked before each day; once true, the days that are left wait for the next run
  progress?: (date: string) => void // told of each day that was sealed
  signer?: () => Promise<Signer | null> // opened once the days are sealed; signs every seal that has no signature
}

/** What one run did, for a log line. */
export interface SealSummary {
  sealed: string[] // dates, oldest first
  signed: string[] // likewise, of seals that were signed now, those of earlier runs among them
  newest: (SealLink & { date: string }) | null // the newest seal there is: what to keep elsewhere
  remaining: number // days that are over, settled and not sealed yet
  waiting: string[] // why the next of them is not sealed yet, a sentence for each target
  notes: string[] // of the day sealed last: who was not closed through its end, and whether another run's seal stands
}

/**
 * A target's chain does not hold, or seals could not be signed: an alarm. The days were sealed all the same, but nothing of
 * that target was.
 */
export class SealRefusal extends Error {
  readonly summary: SealSummary

  constructor(message: string, summary: SealSummary) {
    super(message)
    this.summary = summary
  }
}

/** A seal that is there. */
interface Standing {
  seal: Seal
  link: SealLink
}

/** The ledger as one run finds it, and what the run learns of it. */
interface Run {
  store: Store
  targets: ReadonlyMap<string, LedgerTarget>
  refusals: Map<string, string> // by target, a sentence; a chain that does not hold is not walked again in the run
}

/** A day's seal as the ledger is now. */
interface Draft {
  targets: SealedTarget[]
  late: SealedTarget[] // of them, who is not closed through the day's end
  waitedFor: SealedTarget[] // of those, who was not late the day before
}

/** One target's part of a seal. */
interface Part {
  sealed: SealedTarget
  refusal: string // why its chain does not hold; '' when it does
}

const PUT_TRIES = 3

/** Seals the days that are due. Throws one sentence when it cannot, and SealRefusal when it did but for a broken chain or a signature. */
export async function sealDays(store: Store, options: SealOptions = {}): Promise<SealSummary> {
  const {
    now = Date.now,
    settleHours = 2,
    patienceHours = 24,
    days: limit = 400,
    outOfTime = () => false,
    progress,
    signer = async () => null,
  } = options
  // Before the ledger: the rollups that a seal names are then among those we find.
  let standing = await newestSeal(store, now())
  const targets = new Map((await readLedger(store)).map((target) => [target.target, target]))
  const run: Run = { store, targets, refusals: new Map() }
  const first = standing === null ? firstDay(targets) : parseDate(standing.seal.date) + DAY_MS
  const due = [...eachDay(first, dayOf(now() - settleHours * HOUR_MS))]
  const summary: SealSummary = { sealed: [], signed: [], newest: null, remaining: 0, waiting: [], notes: [] }

  for (const day of due.slice(0, limit)) {
    if (outOfTime()) break
    const date = isoDate(day)
    const draft = await draftOf(run, standing, day)
    if (draft.waitedFor.length > 0 && now() < day + DAY_MS + patienceHours * HOUR_MS) {
      summary.waiting = draft.waitedFor.map((late) => `seal ${date} waits: ${standOf(late)}`)
      break
    }
    const key = sealKey(date)
    const previous = standing?.link ?? null
    const ours = encodeSeal({ schema: SEAL_SCHEMA, date, previous, targets: draft.targets })
    const there = await putSeal(store, key, ours)
    standing = standingOf(there, key)
    if (Buffer.compare(there, ours) !== 0) {
      // It was made of a ledger that we have not seen: the next run goes on from there.
      summary.notes = [`seal ${date}: another run was first with other bytes; ${key} stands as it wrote it`]
      break
    }
    summary.notes = draft.late.map((late) => `seal ${date}: ${standOf(late)}`)
    summary.sealed.push(date)
    progress?.(date)
  }

  summary.newest = standing && { date: standing.seal.date, ...standing.link }
  summary.remaining = due.filter((day) => standing === null || day > parseDate(standing.seal.date)).length
  const complaints = [...run.refusals.values()]
  try {
    const opened = await signer()
    if (opened !== null) summary.signed = await signSeals(store, opened, outOfTime)
  } catch (error) {
    complaints.push((error as Error).message)
  }
  if (complaints.length > 0) throw new SealRefusal(complaints.join('\n'), summary)
  return summary
}

async function draftOf(run: Run, standing: Standing | null, day: number): Promise<Draft> {
  const dayEnd = day + DAY_MS
  const before = new Map(standing?.seal.targets.map((sealed) => [sealed.target, sealed]))
  const draft: Draft = { targets: [], late: [], waitedFor: [] }
  for (const target of namesOf(run, before, dayEnd)) {
    const last = before.get(target) ?? { target, rollups: 0, closedThrough: null, head: null }
    const { sealed, refusal } = run.refusals.has(target) ? unchanged(last) : await partOf(run, last, day)
    if (refusal !== '') run.refusals.set(target, `seal ${isoDate(day)}: ${target}: ${refusal}; run "verify"`)
    draft.targets.push(sealed)
    if (sealed.closedThrough === isoInstant(dayEnd)) continue
    draft.late.push(sealed)
    if (!before.has(target) || last.closedThrough === isoInstant(day)) draft.waitedFor.push(sealed)
  }
  return draft
}

async function newestSeal(store: Store, now: number): Promise<Standing | null> {
  const keys = (await store.list(sealsPrefix)).map(({ key }) => key).filter((key) => parseSealKey(key) !== null)
  const key = keys.sort().at(-1)
  const stored = key === undefined ? null : await store.get(key)
  if (key === undefined || stored === null) return null
  const standing = standingOf(stored.bytes, key)
  if (parseDate(standing.seal.date) + DAY_MS <= now) return standing
  throw new Error(`seal ${key} is of a day that is not over at ${isoInstant(now)}; set this machine's clock right`)
}

function standingOf(bytes: Uint8Array, key: string): Standing {
  const seal = decodeSeal(bytes, key)
  if (sealKey(seal.date) !== key) throw new Error(`seal ${key} says it is of ${seal.date}; run "verify"`)
  return { seal, link: { key, sha256: sha256(bytes) } }
}

/** The day of the ledger's first rollup; the end of time while there is none. */
function firstDay(targets: ReadonlyMap<string, LedgerTarget>): number {
  const hours = [...targets.values()].filter(({ rollups }) => rollups.size > 0).map(({ firstHour }) => firstHour)
  return dayOf(Math.min(...hours))
}

/** Who belongs into a seal, in order: all that were in the one before, and all that had begun when the day ended. */
function namesOf({ targets }: Run, before: ReadonlyMap<string, SealedTarget>, dayEnd: number): string[] {
  const begun = [...targets.values()].filter(({ firstHour, watermark }) => watermark > 0 && firstHour < dayEnd)
  return [...new Set([...before.keys(), ...begun.map(({ target }) => target)])].sort()
}

/** Walks what a target has added since the seal before. */
async function partOf({ store, targets }: Run, before: SealedTarget, day: number): Promise<Part> {
  const { target, head } = before
  const ledger = targets.get(target)
  const dayEnd = day + DAY_MS
  const hours = [...(ledger?.rollups.keys() ?? [])].sort((a, b) => a - b)
  const read = (hour: number) => readStoredRollup(store, target, hour)
  const after = head && (await read(hourOfHead(head)))
  if (head !== null && after?.sha256 !== head.sha256) {
    const found = hours.includes(hourOfHead(head))
      ? `altered ${head.key}: its SHA-256 is ${after?.sha256}`
      : `missing ${head.key}`
    return unchanged(before, `${found}, the seal of ${isoDate(day - DAY_MS)} says ${head.sha256}`)
  }
  const added = hours.filter((hour) => hour < dayEnd && (after === null || hour > after.hour))
  // The rollup after them vouches for the last one's bytes, and shows whether any is missing between.
  const successor = hours.filter((hour) => hour >= dayEnd).slice(0, 1)
  const walked = await Array.fromAsync(mapConcurrently([...added, ...successor], READS_AT_A_TIME, read))
  const newest = added.length === 0 ? after : walked[added.length - 1]
  const closed = ledger?.head && successor.length === 0 && ledger.head.key === newest?.key ? ledger.head : null
  // What is wrong with the successor itself is told when its own day is sealed.
  const own = verifyChain(walked, closed, (hour) => rollupKey(target, hour), after).problems.filter(
    ({ key }) => !successor.some((hour) => key === rollupKey(target, hour)),
  )
  if (own.length > 0) return unchanged(before, `${own[0].kind} ${own[0].key}: ${own[0].message}`)
  if (added.length === 0 || !newest?.rollup) return unchanged(before)
  const link: ChainLink = { number: newest.rollup.number, key: newest.key, sha256: newest.sha256 }
  return { sealed: { target, rollups: added.length, closedThrough: closedThroughOf(link), head: link }, refusal: '' }
}

/** A target's part when nothing is added to the seal before. */
function unchanged(before: SealedTarget, refusal = ''): Part {
  return { sealed: { ...before, rollups: 0 }, refusal }
}

function standOf({ target, closedThrough }: SealedTarget): string {
  return closedThrough === null ? `${target} has no rollup to seal` : `${target} is closed through ${closedThrough}`
}

/** Writes a seal once and gives the bytes that stand: these, or those of a run that was first. */
async function putSeal(store: Store, key: string, bytes: Uint8Array): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    let result: PutResult
    try {
      result = await store.put(key, bytes, 'absent')
    } catch (error) {
      if (attempt < PUT_TRIES) continue
      throw new Error(`seal ${key} could not be written: ${(error as Error).message}`)
    }
    if (result.outcome === 'written') return bytes
    const there = await store.get(key)
    if (there === null) throw new Error(`seal ${key} was refused although the key is free; run it again`)
    return there.bytes
  }
}
