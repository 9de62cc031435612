/** Declarations are recorded once, never changed, and hold from their day on. */
import fc from 'fast-check'
import { decodeDeclaration, encodeDeclaration } from '#core/declarations.ts'
import { defaultRules } from '#core/findings/rules.ts'
import { emptyIstioConfig, type IstioConfigs } from '#core/istio/config.ts'
import { declarationKey, declarationsPrefix } from '#core/keys.ts'
import { emptyRegister } from '#core/register/register.ts'
import { DAY_MS, isoDate } from '#core/time.ts'
import { Declarations, recordDeclaration } from '../functions/stage/declarations.ts'
import { memoryStore } from '../functions/store/memory.ts'

const at = (time: string) => () => Date.parse(time)
const istio = (namespace: string): IstioConfigs => ({
  '*': {
    ...emptyIstioConfig(),
    gateways: [{ name: 'one', namespace, origin: { file: 'a.yaml', line: 1 }, created: '', selector: {}, servers: [] }],
  },
})

test('what holds on a day is what was declared last for it or before it', async () => {
  const store = memoryStore()
  await recordDeclaration(store, { kind: 'istio', content: istio('one') }, at('2026-07-03T10:00:00Z'))
  await recordDeclaration(store, { kind: 'istio', content: istio('two') }, at('2026-07-05T09:00:00Z'))
  await recordDeclaration(store, { kind: 'istio', content: istio('three') }, at('2026-07-05T17:00:00Z'))

  const declarations = await Declarations.read(store)
  const rootOn = async (date: string) => (await declarations.inForce(date)).istio?.['*'].gateways[0].namespace
  expect(await rootOn('2026-07-03')).toBe('one')
  expect(await rootOn('2026-07-04')).toBe('one')
  expect(await rootOn('2026-07-05')).toBe('three')
  expect(await rootOn('2026-12-31')).toBe('three')
})

test('a day before anything was declared is judged by the first declaration, and told so', async () => {
  const store = memoryStore()
  await recordDeclaration(store, { kind: 'register', content: emptyRegister() }, at('2026-07-03T10:00:00Z'))
  const declarations = await Declarations.read(store)
  expect(declarations.on('2026-07-01').register).toMatchObject({ from: '2026-07-03', isLater: true })
  expect(declarations.on('2026-07-03').register).toMatchObject({ from: '2026-07-03', isLater: false })
  expect(declarations.on('2026-07-03')).toMatchObject({ istio: null, rules: null })
})

test('of what was corrected on the first day of all, the days before are judged by the last', async () => {
  const store = memoryStore()
  await recordDeclaration(store, { kind: 'istio', content: istio('draft') }, at('2026-07-03T10:00:00Z'))
  await recordDeclaration(store, { kind: 'istio', content: istio('right') }, at('2026-07-03T10:05:00Z'))
  await recordDeclaration(store, { kind: 'istio', content: istio('later') }, at('2026-07-04T10:00:00Z'))
  const declarations = await Declarations.read(store)
  expect((await declarations.inForce('2026-07-01')).istio?.['*'].gateways[0].namespace).toBe('right')
  expect(declarations.on('2026-07-01').istio).toMatchObject({ recorded: '2026-07-03T10:05:00Z', isLater: true })
})

test('rules that nobody declared are the defaults, and what nobody declared is null', async () => {
  const { istio, register, rules } = await (await Declarations.read(memoryStore())).inForce('2026-07-01')
  expect({ istio, register, rules }).toEqual({ istio: null, register: null, rules: defaultRules() })
})

