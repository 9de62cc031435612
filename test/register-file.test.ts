/** The register's file: what is read, and what is said of what cannot be. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Register } from '#core/register/register.ts'
import { parseRegister } from '../functions/register-file.ts'
import { registerJsonSchema } from '../functions/register-schema.ts'
import { ConfigError } from '../functions/strict-file.ts'

const root = join(import.meta.dirname, '..')

/** A register of one entry with these lines more. */
const least = (...lines: string[]) =>
  [
    'entries:',
    '  - name: a',
    '    destination: a.example',
    '    from: [shop]',
    ...lines.map((line) => `    ${line}`),
    '',
  ].join('\n')
/** The same, with these lines in place of the destination. */
const to = (destination: string) => least().replace('a.example', destination)
const from = (source: string) => least().replace('[shop]', `[${source}]`)
const approved = ['owner: o', 'need: n', 'approvedBy: Dana', 'approvedOn: 2026-07-01']

const parse = (source: string): Register => parseRegister(source, 'register.yaml')
const said = (source: string): string[] => {
  try {
    parse(source)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').slice(1)
    throw error
  }
  return []
}

test('reads the least there can be, with every default and the line it stands on', () => {
  expect(parse(`# mine\n\n${least()}`).entries).toEqual([
    {
      ...{ name: 'a', line: 4, destination: 'a.example', ports: [], protocols: [], from: ['shop'] },
      ...{ owner: '', need: '', approvedBy: '', approvedOn: '', ticket: '', reviews: [], reviewBy: '', expires: '' },
      ...{ dataClass: '', provider: '', country: '', region: '', tags: [] },
    },
  ])
  expect(parse('entries: []\n')).toEqual({ entries: [], residency: [] })
})

test('the example is in order and shows every key', async () => {
  const source = await readFile(join(root, 'register.example.yaml'), 'utf8')
  const { entries, residency } = parse(source)
  expect(entries[0]).toMatchObject({ name: 'stripe', ports: [443], reviewBy: '2027-03-31', tags: ['cde'] })
  expect(residency[0]).toMatchObject({ countries: ['DE', 'IE'], regions: ['eu-west-1'] })
  const schema = registerJsonSchema() as { properties: Record<string, { items: { properties: object } }> }
  const keys = Object.values(schema.properties).flatMap(({ items }) => Object.keys(items.properties))
  expect(keys.length).toBeGreaterThan(20)
  for (const key of [...Object.keys(schema.properties), ...keys]) expect(source).toMatch(new RegExp(`\\b${key}:`))
})

test('the JSON Schema beside the code is the one the code makes', async () => {
  expect(JSON.parse(await readFile(join(root, 'register.schema.json'), 'utf8'))).toEqual(registerJsonSchema())
})

