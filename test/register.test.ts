/** The egress register: which entry decides of an edge, and what it says. */
import fc from 'fast-check'
import { type Edge, edgesOf } from '#core/edge.ts'
import { formatRange, holds, parseRange } from '#core/register/address-range.ts'
import { type Registered, registerLookup } from '#core/register/approval.ts'
import type { Register, RegisterEntry, ResidencyRule } from '#core/register/register.ts'
import { dueBy, entryState, lastReview, monthsLater, overdueDays } from '#core/register/standing.ts'
import { flowRow, hourRecord } from './flow-rows.ts'
import { entry, rule } from './register-entries.ts'

const DAY = '2026-11-20'

/** Of target mesh, shop/checkout-v1 to api.stripe.com by http, but for what is given. */
function edge(changes: Partial<Edge> = {}): Edge {
  const [one] = edgesOf([hourRecord('mesh', Date.parse(DAY), [flowRow({ requests: 1, egressBytes: 10 })])])
  return { ...one, ...changes }
}

const registerOf = (entries: RegisterEntry[], residency: ResidencyRule[] = []): Register => ({ entries, residency })
const judge = (entries: RegisterEntry[], of: Partial<Edge> = {}, date = DAY): Registered =>
  registerLookup(registerOf(entries))(edge(of), date)
const state = (entries: RegisterEntry[], of: Partial<Edge> = {}, date = DAY) => {
  const { approval } = judge(entries, of, date)
  return `${approval.state} ${approval.entry}`.trim()
}

const pending = { approvedBy: '', approvedOn: '' }

// The entry, what was observed, and what the register says of it.
test.each<[Partial<RegisterEntry>, Partial<Edge>, string]>([
  // destinations
  [{}, {}, 'approved stripe'],
  [{}, { host: 'stripe.com' }, 'unapproved'],
  [{ destination: '*.stripe.com' }, {}, 'approved stripe'],
  [{ destination: '*.stripe.com' }, { host: 'a.b.stripe.com' }, 'approved stripe'],
  [{ destination: '*.stripe.com' }, { host: 'stripe.com' }, 'unapproved'],
  [{ destination: '*.stripe.com' }, { host: 'evilstripe.com' }, 'unapproved'],
  [{ destination: '*.stripe.com' }, { host: '*.stripe.com' }, 'approved stripe'],
  [{ destination: '*.com' }, { host: '*.stripe.com' }, 'approved stripe'],
  [{ destination: 'api.stripe.com' }, { host: '*.stripe.com' }, 'unapproved'],
  [{ destination: '192.0.2.7' }, { host: '192.0.2.7' }, 'approved stripe'],
  [{ destination: '192.0.2.0/24' }, { host: '192.0.2.7' }, 'approved stripe'],
  [{ destination: '192.0.2.0/24' }, { host: '192.0.3.7' }, 'unapproved'],
  [{ destination: '2001:db8::/32' }, { host: '2001:db8:1::1' }, 'approved stripe'],
  [{ destination: '2001:db8::/32' }, { host: '32.1.13.184' }, 'unapproved'],
  [{ destination: '(unknown)' }, { host: '' }, 'approved stripe'],
  [{ destination: '(unknown)' }, {}, 'unapproved'],
  [{ destination: '*.stripe.com' }, { host: '' }, 'unapproved'],
  [{ destination: '*.stripe.com' }, { host: '(invalid-host)-0123456789ab' }, 'unapproved'],
  // sources
  [{ from: ['shop'] }, {}, 'approved stripe'],
  [{ from: ['shop/checkout-v1'] }, {}, 'approved stripe'],
  [{ from: ['mesh:shop/checkout-v1'] }, {}, 'approved stripe'],
  [{ from: ['*/checkout-v1'] }, {}, 'approved stripe'],
  [{ from: ['mesh:*'] }, {}, 'approved stripe'],
  [{ from: ['bank', 'shop'] }, {}, 'approved stripe'],
  [{ from: ['other:shop'] }, {}, 'unapproved'],
  [{ from: ['shop/checkout'] }, {}, 'unapproved'],
  [{ from: ['*'] }, { namespace: '', workload: '' }, 'approved stripe'],
  [{ from: ['shop'] }, { namespace: '' }, 'unapproved'],
  // protocols and ports
  [{ protocols: ['http'] }, {}, 'approved stripe'],
  [{ protocols: ['grpc', 'tcp'] }, {}, 'unapproved'],
  [{ ports: [443] }, { ports: [443] }, 'approved stripe'],
  [{ ports: [443] }, { ports: [80] }, 'unapproved'],
  [{ ports: [443] }, { ports: [80, 443] }, 'unapproved'],
  [{ ports: [80, 443] }, { ports: [80, 443] }, 'approved stripe'],
  [{ ports: [443] }, { ports: [] }, 'approved stripe'],
  // time: the day of the approval is in, that of the expiry is out
  [{ approvedOn: DAY }, {}, 'approved stripe'],
  [{ approvedOn: '2026-11-21' }, {}, 'unapproved stripe'],
  [pending, {}, 'unapproved stripe'],
  [{ expires: '2026-11-21' }, {}, 'approved stripe'],
  [{ expires: DAY }, {}, 'expired stripe'],
  [{ approvedOn: '2026-01-01' }, {}, 'approved stripe'], // its review is overdue, and it holds
  // what did not leave
  [{}, { destinationClass: 'blocked' }, 'blocked'],
  [{ destination: 'x.example' }, { destinationClass: 'blocked' }, 'blocked'],
])('of %j it says for %j: %s', (changes, of, expected) => {
  expect(state([entry(changes)], of)).toBe(expected)
})

