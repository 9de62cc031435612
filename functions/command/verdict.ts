/** Verdicts: what verify found, in lines for a person. */
import type { SealsState } from '#core/seal-chain.ts'
import type { SignaturesState } from '#core/signature.ts'
import { isoHour } from '#core/time.ts'
import type { VersionsState } from '#core/versions.ts'
import type { Extent, Verified } from '../stage/verify.ts'

interface Problem {
  kind: string
  key: string
  message: string
}

/** Configured targets the store knows nothing of: new ones, or all of them when it is another store than was meant. */
export function absentTargets(
  configured: readonly string[],
  results: readonly Verified[],
  only: string | undefined,
): string[] {
  return configured.filter((name) => (only ?? name) === name && !results.some(({ target }) => target === name))
}

export function describeTarget({
  target,
  first,
  last,
  rollups,
  gapHours,
  pendingRollups,
  head,
  hasCheckpoint,
  sealedThrough,
  problems,
}: Verified): string {
  const span =
    first === null || last === null ? 'no rollups yet' : `${rollups} rollups from ${isoHour(first)} to ${isoHour(last)}`
  return lines(target, problems, [
    span,
    gapHours > 0 ? `${gapHours} hours nobody observed` : '',
    pendingRollups > 0 ? `${pendingRollups} not written yet` : '',
    sealedThrough === null ? 'not sealed yet' : `sealed through ${sealedThrough}`,
    head === null ? '' : `head ${head.number} ${head.sha256}`,
    hasCheckpoint ? '' : 'no checkpoint, so newer ones may be missing',
  ])
}

export function describeSeals({ first, last, seals, head, held, problems }: SealsState, extent: Extent): string {
  return lines('seals', problems, [
    first === null || last === null ? 'none yet' : `${seals} days from ${first} through ${last}`,
    extent === 'part' && first !== null ? `what came before is taken at the word of that of ${first}` : '',
    held === null ? '' : `the one you hold is that of ${held}`,
    head === null ? '' : `newest ${head.sha256}`,
  ])
}

/** Nothing where there is no seal to sign. */
export function describeSignatures({ signed, unsigned, keys, isChecked, problems }: SignaturesState): string {
  const seals = signed + unsigned
  if (seals === 0 && problems.length === 0) return ''
  if (signed === 0 && !isChecked) return 'signatures: none\n'
  const by = keys.map(({ keyId, seals: of, first, last }) => `${of} by key ${keyId}, ${first} to ${last}`)
  const facts = [`${signed} of ${seals} seals are signed`, ...by]
  if (isChecked) return lines('signatures', problems, facts)
  const verdict = problems.length === 0 ? 'not checked' : undefined
  return lines('signatures', problems, [...facts, 'give --key to check them'], verdict)
}

export function describeVersions(versions: VersionsState | { unknown: string }): string {
  if ('unknown' in versions) {
    return `versions: not looked at, so that nothing is known of what was replaced: ${versions.unknown}; allow s3:ListBucketVersions, too\n`
  }
  const { objects, isKept, problems } = versions
  if (objects > 0 && !isKept) return 'versions: the bucket keeps none, so that nothing is known of what was replaced\n'
  return lines('versions', problems, [`${objects} objects that are written once`])
}

function lines(name: string, problems: readonly Problem[], facts: readonly string[], verdict?: string): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const said = verdict ?? (problems.length === 0 ? 'whole' : count)
  const told = problems.map(({ kind, key, message }) => `  ${kind.padEnd(8)} ${key}: ${message}\n`)
  return `${name}: ${said}: ${facts.filter((fact) => fact !== '').join(', ')}\n${told.join('')}`
}
