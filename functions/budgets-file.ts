/** The file of budgets: what a team, or all together, may spend on egress in a month. Kept in Git, read strictly. */
import * as z from 'zod'
import type { Budgets } from '#core/costs/budgets.ts'
import { checked } from './checked.ts'
import { asList, asRecord, type Mistake, repeated, show } from './mistakes.ts'
import { decimal, decimalJsonSchema } from './price-book-schema.ts'
import { budgetProblem, currencyProblem, monthProblem, shortestDecimal, teamProblem } from './price-values.ts'
import { parseStrictText, readStrictFile, type StrictFormat, type StrictText } from './strict-file.ts'

const MAX_BUDGETS = 10_000

const budgetSchema = z.strictObject({
  team: checked(teamProblem, 'whose it is; of all together when left out').optional(),
  monthly: decimal(budgetProblem, 'what may be spent in a month, in the currency'),
  from: checked(monthProblem, 'the first month that it holds for, YYYY-MM; every month when left out').optional(),
})

const budgetsSchema = z.strictObject({
  currency: checked(currencyProblem, 'the currency of the budgets, which is that of the prices'),
  budgets: z
    .array(budgetSchema)
    .max(MAX_BUDGETS, `must have at most ${MAX_BUDGETS} budgets`)
    .describe('the budgets, one entry each; of several of one team the newest that has begun holds'),
})

const FORMAT: StrictFormat<typeof budgetsSchema> = {
  noun: 'file of budgets',
  maxBytes: 1_000_000, // years of some hundred teams
  whenMissing: 'write one, or take budgets out of the configuration',
  schema: budgetsSchema,
  scalars: 'texts',
  jsonSchema: budgetsJsonSchema,
  contradictions,
}

/** The budgets in a file; throws one ConfigError with everything that is wrong. */
export async function loadBudgets(path: string): Promise<Budgets> {
  return toBudgets(await readStrictFile(path, FORMAT))
}

/** The budgets in a text; `path` is its file, in messages. */
export function parseBudgets(source: string, path: string): Budgets {
  return toBudgets(parseStrictText(source, path, FORMAT))
}

/** The JSON Schema of the file, for editors. */
export function budgetsJsonSchema(): Record<string, unknown> {
  return decimalJsonSchema(budgetsSchema, 'Wharfage budgets')
}

function toBudgets({ data, lineOf }: StrictText<z.output<typeof budgetsSchema>>): Budgets {
  return {
    currency: data.currency,
    budgets: data.budgets.map(({ team = '', monthly, from = '' }, i) => {
      return { team, monthly: shortestDecimal(monthly), from, line: lineOf(['budgets', i]) }
    }),
  }
}

/** What begins in the same month for the same team. Read from the raw data, so that it is told beside all other mistakes. */
function contradictions(data: unknown): Mistake[] {
  const budgets = asList(asRecord(data).budgets).slice(0, MAX_BUDGETS).map(asRecord)
  return repeated(
    budgets,
    ({ team = '', from = '' }) => JSON.stringify([team, from]),
    (i, before) => {
      const { team, from } = budgets[i]
      const whose = team === undefined ? 'of all together' : `of ${show(team)}`
      const since = from === undefined ? '' : ` from ${show(from)} on`
      return { path: ['budgets', i], message: `is a budget ${whose}${since}, as budgets[${before}] is; keep one` }
    },
  )
}
