/** The file of owners: what is read, and what is said of what cannot be. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ownersJsonSchema, parseOwners } from '../functions/owners-file.ts'
import { ConfigError } from '../functions/strict-file.ts'

const root = join(import.meta.dirname, '..')
const parse = (source: string) => parseOwners(source, 'owners.yaml')
const said = (source: string): string => {
  try {
    parse(source)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').slice(1).join('\n')
    throw error
  }
  return ''
}
const teams = (...lines: string[]) => `teams:\n${lines.map((line) => `  - { ${line} }\n`).join('')}`

test('reads teams with their lines, and sources in their shortest text', () => {
  expect(
    parse(
      teams('name: payments, costCentre: CC-1042, from: ["*:payments", "eu:checkout/api"]', 'name: 007, from: [b]'),
    ),
  ).toEqual({
    teams: [
      { name: 'payments', costCentre: 'CC-1042', from: ['payments', 'eu:checkout/api'], line: 2 },
      { name: '007', costCentre: '', from: ['b'], line: 3 },
    ],
  })
})

test('the example is in order, and the JSON Schema beside the code is the one the code makes', async () => {
  const example = parse(await readFile(join(root, 'owners.example.yaml'), 'utf8'))
  expect(example.teams.map(({ name }) => name)).toEqual(['payments', 'platform'])
  expect(JSON.parse(await readFile(join(root, 'owners.schema.json'), 'utf8'))).toEqual(ownersJsonSchema())
})

// What is wrong with teams.
test.each([
  [
    ['name: a, from: [x]', 'name: a, from: [y]'],
    '3:13 teams[1].name: "a" is the name of teams[0] already; make them one',
  ],
  [
    ['name: a, from: [x]', 'name: b, from: ["*:x/*"]'],
    '3:23 teams[1].from[0]: "*:x/*" is what teams[0].from[0] answers for, "a"; one team answers for it',
  ],
  [['name: a, from: [x, "*:x"]'], '2:26 teams[0].from[1]: "*:x" stands at teams[0].from[0] already; keep one'],
  [['name: a, from: []'], '2:22 teams[0].from: is empty; name at least one namespace or workload'],
  [['name: a'], 'teams[0].from: is missing; give what it answers for'],
  [
    ['name: a, from: [Shop]'],
    "teams[0].from[0]: must be 'namespace', 'namespace/workload' or 'target:namespace/workload'",
  ],
  [
    ['name: Unowned, from: [x]'],
    'teams[0].name: is what pages call what no team has; give it another name, not "Unowned"',
  ],
  [['name: __proto__, from: [x]'], 'teams[0].name: must be a plain name of at most 80 characters, not "__proto__"'],
  [['name: "a\\u202eb", from: [x]'], 'teams[0].name: must be a plain name'],
  [['name: "", from: [x]'], 'teams[0].name: must be a plain name'],
  [
    ['name: a, costCenter: CC, from: [x]'],
    'teams[0].costCenter: is no key of the file of owners; did you mean costCentre?',
  ],
])('of %j it is said: %s', (lines, what) => {
  expect(said(teams(...lines))).toContain(what)
})

test('a file of something else, or of too much, is refused', () => {
  expect(said('')).toContain('must be a mapping')
  expect(said('teams: payments')).toContain('1:8 teams: must be a list, not "payments"')
  expect(said(teams(...Array.from({ length: 2_001 }, (_, i) => `name: t${i}, from: [n${i}]`)))).toContain(
    'teams: must have at most 2000 teams',
  )
})
