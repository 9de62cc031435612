/** The fold of judged days: sums, uses and findings, the same however often it is interrupted. */
import * as fc from 'fast-check'
import { startJudgedFolding } from '#core/compliance-fold.ts'
import { emptyComplianceHistory, judgedByAfter } from '#core/compliance-history.ts'
import type { DayDigest } from '#core/digest.ts'
import type { FlowRow } from '#core/flow.ts'
import { judging } from '#core/judged-day.ts'
import { decodeComplianceHistory, encodeComplianceHistory } from '#core/packed-compliance.ts'
import { pack } from '#core/packing.ts'
import { leftTotals, sumByClass } from '#core/totals.ts'
import { dateAfter, dayDigest } from './day-digest.ts'
import { foldUnder, inForce, istioOf, LINK, of, serviceEntry } from './findings-sample.ts'
import { flowRow } from './flow-rows.ts'

const FIRST = '2026-03-02'
const REGISTER = `
entries:
  - { name: a, destination: a.example, from: [shop], owner: x, need: y, approvedBy: Dana, approvedOn: 2026-01-15, expires: 2026-03-06 }
  - { name: b, destination: "*.b.example", from: ["*"], owner: x, need: y }
  - { name: old, destination: old.example, from: ["*"], owner: x, need: y, approvedBy: Dana, approvedOn: 2025-06-01 }
residency: [{ name: eu, from: [shop], countries: [DE] }]
`
const ISTIO = await istioOf(
  serviceEntry('a.example') +
    serviceEntry('inside.example', 'location: MESH_INTERNAL\n  ports: [{ number: 80, name: http, protocol: HTTP }]'),
)
const DECLARED = {
  register: REGISTER,
  istio: ISTIO,
  registryOnly: ['shop'],
  rules: { volume: { thresholds: { minimumBytes: 1, minimumDays: 2, factor: 2 } } },
}

const row = fc.record({
  sourceNamespace: fc.constantFrom('shop', 'labs'),
  sourceWorkload: fc.constantFrom('web', 'api'),
  destinationHost: fc.constantFrom('a.example', 'x.b.example', 'inside.example', 'q.example', '', '__other__'),
  destinationClass: fc.constantFrom('registered' as const, 'passthrough' as const, 'blocked' as const),
  protocol: fc.constantFrom('http' as const, 'tcp' as const),
  requests: fc.nat(200),
  egressBytes: fc.nat(10_000),
})
const day = fc.record({
  rows: fc.array(row, { maxLength: 5 }),
  hour: fc.nat(23),
  observedMs: fc.constantFrom(0, 1_000_000, 3_600_000),
})

function digestsOf(days: readonly { rows: Partial<FlowRow>[]; hour: number; observedMs: number }[]): DayDigest[] {
  return days.map(({ rows, hour, observedMs }, at) => {
    const seen = observedMs === 0 ? [] : rows.map((one) => flowRow({ ...one, connectionsClosed: one.requests }))
    return dayDigest(dateAfter(FIRST, at), seen, { hour, observedMs })
  })
}

test('is the same when it is packed and unpacked after any day', () => {
  const held = inForce(DECLARED)
  const judge = judging(held)
  fc.assert(
    fc.property(fc.array(day, { minLength: 1, maxLength: 14 }), fc.nat(), (days, at) => {
      const digests = digestsOf(days)
      const whole = startJudgedFolding(emptyComplianceHistory(), null)
      for (const digest of digests) whole.add(judge(digest), held)
      const cut = at % digests.length
      const first = startJudgedFolding(emptyComplianceHistory(), null)
      for (const digest of digests.slice(0, cut)) first.add(judge(digest), held)
      const kept = decodeComplianceHistory(encodeComplianceHistory(first.history()), 'kept')
      const second = startJudgedFolding(kept, cut === 0 ? null : digests[cut - 1])
      for (const digest of digests.slice(cut)) second.add(judge(digest), held)
      expect(second.history()).toEqual(whole.history())
      expect(encodeComplianceHistory(second.history())).toEqual(encodeComplianceHistory(whole.history()))
    }),
    { numRuns: 60 },
  )
})

test('sums of a day are those of its edges, each way that they are told', () => {
  fc.assert(
    fc.property(fc.array(day, { minLength: 1, maxLength: 3 }), (days) => {
      const digests = digestsOf(days)
      for (const [at, sums] of foldUnder(DECLARED, digests).days.entries()) {
        const { byClass } = digests[at].day
        const left = leftTotals(byClass).egressBytes
        const of = (all: Record<string, { egressBytes: number }>) =>
          Object.values(all).reduce((sum, { egressBytes }) => sum + egressBytes, 0)
        const { internal, byApproval, byTls, byEvidence, byPlace } = sums
        const { blocked, ...approvals } = byApproval
        expect([of(approvals), of(byTls), of(byEvidence), of(byPlace)]).toEqual(
          Array(4).fill(left - internal.egressBytes),
        )
        expect(blocked).toEqual(byClass.blocked)
        expect(sumByClass([byClass])).toEqual(byClass)
      }
    }),
    { numRuns: 60 },
  )
})

test('what is found does not depend on the order of rows', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 2, maxLength: 8 }), (rows) => {
      const found = (of: Partial<FlowRow>[]) =>
        foldUnder(DECLARED, digestsOf([{ rows: of, hour: 3, observedMs: 3_600_000 }]))
      expect(found(rows.toReversed())).toEqual(found(rows))
    }),
    { numRuns: 40 },
  )
})

const call = (host: string, changes: Partial<FlowRow> = {}) =>
  flowRow({ destinationHost: host, requests: 2, egressBytes: 100, ...changes })

