/** Forecasts: by hand, and what must hold of any. */
import fc from 'fast-check'
import { forecastOf, project, spent } from '#core/costs/forecast.ts'
import { moneyOf, nanoOf } from '#core/costs/money.ts'
import { costDay } from './cost-days.ts'
import { dateAfter } from './day-digest.ts'

/** Days from a date on, each of which cost what is given. */
const daysFrom = (date: string, amounts: readonly string[], more: Parameters<typeof costDay>[2] = {}) =>
  amounts.map((amount, at) => costDay(dateAfter(date, at), amount, more))
const repeat = (times: number, ...amounts: string[]) => Array.from({ length: times }, () => amounts).flat()

// 2026-11-02 is a Monday; a working day costs 10, a day of the weekend 3.
const WEEK = ['10', '10', '10', '10', '10', '3', '3']
const FOUR_WEEKS = daysFrom('2026-11-02', repeat(4, ...WEEK)) // to Sunday, 29 November

describe('by hand', () => {
  test('a month’s rest costs what its weekdays did', () => {
    // 2 to 29 November cost 4 × 56 = 224; what is left is Monday, the 30th. The ledger has no 1st.
    expect(forecastOf(project('2026-11', 'USD', FOUR_WEEKS, 'all'))).toMatchObject({
      ...{ money: '234', low: '234', high: '234', shared: '0', days: 28, rest: 1, by: 'weekday' },
    })
  })

  test('a weekend to come is a weekend', () => {
    // To Friday the 27th: 3 × 56 + 50 = 218; Saturday 3, Sunday 3, Monday 10.
    expect(project('2026-11', 'USD', FOUR_WEEKS.slice(0, 26), 'all')?.nano).toBe(nanoOf('234'))
    expect(project('2026-11', 'USD', FOUR_WEEKS.slice(0, 26), 'all')?.rest.map(({ nano }) => moneyOf(nano))).toEqual([
      ...['3', '3', '10'],
    ])
  })

  test('days of the month before are looked back at, and are no part of the sum', () => {
    const days = daysFrom('2026-10-05', repeat(4, ...WEEK)) // to Sunday, 1 November
    const projection = project('2026-11', 'USD', days, 'all')
    // 1 November cost 3; November has 21 working days and 8 more days of weekends: 3 + 210 + 24.
    expect(moneyOf(projection?.nano ?? 0n)).toBe('237')
    expect(projection?.rest.length).toBe(29)
  })

  test('with fewer than seven complete days the mean of all tells, and the range is that of all', () => {
    const days = daysFrom('2026-11-01', ['1', '2', '6'])
    expect(forecastOf(project('2026-11', 'USD', days, 'all'))).toMatchObject({
      money: '90', // 9, and 27 days at 3
      low: '36', // 9, and 27 at 1
      high: '171', // 9, and 27 at 6
      ...{ days: 3, rest: 27, by: 'mean' },
      method:
        'What was charged so far, and for each of the 27 days that are left the mean over the 3 complete days of the ' +
        'last 28 closed ones, with the allowances and tiers that those were priced at; the range is that of the cheapest ' +
        'and the dearest of them.',
    })
  })

  test('what is charged by the hour is no estimate: it is added to each day as it is, and is in no range', () => {
    const days = daysFrom('2026-11-01', ['1', '2', '6'], { nat: '2.16' })
    expect(forecastOf(project('2026-11', 'USD', days, 'all'))).toMatchObject({
      money: '154.8', // 30 × 2.16 = 64.80 more
      low: '100.8',
      shared: '58.32', // 27 × 2.16
    })
    expect(project('2026-11', 'USD', days, { team: 'shop' })?.nano).toBe(nanoOf('45'))
  })

  test('a day that was not observed whole is in the sum and tells nothing of others', () => {
    const [one, two] = daysFrom('2026-11-01', ['4', '1'])
    const projection = project('2026-11', 'USD', [one, { ...two, complete: false }], 'all')
    expect(moneyOf(projection?.nano ?? 0n)).toBe('117') // 4 + 1 + 28 × 4
    expect(projection?.days).toBe(1)
  })

  test('an open day costs at least what it already did', () => {
    const closed = daysFrom('2026-11-01', repeat(28, '1'))
    const open = (amount: string) => costDay('2026-11-29', amount, { provisional: true, complete: false })
    expect(project('2026-11', 'USD', [...closed, open('0.25')], 'all')?.nano).toBe(nanoOf('30'))
    expect(project('2026-11', 'USD', [...closed, open('7')], 'all')).toMatchObject({
      ...{ nano: nanoOf('36'), low: nanoOf('36') },
    })
  })

  test('there is none without a complete day, of a month that is over, or in another currency', () => {
    const incomplete = daysFrom('2026-11-01', ['1', '2'], { complete: false })
    expect(project('2026-11', 'USD', incomplete, 'all')).toBeNull()
    expect(project('2026-11', 'USD', [], 'all')).toBeNull()
    expect(project('2026-11', 'EUR', FOUR_WEEKS, 'all')).toBeNull()
    const over = project('2026-11', 'USD', daysFrom('2026-11-01', repeat(30, '1')), 'all')
    expect([over?.nano, forecastOf(over)]).toEqual([nanoOf('30'), null])
  })
})

const amounts = fc.bigInt({ min: 0n, max: 10n ** 12n }).map(moneyOf)
const days = fc
  .array(fc.record({ amount: amounts, complete: fc.boolean() }), { minLength: 1, maxLength: 45 })
  .map((list) => list.map(({ amount, complete }, at) => costDay(dateAfter('2026-10-10', at), amount, { complete })))

test('what was spent is in the forecast, the range holds it, and the rest is every day that is left', () => {
  fc.assert(
    fc.property(days, (list) => {
      const month = list[list.length - 1].date.slice(0, 7)
      const soFar = list.filter(({ date }) => date.startsWith(month)).reduce((sum, day) => sum + spent(day, 'all'), 0n)
      const projection = project(month, 'USD', list, 'all')
      if (projection === null) {
        expect(list.slice(-28).some(({ complete }) => complete)).toBe(false)
        return
      }
      const { nano, low, high, rest } = projection
      expect(rest.reduce((sum, day) => sum + day.nano, soFar)).toBe(nano)
      expect(low >= soFar && low <= nano && nano <= high).toBe(true)
      const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate()
      expect(rest.length).toBe(last - Number(list[list.length - 1].date.slice(8)))
    }),
  )
})
