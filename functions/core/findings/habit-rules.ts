/** Rules of habit: what was never done before, or never so much. */
import { workloadKey } from '#core/edge.ts'
import { ofHost } from '#core/findings/edge-rule.ts'
import { type Found, subjectOf } from '#core/findings/finding.ts'
import { byBytes, bytesOf, evidenceOfEdges, type Grounds, isFirstDay, isWhole } from '#core/findings/grounds.ts'
import type { Rule } from '#core/findings/rules.ts'
import {
  bytesTold,
  callersNamed,
  counted,
  hostNamed,
  listed,
  named,
  trafficTold,
  workloadNamed,
} from '#core/findings/words.ts'
import { OTHER } from '#core/flow.ts'
import { INVALID_HOST } from '#core/host.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import { burstsOf } from '#core/reports/blocked.ts'

/**
 * What left to each destination that its mesh never called before, most bytes first. On a mesh's first day nothing is
 * new, and our own placeholders never are.
 */
export function newDestinations(grounds: Grounds): JudgedEdge[][] {
  const strangers = [...grounds.destinations].flatMap(([key, edges]) => {
    const [{ target, host }] = edges
    if (grounds.past.volumes.has(key) || isFirstDay(grounds, target)) return []
    return host === OTHER || host.startsWith(INVALID_HOST)
      ? []
      : [{ edges: edges.toSorted(byBytes), bytes: bytesOf(edges) }]
  })
  return strangers.sort((a, b) => b.bytes - a.bytes).map(({ edges }) => edges)
}

/** Destinations that a mesh never called before, those with most bytes where there are many. */
export function findNewDestinations(grounds: Grounds, { thresholds: { maximumADay } }: Rule): Found[] {
  const byTarget = Map.groupBy(newDestinations(grounds), ([{ target }]) => target)
  return [...byTarget.values()].flatMap((all) =>
    all.slice(0, maximumADay).map((edges): Found => {
      const complete = isWhole(grounds, edges)
      const evidence = evidenceOfEdges(edges)
      const [{ host, target }] = edges
      const subject = host === '' ? 'Hosts without a name were' : `${named(host)} was`
      const figures = trafficTold(evidence, complete)
      const sentence = `${subject} called for the first time in ${target}, by ${callersNamed(edges)}: ${figures}.`
      return { rule: 'new-destination', subject: ofHost(edges[0]), evidence, complete, sentence }
    }),
  )
}

/**
 * Destinations that took far more than the median of the days before on which they were called. What is missing of a day
 * makes it less: far above is far above all the same. A day that is not over yet is compared when it is.
 */
export function findVolumes(grounds: Grounds, { thresholds }: Rule): Found[] {
  if (grounds.digest.day.provisional) return []
  const { factor, minimumBytes, minimumDays } = thresholds
  return [...grounds.destinations].flatMap(([key, all]): Found[] => {
    const before = grounds.past.volumes.get(key)?.bytes ?? []
    const bytes = bytesOf(all)
    if (before.length < minimumDays || bytes < minimumBytes || bytes < factor * Math.min(...before)) return []
    const usual = median(before)
    if (bytes < factor * usual) return []
    const edges = all.toSorted(byBytes)
    const complete = isWhole(grounds, edges)
    const times = usual === 0 ? '' : `, ${(bytes / usual).toFixed(1)} times as much`
    const sentence =
      `${hostNamed(edges[0].host)} took ${bytesTold(bytes, complete)} from ${callersNamed(edges)}${times}; the median of ` +
      `the ${before.length} days before on which it was called is ${bytesTold(usual, true)}.`
    return [{ rule: 'volume', subject: ofHost(edges[0]), evidence: evidenceOfEdges(edges), complete, sentence }]
  })
}

/** The largest burst of each workload, as on the page of what was blocked. */
export function findBursts(grounds: Grounds, { thresholds: { minimumAttempts } }: Rule): Found[] {
  const { digest, past } = grounds
  const bursts = burstsOf(digest, past.digest).filter(({ attempts }) => attempts >= minimumAttempts)
  return [...Map.groupBy(bursts, workloadKey).values()].map((all): Found => {
    const { target, namespace, workload, start, hosts, attempts, usual } = all.reduce((most, one) => {
      return one.attempts > most.attempts ? one : most
    })
    const refused = grounds.egress.filter((edge) => {
      const isItsOwn = edge.target === target && edge.namespace === namespace && edge.workload === workload
      return isItsOwn && edge.destinationClass === 'blocked'
    })
    const complete = isWhole(grounds, refused)
    const against = usual === 0 ? 'with none in the hours before' : `where ${counted(usual, 'time')} an hour were usual`
    const sentence =
      `${workloadNamed({ target, namespace, workload })} was refused ${counted(attempts, 'time', complete)} in the hour ` +
      `from ${start.slice(11, 16)} UTC on ${start.slice(0, 10)}, ${against}; it tried ${listed(hosts.map(hostNamed))}.`
    const subject = subjectOf({ target, namespace, workload })
    return { rule: 'blocked-burst', subject, evidence: evidenceOfEdges(refused), complete, sentence }
  })
}

/** The middle one, or the mean of the middle two, as a whole number; 0 of none. */
function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  const half = (sorted.length - 1) / 2
  return Math.round((sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2)
}
