/** A sample report of a bill: kinds that agree, that do not, and that nobody saw. */
import type { ReconciledBill } from '#core/bills/reconciled-bill.ts'
import type { BillReport } from '#core/reports/bill.ts'
import { SCRIPT_HOST, sampleDownload } from '../report-sample.ts'

const GIB = 2 ** 30

const BILL: ReconciledBill = {
  month: '2026-10',
  provider: 'aws',
  currency: 'USD',
  imported: '2026-11-06T07:12:44Z',
  file: 'cur2-2026-10.csv.gz',
  sha256: 'b1'.repeat(32),
  format: 'cur',
  version: '2.0',
  payers: ['111122223333'],
  accounts: ['111122223333', '444455556666'],
  rows: 48_211,
  lines: 1_902,
  replaced: 1,
  days: 15,
  dueDays: 31,
  observation: 'partial',
  complete: false,
  billed: '389.9',
  usage: '402.11',
  attributed: '356.666',
  unattributed: '45.444',
  credits: '-12.5',
  adjustments: '0.29',
  estimate: '349.018211004',
  meshBytes: 4200 * GIB,
  billedBytes: 4310 * GIB,
  kinds: [
    {
      kind: 'internet',
      meshBytes: 520 * GIB,
      billedBytes: 601 * GIB,
      share: 520 / 601,
      billed: '48.11',
      attributed: '41.626',
      unattributed: '6.484',
      estimate: '46.8',
      unpricedBytes: 0,
    },
    {
      kind: 'cross-region',
      meshBytes: 2926 * GIB,
      billedBytes: 2900 * GIB,
      share: 2926 / 2900,
      billed: '58',
      attributed: '58',
      unattributed: '0',
      estimate: '58.52',
      unpricedBytes: 4 * GIB,
    },
    {
      kind: 'nat-processing',
      meshBytes: 3480 * GIB,
      billedBytes: 3512 * GIB,
      share: 3480 / 3512,
      billed: '158.04',
      attributed: '156.6',
      unattributed: '1.44',
      estimate: '156.6',
      unpricedBytes: 0,
    },
    {
      kind: 'nat-hours',
      meshBytes: 3480 * GIB,
      billedBytes: null,
      share: null,
      billed: '100.44',
      attributed: '100.44',
      unattributed: '0',
      estimate: '100.44',
      unpricedBytes: 0,
    },
    {
      kind: 'other',
      meshBytes: 0,
      billedBytes: 330 * GIB,
      share: 0,
      billed: '37.52',
      attributed: '0',
      unattributed: '37.52',
      estimate: null,
      unpricedBytes: 0,
    },
  ],
  places: [
    {
      kind: 'cross-region',
      region: 'us-west-2',
      to: 'eu-central-1',
      meshBytes: 2926 * GIB,
      billedBytes: 2900 * GIB,
      share: 2926 / 2900,
      billed: '58',
      attributed: '58',
      unattributed: '0',
      estimate: '58.52',
      unpricedBytes: 0,
    },
    {
      kind: 'internet',
      region: '',
      to: '',
      meshBytes: 520 * GIB,
      billedBytes: 601 * GIB,
      share: 520 / 601,
      billed: '48.11',
      attributed: '41.626',
      unattributed: '6.484',
      estimate: '46.8',
      unpricedBytes: 0,
    },
  ],
  unattributedBy: [
    {
      reason: 'No target is in ap-southeast-1, so no flow can be what this line is for.',
      bytes: 330 * GIB,
      money: '37.52',
    },
    { reason: 'More was billed than the meshes sent in the hours of these lines.', bytes: 81 * GIB, money: '7.924' },
  ],
  teams: [
    { team: 'media', costCentre: 'CC-2040', egressBytes: 2926 * GIB, money: '296.366', estimate: '296.1' },
    { team: '', costCentre: '', egressBytes: 89 * GIB, money: '60.3', estimate: null },
  ],
  workloads: [
    {
      target: 'prod-eu',
      namespace: 'media',
      workload: 'image-resizer',
      team: 'media',
      egressBytes: 2926 * GIB,
      money: '296.366',
      estimate: '296.1',
    },
    {
      target: 'prod-us',
      namespace: 'legacy',
      workload: '',
      team: '',
      egressBytes: 89 * GIB,
      money: '60.3',
      estimate: null,
    },
  ],
  destinations: [
    { host: 's3.eu-central-1.amazonaws.com', egressBytes: 2926 * GIB, money: '296.366', estimate: '296.1' },
    { host: SCRIPT_HOST, egressBytes: 89 * GIB, money: '60.3', estimate: null },
  ],
  explanations: [
    {
      cause: 'unobserved',
      sentence: 'The ledger has 15 of the 31 days, so what was billed for the other 16 was seen by nobody.',
      bytes: null,
      money: null,
      share: null,
    },
    {
      cause: 'overhead',
      sentence: 'Proxies do not count the headers of TLS and TCP, which are 2 to 6 % of what is billed.',
      bytes: null,
      money: null,
      share: 0.03,
    },
    {
      cause: 'credits',
      sentence: '12.50 USD of credits were kept apart, and are split over nobody.',
      bytes: null,
      money: '-12.5',
      share: null,
    },
  ],
}

export function sampleBill(): BillReport {
  return {
    schema: 1,
    page: 'bill',
    title: 'Egress',
    downloads: [sampleDownload('parts.csv', 'Every part of every line', 5210)],
    month: '2026-10',
    previous: null,
    next: null,
    bills: [BILL],
    imported: [{ month: '2026-10', provider: 'aws', imported: BILL.imported }],
  }
}

/** The same before any bill was imported. */
export function sampleNoBill(): BillReport {
  return { ...sampleBill(), bills: [], imported: [] }
}
