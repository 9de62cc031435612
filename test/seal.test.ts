/** Seals: their format, what sealing waits for, and what it refuses. */
import fc from 'fast-check'
import { sha256 } from '#core/hash.ts'
import { checkpointKey, rollupKey, sealKey, sealsPrefix } from '#core/keys.ts'
import { decodeSeal, encodeSeal, type Seal } from '#core/seal.ts'
import { DAY_MS, HOUR_MS, isoDate, parseInstant } from '#core/time.ts'
import { type SealOptions, SealRefusal, type SealSummary, sealDays } from '../functions/stage/seal.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { checkpointOf } from './closed-checkpoint.ts'
import { faultyStore } from './faulty-store.ts'
import {
  CLOSED,
  chainOf,
  DATES,
  EU_FROM,
  eu,
  hourKey,
  ledger,
  NOW,
  type Objects,
  objectsOf,
  problems,
  sealed,
  storeOf,
  THIRD,
  US_FROM,
  us,
} from './sealed-ledger.ts'

const at = (time: string): SealOptions => ({ now: () => parseInstant(time) })

async function sealOf(store: Store, date: string): Promise<Seal> {
  return decodeSeal((await store.get(sealKey(date)))?.bytes ?? new Uint8Array(), date)
}

// The format.

test('a seal can be read by a person, and says where every chain stood', async () => {
  const objects = await sealed()
  const [first, second] = DATES.map((date) => sha256(objects.get(sealKey(date)) ?? ''))
  expect(first).not.toBe(second)
  expect(new TextDecoder().decode(objects.get(sealKey('2026-11-19')))).toBe(`{
  "schema": 1,
  "date": "2026-11-19",
  "previous": {
    "key": "seals/date=2026-11-18/seal.json",
    "sha256": "${first}"
  },
  "targets": [
    {
      "target": "prod-eu",
      "rollups": 24,
      "closedThrough": "2026-11-20T00:00:00Z",
      "head": {
        "number": 27,
        "key": "rollups/target=prod-eu/date=2026-11-19/hour=23/rollup.parquet",
        "sha256": "${eu[26].sha256}"
      }
    },
    {
      "target": "prod-us",
      "rollups": 2,
      "closedThrough": "2026-11-20T00:00:00Z",
      "head": {
        "number": 2,
        "key": "rollups/target=prod-us/date=2026-11-19/hour=23/rollup.parquet",
        "sha256": "${us[1].sha256}"
      }
    }
  ]
}
`)
})

const anyHash = fc.stringMatching(/^[0-9a-f]{64}$/)

const anySeal: fc.Arbitrary<Seal> = fc
  .record({
    day: fc.integer({ min: 1, max: 40_000 }).map((days) => days * DAY_MS),
    previous: fc.option(anyHash),
    names: fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,40}$/), { maxLength: 4 }),
    heads: fc.array(fc.option(fc.record({ number: fc.integer({ min: 1, max: 1e9 }), sha256: anyHash })), {
      minLength: 4,
      maxLength: 4,
    }),
    hoursBefore: fc.integer({ min: 1, max: 24 }),
  })
  .map(({ day, previous, names, heads, hoursBefore }) => ({
    schema: 1,
    date: isoDate(day),
    previous: previous === null ? null : { key: sealKey(isoDate(day - DAY_MS)), sha256: previous },
    targets: names.sort().map((target, index) => {
      const head = heads[index]
      const hour = day + DAY_MS - hoursBefore * HOUR_MS
      return {
        target,
        rollups: head === null ? 0 : Math.min(24, head.number),
        closedThrough: head === null ? null : `${new Date(hour + HOUR_MS).toISOString().slice(0, 19)}Z`,
        head: head && { number: head.number, key: rollupKey(target, hour), sha256: head.sha256 },
      }
    }),
  }))

test('every seal is read back as it was written', () => {
  fc.assert(
    fc.property(anySeal, (seal) => {
      expect(decodeSeal(encodeSeal(seal), 'here')).toEqual(seal)
    }),
  )
})

