import type { DayDigest } from '#core/digest.ts'
import type { FlowRow } from '#core/flow.ts'
import { startFolding } from '#core/fold.ts'
import { emptyHistory } from '#core/history.ts'
import { changesReport } from '#core/reports/changes.ts'
import { HOUR_MS } from '#core/time.ts'
import { dateAfter, dayDigest, type SmallDay } from './day-digest.ts'
import { flowRow } from './flow-rows.ts'

const DAY = '2026-11-18'
const MB = 1_000_000

type Days = Record<number, FlowRow[] | DayDigest> // by days before DAY; 0 is DAY itself

/** The changes of DAY, when those days are all that the ledger has; each row stands in the fifth hour. */
function changesOf(days: Days, small: SmallDay = {}) {
  const digests = Object.entries(days)
    .map(([before, rows]): [number, DayDigest] => {
      const of = Number(before) === 0 ? small : {}
      return [Number(before), Array.isArray(rows) ? dayDigest(dateAfter(DAY, -Number(before)), rows, of) : rows]
    })
    .sort(([a], [b]) => b - a)
  const folding = startFolding(emptyHistory())
  const [oldest] = digests[0]
  for (let before = oldest; before >= 0; before--) {
    folding.add(digests.find(([at]) => at === before)?.[1] ?? dayDigest(dateAfter(DAY, -before), []))
  }
  const [digest, before, weekBefore] = [0, 1, 7].map((at) => digests.find(([of]) => of === at)?.[1] ?? null)
  if (digest === null) throw new Error('a test without its day')
  const history = folding.history()
  return changesReport({ title: 'Egress', digest, before, weekBefore, history, previous: null, next: null })
}

const told = (days: Days, small?: SmallDay) =>
  changesOf(days, small).changes.map(({ severity, kind, host }) => `${severity} ${kind} ${host}`)

const calls = (host: string, given: Partial<FlowRow> = {}) =>
  flowRow({ destinationHost: host, requests: 100, egressBytes: MB, ...given })
const steady = calls('api.stripe.com')
const passthrough = { destinationClass: 'passthrough', destinationService: 'PassthroughCluster' } as const
const blocked = { destinationClass: 'blocked', egressBytes: 0, responseCode: '502' } as const

describe('destinations and pairs', () => {
  test('nothing is told of a day like the one before', () => {
    expect(told({ 1: [steady], 0: [steady] })).toEqual([])
  })

  test('a destination that history has never seen is new, and more urgent when nobody registered it', () => {
    expect(told({ 1: [steady], 0: [steady, calls('a.example')] })).toEqual(['low new-destination a.example'])
    const guest = calls('b.example', passthrough)
    expect(told({ 1: [steady], 0: [steady, guest] })).toEqual(['medium new-destination b.example'])
    const refused = calls('c.example', blocked)
    expect(told({ 1: [steady], 0: [steady, refused] })).toContain('medium new-destination c.example')
  })

  test('a destination that was there two days ago, and not the day before, has returned', () => {
    expect(told({ 2: [calls('a.example')], 1: [steady], 0: [steady, calls('a.example')] })).toEqual([
      'low returned-destination a.example',
    ])
  })

  test('a destination that was there the day before has vanished, more urgent when it took much', () => {
    expect(told({ 1: [steady, calls('a.example')], 0: [steady] })).toEqual(['low vanished-destination a.example'])
    const heavy = calls('a.example', { egressBytes: 10 * MB })
    expect(told({ 1: [steady, heavy], 0: [steady] })).toEqual(['medium vanished-destination a.example'])
  })

  test('of an open day nothing is said to have vanished or fallen', () => {
    const days = { 1: [calls('a.example'), calls('b.example', { egressBytes: 900 * MB })], 0: [calls('b.example')] }
    expect(told(days)).toEqual(['low volume-jump b.example', 'low vanished-destination a.example'])
    expect(told(days, { closedHours: 12 })).toEqual([])
  })

  test('who calls a known destination for the first time is a new pair, together with others that do', () => {
    const others = ['cart-v1', 'orders-v4'].map((sourceWorkload) => calls('api.stripe.com', { sourceWorkload }))
    const { changes } = changesOf({ 1: [steady], 0: [steady, ...others] })
    expect(changes).toHaveLength(1)
    expect(changes[0]).toMatchObject({ kind: 'new-pair', host: 'api.stripe.com', workloadCount: 2, firstSeen: DAY })
    expect(changes[0].now.requests).toBe(200)
  })

  test('a pair that is new along with its destination is told once', () => {
    expect(told({ 1: [steady], 0: [steady, calls('a.example')] })).toHaveLength(1)
  })

  test('on the first day of a target everything is new, and none of it is told', () => {
    const { changes, begun, before } = changesOf({ 0: [steady] }, { firstDate: DAY })
    expect([changes, begun, before]).toEqual([[], ['mesh'], null])
  })

  test('against a day without data only what history proves is told', () => {
    const blind = dayDigest(dateAfter(DAY, -1), [], { observedMs: 0 })
    const days = { 2: [steady, calls('b.example')], 1: blind, 0: [steady, calls('a.example')] }
    const report = changesOf(days)
    expect(report.before).toBeNull()
    expect(report.changes.map(({ kind, host }) => [kind, host])).toEqual([['new-destination', 'a.example']])
  })

  test('nothing is said to have vanished from a mesh that nobody observed', () => {
    expect(told({ 1: [steady], 0: [] }, { observedMs: 0 })).toEqual([])
  })
})

