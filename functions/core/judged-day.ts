/** Judged days: a day's digest with what the declarations that held on it say of every edge. */
import type { DeclaredOn, InForce } from '#core/declarations.ts'
import type { DayDigest } from '#core/digest.ts'
import type { Edge } from '#core/edge.ts'
import { configOfTarget } from '#core/istio/config.ts'
import { type Traffic, trafficLookup } from '#core/istio/traffic.ts'
import { type Approval, type Place, registerLookup } from '#core/register/approval.ts'

export interface JudgedEdge extends Edge {
  traffic: Traffic
  approval: Approval
  place: Place
}

export interface JudgedDay {
  digest: DayDigest
  declared: DeclaredOn
  edges: JudgedEdge[] // in the digest's order; those that are no egress are among them
}

/** Judges days by what was in force on them; made once for all days on which the same was. */
export function judging({ links, istio, register }: InForce): (digest: DayDigest) => JudgedDay {
  const registered = registerLookup(register)
  const traffic = new Map<string, (edge: Edge) => Traffic>() // by target
  const trafficOf = (edge: Edge) => {
    const lookup = traffic.get(edge.target) ?? trafficLookup(istio === null ? null : configOfTarget(istio, edge.target))
    traffic.set(edge.target, lookup)
    return lookup(edge)
  }
  return (digest) => ({
    digest,
    declared: links,
    edges: digest.edges.map((edge) => ({ ...edge, traffic: trafficOf(edge), ...registered(edge, digest.date) })),
  })
}