const expired = { expires: '2026-10-01' }

// Several entries that match; the one that decides.
test.each<[string, Partial<RegisterEntry>[], string]>([
  ['an approved one before an expired one', [{ name: 'a', ...expired }, { name: 'b' }], 'approved b'],
  [
    'an expired one before a pending one',
    [
      { name: 'a', ...pending },
      { name: 'b', ...expired },
    ],
    'expired b',
  ],
  [
    'an approved wildcard before an exact pending one',
    [
      { name: 'a', ...pending },
      { name: 'b', destination: '*.stripe.com' },
    ],
    'approved b',
  ],
  ['the exact host', [{ name: 'a', destination: '*.stripe.com' }, { name: 'b' }], 'approved b'],
  [
    'the longer wildcard',
    [
      { name: 'a', destination: '*.com' },
      { name: 'b', destination: '*.stripe.com' },
    ],
    'approved b',
  ],
  [
    'the destination before the source',
    [{ name: 'a', destination: '*.com', from: ['mesh:shop/checkout-v1'] }, { name: 'b' }],
    'approved b',
  ],
  [
    'the workload',
    [
      { name: 'a', from: ['mesh:shop'] },
      { name: 'b', from: ['*/checkout-v1'] },
    ],
    'approved b',
  ],
  [
    'the namespace',
    [
      { name: 'a', from: ['mesh:*'] },
      { name: 'b', from: ['shop'] },
    ],
    'approved b',
  ],
  ['the target', [{ name: 'a' }, { name: 'b', from: ['mesh:*'] }], 'approved b'],
  ['the first by name', [{ name: 'b' }, { name: 'a' }], 'approved a'],
])('decides by %s', (_, changes, expected) => {
  expect(state(changes.map(entry))).toBe(expected)
})

test('the narrower range decides', () => {
  const ranges = ['192.0.0.0/16', '192.0.2.0/24', '192.0.2.7', '192.0.2.0/25'].map((destination, i) =>
    entry({ name: `n${i}`, destination }),
  )
  expect(state(ranges, { host: '192.0.2.7' })).toBe('approved n2')
  expect(state(ranges, { host: '192.0.2.8' })).toBe('approved n3')
  expect(state(ranges, { host: '192.0.2.200' })).toBe('approved n1')
  expect(state(ranges, { host: '192.0.9.9' })).toBe('approved n0')
})

test('of several labelled ports each must be approved, by whichever entry, and the worst tells', () => {
  const entries = [entry({ name: 'a', ports: [443] }), entry({ name: 'b', ports: [8443], ...expired })]
  expect(state(entries, { ports: [443] })).toBe('approved a')
  expect(state(entries, { ports: [443, 8443] })).toBe('expired b')
  expect(state(entries, { ports: [80, 443, 8443] })).toBe('unapproved')
  expect(state([...entries, entry({ name: 'c', ports: [80, 8443] })], { ports: [80, 443, 8443] })).toMatch(/^approved/)
})

