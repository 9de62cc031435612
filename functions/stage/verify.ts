/** Verify: walks every target's chain of rollups, reading each one whole, and the chain of seals beside them. */

import { type ChainProblem, type ChainState, type StoredRollup, verifyChain } from '#core/chain.ts'
import { sha256 } from '#core/hash.ts'
import { parseRollupKey, parseSealKey, rollupKey, rollupPrefix, rollupsPrefix, sealsPrefix } from '#core/keys.ts'
import { rollupProblemsOfPart, sealProblemsOfPart } from '#core/part.ts'
import { decodeSeal, type Seal } from '#core/seal.ts'
import {
  type HeldSeal,
  type SealsState,
  type StoredSeal,
  soundSeals,
  verifySealChain,
  verifySealed,
} from '#core/seal-chain.ts'
import { mapConcurrently, READS_AT_A_TIME } from '../concurrency.ts'
import type { Store } from '../store/store.ts'
import { type LedgerTarget, readLedger } from './ledger.ts'
import { readStoredRollup, storedRollup } from './stored-rollup.ts'

export interface Verified extends ChainState {
  target: string
  pendingRollups: number // closed, still held by the checkpoint
  hasCheckpoint: boolean // without one, nothing tells whether the newest rollups are all there
  sealedThrough: string | null // ISO; rollups of hours before it were held against the seals; null when nothing is sealed
}

export interface VerifiedSeals extends SealsState {
  sound: Seal[] // those to hold rollups against, oldest first
}

/** Whether a store is a whole ledger, or a stretch of one that begins with its oldest seal. */
export type Extent = 'whole' | 'part'

const LOOKS = 3

/** Walks the chain of seals, and looks among them for the one that somebody holds. */
export async function verifySeals(
  store: Store,
  held: HeldSeal | null = null,
  extent: Extent = 'whole',
): Promise<VerifiedSeals> {
  const dates = (await store.list(sealsPrefix)).flatMap(({ key }) => {
    const date = parseSealKey(key)
    return date === null ? [] : [{ key, date }]
  })
  const stored = await Array.fromAsync(
    mapConcurrently(dates, READS_AT_A_TIME, async ({ key, date }) => {
      return storedSeal((await store.get(key))?.bytes ?? new Uint8Array(), key, date)
    }),
  )
  const state = verifySealChain(stored, held)
  const problems = extent === 'whole' ? state.problems : sealProblemsOfPart(state.problems, stored[0]?.seal ?? null)
  return { ...state, problems, sound: soundSeals(stored, problems, held) }
}

function storedSeal(bytes: Uint8Array, key: string, date: string): StoredSeal {
  const about = { key, date, sha256: sha256(bytes) }
  try {
    return { ...about, seal: decodeSeal(bytes, key), unreadable: '' }
  } catch (error) {
    return { ...about, seal: null, unreadable: (error as Error).message }
  }
}

/**
 * Walks the chains, of one target or of all, and holds them against seals that were read before; progress is told by the
 * number of rollups read so far.
 */
export async function verifyLedger(
  store: Store,
  only?: string,
  progress: (read: number, of: number) => void = () => {},
  seals: readonly Seal[] = [],
  extent: Extent = 'whole',
): Promise<Verified[]> {
  const results: Verified[] = []
  const targets = await readLedger(store, only)
  const strays =
    only === undefined || targets.length > 0 ? await strayFiles(store, only) : new Map<string, ChainProblem[]>()
  const total = targets.reduce((sum, { rollups }) => sum + rollups.size, 0)
  let read = 0
  for (const known of targets) {
    const { target, rollups, finished, head, seq } = await abreast(store, known)
    const stored: StoredRollup[] = []
    const hours = [...rollups.keys()].sort((a, b) => a - b)
    for await (const rollup of mapConcurrently(hours, READS_AT_A_TIME, (hour) =>
      readStoredRollup(store, target, hour),
    )) {
      stored.push(rollup)
      progress(++read, total)
    }
    for (const [hour, bytes] of [...finished].sort(([a], [b]) => a - b)) {
      stored.push(await storedRollup(bytes, target, hour))
    }
    const walked = verifyChain(stored, head, (hour) => rollupKey(target, hour))
    const chain =
      extent === 'whole'
        ? walked
        : { ...walked, problems: rollupProblemsOfPart(walked.problems, stored, seals[0] ?? null) }
    const sealed = verifySealed(target, stored, seals)
    results.push({
      target,
      pendingRollups: finished.size,
      hasCheckpoint: seq > 0,
      ...chain,
      sealedThrough: sealed.sealedThrough,
      problems: chain.problems.concat(sealed.problems.filter((problem) => !isTold(problem, chain.problems))),
    })
  }
  results.push(...vanished(targets, only, seals))
  for (const [target, problems] of strays) {
    const result = results.find((one) => one.target === target)
    if (result === undefined) results.push({ ...nothingOf(target), sealedThrough: null, problems })
    else result.problems.push(...problems)
  }
  return results.sort((a, b) => (a.target < b.target ? -1 : 1))
}

/**
 * The ledger as it is, or read again when it has rollups that its checkpoint has not closed: either the checkpoint is an
 * old one, and stays so, or the target was scraped between our two looks at it.
 */
async function abreast(store: Store, ledger: LedgerTarget): Promise<LedgerTarget> {
  for (let looks = 1; looks < LOOKS; looks++) {
    const { target, rollups, head, seq } = ledger
    const closed = head === null ? null : parseRollupKey(head.key)
    if (seq === 0 || ![...rollups.keys()].some((hour) => closed === null || hour > closed.hour)) return ledger
    ledger = (await readLedger(store, target))[0] ?? ledger
  }
  return ledger
}

/** Targets that were sealed and of which nothing is left at all. */
function vanished(targets: readonly LedgerTarget[], only: string | undefined, seals: readonly Seal[]): Verified[] {
  const sealed = new Set(seals.flatMap((seal) => seal.targets.map(({ target }) => target)))
  for (const { target } of targets) sealed.delete(target)
  return [...sealed]
    .filter((target) => only === undefined || target === only)
    .map((target) => ({ ...nothingOf(target), ...verifySealed(target, [], seals) }))
}

function nothingOf(target: string) {
  return { target, pendingRollups: 0, hasCheckpoint: false, ...verifyChain([], null, () => '') }
}

/** Files among a target's rollups that are none: no chain holds them, but whoever reads the folder as a table reads them. */
async function strayFiles(store: Store, only: string | undefined): Promise<Map<string, ChainProblem[]>> {
  const listed = await store.list(only === undefined ? rollupsPrefix : rollupPrefix(only))
  const strays = listed.filter(({ key }) => parseRollupKey(key) === null)
  const message = 'is no rollup, but would be read with them as a table; take it away'
  return Map.groupBy(
    strays.map(({ key }): ChainProblem => ({ kind: 'inserted', key, message })),
    ({ key }) => /^rollups\/target=([^/]+)\//.exec(key)?.[1] ?? rollupsPrefix,
  )
}

function isTold({ kind, key }: ChainProblem, problems: readonly ChainProblem[]): boolean {
  return problems.some((problem) => problem.kind === kind && problem.key === key)
}
