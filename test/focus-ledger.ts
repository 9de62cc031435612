/** A ledger with prices, owners and a bill, for tests of FOCUS exports. */
import type { BillLine } from '#core/bills/bill.ts'
import type { FlowRow } from '#core/flow.ts'
import { DAY_MS, HOUR_MS } from '#core/time.ts'
import { recordBill } from '../functions/stage/bills.ts'
import { recordDeclaration } from '../functions/stage/declarations.ts'
import { memoryStore } from '../functions/store/memory.ts'
import type { Store } from '../functions/store/store.ts'
import { encodeChain, flowRow, hourRecord, tcpRow, writeChain } from './flow-rows.ts'
import { GIB, pricesOf, targetPlace } from './prices-sample.ts'

export const FIRST_DAY = Date.UTC(2026, 9, 31)
export const DAYS = 3
export const END = FIRST_DAY + DAYS * DAY_MS

const MESH = targetPlace({
  payer: 'main',
  nat: { gateways: 2 },
  endpoints: [{ service: 'ecr', type: 'interface', zones: 3 }],
})

const PRICES = pricesOf({ targets: { mesh: MESH } })

const OWNERS = {
  teams: [
    { name: 'payments', costCentre: 'CC-1042', from: ['shop/checkout-v1'], line: 1 },
    { name: '=cmd', costCentre: '', from: ['lab'], line: 2 },
  ],
}

/** The hours of day 1, 1 November: an allowance ends in one, a tier in another. */
const BUSY: Record<number, FlowRow[]> = {
  0: [flowRow({ requests: 9, egressBytes: 90 * GIB, ingressBytes: 3 * GIB }), blocked()],
  1: [
    flowRow({ requests: 9, egressBytes: 70 * GIB + 1 }),
    { ...tcpRow('-', { connectionsClosed: 1, egressBytes: 50 * GIB + 7 }), destinationHost: 'files.example.com' },
  ],
  2: [flowRow({ sourceWorkload: '', egressBytes: 10_000 * GIB })],
  3: [
    flowRow({ egressBytes: 300 * GIB + 11, ingressBytes: 12 * GIB }),
    flowRow({ sourceNamespace: 'lab', sourceWorkload: 'trial', egressBytes: 200 * GIB + 13, destinationHost: '' }),
  ],
  4: [
    flowRow({ egressBytes: 77, destinationHost: 's3.eu-west-1.amazonaws.com' }),
    flowRow({ egressBytes: 5 * GIB, destinationHost: 'x.dkr.ecr.us-east-1.amazonaws.com' }),
    flowRow({ egressBytes: 3, destinationHost: 's3.ap-southeast-1.amazonaws.com' }),
  ],
}

function blocked(): FlowRow {
  return flowRow({ destinationClass: 'blocked', requests: 4, destinationHost: 'evil.example.com' })
}

/** Three days of `mesh`, which runs in us-east-1 behind NAT, and of `edge`, of which nothing is declared. */
export async function focusLedger(): Promise<Store> {
  const store = memoryStore()
  const hours = (target: string, rowsOf: (day: number, hour: number) => FlowRow[], observed = HOUR_MS) =>
    encodeChain(
      Array.from({ length: DAYS * 24 }, (_, n) => {
        const observedMs = n === 30 ? observed : HOUR_MS
        return hourRecord(target, FIRST_DAY + n * HOUR_MS, rowsOf(Math.floor(n / 24), n % 24), { observedMs })
      }),
    )
  const mesh = hours('mesh', (day, hour) => {
    if (day === 1) return BUSY[hour] ?? []
    return hour === 23 ? [flowRow({ requests: 1, egressBytes: day === 0 ? GIB : 40 * GIB, ingressBytes: 5 })] : []
  })
  await writeChain(store, mesh)
  await writeChain(
    store,
    hours('edge', (_, hour) => (hour === 6 ? [flowRow({ egressBytes: 1000, ingressBytes: 10 })] : []), 60_000),
  )
  await recordDeclaration(store, { kind: 'prices', content: PRICES, from: '2026-01-01' }, () => END)
  await recordDeclaration(store, { kind: 'owners', content: OWNERS, from: '2026-01-01' }, () => END)
  return store
}

/** A line of use of November, but for what is given. */
export function billLine(row: number, changes: Partial<BillLine> = {}): BillLine {
  return {
    row,
    rows: 1,
    account: '222222222222',
    category: 'usage',
    kind: 'internet',
    region: 'us-east-1',
    to: '',
    from: '2026-11-01T00:00:00Z',
    until: '2026-12-01T00:00:00Z',
    bytes: 11_000 * GIB,
    quantity: '11000',
    unit: 'GB',
    cost: '968.123456789',
    meter: 'DataTransfer-Out-Bytes',
    description: '$0.090 per GB - first 10 TB / month data transfer out',
    ...changes,
  }
}

export const BILL_LINES: readonly BillLine[] = [
  billLine(1),
  billLine(2, { kind: 'nat-processing', bytes: 5 * GIB, quantity: '5', cost: '0.225', meter: 'NatGateway-Bytes' }),
  billLine(3, {
    kind: 'nat-hours',
    bytes: null,
    quantity: '1440',
    unit: 'Hrs',
    cost: '64.8',
    meter: 'NatGateway-Hours',
  }),
  billLine(4, {
    kind: 'cross-region',
    to: 'eu-central-1',
    bytes: GIB,
    quantity: '',
    unit: '',
    cost: '0.02',
    meter: '',
  }),
  billLine(5, { category: 'credit', bytes: null, quantity: '', unit: '', cost: '-12.5', description: 'promotion' }),
  billLine(6, { category: 'adjustment', bytes: null, quantity: '', unit: '', cost: '-0.000000001', description: '' }),
  billLine(7, { cost: '0', bytes: 100 * GIB, quantity: '100', description: '$0.000 per GB - first 100 GB' }),
  billLine(8, {
    from: '2026-11-01T03:00:00Z',
    until: '2026-11-01T04:00:00Z',
    bytes: 600 * GIB,
    quantity: '600',
    cost: '51.000000001',
  }),
]

/** Keeps the bill of November in a ledger. */
export async function withBill(store: Store, lines: readonly BillLine[] = BILL_LINES): Promise<Store> {
  await recordBill(
    store,
    {
      month: '2026-11',
      provider: 'aws',
      file: 'november.csv',
      sha256: 'a'.repeat(64),
      format: 'focus',
      version: '1.2',
      currency: 'USD',
      payers: ['111111111111'],
      accounts: ['222222222222'],
      rows: lines.length,
      rounded: '0',
      lines: [...lines],
    },
    () => END,
  )
  return store
}
