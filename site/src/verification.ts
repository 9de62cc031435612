/**
 * Verification of a month by what its page lists: that every seal is the one it is said to be, that each names the one before
 * it, that rollups form an unbroken chain, and that every chain head in a seal is among them. The same code that
 * `wharfage verify` runs over the ledger itself.
 */
import { type ChainProblem, type StoredRollup, verifyChain } from '#core/chain.ts'
import { zeroCoverage } from '#core/coverage.ts'
import { parseRollupKey, rollupKey, signatureKey } from '#core/keys.ts'
import { type DownloadsReport, publicKeyCopy, type RollupLink, type SealCopy } from '#core/reports/downloads.ts'
import type { ChainLink } from '#core/rollup.ts'
import { decodeSeal, hourOfHead, type Seal } from '#core/seal.ts'
import { type StoredSeal, soundSeals, verifySealChain, verifySealed } from '#core/seal-chain.ts'
import { decodeSignature } from '#core/signature.ts'
import { parseDate } from '#core/time.ts'
import { type SignatureVerdict, sha256Of, verifySignature } from './signatures.ts'

export { sha256Of } from './signatures.ts'

/** The bytes of a file beside the month's page; throws one sentence when they cannot be had. */
export type FetchFile = (file: string) => Promise<Uint8Array<ArrayBuffer>>

export interface VerifiedMonth {
  rollups: number
  seals: number
  problems: ChainProblem[]
  newestSeal: { date: string; sha256: string } | null // worth keeping elsewhere
  signatures: { hold: number; unknown: number; keyIds: string[] } // unknown: of an algorithm this browser does not know
}

/** Verifies the chains of a month; what lies before its first rollup or seal is taken at the word of that one. */
export async function verifyMonth({ month, chains, seals }: DownloadsReport, fetch: FetchFile): Promise<VerifiedMonth> {
  const problems: ChainProblem[] = []
  const stored: StoredSeal[] = []
  const signatures = { hold: 0, unknown: 0, keyIds: new Set<string>() }
  for (const copy of seals) {
    try {
      const bytes = await fetch(copy.file)
      stored.push(await readSeal(copy, bytes))
      if (!copy.signature) continue
      const verdict = await verifyCopy(copy, bytes, fetch)
      signatures.keyIds.add(copy.keyId)
      if (verdict === 'altered') {
        const message = `is not what key ${copy.keyId} signed`
        problems.push({ kind: 'altered', key: signatureKey(copy.date), message })
      } else signatures[verdict === 'holds' ? 'hold' : 'unknown']++
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
    signatures: { ...signatures, keyIds: [...signatures.keyIds] },
  }
}

async function verifyCopy(
  { date, key, signature: file, keyId }: SealCopy,
  seal: Uint8Array<ArrayBuffer>,
  fetch: FetchFile,
): Promise<SignatureVerdict> {
  const signature = decodeSignature(await fetch(file), signatureKey(date))
  const isOfSeal = signature.over.key === key && signature.over.sha256 === (await sha256Of(seal))
  if (!isOfSeal || signature.keyId !== keyId) return 'altered'
  return verifySignature(seal, signature, await fetch(publicKeyCopy(keyId)))
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
