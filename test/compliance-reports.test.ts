/** What pages say of compliance: as of the day they are about, whatever has been found since. */
import { startJudgedFolding } from '#core/compliance-fold.ts'
import { emptyComplianceHistory } from '#core/compliance-history.ts'
import type { FlowRow } from '#core/flow.ts'
import { judging } from '#core/judged-day.ts'
import { complianceReport, dayCompliance, destinationCompliance, workloadCompliance } from '#core/reports/compliance.ts'
import { findingsReport } from '#core/reports/findings.ts'
import { dateAfter, dayDigest } from './day-digest.ts'
import { foldUnder, inForce } from './findings-sample.ts'
import { flowRow } from './flow-rows.ts'

const FIRST = '2026-03-02'
const REGISTER = `
entries:
  - { name: a, destination: a.example, from: ["*"], owner: x, need: y, approvedBy: Dana, approvedOn: 2026-01-15 }
  - { name: b, destination: b.example, from: ["*"], owner: x, need: y }
  - { name: old, destination: old.example, from: ["*"], owner: x, need: y, approvedBy: Dana, approvedOn: 2025-06-01 }
`
const call = (host: string, changes: Partial<FlowRow> = {}) =>
  flowRow({ destinationHost: host, requests: 2, egressBytes: 100, ...changes })
const on = (at: number, rows: FlowRow[]) => dayDigest(dateAfter(FIRST, at), rows, { firstDate: FIRST })

const held = inForce({ register: REGISTER })
const judge = judging(held)

test('the head of compliance counts what is open, what entries are, and where namespaces stand', () => {
  const compliance = foldUnder({ register: REGISTER }, [
    on(0, [call('a.example'), call('b.example'), call('c.example')]),
  ])
  const cell = { verdict: 'outside' as const, totals: compliance.days[0].internal, hosts: 1, lastOutside: FIRST }
  const row = { target: 'mesh', namespace: 'shop', rule: 'eu', cells: [cell, { ...cell, lastOutside: '' }, null] }
  const report = complianceReport({
    title: 'Egress',
    compliance,
    declared: held.links,
    register: held.register,
    readiness: { namespaces: [] },
    residency: { rows: [row, { ...row, rule: 'other' }] },
  })
  expect(report).toMatchObject({
    page: 'compliance',
    through: FIRST,
    open: { high: 2, medium: 1, low: 0 }, // unapproved twice, overdue
    accepted: 0,
    entries: { approved: 1, pending: 1, overdue: 1, expired: 0 },
    unused: 0,
    readiness: { ready: 0, settling: 0, 'not-ready': 0, enforced: 0, unknown: 0 },
    outside: 1, // under two rules, but one pair
  })
  expect(report.newest.map(({ rule }) => rule)).toEqual(['unapproved', 'unapproved', 'overdue-review'])
  expect(report.days).toEqual(compliance.days)
})

test('before any day is closed there is nothing, and no error', () => {
  const compliance = emptyComplianceHistory()
  const nothing = { namespaces: [] }
  const report = complianceReport({
    title: 'Egress',
    compliance,
    declared: { istio: null, register: null, rules: null },
    register: null,
    readiness: nothing,
    residency: { rows: [] },
  })
  expect([report.through, report.days, report.newest]).toEqual(['', [], []])
  expect(findingsReport({ title: 'Egress', compliance })).toMatchObject({ through: '', findings: [], opened: [] })
  expect(dayCompliance(compliance, FIRST)).toBeNull()
})

test('findings are told open first, with how many were opened and gone on each day', () => {
  const digests = [
    on(0, [call('c.example'), call('b.example')]),
    on(1, [call('c.example', { destinationClass: 'blocked', egressBytes: 0 }), call('b.example')]),
  ]
  const report = findingsReport({ title: 'Egress', compliance: foldUnder({ register: REGISTER }, digests) })
  expect(
    report.findings.map(({ state, rule, subject }) => `${state} ${rule} ${subject.host}${subject.declaration}`),
  ).toEqual(['open unapproved b.example', 'open overdue-review old', 'gone unapproved c.example'])
  expect(report.opened).toEqual([
    { date: FIRST, open: 3, opened: 3, gone: 0 },
    { date: dateAfter(FIRST, 1), open: 2, opened: 0, gone: 1 },
  ])
})

test('a day’s page says the same however many days come after it', () => {
  const digests = [on(0, [call('c.example')]), on(1, []), on(2, [call('a.example')])]
  const told = [1, 2, 3].map((days) => dayCompliance(foldUnder({ register: REGISTER }, digests.slice(0, days)), FIRST))
  expect(told[1]).toEqual(told[0])
  expect(told[2]).toEqual(told[0])
  expect(told[0]?.findings.map(({ sentence, state }) => `${state}: ${sentence}`)).toEqual([
    'open: shop/checkout-v1 in mesh calls c.example without an approval.',
    'open: Entry old of the register is overdue for review.',
  ])
  expect(told[0]?.findingCount).toBe(2)
})

test('destinations and workloads tell of the last day they were seen, whatever comes after', () => {
  const digests = [
    on(0, [call('c.example'), call('a.example')]),
    ...Array.from({ length: 12 }, (_, n) => on(n + 1, [])),
  ]
  const judged = judge(digests[0])
  const told = [1, 13].map((days) => {
    const compliance = foldUnder({ register: REGISTER }, digests.slice(0, days))
    const workload = { target: 'mesh', namespace: 'shop', workload: 'checkout-v1' }
    return [destinationCompliance(compliance, judged, 'c.example'), workloadCompliance(compliance, judged, workload)]
  })
  expect(told[1]).toEqual(told[0])
  const [destination, workload] = told[0]
  expect(destination.approvals.map(({ state }) => state)).toEqual(['unapproved'])
  expect(workload.approvals.map(({ state, entry }) => `${state} ${entry}`)).toEqual(['unapproved ', 'approved a'])
  expect(workload.findings.map(({ rule, state, last }) => [rule, state, last])).toEqual([['unapproved', 'open', FIRST]])
  expect(destination.findings).toEqual(workload.findings)
})

test('what was gone or accepted by then is told so', () => {
  const digests = [
    on(0, [call('c.example')]),
    on(1, [call('c.example', { destinationClass: 'blocked', egressBytes: 0 })]),
  ]
  const folding = startJudgedFolding(emptyComplianceHistory(), null)
  for (const digest of digests) folding.add(judge(digest), held)
  const [finding] = destinationCompliance(folding.history(), judge(digests[1]), 'c.example').findings
  expect(finding).toMatchObject({ state: 'gone', first: FIRST, last: FIRST })

  const { id } = finding
  const accepting = { register: REGISTER, accepted: [{ finding: id, by: 'Ines', why: 'x', until: '2027-01-01' }] }
  const compliance = foldUnder(accepting, digests.slice(0, 1))
  expect(destinationCompliance(compliance, judge(digests[0]), 'c.example').findings[0].state).toBe('accepted')
})