test('whatever is read is written to the same bytes: any other text of the same content is refused', async () => {
  const bytes = (await sealed()).get(sealKey('2026-11-19')) ?? new Uint8Array()
  const text = new TextDecoder().decode(bytes)
  const edit = fc.record({ from: fc.nat(text.length), length: fc.nat(3), insert: fc.string({ maxLength: 3 }) })
  fc.assert(
    fc.property(edit, ({ from, length, insert }) => {
      const edited = new TextEncoder().encode(text.slice(0, from) + insert + text.slice(from + length))
      try {
        expect(encodeSeal(decodeSeal(edited, 'here'))).toEqual(edited)
      } catch (error) {
        expect((error as Error).message).toMatch(/^seal here cannot be read: [^\n]+$/)
      }
    }),
    { numRuns: 500 },
  )
})

test.each<[string, (text: string) => string, string]>([
  ['another schema', (text) => text.replace('"schema": 1', '"schema": 2'), 'its schema is 2, this version reads 1'],
  ['no object', () => '[]', 'it is []'],
  ['nothing', () => '', 'its 0 bytes are no JSON'],
  ['a cut', (text) => text.slice(0, -9), 'bytes are no JSON'],
  [
    'one field more',
    (text) => text.replace('"schema"', '"note": 1, "schema"'),
    'its bytes are not as a seal is written',
  ],
  ['one field twice', (text) => text.replace('"date"', '"date": "2026-11-18", "date"'), 'not as a seal is written'],
  ['no line feed', (text) => text.trimEnd(), 'not as a seal is written'],
  ['a byte order mark', (text) => `\uFEFF${text}`, 'not as a seal is written'],
  ['a day on no calendar', (text) => text.replace('"2026-11-19"', '"2026-02-30"'), 'is on no calendar'],
  ['another day before', (text) => text.replace('date=2026-11-18', 'date=2026-11-17'), 'its previous seal is "seals/'],
  ['a climbing key', (text) => text.replace('hour=23', '../..'), 'the head of its target prod-eu is "rollups/'],
  [
    'a later hour',
    (text) => text.replace('date=2026-11-19/hour=23', 'date=2026-11-20/hour=00'),
    'the head of its target',
  ],
  [
    'an earlier hour',
    (text) => text.replace('hour=23', 'hour=22'),
    'closed through "2026-11-20T00:00:00Z", not "2026-',
  ],
  ['another target', (text) => text.replace('"prod-us"', '"prod-uk"'), 'the head of its target prod-uk is "rollups/'],
  ['targets out of order', (text) => text.replaceAll('prod-us', 'prod-aa'), 'its target prod-aa is out of order'],
  ['a target twice', (text) => text.replaceAll('prod-us', 'prod-eu'), 'its target prod-eu is out of order'],
  ['a hostile name', (text) => text.replace('"prod-us"', '"<script>"'), 'one of its targets is "<script>"'],
  ['no number', (text) => text.replace('"number": 27', '"number": "27"'), 'has number "27"'],
  ['a huge number', (text) => text.replace('"number": 27', '"number": 1e300'), 'has number 1e+300'],
  ['more rollups than its number', (text) => text.replace('"rollups": 24', '"rollups": 28'), 'has 28 rollups'],
  [
    'half a hash',
    (text) => text.replace(eu[26].sha256, eu[26].sha256.slice(32)),
    'the SHA-256 of the head of its target',
  ],
])('a seal with %s is refused with a sentence', async (_, edit, message) => {
  const text = new TextDecoder().decode((await sealed()).get(sealKey('2026-11-19')))
  expect(edit(text)).not.toBe(text)
  expect(() => decodeSeal(new TextEncoder().encode(edit(text)), 'seals/x')).toThrow(message)
})

// Sealing.

test('all days from the first rollup on are sealed, each linked to the day before', async () => {
  const store = await storeOf(ledger(eu, us))
  const summary = await sealDays(store, { now: () => NOW })
  const keys = (await store.list(sealsPrefix)).map(({ key }) => key)
  expect(keys).toEqual(DATES.map(sealKey))
  const newest = (await store.get(sealKey('2026-11-20')))?.bytes ?? ''
  expect(summary).toEqual({
    sealed: DATES,
    signed: [],
    newest: { date: '2026-11-20', key: sealKey('2026-11-20'), sha256: sha256(newest) },
    remaining: 0,
    waiting: [],
    notes: [],
  })
  const counts = await Promise.all(DATES.map(async (date) => (await sealOf(store, date)).targets))
  expect(counts.map((targets) => targets.map(({ target, rollups }) => `${target} ${rollups}`))).toEqual([
    ['prod-eu 3'],
    ['prod-eu 24', 'prod-us 2'],
    ['prod-eu 24', 'prod-us 24'],
  ])
})

