/** Statements: what the ledger has to say on a topic of a framework, each with its figures, and whether somebody must look at it. */
import { type Audit, type AuditFigures, auditFigures } from '#core/audit/audit.ts'
import type { TalliedPlace } from '#core/audit/tally.ts'
import { isRecordedAfter } from '#core/declarations.ts'
import { grouped, short } from '#core/figures.ts'
import { lastReview, monthsLater } from '#core/register/standing.ts'
import type { Totals } from '#core/report.ts'
import { addTotals, attempts, zeroTotals } from '#core/totals.ts'

/**
 * `figure`: what was counted; `attention`: what speaks against the control and somebody must look at; `no-data`: nothing was
 * observed or declared, so nothing is known. None of them says that a control is met.
 */
export interface Statement {
  kind: 'figure' | 'attention' | 'no-data'
  text: string // sentences
}

export type StatementName =
  | 'approvals'
  | 'register'
  | 'reviews'
  | 'tagged'
  | 'enforcement'
  | 'encryption'
  | 'places'
  | 'findings'
  | 'exceptions'
  | 'changes'
  | 'coverage'
  | 'retention'
  | 'integrity'

interface Facts {
  audit: Audit
  figures: AuditFigures
  atLeast: string // before every sum: '≥ ' where hours are missing
}

/** All statements of an audit, by topic. */
export function statementsOf(audit: Audit): Record<StatementName, Statement[]> {
  const figures = auditFigures(audit)
  const facts: Facts = { audit, figures, atLeast: figures.isComplete ? '' : '≥ ' }
  const made = Object.entries(TOPICS).map(([name, make]) => [name, make(facts).filter((one) => one !== null)])
  return Object.fromEntries(made)
}

/** The tag by which entries of the register belong to the cardholder data environment. */
const CARDHOLDER_TAG = 'cde'

const figure = (text: string): Statement => ({ kind: 'figure', text })
const attention = (text: string): Statement => ({ kind: 'attention', text })
const noData = (text: string): Statement => ({ kind: 'no-data', text })

