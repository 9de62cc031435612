/** Remedies: what a person can do about a finding. */
import type { Subject } from '#core/findings/finding.ts'
import type { RuleName } from '#core/findings/rules.ts'
import { hostNamed, named } from '#core/findings/words.ts'

/** One or two sentences to whoever looks after the mesh. */
export function remedyOf(rule: RuleName, { namespace, host, declaration }: Subject): string {
  const entry = named(declaration)
  switch (rule) {
    case 'unapproved':
      return host === ''
        ? 'Find out where it connects to, declare that with a ServiceEntry, and have it approved in the register; or stop it.'
        : 'Have it approved in the register, where "wharfage register draft" writes the entry; or stop the calls.'
    case 'expired-approval':
      return `Review entry ${entry} and set a new end, or stop the calls and take its ServiceEntry out.`
    case 'passthrough':
      return (
        'Declare the destination with a ServiceEntry that the namespace can see, or set REGISTRY_ONLY in its Sidecar so ' +
        'that it is refused. In ambient mode ztunnel does not enforce it: send the traffic through a waypoint or an egress gateway.'
      )
    case 'blocked-burst':
      return (
        'Find out what ran in its pods in that hour, and keep their logs and images before they are replaced. REGISTRY_ONLY ' +
        'is no firewall: look at what else the workload could reach.'
      )
    case 'new-destination':
      return 'Ask its owner whether the call is meant, and have it approved in the register.'
    case 'volume':
      return 'Ask the owners of its callers what they sent. If it is meant, accept the finding until it is usual.'
    case 'plaintext':
      return (
        `Have it called over TLS: for ${hostNamed(host)} a ServiceEntry whose HTTP port has targetPort 443, and a ` +
        `DestinationRule with tls.mode SIMPLE that ${named(namespace)} can see.`
      )
    case 'silent-plaintext':
      return (
        'Correct the DestinationRule: on a sidecar a credentialName takes hold only beside a workloadSelector; else name the ' +
        'certificates by path, or originate TLS at an egress gateway.'
      )
    case 'weak-evidence':
      return host === ''
        ? 'Declare what is called with a ServiceEntry of its names and protocol TLS, so that each is told apart by its SNI.'
        : 'Declare it with a ServiceEntry of the exact host: protocol TLS or HTTPS, or addresses where it is plain TCP, and resolution DNS or STATIC.'
    case 'host-spoofing':
      return (
        'Treat the destination as unknown and look at the workload: the Host header is the client’s word. A ServiceEntry for ' +
        'the very port called, with resolution DNS, makes the proxy choose the address itself.'
      )
    case 'look-alike':
      return 'Compare the names letter by letter and look at who calls it. If it is meant, have it approved in the register.'
    case 'outside-region':
      return 'Move the traffic to a place the rule allows, correct the declared place, or have the residency rule changed.'
    case 'unused-approval':
      return `Take entry ${entry} out of the register, with its ServiceEntry; or accept the finding for as long as it is kept for a reason.`
    case 'overdue-review':
      return `Review entry ${entry} with its owner, and add the review to the register: on, by and note.`
    case 'unused-service-entry':
      return `Delete ServiceEntry ${entry}: what is declared can be called by everybody who sees it.`
    case 'coverage-gap':
      return 'See why Prometheus could not be asked in that time. What left in it shows only in counters that outlived it.'
    case 'cardinality':
      return (
        'Find the workload that makes up hosts, in the coverage of the day, and stop it; REGISTRY_ONLY refuses what nobody ' +
        'declared. Bound what it can do to the ledger by "maxSeries" and "overflow: fold".'
      )
  }
}
