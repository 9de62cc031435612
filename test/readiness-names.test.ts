import fc from 'fast-check'
import { normaliseHost } from '#core/host.ts'
import { freeName, objectName } from '#core/readiness/object-name.ts'

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/ // RFC 1123, at most 63 characters

const hosts = fc
  .oneof(
    fc.domain(),
    fc.domain().map((name) => `*.${name}`),
    fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,30}[a-z0-9])?){1,6}$/),
    fc.ipV4(),
    fc.ipV6(),
  )
  .map((host) => normaliseHost(host).name)
  .filter((host) => host !== '' && !host.startsWith('('))

// Which name
test.each([
  ['api.stripe.com', 'api-stripe-com'],
  ['api-stripe.com', 'api--stripe-com'],
  ['xn--mnchen-3ya.example', 'xn----mnchen--3ya-example'],
  ['*.example.com', 'any---example-com'],
  ['203.0.113.10', '203-0-113-10'],
  ['2001:db8::7', 'ipv6---2001-db8-0-0-0-0-0-7'],
  ['::1', 'ipv6---0-0-0-0-0-0-0-1'],
  ['2001:db8::', 'ipv6---2001-db8-0-0-0-0-0-0'],
  [
    'a-very-long-name.of-a-very-long-service.in-a-very-long-region.example.com',
    'a--very--long--name-of--a--very--long--service-i---80445ae7e008',
  ],
])('what is drafted for %s is called %s', (host, name) => {
  expect(objectName(host)).toBe(name)
})

test('every name is one that Kubernetes takes, for every host', () => {
  fc.assert(
    fc.property(hosts, (host) => {
      expect(objectName(host)).toMatch(LABEL)
    }),
  )
})

test('no two hosts have one name', () => {
  fc.assert(
    fc.property(fc.uniqueArray(hosts, { minLength: 2, maxLength: 20 }), (many) => {
      expect(new Set(many.map(objectName)).size).toBe(many.length)
    }),
    { numRuns: 300 },
  )
})

test('hosts that differ only in dots and hyphens have names of their own', () => {
  const parts = fc.array(fc.constantFrom('a', 'b'), { minLength: 2, maxLength: 7 })
  const joined = fc.tuple(parts, fc.array(fc.constantFrom('.', '-', '--'), { minLength: 6, maxLength: 6 }))
  const similar = joined.map(([names, joints]) =>
    names.reduce<string>((host, name, at) => (at === 0 ? name : host + joints[at - 1] + name), ''),
  )
  fc.assert(
    fc.property(fc.uniqueArray(similar, { minLength: 2, maxLength: 30 }), (many) => {
      expect(new Set(many.map(objectName)).size).toBe(many.length)
    }),
  )
})

test('a name that is taken is numbered, and stays short enough', () => {
  const taken = new Set(['stripe', 'stripe---2', 'x'.repeat(63)])
  const isTaken = (name: string) => taken.has(name)
  expect(freeName('paypal', isTaken)).toBe('paypal')
  expect(freeName('stripe', isTaken)).toBe('stripe---3')
  expect(freeName('x'.repeat(63), isTaken)).toBe(`${'x'.repeat(59)}---2`)
})
