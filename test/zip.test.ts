import fc from 'fast-check'
import { unzipSync } from 'fflate'
import { zip } from '../infra/zip.ts'

const file = fc.tuple(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?\.[a-z]{1,3}$/), fc.uint8Array({ maxLength: 500 }))

test('gives back every file, and the same bytes for the same files in any order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(file, { selector: ([name]) => name }), (files) => {
      const zipped = zip(new Map(files))
      expect(Buffer.compare(zipped, zip(new Map(files.toReversed())))).toBe(0)
      const found = unzipSync(zipped)
      expect(Object.keys(found)).toEqual(files.map(([name]) => name).sort())
      for (const [name, bytes] of files) expect(Buffer.compare(found[name], bytes)).toBe(0)
    }),
    { numRuns: 50 },
  )
})

test('dates every file to 1980 and lets everyone read it', () => {
  const zipped = Buffer.from(zip(new Map([['a.txt', Buffer.from('a')]])))
  const central = zipped.indexOf('PK\x01\x02')
  expect(zipped.readUInt16LE(central + 12)).toBe(0) // midnight
  expect(zipped.readUInt16LE(central + 14)).toBe((1 << 5) | 1) // 1 January 1980
  expect((zipped.readUInt32LE(central + 38) >>> 16).toString(8)).toBe('100644')
})
