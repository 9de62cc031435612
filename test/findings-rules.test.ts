/** What each rule finds in a day or a few, and the near miss that it does not. */
import type { DayDigest } from '#core/digest.ts'
import type { RuleName } from '#core/findings/rules.ts'
import type { FlowRow } from '#core/flow.ts'
import { HOUR_MS } from '#core/time.ts'
import { dateAfter, dayDigest, type SmallDay } from './day-digest.ts'
import { about, type Declared, foldUnder, hoursDigest, istioOf, of, serviceEntry } from './findings-sample.ts'
import { flowRow, tcpRow } from './flow-rows.ts'

const DAY = '2026-03-02'
const call = (changes: Partial<FlowRow> = {}) =>
  flowRow({ requests: 10, egressBytes: 5_000, ingressBytes: 700, ...changes })
const passthrough = (host: string, changes: Partial<FlowRow> = {}) =>
  call({ destinationClass: 'passthrough', destinationHost: host, destinationService: 'PassthroughCluster', ...changes })
const on = (rows: readonly FlowRow[], days = 0, small: SmallDay = {}): DayDigest =>
  dayDigest(dateAfter(DAY, days), rows, small)

const ENTRY = `
entries:
  - { name: stripe, destination: api.stripe.com, from: [shop], owner: pay, need: cards, approvedBy: Dana, approvedOn: 2026-01-15, expires: 2026-03-10, country: IE, provider: Stripe }
  - { name: maps, destination: "*.maps.example", from: [shop], owner: web, need: maps }
`
const RESIDENCY = `${ENTRY}
residency:
  - { name: eu, from: [shop], countries: [DE] }
`

const STRIPE = await istioOf(serviceEntry('api.stripe.com'))
const OLD = await istioOf(serviceEntry('old.example'))
const INTERNAL = await istioOf(
  serviceEntry('api.stripe.com', 'location: MESH_INTERNAL\n  ports: [{ number: 80, name: http, protocol: HTTP }]'),
)
const REGISTRY_ONLY = await istioOf('outboundTrafficPolicy: { mode: REGISTRY_ONLY }\nrootNamespace: istio-system\n')
const BY_SECRET = await istioOf(bySecret('workloadSelector: { matchLabels: { app: checkout } }'))
const BY_SECRET_FOR_ALL = await istioOf(bySecret(''))

/** TLS that the proxy originates with a certificate by its secret's name. */
function bySecret(selector: string): string {
  return `${serviceEntry('api.stripe.com', 'ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 443 }]')}
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: stripe, namespace: shop }
spec:
  host: api.stripe.com
  trafficPolicy: { tls: { mode: SIMPLE, credentialName: stripe-ca } }
  ${selector}
`
}

interface Case {
  declared?: Declared
  days: DayDigest[]
  finds: string[] // what findings are about
  says?: string // in the sentence of the first
}

function expectCase(rule: RuleName, { declared = {}, days, finds, says }: Case): void {
  const found = of(rule, foldUnder(declared, days))
  expect(found.map(about)).toEqual(finds)
  if (says !== undefined) expect(found[0].sentence.replaceAll('\u00a0', ' ')).toContain(says)
}

const stripe = [on([call()])]
const expiredOn = (days: number) => [...Array.from({ length: days }, (_, n) => on([call()], n))]

