/** Rules of approval: what left without one, with one that had ended, and to where it may not go. Without a register there are none. */
import { type EdgeRule, ofEntry, ofNamespace, ofPair } from '#core/findings/edge-rule.ts'
import { named } from '#core/findings/words.ts'

/** What left without an approval that held on the day. */
export const unapproved: EdgeRule = {
  name: 'unapproved',
  looksAtBlocked: false,
  subjectOf: ofPair,
  judge: ({ inForce }) => {
    if (inForce.register === null) return () => null
    return ({ approval: { state, entry } }) => {
      if (state !== 'unapproved') return null
      return entry === ''
        ? ', which no entry of the register is about'
        : `, and nobody has approved entry ${named(entry)} of the register`
    }
  },
}

/** What left by an approval that had ended, for each entry of the register. */
export const expiredApproval: EdgeRule = {
  name: 'expired-approval',
  looksAtBlocked: false,
  subjectOf: ofEntry,
  judge: ({ inForce: { register } }) => {
    const expiries = new Map(register?.entries.map(({ name, expires }) => [name, expires]))
    return ({ approval: { state, entry } }) => {
      if (register === null || state !== 'expired') return null
      return ` by entry ${named(entry)} of the register, which expired on ${expiries.get(entry)}`
    }
  },
}

/** What left to a declared place that the residency rule of its source does not allow. */
export const outsideRegion: EdgeRule = {
  name: 'outside-region',
  looksAtBlocked: false,
  subjectOf: ofNamespace,
  judge: ({ inForce: { register } }) => {
    const rules = new Map(register?.residency.map((rule) => [rule.name, rule]))
    return ({ place: { verdict, rule, country, region, provider } }) => {
      if (verdict !== 'outside') return null
      const allowed = [...(rules.get(rule)?.countries ?? []), ...(rules.get(rule)?.regions ?? [])]
      const where = [provider, region, country].filter(Boolean).map(named).join(' ')
      return `, declared to be in ${where}; residency rule ${named(rule)} allows ${allowed.map(named).join(', ')}`
    }
  },
}