describe('connections that stay open, of which only bytes are counted until they close', () => {
  const open = (bytes: number, given: Partial<FlowRow> = {}) =>
    calls('db.example', {
      ...passthrough,
      protocol: 'tcp',
      responseCode: '',
      requests: 0,
      egressBytes: bytes,
      ...given,
    })

  test('are calls, and no blocked attempts', () => {
    const [{ severity, kind, classes, sentence }] = changesOf({ 1: [steady], 0: [steady, open(50 * MB)] }).changes
    expect([severity, kind, classes]).toEqual(['medium', 'new-destination', ['passthrough']])
    expect(sentence).toBe(
      'db.example was never seen before, and was called for the first time by shop/checkout-v1 in mesh: ' +
        '50.0\u00a0MB out; no ServiceEntry declares it.',
    )
    const [gone] = changesOf({ 1: [steady, open(5 * MB)], 0: [steady] }).changes
    expect(gone.sentence).toContain('the day before, by shop/checkout-v1 in mesh: 5.00\u00a0MB out.')
  })

  test('are of the same class as those that closed', () => {
    expect(told({ 1: [open(MB, { connectionsClosed: 2 })], 0: [open(MB)] })).toEqual([])
    expect(told({ 1: [open(MB)], 0: [open(MB, { destinationClass: 'registered' })] })).toEqual([
      'low class-change db.example',
    ])
  })

  test('jump in volume as others do', () => {
    expect(told({ 1: [open(50 * MB)], 0: [open(5000 * MB)] })).toEqual(['high volume-jump db.example'])
  })
})

describe('classes', () => {
  test('what became passthrough is urgent, what became registered is not', () => {
    const guest = calls('a.example', passthrough)
    expect(told({ 1: [calls('a.example')], 0: [guest] })).toEqual(['high class-change a.example'])
    expect(told({ 1: [guest], 0: [calls('a.example')] })).toEqual(['low class-change a.example'])
    expect(told({ 1: [guest], 0: [calls('a.example', { ...blocked, requests: 9 })] })).toEqual([
      'medium class-change a.example',
    ])
  })

  test('while a day is open a class may still come, so only what came is told', () => {
    const both = [calls('a.example', passthrough), calls('a.example')]
    expect(told({ 1: both, 0: [calls('a.example')] })).toEqual(['low class-change a.example'])
    expect(told({ 1: both, 0: [calls('a.example')] }, { closedHours: 12 })).toEqual([])
  })

  test('traffic without a name that becomes traffic to a registered host is a change of class', () => {
    const nameless = calls('', { ...passthrough, protocol: 'tcp', responseCode: '', connectionsClosed: 50 })
    const days = {
      1: dayDigest(dateAfter(DAY, -1), [nameless], { hour: 23 }),
      0: dayDigest(DAY, [calls('*.googleapis.com')], { hour: 0 }),
    }
    // The host is there in one hour only, so nothing shows yet that the traffic moved to it.
    expect(told(days)).not.toContain('low class-change *.googleapis.com')
    const first = dayDigest(DAY, [nameless], { hour: 9 })
    const second = dayDigest(DAY, [calls('*.googleapis.com')], { hour: 10 })
    const third = dayDigest(DAY, [calls('*.googleapis.com')], { hour: 15 })
    const moved = { ...first, edges: [...first.edges, ...second.edges, ...third.edges] }
    const report = changesOf({ 1: days[1], 0: moved })
    // Traffic that ended long before the host began has nothing to do with it.
    const apart = {
      ...first,
      edges: [...dayDigest(DAY, [nameless], { hour: 3 }).edges, ...second.edges, ...third.edges],
    }
    expect(told({ 1: days[1], 0: apart })).not.toContain('low class-change *.googleapis.com')
    const change = report.changes.find(({ kind }) => kind === 'class-change')
    expect(change).toMatchObject({ classesBefore: ['passthrough'], classes: ['registered'] })
    expect(change?.sentence).toBe(
      'Calls by shop/checkout-v1 in mesh went to hosts without a name until 10:00 UTC, and since then to *.googleapis.com, which is registered.',
    )
  })
})

