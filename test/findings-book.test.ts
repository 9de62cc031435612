/** From day to day: findings are opened, accepted, gone and opened again, and stay the same finding. */
import { openBook } from '#core/findings/book.ts'
import { type Finding, type Found, findingId, subjectOf, zeroEvidence } from '#core/findings/finding.ts'
import { headlineOf } from '#core/findings/headline.ts'
import { remedyOf } from '#core/findings/remedies.ts'
import { defaultRules, RULE_NAMES, type Rules } from '#core/findings/rules.ts'
import { dateAfter } from './day-digest.ts'

const FIRST = '2026-03-02'
const SUBJECT = subjectOf({ target: 'mesh', namespace: 'shop', workload: 'web', host: 'a.example' })
const ID = findingId('unapproved', SUBJECT)

const found = (changes: Partial<Found> = {}): Found => ({
  rule: 'unapproved',
  subject: SUBJECT,
  evidence: { ...zeroEvidence(), requests: 3, egressBytes: 500, hours: 2 },
  complete: true,
  sentence: 'It was so.',
  ...changes,
})

interface Day {
  found?: Found[]
  rules?: Rules
  seen?: boolean // the traffic, without what is wrong with it
  observed?: boolean
  provisional?: boolean
}

/** What becomes of the one finding, day by day: its state, and a star on the days on which it is opened. */
function states(days: readonly Day[]): string {
  const book = openBook([], 0)
  return days
    .map((day, at) => {
      const date = dateAfter(FIRST, at)
      const { provisional = false, rules = defaultRules(), seen = false, observed = true } = day
      const { counts } = book.add({
        ...{ date, provisional, rules, found: day.found ?? [] },
        seen: () => seen,
        isObserved: () => observed,
      })
      const [finding] = book.findings()
      const { open, accepted, opened, gone } = counts
      const count = { open: open.high + open.medium + open.low, accepted, gone }[finding?.state ?? 'gone']
      if (finding !== undefined && finding.state !== 'gone' && count !== 1) throw new Error('counted otherwise')
      return `${finding?.state ?? '-'}${opened === 1 ? '*' : ''}${gone === 1 ? '!' : ''}`
    })
    .join(' ')
}

const yes: Day = { found: [found()] }
const no: Day = {}

test('stays open for as long as its rule says after it was found last', () => {
  expect(states([yes, ...Array(7).fill(no), no])).toBe(`open* ${'open '.repeat(7)}gone!`)
})

test('is gone at once when its traffic is seen without it', () => {
  expect(states([yes, { seen: true }, no])).toBe('open* gone! gone')
})

test('is opened again when it comes back', () => {
  expect(states([yes, { seen: true }, yes, yes])).toBe('open* gone! open* open')
})

test('is not gone on days that nobody observes, until nobody will', () => {
  const unseen: Day = { observed: false }
  expect(states([yes, ...Array(10).fill(unseen)])).toBe(`open*${' open'.repeat(10)}`)
  expect(states([yes, ...Array(43).fill(unseen)])).toMatch(/^open\*( open){42} gone!$/)
})

test('is not gone while a day is open', () => {
  expect(states([yes, { seen: true, provisional: true }])).toBe('open* open')
})

test('is gone when its rule is off', () => {
  const rules = defaultRules()
  rules.rules.unapproved.isOn = false
  expect(states([yes, { rules }])).toBe('open* gone!')
})

describe('an acceptance', () => {
  const rules = (finding: string, until: string): Rules => ({
    ...defaultRules(),
    accepted: [{ line: 1, finding, by: 'Ines', why: 'leaves soon', until }],
  })
  const accepted = (until: number): Day => ({ ...yes, rules: rules(ID, dateAfter(FIRST, until)) })

  test('holds until its day, from which the finding is open again and told anew', () => {
    expect(states([yes, accepted(3), accepted(3), accepted(3), accepted(3)])).toBe('open* accepted accepted open* open')
  })
  test('that is taken back opens the finding again', () => {
    expect(states([yes, accepted(9), yes])).toBe('open* accepted open*')
  })
  test('of another finding changes nothing', () => {
    expect(states([yes, { ...yes, rules: rules('0'.repeat(12), '2027-01-01') }])).toBe('open* open')
  })
  test('keeps who, why, since when and until when', () => {
    const book = openBook([], 0)
    const day = (at: number, { found: all = [], rules: held = defaultRules() }: Day) =>
      book.add({
        ...{ date: dateAfter(FIRST, at), provisional: false, found: all, rules: held },
        ...{ seen: () => false, isObserved: () => true },
      })
    day(0, yes)
    day(1, accepted(9))
    day(2, accepted(9))
    const until = dateAfter(FIRST, 9)
    expect(book.findings()[0].acceptance).toEqual({ by: 'Ines', why: 'leaves soon', from: dateAfter(FIRST, 1), until })
    day(3, yes)
    expect(book.findings()[0].acceptance?.until).toBe(until)
  })
})

