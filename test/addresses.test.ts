/** Where pages lie: that no label leads out of its folder, onto another's page or onto a file of ours. */
import fc from 'fast-check'
import {
  BLOCKED,
  COVERAGE,
  changesAddress,
  DESTINATIONS,
  DOWNLOADS,
  dayAddress,
  destinationAddress,
  graphAddress,
  HOME,
  monthAddress,
  monthDownloadsAddress,
  WORKLOADS,
  workloadAddress,
} from '#core/addresses.ts'
import { isKey } from '#core/keys.ts'

test.each([
  [dayAddress('2026-11-20'), 'days/2026-11-20/'],
  [graphAddress('2026-11-20'), 'days/2026-11-20/graph/'],
  [changesAddress('2026-11-20'), 'days/2026-11-20/changes/'],
  [monthAddress('2026-11'), 'months/2026-11/'],
  [monthDownloadsAddress('2026-11'), 'downloads/2026-11/'],
  [destinationAddress('api.stripe.com'), 'destinations/api.stripe.com/'],
  [destinationAddress(''), 'destinations/unknown/'],
  [workloadAddress('prod-eu', 'shop', 'checkout-v1'), 'workloads/prod-eu/shop/checkout-v1/'],
  [HOME, ''],
])('a page lies at %s', (address, expected) => {
  expect(address).toBe(expected)
})

test('a host that is called as our own names and files are gets another address than they', () => {
  const ours = ['unknown', 'index', 'index.html', 'report.json', 'destinations.csv']
  for (const host of ours) expect(destinationAddress(host)).toMatch(/^destinations\/[a-z-]+~[0-9a-f]{16}\/$/)
})

test.each([
  ['a wildcard', '*.example.com', 'example-com'],
  ['capitals', 'API.example.com', 'api-example-com'],
  ['a way out', '../../etc/passwd', 'etc-passwd'],
  ['markup', '<script>alert(1)</script>', 'script-alert-1-script'],
  ['an IPv6 address', '2001:db8::1', '2001-db8-1'],
  ['no letter at all', '…', ''],
  ['a name without an end', 'a'.repeat(500), 'a'.repeat(40)],
])('%s becomes what is plain in it and a hash', (_, host, plain) => {
  expect(destinationAddress(host)).toMatch(new RegExp(`^destinations/${plain}~[0-9a-f]{16}/$`))
})

const label = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.stringMatching(/^[a-z0-9.~-]{0,30}$/),
  fc.constantFrom('', '.', '..', 'unknown', 'a~b', 'index.html', 'A', 'a'),
)

test('whatever labels say, an address is a plain key below its list, and two names never share one', () => {
  fc.assert(
    fc.property(label, label, (a, b) => {
      const [first, second] = [destinationAddress(a), destinationAddress(b)]
      expect(isKey(`${first}index.html`)).toBe(true)
      expect(first.split('/')).toHaveLength(3)
      expect(first === second).toBe(a === b)
      const workload = workloadAddress('mesh', a, b)
      expect(isKey(`${workload}index.html`)).toBe(true)
      expect(workload.split('/')).toHaveLength(5)
      expect(workload === workloadAddress('mesh', b, a)).toBe(a === b)
    }),
  )
})

test('every folder of pages ends with a slash', () => {
  for (const address of [DESTINATIONS, WORKLOADS, BLOCKED, COVERAGE, DOWNLOADS]) expect(address).toMatch(/^[a-z]+\/$/)
})