describe('volume', () => {
  const bytes = (egressBytes: number) => [calls('a.example', { egressBytes })]

  test.each([
    ['three times as much, and 10 MB more', 5 * MB, 15 * MB, true],
    ['a little less than three times as much', 5 * MB, 15 * MB - 1, false],
    ['a hundred times as much, but less than 10 MB more', 0.1 * MB, 10 * MB, false],
    ['a third, and 10 MB less', 15 * MB, 5 * MB, true],
    ['a little more than a third', 15 * MB, 5 * MB + 1, false],
    ['ten times as much', 50 * MB, 500 * MB, true],
  ])('%s: %d to %d bytes', (_, before, now, jumps) => {
    expect(told({ 1: bytes(before), 0: bytes(now) })).toHaveLength(jumps ? 1 : 0)
  })

  test('ten times as much is urgent, less is not', () => {
    expect(told({ 1: bytes(50 * MB), 0: bytes(500 * MB) })).toEqual(['high volume-jump a.example'])
    expect(told({ 1: bytes(50 * MB), 0: bytes(499 * MB) })).toEqual(['medium volume-jump a.example'])
    expect(told({ 1: bytes(500 * MB), 0: bytes(50 * MB) })).toEqual(['low volume-jump a.example'])
  })

  test('what is much the same as a week before is the rhythm of the week', () => {
    const week = { 7: bytes(480 * MB), 1: bytes(50 * MB), 0: bytes(500 * MB) }
    const [change] = changesOf(week).changes
    expect(change).toMatchObject({ kind: 'volume-jump', severity: 'low', weekBeforeBytes: 480 * MB })
    expect(change.sentence).toContain('a week before they were 480\u00a0MB')
    expect(told({ ...week, 7: bytes(100 * MB) })).toEqual(['high volume-jump a.example'])
    const half = dayDigest(dateAfter(DAY, -7), bytes(480 * MB), { observedMs: HOUR_MS / 2 })
    expect(changesOf({ ...week, 7: half }).changes[0].sentence).toContain('a week before they were ≥\u00a0480\u00a0MB')
  })

  test('what a day may lack is allowed for in proportion to time', () => {
    const half = dayDigest(dateAfter(DAY, -1), bytes(40 * MB), { observedMs: HOUR_MS / 2 })
    expect(told({ 1: half, 0: bytes(200 * MB) })).toEqual([])
    expect(told({ 1: half, 0: bytes(240 * MB) })).toEqual(['medium volume-jump a.example'])
    expect(told({ 1: bytes(240 * MB), 0: bytes(50 * MB) }, { observedMs: HOUR_MS / 2 })).toEqual([])
    expect(told({ 1: bytes(240 * MB), 0: bytes(30 * MB) }, { observedMs: HOUR_MS / 2 })).toEqual([
      'low volume-jump a.example',
    ])
  })

  test('a workload that jumps is found beside a larger one that does not, and is alone in the figures', () => {
    const large = calls('a.example', { sourceWorkload: 'backup', egressBytes: 9000 * MB })
    const { changes } = changesOf({ 1: [large, ...bytes(10 * MB)], 0: [large, ...bytes(90 * MB)] })
    expect(changes).toHaveLength(1)
    expect(changes[0].workloads).toEqual([{ target: 'mesh', namespace: 'shop', workload: 'checkout-v1' }])
    expect([changes[0].before.egressBytes, changes[0].now.egressBytes]).toEqual([10 * MB, 90 * MB])
  })

  test('of a pair that is new its volume is told with it', () => {
    const large = calls('a.example', { sourceWorkload: 'backup', egressBytes: 900 * MB })
    expect(told({ 1: bytes(MB), 0: [...bytes(MB), large] })).toEqual(['low new-pair a.example'])
  })

  test('what was blocked and is let through is a change of class and no jump', () => {
    const refused = calls('a.example', { ...blocked, requests: 5 })
    expect(told({ 1: [refused], 0: bytes(90 * MB) })).toEqual(['low class-change a.example'])
  })
})

