/** The report of residency: from which namespaces to which declared places, and whether they may. */
import type { FlowRow } from '#core/flow.ts'
import type { RegisterEntry, ResidencyRule } from '#core/register/register.ts'
import { type ResidencyReport, residencyReport } from '#core/reports/residency.ts'
import { flowRow } from './flow-rows.ts'
import { inForce, judgedDays } from './judged-days.ts'
import { entry, rule } from './register-entries.ts'

const to = (destinationHost: string, egressBytes: number, changes: Partial<FlowRow> = {}) =>
  flowRow({ destinationHost, egressBytes, requests: 1, ...changes })
const inIreland = entry({ name: 'ie', destination: 'ie.example', country: 'IE', provider: 'aws', region: 'eu-west-1' })
const inStates = entry({ name: 'us', destination: 'us.example', country: 'US' })
const nowhere = entry({ name: 'no', destination: 'no.example', provider: 'somebody' })

function reportOf(
  days: FlowRow[][],
  residency: ResidencyRule[],
  entries: RegisterEntry[] = [inIreland, inStates, nowhere],
): ResidencyReport {
  const register = { entries, residency }
  return residencyReport({ title: 'Egress', register, ...judgedDays('2026-11-01', days, inForce(register)) })
}

test('is a matrix of namespaces and declared places, undeclared last, with a verdict in each cell', () => {
  const bank = { sourceNamespace: 'bank' }
  const { from, through, rules, places, rows } = reportOf(
    [
      [to('ie.example', 10), to('us.example', 500)],
      [to('ie.example', 5), to('no.example', 9000), to('stranger.example', 1), to('us.example', 7, bank)],
    ],
    [rule('union', ['shop'], ['IE'])],
  )
  expect([from, through]).toEqual(['2026-11-01', '2026-11-02'])
  expect(rules).toEqual([{ name: 'union', from: ['shop'], countries: ['IE'], regions: [] }])
  expect(places).toEqual([
    { country: 'US', region: '', provider: '' },
    { country: 'IE', region: 'eu-west-1', provider: 'aws' },
    { country: '', region: '', provider: '' },
  ])
  const shown = rows.map(({ target, namespace, rule, cells }) => [
    `${target} ${namespace} ${rule}`,
    ...cells.map((cell) => cell && `${cell.verdict} ${cell.totals.egressBytes} ${cell.hosts} ${cell.lastOutside}`),
  ])
  expect(shown).toEqual([
    ['mesh bank ', 'unrestricted 7 1 ', null, null],
    ['mesh shop union', 'outside 500 1 2026-11-01', 'allowed 15 1 ', 'undeclared 9001 2 '],
  ])
})

test('a workload with a rule of its own has a row of its own', () => {
  const { rows } = reportOf(
    [[to('us.example', 1), to('us.example', 1, { sourceWorkload: 'export' })]],
    [rule('union', ['shop'], ['IE']), rule('states', ['shop/export'], ['US'])],
  )
  expect(rows.map(({ rule, cells }) => `${rule} ${cells[0]?.verdict}`)).toEqual(['states allowed', 'union outside'])
})

test('a cell tells the worst of its last day, and remembers when it was outside', () => {
  const rules = [rule('union', ['shop'], ['IE'])]
  const moved = [inStates, entry({ name: 'x', destination: 'x.example', country: 'US' })]
  const { rows } = reportOf([[to('us.example', 1)], [], [to('x.example', 1)], []], rules, moved)
  expect(rows[0].cells).toMatchObject([{ verdict: 'outside', hosts: 2, lastOutside: '2026-11-03' }])
})

test('a place that a rule allows by now is no longer outside, and was until the rule changed', () => {
  const registerOf = (...countries: string[]) => ({ entries: [inStates], residency: [rule('u', ['shop'], countries)] })
  const before = judgedDays('2026-11-01', [[to('us.example', 1)]], inForce(registerOf('IE')))
  const after = judgedDays('2026-11-02', [[to('us.example', 1)]], inForce(registerOf('IE', 'US')))
  const recent = [...before.recent, ...after.recent]
  const { rows } = residencyReport({
    title: '',
    register: registerOf('IE', 'US'),
    compliance: after.compliance,
    recent,
  })
  expect(rows[0].cells).toMatchObject([{ verdict: 'allowed', lastOutside: '2026-11-01' }])
})

test('each day has its sums by verdict; what was refused went nowhere', () => {
  const blocked = to('us.example', 0, { destinationClass: 'blocked' })
  const { days, rows } = reportOf([[to('ie.example', 10), to('us.example', 3)], [blocked]], [rule('u', ['*'], ['IE'])])
  const bytes = days.map(({ date, verdicts }) => [
    date,
    ...Object.entries(verdicts).map(([of, t]) => `${of} ${t.egressBytes}`),
  ])
  expect(bytes[0].slice(0, 1)).toEqual(['2026-11-01'])
  expect(bytes[0].slice(1).sort()).toEqual(['allowed 10', 'outside 3', 'undeclared 0', 'unrestricted 0'])
  expect(days[1].verdicts.outside.requests).toBe(0)
  expect(rows[0].cells.map((cell) => cell?.totals.requests)).toEqual([1, 1])
  expect(days.map(({ observation, complete }) => `${observation} ${complete}`)).toEqual([
    'observed true',
    'observed true',
  ])
})

test('the matrix sums to what left', () => {
  const rows = ['ie.example', 'us.example', 'no.example', 'a.example', ''].flatMap((host, i) =>
    ['shop', 'bank', ''].map((sourceNamespace, j) => to(host, 10 ** i + j, { sourceNamespace })),
  )
  const report = reportOf([rows, rows], [rule('u', ['shop'], ['IE'])])
  const cells = report.rows.flatMap((row) => row.cells).filter((cell) => cell !== null)
  const days = report.days.flatMap(({ verdicts }) => Object.values(verdicts))
  const bytes = rows.reduce((sum, { egressBytes }) => sum + 2 * egressBytes, 0)
  expect(cells.reduce((sum, { totals }) => sum + totals.egressBytes, 0)).toBe(bytes)
  expect(days.reduce((sum, { egressBytes }) => sum + egressBytes, 0)).toBe(bytes)
})

test('without a day it is empty, with the rules that hold', () => {
  expect(reportOf([], [rule('u', ['shop'], ['IE'])])).toMatchObject({
    ...{ from: '', through: '', places: [], rows: [], days: [] },
    rules: [{ name: 'u' }],
  })
})