const CASES: Record<RuleName, Record<string, Case>> = {
  unapproved: {
    'a destination that no entry is about': {
      declared: { register: ENTRY },
      days: [on([call({ destinationHost: 'other.example' })])],
      finds: ['mesh shop/checkout-v1 other.example'],
      says: 'shop/checkout-v1 in mesh sent 5.00 kB in 10 requests to other.example, which no entry of the register is about.',
    },
    'an entry that nobody has approved': {
      declared: { register: ENTRY },
      days: [on([call({ destinationHost: 'eu.maps.example' })])],
      finds: ['mesh shop/checkout-v1 eu.maps.example'],
      says: 'nobody has approved entry maps',
    },
    'one finding for all versions of a workload': {
      declared: { register: 'entries: []' },
      days: [on([call(), call({ sourceVersion: 'v2', egressBytes: 1_000 })])],
      finds: ['mesh shop/checkout-v1 api.stripe.com'],
      says: '6.00 kB in 20 requests',
    },
    'not what is approved': { declared: { register: ENTRY }, days: stripe, finds: [] },
    'not what was refused': {
      declared: { register: ENTRY },
      days: [on([call({ destinationHost: 'other.example', destinationClass: 'blocked', egressBytes: 0 })])],
      finds: [],
    },
    'not without a register': { days: stripe, finds: [] },
    'not what is internal by configuration': {
      declared: {
        register: 'entries: []',
        istio: INTERNAL,
      },
      days: stripe,
      finds: [],
    },
  },
  'expired-approval': {
    'what is used on the day of expiry and after': {
      declared: { register: ENTRY },
      days: expiredOn(9),
      finds: ['stripe'],
      says: 'by entry stripe of the register, which expired on 2026-03-10',
    },
    'not on the day before': { declared: { register: ENTRY }, days: expiredOn(8), finds: [] },
  },
  passthrough: {
    'where Istio says REGISTRY_ONLY': {
      declared: {
        istio: REGISTRY_ONLY,
      },
      days: [on([passthrough('other.example')])],
      finds: ['mesh shop/checkout-v1 other.example'],
      says: 'although Istio’s configuration says REGISTRY_ONLY there',
    },
    'where the rules expect it': {
      declared: { registryOnly: ['mesh:shop'] },
      days: [on([passthrough('')])],
      finds: ['mesh shop/checkout-v1'],
      says: 'to hosts without a name as passthrough, where the rules of findings expect REGISTRY_ONLY',
    },
    'not in another namespace': {
      declared: { registryOnly: ['mesh:payments'] },
      days: [on([passthrough('other.example')])],
      finds: [],
    },
    'not what is registered': { declared: { registryOnly: ['*'] }, days: stripe, finds: [] },
  },
  'blocked-burst': {
    'an hour far above those before': {
      days: [
        on([]),
        on([call({ destinationClass: 'blocked', destinationHost: 'paste.example', requests: 30, egressBytes: 0 })], 1),
      ],
      finds: ['mesh shop/checkout-v1'],
      says: 'shop/checkout-v1 in mesh was refused 30 times in the hour from 05:00 UTC on 2026-03-03, with none in the hours before; it tried paste.example.',
    },
    'not one attempt less': {
      days: [on([]), on([call({ destinationClass: 'blocked', requests: 29, egressBytes: 0 })], 1)],
      finds: [],
    },
  },
  'new-destination': {
    'what its mesh never called before': {
      days: [
        on([call()], 0, { firstDate: DAY }),
        on([call(), call({ destinationHost: 'new.example' })], 1, { firstDate: DAY }),
      ],
      finds: ['mesh new.example'],
      says: 'new.example was called for the first time in mesh, by shop/checkout-v1 in mesh: 5.00 kB in 10 requests.',
    },
    'not on the first day of a mesh': { days: [on([call()], 0, { firstDate: DAY })], finds: [] },
    'not what another workload called before': {
      days: [on([call()], 0, { firstDate: DAY }), on([call({ sourceWorkload: 'web' })], 1, { firstDate: DAY })],
      finds: [],
    },
    'not our own placeholders': {
      days: [
        on([], 0, { firstDate: DAY }),
        on([passthrough('(invalid-host)-0123456789ab'), passthrough('__other__')], 1, { firstDate: DAY }),
      ],
      finds: [],
    },
    'no more of a day than the rule says': {
      declared: { rules: { 'new-destination': { thresholds: { maximumADay: 1 } } } },
      days: [
        on([], 0, { firstDate: DAY }),
        on(
          [call({ destinationHost: 'small.example' }), call({ destinationHost: 'big.example', egressBytes: 6_000 })],
          1,
          {
            firstDate: DAY,
          },
        ),
      ],
      finds: ['mesh big.example'],
    },
  },
  volume: {
    'five times the median of seven days': {
      days: volumeDays(100_000_000, 500_000_000),
      finds: ['mesh api.stripe.com'],
      says: 'api.stripe.com took 500 MB from shop/checkout-v1 in mesh, 5.0 times as much; the median of the 7 days before on which it was called is 100 MB.',
    },
    'not a byte less': { days: volumeDays(100_000_000, 499_999_999), finds: [] },
    'not below the least that counts': { days: volumeDays(1_000_000, 99_999_999), finds: [] },
    'not against six days': { days: volumeDays(100_000_000, 500_000_000, 6), finds: [] },
    'not while the day is open': { days: volumeDays(100_000_000, 500_000_000, 7, { closedHours: 20 }), finds: [] },
    'not against days of which less than half was observed': {
      days: volumeDays(100_000_000, 500_000_000, 7, {}, { observedMs: HOUR_MS / 2 - 1000 }),
      finds: [],
    },
  },
  plaintext: {
    'HTTP by passthrough, one finding for a namespace': {
      days: [
        on([passthrough('other.example'), passthrough('other.example', { sourceWorkload: 'web', egressBytes: 1 })]),
      ],
      finds: ['mesh shop other.example'],
      says: 'shop/checkout-v1 in mesh and 1 other workload sent 5.00 kB in 20 requests to other.example in plaintext',
    },
    'not what the application may have encrypted': {
      days: [on([passthrough('', { protocol: 'tcp', responseCode: '' })])],
      finds: [],
    },
  },
  'silent-plaintext': {
    'a credentialName without a workloadSelector': {
      declared: { istio: BY_SECRET_FOR_ALL },
      days: stripe,
      finds: ['mesh shop api.stripe.com'],
      says: 'in plaintext, although TLS is declared',
    },
    'not with a workloadSelector': {
      declared: { istio: BY_SECRET },
      days: stripe,
      finds: [],
    },
  },
  'weak-evidence': {
    'a wildcard’s name': {
      days: [on([call({ destinationHost: '*.wikipedia.org', destinationService: '*.wikipedia.org' })])],
      finds: ['mesh *.wikipedia.org'],
      says: 'a name of evidence C',
    },
    'TCP without a name': {
      days: [on([passthrough('', { protocol: 'tcp', responseCode: '' })])],
      finds: ['mesh'],
      says: 'to hosts without a name, a name of evidence E',
    },
    'not a Host header of passthrough': { days: [on([passthrough('other.example')])], finds: [] },
    'not a declared host': { days: stripe, finds: [] },
  },
  'host-spoofing': {
    'a declared host in a Host header, while the ServiceEntry let others out': {
      days: [spoofDay(4, 5, 6)],
      finds: ['mesh shop/checkout-v1 api.stripe.com'],
      says: 'a ServiceEntry declares it, and the proxy did not send this flow by it',
    },
    'an approved host that nothing proves': {
      declared: { register: ENTRY },
      days: [on([passthrough('api.stripe.com')])],
      finds: ['mesh shop/checkout-v1 api.stripe.com'],
      says: 'entry stripe approves it, and nothing proves that the flow went there',
    },
    'a name of the cluster’s own': {
      days: [on([passthrough('pay.shop.svc.cluster.local')])],
      finds: ['mesh shop/checkout-v1 pay.shop.svc.cluster.local'],
      says: 'it is one of the cluster’s own',
    },
    'what configuration declares since a day before': {
      declared: { istio: STRIPE },
      days: [on([]), on([passthrough('api.stripe.com')], 1)],
      finds: ['mesh shop/checkout-v1 api.stripe.com'],
    },
    'not on the day on which it was declared': {
      declared: { istio: STRIPE },
      days: [on([passthrough('api.stripe.com')])],
      finds: [],
    },
    'not before the ServiceEntry let anything out': { days: [spoofDay(5, 4, 6)], finds: [] },
    'not a host that is neither declared nor approved': { days: [on([passthrough('other.example')])], finds: [] },
  },
  'look-alike': {
    'one letter off an approved name': {
      declared: { register: ENTRY },
      days: [on([passthrough('api.strlpe.com')])],
      finds: ['mesh api.strlpe.com'],
      says: 'a name that is one letter off stripe.com, which is approved',
    },
    'letters that look the same, though refused': {
      declared: { register: ENTRY },
      days: [on([call({ destinationClass: 'blocked', destinationHost: 'api.xn--tripe-g2e.com', egressBytes: 0 })])],
      finds: ['mesh api.xn--tripe-g2e.com'],
      says: 'was refused 10 times when it called api.xn--tripe-g2e.com, a name that looks the same as stripe.com',
    },
    'mixed scripts': {
      days: [on([passthrough('xn--pypal-4ve.com')])],
      finds: ['mesh xn--pypal-4ve.com'],
      says: 'a name that mixes letters of Latin and Cyrillic',
    },
    'not another name below the same domain': {
      declared: { register: ENTRY },
      days: [on([passthrough('apl.stripe.com')])],
      finds: [],
    },
    'not two letters off': { declared: { register: ENTRY }, days: [on([passthrough('api.strlqe.com')])], finds: [] },
  },
  'outside-region': {
    'a declared place that the rule does not allow': {
      declared: { register: RESIDENCY },
      days: stripe,
      finds: ['mesh shop api.stripe.com'],
      says: 'declared to be in Stripe IE; residency rule eu allows DE',
    },
    'not an undeclared place': {
      declared: { register: RESIDENCY },
      days: [on([call({ destinationHost: 'eu.maps.example' })])],
      finds: [],
    },
  },
  'unused-approval': {
    'not used for as long as the rule says': {
      declared: { register: ENTRY, rules: { 'unused-approval': { thresholds: { unusedDays: 3 } } } },
      days: [on([call()]), on([], 1), on([], 2), on([], 3)],
      finds: ['stripe'],
      says: 'has not been used for 3 days, since 2026-03-02',
    },
    'never used since the ledger began': {
      declared: { register: ENTRY, rules: { 'unused-approval': { thresholds: { unusedDays: 3 } } } },
      days: [on([]), on([], 1), on([], 2)],
      finds: ['stripe'],
      says: 'has not been used since the ledger began on 2026-03-02, for 3 days',
    },
    'not on the day on which it is used again': {
      declared: { register: ENTRY, rules: { 'unused-approval': { thresholds: { unusedDays: 3 } } } },
      days: [on([call()]), on([], 1), on([], 2), on([call()], 3)],
      finds: [],
    },
    'not a day before': {
      declared: { register: ENTRY, rules: { 'unused-approval': { thresholds: { unusedDays: 3 } } } },
      days: [on([call()]), on([], 1), on([], 2)],
      finds: [],
    },
    'not for days that nobody observed': {
      declared: { register: ENTRY, rules: { 'unused-approval': { thresholds: { unusedDays: 3 } } } },
      days: [on([call()]), on([], 1), on([], 2, { observedMs: 0 }), on([], 3)],
      finds: [],
    },
  },
  'overdue-review': {
    'the day after the review was due': {
      declared: { register: ENTRY.replace('approvedOn: 2026-01-15, expires: 2026-03-10', 'approvedOn: 2025-09-02') },
      days: [on([]), on([], 1)],
      finds: ['stripe'],
      says: 'was due for review by 2026-03-02; it was approved by Dana on 2025-09-02 and never reviewed since',
    },
    'not on the day itself': {
      declared: { register: ENTRY.replace('approvedOn: 2026-01-15, expires: 2026-03-10', 'approvedOn: 2025-09-02') },
      days: [on([])],
      finds: [],
    },
  },
  'unused-service-entry': {
    'declared and never used': {
      declared: { istio: OLD, ...unusedFor(2) },
      days: [on([]), on([], 1)],
      finds: ['shop/old-example'],
      says: 'ServiceEntry shop/old-example ((standard input):2), for old.example, has never been used since it was declared on 2026-03-02, for 2 days',
    },
    'not on the day on which it is used first': {
      declared: { istio: STRIPE, ...unusedFor(2) },
      days: [on([]), on([call()], 1)],
      finds: [],
    },
    'not what is used': {
      declared: { istio: STRIPE, ...unusedFor(2) },
      days: [on([]), on([], 1), on([call()], 2), on([], 3)],
      finds: ['shop/api-stripe-com'], // until it was
      says: 'has never been used',
    },
    'not what is internal': {
      declared: {
        istio: INTERNAL,
        ...unusedFor(2),
      },
      days: [on([]), on([], 1)],
      finds: [],
    },
    'not by a configuration of later days': {
      declared: { istio: OLD, istioIsLater: true, ...unusedFor(2) },
      days: [on([]), on([], 1), on([], 2)],
      finds: [],
    },
  },
  'coverage-gap': {
    'a quarter of an hour of a day': {
      days: [on([], 0, { observedMs: HOUR_MS - 37_500 })],
      finds: ['mesh'],
      says: 'mesh was not observed for 15 min, so that figures are lower bounds',
    },
    'nothing at all': {
      days: [on([], 0, { observedMs: 0 })],
      finds: ['mesh'],
      says: 'Nothing of the day was observed in mesh, so there is no data of it.',
    },
    'not less': { days: [on([], 0, { observedMs: HOUR_MS - 37_000 })], finds: [] },
  },
  cardinality: {
    'a claimed host that is none': {
      days: [on([passthrough('(invalid-host)-0123456789ab')])],
      finds: ['mesh'],
      says: 'mesh had 1 claimed destination whose name no host can have.',
    },
    'many destinations at once': {
      declared: { rules: { cardinality: { thresholds: { newDestinations: 2 } } } },
      days: [
        on([], 0, { firstDate: DAY }),
        on([call(), call({ destinationHost: 'b.example' })], 1, { firstDate: DAY }),
      ],
      finds: ['mesh'],
      says: 'mesh had 2 destinations never called before.',
    },
    'not fewer': {
      declared: { rules: { cardinality: { thresholds: { newDestinations: 2 } } } },
      days: [on([], 0, { firstDate: DAY }), on([call()], 1, { firstDate: DAY })],
      finds: [],
    },
  },
}