describe('errors', () => {
  const mixed = (good: number, bad: number) => [
    calls('a.example', { requests: good, egressBytes: 0 }),
    calls('a.example', { requests: bad, egressBytes: 0, responseCode: '429' }),
  ]

  test.each([
    ['10 points more, with 20 errors', [180, 0], [180, 20], true],
    ['10 points more, with 19 errors', [171, 0], [171, 19], false],
    ['9 points more', [910, 0], [910, 90], false],
    ['as many as before', [50, 50], [500, 500], false],
  ] as [string, [number, number], [number, number], boolean][])('%s', (_, before, now, jumps) => {
    expect(told({ 1: mixed(...before), 0: mixed(...now) })).toEqual(jumps ? ['medium error-jump a.example'] : [])
  })

  test('are urgent when half of what was tried failed', () => {
    const report = changesOf({ 1: mixed(100, 1), 0: mixed(50, 50) })
    expect(report.changes[0]).toMatchObject({ kind: 'error-jump', severity: 'high' })
    expect(report.changes[0].sentence).toBe(
      'Errors of a.example rose from 1.0\u00a0% to 50.0\u00a0% of what was tried: 50 of 100, by shop/checkout-v1 in mesh.',
    )
  })
})

describe('bursts and words', () => {
  test('a burst of blocked attempts comes first, with its hour and what is usual', () => {
    const refused = (requests: number) => calls('a.example', { ...blocked, requests })
    const report = changesOf({ 1: [refused(3), refused(4)], 0: [calls('b.example'), refused(900)] })
    expect(report.changes[0]).toMatchObject({ kind: 'blocked-burst', severity: 'high', blocked: 900, blockedBefore: 7 })
    expect(report.changes[0].sentence).toBe(
      'shop/checkout-v1 in mesh was refused 900 times in the hour from 05:00 UTC, where 7 an hour were usual; it tried a.example.',
    )
  })

  test('figures of a day that was not observed whole are lower bounds', () => {
    const report = changesOf({ 1: [steady], 0: [steady, calls('a.example')] }, { observedMs: HOUR_MS - 1000 })
    expect([report.complete, report.nowComplete, report.beforeComplete]).toEqual([false, false, true])
    expect(report.changes[0].sentence).toContain('≥\u00a0100 requests, ≥\u00a01.00\u00a0MB out')
  })

  test('what was only ever refused was tried, not called', () => {
    const refused = [steady, calls('a.example', { ...blocked, requests: 9 })]
    const sentencesOf = (days: Days) => changesOf(days).changes.map(({ sentence }) => sentence)
    expect(sentencesOf({ 1: [steady], 0: refused })).toEqual([
      'a.example was never seen before, and was tried for the first time by shop/checkout-v1 in mesh: all 9 attempts were blocked.',
    ])
    expect(sentencesOf({ 2: refused, 1: [steady], 0: refused })).toEqual([
      'a.example was tried again after a day without, by shop/checkout-v1 in mesh: all 9 attempts were blocked.',
    ])
    expect(sentencesOf({ 1: refused, 0: [steady] })).toEqual([
      'a.example was not called any more; the day before, by shop/checkout-v1 in mesh: 9 blocked attempts.',
    ])
  })

  test('a hostile label can neither reorder a sentence nor outgrow it', () => {
    const hostile = { sourceWorkload: 'invoice-\u202Efdp.exe', destinationHost: 'a'.repeat(300) }
    const [{ sentence }] = changesOf({ 1: [steady], 0: [steady, calls('', hostile)] }).changes
    expect(sentence).toContain('invoice-[U+202E]fdp.exe')
    expect(sentence).toContain(`${'a'.repeat(48)}…`)
    expect(sentence.length).toBeLessThan(253)
  })

  test('the same days give the same report, whatever the order of their edges', () => {
    const days = { 1: [steady, calls('b.example')], 0: [calls('a.example'), steady, calls('c.example', passthrough)] }
    const shuffled = dayDigest(DAY, days[0])
    shuffled.edges.reverse()
    expect(changesOf({ ...days, 0: shuffled })).toEqual(changesOf(days))
  })
})