// A destination as people write it, and its one spelling.
test.each([
  ['API.Example.COM', 'api.example.com'],
  ['api.example.com.', 'api.example.com'],
  ["'*.Example.com'", '*.example.com'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ["'*.bücher.example'", '*.xn--bcher-kva.example'],
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7/32', '192.0.2.7'],
  ['192.0.2.0/24', '192.0.2.0/24'],
  ["'2001:DB8:0::1'", '2001:db8::1'],
  ["'2001:db8:0:0::/32'", '2001:db8::/32'],
  ["'::ffff:192.0.2.0/120'", '::ffff:c000:200/120'],
  ["'(unknown)'", '(unknown)'],
  ['redis', 'redis'],
])('reads the destination %s as %s', (text, destination) => {
  expect(parse(to(text)).entries[0].destination).toBe(destination)
})

// A destination that no host can be, and what is said of it.
test.each([
  ["'*'", 'must name a host; a pattern for every host would approve whatever happens, not "*"'],
  ["''", 'must name a host'],
  ['https://a.example/', 'must be a host without scheme, port and path, such as api.example.com'],
  ["'a.example:443'", 'must be without a port; list it in ports'],
  ['a.example/path', 'must be an address range such as 192.0.2.0/24, or a host without a path'],
  ['192.0.2.0/33', 'must be an address range'],
  ['192.0.2.7/24', 'must not have bits behind its prefix; write 192.0.2.0/24'],
  ["'2001:db8::1/32'", 'must not have bits behind its prefix; write 2001:db8::/32'],
  ['0.0.0.0/0', 'must be narrower'],
  ["'::/0'", 'must be narrower'],
  ['192.0.2', "must be a host, '*.' before one"],
  ["'a.*.example'", "must be a host, '*.' before one"],
  ["'*.*.example'", "must be a host, '*.' before one"],
  ["'*.192.0.2.7'", "must be a host, '*.' before one"],
  ["'*.'", "must be a host, '*.' before one"],
  ["'*example.com'", "must be a host, '*.' before one"],
  ['a..example', "must be a host, '*.' before one"],
  ['a b.example', "must be a host, '*.' before one"],
  ["'<script>'", "must be a host, '*.' before one"],
  ['unknown', "or '(unknown)'"],
  ['__other__', "must be a host, '*.' before one"],
  ["'(invalid-host)-0123456789ab'", "must be a host, '*.' before one"],
  [`${'a'.repeat(64)}.example`, "must be a host, '*.' before one"],
])('refuses the destination %s', (text, message) => {
  expect(said(to(text))).toEqual([expect.stringContaining(`  3:18 entries[0].destination: `)])
  expect(said(to(text))[0]).toContain(message)
})

// A source as people write it, and its one spelling; '' for one that is none.
test.each([
  ['shop', 'shop'],
  ["'*'", '*'],
  ["'*:shop'", 'shop'],
  ["'shop/*'", 'shop'],
  ["'*:*/*'", '*'],
  ["'prod-eu:shop/checkout-v1'", 'prod-eu:shop/checkout-v1'],
  ["'*/checkout'", '*/checkout'],
  ["'prod-eu:*'", 'prod-eu:*'],
  ['Shop', ''],
  ["'shop/'", ''],
  ["'shop-*'", ''],
  ["'prod:eu:shop'", ''],
  ["''", ''],
])('reads the source %s as "%s"', (text, source) => {
  if (source === '') expect(said(from(text))[0]).toMatch(/entries\[0\]\.from\[0\]: must be 'namespace'/)
  else expect(parse(from(text)).entries[0].from).toEqual([source])
})

// One more line of an entry, and what is said of it.
test.each([
  ['owener: x', '5:5 entries[0].owener: is no key of the register; did you mean owner?'],
  ['approved_by: x', 'did you mean approvedBy?'],
  ['cost: 5', 'is no key of the register; known here are name, destination, ports'],
  ['ports: [0]', '5:13 entries[0].ports[0]: must be a port, not 0'],
  ['ports: [443, 65536]', '5:18 entries[0].ports[1]: must be a port, not 65536'],
  ['ports: ["443"]', 'entries[0].ports[0]: must be a number, not "443"'],
  ['ports: 443', 'entries[0].ports: must be a list, not 443'],
  ['ports: [443, 443]', 'entries[0].ports: names a port twice'],
  [
    'protocols: [https]',
    'must be http, grpc, tcp, as proxies tell it; what the application encrypts is tcp, not "https"',
  ],
  ['approvedOn: 2026-02-30', '5:17 entries[0].approvedOn: must be a day of the calendar, YYYY-MM-DD, not "2026-02-30"'],
  ['expires: 01.07.2027', 'must be a day of the calendar, YYYY-MM-DD'],
  ['expires: 2027', 'must be a text, not 2027'],
  ['country: UK', '5:14 entries[0].country: is written GB, not "UK"'],
  ['country: EU', 'is no country; name one of its members, or all of them'],
  ['country: ie', 'must be in upper case, IE, not "ie"'],
  ['country: ZZ', 'must be a two-letter code of ISO 3166-1, such as IE, not "ZZ"'],
  ['country: Ireland', 'must be a two-letter code'],
  ['country: no', 'must be in upper case, NO'],
  ['tags: [a b]', 'must be a plain word'],
  ['need: "a\\u202eb"', 'must be one line without control characters'],
  ['need: "a\\nb"', 'must be one line without control characters'],
  ['owner: " a"', 'must not begin or end in spaces'],
  [`ticket: ${'x'.repeat(501)}`, 'must be at most 500 characters'],
  ['owner:', 'entries[0].owner: must be a text, not null'],
  ['reviews: [{ on: 2026-07-02 }]', '5:15 entries[0].reviews[0].by: is missing; give who reviewed it'],
  ['name: b', 'this key stands here a second time'],
])('says of %s what is wrong', (line, message) => {
  expect(said(least(line)).join('\n')).toContain(message)
})

// Lines that contradict each other, and what is said of them.
test.each<[string[], string]>([
  [['owner: o', 'need: n', 'approvedBy: Dana'], '7:17 entries[0].approvedBy: is "Dana" without a day; give approvedOn'],
  [['owner: o', 'need: n', 'approvedOn: 2026-07-01'], 'approvedOn: is "2026-07-01" without a name; give approvedBy'],
  [['owner: o', ...approved.slice(2)], 'is "Dana" for an entry without need; give need, or leave it to be approved'],
  [['need: n', ...approved.slice(2)], 'is "Dana" for an entry without owner'],
  [
    [...approved, 'expires: 2026-07-01'],
    '9:14 entries[0].expires: is 2026-07-01, which is not after approvedOn, 2026-07-01',
  ],
  [['expires: 2026-07-01'], 'expires: is "2026-07-01" for an entry that nobody has approved'],
  [['reviewBy: 2026-07-01'], 'reviewBy: is "2026-07-01" for an entry that nobody has approved'],
  [['reviews: [{ on: 2026-07-01, by: x }]'], 'reviews: are of an entry that nobody has approved'],
  [
    [...approved, 'reviews: [{ on: 2026-06-30, by: x }]'],
    'reviews[0].on: is 2026-06-30, before the approval on 2026-07-01',
  ],
  [
    [...approved, 'reviews: [{ on: 2026-09-01, by: x }, { on: 2026-08-01, by: x }]'],
    'reviews[1].on: is 2026-08-01, before what stands before it on 2026-09-01; keep them in order',
  ],
  [
    [...approved, 'reviewBy: 2026-07-01'],
    'reviewBy: is 2026-07-01, which is not after the last review or approval on 2026-07-01',
  ],
  [
    [...approved, 'reviews: [{ on: 2026-09-01, by: x }]', 'reviewBy: 2026-09-01'],
    'reviewBy: is 2026-09-01, which is not after the last review or approval on 2026-09-01',
  ],
  [['region: eu-west-1'], 'region: is "eu-west-1" without a provider, whose name of it that is; give provider'],
])('of %j it says %s', (lines, message) => {
  const found = said(least(...lines))
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(message)
})

test('an approval that holds for a day, and a review on its own day, contradict nothing', () => {
  expect(said(least(...approved, 'expires: 2026-07-02'))).toEqual([])
  expect(said(least(...approved, 'reviews: [{ on: 2026-07-01, by: x }]', 'reviewBy: 2026-07-02'))).toEqual([])
})

const second = (name: string, ...lines: string[]) =>
  least(...lines)
    .replace('entries:\n', '')
    .replace('name: a', `name: ${name}`)

test('refuses two entries of one name, and two that say different things of the same traffic', () => {
  expect(said(least() + second('a').replace('a.example', 'b.example'))).toEqual([
    '  5:11 entries[1].name: "a" is the name of entries[0] already',
  ])
  const [one, other] = [least('owner: x', 'country: IE'), second('b', 'owner: y', 'country: US')]
  expect(said(one + other)).toEqual([
    '  7:5 entries[1]: is for exactly the traffic of entries[0], with another owner and country; make them one',
  ])
  expect(said(one + other.replace('a.example', 'A.example.'))).toHaveLength(1)
  // Another source or port is other traffic; one owner and one place are no contradiction, nor is who takes over.
  expect(said(one + other.replace('[shop]', '[bank]'))).toEqual([])
  expect(said(least('owner: x') + second('b', 'owner: y', 'ports: [443]'))).toEqual([])
  expect(said(least('owner: x') + second('b', 'owner: x'))).toEqual([])
  const until = least(...approved, 'expires: 2026-09-01')
  const since = second('b', 'owner: p', 'need: n', 'approvedBy: Dana', 'approvedOn: 2026-09-01')
  expect(said(until + since)).toEqual([])
  expect(said(until + since.replace('2026-09-01', '2026-08-31'))).toHaveLength(1)
})

const rules = (...of: string[]) => ['residency:', ...of.map((rule) => `  - { ${rule} }`), ''].join('\n')

// Rules of residency, and what is said of them.
test.each<[string[], string]>([
  [['name: a, from: [shop]'], '2:5 residency[0]: allows no place; give countries, regions or both'],
  [['name: a, from: [], countries: [IE]'], "residency[0].from: is empty; name at least one source, or '*' for all"],
  [
    ['name: a, from: [shop], countries: [IE, XK]'],
    'residency[0].countries[1]: must be a two-letter code of ISO 3166-1',
  ],
  [
    ['name: a, from: [shop], countries: [IE]', 'name: a, from: [bank], countries: [IE]'],
    '3:13 residency[1].name: "a" is the name of residency[0] already',
  ],
  [
    ['name: a, from: [shop], countries: [IE]', 'name: b, from: [bank, shop], countries: [US]'],
    'residency[1].from[1]: meets residency[0].from[0] in the same source, and no place is allowed by both',
  ],
  [
    ['name: a, from: ["eu:*"], countries: [IE]', 'name: b, from: [shop], countries: [US]'],
    'residency[1].from[0]: meets residency[0].from[0] in the same source',
  ],
])('of the rules %j it says %s', (of, message) => {
  expect(said(rules(...of)).join('\n')).toContain(message)
})

test('a rule may narrow another, and rules with a place in common may cross', () => {
  expect(said(rules('name: a, from: ["*"], countries: [IE]', 'name: b, from: [shop], countries: [US]'))).toEqual([])
  expect(said(rules('name: a, from: ["eu:*"], countries: [IE, DE]', 'name: b, from: [shop], countries: [DE]'))).toEqual(
    [],
  )
})

test('tells all mistakes at once, by line', () => {
  const found = said(`entries:
  - name: a
    destination: http://a.example
    from: [Shop]
    approvedBy: Dana
    contry: IE
  - name: a
    from: [shop]
residency: [{ name: r, from: [shop] }]
`)
  expect(found.map((line) => line.slice(2, 30))).toEqual([
    '3:18 entries[0].destination:',
    '4:12 entries[0].from[0]: mus',
    '5:17 entries[0].approvedBy: ',
    '5:17 entries[0].approvedBy: ',
    '5:17 entries[0].approvedBy: ',
    '6:5 entries[0].contry: is no',
    '7:5 entries[1].destination: ',
    '7:11 entries[1].name: "a" is',
    '9:13 residency[0]: allows no',
  ])
})

// Files that are meant to exhaust whoever reads them, and the first thing that is said of them.
test.each<[string, string, string]>([
  ['entries without end', `entries:\n${'  - {}\n'.repeat(20_000)}`, 'must have at most 5000 entries'],
  ['brackets', `entries: ${'['.repeat(200_000)}`, 'nests deeper than 20 levels'],
  [
    'sources without end',
    `entries:\n  - { name: a, destination: a.example, from: [${'a, '.repeat(40_000)}] }\n`,
    'must have at most 500 sources; name namespaces, or use * for a part',
  ],
  [
    'rules that all cross',
    rules(
      ...Array.from({ length: 200 }, (_, i) => {
        const from = Array.from({ length: 100 }, (_, j) => (i % 2 === 0 ? `n${i}-${j}` : `'t${i}-${j}:*'`))
        return `name: r${i}, from: [${from.join(', ')}], countries: [${i % 2 === 0 ? 'IE' : 'US'}]`
      }),
    ),
    'residency[1].from[0]: meets residency[0].from[0] in the same source',
  ],
  [
    'entries that all say another thing of the same',
    `entries:\n${Array.from({ length: 5000 }, (_, i) => `  - { name: a${i}, destination: a.example, from: [a], owner: o${i} }\n`).join('')}`,
    'entries[1]: is for exactly the traffic of entries[0], with another owner; make them one',
  ],
])('refuses %s, and soon', (_, source, message) => {
  const start = performance.now()
  const found = said(source)
  expect(found[0]).toContain(message)
  expect(found.length).toBeLessThanOrEqual(51)
  expect(performance.now() - start).toBeLessThan(20_000) // on a slow machine that does much else
})

test('reads a register of two thousand entries', () => {
  const entries = Array.from({ length: 2000 }, (_, i) =>
    second(`a${i}`, ...approved).replace('a.example', `h${i}.example`),
  )
  expect(parse(`entries:\n${entries.join('')}`).entries).toHaveLength(2000)
})

test('the register of the demo is in order', async () => {
  const file = join(root, 'functions/demo/declared/register.yaml')
  expect(parse(await readFile(file, 'utf8')).entries.length).toBeGreaterThan(10)
})
