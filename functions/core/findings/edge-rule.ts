/** Edge rules: those that look at each edge of a day by itself, and tell what is wrong with it. */

import { type FindingEvidence, type Found, type Subject, subjectKey, subjectOf } from '#core/findings/finding.ts'
import { byBytes, evidenceOfEdges, type Grounds, isWhole } from '#core/findings/grounds.ts'
import type { Rule, RuleName } from '#core/findings/rules.ts'
import { callersNamed, counted, hostNamed, trafficTold, triesOf } from '#core/findings/words.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import { compareText, distinct } from '#core/order.ts'

/** A rule that can judge one edge without the others. */
export interface EdgeRule {
  name: RuleName
  looksAtBlocked: boolean // not only at what left
  /** What a finding of this edge is about; edges of one subject are one finding. */
  subjectOf(edge: JudgedEdge): Subject
  /** What is wrong with an edge, as the end of a sentence that has told what it did; null when nothing is. */
  judge(grounds: Grounds, rule: Rule): (edge: JudgedEdge) => string | null
}

/** A workload and a host. */
export const ofPair = ({ target, namespace, workload, host }: JudgedEdge): Subject =>
  subjectOf({ target, namespace, workload, host })
/** A namespace and a host, whatever its workloads are. */
export const ofNamespace = ({ target, namespace, host }: JudgedEdge): Subject => subjectOf({ target, namespace, host })
/** A host in one mesh. */
export const ofHost = ({ target, host }: JudgedEdge): Subject => subjectOf({ target, host })
/** The entry of the register that decided. */
export const ofEntry = ({ approval }: JudgedEdge): Subject => subjectOf({ declaration: approval.entry })

/** What a rule finds in a day, one finding for each subject. */
export function findByEdge(rule: EdgeRule, grounds: Grounds, settings: Rule): Found[] {
  const judge = rule.judge(grounds, settings)
  const groups = new Map<string, { edge: JudgedEdge; wrong: string }[]>()
  for (const edge of rule.looksAtBlocked ? grounds.egress : grounds.left) {
    const wrong = judge(edge)
    if (wrong === null) continue
    const key = subjectKey(rule.subjectOf(edge))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [{ edge, wrong }])
    else group.push({ edge, wrong })
  }
  return [...groups.values()].map((group): Found => {
    // sort() keeps the order of edges that sent alike, which is that of their keys.
    group.sort((a, b) => byBytes(a.edge, b.edge))
    const edges = group.map(({ edge }) => edge)
    const complete = isWhole(grounds, edges)
    const evidence = evidenceOfEdges(edges)
    const sentence = `${did(edges, evidence, complete)}${group[0].wrong}.`
    return { rule: rule.name, subject: rule.subjectOf(edges[0]), evidence, complete, sentence }
  })
}

/** 'shop/web in prod sent 1.2 GB in 12 requests to api.example.com', as of all these edges together. */
function did(edges: readonly JudgedEdge[], evidence: FindingEvidence, complete: boolean): string {
  const isRefused = ({ destinationClass }: JudgedEdge) => destinationClass === 'blocked'
  if (edges.every(isRefused)) {
    return `${callersNamed(edges)} was refused ${counted(triesOf(evidence), 'time', complete)} when it called ${hostsNamed(edges)}`
  }
  const left = edges.some(isRefused) ? edges.filter((edge) => !isRefused(edge)) : edges
  const traffic = trafficTold(left === edges ? evidence : evidenceOfEdges(left), complete)
  return `${callersNamed(left)} sent ${traffic} to ${hostsNamed(left)}`
}

function hostsNamed(edges: readonly JudgedEdge[]): string {
  const [first] = edges
  const others = edges.some(({ host }) => host !== first.host)
    ? distinct(edges.map(({ host }) => host).sort(compareText)).length - 1
    : 0
  return others === 0 ? hostNamed(first.host) : `${hostNamed(first.host)} and ${counted(others, 'other host')}`
}
