/**
 * What publishing the next day costs after 100, 400 and 1,100 days of two meshes with 400 destinations and 150 workloads, side by
 * side, judged and priced: `npm run benchmark:publish [days…]`. Ledger and site lie in folders, and every request to them is counted. Checks
 * that the pages written are those whose report changed and no others, and that the figures are those that were made up.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkpointKey } from '#core/keys.ts'
import type { DayReport } from '#core/report.ts'
import type { HomeReport } from '#core/reports/home.ts'
import type { ChainLink } from '#core/rollup.ts'
import { DAY_MS, eachHour, HOUR_MS, isoDate } from '#core/time.ts'
import { addRow, zeroByClass } from '#core/totals.ts'
import { loadDeclaredFiles } from '../../functions/declared.ts'
import { loadSite } from '../../functions/pages.ts'
import { buildSite } from '../../functions/site-build.ts'
import { recordDeclared } from '../../functions/stage/declarations.ts'
import { type PublishSummary, publish } from '../../functions/stage/publish.ts'
import { folderStore } from '../../functions/store/folder.ts'
import type { Store } from '../../functions/store/store.ts'
import { checkpointOf } from '../closed-checkpoint.ts'
import { END, rowsOf, TARGETS, writeRollups } from './years.ts'

const TITLE = 'Three years'

interface Cost extends Omit<PublishSummary, 'rendered'> {
  seconds: number // by the clock
  cpuSeconds: number
  rendered: number
  ledger: string // requests
  site: string
}

const sizes = process.argv.slice(2).map(Number)
await buildSite((line) => console.log(line))
const site = await loadSite()
const costs: Record<string, Cost> = {}
for (const days of sizes.length > 0 ? sizes : [100, 400, 1100]) {
  if (!Number.isSafeInteger(days) || days < 1 || days > 1100) throw new Error(`${days} is no number of days up to 1100`)
  await measure(days)
}
console.table(costs)

async function measure(days: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'wharfage-years-'))
  try {
    const store = folderStore(join(folder, 'data'), { durable: false })
    const out = folderStore(join(folder, 'site'), { durable: false })
    const heads: (ChainLink | null)[] = TARGETS.map(() => null)
    const end = END - DAY_MS
    await declarePrices(store, folder)
    await writeRollups(store, heads, end - days * DAY_MS, end)
    await writeCheckpoints(store, heads)
    costs[`${days} days, the first publish`] = (await timed(store, out)).cost
    costs[`${days} days, nothing new`] = (await timed(store, out)).cost

    await writeRollups(store, heads, end, end + HOUR_MS)
    await writeCheckpoints(store, heads)
    costs[`${days} days, an hour more`] = (await nextPublish(store, out)).cost

    await writeRollups(store, heads, end + HOUR_MS, END)
    await writeCheckpoints(store, heads)
    const { cost, rendered } = await nextPublish(store, out)
    costs[`${days} days, a day more`] = cost
    assert.ok(rendered.includes(`days/${isoDate(end)}/`))
    await checkFigures(out, end)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** List prices of both meshes, and a team for each namespace of a few. */
async function declarePrices(store: Store, folder: string): Promise<void> {
  const [prices, owners] = [join(folder, 'prices.yaml'), join(folder, 'owners.yaml')]
  writeFileSync(prices, 'currency: USD\nbooks: [aws]\n')
  writeFileSync(owners, 'teams: [{ name: one, from: [team-1] }, { name: two, from: [team-2, team-3] }]\n')
  const place = { provider: 'aws', tier: '', payer: '', nat: { gateways: 3 }, endpoints: [] }
  const clouds = { 'prod-eu': { ...place, region: 'eu-west-1' }, 'prod-us': { ...place, region: 'us-east-1' } }
  const none = { istio: [], register: null, findings: null, budgets: null }
  await recordDeclared(store, await loadDeclaredFiles({ ...none, prices, owners, clouds }))
}

