/** What the demo's pages say of money, a line for each figure, to be held against what its calendars make true. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PriceKind } from '#core/costs/prices.ts'
import type { BillReport } from '#core/reports/bill.ts'
import type { CostsReport } from '#core/reports/costs.ts'
import type { SavingsReport } from '#core/reports/savings.ts'
import { eachDay } from '#core/time.ts'
import { type Meter, meteredOn, OVERHEAD_PERMILLE } from '../functions/demo/metered.ts'
import { FROM, instant } from '../functions/demo/world.ts'

/** The lines that must be, as demo-costs.txt has them. */
export function expectedCostLines(): string[] {
  const text = readFileSync(join(import.meta.dirname, 'demo-costs.txt'), 'utf8')
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

/** What really left both meshes on the days of October that are simulated, as it is charged, by kind, in bytes. */
export function chargedInTruth(seed: number, overheadFactor: number): Partial<Record<PriceKind, number>> {
  const first = instant(FROM)
  const metered = meteredOn([...eachDay(first, instant('2026-11-01 00:00'))], seed)
  const seen = (...meters: Meter[]) => {
    const bytes = metered.reduce((sum, day) => meters.reduce((more, meter) => more + day[meter], sum), 0n)
    return (Number(bytes) * 1000 * overheadFactor) / Number(OVERHEAD_PERMILLE)
  }
  return {
    internet: seen('EU-DataTransfer-Out-Bytes', 'DataTransfer-Out-Bytes'),
    'cross-region': seen('USE1-USE2-AWS-Out-Bytes'),
    'nat-processing': seen('EU-NatGateway-Bytes'),
  }
}

/** The lines of a published site of the demo, by the folder it lies in. */
export function costLines(site: string): string[] {
  const report = <T>(page: string) => JSON.parse(readFileSync(join(site, 'costs', page, 'report.json'), 'utf8')) as T
  const { months, budgets } = report<CostsReport>('.')
  const { bills } = report<BillReport>('bill/2026-10')
  const { savings } = report<SavingsReport>('savings')
  return [
    ...months.flatMap(({ period, money, byKind, trueUp, total }) => [
      ...byKind.map((row) => `estimate ${period} ${row.kind} ${row.bytes} ${row.money}`),
      `estimate ${period} ${money}`,
      ...(trueUp === null ? [] : [`true-up ${period} ${trueUp.on} ${trueUp.money}`]),
      `total ${period} ${total}`,
    ]),
    ...bills.flatMap(
      ({ kinds, teams, unattributedBy, billed, usage, attributed, unattributed, credits, adjustments }) => [
        ...kinds.map(
          (row) => `bill ${row.kind} ${row.meshBytes} of ${row.billedBytes} ${row.attributed} of ${row.billed}`,
        ),
        ...teams.map((row) => `bill team ${row.team || '(unowned)'} ${row.money} estimate ${row.estimate}`),
        ...unattributedBy.map((row) => `bill unattributed ${row.money} ${row.reason}`),
        `bill usage ${usage} attributed ${attributed} unattributed ${unattributed}`,
        `bill ${billed} credits ${credits} adjustments ${adjustments}`,
      ],
    ),
    ...budgets.map(({ team, month, monthly, used, state, runsOut }) => {
      return `budget ${team || '(all)'} ${month} ${used} of ${monthly} ${state}${runsOut === '' ? '' : ` ${runsOut}`}`
    }),
    ...savings.map(({ rule, certainty, target, hosts, monthly, yearly }) => {
      return `saving ${rule} ${certainty} ${target} ${hosts.join(' ')} ${monthly} ${yearly}`
    }),
  ]
}
