/** Budgets: how they stand, by hand, and what must hold of any. */
import fc from 'fast-check'
import { type BudgetMonth, budgetStandings } from '#core/costs/budget-standing.ts'
import type { Budget } from '#core/costs/budgets.ts'
import type { CostDay } from '#core/costs/cost-month.ts'
import { moneyOf, nanoOf } from '#core/costs/money.ts'
import { costDay } from './cost-days.ts'
import { dateAfter } from './day-digest.ts'

const budget = (monthly: string, team = '', from = ''): Budget => ({ team, monthly, from, line: 1 })
const month = (days: readonly CostDay[]): BudgetMonth => {
  return { month: '2026-11', currency: 'USD', days, isLowerBound: () => false }
}
const standingsOf = (budgets: Budget[], days: readonly CostDay[], currency = 'USD') =>
  budgetStandings({ currency, budgets }, month(days))
const daysFrom = (date: string, amounts: readonly string[]) =>
  amounts.map((amount, at) => costDay(dateAfter(date, at), amount))

// Ten days of November: 10 a day, but for one of 20. Weekdays repeat, so that every day to come is 10, or 15 as the 2nd, a Monday.
const TEN_DAYS = daysFrom('2026-11-01', ['10', '20', '10', '10', '10', '10', '10', '10', '10', '10'])

describe('by hand: 110 are used in ten days; to come are 17 days of 10, and three Mondays of 15', () => {
  test.each([
    // a month's budget   state        runs out on
    ['400', 'on-track', ''], //        325 at the end, 340 at most
    ['340', 'on-track', ''],
    ['339.999999999', 'at-risk', ''], //  325 at the end, and with dear Mondays 340
    ['325', 'at-risk', ''],
    ['324.99', 'over', '2026-11-30'], // 310 after the 29th, a Sunday, and 325 after Monday
    ['205', 'over', '2026-11-20'], //    195 after the 19th
    ['110', 'over', '2026-11-11'], //    all of it is used: the next day is above
    ['109.99', 'exceeded', '2026-11-10'], // by what was used, not by a forecast
    ['29', 'exceeded', '2026-11-02'],
  ])('%s a month is %s', (monthly, state, runsOut) => {
    expect(standingsOf([budget(monthly)], TEN_DAYS)).toMatchObject([
      { state, runsOut, monthly, used: '110', forecast: '325', low: '310', high: '340' },
    ])
  })

  test('the share is what is used of it', () => {
    expect(standingsOf([budget('440')], TEN_DAYS)[0].share).toBe(0.25)
    expect(standingsOf([budget('55')], TEN_DAYS)[0].share).toBe(2)
  })
})

test('a team’s budget is for what the team sends; what is charged by the hour is in that of all alone', () => {
  const days = TEN_DAYS.map((day) => ({
    ...day,
    byKind: { ...day.byKind, 'nat-hours': { bytes: 0, nano: nanoOf('1') } },
  }))
  const [all, shop, nobody] = standingsOf([budget('1000'), budget('1000', 'shop'), budget('1000', 'gone')], days)
  expect([all.used, shop.used, nobody.used]).toEqual(['120', '55', '0']) // half of all transfers are the shop's
  expect([all.forecast, shop.forecast, nobody.forecast]).toEqual(['355', '162.5', '0'])
})

test('of a team’s budgets the newest that has begun holds', () => {
  const budgets = [budget('5', 'shop', '2026-12'), budget('6', 'shop', '2026-10'), budget('7', 'shop')]
  expect(standingsOf(budgets, TEN_DAYS)).toMatchObject([{ team: 'shop', monthly: '6' }])
  expect(standingsOf([budget('5', 'shop', '2026-12')], TEN_DAYS)).toEqual([])
})

test('those in most danger come first', () => {
  const budgets = [budget('1000'), budget('60', 'shop'), budget('9', 'lab'), budget('1', 'shop')]
  expect(standingsOf(budgets, TEN_DAYS).map(({ team, state }) => [team, state])).toEqual([
    ['shop', 'exceeded'],
    ['', 'on-track'],
    ['lab', 'on-track'],
  ])
})

test('without a forecast nothing is on track', () => {
  const days = TEN_DAYS.map((day) => ({ ...day, complete: false }))
  expect(standingsOf([budget('1000'), budget('9', 'shop')], days)).toMatchObject([
    { team: 'shop', state: 'exceeded', forecast: null, runsOut: '2026-11-02' },
    { team: '', state: 'unknown', forecast: null, low: null, high: null, runsOut: '' },
  ])
})

test('a budget in another currency is not compared', () => {
  expect(standingsOf([budget('1000')], TEN_DAYS, 'EUR')).toEqual([])
  expect(budgetStandings(null, month(TEN_DAYS))).toEqual([])
})

test('a budget runs out when, and only when, more than it is spent by the end of that day', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 11n })
  fc.assert(
    fc.property(
      fc.array(amount, { minLength: 1, maxLength: 30 }),
      fc.bigInt({ min: 1n, max: 10n ** 12n }),
      (spent, limit) => {
        const [standing] = standingsOf([budget(moneyOf(limit))], daysFrom('2026-11-01', spent.map(moneyOf)))
        const end = nanoOf(standing.forecast ?? '')
        expect(standing.runsOut !== '').toBe(end > limit)
        expect(standing.state === 'exceeded').toBe(nanoOf(standing.used) > limit)
        expect(['over', 'exceeded'].includes(standing.state)).toBe(end > limit)
        if (standing.state !== 'exceeded') return
        const at = Number(standing.runsOut.slice(8))
        const until = (count: number) => spent.slice(0, count).reduce((sum, nano) => sum + nano, 0n)
        expect(until(at) > limit && until(at - 1) <= limit).toBe(true)
      },
    ),
  )
})
