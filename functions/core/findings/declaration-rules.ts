/** Rules of declarations: what was declared or approved, and nobody uses or looks at any more. */

import { type Found, subjectOf, zeroEvidence } from '#core/findings/finding.ts'
import { type Grounds, serviceEntryKey } from '#core/findings/grounds.ts'
import type { Rule } from '#core/findings/rules.ts'
import { counted, listed, named } from '#core/findings/words.ts'
import type { Seen } from '#core/history.ts'
import { compareText } from '#core/order.ts'
import type { RegisterEntry } from '#core/register/register.ts'
import { daysBetween, dueBy, entryState, lastReview, overdueDays } from '#core/register/standing.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

/** Approved entries of the register by which nothing left for long. */
export function findUnusedApprovals(grounds: Grounds, { thresholds: { unusedDays } }: Rule): Found[] {
  const { date, inForce, past, left } = grounds
  const unusedSince = unusedFor(grounds, unusedDays)
  const usedToday = new Set(left.map(({ approval }) => approval.entry))
  return (inForce.register?.entries ?? []).flatMap((entry): Found[] => {
    if (usedToday.has(entry.name)) return []
    const unused = unusedSince(past.entries.get(entry.name) ?? null, entry.approvedOn)
    if (unused === null || !['approved', 'overdue'].includes(entryState(entry, date))) return []
    const sentence = `Entry ${named(entry.name)} of the register, for ${named(entry.destination)}, ${unused}.`
    return [declarationFound('unused-approval', { declaration: entry.name }, sentence)]
  })
}

/** Entries of the register whose review is due for longer than the rule allows. */
export function findOverdueReviews({ date, inForce }: Grounds, { thresholds: { graceDays } }: Rule): Found[] {
  return (inForce.register?.entries ?? []).flatMap((entry): Found[] => {
    const review = lastReview(entry, date)
    const due = dueFrom(entry, review?.on ?? entry.approvedOn, date)
    if (due === '' || date <= due || overdueDays(entry, date) <= graceDays) return []
    const last =
      review === null
        ? `it was approved by ${named(entry.approvedBy)} on ${entry.approvedOn} and never reviewed since`
        : `it was last reviewed by ${named(review.by)} on ${review.on}`
    const sentence = `Entry ${named(entry.name)} of the register was due for review by ${due}; ${last}.`
    return [declarationFound('overdue-review', { declaration: entry.name }, sentence)]
  })
}

/** External ServiceEntries by which nothing left for long, since they are known to be declared. */
export function findUnusedServiceEntries(grounds: Grounds, { thresholds: { unusedDays } }: Rule): Found[] {
  const { inForce, past, coverage, left } = grounds
  const configs = inForce.istio ?? {}
  const unusedSince = unusedFor(grounds, unusedDays)
  const withTheirOwn = [...coverage.keys()].filter((target) => Object.hasOwn(configs, target))
  const usedToday = new Set(
    left.map(({ target: of, traffic: { serviceEntry } }) => {
      return serviceEntryKey({ target: Object.hasOwn(configs, of) ? of : '*', serviceEntry })
    }),
  )
  const isShared = withTheirOwn.length < coverage.size && Object.hasOwn(configs, '*')
  return [...withTheirOwn, ...(isShared ? ['*'] : [])].flatMap((target) =>
    configs[target].serviceEntries.flatMap(({ namespace, name, hosts, location, origin }): Found[] => {
      const serviceEntry = `${namespace}/${name}`
      const key = serviceEntryKey({ target, serviceEntry })
      const use = past.serviceEntries.get(key)
      if (location !== 'MESH_EXTERNAL' || use === undefined || usedToday.has(key)) return []
      const unused = unusedSince(use.days > 0 ? use : null, use.declared)
      if (unused === null) return []
      const where = `${named(origin.file)}:${origin.line}`
      const sentence = `ServiceEntry ${named(serviceEntry)} (${where}), for ${listed(hosts.map(named))}, ${unused}.`
      const subject = { target: target === '*' ? '' : target, declaration: serviceEntry }
      return [declarationFound('unused-service-entry', subject, sentence)]
    }),
  )
}

/** When the review of each entry is due, by the day of its last: reckoned once and not every day. */
const dueDays = new WeakMap<RegisterEntry, { since: string; due: string }>()

/** The day by which an entry must be reviewed; '' while it is not approved. */
function dueFrom(entry: RegisterEntry, since: string, date: string): string {
  if (entry.approvedOn === '' || entry.approvedOn > date) return ''
  const known = dueDays.get(entry)
  if (known?.since === since) return known.due
  const due = dueBy(entry, date)
  dueDays.set(entry, { since, due })
  return due
}

function declarationFound(
  rule: Found['rule'],
  { target = '', declaration }: { target?: string; declaration: string },
  sentence: string,
): Found {
  return { rule, subject: subjectOf({ target, declaration }), evidence: zeroEvidence(), complete: true, sentence }
}

/**
 * Tells whether something declared has not been used for so many days, as the end of a sentence; null when it has. Only
 * days count that were observed: of the others nobody knows.
 */
function unusedFor(
  { date, digest, past }: Grounds,
  days: number,
): (use: Seen | null, declared: string) => string | null {
  const begun = past.days[0]?.date ?? date
  const latest = isoDate(parseDate(date) - (days - 1) * DAY_MS)
  return (use, declared) => {
    const since = [use?.last ?? '', declared, begun].sort(compareText)[2]
    if (since > latest) return null
    // Of a day of use the next is the first without; of all others the day itself is.
    const isUse = since === use?.last
    const unused = daysBetween(since, date) + (isUse ? 0 : 1)
    let observed = isKnown(digest.day.observation) ? 1 : 0
    for (let at = past.days.length - 1; at >= 0 && observed < days; at--) {
      const { date: day, observation } = past.days[at]
      if (isUse ? day <= since : day < since) break
      if (isKnown(observation)) observed++
    }
    if (observed < days) return null
    const ago = `for ${counted(unused, 'day')}`
    if (isUse) return `has not been used ${ago}, since ${since}`
    return begun > declared
      ? `has not been used since the ledger began on ${begun}, ${ago}`
      : `has never been used since it was declared on ${declared}, ${ago}`
  }
}

function isKnown(observation: string): boolean {
  return observation === 'observed' || observation === 'partial'
}