test('the same content is recorded once, and again after it was another', async () => {
  const store = memoryStore()
  const record = (root: string, time: string) =>
    recordDeclaration(store, { kind: 'istio', content: istio(root) }, at(time))
  expect((await record('one', '2026-07-03T10:00:00Z')).isNew).toBe(true)
  expect((await record('one', '2026-07-03T11:00:00Z')).isNew).toBe(false)
  expect((await record('one', '2026-08-03T11:00:00Z')).isNew).toBe(false)
  expect((await record('two', '2026-08-04T11:00:00Z')).isNew).toBe(true)
  expect((await record('one', '2026-08-05T11:00:00Z')).isNew).toBe(true)
  expect(await store.list(declarationsPrefix)).toHaveLength(3)
})

test('what is declared for a past day is recorded even if the same holds later', async () => {
  const store = memoryStore()
  await recordDeclaration(store, { kind: 'istio', content: istio('one') }, at('2026-07-10T10:00:00Z'))
  const before = { kind: 'istio' as const, content: istio('one'), from: '2026-07-01' }
  expect((await recordDeclaration(store, before, at('2026-07-11T10:00:00Z'))).isNew).toBe(true)
  expect((await Declarations.read(store)).on('2026-07-02').istio).toMatchObject({
    from: '2026-07-01',
    recorded: '2026-07-11T10:00:00Z',
    isLater: false,
  })
})

test('days on which the same holds share one reading of it', async () => {
  const store = memoryStore()
  await recordDeclaration(store, { kind: 'istio', content: istio('one') }, at('2026-07-03T10:00:00Z'))
  const declarations = await Declarations.read(store)
  expect(await declarations.inForce('2026-07-04')).toBe(await declarations.inForce('2026-07-05'))
})

test('a declaration whose bytes were altered is refused with its key', async () => {
  const store = memoryStore()
  const { key } = await recordDeclaration(store, { kind: 'istio', content: istio('one') }, at('2026-07-03T10:00:00Z'))
  const bytes = (await store.get(key))?.bytes ?? new Uint8Array()
  await store.put(key, Buffer.from(Buffer.from(bytes).toString().replace('one', 'two')), 'always')
  await expect((await Declarations.read(store)).inForce('2026-07-03')).rejects.toThrow(`declaration ${key} was altered`)
})

test('a declaration says where it belongs, and is refused elsewhere', () => {
  const declaration = {
    ...{ schema: 1 as const, kind: 'register' as const, from: '2026-07-01', recorded: '2026-07-01T08:00:00Z' },
    content: emptyRegister(),
  }
  const bytes = encodeDeclaration(declaration)
  const place = { ...declaration, sha256: '0'.repeat(64) }
  expect(decodeDeclaration(bytes, declarationKey(place))).toEqual(declaration)
  expect(() => decodeDeclaration(bytes, declarationKey({ ...place, from: '2026-07-02' }))).toThrow('it was moved')
  const newer = Buffer.from(Buffer.from(bytes).toString().replace('"schema": 1', '"schema": 2'))
  expect(() => decodeDeclaration(newer, declarationKey(place))).toThrow('install a newer wharfage')
  expect(() => decodeDeclaration(Buffer.from('{'), declarationKey(place))).toThrow('its 1 bytes are no JSON')
})

test('in whatever order it was declared, a day is judged by the same', async () => {
  const day = fc.integer({ min: 0, max: 20 }).map((days) => isoDate(Date.UTC(2026, 6, 1) + days * DAY_MS))
  const declared = fc.uniqueArray(fc.record({ from: day, hour: fc.integer({ min: 0, max: 400 }) }), {
    maxLength: 6,
    selector: ({ hour }) => hour,
  })
  await fc.assert(
    fc.asyncProperty(declared, day, async (some, on) => {
      const linkAfter = async (order: typeof some) => {
        const store = memoryStore()
        for (const { from, hour } of order) {
          const now = () => Date.UTC(2026, 6, 1, hour)
          await recordDeclaration(store, { kind: 'istio', content: istio(`root-${hour}`), from }, now)
        }
        return (await Declarations.read(store)).on(on)
      }
      expect(await linkAfter(some.toReversed())).toEqual(await linkAfter(some))
    }),
    { numRuns: 50 },
  )
})
