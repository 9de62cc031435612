import { type ExportFormat, type ExportStep, exportLedger } from '../stage/export.ts'
import {
  CONFIG_OPTION,
  type Command,
  configOf,
  hourOption,
  noWords,
  SPAN_OPTIONS,
  storeOf,
  TARGET_OPTION,
  UsageError,
  type Values,
} from './command.ts'

const STEPS: readonly ExportStep[] = ['hour', 'day', 'month']
const FORMATS: readonly ExportFormat[] = ['csv', 'json', 'parquet']

/** `export` is a word of the language. */
export const exportCommand: Command = {
  name: 'export',
  summary: 'write flows to standard output, as CSV, JSON lines or Parquet',
  usage: '--from TIME --to TIME [--by hour|day|month] [--format csv|json|parquet] [--target NAME] [--config FILE]',
  help: [
    'One row for each flow and period. A period in which a target had no traffic has one row of zeros; one that nobody',
    'observed has a row without figures. The span is half-open: --to is not part of it. Open hours are marked provisional.',
    '',
    'Examples:',
    '  wharfage export --from 2026-11-01 --to 2026-12-01 --by month > november.csv',
    '  wharfage export --from 2026-11-20T09:00Z --to 2026-11-20T12:00Z --by hour --format json',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    ...TARGET_OPTION,
    ...SPAN_OPTIONS,
    by: { type: 'string', value: 'STEP', help: 'hour, day or month (default: day)' },
    format: { type: 'string', value: 'FORMAT', help: 'csv, json or parquet (default: csv)' },
  },
  async run(values, words, terminal) {
    noWords(words)
    const request = {
      from: endOption(values, 'from'),
      to: endOption(values, 'to'),
      by: choice(values, 'by', STEPS, 'day'),
      format: choice(values, 'format', FORMATS, 'csv'),
      target: values.target as string | undefined,
    }
    if (request.to <= request.from) throw new UsageError(`--to ${values.to} is not after --from ${values.from}`)
    const config = await configOf(values, terminal)
    await terminal.out(await exportLedger(storeOf(config), request))
    return 0
  },
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
