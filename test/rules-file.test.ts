/** The file of findings, and every mistake in it with its line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultRules, RULE_NAMES } from '#core/findings/rules.ts'
import { loadRules, parseRules, rulesJsonSchema } from '../functions/rules-file.ts'

test('an empty mapping is the defaults', () => {
  expect(parseRules('{}', 'findings.yaml')).toEqual(defaultRules())
})

test('reads severities, thresholds, what is off, who accepts what, and where REGISTRY_ONLY is expected', () => {
  const rules = parseRules(
    `
rules:
  volume: { severity: high, factor: 2.5 }
  plaintext: { off: true }
accepted:
  - { finding: 0a1b2c3d4e5f, by: Ines Duarte, why: leaves with the next release, until: 2027-01-15 }
registryOnly: ["prod-eu:shop", "shop/*", "*"]
`,
    'findings.yaml',
  )
  const { rules: defaults } = defaultRules()
  expect(rules.rules).toEqual({
    ...defaults,
    volume: { ...defaults.volume, severity: 'high', thresholds: { ...defaults.volume.thresholds, factor: 2.5 } },
    plaintext: { ...defaults.plaintext, isOn: false },
  })
  expect(rules.accepted).toEqual([
    { line: 6, finding: '0a1b2c3d4e5f', by: 'Ines Duarte', why: 'leaves with the next release', until: '2027-01-15' },
  ])
  expect(rules.registryOnly).toEqual(['prod-eu:shop', 'shop', '*'])
})

test('every threshold of every rule can be set', () => {
  const { rules } = defaultRules()
  for (const name of RULE_NAMES) {
    const given = parseRules(JSON.stringify({ rules: { [name]: rules[name].thresholds } }), 'findings.yaml')
    expect(given).toEqual(defaultRules())
  }
})

test.each([
  ['rules: { volum: {} }', '1:10 rules.volum: is no key of the file of findings; did you mean volume?'],
  [
    'rules: { volume: { minimumByte: 1 } }',
    '1:20 rules.volume.minimumByte: is no key of the file of findings; did you mean minimumBytes?',
  ],
  [
    'rules: { plaintext: { factor: 2 } }',
    '1:23 rules.plaintext.factor: is no key of the file of findings; known here are severity, off, openDays',
  ],
  ['rules: { volume: { factor: 0.5 } }', '1:28 rules.volume.factor: must be at least 1, not 0.5'],
  ['rules: { volume: { minimumDays: 2.5 } }', '1:33 rules.volume.minimumDays: must be a whole number, not 2.5'],
  ['rules: { volume: { minimumDays: 29 } }', '1:33 rules.volume.minimumDays: must be at most 28, not 29'],
  ['rules: { volume: { severity: urgent } }', '1:30 rules.volume.severity: must be high, medium, low, not "urgent"'],
  ['rules: { volume: { off: "yes" } }', '1:25 rules.volume.off: must be true or false, not "yes"'],
  ['rules: { volume: 5 }', '1:18 rules.volume: must be a mapping of keys to values, not 5'],
  [
    'accepted: [{ finding: 123456789012, by: a, why: b, until: 2027-01-01 }]',
    '1:23 accepted[0].finding: must be a text, not 123456789012',
  ],
  [
    'accepted: [{ finding: 0A1b2c3d4e5f, by: a, why: b, until: 2027-01-01 }]',
    '1:23 accepted[0].finding: must be the 12 hex digits of a finding, in quotes when all are digits, not "0A1b2c3d4e5f"',
  ],
  [
    'accepted: [{ finding: 0a1b2c3d4e5f, by: a, until: 2027-01-01 }]',
    '1:12 accepted[0].why: is missing; give why it is accepted',
  ],
  ['accepted: [{ finding: 0a1b2c3d4e5f, by: "", why: b, until: 2027-01-01 }]', '1:41 accepted[0].by: is empty, not ""'],
  [
    'accepted: [{ finding: 0a1b2c3d4e5f, by: a, why: b, until: 2027-02-30 }]',
    '1:59 accepted[0].until: must be a day of the calendar, YYYY-MM-DD, not "2027-02-30"',
  ],
  [
    'registryOnly: [shop/web/x]',
    "1:16 registryOnly[0]: must be 'namespace', 'namespace/workload' or 'target:namespace/workload', with * for any part, not \"shop/web/x\"",
  ],
  ['registryOnly: [shop, shop]', '1:22 registryOnly[1]: "shop" stands at registryOnly[0] already; keep one'],
  ['severity: high', '1:1 severity: is no key of the file of findings; known here are rules, accepted, registryOnly'],
])('%s', (text, line) => {
  expect(() => parseRules(text, 'findings.yaml')).toThrow(`file of findings findings.yaml has a mistake:\n  ${line}`)
})

test('tells all mistakes at once, among them a finding that is accepted twice', () => {
  const one = 'finding: 0a1b2c3d4e5f, by: a, why: b'
  const text = `accepted:\n  - { ${one}, until: 2027-01-01 }\n  - { ${one}, until: tomorrow }\nrules: { volume: { factor: x } }\n`
  expect(() => parseRules(text, 'findings.yaml')).toThrow(
    [
      'file of findings findings.yaml has 3 mistakes:',
      '  3:16 accepted[1].finding: "0a1b2c3d4e5f" is accepted by accepted[0] already; keep one',
      '  3:52 accepted[1].until: must be a day of the calendar, YYYY-MM-DD, not "tomorrow"',
      '  4:28 rules.volume.factor: must be a number, not "x"',
    ].join('\n'),
  )
})

test('a file that is not there is told with what to do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rules-'))
  const path = join(folder, 'findings.yaml')
  await expect(loadRules(path)).rejects.toThrow(
    'there is no such file; write one, or take findings out of the configuration',
  )
  await writeFile(path, 'rules: { volume: { off: true } }')
  expect((await loadRules(path)).rules.volume.isOn).toBe(false)
  await rm(folder, { recursive: true })
})

test('the JSON Schema for editors names every rule', () => {
  const { properties } = rulesJsonSchema() as { properties: { rules: { properties: object } } }
  expect(Object.keys(properties.rules.properties)).toEqual([...RULE_NAMES])
})
