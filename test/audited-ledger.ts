/** A ledger of two meshes over three days, declared, sealed and signed, in a folder: to be packed, unpacked and spoilt. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { unzipSync } from 'fflate'
import type { FrameworkName } from '#core/audit/audit.ts'
import { defaultRules } from '#core/findings/rules.ts'
import { checkpointKey } from '#core/keys.ts'
import type { RegisterEntry } from '#core/register/register.ts'
import type { EncodedRollup } from '#core/rollup.ts'
import { DAY_MS, HOUR_MS, parseInstant } from '#core/time.ts'
import { makeLocalKey, readLocalKey } from '../functions/signing/local-key.ts'
import type { Signer } from '../functions/signing/signer.ts'
import { packAudit } from '../functions/stage/audit.ts'
import { recordDeclaration } from '../functions/stage/declarations.ts'
import { sealDays } from '../functions/stage/seal.ts'
import { folderStore } from '../functions/store/folder.ts'
import type { Store } from '../functions/store/store.ts'
import { checkpointOf } from './closed-checkpoint.ts'
import { encodeChain, flowRow, hourRecord, tcpRow } from './flow-rows.ts'

/** Five days, of which the middle three are audited. */
export const FIRST = parseInstant('2026-11-14')
export const SPAN = { from: '2026-11-15', to: '2026-11-18' }
export const NOW = FIRST + 6 * DAY_MS

const ENTRY: RegisterEntry = {
  name: 'stripe',
  line: 3,
  destination: 'api.stripe.com',
  ports: [],
  protocols: [],
  from: ['shop'],
  owner: 'payments',
  need: '=card payments', // a formula to a spreadsheet
  approvedBy: 'ada@example.com',
  approvedOn: '2026-11-01',
  ticket: 'SEC-1',
  reviews: [],
  reviewBy: '',
  expires: '',
  dataClass: 'card data',
  provider: 'Stripe',
  country: 'IE',
  region: '',
  tags: ['cde'],
}

/** What shop does in an hour; the second mesh began a day later, and sleeps for two hours that nobody observed. */
function chainOf(target: string, from: number): EncodedRollup[] {
  const hours = Array.from(
    { length: (FIRST + 5 * DAY_MS + 4 * HOUR_MS - from) / HOUR_MS },
    (_, at) => from + at * HOUR_MS,
  )
  return encodeChain(
    hours.map((hour, at) => {
      if (target === 'prod-us' && (at === 30 || at === 31)) {
        const gaps = [{ from: hour, to: hour + HOUR_MS, reason: 'no answer' }]
        return hourRecord(target, hour, [], { observedMs: 0, scrapes: 0, gaps })
      }
      const rows = [
        flowRow({ requests: 3, egressBytes: 300 + at }),
        flowRow({
          destinationClass: 'passthrough',
          destinationHost: '<script>.example',
          destinationService: 'PassthroughCluster',
          requests: 1,
          egressBytes: 10,
        }),
        tcpRow('UH', { connectionsClosed: 2 }),
      ]
      rows[2] = { ...rows[2], destinationClass: 'blocked', destinationHost: '', destinationService: 'BlackHoleCluster' }
      return hourRecord(target, hour, rows)
    }),
  )
}

const chains = [chainOf('prod-eu', FIRST), chainOf('prod-us', FIRST + DAY_MS)]

export interface AuditedLedger {
  folder: string
  store: Store
  signer: Signer
}

export function temporary(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'wharfage-audit-'))
}

/** A new ledger in a folder of its own, with a key beside it. */
export async function auditedLedger({ isSigned = true } = {}): Promise<AuditedLedger> {
  const folder = await temporary()
  const store = folderStore(join(folder, 'data'), { durable: false })
  for (const chain of chains) {
    for (const { key, bytes } of chain) await store.put(key, bytes, 'absent')
    await store.put(checkpointKey(chain === chains[0] ? 'prod-eu' : 'prod-us'), checkpointOf(chain), 'always')
  }
  await makeLocalKey(join(folder, 'key.pem'))
  const signer = await readLocalKey(join(folder, 'key.pem'))
  const at = (time: string) => () => parseInstant(time)
  const register = { entries: [ENTRY], residency: [] }
  await recordDeclaration(store, { kind: 'register', content: register }, at('2026-11-14T08:00Z'))
  const reviewed = { entries: [{ ...ENTRY, reviews: [{ on: '2026-11-17', by: 'grace', note: '' }] }], residency: [] }
  await recordDeclaration(store, { kind: 'register', content: reviewed }, at('2026-11-17T08:00Z'))
  await recordDeclaration(store, { kind: 'rules', content: defaultRules() }, at('2026-11-14T08:00Z'))
  await sealDays(store, { now: () => NOW, signer: async () => (isSigned ? signer : null) })
  return { folder, store, signer }
}

/** The pack of the three days. */
export async function packed(
  { store, signer }: AuditedLedger,
  {
    framework = 'pci',
    span = SPAN,
    isSigned = true,
  }: { framework?: FrameworkName; span?: typeof SPAN; isSigned?: boolean } = {},
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  await packAudit(store, { title: 'Egress <b>', span, framework, signer: isSigned ? signer : null }, async (bytes) => {
    parts.push(bytes)
  })
  return Buffer.concat(parts)
}

/** Unpacks a zip into a new folder. */
export async function unpacked(zip: Uint8Array): Promise<string> {
  const folder = await temporary()
  for (const [path, bytes] of Object.entries(unzipSync(zip))) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), bytes)
  }
  return folder
}
