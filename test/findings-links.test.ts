/**
 * That what findings name has a page: it was met on the day on which they were found last, and whoever is met on a day has a
 * page, even one for which a history has no room.
 */
import fc from 'fast-check'
import { workloadKey } from '#core/edge.ts'
import { DESTINATION_CLASSES } from '#core/flow.ts'
import { DAY_MS, isoDate } from '#core/time.ts'
import { foldUnder, hoursDigest } from './findings-sample.ts'
import { flowRow } from './flow-rows.ts'
import { FIRST } from './published-ledger.ts'

const HOSTS = ['', 'api.stripe.com', 'api.str1pe.com', '198.51.100.7', '(invalid-host)-5c140d35dcb4', 'ledger.shop.svc']
const DECLARED = {
  register:
    'entries:\n  - { name: stripe, destination: api.stripe.com, from: [shop], owner: payments, need: cards, approvedBy: Dana, approvedOn: 2026-01-15 }\n',
  registryOnly: ['shop'],
}

const row = fc
  .record({
    sourceNamespace: fc.constantFrom('shop', 'labs'),
    sourceWorkload: fc.constantFrom('', 'checkout-v1', 'intruder'),
    destinationHost: fc.constantFrom(...HOSTS),
    destinationClass: fc.constantFrom(...DESTINATION_CLASSES),
    requests: fc.constantFrom(1, 300, 50_000),
  })
  .map((labels) => flowRow({ ...labels, egressBytes: labels.destinationClass === 'blocked' ? 0 : 1000 }))

test('every host and workload that a finding names was met on the day it was found last, if only to be refused', () => {
  const rules = new Set<string>()
  fc.assert(
    fc.property(fc.array(fc.array(row, { maxLength: 6 }), { minLength: 1, maxLength: 4 }), (days) => {
      const digests = days.map((rows, day) => hoursDigest(isoDate(FIRST + day * DAY_MS), { 9: rows }))
      const ofDay = new Map(digests.map((digest) => [digest.date, digest.edges]))
      for (const { rule, subject, last } of foldUnder(DECLARED, digests).findings) {
        const edges = ofDay.get(last) ?? []
        if (subject.host !== '') expect(edges.map(({ host }) => host)).toContain(subject.host)
        if (subject.workload !== '') expect(edges.map(workloadKey)).toContain(workloadKey(subject))
        if (subject.host !== '' || subject.workload !== '') rules.add(rule)
      }
    }),
    { seed: 7, numRuns: 150 },
  )
  for (const rule of ['unapproved', 'passthrough', 'blocked-burst', 'plaintext', 'look-alike']) {
    expect([...rules]).toContain(rule)
  }
})
