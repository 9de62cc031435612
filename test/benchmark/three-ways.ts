/**
 * One month of the demo priced three ways, side by side, by team: as wharfage estimates it, as the real bill is split, and by
 * OpenCost's flat method: node test/benchmark/three-ways.ts [FOLDER] [YYYY-MM], of a finished demo (default: wharfage-demo and
 * 2026-10). Checks that each way's parts sum to its whole, to the last nano-unit, and that all three are of the same flows.
 *
 * OpenCost's method, as of its configs/aws.json and pkg/costmodel/networkcosts.go (github.com/opencost/opencost, commit
 * 5f653330): a GiB out costs `internetNetworkEgress` 0.143, `regionNetworkEgress` 0.01 or `zoneNetworkEgress` 0.01 by two
 * booleans of its network metrics, `internet` and `same_region`. Addresses decide those, and every public one is the
 * internet: an object store of the own region and a host in another region, too. Without tiers, allowance, NAT, what comes
 * back, or the name of the host.
 */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BillPart, billedDays, startSplitting } from '#core/bills/split.ts'
import { moneyOf, type Nano, nanoOf, shareOut } from '#core/costs/money.ts'
import type { PricedDay } from '#core/costs/priced-day.ts'
import { parseRange } from '#core/register/address-range.ts'
import { Bills } from '../../functions/stage/bills.ts'
import { Declarations } from '../../functions/stage/declarations.ts'
import { pricedDays } from '../../functions/stage/priced-days.ts'
import { folderStore } from '../../functions/store/folder.ts'

const DEMO = fileURLToPath(new URL('../../wharfage-demo', import.meta.url))
const INTERNET_PER_GIB: Nano = 143_000_000n
const GIB = 2n ** 30n
const UNSHARED = '(by the hour, of nobody)'
const UNATTRIBUTED = '(of nobody, by the bill)'
const UNOWNED = '(unowned)'

const [folder = DEMO, month = '2026-10'] = process.argv.slice(2)
const store = folderStore(resolve(folder, 'data'))
const declarations = await Declarations.read(store)
const [held] = await (await Bills.read(store)).of(month)
if (held === undefined)
  throw new Error(`three ways: ${folder} has no bill of ${month}; run "npm start -- --no-serve" first`)

const estimate = new Map<string, Nano>()
const flat = new Map<string, bigint>() // bytes out
const split = new Map<string, Nano>()
const { from, through } = billedDays(held.bill)
const splitting = startSplitting(held.bill)
let charged = 0n
let hours = 0n
let bytesOut = 0n
for await (const day of pricedDays(store, { from, to: through })) {
  const { prices } = await declarations.costsInForce(day.judged.digest.date)
  addParts(splitting.add(day, prices?.targets ?? {}))
  if (day.judged.digest.date.startsWith(month)) addDay(day)
}
addParts(splitting.end())

function add<T extends string>(to: Map<T, bigint>, key: T, amount: bigint): void {
  to.set(key, (to.get(key) ?? 0n) + amount)
}

function addDay({ edges, fixed, judged: { digest } }: PricedDay): void {
  for (const { team, host, totals, charges, destined } of edges) {
    if (destined === null) continue
    const nano = charges.reduce((sum, charge) => sum + charge.nano, 0n)
    charged += nano
    add(estimate, team || UNOWNED, nano)
    if (isPrivate(host)) continue
    bytesOut += BigInt(totals.egressBytes)
    add(flat, team || UNOWNED, BigInt(totals.egressBytes))
  }
  for (const { nano } of fixed) {
    hours += nano
    add(estimate, UNSHARED, nano)
  }
  const out = edges.reduce((sum, edge) => sum + BigInt(edge.totals.egressBytes), 0n)
  const told = digest.edges.reduce((sum, edge) => sum + BigInt(edge.totals.egressBytes), 0n)
  if (out !== told) throw new Error(`three ways: ${digest.date} was priced with ${out} bytes and has ${told}`)
}

function addParts(parts: readonly BillPart[]): void {
  for (const { flow, nano } of parts) add(split, flow === null ? UNATTRIBUTED : flow.team || UNOWNED, nano)
}

/** Addresses of RFC 1918, which OpenCost's network metrics take for the own zone. */
function isPrivate(host: string): boolean {
  return parseRange(host) !== null && /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\./.test(host)
}

const teams = [...new Set([...estimate.keys(), ...split.keys(), ...flat.keys()])].sort()
const wholeFlat = (bytesOut * INTERNET_PER_GIB) / GIB
const flatShares = shareOut(
  wholeFlat,
  teams.map((team) => flat.get(team) ?? 0n),
)
const rows = teams.map((team, at) => {
  return { team, estimate: estimate.get(team) ?? 0n, split: split.get(team) ?? 0n, flat: flatShares[at] }
})
const whole = { estimate: sum('estimate'), split: sum('split'), flat: sum('flat') }
const billed = held.bill.lines.reduce((total, { cost }) => total + nanoOf(cost), 0n)
check('the estimate', whole.estimate, charged + hours)
check('the split bill', whole.split, billed)
check('the flat method', whole.flat, wholeFlat)

function sum(way: 'estimate' | 'split' | 'flat'): Nano {
  return rows.reduce((total, row) => total + row[way], 0n)
}

function check(what: string, parts: Nano, is: Nano): void {
  if (parts !== is) throw new Error(`three ways: ${what} sums to ${moneyOf(parts)} and is ${moneyOf(is)}`)
}

const byFlows = rows.filter(({ team }) => team !== UNATTRIBUTED && team !== UNSHARED)
const flows = (way: 'estimate' | 'split' | 'flat') => byFlows.reduce((total, row) => total + row[way], 0n)
const shownRows = [
  ...rows.map((row) => ({ ...row, name: row.team })),
  { name: 'all that flows are charged', estimate: flows('estimate'), split: flows('split'), flat: flows('flat') },
  { name: 'everything', ...whole },
]
const header = ['team', 'estimate', 'split bill', 'flat 0.143', 'flat to split', 'flat to estimate']
const table = shownRows.map(({ name, ...row }) => [
  name,
  cents(row.estimate),
  cents(row.split),
  cents(row.flat),
  apart(row.flat, row.split),
  apart(row.flat, row.estimate),
])
const widths = header.map((_, at) => Math.max(...[header, ...table].map((cells) => cells[at].length)))
const line = (cells: readonly string[]) =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join('  ')
console.log(`${month} in ${held.bill.currency}; the estimate and the flat method are of the days that the ledger has`)
console.log([header, ...table].map(line).join('\n'))

function cents(nano: Nano): string {
  return (Number(nano) / 1e9).toFixed(2)
}

/** By how much the flat method is above (+) or below (-) another, in per cent; '–' where the other is nothing. */
function apart(flatNano: Nano, other: Nano): string {
  if (other === 0n) return '–'
  const percent = (Number(flatNano - other) / Math.abs(Number(other))) * 100
  return `${percent >= 0 ? '+' : ''}${percent.toFixed(1)} %`
}