test('sums its evidence over the days on which it was found, and tells of the last', () => {
  const book = openBook([], 0)
  const add = (at: number, all: Found[]) =>
    book.add({
      ...{ date: dateAfter(FIRST, at), provisional: false, found: all, rules: defaultRules() },
      ...{ seen: () => false, isObserved: () => true },
    })
  add(0, [found()])
  add(1, [])
  add(2, [found({ complete: false, sentence: 'It is so.' })])
  expect(book.findings()[0]).toMatchObject({
    ...{ first: FIRST, last: dateAfter(FIRST, 2), days: 2, opened: FIRST, complete: false, sentence: 'It is so.' },
    evidence: { requests: 6, connections: 0, egressBytes: 1000, ingressBytes: 0, hours: 4 },
  })
})

test('leaves the findings it began with as they were', () => {
  const book = openBook([], 0)
  const day = { provisional: false, rules: defaultRules(), seen: () => false, isObserved: () => true }
  book.add({ ...day, date: FIRST, found: [found()] })
  const before = book.findings()
  const copy = structuredClone(before)
  openBook(before, 0).add({ ...day, date: dateAfter(FIRST, 1), found: [found()] })
  book.add({ ...day, date: dateAfter(FIRST, 1), found: [found()] })
  expect(before).toEqual(copy)
})

test('makes room: what is gone for longest goes first, then what is least severe', () => {
  const host = (name: string, rule: Found['rule'] = 'unapproved') =>
    found({ rule, subject: subjectOf({ target: 'mesh', host: name }) })
  const day = { provisional: false, rules: defaultRules(), isObserved: () => true }
  const book = openBook([], 0, 3)
  book.add({
    ...day,
    date: FIRST,
    found: [host('gone'), host('low', 'weak-evidence'), host('high')],
    seen: () => false,
  })
  book.add({ ...day, date: dateAfter(FIRST, 1), found: [host('low', 'weak-evidence'), host('high')], seen: () => true })
  book.add({ ...day, date: dateAfter(FIRST, 2), found: [host('new')], seen: () => false })
  const hosts = (findings: readonly Finding[]) => findings.map(({ subject }) => subject.host)
  expect([hosts(book.findings()), book.forgotten()]).toEqual([['high', 'new', 'low'], 1])
  book.add({ ...day, date: dateAfter(FIRST, 3), found: [host('newer')], seen: () => false })
  expect([hosts(book.findings()), book.forgotten()]).toEqual([['high', 'new', 'newer'], 2])
})

test('a finding’s id is its rule and subject, and nothing else', () => {
  const ids = RULE_NAMES.flatMap((rule) =>
    [SUBJECT, { ...SUBJECT, workload: '' }, { ...SUBJECT, workload: 'a.example', host: 'web' }].map((subject) =>
      findingId(rule, subject),
    ),
  )
  expect(new Set(ids).size).toBe(ids.length)
  expect(ID).toMatch(/^[0-9a-f]{12}$/)
  expect(ID).toBe('70f848dd65a3') // whoever accepts it in Git has written it down
})

test('every rule has a headline and a remedy, which name no label as it is', () => {
  const hostile = subjectOf({
    target: 'mesh',
    namespace: 'a\u202eb',
    workload: '\u0007',
    host: '\u200b',
    declaration: '\u2028',
  })
  for (const rule of RULE_NAMES) {
    expect(`${headlineOf(rule, hostile)} ${remedyOf(rule, hostile)}`).toMatch(/^[^\u202e\u0007\u200b\u2028]{30,}$/)
  }
})