test('tells on which days an entry of the register and a ServiceEntry were used', () => {
  const { entries, serviceEntries } = foldUnder(DECLARED, [
    dayDigest(FIRST, [call('a.example'), call('a.example', { sourceWorkload: 'api' })]),
    dayDigest(dateAfter(FIRST, 1), []),
    dayDigest(dateAfter(FIRST, 2), [call('a.example'), call('z.b.example')]),
  ])
  expect(
    entries.map(({ name, first, last, days, sources, totals }) => [name, first, last, days, sources, totals.requests]),
  ).toEqual([
    ['a', '2026-03-02', '2026-03-04', 2, 1, 6],
    ['b', '2026-03-04', '2026-03-04', 1, 1, 2],
  ])
  expect(serviceEntries).toEqual([
    { target: '*', serviceEntry: 'shop/a-example', declared: FIRST, first: FIRST, last: '2026-03-04', days: 2 },
    { target: '*', serviceEntry: 'shop/inside-example', declared: FIRST, first: '', last: '', days: 0 },
  ])
})

test('a past day is judged by what held on it, and what is approved later is no finding of later days', () => {
  const [before, after] = [inForce({ register: 'entries: []' }), inForce({ register: REGISTER })]
  const folding = startJudgedFolding(emptyComplianceHistory(), null)
  folding.add(judging(before)(dayDigest(FIRST, [call('a.example')])), before)
  folding.add(judging(after)(dayDigest(dateAfter(FIRST, 1), [call('a.example')])), after)
  const history = folding.history()
  expect(history.days.map(({ byApproval }) => byApproval.approved.requests)).toEqual([0, 2])
  expect(of('unapproved', history).map(({ state, first, last, goneOn }) => [state, first, last, goneOn])).toEqual([
    ['gone', FIRST, FIRST, dateAfter(FIRST, 1)],
  ])
})

test('what was found on a day is kept as it stood at its end', () => {
  const digests = [dayDigest(FIRST, [call('q.example')], { firstDate: FIRST }), dayDigest(dateAfter(FIRST, 1), [])]
  const { findingsByDay } = foldUnder({ register: 'entries: []' }, digests)
  expect(
    findingsByDay.map(({ date, count, findings }) => [date, count, findings.map(({ rule, state }) => [rule, state])]),
  ).toEqual([
    [FIRST, 1, [['unapproved', 'open']]],
    [dateAfter(FIRST, 1), 0, []],
  ])
})

describe('the hash of what days were judged by', () => {
  const links = { istio: null, register: LINK, rules: null }
  test('is a chain of days and declarations', () => {
    const held = inForce({ register: 'entries: []' })
    const folding = startJudgedFolding(emptyComplianceHistory(), null)
    for (const at of [0, 1]) folding.add(judging(held)(dayDigest(dateAfter(FIRST, at), [])), held)
    const first = judgedByAfter('', FIRST, held.links)
    expect(folding.history().judgedBy).toBe(judgedByAfter(first, dateAfter(FIRST, 1), held.links))
  })
  test.each([
    ['another day', '2026-03-03', links],
    ['another declaration', FIRST, { ...links, register: { ...LINK, sha256: 'b'.repeat(64) } }],
    ['the same of later days', FIRST, { ...links, register: { ...LINK, isLater: true } }],
    ['none', FIRST, { ...links, register: null }],
    ['the same of another kind', FIRST, { ...links, register: null, rules: LINK }],
  ])('is another for %s', (_, date, other) => {
    expect(judgedByAfter('', date, other)).not.toBe(judgedByAfter('', FIRST, links))
  })
})

test('refuses a day that does not follow, and a digest that is not of the last', () => {
  const held = inForce()
  const folding = startJudgedFolding(emptyComplianceHistory(), null)
  folding.add(judging(held)(dayDigest(FIRST, [])), held)
  expect(() => folding.add(judging(held)(dayDigest(dateAfter(FIRST, 2), [])), held)).toThrow(
    'compliance history: 2026-03-04 does not follow 2026-03-02, the last day that is folded in',
  )
  expect(() => startJudgedFolding(folding.history(), null)).toThrow(
    'compliance history: its last day is 2026-03-02, and the digest is of ',
  )
})

test('holds no more destinations than there is room for, however many somebody makes up', () => {
  const held = inForce({ rules: { plaintext: { isOn: false }, 'new-destination': { isOn: false } } })
  const folding = startJudgedFolding(emptyComplianceHistory(), null)
  for (const at of [0, 1, 2]) {
    const rows = Array.from({ length: 2_000 }, (_, n) =>
      call(`made-up-${at}-${n}.example`, { destinationClass: 'passthrough' }),
    )
    folding.add(judging(held)(dayDigest(dateAfter(FIRST, at), [call('a.example'), ...rows])), held)
  }
  const { volumes } = folding.history()
  expect(volumes.length).toBe(5_000)
  expect(volumes.find(({ host }) => host === 'a.example')?.bytes).toEqual([100, 100, 100])
})

test('refuses packed bytes that are damaged, or of another schema', () => {
  const history = foldUnder(
    DECLARED,
    digestsOf([{ rows: [{ destinationHost: 'q.example', requests: 3 }], hour: 1, observedMs: 3_600_000 }]),
  )
  const bytes = encodeComplianceHistory(history)
  expect(decodeComplianceHistory(bytes, 'k')).toEqual(history)
  expect(() => decodeComplianceHistory(bytes.subarray(0, bytes.length - 3), 'daily/k')).toThrow(
    /^compliance history daily\/k cannot be read: /,
  )
  expect(() => decodeComplianceHistory(pack({ schema: 2 }), 'k')).toThrow('its schema is 2, not 1')
  const { days: _, ...rest } = { schema: 1, through: '', judgedBy: '', days: [] }
  expect(() => decodeComplianceHistory(pack(rest), 'k')).toThrow('days is no list')
})