// Why, in a sentence.
test.each<[Partial<RegisterEntry> | null, Partial<Edge>, string]>([
  [{}, {}, 'stripe approves it, by Dana on 2026-07-01.'],
  [{ expires: '2027-01-01' }, {}, 'stripe approves it, by Dana on 2026-07-01, until 2027-01-01.'],
  [expired, {}, 'The approval of stripe, given by Dana on 2026-07-01, ended on 2026-10-01.'],
  [pending, {}, 'stripe is for it, and nobody has approved that yet.'],
  [{ approvedOn: '2026-12-01' }, {}, 'stripe is for it, and is approved from 2026-12-01 on, not before.'],
  [
    { ports: [443, 8443] },
    {},
    'stripe approves it, by Dana on 2026-07-01; but its port was not labelled, so that 443 or 8443 could not be checked.',
  ],
  [
    {},
    { destinationClass: 'passthrough' },
    'stripe approves it, by Dana on 2026-07-01; but the name is what the client wrote into its Host header, which nothing checked.',
  ],
  [null, {}, 'There is no register, so nothing is approved.'],
  [{ destination: 'x.example' }, {}, 'No entry of the register is for this destination.'],
  [
    {},
    { host: '*.stripe.com' },
    'No entry of the register is for this destination, of whose names the mesh does not tell which was called.',
  ],
  [{ from: ['bank'] }, {}, 'stripe is for this destination, but not from shop/checkout-v1.'],
  [
    { destination: '*.stripe.com', from: ['bank'] },
    { host: '*.stripe.com' },
    'stripe is for this destination, but not from shop/checkout-v1.',
  ],
  [{ protocols: ['tcp'] }, {}, 'stripe is for this destination, but not for http.'],
  [{ ports: [443] }, { ports: [80] }, 'stripe is for this destination, but not for port 80.'],
  [
    { from: ['shop'] },
    { namespace: 'istio-system', workload: 'egress', via: 'istio-system/egress' },
    'stripe is for this destination, but not from istio-system/egress, a gateway, whose clients the proxy does not tell.',
  ],
  [{}, { destinationClass: 'blocked' }, 'The mesh refused it, so that nothing left, although stripe approves it.'],
  [pending, { destinationClass: 'blocked' }, 'The mesh refused it, so that nothing left.'],
])('of %j for %j it says why: %s', (changes, of, expected) => {
  const lookup = registerLookup(changes === null ? null : registerOf([entry(changes)]))
  expect(lookup(edge(of), DAY).approval.reason).toBe(expected)
})

test('of many entries that nearly match it names three', () => {
  const many = ['e', 'd', 'c', 'b', 'a'].map((name) => entry({ name, from: ['bank'] }))
  expect(judge(many).approval.reason).toBe(
    'a, b, c and 2 more are for this destination, but not from shop/checkout-v1.',
  )
})

// A range, another, whether the first holds the second.
test.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.1.0.0/16', '10.0.0.0/8', false],
  ['10.0.0.0/16', '10.0.0.0/8', false],
  ['10.0.0.0/8', '10.0.0.0/8', true],
  ['10.0.0.0/8', '11.0.0.0/8', false],
  ['::/8', '0.1.2.3', false],
  ['0.0.0.0/8', '::1', false],
  ['2001:db8::/33', '2001:db8:7fff::/48', true],
  ['2001:db8::/33', '2001:db8:8000::/48', false],
])('that %s holds %s is %s', (outer, inner, expected) => {
  const [a, b] = [parseRange(outer), parseRange(inner)]
  expect(a !== null && b !== null && holds(a, b)).toBe(expected)
})

test('a range is written as it is read', () => {
  const range = fc.oneof(fc.tuple(fc.ipV4(), fc.nat(32)), fc.tuple(fc.ipV6(), fc.nat(128)))
  fc.assert(
    fc.property(range, ([address, prefix]) => {
      const parsed = parseRange(`${address}/${prefix}`)
      expect(parsed && parseRange(formatRange(parsed))).toEqual(parsed)
      const alone = parseRange(address)
      expect(parsed && alone && holds(parsed, alone)).toBe(true)
    }),
  )
})

const at = (country: string, region = '', provider = '') => ({ country, region, provider })

