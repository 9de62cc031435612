import { isIP } from 'node:net'
import fc from 'fast-check'
import { cleanLabel, normaliseHost } from '#core/host.ts'

const PLACEHOLDER = /^\(invalid-host\)-[0-9a-f]{12}$/

test.each<[string, string, number | null]>([
  // names
  ['api.example.com', 'api.example.com', null],
  ['API.Example.COM', 'api.example.com', null],
  ['api.example.com.', 'api.example.com', null],
  ['api.example.com:443', 'api.example.com', 443],
  ['API.Example.COM.:8443', 'api.example.com', 8443],
  ['localhost', 'localhost', null],
  ['a', 'a', null],
  ['_dmarc.example.com', '_dmarc.example.com', null],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example', null],
  ['bücher.example', 'xn--bcher-kva.example', null],
  ['BÜCHER.example:80', 'xn--bcher-kva.example', 80],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`, null],
  ['1.example', '1.example', null],
  // wildcards of ServiceEntries
  ['*.wikipedia.org', '*.wikipedia.org', null],
  ['*.Wikipedia.org:443', '*.wikipedia.org', 443],
  // addresses
  ['203.0.113.10', '203.0.113.10', null],
  ['203.0.113.10:8080', '203.0.113.10', 8080],
  ['2001:db8::1', '2001:db8::1', null],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1', null],
  ['[2001:db8::1]', '2001:db8::1', null],
  ['[2001:db8::1]:8443', '2001:db8::1', 8443],
  ['::ffff:203.0.113.10', '::ffff:cb00:710a', null],
  // nothing claimed
  ['', '', null],
  ['unknown', '', null],
  ['UNKNOWN', '', null],
  ['unknown:80', '', 80],
])('brings %j to one spelling', (raw, name, port) => {
  expect(normaliseHost(raw)).toEqual({ name, port, quarantined: null })
})

test.each([
  '<script>alert(1)</script>',
  'evil"host\\x',
  'a b.example',
  ' api.example.com',
  'api.example.com\n',
  'api.example.com/path',
  'user@api.example.com',
  'http://api.example.com',
  'api..example.com',
  '.example.com',
  '.',
  'api.example.com..',
  '-api.example.com',
  'api-.example.com',
  `${'a'.repeat(64)}.example`,
  `${'a.'.repeat(127)}example`,
  '*',
  '*.*.example.com',
  'api.*.com',
  '=cmd|calc',
  '%41.example.com',
  'api.example.com:',
  'api.example.com:0',
  'api.example.com:65536',
  'api.example.com:http',
  ':80',
  '256.1.1.1',
  '1.2.3',
  '0127.0.0.1',
  '1.2.3.4.5',
  '[203.0.113.10]',
  '[2001:db8::1',
  '[fe80::1%eth0]',
  'fe80::1%eth0',
  '[]',
  'a\u202ecom.evil',
  'a\u0000b.example',
  '１２７.0.0.1',
  '💩.example',
])('quarantines %j behind a placeholder', (raw) => {
  const host = normaliseHost(raw)
  expect(host.name).toMatch(PLACEHOLDER)
  expect(host.port).toBeNull()
  expect(host.quarantined).toBe(raw.slice(0, 256))
})

test('a quarantined text is cut, and its placeholder tells it from every other', () => {
  const long = normaliseHost(`${'!'.repeat(5000)}a`)
  expect(long.quarantined).toBe('!'.repeat(256))
  expect(normaliseHost(`${'!'.repeat(5000)}b`).name).not.toBe(long.name)
  expect(normaliseHost(`${'!'.repeat(5000)}a`).name).toBe(long.name)
})

const claimed = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.stringMatching(/^[a-zA-Z0-9.:*[\]-]{0,30}$/),
  fc.tuple(fc.domain(), fc.nat({ max: 70_000 })).map(([domain, port]) => `${domain.toUpperCase()}.:${port}`),
)

test('whatever is claimed becomes nothing, a name, an address or a placeholder', () => {
  const dnsName =
    /^(?=.{1,253}$)(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/
  fc.assert(
    fc.property(claimed, (raw) => {
      const { name, port, quarantined } = normaliseHost(raw)
      if (quarantined !== null) expect(name).toMatch(PLACEHOLDER)
      else if (name !== '' && isIP(name) === 0) expect(name).toMatch(dnsName)
      if (port !== null) expect(port >= 1 && port <= 65535).toBe(true)
    }),
    { numRuns: 3000 },
  )
})

test('one spelling stays as it is when it is normalised again', () => {
  fc.assert(
    fc.property(claimed, (raw) => {
      const { name, quarantined } = normaliseHost(raw)
      if (quarantined === null) expect(normaliseHost(name)).toEqual({ name, port: null, quarantined: null })
    }),
    { numRuns: 3000 },
  )
})

test('every domain name and every address is one', () => {
  fc.assert(
    fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), (host) => {
      expect(normaliseHost(host).quarantined).toBeNull()
    }),
  )
})

test.each<[string | undefined, string]>([
  [undefined, ''],
  ['', ''],
  ['unknown', ''],
  ['checkout', 'checkout'],
  ['Ünïcode', 'Ünïcode'],
  ['two\nlines', 'two\ufffdlines'],
  ['a\u0000b', 'a\ufffdb'],
  ['a\u202eb', 'a\ufffdb'],
  ['a'.repeat(300), 'a'.repeat(253)],
  [`${'a'.repeat(252)}😀`, `${'a'.repeat(252)}\ufffd`],
])('keeps the label %j as %j', (raw, kept) => {
  expect(cleanLabel(raw)).toBe(kept)
})

test('a kept label is printable, whole and stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (raw) => {
      const kept = cleanLabel(raw)
      expect(kept).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
      expect(kept.length <= 253).toBe(true)
      expect(cleanLabel(kept)).toBe(kept)
    }),
    { numRuns: 2000 },
  )
})
