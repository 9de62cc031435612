/** Names that pass for others: internationalised ones as they are seen, and the distance of one letter. */
import { domainToASCII, domainToUnicode } from 'node:url'
import * as fc from 'fast-check'
import { appearance, decodedName, decodePunycode, mixedScripts } from '#core/findings/idna.ts'
import { domainOf, isOneLetterOff, resemblances } from '#core/findings/resemblance.ts'

test.each(['bücher.example', 'пример.рф', '日本語.jp', 'faß.de', '3年b組金八先生.jp', 'αβγ.gr'])(
  'decodes %s',
  (name) => {
    expect(decodedName(domainToASCII(name))).toBe(name)
  },
)

test('decodes whatever a resolver would encode', () => {
  const letters = fc.string({
    unit: fc.constantFrom(...'abcxyz0189äöüßéñабвгдеαβγδ日本語한국ابت'),
    minLength: 1,
    maxLength: 20,
  })
  fc.assert(
    fc.property(letters, (label) => {
      const ascii = domainToASCII(`${label}.example`)
      fc.pre(ascii.startsWith('xn--'))
      expect(decodedName(ascii)).toBe(domainToUnicode(ascii))
    }),
  )
})

test.each(['!', 'a-\u{1F4A9}', '99999999', 'ab-99999999zzzz'])('takes %j for no text', (encoded) => {
  expect(decodePunycode(encoded)).toBeNull()
})

test('never fails for what somebody makes up', () => {
  fc.assert(fc.property(fc.string(), (text) => void decodedName(`xn--${text}.example`)))
})

test.each([
  ['pаypal.com', ['Latin', 'Cyrillic']],
  ['αpple.com', ['Latin', 'Greek']],
  ['аррӏе.com', null], // one script a label
  ['東京tokyo.jp', null], // which are written together
  ['한국tv.kr', null],
  ['плюс.пример', null],
  ['plain.example', null],
])('mixes scripts: %s', (name, scripts) => {
  expect(mixedScripts(name)).toEqual(scripts)
})

test.each([
  ['аррӏе', 'apple'],
  ['paypa1', 'paypal'],
  ['rnicrosoft', 'microsoft'],
  ['göögle', 'google'],
  ['g00gle', 'google'],
])('%s looks like %s', (name, like) => {
  expect(appearance(name)).toBe(appearance(like))
})

test.each([
  ['api.eu.stripe.com', 'stripe.com'],
  ['stripe.com', 'stripe.com'],
  ['www.example.co.uk', 'example.co.uk'],
  ['s3.eu-west-1.amazonaws.com', 'amazonaws.com'],
  ['www.partner.de', 'partner.de'],
])('%s is of %s', (host, domain) => {
  expect(domainOf(host)).toBe(domain)
})

test.each([
  ['stripe', 'strpe', true], // dropped
  ['stripe', 'striipe', true], // added
  ['stripe', 'strlpe', true], // changed
  ['stripe', 'stirpe', true], // swapped
  ['stripe', 'stripe', false],
  ['stripe', 'srtlpe', false],
  ['stripe', 'strip', true],
  ['stripe', 'stri', false],
  ['db1', 'db2', false], // numbers
  ['db1', 'db12', false],
  ['db', 'db1', false],
  ['d1b', 'dlb', true],
])('%s and %s are one letter apart: %s', (a, b, off) => {
  expect([isOneLetterOff(a, b), isOneLetterOff(b, a)]).toEqual([off, off])
})

test('tells one letter from none and from two, as the distance of Damerau and Levenshtein does', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(isOneLetterOff(a, b)).toBe(distance(a, b) === 1)
    }),
    { numRuns: 2000 },
  )
})

const known = resemblances(['api.stripe.com', '*.paypal.com', 'db1.example', 'ab.io', '192.0.2.0/24', '(unknown)'], 5)
test.each([
  ['api.strlpe.com', 'one letter off', 'stripe.com'],
  ['evil.stripe.co', 'one letter off', 'stripe.com'],
  ['apistripe.com', undefined, undefined],
  ['anything.stripe.com', undefined, undefined],
  ['www.paypa1.com', 'looks the same', 'paypal.com'],
  ['*.paypall.com', 'one letter off', 'paypal.com'],
  ['xn--pypal-4ve.com', 'looks the same', 'paypal.com'],
  ['ac.io', undefined, undefined], // too short to go by
  ['db2.example', undefined, undefined],
  ['192.0.2.7', undefined, undefined],
  ['__other__', undefined, undefined],
  ['(invalid-host)-0123456789ab', undefined, undefined],
])('%s: %s %s', (host, kind, domain) => {
  expect([known(host)?.kind, known(host)?.known]).toEqual([kind, domain])
})

/** The optimal string alignment distance. */
function distance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) =>
    Array.from({ length: b.length + 1 }, (_, j) => (i === 0 ? j : i)),
  )
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      d[i][j] = Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1)
    }
  }
  return d[a.length][b.length]
}
