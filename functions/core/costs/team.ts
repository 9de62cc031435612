/** Teams: which team, and which cost centre, answers for a workload, by the owners that were declared. */
import { type Owners, UNOWNED } from '#core/costs/owners.ts'
import { workloadKey } from '#core/edge.ts'
import { compareText } from '#core/order.ts'
import { bestMatch, parseSource, type Source } from '#core/register/source.ts'

export interface TeamOf {
  team: string // UNOWNED when nobody owns it
  costCentre: string // '' likewise, and where the team has none
}

const NOBODY: TeamOf = { team: UNOWNED, costCentre: '' }

/**
 * Looks teams up; made once for many workloads. The most specific pattern decides, a workload before a namespace and that
 * before a target; of two teams with the same one the first by name.
 */
export function teamLookup(owners: Owners | null): (source: Source) => TeamOf {
  const teams = (owners?.teams ?? [])
    .map(({ name, costCentre, from }) => ({
      owner: { team: name, costCentre },
      patterns: from.map(parseSource).filter((pattern) => pattern !== null),
    }))
    .sort((a, b) => compareText(a.owner.team, b.owner.team))
  const known = new Map<string, TeamOf>()
  const find = (source: Source): TeamOf => {
    let best = { owner: NOBODY, specificity: -1 }
    for (const { owner, patterns } of teams) {
      const specificity = bestMatch(patterns, source)
      if (specificity > best.specificity) best = { owner, specificity }
    }
    return best.owner
  }
  return (source) => {
    const key = workloadKey(source)
    const owner = known.get(key) ?? find(source)
    known.set(key, owner)
    return owner
  }
}
