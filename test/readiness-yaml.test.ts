import fc from 'fast-check'
import { parse, parseAllDocuments } from 'yaml'
import { manifestFile } from '#core/readiness/manifest.ts'
import { formatYaml, type YamlData } from '#core/readiness/yaml.ts'

/** Texts that mean something in YAML, or end something. */
const hostile = fc.constantFrom(
  ...[
    '',
    ' ',
    '~',
    'null',
    'Null',
    'yes',
    'NO',
    'on',
    'y',
    'True',
    '.inf',
    '.NaN',
    '0x1F',
    '0o7',
    '1e3',
    'E0',
    'e5',
    '12:30:45',
    '-',
  ],
  ...[
    '2026-11-01',
    '1_000',
    '+1',
    '*',
    '&a',
    '!!str a',
    '|',
    '>',
    '%YAML 1.2',
    '@a',
    '`a`',
    '---',
    '...',
    '- a',
    '? a',
  ],
  ...['a: b', 'a:', ': a', 'a #b', '#', '# a', '"', "'", '\\', '{a: b}', '[a]', '{{ a }}', '$a', '<<', '=', 'a,b'],
  ...[
    'a\nb',
    'a\n---\nb: c',
    '\r\n',
    '\t',
    ' a',
    'a ',
    '\u0000',
    '\u0085',
    '\u2028',
    '\u2029',
    '\ufeff',
    '\u202e',
    '\u007f',
  ],
  ...[
    '😀',
    '\ud83d\ude00',
    'ü',
    '(invalid-host)-cd0e9c8c6d93',
    '<script>alert(1)</script>',
    '*.example.com',
    '10.0.0.0/8',
  ],
)
const texts = fc.oneof(hostile, fc.string({ unit: 'binary' }), fc.string(), fc.domain())
const numbers = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))

const data: fc.Arbitrary<YamlData> = fc.letrec<{ any: YamlData }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    texts,
    numbers,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(texts, tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any

test.each(['1.1', '1.2'] as const)('a reader of YAML %s reads back the very same data', (version) => {
  fc.assert(
    fc.property(data, (value) => {
      expect(
        parse(formatYaml(value), { version, merge: false, schema: version === '1.1' ? 'yaml-1.1' : 'core' }),
      ).toEqual(value)
    }),
    { numRuns: 1000 },
  )
})

test('whatever a text holds, it stays one value of one document, in printable ASCII', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const yaml = formatYaml({ before: 1, hosts: [text], [text]: text, after: 2 })
      expect(yaml).toMatch(/^[\x20-\x7e\n]*$/)
      expect(parseAllDocuments(yaml)).toHaveLength(1)
      expect(parse(yaml)).toMatchObject({ hosts: [text], after: 2 })
    }),
    { numRuns: 1000 },
  )
})

test('a manifest reads as one that a person wrote', () => {
  const spec = {
    hosts: ['api.stripe.com', '*.stripe.com'],
    ports: [{ number: 443, name: 'tls' }],
    exportTo: ['.'],
    none: [],
    of: {},
  }
  expect(formatYaml({ kind: 'ServiceEntry', spec })).toBe(
    [
      'kind: ServiceEntry',
      'spec:',
      '  hosts:',
      '    - api.stripe.com',
      '    - "*.stripe.com"',
      '  ports:',
      '    - number: 443',
      '      name: tls',
      '  exportTo:',
      '    - "."',
      '  none: []',
      '  of: {}',
      '',
    ].join('\n'),
  )
})

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is refused, since it is no number in JSON', (number) => {
  expect(() => formatYaml([number])).toThrow(`yaml: ${number} is no number that can be written`)
})

test('a note is a comment above the manifest, whatever stands in it', () => {
  const about = {
    kind: 'ServiceEntry',
    name: 'a',
    namespace: 'b',
    purpose: 'allow',
    yaml: 'kind: ServiceEntry\n',
  } as const
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      const { text } = manifestFile('mesh', { ...about, note: `Read from ${one}, and then ${other}.` })
      expect(parse(text)).toEqual({ kind: 'ServiceEntry' })
    }),
    { numRuns: 500 },
  )
  expect(manifestFile('mesh', { ...about, note: `Check it. ${'long '.repeat(30)}`.trim() })).toEqual({
    path: 'mesh/allow/b/serviceentry-a.yaml',
    text: `# Check it. ${'long '.repeat(18)}\n# ${'long '.repeat(12)}\nkind: ServiceEntry\n`.replaceAll(' \n', '\n'),
  })
})
