/** Telling: which findings somebody is told of, once each time that they are opened, and in which words. */
import { findingAddress } from '#core/addresses.ts'
import type { ComplianceHistory } from '#core/compliance-history.ts'
import { bySeverity, type Finding } from '#core/findings/finding.ts'
import { headlineOf } from '#core/findings/headline.ts'
import { sha256 } from '#core/hash.ts'
import { DAY_MS, isoDate, parseDate } from '#core/time.ts'

/**
 * Whoever is told for the first time, of a ledger that may be years old, wants to know what is new and reads the rest on
 * its page: only what was opened in the newest days is told. From then on all is told that was opened since, and in as
 * many days before, since days are judged again when they are closed, or declared otherwise.
 */
const NEWEST_DAYS = 3
/** A message stays one that a person reads. */
const MESSAGE_FINDINGS = 20
/** More at once would be read by nobody; how many there are beyond is told with the last. */
const MESSAGES_AT_MOST = 5

/** What is sent at once. Whoever gets it twice knows it by its id, and each finding by its own. */
export interface Message {
  schema: 1
  id: string // 32 hex digits, of the findings in it
  title: string // of the site
  text: string // all of it in words, a line each
  findings: ToldFinding[]
  more: number // that are new, too, and told in no message
  tellings: string[] // ids of what is told once this is sent, those beyond with the last message
}

export interface ToldFinding
  extends Pick<
    Finding,
    | 'rule'
    | 'severity'
    | 'subject'
    | 'opened'
    | 'first'
    | 'last'
    | 'days'
    | 'evidence'
    | 'complete'
    | 'sentence'
    | 'remedy'
  > {
  id: string // of this telling: finding and day of opening
  finding: string // its id
  url: string | null // of its row on the page of findings
}

/** What somebody was told before. */
export interface ToldBefore {
  through: string // YYYY-MM-DD: the last day of the ledger then
  tellings: string[] // ids, of what was opened since the first day that may still be told
}

export interface TellingInput {
  title: string // of the site
  url: string | null // at which it is read
  compliance: ComplianceHistory // open days among it, so that nobody waits for a day's end
  told: ToldBefore | null // null: nothing yet
}

/** The id of a finding's being opened: of one that comes back it is another. */
export function tellingId({ opened, id }: Pick<Finding, 'opened' | 'id'>): string {
  return `${opened}-${id}`
}

/** The day, YYYY-MM-DD, before which nothing that was opened is told; '' while there is no day. */
export function toldFrom({ through }: ComplianceHistory, told: ToldBefore | null): string {
  const newest = told !== null && told.through < through ? told.through : through
  return newest === '' ? '' : isoDate(parseDate(newest) - (NEWEST_DAYS - 1) * DAY_MS)
}

/** What is to be sent, most severe first; nothing when there is nothing new. */
export function messagesOf({ title, url, compliance, told }: TellingInput): Message[] {
  const from = toldFrom(compliance, told)
  const known = new Set(told?.tellings)
  const due = compliance.findings
    .filter((finding) => finding.state === 'open' && finding.opened >= from && !known.has(tellingId(finding)))
    .sort(bySeverity)
  const count = Math.min(MESSAGES_AT_MOST, Math.ceil(due.length / MESSAGE_FINDINGS))
  return Array.from({ length: count }, (_, n) => {
    const findings = due.slice(n * MESSAGE_FINDINGS, (n + 1) * MESSAGE_FINDINGS)
    const beyond = n === count - 1 ? due.slice(count * MESSAGE_FINDINGS) : []
    const tellings = [...findings, ...beyond].map(tellingId)
    return {
      schema: 1,
      id: sha256(tellings.join('\n')).slice(0, 32),
      title,
      text: textOf(title, findings, beyond.length),
      findings: findings.map((finding) => toldFinding(finding, url)),
      more: beyond.length,
      tellings,
    }
  })
}

function toldFinding(finding: Finding, url: string | null): ToldFinding {
  const { rule, severity, subject, opened, first, last, days, evidence, complete, sentence, remedy } = finding
  return {
    id: tellingId(finding),
    finding: finding.id,
    ...{ rule, severity, subject, opened, first, last, days, evidence, complete, sentence, remedy },
    url: url === null ? null : `${url.replace(/\/$/, '')}/${findingAddress(finding.id)}`,
  }
}

function textOf(title: string, findings: readonly Finding[], more: number): string {
  const [first] = findings
  const head =
    findings.length === 1 && more === 0
      ? `${title}: ${first.severity}: ${headlineOf(first.rule, first.subject)}`
      : `${title}: ${findings.length} new findings`
  const lines = findings.map(({ severity, rule, last, sentence }) => `${severity}, ${rule}, ${last}: ${sentence}`)
  const rest = more === 0 ? [] : [`And ${more} more on the page of findings.`]
  return [head, ...lines, ...rest].join('\n')
}