test('a ledger with nothing in it, or without a whole day, is not sealed', async () => {
  const nothing: SealSummary = { sealed: [], signed: [], newest: null, remaining: 0, waiting: [], notes: [] }
  expect(await sealDays(memoryStore(), { now: () => NOW })).toEqual(nothing)
  const begun = { target: 'prod-eu', hour: THIRD }
  expect(await sealDays(await storeOf(new Map([[checkpointKey('prod-eu'), checkpointOf([], [], begun)]])))).toEqual(
    nothing,
  )
  expect(await sealDays(await storeOf(ledger(eu)), at('2026-11-18T23:59Z'))).toEqual(nothing)
})

test('a day is sealed once it has settled, and not a moment before', async () => {
  const store = await storeOf(ledger(eu, us))
  expect((await sealDays(store, at('2026-11-20T01:59:59Z'))).sealed).toEqual(['2026-11-18'])
  expect((await sealDays(store, at('2026-11-20T02:00Z'))).sealed).toEqual(['2026-11-19'])
  expect((await sealDays(store, { ...at('2026-11-21T01:00Z'), settleHours: 1 })).sealed).toEqual(['2026-11-20'])
})

test('the same ledger gives the same seals however often, when and in how many runs it is sealed', async () => {
  const once = await objectsOf(await storeOf(await sealed()), sealsPrefix)
  const run = fc.record({ hours: fc.integer({ min: 0, max: 90 }), days: fc.integer({ min: 1, max: 4 }) })
  let complete = 0
  await fc.assert(
    fc.asyncProperty(fc.array(run, { minLength: 1, maxLength: 5 }), async (runs) => {
      const store = await storeOf(ledger(us, eu))
      const later = runs.sort((a, b) => a.hours - b.hours)
      for (const { hours, days } of later) await sealDays(store, { now: () => NOW + hours * HOUR_MS - DAY_MS, days })
      const seals = await objectsOf(store, sealsPrefix)
      for (const date of DATES)
        if (seals.has(sealKey(date))) expect(seals.get(sealKey(date))).toEqual(once.get(sealKey(date)))
      if (DATES.every((date) => seals.has(sealKey(date)))) complete++
    }),
    { numRuns: 20 },
  )
  expect(complete).toBeGreaterThan(0)
})

test('a run seals no more days than it may, and says how many are left', async () => {
  const store = await storeOf(ledger(eu, us))
  expect(await sealDays(store, { now: () => NOW, days: 2 })).toMatchObject({ sealed: DATES.slice(0, 2), remaining: 1 })
  expect(await sealDays(store, { now: () => NOW, days: 2 })).toMatchObject({ sealed: DATES.slice(2), remaining: 0 })
})

test('a daily run reads the rollups of its day and two beside them, not the history', async () => {
  const store = faultyStore(await storeOf(ledger(eu, us)), () => 'none')
  await sealDays(store, at('2026-11-20T02:00Z'))
  store.calls.length = 0
  await sealDays(store, { now: () => NOW })
  const read = store.calls.filter(({ method, key }) => method === 'get' && key.startsWith('rollups/'))
  expect(read.length).toBe(2 * (1 + 24 + 1))
  expect(store.calls.filter(({ method }) => method === 'put').map(({ key }) => key)).toEqual([sealKey('2026-11-20')])
})

// Late targets.

const STALLED = '2026-11-20T05:00:00Z'

/** prod-us stopped closing hours at five o'clock of the third day. */
function stalled(): Objects {
  return ledger(eu, chainOf('prod-us', US_FROM, parseInstant(STALLED)))
}

