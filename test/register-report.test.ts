/** The report of the register: the use of each entry, and what has none. */
import { emptyIstioConfig } from '#core/istio/config.ts'
import type { RegisterEntry } from '#core/register/register.ts'
import { type RegisterReport, registerReport } from '#core/reports/register.ts'
import { flowRow } from './flow-rows.ts'
import { inForce, judgedDays, LINK } from './judged-days.ts'
import { entry } from './register-entries.ts'

const stripe = flowRow({ requests: 2, egressBytes: 10 })
const other = flowRow({ destinationHost: 'other.example', requests: 1, egressBytes: 99 })

/** Of days from the 1st of November on. */
function reportOf(
  entries: RegisterEntry[] | null,
  days: (typeof stripe)[][],
  istio = inForce(null).istio,
): RegisterReport {
  const register = entries === null ? null : { entries, residency: [] }
  const declared = register === null ? null : LINK
  return registerReport({
    title: 'Egress',
    register,
    declared,
    ...judgedDays('2026-11-01', days, inForce(register, istio)),
  })
}

test('tells of an entry when it was used, by how many, and how much', () => {
  const refunds = { ...stripe, sourceWorkload: 'refunds' }
  const { entries, through } = reportOf([entry()], [[stripe], [], [stripe, refunds], []])
  expect(through).toBe('2026-11-04')
  expect(entries).toEqual([
    {
      ...(({ line: _, ...rest }) => rest)(entry()),
      ...{ state: 'approved', dueBy: '2027-01-01', first: '2026-11-01', last: '2026-11-03', days: 2, unusedDays: 1 },
      totals: { requests: 6, connections: 0, egressBytes: 30, ingressBytes: 0, errors: 0, durationMs: 0 },
      sources: 2,
    },
  ])
})

// The entry, the days on which it was used of four, and since how many days it is not.
test.each<[Partial<RegisterEntry>, number[], number | null]>([
  [{}, [3], 0],
  [{}, [0], 3],
  [{}, [], 4], // since the ledger began: what was before nobody knows
  [{ approvedOn: '2026-11-03' }, [], 2],
  [{ approvedOn: '2026-11-04' }, [], 1],
  [{ approvedOn: '2026-11-03' }, [0], 2], // approved again since
  [{ approvedOn: '2026-11-05' }, [], null],
  [{ approvedBy: '', approvedOn: '' }, [], null],
])('%j, used on %j, is unused for %s days', (changes, used, expected) => {
  const days = [0, 1, 2, 3].map((at) => (used.includes(at) ? [stripe] : [other]))
  expect(reportOf([entry(changes)], days).entries[0].unusedDays).toBe(expected)
})

test('what somebody must look at comes first', () => {
  const { entries } = reportOf(
    [
      entry({ name: 'b' }),
      entry({ name: 'a' }),
      entry({ name: 'pending', approvedBy: '', approvedOn: '' }),
      entry({ name: 'expired', expires: '2026-11-01' }),
      entry({ name: 'overdue', approvedOn: '2026-01-01' }),
    ],
    [[]],
  )
  expect(entries.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'overdue overdue',
    'expired expired',
    'pending pending',
    'a approved',
    'b approved',
  ])
})

test('lists what left and has no entry in the present register, and nothing else', () => {
  const blocked = flowRow({ destinationHost: 'no.example', destinationClass: 'blocked', requests: 5 })
  const unknown = flowRow({
    destinationHost: '',
    destinationClass: 'passthrough',
    protocol: 'tcp',
    connectionsClosed: 1,
  })
  const more = { ...other, sourceWorkload: 'w', egressBytes: 1 }
  const { unregistered } = reportOf(
    [entry()],
    [
      [stripe, other],
      [blocked, unknown],
      [other, more],
    ],
  )
  const none = { requests: 0, connections: 0, egressBytes: 0, ingressBytes: 0, errors: 0, durationMs: 0 }
  expect(unregistered).toEqual([
    {
      ...{ host: 'other.example', sources: 2, first: '2026-11-01', last: '2026-11-03' },
      totals: { ...none, requests: 3, egressBytes: 199 },
    },
    { host: '', sources: 1, first: '2026-11-02', last: '2026-11-02', totals: { ...none, connections: 1 } },
  ])
})

test('what Istio’s configuration says is inside the mesh needs no entry', () => {
  const origin = { file: 'a.yaml', line: 1 }
  const db = {
    ...{
      name: 'other',
      namespace: 'shop',
      origin,
      hosts: ['other.example'],
      addresses: [],
      endpoints: 0,
      exportTo: [],
    },
    ports: [{ number: 80, name: 'http', protocol: 'HTTP', targetPort: null }],
    ...{ location: 'MESH_INTERNAL' as const, resolution: 'DNS' as const, created: '', endpointAddresses: [] },
  }
  const config = { ...emptyIstioConfig(), serviceEntries: [db] }
  expect(reportOf([entry()], [[other]], { '*': config }).unregistered).toEqual([])
  expect(reportOf([entry()], [[other]]).unregistered).toHaveLength(1)
})

test('without a register everything is unregistered; without a day nothing is told of use', () => {
  expect(reportOf(null, [[stripe]])).toMatchObject({
    declared: null,
    entries: [],
    unregistered: [{ host: 'api.stripe.com' }],
  })
  expect(reportOf([entry()], [])).toMatchObject({
    through: '',
    entries: [{ state: 'approved', first: '', unusedDays: null }],
    unregistered: [],
  })
})
