/** Headlines: what a finding is about, in a few words without figures, so that they are the same on every day. */
import type { Subject } from '#core/findings/finding.ts'
import type { RuleName } from '#core/findings/rules.ts'
import { hostNamed, named, workloadNamed } from '#core/findings/words.ts'

/** Without a full stop: it is a line of its own. */
export function headlineOf(rule: RuleName, subject: Subject): string {
  const { target, namespace, host: hostLabel } = subject
  const host = hostNamed(hostLabel)
  const declaration = named(subject.declaration)
  const where = target === '' ? '' : ` in ${target}`
  switch (rule) {
    case 'unapproved':
      return `${workloadNamed(subject)} calls ${host} without an approval`
    case 'expired-approval':
      return `Entry ${declaration} of the register has expired and is used`
    case 'passthrough':
      return `${workloadNamed(subject)} calls ${host} as passthrough where REGISTRY_ONLY is expected`
    case 'blocked-burst':
      return `${workloadNamed(subject)} burst out in attempts that were refused`
    case 'new-destination':
      return hostLabel === '' ? `Hosts without a name are new${where}` : `${host} is new${where}`
    case 'volume':
      return `Far more than usual went to ${host}${where}`
    case 'plaintext':
      return `${named(namespace)} calls ${host} in plaintext${where}`
    case 'silent-plaintext':
      return `${named(namespace)} calls ${host} in plaintext${where}, though TLS is declared`
    case 'weak-evidence':
      return hostLabel === '' ? `Hosts are called without a name${where}` : `The name ${host} may be wrong${where}`
    case 'host-spoofing':
      return `${workloadNamed(subject)} only claims to call ${host}`
    case 'look-alike':
      return `${host} passes for another name${where}`
    case 'outside-region':
      return `${named(namespace)} sends to ${host}, outside of its declared places${where}`
    case 'unused-approval':
      return `Entry ${declaration} of the register is not used`
    case 'overdue-review':
      return `Entry ${declaration} of the register is overdue for review`
    case 'unused-service-entry':
      return `ServiceEntry ${declaration} is not used${where}`
    case 'coverage-gap':
      return `${target} was not observed for a while`
    case 'cardinality':
      return `${target} has destinations that are made up`
  }
}
