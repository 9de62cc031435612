/** Addresses: where every page of the site lies below its root; '' is the home page, every other ends with '/'. */
import { sha256 } from '#core/hash.ts'

export const HOME = ''
export const DESTINATIONS = 'destinations/'
export const WORKLOADS = 'workloads/'
export const BLOCKED = 'blocked/'
export const COVERAGE = 'coverage/'
export const DOWNLOADS = 'downloads/'
export const COMPLIANCE = 'compliance/'
export const REGISTER = 'compliance/register/'
export const FINDINGS = 'compliance/findings/'
export const READINESS = 'compliance/readiness/'
export const RESIDENCY = 'compliance/residency/'
export const ATTESTATION = 'compliance/attestation/'
export const COSTS = 'costs/'
export const SHOWBACK = 'costs/teams/'
export const SAVINGS = 'costs/savings/'
export const BILL = 'costs/bill/'
/** The Atom feed of findings, a file beside the home page. */
export const FINDINGS_FEED = 'findings.atom'

export function dayAddress(date: string): string {
  return `days/${date}/`
}

export function graphAddress(date: string): string {
  return `days/${date}/graph/`
}

export function changesAddress(date: string): string {
  return `days/${date}/changes/`
}

export function monthAddress(month: string): string {
  return `months/${month}/`
}

/** The files of one month and how they are verified; those of the latest month are at DOWNLOADS too. */
export function monthDownloadsAddress(month: string): string {
  return `downloads/${month}/`
}

/** The bills of one month; those of the newest that has any are at BILL too. */
export function billAddress(month: string): string {
  return `costs/bill/${month}/`
}

export function destinationAddress(host: string): string {
  return `destinations/${host === '' ? 'unknown' : segment(host)}/`
}

export function workloadAddress(target: string, namespace: string, workload: string): string {
  return `workloads/${target}/${segment(namespace)}/${segment(workload)}/`
}

/** A finding, in its row on the page of all. */
export function findingAddress(id: string): string {
  return `${FINDINGS}#${id}`
}

/** The anchor of an entry on the page of the register; its name is whatever somebody wrote. */
export function entryAnchor(name: string): string {
  return `entry-${sha256(name).slice(0, 12)}`
}

export function entryAddress(name: string): string {
  return `${REGISTER}#${entryAnchor(name)}`
}

/** Manifests that were drafted for a namespace and one purpose: a file beside the page of readiness. */
export function manifestsFile(target: string, namespace: string, purpose: string): string {
  return `${target}/${namespace === '' ? 'unknown' : segment(namespace)}/${purpose}.yaml`
}

/** Names of our own beside those of labels, which must not meet them: a host may be called report.json. */
const RESERVED = /^(unknown|index)$|\.(html|json|csv)$/
const SLUG_LENGTH = 40

/** A label as a segment of an address: a plain name as it is, anything else as what is plain in it, `~`, and a hash. */
function segment(label: string): string {
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(label) && label.length <= 120) {
    if (!RESERVED.test(label)) return label
  }
  const plain = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, SLUG_LENGTH)
  return `${plain}~${sha256(label).slice(0, 16)}`
}
