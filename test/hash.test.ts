import fc from 'fast-check'
import { hash64, hashText } from '#core/hash.ts'

const SEED = { lo: 0x12345678, hi: 0x9abcdef0 }

function hashOf(bytes: Uint8Array, start = 0, end = bytes.length, seed = SEED) {
  const out = { lo: -1, hi: -1 }
  hash64(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), start, end, seed, out)
  return out
}

const key = ({ lo, hi }: { lo: number; hi: number }) => `${lo}:${hi}`

test('equal bytes have equal hashes wherever they lie in a body', () => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.uint8Array({ maxLength: 9 }),
      fc.uint8Array({ maxLength: 9 }),
      (bytes, before, after) => {
        const body = Uint8Array.from([...before, ...bytes, ...after])
        expect(hashOf(body, before.length, before.length + bytes.length)).toEqual(hashOf(bytes))
      },
    ),
  )
})

test('both halves are unsigned 32-bit numbers, so that typed arrays give them back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat({ max: 0xffffffff }), fc.nat({ max: 0xffffffff }), (bytes, lo, hi) => {
      const hash = hashOf(bytes, 0, bytes.length, { lo, hi })
      expect([...Uint32Array.of(hash.lo, hash.hi)]).toEqual([hash.lo, hash.hi])
    }),
  )
})

test('text is hashed as its UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(hashText(text, SEED)).toEqual(hashOf(Buffer.from(text)))
    }),
  )
})

test('one bit, one byte more or another seed gives another hash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, bit) => {
      const flipped = bytes.slice()
      flipped[(bit >> 3) % bytes.length] ^= 1 << (bit & 7)
      const hashes = [
        hashOf(bytes),
        hashOf(flipped),
        hashOf(Uint8Array.from([...bytes, 0])),
        hashOf(Uint8Array.from([1, ...bytes])),
        hashOf(bytes, 0, bytes.length, { lo: SEED.lo + 1, hi: SEED.hi }),
        hashOf(bytes, 0, bytes.length, { lo: SEED.lo, hi: SEED.hi + 1 }),
      ]
      expect(new Set(hashes.map(key)).size).toBe(hashes.length)
    }),
    { numRuns: 1000 },
  )
})

test('200,000 label sets that differ in a digit or two never collide, and no half of the hash is lopsided', () => {
  const seen = new Set<string>()
  const buckets = { lo: new Uint32Array(256), hi: new Uint32Array(256) }
  for (let pod = 0; pod < 400; pod++) {
    for (let host = 0; host < 100; host++) {
      for (const code of ['0', '200', '404', '500', '503']) {
        const hash = hashText(
          `istio_requests_total{destination_service="h${host}.example",pod="checkout-${pod}",response_code="${code}"}`,
          SEED,
        )
        seen.add(key(hash))
        buckets.lo[hash.lo & 0xff]++
        buckets.hi[hash.hi & 0xff]++
      }
    }
  }
  expect(seen.size).toBe(200_000)
  for (const half of [buckets.lo, buckets.hi]) {
    expect(Math.min(...half)).toBeGreaterThan(781 * 0.8) // 781 is the mean; five deviations are 18 %
    expect(Math.max(...half)).toBeLessThan(781 * 1.2)
  }
})
