/** Rules of names: those that can be wrong, those that were claimed, and those that pass for another. */
import { type EdgeRule, ofHost, ofPair } from '#core/findings/edge-rule.ts'
import { destinationKey, type Grounds, serviceEntryKey } from '#core/findings/grounds.ts'
import { isName, type Resemblance, resemblances } from '#core/findings/resemblance.ts'
import { asEnd } from '#core/findings/transport-rules.ts'
import { named } from '#core/findings/words.ts'
import { OTHER } from '#core/flow.ts'
import { INVALID_HOST } from '#core/host.ts'
import { configOfTarget } from '#core/istio/config.ts'
import type { JudgedEdge } from '#core/judged-day.ts'
import { type DestinationIndex, destinationIndex } from '#core/register/destination.ts'
import type { Register } from '#core/register/register.ts'
import { EVIDENCE_GRADES } from '#core/verdicts.ts'

/** Names that can be wrong: of wildcards, of plain TCP without addresses, of addresses, and of none. */
export const weakEvidence: EdgeRule = {
  name: 'weak-evidence',
  looksAtBlocked: false,
  subjectOf: ofHost,
  judge: (_, { thresholds: { registeredGrade, passthroughGrade } }) => {
    return ({ host, destinationClass, traffic: { evidence } }) => {
      // These are placeholders of our own, told of by the rule of cardinality.
      if (host === OTHER || host.startsWith(INVALID_HOST)) return null
      const grade = EVIDENCE_GRADES.indexOf(evidence.grade) + 1
      if (grade < (destinationClass === 'registered' ? registeredGrade : passthroughGrade)) return null
      return `, a name of evidence ${evidence.grade}. ${asEnd(evidence.sentence)}`
    }
  },
}

/** A name below this is one of the cluster's own, whatever its domain is. */
const OF_THE_CLUSTER = /\.svc\.[a-z0-9.-]+$/

/** Names that a client only claimed: of the cluster itself, of a ServiceEntry that did not let it out, or approved. */
export const hostSpoofing: EdgeRule = {
  name: 'host-spoofing',
  looksAtBlocked: false,
  subjectOf: ofPair,
  judge: (grounds) => {
    const isDeclaredBefore = declaredBefore(grounds)
    return (edge) => {
      const { destinationClass, protocol, host, approval } = edge
      if (destinationClass !== 'passthrough' || protocol === 'tcp' || !isName(host)) return null
      const claimed = ', a name that was only claimed in the Host header of a passthrough flow'
      if (OF_THE_CLUSTER.test(host)) return `${claimed}: it is one of the cluster’s own, and the flow left the cluster`
      const isMeanwhile = isWithin(edge.hours, registeredHours(grounds, destinationKey(edge)))
      if (isMeanwhile || isDeclaredBefore(edge)) {
        return `${claimed}: a ServiceEntry declares it, and the proxy did not send this flow by it`
      }
      if (approval.state !== 'approved' || grounds.inForce.register === null) return null
      return `${claimed}: entry ${named(approval.entry)} approves it, and nothing proves that the flow went there`
    }
  },
}

/** Whether configuration declares a host since a day before: on the day itself, calls may be older than the ServiceEntry. */
function declaredBefore({ date, coverage, inForce: { istio }, past }: Grounds): (edge: JudgedEdge) => boolean {
  if (istio === null) return () => false
  const declared = new Map<string, DestinationIndex<string>>()
  for (const target of coverage.keys()) {
    const place = Object.hasOwn(istio, target) ? target : '*'
    const hosts = (configOfTarget(istio, target)?.serviceEntries ?? []).flatMap(({ namespace, name, hosts: of }) => {
      const since = past.serviceEntries.get(serviceEntryKey({ target: place, serviceEntry: `${namespace}/${name}` }))
      return since !== undefined && since.declared !== '' && since.declared < date ? of : []
    })
    declared.set(
      target,
      destinationIndex([...new Set(hosts)], (host) => host),
    )
  }
  return ({ target, host }) => (declared.get(target)?.matching(host).length ?? 0) > 0
}

/** In which hours ServiceEntries let something out to a destination. */
function registeredHours({ destinations }: Grounds, key: string): number[] {
  const registered = (destinations.get(key) ?? []).filter(({ destinationClass }) => destinationClass === 'registered')
  return Array.from({ length: 24 }, (_, hour) => registered.reduce((sum, { hours }) => sum + hours[hour], 0))
}

/** True when some of these hours lie between others: before the first and after the last, there may have been no ServiceEntry. */
function isWithin(hours: readonly number[], others: readonly number[]): boolean {
  const first = others.findIndex((count) => count > 0)
  const last = others.findLastIndex((count) => count > 0)
  return hours.some((count, hour) => count > 0 && first >= 0 && hour > first && hour < last)
}

/** Names that pass for one that is approved or, without a register, declared; refused calls among them. */
export const lookAlike: EdgeRule = {
  name: 'look-alike',
  looksAtBlocked: true,
  subjectOf: ofHost,
  judge: (grounds, { thresholds: { minimumLetters } }) => {
    const { register } = grounds.inForce
    const resemble =
      register === null ? amongDeclared(grounds, minimumLetters) : amongApproved(register, minimumLetters)
    return ({ host, destinationClass, approval: { state } }) => {
      const isKnown = register === null ? destinationClass === 'registered' : state === 'approved'
      const resemblance = isKnown ? null : resemble(host)
      return resemblance && `, ${deceptionTold(resemblance, register === null ? 'declared' : 'approved')}`
    }
  },
}

function deceptionTold({ kind, known, scripts }: Resemblance, how: string): string {
  if (kind === 'mixed scripts') return `a name that mixes letters of ${scripts.join(' and ')}`
  return `a name that ${kind === 'looks the same' ? 'looks the same as' : 'is one letter off'} ${named(known)}, which is ${how}`
}

type Resemble = (host: string) => Resemblance | null

/** A register holds for many days, and its names are compared with each host but once. */
const approvedNames = new WeakMap<Register, { minimumLetters: number; resemble: Resemble }>()

function amongApproved(register: Register, minimumLetters: number): Resemble {
  const made = approvedNames.get(register)
  if (made?.minimumLetters === minimumLetters) return made.resemble
  const approved = register.entries.filter(({ approvedBy }) => approvedBy !== '')
  const resemble = resemblances(
    approved.map(({ destination }) => destination),
    minimumLetters,
  )
  approvedNames.set(register, { minimumLetters, resemble })
  return resemble
}

function amongDeclared({ left, inForce: { istio } }: Grounds, minimumLetters: number): Resemble {
  const seen = left.filter(({ destinationClass }) => destinationClass === 'registered').map(({ host }) => host)
  const declared = Object.values(istio ?? {}).flatMap(({ serviceEntries }) =>
    serviceEntries.flatMap(({ hosts }) => hosts),
  )
  return resemblances([...new Set([...seen, ...declared])], minimumLetters)
}
