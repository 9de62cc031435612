import { resolve } from 'node:path'
import { BILLED_KINDS, type BilledKind, type BillLine } from '#core/bills/bill.ts'
import { type Money, moneyOf, nanoOf } from '#core/costs/money.ts'
import { isMonth, PROVIDER_NAME } from '#core/keys.ts'
import { isoDate } from '#core/time.ts'
import { readBillFile } from '../bill-file.ts'
import { type RecordedBill, recordBill } from '../stage/bills.ts'
import { Declarations } from '../stage/declarations.ts'
import { readLedger } from '../stage/ledger.ts'
import type { Store } from '../store/store.ts'
import { CONFIG_OPTION, type Command, configOf, JSON_OPTION, storeOf, UsageError, type Values } from './command.ts'

interface Imported extends RecordedBill {
  month: string
  provider: string
  currency: string
  format: string
  rows: number
  lines: number
  accounts: string[]
  kinds: KindSum[]
  credits: Money // that are kept apart
  adjustments: Money // likewise
  ledgerDays: number // of the month
}

interface KindSum {
  kind: BilledKind
  lines: number
  measured: number // of them, those that are billed by a known unit of bytes
  bytes: number | null // of those; null when there is none
  money: Money // of use
}

export const bill: Command = {
  name: 'bill',
  summary: 'keep what a cloud’s bill has for data transfer and NAT, to be split over the flows of its month',
  usage: 'import FILE [--provider NAME] [--credits apart] [--month YYYY-MM] [--json] [--config FILE]',
  help: [
    'Reads an export of a bill in FOCUS 1.0 to 1.4, or AWS’s Cost and Usage Report (CUR 2.0 or the legacy one), as CSV,',
    'CSV in gzip, or Parquet, and keeps its lines of data transfer, NAT and endpoints in the store. The next publish',
    'splits each over the flows of its period by their share of bytes, and shows what of it no flow explains.',
    '',
    'A file is kept whole or not at all: one of another month, of several currencies, with credits that were not asked',
    'for, or of a month that the ledger does not have is refused. The same bill again changes nothing; a newer one of the',
    'same month, provider and billing accounts takes the place of the older, which stays in the store.',
    '',
    'Examples:',
    '  wharfage bill import focus-2026-11.csv.gz',
    '  wharfage bill import --month 2026-11 --credits apart cur-00001.snappy.parquet',
    '  wharfage bill import --provider gcp all-clouds.csv',
  ].join('\n'),
  options: {
    ...CONFIG_OPTION,
    provider: { type: 'string', value: 'NAME', help: 'only lines of this one: aws, gcp, azure, as targets name it' },
    credits: { type: 'string', value: 'apart', help: 'keep credits and negative lines beside those that are split' },
    month: { type: 'string', value: 'YYYY-MM', help: 'refuse a file of another billing month' },
    ...JSON_OPTION,
  },
  async run(values, words, terminal) {
    const [verb, file, ...more] = words
    if (verb !== 'import') {
      throw new UsageError(verb === undefined ? 'say what to do: import' : `${show(verb)} is not import`)
    }
    if (file === undefined) throw new UsageError('name the file to import')
    if (more.length > 0) throw new UsageError(`${show(more[0])} is one file too many; import one after the other`)
    const options = optionsOf(values)
    const config = await configOf(values, terminal)
    const store = storeOf(config)
    const progress = (rows: number) => terminal.progress(`read ${rows} rows`)
    const content = await readBillFile(resolve(terminal.cwd, file), { ...options, progress })
    const { month, provider, currency, format, version, rows, lines, accounts } = content
    const ledgerDays = await daysOf(store, month)
    if (ledgerDays === 0) {
      throw new Error(
        `bill ${content.file}: it is of ${month}, of which the ledger has no day; import a bill of a month that it has`,
      )
    }
    const recorded = await recordBill(store, content)
    const head = { month, provider, currency, format: `${format} ${version}`, rows, lines: lines.length, accounts }
    const apart = { credits: sumOf(lines, 'credit'), adjustments: sumOf(lines, 'adjustment') }
    const imported: Imported = { ...recorded, ...head, kinds: kindsOf(lines), ...apart, ledgerDays }
    if (!(await isPriced(store, config.prices))) {
      terminal.say(
        'no prices are declared, and without them nothing splits a bill: name prices in the configuration, and publish',
      )
    }
    await terminal.out(values.json === true ? `${JSON.stringify(imported)}\n` : describe(imported))
    return 0
  },
}