test('a target that is behind is waited for, until a day after the day’s end, and then sealed as far as it is', async () => {
  const store = await storeOf(stalled())
  expect(await sealDays(store, at('2026-11-21T23:59Z'))).toMatchObject({
    sealed: ['2026-11-18', '2026-11-19'],
    remaining: 1,
    waiting: [`seal 2026-11-20 waits: prod-us is closed through ${STALLED}`],
  })
  expect(await sealDays(store, at('2026-11-22T00:00Z'))).toMatchObject({
    sealed: ['2026-11-20'],
    waiting: [],
    notes: [`seal 2026-11-20: prod-us is closed through ${STALLED}`],
  })
  const [whole, late] = (await sealOf(store, '2026-11-20')).targets
  expect(whole).toMatchObject({ target: 'prod-eu', rollups: 24, closedThrough: '2026-11-21T00:00:00Z' })
  expect(late).toMatchObject({ target: 'prod-us', rollups: 5, closedThrough: STALLED, head: { number: us[6].number } })
  expect(await problems(await objectsOf(store))).toEqual([])
})

test('a target that goes on after its day was sealed without it is sealed whole the next day', async () => {
  const store = await storeOf(stalled())
  await sealDays(store, at('2026-11-22T00:00Z'))
  const later = parseInstant('2026-11-22T01:00Z')
  const went = ledger(chainOf('prod-eu', EU_FROM, later), chainOf('prod-us', US_FROM, later))
  for (const [key, bytes] of went) await store.put(key, bytes, key.startsWith('checkpoints/') ? 'always' : 'absent')
  expect(await sealDays(store, at('2026-11-22T02:00Z'))).toMatchObject({ sealed: ['2026-11-21'], notes: [] })
  const [, recovered] = (await sealOf(store, '2026-11-21')).targets
  expect(recovered).toMatchObject({ rollups: 19 + 24, closedThrough: '2026-11-22T00:00:00Z' })
  expect(await problems(await objectsOf(store))).toEqual([])
})

test('a target that nobody scrapes any more holds up one day and no other', async () => {
  const store = await storeOf(ledger(chainOf('prod-eu', EU_FROM, CLOSED + 2 * DAY_MS), us.slice(0, 7)))
  await sealDays(store, at('2026-11-22T00:00Z'))
  expect(await sealDays(store, at('2026-11-22T02:00Z'))).toMatchObject({ sealed: ['2026-11-21'], waiting: [] })
  expect((await sealOf(store, '2026-11-21')).targets[1]).toMatchObject({ rollups: 0, closedThrough: STALLED })
  expect(await problems(await objectsOf(store))).toEqual([])
})

test('closed hours that only the checkpoint holds are waited for: a seal names what is written', async () => {
  const objects = ledger(eu, us)
  const last = hourKey('prod-us', '2026-11-20T23:00Z')
  const at23 = us.findIndex(({ key }) => key === last)
  const held = us.slice(at23)
  for (const { key } of held) objects.delete(key)
  objects.set(checkpointKey('prod-us'), checkpointOf(us, held))
  const store = await storeOf(objects)
  expect((await sealDays(store, { now: () => NOW })).waiting).toEqual([
    'seal 2026-11-20 waits: prod-us is closed through 2026-11-20T23:00:00Z',
  ])
  for (const { key, bytes } of held) await store.put(key, bytes, 'absent')
  expect(await sealDays(store, { now: () => NOW })).toMatchObject({ sealed: ['2026-11-20'], waiting: [] })
})

test('a target that began and has closed nothing is waited for, then named with no head', async () => {
  const objects = ledger(eu).set(checkpointKey('new'), checkpointOf([], [], { target: 'new', hour: THIRD }))
  const store = await storeOf(objects)
  expect((await sealDays(store, { now: () => NOW })).waiting).toEqual([
    'seal 2026-11-20 waits: new has no rollup to seal',
  ])
  await sealDays(store, at('2026-11-22T00:00Z'))
  expect((await sealOf(store, '2026-11-19')).targets.map(({ target }) => target)).toEqual(['prod-eu'])
  expect((await sealOf(store, '2026-11-20')).targets[0]).toEqual({
    target: 'new',
    rollups: 0,
    closedThrough: null,
    head: null,
  })
  for (const [key, bytes] of ledger(chainOf('new', THIRD, CLOSED))) {
    await store.put(key, bytes, key.startsWith('checkpoints/') ? 'always' : 'absent')
  }
  expect(await problems(await objectsOf(store))).toEqual([])
})

