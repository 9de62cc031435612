import { zeroAmounts } from '#core/coverage.ts'
import { dayReport } from '#core/day.ts'
import { digestOf } from '#core/digest.ts'
import type { HourRecord, TargetState } from '#core/hour-record.ts'
import { coverageReport } from '#core/reports/coverage.ts'
import { DAY_MS, HOUR_MS, isoDate } from '#core/time.ts'
import { hourRecord, targetState } from './flow-rows.ts'

const FIRST = Date.parse('2026-11-18')
const MINUTE = 60_000
const REASON = 'connect ECONNREFUSED 10.4.1.9:9090'

const amounts = (egressBytes: number) => ({ ...zeroAmounts(), egressBytes })

/** The report of two days, of which the second is open after ten hours. */
function report() {
  const midnight = FIRST + DAY_MS
  const closed = midnight + 10 * HOUR_MS
  const targets: TargetState[] = [
    targetState('prod-eu', FIRST, closed),
    targetState('prod-us', midnight + 2 * HOUR_MS, closed),
  ]
  const records: HourRecord[] = []
  for (let hour = FIRST; hour < closed; hour += HOUR_MS) {
    const gap = (from: number, to: number, reason = REASON) => {
      const observedMs = HOUR_MS - (to - from)
      return hourRecord('prod-eu', hour, [], { observedMs, gaps: [{ from, to, reason }], spread: amounts(100) })
    }
    if (hour === midnight - HOUR_MS) records.push(gap(midnight - 30 * MINUTE, midnight))
    else if (hour === midnight) records.push(gap(midnight, midnight + HOUR_MS))
    else if (hour === midnight + HOUR_MS) records.push(gap(hour, hour + 6 * MINUTE))
    else if (hour === midnight + 5 * HOUR_MS) records.push(gap(hour, hour + 7 * MINUTE, ''))
    else records.push(hourRecord('prod-eu', hour, [], { resets: 1, late: amounts(7) }))
    if (hour >= midnight + 2 * HOUR_MS) records.push(hourRecord('prod-us', hour, []))
  }
  const digests = [FIRST, midnight].map((day) => {
    const ofDay = records.filter(({ hour }) => hour >= day && hour < day + DAY_MS)
    const date = isoDate(day)
    return digestOf(
      date,
      dayReport({ title: 'Egress', day, targets, records: ofDay, previous: null, next: null }),
      ofDay,
    )
  })
  return coverageReport({ title: 'Egress', digests })
}

const [eu, us] = report().targets

test('a gap over midnight is one gap, and gaps come newest first, with their reasons', () => {
  const midnight = FIRST + DAY_MS
  expect(eu.gaps).toEqual([
    { from: midnight + 5 * HOUR_MS, to: midnight + 5 * HOUR_MS + 7 * MINUTE, reason: '' },
    { from: midnight - 30 * MINUTE, to: midnight + HOUR_MS + 6 * MINUTE, reason: REASON },
  ])
  expect(us.gaps).toEqual([])
})

test('every hour of a day is observed, partial, missing or not there yet', () => {
  const marks = { observed: 'o', partial: 'p', none: 'x', pending: '-' }
  const rows = ({ days }: typeof eu) => days.map(({ hours }) => hours.map((hour) => marks[hour]).join(''))
  expect(rows(eu)).toEqual(['ooooooooooooooooooooooop', 'xpooopoooo--------------'])
  expect(rows(us)).toEqual(['--oooooooo--------------'])
})

test('a target has days from its first hour on, and what is not due is not expected of it', () => {
  expect(us.days.map(({ date }) => date)).toEqual(['2026-11-19'])
  expect([us.observedSeconds, us.expectedSeconds]).toEqual([8 * 3600, 8 * 3600])
  expect([eu.observedSeconds, eu.expectedSeconds]).toEqual([34 * 3600 - (30 + 60 + 6 + 7) * 60, 34 * 3600])
})

test('uncertain amounts are summed over the days, each kind apart', () => {
  expect(eu.sums.spread).toEqual(amounts(400))
  expect(eu.sums.late).toEqual(amounts(30 * 7))
  expect(eu.sums.tail).toEqual(zeroAmounts())
  expect(eu.days.reduce((sum, { counts }) => sum + counts.resets, 0)).toBe(30)
})

test('it reaches from its first day through its last, and says how far each target is closed', () => {
  const { from, through, targets } = report()
  expect([from, through]).toEqual(['2026-11-18', '2026-11-19'])
  expect(targets.map(({ target, closedThrough }) => [target, closedThrough])).toEqual([
    ['prod-eu', '2026-11-19T10:00:00Z'],
    ['prod-us', '2026-11-19T10:00:00Z'],
  ])
})
