/** Strict files: read whole or not at all, with everything that is wrong told at once. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod'
import { asList, asRecord } from '../functions/mistakes.ts'
import { ConfigError, parseStrictText, readStrictFile, type StrictFormat } from '../functions/strict-file.ts'

const schema = z.strictObject({
  ships: z
    .array(
      z.union([
        z.string().min(1, 'is empty').describe('its name'),
        z.strictObject({
          name: z.string().describe('its name'),
          masts: z.int().min(1, 'must be at least 1').default(1),
        }),
      ]),
    )
    .default([]),
})

const FLEET: StrictFormat<typeof schema> = {
  noun: 'fleet',
  maxBytes: 10_000, // more than a folder has
  whenMissing: 'build one',
  schema,
  jsonSchema: () => z.toJSONSchema(schema, { io: 'input' }),
  contradictions: (data) =>
    asList(asRecord(data).ships).flatMap((ship, i) => {
      return ship === 'Vasa' ? [{ path: ['ships', i], message: 'has sunk' }] : []
    }),
  mayBeSecret: (path) => path.at(-1) === 'name',
}

const said = (source: string, format = FLEET): string => {
  try {
    parseStrictText(source, 'fleet.yaml', format)
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

test('gives what is written, defaults filled in, and on which line', () => {
  const { data, lineOf } = parseStrictText('ships:\n  - Beagle\n  - { name: Bounty }\n', 'fleet.yaml', FLEET)
  expect(data).toEqual({ ships: ['Beagle', { name: 'Bounty', masts: 1 }] })
  expect([lineOf(['ships', 0]), lineOf(['ships', 1, 'name']), lineOf(['ships', 1, 'masts'])]).toEqual([2, 3, 3])
})

// A text, and what is said of it.
test.each([
  ['ships: [5]', '1:9 ships[0]: must be a text or a mapping of keys to values, not 5'],
  ['ships: [[]]', '1:9 ships[0]: must be a text or a mapping of keys to values, not a list'],
  ['ships: [""]', '1:9 ships[0]: is empty, not ""'],
  ['ships: [{}]', '1:9 ships[0].name: is missing; give its name'],
  ['ships: [{ name: a, masts: 0 }]', '1:27 ships[0].masts: must be at least 1, not 0'],
  ['ships: [{ name: a, mast: 2 }]', '1:20 ships[0].mast: is no key of the fleet; did you mean masts?'],
  ['ships: [{ name: a, sail: 2 }]', '1:20 ships[0].sail: is no key of the fleet; known here are name, masts'],
  ['ships: [{ name: [secret] }]', '1:17 ships[0].name: must be a text'],
  ['ships: [Vasa]', '1:9 ships[0]: has sunk'],
  ['- a', '1:1 must be a mapping of keys to values, not a list'],
  ['ships: [', '1:9 flow sequence'],
])('says of %s what is wrong', (source, message) => {
  expect(said(source).split('\n')).toEqual(['fleet fleet.yaml has a mistake:', expect.stringContaining(`  ${message}`)])
  expect(said(source)).not.toContain('secret')
})

test('tells what is wrong by itself and what contradicts beside each other, by line', () => {
  expect(said('Ships: 1\nships:\n  - Vasa\n  - {}\n  - Vasa\n').split('\n')).toEqual([
    'fleet fleet.yaml has 4 mistakes:',
    '  1:1 Ships: is no key of the fleet; did you mean ships?',
    '  3:5 ships[0]: has sunk',
    '  4:5 ships[1].name: is missing; give its name',
    '  5:5 ships[2]: has sunk',
  ])
})

test('repeats a value only where no secret may stand', () => {
  const masts = 'ships: [{ name: a, masts: 0.5 }]'
  expect(said(masts)).toContain('not 0.5')
  expect(said(masts, { ...FLEET, mayBeSecret: () => true })).not.toContain('0.5')
  expect(said('ships: [7]', { ...FLEET, mayBeSecret: () => true })).toMatch(/a mapping of keys to values$/)
})

describe('a file', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wharfage-strict-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const saidOf = async (path: string): Promise<string> => {
    const found = await readStrictFile(path, FLEET).catch((error) => error)
    return found instanceof ConfigError ? found.message.split('\n')[1] : `read ${JSON.stringify(found.data)}`
  }

  test('is read when it is all right, with a byte order mark too', async () => {
    const file = join(folder, 'fleet.yaml')
    await writeFile(file, '\ufeffships: [Beagle]\n')
    expect(await saidOf(file)).toBe('read {"ships":["Beagle"]}')
  })

  test('that is missing, a folder, too long or no text is refused in a sentence', async () => {
    const [long, binary] = [join(folder, 'long'), join(folder, 'binary')]
    await writeFile(long, '#'.repeat(10_001))
    await writeFile(binary, Uint8Array.of(0x73, 0xff, 0xfe))
    expect(await saidOf(join(folder, 'none'))).toBe('  1:1 there is no such file; build one')
    expect(await saidOf(folder)).toBe('  1:1 the file cannot be read (EISDIR)')
    expect(await saidOf(long)).toBe('  1:1 the file has 10001 bytes and may have 10000; is it the right one?')
    expect(await saidOf(binary)).toBe('  1:1 the file is not UTF-8 text')
  })

  test('that never ends is given up', async () => {
    const [, bytes] = /has (\d+) or more bytes and may have 10000/.exec(await saidOf('/dev/zero')) ?? []
    expect(Number(bytes)).toBeLessThan(200_000)
  })
})
