/** The Atom feed of findings (RFC 4287): the newest that were opened, for whoever reads feeds. */
import { FINDINGS, FINDINGS_FEED, findingAddress } from '#core/addresses.ts'
import type { ComplianceHistory } from '#core/compliance-history.ts'
import { byNewest, type Finding } from '#core/findings/finding.ts'
import { headlineOf } from '#core/findings/headline.ts'
import { tellingId } from '#core/findings/telling.ts'
import { sha256 } from '#core/hash.ts'

export interface FeedInput {
  title: string // of the site
  url: string | null // at which the site is read; without one links are relative to the feed
  compliance: ComplianceHistory
}

const ENTRIES_AT_MOST = 100
/** An Atom feed must say when it was updated, even one that never was. */
const NEVER = '1970-01-01'

/**
 * The feed as XML. It has an entry for each time that a finding was opened, so that one that comes back is told anew; what
 * somebody accepts is not in it. Entries keep their id for ever, and are of the day on which the finding was opened.
 */
export function atomFeed({ title, url, compliance }: FeedInput): string {
  const told = compliance.findings
    .filter(({ state }) => state !== 'accepted')
    .sort(byNewest)
    .slice(0, ENTRIES_AT_MOST)
  const link = (address: string) => escaped(url === null ? address : `${url.replace(/\/$/, '')}/${address}`)
  const updated = told[0]?.opened ?? (compliance.through || NEVER)
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">',
    `  <id>${urn(`feed of findings: ${url ?? title}`)}</id>`,
    `  <title>${escaped(title)}: findings</title>`,
    `  <updated>${instantOf(updated)}</updated>`,
    '  <author><name>Wharfage</name></author>',
    `  <link rel="self" type="application/atom+xml" href="${link(FINDINGS_FEED)}"/>`,
    `  <link rel="alternate" type="text/html" href="${link(FINDINGS)}"/>`,
    ...told.flatMap((finding) => entryOf(finding, link)),
    '</feed>',
  ]
  return `${lines.join('\n')}\n`
}

function entryOf(finding: Finding, link: (address: string) => string): string[] {
  const { id, rule, severity, subject, opened, last, sentence, remedy } = finding
  return [
    '  <entry>',
    `    <id>${urn(tellingId(finding))}</id>`,
    `    <title>${escaped(`${severity}: ${headlineOf(rule, subject)}`)}</title>`,
    `    <updated>${instantOf(opened)}</updated>`,
    `    <link rel="alternate" type="text/html" href="${link(findingAddress(id))}"/>`,
    `    <category term="${escaped(rule)}"/>`,
    `    <content type="text">${escaped(`${last}: ${sentence} ${remedy}`)}</content>`,
    '  </entry>',
  ]
}

function instantOf(date: string): string {
  return `${date}T00:00:00Z`
}

/** A name-based UUID (RFC 9562, version 8) as an IRI: the same for the same name, and no claim to anybody's domain. */
function urn(name: string): string {
  const hex = sha256(name)
  const variant = '89ab'[Number.parseInt(hex[16], 16) % 4]
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
  return `urn:uuid:${parts.join('-')}`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** A text as XML 1.0 can hold it: no markup, and none of the characters that it has no way to write. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => ENTITIES[character])
}
