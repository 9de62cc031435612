/** Residency in words: whether all of a day stayed where it may. */
import type { ResidencyReport } from '#core/reports/residency.ts'
import { attempts, unknown } from './sums.ts'
import { PLACE, type Wording } from './verdict-words.ts'

const NO_DATA: Wording = { name: 'no data', mark: 'stopped', meaning: 'nothing of the day was observed' }
const NOTHING: Wording = { name: 'no traffic', mark: 'stopped', meaning: 'nothing left under a rule' }

/** The worst of a day: one flow outside is a fail, one whose place nobody declared leaves it undeclared. */
export function dayVerdict({ observation, verdicts }: ResidencyReport['days'][number]): Wording {
  if (unknown(observation)) return NO_DATA
  const worst = (['outside', 'undeclared', 'allowed'] as const).find((verdict) => {
    const { egressBytes } = verdicts[verdict]
    return egressBytes > 0 || attempts(verdicts[verdict]) > 0
  })
  return worst === undefined ? NOTHING : PLACE[worst]
}