const TOPICS: Record<StatementName, (facts: Facts) => (Statement | null)[]> = {
  approvals: ({ audit, figures, atLeast }) => {
    const { byApproval, left, daysWithRegister } = figures
    const { destinations } = audit.tally
    const missing = audit.days.length - daysWithRegister
    return [
      figure(
        `What left: ${amount(left, atLeast)}, to ${hosts(destinations.approved + destinations.unapproved + destinations.expired)}.`,
      ),
      missing === 0
        ? null
        : noData(`On ${days(missing)} no register was declared, so that nothing could be approved on them.`),
      figure(`Approved by the register: ${amount(byApproval.approved, atLeast)}.`),
      isNothing(byApproval.unapproved)
        ? figure('Nothing was observed to leave without an approval.')
        : attention(
            `Not approved: ${amount(byApproval.unapproved, atLeast)}, to ${hosts(destinations.unapproved)}, each in exceptions.csv.`,
          ),
      isNothing(byApproval.expired)
        ? null
        : attention(
            `Used after the approval had ended: ${amount(byApproval.expired, atLeast)}, to ${hosts(destinations.expired)}.`,
          ),
    ]
  },

  register: ({ audit, figures }) => {
    const { entries, unusedEntries } = figures
    const last = audit.registers.at(-1)
    if (last === undefined) return [noData('No register was declared for any of these days.')]
    const all = Object.values(entries).reduce((sum, count) => sum + count, 0)
    const incomplete = last.register.entries.filter(({ need, owner }) => need === '' || owner === '').length
    return [
      figure(
        `The register of ${last.last} has ${count(all, 'entry', 'entries')}; approved and not overdue: ${entries.approved}.`,
      ),
      entries.pending === 0 ? null : attention(`${count(entries.pending, 'entry', 'entries')} nobody has approved.`),
      entries.expired === 0 ? null : attention(`${count(entries.expired, 'entry has', 'entries have')} expired.`),
      incomplete === 0
        ? null
        : attention(`${count(incomplete, 'entry has', 'entries have')} no owner, or no business need.`),
      unusedEntries === 0
        ? null
        : attention(
            `${count(unusedEntries, 'approved entry', 'approved entries')} let nothing out in these days; is the need still there?`,
          ),
    ]
  },

  reviews: ({ audit, figures }) => {
    const last = audit.registers.at(-1)
    if (last === undefined) return [noData('No register was declared, so there was nothing to review.')]
    const since = monthsLater(audit.through, -6)
    const reviewers = new Set(
      last.register.entries.map((entry) => {
        const review = lastReview(entry, audit.through)
        return review !== null && review.on > since ? review.by : ''
      }),
    )
    reviewers.delete('')
    const by = reviewers.size === 0 ? '' : ` Reviewers: ${[...reviewers].sort().join(', ')}.`
    return [
      figure(
        `Approved or reviewed in the six months to ${audit.through}: ${figures.reviewed} of ${count(last.register.entries.length, 'entry', 'entries')}.${by}`,
      ),
      figures.entries.overdue === 0
        ? figure('No approval was overdue for review on the last day.')
        : attention(
            `${count(figures.entries.overdue, 'approval is', 'approvals are')} overdue for review, each in exceptions.csv.`,
          ),
    ]
  },

  tagged: ({ audit, atLeast }) => {
    const entries = (audit.registers.at(-1)?.register.entries ?? []).filter(({ tags }) => tags.includes(CARDHOLDER_TAG))
    if (entries.length === 0) {
      return [
        noData(
          `No entry of the register is tagged ${CARDHOLDER_TAG}, so which flows belong to the cardholder data environment is not told here.`,
        ),
      ]
    }
    const sum = zeroTotals()
    for (const { name } of entries) addTotals(sum, audit.tally.entries.get(name)?.totals ?? zeroTotals())
    return [
      figure(
        `Entries tagged ${CARDHOLDER_TAG}: ${grouped(entries.length)}. What left by their approval: ${amount(sum, atLeast)}.`,
      ),
    ]
  },

  enforcement: ({ audit, figures, atLeast }) => {
    const { modes } = audit.tally
    const open = modes.ALLOW_ANY + modes.ALLOW_ANY_DYNAMIC_DNS
    return [
      figure(`Refused by the mesh: ${atLeast}${count(figures.blockedAttempts, 'attempt', 'attempts')}.`),
      modes.REGISTRY_ONLY === 0
        ? null
        : figure(
            `REGISTRY_ONLY is configured for ${count(modes.REGISTRY_ONLY, 'namespace', 'namespaces')} with outbound traffic.`,
          ),
      open === 0
        ? null
        : attention(
            `${count(open, 'namespace', 'namespaces')} with outbound traffic may call what nothing declares, by configuration.`,
          ),
      modes.unknown === 0
        ? null
        : noData(
            `For ${count(modes.unknown, 'namespace', 'namespaces')} no configuration of Istio's was given that tells whether undeclared destinations are refused.`,
          ),
    ]
  },

  encryption: ({ audit, figures, atLeast }) => {
    const { originated, application, plaintext, unknown } = figures.byTls
    const silent = audit.findings.filter(({ rule, state }) => rule === 'silent-plaintext' && state === 'open').length
    return [
      figure(
        `Encrypted by the proxy: ${amount(originated, atLeast)}. By the application: ${amount(application, atLeast)}.`,
      ),
      isNothing(plaintext)
        ? figure('Nothing was observed to leave in plaintext.')
        : attention(
            `In plaintext: ${amount(plaintext, atLeast)}, by ${count(audit.tally.plaintext.length, 'pair', 'pairs')} of workload and host.`,
          ),
      silent === 0
        ? null
        : attention(
            `In ${count(silent, 'case', 'cases')} TLS was declared and does not take hold, each a finding that is open.`,
          ),
      isNothing(unknown) ? null : noData(`Of ${amount(unknown, atLeast)} it is not known.`),
    ]
  },

  places: ({ audit, figures, atLeast }) => {
    const { outside, undeclared } = figures.byPlace
    const declared = audit.tally.places.filter(({ country, region, provider }) => country + region + provider !== '')
    return [
      ...byPlace(declared).map(([place, totals]) =>
        figure(`Traffic to destinations declared in ${place}: ${amount(totals, atLeast)}.`),
      ),
      isNothing(undeclared)
        ? null
        : noData(
            `To destinations whose place is undeclared, from where residency is restricted: ${amount(undeclared, atLeast)}.`,
          ),
      isNothing(outside)
        ? null
        : attention(`To destinations declared outside of what a residency rule allows: ${amount(outside, atLeast)}.`),
      declared.length === 0 ? noData('No destination that was called has a declared place.') : null,
    ]
  },

  findings: ({ figures }) => {
    const { findings, open } = figures
    const all = findings.open + findings.accepted + findings.gone
    return [
      figure(
        `${count(all, 'finding was', 'findings were')} made on these days; ${findings.gone} are gone, ${findings.accepted} accepted.`,
      ),
      findings.open === 0
        ? null
        : attention(`Open at the end: ${open.high} of high severity, ${open.medium} of medium, ${open.low} of low.`),
    ]
  },

  exceptions: ({ audit, figures }) => [
    figure(
      figures.findings.accepted === 0
        ? 'No finding was accepted.'
        : `${count(figures.findings.accepted, 'finding is', 'findings are')} accepted, each with a name, a reason and an end in exceptions.csv.`,
    ),
    audit.forgotten === 0
      ? null
      : noData(`${count(audit.forgotten, 'finding was', 'findings were')} dropped for want of room.`),
  ],

  changes: ({ audit, figures }) => {
    const kinds = (['istio', 'register', 'rules'] as const).map((kind) => {
      const versions = new Set(audit.days.map(({ declared }) => declared[kind]?.sha256 ?? ''))
      versions.delete('')
      return `${NAMES[kind]}, ${versions.size === 0 ? 'none' : count(versions.size, 'version', 'versions')}`
    })
    const later = audit.days.filter(({ declared }) => Object.values(declared).some((link) => link?.isLater)).length
    const after = audit.days.filter(({ compliance: { date }, declared }) => isRecordedAfter(declared, date)).length
    const missing = audit.days.length - figures.daysWithIstio
    return [
      figure(`What was declared on these days, each version as it was recorded: ${kinds.join('; ')}.`),
      missing === 0 ? null : noData(`On ${days(missing)} no configuration of Istio's was known.`),
      later === 0
        ? null
        : noData(`${days(later)} are judged by what was declared for later days, since nothing earlier was recorded.`),
      after === 0
        ? null
        : attention(
            `${days(after)} are judged by what was recorded only after they were over; summary.csv marks each.`,
          ),
    ]
  },

  coverage: ({ audit, figures }) => {
    const { observed, partial, none, pending } = figures.hours
    const all = observed + partial + none + pending
    const missing = partial + none + pending
    return [
      figure(
        `${grouped(observed)} of ${grouped(all)} hours of ${count(audit.targets.length, 'mesh', 'meshes')} were observed whole.`,
      ),
      missing === 0
        ? null
        : attention(
            `${grouped(partial)} in part, and ${grouped(none + pending)} not at all: sums over them are lower bounds, marked ≥.`,
          ),
    ]
  },

  retention: ({ audit }) => {
    const whole = monthsLater(audit.through, -12)
    return [
      figure(
        `The ledger begins on ${audit.ledgerFrom}, and no day since is without a seal. The rollups of the days in this pack were read and verified.`,
      ),
      audit.ledgerFrom <= whole ? null : attention(`It does not reach back twelve months from ${audit.through} yet.`),
    ]
  },

  integrity: ({ audit, figures }) => {
    const unsigned = audit.seals.length - figures.signedSeals
    return [
      figure(
        `The ${grouped(audit.seals.length)} seals of this pack and every rollup they name were verified when it was made; each is in it.`,
      ),
      unsigned === 0
        ? figure(`All seals are signed, by ${count(audit.keys.length, 'key', 'keys')}.`)
        : attention(`${grouped(unsigned)} seals have no signature.`),
    ]
  },
}

const NAMES = { istio: "Istio's configuration", register: 'the register', rules: 'the rules of findings' }

function byPlace(places: readonly TalliedPlace[]): [string, Totals][] {
  const sums = new Map<string, Totals>()
  for (const { country, region, provider, totals } of places) {
    const name = [country || 'no country', `${provider} ${region}`.trim()].filter((part) => part !== '').join(', ')
    const sum = sums.get(name) ?? zeroTotals()
    addTotals(sum, totals)
    sums.set(name, sum)
  }
  return [...sums]
}

function amount(totals: Totals, atLeast: string): string {
  const bytes = short(totals.egressBytes, 'bytes')
  return `${atLeast}${count(totals.requests, 'request', 'requests')}, ${atLeast}${count(totals.connections, 'connection', 'connections')}, ${atLeast}${bytes} out`
}

function isNothing(totals: Totals): boolean {
  return attempts(totals) === 0 && totals.egressBytes === 0
}

function count(value: number, one: string, many: string): string {
  return `${grouped(value)} ${value === 1 ? one : many}`
}

function days(value: number): string {
  return count(value, 'day', 'days')
}

function hosts(value: number): string {
  return count(value, 'host', 'hosts')
}
