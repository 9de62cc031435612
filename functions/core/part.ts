/**
 * Parts: a stretch of a ledger without what came before it, as in an audit pack. It begins with the seal of the day before,
 * which is taken at its word, and with the rollups that this seal names.
 */
import type { ChainProblem, StoredRollup } from '#core/chain.ts'
import { hourOfHead, type Seal } from '#core/seal.ts'

/** The problems of a chain of seals but for the seal before the oldest one here. */
export function sealProblemsOfPart(problems: readonly ChainProblem[], oldest: Seal | null): ChainProblem[] {
  return problems.filter(({ kind, key }) => !(kind === 'missing' && key === oldest?.previous?.key))
}

/**
 * The problems of a target's chain but for the rollup before the oldest one here, where the oldest seal vouches that none is
 * missing between: it names that oldest rollup, or one after it.
 */
export function rollupProblemsOfPart(
  problems: readonly ChainProblem[],
  [first]: readonly StoredRollup[],
  oldest: Seal | null,
): ChainProblem[] {
  const head = oldest?.targets.find(({ target }) => target === first?.target)?.head ?? null
  if (head === null || first === undefined || first.hour > hourOfHead(head)) return [...problems]
  return problems.filter(({ kind, key }) => !(kind === 'missing' && key === first.rollup?.previous?.key))
}