// Refusals.

async function refusal(objects: Objects, options: SealOptions): Promise<{ message: string; summary: SealSummary }> {
  try {
    await sealDays(await storeOf(objects), options)
  } catch (error) {
    if (error instanceof SealRefusal) return error
    throw error
  }
  throw new Error('it was sealed without a word')
}

const inTheDay = hourKey('prod-us', '2026-11-20T09:00Z')
const lastOfTheDay = hourKey('prod-us', '2026-11-20T23:00Z')
const sealedBefore = hourKey('prod-us', '2026-11-19T23:00Z')
const forgedDay = new Map(
  chainOf('prod-us', US_FROM, CLOSED, parseInstant('2026-11-20T09:00Z')).map(({ key, bytes }) => [key, bytes]),
)

test.each<[string, (objects: Objects) => unknown, string]>([
  ['an altered rollup', (all) => all.set(inTheDay, forgedDay.get(inTheDay)!), `altered ${inTheDay}: its SHA-256 is `],
  ['a rollup that cannot be read', (all) => all.set(inTheDay, Buffer.from('PAR1')), `altered ${inTheDay}: rollup `],
  ['a missing rollup', (all) => all.delete(inTheDay), `missing ${inTheDay}: no rollup of 2026-11-20T09:00:00Z`],
  ['a last rollup that its successor disowns', (all) => all.set(lastOfTheDay, forgedDay.get(lastOfTheDay)!), `altered`],
  ['its last rollup missing', (all) => all.delete(lastOfTheDay), `missing ${lastOfTheDay}`],
  [
    'a head that was sealed otherwise',
    (all) => all.set(sealedBefore, forgedDay.get(inTheDay)!),
    `altered ${sealedBefore}`,
  ],
  ['a sealed head that is gone', (all) => all.delete(sealedBefore), `missing ${sealedBefore}`],
])('with %s a target is refused, by verify’s sentence, and the others are sealed', async (_, spoil, sentence) => {
  const store = await storeOf(ledger(eu, us))
  await sealDays(store, at('2026-11-20T02:00Z'))
  const objects = await objectsOf(store)
  spoil(objects)
  const waits = await refusal(objects, { now: () => NOW })
  expect(waits.message).toContain(`seal 2026-11-20: prod-us: ${sentence}`)
  expect(waits.message).toMatch(/; run "verify"$/)
  expect(waits.summary).toMatchObject({ sealed: [], waiting: [expect.stringContaining('prod-us is closed through')] })
  const { summary } = await refusal(objects, at('2026-11-22T00:00Z'))
  expect(summary).toMatchObject({ sealed: ['2026-11-20'], remaining: 0 })
})

test('a refused target stays where it was sealed last, and is alarmed of again in every run', async () => {
  const store = await storeOf(ledger(chainOf('prod-eu', EU_FROM, CLOSED + DAY_MS), us))
  await sealDays(store, at('2026-11-20T02:00Z'))
  const objects = (await objectsOf(store)).set(inTheDay, Buffer.from('PAR1'))
  const spoilt = await storeOf(objects)
  for (const time of ['2026-11-22T00:00Z', '2026-11-22T02:00Z']) {
    await expect(sealDays(spoilt, at(time))).rejects.toThrow(`altered ${inTheDay}`)
  }
  for (const date of ['2026-11-20', '2026-11-21']) {
    const [whole, refused] = (await sealOf(spoilt, date)).targets
    expect(whole).toMatchObject({ target: 'prod-eu', rollups: 24 })
    expect(refused).toMatchObject({ target: 'prod-us', rollups: 0, head: { key: sealedBefore } })
  }
})

test('what is wrong with the first rollup after the day is for the next seal: the day is sealed', async () => {
  const after = hourKey('prod-us', '2026-11-21T00:00Z')
  const moved = chainOf('prod-us', THIRD, CLOSED).at(-1)
  for (const bytes of [Buffer.from('PAR1'), moved?.bytes ?? new Uint8Array()]) {
    const store = await storeOf(ledger(eu, us).set(after, bytes))
    expect(await sealDays(store, { now: () => NOW })).toMatchObject({ sealed: DATES, notes: [] })
  }
})

