/**
 * Configuration that is meant to exhaust whoever reads it: every text ends in sentences with their lines and the exit code
 * of wrong configuration, in one process after the other, within a heap that a small machine has and a few seconds.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const BYTES = 100_000 // the longest file that is read
const HEAP_MB = 256
const SECONDS_EACH = 20 // on a slow machine that does much else; alone it is one or two

const least = 'store: ./data\ntargets:\n  - name: prod\n    url: https://p.example/federate\n'
const fill = (text: string, bytes = BYTES) => text.repeat(Math.floor(bytes / text.length))
const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: 1`)
const laughs = (open: string, close: string) =>
  `a: &a ${open}lol${close}\n${[...'bcdefghij']
    .map((key, i) => `${key}: &${key} ${open}${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}${close}\n`)
    .join('')}`

const ALIAS = 'anchors and aliases are not read; write the value out'
const TAG = 'tags are not read; write the plain value'
const TWICE = 'this key stands here a second time; keep one'
const DEEP = 'nests deeper than 20 levels'
const NO_TEXT = 'the file is not UTF-8 text'
const NO_KEY = 'is no key of the configuration'

/** What it is, the text, and the first thing that is said of it, with line and column. */
const BOMBS: readonly [what: string, text: string | Buffer, first: string][] = [
  ['a billion laughs', laughs('[', ']'), `1:7 ${ALIAS}`],
  ['a billion laughs in mappings', laughs('{ ? ', ' }'), `1:7 ${ALIAS}`],
  ['an anchor that holds itself', 'a: &a [*a]\n', `1:7 ${ALIAS}`],
  ['a merge of merges', `a: &a { x: 1 }\n${fill('b: { <<: [*a, *a] }\n', 90_000)}`, `1:7 ${ALIAS}`],
  ['an alias on every line', `a: &a x\nb:\n${fill('  - *a\n', 90_000)}`, `1:7 ${ALIAS}`],
  [
    'an anchor on every line',
    `b:\n${keys(7000)
      .map((key) => `  - &${key.slice(0, -3)} x\n`)
      .join('')}`,
    `2:`,
  ],
  ['brackets that never close', fill('['), `1:21 ${DEEP}`],
  ['brackets that do', '['.repeat(BYTES / 2) + ']'.repeat(BYTES / 2), `1:21 ${DEEP}`],
  ['brackets that only close', fill(']'), '1:1 '],
  ['braces that never close', fill('{'), '1:2 a key must be a text'],
  ['mappings in mappings', fill('{a: '), `1:78 ${DEEP}`],
  ['lists in lists', fill('- '), `1:41 ${DEEP}`],
  ['keys of keys', fill('? '), '1:3 a key must be a text'],
  ['mappings by indentation', Array.from({ length: 440 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''), `20:20 ${DEEP}`],
  ['commas', `[${fill(',', BYTES - 1)}`, '1:3 unexpected , in flow sequence'],
  ['a colon after a colon', fill(': '), '1:3 nested mappings are not allowed'],
  ['a key over and over', fill('a: 1\n'), `2:1 ${TWICE}`],
  ['a key over and over, in braces', `{${fill('a: 1, ', BYTES - 1)}`, `1:8 ${TWICE}`],
  ['a key twice, far apart', `${least}site: {}\n${keys(5000).join('\n')}\nsite: {}\n`, `5006:1 ${TWICE}`],
  ['a key in quotes and without', `${least}"store": y\n`, `5:1 ${TWICE}`],
  ['ten thousand unknown keys', `${least}${keys(9000).join('\n')}`, `5:1 k0: ${NO_KEY}`],
  [
    'ten thousand targets that are none',
    `store: x\ntargets:\n${fill('  - {}\n', 90_000)}`,
    '3:5 targets[0].name: is missing',
  ],
  ['a prototype', `${least}__proto__: { polluted: true }\n`, `5:1 __proto__: ${NO_KEY}`],
  [
    'a prototype in auth',
    `${least}    auth: { __proto__: { bearer: env:X } }\n`,
    '5:13 targets[0].auth.__proto__: is no key',
  ],
  ['a constructor', `${least}constructor: { prototype: 1 }\n`, `5:1 constructor: ${NO_KEY}`],
  [
    'a title without end',
    `${least}site: { title: ${'x'.repeat(90_000)} }\n`,
    '5:16 site.title: must be at most 200 characters',
  ],
  [
    'a url without end',
    least.replace('p.', fill('a.', 90_000)),
    '4:10 targets[0].url: must have at most 2000 characters',
  ],
  ['a name without end', least.replace('prod', fill('a', 90_000)), '3:11 targets[0].name: must be 1 to 40 characters'],
  [
    'a number without end',
    `${least}    generation: ${fill('9', 90_000)}\n`,
    '5:17 targets[0].generation: must be a number',
  ],
  [
    'an exponent without end',
    `${least}    generation: 1e${fill('9', 90_000)}\n`,
    '5:17 targets[0].generation: must be a number',
  ],
  [
    'an interval without end',
    `${least}    interval: ${fill('9', 90_000)}s\n`,
    '5:15 targets[0].interval: must be a whole number',
  ],
  ['a quote that never closes', `store: "${fill('x', 90_000)}`, '1:90009 missing closing "quote'],
  ['quotes of quotes', `store: ${fill("''", 90_000)}`, '1:1 targets: is missing'],
  ['escapes that are none', `store: "${fill('\\x', 90_000)}"`, '1:9 invalid escape sequence'],
  ['halves of surrogates', `store: "${fill('\\uD800', 90_000)}"`, '1:1 targets: is missing'],
  ['a key without end', `${fill('x', 90_000)}: 1\n`, '1:1 the : indicator must be at most 1024 chars'],
  [
    'an indentation without end',
    `store: |${fill('9', 90_000)}\n x`,
    '1:10 block scalar header includes extra characters',
  ],
  ['a directive without end', `%${fill('x', 90_000)}\n---\n`, '1:1 unknown directive'],
  ['directives without end', fill('%A\n'), '1:1 unknown directive %A'],
  ['documents without end', fill('---\n'), '2:1 a second document begins here; keep one'],
  ['a comment without end', `#${fill('x', 90_000)}`, '1:1 must be a mapping of keys to values'],
  ['blank lines', fill('\n'), '1:1 must be a mapping of keys to values'],
  ['a map by tag', 'store: !!map { a: b }\n', `1:14 ${TAG}`],
  ['a function', 'store: !!js/function "function () {}"\n', `1:22 ${TAG}`],
  ['a command', 'store: !!python/object/apply:os.system [id]\n', `1:40 ${TAG}`],
  ['bytes', 'store: !!binary aGk=\n', `1:17 ${TAG}`],
  ['a set', 'store: !!set { a }\n', `1:14 ${TAG}`],
  ['a tag in full', 'store: !<tag:yaml.org,2002:str> x\n', `1:33 ${TAG}`],
  ['a tag without end', `store: !${fill('x', 90_000)} y\n`, `1:90010 ${TAG}`],
  ['a NUL in a value', `${least.replace('./data', 'a\0b')}`, '1:8 store: must be a folder'],
  ['a NUL in a key', `${least}si\0te: {}\n`, `5:1 si\ufffdte: ${NO_KEY}`],
  ['NULs', fill('\0'), '1:1 must be a mapping of keys to values'],
  ['a byte order mark in the middle', `${least}\ufeffsite: {}\n`, `5:1 \ufffdsite: ${NO_KEY}`],
  ['a terminal’s own commands', `${least}"\\e]0;x\\a\\e[2K": 1\n`, `5:1 \ufffd]0;x\ufffd\ufffd[2K: ${NO_KEY}`],
  ['UTF-16, little end first', Buffer.from(`\ufeff${least}`, 'utf16le'), `1:1 ${NO_TEXT}`],
  ['UTF-16, big end first', Buffer.from(`\ufeff${least}`, 'utf16le').swap16(), `1:1 ${NO_TEXT}`],
  ['UTF-16 without a mark', Buffer.from(least, 'utf16le'), '1:1 must be a mapping of keys to values'],
  ['UTF-32', Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x73]), `1:1 ${NO_TEXT}`],
  ['an overlong slash', Buffer.from([...Buffer.from(least), 0xc0, 0xaf]), `1:1 ${NO_TEXT}`],
  ['half a surrogate in UTF-8', Buffer.from([...Buffer.from(least), 0xed, 0xa0, 0x80]), `1:1 ${NO_TEXT}`],
  ['a file of one byte too many', fill('#', BYTES + 1), `1:1 the file has ${BYTES + 1} bytes and may have ${BYTES}`],
]

