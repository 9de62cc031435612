/**
 * What the company of the demo declares: the configuration of both meshes as their calendars have it, the egress register,
 * which findings it accepts, prices, owners and budgets. The files lie in declared/. Those that hold at the end are given to
 * the demo's folder, so that a person can change them and see what that does.
 *
 * Of prices the calendar is:
 *   2026-10-17  both meshes run at AWS; prod-eu leaves through two NAT gateways, and has no endpoint for S3
 *   2026-11-03  what the payer's other accounts sent in October is known now: less than was thought
 *   2026-11-12  prod-us leaves through a NAT gateway, too
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TargetPlace } from '#core/costs/prices.ts'
import { isoDate } from '#core/time.ts'
import { readBillFile } from '../bill-file.ts'
import { loadDeclaredFiles } from '../declared.ts'
import { recordBill } from '../stage/bills.ts'
import { recordDeclared } from '../stage/declarations.ts'
import type { Store } from '../store/store.ts'
import { BILL_FILE, BILLED_ON, octoberBill } from './bill.ts'
import { FROM, instant, MESHES, type MeshName } from './world.ts'

const FOLDER = fileURLToPath(new URL('declared', import.meta.url))
const REGISTER = 'register.yaml'
const RULES = 'findings.yaml'
const FIRST = FROM.slice(0, 10)

/** A file of Istio's configuration, and the days on which it is applied. */
interface Applied {
  mesh: MeshName
  file: string
  from: string // YYYY-MM-DD
  until: string // exclusive; '' for ever
}

const applied = (mesh: MeshName, name: string, from = FIRST, until = ''): Applied => ({
  mesh,
  file: join('istio', mesh, `${name}.yaml`),
  from,
  until,
})

const MANIFESTS: readonly Applied[] = [
  applied('prod-eu', 'mesh-allow-any', FIRST, '2026-11-04'),
  applied('prod-eu', 'mesh-registry-only', '2026-11-04'),
  applied('prod-eu', 'legacy-sidecar'),
  applied('prod-eu', 'entries'),
  applied('prod-eu', 'googleapis', '2026-10-24'),
  applied('prod-eu', 'googleapis-books', '2026-10-31'),
  applied('prod-eu', 'pricecompare', '2026-11-04'),
  applied('prod-eu', 'httpbin', '2026-11-06'),
  applied('prod-us', 'mesh-allow-any', FIRST, '2026-10-23'),
  applied('prod-us', 'mesh-dynamic-dns', '2026-10-23'),
  applied('prod-us', 'entries'),
  applied('prod-us', 'datadog-none', FIRST, '2026-11-02'),
  applied('prod-us', 'datadog-dynamic', '2026-11-02'),
  applied('prod-us', 'payments-sidecar', '2026-11-11'),
]

const PRICES = 'prices.yaml'
const OWNERS = 'owners.yaml'
const BUDGETS = 'budgets.yaml'

/** What the demo's folder has of this, for it to be emptied. */
export const DECLARED_NAMES: readonly string[] = ['istio', REGISTER, RULES, PRICES, OWNERS, BUDGETS]

/** Files of prices by the first day on which each holds; of declared/prices, and named by it. */
const PRICED_FROM: readonly string[] = [FIRST, '2026-11-03']
const NAT_IN_AMERICA = '2026-11-12'

/** Where each mesh runs and how it leaves, on a day (YYYY-MM-DD). */
function cloudsOn(day: string): Record<MeshName, TargetPlace> {
  const plain = { provider: 'aws', tier: '', payer: 'main', endpoints: [] }
  return {
    'prod-eu': { ...plain, region: 'eu-west-1', nat: { gateways: 2 } },
    'prod-us': { ...plain, region: 'us-east-1', nat: day < NAT_IN_AMERICA ? null : { gateways: 1 } },
  }
}

/** What the demo's configuration says of these files, as lines of YAML. */
export const DECLARED_LINES: readonly string[] = [
  'istio:',
  '  - { path: ./istio/prod-eu, target: prod-eu }',
  '  - { path: ./istio/prod-us, target: prod-us }',
  `register: ./${REGISTER}`,
  `findings: ./${RULES}`,
  `prices: ./${PRICES}`,
  `owners: ./${OWNERS}`,
  `budgets: ./${BUDGETS}`,
]

/** What it says of where a mesh runs, by an instant (ms since epoch, exclusive). */
export function cloudLine(mesh: MeshName, until: number): string {
  const { provider, region, payer, nat } = cloudsOn(isoDate(until - 1))[mesh]
  const through = nat === null ? '' : `, nat: { gateways: ${nat.gateways} }`
  return `cloud: { provider: ${provider}, region: ${region}, payer: ${payer}${through} }`
}

/**
 * Declares in a folder what held on each day until one (ms since epoch, exclusive), a day after the other, and records it as
 * if it had been published on that day's morning.
 */
export async function declareCalendar(folder: string, store: Store, until: number): Promise<void> {
  for (const file of [REGISTER, RULES, OWNERS, BUDGETS]) await cp(join(FOLDER, file), join(folder, file))
  const istio = MESHES.map((mesh) => ({ path: join(folder, 'istio', mesh), target: mesh }))
  const judged = { istio, register: join(folder, REGISTER), findings: join(folder, RULES) }
  const priced = { prices: join(folder, PRICES), owners: join(folder, OWNERS), budgets: join(folder, BUDGETS) }
  const pricedOn = [...PRICED_FROM, NAT_IN_AMERICA]
  const days = [...new Set([...MANIFESTS.map(({ from }) => from), ...pricedOn])].sort()
  for (const day of days.filter((one) => instant(`${one} 00:00`) < until)) {
    await rm(join(folder, 'istio'), { recursive: true, force: true })
    for (const { file } of MANIFESTS.filter((one) => one.from <= day && (one.until === '' || day < one.until))) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await cp(join(FOLDER, file), join(folder, file))
    }
    const file = PRICED_FROM.findLast((from) => from <= day)
    await cp(join(FOLDER, 'prices', `${file}.yaml`), join(folder, PRICES))
    // What is not named goes on; a price book is long, and is read by the real clock, since it says when it was written.
    const named = pricedOn.includes(day) ? { ...judged, ...priced } : judged
    const declared = await loadDeclaredFiles({ ...named, clouds: cloudsOn(day) })
    await recordDeclared(store, declared, () => instant(`${day} 06:00`))
  }
}

/** Writes the bill of October into a folder and imports it, if it is there by an instant (ms since epoch, exclusive). */
export async function importBill(folder: string, store: Store, seed: number, until: number): Promise<void> {
  const billed = instant(BILLED_ON)
  if (billed >= until) return
  const path = join(folder, BILL_FILE)
  await writeFile(path, octoberBill(seed))
  await recordBill(store, await readBillFile(path, { provider: null, month: null, creditsApart: true }), () => billed)
}