for (const [rule, cases] of Object.entries(CASES)) {
  describe(rule, () => {
    for (const [title, one] of Object.entries(cases)) {
      test(`${one.finds.length > 0 ? 'finds ' : ''}${title}`, () => expectCase(rule as RuleName, one))
    }
  })
}

test('figures of a day that was not observed whole are lower bounds', () => {
  const [finding] = of('plaintext', foldUnder({}, [on([passthrough('a.example')], 0, { observedMs: HOUR_MS / 2 })]))
  expect(finding.complete).toBe(false)
  expect(finding.sentence.replaceAll('\u00a0', ' ')).toContain('≥ 5.00 kB in ≥ 10 requests')
})

test('a rule that is off finds nothing', () => {
  const declared: Declared = { rules: { plaintext: { isOn: false } } }
  expect(of('plaintext', foldUnder(declared, [on([passthrough('a.example')])]))).toEqual([])
})

test('a burst goes on from the day before', () => {
  const blocked = (requests: number) => tcpRow('UH', { connectionsClosed: requests })
  const refused = { ...blocked(400), destinationClass: 'blocked' as const, destinationHost: '' }
  const days = [on([refused], 0, { hour: 23 }), on([refused], 1, { hour: 0 })]
  expect(of('blocked-burst', foldUnder({}, days)).map(({ last, days: found }) => [last, found])).toEqual([[DAY, 1]])
})

function volumeDays(usual: number, now: number, days = 7, last: SmallDay = {}, before: SmallDay = {}): DayDigest[] {
  return [
    ...Array.from({ length: days }, (_, n) => on([call({ egressBytes: usual })], n, before)),
    on([call({ egressBytes: now })], days, last),
  ]
}

function unusedFor(unusedDays: number): Declared {
  return { rules: { 'unused-service-entry': { thresholds: { unusedDays } } } }
}

/** A day on which a host is called as registered in two hours, and claimed by a passthrough flow in another. */
function spoofDay(first: number, claimed: number, last: number): DayDigest {
  return hoursDigest(DAY, { [first]: [call()], [claimed]: [passthrough('api.stripe.com')], [last]: [call()] })
}
