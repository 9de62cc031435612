import { moneyOf, type Nano } from '#core/costs/money.ts'
import { FOCUS_ROWS, FOCUS_VERSIONS, type FocusRows, type FocusVersion } from '#core/focus/columns.ts'
import { emptyTally } from '#core/focus/estimate.ts'
import { spool } from '../spool.ts'
import { type ExportFormat, type ExportStep, exportLedger } from '../stage/export.ts'
import { emptyAllocation, focusAllocations } from '../stage/focus-allocation.ts'
import { focusEstimates } from '../stage/focus-export.ts'
import type { Store } from '../store/store.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  hourOption,
  noWords,
  SPAN_OPTIONS,
  storeOf,
  TARGET_OPTION,
  type Terminal,
  UsageError,
  type Values,
} from './command.ts'

const STEPS: readonly ExportStep[] = ['hour', 'day', 'month']
const FORMATS: readonly (ExportFormat | 'focus')[] = ['csv', 'json', 'parquet', 'focus']

/** `export` is a word of the language. */
export const exportCommand: Command = {
  name: 'export',
  summary: 'write flows to standard output, as CSV, JSON lines or Parquet, or what they cost, as FOCUS',
  usage:
    '--from TIME --to TIME [--by hour|day|month] [--format csv|json|parquet|focus] [--focus-rows estimate|allocation] [--focus-version 1.2|1.4] [--target NAME] [--config FILE]',
  help: [
    'One row for each flow and period. A period in which a target had no traffic has one row of zeros; one that nobody',
    'observed has a row without figures. The span is half-open: --to is not part of it. Open hours are marked provisional.',
    '',
    'With --format focus it writes what the flows cost, as CSV in the columns of the FinOps Open Cost and Usage',
    'Specification: a row for each workload, host and thing that is charged, and for each tier it was priced in. Version',
    '1.2 is the default, since validators and most consumers carry it; 1.4 has columns of its own for split costs, which',
    'in 1.2 begin with x_.',
    '',
    '--focus-rows estimate (the default) tells what it costs by list prices. Nobody is invoiced by that: BilledCost and',
    'EffectiveCost are 0, the estimate is ListCost, and the rows can stand beside those of your provider. Bytes without a',
    'price are rows of category Adjustment without unit price, in x_ChargedBytes. The true-up of a closed month is in none.',
    '--focus-rows allocation divides the lines of imported bills over workloads and hosts, with what no flow explains as',
    'rows of their own. These are your provider’s charges: load them in place of the lines in x_BillFile, not beside them.',
    'It takes the lines whose charge period begins in the span, each with its own period. A file has rows of one sort',
    'alone, since estimates and bills are two figures for the same bytes, and no sum of both means anything.',
    '',
    'Examples:',
    '  wharfage export --from 2026-11-01 --to 2026-12-01 --by month > november.csv',
    '  wharfage export --from 2026-11-20T09:00Z --to 2026-11-20T12:00Z --by hour --format json',
    '  wharfage export --from 2026-11-01 --to 2026-12-01 --format focus > estimate.csv',
    '  wharfage export --from 2026-11-01 --to 2026-12-01 --format focus --focus-rows allocation > split-bill.csv',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    ...TARGET_OPTION,
    ...SPAN_OPTIONS,
    by: { type: 'string', value: 'STEP', help: 'hour, day or month (default: day)' },
    format: { type: 'string', value: 'FORMAT', help: 'csv, json, parquet or focus (default: csv)' },
    'focus-rows': { type: 'string', value: 'ROWS', help: 'estimate or allocation (default: estimate)' },
    'focus-version': { type: 'string', value: 'VERSION', help: '1.2 or 1.4 (default: 1.2)' },
  },
  async run(values, words, terminal) {
    noWords(words)
    const span = {
      from: endOption(values, 'from'),
      to: endOption(values, 'to'),
      by: choice(values, 'by', STEPS, 'day'),
      target: values.target as string | undefined,
    }
    const format = choice(values, 'format', FORMATS, 'csv')
    const focus = focusOptions(values, format)
    if (span.to <= span.from) throw new UsageError(`--to ${values.to} is not after --from ${values.from}`)
    const config = await configOf(values, terminal)
    if (format === 'focus') await exportFocus(storeOf(config), { ...span, ...focus }, terminal)
    else await terminal.out(await exportLedger(storeOf(config), { ...span, format }))
    return 0
  },
}

interface FocusOptions {
  rows: FocusRows
  version: FocusVersion
}

function focusOptions(values: Values, format: ExportFormat | 'focus'): FocusOptions {
  const rows = choice(values, 'focus-rows', FOCUS_ROWS, 'estimate')
  const version = choice(values, 'focus-version', FOCUS_VERSIONS, '1.2')
  for (const name of ['focus-rows', 'focus-version']) {
    if (format !== 'focus' && values[name] !== undefined) throw new UsageError(`--${name} is for --format focus alone`)
  }
  if (rows === 'allocation' && values.by !== undefined) {
    throw new UsageError('--by is for estimates alone; the lines of a bill keep their own periods')
  }
  return { rows, version }
}

type FocusSpan = FocusOptions & { from: number; to: number; by: ExportStep; target?: string }

async function exportFocus(store: Store, request: FocusSpan, terminal: Terminal): Promise<void> {
  const out = (bytes: Uint8Array) => terminal.out(bytes)
  if (request.rows === 'allocation') {
    const tally = emptyAllocation()
    await spool(focusAllocations(store, request, tally), out, terminal.stop)
    const { rows, bills, lines, nano, unattributed } = tally
    const nobody = request.target === undefined ? `, of which ${moneyText(unattributed)} goes to no flow` : ''
    terminal.say(`${rows} rows of ${counted(lines, 'line')} of ${counted(bills, 'bill')}: ${moneyText(nano)}${nobody}`)
    return
  }
  const tally = emptyTally()
  await spool(focusEstimates(store, request, tally), out, terminal.stop)
  const { rows, nano, unpricedRows, unpricedBytes, partialRows } = tally
  terminal.say(`${counted(rows, 'row')}: ${moneyText(nano)} by list prices`)
  if (unpricedRows > 0)
    terminal.say(`${unpricedBytes} bytes have no price: ${counted(unpricedRows, 'row')} without a unit price`)
  if (partialRows > 0) terminal.say(`${counted(partialRows, 'row')} of time that was not observed whole: lower bounds`)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function moneyText(sums: ReadonlyMap<string, Nano>): string {
  return sums.size === 0 ? '0' : [...sums].map(([currency, nano]) => `${moneyOf(nano)} ${currency}`).join(' and ')
}

function endOption(values: Values, name: 'from' | 'to'): number {
  const time = hourOption(values, name)
  if (time === null) throw new UsageError(`--${name} is missing; say --${name} 2026-11-20`)
  return time
}

function choice<T extends string>(values: Values, name: string, choices: readonly T[], fallback: T): T {
  const text = values[name] ?? fallback
  const found = choices.find((one) => one === text)
  if (found === undefined) throw new UsageError(`--${name} ${JSON.stringify(text)} is none of ${choices.join(', ')}`)
  return found
}