test('bytes that are not what the checkpoint closed are no history to seal', async () => {
  const through = parseInstant('2026-11-21T00:00Z')
  const forged = chainOf('prod-us', US_FROM, through, parseInstant('2026-11-20T23:00Z'))
  const objects = ledger(eu, forged).set(checkpointKey('prod-us'), checkpointOf(chainOf('prod-us', US_FROM, through)))
  const { message } = await refusal(objects, { now: () => NOW })
  expect(message).toContain(`altered ${lastOfTheDay}: its SHA-256 is ${forged.at(-1)?.sha256}, the checkpoint says `)
})

test('a newest seal that cannot be read, is of another day, or of a day to come, stops sealing with a sentence', async () => {
  const objects = await sealed()
  const seal = objects.get(sealKey('2026-11-20')) ?? new Uint8Array()
  const spoilt: [Objects, string][] = [
    [
      new Map(objects).set(sealKey('2026-11-20'), seal.slice(1)),
      'seal seals/date=2026-11-20/seal.json cannot be read: ',
    ],
    [
      new Map(objects).set(sealKey('2026-11-21'), seal),
      'seal seals/date=2026-11-21/seal.json says it is of 2026-11-20',
    ],
    [objects, 'is of a day that is not over at 2026-11-20T12:00:00Z; set this machine’s clock right'.replace('’', "'")],
  ]
  for (const [all, message] of spoilt) {
    const time = all === objects ? '2026-11-20T12:00Z' : '2026-11-23T12:00Z'
    await expect(sealDays(await storeOf(all), at(time))).rejects.toThrow(message)
  }
})

// Other runs and lost answers.

test('two runs at once write the same seals, and neither fails', async () => {
  const store = await storeOf(ledger(eu, us))
  const [a, b] = await Promise.all([1, 2].map(() => sealDays(store, { now: () => NOW })))
  expect(a.newest).toEqual(b.newest)
  expect(await problems(await objectsOf(store))).toEqual([])
})

test('a seal that another run wrote first stands, whatever we saw', async () => {
  const inner = await storeOf(ledger(eu, us))
  const theirs = await storeOf(ledger(eu))
  await sealDays(theirs, at('2026-11-20T02:00Z'))
  const put: Store['put'] = async (key, bytes, condition) => {
    const seal = (await theirs.get(key))?.bytes
    if (seal !== undefined) await inner.put(key, seal, 'absent')
    return inner.put(key, bytes, condition)
  }
  const summary = await sealDays({ ...inner, put }, { now: () => NOW })
  expect(summary).toMatchObject({
    sealed: ['2026-11-18'],
    newest: { date: '2026-11-19', sha256: sha256((await theirs.get(sealKey('2026-11-19')))?.bytes ?? '') },
    remaining: 1,
    notes: [`seal 2026-11-19: another run was first with other bytes; ${sealKey('2026-11-19')} stands as it wrote it`],
  })
})

test('a seal whose writing fails or whose answer is lost is written once and never over', async () => {
  for (const fault of ['fails', 'answer lost'] as const) {
    const inner = await storeOf(ledger(eu, us))
    let puts = 0
    const store = faultyStore(inner, ({ method }) => (method === 'put' && puts++ % 2 === 0 ? fault : 'none'))
    expect((await sealDays(store, { now: () => NOW })).sealed).toEqual(DATES)
    expect(await objectsOf(inner)).toEqual(await sealed())
  }
  const store = faultyStore(await storeOf(ledger(eu)), ({ method }) => (method === 'put' ? 'fails' : 'none'))
  await expect(sealDays(store, { now: () => NOW })).rejects.toThrow(
    `seal ${sealKey('2026-11-18')} could not be written: put ${sealKey('2026-11-18')} failed`,
  )
})

test('a signature or anything else beside a seal is left alone', async () => {
  const objects = (await sealed()).set('seals/date=2026-11-20/seal.sig', Buffer.from('signed'))
  expect(await problems(objects)).toEqual([])
  expect(await sealDays(await storeOf(objects), { now: () => NOW })).toMatchObject({ sealed: [], remaining: 0 })
})