// The declared place, the rule of the source, and the verdict.
test.each<[object, string[], string[], string]>([
  [at('IE'), ['IE', 'DE'], [], 'allowed'],
  [at('US'), ['IE', 'DE'], [], 'outside'],
  [at(''), ['IE'], [], 'undeclared'],
  [at('', 'eu-west-1', 'aws'), [], ['eu-west-1'], 'allowed'],
  [at('', 'us-east-1', 'aws'), [], ['eu-west-1'], 'outside'],
  [at('IE'), [], ['eu-west-1'], 'undeclared'],
  [at('', 'eu-west-1', 'aws'), ['IE'], [], 'undeclared'],
  [at('US', 'eu-west-1', 'aws'), ['IE'], ['eu-west-1'], 'allowed'],
  [at('US', 'us-east-1', 'aws'), ['IE'], ['eu-west-1'], 'outside'],
  [at('US'), ['IE'], ['eu-west-1'], 'undeclared'],
])('what is declared to be at %j is, where %j and %j are allowed, %s', (place, countries, regions, verdict) => {
  const lookup = registerLookup(registerOf([entry(place)], [rule('r', ['shop'], countries, regions)]))
  expect(lookup(edge(), DAY).place).toEqual({ ...place, verdict, rule: 'r' })
})

test('a source that no rule names may send anywhere', () => {
  const lookup = registerLookup(registerOf([entry(at('US'))], [rule('r', ['bank'], ['IE'])]))
  expect(lookup(edge(), DAY).place).toEqual({ ...at('US'), verdict: 'unrestricted', rule: '' })
  expect(registerLookup(null)(edge(), DAY).place).toEqual({ ...at(''), verdict: 'unrestricted', rule: '' })
})

test('the most specific residency rule decides', () => {
  const rules = [rule('a', ['*'], ['US']), rule('b', ['shop'], ['IE']), rule('c', ['mesh:*', 'shop/other'], ['US'])]
  for (const order of [rules, rules.toReversed()]) {
    expect(registerLookup(registerOf([entry(at('US'))], order))(edge(), DAY).place).toMatchObject({
      verdict: 'outside',
      rule: 'b',
    })
  }
})

test('where a destination is does not depend on who is approved to call it', () => {
  const rules = [rule('r', ['shop'], ['IE'])]
  const placeOf = (entries: RegisterEntry[]) => registerLookup(registerOf(entries, rules))(edge(), DAY)
  const elsewhere = entry({ name: 'a', from: ['bank'], ...at('US') })
  expect(placeOf([elsewhere])).toMatchObject({ approval: { state: 'unapproved' }, place: { verdict: 'outside' } })
  // The entry that decides says it first; without it the most specific ones that agree.
  expect(placeOf([elsewhere, entry({ ...at('IE') })]).place).toMatchObject({ country: 'IE', verdict: 'allowed' })
  expect(
    placeOf([elsewhere, entry({ name: 'b', destination: '*.com', from: ['bank'], ...at('IE') })]).place,
  ).toMatchObject({ country: 'US' })
  expect(placeOf([elsewhere, entry({ name: 'b', from: ['bank'], ...at('IE') })]).place).toMatchObject({
    country: '',
    verdict: 'undeclared',
  })
})

const HOSTS = ['a.x.com', 'b.a.x.com', 'x.com', '*.x.com', '192.0.2.1', '2001:db8::1', '', 'lone']
const DESTINATIONS = [
  'a.x.com',
  '*.x.com',
  '*.a.x.com',
  '*.com',
  '192.0.2.0/24',
  '192.0.2.1',
  '2001:db8::/32',
  '(unknown)',
]
const someEntry = fc
  .record({
    destination: fc.constantFrom(...DESTINATIONS),
    ports: fc.subarray([80, 443]),
    protocols: fc.subarray<'http' | 'tcp'>(['http', 'tcp']),
    from: fc.subarray(['*', 'shop', 'shop/checkout-v1', 'mesh:*', 'other:shop', 'bank'], { minLength: 1 }),
    approvedOn: fc.constantFrom('2026-01-01', '2026-12-01', ''),
    expires: fc.constantFrom('', '2026-06-01', '2027-01-01'),
    country: fc.constantFrom('', 'IE', 'US'),
  })
  .map(({ approvedOn, ...of }) => entry({ ...of, approvedOn, approvedBy: approvedOn === '' ? '' : 'Dana' }))
const someEntries = fc
  .array(someEntry, { maxLength: 8 })
  .map((entries) => entries.map((one, i) => ({ ...one, name: `e${i}` })))
