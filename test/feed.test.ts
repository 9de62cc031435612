/** The Atom feed of findings: well-formed whatever labels hold, and the same entries for ever. */
import * as fc from 'fast-check'
import { type ComplianceHistory, emptyComplianceHistory } from '#core/compliance-history.ts'
import { atomFeed } from '#core/feed.ts'
import { type Finding, findingId, subjectOf, zeroEvidence } from '#core/findings/finding.ts'
import { dateAfter } from './day-digest.ts'

const FIRST = '2026-03-02'

function finding(host: string, changes: Partial<Finding> = {}): Finding {
  const subject = subjectOf({ target: 'mesh', namespace: 'shop', workload: 'web', host })
  return {
    ...{ id: findingId('unapproved', subject), rule: 'unapproved', severity: 'high', subject, state: 'open' },
    ...{ opened: FIRST, goneOn: '', acceptance: null, first: FIRST, last: FIRST, days: 1, evidence: zeroEvidence() },
    ...{ complete: true, sentence: `It called ${host}.`, remedy: 'Stop it.' },
    ...changes,
  }
}

const history = (findings: Finding[], through = FIRST): ComplianceHistory => ({
  ...emptyComplianceHistory(),
  through,
  findings,
})
const feed = (findings: Finding[], url: string | null = null) =>
  atomFeed({ title: 'Egress', url, compliance: history(findings) })
const ids = (xml: string) => [...xml.matchAll(/<id>(urn:uuid:[^<]*)<\/id>/g)].map(([, id]) => id)

test('is a feed with an entry for each finding', () => {
  expect(feed([finding('a.example')], 'https://egress.example/site/')).toBe(`<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
  <id>${ids(feed([], 'https://egress.example/site/'))[0]}</id>
  <title>Egress: findings</title>
  <updated>2026-03-02T00:00:00Z</updated>
  <author><name>Wharfage</name></author>
  <link rel="self" type="application/atom+xml" href="https://egress.example/site/findings.atom"/>
  <link rel="alternate" type="text/html" href="https://egress.example/site/compliance/findings/"/>
  <entry>
    <id>${ids(feed([finding('a.example')]))[1]}</id>
    <title>high: shop/web in mesh calls a.example without an approval</title>
    <updated>2026-03-02T00:00:00Z</updated>
    <link rel="alternate" type="text/html" href="https://egress.example/site/compliance/findings/#${finding('a.example').id}"/>
    <category term="unapproved"/>
    <content type="text">2026-03-02: It called a.example. Stop it.</content>
  </entry>
</feed>
`)
})

test('links are relative to the feed when nobody says where it is read', () => {
  expect(feed([])).toContain('href="findings.atom"')
  expect(feed([])).toContain('href="compliance/findings/"')
})

test('ids are UUIDs, of the finding and the day on which it was opened', () => {
  const [own, a] = ids(feed([finding('a.example')]))
  expect(own).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(ids(feed([finding('a.example', { last: '2026-04-01', sentence: 'More.', state: 'gone' })]))).toEqual([own, a])
  expect(ids(feed([finding('a.example', { opened: '2026-03-05' })]))[1]).not.toBe(a)
})

test('the newest come first, no more than a hundred, and none that somebody accepts', () => {
  const many = Array.from({ length: 120 }, (_, n) => finding(`h${n}.example`, { opened: dateAfter(FIRST, n) }))
  const accepted = finding('accepted.example', { state: 'accepted', opened: '2027-01-01' })
  const xml = feed([...many, accepted])
  expect(ids(xml).length).toBe(101)
  expect([...xml.matchAll(/calls (\S+) without/g)].map(([, host]) => host).slice(0, 2)).toEqual([
    'h119.example',
    'h118.example',
  ])
  expect(xml).toContain(`<updated>${dateAfter(FIRST, 119)}T00:00:00Z</updated>\n  <author>`)
})

test('an empty feed is of the last day, or of no time at all', () => {
  expect(feed([])).toContain('<updated>2026-03-02T00:00:00Z</updated>')
  expect(atomFeed({ title: 'x', url: null, compliance: history([], '') })).toContain(
    '<updated>1970-01-01T00:00:00Z</updated>',
  )
})

test('no text can leave its element, or be a character that XML has no way to write', () => {
  const hostile = fc.string({ unit: 'binary', maxLength: 40 })
  const texts = fc.oneof(
    hostile,
    fc.constantFrom('<script>alert(1)</script>', ']]>', '&amp;', '"\' onload=', '\u0000\ufffe\ud800'),
  )
  fc.assert(
    fc.property(texts, texts, texts, (host, sentence, title) => {
      const xml = atomFeed({ title, url: null, compliance: history([finding(host, { sentence, remedy: host })]) })
      expect(xml).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u)
      expect(elements(xml)).toEqual(elements(feed([finding('a.example')])))
    }),
  )
})

/** The names of all elements, after what is no markup has been taken out; throws where something is not well-formed. */
function elements(xml: string): string[] {
  const rest = xml.replace(/^<\?xml[^>]*\?>\n/, '')
  const names: string[] = []
  const open: string[] = []
  const token = /<(\/?)([a-z]+)((?: [a-z:]+="[^"<]*")*)(\/?)>|[^<&]+|&(?:amp|lt|gt|quot|#39);/y
  while (token.lastIndex < rest.length) {
    const match = token.exec(rest)
    if (match === null) throw new Error('not well-formed')
    const [, closing, name, , empty] = match
    if (name === undefined) continue
    if (closing === '/') expect(open.pop()).toBe(name)
    else {
      names.push(name)
      if (empty === '') open.push(name)
    }
  }
  expect(open).toEqual([])
  return names
}
