import fc from 'fast-check'
import { redaction } from '../functions/redaction.ts'

test.each([
  ['Bearer s3cret', 'said s3cret twice: s3cret', 'said [redacted] twice: [redacted]'],
  ['Basic dXNlcjpzM2NyZXQ=', 'dXNlcjpzM2NyZXQ= is user:s3cret', '[redacted] is [redacted]'],
  ['Basic dXNlcjpzM2NyZXQ=', 's3cret alone', '[redacted] alone'],
  ['Basic dXNlcjpzM2NyZXQ=', 'dxnlcjpzm2nyzxq is S3CRET', '[redacted] is [redacted]'],
  ['Bearer s3cret', `in base64 ${Buffer.from('s3cret').toString('base64')}`, 'in base64 [redacted]'],
  ['Bearer a+b/c=d&e', 'https://x.example/?t=a%2Bb%2Fc%3Dd%26e', 'https://x.example/?t=[redacted]'],
  ['Bearer a<b>&"c', '<p>a&lt;b&gt;&amp;&#34;c</p>', '<p>[redacted]</p>'],
  ['Bearer a\\b"c', '{"token":"a\\\\b\\"c"}', '{"token":"[redacted]"}'],
  [
    'Bearer e',
    'a secret that is everywhere',
    'a s[redacted]cr[redacted]t that is [redacted]v[redacted]rywh[redacted]r[redacted]',
  ],
  ['Bearer s3cret-and-long', 'cut off in s3cret-an', 'cut off in [redacted]'],
  ['', 'nothing to hide', 'nothing to hide'],
])('takes the credentials of %j out of %j', (authorization, text, clean) => {
  expect(redaction(authorization)(text)).toBe(clean)
})

test('finds credentials in any escaping, of each character or of some', () => {
  const escapings: ((character: string) => string)[] = [
    (character) => character,
    (character) => encodeURIComponent(character),
    (character) => `&#${character.codePointAt(0)};`,
    (character) => `&#x${character.codePointAt(0)?.toString(16)};`,
    (character) => JSON.stringify(JSON.stringify(character).slice(1, -1)).slice(1, -1),
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  ]
  const printable = fc.string({
    minLength: 4,
    maxLength: 40,
    unit: fc.constantFrom(...'abcXYZ019+/=._-~!"$&\'()<>\\|{}[]^é '),
  })
  const choice = fc.array(fc.nat(escapings.length - 1), { minLength: 40, maxLength: 40 })
  fc.assert(
    fc.property(printable, choice, (middle, chosen) => {
      const password = `a${middle}z`
      const text = Array.from(password, (character, i) => escapings[chosen[i]](character)).join('')
      const clean = redaction(`Basic ${Buffer.from(`me:${password}`).toString('base64')}`)
      expect(clean(`#${text}#`)).toBe('#[redacted]#')
    }),
  )
})

test('a long text that looks like the beginning of credentials everywhere is searched in one pass', () => {
  const clean = redaction(`Bearer ${'aB3'.repeat(700)}`)
  // Each took minutes by a pattern; here the suite's own limit would end it.
  const nearly = `${'aB3'.repeat(699)}#`.repeat(80)
  for (const text of ['\\'.repeat(200_000), '%41'.repeat(60_000), `&#${'0'.repeat(200_000)}`, nearly]) {
    expect(clean(`${text}!`)).toBe(`${text}!`)
  }
})
