/** The file of budgets: what is read, and what is said of what cannot be. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { budgetsJsonSchema, parseBudgets } from '../functions/budgets-file.ts'
import { ConfigError } from '../functions/strict-file.ts'

const root = join(import.meta.dirname, '..')
const parse = (source: string) => parseBudgets(source, 'budgets.yaml')
const said = (source: string): string => {
  try {
    parse(source)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').slice(1).join('\n')
    throw error
  }
  return ''
}
const budgets = (...lines: string[]) => `currency: USD\nbudgets:\n${lines.map((line) => `  - { ${line} }\n`).join('')}`

test('reads budgets with their lines and exact amounts; without a team of all, without a month of every one', () => {
  expect(parse(budgets('team: payments, monthly: 400.50, from: 2026-10', 'monthly: 0.000000001'))).toEqual({
    currency: 'USD',
    budgets: [
      { team: 'payments', monthly: '400.5', from: '2026-10', line: 3 },
      { team: '', monthly: '0.000000001', from: '', line: 4 },
    ],
  })
})

test('the example is in order, and the JSON Schema beside the code is the one the code makes', async () => {
  const example = parse(await readFile(join(root, 'budgets.example.yaml'), 'utf8'))
  expect(example.budgets.map(({ team, monthly }) => [team, monthly])).toEqual([
    ['payments', '400'],
    ['', '1500'],
  ])
  expect(JSON.parse(await readFile(join(root, 'budgets.schema.json'), 'utf8'))).toEqual(budgetsJsonSchema())
})

// What is wrong with budgets.
test.each([
  [
    ['monthly: 0'],
    '3:16 budgets[0].monthly: must be more than 0; leave out the budget of who may spend nothing, not "0"',
  ],
  [['monthly: 0.00'], 'must be more than 0'],
  [['monthly: -5'], 'budgets[0].monthly: must be a decimal of more than 0 with at most 9 places, not "-5"'],
  [['monthly: 1e999'], 'not "1e999"'],
  [['monthly: 0x10'], 'not "0x10"'],
  [['monthly: 1\u00a0000'], 'not "1\u00a0000"'],
  [['monthly: 0.0000000001'], 'with at most 9 places'],
  [['team: a'], 'budgets[0].monthly: is missing; give what may be spent in a month, in the currency'],
  [['monthly: 5, from: 2026-13'], 'budgets[0].from: must be a month, YYYY-MM, not "2026-13"'],
  [['monthly: 5, from: 2026-10-01'], 'must be a month'],
  [['team: __proto__, monthly: 5'], 'budgets[0].team: must be a plain name'],
  [['monthly: 5', 'monthly: 6'], '4:5 budgets[1]: is a budget of all together, as budgets[0] is; keep one'],
  [
    ['team: a, monthly: 5, from: 2026-10', 'team: a, monthly: 6, from: 2026-10'],
    '4:5 budgets[1]: is a budget of "a" from "2026-10" on, as budgets[0] is; keep one',
  ],
])('of %j it is said: %s', (lines, what) => {
  expect(said(budgets(...lines))).toContain(what)
})

test('a currency that is none is refused', () => {
  expect(said(budgets('monthly: 5').replace('USD', 'dollars'))).toContain(
    '1:11 currency: must be the code of a currency by ISO 4217, such as USD, not "dollars"',
  )
  expect(said(budgets('monthly: 5').replace('USD', 'usd'))).toContain('not "usd"')
})
