/** The file of owners: which team, and which cost centre, answers for which workloads. Kept in Git, read strictly. */
import * as z from 'zod'
import type { Owners } from '#core/costs/owners.ts'
import { SOURCE_FORM } from '#core/register/source.ts'
import { checked } from './checked.ts'
import { shortestSource, sourceProblem, wordsProblem } from './checked-texts.ts'
import { asList, asRecord, type Mistake, repeated, show } from './mistakes.ts'
import { teamProblem } from './price-values.ts'
import { parseStrictText, readStrictFile, type StrictFormat, type StrictText } from './strict-file.ts'

const MAX_TEAMS = 2_000
const MAX_SOURCES = 500

const teamSchema = z.strictObject({
  name: checked(teamProblem, "the team's name, which no other has"),
  costCentre: checked((value) => wordsProblem(value, 80), 'the cost centre that is charged').default(''),
  from: z
    .array(checked(sourceProblem, SOURCE_FORM))
    .min(1, 'is empty; name at least one namespace or workload')
    .max(MAX_SOURCES, `must have at most ${MAX_SOURCES} sources; name namespaces, or use * for a part`)
    .describe(`what it answers for: ${SOURCE_FORM}; the most specific of all teams decides`),
})

const ownersSchema = z.strictObject({
  teams: z
    .array(teamSchema)
    .max(MAX_TEAMS, `must have at most ${MAX_TEAMS} teams`)
    .describe('the teams, one entry each'),
})

const FORMAT: StrictFormat<typeof ownersSchema> = {
  noun: 'file of owners',
  maxBytes: 1_000_000, // some thousand teams
  whenMissing: 'write one, or take owners out of the configuration',
  schema: ownersSchema,
  scalars: 'texts', // a team or a cost centre may be called 007
  jsonSchema: ownersJsonSchema,
  contradictions,
}

/** The owners in a file; throws one ConfigError with everything that is wrong. */
export async function loadOwners(path: string): Promise<Owners> {
  return toOwners(await readStrictFile(path, FORMAT))
}

/** The owners in a text; `path` is its file, in messages. */
export function parseOwners(source: string, path: string): Owners {
  return toOwners(parseStrictText(source, path, FORMAT))
}

/** The JSON Schema of the file, for editors. */
export function ownersJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(ownersSchema, { io: 'input' })
  return { $schema, title: 'Wharfage owners', ...schema }
}

function toOwners({ data, lineOf }: StrictText<z.output<typeof ownersSchema>>): Owners {
  return {
    teams: data.teams.map(({ name, costCentre, from }, i) => {
      return { name, costCentre, from: from.map(shortestSource), line: lineOf(['teams', i]) }
    }),
  }
}

/** A team twice, and what two teams would answer for. Read from the raw data, so that it is told beside all other mistakes. */
function contradictions(data: unknown): Mistake[] {
  const teams = asList(asRecord(data).teams).slice(0, MAX_TEAMS).map(asRecord)
  const sources = teams.flatMap(({ from }, team) =>
    asList(from)
      .slice(0, MAX_SOURCES)
      .map((source, i) => ({ source, team, i })),
  )
  return [
    ...repeated(
      teams,
      ({ name }) => (typeof name === 'string' ? name : null),
      (i, before) => ({
        path: ['teams', i, 'name'],
        message: `${show(teams[i].name)} is the name of teams[${before}] already; make them one`,
      }),
    ),
    ...repeated(
      sources,
      ({ source }) => (typeof source === 'string' ? shortestSource(source) : null),
      (at, before) => {
        const { source, team, i } = sources[at]
        const { team: other, i: first } = sources[before]
        const whose = `teams[${other}].from[${first}]`
        const message =
          team === other
            ? `${show(source)} stands at ${whose} already; keep one`
            : `${show(source)} is what ${whose} answers for, ${show(teams[other].name)}; one team answers for it`
        return { path: ['teams', team, 'from', i], message }
      },
    ),
  ]
}