const someEdge = fc
  .record({
    host: fc.constantFrom(...HOSTS),
    namespace: fc.constantFrom('shop', 'bank', ''),
    protocol: fc.constantFrom<'http' | 'tcp'>('http', 'tcp'),
    ports: fc.subarray([80, 443, 8080]),
    destinationClass: fc.constantFrom<'registered' | 'passthrough' | 'blocked'>('registered', 'passthrough', 'blocked'),
  })
  .map(edge)
const RULES = [rule('r', ['shop'], ['IE']), rule('s', ['bank'], ['US'])]

test('the order of entries and rules never matters', () => {
  fc.assert(
    fc.property(someEntries, someEdge, fc.nat(), (entries, of, seed) => {
      const shuffled = entries.toSorted((a, b) => order(a.name, seed) - order(b.name, seed))
      const lookup = registerLookup(registerOf(entries, RULES))
      expect(registerLookup(registerOf(shuffled, RULES.toReversed()))(of, DAY)).toEqual(lookup(of, DAY))
    }),
  )
})

test('an entry for another destination changes nothing', () => {
  fc.assert(
    fc.property(someEntries, someEntry, someEdge, (entries, more, of) => {
      const other = { ...more, name: 'other', destination: 'elsewhere.example' }
      const lookup = registerLookup(registerOf(entries, RULES))
      expect(registerLookup(registerOf([other, ...entries], RULES))(of, DAY)).toEqual(lookup(of, DAY))
    }),
  )
})

test('an approval more never makes anything less approved, and what is blocked stays so', () => {
  const RANK = { unapproved: 0, expired: 1, approved: 2, blocked: 3 }
  fc.assert(
    fc.property(someEntries, someEntry, someEdge, (entries, more, of) => {
      const before = registerLookup(registerOf(entries))(of, DAY).approval
      const after = registerLookup(registerOf([...entries, { ...more, name: 'more' }]))(of, DAY).approval
      expect(RANK[after.state]).toBeGreaterThanOrEqual(RANK[before.state])
      expect(before.state === 'blocked').toBe(of.destinationClass === 'blocked')
    }),
  )
})

/** A number that shuffles names by a seed. */
function order(name: string, seed: number): number {
  return ((name.charCodeAt(1) * 7919 + 13) * (seed % 9973)) % 101
}

// Approved on, reviews, review by, expires; on the day; the state, and by when it must be reviewed.
test.each<[Partial<RegisterEntry>, string, string, string]>([
  [{ approvedOn: '2026-05-20' }, '2026-11-20', 'approved', '2026-11-20'],
  [{ approvedOn: '2026-05-20' }, '2026-11-21', 'overdue', '2026-11-20'],
  [{ approvedOn: '2026-08-31' }, '2027-02-28', 'approved', '2027-02-28'],
  [{ approvedOn: '2027-08-31' }, '2028-03-01', 'overdue', '2028-02-29'],
  [{ approvedOn: '2026-01-01', reviewBy: '2026-12-24' }, '2026-11-20', 'approved', '2026-12-24'],
  [{ approvedOn: '2026-01-01', reviewBy: '2026-02-24' }, '2026-11-20', 'overdue', '2026-02-24'],
  [{ reviews: [{ on: '2026-10-01', by: 'x', note: '' }], approvedOn: '2026-01-01' }, DAY, 'approved', '2027-04-01'],
  [{ reviews: [{ on: '2026-11-21', by: 'x', note: '' }], approvedOn: '2026-01-01' }, DAY, 'overdue', '2026-07-01'],
  [{ approvedOn: '2026-01-01', expires: '2026-11-20' }, DAY, 'expired', '2026-07-01'],
  [{ approvedOn: '2026-11-21' }, DAY, 'pending', ''],
  [pending, DAY, 'pending', ''],
])('%j is on %s %s, to be reviewed by "%s"', (changes, date, expected, due) => {
  const one = entry(changes)
  expect([entryState(one, date), dueBy(one, date)]).toEqual([expected, due])
  expect(overdueDays(one, date) > 0).toBe(expected === 'overdue')
})

test('months later is the same day, or the last of a shorter month, and back again', () => {
  expect(monthsLater('2026-11-20', -6)).toBe('2026-05-20')
  expect(monthsLater('2026-12-31', 2)).toBe('2027-02-28')
  expect(monthsLater('2026-01-31', -2)).toBe('2025-11-30')
  expect(overdueDays(entry({ approvedOn: '2026-05-20' }), '2026-11-25')).toBe(5)
  expect(lastReview(entry({ reviews: [] }), DAY)).toBeNull()
})
