/** Days judged by a register, and what they fold to, for tests of what is made from them. */

import { startJudgedFolding } from '#core/compliance-fold.ts'
import { type ComplianceHistory, emptyComplianceHistory } from '#core/compliance-history.ts'
import type { DeclarationLink, InForce } from '#core/declarations.ts'
import { defaultRules } from '#core/findings/rules.ts'
import type { FlowRow } from '#core/flow.ts'
import type { IstioConfigs } from '#core/istio/config.ts'
import { type JudgedDay, judging } from '#core/judged-day.ts'
import type { Register } from '#core/register/register.ts'
import { dateAfter, dayDigest, type SmallDay } from './day-digest.ts'

export const LINK: DeclarationLink = {
  from: '2026-11-01',
  recorded: '2026-11-01T06:00:00Z',
  sha256: 'ab'.repeat(32),
  isLater: false,
}

export function inForce(register: Register | null, istio: IstioConfigs | null = null): InForce {
  const link = (isThere: boolean) => (isThere ? LINK : null)
  const links = { istio: link(istio !== null), register: link(register !== null), rules: null }
  return { links, istio, register, rules: defaultRules() }
}

/** Days one after the other from a first one, of one target, each with its rows, judged by what is in force. */
export function judgedDays(
  first: string,
  days: readonly (readonly FlowRow[])[],
  by: InForce,
  small: SmallDay = {},
): { recent: JudgedDay[]; compliance: ComplianceHistory } {
  const judge = judging(by)
  const recent = days.map((rows, at) => judge(dayDigest(dateAfter(first, at), rows, { firstDate: first, ...small })))
  const folding = startJudgedFolding(emptyComplianceHistory(), null)
  for (const day of recent) folding.add(day, by)
  return { recent, compliance: folding.history() }
}
