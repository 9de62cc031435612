/**
 * Verification of a month by what its page lists: that every seal is the one it is said to be, that each names the one before
 * it, that rollups form an unbroken chain, and that every chain head in a seal is among them. The same code that
 * `wharfage verify` runs over the ledger itself.
 */
import { type ChainProblem, type StoredRollup, verifyChain } from '#core/chain.ts'
import { zeroCoverage } from '#core/coverage.ts'
import { parseRollupKey, rollupKey } from '#core/keys.ts'
import type { DownloadsReport, RollupLink, SealCopy } from '#core/reports/downloads.ts'
import type { ChainLink } from '#core/rollup.ts'
import { decodeSeal, hourOfHead, type Seal } from '#core/seal.ts'
import { type StoredSeal, soundSeals, verifySealChain, verifySealed } from '#core/seal-chain.ts'
import { parseDate } from '#core/time.ts'

/** The bytes of a file beside the month's page; throws one sentence when they cannot be had. */
export type FetchFile = (file: string) => Promise<Uint8Array<ArrayBuffer>>

export interface VerifiedMonth {
  rollups: number
  seals: number
  problems: ChainProblem[]
  newestSeal: { date: string; sha256: string } | null // worth keeping elsewhere
}

/** SHA-256 in lower-case hex; throws where the browser has no WebCrypto, which is outside HTTPS and localhost. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Verifies the chains of a month; what lies before its first rollup or seal is taken at the word of that one. */
export async function verifyMonth({ month, chains, seals }: DownloadsReport, fetch: FetchFile): Promise<VerifiedMonth> {
  const problems: ChainProblem[] = []
  const stored: StoredSeal[] = []
  for (const copy of seals) {
    try {
      stored.push(await readSeal(copy, await fetch(copy.file)))
    } catch (error) {
      problems.push({ kind: 'missing', key: copy.key, message: (error as Error).message })
    }
  }
  for (const { key, sha256 } of stored) {
    const listed = seals.find((copy) => copy.key === key)?.sha256
    if (sha256 === listed) continue
    problems.push({ kind: 'altered', key, message: `its SHA-256 is ${sha256}, this page lists ${listed}` })
  }
  const chain = verifySealChain(stored)
  const before = stored[0]?.seal?.previous?.key
  const isTold = ({ kind, key }: ChainProblem) =>
    (kind === 'missing' && key === before) || problems.some((problem) => problem.kind === kind && problem.key === key)
  problems.push(...chain.problems.filter((problem) => !isTold(problem)))
  const sound = soundSeals(stored, problems, null).map((seal) => withinMonth(seal, parseDate(`${month}-01`)))
  for (const { target, links } of chains) {
    const rollups = links.flatMap((link) => storedRollup(link, target))
    problems.push(...strangers(links, target))
    const [first] = links
    const after = first?.previous ? (storedRollup({ ...first.previous, previous: null }, target)[0] ?? null) : null
    problems.push(...verifyChain(rollups, null, (hour) => rollupKey(target, hour), after).problems)
    problems.push(...verifySealed(target, rollups, sound).problems)
  }
  const newest = stored.at(-1)
  return {
    rollups: chains.reduce((sum, { links }) => sum + links.length, 0),
    seals: seals.length,
    problems,
    newestSeal: newest === undefined ? null : { date: newest.date, sha256: newest.sha256 },
  }
}

async function readSeal({ key, date }: SealCopy, bytes: Uint8Array<ArrayBuffer>): Promise<StoredSeal> {
  const about = { key, date, sha256: await sha256Of(bytes) }
  try {
    return { ...about, seal: decodeSeal(bytes, key), unreadable: '' }
  } catch (error) {
    return { ...about, seal: null, unreadable: (error as Error).message }
  }
}

/** A rollup as its link tells of it; none when its key is not that of a rollup of the target. */
function storedRollup(link: ChainLink & { previous: ChainLink | null }, target: string): StoredRollup[] {
  const place = parseRollupKey(link.key)
  if (place?.target !== target) return []
  const { key, sha256, number, previous } = link
  const rollup = { target, hour: place.hour, number, previous, coverage: zeroCoverage() }
  return [{ key, target, hour: place.hour, sha256, rollup, unreadable: '' }]
}

function strangers(links: readonly RollupLink[], target: string): ChainProblem[] {
  return links
    .filter(({ key }) => parseRollupKey(key)?.target !== target)
    .map(({ key }) => ({ kind: 'inserted', key, message: `is listed among the rollups of ${target}, and is none` }))
}

/** A seal without those chain heads that lie before the month: a target that was late has such. */
function withinMonth(seal: Seal, from: number): Seal {
  const isWithin = (head: ChainLink | null) => head !== null && hourOfHead(head) >= from
  return { ...seal, targets: seal.targets.map((one) => (isWithin(one.head) ? one : { ...one, head: null })) }
}