function optionsOf({ provider, credits, month }: Values) {
  if (provider !== undefined && !PROVIDER_NAME.test(String(provider))) {
    throw new UsageError(`--provider ${show(String(provider))} is not 1 to 40 characters of a-z, 0-9 and -`)
  }
  if (credits !== undefined && credits !== 'apart')
    throw new UsageError(`--credits ${show(String(credits))} is not apart`)
  if (month !== undefined && !isMonth(String(month))) {
    throw new UsageError(`--month ${show(String(month))} is no month, as 2026-11`)
  }
  return {
    provider: (provider as string | undefined) ?? null,
    month: (month as string | undefined) ?? null,
    creditsApart: credits === 'apart',
  }
}

/** Whether prices were declared, or will be by the next publish. */
async function isPriced(store: Store, file: string | null): Promise<boolean> {
  if (file !== null) return true
  return (await Declarations.read(store)).all().some(({ kind }) => kind === 'prices')
}

/** How many days of a month the ledger has something of, closed or open. */
async function daysOf(store: Store, month: string): Promise<number> {
  const dates = new Set<string>()
  for (const { rollups, finished, open } of await readLedger(store)) {
    for (const hour of [...rollups.keys(), ...finished.keys(), ...open.map((record) => record.hour)]) {
      if (isoDate(hour).startsWith(month)) dates.add(isoDate(hour))
    }
  }
  return dates.size
}

function kindsOf(lines: readonly BillLine[]): KindSum[] {
  return BILLED_KINDS.flatMap((kind): KindSum[] => {
    const of = lines.filter((line) => line.kind === kind && line.category === 'usage')
    const measured = of.flatMap(({ bytes }) => bytes ?? [])
    const bytes = measured.length === 0 ? null : measured.reduce((sum, one) => sum + one, 0)
    return of.length === 0
      ? []
      : [{ kind, lines: of.length, measured: measured.length, bytes, money: sumOf(of, 'usage') }]
  })
}

function sumOf(lines: readonly BillLine[], category: BillLine['category']): Money {
  return moneyOf(lines.reduce((sum, line) => (line.category === category ? sum + nanoOf(line.cost) : sum), 0n))
}

function describe(imported: Imported): string {
  const { month, provider, currency, format, rows, lines, kinds, credits, adjustments, isNew, key, replaced } = imported
  const days = imported.ledgerDays === 1 ? 'a day' : `${imported.ledgerDays} days`
  return [
    `${provider} ${month}, ${format}: ${counted(rows, 'row')}, of which ${counted(lines, 'line')} ${lines === 1 ? 'is' : 'are'} for transfer; the ledger has ${days} of the month`,
    ...kinds.map((sum) => {
      const bytes = sum.bytes === null ? '' : `, ${sum.bytes} bytes`
      const isUnmeasured = sum.bytes !== null && sum.measured < sum.lines
      const unmeasured = isUnmeasured ? `, ${sum.lines - sum.measured} of them in no unit of bytes` : ''
      return `  ${sum.kind}: ${sum.money} ${currency}${bytes}, ${counted(sum.lines, 'line')}${unmeasured}`
    }),
    ...(credits === '0' ? [] : [`  credits, kept apart: ${credits} ${currency}`]),
    ...(adjustments === '0' ? [] : [`  taxes, refunds and corrections, kept apart: ${adjustments} ${currency}`]),
    isNew ? `kept as ${key}; publish splits it` : `the same bill is kept already: ${key}`,
    ...(replaced === '' ? [] : [`takes the place of ${replaced}`]),
    '',
  ].join('\n')
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function show(word: string): string {
  return JSON.stringify(word.slice(0, 60))
}
