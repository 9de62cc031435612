/** Rules of coverage: what the ledger itself could not see, or could not tell apart. */
import { duration } from '#core/figures.ts'
import { type Found, subjectOf, zeroEvidence } from '#core/findings/finding.ts'
import { evidenceOfEdges, type Grounds, isObservedWhole } from '#core/findings/grounds.ts'
import { newDestinations } from '#core/findings/habit-rules.ts'
import type { Rule } from '#core/findings/rules.ts'
import { counted, listed } from '#core/findings/words.ts'
import { OTHER } from '#core/flow.ts'
import { INVALID_HOST } from '#core/host.ts'
import { distinct } from '#core/order.ts'
import type { TargetCoverage } from '#core/report.ts'
import { shownLabel } from '#core/shown-label.ts'
import { isoInstant } from '#core/time.ts'

const REASON_LENGTH = 160 // characters

/** Targets of which much of the day was not observed, with the reason of the longest gap. */
export function findGaps({ digest }: Grounds, { thresholds: { gapSeconds } }: Rule): Found[] {
  return digest.day.coverage.flatMap((coverage): Found[] => {
    const { target, observedSeconds, expectedSeconds, gaps } = coverage
    const missed = expectedSeconds - observedSeconds
    if (missed <= 0 || missed < gapSeconds) return []
    const longest = gaps.reduce((most, gap) => (gap.to - gap.from > most.to - most.from ? gap : most), gaps[0])
    const reason = longest === undefined || longest.reason === '' ? '' : `: ${reasonTold(longest.reason)}`
    const sentence =
      observedSeconds === 0
        ? `Nothing of the day was observed in ${target}, so there is no data of it${reason}.`
        : `${target} was not observed for ${duration(missed)}${whenTold(coverage)}, so that figures are lower bounds${reason}.`
    const subject = subjectOf({ target })
    return [{ rule: 'coverage-gap', subject, evidence: zeroEvidence(), complete: true, sentence }]
  })
}

function whenTold({ gaps }: TargetCoverage): string {
  const times = gaps.map(({ from, to }) => `from ${clock(from)} to ${clock(to)}`)
  return times.length === 0 ? '' : ` (${listed(times)} UTC)`
}

function clock(ms: number): string {
  return isoInstant(ms).slice(11, 16)
}

/** Somebody else's words, such as a server's, at the end of a sentence. */
function reasonTold(reason: string): string {
  const text = shownLabel(reason.slice(0, REASON_LENGTH)).text.replace(/\.$/, '')
  return reason.length > REASON_LENGTH ? `${text}…` : text
}

/** Targets in which somebody claims hosts that are none, or so many that they are folded or hide what is new. */
export function findCardinality(grounds: Grounds, { thresholds }: Rule): Found[] {
  const strangers = Map.groupBy(newDestinations(grounds), ([{ target }]) => target)
  return grounds.digest.day.coverage.flatMap((coverage): Found[] => {
    const { target, counts } = coverage
    const { quarantinedCount, foldedFlows } = counts
    const nameless = grounds.egress.filter((edge) => edge.target === target && isPlaceholder(edge))
    // A host is quarantined when it is met first, and may be called for days.
    const called = distinct(nameless.map(({ host }) => host)).filter((host) => host !== OTHER).length
    const invalid = Math.max(quarantinedCount, called)
    const news = strangers.get(target)?.length ?? 0
    const complete = isObservedWhole(coverage)
    const told = [
      invalid > 0 &&
        invalid >= thresholds.invalidHosts &&
        `${counted(invalid, 'claimed destination', complete)} whose name no host can have`,
      foldedFlows > 0 &&
        foldedFlows >= thresholds.foldedFlows &&
        `${counted(foldedFlows, 'flow', complete)} that were folded into one for want of room`,
      news > 0 && news >= thresholds.newDestinations && `${counted(news, 'destination', complete)} never called before`,
    ].filter((part) => part !== false)
    if (told.length === 0) return []
    const sentence = `${target} had ${listed(told)}.`
    return [
      { rule: 'cardinality', subject: subjectOf({ target }), evidence: evidenceOfEdges(nameless), complete, sentence },
    ]
  })
}

function isPlaceholder({ host }: { host: string }): boolean {
  return host === OTHER || host.startsWith(INVALID_HOST)
}
