/**
 * The chain of seals: each names the one before it and that one's SHA-256, and leaves no day and no target out; and every
 * chain head it holds must be among the rollups as it was sealed.
 */
import type { ChainProblem, StoredRollup } from '#core/chain.ts'
import { sealKey } from '#core/keys.ts'
import type { Seal, SealLink } from '#core/seal.ts'
import { DAY_MS, eachDay, isoDate, isoHour, parseDate } from '#core/time.ts'

/** A seal as it lies in the store: under which key, and what its bytes hash to. */
export interface StoredSeal {
  key: string
  date: string // as the key says
  sha256: string // of the bytes there are
  seal: Seal | null // null when they cannot be read
  unreadable: string // why not; '' when they can
}

/** A seal that somebody kept elsewhere, whole or only its hash. */
export interface HeldSeal {
  sha256: string
  seal: Seal | null // null when only the hash was kept
}

export interface SealsState {
  first: string | null // date of the oldest seal
  last: string | null // date of the newest
  seals: number
  head: SealLink | null // the newest seal: what to keep elsewhere
  held: string | null // date of the seal that was held against them; null when none was, or it is not among them
  problems: ChainProblem[]
}

/** Walks the seals, oldest first, and looks among them for the one that somebody holds. */
export function verifySealChain(stored: readonly StoredSeal[], held: HeldSeal | null = null): SealsState {
  const problems: ChainProblem[] = []
  let previous: StoredSeal | null = null
  for (const one of stored) {
    if (previous !== null) {
      for (const day of eachDay(parseDate(previous.date) + DAY_MS, parseDate(one.date))) {
        const message = `no seal of ${isoDate(day)}, between ${previous.key} and ${one.key}`
        problems.push({ kind: 'missing', key: sealKey(isoDate(day)), message })
      }
    }
    problems.push(...problemsOf(one, previous))
    previous = one
  }
  const same = stored.find(({ sha256 }) => sha256 === held?.sha256)
  if (held !== null && same === undefined) problems.push(notAmong(stored, held))
  return {
    first: stored[0]?.date ?? null,
    last: previous?.date ?? null,
    seals: stored.length,
    head: previous && { key: previous.key, sha256: previous.sha256 },
    held: same?.date ?? null,
    problems,
  }
}

function problemsOf({ key, date, seal, unreadable }: StoredSeal, before: StoredSeal | null): ChainProblem[] {
  if (seal === null) return [{ kind: 'altered', key, message: unreadable }]
  if (seal.date !== date) return [{ kind: 'moved', key, message: `says it is of ${seal.date}` }]
  if (seal.previous === null) {
    if (before === null) return countProblems(key, seal, null)
    return [{ kind: 'order', key, message: `begins a chain although ${before.key} stands before it` }]
  }
  if (before === null) {
    return [{ kind: 'missing', key: seal.previous.key, message: `${key} names it as the seal before it` }]
  }
  if (seal.previous.key !== before.key || before.seal === null) return [] // told already
  if (seal.previous.sha256 !== before.sha256) {
    const message = `its SHA-256 is ${before.sha256}, the seal after it says ${seal.previous.sha256}`
    return [{ kind: 'altered', key: before.key, message }]
  }
  return countProblems(key, seal, before.seal)
}

/** Every target goes on where the seal before left it. */
function countProblems(key: string, seal: Seal, before: Seal | null): ChainProblem[] {
  const left = new Map(before?.targets.map((one) => [one.target, one]))
  const problems = seal.targets.flatMap(({ target, rollups, head }): ChainProblem[] => {
    const sealed = left.get(target)?.head?.number ?? 0
    left.delete(target)
    if (sealed + rollups === (head?.number ?? 0)) return []
    const message = `adds ${rollups} rollups of ${target} to ${sealed} sealed before, and names number ${head?.number ?? 0}`
    return [{ kind: 'order', key, message }]
  })
  for (const target of left.keys()) {
    problems.push({ kind: 'order', key, message: `leaves out ${target}, which the seal before it holds` })
  }
  return problems
}

function notAmong(stored: readonly StoredSeal[], { sha256, seal }: HeldSeal): ChainProblem {
  const there = stored.find(({ date }) => date === seal?.date)
  if (there !== undefined) {
    const message = `its SHA-256 is ${there.sha256}, the seal you hold has ${sha256}`
    return { kind: 'altered', key: there.key, message }
  }
  if (seal !== null) return { kind: 'missing', key: sealKey(seal.date), message: 'you hold it, and it is not here' }
  const message = `the seal you hold, ${sha256}, is not among them: history was written anew, or this is another ledger`
  return { kind: 'missing', key: 'seals/', message }
}

/** The seals whose word can be taken: the one that is held, and all that no problem of the chain names. */
export function soundSeals(
  stored: readonly StoredSeal[],
  problems: readonly ChainProblem[],
  held: HeldSeal | null,
): Seal[] {
  const refused = new Set(problems.map(({ key }) => key))
  const sound = stored.flatMap(({ key, seal }) => (seal === null || refused.has(key) ? [] : seal))
  if (held !== null && held.seal !== null && !stored.some(({ sha256 }) => sha256 === held.sha256)) {
    sound.push(held.seal)
  }
  return sound.sort((a, b) => (a.date < b.date ? -1 : 1))
}

/**
 * Holds one target's rollups, as they lie in the store, against the seals, oldest first: of every kind of problem the
 * first is told, since all later seals disagree with it.
 */
export function verifySealed(
  target: string,
  rollups: readonly StoredRollup[],
  seals: readonly Seal[],
): { sealedThrough: string | null; problems: ChainProblem[] } {
  const there = new Map(rollups.map(({ key, sha256 }) => [key, sha256]))
  const problems = new Map<ChainProblem['kind'], ChainProblem>()
  const problem = (kind: ChainProblem['kind'], key: string, message: string) => {
    if (!problems.has(kind)) problems.set(kind, { kind, key, message })
  }
  let sealedThrough: string | null = null
  let agreed: string | null = null // closed through what the newest seal that the rollups bear out
  let without: Seal | null = null // the newest seal that does not know this target
  for (const seal of seals) {
    const sealed = seal.targets.find((one) => one.target === target)
    if (sealed === undefined) without = seal
    else sealedThrough = sealed.closedThrough
    if (!sealed?.head) continue
    const { number, key, sha256 } = sealed.head
    const found = there.get(key)
    if (found === sha256) agreed = sealed.closedThrough
    else if (found === undefined) problem('missing', key, `the seal of ${seal.date} holds it as number ${number}`)
    else {
      const where = agreed === null ? 'it or one before it' : `it or one since ${agreed}`
      const was = `its SHA-256 is ${found}, the seal of ${seal.date} says ${sha256}`
      problem('altered', key, `${was}: ${where} was altered, inserted or removed`)
    }
  }
  const end = without === null ? 0 : parseDate(without.date) + DAY_MS
  const early = rollups.find(({ hour }) => hour < end)
  if (early !== undefined) {
    problem('inserted', early.key, `${isoHour(early.hour)} was sealed without any rollup of ${target}`)
  }
  return { sealedThrough, problems: [...problems.values()] }
}