async function timed(store: Store, out: Store): Promise<{ cost: Cost; rendered: string[] }> {
  const [ledger, pages] = [counted(store), counted(out)]
  const [before, cpuBefore] = [performance.now(), process.cpuUsage()]
  const { rendered, ...summary } = await publish(ledger.store, pages.store, site, { title: TITLE })
  const seconds = Math.round(performance.now() - before) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const cpuSeconds = Math.round((user + system) / 1000) / 1000
  assert.equal(summary.remaining, 0)
  const cost = { seconds, cpuSeconds, ...summary, rendered: rendered.length, ledger: ledger.told(), site: pages.told() }
  return { cost, rendered }
}

/** Publishes, and checks that what was written is what changed. */
async function nextPublish(store: Store, out: Store): Promise<{ cost: Cost; rendered: string[] }> {
  const [etagsBefore, reportsBefore] = [await etagsOf(out), await reportsOf(out)]
  const { cost, rendered } = await timed(store, out)
  const [etags, reports] = [await etagsOf(out), await reportsOf(out)]
  const changed = [...reports].filter(([address, report]) => reportsBefore.get(address) !== report)
  assert.deepEqual(changed.map(([address]) => address).sort(), rendered)
  const pages = new Set(rendered)
  const untouched = [...etags.keys()].filter((key) => !pages.has(pageBeside(key, reports)))
  const beside = untouched.filter((key) => etags.get(key) !== etagsBefore.get(key))
  assert.ok(
    beside.every((key) => ['search.json', 'findings.atom'].includes(key) || key.endsWith('/flows.csv')),
    beside.join(' '),
  )
  return { cost, rendered }
}

/** The page that a file lies beside, or below. */
function pageBeside(key: string, reports: ReadonlyMap<string, string>): string {
  let folder = key.slice(0, key.lastIndexOf('/') + 1)
  while (!reports.has(folder)) folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1)
  return folder
}

/** The day's figures, and that day's on the home page, are the sums of what was made up. */
async function checkFigures(out: Store, day: number): Promise<void> {
  const byClass = zeroByClass()
  for (const hour of eachHour(day, day + DAY_MS)) {
    for (const at of TARGETS.keys()) for (const row of rowsOf(at, hour)) addRow(byClass[row.destinationClass], row)
  }
  const read = async <T>(key: string) => JSON.parse(Buffer.from((await out.get(key))?.bytes ?? '').toString()) as T
  assert.deepEqual((await read<DayReport>(`days/${isoDate(day)}/report.json`)).byClass, byClass)
  assert.deepEqual((await read<HomeReport>('report.json')).latest?.byClass, byClass)
}

async function writeCheckpoints(store: Store, heads: readonly (ChainLink | null)[]): Promise<void> {
  for (const [at, target] of TARGETS.entries()) {
    const head = heads[at]
    if (head !== null)
      await store.put(checkpointKey(target), checkpointOf([{ ...head, bytes: new Uint8Array() }]), 'always')
  }
}

async function etagsOf(store: Store): Promise<Map<string, string>> {
  return new Map((await store.list('')).map(({ key, etag }) => [key, etag]))
}

/** The data of every page, by address. */
async function reportsOf(store: Store): Promise<Map<string, string>> {
  const reports = new Map<string, string>()
  for (const { key } of await store.list('')) {
    if (!key.endsWith('report.json')) continue
    reports.set(key.slice(0, -'report.json'.length), Buffer.from((await store.get(key))?.bytes ?? '').toString())
  }
  return reports
}

function counted(store: Store): { store: Store; told(): string } {
  const counts = { get: 0, put: 0, list: 0 }
  const count = <T>(what: keyof typeof counts, answer: Promise<T>): Promise<T> => {
    counts[what]++
    return answer
  }
  return {
    store: {
      get: (key) => count('get', store.get(key)),
      head: (key) => count('get', store.head(key)),
      put: (...given) => count('put', store.put(...given)),
      list: (...given) => count('list', store.list(...given)),
    },
    told: () =>
      Object.entries(counts)
        .map(([what, times]) => `${times} ${what}`)
        .join(', '),
  }
}