interface Checked {
  file: string
  code: number
  said: string
  ms: number
}

let folder: string
const checked = new Map<string, Checked>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wharfage-bombs-'))
  for (const [index, [, text]] of BOMBS.entries()) writeFileSync(join(folder, `${index}.yaml`), text)
  writeFileSync(join(folder, 'mark.yaml'), `\ufeff${least}`)
  const script = join(import.meta.dirname, 'hostile/check-each.ts')
  const args = [`--max-old-space-size=${HEAP_MB}`, '--disable-warning=ExperimentalWarning', script, folder]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20 })
  for (const line of stdout.trim().split('\n')) {
    const one = JSON.parse(line) as Checked
    checked.set(one.file, one)
  }
}, 300_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(BOMBS.map(([what, , first], index) => [what, index, first] as const))('%s', (_what, index, first) => {
  const { code, said, ms } = checked.get(`${index}.yaml`) ?? { code: -1, said: 'the process ended before', ms: 0 }
  const [head, ...mistakes] = said.split('\n')
  expect(head).toMatch(/^configuration \/.*\.yaml has (a mistake|\d+ mistakes):$/)
  expect(mistakes[0].slice(2)).toMatch(new RegExp(`^${RegExp.escape(first)}`))
  expect(code).toBe(2)
  expect(mistakes.length).toBeLessThanOrEqual(51)
  for (const mistake of mistakes) expect(mistake).toMatch(/^ {2}(\d+:\d+ .{1,400}|and \d+ more)$/)
  expect(ms).toBeLessThan(SECONDS_EACH * 1000)
})

test('a byte order mark before a whole configuration is no mistake', () => {
  expect(checked.get('mark.yaml')).toMatchObject({ code: 0, said: expect.stringContaining('is in order') })
})

test('nothing that was read has changed what every object is made of', () => {
  // In the process that read them a polluted prototype would have shown in all that came after.
  const { said } = checked.get('mark.yaml') ?? { said: '' }
  expect(said).not.toContain('polluted')
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
})
