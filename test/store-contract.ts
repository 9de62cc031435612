/** What every store keeps to, run against each of them. */
import { createHash } from 'node:crypto'
import type { Store } from '../functions/store/store.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const read = async (store: Store, key: string): Promise<string | null> => {
  const object = await store.get(key)
  return object && new TextDecoder().decode(object.bytes)
}

export interface ContractSettings {
  atomic?: boolean // a condition and its write are one step; where they are not, nothing is tried at once; default true
  writers?: number // that increment one number at the same time; default 100
  etagOf?: 'write' | 'content' // of content: the same bytes have the same etag again, however often others came between
}

/** Tests that a store keeps the contract; `makeStore` gives an empty one each time. */
export function storeContract(
  name: string,
  makeStore: () => Promise<Store>,
  { etagOf = 'write', atomic = true, writers = 100 }: ContractSettings = {},
): void {
  const mutable = 'checkpoints/prod-eu'
  const immutable = 'rollups/target=prod-eu/date=2026-07-01/hour=13/rollup.parquet'

  describe(`${name} keeps the contract`, () => {
    for (const key of [mutable, immutable, 'published.json']) {
      test(`tells that ${key} is not there`, async () => {
        const store = await makeStore()
        expect([await store.get(key), await store.head(key), await store.list('')]).toEqual([null, null, []])
      })

      test(`gives back what was put under ${key}`, async () => {
        const store = await makeStore()
        const put = await store.put(key, text('first'), 'absent')
        expect(put).toEqual({ outcome: 'written', etag: expect.any(String) })
        const etag = put.outcome === 'written' ? put.etag : ''
        expect(await store.get(key)).toEqual({ bytes: text('first'), etag })
        expect(await store.head(key)).toEqual({
          etag,
          size: 5,
          sha256: createHash('sha256').update('first').digest('hex'),
        })
        expect(await store.list('')).toEqual([{ key, size: 5, etag }])
      })

      test(`refuses to create ${key} a second time and keeps the first`, async () => {
        const store = await makeStore()
        await store.put(key, text('first'), 'absent')
        expect(await store.put(key, text('second'), 'absent')).toEqual({ outcome: 'refused' })
        expect(await store.put(key, text('first'), 'absent')).toEqual({ outcome: 'refused' })
        expect(await read(store, key)).toBe('first')
      })

      test(`puts ${key} whether or not it was there`, async () => {
        const store = await makeStore()
        await store.put(key, text('first'), 'always')
        const before = await store.head(key)
        expect(await store.put(key, text('other'), 'always')).toMatchObject({ outcome: 'written' })
        expect(await read(store, key)).toBe('other')
        expect((await store.head(key))?.etag).not.toBe(before?.etag)
      })

      if (!atomic) continue
      test(`lets one of many concurrent creations of ${key} win and keeps that one's bytes`, async () => {
        const store = await makeStore()
        const bodies = Array.from({ length: 20 }, (_, i) => `body ${i}`)
        const results = await Promise.all(bodies.map((body) => store.put(key, text(body), 'absent')))
        const winners = bodies.filter((_, i) => results[i].outcome === 'written')
        expect(winners).toHaveLength(1)
        expect(await read(store, key)).toBe(winners[0])
      })
    }

    test('replaces an object by the etag it was read with', async () => {
      const store = await makeStore()
      await store.put(mutable, text('one'), 'absent')
      const first = await store.get(mutable)
      const put = await store.put(mutable, text('two'), { ifMatch: first!.etag })
      expect(put).toMatchObject({ outcome: 'written' })
      expect(await store.get(mutable)).toEqual({ bytes: text('two'), etag: put.outcome === 'written' && put.etag })
    })

    if (etagOf === 'write') {
      test('refuses a replacement by an old etag, even when the bytes are the old ones again', async () => {
        const store = await makeStore()
        await store.put(mutable, text('one'), 'absent')
        const first = await store.get(mutable)
        await store.put(mutable, text('two'), { ifMatch: first!.etag })
        await store.put(mutable, text('one'), { ifMatch: (await store.get(mutable))!.etag })
        expect(await store.put(mutable, text('three'), { ifMatch: first!.etag })).toEqual({ outcome: 'refused' })
        expect(await read(store, mutable)).toBe('one')
      })
    }

    test('refuses an old etag however many replacements came after it', async () => {
      const store = await makeStore()
      await store.put(mutable, text('0'), 'absent')
      const etags = [(await store.get(mutable))!.etag]
      for (let i = 1; i <= 12; i++) {
        expect(await store.put(mutable, text(String(i)), { ifMatch: etags[i - 1] })).toMatchObject({
          outcome: 'written',
        })
        etags.push((await store.get(mutable))!.etag)
      }
      for (const etag of etags.slice(0, -1)) {
        expect(await store.put(mutable, text('stale'), { ifMatch: etag })).toEqual({ outcome: 'refused' })
      }
      expect(new Set(etags).size).toBe(13)
      expect(await read(store, mutable)).toBe('12')
    })

    test('refuses to replace what is not there', async () => {
      const store = await makeStore()
      expect(await store.put(mutable, text('x'), { ifMatch: '"never"' })).toEqual({ outcome: 'refused' })
      expect(await store.get(mutable)).toBeNull()
    })

    if (atomic) {
      test(`loses none of ${writers} concurrent increments`, async () => {
        const store = await makeStore()
        await store.put(mutable, text('0'), 'absent')
        const increment = async (): Promise<void> => {
          for (;;) {
            const object = (await store.get(mutable))!
            const next = Number(new TextDecoder().decode(object.bytes)) + 1
            const put = await store.put(mutable, text(String(next)), { ifMatch: object.etag })
            if (put.outcome === 'written') return
          }
        }
        await Promise.all(Array.from({ length: writers }, increment))
        expect(await read(store, mutable)).toBe(String(writers))
      })
    }

    test('keeps every byte value, the empty object and a large one as they are', async () => {
      const store = await makeStore()
      const binary = Uint8Array.from({ length: 256 }, (_, i) => i)
      const large = new Uint8Array(5_000_001).map((_, i) => (i * 2654435761) >>> 24)
      for (const [i, bytes] of [binary, new Uint8Array(0), large].entries()) {
        for (const key of [`daily/${i}`, `checkpoints/m${i}`]) {
          await store.put(key, bytes, 'absent')
          expect(Buffer.compare((await store.get(key))!.bytes, bytes)).toBe(0)
          expect(await store.head(key)).toMatchObject({
            size: bytes.length,
            sha256: createHash('sha256').update(bytes).digest('hex'),
          })
        }
      }
    })

    test('keeps its own copy of the bytes it was given and of those it gives', async () => {
      const store = await makeStore()
      const given = text('abc')
      await store.put(mutable, given, 'absent')
      given[0] = 0
      ;(await store.get(mutable))!.bytes[1] = 0
      expect(await read(store, mutable)).toBe('abc')
    })

    test('lists what begins with a prefix, in byte order, and nothing else', async () => {
      const store = await makeStore()
      const keys = [
        'a/b',
        'a-b',
        'a/b/c'.replace('b/', 'd/'),
        'a0',
        'Z',
        'checkpoints/x',
        'checkpoints/x-y',
        'rollups/a=1/b',
      ]
      for (const key of keys) await store.put(key, text(key), 'absent')
      const listed = async (prefix: string): Promise<string[]> => (await store.list(prefix)).map(({ key }) => key)
      expect(await listed('')).toEqual([
        'Z',
        'a-b',
        'a/b',
        'a/d/c',
        'a0',
        'checkpoints/x',
        'checkpoints/x-y',
        'rollups/a=1/b',
      ])
      expect(await listed('a/')).toEqual(['a/b', 'a/d/c'])
      expect(await listed('a')).toEqual(['a-b', 'a/b', 'a/d/c', 'a0'])
      expect(await listed('a/d/')).toEqual(['a/d/c'])
      expect(await listed('checkpoints/')).toEqual(['checkpoints/x', 'checkpoints/x-y'])
      expect(await listed('checkpoints/x-')).toEqual(['checkpoints/x-y'])
      expect(await listed('rollups/a=')).toEqual(['rollups/a=1/b'])
      expect(await listed('rollups/b')).toEqual([])
      expect(await listed('nowhere/at/all/')).toEqual([])
    })

    test('lists what comes after a key or its beginning, whether or not that is there', async () => {
      const store = await makeStore()
      const keys = ['a/1/x', 'a/2/x', 'a/2/y', 'a/3/x', 'b', 'checkpoints/x', 'checkpoints/y', 'c/d/e/f']
      for (const key of keys) await store.put(key, text(key), 'absent')
      const listed = async (...given: [string, string?]) => (await store.list(...given)).map(({ key }) => key)
      expect(await listed('a/', 'a/2/x')).toEqual(['a/2/y', 'a/3/x'])
      expect(await listed('a/', 'a/2')).toEqual(['a/2/x', 'a/2/y', 'a/3/x'])
      expect(await listed('a/', 'a/2/')).toEqual(['a/2/x', 'a/2/y', 'a/3/x'])
      expect(await listed('a/', 'a/2/w/z')).toEqual(['a/2/x', 'a/2/y', 'a/3/x'])
      expect(await listed('', 'a/3/x')).toEqual(['b', 'c/d/e/f', 'checkpoints/x', 'checkpoints/y'])
      expect(await listed('checkpoints/', 'checkpoints/x')).toEqual(['checkpoints/y'])
      expect(await listed('c/', 'c/d/e/f')).toEqual([])
      expect(await listed('b', 'a')).toEqual(['b'])
      expect(await listed('a/', '')).toEqual(await listed('a/'))
      await expect(store.list('a/', '../b')).rejects.toThrow('no plain name')
    })

    for (const key of [
      '',
      '/',
      '../x',
      'a/../b',
      '/etc/passwd',
      'a//b',
      'a/',
      '.hidden',
      'a\0b',
      'a\\b',
      'ä',
      'a b',
      'x'.repeat(901),
    ]) {
      test(`refuses the key ${JSON.stringify(key.slice(0, 20))}`, async () => {
        const store = await makeStore()
        await expect(store.get(key)).rejects.toThrow('key')
        await expect(store.head(key)).rejects.toThrow('key')
        await expect(store.put(key, text('x'), 'always')).rejects.toThrow('key')
        expect(await store.list('')).toEqual([])
      })
    }
  })
}
