import { stretchOf } from '#core/audit/stretch.ts'
import { startTally } from '#core/audit/tally.ts'
import type { JudgedDay, JudgedEdge } from '#core/judged-day.ts'
import { rollupKey } from '#core/keys.ts'
import type { Seal } from '#core/seal.ts'
import { HOUR_MS, isoInstant, parseInstant } from '#core/time.ts'
import { zeroTotals } from '#core/totals.ts'

const DATES = ['2026-11-14', '2026-11-15', '2026-11-16', '2026-11-17', '2026-11-18']

/** Seals of these days; of each mesh through when it was closed at the end of each, '' when it was not there yet. */
function seals(closed: Record<string, string[]>): Seal[] {
  return DATES.map((date, at) => ({
    schema: 1,
    date,
    previous: null,
    targets: Object.entries(closed).flatMap(([target, through]) => {
      if (through[at] === '') return []
      const end = parseInstant(through[at])
      const head = { number: at + 1, key: rollupKey(target, end - HOUR_MS), sha256: '0'.repeat(64) }
      return [{ target, rollups: 1, closedThrough: isoInstant(end), head }]
    }),
  }))
}

const ON_TIME = ['2026-11-15', '2026-11-16', '2026-11-17', '2026-11-18', '2026-11-19']
const SPAN = { from: '2026-11-16', to: '2026-11-17' }

test('a day is proved from the last hour of the day before through its own seal', () => {
  const { dates, hours } = stretchOf(SPAN, seals({ eu: ON_TIME }))
  expect(dates).toEqual(['2026-11-15', '2026-11-16'])
  expect(hours.get('eu')).toEqual({ from: parseInstant('2026-11-15T23:00Z'), to: parseInstant('2026-11-17') })
})

test('a mesh that was late is proved through the seal that covers the day, and with it the others', () => {
  const late = ['2026-11-15', '2026-11-16', '2026-11-16T20:00Z', '2026-11-18', '2026-11-19']
  const { dates, hours } = stretchOf(SPAN, seals({ eu: ON_TIME, us: late }))
  expect(dates).toEqual(['2026-11-15', '2026-11-16', '2026-11-17'])
  expect(hours.get('us')).toEqual({ from: parseInstant('2026-11-15T23:00Z'), to: parseInstant('2026-11-18') })
})

test('a mesh that stopped for good is not waited for', () => {
  const stopped = Array<string>(5).fill('2026-11-15T08:00Z')
  const { dates, hours } = stretchOf(SPAN, seals({ eu: ON_TIME, old: stopped }))
  expect(dates).toEqual(['2026-11-15', '2026-11-16'])
  expect(hours.get('old')).toEqual({ from: parseInstant('2026-11-15T07:00Z'), to: parseInstant('2026-11-15T08:00Z') })
})

test('a mesh that began in the span is proved from its first hour', () => {
  const { hours } = stretchOf(SPAN, seals({ eu: ON_TIME, us: ['', '', ...ON_TIME.slice(2)] }))
  expect(hours.get('us')).toEqual({ from: 0, to: parseInstant('2026-11-17') })
})

test('the ledger’s first day has no seal before it', () => {
  const { dates, hours } = stretchOf({ from: '2026-11-01', to: '2026-11-15' }, seals({ eu: ON_TIME }))
  expect([dates, hours.get('eu')?.from]).toEqual([['2026-11-14'], 0])
})

describe('a tally', () => {
  const edge = (changes: Partial<JudgedEdge>): JudgedEdge =>
    ({
      ...{ target: 'eu', namespace: 'shop', workload: 'cart', host: 'a.example', hours: [], ports: [] },
      totals: { ...zeroTotals(), requests: 1, egressBytes: 10 },
      traffic: { isEgress: true, tls: { verdict: 'plaintext', silent: false, reason: 'as told' }, outboundMode: null },
      approval: { state: 'unapproved', entry: '', reason: 'nobody has' },
      place: { provider: '', country: '', region: '', verdict: 'undeclared', rule: '' },
      ...changes,
    }) as JudgedEdge
  const day = (date: string, ...edges: JudgedEdge[]) => ({ digest: { date }, edges }) as unknown as JudgedDay
  const sums = (...days: JudgedDay[]) => {
    const { add, tally } = startTally()
    for (const one of days) add(one)
    return tally()
  }

  test('counts each edge once in each of its sums, over versions and days', () => {
    const { flows, plaintext, places } = sums(
      day(DATES[0], edge({ version: 'v1' }), edge({ version: 'v2' })),
      day(DATES[2], edge({})),
    )
    const totals = { ...zeroTotals(), requests: 3, egressBytes: 30 }
    const seen = { first: DATES[0], last: DATES[2], days: 2, totals }
    expect(flows).toEqual([expect.objectContaining({ ...seen, reason: 'nobody has' })])
    expect(plaintext).toEqual([expect.objectContaining({ ...seen, reason: 'as told' })])
    expect(places).toEqual([expect.objectContaining({ ...seen, hosts: 1 })])
  })

  test('leaves out what is no egress, and what was refused from all that left', () => {
    const inside = edge({ traffic: { ...edge({}).traffic, isEgress: false } })
    const refused = edge({ host: 'b.example', approval: { state: 'blocked', entry: '', reason: '' } })
    const { destinations, plaintext, places, flows } = sums(day(DATES[0], inside, refused))
    expect([destinations.blocked, destinations.unapproved, plaintext, places]).toEqual([1, 0, [], []])
    expect(flows.map(({ state }) => state)).toEqual(['blocked'])
  })

  test('takes a namespace by its most open workload on its last day', () => {
    const mode = (workload: string, outboundMode: 'ALLOW_ANY' | 'REGISTRY_ONLY' | null) =>
      edge({ workload, traffic: { ...edge({}).traffic, outboundMode } })
    const { modes } = sums(day(DATES[0], mode('a', 'ALLOW_ANY'), mode('b', 'REGISTRY_ONLY')))
    expect(modes).toEqual({ ALLOW_ANY: 1, ALLOW_ANY_DYNAMIC_DNS: 0, unknown: 0, REGISTRY_ONLY: 0 })
    const locked = day(DATES[2], mode('a', 'REGISTRY_ONLY'), mode('b', 'REGISTRY_ONLY'))
    expect(sums(day(DATES[0], mode('a', 'ALLOW_ANY')), locked).modes).toMatchObject({ ALLOW_ANY: 0, REGISTRY_ONLY: 1 })
    expect(sums(day(DATES[0], mode('a', null), mode('b', 'REGISTRY_ONLY'))).modes).toMatchObject({ unknown: 1 })
  })

  test('takes a host by the worst that left to it', () => {
    const state = (name: 'approved' | 'expired' | 'unapproved' | 'blocked') =>
      edge({ approval: { state: name, entry: 'e', reason: '' } })
    expect(sums(day(DATES[0], state('blocked'), state('approved'))).destinations).toMatchObject({
      approved: 1,
      blocked: 0,
    })
    expect(sums(day(DATES[0], state('expired'), state('unapproved'), state('approved'))).destinations).toEqual({
      ...{ unapproved: 1, expired: 0, approved: 0, blocked: 0 },
    })
  })
})
