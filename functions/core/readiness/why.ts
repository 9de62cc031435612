/** Why: in one sentence each, why a destination would break, and why a namespace stands where it does. */
import { grouped } from '#core/figures.ts'
import { coveredBy } from '#core/istio/host-pattern.ts'
import { byAge, cited } from '#core/istio/precedence.ts'
import { isVisible } from '#core/istio/scope.ts'
import type { Need } from '#core/readiness/need.ts'
import type { Reach } from '#core/readiness/reach.ts'
import type { Readiness } from '#core/readiness/state.ts'

/** Why a destination that a namespace needs would break; with an obstacle, why nothing can be drafted for it. */
export function whyBreaks(need: Need, reach: Reach, isEnforced: boolean): string {
  const leak = isEnforced
    ? `It left on ${need.last} although REGISTRY_ONLY was on by configuration, so what was read may not be what runs. `
    : ''
  return `${leak}${need.obstacle ?? undeclared(need, reach)}`
}

function undeclared({ namespace, host, last, seen, isLeftOut }: Need, { config, hasEntries }: Reach): string {
  const covering = config.serviceEntries
    .filter(({ hosts }) => hosts.some((pattern) => coveredBy(host, pattern)))
    .sort(byAge)
  const visible = covering.find((entry) => isVisible(config, entry, namespace))
  if (visible !== undefined) {
    const lack = isLeftOut ? 'but a Sidecar leaves it out' : 'but not for the port and protocol that are used'
    return `${cited('ServiceEntry', visible)} declares the host, ${lack}; last met on ${last}.`
  }
  if (isLeftOut) return `A ServiceEntry declares its address, but a Sidecar leaves it out; last met on ${last}.`
  if (covering.length > 0) {
    return `${cited('ServiceEntry', covering[0])} declares the host, but is not exported to this namespace; last met on ${last}.`
  }
  if (!seen.some(({ date, edge }) => date === last && edge.destinationClass === 'registered')) {
    return `No ServiceEntry declares it: it went out as what the mesh does not know, last on ${last}.`
  }
  if (seen.some(({ date, edge }) => date === last && edge.traffic.outboundMode === 'ALLOW_ANY_DYNAMIC_DNS')) {
    return `No ServiceEntry declares it: ALLOW_ANY_DYNAMIC_DNS let it out by its name, last on ${last}.`
  }
  return hasEntries
    ? `A ServiceEntry let it out, last on ${last}, but no manifest that was read declares it for this namespace: the entry is gone, or the manifests are not all.`
    : `The labels do not tell whether a ServiceEntry with DYNAMIC_DNS let it out, last on ${last}, or the mode ALLOW_ANY_DYNAMIC_DNS, which knows every name.`
}

export interface Standing {
  readiness: Readiness
  needs: readonly Need[]
  declared: number // destinations that would go on
  stable: { since: string; days: number }
  windowDays: number
}

/** Why a namespace stands where it does. */
export function whySo({ readiness, needs, declared, stable, windowDays }: Standing): string {
  const obscure = needs.filter(({ obstacle }) => obstacle !== null).length
  switch (readiness) {
    case 'enforced':
      return needs.length === 0
        ? 'REGISTRY_ONLY is on by configuration.'
        : `REGISTRY_ONLY is on by configuration, yet ${destinations(needs.length)} that nothing declares ${was(needs.length)} reached after that day.`
    case 'unknown':
      return 'Nobody observed the target in these days, so nothing is known of what it calls.'
    case 'ready':
      return declared === 0
        ? `Nothing left for ${days(stable.days)} that were observed.`
        : `${capital(destinations(declared))} ${are(declared)} declared, and no new one was met for ${days(stable.days)} that were observed.`
    case 'settling': {
      const rest =
        needs.length === 0 ? '' : ` ${capital(destinations(needs.length))} can be declared by these manifests.`
      return `The newest destination was first met on ${stable.since}, and ${days(stable.days)} were observed since, of the ${grouped(windowDays)} it takes.${rest}`
    }
    case 'not-ready': {
      const all = `${capital(destinations(needs.length))} would break`
      if (obscure === 0 && needs.some(({ isLeftOut, extended }) => isLeftOut || extended !== null)) {
        return `${all}; these manifests, and changes to what there is that are told below, let ${needs.length === 1 ? 'it' : 'all of them'} out.`
      }
      if (obscure === 0) return `${all}; these manifests declare ${needs.length === 1 ? 'it' : 'all of them'}.`
      const which =
        needs.length === 1 ? 'it' : obscure === needs.length ? 'none of them' : `${grouped(obscure)} of them`
      const can = which === 'none of them' ? 'can' : 'cannot'
      return `${all}, and ${which} ${can} be declared before somebody finds out what ${obscure === 1 ? 'it is' : 'they are'}.`
    }
  }
}

function destinations(count: number): string {
  return count === 1 ? 'one destination' : `${grouped(count)} destinations`
}

function days(count: number): string {
  return count === 1 ? 'one day' : `${grouped(count)} days`
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are'
}

function was(count: number): string {
  return count === 1 ? 'was' : 'were'
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
